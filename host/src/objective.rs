//! J and spend: the sums over markets, and the lines that drive them. Nothing here evaluates anything.
//!
//! J = Σ w (c + d + l + f + o) is the sum of weighted lines, each already rounded, of every market and of
//! what several markets pay once; spend is the same without weights. Both are null unless every market is complete
//! and counted; then what could be summed is partial.

#[cfg(test)]
mod tests;

use crate::{
    evaluate::{Evaluation, Line, MarketEvaluation, SharedEvaluation, Status},
    id::{JurisdictionId, Stage},
    money::Spread,
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
    /// The markets counted: all but blocked and unavailable ones, and those beyond.
    pub counted: Vec<&'e JurisdictionId>,
    /// Markets, and obligations that markets share, with which the sums are beyond 64 bits: they are not
    /// counted, and the answer is incomplete.
    pub beyond: Vec<String>,
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
#[must_use]
pub fn objective(evaluation: &Evaluation) -> Objective<'_> {
    let Sum { weighted, spend, beyond } = sum(parts(evaluation));
    let worst = evaluation.markets.iter().map(|market| market.status).max();
    let is_counted = |market: &&MarketEvaluation| {
        market.total.is_some() && !beyond.iter().any(|part| part.market == Some(&market.id))
    };
    let counted: Vec<&MarketEvaluation> = evaluation.markets.iter().filter(is_counted).collect();
    Objective {
        status: worst.filter(|_| beyond.is_empty()).unwrap_or(Status::Incomplete),
        weighted,
        spend,
        drivers: drivers(&counted, &evaluation.shared),
        counted: counted.iter().map(|market| &market.id).collect(),
        beyond: beyond.into_iter().map(|part| part.name).collect(),
    }
}

/// What is summed: a market, or what several markets share.
struct Part<'e> {
    market: Option<&'e JurisdictionId>,
    name: String,
    weighted: Spread,
    total: Spread,
}

fn parts(evaluation: &Evaluation) -> Vec<Part<'_>> {
    let markets = evaluation.markets.iter().filter_map(|market| {
        let (weighted, total) = (market.weighted?, market.total?);
        Some(Part { market: Some(&market.id), name: market.id.to_string(), weighted, total })
    });
    let shared = evaluation.shared.iter().filter_map(|row| {
        let (weighted, total) = (row.weighted?, row.total?);
        Some(Part { market: None, name: row.obligation.id.to_string(), weighted, total })
    });
    markets.chain(shared).collect()
}

#[derive(Default)]
struct Sum<'e> {
    weighted: Spread,
    spend: Spread,
    beyond: Vec<Part<'e>>,
}

/// All of them or, where that is beyond 64 bits, the smallest, as many as can be held: one market's absurd
/// amount, which may be one plugin's, takes no other market's number away.
fn sum(mut parts: Vec<Part<'_>>) -> Sum<'_> {
    parts.sort_by_key(|part| (part.weighted.high, part.total.high));
    let mut sum = Sum::default();
    for part in parts {
        if let (Ok(weighted), Ok(spend)) = (sum.weighted.add(part.weighted), sum.spend.add(part.total)) {
            (sum.weighted, sum.spend) = (weighted, spend);
        } else {
            sum.beyond.push(part);
        }
    }
    sum
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
