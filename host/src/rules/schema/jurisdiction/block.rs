//! `blocks:`, which forbid a market, and `gaps:`, law that is known and not computed.

use std::sync::Arc;

use jiff::civil::Date;

use super::{
    super::{Spanned, scalar},
    law::{InForce, LawStatus, Standing, in_force, legal_cites, legal_standing, status},
    named,
    reading::{ReadingFile, disputed},
    replaces::Section,
};
use crate::{
    diagnostic::Problems,
    id::{Name, Stage},
    rules::yaml::{self, Entry, Fields, Node},
};

/// What forbids a market, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// For people.
    pub title: Arc<str>,
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
    /// How well it is founded.
    pub standing: Standing,
}

/// Law that is not computed, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// What it taints.
    pub stage: Stage,
    /// `<source>#<locator>`, at least one.
    pub cites: Vec<Spanned<Arc<str>>>,
    /// Why it is not computed.
    pub reason: Arc<str>,
    /// When it bears on a market.
    pub when: Option<Node>,
    /// Who accepts it, and until when.
    pub accepted: Option<(Arc<str>, Date)>,
}

pub(super) fn block(entry: &Entry, of_file: LawStatus, problems: &mut Problems<'_>) -> Option<BlockFile> {
    const KNOWN: [&str; 9] =
        ["title", "cite", "status", "disputed", "in_force", "when", "confidence", "verified", "note"];
    let name = named(entry, problems);
    let fields = Fields::read(&entry.value, "a block", &KNOWN, problems)?;
    let title = fields.require("title", problems).and_then(|node| scalar::title(node, problems));
    let cites = legal_cites(&fields, problems);
    let in_force = in_force(&fields, problems);
    let when = fields.require("when", problems).cloned();
    let standing = legal_standing(&fields, "a block", problems);
    Some(BlockFile {
        name: name?,
        title: title?,
        cites,
        status: status(&fields, of_file, problems),
        disputed: disputed(entry, &fields, Section::Blocks, &[], problems),
        in_force,
        when: when?,
        standing,
    })
}

pub(super) fn gap(entry: &Entry, problems: &mut Problems<'_>) -> Option<GapFile> {
    let name = named(entry, problems);
    let known = ["stage", "cite", "reason", "when", "accepted"];
    let fields = Fields::read(&entry.value, "a gap", &known, problems)?;
    let stages = Stage::ALL.map(|stage| (stage.as_str(), stage));
    let stage =
        fields.require("stage", problems).and_then(|node| scalar::word(node, "a stage", &stages, problems));
    let cites = legal_cites(&fields, problems);
    let reason = fields.require("reason", problems).and_then(|node| yaml::text(node, "`reason`", problems));
    let when = fields.get("when").cloned();
    let accepted = fields.get("accepted").and_then(|node| accepted(node, problems));
    Some(GapFile { name: name?, stage: stage?, cites, reason: reason?.into(), when, accepted })
}

fn accepted(node: &Node, problems: &mut Problems<'_>) -> Option<(Arc<str>, Date)> {
    let fields = Fields::read(node, "an acceptance", &["by", "until"], problems)?;
    let by = fields.require("by", problems).and_then(|node| yaml::text(node, "`by`", problems));
    if fields.entry("until").is_none() {
        let help = "add `until: <date>`, the first day on which the gap counts again";
        problems.error_help(node.span, "a gap is accepted for a time, and `until` is missing", help);
    }
    let until = fields.get("until").and_then(|node| scalar::date(node, "`until`", problems));
    Some((by?.into(), until?))
}
