//! The lowered form of an expression: names resolved, types known, literals exact.
//!
//! Made by `lower` alone, which is why whatever reads it can rely on the types.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use super::{Declared, Reference, names, parse::Operator};
use crate::{id::QualifiedId, value::Value};

/// A part of an expression with the bytes of the text it covers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    pub(super) kind: TermKind,
    pub(super) at: Range<usize>,
}

/// What a part of an expression does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TermKind {
    /// A value written down.
    Literal(Value),
    /// A fact, param or choice, with what it can hold and the number it is found by.
    Fact(Reference, Arc<Declared>, u64),
    /// Whether an obligation is triggered.
    Triggered(QualifiedId),
    /// The other flag.
    Not(Box<Term>),
    /// Whether all hold; at least two.
    All(Vec<Term>),
    /// Whether any holds; at least two.
    Any(Vec<Term>),
    /// The second where the first holds, otherwise the third.
    If(Box<[Term; 3]>),
    /// `== != < <= > >=` between values that compare.
    Compare(Operator, Box<[Term; 2]>),
    /// A question about sets.
    Sets(SetQuestion, Box<[Term; 2]>),
    /// How many members a set has.
    Size(Box<Term>),
    /// The number or amount with the other sign.
    Negate(Box<Term>),
    /// `+ - *` between numbers and amounts.
    Calculate(Operator, Box<[Term; 2]>),
    /// The smallest or largest of numbers or amounts; at least two.
    Extreme(Extreme, Vec<Term>),
}

/// What is asked of two sets, or of a text and a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetQuestion {
    /// Whether the text is in the set.
    In,
    /// Whether every member of the first is in the second.
    Subset,
    /// Whether some member is in both.
    Overlaps,
}

/// Which of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extreme {
    Min,
    Max,
}

impl TermKind {
    /// A name, with what it can hold.
    pub(super) fn fact(reference: Reference, declared: Arc<Declared>) -> Self {
        let key = names::key(&reference);
        Self::Fact(reference, declared, key)
    }
}

impl Term {
    /// The parts this is made of, in the order of the text.
    pub(super) fn parts(&self) -> &[Self] {
        match &self.kind {
            TermKind::Literal(_) | TermKind::Fact(..) | TermKind::Triggered(_) => &[],
            TermKind::Not(part) | TermKind::Size(part) | TermKind::Negate(part) => std::slice::from_ref(part),
            TermKind::All(parts) | TermKind::Any(parts) | TermKind::Extreme(_, parts) => parts,
            TermKind::If(parts) => parts.as_slice(),
            TermKind::Compare(_, parts) | TermKind::Sets(_, parts) | TermKind::Calculate(_, parts) => {
                parts.as_slice()
            }
        }
    }

    fn parts_mut(&mut self) -> &mut [Self] {
        match &mut self.kind {
            TermKind::Literal(_) | TermKind::Fact(..) | TermKind::Triggered(_) => &mut [],
            TermKind::Not(part) | TermKind::Size(part) | TermKind::Negate(part) => std::slice::from_mut(part),
            TermKind::All(parts) | TermKind::Any(parts) | TermKind::Extreme(_, parts) => parts,
            TermKind::If(parts) => parts.as_mut_slice(),
            TermKind::Compare(_, parts) | TermKind::Sets(_, parts) | TermKind::Calculate(_, parts) => {
                parts.as_mut_slice()
            }
        }
    }

    /// Asks about other obligations where `follow` knows one.
    pub(super) fn follow(&mut self, follow: &impl Fn(&QualifiedId) -> Option<QualifiedId>) {
        if let TermKind::Triggered(obligation) = &mut self.kind
            && let Some(other) = follow(obligation)
        {
            *obligation = other;
        }
        self.parts_mut().iter_mut().for_each(|part| part.follow(follow));
    }

    /// How many parts it has, itself included.
    pub(super) fn size(&self) -> u32 {
        self.parts().iter().map(Self::size).fold(1, u32::saturating_add)
    }

    /// Adds every fact, param and choice in it.
    pub(super) fn collect_references(&self, into: &mut BTreeSet<Reference>) {
        if let TermKind::Fact(reference, ..) = &self.kind {
            into.insert(reference.clone());
        }
        self.parts().iter().for_each(|part| part.collect_references(into));
    }

    /// Adds every obligation it asks about.
    pub(super) fn collect_triggered(&self, into: &mut BTreeSet<QualifiedId>) {
        if let TermKind::Triggered(obligation) = &self.kind {
            into.insert(obligation.clone());
        }
        self.parts().iter().for_each(|part| part.collect_triggered(into));
    }
}
