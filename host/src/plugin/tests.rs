//! The path from bytes to lines with real components, and every limit violated.
//!
//! What the compile child does runs here in this process, without the limits it sets itself; those
//! are tested end to end, where there is a program to run.

mod violated;

use std::{sync::Arc, time::Instant};

use serde_json::json;

use super::{
    child,
    compile::Artifact,
    guests::{Guest, TestLine, WIT, expensive},
    *,
};
use crate::{
    id::{Digest, Stage},
    money::{Amount, Currency, Spread},
    value::{Period, TimeUnit},
};

fn artifact(wasm: &[u8], limits: &Limits) -> Result<Artifact, Refusal> {
    let mut body = Vec::new();
    child::answer(limits, wasm, &mut body).unwrap();
    Artifact::read(Digest::of(wasm), body)
}

/// Compiles in this process and loads.
pub(crate) fn load_here(engine: &Engine, wasm: &[u8]) -> Result<Plugin, Refusal> {
    load(engine, &artifact(wasm, engine.limits())?)
}

fn load_under(wasm: &[u8], limits: Limits) -> Result<Plugin, Refusal> {
    load_here(&Engine::new(limits).unwrap(), wasm)
}

fn case() -> Case {
    Case {
        stage: Stage::Compliance,
        currency: Currency::EUR,
        facts: vec![CaseValue::Count(2_500_000)],
        params: vec![CaseValue::Missing],
        choices: vec![0],
        obligations: vec![CaseObligation {
            known: Some(0),
            once: None,
            yearly: Some(Spread { low: Amount(1), likely: Amount(2), high: Amount(3) }),
            demands: vec![CaseValue::Set(vec!["de".into(), "fr".into()])],
        }],
        settings: Arc::from("{}"),
    }
}

fn estimate_under(guest: Guest, limits: Limits) -> Result<Estimate, CallError> {
    load_under(&guest.core(), limits).unwrap().estimate(&case())
}

#[track_caller]
fn fails(guest: Guest, expected: &str) -> CallError {
    let error = estimate_under(guest, Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), format!("plugin `probe` on stage `compliance` {expected}"));
    error
}

#[track_caller]
fn refused(wasm: &[u8], expected: &str) {
    let refusal = load_under(wasm, Limits::default()).unwrap_err();
    assert_eq!(refusal.to_string(), expected);
    let json = serde_json::to_string(&refusal).unwrap();
    assert_eq!(serde_json::from_str::<Refusal>(&json).unwrap(), refusal);
}

fn line(change: impl FnOnce(&mut TestLine)) -> Guest {
    let mut line = TestLine::new("fee");
    change(&mut line);
    Guest::answering(&[line])
}

#[test]
fn a_good_plugin_is_described_and_answers() {
    let good = TestLine {
        obligation: Some(0),
        used: vec![[0, 0], [1, 0], [2, 0], [3, 0]],
        quantity: Some((40_000, "request".into(), [2_500, 5_000, 7_500])),
        ..TestLine::new("requests by data subjects · 请求")
    };
    let guest = || Guest::answering(&[good.clone(), TestLine::new("fee")]);
    let plugin = load_under(&guest().core(), Limits::default()).unwrap();
    let description = &plugin.description;
    assert_eq!(description.id.as_str(), "probe");
    assert_eq!(description.stages, [Stage::Compliance]);
    assert_eq!(description.facts[0].name, "market.users");
    assert_eq!(description.facts[0].value_type.as_str(), "count");
    assert_eq!(description.params[0].name, "fee");
    assert_eq!(description.demands[0].name, "languages");
    assert_eq!(description.choices[0].options[0].as_str(), "inhouse");
    assert_eq!(description.knows[0].as_str(), "representative");
    assert!(description.separable);

    let estimate = plugin.estimate(&case()).unwrap();
    let [first, second] = estimate.lines.as_slice() else { panic!("{estimate:?}") };
    assert_eq!(first.label, "requests by data subjects · 请求");
    assert_eq!(first.cadence, Cadence::Yearly);
    assert_eq!(first.obligation, Some(0));
    assert_eq!(first.amount, Spread { low: Amount(10_000), likely: Amount(20_000), high: Amount(30_000) });
    assert_eq!(first.used, [Ground::Fact(0), Ground::Param(0), Ground::Choice(0), Ground::Demand(0)]);
    assert_eq!(first.quantity.as_ref().unwrap().unit, "request");
    assert_eq!(second.quantity, None);
    assert!(estimate.used.fuel > 0);
    // A fresh instance every time, so the same fuel every time.
    assert_eq!(plugin.estimate(&case()).unwrap(), estimate);

    let component = load_under(&guest().component(), Limits::default()).unwrap();
    assert_eq!(component.estimate(&case()).unwrap().lines, estimate.lines);
    assert_ne!(component.digest, plugin.digest);
}

/// Logs a line, grows its memory by a page, and answers with a line.
fn using() -> Guest {
    let mut guest = line(|line| {
        line.label = "请求".into();
        line.used = vec![[0, 0], [1, 0]];
        line.quantity = Some((10_000, "unit".into(), [10_000, 20_000, 30_000]));
    });
    let said = guest.memory.place(b"hello");
    guest.estimate = format!(
        "(call $log (i32.const 1) (i32.const {said}) (i32.const 5)) (drop (memory.grow (i32.const 1))) {}",
        guest.estimate
    );
    guest
}

#[test]
fn what_a_call_used_is_told() {
    let plugin = load_under(&using().core(), Limits::default()).unwrap();
    let used = plugin.estimate(&case()).unwrap().used;
    assert_eq!((used.lines, used.log_bytes, used.log_lines), (1, 5, 1));
    assert_eq!(used.memory_bytes, 3 << 16);
    assert!(used.fuel > 500 && used.table_elements > 0, "{used:?}");
    // Each is what the limit on it counts: so much is enough, and less is not. Fuel is looked at now and then only.
    let under = |change: &dyn Fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        plugin.estimate_under(&limits, &case()).map(|estimate| estimate.used)
    };
    type Enough<'a> = (&'a str, &'a dyn Fn(&mut Limits, usize), usize);
    let enough: [Enough<'_>; 5] = [
        ("fuel", &|limits, less| limits.call.fuel = used.fuel - less as u64, used.fuel as usize - 1),
        ("memory", &|limits, less| limits.call.memory_bytes = used.memory_bytes - less, 1),
        ("table", &|limits, less| limits.call.table_elements = used.table_elements - less, 1),
        ("returned", &|limits, less| limits.call.returned_bytes = used.returned_bytes - less, 1),
        ("lines", &|limits, less| limits.call.lines = used.lines - less, 1),
    ];
    for (what, limit, less) in enough {
        assert_eq!(under(&|limits| limit(limits, 0)), Ok(used), "{what}");
        assert!(under(&|limits| limit(limits, less)).is_err(), "{what}");
    }
}

#[test]
fn an_instance_that_is_kept_has_full_budgets_and_its_old_memory() {
    let plugin = load_under(&using().core(), Limits::default()).unwrap();
    let fresh = plugin.estimate(&case()).unwrap();
    let mut warm = plugin.warm().unwrap();
    let [first, second] = [warm.estimate(&case()).unwrap(), warm.estimate(&case()).unwrap()];
    assert_eq!((&first.lines, &second.lines), (&fresh.lines, &fresh.lines));
    assert_eq!((first.used.log_lines, second.used.log_lines), (1, 1));
    assert_eq!((first.used.memory_bytes, second.used.memory_bytes), (3 << 16, 4 << 16));
    assert!(
        first.used.fuel <= fresh.used.fuel && first.used.fuel == second.used.fuel,
        "{first:?} {second:?}"
    );
}

#[test]
fn an_instance_that_is_kept_remembers_and_is_gone_after_a_trap() {
    let mut guest = line(|_| ());
    guest.module = "(global $calls (mut i32) (i32.const 0))".into();
    let once = "(if (global.get $calls) (then unreachable)) (global.set $calls (i32.const 1))";
    guest.estimate = format!("{once} {}", guest.estimate);
    let plugin = load_under(&guest.core(), Limits::default()).unwrap();
    let mut warm = plugin.warm().unwrap();
    warm.estimate(&case()).unwrap();
    assert_eq!(warm.estimate(&case()).unwrap_err().kind(), "trapped");
    warm.estimate(&case()).unwrap_err();
    // What a host does.
    (0..3).for_each(|_| drop(plugin.estimate(&case()).unwrap()));
}

#[test]
fn every_value_crosses_the_boundary() {
    // Reads back the tag of every fact, each in a record of 16 bytes, as a sum.
    let mut guest = Guest {
        estimate: "(loop
            (local.set 0 (i32.add (local.get 0)
              (i32.load8_u (i32.add (local.get 3) (i32.mul (local.get $i) (i32.const 16))))))
            (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 4))))
          (call $log (i32.const 3) (local.get 1) (local.get 2))
          (if (i32.ne (local.get 0) (i32.const 38)) (then unreachable))
          (i32.const 1032)"
            .into(),
        ..Guest::new()
    };
    let at = guest.memory.lines(&[]);
    guest.estimate = guest.estimate.replace("(i32.const 1032)", &format!("(i32.const {at})"));
    let plugin = load_under(&guest.core(), Limits::default()).unwrap();
    let case = Case {
        facts: vec![
            CaseValue::Missing,
            CaseValue::Flag(true),
            CaseValue::Count(1),
            CaseValue::Ratio(20_000_000),
            CaseValue::Money(Amount(5)),
            CaseValue::Text("cn".into()),
            CaseValue::Set(vec!["a".into()]),
            CaseValue::Date(jiff::civil::date(2026, 11, 23)),
            CaseValue::Period(Period { n: 72, unit: TimeUnit::Hour }),
        ],
        ..case()
    };
    // 0 + 1 + … + 8 tags and the stage, which is 2.
    assert_eq!(plugin.estimate(&case).unwrap().lines, []);
}

#[test]
fn a_loop_runs_out_of_fuel() {
    let error = fails(Guest::running("(loop (br 0))"), "used more than 250000000 units of fuel");
    assert!(!error.is_retryable());
}

#[test]
fn bulk_work_is_paid_by_the_byte() {
    let fill = "(loop (memory.fill (i32.const 0) (i32.const 7) (i32.const 131072)) (br 0))";
    fails(Guest::running(fill), "used more than 250000000 units of fuel");
}

#[test]
fn the_clock_is_a_backstop() {
    let mut limits = Limits { wall_clock_ms: 50, ..Limits::default() };
    limits.call.fuel = u64::MAX / 2;
    let error = estimate_under(Guest::running("(loop (br 0))"), limits).unwrap_err();
    assert_eq!(error.to_string(), "plugin `probe` on stage `compliance` took longer than 50 ms");
    assert!(error.is_retryable());
}

#[test]
fn memory_is_limited() {
    let grow = "(loop (drop (memory.grow (i32.const 16))) (br 0))";
    fails(Guest::running(grow), "used more than 128 MiB of memory");
    let guest = Guest { pages: 2_100, ..Guest::new() };
    refused(&guest.core(), "`describe` used more than 128 MiB of memory");
}

#[test]
fn a_guest_may_fail_to_grow_beyond_its_own_maximum() {
    let guest = Guest::running("(drop (memory.grow (i32.const -1)))");
    fails(guest, "used more than 128 MiB of memory");
}

#[test]
fn tables_are_limited() {
    let guest = Guest {
        module: "(table $t 1 funcref)".into(),
        ..Guest::running("(loop (drop (table.grow $t (ref.null func) (i32.const 1000))) (br 0))")
    };
    fails(guest, "used more than 65536 table elements");
    let guest = Guest { module: "(table 70000 funcref)".into(), ..Guest::new() };
    refused(&guest.core(), "`describe` used more than 65536 table elements");
}

#[test]
fn the_number_of_instances_memories_and_tables_is_limited() {
    // Around the one module of a guest there are two more, which tie its imports.
    let under = |change: &dyn Fn(&mut CallLimits)| {
        let mut limits = Limits::default();
        change(&mut limits.call);
        load_under(&Guest::new().core(), limits).unwrap_err().to_string()
    };
    let expected = |what| format!("`describe` has too many parts: {what}");
    assert_eq!(under(&|call| call.instances = 2), expected("instance count too high at 3"));
    assert_eq!(under(&|call| call.memories = 0), expected("memory count too high at 1"));
    assert_eq!(under(&|call| call.tables = 0), expected("table count too high at 1"));
}

#[test]
fn recursion_is_limited() {
    let guest = Guest { module: "(func $again (call $again))".into(), ..Guest::running("(call $again)") };
    fails(guest, "used more than 512 KiB of stack");
}

#[test]
fn a_trap_is_named_and_harms_nothing() {
    let plugin = load_under(&Guest::running("").core(), Limits::default()).unwrap();
    for _ in 0..3 {
        let error = plugin.estimate(&case()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "plugin `probe` on stage `compliance` stopped: wasm `unreachable` instruction executed"
        );
        assert!(!error.is_retryable());
    }
}

/// A guest that logs a text at a level so many times and then traps.
fn logging(text: &str, level: u32, times: u32) -> Guest {
    let mut guest = Guest::new();
    let (at, length) = (guest.memory.place(text.as_bytes()), text.len());
    guest.estimate = format!(
        "(loop (call $log (i32.const {level}) (i32.const {at}) (i32.const {length}))
           (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const {times}))))
         unreachable"
    );
    guest
}

#[test]
fn a_panic_message_comes_by_the_log() {
    let message = "panicked at src/lib.rs:12:\nattempt to subtract with overflow\u{1b}[2J";
    let shown = "stopped: panicked at src/lib.rs:12:; attempt to subtract with overflow\\u{1b}[2J";
    fails(logging(message, 3, 1), shown);
}

#[test]
fn a_flood_of_log_is_paid_for() {
    fails(logging("noise", 1, u32::MAX), "used more than 250000000 units of fuel");
    let mut limits = Limits { log_lines: 3, ..Limits::default() };
    limits.log_bytes = 10;
    let error = estimate_under(logging("abcdefghijklmnopqrstuvwxyz", 3, 9), limits).unwrap_err();
    assert_eq!(error.failure, Failure::Trapped { message: "abcdefghij…".into() });
}

/// Returns so many lines of nought, all without a label.
fn many_lines(lines: u32, pages: u32) -> Guest {
    let mut guest = Guest { pages, ..Guest::new() };
    let result = [0, 131_072, lines, 0].map(u32::to_le_bytes).concat();
    let at = guest.memory.place(&result);
    guest.estimate = format!("i32.const {at}");
    guest
}

#[test]
fn the_number_of_lines_is_limited() {
    fails(many_lines(20_000, 64), "returned 20000 lines: at most 10000 are read");
    fails(
        many_lines(1_000_000, 1_700),
        "returned more than 16 MiB at once (an answer has at most 10000 lines)",
    );
    fails(
        many_lines(1_000_000, 64),
        "returned something that is no answer: list pointer/length out of bounds of memory",
    );
}

#[test]
fn texts_are_limited() {
    fails(line(|l| l.label = String::new()), "returned a line whose label is empty");
    fails(line(|l| l.label = "x".repeat(201)), "returned a line whose label is longer than 200 characters");
    fails(
        line(|l| l.label = "a\u{1b}[31m".into()),
        "returned a line whose label holds the unprintable character \\u{1b}",
    );
    fails(
        line(|l| l.quantity = Some((0, "\u{202e}".into(), [0; 3]))),
        "returned a line whose unit holds the unprintable character \\u{202e}",
    );
    fails(
        line(|l| l.used = vec![[0, 0]; 257]),
        "returned the line `fee` with 257 grounds: at most 256 are read",
    );
}

#[test]
fn text_that_is_no_text_is_refused() {
    let mut guest = line(|l| l.label = "\u{7f}label".into());
    guest.memory.replace(b"\x7flabel", b"\xfflabel");
    fails(guest, "returned something that is no answer: invalid utf-8 sequence of 1 bytes from index 0");
}

#[test]
fn spreads_must_be_in_order() {
    fails(
        line(|l| l.amount = [2, 1, 3]),
        "returned the line `fee` whose amount is not 0 ≤ low ≤ likely ≤ high: 0.0002, 0.0001, 0.0003",
    );
    fails(
        line(|l| l.amount = [-1, 1, 3]),
        "returned the line `fee` whose amount is not 0 ≤ low ≤ likely ≤ high: -0.0001, 0.0001, 0.0003",
    );
    fails(
        line(|l| l.quantity = Some((1, "unit".into(), [1, 3, 2]))),
        "returned the line `fee` whose price is not 0 ≤ low ≤ likely ≤ high: 0.0001, 0.0003, 0.0002",
    );
}

#[test]
fn quantities_must_multiply_out() {
    fails(
        line(|l| l.quantity = Some((20_000, "unit".into(), [5_000, 10_000, 15_001]))),
        "returned the line `fee` whose high amount is 3.0000, but count times price is 3.0002",
    );
    fails(
        line(|l| l.quantity = Some((i64::MAX, "unit".into(), [i64::MAX; 3]))),
        "returned the line `fee` whose low amount is 1.0000, but count times price is too large",
    );
}

#[test]
fn indices_must_point_somewhere() {
    fails(line(|l| l.obligation = Some(1)), "returned obligation 1 on the line `fee`: there are 1");
    for (tag, what) in ["fact", "param", "choice", "demand"].into_iter().enumerate() {
        fails(
            line(|l| l.used = vec![[u32::try_from(tag).unwrap(), 7]]),
            &format!("returned {what} 7 on the line `fee`: there are 1"),
        );
    }
    fails(
        line(|l| l.used = vec![[9, 0]]),
        "returned something that is no answer: unexpected discriminant: 9",
    );
}

#[test]
fn two_lines_alike_are_refused() {
    let twice = [TestLine::new("fee"), TestLine::new("other"), TestLine::new("fee")];
    fails(Guest::answering(&twice), "returned the line `fee` twice for one obligation");
    let apart = [TestLine::new("fee"), TestLine { obligation: Some(0), ..TestLine::new("fee") }];
    assert_eq!(estimate_under(Guest::answering(&apart), Limits::default()).unwrap().lines.len(), 2);
}

/// Returns a failure of its own: a tag and what belongs to it.
fn failing(words: [u32; 3]) -> Guest {
    let mut guest = Guest::new();
    let at = guest.memory.place(&[1, words[0], words[1], words[2]].map(u32::to_le_bytes).concat());
    guest.estimate = format!("i32.const {at}");
    guest
}

#[test]
fn a_plugin_may_say_what_it_lacks() {
    fails(failing([0, 0, 0]), "needs the fact `market.users`");
    fails(failing([1, 0, 0]), "needs the param `fee`");
    fails(failing([0, 5, 0]), "returned fact 5 as what it needs: there are 1");
    let mut guest = Guest::new();
    let text = guest.memory.place("no rate for\nthis".as_bytes());
    let at = guest.memory.place(&[1, 2, text, 16].map(u32::to_le_bytes).concat());
    guest.estimate = format!("i32.const {at}");
    fails(guest, "cannot answer: no rate for; this");
}

#[test]
fn bytes_that_are_no_plugin_are_refused() {
    refused(&[], "this is not a WebAssembly module or component");
    let noise: Vec<u8> = (0..100_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    refused(&noise, "this is not a WebAssembly module or component");
    refused(
        b"\0asm\x01\0\0\0",
        "the core module does not say which world it is built for: it has no `component-type` section",
    );
    let whole = Guest::new().component();
    for length in [9, whole.len() / 2, whole.len() - 1] {
        let refusal = load_under(&whole[..length], Limits::default()).unwrap_err();
        assert!(matches!(refusal, Refusal::Invalid { .. } | Refusal::NoGuest), "{length}: {refusal}");
    }
    // wit-component panics on a core module that ends inside a custom section: it never sees one.
    let core = Guest::new().core();
    for length in [9, core.len() / 3, core.len() / 2, core.len() - 1] {
        let refusal = load_under(&core[..length], Limits::default()).unwrap_err();
        assert!(matches!(refusal, Refusal::Invalid { .. }), "{length}: {refusal}");
    }
}

#[test]
fn a_file_may_not_be_too_large() {
    let mut limits = Limits::default();
    limits.compile.wasm_bytes = 100;
    let refusal = load_under(&Guest::new().core(), limits).unwrap_err();
    assert_eq!(refusal.to_string(), "the file is larger than 100 bytes");
}

#[test]
fn wasi_and_any_other_import_is_refused() {
    let wit = WIT.replace("import host;", "import host; import wasi:cli/environment@0.2.0;");
    let guest = Guest {
        wit: format!("{wit} package wasi:cli@0.2.0 {{ interface environment {{ leave: func(); }} }}"),
        imports: r#"(import "wasi:cli/environment@0.2.0" "leave" (func))"#,
        ..Guest::new()
    };
    refused(
        &guest.core(),
        "it imports `wasi:cli/environment@0.2.0`: a plugin may import nothing but `landfall:stage/host@1.0.0`",
    );
    let preview1 =
        r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#;
    let refusal =
        load_under(&Guest { imports: preview1, ..Guest::new() }.core(), Limits::default()).unwrap_err();
    assert!(refusal.to_string().contains("wasi_snapshot_preview1"), "{refusal}");
}

#[test]
fn another_version_of_the_world_is_named() {
    const UPDATE: &str = "update the host, or build it with the SDK that `landfall plugin new` of this host writes under `vendor/`";
    const REBUILD: &str =
        "build it again with the SDK that `landfall plugin new` of this host writes under `vendor/`";
    for (version, help) in [
        ("1.0.1", UPDATE),
        ("1.1.0", UPDATE),
        ("2.0.0", UPDATE),
        ("2.0.0-rc.1", UPDATE),
        ("0.9.0", REBUILD),
        ("1.0.0-draft", REBUILD),
    ] {
        let guest = || Guest { wit: WIT.replace("1.0.0", version), ..Guest::new() };
        let expected =
            format!("it is built for `landfall:stage@{version}`: this host serves `landfall:stage@1.0.0`");
        for wasm in [guest().core(), guest().component()] {
            refused(&wasm, &expected);
            let refusal = load_under(&wasm, Limits::default()).unwrap_err();
            assert_eq!(refusal.help(), help, "{version}");
        }
    }
}

/// A component that imports and exports instances of these names, which hold nothing.
fn named(imports: &[&str], exports: &[&str]) -> Vec<u8> {
    let import = |name: &&str| format!(r#"(import "{name}" (instance))"#);
    let export = |name: &&str| format!(r#"(export "{name}" (instance $empty))"#);
    let (imports, exports): (String, String) =
        (imports.iter().map(import).collect(), exports.iter().map(export).collect());
    let text = format!("(component {imports} (component $c) (instance $empty (instantiate $c)) {exports})");
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn what_a_component_exports_says_what_it_is_built_for() {
    const SERVES: &str = "this host serves `landfall:stage@1.0.0`";
    let (host, guest) = ("landfall:stage/host@1.0.0", "landfall:stage/guest@1.0.0");
    let no_guest = format!("it does not export `{guest}`");
    let shape = format!(
        "its interface is not that of `landfall:stage@1.0.0`: instance export `{guest}` does not have export `describe`"
    );
    for (imports, exports, expected) in [
        // Whatever it imports, the guest it exports is what it is built for.
        (
            &[host][..],
            &["landfall:stage/guest@1.1.0"][..],
            format!("it is built for `landfall:stage@1.1.0`: {SERVES}"),
        ),
        (
            &["wasi:cli/environment@0.2.0"],
            &["landfall:stage/guest@0.9.0"],
            format!("it is built for `landfall:stage@0.9.0`: {SERVES}"),
        ),
        (&[], &["landfall:stage/guest"], format!("it is built for `landfall:stage`: {SERVES}")),
        // Half of one and half of another: the half that this host lacks.
        (
            &["landfall:stage/host@1.1.0"],
            &[guest],
            format!("it is built for `landfall:stage@1.1.0`: {SERVES}"),
        ),
        (
            &["landfall:stage/types@2.0.0"],
            &[guest],
            format!("it is built for `landfall:stage@2.0.0`: {SERVES}"),
        ),
        // Of two guests the one that is served.
        (&[], &["landfall:stage/guest@2.0.0", guest], shape),
        // Another world.
        (
            &["wasi:io/poll@0.2.0"],
            &["wasi:cli/run@0.2.0"],
            format!("it is built for another world: it exports `wasi:cli/run@0.2.0` and no `{guest}`"),
        ),
        (&[], &["run"], format!("it is built for another world: it exports `run` and no `{guest}`")),
        (
            &[],
            &["landfall:stages/guest@1.0.0"],
            format!(
                "it is built for another world: it exports `landfall:stages/guest@1.0.0` and no `{guest}`"
            ),
        ),
        (&[], &[], no_guest.clone()),
        (&[host], &[], no_guest),
        // The SDK's world and more: what comes in is what is wrong.
        (
            &[host, "wasi:clocks/wall-clock@0.2.0"],
            &[guest],
            format!("it imports `wasi:clocks/wall-clock@0.2.0`: a plugin may import nothing but `{host}`"),
        ),
        (
            &["landfall:stage/planner@1.0.0"],
            &[guest],
            format!("it imports `landfall:stage/planner@1.0.0`: a plugin may import nothing but `{host}`"),
        ),
    ] {
        refused(&named(imports, exports), &expected);
    }
}

#[test]
fn what_a_core_module_says_of_its_world_is_what_it_is_built_for() {
    // The world is this host's, and one import is of another version of it.
    let mixed = r#"(import "landfall:stage/host@2.0.0" "log" (func (param i32 i32 i32)))"#;
    refused(
        &Guest { imports: mixed, ..Guest::new() }.core(),
        "it is built for `landfall:stage@2.0.0`: this host serves `landfall:stage@1.0.0`",
    );
    // Stripped of the section that says it.
    let whole = Guest::new().core();
    let section = whole.windows(14).position(|bytes| bytes == b"component-type").unwrap();
    let mut stripped = whole.clone();
    stripped[section..section + 14].copy_from_slice(b"forgotten-type");
    refused(
        &stripped,
        "the core module does not say which world it is built for: it has no `component-type` section",
    );
    assert!(load_under(&whole, Limits::default()).is_ok());
}

#[test]
fn another_shape_of_the_world_is_refused() {
    let wit = WIT.replace("separable: bool,", "separable: bool, more: u32,");
    assert_ne!(wit, WIT);
    let refusal = load_under(&Guest { wit, ..Guest::new() }.core(), Limits::default()).unwrap_err();
    assert!(matches!(refusal, Refusal::OtherShape { .. }), "{refusal}");
}

#[test]
fn describe_is_limited_like_a_call() {
    let guest = Guest { describe: "(loop (br 0))", ..Guest::new() };
    refused(&guest.core(), "`describe` used more than 250000000 units of fuel");
    let guest = Guest { describe: "unreachable", ..Guest::new() };
    refused(&guest.core(), "`describe` stopped: wasm `unreachable` instruction executed");
}

#[test]
fn a_description_that_does_not_hold_is_refused() {
    let guest = Guest { id: "Probe", ..Guest::new() };
    refused(
        &guest.core(),
        "the plugin's id: `Probe` is not kebab-case: write lower-case letters and digits, in words joined by `-`, starting with a letter",
    );
    let schema = json!({"properties": {"a": {"$ref": "https://example.org/s.json"}}}).to_string();
    refused(
        &Guest { schema: Some(schema), ..Guest::new() }.core(),
        "the settings schema refers to `https://example.org/s.json`: only `#/…` is followed",
    );
}

#[test]
fn settings_are_checked_against_the_schema() {
    let schema = json!({
        "type": "object",
        "properties": {"amount": {"type": "string", "format": "money"}},
        "additionalProperties": false,
    });
    let guest = Guest { schema: Some(schema.to_string()), ..Guest::new() };
    let plugin = load_under(&guest.core(), Limits::default()).unwrap();
    plugin.check_settings(&json!({"amount": "5 EUR"})).unwrap();
    let problems = plugin.check_settings(&json!({"amuont": "5 EUR"})).unwrap_err();
    assert_eq!(problems[0].help.as_deref(), Some("did you mean `amount`?"));
    assert_eq!(plugin.format_at(&["amount"]), Some(Format::Money));
    assert_eq!(plugin.description.settings_schema.as_ref(), Some(&schema));
}

#[test]
fn an_artifact_fits_only_its_own_configuration() {
    let engine = Engine::new(Limits::default()).unwrap();
    let again = Engine::new(Limits::default()).unwrap();
    assert_eq!(engine.compatibility(engine.limits()), again.compatibility(engine.limits()));
    // Compiled by the same wasmtime for guests that burn no fuel.
    let code = wasmtime::Engine::default().precompile_component(&Guest::new().component()).unwrap();
    let ours = artifact(&Guest::new().core(), engine.limits()).unwrap();
    let mut body = Vec::new();
    child::write_header(&mut body, &child::Verdict::Accepted(Box::new(ours.description.clone()))).unwrap();
    body.extend(code);
    let refusal = load(&engine, &Artifact::read(ours.digest, body).unwrap()).unwrap_err();
    assert!(matches!(refusal, Refusal::Artifact { .. }), "{refusal}");
    load(&engine, &ours).unwrap();
}

#[test]
fn what_is_compiled_is_the_same_whether_its_functions_were_known_or_not() {
    let limits = Limits::default();
    let hear = |before: &[u8], wasm: &[u8]| {
        let (mut input, mut output) = (Vec::new(), Vec::new());
        child::write_functions(&mut input, before).unwrap();
        input.extend_from_slice(wasm);
        child::hear(&limits, input.as_slice(), &mut output).unwrap();
        compile::parts(output)
    };
    let [first, second] = ["one", "another"].map(|label| Guest::answering(&[TestLine::new(label)]).core());
    let (functions, verdict) = hear(&[], &first);
    assert!(!functions.is_empty());
    assert_eq!(hear(&functions, &first), (functions.clone(), verdict));
    let (_, known) = hear(&functions, &second);
    let mut anew = Vec::new();
    child::answer(&limits, second.as_slice(), &mut anew).unwrap();
    assert!(known == anew, "code that was known is other code");
}

#[test]
fn a_pool_that_cannot_be_had_is_done_without() {
    // More address space than a processor has.
    let limits = Limits { calls_at_once: 1 << 22, ..Limits::default() };
    let plugin = load_under(&Guest::new().core(), limits).unwrap();
    assert_eq!(plugin.estimate(&case()).unwrap().lines, []);
}

#[test]
fn more_calls_than_places_wait_their_turn() {
    let limits = Limits { calls_at_once: 2, ..Limits::default() };
    let plugin = load_under(&Guest::new().core(), limits).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| (0..20).for_each(|_| assert!(plugin.estimate(&case()).is_ok())));
        }
    });
}

/// A program in place of the compile child: the parent's half of the talk, and how a child may end.
struct Stand {
    folder: tempfile::TempDir,
    engine: Engine,
    compiler: Compiler,
}

impl Stand {
    /// A shell script that has read its request; `$BODY` is what the real child answers to `guest`.
    fn new(limits: Limits, guest: Guest, script: &str) -> (Self, Vec<u8>) {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let wasm = guest.core();
        let mut body = Vec::new();
        child::write_functions(&mut body, &[]).unwrap();
        child::answer(&limits, wasm.as_slice(), &mut body).unwrap();
        std::fs::write(at("body"), body).unwrap();
        let (body, runs) = (at("body"), at("runs"));
        let script = format!("#!/bin/sh\nBODY={body}\ncat >/dev/null\necho run >>{runs}\n{script}\n");
        std::fs::write(at("child"), script).unwrap();
        std::fs::set_permissions(at("child"), std::fs::Permissions::from_mode(0o700)).unwrap();
        let compiler = Compiler::new(at("child").into(), &folder.path().join("cache")).unwrap();
        (Self { engine: Engine::new(limits).unwrap(), folder, compiler }, wasm)
    }

    /// Tries again while another test's fork still holds the script open for writing.
    fn compile(&self, wasm: &[u8]) -> Result<Artifact, Refusal> {
        loop {
            match self.compiler.compile(&self.engine, "probe.wasm", wasm) {
                Err(Refusal::Interrupted { message }) if message.contains("Text file busy") => {}
                result => return result,
            }
        }
    }

    fn runs(&self) -> usize {
        std::fs::read_to_string(self.folder.path().join("runs")).unwrap_or_default().lines().count()
    }
}

#[test]
fn what_was_compiled_once_is_kept() {
    let (stand, wasm) = Stand::new(Limits::default(), Guest::new(), "cat $BODY");
    let first = stand.compile(&wasm).unwrap();
    let again = stand.compile(&wasm).unwrap();
    assert_eq!(first.code(), again.code());
    assert_eq!(stand.runs(), 1);
    let plugin = load(&stand.engine, &again).unwrap();
    assert_eq!(plugin.digest, Digest::of(&wasm));
    assert_eq!(plugin.estimate(&case()).unwrap().lines, []);
    // Another host over the same folder finds it too.
    let other = Compiler::new("/bin/false".into(), &stand.folder.path().join("cache")).unwrap();
    other.compile(&stand.engine, "probe.wasm", &wasm).unwrap();
}

#[test]
fn what_was_refused_for_good_is_not_tried_again() {
    let guest = Guest { id: "Probe", ..Guest::new() };
    let (stand, wasm) = Stand::new(Limits::default(), guest, "cat $BODY");
    let first = stand.compile(&wasm).unwrap_err();
    assert!(matches!(first, Refusal::Description { .. }), "{first}");
    assert_eq!(stand.compile(&wasm).unwrap_err(), first);
    assert_eq!(stand.runs(), 1);
}

#[test]
fn a_child_that_dies_is_a_refusal_with_a_reason() {
    #[track_caller]
    fn dies(script: &str, expected: &str, runs: usize) {
        let mut limits = Limits::default();
        limits.compile.wall_seconds = 1;
        let (stand, wasm) = Stand::new(limits, Guest::new(), script);
        assert_eq!(stand.compile(&wasm).unwrap_err().to_string(), expected);
        let _ = stand.compile(&wasm).unwrap_err();
        assert_eq!(stand.runs(), runs);
    }
    dies("kill -XCPU $$", "compiling took more than 60 s of CPU", 1);
    dies(
        "echo 'memory allocation of 5 bytes failed' >&2; kill -ABRT $$",
        "compiling took more than 2 GiB",
        1,
    );
    dies(
        "echo 'thread main has overflowed its stack' >&2; kill -ABRT $$",
        "compiling took more stack than a process has",
        1,
    );
    dies(
        "echo 'index out of bounds' >&2; exit 101",
        "compiling crashed: exit status: 101: index out of bounds",
        1,
    );
    dies("kill -KILL $$", "compiling could not be finished: the compiler was ended (signal: 9 (SIGKILL))", 2);
    dies("exec sleep 60", "compiling took more than 1 s", 2);
    dies(
        "head -c 28 $BODY",
        "compiling could not be finished: its answer is cut: EOF while parsing a value at line 1 column 12",
        2,
    );
}

#[test]
fn a_child_that_cannot_be_run_is_a_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::new(Limits::default()).unwrap();
    let compile = |program: &str| {
        let compiler = Compiler::new(program.into(), &folder.path().join("cache")).unwrap();
        compiler.compile(&engine, "probe.wasm", &Guest::new().core()).unwrap_err()
    };
    assert!(matches!(compile("/nowhere/landfall"), Refusal::Interrupted { .. }));
    assert!(matches!(compile("/bin/true"), Refusal::Interrupted { .. }));
}

#[test]
fn a_request_that_is_cut_or_absurd_ends_the_child() {
    let run = |input: &[u8]| compile::run_child(input, Vec::new()).unwrap_err().kind();
    assert_eq!(run(b""), std::io::ErrorKind::UnexpectedEof);
    assert_eq!(run(&[0xff; 16]), std::io::ErrorKind::InvalidData);
    assert_eq!(run(b"\x02\0\0\0\0\0\0\0{}"), std::io::ErrorKind::InvalidData);
}

/// A measurement, not a check: `cargo test -p landfall --lib measure -- --ignored --nocapture`.
#[test]
#[ignore = "prints numbers"]
fn measure() {
    let lines: Vec<TestLine> = (0..24).map(|i| TestLine::new(&format!("line {i}"))).collect();
    let started = Instant::now();
    let plugin = load_under(&Guest::answering(&lines).core(), Limits::default()).unwrap();
    eprintln!("engine, compile, load: {:?}", started.elapsed());
    let mut case = case();
    case.obligations = vec![case.obligations[0].clone(); 12];
    for _ in 0..3 {
        let started = Instant::now();
        (0..10_000).for_each(|_| drop(plugin.estimate(&case).unwrap()));
        eprintln!("fresh call, 12 obligations in, 24 lines out: {:?}", started.elapsed() / 10_000);
    }
    for loops in [100, 300, 1_000] {
        let mut encoder = wit_component::ComponentEncoder::default();
        let wasm = encoder.validate(false).module(&expensive(loops)).unwrap().encode().unwrap();
        let started = Instant::now();
        let refusal = artifact(&wasm, &Limits::default()).unwrap_err();
        assert_eq!(refusal, Refusal::NoGuest, "it compiles before it is looked at");
        eprintln!("{loops} loops, {} bytes: compiled in {:?}", wasm.len(), started.elapsed());
    }
}
