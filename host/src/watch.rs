//! Watches the two folders and reloads when they settle. The only module that names notify.
//!
//! Any event marks the folders dirty and nothing else of it is used; they settle after 100 ms of quiet, at
//! the latest 2 s after the first event, and then everything is read again by content. One thread does
//! all reloading, so reloads never overlap and queries never wait for one.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::{
    diagnostic::Diagnostic,
    reload::{Command, Folders, Published, Reloader, read_folders},
};

/// How long nothing must happen before a change is taken in. Editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(100);
/// How long a change waits at the most, however busy the folder.
const LATEST: Duration = Duration::from_secs(2);
/// How often folders are read without an event: some file systems send none, and nothing tells that a folder
/// that was gone is there again.
const RESCAN: Duration = Duration::from_secs(10);

/// Why the folders cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {path}: {why}")]
pub struct WatchError {
    path: String,
    why: String,
}

/// What wakes the reloading thread.
#[derive(Debug)]
enum Signal {
    /// Something in a folder may have changed.
    Dirty,
    /// A plugin was compiled or refused.
    Loaded,
    /// Somebody waits for what is on disk now to be served or refused.
    Wait(Sender<Arc<Published>>),
    /// Somebody wants something done to what is served.
    Do(Command, Sender<Result<Arc<Published>, Diagnostic>>),
    /// The host ends.
    Stop,
}

/// Tells the reloading thread that there is something to do.
#[derive(Debug, Clone)]
pub struct Waker(Sender<Signal>);

impl Waker {
    /// A plugin was compiled or refused.
    pub fn loaded(&self) {
        // Nobody listens any more when the host ends.
        let _ = self.0.send(Signal::Loaded);
    }
}

/// A channel to a reloading thread that does not run yet, for whoever must wake it.
#[derive(Debug)]
pub struct Pending {
    signals: Sender<Signal>,
    receiver: Receiver<Signal>,
}

impl Default for Pending {
    fn default() -> Self {
        let (signals, receiver) = mpsc::channel();
        Self { signals, receiver }
    }
}

/// Called with what a reload published.
pub type Told = Box<dyn Fn(&Arc<Published>) + Send>;

/// What is watched beside the two folders, and who hears of it. By default nothing and nobody.
pub struct Beside {
    /// Files that somebody else reads: when one changes, the folders are read and `told` is called.
    pub files: Vec<PathBuf>,
    /// Called after every reload, on the reloading thread, whether anything changed or not.
    pub told: Told,
}

impl Default for Beside {
    fn default() -> Self {
        Self { files: Vec::new(), told: Box::new(|_| ()) }
    }
}

impl std::fmt::Debug for Beside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Beside").field("files", &self.files).finish_non_exhaustive()
    }
}

/// Watches and reloads until it is dropped.
#[derive(Debug)]
pub struct Watch {
    signals: Sender<Signal>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Pending {
    /// What wakes the thread once it runs.
    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker(self.signals.clone())
    }

    /// Begins to watch, and reloads at once.
    ///
    /// # Errors
    /// [`WatchError`]: a folder is missing, or the system cannot watch it.
    pub fn start(self, folders: Folders, beside: Beside, reloader: Reloader) -> Result<Watch, WatchError> {
        let Self { signals, receiver } = self;
        let dirty = signals.clone();
        let watcher = notify::recommended_watcher(move |event: Result<notify::Event, notify::Error>| {
            // Reading a file is an event too; our own reads must not wake us.
            if event.map_or(true, |event| !event.kind.is_access()) {
                let _ = dirty.send(Signal::Dirty);
            }
        })
        .map_err(|error| failed(&folders.rules, &error))?;
        let Beside { files, told } = beside;
        let mut armed = Armed::new(watcher, &folders, &files);
        armed.arm()?;
        let rules = folders.rules.clone();
        let thread = thread::Builder::new()
            .name("reload".to_owned())
            .spawn(move || reload_until_stopped(&receiver, &folders, &mut armed, reloader, &*told))
            .map_err(|error| failed(&rules, &error))?;
        let _ = signals.send(Signal::Dirty);
        Ok(Watch { signals, thread: Some(thread) })
    }
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> WatchError {
    WatchError { path: path.display().to_string(), why: error.to_string() }
}

/// The watches. The system watches a folder and not its path, so one that was put in its place, or that a
/// link leads to now, must be watched anew.
struct Armed {
    watcher: RecommendedWatcher,
    folders: Vec<(PathBuf, Option<Identity>)>,
}

/// Which folder a path leads to. A number of a deleted one may be given again at once, but not its birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    born: Option<SystemTime>,
}

impl Identity {
    fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self { device: found.dev(), inode: found.ino(), born: found.created().ok() })
    }
}

impl Armed {
    fn new(watcher: RecommendedWatcher, folders: &Folders, files: &[PathBuf]) -> Self {
        let mut paths = vec![folders.rules.clone(), folders.plugins.clone()];
        for file in files {
            // A file that is renamed into place is another one: what is watched is where it lies.
            let folder = match file.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            if !paths.iter().any(|path| path == folder) {
                paths.push(folder.to_owned());
            }
        }
        Self { watcher, folders: paths.into_iter().map(|path| (path, None)).collect() }
    }

    /// Watches what the paths lead to now. To be called before they are read, so that nothing is missed.
    fn arm(&mut self) -> Result<(), WatchError> {
        let mut result = Ok(());
        for (path, watched) in &mut self.folders {
            let found = Identity::of(path);
            if found.is_some() && found == *watched {
                continue;
            }
            // Where it was deleted nothing is left to stop watching.
            let _ = self.watcher.unwatch(path);
            *watched = None;
            match self.watcher.watch(path, RecursiveMode::NonRecursive) {
                Ok(()) => *watched = found,
                Err(error) => result = Err(failed(path, &error)),
            }
        }
        result
    }
}

impl Watch {
    /// Returns when what is on disk at the call is served or refused; none if the host is ending.
    #[must_use]
    pub fn reload(&self) -> Option<Arc<Published>> {
        let (done, wait) = mpsc::channel();
        self.signals.send(Signal::Wait(done)).ok()?;
        wait.recv().ok()
    }

    /// Does what somebody asks; none if the host is ending.
    ///
    /// # Errors
    /// Why it cannot be done.
    #[must_use]
    pub fn command(&self, command: Command) -> Option<Result<Arc<Published>, Diagnostic>> {
        let (done, wait) = mpsc::channel();
        self.signals.send(Signal::Do(command, done)).ok()?;
        wait.recv().ok()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.signals.send(Signal::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn reload_until_stopped(
    signals: &Receiver<Signal>,
    folders: &Folders,
    armed: &mut Armed,
    mut reloader: Reloader,
    told: &dyn Fn(&Arc<Published>),
) {
    let mut waiting = Vec::new();
    let mut lost = None;
    while let Some(cause) = settle(signals, &mut waiting) {
        let unwatched = armed.arm().err().map(|error| error.to_string());
        if unwatched != lost {
            match &unwatched {
                Some(why) => tracing::warn!(why, "changes are seen late: folders are only read now and then"),
                None => tracing::info!("all folders are watched again"),
            }
            lost = unwatched;
        }
        if !matches!(cause, Cause::Loaded) {
            reloader.retry();
        }
        let disk = read_folders(folders);
        let published = match cause {
            Cause::Disk | Cause::Loaded => reloader.reload(&disk),
            Cause::Asked(command, done) => {
                let result = reloader.command(&command, &disk);
                let published = result.clone().unwrap_or_else(|_| reloader.current().load_full());
                let _ = done.send(result);
                published
            }
        };
        told(&published);
        // Whoever waits, waits for compilations too: only then is everything served or refused.
        if !published.is_waiting() {
            for done in waiting.drain(..) {
                let _ = Sender::send(&done, Arc::clone(&published));
            }
        }
    }
}

/// Why to reload.
#[derive(Debug)]
enum Cause {
    /// Something on disk changed, or may have, or somebody asks.
    Disk,
    /// Nothing but a plugin that was compiled or refused.
    Loaded,
    /// Somebody wants something done.
    Asked(Command, Sender<Result<Arc<Published>, Diagnostic>>),
}

/// Waits for a reason to reload, and then for quiet; none when the host ends.
fn settle(signals: &Receiver<Signal>, waiting: &mut Vec<Sender<Arc<Published>>>) -> Option<Cause> {
    let mut next = signals.recv_timeout(RESCAN);
    let mut deadline = None;
    loop {
        match next {
            Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => return Some(Cause::Disk),
            // What is on disk now is what is asked about: no need for quiet.
            Ok(Signal::Wait(done)) => {
                waiting.push(done);
                return Some(Cause::Disk);
            }
            Ok(Signal::Do(command, done)) => return Some(Cause::Asked(command, done)),
            Ok(Signal::Loaded) if deadline.is_none() => return Some(Cause::Loaded),
            Ok(Signal::Loaded | Signal::Dirty) => {}
        }
        let now = Instant::now();
        let latest = *deadline.get_or_insert(now + LATEST);
        if now >= latest {
            return Some(Cause::Disk);
        }
        next = signals.recv_timeout(QUIET.min(latest - now));
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use tempfile::TempDir;

    use super::*;
    use crate::{
        plugin::{Compiler, Engine, Limits},
        reload::{Current, Loader},
    };

    const DE: &str =
        "schema: landfall/jurisdiction@1\nid: de\nkind: country\ntitle: Germany\ncurrency: EUR\n";

    /// Watches a folder with Germany and one with these plugins, all of which fail to compile for a reason
    /// that may pass: there is no compiler.
    fn watching(plugins: &[&str]) -> (TempDir, PathBuf, Watch, Current) {
        let all = tempfile::tempdir().unwrap();
        let folders = Folders { rules: all.path().join("rules"), plugins: all.path().join("plugins") };
        fs::create_dir(&folders.rules).unwrap();
        fs::create_dir(&folders.plugins).unwrap();
        fs::write(folders.rules.join("de.yaml"), DE).unwrap();
        for name in plugins {
            fs::write(folders.plugins.join(name), name).unwrap();
        }
        let engine = Arc::new(Engine::new(Limits { calls_at_once: 2, ..Limits::default() }).unwrap());
        let compiler = Compiler::new(all.path().join("no-compiler"), &all.path().join("cache")).unwrap();
        let pending = Pending::default();
        let waker = pending.waker();
        let loader = Loader::background(Arc::clone(&engine), compiler, move || waker.loaded()).unwrap();
        let reloader = Reloader::new(engine, Box::new(loader));
        let current = reloader.current();
        let rules = folders.rules.clone();
        (all, rules, pending.start(folders, Beside::default(), reloader).unwrap(), current)
    }

    /// What is served when everything on disk is served or refused, if that comes to be.
    fn reload(watch: &Arc<Watch>) -> Option<Arc<Published>> {
        let (done, wait) = mpsc::channel();
        let watch = Arc::clone(watch);
        thread::spawn(move || done.send(watch.reload()));
        wait.recv_timeout(Duration::from_secs(20)).ok().flatten()
    }

    #[test]
    fn refusals_that_may_pass_do_not_keep_each_other_alive() {
        let (_all, _, watch, _) = watching(&["a.wasm", "b.wasm"]);
        let published = reload(&Arc::new(watch)).unwrap();
        assert!(published.generation.is_some());
    }

    #[test]
    fn a_folder_that_is_replaced_is_watched_again() {
        let (all, rules, watch, current) = watching(&[]);
        let watch = Arc::new(watch);
        reload(&watch).unwrap();
        fs::rename(&rules, all.path().join("old")).unwrap();
        fs::create_dir(&rules).unwrap();
        fs::write(rules.join("de.yaml"), DE).unwrap();
        reload(&watch).unwrap();
        fs::write(rules.join("de.yaml"), DE.replace("Germany", "Deutschland")).unwrap();
        // Sooner than folders are read without an event.
        let latest = Instant::now() + RESCAN / 2;
        while current.load().generation.as_ref().unwrap().number < 2 {
            assert!(Instant::now() < latest, "the change was not seen");
            thread::sleep(Duration::from_millis(20));
        }
    }
}
