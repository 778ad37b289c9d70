//! What meeting an obligation takes: `effort:`, or `choice:` with one for each of its `options:`.

use super::{
    super::{Spanned, scalar},
    named,
};
use crate::{
    diagnostic::Problems,
    id::Name,
    money::{Exact, Money, Spread},
    rules::yaml::{self, Entry, Fields, Node},
};

/// Work by role and fixed money.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutlayFile {
    /// Days of work by role.
    pub days: Vec<(Spanned<Name>, Spread<Exact>)>,
    /// Money paid.
    pub fixed: Option<Spread<Money>>,
}

/// What meeting an obligation takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffortFile {
    /// At the start.
    pub once: Option<OutlayFile>,
    /// Every year.
    pub yearly: Option<OutlayFile>,
    /// How many times all of it.
    pub times: Option<Node>,
}

/// By option; or one under no option.
pub(super) type Efforts = Vec<(Option<Spanned<Name>>, EffortFile)>;

pub(super) fn efforts(entry: &Entry, fields: &Fields<'_>, problems: &mut Problems<'_>) -> Option<Efforts> {
    match (fields.get("choice"), fields.get("options"), fields.get("effort")) {
        (None, None, Some(node)) => effort(node, problems).map(|effort| vec![(None, effort)]),
        (Some(_), Some(node), None) => {
            let entries = yaml::mapping(node, "`options`", problems)?;
            let options = entries.iter().map(|entry| {
                let name = named(entry, problems);
                let effort = effort(&entry.value, problems);
                Some((Some(name?), effort?))
            });
            options.collect()
        }
        (Some(node), None, _) | (None, Some(node), _) => {
            let help = "write `choice: <name>` and `options: {<option>: <effort>}`, or `effort:` alone";
            problems.error_help(node.span, "`choice` and `options` come together", help);
            None
        }
        (Some(_), Some(_), Some(node)) => {
            problems.error_help(node.span, "both `effort` and `options`", "keep one of them");
            None
        }
        (None, None, None) => {
            let help = "add `effort: {once: …, yearly: …}`; `effort: {}` says that it costs nothing";
            problems.error_help(entry.key_span, "an obligation needs `effort` or `options`", help);
            None
        }
    }
}

pub(super) fn effort(node: &Node, problems: &mut Problems<'_>) -> Option<EffortFile> {
    let fields = Fields::read(node, "an effort", &["once", "yearly", "times"], problems)?;
    let once = fields.get("once").map(|node| outlay(node, problems));
    let yearly = fields.get("yearly").map(|node| outlay(node, problems));
    let times = fields.get("times").cloned();
    Some(EffortFile { once: once.flatten(), yearly: yearly.flatten(), times })
}

pub(super) fn outlay(node: &Node, problems: &mut Problems<'_>) -> Option<OutlayFile> {
    let fields = Fields::read(node, "an effort", &["days", "fixed"], problems)?;
    let mut outlay = OutlayFile::default();
    if let Some(node) = fields.get("days") {
        for entry in yaml::mapping(node, "`days`", problems)? {
            let role = named(entry, problems);
            let days = scalar::spread(&entry.value, "days of work", problems, |node, problems| {
                let days = scalar::decimal(node, "days of work", 4, problems)?;
                scalar::not_negative(days, node, "days of work", problems)
            });
            outlay.days.push((role?, days?));
        }
    }
    outlay.fixed = fields.get("fixed").and_then(|node| scalar::money_spread(node, "`fixed`", problems));
    Some(outlay)
}
