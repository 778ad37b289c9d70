//! A term and its inputs to an outcome, in Kleene's three-valued logic and a fourth value, overflow.
//!
//! Total: every term has an outcome for every input. What is undetermined spreads, except where the rest
//! decides by itself: `false && x` is false whatever x is. Overflow spreads in the same way and hides
//! what is undetermined beside it, because giving the missing fact would not help.

use std::{cmp::Ordering, collections::BTreeSet};

use super::{
    Expression, Reference,
    parse::Operator,
    quantity::{calculate, negate, order, prefer},
    term::{SetQuestion, Term, TermKind},
};
use crate::{
    id::QualifiedId,
    money::{Currency, Exact, Money, Overflow},
    value::{Value, ValueType},
};

/// What expressions read.
pub trait Inputs {
    /// The value of a fact, param or choice.
    ///
    /// # Errors
    /// [`Missing`], where there is none.
    fn value(&self, reference: &Reference) -> Result<Value, Missing>;

    /// The same without taking a copy, where that can be done; `key` is the number the name is found by in
    /// [`Names`](super::Names). None says nothing about the value.
    fn seen<'v>(&'v self, _key: u64, _reference: &Reference) -> Option<Seen<'v>> {
        None
    }

    /// Whether an obligation is triggered.
    fn triggered(&self, obligation: &QualifiedId) -> Truth;

    /// The amount in another currency, exactly, at the case's rate.
    ///
    /// # Errors
    /// No rate, or a number that cannot be held exactly.
    fn convert(&self, money: Money, to: Currency) -> Result<Money, ConversionError>;

    /// The expression whose value a name has, if it has one: what fills an open term. [`Self::value`] comes
    /// to the same; this lets a change of facts be followed through the name.
    fn stands_for(&self, _: &Reference) -> Option<Expression> {
        None
    }

    /// The case's currency, in which amounts of different currencies are added.
    fn currency(&self) -> Currency;
}

/// A value where it stands.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'v> {
    /// Any.
    Value(&'v Value),
    /// A text.
    Text(&'v str),
}

/// Why something has no value: which name, and the reason in words (`nobody gave market.users`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Missing {
    /// The fact, param or choice; none where it is something else, such as an exchange rate.
    pub reference: Option<Reference>,
    /// The reason, for people.
    pub reason: String,
}

/// A flag that may be unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Nobody knows, because of these.
    Undetermined(Vec<Missing>),
}

/// Why an amount has no value in another currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConversionError {
    /// There is no rate; the reason in words.
    NoRate(String),
    /// The rate exists and the result cannot be held exactly.
    Overflow,
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// This, whatever is missing elsewhere.
    Known(Value),
    /// It depends on these, each once, in order.
    Undetermined(Vec<Missing>),
    /// It needs a number that cannot be held exactly.
    Overflow,
}

/// Why a term has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// It depends on these.
    Missing(BTreeSet<Missing>),
    /// It needs a number that cannot be held exactly.
    Overflow,
}

impl Unknown {
    pub(super) fn because(reference: Option<Reference>, reason: impl Into<String>) -> Self {
        Self::Missing(BTreeSet::from([Missing { reference, reason: reason.into() }]))
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Missing(mut one), Self::Missing(other)) => {
                one.extend(other);
                Self::Missing(one)
            }
            _ => Self::Overflow,
        }
    }
}

impl From<Overflow> for Unknown {
    fn from(_: Overflow) -> Self {
        Self::Overflow
    }
}

impl From<ConversionError> for Unknown {
    fn from(error: ConversionError) -> Self {
        match error {
            ConversionError::NoRate(reason) => Self::because(None, reason),
            ConversionError::Overflow => Self::Overflow,
        }
    }
}

pub(super) type Evaluation = Result<Value, Unknown>;

/// What the term comes to, as it is told to others. Inside, a count stands for the ratio of its size
/// wherever numbers mix; outside, the value has the type of the expression.
pub(super) fn outcome(term: &Term, value_type: ValueType, inputs: &dyn Inputs) -> Outcome {
    match evaluate(term, inputs) {
        Ok(value) => Outcome::Known(as_declared(value_type, value)),
        Err(Unknown::Missing(missing)) => Outcome::Undetermined(missing.into_iter().collect()),
        Err(Unknown::Overflow) => Outcome::Overflow,
    }
}

/// What the term comes to.
pub(super) fn evaluate(term: &Term, inputs: &dyn Inputs) -> Evaluation {
    match &term.kind {
        TermKind::Literal(value) => Ok(value.clone()),
        TermKind::Fact(reference, declared, _) => match seen(term, inputs) {
            Some(Seen::Value(value)) => Ok(as_declared(declared.value_type, value.clone())),
            _ => fact(reference, declared.value_type, inputs),
        },
        TermKind::If(parts) => conditional(parts, inputs),
        TermKind::Triggered(_)
        | TermKind::Not(_)
        | TermKind::All(_)
        | TermKind::Any(_)
        | TermKind::Compare(..)
        | TermKind::Sets(..) => flag(term, inputs).map(Value::Flag),
        TermKind::Size(operand) => match evaluate(operand, inputs)? {
            Value::Set(set) => i64::try_from(set.len()).map(Value::Count).map_err(|_| Unknown::Overflow),
            _ => Err(unfit(operand)),
        },
        TermKind::Negate(operand) => negate(evaluate(operand, inputs)?)?.ok_or_else(|| unfit(operand)),
        TermKind::Calculate(operator, operands) => {
            let (left, right) = both(operands, inputs)?;
            calculate(*operator, &left, &right, inputs)?.ok_or_else(|| unfit(term))
        }
        TermKind::Extreme(extreme, parts) => {
            let values = all(parts, inputs)?;
            prefer(*extreme, values, inputs)?.ok_or_else(|| unfit(term))
        }
    }
}

/// A whole number is a ratio where one is due.
fn as_declared(value_type: ValueType, value: Value) -> Value {
    match (value_type, value) {
        (ValueType::Ratio, Value::Count(n)) => Value::Ratio(Exact::whole(n)),
        (_, value) => value,
    }
}

/// The value of a name, which must have the declared type.
fn fact(reference: &Reference, value_type: ValueType, inputs: &dyn Inputs) -> Evaluation {
    let value = inputs.value(reference).map_err(|missing| Unknown::Missing(BTreeSet::from([missing])))?;
    let value = as_declared(value_type, value);
    if fits(value_type, &value) {
        return Ok(value);
    }
    let reason = format!("the value of {reference} is no {value_type}");
    Err(Unknown::because(Some(reference.clone()), reason))
}

fn fits(value_type: ValueType, value: &Value) -> bool {
    match value {
        Value::Flag(_) => value_type == ValueType::Flag,
        Value::Count(_) => value_type == ValueType::Count,
        Value::Ratio(_) => value_type == ValueType::Ratio,
        Value::Money(_) => value_type == ValueType::Money,
        Value::Text(_) => matches!(value_type, ValueType::Text | ValueType::OneOf),
        Value::Set(_) => value_type == ValueType::Set,
        Value::Date(_) => value_type == ValueType::Date,
        Value::Period(_) => value_type == ValueType::Period,
    }
}

/// Types are checked when a term is made and when a fact is read, so this is not reached; should a
/// change break that, a market becomes incomplete instead of a host going down.
fn unfit(term: &Term) -> Unknown {
    let mut references = BTreeSet::new();
    term.collect_references(&mut references);
    Unknown::because(references.into_iter().next(), "the values do not have the types that were checked")
}

/// What a condition comes to. Where a value can be seen it is not copied, and nothing is made on the way.
pub(super) fn flag(term: &Term, inputs: &dyn Inputs) -> Result<bool, Unknown> {
    match &term.kind {
        TermKind::Literal(Value::Flag(holds)) => Ok(*holds),
        TermKind::Triggered(obligation) => match inputs.triggered(obligation) {
            Truth::True => Ok(true),
            Truth::False => Ok(false),
            Truth::Undetermined(missing) => Err(Unknown::Missing(missing.into_iter().collect())),
        },
        TermKind::Not(operand) => flag(operand, inputs).map(|holds| !holds),
        TermKind::All(parts) => decided_by(false, parts, inputs),
        TermKind::Any(parts) => decided_by(true, parts, inputs),
        TermKind::Compare(operator, operands) => compare(*operator, operands, inputs),
        TermKind::Sets(question, operands) => {
            if let Some(answer) = sets_seen(*question, operands, inputs) {
                return Ok(answer);
            }
            let (left, right) = both(operands, inputs)?;
            sets(*question, &left, &right).ok_or_else(|| unfit(term))
        }
        _ => {
            if let Some(Seen::Value(Value::Flag(holds))) = seen(term, inputs) {
                return Ok(*holds);
            }
            match evaluate(term, inputs)? {
                Value::Flag(holds) => Ok(holds),
                _ => Err(unfit(term)),
            }
        }
    }
}

/// The value of a literal or a name where it stands, if it has the declared type. None says nothing.
fn seen<'v>(term: &'v Term, inputs: &'v dyn Inputs) -> Option<Seen<'v>> {
    match &term.kind {
        TermKind::Literal(value) => Some(Seen::Value(value)),
        TermKind::Fact(reference, declared, key) => {
            inputs.seen(*key, reference).filter(|seen| match (seen, declared.value_type) {
                (Seen::Text(_), value_type) => matches!(value_type, ValueType::Text | ValueType::OneOf),
                // A whole number is a ratio where one is due.
                (Seen::Value(Value::Count(_)), ValueType::Ratio) => true,
                (Seen::Value(value), value_type) => fits(value_type, value),
            })
        }
        _ => None,
    }
}

/// How two values compare that can be seen and compare as they stand.
fn order_seen([left, right]: &[Term; 2], inputs: &dyn Inputs) -> Option<Ordering> {
    Some(match (seen(left, inputs)?, seen(right, inputs)?) {
        (Seen::Value(Value::Count(left)), Seen::Value(Value::Count(right))) => left.cmp(right),
        (Seen::Value(Value::Text(left)), Seen::Value(Value::Text(right))) => left.cmp(right),
        (Seen::Value(Value::Text(left)), Seen::Text(right)) => (**left).cmp(right),
        (Seen::Text(left), Seen::Value(Value::Text(right))) => left.cmp(&**right),
        (Seen::Text(left), Seen::Text(right)) => left.cmp(right),
        (Seen::Value(Value::Flag(left)), Seen::Value(Value::Flag(right))) => left.cmp(right),
        (Seen::Value(Value::Date(left)), Seen::Value(Value::Date(right))) => left.cmp(right),
        (Seen::Value(Value::Ratio(left)), Seen::Value(Value::Ratio(right))) => left.cmp(right),
        (Seen::Value(Value::Money(left)), Seen::Value(Value::Money(right)))
            if left.currency == right.currency =>
        {
            left.value.cmp(&right.value)
        }
        _ => return None,
    })
}

fn sets_seen(question: SetQuestion, [left, right]: &[Term; 2], inputs: &dyn Inputs) -> Option<bool> {
    match (seen(left, inputs)?, seen(right, inputs)?) {
        (Seen::Value(left), Seen::Value(right)) => sets(question, left, right),
        (Seen::Text(text), Seen::Value(Value::Set(set))) if question == SetQuestion::In => {
            Some(set.contains(text))
        }
        _ => None,
    }
}

/// `&&` is decided by one false, `||` by one true; else it is unknown if a part is, else the other flag.
fn decided_by(decisive: bool, parts: &[Term], inputs: &dyn Inputs) -> Result<bool, Unknown> {
    let mut unknown: Option<Unknown> = None;
    for part in parts {
        match flag(part, inputs) {
            Ok(holds) if holds == decisive => return Ok(decisive),
            Ok(_) => {}
            Err(reason) => unknown = Some(merged(unknown, reason)),
        }
    }
    unknown.map_or(Ok(!decisive), Err)
}

fn merged(before: Option<Unknown>, reason: Unknown) -> Unknown {
    match before {
        Some(before) => before.and(reason),
        None => reason,
    }
}

fn conditional([condition, this, that]: &[Term; 3], inputs: &dyn Inputs) -> Evaluation {
    let unknown = match flag(condition, inputs) {
        Ok(true) => return evaluate(this, inputs),
        Ok(false) => return evaluate(that, inputs),
        Err(unknown) => unknown,
    };
    match (evaluate(this, inputs), evaluate(that, inputs)) {
        (Ok(this), Ok(that)) if same(&this, &that) => Ok(this),
        (Ok(_), Ok(_)) => Err(unknown),
        (Err(one), Err(other)) => Err(unknown.and(one).and(other)),
        (Err(one), Ok(_)) | (Ok(_), Err(one)) => Err(unknown.and(one)),
    }
}

/// Whether two values are one, a count and a ratio of one size included.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Count(n), Value::Ratio(ratio)) | (Value::Ratio(ratio), Value::Count(n)) => {
            Exact::whole(*n) == *ratio
        }
        (one, other) => one == other,
    }
}

fn compare(operator: Operator, operands: &[Term; 2], inputs: &dyn Inputs) -> Result<bool, Unknown> {
    if let Some(ordering) = order_seen(operands, inputs) {
        return Ok(meets(operator, ordering));
    }
    let (left, right) = both(operands, inputs)?;
    let reference = || {
        let mut references = BTreeSet::new();
        operands.iter().for_each(|operand| operand.collect_references(&mut references));
        references.into_iter().next()
    };
    let ordering = order(&left, &right, inputs)?.map_err(|reason| Unknown::because(reference(), reason))?;
    Ok(meets(operator, ordering))
}

/// Whether two sides that compare like this are what the operator asks for.
pub(super) fn meets(operator: Operator, ordering: Ordering) -> bool {
    match operator {
        Operator::Equal => ordering == Ordering::Equal,
        Operator::NotEqual => ordering != Ordering::Equal,
        Operator::Less => ordering == Ordering::Less,
        Operator::LessOrEqual => ordering != Ordering::Greater,
        Operator::Greater => ordering == Ordering::Greater,
        _ => ordering != Ordering::Less,
    }
}

fn sets(question: SetQuestion, left: &Value, right: &Value) -> Option<bool> {
    match (question, left, right) {
        (SetQuestion::In, Value::Text(text), Value::Set(set)) => Some(set.contains(text)),
        (SetQuestion::Subset, Value::Set(one), Value::Set(other)) => Some(one.is_subset(other)),
        (SetQuestion::Overlaps, Value::Set(one), Value::Set(other)) => Some(!one.is_disjoint(other)),
        _ => None,
    }
}

/// Both values, or everything that is missing on either side.
pub(super) fn both([left, right]: &[Term; 2], inputs: &dyn Inputs) -> Result<(Value, Value), Unknown> {
    match (evaluate(left, inputs), evaluate(right, inputs)) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Err(one), Err(other)) => Err(one.and(other)),
        (Err(unknown), Ok(_)) | (Ok(_), Err(unknown)) => Err(unknown),
    }
}

/// All values, or everything that is missing in any.
pub(super) fn all(terms: &[Term], inputs: &dyn Inputs) -> Result<Vec<Value>, Unknown> {
    let mut values = Vec::with_capacity(terms.len());
    let mut unknown = None;
    for term in terms {
        match evaluate(term, inputs) {
            Ok(value) => values.push(value),
            Err(reason) => unknown = Some(merged(unknown, reason)),
        }
    }
    unknown.map_or(Ok(values), Err)
}
