//! What owners of rules should look at, file by file.

use super::{BOLD, DIM, count, escape::terminal, rows::rows};
use crate::protocol::{Stale, StaleFile, StaleKind};

/// A row for each finding, under its file and who looks after it, and how many there are of each kind.
#[must_use]
pub fn stale(stale: &Stale) -> String {
    let window = match &stale.until {
        until if *until == stale.as_of => String::new(),
        until => format!(", looking ahead to {}", terminal(until)),
    };
    if stale.files.is_empty() {
        return format!("nothing to look at as of {}{window}\n", terminal(&stale.as_of));
    }
    let files: String = stale.files.iter().map(file).collect();
    format!("as of {}{window}\n\n{files}{}", terminal(&stale.as_of), summary(stale))
}

fn file(file: &StaleFile) -> String {
    let owner = file.owner.as_deref().map(|owner| format!(", {DIM}owned by {}{DIM:#}", terminal(owner)));
    let findings = file.findings.iter().map(|found| {
        let id = found.id.as_deref().map(terminal).unwrap_or_default();
        vec![terminal(&found.at), words(found.kind), id, terminal(&found.what)]
    });
    format!(
        "{BOLD}{}{BOLD:#}: {}{}\n{}\n",
        terminal(&file.file),
        count(file.findings.len(), "finding"),
        owner.unwrap_or_default(),
        rows(&[], None, findings.collect())
    )
}

fn summary(stale: &Stale) -> String {
    let counts: Vec<String> = stale.counts.iter().map(|(kind, n)| format!("{n} {}", words(*kind))).collect();
    let all: usize = stale.counts.values().sum();
    format!("{} in {}: {}\n", count(all, "finding"), count(stale.files.len(), "file"), counts.join(", "))
}

/// The name of a kind, as people read it.
fn words(kind: StaleKind) -> String {
    kind.as_str().replace('_', " ")
}
