//! `landfall reload`: have a host read everything again now.

use super::{Failure, put, whom::HostArgs};
use crate::{client, exit_code::Outcome, render};

const AFTER_HELP: &str = "\
Examples:
  landfall reload --wait && landfall query s.yaml

A host reloads by itself when a file changes; this is for scripts that want to know when.
With --wait, exits with 6 where an item is not live afterwards.";

/// Have the host read rules and plugins again now
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Return when what is on disk now is served or refused
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let status = client::reload(&args.host.target()?, args.wait)?;
    if !args.wait {
        render::note("reloading\n");
        return Ok(Outcome::Done);
    }
    put(&render::reloaded(&status))?;
    Ok(Outcome::Items { all_live: status.all_live() })
}
