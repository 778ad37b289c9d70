//! Direction inside the host: who may know whom. A row may name rows above it only, so there are no cycles.

use std::collections::BTreeSet;

use crate::{none, sources};

/// What knows nothing of ours but itself.
const VOCABULARY: &[&str] = &["id", "money", "value", "source", "diagnostic"];

/// Each module with what it may use beside the vocabulary.
const ORDER: &[(&str, &[&str])] = &[
    // Text to a rule book; knows no wasm.
    ("rules/yaml", &[]),
    ("rules/vocabulary", &[]),
    ("rules/fx", &[]),
    ("rules/expression", &["rules/vocabulary", "rules/yaml"]),
    ("rules/schema", &["rules/yaml", "rules/vocabulary", "rules/fx", "rules/expression"]),
    ("rules/book", &["rules/vocabulary", "rules/fx", "rules/expression", "rules/schema"]),
    (
        "rules/check",
        &["rules/yaml", "rules/vocabulary", "rules/fx", "rules/expression", "rules/schema", "rules/book"],
    ),
    // Bytes to a callable plugin; knows no rules.
    ("plugin", &[]),
    ("logging", &[]),
    // Who may put what into the folders, and whatever else the operator decides.
    ("trust", &["rules/yaml"]),
    ("config", &["rules/yaml", "rules/schema", "plugin", "trust", "logging"]),
    // Where the two meet, and pure functions of that.
    ("generation", &["rules", "plugin"]),
    ("strategy", &["rules", "generation"]),
    // The same files as JSON Schema.
    ("shape", &["rules", "plugin", "generation", "config"]),
    ("evaluate", &["rules", "plugin", "generation", "strategy"]),
    ("objective", &["evaluate"]),
    ("rule_test", &["rules", "plugin", "generation", "strategy", "evaluate"]),
    // A table to rule files.
    ("places", &[]),
    ("import", &["places", "rules/yaml"]),
    // Something to start from.
    ("scaffold", &["places", "rules/yaml"]),
    // Counting, and what a metric is.
    ("metrics", &[]),
    // What happened, as a chain; and everything that outlives the process.
    ("audit", &[]),
    ("history", &["audit"]),
    // Writes what was answered, on a thread of its own.
    ("recorder", &["audit", "history"]),
    // From disk to a published generation.
    (
        "reload",
        &[
            "rules",
            "plugin",
            "generation",
            "rule_test",
            "audit",
            "history",
            "trust",
            "config",
            "logging",
            "metrics",
        ],
    ),
    ("watch", &["reload"]),
    // The wire, and its two ends.
    ("address", &[]),
    ("state", &[]),
    ("git", &[]),
    ("files", &[]),
    ("protocol", &["rules", "plugin", "evaluate", "objective", "audit"]),
    // Pure functions of answers and of what files say.
    ("diff", &["protocol", "rules/yaml"]),
    // Many answers of one generation.
    ("timeline", &["generation", "strategy", "evaluate", "protocol", "diff"]),
    ("sweep", &["generation", "strategy", "evaluate", "plugin", "protocol"]),
    // What a strategy leaves open, and its file with that in comments.
    ("facts", &["rules", "generation", "strategy", "evaluate", "protocol"]),
    ("fill", &["rules/yaml", "protocol"]),
    // What the owners of rules should look at.
    ("stale", &["rules", "generation", "protocol"]),
    // The tests of a rule book, for whoever asks.
    ("trial", &["generation", "reload", "rule_test", "protocol"]),
    ("server", &["address", "state", "protocol", "config", "metrics"]),
    ("client", &["address", "protocol"]),
    ("render", &["protocol"]),
    // What authors of plugins work with.
    ("kit", &["rules", "plugin", "generation", "protocol", "diff", "scaffold", "files", "state", "trust"]),
    // Both halves together, and the command line.
    (
        "host",
        &[
            "rules",
            "plugin",
            "generation",
            "strategy",
            "evaluate",
            "objective",
            "reload",
            "watch",
            "metrics",
            "protocol",
            "timeline",
            "sweep",
            "facts",
            "server",
            "audit",
            "history",
            "recorder",
            // What is other in an answer that was computed again.
            "diff",
        ],
    ),
    ("failure", &["protocol", "client", "server", "state", "files", "kit"]),
    ("exit_code", &["protocol", "client", "failure", "kit"]),
    (
        "cli",
        &[
            "address",
            "state",
            "files",
            "fill",
            "import",
            "scaffold",
            "kit",
            "shape",
            "protocol",
            "server",
            "client",
            "render",
            "host",
            "logging",
            "config",
            "failure",
            "exit_code",
            "stale",
            "trial",
            "plugin",
            "generation",
            "audit",
            "history",
            "recorder",
            "reload",
            "watch",
            "diff",
            "git",
            // How the work is done: threads, where samples go, whether to stop.
            "sweep",
            // The one door for YAML, which `query` writes too.
            "rules/yaml",
        ],
    ),
];

/// The row a path or a file belongs to: the longest that fits.
fn row(segments: &[&str]) -> Option<String> {
    let two = segments.get(..2).map(|two| two.join("/"));
    let known = |name: &String| ORDER.iter().any(|(row, _)| row == name);
    two.filter(known).or_else(|| segments.first().map(|first| (*first).to_owned()))
}

fn row_of_file(path: &str) -> Option<String> {
    let segments: Vec<&str> =
        path.strip_suffix(".rs")?.split('/').filter(|segment| *segment != "mod").collect();
    // The crate's own roots, and `rules/mod.rs`, only list modules.
    (!matches!(segments.as_slice(), ["lib" | "main" | "rules"])).then(|| row(&segments))?
}

#[test]
fn a_row_names_rows_above_it() {
    for (at, (name, uses)) in ORDER.iter().enumerate() {
        for used in *uses {
            let above =
                ORDER[..at].iter().any(|(row, _)| row == used || row.starts_with(&format!("{used}/")));
            assert!(above, "`{name}` may use `{used}`, which is not above it");
        }
    }
}

#[test]
fn modules_know_only_what_is_above_them() {
    let mut findings = BTreeSet::new();
    for source in sources::host() {
        let Some(from) = row_of_file(&source.path) else { continue };
        let allowed = ORDER.iter().find(|(row, _)| *row == from).map(|(_, uses)| *uses);
        let vocabulary = VOCABULARY.contains(&from.as_str());
        if allowed.is_none() && !vocabulary {
            findings.insert(format!("{} belongs to no row of the order", source.path));
            continue;
        }
        for path in source.paths().iter().filter(|path| path[0] == "crate" && path.len() > 1) {
            let Some(to) = row(&path[1..]) else { continue };
            let uses = allowed.unwrap_or_default();
            let known = uses.iter().any(|used| to == *used || to.starts_with(&format!("{used}/")));
            if to != from && !VOCABULARY.contains(&to.as_str()) && !known {
                findings.insert(format!(
                    "{} uses {}: `{from}` may not know `{to}`",
                    source.path,
                    path.join("::")
                ));
            }
        }
    }
    none("dependencies point one way", &findings.into_iter().collect::<Vec<_>>());
}
