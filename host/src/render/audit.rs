//! The audit log, what was found in it, and what came of an answer that was computed again.

use serde_json::Value;

use super::{BOLD, DIM, count, escape::terminal, rows::rows, short};
use crate::protocol::{
    AuditPruned, AuditRow, AuditTail, AuditVerified, Bundle, BundleVerified, Comparison, Difference, Replayed,
};

/// A line for each row.
#[must_use]
pub fn audit_list(list: &[AuditRow]) -> String {
    if list.is_empty() {
        return "no such rows\n".to_owned();
    }
    let header = ["row", "at", "kind", "what"].map(str::to_owned).to_vec();
    let line = |row: &AuditRow| {
        let said: Value = serde_json::from_str(&row.body).unwrap_or_default();
        vec![row.seq.to_string(), terminal(&row.at), terminal(&row.kind), what(&row.kind, &said)]
    };
    rows(&[], Some(header), list.iter().map(line).collect())
}

/// What a row says, in a line; of a kind that is not known here, all of it.
fn what(kind: &str, said: &Value) -> String {
    let text = |key: &str| said.get(key).map(plain).unwrap_or_default();
    let digest = |key: &str| short(&text(key));
    match kind {
        "answered" => answered(said),
        "accepted" => format!("generation {} ({}): {}", text("number"), digest("generation"), text("cause")),
        "refused" => {
            let at = if text("at").is_empty() { text("file") } else { text("at") };
            format!("{at}: {}", text("message"))
        }
        "rolled_back" => format!("to {}, as generation {}", text("to"), text("number")),
        "pinned" => format!("{} at {}", text("file"), digest("digest")),
        "started" => {
            format!("landfall {}, semantics {}, process {}", text("version"), text("semantics"), text("pid"))
        }
        "gap" => format!("the host before ended without a word after row {}", text("last")),
        "lost" => format!("{} of which no row says anything", text("n")),
        "anchor" => {
            format!("{} rows up to row {} were exported and taken out", text("rows"), text("through"))
        }
        _ => {
            let fields = said.as_object().into_iter().flatten();
            let fields: Vec<String> = fields.map(|(key, value)| format!("{key} {}", plain(value))).collect();
            terminal(&fields.join(", "))
        }
    }
}

fn answered(said: &Value) -> String {
    let text = |path: &str| said.pointer(path).map(plain).unwrap_or_default();
    let mut parts = vec![
        format!("{} {}", text("/verb"), text("/request/name")),
        format!("generation {}", text("/number")),
        format!("receipt {}", short(&text("/receipt"))),
        text("/caller"),
    ];
    if said.get("count").and_then(Value::as_u64).is_some_and(|count| count > 1) {
        parts.push(format!("{} times", text("/count")));
    }
    if !text("/label").is_empty() {
        parts.push(format!("\"{}\"", text("/label")));
    }
    parts.join(", ")
}

/// A value in a line: what a row says may come from anybody.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => terminal(text),
        other => terminal(&other.to_string()),
    }
}

/// The verdict on a log or an export.
#[must_use]
pub fn audit_verified(verified: &AuditVerified) -> String {
    let verdict = match verified.holds {
        true => "nothing was changed, removed, inserted or moved",
        false => "the log is not what it was",
    };
    let mut text = format!("{BOLD}{}: {verdict}{BOLD:#}\n", count(number(verified.rows), "row"));
    for fault in &verified.faults {
        text.push_str(&format!("  {}\n", terminal(&fault.message)));
    }
    if verified.more > 0 {
        text.push_str(&format!("  and {} more\n", verified.more));
    }
    if verified.contents > 0 {
        text.push_str(&format!(
            "{} of strategies and answers read\n",
            count(number(verified.contents), "text")
        ));
    }
    if let Some(after) = &verified.after {
        let why = match verified.anchored {
            true => "what came before was exported and taken out, and a row says so",
            false => "nothing here says what came before: its export must end with that row",
        };
        text.push_str(&format!("begins after {}: {why}\n", terminal(after)));
    }
    if let Some(head) = &verified.head {
        text.push_str(&format!("head {}\n", terminal(head)));
    }
    text.push_str(tail(verified.tail));
    text
}

const fn tail(tail: AuditTail) -> &'static str {
    match tail {
        AuditTail::Unproven => {
            "the tail is unproven: give a head that was kept elsewhere with --head, or rows may have been cut off\n"
        }
        AuditTail::Proven => "the tail is proven: the row of the head is there\n",
        AuditTail::Before => {
            "the tail is unproven: the row of the head was exported and taken out; verify the export with it\n"
        }
        AuditTail::Broken => "the row of the head is not there\n",
    }
}

/// What came of an answer that was computed again.
#[must_use]
pub fn replayed(replayed: &Replayed) -> String {
    let said: Value = serde_json::from_str(&replayed.row.body).unwrap_or_default();
    let mut text =
        format!("row {} of {}: {}\n", replayed.row.seq, terminal(&replayed.row.at), answered(&said));
    let (was, is) = (replayed.semantics.was, replayed.semantics.is);
    if was != is {
        text.push_str(&format!(
            "answered under semantics {was}; this version computes under semantics {is}, so it is no replay\n"
        ));
    }
    match (replayed.same, replayed.differences.is_empty()) {
        (true, _) => text.push_str(&format!("{BOLD}the same, byte for byte{BOLD:#}\n")),
        (false, true) => text.push_str("the answer is the same all the same\n"),
        (false, false) => {
            let differences = count(replayed.differences.len() + number(replayed.more), "difference");
            text.push_str(&format!("{BOLD}not the same: {differences}{BOLD:#}\n"));
            text.push_str(&rows(&[], None, replayed.differences.iter().map(difference).collect()));
            if replayed.more > 0 {
                text.push_str(&format!("  and {} more\n", replayed.more));
            }
        }
    }
    if let Some(diff) = &replayed.diff {
        let comparison =
            Comparison { changed: diff.changed, rules: Vec::new(), strategies: vec![diff.clone()] };
        text.push('\n');
        text.push_str(&super::diff(&comparison));
    }
    text
}

fn difference(difference: &Difference) -> Vec<String> {
    let said =
        |value: &Option<String>| value.as_deref().map_or_else(|| format!("{DIM}nothing{DIM:#}"), terminal);
    let path = if difference.path.is_empty() { "all of it" } else { difference.path.as_str() };
    vec![terminal(path), format!("was {}", said(&difference.was)), format!("is {}", said(&difference.is))]
}

/// The verdict on a bundle.
#[must_use]
pub fn bundle_verified(verified: &BundleVerified) -> String {
    let mut text = String::new();
    for fault in &verified.faults {
        text.push_str(&format!("{BOLD}{}{BOLD:#}\n", terminal(fault)));
    }
    if let Some(again) = &verified.replayed {
        text.push_str(&replayed(again));
    }
    if let Some(head) = &verified.head {
        text.push_str(&format!("leads to the head {}\n", terminal(head)));
    }
    text.push_str(match verified.tail {
        AuditTail::Unproven => {
            "whether that is the log of its host is unproven: give a head that was kept elsewhere with --head\n"
        }
        AuditTail::Proven => "the head that was kept elsewhere proves it\n",
        AuditTail::Before | AuditTail::Broken => "the head that was kept elsewhere does not prove it\n",
    });
    text
}

/// That an answer is in no log.
#[must_use]
pub fn not_recorded(why: &str) -> String {
    format!("warning: this answer is not in the audit log: {}\n", terminal(why))
}

/// That an export was written.
#[must_use]
pub fn exported(rows: u64, path: &str) -> String {
    format!("{} written to {}\n", count(number(rows), "row"), terminal(path))
}

/// That a bundle was written.
#[must_use]
pub fn bundled(bundle: &Bundle, path: &str) -> String {
    let (row, head) = (bundle.row.seq, terminal(&bundle.head));
    format!("row {row} written to {}; it leads to the head {head}\n", terminal(path))
}

/// What was taken out of the log.
#[must_use]
pub fn pruned(pruned: &AuditPruned) -> String {
    let labelled = match pruned.labelled {
        0 => String::new(),
        n => format!(", {} among them", count(number(n), "labelled answer")),
    };
    format!("{} taken out of the log{labelled}\n", count(number(pruned.rows), "row"))
}

fn number(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
