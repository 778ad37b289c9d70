//! From amounts paid once or by the year to one amount over the horizon, exactly, rounded once.
//!
//! The horizon is split into periods: at its anniversaries, where the discount changes, and wherever the
//! caller says that rules change. Year k is discounted by (1 + discount)^k. A yearly amount is paid by
//! the day, so splitting a period in two changes no digit.

use std::collections::BTreeSet;

use jiff::{ToSpan, civil::Date};
use num_rational::BigRational;
use num_traits::One;

use crate::{
    money::{Amount, Currency, Exact, Factors, Overflow, Spread},
    plugin::{Cadence, Quantity},
    rules::fx,
    strategy::Strategy,
};

/// How an amount in the case's currency became one in the strategy's.
#[derive(Debug, Clone)]
pub struct Conversion {
    /// What cases are computed in.
    pub from: Currency,
    /// The rate.
    pub quote: fx::Quote,
    /// What the answer is in.
    pub to: Currency,
}

/// A part of the horizon in which no rule changes: `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first day.
    pub from: Date,
    /// The day after its last.
    pub to: Date,
    /// The year of the horizon it lies in, from 0.
    pub year: u32,
    /// The day whose law holds in it.
    pub law: Date,
}

impl Period {
    fn days(&self) -> i64 {
        days_between(self.from, self.to)
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

/// The day after the last of a strategy's horizon.
pub(super) fn end(strategy: &Strategy) -> Date {
    anniversary(strategy, strategy.horizon_years)
}

fn anniversary(strategy: &Strategy, years: u32) -> Date {
    strategy.as_of.saturating_add(i64::from(years).years())
}

/// The periods of a strategy's horizon, split at these days too.
///
/// Where the strategy asks for the law of one day, that law holds in all of them.
pub(super) fn periods(strategy: &Strategy, changes: &BTreeSet<Date>) -> Vec<Period> {
    let mut periods = Vec::new();
    for year in 0..strategy.horizon_years {
        let (first, end) = (anniversary(strategy, year), anniversary(strategy, year + 1));
        let inside = changes.iter().copied().filter(|day| first < *day && *day < end);
        let inside: Vec<Date> = if strategy.law_of.is_none() { inside.collect() } else { Vec::new() };
        let starts = std::iter::once(first).chain(inside.iter().copied());
        let ends = inside.iter().copied().chain(std::iter::once(end));
        periods.extend(starts.zip(ends).map(|(from, to)| Period {
            from,
            to,
            year,
            law: strategy.law_of.unwrap_or(from),
        }));
    }
    periods
}

/// What a line is in one period: a year's worth, or what is paid once.
#[derive(Debug, Clone)]
pub struct LineSpan {
    /// When.
    pub period: Period,
    /// In the case's currency.
    pub native: Spread,
    /// A count times a price.
    pub quantity: Option<Quantity>,
}

/// How native amounts become one over the horizon.
#[derive(Debug)]
pub(super) struct Horizon {
    /// What one unit paid once is worth, by year.
    once: Factors,
    /// What one unit a year is worth that is paid for one day of it, by year.
    daily: Factors,
}

impl Horizon {
    pub(super) fn new(strategy: &Strategy, quote: &fx::Quote) -> Self {
        let step = BigRational::one() + strategy.discount.to_big();
        let mut worth = quote.rate.to_big();
        let (mut once, mut daily) = (Vec::new(), Vec::new());
        for year in 0..strategy.horizon_years {
            let days = days_between(anniversary(strategy, year), anniversary(strategy, year + 1));
            daily.push(&worth / BigRational::from_integer(days.into()));
            once.push(worth.clone());
            worth /= &step;
        }
        Self { once: Factors::new(&once), daily: Factors::new(&daily) }
    }

    /// What a line's spans come to, in the strategy's currency.
    pub(super) fn total(&self, spans: &[LineSpan], cadence: Cadence) -> Result<Spread, Overflow> {
        let part = |amount: fn(&Spread) -> Amount| {
            let paid = spans.iter().map(|span| (span.period.year as usize, amount(&span.native)));
            match cadence {
                Cadence::Once => self.once.sum(paid.map(|(year, native)| (year, native, 1))),
                Cadence::Yearly => {
                    let days = spans.iter().map(|span| span.period.days());
                    self.daily.sum(paid.zip(days).map(|((year, native), days)| (year, native, days)))
                }
            }
        };
        let likely = part(|of| of.likely)?;
        if spans.iter().all(|span| span.native.low == span.native.high) {
            return Ok(Spread::certain(likely));
        }
        Ok(Spread { low: part(|of| of.low)?, likely, high: part(|of| of.high)? })
    }
}

/// A total times a weight.
pub(super) fn weighted(total: Spread, weight: Exact) -> Result<Spread, Overflow> {
    if weight == Exact::ONE {
        return Ok(total);
    }
    total.try_map(|amount| weight.of(amount))
}

/// What is paid of something that is paid once, where a plugin says in every period what it is: all of it
/// when it first appears, and later only what it has grown by. A duty that grows is never free.
pub(super) fn once(spans: Vec<LineSpan>) -> Result<Vec<LineSpan>, Overflow> {
    let mut paid = Spread::ZERO;
    let mut payments = Vec::new();
    for span in spans {
        let more = |native: Amount, paid: Amount| native.sub(paid).map(|more| more.max(Amount(0)));
        let due = Spread {
            low: more(span.native.low, paid.low)?,
            likely: more(span.native.likely, paid.likely)?,
            high: more(span.native.high, paid.high)?,
        };
        if payments.is_empty() || due != Spread::ZERO {
            let quantity = span.quantity.filter(|_| due == span.native);
            payments.push(LineSpan { native: due, quantity, period: span.period });
        }
        paid = paid.try_zip(due, Amount::add)?;
    }
    Ok(payments)
}

/// Adds what a line is in the next period; what follows within a year and is the same is joined.
pub(super) fn add(spans: &mut Vec<LineSpan>, period: Period, native: Spread, quantity: Option<&Quantity>) {
    match spans.last_mut() {
        Some(last)
            if last.period.to == period.from
                && last.period.year == period.year
                && last.native == native
                && last.quantity.as_ref() == quantity =>
        {
            last.period.to = period.to;
        }
        _ => spans.push(LineSpan { period, native, quantity: quantity.cloned() }),
    }
}
