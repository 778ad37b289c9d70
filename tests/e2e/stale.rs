//! What the owners of a rule book should look at, and when the program says that there is something.

use serde_json::Value;

use crate::site::{Ran, Site};

fn stale(site: &Site, as_of: &str, more: &[&str]) -> Ran {
    let verb = ["rules", "stale", "--rules", "rules", "--as-of", as_of];
    site.run(&[&verb, more].concat())
}

/// Each finding as `kind at what`.
fn findings(ran: &Ran) -> Vec<String> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let json = ran.json();
    let files = json["files"].as_array().unwrap();
    let all = files.iter().flat_map(|file| file["findings"].as_array().unwrap());
    all.map(|f| format!("{} {} {} {}", text(f, "kind"), text(f, "at"), text(f, "id"), text(f, "what")))
        .collect()
}

#[track_caller]
fn finds(site: &Site, as_of: &str, more: &[&str], expected: &[&str]) {
    let ran = stale(site, as_of, &[&["--format", "json"], more].concat());
    let code = if expected.is_empty() { 0 } else { 6 };
    let ran = ran.exits(code);
    assert_eq!(findings(&ran), expected, "as of {as_of}");
}

#[test]
fn reviews_are_due() {
    let site = Site::book();
    let only = ["--only", "review_due", "--only", "no_review"];
    finds(&site, "2027-11-22", &only, &[]);
    let due = "a review was due on 2027-11-23; the last was on 2026-11-23";
    let (br, global) =
        (format!("review_due br.yaml:7:9  {due}"), format!("review_due global.yaml:6:9  {due}"));
    finds(&site, "2027-11-23", &only, &[&br, &global]);
    let soon = ["--only", "review_due", "--within", "30"];
    let (br, global) = (br.replace("was due", "is due"), global.replace("was due", "is due"));
    finds(&site, "2027-11-01", &soon, &[&br, &global]);
    site.edit("rules/br.yaml", "review: {done: 2026-11-23, by: tests, due: 2027-11-23}\n", "");
    let none = "no_review br.yaml:1:1  nobody says when this file is reviewed: add `review: {done, by, due}`";
    finds(&site, "2026-11-23", &only, &[none]);
}

#[test]
fn what_rests_on_ended_law_is_listed_and_history_is_not() {
    let site = Site::book();
    let source = "{title: Lei 13.709/2018, rank: statute}";
    site.edit(
        "rules/br.yaml",
        source,
        &source.replace('}', ", in_force: {from: 2020-09-18, to: 2027-03-01}}"),
    );
    let only = ["--only", "source_ended"];
    finds(&site, "2027-02-28", &only, &[]);
    let what = |at: &str, id: &str, cite: &str| {
        format!("source_ended br.yaml:{at} {id} rests on {cite}, and `lgpd` ended on 2027-03-01")
    };
    let all = [
        what("16:9", "param br.fine_rate", "lgpd#art-52-II"),
        what("20:9", "param br.fine_cap", "lgpd#art-52-II"),
        what("23:3", "br.dpo", "lgpd#art-41"),
        what("34:3", "br.security", "lgpd#art-46"),
        what("44:3", "penalty br.fine", "lgpd#art-52-II"),
    ];
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    finds(&site, "2027-03-01", &only, &all);
    let soon: Vec<String> = all.iter().map(|finding| finding.replace("ended on", "ends on")).collect();
    let soon: Vec<&str> = soon.iter().map(String::as_str).collect();
    finds(&site, "2027-02-01", &["--only", "source_ended", "--within", "28"], &soon);

    // The duty ended with the law, and so did the value.
    let in_force = "in_force: {from: 2020-09-18}\n    when: \"market.users > 0\"";
    site.edit("rules/br.yaml", in_force, &in_force.replace("09-18}", "09-18, to: 2027-03-01}"));
    site.edit(
        "rules/br.yaml",
        "{from: 2021-08-01, value: 2%,",
        "{from: 2021-08-01, to: 2027-03-01, value: 2%,",
    );
    finds(&site, "2027-03-01", &only, &[all[1], all[2], all[4]]);
    let ended = "value_ended br.yaml:16:9 param br.fine_rate its last value ended on 2027-03-01: add what holds then, \
                 or `absent: why`";
    finds(&site, "2027-03-01", &["--only", "value_ended"], &[ended]);
}

#[test]
fn people_see_file_line_and_owner() {
    let site = Site::book();
    site.edit(
        "rules/br.yaml",
        "confidence: high\n  security:",
        "confidence: low\n    verified: false\n  security:",
    );
    let ran = stale(&site, "2027-01-01", &[]).exits(6);
    let expected = "\
as of 2027-01-01

br.yaml: 4 findings, owned by tests
  br.yaml:23:3  low confidence  br.dpo       the author is not sure of it
  br.yaml:23:3  unverified      br.dpo       nobody has read its source
  br.yaml:23:3  assumption      br.dpo       the amounts are an estimate
  br.yaml:35:3  assumption      br.security  the amounts are an estimate

fx.yaml: 2 findings
  fx.yaml:1:1  old rate  EUR/BRL  the latest rate is of 2026-10-30, 63 days old
  fx.yaml:1:1  old rate  EUR/CNY  the latest rate is of 2026-10-30, 63 days old

rates.yaml: 2 findings
  rates.yaml:4:23  assumption  rate counsel global   the day rate is an estimate
  rates.yaml:6:23  assumption  rate engineer global  the day rate is an estimate

8 findings in 3 files: 2 old rate, 1 low confidence, 1 unverified, 4 assumption
";
    assert_eq!(ran.out, expected);
}

#[test]
fn a_book_with_nothing_to_look_at_says_so_and_one_with_errors_is_not_looked_into() {
    let site = Site::seed();
    let ran = stale(&site, "2026-11-23", &[]).exits(0);
    assert_eq!(ran.out, "nothing to look at as of 2026-11-23\n");
    // Without a day it is today's, and no plugin is needed.
    site.run(&["rules", "stale", "--rules", "rules", "--only", "source_ended"]).exits(0);
    site.edit("rules/br.yaml", "title: Brazil", "tittle: Brazil");
    stale(&site, "2026-11-23", &[]).exits(3).says("unknown key `tittle`");
    stale(&site, "2026-13-23", &[]).exits(2).says("of a day that exists");
}

#[test]
fn the_world_is_owned() {
    let site = Site::empty();
    site.take("rules/world", "rules");
    finds(
        &site,
        "2026-11-23",
        &["--only", "no_review", "--only", "review_due", "--only", "source_ended"],
        &[],
    );
}

#[test]
fn gaps_disputes_and_exceptions_are_looked_at_too() {
    let site = Site::book();
    let when = "when: \"product.personal_data\"\n    choice: dpo";
    let more = "when: \"product.personal_data\"
    except:
      small: {when: \"company.sme\", cite: [\"lgpd#art-55\"], in_force: {to: 2027-06-01}, confidence: low, verified: false}
    disputed:
      - {when: \"company.sme\", cite: [\"lgpd#art-41-3\"], note: only large ones, confidence: medium}
    choice: dpo";
    site.edit("rules/br.yaml", when, more);
    let gaps = "gaps:
  interest: {stage: compliance, cite: [\"lgpd#art-10\"], reason: case by case, accepted: {by: us, until: 2027-05-31}}
  children: {stage: compliance, cite: [\"lgpd#art-14\"], reason: not written, when: \"market.users < 0\"}
\npenalties:";
    site.edit("rules/br.yaml", "penalties:", gaps);
    let kinds = ["open_gap", "acceptance_ended", "disputed", "low_confidence", "unverified"];
    let only: Vec<&str> = kinds.iter().flat_map(|kind| ["--only", kind]).collect();
    let open = "open_gap br.yaml:49:3 gap br.children not computed, and nobody accepts it: not written";
    let low = "low_confidence br.yaml:29:7 br.dpo except small the author is not sure of it";
    let unread = "unverified br.yaml:29:7 br.dpo except small nobody has read its source";
    let read = "disputed br.yaml:31:9 br.dpo read differently: only large ones";
    let ended = "acceptance_ended br.yaml:48:3 gap br.interest the acceptance by us ended on 2027-05-31: case by case";
    finds(&site, "2027-05-30", &only, &[low, unread, read, open]);
    finds(&site, "2027-05-31", &only, &[low, unread, read, ended, open]);
    // The exception is history from here on.
    finds(&site, "2027-06-01", &only, &[read, ended, open]);
}
