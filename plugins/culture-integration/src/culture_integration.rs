//! What training takes and what distance loses, per person.

use landfall_plugin::{Amount, Count, Exact, Ratio};

/// One person's training: the hours, and the fee.
#[must_use]
pub fn training(hours: Count, hour: Amount, fee: Amount) -> Exact {
    hours * hour + fee
}

/// What one person loses a year: part of a salary, by distance, less what training avoids.
#[must_use]
pub fn loss(salary: Amount, at_full_distance: Ratio, distance: Ratio, avoided: Ratio) -> Exact {
    salary * at_full_distance * distance * avoided.rest()
}

#[cfg(test)]
mod tests {
    use landfall_plugin::{Amount, Count, Ratio, TestCase};

    use crate::CultureIntegration;

    fn case() -> TestCase<CultureIntegration> {
        TestCase::new()
            .fact("market.team_size", Count(20))
            .fact("market.cultural_distance", Ratio::percent(50))
            .fact("market.liaison_posts", Ratio::percent(150))
            .fact("market.trips", Count(6))
            .param("loaded_hour", Amount::units(60))
            .param("salary_year", Amount::units(100_000))
            .param("liaison_salary_year", Amount::units(80_000))
            .param("trip_cost", Amount::units(2_500))
            .param("productivity_loss", Ratio::percent(2))
            .param("half_day_hours", Count(4))
            .param("half_day_fee", Amount::units(110))
            .param("half_day_effect", Ratio::percent(10))
            .param("two_days_hours", Count(16))
            .param("two_days_fee", Amount::units(640))
            .param("two_days_effect", Ratio::percent(40))
    }

    #[test]
    fn every_term_by_hand() {
        // 16 × 60 + 640 a person; 100,000 × 2 % × 50 % × 60 % a person.
        assert_eq!(
            case().choice("training", "two_days").rendered(),
            "once training: 32000.0000 = 20.0000 person × 1600.0000\n\
             yearly liaison: 120000.0000 = 1.5000 post × 80000.0000\n\
             yearly trips: 15000.0000 = 6.0000 trip × 2500.0000\n\
             yearly lost productivity: 12000.0000 = 20.0000 person × 600.0000"
        );
    }

    #[test]
    fn without_training_nothing_is_paid_and_nothing_avoided() {
        let rendered = case().choice("training", "none").rendered();
        assert!(!rendered.contains("training"), "{rendered}");
        assert!(
            rendered.ends_with("lost productivity: 20000.0000 = 20.0000 person × 1000.0000"),
            "{rendered}"
        );
    }

    #[test]
    fn what_is_no_share_or_too_large_is_a_failure() {
        assert_eq!(
            case().fact("market.cultural_distance", Ratio::percent(200)).rendered(),
            "failure: `market.cultural_distance` must be from 0 % to 100 %"
        );
        assert_eq!(
            case().fact("market.trips", Count(i64::MAX)).rendered(),
            "failure: the amount is too large to be held exactly"
        );
    }
}
