//! Exchange rates: the latest on or before a date, inverted and crossed through the euro, exactly.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;

use super::schema::base::FxFile;
use crate::money::{Currency, Exact, Overflow};

/// Days after which a rate is old enough to be warned of.
pub const STALE_AFTER_DAYS: i32 = 45;

/// A rate with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Units of the target for one unit of the origin.
    pub rate: Exact,
    /// Of when; for a crossed rate the older of the two. None where the strategy gave it undated.
    pub date: Option<Date>,
    /// Who says so.
    pub source: Arc<str>,
}

/// Why there is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRate {
    /// Neither the pair nor a crossing through the euro is known.
    #[error("no exchange rate {from}/{to}: add it to fx.yaml, or to the strategy under `fx:`")]
    Unknown {
        /// From this.
        from: Currency,
        /// To this.
        to: Currency,
    },
    /// The pair is known, but only later.
    #[error("no exchange rate {base}/{quote} on or before {as_of}: the first in fx.yaml is of {first}")]
    NotYet {
        /// One unit of this.
        base: Currency,
        /// In units of this.
        quote: Currency,
        /// The date asked for.
        as_of: Date,
        /// The first date known.
        first: Date,
    },
    /// The crossed rate cannot be held exactly.
    #[error("the exchange rate {from}/{to} cannot be held exactly")]
    Overflow {
        /// From this.
        from: Currency,
        /// To this.
        to: Currency,
    },
}

/// What a strategy says instead of `fx.yaml`: by (base, quote), a rate and its source.
pub type Overrides = BTreeMap<(Currency, Currency), (Exact, Arc<str>)>;

/// The rates of one date.
#[derive(Debug, Clone, Copy)]
pub struct Rates<'a> {
    /// `fx.yaml`.
    pub file: &'a FxFile,
    /// The strategy's own.
    pub overrides: &'a Overrides,
    /// The date they are held at.
    pub as_of: Date,
}

impl Rates<'_> {
    /// What one unit of `from` is in `to`.
    ///
    /// # Errors
    /// [`NoRate`], which says what to add and where.
    pub fn quote(&self, from: Currency, to: Currency) -> Result<Quote, NoRate> {
        if from == to {
            return Ok(Quote { rate: Exact::ONE, date: None, source: "same currency".into() });
        }
        if let Some(found) = self.direct(from, to)? {
            return Ok(found);
        }
        let unknown = NoRate::Unknown { from, to };
        if from == Currency::EUR || to == Currency::EUR {
            return Err(unknown);
        }
        match (self.direct(from, Currency::EUR)?, self.direct(Currency::EUR, to)?) {
            (Some(first), Some(second)) => {
                cross(&first, &second).map_err(|Overflow| NoRate::Overflow { from, to })
            }
            _ => Err(unknown),
        }
    }

    /// The pair itself or its inverse; the strategy's own first.
    fn direct(&self, from: Currency, to: Currency) -> Result<Option<Quote>, NoRate> {
        let overflow = |Overflow| NoRate::Overflow { from, to };
        if let Some((rate, source)) = self.overrides.get(&(from, to)) {
            return Ok(Some(Quote { rate: *rate, date: None, source: Arc::clone(source) }));
        }
        if let Some((rate, source)) = self.overrides.get(&(to, from)) {
            let rate = Exact::ONE.div(*rate).map_err(overflow)?;
            return Ok(Some(Quote { rate, date: None, source: Arc::clone(source) }));
        }
        if let Some((date, rate)) = self.dated(from, to)? {
            return Ok(Some(Quote { rate, date: Some(date), source: Arc::clone(&self.file.source) }));
        }
        let Some((date, rate)) = self.dated(to, from)? else { return Ok(None) };
        let rate = Exact::ONE.div(rate).map_err(overflow)?;
        Ok(Some(Quote { rate, date: Some(date), source: Arc::clone(&self.file.source) }))
    }

    fn dated(&self, base: Currency, quote: Currency) -> Result<Option<(Date, Exact)>, NoRate> {
        let Some(dated) = self.file.rates.get(&(base, quote)) else { return Ok(None) };
        if let Some(found) = dated.iter().rev().find(|(date, _)| *date <= self.as_of) {
            return Ok(Some(*found));
        }
        match dated.first() {
            Some((first, _)) => Err(NoRate::NotYet { base, quote, as_of: self.as_of, first: *first }),
            None => Ok(None),
        }
    }
}

fn cross(first: &Quote, second: &Quote) -> Result<Quote, Overflow> {
    let source = if first.source == second.source {
        Arc::clone(&first.source)
    } else {
        format!("{}; {}", first.source, second.source).into()
    };
    let date = first.date.into_iter().chain(second.date).min();
    Ok(Quote { rate: first.rate.mul(second.rate)?, date, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[track_caller]
    fn check(from: &str, to: &str, as_of: &str, expected: &str) {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let rate = |text: &str| Exact::parse(text, 9).unwrap();
        let eur = Currency::EUR;
        let file = FxFile {
            source: "test".into(),
            rates: BTreeMap::from([
                (
                    (eur, currency("BRL")),
                    vec![(day("2026-10-01"), rate("6")), (day("2026-10-30"), rate("6.4"))],
                ),
                ((eur, currency("USD")), vec![(day("2026-10-30"), rate("1.25"))]),
            ]),
        };
        let overrides = Overrides::from([((eur, currency("CNY")), (rate("8"), "budget".into()))]);
        let rates = Rates { file: &file, overrides: &overrides, as_of: day(as_of) };
        let found = match rates.quote(currency(from), currency(to)) {
            Ok(quote) => format!("{} {:?} {}", quote.rate, quote.date.map(|d| d.to_string()), quote.source),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn rates_are_found_inverted_crossed_and_overridden() {
        check("EUR", "BRL", "2026-11-23", r#"6.4 Some("2026-10-30") test"#);
        check("EUR", "BRL", "2026-10-29", r#"6 Some("2026-10-01") test"#);
        check("USD", "EUR", "2026-11-23", r#"0.8 Some("2026-10-30") test"#);
        check("USD", "BRL", "2026-11-23", r#"5.12 Some("2026-10-30") test"#);
        check("CNY", "EUR", "2026-11-23", "0.125 None budget");
        check("CNY", "BRL", "2026-11-23", r#"0.8 Some("2026-10-30") budget; test"#);
        check("BRL", "BRL", "2026-11-23", "1 None same currency");
    }

    #[test]
    fn a_missing_rate_says_what_to_add() {
        let missing = "no exchange rate USD/JPY: add it to fx.yaml, or to the strategy under `fx:`";
        check("USD", "JPY", "2026-11-23", missing);
        let early = "no exchange rate EUR/USD on or before 2026-10-02: the first in fx.yaml is of 2026-10-30";
        check("EUR", "USD", "2026-10-02", early);
    }
}
