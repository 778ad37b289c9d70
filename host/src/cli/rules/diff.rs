//! `landfall rules diff`: what other rules would change, in money, for some strategies.

use std::path::{Path, PathBuf};

use clap::ValueHint;

use super::super::{
    Failure,
    ask::{Instead, read_strategy},
    diff::{Format, compared, comparison, show},
    seam::Folders,
    whom::{Answers, HostArgs},
};
use crate::{
    diagnostic::{Diagnostic, Severity},
    diff,
    exit_code::Outcome,
    git,
    protocol::{Problem, QueryRequest},
};

const AFTER_HELP: &str = "\
OLD and NEW are each one of
  a folder of rules          rules/world
  a git revision of --rules  main, git:HEAD~3
  a generation of a host     7, blake3:9cdc5896c08a

Examples:
  landfall rules diff main rules/world --rules rules/world --plugins plugins --strategy s.yaml
  landfall rules diff old new --old-plugins p1 --new-plugins p2 --strategy a.yaml b.yaml
  landfall rules diff 6 7 --strategy s.yaml --format markdown

Exits with 6 where J, a status or a line changed, with 0 where nothing did, and with 3 where rules or
plugins have errors.";

/// Show what other rules would change, in money: folders, git revisions or generations of a host
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// What was there: a folder, a git revision, or a generation
    #[arg(value_hint = ValueHint::DirPath)]
    old: String,
    /// What is there instead
    #[arg(value_hint = ValueHint::DirPath)]
    new: String,
    /// Strategy files to compare them with
    #[arg(long, value_name = "STRATEGY", value_hint = ValueHint::FilePath, num_args = 1.., required = true)]
    strategy: Vec<PathBuf>,
    /// Folder of rules whose git revisions are named
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    rules: Option<PathBuf>,
    /// Folder of plugins for both
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    plugins: Option<PathBuf>,
    /// Folder of plugins for OLD
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    old_plugins: Option<PathBuf>,
    /// Folder of plugins for NEW
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    new_plugins: Option<PathBuf>,
    #[command(flatten)]
    instead: Instead,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    host: HostArgs,
}

/// One of the two, ready to be asked.
struct Side<'a> {
    name: &'a str,
    answers: Answers,
    generation: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let strategies = args.strategy.iter().map(|path| read_strategy(path)).collect::<Result<Vec<_>, _>>()?;
    let before = open(args, &args.old, args.old_plugins.as_ref())?;
    let after = open(args, &args.new, args.new_plugins.as_ref())?;
    let rules = diff::files(
        &before.answers.rules(before.generation.as_deref())?.files,
        &after.answers.rules(after.generation.as_deref())?.files,
    );
    let mut diffs = Vec::new();
    for strategy in strategies {
        let ask = |side: &Side<'_>| -> Result<_, Failure> {
            let generation = side.generation.clone();
            let request = QueryRequest { generation, ..args.instead.of(strategy.clone()) };
            let response = side.answers.query(&request)?;
            Ok((request, response))
        };
        let (old, new) = (ask(&before)?, ask(&after)?);
        diffs.push(compared((before.name, &old.0, &old.1), (after.name, &new.0, &new.1), &rules)?);
    }
    show(&comparison(rules, diffs), args.format)
}

fn open<'a>(args: &Args, name: &'a str, plugins: Option<&PathBuf>) -> Result<Side<'a>, Failure> {
    let plugins = || {
        plugins.or(args.plugins.as_ref()).cloned().ok_or_else(|| Failure::Usage {
            message: format!("`{name}` has rules and no plugins"),
            help: Some("say where they are: `--plugins DIR`, or `--old-plugins` and `--new-plugins`".into()),
        })
    };
    let revision = name.strip_prefix("git:");
    if revision.is_none() && Path::new(name).is_dir() {
        let folders = Folders { rules: name.into(), plugins: plugins()? };
        return Ok(Side { name, answers: good(name, &folders)?, generation: None });
    }
    if revision.is_none() && is_generation(name) {
        let answers = Answers::There(args.host.target()?);
        // By its digest, which stays the same whatever is served meanwhile.
        let generation = answers.rules(Some(name))?.generation;
        return Ok(Side { name, answers, generation: Some(generation) });
    }
    let Some(rules) = &args.rules else {
        let message = format!("there is no folder `{name}`");
        let help = "name a folder of rules; a git revision, with `--rules DIR` for the folder it is of; or a \
                    generation of a host, by number or `blake3:…`";
        return Err(Failure::Usage { message, help: Some(help.to_owned()) });
    };
    let taken_out = tempfile::tempdir().map_err(|error| Failure::system("make a folder", error))?;
    git::take_out(rules, revision.unwrap_or(name), taken_out.path()).map_err(|error| Failure::Usage {
        message: error.to_string(),
        help: Some(format!("`{name}` is no folder either")),
    })?;
    let folders = Folders { rules: taken_out.path().to_owned(), plugins: plugins()? };
    Ok(Side { name, answers: good(name, &folders)?, generation: None })
}

fn is_generation(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.strip_prefix("blake3:").is_some_and(digits) || name.parse::<u64>().is_ok()
}

/// Reads the folders; what has an error would be compared as if it were not there.
fn good(name: &str, folders: &Folders) -> Result<Answers, Failure> {
    let answers = Answers::here(folders)?;
    let items = answers.status()?.items;
    let problems: Vec<Diagnostic> =
        items.into_iter().flat_map(|item| item.problems).map(diagnostic).collect();
    match problems.iter().any(|problem| problem.severity == Severity::Error) {
        false => Ok(answers),
        true => {
            let said = Diagnostic::error(format!("`{name}` has errors, and is compared with nothing"));
            Err(Failure::Input(problems.into_iter().chain([said]).collect()))
        }
    }
}

fn diagnostic(problem: Problem) -> Diagnostic {
    let Problem { at, message, help, severity, place } = problem;
    let file = if place.is_some() { None } else { at };
    Diagnostic { severity, message, help, file, place }
}
