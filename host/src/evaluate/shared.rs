//! What markets pay and decide together.
//!
//! A shared obligation is paid once by all markets in which it applies: priced by the file that defines
//! it, weighted by the largest weight among them, in no market. The choices that bear on it are one
//! decision for all, so every combination of them is tried with every market minimised under it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Calls, OverBudget, Reason, SharedEvaluation, Status,
    asked::{Asked, CalledStage},
    choosing::{self, Decision, Rank},
    duty::{Applies, Duty},
    facts::{Chosen, Facts},
    linking,
    outcome::{Duties, Membership, Outcome, Question, Sums},
    parallel::Threads,
    varied::Varied,
};
use crate::{
    generation::Generation,
    id::{JurisdictionId, Name, QualifiedId},
    money::{Amount, Exact, Spread},
    rules::book::Obligation,
    strategy::{Given, Strategy},
};

/// A choice that several markets decide together: those that inherit a shared obligation on which it bears.
/// The same choice is a decision of its own in every other market.
pub(super) struct Together {
    pub(super) choice: QualifiedId,
    /// By their places among the markets.
    pub(super) markets: BTreeSet<usize>,
    /// The options that may be taken: one that a market pins, else all in the written order.
    pub(super) options: Vec<Name>,
}

/// The choices that markets decide together.
pub(super) fn choices(markets: &[Asked<'_>]) -> Vec<Together> {
    let mut links = BTreeMap::<(QualifiedId, QualifiedId), BTreeSet<usize>>::new();
    for (number, asked) in markets.iter().enumerate() {
        let shared = asked.obligations().iter().filter(|(_, obligation)| obligation.shared);
        for (place, obligation) in shared {
            for choice in linking::of_obligation(asked, *place, obligation) {
                links.entry((choice, obligation.id.clone())).or_default().insert(number);
            }
        }
    }
    let mut together: Vec<Together> = Vec::new();
    for ((choice, _), mut members) in links {
        // Two shared obligations with a market in common make one decision.
        let (joined, others): (Vec<_>, Vec<_>) = together
            .into_iter()
            .partition(|known| known.choice == choice && !known.markets.is_disjoint(&members));
        members.extend(joined.into_iter().flat_map(|known| known.markets));
        together = others;
        let options = options(markets, &members, &choice);
        together.push(Together { choice, markets: members, options });
    }
    together.sort_by(|a, b| (&a.choice, &a.markets).cmp(&(&b.choice, &b.markets)));
    together
}

fn options(markets: &[Asked<'_>], members: &BTreeSet<usize>, choice: &QualifiedId) -> Vec<Name> {
    let asked = || members.iter().filter_map(|member| markets.get(*member));
    if let Some(pinned) = asked().find_map(|asked| asked.pinned(choice)) {
        return vec![pinned.clone()];
    }
    let declared =
        asked().find_map(|asked| asked.choices().get(choice).map(|(_, choice)| Arc::clone(choice)));
    declared.iter().flat_map(|choice| &choice.options).map(|option| option.name.clone()).collect()
}

/// Every combination of what is decided together: an option for each, in the written order.
pub(super) fn combinations(together: &[Together]) -> Vec<Vec<Name>> {
    let mut combinations = vec![Vec::new()];
    for decision in together {
        let with = |taken: Vec<Name>| {
            decision.options.iter().map(move |option| {
                let mut taken = taken.clone();
                taken.push(option.clone());
                taken
            })
        };
        combinations = combinations.into_iter().flat_map(with).collect();
    }
    combinations
}

/// What a combination fixes in one market.
pub(super) fn fixed(together: &[Together], taken: &[Name], market: usize) -> Chosen {
    let here = together.iter().zip(taken).filter(|(decision, _)| decision.markets.contains(&market));
    here.map(|(decision, option)| (decision.choice.clone(), option.clone())).collect()
}

/// All markets under one combination of what they decide together.
pub(super) struct Round {
    /// The option taken of each decision.
    taken: Vec<Name>,
    pub(super) decisions: Vec<Decision>,
    pub(super) rows: Vec<SharedEvaluation>,
    rank: (usize, Rank),
}

/// What all markets are asked.
pub(super) struct Asking<'q> {
    pub(super) generation: &'q Generation,
    pub(super) strategy: &'q Strategy,
    pub(super) together: &'q [Together],
    pub(super) threads: &'q Threads,
    /// Whether the answer is to say why.
    pub(super) explained: bool,
}

impl Asking<'_> {
    /// All markets under these options; each with calls of its own where there are some.
    pub(super) fn round(
        &self,
        markets: &mut [Asked<'_>],
        taken: Vec<Name>,
        calls: &mut Calls<'_>,
        parts: &mut [Calls<'_>],
    ) -> Result<Round, OverBudget> {
        let fixed: Vec<Chosen> =
            (0..markets.len()).map(|market| fixed(self.together, &taken, market)).collect();
        let mut decisions = Vec::with_capacity(markets.len());
        if parts.is_empty() {
            for (asked, fixed) in markets.iter().zip(&fixed) {
                decisions.push(choosing::evaluate(asked, fixed, calls)?);
            }
        } else {
            let all = markets.iter_mut().zip(&fixed).zip(&mut *parts).collect();
            let decided =
                self.threads.each(all, |((asked, fixed), part)| choosing::evaluate(asked, fixed, part));
            for (decision, part) in decided.into_iter().zip(parts) {
                calls.join(part)?;
                decisions.push(decision?);
            }
        }
        for ((asked, fixed), decision) in markets.iter().zip(&fixed).zip(&mut decisions) {
            decision.because(pinned_otherwise(asked, fixed));
        }
        let varied = markets.first().map(|asked| asked.varied.everywhere()).unwrap_or_default();
        let rows = rows(self, &varied, &mut decisions, &fixed, calls)?;
        let rank = rank(&decisions, &rows);
        Ok(Round { taken, decisions, rows, rank })
    }
}

/// A market cannot pin by itself what all decide together.
fn pinned_otherwise(asked: &Asked<'_>, fixed: &Chosen) -> Vec<Reason> {
    let differs = fixed.iter().filter_map(|(id, taken)| {
        let pinned = asked.pinned(id).filter(|pinned| *pinned != taken)?;
        let name = &id.name;
        let message = format!(
            "`{name}` is one decision for all markets that share what it bears on, and `{}` pins `{pinned}` where another pins `{taken}`: pin it once, under `choices:` of the strategy",
            asked.id()
        );
        Some(Reason { stage: None, kind: "pins_differ", message, at: None })
    });
    differs.collect()
}

/// Fewest blocked markets first, then J.
fn rank(decisions: &[Decision], rows: &[SharedEvaluation]) -> (usize, Rank) {
    let blocked = decisions.iter().filter(|of| of.evaluation.status == Status::Blocked).count();
    let counted = || decisions.iter().map(|of| &of.evaluation).filter(|of| of.status != Status::Blocked);
    let total = counted().filter_map(|of| of.total).chain(rows.iter().filter_map(|row| row.total));
    let weighted = counted().filter_map(|of| of.weighted).chain(rows.iter().filter_map(|row| row.weighted));
    let sums = Spread::sum(total).and_then(|total| Ok(Sums { total, weighted: Spread::sum(weighted)? }));
    let lacks = sums.is_err()
        || rows.iter().any(|row| row.total.is_none())
        || decisions.iter().any(|of| of.failed)
        || counted().any(|of| of.total.is_none());
    (blocked, Rank { lacks, ..Rank::of_sums(sums.unwrap_or_default()) })
}

/// The round with the least J, saying of each choice that was decided together what would be second.
pub(super) fn least(rounds: Vec<Round>, together: &[Together]) -> Option<Round> {
    let best = rounds.iter().enumerate().min_by_key(|(_, round)| round.rank)?.0;
    let mut notes = Vec::new();
    for (place, decision) in together.iter().enumerate() {
        // What failed under any option may be what would have been cheapest.
        let clouded = rounds.iter().any(|round| round.clouds(decision));
        let reasons: Vec<BTreeSet<Reason>> = decision
            .markets
            .iter()
            .map(|market| if clouded { reasons(&rounds, *market) } else { BTreeSet::new() })
            .collect();
        let second = if decision.options.len() > 1 { runner_up(&rounds, best, place) } else { None };
        notes.push((decision, clouded, second, reasons));
    }
    let mut round = rounds.into_iter().nth(best)?;
    for (together, clouded, second, reasons) in notes {
        for (market, reasons) in together.markets.iter().zip(reasons) {
            let Some(decision) = round.decisions.get_mut(*market) else { continue };
            decision.because(reasons);
            let Some(choice) = decision.evaluation.choices.get_mut(&together.choice) else { continue };
            if clouded {
                choice.chosen = None;
            } else if together.options.len() > 1 {
                choice.runner_up.clone_from(&second);
            }
        }
    }
    Some(round)
}

impl Round {
    /// Whether something failed that bears on this decision.
    fn clouds(&self, together: &Together) -> bool {
        let members = together.markets.iter().filter_map(|market| self.decisions.get(*market));
        members.into_iter().any(|decision| decision.clouded.contains(&together.choice))
    }
}

/// Why a market is not complete under some combination.
fn reasons(rounds: &[Round], market: usize) -> BTreeSet<Reason> {
    let decisions = rounds.iter().filter_map(|round| round.decisions.get(market));
    decisions.flat_map(|decision| decision.evaluation.reasons.iter().cloned()).collect()
}

fn runner_up(rounds: &[Round], best: usize, place: usize) -> Option<(Name, Amount)> {
    let best = rounds.get(best)?;
    let others = rounds.iter().filter(|round| round.taken.get(place) != best.taken.get(place));
    let other = others.min_by_key(|round| round.rank)?;
    let gap = other.rank.1.likely.sub(best.rank.1.likely).ok()?;
    Some((other.taken.get(place)?.clone(), gap))
}

impl Decision {
    /// Takes in why the market is not complete, if anything.
    fn because(&mut self, reasons: impl IntoIterator<Item = Reason>) {
        let before = self.evaluation.reasons.len();
        self.evaluation.reasons.extend(reasons);
        if self.evaluation.reasons.len() > before {
            self.evaluation.status = Status::Incomplete;
        }
    }
}

/// Every shared obligation that applies somewhere, or may, in its own row.
fn rows(
    question: &Asking<'_>,
    varied: &Varied,
    decisions: &mut [Decision],
    fixed: &[Chosen],
    calls: &mut Calls<'_>,
) -> Result<Vec<SharedEvaluation>, OverBudget> {
    let mut shared = BTreeMap::<QualifiedId, (Arc<Obligation>, Vec<(usize, Membership)>)>::new();
    for (market, decision) in decisions.iter_mut().enumerate() {
        for member in std::mem::take(&mut decision.shared) {
            let obligation = &member.duty.obligation;
            let entry =
                shared.entry(obligation.id.clone()).or_insert_with(|| (Arc::clone(obligation), Vec::new()));
            entry.1.push((market, member));
        }
    }
    let mut rows = Vec::new();
    for (id, (obligation, members)) in shared {
        let markets: BTreeSet<usize> = members.iter().map(|(market, _)| *market).collect();
        match row(question, varied, decisions, &obligation, &members, fixed, calls)? {
            Ok((row, outcome)) => {
                let extra = outcome.undetermined.get(&id).and_then(|found| found.if_applies);
                for market in markets {
                    let Some(decision) = decisions.get_mut(market) else { continue };
                    decision.failed |= outcome.failed;
                    decision.clouded.extend(outcome.clouded.iter().cloned());
                    decision.because(outcome.reasons.iter().cloned());
                    let open = decision.evaluation.undetermined.iter_mut();
                    for undetermined in open.filter(|open| open.obligation.id == id) {
                        undetermined.if_applies = extra;
                    }
                }
                rows.push(row);
            }
            Err(reason) => {
                for market in markets {
                    let Some(decision) = decisions.get_mut(market) else { continue };
                    decision.failed = true;
                    decision.because([reason.clone()]);
                }
            }
        }
    }
    Ok(rows)
}

fn row(
    question: &Asking<'_>,
    varied: &Varied,
    decisions: &[Decision],
    obligation: &Arc<Obligation>,
    members: &[(usize, Membership)],
    fixed: &[Chosen],
    calls: &mut Calls<'_>,
) -> Result<Result<(SharedEvaluation, Outcome), Reason>, OverBudget> {
    let Asking { generation, strategy, explained, .. } = *question;
    let id = &obligation.id;
    // All members have taken the same options of what bears on it.
    let none = Chosen::new();
    let fixed = members.first().and_then(|(market, _)| fixed.get(*market)).unwrap_or(&none);
    let evaluations = || members.iter().filter_map(|(market, _)| decisions.get(*market));
    let closure = match generation.closures.get(&id.jurisdiction) {
        Some(closure) if evaluations().all(|of| serves(of, closure, &id.jurisdiction)) => closure,
        _ => return Ok(Err(two_versions(obligation))),
    };
    let weight = evaluations().map(|of| of.evaluation.weight).max().unwrap_or(Exact::ZERO);
    let given = Given::default();
    let only = BTreeSet::from([id.clone()]);
    let days = members.iter().flat_map(|(_, of)| [of.period.from, of.period.to]).collect();
    let asked = Asked::shared(generation, strategy, closure, &given, weight, &only)
        .with(varied.everywhere())
        .split(&days);
    let asked = if explained { asked } else { asked.unexplained() };
    let mut outcome = Outcome::default();
    let mut periods = Vec::new();
    for period in &asked.periods {
        let inside = members
            .iter()
            .map(|(_, of)| of)
            .filter(|of| of.period.from <= period.from && period.from < of.period.to);
        let facts = Facts { asked: &asked, place: 0, chosen: fixed, law: period.law };
        let duty = together(inside);
        periods.push((*period, Duties::of_one(facts, *period, duty, &mut outcome)));
    }
    let Some((stage, called)) = asked.stages.iter().next() else { return Ok(Err(unbound(obligation))) };
    let CalledStage::Plugins(called) = called else { return Ok(Err(unbound(obligation))) };
    let question =
        Question { asked: &asked, chosen: fixed, explained, options: None, periods: periods.into() };
    let staged = outcome.stage(*stage, &question, called, calls)?;
    let evaluated = &staged.evaluation;
    let sure = !outcome.failed;
    let ids: BTreeSet<JurisdictionId> = evaluations().map(|of| of.evaluation.id.clone()).collect();
    let row = SharedEvaluation {
        obligation: Arc::clone(obligation),
        members: ids.into_iter().collect(),
        // Whose facts the conditions were read from.
        grounds_of: members.first().map_or(0, |(market, _)| *market),
        weight,
        stage: *stage,
        total: evaluated.total.filter(|_| sure),
        weighted: evaluated.weighted.filter(|_| sure),
        lines: evaluated.lines.clone(),
    };
    Ok(Ok((row, outcome)))
}

/// Whether a market inherits what this closure serves.
fn serves(decision: &Decision, closure: &crate::generation::Closure, file: &JurisdictionId) -> bool {
    let inherited = decision.evaluation.closure.iter().find_map(|of| of.jurisdiction.lineage.get(file));
    inherited.is_none_or(|own| own.source.digest == closure.jurisdiction.own.source.digest)
}

fn two_versions(obligation: &Obligation) -> Reason {
    let message = format!(
        "`{}` is shared, and not all markets inherit the same version of {}.yaml: mend the file that has an error",
        obligation.id, obligation.id.jurisdiction
    );
    Reason { stage: None, kind: "two_versions", message, at: Some(obligation.at.clone()) }
}

fn unbound(obligation: &Obligation) -> Reason {
    let message = format!(
        "`{}` is shared, and nothing computes it in {}.yaml, which defines it",
        obligation.id, obligation.id.jurisdiction
    );
    Reason { stage: None, kind: "unbound_stage", message, at: Some(obligation.at.clone()) }
}

/// The duty of all: it applies where it does in one, and may where it may in one.
fn together<'m>(members: impl Iterator<Item = &'m Membership>) -> Option<Duty> {
    let mut duty: Option<Duty> = None;
    for member in members {
        match (&mut duty, &member.duty.applies) {
            (None, _) => duty = Some(member.duty.clone()),
            (Some(known), Applies::Yes) if known.applies != Applies::Yes => *known = member.duty.clone(),
            (Some(Duty { applies: Applies::Perhaps(known), .. }), Applies::Perhaps(more)) => {
                known.extend(more.iter().cloned());
            }
            _ => {}
        }
    }
    // At its definition it stands at the first place.
    duty.map(|duty| Duty { place: 0, ..duty })
}
