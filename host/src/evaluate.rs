//! A strategy over a generation: conditions, prices, plugin calls, line items, for each market.
//!
//! Pure: one generation, one strategy, no clock, no files. Whatever cannot be computed is a reason for
//! which a market is incomplete, never a smaller number (*no silent drop*). `objective` sums what
//! comes out; `protocol` writes it down.

mod applying;
mod asked;
mod calls;
mod case;
mod cases;
mod changes;
mod choosing;
mod duty;
mod facts;
mod findings;
mod flips;
mod forbidden;
mod gaps;
mod horizon;
mod lines;
mod linking;
mod outcome;
mod parallel;
mod penalty;
mod pricing;
mod reach;
mod remembered;
mod shared;
mod silent;
#[cfg(test)]
mod tests;
mod varied;
mod wanted;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;

pub use self::{
    applying::Applying,
    asked::dated_days,
    calls::{Calls, Memo, Spent},
    cases::{GivenCase, NoCases, cases},
    duty::WhyNot,
    facts::{Ground, Origin},
    findings::{Finding, Findings, findings},
    horizon::{Conversion, LineSpan, Period},
    reach::reach,
    varied::Again,
    wanted::{Need, NeedKind, Wanted, Wanting, wanted},
};
use self::{asked::Asked, parallel::Threads};
use crate::{
    generation::{Closure, Generation},
    id::{JurisdictionId, Name, QualifiedId, Stage},
    money::{Amount, Currency, Exact, Money, Spread},
    plugin::{Cadence, Plugin},
    rules::{
        book::{self, Choice, Cite, Gap, Obligation, Penalty},
        expression::{Leaf, Reference},
        fx,
    },
    source::At,
    strategy::{Market, Strategy},
    value::Value,
};

/// Most combinations of open choices that one query enumerates.
pub const MAX_COMBINATIONS: u64 = 4_096;
/// Most plugin calls that one query makes.
pub const MAX_CALLS: u64 = 100_000;
/// Most fuel that one query burns: a hundred thousand ordinary calls, or some hundred hungry ones.
pub const MAX_FUEL: u64 = 200_000_000_000;

/// Most lines that plugins return in one query: they are kept until it is answered.
pub const MAX_LINES: usize = 500_000;

/// What one query may spend on plugins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Budget {
    calls: u64,
    fuel: u64,
    lines: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { calls: MAX_CALLS, fuel: MAX_FUEL, lines: MAX_LINES }
    }
}

/// Whether a number can be relied on. Ordered: the worst of several decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Everything was computed.
    Complete,
    /// The rules forbid the market.
    Blocked,
    /// Something could not be computed, is undetermined, or is not built yet.
    Incomplete,
}

/// The answer for every market, by id.
#[derive(Debug)]
pub struct Evaluation {
    /// The question.
    pub strategy: Strategy,
    /// By id.
    pub markets: Vec<MarketEvaluation>,
    /// What several markets pay once, by obligation.
    pub shared: Vec<SharedEvaluation>,
    /// What to know about the whole.
    pub warnings: BTreeSet<String>,
}

/// Why a market is not complete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// The stage it concerns, if it is one in particular.
    pub stage: Option<Stage>,
    /// In one word, for programs.
    pub kind: &'static str,
    /// For people.
    pub message: String,
    /// The rule it concerns.
    pub at: Option<At>,
}

/// An obligation that several markets pay once: in no market's total.
#[derive(Debug)]
pub struct SharedEvaluation {
    /// Which.
    pub obligation: Arc<Obligation>,
    /// The markets in which it applies, or may, by id.
    pub members: Vec<JurisdictionId>,
    /// The place among the markets of the one whose facts its leaves show.
    pub grounds_of: usize,
    /// The largest weight among them.
    pub weight: Exact,
    /// In which stage it is computed.
    pub stage: Stage,
    /// Σ of its lines; none where something in it failed.
    pub total: Option<Spread>,
    /// Σ of its weighted lines.
    pub weighted: Option<Spread>,
    /// What it is made of.
    pub lines: Vec<Arc<Line>>,
}

/// One market.
#[derive(Debug)]
pub struct MarketEvaluation {
    /// Which.
    pub id: JurisdictionId,
    /// What serves it; none where its file is unavailable.
    pub closure: Option<Arc<Closure>>,
    /// The regions within that were asked about, by id.
    pub regions: Vec<JurisdictionId>,
    /// Its weight in J.
    pub weight: Exact,
    /// Whether its total can be relied on.
    pub status: Status,
    /// Σ of its lines; none where it is blocked or unavailable.
    pub total: Option<Spread>,
    /// Σ of its weighted lines.
    pub weighted: Option<Spread>,
    /// By stage, all that are bound.
    pub stages: BTreeMap<Stage, StageEvaluation>,
    /// Every choice of this market.
    pub choices: BTreeMap<QualifiedId, ChoiceEvaluation>,
    /// What the law can take.
    pub penalties: Vec<PenaltyEvaluation>,
    /// Obligations that may apply.
    pub undetermined: Vec<Undetermined>,
    /// Obligations that apply on no day of the horizon.
    pub silent: Vec<Silent>,
    /// For each obligation, the smallest change of facts that would make it apply, or not apply any more.
    pub flips: BTreeMap<QualifiedId, Vec<String>>,
    /// Law that is known and not computed.
    pub gaps: Vec<Arc<Gap>>,
    /// What forbids the market.
    pub blocks: Vec<Block>,
    /// Exchange rates used within the cases, by (from, to).
    pub conversions: BTreeMap<(Currency, Currency), fx::Quote>,
    /// Facts nobody gave that have a default, by name.
    pub defaulted: BTreeMap<String, Value>,
    /// What the names in conditions and lines stood for.
    pub grounds: BTreeMap<String, Ground>,
    /// What changes inside the horizon.
    pub changes: BTreeSet<Change>,
    /// Why it is not complete.
    pub reasons: BTreeSet<Reason>,
}

/// One stage of one market.
#[derive(Debug, Clone, Default)]
pub struct StageEvaluation {
    /// Σ of its lines; none where something in it failed.
    pub total: Option<Spread>,
    /// Σ of its weighted lines.
    pub weighted: Option<Spread>,
    /// What it is made of.
    pub lines: Vec<Arc<Line>>,
    /// The rules say it costs nothing: why, who says so, where.
    pub none: Option<(Arc<str>, Arc<str>, At)>,
}

/// What an amount rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The law says the amount.
    Statute,
    /// An estimate in the rules.
    Assumption,
    /// Days times day rates.
    RateCard,
    /// The plugin's method.
    Plugin,
}

/// An obligation as it was decided: the condition's leaves, and how its effort was priced.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The obligation.
    pub obligation: Arc<Obligation>,
    /// Whose facts decided: 0 for the country, else one more than the place among the market's regions.
    pub place: usize,
    /// The leaves of its condition that were looked at.
    pub leaves: Arc<[Leaf]>,
    /// How its effort became money, a step each.
    pub pricing: Vec<PriceStep>,
    /// What its amounts rest on.
    pub basis: Basis,
}

/// One step of pricing an effort, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceStep {
    /// `privacy_counsel, 60 days a year`.
    pub text: String,
    /// `at 520 EUR a day`.
    pub value: String,
    /// Whether the strategy gave the price.
    pub from_strategy: bool,
}

/// One line item over the whole horizon.
#[derive(Debug, Clone)]
pub struct Line {
    /// Who computed it.
    pub plugin: Arc<Plugin>,
    /// The obligation it meets.
    pub decided: Option<Arc<Decided>>,
    /// What the plugin calls it.
    pub label: String,
    /// How often it is paid.
    pub cadence: Cadence,
    /// What it is in the case's currency, period by period.
    pub spans: Vec<LineSpan>,
    /// Over the horizon, discounted, in the strategy's currency; rounded once.
    pub total: Spread,
    /// The total times the weight; rounded once.
    pub weighted: Spread,
    /// It belongs to an undetermined obligation: counted in `high` alone.
    pub undetermined: bool,
    /// The facts, params, choices and demands it rests on.
    pub used: Vec<String>,
    /// The places that say so: of the params it used.
    pub cites: Vec<Cite>,
    /// The rule: the obligation, or the binding of the plugin.
    pub at: At,
    /// How it became the strategy's currency.
    pub conversion: Arc<Conversion>,
}

impl Line {
    /// What the amount rests on.
    #[must_use]
    pub fn basis(&self) -> Basis {
        self.decided.as_ref().map_or(Basis::Plugin, |decided| decided.basis)
    }
}

/// One decision.
#[derive(Debug, Clone)]
pub struct ChoiceEvaluation {
    /// The choice.
    pub choice: Arc<Choice>,
    /// What J counts; none where an option could not be computed or none is allowed.
    pub chosen: Option<Name>,
    /// Nobody pinned it.
    pub open: bool,
    /// The best other option, with how much J grows under it.
    pub runner_up: Option<(Name, Amount)>,
    /// Options the rules do not allow here.
    pub struck: Vec<Struck>,
}

/// An option the rules do not allow.
#[derive(Debug, Clone)]
pub struct Struck {
    /// Which.
    pub option: Name,
    /// Why not.
    pub reason: String,
    /// The law.
    pub cites: Vec<Cite>,
}

/// Why a market is forbidden.
#[derive(Debug, Clone)]
pub struct Block {
    /// What forbids it.
    pub what: BlockedBy,
    /// Whose facts decided, as in [`Decided`].
    pub place: usize,
    /// From when.
    pub from: Date,
    /// The law.
    pub cites: Vec<Cite>,
    /// The leaves that forbid it.
    pub leaves: Vec<Leaf>,
}

/// What forbids a market.
#[derive(Debug, Clone)]
pub enum BlockedBy {
    /// A choice without an allowed option.
    Choice {
        /// The choice.
        choice: Arc<Choice>,
        /// The option the strategy pinned, and which is not allowed.
        pinned: Option<Name>,
    },
    /// A block that holds under every allowed option.
    Rule(Arc<book::Block>),
}

impl BlockedBy {
    /// The choice's or the block's.
    #[must_use]
    pub fn id(&self) -> &QualifiedId {
        match self {
            Self::Choice { choice, .. } => &choice.id,
            Self::Rule(block) => &block.id,
        }
    }

    /// Where it is written.
    #[must_use]
    pub fn at(&self) -> &At {
        match self {
            Self::Choice { choice, .. } => &choice.at,
            Self::Rule(block) => &block.at,
        }
    }
}

/// An obligation that applies on no day of the horizon.
#[derive(Debug, Clone)]
pub struct Silent {
    /// The obligation.
    pub obligation: Arc<Obligation>,
    /// Whose facts decided, as in [`Decided`].
    pub place: usize,
    /// Why.
    pub why: WhyNot,
    /// The leaves that say so.
    pub leaves: Vec<Leaf>,
}

/// What the law can take.
#[derive(Debug, Clone)]
pub struct PenaltyEvaluation {
    /// The penalty.
    pub penalty: Arc<Penalty>,
    /// Whose facts decided, as in [`Decided`].
    pub place: usize,
    /// In the strategy's currency; none where it is undetermined.
    pub maximum: Option<Amount>,
    /// In its own currency.
    pub native: Option<Money>,
    /// The leaves of its condition and of its amount.
    pub leaves: Vec<Leaf>,
    /// What it needs and nobody gave.
    pub needs: BTreeSet<String>,
}

/// An obligation that may apply.
#[derive(Debug, Clone)]
pub struct Undetermined {
    /// The obligation.
    pub obligation: Arc<Obligation>,
    /// What it needs and nobody gave.
    pub needs: BTreeSet<String>,
    /// What it would cost over the horizon, already in `high`; none where that could not be computed.
    pub if_applies: Option<Spread>,
}

/// A dated change of the rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The day.
    pub on: Date,
    /// What changes.
    pub id: QualifiedId,
    /// What happens.
    pub what: String,
    /// The law.
    pub cites: Vec<Arc<str>>,
}

/// More was asked than one query may take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverBudget {
    /// Too many combinations of open choices.
    #[error(
        "the open choices have {combinations} combinations: at most {MAX_COMBINATIONS} are compared in one query"
    )]
    Combinations {
        /// How many.
        combinations: u64,
        /// The choices with the most options, by market.
        pin: Vec<String>,
    },
    /// Too many plugin calls.
    #[error("the query takes more than {MAX_CALLS} plugin calls")]
    Calls,
    /// Too many lines.
    #[error("the plugins return more than {MAX_LINES} lines for one query")]
    Lines,
    /// Too much fuel.
    #[error("the query takes more than {MAX_FUEL} fuel")]
    Fuel,
}

/// Evaluates a strategy.
///
/// # Errors
/// [`OverBudget`], with what to pin.
pub fn evaluate(generation: &Generation, strategy: Strategy) -> Result<Evaluation, OverBudget> {
    let threads = Threads::for_parts(strategy.markets.len());
    let mut calls = Calls::new(&generation.engine);
    let Computed { summed: Summed { markets, shared }, warnings } =
        compute(generation, &strategy, true, &threads, &mut calls)?;
    Ok(Evaluation { strategy, markets, shared, warnings })
}

/// Evaluates a strategy as one of several that share a budget, and what they ask plugins.
///
/// # Errors
/// [`OverBudget`], with what to pin.
pub fn evaluate_within(
    generation: &Generation,
    strategy: Strategy,
    calls: &mut Calls<'_>,
) -> Result<Evaluation, OverBudget> {
    let Computed { summed: Summed { markets, shared }, warnings } =
        compute(generation, &strategy, true, &Threads::ONE, calls)?;
    Ok(Evaluation { strategy, markets, shared, warnings })
}

/// What J is summed from: markets and what they share, with their lines, and without what explains them.
#[derive(Debug)]
pub struct Summed {
    /// By id.
    pub markets: Vec<MarketEvaluation>,
    /// What several markets pay once, by obligation.
    pub shared: Vec<SharedEvaluation>,
}

/// The same numbers as [`evaluate_within`], for whoever asks many times and for nothing else.
///
/// # Errors
/// [`OverBudget`].
pub fn sum_within(
    generation: &Generation,
    strategy: &Strategy,
    calls: &mut Calls<'_>,
) -> Result<Summed, OverBudget> {
    compute(generation, strategy, false, &Threads::ONE, calls).map(|computed| computed.summed)
}

struct Computed {
    summed: Summed,
    warnings: BTreeSet<String>,
}

fn compute(
    generation: &Generation,
    strategy: &Strategy,
    explained: bool,
    threads: &Threads,
    calls: &mut Calls<'_>,
) -> Result<Computed, OverBudget> {
    let mut served = served(generation, strategy, explained);
    // Before anybody asks for it one by one.
    threads.each(served.iter_mut().collect(), |asked| asked.groups().len());
    let together = shared::choices(&served);
    choosing::within_budget(&served, &together)?;
    let question = shared::Asking { generation, strategy, together: &together, threads, explained };
    let decided = decide(&question, &mut served, calls);
    // To let go of what was remembered takes a sixth of the time.
    threads.each(served, drop);
    decided
}

/// The markets that can be served.
fn served<'a>(generation: &'a Generation, strategy: &'a Strategy, explained: bool) -> Vec<Asked<'a>> {
    let served = strategy.markets.iter().filter_map(|(id, market)| {
        let closure = generation.closures.get(id)?;
        let asked = Asked::market(generation, strategy, market, closure);
        Some(if explained { asked } else { asked.unexplained() })
    });
    served.collect()
}

/// Decides markets that are within the budget.
fn decide(
    question: &shared::Asking<'_>,
    served: &mut [Asked<'_>],
    calls: &mut Calls<'_>,
) -> Result<Computed, OverBudget> {
    let &shared::Asking { generation, strategy, together, threads, explained } = question;
    let memo = calls.memo_of_parts();
    let parts = if threads.count() > 1 { served.len() } else { 0 };
    let mut parts: Vec<Calls<'_>> = (0..parts).map(|_| calls.part(&memo)).collect();
    let mut all = Vec::new();
    for taken in shared::combinations(together) {
        all.push(question.round(served, taken, calls, &mut parts)?);
    }
    let least = shared::least(all, together);
    let (decisions, shared) = least.map_or_else(Default::default, |least| (least.decisions, least.rows));
    let decided = threads.each(served.iter_mut().zip(decisions).collect(), |(asked, decision)| {
        if !explained {
            return (asked.id().clone(), decision.evaluation, BTreeSet::new());
        }
        let warnings = warnings_of(asked, &decision.evaluation);
        (asked.id().clone(), decision.explained(asked), warnings)
    });
    let mut warnings = BTreeSet::new();
    let mut by_id = BTreeMap::new();
    for (id, evaluated, of_market) in decided {
        warnings.extend(of_market);
        by_id.insert(id, evaluated);
    }
    let markets = strategy.markets.iter().map(|(id, market)| {
        let evaluated = by_id.remove(id).unwrap_or_else(|| unavailable(generation, id, market));
        with_unavailable(generation, market, evaluated)
    });
    Ok(Computed { summed: Summed { markets: markets.collect(), shared }, warnings })
}

/// How a name of a place is told apart from the same name of another: `market.users`, `us-ca: market.users`.
#[must_use]
pub fn name_at(region: Option<&JurisdictionId>, reference: &Reference) -> String {
    region.map_or_else(|| reference.to_string(), |region| format!("{region}: {reference}"))
}

/// What to know about one market's answer: exchange rates that are old, rules that nobody looked at in time.
fn warnings_of(asked: &Asked<'_>, evaluated: &MarketEvaluation) -> BTreeSet<String> {
    let as_of = asked.strategy.as_of;
    let used = evaluated.conversions.iter().map(|((from, to), quote)| (*from, *to, quote));
    let own = asked
        .conversion
        .as_ref()
        .ok()
        .map(|(conversion, _)| (conversion.from, conversion.to, &conversion.quote));
    let stale = used.chain(own).filter_map(|(from, to, quote)| stale(quote, as_of, from, to));
    let overdue = asked.closure().jurisdiction.lineage.values().filter_map(|own| {
        let due = own.review.as_ref().map(|review| review.due).filter(|due| *due <= as_of)?;
        Some(format!(
            "{} was to be reviewed by {due}: ask its owners whether it still holds",
            own.source.name
        ))
    });
    stale.chain(overdue).collect()
}

fn stale(quote: &fx::Quote, as_of: Date, from: Currency, to: Currency) -> Option<String> {
    let date = quote.date?;
    let days = as_of.since(date).ok()?.get_days();
    (days > fx::STALE_AFTER_DAYS).then(|| {
        format!("the exchange rate {from}/{to} is of {date}, {days} days before {as_of}: add a newer one to fx.yaml")
    })
}

/// A market with a reason for each region within whose rule file cannot be served.
fn with_unavailable(
    generation: &Generation,
    market: &Market,
    mut evaluated: MarketEvaluation,
) -> MarketEvaluation {
    for region in market.within.keys().filter(|region| !generation.closures.contains_key(*region)) {
        evaluated.reasons.insert(rules_unavailable(generation, region));
        evaluated.status = Status::Incomplete;
    }
    evaluated
}

fn rules_unavailable(generation: &Generation, id: &JurisdictionId) -> Reason {
    let why = generation.unavailable.get(id).map_or("no rule file", |why| why);
    let message = format!("the rules of `{id}` are unavailable: {why}");
    Reason { stage: None, kind: "unavailable", message, at: None }
}

/// A market whose rule file cannot be served.
fn unavailable(generation: &Generation, id: &JurisdictionId, market: &Market) -> MarketEvaluation {
    let reason = rules_unavailable(generation, id);
    MarketEvaluation {
        id: id.clone(),
        closure: None,
        regions: Vec::new(),
        weight: market.weight,
        status: Status::Incomplete,
        total: None,
        weighted: None,
        stages: BTreeMap::new(),
        choices: BTreeMap::new(),
        penalties: Vec::new(),
        undetermined: Vec::new(),
        silent: Vec::new(),
        flips: BTreeMap::new(),
        gaps: Vec::new(),
        blocks: Vec::new(),
        conversions: BTreeMap::new(),
        defaulted: BTreeMap::new(),
        grounds: BTreeMap::new(),
        changes: BTreeSet::new(),
        reasons: BTreeSet::from([reason]),
    }
}
