//! The order in which things are written or found never changes a digit.

use crate::{answer::Answer, site::Site};

#[track_caller]
fn asked(site: &Site, strategy: &str) -> Answer {
    Answer::of(site.hostless(&["query", strategy, "--format", "json"]).exits(0))
}

#[test]
fn of_markets_in_a_strategy() {
    let site = Site::seed();
    let text = site.text("seed.yaml");
    let (head, markets) = text.split_once("markets:\n").unwrap();
    let mut lines: Vec<&str> = markets.lines().collect();
    lines.reverse();
    site.put("reversed.yaml", format!("{head}markets:\n{}\n", lines.join("\n")));
    assert_eq!(asked(&site, "seed.yaml").bytes(), asked(&site, "reversed.yaml").bytes());
}

#[test]
fn of_files_and_plugins_in_a_folder() {
    let site = Site::seed();
    let other = Site::empty();
    for place in ["us", "in", "gb", "cn", "br"] {
        other.put(&format!("rules/{place}.yaml"), site.text(&format!("rules/{place}.yaml")));
    }
    // A plugin nobody binds changes no answer either.
    for plugin in ["statutory", "fixed-cost"] {
        other.plugin(plugin);
    }
    other.put("seed.yaml", site.text("seed.yaml"));
    assert_eq!(asked(&site, "seed.yaml").bytes(), asked(&other, "seed.yaml").bytes());
}

#[test]
fn of_stages_in_a_rule_file() {
    let site = Site::seed();
    let before = asked(&site, "seed.yaml");
    let text = site.text("rules/gb.yaml");
    let (head, stages) = text.split_once("stages:\n").unwrap();
    let mut lines: Vec<&str> = stages.lines().collect();
    lines.reverse();
    site.put("rules/gb.yaml", format!("{head}stages:\n{}\n", lines.join("\n")));
    let after = asked(&site, "seed.yaml");
    assert_eq!(before.market("gb")["total"], after.market("gb")["total"]);
    assert_eq!(before.market("br"), after.market("br"));
    assert_eq!(before.json["answer"]["objective"], after.json["answer"]["objective"]);
}

#[test]
fn and_every_total_is_the_sum_of_what_a_reader_sees() {
    let site = Site::world();
    let answer = asked(&site, "brazil-germany.yaml");
    assert!(!answer.json["answer"]["shared"].as_array().unwrap().is_empty());
    let ten_thousandths =
        |amount: &serde_json::Value| -> i128 { amount.as_str().unwrap().replace('.', "").parse().unwrap() };
    for side in ["low", "likely", "high"] {
        let (mut objective, mut spend) = (0, 0);
        for market in answer.json["answer"]["markets"].as_array().unwrap() {
            let (mut total, mut weighted) = (0, 0);
            for stage in market["stages"].as_object().unwrap().values() {
                let lines = stage["lines"].as_array().unwrap();
                let sum =
                    |key: &str| lines.iter().map(|line| ten_thousandths(&line[key][side])).sum::<i128>();
                assert_eq!(ten_thousandths(&stage["total"][side]), sum("total"));
                assert_eq!(ten_thousandths(&stage["weighted"][side]), sum("weighted"));
                total += sum("total");
                weighted += sum("weighted");
            }
            assert_eq!(ten_thousandths(&market["total"][side]), total);
            assert_eq!(ten_thousandths(&market["weighted"][side]), weighted);
            spend += total;
            objective += weighted;
        }
        for row in answer.json["answer"]["shared"].as_array().unwrap() {
            let lines = row["lines"].as_array().unwrap();
            let sum = |key: &str| lines.iter().map(|line| ten_thousandths(&line[key][side])).sum::<i128>();
            assert_eq!(ten_thousandths(&row["total"][side]), sum("total"));
            assert_eq!(ten_thousandths(&row["weighted"][side]), sum("weighted"));
            spend += sum("total");
            objective += sum("weighted");
        }
        assert_eq!(ten_thousandths(&answer.json["answer"]["objective"][side]), objective);
        assert_eq!(ten_thousandths(&answer.json["answer"]["spend"][side]), spend);
    }
}
