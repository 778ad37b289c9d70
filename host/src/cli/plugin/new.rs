//! `landfall plugin new`: a folder to start from.

use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use clap::{ValueHint, builder::PossibleValuesParser};

use super::Failure;
use crate::{
    diagnostic::one_of,
    exit_code::Outcome,
    files,
    id::Stage,
    kit::{
        new::{self, New},
        project::Language,
    },
    render,
};

const AFTER_HELP: &str = "\
Examples:
  landfall plugin new support --stage output --lang python
  landfall plugin new support --stage output --lang rust --into plugins
  landfall plugin new

What is left out is asked for on a terminal. The folder holds all that a build needs, with the SDK of its
language below vendor/. Nothing that is there already is touched.";

/// Begin a plugin: a folder that builds, passes its tests and answers
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    /// Its id, in kebab-case: the name of the folder and of the file that a host takes
    name: Option<String>,
    /// The stage that it costs
    #[arg(long, value_parser = PossibleValuesParser::new(Stage::ALL.map(Stage::as_str)))]
    stage: Option<String>,
    /// What it is written in
    #[arg(long, value_name = "LANGUAGE", value_parser = PossibleValuesParser::new(Language::ALL.map(Language::as_str)))]
    lang: Option<String>,
    /// The folder that its folder is made in
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, default_value = ".")]
    into: PathBuf,
}

pub(in crate::cli) fn run(args: &Args) -> Result<Outcome, Failure> {
    let new = complete(args)?;
    let folder = args.into.join(&new.name);
    files::must_be_empty(&folder)?;
    let files = new::files(&new);
    files::write_new(&folder, &files)?;
    render::note(&said(&new, folder.strip_prefix(".").unwrap_or(&folder), files.len()));
    Ok(Outcome::Done)
}

/// What to do next, as commands that can be copied.
fn said(new: &New, folder: &Path, files: usize) -> String {
    let (to, language) = (folder.display(), new.language);
    let install = match language {
        Language::Rust => "",
        _ => " --install",
    };
    format!(
        "wrote {files} files to {to}: a plugin in {language} for the stage {}\n\
         next: cd {to}\n      \
         landfall plugin build{install}\n      \
         landfall plugin test\n",
        new.stage
    )
}

/// What is to be made; what was left out is asked for, where somebody is there to ask.
fn complete(args: &Args) -> Result<New, Failure> {
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        return asked(args);
    }
    match (&args.name, &args.stage, &args.lang) {
        (Some(name), Some(stage), Some(lang)) => parse(name, stage, lang),
        _ => Err(Failure::Usage { message: missing(args), help: Some(values()) }),
    }
}

/// Every argument that is not there.
fn missing(args: &Args) -> String {
    let given = [("NAME", &args.name), ("`--stage`", &args.stage), ("`--lang`", &args.lang)];
    let missing: Vec<&str> =
        given.iter().filter(|(_, given)| given.is_none()).map(|(name, _)| *name).collect();
    let (and, is) = (missing.join(" and "), if missing.len() == 1 { "is" } else { "are" });
    format!("{and} {is} missing, and there is no terminal to ask on")
}

fn values() -> String {
    format!(
        "--stage is {}; --lang is {}",
        one_of(Stage::ALL.map(Stage::as_str)),
        one_of(Language::ALL.map(Language::as_str))
    )
}

fn parse(name: &str, stage: &str, lang: &str) -> Result<New, Failure> {
    let unknown = || Failure::Usage { message: "no such stage or language".to_owned(), help: Some(values()) };
    let stage = Stage::parse(stage).ok_or_else(unknown)?;
    let language = Language::parse(lang).ok_or_else(unknown)?;
    New::parse(name, stage, language)
        .map_err(|problem| Failure::Usage { message: problem.message, help: problem.help })
}

/// Asks for each that was left out, until it is one.
fn asked(args: &Args) -> Result<New, Failure> {
    let [stages, languages] =
        [Stage::ALL.map(Stage::as_str).to_vec(), Language::ALL.map(Language::as_str).to_vec()];
    let lang = given_or_asked(args.lang.as_ref(), &format!("language ({})", languages.join(", ")), |text| {
        Language::parse(text).map(drop).ok_or_else(|| one_of(languages.iter().copied()))
    })?;
    let name = given_or_asked(args.name.as_ref(), "name, in kebab-case", |text| {
        let fault = parse(text, Stage::Output.as_str(), &lang).err();
        fault.map_or(Ok(()), |fault| Err(fault.to_string()))
    })?;
    let stage = given_or_asked(args.stage.as_ref(), &format!("stage ({})", stages.join(", ")), |text| {
        Stage::parse(text).map(drop).ok_or_else(|| one_of(stages.iter().copied()))
    })?;
    parse(&name, &stage, &lang)
}

fn given_or_asked(
    given: Option<&String>,
    what: &str,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    loop {
        render::note(&format!("{what}: "));
        let mut line = String::new();
        let read =
            io::stdin().read_line(&mut line).map_err(|error| Failure::system("read an answer", error))?;
        if read == 0 {
            return Err(Failure::usage(format!("nothing was answered to `{what}`")));
        }
        match check(line.trim()) {
            Ok(()) => return Ok(line.trim().to_owned()),
            Err(fault) => render::note(&format!("{fault}\n")),
        }
    }
}
