//! From an amount paid once or every year to one amount over the horizon, exactly, rounded once.
//!
//! The horizon is split at its anniversaries; year k is discounted by (1 + discount)^k. Rules are
//! taken as they stand on the first day; `changes` says when they do not stay so.

use jiff::{ToSpan, civil::Date};
use num_rational::BigRational;
use num_traits::One;

use crate::{
    money::{Amount, Currency, Exact, Overflow, Spread, round_half_even},
    plugin::Cadence,
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
}

/// One year of the horizon: `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Year {
    /// Its first day.
    pub from: Date,
    /// The day after its last.
    pub to: Date,
}

/// The years, and what an amount is worth over them.
#[derive(Debug, Clone)]
pub struct Horizon {
    /// From the first day on.
    pub years: Vec<Year>,
    /// The exchange rate.
    pub conversion: Conversion,
    /// What the answer is in.
    pub to: Currency,
    once: BigRational,
    yearly: BigRational,
}

impl Horizon {
    pub(super) fn new(strategy: &Strategy, from: Currency, quote: fx::Quote) -> Self {
        let rate = quote.rate.to_big();
        let step = BigRational::one() + strategy.discount.to_big();
        let mut annuity = BigRational::from_integer(0.into());
        let mut factor = BigRational::one();
        for _ in 0..strategy.horizon_years {
            annuity += &factor;
            factor /= &step;
        }
        let anniversary = |k: u32| strategy.as_of.saturating_add(i64::from(k).years());
        let years =
            (0..strategy.horizon_years).map(|k| Year { from: anniversary(k), to: anniversary(k + 1) });
        Self {
            years: years.collect(),
            conversion: Conversion { from, quote },
            to: strategy.currency,
            once: rate.clone(),
            yearly: rate * annuity,
        }
    }

    /// The day after the last.
    #[must_use]
    pub fn end(&self) -> Option<Date> {
        self.years.last().map(|year| year.to)
    }

    /// The years in which a line is paid.
    #[must_use]
    pub fn paid(&self, cadence: Cadence) -> &[Year] {
        match cadence {
            Cadence::Once => self.years.get(..1).unwrap_or_default(),
            Cadence::Yearly => &self.years,
        }
    }

    /// A native amount over the horizon, in the strategy's currency.
    pub(super) fn total(&self, native: Spread, cadence: Cadence) -> Result<Spread, Overflow> {
        let factor = match cadence {
            Cadence::Once => &self.once,
            Cadence::Yearly => &self.yearly,
        };
        native.try_map(|amount| {
            round_half_even(&(BigRational::from_integer(amount.0.into()) * factor)).map(Amount)
        })
    }
}

/// A total times a weight.
pub(super) fn weighted(total: Spread, weight: Exact) -> Result<Spread, Overflow> {
    let weight = weight.to_big();
    total.try_map(|amount| {
        round_half_even(&(BigRational::from_integer(amount.0.into()) * &weight)).map(Amount)
    })
}
