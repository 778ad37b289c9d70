//! What belongs to one call: its meter of memory and tables, and its bounded log.

use std::sync::Arc;

use wasmtime::{
    ResourceLimiter, StoreContextMut,
    component::{Linker, WasmStr},
};

use super::{
    bindings::{self, landfall::stage::host::Level},
    call::Used,
    limits::{CallLimits, Limits},
    text::tame,
};
use crate::id::Stage;

/// Fuel that one call of `log` costs, so that a flood of them is paid for. Arbitrary: about what
/// crossing the boundary takes.
const FUEL_PER_LOG: u64 = 500;

/// A limit the guest ran into; travels through wasmtime as an error and is found again by type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum LimitReached {
    #[error("the memory limit is reached")]
    Memory,
    #[error("the table limit is reached")]
    Table,
    #[error("the machine gives no more memory")]
    HostMemory,
}

/// The data of a store.
pub(super) struct CallState {
    pub(super) meter: Meter,
    pub(super) log: Log,
}

impl CallState {
    /// For a call of `who`: a plugin's id, or its file while nothing is known of it.
    pub(super) fn new(limits: &Limits, who: Arc<str>, stage: Option<Stage>) -> Self {
        Self { meter: Meter::new(&limits.call), log: Log::new(limits, who, stage) }
    }

    /// A full budget of log for another call of the same instance; its memory and tables stay.
    pub(super) fn begin_again(&mut self, limits: &Limits) {
        self.log = Log::new(limits, Arc::clone(&self.log.who), self.log.stage);
    }

    /// What was used of memory, tables and log so far.
    pub(super) fn used(&self) -> Used {
        Used {
            memory_bytes: self.meter.memory,
            table_elements: self.meter.elements,
            log_bytes: self.log.kept.bytes,
            log_lines: self.log.kept.lines,
            ..Used::default()
        }
    }
}

/// Counts memory and tables over the whole store, where wasmtime's own limiter counts each alone.
pub(super) struct Meter {
    memory: usize,
    memory_limit: usize,
    elements: usize,
    elements_limit: usize,
    instances: u32,
    memories: u32,
    tables: u32,
}

impl Meter {
    fn new(limits: &CallLimits) -> Self {
        Self {
            memory: 0,
            memory_limit: limits.memory_bytes,
            elements: 0,
            elements_limit: limits.table_elements,
            instances: limits.instances,
            memories: limits.memories,
            tables: limits.tables,
        }
    }
}

/// The new total, if it is within the limit.
fn grown(total: usize, current: usize, desired: usize, limit: usize) -> Option<usize> {
    total.checked_add(desired.saturating_sub(current)).filter(|total| *total <= limit)
}

/// Growing beyond a limit is an error and not `-1`: the failure then has a name, and does not depend
/// on what the guest makes of it. Growing beyond the guest's own maximum stays the guest's affair.
impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let Some(total) = grown(self.memory, current, desired, self.memory_limit) else {
            return Err(LimitReached::Memory.into());
        };
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.memory = total;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        tracing::warn!(error = format!("{error:#}"), "no memory for a plugin");
        Err(LimitReached::HostMemory.into())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let Some(total) = grown(self.elements, current, desired, self.elements_limit) else {
            return Err(LimitReached::Table.into());
        };
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.elements = total;
        Ok(true)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        tracing::warn!(error = format!("{error:#}"), "no table for a plugin");
        Err(LimitReached::HostMemory.into())
    }

    fn instances(&self) -> usize {
        self.instances as usize
    }

    fn tables(&self) -> usize {
        self.tables as usize
    }

    fn memories(&self) -> usize {
        self.memories as usize
    }
}

/// What is left of a budget of log, or was taken of it.
#[derive(Default)]
struct Budget {
    bytes: usize,
    lines: usize,
}

/// What a plugin says. Goes to `tracing`; the last error is kept, since it is a panic's message.
pub(super) struct Log {
    who: Arc<str>,
    stage: Option<Stage>,
    noise: Budget,
    errors: Budget,
    kept: Budget,
    most_chars: usize,
    last_error: Option<String>,
}

impl Log {
    fn new(limits: &Limits, who: Arc<str>, stage: Option<Stage>) -> Self {
        let budget = || Budget { bytes: limits.log_bytes, lines: limits.log_lines };
        Self {
            who,
            stage,
            noise: budget(),
            errors: budget(),
            kept: Budget::default(),
            most_chars: limits.call.text_chars,
            last_error: None,
        }
    }

    /// The last line it logged as an error.
    pub(super) fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    fn budget(&mut self, level: Level) -> &mut Budget {
        if matches!(level, Level::Error) { &mut self.errors } else { &mut self.noise }
    }

    /// Takes one line out of the budget; nothing where it is spent.
    fn admits(&mut self, level: Level) -> bool {
        let budget = self.budget(level);
        let admits = budget.lines > 0 && budget.bytes > 0;
        budget.lines = budget.lines.saturating_sub(1);
        admits
    }

    fn record(&mut self, level: Level, message: &str) {
        let budget = self.budget(level);
        let most = budget.bytes;
        budget.bytes = most.saturating_sub(message.len());
        self.kept.bytes = self.kept.bytes.saturating_add(message.len().min(most));
        self.kept.lines = self.kept.lines.saturating_add(1);
        let text = tame(message, self.most_chars.min(most));
        let (plugin, stage) = (&*self.who, self.stage.map_or("", Stage::as_str));
        match level {
            Level::Debug => tracing::debug!(target: "landfall::plugin", plugin, stage, "{text}"),
            Level::Info => tracing::info!(target: "landfall::plugin", plugin, stage, "{text}"),
            Level::Warn => tracing::warn!(target: "landfall::plugin", plugin, stage, "{text}"),
            Level::Error => {
                tracing::error!(target: "landfall::plugin", plugin, stage, "{text}");
                self.last_error = Some(text);
            }
        }
    }
}

/// A linker that knows the log and nothing else.
pub(super) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    linker.instance(bindings::TYPES)?;
    linker.instance(bindings::HOST)?.func_wrap("log", log)?;
    Ok(linker)
}

/// Reads the guest's text only while there is budget left for it.
fn log(
    mut store: StoreContextMut<'_, CallState>,
    (level, message): (Level, WasmStr),
) -> wasmtime::Result<()> {
    let fuel = store.get_fuel()?;
    store.set_fuel(fuel.saturating_sub(FUEL_PER_LOG))?;
    if store.data_mut().log.admits(level) {
        let message = message.to_str(&store)?.into_owned();
        store.data_mut().log.record(level, &message);
    }
    Ok(())
}
