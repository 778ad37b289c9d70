//! The amount a rule file states, as a line.

use landfall_plugin::{Cadence, Line, Spread, settings};

settings! {
    /// What the rule file says.
    pub struct Settings {
        /// What it costs.
        pub amount: Spread = "amount",
        /// What it is for.
        pub label: Option<String> = "label",
        /// How often it is paid; once where left out.
        pub cadence: Option<Every> = "cadence",
    }
    schema = include_str!("../settings.json");
}

settings! {
    /// How often the amount is paid.
    pub enum Every {
        /// Once.
        Once = "once",
        /// Every year.
        Yearly = "yearly",
    }
}

/// One line of that amount.
#[must_use]
pub fn line(settings: Settings) -> Line {
    let cadence = match settings.cadence {
        None | Some(Every::Once) => Cadence::Once,
        Some(Every::Yearly) => Cadence::Yearly,
    };
    let label = settings.label.unwrap_or_else(|| "fixed cost".to_owned());
    Line::new(cadence, label, settings.amount)
}

#[cfg(test)]
mod tests {
    use landfall_plugin::{TestCase, TestObligation};

    use crate::FixedCost;

    #[track_caller]
    fn check(settings: &str, expected: &str) {
        assert_eq!(TestCase::<FixedCost>::new().settings(settings).rendered(), expected);
    }

    #[test]
    fn the_stated_amount_is_the_cost() {
        check(r#"{"amount": "10000000000"}"#, "once fixed cost: 1000000.0000");
        check(r#"{"amount": "5", "label": "team", "cadence": "yearly"}"#, "yearly team: 0.0005");
        check(
            r#"{"amount": {"low": "10000", "likely": "20000", "high": "30000"}}"#,
            "once fixed cost: 1.0000..2.0000..3.0000",
        );
    }

    #[test]
    fn the_largest_amount_is_exact() {
        check(r#"{"amount": "9223372036854775807"}"#, "once fixed cost: 922337203685477.5807");
    }

    #[test]
    fn obligations_are_refused_rather_than_lost() {
        let case = TestCase::<FixedCost>::new().settings(r#"{"amount": "1"}"#);
        assert_eq!(
            case.obligation(TestObligation::new()).rendered(),
            "failure: fixed-cost costs no obligations: let another plugin cost them"
        );
    }
}
