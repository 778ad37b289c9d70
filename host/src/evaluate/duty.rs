//! Which obligations apply under the law of a day: enacted, in force, their condition true or
//! undetermined, and no exception live.

use std::{collections::BTreeSet, sync::Arc};

use jiff::civil::Date;

use super::{
    asked::{in_force, is_enacted},
    facts::Facts,
};
use crate::{
    id::Name,
    rules::{
        book::{Exception, Obligation},
        expression::{Expression, Leaf, Missing, Root, Unknown},
        schema::jurisdiction::{InForce, LawStatus},
    },
};

/// Whether an obligation applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Applies {
    Yes,
    No(WhyNot),
    /// Nobody knows, for want of these.
    Perhaps(Vec<Missing>),
    /// The condition needs a number that cannot be held exactly.
    Overflow,
    /// These exceptions are live at once, and say different things.
    Conflict(Vec<Name>),
}

/// Why an obligation does not apply.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyNot {
    /// It is a proposal.
    Proposed,
    /// It begins on this day.
    NotYet(Date),
    /// It ended on this day.
    Ended(Date),
    /// Its condition is false.
    Condition,
    /// This exception of its is live.
    Excepted(Name),
}

/// An obligation that applies, or may.
#[derive(Debug, Clone)]
pub(super) struct Duty {
    pub(super) obligation: Arc<Obligation>,
    /// The place whose facts decide.
    pub(super) place: usize,
    pub(super) applies: Applies,
    pub(super) leaves: Arc<[Leaf]>,
}

/// An obligation at its place, whether it applies or not; with the leaves that say so where asked for, which are
/// several times the work.
pub(super) fn duty(facts: Facts<'_>, place: usize, obligation: &Arc<Obligation>, explained: bool) -> Duty {
    let facts = facts.at(place);
    let applies = applies(&facts, obligation);
    let leaves = match applies {
        Applies::No(_) => Vec::new(),
        _ if !explained => Vec::new(),
        _ => leaves(&facts, obligation),
    };
    Duty { obligation: Arc::clone(obligation), place, applies, leaves: leaves.into() }
}

/// Whether an obligation of this place applies, by its name.
pub(super) fn applies_by_name(facts: &Facts<'_>, name: &Name) -> Applies {
    match facts.merged().obligations.get(name) {
        Some(obligation) => applies(facts, obligation),
        None => Applies::No(WhyNot::Condition),
    }
}

/// Whether an obligation applies.
pub(super) fn applies(facts: &Facts<'_>, obligation: &Obligation) -> Applies {
    if let Some(why) = not_law(obligation.status, obligation.in_force, facts.law) {
        return Applies::No(why);
    }
    except(facts, obligation, condition(facts, obligation))
}

/// Why something is not law on a day.
pub(super) fn not_law(status: LawStatus, dates: InForce, day: Date) -> Option<WhyNot> {
    if is_enacted(status) { out_of_force(dates, day) } else { Some(WhyNot::Proposed) }
}

fn out_of_force(dates: InForce, day: Date) -> Option<WhyNot> {
    match (dates.from, dates.to) {
        (Some(from), _) if day < from => Some(WhyNot::NotYet(from)),
        (_, Some(to)) if to <= day => Some(WhyNot::Ended(to)),
        _ => None,
    }
}

/// A condition's outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    True,
    False,
    Unknown(Vec<Missing>),
    Overflow,
}

impl Condition {
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::Overflow, _) | (_, Self::Overflow) => Self::Overflow,
            (Self::Unknown(mut one), Self::Unknown(other)) => {
                one.extend(other);
                Self::Unknown(one)
            }
            (Self::Unknown(why), Self::False) | (Self::False, Self::Unknown(why)) => Self::Unknown(why),
            (Self::False, Self::False) => Self::False,
        }
    }

    fn and(self, other: Self) -> Self {
        self.not().or(other.not()).not()
    }

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            unknown => unknown,
        }
    }
}

/// Whether a condition holds for sure.
pub(super) fn holds(condition: &Expression, facts: &Facts<'_>) -> bool {
    truth(condition, facts) == Condition::True
}

fn truth(condition: &Expression, facts: &Facts<'_>) -> Condition {
    match condition.holds(facts) {
        Ok(true) => Condition::True,
        Ok(false) => Condition::False,
        Err(Unknown::Missing(missing)) => Condition::Unknown(missing.into_iter().collect()),
        Err(Unknown::Overflow) => Condition::Overflow,
    }
}

/// An obligation's own condition, or an exception of another that triggers it instead. `check` refuses
/// circles of these.
fn condition(facts: &Facts<'_>, obligation: &Obligation) -> Condition {
    let instead = facts.asked.excepting(facts.place, &obligation.id.name).iter().map(|(other, exception)| {
        if !is_enacted(other.status) || out_of_force(other.in_force, facts.law).is_some() {
            return Condition::False;
        }
        condition(facts, other).and(live(exception, facts))
    });
    instead.fold(truth(&obligation.when, facts), Condition::or)
}

fn live(exception: &Exception, facts: &Facts<'_>) -> Condition {
    if in_force(exception.in_force, facts.law) { truth(&exception.when, facts) } else { Condition::False }
}

/// What the exceptions make of an obligation whose own condition came to `base`.
fn except(facts: &Facts<'_>, obligation: &Obligation, base: Condition) -> Applies {
    let mut missing = match base {
        Condition::False => return Applies::No(WhyNot::Condition),
        Condition::Overflow => return Applies::Overflow,
        Condition::True => None,
        Condition::Unknown(missing) => Some(missing),
    };
    if obligation.exceptions.is_empty() {
        return missing.map_or(Applies::Yes, Applies::Perhaps);
    }
    let mut holding: Vec<&Exception> = Vec::new();
    for exception in obligation.exceptions.values() {
        match live(exception, facts) {
            Condition::True => holding.push(exception),
            Condition::False => {}
            Condition::Unknown(why) => missing.get_or_insert_default().extend(why),
            Condition::Overflow => return Applies::Overflow,
        }
    }
    let outcomes: BTreeSet<Option<&Name>> =
        holding.iter().map(|exception| exception.instead.as_ref()).collect();
    match holding.first() {
        Some(_) if outcomes.len() > 1 => {
            Applies::Conflict(holding.iter().map(|exception| exception.name.clone()).collect())
        }
        Some(exception) => Applies::No(WhyNot::Excepted(exception.name.clone())),
        None => missing.map_or(Applies::Yes, Applies::Perhaps),
    }
}

/// What an obligation's application rests on: the leaves of its condition, of its exceptions, and of what
/// triggers it instead of another.
pub(super) fn leaves(facts: &Facts<'_>, obligation: &Obligation) -> Vec<Leaf> {
    let mut found = condition_leaves(facts, &obligation.when);
    for exception in obligation.exceptions.values().filter(|of| in_force(of.in_force, facts.law)) {
        found.extend(condition_leaves(facts, &exception.when));
    }
    for (other, exception) in facts.asked.excepting(facts.place, &obligation.id.name) {
        found.extend(condition_leaves(facts, &other.when));
        found.extend(condition_leaves(facts, &exception.when));
    }
    let mut once: Vec<Leaf> = Vec::new();
    for leaf in found {
        if !once.contains(&leaf) {
            once.push(leaf);
        }
    }
    once
}

/// The leaves of a condition, and of what fills the open terms in it.
pub(super) fn condition_leaves(facts: &Facts<'_>, condition: &Expression) -> Vec<Leaf> {
    let mut leaves = condition.evaluate(facts).leaves;
    for reference in condition.references().iter().filter(|reference| reference.root == Root::Term) {
        let term = facts.merged().terms.get(&reference.name);
        if let Some(fill) = term.and_then(|term| term.fill.as_ref()) {
            leaves.extend(fill.value.evaluate(facts).leaves);
        }
    }
    leaves
}

/// What is missing, as names where there are names.
pub(super) fn needs(missing: &[Missing]) -> BTreeSet<String> {
    missing
        .iter()
        .map(|missing| match &missing.reference {
            Some(reference) => reference.to_string(),
            None => missing.reason.clone(),
        })
        .collect()
}
