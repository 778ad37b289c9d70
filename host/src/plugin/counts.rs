//! What calls and compilations came to, counted for whoever operates the host. No answer depends on it.
//!
//! A plugin holds its own counters, so that counting a call is adding to two numbers and waits for nobody. They are
//! kept by id for the life of the engine: a new version of a plugin goes on where the old one was.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    call::Estimate,
    compile::Artifact,
    error::{CallError, Refusal},
};
use crate::id::PluginId;

/// Plugins that are counted apart. Arbitrary: more than a folder holds; it bounds what whoever drops in ever new
/// names can make of the metrics.
const MOST_PLUGINS: usize = 256;

/// What is not counted apart.
const OTHER: &str = "other";

/// Everything that is counted for an engine.
#[derive(Debug, Default)]
pub struct Counts {
    plugins: Mutex<BTreeMap<PluginId, Arc<CallCounts>>>,
    other: Arc<CallCounts>,
    cached: AtomicU64,
    compiled: AtomicU64,
    refused: AtomicU64,
    /// Calls that may come to something else another time.
    passing: Arc<AtomicU64>,
}

/// What the calls of one plugin came to.
#[derive(Debug, Default)]
pub(super) struct CallCounts {
    answered: AtomicU64,
    fuel: AtomicU64,
    /// By kind of failure. Failures are rare, so a lock will do.
    failed: Mutex<BTreeMap<&'static str, u64>>,
    /// Of all plugins.
    passing: Arc<AtomicU64>,
}

/// The calls of one plugin, read at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// Its id, or `other` for all beyond the bound.
    pub plugin: String,
    /// Calls by outcome: `answered`, or the kind of a [`CallError`].
    pub outcomes: Vec<(&'static str, u64)>,
    /// Fuel used by all of them.
    pub fuel: u64,
}

impl Counts {
    /// The counters of a plugin.
    pub(super) fn of(&self, plugin: &PluginId) -> Arc<CallCounts> {
        let mut plugins = lock(&self.plugins);
        if let Some(known) = plugins.get(plugin) {
            return Arc::clone(known);
        }
        if plugins.len() >= MOST_PLUGINS {
            return Arc::clone(&self.other);
        }
        let new = || Arc::new(CallCounts { passing: Arc::clone(&self.passing), ..CallCounts::default() });
        Arc::clone(plugins.entry(plugin.clone()).or_insert_with(new))
    }

    /// Calls so far that may come to something else another time: an answer during which there was none is the same
    /// whenever it is asked for.
    #[must_use]
    pub fn passing(&self) -> u64 {
        self.passing.load(Ordering::Acquire)
    }

    /// An artifact that was at hand, or the refusal that was.
    pub(super) fn found(&self, known: &Result<Artifact, Refusal>) {
        if known.is_ok() {
            self.cached.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// An artifact that was made, or why it was not.
    pub(super) fn made(&self, made: &Result<Artifact, Refusal>) {
        let count = if made.is_ok() { &self.compiled } else { &self.refused };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// The calls of every plugin that was ever loaded.
    #[must_use]
    pub fn calls(&self) -> Vec<Called> {
        let plugins = lock(&self.plugins);
        let mut calls: Vec<Called> = plugins.iter().map(|(id, counts)| counts.read(id.as_str())).collect();
        if plugins.len() >= MOST_PLUGINS {
            calls.push(self.other.read(OTHER));
        }
        calls
    }

    /// Plugin files by what came of compiling them.
    #[must_use]
    pub fn compilations(&self) -> [(&'static str, u64); 3] {
        [("cached", &self.cached), ("compiled", &self.compiled), ("refused", &self.refused)]
            .map(|(name, count)| (name, count.load(Ordering::Relaxed)))
    }
}

impl CallCounts {
    /// What a call came to.
    pub(super) fn called(&self, result: &Result<Estimate, CallError>) {
        match result {
            Ok(_) => {
                self.answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => {
                if error.is_retryable() || error.kind() == "host_panicked" {
                    self.passing.fetch_add(1, Ordering::Release);
                }
                let mut failed = lock(&self.failed);
                let count = failed.entry(error.kind()).or_default();
                *count = count.saturating_add(1);
            }
        }
    }

    /// What it used, whatever it came to.
    pub(super) fn used(&self, fuel: u64) {
        self.fuel.fetch_add(fuel, Ordering::Relaxed);
    }

    fn read(&self, plugin: &str) -> Called {
        let mut outcomes = vec![("answered", self.answered.load(Ordering::Relaxed))];
        outcomes.extend(lock(&self.failed).iter().map(|(kind, count)| (*kind, *count)));
        Called { plugin: plugin.to_owned(), outcomes, fuel: self.fuel.load(Ordering::Relaxed) }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_beyond_the_bound_are_counted_together() {
        let counts = Counts::default();
        let id = |i: usize| PluginId::parse(&format!("p{i}")).unwrap();
        for i in 0..MOST_PLUGINS + 2 {
            counts.of(&id(i)).used(1);
        }
        counts.of(&id(0)).used(1);
        let calls = counts.calls();
        assert_eq!(calls.len(), MOST_PLUGINS + 1);
        let of = |name: &str| calls.iter().find(|called| called.plugin == name).unwrap().fuel;
        assert_eq!((of("p0"), of("p1"), of(OTHER)), (2, 1, 2));
    }
}
