//! Watches the two folders and reloads when they settle. The only module that names notify.
//!
//! Any event marks the folders dirty and nothing else of it is used; they settle after 100 ms of quiet, at
//! the latest 2 s after the first event, and then everything is read again by content. Where no events come
//! everything is read every 10 s, and at once where a path leads to another folder than before. One thread
//! does all reloading, so reloads never overlap and queries never wait for one; however much happens while
//! it works, one signal tells it so.

use std::{
    collections::{BTreeSet, VecDeque},
    fs,
    os::unix::fs::MetadataExt as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use notify::{
    Event, EventHandler, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode},
};

use crate::{
    diagnostic::Diagnostic,
    reload::{Command, Disk, Folders, Instead, Published, Reloader, Undecided, read_all, read_changed},
};

/// How long what is awaited.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// How long nothing must happen before a change is taken in. Editors write a file in several steps.
    quiet: Duration,
    /// How long a change waits at the most, however busy the folder.
    latest: Duration,
    /// How often it is looked whether the paths still lead where they led: of a folder that is put in the
    /// place of another, or comes back, nothing tells.
    glance: Duration,
    /// How long after they have settled the folders are read once more where a file and its signature do not
    /// fit: copying the other half takes less.
    again: Duration,
    /// How often folders are read without an event: some file systems send none.
    rescan: Duration,
}

/// Only tests have another.
const PACE: Pace = Pace {
    quiet: Duration::from_millis(100),
    latest: Duration::from_secs(2),
    glance: Duration::from_secs(1),
    again: Duration::from_secs(1),
    rescan: Duration::from_secs(10),
};

/// How much the reloading thread gives way to those that answer, as `nice` counts. Chosen: a query is not slowed by
/// a reload, and a reload still gets a tenth of a core that has no time at all.
const NICENESS: i32 = 10;

/// Most signals that one reload answers together. Arbitrary: more than may wait, and an end to listening.
const TOGETHER: usize = 64;

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
    Do(Asked),
    /// The host ends.
    Stop,
}

/// What somebody wants done, and who waits for it.
#[derive(Debug)]
struct Asked {
    command: Command,
    done: Sender<Result<Arc<Published>, Diagnostic>>,
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

/// Tells the reloading thread of changes: of any number one signal, until that is heard.
#[derive(Debug, Clone)]
struct Dirty {
    signals: Sender<Signal>,
    said: Arc<AtomicBool>,
}

impl Dirty {
    fn say(&self) {
        if !self.said.swap(true, Ordering::AcqRel) {
            let _ = self.signals.send(Signal::Dirty);
        }
    }

    /// Whatever happens from now on is said again; to be called before anything is read.
    fn heard(&self) {
        self.said.store(false, Ordering::Release);
    }
}

impl EventHandler for Dirty {
    fn handle_event(&mut self, event: Result<Event, notify::Error>) {
        // Reading a file is an event too; our own reads must not wake us. What is written through a mapping
        // shows only when it is closed.
        let is_news = |kind| match kind {
            EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
            _ => true,
        };
        // That events were lost, or that there was an error, is news of everything.
        if event.map_or(true, |event| is_news(event.kind)) {
            self.say();
        }
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

/// Folders as they are found when it is asked.
pub type Found = Box<dyn Fn() -> Vec<PathBuf> + Send>;

/// What is watched beside the two folders, and who hears of it. By default nothing and nobody.
pub struct Beside {
    /// Files that somebody else reads: when one changes, the folders are read and `told` is called.
    pub files: Vec<PathBuf>,
    /// Folders that somebody else reads, each by itself, for whatever changes in them. Asked again before every
    /// reload, since folders come and go.
    pub folders: Found,
    /// Plugins that are taken in the place of those in the folder.
    pub instead: Instead,
    /// Called after every reload, on the reloading thread, whether anything changed or not.
    pub told: Told,
}

impl Default for Beside {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            folders: Box::new(Vec::new),
            instead: Instead::default(),
            told: Box::new(|_| ()),
        }
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

    /// Begins to watch, and reloads at once. Where the system gives no events, everything is read now and then.
    ///
    /// # Errors
    /// [`WatchError`]: a folder is missing, or there is no thread to be had.
    pub fn start(self, folders: Folders, beside: Beside, reloader: Reloader) -> Result<Watch, WatchError> {
        self.start_with(PACE, notify::recommended_watcher, folders, beside, reloader)
    }

    fn start_with(
        self,
        pace: Pace,
        watcher: impl FnOnce(Dirty) -> notify::Result<RecommendedWatcher>,
        folders: Folders,
        beside: Beside,
        reloader: Reloader,
    ) -> Result<Watch, WatchError> {
        let Self { signals, receiver } = self;
        let dirty = Dirty { signals: signals.clone(), said: Arc::default() };
        let Beside { files, folders: found, instead, told } = beside;
        let mut armed = Armed::new(watcher(dirty.clone()), &folders, &files);
        armed.found = found;
        armed.all_there()?;
        armed.arm(false);
        dirty.say();
        let rules = folders.rules.clone();
        let listening = Listening {
            signals: receiver,
            dirty,
            pace,
            read: Instant::now(),
            half: false,
            waiters: Vec::new(),
            asked: VecDeque::new(),
        };
        let read = (Disk::default(), Instant::now());
        let reloading = Reloading { listening, folders, read, instead, armed, reloader, told };
        let thread = thread::Builder::new()
            .name("reload".to_owned())
            .spawn(move || reloading.until_stopped())
            .map_err(|error| failed(&rules, &error))?;
        Ok(Watch { signals, thread: Some(thread) })
    }
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> WatchError {
    WatchError { path: path.display().to_string(), why: error.to_string() }
}

/// The watches. The system watches a folder and not its path, so one that was put in its place, or that a
/// link leads to now, must be watched anew.
struct Armed {
    watcher: notify::Result<RecommendedWatcher>,
    folders: Vec<Watched>,
    /// Which others there are, beside those that are always there.
    found: Found,
    /// Why not everything is watched, as it was last said.
    lost: Option<String>,
}

struct Watched {
    path: PathBuf,
    /// What the path led to when it was last looked.
    leads_to: Option<Identity>,
    /// Whether events come from there.
    armed: bool,
    /// Whether it was found, and may be gone another time.
    found: bool,
}

impl Watched {
    const fn new(path: PathBuf, found: bool) -> Self {
        Self { path, leads_to: None, armed: false, found }
    }
}

/// Which folder a path leads to. A number of a deleted one may be given again at once, but not its birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    born: Option<SystemTime>,
}

impl From<fs::Metadata> for Identity {
    fn from(found: fs::Metadata) -> Self {
        Self { device: found.dev(), inode: found.ino(), born: found.created().ok() }
    }
}

impl Identity {
    fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(Self::from)
    }
}

impl Armed {
    fn new(watcher: notify::Result<RecommendedWatcher>, folders: &Folders, files: &[PathBuf]) -> Self {
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
        let folders = paths.into_iter().map(|path| Watched::new(path, false)).collect();
        Self { watcher, folders, found: Box::new(Vec::new), lost: None }
    }

    /// Those that are there now, beside those that are always there.
    fn look_for_others(&mut self) {
        let found = (self.found)();
        self.folders.retain(|watched| !watched.found || found.contains(&watched.path));
        for path in found {
            if !self.folders.iter().any(|watched| watched.path == path) {
                self.folders.push(Watched::new(path, true));
            }
        }
    }

    /// A folder that is missing from the start is a mistake, and not one that will be back.
    fn all_there(&self) -> Result<(), WatchError> {
        self.folders.iter().try_for_each(|Watched { path, .. }| match fs::metadata(path) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(failed(path, &"it is not a folder")),
            Err(error) => Err(failed(path, &error)),
        })
    }

    /// Whether a path leads elsewhere than when it was last watched.
    fn moved(&self) -> bool {
        self.folders.iter().any(|watched| Identity::of(&watched.path) != watched.leads_to)
    }

    /// Watches what the paths lead to now, and says if that is not possible. To be called before they are
    /// read, so that nothing is missed. With `anew` also what seems to be watched: a watch ends without a word
    /// where a file system is unmounted and mounted again, or a number is given again that has no birth.
    fn arm(&mut self, anew: bool) {
        self.look_for_others();
        let mut lost = None;
        for watched in &mut self.folders {
            if let Err(error) = watched.arm(&mut self.watcher, anew) {
                lost = Some(failed(&watched.path, &error).to_string());
            }
        }
        if lost == self.lost {
            return;
        }
        match &lost {
            Some(why) => tracing::warn!(why, "changes are seen late: folders are only read now and then"),
            None => tracing::info!("all folders are watched again"),
        }
        self.lost = lost;
    }
}

impl Watched {
    fn arm(&mut self, watcher: &mut notify::Result<RecommendedWatcher>, anew: bool) -> Result<(), String> {
        let leads_to = Identity::of(&self.path);
        let stays = self.armed && leads_to.is_some() && leads_to == self.leads_to;
        if stays && !anew {
            return Ok(());
        }
        self.leads_to = leads_to;
        let watcher = watcher.as_mut().map_err(|error| error.to_string())?;
        if !stays {
            // Where it was deleted nothing is left to stop watching.
            let _ = watcher.unwatch(&self.path);
        }
        let result = watcher.watch(&self.path, RecursiveMode::NonRecursive);
        self.armed = result.is_ok();
        result.map_err(|error| error.to_string())
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
        self.signals.send(Signal::Do(Asked { command, done })).ok()?;
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

/// Why to reload.
#[derive(Debug)]
enum Cause {
    /// Something on disk changed, or may have, or somebody asks.
    Disk,
    /// Nothing but a plugin that was compiled or refused.
    Loaded,
    /// Somebody wants something done.
    Asked(Asked),
}

/// Somebody who waits for what is on disk to be served or refused.
struct Waiter {
    done: Sender<Arc<Published>>,
    /// What was being compiled, or might be half copied, when it was read; none before that.
    undecided: Option<BTreeSet<Undecided>>,
}

impl Waiter {
    /// Whether everything that was on disk is decided; what was replaced since is nobody's question any more.
    fn is_answered(&mut self, now: &BTreeSet<Undecided>) -> bool {
        let undecided = self.undecided.get_or_insert_with(|| now.clone());
        undecided.retain(|file| now.contains(file));
        undecided.is_empty()
    }
}

/// What the reloading thread hears.
struct Listening {
    signals: Receiver<Signal>,
    dirty: Dirty,
    pace: Pace,
    /// When the folders were last read.
    read: Instant,
    /// Whether half of what belongs together seemed to be there.
    half: bool,
    waiters: Vec<Waiter>,
    /// Heard while somebody waited, and not done yet.
    asked: VecDeque<Asked>,
}

/// That the host ends.
struct Stopped;

impl Listening {
    /// Waits for a reason to reload, and then for quiet.
    fn settle(&mut self, armed: &Armed) -> Result<Cause, Stopped> {
        if let Some(asked) = self.asked.pop_front() {
            return Ok(Cause::Asked(asked));
        }
        let (mut quiet, mut latest) = (None, None);
        loop {
            let now = Instant::now();
            let until = match (quiet, latest) {
                (Some(quiet), Some(latest)) if quiet < latest => quiet,
                (_, Some(latest)) => latest,
                _ => now + self.pace.glance,
            };
            if latest.is_some() && until <= now {
                return Ok(Cause::Disk);
            }
            match self.signals.recv_timeout(until - now) {
                Ok(Signal::Dirty) => {
                    self.dirty.heard();
                    let now = Instant::now();
                    quiet = Some(now + self.pace.quiet);
                    latest = latest.or(Some(now + self.pace.latest));
                }
                // What is being taken in will be read with it.
                Ok(Signal::Loaded) if latest.is_some() => {}
                Ok(Signal::Loaded) => return Ok(Cause::Loaded),
                // What is on disk now is what is asked about: no need for quiet.
                Ok(Signal::Wait(done)) => return self.wait(done),
                Ok(Signal::Do(asked)) => return Ok(Cause::Asked(asked)),
                Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => return Err(Stopped),
                Err(RecvTimeoutError::Timeout) if latest.is_none() && !self.is_due(armed) => {}
                Err(RecvTimeoutError::Timeout) => return Ok(Cause::Disk),
            }
        }
    }

    fn is_due(&self, armed: &Armed) -> bool {
        self.is_late() || armed.moved()
    }

    /// Whether nothing was read for so long that events may not come, or that the other half must be there.
    fn is_late(&self) -> bool {
        let patience = if self.half { self.pace.again } else { self.pace.rescan };
        self.read.elapsed() >= patience
    }

    /// Takes in who waits, with everybody who waits already: one reload answers them all.
    fn wait(&mut self, done: Sender<Arc<Published>>) -> Result<Cause, Stopped> {
        self.waiters.push(Waiter { done, undecided: None });
        for signal in self.signals.try_iter().take(TOGETHER) {
            match signal {
                Signal::Dirty => self.dirty.heard(),
                Signal::Loaded => {}
                Signal::Wait(done) => self.waiters.push(Waiter { done, undecided: None }),
                Signal::Do(asked) => self.asked.push_back(asked),
                Signal::Stop => return Err(Stopped),
            }
        }
        Ok(Cause::Disk)
    }

    /// Tells who waits for no more than this.
    fn answer(&mut self, published: &Arc<Published>) {
        if self.waiters.is_empty() {
            return;
        }
        let undecided = published.undecided();
        for mut waiter in std::mem::take(&mut self.waiters) {
            if waiter.is_answered(&undecided) {
                // Nobody waits any more when the client has left.
                let _ = waiter.done.send(Arc::clone(published));
            } else {
                self.waiters.push(waiter);
            }
        }
    }
}

/// What the reloading thread has.
struct Reloading {
    listening: Listening,
    folders: Folders,
    /// What was read last, and when all of it was.
    read: (Disk, Instant),
    instead: Instead,
    armed: Armed,
    reloader: Reloader,
    told: Told,
}

impl Reloading {
    fn until_stopped(mut self) {
        // Of this thread alone. Where it is not allowed, all are alike.
        let _ = rustix::process::nice(NICENESS);
        while let Ok(cause) = self.listening.settle(&self.armed) {
            self.armed.arm(self.listening.is_late());
            if !matches!(cause, Cause::Loaded) {
                self.reloader.retry();
            }
            // A fault of ours ends no watching (*alive*): then what was read before is taken in again.
            let _ = catch_unwind(AssertUnwindSafe(|| self.read(&cause)));
            self.listening.read = Instant::now();
            let published = match cause {
                Cause::Disk | Cause::Loaded => self.reload(),
                Cause::Asked(asked) => self.command(asked),
            };
            self.listening.half = self.reloader.waits_to_settle();
            (self.told)(&published);
            self.listening.answer(&published);
        }
    }

    /// Reads what changed, by the versions of files; everything now and then, where somebody asks, and where something is
    /// said to have changed and no version did.
    fn read(&mut self, cause: &Cause) {
        let Listening { pace, waiters, .. } = &self.listening;
        let (before, all) = &self.read;
        let asked = matches!(cause, Cause::Asked(_)) || !waiters.is_empty();
        let is_due = asked || self.listening.is_late() || all.elapsed() >= pace.rescan;
        let changed = (!is_due).then(|| read_changed(&self.folders, before));
        let seems_same = |read: &Disk| matches!(cause, Cause::Disk) && read.is_held_by(before);
        self.read = match changed.filter(|read| !seems_same(read)) {
            Some(read) => (read, *all),
            None => (read_all(&self.folders, before), Instant::now()),
        };
    }

    fn disk(&self) -> Disk {
        self.instead.over(self.read.0.clone())
    }

    /// Takes in what is on disk. A fault of ours ends no watching (*alive*): everything stays as it is.
    fn reload(&mut self) -> Arc<Published> {
        let reload = AssertUnwindSafe(|| self.reloader.reload(&self.disk()));
        catch_unwind(reload).unwrap_or_else(|_| self.reloader.failed())
    }

    /// Does what somebody asks, and tells them; takes in what is on disk whether that could be done or not.
    fn command(&mut self, Asked { command, done }: Asked) -> Arc<Published> {
        let asked = AssertUnwindSafe(|| self.reloader.command(&command, &self.disk()));
        let result = catch_unwind(asked).unwrap_or_else(|_| {
            self.reloader.failed();
            Err(Diagnostic::error("the host failed on this; its log says where"))
        });
        // What changed on disk meanwhile was heard of, and is taken in whatever came of this: else those who ask
        // in vain, again and again, would keep everybody's files from being read.
        let published = result.clone().unwrap_or_else(|_| self.reload());
        // Nobody waits any more when the client has left.
        let _ = done.send(result);
        published
    }
}

#[cfg(test)]
mod tests;
