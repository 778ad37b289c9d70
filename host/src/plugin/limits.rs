//! Every limit on plugins, with its default, in one place. All are on by default.
//!
//! The numbers are chosen, not derived: generous for a believable plugin (a Python one needs 20 MiB
//! and a few million units of fuel), and small enough that the worst plugin is a nuisance only to
//! the markets that bind it. Each that a plugin can reach has a test that violates it; those of the
//! compile child, being limits of a process, have theirs end to end.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use crate::id::{Digest, PluginId};

const MIB: u64 = 1 << 20;

/// Bytes of stack of a call. Nobody may set it: every thread of the host has room for it, and an engine has one.
pub(super) const STACK_BYTES: usize = 512 << 10;

/// The most that limits may be set to where the pool is built for it.
pub(super) mod ceiling {
    pub(in crate::plugin) const MEMORY_BYTES: usize = 512 << 20;
    pub(in crate::plugin) const MEMORIES: u32 = 4;
    pub(in crate::plugin) const INSTANCES: u32 = 256;
    pub(in crate::plugin) const TABLES: u32 = 64;
    pub(in crate::plugin) const TABLE_ELEMENTS: usize = 1 << 18;
}

/// Every limit on plugins.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Limits {
    /// Those that can change an answer.
    pub call: CallLimits,
    /// Those of the compile child.
    pub compile: CompileLimits,
    /// Milliseconds a call may last by the clock. A backstop far beyond what the fuel allows: a trip
    /// is retryable and never part of an answer.
    pub wall_clock_ms: u64,
    /// Calls at once; further ones wait. Also the size of the pool, and so of its address space. An engine
    /// has the number it was made with, whatever limits it is put under later.
    pub calls_at_once: u32,
    /// Bytes of log kept per call; errors have as many again, so that noise cannot hide a panic.
    pub log_bytes: usize,
    /// Lines of log kept per call; errors have as many again.
    pub log_lines: usize,
}

/// The limits that can change an answer. They enter the digest of a generation. One that a stored form does not
/// have yet is what it is where nobody says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct CallLimits {
    /// Units of work, about one per instruction and per byte copied in bulk.
    pub fuel: u64,
    /// Bytes of linear memory, over all memories of a plugin.
    pub memory_bytes: usize,
    /// Linear memories.
    pub memories: u32,
    /// Tables.
    pub tables: u32,
    /// Elements over all tables.
    pub table_elements: usize,
    /// Handles of resources alive at once. The contract has none; a component may have its own.
    pub handles: usize,
    /// Core instances inside one component.
    pub instances: u32,
    /// Bytes handed to the host by one call out of the guest, or one return.
    pub returned_bytes: usize,
    /// Line items in an answer.
    pub lines: usize,
    /// Grounds on one line.
    pub grounds: usize,
    /// Characters of a label or unit.
    pub label_chars: usize,
    /// Characters of any other text: a summary, a refusal, a message from a panic.
    pub text_chars: usize,
    /// Needs of one kind (facts, params, demands, choices, known obligations).
    pub needs: usize,
}

/// The limits of every plugin: its own, or else those of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PluginLimits {
    /// Of a plugin that has none of its own.
    pub default: Limits,
    /// Of single plugins, whole: what differs from the default is already laid over it.
    #[serde(default)]
    pub plugins: BTreeMap<PluginId, Limits>,
}

/// The limits of the compile child.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct CompileLimits {
    /// Bytes of a wasm file.
    pub wasm_bytes: u64,
    /// Bytes of what comes out.
    pub artifact_bytes: u64,
    /// Bytes of a settings schema.
    pub schema_bytes: usize,
    /// Schemas in a settings schema, counted where they are used and not where they are defined.
    pub schema_nodes: usize,
    /// Address space of the child, in bytes.
    pub memory_bytes: u64,
    /// Seconds of CPU of the child.
    pub cpu_seconds: u64,
    /// Seconds by the clock, after which the child is killed: a backstop for a machine that is busy.
    pub wall_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call: CallLimits::default(),
            compile: CompileLimits::default(),
            wall_clock_ms: 10_000,
            calls_at_once: 32,
            log_bytes: 64 << 10,
            log_lines: 200,
        }
    }
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            fuel: 250_000_000,
            // A million lines fit, so that they are refused as lines and not as memory.
            memory_bytes: 128 << 20,
            memories: 4,
            tables: 16,
            table_elements: 1 << 16,
            handles: 1_000,
            instances: 64,
            returned_bytes: 16 << 20,
            lines: 10_000,
            grounds: 256,
            label_chars: 200,
            text_chars: 2_000,
            needs: 256,
        }
    }
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            wasm_bytes: 64 * MIB,
            artifact_bytes: 512 * MIB,
            schema_bytes: 64 << 10,
            schema_nodes: 10_000,
            memory_bytes: 2_048 * MIB,
            cpu_seconds: 60,
            wall_seconds: 600,
        }
    }
}

impl Limits {
    /// The digest of those under which a plugin is compiled and describes itself: what was made under others
    /// is made anew. Whatever only calls have is left out.
    pub(super) fn made_under(&self) -> Digest {
        let call = CallLimits { lines: 0, grounds: 0, label_chars: 0, ..self.call.clone() };
        digest(&Self { call, calls_at_once: 0, log_bytes: 0, log_lines: 0, ..self.clone() })
    }

    pub(super) fn wall_clock(&self) -> Duration {
        Duration::from_millis(self.wall_clock_ms)
    }
}

impl PluginLimits {
    /// Those of a plugin.
    #[must_use]
    pub fn of(&self, plugin: &str) -> &Limits {
        self.plugins.get(plugin).unwrap_or(&self.default)
    }

    /// The plugins whose answers are under limits of their own, with the digest of those.
    pub fn own_calls(&self) -> impl Iterator<Item = (&PluginId, Digest)> {
        let differ = self.plugins.iter().filter(|(_, limits)| limits.call != self.default.call);
        differ.map(|(id, limits)| (id, limits.call.digest()))
    }
}

impl From<Limits> for PluginLimits {
    fn from(default: Limits) -> Self {
        Self { default, plugins: BTreeMap::new() }
    }
}

impl CallLimits {
    /// The digest of those that can change an answer, for the digest of a generation.
    #[must_use]
    pub fn digest(&self) -> Digest {
        digest(self)
    }
}

/// A struct of integers always has a JSON form; its fields keep their order.
fn digest(limits: &impl Serialize) -> Digest {
    Digest::of(&serde_json::to_vec(limits).unwrap_or_default())
}

/// In what a limit is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Pieces.
    Count,
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

impl Unit {
    /// So many of it, as people write them.
    #[must_use]
    pub fn show(self, n: u64) -> String {
        match self {
            Self::Count => grouped(n),
            Self::Bytes => bytes(n),
            Self::Milliseconds => time(n),
            Self::Seconds => time(n.saturating_mul(1_000)),
        }
    }
}

/// `250_000_000`: a long number as it is written in files.
fn grouped(n: u64) -> String {
    const FEWEST: u64 = 10_000;
    let digits = n.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if n >= FEWEST && at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    grouped
}

/// `10 s`, `5 min`: the largest unit that divides.
fn time(ms: u64) -> String {
    for (unit, name) in [(3_600_000, "h"), (60_000, "min"), (1_000, "s")] {
        if ms >= unit && ms.is_multiple_of(unit) {
            return format!("{} {name}", ms / unit);
        }
    }
    format!("{ms} ms")
}

/// A limit that may be set, with the bounds of what it may be set to.
#[derive(Clone, Copy)]
pub struct Setting {
    /// Its name in files.
    pub key: &'static str,
    /// What it limits.
    pub about: &'static str,
    /// In what it is counted.
    pub unit: Unit,
    /// The least it may be: below it no plugin works.
    pub least: u64,
    /// The most it may be: what the engine, the pool and the host are built for.
    pub most: u64,
    get: fn(&Limits) -> u64,
    set: fn(&mut Limits, u64),
}

impl Setting {
    /// What it is among these.
    #[must_use]
    pub fn get(&self, limits: &Limits) -> u64 {
        (self.get)(limits)
    }

    /// Sets it; the caller has held it against the bounds.
    pub fn set(&self, limits: &mut Limits, value: u64) {
        (self.set)(limits, value);
    }
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, unit, least, most, .. } = self;
        write!(f, "{key}: {} to {}", unit.show(*least), unit.show(*most))
    }
}

/// Whatever the field's width, the bounds of a setting lie within it.
fn wide<T: Copy + TryInto<u64>>(value: T) -> u64 {
    value.try_into().unwrap_or(u64::MAX)
}

fn narrow<T: TryFrom<u64>>(slot: &mut T, value: u64) {
    if let Ok(value) = T::try_from(value) {
        *slot = value;
    }
}

macro_rules! setting {
    ($key:literal, $about:literal, $unit:ident, $least:expr, $most:expr, $($field:ident).+) => {
        Setting {
            key: $key,
            about: $about,
            unit: Unit::$unit,
            least: $least,
            most: $most,
            get: |limits| wide(limits.$($field).+),
            set: |limits, value| narrow(&mut limits.$($field).+, value),
        }
    };
}

/// What may be set of a call. Not the stack, which every thread of the host must have room for.
pub const SETTINGS: [Setting; 16] = [
    // A tenth of what a whole query may burn.
    setting!(
        "fuel",
        "units of work of a call, about one per instruction and per byte copied in bulk",
        Count,
        1,
        20_000_000_000,
        call.fuel
    ),
    setting!(
        "wall_clock",
        "how long a call may last by the clock: a backstop, whose trip is retryable and no part of an answer",
        Milliseconds,
        1,
        300_000,
        wall_clock_ms
    ),
    setting!(
        "memory",
        "linear memory of a call, over all memories",
        Bytes,
        64 << 10,
        ceiling::MEMORY_BYTES as u64,
        call.memory_bytes
    ),
    setting!("memories", "linear memories", Count, 1, ceiling::MEMORIES as u64, call.memories),
    setting!(
        "instances",
        "core instances inside one component",
        Count,
        1,
        ceiling::INSTANCES as u64,
        call.instances
    ),
    setting!("tables", "tables", Count, 1, ceiling::TABLES as u64, call.tables),
    setting!(
        "table_elements",
        "elements over all tables",
        Count,
        1,
        ceiling::TABLE_ELEMENTS as u64,
        call.table_elements
    ),
    setting!("handles", "handles of resources alive at once", Count, 1, 100_000, call.handles),
    setting!(
        "returned",
        "what one call out of the plugin, or one return, hands to the host",
        Bytes,
        1 << 10,
        128 * MIB,
        call.returned_bytes
    ),
    setting!("lines", "line items in an answer", Count, 1, 100_000, call.lines),
    setting!("grounds", "grounds on one line", Count, 1, 4_096, call.grounds),
    setting!("label_chars", "characters of a label or unit", Count, 1, 2_000, call.label_chars),
    setting!(
        "text_chars",
        "characters of any other text: a summary, a refusal, a message from a panic",
        Count,
        80,
        20_000,
        call.text_chars
    ),
    setting!(
        "needs",
        "needs of one kind: facts, params, demands, choices, known obligations",
        Count,
        1,
        4_096,
        call.needs
    ),
    setting!("log_bytes", "log kept of a call; errors have as much again", Bytes, 0, 16 * MIB, log_bytes),
    setting!(
        "log_lines",
        "lines of log kept of a call; errors have as many again",
        Count,
        0,
        100_000,
        log_lines
    ),
];

/// What may be set of the compile child.
pub const COMPILE_SETTINGS: [Setting; 7] = [
    // A larger file is not even read from the folder.
    setting!("wasm", "a plugin file", Bytes, 1 << 10, 64 * MIB, compile.wasm_bytes),
    setting!("artifact", "what it compiles to", Bytes, 64 << 10, 1_024 * MIB, compile.artifact_bytes),
    setting!("schema", "its settings schema", Bytes, 1 << 10, MIB, compile.schema_bytes),
    setting!(
        "schema_nodes",
        "schemas in a settings schema, counted where they are used",
        Count,
        1,
        100_000,
        compile.schema_nodes
    ),
    setting!("memory", "address space of the compiler", Bytes, 256 * MIB, 16_384 * MIB, compile.memory_bytes),
    setting!("cpu", "CPU of the compiler", Seconds, 1, 600, compile.cpu_seconds),
    setting!(
        "wall_clock",
        "how long compiling may last by the clock, however busy the machine is",
        Seconds,
        1,
        3_600,
        compile.wall_seconds
    ),
];

/// `2 GiB`, `64 KiB`, `100 bytes`: the largest unit that divides.
pub(super) fn bytes(n: u64) -> String {
    for (unit, name) in [(1 << 30, "GiB"), (MIB, "MiB"), (1 << 10, "KiB")] {
        if n >= unit && n.is_multiple_of(unit) {
            return format!("{} {name}", n / unit);
        }
    }
    format!("{n} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_lies_within_its_bounds() {
        let limits = Limits::default();
        for setting in SETTINGS.iter().chain(&COMPILE_SETTINGS) {
            let value = setting.get(&limits);
            assert!(setting.least <= value && value <= setting.most, "{setting:?}: {value}");
        }
    }

    #[test]
    fn a_setting_sets_what_it_gets_and_nothing_else() {
        for setting in SETTINGS.iter().chain(&COMPILE_SETTINGS) {
            let mut limits = Limits::default();
            let others = |limits: &Limits| {
                let all = SETTINGS.iter().chain(&COMPILE_SETTINGS);
                all.map(|one| one.get(limits)).filter(|value| *value != setting.most).count()
            };
            let before = others(&limits) + usize::from(setting.get(&limits) == setting.most);
            setting.set(&mut limits, setting.most);
            assert_eq!(setting.get(&limits), setting.most, "{setting:?}");
            assert_eq!(others(&limits) + 1, before, "{setting:?}");
        }
    }

    #[test]
    fn limits_are_said_as_people_write_them() {
        assert_eq!(Unit::Bytes.show(128 << 20), "128 MiB");
        assert_eq!(Unit::Milliseconds.show(10_000), "10 s");
        assert_eq!(Unit::Milliseconds.show(50), "50 ms");
        assert_eq!(Unit::Milliseconds.show(90_000), "90 s");
        assert_eq!(Unit::Seconds.show(600), "10 min");
        assert_eq!(Unit::Count.show(250), "250");
        assert_eq!(Unit::Count.show(4_096), "4096");
        assert_eq!(Unit::Count.show(250_000_000), "250_000_000");
    }

    #[test]
    fn limits_survive_json() {
        let mut limits = PluginLimits::default();
        let hungry = Limits { wall_clock_ms: 1, ..Limits::default() };
        limits.plugins.insert(PluginId::parse("lgpd").unwrap(), hungry);
        let json = serde_json::to_value(&limits).unwrap();
        let back: PluginLimits = serde_json::from_value(json).unwrap();
        assert_eq!(back, limits);
        assert_eq!(back.of("lgpd").wall_clock_ms, 1);
        assert_eq!(back.of("gdpr"), &Limits::default());
    }
}
