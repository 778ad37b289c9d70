//! The house: what is done with the repository as a whole. `cargo xtask` lists the verbs.
//!
//! Only std: it is built before anything else, and must not make cargo build a dependency twice.

mod bench;
mod bindings;
mod demo;
mod deny;
mod fuzz;
mod plugins;
mod project;
mod say;
mod soak;
mod test;
mod zoo;

use std::process::ExitCode;

use project::{Failed, Project};

const USAGE: &str = "\
Usage: cargo xtask VERB

  demo      build everything, start hosts, ask, edit a rule and a plugin while they run, clean up
  test      formatting, build, every test; what CI runs
  plugins   build the plugins into target/plugins
  bindings [--check]
            write what the Rust SDK has checked in of sdk/wit/stage.wit, or see that it is what would be written
  bench [NAME]… [--quick] [--check] [--json] [--clean-build] [--list]
            Landfall side by side with its peers, as ratios; --check holds them to what is checked in
  fuzz [--runs N] [TARGET]…
            random rule files, expressions and strategies, a million each; fuzz/README.md
  soak [--minutes N] [--seed N]
            a host under questions, edits, broken plugins and kills; every answer is checked
  deny [--advisories]
            licences, sources and known faults of what we depend on
  zoo [--modules N] [--seed S]
            every hostile plugin, then ten thousand generated ones, in the folder of a running host
";

fn main() -> ExitCode {
    if fuzz::asked_to_compile() {
        return fuzz::compile();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["demo"] => Project::find().and_then(|project| demo::run(&project)),
        ["test"] => Project::find().and_then(|project| test::run(&project)),
        ["plugins"] => Project::find().and_then(|project| plugins::run(&project)),
        ["bindings", arguments @ ..] => {
            Project::find().and_then(|project| bindings::run(&project, arguments))
        }
        ["bench", arguments @ ..] => Project::find().and_then(|project| bench::run(&project, arguments)),
        ["fuzz", arguments @ ..] => Project::find().and_then(|project| fuzz::run(&project, arguments)),
        ["soak", arguments @ ..] => Project::find().and_then(|project| soak::run(&project, arguments)),
        ["deny", arguments @ ..] => Project::find().and_then(|project| deny::run(&project, arguments)),
        ["zoo", arguments @ ..] => Project::find().and_then(|project| zoo::run(&project, arguments)),
        [] | ["help" | "--help" | "-h"] => {
            say::plain(USAGE);
            Ok(())
        }
        other => {
            say::problem(&format!("there is no `cargo xtask {}`\n\n{USAGE}", other.join(" ")));
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed(why)) => {
            say::problem(&why);
            ExitCode::FAILURE
        }
    }
}
