//! The minimum over the open choices of one market.
//!
//! Groups of linked choices are enumerated one after the other; an option that the law does not allow in
//! some period, or that triggers a block, is struck. What fails or is undetermined under an option clouds
//! its group: then nobody knows which option is cheapest, and the market is incomplete.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::AtomicU64},
};

use super::{
    Calls, ChoiceEvaluation, MAX_COMBINATIONS, MarketEvaluation, OverBudget, Reason, Status, Struck,
    asked::Asked,
    calls::Receipt,
    changes,
    facts::{Chosen, Facts, Ground, Origin},
    flips,
    forbidden::{self, Forbidden, Verdict},
    gaps,
    outcome::{self, Membership, Outcome, Sums},
    penalty,
    shared::{self, Together},
    silent,
};
use crate::{
    id::{Name, QualifiedId},
    money::{Amount, Spread},
    rules::{
        book::Choice,
        expression::{Expression, Reference, Root},
    },
    value::Value,
};

/// Choices named where a query is over its budget.
const PINS_NAMED: usize = 12;

/// The options that may be taken of each choice: what is fixed or pinned, else all in the written order.
fn candidates(asked: &Asked<'_>, fixed: &Chosen) -> BTreeMap<QualifiedId, Vec<Name>> {
    let options = |id: &QualifiedId, choice: &Choice| match fixed.get(id).or_else(|| asked.pinned(id)) {
        Some(one) => vec![one.clone()],
        None => choice.options.iter().map(|option| option.name.clone()).collect(),
    };
    let choices = asked.choices().iter();
    choices.map(|(id, (_, choice))| (QualifiedId::clone(id), options(id, choice))).collect()
}

/// Refuses a query that would compare too many combinations, before any plugin is called. Each market is
/// evaluated under each combination of what markets decide together.
pub(super) fn within_budget(markets: &[Asked<'_>], together: &[Together]) -> Result<(), OverBudget> {
    let rounds = together.iter().fold(1_u64, |all, of| all.saturating_mul(of.options.len() as u64));
    let mut combinations = 0_u64;
    let mut pin = Vec::new();
    let first: Vec<Name> = together.iter().filter_map(|of| of.options.first().cloned()).collect();
    for (number, asked) in markets.iter().enumerate() {
        let candidates = candidates(asked, &shared::fixed(together, &first, number));
        let choices = asked.choices();
        for group in asked.groups() {
            let sizes =
                group.iter().filter_map(|name| candidates.get(name)).map(|options| options.len() as u64);
            let product = sizes.fold(1_u64, u64::saturating_mul);
            if product > 1 {
                combinations = combinations.saturating_add(product.saturating_mul(rounds));
                let open = group
                    .iter()
                    .filter(|name| candidates.get(*name).is_some_and(|options| options.len() > 1));
                pin.extend(open.filter_map(|id| {
                    let (place, choice) = choices.get(id)?;
                    let within = match place {
                        0 => String::new(),
                        place => format!(".within.{}", asked.place(*place).id()),
                    };
                    Some((product, format!("markets.{}{within}.choices.{}", asked.id(), choice.id.name)))
                }));
            }
        }
    }
    if combinations.max(rounds) > MAX_COMBINATIONS {
        // The largest groups first: pinning there helps most.
        pin.sort_by_key(|(product, _)| std::cmp::Reverse(*product));
        let pin = pin.into_iter().take(PINS_NAMED).map(|(_, name)| name).collect();
        return Err(OverBudget::Combinations { combinations: combinations.max(rounds), pin });
    }
    Ok(())
}

/// What a group of linked choices came to.
#[derive(Default)]
struct Compared {
    /// Every allowed combination, in the written order.
    tried: Vec<(Chosen, Rank)>,
    reasons: BTreeSet<Reason>,
    clouded: bool,
    /// Why each combination that was struck was.
    forbidden: Vec<Forbidden>,
}

/// What is minimised, in the order of its fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// Something is missing from the sums.
    pub(super) lacks: bool,
    /// J itself: a line is rounded at its weight, so the least J need not be the least total.
    pub(super) likely: Amount,
    pub(super) high: Amount,
    /// Without weights, for markets whose weight leaves nothing to compare.
    pub(super) likely_total: Amount,
    pub(super) high_total: Amount,
}

impl Rank {
    fn of(outcome: &Outcome, clouded: bool) -> Self {
        let sums = outcome.sums.unwrap_or_default();
        Self { lacks: outcome.sums.is_none() || (clouded && outcome.failed), ..Self::of_sums(sums) }
    }

    pub(super) fn of_sums(Sums { total, weighted }: Sums) -> Self {
        Self {
            lacks: false,
            likely: weighted.likely,
            high: weighted.high,
            likely_total: total.likely,
            high_total: total.high,
        }
    }
}

impl Compared {
    /// The least of those that `admit` lets in; the written order decides between equals.
    fn least(&self, admit: impl Fn(&Chosen) -> bool) -> Option<&(Chosen, Rank)> {
        self.tried.iter().filter(|(chosen, _)| admit(chosen)).min_by_key(|(_, rank)| *rank)
    }
}

/// One market decided, and what others must know of it.
pub(super) struct Decision {
    pub(super) evaluation: MarketEvaluation,
    /// The option taken of each choice, also where nobody knows whether it is the cheapest.
    chosen: Chosen,
    /// Where shared obligations apply, or may.
    pub(super) shared: Vec<Membership>,
    /// The choices on which something depends that failed or is undetermined.
    pub(super) clouded: BTreeSet<QualifiedId>,
    pub(super) failed: bool,
}

impl Decision {
    /// Whether nothing is amiss.
    fn is_plain(&self) -> bool {
        let evaluation = &self.evaluation;
        let small = |sum: Option<Spread>| sum.is_some_and(|sum| sum.high.0 < FAR_FROM_OVERFLOW);
        evaluation.status != Status::Blocked
            && !self.failed
            && self.clouded.is_empty()
            && small(evaluation.total)
            && small(evaluation.weighted)
    }

    /// The market with what explains it: what does not apply and why, what would change that, and what
    /// changes by itself.
    pub(super) fn explained(self, asked: &Asked<'_>) -> MarketEvaluation {
        let evaluation = with_names(asked, &self.chosen, self.evaluation);
        if evaluation.status == Status::Blocked {
            return evaluation;
        }
        let facts = Facts { asked, place: 0, chosen: &self.chosen, law: asked.first_law() };
        MarketEvaluation {
            silent: silent::silent(&facts),
            flips: flips::flips(&facts),
            changes: changes::inside(asked),
            ..evaluation
        }
    }
}

struct Chooser<'a, 'g, 'c> {
    asked: &'a Asked<'a>,
    calls: &'c mut Calls<'g>,
    candidates: BTreeMap<QualifiedId, Vec<Name>>,
}

/// Evaluates one market; `fixed` are the options of what markets decide together.
pub(super) fn evaluate(
    asked: &Asked<'_>,
    fixed: &Chosen,
    calls: &mut Calls<'_>,
) -> Result<Decision, OverBudget> {
    let remembered = &asked.remembered;
    if let Some(settled) = remembered.settled(fixed) {
        let (decision, plain) = decide(asked, fixed, Settling::Taken(&settled), calls)?;
        // Where something is amiss, what other options come to is part of the answer.
        return if plain { Ok(decision) } else { Ok(decide(asked, fixed, Settling::No, calls)?.0) };
    }
    if asked.varied.reached.is_none() {
        return Ok(decide(asked, fixed, Settling::No, calls)?.0);
    }
    let mut made = Vec::new();
    let (decision, _) = decide(asked, fixed, Settling::Made(&mut made), calls)?;
    remembered.settle(fixed, made);
    Ok(decision)
}

/// The cheapest options of a group on which no varied fact bears.
pub(super) struct Settled {
    least: Chosen,
    /// What was asked to find them.
    receipts: Vec<Receipt>,
    /// The query that last paid for that.
    paid: AtomicU64,
}

/// Whether groups are settled.
enum Settling<'s> {
    No,
    /// These are.
    Taken(&'s [Option<Settled>]),
    /// From now on these are.
    Made(&'s mut Vec<Option<Settled>>),
}

/// Decides one market, and says whether nothing is amiss, so that groups that were settled may be.
fn decide(
    asked: &Asked<'_>,
    fixed: &Chosen,
    mut settling: Settling<'_>,
    calls: &mut Calls<'_>,
) -> Result<(Decision, bool), OverBudget> {
    let candidates = candidates(asked, fixed);
    let first = |options: &Vec<Name>| options.first().cloned();
    let initial: Chosen =
        candidates.iter().filter_map(|(name, options)| Some((name.clone(), first(options)?))).collect();
    let mut chosen = initial.clone();
    let mut chooser = Chooser { asked, calls, candidates };
    let mut always = Compared::default();
    chooser.forbid(&BTreeSet::new(), &chosen, &mut always);
    let mut groups = Vec::new();
    let mut forbidden = always.forbidden;
    let mut plain = true;
    for (number, group) in asked.groups().iter().enumerate() {
        if let Settling::Taken(settled) = settling
            && let Some(Some(settled)) = settled.get(number)
        {
            chooser.calls.count(settled.receipts.len() as u64);
            chooser.calls.again(&settled.receipts, &settled.paid)?;
            chosen.extend(settled.least.clone());
            groups.push((group.clone(), Compared::default()));
            continue;
        }
        if let Settling::Made(_) = settling {
            chooser.calls.note();
        }
        let compared = chooser.compare(group, &chosen)?;
        plain &= compared.forbidden.is_empty();
        if let Settling::Made(made) = &mut settling {
            // An option that is taken until its group is compared, and then is not allowed, would be asked about by others.
            let same = |tried: &Chosen| group.iter().all(|id| tried.get(id) == initial.get(id));
            plain &= compared.tried.iter().any(|(tried, _)| same(tried));
            let receipts = chooser.calls.noted();
            made.push(Settled::of(asked, group, &compared, receipts, chooser.calls.query()));
        }
        match compared.least(|_| true) {
            Some((least, _)) => chosen.clone_from(least),
            None => forbidden.extend(compared.forbidden.iter().cloned()),
        }
        groups.push((group.clone(), compared));
    }
    if let Settling::Made(made) = settling
        && !plain
    {
        made.clear();
    }
    let decision = match forbidden.is_empty() {
        true => chooser.decided(&chosen, &groups, always.reasons)?,
        false => chooser.blocked(&chosen, &forbidden),
    };
    let plain = plain && decision.is_plain();
    Ok((decision, plain))
}

/// So much less than can be held that no other option came near it, either.
const FAR_FROM_OVERFLOW: i64 = i64::MAX / 4;

impl Settled {
    fn of(
        asked: &Asked<'_>,
        group: &BTreeSet<QualifiedId>,
        compared: &Compared,
        receipts: Vec<Receipt>,
        query: u64,
    ) -> Option<Self> {
        let reached = asked.varied.reached.as_ref()?;
        let fine = |rank: &Rank| !rank.lacks && rank.high.max(rank.high_total).0 < FAR_FROM_OVERFLOW;
        let plain = group.is_subset(&reached.still)
            && !compared.clouded
            && compared.reasons.is_empty()
            && compared.tried.iter().all(|(_, rank)| fine(rank))
            && receipts.iter().all(Receipt::is_lasting);
        let (least, _) = compared.least(|_| plain)?;
        let least = least.iter().filter(|(id, _)| group.contains(*id));
        let least = least.map(|(id, option)| (id.clone(), option.clone())).collect();
        Some(Self { least, receipts, paid: query.into() })
    }
}

impl Chooser<'_, '_, '_> {
    /// Tries every combination of a group, everything else as it stands.
    fn compare(&mut self, group: &BTreeSet<QualifiedId>, standing: &Chosen) -> Result<Compared, OverBudget> {
        let mut compared = Compared::default();
        let combinations = self.combinations(group, standing);
        let alone = combinations.len() == 1;
        for chosen in combinations {
            if !self.forbid(group, &chosen, &mut compared) {
                continue;
            }
            let outcome = if alone {
                Outcome::default()
            } else {
                outcome::evaluate(self.asked, &chosen, false, self.calls)?
            };
            let here = group.iter().any(|name| outcome.clouded.contains(name));
            compared.clouded |= here;
            let rank = Rank::of(&outcome, here);
            if here {
                compared.reasons.extend(outcome.reasons);
            }
            compared.tried.push((chosen, rank));
        }
        Ok(compared)
    }

    /// Every combination of a group's candidates, in the written order.
    fn combinations(&self, group: &BTreeSet<QualifiedId>, standing: &Chosen) -> Vec<Chosen> {
        let mut combinations = vec![standing.clone()];
        for name in group {
            let Some(options) = self.candidates.get(name) else { continue };
            combinations = combinations
                .into_iter()
                .flat_map(|chosen| {
                    options.iter().map(move |option| {
                        let mut chosen = chosen.clone();
                        chosen.insert(name.clone(), option.clone());
                        chosen
                    })
                })
                .collect();
        }
        combinations
    }

    /// Whether the law allows a combination of a group; what it does not is written down.
    fn forbid(&self, group: &BTreeSet<QualifiedId>, chosen: &Chosen, compared: &mut Compared) -> bool {
        let mut every = true;
        for verdict in forbidden::verdicts(self.asked, group, chosen) {
            match verdict {
                Verdict::Forbidden(forbidden) => {
                    compared.forbidden.push(forbidden);
                    every = false;
                }
                Verdict::Unknown(reason) => {
                    compared.reasons.insert(reason);
                    compared.clouded = true;
                }
            }
        }
        every
    }

    fn blocked(self, chosen: &Chosen, forbidden: &[Forbidden]) -> Decision {
        let choices = self.asked.choices().iter().map(|(id, (_, choice))| {
            let evaluation = ChoiceEvaluation {
                choice: Arc::clone(choice),
                chosen: None,
                open: self.asked.pinned(id).is_none(),
                runner_up: None,
                struck: self.struck(choice, chosen),
            };
            (QualifiedId::clone(id), evaluation)
        });
        let choices = choices.collect();
        let evaluation = MarketEvaluation {
            status: Status::Blocked,
            total: None,
            weighted: None,
            choices,
            blocks: forbidden::blocks(self.asked, forbidden),
            ..bare(self.asked, chosen)
        };
        Decision {
            evaluation,
            chosen: chosen.clone(),
            shared: Vec::new(),
            clouded: BTreeSet::new(),
            failed: false,
        }
    }

    fn decided(
        self,
        chosen: &Chosen,
        groups: &[(BTreeSet<QualifiedId>, Compared)],
        always: BTreeSet<Reason>,
    ) -> Result<Decision, OverBudget> {
        let outcome = outcome::evaluate(self.asked, chosen, self.asked.explained, self.calls)?;
        let bare = bare(self.asked, chosen);
        let mut reasons = bare.reasons;
        reasons.extend(always);
        let stages = outcome.stages();
        reasons.extend(outcome.reasons);
        let mut choices = BTreeMap::new();
        let declared = self.asked.choices();
        let mut all_clouded = outcome.clouded;
        for (group, compared) in groups {
            reasons.extend(compared.reasons.iter().cloned());
            let clouded = compared.clouded || group.iter().any(|name| all_clouded.contains(name));
            if clouded {
                all_clouded.extend(group.iter().cloned());
            }
            for id in group {
                let Some((_, choice)) = declared.get(id) else { continue };
                let runner_up = if clouded { None } else { runner_up(compared, id, chosen) };
                let evaluation = ChoiceEvaluation {
                    choice: Arc::clone(choice),
                    chosen: chosen.get(id).filter(|_| !clouded).cloned(),
                    open: self.asked.pinned(id).is_none(),
                    runner_up,
                    struck: self.struck(choice, chosen),
                };
                choices.insert(id.clone(), evaluation);
            }
        }
        let facts = Facts { asked: self.asked, place: 0, chosen, law: self.asked.first_law() };
        let gaps = gaps::gaps(&facts, &mut reasons);
        let complete = reasons.is_empty() && outcome.undetermined.is_empty() && !outcome.failed;
        let evaluation = MarketEvaluation {
            status: if complete { Status::Complete } else { Status::Incomplete },
            total: outcome.sums.map(|sums| sums.total),
            weighted: outcome.sums.map(|sums| sums.weighted),
            stages,
            choices,
            undetermined: outcome.undetermined.into_values().collect(),
            gaps,
            reasons,
            ..bare
        };
        Ok(Decision {
            evaluation,
            chosen: chosen.clone(),
            shared: outcome.shared,
            clouded: all_clouded,
            failed: outcome.failed,
        })
    }

    /// The options of a choice that are not allowed, everything else as chosen.
    fn struck(&self, choice: &Choice, chosen: &Chosen) -> Vec<Struck> {
        if !self.asked.explained {
            return Vec::new();
        }
        let group = BTreeSet::from([choice.id.clone()]);
        let mut struck: Vec<Struck> = Vec::new();
        for option in &choice.options {
            let mut chosen = chosen.clone();
            chosen.insert(choice.id.clone(), option.name.clone());
            let verdicts = forbidden::verdicts(self.asked, &group, &chosen);
            let first = verdicts.into_iter().find_map(|verdict| match verdict {
                Verdict::Forbidden(forbidden) => Some(forbidden),
                Verdict::Unknown(_) => None,
            });
            struck.extend(first.map(|forbidden| Struck {
                option: option.name.clone(),
                reason: forbidden.reason(),
                cites: forbidden.cites(&option.name),
            }));
        }
        struck
    }
}

/// A market before any plugin is asked: what the law can take on the first day, and what names stand for.
pub(super) fn empty(asked: &Asked<'_>, chosen: &Chosen) -> MarketEvaluation {
    with_names(asked, chosen, bare(asked, chosen))
}

/// The same with what the law can take, what names stand for, and which of them have a default.
fn with_names(asked: &Asked<'_>, chosen: &Chosen, evaluation: MarketEvaluation) -> MarketEvaluation {
    let facts = Facts { asked, place: 0, chosen, law: asked.first_law() };
    let (penalties, _) = penalty::penalties(&facts, true);
    let mut defaulted = BTreeMap::new();
    let mut grounds: BTreeMap<String, Ground> = BTreeMap::new();
    for (number, place) in asked.places() {
        let facts = facts.at(number);
        let region = (number > 0).then(|| place.id());
        for reference in references(asked, number) {
            let name = super::name_at(region, &reference);
            if let Ok((value, Origin::Default)) = facts.look_up(&reference) {
                defaulted.insert(name.clone(), value);
            }
            grounds.insert(name, facts.ground(&reference));
        }
    }
    MarketEvaluation { penalties, defaulted, grounds, ..evaluation }
}

/// A market before any plugin is asked, without what explains it.
fn bare(asked: &Asked<'_>, chosen: &Chosen) -> MarketEvaluation {
    let facts = Facts { asked, place: 0, chosen, law: asked.first_law() };
    let reasons = asked.remembered.penalties(facts, || penalty::penalties(&facts, false).1);
    if asked.explained {
        // What fills an open term may be an amount, which is converted at a rate that the answer names.
        for (place, open) in asked.terms() {
            drop(facts.at(*place).look_up(open));
        }
    }
    let regions = asked.places().skip(1).map(|(_, place)| place.id().clone());
    MarketEvaluation {
        id: asked.id().clone(),
        closure: Some(Arc::clone(asked.closure())),
        regions: regions.collect(),
        weight: asked.weight,
        status: Status::Complete,
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
        conversions: asked.conversions(),
        defaulted: BTreeMap::new(),
        grounds: BTreeMap::new(),
        changes: BTreeSet::new(),
        reasons,
    }
}

/// The best combination with another option of this choice, and how much J grows under it.
fn runner_up(compared: &Compared, name: &QualifiedId, chosen: &Chosen) -> Option<(Name, Amount)> {
    let (_, best) = compared.least(|_| true)?;
    let (other, rank) = compared.least(|tried| tried.get(name) != chosen.get(name))?;
    let gap = rank.likely.sub(best.likely).ok()?;
    Some((other.get(name)?.clone(), gap))
}

/// Every name that an answer may rest on at one place of a market.
pub(super) fn references<'a>(asked: &Asked<'a>, place: usize) -> BTreeSet<Reference> {
    let merged = asked.place(place).merged();
    let here = |of: usize| of == place;
    let mut all: BTreeSet<&Reference> = BTreeSet::new();
    let mut read = |expressions: &mut dyn Iterator<Item = &'a Expression>| {
        for expression in expressions {
            all.extend(merged.each_reference(expression));
        }
    };
    for (_, obligation) in asked.obligations().iter().filter(|(of, _)| here(*of)) {
        read(&mut obligation.expressions());
    }
    for (_, penalty) in asked.penalties().iter().filter(|(of, _)| here(*of)) {
        read(&mut penalty.expressions());
    }
    for (_, block) in asked.blocks().iter().filter(|(of, _)| here(*of)) {
        read(&mut std::iter::once(&block.when));
    }
    for (_, gap) in asked.gaps().iter().filter(|(of, _)| here(*of)) {
        read(&mut gap.when.iter());
    }
    for (_, choice) in asked.choices().values().filter(|(of, _)| here(*of)) {
        read(&mut choice.options.iter().filter_map(|option| option.allowed_when.as_ref()));
    }
    let mut all: BTreeSet<Reference> = all.into_iter().cloned().collect();
    for called in asked.called().filter(|called| here(called.place)) {
        let bound = called.bound;
        all.extend(bound.facts.iter().cloned());
        let named = |root: Root, name: &Name| Reference { root, name: name.clone() };
        all.extend(bound.params.iter().map(|param| named(Root::Param, &param.id.name)));
        all.extend(bound.choices.iter().map(|choice| named(Root::Choice, &choice.choice.id.name)));
    }
    all
}

/// Whether a condition's outcome is a flag that holds.
pub(super) fn is_true(value: &Value) -> bool {
    *value == Value::Flag(true)
}
