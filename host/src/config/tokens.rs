//! `tokens`: who may ask and command over TCP, each by the hash of a secret that stands nowhere.

use crate::{
    diagnostic::{Diagnostic, Problems},
    id::Digest,
    rules::{
        schema::{Spanned, scalar},
        yaml::{self, Fields, Node},
    },
};

/// How a token begins, so that people and scanners of secrets know one.
const PREFIX: &str = "lf_";

/// Somebody who may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Who, for logs; each name once.
    pub name: String,
    /// What they may do.
    pub may: May,
    /// Of the whole token as it is presented.
    pub hash: Digest,
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum May {
    /// Ask.
    Read,
    /// Ask, and change what is served: reload, rollback, pin.
    Admin,
}

impl May {
    /// Its name in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

/// Reads the list.
pub(super) fn read(node: &Node, problems: &mut Problems<'_>) -> Vec<Token> {
    let Some(items) = yaml::sequence(node, "`tokens`", problems) else { return Vec::new() };
    let tokens: Vec<Spanned<Token>> = items.iter().filter_map(|item| one(item, problems)).collect();
    super::each_once(&tokens, |token| token.name.as_str(), "tokens", problems);
    for (at, token) in tokens.iter().enumerate() {
        let first = tokens.iter().take(at).find(|other| other.value.hash == token.value.hash);
        if let Some(first) = first {
            let message = format!("`{}` and `{}` have one hash", first.value.name, token.value.name);
            problems.error_help(token.span, message, "give each a token of its own: `landfall token new`");
        }
    }
    tokens.into_iter().map(|token| token.value).collect()
}

fn one(node: &Node, problems: &mut Problems<'_>) -> Option<Spanned<Token>> {
    let fields = Fields::read(node, "a token", &["name", "may", "hash"], problems)?;
    let name = super::name(&fields, problems);
    let words = [May::Read, May::Admin].map(|may| (may.as_str(), may));
    let may = fields.require("may", problems).and_then(|node| scalar::word(node, "`may`", &words, problems));
    let hash = fields.require("hash", problems).and_then(|node| hash(node, problems));
    Some(Spanned::new(Token { name: name?, may: may?, hash: hash? }, node.span))
}

/// What stands there may be a secret, so it is not said.
fn hash(node: &Node, problems: &mut Problems<'_>) -> Option<Digest> {
    let found = node.scalar().and_then(Digest::parse);
    if found.is_none() {
        let is_secret = node.scalar().is_some_and(|text| text.starts_with(PREFIX));
        let (message, help) = match is_secret {
            true => (
                "this is a token itself and not its hash",
                "whoever could read this file may have it: make a new one with `landfall token new`, which \
                 prints the hash",
            ),
            false => (
                "this is no hash of a token",
                "write the line that `landfall token new` prints: `blake3:` and 64 hex digits",
            ),
        };
        problems.error_help(node.span, message, help);
    }
    found
}

/// The problem without anything in it that looks like a token: problems go to logs and to clients.
pub(super) fn unsaid(mut problem: Diagnostic) -> Diagnostic {
    problem.message = masked(&problem.message);
    problem.help = problem.help.map(|help| masked(&help));
    if let Some(place) = &mut problem.place {
        place.excerpt = masked(&place.excerpt);
    }
    problem
}

/// With a `*` for each letter of a token, so that columns stay.
fn masked(text: &str) -> String {
    let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut masked = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        let (before, token) = rest.split_at(at + PREFIX.len());
        let begins = !rest.split_at(at).0.ends_with(is_inside);
        let end = token.find(|c: char| !is_inside(c)).unwrap_or(token.len());
        let (inside, after) = token.split_at(end);
        masked.push_str(before);
        masked.push_str(&if begins { "*".repeat(end) } else { inside.to_owned() });
        rest = after;
    }
    masked + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_masked_and_its_place_stays() {
        assert_eq!(masked("hash: \"lf_aB-9_z\", name: x"), "hash: \"lf_******\", name: x");
        assert_eq!(masked("half_done lf_x lf_"), "half_done lf_* lf_");
        assert_eq!(masked("nothing"), "nothing");
    }
}
