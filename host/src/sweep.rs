//! One strategy asked at many values: drawn from the ranges of facts and the spreads of lines, or on a grid.
//!
//! A sample is a query with those facts: the same code, the same numbers line for line (a property test holds it
//! to that). What makes many of them cheap weakens nothing: a market that no varied fact reaches is evaluated once,
//! a plugin is asked each case once, and where only lines are drawn one evaluation serves all samples. What is
//! drawn follows from the seed, the name of what it is drawn for and the sample's number, so threads, their order
//! and further inputs change nothing. A sample that is not complete has no J: it is counted and said, never dropped.

mod drawing;
mod inputs;
mod pert;
mod run;
mod spill;
mod stream;
#[cfg(test)]
mod tests;
mod tornado;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    sync::atomic::AtomicBool,
};

use self::{
    drawing::{Columns, Drawing, OBJECTIVE, SPEND, Streams, stages, stages_of},
    inputs::Plan,
    run::{Moments, Sampler, Tally, Worker},
    tornado::Tornado,
};
use crate::{
    diagnostic::Diagnostic,
    evaluate::{Calls, Evaluation, Memo, OverBudget, Spent, Status, evaluate_within, reach, sum_within},
    generation::Generation,
    id::JurisdictionId,
    money::Amount,
    protocol::{
        Answer, Distribution, RowFormat, Sweep, SweepMarket, SweepMethod, SweepReason, SweepRequest,
        SweepResults,
    },
    strategy::Strategy,
};

/// Most points of a grid that are answered by themselves; more are written to a file.
const MAX_POINTS: u64 = 1_000;

/// What the numbers of a drawn sweep are.
pub const DRAWN: &str = "drawn from PERT distributions (beta, lambda 4), each line and each fact independently of \
                         all others; options are chosen by what is likely, as in a query, before lines are drawn";

/// What the numbers of a grid are.
pub const GRID: &str = "every combination of the points, all lines at their likely value; percentiles count each point \
                        once and are no probabilities";

/// How the work is done; changes no number.
pub struct Doing<'d> {
    /// How many threads compute.
    pub threads: usize,
    /// Once it is set, what there is so far is the answer.
    pub stop: &'d AtomicBool,
    /// Where each sample is written.
    pub rows: Option<Rows<'d>>,
    /// Hears how many samples there are, and how many there will be.
    pub told: &'d mut dyn FnMut(u64, u64),
}

impl fmt::Debug for Doing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doing").field("threads", &self.threads).finish_non_exhaustive()
    }
}

/// Where and how samples are written.
pub struct Rows<'d> {
    /// How.
    pub format: RowFormat,
    /// Where.
    pub file: &'d mut dyn io::Write,
}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("format", &self.format).finish_non_exhaustive()
    }
}

/// Why there is no sweep.
#[derive(Debug, thiserror::Error)]
pub enum NoSweep {
    /// What was asked for is wrong.
    #[error("what is to be varied is wrong")]
    Asked(Vec<Diagnostic>),
    /// One query alone takes too much.
    #[error(transparent)]
    Budget(#[from] OverBudget),
    /// Samples could not be written, or not kept until the end.
    #[error("samples cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// Asks a strategy at many values.
///
/// # Errors
/// [`NoSweep`].
pub fn sweep(
    generation: &Generation,
    strategy: &Strategy,
    request: &SweepRequest,
    mut doing: Doing<'_>,
) -> Result<Sweep, NoSweep> {
    let plan = Plan::read(request, strategy, generation).map_err(NoSweep::Asked)?;
    let (evaluation, sampler) = sampler(generation, strategy, &plan)?;
    if let Some(rows) = &mut doing.rows {
        let inputs: Vec<String> = plan.inputs.iter().map(|input| input.path.to_string()).collect();
        let markets: Vec<String> = strategy.markets.keys().map(ToString::to_string).collect();
        rows.file.write_all(&(rows.format.head)(&inputs, &markets))?;
    }
    let keep_points = plan.method == SweepMethod::Grid && plan.samples <= MAX_POINTS;
    let tally = sampler.run(&mut doing, keep_points)?;
    let tornado = Tornado::of(&mut Worker::new(&sampler), &evaluation);
    Ok(written(&sampler, &evaluation, tally, tornado)?)
}

/// What samples are computed from, and the answer with every input at its likely value.
fn sampler<'g>(
    generation: &'g Generation,
    strategy: &Strategy,
    plan: &'g Plan,
) -> Result<(Evaluation, Sampler<'g>), OverBudget> {
    let mut whole = strategy.clone();
    for input in &plan.inputs {
        whole.put(&input.path, input.value(input.likely_units()));
    }
    let memo = Memo::default();
    let evaluation = evaluate_within(generation, whole.clone(), &mut Calls::new(&generation.engine))?;
    let reached = reach(generation, &whole, plan.inputs.iter().map(|input| &input.path));
    let moved: BTreeSet<JurisdictionId> = reached.into_values().flatten().collect();
    let only = |moving: bool| {
        let mut part = whole.clone();
        part.markets.retain(|id, _| moved.contains(id) == moving);
        part
    };
    let columns = Columns::new(strategy.markets.keys().cloned());
    let mut calls = Calls::new(&generation.engine).sharing(&memo);
    calls.begin(Spent::default());
    let still = sum_within(generation, &only(false), &mut calls)?;
    let still = Drawing::of(&still, &columns, plan.seed, &mut Streams::default());
    let (spent, moving) = (calls.spent(), (!moved.is_empty()).then(|| only(true)));
    drop(calls);
    Ok((evaluation, Sampler { generation, plan, columns, memo, whole, still, spent, moving }))
}

fn written(
    sampler: &Sampler<'_>,
    evaluation: &Evaluation,
    tally: Tally,
    tornado: Tornado,
) -> io::Result<Sweep> {
    let plan = sampler.plan;
    let answer = Answer::of(evaluation);
    let complete = tally.kept.rows();
    let status = match (tally.incomplete, tally.blocked) {
        (0, 0) if tally.samples == plan.samples => Status::Complete,
        (0, blocked) if blocked > 0 => Status::Blocked,
        _ => Status::Incomplete,
    };
    let mut reasons: Vec<SweepReason> = tally
        .reasons
        .iter()
        .map(|((status, market, kind), (message, samples))| SweepReason {
            status: (*status).into(),
            market: market.clone(),
            kind: (*kind).to_owned(),
            message: message.clone(),
            samples: *samples,
        })
        .collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.samples));
    let results = if complete > 0 { Some(results(sampler, &tally)?) } else { None };
    Ok(Sweep {
        title: answer.title,
        as_of: answer.as_of,
        currency: answer.currency,
        horizon_years: answer.horizon_years,
        discount: answer.discount,
        weight_means: answer.weight_means,
        scenarios: answer.scenarios,
        report: answer.report,
        method: plan.method,
        definition: if plan.method == SweepMethod::Grid { GRID } else { DRAWN }.to_owned(),
        seed: plan.seed,
        status: status.into(),
        asked: plan.samples,
        samples: tally.samples,
        interrupted: tally.samples < plan.samples,
        complete,
        blocked: tally.blocked,
        incomplete: tally.incomplete,
        reasons,
        inputs: plan.inputs.iter().map(inputs::Input::shown).collect(),
        lines_drawn: tornado.lines_drawn,
        likely: answer.objective,
        results,
        tornado: tornado.bars,
        tornado_more: tornado.more,
        points: tally.points,
        warnings: answer.warnings.into_iter().chain(warnings(sampler)).collect(),
    })
}

/// What was asked for and changes nothing.
fn warnings(sampler: &Sampler<'_>) -> Vec<String> {
    let paths = sampler.plan.inputs.iter().map(|input| &input.path);
    let reached = reach(sampler.generation, &sampler.whole, paths);
    let unread = reached.into_iter().filter(|(_, markets)| markets.is_empty());
    let unread = unread.map(|(path, _)| {
        format!("`{path}` changes nothing: no rule and no plugin of these markets reads it")
    });
    sampler.plan.warnings.iter().cloned().chain(unread).collect()
}

fn results(sampler: &Sampler<'_>, tally: &Tally) -> io::Result<SweepResults> {
    let of = |column: usize| distribution(tally, column);
    let mut markets = BTreeMap::new();
    for (id, column) in sampler.columns.markets() {
        let stages = stages_of(column).map(|(stage, column)| Ok((stage, of(column)?)));
        let market = SweepMarket { total: of(column)?, stages: stages.collect::<io::Result<_>>()? };
        markets.insert(id.to_string(), market);
    }
    Ok(SweepResults {
        objective: of(OBJECTIVE)?,
        spend: of(SPEND)?,
        markets,
        stages: stages().map(|(stage, column)| Ok((stage, of(column)?))).collect::<io::Result<_>>()?,
    })
}

/// A percentile is the least sample that as many do not exceed: one of the samples, never between two.
fn distribution(tally: &Tally, column: usize) -> io::Result<Distribution> {
    let rows = tally.kept.rows();
    let Some(Moments { min, max, sum }) = tally.moments.get(column).copied() else {
        return Err(io::Error::other("a column is missing"));
    };
    let percentile = |percent: u64| {
        let rank = (u128::from(rows) * u128::from(percent)).div_ceil(100).saturating_sub(1);
        let amount = tally.kept.ranked(column, u64::try_from(rank).unwrap_or_default(), (min, max))?;
        Ok::<_, io::Error>(Amount(amount).to_string())
    };
    Ok(Distribution {
        min: Amount(min).to_string(),
        p10: percentile(10)?,
        p50: percentile(50)?,
        p90: percentile(90)?,
        max: Amount(max).to_string(),
        mean: Amount(mean(sum, rows)).to_string(),
    })
}

/// Rounded once, half to even.
fn mean(sum: i128, rows: u64) -> i64 {
    let rows = i128::from(rows.max(1));
    let (floor, rest) = (sum.div_euclid(rows), sum.rem_euclid(rows));
    let up = rest * 2 > rows || (rest * 2 == rows && floor % 2 != 0);
    // It lies between amounts of 64 bits.
    i64::try_from(floor + i128::from(up)).unwrap_or(i64::MAX)
}
