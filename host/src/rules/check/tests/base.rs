//! The files every jurisdiction rests on.

use super::*;

#[test]
fn facts_say_what_is_wrong_with_them() {
    refused_base(
        "facts",
        "company: {home: {type: one_of, doc: where}}\n",
        "2:24: a one_of needs its values (help: add `values: […]`, or `vocabulary: iso-3166` or `bcp-47`)",
    );
    refused_base(
        "facts",
        "market: {weight: {type: count, doc: w}, within: {type: count, doc: w}, choices: {type: count, doc: w}}\n",
        "2:10: `weight` means something else under a market (help: give the fact another name)
2:41: `within` means something else under a market (help: give the fact another name)
2:72: `choices` means something else under a market (help: give the fact another name)",
    );
    refused_base(
        "facts",
        "product: {robots: {type: flag}}\n",
        "2:19: a fact needs `doc` (help: add `doc: …`)",
    );
    refused_base(
        "facts",
        "product: {robots: {type: flag, doc: any, default: maybe}}\n",
        "2:51: `robots` is `true` or `false`, not `maybe`",
    );
    refused_base(
        "facts",
        "produkt: {}\n",
        "2:1: unknown key `produkt` in facts.yaml (help: did you mean `product`?)",
    );
    refused_base(
        "facts",
        "company: {home: {type: one_of, doc: where, values: [cn, de], default: us}}\n",
        "2:71: `home` cannot be `us` (help: one of `cn`, `de`)",
    );
    refused_base(
        "facts",
        "product: {robots: {type: text, doc: any, values: [a]}}\n",
        "2:50: a text has no list of values",
    );
}

#[test]
fn roles_say_what_is_wrong_with_them() {
    refused_base("roles", "roles: {counsel: {}}\n", "2:18: a role needs `title` (help: add `title: …`)");
    refused_base(
        "roles",
        "roles: {Counsel: {title: x}}\n",
        "2:9: `Counsel` is not snake_case: write lower-case letters and digits, in words joined by `_`, starting with a letter",
    );
    refused_base(
        "roles",
        "rolls: {}\n",
        "1:1: roles.yaml needs `roles` (help: add `roles: …`)
2:1: unknown key `rolls` in roles.yaml (help: did you mean `roles`?)",
    );
}

#[test]
fn rates_say_what_is_wrong_with_them() {
    refused_base(
        "rates",
        "rates: {counsel: {global: {values: [{from: 2020-01-01, value: 700 EUR}]}}}\n",
        "2:37: a day rate without a source (help: add `source: …`, or `assumption: true` where it is an estimate)",
    );
    refused_base(
        "rates",
        "rates: {counsel: {global: {values: [{from: 2020-01-01, value: 700, assumption: true}]}}}\n",
        "2:63: a day rate: `700` has no currency: write it after the number, as in `100 EUR`",
    );
    refused_base(
        "rates",
        "rates: {counsel: {global: {values: [{from: 2021-01-01, value: 7 EUR, assumption: true}, {from: 2020-01-01, value: 8 EUR, assumption: true}]}}}\n",
        "2:89: 2020-01-01 does not come after 2021-01-01 (help: write each date once, oldest first)",
    );
    refused_base(
        "rates",
        "rates: {counsel: {global: {value: 700 EUR}}}\n",
        "2:27: a day rate needs `values` (help: add `values: …`)
2:28: unknown key `value` in a day rate (help: did you mean `values`?)",
    );
    refused_base(
        "rates",
        "rates: {counsel: {no: {values: []}}}\n",
        r#"2:19: `no` without quotes is a YAML boolean or null, not a name (help: write `"no"`)"#,
    );
    refused_base(
        "rates",
        "rates: {counsel: {global: {values: [{from: 2020-01-01, value: -7 EUR, assumption: true}]}}}\n",
        "2:63: a day rate is negative (help: write 0 or more)",
    );
}

#[test]
fn exchange_rates_say_what_is_wrong_with_them() {
    refused_base(
        "fx",
        "source: {title: t}\nrates: {EURBRL: [{date: 2026-10-30, rate: 8}]}\n",
        "3:9: `EURBRL` is not a pair of currencies (help: write two ISO 4217 codes, as in `EUR/CNY`)",
    );
    refused_base(
        "fx",
        "source: {title: t}\nrates: {EUR/EUR: [{date: 2026-10-30, rate: 1}]}\n",
        "3:9: `EUR/EUR` is not a pair of currencies (help: write two ISO 4217 codes, as in `EUR/CNY`)",
    );
    refused_base(
        "fx",
        "source: {title: t}\nrates: {EUR/BRR: [{date: 2026-10-30, rate: 8}]}\n",
        "3:9: `EUR/BRR` is not a pair of currencies (help: write two ISO 4217 codes, as in `EUR/CNY`)",
    );
    refused_base(
        "fx",
        "source: {title: t}\nrates: {EUR/BRL: [{date: 2026-10-30, rate: 8}], BRL/EUR: [{date: 2026-10-30, rate: 0.125}]}\n",
        "3:49: `BRL/EUR` is the inverse of a pair above (help: keep one of them: pairs invert by themselves)",
    );
    refused_base(
        "fx",
        "source: {title: t}\nrates: {EUR/BRL: [{date: 2026-10-30, rate: 0}]}\n",
        "3:44: a rate must be above 0",
    );
    refused_base(
        "fx",
        "source: {title: t}\nrates: {EUR/BRL: [{date: 2026-10-30, rate: 8.0123456789}]}\n",
        "3:44: a rate: `8.0123456789` has 10 decimals: at most 9 are kept",
    );
    refused_base(
        "fx",
        "source: {title: t}\nrates: {EUR/BRL: [{date: 2026-10-30, rate: 8}, {date: 2026-10-30, rate: 9}]}\n",
        "3:48: 2026-10-30 does not come after 2026-10-30 (help: write each date once, oldest first)",
    );
    refused_base(
        "fx",
        "rates: {EUR/BRL: {date: 2026-10-30, rate: 8}}\n",
        "1:1: fx.yaml needs `source` (help: add `source: …`)
2:18: the rates of a pair is a list, not a mapping (help: write `[…]`, or a `-` before each item)",
    );
}
