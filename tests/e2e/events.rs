//! Following a host: each change with its cause, and a new answer with each generation.

use std::{
    fs::File,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::site::Site;

const GB_C: &str = "market-selection: {fixed-cost: {amount: 700000 CNY}}";
const GB_C_71: &str = "market-selection: {fixed-cost: {amount: 710000 CNY}}";

/// How long anything may take to be heard.
const BOUND: Duration = Duration::from_secs(60);

/// A verb that follows, ended whatever happens.
struct Following<'a> {
    site: &'a Site,
    child: Child,
    seen: usize,
}

impl<'a> Following<'a> {
    fn start(site: &'a Site, arguments: &[&str]) -> Self {
        let child = site
            .command(&[arguments, &["--follow", "--format", "json"]].concat())
            .stdout(File::create(site.path("heard")).unwrap())
            .stderr(File::create(site.path("said")).unwrap())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { site, child, seen: 0 }
    }

    /// The next line that is as wanted.
    #[track_caller]
    fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        while started.elapsed() < BOUND {
            let text = self.site.text("heard");
            // A line has come when it has ended.
            let lines: Vec<&str> = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
            while let Some(line) = lines.get(self.seen) {
                self.seen += 1;
                let line: Value = serde_json::from_str(line).unwrap();
                if wanted(&line) {
                    return line;
                }
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("it ended ({status}): {}", self.site.text("said"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("waited in vain until {what}:\n{}\n{}", self.site.text("heard"), self.site.text("said"))
    }

    /// Told to stop, it ends well and soon.
    #[track_caller]
    fn stop(mut self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        let started = Instant::now();
        while started.elapsed() < BOUND {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "{status}: {}", self.site.text("said"));
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it did not end");
    }
}

impl Drop for Following<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn every_change_is_heard_with_its_cause_across_a_restart() {
    let site = Site::seed();
    let host = site.serve();
    let mut following = Following::start(&site, &["events"]);
    following
        .until("what was before is told", |change| change["kind"] == "generation" && change["number"] == 1);
    site.put("rules/gb.yaml", "schema: [");
    let broken = following
        .until("gb.yaml is broken", |change| change["file"] == "gb.yaml" && change["state"] == "last_good");
    assert_eq!(broken["was"], "live");
    let problem = &broken["problems"][0];
    assert!(problem["at"].as_str().unwrap().starts_with("gb.yaml:"), "{broken:#}");
    let table = site.run(&["events"]).exits(0);
    table.shows("gb.yaml was live: served from last good");
    table.shows("because ");
    table.shows(" at gb.yaml:");
    site.take("rules/seed", "rules");
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    let mended = following
        .until("generation 2 is served", |change| change["kind"] == "generation" && change["number"] == 2);
    assert!(mended["cause"].as_str().unwrap().contains("gb.yaml"), "{mended:#}");
    // Another life of the host is followed from its start.
    drop(host);
    let mut host = site.serve();
    site.edit("rules/gb.yaml", GB_C_71, GB_C);
    following
        .until("generation 3 is served", |change| change["kind"] == "generation" && change["number"] == 3);
    assert!(site.text("said").contains("the host is back"), "{}", site.text("said"));
    host.wait_for_number(3);
    following.stop();
}

#[test]
fn who_follows_nobody_is_told_so() {
    let site = Site::seed();
    site.run(&["events", "--follow"]).exits(5).says("no host answers");
    site.run(&["query", "seed.yaml", "--follow"]).exits(5);
    site.run(&["query", "seed.yaml", "--follow", "--format", "csv"]).exits(2).says("`--format json`");
    site.hostless(&["query", "seed.yaml", "--follow"]).exits(2);
}

#[test]
fn a_question_is_answered_again_with_each_generation() {
    let site = Site::seed();
    let _host = site.serve();
    let mut following = Following::start(&site, &["query", "seed.yaml"]);
    let first = following.until("there is an answer", |_| true);
    assert_eq!(first["response"]["answer"]["objective"]["likely"], "34000000.0000");
    assert!(first["diff"].is_null());
    // What breaks changes no answer, and what does not is told with its cause.
    site.put("rules/br.yaml", "schema: [");
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    let second = following.until("there is another", |_| true);
    assert_eq!(second["response"]["answer"]["objective"]["likely"], "34050000.0000");
    let words = second["rules"].as_array().unwrap();
    assert!(words.iter().any(|file| file["file"] == "gb.yaml"), "{words:#?}");
    assert_eq!(
        second["diff"]["objective"]["delta"]["likely"], "50000.0000",
        "{:#}",
        second["diff"]["objective"]
    );
    following.stop();
}

#[test]
fn an_answer_says_since_when_and_why_it_is_from_last_good() {
    let site = Site::seed();
    let mut host = site.serve();
    site.put("rules/gb.yaml", "schema: [");
    let item = host.wait_for_state("gb.yaml", "last_good");
    let stale = &host.query("seed.yaml").json["served"]["stale_items"][0];
    assert_eq!((&stale["since"], &stale["at"]), (&item["since"], &item["problems"][0]["at"]));
    let footer =
        format!("gb.yaml is served from last good since {}, because ", item["since"].as_str().unwrap());
    let table = site.run(&["query", "seed.yaml"]).exits(0);
    table.shows(&footer);
    table.shows(&format!(" at {}", stale["at"].as_str().unwrap()));
}
