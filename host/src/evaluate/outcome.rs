//! One market under one set of options: for every period duties priced and plugins asked, then lines over
//! the horizon.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Basis, Calls, Decided, Line, OverBudget, Reason, StageEvaluation, Undetermined,
    asked::{Asked, Called, CalledStage, Seen},
    calls::Receipt,
    duty::{self, Applies, Duty},
    facts::{Chosen, Facts},
    horizon::Period,
    lines::{Building, Native, costs_something, obligation_of, with_undetermined},
    linking,
    pricing::{self, NoPrice, Priced},
    remembered::{Options, key_of_answer, number_of_called},
};
use crate::{
    generation::BoundPlugin,
    id::{QualifiedId, Stage},
    money::Spread,
    rules::expression::Missing,
    source::At,
};

/// What one set of options comes to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    stages: BTreeMap<Stage, Arc<Staged>>,
    pub(super) undetermined: BTreeMap<QualifiedId, Undetermined>,
    pub(super) reasons: BTreeSet<Reason>,
    /// Σ of every line that could be computed; none where it cannot be held.
    pub(super) sums: Option<Sums>,
    /// The choices on which something depends that failed or is undetermined.
    pub(super) clouded: BTreeSet<QualifiedId>,
    /// Whether something failed, so that the total lacks a part.
    pub(super) failed: bool,
    /// Where shared obligations apply, or may.
    pub(super) shared: Vec<Membership>,
}

/// That a shared obligation applies in this market, or may, in one period.
#[derive(Debug, Clone)]
pub(super) struct Membership {
    pub(super) duty: Duty,
    pub(super) period: Period,
}

/// The sums of one market.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) total: Spread,
    pub(super) weighted: Spread,
}

impl Sums {
    /// Of these lines; none where it cannot be held.
    fn of(lines: &[Arc<Line>]) -> Option<Self> {
        let total = Spread::sum(lines.iter().map(|line| line.total)).ok()?;
        let weighted = Spread::sum(lines.iter().map(|line| line.weighted)).ok()?;
        Some(Self { total, weighted })
    }

    fn add(self, other: Self) -> Option<Self> {
        let total = self.total.add(other.total).ok()?;
        let weighted = self.weighted.add(other.weighted).ok()?;
        Some(Self { total, weighted })
    }
}

/// A duty with its price, if it has one.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) duty: Duty,
    pub(super) price: Option<(Priced, Arc<Decided>)>,
    /// For the lines of a plugin that it feeds and that does not cost it: its price is no part of them.
    pub(super) fed: Arc<Decided>,
}

impl Known {
    pub(super) const fn is_sure(&self) -> bool {
        matches!(self.duty.applies, Applies::Yes)
    }
}

/// What one obligation comes to in a period.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Tells it from every other of its market; nought where nothing is known.
    serial: u64,
    /// For plugins, where it applies or may.
    known: Option<Known>,
    /// The same of one that is shared, and paid elsewhere.
    member: Option<Duty>,
    /// What it adds to an outcome; mostly nothing.
    amiss: Option<Box<Outcome>>,
}

impl Part {
    /// Of an obligation at its place, with the leaves that decide where asked for.
    fn of(facts: Facts<'_>, duty: Duty) -> Self {
        let mut outcome = Outcome::default();
        if duty.obligation.shared {
            let member = outcome.member(duty);
            return Self { member, amiss: outcome.amiss(), ..Self::default() };
        }
        Self::priced(facts, duty, outcome)
    }

    fn priced(facts: Facts<'_>, duty: Duty, mut outcome: Outcome) -> Self {
        let known = outcome.price(facts, duty);
        let serial = known.as_ref().map_or(0, |_| facts.asked.remembered.serial());
        Self { serial, known, member: None, amiss: outcome.amiss() }
    }
}

/// What obligations come to in a period, by their numbers.
pub(super) struct Duties(Vec<Option<Arc<Part>>>);

impl Duties {
    /// Of the obligations of a market.
    fn of_market(facts: Facts<'_>, options: &Options, explained: bool) -> Self {
        let all = 0..facts.asked.obligations().len();
        let part = |number| part(facts, number, options, explained).filter(|part| part.serial > 0);
        Self(all.map(part).collect())
    }

    /// Of one obligation alone, whoever pays it.
    pub(super) fn of_one(facts: Facts<'_>, period: Period, duty: Option<Duty>, to: &mut Outcome) -> Self {
        let all = facts.asked.obligations();
        let mut duties = Self(vec![None; all.len()]);
        let Some(duty) = duty else { return duties };
        let number = all.iter().position(|(_, of)| of.id == duty.obligation.id);
        let part = Part::priced(facts, duty, Outcome::default());
        to.take(&part, period);
        if let Some(slot) = number.and_then(|number| duties.0.get_mut(number)) {
            *slot = (part.serial > 0).then(|| Arc::new(part));
        }
        duties
    }

    /// What is known of an obligation that applies, or may.
    pub(super) fn known(&self, number: usize) -> Option<&Known> {
        self.0.get(number)?.as_ref()?.known.as_ref()
    }

    /// Tells what is known of it from everything else; nought for nothing.
    pub(super) fn serial(&self, number: usize) -> u64 {
        self.0.get(number).and_then(Option::as_ref).map_or(0, |part| part.serial)
    }
}

/// What an obligation comes to under the law of that day.
fn part(facts: Facts<'_>, number: usize, options: &Options, explained: bool) -> Option<Arc<Part>> {
    let (place, obligation) = facts.asked.obligations().get(number)?;
    let work = || Part::of(facts, duty::duty(facts, *place, obligation, explained));
    Some(facts.asked.remembered.part(facts, number, options, explained, work))
}

/// What the duties of one market come to under a set of options, period by period.
pub(super) fn duties(
    asked: &Asked<'_>,
    chosen: &Chosen,
    options: &Options,
    explained: bool,
) -> Vec<(Period, Duties)> {
    let of = |period: &Period| {
        let facts = Facts { asked, place: 0, chosen, law: period.law };
        (*period, Duties::of_market(facts, options, explained))
    };
    asked.periods.iter().map(of).collect()
}

/// Evaluates one set of options over the horizon. One that is only compared with others need not be explained.
pub(super) fn evaluate(
    asked: &Asked<'_>,
    chosen: &Chosen,
    explained: bool,
    calls: &mut Calls<'_>,
) -> Result<Outcome, OverBudget> {
    let options = Options::of(asked, chosen);
    let mut outcome = Outcome::default();
    outcome.take_all(asked, chosen, &options, explained);
    let question = Question { asked, chosen, explained, options: Some(&options), periods: OnceCell::new() };
    outcome.ask_stages(&question, calls)?;
    Ok(outcome)
}

/// What plugins are asked about.
pub(super) struct Question<'q> {
    pub(super) asked: &'q Asked<'q>,
    pub(super) chosen: &'q Chosen,
    /// Whether lines are to say what they rest on.
    pub(super) explained: bool,
    /// Where everything follows from them and from facts.
    pub(super) options: Option<&'q Options>,
    /// The duties of each period, once somebody asks.
    pub(super) periods: OnceCell<Vec<(Period, Duties)>>,
}

impl Question<'_> {
    fn periods(&self) -> &[(Period, Duties)] {
        self.periods.get_or_init(|| {
            let duties = |options| duties(self.asked, self.chosen, options, self.explained);
            self.options.map_or_else(Vec::new, duties)
        })
    }
}

/// What the obligations on which the same choices bear add to an outcome besides what plugins say of them.
#[derive(Debug, Default)]
pub(super) struct Added {
    amiss: Option<Box<Outcome>>,
    /// With the places of the period and of the obligation among all.
    members: Vec<(usize, usize, Membership)>,
}

impl Added {
    fn of(asked: &Asked<'_>, chosen: &Chosen, options: &Options, explained: bool, numbers: &[usize]) -> Self {
        let mut outcome = Outcome::default();
        let mut members = Vec::new();
        for (place, period) in asked.periods.iter().enumerate() {
            let facts = Facts { asked, place: 0, chosen, law: period.law };
            for number in numbers {
                let Some(part) = part(facts, *number, options, explained) else { continue };
                if let Some(amiss) = &part.amiss {
                    outcome.merge(amiss);
                }
                let member = part.member.clone().map(|duty| Membership { duty, period: *period });
                members.extend(member.map(|member| (place, *number, member)));
            }
        }
        Self { amiss: outcome.amiss(), members }
    }
}

/// One stage under certain options, with what was asked for it.
#[derive(Debug)]
pub(super) struct Run {
    staged: Arc<Staged>,
    /// How often anything was asked.
    asked: u64,
    /// Each once.
    answers: Vec<Arc<Answered>>,
}

impl Run {
    /// Whether a query may take it as it is.
    pub(super) fn holds(&self, query: u64) -> bool {
        self.answers.iter().all(|answered| answered.holds(query))
    }
}

/// One stage as it was computed.
#[derive(Debug, Default)]
pub(super) struct Staged {
    pub(super) evaluation: StageEvaluation,
    /// For each undetermined obligation the totals of its lines if it applies; none where they cannot be held.
    if_applies: Vec<(QualifiedId, Option<Vec<Spread>>)>,
    /// Σ of every line; none where it cannot be held.
    sums: Option<Sums>,
    amiss: Option<Box<Outcome>>,
}

impl Staged {
    /// A stage that is not computed.
    fn without_lines(evaluation: StageEvaluation) -> Arc<Self> {
        Arc::new(Self { evaluation, sums: Some(Sums::default()), ..Self::default() })
    }
}

impl Outcome {
    /// Asks every stage in every period with that period's duties, and sums what comes back.
    fn ask_stages(&mut self, question: &Question<'_>, calls: &mut Calls<'_>) -> Result<(), OverBudget> {
        for stage in Stage::ALL {
            let staged = match question.asked.stages.get(&stage) {
                None => self.unbound(stage),
                Some(CalledStage::Plugins(plugins)) if plugins.is_empty() => self.unbound(stage),
                Some(CalledStage::None { reason, by, at }) => Staged::without_lines(StageEvaluation {
                    total: Some(Spread::ZERO),
                    weighted: Some(Spread::ZERO),
                    lines: Vec::new(),
                    none: Some((Arc::clone(reason), Arc::clone(by), At::clone(at))),
                }),
                Some(CalledStage::Plugins(plugins)) => self.stage(stage, question, plugins, calls)?,
            };
            self.stages.insert(stage, staged);
        }
        self.sum(question.chosen);
        Ok(())
    }

    /// Computes one stage, and takes in what is amiss in it.
    pub(super) fn stage(
        &mut self,
        stage: Stage,
        question: &Question<'_>,
        plugins: &[Called<'_>],
        calls: &mut Calls<'_>,
    ) -> Result<Arc<Staged>, OverBudget> {
        let staged = run(stage, question, plugins, calls)?;
        if let Some(amiss) = &staged.amiss {
            self.merge(amiss);
        }
        for (id, totals) in &staged.if_applies {
            let Some(undetermined) = self.undetermined.get_mut(id) else { continue };
            // What cannot be converted or held is no smaller cost: the stage says why there is none.
            undetermined.if_applies = totals.as_ref().and_then(|totals| {
                let before = undetermined.if_applies.unwrap_or(Spread::ZERO);
                Spread::sum(totals.iter().copied().chain([before])).ok()
            });
        }
        Ok(staged)
    }

    /// What was computed of each stage.
    pub(super) fn stages(&self) -> BTreeMap<Stage, StageEvaluation> {
        self.stages.iter().map(|(stage, staged)| (*stage, staged.evaluation.clone())).collect()
    }

    /// Itself, where it says that something is amiss.
    fn amiss(self) -> Option<Box<Self>> {
        let fine = self.reasons.is_empty()
            && self.undetermined.is_empty()
            && self.clouded.is_empty()
            && !self.failed;
        (!fine).then(|| Box::new(self))
    }

    /// Takes in what is amiss.
    fn merge(&mut self, amiss: &Self) {
        self.reasons.extend(amiss.reasons.iter().cloned());
        self.clouded.extend(amiss.clouded.iter().cloned());
        self.failed |= amiss.failed;
        for (id, undetermined) in &amiss.undetermined {
            match self.undetermined.get_mut(id) {
                Some(known) => known.needs.extend(undetermined.needs.iter().cloned()),
                None => drop(self.undetermined.insert(id.clone(), undetermined.clone())),
            }
        }
    }

    /// Takes in what every obligation adds in every period.
    fn take_all(&mut self, asked: &Asked<'_>, chosen: &Chosen, options: &Options, explained: bool) {
        let mut members = Vec::new();
        for (number, class) in asked.remembered.classes(asked).iter().enumerate() {
            let key = options.key([number as u64, u64::from(explained)], &class.choices);
            let work = || Added::of(asked, chosen, options, explained, &class.obligations);
            let added = asked.remembered.added(key, work);
            if let Some(amiss) = &added.amiss {
                self.merge(amiss);
            }
            members.extend(added.members.iter().cloned());
        }
        members.sort_by_key(|(period, number, _)| (*period, *number));
        self.shared.extend(members.into_iter().map(|(_, _, member)| member));
    }

    /// Takes in what one obligation adds in a period.
    fn take(&mut self, part: &Part, period: Period) {
        if let Some(amiss) = &part.amiss {
            self.merge(amiss);
        }
        self.shared.extend(part.member.clone().map(|duty| Membership { duty, period }));
    }

    pub(super) fn fail(&mut self, reason: Reason) {
        self.reasons.insert(reason);
        self.failed = true;
    }

    fn unbound(&mut self, stage: Stage) -> Arc<Staged> {
        let message =
            format!("no plugin is bound to {stage}: bind one, or write `{stage}: {{none: why, by: who}}`");
        self.fail(Reason { stage: Some(stage), kind: "unbound_stage", message, at: None });
        Staged::without_lines(StageEvaluation::default())
    }

    /// A sum that cannot be held is no sum: nothing may look cheap because of it, whatever is chosen.
    fn sum(&mut self, chosen: &Chosen) {
        // No line is below nought, so in whichever order they are added nothing is held that could not be.
        let add = |sums: Option<Sums>, staged: &Arc<Staged>| sums?.add(staged.sums?);
        self.sums = self.stages.values().fold(Some(Sums::default()), add);
        if self.sums.is_none() {
            self.clouded.extend(chosen.keys().cloned());
            self.fail(overflow(None));
        }
    }

    /// That a shared obligation applies here, or may; it is priced where it is defined.
    fn member(&mut self, duty: Duty) -> Option<Duty> {
        match &duty.applies {
            Applies::No(_) => None,
            Applies::Yes => Some(duty),
            Applies::Perhaps(why) => {
                self.undetermined(&duty.obligation, why, true);
                Some(duty)
            }
            Applies::Overflow | Applies::Conflict(_) => {
                self.undecided(&duty);
                None
            }
        }
    }

    /// Prices a duty; what has no price is a reason or an undetermined obligation.
    fn price(&mut self, facts: Facts<'_>, duty: Duty) -> Option<Known> {
        match duty.applies {
            Applies::Overflow | Applies::Conflict(_) => {
                self.undecided(&duty);
                self.cloud(facts.asked, &duty);
                return None;
            }
            Applies::No(_) => return None,
            Applies::Yes | Applies::Perhaps(_) => {}
        }
        let (known, sure) = self.priced(&facts.at(duty.place), duty);
        if !sure {
            self.cloud(facts.asked, &known.duty);
        }
        Some(known)
    }

    /// Nobody knows the cheapest option of what bears on this duty.
    fn cloud(&mut self, asked: &Asked<'_>, duty: &Duty) {
        self.clouded.extend(linking::clouded_by(asked, duty.place, &duty.obligation));
    }

    /// One duty with its price, and whether all of it is known.
    fn priced(&mut self, facts: &Facts<'_>, duty: Duty) -> (Known, bool) {
        let obligation = Arc::clone(&duty.obligation);
        let decided = |pricing, basis| Decided {
            obligation: Arc::clone(&obligation),
            place: duty.place,
            leaves: Arc::clone(&duty.leaves),
            pricing,
            basis,
        };
        let mut missing: Vec<Missing> = match &duty.applies {
            Applies::Perhaps(why) => why.clone(),
            _ => Vec::new(),
        };
        let mut sure = matches!(duty.applies, Applies::Yes);
        let price = match pricing::price(facts, &obligation) {
            Ok(mut priced) => {
                let decided = decided(std::mem::take(&mut priced.steps), priced.basis);
                Some((priced, Arc::new(decided)))
            }
            Err(NoPrice::Missing(why)) => {
                sure = false;
                missing.extend(why);
                None
            }
            Err(NoPrice::Reason(reason)) => {
                self.fail(reason);
                let fed = Arc::new(decided(Vec::new(), Basis::Plugin));
                if !missing.is_empty() {
                    self.undetermined(&obligation, &missing, false);
                }
                return (Known { duty, price: None, fed }, false);
            }
        };
        if !sure {
            self.undetermined(&obligation, &missing, price.is_some());
        }
        let fed = Arc::new(decided(Vec::new(), Basis::Plugin));
        (Known { duty, price, fed }, sure)
    }

    /// Takes in that nobody knows whether an obligation applies, or what it costs.
    fn undetermined(
        &mut self,
        obligation: &Arc<crate::rules::book::Obligation>,
        missing: &[Missing],
        priced: bool,
    ) {
        let what = if priced { "undetermined" } else { "undetermined, and its cost is not known" };
        let why: BTreeSet<_> = missing.iter().map(|missing| missing.reason.as_str()).collect();
        let why: Vec<_> = why.into_iter().collect();
        let message = format!("`{}` is {what}: {}", obligation.id, why.join("; "));
        let at = Some(obligation.at.clone());
        self.reasons.insert(Reason { stage: None, kind: "undetermined", message, at });
        self.failed |= !priced;
        let entry = self.undetermined.entry(obligation.id.clone()).or_insert_with(|| Undetermined {
            obligation: Arc::clone(obligation),
            needs: BTreeSet::new(),
            if_applies: None,
        });
        entry.needs.extend(duty::needs(missing));
    }

    /// Takes in that the rules do not decide whether an obligation applies.
    fn undecided(&mut self, duty: &Duty) {
        let id = &duty.obligation.id;
        let (kind, message) = match &duty.applies {
            Applies::Conflict(names) => {
                let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                let names = names.join(" and ");
                (
                    "exceptions_conflict",
                    format!(
                        "the exceptions {names} of `{id}` hold at once, and say different things: let one's condition exclude the other's"
                    ),
                )
            }
            _ => ("overflow", format!("the condition of `{id}` needs a number too large to be held exactly")),
        };
        self.fail(Reason { stage: None, kind, message, at: Some(duty.obligation.at.clone()) });
    }
}

pub(super) fn overflow(stage: Option<Stage>) -> Reason {
    let message = "a sum is too large to be held exactly".to_owned();
    Reason { stage, kind: "overflow", message, at: None }
}

impl Staged {
    /// A stage of these answers: for each plugin, one in each period.
    fn of(stage: Stage, question: &Question<'_>, answers: &[Vec<Arc<Answered>>]) -> Self {
        let asked = question.asked;
        let mut outcome = Outcome::default();
        let mut building = Building::default();
        let mut extra = BTreeMap::<&QualifiedId, Building<'_>>::new();
        let mut complete = true;
        for of_one in answers {
            for ((period, _), answered) in question.periods().iter().zip(of_one) {
                if let Some(amiss) = &answered.amiss {
                    outcome.merge(amiss);
                }
                complete &= answered.complete;
                for (id, lines) in &answered.if_applies {
                    extra.entry(id).or_default().add(*period, lines);
                }
                building.add(*period, &answered.lines);
            }
        }
        let if_applies = extra.into_iter().map(|(id, building)| {
            let lines = building.lines(asked, stage).ok();
            (id.clone(), lines.map(|lines| lines.iter().map(|line| line.total).collect()))
        });
        let if_applies = if_applies.collect();
        let mut sums = Some(Sums::default());
        let evaluation = match building.lines(asked, stage) {
            Ok(lines) => {
                sums = Sums::of(&lines);
                if let Some(Sums { total, weighted }) = sums {
                    let (total, weighted) = (complete.then_some(total), complete.then_some(weighted));
                    StageEvaluation { total, weighted, lines, none: None }
                } else {
                    outcome.fail(overflow(Some(stage)));
                    StageEvaluation { lines, ..StageEvaluation::default() }
                }
            }
            Err(reason) => {
                outcome.fail(reason);
                StageEvaluation::default()
            }
        };
        Self { evaluation, if_applies, sums, amiss: outcome.amiss() }
    }
}

/// A stage under the options of a question, as it was computed before or is now.
fn run(
    stage: Stage,
    question: &Question<'_>,
    plugins: &[Called<'_>],
    calls: &mut Calls<'_>,
) -> Result<Arc<Staged>, OverBudget> {
    let remembered = &question.asked.remembered;
    let first = [stage as u64, u64::from(question.explained)];
    let key =
        question.options.map(|options| options.key(first, remembered.choices_of(question.asked, stage)));
    if let Some(run) = key.as_ref().and_then(|key| remembered.run(key, calls.query())) {
        calls.count(run.asked);
        for answered in &run.answers {
            calls.again(&answered.receipts, &answered.paid)?;
        }
        return Ok(Arc::clone(&run.staged));
    }
    let answers = ask_all(stage, question, plugins, calls)?;
    let staged = Arc::new(Staged::of(stage, question, &answers));
    if let Some(key) = key {
        let asked = answers.iter().flatten().map(|answered| answered.receipts.len() as u64).sum();
        let mut answers: Vec<Arc<Answered>> = answers.into_iter().flatten().collect();
        answers.sort_by_key(|answered| answered.serial);
        answers.dedup_by_key(|answered| answered.serial);
        remembered.keep_run(key, Run { staged: Arc::clone(&staged), asked, answers });
    }
    Ok(staged)
}

/// The answers of each plugin of a stage in every period.
fn ask_all(
    stage: Stage,
    question: &Question<'_>,
    plugins: &[Called<'_>],
    calls: &mut Calls<'_>,
) -> Result<Vec<Vec<Arc<Answered>>>, OverBudget> {
    let &Question { asked, chosen, explained, .. } = question;
    let periods = question.periods();
    let mut all = Vec::with_capacity(plugins.len());
    let mut key = Vec::new();
    for (number, called) in plugins.iter().enumerate() {
        let number = number_of_called(stage as usize, number, explained);
        let mut answers: Vec<Arc<Answered>> = Vec::with_capacity(periods.len());
        let mut before = Vec::new();
        for (period, duties) in periods {
            key_of_answer(called, number, period.law, chosen, duties, &mut key);
            let same = answers.last().filter(|_| key == before).cloned();
            let answered = if let Some(known) = same.or_else(|| asked.remembered.answer(&key, calls.query()))
            {
                calls.count(known.receipts.len() as u64);
                calls.again(&known.receipts, &known.paid)?;
                known
            } else {
                let facts = Facts { asked, place: called.place, chosen, law: period.law };
                let asking = Asking { facts, stage, duties, explained };
                let answered = Arc::new(asking.plugin(called, calls)?);
                asked.remembered.keep_answer(key.clone(), &answered);
                answered
            };
            std::mem::swap(&mut before, &mut key);
            answers.push(answered);
        }
        all.push(answers);
    }
    Ok(all)
}

/// One plugin of one stage being asked in one period under one set of options.
pub(super) struct Asking<'a> {
    /// At the place whose facts and params the plugin reads.
    pub(super) facts: Facts<'a>,
    pub(super) stage: Stage,
    pub(super) duties: &'a Duties,
    /// Whether lines are to say what they rest on.
    pub(super) explained: bool,
}

/// A plugin's answer in a period.
#[derive(Debug, Default)]
pub(super) struct Answered {
    /// Tells it from every other of its market.
    serial: u64,
    /// What was asked for it.
    receipts: Vec<Receipt>,
    /// The query that last paid for that.
    paid: AtomicU64,
    /// Native amounts: what is sure, with what may come on top in `high`.
    lines: Vec<Arc<Native>>,
    /// For each undetermined obligation, its lines if it applies.
    if_applies: Vec<(QualifiedId, Vec<Arc<Native>>)>,
    /// Whether there is an answer.
    complete: bool,
    amiss: Option<Box<Outcome>>,
}

impl Answered {
    /// Whether a query may take it as it is.
    pub(super) fn holds(&self, query: u64) -> bool {
        self.paid.load(Ordering::Relaxed) == query || self.receipts.iter().all(Receipt::is_lasting)
    }
}

impl Asking<'_> {
    fn plugin(&self, called: &Called<'_>, calls: &mut Calls<'_>) -> Result<Answered, OverBudget> {
        let mut outcome = Outcome::default();
        let mut receipts = Vec::new();
        let mut answered = match self.lines_of(called, &mut outcome, calls, &mut receipts)? {
            Ok(answered) => Answered { complete: true, ..answered },
            Err(reason) => {
                outcome.clouded.extend(linking::of_called(self.facts.asked, called));
                outcome.fail(reason);
                Answered::default()
            }
        };
        answered.serial = self.facts.asked.remembered.serial();
        answered.receipts = receipts;
        answered.paid = calls.query().into();
        answered.amiss = outcome.amiss();
        Ok(answered)
    }

    /// A plugin's lines; asked a second time with every undetermined obligation, where there is one.
    fn lines_of(
        &self,
        called: &Called<'_>,
        outcome: &mut Outcome,
        calls: &mut Calls<'_>,
        receipts: &mut Vec<Receipt>,
    ) -> Result<Result<Answered, Reason>, OverBudget> {
        let shared = |lines: Vec<Native>| lines.into_iter().map(Arc::new).collect();
        let sure = match self.ask(called, false, calls, receipts)? {
            Ok(lines) => lines,
            Err(reason) => return Ok(Err(reason)),
        };
        let known = |seen: &Seen<'_>| self.duties.known(seen.number);
        let open = called.obligations.iter().filter(|seen| known(seen).is_some_and(|known| !known.is_sure()));
        let open: Vec<_> = open.collect();
        if open.is_empty() {
            return Ok(Ok(Answered { lines: shared(sure), ..Answered::default() }));
        }
        let all = match self.ask(called, true, calls, receipts)? {
            Ok(lines) => lines,
            Err(reason) => {
                // What is sure is still sure; what may come on top of it is not known.
                outcome.clouded.extend(linking::of_called(self.facts.asked, called));
                outcome.fail(reason);
                return Ok(Ok(Answered { lines: shared(sure), ..Answered::default() }));
            }
        };
        let priced = open.into_iter().filter(|seen| known(seen).is_some_and(|known| known.price.is_some()));
        let if_applies = priced.map(|seen| {
            let own = all.iter().filter(|line| obligation_of(line) == Some(seen.id())).cloned();
            (seen.id().clone(), shared(own.collect()))
        });
        let if_applies = if_applies.collect();
        Ok(Ok(Answered { lines: shared(with_undetermined(sure, all)), if_applies, ..Answered::default() }))
    }

    fn ask(
        &self,
        called: &Called<'_>,
        undetermined: bool,
        calls: &mut Calls<'_>,
        receipts: &mut Vec<Receipt>,
    ) -> Result<Result<Vec<Native>, Reason>, OverBudget> {
        let (case, given) = match self.case(called, undetermined) {
            Ok(case) => case,
            Err(reason) => return Ok(Err(reason)),
        };
        if called.only_obligations && given.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let priced: Vec<bool> = case.obligations.iter().map(costs_something).collect();
        let receipt = calls.ask(&called.bound.plugin, case)?;
        receipts.push(receipt.clone());
        Ok(match receipt.answer {
            Ok(estimate) => self.lines(called, &estimate, &given, &priced),
            Err(error) => Err(self.reason(error.kind(), error.to_string(), Some(at(called.bound)))),
        })
    }

    pub(super) const fn reason(&self, kind: &'static str, message: String, at: Option<At>) -> Reason {
        Reason { stage: Some(self.stage), kind, message, at }
    }
}

/// Where a plugin is bound.
pub(super) fn at(bound: &BoundPlugin) -> At {
    bound.binding.source.at(bound.binding.span)
}
