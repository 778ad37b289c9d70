//! One row of the table: a ratio or another number, its goal, and what it was made of.

use crate::rounds::{Side, spread};

/// What a number should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Goal {
    /// Lower is better.
    AtMost(f64),
    /// Higher is better.
    AtLeast(f64),
    /// Reported, and held against nothing; a higher number is worse.
    ReportLower,
    /// Reported, and held against nothing; a lower number is worse.
    ReportHigher,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// How often one fits into the other. The only unit that `--check` compares.
    Ratio,
    /// Milliseconds.
    Milliseconds,
    /// Mebibytes.
    Mebibytes,
    /// Seconds.
    Seconds,
}

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Whose.
    pub(crate) scenario: &'static str,
    /// `landfall / bare`: what is divided by what.
    pub(crate) name: String,
    /// What it should be.
    pub(crate) goal: Goal,
    /// What it counts.
    pub(crate) unit: Unit,
    /// Of the rounds.
    pub(crate) median: f64,
    /// The lowest of the rounds.
    pub(crate) low: f64,
    /// The highest of the rounds.
    pub(crate) high: f64,
    /// Names with what they were, such as absolute times.
    pub(crate) context: Vec<(String, String)>,
}

impl Row {
    /// `over / under`, round by round.
    pub(crate) fn ratio(scenario: &'static str, over: &Side, under: &Side, goal: Goal) -> Self {
        let pairs = over.nanoseconds.iter().zip(&under.nanoseconds);
        let ratios: Vec<f64> = pairs.map(|(over, under)| over / under).collect();
        let name = format!("{} / {}", over.name, under.name);
        let mut row = Self::of(scenario, &name, Unit::Ratio, goal, &ratios);
        for side in [over, under] {
            row.context.push((side.name.clone(), time(side.median())));
        }
        row
    }

    /// A number that is no ratio of times, round by round.
    pub(crate) fn of(scenario: &'static str, name: &str, unit: Unit, goal: Goal, values: &[f64]) -> Self {
        let (low, median, high) = spread(values);
        Self { scenario, name: name.to_owned(), goal, unit, median, low, high, context: Vec::new() }
    }

    /// With something to know about it.
    #[must_use]
    pub(crate) fn with(mut self, what: &str, value: impl ToString) -> Self {
        self.context.push((what.to_owned(), value.to_string()));
        self
    }

    /// Whether the median is what it should be; none where there is no goal.
    pub(crate) fn met(&self) -> Option<bool> {
        match self.goal {
            Goal::AtMost(most) => Some(self.median <= most),
            Goal::AtLeast(least) => Some(self.median >= least),
            Goal::ReportLower | Goal::ReportHigher => None,
        }
    }

    /// In one line.
    pub(crate) fn said(&self) -> String {
        let context: Vec<String> =
            self.context.iter().map(|(what, value)| format!("{what} {value}")).collect();
        format!(
            "{}: {} ({} to {}), {}; {}",
            self.name,
            self.shown(self.median),
            self.shown(self.low),
            self.shown(self.high),
            self.goal.said(),
            context.join(", ")
        )
    }

    /// A number of this row, with its unit.
    pub(crate) fn shown(&self, value: f64) -> String {
        let number = number(value);
        match self.unit {
            Unit::Ratio => format!("{number} ×"),
            Unit::Milliseconds => format!("{number} ms"),
            Unit::Mebibytes => format!("{number} MiB"),
            Unit::Seconds => format!("{number} s"),
        }
    }
}

impl Goal {
    /// As the table says it.
    pub(crate) fn said(self) -> String {
        match self {
            Self::AtMost(most) => format!("at most {}", number(most)),
            Self::AtLeast(least) => format!("at least {}", number(least)),
            Self::ReportLower | Self::ReportHigher => "reported".to_owned(),
        }
    }

    /// Whether a lower number is better.
    pub(crate) const fn lower_is_better(self) -> bool {
        matches!(self, Self::AtMost(_) | Self::ReportLower)
    }
}

impl Unit {
    /// As JSON says it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ratio => "ratio",
            Self::Milliseconds => "ms",
            Self::Mebibytes => "MiB",
            Self::Seconds => "s",
        }
    }
}

/// Three significant digits, and no more than three behind the point.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        large if large >= 100.0 => 0,
        large if large >= 10.0 => 1,
        large if large >= 0.1 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// `41.2 µs`.
pub(crate) fn time(nanoseconds: f64) -> String {
    for (unit, name) in [(1e9, "s"), (1e6, "ms"), (1e3, "µs")] {
        if nanoseconds >= unit {
            return format!("{} {name}", number(nanoseconds / unit));
        }
    }
    format!("{} ns", number(nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_count() {
        assert_eq!(number(1234.6), "1235");
        assert_eq!(number(41.26), "41.3");
        assert_eq!(number(1.6), "1.6");
        assert_eq!(number(2.0), "2");
        assert_eq!(number(0.0457), "0.046");
        assert_eq!(time(41_260.0), "41.3 µs");
    }

    #[test]
    fn a_ratio_is_taken_in_each_round() {
        let side = |name: &str, ns: &[f64]| Side { name: name.into(), nanoseconds: ns.to_vec() };
        let (over, under) = (side("landfall", &[2.0, 6.0, 3.0]), side("bare", &[1.0, 2.0, 3.0]));
        let row = Row::ratio("stage", &over, &under, Goal::AtMost(1.6));
        assert_eq!((row.low, row.median, row.high), (1.0, 2.0, 3.0));
        assert_eq!(row.met(), Some(false));
    }
}
