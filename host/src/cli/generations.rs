//! `landfall generations`: what was served, and why it changed.

use clap::ValueEnum;

use super::{Failure, put, put_json, whom::HostArgs};
use crate::{client, exit_code::Outcome, render};

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
    format: Format,
    #[command(flatten)]
    host: HostArgs,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs; names are stable.
    Json,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let generations = client::generations(&args.host.target()?)?;
    match args.format {
        Format::Table => put(&render::generations(&generations))?,
        Format::Json => put_json(&generations)?,
    }
    Ok(Outcome::Done)
}
