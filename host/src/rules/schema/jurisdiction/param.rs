//! `params:`: dated values, oldest first, without overlaps or holes that nobody explained.

use std::sync::Arc;

use jiff::civil::Date;

use super::{
    super::{Spanned, base, scalar},
    law::{Standing, cites, standing},
    named,
};
use crate::{
    diagnostic::Problems,
    id::Name,
    rules::{
        vocabulary::Vocabulary,
        yaml::{self, Entry, Fields, Node},
    },
    source::Span,
    value::{Value, ValueType},
};

/// A dated value of a param, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedValue {
    /// First day.
    pub from: Date,
    /// First day on which it no longer holds; none where the next value or nothing follows.
    pub to: Option<Date>,
    /// The value, or why there is none.
    pub value: Result<Value, Arc<str>>,
    /// `<source>#<locator>`.
    pub cites: Vec<Spanned<Arc<str>>>,
    /// How well it is founded.
    pub standing: Standing,
    /// Where it stands.
    pub span: Span,
}

/// A param as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// Its type.
    pub value_type: ValueType,
    /// Its values, for `one_of` and `set`.
    pub vocabulary: Vocabulary,
    /// Oldest first, without overlaps or unexplained holes.
    pub values: Vec<DatedValue>,
}

pub(super) fn param(entry: &Entry, problems: &mut Problems<'_>) -> Option<ParamFile> {
    let name = named(entry, problems);
    let known = ["type", "members", "vocabulary", "unit", "doc", "values"];
    let fields = Fields::read(&entry.value, "a param", &known, problems)?;
    let (value_type, vocabulary) = base::typed(&fields, "members", problems)?;
    let items =
        fields.require("values", problems).and_then(|node| yaml::sequence(node, "values", problems))?;
    let what = format!("`{}`", entry.key);
    let mut values: Vec<_> =
        items.iter().filter_map(|item| dated_value(item, &what, value_type, &vocabulary, problems)).collect();
    if items.is_empty() {
        problems.error_help(
            entry.key_span,
            format!("{what} has no value"),
            "write at least `{from, value, …}`",
        );
    }
    join(&mut values, problems);
    Some(ParamFile { name: name?, value_type, vocabulary, values })
}

pub(super) fn dated_value(
    item: &Node,
    what: &str,
    value_type: ValueType,
    vocabulary: &Vocabulary,
    problems: &mut Problems<'_>,
) -> Option<DatedValue> {
    let known = ["from", "to", "value", "absent", "cite", "confidence", "verified", "assumption", "note"];
    let fields = Fields::read(item, "a dated value", &known, problems)?;
    let from = fields.require("from", problems).and_then(|node| scalar::date(node, "`from`", problems));
    let to = fields.get("to").and_then(|node| scalar::date(node, "`to`", problems));
    let value = match (fields.get("value"), fields.get("absent")) {
        (Some(node), None) => scalar::value(node, what, value_type, vocabulary, problems).map(Ok),
        (None, Some(node)) => yaml::text(node, "`absent`", problems).map(|why| Err(why.into())),
        (Some(_), Some(node)) => {
            problems.error(node.span, "a dated value is there or absent, not both");
            None
        }
        (None, None) => {
            problems.error_help(
                item.span,
                "a dated value needs `value`",
                "or say why there is none: `absent: …`",
            );
            None
        }
    };
    let cites = fields.get("cite").map(|node| cites(node, problems)).unwrap_or_default();
    let standing = standing(&fields, problems);
    let founded = standing.assumption || (!cites.is_empty() && standing.confidence.is_some());
    if !founded && matches!(value, Some(Ok(_))) && fields.get("cite").is_none_or(|_| !cites.is_empty()) {
        let help = "add `cite` and `confidence`, or `assumption: true` where it is an estimate";
        problems.error_help(item.span, format!("{what} has a value without a source"), help);
    }
    Some(DatedValue { from: from?, to, value: value?, cites, standing, span: item.span })
}

/// Requires values oldest first, without overlaps or holes nobody explained, and ends each where the
/// next begins.
pub(super) fn join(values: &mut [DatedValue], problems: &mut Problems<'_>) {
    for index in 1..values.len() {
        let (before, after) = values.split_at_mut(index);
        let (Some(earlier), Some(later)) = (before.last_mut(), after.first()) else { continue };
        if later.from <= earlier.from {
            let message = format!("{} does not come after {}", later.from, earlier.from);
            problems.error_help(later.span, message, "write each date once, oldest first");
        }
        match earlier.to {
            Some(to) if to > later.from => {
                let message =
                    format!("values overlap: the one before holds until {to}, this one from {}", later.from);
                problems.error_help(
                    later.span,
                    message,
                    "dates are half open: `to` is the day the next value begins",
                );
            }
            Some(to) if to < later.from => {
                let help = format!("write `{{from: {to}, absent: why}}` between them");
                problems.error_help(later.span, format!("nothing is said from {to} to {}", later.from), help);
            }
            // Where they do not ascend there is no end to find.
            _ if later.from <= earlier.from => {}
            _ => earlier.to = Some(later.from),
        }
    }
    for value in values {
        if value.to.is_some_and(|to| to <= value.from) {
            let message =
                format!("`to` {} does not come after `from` {}", value.to.unwrap_or(value.from), value.from);
            problems.error_help(value.span, message, "`to` is the first day on which it no longer holds");
        }
    }
}
