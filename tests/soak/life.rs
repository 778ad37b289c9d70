//! One life of a host, from its start to its end, and what the system says of it meanwhile.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::ask;

/// How long a start, an end or anything else of that kind may take: the machine may be busy.
const DEADLINE: Duration = Duration::from_secs(90);
const INTERVAL: Duration = Duration::from_millis(10);

/// The folder that is the whole world of the host.
#[derive(Debug)]
pub(crate) struct World {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("landfall-soak-").tempdir().unwrap();
        for name in ["rules", "plugins", "home", "run"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder, program: built("debug/landfall") }
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Where the host listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.path("run/landfall/default.sock")
    }

    /// The program with nothing of our environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .stdin(Stdio::null());
        command
    }

    /// Bytes in the state folder, and files.
    pub(crate) fn state(&self) -> (u64, usize) {
        let (mut bytes, mut files) = (0, 0);
        let mut folders = vec![self.path("state")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                // What goes away meanwhile is not there.
                let Ok(found) = entry.metadata() else { continue };
                match found.is_dir() {
                    true => folders.push(entry.path()),
                    false => (bytes, files) = (bytes + found.len(), files + 1),
                }
            }
        }
        (bytes, files)
    }
}

/// A file that `cargo xtask test` has built: cargo has put this test at TARGET/debug/deps/soak-….
pub(crate) fn built(path: &str) -> PathBuf {
    let path = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join(path);
    assert!(path.exists(), "{} is not built: run `cargo xtask test`", path.display());
    path
}

/// A running host; it ends with this.
#[derive(Debug)]
pub(crate) struct Life {
    child: Child,
}

impl Life {
    /// Starts one, and returns when it is ready.
    pub(crate) fn start(world: &World) -> Result<Self, String> {
        let log = File::options().create(true).append(true).open(world.path("log")).unwrap();
        let serve = ["serve", "--rules", "rules", "--plugins", "plugins", "--state", "state"];
        let child = world.command(&serve).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut life = Self { child };
        life.until("it is ready", || {
            ask::get(&world.socket(), "/readyz").is_ok_and(|response| response.status == 200)
        })?;
        Ok(life)
    }

    /// Waits, as long as it lives.
    pub(crate) fn until(&mut self, what: &str, mut holds: impl FnMut() -> bool) -> Result<(), String> {
        let started = Instant::now();
        while started.elapsed() < DEADLINE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Err(format!("the host ended by itself ({status}) while waiting until {what}"));
            }
            if holds() {
                return Ok(());
            }
            std::thread::sleep(INTERVAL);
        }
        Err(format!("waited in vain until {what}"))
    }

    /// Ended by itself?
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Sends a signal, waits for the end, and sees that no child outlives it.
    pub(crate) fn end(mut self, signal: Signal) -> Result<ExitStatus, String> {
        let children = self.children();
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let status = wait_until(&format!("it ends after {signal:?}"), || self.child.try_wait().unwrap())?;
        wait_until("what it compiled ends with it", || {
            children.iter().all(|child| !is_child_of_ours(*child)).then_some(())
        })?;
        Ok(status)
    }

    /// The processes it has started and not yet buried.
    pub(crate) fn children(&self) -> Vec<u32> {
        let mut children = Vec::new();
        for task in fs::read_dir(self.proc("task")).into_iter().flatten().flatten() {
            let named = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            children.extend(named.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
        }
        children
    }

    /// Those that are dead and unburied.
    pub(crate) fn zombies(&self) -> usize {
        self.children().iter().filter(|child| state_of(**child).as_deref() == Some("Z")).count()
    }

    /// Open descriptors, by what they lead to.
    pub(crate) fn descriptors(&self) -> Vec<String> {
        let open = fs::read_dir(self.proc("fd")).unwrap();
        // What is closed meanwhile leads nowhere.
        let mut leads: Vec<String> = open
            .filter_map(|entry| fs::read_link(entry.ok()?.path()).ok())
            .map(|path| path.display().to_string())
            .collect();
        leads.sort();
        leads
    }

    /// Resident memory, in KiB.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(self.proc("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    fn proc(&self, what: &str) -> PathBuf {
        Path::new("/proc").join(self.child.id().to_string()).join(what)
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The letter that the system has for what a process does.
fn state_of(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').next().map(str::to_owned)
}

/// Whether a process still runs our program; a number may have gone to another.
fn is_child_of_ours(pid: u32) -> bool {
    let is_ours = |name: io::Result<String>| name.is_ok_and(|name| name.trim() == "landfall");
    is_ours(fs::read_to_string(format!("/proc/{pid}/comm"))) && state_of(pid).as_deref() != Some("Z")
}

fn wait_until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> Result<T, String> {
    let started = Instant::now();
    while started.elapsed() < DEADLINE {
        if let Some(done) = done() {
            return Ok(done);
        }
        std::thread::sleep(INTERVAL);
    }
    Err(format!("waited in vain until {what}"))
}
