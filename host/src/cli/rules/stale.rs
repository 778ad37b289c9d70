//! `landfall rules stale`: what the owners of a rule book should look at.

use std::path::PathBuf;

use clap::{ValueEnum, ValueHint, builder::PossibleValue};
use jiff::civil::Date;

use super::{
    super::{put, put_json, seam},
    Failure, parse_date, today,
};
use crate::{
    cli::format::TableOrJson,
    exit_code::Outcome,
    logging,
    protocol::StaleKind,
    render,
    stale::{Question, stale},
};

const AFTER_HELP: &str = "\
Examples:
  landfall rules stale --rules rules/world
  landfall rules stale --rules rules/world --as-of 2027-06-01 --within 30
  landfall rules stale --rules rules/world --only review_due --only source_ended

A value or duty that has ended before the day is history and is not listed. Exits with 6 where there
is a finding; a pipeline that should stop for some kinds alone names them with --only.";

/// List what to look at again: reviews due, law that has ended, estimates, what nobody has read
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    /// Folder of rules
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    rules: PathBuf,
    /// The day to look from [default: today, in UTC]
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    as_of: Option<Date>,
    /// List what ends within so many days of it too
    #[arg(long, value_name = "DAYS", default_value_t = 0, value_parser = clap::value_parser!(i32).range(0..=36500))]
    within: i32,
    /// Only this kind of finding; may be repeated
    #[arg(long, value_name = "KIND", value_enum)]
    only: Vec<StaleKind>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: TableOrJson,
}

impl ValueEnum for StaleKind {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()))
    }
}

pub(in crate::cli) fn run(args: &Args) -> Result<Outcome, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    let generation = seam::rule_book(&args.rules)?;
    let as_of = args.as_of.unwrap_or_else(today);
    let question = Question { as_of, within: args.within, only: args.only.clone() };
    let found = stale(&generation, &question);
    match args.format {
        TableOrJson::Table => put(&render::stale(&found))?,
        TableOrJson::Json => put_json(&found)?,
    }
    Ok(Outcome::Found { any: !found.files.is_empty() })
}
