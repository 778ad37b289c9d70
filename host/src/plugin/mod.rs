//! Bytes of a WebAssembly file to a callable plugin: a pure function from a case to line items.
//!
//! ```text
//! bytes -> compile (in a child process, cached) -> Artifact -> load -> Plugin -> estimate(case) -> lines
//! ```
//!
//! Knows no rules and no strategies; whoever binds a plugin's needs to them comes from outside. Only
//! this module names wasmtime, wit-component and jsonschema. What it promises:
//!
//! - **bounded**: every call has a fresh instance and [`Limits`] on compute, memory, tables, output
//!   and time. Fuel decides, so that an answer does not depend on load; the wall clock is a backstop
//!   whose trip is retryable and never part of an answer.
//! - **no world**: the only import is a bounded `log`. There is no WASI in the linker at all.
//! - **compiled elsewhere**: neither cranelift nor wit-component runs in the serving process.
//! - **checked**: what a plugin returns is refused unless it is what the contract says.

mod bindings;
mod cache;
mod call;
mod child;
pub mod compile;
mod contract;
mod counts;
mod description;
mod engine;
mod error;
mod functions;
mod inspect;
mod limits;
mod load;
mod reach;
mod settings;
mod store;
mod text;
mod warm;

#[cfg(test)]
pub(crate) mod guests;
#[cfg(test)]
pub(crate) mod tests;

pub use self::{
    call::{Cadence, Case, CaseObligation, CaseValue, Estimate, Ground, Line, Quantity, Used},
    compile::{Artifact, Compiler},
    counts::{Called, Counts},
    description::{ChoiceNeed, Description, Need, id_of_file},
    engine::Engine,
    error::{CacheError, CallError, EngineError, Failure, Refusal},
    inspect::{CustomSection, FileKind, Inspected, Interface, Producer, inspect},
    limits::{COMPILE_SETTINGS, CallLimits, CompileLimits, Limits, PluginLimits, SETTINGS, Setting, Unit},
    load::{Plugin, load},
    reach::{Outside, Reach, reached},
    settings::{Format, SettingsProblem},
    warm::Warm,
};
