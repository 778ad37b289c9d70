//! `cargo xtask bindings`: what wit-bindgen makes of the contract, checked in for the Rust SDK.
//!
//! The tool is a workspace of its own, `sdk/bindings`, so that neither xtask nor a plugin depends on a generator.
//! Measured from clean on two cores: 29 s of CPU, once; after that a hundredth of a second.

use crate::{
    project::{Failed, Project, succeed},
    say,
};

const MANIFEST: &str = "sdk/bindings/Cargo.toml";

/// The verb: writes the bindings, or with `--check` fails where they are not what would be written.
pub(crate) fn run(project: &Project, arguments: &[&str]) -> Result<(), Failed> {
    if !matches!(arguments, [] | ["--check"]) {
        return Err(Failed(format!("`{}` means nothing here: try --check", arguments.join(" "))));
    }
    let mut asked = vec!["run", "--quiet", "--locked", "--manifest-path", MANIFEST, "--"];
    asked.extend(arguments);
    say::command(&format!("cargo {}", asked.join(" ")));
    succeed(project.cargo(&asked).env("CARGO_TARGET_DIR", project.target.join("bindings")))
}
