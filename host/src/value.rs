//! The closed list of types that facts, params and demands have, and their values.
//!
//! One list everywhere: rule files, strategies, expressions and the plugin boundary. Depends on
//! `id` and `money` only.

use std::{collections::BTreeSet, fmt, sync::Arc};

use jiff::civil::Date;

use crate::money::{Exact, Grouped, Money};

/// A type a fact, param or demand can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueType {
    /// true or false.
    Flag,
    /// A whole number.
    Count,
    /// A share or rate; at most nine decimals; may be written in percent.
    Ratio,
    /// An amount with its currency; at most four decimals.
    Money,
    /// Free text.
    Text,
    /// One of declared values.
    OneOf,
    /// Some of declared values, in no order.
    Set,
    /// A calendar date.
    Date,
    /// A length of time with its unit: `72 hours`, `3 business_days`.
    Period,
}

impl ValueType {
    /// Every type.
    pub const ALL: [Self; 9] = [
        Self::Flag,
        Self::Count,
        Self::Ratio,
        Self::Money,
        Self::Text,
        Self::OneOf,
        Self::Set,
        Self::Date,
        Self::Period,
    ];

    /// Its name in files and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Count => "count",
            Self::Ratio => "ratio",
            Self::Money => "money",
            Self::Text => "text",
            Self::OneOf => "one_of",
            Self::Set => "set",
            Self::Date => "date",
            Self::Period => "period",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.as_str() == text)
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The unit of a [`Period`]. Which of them convert into each other is the law's business, not ours:
/// only hours, days and weeks, and months and years, have a fixed ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeUnit {
    /// 60 minutes.
    Hour,
    /// A calendar day.
    Day,
    /// A working day at the place.
    BusinessDay,
    /// Seven calendar days.
    Week,
    /// A calendar month.
    Month,
    /// Twelve months.
    Year,
}

impl TimeUnit {
    const NAMES: [(Self, &'static str, &'static str); 6] = [
        (Self::Hour, "hour", "hours"),
        (Self::Day, "day", "days"),
        (Self::BusinessDay, "business_day", "business_days"),
        (Self::Week, "week", "weeks"),
        (Self::Month, "month", "months"),
        (Self::Year, "year", "years"),
    ];

    /// This unit as a multiple of the base of its family (hours, business days or months).
    const fn base(self) -> (u8, u64) {
        match self {
            Self::Hour => (0, 1),
            Self::Day => (0, 24),
            Self::Week => (0, 168),
            Self::BusinessDay => (1, 1),
            Self::Month => (2, 1),
            Self::Year => (2, 12),
        }
    }
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    /// How many.
    pub n: u32,
    /// Of what.
    pub unit: TimeUnit,
}

impl Period {
    /// Reads `72 hours`, `3 business_days`, `1 month`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (n, unit) = text.split_once(' ')?;
        let unit = TimeUnit::NAMES
            .iter()
            .find(|(_, one, many)| unit == *one || unit == *many)
            .map(|(unit, ..)| *unit)?;
        Some(Self { n: n.parse().ok()?, unit })
    }

    /// How two lengths compare; none where their units have no fixed ratio (hours and business days).
    #[must_use]
    pub fn compare(self, other: Self) -> Option<std::cmp::Ordering> {
        let ((family, unit), (other_family, other_unit)) = (self.unit.base(), other.unit.base());
        (family == other_family).then(|| (u64::from(self.n) * unit).cmp(&(u64::from(other.n) * other_unit)))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = TimeUnit::NAMES
            .iter()
            .find(|(unit, ..)| *unit == self.unit)
            .map_or("", |(_, one, many)| if self.n == 1 { one } else { many });
        write!(f, "{} {name}", self.n)
    }
}

/// A value of one of the types. `Text` carries both `text` and `one_of`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// true or false.
    Flag(bool),
    /// A whole number.
    Count(i64),
    /// A share or rate, as a fraction: 2 % is 0.02.
    Ratio(Exact),
    /// An amount.
    Money(Money),
    /// Text, or one of declared values.
    Text(Arc<str>),
    /// Some of declared values.
    Set(Arc<BTreeSet<Arc<str>>>),
    /// A calendar date.
    Date(Date),
    /// A length of time.
    Period(Period),
}

/// For people: thousands grouped, flags as `true`/`false`, sets in braces.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Count(n) => write!(f, "{}", Grouped(Exact::whole(*n))),
            Self::Ratio(ratio) => write!(f, "{}", Percent(*ratio)),
            Self::Money(money) => write!(f, "{money}"),
            Self::Text(text) => f.write_str(text),
            Self::Set(set) => {
                f.write_str("[")?;
                for (i, member) in set.iter().enumerate() {
                    write!(f, "{}{member}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Date(date) => write!(f, "{date}"),
            Self::Period(period) => write!(f, "{period}"),
        }
    }
}

/// A ratio written in percent.
#[derive(Debug, Clone, Copy)]
pub struct Percent(pub Exact);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.mul(Exact::whole(100)) {
            Ok(percent) => write!(f, "{percent}%"),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    #[test]
    fn periods_compare_only_where_their_units_have_a_fixed_ratio() {
        let period = |text| Period::parse(text).unwrap();
        assert_eq!(period("72 hours").compare(period("3 days")), Some(Ordering::Equal));
        assert_eq!(period("1 year").compare(period("11 months")), Some(Ordering::Greater));
        assert_eq!(period("72 hours").compare(period("3 business_days")), None);
        assert_eq!(Period::parse("3 fortnights"), None);
        assert_eq!(period("1 month").to_string(), "1 month");
    }
}
