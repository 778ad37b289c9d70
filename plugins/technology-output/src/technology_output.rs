//! Prices at a site, hours of support, months to years.

use landfall_plugin::{Amount, Count, Exact, Ratio};

/// A price at home, at the level of a site, with the surcharge for availability.
#[must_use]
pub fn hosting_price(at_home: Amount, factor: Ratio, availability: Ratio) -> Exact {
    at_home * factor * (Exact::ONE + availability)
}

/// A monthly volume over a year.
#[must_use]
pub fn a_year(monthly: Count) -> Exact {
    monthly * MONTHS_PER_YEAR
}

/// Paid hours that answer so many tickets. Nothing paid goes into tickets at a utilisation of 0 %:
/// that is an overflow.
#[must_use]
pub fn paid_hours(tickets: Exact, minutes: Count, utilisation: Ratio) -> Exact {
    tickets * minutes / MINUTES_PER_HOUR / utilisation
}

const MONTHS_PER_YEAR: i64 = 12;
const MINUTES_PER_HOUR: i64 = 60;

#[cfg(test)]
mod tests {
    use landfall_plugin::{Amount, Count, Ratio, TestCase, TestObligation};

    use crate::TechnologyOutput;

    fn case() -> TestCase<TechnologyOutput> {
        TestCase::new()
            .fact("market.monthly_tokens", Count(500_000_000))
            .fact("market.monthly_tickets", Count(1_000))
            .fact("product.localisation_days", Count(30))
            .param("tokens_per_million", Amount::units(2))
            .param("node_year", Amount::units(10_000))
            .param("availability_uplift", Ratio::percent(10))
            .param("home_set_up", Amount::ZERO)
            .param("home_nodes", Count(0))
            .param("home_factor", Ratio::ONE)
            .param("regional_hub_set_up", Amount::units(5_000))
            .param("regional_hub_nodes", Count(1))
            .param("regional_hub_factor", Ratio::percent(110))
            .param("local_cloud_set_up", Amount::units(20_000))
            .param("local_cloud_nodes", Count(3))
            .param("local_cloud_factor", Ratio::percent(150))
            .param("ticket_minutes", Count(12))
            .param("agent_hour", Amount::units(25))
            .param("agent_utilisation", Ratio::percent(80))
            .param("engineer_day", Amount::units(600))
            .param("localisation_upkeep", Ratio::percent(15))
            .param("mark_per_medium", Amount::units(8_000))
            .param("mark_upkeep", Ratio::percent(20))
    }

    #[test]
    fn every_term_by_hand() {
        // 6,000 million tokens × 2 × 150 % × 110 %; 12,000 × 12 ÷ 60 ÷ 80 % hours; 30 × 15 % days.
        let marks = TestObligation::new().demand("media", Count(2));
        assert_eq!(
            case().choice("hosting", "local_cloud").obligation(marks).rendered(),
            "once hosting set-up: 20000.0000\n\
             yearly hosting nodes: 49500.0000 = 3.0000 node × 16500.0000\n\
             yearly hosting tokens: 19800.0000 = 6000.0000 1,000,000 tokens × 3.3000\n\
             yearly support: 75000.0000 = 3000.0000 hour × 25.0000\n\
             once localisation: 18000.0000 = 30.0000 day × 600.0000\n\
             yearly localisation upkeep: 2700.0000 = 4.5000 day × 600.0000\n\
             once marks (obligation 0): 16000.0000 = 2.0000 medium × 8000.0000\n\
             yearly marks upkeep (obligation 0): 3200.0000 = 2.0000 medium × 1600.0000"
        );
    }

    #[test]
    fn from_home_only_tokens_cost() {
        let rendered = case().choice("hosting", "home").rendered();
        let hosting: Vec<_> = rendered.lines().filter(|line| line.contains("hosting")).collect();
        assert_eq!(
            hosting,
            [
                "once hosting set-up: 0.0000",
                "yearly hosting nodes: 0.0000 = 0.0000 node × 11000.0000",
                "yearly hosting tokens: 13200.0000 = 6000.0000 1,000,000 tokens × 2.2000",
            ]
        );
    }

    #[test]
    fn what_cannot_be_or_is_too_large_is_a_failure() {
        assert_eq!(
            case().param("agent_utilisation", Ratio::ZERO).rendered(),
            "failure: `agent_utilisation` must be above 0 % and at most 100 %"
        );
        assert_eq!(
            case().fact("market.monthly_tickets", Count(i64::MAX)).rendered(),
            "failure: the amount is too large to be held exactly"
        );
    }
}
