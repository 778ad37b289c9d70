//! Guests that misbehave: each gets its own error, naming plugin, stage and limit, and harms its market alone.

use crate::{
    answer::Answer,
    host::Host,
    module,
    site::{self, Site},
};

const GB_C: &str = "market-selection: {fixed-cost: {amount: 700000 CNY}}";

/// The United Kingdom binds the guest for its first stage; what is the matter is said, and only there.
#[track_caller]
fn misbehaves(guest: &str, expected: &str) {
    fails(guest, &site::guest(guest), expected);
}

#[track_caller]
fn fails(guest: &str, wasm: &[u8], expected: &str) {
    let site = Site::seed();
    let before = Answer::of(site.hostless(&["query", "seed.yaml", "--format", "json"]).exits(0));
    site.put(&format!("plugins/{guest}.wasm"), wasm);
    site.edit("rules/gb.yaml", GB_C, &format!("market-selection: {{{guest}: {{}}}}"));
    let after = Answer::of(site.hostless(&["query", "seed.yaml", "--format", "json"]).exits(4));
    let gb = after.market("gb");
    assert_eq!(gb["status"], "incomplete");
    assert!(gb["stages"]["market-selection"]["total"].is_null());
    let said: Vec<_> =
        gb["reasons"].as_array().unwrap().iter().map(|reason| reason["message"].to_string()).collect();
    let expected = format!("plugin `{guest}` on stage `market-selection` {expected}");
    assert!(said.iter().any(|reason| reason.contains(&expected)), "`{expected}` is not among {said:?}");
    assert!(after.json["answer"]["objective"].is_null());
    for other in ["br", "cn", "us", "in"] {
        assert_eq!(after.market(other).to_string(), before.market(other).to_string(), "{other}");
    }
}

#[test]
fn one_that_loops() {
    misbehaves("guest-loop-forever", "used more than 250000000 units of fuel");
}

#[test]
fn one_that_grows_memory_without_end() {
    misbehaves("guest-grow-memory", "used more than 128 MiB of memory");
}

#[test]
fn one_that_traps() {
    misbehaves("guest-panic", "stopped: ");
}

#[test]
fn one_that_recurses() {
    misbehaves("guest-recurse", "used more than 512 KiB of stack");
}

#[test]
fn one_that_returns_a_million_lines() {
    let expected = "returned more than 16 MiB at once (an answer has at most 10000 lines)";
    fails("million-lines", &module::million_lines("million-lines"), expected);
}

#[test]
fn one_whose_spread_is_upside_down() {
    misbehaves(
        "guest-bad-spread",
        "returned the line `upside down` whose amount is not 0 ≤ low ≤ likely ≤ high",
    );
}

#[test]
fn one_whose_product_is_wrong() {
    misbehaves(
        "guest-bad-product",
        "returned the line `days` whose low amount is 31.0000, but count times price is",
    );
}

#[test]
fn a_panic_says_why() {
    misbehaves("guest-panic", "stopped: ");
    let site = Site::seed();
    site.guest("guest-panic");
    site.edit("rules/gb.yaml", GB_C, "market-selection: {guest-panic: {}}");
    site.hostless(&["explain", "seed.yaml", "--market", "gb"]).exits(4).shows("the sky is falling");
}

/// A flood of log lines is cut and harms nothing.
#[test]
fn one_that_floods_the_log_answers() {
    let site = Site::seed();
    site.guest("guest-log-flood");
    site.edit("rules/gb.yaml", GB_C, "market-selection: {guest-log-flood: {}}");
    let ran = site.hostless(&["query", "seed.yaml", "--format", "json"]);
    assert!(ran.err.len() < 256 << 10, "{} bytes of log", ran.err.len());
    assert!(matches!(ran.code, Some(0 | 4)), "{}", ran.err);
}

#[track_caller]
fn refused_at_load(file: &str, wasm: &[u8], expected: &[&str]) {
    let site = Site::seed();
    let mut host = site.serve();
    let before = host.query("seed.yaml");
    site.put(&format!("plugins/{file}"), wasm);
    let item = host.wait_for_state(file, "refused");
    let message = item["problems"][0]["message"].as_str().unwrap();
    for part in expected {
        assert!(message.contains(part), "`{part}` is not in `{message}`");
    }
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
}

#[test]
fn one_for_another_version_of_the_world() {
    let wasm = site::guest("guest-other-world");
    refused_at_load("guest-other-world.wasm", &wasm, &["landfall:stage", "2.0.0", "1.0.0"]);
}

#[test]
fn one_under_another_name() {
    let wasm = site::guest("guest-other-name");
    refused_at_load("guest-other-name.wasm", &wasm, &["`somebody-else`"]);
}

#[test]
fn one_whose_fact_does_not_exist() {
    let site = Site::seed();
    let mut host = site.serve();
    let before = host.query("seed.yaml");
    site.guest("guest-unknown-fact");
    site.edit("rules/gb.yaml", GB_C, "market-selection: {guest-unknown-fact: {}}");
    let item = host.wait_for_state("gb.yaml", "last_good");
    host.wait_for_state("guest-unknown-fact.wasm", "live");
    host.reload();
    let status = host.status();
    let item = crate::answer::item(&status, "gb.yaml").unwrap_or(&item);
    let problem = &item["problems"][0];
    let message = problem["message"].as_str().unwrap();
    assert!(
        message.contains("`guest-unknown-fact`") && message.contains("`market.no_such_fact`"),
        "{message}"
    );
    assert!(problem["at"].as_str().unwrap().starts_with("gb.yaml:12:"), "{problem}");
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
}

/// Takes minutes and gigabytes to compile: refused within the child's limits (a fraction of the defaults, so that the
/// test ends soon) while the host answers.
#[test]
fn one_that_cannot_be_compiled() {
    let wasm = module::expensive("bomb");
    assert!((100 << 10..200 << 10).contains(&wasm.len()), "{} bytes", wasm.len());
    let site = Site::seed();
    site.put(
        "landfall.yaml",
        "schema: landfall/config@1\nlimits: {plugins: {bomb: {compile: {cpu: 8 s, memory: 2 GiB}}}}\n",
    );
    let mut host = Host::start(&site, &["--config", "landfall.yaml"]);
    let before = host.query("seed.yaml");
    site.put("plugins/bomb.wasm", wasm);
    host.wait_for_state("bomb.wasm", "waiting");
    let mut answered = 0;
    loop {
        assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
        answered += 1;
        let status = host.status();
        let bomb = crate::answer::item(&status, "bomb.wasm").unwrap();
        if bomb["state"] != "waiting" {
            assert_eq!(bomb["state"], "refused");
            let message = bomb["problems"][0]["message"].as_str().unwrap();
            assert!(message.starts_with("compiling took more than "), "{message}");
            break;
        }
        host.wait("it still runs", |_| true);
    }
    assert!(answered > 1);
    // A rule edited meanwhile or afterwards goes live as ever.
    site.edit("rules/gb.yaml", GB_C, "market-selection: {fixed-cost: {amount: 710000 CNY}}");
    host.wait_for_number(2);
    host.query("seed.yaml").comes_to("34050000.0000");
}
