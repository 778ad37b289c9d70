//! `obligations:`.

use std::sync::Arc;

use super::{
    super::{Spanned, scalar},
    each,
    effort::{EffortFile, efforts},
    law::{InForce, LawStatus, Standing, in_force, legal_cites, legal_standing, standing, status},
    named,
    reading::{ReadingFile, disputed},
    replaces::Section,
};
use crate::{
    diagnostic::Problems,
    id::{Name, PluginId},
    rules::yaml::{self, Entry, Fields, Node},
};

/// An obligation as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObligationFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// For people.
    pub title: Arc<str>,
    /// `<source>#<locator>`, at least one.
    pub cites: Vec<Spanned<Arc<str>>>,
    /// Whether it is law yet.
    pub status: LawStatus,
    /// When it holds at all.
    pub in_force: InForce,
    /// The condition.
    pub when: Node,
    /// What lifts it although its condition holds.
    pub exceptions: Vec<ExceptionFile>,
    /// Paid once by all markets in which it applies.
    pub shared: bool,
    /// Rival readings.
    pub disputed: Vec<ReadingFile>,
    /// The plugin that turns it into line items; `statutory` where the file does not say.
    pub costed_by: Spanned<PluginId>,
    /// The choice whose options have each their effort.
    pub choice: Option<Spanned<Name>>,
    /// By option; or one effort under no option.
    pub efforts: Vec<(Option<Spanned<Name>>, EffortFile)>,
    /// What it feeds to plugins that declare these demands.
    pub requires: Vec<(Spanned<Name>, Node)>,
    /// How well it is founded.
    pub standing: Standing,
}

/// What lifts an obligation although its condition holds, as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// `<source>#<locator>`, at least one.
    pub cites: Vec<Spanned<Arc<str>>>,
    /// When it holds at all.
    pub in_force: InForce,
    /// The condition.
    pub when: Node,
    /// The obligation that it triggers instead.
    pub instead: Option<Spanned<Name>>,
    /// How well it is founded.
    pub standing: Standing,
}

pub(super) fn obligation(
    entry: &Entry,
    of_file: LawStatus,
    problems: &mut Problems<'_>,
) -> Option<ObligationFile> {
    const KNOWN: [&str; 18] = [
        "title",
        "cite",
        "status",
        "in_force",
        "when",
        "except",
        "shared",
        "disputed",
        "costed_by",
        "choice",
        "options",
        "effort",
        "requires",
        "assumption",
        "confidence",
        "verified",
        "note",
        "doc",
    ];
    let name = named(entry, problems);
    let fields = Fields::read(&entry.value, "an obligation", &KNOWN, problems)?;
    let title = fields.require("title", problems).and_then(|node| scalar::title(node, problems));
    let cites = legal_cites(&fields, problems);
    let in_force = in_force(&fields, problems);
    let when = fields.require("when", problems).cloned();
    let exceptions = each(&fields, "except", problems, exception);
    let shared = fields.get("shared").and_then(|node| scalar::flag(node, "`shared`", problems));
    let disputed = disputed(entry, &fields, Section::Obligations, &["effort", "options", "except"], problems);
    let costed_by = match fields.get("costed_by") {
        Some(node) => scalar::plugin_id(node, problems).map(|id| Spanned::new(id, node.span)),
        None => PluginId::parse("statutory").ok().map(|id| Spanned::new(id, entry.key_span)),
    };
    let choice = fields
        .get("choice")
        .and_then(|node| scalar::name(node, "a choice", problems).map(|name| Spanned::new(name, node.span)));
    let efforts = efforts(entry, &fields, problems);
    let requires = requires(&fields, problems);
    let standing = legal_standing(&fields, "an obligation", problems);
    Some(ObligationFile {
        name: name?,
        title: title?,
        cites,
        status: status(&fields, of_file, problems),
        in_force,
        when: when?,
        exceptions,
        shared: shared.unwrap_or(false),
        disputed,
        costed_by: costed_by?,
        choice,
        efforts: efforts?,
        requires,
        standing,
    })
}

fn exception(entry: &Entry, problems: &mut Problems<'_>) -> Option<ExceptionFile> {
    let name = named(entry, problems);
    let known = ["cite", "in_force", "when", "instead", "confidence", "verified", "note"];
    let fields = Fields::read(&entry.value, "an exception", &known, problems)?;
    let cites = legal_cites(&fields, problems);
    let in_force = in_force(&fields, problems);
    let when = fields.require("when", problems).cloned();
    let instead = fields.get("instead").and_then(|node| {
        scalar::name(node, "an obligation", problems).map(|name| Spanned::new(name, node.span))
    });
    let standing = standing(&fields, problems);
    Some(ExceptionFile { name: name?, cites, in_force, when: when?, instead, standing })
}

fn requires(fields: &Fields<'_>, problems: &mut Problems<'_>) -> Vec<(Spanned<Name>, Node)> {
    let entries = fields.get("requires").and_then(|node| yaml::mapping(node, "`requires`", problems));
    entries
        .unwrap_or_default()
        .iter()
        .filter_map(|entry| Some((named(entry, problems)?, entry.value.clone())))
        .collect()
}
