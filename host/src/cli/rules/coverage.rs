//! `landfall rules coverage`: what no test in a rule book touches.

use std::path::PathBuf;

use clap::ValueHint;

use super::{
    super::{put, put_json, seam},
    Failure,
};
use crate::{cli::format::TableOrJson, exit_code::Outcome, logging, render, trial};

const AFTER_HELP: &str = "\
Examples:
  landfall rules coverage --rules rules/world --plugins target/plugins
  landfall rules coverage --rules rules/world --plugins target/plugins --format json | jq .all

An obligation is touched twice: where it applies, and where it does not. A test that expects costs
touches every stretch of its horizon, any other its first day. Exits with 6 where something is
untouched, with 3 where a test fails.";

/// List the obligations, exceptions, options, penalties, blocks and dates that no test touches
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    /// Folder of rules
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    rules: PathBuf,
    /// Folder of plugins
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    plugins: PathBuf,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: TableOrJson,
}

pub(in crate::cli) fn run(args: &Args) -> Result<Outcome, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    let published = seam::ungated(&args.rules, &args.plugins).map_err(Failure::Refused)?;
    let coverage = trial::coverage(&published).map_err(Failure::Input)?;
    match args.format {
        TableOrJson::Table => put(&render::coverage(&coverage))?,
        TableOrJson::Json => put_json(&coverage)?,
    }
    Ok(Outcome::Found { any: coverage.all.touched < coverage.all.of })
}
