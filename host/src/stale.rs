//! What a rule book's owners should look at on a day: reviews due, law that has ended, what nobody has read.
//!
//! Looks at what each file says itself, once, and at what can still matter: a value or a duty that has ended
//! is history, however little is known of it. Reads no clock: the day is given.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{ToSpan as _, civil::Date};

use crate::{
    generation::Generation,
    id::{Name, QualifiedId},
    protocol::{Stale, StaleFile, StaleFinding, StaleKind},
    rules::{
        book::{Base, Cite, Jurisdiction, Param, ParamValue, Reading},
        fx::STALE_AFTER_DAYS,
        schema::{
            jurisdiction::{InForce, Standing},
            scalar::Confidence,
        },
    },
    source::{At, Span},
};

/// Of what, and until when.
#[derive(Debug, Clone)]
pub struct Question {
    /// The day.
    pub as_of: Date,
    /// What ends within so many days has ended.
    pub within: i32,
    /// Only these kinds; all where there is none.
    pub only: Vec<StaleKind>,
}

impl Question {
    /// What ends on this day or before it, has ended.
    fn until(&self) -> Date {
        self.as_of.saturating_add(self.within.days())
    }
}

/// Everything to look at.
#[must_use]
pub fn stale(generation: &Generation, question: &Question) -> Stale {
    let mut files = BTreeMap::<String, StaleFile>::new();
    for closure in generation.closures.values() {
        let jurisdiction = &closure.jurisdiction;
        let owner = jurisdiction.own.review.as_ref().map(|review| review.by.to_string());
        add(&mut files, &jurisdiction.own.source.name, owner, of_jurisdiction(jurisdiction, question));
    }
    for (file, findings) in
        [("rates.yaml", day_rates(&generation.base)), ("fx.yaml", fx(&generation.base, question))]
    {
        add(&mut files, file, None, findings);
    }
    let mut files: Vec<StaleFile> = files.into_values().collect();
    for file in &mut files {
        file.findings.retain(|found| question.only.is_empty() || question.only.contains(&found.kind));
    }
    files.retain(|file| !file.findings.is_empty());
    let mut counts = BTreeMap::new();
    for found in files.iter().flat_map(|file| &file.findings) {
        *counts.entry(found.kind).or_default() += 1;
    }
    Stale { as_of: question.as_of.to_string(), until: question.until().to_string(), files, counts }
}

fn add(
    files: &mut BTreeMap<String, StaleFile>,
    name: &str,
    owner: Option<String>,
    mut found: Vec<(At, StaleFinding)>,
) {
    found.sort_by_key(|(span, finding)| (span.line, span.column, finding.kind));
    let findings = found.into_iter().map(|(_, found)| found).collect();
    files.insert(name.to_owned(), StaleFile { file: name.to_owned(), owner, findings });
}

type Found = Vec<(At, StaleFinding)>;

fn of_jurisdiction(jurisdiction: &Jurisdiction, question: &Question) -> Found {
    let mut look = Look { jurisdiction, question, found: Vec::new() };
    look.review();
    look.params();
    look.duties();
    look.others();
    look.found
}

/// What is said of one thing.
struct Said<'a> {
    id: String,
    at: &'a At,
    cites: &'a [Cite],
}

struct Look<'a> {
    jurisdiction: &'a Jurisdiction,
    question: &'a Question,
    found: Found,
}

/// What a file defines itself, of what holds there.
fn own<'a, T>(
    jurisdiction: &'a Jurisdiction,
    all: &'a BTreeMap<Name, Arc<T>>,
    id: impl Fn(&T) -> &QualifiedId,
) -> impl Iterator<Item = &'a T> {
    all.values().map(AsRef::as_ref).filter(move |thing| id(thing).jurisdiction == *jurisdiction.id())
}

impl Look<'_> {
    fn add(&mut self, kind: StaleKind, said: &Said<'_>, on: Option<Date>, what: String) {
        self.found.push(found(kind, Some(said.id.clone()), said.at, on, what, said.cites));
    }

    /// `ended on D` or `ends on D`, where it does before the window closes.
    fn ends(&self, on: Option<Date>) -> Option<(Date, &'static str)> {
        let on = on.filter(|on| *on <= self.question.until())?;
        Some((on, if on <= self.question.as_of { "ended" } else { "ends" }))
    }

    fn review(&mut self) {
        let own = &self.jurisdiction.own;
        match &own.review {
            None => {
                let what = "nobody says when this file is reviewed: add `review: {done, by, due}`".to_owned();
                self.found.push(found(
                    StaleKind::NoReview,
                    None,
                    &own.source.at(Span::START),
                    None,
                    what,
                    &[],
                ));
            }
            Some(review) if review.due <= self.question.until() => {
                let is = if review.due <= self.question.as_of { "was" } else { "is" };
                let what = format!("a review {is} due on {}; the last was on {}", review.due, review.done);
                let at = own.source.at(review.span);
                self.found.push(found(StaleKind::ReviewDue, None, &at, Some(review.due), what, &[]));
            }
            Some(_) => {}
        }
    }

    fn params(&mut self) {
        let here = self.jurisdiction;
        for param in own(here, &here.merged.params, |param| &param.id) {
            for value in &param.values {
                let said = Said { id: format!("param {}", param.id), at: &value.at, cites: &value.cites };
                self.founded(&said, &value.standing, value.to, true);
            }
            self.last_value(param);
        }
    }

    fn last_value(&mut self, param: &Param) {
        let Some(ParamValue { at, cites, to, .. }) = param.values.last() else { return };
        if let Some((on, ends)) = self.ends(*to) {
            let said = Said { id: format!("param {}", param.id), at, cites };
            let what = format!("its last value {ends} on {on}: add what holds then, or `absent: why`");
            self.add(StaleKind::ValueEnded, &said, Some(on), what);
        }
    }

    fn duties(&mut self) {
        let here = self.jurisdiction;
        for duty in own(here, &here.merged.obligations, |duty| &duty.id) {
            let said = Said { id: duty.id.to_string(), at: &duty.at, cites: &duty.cites };
            self.law(&said, &duty.standing, duty.in_force, &duty.disputed);
            for exception in duty.exceptions.values() {
                let id = format!("{} except {}", duty.id, exception.name);
                let said = Said { id, at: &exception.at, cites: &exception.cites };
                self.law(&said, &exception.standing, earlier(duty.in_force, exception.in_force), &[]);
            }
        }
    }

    fn others(&mut self) {
        let here = self.jurisdiction;
        for penalty in own(here, &here.merged.penalties, |penalty| &penalty.id) {
            let said = Said { id: format!("penalty {}", penalty.id), at: &penalty.at, cites: &penalty.cites };
            self.law(&said, &penalty.standing, penalty.in_force, &penalty.disputed);
        }
        for block in own(here, &here.merged.blocks, |block| &block.id) {
            let said = Said { id: format!("block {}", block.id), at: &block.at, cites: &block.cites };
            self.law(&said, &block.standing, block.in_force, &block.disputed);
        }
        for term in here.merged.terms.values() {
            if let Some(fill) = term.fill.as_ref().filter(|fill| fill.by == *here.id()) {
                let said = Said { id: format!("term {}", term.id), at: &fill.at, cites: &fill.cites };
                self.law(&said, &fill.standing, InForce::default(), &[]);
            }
        }
        for choice in own(here, &here.merged.choices, |choice| &choice.id) {
            for option in &choice.options {
                let id = format!("choice {} option {}", choice.id, option.name);
                self.source(&Said { id, at: &choice.at, cites: &option.cites });
            }
        }
        self.gaps();
    }

    fn gaps(&mut self) {
        let here = self.jurisdiction;
        for gap in own(here, &here.merged.gaps, |gap| &gap.id) {
            let said = Said { id: format!("gap {}", gap.id), at: &gap.at, cites: &gap.cites };
            self.source(&said);
            match &gap.accepted {
                None => self.add(
                    StaleKind::OpenGap,
                    &said,
                    None,
                    format!("not computed, and nobody accepts it: {}", gap.reason),
                ),
                Some(accepted) => {
                    if let Some((on, ends)) = self.ends(Some(accepted.until)) {
                        let what =
                            format!("the acceptance by {} {ends} on {on}: {}", accepted.by, gap.reason);
                        self.add(StaleKind::AcceptanceEnded, &said, Some(on), what);
                    }
                }
            }
        }
    }

    /// Something that the law says.
    fn law(&mut self, said: &Said<'_>, standing: &Standing, in_force: InForce, disputed: &[Reading]) {
        if in_force.to.is_some_and(|to| to <= self.question.as_of) {
            return;
        }
        self.founded(said, standing, in_force.to, false);
        for reading in disputed {
            let said = Said { id: said.id.clone(), at: &reading.at, cites: &reading.cites };
            self.add(StaleKind::Disputed, &said, None, format!("read differently: {}", reading.note));
        }
    }

    /// How well something is founded that holds until `to`. A param's value is an estimate or law; the amounts of
    /// a duty are an estimate beside the law.
    fn founded(&mut self, said: &Said<'_>, standing: &Standing, to: Option<Date>, is_value: bool) {
        if to.is_some_and(|to| to <= self.question.as_of) {
            return;
        }
        self.source(said);
        if standing.confidence == Some(Confidence::Low) {
            self.add(StaleKind::LowConfidence, said, None, "the author is not sure of it".to_owned());
        }
        if !standing.verified {
            self.add(StaleKind::Unverified, said, None, "nobody has read its source".to_owned());
        }
        if standing.assumption {
            let what = if is_value { "the value is an estimate" } else { "the amounts are an estimate" };
            let note = standing.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
            self.add(StaleKind::Assumption, said, None, format!("{what}{note}"));
        }
    }

    /// What it cites that has ended.
    fn source(&mut self, said: &Said<'_>) {
        for cite in said.cites {
            let source = self.jurisdiction.merged.sources.get(&cite.source);
            if let Some((on, ends)) = self.ends(source.and_then(|(_, source)| source.in_force.to)) {
                let what = format!("rests on {}, and `{}` {ends} on {on}", cite.text, cite.source);
                self.add(StaleKind::SourceEnded, said, Some(on), what);
            }
        }
    }
}

fn earlier(one: InForce, other: InForce) -> InForce {
    let to = [one.to, other.to].into_iter().flatten().min();
    InForce { to, ..other }
}

fn day_rates(base: &Base) -> Found {
    let Some(source) = base.sources.get("rates.yaml") else { return Vec::new() };
    let mut all = Vec::new();
    for ((role, place), card) in &base.rates {
        // The last one holds from its first day on.
        if let Some(rate) = card.value.last().filter(|rate| rate.assumption) {
            let id = Some(format!("rate {role} {place}"));
            let what = "the day rate is an estimate".to_owned();
            all.push(found(StaleKind::Assumption, id, &source.at(rate.span), None, what, &[]));
        }
    }
    all
}

fn fx(base: &Base, question: &Question) -> Found {
    let Some(source) = base.sources.get("fx.yaml") else { return Vec::new() };
    let mut all = Vec::new();
    for ((one, other), rates) in &base.fx.rates {
        let Some((of, _)) = rates.iter().rfind(|(of, _)| *of <= question.as_of) else { continue };
        let days = (question.as_of - *of).get_days();
        if days > STALE_AFTER_DAYS {
            let id = Some(format!("{one}/{other}"));
            let what = format!("the latest rate is of {of}, {days} days old");
            all.push(found(StaleKind::OldRate, id, &source.at(Span::START), Some(*of), what, &[]));
        }
    }
    all
}

fn found(
    kind: StaleKind,
    id: Option<String>,
    at: &At,
    on: Option<Date>,
    what: String,
    cites: &[Cite],
) -> (At, StaleFinding) {
    let cites = cites.iter().map(|cite| cite.text.to_string()).collect();
    let finding = StaleFinding { kind, id, at: at.to_string(), on: on.map(|on| on.to_string()), what, cites };
    (at.clone(), finding)
}
