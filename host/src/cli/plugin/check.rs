//! `landfall plugin check`: what a host would say of a plugin, and what its author should change.

use super::Failure;
use crate::exit_code::Outcome;

/// Say what a host, or a reader of the numbers, would complain about
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {}

pub(in crate::cli) fn run(_args: &Args) -> Result<Outcome, Failure> {
    Err(Failure::usage("this verb is not built yet"))
}
