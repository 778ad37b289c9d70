//! `landfall plugin`: what authors of plugins do with them. One verb, one file below.

mod bench;
mod build;
mod built;
mod check;
mod inspect;
mod new;
mod test;

use super::Failure;
use crate::exit_code::Outcome;

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
