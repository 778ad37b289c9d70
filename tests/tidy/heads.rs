//! Every file opens with what it is for.

use std::fs;

use crate::{none, sources};

const FOLDERS: &[&str] = &["host", "sdk", "plugins", "tests", "xtask", "fuzz", "bench"];

#[test]
fn every_file_opens_with_what_it_is_for() {
    let findings: Vec<String> = FOLDERS
        .iter()
        .flat_map(|folder| sources::files(folder))
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//! "))
        .map(|path| path.strip_prefix(sources::root()).unwrap().display().to_string())
        .collect();
    none("a file opens with `//!`", &findings);
}
