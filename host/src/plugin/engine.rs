//! The one wasmtime engine all plugins share: its configuration, its pool, its clock, and the limits on each.
//!
//! The compile child uses the same configuration without the pool; what it compiles loads here. The engine is
//! built for the most that limits may be set to, so that they can change while it runs: [`Engine::under`] is
//! the same engine under other limits, and whoever holds the old one keeps the old limits.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use wasmtime::{
    Config, Enabled, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
    WasmBacktraceDetails, WasmFeatures, component::Linker,
};

use super::{
    counts::Counts,
    error::EngineError,
    functions::Functions,
    limits::{Limits, PluginLimits, STACK_BYTES, ceiling},
    store::{self, CallState},
};
use crate::id::{Digest, Stage};

/// How often the clock ticks. A call may outlast its limit by this much.
const TICK: Duration = Duration::from_millis(50);

/// Behind each memory, so that loads and stores at offsets below it need no check of their own.
const GUARD_BYTES: u64 = 32 << 20;

/// Address space that the memories of one instance may take.
pub(super) const ADDRESS_SPACE_OF_ONE: u64 =
    ceiling::MEMORIES as u64 * (ceiling::MEMORY_BYTES as u64 + GUARD_BYTES);

/// Memory of a slot that is reset by writing zeros rather than by unmapping: measured to be what
/// makes a fresh instance cheap.
const KEEP_RESIDENT_BYTES: usize = 256 << 10;

/// The engine and the limits it is under; clones share both.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    limits: Arc<PluginLimits>,
}

struct Shared {
    wasmtime: wasmtime::Engine,
    linker: Linker<CallState>,
    gate: Gate,
    counts: Counts,
}

impl Engine {
    /// An engine with a pool of instances or, where the address space for one cannot be had,
    /// without, which the log then says.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn new(limits: Limits) -> Result<Self, EngineError> {
        let mut pooling = config();
        pooling.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits.calls_at_once)));
        match wasmtime::Engine::new(&pooling) {
            Ok(engine) => Self::around(engine, limits),
            Err(error) => {
                tracing::warn!(
                    reason = format!("{error:#}"),
                    "no pool for plugins, so every call is slower: raise the limit on address space (`ulimit -v`)"
                );
                Self::without_pool(limits)
            }
        }
    }

    /// For the compile child, whose address space is limited.
    pub(super) fn without_pool(limits: Limits) -> Result<Self, EngineError> {
        let engine = wasmtime::Engine::new(&config()).map_err(unsupported)?;
        Self::around(engine, limits)
    }

    /// The same, compiling no function that it is given compiled.
    pub(super) fn knowing(limits: Limits, functions: Arc<Functions>) -> Result<Self, EngineError> {
        let mut config = config();
        config.enable_incremental_compilation(functions).map_err(unsupported)?;
        let engine = wasmtime::Engine::new(&config).map_err(unsupported)?;
        Self::around(engine, limits)
    }

    fn around(wasmtime: wasmtime::Engine, limits: Limits) -> Result<Self, EngineError> {
        let linker = store::linker(&wasmtime).map_err(unsupported)?;
        start_ticker(wasmtime.weak()).map_err(EngineError::Ticker)?;
        let gate = Gate::new(limits.calls_at_once);
        let shared = Shared { wasmtime, linker, gate, counts: Counts::default() };
        Ok(Self { shared: Arc::new(shared), limits: Arc::new(limits.into()) })
    }

    /// The same engine under other limits. Calls that are under way end under the old ones.
    #[must_use]
    pub fn under(&self, limits: PluginLimits) -> Self {
        Self { shared: Arc::clone(&self.shared), limits: Arc::new(limits) }
    }

    /// Whether the other is the same engine under the same limits.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared) && self.limits == other.limits
    }

    /// The limits it is under.
    #[must_use]
    pub fn plugin_limits(&self) -> &PluginLimits {
        &self.limits
    }

    /// The limits of a plugin that has none of its own.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits.default
    }

    /// The limits of a plugin.
    #[must_use]
    pub fn limits_of(&self, plugin: &str) -> &Limits {
        self.limits.of(plugin)
    }

    /// What was called and compiled with it so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.shared.counts
    }

    /// What an artifact must have been made for to be used here: this version of wasmtime with this
    /// configuration on this processor, under these limits.
    #[must_use]
    pub fn compatibility(&self, limits: &Limits) -> Digest {
        let mut hasher = DigestHasher(Vec::new());
        self.shared.wasmtime.precompile_compatibility_hash().hash(&mut hasher);
        Digest::of_parts([hasher.0.as_slice(), limits.made_under().as_bytes()])
    }

    pub(super) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.shared.wasmtime
    }

    pub(super) fn linker(&self) -> &Linker<CallState> {
        &self.shared.linker
    }

    /// Waits for one of the places for calls. The clock of a call starts after this.
    pub(super) fn enter(&self) -> Permit<'_> {
        self.shared.gate.enter()
    }

    /// A store with full budgets, whose clock starts now.
    pub(super) fn store(
        &self,
        limits: &Limits,
        who: Arc<str>,
        stage: Option<Stage>,
    ) -> wasmtime::Result<Store<CallState>> {
        let mut store = Store::new(self.wasmtime(), CallState::new(limits, who, stage));
        store.limiter(|state| &mut state.meter);
        Self::refill(&mut store, limits)?;
        store.set_hostcall_fuel(limits.call.returned_bytes);
        store.set_max_component_handles(limits.call.handles);
        Ok(store)
    }

    /// Full budgets of fuel and time, from now on.
    pub(super) fn refill(store: &mut Store<CallState>, limits: &Limits) -> wasmtime::Result<()> {
        store.set_fuel(limits.call.fuel)?;
        store.set_epoch_deadline(ticks(limits.wall_clock()));
        Ok(())
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("limits", &self.limits).finish_non_exhaustive()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn unsupported(error: wasmtime::Error) -> EngineError {
    EngineError::Unsupported(format!("{error:#}"))
}

/// Everything that decides what code is made of a plugin, and so what it answers.
fn config() -> Config {
    let mut config = Config::new();
    config.consume_fuel(true).epoch_interruption(true);
    // The same bits everywhere: one NaN, and none of the proposals whose results may differ.
    config.cranelift_nan_canonicalization(true);
    for feature in [
        WasmFeatures::RELAXED_SIMD,
        WasmFeatures::THREADS,
        WasmFeatures::MEMORY64,
        WasmFeatures::MULTI_MEMORY,
        WasmFeatures::TAIL_CALL,
        WasmFeatures::FUNCTION_REFERENCES,
        WasmFeatures::GC,
        WasmFeatures::EXCEPTIONS,
    ] {
        config.wasm_features(feature, false);
    }
    // A memory's whole reservation is what it may ever grow to. 4 GiB, the default, would spare the
    // guest its bounds checks, but does not fit the compile child's address space.
    config.memory_reservation(ceiling::MEMORY_BYTES as u64).memory_may_move(false);
    config.memory_guard_size(GUARD_BYTES).guard_before_linear_memory(false);
    config.max_wasm_stack(STACK_BYTES);
    // No trace and no environment variable that asks for one: a panic's message comes by the log.
    config.wasm_backtrace_max_frames(None).wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config.native_unwind_info(false).generate_address_map(false);
    // One thread compiles: wasmtime is built without `parallel-compilation`, with which the same file is not the same bytes.
    config
}

/// For the most that limits may be set to.
fn pool(at_once: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(at_once)
        .total_core_instances(at_once.saturating_mul(ceiling::INSTANCES))
        .total_memories(at_once.saturating_mul(ceiling::MEMORIES))
        .total_tables(at_once.saturating_mul(ceiling::TABLES))
        .max_core_instances_per_component(ceiling::INSTANCES)
        .max_memories_per_component(ceiling::MEMORIES)
        .max_tables_per_component(ceiling::TABLES)
        .max_tables_per_module(ceiling::TABLES)
        .max_memory_size(ceiling::MEMORY_BYTES)
        .table_elements(ceiling::TABLE_ELEMENTS)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        // Where the kernel says which pages were written, those alone are: a guest's stack and its heap lie in the
        // middle of its memory, and the first part of it is never touched.
        .pagemap_scan(Enabled::Auto)
        .table_keep_resident(KEEP_RESIDENT_BYTES);
    pool
}

fn ticks(limit: Duration) -> u64 {
    let ticks = limit.as_millis().div_ceil(TICK.as_millis()).saturating_add(1);
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// On a thread of its own, which no guest can hold up, and which ends with its engine.
fn start_ticker(engine: EngineWeak) -> std::io::Result<()> {
    let tick = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new().name("landfall-clock".to_owned()).spawn(tick).map(drop)
}

/// So many calls at once; the pool has no more room, and an answer must not depend on load.
struct Gate {
    free: Mutex<u32>,
    left: Condvar,
}

impl Gate {
    fn new(places: u32) -> Self {
        Self { free: Mutex::new(places.max(1)), left: Condvar::new() }
    }

    fn enter(&self) -> Permit<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.left.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Permit(self)
    }
}

/// A place, given back when dropped. Declare it before the store, which must go first.
pub(super) struct Permit<'a>(&'a Gate);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.left.notify_one();
    }
}

/// Gathers what is hashed, to be digested: `DefaultHasher` is not the same in every build.
struct DigestHasher(Vec<u8>);

impl Hasher for DigestHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}
