//! `landfall replay`: an old answer, computed again.

use clap::ValueEnum;

use super::{Failure, audit::Whose, put, put_json};
use crate::{exit_code::Outcome, render};

const AFTER_HELP: &str = "\
Examples:
  landfall replay blake3:1a2b3c4d
  landfall replay 1a2b3c4d --state /var/lib/landfall --format json

Exits with 0 where the answer comes out the same, byte for byte, and with 6 where it does not or where this
version computes by other semantics.";

/// Compute an old answer again from what is kept, and compare it byte for byte
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// The receipt of the answer, or at least its first eight digits
    #[arg(value_name = "RECEIPT")]
    receipt: String,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    whose: Whose,
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
    let replayed = args.whose.open()?.replay(args.receipt.clone())?;
    match args.format {
        Format::Table => put(&render::replayed(&replayed))?,
        Format::Json => put_json(&replayed)?,
    }
    Ok(Outcome::Found { any: !replayed.same })
}
