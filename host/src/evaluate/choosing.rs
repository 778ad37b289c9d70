//! The minimum over the open choices of one market.
//!
//! Groups of linked choices are enumerated one after the other; an option the law does not allow is
//! struck. What fails or is undetermined under an option clouds its group: then nobody knows which
//! option is cheapest, and the market is incomplete.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Asked, Block, Calls, ChoiceEvaluation, MAX_COMBINATIONS, MarketEvaluation, OverBudget, Reason, Status,
    Struck, changes,
    duty::needs,
    facts::{Chosen, Facts, Ground, Origin},
    linking,
    outcome::{self, Outcome, Sums},
    penalty,
};
use crate::{
    generation::{BoundStage, Closure, Generation},
    id::Name,
    money::Amount,
    rules::{
        book::{Choice, ChoiceOption},
        expression::{Leaf, Outcome as Result3, Reference, Root},
    },
    strategy::{Market, Strategy},
    value::Value,
};

/// Choices named where a query is over its budget.
const PINS_NAMED: usize = 12;

/// The options that may be taken of each choice: what is pinned, else all in the written order.
fn candidates(closure: &Closure, market: &Market) -> BTreeMap<Name, Vec<Name>> {
    let choices = &closure.jurisdiction.merged.choices;
    let options = |name: &Name, choice: &Choice| match market.pinned.get(name) {
        Some(pinned) => vec![pinned.clone()],
        None => choice.options.iter().map(|option| option.name.clone()).collect(),
    };
    choices.iter().map(|(name, choice)| (name.clone(), options(name, choice))).collect()
}

/// Refuses a query that would compare too many combinations, before any plugin is called.
pub(super) fn within_budget(generation: &Generation, strategy: &Strategy) -> Result<(), OverBudget> {
    let mut combinations = 0_u64;
    let mut pin = Vec::new();
    for (id, market) in &strategy.markets {
        let Some(closure) = generation.closures.get(id) else { continue };
        let candidates = candidates(closure, market);
        for group in linking::groups(closure) {
            let sizes =
                group.iter().filter_map(|name| candidates.get(name)).map(|options| options.len() as u64);
            let product = sizes.fold(1_u64, u64::saturating_mul);
            if product > 1 {
                combinations = combinations.saturating_add(product);
                let open = group
                    .iter()
                    .filter(|name| candidates.get(*name).is_some_and(|options| options.len() > 1));
                pin.extend(open.map(|name| (product, format!("markets.{id}.choices.{name}"))));
            }
        }
    }
    if combinations > MAX_COMBINATIONS {
        // The largest groups first: pinning there helps most.
        pin.sort_by_key(|(product, _)| std::cmp::Reverse(*product));
        let pin = pin.into_iter().take(PINS_NAMED).map(|(_, name)| name).collect();
        return Err(OverBudget::Combinations { combinations, pin });
    }
    Ok(())
}

/// Whether an option may be taken.
enum Allowed {
    Yes,
    No(Vec<Leaf>),
    Unknown(Reason),
}

fn allowed(choice: &Choice, option: &ChoiceOption, facts: &Facts<'_>) -> Allowed {
    let Some(condition) = &option.allowed_when else { return Allowed::Yes };
    let evaluated = condition.evaluate(facts);
    let unknown = |why: String| {
        let message =
            format!("whether `{}` of `{}` is allowed is undetermined: {why}", option.name, choice.id);
        Allowed::Unknown(Reason { stage: None, kind: "undetermined", message, at: Some(choice.at.clone()) })
    };
    match evaluated.outcome {
        Result3::Known(Value::Flag(true)) => Allowed::Yes,
        Result3::Known(_) => Allowed::No(evaluated.leaves),
        Result3::Undetermined(missing) => unknown(needs(&missing).into_iter().collect::<Vec<_>>().join(", ")),
        Result3::Overflow => unknown(crate::money::Overflow.to_string()),
    }
}

/// What a group of linked choices came to.
#[derive(Default)]
struct Compared {
    /// Every allowed combination, in the written order.
    tried: Vec<(Chosen, Rank)>,
    reasons: BTreeSet<Reason>,
    clouded: bool,
    /// Why each combination that was struck was.
    forbidden: Vec<(Name, Vec<Leaf>)>,
}

/// What is minimised, in the order of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// Something is missing from the sums.
    lacks: bool,
    /// J itself: a line is rounded at its weight, so the least J need not be the least total.
    likely: Amount,
    high: Amount,
    /// Without weights, for markets whose weight leaves nothing to compare.
    likely_total: Amount,
    high_total: Amount,
}

impl Rank {
    fn of(outcome: &Outcome, clouded: bool) -> Self {
        let Sums { total, weighted } = outcome.sums.unwrap_or_default();
        Self {
            lacks: outcome.sums.is_none() || (clouded && outcome.failed),
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

struct Chooser<'a, 'g, 'c> {
    asked: &'a Asked<'a>,
    calls: &'c mut Calls<'g>,
    candidates: BTreeMap<Name, Vec<Name>>,
}

/// Evaluates one market.
pub(super) fn evaluate(asked: &Asked<'_>, calls: &mut Calls<'_>) -> Result<MarketEvaluation, OverBudget> {
    let candidates = candidates(asked.closure, asked.market);
    let first = |options: &Vec<Name>| options.first().cloned();
    let mut chosen: Chosen =
        candidates.iter().filter_map(|(name, options)| Some((name.clone(), first(options)?))).collect();
    let mut chooser = Chooser { asked, calls, candidates };
    let mut groups = Vec::new();
    let mut blocks = Vec::new();
    for group in linking::groups(asked.closure) {
        let compared = chooser.compare(&group, &chosen)?;
        match compared.least(|_| true) {
            Some((least, _)) => chosen.clone_from(least),
            None => blocks.extend(chooser.block(&compared)),
        }
        groups.push((group, compared));
    }
    if blocks.is_empty() { chooser.decided(&chosen, &groups) } else { Ok(chooser.blocked(&chosen, blocks)) }
}

impl Chooser<'_, '_, '_> {
    fn choices(&self) -> &BTreeMap<Name, Arc<Choice>> {
        &self.asked.closure.jurisdiction.merged.choices
    }

    /// Tries every combination of a group, everything else as it stands.
    fn compare(&mut self, group: &BTreeSet<Name>, standing: &Chosen) -> Result<Compared, OverBudget> {
        let mut compared = Compared::default();
        let combinations = self.combinations(group, standing);
        let alone = combinations.len() == 1;
        for chosen in combinations {
            if !self.is_allowed(group, &chosen, &mut compared) {
                continue;
            }
            let outcome =
                if alone { Outcome::default() } else { outcome::evaluate(self.asked, &chosen, self.calls)? };
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
    fn combinations(&self, group: &BTreeSet<Name>, standing: &Chosen) -> Vec<Chosen> {
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

    fn is_allowed(&self, group: &BTreeSet<Name>, chosen: &Chosen, compared: &mut Compared) -> bool {
        let facts = Facts { asked: self.asked, chosen };
        let mut every = true;
        for name in group {
            let Some(choice) = self.choices().get(name) else { continue };
            let Some(option) = chosen.get(name).and_then(|option| choice.position(option.as_str())) else {
                continue;
            };
            let Some(option) = choice.options.get(option) else { continue };
            match allowed(choice, option, &facts) {
                Allowed::Yes => {}
                Allowed::No(leaves) => {
                    compared.forbidden.push((name.clone(), leaves));
                    every = false;
                }
                Allowed::Unknown(reason) => {
                    compared.reasons.insert(reason);
                    compared.clouded = true;
                }
            }
        }
        every
    }

    fn block(&self, compared: &Compared) -> Vec<Block> {
        let names: BTreeSet<&Name> = compared.forbidden.iter().map(|(name, _)| name).collect();
        let block = |name: &Name| {
            let choice = self.choices().get(name)?;
            let mut leaves: Vec<Leaf> = Vec::new();
            for leaf in compared.forbidden.iter().filter(|(of, _)| of == name).flat_map(|(_, leaves)| leaves)
            {
                if !leaves.contains(leaf) {
                    leaves.push(leaf.clone());
                }
            }
            let cites = choice.options.iter().flat_map(|option| option.cites.clone()).collect();
            let pinned = self.asked.market.pinned.get(name).cloned();
            Some(Block { choice: Arc::clone(choice), pinned, from: self.asked.strategy.as_of, cites, leaves })
        };
        names.into_iter().filter_map(block).collect()
    }

    fn blocked(self, chosen: &Chosen, blocks: Vec<Block>) -> MarketEvaluation {
        let facts = Facts { asked: self.asked, chosen };
        let choices = self.choices().iter().map(|(name, choice)| {
            let evaluation = ChoiceEvaluation {
                choice: Arc::clone(choice),
                chosen: None,
                open: !self.asked.market.pinned.contains_key(name),
                runner_up: None,
                struck: struck(choice, &facts),
            };
            (name.clone(), evaluation)
        });
        let choices = choices.collect();
        MarketEvaluation {
            status: Status::Blocked,
            total: None,
            weighted: None,
            choices,
            blocks,
            ..self.empty(&facts)
        }
    }

    fn empty(&self, facts: &Facts<'_>) -> MarketEvaluation {
        let (penalties, reasons) = penalty::penalties(facts);
        let references = references(self.asked.closure);
        let mut defaulted = BTreeMap::new();
        let mut grounds: BTreeMap<String, Ground> = BTreeMap::new();
        for reference in &references {
            if let Ok((value, Origin::Default)) = facts.look_up(reference) {
                defaulted.insert(reference.to_string(), value);
            }
            grounds.insert(reference.to_string(), facts.ground(reference));
        }
        MarketEvaluation {
            id: self.asked.id().clone(),
            closure: Some(Arc::clone(self.asked.closure)),
            weight: self.asked.market.weight,
            status: Status::Complete,
            total: None,
            weighted: None,
            stages: BTreeMap::new(),
            choices: BTreeMap::new(),
            penalties,
            undetermined: Vec::new(),
            blocks: Vec::new(),
            conversions: self.asked.used.borrow().clone(),
            defaulted,
            grounds,
            changes: BTreeSet::new(),
            reasons,
        }
    }

    fn decided(
        self,
        chosen: &Chosen,
        groups: &[(BTreeSet<Name>, Compared)],
    ) -> Result<MarketEvaluation, OverBudget> {
        let outcome = outcome::evaluate(self.asked, chosen, self.calls)?;
        let facts = Facts { asked: self.asked, chosen };
        let empty = self.empty(&facts);
        let mut reasons = empty.reasons;
        reasons.extend(outcome.reasons);
        let mut choices = BTreeMap::new();
        for (group, compared) in groups {
            reasons.extend(compared.reasons.iter().cloned());
            let clouded = compared.clouded || group.iter().any(|name| outcome.clouded.contains(name));
            for name in group {
                let Some(choice) = self.choices().get(name) else { continue };
                let runner_up = if clouded { None } else { runner_up(compared, name, chosen) };
                let evaluation = ChoiceEvaluation {
                    choice: Arc::clone(choice),
                    chosen: chosen.get(name).filter(|_| !clouded).cloned(),
                    open: !self.asked.market.pinned.contains_key(name),
                    runner_up,
                    struck: struck(choice, &facts),
                };
                choices.insert(name.clone(), evaluation);
            }
        }
        let changes = changes::inside(self.asked, &mut reasons);
        let complete = reasons.is_empty() && outcome.undetermined.is_empty() && !outcome.failed;
        Ok(MarketEvaluation {
            status: if complete { Status::Complete } else { Status::Incomplete },
            total: outcome.sums.map(|sums| sums.total),
            weighted: outcome.sums.map(|sums| sums.weighted),
            stages: outcome.stages,
            choices,
            undetermined: outcome.undetermined,
            changes,
            reasons,
            ..empty
        })
    }
}

/// The best combination with another option of this choice, and how much J grows under it.
fn runner_up(compared: &Compared, name: &Name, chosen: &Chosen) -> Option<(Name, Amount)> {
    let (_, best) = compared.least(|_| true)?;
    let (other, rank) = compared.least(|tried| tried.get(name) != chosen.get(name))?;
    let gap = rank.likely.sub(best.likely).ok()?;
    Some((other.get(name)?.clone(), gap))
}

fn struck(choice: &Choice, facts: &Facts<'_>) -> Vec<Struck> {
    let struck = choice.options.iter().filter_map(|option| {
        let Allowed::No(leaves) = allowed(choice, option, facts) else { return None };
        let leaves: Vec<_> = leaves.iter().map(|leaf| format!("{} is {}", leaf.text, leaf.value)).collect();
        Some(Struck { option: option.name.clone(), reason: leaves.join("; "), cites: option.cites.clone() })
    });
    struck.collect()
}

/// Every name that an answer for this market may rest on.
fn references(closure: &Closure) -> BTreeSet<Reference> {
    let merged = &closure.jurisdiction.merged;
    let obligations = merged.obligations.values().flat_map(|obligation| obligation.expressions());
    let penalties = merged.penalties.values().flat_map(|penalty| penalty.expressions());
    let options = merged
        .choices
        .values()
        .flat_map(|choice| choice.options.iter().filter_map(|option| option.allowed_when.as_ref()));
    let mut all: BTreeSet<Reference> = obligations
        .chain(penalties)
        .chain(options)
        .flat_map(|expression| expression.references())
        .cloned()
        .collect();
    for stage in closure.stages.values() {
        let BoundStage::Plugins(plugins) = stage else { continue };
        for bound in plugins {
            all.extend(bound.facts.iter().cloned());
            let named = |root: Root, name: &Name| Reference { root, name: name.clone() };
            all.extend(bound.params.iter().map(|param| named(Root::Param, &param.id.name)));
            all.extend(bound.choices.iter().map(|choice| named(Root::Choice, &choice.choice.id.name)));
        }
    }
    all
}
