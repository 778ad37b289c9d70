//! `landfall plugin`: what authors of plugins do with them. One verb, one file below.

mod bench;
mod build;
mod built;
mod check;
mod inspect;
mod new;
mod test;

use std::{io::IsTerminal as _, path::PathBuf};

use clap::ValueHint;

use super::{Failure, put, put_json};
use crate::{
    exit_code::Outcome,
    kit::{build::Told, tools::Tools},
    render,
};

const AFTER_HELP: &str = "\
Examples:
  landfall plugin new support --stage output --lang python
  landfall plugin build
  landfall plugin test
  landfall plugin check --rules rules/world
  landfall plugin bench --case cases/first.yaml
  landfall plugin inspect plugins/gdpr.wasm";

/// For authors of plugins: start, build, check, test, measure
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    New(new::Args),
    Build(build::Args),
    Check(check::Args),
    Test(test::Args),
    Bench(bench::Args),
    Inspect(inspect::Args),
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    match &args.verb {
        Verb::New(args) => new::run(args),
        Verb::Build(args) => build::run(args),
        Verb::Check(args) => check::run(args),
        Verb::Test(args) => test::run(args),
        Verb::Bench(args) => bench::run(args),
        Verb::Inspect(args) => inspect::run(args),
    }
}

/// Where the compilers of Python and JavaScript are.
#[derive(Debug, clap::Args)]
pub(super) struct ToolsArgs {
    /// Folder of the compilers of Python and JavaScript [default: tools in landfall's cache folder]
    #[arg(id = "tools", long = "tools", value_name = "DIR", value_hint = ValueHint::DirPath, env = "LANDFALL_TOOLS")]
    folder: Option<PathBuf>,
}

impl ToolsArgs {
    pub(super) fn tools(&self) -> Result<Tools, Failure> {
        let folder = match &self.folder {
            Some(folder) => folder.clone(),
            None => Tools::default_folder()?,
        };
        Ok(Tools::new(folder))
    }
}

/// What a build says while it runs: a compiler's words as they come, and on a terminal what is done now.
fn tell(told: Told) {
    match told {
        Told::Words(words) => render::note(&words),
        Told::Step(step) if std::io::stderr().is_terminal() => render::note(&render::step(&step)),
        Told::Step(_) => {}
    }
}
