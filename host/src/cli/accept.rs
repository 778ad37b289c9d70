//! `landfall accept`: take a signed file although its serial is older than the accepted one.

use super::{Failure, put, whom::HostArgs};
use crate::{client, exit_code::Outcome, protocol::AcceptRequest, render};

const AFTER_HELP: &str = "\
Examples:
  landfall status
  landfall accept br.yaml

For a team that goes back to an earlier version, or begins to count anew. What is on disk now is
taken, once, if it is otherwise good and signed by somebody who may; the audit log says so. Exits
with 6 where an item is not live afterwards.";

/// Take a signed rule file or plugin although its serial is older than the accepted one
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Its name, as `landfall status` shows it
    file: String,
    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let request = AcceptRequest { file: args.file.clone() };
    let status = client::accept(&args.host.target()?, &request)?;
    put(&render::reloaded(&status))?;
    Ok(Outcome::Items { all_live: status.all_live() })
}
