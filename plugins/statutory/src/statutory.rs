//! Effort as priced is what an obligation costs.

use landfall_plugin::{Knows, Line, Needs, Obligation};

/// Lines `once` and `yearly` for each obligation that has effort of that cadence.
#[must_use]
pub fn lines<D: Needs, K: Knows>(obligations: &[Obligation<D, K>]) -> Vec<Line> {
    obligations.iter().flat_map(Obligation::priced_effort).collect()
}

#[cfg(test)]
mod tests {
    use landfall_plugin::{Amount, Spread, TestCase, TestObligation};

    use crate::Statutory;

    #[test]
    fn effort_passes_through_and_no_effort_is_no_line() {
        let effort = |low, likely, high| Spread {
            low: Amount::units(low),
            likely: Amount::units(likely),
            high: Amount::units(high),
        };
        let case = TestCase::<Statutory>::new()
            .obligation(TestObligation::new().once(effort(1, 2, 3)).yearly(effort(4, 5, 6)))
            .obligation(TestObligation::new())
            .obligation(TestObligation::new().yearly(Spread::certain(Amount(i64::MAX))));
        assert_eq!(
            case.rendered(),
            "once once (obligation 0): 1.0000..2.0000..3.0000\n\
             yearly yearly (obligation 0): 4.0000..5.0000..6.0000\n\
             yearly yearly (obligation 2): 922337203685477.5807"
        );
    }
}
