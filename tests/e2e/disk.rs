//! A state folder whose disk is full, or cannot be written: answers go on, and `status` says what is not kept.
//!
//! The folder is a small file system of its own in a mount namespace of its own, which root may make, and whoever may
//! make user namespaces. Where neither is allowed the tests say so and have shown nothing.

use std::{
    fs::File,
    io::Write as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{answer::Answer, site::Site};

const GB_C: &str = "market-selection: {fixed-cost: {amount: 700000 CNY}}";
const GB_C_71: &str = "market-selection: {fixed-cost: {amount: 710000 CNY}}";
const GB_C_72: &str = "market-selection: {fixed-cost: {amount: 720000 CNY}}";

const DEADLINE: Duration = Duration::from_secs(60);
const INTERVAL: Duration = Duration::from_millis(25);

/// Reads commands, and ends its host when there are no more. `serve` starts one, with what it is told besides.
const SHELL: &str = r#"
    mount -t tmpfs -o size=1m,mode=700 none state || exit 77
    echo mounted > log
    serve() { "$0" serve --rules rules --plugins plugins --state state 2>>log & pid=$!; }
    ended() { kill -9 "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; }
    trap ended EXIT
    while read -r line; do eval "$line"; echo "did $line" >> log; done
"#;

/// A site whose state folder is a disk of one megabyte, and the shell that can see it.
struct Small<'a> {
    site: &'a Site,
    shell: Child,
    done: usize,
}

impl<'a> Small<'a> {
    /// None where the system does not let us.
    fn new(site: &'a Site) -> Option<Self> {
        std::fs::create_dir(site.path("state")).unwrap();
        let ways: [&[&str]; 2] = [&["--mount"], &["--map-root-user", "--mount"]];
        let small = ways.iter().find_map(|way| Self::by(site, way));
        if small.is_none() {
            skipped();
        }
        small
    }

    fn by(site: &'a Site, way: &[&str]) -> Option<Self> {
        let program = site.command(&[]);
        let mut command = Command::new("unshare");
        command.args(way).args(["--", "sh", "-c", SHELL]).arg(program.get_program());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(site.path("")).stdin(Stdio::piped()).stdout(Stdio::null());
        command.stderr(File::create(site.path("shell.log")).unwrap());
        let shell = command.spawn().ok()?;
        let mut small = Self { site, shell, done: 0 };
        let is_mounted = small.wait(|small| {
            let ended = small.shell.try_wait().unwrap().is_some();
            (ended || small.log().starts_with("mounted")).then_some(!ended)
        });
        is_mounted.then_some(small)
    }

    /// Has the shell do this, and waits until it has.
    #[track_caller]
    fn does(&mut self, line: &str) {
        writeln!(self.shell.stdin.as_ref().unwrap(), "{line}").unwrap();
        self.done += 1;
        self.wait(|small| (small.log().matches("\ndid ").count() >= small.done).then_some(()));
    }

    /// Starts a host, and waits for its first generation.
    #[track_caller]
    fn serves(&mut self) {
        self.does("serve");
        self.waits_for("a generation is served", |status| status["number"] != 0);
    }

    #[track_caller]
    fn waits_for(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let begun = Instant::now();
        while begun.elapsed() < DEADLINE {
            let ran = self.site.run(&["status", "--format", "json"]);
            if matches!(ran.code, Some(0 | 6)) {
                last = ran.json();
                if wanted(&last) {
                    return last;
                }
            }
            std::thread::sleep(INTERVAL);
        }
        panic!("waited in vain until {what}; the last status:\n{last:#}\n{}", self.log())
    }

    #[track_caller]
    fn wait<T>(&mut self, mut done: impl FnMut(&mut Self) -> Option<T>) -> T {
        let begun = Instant::now();
        while begun.elapsed() < DEADLINE {
            if let Some(done) = done(self) {
                return done;
            }
            std::thread::sleep(INTERVAL);
        }
        panic!("waited in vain\n{}", self.log())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.site.path("log")).unwrap_or_default()
    }

    #[track_caller]
    fn query(&self) -> Answer {
        Answer::of(self.site.run(&["query", "seed.yaml", "--format", "json"]))
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        // At the end of what it reads it ends its host, and itself.
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

#[expect(clippy::print_stderr, reason = "a test that has shown nothing must not look like one that has")]
fn skipped() {
    eprintln!("SKIPPED: this system lets us make no mount namespace, so nothing was shown of small disks");
}

fn keeps_everything(status: &Value) -> bool {
    status["not_kept"].as_array().unwrap().is_empty()
}

#[test]
fn a_full_disk_stops_no_answer_and_no_reload() {
    let site = Site::seed();
    let Some(mut small) = Small::new(&site) else { return };
    small.serves();
    small.query().comes_to("34000000.0000");
    small.does("cat /dev/zero > state/filler 2>>log || true");

    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    let status = small.waits_for("something is not kept", |status| !keeps_everything(status));
    let not_kept = &status["not_kept"][0];
    assert_eq!(not_kept["what"], "history");
    assert!(not_kept["why"].as_str().unwrap().contains("full"), "{not_kept}");
    small.waits_for("the new generation is served", |status| status["number"] == 2);
    small.query().comes_to("34050000.0000");
    site.run(&["status"]).shows("full");

    // With room again it is kept, without anybody's help, and outlives the process.
    small.does("rm state/filler");
    small.waits_for("everything is kept again", keeps_everything);
    small.does("ended");
    site.put("rules/gb.yaml", "schema: [");
    small.serves();
    assert_eq!(small.query().number(), 2);
    small.query().comes_to("34050000.0000");
}

#[test]
fn a_kill_on_a_full_disk_leaves_what_was_kept_before() {
    let site = Site::seed();
    let Some(mut small) = Small::new(&site) else { return };
    small.serves();
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    small.waits_for("the second generation is served", |status| status["number"] == 2);
    small.does("cat /dev/zero > state/filler 2>>log || true");
    site.edit("rules/gb.yaml", GB_C_71, GB_C_72);
    small.waits_for("the third generation is served", |status| status["number"] == 3);
    small.does("ended");
    // What was never kept is known by its file alone; with that gone, the last that was kept is whole.
    site.put("rules/gb.yaml", "schema: [");
    small.serves();
    small.query().comes_to("34050000.0000");
    small.does("rm state/filler");
    small.waits_for("everything is kept again", keeps_everything);
}

#[test]
fn a_state_folder_that_cannot_be_written_stops_no_answer() {
    let site = Site::seed();
    let Some(mut small) = Small::new(&site) else { return };
    small.serves();
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    small.waits_for("the second generation is served", |status| status["number"] == 2);
    small.does("ended");
    small.does("mount -o remount,ro state");
    site.put("rules/br.yaml", "schema: [");

    small.serves();
    small.query().comes_to("34050000.0000");
    site.edit("rules/gb.yaml", GB_C_71, GB_C_72);
    let status = small.waits_for("something is not kept", |status| !keeps_everything(status));
    assert_eq!(status["not_kept"][0]["what"], "history", "{status:#}");
    small.waits_for("the new generation is served", |status| status["number"] == 3);
    small.query().comes_to("34100000.0000");
}
