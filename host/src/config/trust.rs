//! `trust`: whose signatures count, and for what.

use std::collections::BTreeSet;

use crate::{
    diagnostic::{Problems, did_you_mean},
    id::{JurisdictionId, Stage},
    rules::{
        schema::{Spanned, scalar},
        yaml::{self, Fields, Node},
    },
    source::Span,
};

/// The files that are no jurisdiction, and so are named.
const BASE: [&str; 4] = ["facts.yaml", "fx.yaml", "rates.yaml", "roles.yaml"];

/// Whose signatures count for what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustConfig {
    /// Whether what is not signed is refused. A signature that is there must hold in any case.
    pub require_signatures: bool,
    /// Who signs.
    pub keys: Vec<TrustedKey>,
}

/// Somebody who signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// Who, for messages; each name once.
    pub name: String,
    /// The public key as minisign prints it; not decoded here.
    pub key: String,
    /// Whose rule files they may sign, and for which a plugin they sign may be bound.
    pub jurisdictions: Granted<JurisdictionId>,
    /// For which stages a plugin they sign may be bound.
    pub stages: Granted<Stage>,
    /// Which base files they may sign.
    pub base: BTreeSet<String>,
    /// Where the key stands.
    pub span: Span,
}

/// Everything, or some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted<T> {
    /// Everything, also what is not there yet.
    All,
    /// Only these.
    Some(BTreeSet<T>),
}

impl<T: Ord> Granted<T> {
    /// Whether it covers this.
    #[must_use]
    pub fn covers(&self, one: &T) -> bool {
        match self {
            Self::All => true,
            Self::Some(granted) => granted.contains(one),
        }
    }
}

/// Reads the whole.
pub(super) fn read(node: &Node, problems: &mut Problems<'_>) -> Option<TrustConfig> {
    let fields = Fields::read(node, "`trust`", &["require_signatures", "keys"], problems)?;
    let required = fields.get("require_signatures");
    let required = required.map(|node| scalar::flag(node, "`require_signatures`", problems));
    let require_signatures = required.unwrap_or(Some(false))?;
    let keys = fields.get("keys").map(|node| keys(node, problems)).unwrap_or_default();
    if require_signatures && fields.entry("keys").is_none() {
        let message = "signatures are required, and nobody may sign";
        problems.error_help(fields.span(), message, "add `keys`, or everything would be refused");
    }
    Some(TrustConfig { require_signatures, keys })
}

fn keys(node: &Node, problems: &mut Problems<'_>) -> Vec<TrustedKey> {
    let Some(items) = yaml::sequence(node, "`keys`", problems) else { return Vec::new() };
    let keys: Vec<Spanned<TrustedKey>> = items.iter().filter_map(|item| one(item, problems)).collect();
    super::each_once(&keys, |key| key.name.as_str(), "keys", problems);
    for (at, key) in keys.iter().enumerate() {
        if let Some(first) = keys.iter().take(at).find(|other| other.value.key == key.value.key) {
            let message = format!("`{}` and `{}` are one key", first.value.name, key.value.name);
            let help = "write it once, with everything it may sign";
            problems.error_help(key.value.span, message, help);
        }
    }
    keys.into_iter().map(|key| key.value).collect()
}

fn one(node: &Node, problems: &mut Problems<'_>) -> Option<Spanned<TrustedKey>> {
    let known = ["name", "key", "jurisdictions", "stages", "base"];
    let fields = Fields::read(node, "a trusted key", &known, problems)?;
    let name = super::name(&fields, problems);
    let key = fields.require("key", problems).and_then(|node| {
        yaml::text(node, "a public key", problems).map(|key| Spanned::new(key.to_owned(), node.span))
    });
    let jurisdictions = fields.require("jurisdictions", problems);
    let jurisdictions =
        jurisdictions.and_then(|node| granted(node, "`jurisdictions`", problems, scalar::jurisdiction_id));
    let stages = fields.require("stages", problems);
    let stages = stages.and_then(|node| granted(node, "`stages`", problems, stage));
    let base = fields.get("base").map(|node| granted(node, "`base`", problems, base));
    let base = match base {
        None => BTreeSet::new(),
        Some(Some(Granted::Some(files))) => files,
        Some(Some(Granted::All)) => BASE.map(str::to_owned).into(),
        Some(None) => return None,
    };
    let Spanned { value: key, span } = key?;
    let (jurisdictions, stages) = (jurisdictions?, stages?);
    Some(Spanned::new(TrustedKey { name: name?, key, jurisdictions, stages, base, span }, node.span))
}

fn granted<T: Ord>(
    node: &Node,
    what: &str,
    problems: &mut Problems<'_>,
    read: impl Fn(&Node, &mut Problems<'_>) -> Option<T>,
) -> Option<Granted<T>> {
    match node.scalar() {
        Some("all") => Some(Granted::All),
        Some(_) => {
            let message = format!("{what} is a list or `all`, not {}", node.describe());
            problems.error_help(node.span, message, "write `[…]`, or the word `all`");
            None
        }
        None => {
            let items = yaml::sequence(node, what, problems)?;
            // Each is looked at, so that all problems are said.
            let read: Vec<Option<T>> = items.iter().map(|item| read(item, problems)).collect();
            read.into_iter().collect::<Option<BTreeSet<T>>>().map(Granted::Some)
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
