//! `trust`: whose signatures count, and for what.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    diagnostic::{Diagnostic, Problems, did_you_mean},
    id::Stage,
    rules::{
        schema::{Spanned, scalar},
        yaml::{self, Fields, Node},
    },
    trust::{Key, Policy, PublicKey, Reach},
};

/// The files that are no jurisdiction, and so are named.
const BASE: [&str; 4] = ["facts.yaml", "fx.yaml", "rates.yaml", "roles.yaml"];

/// Reads the whole.
pub(super) fn read(node: &Node, problems: &mut Problems<'_>) -> Option<Policy> {
    let fields = Fields::read(node, "`trust`", &["require_signatures", "keys"], problems)?;
    let required = fields.get("require_signatures");
    let required = required.map(|node| scalar::flag(node, "`require_signatures`", problems));
    let require = required.unwrap_or(Some(false))?;
    let keys = fields.get("keys").map(|node| keys(node, problems)).unwrap_or_default();
    if require && fields.entry("keys").is_none() {
        let message = "signatures are required, and nobody may sign";
        problems.error_help(fields.span(), message, "add `keys`, or everything would be refused");
    }
    Some(Policy { require, keys })
}

fn keys(node: &Node, problems: &mut Problems<'_>) -> Vec<Arc<Key>> {
    let Some(items) = yaml::sequence(node, "`keys`", problems) else { return Vec::new() };
    let keys: Vec<Spanned<Key>> = items.iter().filter_map(|item| one(item, problems)).collect();
    super::each_once(&keys, |key| key.name.as_str(), "keys", problems);
    for (at, key) in keys.iter().enumerate() {
        if let Some(first) = keys.iter().take(at).find(|other| other.value.public == key.value.public) {
            let message = format!("`{}` and `{}` are one key", first.value.name, key.value.name);
            let help = "write it once, with everything it may sign";
            problems.error_help(key.span, message, help);
        }
    }
    keys.into_iter().map(|key| Arc::new(key.value)).collect()
}

fn one(node: &Node, problems: &mut Problems<'_>) -> Option<Spanned<Key>> {
    let known = ["name", "key", "jurisdictions", "stages", "base"];
    let fields = Fields::read(node, "a trusted key", &known, problems)?;
    let name = super::name(&fields, problems);
    let public = fields.require("key", problems).and_then(|node| public(node, problems));
    let jurisdictions = fields.require("jurisdictions", problems);
    let jurisdictions =
        jurisdictions.and_then(|node| granted(node, "`jurisdictions`", problems, scalar::jurisdiction_id));
    let stages = fields.require("stages", problems);
    let stages = stages.and_then(|node| granted(node, "`stages`", problems, stage));
    let base = fields.get("base").map(|node| granted(node, "`base`", problems, base));
    let base = match base {
        None => BTreeSet::new(),
        Some(Some(Reach::These(files))) => files,
        Some(Some(Reach::All)) => BASE.map(str::to_owned).into(),
        Some(None) => return None,
    };
    let (public, jurisdictions, stages) = (public?, jurisdictions?, stages?);
    Some(Spanned::new(Key { name: name?, public, jurisdictions, stages, base }, node.span))
}

/// What is no public key is not repeated: it may be a secret one.
fn public(node: &Node, problems: &mut Problems<'_>) -> Option<PublicKey> {
    let text = yaml::text(node, "a public key", problems)?;
    let read = PublicKey::parse(text);
    if let Err(none) = read {
        let help = "write the second line of the minisign.pub that `minisign -G` made: 56 characters that begin \
                    with `RW`";
        problems.error_help(node.span, none.to_string(), help);
    }
    read.ok()
}

/// Fewest characters of base64 in a row that may be a secret key, which has 212; a public one has 56.
const SECRET: usize = 100;

/// The problem without anything of a line on which somebody wrote a secret key instead of the public one:
/// problems go to logs and to clients. Columns stay.
pub(super) fn unsaid(mut problem: Diagnostic, text: &str) -> Diagnostic {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/' || c == '=';
    let is_secret = |line: &str| line.split(|c| !is_base64(c)).any(|word| word.len() >= SECRET);
    if let Some(place) = &mut problem.place
        && text.lines().nth(place.line.saturating_sub(1) as usize).is_some_and(is_secret)
    {
        place.excerpt = place.excerpt.replace(is_base64, "*");
    }
    problem
}

fn granted<T: Ord>(
    node: &Node,
    what: &str,
    problems: &mut Problems<'_>,
    read: impl Fn(&Node, &mut Problems<'_>) -> Option<T>,
) -> Option<Reach<T>> {
    match node.scalar() {
        Some("all") => Some(Reach::All),
        Some(_) => {
            let message = format!("{what} is a list or `all`, not {}", node.describe());
            problems.error_help(node.span, message, "write `[…]`, or the word `all`");
            None
        }
        None => {
            let items = yaml::sequence(node, what, problems)?;
            // Each is looked at, so that all problems are said.
            let read: Vec<Option<T>> = items.iter().map(|item| read(item, problems)).collect();
            read.into_iter().collect::<Option<BTreeSet<T>>>().map(Reach::These)
        }
    }
}

fn stage(node: &Node, problems: &mut Problems<'_>) -> Option<Stage> {
    scalar::word(node, "a stage", &Stage::ALL.map(|stage| (stage.as_str(), stage)), problems)
}

fn base(node: &Node, problems: &mut Problems<'_>) -> Option<String> {
    let name = yaml::text(node, "a base file", problems)?;
    if !BASE.contains(&name) {
        let message = format!("{} is not a base file", node.describe());
        problems.error_help(node.span, message, did_you_mean(name, BASE));
        return None;
    }
    Some(name.to_owned())
}
