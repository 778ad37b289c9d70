//! Coverage counters for a few crates: xtask stands between cargo and rustc, and adds them there.
//!
//! Flags for every crate (`RUSTFLAGS`, which is what cargo-fuzz sets) would build wasmtime once more, with
//! counters that tell nothing about our readers.

use std::{
    ffi::{OsStr, OsString},
    process::{Command, ExitCode},
};

use crate::{project::Failed, say};

/// What reads files. Without a counter an input is not seen to reach anything new.
const CRATES: [&str; 5] = ["landfall", "saphyr_parser", "rule_file", "expression", "strategy"];

/// What cargo-fuzz gives rustc; all of it is read by the stable one.
const FLAGS: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "--cfg=fuzzing",
];

/// Set for the cargo that builds fuzz targets, so that xtask knows itself to be called in place of rustc.
const MARK: &str = "LANDFALL_XTASK_COMPILES";

/// Has cargo call this program in place of rustc.
pub(super) fn wrap(cargo: &mut Command) -> Result<(), Failed> {
    let this = std::env::current_exe().map_err(|error| Failed(format!("cannot find xtask: {error}")))?;
    cargo.env("RUSTC_WRAPPER", this).env(MARK, "1");
    Ok(())
}

/// Whether cargo is calling.
pub(crate) fn asked_to_compile() -> bool {
    std::env::var_os(MARK).is_some()
}

/// Calls rustc as cargo asked for, with counters where they are wanted.
pub(crate) fn compile() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let rustc = arguments.next().unwrap_or_else(|| OsString::from("rustc"));
    let arguments: Vec<OsString> = arguments.collect();
    let mut command = Command::new(rustc);
    command.args(&arguments).env_remove(MARK);
    if is_counted(&arguments) {
        command.args(FLAGS);
    }
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => {
            status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
        Err(error) => {
            say::problem(&format!("cannot run rustc: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn is_counted(arguments: &[OsString]) -> bool {
    let name = arguments.iter().position(|argument| argument == OsStr::new("--crate-name"));
    let name = name.and_then(|at| arguments.get(at + 1));
    name.is_some_and(|name| CRATES.iter().any(|counted| name == OsStr::new(counted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reads_files_is_counted() {
        let counted = |text: &str| is_counted(&text.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert!(counted("--crate-name landfall --edition=2024"));
        assert!(counted("--crate-name strategy"));
        assert!(!counted("--crate-name wasmtime"));
        assert!(!counted("--version"));
    }
}
