//! The forms of a question and of its answer.

use std::{io::Write as _, process::Stdio};

use crate::{answer::Answer, site::Site};

#[test]
fn a_strategy_may_come_from_a_pipe() {
    let site = Site::seed();
    let arguments = ["query", "-", "--format", "json", "--rules", "rules", "--plugins", "plugins"];
    let mut child = site.command(&arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(site.text("seed.yaml").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let file = Answer::of(site.hostless(&["query", "seed.yaml", "--format", "json"]));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), file.ran.out);
}

#[test]
fn values_can_be_set_instead_of_what_the_strategy_says() {
    let site = Site::seed();
    let set =
        ["query", "seed.yaml", "--format", "json", "--set", "markets.gb.weight=6", "--as-of", "2027-01-01"];
    let answer = Answer::of(site.hostless(&set));
    answer.comes_to("36100000.0000");
    assert_eq!(answer.json["answer"]["as_of"], "2027-01-01");
}

#[test]
fn every_format_shows_the_answer() {
    let site = Site::seed();
    let csv = site.hostless(&["query", "seed.yaml", "--format", "csv"]).exits(0);
    assert_eq!(csv.out.lines().count(), 1 + 25, "{}", csv.out);
    let columns = |line: &str| line.matches(',').count();
    assert!(csv.out.lines().all(|line| columns(line) >= columns(csv.out.lines().next().unwrap())));
    site.hostless(&["query", "seed.yaml", "--format", "markdown"]).exits(0).shows("| ");
    site.hostless(&["explain", "seed.yaml", "--format", "markdown"]).exits(0).shows("- ");
    let part =
        site.hostless(&["explain", "seed.yaml", "--market", "gb", "--stage", "culture", "--format", "json"]);
    let part = part.exits(0).json();
    assert_eq!(part["markets"].as_array().unwrap().len(), 1);
    assert_eq!(part["markets"][0]["stages"].as_object().unwrap().len(), 1);
}

/// Text from a rule file cannot drive the terminal of whoever reads the answer.
#[test]
fn escapes_in_rules_stay_text() {
    let site = Site::seed();
    site.edit("rules/gb.yaml", "title: United Kingdom", "title: \"United \\e[31mKingdom\\a\"");
    for arguments in [["query", "seed.yaml"], ["explain", "seed.yaml"]] {
        let ran = site.hostless(&arguments);
        assert!(!ran.out.contains('\x1b') && !ran.out.contains('\x07'), "{:?}", ran.out);
        assert!(!ran.err.contains('\x1b') && !ran.err.contains('\x07'), "{:?}", ran.err);
    }
}

#[test]
fn status_and_check_are_for_programs_too() {
    let site = Site::seed();
    site.put("rules/gb.yaml", "id: [");
    let check = ["check", "--rules", "rules", "--plugins", "plugins", "--format", "json"];
    let problems = site.run(&check).exits(3).json();
    assert_eq!(problems[0]["place"]["file"], "gb.yaml");
    assert_eq!(problems[0]["severity"], "error");
    let status = site.hostless(&["status", "--format", "json"]).exits(6).json();
    assert_eq!(status["items"].as_array().unwrap().len(), 6);
}
