//! `landfall init`: a folder to start from.

use std::path::PathBuf;

use clap::ValueHint;

use super::Failure;
use crate::{exit_code::Outcome, files, render, scaffold};

const AFTER_HELP: &str = "\
Examples:
  landfall init costs
  landfall query costs/strategies/first.yaml --rules costs/rules --plugins target/plugins

Writes rules, a first strategy, settings for editors and a recipe for continuous integration.
Nothing that is there already is touched: where one of the files is, none is written.";

/// Write a folder to start from: a small rule book that answers, editor settings, a CI recipe
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// The folder; it may be there already
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let new = scaffold::folder();
    files::write_new(&args.folder, &new)?;
    let to = args.folder.display();
    render::note(&format!(
        "wrote {} files to {to}\n\
         ask: landfall query {to}/strategies/first.yaml --rules {to}/rules --plugins DIR\n",
        new.len()
    ));
    Ok(Outcome::Done)
}
