//! `landfall plugin check`: what a host would say of a plugin, and what its author should change.

use std::path::PathBuf;

use clap::ValueHint;

use super::{
    super::{put, put_json, seam},
    Failure,
    built::{self, Ready},
};
use crate::{
    cli::format::HumanOrJson,
    diagnostic::Diagnostic,
    exit_code::Outcome,
    kit::{self, run},
    logging, render,
};

const AFTER_HELP: &str = "\
Examples:
  landfall plugin check
  landfall plugin check plugins/gdpr.wasm --rules rules/world
  landfall plugin check support.wasm --cases plugins/support/cases --format json

It is asked every case twice on instances of its own, in two engines, and twice on one instance that is kept: what it
answers may depend on nothing but the case. Without cases, one is made up from its description. Exits with 3 where there
is an error; warnings and notes alone exit with 0.";

/// Say what a host would refuse, and what a reader of the numbers would stumble over
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    of: built::Of,
    /// Folder of rules: whether they provide what it needs, and who binds it
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    rules: Option<PathBuf>,
    /// Folder of cases [default: cases in the plugin's folder]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    cases: Option<PathBuf>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: HumanOrJson,
}

pub(in crate::cli) fn run(args: &Args) -> Result<Outcome, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    let ready = args.of.ready()?;
    let cases = args.case_files(&ready)?;
    let rules = args.rules.as_deref().map(seam::what_reads).transpose()?;
    let read = rules.as_ref().zip(args.rules.as_deref());
    let question = kit::check::Question {
        wasm: &ready.wasm,
        cases: &cases,
        rules: read.map(|((generation, _), folder)| (&**generation, folder)),
    };
    let checked = kit::check::check(question).map_err(Failure::Input)?;
    let unread = rules.is_some_and(|(_, problems)| problems.iter().any(Diagnostic::is_error));
    if let (Some(folder), true) = (&args.rules, unread) {
        // What a file says that does not read is not known, so nothing is said of it.
        let message = format!("files in {} have errors, and were not looked at", folder.display());
        let help = format!("see them with `landfall check --rules {}`", folder.display());
        render::note(&render::diagnostics(&[Diagnostic::warning(message).help(help)]));
    }
    match args.format {
        HumanOrJson::Human => put(&render::checked(&checked))?,
        HumanOrJson::Json => put_json(&checked)?,
    }
    Ok(Outcome::Checked { errors: checked.errors > 0 })
}

impl Args {
    /// Those of the folder that is named, else those beside the plugin, if there are any.
    fn case_files(&self, ready: &Ready) -> Result<Vec<PathBuf>, Failure> {
        match (&self.cases, ready.folder.as_ref().map(|folder| folder.join("cases"))) {
            (Some(cases), _) => run::find(cases).map_err(Failure::Input),
            (None, Some(beside)) if beside.is_dir() => run::find(&beside).map_err(Failure::Input),
            (None, _) => Ok(Vec::new()),
        }
    }
}
