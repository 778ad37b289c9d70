//! `landfall plugin test`: the cases beside a plugin.

use super::Failure;
use crate::exit_code::Outcome;

/// Run the cases beside a plugin, under the engine and limits of a host
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {}

pub(in crate::cli) fn run(_args: &Args) -> Result<Outcome, Failure> {
    Err(Failure::usage("this verb is not built yet"))
}
