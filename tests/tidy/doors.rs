//! Each outside world has one door: who may name what.

use crate::{none, sources};

/// A crate, a macro or a type, and the modules that may name it.
const DOORS: &[(&str, &[&str])] = &[
    ("wasmtime", &["plugin"]),
    ("wit_component", &["plugin"]),
    ("wasmparser", &["plugin"]),
    ("rustc_demangle", &["plugin"]),
    ("toml", &["kit"]),
    ("similar", &["kit", "render"]),
    ("jsonschema", &["plugin"]),
    ("saphyr_parser", &["rules/yaml"]),
    ("serde_yaml", &["rules/yaml"]),
    ("cel", &["rules/expression"]),
    ("notify", &["watch"]),
    ("axum", &["server"]),
    ("hyper", &["server", "client"]),
    ("arc_swap", &["reload"]),
    ("annotate_snippets", &["render"]),
    ("comfy_table", &["render"]),
    ("clap", &["cli", "logging"]),
    ("num_bigint", &["money"]),
    ("encoding_rs", &["import"]),
    ("rusqlite", &["history"]),
    ("flate2", &["history"]),
    ("minisign_verify", &["trust"]),
    ("prometheus_client", &["metrics"]),
    ("tokio_rustls", &["server", "client"]),
];

/// Macros that print; a stub or a forgotten debugging line is none of anybody's.
const MACROS: &[(&str, &[&str])] = &[
    ("print", &["render"]),
    ("println", &["render"]),
    ("eprint", &["render"]),
    ("eprintln", &["render"]),
    ("dbg", &[]),
    ("todo", &[]),
    ("unimplemented", &[]),
];

fn may(path: &str, modules: &[&str]) -> bool {
    modules.iter().any(|module| sources::is_in(path, module))
}

#[test]
fn each_outside_world_has_one_door() {
    let mut findings = Vec::new();
    for source in sources::host() {
        for path in source.paths() {
            let named = DOORS.iter().find(|(name, _)| path[0] == *name && path.len() > 1);
            if let Some((name, modules)) = named
                && !may(&source.path, modules)
            {
                findings.push(format!(
                    "{} names {}; only {modules:?} may name `{name}`",
                    source.path,
                    path.join("::")
                ));
            }
        }
    }
    none("an outside world has one door", &findings);
}

#[test]
fn only_render_prints() {
    let mut findings = Vec::new();
    for source in sources::host() {
        for pair in source.tokens.windows(2) {
            let called = MACROS.iter().find(|(name, _)| pair[0] == *name && pair[1] == "!");
            if let Some((name, modules)) = called
                && !may(&source.path, modules)
            {
                findings.push(format!("{} calls {name}!", source.path));
            }
        }
    }
    none("only render prints", &findings);
}

#[test]
fn only_reload_publishes() {
    let mut findings = Vec::new();
    for source in sources::host().iter().filter(|source| !may(&source.path, &["reload"])) {
        for called in source.tokens.windows(3) {
            let writes = ["store", "swap", "rcu", "compare_and_swap"].contains(&called[2].as_str());
            if called[0] == "current" && called[1] == "." && writes {
                findings.push(format!("{} calls current.{}", source.path, called[2]));
            }
        }
    }
    none("only reload publishes", &findings);
}

/// What clients read is `protocol`'s. The others write for themselves: vocabulary as part of it, `plugin` to
/// its compile child, `explain` a part of an answer, `reload` to history.
#[test]
fn only_protocol_serialises_for_clients() {
    const MAY: &[&str] =
        &["protocol", "id", "money", "source", "diagnostic", "plugin", "cli/explain", "reload/manifest"];
    let mut findings = Vec::new();
    for source in sources::host().iter().filter(|source| !may(&source.path, MAY)) {
        let tokens = &source.tokens;
        let derives = tokens.iter().enumerate().filter(|(_, token)| *token == "derive").any(|(at, _)| {
            tokens[at..].iter().take_while(|token| *token != "]").any(|token| token == "Serialize")
        });
        if derives {
            findings.push(format!("{} derives Serialize", source.path));
        }
    }
    none("only protocol serialises for clients", &findings);
}

/// Costs are exact: binary floating point is not even named. But for `metrics`: Prometheus has its seconds in it, and
/// no amount of money comes there (it depends on nothing of ours).
#[test]
fn no_floating_point() {
    let mut findings = Vec::new();
    for source in sources::host().iter().filter(|source| !may(&source.path, &["metrics"])) {
        findings.extend(
            source
                .tokens
                .iter()
                .filter(|token| matches!(token.as_str(), "f32" | "f64"))
                .map(|token| format!("{} names {token}", source.path)),
        );
    }
    none("no binary floating point", &findings);
}

/// What an answer is computed from is what it is given: these modules reach no file, no clock, no environment
/// and no other process.
#[test]
fn answers_come_from_nowhere_else() {
    const PURE: &[&str] = &[
        "id",
        "money",
        "value",
        "source",
        "diagnostic",
        "rules",
        "generation",
        "strategy",
        "evaluate",
        "objective",
        "diff",
    ];
    const OUTSIDE: &[&str] = &["fs", "net", "process", "env", "time", "thread"];
    /// Which thread works out a part changes nothing: what comes back is in the order of the parts.
    const THREADS: &[&str] = &["evaluate/parallel.rs"];
    const WORDS: &[&str] = &["SystemTime", "Instant", "now", "stdin", "stdout", "stderr"];
    let mut findings = Vec::new();
    for source in sources::host().iter().filter(|source| may(&source.path, PURE)) {
        for path in source.paths() {
            let outside = path[0] == "std" && path.get(1).is_some_and(|part| OUTSIDE.contains(part));
            let outside = outside && !(path[1] == "thread" && THREADS.contains(&source.path.as_str()));
            if outside || path.iter().any(|part| WORDS.contains(part)) {
                findings.push(format!("{} names {}", source.path, path.join("::")));
            }
        }
    }
    none("an answer comes from its generation and its strategy alone", &findings);
}
