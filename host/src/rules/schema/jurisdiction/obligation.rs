//! `obligations:`.

use std::sync::Arc;

use super::{
    super::{Spanned, scalar},
    effort::{EffortFile, efforts},
    law::{InForce, Standing, in_force, legal_cites, legal_standing},
    named,
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
    /// When it holds at all.
    pub in_force: InForce,
    /// The condition.
    pub when: Node,
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

pub(super) fn obligation(entry: &Entry, problems: &mut Problems<'_>) -> Option<ObligationFile> {
    const KNOWN: [&str; 14] = [
        "title",
        "cite",
        "in_force",
        "when",
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
        in_force,
        when: when?,
        costed_by: costed_by?,
        choice,
        efforts: efforts?,
        requires,
        standing,
    })
}

pub(super) fn requires(fields: &Fields<'_>, problems: &mut Problems<'_>) -> Vec<(Spanned<Name>, Node)> {
    let entries = fields.get("requires").and_then(|node| yaml::mapping(node, "`requires`", problems));
    entries
        .unwrap_or_default()
        .iter()
        .filter_map(|entry| Some((named(entry, problems)?, entry.value.clone())))
        .collect()
}
