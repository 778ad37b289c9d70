//! Obligations that feed a plugin which does not cost them.

use super::*;
use crate::{
    id::Stage,
    protocol::Basis,
    testing::{OTHERS_NONE, plugins},
};

/// Two obligations that cost 5 each and feed the language stage with a count, and one that does not.
fn world(when: &str) -> Files {
    let bound =
        OTHERS_NONE.replace("data-adaptation: {none: not needed, by: test}", "data-adaptation: {pages: {}}");
    let feeds = |count: &str| format!("{{once: {{fixed: 5 EUR}}}}, requires: {{words: {count}}}");
    let duties = obligations(&[
        ("notice", "true", &feeds("market.users")),
        ("other", "true", "{once: {fixed: 5 EUR}}"),
        ("terms", when, &feeds("product.systems")),
    ]);
    Files::new().country("de", &format!("{duties}{bound}")).plugin("pages", plugins::fed("pages", "words"))
}

const USERS: &str = "markets: {de: {weight: 1, users: 100}}\n";

#[test]
fn an_obligation_feeds_one_plugin_and_is_costed_by_another() {
    let answer = world("true").ask(&format!("product: {{systems: 1000}}\n{USERS}"));
    assert_eq!(summary(&answer), "complete 1115.0000");
    let stages = &answer.markets[0].stages;
    let lines: Vec<_> = stages[&Stage::DataAdaptation]
        .lines
        .iter()
        .map(|line| (line.obligation.as_deref().unwrap(), line.total.likely.as_str(), line.basis))
        .collect();
    assert_eq!(lines, [("de.notice", "100.0000", Basis::Plugin), ("de.terms", "1000.0000", Basis::Plugin)]);
    assert_eq!(spread(stages[&Stage::Compliance].total.as_ref().unwrap()), "15.0000");
}

#[test]
fn one_that_does_not_apply_feeds_nothing_and_one_that_may_feeds_high() {
    let ask = |data: &str| {
        summary(&world("product.personal_data").ask(&format!("product: {{systems: 1000{data}}}\n{USERS}")))
    };
    assert_eq!(ask(", personal_data: false"), "complete 110.0000");
    assert_eq!(ask(", personal_data: true"), "complete 1115.0000");
    assert_eq!(ask(""), "incomplete undetermined null, so far 110.0000 110.0000 1115.0000");
}

#[test]
fn a_demand_nobody_can_meet_leaves_its_stage_without_a_total() {
    let answer = world("true").ask(USERS);
    assert_eq!(summary(&answer), "incomplete undetermined null, so far 15.0000");
    assert_eq!(answer.markets[0].stages[&Stage::DataAdaptation].total, None);
    assert_eq!(
        answer.markets[0].reasons[0].message,
        "`de.terms` requires `words`: nobody gave `product.systems`"
    );
    // Of an obligation that does not apply nobody asks it.
    assert_eq!(summary(&world("false").ask(USERS)), "complete 110.0000");
}

#[test]
fn what_an_undetermined_obligation_feeds_is_part_of_what_it_would_cost() {
    let answer = world("product.personal_data").ask(&format!("product: {{systems: 1000}}\n{USERS}"));
    let [undetermined] = answer.markets[0].undetermined.as_slice() else { panic!("{answer:?}") };
    assert_eq!(spread(undetermined.if_applies.as_ref().unwrap()), "1005.0000");
}
