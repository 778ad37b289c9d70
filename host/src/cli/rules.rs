//! `landfall rules`: what owners of rules do with them. One verb, one file below.
//!
//! These verbs may ask the clock for a date that nobody gave, and write it down; answers never do.

mod coverage;
mod diff;
mod import_csv;
mod new;
mod schema;
mod stale;
mod timeline;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::Failure;
use crate::{exit_code::Outcome, money::Currency};

const AFTER_HELP: &str = "\
Examples:
  landfall rules import-csv costs.csv --to costs --currency CNY --unit 10000
  landfall rules diff main rules/world --rules rules/world --plugins plugins --strategy s.yaml
  landfall rules new mx --like br --rules rules/world
  landfall rules stale --rules rules/world --within 30
  landfall rules timeline s.yaml --from 2026-01-01 --to 2029-01-01
  landfall rules schema strategy --rules rules/world
  landfall rules coverage --rules rules/world --plugins plugins";

/// For owners of rules: start, review, compare
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Coverage(coverage::Args),
    Diff(diff::Args),
    ImportCsv(import_csv::Args),
    New(new::Args),
    Schema(schema::Args),
    Stale(stale::Args),
    Timeline(timeline::Args),
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    match &args.verb {
        Verb::Coverage(args) => coverage::run(args),
        Verb::Diff(args) => diff::run(args),
        Verb::ImportCsv(args) => import_csv::run(args),
        Verb::New(args) => new::run(args),
        Verb::Schema(args) => schema::run(args),
        Verb::Stale(args) => stale::run(args),
        Verb::Timeline(args) => timeline::run(args),
    }
}

fn parse_currency(text: &str) -> Result<Currency, String> {
    Currency::parse(text).map_err(|_| "write an ISO 4217 code, as in `CNY`".to_owned())
}

/// The date in UTC, for who gives none.
fn today() -> Date {
    TimeZone::UTC.to_datetime(Timestamp::now()).date()
}

fn parse_date(text: &str) -> Result<Date, String> {
    let date = (text.len() == 10).then(|| text.parse().ok()).flatten();
    date.ok_or_else(|| "write year-month-day of a day that exists, as in `2026-11-23`".to_owned())
}
