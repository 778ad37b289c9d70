//! The closed list of types a need can have, and what each becomes in Rust.

use crate::{Amount, Count, Ratio};

/// A type a fact, param or demand can have; the same list as in rule files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// true or false: [`bool`].
    Flag,
    /// A whole number: [`Count`].
    Count,
    /// A share or rate: [`Ratio`].
    Ratio,
    /// Money in the case's currency: [`Amount`].
    Money,
    /// Free text: [`String`].
    Text,
    /// One of declared values: [`OneOf`].
    OneOf,
    /// Some of declared values: [`Set`].
    Set,
    /// A calendar date: [`Date`].
    Date,
    /// A length of time with its unit: [`Period`].
    Period,
}

/// A value as the host gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nobody gave it, or it has no value in this period.
    Missing,
    /// true or false.
    Flag(bool),
    /// A whole number.
    Count(i64),
    /// Billionths.
    Ratio(i64),
    /// Ten-thousandths of a unit of the case's currency.
    Money(i64),
    /// Text, or one of declared values.
    Text(String),
    /// Distinct members, sorted.
    Set(Vec<String>),
    /// A calendar date.
    Date(Date),
    /// A length of time.
    Period(Period),
}

/// One of the values its declaration lists, such as a country: `cn`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOf(pub String);

/// Some of the values its declaration lists; distinct and sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Set(pub Vec<String>);

impl Set {
    /// A set of these members. For tests.
    pub fn of<'a>(members: impl IntoIterator<Item = &'a str>) -> Self {
        let mut members: Vec<_> = members.into_iter().map(str::to_owned).collect();
        members.sort();
        members.dedup();
        Self(members)
    }

    /// Whether `member` is in it.
    #[must_use]
    pub fn contains(&self, member: &str) -> bool {
        self.0.iter().any(|m| m == member)
    }
}

/// A day of the calendar; month and day count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Such as 2026.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// A length of time in the unit the law counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// How many.
    pub n: u32,
    /// Of what.
    pub unit: TimeUnit,
}

/// What a [`Period`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// 60 minutes.
    Hour,
    /// Calendar days.
    Day,
    /// Days on which business is done.
    BusinessDay,
    /// Seven calendar days.
    Week,
    /// Calendar months.
    Month,
    /// Calendar years.
    Year,
}

/// A Rust type that a declared need is read into. `Option<T>` makes the need optional.
pub trait FromValue: Sized {
    /// What the need declares.
    const TYPE: ValueType;
    /// Whether the host must have a value.
    const REQUIRED: bool = true;
    /// The value, or `None` where it is missing or of another type.
    fn from_value(value: Value) -> Option<Self>;
}

impl<T: FromValue> FromValue for Option<T> {
    const TYPE: ValueType = T::TYPE;
    const REQUIRED: bool = false;
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Missing => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

macro_rules! values {
    ($($rust:ty: $type:ident = $variant:ident($inner:ident) => $read:expr, $write:expr;)*) => { $(
        impl FromValue for $rust {
            const TYPE: ValueType = ValueType::$type;
            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$variant($inner) => Some($read),
                    _ => None,
                }
            }
        }
        impl From<$rust> for Value {
            fn from($inner: $rust) -> Self {
                Self::$variant($write)
            }
        }
    )* };
}
values! {
    bool: Flag = Flag(v) => v, v;
    Count: Count = Count(v) => Self(v), v.0;
    Ratio: Ratio = Ratio(v) => Self(v), v.0;
    Amount: Money = Money(v) => Self(v), v.0;
    String: Text = Text(v) => v, v;
    OneOf: OneOf = Text(v) => Self(v), v.0;
    Set: Set = Set(v) => Self(v), v.0;
    Date: Date = Date(v) => v, v;
    Period: Period = Period(v) => v, v;
}
