//! What one market was worked out to, kept for the other options and periods in which it is the same.
//!
//! Under another option most obligations are what they were, and so is every stage that nothing of it reaches; between
//! two days on which the law changes everything is. Promises: what is found here is what would be worked out again,
//! and every plugin that would be asked again is counted as asked.

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::civil::Date;

use super::{
    Reason,
    asked::{Asked, Called, CalledStage},
    choosing::Settled,
    facts::{Chosen, Facts},
    linking,
    outcome::{Added, Answered, Duties, Part, Run},
    varied::Reached,
};
use crate::{
    id::{Name, QualifiedId, Stage},
    rules::{
        book::{Merged, Obligation, Penalty},
        expression::{Expression, Root},
        schema::jurisdiction::InForce,
    },
};

/// Most stages that are kept, and answers of one plugin. Arbitrary: enough for every option of a few choices; what is
/// too much is worked out again.
const MOST: usize = 256;

/// What was worked out for one market so far.
#[derive(Default)]
pub(super) struct Remembered {
    rules: OnceCell<Vec<Bearing>>,
    parts: RefCell<Vec<BTreeMap<u64, Arc<Part>>>>,
    answers: RefCell<HashMap<Vec<u64>, Arc<Answered>>>,
    runs: RefCell<HashMap<Vec<u64>, Arc<Run>>>,
    added: RefCell<HashMap<Vec<u64>, Arc<Added>>>,
    classes: OnceCell<Vec<Class>>,
    of_stages: OnceCell<BTreeMap<Stage, Vec<usize>>>,
    penalties: RefCell<BTreeMap<Vec<u64>, BTreeSet<Reason>>>,
    of_penalties: OnceCell<BTreeSet<QualifiedId>>,
    settled: RefCell<BTreeMap<Chosen, Arc<Vec<Option<Settled>>>>>,
    serials: Cell<u64>,
    /// Whether nothing is remembered: so that a test can compare.
    #[cfg(test)]
    forgetful: Forgetful,
}

#[cfg(test)]
struct Forgetful(bool);

#[cfg(test)]
thread_local! {
    /// Whether markets that this thread begins remember nothing.
    pub(super) static FORGETFUL: Cell<bool> = const { Cell::new(false) };
}

#[cfg(test)]
impl Default for Forgetful {
    fn default() -> Self {
        Self(FORGETFUL.get())
    }
}

/// What bears on one obligation besides facts.
struct Bearing {
    /// The choices, by their places among the market's.
    choices: Vec<usize>,
    /// The days on which it may become another.
    days: Vec<Date>,
}

/// Obligations on which the same choices bear.
pub(super) struct Class {
    /// By their places among the market's.
    pub(super) choices: Vec<usize>,
    /// By number, in order.
    pub(super) obligations: Vec<usize>,
}

/// The option taken of each choice of a market: its place among the candidates, nought for none.
pub(super) struct Options(Vec<u64>);

impl Options {
    pub(super) fn of(asked: &Asked<'_>, chosen: &Chosen) -> Self {
        let place = |(id, (_, choice)): (&&QualifiedId, &(usize, &Arc<crate::rules::book::Choice>))| {
            let option = chosen.get(*id)?;
            choice.position(option.as_str()).map(|place| place as u64 + 1)
        };
        Self(asked.choices().iter().map(|choice| place(choice).unwrap_or(0)).collect())
    }

    /// What tells one set of options of these choices from another.
    pub(super) fn key(&self, first: [u64; 2], choices: &[usize]) -> Vec<u64> {
        first.into_iter().chain(choices.iter().map(|choice| self.at(*choice))).collect()
    }

    fn at(&self, choice: usize) -> u64 {
        self.0.get(choice).copied().unwrap_or_default()
    }
}

impl Remembered {
    #[cfg(test)]
    const fn forgets(&self) -> bool {
        self.forgetful.0
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "it is looked at in tests")]
    const fn forgets(&self) -> bool {
        false
    }

    /// A number that nothing else has.
    pub(super) fn serial(&self) -> u64 {
        let serial = self.serials.get() + 1;
        self.serials.set(serial);
        serial
    }

    /// The groups of choices that are settled where these options are fixed.
    pub(super) fn settled(&self, fixed: &Chosen) -> Option<Arc<Vec<Option<Settled>>>> {
        self.settled.borrow().get(fixed).cloned()
    }

    pub(super) fn settle(&self, fixed: &Chosen, groups: Vec<Option<Settled>>) {
        self.settled.borrow_mut().insert(fixed.clone(), Arc::new(groups));
    }

    /// Forgets what varied facts reach.
    pub(super) fn forget(&self, reached: &Reached) {
        let mut parts = self.parts.borrow_mut();
        for number in &reached.obligations {
            if let Some(parts) = parts.get_mut(*number) {
                parts.clear();
            }
        }
        let moves =
            |key: &Vec<u64>| key.first().is_some_and(|number| reached.called.contains(&called_of(*number)));
        self.answers.borrow_mut().retain(|key, _| !moves(key));
        let stage =
            |key: &Vec<u64>| reached.called.iter().any(|(stage, _)| key.first() == Some(&(*stage as u64)));
        self.runs.borrow_mut().retain(|key, _| !stage(key));
        let classes = self.classes.get().map(Vec::as_slice).unwrap_or_default();
        let moves =
            |class: &Class| class.obligations.iter().any(|number| reached.obligations.contains(number));
        let moving: Vec<bool> = classes.iter().map(moves).collect();
        let moves = |key: &Vec<u64>| {
            let class = key.first().and_then(|number| usize::try_from(*number).ok());
            class.and_then(|class| moving.get(class)).copied().unwrap_or(true)
        };
        self.added.borrow_mut().retain(|key, _| !moves(key));
        if reached.penalties {
            self.penalties.borrow_mut().clear();
        }
    }

    fn bearing<'r>(&'r self, asked: &Asked<'_>, number: usize) -> Option<&'r Bearing> {
        self.rules.get_or_init(|| bearings(asked)).get(number)
    }

    pub(super) fn bearing_on<'r>(&'r self, asked: &Asked<'_>, number: usize) -> &'r [usize] {
        self.bearing(asked, number).map_or(&[], |of| &of.choices)
    }

    /// What an obligation comes to under the law of the day of `facts`, worked out by `work` where it is not known.
    pub(super) fn part(
        &self,
        facts: Facts<'_>,
        number: usize,
        options: &Options,
        explained: bool,
        work: impl FnOnce() -> Part,
    ) -> Arc<Part> {
        let key = self.bearing(facts.asked, number).and_then(|of| of.key(facts.law, options, explained));
        let Some(key) = key.filter(|_| !self.forgets()) else { return Arc::new(work()) };
        if let Some(known) = self.parts.borrow().get(number).and_then(|known| known.get(&key)) {
            return Arc::clone(known);
        }
        let part = Arc::new(work());
        let mut parts = self.parts.borrow_mut();
        if parts.len() <= number {
            parts.resize_with(number + 1, BTreeMap::new);
        }
        if let Some(known) = parts.get_mut(number) {
            if known.len() >= MOST {
                known.clear();
            }
            known.insert(key, Arc::clone(&part));
        }
        part
    }

    /// Why what the law can take cannot be said under some options, as `work` finds it out.
    pub(super) fn penalties(
        &self,
        facts: Facts<'_>,
        work: impl FnOnce() -> BTreeSet<Reason>,
    ) -> BTreeSet<Reason> {
        let asked = facts.asked;
        let choices = self.of_penalties.get_or_init(|| {
            let read = |(place, of): &(usize, &Arc<Penalty>)| {
                let merged = asked.place(*place).merged();
                of.expressions().flat_map(|of| linking::of_condition(of, merged)).collect::<Vec<_>>()
            };
            asked.penalties().iter().flat_map(read).collect()
        });
        let place = |id: &QualifiedId| {
            let option = facts.chosen.get(id)?;
            asked.choices().get(id)?.1.position(option.as_str())
        };
        let key: Vec<u64> = choices.iter().map(|id| place(id).map_or(0, |place| place as u64 + 1)).collect();
        self.penalties.borrow_mut().entry(key).or_insert_with(work).clone()
    }

    pub(super) fn answer(&self, key: &[u64], query: u64) -> Option<Arc<Answered>> {
        self.answers.borrow().get(key).filter(|answered| answered.holds(query)).cloned()
    }

    pub(super) fn keep_answer(&self, key: Vec<u64>, answered: &Arc<Answered>) {
        let mut answers = self.answers.borrow_mut();
        if answers.len() >= MOST {
            answers.clear();
        }
        if !self.forgets() {
            answers.insert(key, Arc::clone(answered));
        }
    }

    /// A stage under certain options, where a query may take it as it is.
    pub(super) fn run(&self, key: &[u64], query: u64) -> Option<Arc<Run>> {
        self.runs.borrow().get(key).filter(|run| run.holds(query)).cloned()
    }

    pub(super) fn keep_run(&self, key: Vec<u64>, run: Run) {
        let mut runs = self.runs.borrow_mut();
        if runs.len() >= MOST {
            runs.clear();
        }
        if !self.forgets() {
            runs.insert(key, Arc::new(run));
        }
    }

    /// What obligations of one class add to an outcome under certain options, worked out by `work` where it is not
    /// known.
    pub(super) fn added(&self, key: Vec<u64>, work: impl FnOnce() -> Added) -> Arc<Added> {
        if let Some(known) = self.added.borrow().get(&key).filter(|_| !self.forgets()) {
            return Arc::clone(known);
        }
        let work = Arc::new(work());
        let mut added = self.added.borrow_mut();
        if added.len() >= MOST {
            added.clear();
        }
        added.insert(key, Arc::clone(&work));
        work
    }

    /// The obligations by the choices that bear on them.
    pub(super) fn classes(&self, asked: &Asked<'_>) -> &[Class] {
        self.classes.get_or_init(|| {
            let mut classes = BTreeMap::<&[usize], Vec<usize>>::new();
            for number in 0..asked.obligations().len() {
                classes.entry(self.bearing_on(asked, number)).or_default().push(number);
            }
            let class =
                |(choices, obligations): (&[usize], _)| Class { choices: choices.to_vec(), obligations };
            classes.into_iter().map(class).collect()
        })
    }

    /// The choices that bear on a stage, by their places among the market's.
    pub(super) fn choices_of(&self, asked: &Asked<'_>, stage: Stage) -> &[usize] {
        let all = self.of_stages.get_or_init(|| {
            let of_stage = |(stage, called): (&Stage, &CalledStage<'_>)| {
                (*stage, linking::of_stage(asked, called.plugins()))
            };
            asked.stages.iter().map(of_stage).collect()
        });
        all.get(&stage).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The number of a plugin of a market, by its stage and place there, and whether its lines say what they rest on.
pub(super) const fn number_of_called(stage: usize, place: usize, explained: bool) -> u64 {
    ((place * Stage::ALL.len() + stage) * 2 + explained as usize) as u64
}

/// The stage and place in it of a number.
fn called_of(number: u64) -> (usize, usize) {
    let both = usize::try_from(number / 2).unwrap_or(usize::MAX);
    (both % Stage::ALL.len(), both / Stage::ALL.len())
}

/// What decides what a plugin is given in a period besides facts: who it is, its options, its params, and its duties.
pub(super) fn key_of_answer(
    called: &Called<'_>,
    number: u64,
    law: Date,
    chosen: &Chosen,
    duties: &Duties,
    key: &mut Vec<u64>,
) {
    key.clear();
    key.push(number);
    for bound in &called.bound.choices {
        let option = chosen.get(&bound.choice.id).map(Name::as_str);
        let place = option.and_then(|option| bound.choice.position(option));
        key.push(place.map_or(0, |place| place as u64 + 1));
    }
    for param in &called.bound.params {
        key.push(param.changes().filter(|(day, _)| *day <= law).count() as u64);
    }
    key.extend(called.obligations.iter().map(|seen| duties.serial(seen.number)));
}

impl Bearing {
    /// None where there are too many options to tell them apart.
    fn key(&self, law: Date, options: &Options, explained: bool) -> Option<u64> {
        let epoch = self.days.partition_point(|day| *day <= law) as u64;
        let first = epoch.checked_mul(2)? + u64::from(explained);
        // A choice has far fewer options than this, and few choices bear on one obligation.
        self.choices.iter().try_fold(first, |key, choice| {
            key.checked_mul(4_096)?.checked_add(Some(options.at(*choice)).filter(|option| *option < 4_096)?)
        })
    }
}

fn bearings(asked: &Asked<'_>) -> Vec<Bearing> {
    let places: BTreeMap<&QualifiedId, usize> = asked.choices().keys().copied().zip(0..).collect();
    let bearing = |(place, obligation): &(usize, &Arc<Obligation>)| {
        let choices = linking::of_obligation(asked, *place, obligation);
        let mut days = BTreeSet::new();
        days_of(asked, *place, obligation, &mut days);
        Bearing {
            choices: choices.iter().filter_map(|id| places.get(id)).copied().collect(),
            days: days.into_iter().collect(),
        }
    };
    asked.obligations().iter().map(bearing).collect()
}

/// Every day on which an obligation may become another, also through what triggers it instead of another.
fn days_of(asked: &Asked<'_>, place: usize, obligation: &Obligation, days: &mut BTreeSet<Date>) {
    let merged = asked.place(place).merged();
    let of = |dates: InForce| [dates.from, dates.to].into_iter().flatten();
    days.extend(of(obligation.in_force));
    days.extend(obligation.exceptions.values().flat_map(|exception| of(exception.in_force)));
    for expression in obligation.expressions() {
        days_of_expression(expression, merged, days);
    }
    for (other, _) in asked.excepting(place, &obligation.id.name) {
        days_of(asked, place, other, days);
    }
}

fn days_of_expression(expression: &Expression, merged: &Merged, days: &mut BTreeSet<Date>) {
    for reference in expression.references() {
        match reference.root {
            Root::Param => {
                let param = merged.params.get(&reference.name);
                days.extend(param.into_iter().flat_map(|param| param.changes().map(|(day, _)| day)));
            }
            Root::Term => {
                let fill = merged.terms.get(&reference.name).and_then(|term| term.fill.as_ref());
                // A fill names no open term, so this ends.
                if let Some(fill) = fill {
                    days_of_expression(&fill.value, merged, days);
                }
            }
            _ => {}
        }
    }
}
