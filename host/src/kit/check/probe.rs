//! Does a plugin answer alike? The same cases on instances of their own, in two engines, and one after the other on one
//! instance that is kept.
//!
//! A host gives every call an instance of its own, so that no answer depends on another. A plugin that needs that to be
//! right is one bug of a host away from being wrong, and no pure function; it is told.

use super::Case;
use crate::{
    diagnostic::Diagnostic,
    kit::case::Expect,
    money::{AMOUNT_SCALE, Amount, Spread},
    plugin::{self, CallError, CaseValue, Estimate, Failure, Line, Plugin, Warm},
    value::Period,
};

const PURE: &str = "compute from the case alone: nothing outside `estimate` may change while it runs, and nothing it finds \
                    there may decide a line";

/// What came of a call.
pub(super) type Answer = Result<Estimate, CallError>;

/// A case with what came of it.
pub(super) struct Asked<'a> {
    pub(super) case: &'a Case,
    pub(super) answer: Answer,
    /// The same with every number of the case another, for what must not depend on numbers.
    pub(super) varied: Answer,
}

impl Asked<'_> {
    /// Whether the case says that exactly this comes.
    pub(super) fn is_expected(&self) -> bool {
        let lines = self.answer.clone().map(|estimate| estimate.lines);
        self.case.file.expect.as_ref().is_some_and(|expect| expect.is_met_by(&Expect::of(&lines)))
    }
}

/// Asks every case, and says where the answers differ.
pub(super) fn ask<'a>(
    plugin: &Plugin,
    other: &Plugin,
    cases: &'a [Case],
    findings: &mut Vec<Diagnostic>,
) -> Vec<Asked<'a>> {
    let mut all = Vec::new();
    for case in cases {
        let answer = plugin.estimate(&case.file.case);
        let again = [plugin.estimate(&case.file.case), other.estimate(&case.file.case)];
        if let Some(how) = again.iter().find_map(|again| difference(&answer, again, true)) {
            let message = format!("the case `{}` is not always answered alike: {how}", case.file.name);
            findings.push(Diagnostic::error(message).help(PURE));
        }
        let varied = plugin.estimate(&varied(&case.file.case));
        all.push(Asked { case, answer, varied });
    }
    findings.extend(kept(plugin, &all));
    all
}

/// All cases on one instance, twice over; the first answer that is not the one of an instance of its own.
fn kept(plugin: &Plugin, all: &[Asked<'_>]) -> Option<Diagnostic> {
    let mut instance: Option<Warm<'_>> = None;
    for asked in all.iter().chain(all) {
        let name = &asked.case.file.name;
        let pair =
            [(asked.case.file.case.clone(), &asked.answer), (varied(&asked.case.file.case), &asked.varied)];
        for (case, fresh) in pair.iter().filter(|(_, answer)| is_survived(answer)) {
            let warm = match instance.as_mut() {
                Some(warm) => warm,
                // Whatever keeps an instance from being made kept it from answering before.
                None => instance.insert(plugin.warm().ok()?),
            };
            let answer = warm.estimate(case);
            if let Some(how) = difference(fresh, &answer, false) {
                let message = format!(
                    "the case `{name}` is answered otherwise once the same instance has answered before: {how}"
                );
                return Some(Diagnostic::error(message).help(PURE));
            }
        }
    }
    None
}

/// Whether an instance can be called again after it.
fn is_survived(answer: &Answer) -> bool {
    use Failure::{NeedsFact, NeedsParam, Refused};
    let typed =
        |error: &CallError| matches!(error.failure, NeedsFact { .. } | NeedsParam { .. } | Refused { .. });
    answer.as_ref().map_or_else(typed, |_| true)
}

/// What is other in the second of two answers that should be alike. What a busy machine says is no answer.
fn difference(first: &Answer, second: &Answer, with_fuel: bool) -> Option<String> {
    match (first, second) {
        (Err(error), _) | (_, Err(error)) if error.is_retryable() => None,
        (Ok(first), Ok(second)) => lines(&first.lines, &second.lines).or_else(|| {
            let (one, two) = (first.used.fuel, second.used.fuel);
            (with_fuel && one != two).then(|| format!("{one} units of fuel at first, and then {two}"))
        }),
        (Err(first), Err(second)) if first == second => None,
        (Err(first), Err(second)) => {
            Some(format!("it {} at first, and then {}", first.failure, second.failure))
        }
        (Ok(_), Err(error)) => Some(format!("it answers at first, and then {}", error.failure)),
        (Err(error), Ok(_)) => Some(format!("it {} at first, and then answers", error.failure)),
    }
}

fn lines(first: &[Line], second: &[Line]) -> Option<String> {
    if first.len() != second.len() {
        return Some(format!("{} lines at first, and then {}", first.len(), second.len()));
    }
    let (one, two) = first.iter().zip(second).find(|(one, two)| one != two)?;
    let label = &one.label;
    Some(if one.label != two.label {
        format!("the line `{label}` at first, and then `{}`", two.label)
    } else if one.amount != two.amount {
        format!("the line `{label}` is {} at first, and then {}", shown(one.amount), shown(two.amount))
    } else {
        format!("the line `{label}` rests on other grounds the second time")
    })
}

fn shown(spread: Spread) -> String {
    let Spread { low, likely, high } = spread;
    if low == high { likely.to_string() } else { format!("{low}, {likely}, {high}") }
}

/// The same case with every number another.
fn varied(case: &plugin::Case) -> plugin::Case {
    let all = |values: &[CaseValue]| values.iter().map(other).collect();
    let mut varied = plugin::Case { facts: all(&case.facts), params: all(&case.params), ..case.clone() };
    for duty in &mut varied.obligations {
        duty.demands = all(&duty.demands);
        duty.once = duty.once.map(more);
        duty.yearly = duty.yearly.map(more);
    }
    varied
}

fn other(value: &CaseValue) -> CaseValue {
    match value {
        CaseValue::Count(n) => CaseValue::Count(n.saturating_add(1)),
        CaseValue::Money(amount) => CaseValue::Money(Amount(amount.0.saturating_add(AMOUNT_SCALE))),
        CaseValue::Period(period) => CaseValue::Period(Period { n: period.n.saturating_add(1), ..*period }),
        same => same.clone(),
    }
}

fn more(spread: Spread) -> Spread {
    let more = |amount: Amount| Amount(amount.0.saturating_add(AMOUNT_SCALE));
    Spread { low: more(spread.low), likely: more(spread.likely), high: more(spread.high) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::{Cadence, Used};

    fn line(label: &str, amount: i64) -> Line {
        let amount = Amount(amount);
        Line {
            obligation: None,
            label: label.into(),
            cadence: Cadence::Once,
            amount: Spread { low: amount, likely: amount, high: amount },
            used: vec![],
            quantity: None,
        }
    }

    fn answer(lines: &[Line], fuel: u64) -> Answer {
        Ok(Estimate { lines: lines.to_vec(), used: Used { fuel, ..Used::default() } })
    }

    #[track_caller]
    fn differ(first: &Answer, second: &Answer, expected: Option<&str>) {
        assert_eq!(difference(first, second, true).as_deref(), expected);
    }

    #[test]
    fn answers_that_differ_are_told_apart() {
        let fee = answer(&[line("fee", 10_000)], 7);
        differ(&fee, &fee, None);
        differ(&fee, &answer(&[], 7), Some("1 lines at first, and then 0"));
        differ(&fee, &answer(&[line("fees", 10_000)], 7), Some("the line `fee` at first, and then `fees`"));
        differ(
            &fee,
            &answer(&[line("fee", 20_000)], 7),
            Some("the line `fee` is 1.0000 at first, and then 2.0000"),
        );
        let yearly = Line { cadence: Cadence::Yearly, ..line("fee", 10_000) };
        differ(&fee, &answer(&[yearly], 7), Some("the line `fee` rests on other grounds the second time"));
        differ(&fee, &answer(&[line("fee", 10_000)], 8), Some("7 units of fuel at first, and then 8"));
        let failed = |failure| {
            Err(CallError {
                plugin: crate::id::PluginId::parse("probe").unwrap(),
                stage: crate::id::Stage::Output,
                failure,
            })
        };
        let refused = failed(Failure::Refused { reason: "no".into() });
        differ(&fee, &refused, Some("it answers at first, and then cannot answer: no"));
        differ(&refused, &fee, Some("it cannot answer: no at first, and then answers"));
        differ(&refused, &refused, None);
        differ(&fee, &failed(Failure::OutOfTime { limit_ms: 1 }), None);
    }
}
