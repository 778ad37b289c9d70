//! Comparisons and questions about sets: which value of one fact would turn them round.

use std::{cmp::Ordering, collections::BTreeSet, sync::Arc};

use super::{Changed, Changes, Search, grid::Grid};
use crate::{
    rules::{
        expression::{
            Declared, Reference,
            evaluate::{evaluate, meets},
            quantity::order,
            term::{Term, TermKind},
        },
        vocabulary::Vocabulary,
    },
    value::{Value, ValueType},
};

/// Most texts tried for one fact, and most members tried of one set. Arbitrary; 250 countries are too many.
const MOST_TEXTS: usize = 16;

type Texts = BTreeSet<Arc<str>>;

impl Search<'_> {
    /// Another value of a fact in the operands, under their conditions as they are or turned.
    pub(super) fn operands(&self, term: &Term, wanted: bool, so_far: &Changes) -> Vec<Changes> {
        let mut parts = Parts::default();
        term.parts().iter().for_each(|operand| self.collect(operand, &mut parts));
        let mut states = vec![so_far.clone()];
        for condition in &parts.conditions {
            for holds in [true, false] {
                states.extend(self.ways(condition, holds, so_far));
            }
        }
        let mut found = Vec::new();
        for state in states {
            for (reference, declared) in &parts.facts {
                if (self.may_change)(reference) && self.left.get() > 0 {
                    let values = self.values(term, wanted, reference, declared, &state);
                    found.extend(values.into_iter().filter_map(|value| self.with(&state, reference, value)));
                }
            }
            found.push(state);
        }
        found
    }

    /// The facts whose values the operands are made of, and the conditions they stand under.
    fn collect(&self, term: &Term, into: &mut Parts) {
        match &term.kind {
            TermKind::Fact(reference, declared, _) => match self.inputs.stands_for(reference) {
                Some(expression) => self.collect(&expression.term, into),
                None if into.facts.iter().any(|(known, _)| known == reference) => {}
                None => into.facts.push((reference.clone(), Arc::clone(declared))),
            },
            TermKind::If(parts) => {
                let [condition, this, that] = &**parts;
                into.conditions.push(condition.clone());
                [this, that].into_iter().for_each(|case| self.collect(case, into));
            }
            _ => term.parts().iter().for_each(|part| self.collect(part, into)),
        }
    }

    /// Values worth trying.
    fn values(
        &self,
        term: &Term,
        wanted: bool,
        reference: &Reference,
        declared: &Arc<Declared>,
        state: &Changes,
    ) -> Vec<Value> {
        match declared.value_type {
            ValueType::Flag => Vec::new(),
            ValueType::Text | ValueType::OneOf => {
                self.texts(term, declared, state).into_iter().map(Value::Text).collect()
            }
            ValueType::Set => self.sets(term, reference, declared, state),
            ValueType::Count | ValueType::Ratio | ValueType::Money | ValueType::Date | ValueType::Period => {
                self.numbers(term, wanted, reference, declared, state)
            }
        }
    }

    fn value(&self, term: &Term, changes: &Changes) -> Option<Value> {
        self.spend(term)?;
        evaluate(term, &Changed { inputs: self.inputs, changes }).ok()
    }

    /// What the operands come to, then what is written in them, then what is declared.
    fn texts(&self, term: &Term, declared: &Declared, state: &Changes) -> Vec<Arc<str>> {
        let mut texts = Vec::new();
        for operand in term.parts() {
            texts.extend(self.value(operand, state).iter().flat_map(members));
        }
        literals(term, &mut texts);
        if let Vocabulary::Values(values) = &declared.vocabulary {
            texts.extend(values.iter().take(MOST_TEXTS).cloned());
        }
        let mut seen = Texts::new();
        texts.retain(|text| declared.vocabulary.contains(text) && seen.insert(Arc::clone(text)));
        texts.truncate(2 * MOST_TEXTS);
        texts
    }

    /// A set with members added or taken out.
    fn sets(
        &self,
        term: &Term,
        reference: &Reference,
        declared: &Arc<Declared>,
        state: &Changes,
    ) -> Vec<Value> {
        let texts = self.texts(term, declared, state);
        let fact = Term { kind: TermKind::fact(reference.clone(), Arc::clone(declared)), at: 0..0 };
        let current = match self.value(&fact, state) {
            Some(Value::Set(set)) => Texts::clone(&set),
            _ => Texts::new(),
        };
        let others = term.parts().iter().filter_map(|operand| match self.value(operand, state) {
            Some(Value::Set(set)) => Some(Texts::clone(&set)),
            _ => None,
        });
        let mut sets: Vec<Texts> = Vec::new();
        for other in others {
            sets.extend([&current | &other, &current - &other, &current & &other]);
        }
        let missing: Vec<_> = texts.iter().filter(|text| !current.contains(*text)).take(MOST_TEXTS).collect();
        let present: Vec<_> = current.iter().take(MOST_TEXTS).collect();
        let (mut more, mut fewer) = (current.clone(), current.clone());
        for text in missing {
            more.insert(Arc::clone(text));
            sets.extend([more.clone(), &current | &Texts::from([Arc::clone(text)])]);
        }
        for text in present {
            fewer.remove(text);
            sets.extend([fewer.clone(), &current - &Texts::from([Arc::clone(text)])]);
        }
        // Where nobody gave it: nothing at all, and last, since it says least.
        sets.push(Texts::new());
        let allowed = |set: &Texts| set.iter().all(|text| declared.vocabulary.contains(text));
        sets.into_iter().filter(allowed).map(|set| Value::Set(Arc::new(set))).collect()
    }

    /// The nearest number, amount, date or period on either side.
    fn numbers(
        &self,
        term: &Term,
        wanted: bool,
        reference: &Reference,
        declared: &Declared,
        state: &Changes,
    ) -> Vec<Value> {
        let TermKind::Compare(operator, operands) = &term.kind else { return Vec::new() };
        let [left, right] = &**operands;
        let other = if reads(left, reference) { right } else { left };
        let opposite = self.value(other, state).filter(|_| !reads(other, reference));
        let current = state.get(reference).cloned().or_else(|| self.inputs.value(reference).ok());
        let sides = |value: Value| -> Option<Ordering> {
            let mut changes = state.clone();
            changes.insert(reference.clone(), value);
            let (left, right) = (self.value(left, &changes)?, self.value(right, &changes)?);
            order(&left, &right, &Changed { inputs: self.inputs, changes: &changes }).ok()?.ok()
        };
        let good = |ordering| meets(*operator, ordering) == wanted;
        let mut values = Vec::new();
        for grid in self.grids(declared.value_type, current.as_ref(), opposite.as_ref()) {
            let from = current.iter().chain(&opposite).find_map(|value| grid.step(value)).unwrap_or(0);
            let steps = grid.nearest(from, &|step| sides(grid.value(step)?), &good);
            values.extend(steps.into_iter().filter_map(|step| grid.value(step)));
        }
        values
    }

    /// The steps in which a fact of this type can move: those of what it is; of what it is compared with
    /// where nobody gave it; and of both where two periods have units that do not compare.
    fn grids(&self, value_type: ValueType, current: Option<&Value>, opposite: Option<&Value>) -> Vec<Grid> {
        let known = current.into_iter().chain(opposite).filter_map(Grid::of);
        match value_type {
            ValueType::Count => vec![Grid::Count],
            ValueType::Ratio => vec![Grid::Ratio],
            ValueType::Date => vec![Grid::Date],
            ValueType::Money => {
                let mut known = known.filter(|grid| matches!(grid, Grid::Money(_)));
                vec![known.next().unwrap_or_else(|| Grid::Money(self.inputs.currency()))]
            }
            ValueType::Period => {
                let mut units: Vec<Grid> = known.filter(|grid| matches!(grid, Grid::Period(_))).collect();
                units.dedup();
                units
            }
            ValueType::Flag | ValueType::Text | ValueType::OneOf | ValueType::Set => Vec::new(),
        }
    }
}

/// What operands are made of.
#[derive(Default)]
struct Parts {
    facts: Vec<(Reference, Arc<Declared>)>,
    conditions: Vec<Term>,
}

/// Whether a term reads a name itself, not through another.
fn reads(term: &Term, reference: &Reference) -> bool {
    let mut references = BTreeSet::new();
    term.collect_references(&mut references);
    references.contains(reference)
}

fn members(value: &Value) -> Vec<Arc<str>> {
    match value {
        Value::Text(text) => vec![Arc::clone(text)],
        Value::Set(set) => set.iter().take(MOST_TEXTS).cloned().collect(),
        _ => Vec::new(),
    }
}

/// The texts written down in a term.
fn literals(term: &Term, into: &mut Vec<Arc<str>>) {
    if let TermKind::Literal(value) = &term.kind {
        into.extend(members(value));
    }
    term.parts().iter().for_each(|part| literals(part, into));
}
