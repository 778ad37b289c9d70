//! `penalties:`.

use std::sync::Arc;

use super::{
    super::{Spanned, scalar},
    law::{InForce, LawStatus, Standing, in_force, legal_cites, legal_standing, status},
    named,
    reading::{ReadingFile, disputed},
    replaces::Section,
};
use crate::{
    diagnostic::Problems,
    id::Name,
    rules::yaml::{Entry, Fields, Node},
};

/// By what a penalty is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Each infringement.
    Infringement,
    /// Each violation, as by person or record.
    Violation,
    /// Each day.
    Day,
    /// Each year.
    Year,
}

impl Per {
    /// Its name in files and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Infringement => "infringement",
            Self::Violation => "violation",
            Self::Day => "day",
            Self::Year => "year",
        }
    }
}

/// Who pays a penalty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liable {
    /// The company.
    Company,
    /// The person responsible: listed, never summed.
    Individual,
}

impl Liable {
    /// Its name in files and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Individual => "individual",
        }
    }
}

/// A penalty as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PenaltyFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// For people.
    pub title: Option<Arc<str>>,
    /// `<source>#<locator>`, at least one.
    pub cites: Vec<Spanned<Arc<str>>>,
    /// Whether it is law yet.
    pub status: LawStatus,
    /// Rival readings.
    pub disputed: Vec<ReadingFile>,
    /// When it holds at all.
    pub in_force: InForce,
    /// The condition.
    pub when: Node,
    /// The most the law can take.
    pub maximum: Node,
    /// How many times, where the law counts.
    pub times: Option<Node>,
    /// By what it is counted.
    pub per: Per,
    /// Who pays.
    pub liable: Liable,
    /// How well it is founded.
    pub standing: Standing,
}

pub(super) fn penalty(entry: &Entry, of_file: LawStatus, problems: &mut Problems<'_>) -> Option<PenaltyFile> {
    const KNOWN: [&str; 13] = [
        "title",
        "cite",
        "status",
        "disputed",
        "in_force",
        "when",
        "maximum",
        "times",
        "per",
        "liable",
        "confidence",
        "verified",
        "note",
    ];
    let name = named(entry, problems);
    let fields = Fields::read(&entry.value, "a penalty", &KNOWN, problems)?;
    let title = fields.get("title").and_then(|node| scalar::title(node, problems));
    let cites = legal_cites(&fields, problems);
    let in_force = in_force(&fields, problems);
    let when = fields.require("when", problems).cloned();
    let maximum = fields.require("maximum", problems).cloned();
    let times = fields.get("times").cloned();
    let pers = [Per::Infringement, Per::Violation, Per::Day, Per::Year].map(|per| (per.as_str(), per));
    let per = fields.require("per", problems).and_then(|node| scalar::word(node, "`per`", &pers, problems));
    let liables = [Liable::Company, Liable::Individual].map(|liable| (liable.as_str(), liable));
    let liable = fields
        .require("liable", problems)
        .and_then(|node| scalar::word(node, "`liable`", &liables, problems));
    let standing = legal_standing(&fields, "a penalty", problems);
    Some(PenaltyFile {
        name: name?,
        title,
        cites,
        status: status(&fields, of_file, problems),
        disputed: disputed(entry, &fields, Section::Penalties, &["maximum", "times"], problems),
        in_force,
        when: when?,
        maximum: maximum?,
        times,
        per: per?,
        liable: liable?,
        standing,
    })
}
