//! Text for people and files: the only place that writes to stdout and stderr.
//!
//! Each function turns what the protocol carries into text; [`data`] and [`note`] put it out. Computes
//! nothing but sums of what it shows. Strings from rules and plugins are escaped for the output they
//! go to (`escape`); colours come out on a terminal only, and `NO_COLOR` is honoured.

mod audit;
mod authors;
mod built;
mod cases;
mod changes;
mod chart;
mod csv;
mod diagnostics;
mod diff;
mod escape;
mod explain;
mod facts;
mod github;
mod grid;
mod markdown;
mod notes;
mod number;
mod query;
mod rebuilt;
mod rows;
mod stale;
mod status;
mod sweep;
mod tested;
mod timeline;
mod tornado;
mod tree;

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anstyle::Style;

pub use self::{
    audit::{audit_list, audit_verified, bundle_verified, bundled, exported, not_recorded, pruned, replayed},
    authors::{benched, checked, inspection},
    built::built,
    cases::{cases, cases_junit},
    changes::{change, new_token},
    chart::timeline_svg,
    csv::query_csv,
    diagnostics::diagnostics,
    diff::{diff, diff_markdown, event},
    explain::{explain, explain_markdown},
    facts::facts,
    github::github,
    markdown::query_markdown,
    query::query,
    rebuilt::{build_failed, building, rebuilt},
    stale::stale,
    status::{generations, reloaded, status},
    sweep::{
        SWEEP_CSV, SWEEP_JSON_LINES, SWEEP_PROGRESS_END, sweep, sweep_csv, sweep_markdown, sweep_progress,
    },
    tested::{coverage, junit, tested},
    timeline::{timeline, timeline_csv},
    tornado::sweep_svg,
};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Writes what was asked for to stdout; styles are left out unless it is a terminal.
///
/// # Errors
/// Stdout is closed or full.
pub fn data(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Text for a file: without styles.
#[must_use]
pub fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Writes what programs read to stdout, byte for byte.
///
/// # Errors
/// Stdout is closed or full.
pub fn raw(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Writes what is said about the run to stderr. Where stderr is gone there is nobody left to tell.
pub fn note(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// How long something took, to three digits or so: `114 ms`, `62.0 s`.
#[must_use]
pub fn took(time: Duration) -> String {
    let milliseconds = time.as_millis();
    match milliseconds {
        0..10_000 => format!("{milliseconds} ms"),
        _ => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
    }
}

/// What is done now, for a terminal.
#[must_use]
pub fn step(step: &str) -> String {
    format!("{DIM}{}{DIM:#}\n", escape::terminal(step))
}

/// JSON for programs: two spaces, one newline at the end.
///
/// # Errors
/// None of our types allows one.
pub fn json(value: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(value).map(|text| text + "\n")
}

/// JSON for programs that read a stream: one line.
///
/// # Errors
/// None of our types allows one.
pub fn json_line(value: &impl serde::Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string(value).map(|text| text + "\n")
}

/// A number of things: `1 line`, `2 lines`.
fn count(n: usize, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

/// That an answer is one of what if.
fn what_if(answer: &crate::protocol::Answer) -> String {
    match answer.scenarios.is_empty() {
        true => String::new(),
        false => format!(", what if: {}", answer.scenarios.join(", ")),
    }
}

/// The first twelve digits of a digest: enough to tell two apart by eye.
fn short(digest: &str) -> String {
    digest.strip_prefix("blake3:").unwrap_or(digest).chars().take(12).map(crate::source::printable).collect()
}
