//! What documents say that tests show, tests show.

use std::{collections::BTreeSet, fs};

use crate::{none, sources};

const FOLDERS: &[&str] = &["host", "tests", "xtask", "sdk"];

/// Every function that cargo runs as a test.
fn tests() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for path in FOLDERS.iter().flat_map(|folder| sources::files(folder)) {
        let text = fs::read_to_string(path).unwrap();
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
            if let Some((_, rest)) = line.split_once("fn ").filter(|_| is_test) {
                tests.extend(rest.split_once('(').map(|(name, _)| name.to_owned()));
                is_test = false;
            }
        }
    }
    tests
}

/// The last cell of each row of the tables that say what shows it, in pieces that stand in backticks.
fn named(text: &str) -> Vec<&str> {
    let mut shows = false;
    let mut named = Vec::new();
    for line in text.lines() {
        let Some(last) = line.strip_suffix(" |").and_then(|row| row.rsplit(" | ").next()) else {
            shows = false;
            continue;
        };
        match last {
            "shown by" => shows = true,
            _ if shows => named.extend(last.split('`').skip(1).step_by(2)),
            _ => {}
        }
    }
    named
}

#[test]
fn every_test_that_the_threat_model_names_is_there() {
    let text = fs::read_to_string(sources::root().join("SECURITY.md")).unwrap();
    let named = named(&text);
    assert!(named.len() > 50, "the tables of SECURITY.md were not found");
    let tests = tests();
    let is_there =
        |name: &str| tests.contains(name) || sources::root().join("tests/cases/bad").join(name).is_dir();
    let missing: Vec<String> = named.into_iter().filter(|name| !is_there(name)).map(str::to_owned).collect();
    none("SECURITY.md names no test and no case", &missing);
}

#[test]
fn rows_are_read() {
    let text = "| cannot | shown by |\n| --- | --- |\n| x `y` | `a_b`, `c` of `d` |\n\n| can | other |\n| x | `e` |\n";
    assert_eq!(named(text), ["a_b", "c", "d"]);
}
