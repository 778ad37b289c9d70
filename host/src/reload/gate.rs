//! The gate that rule tests are: a file goes live only if the tests that stand in it pass.
//!
//! What passed or failed once over the same files, plugins and base does so again, so it is not run again:
//! a reload costs the tests of what changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    diagnostic::Diagnostic,
    generation::Closure,
    id::Digest,
    plugin::Engine,
    rule_test::{self, RuleTest},
    rules::book::{Base, Jurisdiction},
};

/// What came of the tests of a closure over a base.
type Verdicts = BTreeMap<Digest, Result<(), Vec<Diagnostic>>>;

/// Runs tests, and knows what came of them.
#[derive(Debug)]
pub(super) struct Gate {
    /// Under the limits of now.
    under: Mutex<Under>,
    /// Whether a test that fails keeps its file from going live.
    closed: bool,
    known: Mutex<Known>,
}

/// An engine, and what names the limits that it is under.
#[derive(Debug, Clone)]
struct Under {
    engine: Arc<Engine>,
    limits: Digest,
}

impl Under {
    fn new(engine: Arc<Engine>) -> Self {
        let limits = engine.plugin_limits();
        let own = limits.own_calls().map(|(id, digest)| (id.as_str(), digest));
        let limits = digest_of(std::iter::once(("", limits.default.call.digest())).chain(own));
        Self { engine, limits }
    }
}

#[derive(Debug, Default)]
struct Known {
    verdicts: Verdicts,
    /// Asked for since the last reload began.
    used: BTreeSet<Digest>,
}

impl Gate {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self { under: Mutex::new(Under::new(engine)), closed: true, known: Mutex::default() }
    }

    /// Runs tests under other limits from now on.
    pub(super) fn configure(&self, engine: &Arc<Engine>) {
        *self.under.lock().unwrap_or_else(PoisonError::into_inner) = Under::new(Arc::clone(engine));
    }

    fn under(&self) -> Under {
        self.under.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets through what fails its tests.
    pub(super) const fn open(&mut self) {
        self.closed = false;
    }

    /// Reads the tests of a file, and what is wrong with them.
    pub(super) fn read(
        &self,
        jurisdiction: &Arc<Jurisdiction>,
        base: &Arc<Base>,
    ) -> Result<Vec<RuleTest>, Vec<Diagnostic>> {
        rule_test::read(jurisdiction, base, &self.under().engine)
    }

    /// Whether files go live only if they pass.
    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes it that the tests of a closure pass, as they did under the limits of now.
    pub(super) fn know_passed(&self, closure: &Closure, above: &[Arc<Closure>], base: &Base) {
        let key = key(closure, above, base, &self.under());
        self.known(|known| known.verdicts.insert(key, Ok(())));
    }

    /// Whether no tests were run yet.
    pub(super) fn knows_nothing(&self) -> bool {
        self.known(|known| known.verdicts.is_empty())
    }

    /// Whether it is known what comes of the tests of a closure.
    pub(super) fn knows(&self, closure: &Closure, above: &[Arc<Closure>], base: &Base) -> bool {
        let key = key(closure, above, base, &self.under());
        !self.closed || self.known(|known| known.verdicts.contains_key(&key))
    }

    /// Runs tests over the closure they were read against; where they are not given they are read, if they have to be.
    pub(super) fn pass(
        &self,
        tests: Option<&[RuleTest]>,
        closure: &Arc<Closure>,
        above: &[Arc<Closure>],
        base: &Arc<Base>,
    ) -> Result<(), Vec<Diagnostic>> {
        if closure.jurisdiction.own.tests.is_empty() || !self.closed {
            return Ok(());
        }
        let under = self.under();
        let key = key(closure, above, base, &under);
        if let Some(known) = self.known(|known| {
            known.used.insert(key);
            known.verdicts.get(&key).cloned()
        }) {
            return known;
        }
        let engine = &under.engine;
        let verdicts = match tests {
            Some(tests) => rule_test::run(tests, closure, above, base, engine),
            None => rule_test::run(&self.read(&closure.jurisdiction, base)?, closure, above, base, engine),
        };
        let lasting = !verdicts.iter().any(|verdict| verdict.retryable);
        let failures: Vec<Diagnostic> = verdicts.into_iter().flat_map(|verdict| verdict.failures).collect();
        let result = if failures.is_empty() { Ok(()) } else { Err(failures) };
        if lasting {
            self.known(|known| known.verdicts.insert(key, result.clone()));
        }
        result
    }

    /// Forgets what nobody asked for since this was last called.
    pub(super) fn forget_others(&self) {
        self.known(|known| {
            let used = std::mem::take(&mut known.used);
            known.verdicts.retain(|key, _| used.contains(key));
        });
    }

    fn known<T>(&self, with: impl FnOnce(&mut Known) -> T) -> T {
        with(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whatever can change what comes of a test: the files of the closures and their plugins, the base, the limits.
fn key(closure: &Closure, above: &[Arc<Closure>], base: &Base, under: &Under) -> Digest {
    let closures = std::iter::once(closure).chain(above.iter().map(AsRef::as_ref));
    let closures = closures.map(|closure| (closure.jurisdiction.id().as_str(), closure.digest()));
    digest_of(closures.chain(base.digests()).chain([("", under.limits)]))
}

fn digest_of<'n>(parts: impl Iterator<Item = (&'n str, Digest)>) -> Digest {
    let parts: Vec<(&str, Digest)> = parts.collect();
    Digest::of_parts(parts.iter().flat_map(|(name, digest)| [name.as_bytes(), digest.as_bytes().as_slice()]))
}
