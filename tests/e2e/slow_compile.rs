//! Plugins that take seconds to compile, as those in Python and JavaScript do: nobody waits for them but who needs them.

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    answer::{Answer, item},
    host::Host,
    module,
    server::get,
    site::Site,
};

/// A compiler takes about five seconds over so many loops.
const SLOW: usize = 2_000;

const GB_C: &str = "market-selection: {fixed-cost: {amount: 700000 CNY}}";

/// Plugin files by what came of compiling them: at hand, compiled, refused.
#[track_caller]
fn compilations(host: &Host<'_>) -> [u64; 3] {
    let metrics = get(host, "/metrics");
    ["cached", "compiled", "refused"].map(|outcome| {
        let name = format!("landfall_compilations_total{{outcome=\"{outcome}\"}} ");
        let count = metrics.lines().find_map(|line| line.strip_prefix(name.as_str()));
        count.unwrap_or_else(|| panic!("{metrics}")).parse().unwrap()
    })
}

fn state(status: &Value, file: &str) -> String {
    item(status, file).map_or_else(|| "absent".to_owned(), |item| item["state"].as_str().unwrap().to_owned())
}

/// The plugin that computed the first stage of the United Kingdom.
#[track_caller]
fn served(answer: &Answer, id: &str) -> String {
    answer.market("gb")["closure"]["plugins"][id].as_str().unwrap().to_owned()
}

/// With the plugin bound for the first stage of the United Kingdom, at what the seed has there.
fn seed_with(id: &str, wasm: &[u8]) -> Site {
    let site = Site::seed();
    site.put(&format!("plugins/{id}.wasm"), wasm);
    site.edit("rules/gb.yaml", GB_C, &format!("market-selection: {{{id}: {{}}}}"));
    site
}

/// Puts the new version there, and asks for as long as it is being compiled; then once more.
#[track_caller]
fn goes_on_answering(site: &Site, host: &mut Host<'_>, id: &str, new: &[u8], then: &str) {
    let file = format!("{id}.wasm");
    let before = host.query("seed.yaml");
    site.put(&format!("plugins/{file}"), new);
    host.wait_for_state(&file, "waiting");
    // A rule is taken in meanwhile, and the old version answers it.
    let number = host.number();
    site.edit(
        "rules/gb.yaml",
        "culture:          {fixed-cost: {amount: 300000 CNY}}",
        "culture: {fixed-cost: {amount: 310000 CNY}}",
    );
    let status = host.wait_for_number(number + 1);
    assert_eq!(state(&status, &file), "waiting");
    let mut answered = 0;
    loop {
        let answer = host.query("seed.yaml");
        if state(&host.status(), &file) != "waiting" {
            break;
        }
        // It was being compiled when it was asked, and still is.
        assert_eq!(served(&answer, id), served(&before, id));
        answer.comes_to("34050000.0000");
        answered += 1;
    }
    assert!(answered > 0);
    host.wait_for_state(&file, "live");
    let after = host.query("seed.yaml");
    assert_ne!(served(&after, id), served(&before, id));
    after.comes_to(then);
}

/// Ends the host and starts another: it has everything at once and compiles nothing.
#[track_caller]
fn starts_with_what_was_compiled(site: &Site, mut host: Host<'_>, then: &str) {
    let [_, compiled, _] = compilations(&host);
    assert!(compiled > 0);
    host.end(Signal::TERM);
    drop(host);
    let mut host = Host::launch(site, &[]);
    // Whatever it serves first is everything there is: it has waited for nothing.
    let status = host.wait("it answers", |status| status["number"] != 0);
    for item in status["items"].as_array().unwrap() {
        assert_eq!(item["state"], "live", "{item}");
    }
    host.query("seed.yaml").comes_to(then);
    let [cached, compiled, refused] = compilations(&host);
    assert!(cached > 0);
    assert_eq!((compiled, refused), (0, 0));
}

#[test]
fn the_old_version_answers_while_the_new_one_compiles_and_a_second_start_compiles_nothing() {
    let site = seed_with("slow", &module::priced("slow", 700_000, 1));
    let mut host = site.serve();
    host.query("seed.yaml").comes_to("34000000.0000");
    goes_on_answering(&site, &mut host, "slow", &module::priced("slow", 720_000, SLOW), "34150000.0000");
    starts_with_what_was_compiled(&site, host, "34150000.0000");
}

#[test]
fn a_small_plugin_does_not_wait_behind_large_ones() {
    let site = Site::seed();
    let mut host = site.serve();
    for id in ["slow-a", "slow-b", "slow-c"] {
        site.put(&format!("plugins/{id}.wasm"), module::priced(id, 1, SLOW));
    }
    host.wait_for_state("slow-c.wasm", "waiting");
    site.put("plugins/quick.wasm", module::priced("quick", 700_000, 1));
    site.edit("rules/gb.yaml", GB_C, "market-selection: {quick: {}}");
    let status = host.wait("quick.wasm is live", |status| state(status, "quick.wasm") == "live");
    let waiting = ["slow-a", "slow-b", "slow-c"]
        .iter()
        .filter(|id| state(&status, &format!("{id}.wasm")) == "waiting")
        .count();
    assert!(waiting > 0, "{status:#}");
    let answer = host.query("seed.yaml");
    assert!(!served(&answer, "quick").is_empty());
    // What is replaced while it waits, or is being compiled, takes nobody's time.
    for id in ["slow-a", "slow-b", "slow-c"] {
        site.put(&format!("plugins/{id}.wasm"), module::priced(id, 2, 1));
    }
    for id in ["slow-a", "slow-b", "slow-c"] {
        host.wait_for_state(&format!("{id}.wasm"), "live");
    }
}
