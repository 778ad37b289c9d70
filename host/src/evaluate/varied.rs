//! One strategy asked again and again with other values of the same facts.
//!
//! What no varied fact reaches is worked out once: rules, names, groups of choices, every part that reads none of them,
//! and which options are cheapest in a group on which none bears. Promises: the sums are those of a query with these
//! facts (a property test holds both to the same lines), and every case that such a query asks is paid for.

use std::collections::BTreeSet;

use super::{
    Calls, OverBudget, Summed,
    asked::{Asked, Called},
    choosing,
    facts::{Chosen, Facts},
    linking,
    parallel::Threads,
    shared::{self, Together},
};
use crate::{
    generation::Generation,
    id::QualifiedId,
    rules::{
        book::{Merged, Obligation},
        expression::{Expression, Reference, Root},
    },
    strategy::{FactPath, FactPlace, Strategy},
    value::Value,
};

/// Facts that are others than a strategy says, and what they reach in one market.
#[derive(Default)]
pub(super) struct Varied {
    /// Each at its place; none where it is a fact of the company or the product.
    facts: Vec<(Option<usize>, Reference, Value)>,
    /// What they reach, where the same are varied again and again.
    pub(super) reached: Option<Reached>,
}

/// What varied facts reach in one market.
pub(super) struct Reached {
    /// By number.
    pub(super) obligations: BTreeSet<usize>,
    /// By stage and number within it.
    pub(super) called: BTreeSet<(usize, usize)>,
    pub(super) penalties: bool,
    /// The choices of groups on which none of them bears.
    pub(super) still: BTreeSet<QualifiedId>,
}

impl Varied {
    /// The value of a fact, where it is varied.
    pub(super) fn of(&self, place: Option<usize>, reference: &Reference) -> Option<&Value> {
        let known = self.facts.iter().find(|(of, name, _)| *of == place && name == reference);
        known.map(|(_, _, value)| value)
    }

    /// Those of the company and the product.
    pub(super) fn everywhere(&self) -> Self {
        let facts = self.facts.iter().filter(|(place, ..)| place.is_none()).cloned().collect();
        Self { facts, reached: None }
    }

    fn put(&mut self, place: Option<usize>, reference: &Reference, value: Value) {
        match self.facts.iter_mut().find(|(of, name, _)| *of == place && name == reference) {
            Some((_, _, known)) => *known = value,
            None => self.facts.push((place, reference.clone(), value)),
        }
    }
}

impl Reached {
    fn of(asked: &Asked<'_>, facts: &[FactPath]) -> Self {
        let names: BTreeSet<Reference> =
            facts.iter().filter_map(|fact| name_of(asked, fact)).map(|(_, name)| name).collect();
        let reading = Reading { asked, names };
        let all = asked.obligations().iter().enumerate();
        let reads = all.filter(|(_, (place, of))| reading.obligation(of, *place));
        let obligations: BTreeSet<usize> = reads.map(|(number, _)| number).collect();
        let of_stage = asked.stages.iter().flat_map(|(stage, of)| {
            of.plugins().iter().enumerate().map(|(number, called)| ((*stage as usize, number), called))
        });
        let reads = of_stage.filter(|(_, called)| {
            reading.called(called) || called.obligations.iter().any(|seen| obligations.contains(&seen.number))
        });
        let called = reads.map(|(key, _)| key).collect();
        let of_place = |place: usize| asked.place(place).merged();
        let penalties = asked.penalties().iter().any(|(place, of)| {
            of.expressions().any(|expression| reading.expression(expression, of_place(*place)))
        });
        let moving = reading.choices(&obligations);
        let still = asked.groups().iter().filter(|group| group.is_disjoint(&moving)).flatten().cloned();
        let still = still.collect();
        Self { obligations, called, penalties, still }
    }
}

/// What reads certain facts.
struct Reading<'r> {
    asked: &'r Asked<'r>,
    names: BTreeSet<Reference>,
}

impl Reading<'_> {
    fn expression(&self, expression: &Expression, merged: &Merged) -> bool {
        expression.references().iter().any(|name| match name.root {
            Root::Term => {
                let fill = merged.terms.get(&name.name).and_then(|term| term.fill.as_ref());
                // A fill names no open term, so this ends.
                fill.is_some_and(|fill| self.expression(&fill.value, merged))
            }
            _ => self.names.contains(name),
        })
    }

    /// Also through what triggers it instead of another.
    fn obligation(&self, obligation: &Obligation, place: usize) -> bool {
        let merged = self.asked.place(place).merged();
        let excepting = self.asked.excepting(place, &obligation.id.name);
        obligation.expressions().any(|expression| self.expression(expression, merged))
            || excepting.iter().any(|(other, _)| self.obligation(other, place))
    }

    /// By itself, whatever its obligations read.
    fn called(&self, called: &Called<'_>) -> bool {
        called.bound.facts.iter().any(|name| self.names.contains(name))
    }

    /// The choices of which the cheapest option may be another. As in `linking`, when in doubt it is one.
    fn choices(&self, obligations: &BTreeSet<usize>) -> BTreeSet<QualifiedId> {
        let asked = self.asked;
        let mut moving = BTreeSet::new();
        let place_of = |number: &usize| asked.obligations().get(*number);
        for (place, of) in obligations.iter().filter_map(place_of) {
            moving.extend(linking::of_obligation(asked, *place, of));
        }
        for (place, block) in asked.blocks() {
            let merged = asked.place(*place).merged();
            if self.expression(&block.when, merged) {
                moving.extend(linking::of_block(block, merged));
            }
        }
        for (id, (place, choice)) in asked.choices() {
            let merged = asked.place(*place).merged();
            let asks = |condition: &Expression| {
                let asked_about =
                    condition.triggered().iter().filter_map(|id| merged.obligations.get(&id.name));
                self.expression(condition, merged)
                    || asked_about.into_iter().any(|of| self.obligation(of, *place))
            };
            if choice.options.iter().filter_map(|option| option.allowed_when.as_ref()).any(asks) {
                moving.insert(QualifiedId::clone(id));
            }
        }
        for called in asked.called() {
            let of_plugin = self.called(called);
            let moves = |number: usize| obligations.contains(&number);
            if of_plugin || !called.bound.plugin.description.separable {
                if of_plugin || called.obligations.iter().any(|seen| moves(seen.number)) {
                    moving.extend(linking::of_called(asked, called));
                }
            } else if called.obligations.iter().any(|seen| moves(seen.number)) {
                moving.extend(linking::declared(called));
            }
        }
        moving
    }
}

/// How a fact is called in a market, and at which place; none where it is another market's.
fn name_of(asked: &Asked<'_>, fact: &FactPath) -> Option<(Option<usize>, Reference)> {
    let named = |root| Reference { root, name: fact.name.clone() };
    let own = || named(if fact.local { Root::Local } else { Root::Market });
    match &fact.place {
        FactPlace::Company => Some((None, named(Root::Company))),
        FactPlace::Product => Some((None, named(Root::Product))),
        FactPlace::Market(market) => (market == asked.id()).then(|| (Some(0), own())),
        FactPlace::Region { market, region } => {
            let here = asked.places().filter(|_| market == asked.id()).find(|(_, of)| of.id() == region);
            here.map(|(place, _)| (Some(place), own()))
        }
    }
}

impl Asked<'_> {
    /// From now on that fact has another value.
    fn vary(&mut self, fact: &FactPath, value: &Value) {
        let Some((place, name)) = name_of(self, fact) else { return };
        self.varied.put(place, &name, value.clone());
        let Some(mut values) = self.values_taken() else { return };
        let none = Chosen::new();
        for (place, values) in values.iter_mut().enumerate() {
            let facts = Facts { asked: self, place, chosen: &none, law: self.first_law() };
            if let Ok((value, _)) = facts.look_up(&name) {
                values.put(&name, value);
            }
        }
        self.values_are(values);
    }
}

/// A strategy that is asked again and again.
pub struct Again<'a> {
    generation: &'a Generation,
    strategy: &'a Strategy,
    facts: Vec<FactPath>,
    served: Vec<Asked<'a>>,
    together: Vec<Together>,
    refused: Option<OverBudget>,
}

impl<'a> Again<'a> {
    /// Asks about other values of these facts.
    #[must_use]
    pub fn new(generation: &'a Generation, strategy: &'a Strategy, facts: Vec<FactPath>) -> Self {
        let mut served = super::served(generation, strategy, false);
        for asked in &mut served {
            asked.varied.reached = Some(Reached::of(asked, &facts));
        }
        let together = shared::choices(&served);
        let refused = choosing::within_budget(&served, &together).err();
        Self { generation, strategy, facts, served, together, refused }
    }

    /// The same numbers as [`sum_within`](super::sum_within) with these values of the facts, in their order.
    ///
    /// # Errors
    /// [`OverBudget`].
    pub fn sum(
        &mut self,
        values: impl IntoIterator<Item = Value>,
        calls: &mut Calls<'_>,
    ) -> Result<Summed, OverBudget> {
        if let Some(refused) = &self.refused {
            return Err(refused.clone());
        }
        for (fact, value) in self.facts.iter().zip(values) {
            for asked in &mut self.served {
                asked.vary(fact, &value);
            }
        }
        for asked in &self.served {
            if let Some(reached) = &asked.varied.reached {
                asked.remembered.forget(reached);
            }
        }
        let question = shared::Asking {
            generation: self.generation,
            strategy: self.strategy,
            together: &self.together,
            threads: &Threads::ONE,
            explained: false,
        };
        super::decide(&question, &mut self.served, calls).map(|computed| computed.summed)
    }
}

impl std::fmt::Debug for Again<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Again").field("facts", &self.facts).finish_non_exhaustive()
    }
}
