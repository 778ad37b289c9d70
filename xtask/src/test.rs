//! `cargo xtask test`: what must hold before anything is merged.
//!
//! One profile and one selection of packages serve all of it, so that nothing is built twice.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::Instant,
};

use crate::{
    bindings, plugins,
    project::{Failed, Project},
    say,
};

/// Rust that is in no workspace of the repository.
const APART: [&str; 5] = [
    "fuzz/Cargo.toml",
    "bench/Cargo.toml",
    "bench/peers/extism-stage/Cargo.toml",
    "sdk/bindings/Cargo.toml",
    "plugins/examples/vectors-rust/Cargo.toml",
];

/// The verb.
pub(crate) fn run(project: &Project) -> Result<(), Failed> {
    let started = Instant::now();
    say::step("formatting");
    project.run_cargo(&["fmt", "--all", "--check"])?;
    for manifest in APART {
        project.run_cargo(&["fmt", "--manifest-path", manifest, "--check"])?;
    }
    say::step("bindings: what the SDK has checked in is what its generator makes");
    bindings::run(project, &["--check"])?;
    say::step("plugins, and the guests that tests misuse");
    plugins::build(project, &["plugins", "tests/guests"])?;
    say::step("the program, which the end-to-end tests drive");
    project.run_cargo(&["build", "--package", "landfall"])?;
    say::step("tests: units, documentation, end to end, tidiness");
    let (counted, ended_well) = run_tests(project)?;
    let seconds = started.elapsed().as_secs();
    say::plain(&format!("\n{} passed, {} failed ({seconds} s)\n", counted.passed, counted.failed));
    match (ended_well, counted.failed) {
        (true, 0) => Ok(()),
        (false, 0) => Err(Failed::new("not every test was built and run to its end")),
        _ => Err(Failed::new("there are failed tests")),
    }
}

/// What the test binaries say at their ends.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    passed: u64,
    failed: u64,
}

/// What was counted, and whether cargo ended well.
fn run_tests(project: &Project) -> Result<(Counted, bool), Failed> {
    // Guests run in a host alone; here cargo reads a pattern.
    let arguments = ["test", "--workspace", "--no-fail-fast", "--exclude", "guest-*"];
    say::command("cargo test --workspace --no-fail-fast --exclude 'guest-*'");
    let mut child = project
        .cargo(&arguments)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Failed(format!("cannot run cargo: {error}")))?;
    let mut counted = Counted::default();
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).split(b'\n')) {
        let mut line = line.map_err(|error| Failed(format!("cannot read what cargo says: {error}")))?;
        line.push(b'\n');
        say::raw(&line);
        counted.add(&String::from_utf8_lossy(&line));
    }
    let status = child.wait().map_err(|error| Failed(format!("cannot wait for cargo: {error}")))?;
    Ok((counted, status.success()))
}

impl Counted {
    /// `test result: ok. 12 passed; 0 failed; 0 ignored; …`
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for count in counts.split("; ") {
            match count.split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse::<u64>().unwrap_or(0),
                Some((number, "failed")) => self.failed += number.parse::<u64>().unwrap_or(0),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_summed() {
        let mut counted = Counted::default();
        counted.add("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out");
        counted.add("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out");
        counted.add("test nothing ... ok");
        assert_eq!(counted, Counted { passed: 15, failed: 2 });
    }
}
