//! The most the law can take: beside J, never in it.

use super::*;
use crate::testing::country;

const EU: &str = "params:
  rate: {type: ratio, values: [{from: 2018-05-25, value: 4%, assumption: true}]}
  floor: {type: money, values: [{from: 2018-05-25, value: 20_000_000 EUR, assumption: true}]}
penalties:
  fine: {cite: \"law#83\", when: \"product.personal_data\", maximum: \"max(param.rate * company.turnover, param.floor)\", per: infringement, liable: company, confidence: high}
";
const BR: &str = "params:
  rate: {type: ratio, values: [{from: 2021-08-01, value: 2%, assumption: true}]}
  cap: {type: money, values: [{from: 2021-08-01, value: 50_000_000 BRL, assumption: true}]}
penalties:
  fine: {cite: \"law#52\", when: \"product.personal_data\", maximum: \"min(param.rate * market.revenue, param.cap)\", per: infringement, liable: company, confidence: high}
";

/// The maximum of the first market's first penalty in its own currency, and in the answer's.
#[track_caller]
fn check(files: &Files, rest: &str, native: &str, maximum: &str) {
    let answer = files.ask(rest);
    assert_eq!(summary(&answer), "complete 0.0000");
    let penalty = &answer.markets[0].penalties[0];
    let own = penalty.native.as_ref().unwrap();
    assert_eq!(format!("{} {}", own.amount, own.currency), native);
    assert_eq!(penalty.maximum.as_deref(), Some(maximum));
}

#[test]
fn whichever_is_higher_in_the_union_and_whichever_is_lower_in_brazil() {
    let de = Files::new().country("de", EU);
    let turnover =
        |turnover: &str| format!("company: {{turnover: {turnover}}}\nproduct: {{personal_data: true}}\n{DE}");
    check(&de, &turnover("300_000_000 EUR"), "20000000.0000 EUR", "20000000.0000");
    check(&de, &turnover("1_000_000_000 EUR"), "40000000.0000 EUR", "40000000.0000");
    // In whichever currency the larger one is written.
    check(&de, &turnover("8_000_000_000 BRL"), "320000000.0000 BRL", "40000000.0000");
    let br = Files::new().rule("br", country("br", "BRL", BR));
    let revenue = |revenue: &str| {
        format!("product: {{personal_data: true}}\nmarkets: {{br: {{weight: 1, revenue: {revenue}}}}}\n")
    };
    check(&br, &revenue("1_000_000_000 BRL"), "20000000.0000 BRL", "2500000.0000");
    check(&br, &revenue("5_000_000_000 BRL"), "50000000.0000 BRL", "6250000.0000");
}

#[test]
fn one_that_does_not_apply_is_not_listed_and_one_that_may_says_what_it_needs() {
    let files = Files::new().country("de", EU);
    let none = files.ask(&format!("product: {{personal_data: false}}\n{DE}"));
    assert_eq!((summary(&none).as_str(), none.markets[0].penalties.len()), ("complete 0.0000", 0));
    let of = |rest: &str| {
        let answer = files.ask(&format!("{rest}{DE}"));
        let penalty = answer.markets[0].penalties[0].clone();
        assert_eq!((penalty.maximum, penalty.native), (None, None));
        (summary(&answer), penalty.needs.join(" "))
    };
    let incomplete = "incomplete undetermined null, so far 0.0000".to_owned();
    assert_eq!(of("company: {turnover: 1 EUR}\n"), (incomplete.clone(), "product.personal_data".to_owned()));
    assert_eq!(of("product: {personal_data: true}\n"), (incomplete, "company.turnover".to_owned()));
}

#[test]
fn it_is_counted_where_the_law_counts_and_holds_while_it_is_in_force() {
    let of = |more: &str| {
        let files =
            Files::new().country("de", &EU.replace("liable: company", &format!("liable: company, {more}")));
        let answer = files.ask(&format!(
            "company: {{turnover: 1 EUR}}\nproduct: {{personal_data: true}}\nmarkets: {{de: {{weight: 1, users: 3}}}}\n"
        ));
        answer.markets[0]
            .penalties
            .iter()
            .filter_map(|penalty| penalty.maximum.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(of("times: \"market.users\""), "60000000.0000");
    assert_eq!(of("in_force: {from: 2026-11-23}"), "20000000.0000");
    assert_eq!(of("in_force: {from: 2026-11-24}"), "");
    assert_eq!(of("in_force: {to: 2026-11-23}"), "");
}
