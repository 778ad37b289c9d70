//! `landfall facts`: what a strategy leaves open, and its file with that in comments.

use std::{fs, path::Path};

use super::{Failure, ask::Ask, put, put_json, whom::Whom};
use crate::{
    cli::format::TableOrJson,
    diagnostic::Diagnostic,
    exit_code::Outcome,
    files,
    fill::{Filled, fill},
    protocol::{Facts, Status, StrategyText},
    render,
};

const AFTER_HELP: &str = "\
What decides most money stands first: the sum of what the obligations that need the fact would cost at
the most. A fact on which nothing in the answer depends is not missing. What is given may make a rule
ask for more: ask again until nothing is missing.

Examples:
  landfall facts s.yaml
  landfall facts s.yaml --write
  landfall facts s.yaml --scenario br.cap_doubles
  landfall facts s.yaml --format json | jq -r .facts.missing[].path

Exits with 0 where nothing is missing, and with 4 where something is.";

/// List the facts a strategy lacks, by the money they decide, and those whose default stands in
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    #[command(flatten)]
    ask: Ask,
    /// Write what is missing into the strategy file, as comments where it is to be given
    #[arg(long)]
    write: bool,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: TableOrJson,
    #[command(flatten)]
    whom: Whom,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let file = args.ask.file();
    if args.write && file.is_none() {
        return Err(Failure::Usage {
            message: "--write has no file to write to: the strategy comes from stdin".to_owned(),
            help: Some("name the strategy's file, or leave --write out".to_owned()),
        });
    }
    let request = args.ask.request()?;
    let response = args.whom.open()?.facts(&request)?;
    match args.format {
        TableOrJson::Table => put(&render::facts(&response))?,
        TableOrJson::Json => put_json(&response)?,
    }
    if let Some(file) = file.filter(|_| args.write) {
        write(file, &request.strategy, &response.facts)?;
    }
    Ok(outcome(&response.facts))
}

/// A market into which nobody could look may lack anything.
fn outcome(facts: &Facts) -> Outcome {
    let unknown = facts.unseen.iter().any(|unseen| unseen.status == Status::Incomplete);
    if facts.missing.is_empty() && !unknown { Outcome::Done } else { Outcome::Answer(Status::Incomplete) }
}

fn write(file: &Path, asked: &StrategyText, facts: &Facts) -> Result<(), Failure> {
    let problem = |text: String| Failure::Input(vec![Diagnostic::error(text).in_file(&asked.name)]);
    let bytes = fs::read(file).map_err(|error| problem(format!("cannot be read: {error}")))?;
    // Without its mark, which the text that was asked about does not have.
    if !bytes.ends_with(asked.text.as_bytes()) || bytes.len() > asked.text.len() + '\u{feff}'.len_utf8() {
        return Err(problem("the file changed while it was asked about, and nothing was written".to_owned()));
    }
    let Filled { bytes, lines } = fill(&asked.name, &bytes, &facts.missing).map_err(Failure::Input)?;
    if lines > 0 {
        files::replace(file, &bytes)?;
    }
    let plural = if lines == 1 { "" } else { "s" };
    render::note(&format!("wrote {lines} line{plural} into {}\n", asked.name));
    Ok(())
}
