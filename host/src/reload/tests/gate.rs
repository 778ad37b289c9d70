//! Tests in rule files as a gate: what fails them is not served, and what was served stays.

use super::*;

/// A test that the place costs this much.
fn test(name: &str, total: u32) -> String {
    format!("tests: [{{name: {name}, as_of: 2026-11-23, expect: {{total: {total} EUR}}}}]\n")
}

fn guarded(own: u32, expected: u32) -> String {
    format!("{}{}", duty("own", own), test("sum", expected))
}

#[test]
fn a_file_whose_tests_fail_keeps_its_last_good_version() {
    let mut watched = Watched::good(world().member("de", &guarded(1, 11)));
    assert_eq!(watched.market("de"), "complete 11.0000");
    watched.then(|files| files.member("de", &guarded(2, 11)));
    let at = "the test `sum` expects the total to be 11 EUR, and it is 12 EUR";
    assert!(watched.stale().starts_with("de.yaml last_good: de.yaml:"), "{}", watched.stale());
    assert!(watched.stale().contains(at), "{}", watched.stale());
    assert_eq!(watched.market("de"), "complete 11.0000");
    watched.then(|files| files.member("de", &guarded(2, 12)));
    assert_eq!(watched.stale(), "");
    assert_eq!(watched.market("de"), "complete 12.0000");
}

#[test]
fn a_new_file_whose_tests_fail_is_not_served() {
    let watched = Watched::of(world().member("fr", &guarded(1, 99)));
    assert_eq!(watched.states(), "fr.yaml unavailable");
    assert_eq!(watched.market("de"), "complete 11.0000");
}

#[test]
fn an_edit_of_a_parent_that_breaks_a_childs_test_leaves_the_child_as_it_was() {
    let mut watched = Watched::good(world().member("de", &guarded(1, 11)).member("fr", &duty("own", 3)));
    watched.then(|files| files.rule("eu", bloc("eu", &duty("of_all", 20))));
    assert_eq!(watched.states(), "de.yaml last_good");
    assert_eq!(watched.market("de"), "complete 11.0000");
    assert_eq!(watched.market("fr"), "complete 23.0000");
    watched.then(|files| files.member("de", &guarded(1, 21)));
    assert_eq!(watched.states(), "");
    assert_eq!(watched.market("de"), "complete 21.0000");
}

#[test]
fn a_plugin_that_breaks_a_test_leaves_the_file_over_the_old_one() {
    let culture = crate::testing::OTHERS_NONE
        .replace("culture: {none: not needed, by: test}", "culture: {fixed: {amount: 2 EUR}}");
    let files = world().country("br", &format!("{}{}{culture}", duty("own", 5), test("sum", 7)));
    let mut watched = Watched::good(files);
    watched.then(|files| files.plugin("fixed", crate::testing::plugins::fixed("fixed", 0, 3)));
    assert_eq!(watched.states(), "br.yaml last_good");
    assert_eq!(watched.market("br"), "complete 7.0000");
}

#[test]
fn a_base_that_breaks_a_test_is_refused_whole() {
    let effort = crate::testing::obligations(&[("own", "true", "{once: {days: {counsel: 1}}}")]);
    let text = format!("{effort}{}", test("sum", 710));
    let mut watched = Watched::good(world().member("de", &text));
    watched.then(|files| files.replace("rates", "value: 700 EUR", "value: 800 EUR"));
    assert_eq!(watched.states(), "rates.yaml last_good");
    assert_eq!(watched.market("de"), "complete 710.0000");
}

#[test]
fn without_the_gate_everything_is_taken_in() {
    let files = world().member("de", &guarded(1, 99));
    let published = reloader().without_gate().reload(&files.disk());
    assert_eq!(problems(&published), "");
}
