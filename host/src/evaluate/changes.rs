//! What changes inside the horizon: every dated change of the rules that bears on a market.
//!
//! The answer already counts them, day by day; this says which they are.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{
    Change,
    asked::{Asked, Place, is_enacted},
    facts::{Chosen, Facts},
    horizon,
};
use crate::{
    id::{Name, QualifiedId},
    rules::{
        book::{Cite, Merged, Obligation, Param},
        expression::{Expression, Outcome, Root},
        schema::jurisdiction::InForce,
    },
    value::Value,
};

/// The dated changes inside the horizon that bear on a market.
///
/// Looked at with the pinned options only: an option nobody chose because it looks dear today may be the
/// cheapest over a horizon in which the law changes.
pub(super) fn inside(asked: &Asked<'_>) -> BTreeSet<Change> {
    let pinned = asked.choices().keys();
    let pinned = pinned.filter_map(|id| Some((QualifiedId::clone(id), asked.pinned(id)?.clone())));
    let pinned: Chosen = pinned.collect();
    let facts = Facts { asked, place: 0, chosen: &pinned, law: asked.strategy.as_of };
    let end = horizon::end(asked.strategy);
    let mut found = Found { facts, from: asked.strategy.as_of, end, changes: BTreeSet::new() };
    for (number, place) in asked.places() {
        found.facts = facts.at(number);
        found.place(asked, number, place);
    }
    found.changes
}

fn params_of<'m>(expression: &'m Expression, merged: &'m Merged) -> impl Iterator<Item = &'m Name> {
    let references = merged.each_reference(expression);
    references.filter(|reference| reference.root == Root::Param).map(|of| &of.name)
}

struct Found<'a> {
    facts: Facts<'a>,
    from: Date,
    end: Date,
    changes: BTreeSet<Change>,
}

impl Found<'_> {
    fn place(&mut self, asked: &Asked<'_>, number: usize, place: &Place<'_>) {
        let merged = place.merged();
        let mut params = BTreeSet::new();
        for (_, obligation) in asked.obligations().iter().filter(|(of, _)| *of == number) {
            if is_enacted(obligation.status) && self.may_apply(obligation) {
                self.obligation(obligation);
                params.extend(obligation.expressions().flat_map(|of| params_of(of, merged)));
            }
        }
        for (_, block) in asked.blocks().iter().filter(|(of, _)| *of == number) {
            if is_enacted(block.status) && !self.is_false(&block.when) {
                self.dates(&block.id, block.in_force, &block.title, &block.cites);
            }
            params.extend(params_of(&block.when, merged));
        }
        for (_, penalty) in asked.penalties().iter().filter(|(of, _)| *of == number) {
            if is_enacted(penalty.status) {
                let title = penalty.title.as_deref().unwrap_or("a penalty");
                self.dates(&penalty.id, penalty.in_force, title, &penalty.cites);
                params.extend(penalty.expressions().flat_map(|of| params_of(of, merged)));
            }
        }
        let choices = asked.choices().values().filter(|(of, _)| *of == number);
        let options = choices.flat_map(|(_, choice)| &choice.options);
        params.extend(
            options.filter_map(|option| option.allowed_when.as_ref()).flat_map(|of| params_of(of, merged)),
        );
        for called in asked.called().filter(|called| called.place == number) {
            params.extend(called.bound.params.iter().map(|param| &param.id.name));
        }
        for param in params.iter().filter_map(|name| merged.params.get(*name)) {
            self.param(param);
        }
    }

    fn is_inside(&self, day: Date) -> bool {
        self.from < day && day < self.end
    }

    fn is_false(&self, condition: &Expression) -> bool {
        condition.outcome(&self.facts) == Outcome::Known(Value::Flag(false))
    }

    /// Whether an obligation may apply on some day of the horizon: a condition of its is not false today, or
    /// reads a param that changes.
    fn may_apply(&self, obligation: &Obligation) -> bool {
        if obligation.in_force.to.is_some_and(|to| to <= self.from)
            || obligation.in_force.from.is_some_and(|from| from >= self.end)
        {
            return false;
        }
        let merged = self.facts.merged();
        let moves = obligation.conditions().flat_map(|of| params_of(of, merged)).any(|name| {
            let param = merged.params.get(name);
            param.is_some_and(|param| param.changes().any(|(day, _)| self.is_inside(day)))
        });
        let instead = !self.facts.asked.excepting(self.facts.place, &obligation.id.name).is_empty();
        moves || instead || !self.is_false(&obligation.when)
    }

    fn obligation(&mut self, obligation: &Obligation) {
        let Obligation { id, in_force, title, cites, .. } = obligation;
        self.dates(id, *in_force, title, cites);
        for exception in obligation.exceptions.values() {
            let title = format!("the exception `{}`", exception.name);
            self.dates(id, exception.in_force, &title, &exception.cites);
        }
    }

    fn dates(&mut self, id: &QualifiedId, dates: InForce, title: &str, cites: &[Cite]) {
        for (day, verb) in [(dates.from, "begins"), (dates.to, "ends")] {
            if let Some(day) = day.filter(|day| self.is_inside(*day)) {
                self.add(day, id.clone(), format!("`{id}` {verb}: {title}"), cites);
            }
        }
    }

    fn param(&mut self, param: &Param) {
        for (day, value) in param.changes() {
            if self.is_inside(day) {
                let to = match &value.value {
                    _ if value.to == Some(day) => "ends".to_owned(),
                    Ok(value) => format!("becomes {value}"),
                    Err(why) => format!("becomes absent: {why}"),
                };
                let what = format!("`param.{}` {to}", param.id.name);
                self.add(day, param.id.clone(), what, &value.cites);
            }
        }
    }

    fn add(&mut self, on: Date, id: QualifiedId, what: String, cites: &[Cite]) {
        let cites = cites.iter().map(|cite| cite.text.clone()).collect();
        self.changes.insert(Change { on, id, what, cites });
    }
}
