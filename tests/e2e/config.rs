//! `landfall.yaml` of a running host: what it says holds at once, and a broken one harms nobody.

use std::{fs, os::unix::fs::symlink};

use crate::{answer::item, host::Host, module, site::Site};

const HEAD: &str = "schema: landfall/config@1\n";

fn says(site: &Site, rest: &str) {
    site.put("landfall.yaml", format!("{HEAD}{rest}\n"));
}

/// A host on the article's markets that follows a configuration.
#[track_caller]
fn follows<'s>(site: &'s Site, rest: &str) -> Host<'s> {
    says(site, rest);
    Host::start(site, &["--config", "landfall.yaml"])
}

/// The problems of the configuration, a line each.
fn problems(of: &serde_json::Value) -> String {
    let all = of["problems"].as_array().unwrap().iter();
    let line = |problem: &serde_json::Value| {
        let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
        format!("{}: {} ({})", text("at"), text("message"), text("help"))
    };
    all.map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_starved_plugin_answers_when_it_is_fed() {
    let site = Site::seed();
    let mut host = follows(&site, "");
    let before = host.query("seed.yaml");
    before.comes_to("34000000.0000");
    // It would not even describe itself under this; what was accepted before is asked under it.
    says(&site, "limits: {plugins: {fixed-cost: {table_elements: 1}}}");
    host.wait_for_number(2);
    let starved = host.query("seed.yaml");
    let markets = starved.json["answer"]["markets"].as_array().unwrap();
    let reasons: Vec<_> = markets.iter().flat_map(|market| market["reasons"].as_array().unwrap()).collect();
    assert!(!reasons.is_empty(), "{starved:?}");
    for reason in reasons {
        let message = reason["message"].as_str().unwrap();
        assert!(message.contains("used more than 1 table elements"), "{message}");
    }
    // The one before still answers as it did, under its own limits.
    let then = site.run(&["query", "seed.yaml", "--generation", "1", "--format", "json"]).exits(0);
    assert_eq!(crate::answer::Answer::of(then).bytes(), before.bytes());
    says(&site, "limits: {default: {wall_clock: 20 s}}");
    host.wait_for_number(3);
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
}

#[test]
fn history_keeps_as_many_generations_as_it_says() {
    let site = Site::seed();
    let mut host = follows(&site, "history: {generations: 2}");
    for (number, amount) in (2_u64..).zip(["710000 CNY", "720000 CNY", "730000 CNY"]) {
        let before = if number == 2 { "700000 CNY".to_owned() } else { format!("7{}0000 CNY", number - 2) };
        let fixed = |amount: &str| format!("market-selection: {{fixed-cost: {{amount: {amount}}}}}");
        site.edit("rules/gb.yaml", &fixed(&before), &fixed(amount));
        host.wait_for_number(number);
    }
    let kept = site.run(&["generations", "--format", "json"]).exits(0).json();
    let numbers: Vec<_> = kept["generations"].as_array().unwrap().iter().map(|row| &row["number"]).collect();
    assert_eq!(numbers, [4, 3]);
}

#[test]
fn a_broken_one_leaves_the_last_good_and_is_told() {
    let site = Site::seed();
    let mut host = follows(&site, "limits: {default: {lines: 5_000}}");
    let good = item(&host.status(), "landfall.yaml").unwrap().clone();
    assert_eq!((good["kind"].as_str(), good["state"].as_str()), (Some("config"), Some("live")));
    let before = host.query("seed.yaml");
    says(&site, "limits: {default: {line: 5_000}}");
    let broken = host.wait_for_state("landfall.yaml", "last_good");
    assert_eq!(
        problems(&broken),
        "landfall.yaml:2:20: unknown key `line` in the limits of a plugin (did you mean `lines`?)"
    );
    assert_eq!(broken["digest"], good["digest"]);
    site.run(&["status"]).exits(6).shows("config");
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
    says(&site, "limits: {default: {lines: 5_000}}");
    host.wait_for_state("landfall.yaml", "live");
    assert_eq!(host.number(), 1);
}

#[test]
fn what_is_read_at_start_alone_is_told_when_it_changes() {
    let site = Site::seed();
    let mut host = follows(&site, "limits: {queries: {at_once: 1}}");
    says(&site, "limits: {queries: {at_once: 2}}");
    let status = host.wait("the change is seen", |status| {
        item(status, "landfall.yaml").is_some_and(|item| item["problems"][0].is_object())
    });
    let item = item(&status, "landfall.yaml").unwrap();
    assert_eq!(item["state"], "live");
    assert_eq!(
        problems(item),
        "landfall.yaml: `limits.queries` was changed, and is read at start alone (it takes a restart of the host; everything else is in force)"
    );
}

#[test]
fn the_log_follows_it_unless_a_flag_says_otherwise() {
    let site = Site::seed();
    let mut host = follows(&site, "log: warn");
    assert_eq!(host.log(), "", "nothing happened that is worth a warning");
    says(&site, "log: info");
    site.edit("rules/gb.yaml", "amount: 700000 CNY", "amount: 710000 CNY");
    host.wait_for_number(2);
    assert!(host.log().contains("a new generation is served"), "{}", host.log());
    drop(host);
    let mut host = Host::start(&site, &["--config", "landfall.yaml", "--log-level", "error"]);
    says(&site, "log: debug");
    site.edit("rules/gb.yaml", "amount: 710000 CNY", "amount: 720000 CNY");
    host.wait_for_number(3);
    assert_eq!(host.log(), "");
}

#[test]
fn one_that_others_can_replace_is_refused() {
    let site = Site::seed();
    says(&site, "");
    site.put("rules/landfall.yaml", HEAD);
    let serve = |config: &str| {
        site.run(&["serve", "--rules", "rules", "--plugins", "plugins", "--config", config]).exits(3)
    };
    serve("rules/landfall.yaml").says("rules/landfall.yaml lies in rules, which is watched");
    symlink(site.path("rules/landfall.yaml"), site.path("link.yaml")).unwrap();
    serve("link.yaml").says("link.yaml lies in rules, which is watched");
    symlink(site.path("landfall.yaml"), site.path("plugins/out.yaml")).unwrap();
    serve("plugins/out.yaml").says("plugins/out.yaml lies in plugins, which is watched");
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    fs::set_permissions(site.path("landfall.yaml"), everybody).unwrap();
    serve("landfall.yaml").says("landfall.yaml can be written by anybody");
}

#[test]
fn a_broken_one_at_start_is_an_error_at_its_place() {
    let site = Site::seed();
    let start = |more: &[&str]| {
        let serve = ["serve", "--rules", "rules", "--plugins", "plugins", "--config", "landfall.yaml"];
        site.run(&[&serve, more].concat())
    };
    start(&[]).exits(3).says("cannot be read");
    says(&site, "limits: {default: {memory: 1 TiB}}");
    let ran = start(&[]).exits(3);
    ran.says("landfall.yaml:2:28");
    ran.says("`memory` is a size, not `1 TiB`");
    says(&site, "listen: [{tcp: \"127.0.0.1:0\"}]");
    start(&["--listen", "tcp:127.0.0.1:0"]).exits(2).says("both `--listen` and the configuration");
}

#[test]
fn it_says_where_to_listen() {
    let site = Site::seed();
    says(&site, "listen: [{unix: here.sock}]");
    let site = site.with("LANDFALL_HOST", "unix:here.sock");
    let host = Host::start(&site, &["--config", "landfall.yaml"]);
    host.query("seed.yaml").comes_to("34000000.0000");
}

/// The limits of the compile child are those of the plugin it compiles.
#[test]
fn compiling_is_limited_as_it_says() {
    let site = Site::seed();
    let mut host = follows(
        &site,
        "limits: {plugins: {bomb: {compile: {memory: 256 MiB}}, slow: {compile: {cpu: 1 s}}, late: {compile: {wall_clock: 1 s}}}}",
    );
    for (id, expected) in [
        ("bomb", "compiling took more than 256 MiB"),
        ("slow", "compiling took more than 1 s of CPU"),
        ("late", "compiling took more than 1 s"),
    ] {
        site.put(&format!("plugins/{id}.wasm"), module::expensive(id));
        let refused = host.wait_for_state(&format!("{id}.wasm"), "refused");
        assert_eq!(refused["problems"][0]["message"], expected);
    }
    host.query("seed.yaml").comes_to("34000000.0000");
}
