//! The demo's folder, the commands run in it, and the hosts that run beside them.

use std::{
    fs::{self, DirBuilder, File},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use crate::{
    project::{Failed, Project},
    say,
};

/// How long a host may take to see a change. Far more than it needs: the machine may be busy.
const DEADLINE: Duration = Duration::from_secs(120);

/// How often it is asked meanwhile.
const INTERVAL: Duration = Duration::from_millis(20);

/// A folder of our own and the hosts in it; both are gone when it is dropped.
#[derive(Debug)]
pub(super) struct Workplace {
    folder: PathBuf,
    path: std::ffi::OsString,
    hosts: Vec<(&'static str, Child)>,
}

/// What a command put out.
#[derive(Debug)]
pub(super) struct Shown(String);

impl Shown {
    pub(super) fn must_show(&self, text: &str) -> Result<(), Failed> {
        match self.0.contains(text) {
            true => Ok(()),
            false => Err(Failed(format!("the demo expected `{text}` in what is shown above"))),
        }
    }
}

impl Workplace {
    pub(super) fn new(project: &Project) -> Result<Self, Failed> {
        let folder = std::env::temp_dir().join(format!("landfall-demo-{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&folder).map_err(Failed::io("create", &folder))?;
        let place = Self { folder, path: search_path(project)?, hosts: Vec::new() };
        Ok(place)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a command in the folder, as it is shown.
    pub(super) fn shell(&self, text: &str) -> Result<Shown, Failed> {
        say::command(text);
        let output = self.quietly(text)?;
        say::raw(&output.stdout);
        say::raw(&output.stderr);
        match output.status.success() {
            true => Ok(Shown(String::from_utf8_lossy(&output.stdout).into_owned())),
            false => Err(Failed(format!("`{text}` failed: {}", output.status))),
        }
    }

    fn quietly(&self, text: &str) -> Result<Output, Failed> {
        let mut command = self.command("sh");
        command.args(["-c", text]);
        command.output().map_err(|error| Failed(format!("cannot run `{text}`: {error}")))
    }

    /// The program is found by its name; what it keeps stays in the folder.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.folder)
            .env("PATH", &self.path)
            .env_remove("LANDFALL_HOST")
            .env_remove("LANDFALL_LOG")
            .stdin(Stdio::null());
        command
    }

    /// Starts a host on the rules of that name; returns when everything is live.
    pub(super) fn serve(&mut self, name: &'static str) -> Result<(), Failed> {
        let arguments =
            format!("serve --rules {name} --plugins plugins --state {name}.state --listen unix:{name}.sock");
        say::command(&format!("landfall {arguments} 2>{name}.log &"));
        let log = self.folder.join(format!("{name}.log"));
        let child = self
            .command("landfall")
            .args(arguments.split(' '))
            .stdout(Stdio::null())
            .stderr(File::create(&log).map_err(Failed::io("create", &log))?)
            .spawn()
            .map_err(|error| Failed(format!("cannot start the host: {error}")))?;
        self.hosts.push((name, child));
        self.wait_for_generation(name, 1)
    }

    /// Waits until a host serves a generation with everything live in it.
    pub(super) fn wait_for_generation(&mut self, name: &str, number: u64) -> Result<(), Failed> {
        let started = Instant::now();
        // Exits with 0 where everything is live.
        let ask = format!("landfall status --host unix:{name}.sock --format json");
        let wanted = format!("\"number\":{number},");
        while started.elapsed() < DEADLINE {
            self.must_run(name)?;
            let output = self.quietly(&ask)?;
            let status: String = String::from_utf8_lossy(&output.stdout).split_whitespace().collect();
            if output.status.success() && status.contains(&wanted) {
                let seconds = started.elapsed().as_secs_f32();
                say::plain(&format!("({name}: generation {number} is served, after {seconds:.1} s)\n"));
                return Ok(());
            }
            std::thread::sleep(INTERVAL);
        }
        Err(Failed(format!("{name}: no generation {number} within {DEADLINE:?}\n{}", self.log(name))))
    }

    fn must_run(&mut self, name: &str) -> Result<(), Failed> {
        for (host, child) in &mut self.hosts {
            if *host == name && child.try_wait().is_ok_and(|status| status.is_some()) {
                let log = self.folder.join(format!("{name}.log"));
                let said = fs::read_to_string(&log).unwrap_or_default();
                return Err(Failed(format!("{name}: the host has ended\n{said}")));
            }
        }
        Ok(())
    }

    fn log(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(format!("{name}.log"))).unwrap_or_default()
    }

    /// Tells every host to stop, and sees that it leaves no socket.
    pub(super) fn stop(&mut self) -> Result<(), Failed> {
        for (name, mut child) in std::mem::take(&mut self.hosts) {
            let told = self.shell(&format!("kill {}", child.id()));
            let ended = told.and_then(|_| wait(&mut child));
            let _ = child.kill();
            ended?;
            if self.folder.join(format!("{name}.sock")).exists() {
                return Err(Failed(format!("{name}: the host left its socket")));
            }
            say::plain(&format!("({name}: stopped, its socket is gone)\n"));
        }
        Ok(())
    }
}

fn wait(child: &mut Child) -> Result<(), Failed> {
    let started = Instant::now();
    while started.elapsed() < DEADLINE {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(Failed(format!("the host ended with {status}"))),
            Ok(None) => std::thread::sleep(INTERVAL),
            Err(error) => return Err(Failed(format!("cannot wait for the host: {error}"))),
        }
    }
    Err(Failed::new("the host does not stop"))
}

/// Ours before all others.
fn search_path(project: &Project) -> Result<std::ffi::OsString, Failed> {
    let ours = project.landfall().parent().map(Path::to_owned).into_iter();
    let others = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(ours.chain(std::env::split_paths(&others))).map_err(Failed::new)
}

impl Drop for Workplace {
    fn drop(&mut self) {
        for (_, child) in &mut self.hosts {
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            say::problem(&format!("cannot remove {}: {error}", self.folder.display()));
        }
    }
}
