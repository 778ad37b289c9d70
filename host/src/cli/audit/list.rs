//! `landfall audit list`: what happened, a row a line.

use serde_json::{Value, json};

use super::{Whose, parse_moment};
use crate::{
    cli::{Failure, format::TableOrJson, put, put_json},
    exit_code::Outcome,
    protocol::{AuditRow, AuditWanted},
    render,
};

const AFTER_HELP: &str = "\
Examples:
  landfall audit list --since 2026-12-01
  landfall audit list --kind answered --format json | jq -r '.[] | select(.body.label) | .body.receipt'
  landfall audit list --state /var/lib/landfall --kind refused";

/// Show what was accepted, refused, rolled back and answered
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    /// From this day or time on
    #[arg(long, value_name = "DATE", value_parser = parse_moment)]
    since: Option<String>,
    /// One kind of row alone: answered, accepted, refused, started, …
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: TableOrJson,
    #[command(flatten)]
    whose: Whose,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let mut rows = Vec::new();
    let wanted = AuditWanted { since: args.since.clone(), kind: args.kind.clone(), ..AuditWanted::default() };
    args.whose.open()?.each(wanted, |page| {
        rows.extend(page.rows);
        Ok(true)
    })?;
    match args.format {
        TableOrJson::Table => put(&render::audit_list(&rows))?,
        TableOrJson::Json => put_json(&rows.iter().map(shown).collect::<Vec<_>>())?,
    }
    Ok(Outcome::Done)
}

/// With what it says as JSON and not as text.
fn shown(row: &AuditRow) -> Value {
    let body: Value = serde_json::from_str(&row.body).unwrap_or_else(|_| row.body.as_str().into());
    let (prev, hash) = (row.prev, row.hash);
    json!({"seq": row.seq, "at": row.at, "kind": row.kind, "body": body, "prev": prev, "hash": hash})
}
