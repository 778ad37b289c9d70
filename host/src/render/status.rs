//! What becomes of every file.

use super::{
    BOLD,
    escape::terminal,
    rows::{Lean, rows},
    short,
};
use crate::{
    diagnostic::Diagnostic,
    protocol::{GenerationRow, GenerationsResponse, Item, ItemKind, ItemState, Problem, StatusResponse},
};

/// The generation, a row per file, and each problem with its source line.
#[must_use]
pub fn status(status: &StatusResponse) -> String {
    let signed = status.items.iter().any(|item| item.signed_by.is_some());
    let items = status.items.iter().map(|item| row(item, signed)).collect();
    let mut header = ["file", "kind", "state", "digest", "since"].map(str::to_owned).to_vec();
    header.extend(signed.then(|| "signed by".to_owned()));
    let mut text = format!("{BOLD}{}{BOLD:#}\n", generation(status));
    for line in held_and_not_kept(status) {
        text.push_str(&format!("{line}\n"));
    }
    text.push_str(&format!("\n{}", rows(&[], Some(header), items)));
    let problems: Vec<Diagnostic> = status
        .items
        .iter()
        .flat_map(|item| item.problems.iter().map(|problem| diagnostic(item, problem)))
        .collect();
    if !problems.is_empty() {
        text.push('\n');
        text.push_str(&super::diagnostics(&problems));
    }
    text
}

/// What somebody who looks at a host must not miss.
fn held_and_not_kept(status: &StatusResponse) -> Vec<String> {
    let held = status
        .rolled_back_to
        .map(|number| format!("every file is held at generation {number}, until `landfall unpin`"));
    let not_kept = status.not_kept.iter().map(|not| {
        format!("{} is not kept since {}: {}", terminal(&not.what), terminal(&not.since), terminal(&not.why))
    });
    held.into_iter().chain(not_kept).collect()
}

/// Every generation, a row each.
#[must_use]
pub fn generations(generations: &GenerationsResponse) -> String {
    let row = |row: &GenerationRow| {
        vec![
            row.number.to_string(),
            short(&row.generation),
            terminal(&row.at),
            if row.served { "served".to_owned() } else { String::new() },
            terminal(&row.cause),
        ]
    };
    let header = ["number", "generation", "accepted", "", "cause"].map(str::to_owned).to_vec();
    rows(&[Lean::Right], Some(header), generations.generations.iter().map(row).collect())
}

/// One line about a reload: what is served now, and whether that is what is on disk; and one for each item
/// that is not live, with the first reason.
#[must_use]
pub fn reloaded(status: &StatusResponse) -> String {
    let others: Vec<String> =
        status.items.iter().filter(|item| is_news(status, item)).map(not_live).collect();
    let rest = match others.len() {
        _ if status.rolled_back_to.is_some() => held_and_not_kept(status).join("; "),
        0 => "everything on disk is live".to_owned(),
        n => format!("{} not live:", super::count(n, "item")),
    };
    format!("{}; {rest}\n{}", generation(status), others.concat())
}

/// After a rollback every file is held; what is news is what waits.
fn is_news(status: &StatusResponse, item: &Item) -> bool {
    item.state != ItemState::Live && (status.rolled_back_to.is_none() || !item.problems.is_empty())
}

fn not_live(item: &Item) -> String {
    let (file, state) = (terminal(&item.file), item.state.as_str());
    let Some(problem) = item.problems.first() else { return format!("  {file} {state}\n") };
    let at = match problem.at.as_deref().map(terminal) {
        Some(at) if at != file => format!("{at}: "),
        _ => String::new(),
    };
    format!("  {file} {state}: {at}{}\n", terminal(&problem.message))
}

fn generation(status: &StatusResponse) -> String {
    match &status.generation {
        Some(generation) => format!("generation {} ({})", status.number, short(generation)),
        None => "no generation is served yet".to_owned(),
    }
}

fn row(item: &Item, signed: bool) -> Vec<String> {
    let kind = match item.kind {
        ItemKind::Config => "config",
        ItemKind::Base => "base",
        ItemKind::Jurisdiction => "jurisdiction",
        ItemKind::Plugin => "plugin",
        ItemKind::Stray => "stray",
    };
    let mut row = vec![
        terminal(&item.file),
        kind.to_owned(),
        item.state.as_str().to_owned(),
        item.digest.as_deref().map(short).unwrap_or_default(),
        item.since.as_deref().map(terminal).unwrap_or_default(),
    ];
    row.extend(signed.then(|| item.signed_by.as_deref().map(terminal).unwrap_or_default()));
    row
}

fn diagnostic(item: &Item, problem: &Problem) -> Diagnostic {
    Diagnostic {
        severity: problem.severity,
        message: problem.message.clone(),
        help: problem.help.clone(),
        file: Some(problem.at.clone().unwrap_or_else(|| item.file.clone())),
        place: problem.place.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn status_names_every_file_and_why_it_is_not_live() {
        insta::assert_snapshot!(anstream::adapter::strip_str(&status(&fixture::status())), @r#"
generation 7 (aaaaaaaaaaaa)

  file        kind          state      digest        since
  facts.yaml  base          live       bbbbbbbbbbbb  2026-11-23T08:00:00Z
  br.yaml     jurisdiction  last_good  bbbbbbbbbbbb  2026-11-23T08:00:00Z
  lgpd.wasm   plugin        live       bbbbbbbbbbbb  2026-11-23T08:00:00Z

error: unknown key `tittle`
 --> br.yaml:2:1
  |
2 | tittle: Brazil
  | ^^^^^^
  |
  = help: did you mean `title`?

1 error in 1 file
"#);
        let mut signed = fixture::status();
        signed.items[1].signed_by = Some("latam".to_owned());
        let shown = anstream::adapter::strip_str(&status(&signed)).to_string();
        assert!(shown.contains("since                 signed by\n"), "{shown}");
        assert!(shown.contains("2026-11-23T08:00:00Z  latam\n"), "{shown}");
        assert_eq!(
            reloaded(&fixture::status()),
            "generation 7 (aaaaaaaaaaaa); 1 item not live:\n  br.yaml last_good: br.yaml:2:1: unknown key `tittle`\n"
        );
    }
}
