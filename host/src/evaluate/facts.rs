//! What a name in an expression stands for in one market under one set of options.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use jiff::civil::Date;

use super::{
    asked::{Asked, ConvertError},
    duty::{self, Applies},
};
use crate::{
    id::{Name, QualifiedId},
    money::{Currency, Money},
    rules::{
        book::{Merged, Param, ParamValue},
        expression::{
            ConversionError, Expression, Inputs, Missing, Names, Outcome, Reference, Root, Seen, Truth,
        },
        schema::base::Scope,
    },
    source::At,
    strategy::Given,
    value::Value,
};

/// The option taken of each choice.
pub(super) type Chosen = BTreeMap<QualifiedId, Name>;

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

/// The names of one place of a market under one set of options, under the law of one day.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) asked: &'a Asked<'a>,
    /// Which of its places.
    pub(super) place: usize,
    pub(super) chosen: &'a Chosen,
    /// The day whose law holds.
    pub(super) law: Date,
}

impl<'a> Facts<'a> {
    pub(super) fn at(self, place: usize) -> Self {
        Self { place, ..self }
    }

    pub(super) fn merged(&self) -> &'a Merged {
        self.asked.place(self.place).merged()
    }

    /// A fact as the strategy gave it, else its default.
    fn fact(&self, scope: Scope, reference: &Reference) -> Option<(Value, Origin)> {
        let strategy = self.asked.strategy;
        let varied = || self.asked.varied.of(None, reference);
        let given = match scope {
            Scope::Company => varied().or_else(|| strategy.company.get(&reference.name)),
            Scope::Product => varied().or_else(|| strategy.product.get(&reference.name)),
            Scope::Market => self.given(reference, |given| given.facts.get(&reference.name)),
        };
        if let Some(value) = given {
            return Some((value.clone(), Origin::Strategy));
        }
        let declared = self.asked.generation.base.facts.get(&(scope, reference.name.clone()))?;
        declared.default.clone().map(|value| (value, Origin::Default))
    }

    /// What was given of this place, else of its country.
    fn given(&self, reference: &Reference, of: impl Fn(&'a Given) -> Option<&'a Value>) -> Option<&'a Value> {
        let asked = self.asked;
        let at = |place| asked.varied.of(Some(place), reference).or_else(|| of(asked.place(place).given));
        at(self.place).or_else(|| at(0))
    }

    fn local(&self, reference: &Reference) -> Option<(Value, Origin)> {
        if let Some(value) = self.given(reference, |given| given.local.get(&reference.name)) {
            return Some((value.clone(), Origin::Strategy));
        }
        let (_, declared) = self.merged().facts.get(&reference.name)?;
        declared.default.clone().map(|value| (value, Origin::Default))
    }

    /// The option taken; a pinned one is the strategy's, one found by minimising follows from the rules.
    fn choice(&self, reference: &Reference) -> Option<(Value, Origin)> {
        let choice = &self.merged().choices.get(&reference.name)?.id;
        let option = self.chosen.get(choice)?;
        let origin = if self.asked.pinned(choice).is_some() { Origin::Strategy } else { Origin::Rule };
        Some((Value::Text(option.as_str().into()), origin))
    }

    /// What fills an open term here, else its default.
    fn term(&self, reference: &Reference) -> Result<(Value, Origin), Missing> {
        let missing = |reason: String| Missing { reference: Some(reference.clone()), reason };
        let Some(term) = self.merged().terms.get(&reference.name) else {
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

    /// The value of a name and who gave it.
    pub(super) fn look_up(&self, reference: &Reference) -> Result<(Value, Origin), Missing> {
        let missing = |reason: String| Missing { reference: Some(reference.clone()), reason };
        let found = match reference.root {
            Root::Company => self.fact(Scope::Company, reference),
            Root::Product => self.fact(Scope::Product, reference),
            Root::Market => self.fact(Scope::Market, reference),
            Root::Local => self.local(reference),
            Root::Choice => self.choice(reference),
            Root::Param => {
                let Some(param) = self.merged().params.get(&reference.name) else {
                    return Err(missing(format!("nothing provides `{reference}`")));
                };
                let (_, value) = param.on(self.law).map_err(missing)?;
                Some((value.clone(), Origin::Rule))
            }
            Root::Term => return self.term(reference),
        };
        found.ok_or_else(|| missing(format!("nobody gave `{reference}`")))
    }

    /// What a name stood for over the horizon, for people.
    pub(super) fn ground(&self, reference: &Reference) -> Ground {
        let (value, origin) = match self.look_up(reference) {
            Ok((value, origin)) => (value.to_string(), origin),
            Err(missing) => (missing.reason, Origin::Missing),
        };
        let merged = self.merged();
        let mut ground = Ground { value, origin, at: None, cites: Vec::new() };
        match reference.root {
            Root::Param => {
                if let Some(param) = merged.params.get(&reference.name) {
                    self.ground_of_param(param, &mut ground);
                }
            }
            Root::Choice => ground.at = merged.choices.get(&reference.name).map(|choice| choice.at.clone()),
            Root::Term => {
                let Some(term) = merged.terms.get(&reference.name) else { return ground };
                let filled = term.fill.as_ref();
                ground.at = Some(filled.map_or(&term.at, |fill| &fill.at).clone());
                let cites = filled.map_or(&term.cites, |fill| &fill.cites);
                ground.cites = cites.iter().map(|cite| cite.text.clone()).collect();
            }
            Root::Company | Root::Product | Root::Market | Root::Local => {}
        }
        ground
    }

    /// Where it stands, its articles, and what it becomes inside the horizon.
    fn ground_of_param(&self, param: &Param, ground: &mut Ground) {
        let mut dated: Vec<&ParamValue> = Vec::new();
        let laws: BTreeSet<Date> = self.asked.periods.iter().map(|period| period.law).collect();
        for law in laws {
            let Ok((value, shown)) = param.on(law) else { continue };
            if dated.iter().any(|known| known.from == value.from) {
                continue;
            }
            if law > self.law {
                let _ = write!(ground.value, "; from {}: {shown}", value.from);
            }
            dated.push(value);
        }
        ground.at = dated.first().map(|value| value.at.clone());
        for cite in dated.iter().flat_map(|value| &value.cites) {
            if !ground.cites.contains(&cite.text) {
                ground.cites.push(cite.text.clone());
            }
        }
    }
}

/// The facts of one place of a market, as they were given or are by default.
pub(super) struct Values(Names);

impl Values {
    /// Of every place.
    pub(super) fn of(asked: &Asked<'_>) -> Vec<Self> {
        let chosen = Chosen::new();
        let at = |(place, _): (usize, &_)| {
            let facts = Facts { asked, place, chosen: &chosen, law: asked.first_law() };
            let declared = asked.generation.base.facts.keys().map(|(scope, name)| {
                let root = match scope {
                    Scope::Company => Root::Company,
                    Scope::Product => Root::Product,
                    Scope::Market => Root::Market,
                };
                Reference { root, name: name.clone() }
            });
            let local = facts.merged().facts.keys();
            let local = local.map(|name| Reference { root: Root::Local, name: name.clone() });
            let known = |name: Reference| facts.look_up(&name).ok().map(|(value, _)| (name, value));
            Self(Names::of(declared.chain(local).filter_map(known)))
        };
        asked.places().map(at).collect()
    }

    /// Takes in that a fact is another at a place; what it is there, or was given of its country.
    pub(super) fn put(&mut self, reference: &Reference, value: Value) {
        self.0.put(reference, value);
    }
}

impl Inputs for Facts<'_> {
    fn seen<'v>(&'v self, key: u64, reference: &Reference) -> Option<Seen<'v>> {
        match reference.root {
            Root::Company | Root::Product | Root::Market | Root::Local => {
                self.asked.values(self.place)?.0.get(key, reference).map(Seen::Value)
            }
            Root::Param => {
                let (_, value) = self.merged().params.get(&reference.name)?.held(self.law)?;
                Some(Seen::Value(value))
            }
            Root::Choice => {
                let choice = &self.merged().choices.get(&reference.name)?.id;
                self.chosen.get(choice).map(|option| Seen::Text(option.as_str()))
            }
            Root::Term => None,
        }
    }

    fn value(&self, reference: &Reference) -> Result<Value, Missing> {
        self.look_up(reference).map(|(value, _)| value)
    }

    fn triggered(&self, id: &QualifiedId) -> Truth {
        match duty::applies_by_name(self, &id.name) {
            Applies::Yes => Truth::True,
            Applies::No(_) => Truth::False,
            Applies::Perhaps(missing) => Truth::Undetermined(missing),
            Applies::Overflow | Applies::Conflict(_) => Truth::Undetermined(Vec::new()),
        }
    }

    fn stands_for(&self, reference: &Reference) -> Option<Expression> {
        let open = (reference.root == Root::Term).then(|| self.merged().terms.get(&reference.name))??;
        open.fill.as_ref().map(|fill| fill.value.clone())
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
