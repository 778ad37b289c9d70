//! `landfall reload`: have a host read everything again now.

use clap::ValueEnum;

use super::{Failure, put, put_json, whom::HostArgs};
use crate::{client, exit_code::Outcome, render};

const AFTER_HELP: &str = "\
Examples:
  landfall reload --wait && landfall query s.yaml
  landfall reload --wait --format json | jq '.items[] | select(.state != \"live\")'

A host reloads by itself when a file changes; this is for scripts that want to know when.
With --wait, says of each item that is not live afterwards why, and exits with 6 if there is one.";

/// Have the host read rules and plugins again now
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Return when what is on disk now is served or refused
    #[arg(long)]
    wait: bool,
    /// How to show what came of it
    #[arg(long, value_enum, default_value_t, requires = "wait")]
    format: Format,
    #[command(flatten)]
    host: HostArgs,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs: what `status --format json` says.
    Json,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let status = client::reload(&args.host.target()?, args.wait)?;
    if !args.wait {
        render::note("reloading\n");
        return Ok(Outcome::Done);
    }
    match args.format {
        Format::Table => put(&render::reloaded(&status))?,
        Format::Json => put_json(&status)?,
    }
    Ok(Outcome::Items { all_live: status.all_live() })
}
