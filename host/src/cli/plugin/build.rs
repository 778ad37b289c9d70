//! `landfall plugin build`: a plugin's folder to a plugin.

use super::Failure;
use crate::exit_code::Outcome;

/// Build the plugin of a folder
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {}

pub(in crate::cli) fn run(_args: &Args) -> Result<Outcome, Failure> {
    Err(Failure::usage("this verb is not built yet"))
}
