//! What changes inside the horizon.
//!
//! Rules are evaluated as they stand on the first day. Where something that bears on this market changes
//! before the last, the sum would be wrong from that day on: the market is then incomplete and says so.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Asked, Change, Reason, facts::Facts};
use crate::{
    generation::BoundStage,
    id::{Name, QualifiedId},
    rules::{
        book::{Cite, Obligation, Param},
        expression::{Expression, Outcome, Root},
        schema::jurisdiction::InForce,
    },
    source::At,
    value::Value,
};

/// The dated changes inside the horizon that bear on a market, each a reason for which it is incomplete.
///
/// Looked at with the pinned options only: an option nobody chose because it looks dear today may be the
/// cheapest over a horizon in which the law changes.
pub(super) fn inside(asked: &Asked<'_>, reasons: &mut BTreeSet<Reason>) -> BTreeSet<Change> {
    let pinned = asked.market.pinned.clone();
    let facts = &Facts { asked, chosen: &pinned };
    let Ok(horizon) = &asked.horizon else { return BTreeSet::new() };
    let Some(end) = horizon.end() else { return BTreeSet::new() };
    let mut found = Found { facts, from: asked.strategy.as_of, end, changes: BTreeSet::new(), reasons };
    let merged = &asked.closure.jurisdiction.merged;
    let mut params = BTreeSet::new();
    for obligation in merged.obligations.values() {
        if found.may_apply(obligation) {
            found.obligation(obligation);
            params.extend(obligation.expressions().flat_map(params_of));
        }
    }
    let options = merged.choices.values().flat_map(|choice| &choice.options);
    params.extend(options.filter_map(|option| option.allowed_when.as_ref()).flat_map(params_of));
    for stage in asked.closure.stages.values() {
        let BoundStage::Plugins(plugins) = stage else { continue };
        params
            .extend(plugins.iter().flat_map(|bound| bound.params.iter().map(|param| param.id.name.clone())));
    }
    for param in params.iter().filter_map(|name| merged.params.get(name)) {
        found.param(param, true);
    }
    let fines = merged.penalties.values().flat_map(|penalty| penalty.expressions().flat_map(params_of));
    for name in fines.collect::<BTreeSet<_>>().difference(&params) {
        if let Some(param) = merged.params.get(name) {
            found.param(param, false);
        }
    }
    for penalty in merged.penalties.values() {
        let title = penalty.title.as_deref().unwrap_or("a penalty");
        found.dates(&penalty.id, penalty.in_force, title, &penalty.cites, None);
    }
    found.changes
}

fn params_of(expression: &Expression) -> impl Iterator<Item = Name> {
    expression
        .references()
        .iter()
        .filter(|reference| reference.root == Root::Param)
        .map(|reference| reference.name.clone())
}

struct Found<'a, 'r> {
    facts: &'a Facts<'a>,
    from: Date,
    end: Date,
    changes: BTreeSet<Change>,
    reasons: &'r mut BTreeSet<Reason>,
}

impl Found<'_, '_> {
    fn is_inside(&self, day: Date) -> bool {
        self.from < day && day < self.end
    }

    /// Whether an obligation's condition may hold on some day of the horizon: it is not false today, or
    /// reads a param that changes.
    fn may_apply(&self, obligation: &Obligation) -> bool {
        if obligation.in_force.to.is_some_and(|to| to <= self.from)
            || obligation.in_force.from.is_some_and(|from| from >= self.end)
        {
            return false;
        }
        let merged = &self.facts.asked.closure.jurisdiction.merged;
        let moves = params_of(&obligation.when).any(|name| {
            let param = merged.params.get(&name);
            param.is_some_and(|param| param.changes().any(|(day, _)| self.is_inside(day)))
        });
        moves || !matches!(obligation.when.outcome(self.facts), Outcome::Known(Value::Flag(false)))
    }

    fn obligation(&mut self, obligation: &Obligation) {
        let Obligation { id, in_force, title, cites, at, .. } = obligation;
        self.dates(id, *in_force, title, cites, Some(at));
    }

    /// `taints` is where the rule stands, if the sum depends on it; a penalty is beside the sum.
    fn dates(&mut self, id: &QualifiedId, dates: InForce, title: &str, cites: &[Cite], taints: Option<&At>) {
        for (day, verb) in [(dates.from, "begins"), (dates.to, "ends")] {
            if let Some(day) = day.filter(|day| self.is_inside(*day)) {
                self.add(day, id.clone(), format!("`{id}` {verb}: {title}"), cites, taints);
            }
        }
    }

    fn param(&mut self, param: &Param, taints: bool) {
        for (day, value) in param.changes() {
            if self.is_inside(day) {
                let to = match &value.value {
                    _ if value.to == Some(day) => "ends".to_owned(),
                    Ok(value) => format!("becomes {value}"),
                    Err(why) => format!("becomes absent: {why}"),
                };
                let what = format!("`param.{}` {to}", param.id.name);
                self.add(day, param.id.clone(), what, &value.cites, taints.then_some(&value.at));
            }
        }
    }

    fn add(&mut self, on: Date, id: QualifiedId, what: String, cites: &[Cite], taints: Option<&At>) {
        if let Some(at) = taints {
            let message = format!(
                "{what} on {on}, inside the horizon: an answer across a change of the rules is not built yet"
            );
            self.reasons.insert(Reason {
                stage: None,
                kind: "change_inside_horizon",
                message,
                at: Some(at.clone()),
            });
        }
        let cites = cites.iter().map(|cite| cite.text.clone()).collect();
        self.changes.insert(Change { on, id, what, cites });
    }
}
