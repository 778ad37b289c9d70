//! `cargo xtask fuzz`: random files against the readers, for as many runs as are asked for.
//!
//! The targets are those of `fuzz/`, laid out for cargo-fuzz, which is not needed here: on the toolchain of
//! the repository this builds them with the coverage counters of libFuzzer in what reads files, and in
//! nothing else, so that wasmtime is built as ever. What a target finds it leaves in `target/fuzz/found`.

mod instrument;
mod seeds;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) use self::instrument::{asked_to_compile, compile};
use crate::{
    project::{Failed, Project, succeed},
    say,
};

/// Every target with its longest input in bytes. Arbitrary, beyond the length of most real ones: longer
/// inputs are slower and find no more.
const TARGETS: [(&str, u32); 3] = [("rule_file", 4_096), ("expression", 1_024), ("strategy", 2_048)];

/// What is promised of every input.
const SECONDS: u32 = 1;
const MEBIBYTES: u32 = 256;

/// What to run.
#[derive(Debug, PartialEq, Eq)]
struct Asked<'a> {
    runs: u64,
    targets: Vec<&'a str>,
}

/// The verb.
pub(crate) fn run(project: &Project, arguments: &[&str]) -> Result<(), Failed> {
    let asked = read(arguments)?;
    let places = Places::of(project);
    build(project, &places, &asked.targets)?;
    for target in &asked.targets {
        seeds::write(project, target, &places.seeds(target), &places.words(target))?;
        fuzz(&places, target, asked.runs)?;
    }
    say::plain(&format!("\n{} runs each of {}: nothing found\n", asked.runs, asked.targets.join(", ")));
    Ok(())
}

fn read<'a>(arguments: &[&'a str]) -> Result<Asked<'a>, Failed> {
    let mut asked = Asked { runs: 1_000_000, targets: Vec::new() };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match *argument {
            "--runs" => {
                let runs = arguments.next().and_then(|runs| runs.replace('_', "").parse().ok());
                asked.runs =
                    runs.ok_or_else(|| Failed::new("`--runs` takes a number, as in `--runs 1000`"))?;
            }
            name if TARGETS.iter().any(|(target, _)| *target == name) => asked.targets.push(name),
            other => {
                let names = TARGETS.map(|(target, _)| target).join(", ");
                return Err(Failed(format!("there is no fuzz target `{other}`: write one of {names}")));
            }
        }
    }
    if asked.targets.is_empty() {
        asked.targets = TARGETS.map(|(target, _)| target).to_vec();
    }
    Ok(asked)
}

/// Where fuzzing keeps what it makes, all of it below the target folder.
struct Places {
    target: PathBuf,
}

impl Places {
    fn of(project: &Project) -> Self {
        Self { target: project.target.join("fuzz") }
    }

    fn program(&self, target: &str) -> PathBuf {
        self.target.join("debug").join(target)
    }

    /// Inputs of the repository, written anew each time.
    fn seeds(&self, target: &str) -> PathBuf {
        self.target.join("seeds").join(target)
    }

    /// Words to put into inputs.
    fn words(&self, target: &str) -> PathBuf {
        self.target.join("words").join(target)
    }

    /// Inputs that reached something new, kept for the next time.
    fn corpus(&self, target: &str) -> PathBuf {
        self.target.join("corpus").join(target)
    }

    /// Inputs that broke a promise.
    fn found(&self, target: &str) -> PathBuf {
        self.target.join("found").join(target)
    }
}

/// Builds the targets, in a folder of their own: what is instrumented must not be taken for what is not.
fn build(project: &Project, places: &Places, targets: &[&str]) -> Result<(), Failed> {
    let mut arguments = vec!["build", "--manifest-path", "fuzz/Cargo.toml"];
    for target in targets {
        arguments.extend(["--bin", target]);
    }
    say::command(&format!("cargo {}", arguments.join(" ")));
    let mut cargo = project.cargo(&arguments);
    instrument::wrap(cargo.env("CARGO_TARGET_DIR", &places.target))?;
    succeed(&mut cargo).map_err(|Failed(why)| {
        Failed(format!(
            "{why}\nthe targets need a C++ compiler beside cargo, for libFuzzer itself: install g++ or clang"
        ))
    })
}

/// Runs one target until it has found something or has run often enough.
fn fuzz(places: &Places, target: &str, runs: u64) -> Result<(), Failed> {
    let found = places.found(target);
    for folder in [&places.corpus(target), &found] {
        fs::create_dir_all(folder).map_err(Failed::io("create", folder))?;
    }
    let longest = TARGETS.iter().find(|(name, _)| *name == target).map_or(0, |(_, longest)| *longest);
    let mut command = Command::new(places.program(target));
    command
        .arg(format!("-runs={runs}"))
        .arg(format!("-timeout={SECONDS}"))
        .arg(format!("-rss_limit_mb={MEBIBYTES}"))
        .arg(format!("-max_len={longest}"))
        .arg(format!("-dict={}", places.words(target).display()))
        .arg(format!("-artifact_prefix={}/", found.display()))
        .args(["-print_final_stats=1", "-print_funcs=0", "-verbosity=0"])
        .args([places.corpus(target), places.seeds(target)]);
    say::command(&shown(&command));
    succeed(&mut command).map_err(|Failed(why)| {
        Failed(format!(
            "{why}\nthe input is in {}; run the program above with its path alone to see it again",
            found.display()
        ))
    })
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).display().to_string();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_words_every_target_runs_a_million_times() {
        let asked = read(&[]).unwrap();
        assert_eq!(asked, Asked { runs: 1_000_000, targets: vec!["rule_file", "expression", "strategy"] });
        let asked = read(&["--runs", "5_000", "strategy"]).unwrap();
        assert_eq!(asked, Asked { runs: 5_000, targets: vec!["strategy"] });
        assert!(read(&["rules"]).unwrap_err().0.contains("rule_file, expression, strategy"));
        assert!(read(&["--runs", "many"]).unwrap_err().0.contains("--runs 1000"));
    }

    #[test]
    fn every_target_has_a_file() {
        let project = Project::find().unwrap();
        for (target, _) in TARGETS {
            assert!(project.root.join(format!("fuzz/fuzz_targets/{target}.rs")).exists(), "{target}");
        }
    }
}
