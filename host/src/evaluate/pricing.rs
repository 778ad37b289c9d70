//! Effort to money: days times day rates, plus fixed money, times a count; rounded once.

use super::{Basis, PriceStep, Reason, asked::ConvertError, facts::Facts};
use crate::{
    id::{JurisdictionId, Name},
    money::{AMOUNT_SCALE, Amount, Exact, Grouped, Money, Overflow, Spread},
    rules::{
        book::{Effort, Obligation, Outlay},
        expression::{Expression, Missing, Outcome, Root},
    },
    value::Value,
};

/// An effort as it reaches a plugin, in the case's currency.
#[derive(Debug, Clone)]
pub(super) struct Priced {
    pub(super) once: Option<Spread>,
    pub(super) yearly: Option<Spread>,
    pub(super) steps: Vec<PriceStep>,
    pub(super) basis: Basis,
}

/// Why an effort has no price.
#[derive(Debug, Clone)]
pub(super) enum NoPrice {
    /// Nobody gave a fact it is counted by.
    Missing(Vec<Missing>),
    /// The rules or the strategy lack something else.
    Reason(Reason),
}

/// Prices an obligation under the options taken.
pub(super) fn price(facts: &Facts<'_>, obligation: &Obligation) -> Result<Priced, NoPrice> {
    let taken = |choice: &Name| facts.chosen.get(&facts.merged().choices.get(choice)?.id).cloned();
    let effort = obligation.effort(taken);
    let Some(effort) = effort else {
        let message = format!("`{}` has no effort under the option taken", obligation.id);
        return Err(NoPrice::Reason(reason(obligation, "no_effort", message)));
    };
    let mut pricer = Pricer { facts, obligation, steps: Vec::new(), by_days: false };
    let times = pricer.times(effort)?;
    let once = pricer.outlay(effort.once.as_ref(), "once", times)?;
    let yearly = pricer.outlay(effort.yearly.as_ref(), "a year", times)?;
    let basis = match (obligation.standing.assumption, pricer.by_days) {
        (true, _) => Basis::Assumption,
        (false, true) => Basis::RateCard,
        (false, false) => Basis::Statute,
    };
    Ok(Priced { once, yearly, steps: pricer.steps, basis })
}

fn reason(obligation: &Obligation, kind: &'static str, message: String) -> Reason {
    Reason { stage: None, kind, message, at: Some(obligation.at.clone()) }
}

struct Pricer<'a> {
    facts: &'a Facts<'a>,
    obligation: &'a Obligation,
    steps: Vec<PriceStep>,
    by_days: bool,
}

impl Pricer<'_> {
    /// Takes a step down, where somebody reads it.
    fn say(&mut self, step: impl FnOnce() -> PriceStep) {
        if self.facts.asked.explained {
            self.steps.push(step());
        }
    }

    fn times(&mut self, effort: &Effort) -> Result<Exact, NoPrice> {
        let Some(expression) = &effort.times else { return Ok(Exact::ONE) };
        let times = quantity(expression, self.facts)
            .map_err(|missing| missing.map_or_else(|| self.overflow(Overflow), NoPrice::Missing))?;
        if times.is_negative() {
            let message = format!("`{}` is counted {times} times", self.obligation.id);
            return Err(NoPrice::Reason(reason(self.obligation, "negative_count", message)));
        }
        self.say(|| PriceStep {
            text: format!("times {}", expression.text()),
            value: Grouped(times).to_string(),
            from_strategy: expression.references().iter().any(|name| name.root != Root::Param),
        });
        Ok(times)
    }

    fn outlay(
        &mut self,
        outlay: Option<&Outlay>,
        when: &str,
        times: Exact,
    ) -> Result<Option<Spread>, NoPrice> {
        let Some(outlay) = outlay else { return Ok(None) };
        let mut sum = Spread::certain(Exact::ZERO);
        for (role, days) in &outlay.days {
            self.by_days = true;
            let (rate, from_strategy) = self.day_rate(role)?;
            let converted =
                rate.try_map(|rate| self.facts.asked.to_case(rate)).map_err(|e| self.unconverted(&e))?;
            let cost = days.try_zip(converted, Exact::mul).map_err(|e| self.overflow(e))?;
            sum = sum.try_zip(cost, Exact::add).map_err(|e| self.overflow(e))?;
            self.say(|| PriceStep {
                text: format!("{role}, {} days {when}", range(*days, Grouped)),
                value: format!("at {} a day", range(rate, |money| money)),
                from_strategy,
            });
        }
        if let Some(fixed) = outlay.fixed {
            let converted =
                fixed.try_map(|fixed| self.facts.asked.to_case(fixed)).map_err(|e| self.unconverted(&e))?;
            sum = sum.try_zip(converted, Exact::add).map_err(|e| self.overflow(e))?;
            self.say(|| PriceStep {
                text: format!("fixed, {when}"),
                value: range(fixed, |money| money),
                from_strategy: false,
            });
        }
        let rounded = sum.try_map(|units| units.mul(times)?.round(AMOUNT_SCALE).map(Amount));
        rounded.map(Some).map_err(|e| self.overflow(e))
    }

    /// The strategy's for this place or its country, then `rates.yaml` for it, then for its ancestors,
    /// nearest first.
    fn day_rate(&self, role: &Name) -> Result<(Spread<Money>, bool), NoPrice> {
        let asked = self.facts.asked;
        let jurisdiction = &asked.place(self.facts.place).closure.jurisdiction;
        let nearest = || jurisdiction.nearest.iter();
        let given = |id: &JurisdictionId| asked.strategy.rates.get(&(role.clone(), id.clone()));
        if let Some(own) = nearest().find_map(given) {
            return Ok((*own, true));
        }
        let as_of = asked.strategy.as_of;
        let card = nearest().find_map(|id| {
            let card = asked.generation.base.rates.get(&(role.clone(), id.clone()))?;
            card.value.iter().rev().find(|rate| rate.from <= as_of)
        });
        card.map(|rate| (rate.value, false)).ok_or_else(|| {
            let message = format!(
                "no day rate for `{role}` in `{}` on {as_of}, which `{}` needs: add it to rates.yaml, or to the strategy under `rates:`",
                jurisdiction.id(),
                self.obligation.id
            );
            NoPrice::Reason(reason(self.obligation, "missing_rate", message))
        })
    }

    fn unconverted(&self, error: &ConvertError) -> NoPrice {
        let message = format!("`{}`: {error}", self.obligation.id);
        NoPrice::Reason(reason(self.obligation, error.kind(), message))
    }

    fn overflow(&self, error: Overflow) -> NoPrice {
        NoPrice::Reason(reason(self.obligation, "overflow", format!("`{}`: {error}", self.obligation.id)))
    }
}

/// A number an expression comes to: what is missing, or none if it overflows.
pub(super) fn quantity(expression: &Expression, facts: &Facts<'_>) -> Result<Exact, Option<Vec<Missing>>> {
    match expression.outcome(facts) {
        Outcome::Known(Value::Count(n)) => Ok(Exact::whole(n)),
        Outcome::Known(Value::Ratio(ratio)) => Ok(ratio),
        Outcome::Known(_) | Outcome::Overflow => Err(None),
        Outcome::Undetermined(missing) => Err(Some(missing)),
    }
}

/// One value, or `low to high (likely …)`.
fn range<T: Copy + PartialEq, D: std::fmt::Display>(spread: Spread<T>, show: impl Fn(T) -> D) -> String {
    if spread.low == spread.high {
        return show(spread.likely).to_string();
    }
    format!("{} to {} (likely {})", show(spread.low), show(spread.high), show(spread.likely))
}
