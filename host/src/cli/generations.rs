//! `landfall generations`: what was served, and why it changed.

use super::{Failure, put, put_json, whom::HostArgs};
use crate::{cli::format::TableOrJson, client, exit_code::Outcome, render};

const AFTER_HELP: &str = "\
Examples:
  landfall generations
  landfall generations --format json | jq '.generations[0]'
  landfall query s.yaml --generation 12
  landfall rollback 12

A host keeps its last 200 generations, and those that a labelled question was answered from.";

/// List the generations that a host served, with what made each of them
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// How to show them
    #[arg(long, value_enum, default_value_t)]
    format: TableOrJson,
    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let generations = client::generations(&args.host.target()?)?;
    match args.format {
        TableOrJson::Table => put(&render::generations(&generations))?,
        TableOrJson::Json => put_json(&generations)?,
    }
    Ok(Outcome::Done)
}
