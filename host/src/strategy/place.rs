//! Where a fact stands in a strategy, and what it is counted in: `markets.br.users`, a count.
//!
//! Facts that are whole units of something (counts, ratios in billionths, money in ten-thousandths) are
//! [`Measure`]d: between two of them lies another, exactly.

use std::{collections::BTreeMap, fmt};

use super::{Given, Strategy};
use crate::{
    id::{JurisdictionId, Name},
    money::{AMOUNT_SCALE, Amount, Currency, Exact, Money, RATIO_SCALE},
    value::Value,
};

/// Where a fact stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactPath {
    /// Of what it is a fact.
    pub place: FactPlace,
    /// Its name.
    pub name: Name,
    /// Whether the rule file of the place declares it: it is read as `local.x`.
    pub local: bool,
}

/// Of what something is a fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactPlace {
    /// The company.
    Company,
    /// The product.
    Product,
    /// A market.
    Market(JurisdictionId),
    /// A region within a market.
    Region {
        /// The market.
        market: JurisdictionId,
        /// The region.
        region: JurisdictionId,
    },
}

/// As `--set` takes it.
impl fmt::Display for FactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.place {
            FactPlace::Company => write!(f, "company.{name}"),
            FactPlace::Product => write!(f, "product.{name}"),
            FactPlace::Market(market) => write!(f, "markets.{market}.{name}"),
            FactPlace::Region { market, region } => write!(f, "markets.{market}.within.{region}.{name}"),
        }
    }
}

impl Strategy {
    /// What the strategy says of a fact.
    #[must_use]
    pub fn fact(&self, path: &FactPath) -> Option<&Value> {
        match &path.place {
            FactPlace::Company => self.company.get(&path.name),
            FactPlace::Product => self.product.get(&path.name),
            FactPlace::Market(market) => path.of(&self.markets.get(market)?.given).get(&path.name),
            FactPlace::Region { market, region } => {
                path.of(self.markets.get(market)?.within.get(region)?).get(&path.name)
            }
        }
    }

    /// Says something else of a fact; nothing of a market that the strategy does not have.
    pub fn put(&mut self, path: &FactPath, value: Value) {
        let facts = match &path.place {
            FactPlace::Company => Some(&mut self.company),
            FactPlace::Product => Some(&mut self.product),
            FactPlace::Market(market) => {
                self.markets.get_mut(market).map(|market| path.of_mut(&mut market.given))
            }
            FactPlace::Region { market, region } => self
                .markets
                .get_mut(market)
                .and_then(|market| market.within.get_mut(region))
                .map(|given| path.of_mut(given)),
        };
        if let Some(facts) = facts {
            facts.insert(path.name.clone(), value);
        }
    }
}

impl FactPath {
    fn of<'g>(&self, given: &'g Given) -> &'g BTreeMap<Name, Value> {
        if self.local { &given.local } else { &given.facts }
    }

    fn of_mut<'g>(&self, given: &'g mut Given) -> &'g mut BTreeMap<Name, Value> {
        if self.local { &mut given.local } else { &mut given.facts }
    }
}

/// What a fact is whole units of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Things.
    Count,
    /// Billionths.
    Ratio,
    /// Ten-thousandths of a unit of this currency.
    Money(Currency),
}

impl Measure {
    /// A value with what it is counted in; none for one that is not counted, or beyond 64 bits.
    #[must_use]
    pub fn of(value: &Value) -> Option<(Self, i64)> {
        match value {
            Value::Count(n) => Some((Self::Count, *n)),
            Value::Ratio(ratio) => Some((Self::Ratio, ratio.round(RATIO_SCALE).ok()?)),
            Value::Money(money) => Some((Self::Money(money.currency), money.value.round(AMOUNT_SCALE).ok()?)),
            Value::Flag(_) | Value::Text(_) | Value::Set(_) | Value::Date(_) | Value::Period(_) => None,
        }
    }

    /// So many units.
    #[must_use]
    pub fn value(self, units: i64) -> Value {
        match self {
            Self::Count => Value::Count(units),
            Self::Ratio => Value::Ratio(Exact::scaled(units, RATIO_SCALE)),
            Self::Money(currency) => Value::Money(Money { value: Amount(units).to_exact(), currency }),
        }
    }

    /// So many units as a strategy says it, with every digit: `1000`, `0.02`, `12.5000 BRL`.
    #[must_use]
    pub fn text(self, units: i64) -> String {
        match self {
            Self::Count => units.to_string(),
            Self::Ratio => Exact::scaled(units, RATIO_SCALE).to_string(),
            Self::Money(currency) => format!("{} {currency}", Amount(units)),
        }
    }
}
