//! What an expression in a file may name: the base's facts, and what the file has and inherits.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    id::{Name, QualifiedId},
    rules::{
        book::{Base, Merged},
        expression::{Declared, Root, Scope},
        schema::base,
        vocabulary::Vocabulary,
    },
    value::ValueType,
};

pub(super) struct FileScope<'a> {
    base: &'a Base,
    merged: &'a Merged,
    obligations: BTreeMap<Name, QualifiedId>,
}

impl<'a> FileScope<'a> {
    pub(super) const fn new(
        base: &'a Base,
        merged: &'a Merged,
        obligations: BTreeMap<Name, QualifiedId>,
    ) -> Self {
        Self { base, merged, obligations }
    }

    pub(super) const fn merged(&self) -> &'a Merged {
        self.merged
    }

    pub(super) fn has_obligation(&self, name: &Name) -> bool {
        self.obligations.contains_key(name)
    }

    pub(super) fn obligation_names(&self) -> impl Iterator<Item = &Name> + Clone {
        self.obligations.keys()
    }

    fn fact(&self, scope: base::Scope, name: &str) -> Option<Declared> {
        let name = Name::parse(name).ok()?;
        let fact = self.base.facts.get(&(scope, name))?;
        Some(Declared { value_type: fact.value_type, vocabulary: fact.vocabulary.clone() })
    }

    fn fact_names(&self, scope: base::Scope) -> Vec<String> {
        self.base.fact_names(scope).map(ToString::to_string).collect()
    }
}

fn keys<T>(map: &BTreeMap<Name, T>) -> Vec<String> {
    map.keys().map(ToString::to_string).collect()
}

impl Scope for FileScope<'_> {
    fn declared(&self, root: Root, name: &str) -> Option<Declared> {
        match root {
            Root::Company => self.fact(base::Scope::Company, name),
            Root::Product => self.fact(base::Scope::Product, name),
            Root::Market => self.fact(base::Scope::Market, name),
            Root::Local => self.merged.facts.get(name).map(|(_, fact)| Declared {
                value_type: fact.value_type,
                vocabulary: fact.vocabulary.clone(),
            }),
            Root::Param => self
                .merged
                .params
                .get(name)
                .map(|param| Declared { value_type: param.value_type, vocabulary: param.vocabulary.clone() }),
            Root::Term => self
                .merged
                .terms
                .get(name)
                .map(|term| Declared { value_type: term.value_type, vocabulary: term.vocabulary.clone() }),
            Root::Choice => self.merged.choices.get(name).map(|choice| {
                let options = choice.options.iter().map(|option| Arc::from(option.name.as_str()));
                let vocabulary = Vocabulary::Values(Arc::new(options.collect()));
                Declared { value_type: ValueType::OneOf, vocabulary }
            }),
        }
    }

    fn names(&self, root: Root) -> Vec<String> {
        match root {
            Root::Company => self.fact_names(base::Scope::Company),
            Root::Product => self.fact_names(base::Scope::Product),
            Root::Market => self.fact_names(base::Scope::Market),
            Root::Local => keys(&self.merged.facts),
            Root::Param => keys(&self.merged.params),
            Root::Choice => keys(&self.merged.choices),
            Root::Term => keys(&self.merged.terms),
        }
    }

    fn obligation(&self, name: &str) -> Option<QualifiedId> {
        self.obligations.get(name).cloned()
    }

    fn obligations(&self) -> Vec<String> {
        keys(&self.obligations)
    }
}
