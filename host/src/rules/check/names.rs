//! What expressions may name: sources, facts, open terms and params, and the choices with their options.

use std::sync::Arc;

use super::Checker;
use crate::{
    rules::{
        book::{Choice, ChoiceOption, Merged, OpenTerm, Param, ParamValue},
        schema::{
            base,
            jurisdiction::{ParamFile, Section},
        },
        vocabulary::Vocabulary,
    },
    source::Span,
    value::ValueType,
};

impl Checker<'_> {
    /// Takes in everything that is named before anything is read that names it.
    pub(super) fn names(&mut self, merged: &mut Merged) {
        self.sources(merged);
        self.replacements(merged);
        self.facts(merged);
        self.open_terms(merged);
        self.params(merged);
        self.choice_names(merged);
    }

    fn sources(&mut self, merged: &mut Merged) {
        for (name, source) in &self.file.sources {
            let other = merged.sources.get(&name.value).filter(|(_, inherited)| inherited != source);
            if other.is_some() && !self.may_define(Section::Sources, name.value.as_str(), name.span) {
                continue;
            }
            merged.sources.insert(name.value.clone(), (self.id.clone(), source.clone()));
        }
    }

    fn facts(&mut self, merged: &mut Merged) {
        for (name, fact) in &self.file.facts {
            if self.base.facts.contains_key(&(base::Scope::Market, name.clone())) {
                let message = format!("`{name}` is a fact of every market already, in facts.yaml");
                let help = format!("read it as `market.{name}`, or give this one another name");
                self.problems.error_help(fact.span, message, help);
                continue;
            }
            if !self.may_define(Section::Facts, name.as_str(), fact.span) {
                continue;
            }
            let here = (fact.value_type, &fact.vocabulary);
            for parent in self.parents {
                let before =
                    parent.merged.facts.get(name).map(|(_, fact)| (fact.value_type, &fact.vocabulary));
                self.keeps_type(Section::Facts, name.as_str(), fact.span, before, here);
            }
            merged.facts.insert(name.clone(), (self.id.clone(), Arc::new(fact.clone())));
        }
    }

    fn open_terms(&mut self, merged: &mut Merged) {
        for term in &self.file.open_terms {
            let (name, span) = (&term.name.value, term.name.span);
            if !self.may_define(Section::OpenTerms, name.as_str(), span) {
                continue;
            }
            let term = OpenTerm {
                id: self.qualified(name),
                value_type: term.value_type,
                vocabulary: term.vocabulary.clone(),
                cites: self.cites(&term.cites, merged),
                default: term.default.clone(),
                fill: None,
                at: self.source.at(span),
            };
            merged.terms.insert(name.clone(), Arc::new(term));
        }
    }

    fn params(&mut self, merged: &mut Merged) {
        for param in &self.file.params {
            let (name, span) = (&param.name.value, param.name.span);
            if !self.may_define(Section::Params, name.as_str(), span) {
                continue;
            }
            let here = (param.value_type, &param.vocabulary);
            for parent in self.parents {
                let before =
                    parent.merged.params.get(name).map(|param| (param.value_type, &param.vocabulary));
                self.keeps_type(Section::Params, name.as_str(), span, before, here);
            }
            let param = self.param(param, merged);
            merged.params.insert(name.clone(), Arc::new(param));
        }
    }

    /// What is inherited was checked against the type of what it names.
    fn keeps_type(
        &mut self,
        section: Section,
        name: &str,
        span: Span,
        before: Option<(ValueType, &Vocabulary)>,
        (here, vocabulary): (ValueType, &Vocabulary),
    ) {
        let Some((was, listed)) = before else { return };
        let noun = section.noun();
        if was != here {
            let message =
                format!("the {noun} `{name}` has the type {here} here, and {was} where it is inherited from");
            self.problems.error_help(span, message, "what is inherited reads it: keep its type");
        } else if listed != vocabulary {
            let message =
                format!("the {noun} `{name}` has other values here than where it is inherited from");
            self.problems.error_help(span, message, "what is inherited compares it with those: keep them");
        }
    }

    fn param(&mut self, file: &ParamFile, merged: &Merged) -> Param {
        let values = file.values.iter().map(|value| ParamValue {
            from: value.from,
            to: value.to,
            value: value.value.clone(),
            cites: self.cites(&value.cites, merged),
            standing: value.standing.clone(),
            at: self.source.at(value.span),
        });
        let values = values.collect();
        Param {
            id: self.qualified(&file.name.value),
            value_type: file.value_type,
            vocabulary: file.vocabulary.clone(),
            values,
        }
    }

    /// The choices with their options but not their conditions, which may name choices.
    fn choice_names(&mut self, merged: &mut Merged) {
        for choice in &self.file.choices {
            let (name, span) = (&choice.name.value, choice.name.span);
            if !self.may_define(Section::Choices, name.as_str(), span) {
                continue;
            }
            let options = choice.options.iter().map(|option| ChoiceOption {
                name: option.name.value.clone(),
                allowed_when: None,
                cites: Vec::new(),
            });
            let bare = Choice {
                id: self.qualified(name),
                title: choice.title.clone(),
                options: options.collect(),
                at: self.source.at(span),
            };
            merged.choices.insert(name.clone(), Arc::new(bare));
        }
    }
}
