//! `landfall rules schema`: the JSON Schemas of rule and strategy files, for editors and validators.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{ArgGroup, ValueEnum, ValueHint, builder::PossibleValue};

use super::{
    super::{put, seam},
    Failure,
};
use crate::{
    exit_code::Outcome,
    logging, render,
    shape::{self, FileKind},
};

const AFTER_HELP: &str = "\
Examples:
  landfall rules schema jurisdiction
  landfall rules schema strategy --rules rules/world
  landfall rules schema --rules rules/world --write rules/schema

With --rules the schema knows the facts, roles, places, sources, choices and plugins of that folder, and
an editor completes them; a file with an error in it adds nothing to it. An editor finds a schema by the
first line of a file: `# yaml-language-server: $schema=../schema/jurisdiction.json`.";

/// Print the JSON Schema of a kind of file, or write all of them into a folder
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
#[command(group(ArgGroup::new("what").args(["kind", "write"]).required(true).multiple(true)))]
pub(in crate::cli) struct Args {
    /// Which files it is for
    #[arg(value_name = "KIND", value_enum)]
    kind: Option<FileKind>,
    /// Know what the files of this folder declare
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    rules: Option<PathBuf>,
    /// Write KIND.json into this folder, or one for each kind
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    write: Option<PathBuf>,
}

impl ValueEnum for FileKind {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()))
    }
}

pub(in crate::cli) fn run(args: &Args) -> Result<Outcome, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    let generation = match &args.rules {
        Some(rules) => {
            let (generation, problems) = seam::what_reads(rules)?;
            if !problems.is_empty() {
                render::note(&render::diagnostics(&problems));
            }
            Some(generation)
        }
        None => None,
    };
    let text = |kind: FileKind| {
        shape::text(&match &generation {
            Some(generation) => shape::folder::schema_of(kind, generation),
            None => shape::schema(kind),
        })
    };
    let kinds = args.kind.map_or_else(|| FileKind::ALL.to_vec(), |kind| vec![kind]);
    let Some(folder) = &args.write else {
        kinds.into_iter().try_for_each(|kind| put(&text(kind)))?;
        return Ok(Outcome::Done);
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    for kind in kinds {
        let path = folder.join(kind.file_name());
        fs::write(&path, text(kind)).map_err(|error| failed(&path, &error))?;
        render::note(&format!("wrote {}\n", path.display()));
    }
    Ok(Outcome::Done)
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::system("write a schema", format!("{}: {error}", path.display()))
}
