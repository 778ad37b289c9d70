//! `landfall rollback`, `pin` and `unpin`: what a host holds at a version.

use super::{Failure, put, whom::HostArgs};
use crate::{
    client,
    exit_code::Outcome,
    protocol::{PinRequest, RollbackRequest, StatusResponse, UnpinRequest},
    render,
};

const ROLLBACK_HELP: &str = "\
Examples:
  landfall generations
  landfall rollback 12
  landfall unpin

Every file is then held at that generation, whatever is dropped in, and over restarts, until
`landfall unpin`. What is on disk is checked meanwhile: `landfall status` says what would come of it.";

/// Serve the contents of an earlier generation, and hold every file at them
#[derive(Debug, clap::Args)]
#[command(after_help = ROLLBACK_HELP)]
pub(super) struct RollbackArgs {
    /// Its number, or its digest as blake3:…, of which eight digits are enough
    #[arg(value_name = "GENERATION")]
    to: String,
    #[command(flatten)]
    host: HostArgs,
}

const PIN_HELP: &str = "\
Examples:
  landfall pin br.yaml
  landfall pin lgpd.wasm
  landfall unpin br.yaml

The file is held at what is served of it now, over restarts, until `landfall unpin`. Another version
on disk is checked meanwhile: `landfall status` says what would come of it.";

/// Hold a rule file or plugin at what is served of it
#[derive(Debug, clap::Args)]
#[command(after_help = PIN_HELP)]
pub(super) struct PinArgs {
    /// Its name, as `landfall status` shows it
    file: String,
    #[command(flatten)]
    host: HostArgs,
}

const UNPIN_HELP: &str = "\
Examples:
  landfall unpin br.yaml
  landfall unpin

Without a file, everything that is held is let go of: a rollback, and every pinned file. Exits with 6
where an item is not live afterwards.";

/// Let go of a file that is held, or of everything
#[derive(Debug, clap::Args)]
#[command(after_help = UNPIN_HELP)]
pub(super) struct UnpinArgs {
    /// Its name; without one, everything
    file: Option<String>,
    #[command(flatten)]
    host: HostArgs,
}

pub(super) fn rollback(args: &RollbackArgs) -> Result<Outcome, Failure> {
    let request = RollbackRequest { to: args.to.clone() };
    say(&client::rollback(&args.host.target()?, &request)?)?;
    Ok(Outcome::Done)
}

pub(super) fn pin(args: &PinArgs) -> Result<Outcome, Failure> {
    let request = PinRequest { file: args.file.clone() };
    say(&client::pin(&args.host.target()?, &request)?)?;
    Ok(Outcome::Done)
}

pub(super) fn unpin(args: &UnpinArgs) -> Result<Outcome, Failure> {
    let request = UnpinRequest { file: args.file.clone() };
    let status = client::unpin(&args.host.target()?, &request)?;
    say(&status)?;
    Ok(Outcome::Items { all_live: status.all_live() })
}

fn say(status: &StatusResponse) -> Result<(), Failure> {
    put(&render::reloaded(status))
}
