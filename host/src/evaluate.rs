//! A strategy over a generation: conditions, prices, plugin calls, line items, for each market.
//!
//! Pure: one generation, one strategy, no clock, no files. Whatever cannot be computed is a reason for
//! which a market is incomplete, never a smaller number (*no silent drop*). `objective` sums what
//! comes out; `protocol` writes it down.

mod calls;
mod case;
mod changes;
mod choosing;
mod duty;
mod facts;
mod findings;
mod horizon;
mod lines;
mod linking;
mod outcome;
mod penalty;
mod pricing;
#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;

pub use self::{
    calls::Calls,
    facts::{Ground, Origin},
    findings::{Finding, Findings, Why, findings},
    horizon::{Conversion, Horizon, Year},
};
use crate::{
    generation::{Closure, Generation},
    id::{JurisdictionId, Name, QualifiedId, Stage},
    money::{Amount, Currency, Exact, Money, Overflow, Spread},
    plugin::{Cadence, Plugin, Quantity},
    rules::{
        book::{Choice, Cite, Obligation, Penalty},
        expression::Leaf,
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

/// One market.
#[derive(Debug)]
pub struct MarketEvaluation {
    /// Which.
    pub id: JurisdictionId,
    /// What serves it; none where its file is unavailable.
    pub closure: Option<Arc<Closure>>,
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
    pub choices: BTreeMap<Name, ChoiceEvaluation>,
    /// What the law can take.
    pub penalties: Vec<PenaltyEvaluation>,
    /// Obligations that may apply.
    pub undetermined: Vec<Undetermined>,
    /// Choices without an allowed option.
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
#[derive(Debug, Default)]
pub struct StageEvaluation {
    /// Σ of its lines; none where something in it failed.
    pub total: Option<Spread>,
    /// Σ of its weighted lines.
    pub weighted: Option<Spread>,
    /// What it is made of.
    pub lines: Vec<Line>,
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
    /// The leaves of its condition that were looked at.
    pub leaves: Vec<Leaf>,
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
    /// Once, or a year, in the case's currency.
    pub native: Spread,
    /// Over the horizon, discounted, in the strategy's currency; rounded once.
    pub total: Spread,
    /// The total times the weight; rounded once.
    pub weighted: Spread,
    /// It belongs to an undetermined obligation: counted in `high` alone.
    pub undetermined: bool,
    /// A count times a price.
    pub quantity: Option<Quantity>,
    /// The facts, params, choices and demands it rests on.
    pub used: Vec<String>,
    /// The places that say so: of the params it used.
    pub cites: Vec<Cite>,
    /// The rule: the obligation, or the binding of the plugin.
    pub at: At,
    /// How the native amount became the total.
    pub horizon: Arc<Horizon>,
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

/// A choice without an allowed option.
#[derive(Debug, Clone)]
pub struct Block {
    /// The choice.
    pub choice: Arc<Choice>,
    /// The option the strategy pinned, and which is not allowed.
    pub pinned: Option<Name>,
    /// From when.
    pub from: Date,
    /// The law.
    pub cites: Vec<Cite>,
    /// The leaves that forbid each option.
    pub leaves: Vec<Leaf>,
}

/// What the law can take.
#[derive(Debug, Clone)]
pub struct PenaltyEvaluation {
    /// The penalty.
    pub penalty: Arc<Penalty>,
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
    evaluate_within(generation, strategy, &mut Calls::new(&generation.engine))
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
    choosing::within_budget(generation, &strategy)?;
    let mut warnings = BTreeSet::new();
    let mut markets = Vec::new();
    for (id, market) in &strategy.markets {
        let evaluated = match generation.closures.get(id) {
            Some(closure) => {
                let asked = Asked::new(generation, &strategy, market, closure);
                let evaluated = choosing::evaluate(&asked, calls)?;
                warnings.extend(warnings_of(&asked, &evaluated));
                evaluated
            }
            None => unavailable(generation, id, market),
        };
        markets.push(evaluated);
    }
    Ok(Evaluation { strategy, markets, warnings })
}

/// Everything one market is evaluated from.
pub(crate) struct Asked<'a> {
    generation: &'a Generation,
    strategy: &'a Strategy,
    market: &'a Market,
    closure: &'a Arc<Closure>,
    /// What its cases are computed in.
    currency: Currency,
    rates: fx::Rates<'a>,
    /// How a native amount becomes one over the horizon; or why it cannot.
    horizon: Result<Arc<Horizon>, fx::NoRate>,
    /// The rates used so far.
    used: RefCell<BTreeMap<(Currency, Currency), fx::Quote>>,
}

impl<'a> Asked<'a> {
    fn new(
        generation: &'a Generation,
        strategy: &'a Strategy,
        market: &'a Market,
        closure: &'a Arc<Closure>,
    ) -> Self {
        let currency = closure.jurisdiction.own.currency;
        let rates = fx::Rates { file: &generation.base.fx, overrides: &strategy.fx, as_of: strategy.as_of };
        let conversion = rates.quote(currency, strategy.currency);
        let horizon = conversion.map(|quote| Arc::new(Horizon::new(strategy, currency, quote)));
        Self { generation, strategy, market, closure, currency, rates, horizon, used: RefCell::default() }
    }

    fn id(&self) -> &'a JurisdictionId {
        self.closure.jurisdiction.id()
    }

    /// A sum in the case's currency, exactly.
    fn to_case(&self, money: Money) -> Result<Exact, ConvertError> {
        self.to(money, self.currency)
    }

    fn to(&self, money: Money, currency: Currency) -> Result<Exact, ConvertError> {
        if money.currency == currency {
            return Ok(money.value);
        }
        let quote = self.rates.quote(money.currency, currency)?;
        let converted = money.value.mul(quote.rate)?;
        self.used.borrow_mut().insert((money.currency, currency), quote);
        Ok(converted)
    }
}

/// Why an amount could not be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConvertError {
    #[error(transparent)]
    NoRate(#[from] fx::NoRate),
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl ConvertError {
    const fn kind(&self) -> &'static str {
        match self {
            Self::NoRate(_) => "missing_fx",
            Self::Overflow(_) => "overflow",
        }
    }
}

/// What to know about one market's answer: exchange rates that are old, rules that nobody looked at in time.
fn warnings_of(asked: &Asked<'_>, evaluated: &MarketEvaluation) -> BTreeSet<String> {
    let as_of = asked.strategy.as_of;
    let used = evaluated.conversions.iter().map(|((from, to), quote)| (*from, *to, quote));
    let own = asked
        .horizon
        .as_ref()
        .ok()
        .map(|horizon| (horizon.conversion.from, horizon.to, &horizon.conversion.quote));
    let stale = used.chain(own).filter_map(|(from, to, quote)| stale(quote, as_of, from, to));
    let overdue = asked.closure.jurisdiction.lineage.values().filter_map(|own| {
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

/// A market whose rule file cannot be served.
fn unavailable(generation: &Generation, id: &JurisdictionId, market: &Market) -> MarketEvaluation {
    let why = generation.unavailable.get(id).map_or("no rule file", |why| why);
    let message = format!("the rules of `{id}` are unavailable: {why}");
    let reason = Reason { stage: None, kind: "unavailable", message, at: None };
    MarketEvaluation {
        id: id.clone(),
        closure: None,
        weight: market.weight,
        status: Status::Incomplete,
        total: None,
        weighted: None,
        stages: BTreeMap::new(),
        choices: BTreeMap::new(),
        penalties: Vec::new(),
        undetermined: Vec::new(),
        blocks: Vec::new(),
        conversions: BTreeMap::new(),
        defaulted: BTreeMap::new(),
        grounds: BTreeMap::new(),
        changes: BTreeSet::new(),
        reasons: BTreeSet::from([reason]),
    }
}
