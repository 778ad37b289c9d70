//! J by date of asking: which days are steps, what makes them, and the chart.

use crate::site::{ROOT, Ran, Site};

/// A law that begins, one that ends, a price that changes, a penalty that begins.
fn site() -> Site {
    let site = Site::empty();
    site.take("tests/cases/timeline/rules", "rules");
    site.take("tests/cases/timeline", ".");
    site.plugin("fixed-cost");
    site.plugin("statutory");
    site
}

fn timeline(site: &Site, from: &str, to: &str, more: &[&str]) -> Ran {
    let verb = ["rules", "timeline", "strategy.yaml", "--from", from, "--to", to];
    site.hostless(&[&verb, more].concat())
}

/// Each step as `day J rules | penalties`.
fn steps(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let names = |step: &serde_json::Value, list: &str, key: &str| {
        let all = step[list].as_array().unwrap().iter();
        all.map(|of| format!(" {} {}", of[key].as_str().unwrap(), of["presence"].as_str().unwrap()))
            .collect::<String>()
    };
    let steps = json["timeline"]["steps"].as_array().unwrap();
    steps
        .iter()
        .map(|step| {
            let j = step["objective"]["likely"].as_str().unwrap_or("—");
            let on = step["on"].as_str().unwrap();
            format!("{on} {j}{} |{}", names(step, "lines", "rule"), names(step, "penalties", "id"))
        })
        .collect()
}

#[test]
fn each_step_has_its_day_and_its_rule() {
    let ran = timeline(&site(), "2020-01-01", "2027-01-01", &["--format", "json"]).exits(0);
    // Twice (the weight) 6,000 of stages, then what the law asks on the day.
    assert_eq!(
        steps(&ran),
        [
            "2020-01-01 12600.0000 |",
            "2020-09-18 14600.0000 br.dpo added |",
            "2021-08-01 14600.0000 | br.fine added",
            "2022-01-01 14000.0000 br.levy removed |",
            "2023-07-01 14140.0000 br.audit added |",
            "2024-02-29 14158.0000 br.survey added |",
            "2025-03-01 14140.0000 br.survey removed |",
        ]
    );
    let json = ran.json();
    let step = &json["timeline"]["steps"][4];
    assert_eq!((&step["delta"]["likely"], &step["until"]), (&"140.0000".into(), &"2024-02-29".into()));
    let cites = step["lines"][0]["cites"].as_array().unwrap();
    assert!(cites.contains(&"law#art-50".into()), "{cites:?}");
}

#[test]
fn the_table_is_exactly_this() {
    let ran = timeline(&site(), "2020-01-01", "2027-01-01", &[]).exits(0);
    let text = ran.out.clone();
    let shown: Vec<&str> = text.lines().filter(|line| !line.starts_with("generation ")).collect();
    let expected = std::fs::read_to_string(ROOT.join("tests/cases/timeline/expected.txt")).unwrap();
    assert_eq!(shown.join("\n") + "\n", expected);
}

#[test]
fn a_day_without_a_number_has_none() {
    let site = site();
    site.edit("strategy.yaml", ", revenue: 1_000 EUR", "");
    let ran = timeline(&site, "2024-01-01", "2026-01-01", &["--format", "json"]).exits(4);
    let json = ran.json();
    let unknown = &json["timeline"]["steps"][1];
    assert_eq!((&unknown["on"], &unknown["status"]), (&"2024-02-29".into(), &"incomplete".into()));
    assert!(unknown["objective"].is_null() && unknown["delta"].is_null(), "{unknown}");
    assert_eq!(unknown["partial"]["likely"], "14140.0000");
    let table = timeline(&site, "2024-01-01", "2026-01-01", &[]).exits(4);
    table.shows("incomplete");
    table.shows("not J");
}

#[test]
fn the_chart_has_every_step_and_is_written_whole() {
    let site = site();
    let more = ["--format", "svg", "--out", "steps.svg"];
    timeline(&site, "2020-01-01", "2027-01-01", &more).exits(0);
    let svg = site.text("steps.svg");
    assert_eq!(svg.matches("<g class=\"step\">").count(), 7);
    assert_eq!((svg.matches("<g").count(), svg.matches("</g>").count()), (7, 7));
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("br.levy ends") && svg.contains("[law#art-3]"), "{svg}");
    assert_eq!(timeline(&site, "2020-01-01", "2027-01-01", &more[..2]).exits(0).out, svg);
}

#[test]
fn a_running_host_says_the_same() {
    let site = site();
    let here = timeline(&site, "2020-01-01", "2027-01-01", &["--format", "csv"]).exits(0).out;
    let _host = site.serve();
    let verb = ["rules", "timeline", "strategy.yaml", "--from", "2020-01-01", "--to", "2027-01-01"];
    assert_eq!(site.run(&[&verb[..], &["--format", "csv"]].concat()).exits(0).out, here);
}

#[test]
fn what_cannot_be_asked_is_told() {
    let site = site();
    timeline(&site, "2027-01-01", "2027-01-01", &[]).exits(2).says("is not before");
    timeline(&site, "2027-02-30", "2027-03-01", &[]).exits(2).says("of a day that exists");
    site.edit("strategy.yaml", "users: 1_000", "usres: 1_000");
    timeline(&site, "2026-01-01", "2027-01-01", &[]).exits(3).says("did you mean `users`?");
}

#[test]
fn the_ai_act_steps_where_it_says() {
    let site = Site::world();
    site.take("strategies", ".");
    let verb = ["rules", "timeline", "ai-act.yaml", "--from", "2026-01-01", "--to", "2029-01-01"];
    let ran = site.hostless(&[&verb[..], &["--format", "json"]].concat()).exits(0);
    let json = ran.json();
    let steps = json["timeline"]["steps"].as_array().unwrap();
    let days: Vec<&str> = steps.iter().map(|step| step["on"].as_str().unwrap()).collect();
    assert_eq!(days, ["2026-01-01", "2026-08-02", "2026-12-02", "2027-12-02", "2028-08-02"]);
    for (step, rule, article) in [
        (1, "eu.ai_interaction_notice", "ai_act#art-50-1"),
        (2, "eu.ai_output_marking_legacy", "ai_omnibus#art-111"),
        (3, "eu.ai_high_risk", "ai_act#art-6-2"),
        (4, "eu.ai_product_safety", "ai_act#art-6-1"),
    ] {
        let lines = steps[step]["lines"].as_array().unwrap();
        let line = lines.iter().find(|line| line["rule"] == rule).unwrap();
        let cites = line["cites"].as_array().unwrap();
        assert!(line["presence"] == "added" && cites.contains(&article.into()), "{line}");
    }
}

#[test]
fn brazil_has_no_fines_before_august_2021() {
    let site = Site::world();
    let verb = ["rules", "timeline", "brazil-germany.yaml", "--from", "2021-07-31", "--to", "2021-08-03"];
    let ran = site.hostless(&[&verb[..], &["--format", "json"]].concat()).exits(4);
    let json = ran.json();
    let step = &json["timeline"]["steps"][1];
    assert_eq!(step["on"], "2021-08-01");
    let fine = step["penalties"].as_array().unwrap().iter().find(|fine| fine["id"] == "br.fine").unwrap();
    assert_eq!((&fine["presence"], &fine["cites"][0]), (&"added".into(), &"lgpd#art-52-II".into()));
}
