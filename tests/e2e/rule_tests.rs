//! Tests that stand in rule files: run from the command line, and as a gate before a running host.

use crate::site::Site;

/// What holds the cap in the small book.
const TEST: &str = "tests:
  - name: the cap binds
    as_of: 2026-11-23
    given: {product: {personal_data: true}, market: {revenue: 4_000_000_000 BRL, users: 1}, choices: {dpo: outsourced}}
    expect:
      obligations: {has: [dpo, security]}
      penalties: {fine: 50_000_000 BRL}
      costs: {dpo: 110_000 BRL}
";

/// The small book with a test in it.
fn tested() -> Site {
    let site = Site::book();
    let text = site.text("rules/br.yaml");
    site.put("rules/br.yaml", format!("{text}{TEST}"));
    site
}

#[test]
fn every_row_of_the_trigger_table_is_answered_by_its_tests() {
    let site = Site::empty();
    site.take("tests/cases/law/rules", "rules");
    site.plugin("statutory");
    let ran = site.hostless(&["test", "--format", "json"]).exits(0);
    let tested = ran.json();
    assert_eq!(tested["failed"], 0);
    let files: Vec<&str> =
        tested["files"].as_array().unwrap().iter().map(|file| file["file"].as_str().unwrap()).collect();
    let rows = [
        "au", "br", "ca-qc", "ca", "ch", "cn", "de", "eu", "fr", "gb", "in", "jp", "kr", "sa", "sg", "us-ca",
        "us",
    ];
    assert_eq!(files, rows.map(|row| format!("{row}.yaml")));
    assert_eq!(tested["without"].as_array().unwrap(), &["global.yaml"]);
}

#[test]
fn the_verb_shows_what_passed_and_what_failed() {
    let site = tested();
    let ran = site.hostless(&["test"]).exits(0);
    ran.shows("br.yaml  1 passed");
    ran.shows("1 test in 1 file: 1 passed");
    ran.says(" ms");
    site.hostless(&["test", "br", "--filter", "cap"]).exits(0).shows("1 passed");
    site.hostless(&["test", "--filter", "cup"]).exits(2).says("no test has `cup` in its name");
    site.hostless(&["test", "rules/bra.yaml"]).exits(2).says("did you mean `br`?");

    site.edit("rules/br.yaml", "penalties: {fine: 50_000_000 BRL}", "penalties: {fine: 40_000_000 BRL}");
    let ran = site.hostless(&["test"]).exits(3);
    ran.shows("br.yaml  1 failed, 0 passed");
    ran.shows("the test `the cap binds` expects the penalty `br.fine` to be 40,000,000 BRL, and it is 50,000,000 BRL");
    site.hostless(&["check"]).exits(3).says("the test `the cap binds` expects");
    let junit = site.hostless(&["test", "--format", "junit"]).exits(3).out;
    assert!(junit.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"landfall\" tests=\"1\" failures=\"1\" errors=\"0\">\n"), "{junit}");
    assert!(
        junit.contains("<testcase name=\"the cap binds\" classname=\"br\" file=\"br.yaml\" line=\""),
        "{junit}"
    );
    assert!(junit.contains("<failure message=\"the test `the cap binds` expects"), "{junit}");

    site.edit("rules/br.yaml", "kind: country", "knd: country");
    let ran = site.hostless(&["test"]).exits(3);
    ran.shows("br.yaml  has errors: its tests were not run");
    ran.shows("did you mean `kind`?");
}

#[test]
fn a_book_without_tests_says_so() {
    let site = Site::book();
    site.hostless(&["test"]).exits(0).shows("no test was run: no file has one under `tests:`");
}

#[test]
fn coverage_names_what_no_test_touches() {
    let site = tested();
    let ran = site.hostless(&["rules", "coverage"]).exits(6);
    ran.shows("`br.dpo` applies wherever a test asks: none shows when it does not");
    ran.shows("`br.dpo.inhouse` is taken in no test");
    let json = site.hostless(&["rules", "coverage", "--format", "json"]).exits(6).json();
    assert_eq!(json["kinds"]["penalties"]["touched"], 1);
    assert_eq!(json["kinds"]["obligations"]["touched"], 2);
    assert_eq!(json["kinds"]["obligations"]["of"], 4);
    site.edit("rules/br.yaml", "penalties: {fine: 50_000_000 BRL}", "penalties: {fine: 40_000_000 BRL}");
    site.hostless(&["rules", "coverage"]).exits(3).says("the test `the cap binds` expects");
}

#[test]
fn a_file_whose_tests_fail_does_not_go_live() {
    let site = tested();
    let mut host = site.serve();
    let before = host.query("strategy.yaml");
    site.edit("rules/br.yaml", "yearly: {fixed: 110_000 BRL}", "yearly: {fixed: 90_000 BRL}");
    let kept = host.wait_for_state("br.yaml", "last_good");
    let said = kept["problems"][0]["message"].as_str().unwrap();
    let why = "the test `the cap binds` expects `br.dpo` to cost 110,000 BRL, and it is 90,000 BRL";
    assert!(said.starts_with(why), "{said}");
    site.run(&["status"]).exits(6).shows(why);
    assert_eq!(host.query("strategy.yaml").bytes(), before.bytes());
    site.edit("rules/br.yaml", "costs: {dpo: 110_000 BRL}", "costs: {dpo: 90_000 BRL}");
    host.wait_for_state("br.yaml", "live");
    assert_ne!(host.query("strategy.yaml").bytes(), before.bytes());
}
