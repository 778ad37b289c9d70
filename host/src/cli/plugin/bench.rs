//! `landfall plugin bench`: what a case costs to compute.

use std::path::PathBuf;

use clap::{ValueHint, value_parser};

use super::{
    super::{put, put_json},
    Failure, built,
};
use crate::{cli::format::HumanOrJson, exit_code::Outcome, kit, logging, render};

const AFTER_HELP: &str = "\
Examples:
  landfall plugin bench --case cases/first.yaml
  landfall plugin bench plugins/gdpr.wasm --case cases/germany.yaml --samples 2000
  landfall plugin bench plugins/gdpr.wasm --case cases/germany.yaml --format json | jq '.used[0]'

What is counted (fuel, memory, output) is the same on every machine; times are those of this one. A host answers with
fresh instances; warm is what remains of a call when making the instance is left out. After 20 s of one kind of call,
what was measured so far is shown.";

/// Measure what a case takes: fuel, memory, output, time
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    of: built::Of,
    /// The case; without one, it is made up from the description
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    case: Option<PathBuf>,
    /// Calls of each kind that are timed
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = value_parser!(u32).range(1..=1_000_000))]
    samples: u32,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: HumanOrJson,
}

pub(in crate::cli) fn run(args: &Args) -> Result<Outcome, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    let ready = args.of.ready()?;
    let samples = usize::try_from(args.samples).unwrap_or(usize::MAX);
    let question = kit::bench::Question { wasm: &ready.wasm, case: args.case.as_deref(), samples };
    let benched = kit::bench::bench(question).map_err(Failure::Input)?;
    match args.format {
        HumanOrJson::Human => put(&render::benched(&benched))?,
        HumanOrJson::Json => put_json(&benched)?,
    }
    Ok(Outcome::Done)
}
