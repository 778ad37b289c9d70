//! The case a plugin is given: facts, params, options, settings and obligations, each rounded once.

use super::{
    Reason,
    asked::{Called, Seen},
    outcome::{Asking, at, overflow},
};
use crate::{
    generation::BoundPlugin,
    money::{AMOUNT_SCALE, Amount, RATIO_SCALE},
    plugin::{Case, CaseObligation, CaseValue},
    rules::expression::{Outcome, Reference, Root},
    value::Value,
};

impl Asking<'_> {
    /// The case, with its obligations in its order.
    pub(super) fn case<'c>(
        &self,
        called: &'c Called<'_>,
        undetermined: bool,
    ) -> Result<(Case, Vec<&'c Seen<'c>>), Reason> {
        let bound = called.bound;
        let description = &bound.plugin.description;
        let facts = bound.facts.iter().zip(&description.facts);
        let facts = facts.map(|(reference, need)| self.given(bound, reference, need.required));
        let params = bound.params.iter().zip(&description.params).map(|(param, need)| {
            let reference = Reference { root: Root::Param, name: param.id.name.clone() };
            self.given(bound, &reference, need.required)
        });
        let choices = bound.choices.iter().map(|choice| {
            let option = self.facts.chosen.get(&choice.choice.id);
            let place = option.and_then(|option| choice.choice.position(option.as_str()));
            place.and_then(|place| choice.places.get(place)).copied().ok_or_else(|| {
                let message = format!("no option of `{}` is taken", choice.choice.id.name);
                self.reason("no_option", message, Some(choice.choice.at.clone()))
            })
        });
        let asked = self.facts.asked;
        let settings = bound.settings.text(asked.currency, |money| {
            let units = asked.to_case(money).map_err(|error| (error.kind(), error.to_string()))?;
            units.round(AMOUNT_SCALE).map_err(|error| ("overflow", error.to_string()))
        });
        let settings = settings.map_err(|(kind, why)| {
            let message = format!("settings of `{}`: {why}", bound.binding.plugin);
            self.reason(kind, message, Some(at(bound)))
        })?;
        let (obligations, given) = self.obligations(called, undetermined)?;
        let case = Case {
            stage: self.stage,
            currency: asked.currency,
            facts: facts.collect::<Result<_, _>>()?,
            params: params.collect::<Result<_, _>>()?,
            choices: choices.collect::<Result<_, _>>()?,
            obligations,
            settings,
        };
        Ok((case, given))
    }

    fn given(&self, bound: &BoundPlugin, reference: &Reference, required: bool) -> Result<CaseValue, Reason> {
        match self.facts.look_up(reference) {
            Ok((value, _)) => self.case_value(value, || format!("`{reference}`"), bound),
            Err(_) if !required => Ok(CaseValue::Missing),
            Err(missing) => {
                let message =
                    format!("the plugin `{}` needs `{reference}`: {}", bound.binding.plugin, missing.reason);
                Err(self.reason("needs_fact", message, Some(at(bound))))
            }
        }
    }

    /// A value as it crosses to the plugin: money in the case's currency, everything rounded once.
    fn case_value(
        &self,
        value: Value,
        what: impl Fn() -> String,
        bound: &BoundPlugin,
    ) -> Result<CaseValue, Reason> {
        let wrong = |kind, why: String| self.reason(kind, format!("{}: {why}", what()), Some(at(bound)));
        Ok(match value {
            Value::Flag(flag) => CaseValue::Flag(flag),
            Value::Count(n) => CaseValue::Count(n),
            Value::Ratio(ratio) => {
                let billionths =
                    ratio.round(RATIO_SCALE).map_err(|error| wrong("overflow", error.to_string()))?;
                CaseValue::Ratio(billionths)
            }
            Value::Money(money) => {
                let units = self
                    .facts
                    .asked
                    .to_case(money)
                    .map_err(|error| wrong(error.kind(), error.to_string()))?;
                let rounded =
                    units.round(AMOUNT_SCALE).map_err(|error| wrong("overflow", error.to_string()))?;
                CaseValue::Money(Amount(rounded))
            }
            Value::Text(text) => CaseValue::Text(text),
            Value::Set(set) => CaseValue::Set(set.iter().cloned().collect()),
            Value::Date(date) => CaseValue::Date(date),
            Value::Period(period) => CaseValue::Period(period),
        })
    }

    /// The obligations of a case, sorted by qualified id: those it costs, priced, and those that feed it.
    fn obligations<'c>(
        &self,
        called: &'c Called<'_>,
        undetermined: bool,
    ) -> Result<(Vec<CaseObligation>, Vec<&'c Seen<'c>>), Reason> {
        let mut obligations = Vec::new();
        let mut given = Vec::new();
        let bound = called.bound;
        for seen in &called.obligations {
            let facts = &self.facts.at(seen.place);
            let known = self.duties.known(seen.number).filter(|known| undetermined || known.is_sure());
            let Some(known) = known else { continue };
            let (id, rule) = (seen.id(), &seen.bound.obligation);
            let priced = match (&known.price, seen.bound.costed) {
                (Some((priced, _)), true) => Some(priced),
                // Without a price it is already a reason for which the market is incomplete.
                (None, true) => continue,
                (_, false) => None,
            };
            let demands = bound.plugin.description.demands.iter().map(|need| {
                let Some(value) = rule.requires.get(need.name.as_str()) else {
                    return Ok(CaseValue::Missing);
                };
                match value.outcome(facts) {
                    Outcome::Known(value) => {
                        self.case_value(value, || format!("`{id}` requires `{}`", need.name), bound)
                    }
                    Outcome::Undetermined(missing) => {
                        let why: Vec<_> = missing.iter().map(|missing| missing.reason.as_str()).collect();
                        let message = format!("`{id}` requires `{}`: {}", need.name, why.join("; "));
                        Err(self.reason("undetermined", message, Some(rule.at.clone())))
                    }
                    Outcome::Overflow => Err(overflow(Some(self.stage))),
                }
            });
            obligations.push(CaseObligation {
                known: seen.bound.known,
                once: priced.and_then(|priced| priced.once),
                yearly: priced.and_then(|priced| priced.yearly),
                demands: demands.collect::<Result<_, _>>()?,
            });
            given.push(seen);
        }
        Ok((obligations, given))
    }
}
