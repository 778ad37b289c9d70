//! Keeps the house tidy: reads the sources and checks what ARCHITECTURE.md states as absences.
//!
//! Fast, and needs nothing built. It knows names and not types: a rule here is one that names can tell.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod doors;
mod heads;
mod operation;
mod order;
mod quoted;
mod sdk;
mod shown;
mod sources;

/// Fails with every finding, one a line.
#[track_caller]
fn none(what: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{what}:\n  {}", findings.join("\n  "));
}
