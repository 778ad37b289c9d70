//! Cases of plugins: ours, those that a real answer was recorded in, and those of a plugin that changes under them.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use crate::{
    kit_build::with_cargo,
    site::{ROOT, Ran, Site, built},
};

/// A file of YAML as its values.
fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// The program asks the plugin in that file every case of a folder.
fn test(site: &Site, wasm: &Path, cases: &Path, more: &[&str]) -> Ran {
    let (wasm, cases) = (wasm.to_str().unwrap(), cases.to_str().unwrap());
    site.run(&[&["plugin", "test", wasm, "--cases", cases], more].concat())
}

#[test]
fn each_plugin_of_ours_passes_its_cases() {
    let site = Site::empty();
    let mut asked = 0;
    for entry in fs::read_dir(ROOT.join("plugins")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.join("Cargo.toml").exists() {
            continue;
        }
        let id = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let wasm = built(&format!("plugins/{id}.wasm"));
        let tested = test(&site, &wasm, &folder.join("cases"), &["--format", "json"]).exits(0).json();
        assert!(tested["passed"].as_u64().unwrap() >= 2, "{id} has too few cases");
        assert_eq!((&tested["plugin"]["id"], &tested["failed"]), (&id.into(), &0.into()));
        asked += 1;
    }
    assert!(asked >= 8, "{asked}");
}

const MEMBERS: [&str; 3] = ["low", "likely", "high"];

/// `1_234.5 BRL`, or a spread of them, as an answer has it: the currency, and three amounts with four decimals.
fn native(amount: &Value) -> (String, [String; 3]) {
    let texts = MEMBERS.map(|member| amount.as_str().or_else(|| amount[member].as_str()).unwrap());
    let split = texts.map(|text| text.rsplit_once(' ').unwrap());
    let exact = split.map(|(number, _)| {
        let number = number.replace('_', "");
        let (whole, decimals) = number.split_once('.').unwrap_or((&number, ""));
        format!("{whole}.{decimals:0<4}")
    });
    (split[0].1.to_owned(), exact)
}

#[test]
fn a_recorded_case_is_what_the_answer_rests_on_and_passes_at_once() {
    let site = Site::world();
    let asked = ["--market", "br", "--stage", "compliance"];
    let record =
        |more: &[&str]| site.hostless(&[&["explain", "brazil-germany.yaml"], &asked[..], more].concat());
    record(&["--record-case", "cases/br.yaml"])
        .exits(2)
        .says("name one of them: `--plugin lgpd` or `--plugin statutory`");
    let recorded = record(&["--plugin", "lgpd", "--record-case", "cases/br.yaml"]).exits(0);
    assert_eq!((recorded.out.as_str(), recorded.err.as_str()), ("", "wrote cases/br.yaml\n"));
    let wasm = site.path("plugins/lgpd.wasm");
    test(&site, &wasm, Path::new("cases"), &[]).exits(0).shows("1 case: 1 passed");

    // Line by line what the answer shows of its first period.
    let answer = record(&["--format", "json"]).json();
    let lines = answer["markets"][0]["stages"]["compliance"]["lines"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let answered = lines.iter().filter(|line| line["plugin"]["id"] == "lgpd").map(|line| {
        let native = &line["spans"][0]["native"];
        let amounts = MEMBERS.map(|member| text(&native["amount"][member]));
        ((text(&line["obligation"]), text(&line["label"])), (text(&native["currency"]), amounts))
    });
    let case = yaml(&site.text("cases/br.yaml"));
    let expected = case["expect"]["lines"].as_array().unwrap().iter();
    let expected =
        expected.map(|line| ((text(&line["obligation"]), text(&line["label"])), native(&line["amount"])));
    let expected: BTreeMap<_, _> = expected.collect();
    assert!(expected.len() > 5);
    assert_eq!(expected, answered.collect::<BTreeMap<_, _>>());

    record(&["--plugin", "lgpd", "--record-case", "cases/br.yaml"])
        .exits(1)
        .says("the file is there already, and nothing was written");
    let later = ["--plugin", "lgpd", "--on", "2028-01-01", "--record-case", "cases/later.yaml"];
    record(&later).exits(0);
    assert_eq!(yaml(&site.text("cases/later.yaml"))["name"], "br from 2027-11-23");
    test(&site, &wasm, Path::new("cases"), &[]).exits(0).shows("2 cases: 2 passed");
}

#[test]
fn every_stage_of_every_market_can_be_recorded() {
    let site = Site::world();
    for (market, stage, plugin) in [
        ("de", "compliance", "gdpr"),
        ("de", "data-adaptation", "language-adaptation"),
        ("de", "market-selection", "market-entry"),
        ("br", "culture", "culture-integration"),
        ("br", "output", "technology-output"),
        ("br", "compliance", "statutory"),
    ] {
        let (folder, file) = (format!("cases-{plugin}"), format!("cases-{plugin}/{market}.yaml"));
        let asked = ["--market", market, "--stage", stage, "--plugin", plugin, "--record-case", &file];
        site.hostless(&[&["explain", "brazil-germany.yaml"], &asked[..]].concat()).exits(0);
        test(&site, &site.path(format!("plugins/{plugin}.wasm")), Path::new(&folder), &[]).exits(0);
    }
}

#[test]
fn a_case_that_was_not_asked_is_not_recorded() {
    let site = Site::world();
    let record = |more: &[&str]| {
        let asked = ["explain", "brazil-germany.yaml", "--record-case", "x.yaml"];
        site.hostless(&[&asked[..], more].concat()).exits(2)
    };
    record(&[]).says("--market <MARKET>");
    record(&["--market", "bra", "--stage", "culture"]).says("did you mean `br`?");
    let br = ["--market", "br", "--stage", "culture"];
    record(&[&br[..], &["--plugin", "lgpd"]].concat()).says("no plugin `lgpd` computes culture there");
    record(&[&br[..], &["--on", "2035-01-01"]].concat())
        .says("name a day from 2026-11-23 to the one before 2029-11-23");
    let host = site.serve();
    site.run(&[&["explain", "brazil-germany.yaml", "--record-case", "x.yaml"], &br[..]].concat())
        .exits(2)
        .says("record the case without one: add `--rules DIR --plugins DIR`");
    drop(host);
    assert!(!site.path("x.yaml").exists());
}

#[test]
fn a_failure_can_be_what_is_expected() {
    let site = Site::empty();
    let case = |expect: &str| format!("schema: landfall/case@1\nstage: culture\nexpect: {expect}\n");
    for (guest, expect) in [
        ("guest-panic", "{failure: {kind: trapped}}"),
        ("guest-loop-forever", "{failure: {kind: out_of_fuel}}"),
        ("guest-recurse", "{failure: {kind: stack_overflow}}"),
        ("guest-grow-memory", "{failure: {kind: out_of_memory}}"),
    ] {
        site.guest(guest);
        site.put("cases/first.yaml", case(expect));
        let wasm = site.path(format!("plugins/{guest}.wasm"));
        test(&site, &wasm, Path::new("cases"), &[]).exits(0);
        site.put("cases/first.yaml", case("{failure: {kind: bad_text}}"));
        let failed = test(&site, &wasm, Path::new("cases"), &[]).exits(3);
        failed.shows("-  failure: {kind: bad_text}");
        failed.shows("+  failure: {kind: ");
        test(&site, &wasm, Path::new("cases"), &["--update"]).exits(0).shows("updated");
        test(&site, &wasm, Path::new("cases"), &[]).exits(0);
    }
    assert!(site.text("cases/first.yaml").contains("message: used more than 128 MiB of memory"));
}

const NEW: [&str; 7] = ["plugin", "new", "support", "--stage", "output", "--lang", "rust"];

#[test]
fn what_differs_is_shown_and_accepted_and_nothing_else_changes() {
    let site = with_cargo(Site::empty());
    site.run(&NEW).exits(0);
    let test = |more: &[&str]| site.run(&[&["plugin", "test", "support"], more].concat());
    let first = test(&[]).exits(0);
    first.shows("support/cases/first.yaml  passed");
    first.shows("1 case: 1 passed");
    first.says("Compiling support v0.1.0");
    first.says(" ms");
    assert!(!test(&[]).exits(0).err.contains("Compiling"), "it is up to date");

    site.edit("support/cases/first.yaml", "      cadence: yearly", "      cadence: yearly  # every year");
    let before = site.text("support/cases/first.yaml");
    site.edit("support/src/lib.rs", "Cost::count(users, ", "Cost::count(users * 3, ");
    let failed = test(&[]).exits(3);
    failed.shows("what came is not what the case expects");
    failed.shows("-      amount: {low: 400 EUR, likely: 500 EUR, high: 650 EUR}\n");
    failed.shows("+      amount: {low: 1_200 EUR, likely: 1_500 EUR, high: 1_950 EUR}\n");
    assert!(!failed.out.contains('\u{1b}'), "no colours where there is no terminal");
    let json = test(&["--format", "json"]).exits(3).json();
    let case = &json["cases"][0];
    assert_eq!((&case["state"], &json["failed"]), (&"failed".into(), &1.into()));
    assert!(case["fuel"].as_u64().is_some_and(|fuel| fuel > 0));
    let junit = test(&["--format", "junit"]).exits(3).out;
    assert!(
        junit.contains("<testsuite name=\"support\" tests=\"1\" failures=\"1\" errors=\"0\">"),
        "{junit}"
    );
    assert!(junit.contains("<failure message=\"what came is not what the case expects\">"), "{junit}");
    assert_eq!(site.text("support/cases/first.yaml"), before, "nothing is written unasked");

    test(&["--update"]).exits(0).shows("1 case: 0 passed, 1 updated");
    let after = site.text("support/cases/first.yaml");
    assert_eq!(after.split("expect:").next(), before.split("expect:").next());
    assert!(after.contains("      cadence: yearly  # every year\n"), "{after}");
    assert!(after.contains("quantity: {count: 3_000, unit: user, price: "), "{after}");
    test(&[]).exits(0).shows("1 case: 1 passed");

    test(&["--filter", "their price"]).exits(0).shows("1 case: 1 passed");
    test(&["--filter", "nobody"]).exits(2).says("no case has `nobody` in its name or its file");
    site.put("empty/README.md", "");
    test(&["--cases", "empty"]).exits(3).says("the folder holds no case");
    site.run(&["plugin", "test", "support/target/support.wasm"])
        .exits(2)
        .says("name their folder: `--cases DIR`, or test the plugin's folder");
    site.run(&["plugin", "test", "nothing.wasm", "--cases", "support/cases"])
        .exits(3)
        .says("build it first: `landfall plugin build`");
}
