//! The loop of an author: save, and see what is wrong or what it changes.

use std::{
    fs::File,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::site::Site;

/// How long a save may take to be shown. The promise is a second; the machine may be busy with other tests.
const BOUND: Duration = Duration::from_secs(20);

/// A running `dev`, ended whatever happens.
struct Dev<'a> {
    site: &'a Site,
    child: Child,
    seen: usize,
}

impl<'a> Dev<'a> {
    fn start(site: &'a Site, strategy: &str, more: &[&str]) -> Self {
        let common = ["dev", "--rules", "rules", "--plugins", "plugins", "--format", "json"];
        let child = site
            .command(&[&common[..], &["--strategy", strategy], more].concat())
            .stdout(File::create(site.path("events")).unwrap())
            .stderr(File::create(site.path("said")).unwrap())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { site, child, seen: 0 }
    }

    /// The next event, and how long it took.
    #[track_caller]
    fn next(&mut self) -> (Value, Duration) {
        let started = Instant::now();
        while started.elapsed() < BOUND {
            let text = self.site.text("events");
            // A line is an event when it has ended.
            let lines: Vec<&str> = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
            if let Some(line) = lines.get(self.seen) {
                self.seen += 1;
                return (serde_json::from_str(line).unwrap(), started.elapsed());
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("dev ended ({status}): {}", self.site.text("said"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("waited in vain; so far:\n{}\n{}", self.site.text("events"), self.site.text("said"))
    }
}

impl Drop for Dev<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn every_save_shows_what_is_wrong_or_what_it_changes() {
    let site = Site::book();
    let mut dev = Dev::start(&site, "strategy.yaml", &[]);
    let (first, _) = dev.next();
    assert_eq!((&first["event"], &first["status"]), (&"answer".into(), &"complete".into()));

    site.edit("rules/br.yaml", "fixed: 110_000 BRL", "fixed: 120_000 BRL");
    let (saved, took) = dev.next();
    assert_eq!(saved["event"], "diff");
    let line = &saved["diff"]["markets"][0]["lines"][0];
    assert_eq!((&line["obligation"], &line["cites"][0]), (&"br.dpo".into(), &"lgpd#art-41".into()));
    assert_eq!(
        (&line["causes"][0]["kind"], &line["causes"][0]["at"]),
        (&"rule".into(), &"br.yaml:31:36".into())
    );
    assert_eq!(saved["diff"]["objective"]["delta"], line["weighted"]["delta"]);
    // Quiet and reload are the host's part of it; the rest is this machine's.
    assert!(took < Duration::from_secs(5), "{took:?}");

    site.edit("rules/br.yaml", "title: Brazil", "tittle: Brazil");
    let (broken, _) = dev.next();
    assert_eq!(broken["event"], "problems");
    let problems = broken["problems"].as_array().unwrap();
    assert!(problems.iter().any(|problem| problem["at"] == "br.yaml:4:1"), "{problems:#?}");

    site.edit("rules/br.yaml", "tittle: Brazil", "title: Brazil");
    let (mended, _) = dev.next();
    assert_eq!((&mended["event"], &mended["problems"]), (&"problems".into(), &Value::Array(vec![])));

    // The strategy is watched too, though it lies elsewhere.
    site.edit("strategy.yaml", "weight: 1", "weight: 2");
    let (asked, _) = dev.next();
    assert_eq!(asked["diff"]["question"][0]["path"], "markets.br.weight");
    site.edit("strategy.yaml", "users: 1_000", "usrs: 1_000");
    let (wrong, _) = dev.next();
    assert_eq!(wrong["problems"][0]["message"], "unknown fact `market.usrs`");

    kill_process(Pid::from_child(&dev.child), Signal::INT).unwrap();
    let started = Instant::now();
    let status = loop {
        assert!(started.elapsed() < BOUND, "it did not end");
        if let Some(status) = dev.child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(status.success(), "{status}: {}", site.text("said"));
}

#[test]
fn a_loop_may_be_under_a_scenario_and_ask_otherwise() {
    let site = Site::book();
    let rule = site.text("rules/br.yaml");
    site.put(
        "rules/br.yaml",
        format!(
            "{rule}\nscenarios:\n  dearer:\n    title: An officer costs twice as much\n    set: {{obligations: {{dpo: {{options: \
             {{outsourced: {{yearly: {{fixed: 220_000 BRL}}}}}}}}}}}}\n"
        ),
    );
    let otherwise = ["--scenario", "br.dearer", "--set", "choices.dpo=outsourced"];
    let asked = ["query", "strategy.yaml", "--format", "json"];
    let expected = site.hostless(&[&asked[..], &otherwise].concat()).exits(0).json();
    let mut dev = Dev::start(&site, "strategy.yaml", &otherwise);
    let (answer, _) = dev.next();
    assert_eq!(answer["objective"], expected["answer"]["objective"]);
    let plain = site.hostless(&asked).exits(0).json();
    assert_ne!(answer["objective"], plain["answer"]["objective"]);

    site.edit("rules/br.yaml", "set: {obligations", "sett: {obligations");
    let (broken, _) = dev.next();
    assert_eq!(broken["event"], "problems");
}
