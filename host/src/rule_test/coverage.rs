//! What tests can touch of the rules, and what one did: the two sides of coverage.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::{ToSpan, civil::Date};

use super::compare::Came;
use crate::{
    evaluate::{Finding, WhyNot},
    generation::Closure,
    id::{Name, QualifiedId},
    rules::{
        book::{Merged, Param},
        schema::jurisdiction::InForce,
    },
    source::At,
};

/// A sort of thing that tests touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Both answers of an obligation's condition.
    Obligation,
    /// An exception that holds.
    Exception,
    /// An option that is taken.
    ChoiceOption,
    /// A penalty that applies.
    Penalty,
    /// A block that holds.
    Block,
    /// A stretch of time in which something is as it is.
    Segment,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Obligation, Self::Exception, Self::ChoiceOption, Self::Penalty, Self::Block, Self::Segment];

    /// Several of it, in files and messages.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Obligation => "obligations",
            Self::Exception => "exceptions",
            Self::ChoiceOption => "options",
            Self::Penalty => "penalties",
            Self::Block => "blocks",
            Self::Segment => "segments",
        }
    }
}

/// One thing that a test touches. The rule is named by where it is defined.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// The obligation applies.
    Applies(QualifiedId),
    /// Its condition is false while it is in force, or an exception holds.
    DoesNot(QualifiedId),
    /// The exception of that obligation holds.
    Excepted(QualifiedId, Name),
    /// The option of that choice is taken.
    Taken(QualifiedId, Name),
    /// The penalty applies.
    Penalty(QualifiedId),
    /// The block holds.
    Block(QualifiedId),
    /// Something is asked about within a stretch of time: from a day on, from the start without one.
    Within(QualifiedId, Option<Date>),
}

/// Something that tests can touch, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coverable {
    /// Where.
    pub at: At,
    /// What sort of thing.
    pub kind: Kind,
    /// What touches it.
    pub touch: Touch,
    /// What it is called.
    pub name: String,
}

impl fmt::Display for Coverable {
    /// What no test does, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.touch {
            Touch::Applies(_) => write!(f, "`{name}` applies in no test"),
            Touch::DoesNot(_) => {
                write!(f, "`{name}` applies wherever a test asks: none shows when it does not")
            }
            Touch::Excepted(..) => write!(f, "`{name}` holds in no test"),
            Touch::Taken(..) => write!(f, "`{name}` is taken in no test"),
            Touch::Penalty(_) => write!(f, "`{name}` applies in no test"),
            Touch::Block(_) => write!(f, "`{name}` holds in no test"),
            Touch::Within(_, Some(from)) => write!(f, "`{name}` from {from} on is asked about in no test"),
            Touch::Within(_, None) => write!(f, "`{name}` is asked about in no test"),
        }
    }
}

/// Everything in a jurisdiction's own file that tests can touch.
#[must_use]
pub fn coverable(closure: &Closure) -> BTreeSet<Coverable> {
    let jurisdiction = &closure.jurisdiction;
    let own = |id: &QualifiedId| id.jurisdiction == *jurisdiction.id();
    let Merged { params, obligations, penalties, choices, blocks, .. } = &jurisdiction.merged;
    let mut all = BTreeSet::new();
    for obligation in obligations.values().filter(|obligation| own(&obligation.id)) {
        let id = &obligation.id;
        let mut add = |kind, touch, at: &At, name: String| {
            all.insert(Coverable { at: at.clone(), kind, touch, name });
        };
        add(Kind::Obligation, Touch::Applies(id.clone()), &obligation.at, id.to_string());
        if obligation.when.text() != "true" {
            add(Kind::Obligation, Touch::DoesNot(id.clone()), &obligation.at, id.to_string());
        }
        for exception in obligation.exceptions.values() {
            let name = &exception.name;
            add(
                Kind::Exception,
                Touch::Excepted(id.clone(), name.clone()),
                &exception.at,
                format!("{id}.{name}"),
            );
        }
        all.extend(stretches(id, obligation.in_force, &obligation.at));
    }
    for penalty in penalties.values().filter(|penalty| own(&penalty.id)) {
        let (id, at) = (&penalty.id, penalty.at.clone());
        let touch = Touch::Penalty(id.clone());
        all.insert(Coverable { at, kind: Kind::Penalty, touch, name: id.to_string() });
        all.extend(stretches(id, penalty.in_force, &penalty.at));
    }
    for block in blocks.values().filter(|block| own(&block.id)) {
        let (id, at) = (&block.id, block.at.clone());
        all.insert(Coverable {
            at,
            kind: Kind::Block,
            touch: Touch::Block(id.clone()),
            name: id.to_string(),
        });
        all.extend(stretches(id, block.in_force, &block.at));
    }
    for choice in choices.values().filter(|choice| own(&choice.id)) {
        let options = choice.options.iter().map(|option| Coverable {
            at: choice.at.clone(),
            kind: Kind::ChoiceOption,
            touch: Touch::Taken(choice.id.clone(), option.name.clone()),
            name: format!("{}.{}", choice.id, option.name),
        });
        all.extend(options);
    }
    for param in params.values().filter(|param| own(&param.id)) {
        all.extend(values(param));
    }
    all
}

/// The stretches of what begins or ends: in which it is in force, and after it. Nobody need ask about the
/// time before a law.
fn stretches(id: &QualifiedId, dates: InForce, at: &At) -> Vec<Coverable> {
    let stretch = |from: Option<Date>| Coverable {
        at: at.clone(),
        kind: Kind::Segment,
        touch: Touch::Within(id.clone(), from),
        name: id.to_string(),
    };
    starts(dates).into_iter().map(stretch).collect()
}

/// On which days a stretch starts, the earliest first; none for one that always was.
fn starts(dates: InForce) -> Vec<Option<Date>> {
    match dates {
        InForce { from: None, to: None } => Vec::new(),
        InForce { from, to: None } => vec![from],
        InForce { from, to } => vec![from, to],
    }
}

/// Each dated value of a param, and the time after the last one that ends.
fn values(param: &Param) -> Vec<Coverable> {
    let stretch = |from: Date, at: &At| Coverable {
        at: at.clone(),
        kind: Kind::Segment,
        touch: Touch::Within(param.id.clone(), Some(from)),
        name: format!("param.{}", param.id.name),
    };
    param.changes().map(|(from, value)| stretch(from, &value.at)).collect()
}

/// What the evaluation of one test touched. A test that asks for costs touches the whole horizon, any other
/// its first day.
pub(super) fn touched(came: &Came<'_>, chosen: &BTreeMap<QualifiedId, Name>, costs: bool) -> BTreeSet<Touch> {
    let params = &came.jurisdiction.merged.params;
    let first = came.strategy.as_of;
    let years = i64::from(came.strategy.horizon_years);
    let end = if costs { first.saturating_add(years.years()) } else { first };
    let asked = Asked { first, end };
    let findings = came.findings;
    let dated = findings.obligations.values().map(|(rule, _)| (&rule.id, starts(rule.in_force)));
    let dated = dated.chain(findings.penalties.values().map(|(rule, _)| (&rule.id, starts(rule.in_force))));
    let dated = dated.chain(findings.blocks.values().map(|(rule, _)| (&rule.id, starts(rule.in_force))));
    let days = |param: &Param| param.changes().map(|(day, _)| Some(day)).collect();
    let dated = dated.chain(params.values().map(|param| (&param.id, days(param))));
    let within = |(id, starts): (&QualifiedId, Vec<Option<Date>>)| {
        let id = id.clone();
        asked.within(starts).map(move |start| Touch::Within(id.clone(), start)).collect::<Vec<_>>()
    };
    let mut touched: BTreeSet<Touch> = dated.flat_map(within).collect();
    for (obligation, finding) in came.findings.obligations.values() {
        let id = || obligation.id.clone();
        match finding {
            Finding::Applies(_) => drop(touched.insert(Touch::Applies(id()))),
            Finding::Not(WhyNot::Condition, _) => drop(touched.insert(Touch::DoesNot(id()))),
            Finding::Not(WhyNot::Excepted(name), _) => {
                touched.insert(Touch::DoesNot(id()));
                touched.insert(Touch::Excepted(id(), name.clone()));
            }
            _ => {}
        }
    }
    let penalties = came.findings.penalties.values();
    touched.extend(
        penalties.filter_map(|(penalty, finding)| applies(finding, || Touch::Penalty(penalty.id.clone()))),
    );
    let blocks = came.findings.blocks.values();
    touched.extend(blocks.filter_map(|(block, finding)| applies(finding, || Touch::Block(block.id.clone()))));
    let options = chosen.iter().filter(|_| !came.is_bloc());
    touched.extend(options.map(|(id, option)| Touch::Taken(id.clone(), option.clone())));
    touched
}

fn applies(finding: &Finding, touch: impl FnOnce() -> Touch) -> Option<Touch> {
    matches!(finding, Finding::Applies(_)).then(touch)
}

/// The days a test asks about.
struct Asked {
    first: Date,
    /// The day after the last, where it is not the first day alone.
    end: Date,
}

impl Asked {
    /// Those of the stretches with these starts that a day lies in.
    fn within(&self, starts: Vec<Option<Date>>) -> impl Iterator<Item = Option<Date>> {
        let (first, end) = (self.first, self.end);
        let on_first = starts.iter().rposition(|start| start.is_none_or(|start| start <= first));
        let inside = move |start: Option<Date>| start.is_some_and(|start| first < start && start < end);
        let numbered = starts.into_iter().enumerate();
        numbered.filter(move |(at, start)| Some(*at) == on_first || inside(*start)).map(|(_, start)| start)
    }
}
