//! *native*: the plugin's own function called as plain Rust, with the SDK's reading of the case before it: the limit.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use landfall_plugin::{self as sdk, Amount, Count, Ratio, Set, TestCase, TestObligation};
use lgpd::Lgpd;

use super::given::{Cadence, Duty, Given, Line, Quantity, Spread};
use crate::failed::Failed;

/// Cases that are made ahead of being timed.
const AHEAD: u64 = 256;

/// The case in the SDK's own types.
pub(super) struct Native {
    case: TestCase<Lgpd>,
}

impl Native {
    pub(super) fn new(given: &Given) -> Self {
        let set = |members: &[&'static str]| Set::of(members.iter().copied());
        let case = TestCase::<Lgpd>::new()
            .fact("company.privacy_maturity", Ratio(given.maturity))
            .fact("market.users", Count(given.users))
            .fact("market.transfer_destinations", set(&given.destinations))
            .param("programme_reuse", Ratio(given.reuse))
            .param("programme_saves_once", Ratio(given.saves_once))
            .param("programme_saves_yearly", Ratio(given.saves_yearly))
            .param("requests_per_million", Count(given.per_million))
            .param("request_price_per_1000", Amount(given.request_price))
            .param("adequate_countries", set(&given.adequate))
            .param("transfer_clauses", Amount(given.clauses))
            .param("transfer_publication", Amount(given.publication));
        Self { case: given.obligations.iter().fold(case, |case, duty| case.obligation(obligation(duty))) }
    }

    /// Making the cases, which is the host's part, is not timed.
    pub(super) fn time(&self, count: u64) -> Result<Duration, Failed> {
        let mut took = Duration::ZERO;
        let mut left = count;
        while left > 0 {
            let some = left.min(AHEAD);
            let cases: Vec<_> = (0..some).map(|_| self.case.clone()).collect();
            let begun = Instant::now();
            for case in cases {
                black_box(case.answer().map_err(Failed::new)?);
            }
            took += begun.elapsed();
            left -= some;
        }
        Ok(took)
    }

    pub(super) fn ask(&self) -> Result<Vec<Line>, Failed> {
        let lines = self.case.clone().answer().map_err(Failed::new)?;
        lines.into_iter().map(line).collect()
    }
}

fn obligation(duty: &Duty) -> TestObligation {
    let amounts = |spread: Spread| sdk::Spread {
        low: Amount(spread.low),
        likely: Amount(spread.likely),
        high: Amount(spread.high),
    };
    let mut obligation = TestObligation::new();
    if let Some(known) = duty.known {
        obligation = obligation.known(known);
    }
    if let Some(once) = duty.once {
        obligation = obligation.once(amounts(once));
    }
    match duty.yearly {
        Some(yearly) => obligation.yearly(amounts(yearly)),
        None => obligation,
    }
}

fn line(line: sdk::Line) -> Result<Line, Failed> {
    use sdk::Needs as _;
    let spread =
        |spread: sdk::Spread| Spread { low: spread.low.0, likely: spread.likely.0, high: spread.high.0 };
    let name = |ground: &sdk::Ground| match *ground {
        sdk::Ground::Fact(at) => lgpd::Facts::NEEDS.get(at as usize).map(|need| need.name.to_owned()),
        sdk::Ground::Param(at) => {
            lgpd::Params::NEEDS.get(at as usize).map(|need| format!("param.{}", need.name))
        }
        sdk::Ground::Choice(_) | sdk::Ground::Demand(_) => None,
    };
    let used: Option<Vec<String>> = line.used.iter().map(name).collect();
    Ok(Line {
        obligation: line.obligation.ok_or_else(|| Failed::new("a line of no obligation"))?,
        label: line.label,
        cadence: match line.cadence {
            sdk::Cadence::Once => Cadence::Once,
            sdk::Cadence::Yearly => Cadence::Yearly,
        },
        amount: spread(line.cost.amount),
        used: used.ok_or_else(|| Failed::new("a line that rests on nothing that is known"))?,
        quantity: line.cost.quantity.map(|quantity| Quantity {
            count: quantity.count.0,
            unit: quantity.unit.to_owned(),
            price: spread(quantity.price),
        }),
    })
}
