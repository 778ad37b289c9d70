//! What authors of plugins are told: `plugin check`, `plugin inspect` and `plugin bench`, on the repository's own plugins
//! and on those of `tests/guests/checked.yaml`, each complaint by its words.

use std::{collections::BTreeMap, fs};

use minisign::KeyPair;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    site::{ROOT, Site, built},
    zoo::animal::{Animal, zoo},
};

/// A plugin, and what is said of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    animal: Animal,
    file: Option<String>,
    #[serde(default)]
    cases: BTreeMap<String, String>,
    #[serde(default)]
    put: BTreeMap<String, String>,
    says: Vec<String>,
}

/// What is said of whatever has no cases, and of whatever nobody binds.
const ALWAYS: [&str; 2] =
    ["note: it has no cases: it was asked a made-up one", "note: no file in rules binds"];

/// The findings of a check, as a line each.
fn findings(checked: &Value) -> Vec<String> {
    let finding = |finding: &Value| {
        let said = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        format!("{}: {} (help: {})", said("severity"), said("message"), said("help"))
    };
    checked["findings"].as_array().unwrap().iter().map(finding).collect()
}

#[test]
fn every_complaint_has_its_words_and_says_what_to_change() {
    let text = fs::read_to_string(ROOT.join("tests/guests/checked.yaml")).unwrap();
    let all: Vec<Told> = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("checked.yaml: {error}"));
    let mut other = Vec::new();
    for told in &all {
        let site = Site::book();
        let file = told.file.clone().unwrap_or_else(|| format!("{}.wasm", told.animal.name));
        site.put(&file, told.animal.bytes());
        told.put.iter().for_each(|(file, text)| site.put(file, text));
        let mut command = vec!["plugin", "check", &file, "--rules", "rules", "--format", "json"];
        if !told.cases.is_empty() {
            fs::create_dir(site.path("cases")).unwrap();
            told.cases.iter().for_each(|(file, text)| site.put(&format!("cases/{file}"), text));
            command.extend(["--cases", "cases"]);
        }
        let ran = site.run(&command);
        let checked = ran.json();
        let found = findings(&checked);
        let errors = found.iter().any(|one| one.starts_with("error"));
        assert_eq!(ran.code, Some(if errors { 3 } else { 0 }), "{file}: {ran:?}");
        let found: Vec<_> =
            found.into_iter().filter(|one| !ALWAYS.iter().any(|always| one.starts_with(always))).collect();
        let alike = |(found, expected): (&String, &String)| match expected.strip_suffix('…') {
            Some(start) => found.starts_with(start),
            None => found == expected,
        };
        if found.iter().any(|one| one.ends_with("(help: )"))
            || found.len() != told.says.len()
            || !found.iter().zip(&told.says).all(alike)
        {
            other.push(format!("{file}: {found:#?}"));
        }
    }
    assert!(other.is_empty(), "{}", other.join("\n"));
}

/// What `plugins/` holds, with the names of its folders.
fn own() -> Vec<String> {
    let entries = fs::read_dir(built("plugins")).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    entries.map(name).filter(|name| name.ends_with(".wasm")).collect()
}

#[test]
fn the_plugins_of_the_repository_have_nothing_to_change() {
    let site = Site::world();
    let own = own();
    assert!(own.len() >= 8, "{own:?}");
    for file in own {
        let path = format!("plugins/{file}");
        let checked =
            site.run(&["plugin", "check", &path, "--rules", "rules", "--format", "json"]).exits(0).json();
        let found = findings(&checked);
        let worse: Vec<_> = found.iter().filter(|one| !one.starts_with("note")).collect();
        assert!(worse.is_empty(), "{file}: {worse:#?}");
    }
}

#[test]
fn a_check_names_who_binds_it_or_the_lines_that_would() {
    let site = Site::world();
    let ran = site.run(&["plugin", "check", "plugins/gdpr.wasm", "--rules", "rules"]).exits(0);
    ran.shows("compliance  for de, fr");
    ran.shows("made up for compliance");
    let ran = site.run(&["plugin", "check", "plugins/fixed-cost.wasm", "--rules", "rules"]).exits(0);
    ran.shows("note: no file in rules binds `fixed-cost`");
    ran.shows("    output: {fixed-cost: {amount: 1 EUR}}\n");
    ran.shows("note: it has no cases: it was asked a made-up one, which says little");
}

#[test]
fn errors_in_the_rules_are_not_the_plugins() {
    let site = Site::world();
    site.put("rules/zz.yaml", "schema: landfall/jurisdiction@1\nid: zz\n");
    let ran = site.run(&["plugin", "check", "plugins/gdpr.wasm", "--rules", "rules"]).exits(0);
    ran.says("files in rules have errors, and were not looked at");
}

#[test]
fn an_inspection_says_what_a_plugin_is_and_who_provides_what_it_needs() {
    let site = Site::world();
    let ran = site.run(&["plugin", "inspect", "plugins/gdpr.wasm", "--rules", "rules"]).exits(0);
    for line in [
        "  kind       core module, which the host makes a component\n",
        "  world      landfall:stage/stage@1.0.0\n",
        "  imports    landfall:stage/host@1.0.0 (log)\n",
        "  language   Rust\n",
        "  stages     compliance\n",
        "  signature  none\n",
        "  knows  dpo ",
    ] {
        ran.shows(line);
    }
    let json = site.run(&["plugin", "inspect", "plugins/gdpr.wasm", "--format", "json"]).exits(0).json();
    assert_eq!(json["plugin"]["id"], "gdpr");
    assert_eq!(json["plugin"]["facts"][1]["name"], "market.users");
    assert_eq!(json["plugin"]["facts"][1]["type"], "count");
    assert_eq!((&json["bound"], &json["plugin"]["facts"][1]["given"]), (&Value::Null, &Value::Null));
    assert_eq!(json["size"].as_u64().unwrap(), fs::metadata(site.path("plugins/gdpr.wasm")).unwrap().len());
}

#[test]
fn a_file_that_is_refused_is_inspected_all_the_same() {
    let site = Site::empty();
    site.put(
        "wasi.wasm",
        wat::parse_str(r#"(component (import "wasi:cli/environment@0.2.0" (instance)))"#).unwrap(),
    );
    let ran = site.run(&["plugin", "inspect", "wasi.wasm"]).exits(3);
    ran.shows("  kind       component\n");
    ran.shows("  world      none that is known\n");
    ran.shows("  imports    wasi:cli/environment@0.2.0\n");
    ran.shows("error: it imports `wasi:cli/environment@0.2.0`: a plugin may import nothing but `landfall:stage/host@1.0.0`");
    site.put("prose.wasm", "a plugin, I promise\n");
    let json = site.run(&["plugin", "inspect", "prose.wasm", "--format", "json"]).exits(3).json();
    assert_eq!((&json["kind"], &json["plugin"]), (&Value::from("other"), &Value::Null));
    site.run(&["plugin", "inspect", "nothing.wasm"]).exits(3).says("it cannot be read");
}

#[test]
fn a_signature_is_told_and_verified_where_keys_are_named() {
    let site = Site::world();
    let (ours, theirs) = (pair(), pair());
    let bytes = fs::read(site.path("plugins/gdpr.wasm")).unwrap();
    let sign = |by: &KeyPair| {
        let comment = Some("gdpr serial:7");
        minisign::sign(Some(&by.pk), &by.sk, bytes.as_slice(), comment, None).unwrap().to_string()
    };
    site.put("plugins/gdpr.wasm.minisig", sign(&ours));
    let inspect = ["plugin", "inspect", "plugins/gdpr.wasm"];
    let ran = site.run(&inspect).exits(0);
    ran.shows("signature  not verified: name the keys with `--config landfall.yaml`; key ");
    ran.shows(", serial 7, comment `gdpr serial:7`\n");
    let key = ours.pk.to_base64();
    site.put(
        "landfall.yaml",
        format!("schema: landfall/config@1\ntrust:\n  keys:\n    - {{name: eu, key: {key}, jurisdictions: all, stages: all}}\n"),
    );
    let verified = [inspect.as_slice(), &["--config", "landfall.yaml"]].concat();
    site.run(&verified).exits(0).shows("signature  by `eu`; key ");
    site.put("plugins/gdpr.wasm.minisig", sign(&theirs));
    let ran = site.run(&verified).exits(3);
    ran.shows("signature  does not hold; key ");
    ran.shows("and landfall.yaml trusts no such key");
}

/// Whatever else is thrown at it: an answer, and no end of the process but its own.
#[test]
fn whatever_a_host_refuses_is_inspected() {
    let site = Site::empty();
    // Not those that take a compiler its whole minute, nor what is refused for its name.
    let other = ["compiling took", "plugin `"];
    let refused = |animal: &Animal| {
        animal.refused().is_some_and(|why| !other.iter().any(|other| why.starts_with(other)))
    };
    let animals: Vec<_> = zoo().into_iter().filter(refused).collect();
    assert!(animals.len() > 20, "{}", animals.len());
    for animal in animals {
        let bytes = animal.bytes();
        site.put("animal.wasm", &bytes);
        let json = site.run(&["plugin", "inspect", "animal.wasm", "--format", "json"]).exits(3).json();
        // No more of a file is read than a host reads.
        assert!(json["size"].as_u64().unwrap() <= bytes.len() as u64, "{}", animal.name);
        assert_eq!(json["problems"].as_array().unwrap().len(), 1, "{}: {json}", animal.name);
        assert!(!json["problems"][0]["message"].as_str().unwrap().is_empty());
    }
}

fn pair() -> KeyPair {
    KeyPair::generate_unencrypted_keypair().unwrap()
}

#[test]
fn a_bench_counts_alike_and_shows_the_spread() {
    let site = Site::world();
    let bench = ["plugin", "bench", "plugins/statutory.wasm", "--samples", "20"];
    let json = [bench.as_slice(), &["--format", "json"]].concat();
    let (one, two) = (site.run(&json).exits(0).json(), site.run(&json).exits(0).json());
    let counted = |json: &Value| {
        let used = json["used"].as_array().unwrap().iter().filter(|used| used["limit"] != "wall_clock");
        used.cloned().collect::<Vec<_>>()
    };
    assert_eq!(counted(&one), counted(&two));
    assert_eq!(one["used"][0]["limit"], "fuel");
    assert!(one["used"][0]["used"].as_u64().unwrap() > 0);
    for kind in ["fresh", "warm", "load"] {
        let at = |key: &str| one[kind][key].as_u64().unwrap();
        assert!(
            at("p5_ns") <= at("median_ns") && at("median_ns") <= at("p95_ns") && at("p5_ns") > 0,
            "{one}"
        );
    }
    assert_eq!(one["fresh"]["samples"], 20);
    assert!(one["artifact_size"].as_u64().unwrap() > 0 && one["compile_ns"].as_u64().unwrap() > 0);
    let ran = site.run(&bench).exits(0);
    ran.shows("case `made up for compliance`, compliance\n");
    ran.shows("  fuel ");
    ran.shows("  warm call ");
    site.run(&["plugin", "bench", "plugins/statutory.wasm", "--case", "none.yaml"])
        .exits(3)
        .says("the case cannot be read");
}
