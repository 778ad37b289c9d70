//! The smallest change of facts that turns a condition round: what would have to be otherwise for an
//! obligation to apply, or no longer to.
//!
//! Searches with a bound and checks whatever it finds by evaluating, so what it returns always turns the
//! condition round. It may miss a change in a condition of dozens of parts, and then says nothing. Fewest
//! facts come first, then the least movement, then the order of names. Which facts may change, and what a
//! change would cost, is not known here.

mod grid;
mod operands;

use std::{cell::Cell, collections::BTreeMap, fmt};

use self::grid::movement;
use super::{
    ConversionError, Inputs, Missing, Outcome, Reference, Seen, Truth,
    evaluate::{Unknown, flag},
    parse::Operator,
    term::{Term, TermKind},
};
use crate::{
    id::QualifiedId,
    money::{Currency, Money},
    value::{Value, ValueType},
};

/// Most parts evaluated in search of one change: some 20 ms where the host is optimised. Arbitrary.
const MOST_PARTS: u32 = 60_000;

/// Most ways kept of turning one part of a condition. Arbitrary: a tie among more than these is no help.
const MOST_WAYS: usize = 8;

/// One fact with another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub reference: Reference,
    /// What it is; none where nobody gave it.
    pub from: Option<Value>,
    /// What it would be.
    pub to: Value,
}

/// `market.users from 900,000 to 1,000,000`, `product.personal_data from not given to true`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.from {
            Some(from) => write!(f, "{} from {from} to {}", self.reference, self.to),
            None => write!(f, "{} from not given to {}", self.reference, self.to),
        }
    }
}

/// The changes that make a true condition false, a false or undetermined one true.
pub(super) fn flip(
    term: &Term,
    inputs: &dyn Inputs,
    may_change: &dyn Fn(&Reference) -> bool,
) -> Option<Vec<Change>> {
    let wanted = match flag(term, inputs) {
        Ok(holds) => !holds,
        Err(Unknown::Missing(_) | Unknown::Overflow) => true,
    };
    let search = Search { inputs, may_change, left: Cell::new(MOST_PARTS) };
    let turns = |changes: &Changes| flag(term, &Changed { inputs, changes }) == Ok(wanted);
    let mut found = search.ways(term, wanted, &Changes::new());
    found.retain_mut(|changes| turns(changes) && needed(changes, turns));
    search.sort(&mut found);
    let change = |(reference, to): (Reference, Value)| {
        let from = inputs.value(&reference).ok();
        Change { reference, from, to }
    };
    found.into_iter().next().map(|changes| changes.into_iter().map(change).collect())
}

/// Takes out what is not needed; whether anything is left.
fn needed(changes: &mut Changes, turns: impl Fn(&Changes) -> bool) -> bool {
    for reference in changes.keys().cloned().collect::<Vec<_>>() {
        let mut fewer = changes.clone();
        fewer.remove(&reference);
        if turns(&fewer) {
            *changes = fewer;
        }
    }
    !changes.is_empty()
}

/// Facts with the values they would have.
type Changes = BTreeMap<Reference, Value>;

/// What was given, but for some facts.
struct Changed<'a> {
    inputs: &'a dyn Inputs,
    changes: &'a Changes,
}

impl Inputs for Changed<'_> {
    fn value(&self, reference: &Reference) -> Result<Value, Missing> {
        if let Some(value) = self.changes.get(reference) {
            return Ok(value.clone());
        }
        let Some(expression) = self.inputs.stands_for(reference) else { return self.inputs.value(reference) };
        let missing =
            |reason: &str| Missing { reference: Some(reference.clone()), reason: reason.to_owned() };
        match expression.outcome(self) {
            Outcome::Known(value) => Ok(value),
            Outcome::Undetermined(why) => {
                Err(why.into_iter().next().unwrap_or_else(|| missing("it is undetermined")))
            }
            Outcome::Overflow => Err(missing("it is too large to be held exactly")),
        }
    }

    fn seen<'v>(&'v self, key: u64, reference: &Reference) -> Option<Seen<'v>> {
        match self.changes.get(reference) {
            Some(value) => Some(Seen::Value(value)),
            None => self.inputs.seen(key, reference),
        }
    }

    fn triggered(&self, obligation: &QualifiedId) -> Truth {
        self.inputs.triggered(obligation)
    }

    fn convert(&self, money: Money, to: Currency) -> Result<Money, ConversionError> {
        self.inputs.convert(money, to)
    }

    fn currency(&self) -> Currency {
        self.inputs.currency()
    }
}

struct Search<'a> {
    inputs: &'a dyn Inputs,
    may_change: &'a dyn Fn(&Reference) -> bool,
    /// How many parts may still be evaluated.
    left: Cell<u32>,
}

impl Search<'_> {
    /// Ways to make a flag this one: changes on top of those made so far, the best first.
    fn ways(&self, term: &Term, wanted: bool, so_far: &Changes) -> Vec<Changes> {
        if self.left.get() == 0 {
            return Vec::new();
        }
        if self.holds(term, so_far) == Some(wanted) {
            return vec![so_far.clone()];
        }
        let mut found = match &term.kind {
            TermKind::Fact(reference, ..) => self.name(reference, wanted, so_far),
            TermKind::Not(part) => self.ways(part, !wanted, so_far),
            TermKind::All(parts) if wanted => self.every(parts, wanted, so_far),
            TermKind::Any(parts) if !wanted => self.every(parts, wanted, so_far),
            TermKind::All(parts) | TermKind::Any(parts) => {
                parts.iter().flat_map(|part| self.ways(part, wanted, so_far)).collect()
            }
            TermKind::If(parts) => self.case(parts, wanted, so_far),
            TermKind::Compare(operator, operands) if operands.first().is_some_and(is_flag) => {
                let equal = (*operator == Operator::Equal) == wanted;
                self.agree(operands, equal, so_far)
            }
            TermKind::Compare(..) | TermKind::Sets(..) => self.operands(term, wanted, so_far),
            _ => Vec::new(),
        };
        found.retain(|changes| self.holds(term, changes) == Some(wanted));
        self.sort(&mut found);
        found
    }

    /// A flag by its name, or what stands behind it.
    fn name(&self, reference: &Reference, wanted: bool, so_far: &Changes) -> Vec<Changes> {
        match self.inputs.stands_for(reference) {
            Some(expression) => self.ways(&expression.term, wanted, so_far),
            None => self.with(so_far, reference, Value::Flag(wanted)).into_iter().collect(),
        }
    }

    /// One part after the other, each over what was changed for those before it. A second round where a
    /// later part has undone an earlier one.
    fn every(&self, parts: &[Term], wanted: bool, so_far: &Changes) -> Vec<Changes> {
        let mut ways = vec![so_far.clone()];
        for _ in 0..2 {
            for part in parts {
                ways = ways.iter().flat_map(|changes| self.ways(part, wanted, changes)).collect();
                self.sort(&mut ways);
            }
            let hold = |changes: &Changes| parts.iter().all(|part| self.holds(part, changes) == Some(wanted));
            if ways.iter().any(hold) {
                break;
            }
        }
        ways
    }

    /// Either case under its condition; or both, whatever the condition.
    fn case(&self, [condition, this, that]: &[Term; 3], wanted: bool, so_far: &Changes) -> Vec<Changes> {
        let taking = |holds: bool, case: &Term| -> Vec<Changes> {
            let ways = self.ways(condition, holds, so_far);
            ways.iter().flat_map(|changes| self.ways(case, wanted, changes)).collect()
        };
        let mut found = taking(true, this);
        found.extend(taking(false, that));
        for changes in self.ways(this, wanted, so_far) {
            found.extend(self.ways(that, wanted, &changes));
        }
        found
    }

    /// Two flags that are to be the same, or not.
    fn agree(&self, [left, right]: &[Term; 2], equal: bool, so_far: &Changes) -> Vec<Changes> {
        let mut found = Vec::new();
        for holds in [true, false] {
            for changes in self.ways(left, holds, so_far) {
                found.extend(self.ways(right, holds == equal, &changes));
            }
        }
        found
    }

    /// Whether a flag holds under these changes; none where it is unknown or the search is over.
    fn holds(&self, term: &Term, changes: &Changes) -> Option<bool> {
        self.spend(term)?;
        flag(term, &Changed { inputs: self.inputs, changes }).ok()
    }

    fn spend(&self, term: &Term) -> Option<()> {
        let left = self.left.get().checked_sub(term.size());
        self.left.set(left.unwrap_or(0));
        left.map(|_| ())
    }

    /// The changes and one more, if it may be.
    fn with(&self, so_far: &Changes, reference: &Reference, to: Value) -> Option<Changes> {
        if !(self.may_change)(reference) {
            return None;
        }
        let mut changes = so_far.clone();
        if self.inputs.value(reference).is_ok_and(|from| from == to) {
            changes.remove(reference);
        } else {
            changes.insert(reference.clone(), to);
        }
        Some(changes)
    }

    /// The best first, each once, and no more than are kept.
    fn sort(&self, found: &mut Vec<Changes>) {
        let moved = |changes: &Changes| {
            let moves = changes.iter().map(|(reference, to)| match self.inputs.value(reference) {
                Ok(from) => movement(&from, to),
                Err(_) => 0,
            });
            moves.fold(0_u128, u128::saturating_add)
        };
        found.sort_by_cached_key(|changes| {
            (changes.len(), moved(changes), changes.keys().cloned().collect::<Vec<_>>())
        });
        found.dedup();
        found.truncate(MOST_WAYS);
    }
}

/// Whether a term is a flag, by its form.
fn is_flag(term: &Term) -> bool {
    match &term.kind {
        TermKind::Literal(value) => matches!(value, Value::Flag(_)),
        TermKind::Fact(_, declared, _) => declared.value_type == ValueType::Flag,
        TermKind::If(parts) => parts.get(1).is_some_and(is_flag),
        TermKind::Triggered(_)
        | TermKind::Not(_)
        | TermKind::All(_)
        | TermKind::Any(_)
        | TermKind::Compare(..)
        | TermKind::Sets(..) => true,
        TermKind::Size(_) | TermKind::Negate(_) | TermKind::Calculate(..) | TermKind::Extreme(..) => false,
    }
}
