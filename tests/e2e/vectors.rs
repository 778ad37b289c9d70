//! The cases that the example of every SDK answers alike (`sdk/vectors`), asked of the examples as they are built.
//!
//! What is expected was worked out apart from every SDK. Each example is built in a copy, its SDK with it, so that nothing
//! is left in the repository.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    kit_build,
    site::{ROOT, Site},
};

/// Copies a folder and what is linked into it, but for what a build leaves.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true if path.ends_with("target") => {}
            true => copy(&path, &to),
            false => {
                fs::copy(&path, &to).unwrap();
            }
        }
    }
}

/// How many there are.
fn vectors() -> usize {
    let names = fs::read_dir(ROOT.join("sdk/vectors")).unwrap().map(|entry| entry.unwrap().path());
    names.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).count()
}

/// Every case is passed by this example.
#[track_caller]
fn answers(site: &Site, example: &str) {
    copy(&ROOT.join("plugins/examples").join(example), &site.path(example));
    let cases = ROOT.join("sdk/vectors");
    let ran = site.run(&["plugin", "test", example, "--cases", cases.to_str().unwrap()]).exits(0);
    let count = vectors();
    assert!(count > 40, "the vectors were not found");
    ran.shows(&format!("{count} cases: {count} passed"));
}

/// Without a registry, and with a cargo that has never seen one.
#[test]
fn the_example_in_rust_answers_the_vectors_and_needs_no_registry() {
    let site = Site::empty();
    let cargo: PathBuf = site.path("home/cargo");
    let site = kit_build::with_cargo(site).with("CARGO_HOME", cargo);
    answers(&site, "vectors-rust");
    let fetched = site.path("home/cargo/registry");
    assert!(!fetched.exists(), "cargo fetched something");
}

/// What is expected is the arithmetic of `write.py`, and was not accepted from an SDK.
#[test]
fn the_vectors_are_what_was_worked_out() {
    let write = ROOT.join("sdk/vectors/write.py");
    let ran = Command::new("python3").arg("-B").arg(write).arg("--check").output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}
