//! `landfall rules new`: the file of a new place in the shape of another's.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::ValueHint;
use jiff::civil::Date;

use super::{Failure, parse_currency, parse_date, today};
use crate::{
    diagnostic::{Diagnostic, did_you_mean},
    exit_code::Outcome,
    files::{self, FilesError},
    id::JurisdictionId,
    money::Currency,
    render,
    scaffold::{self, Like, NoPlace},
    source::SourceFile,
};

const AFTER_HELP: &str = "\
Examples:
  landfall rules new mx --like br
  landfall rules new us-tx --like us-ca --title Texas --rules rules/world

Law is not copied: the new file has the shape of the other, whose law stands in it behind `#`, and a
gap that nobody accepts keeps every answer about the place incomplete until its law is written down.";

/// Begin the file of a new place in the shape of another's
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    /// The new place: an ISO 3166-1 code such as mx, or another name in lower case
    #[arg(value_name = "ID", value_parser = parse_id)]
    id: JurisdictionId,
    /// The place in whose shape it is written
    #[arg(long, value_name = "ID", value_parser = parse_id)]
    like: JurisdictionId,
    /// Folder of rules
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, default_value = "rules")]
    rules: PathBuf,
    /// What people call it [default: the country's name]
    #[arg(long)]
    title: Option<String>,
    /// What its amounts are written in (ISO 4217) [default: the country's currency]
    #[arg(long, value_name = "CODE", value_parser = parse_currency)]
    currency: Option<Currency>,
    /// The day on which it is begun, written into it [default: today, in UTC]
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    as_of: Option<Date>,
}

pub(in crate::cli) fn run(args: &Args) -> Result<Outcome, Failure> {
    let source = source(args)?;
    let like = Like { source: &source, title: args.title.clone(), currency: args.currency };
    let refused = |no: NoPlace| Failure::Input(no.diagnostics());
    let new = scaffold::place(args.id.clone(), &like, args.as_of.unwrap_or_else(today)).map_err(refused)?;
    if let Some(taken) = file_of(&args.rules, &args.id) {
        return Err(FilesError::Exist(vec![taken]).into());
    }
    let text = scaffold::skeleton(&new, &like).map_err(refused)?;
    let name = format!("{}.yaml", args.id);
    let path = args.rules.join(&name).display().to_string();
    files::write_new(&args.rules, &[(name, text)])?;
    render::note(&format!(
        "wrote {path}: {} in the shape of {}, and nothing of its law; answers about it are incomplete until the \
         gap in it is closed\n",
        new.title, source.name
    ));
    Ok(Outcome::Done)
}

/// The file of the place to be like.
fn source(args: &Args) -> Result<SourceFile, Failure> {
    let problem = |problem: Diagnostic| Failure::Input(vec![problem]);
    let Some(path) = file_of(&args.rules, &args.like) else {
        let said = format!("there is no {}.yaml in {}", args.like, args.rules.display());
        return Err(problem(Diagnostic::error(said).help(nearest(&args.rules, &args.like))));
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bytes = fs::read(&path)
        .map_err(|error| problem(Diagnostic::error(format!("cannot be read: {error}")).in_file(&name)))?;
    SourceFile::new(&name, &bytes).map_err(problem)
}

/// The file of a place, in either spelling of its name.
fn file_of(rules: &Path, id: &JurisdictionId) -> Option<PathBuf> {
    let spellings = [id.to_string(), id.as_str().replace('-', "_")];
    spellings
        .iter()
        .map(|name| rules.join(format!("{name}.yaml")))
        .find(|path| fs::symlink_metadata(path).is_ok())
}

fn nearest(rules: &Path, id: &JurisdictionId) -> String {
    let known = || -> io::Result<Vec<String>> {
        let names = fs::read_dir(rules)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> =
            names.filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned)).collect();
        names.sort();
        Ok(names)
    };
    match known() {
        Ok(names) if !names.is_empty() => did_you_mean(id.as_str(), names.iter().map(String::as_str)),
        _ => "say where the rules are: `--rules DIR`".to_owned(),
    }
}

fn parse_id(text: &str) -> Result<JurisdictionId, String> {
    JurisdictionId::parse(text).map_err(|error| error.to_string())
}
