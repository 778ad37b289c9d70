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
    id::{PluginId, Stage},
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
        return asked(args, &mut answer);
    }
    match (&args.name, &args.stage, &args.lang) {
        (Some(name), Some(stage), Some(lang)) => parse(name, stage, lang),
        _ => Err(Failure::Usage { message: missing(args), help: Some(values()) }),
    }
}

/// What somebody types after a question; nothing at the end of the input.
fn answer(question: &str) -> io::Result<String> {
    render::note(question);
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line)
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

/// How a question is answered.
type Ask<'a> = &'a mut dyn FnMut(&str) -> io::Result<String>;

/// Asks for each that was left out, until it is one.
fn asked(args: &Args, ask: Ask<'_>) -> Result<New, Failure> {
    let (stages, languages) = (Stage::ALL.map(Stage::as_str), Language::ALL.map(Language::as_str));
    let name = given_or_asked(args.name.as_ref(), "name, in kebab-case", ask, |text| {
        PluginId::parse(text).map(drop).map_err(|error| error.to_string())
    })?;
    let stage =
        given_or_asked(args.stage.as_ref(), &format!("stage ({})", stages.join(", ")), ask, |text| {
            Stage::parse(text).map(drop).ok_or_else(|| one_of(stages))
        })?;
    let lang =
        given_or_asked(args.lang.as_ref(), &format!("language ({})", languages.join(", ")), ask, |text| {
            Language::parse(text).map(drop).ok_or_else(|| one_of(languages))
        })?;
    parse(&name, &stage, &lang)
}

fn given_or_asked(
    given: Option<&String>,
    what: &str,
    ask: Ask<'_>,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    let mut fault = String::new();
    loop {
        let line =
            ask(&format!("{fault}{what}: ")).map_err(|error| Failure::system("read an answer", error))?;
        if line.is_empty() {
            return Err(Failure::usage(format!("nothing was answered to `{what}`")));
        }
        match check(line.trim()) {
            Ok(()) => return Ok(line.trim().to_owned()),
            Err(said) => fault = format!("{said}\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(name: Option<&str>, stage: Option<&str>, lang: Option<&str>) -> Args {
        let [name, stage, lang] = [name, stage, lang].map(|given| given.map(str::to_owned));
        Args { name, stage, lang, into: PathBuf::from(".") }
    }

    /// What is asked when these are the answers, and what comes of it.
    fn conversation(args: &Args, answers: &[&str]) -> (Vec<String>, Result<New, String>) {
        let (mut asked_for, mut answers) = (Vec::new(), answers.iter());
        let new = asked(args, &mut |question| {
            asked_for.push(question.to_owned());
            Ok(answers.next().map_or_else(String::new, |answer| format!("{answer}\n")))
        });
        (asked_for, new.map_err(|failure| failure.to_string()))
    }

    #[test]
    fn what_is_left_out_is_asked_for_until_it_is_one() {
        let (questions, new) =
            conversation(&args(None, Some("culture"), None), &["Support", "support", "cobol", "python"]);
        assert_eq!(
            new.unwrap(),
            New { name: "support".to_owned(), stage: Stage::Culture, language: Language::Python }
        );
        let [name, again, language, other] = questions.as_slice() else { panic!("{questions:?}") };
        assert_eq!(name, "name, in kebab-case: ");
        assert!(
            again.starts_with("`Support` is not kebab-case") && again.ends_with("\nname, in kebab-case: "),
            "{again}"
        );
        assert_eq!(language, "language (rust, python, javascript, typescript): ");
        assert!(other.starts_with("one of `rust`, `python`, `javascript`, `typescript`\n"), "{other}");
    }

    #[test]
    fn nothing_is_asked_where_all_is_given_and_an_end_is_an_end() {
        let (questions, new) = conversation(&args(Some("support"), Some("output"), Some("rust")), &[]);
        assert!(questions.is_empty() && new.is_ok());
        let (_, new) = conversation(&args(Some("support"), None, Some("rust")), &[]);
        assert!(new.unwrap_err().starts_with("nothing was answered to `stage ("));
    }
}
