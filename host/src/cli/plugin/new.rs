//! `landfall plugin new`: a folder to start from.

use super::Failure;
use crate::exit_code::Outcome;

/// Begin a plugin: a folder that builds, passes its tests and answers
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {}

pub(in crate::cli) fn run(_args: &Args) -> Result<Outcome, Failure> {
    Err(Failure::usage("this verb is not built yet"))
}
