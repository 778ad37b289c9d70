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
    outcome::{Membership, Outcome, Sums},
};
use crate::{
    generation::Generation,
    id::{JurisdictionId, Name, QualifiedId},
    money::{Amount, Exact, Spread},
    rules::book::Obligation,
    strategy::{Given, Strategy},
};

/// The choices that markets decide together, each with the options that may be taken.
pub(super) fn choices(markets: &[Asked<'_>]) -> BTreeMap<QualifiedId, Vec<Name>> {
    let mut together = BTreeMap::new();
    for asked in markets {
        let declared = asked.choices();
        let shared = asked.obligations().into_iter().filter(|(_, obligation)| obligation.shared);
        for (place, obligation) in shared {
            for id in linking::of_obligation(obligation, asked.place(place).merged()) {
                let Some((_, choice)) = declared.get(&id) else { continue };
                let all = || choice.options.iter().map(|option| option.name.clone()).collect();
                let pinned = markets.iter().find_map(|asked| asked.pinned(&id));
                let options = pinned.map_or_else(all, |option| vec![option.clone()]);
                together.insert(id, options);
            }
        }
    }
    together
}

/// All markets under one combination of what they decide together.
pub(super) struct Round {
    pub(super) fixed: Chosen,
    pub(super) decisions: Vec<Decision>,
    pub(super) rows: Vec<SharedEvaluation>,
    rank: (usize, Rank),
}

impl Round {
    pub(super) fn evaluate(
        generation: &Generation,
        strategy: &Strategy,
        markets: &[Asked<'_>],
        fixed: Chosen,
        calls: &mut Calls<'_>,
    ) -> Result<Self, OverBudget> {
        let decisions = markets.iter().map(|asked| choosing::evaluate(asked, &fixed, calls));
        let mut decisions = decisions.collect::<Result<Vec<_>, _>>()?;
        for (asked, decision) in markets.iter().zip(&mut decisions) {
            decision.because(pinned_otherwise(asked, &fixed));
        }
        let rows = rows(generation, strategy, &mut decisions, &fixed, calls)?;
        let rank = rank(&decisions, &rows);
        Ok(Self { fixed, decisions, rows, rank })
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
pub(super) fn least(rounds: Vec<Round>, together: &BTreeMap<QualifiedId, Vec<Name>>) -> Option<Round> {
    let best = rounds.iter().enumerate().min_by_key(|(_, round)| round.rank)?.0;
    let notes: Vec<(QualifiedId, Option<(Name, Amount)>)> = together
        .iter()
        .filter(|(_, options)| options.len() > 1)
        .map(|(id, _)| (id.clone(), runner_up(&rounds, best, id)))
        .collect();
    // What failed under any option may be what would have been cheapest.
    let clouded: BTreeSet<QualifiedId> =
        rounds.iter().flat_map(|round| &round.decisions).flat_map(|of| of.clouded.clone()).collect();
    let mut reasons = vec![BTreeSet::new(); rounds.get(best)?.decisions.len()];
    for round in &rounds {
        for (all, decision) in reasons.iter_mut().zip(&round.decisions) {
            if decision.clouded.iter().any(|id| round.fixed.contains_key(id)) {
                all.extend(decision.evaluation.reasons.iter().cloned());
            }
        }
    }
    let mut round = rounds.into_iter().nth(best)?;
    for (decision, more) in round.decisions.iter_mut().zip(reasons) {
        decision.because(more);
        for (id, second) in &notes {
            let Some(choice) = decision.evaluation.choices.get_mut(id) else { continue };
            if clouded.contains(id) {
                choice.chosen = None;
            } else {
                choice.runner_up.clone_from(second);
            }
        }
    }
    Some(round)
}

fn runner_up(rounds: &[Round], best: usize, id: &QualifiedId) -> Option<(Name, Amount)> {
    let best = rounds.get(best)?;
    let others = rounds.iter().filter(|round| round.fixed.get(id) != best.fixed.get(id));
    let other = others.min_by_key(|round| round.rank)?;
    let gap = other.rank.1.likely.sub(best.rank.1.likely).ok()?;
    Some((other.fixed.get(id)?.clone(), gap))
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
    generation: &Generation,
    strategy: &Strategy,
    decisions: &mut [Decision],
    fixed: &Chosen,
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
        match row(generation, strategy, decisions, &obligation, &members, fixed, calls)? {
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
    generation: &Generation,
    strategy: &Strategy,
    decisions: &[Decision],
    obligation: &Arc<Obligation>,
    members: &[(usize, Membership)],
    fixed: &Chosen,
    calls: &mut Calls<'_>,
) -> Result<Result<(SharedEvaluation, Outcome), Reason>, OverBudget> {
    let id = &obligation.id;
    let evaluations = || members.iter().filter_map(|(market, _)| decisions.get(*market));
    let closure = match generation.closures.get(&id.jurisdiction) {
        Some(closure) if evaluations().all(|of| serves(of, closure, &id.jurisdiction)) => closure,
        _ => return Ok(Err(two_versions(obligation))),
    };
    let weight = evaluations().map(|of| of.evaluation.weight).max().unwrap_or(Exact::ZERO);
    let given = Given::default();
    let only = BTreeSet::from([id.clone()]);
    let days = members.iter().flat_map(|(_, of)| [of.period.from, of.period.to]).collect();
    let asked = Asked::shared(generation, strategy, closure, &given, weight, &only).split(&days);
    let mut outcome = Outcome::default();
    let mut periods = Vec::new();
    for period in &asked.periods {
        let inside = members
            .iter()
            .map(|(_, of)| of)
            .filter(|of| of.period.from <= period.from && period.from < of.period.to);
        let facts = Facts { asked: &asked, place: 0, chosen: fixed, law: period.law };
        let duty = together(inside);
        periods.push((*period, outcome.price_all(facts, duty.into_iter().collect())));
    }
    let Some((stage, called)) = asked.stages.iter().next() else { return Ok(Err(unbound(obligation))) };
    let CalledStage::Plugins(called) = called else { return Ok(Err(unbound(obligation))) };
    let evaluated = outcome.stage(*stage, &asked, fixed, called, &periods, calls)?;
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
        lines: evaluated.lines,
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
