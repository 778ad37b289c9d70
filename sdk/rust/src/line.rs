//! Line items: one amount with its cadence and its reason.

use std::fmt;

use crate::{Exact, Ground, Grounded, Obligation, Overflow, Spread, Volume};

/// Paid once or every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cadence {
    /// In the first period in which the line appears.
    Once,
    /// Every year; the host takes parts of years into account.
    Yearly,
}

/// A count times a price, which the host checks against the line's amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// How many of `unit`.
    pub count: Volume,
    /// In the singular: `hour`, `1,000 words`.
    pub unit: &'static str,
    /// Of one `unit`.
    pub price: Spread,
}

/// What a line costs, and, where it is one, as a count times a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// The whole of it.
    pub amount: Spread,
    /// How it came about.
    pub quantity: Option<Quantity>,
}

impl Cost {
    /// `count` units at `price` each. The count is rounded to ten-thousandths of a unit, then the
    /// product to ten-thousandths of the currency: exactly what the host computes again.
    ///
    /// ```
    /// use landfall_plugin::{Amount, Cost, Count, Spread};
    /// let words = Count(71_000) / 1_000;
    /// let cost = Cost::count(words, "1,000 words", Spread::certain(Amount::units(130))).unwrap();
    /// assert_eq!(cost.amount, Spread::certain(Amount::units(9_230)));
    /// ```
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn count(count: impl Into<Exact>, unit: &'static str, price: Spread) -> Result<Self, Overflow> {
        let count = count.into().volume()?;
        Ok(Self { amount: price.times(count)?, quantity: Some(Quantity { count, unit, price }) })
    }
}

impl From<Spread> for Cost {
    fn from(amount: Spread) -> Self {
        Self { amount, quantity: None }
    }
}

/// One line of a plugin's answer.
///
/// ```
/// use landfall_plugin::{Amount, Line, Spread};
/// let line = Line::yearly("liaison", Spread::certain(Amount::units(90_000)));
/// assert_eq!(line.to_string(), "yearly liaison: 90000.0000");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Index of its obligation in the case.
    pub obligation: Option<u32>,
    /// What it is for. Carries no values: with its obligation it is the line's identity over time.
    pub label: String,
    /// Once or yearly.
    pub cadence: Cadence,
    /// What it costs.
    pub cost: Cost,
    /// What it rests on.
    pub used: Vec<Ground>,
}

impl Line {
    /// A line paid once.
    pub fn once(label: impl Into<String>, cost: impl Into<Cost>) -> Self {
        Self::new(Cadence::Once, label, cost)
    }

    /// A line paid every year.
    pub fn yearly(label: impl Into<String>, cost: impl Into<Cost>) -> Self {
        Self::new(Cadence::Yearly, label, cost)
    }

    /// A line of that cadence.
    pub fn new(cadence: Cadence, label: impl Into<String>, cost: impl Into<Cost>) -> Self {
        Self { obligation: None, label: label.into(), cadence, cost: cost.into(), used: Vec::new() }
    }

    /// The obligation this line meets: the host adds its citations and what triggered it.
    #[must_use]
    pub fn of<D, K>(mut self, obligation: &Obligation<D, K>) -> Self {
        self.obligation = Some(obligation.index);
        self
    }

    /// The facts, params, choices and demands this line rests on, each named once.
    #[must_use]
    pub fn used(mut self, grounds: &[&dyn Grounded]) -> Self {
        for given in grounds {
            given.add_to(&mut self.used);
        }
        self
    }
}

/// `once scan: 1200.0000 = 3.0000 day × 400.0000`, for tests and logs.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cadence = match self.cadence {
            Cadence::Once => "once",
            Cadence::Yearly => "yearly",
        };
        write!(f, "{cadence} {}", self.label)?;
        if let Some(obligation) = self.obligation {
            write!(f, " (obligation {obligation})")?;
        }
        write!(f, ": {}", self.cost.amount)?;
        match &self.cost.quantity {
            Some(Quantity { count, unit, price }) => write!(f, " = {count} {unit} × {price}"),
            None => Ok(()),
        }
    }
}
