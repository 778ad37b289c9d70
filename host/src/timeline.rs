//! J as a step function of the day of asking: one generation, one strategy, the law of each day.
//!
//! Exchange and day rates stay those of the strategy's `as_of`, so that J changes only on days on which something
//! dated changes in the rules; those are tried, and no others. Evaluates and compares; shows nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::{
    diff::{self, Named, NotAnAmount},
    evaluate::{Calls, OverBudget, dated_days, evaluate_within},
    generation::Generation,
    money::{AMOUNT_SCALE, Amount, Exact},
    protocol::{
        Answer, Cause, Diff, LineDiff, QueryResponse, Served, Spread, Status, Step, StepLine, StepMatter,
        StepPenalty, Timeline,
    },
    strategy::Strategy,
};

/// What the numbers of a timeline are.
pub const MEANS: &str = "J of each day is J over the whole horizon under the law of that day, as if it never \
                         changed again; exchange and day rates are those of as_of";

/// Most dates that are tried: some decades of a continent's law.
pub const MAX_DATES: usize = 400;

/// Most questions to plugins over all dates, most of which were asked before. Arbitrary: some minutes of work.
const MAX_ASKED: u64 = 2_000_000;

/// Why there is no timeline.
#[derive(Debug, thiserror::Error)]
pub enum NoTimeline {
    /// Nothing lies between.
    #[error("the timeline from {from} to {to} has no day")]
    Backwards {
        /// The first day.
        from: Date,
        /// The day after the last.
        to: Date,
    },
    /// Too many days to try.
    #[error("something changes on {0} days between: at most {MAX_DATES} are tried")]
    Dates(usize),
    /// Too much work.
    #[error("up to {0}, the timeline has asked plugins {MAX_ASKED} questions: no more are asked for one")]
    Work(Date),
    /// One date alone takes too much, or all together.
    #[error(transparent)]
    Budget(#[from] OverBudget),
    /// A sum that cannot be held exactly.
    #[error(transparent)]
    NotAnAmount(#[from] NotAnAmount),
}

/// The steps of J in `[from, to)`.
///
/// # Errors
/// [`NoTimeline`].
pub fn timeline(
    generation: &Generation,
    strategy: &Strategy,
    (from, to): (Date, Date),
) -> Result<Timeline, NoTimeline> {
    let days = days(generation, strategy, from, to)?;
    let mut calls = Calls::new(&generation.engine);
    let mut steps: Vec<Step> = Vec::new();
    let mut last: Option<QueryResponse> = None;
    let mut warnings = BTreeSet::new();
    for day in &days {
        let asked = Strategy { law_of: Some(*day), ..strategy.clone() };
        let evaluation = evaluate_within(generation, asked, &mut calls)?;
        if calls.asked() > MAX_ASKED {
            return Err(NoTimeline::Work(*day));
        }
        let answer = Answer::of(&evaluation);
        warnings.extend(answer.warnings.iter().cloned());
        let now = bare(answer);
        let Some(step) = step(*day, to, last.as_ref(), &now)? else { continue };
        if let Some(before) = steps.last_mut() {
            before.until.clone_from(&step.on);
        }
        steps.push(step);
        last = Some(now);
    }
    // There is one: the first day is always tried.
    let Some(QueryResponse { answer, .. }) = last else { return Err(NoTimeline::Backwards { from, to }) };
    Ok(Timeline {
        title: answer.title,
        from: from.to_string(),
        to: to.to_string(),
        definition: MEANS.to_owned(),
        as_of: answer.as_of,
        currency: answer.currency,
        horizon_years: answer.horizon_years,
        discount: answer.discount,
        weight_means: answer.weight_means,
        scenarios: answer.scenarios,
        report: answer.report,
        status: steps.iter().map(|step| step.status).max().unwrap_or(Status::Incomplete),
        dates: days.len() as u64,
        steps,
        warnings: warnings.into_iter().collect(),
    })
}

/// The first day, and every day on which something dated changes.
fn days(
    generation: &Generation,
    strategy: &Strategy,
    from: Date,
    to: Date,
) -> Result<BTreeSet<Date>, NoTimeline> {
    if from >= to {
        return Err(NoTimeline::Backwards { from, to });
    }
    let mut days: BTreeSet<Date> =
        dated_days(generation, strategy).into_iter().filter(|day| from < *day && *day < to).collect();
    days.insert(from);
    match days.len() {
        many if many > MAX_DATES => Err(NoTimeline::Dates(many)),
        _ => Ok(days),
    }
}

/// An answer as `diff` takes it; who gave it is not compared.
fn bare(answer: Answer) -> QueryResponse {
    let served = Served { generation: String::new(), number: 0, stale_items: Vec::new(), not_recorded: None };
    QueryResponse { answer, receipt: String::new(), served }
}

/// The step that a day begins; none where everything stays as it was.
fn step(
    day: Date,
    to: Date,
    before: Option<&QueryResponse>,
    now: &QueryResponse,
) -> Result<Option<Step>, NoTimeline> {
    let answer = &now.answer;
    let mut step = Step {
        on: day.to_string(),
        until: to.to_string(),
        status: answer.status,
        objective: answer.objective.clone(),
        partial: answer.partial.clone(),
        delta: None,
        reasons: reasons(answer),
        lines: Vec::new(),
        penalties: Vec::new(),
        matters: Vec::new(),
    };
    let Some(before) = before else { return Ok(Some(step)) };
    let named = |response| Named { name: "", strategy: "", response };
    let diff = diff::compare(named(before), named(now), Vec::new())?;
    step.penalties = penalties(&diff);
    let old = &before.answer;
    let same =
        (old.status, &old.objective, &old.partial) == (answer.status, &answer.objective, &answer.partial);
    if same && step.penalties.is_empty() {
        return Ok(None);
    }
    step.lines = lines(&diff)?;
    step.matters = matters(&diff, answer);
    step.delta = diff.objective.delta;
    Ok(Some(step))
}

fn reasons(answer: &Answer) -> Vec<String> {
    let markets = answer.markets.iter().filter(|market| market.status != Status::Complete);
    markets
        .map(|market| {
            format!("{}: {}", market.id, market.reason.as_deref().unwrap_or(market.status.as_str()))
        })
        .collect()
}

/// The lines that changed, those of one rule as one, what changed most first.
fn lines(diff: &Diff) -> Result<Vec<StepLine>, NotAnAmount> {
    let of_markets =
        diff.markets.iter().flat_map(|market| market.lines.iter().map(move |line| (Some(&market.id), line)));
    let shared = diff.shared.iter().flat_map(|row| row.lines.iter().map(|line| (None, line)));
    let mut by_rule: BTreeMap<_, StepLine> = BTreeMap::new();
    for (market, line) in of_markets.chain(shared) {
        let new = step_line(market, line);
        // A plugin's lines of its own have their names; those of an obligation are one to its reader.
        let label = line.obligation.is_none().then_some(&line.label);
        let key = (market, line.stage, &line.plugin, new.rule.clone(), label, line.presence);
        match by_rule.get_mut(&key) {
            Some(known) => add(known, new)?,
            None => drop(by_rule.insert(key, new)),
        }
    }
    let mut lines: Vec<StepLine> = by_rule.into_values().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(magnitude(line)));
    Ok(lines)
}

fn step_line(market: Option<&String>, line: &LineDiff) -> StepLine {
    let mut cites = line.cites.clone();
    extend(&mut cites, line.causes.iter().flat_map(|cause| &cause.cites));
    StepLine {
        market: market.cloned(),
        stage: line.stage,
        rule: line.obligation.clone().unwrap_or_else(|| line.plugin.clone()),
        title: line.title.clone().or_else(|| Some(line.label.clone())),
        presence: line.presence,
        at: line.at.clone(),
        cites,
        delta: line.weighted.delta.clone(),
        causes: line.causes.clone(),
    }
}

fn add(known: &mut StepLine, more: StepLine) -> Result<(), NotAnAmount> {
    known.delta = match (&known.delta, &more.delta) {
        (Some(a), Some(b)) => Some(diff::sum(a, b)?),
        _ => None,
    };
    extend(&mut known.cites, &more.cites);
    let new: Vec<Cause> = more.causes.into_iter().filter(|cause| !known.causes.contains(cause)).collect();
    known.causes.extend(new);
    Ok(())
}

fn extend<'a>(cites: &mut Vec<String>, more: impl IntoIterator<Item = &'a String>) {
    for cite in more {
        if !cites.contains(cite) {
            cites.push(cite.clone());
        }
    }
}

fn magnitude(line: &StepLine) -> u64 {
    let most = |spread: &Spread| {
        let amount = |text: &str| Exact::parse(text, 4).ok()?.round(AMOUNT_SCALE).ok().map(Amount);
        [&spread.likely, &spread.high]
            .into_iter()
            .filter_map(|text| amount(text))
            .map(|a| a.0.unsigned_abs())
            .max()
    };
    line.delta.as_ref().and_then(most).unwrap_or_default()
}

fn penalties(diff: &Diff) -> Vec<StepPenalty> {
    let all = diff.markets.iter().flat_map(|market| market.penalties.iter().map(move |of| (&market.id, of)));
    all.map(|(market, of)| StepPenalty {
        market: market.clone(),
        id: of.id.clone(),
        title: of.title.clone(),
        presence: of.presence,
        before: of.before.clone(),
        after: of.after.clone(),
        per: of.per.clone(),
        liable: of.liable.clone(),
        at: of.at.clone(),
        cites: of.cites.clone(),
    })
    .collect()
}

fn matters(diff: &Diff, answer: &Answer) -> Vec<StepMatter> {
    let mut all = Vec::new();
    for market in &diff.markets {
        let began = market.appeared.iter().map(|matter| (true, matter));
        let ended = market.vanished.iter().map(|matter| (false, matter));
        for (begins, matter) in began.chain(ended) {
            let blocks = answer.markets.iter().filter(|of| of.id == market.id).flat_map(|of| &of.blocks);
            // Its day is that of the step and not the first of the horizon.
            let title =
                blocks.into_iter().find(|block| block.id == matter.id).and_then(|block| block.title.clone());
            let text = match matter.kind.as_str() {
                "block" => title.unwrap_or_else(|| "forbidden".to_owned()),
                _ => matter.text.clone(),
            };
            all.push(StepMatter {
                market: market.id.clone(),
                begins,
                kind: matter.kind.clone(),
                id: matter.id.clone(),
                text,
                at: matter.at.clone(),
                cites: matter.cites.clone(),
            });
        }
    }
    all
}
