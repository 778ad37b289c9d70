//! `landfall.yaml`: what the operator of a host decides, and nobody who can write a watched folder.
//!
//! Text to a plain [`Config`], as the rule files are read: strict keys, every problem at once, each with
//! its line and column. What belongs together is checked together (no socket for others without TLS and
//! a token). Not checked here: whether a certificate is one, a group exists; whoever
//! uses them does, and points at the spans kept for it. A text that looks like a token, or like
//! minisign's secret key, is never repeated in a problem.

mod file;
mod limits;
mod listen;
mod quantity;
#[cfg(test)]
mod tests;
mod tokens;
mod trust;

use std::path::Path;

pub use self::{
    file::ConfigFile,
    limits::{LimitsConfig, Queries},
    listen::{Listen, Tls},
    tokens::{May, Token},
};
use crate::{
    diagnostic::{Diagnostic, Problems},
    id::Digest,
    logging,
    rules::{
        schema::{Spanned, base, read_file, scalar},
        yaml::{self, Fields, Node},
    },
    source::SourceFile,
    trust::Policy,
};

/// What the operator decides. The default is a host without a `landfall.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Of the file's bytes; none without a file.
    pub digest: Option<Digest>,
    /// A tracing filter; where a flag or the environment gives one, that wins.
    pub log: Option<Spanned<String>>,
    /// Where to listen; none for the default socket.
    pub listen: Vec<Listen>,
    /// Who may ask and command over TCP.
    pub tokens: Vec<Token>,
    /// Whose signatures count for what.
    pub trust: Policy,
    /// What plugins and clients may use.
    pub limits: LimitsConfig,
    /// What is kept.
    pub history: HistoryConfig,
}

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryConfig {
    /// Generations, the newest first.
    pub generations: usize,
}

/// Chosen: two hundred edits, which share what they have in common.
const GENERATIONS: usize = 200;
/// Most generations kept: each is a few kilobytes and whatever it alone holds.
const MOST_GENERATIONS: u64 = 100_000;

impl Default for HistoryConfig {
    fn default() -> Self {
        Self { generations: GENERATIONS }
    }
}

const KEYS: [&str; 7] = ["schema", "log", "listen", "tokens", "trust", "limits", "history"];

/// Reads a `landfall.yaml`. Paths in it are taken from the `folder` it lies in.
///
/// # Errors
/// Every problem of the file.
pub fn read(name: &str, bytes: &[u8], folder: &Path) -> Result<Config, Vec<Diagnostic>> {
    let source = SourceFile::new(name, bytes).map_err(|problem| vec![problem])?;
    let config = read_file(&source, |node, problems| config(node, folder, problems));
    config.map(|config| Config { digest: Some(source.digest), ..config }).map_err(|problems| {
        let unsaid = |problem| trust::unsaid(tokens::unsaid(problem), &source.text);
        problems.into_iter().map(unsaid).collect()
    })
}

fn config(node: &Node, folder: &Path, problems: &mut Problems<'_>) -> Option<Config> {
    let fields = Fields::read(node, "landfall.yaml", &KEYS, problems)?;
    base::schema(&fields, "config", problems);
    let log = fields.get("log").and_then(|node| log(node, problems));
    let tokens = fields.get("tokens").map(|node| tokens::read(node, problems)).unwrap_or_default();
    let listen = fields.get("listen").map(|node| listen::read(node, folder, problems)).unwrap_or_default();
    listen::guarded(&listen, tokens.is_empty(), problems);
    let trust = fields.get("trust").and_then(|node| trust::read(node, problems)).unwrap_or_default();
    let limits = fields.get("limits").and_then(|node| limits::read(node, problems)).unwrap_or_default();
    let history = fields.get("history").and_then(|node| history(node, problems)).unwrap_or_default();
    let listen = listen.into_iter().map(|listen| listen.value).collect();
    Some(Config { digest: None, log, listen, tokens, trust, limits, history })
}

fn log(node: &Node, problems: &mut Problems<'_>) -> Option<Spanned<String>> {
    let filter = yaml::text(node, "`log`", problems)?;
    match logging::check(filter) {
        Ok(()) => Some(Spanned::new(filter.to_owned(), node.span)),
        Err(why) => {
            let help = "write `error`, `warn`, `info`, `debug` or `trace`, or a filter such as \
                        `info,landfall::reload=debug`";
            problems.error_help(node.span, why, help);
            None
        }
    }
}

fn history(node: &Node, problems: &mut Problems<'_>) -> Option<HistoryConfig> {
    let fields = Fields::read(node, "`history`", &["generations"], problems)?;
    let generations = fields.get("generations");
    let generations =
        generations.map(|node| quantity::count(node, "`generations`", 1, MOST_GENERATIONS, problems));
    let Some(generations) = generations else { return Some(HistoryConfig::default()) };
    Some(HistoryConfig { generations: usize::try_from(generations?).ok()? })
}

/// A list of things with names, each name once.
fn each_once<'a, T>(
    named: impl IntoIterator<Item = &'a Spanned<T>>,
    name: impl Fn(&T) -> &str,
    what: &str,
    problems: &mut Problems<'_>,
) where
    T: 'a,
{
    let mut seen = std::collections::BTreeMap::new();
    for one in named {
        if let Some(first) = seen.insert(name(&one.value).to_owned(), one.span.line) {
            let message = format!("two {what} are called `{}`", name(&one.value));
            problems.error_help(one.span, message, format!("the first one is on line {first}: rename one"));
        }
    }
}

/// A name in this file: kebab-case, as the names of files are.
fn name(fields: &Fields<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let node = fields.require("name", problems)?;
    scalar::plugin_id(node, problems).map(|name| name.to_string())
}
