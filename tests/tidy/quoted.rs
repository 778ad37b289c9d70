//! What the README says was measured is what the benchmark wrote.

use std::{collections::BTreeSet, fs};

use crate::{none, sources};

const HEADING: &str = "## How fast it is";

/// The cells of every row of a table.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .filter(|row| !row.starts_with("---"))
        .map(|row| row.split(" | ").collect())
        .collect()
}

/// The rows of a section of the README.
fn quoted(readme: &str) -> Vec<Vec<&str>> {
    let section = readme.split_once(HEADING).map_or("", |(_, rest)| rest);
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    rows(section).into_iter().skip(1).collect()
}

#[test]
fn the_readme_quotes_the_benchmark() {
    let read = |path: &str| fs::read_to_string(sources::root().join(path)).unwrap();
    let (readme, results) = (read("README.md"), read("bench/results.md"));
    let measured: BTreeSet<[&str; 4]> =
        rows(&results).iter().map(|row| [row[0], row[1], row[2], row[4]]).collect();
    let quoted = quoted(&readme);
    assert!(quoted.len() >= 10, "the table under `{HEADING}` was not found");
    let wrong: Vec<String> = quoted
        .iter()
        .filter(|row| !measured.iter().any(|of| of == row.as_slice()))
        .map(|row| row.join(" | "))
        .collect();
    none("README.md says what bench/results.md does not", &wrong);
}

#[test]
fn rows_are_read() {
    let text = "# A\n\n## How fast it is\n\n| a | b |\n| --- | --- |\n| c | d e |\n\n## More\n\n| f | g |\n";
    assert_eq!(quoted(text), [["c", "d e"]]);
}
