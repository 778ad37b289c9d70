//! What may be done to the watched folders beside editing a file: links, spellings, a new base.

use std::os::unix::fs::symlink;

use crate::{answer::item, site::Site};

const GB_C: &str = "market-selection: {fixed-cost: {amount: 700000 CNY}}";
const GB_C_71: &str = "market-selection: {fixed-cost: {amount: 710000 CNY}}";

/// As Kubernetes mounts a ConfigMap: every file is a link through `..data`, which is swapped.
#[test]
fn a_link_inside_the_folder_is_swapped() {
    let site = Site::seed();
    let (old, new) = (site.path("rules/..one"), site.path("rules/..two"));
    std::fs::create_dir(&old).unwrap();
    std::fs::create_dir(&new).unwrap();
    let gb = site.text("rules/gb.yaml");
    std::fs::write(old.join("gb.yaml"), &gb).unwrap();
    std::fs::write(new.join("gb.yaml"), gb.replace(GB_C, GB_C_71)).unwrap();
    site.remove("rules/gb.yaml");
    symlink("..one", site.path("rules/..data")).unwrap();
    symlink("..data/gb.yaml", site.path("rules/gb.yaml")).unwrap();
    let mut host = site.serve();
    host.query("seed.yaml").comes_to("34000000.0000");
    symlink("..two", site.path("rules/..data_new")).unwrap();
    std::fs::rename(site.path("rules/..data_new"), site.path("rules/..data")).unwrap();
    host.wait_for_number(2);
    host.query("seed.yaml").comes_to("34050000.0000");
}

#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let site = Site::seed();
    std::fs::rename(site.path("rules/gb.yaml"), site.path("elsewhere.yaml")).unwrap();
    symlink("../elsewhere.yaml", site.path("rules/gb.yaml")).unwrap();
    let said = site.run(&["check", "--rules", "rules", "--plugins", "plugins"]).exits(3);
    said.says("gb.yaml");
    said.says("leads out of the folder");
}

#[test]
fn two_spellings_of_one_plugin_are_both_refused() {
    let site = Site::seed();
    let mut host = site.serve();
    let before = host.query("seed.yaml");
    let other = std::fs::read(site.path("plugins/fixed-cost.wasm")).unwrap();
    site.put("plugins/fixed_cost.wasm", other);
    host.wait_for_state("fixed-cost.wasm", "last_good");
    host.wait_for_state("fixed_cost.wasm", "last_good");
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
    // As cargo writes it, it will do as well.
    site.remove("plugins/fixed-cost.wasm");
    host.wait_for_state("fixed_cost.wasm", "live");
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
}

#[test]
fn a_base_that_would_take_a_place_down_is_refused_whole() {
    let site = Site::book();
    let mut host = site.serve();
    let before = host.query("strategy.yaml");
    site.edit("rules/facts.yaml", "  users: {type: count, doc: users a year}\n", "");
    let facts = host.wait_for_state("facts.yaml", "last_good");
    let message = facts["problems"][0]["message"].as_str().unwrap();
    assert!(message.contains("`br`"), "{message}");
    assert_eq!(item(&host.status(), "br.yaml").unwrap()["state"], "live");
    let after = host.query("strategy.yaml");
    assert_eq!((after.bytes(), after.number()), (before.bytes(), before.number()));
    // What needs the new base and what the old one: together they go live.
    site.edit("rules/br.yaml", "market.users > 0", "product.personal_data");
    host.wait_for_state("facts.yaml", "live");
    host.wait_for_state("br.yaml", "live");
    site.run(&["query", "strategy.yaml"]).exits(3).says("market.users");
}

#[test]
fn a_new_exchange_rate_is_a_new_generation() {
    let site = Site::book();
    let mut host = site.serve();
    let before = host.query("strategy.yaml");
    let dearer = "EUR/BRL: [{date: 2026-10-30, rate: \"6.0692\"}, {date: 2026-11-20, rate: \"5.5\"}]";
    site.edit("rules/fx.yaml", "EUR/BRL: [{date: 2026-10-30, rate: \"6.0692\"}]", dearer);
    host.wait_for_number(2);
    let after = host.query("strategy.yaml");
    assert_ne!(before.market("br")["total"], after.market("br")["total"]);
    let fx: Vec<_> = after.lines("br").into_iter().filter_map(|line| line["fx"]["date"].as_str()).collect();
    assert!(!fx.is_empty() && fx.iter().all(|date| *date == "2026-11-20"), "{fx:?}");
}

/// A missing folder is a fault; when it is back, so is everything.
#[test]
fn a_folder_that_is_gone_for_a_while() {
    let site = Site::seed();
    let mut host = site.serve();
    let before = host.query("seed.yaml");
    std::fs::rename(site.path("rules"), site.path("away")).unwrap();
    host.reload();
    let status = host.status();
    assert!(!status["items"].as_array().unwrap().iter().all(|item| item["state"] == "live"), "{status:#}");
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
    std::fs::rename(site.path("away"), site.path("rules")).unwrap();
    host.wait("everything is live again", |status| {
        status["items"].as_array().unwrap().iter().all(|item| item["state"] == "live")
    });
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
    // And it is watched again.
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    host.wait_for_number(2);
}
