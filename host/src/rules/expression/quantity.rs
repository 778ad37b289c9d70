//! Comparing and calculating with values, exactly, across currencies.
//!
//! A count and a ratio are both numbers. Amounts of two currencies compare at the case's rate, and are
//! added in the case's currency. `Ok(None)` is a pair of types that `typing` does not let through.

use std::cmp::Ordering;

use super::{
    evaluate::{Inputs, Unknown},
    parse::Operator,
    term::Extreme,
};
use crate::{
    money::{Exact, Money, Overflow},
    value::Value,
};

/// The exact number a count or ratio is.
pub(super) fn number(value: &Value) -> Option<Exact> {
    match value {
        Value::Count(n) => Some(Exact::whole(*n)),
        Value::Ratio(ratio) => Some(*ratio),
        _ => None,
    }
}

/// How two values compare; the inner error is the reason why they do not. Texts and flags compare so
/// that equal ones are equal; their order means nothing, and `typing` lets nobody ask for it.
pub(super) fn order(
    left: &Value,
    right: &Value,
    inputs: &dyn Inputs,
) -> Result<Result<Ordering, String>, Unknown> {
    Ok(match (left, right) {
        (Value::Money(left), Value::Money(right)) => Ok(order_money(*left, *right, inputs)?),
        (Value::Date(left), Value::Date(right)) => Ok(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Ok(left.cmp(right)),
        (Value::Flag(left), Value::Flag(right)) => Ok(left.cmp(right)),
        (Value::Period(one), Value::Period(other)) => one
            .compare(*other)
            .ok_or_else(|| format!("{one} and {other} do not compare: their units have no fixed ratio")),
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => Ok(left.cmp(&right)),
            _ => Err("the values do not have the types that were checked".to_owned()),
        },
    })
}

fn order_money(left: Money, right: Money, inputs: &dyn Inputs) -> Result<Ordering, Unknown> {
    let left = in_currency_of(right, left, inputs)?;
    Ok(left.value.cmp(&right.value))
}

/// The amount in the other's currency, at the case's rate.
pub(super) fn in_currency_of(other: Money, money: Money, inputs: &dyn Inputs) -> Result<Money, Unknown> {
    if money.currency == other.currency {
        return Ok(money);
    }
    Ok(inputs.convert(money, other.currency)?)
}

/// `+ - *`.
pub(super) fn calculate(
    operator: Operator,
    left: &Value,
    right: &Value,
    inputs: &dyn Inputs,
) -> Result<Option<Value>, Unknown> {
    Ok(match (left, right) {
        (Value::Count(left), Value::Count(right)) => Some(Value::Count(count(operator, *left, *right)?)),
        (Value::Money(left), Value::Money(right)) => {
            let (left, right) = in_one_currency(*left, *right, inputs)?;
            let value = exact(operator, left.value, right.value)?;
            Some(Value::Money(Money { value, currency: left.currency }))
        }
        (Value::Money(money), factor) | (factor, Value::Money(money)) => match number(factor) {
            Some(factor) => {
                let value = money.value.mul(factor)?;
                Some(Value::Money(Money { value, currency: money.currency }))
            }
            None => None,
        },
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => Some(Value::Ratio(exact(operator, left, right)?)),
            _ => None,
        },
    })
}

fn count(operator: Operator, left: i64, right: i64) -> Result<i64, Overflow> {
    match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        _ => left.checked_mul(right),
    }
    .ok_or(Overflow)
}

fn exact(operator: Operator, left: Exact, right: Exact) -> Result<Exact, Overflow> {
    match operator {
        Operator::Add => left.add(right),
        Operator::Subtract => left.sub(right),
        _ => left.mul(right),
    }
}

fn in_one_currency(left: Money, right: Money, inputs: &dyn Inputs) -> Result<(Money, Money), Unknown> {
    if left.currency == right.currency {
        return Ok((left, right));
    }
    let case = Money { value: Exact::ZERO, currency: inputs.currency() };
    Ok((in_currency_of(case, left, inputs)?, in_currency_of(case, right, inputs)?))
}

/// `-x`.
pub(super) fn negate(value: Value) -> Result<Option<Value>, Unknown> {
    Ok(match value {
        Value::Count(n) => Some(Value::Count(n.checked_neg().ok_or(Overflow)?)),
        Value::Ratio(ratio) => Some(Value::Ratio(Exact::ZERO.sub(ratio)?)),
        Value::Money(Money { value, currency }) => {
            Some(Value::Money(Money { value: Exact::ZERO.sub(value)?, currency }))
        }
        _ => None,
    })
}

/// The smallest or largest value as it stands; of equal ones the first.
pub(super) fn prefer(
    extreme: Extreme,
    values: Vec<Value>,
    inputs: &dyn Inputs,
) -> Result<Option<Value>, Unknown> {
    let wanted = match extreme {
        Extreme::Min => Ordering::Less,
        Extreme::Max => Ordering::Greater,
    };
    let mut best: Option<Value> = None;
    for value in values {
        let better = match &best {
            Some(best) => order(&value, best, inputs)? == Ok(wanted),
            None => true,
        };
        if better {
            best = Some(value);
        }
    }
    Ok(best)
}
