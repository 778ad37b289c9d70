//! Every limit on plugins, with its default, in one place. All are on by default.
//!
//! The numbers are chosen, not derived: generous for a believable plugin (a Python one needs 20 MiB
//! and a few million units of fuel), and small enough that the worst plugin is a nuisance only to
//! the markets that bind it. Each that a plugin can reach has a test that violates it; those of the
//! compile child, being limits of a process, have theirs end to end.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::Digest;

const MIB: u64 = 1 << 20;

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
    /// Calls at once; further ones wait. Also the size of the pool, and so of its address space.
    pub calls_at_once: u32,
    /// Bytes of log kept per call; errors have as many again, so that noise cannot hide a panic.
    pub log_bytes: usize,
    /// Lines of log kept per call; errors have as many again.
    pub log_lines: usize,
}

/// The limits that can change an answer. They enter the digest of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallLimits {
    /// Units of work, about one per instruction and per byte copied in bulk.
    pub fuel: u64,
    /// Bytes of stack.
    pub stack_bytes: usize,
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

/// The limits of the compile child.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
            stack_bytes: 512 << 10,
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
            wall_seconds: 180,
        }
    }
}

impl Limits {
    /// The digest of all of them: an artifact made under other limits is made anew.
    #[must_use]
    pub fn digest(&self) -> Digest {
        digest(self)
    }

    pub(super) fn wall_clock(&self) -> Duration {
        Duration::from_millis(self.wall_clock_ms)
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

/// `2 GiB`, `64 KiB`, `100 bytes`: the largest unit that divides.
pub(super) fn bytes(n: u64) -> String {
    for (unit, name) in [(1 << 30, "GiB"), (MIB, "MiB"), (1 << 10, "KiB")] {
        if n >= unit && n.is_multiple_of(unit) {
            return format!("{} {name}", n / unit);
        }
    }
    format!("{n} bytes")
}
