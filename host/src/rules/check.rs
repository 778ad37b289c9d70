//! A file over its parents and the base: names resolved, types checked, expressions lowered.
//!
//! [`check`] is the only way to a [`Jurisdiction`], so whatever holds one knows that every cite has a
//! source, every role a title, every condition a type, and every obligation a plugin bound in exactly
//! one stage. Whether that plugin exists is `generation`'s business. A file for each construct; here the
//! order in which they are looked at.

mod block;
mod choice;
mod instead;
mod merge;
mod names;
mod obligation;
mod penalty;
mod region;
mod replace;
mod scenario;
mod scope;
mod stage;
mod term;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use self::{
    merge::{Defined, Inherited, Key, extends_span},
    scope::FileScope,
};
use super::{
    book::{Base, Cite, Definition, Jurisdiction, Merged, Own, Reading, Replaces, Scenario},
    expression::{Expression, Use, lower},
    schema::{
        Spanned,
        jurisdiction::{JurisdictionFile, ReadingFile},
    },
    yaml::Node,
};
use crate::{
    diagnostic::{Diagnostic, Problems, did_you_mean},
    id::{JurisdictionId, Name, QualifiedId},
    source::{SourceFile, Span},
};

/// Checks a file over its accepted parents and a base.
///
/// # Errors
/// Every problem in the file, and every clash with what it inherits.
pub fn check(
    file: &JurisdictionFile,
    source: &Arc<SourceFile>,
    parents: &[Arc<Jurisdiction>],
    base: &Base,
) -> Result<Jurisdiction, Vec<Diagnostic>> {
    let mut problems = Problems::new(source);
    let Inherited { mut lineage, merged, defined } = merge::inherit(parents, file, &mut problems);
    let id = &file.id.value;
    let mut checker =
        Checker { source, file, id, base, parents, defined, replaces: BTreeMap::new(), problems };
    let merged = checker.merged(merged);
    checker.place(&lineage);
    let scenarios = checker.scenarios(&merged);
    if checker.problems.any_error() {
        return Err(checker.problems.into_vec());
    }
    let own = Arc::new(checker.own(scenarios));
    lineage.insert(id.clone(), Arc::clone(&own));
    Ok(Jurisdiction { own, lineage, merged, nearest: merge::nearest(id, parents) })
}

struct Checker<'a> {
    source: &'a Arc<SourceFile>,
    file: &'a JurisdictionFile,
    id: &'a JurisdictionId,
    base: &'a Base,
    parents: &'a [Arc<Jurisdiction>],
    /// What is inherited, and from which files.
    defined: Defined,
    /// What of that this file replaces.
    replaces: BTreeMap<Key, Option<Arc<Replaces>>>,
    problems: Problems<'a>,
}

impl<'a> Checker<'a> {
    /// What holds here: what is inherited, and over it what the file says.
    fn merged(&mut self, inherited: Merged) -> Merged {
        let file = self.file;
        let mut merged = inherited;
        self.names(&mut merged);
        let scope = FileScope::new(self.base, &merged, self.obligation_names(&merged));
        let fills = self.all(&file.fills, |checker, fill| checker.fill(fill, &scope));
        let choices = self.all(&file.choices, |checker, choice| checker.choice(choice, &scope));
        let obligations = self.all(&file.obligations, |checker, duty| checker.obligation(duty, &scope));
        let penalties = self.all(&file.penalties, |checker, penalty| checker.penalty(penalty, &scope));
        let blocks = self.all(&file.blocks, |checker, block| checker.block(block, &scope));
        let gaps = self.all(&file.gaps, |checker, gap| checker.gap(gap, &scope));
        drop(scope);
        for (name, fill) in fills {
            if let Some(term) = merged.terms.get_mut(&name) {
                Arc::make_mut(term).fill = Some(fill);
            }
        }
        put(&mut merged.choices, choices, |choice| &choice.id);
        put(&mut merged.obligations, obligations, |obligation| &obligation.id);
        put(&mut merged.penalties, penalties, |penalty| &penalty.id);
        put(&mut merged.blocks, blocks, |block| &block.id);
        put(&mut merged.gaps, gaps, |gap| &gap.id);
        self.stages(&mut merged);
        self.replaced(&mut merged);
        self.instead(&merged);
        self.bound_once(&merged);
        merged
    }

    /// Everything of one kind that could be read.
    fn all<T, U>(&mut self, written: &'a [T], mut read: impl FnMut(&mut Self, &'a T) -> Option<U>) -> Vec<U> {
        written.iter().filter_map(|one| read(self, one)).collect()
    }

    fn own(&self, scenarios: BTreeMap<Name, Scenario>) -> Own {
        let file = self.file;
        Own {
            id: self.id.clone(),
            kind: file.kind,
            title: Arc::clone(&file.title),
            currency: file.currency,
            status: file.status,
            review: file.review.clone(),
            scenarios,
            under: file.under.clone(),
            tests: file.tests.clone(),
            source: Arc::clone(self.source),
        }
    }

    fn qualified(&self, name: &Name) -> QualifiedId {
        QualifiedId { jurisdiction: self.id.clone(), name: name.clone() }
    }

    /// Every obligation by its name, inherited or in this file.
    fn obligation_names(&self, merged: &Merged) -> BTreeMap<Name, QualifiedId> {
        let inherited = merged.obligations.iter().map(|(name, duty)| (name.clone(), duty.id.clone()));
        let own = self.file.obligations.iter().map(|duty| &duty.name.value);
        inherited.chain(own.map(|name| (name.clone(), self.qualified(name)))).collect()
    }

    fn cites(&mut self, cites: &[Spanned<Arc<str>>], merged: &Merged) -> Vec<Cite> {
        let mut resolved = Vec::new();
        for cite in cites {
            let source = cite.value.split_once('#').map_or("", |(source, _)| source);
            match merged.sources.get_key_value(source) {
                Some((name, _)) => {
                    resolved.push(Cite { text: Arc::clone(&cite.value), source: name.clone() });
                }
                None => {
                    let known = merged.sources.keys().map(AsRef::as_ref);
                    let help = format!("{}; sources stand under `sources:`", did_you_mean(source, known));
                    self.problems.error_help(cite.span, format!("unknown source `{source}`"), help);
                }
            }
        }
        resolved
    }

    fn readings(&mut self, readings: &[ReadingFile], merged: &Merged) -> Vec<Reading> {
        let readings = readings.iter().map(|reading| Reading {
            scenario: reading.scenario.value.clone(),
            cites: self.cites(&reading.cites, merged),
            note: Arc::clone(&reading.note),
            confidence: Some(reading.confidence),
            at: self.source.at(reading.scenario.span),
        });
        readings.collect()
    }

    fn lower(&mut self, node: &Node, use_: Use, scope: &FileScope<'_>) -> Option<Expression> {
        lower(node, use_, scope, &mut self.problems)
    }

    fn lower_optional(
        &mut self,
        node: Option<&Node>,
        use_: Use,
        scope: &FileScope<'_>,
    ) -> Option<Option<Expression>> {
        match node {
            Some(node) => self.lower(node, use_, scope).map(Some),
            None => Some(None),
        }
    }

    /// A name that this file's own words do not define, with what was probably meant.
    fn unknown<'n>(
        &mut self,
        span: Span,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'n str> + Clone,
    ) {
        self.problems.error_help(span, format!("unknown {what} `{name}`"), did_you_mean(name, known));
    }
}

/// Own definitions take the place of inherited ones: `may_define` has seen to it that they may.
fn put<T>(into: &mut BTreeMap<Name, Arc<T>>, own: Vec<T>, id: impl Fn(&T) -> &QualifiedId) {
    for thing in own {
        let name = id(&thing).name.clone();
        into.insert(name, Arc::new(thing));
    }
}

/// A definition in a file, from its key.
fn definition((section, name): &Key, jurisdiction: &JurisdictionId) -> Definition {
    Definition { section: *section, jurisdiction: jurisdiction.clone(), name: Arc::clone(name) }
}
