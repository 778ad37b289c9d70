//! `landfall audit bundle`: one answer with everything it takes to check it, in one file.

use std::path::PathBuf;

use clap::ValueHint;

use super::{Whose, export::whole};
use crate::{cli::Failure, exit_code::Outcome, files::FilesError, render};

const AFTER_HELP: &str = "\
Examples:
  landfall audit bundle blake3:1a2b3c4d -o board.bundle
  landfall audit verify board.bundle

The file holds rules, plugins, strategy and answer, and how its row leads to the head of the log. It is checked
and computed again without a host.";

/// Write one answer with everything it takes to check it
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    /// The receipt of the answer, or at least its first eight digits
    #[arg(value_name = "RECEIPT")]
    receipt: String,
    /// Where to write it
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: PathBuf,
    #[command(flatten)]
    whose: Whose,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let bundle = args.whose.open()?.bundle(args.receipt.clone())?;
    let line = render::json_line(&bundle).map_err(|error| Failure::system("write JSON", error))?;
    whole(&args.output, |file| {
        let failed = |why| FilesError::Io { path: args.output.clone(), why };
        file.write_all(line.as_bytes()).map_err(|why| failed(why).into())
    })?;
    render::note(&render::bundled(&bundle, &args.output.display().to_string()));
    Ok(Outcome::Done)
}
