//! What an outcome rests on: the comparisons, flags and values an expression looks at, with what they
//! came to.
//!
//! Evaluates leaf by leaf, beside `evaluate` and with it, so that an answer nobody asks to have explained
//! costs nothing here.

use std::collections::BTreeSet;

use super::{
    Expression, Inputs, Outcome, Reference,
    evaluate::{Evaluation, Unknown, all, both, evaluate, flag},
    parse::Operator,
    quantity::{in_currency_of, number},
    term::{Extreme, SetQuestion, Term, TermKind},
};
use crate::{
    money::{AMOUNT_SCALE, Exact, Grouped, Money},
    value::{Percent, Value},
};

/// What an expression comes to and what that rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// What it comes to.
    pub outcome: Outcome,
    /// What it looked at, each once, in the order of the text. All sides of `&&` and `||`; of `? :` the
    /// case that was taken, or both where the condition is unknown.
    pub leaves: Vec<Leaf>,
}

/// One comparison or flag of a condition, or one value of a calculation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// As it is written: `market.users >= 1000000`.
    pub text: String,
    /// What it came to: `2,500,000 ≥ 1,000,000`, `true`, `undetermined: nobody gave market.users`.
    pub value: String,
    /// Whether it holds; none for what is no flag, or is unknown.
    pub truth: Option<bool>,
    /// The facts, params and choices in it.
    pub references: Vec<Reference>,
}

/// The leaves of a term of this text.
pub(super) fn leaves(term: &Term, text: &str, inputs: &dyn Inputs) -> Vec<Leaf> {
    let mut explained = Explained { text, inputs, leaves: Vec::new() };
    explained.visit(term);
    explained.leaves
}

struct Explained<'a> {
    text: &'a str,
    inputs: &'a dyn Inputs,
    leaves: Vec<Leaf>,
}

impl Explained<'_> {
    fn visit(&mut self, term: &Term) {
        match &term.kind {
            TermKind::Not(_)
            | TermKind::All(_)
            | TermKind::Any(_)
            | TermKind::Negate(_)
            | TermKind::Calculate(..) => term.parts().iter().for_each(|part| self.visit(part)),
            TermKind::If(parts) => self.conditional(parts),
            TermKind::Extreme(extreme, parts) => {
                parts.iter().for_each(|part| self.visit(part));
                let shown = all(parts, self.inputs).map(|values| self.shown_choice(*extreme, &values));
                self.leaf(term, shown);
            }
            TermKind::Compare(operator, operands) => {
                let shown = both(operands, self.inputs)
                    .map(|(left, right)| self.shown_comparison(*operator, &left, &right));
                self.leaf(term, shown);
            }
            TermKind::Sets(question, operands) => {
                let shown = both(operands, self.inputs).map(|(left, right)| match question {
                    SetQuestion::In => format!("{left} in {right}"),
                    SetQuestion::Subset => format!("{left} within {right}"),
                    SetQuestion::Overlaps => format!("{left} overlaps {right}"),
                });
                self.leaf(term, shown);
            }
            // A number that is written down explains nothing; a condition that is `true` must say so.
            TermKind::Literal(value) if !matches!(value, Value::Flag(_)) => {}
            TermKind::Literal(_) | TermKind::Fact(..) | TermKind::Triggered(_) | TermKind::Size(_) => {
                self.leaf(term, Ok(String::new()));
            }
        }
    }

    fn conditional(&mut self, [condition, this, that]: &[Term; 3]) {
        self.visit(condition);
        let holds = flag(condition, self.inputs);
        if holds != Ok(false) {
            self.visit(this);
        }
        if holds != Ok(true) {
            self.visit(that);
        }
    }

    /// Adds a leaf that came to what it comes to; `shown` says how, where the value alone does not.
    fn leaf(&mut self, term: &Term, shown: Result<String, Unknown>) {
        let value = evaluate(term, self.inputs);
        let truth = match &value {
            Ok(Value::Flag(holds)) => Some(*holds),
            _ => None,
        };
        let mut references = BTreeSet::new();
        term.collect_references(&mut references);
        let leaf = Leaf {
            text: Expression::slice(self.text, &term.at),
            value: shown_evaluation(&value, shown),
            truth,
            references: references.into_iter().collect(),
        };
        if !self.leaves.contains(&leaf) {
            self.leaves.push(leaf);
        }
    }

    fn shown_comparison(&self, operator: Operator, left: &Value, right: &Value) -> String {
        let as_share = shares(left, right);
        format!(
            "{} {} {}",
            self.shown_beside(right, left, as_share),
            operator.shown(),
            shown_value(right, as_share)
        )
    }

    /// `the larger of 20,000,000 EUR and 40,000,000 EUR`.
    fn shown_choice(&self, extreme: Extreme, values: &[Value]) -> String {
        let word = match (extreme, values.len()) {
            (Extreme::Min, 2) => "smaller",
            (Extreme::Min, _) => "smallest",
            (Extreme::Max, 2) => "larger",
            (Extreme::Max, _) => "largest",
        };
        let Some(first) = values.first() else { return String::new() };
        let shown: Vec<String> =
            values.iter().map(|value| self.shown_beside(first, value, shares(first, value))).collect();
        format!("the {word} of {}", shown.join(" and "))
    }

    /// The value, and in brackets what it is in the currency of the other.
    fn shown_beside(&self, other: &Value, value: &Value, as_share: bool) -> String {
        let shown = shown_value(value, as_share);
        let (Value::Money(money), Value::Money(other)) = (value, other) else { return shown };
        match in_currency_of(*other, *money, self.inputs) {
            Ok(converted) if money.currency != other.currency => format!("{shown} ({})", rounded(converted)),
            _ => shown,
        }
    }
}

fn shown_evaluation(value: &Evaluation, shown: Result<String, Unknown>) -> String {
    match (value, shown) {
        (Ok(_), Ok(shown)) if !shown.is_empty() => shown,
        (Ok(value), _) => shown_value(value, shares(value, value)),
        (Err(Unknown::Overflow), _) => "too large to be held exactly".to_owned(),
        (Err(Unknown::Missing(missing)), _) => {
            let reasons: Vec<&str> = missing.iter().map(|missing| missing.reason.as_str()).collect();
            format!("undetermined: {}", reasons.join("; "))
        }
    }
}

/// Whether both are read as shares, in percent: two ratios of at most the whole.
fn shares(left: &Value, right: &Value) -> bool {
    let share = |value: &Value| match value {
        Value::Ratio(ratio) => *ratio <= Exact::ONE && !ratio.is_negative(),
        _ => false,
    };
    share(left) && share(right)
}

fn shown_value(value: &Value, as_share: bool) -> String {
    match (value, number(value)) {
        (Value::Ratio(ratio), _) if as_share => Percent(*ratio).to_string(),
        (Value::Money(money), _) => rounded(*money),
        (_, Some(number)) => Grouped(number).to_string(),
        (value, None) => value.to_string(),
    }
}

/// The amount to four decimals, with `≈` where it has more.
fn rounded(money: Money) -> String {
    let short = money.value.round(AMOUNT_SCALE).map(|amount| Exact::scaled(amount, AMOUNT_SCALE));
    match short {
        Ok(short) if short != money.value => format!("≈ {}", Money { value: short, ..money }),
        _ => money.to_string(),
    }
}
