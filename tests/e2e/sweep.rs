//! A strategy asked at many values: what is drawn, what is written, what is said of samples without a J.

use std::{
    fs,
    io::Read as _,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::site::{Ran, Site};

/// One market whose users decide what it pays, some of it with a spread.
fn site() -> Site {
    let site = Site::book();
    site.edit(
        "rules/br.yaml",
        "effort: {once: {days: {engineer: 10}}}",
        "effort: {once: {fixed: {low: 1 BRL, likely: 2 BRL, high: 5 BRL}}, times: \"market.users\"}",
    );
    site
}

fn sweep(site: &Site, more: &[&str]) -> Ran {
    site.hostless(&[&["sweep", "strategy.yaml"], more].concat())
}

/// The rows of a CSV file, by column.
fn table(site: &Site, file: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let text = site.text(file);
    let mut rows = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    (rows.next().unwrap(), rows.collect())
}

#[test]
fn a_point_of_a_grid_is_what_query_answers_with_those_facts() {
    let site = site();
    let vary = ["--vary", "markets.br.users=0,10,5_000", "--vary", "markets.br.revenue=1 BRL..9 BRL"];
    let more = [&vary[..], &["--grid", "2", "--out", "points.csv", "--format", "json"]].concat();
    let json = sweep(&site, &more).exits(0).json();
    assert_eq!((&json["sweep"]["samples"], &json["sweep"]["method"]), (&6.into(), &"grid".into()));
    let (head, rows) = table(&site, "points.csv");
    assert_eq!(
        head[..6],
        ["sample", "status", "markets.br.revenue", "markets.br.users", "objective", "spend"]
    );
    assert_eq!(rows.len(), 6);
    for row in rows {
        let set = [format!("markets.br.users={}", row[3]), format!("markets.br.revenue={} BRL", row[2])];
        let query = ["query", "strategy.yaml", "--format", "json", "--set", &set[0], "--set", &set[1]];
        let answer = site.hostless(&query).exits(0).json();
        assert_eq!(answer["answer"]["objective"]["likely"], row[4].as_str(), "{set:?}");
        assert_eq!(answer["answer"]["spend"]["likely"], row[5].as_str(), "{set:?}");
    }
}

#[test]
fn the_same_seed_draws_the_same_on_any_number_of_threads() {
    let site = site();
    let vary = ["--vary", "markets.br.users=10..1_000..5_000", "--samples", "300", "--format", "json"];
    let of = |threads: &str, out: &str, seed: &str| {
        let more = ["--threads", threads, "--out", out, "--seed", seed];
        sweep(&site, &[&vary[..], &more].concat()).exits(0).out
    };
    let one = of("1", "one.jsonl", "3");
    assert_eq!(of("4", "four.jsonl", "3"), one);
    assert_eq!(site.text("four.jsonl"), site.text("one.jsonl"));
    assert_ne!(of("1", "other.jsonl", "4"), one);
    let rows = site.text("one.jsonl");
    assert_eq!(rows.lines().count(), 300);
    // Percentiles are those of the rows.
    let mut all: Vec<u64> = rows
        .lines()
        .map(|row| {
            let row: serde_json::Value = serde_json::from_str(row).unwrap();
            row["objective"].as_str().unwrap().replace('.', "").parse().unwrap()
        })
        .collect();
    all.sort_unstable();
    let json: serde_json::Value = serde_json::from_str(&one).unwrap();
    let j = &json["sweep"]["results"]["objective"];
    for (name, rank) in [("min", 0), ("p10", 29), ("p50", 149), ("p90", 269), ("max", 299)] {
        assert_eq!(j[name].as_str().unwrap().replace('.', ""), all[rank].to_string(), "{name}");
    }
}

#[test]
fn ranges_of_the_strategy_are_drawn_from() {
    let site = site();
    site.edit(
        "strategy.yaml",
        "users: 1_000",
        "users: {low: 500, likely: 1_000, high: 9_000, source: sales}",
    );
    let ran = sweep(&site, &["--samples", "50"]).exits(0);
    ran.shows("50 samples drawn with seed 0");
    ran.shows("each line and each fact independently of all others");
    ran.shows("markets.br.users  500   1,000  9,000");
    ran.shows("what moves J most");
    ran.shows("br compliance br.security: once");
    let json = sweep(&site, &["--samples", "50", "--format", "json"]).exits(0).json();
    assert_eq!(json["sweep"]["inputs"][0]["from"], "strategy");
    let markdown = sweep(&site, &["--samples", "50", "--format", "markdown"]).exits(0);
    markdown.shows("| markets.br.users | 500 | 1,000 | 9,000 |");
    let csv = sweep(&site, &["--samples", "50", "--format", "csv"]).exits(0);
    csv.shows("objective,,,,EUR,50,");
    csv.shows("tornado,,,markets.br.users,EUR,");
}

#[test]
fn a_sample_without_a_j_is_counted_and_the_end_says_so() {
    let site = site();
    site.edit("rules/br.yaml", "when: \"market.users > 0\"", "when: \"market.users < 900 || company.sme\"");
    site.edit("strategy.yaml", ", sme: false", "");
    let more = ["--vary", "markets.br.users=800..1_000..1_200", "--samples", "200"];
    let ran = sweep(&site, &more).exits(4);
    ran.shows("of 200 samples complete: 0 blocked,");
    ran.shows("`br.security` is undetermined: nobody gave `company.sme`");
    ran.shows("the answer with everything likely is not complete, so nothing says what moves J");
    let json = sweep(&site, &[&more[..], &["--format", "json"]].concat()).exits(4).json();
    let sweep = &json["sweep"];
    let counted = |name: &str| sweep[name].as_u64().unwrap();
    assert_eq!(sweep["status"], "incomplete");
    assert!(counted("complete") > 0 && counted("complete") + counted("incomplete") == 200, "{sweep}");
    assert_eq!(sweep["reasons"][0]["samples"], sweep["incomplete"]);
}

#[test]
fn the_picture_has_a_bar_for_each_input_that_moves_j() {
    let site = site();
    let more = ["--vary", "markets.br.users=10..5_000", "--samples", "20", "--chart", "tornado.svg"];
    sweep(&site, &more).exits(0);
    let svg = site.text("tornado.svg");
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
    assert_eq!((svg.matches("<g class=\"bar\">").count(), svg.matches("</g>").count()), (2, 2));
    assert!(svg.contains("markets.br.users") && svg.contains("br compliance br.security: once"), "{svg}");
}

#[test]
fn what_cannot_be_asked_is_told() {
    let site = site();
    let samples = ["--samples", "9"];
    for (more, code, said) in [
        (vec![], 2, "nothing says how many samples there are to be"),
        (vec!["--samples", "0"], 2, "0 is not in 1..=1000000000"),
        (vec!["--grid", "3", "--samples", "3"], 2, "cannot be used with"),
        (vec!["--samples", "3", "--out", "rows.txt"], 2, "name a file that ends in .csv or .jsonl"),
        (
            vec!["--samples", "3", "--out", "nowhere/rows.csv"],
            1,
            "cannot write nowhere/rows.csv: No such file",
        ),
        (vec!["--samples", "3", "--chart", "rules"], 1, "cannot write rules: "),
        (vec!["--samples", "3", "--vary", "markets.br.usres=1..9"], 3, "did you mean `users`?"),
        (vec!["--samples", "3", "--vary", "markets.br.users=9..1"], 3, "is backwards"),
        (
            vec!["--samples", "3", "--vary", "company.sme=1..2"],
            3,
            "`company.sme` is a flag, which has no range",
        ),
        (vec!["--samples", "3", "--set", "markets.br.usres=1"], 3, "unknown fact `market.usres`"),
    ] {
        sweep(&site, &more).exits(code).says(said);
    }
    let host = site.run(&[&["sweep", "strategy.yaml"], &samples[..]].concat()).exits(2);
    host.says("a sweep runs in this process, and asks no host");
    host.says("add `--rules DIR --plugins DIR`");
    assert!(
        !site.path("rows.csv").exists()
            && fs::read_dir(site.path("."))
                .unwrap()
                .all(|entry| { !entry.unwrap().file_name().to_str().unwrap().starts_with(".landfall-") })
    );
}

/// Killed, should the test fail.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_interrupt_ends_it_with_what_there_is() {
    let site = site();
    let arguments = ["sweep", "strategy.yaml", "--samples", "1000000000", "--out", "rows.csv"];
    let folders = ["--rules", "rules", "--plugins", "plugins"];
    let mut command = site.command(&[&arguments[..], &folders].concat());
    let mut child = Guard(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let written = || {
        let entries = fs::read_dir(site.path(".")).unwrap().map(|entry| entry.unwrap());
        let partial = |entry: &fs::DirEntry| entry.file_name().to_str().unwrap().starts_with(".landfall-");
        entries.filter(partial).any(|entry| entry.metadata().is_ok_and(|of| of.len() > 0))
    };
    let end = Instant::now() + Duration::from_secs(120);
    while !written() {
        assert!(Instant::now() < end && child.0.try_wait().unwrap().is_none(), "it wrote no rows");
        std::thread::sleep(Duration::from_millis(10));
    }
    kill_process(Pid::from_child(&child.0), Signal::INT).unwrap();
    let status = child.0.wait().unwrap();
    let mut out = String::new();
    child.0.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(status.code(), Some(4), "{out}");
    assert!(
        out.contains("PARTIAL: ended early, after ") && out.contains("of 1,000,000,000 samples"),
        "{out}"
    );
    let (_, rows) = table(&site, "rows.csv");
    assert!(!rows.is_empty() && rows.iter().enumerate().all(|(at, row)| row[0] == at.to_string()));
}
