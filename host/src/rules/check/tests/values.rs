//! Money, days, values and dates.

use super::*;

#[test]
fn money_is_exact_and_has_a_currency() {
    refused(
        &effort("{once: {fixed: 100}}"),
        "7:99: `fixed`: `100` has no currency: write it after the number, as in `100 EUR`",
    );
    refused(
        &effort("{once: {fixed: 100 EURO}}"),
        "7:99: `fixed`: `EURO` is not a currency: write an ISO 4217 code, as in `100 EUR`",
    );
    refused(
        &effort("{once: {fixed: 1.00001 EUR}}"),
        "7:99: `fixed`: `1.00001` has 5 decimals: at most 4 are kept",
    );
    refused(
        &effort("{once: {fixed: 1_000_000_000_000_000 EUR}}"),
        "7:99: `fixed`: `1_000_000_000_000_000` is larger than what can be held exactly",
    );
    refused(&effort("{once: {fixed: -1 EUR}}"), "7:99: `fixed` is negative (help: write 0 or more)");
    refused(
        &effort("{once: {fixed: 1e3 EUR}}"),
        "7:99: `fixed`: `1e3` is not a number: write digits, with `_` between groups and `.` before decimals",
    );
    refused(
        &effort("{once: {fixed: EUR 5}}"),
        "7:99: `fixed`: `5` is not a currency: write an ISO 4217 code, as in `100 EUR`",
    );
    refused(
        &effort("{once: {fixed: {low: 3 EUR, likely: 2 EUR, high: 4 EUR}}}"),
        "7:99: `fixed` is out of order (help: low must be at most likely, and likely at most high)",
    );
    refused(
        &effort("{once: {fixed: {low: 1 EUR, likely: 2 USD, high: 4 EUR}}}"),
        "7:120: `fixed` mixes currencies (help: write low, likely and high in one)",
    );
    refused(
        &effort("{once: {fixed: {low: 1 EUR, likely: 2 EUR}}}"),
        "7:99: a spread needs `high` (help: add `high: …`)",
    );
}

#[test]
fn days_are_numbers_of_a_known_role() {
    refused(
        &effort("{once: {days: {councel: 1}}}"),
        "7:99: unknown role `councel` (help: did you mean `counsel`?; roles stand in roles.yaml)",
    );
    refused(
        &effort("{once: {days: {counsel: many}}}"),
        "7:108: days of work: `many` is not a number: write digits, with `_` between groups and `.` before decimals",
    );
    refused(
        &effort("{once: {days: {counsel: -1}}}"),
        "7:108: days of work is negative (help: write 0 or more)",
    );
    refused(
        &effort("{once: {days: {counsel: 0.00001}}}"),
        "7:108: days of work: `0.00001` has 5 decimals: at most 4 are kept",
    );
    refused(
        &effort("{once: {days: {counsel: {low: 2, likely: 1, high: 3}}}}"),
        "7:108: days of work is out of order (help: low must be at most likely, and likely at most high)",
    );
}

#[test]
fn a_value_has_the_type_of_its_param() {
    refused(&param("flag", "yes"), "7:63: `fee` is `true` or `false`, not `yes`");
    refused(
        &param("count", "1.5"),
        "7:64: `fee` is a whole number, not `1.5` (help: write digits, with `_` between groups where wanted)",
    );
    refused(
        &param("count", "{}"),
        "7:64: `fee` cannot be a mapping (help: write a whole number, as in `1_000_000`)",
    );
    refused(
        &param("ratio", "0.1234567891"),
        "7:64: `fee`: `0.1234567891` has 10 decimals: at most 9 are kept",
    );
    refused(
        &param("ratio", "half"),
        "7:64: `fee`: `half` is not a number: write digits, with `_` between groups and `.` before decimals",
    );
    refused(
        &param("money", "5"),
        "7:64: `fee`: `5` has no currency: write it after the number, as in `100 EUR`",
    );
    refused(
        &param("date", "2026-02-30"),
        "7:63: `fee` is a date, not `2026-02-30` (help: write year-month-day of a day that exists, as in `2026-11-23`)",
    );
    refused(
        &param("date", "1 May 2026"),
        "7:63: `fee` is a date, not `1 May 2026` (help: write year-month-day of a day that exists, as in `2026-11-23`)",
    );
    refused(
        &param("period", "72"),
        "7:65: `fee` is a length of time, not `72` (help: write a number and hours, days, business_days, weeks, months or years, as in `72 hours`)",
    );
    refused(
        &param("period", "3 moons"),
        "7:65: `fee` is a length of time, not `3 moons` (help: write a number and hours, days, business_days, weeks, months or years, as in `72 hours`)",
    );
    refused(
        &param("one_of, members: [one, two]", "three"),
        "7:86: `fee` cannot be `three` (help: one of `one`, `two`)",
    );
    refused(
        &param("set, members: [one, two]", "[one, tow]"),
        "7:89: `fee` cannot be `tow` (help: did you mean `two`?)",
    );
    refused(
        &param("set, members: [one, two]", "one"),
        "7:83: `fee` is a list, not `one` (help: write `[…]`, or a `-` before each item)",
    );
    refused(
        &param("one_of, vocabulary: iso-3166", "uk"),
        "7:87: `fee` cannot be `uk` (help: did you mean `gb`?)",
    );
    refused(
        &param("one_of, vocabulary: bcp-47", "englisch"),
        "7:85: `fee` cannot be `englisch` (help: write a registered BCP 47 language tag, such as `pt-BR`)",
    );
}

#[test]
fn a_list_of_values_belongs_to_its_types() {
    refused(
        &param("one_of", "one"),
        "7:22: a one_of needs its values (help: add `members: […]`, or `vocabulary: iso-3166` or `bcp-47`)",
    );
    refused(&param("flag, members: [one]", "true"), "7:37: a flag has no list of values");
    refused(
        &param("one_of, members: [one], vocabulary: iso-3166", "one"),
        "7:58: both `members` and `vocabulary` (help: keep one of them)",
    );
    refused(
        &param("one_of, vocabulary: iso-4217", "eur"),
        "7:42: a vocabulary cannot be `iso-4217` (help: one of `iso-3166`, `bcp-47`)",
    );
}

#[test]
fn a_value_says_what_it_rests_on() {
    refused(
        &values("{from: 2020-01-01, value: 1}"),
        "7:38: `fee` has a value without a source (help: add `cite` and `confidence`, or `assumption: true` where it is an estimate)",
    );
    refused(
        &values(r#"{from: 2020-01-01, value: 1, cite: "law#1"}"#),
        "7:38: `fee` has a value without a source (help: add `cite` and `confidence`, or `assumption: true` where it is an estimate)",
    );
    refused(
        &values("{from: 2020-01-01, value: 1, confidence: high}"),
        "7:38: `fee` has a value without a source (help: add `cite` and `confidence`, or `assumption: true` where it is an estimate)",
    );
    refused(
        &values("{from: 2020-01-01, value: 1, absent: why, assumption: true}"),
        "7:75: a dated value is there or absent, not both",
    );
    refused(
        &values(r#"{from: 2020-01-01, value: 1, cite: "lwa#1", confidence: high}"#),
        "7:73: unknown source `lwa` (help: did you mean `law`?; sources stand under `sources:`)",
    );
    refused(
        &values("{from: 2020-01-01, value: 1, cite: law, confidence: high}"),
        r#"7:73: `law` is not a cite (help: write `<source>#<locator>`, as in `"lgpd#art-41"`)"#,
    );
}

#[test]
fn dates_ascend_without_overlaps_or_holes() {
    refused(
        &values(
            "{from: 2020-01-01, to: 2022-01-01, value: 1, assumption: true}, {from: 2021-01-01, value: 2, assumption: true}",
        ),
        "7:102: values overlap: the one before holds until 2022-01-01, this one from 2021-01-01 (help: dates are half open: `to` is the day the next value begins)",
    );
    refused(
        &values(
            "{from: 2020-01-01, to: 2021-01-01, value: 1, assumption: true}, {from: 2022-01-01, value: 2, assumption: true}",
        ),
        "7:102: nothing is said from 2021-01-01 to 2022-01-01 (help: write `{from: 2021-01-01, absent: why}` between them)",
    );
    refused(
        &values(
            "{from: 2022-01-01, value: 1, assumption: true}, {from: 2021-01-01, value: 2, assumption: true}",
        ),
        "7:86: 2021-01-01 does not come after 2022-01-01 (help: write each date once, oldest first)",
    );
    refused(
        &values(
            "{from: 2021-01-01, value: 1, assumption: true}, {from: 2021-01-01, value: 2, assumption: true}",
        ),
        "7:86: 2021-01-01 does not come after 2021-01-01 (help: write each date once, oldest first)",
    );
    refused(
        &values("{from: 2021-01-01, to: 2021-01-01, value: 1, assumption: true}"),
        "7:38: `to` 2021-01-01 does not come after `from` 2021-01-01 (help: `to` is the first day on which it no longer holds)",
    );
    refused(
        &duty(", in_force: {from: 2021-01-01, to: 2020-01-01}"),
        "7:98: `to` 2020-01-01 does not come after `from` 2021-01-01 (help: `to` is the first day on which it no longer holds)",
    );
    refused(
        &duty(", in_force: {from: 2021-13-01}"),
        "7:105: `from` is a date, not `2021-13-01` (help: write year-month-day of a day that exists, as in `2026-11-23`)",
    );
}
