//! What can go wrong with a plugin: it is refused ([`Refusal`]) or a call fails ([`CallError`]).
//!
//! Messages say what happened and name the limit; the file a refusal is about is named by the
//! diagnostic around it, plugin and stage of a call by [`CallError`].

use serde::{Deserialize, Serialize};

use super::{
    bindings::{HOST, PACKAGE, VERSION},
    limits::bytes,
};
use crate::{
    diagnostic::Diagnostic,
    id::{PluginId, Stage},
};

/// The engine could not be made: this machine cannot run plugins at all.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Neither with a pool nor without.
    #[error("plugins cannot run here: {0}")]
    Unsupported(String),
    /// The thread that ticks the wall clock could not be started.
    #[error("the thread that watches the clock could not be started: {0}")]
    Ticker(std::io::Error),
}

/// The folder of compiled artifacts cannot be trusted or used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// It could not be made or read.
    #[error("the folder of compiled plugins `{folder}` cannot be used: {error}")]
    Io {
        /// The folder.
        folder: String,
        /// Why.
        error: std::io::Error,
    },
    /// Somebody else could put code into it.
    #[error(
        "the folder of compiled plugins `{folder}` {fault}: code is loaded from it, so it must be private"
    )]
    NotPrivate {
        /// The folder.
        folder: String,
        /// What is wrong with it.
        fault: String,
    },
}

/// Why a file in the plugins folder is not served. Crosses from the compile child as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Larger than a wasm file may be.
    #[error("the file is larger than {}", bytes(*limit))]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
    },
    /// Not WebAssembly at all.
    #[error("this is not a WebAssembly module or component")]
    NotWasm,
    /// A core module that cannot be made a component.
    #[error("the core module cannot be made a component: {message}")]
    NotComponentizable {
        /// What wit-component says.
        message: String,
    },
    /// Does not validate, or uses a proposal that is switched off.
    #[error("the WebAssembly is not valid here: {message}")]
    Invalid {
        /// What wasmtime says.
        message: String,
    },
    /// Imports something else than the log.
    #[error("it imports `{import}`: a plugin may import nothing but `{HOST}`")]
    Import {
        /// The name of the import.
        import: String,
    },
    /// Built for another version of the contract.
    #[error("it is built for `{found}`: this host serves `{PACKAGE}@{VERSION}`")]
    OtherVersion {
        /// By the names that it exports or imports.
        found: String,
        /// Whether a later version than this host's.
        newer: bool,
    },
    /// Built for something else altogether.
    #[error("it is built for another world: it exports `{export}` and no `{PACKAGE}/guest@{VERSION}`")]
    OtherWorld {
        /// What it exports.
        export: String,
    },
    /// A core module without the section that bindings leave behind.
    #[error("the core module does not say which world it is built for: it has no `component-type` section")]
    NoWorld,
    /// Exports no plugin.
    #[error("it does not export `{PACKAGE}/guest@{VERSION}`")]
    NoGuest,
    /// Exports it with other types.
    #[error("its interface is not that of `{PACKAGE}@{VERSION}`: {message}")]
    OtherShape {
        /// What wasmtime says.
        message: String,
    },
    /// `describe` did not return.
    #[error("`describe` {failure}")]
    Describe {
        /// What happened instead.
        failure: String,
    },
    /// `describe` returned something that is no description.
    #[error("{message}")]
    Description {
        /// What is wrong with it.
        message: String,
    },
    /// The compiler needed more memory than it may have.
    #[error("compiling took more than {}", bytes(*limit))]
    CompileMemory {
        /// Bytes allowed.
        limit: u64,
    },
    /// The compiler needed more stack than a process has: types or code nested beyond all measure.
    #[error("compiling took more stack than a process has")]
    CompileStack,
    /// The compiler needed more CPU than it may have.
    #[error("compiling took more than {limit_seconds} s of CPU")]
    CompileCpu {
        /// Seconds allowed.
        limit_seconds: u64,
    },
    /// The compiler took too long by the clock; the machine may have been busy.
    #[error("compiling took more than {limit_seconds} s")]
    CompileTime {
        /// Seconds allowed.
        limit_seconds: u64,
    },
    /// The compiled plugin is larger than what is kept.
    #[error("it compiles to more than {}", bytes(*limit))]
    ArtifactTooLarge {
        /// Bytes allowed.
        limit: u64,
    },
    /// The compile child died of something else.
    #[error("compiling crashed: {how}")]
    Crashed {
        /// How it died and what it said last.
        how: String,
    },
    /// The compile child could not be started, or was ended from outside.
    #[error("compiling could not be finished: {message}")]
    Interrupted {
        /// Why.
        message: String,
    },
    /// The compiled artifact does not load into the serving engine.
    #[error("the compiled plugin does not load: {message}")]
    Artifact {
        /// What wasmtime says.
        message: String,
    },
}

impl Refusal {
    /// Whether the same bytes would be refused again, so that trying again is a waste.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        !matches!(self, Self::CompileTime { .. } | Self::Interrupted { .. } | Self::Artifact { .. })
    }

    /// What the author can do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Import { import } if import.starts_with("wasi") => {
                "`landfall plugin build` leaves WASI out, in every language; cargo does for `wasm32-unknown-unknown`; log with the SDK's `log`"
            }
            Self::Import { import } if import.starts_with("__wbindgen") => {
                "a crate expects JavaScript around it: switch that feature of it off (`js`, `wasmbind`), or do without it"
            }
            Self::Import { .. } => "a case holds all a plugin may know; ask for it in `describe`",
            Self::NoGuest | Self::OtherWorld { .. } => {
                "export a plugin with an SDK's macro or class: `landfall plugin new` writes one that does"
            }
            Self::NoWorld => {
                "build with an SDK, which writes that section, and keep it: `wasm-strip` and `wasm-opt --strip` take it away"
            }
            Self::OtherVersion { newer: true, .. } => {
                "update the host, or build it with the SDK that `landfall plugin new` of this host writes under `vendor/`"
            }
            Self::OtherVersion { newer: false, .. } | Self::OtherShape { .. } => {
                "build it again with the SDK that `landfall plugin new` of this host writes under `vendor/`"
            }
            Self::CompileMemory { .. } | Self::CompileCpu { .. } | Self::ArtifactTooLarge { .. } => {
                "split very large functions; generated code belongs in tables"
            }
            Self::TooLarge { .. } => "leave debug information and unused data out of it",
            Self::NotWasm => "name the `.wasm` file that a build leaves",
            Self::NotComponentizable { .. } => {
                "build it with `landfall plugin build`: a core module must carry the interface it was built for"
            }
            Self::Invalid { .. } => {
                "copy it again if it was cut; else build without the proposals that it names"
            }
            Self::Describe { .. } => {
                "`describe` must return, and say only what is known when the plugin is built"
            }
            Self::CompileStack => "do not nest types and blocks that deep",
            Self::CompileTime { .. } | Self::Interrupted { .. } => {
                "try again: a machine that is busy says nothing of the plugin"
            }
            Self::Crashed { .. } => "build it with another version of its tools",
            Self::Artifact { .. } => "try again, with the program that compiled it",
            Self::Description { .. } => "change what `describe` returns",
        }
    }

    /// As a problem of the file.
    #[must_use]
    pub fn diagnostic(&self, file: &str) -> Diagnostic {
        Diagnostic::error(self.to_string()).in_file(file).help(self.help())
    }
}

/// A call that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("plugin `{plugin}` on stage `{stage}` {failure}")]
pub struct CallError {
    /// Which plugin.
    pub plugin: PluginId,
    /// For which stage it was asked.
    pub stage: Stage,
    /// What happened.
    pub failure: Failure,
}

/// What happened in place of an answer. Each reads on from "plugin `x` on stage `y`".
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Failure {
    /// More work than allowed; the same on every machine.
    #[error("used more than {limit} units of fuel")]
    OutOfFuel {
        /// Units allowed.
        limit: u64,
    },
    /// Too long by the clock: the machine was busy, or the host is too slow. Retryable.
    #[error("took longer than {limit_ms} ms")]
    OutOfTime {
        /// Milliseconds allowed.
        limit_ms: u64,
    },
    /// More memory than allowed.
    #[error("used more than {} of memory", bytes(*limit as u64))]
    OutOfMemory {
        /// Bytes allowed.
        limit: usize,
    },
    /// The machine could not give memory that the limits allow. Retryable.
    #[error("could not be given the memory it may use")]
    HostOutOfMemory,
    /// More table elements than allowed.
    #[error("used more than {limit} table elements")]
    TableTooLarge {
        /// Elements allowed.
        limit: usize,
    },
    /// Recursed too deep.
    #[error("used more than {} of stack", bytes(*limit as u64))]
    StackOverflow {
        /// Bytes allowed.
        limit: usize,
    },
    /// Stopped itself, as a panic does.
    #[error("stopped: {message}")]
    Trapped {
        /// The last error it logged, which is a panic's message, or else the kind of trap.
        message: String,
    },
    /// Returned, or logged at once, too many bytes.
    #[error("returned more than {} at once (an answer has at most {lines} lines)", bytes(*limit as u64))]
    TooMuchData {
        /// Bytes allowed.
        limit: usize,
        /// Lines allowed.
        lines: usize,
    },
    /// More core instances, memories or tables than allowed.
    #[error("has too many parts: {message}")]
    TooManyParts {
        /// What wasmtime says.
        message: String,
    },
    /// Returned bytes that are no value of the contract's types.
    #[error("returned something that is no answer: {message}")]
    Malformed {
        /// What wasmtime says.
        message: String,
    },
    /// Returned too many lines.
    #[error("returned {found} lines: at most {limit} are read")]
    TooManyLines {
        /// How many.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A label or unit that cannot be shown.
    #[error("returned a line whose {what} {fault}")]
    BadText {
        /// `label` or `unit`.
        what: &'static str,
        /// What is wrong with it.
        fault: String,
    },
    /// Not 0 ≤ low ≤ likely ≤ high.
    #[error(
        "returned the line `{label}` whose {what} is not 0 ≤ low ≤ likely ≤ high: {low}, {likely}, {high}"
    )]
    BadSpread {
        /// The line.
        label: String,
        /// `amount` or `price`.
        what: &'static str,
        /// As returned.
        low: crate::money::Amount,
        /// As returned.
        likely: crate::money::Amount,
        /// As returned.
        high: crate::money::Amount,
    },
    /// An index that points at nothing.
    #[error("returned {what} {index} {place}: there are {count}")]
    BadIndex {
        /// `obligation`, `fact`, `param`, `choice` or `demand`.
        what: &'static str,
        /// The index, from 0.
        index: u32,
        /// How many there are.
        count: usize,
        /// `` on the line `x` ``, or where else.
        place: String,
    },
    /// Too many grounds on one line.
    #[error("returned the line `{label}` with {found} grounds: at most {limit} are read")]
    TooManyGrounds {
        /// The line.
        label: String,
        /// How many.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// Count times price is not the amount.
    #[error(
        "returned the line `{label}` whose {member} amount is {amount}, but count times price is {product}"
    )]
    QuantityMismatch {
        /// The line.
        label: String,
        /// `low`, `likely` or `high`.
        member: &'static str,
        /// As returned.
        amount: crate::money::Amount,
        /// What the count and the price make.
        product: String,
    },
    /// Two lines of one obligation with one label, which nobody could tell apart.
    #[error("returned the line `{label}` twice for one obligation")]
    DuplicateLine {
        /// The label.
        label: String,
    },
    /// Needs a fact that nobody gave, though it declared it optional.
    #[error("needs the fact `{name}`")]
    NeedsFact {
        /// As in its description.
        name: String,
    },
    /// Needs a param that has no value in the period, though it declared it optional.
    #[error("needs the param `{name}`")]
    NeedsParam {
        /// As in its description.
        name: String,
    },
    /// Says itself that it cannot answer this case.
    #[error("cannot answer: {reason}")]
    Refused {
        /// In its own words.
        reason: String,
    },
    /// The host panicked on what the plugin did: a fault of ours.
    #[error("made the host fail, which is a fault of landfall: {message}")]
    HostPanicked {
        /// The panic's message.
        message: String,
    },
}

impl CallError {
    /// What happened in one word, for programs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.failure {
            Failure::OutOfFuel { .. } => "out_of_fuel",
            Failure::OutOfTime { .. } => "out_of_time",
            Failure::OutOfMemory { .. } => "out_of_memory",
            Failure::HostOutOfMemory => "host_out_of_memory",
            Failure::TableTooLarge { .. } => "table_too_large",
            Failure::StackOverflow { .. } => "stack_overflow",
            Failure::Trapped { .. } => "trapped",
            Failure::TooMuchData { .. } => "too_much_data",
            Failure::Malformed { .. } => "malformed",
            Failure::TooManyLines { .. } => "too_many_lines",
            Failure::TooManyParts { .. } => "too_many_parts",
            Failure::BadText { .. } => "bad_text",
            Failure::BadSpread { .. } => "bad_spread",
            Failure::BadIndex { .. } => "bad_index",
            Failure::TooManyGrounds { .. } => "too_many_grounds",
            Failure::QuantityMismatch { .. } => "quantity_mismatch",
            Failure::DuplicateLine { .. } => "duplicate_line",
            Failure::NeedsFact { .. } => "needs_fact",
            Failure::NeedsParam { .. } => "needs_param",
            Failure::Refused { .. } => "refused",
            Failure::HostPanicked { .. } => "host_panicked",
        }
    }

    /// Whether the same call may succeed another time; such a failure is no part of an answer.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self.failure, Failure::OutOfTime { .. } | Failure::HostOutOfMemory)
    }
}
