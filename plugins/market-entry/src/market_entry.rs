//! How much counsel a market takes.

use landfall_plugin::{Count, Exact, Ratio};

/// Hours of counsel: every question takes its hours, less what the company knows already.
#[must_use]
pub fn counsel_hours(questions: Count, hours_each: Count, familiarity: Ratio) -> Exact {
    questions * hours_each * familiarity.rest()
}

#[cfg(test)]
mod tests {
    use landfall_plugin::{Amount, Count, Ratio, Spread, TestCase, TestObligation};

    use crate::MarketEntry;

    fn case() -> TestCase<MarketEntry> {
        TestCase::new()
            .fact("market.familiarity", Ratio::percent(25))
            .fact("market.legal_questions", Count(10))
            .param("scan_days", Count(8))
            .param("analyst_day", Amount::units(500))
            .param("question_hours", Count(3))
            .param("counsel_hour", Amount::units(300))
            .param("registration_fees", Amount::units(750))
            .param("cross_border_set_up", Amount::units(1))
            .param("cross_border_yearly", Amount::units(2))
            .param("partner_set_up", Amount::units(20_000))
            .param("partner_yearly", Amount::units(8_000))
            .param("subsidiary_set_up", Amount::units(60_000))
            .param("subsidiary_yearly", Amount::units(45_000))
    }

    #[test]
    fn every_term_by_hand() {
        // 8 × 500; 10 × 3 × 75 % = 22.5 hours × 300.
        assert_eq!(
            case().choice("entry_mode", "partner").rendered(),
            "once market scan: 4000.0000 = 8.0000 day × 500.0000\n\
             once local counsel: 6750.0000 = 22.5000 hour × 300.0000\n\
             once entry set-up: 20000.0000\n\
             yearly entry running: 8000.0000\n\
             once registration: 750.0000"
        );
    }

    #[test]
    fn a_range_widens_prices_and_not_the_effort_of_obligations() {
        let effort = Spread::certain(Amount::units(7));
        let rendered = case()
            .choice("entry_mode", "subsidiary")
            .settings(r#"{"range": {"low": "800000000", "high": "1500000000"}}"#)
            .obligation(TestObligation::new().once(effort))
            .rendered();
        let lines: Vec<_> = rendered.lines().collect();
        assert_eq!(lines.first(), Some(&"once once (obligation 0): 7.0000"));
        assert!(lines.contains(&"yearly entry running: 36000.0000..45000.0000..67500.0000"), "{rendered}");
    }

    #[test]
    fn what_is_no_share_or_too_large_is_a_failure() {
        assert_eq!(
            case().fact("market.familiarity", Ratio::percent(101)).rendered(),
            "failure: `market.familiarity` must be from 0 % to 100 %"
        );
        assert_eq!(
            case().fact("market.legal_questions", Count(i64::MAX)).rendered(),
            "failure: the amount is too large to be held exactly"
        );
    }
}
