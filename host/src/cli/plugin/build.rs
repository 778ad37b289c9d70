//! `landfall plugin build`: a plugin's folder to a plugin.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use clap::ValueHint;

use super::{Failure, ToolsArgs, put, put_json, tell};
use crate::{
    cli::format::HumanOrJson,
    exit_code::Outcome,
    files,
    kit::{
        build::{self, Built},
        project::Project,
    },
    protocol::BuiltPlugin,
    render,
};

const AFTER_HELP: &str = "\
Examples:
  landfall plugin build
  landfall plugin build support --out plugins/support.wasm
  landfall plugin build --install
  landfall plugin build --format json

Rust is built by cargo for wasm32-unknown-unknown, Python by componentize-py, JavaScript and TypeScript
by componentize-js. The result is loaded as a host would before it takes the place of the last one: it
imports nothing but the log, and reaches for no clock, files, network or environment.";

/// Build the plugin of a folder
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    /// The plugin's folder
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath, default_value = ".")]
    folder: PathBuf,
    /// Install the compiler of its language first, where it is missing
    #[arg(long)]
    install: bool,
    #[command(flatten)]
    tools: ToolsArgs,
    /// Write the plugin here too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
    /// How to show what was built
    #[arg(long, value_enum, default_value_t)]
    format: HumanOrJson,
}

pub(in crate::cli) fn run(args: &Args) -> Result<Outcome, Failure> {
    let begun = Instant::now();
    let project = Project::find(&args.folder).map_err(Failure::Input)?;
    let tools = args.tools.tools()?;
    if args.install {
        tools.install(project.language, &mut tell)?;
    }
    let built = build::build(&project, &tools, &mut tell)?;
    let file = match &args.out {
        Some(out) => copied(&built, out)?,
        None => built.wasm.as_path(),
    };
    let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    show(args.format, &described(&project, &built, file, took))?;
    Ok(Outcome::Done)
}

/// Whole, in the place of what is there.
fn copied<'a>(built: &Built, out: &'a Path) -> Result<&'a Path, Failure> {
    let bytes = fs::read(&built.wasm).map_err(|error| Failure::system("read what was built", error))?;
    files::replace(out, &bytes)?;
    Ok(out)
}

fn described(project: &Project, built: &Built, file: &Path, milliseconds: u64) -> BuiltPlugin {
    BuiltPlugin {
        id: project.id.clone(),
        version: project.version.clone(),
        language: project.language.as_str(),
        file: file.strip_prefix(".").unwrap_or(file).display().to_string(),
        size: built.size,
        digest: built.digest,
        fresh: built.fresh,
        milliseconds,
    }
}

fn show(format: HumanOrJson, built: &BuiltPlugin) -> Result<(), Failure> {
    match format {
        HumanOrJson::Human => put(&render::built(built)),
        HumanOrJson::Json => put_json(built),
    }
}
