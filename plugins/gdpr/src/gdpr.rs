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

    use crate::Gdpr;

    fn case() -> TestCase<Gdpr> {
        TestCase::new()
            .fact("company.privacy_maturity", Ratio::percent(50))
            .fact("market.users", Count(2_500_000))
            .fact("market.transfer_destinations", Set::of(["cn", "jp", "us"]))
            .param("programme_saves_once", Ratio::percent(80))
            .param("programme_saves_yearly", Ratio::percent(40))
            .param("requests_per_million", Count(266))
            // USD 398,320 per million identities a year, by 266 requests.
            .param("request_price_per_1000", Amount(14_974_436_090))
            .param("adequate_countries", Set::of(["jp", "kr"]))
            .param("transfer_assessment", Amount::units(9_000))
            .param("transfer_review_share", Ratio::percent(25))
            .param("assessment_review_share", Ratio::percent(30))
    }

    fn effort(once: i64, yearly: i64) -> TestObligation {
        let certain = |units| Spread::certain(Amount::units(units));
        TestObligation::new().once(certain(once)).yearly(certain(yearly))
    }

    #[track_caller]
    fn check(obligation: TestObligation, expected: &[&str]) {
        let rendered = case().obligation(obligation).rendered().replace(" (obligation 0)", "");
        assert_eq!(rendered.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_programme_saves_its_part_of_effort() {
        // 1 − 50 % × 80 %, and 1 − 50 % × 40 %.
        check(effort(1_000, 1_000), &["once once: 600.0000", "yearly yearly: 800.0000"]);
    }

    #[test]
    fn an_officer_and_a_representative_are_paid_in_full() {
        for id in ["dpo", "representative"] {
            check(effort(1_000, 1_000).known(id), &["once once: 1000.0000", "yearly yearly: 1000.0000"]);
        }
    }

    #[test]
    fn requests_of_2_500_000_people_cost_995_800() {
        check(
            TestObligation::new().known("subject_requests"),
            &["yearly requests: 995800.0000 = 0.6650 1,000 requests × 1497443.6090"],
        );
    }

    #[test]
    fn only_destinations_without_adequacy_cost() {
        check(
            TestObligation::new().known("transfers"),
            &[
                "once transfer assessments: 18000.0000 = 2.0000 destination × 9000.0000",
                "yearly transfer reviews: 4500.0000 = 2.0000 destination × 2250.0000",
            ],
        );
    }

    #[test]
    fn an_impact_assessment_is_reviewed_every_year() {
        let once = Spread::certain(Amount::units(5_000));
        check(
            TestObligation::new().known("impact_assessment").once(once),
            &["once once: 3000.0000", "yearly review: 1500.0000"],
        );
    }

    #[test]
    fn what_is_no_share_or_too_large_is_a_failure() {
        let requests = || TestObligation::new().known("subject_requests");
        assert_eq!(
            case().fact("company.privacy_maturity", Ratio::percent(-1)).obligation(effort(1, 1)).rendered(),
            "failure: `company.privacy_maturity` must be from 0 % to 100 %"
        );
        assert_eq!(
            case().fact("market.users", Count(i64::MAX)).obligation(requests()).rendered(),
            "failure: the amount is too large to be held exactly"
        );
    }
}
