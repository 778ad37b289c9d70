//! `landfall diff`: what a strategy, a rule file or a plugin would change, in money.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use clap::{ValueEnum, ValueHint};

use super::{
    Failure,
    ask::{Instead, read_strategy},
    put, put_json, put_raw,
    whom::{Answers, Whom},
};
use crate::{
    diagnostic::Diagnostic,
    diff::{self, Named},
    exit_code::Outcome,
    protocol::{CandidateFile, Comparison, Diff, FileDiff, QueryRequest, QueryResponse, StrategyText},
    render,
};

const AFTER_HELP: &str = "\
Examples:
  landfall diff this.yaml that.yaml
  landfall diff s.yaml --set markets.br.users=3000000
  landfall diff s.yaml --scenario br.cap_doubles
  landfall diff --candidate br.yaml --strategy s.yaml --format markdown
  landfall diff --candidate br.yaml lgpd.wasm --strategy a.yaml b.yaml --rules rules --plugins plugins

Both answers are of one generation; a candidate is laid over it and never served.
Exits with 6 where J, a status or a line changed, and with 0 where nothing did.";

/// Largest candidate read: as large as a plugin in its folder.
const MOST_BYTES: u64 = 64 << 20;

/// Show what would change, in money: between two strategies, or with a rule file or plugin dropped in
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Two strategy files; or one, to see what --set, --as-of or --scenario do to it
    #[arg(value_name = "STRATEGY", value_hint = ValueHint::FilePath, num_args = 1..=2)]
    #[arg(required_unless_present = "candidate", conflicts_with = "candidate")]
    strategies: Vec<PathBuf>,
    /// Rule files and plugins to try, named as in their folder
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, num_args = 1..)]
    #[arg(requires = "strategy")]
    candidate: Vec<PathBuf>,
    /// Strategy files to try them with
    #[arg(long, value_name = "STRATEGY", value_hint = ValueHint::FilePath, num_args = 1..)]
    #[arg(requires = "candidate")]
    strategy: Vec<PathBuf>,
    #[command(flatten)]
    instead: Instead,
    /// A generation the host still keeps, by number or digest, instead of the current one
    #[arg(long, value_name = "NUMBER|DIGEST", help_heading = "Whom to ask")]
    generation: Option<String>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    whom: Whom,
}

/// How to show what changed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs; names are stable.
    Json,
    /// For a comment in a review.
    Markdown,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let comparison = match args.strategies.as_slice() {
        [] => candidates(args)?,
        [one] => one_strategy(args, one)?,
        [before, after, ..] => two_strategies(args, before, after)?,
    };
    show(&comparison, args.format)
}

/// The question about a strategy.
fn asked(args: &Args, strategy: StrategyText) -> QueryRequest {
    QueryRequest { generation: args.generation.clone(), ..args.instead.of(strategy) }
}

/// Puts out what was compared.
pub(super) fn show(comparison: &Comparison, format: Format) -> Result<Outcome, Failure> {
    match format {
        Format::Table => put(&render::diff(comparison))?,
        Format::Json => put_json(comparison)?,
        Format::Markdown => put_raw(render::diff_markdown(comparison).as_bytes())?,
    }
    Ok(Outcome::Found { any: comparison.changed })
}

/// Compares what was asked before with what is asked after.
pub(super) fn compared(
    before: (&str, &QueryRequest, &QueryResponse),
    after: (&str, &QueryRequest, &QueryResponse),
    rules: &[FileDiff],
) -> Result<Diff, Failure> {
    let named = |(name, request, response)| {
        let request: &QueryRequest = request;
        Named { name, strategy: request.strategy.name.as_str(), response }
    };
    let question = diff::question(before.1, after.1);
    let mut diff = diff::compare(named(before), named(after), question)
        .map_err(|error| Failure::system("compare the answers", error))?;
    diff::attribute(&mut diff, rules);
    Ok(diff)
}

/// Everything that was compared.
pub(super) fn comparison(rules: Vec<FileDiff>, strategies: Vec<Diff>) -> Comparison {
    Comparison { changed: strategies.iter().any(|diff| diff.changed), rules, strategies }
}

fn one_strategy(args: &Args, path: &Path) -> Result<Comparison, Failure> {
    if args.instead.is_nothing() {
        let message = "there is nothing to compare the strategy with".to_owned();
        let help = "name a second strategy, or what to ask otherwise with `--set`, `--as-of` or `--scenario`";
        return Err(Failure::Usage { message, help: Some(help.to_owned()) });
    }
    let strategy = read_strategy(path)?;
    let as_it_stands = QueryRequest::new(strategy.clone());
    let before = QueryRequest { generation: args.generation.clone(), ..as_it_stands };
    let after = asked(args, strategy);
    two_questions(&args.whom.open()?, "as it stands", &before, "as asked", after)
}

fn two_strategies(args: &Args, before: &Path, after: &Path) -> Result<Comparison, Failure> {
    let (before, after) = (asked(args, read_strategy(before)?), asked(args, read_strategy(after)?));
    let (old, new) = (before.strategy.name.clone(), after.strategy.name.clone());
    two_questions(&args.whom.open()?, &old, &before, &new, after)
}

/// Two questions to one generation.
fn two_questions(
    answers: &Answers,
    old: &str,
    before: &QueryRequest,
    new: &str,
    mut after: QueryRequest,
) -> Result<Comparison, Failure> {
    let first = answers.query(before)?;
    after.generation = Some(first.served.generation.clone());
    let second = answers.query(&after)?;
    let diff = compared((old, before, &first), (new, &after, &second), &[])?;
    Ok(comparison(Vec::new(), vec![diff]))
}

fn candidates(args: &Args) -> Result<Comparison, Failure> {
    let files = args.candidate.iter().map(|path| read_candidate(path)).collect::<Result<Vec<_>, _>>()?;
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let with = format!("with {}", names.join(", "));
    let strategies = args.strategy.iter().map(|path| read_strategy(path)).collect::<Result<Vec<_>, _>>()?;
    let answers = args.whom.open()?;
    let mut rules = None;
    let mut generation = None;
    let mut diffs = Vec::new();
    for strategy in strategies {
        let mut before = asked(args, strategy);
        // All of one generation, whatever is served meanwhile.
        before.generation = generation.or(before.generation);
        let first = answers.query(&before)?;
        generation = Some(first.served.generation.clone());
        let after =
            QueryRequest { generation: generation.clone(), candidate: files.clone(), ..before.clone() };
        let second = answers.query(&after)?;
        let said = match rules.take() {
            Some(said) => said,
            None => said_otherwise(&answers, &first, &files)?,
        };
        diffs.push(compared(("as served", &before, &first), (&with, &after, &second), &said)?);
        rules = Some(said);
    }
    Ok(comparison(rules.unwrap_or_default(), diffs))
}

/// What the candidates say otherwise than the rule files they would replace.
fn said_otherwise(
    answers: &Answers,
    served: &QueryResponse,
    candidates: &[CandidateFile],
) -> Result<Vec<FileDiff>, Failure> {
    let before = answers.rules(Some(&served.served.generation))?.files;
    let mut after: BTreeMap<String, String> = before.clone();
    for file in candidates.iter().filter(|file| file.name.ends_with(".yaml")) {
        let text = String::from_utf8_lossy(&file.bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        after.insert(file.name.clone(), text.to_owned());
    }
    Ok(diff::files(&before, &after))
}

fn read_candidate(path: &Path) -> Result<CandidateFile, Failure> {
    let wrong = |problem: String| {
        let file = path.display().to_string();
        Failure::Input(vec![Diagnostic::error(problem).in_file(&file)])
    };
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(wrong(format!("the file has more than {} MiB", MOST_BYTES >> 20)));
    }
    Ok(CandidateFile { name, bytes })
}
