//! The loop of an author of a plugin: save, and see what its compiler says or what it changes in money.
//!
//! With a real plugin in Rust, built by cargo. A build that takes long is one whose build script waits for a file to go.

use std::{
    fs::{self, File},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    kit_build::with_cargo,
    site::{ROOT, Site},
};

/// How long anything may take; a first build has a compiler at work, and others beside it.
const BOUND: Duration = Duration::from_secs(300);

const MANIFEST: &str = r#"[package]
name = "support"
version = "1.0.0"
edition = "2024"
description = "Support, by users"

[lib]
crate-type = ["cdylib", "rlib"]

[dependencies]
landfall-plugin = { path = "SDK" }

[profile.release]
panic = "abort"

[workspace]
"#;

const SOURCE: &str = r#"use landfall_plugin::{
    About, Amount, Case, Cost, Count, Failure, Line, NoSettings, Plugin, Spread, about, export, needs,
};

needs! {
    pub struct Facts {
        pub users: Count = "market.users",
    }
}

#[derive(Debug)]
pub struct Support;

impl Plugin for Support {
    const ABOUT: About = about!(Output; separable);
    type Facts = Facts;
    type Params = ();
    type Demands = ();
    type Choices = ();
    type Knows = ();
    type Settings = NoSettings;

    fn estimate(case: Case<Self>) -> Result<Vec<Line>, Failure> {
        let users = case.facts.users;
        let cost = Cost::count(users, "user", Spread::certain(Amount::units(2)))?;
        Ok(vec![Line::yearly("support", cost).used(&[&users])])
    }
}
export!(Support);
"#;

/// Waits while there is a file `held` beside it, and leaves a line and its process's number.
const BUILD_SCRIPT: &str = r#"use std::{fs, io::Write, path::Path, thread, time::Duration};

fn main() {
    // There is another build, to look for what no plugin has.
    if std::env::var("PROFILE").unwrap() != "release" {
        return;
    }
    let mut runs = fs::OpenOptions::new().create(true).append(true).open("target/runs").unwrap();
    writeln!(runs, "{}", std::process::id()).unwrap();
    while Path::new("../held").exists() {
        thread::sleep(Duration::from_millis(10));
    }
}
"#;

/// The book of the cases, and the folder of a plugin that nothing binds yet.
fn site() -> Site {
    let site = with_cargo(Site::book());
    fs::create_dir_all(site.path("support/src")).unwrap();
    let sdk = ROOT.join("sdk/rust").display().to_string();
    site.put("support/Cargo.toml", MANIFEST.replace("SDK", &sdk));
    site.put("support/src/lib.rs", SOURCE);
    site
}

fn bind(site: &Site) {
    site.edit("rules/global.yaml", "  output: {none: \"served from home\", by: tests}\n", "");
    let bound = "data-adaptation: {fixed-cost: {amount: 5_000 BRL}}";
    site.edit("rules/br.yaml", bound, &format!("{bound}\n  output: {{support: {{}}}}"));
}

fn price(site: &Site, from: u32, to: u32) {
    site.edit("support/src/lib.rs", &format!("::units({from})"), &format!("::units({to})"));
}

/// A running `dev`, ended whatever happens.
struct Dev<'a> {
    site: &'a Site,
    child: Child,
    seen: usize,
}

impl<'a> Dev<'a> {
    fn start(site: &'a Site, more: &[&str]) -> Self {
        let common = ["dev", "--rules", "rules", "--strategy", "strategy.yaml", "--format", "json"];
        let child = site
            .command(&[&common[..], &["--plugin", "support"], more].concat())
            .stdout(File::create(site.path("events")).unwrap())
            .stderr(File::create(site.path("said")).unwrap())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { site, child, seen: 0 }
    }

    /// Waits for what is there when it is.
    #[track_caller]
    fn wait<T>(&mut self, what: &str, mut ready: impl FnMut(&Site) -> Option<T>) -> T {
        let started = Instant::now();
        while started.elapsed() < BOUND {
            if let Some(found) = ready(self.site) {
                return found;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("dev ended ({status}): {}", self.site.text("said"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("waited in vain for {what}:\n{}\n{}", self.site.text("events"), self.site.text("said"))
    }

    /// The next event, which must be of this kind.
    #[track_caller]
    fn next(&mut self, kind: &str) -> Value {
        let seen = self.seen;
        let event: Value = self.wait(kind, |site| {
            let text = site.text("events");
            // A line is an event when it has ended.
            let line = text.split_inclusive('\n').filter(|line| line.ends_with('\n')).nth(seen)?;
            Some(serde_json::from_str(line).unwrap())
        });
        self.seen += 1;
        assert_eq!(event["event"], kind, "{event:#}");
        event
    }

    /// Runs of the build script.
    fn runs(&self) -> Vec<String> {
        let text = fs::read_to_string(self.site.path("support/target/runs")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Dev<'_> {
    fn drop(&mut self) {
        // So that it ends what it has started.
        let _ = kill_process(Pid::from_child(&self.child), Signal::INT);
        let started = Instant::now();
        while started.elapsed() < Duration::from_secs(20) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a save made of the money in the output stage of Brazil: so many thousand BRL at 6.0692.
#[track_caller]
fn output(diff: &Value) -> (&Value, &Value) {
    let lines = diff["diff"]["markets"][0]["lines"].as_array().unwrap();
    let line = lines.iter().find(|line| line["plugin"] == "support").unwrap_or_else(|| panic!("{diff:#}"));
    (&line["weighted"]["before"]["likely"], &line["weighted"]["after"]["likely"])
}

#[test]
fn a_save_of_a_plugins_source_shows_what_it_changes_and_a_broken_one_what_its_compiler_says() {
    let site = site();
    // Another of the same name, which the one that is built stands in the place of.
    site.put("plugins/support.wasm", "no plugin at all");
    let mut dev = Dev::start(&site, &["--plugins", "plugins"]);
    let built = dev.next("built");
    assert_eq!((&built["id"], &built["version"]), (&"support".into(), &"1.0.0".into()));
    // Nothing binds it: that is said, with what to write in which file.
    let problems = dev.next("problems");
    let problems = problems["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0]["message"], "no rule file binds the plugin `support`: it costs nothing");
    let help = problems[0]["help"].as_str().unwrap();
    assert!(help.starts_with("write `output: {support: {}}` under `stages:` of rules/br.yaml"), "{help}");
    dev.next("answer");
    bind(&site);
    assert_eq!(dev.next("problems")["problems"], Value::Array(vec![]));
    let (before, after) = {
        let diff = dev.next("diff");
        let (before, after) = output(&diff);
        (before.clone(), after.clone())
    };
    assert_eq!((before, after), (Value::Null, "329.5327".into()));

    price(&site, 2, 3);
    let again = dev.next("built");
    assert_ne!(again["digest"], built["digest"]);
    assert_eq!(output(&dev.next("diff")), (&"329.5327".into(), &"494.2991".into()));

    // What does not compile is said in the compiler's own words, and what was built last answers on.
    site.edit("support/src/lib.rs", "let users = case.facts.users;", "let users = case.facts.user;");
    let failed = dev.next("build_failed");
    assert_eq!((&failed["folder"], &failed["stays"]), (&"support".into(), &true.into()));
    let words = failed["words"].as_str().unwrap();
    assert!(words.contains("no field `user` on type `Facts`"), "{words}");
    assert!(words.contains("src/lib.rs:24"), "{words}");
    assert!(!words.contains('\u{1b}'), "{words}");
    site.edit("rules/br.yaml", "amount: 5_000 BRL", "amount: 6_000 BRL");
    let diff = dev.next("diff");
    let market = &diff["diff"]["markets"][0];
    assert!(market["lines"].as_array().unwrap().iter().all(|line| line["plugin"] != "support"), "{diff:#}");

    site.edit("support/src/lib.rs", "let users = case.facts.user;", "let users = case.facts.users;");
    price(&site, 3, 5);
    // Two saves may be seen as one, or as two.
    let mended = dev.next("built");
    if mended["digest"] == again["digest"] {
        dev.next("built");
    }
    assert_eq!(output(&dev.next("diff")), (&"494.2991".into(), &"823.8318".into()));
    // Nothing was written where plugins lie.
    assert_eq!(site.text("plugins/support.wasm"), "no plugin at all");
}

#[test]
fn while_a_plugin_is_built_rules_are_answered_and_the_last_of_its_saves_is_what_counts() {
    let site = site();
    bind(&site);
    site.put("support/build.rs", BUILD_SCRIPT);
    let mut dev = Dev::start(&site, &["--plugins", "plugins"]);
    dev.next("built");
    dev.next("answer");
    assert_eq!(dev.runs().len(), 1);

    site.put("held", "");
    price(&site, 2, 3);
    let runs = |site: &Site, n: usize| (site.text("support/target/runs").lines().count() == n).then_some(());
    dev.wait("the build", |site| runs(site, 2));
    for amount in 6..9 {
        site.edit(
            "rules/br.yaml",
            &format!("amount: {}_000 BRL", amount - 1),
            &format!("amount: {amount}_000 BRL"),
        );
        dev.next("diff");
        price(&site, amount - 3, amount - 2);
    }
    assert_eq!(dev.runs().len(), 2);
    site.remove("held");
    // What the compiler read of the saves is not decided, but what it has read in the end.
    let mut last = String::new();
    while last != "988.5982" {
        dev.next("built");
        last = output(&dev.next("diff")).1.as_str().unwrap().to_owned();
    }
    // However often it was saved meanwhile, one more build.
    dev.wait("one more build", |site| runs(site, 3));
    site.edit("rules/br.yaml", "amount: 8_000 BRL", "amount: 9_000 BRL");
    dev.next("diff");
    assert_eq!(dev.runs().len(), 3);

    // Whoever stops it stops the compiler too.
    site.put("held", "");
    price(&site, 6, 7);
    dev.wait("the build", |site| runs(site, 4));
    let builder = dev.runs()[3].clone();
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
    while is_running(&builder) {
        assert!(started.elapsed() < BOUND, "the build script {builder} still runs");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// One that has ended and that nobody asked about yet does not run.
fn is_running(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[test]
fn a_folder_that_is_no_plugins_is_refused_at_once() {
    let site = site();
    fs::create_dir(site.path("empty")).unwrap();
    let common = ["dev", "--rules", "rules", "--strategy", "strategy.yaml"];
    let dev = |more: &[&str]| site.run(&[&common[..], more].concat());
    let ran = dev(&["--plugin", "empty", "--plugin", "support", "--plugin", "./support"]).exits(3);
    ran.says("there is no plugin in `empty`: no Cargo.toml, pyproject.toml or package.json");
    ran.says("`./support` holds the plugin `support`, as another folder does");
    dev(&[]).exits(2).says("--plugins <DIR>");
}

#[test]
fn without_a_folder_of_plugins_the_one_that_is_built_is_all_there_is() {
    let site = site();
    bind(&site);
    let mut dev = Dev::start(&site, &[]);
    dev.next("built");
    let problems = dev.next("problems").to_string();
    assert!(problems.contains("the plugin `fixed-cost` is not loaded"), "{problems}");
    assert!(problems.contains("only `support` is known here"), "{problems}");
}
