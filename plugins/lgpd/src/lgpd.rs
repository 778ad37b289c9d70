//! How many requests and destinations.

use landfall_plugin::{Count, Exact, Set};

/// Requests a year.
#[must_use]
pub fn requests(identities: Count, per_million: Count) -> Exact {
    identities * per_million / 1_000_000
}

/// How many destinations no adequacy decision covers.
#[must_use]
pub fn without_adequacy(destinations: &Set, adequate: &Set) -> Count {
    let without = destinations.0.iter().filter(|country| !adequate.contains(country));
    without.fold(Count(0), |Count(n), _| Count(n.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use landfall_plugin::{Amount, Count, Ratio, Set, Spread, TestCase, TestObligation};

    use crate::Lgpd;

    fn case() -> TestCase<Lgpd> {
        TestCase::new()
            .fact("company.privacy_maturity", Ratio::percent(50))
            .fact("market.users", Count(2_500_000))
            .fact("market.transfer_destinations", Set::of(["cn", "de", "us"]))
            .param("programme_reuse", Ratio::percent(60))
            .param("programme_saves_once", Ratio::percent(100))
            .param("programme_saves_yearly", Ratio::percent(50))
            .param("requests_per_million", Count(266))
            .param("request_price_per_1000", Amount::units(1_000_000))
            .param("adequate_countries", Set::of(["de", "fr"]))
            .param("transfer_clauses", Amount::units(4_000))
            .param("transfer_publication", Amount::units(600))
    }

    #[track_caller]
    fn check(case: &TestCase<Lgpd>, expected: &[&str]) {
        let rendered = case.rendered().replace(" (obligation 0)", "");
        assert_eq!(rendered.lines().collect::<Vec<_>>(), expected);
    }

    fn effort() -> TestObligation {
        let certain = Spread::certain(Amount::units(1_000));
        TestObligation::new().once(certain).yearly(certain)
    }

    #[test]
    fn a_reused_programme_saves_its_part_of_effort() {
        // 1 − 50 % × 60 % × 100 %, and 1 − 50 % × 60 % × 50 %.
        check(&case().obligation(effort()), &["once once: 700.0000", "yearly yearly: 850.0000"]);
    }

    #[test]
    fn the_encarregado_is_paid_in_full() {
        check(
            &case().obligation(effort().known("dpo")),
            &["once once: 1000.0000", "yearly yearly: 1000.0000"],
        );
    }

    #[test]
    fn requests_come_with_the_number_of_people() {
        check(
            &case().obligation(TestObligation::new().known("subject_requests")),
            &["yearly requests: 665000.0000 = 0.6650 1,000 requests × 1000000.0000"],
        );
    }

    #[test]
    fn transfers_cost_where_adequacy_is_missing_and_are_shown_where_it_is_not() {
        let transfers = || TestObligation::new().known("transfers");
        check(
            &case().obligation(transfers()),
            &[
                "once transfer clauses: 8000.0000 = 2.0000 destination × 4000.0000",
                "yearly transfer publication: 600.0000 = 1.0000 page × 600.0000",
            ],
        );
        check(
            &case().fact("market.transfer_destinations", Set::of(["de"])).obligation(transfers()),
            &[
                "once transfer clauses: 0.0000 = 0.0000 destination × 4000.0000",
                "yearly transfer publication: 0.0000 = 0.0000 page × 600.0000",
            ],
        );
    }

    #[test]
    fn what_is_too_large_is_a_failure() {
        let requests = TestObligation::new().known("subject_requests");
        check(
            &case().fact("market.users", Count(i64::MAX)).obligation(requests),
            &["failure: the amount is too large to be held exactly"],
        );
    }
}
