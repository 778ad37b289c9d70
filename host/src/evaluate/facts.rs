//! What a name in an expression stands for in one market under one set of options.

use std::{collections::BTreeMap, sync::Arc};

use super::{Asked, ConvertError};
use crate::{
    id::{Name, QualifiedId},
    money::{Currency, Money},
    rules::{
        expression::{ConversionError, Inputs, Missing, Outcome, Reference, Root, Truth},
        schema::base::Scope,
    },
    source::At,
    value::Value,
};

/// The option taken of each choice.
pub(super) type Chosen = BTreeMap<Name, Name>;

/// Who gave a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The strategy's author.
    Strategy,
    /// The fact's declaration.
    Default,
    /// A rule file.
    Rule,
    /// Nobody.
    Missing,
}

/// What a name stood for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// As people read it.
    pub value: String,
    /// Who gave it.
    pub origin: Origin,
    /// Where, for what stands in a rule file.
    pub at: Option<At>,
    /// The articles, of a param.
    pub cites: Vec<Arc<str>>,
}

/// The names of one market under one set of options.
pub(super) struct Facts<'a> {
    pub(super) asked: &'a Asked<'a>,
    pub(super) chosen: &'a Chosen,
}

impl<'a> Facts<'a> {
    /// A fact as the strategy gave it, else its default.
    fn fact(&self, scope: Scope, reference: &Reference) -> Option<(Value, Origin)> {
        let strategy = self.asked.strategy;
        let given = match scope {
            Scope::Company => &strategy.company,
            Scope::Product => &strategy.product,
            Scope::Market => &self.asked.market.facts,
        };
        if let Some(value) = given.get(&reference.name) {
            return Some((value.clone(), Origin::Strategy));
        }
        let declared = self.asked.generation.base.facts.get(&(scope, reference.name.clone()))?;
        declared.default.clone().map(|value| (value, Origin::Default))
    }

    fn local(&self, reference: &Reference) -> Option<(Value, Origin)> {
        if let Some(value) = self.asked.market.local.get(&reference.name) {
            return Some((value.clone(), Origin::Strategy));
        }
        let (_, declared) = self.asked.closure.jurisdiction.merged.facts.get(&reference.name)?;
        declared.default.clone().map(|value| (value, Origin::Default))
    }

    /// What fills an open term here, else its default.
    fn term(&self, reference: &Reference) -> Result<(Value, Origin), Missing> {
        let missing = |reason: String| Missing { reference: Some(reference.clone()), reason };
        let Some(term) = self.asked.closure.jurisdiction.merged.terms.get(&reference.name) else {
            return Err(missing(format!("nothing opens `{reference}`")));
        };
        let Some(fill) = &term.fill else {
            let unfilled = || missing(format!("nobody fills `{reference}`, which {} leaves open", term.at));
            return term.default.clone().map(|value| (value, Origin::Default)).ok_or_else(unfilled);
        };
        match fill.value.outcome(self) {
            Outcome::Known(value) => Ok((value, Origin::Rule)),
            Outcome::Undetermined(mut why) if why.len() == 1 => Err(why.remove(0)),
            Outcome::Undetermined(why) => {
                let why: Vec<_> = why.iter().map(|missing| missing.reason.as_str()).collect();
                Err(missing(why.join("; ")))
            }
            Outcome::Overflow => Err(missing(crate::money::Overflow.to_string())),
        }
    }

    /// A pinned option is the strategy's; one that was found by minimising follows from the rules.
    fn choice_origin(&self, name: &Name) -> Origin {
        if self.asked.market.pinned.contains_key(name) { Origin::Strategy } else { Origin::Rule }
    }

    /// The value of a name and who gave it.
    pub(super) fn look_up(&self, reference: &Reference) -> Result<(Value, Origin), Missing> {
        let missing = |reason: String| Missing { reference: Some(reference.clone()), reason };
        let found = match reference.root {
            Root::Company => self.fact(Scope::Company, reference),
            Root::Product => self.fact(Scope::Product, reference),
            Root::Market => self.fact(Scope::Market, reference),
            Root::Local => self.local(reference),
            Root::Choice => self
                .chosen
                .get(&reference.name)
                .map(|option| (Value::Text(option.as_str().into()), self.choice_origin(&reference.name))),
            Root::Param => {
                let params = &self.asked.closure.jurisdiction.merged.params;
                let Some(param) = params.get(&reference.name) else {
                    return Err(missing(format!("nothing provides `{reference}`")));
                };
                let (_, value) = param.on(self.asked.strategy.as_of).map_err(missing)?;
                Some((value.clone(), Origin::Rule))
            }
            Root::Term => return self.term(reference),
        };
        found.ok_or_else(|| missing(format!("nobody gave `{reference}`")))
    }

    /// What a name stood for, for people.
    pub(super) fn ground(&self, reference: &Reference) -> Ground {
        let (value, origin) = match self.look_up(reference) {
            Ok((value, origin)) => (value.to_string(), origin),
            Err(missing) => (missing.reason, Origin::Missing),
        };
        let merged = &self.asked.closure.jurisdiction.merged;
        let (at, cites) = match reference.root {
            Root::Param => {
                match merged.params.get(&reference.name).map(|p| p.on(self.asked.strategy.as_of)) {
                    Some(Ok((dated, _))) => {
                        (Some(dated.at.clone()), dated.cites.iter().map(|cite| cite.text.clone()).collect())
                    }
                    _ => (None, Vec::new()),
                }
            }
            Root::Choice => (merged.choices.get(&reference.name).map(|choice| choice.at.clone()), Vec::new()),
            _ => (None, Vec::new()),
        };
        Ground { value, origin, at, cites }
    }
}

impl Inputs for Facts<'_> {
    fn value(&self, reference: &Reference) -> Result<Value, Missing> {
        self.look_up(reference).map(|(value, _)| value)
    }

    fn triggered(&self, id: &QualifiedId) -> Truth {
        let merged = &self.asked.closure.jurisdiction.merged;
        let Some(obligation) = merged.obligations.get(&id.name) else { return Truth::False };
        if !super::duty::in_force(obligation.in_force, self.asked.strategy.as_of) {
            return Truth::False;
        }
        match obligation.when.outcome(self) {
            Outcome::Known(Value::Flag(true)) => Truth::True,
            Outcome::Known(_) => Truth::False,
            Outcome::Undetermined(missing) => Truth::Undetermined(missing),
            Outcome::Overflow => Truth::Undetermined(Vec::new()),
        }
    }

    fn convert(&self, money: Money, to: Currency) -> Result<Money, ConversionError> {
        let value = self.asked.to(money, to).map_err(|error| match error {
            ConvertError::NoRate(missing) => ConversionError::NoRate(missing.to_string()),
            ConvertError::Overflow(_) => ConversionError::Overflow,
        })?;
        Ok(Money { value, currency: to })
    }

    fn currency(&self) -> Currency {
        self.asked.currency
    }
}
