//! `landfall audit head`: the last row by number and hash, to keep elsewhere.

use super::Whose;
use crate::{
    cli::{Failure, put_raw},
    exit_code::Outcome,
    protocol::{Refusal, RefusalKind},
};

const AFTER_HELP: &str = "\
Examples:
  landfall audit head
  landfall audit head | mail -s \"audit head\" records@example.com
  landfall audit head --state /var/lib/landfall

Whoever has it can tell later whether the log up to here was changed or cut.";

/// Show the last row of the log by number and hash, to keep elsewhere
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    whose: Whose,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let head = args.whose.open()?.head()?.head;
    let head = head.ok_or_else(|| {
        Failure::Refused(Refusal::new(RefusalKind::NotFound, "the audit log has no row yet"))
    })?;
    put_raw(format!("{head}\n").as_bytes())?;
    Ok(Outcome::Done)
}
