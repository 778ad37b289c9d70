//! An instance that is kept between calls, for verbs that look at plugins: does a plugin answer alike the second
//! time, and how fast is a call that need not make an instance first.
//!
//! No host does this. Every call of a host has an instance of its own, so that no answer can depend on another
//! one; nothing that computes a cost may use this.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use wasmtime::Store;

use super::{
    bindings::Stage as Instance,
    call::{Case, Estimate, panic_message, with_case},
    engine::{Engine, Permit},
    error::{CallError, Failure},
    limits::Limits,
    load::Plugin,
    store::CallState,
};

/// One instance of a plugin. Takes the place of one call for as long as it lives.
pub struct Warm<'p> {
    plugin: &'p Plugin,
    limits: &'p Limits,
    instance: Instance,
    store: Store<CallState>,
    // After the store, which must go first.
    _permit: Permit<'p>,
}

impl Plugin {
    /// An instance to call more than once, under the limits the plugin was loaded under. See [`Warm`].
    ///
    /// # Errors
    /// What keeps an instance from being made, as it would keep [`estimate`](Self::estimate) from answering.
    pub fn warm(&self) -> Result<Warm<'_>, Failure> {
        let limits = self.limits();
        let permit = self.engine.enter();
        let mut store = self.store(limits, None)?;
        let instance = self.component.instantiate(&mut store);
        let instance = instance.map_err(|error| super::call::failure(&error, &store, limits))?;
        Ok(Warm { plugin: self, limits, instance, store, _permit: permit })
    }
}

impl Warm<'_> {
    /// The line items of a case, as [`Plugin::estimate`] has them, with full budgets of fuel, time and log. Memory is
    /// what the calls before left. After an error every further call is one.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn estimate(&mut self, case: &Case) -> Result<Estimate, CallError> {
        let plugin = self.plugin.description.id.clone();
        catch_unwind(AssertUnwindSafe(|| self.call(case)))
            .unwrap_or_else(|panic| Err(Failure::HostPanicked { message: panic_message(&*panic) }))
            .map_err(|failure| CallError { plugin, stage: case.stage, failure })
    }

    fn call(&mut self, case: &Case) -> Result<Estimate, Failure> {
        let Self { plugin, limits, instance, store, .. } = self;
        Engine::refill(store, limits)
            .map_err(|error| Failure::Malformed { message: format!("{error:#}") })?;
        store.data_mut().begin_again(limits);
        let answer = with_case(case, |case| instance.landfall_stage_guest().call_estimate(&mut *store, case));
        plugin.read(store, limits, case, answer)
    }
}

impl fmt::Debug for Warm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Warm").field("plugin", &self.plugin).finish_non_exhaustive()
    }
}
