//! `landfall audit`: the log of what was accepted, refused, rolled back and answered. One verb, one file below.

mod bundle;
mod export;
mod head;
mod list;
mod verify;

use std::path::{Path, PathBuf};

use clap::ValueHint;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{Failure, seam, whom::HostArgs};
use crate::{
    client,
    client::Target,
    exit_code::Outcome,
    logging,
    protocol::{
        AuditHead, AuditPage, AuditPrune, AuditPruned, AuditVerified, AuditVerify, AuditWanted, Bundle,
        ReceiptRequest, Replayed,
    },
    reload::Past,
    server::Auditing as _,
    state::StateFolder,
};

const AFTER_HELP: &str = "\
Examples:
  landfall audit list --since 2026-12-01 --kind answered
  landfall audit head > head.txt
  landfall audit verify --head \"$(cat head.txt)\"
  landfall audit export --before 2026-01-01 --prune -o 2025.jsonl
  landfall audit bundle blake3:1a2b3c4d -o board.bundle
  landfall audit verify board.bundle

A chain alone does not stop whoever can rewrite the whole database: keep its head elsewhere.";

/// What was accepted, refused, rolled back and answered: list, verify, export
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    List(list::Args),
    Verify(verify::Args),
    Head(head::Args),
    Export(export::Args),
    Bundle(bundle::Args),
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    match &args.verb {
        Verb::List(args) => list::run(args),
        Verb::Verify(args) => verify::run(args),
        Verb::Head(args) => head::run(args),
        Verb::Export(args) => export::run(args),
        Verb::Bundle(args) => bundle::run(args),
    }
}

/// Whose log: a running host's, or the one in a folder.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Whose {
    #[command(flatten)]
    host: HostArgs,
    /// Read the log of this state folder, whether a host runs on it or not
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "host")]
    #[arg(help_heading = "Whom to ask")]
    state: Option<PathBuf>,
}

/// A log, once it is decided whose.
pub(super) enum Log {
    /// A running host's.
    There(Target),
    /// One that is read here; locked where it is written to.
    Here(Box<Past>, #[expect(dead_code, reason = "locked while it lives")] Option<StateFolder>),
}

impl Whose {
    pub(super) fn open(&self) -> Result<Log, Failure> {
        self.opened(false)
    }

    /// To take something out of it.
    fn open_to_write(&self) -> Result<Log, Failure> {
        self.opened(true)
    }

    fn opened(&self, writing: bool) -> Result<Log, Failure> {
        let Some(state) = &self.state else { return Ok(Log::There(self.host.target()?)) };
        logging::start_quietly().map_err(Failure::usage)?;
        // A folder that is not there is not made.
        is_there(state)?;
        let locked = if writing { Some(StateFolder::open(state)?) } else { None };
        let past = seam::audit_log(state, writing).map_err(Failure::Refused)?;
        Ok(Log::Here(Box::new(past), locked))
    }
}

fn is_there(state: &Path) -> Result<(), Failure> {
    match state.is_dir() {
        true => Ok(()),
        false => Err(Failure::Usage {
            message: format!("there is no folder `{}`", state.display()),
            help: Some("name the state folder of a host, as `landfall serve --state DIR` does".to_owned()),
        }),
    }
}

impl Log {
    fn rows(&self, wanted: &AuditWanted) -> Result<AuditPage, Failure> {
        match self {
            Self::There(target) => Ok(client::audit_rows(target, wanted)?),
            Self::Here(log, _) => log.rows(wanted).map_err(Failure::Refused),
        }
    }

    fn head(&self) -> Result<AuditHead, Failure> {
        match self {
            Self::There(target) => Ok(client::audit_head(target)?),
            Self::Here(log, _) => log.head().map_err(Failure::Refused),
        }
    }

    fn verify(&self, head: Option<String>) -> Result<AuditVerified, Failure> {
        match self {
            Self::There(target) => Ok(client::audit_verify(target, &AuditVerify { head })?),
            Self::Here(log, _) => log.verify(head.as_deref()).map_err(Failure::Refused),
        }
    }

    fn prune(&self, through: String) -> Result<AuditPruned, Failure> {
        match self {
            Self::There(target) => Ok(client::audit_prune(target, &AuditPrune { through })?),
            Self::Here(log, _) => log.prune(&through).map_err(Failure::Refused),
        }
    }

    fn bundle(&self, receipt: String) -> Result<Bundle, Failure> {
        match self {
            Self::There(target) => Ok(client::audit_bundle(target, &ReceiptRequest { receipt })?),
            Self::Here(log, _) => log.bundle(&receipt).map_err(Failure::Refused),
        }
    }

    pub(super) fn replay(&self, receipt: String) -> Result<Replayed, Failure> {
        match self {
            Self::There(target) => Ok(client::replay(target, &ReceiptRequest { receipt })?),
            Self::Here(log, _) => log.replay(&receipt).map_err(Failure::Refused),
        }
    }

    /// Every row that is wanted, page by page, until there is none or `take` has enough.
    fn each(
        &self,
        mut wanted: AuditWanted,
        mut take: impl FnMut(AuditPage) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        loop {
            let page = self.rows(&wanted)?;
            let next = page.rows.last().map(|row| row.seq + 1);
            let more = page.more;
            let goes_on = take(page)?;
            match next {
                Some(next) if more && goes_on => wanted.from = next,
                _ => return Ok(()),
            }
        }
    }
}

/// A day or a time, as it compares with what rows say of when they were written: in UTC, to the second.
fn parse_moment(text: &str) -> Result<String, String> {
    if let (10, Ok(date)) = (text.len(), text.parse::<Date>()) {
        return Ok(date.to_string());
    }
    match text.parse::<Timestamp>() {
        Ok(time) => Ok(TimeZone::UTC.to_datetime(time).strftime("%Y-%m-%dT%H:%M:%S").to_string()),
        Err(_) => Err("write a day or a time, as in `2026-11-23` or `2026-11-23T08:00:00Z`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_utc_and_compare_as_text() {
        assert_eq!(parse_moment("2026-11-23").as_deref(), Ok("2026-11-23"));
        assert_eq!(parse_moment("2026-11-23T08:00:00.5+02:00").as_deref(), Ok("2026-11-23T06:00:00"));
        assert!(parse_moment("2026-11-23T06:00:00").is_err());
        assert!(parse_moment("yesterday").is_err());
    }
}
