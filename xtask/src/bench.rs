//! `cargo xtask bench`: builds what is measured and what measures it, and hands over to that.
//!
//! What is measured, and against what, stands in `bench/src`; it is a program of its own, because its peers have no place
//! among what xtask is built from.

use crate::{
    plugins,
    project::{Failed, Project, succeed},
    say,
};

/// What measures, and a peer that runs in a sandbox.
const MANIFEST: &str = "bench/Cargo.toml";
const GUEST: &str = "bench/peers/extism-stage/Cargo.toml";

/// The verb. Arguments are the program's own: `cargo xtask bench --list` says what there is.
pub(crate) fn run(project: &Project, arguments: &[&str]) -> Result<(), Failed> {
    plugins::run(project)?;
    project.run_cargo(&["build", "--release", "--package", "landfall"])?;
    let target = project.root.join("bench/target");
    let target = target.to_string_lossy();
    let build = ["build", "--release", "--locked", "--target-dir", &target, "--manifest-path"];
    project.run_cargo(&[&build[..], &[GUEST, "--target", plugins::TARGET]].concat())?;
    project.run_cargo(&[&build[..], &[MANIFEST]].concat())?;
    say::command(&format!("landfall-bench {}", arguments.join(" ")));
    let mut bench = project.command(project.root.join("bench/target/release/landfall-bench"));
    succeed(bench.args(arguments).env("LANDFALL_TARGET", &project.target))
}
