//! Every limit that may be set, set low and violated; and that a limit reaches the one plugin it is meant for.

use std::collections::BTreeSet;

use super::*;

/// How a setting is violated, and what is said then.
struct Violation {
    key: &'static str,
    set: u64,
    guest: fn() -> Guest,
    said: &'static str,
}

fn violation(key: &'static str, set: u64, guest: fn() -> Guest, said: &'static str) -> Violation {
    Violation { key, set, guest, said }
}

fn two_needs() -> Guest {
    let mut guest = Guest::new();
    guest.says.facts.push(("market.revenue", 3, false));
    guest
}

/// Makes handles of a resource of its own without end.
fn handles() -> Guest {
    let wit = WIT.replace("export guest;", "export guest;\n  export things;");
    Guest {
        wit: format!("{wit}\ninterface things {{ resource thing {{ constructor(); }} }}"),
        imports: r#"(import "[export]landfall:stage/things@1.0.0" "[resource-new]thing" (func $new (param i32) (result i32)))"#,
        module:
            r#"(func (export "landfall:stage/things@1.0.0#[constructor]thing") (result i32) i32.const 0)"#
                .to_owned(),
        ..Guest::running("(loop (drop (call $new (i32.const 1))) (br 0))")
    }
}

fn growing_table() -> Guest {
    Guest {
        module: "(table $t 1 funcref)".into(),
        ..Guest::running("(loop (drop (table.grow $t (ref.null func) (i32.const 1000))) (br 0))")
    }
}

fn schema(text: &str) -> Guest {
    Guest { schema: Some(text.to_owned()), ..Guest::new() }
}

/// What is violated when a plugin is called.
fn calls() -> Vec<Violation> {
    let loops = || Guest::running("(loop (br 0))");
    vec![
        violation("fuel", 1_000, loops, "used more than 1000 units of fuel"),
        violation("wall_clock", 50, loops, "took longer than 50 ms"),
        violation(
            "memory",
            1 << 20,
            || Guest::running("(loop (drop (memory.grow (i32.const 1))) (br 0))"),
            "used more than 1 MiB of memory",
        ),
        violation("memories", 0, Guest::new, "has too many parts: memory count too high at 1"),
        violation("instances", 1, Guest::new, "has too many parts: instance count too high at 2"),
        violation("tables", 0, Guest::new, "has too many parts: table count too high at 1"),
        violation("table_elements", 500, growing_table, "used more than 500 table elements"),
        violation("handles", 100, handles, "has too many parts: more than 100 handles at once"),
        violation("returned", 1 << 10, || many_lines(100, 4), "returned more than 1 KiB at once"),
        violation(
            "lines",
            1,
            || Guest::answering(&[TestLine::new("a"), TestLine::new("b")]),
            "returned 2 lines: at most 1 are read",
        ),
        violation(
            "grounds",
            1,
            || line(|line| line.used = vec![[0, 0], [1, 0]]),
            "returned the line `fee` with 2 grounds: at most 1 are read",
        ),
        violation(
            "label_chars",
            2,
            || Guest::answering(&[TestLine::new("fee")]),
            "returned a line whose label is longer than 2 characters",
        ),
        violation("log_bytes", 10, || logging("abcdefghijklmnop", 3, 1), "stopped: abcdefghij…"),
        violation(
            "log_lines",
            0,
            || logging("a panic", 3, 1),
            "stopped: wasm `unreachable` instruction executed",
        ),
    ]
}

/// What is violated when a plugin is described.
fn descriptions() -> Vec<Violation> {
    vec![
        violation("text_chars", 10, Guest::new, "the plugin's summary is longer than 10 characters"),
        violation("needs", 1, two_needs, "the plugin declares 2 facts: at most 1"),
    ]
}

/// What is violated when a plugin is compiled, but for what only a process has.
fn compilations() -> Vec<Violation> {
    vec![
        violation("wasm", 100, Guest::new, "the file is larger than 100 bytes"),
        violation(
            "schema",
            8,
            || schema(r#"{"type": "object"}"#),
            "the settings schema is larger than 8 bytes",
        ),
        violation(
            "schema_nodes",
            2,
            || schema(r#"{"properties": {"a": {}, "b": {}}}"#),
            "the settings schema is too large with its references written out",
        ),
    ]
}

/// Those of the compile child as a process: `a_child_that_dies_is_a_refusal_with_a_reason` and, with a child of
/// flesh and blood, `tests/e2e/config.rs`.
const OF_A_PROCESS: [&str; 3] = ["memory", "cpu", "wall_clock"];

fn under(settings: &[Setting], violation: &Violation) -> Limits {
    let mut limits = Limits::default();
    let setting = settings.iter().find(|setting| setting.key == violation.key).unwrap();
    setting.set(&mut limits, violation.set);
    limits
}

#[test]
fn every_setting_of_a_call_is_violated_and_says_so() {
    let engine = Engine::new(Limits::default()).unwrap();
    for violation in calls() {
        let mut limits = under(&SETTINGS, &violation);
        if violation.key == "wall_clock" {
            limits.call.fuel = u64::MAX / 2;
        }
        let plugin = load_here(&engine, &(violation.guest)().core()).unwrap();
        let error = plugin.estimate_under(&limits, &case()).unwrap_err().to_string();
        assert!(error.contains(violation.said), "{}: {error}", violation.key);
        // The limit is that of the call and not of the plugin: what is asked under another is not touched.
        let again = plugin.estimate(&case()).map_err(|error| error.to_string());
        assert!(!again.is_err_and(|other| other == error), "{}: {error}", violation.key);
    }
}

#[test]
fn every_setting_of_a_description_is_violated_and_says_so() {
    let settings = [(&SETTINGS[..], descriptions()), (&COMPILE_SETTINGS[..], compilations())];
    for (settings, violations) in settings {
        for violation in violations {
            let limits = under(settings, &violation);
            let refusal = load_under(&(violation.guest)().core(), limits).unwrap_err().to_string();
            assert!(refusal.contains(violation.said), "{}: {refusal}", violation.key);
            assert!(load_under(&(violation.guest)().core(), Limits::default()).is_ok(), "{}", violation.key);
        }
    }
}

#[test]
fn a_compiled_plugin_may_not_be_too_large() {
    let mut limits = Limits::default();
    limits.compile.artifact_bytes = 1 << 10;
    let (stand, wasm) = Stand::new(limits, Guest::new(), "cat $BODY");
    assert_eq!(stand.compile(&wasm).unwrap_err().to_string(), "it compiles to more than 1 KiB");
    let _ = stand.compile(&wasm).unwrap_err();
    assert_eq!(stand.runs(), 1, "the same bytes would be refused again");
}

#[test]
fn no_setting_is_without_a_test() {
    let keys = |settings: &[Setting]| settings.iter().map(|setting| setting.key).collect::<BTreeSet<_>>();
    let violated = |all: &[Vec<Violation>]| all.iter().flatten().map(|one| one.key).collect::<BTreeSet<_>>();
    assert_eq!(keys(&SETTINGS), violated(&[calls(), descriptions()]));
    let mut compiled = violated(&[compilations()]);
    compiled.extend(OF_A_PROCESS);
    compiled.insert("artifact");
    assert_eq!(keys(&COMPILE_SETTINGS), compiled);
}

/// Limits in which one plugin has its own.
fn own(id: &str, change: impl FnOnce(&mut Limits)) -> PluginLimits {
    let mut limits = PluginLimits::default();
    let mut its = limits.default.clone();
    change(&mut its);
    limits.plugins.insert(crate::id::PluginId::parse(id).unwrap(), its);
    limits
}

#[test]
fn a_plugin_has_its_own_limits_and_the_others_those_of_all() {
    let engine = Engine::new(Limits::default()).unwrap();
    let tight = engine.under(own("probe", |limits| limits.call.lines = 1));
    let two = || Guest::answering(&[TestLine::new("a"), TestLine::new("b")]);
    let probe = load_here(&tight, &two().core()).unwrap();
    let other = load_here(&tight, &Guest { id: "other", ..two() }.core()).unwrap();
    assert!(
        probe.estimate(&case()).unwrap_err().to_string().ends_with("returned 2 lines: at most 1 are read")
    );
    assert_eq!(other.estimate(&case()).unwrap().lines.len(), 2);
    // Whoever holds the engine as it was, holds its limits.
    assert_eq!(probe.estimate_under(engine.limits_of("probe"), &case()).unwrap().lines.len(), 2);
}

#[test]
fn what_is_made_of_a_plugin_depends_on_its_own_limits_alone() {
    let engine = Engine::new(Limits::default()).unwrap();
    let made = |engine: &Engine, id: &str| engine.compatibility(engine.limits_of(id));
    let hungry = engine.under(own("probe", |limits| limits.call.fuel += 1));
    assert_ne!(made(&hungry, "probe"), made(&engine, "probe"));
    assert_eq!(made(&hungry, "other"), made(&engine, "other"));
    // How many lines an answer may have has no part in what is compiled.
    let talkative = engine.under(own("probe", |limits| limits.call.lines += 1));
    assert_eq!(made(&talkative, "probe"), made(&engine, "probe"));
}

#[test]
fn the_most_that_memory_may_be_set_to_can_be_had() {
    let most = SETTINGS.iter().find(|setting| setting.key == "memory").unwrap().most;
    let pages = u32::try_from(most >> 16).unwrap();
    let mut limits = Limits::default();
    limits.call.memory_bytes = usize::try_from(most).unwrap();
    // Two pages are there; nothing is written, so nothing of it is really taken.
    let guest = Guest::running(&format!(
        "(if (i32.eq (memory.grow (i32.const {})) (i32.const -1)) (then (return (i32.const 0))))",
        pages - 2
    ));
    let plugin = load_under(&guest.core(), limits.clone()).unwrap();
    let error = plugin.estimate(&case()).unwrap_err().to_string();
    assert!(error.ends_with("stopped: wasm `unreachable` instruction executed"), "{error}");
    limits.call.memory_bytes -= 1;
    let error = plugin.estimate_under(&limits, &case()).unwrap_err().to_string();
    assert!(error.contains("used more than"), "{error}");
}
