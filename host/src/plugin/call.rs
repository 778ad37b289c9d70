//! One call: a case in, checked line items out.
//!
//! A fresh instance every time, thrown away after. Everything the guest returns is checked here, so
//! that an [`Estimate`] is what the contract says: indices that point somewhere, spreads in order,
//! quantities that multiply out, no two lines alike.

use std::{
    any::Any,
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use jiff::civil::Date;
use wasmtime::{Store, Trap};

use super::{
    bindings::{exports::landfall::stage::guest as wit, landfall::stage::types},
    error::{CallError, Failure},
    limits::{Limits, STACK_BYTES},
    load::Plugin,
    store::{CallState, LimitReached},
    text,
};
use crate::{
    id::Stage,
    money::{AMOUNT_SCALE, Amount, Currency, Spread},
    value::{Period, TimeUnit},
};

/// What a plugin is asked. Values stand in the order of the needs in its description.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Case {
    /// The stage.
    pub stage: Stage,
    /// The currency of every amount here and in the answer.
    pub currency: Currency,
    /// One for each fact it needs.
    pub facts: Vec<CaseValue>,
    /// One for each param it needs.
    pub params: Vec<CaseValue>,
    /// For each choice it needs, the index of the option.
    pub choices: Vec<u32>,
    /// Those it costs and those that feed its demands, sorted by qualified id.
    pub obligations: Vec<CaseObligation>,
    /// Its settings, as JSON.
    pub settings: Arc<str>,
}

/// A value in the units of the boundary.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CaseValue {
    /// Nobody gave it, or it has no value in the period.
    Missing,
    /// true or false.
    Flag(bool),
    /// A whole number.
    Count(i64),
    /// Billionths.
    Ratio(i64),
    /// An amount in the case's currency.
    Money(Amount),
    /// Text, or one of declared values.
    Text(Arc<str>),
    /// Some of declared values, sorted.
    Set(Vec<Arc<str>>),
    /// A date.
    Date(Date),
    /// A length of time.
    Period(Period),
}

/// An obligation of a case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CaseObligation {
    /// Its index among those the plugin knows by name.
    pub known: Option<u32>,
    /// What it costs once, where this plugin costs it.
    pub once: Option<Spread>,
    /// What it costs a year, where this plugin costs it.
    pub yearly: Option<Spread>,
    /// One for each demand of the plugin.
    pub demands: Vec<CaseValue>,
}

/// What a plugin answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// In the plugin's order.
    pub lines: Vec<Line>,
    /// What it took.
    pub used: Used,
}

/// What a call used of what is limited; the same on every machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Units of work, making the instance included where it was fresh.
    pub fuel: u64,
    /// Bytes of linear memory at the end, over all memories. None ever shrinks, so it is the most there was.
    pub memory_bytes: usize,
    /// Elements over all tables, which do not shrink either.
    pub table_elements: usize,
    /// Bytes that the answer handed to the host, as [`CallLimits::returned_bytes`](super::CallLimits) counts them:
    /// records as the host holds them, texts as UTF-8.
    pub returned_bytes: usize,
    /// Line items.
    pub lines: usize,
    /// Bytes of log that were kept, errors included.
    pub log_bytes: usize,
    /// Lines of log that were kept, errors included.
    pub log_lines: usize,
}

/// One line item. (obligation, label) occurs once in an estimate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Index among the case's obligations.
    pub obligation: Option<u32>,
    /// What it is, printable and not empty.
    pub label: String,
    /// How often.
    pub cadence: Cadence,
    /// How much.
    pub amount: Spread,
    /// What it rests on; every index points at a need.
    pub used: Vec<Ground>,
    /// Where it is a count times a price, both; they multiply out to the amount.
    pub quantity: Option<Quantity>,
}

/// How often a line is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cadence {
    /// Once.
    Once,
    /// Every year.
    Yearly,
}

/// What a line rests on: an index among the needs of that kind in the description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ground {
    /// A fact.
    Fact(u32),
    /// A param.
    Param(u32),
    /// A choice.
    Choice(u32),
    /// A demand.
    Demand(u32),
}

/// A count times a price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// Ten-thousandths of the unit.
    pub count: i64,
    /// What is counted, printable and not empty.
    pub unit: String,
    /// The price of one unit.
    pub price: Spread,
}

impl Plugin {
    /// Asks for the line items of a case. Waits while too many calls are running. Blocks, and wants a
    /// thread with a stack of at least 2 MiB, of which the guest may use a quarter (wasmtime cannot know how
    /// much is left). The limits are those it was loaded under.
    ///
    /// # Errors
    /// [`CallError`]: the plugin ran into a limit, stopped, refused, or answered against the contract.
    pub fn estimate(&self, case: &Case) -> Result<Estimate, CallError> {
        self.estimate_under(self.limits(), case)
    }

    /// The same under other limits: those of the generation that asks.
    ///
    /// # Errors
    /// As for [`estimate`](Self::estimate).
    pub fn estimate_under(&self, limits: &Limits, case: &Case) -> Result<Estimate, CallError> {
        let result = catch_unwind(AssertUnwindSafe(|| self.call(limits, case)))
            .unwrap_or_else(|panic| Err(Failure::HostPanicked { message: panic_message(&*panic) }))
            .map_err(|failure| CallError { plugin: self.description.id.clone(), stage: case.stage, failure });
        self.counts.called(&result);
        result
    }

    fn call(&self, limits: &Limits, case: &Case) -> Result<Estimate, Failure> {
        let _permit = self.engine.enter();
        let mut store = self.store(limits, Some(case.stage))?;
        let answer = with_case(case, |case| {
            self.component.instantiate(&mut store)?.landfall_stage_guest().call_estimate(&mut store, case)
        });
        self.read(&store, limits, case, answer)
    }

    /// A store with full budgets.
    pub(super) fn store(&self, limits: &Limits, stage: Option<Stage>) -> Result<Store<CallState>, Failure> {
        self.engine
            .store(limits, self.who.clone(), stage)
            .map_err(|error| Failure::Malformed { message: format!("{error:#}") })
    }

    /// What came of a call, checked and counted.
    pub(super) fn read(
        &self,
        store: &Store<CallState>,
        limits: &Limits,
        case: &Case,
        answer: wasmtime::Result<Result<Vec<wit::LineItem>, wit::Failure>>,
    ) -> Result<Estimate, Failure> {
        let fuel = limits.call.fuel.saturating_sub(store.get_fuel().unwrap_or_default());
        self.counts.used(fuel);
        let answer = answer.map_err(|error| failure(&error, store, limits))?;
        let returned_bytes = returned(&answer);
        let lines = Reader { case, plugin: self, limits }.lines(answer)?;
        let used = Used { fuel, returned_bytes, lines: lines.len(), ..store.data().used() };
        Ok(Estimate { lines, used })
    }
}

/// What wasmtime took from the budget of the call for these: it does not say what is left.
fn returned(answer: &Result<Vec<wit::LineItem>, wit::Failure>) -> usize {
    let line = |item: &wit::LineItem| {
        let unit = item.quantity.as_ref().map_or(0, |quantity| quantity.unit.len());
        size_of::<wit::LineItem>() + item.label.len() + size_of_val(item.used.as_slice()) + unit
    };
    match answer {
        Ok(items) => items.iter().map(line).sum(),
        Err(wit::Failure::Refused(reason)) => reason.len(),
        Err(wit::Failure::NeedsFact(_) | wit::Failure::NeedsParam(_)) => 0,
    }
}

/// What a panic said, in one line.
pub(super) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text::tame(text.unwrap_or("no message"), 300)
}

/// Which limit an error of wasmtime means. Also for `describe`.
pub(super) fn failure(error: &wasmtime::Error, store: &Store<CallState>, limits: &Limits) -> Failure {
    let call = &limits.call;
    if let Some(limit) = error.downcast_ref::<LimitReached>() {
        return match limit {
            LimitReached::Memory => Failure::OutOfMemory { limit: call.memory_bytes },
            LimitReached::Table => Failure::TableTooLarge { limit: call.table_elements },
            LimitReached::HostMemory => Failure::HostOutOfMemory,
        };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Failure::OutOfFuel { limit: call.fuel },
        Some(Trap::Interrupt) => Failure::OutOfTime { limit_ms: limits.wall_clock_ms },
        Some(Trap::StackOverflow) => Failure::StackOverflow { limit: STACK_BYTES },
        Some(trap) => {
            let message = store
                .data()
                .log
                .last_error()
                .map_or_else(|| trap.to_string().replace("wasm trap: ", ""), str::to_owned);
            Failure::Trapped { message }
        }
        None => other_failure(&format!("{error:#}"), limits),
    }
}

/// The types of these errors are private to wasmtime; their words are all there is to know them by,
/// and tests hold them.
fn other_failure(message: &str, limits: &Limits) -> Failure {
    let call = &limits.call;
    if message.contains("fuel allocated for hostcalls") {
        return Failure::TooMuchData { limit: call.returned_bytes, lines: call.lines };
    }
    if message.contains("handle limit exceeded") {
        return Failure::TooManyParts { message: format!("more than {} handles at once", call.handles) };
    }
    if let Some(what) = message.strip_prefix("resource limit exceeded: ") {
        return Failure::TooManyParts { message: what.to_owned() };
    }
    Failure::Malformed { message: text::tame(message, call.text_chars) }
}

/// The case in the guest's types, which borrow: it lives only inside the call.
pub(super) fn with_case<R>(case: &Case, call: impl FnOnce(wit::Case<'_>) -> R) -> R {
    let obligations = case.obligations.iter();
    let values: Vec<(Vec<Vec<&str>>, &CaseObligation)> =
        obligations.map(|obligation| (sets(&obligation.demands), obligation)).collect();
    let demands: Vec<Vec<types::Value<'_>>> =
        values.iter().map(|(sets, obligation)| lower(&obligation.demands, sets)).collect();
    let obligations: Vec<types::Obligation<'_>> = case
        .obligations
        .iter()
        .zip(&demands)
        .map(|(obligation, demands)| types::Obligation {
            known: obligation.known,
            once: obligation.once.map(lower_spread),
            yearly: obligation.yearly.map(lower_spread),
            demands,
        })
        .collect();
    let (fact_sets, param_sets) = (sets(&case.facts), sets(&case.params));
    call(wit::Case {
        stage: lower_stage(case.stage),
        currency: case.currency.code(),
        facts: &lower(&case.facts, &fact_sets),
        params: &lower(&case.params, &param_sets),
        choices: &case.choices,
        obligations: &obligations,
        settings: &case.settings,
    })
}

/// The members of each set among the values, in order.
fn sets(values: &[CaseValue]) -> Vec<Vec<&str>> {
    fn members(value: &CaseValue) -> Option<Vec<&str>> {
        match value {
            CaseValue::Set(members) => Some(members.iter().map(|member| &**member).collect()),
            _ => None,
        }
    }
    values.iter().filter_map(members).collect()
}

fn lower<'a>(values: &'a [CaseValue], sets: &'a [Vec<&'a str>]) -> Vec<types::Value<'a>> {
    let mut sets = sets.iter();
    let value = |value: &'a CaseValue| match value {
        CaseValue::Missing => types::Value::Missing,
        CaseValue::Flag(flag) => types::Value::Flag(*flag),
        CaseValue::Count(n) => types::Value::Count(*n),
        CaseValue::Ratio(billionths) => types::Value::Ratio(*billionths),
        CaseValue::Money(amount) => types::Value::Money(amount.0),
        CaseValue::Text(text) => types::Value::Text(text),
        CaseValue::Set(_) => types::Value::Set(sets.next().map_or(&[], Vec::as_slice)),
        CaseValue::Date(date) => types::Value::Date(types::Date {
            year: date.year().into(),
            month: date.month().unsigned_abs(),
            day: date.day().unsigned_abs(),
        }),
        CaseValue::Period(period) => {
            types::Value::Period(types::Period { n: period.n, unit: lower_unit(period.unit) })
        }
    };
    values.iter().map(value).collect()
}

const fn lower_spread(spread: Spread) -> types::Spread {
    types::Spread { low: spread.low.0, likely: spread.likely.0, high: spread.high.0 }
}

const fn lower_stage(stage: Stage) -> types::Stage {
    match stage {
        Stage::MarketSelection => types::Stage::MarketSelection,
        Stage::DataAdaptation => types::Stage::DataAdaptation,
        Stage::Compliance => types::Stage::Compliance,
        Stage::Culture => types::Stage::Culture,
        Stage::Output => types::Stage::Output,
    }
}

const fn lower_unit(unit: TimeUnit) -> types::TimeUnit {
    match unit {
        TimeUnit::Hour => types::TimeUnit::Hour,
        TimeUnit::Day => types::TimeUnit::Day,
        TimeUnit::BusinessDay => types::TimeUnit::BusinessDay,
        TimeUnit::Week => types::TimeUnit::Week,
        TimeUnit::Month => types::TimeUnit::Month,
        TimeUnit::Year => types::TimeUnit::Year,
    }
}

/// Reads an answer against the case and the description it belongs to.
struct Reader<'a> {
    case: &'a Case,
    plugin: &'a Plugin,
    limits: &'a Limits,
}

impl Reader<'_> {
    fn lines(&self, answer: Result<Vec<wit::LineItem>, wit::Failure>) -> Result<Vec<Line>, Failure> {
        let items = answer.map_err(|failure| self.refusal(failure))?;
        let (found, limit) = (items.len(), self.limits.call.lines);
        if found > limit {
            return Err(Failure::TooManyLines { found, limit });
        }
        let lines: Vec<Line> = items.into_iter().map(|item| self.line(item)).collect::<Result<_, _>>()?;
        let mut seen = HashSet::with_capacity(found);
        match lines.iter().find(|line| !seen.insert((line.obligation, line.label.as_str()))) {
            Some(line) => Err(Failure::DuplicateLine { label: line.label.clone() }),
            None => Ok(lines),
        }
    }

    fn refusal(&self, failure: wit::Failure) -> Failure {
        let description = &self.plugin.description;
        let (what, index, needs) = match failure {
            wit::Failure::NeedsFact(index) => ("fact", index, &description.facts),
            wit::Failure::NeedsParam(index) => ("param", index, &description.params),
            wit::Failure::Refused(reason) => {
                return Failure::Refused { reason: text::tame(&reason, self.limits.call.text_chars) };
            }
        };
        let Some(need) = needs.get(index as usize) else {
            let place = "as what it needs".to_owned();
            return Failure::BadIndex { what, index, count: needs.len(), place };
        };
        let name = need.name.clone();
        if what == "fact" { Failure::NeedsFact { name } } else { Failure::NeedsParam { name } }
    }

    fn line(&self, item: wit::LineItem) -> Result<Line, Failure> {
        let label = self.text("label", item.label)?;
        let amount = spread(&label, "amount", &item.amount)?;
        if let Some(index) = item.obligation {
            check_index(&label, "obligation", index, self.case.obligations.len())?;
        }
        let quantity = item.quantity.map(|quantity| self.quantity(&label, quantity, amount)).transpose()?;
        Ok(Line {
            obligation: item.obligation,
            cadence: match item.cadence {
                types::Cadence::Once => Cadence::Once,
                types::Cadence::Yearly => Cadence::Yearly,
            },
            amount,
            used: self.grounds(&label, &item.used)?,
            quantity,
            label,
        })
    }

    fn text(&self, what: &'static str, text: String) -> Result<String, Failure> {
        match text::fault(&text, self.limits.call.label_chars) {
            Some(fault) => Err(Failure::BadText { what, fault }),
            None => Ok(text),
        }
    }

    fn grounds(&self, label: &str, used: &[types::Ground]) -> Result<Vec<Ground>, Failure> {
        let (found, limit) = (used.len(), self.limits.call.grounds);
        if found > limit {
            return Err(Failure::TooManyGrounds { label: label.to_owned(), found, limit });
        }
        let description = &self.plugin.description;
        let ground = |ground: &types::Ground| {
            let (what, index, count, ground) = match *ground {
                types::Ground::Fact(i) => ("fact", i, description.facts.len(), Ground::Fact(i)),
                types::Ground::Param(i) => ("param", i, description.params.len(), Ground::Param(i)),
                types::Ground::Choice(i) => ("choice", i, description.choices.len(), Ground::Choice(i)),
                types::Ground::Demand(i) => ("demand", i, description.demands.len(), Ground::Demand(i)),
            };
            check_index(label, what, index, count).map(|()| ground)
        };
        used.iter().map(ground).collect()
    }

    fn quantity(&self, label: &str, quantity: types::Quantity, amount: Spread) -> Result<Quantity, Failure> {
        let unit = self.text("unit", quantity.unit)?;
        let price = spread(label, "price", &quantity.price)?;
        let count = quantity.count;
        for (member, amount, price) in [
            ("low", amount.low, price.low),
            ("likely", amount.likely, price.likely),
            ("high", amount.high, price.high),
        ] {
            let product = multiply(count, price);
            if product != i128::from(amount.0) {
                let product =
                    i64::try_from(product).map_or_else(|_| "too large".into(), |p| Amount(p).to_string());
                return Err(Failure::QuantityMismatch { label: label.to_owned(), member, amount, product });
            }
        }
        Ok(Quantity { count, unit, price })
    }
}

/// Ten-thousandths of a unit times the price of one, rounded once, half to even. The product of two
/// 64-bit numbers always fits.
fn multiply(count: i64, price: Amount) -> i128 {
    let (product, scale) = (i128::from(count) * i128::from(price.0), i128::from(AMOUNT_SCALE));
    let (floor, rest) = (product.div_euclid(scale), product.rem_euclid(scale));
    let up = rest * 2 > scale || (rest * 2 == scale && floor % 2 != 0);
    floor + i128::from(up)
}

fn check_index(label: &str, what: &'static str, index: u32, count: usize) -> Result<(), Failure> {
    if (index as usize) < count {
        return Ok(());
    }
    Err(Failure::BadIndex { what, index, count, place: format!("on the line `{label}`") })
}

fn spread(label: &str, what: &'static str, spread: &types::Spread) -> Result<Spread, Failure> {
    let (low, likely, high) = (Amount(spread.low), Amount(spread.likely), Amount(spread.high));
    if Amount::ZERO <= low && low <= likely && likely <= high {
        return Ok(Spread { low, likely, high });
    }
    Err(Failure::BadSpread { label: label.to_owned(), what, low, likely, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_rounded_half_to_even() {
        assert_eq!(multiply(5_000, Amount(1)), 0);
        assert_eq!(multiply(15_000, Amount(1)), 2);
        assert_eq!(multiply(25_000, Amount(1)), 2);
        assert_eq!(multiply(25_001, Amount(1)), 3);
        assert_eq!(multiply(12 * AMOUNT_SCALE, Amount(7_0000)), 84_0000);
        assert!(multiply(i64::MAX, Amount(i64::MAX)) > i128::from(i64::MAX));
    }
}
