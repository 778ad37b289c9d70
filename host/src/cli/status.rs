//! `landfall status`: the generation, and every rule file and plugin with its state.

use super::{Failure, put, put_json, whom::Whom};
use crate::{cli::format::TableOrJson, exit_code::Outcome, render};

const AFTER_HELP: &str = "\
Examples:
  landfall status
  landfall status --format json | jq '.items[] | select(.state != \"live\")'

Exits with 6 where an item is not live.";

/// Show the generation, and every rule file and plugin with its state and problems
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: TableOrJson,
    #[command(flatten)]
    whom: Whom,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let status = args.whom.status()?;
    match args.format {
        TableOrJson::Table => put(&render::status(&status))?,
        TableOrJson::Json => put_json(&status)?,
    }
    Ok(Outcome::Items { all_live: status.all_live() })
}
