//! The facts an answer lacks, each with what needs it, and those for which a default stands in.
//!
//! Looks again at what an evaluation says it does not know, and finds the facts behind it: a fact that nobody
//! gave and on which nothing here depends is not wanted. Changes nothing in the evaluation.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Evaluation, MarketEvaluation,
    asked::Asked,
    choosing::references,
    facts::{Chosen, Facts, Origin},
    outcome::at,
};
use crate::{
    generation::{BoundPlugin, Generation},
    id::{JurisdictionId, Name, QualifiedId},
    money::Amount,
    rules::{
        book::Obligation,
        expression::{Expression, Outcome, Reference, Root},
    },
    source::At,
    value::Value,
};

/// What the facts of a strategy leave open.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Each fact with what needs it.
    pub missing: BTreeMap<Wanting, Vec<Need>>,
    /// Facts nobody gave that have a default.
    pub defaulted: BTreeMap<Wanting, Value>,
}

/// A fact, and where in a strategy it would be given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanting {
    /// Its market; none for what is given once.
    pub market: Option<JurisdictionId>,
    /// The region within.
    pub region: Option<JurisdictionId>,
    /// Its name in expressions.
    pub reference: Reference,
}

/// What kind of thing needs a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeedKind {
    /// Whether it applies, or what it costs.
    Obligation,
    /// Whether it applies, or how much it is.
    Penalty,
    /// Whether it forbids the market.
    Block,
    /// Whether an option of it is allowed.
    Choice,
    /// Whether it bears on the market.
    Gap,
    /// It must be told.
    Plugin,
}

/// Something that needs a fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// What.
    pub kind: NeedKind,
    /// Its qualified id, or the plugin's.
    pub id: String,
    /// In which market.
    pub market: JurisdictionId,
    /// For people.
    pub title: Option<Arc<str>>,
    /// The rule, or where the plugin is bound.
    pub at: At,
    /// Paid once for all markets.
    pub shared: bool,
    /// What an obligation would cost at the most, where that is known.
    pub if_applies: Option<Amount>,
}

/// The facts that an evaluation of this generation lacks.
#[must_use]
pub fn wanted(generation: &Generation, evaluation: &Evaluation) -> Wanted {
    let mut wanted = Wanted::default();
    let strategy = &evaluation.strategy;
    for evaluated in &evaluation.markets {
        let served = strategy.markets.get(&evaluated.id).zip(generation.closures.get(&evaluated.id));
        let Some((market, closure)) = served else { continue };
        let asked = Asked::market(generation, strategy, market, closure);
        let chosen = chosen(&asked, evaluated);
        let mut walk = Walk { asked: &asked, evaluated, chosen, wanted: &mut wanted };
        walk.obligations();
        walk.penalties();
        walk.forbidden();
        walk.gaps();
        walk.plugins();
        walk.prices_of_shared(evaluation);
        walk.defaulted();
    }
    wanted
}

/// What was counted; where nobody knows that, what is pinned or written first.
fn chosen(asked: &Asked<'_>, evaluated: &MarketEvaluation) -> Chosen {
    let option = |(id, of): (&QualifiedId, &super::ChoiceEvaluation)| {
        let known = of.chosen.clone().or_else(|| asked.pinned(id).cloned());
        let first = || of.choice.options.first().map(|option| option.name.clone());
        Some((id.clone(), known.or_else(first)?))
    };
    evaluated.choices.iter().filter_map(option).collect()
}

struct Walk<'a, 'w> {
    asked: &'a Asked<'a>,
    evaluated: &'a MarketEvaluation,
    chosen: Chosen,
    wanted: &'w mut Wanted,
}

impl Walk<'_, '_> {
    fn obligations(&mut self) {
        let places: BTreeMap<_, _> =
            self.asked.obligations().iter().map(|(place, of)| (&of.id, *place)).collect();
        for open in &self.evaluated.undetermined {
            let place = places.get(&open.obligation.id).copied().unwrap_or_default();
            let most = open.if_applies.map(|spread| spread.high);
            let need = Need { if_applies: most, ..self.need_of(&open.obligation) };
            self.want_all(place, named(&open.needs), &need);
        }
    }

    fn penalties(&mut self) {
        for open in &self.evaluated.penalties {
            let penalty = &open.penalty;
            let title = penalty.title.clone();
            let need = self.need(NeedKind::Penalty, penalty.id.to_string(), title, &penalty.at);
            self.want_all(open.place, named(&open.needs), &need);
        }
    }

    /// Blocks, and options that may not be allowed.
    fn forbidden(&mut self) {
        for (place, block) in self.asked.blocks().iter().copied() {
            if self.says("undetermined", &block.at) {
                let title = Some(Arc::clone(&block.title));
                let need = self.need(NeedKind::Block, block.id.to_string(), title, &block.at);
                self.want_all(place, self.behind(place, &block.when), &need);
            }
        }
        for (place, choice) in self.asked.choices().values().copied() {
            if !self.says("undetermined", &choice.at) {
                continue;
            }
            let need = self.need(NeedKind::Choice, choice.id.to_string(), choice.title.clone(), &choice.at);
            let pinned = self.asked.pinned(&choice.id);
            let options = choice.options.iter().filter(|of| pinned.is_none_or(|pinned| *pinned == of.name));
            for option in options {
                let Some(condition) = &option.allowed_when else { continue };
                self.chosen.insert(choice.id.clone(), option.name.clone());
                self.want_all(place, self.behind(place, condition), &need);
            }
        }
    }

    fn gaps(&mut self) {
        let places: BTreeMap<_, _> = self.asked.gaps().iter().map(|(place, of)| (&of.id, *place)).collect();
        for gap in &self.evaluated.gaps {
            let Some(condition) = gap.when.as_ref().filter(|_| self.says("gap", &gap.at)) else { continue };
            let place = places.get(&gap.id).copied().unwrap_or_default();
            let need = self.need(NeedKind::Gap, gap.id.to_string(), None, &gap.at);
            self.want_all(place, self.undetermined(place, condition), &need);
        }
    }

    /// What plugins must be told, and what obligations tell them.
    fn plugins(&mut self) {
        for called in self.asked.called() {
            let bound = called.bound;
            let id = bound.plugin.description.id.to_string();
            let need = self.need(NeedKind::Plugin, id, None, &at(bound));
            self.want_all(called.place, self.facts_of(bound), &need);
            for seen in &called.obligations {
                let obligation = &seen.bound.obligation;
                let demands = bound.plugin.description.demands.iter();
                let demands = demands.filter_map(|need| obligation.requires.get(need.name.as_str()));
                if self.fails_to_say(obligation) {
                    for demand in demands {
                        let need = self.need_of(obligation);
                        self.want_all(seen.place, self.undetermined(seen.place, demand), &need);
                    }
                }
            }
        }
    }

    /// What a shared obligation is multiplied by: it is priced where it is defined, and not in a market.
    fn prices_of_shared(&mut self, evaluation: &Evaluation) {
        for row in &evaluation.shared {
            let obligation = &row.obligation;
            let option = |choice: &Name| {
                let named = self.chosen.iter().find(|(id, _)| id.name == *choice);
                named.map(|(_, option)| option.clone())
            };
            let times = obligation.effort(option).and_then(|effort| effort.times.as_ref());
            if row.members.contains(&self.evaluated.id)
                && let Some(times) = times
            {
                let need = self.need_of(obligation);
                self.want_all(0, self.undetermined(0, times), &need);
            }
        }
    }

    fn defaulted(&mut self) {
        for (place, _) in self.asked.places() {
            let facts = references(self.asked, place).into_iter().filter(|of| of.root.is_fact());
            for reference in facts {
                let found = self.facts(place).look_up(&reference);
                if let Ok((value, Origin::Default)) = found {
                    let wanting = self.wanting(place, reference);
                    self.wanted.defaulted.insert(wanting, value);
                }
            }
        }
    }

    fn need(&self, kind: NeedKind, id: String, title: Option<Arc<str>>, at: &At) -> Need {
        let market = self.evaluated.id.clone();
        Need { kind, id, market, title, at: at.clone(), shared: false, if_applies: None }
    }

    fn need_of(&self, obligation: &Obligation) -> Need {
        let title = Some(Arc::clone(&obligation.title));
        let need = self.need(NeedKind::Obligation, obligation.id.to_string(), title, &obligation.at);
        Need { shared: obligation.shared, ..need }
    }

    /// Whether something of this kind, written there, keeps the market from being complete.
    fn says(&self, kind: &str, at: &At) -> bool {
        self.evaluated.reasons.iter().any(|reason| reason.kind == kind && reason.at.as_ref() == Some(at))
    }

    /// Whether a plugin was not asked because of what this obligation would have told it.
    fn fails_to_say(&self, obligation: &Obligation) -> bool {
        self.evaluated.reasons.iter().any(|reason| {
            reason.stage.is_some()
                && reason.kind == "undetermined"
                && reason.at.as_ref() == Some(&obligation.at)
        })
    }

    /// The facts a plugin was not given: those it declares as required, and those it asked for in the end.
    fn facts_of(&self, bound: &BoundPlugin) -> BTreeSet<Reference> {
        let at = at(bound);
        let reasons = self.evaluated.reasons.iter();
        let reasons = reasons.filter(|of| of.kind == "needs_fact" && of.at.as_ref() == Some(&at));
        let said: Vec<&str> = reasons.map(|reason| reason.message.as_str()).collect();
        let declared = bound.facts.iter().zip(&bound.plugin.description.facts);
        let needed = declared.filter(|(reference, need)| {
            let name = format!("`{reference}`");
            !said.is_empty() && (need.required || said.iter().any(|said| said.contains(&name)))
        });
        needed.map(|(reference, _)| reference.clone()).collect()
    }

    fn facts(&self, place: usize) -> Facts<'_> {
        Facts { asked: self.asked, place, chosen: &self.chosen, law: self.asked.first_law() }
    }

    /// What keeps an expression from having a value in some period.
    fn undetermined(&self, place: usize, expression: &Expression) -> BTreeSet<Reference> {
        let mut found = BTreeSet::new();
        for period in &self.asked.periods {
            let facts = Facts { law: period.law, ..self.facts(place) };
            if let Outcome::Undetermined(missing) = expression.outcome(&facts) {
                found.extend(missing.into_iter().filter_map(|missing| missing.reference));
            }
        }
        found
    }

    /// The same where it has none under some options, though perhaps not under these.
    fn behind(&self, place: usize, expression: &Expression) -> BTreeSet<Reference> {
        let found = self.undetermined(place, expression);
        match found.is_empty() {
            true => self.facts(place).merged().references(expression),
            false => found,
        }
    }

    fn want_all(&mut self, place: usize, references: BTreeSet<Reference>, need: &Need) {
        for reference in references {
            for fact in self.missing(place, reference) {
                let wanting = self.wanting(place, fact);
                let needs = self.wanted.missing.entry(wanting).or_default();
                if !needs.contains(need) {
                    needs.push(need.clone());
                }
            }
        }
    }

    /// The facts nobody gave that a name stands for: itself, or those in what fills an open term.
    fn missing(&self, place: usize, reference: Reference) -> Vec<Reference> {
        let facts = self.facts(place);
        let names = match reference.root {
            Root::Term => {
                let term = facts.merged().terms.get(&reference.name);
                let fill = term.and_then(|term| term.fill.as_ref());
                fill.map(|fill| fill.value.references().clone()).unwrap_or_default()
            }
            _ => BTreeSet::from([reference]),
        };
        let nobody_gave = |name: &Reference| name.root.is_fact() && facts.look_up(name).is_err();
        names.into_iter().filter(nobody_gave).collect()
    }

    fn wanting(&self, place: usize, reference: Reference) -> Wanting {
        let here = matches!(reference.root, Root::Market | Root::Local);
        Wanting {
            market: here.then(|| self.evaluated.id.clone()),
            region: (here && place > 0).then(|| self.asked.place(place).id().clone()),
            reference,
        }
    }
}

/// The names among what something needs; an exchange rate is none.
fn named(needs: &BTreeSet<String>) -> BTreeSet<Reference> {
    let name = |text: &String| {
        let (root, name) = text.split_once('.')?;
        Some(Reference { root: Root::parse(root)?, name: Name::parse(name).ok()? })
    };
    needs.iter().filter_map(name).collect()
}
