//! Amounts for people. Exact until the last step, which rounds half to even and remembers that it did.

use std::cell::Cell;

use crate::{
    money::{Exact, group_thousands},
    protocol::{Answer, Report, Spread},
};

/// What stands where there is no number.
pub(super) const NONE: &str = "—";

/// What amounts of an answer are shown in.
#[derive(Debug)]
pub(super) struct Unit {
    scale: Exact,
    /// `万元`, or the currency.
    pub(super) label: String,
    /// Decimals in a table's cells: a report unit is coarse, a currency unit is fine.
    pub(super) places: u32,
    rounded: Cell<bool>,
}

impl Unit {
    /// The unit the strategy asks for, else the currency.
    pub(super) fn of(answer: &Answer) -> Self {
        Self::named(answer.report.as_ref(), &answer.currency)
    }

    /// The same where there is no answer around it.
    pub(super) fn named(report: Option<&Report>, currency: &str) -> Self {
        let rounded = Cell::new(false);
        match report {
            Some(report) => {
                let scale = Exact::whole(i64::try_from(report.scale.max(1)).unwrap_or(i64::MAX));
                Self { scale, label: super::escape::terminal(&report.label), places: 2, rounded }
            }
            None => Self { scale: Exact::ONE, label: super::escape::terminal(currency), places: 0, rounded },
        }
    }

    /// For a cell of a table: `3,400.00`.
    pub(super) fn cell(&self, amount: &str) -> String {
        self.round(amount, self.places)
    }

    /// For a sentence: `3,400.00 万元`.
    pub(super) fn say(&self, amount: &str) -> String {
        format!("{} {}", self.round(amount, 2), self.label)
    }

    /// Low and high, where they differ: `1,000.00 – 2,000.00`.
    pub(super) fn range(&self, spread: &Spread) -> Option<String> {
        (spread.low != spread.high)
            .then(|| format!("{} – {}", self.round(&spread.low, 2), self.round(&spread.high, 2)))
    }

    /// Whether something was shown with fewer digits than it has.
    pub(super) const fn has_rounded(&self) -> bool {
        self.rounded.get()
    }

    fn round(&self, amount: &str, places: u32) -> String {
        match self.try_round(amount, places) {
            Some((text, exact)) => {
                self.rounded.set(self.rounded.get() || !exact);
                text
            }
            // Not a number of ours, or too large to round: shown as it came.
            None => super::escape::terminal(amount),
        }
    }

    fn try_round(&self, amount: &str, places: u32) -> Option<(String, bool)> {
        let value = Exact::parse(amount, 4).ok()?.div(self.scale).ok()?;
        let factor = 10_i64.checked_pow(places)?;
        let rounded = value.round(factor).ok()?;
        Some((fixed(rounded, places, factor), Exact::scaled(rounded, factor) == value))
    }
}

/// Every digit that says something, two decimals at least: `1,000.00`, `0.0125`.
pub(super) fn full(amount: &str) -> String {
    let Ok(value) = Exact::parse(amount, 4) else { return super::escape::terminal(amount) };
    let text = value.to_string();
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let padding = match decimals {
        0 => ".00",
        1 => "0",
        _ => "",
    };
    group_thousands(&format!("{text}{padding}"))
}

/// `1,000.00 (500.00 – 2,000.00)`: likely, and the range where there is one.
pub(super) fn full_spread(spread: &Spread, currency: &str) -> String {
    let likely = format!("{} {}", full(&spread.likely), super::escape::terminal(currency));
    match spread.low == spread.high {
        true => likely,
        false => format!("{likely} ({} – {})", full(&spread.low), full(&spread.high)),
    }
}

/// Σ of amounts, each with at most four decimals; none where one is no number or the sum too large.
pub(super) fn sum<'a>(amounts: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let total = amounts
        .into_iter()
        .try_fold(Exact::ZERO, |total, amount| total.add(Exact::parse(amount, 4).ok()?).ok())?;
    Some(total.to_string())
}

/// `0.9722` as `97.2%`.
pub(super) fn percent(share: &str) -> String {
    let per_mille = Exact::parse(share, 4).ok().and_then(|share| share.round(1000).ok());
    per_mille.map_or_else(|| super::escape::terminal(share), |n| format!("{}%", fixed(n, 1, 10)))
}

fn fixed(n: i64, places: u32, factor: i64) -> String {
    let sign = if n < 0 { "-" } else { "" };
    let (magnitude, factor) = (n.unsigned_abs(), factor.unsigned_abs());
    let whole = magnitude / factor;
    group_thousands(&match places {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{:0width$}", magnitude % factor, width = places as usize),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn amounts_are_shown_in_the_unit_asked_for() {
        let unit = Unit::of(&fixture::seed().answer);
        assert_eq!(unit.say("34000000.0000"), "3,400.00 万元");
        assert!(!unit.has_rounded());
        assert_eq!(unit.say("49.9999"), "0.00 万元");
        assert!(unit.has_rounded());
    }

    #[test]
    fn full_amounts_keep_every_digit() {
        for (amount, expected) in
            [("1000.0000", "1,000.00"), ("0.0125", "0.0125"), ("-1234.5000", "-1,234.50"), ("n/a", "n/a")]
        {
            assert_eq!(full(amount), expected);
        }
        assert_eq!(percent("0.9722"), "97.2%");
        assert_eq!(sum(["0.1000", "0.2000"]).as_deref(), Some("0.3"));
    }
}
