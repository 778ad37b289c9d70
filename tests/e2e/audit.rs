//! The audit log, as whoever must answer for a number later uses it: list, verify, head, export, prune, replay
//! and bundle, with a real host and with the files it leaves.

use std::fs;

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    host::Host,
    site::{Ran, Site},
};

/// The rows of the log, of one kind.
#[track_caller]
fn rows(site: &Site, kind: &str) -> Vec<Value> {
    let listed = site.run(&["audit", "list", "--kind", kind, "--format", "json"]).exits(0).json();
    listed.as_array().unwrap().clone()
}

/// Where a host of this site keeps its state.
fn state(site: &Site) -> String {
    site.path("home/.local/state/landfall/default").to_str().unwrap().to_owned()
}

/// Asks, and returns the receipt.
#[track_caller]
fn ask(site: &Site, more: &[&str]) -> String {
    let ran = site.run(&[&["query", "seed.yaml", "--format", "json"], more].concat()).exits(0);
    assert!(!ran.err.contains("not in the audit log"), "{}", ran.err);
    ran.json()["receipt"].as_str().unwrap().to_owned()
}

#[track_caller]
fn verify(site: &Site, more: &[&str]) -> Ran {
    site.run(&[&["audit", "verify"], more].concat())
}

#[test]
fn what_is_answered_is_in_the_log_with_who_asked_and_from_what() {
    let site = Site::seed();
    let host = site.serve();
    let receipt = ask(&site, &["--label", "board 2026-12-04"]);
    site.run(&["facts", "seed.yaml"]).exits(0);
    let rows = rows(&site, "answered");
    let said = &rows[0]["body"];
    assert_eq!((said["verb"].as_str(), rows[1]["body"]["verb"].as_str()), (Some("query"), Some("facts")));
    assert_eq!(said["receipt"].as_str(), Some(receipt.as_str()));
    assert_eq!(said["label"], "board 2026-12-04");
    assert_eq!((&said["count"], &said["number"]), (&1.into(), &host.number().into()));
    assert_eq!(said["request"]["name"], "seed.yaml");
    assert!(said["caller"].as_str().unwrap().starts_with("uid "), "{said}");
    let table = site.run(&["audit", "list"]).exits(0).out;
    for expected in ["started", "accepted", "query seed.yaml, generation 1", "\"board 2026-12-04\""] {
        assert!(table.contains(expected), "{expected}\n{table}");
    }
    assert_eq!(site.run(&["audit", "list", "--since", "2999-01-01"]).exits(0).out, "no such rows\n");
    site.run(&["audit", "list", "--since", "someday"]).exits(2).says("as in `2026-11-23`");
}

#[test]
fn identical_answers_are_one_row_with_a_count() {
    let site = Site::seed();
    let _host = site.serve();
    for _ in 0..4 {
        ask(&site, &[]);
    }
    // However slow this machine is: no answer is missing, and no two rows of one second say the same.
    let counts: Vec<u64> =
        rows(&site, "answered").iter().map(|row| row["body"]["count"].as_u64().unwrap()).collect();
    assert_eq!(counts.iter().sum::<u64>(), 4, "{counts:?}");
}

#[test]
fn a_label_needs_a_log() {
    let site = Site::seed();
    site.hostless(&["query", "seed.yaml", "--label", "x"]).exits(2);
    let _host = site.serve();
    let long = "x".repeat(201);
    site.run(&["query", "seed.yaml", "--label", &long]).exits(1).says("at most 200");
    site.run(&["query", "seed.yaml", "--label", " "]).exits(1).says("blank");
}

#[test]
fn a_log_is_verified_by_a_host_and_from_its_folder() {
    let site = Site::seed();
    let host = site.serve();
    ask(&site, &[]);
    let head = site.run(&["audit", "head"]).exits(0).out;
    let head = head.trim();
    let unproven = verify(&site, &[]).exits(0).out;
    assert!(
        unproven.contains("nothing was changed") && unproven.contains("the tail is unproven"),
        "{unproven}"
    );
    let proven = verify(&site, &["--head", head]).exits(0).out;
    assert!(proven.contains("the tail is proven"), "{proven}");
    // A head of rows that are not there.
    let (seq, hash) = head.split_once(':').unwrap();
    let beyond = format!("{}:{hash}", seq.parse::<u64>().unwrap() + 2);
    let cut = verify(&site, &["--head", &beyond]).exits(6).out;
    assert!(cut.contains("were cut off the end"), "{cut}");
    verify(&site, &["--head", "12"]).exits(2).says("is no head");
    drop(host);
    let read = verify(&site, &["--state", &state(&site), "--head", head, "--format", "json"]).exits(0).json();
    assert_eq!((&read["holds"], &read["tail"]), (&true.into(), &"proven".into()));
    verify(&site, &["--state", "nowhere"]).exits(2).says("there is no folder `nowhere`");
}

#[test]
fn a_host_that_was_killed_leaves_a_gap() {
    let site = Site::seed();
    let mut host = site.serve();
    ask(&site, &["--label", "before"]);
    host.end(Signal::KILL);
    drop(host);
    let mut host = site.serve();
    assert_eq!(rows(&site, "gap").len(), 1);
    assert_eq!(rows(&site, "answered").len(), 1);
    host.end(Signal::TERM);
    drop(host);
    let _host = site.serve();
    assert_eq!((rows(&site, "gap").len(), rows(&site, "stopped").len()), (1, 1));
    verify(&site, &[]).exits(0);
}

#[test]
fn an_export_shows_what_was_done_to_it() {
    let site = Site::seed();
    let _host = site.serve();
    for label in ["one", "two", "three", "four"] {
        ask(&site, &["--label", label]);
    }
    site.run(&["audit", "export", "--contents", "-o", "all.jsonl"])
        .exits(0)
        .says("rows written to all.jsonl");
    site.run(&["audit", "export", "-o", "all.jsonl"]).exits(1).says("there already");
    let head = site.run(&["audit", "head"]).exits(0).out;
    verify(&site, &["all.jsonl", "--head", head.trim()]).exits(0);
    let text = site.text("all.jsonl");
    let lines: Vec<&str> = text.lines().collect();
    let at =
        |label: &str| lines.iter().position(|line| line.contains(&format!("\"label\":\"{label}\""))).unwrap();
    let (two, three) = (at("two"), at("three"));
    let seq = |line: usize| serde_json::from_str::<Value>(lines[line]).unwrap()["seq"].as_u64().unwrap();
    let mut removed = lines.clone();
    removed.remove(two);
    let mut moved = lines.clone();
    moved.swap(two, three);
    let mut inserted = lines.clone();
    inserted.insert(three, lines[two]);
    let changed = lines[two].replace("uid ", "uid 1");
    let mut other = lines.clone();
    other[two] = &changed;
    let strategy = lines.iter().position(|line| line.starts_with("{\"content\"")).unwrap();
    let forged = lines[strategy].replace("weight", "Weight");
    let mut damaged = lines.clone();
    damaged[strategy] = &forged;
    let table = [
        ("changed", other, format!("row {} of ", seq(two))),
        ("removed", removed, format!("row {} was removed", seq(two))),
        ("moved", moved, format!("row {} of ", seq(two))),
        ("inserted", inserted, format!("row {} of ", seq(two))),
        ("damaged", damaged, "and what is there has another digest".to_owned()),
    ];
    for (what, lines, expected) in table {
        let file = format!("{what}.jsonl");
        site.put(&file, lines.join("\n"));
        let found = verify(&site, &[&file]).exits(6).out;
        assert!(found.contains(&expected), "{what}: {found}");
    }
    // Cut, it holds, and only the head says otherwise.
    site.put("cut.jsonl", lines[..three].join("\n"));
    verify(&site, &["cut.jsonl"]).exits(0);
    let cut = verify(&site, &["cut.jsonl", "--head", head.trim()]).exits(6).out;
    assert!(cut.contains("cut off the end"), "{cut}");
    site.put("broken.jsonl", "{}\n");
    verify(&site, &["broken.jsonl"]).exits(3).says("line 1");
}

#[test]
fn what_was_pruned_is_in_its_export_and_the_log_goes_on() {
    let site = Site::seed();
    let host = site.serve();
    let receipt = ask(&site, &["--label", "old"]);
    site.run(&["audit", "export", "--before", "2999-01-01", "--prune"]).exits(2);
    let pruned =
        site.run(&["audit", "export", "--before", "2999-01-01", "--prune", "-o", "old.jsonl"]).exits(0);
    pruned.says("taken out of the log, 1 labelled answer among them");
    assert_eq!(rows(&site, "answered").len(), 0);
    let anchor = &rows(&site, "anchor")[0]["body"];
    let kept = verify(&site, &["old.jsonl", "--format", "json"]).exits(0).json();
    let through = format!("{}:{}", anchor["through"], anchor["hash"].as_str().unwrap());
    assert_eq!(kept["head"].as_str(), Some(through.as_str()));
    site.run(&["replay", &receipt]).exits(1).says("no answer with the receipt");
    ask(&site, &[]);
    let left = verify(&site, &["--head", &through]).exits(0).out;
    assert!(left.contains(&format!("begins after {through}")) && left.contains("tail is proven"), "{left}");
    // With no host, out of its folder; with one, nobody else writes there.
    let folder = state(&site);
    let again =
        ["audit", "export", "--before", "2999-01-01", "--prune", "-o", "more.jsonl", "--state", &folder];
    site.run(&again).exits(1).says("in use by another host");
    drop(host);
    site.run(&again).exits(0);
    verify(&site, &["--state", &folder]).exits(0);
    verify(&site, &["more.jsonl"]).exits(0);
}

#[test]
fn an_old_answer_comes_out_the_same() {
    let site = Site::seed();
    let mut host = site.serve();
    let receipt = ask(&site, &["--label", "board", "--set", "markets.gb.weight=2"]);
    site.edit("rules/gb.yaml", "450000 CNY", "460000 CNY");
    host.wait_for_number(2);
    assert_ne!(ask(&site, &["--set", "markets.gb.weight=2"]), receipt);
    let replayed = site.run(&["replay", &receipt]).exits(0).out;
    assert!(replayed.contains("the same, byte for byte"), "{replayed}");
    let short = receipt.strip_prefix("blake3:").unwrap().get(..10).unwrap();
    let json = site.run(&["replay", short, "--format", "json"]).exits(0).json();
    assert_eq!((&json["same"], &json["row"]["kind"]), (&true.into(), &"answered".into()));
    site.run(&["replay", "blake3:00000000"]).exits(1).says("no answer with the receipt");
    site.run(&["replay", "yesterday"]).exits(1).says("is no receipt");
    let folder = state(&site);
    drop(host);
    site.run(&["replay", &receipt, "--state", &folder]).exits(0);
}

#[test]
fn what_was_tried_with_candidates_is_recorded_and_cannot_be_replayed() {
    let site = Site::seed();
    let _host = site.serve();
    let text = site.text("rules/gb.yaml").replace("450000 CNY", "460000 CNY");
    fs::create_dir(site.path("new")).unwrap();
    site.put("new/gb.yaml", text);
    site.run(&["diff", "--candidate", "new/gb.yaml", "--strategy", "seed.yaml"]).exits(6);
    let answered = rows(&site, "answered");
    let tried = answered.iter().find(|row| row["body"]["candidates"][0]["file"] == "gb.yaml").unwrap();
    let refused = site.run(&["replay", tried["body"]["receipt"].as_str().unwrap()]).exits(1);
    refused.says("candidate files");
}

#[test]
fn a_bundle_proves_an_answer_without_a_host() {
    let site = Site::seed();
    let host = site.serve();
    let receipt = ask(&site, &["--label", "board"]);
    site.run(&["query", "seed.yaml", "--as-of", "2027-01-01"]);
    site.run(&["audit", "bundle", &receipt, "-o", "board.bundle"]).exits(0).says("leads to the head");
    let head = site.run(&["audit", "head"]).exits(0).out;
    drop(host);
    let alone = Site::empty();
    let bundle = site.text("board.bundle");
    alone.put("board.bundle", &bundle);
    let verified = verify(&alone, &["board.bundle", "--head", head.trim()]).exits(0).out;
    assert!(verified.contains("the same, byte for byte") && verified.contains("proves it"), "{verified}");
    let (most, last) = head.trim().split_at(head.trim().len() - 1);
    let other = format!("{most}{}", if last == "0" { "1" } else { "0" });
    verify(&alone, &["board.bundle", "--head", &other]).exits(6);
    // Whatever is changed in it is seen.
    let json: Value = serde_json::from_str(&bundle).unwrap();
    let content = json["contents"][0]["bytes"].as_str().unwrap();
    let later = json["later"][0].as_str().unwrap();
    let table = [
        (content.to_owned(), "AAAA".to_owned(), "has other contents"),
        (
            "\\\"label\\\":\\\"board\\\"".to_owned(),
            "\\\"label\\\":\\\"bored\\\"".to_owned(),
            "says something else than its hash",
        ),
        (format!("\"{later}\","), String::new(), "leads to the head"),
        (format!("\"{later}\""), format!("\"{receipt}\""), "leads to the head"),
    ];
    for (this, by, expected) in table {
        let changed = bundle.replacen(&this, &by, 1);
        if changed == bundle {
            continue;
        }
        alone.put("changed.bundle", changed);
        let found = verify(&alone, &["changed.bundle"]).exits(6).out;
        assert!(found.contains(expected), "{expected}: {found}");
    }
    alone.put("noise.bundle", "{\"schema\":\"landfall/bundle@1\",");
    verify(&alone, &["noise.bundle"]).exits(3);
}

#[test]
fn the_log_is_not_for_everybody() {
    let site = Site::seed();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let tcp = format!("tcp:127.0.0.1:{port}");
    let socket = format!("unix:{}", site.path("run/landfall/default.sock").display());
    fs::create_dir_all(site.path("run/landfall")).unwrap();
    let _host = Host::start(&site, &["--listen", &tcp, "--listen", &socket]);
    let receipt = site.run(&["query", "seed.yaml", "--host", &tcp, "--format", "json"]).exits(0).json();
    let receipt = receipt["receipt"].as_str().unwrap();
    for verb in [
        ["audit", "list"].as_slice(),
        &["audit", "head"],
        &["audit", "verify"],
        &["audit", "bundle", receipt, "-o", "x"],
        &["replay", receipt],
    ] {
        site.run(&[verb, &["--host", &tcp]].concat()).exits(1).says("read-only");
    }
    site.run(&["query", "seed.yaml", "--label", "x", "--host", &tcp]).exits(1).says("cannot be labelled");
    assert_eq!(rows(&site, "answered")[0]["body"]["caller"], "tcp");
}
