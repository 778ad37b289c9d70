//! Files change while a host runs: what is good is served next, what is bad harms nobody.

use crate::{
    answer::{Answer, item},
    site::{self, Site},
};

const GB_C: &str = "market-selection: {fixed-cost: {amount: 700000 CNY}}";
const GB_C_71: &str = "market-selection: {fixed-cost: {amount: 710000 CNY}}";

#[test]
fn a_rule_is_edited() {
    let site = Site::seed();
    let mut host = site.serve();
    assert_eq!(host.query("seed.yaml").number(), 1);
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    host.wait_for_number(2);
    let answer = host.query("seed.yaml");
    answer.comes_to("34050000.0000");
    assert_eq!(answer.number(), 2);
}

#[test]
fn a_rule_is_broken_and_mended() {
    let site = Site::seed();
    let mut host = site.serve();
    let before = host.query("seed.yaml");

    site.edit("rules/gb.yaml", GB_C, "market-selection: {fixed-cost: {amount: 700000}}");
    let broken = host.wait_for_state("gb.yaml", "last_good");
    let problem = &broken["problems"][0];
    assert_eq!(problem["at"], "gb.yaml:12:43");
    let reason = problem["message"].as_str().unwrap();
    assert!(reason.contains("`700000`"), "{reason}");
    let log = host.log();
    assert!(log.contains("gb.yaml:12:43") && log.contains(reason), "the log does not say so:\n{log}");
    let table = site.run(&["status"]).exits(6);
    table.shows("gb.yaml:12:43");
    table.shows(reason);

    let answer = host.query("seed.yaml");
    assert_eq!(answer.bytes(), before.bytes());
    assert_eq!(answer.number(), 1);
    assert_eq!(answer.json["served"]["stale_items"][0]["file"], "gb.yaml");

    site.edit("rules/gb.yaml", "{amount: 700000}", "{amount: 700000 CNY}");
    host.wait_for_state("gb.yaml", "live");
    site.run(&["status"]).exits(0);
    // What is served never changed, so neither did the generation.
    assert_eq!(host.number(), 1);
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
}

#[test]
fn a_broken_rule_is_mended_into_something_new() {
    let site = Site::seed();
    let mut host = site.serve();
    site.put("rules/gb.yaml", "schema: [");
    host.wait_for_state("gb.yaml", "last_good");
    site.take("rules/seed", "rules");
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    host.wait_for_number(2);
    host.query("seed.yaml").comes_to("34050000.0000");
}

#[test]
fn the_same_bytes_are_no_change() {
    let site = Site::seed();
    let host = site.serve();
    let before = host.status();
    // Written again in place, and again by rename.
    std::fs::write(site.path("rules/gb.yaml"), site.text("rules/gb.yaml")).unwrap();
    site.put("rules/br.yaml", site.text("rules/br.yaml"));
    site.plugin("fixed-cost");
    assert_eq!(host.reload(), 1);
    assert_eq!(host.status()["generation"], before["generation"]);
}

#[test]
fn going_back_gives_the_same_generation() {
    let site = Site::seed();
    let mut host = site.serve();
    let first = host.status()["generation"].clone();
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    let second = host.wait_for_number(2)["generation"].clone();
    site.edit("rules/gb.yaml", GB_C_71, GB_C);
    let third = host.wait_for_number(3)["generation"].clone();
    assert_ne!(first, second);
    assert_eq!(first, third);
}

#[test]
fn a_plugin_is_replaced() {
    let site = Site::seed();
    let mut host = site.serve();
    let before = host.query("seed.yaml");
    let other = with_note(site::plugin("fixed-cost"), b"another build");
    let digest = format!("blake3:{}", blake3::hash(&other));
    site.put("plugins/fixed-cost.wasm", &other);
    host.wait_for_number(2);
    let after = host.query("seed.yaml");
    after.comes_to("34000000.0000");
    for line in after.lines("gb") {
        assert_eq!(line["plugin"]["digest"], digest.as_str());
    }
    assert_eq!(after.market("gb")["closure"]["plugins"]["fixed-cost"], digest.as_str());
    assert_ne!(before.lines("gb")[0]["plugin"]["digest"], digest.as_str());
}

#[test]
fn noise_among_the_plugins_harms_nobody() {
    let site = Site::seed();
    let mut host = site.serve();
    let before = host.query("seed.yaml");
    site.put("plugins/x.wasm", random_bytes(100));
    site.put("plugins/other.wasm", site::plugin("fixed-cost"));
    let noise = host.wait_for_state("x.wasm", "refused");
    assert_eq!(noise["problems"][0]["message"], "this is not a WebAssembly module or component");
    let copy = host.wait_for_state("other.wasm", "refused");
    let message = copy["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains("`fixed-cost`") && message.contains("other.wasm"), "{message}");
    site.run(&["status"]).exits(6);
    let after = host.query("seed.yaml");
    assert_eq!(after.bytes(), before.bytes());
    assert_eq!(after.number(), 1);
    // Their removal is no news either.
    site.remove("plugins/x.wasm");
    site.remove("plugins/other.wasm");
    assert_eq!(host.reload(), 1);
    site.run(&["status"]).exits(0);
}

#[test]
fn a_broken_plugin_leaves_the_one_before() {
    let site = Site::seed();
    let mut host = site.serve();
    let before = host.query("seed.yaml");
    let whole = site::plugin("fixed-cost");
    site.put("plugins/fixed-cost.wasm", &whole[..whole.len() / 2]);
    let broken = host.wait_for_state("fixed-cost.wasm", "last_good");
    assert!(broken["problems"][0]["message"].is_string());
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
    site.put("plugins/fixed-cost.wasm", &whole);
    host.wait_for_state("fixed-cost.wasm", "live");
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
}

#[test]
fn a_deleted_rule_is_gone_and_a_deleted_plugin_is_kept_by_who_needs_it() {
    let site = Site::seed();
    let mut host = site.serve();
    let before = host.query("seed.yaml");

    site.remove("plugins/fixed-cost.wasm");
    let kept = host.wait_for_state("gb.yaml", "last_good");
    let message = kept["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains("`fixed-cost`"), "{message}");
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
    site.plugin("fixed-cost");
    host.wait_for_state("gb.yaml", "live");

    site.remove("rules/gb.yaml");
    let status = host.wait("gb.yaml is gone", |status| item(status, "gb.yaml").is_none());
    assert!(status["number"].as_u64().unwrap() > 1);
    let refused = site.run(&["query", "seed.yaml"]).exits(3);
    refused.says("`gb`");
    refused.says("seed.yaml:");
}

#[test]
fn an_emptied_folder_is_a_fault_and_not_a_deletion() {
    let site = Site::seed();
    let mut host = site.serve();
    let before = host.query("seed.yaml");
    for place in ["br", "cn", "gb", "in", "us"] {
        site.remove(&format!("rules/{place}.yaml"));
    }
    host.wait("the fault is seen", |status| {
        status["items"].as_array().unwrap().iter().any(|item| {
            item["problems"]
                .as_array()
                .unwrap()
                .iter()
                .any(|problem| problem["message"].as_str().unwrap().contains("has no rule file"))
        })
    });
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
}

#[test]
fn a_rule_and_a_plugin_that_wait_for_each_other_go_live_together() {
    let site = Site::seed();
    let mut host = site.serve();
    site.edit("rules/gb.yaml", "{fixed-cost: {amount: 250000 CNY}}", "{statutory: {}}");
    let waits = host.wait_for_state("gb.yaml", "last_good");
    let message = waits["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains("`statutory`"), "{message}");
    site.plugin("statutory");
    host.wait_for_state("gb.yaml", "live");
    // It passes on what obligations cost, and here are none: 5 × 25 less.
    host.query("seed.yaml").comes_to("32750000.0000");
}

#[test]
fn a_country_is_a_rule_file_alone() {
    let site = Site::seed();
    let mut host = site.serve();
    let france = site.text("rules/gb.yaml").replace("id: gb", "id: fr").replace("United Kingdom", "France");
    site.put("rules/fr.yaml", france);
    host.wait_for_number(2);
    site.edit("seed.yaml", "gb: {weight: 5}", "gb: {weight: 5}\n  fr: {weight: 1}");
    let answer = host.query("seed.yaml");
    answer.comes_to("36100000.0000");
    assert_eq!(answer.market("fr")["total"]["likely"], "2100000.0000");
}

/// Random, and the same in every run.
fn random_bytes(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    blake3::Hasher::new().update(b"noise").finalize_xof().fill(&mut bytes);
    bytes
}

/// The same module with a custom section more: other bytes, and good ones.
fn with_note(mut wasm: Vec<u8>, note: &[u8]) -> Vec<u8> {
    let name = b"note";
    let length = u8::try_from(1 + name.len() + note.len()).unwrap();
    assert!(length < 128, "one byte of LEB128");
    wasm.extend([0, length, u8::try_from(name.len()).unwrap()]);
    wasm.extend(name);
    wasm.extend(note);
    wasm
}

#[test]
fn asked_while_it_reloads_every_answer_is_of_one_generation() {
    let site = Site::seed();
    let mut host = site.serve();
    let known = ["34000000.0000", "34050000.0000"];
    for round in 0..6 {
        let (this, by) = if round % 2 == 0 { (GB_C, GB_C_71) } else { (GB_C_71, GB_C) };
        site.edit("rules/gb.yaml", this, by);
        loop {
            let answer: Answer = host.query("seed.yaml");
            let objective = answer.json["answer"]["objective"]["likely"].as_str().unwrap().to_owned();
            // Even generations have 71, odd ones 70, and never is one asked about the other's.
            let number = usize::try_from(answer.number()).unwrap();
            assert_eq!(objective, known[(number + 1) % 2], "generation {number}");
            if number == round + 2 {
                break;
            }
            host.wait("it still runs", |_| true);
        }
    }
}
