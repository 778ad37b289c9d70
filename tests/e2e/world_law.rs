//! The places of the world, asked what their law costs and from which day: known answers of the law itself,
//! through the program.
//!
//! What a rule says under given facts is tested beside the rule (`tests:` in `rules/world`); here is what only
//! a whole answer shows.

use serde_json::Value;

use crate::{
    answer::Answer,
    site::{ROOT, Site},
};

/// The world with one of its strategies in it.
fn world(strategy: &str) -> Site {
    let site = Site::world();
    std::fs::copy(ROOT.join("strategies").join(strategy), site.path(strategy)).unwrap();
    site
}

#[track_caller]
fn asked(site: &Site, strategy: &str, more: &[&str]) -> Answer {
    Answer::of(site.hostless(&[&["query", strategy, "--format", "json"], more].concat()))
}

/// Ten-thousandths.
#[track_caller]
fn likely(spread: &Value) -> i128 {
    spread["likely"].as_str().unwrap().replace('.', "").parse().unwrap()
}

/// The lines of a market and of the rows it shares that are of this obligation.
fn of_obligation<'a>(answer: &'a Answer, market: &str, id: &str) -> Vec<&'a Value> {
    let shared = answer.json["answer"]["shared"].as_array().unwrap().iter();
    let rows = shared.flat_map(|row| row["lines"].as_array().unwrap());
    rows.chain(answer.lines(market)).filter(|line| line["obligation"] == id).collect()
}

#[track_caller]
fn penalty<'a>(answer: &'a Answer, market: &str, id: &str) -> Option<&'a Value> {
    let penalties = answer.market(market)["penalties"].as_array().unwrap();
    penalties.iter().find(|penalty| penalty["id"] == id)
}

#[track_caller]
fn fine(answer: &Answer, market: &str, id: &str, expected: &str) {
    let penalty = penalty(answer, market, id).unwrap_or_else(|| panic!("no {id}"));
    assert_eq!(penalty["native"]["amount"], expected, "{penalty:#}");
}

#[test]
fn every_strategy_of_the_world_is_complete() {
    for strategy in ["ai-act", "brazil-germany", "india", "switzerland", "united-states"] {
        let file = format!("{strategy}.yaml");
        let answer = asked(&world(&file), &file, &[]);
        answer.ran.says_nothing_wrong();
        assert_eq!(answer.json["answer"]["status"], "complete", "{strategy}");
    }
}

/// Each duty costs from the day it applies, under its article.
#[test]
fn the_ai_act_costs_from_its_four_dates() {
    let site = world("ai-act.yaml");
    let answer = asked(&site, "ai-act.yaml", &[]).exits(0);
    for (day, id, article) in [
        ("2026-11-23", "eu.ai_interaction_notice", "ai_act#art-50-1"),
        ("2026-12-02", "eu.ai_output_marking_legacy", "ai_act#art-50-2"),
        ("2026-12-02", "eu.ai_intimate_imagery", "ai_omnibus#art-5"),
        ("2027-12-02", "eu.ai_high_risk", "ai_act#art-9"),
        ("2027-12-02", "eu.ai_high_risk", "ai_act#art-43"),
        ("2027-12-02", "eu.ai_quality_management", "ai_act#art-17"),
        ("2027-12-02", "eu.ai_high_risk_representative", "ai_act#art-22"),
        ("2027-12-02", "eu.ai_incident_reporting", "ai_act#art-73-2"),
        ("2028-08-02", "eu.ai_product_safety", "ai_act#art-6-1"),
    ] {
        let lines = of_obligation(&answer, "de", id);
        assert!(!lines.is_empty(), "{id}");
        let begins = lines.iter().map(|line| line["spans"][0]["from"].as_str().unwrap()).min();
        assert_eq!(begins, Some(day), "{id}");
        for line in lines {
            assert!(line["cites"].as_array().unwrap().iter().any(|cite| cite == article), "{id}: {line:#}");
        }
    }
}

#[test]
fn an_sme_pays_the_lower_amount_of_the_ai_act() {
    let site = world("ai-act.yaml");
    let at = |turnover: &str, sme: &str| {
        let (turnover, sme) = (format!("company.turnover={turnover} EUR"), format!("company.sme={sme}"));
        asked(&site, "ai-act.yaml", &["--set", &turnover, "--set", &sme])
    };
    let (large, small) = (at("100_000_000", "false"), at("100_000_000", "true"));
    fine(&large, "de", "eu.ai_operator_fine", "15000000.0000");
    fine(&small, "de", "eu.ai_operator_fine_sme", "3000000.0000");
    assert!(penalty(&small, "de", "eu.ai_operator_fine").is_none());
    fine(&at("1_000_000_000", "false"), "fr", "eu.ai_operator_fine", "30000000.0000");
}

#[test]
fn germany_and_france_share_one_representative() {
    let site = world("ai-act.yaml");
    let both = asked(&site, "ai-act.yaml", &[]);
    let row = |answer: &Answer| {
        let rows = answer.json["answer"]["shared"].as_array().unwrap();
        let rows: Vec<Value> =
            rows.iter().filter(|row| row["obligation"] == "eu.representative").cloned().collect();
        assert_eq!(rows.len(), 1);
        rows[0].clone()
    };
    assert_eq!(row(&both)["members"], serde_json::json!(["de", "fr"]));
    for market in ["de", "fr"] {
        let own = both.lines(market);
        assert!(own.iter().all(|line| line["obligation"] != "eu.representative"), "{market} pays it again");
    }
    // Without France it costs what it costs with it.
    let text = site.text("ai-act.yaml");
    let (before, after) = text.split_once("\n  fr:\n").unwrap();
    let (_, after) = after.split_once("\n\n").unwrap();
    site.put("ai-act.yaml", format!("{before}\n\n{after}"));
    let alone = row(&asked(&site, "ai-act.yaml", &[]));
    assert_eq!(alone["members"], serde_json::json!(["de"]));
    assert_eq!(alone["total"], row(&both)["total"]);
}

/// German law fills what the GDPR leaves open; French law does not.
#[test]
fn the_german_threshold_makes_an_officer_due_in_germany_alone() {
    let site = world("ai-act.yaml");
    let officers = |more: &[&str]| {
        let answer = asked(&site, "ai-act.yaml", more);
        let rows = answer.json["answer"]["shared"].as_array().unwrap();
        rows.iter().find(|row| row["obligation"] == "eu.dpo").map(|row| row["members"].clone())
    };
    let none = ["--set", "product.high_risk_processings=0", "--set"];
    assert_eq!(officers(&[&none[..], &["markets.de.processing_staff=19"]].concat()), None);
    let twenty = officers(&[&none[..], &["markets.de.processing_staff=20"]].concat());
    assert_eq!(twenty, Some(serde_json::json!(["de"])));
    let monitoring = officers(&["--set", "product.large_scale_monitoring=true"]);
    assert_eq!(monitoring, Some(serde_json::json!(["de", "fr"])));
}

/// Duties that begin on 14 May 2027 cost, of three years from 23 November 2026, 193 of 365 days of the first
/// and the two others whole: 923 of 1,095. The rates are held, so what the same duties cost over three years
/// from the day they begin is the measure. Once lines are paid whole either way.
#[test]
fn indias_duties_cost_the_part_of_the_time_they_are_law() {
    let site = world("india.yaml");
    let now = asked(&site, "india.yaml", &[]).exits(0);
    let then = asked(&site, "india.yaml", &["--as-of", "2027-05-14"]).exits(0);
    let mut totals = [0, 0];
    for id in ["in.notice_and_consent", "in.security", "in.breach_response", "in.child_consent"] {
        for (answer, total) in [&now, &then].into_iter().zip(&mut totals) {
            let lines = of_obligation(answer, "in", id);
            let yearly: Vec<_> = lines.iter().filter(|line| line["cadence"] == "yearly").collect();
            assert!(!yearly.is_empty(), "{id}");
            assert!(yearly.iter().all(|line| line["spans"][0]["from"] == "2027-05-14"), "{id}: {yearly:#?}");
            *total += yearly.iter().map(|line| likely(&line["total"])).sum::<i128>();
        }
        let once = |answer| -> i128 {
            let lines = of_obligation(answer, "in", id).into_iter();
            lines.filter(|line| line["cadence"] == "once").map(|line| likely(&line["total"])).sum()
        };
        assert_eq!(once(&now), once(&then), "{id}");
    }
    let [part, whole] = totals;
    // Each of the lines is rounded once.
    assert!((part * 1_095 - whole * 923).abs() <= 4 * 1_095, "{part} of {whole}");
    assert_eq!(part * 1_000 / whole, 842);
}

#[test]
fn indias_notice_is_translated_into_every_language_of_the_schedule() {
    let site = world("india.yaml");
    let answer = asked(&site, "india.yaml", &[]);
    let lines = of_obligation(&answer, "in", "in.notice_and_consent");
    let texts = lines.iter().filter(|line| line["label"].as_str().unwrap().starts_with("required text"));
    assert_eq!(texts.count(), 23);
}

/// The proposal to shorten is a reading of its own: more days of the same duty.
#[test]
fn a_disputed_reading_is_asked_by_name() {
    let site = world("india.yaml");
    let objective = |more: &[&str]| likely(&asked(&site, "india.yaml", more).json["answer"]["objective"]);
    let read = objective(&["--scenario", "in.security_reading_1"]);
    assert!(read > objective(&[]), "the duty begins before the horizon");
}

#[test]
fn california_adds_compliance_and_no_second_culture() {
    let site = world("united-states.yaml");
    let with = asked(&site, "united-states.yaml", &[]).exits(0);
    let text = site.text("united-states.yaml");
    let (before, after) = text.split_once("    within:\n").unwrap();
    let (_, after) = after.split_once("\n\n").unwrap();
    site.put("united-states.yaml", format!("{before}\n{after}"));
    let without = asked(&site, "united-states.yaml", &[]).exits(0);
    let stage = |answer: &Answer, stage: &str| answer.market("us")["stages"][stage].clone();
    for same in ["culture", "market-selection", "data-adaptation"] {
        assert_eq!(stage(&with, same), stage(&without, same));
    }
    assert_eq!(stage(&with, "output")["total"], stage(&without, "output")["total"]);
    let compliance = |answer| likely(&stage(answer, "compliance")["total"]);
    assert!(compliance(&with) > compliance(&without));
    assert!(!of_obligation(&with, "us", "us-ca.consumer_rights").is_empty());
    fine(&with, "us", "us-ca.fine", "3461800.0000");
    assert!(penalty(&without, "us", "us-ca.fine").is_none());
}

#[test]
fn bulk_data_blocks_the_united_states_unless_a_wall_escapes_it() {
    let site = world("united-states.yaml");
    let strategy = "united-states.yaml";
    let answer = asked(&site, strategy, &[]).exits(0);
    let choices = &answer.market("us")["choices"];
    assert_eq!(choices["us_data_access"]["chosen"], "walled");
    assert_ne!(choices["hosting"]["chosen"], "home");
    assert!(!of_obligation(&answer, "us", "us.access_wall").is_empty());

    site.edit(
        strategy,
        "choices: {translation: human}",
        "choices: {translation: human, us_data_access: open}",
    );
    let blocked = asked(&site, strategy, &[]).exits(4);
    assert_eq!(blocked.market("us")["status"], "blocked");
    let blocks = blocked.market("us")["blocks"].to_string();
    assert!(blocks.contains("us.bulk_data") && blocks.contains("bulk_rule#202.205"), "{blocks}");

    // Whom nobody in a country of concern owns may leave it open, and pays for no wall.
    let free = ["--set", "company.home=de", "--set", "markets.us.covered_person=false"];
    let free = asked(&site, strategy, &free).exits(0);
    assert!(of_obligation(&free, "us", "us.access_wall").is_empty());
}

#[test]
fn switzerland_fines_a_person_and_no_sum_has_it() {
    let strategy = "switzerland.yaml";
    let site = world(strategy);
    let answer = asked(&site, strategy, &[]).exits(0);
    fine(&answer, "ch", "ch.personal_fine", "250000.0000");
    assert_eq!(penalty(&answer, "ch", "ch.personal_fine").unwrap()["liable"], "individual");
    assert!(of_obligation(&answer, "ch", "ch.representative").is_empty());
    // A thousand times the fine moves nothing else.
    site.put("rules/ch.yaml", site.text("rules/ch.yaml").replace("250_000 CHF", "250_000_000 CHF"));
    let dearer = asked(&site, strategy, &[]).exits(0);
    fine(&dearer, "ch", "ch.personal_fine", "250000000.0000");
    for sum in ["objective", "spend"] {
        assert_eq!(dearer.json["answer"][sum], answer.json["answer"][sum]);
    }
    assert_eq!(dearer.market("ch")["total"], answer.market("ch")["total"]);
}

#[test]
fn switzerland_asks_for_a_representative_where_all_four_conditions_hold() {
    let strategy = "switzerland.yaml";
    let site = world(strategy);
    let all = asked(&site, strategy, &["--set", "markets.ch.high_risk=true"]).exits(0);
    assert!(!of_obligation(&all, "ch", "ch.representative").is_empty());
}

#[test]
fn the_lgpd_fines_nobody_before_august_2021() {
    let strategy = "brazil-germany.yaml";
    let site = world(strategy);
    // No rate of exchange is that old: the answer is incomplete, and says what the law can take all the same.
    let before = asked(&site, strategy, &["--as-of", "2021-07-31"]);
    assert!(penalty(&before, "br", "br.fine").is_none());
    let after = asked(&site, strategy, &["--as-of", "2021-08-01"]);
    assert!(penalty(&after, "br", "br.fine").is_some());
}

#[test]
fn a_small_agent_has_a_channel_instead_of_an_officer() {
    let strategy = "brazil-germany.yaml";
    let site = world(strategy);
    let small = asked(&site, strategy, &["--set", "markets.br.small_agent=true"]).exits(0);
    assert!(of_obligation(&small, "br", "br.dpo").is_empty());
    assert!(!of_obligation(&small, "br", "br.contact_channel").is_empty());
    let not = small.market("br")["not_triggered"].as_array().unwrap();
    let officer = not.iter().find(|duty| duty["obligation"] == "br.dpo").unwrap();
    assert_eq!((&officer["why"], &officer["exception"]), (&"excepted".into(), &"small_agent".into()));
}

#[test]
fn a_doubled_cap_and_a_bill_hold_only_where_they_are_named() {
    let strategy = "brazil-germany.yaml";
    let site = world(strategy);
    let rich = ["--as-of", "2027-01-01", "--set", "markets.br.revenue=6_000_000_000 BRL"];
    fine(&asked(&site, strategy, &rich), "br", "br.fine", "50000000.0000");
    let doubled = asked(&site, strategy, &[&rich[..], &["--scenario", "br.cap_doubles"]].concat());
    fine(&doubled, "br", "br.fine", "100000000.0000");

    let bill = ["--scenario", "br.ai_bill_assessment", "--set", "product.high_risk_systems=1"];
    let bill = asked(&site, strategy, &bill);
    assert!(!of_obligation(&bill, "br", "br.ai_bill_assessment").is_empty());
    let law = asked(&site, strategy, &["--set", "product.high_risk_systems=1"]);
    assert!(of_obligation(&law, "br", "br.ai_bill_assessment").is_empty());
}

/// What nobody accepts any more is incomplete again.
#[test]
fn an_accepted_gap_runs_out() {
    let strategy = "brazil-germany.yaml";
    let site = world(strategy);
    let last = asked(&site, strategy, &["--as-of", "2027-05-30"]).exits(0);
    assert_eq!(last.market("br")["status"], "complete");
    let over = asked(&site, strategy, &["--as-of", "2027-05-31"]).exits(4);
    assert_eq!(over.market("br")["status"], "incomplete");
    assert!(over.market("br")["reasons"].to_string().contains("br.legitimate_interest"));
}
