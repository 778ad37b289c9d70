//! `landfall plugin inspect`: what a plugin file is.

use std::path::PathBuf;

use clap::ValueHint;

use super::{
    super::{put, put_json, seam},
    Failure, built,
};
use crate::{
    cli::format::HumanOrJson, config::ConfigFile, exit_code::Outcome, kit, logging, protocol::Inspection,
    render,
};

const AFTER_HELP: &str = "\
Examples:
  landfall plugin inspect plugins/gdpr.wasm
  landfall plugin inspect --rules rules/world
  landfall plugin inspect plugins/gdpr.wasm --config landfall.yaml
  landfall plugin inspect plugins/gdpr.wasm --format json | jq -r .digest

What its bytes say is shown of a file that a host refuses, too; then it exits with 3.";

/// Say what a plugin file is, what it needs, what it imports and who signed it
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    of: built::Of,
    /// Folder of rules: who binds it, and where what it needs comes from
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    rules: Option<PathBuf>,
    /// The operator's landfall.yaml: whose signatures hold
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: HumanOrJson,
}

pub(in crate::cli) fn run(args: &Args) -> Result<Outcome, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    let ready = args.of.ready()?;
    let rules = args.rules.as_deref().map(seam::what_reads).transpose()?;
    let config = args.config.as_ref().map(|path| ConfigFile::new(path.clone(), Vec::new()).read());
    let config = config.transpose().map_err(Failure::Input)?;
    let generation = rules.as_ref().map(|(generation, _)| &**generation);
    let found = kit::inspect::inspect(&ready.wasm, generation, config.as_ref().map(|config| &config.trust));
    let found = found.map_err(Failure::Input)?;
    match args.format {
        HumanOrJson::Human => put(&render::inspection(&found))?,
        HumanOrJson::Json => put_json(&found)?,
    }
    Ok(Outcome::Checked { errors: is_refused(&found) })
}

fn is_refused(found: &Inspection) -> bool {
    let unsigned = found.signature.as_ref().is_some_and(|signature| signature.problem.is_some());
    !found.problems.is_empty() || unsigned
}
