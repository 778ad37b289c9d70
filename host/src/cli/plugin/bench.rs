//! `landfall plugin bench`: what a case costs to compute.

use super::Failure;
use crate::exit_code::Outcome;

/// Measure what a case takes: fuel, memory, output, time
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {}

pub(in crate::cli) fn run(_args: &Args) -> Result<Outcome, Failure> {
    Err(Failure::usage("this verb is not built yet"))
}
