//! What a strategy lacks: which facts, in which order, and in its file as comments.

use crate::site::{Ran, Site};

/// Each missing fact with the money it decides and what needs it.
fn missing(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let facts = json["facts"]["missing"].as_array().unwrap().clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    facts
        .iter()
        .map(|fact| {
            let needs = fact["needed_by"].as_array().unwrap().iter();
            let needs: Vec<String> =
                needs.map(|need| format!("{} {}", text(&need["kind"]), text(&need["id"]))).collect();
            format!("{} {}: {}", text(&fact["path"]), text(&fact["decides"]), needs.join(", "))
        })
        .collect()
}

fn json(site: &Site, strategy: &str) -> Ran {
    site.hostless(&["facts", strategy, "--format", "json"])
}

#[test]
fn a_fact_taken_out_is_missed_written_and_given() {
    let site = Site::world();
    let strategy = "brazil-germany.yaml";
    json(&site, strategy).exits(0);
    site.edit(strategy, "  personal_data: true\n", "");
    site.edit(strategy, "    small_agent: false\n", "");
    let before = site.text(strategy);
    let here = json(&site, strategy).exits(4);
    let found = missing(&here);
    let (first, second) = (&found[0], &found[1]);
    assert!(first.starts_with("product.personal_data ") && !first.contains(" 0.0000:"), "{found:?}");
    assert!(first.contains("obligation eu.records") && first.contains("penalty br.fine"), "{found:?}");
    assert!(second.starts_with("markets.br.small_agent "), "{found:?}");
    assert!(second.contains("obligation br.dpo"), "{found:?}");
    assert_eq!(found.len(), 2, "{found:?}");

    site.hostless(&["facts", strategy, "--write"]).exits(4).says("wrote 2 lines into brazil-germany.yaml");
    let written = site.text(strategy);
    let line = "    # small_agent: …  # flag: small-scale processing agent under Res. CD/ANPD 2/2022 (small business or \
                start-up, and no high-risk processing, its art. 3)\n";
    let of_product = "  # personal_data: …  # flag: processes data of identified or identifiable people\n";
    assert_eq!(written.replace(line, "").replace(of_product, ""), before);
    site.hostless(&["facts", strategy, "--write"]).exits(4).says("wrote 0 lines into brazil-germany.yaml");
    assert_eq!(site.text(strategy), written);

    // What is left is to take the `#` away and to say what it is.
    site.edit(strategy, "# small_agent: …", "small_agent: false");
    site.edit(strategy, "# personal_data: …", "personal_data: true");
    site.hostless(&["facts", strategy]).exits(0).shows("no fact is missing");
}

#[test]
fn a_small_book_says_each_fact_whole() {
    let site = Site::book();
    site.edit("strategy.yaml", "personal_data: true, ", "");
    site.edit("strategy.yaml", ", users: 1_000", "");
    let ran = json(&site, "strategy.yaml").exits(4);
    assert_eq!(
        missing(&ran),
        [
            "product.personal_data 18124.2997: obligation br.dpo, penalty br.fine",
            "markets.br.users 6000.0000: obligation br.security",
        ]
    );
    let fact = ran.json()["facts"]["missing"][1].clone();
    let expected = serde_json::json!({
        "path": "markets.br.users", "scope": "market", "market": "br", "region": null, "name": "users",
        "type": "count", "unit": null, "doc": "users a year", "values": [], "vocabulary": null, "default": null,
        "at": "facts.yaml:12:3", "decides": "6000.0000", "rules": 1,
        "needed_by": [{
            "kind": "obligation", "id": "br.security", "market": "br", "title": "Secure personal data",
            "at": "br.yaml:34:3", "if_applies": "6000.0000"
        }]
    });
    assert_eq!(fact, expected);
    // What is asked instead counts, and what is in braces has its path below.
    let set = ["facts", "strategy.yaml", "--write", "--set", "product.personal_data=false"];
    site.hostless(&set).exits(4).says("wrote 1 line into strategy.yaml");
    let text = site.text("strategy.yaml");
    assert!(text.ends_with("40_000_000 BRL}\n  # markets.br.users: …  # count: users a year\n"), "{text}");
}

#[test]
fn a_running_host_says_the_same() {
    let site = Site::book();
    site.edit("strategy.yaml", ", users: 1_000", "");
    let here = json(&site, "strategy.yaml").exits(4).out;
    let _host = site.serve();
    let verb = ["facts", "strategy.yaml"];
    let there = site.run(&[&verb[..], &["--format", "json"]].concat()).exits(4);
    assert_eq!(there.out, here);
    site.run(&verb).exits(4).shows("markets.br.users");
    site.run(&[&verb[..], &["--write"]].concat()).exits(4).says("wrote 1 line");
}

#[test]
fn what_cannot_be_done_is_told() {
    let site = Site::book();
    site.hostless(&["facts", "-", "--write"]).exits(2).says("--write has no file to write to");
    site.edit("strategy.yaml", "users: 1_000", "usres: 1_000");
    let before = site.text("strategy.yaml");
    site.hostless(&["facts", "strategy.yaml", "--write"]).exits(3).says("did you mean `users`?");
    assert_eq!(site.text("strategy.yaml"), before);
}

#[test]
fn rules_that_are_not_there_hide_what_is_missing() {
    let site = Site::book();
    site.edit("rules/br.yaml", "title: Brazil", "tittle: Brazil");
    let ran = site.hostless(&["facts", "strategy.yaml"]).exits(4);
    ran.shows("br: nobody can say what is missing");
}
