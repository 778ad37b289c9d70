//! `landfall audit verify`: whether a log, an export or a bundle is what it was.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use clap::ValueHint;

use super::Whose;
use crate::{
    audit::Head,
    cli::{Failure, format::TableOrJson, put, put_json, seam},
    diagnostic::Diagnostic,
    exit_code::Outcome,
    host::{check_bundle, verify_export},
    logging,
    protocol::{AuditTail, AuditVerified, BUNDLE, Bundle},
    render,
};

const AFTER_HELP: &str = "\
Examples:
  landfall audit verify
  landfall audit verify --head 1234:blake3:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  landfall audit verify --state /var/lib/landfall
  landfall audit verify 2025.jsonl
  landfall audit verify board.bundle

Without --head the tail is unproven: rows may have been cut off the end and nobody could tell.
Exits with 6 where something was changed, removed, inserted, moved or cut, or an answer comes out otherwise.";

/// Find and name what was changed, removed, inserted or moved
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    /// An export or a bundle, instead of the log
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["host", "state"])]
    file: Option<PathBuf>,
    /// A head that was kept elsewhere, as `landfall audit head` shows it
    #[arg(long, value_name = "HEAD")]
    head: Option<Head>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: TableOrJson,
    #[command(flatten)]
    whose: Whose,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let Some(path) = &args.file else {
        let verified = args.whose.open()?.verify(args.head.map(|head| head.to_string()))?;
        return show(args, &verified);
    };
    let mut file = BufReader::new(File::open(path).map_err(|error| unreadable(path, &error))?);
    let start = file.fill_buf().map_err(|error| unreadable(path, &error))?;
    if start.starts_with(format!("{{\"schema\":\"{BUNDLE}\"").as_bytes()) {
        return bundle(args, path, file);
    }
    let verified = verify_export(file.lines(), args.head)
        .map_err(|problem| Failure::Input(vec![problem.in_file(&path.display().to_string())]))?;
    show(args, &verified)
}

fn show(args: &Args, verified: &AuditVerified) -> Result<Outcome, Failure> {
    match args.format {
        TableOrJson::Table => put(&render::audit_verified(verified))?,
        TableOrJson::Json => put_json(verified)?,
    }
    let proven = matches!(verified.tail, AuditTail::Proven | AuditTail::Unproven);
    Ok(Outcome::Found { any: !verified.holds || !proven })
}

fn bundle(args: &Args, path: &Path, file: impl BufRead) -> Result<Outcome, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    let bundle: Bundle = serde_json::from_reader(file).map_err(|error| unreadable(path, &error))?;
    let verified = check_bundle(bundle, args.head, &seam::restorer().map_err(Failure::Refused)?);
    match args.format {
        TableOrJson::Table => put(&render::bundle_verified(&verified))?,
        TableOrJson::Json => put_json(&verified)?,
    }
    Ok(Outcome::Found { any: !verified.holds })
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    let problem = Diagnostic::error(format!("cannot be read: {error}"));
    Failure::Input(vec![problem.in_file(&path.display().to_string())])
}
