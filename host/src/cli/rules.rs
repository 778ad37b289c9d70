//! `landfall rules`: what owners of rules do with them. One verb, one file below.

use super::Failure;
use crate::exit_code::Outcome;

const AFTER_HELP: &str = "\
Examples:
  landfall rules --help";

/// For owners of rules
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    match args.verb {}
}
