//! What would change, in money: strategies, files that are not dropped in yet, folders, revisions, generations.

use std::process::Command;

use serde_json::Value;

use crate::{
    answer::{Answer, item},
    site::{self, Ran, Site},
};

const GB_C: &str = "market-selection: {fixed-cost: {amount: 700000 CNY}}";
const GB_C_71: &str = "market-selection: {fixed-cost: {amount: 710000 CNY}}";

/// The difference of J, likely.
#[track_caller]
fn delta(ran: &Ran) -> Value {
    ran.json()["strategies"][0]["objective"]["delta"]["likely"].clone()
}

/// A seed with a second strategy, in which Britain weighs 6 and the United States are gone.
fn two_strategies() -> Site {
    let site = Site::seed();
    let other = site.text("seed.yaml").replace("gb: {weight: 5}", "gb: {weight: 6}");
    let other: Vec<&str> = other.lines().filter(|line| !line.trim().starts_with("us:")).collect();
    site.put("other.yaml", other.join("\n") + "\n");
    site
}

#[test]
fn two_strategies_are_compared_in_words_and_in_money() {
    let site = two_strategies();
    let ran = site.hostless(&["diff", "seed.yaml", "other.yaml", "--format", "json"]).exits(6);
    // 1 × 2,100,000 more in Britain, 3 × 1,800,000 less without the United States.
    assert_eq!(delta(&ran), "-3300000.0000");
    let json = ran.json();
    let diff = &json["strategies"][0];
    assert_eq!(diff["spend"]["delta"]["likely"], "-1800000.0000");
    let said: Vec<&str> =
        diff["question"].as_array().unwrap().iter().map(|word| word["path"].as_str().unwrap()).collect();
    assert_eq!(said, ["markets.gb.weight", "markets.us"]);
    let markets = diff["markets"].as_array().unwrap();
    assert_eq!(markets.len(), 2);
    assert_eq!((&markets[0]["id"], &markets[1]["presence"]), (&"gb".into(), &"removed".into()));
    let cause = &markets[0]["lines"][0]["causes"][0];
    assert_eq!(
        (&cause["kind"], &cause["before"], &cause["after"]),
        (&"weight".into(), &"5".into(), &"6".into())
    );
    assert_eq!(diff["before"]["generation"], diff["after"]["generation"]);
    let table = site.hostless(&["diff", "seed.yaml", "other.yaml"]).exits(6);
    table.shows("ΔJ       -330.00 万元 (3,400.00 万元 → 3,070.00 万元)");
    table.shows("markets.gb.weight: 5 → 6 (other.yaml:");
    table.shows("- us United States: -5,400,000.00 CNY");
}

#[test]
fn no_difference_exits_with_0() {
    let site = two_strategies();
    site.hostless(&["diff", "seed.yaml", "seed.yaml"]).exits(0).shows("unchanged: 3,400.00 万元");
    // Other words and the same money.
    site.edit("other.yaml", "gb: {weight: 6}", "gb: {weight: 5.0}\n  us: {weight: 3}");
    let ran = site.hostless(&["diff", "seed.yaml", "other.yaml", "--format", "json"]).exits(0);
    assert_eq!(ran.json()["changed"], false);
    assert_eq!(delta(&ran), "0.0000");
}

#[test]
fn one_strategy_is_compared_with_what_is_asked_instead() {
    let site = Site::seed();
    let ran =
        site.hostless(&["diff", "seed.yaml", "--set", "markets.gb.weight=6", "--format", "json"]).exits(6);
    assert_eq!(delta(&ran), "2100000.0000");
    let json = ran.json();
    let word = &json["strategies"][0]["question"][0];
    assert_eq!((&word["before"], &word["after"], &word["at"]), (&"5".into(), &"6".into(), &"--set".into()));
    site.hostless(&["diff", "seed.yaml"]).exits(2).says("name a second strategy");
}

#[test]
fn a_scenario_is_compared_with_the_law_as_it_is() {
    let site = Site::book();
    let rule = site.text("rules/br.yaml");
    site.put(
        "rules/br.yaml",
        format!(
            "{rule}\nscenarios:\n  dearer:\n    title: An officer costs twice as much\n    set: {{obligations: {{dpo: {{options: \
             {{outsourced: {{yearly: {{fixed: 220_000 BRL}}}}}}}}}}}}\n"
        ),
    );
    // 110,000 BRL more at 6.0692, the difference of two rounded lines.
    let pinned = ["diff", "strategy.yaml", "pinned.yaml", "--scenario", "br.dearer", "--format", "json"];
    site.put("pinned.yaml", format!("{}choices: {{dpo: outsourced}}\n", site.text("strategy.yaml")));
    let ran = site.hostless(&["diff", "pinned.yaml", "--scenario", "br.dearer", "--format", "json"]).exits(6);
    assert_eq!(delta(&ran), "18124.2998");
    assert_eq!(ran.json()["strategies"][0]["question"][0]["path"], "scenario");
    // Under it both are asked, of one generation.
    // Outsourcing is still the cheaper way, pinned or not.
    let both = site.hostless(&pinned).exits(0).json();
    assert_eq!(both["strategies"][0]["before"]["generation"], both["strategies"][0]["after"]["generation"]);
    site.hostless(&["diff", "pinned.yaml", "--scenario", "br.dearest"])
        .exits(3)
        .says("did you mean `br.dearer`?");
}

#[test]
fn a_strategy_with_errors_is_told_so() {
    let site = two_strategies();
    site.edit("other.yaml", "gb: {weight: 6}", "gbr: {weight: 6}");
    site.hostless(&["diff", "seed.yaml", "other.yaml"]).exits(3).says("other.yaml:");
}

#[test]
fn a_candidate_is_answered_and_never_served() {
    let site = Site::seed();
    let host = site.serve();
    let before = host.query("seed.yaml");
    site.put("gb.yaml", site.text("rules/gb.yaml").replace(GB_C, GB_C_71));
    let try_it = ["diff", "--candidate", "gb.yaml", "--strategy", "seed.yaml", "--format", "json"];
    let ran = site.run(&try_it).exits(6);
    assert_eq!(delta(&ran), "50000.0000");
    let json = ran.json();
    assert_eq!(json["rules"][0]["words"][0]["path"], "stages.market-selection.fixed-cost.amount");
    let line = &json["strategies"][0]["markets"][0]["lines"][0];
    assert_eq!(line["causes"][0]["name"], "stages.market-selection.fixed-cost.amount");
    assert_eq!(line["causes"][0]["at"], "gb.yaml:12:43");
    assert_eq!(json["strategies"][0]["before"]["number"], 1);
    assert_eq!(json["strategies"][0]["after"]["number"], 0);
    // Nobody else has seen it; a host without one says the same of it.
    assert_eq!(host.reload(), 1);
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
    let here = site.hostless(&try_it).exits(6).json();
    assert_eq!(here["strategies"][0]["markets"], json["strategies"][0]["markets"]);
    assert_eq!(here["strategies"][0]["after"]["receipt"], json["strategies"][0]["after"]["receipt"]);
}

#[test]
fn a_candidate_with_errors_is_told_what_check_would_say() {
    let site = Site::seed();
    let _host = site.serve();
    site.put("gb.yaml", site.text("rules/gb.yaml").replace("700000 CNY", "700000"));
    let ran = site.run(&["diff", "--candidate", "gb.yaml", "--strategy", "seed.yaml"]).exits(3);
    site.put("rules/gb.yaml", site.text("gb.yaml"));
    let check = site.hostless(&["check"]).exits(3);
    assert!(check.err.contains("gb.yaml:12:43"), "{}", check.err);
    assert_eq!(ran.err, check.err);
    site.put("notes.txt", "x");
    site.run(&["diff", "--candidate", "notes.txt", "--strategy", "seed.yaml"])
        .exits(3)
        .says("neither a rule file nor a plugin");
    site.run(&["diff", "--candidate", "none.yaml", "--strategy", "seed.yaml"]).exits(3).says("none.yaml");
    site.run(&["diff", "--candidate", "gb.yaml"]).exits(2);
}

#[test]
fn a_plugin_is_a_candidate_too() {
    let site = Site::book();
    let host = site.serve();
    // It says another id than its name: refused, as in the folder.
    std::fs::write(site.path("statutory.wasm"), site::plugin("fixed-cost")).unwrap();
    let ask = ["diff", "--candidate", "statutory.wasm", "--strategy", "strategy.yaml"];
    site.run(&ask).exits(3).says("`fixed-cost`");
    // Other bytes of the same method change nothing that is counted.
    let mut other = site::plugin("statutory");
    other.extend([0, 3, 2, b'x', b'y']);
    std::fs::write(site.path("statutory.wasm"), other).unwrap();
    let ran = site.run(&[&ask[..], &["--format", "json"]].concat()).exits(0);
    let json = ran.json();
    let sides = &json["strategies"][0];
    assert_ne!(sides["before"]["generation"], sides["after"]["generation"]);
    assert_eq!(host.number(), 1);
    // A new one that a new rule binds: they are tried together.
    std::fs::write(site.path("technology-output.wasm"), site::plugin("technology-output")).unwrap();
    site.run(&["diff", "--candidate", "technology-output.wasm", "--strategy", "strategy.yaml"]).exits(0);
}

#[test]
fn candidates_come_over_the_unix_socket_alone() {
    let site = Site::seed();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("tcp:127.0.0.1:{port}");
    let socket = format!("unix:{}", site.path("run/landfall/default.sock").display());
    std::fs::create_dir(site.path("run/landfall")).unwrap();
    let _host = crate::host::Host::start(&site, &["--listen", &address, "--listen", &socket]);
    site.put("gb.yaml", site.text("rules/gb.yaml"));
    site.run(&["diff", "--candidate", "gb.yaml", "--strategy", "seed.yaml", "--host", &address])
        .exits(1)
        .says("this address is read-only");
    site.run(&["diff", "seed.yaml", "--set", "markets.gb.weight=6", "--host", &address]).exits(6);
}

#[test]
fn folders_of_rules_are_compared() {
    let site = Site::book();
    std::fs::create_dir(site.path("new")).unwrap();
    site.take("tests/cases/book/rules", "new");
    let ask = |more: &[&str]| {
        let verb = ["rules", "diff", "rules", "new", "--strategy", "strategy.yaml", "--plugins", "plugins"];
        site.run(&[&verb[..], more].concat())
    };
    ask(&[]).exits(0);
    site.edit(
        "new/br.yaml",
        "outsourced: {yearly: {fixed: 110_000 BRL}}",
        "outsourced: {yearly: {fixed: 120_000 BRL}}",
    );
    site.edit("new/br.yaml", "value: 2%", "value: 4%");
    let ran = ask(&["--format", "json"]).exits(6);
    let json = ran.json();
    let words: Vec<&str> = json["rules"][0]["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        words,
        ["params.fine_rate.values[from 2021-08-01].value", "obligations.dpo.options.outsourced.yearly.fixed"]
    );
    let br = &json["strategies"][0]["markets"][0];
    let line = &br["lines"][0];
    assert_eq!((&line["obligation"], &line["cites"][0]), (&"br.dpo".into(), &"lgpd#art-41".into()));
    let causes = line["causes"].as_array().unwrap();
    assert!(
        causes.iter().any(|cause| cause["name"] == words[1] && cause["at"] == "br.yaml:31:36"),
        "{causes:#?}"
    );
    assert_eq!(
        (&br["penalties"][0]["id"], &br["penalties"][0]["delta"]),
        (&"br.fine".into(), &"131813.0891".into())
    );
    let markdown = ask(&["--format", "markdown"]).exits(6);
    assert!(markdown.out.starts_with("### ΔJ +"), "{}", markdown.out);
    markdown.shows("<details><summary>1 line changed, and why</summary>");
    markdown.shows("lgpd\\#art-41");
    ask(&[]).exits(6).shows("penalty br.fine: ");
    site.edit("new/br.yaml", "title: Brazil", "tittle: Brazil");
    let broken = ask(&[]).exits(3);
    broken.says("unknown key `tittle`");
    broken.says("`new` has errors");
    site.run(&["rules", "diff", "rules", "new", "--strategy", "strategy.yaml"])
        .exits(2)
        .says("--plugins DIR");
    site.run(&["rules", "diff", "rules", "newer", "--strategy", "strategy.yaml", "--plugins", "plugins"])
        .exits(2)
        .says("there is no folder `newer`");
}

#[track_caller]
fn git(site: &Site, arguments: &[&str]) {
    let ran = Command::new("git")
        .current_dir(site.path("."))
        .env("HOME", site.path("home"))
        .args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
}

#[test]
fn a_git_revision_is_compared_with_the_folder() {
    let site = Site::seed().with("PATH", std::env::var_os("PATH").unwrap());
    git(&site, &["init", "-q"]);
    git(&site, &["add", "rules"]);
    git(&site, &["commit", "-q", "-m", "one"]);
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    let ask = |old: &str| {
        site.run(&[
            "rules",
            "diff",
            old,
            "rules",
            "--rules",
            "rules",
            "--plugins",
            "plugins",
            "--strategy",
            "seed.yaml",
            "--format",
            "json",
        ])
    };
    for revision in ["main", "git:HEAD"] {
        assert_eq!(delta(&ask(revision).exits(6)), "50000.0000");
    }
    ask("git:HEAD~7").exits(2).says("has no revision `HEAD~7`");
    ask("git:--help").exits(2).says("has no revision `--help`");
    std::fs::remove_dir_all(site.path(".git")).unwrap();
    ask("git:HEAD").exits(2).says("in no git repository");
    let without = site.with("PATH", "/nowhere");
    let ran = without.run(&[
        "rules",
        "diff",
        "git:HEAD",
        "rules",
        "--rules",
        "rules",
        "--plugins",
        "plugins",
        "--strategy",
        "seed.yaml",
    ]);
    ran.exits(2).says("git cannot be run");
}

#[test]
fn generations_of_a_host_are_compared_and_asked() {
    let site = Site::seed();
    let mut host = site.serve();
    let first = host.query("seed.yaml");
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    host.wait_for_number(2);
    let ask = |old: &str, new: &str| {
        site.run(&["rules", "diff", old, new, "--strategy", "seed.yaml", "--format", "json"])
    };
    let ran = ask("1", "2").exits(6);
    assert_eq!(delta(&ran), "50000.0000");
    assert_eq!(ran.json()["rules"][0]["file"], "gb.yaml");
    let digest = first.json["served"]["generation"].as_str().unwrap().to_owned();
    assert_eq!(delta(&ask("2", &digest).exits(6)), "-50000.0000");
    ask(&digest[..20], "1").exits(0);
    let unknown = ask("1", "9").exits(1);
    unknown.says("no generation `9` is kept");
    unknown.says("history has 1 to 2: see `landfall generations`");
    // An earlier one still answers, byte for byte.
    let again =
        Answer::of(site.run(&["query", "seed.yaml", "--generation", "1", "--format", "json"]).exits(0));
    assert_eq!(again.bytes(), first.bytes());
    assert_eq!(again.json["receipt"], first.json["receipt"]);
    assert_eq!(again.number(), 1);
    site.run(&["query", "seed.yaml", "--generation", "seven"]).exits(1).says("no generation `seven`");
    // A folder against what is served.
    let mixed = site
        .run(&[
            "rules",
            "diff",
            "1",
            "rules",
            "--plugins",
            "plugins",
            "--strategy",
            "seed.yaml",
            "--format",
            "json",
        ])
        .exits(6);
    assert_eq!(delta(&mixed), "50000.0000");
    assert!(item(&host.status(), "gb.yaml").is_some());
}

#[test]
fn an_incomplete_side_is_said_loudly() {
    let site = Site::book();
    site.put("less.yaml", site.text("strategy.yaml").replace("users: 1_000, ", ""));
    let ran = site.hostless(&["diff", "strategy.yaml", "less.yaml", "--format", "json"]).exits(6);
    assert_eq!(delta(&ran), Value::Null);
    let json = ran.json();
    let diff = &json["strategies"][0];
    assert_eq!(
        (&diff["status"]["before"], &diff["status"]["after"]),
        (&"complete".into(), &"incomplete".into())
    );
    assert!(diff["partial"]["weighted"]["after"].is_object());
    let appeared = diff["markets"][0]["appeared"].as_array().unwrap();
    assert!(appeared.iter().any(|matter| matter["id"] == "br.security"), "{appeared:#?}");
    let table = site.hostless(&["diff", "strategy.yaml", "less.yaml"]).exits(6);
    table.shows("ΔJ       not known (");
    table.shows("status   complete → incomplete");
}
