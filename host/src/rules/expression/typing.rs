//! Which types go together, and what they make: the rules `lower` builds terms by.
//!
//! Every function either returns a term whose parts have the types its evaluation relies on, or says in
//! the author's words why there is none. Texts beside a date or a period are read as one.

use std::ops::Range;

use jiff::civil::Date;

use super::{
    Vocabulary,
    parse::Operator,
    term::{Extreme, SetQuestion, Term, TermKind},
    wrong::Wrong,
};
use crate::{
    money::Money,
    rules::yaml::shorten,
    value::{Period, Value, ValueType},
};

/// A term with its type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Typed {
    pub(super) term: Term,
    pub(super) value_type: ValueType,
    /// Which texts it can hold.
    pub(super) vocabulary: Vocabulary,
}

type Checked = Result<Typed, Wrong>;

impl Typed {
    fn plain(kind: TermKind, value_type: ValueType, at: Range<usize>) -> Self {
        Self { term: Term { kind, at }, value_type, vocabulary: Vocabulary::None }
    }

    fn is_number(&self) -> bool {
        matches!(self.value_type, ValueType::Count | ValueType::Ratio)
    }

    fn is_text(&self) -> bool {
        matches!(self.value_type, ValueType::Text | ValueType::OneOf)
    }

    /// The texts written down here: a quoted text or a list.
    fn literals(&self) -> Vec<&str> {
        match &self.term.kind {
            TermKind::Literal(Value::Text(text)) => vec![text],
            TermKind::Literal(Value::Set(texts)) => texts.iter().map(AsRef::as_ref).collect(),
            _ => Vec::new(),
        }
    }

    fn is_literal(&self) -> bool {
        matches!(self.term.kind, TermKind::Literal(_))
    }
}

/// `a count`, `money`: what a term is, in a message.
pub(super) fn noun_of(typed: &Typed) -> &'static str {
    match typed.value_type {
        ValueType::Flag => "a flag",
        ValueType::Count => "a count",
        ValueType::Ratio => "a ratio",
        ValueType::Money => "money",
        ValueType::Text => "text",
        ValueType::OneOf => "a one_of",
        ValueType::Set if typed.is_literal() => "a list",
        ValueType::Set => "a set",
        ValueType::Date => "a date",
        ValueType::Period => "a period",
    }
}

/// `` `market.users` is a count ``.
fn described(typed: &Typed, text: &str) -> String {
    let written = text.get(typed.term.at.clone()).unwrap_or_default();
    format!("`{}` is {}", shorten(written), noun_of(typed))
}

/// `!x`.
pub(super) fn not(operand: Typed, text: &str, at: Range<usize>) -> Checked {
    need_flag(&operand, "!", text)?;
    Ok(Typed::plain(TermKind::Not(Box::new(operand.term)), ValueType::Flag, at))
}

/// `x && y`, `x || y`; a chain becomes one term, in the order it is written.
pub(super) fn connect(
    operator: Operator,
    left: Typed,
    right: Typed,
    text: &str,
    at: Range<usize>,
) -> Checked {
    need_flag(&left, operator.written(), text)?;
    need_flag(&right, operator.written(), text)?;
    let mut parts = Vec::new();
    for side in [left.term, right.term] {
        match (operator, side) {
            (Operator::And, Term { kind: TermKind::All(inner), .. })
            | (Operator::Or, Term { kind: TermKind::Any(inner), .. }) => parts.extend(inner),
            (_, other) => parts.push(other),
        }
    }
    let kind = if operator == Operator::And { TermKind::All(parts) } else { TermKind::Any(parts) };
    Ok(Typed::plain(kind, ValueType::Flag, at))
}

fn need_flag(operand: &Typed, operator: &str, text: &str) -> Result<(), Wrong> {
    if operand.value_type == ValueType::Flag {
        return Ok(());
    }
    let message = format!("{}: `{operator}` takes flags", described(operand, text));
    Err(Wrong::new(operand.term.at.clone(), message).help("compare it, as in `market.users > 0`"))
}

/// `c ? x : y`.
pub(super) fn conditional(
    condition: Typed,
    this: Typed,
    that: Typed,
    text: &str,
    at: Range<usize>,
) -> Checked {
    need_flag(&condition, "? :", text)?;
    let (this, that) = unified(this, that, text)?;
    let (value_type, vocabulary) = match (this.value_type, that.value_type) {
        (one, other) if one == other => (one, common(&this, &that)),
        _ if this.is_number() && that.is_number() => (ValueType::Ratio, Vocabulary::None),
        _ if this.is_text() && that.is_text() => (ValueType::OneOf, common(&this, &that)),
        _ => return Err(mismatch(&this, &that, "the two cases need one type", text, at)),
    };
    let term = Term { kind: TermKind::If(Box::new([condition.term, this.term, that.term])), at };
    Ok(Typed { term, value_type, vocabulary })
}

/// What two cases can hold: literals have been checked against the other case's vocabulary already.
fn common(this: &Typed, that: &Typed) -> Vocabulary {
    match (&this.vocabulary, &that.vocabulary) {
        (Vocabulary::None, other) if this.is_literal() => other.clone(),
        (one, Vocabulary::None) if that.is_literal() => one.clone(),
        (one, other) if one == other => one.clone(),
        _ => Vocabulary::None,
    }
}

/// `== != < <= > >=`.
pub(super) fn compare(
    operator: Operator,
    left: Typed,
    right: Typed,
    text: &str,
    at: Range<usize>,
) -> Checked {
    let (left, right) = unified(left, right, text)?;
    let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
    let same = left.value_type == right.value_type;
    let wrong = match left.value_type {
        ValueType::Count | ValueType::Ratio if right.is_number() => None,
        ValueType::Money | ValueType::Date | ValueType::Period if same => None,
        ValueType::Text | ValueType::OneOf if right.is_text() && ordered => {
            Some(("texts have no order", "compare them with `==`, `!=` or `in`"))
        }
        ValueType::Text | ValueType::OneOf if right.is_text() => None,
        ValueType::Flag if same && ordered => Some(("flags have no order", "compare them with `==` or `!=`")),
        ValueType::Flag if same => None,
        ValueType::Set if same => {
            Some(("sets are not compared as wholes", "ask with `subset`, `overlaps` or `size`"))
        }
        _ => return Err(mismatch(&left, &right, "they cannot be compared", text, at)),
    };
    if let Some((message, help)) = wrong {
        let message = format!("`{}` does not compare these: {message}", operator.written());
        return Err(Wrong::new(at, message).help(help));
    }
    let kind = TermKind::Compare(operator, Box::new([left.term, right.term]));
    Ok(Typed::plain(kind, ValueType::Flag, at))
}

/// `in`, `subset`, `overlaps`.
pub(super) fn sets(
    question: SetQuestion,
    left: Typed,
    right: Typed,
    text: &str,
    at: Range<usize>,
) -> Checked {
    if question == SetQuestion::In {
        if !left.is_text() {
            let message = format!("{}: `in` looks for a text", described(&left, text));
            return Err(
                Wrong::new(left.term.at, message).help("write it as in `company.home in ['br', 'de']`")
            );
        }
    } else {
        need_set(&left, text)?;
    }
    need_set(&right, text)?;
    let (left, right) = unified(left, right, text)?;
    let kind = TermKind::Sets(question, Box::new([left.term, right.term]));
    Ok(Typed::plain(kind, ValueType::Flag, at))
}

/// `size(x)`.
pub(super) fn size(operand: Typed, text: &str, at: Range<usize>) -> Checked {
    need_set(&operand, text)?;
    Ok(Typed::plain(TermKind::Size(Box::new(operand.term)), ValueType::Count, at))
}

fn need_set(operand: &Typed, text: &str) -> Result<(), Wrong> {
    if operand.value_type == ValueType::Set {
        return Ok(());
    }
    let message = format!("{}: a set or a list is needed here", described(operand, text));
    Err(Wrong::new(operand.term.at.clone(), message).help("write a set fact, or a list as `['a', 'b']`"))
}

/// `-x`.
pub(super) fn negate(operand: Typed, text: &str, at: Range<usize>) -> Checked {
    let value_type = operand.value_type;
    if !operand.is_number() && value_type != ValueType::Money {
        let message = format!("{}: `-` takes numbers and money", described(&operand, text));
        return Err(Wrong::new(at, message));
    }
    Ok(Typed::plain(TermKind::Negate(Box::new(operand.term)), value_type, at))
}

/// `+ - *`.
pub(super) fn calculate(
    operator: Operator,
    left: Typed,
    right: Typed,
    text: &str,
    at: Range<usize>,
) -> Checked {
    use ValueType::{Count, Money, Ratio};
    let value_type = match (operator, left.value_type, right.value_type) {
        (_, Count, Count) => Count,
        (_, Count | Ratio, Count | Ratio) => Ratio,
        (Operator::Multiply, Money, Count | Ratio) | (Operator::Multiply, Count | Ratio, Money) => Money,
        (Operator::Add | Operator::Subtract, Money, Money) => Money,
        _ => {
            let verb = match operator {
                Operator::Add => "they cannot be added",
                Operator::Subtract => "they cannot be subtracted",
                _ => "they cannot be multiplied",
            };
            return Err(mismatch(&left, &right, verb, text, at));
        }
    };
    let kind = TermKind::Calculate(operator, Box::new([left.term, right.term]));
    Ok(Typed::plain(kind, value_type, at))
}

/// `min(…)`, `max(…)`.
pub(super) fn extreme(extreme: Extreme, terms: Vec<Typed>, text: &str, at: Range<usize>) -> Checked {
    let mut value_type = None;
    for pair in terms.windows(2) {
        let [one, other] = pair else { continue };
        let both_money = one.value_type == ValueType::Money && other.value_type == ValueType::Money;
        if !(both_money || one.is_number() && other.is_number()) {
            return Err(mismatch(one, other, "they cannot be compared", text, at));
        }
    }
    for term in &terms {
        value_type = match value_type {
            Some(ValueType::Count) => Some(term.value_type),
            None => Some(term.value_type),
            other => other,
        };
    }
    let terms = terms.into_iter().map(|typed| typed.term).collect();
    Ok(Typed::plain(TermKind::Extreme(extreme, terms), value_type.unwrap_or(ValueType::Count), at))
}

fn mismatch(left: &Typed, right: &Typed, verdict: &str, text: &str, at: Range<usize>) -> Wrong {
    let message = format!("{} and {}: {verdict}", described(left, text), described(right, text));
    let wrong = Wrong::new(at, message);
    match mismatch_help(left, right).or_else(|| mismatch_help(right, left)) {
        Some(help) => wrong.help(help),
        None => wrong,
    }
}

/// What one side probably meant, given the other.
fn mismatch_help(one: &Typed, other: &Typed) -> Option<String> {
    if one.value_type == ValueType::Money && other.is_number() {
        return Some("write amounts with their currency, as in `money('5 EUR')`".to_owned());
    }
    let literals = other.literals();
    let [written] = literals.as_slice() else { return None };
    match one.value_type {
        ValueType::Money if Money::parse(written).is_ok() => Some(format!("write `money('{written}')`")),
        ValueType::Count | ValueType::Ratio if written.parse::<i64>().is_ok() => {
            Some(format!("write the number without quotes: `{written}`"))
        }
        ValueType::Flag if matches!(*written, "true" | "false") => {
            Some(format!("write it without quotes: `{written}`"))
        }
        ValueType::Set => Some(format!("ask whether the set holds it: `'{}' in …`", shorten(written))),
        _ => None,
    }
}

/// The two sides with a quoted text read as what stands beside it, and within its vocabulary.
fn unified(left: Typed, right: Typed, text: &str) -> Result<(Typed, Typed), Wrong> {
    let left = read_beside(left, &right)?;
    let right = read_beside(right, &left)?;
    within(&left, &right, text)?;
    within(&right, &left, text)?;
    if !left.vocabulary.meets(&right.vocabulary) {
        let written = |typed: &Typed| shorten(text.get(typed.term.at.clone()).unwrap_or_default());
        let message = format!("`{}` and `{}` have no value in common", written(&left), written(&right));
        return Err(Wrong::new(left.term.at.start..right.term.at.end, message));
    }
    Ok((left, right))
}

/// A quoted text beside a date or a period is one.
fn read_beside(typed: Typed, other: &Typed) -> Checked {
    let TermKind::Literal(Value::Text(written)) = &typed.term.kind else { return Ok(typed) };
    let (value, what, help) = match other.value_type {
        ValueType::Date => {
            (parse_date(written).map(Value::Date), "date", "write year, month and day, as in `'2026-08-02'`")
        }
        ValueType::Period => (
            Period::parse(written).map(Value::Period),
            "period",
            "write a number and a unit, as in `'72 hours'` or `'3 business_days'`",
        ),
        _ => return Ok(typed),
    };
    let at = typed.term.at.clone();
    match value {
        Some(value) => Ok(Typed::plain(TermKind::Literal(value), other.value_type, at)),
        None => Err(Wrong::new(at, format!("`'{}'` is not a {what}", shorten(written))).help(help)),
    }
}

/// `YYYY-MM-DD` and no other spelling.
fn parse_date(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|date| date.to_string() == text)
}

/// Whether the texts written on one side are among what the other can hold.
fn within(written: &Typed, other: &Typed, text: &str) -> Result<(), Wrong> {
    let outside = written.literals().into_iter().find(|literal| !other.vocabulary.contains(literal));
    match outside {
        None => Ok(()),
        Some(literal) => {
            let holder = text.get(other.term.at.clone()).unwrap_or_default();
            let message = format!("`{}` can never hold `'{}'`", shorten(holder), shorten(literal));
            Err(Wrong::new(written.term.at.clone(), message).help(other.vocabulary.suggest(literal)))
        }
    }
}
