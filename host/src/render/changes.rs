//! What changed in a host: a line for each change, with its problems under it.

use super::{BOLD, escape::terminal, short};
use crate::protocol::{Change, ChangeKind, ItemState, NewToken, Problem};

/// A change as it comes.
#[must_use]
pub fn change(change: &Change) -> String {
    let file = change.file.as_deref().map_or_else(|| "everything".to_owned(), terminal);
    let what = match change.kind {
        ChangeKind::Generation => generation(change),
        ChangeKind::File => format!("{BOLD}{file}{BOLD:#} {}", became(change)),
        ChangeKind::RolledBack => {
            format!("everything is held at generation {}", change.number.unwrap_or_default())
        }
        ChangeKind::Pinned => format!("{BOLD}{file}{BOLD:#} is pinned"),
        ChangeKind::Unpinned => format!("{BOLD}{file}{BOLD:#} is unpinned"),
    };
    let problems: String = change.problems.iter().map(problem).collect();
    format!("{}  {what}\n{problems}", terminal(&change.at))
}

fn generation(change: &Change) -> String {
    let digest = change.generation.as_deref().map(short).unwrap_or_default();
    let number = change.number.unwrap_or_default();
    let cause = change.cause.as_deref().map(|cause| format!(": {}", terminal(cause))).unwrap_or_default();
    format!("{BOLD}generation {number}{BOLD:#} ({digest}) is served{cause}")
}

/// A file that is live both before and after has other contents.
fn became(change: &Change) -> String {
    match (change.was, change.state) {
        (_, None) => "is gone".to_owned(),
        (None, Some(state)) => format!("is new: {}", said(state)),
        (Some(was), Some(state)) if was == state => format!("changed: {}", said(state)),
        (Some(was), Some(state)) => format!("was {}: {}", said(was), said(state)),
    }
}

/// What a state means, in words.
pub(super) const fn said(state: ItemState) -> &'static str {
    match state {
        ItemState::Live => "live",
        ItemState::LastGood => "served from last good",
        ItemState::Waiting => "waiting",
        ItemState::Pinned => "pinned",
        ItemState::Refused => "refused",
        ItemState::Unavailable => "unavailable",
    }
}

fn problem(problem: &Problem) -> String {
    let at = problem.at.as_deref().map(|at| format!(" at {}", terminal(at))).unwrap_or_default();
    let help = problem.help.as_deref().map(|help| format!("\n      help: {}", terminal(help)));
    format!("    because {}{at}{}\n", terminal(&problem.message), help.unwrap_or_default())
}

/// What to do with a token that was just made.
#[must_use]
pub fn new_token(token: &NewToken) -> String {
    let NewToken { name, may, hash, .. } = token;
    format!(
        "\nKeep the line above: nobody can show it again. This one goes under `tokens:` in landfall.yaml:\n  - \
         {{name: {name}, may: {may}, hash: \"{hash}\"}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diagnostic::Severity, fixture};

    #[test]
    fn a_change_says_what_became_of_it_and_why() {
        let text: String = fixture::events().events.iter().map(change).collect();
        insta::assert_snapshot!(anstream::adapter::strip_str(&text), @r"
        2026-11-23T08:00:00Z  generation 7 (aaaaaaaaaaaa) is served: br.yaml changed
        2026-11-23T08:00:01Z  br.yaml was live: served from last good
            because unknown key `tittle` at br.yaml:2:1
              help: did you mean `title`?
        ");
        let gone = Change { state: None, problems: vec![], ..fixture::events().events[1].clone() };
        assert!(change(&gone).ends_with(" is gone\n"), "{}", change(&gone));
        let held = Change { kind: ChangeKind::RolledBack, number: Some(3), ..gone };
        assert!(change(&held).contains("held at generation 3"));
    }

    #[test]
    fn what_a_file_says_is_escaped() {
        let evil = Problem {
            at: None,
            message: "\u{1b}[31mred".to_owned(),
            help: None,
            severity: Severity::Error,
            place: None,
        };
        assert!(!problem(&evil).contains('\u{1b}'));
    }
}
