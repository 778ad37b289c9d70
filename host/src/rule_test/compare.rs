//! What came of a test beside what was expected, and why it came.

use std::fmt::Display;

use super::expect::{Applies, CostOf, Expect, ExpectedParam, ExpectedPenalty, word};
use crate::{
    diagnostic::Diagnostic,
    evaluate::{
        BlockedBy, Finding, Findings, MarketEvaluation, PenaltyEvaluation, Reason, SharedEvaluation, Status,
        WhyNot,
    },
    id::{Name, QualifiedId, Stage},
    money::{Amount, Money, Spread},
    rules::{
        book::{Jurisdiction, Param, StageRule},
        expression::Leaf,
        schema::{Spanned, jurisdiction::Kind},
    },
    source::{SourceFile, Span},
    strategy::Strategy,
};

/// What came of a test.
pub(super) struct Came<'a> {
    pub(super) market: &'a MarketEvaluation,
    pub(super) shared: &'a [SharedEvaluation],
    pub(super) findings: &'a Findings,
    pub(super) jurisdiction: &'a Jurisdiction,
    pub(super) strategy: &'a Strategy,
}

/// What was expected and did not come: where, what was expected, what came and why.
struct Miss {
    span: Span,
    expected: String,
    came: String,
}

impl Miss {
    fn new(span: Span, expected: impl Into<String>, came: impl Into<String>) -> Self {
        Self { span, expected: expected.into(), came: came.into() }
    }
}

impl Came<'_> {
    /// Every expectation that was not met, at its place.
    pub(super) fn failures(&self, expect: &Expect, test: &str, source: &SourceFile) -> Vec<Diagnostic> {
        let obligations =
            expect.obligations.iter().filter_map(|(name, applies)| self.obligation(name, *applies));
        let blocks = expect.blocks.iter().filter_map(|(name, applies)| self.block(name, *applies));
        let penalties = expect.penalties.iter().filter_map(|(name, expected)| self.penalty(name, expected));
        let params = expect.params.iter().filter_map(|(name, expected)| self.param(name, expected));
        let choices = expect.choices.iter().filter_map(|(name, option)| self.choice(name, option));
        let costs = expect.costs.iter().filter_map(|(of, amount)| self.cost(&of.value, amount));
        let total = expect.total.iter().filter_map(|amount| self.total(amount));
        let status = expect.status.iter().filter_map(|status| self.status(status));
        let all = obligations.chain(blocks).chain(penalties).chain(params).chain(choices);
        let mut misses: Vec<Miss> = all.chain(costs).chain(total).chain(status).collect();
        misses.sort_by_key(|miss| (miss.span.line, miss.span.column));
        let diagnostic = |miss: Miss| {
            let message = format!("the test `{test}` expects {}, and {}", miss.expected, miss.came);
            Diagnostic::error(message).at(source, miss.span)
        };
        misses.into_iter().map(diagnostic).collect()
    }

    fn obligation(&self, name: &Spanned<Name>, applies: Applies) -> Option<Miss> {
        let (obligation, finding) = self.findings.obligations.get(&name.value)?;
        self.applies(name, &obligation.id, finding, applies)
    }

    fn block(&self, name: &Spanned<Name>, applies: Applies) -> Option<Miss> {
        let (block, finding) = self.findings.blocks.get(&name.value)?;
        let forbids = |found: &&crate::evaluate::Block| match &found.what {
            BlockedBy::Rule(rule) => rule.id == block.id && found.from == self.strategy.as_of,
            BlockedBy::Choice { .. } => false,
        };
        // One that holds under every option of a choice, so that none is taken.
        let finding = match self.market.blocks.iter().find(forbids) {
            Some(found) => &Finding::Applies(found.leaves.clone()),
            None => finding,
        };
        self.applies(name, &block.id, finding, applies)
    }

    fn applies(
        &self,
        name: &Spanned<Name>,
        id: &QualifiedId,
        finding: &Finding,
        applies: Applies,
    ) -> Option<Miss> {
        let met = matches!(
            (applies, finding),
            (Applies::Has, Finding::Applies(_))
                | (Applies::Lacks, Finding::Not(..))
                | (Applies::Undetermined, Finding::Undetermined(_))
        );
        let expected = match applies {
            Applies::Has => format!("`{id}` to apply"),
            Applies::Lacks => format!("`{id}` not to apply"),
            Applies::Undetermined => format!("`{id}` to be undetermined"),
        };
        (!met).then(|| Miss::new(name.span, expected, self.found(finding)))
    }

    /// What a finding says, with its reason.
    fn found(&self, finding: &Finding) -> String {
        match finding {
            Finding::Applies(leaves) => format!("it applies{}", because(leaves, true)),
            Finding::Not(why, leaves) => format!("it does not{}", self.why(why, leaves)),
            Finding::Undetermined(missing) => {
                let why: Vec<&str> = missing.iter().map(|missing| missing.reason.as_str()).collect();
                format!("it is undetermined: {}", why.join("; "))
            }
            Finding::Conflict(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                format!("its exceptions {} hold at once, and say different things", names.join(" and "))
            }
            Finding::Overflow => "its condition needs a number too large to be held exactly".to_owned(),
        }
    }

    fn why(&self, why: &WhyNot, leaves: &[Leaf]) -> String {
        let on = self.strategy.as_of;
        match why {
            WhyNot::Proposed => ": it is a proposal".to_owned(),
            WhyNot::NotYet(from) => format!(": it begins on {from}, after {on}"),
            WhyNot::Ended(to) => format!(": it ended on {to}, and {on} is asked about"),
            WhyNot::Condition => because(leaves, false),
            WhyNot::Excepted(name) => format!(": the exception `{name}` holds{}", because(leaves, true)),
        }
    }

    fn penalty(&self, name: &Spanned<Name>, expected: &Spanned<ExpectedPenalty>) -> Option<Miss> {
        let (penalty, finding) = self.findings.penalties.get(&name.value)?;
        let evaluated = self.market.penalties.iter().find(|found| found.penalty.id == penalty.id);
        let came = match finding {
            Finding::Not(..) => Some(ExpectedPenalty::None),
            Finding::Applies(_) | Finding::Undetermined(_) => {
                match evaluated.and_then(|found| found.native) {
                    Some(money) => Some(ExpectedPenalty::Of(money)),
                    None if evaluated.is_some_and(|found| !found.needs.is_empty()) => {
                        Some(ExpectedPenalty::Undetermined)
                    }
                    None => None,
                }
            }
            Finding::Conflict(_) | Finding::Overflow => None,
        };
        if came == Some(expected.value) {
            return None;
        }
        let expected_text = format!("the penalty `{}` to be {}", penalty.id, expected.value);
        let said = match (came, evaluated) {
            (Some(ExpectedPenalty::None), _) => match finding {
                Finding::Not(why, leaves) => format!("there is none{}", self.why(why, leaves)),
                _ => "there is none".to_owned(),
            },
            (Some(ExpectedPenalty::Of(money)), Some(found)) => {
                format!("it is {money}{}", because(&found.leaves, true))
            }
            (_, found) => self.unsaid(found),
        };
        Some(Miss::new(expected.span, expected_text, said))
    }

    /// Why a penalty has no amount.
    fn unsaid(&self, found: Option<&PenaltyEvaluation>) -> String {
        let at = found.map(|found| &found.penalty.at);
        let reasons = self.market.reasons.iter().filter(|reason| reason.at.as_ref() == at);
        let why = messages(reasons);
        if why.is_empty() { "it has no amount".to_owned() } else { why }
    }

    fn param(&self, name: &Spanned<Name>, expected: &Spanned<ExpectedParam>) -> Option<Miss> {
        let param = self.jurisdiction.merged.params.get(&name.value)?;
        let came = on(param, self.strategy.as_of);
        if came == expected.value {
            return None;
        }
        let said = match &came {
            ExpectedParam::Value(value) => format!("it is {value}"),
            _ => param.on(self.strategy.as_of).err().unwrap_or_default(),
        };
        let expected_text =
            format!("`param.{}` to be {} on {}", name.value, expected.value, self.strategy.as_of);
        Some(Miss::new(expected.span, expected_text, said))
    }

    fn choice(&self, name: &Spanned<Name>, option: &Spanned<Name>) -> Option<Miss> {
        let id = &self.jurisdiction.merged.choices.get(&name.value)?.id;
        let choice = self.market.choices.get(id)?;
        if choice.chosen.as_ref() == Some(&option.value) {
            return None;
        }
        let struck = choice.struck.iter().find(|struck| struck.option == option.value);
        let said = match (&choice.chosen, struck) {
            (_, Some(struck)) => format!("that is not allowed: {}", struck.reason),
            (None, _) => format!("none can be chosen: {}", self.reasons(|_| true)),
            (Some(chosen), _) => match &choice.runner_up {
                Some((next, gap)) if *next == option.value => {
                    format!("`{chosen}` is: it is cheaper by {}", self.money(*gap))
                }
                _ => format!("`{chosen}` is"),
            },
        };
        Some(Miss::new(option.span, format!("`{}` of `{}` to be chosen", option.value, name.value), said))
    }

    fn cost(&self, of: &CostOf, expected: &Spanned<Money>) -> Option<Miss> {
        let (what, came) = match of {
            CostOf::Stage(stage) => (format!("{stage}"), self.cost_of_stage(*stage)),
            CostOf::Obligation(name) => {
                let id = self.jurisdiction.merged.obligations.get(name).map(|obligation| &obligation.id)?;
                (format!("`{id}`"), self.cost_of_obligation(id, name))
            }
        };
        self.amount(expected, format!("{what} to cost {}", expected.value), came)
    }

    fn total(&self, expected: &Spanned<Money>) -> Option<Miss> {
        let total = self.market.total.filter(|_| self.market.status == Status::Complete);
        let shared = self.shared.iter().map(|row| row.total);
        let came = match sum(std::iter::once(total).chain(shared)) {
            Some(total) => Ok((total.likely, String::new())),
            None => Err(self.incomplete()),
        };
        self.amount(expected, format!("the total to be {}", expected.value), came)
    }

    /// An amount with what is to be said of it, or why there is none.
    fn amount(
        &self,
        expected: &Spanned<Money>,
        what: String,
        came: Result<(Amount, String), String>,
    ) -> Option<Miss> {
        match came {
            Ok((amount, _)) if amount.to_exact() == expected.value.value => None,
            Ok((amount, of)) => {
                Some(Miss::new(expected.span, what, format!("it is {}{of}", self.money(amount))))
            }
            Err(why) => Some(Miss::new(expected.span, what, why)),
        }
    }

    fn cost_of_stage(&self, stage: Stage) -> Result<(Amount, String), String> {
        let why = self.reasons(|reason| reason.stage.is_none_or(|of| of == stage));
        let found = self.market.stages.get(&stage);
        let shared = || self.shared.iter().filter(|row| row.stage == stage);
        let parts = std::iter::once(found.and_then(|found| found.total)).chain(shared().map(|row| row.total));
        match sum(parts) {
            Some(total) if why.is_empty() => {
                let shared = shared().flat_map(|row| &row.lines);
                let lines = found.into_iter().flat_map(|found| &found.lines).chain(shared).map(|line| {
                    let duty = line.decided.as_ref().map(|decided| format!("`{}` ", decided.obligation.id));
                    format!("{}{} {}", duty.unwrap_or_default(), line.label, self.money(line.total.likely))
                });
                let lines: Vec<_> = lines.take(LINES_SAID).collect();
                let of = if lines.is_empty() { String::new() } else { format!(": {}", lines.join(" + ")) };
                Ok((total.likely, of))
            }
            _ => Err(if why.is_empty() { self.incomplete() } else { why }),
        }
    }

    fn cost_of_obligation(&self, id: &QualifiedId, name: &Name) -> Result<(Amount, String), String> {
        let (obligation, finding) = match self.findings.obligations.get(name) {
            Some((obligation, finding)) => (obligation, finding),
            None => return Err(String::new()),
        };
        let why = match finding {
            Finding::Applies(_) => String::new(),
            Finding::Not(why, leaves) => format!(", as it does not apply{}", self.why(why, leaves)),
            Finding::Undetermined(_) | Finding::Conflict(_) | Finding::Overflow => {
                return Err(self.found(finding));
            }
        };
        if self.market.status == Status::Blocked {
            return Err(self.incomplete());
        }
        let costs = |rule: &StageRule| matches!(rule, StageRule::Plugins(all) if all.contains_key(&obligation.costed_by));
        let stages = &self.jurisdiction.merged.stages;
        let costing = |stage: Stage| stages.get(&stage).is_some_and(costs);
        let failed = self.reasons(|reason| {
            reason.stage.is_some_and(costing) || reason.at.as_ref() == Some(&obligation.at)
        });
        if !failed.is_empty() {
            return Err(format!("that is not known: {failed}"));
        }
        let shared = self.shared.iter().flat_map(|row| &row.lines);
        let lines = self.market.stages.values().flat_map(|stage| &stage.lines).chain(shared);
        let own =
            lines.filter(|line| line.decided.as_ref().is_some_and(|decided| decided.obligation.id == *id));
        match Spread::sum(own.map(|line| line.total)) {
            Ok(total) => Ok((total.likely, why)),
            Err(overflow) => Err(overflow.to_string()),
        }
    }

    fn status(&self, expected: &Spanned<Status>) -> Option<Miss> {
        let came = self.market.status;
        (came != expected.value).then(|| {
            let said = match came {
                Status::Complete => "it is complete".to_owned(),
                Status::Blocked | Status::Incomplete => self.incomplete(),
            };
            Miss::new(expected.span, format!("the market to be {}", word(expected.value)), said)
        })
    }

    /// Why there is no number.
    fn incomplete(&self) -> String {
        if self.market.status == Status::Blocked {
            let blocks = self.market.blocks.iter().map(|block| match &block.what {
                BlockedBy::Choice { choice, .. } => {
                    format!("no option of `{}` is allowed{}", choice.id, because(&block.leaves, false))
                }
                BlockedBy::Rule(rule) => format!("`{}` holds{}", rule.id, because(&block.leaves, true)),
            });
            return format!("it is blocked: {}", blocks.collect::<Vec<_>>().join("; "));
        }
        match self.reasons(|_| true) {
            none if none.is_empty() => "it is incomplete".to_owned(),
            why => format!("it is incomplete: {why}"),
        }
    }

    /// The reasons that an amount is not known; a penalty is in no amount.
    fn reasons(&self, bears: impl Fn(&Reason) -> bool) -> String {
        let penalties: Vec<_> = self.market.penalties.iter().map(|found| &found.penalty.at).collect();
        let in_sums = |reason: &&Reason| reason.at.as_ref().is_none_or(|at| !penalties.contains(&at));
        messages(self.market.reasons.iter().filter(in_sums).filter(|reason| bears(reason)))
    }

    fn money(&self, amount: Amount) -> Money {
        Money { value: amount.to_exact(), currency: self.strategy.currency }
    }

    /// Whether this is a place that nobody asks for a number.
    pub(super) fn is_bloc(&self) -> bool {
        self.jurisdiction.own.kind == Kind::Bloc
    }
}

/// A sum that is there if all of it is.
fn sum(parts: impl Iterator<Item = Option<Spread>>) -> Option<Spread> {
    Spread::sum(parts.collect::<Option<Vec<_>>>()?).ok()
}

/// Lines said in a message; more are not read.
const LINES_SAID: usize = 8;

fn messages<'r>(reasons: impl Iterator<Item = &'r Reason>) -> String {
    let messages: Vec<&str> = reasons.map(|reason| reason.message.as_str()).collect();
    messages.join("; ")
}

/// The leaves that decided: those of this truth, or all where none has it, as under a `!`.
fn because(leaves: &[Leaf], truth: bool) -> String {
    let of = |wanted: bool| {
        leaves.iter().filter(move |leaf| !wanted || leaf.truth.is_none_or(|holds| holds == truth))
    };
    let deciding: Vec<_> = if of(true).next().is_some() { of(true).collect() } else { of(false).collect() };
    let said: Vec<String> = deciding.into_iter().map(said).collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join("; ")) }
}

/// `` `local.processing_staff >= 20` is false (12 ≥ 20) ``.
fn said(leaf: &Leaf) -> String {
    let value: &dyn Display = &leaf.value;
    match leaf.truth {
        Some(holds) if leaf.value == holds.to_string() => format!("`{}` is {holds}", leaf.text),
        Some(holds) => format!("`{}` is {holds} ({value})", leaf.text),
        None => format!("`{}` is {value}", leaf.text),
    }
}

/// What a param is on a day.
pub(super) fn on(param: &Param, day: jiff::civil::Date) -> ExpectedParam {
    let Some(found) = param.values.iter().rev().find(|value| value.from <= day) else {
        return ExpectedParam::NotYet;
    };
    match &found.value {
        _ if found.to.is_some_and(|to| to <= day) => ExpectedParam::Ended,
        Ok(value) => ExpectedParam::Value(value.clone()),
        Err(_) => ExpectedParam::Absent,
    }
}
