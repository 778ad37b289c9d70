//! Watches the two folders and reloads when they settle. The only module that names notify.
//!
//! Any event marks the folders dirty and nothing else of it is used; they settle after 100 ms of quiet, at
//! the latest 2 s after the first event, and then everything is read again by content. One thread does
//! all reloading, so reloads never overlap and queries never wait for one.

use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use notify::{RecursiveMode, Watcher as _};

use crate::reload::{Folders, Published, Reloader, read_folders};

/// How long nothing must happen before a change is taken in. Editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(100);
/// How long a change waits at the most, however busy the folder.
const LATEST: Duration = Duration::from_secs(2);
/// How often folders are read without an event: some file systems send none.
const RESCAN: Duration = Duration::from_secs(30);

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
    pub fn start(self, folders: Folders, reloader: Reloader) -> Result<Watch, WatchError> {
        let Self { signals, receiver } = self;
        let dirty = signals.clone();
        let failed = |path: &Path, error: &dyn std::fmt::Display| WatchError {
            path: path.display().to_string(),
            why: error.to_string(),
        };
        let mut watcher = notify::recommended_watcher(move |event: Result<notify::Event, notify::Error>| {
            // Reading a file is an event too; our own reads must not wake us.
            if event.map_or(true, |event| !event.kind.is_access()) {
                let _ = dirty.send(Signal::Dirty);
            }
        })
        .map_err(|error| failed(&folders.rules, &error))?;
        for folder in [&folders.rules, &folders.plugins] {
            watcher.watch(folder, RecursiveMode::NonRecursive).map_err(|error| failed(folder, &error))?;
        }
        let rules = folders.rules.clone();
        let thread = thread::Builder::new()
            .name("reload".to_owned())
            .spawn(move || {
                reload_until_stopped(&receiver, &folders, reloader);
                drop(watcher);
            })
            .map_err(|error| failed(&rules, &error))?;
        let _ = signals.send(Signal::Dirty);
        Ok(Watch { signals, thread: Some(thread) })
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
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.signals.send(Signal::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn reload_until_stopped(signals: &Receiver<Signal>, folders: &Folders, mut reloader: Reloader) {
    let mut waiting = Vec::new();
    loop {
        match settle(signals, &mut waiting) {
            Settled::Stop => return,
            Settled::Reload => {}
        }
        let published = reloader.reload(&read_folders(folders));
        // Whoever waits, waits for compilations too: only then is everything served or refused.
        if !published.is_waiting() {
            for done in waiting.drain(..) {
                let _ = Sender::send(&done, Arc::clone(&published));
            }
        }
    }
}

enum Settled {
    Reload,
    Stop,
}

/// Waits for a reason to reload, and then for quiet.
fn settle(signals: &Receiver<Signal>, waiting: &mut Vec<Sender<Arc<Published>>>) -> Settled {
    let mut next = signals.recv_timeout(RESCAN);
    let mut deadline = None;
    loop {
        match next {
            Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => return Settled::Stop,
            Err(RecvTimeoutError::Timeout) => return Settled::Reload,
            // What is on disk now is what is asked about: no need for quiet.
            Ok(Signal::Wait(done)) => {
                waiting.push(done);
                return Settled::Reload;
            }
            Ok(Signal::Loaded) if deadline.is_none() => return Settled::Reload,
            Ok(Signal::Loaded | Signal::Dirty) => {}
        }
        let now = Instant::now();
        let latest = *deadline.get_or_insert(now + LATEST);
        if now >= latest {
            return Settled::Reload;
        }
        next = signals.recv_timeout(QUIET.min(latest - now));
    }
}
