//! Numbers, amounts, dates and periods as steps of the smallest difference a fact can have, so that the
//! nearest value with some property is found among whole numbers.

use std::cmp::Ordering;

use jiff::{SignedDuration, civil::Date};

use crate::{
    money::{AMOUNT_SCALE, Currency, Exact, Money, RATIO_SCALE},
    value::{Period, TimeUnit, Value},
};

/// What one step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grid {
    /// One.
    Count,
    /// A billionth.
    Ratio,
    /// A ten-thousandth.
    Money(Currency),
    /// A day.
    Date,
    /// One of the unit.
    Period(TimeUnit),
}

const EPOCH: Date = Date::constant(1970, 1, 1);
const SECONDS_A_DAY: i64 = 86_400;

impl Grid {
    /// The grid a value lies on.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Count(_) => Some(Self::Count),
            Value::Ratio(_) => Some(Self::Ratio),
            Value::Money(money) => Some(Self::Money(money.currency)),
            Value::Date(_) => Some(Self::Date),
            Value::Period(period) => Some(Self::Period(period.unit)),
            Value::Flag(_) | Value::Text(_) | Value::Set(_) => None,
        }
    }

    /// The step of a value or the nearest to it; none where it lies on another grid, or beyond this one.
    pub(super) fn step(self, value: &Value) -> Option<i64> {
        match (self, value) {
            (Self::Count, Value::Count(n)) => Some(*n),
            (Self::Count, Value::Ratio(ratio)) => ratio.round(1).ok(),
            (Self::Ratio, Value::Count(n)) => n.checked_mul(RATIO_SCALE),
            (Self::Ratio, Value::Ratio(ratio)) => ratio.round(RATIO_SCALE).ok(),
            (Self::Money(currency), Value::Money(money)) if money.currency == currency => {
                money.value.round(AMOUNT_SCALE).ok()
            }
            (Self::Date, Value::Date(date)) => Some(date.duration_since(EPOCH).as_secs() / SECONDS_A_DAY),
            (Self::Period(unit), Value::Period(period)) if period.unit == unit => Some(period.n.into()),
            _ => None,
        }
    }

    /// The value at a step; none beyond the grid.
    pub(super) fn value(self, step: i64) -> Option<Value> {
        match self {
            Self::Count => Some(Value::Count(step)),
            Self::Ratio => Some(Value::Ratio(Exact::scaled(step, RATIO_SCALE))),
            Self::Money(currency) => {
                Some(Value::Money(Money { value: Exact::scaled(step, AMOUNT_SCALE), currency }))
            }
            Self::Date => {
                let since = SignedDuration::from_secs(step.checked_mul(SECONDS_A_DAY)?);
                EPOCH.checked_add(since).ok().map(Value::Date)
            }
            Self::Period(unit) => u32::try_from(step).ok().map(|n| Value::Period(Period { n, unit })),
        }
    }

    /// The least and the greatest step a fact may be moved to from a step. Numbers do not become negative:
    /// nobody has fewer than no users.
    const fn bounds(self, from: i64) -> (i64, i64) {
        match self {
            Self::Date => (-4_371_587, 2_932_896),
            Self::Period(_) => (0, u32::MAX as i64),
            Self::Count | Self::Ratio | Self::Money(_) if from < 0 => (-i64::MAX, i64::MAX),
            Self::Count | Self::Ratio | Self::Money(_) => (0, i64::MAX),
        }
    }

    /// The nearest steps below and above `from` at which two sides stand as they should: `sides` says how
    /// they stand at a step. They are taken to move in one direction; where they do not, a step may be
    /// missed, and none is wrong.
    pub(super) fn nearest(
        self,
        from: i64,
        sides: &dyn Fn(i64) -> Option<Ordering>,
        good: &dyn Fn(Ordering) -> bool,
    ) -> Vec<i64> {
        if sides(from).is_some_and(good) {
            return vec![from];
        }
        let (least, greatest) = self.bounds(from);
        [least, greatest].into_iter().filter_map(|bound| toward(from, bound, sides, good)).collect()
    }
}

/// The first good step on the way to a bound.
fn toward(
    from: i64,
    bound: i64,
    sides: &dyn Fn(i64) -> Option<Ordering>,
    good: &dyn Fn(Ordering) -> bool,
) -> Option<i64> {
    let mut from = from;
    // Less, equal, greater: two borders lie between three stretches.
    for _ in 0..2 {
        let here = sides(from);
        let first = first_other(from, bound, &|step| sides(step) == here)?;
        if sides(first).is_some_and(good) {
            return Some(first);
        }
        from = first;
    }
    None
}

/// The first step that is not the same any more, found by strides that double and then by halves.
fn first_other(from: i64, bound: i64, same: &dyn Fn(i64) -> bool) -> Option<i64> {
    let away = if bound < from { -1_i128 } else { 1 };
    let length = (i128::from(bound) - i128::from(from)).abs();
    let at = |steps: i128| i64::try_from(i128::from(from) + away * steps).ok();
    let (mut near, mut far) = (0_i128, 1_i128);
    loop {
        if near >= length {
            return None;
        }
        far = far.min(length);
        if !same(at(far)?) {
            break;
        }
        (near, far) = (far, far * 2);
    }
    while far - near > 1 {
        let middle = i128::midpoint(near, far);
        if same(at(middle)?) { near = middle } else { far = middle }
    }
    at(far)
}

/// How far a value has moved, in billionths of what it was; a set by members, anything else as a whole.
pub(super) fn movement(from: &Value, to: &Value) -> u128 {
    const WHOLE: u128 = 1_000_000_000;
    if let (Value::Set(from), Value::Set(to)) = (from, to) {
        return WHOLE * from.symmetric_difference(to).count() as u128;
    }
    let steps = Grid::of(from).and_then(|grid| Some((grid.step(from)?, grid.step(to)?)));
    match steps {
        Some((from, to)) => u128::from(from.abs_diff(to)) * WHOLE / u128::from(from.unsigned_abs().max(1)),
        None => WHOLE,
    }
}
