//! `landfall plugin test`: the cases beside a plugin.

use std::{path::PathBuf, time::Instant};

use clap::{ValueEnum, ValueHint};

use super::super::{put, put_json, put_raw};
use super::{
    Failure,
    built::{Of, Ready},
};
use crate::{
    exit_code::Outcome,
    kit::{
        loaded::Loading,
        run::{self, Trial},
    },
    logging, render,
};

const AFTER_HELP: &str = "\
Examples:
  landfall plugin test
  landfall plugin test plugins/support --filter ticket
  landfall plugin test support.wasm --cases plugins/support/cases --format junit > tests.xml
  landfall plugin test --update

A case says what the plugin is given and what must come back, exactly: labels, amounts, cadence, quantities and
grounds, in order. With --update what came is written into `expect:` of each case that differs; nothing else of the
file changes. Exits with 3 where a case fails or has errors.";

/// Run the cases beside a plugin, under the engine and limits of a host
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    of: Of,
    /// Folder of the cases [default: cases in the plugin's folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    cases: Option<PathBuf>,
    /// Only cases with this in their name or file
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// How to show what came
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write what came into the cases that differ
    #[arg(long)]
    update: bool,
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

pub(in crate::cli) fn run(args: &Args) -> Result<Outcome, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    let began = Instant::now();
    let ready = args.of.ready()?;
    let files = run::find(&beside(args, &ready)?).map_err(Failure::Input)?;
    let loaded = Loading::new().and_then(|loading| loading.load(&ready.wasm)).map_err(Failure::Input)?;
    let trial = Trial { files, filter: args.filter.clone(), update: args.update };
    let tested = run::run(&loaded.plugin, &ready.wasm, &trial)?;
    if let Some(filter) = args.filter.as_ref().filter(|_| tested.cases.is_empty()) {
        return Err(Failure::usage(format!("no case has `{filter}` in its name or its file")));
    }
    match args.format {
        Format::Human => put(&render::cases(&tested))?,
        Format::Json => put_json(&tested)?,
        Format::Junit => put_raw(render::cases_junit(&tested).as_bytes())?,
    }
    render::note(&format!("in {}\n", render::took(began.elapsed())));
    Ok(Outcome::Checked { errors: tested.failed + tested.refused > 0 })
}

/// The folder of the cases: the one that is named, else the one in the plugin's.
fn beside(args: &Args, ready: &Ready) -> Result<PathBuf, Failure> {
    let own = ready.folder.as_ref().map(|folder| folder.join("cases"));
    args.cases.clone().or(own).ok_or_else(|| Failure::Usage {
        message: "a file has no cases beside it".to_owned(),
        help: Some("name their folder: `--cases DIR`, or test the plugin's folder".to_owned()),
    })
}
