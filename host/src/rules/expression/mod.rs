//! Expressions: conditions, quantities and amounts over facts, params and choices.
//!
//! Written in CEL, lowered when a file is read into our own typed form, evaluated in three-valued logic:
//! what nobody gave makes a condition undetermined, never false. Numbers are exact. Promises: whatever
//! [`lower`] accepts evaluates for every input without panicking, and evaluating reads nothing but
//! [`Inputs`]. Where a value comes from, and what follows from a condition, is not known here.
//!
//! Stages, each made only from the one before: `scan` (words), `parse` (grammar, the door to the `cel`
//! crate), `lower` and `typing` (names and types, to a `Term`), `evaluate`, `explain` and `flip`.

mod evaluate;
mod explain;
mod flip;
mod instead;
mod lower;
mod names;
mod parse;
mod quantity;
mod scan;
mod term;
mod typing;
mod wrong;

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fmt, ops::Range, sync::Arc};

pub use evaluate::{ConversionError, Inputs, Missing, Outcome, Seen, Truth, Unknown};
pub use explain::{Evaluated, Leaf};
pub use flip::Change;
pub use lower::{literal, lower};
pub use names::Names;
use term::Term;

use super::vocabulary::Vocabulary;
use crate::{
    id::{Name, QualifiedId},
    source::Span,
    value::ValueType,
};

/// Where a name in an expression is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// A fact about the company.
    Company,
    /// A fact about the product.
    Product,
    /// A fact about the market.
    Market,
    /// A fact only one jurisdiction asks for.
    Local,
    /// A dated value of the jurisdiction.
    Param,
    /// The chosen option of a choice.
    Choice,
    /// What the law leaves open, as it is filled here.
    Term,
}

impl Root {
    /// Every root.
    pub const ALL: [Self; 7] =
        [Self::Company, Self::Product, Self::Market, Self::Local, Self::Param, Self::Choice, Self::Term];

    /// The word before the point.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Product => "product",
            Self::Market => "market",
            Self::Local => "local",
            Self::Param => "param",
            Self::Choice => "choice",
            Self::Term => "term",
        }
    }

    /// The root of that word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|root| root.as_str() == text)
    }

    /// Whether a name under this root is a fact, which the world decides and no rule file does.
    #[must_use]
    pub const fn is_fact(self) -> bool {
        matches!(self, Self::Company | Self::Product | Self::Market | Self::Local)
    }

    /// What a name under this root stands for, for messages.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Company | Self::Product | Self::Market | Self::Local => "fact",
            Self::Param => "param",
            Self::Choice => "choice",
            Self::Term => "open term",
        }
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A fact, param or choice as an expression names it: `market.users`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Where it is declared.
    pub root: Root,
    /// Its name there.
    pub name: Name,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.root, self.name)
    }
}

/// What a fact, param or choice can hold. A choice is a `one_of` whose values are its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Its type.
    pub value_type: ValueType,
    /// Which texts a `one_of` or `set` can hold.
    pub vocabulary: Vocabulary,
}

/// The names an expression can say where it stands.
pub trait Scope {
    /// What a name holds, if there is such a name.
    fn declared(&self, root: Root, name: &str) -> Option<Declared>;
    /// Every name under a root, for a did-you-mean.
    fn names(&self, root: Root) -> Vec<String>;
    /// The obligation that `triggered('name')` asks about.
    fn obligation(&self, name: &str) -> Option<QualifiedId>;
    /// Every such name, for a did-you-mean.
    fn obligations(&self) -> Vec<String>;
}

/// What an expression is for, which decides its type and what it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// `when`: a flag.
    Condition,
    /// `allowed_when` of an option: a flag; the only place for `triggered('…')`.
    AllowedWhen,
    /// `times`: a count or a ratio.
    Quantity,
    /// `maximum` of a penalty: money.
    Amount,
    /// `requires`: the name of one fact, param or choice. The only use that needs no quotes.
    Reference,
}

/// A checked expression. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    text: Arc<str>,
    span: Span,
    value_type: ValueType,
    term: Arc<Term>,
    references: Arc<BTreeSet<Reference>>,
    triggered: Arc<BTreeSet<QualifiedId>>,
}

impl Expression {
    /// As it is written, without the quotes around it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where it is written, with the quotes.
    #[must_use]
    pub const fn span(&self) -> Span {
        self.span
    }

    /// The type of what it evaluates to.
    #[must_use]
    pub const fn value_type(&self) -> ValueType {
        self.value_type
    }

    /// Every fact, param and choice it reads, whether or not the outcome depends on it.
    #[must_use]
    pub fn references(&self) -> &BTreeSet<Reference> {
        &self.references
    }

    /// Every obligation it asks about with `triggered('…')`.
    #[must_use]
    pub fn triggered(&self) -> &BTreeSet<QualifiedId> {
        &self.triggered
    }

    /// The same, asking about other obligations where `follow` knows one.
    #[must_use]
    pub fn asking(&self, follow: impl Fn(&QualifiedId) -> Option<QualifiedId>) -> Self {
        let mut term = Term::clone(&self.term);
        term.follow(&follow);
        let triggered = self.triggered.iter().map(|id| follow(id).unwrap_or_else(|| id.clone()));
        Self { term: Arc::new(term), triggered: Arc::new(triggered.collect()), ..self.clone() }
    }

    /// What it comes to.
    pub fn outcome(&self, inputs: &dyn Inputs) -> Outcome {
        evaluate::outcome(&self.term, self.value_type, inputs)
    }

    /// Whether a condition holds: [`Self::outcome`] of what is a flag, without making a value of it.
    ///
    /// # Errors
    /// [`Unknown`].
    pub fn holds(&self, inputs: &dyn Inputs) -> Result<bool, Unknown> {
        evaluate::flag(&self.term, inputs)
    }

    /// What it comes to, with what that rests on. Several times the work of [`Self::outcome`].
    pub fn evaluate(&self, inputs: &dyn Inputs) -> Evaluated {
        Evaluated { outcome: self.outcome(inputs), leaves: explain::leaves(&self.term, &self.text, inputs) }
    }

    /// The smallest change of what may change that makes a condition come to the other flag, or to true
    /// where it is undetermined; sorted by name. None where no simple change does, and for what is no flag.
    /// Hundreds of times the work of [`Self::outcome`].
    pub fn flip(&self, inputs: &dyn Inputs, may_change: &dyn Fn(&Reference) -> bool) -> Option<Vec<Change>> {
        if self.value_type != ValueType::Flag {
            return None;
        }
        flip::flip(&self.term, inputs, may_change)
    }

    fn slice(text: &str, at: &Range<usize>) -> String {
        text.get(at.clone()).unwrap_or_default().to_owned()
    }
}
