//! Bad strategies and what they get, a case each; and what a good one may leave out.

use crate::{
    protocol::QueryRequest,
    testing::{DE, Files, obligations, query, request, summary},
};

/// Germany with a fact of its own and a choice, in a union, beside a region and Brazil.
fn world() -> Files {
    let own =
        "facts: {small: {type: flag, doc: any}}\nchoices: {dpo: {options: {inhouse: {}, outsourced: {}}}}\n";
    let bloc =
        "schema: landfall/jurisdiction@1\nid: eu\nkind: bloc\ntitle: eu\nextends: [global]\ncurrency: EUR\n";
    Files::new()
        .rule("eu", bloc)
        .country("de", own)
        .replace("de", "extends: [global]", "extends: [eu]")
        .country("br", "")
        .rule("us-ca", bloc.replace("id: eu\nkind: bloc", "id: us-ca\nkind: region").replace("global", "br"))
}

/// The problems of a request, a line each, without the file's name.
fn problems(request: &QueryRequest) -> String {
    let refusal = query(&world().published(), request).unwrap_err();
    let line = |problem: &crate::diagnostic::Diagnostic| {
        let text = problem.to_string();
        text.strip_prefix("s.yaml:").map_or(text.clone(), str::to_owned)
    };
    refusal.diagnostics.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What stands before the first word here says `schema`, and whatever of `as_of`, `currency`,
/// `horizon_years` and `discount` the words do not say.
#[track_caller]
fn refused(text: &str, expected: &str) {
    assert_eq!(problems(&request(text)), expected);
}

/// The same, of a strategy about Germany.
#[track_caller]
fn refused_beside(text: &str, expected: &str) {
    refused(&format!("{text}{DE}"), expected);
}

#[track_caller]
fn refused_with(set: &[&str], expected: &str) {
    let set = set.iter().map(ToString::to_string).collect();
    assert_eq!(problems(&QueryRequest { set, ..request(&format!("title: x\n{DE}")) }), expected);
}

#[test]
fn markets_are_countries_that_are_known() {
    refused("markets: {fr: {weight: 1}}\n", "6:11: unknown market `fr` (help: did you mean `br`?)");
    refused("markets: {dee: {weight: 1}}\n", "6:11: unknown market `dee` (help: did you mean `de`?)");
    refused(
        "markets: {eu: {weight: 1}}\n",
        "6:11: `eu` is a bloc, not a market (help: name its members instead: `de`)",
    );
    refused(
        "markets: {us-ca: {weight: 1}}\n",
        "6:11: `us-ca` is a region, not a market (help: name it within br: `br: {weight: 1, within: {us-ca: {}}}`)",
    );
    refused("markets: {}\n", "6:10: a strategy has 0 markets: from 1 to 256 are asked about");
    refused("title: x\n", "1:1: a strategy needs `markets` (help: add `markets: …`)");
    refused(
        "markets: [de]\n",
        "6:10: `markets` is a mapping, not a list (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
    refused(
        "markets: {de: 1}\n",
        "6:15: the market `de` is a mapping, not `1` (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
    refused(
        "markets: {no: {weight: 1}}\n",
        r#"6:11: `no` without quotes is a YAML boolean or null, not a name (help: write `"no"`)"#,
    );
    refused(
        "markets: {de: {weight: 1}, de: {weight: 2}}\n",
        "6:28: the key `de` stands here twice (help: the first one is on line 6: remove one of them)",
    );
    refused(
        "markets: {global: {weight: 1}}\n",
        "6:11: `global` is a bloc, not a market (help: name its members instead: `br`, `de`)",
    );
}

#[test]
fn weights_are_numbers_from_nought_up() {
    refused(
        "markets: {de: {}}\n",
        "6:11: the market `de` needs `weight` (help: add `weight: 1`, or what this market counts beside the others)",
    );
    refused(
        "markets: {de: {weight: -1}}\n",
        "6:24: a weight is negative (help: write 0 or more: a negative weight would pay for costs)",
    );
    refused(
        "markets: {de: {weight: heavy}}\n",
        "6:24: a weight: `heavy` is not a number: write digits, with `_` between groups and `.` before decimals",
    );
    refused(
        "markets: {de: {weight:}}\n",
        "6:22: a weight cannot be nothing (help: write a number, as in `2.5`)",
    );
    refused(
        "weight_means: probability\nmarkets: {de: {weight: 1.1}}\n",
        "7:24: a probability is above 1 (help: write 0 to 1, or `weight_means: priority`)",
    );
    refused(
        "weight_means: importance\nmarkets: {de: {weight: 1}}\n",
        "6:15: `weight_means` cannot be `importance` (help: one of `priority`, `probability`)",
    );
    refused(
        "markets: {de: {weight: 0.0000000001}}\n",
        "6:24: a weight: `0.0000000001` has 10 decimals: at most 9 are kept",
    );
}

#[test]
fn facts_are_declared_and_typed() {
    refused_beside(
        "company: {turnovr: 5 EUR}\n",
        "6:11: unknown fact `company.turnovr` (help: did you mean `turnover`?)",
    );
    refused_beside(
        "product: {users: 5}\n",
        "6:11: unknown fact `product.users` (help: one of `personal_data`, `systems`)",
    );
    refused(
        "markets: {de: {weight: 1, usres: 5}}\n",
        "6:27: unknown fact `market.usres` (help: did you mean `users`?)",
    );
    refused(
        "markets: {de: {weight: 1, local_agent: true}}\n",
        "6:27: unknown fact `market.local_agent` (help: one of `revenue`, `small`, `users`, `weight`, `choices`, `within`)",
    );
    refused(
        "markets: {de: {weight: 1, small: maybe}}\n",
        "6:34: `market.small` is `true` or `false`, not `maybe`",
    );
    refused_beside(
        "company: {turnover: 5}\n",
        "6:21: `company.turnover`: `5` has no currency: write it after the number, as in `100 EUR`",
    );
    refused_beside("company: {sme: yes}\n", "6:16: `company.sme` is `true` or `false`, not `yes`");
    refused_beside(
        "product: {systems: 1.5}\n",
        "6:20: `product.systems` is a whole number, not `1.5` (help: write digits, with `_` between groups where wanted)",
    );
    refused(
        "markets: {de: {weight: 1, within: {us-ca: {}}}}\n",
        "6:36: `us-ca` is no region of `de` (help: `de` has no regions here: take `within` out)",
    );
    refused_beside(
        "product: {systems: {low: 1, likely: 2, high: 3}}\n",
        "6:20: a range of a fact needs `source` (help: add `source: …`)",
    );
    refused_beside(
        "product: {systems: {low: 3, likely: 2, high: 1, source: x}}\n",
        "6:20: `product.systems` is out of order (help: low must be at most likely, likely at most high, all in one currency)",
    );
    refused_beside(
        "product: {systems: {low: 1, likely: two, high: 3, source: x}}\n",
        "6:37: `product.systems` is a whole number, not `two` (help: write digits, with `_` between groups where wanted)",
    );
    refused_beside(
        "product: {personal_data: {low: true}}\n",
        "6:26: `product.personal_data` is `true` or `false`, not a mapping",
    );
    refused_beside(
        "product: [systems]\n",
        "6:10: `product` is a mapping, not a list (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
    refused_beside(
        "company: {turnover:}\n",
        "6:19: `company.turnover` cannot be nothing (help: write an amount with its currency, as in `100 EUR`)",
    );
}

#[test]
fn pins_are_choices_with_their_options() {
    refused(
        "markets: {de: {weight: 1, choices: {dpoo: inhouse}}}\n",
        "6:37: `de` has no choice `dpoo` (help: did you mean `dpo`?)",
    );
    refused(
        "markets: {de: {weight: 1, choices: {dpo: outhouse}}}\n",
        "6:42: `outhouse` is no option of `dpo` (help: one of `inhouse`, `outsourced`)",
    );
    refused("markets: {de: {weight: 1, choices: {dpo: [inhouse]}}}\n", "6:42: an option is text, not a list");
    refused_beside(
        "choices: {dpoo: inhouse}\n",
        "6:11: no market has a choice `dpoo` (help: did you mean `dpo`?)",
    );
    refused_beside(
        "choices: {dpo: outhouse}\n",
        "6:16: `outhouse` is no option of `dpo` (help: one of `inhouse`, `outsourced`)",
    );
    refused(
        "markets: {de: {weight: 1, choices: dpo}}\n",
        "6:36: `choices` is a mapping, not `dpo` (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
}

#[test]
fn the_rest_is_checked_too() {
    refused_beside(
        "as_of: tomorrow\n",
        "5:8: `as_of` is a date, not `tomorrow` (help: write year-month-day of a day that exists, as in `2026-11-23`)",
    );
    refused_beside(
        "as_of: 2026-02-30\n",
        "5:8: `as_of` is a date, not `2026-02-30` (help: write year-month-day of a day that exists, as in `2026-11-23`)",
    );
    refused_beside(
        "currency: euro\n",
        "5:11: `euro` is not a currency (help: write an ISO 4217 code, as in `EUR`)",
    );
    refused_beside("horizon_years: 0\n", "5:16: `horizon_years` is from 1 to 30, not 0");
    refused_beside("horizon_years: 31\n", "5:16: `horizon_years` is from 1 to 30, not 31");
    refused_beside(
        "horizon_years: 1.5\n",
        "5:16: `horizon_years` is a whole number, not `1.5` (help: write digits, with `_` between groups where wanted)",
    );
    refused_beside("discount: -1%\n", "5:11: `discount` is negative (help: write 0 or more)");
    refused_beside(
        "discount: 8 percent\n",
        "5:11: `discount`: `8 percent` is not a number: write digits, with `_` between groups and `.` before decimals",
    );
    refused_beside("report: {scale: 0, label: x}\n", "6:17: `scale` is at least 1");
    refused_beside("report: {scale: 10}\n", "6:9: `report` needs `label` (help: add `label: …`)");
    refused_beside(
        "fx: {EURCNY: {rate: 7, source: x}}\n",
        "6:6: `EURCNY` is not a pair of currencies (help: write two ISO 4217 codes, as in `EUR/CNY`)",
    );
    refused_beside("fx: {EUR/CNY: {rate: 0, source: x}}\n", "6:22: a rate must be above 0");
    refused_beside(
        "fx: {EUR/CNY: {rate: 7}}\n",
        "6:15: an exchange rate needs `source` (help: add `source: …`)",
    );
    refused_beside(
        "fx: {EUR/CNY: 7}\n",
        "6:15: an exchange rate is a mapping, not `7` (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
    refused_beside(
        "rates: {councel: {de: 5 EUR}}\n",
        "6:9: unknown role `councel` (help: did you mean `counsel`?)",
    );
    refused_beside(
        "rates: {counsel: {fr: 5 EUR}}\n",
        "6:19: `fr` is no market of this strategy (help: only `de` is known here)",
    );
    refused_beside(
        "rates: {counsel: {de: 5}}\n",
        "6:23: a day rate: `5` has no currency: write it after the number, as in `100 EUR`",
    );
    refused_beside(
        "rates: {counsel: 5 EUR}\n",
        "6:18: a role's rates is a mapping, not `5 EUR` (help: write `key: value` lines below it, indented, or `{}` where there are none)",
    );
    refused_beside("titel: x\n", "6:1: unknown key `titel` in a strategy (help: did you mean `title`?)");
    refused_beside(
        "within: {}\n",
        "6:1: unknown key `within` in a strategy (help: one of `schema`, `title`, `as_of`, `currency`, `horizon_years`, `discount`, `weight_means`, `report`, `fx`, `company`, `product`, `rates`, and 2 more)",
    );
    refused(
        "markets: {de: {weight: -1, usres: 5}}\ncompany: {turnovr: 1}\nhorizon_years: 99\n",
        "5:24: a weight is negative (help: write 0 or more: a negative weight would pay for costs)
5:28: unknown fact `market.usres` (help: did you mean `users`?)
6:11: unknown fact `company.turnovr` (help: did you mean `turnover`?)
7:16: `horizon_years` is from 1 to 30, not 99",
    );
}

#[test]
fn what_is_set_is_checked_as_if_it_stood_there() {
    refused_with(
        &["markets.de.users"],
        "`--set markets.de.users` has no `=` (help: write `path=value`, as in `--set markets.br.users=1000000`)",
    );
    refused_with(
        &["=5"],
        "`--set =5` has an empty name in its path (help: write `path=value`, as in `--set markets.br.users=1000000`)",
    );
    refused_with(
        &["markets..users=5"],
        "`--set markets..users=5` has an empty name in its path (help: write `path=value`, as in `--set markets.br.users=1000000`)",
    );
    refused_with(
        &["markets.de.users=[5"],
        "`--set markets.de.users=[5`: what follows the `=` is not a value (help: write `path=value`, as in `--set markets.br.users=1000000`)",
    );
    refused_with(
        &["title.de=5"],
        "`--set title.de=5`: `de` would stand under `x` (help: name a path through mappings, as in `markets.br.users`)",
    );
    refused_with(&["markets.de.usres=5"], "--set: unknown fact `market.usres` (help: did you mean `users`?)");
    refused_with(
        &["markets.de.users=many"],
        "--set: `market.users` is a whole number, not `many` (help: write digits, with `_` between groups where wanted)",
    );
    refused_with(&["markets.fr.weight=1"], "--set: unknown market `fr` (help: did you mean `br`?)");
    refused_with(
        &["a=1\n---\nb=2"],
        "`--set a=1�---�b=2`: what follows the `=` is not a value (help: write `path=value`, as in `--set markets.br.users=1000000`)",
    );
    refused_with(
        &["horizon_years=0", "discount=x"],
        "--set: `horizon_years` is from 1 to 30, not 0
--set: `discount`: `x` is not a number: write digits, with `_` between groups and `.` before decimals",
    );
    refused_with(
        &["markets.de.users=&x 5"],
        "`--set markets.de.users=&x 5`: what follows the `=` is not a value (help: write `path=value`, as in `--set markets.br.users=1000000`)",
    );
}

#[test]
fn what_is_set_replaces_what_stands_there() {
    let files =
        Files::new().country("de", &obligations(&[("x", "market.users > 5", "{once: {fixed: 9 EUR}}")]));
    let of = |set: &[&str]| {
        let set = set.iter().map(ToString::to_string).collect();
        let request = QueryRequest { set, ..request("markets: {de: {weight: 1, users: 5}}\n") };
        summary(&query(&files.published(), &request).unwrap().answer)
    };
    assert_eq!(of(&[]), "complete 0.0000");
    assert_eq!(of(&["markets.de.users=6"]), "complete 9.0000");
    assert_eq!(of(&["markets.de={weight: 2, users: 6}"]), "complete 18.0000");
    assert_eq!(of(&["markets.de.users=6", "markets.de.users=4"]), "complete 0.0000");
    assert_eq!(of(&["company.sme=true", "horizon_years=2"]), "complete 0.0000");
}

#[test]
fn a_range_of_a_fact_is_asked_about_at_its_likely_value() {
    let files =
        Files::new().country("de", &obligations(&[("x", "market.users > 5", "{once: {fixed: 9 EUR}}")]));
    let users = "markets: {de: {weight: 1, users: {low: 1, likely: 6, high: 7, source: plan}}}\n";
    assert_eq!(summary(&files.ask(users)), "complete 9.0000");
}
