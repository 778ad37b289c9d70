//! The law over time: each day costs what it costs under the law of that day.

use super::*;
use crate::protocol::{Answer, Cadence};

/// Germany with a duty `late` of that effort and those dates, beside one that costs 100 EUR once.
fn dated(dates: &str, effort: &str) -> Files {
    let duties = obligations(&[("sure", "true", "{once: {fixed: 100 EUR}}"), ("late", "true", effort)]);
    let late = format!("confidence: high, when: \"true\", effort: {effort}");
    Files::new().country("de", &duties).replace("de", &late, &format!("in_force: {dates}, {late}"))
}

const HORIZON: &str = "horizon_years: 3\n";

fn over_three_years(files: &Files) -> Answer {
    files.ask(&format!("{HORIZON}{DE}"))
}

#[test]
fn a_duty_is_paid_from_the_day_it_begins_to_the_day_it_ends() {
    let once = |dates: &str| summary(&dated(dates, "{once: {fixed: 5 EUR}}").ask(DE));
    assert_eq!(once("{from: 2027-05-14}"), "complete 105.0000");
    assert_eq!(once("{from: 2027-11-22}"), "complete 105.0000");
    assert_eq!(once("{from: 2027-11-23}"), "complete 100.0000");
    assert_eq!(once("{from: 2026-11-23}"), "complete 105.0000");
    assert_eq!(once("{to: 2026-11-23}"), "complete 100.0000");
    assert_eq!(once("{to: 2027-11-22}"), "complete 105.0000");
    let yearly = |dates: &str| summary(&dated(dates, "{yearly: {fixed: 365 EUR}}").ask(DE));
    assert_eq!(yearly("{from: 2027-05-14}"), "complete 293.0000");
    assert_eq!(yearly("{from: 2027-11-22}"), "complete 101.0000");
    assert_eq!(yearly("{from: 2027-05-14, to: 2027-05-24}"), "complete 110.0000");
}

#[test]
fn adding_a_law_that_starts_inside_the_horizon_raises_j() {
    // Of 1,096 days the last 924 are under the new law, and 2028 has 366: 192 ÷ 365 of the first year.
    let without = over_three_years(
        &Files::new().country("de", &obligations(&[("sure", "true", "{once: {fixed: 100 EUR}}")])),
    );
    let with = over_three_years(&dated("{from: 2027-05-15}", "{yearly: {fixed: 3650 EUR}}"));
    assert_eq!(summary(&without), "complete 100.0000");
    assert_eq!(summary(&with), "complete 9320.0000");
    let line = |answer: &Answer, label: &str| {
        let lines = &answer.markets[0].stages[&crate::id::Stage::Compliance].lines;
        lines.iter().find(|line| line.obligation.as_deref() == Some(label)).cloned().unwrap()
    };
    assert_eq!(line(&with, "de.sure"), line(&without, "de.sure"), "no other line's digits move");
    let late = line(&with, "de.late");
    let spans: Vec<_> = late.spans.iter().map(|span| format!("{}..{}", span.from, span.to)).collect();
    assert_eq!(spans, ["2027-05-15..2027-11-23", "2027-11-23..2028-11-23", "2028-11-23..2029-11-23"]);
}

#[test]
fn each_year_is_discounted_by_itself() {
    let answer = dated("{from: 2027-11-23}", "{yearly: {fixed: 100 EUR}}")
        .ask(&format!("discount: 25%\n{HORIZON}{DE}"));
    assert_eq!(summary(&answer), "complete 244.0000", "100 + 80 + 64");
    let once =
        dated("{from: 2028-11-23}", "{once: {fixed: 200 EUR}}").ask(&format!("discount: 25%\n{HORIZON}{DE}"));
    assert_eq!(summary(&once), "complete 228.0000", "paid when the duty begins");
}

#[test]
fn a_change_that_bears_on_a_market_is_listed() {
    let upcoming = &dated("{from: 2027-05-14}", "{once: {fixed: 5 EUR}}").ask(DE).upcoming[0];
    assert_eq!(
        (upcoming.on.as_str(), upcoming.id.as_str(), upcoming.what.as_str(), upcoming.cites.as_slice()),
        ("2027-05-14", "de.late", "`de.late` begins: late", ["law#late".to_owned()].as_slice())
    );
    // A law that cannot apply bears on nothing.
    let never = dated("{from: 2027-05-14}", "{once: {fixed: 5 EUR}}").replace(
        "de",
        "when: \"true\", effort: {once: {fixed: 5",
        "when: \"false\", effort: {once: {fixed: 5",
    );
    let never = never.ask(DE);
    assert_eq!(summary(&never), "complete 100.0000");
    assert_eq!(never.upcoming, []);
}

#[test]
fn a_param_counts_by_the_day_it_holds() {
    let param = "params: {floor: {type: count, values: [{from: 2020-01-01, value: 5, assumption: true}, {from: 2027-11-23, value: 50, assumption: true}, {from: 2028-11-23, absent: repealed}]}}\n";
    let of = |when: &str, effort: &str| {
        let duty = obligations(&[("x", when, effort)]);
        let files = Files::new().country("de", &format!("{param}{duty}"));
        files.ask("horizon_years: 2\nmarkets: {de: {weight: 1, users: 7}}\n")
    };
    let yearly = "{yearly: {fixed: 9 EUR}}";
    assert_eq!(summary(&of("market.users > param.floor", yearly)), "complete 9.0000");
    assert_eq!(summary(&of("market.users <= param.floor", yearly)), "complete 9.0000");
    assert_eq!(summary(&of("market.users > 5", yearly)), "complete 18.0000");
    let counted = of("true", "{yearly: {fixed: 1 EUR}, times: \"param.floor\"}");
    assert_eq!(summary(&counted), "complete 55.0000");
    let ground = &of("market.users > param.floor", yearly).markets[0].grounds["param.floor"];
    assert_eq!(ground.value, "5; from 2027-11-23: 50");
}

#[test]
fn a_param_that_ends_inside_the_horizon_is_not_a_smaller_number() {
    let param = "params: {floor: {type: count, values: [{from: 2020-01-01, value: 5, assumption: true}, {from: 2027-06-01, absent: repealed}]}}\n";
    let duty = obligations(&[("x", "market.users > param.floor", "{yearly: {fixed: 9 EUR}}")]);
    let answer =
        Files::new().country("de", &format!("{param}{duty}")).ask("markets: {de: {weight: 1, users: 7}}\n");
    assert_eq!(summary(&answer), "incomplete undetermined null, so far 4.6849 4.6849 9.0000");
    let reason = &answer.markets[0].reasons[0].message;
    assert_eq!(reason, "`de.x` is undetermined: `param.floor` is absent from 2027-06-01: repealed");
}

#[test]
fn what_is_paid_once_and_grows_is_paid_for_what_it_grows_by() {
    let param = "params: {floor: {type: count, values: [{from: 2020-01-01, value: 5, assumption: true}, {from: 2027-11-23, value: 3, assumption: true}, {from: 2028-11-23, value: 8, assumption: true}]}}\n";
    let duty = obligations(&[("x", "true", "{once: {fixed: 100 EUR}, times: \"param.floor\"}")]);
    let answer = Files::new()
        .country("de", &format!("{param}{duty}"))
        .ask("horizon_years: 3\ndiscount: 25%\nmarkets: {de: {weight: 1}}\n");
    assert_eq!(summary(&answer), "complete 692.0000", "500 at once, nothing for three, 300 x 0.64 for eight");
    let line = &answer.markets[0].stages[&crate::id::Stage::Compliance].lines[0];
    assert_eq!(line.cadence, Cadence::Once);
    let paid: Vec<_> =
        line.spans.iter().map(|span| (span.from.as_str(), span.native.amount.likely.as_str())).collect();
    assert_eq!(paid, [("2026-11-23", "500.0000"), ("2028-11-23", "300.0000")]);
}
