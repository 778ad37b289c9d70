//! Facts as a strategy gives them, read by their declarations.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    diagnostic::{Problems, did_you_mean},
    id::Name,
    money::Spread,
    rules::{
        book::{Base, Jurisdiction},
        schema::{
            base::{FactDeclaration, Scope},
            scalar,
        },
        yaml::{self, Entry, Fields, Node, NodeKind},
    },
    value::{Value, ValueType},
};

/// Where a fact is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// In `facts.yaml`.
    Scope,
    /// In the market's own rule files.
    Local,
}

/// A fact as it was given.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) of: Of,
    pub(super) name: Name,
    pub(super) value: Value,
    /// Where it was given as a range, of which `likely` is the value.
    pub(super) range: Option<Spread<Value>>,
}

/// The facts that may be given in one place of a strategy.
#[derive(Debug)]
pub(super) struct Declared<'a> {
    scope: Scope,
    facts: BTreeMap<&'a str, (Of, &'a Name, &'a Arc<FactDeclaration>)>,
}

impl<'a> Declared<'a> {
    pub(super) fn of_scope(base: &'a Base, scope: Scope) -> Self {
        let facts = base.facts.iter().filter(|((of, _), _)| *of == scope);
        Self {
            scope,
            facts: facts.map(|((_, name), fact)| (name.as_str(), (Of::Scope, name, fact))).collect(),
        }
    }

    pub(super) fn of_market(base: &'a Base, jurisdiction: Option<&'a Jurisdiction>) -> Self {
        let mut declared = Self::of_scope(base, Scope::Market);
        let local = jurisdiction.into_iter().flat_map(|jurisdiction| &jurisdiction.merged.facts);
        declared.facts.extend(local.map(|(name, (_, fact))| (name.as_str(), (Of::Local, name, fact))));
        declared
    }

    /// One fact as it was given.
    pub(super) fn read(&self, entry: &Entry, problems: &mut Problems<'_>) -> Option<Read> {
        let Some((of, name, fact)) = self.facts.get(entry.key.as_str()) else {
            let message = format!("unknown fact `{}.{}`", self.scope.as_str(), yaml::shorten(&entry.key));
            // Beside its facts a market has three words of its own.
            let words: &[&str] =
                if self.scope == Scope::Market { &["weight", "choices", "within"] } else { &[] };
            let known: Vec<&str> = self.facts.keys().copied().chain(words.iter().copied()).collect();
            let help = did_you_mean(&entry.key, known);
            problems.error_help(entry.key_span, message, help);
            return None;
        };
        let what = format!("`{}.{name}`", self.scope.as_str());
        let (value, range) = given(&entry.value, &what, fact, problems)?;
        Some(Read { of: *of, name: Name::clone(name), value, range })
    }

    /// A fact's declaration.
    pub(super) fn find(&self, name: &str) -> Option<(Of, &'a Name, &'a FactDeclaration)> {
        self.facts.get(name).map(|(of, name, fact)| (*of, *name, &***fact))
    }

    /// The names of all.
    pub(super) fn names(&self) -> Vec<&'a str> {
        self.facts.keys().copied().collect()
    }
}

/// A value, or `{low, likely, high, source}`, of which single questions use `likely`.
fn given(
    node: &Node,
    what: &str,
    fact: &FactDeclaration,
    problems: &mut Problems<'_>,
) -> Option<(Value, Option<Spread<Value>>)> {
    let read = |node: &Node, problems: &mut Problems<'_>| {
        scalar::value(node, what, fact.value_type, &fact.vocabulary, problems)
    };
    let spread = matches!(fact.value_type, ValueType::Count | ValueType::Ratio | ValueType::Money);
    if !matches!(node.kind, NodeKind::Mapping(_)) || !spread {
        return read(node, problems).map(|value| (value, None));
    }
    let fields = Fields::read(node, "a range of a fact", &["low", "likely", "high", "source"], problems)?;
    fields.require("source", problems).and_then(|node| yaml::text(node, "`source`", problems))?;
    let mut member = |key| fields.require(key, problems).and_then(|node| read(node, problems));
    let (low, likely, high) = (member("low")?, member("likely")?, member("high")?);
    if !in_order(&low, &likely) || !in_order(&likely, &high) {
        let help = "low must be at most likely, likely at most high, all in one currency";
        problems.error_help(node.span, format!("{what} is out of order"), help);
        return None;
    }
    Some((likely.clone(), Some(Spread { low, likely, high })))
}

fn in_order(low: &Value, high: &Value) -> bool {
    match (low, high) {
        (Value::Count(low), Value::Count(high)) => low <= high,
        (Value::Ratio(low), Value::Ratio(high)) => low <= high,
        (Value::Money(low), Value::Money(high)) => low.currency == high.currency && low.value <= high.value,
        _ => false,
    }
}
