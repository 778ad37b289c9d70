//! What everything that the law says carries: cites, dates, status, and how well it is founded.

use std::sync::Arc;

use jiff::civil::Date;

use super::super::{Spanned, scalar, scalar::Confidence};
use crate::{
    diagnostic::Problems,
    rules::yaml::{self, Fields, Node},
};

/// Whether something is law yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LawStatus {
    /// It is, or will be from a day that is known.
    #[default]
    Enacted,
    /// It may become law: it costs only under a scenario.
    Proposed,
}

impl LawStatus {
    /// Its name in files and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enacted => "enacted",
            Self::Proposed => "proposed",
        }
    }
}

/// First and last day, half open; none where it has no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InForce {
    /// First day.
    pub from: Option<Date>,
    /// First day on which it no longer is.
    pub to: Option<Date>,
}

/// How well a legal fact is founded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// How sure the author is.
    pub confidence: Option<Confidence>,
    /// Whether somebody read the source.
    pub verified: bool,
    /// Whether the amounts are an estimate.
    pub assumption: bool,
    /// The author's remark.
    pub note: Option<Arc<str>>,
}

/// `cite: "lgpd#art-41"` or a list of them.
pub(super) fn cites(node: &Node, problems: &mut Problems<'_>) -> Vec<Spanned<Arc<str>>> {
    let one = std::slice::from_ref(node);
    let items = match &node.kind {
        yaml::NodeKind::Sequence(items) => items.as_slice(),
        _ => one,
    };
    let mut cites = Vec::new();
    for item in items {
        let Some(text) = yaml::text(item, "a cite", problems) else { continue };
        match text.split_once('#') {
            Some((source, locator)) if !source.is_empty() && !locator.trim().is_empty() => {
                cites.push(Spanned::new(text.into(), item.span));
            }
            _ => problems.error_help(
                item.span,
                format!("{} is not a cite", item.describe()),
                "write `<source>#<locator>`, as in `\"lgpd#art-41\"`",
            ),
        }
    }
    cites
}

/// The cites of something that the law says: at least one.
pub(super) fn legal_cites(fields: &Fields<'_>, problems: &mut Problems<'_>) -> Vec<Spanned<Arc<str>>> {
    let Some(node) = fields.require("cite", problems) else { return Vec::new() };
    let before = problems.any_error();
    let cites = cites(node, problems);
    if cites.is_empty() && before == problems.any_error() {
        problems.error_help(node.span, "no cite", "write at least one, as in `[\"lgpd#art-41\"]`");
    }
    cites
}

pub(super) fn in_force(fields: &Fields<'_>, problems: &mut Problems<'_>) -> InForce {
    let Some(node) = fields.get("in_force") else { return InForce::default() };
    let Some(fields) = Fields::read(node, "`in_force`", &["from", "to"], problems) else {
        return InForce::default();
    };
    let from = fields.get("from").and_then(|node| scalar::date(node, "`from`", problems));
    let to = fields.get("to").and_then(|node| scalar::date(node, "`to`", problems));
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        let message = format!("`to` {to} does not come after `from` {from}");
        problems.error_help(node.span, message, "`to` is the first day on which it no longer holds");
    }
    InForce { from, to }
}

pub(super) fn standing(fields: &Fields<'_>, problems: &mut Problems<'_>) -> Standing {
    let mut flag =
        |key: &str| fields.get(key).and_then(|node| scalar::flag(node, &format!("`{key}`"), problems));
    let (verified, assumption) = (flag("verified"), flag("assumption"));
    Standing {
        confidence: fields.get("confidence").and_then(|node| scalar::confidence(node, problems)),
        // What nobody marked as unread was read.
        verified: verified.unwrap_or(true),
        assumption: assumption.unwrap_or(false),
        note: fields.get("note").and_then(|node| yaml::text(node, "`note`", problems)).map(Into::into),
    }
}

/// The standing of something that the law says: with a confidence.
pub(super) fn legal_standing(fields: &Fields<'_>, what: &str, problems: &mut Problems<'_>) -> Standing {
    let standing = standing(fields, problems);
    if fields.get("confidence").is_none() {
        let help =
            "add `confidence: high`, `medium` or `low`, and `verified: false` if nobody read the source";
        problems.error_help(fields.span(), format!("{what} needs `confidence`"), help);
    }
    standing
}

/// `status:`; where it is not said, that of the whole file.
pub(super) fn status(fields: &Fields<'_>, of_file: LawStatus, problems: &mut Problems<'_>) -> LawStatus {
    let words = [LawStatus::Enacted, LawStatus::Proposed].map(|status| (status.as_str(), status));
    let said = fields.get("status").and_then(|node| scalar::word(node, "a status", &words, problems));
    said.unwrap_or(of_file)
}
