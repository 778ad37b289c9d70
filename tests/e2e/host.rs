//! A running host: started, asked, waited for by what it says, and ended whatever happens.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    answer::{Answer, item},
    site::Site,
};

/// How long anything may take. Generous: the machine may be busy, and compiling has a minute of CPU.
const DEADLINE: Duration = Duration::from_secs(180);

/// How often what is waited for is asked about.
const INTERVAL: Duration = Duration::from_millis(25);

/// A host on the folders of a site.
#[derive(Debug)]
pub(crate) struct Host<'a> {
    site: &'a Site,
    child: Child,
    log: PathBuf,
}

impl<'a> Host<'a> {
    #[track_caller]
    pub(crate) fn start(site: &'a Site, more: &[&str]) -> Self {
        let mut host = Self::launch(site, more);
        host.wait("everything is loaded", |status| {
            let waiting = status["items"].as_array().unwrap().iter().any(|item| item["state"] == "waiting");
            !waiting && status["number"] != 0
        });
        host
    }

    /// Does not wait for it to be ready.
    pub(crate) fn launch(site: &'a Site, more: &[&str]) -> Self {
        let log = site.path("log");
        let child = site
            .command(&[&["serve", "--rules", "rules", "--plugins", "plugins"], more].concat())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { site, child, log }
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.site.path("run/landfall/default.sock")
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// What `status --format json` says; `None` while nobody answers.
    fn try_status(&self) -> Option<Value> {
        let ran = self.site.run(&["status", "--format", "json"]);
        matches!(ran.code, Some(0 | 6)).then(|| ran.json())
    }

    /// What `status --format json` says.
    #[track_caller]
    pub(crate) fn status(&self) -> Value {
        self.try_status().expect("the host does not answer")
    }

    /// The number of the generation it serves.
    #[track_caller]
    pub(crate) fn number(&self) -> u64 {
        self.status()["number"].as_u64().unwrap()
    }

    /// Asks until the status is as wanted.
    #[track_caller]
    pub(crate) fn wait(&mut self, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        let started = Instant::now();
        let mut last = None;
        while started.elapsed() < DEADLINE {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the host ended ({status}) while a test waited until {what}");
            }
            match self.try_status() {
                Some(status) if wanted(&status) => return status,
                Some(status) => last = Some(status),
                None => {}
            }
            std::thread::sleep(INTERVAL);
        }
        panic!("waited in vain until {what}; the last status:\n{last:#?}")
    }

    /// Waits for a generation.
    #[track_caller]
    pub(crate) fn wait_for_number(&mut self, number: u64) -> Value {
        self.wait(&format!("generation {number} is served"), |status| status["number"] == number)
    }

    /// Waits until a file has a state, and returns its item.
    #[track_caller]
    pub(crate) fn wait_for_state(&mut self, file: &str, state: &str) -> Value {
        let status = self.wait(&format!("{file} is {state}"), |status| {
            item(status, file).is_some_and(|item| item["state"] == state)
        });
        item(&status, file).unwrap().clone()
    }

    /// Has it read everything again, and returns the number of the generation after that.
    #[track_caller]
    pub(crate) fn reload(&self) -> u64 {
        let ran = self.site.run(&["reload", "--wait"]);
        assert!(matches!(ran.code, Some(0 | 6)), "{ran:?}");
        self.number()
    }

    /// Asks a strategy.
    #[track_caller]
    pub(crate) fn query(&self, strategy: &str) -> Answer {
        Answer::of(self.site.run(&["query", strategy, "--format", "json"]))
    }

    /// Memory it holds, in KiB.
    #[track_caller]
    pub(crate) fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Sends a signal, and waits for the end.
    #[track_caller]
    pub(crate) fn end(&mut self, signal: Signal) -> ExitStatus {
        kill_process(self.pid(), signal).unwrap();
        let started = Instant::now();
        while started.elapsed() < DEADLINE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(INTERVAL);
        }
        panic!("the host did not end after {signal:?}")
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Host<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprint_log(&lines[lines.len().saturating_sub(20)..].join("\n"));
        }
    }
}

#[expect(clippy::print_stderr, reason = "the test harness shows it with the failed test alone")]
fn eprint_log(log: &str) {
    eprintln!("--- the end of the host's log ---\n{log}\n---");
}
