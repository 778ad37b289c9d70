//! J and spend: the sums over markets, and the lines that drive them. Nothing here evaluates anything.
//!
//! J = Σ w (c + d + l + f + o) is the sum of weighted lines, each already rounded, of every market and of
//! what several markets pay once; spend is the same without weights. Both are null unless every market is complete; then what could be summed is partial.

#[cfg(test)]
mod tests;

use crate::{
    evaluate::{Evaluation, Line, MarketEvaluation, SharedEvaluation, Status},
    id::{JurisdictionId, Stage},
    money::{Overflow, Spread},
};

/// Lines listed as drivers.
const DRIVERS: usize = 10;

/// The sums of an evaluation.
#[derive(Debug)]
pub struct Objective<'e> {
    /// The worst of the markets'.
    pub status: Status,
    /// Σ of weighted lines of the markets counted, and of what they share.
    pub weighted: Spread,
    /// Σ of their lines without weights.
    pub spend: Spread,
    /// The markets counted: all but blocked and unavailable ones.
    pub counted: Vec<&'e JurisdictionId>,
    /// The largest lines by weight, largest first.
    pub drivers: Vec<Driver<'e>>,
}

/// One of the largest lines.
#[derive(Debug, Clone, Copy)]
pub struct Driver<'e> {
    /// The market, or the file that defines what markets share.
    pub market: &'e JurisdictionId,
    /// In which stage.
    pub stage: Stage,
    /// The line.
    pub line: &'e Line,
}

/// Sums an evaluation.
///
/// # Errors
/// [`Overflow`] where a sum is beyond 64 bits; no smaller number takes its place.
pub fn objective(evaluation: &Evaluation) -> Result<Objective<'_>, Overflow> {
    let status = evaluation.markets.iter().map(|market| market.status).max().unwrap_or(Status::Incomplete);
    let counted: Vec<&MarketEvaluation> =
        evaluation.markets.iter().filter(|market| market.total.is_some()).collect();
    Ok(Objective {
        status,
        weighted: {
            let shared = evaluation.shared.iter().filter_map(|row| row.weighted);
            Spread::sum(counted.iter().filter_map(|market| market.weighted).chain(shared))?
        },
        spend: {
            let shared = evaluation.shared.iter().filter_map(|row| row.total);
            Spread::sum(counted.iter().filter_map(|market| market.total).chain(shared))?
        },
        counted: counted.iter().map(|market| &market.id).collect(),
        drivers: drivers(&counted, &evaluation.shared),
    })
}

fn drivers<'e>(markets: &[&'e MarketEvaluation], shared: &'e [SharedEvaluation]) -> Vec<Driver<'e>> {
    let mut drivers: Vec<Driver<'e>> = markets
        .iter()
        .flat_map(|market| {
            market.stages.iter().flat_map(|(stage, evaluated)| {
                evaluated.lines.iter().map(|line| Driver { market: &market.id, stage: *stage, line })
            })
        })
        .collect();
    drivers.extend(shared.iter().flat_map(|row| {
        let market = &row.obligation.id.jurisdiction;
        row.lines.iter().map(move |line| Driver { market, stage: row.stage, line })
    }));
    drivers.sort_by(|a, b| {
        let size = |driver: &Driver<'_>| (driver.line.weighted.likely, driver.line.weighted.high);
        size(b)
            .cmp(&size(a))
            .then_with(|| (a.market, a.stage, &a.line.label).cmp(&(b.market, b.stage, &b.line.label)))
    });
    drivers.truncate(DRIVERS);
    drivers
}
