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
    engine: Mutex<Arc<Engine>>,
    /// Whether a test that fails keeps its file from going live.
    closed: bool,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    verdicts: Verdicts,
    /// Asked for since the last reload began.
    used: BTreeSet<Digest>,
}

impl Gate {
    pub(super) fn new(engine: Arc<Engine>) -> Self {
        Self { engine: Mutex::new(engine), closed: true, known: Mutex::default() }
    }

    /// Runs tests under other limits from now on.
    pub(super) fn configure(&self, engine: &Arc<Engine>) {
        *self.engine.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(engine);
    }

    fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.engine.lock().unwrap_or_else(PoisonError::into_inner))
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
        rule_test::read(jurisdiction, base, &self.engine())
    }

    /// Whether it is known what comes of the tests of a closure.
    pub(super) fn knows(&self, closure: &Closure, above: &[Arc<Closure>], base: &Base) -> bool {
        let key = key(closure, above, base, &self.engine());
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
        let engine = self.engine();
        let key = key(closure, above, base, &engine);
        if let Some(known) = self.known(|known| {
            known.used.insert(key);
            known.verdicts.get(&key).cloned()
        }) {
            return known;
        }
        let verdicts = match tests {
            Some(tests) => rule_test::run(tests, closure, above, base, &engine),
            None => rule_test::run(&self.read(&closure.jurisdiction, base)?, closure, above, base, &engine),
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
fn key(closure: &Closure, above: &[Arc<Closure>], base: &Base, engine: &Engine) -> Digest {
    let limits = engine.plugin_limits();
    let limits = std::iter::once(("", limits.default.call.digest()))
        .chain(limits.own_calls().map(|(id, digest)| (id.as_str(), digest)));
    let closures = std::iter::once(closure).chain(above.iter().map(AsRef::as_ref));
    let closures = closures.map(|closure| (closure.jurisdiction.id().as_str(), closure.digest()));
    let parts: Vec<(&str, Digest)> = closures.chain(base.digests()).chain(limits).collect();
    Digest::of_parts(parts.iter().flat_map(|(name, digest)| [name.as_bytes(), digest.as_bytes().as_slice()]))
}
