//! What several places pay and decide together: shared obligations, and regions within a country.

use super::*;
use crate::{id::Stage, protocol::Answer, testing::country};

const HEAD: &str =
    "schema: landfall/jurisdiction@1\nkind: bloc\nid: eu\ntitle: Union\nextends: [global]\ncurrency: EUR\n";

/// A union with that one shared duty, and two members.
fn union(duty: &str) -> Files {
    let eu = format!(
        "{HEAD}obligations:\n  agent: {{title: Agent, cite: \"law#27\", confidence: high, shared: true, {duty}}}\n"
    );
    let member = |id: &str, currency: &str| country(id, currency, "").replace("[global]", "[eu]");
    Files::new().rule("eu", eu).rule("de", member("de", "EUR")).rule("pl", member("pl", "BRL"))
}

const BOTH: &str = "markets: {de: {weight: 1, users: 5}, pl: {weight: 2.5, users: 50}}\n";

fn rows(answer: &Answer) -> Vec<String> {
    let rows = answer.shared.iter().map(|row| {
        let total = row.total.as_ref().map_or_else(|| "null".to_owned(), spread);
        let weighted = row.weighted.as_ref().map_or_else(|| "null".to_owned(), spread);
        format!("{} for {}: {total} x {} = {weighted}", row.obligation, row.members.join(" "), row.weight)
    });
    rows.collect()
}

#[test]
fn a_shared_duty_is_paid_once_with_the_largest_weight() {
    let files = union("when: \"true\", effort: {once: {fixed: 100 EUR}}");
    let answer = files.ask(BOTH);
    assert_eq!(summary(&answer), "complete 250.0000");
    assert_eq!(answer.spend.as_ref().map(spread).as_deref(), Some("100.0000"));
    assert_eq!(rows(&answer), ["eu.agent for de pl: 100.0000 x 2.5 = 250.0000"]);
    assert!(
        answer.markets.iter().all(|market| market.total.as_ref().map(spread).as_deref() == Some("0.0000"))
    );
    assert_eq!(answer.shared[0].lines[0].at, "eu.yaml:8:3");
    assert_eq!(answer.drivers[0].market, "eu");
    // One member alone pays all of it.
    assert_eq!(rows(&files.ask(DE)), ["eu.agent for de: 100.0000 x 1 = 100.0000"]);
}

#[test]
fn only_markets_in_which_it_applies_are_members() {
    let files = union("when: \"market.users > 9\", effort: {once: {fixed: 100 EUR}}");
    assert_eq!(rows(&files.ask(BOTH)), ["eu.agent for pl: 100.0000 x 2.5 = 250.0000"]);
    let none = files.ask("markets: {de: {weight: 1, users: 5}}\n");
    assert_eq!((summary(&none).as_str(), none.shared.len()), ("complete 0.0000", 0));
    let unknown = files.ask("markets: {de: {weight: 1}, pl: {weight: 2, users: 50}}\n");
    assert_eq!(summary(&unknown), "incomplete undetermined null, so far 200.0000");
    let unsure = files.ask("markets: {de: {weight: 1}, pl: {weight: 2, users: 5}}\n");
    assert_eq!(summary(&unsure), "incomplete undetermined null, so far 0.0000 0.0000 100.0000");
    assert_eq!(
        unsure.markets[0].undetermined[0].if_applies.as_ref().map(spread).as_deref(),
        Some("100.0000")
    );
}

#[test]
fn it_is_priced_by_the_file_that_defines_it() {
    let files = union("when: \"true\", effort: {once: {days: {counsel: 1}}}");
    assert_eq!(rows(&files.ask(BOTH)), ["eu.agent for de pl: 700.0000 x 2.5 = 1750.0000"]);
}

#[test]
fn it_is_paid_for_the_days_on_which_it_applies_somewhere() {
    let files = union("when: \"true\", in_force: {from: 2027-11-13}, effort: {yearly: {fixed: 365 EUR}}");
    assert_eq!(rows(&files.ask(BOTH)), ["eu.agent for de pl: 10.0000 x 2.5 = 25.0000"]);
}

#[test]
fn what_bears_on_it_is_one_decision_for_all() {
    let options = "choice: agency, options: {firm: {once: {fixed: 60 EUR}}, own: {once: {fixed: 50 EUR}}}";
    let choice = "choices: {agency: {options: {firm: {}, own: {}}}}\n";
    let files = union(&format!("when: \"true\", {options}")).replace(
        "eu",
        "obligations:",
        &format!("{choice}obligations:"),
    );
    let answer = files.ask(BOTH);
    assert_eq!(summary(&answer), "complete 125.0000");
    for market in &answer.markets {
        let decided = &market.choices["agency"];
        assert_eq!(decided.chosen.as_deref(), Some("own"));
        assert_eq!((decided.runner_up.as_deref(), decided.gap.as_deref()), (Some("firm"), Some("25.0000")));
    }
    // What it costs elsewhere counts in the same decision.
    let own = "obligations: {office: {title: Office, cite: \"law#1\", confidence: high, when: \"choice.agency == 'own'\", effort: {once: {fixed: 30 EUR}}}}\n";
    let dearer = files.clone().rule("de", country("de", "EUR", own).replace("[global]", "[eu]"));
    let answer = dearer.ask(BOTH);
    assert_eq!(summary(&answer), "complete 150.0000");
    assert_eq!(answer.markets[1].choices["agency"].chosen.as_deref(), Some("firm"));
    let pinned = files.ask(&format!("choices: {{agency: firm}}\n{BOTH}"));
    assert_eq!(summary(&pinned), "complete 150.0000");
    let differ = files.ask(
        "markets: {de: {weight: 1, choices: {agency: own}}, pl: {weight: 1, choices: {agency: firm}}}\n",
    );
    assert_eq!(summary(&differ), "incomplete pins_differ null, so far 50.0000");
    assert_eq!(
        differ.markets[1].reasons[0].message,
        "`agency` is one decision for all markets that share what it bears on, and `pl` pins `firm` where another pins `own`: pin it once, under `choices:` of the strategy"
    );
}

/// A country with a region whose duty holds from 100 users on.
fn california() -> Files {
    let us = country("us", "USD", &obligations(&[("federal", "true", "{once: {fixed: 100 USD}}")]));
    let own = "facts: {minors: {type: flag, doc: x}}\nparams: {floor: {type: count, values: [{from: 2020-01-01, value: 100, assumption: true}]}}\n";
    let duty = obligations(&[
        ("notice", "market.users >= param.floor", "{once: {days: {counsel: 1}}}"),
        ("children", "local.minors", "{once: {fixed: 5 USD}}"),
    ]);
    let penalty = "penalties: {fine: {cite: \"law#155\", confidence: high, when: \"market.users >= 100\", maximum: \"money('7988 USD')\", per: violation, liable: company}}\n";
    let ca = format!(
        "schema: landfall/jurisdiction@1\nid: us-ca\nkind: region\ntitle: California\nextends: [us]\ncurrency: USD\n{own}{duty}{penalty}"
    );
    Files::new().rule("us", us).rule("us-ca", ca)
}

fn compliance(answer: &Answer) -> Vec<String> {
    let lines = answer.markets[0].stages[&Stage::Compliance].lines.iter();
    lines
        .map(|line| format!("{} {}", line.obligation.as_deref().unwrap_or("-"), spread(&line.total)))
        .collect()
}

#[test]
fn a_region_adds_its_own_duties_and_penalties_and_nothing_twice() {
    let files = california();
    let without = files.ask("currency: USD\nmarkets: {us: {weight: 1, users: 1000}}\n");
    assert_eq!(compliance(&without), ["us.federal 100.0000"]);
    let within = |facts: &str| {
        files.ask(&format!(
            "currency: USD\nmarkets: {{us: {{weight: 1, users: 1000, within: {{us-ca: {{{facts}}}}}}}}}\n"
        ))
    };
    let large = within("users: 120, minors: false");
    assert_eq!(compliance(&large), ["us.federal 100.0000", "us-ca.notice 875.0000"]);
    assert_eq!(summary(&large), "complete 975.0000");
    assert_eq!(large.markets[0].regions, ["us-ca"]);
    let penalty = &large.markets[0].penalties[0];
    assert_eq!((penalty.id.as_str(), penalty.maximum.as_deref()), ("us-ca.fine", Some("7988.0000")));
    let line = &large.markets[0].stages[&Stage::Compliance].lines[1];
    assert_eq!(line.because[0].source, crate::protocol::Origin::Strategy);
    assert_eq!(large.markets[0].grounds["us-ca: market.users"].value, "120");
    let small = within("users: 99, minors: true");
    assert_eq!(compliance(&small), ["us.federal 100.0000", "us-ca.children 5.0000"]);
    // What is not given of the region is its country's.
    assert_eq!(compliance(&within("minors: false")), ["us.federal 100.0000", "us-ca.notice 875.0000"]);
    assert_eq!(
        summary(&within("users: 1")),
        "incomplete undetermined null, so far 100.0000 100.0000 105.0000"
    );
}

#[test]
fn a_region_stands_within_its_country() {
    let choice = "choices: {audit: {options: {own: {}, firm: {}}}}\n";
    let files = california().replace("us", "obligations:", &format!("{choice}obligations:"));
    let published = files.published();
    let refusal = |rest: &str| crate::testing::refusal(&published, rest);
    assert_eq!(
        refusal("markets: {us-ca: {weight: 1}}\n"),
        "s.yaml:6:11: `us-ca` is a region, not a market (help: name it within us: `us: {weight: 1, within: {us-ca: {}}}`)"
    );
    assert_eq!(
        refusal("markets: {us: {weight: 1, within: {us-co: {}}}}\n"),
        "s.yaml:6:36: `us-co` is no region of `us` (help: did you mean `us-ca`?)"
    );
    assert_eq!(
        refusal("markets: {us: {weight: 1, within: {us-ca: {weight: 1}}}}\n"),
        "s.yaml:6:44: unknown key `weight` under a region (help: `us` has it: a region counts as part of its country)"
    );
    assert_eq!(
        refusal("markets: {us: {weight: 1, within: {us-ca: {choices: {audit: own}}}}}\n"),
        "s.yaml:6:54: `audit` is one decision for all of `us` (help: pin it there: `markets.us.choices.audit`)"
    );
}
