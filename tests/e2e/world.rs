//! Brazil and Germany: every number explained, nothing cheaper by silence, fines to the cent.

use serde_json::Value;

use crate::{
    answer::Answer,
    site::{ROOT, Site},
};

const STRATEGY: &str = "brazil-germany.yaml";

#[track_caller]
fn asked(site: &Site, more: &[&str]) -> Answer {
    Answer::of(site.hostless(&[&["query", STRATEGY, "--format", "json"], more].concat()))
}

#[track_caller]
fn filled(value: &Value, what: &str) {
    let filled = match value {
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    assert!(filled, "no {what}");
}

/// `br.yaml:31:3`
fn is_place(at: &Value) -> bool {
    let parts: Vec<&str> = at.as_str().unwrap_or_default().split(':').collect();
    matches!(parts.as_slice(), [file, line, column]
        if file.ends_with(".yaml") && line.parse::<u32>().is_ok() && column.parse::<u32>().is_ok())
}

#[test]
fn every_line_is_explained() {
    let site = Site::world();
    let answer = asked(&site, &[]);
    answer.ran.says_nothing_wrong();
    assert_eq!(answer.json["answer"]["status"], "complete");
    assert!(answer.json["answer"]["objective"]["likely"].is_string());
    for market in ["br", "de"] {
        let stages = answer.market(market)["stages"].as_object().unwrap();
        assert_eq!(stages.len(), 5);
        assert!(stages.values().all(|stage| stage["total"]["likely"].is_string()));
        let grounds = answer.market(market)["grounds"].as_object().unwrap();
        let lines = answer.lines(market);
        assert!(lines.len() >= 20, "{market} has {} lines", lines.len());
        for line in lines {
            let what = format!("{market}: {}", line["label"]);
            assert!(is_place(&line["at"]), "{what}: {}", line["at"]);
            filled(&line["plugin"]["version"], &format!("version: {what}"));
            assert!(line["plugin"]["digest"].as_str().unwrap().starts_with("blake3:"));
            filled(&line["spans"], &format!("spans: {what}"));
            assert!(!line["undetermined"].as_bool().unwrap(), "{what}");
            if line["obligation"].is_string() {
                filled(&line["cites"], &format!("cites: {what} {}", line["obligation"]));
                filled(&line["because"], &format!("because: {what} {}", line["obligation"]));
                for leaf in line["because"].as_array().unwrap() {
                    assert!(
                        matches!(leaf["source"].as_str(), Some("strategy" | "default" | "rule")),
                        "{what}: {leaf}"
                    );
                }
            } else {
                filled(&line["used"], &format!("used: {what}"));
            }
            for name in line["used"].as_array().unwrap() {
                let ground = grounds.get(name.as_str().unwrap());
                assert!(
                    ground.is_some_and(|ground| ground["value"].is_string()),
                    "{what} used {name}, which is not grounded"
                );
            }
        }
    }
}

#[test]
fn people_find_the_article_and_the_fact() {
    let site = Site::world();
    let tree = site.hostless(&["explain", STRATEGY, "--market", "br", "--stage", "compliance"]).exits(0);
    for text in ["lgpd#art-38", "product.high_risk_processings", "br.yaml:", "lgpd", "Brazil"] {
        tree.shows(text);
    }
    assert!(!tree.out.contains("Germany"));
}

#[test]
fn a_host_answers_the_same_bytes() {
    let site = Site::world();
    let host = site.serve();
    let alone = asked(&site, &[]);
    let served = host.query(STRATEGY);
    assert_eq!(served.bytes(), alone.bytes());
    assert_eq!(served.json["receipt"], alone.json["receipt"]);
}

#[test]
fn a_removed_fact_is_undetermined_and_not_cheaper() {
    let site = Site::world();
    let whole = asked(&site, &[]);
    site.edit(STRATEGY, "  automated_decisions: false\n", "");
    let answer = asked(&site, &[]).exits(4);
    let json = &answer.json["answer"];
    assert_eq!(json["status"], "incomplete");
    assert!(json["objective"].is_null() && json["spend"].is_null());
    for (market, obligation) in [("br", "br.automated_review"), ("de", "eu.automated_decisions")] {
        let market = answer.market(market);
        let undetermined = market["undetermined"].as_array().unwrap();
        let found = undetermined.iter().find(|duty| duty["obligation"] == obligation);
        let found = found.unwrap_or_else(|| panic!("{obligation} is not among {undetermined:#?}"));
        assert_eq!(found["needs"], serde_json::json!(["product.automated_decisions"]));
        assert!(found["if_applies"]["likely"].is_string(), "{found}");
        assert_eq!(market["status"], "incomplete");
    }
    let amount = |spread: &Value, side: &str| -> i128 {
        spread[side].as_str().unwrap().replace('.', "").parse().unwrap()
    };
    for market in ["br", "de"] {
        let (before, after) = (&whole.market(market)["total"], &answer.market(market)["total"]);
        assert!(amount(after, "high") > amount(before, "high"), "{market}");
        assert_eq!(amount(after, "likely"), amount(before, "likely"), "{market}");
    }
    let table = site.hostless(&["query", STRATEGY]).exits(4);
    table.shows("product.automated_decisions");
}

/// Whichever fact is left out: the answer is incomplete, or says which default it took. In two halves, for
/// two processors.
#[test]
fn no_fact_can_be_left_out_in_silence() {
    leave_out(|at| at % 2 == 0);
}

#[test]
fn nor_can_any_other() {
    leave_out(|at| at % 2 == 1);
}

fn leave_out(half: impl Fn(usize) -> bool) {
    let site = Site::world();
    let host = site.serve();
    let text = site.text(STRATEGY);
    let whole = host.query(STRATEGY);
    let mut section = "";
    let mut left_out = 0;
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        if !line.starts_with(' ') {
            section = line.trim_end_matches(':');
        }
        let depth = line.len() - line.trim_start().len();
        let fact = line.trim_start().split(':').next().unwrap();
        let is_fact = match section {
            "company" | "product" => depth == 2,
            "markets" => depth == 4 && fact != "weight",
            _ => false,
        };
        if !is_fact || fact.starts_with('#') || !half(at) {
            continue;
        }
        let rest: Vec<&str> =
            lines.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, line)| *line).collect();
        site.put("partial.yaml", rest.join("\n"));
        let answer = host.query("partial.yaml");
        left_out += 1;
        match answer.ran.code {
            Some(4) => assert!(answer.json["answer"]["objective"].is_null(), "{fact}"),
            Some(0) => {
                let markets = answer.json["answer"]["markets"].as_array().unwrap();
                let said = markets.iter().any(|market| market["defaulted"].to_string().contains(fact));
                // Or nothing depends on it.
                let same = answer.json["answer"]["objective"] == whole.json["answer"]["objective"];
                assert!(said || same, "{fact} is left out and nothing says so");
            }
            _ => panic!("{fact}: {:?}", answer.ran),
        }
    }
    assert!(left_out > 20, "{left_out} facts");
}

#[track_caller]
fn fine(site: &Site, set: &str, market: &str, id: &str, expected: &str) {
    let answer = asked(site, &["--set", set]);
    let penalties = answer.market(market)["penalties"].as_array().unwrap();
    let penalty = penalties.iter().find(|penalty| penalty["id"] == id).unwrap_or_else(|| panic!("no {id}"));
    assert_eq!(penalty["native"]["amount"], expected, "{id} with {set}: {penalty:#}");
    filled(&penalty["cites"], id);
    assert!(is_place(&penalty["at"]), "{penalty}");
}

#[test]
fn the_gdpr_takes_whichever_is_higher() {
    let site = Site::world();
    fine(&site, "company.turnover=300_000_000 EUR", "de", "eu.fine", "20000000.0000");
    fine(&site, "company.turnover=1_000_000_000 EUR", "de", "eu.fine", "40000000.0000");
}

#[test]
fn the_lgpd_takes_whichever_is_lower() {
    let site = Site::world();
    fine(&site, "markets.br.revenue=1_000_000_000 BRL", "br", "br.fine", "20000000.0000");
    fine(&site, "markets.br.revenue=5_000_000_000 BRL", "br", "br.fine", "50000000.0000");
}

/// The one that rules/README.md shows, word for word.
#[test]
fn a_country_is_a_rule_file_alone() {
    let site = Site::world();
    let readme = std::fs::read_to_string(ROOT.join("rules/README.md")).unwrap();
    let (_, section) = readme.split_once("## A new country").unwrap();
    let (_, block) = section.split_once("```yaml\n").unwrap();
    let (spain, _) = block.split_once("```").unwrap();
    site.put("rules/es.yaml", spain);
    let text = site.text(STRATEGY);
    let germany = text.split_once("\n  de:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let facts: Vec<&str> = germany.lines().filter(|line| !line.contains("processing_staff")).collect();
    site.edit(STRATEGY, "\n  de:\n", &format!("\n  es:\n{}\n  de:\n", facts.join("\n")));
    let answer = asked(&site, &[]).exits(0);
    assert_eq!(answer.market("es")["status"], "complete");
    assert!(
        answer.lines("es").iter().any(|line| line["obligation"] == "eu.records"),
        "the Union's law holds in Spain"
    );
}
