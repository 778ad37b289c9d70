//! `landfall test`: the tests that stand in rule files.

use std::{path::PathBuf, time::Instant};

use clap::{ValueEnum, ValueHint};

use super::{Failure, put, put_json, put_raw, seam};
use crate::{
    exit_code::Outcome,
    logging, render,
    trial::{Question, trial},
};

const AFTER_HELP: &str = "\
Examples:
  landfall test --rules rules/world --plugins target/plugins
  landfall test --rules rules/world --plugins target/plugins br --filter cap
  landfall test --rules rules/world --plugins target/plugins --format junit > tests.xml

A file whose tests fail does not go live in a host: its last good version stays. Exits with 3 where a
test fails or a file has errors.";

/// Run the tests that stand in rule files, with the plugins that serve
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Only of these files, as in br or rules/world/br.yaml
    #[arg(value_name = "FILE|ID")]
    of: Vec<String>,
    /// Folder of rules
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    rules: PathBuf,
    /// Folder of plugins
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    plugins: PathBuf,
    /// Only tests with this in their name
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// How to show what came
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs; names are stable.
    Json,
    /// JUnit XML, for continuous integration.
    Junit,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    let began = Instant::now();
    let published = seam::ungated(&args.rules, &args.plugins).map_err(Failure::Refused)?;
    let question = Question { of: args.of.clone(), filter: args.filter.clone() };
    let tested = trial(&published, &question)
        .map_err(|unknown| Failure::Usage { message: unknown.message, help: unknown.help })?;
    if let Some(filter) = args.filter.as_ref().filter(|_| tested.files.is_empty()) {
        return Err(Failure::usage(format!("no test has `{filter}` in its name")));
    }
    match args.format {
        Format::Human => put(&render::tested(&tested))?,
        Format::Json => put_json(&tested)?,
        Format::Junit => put_raw(render::junit(&tested).as_bytes())?,
    }
    render::note(&format!("in {}\n", render::took(began.elapsed())));
    Ok(Outcome::Checked { errors: tested.failed + tested.refused > 0 })
}
