//! `landfall plugin inspect`: what a plugin file is.

use super::Failure;
use crate::exit_code::Outcome;

/// Say what a plugin file is, what it needs and what it imports
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {}

pub(in crate::cli) fn run(_args: &Args) -> Result<Outcome, Failure> {
    Err(Failure::usage("this verb is not built yet"))
}
