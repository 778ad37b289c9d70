//! What the law does not allow under one set of options: options whose condition is false in some period,
//! and blocks that hold in one.

use std::{collections::BTreeSet, sync::Arc};

use jiff::civil::Date;

use super::{
    Block, BlockedBy, Reason,
    asked::{Asked, in_force, is_enacted},
    choosing::is_true,
    duty::{condition_leaves, needs},
    facts::{Chosen, Facts},
};
use crate::{
    id::{Name, QualifiedId},
    rules::{
        book::{self, Choice, ChoiceOption, Cite},
        expression::{Expression, Leaf, Outcome},
    },
    source::At,
};

/// What the law says of one option or block.
pub(super) enum Verdict {
    Forbidden(Forbidden),
    /// Nobody knows.
    Unknown(Reason),
}

/// Something that is not allowed.
#[derive(Debug, Clone)]
pub(super) struct Forbidden {
    what: What,
    /// The place whose facts decide.
    place: usize,
    /// The first day on which it is not.
    from: Date,
    leaves: Vec<Leaf>,
}

#[derive(Debug, Clone)]
enum What {
    /// That option of this choice.
    Option(Arc<Choice>, Name),
    Block(Arc<book::Block>),
}

impl Forbidden {
    /// In one line: of a block the leaves that hold, of an option those that do not.
    pub(super) fn reason(&self) -> String {
        let decides = matches!(self.what, What::Block(_));
        let decisive: Vec<_> = self.leaves.iter().filter(|leaf| leaf.truth == Some(decides)).collect();
        let leaves = if decisive.is_empty() { self.leaves.iter().collect() } else { decisive };
        let leaves: Vec<_> = leaves.iter().map(|leaf| format!("{} is {}", leaf.text, leaf.value)).collect();
        let leaves = leaves.join("; ");
        match &self.what {
            What::Option(..) => leaves,
            What::Block(block) => format!("`{}` forbids it: {leaves}", block.id),
        }
    }

    /// The articles, for the option taken.
    pub(super) fn cites(&self, option: &Name) -> Vec<Cite> {
        match &self.what {
            What::Block(block) => block.cites.clone(),
            What::Option(choice, _) => {
                let option = choice.options.iter().find(|known| known.name == *option);
                option.map(|option| option.cites.clone()).unwrap_or_default()
            }
        }
    }
}

/// What is forbidden, or may be, under these options: of the choices of a group, and of the blocks that read
/// one of them. For the empty group, of the blocks that read no choice.
pub(super) fn verdicts(asked: &Asked<'_>, group: &BTreeSet<QualifiedId>, chosen: &Chosen) -> Vec<Verdict> {
    let choices = asked.choices();
    let mut verdicts = Vec::new();
    for (place, choice) in group.iter().filter_map(|id| choices.get(id)) {
        let option = chosen.get(&choice.id).and_then(|option| choice.position(option.as_str()));
        let Some(option) = option.and_then(|option| choice.options.get(option)) else { continue };
        verdicts.extend(of_option(asked, *place, choice, option, chosen));
    }
    for ((place, block), read) in asked.blocks().iter().copied().zip(asked.read_by_blocks()) {
        let concerned = if group.is_empty() { read.is_empty() } else { !read.is_disjoint(group) };
        if is_enacted(block.status) && concerned {
            verdicts.extend(of_block(asked, place, block, chosen));
        }
    }
    verdicts
}

/// What a condition says in the first period in which it does not say `silent`.
fn first_period(
    asked: &Asked<'_>,
    facts: Facts<'_>,
    condition: &Expression,
    concerned: impl Fn(Date) -> bool,
    forbids: impl Fn(&Outcome) -> bool,
) -> Option<(Date, Outcome)> {
    let mut unknown = None;
    for law in asked.periods.iter().map(|period| period.law).filter(|law| concerned(*law)) {
        let outcome = condition.outcome(&Facts { law, ..facts });
        match outcome {
            Outcome::Known(_) if forbids(&outcome) => return Some((law, outcome)),
            Outcome::Known(_) => {}
            // A later day on which it is forbidden for sure decides.
            unsure => drop(unknown.get_or_insert((law, unsure))),
        }
    }
    unknown
}

fn of_option(
    asked: &Asked<'_>,
    place: usize,
    choice: &Arc<Choice>,
    option: &ChoiceOption,
    chosen: &Chosen,
) -> Option<Verdict> {
    let condition = option.allowed_when.as_ref()?;
    let facts = Facts { asked, place, chosen, law: asked.first_law() };
    let refuses = |outcome: &Outcome| !matches!(outcome, Outcome::Known(value) if is_true(value));
    let (law, outcome) = first_period(asked, facts, condition, |_| true, refuses)?;
    let what = format!("whether `{}` of `{}` is allowed", option.name, choice.id);
    Some(verdict(outcome, &what, &choice.at, || Forbidden {
        what: What::Option(Arc::clone(choice), option.name.clone()),
        place,
        from: law,
        leaves: condition_leaves(&Facts { law, ..facts }, condition),
    }))
}

fn of_block(asked: &Asked<'_>, place: usize, block: &Arc<book::Block>, chosen: &Chosen) -> Option<Verdict> {
    let facts = Facts { asked, place, chosen, law: asked.first_law() };
    let holds = |outcome: &Outcome| matches!(outcome, Outcome::Known(value) if is_true(value));
    let law = |law| in_force(block.in_force, law);
    let (law, outcome) = first_period(asked, facts, &block.when, law, holds)?;
    let what = format!("whether `{}` forbids the market", block.id);
    Some(verdict(outcome, &what, &block.at, || Forbidden {
        what: What::Block(Arc::clone(block)),
        place,
        from: law,
        leaves: condition_leaves(&Facts { law, ..facts }, &block.when),
    }))
}

fn verdict(outcome: Outcome, what: &str, at: &At, forbidden: impl Fn() -> Forbidden) -> Verdict {
    let why = match outcome {
        Outcome::Known(_) => return Verdict::Forbidden(forbidden()),
        Outcome::Undetermined(missing) => needs(&missing).into_iter().collect::<Vec<_>>().join(", "),
        Outcome::Overflow => crate::money::Overflow.to_string(),
    };
    let message = format!("{what} is undetermined: {why}");
    Verdict::Unknown(Reason { stage: None, kind: "undetermined", message, at: Some(at.clone()) })
}

/// What blocks a market of which no combination is allowed, each once.
pub(super) fn blocks(asked: &Asked<'_>, forbidden: &[Forbidden]) -> Vec<Block> {
    // An option struck beside a block is no reason where the choice has another.
    let without_option = |choice: &Choice| {
        let struck = |name: &Name| {
            forbidden.iter().any(
                |of| matches!(&of.what, What::Option(of, option) if of.id == choice.id && option == name),
            )
        };
        match asked.pinned(&choice.id) {
            Some(pinned) => struck(pinned),
            None => choice.options.iter().all(|option| struck(&option.name)),
        }
    };
    let reasons: Vec<&Forbidden> = forbidden
        .iter()
        .filter(|of| match &of.what {
            What::Option(choice, _) => without_option(choice),
            What::Block(_) => true,
        })
        .collect();
    let reasons = if reasons.is_empty() { forbidden.iter().collect() } else { reasons };
    let mut blocks: Vec<Block> = Vec::new();
    for one in reasons {
        let (what, cites) = match &one.what {
            What::Option(choice, _) => (
                BlockedBy::Choice { choice: Arc::clone(choice), pinned: asked.pinned(&choice.id).cloned() },
                choice.options.iter().flat_map(|option| option.cites.clone()).collect(),
            ),
            What::Block(block) => (BlockedBy::Rule(Arc::clone(block)), block.cites.clone()),
        };
        match blocks.iter_mut().find(|known| known.what.id() == what.id()) {
            Some(known) => {
                known.from = known.from.min(one.from);
                for leaf in &one.leaves {
                    if !known.leaves.contains(leaf) {
                        known.leaves.push(leaf.clone());
                    }
                }
            }
            None => blocks.push(Block {
                what,
                place: one.place,
                from: one.from,
                cites,
                leaves: one.leaves.clone(),
            }),
        }
    }
    blocks
}
