//! What all threads share: the world, what was written and seen, and whether anything went wrong.

use std::{
    path::PathBuf,
    sync::{
        Mutex, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use crate::{
    contents::Contents,
    counts::Counts,
    life::World,
    oracle::{Question, Seen},
};

/// Everything but the host.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: World,
    pub(crate) seed: u64,
    pub(crate) contents: Contents,
    pub(crate) questions: Vec<Question>,
    pub(crate) seen: Seen,
    pub(crate) counts: Counts,
    /// Held to read while something is done; whoever wants quiet holds it to write.
    pub(crate) quiet: RwLock<()>,
    /// Held while a host starts, and while a folder is away: a host does not start without its folders.
    pub(crate) starting: Mutex<()>,
    /// Odd while a host is there; every start and every end adds one.
    epoch: AtomicU64,
    /// The highest number of a generation that was answered from.
    highest: AtomicU64,
    wrong: Mutex<Vec<String>>,
    over: AtomicBool,
}

impl Shared {
    pub(crate) fn new(seed: u64, questions: Vec<Question>) -> Self {
        Self {
            world: World::new(),
            seed,
            contents: Contents::default(),
            questions,
            seen: Seen::default(),
            counts: Counts::default(),
            quiet: RwLock::new(()),
            starting: Mutex::new(()),
            epoch: AtomicU64::new(0),
            highest: AtomicU64::new(0),
            wrong: Mutex::new(Vec::new()),
            over: AtomicBool::new(false),
        }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.world.socket()
    }

    /// A host comes or goes.
    pub(crate) fn turn(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }

    /// Which life this is; none between two.
    pub(crate) fn life(&self) -> Option<u64> {
        let epoch = self.epoch.load(Ordering::SeqCst);
        (epoch % 2 == 1).then_some(epoch)
    }

    /// The highest number answered from so far.
    pub(crate) fn highest(&self) -> u64 {
        self.highest.load(Ordering::SeqCst)
    }

    /// Somebody was answered from this number.
    pub(crate) fn answered_from(&self, number: u64) {
        self.highest.fetch_max(number, Ordering::SeqCst);
    }

    /// What must not happen has.
    pub(crate) fn wrong(&self, what: String) {
        self.wrong.lock().unwrap().push(what);
        self.end();
    }

    /// The same, where it has.
    pub(crate) fn must(&self, what: &str, done: Result<(), String>) {
        if let Err(why) = done {
            self.wrong(format!("{what}: {why}"));
        }
    }

    /// Everybody stops.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    /// All that went wrong.
    pub(crate) fn findings(&self) -> Vec<String> {
        self.wrong.lock().unwrap().clone()
    }
}
