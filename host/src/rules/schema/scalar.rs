//! Readers of single values: each says what it expected and what to write instead.

use std::{collections::BTreeSet, sync::Arc};

use jiff::civil::Date;

use crate::{
    diagnostic::{Problems, did_you_mean},
    id::{JurisdictionId, Name, PluginId},
    money::{Currency, Exact, Money, Spread},
    rules::{
        vocabulary::Vocabulary,
        yaml::{self, Entry, Fields, Node, NodeKind, Style},
    },
    source::Span,
    value::{Period, Value, ValueType},
};

/// Most decimals of a ratio: it crosses the plugin boundary in billionths.
pub const RATIO_DECIMALS: usize = 9;

/// How sure the author is of a legal fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confidence {
    /// Settled.
    High,
    /// Likely.
    Medium,
    /// A guess to be checked.
    Low,
}

/// Reads an id through its `parse`; an unquoted word that YAML takes for a boolean is refused.
fn parsed<T, E: std::fmt::Display>(
    text: &str,
    span: Span,
    style: Style,
    parse: impl FnOnce(&str) -> Result<T, E>,
    problems: &mut Problems<'_>,
) -> Option<T> {
    if style == Style::Plain && yaml::is_reserved_word(text) {
        let message = format!("`{text}` without quotes is a YAML boolean or null, not a name");
        problems.error_help(span, message, format!("write `\"{text}\"`"));
        return None;
    }
    parse(text).map_err(|error| problems.error(span, error.to_string())).ok()
}

fn parsed_node<T, E: std::fmt::Display>(
    node: &Node,
    what: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
    problems: &mut Problems<'_>,
) -> Option<T> {
    match &node.kind {
        NodeKind::Scalar { text, style } if !node.is_nothing() => {
            parsed(text, node.span, *style, parse, problems)
        }
        _ => {
            problems.error(node.span, format!("{what} is a name, not {}", node.describe()));
            None
        }
    }
}

/// A jurisdiction's id.
pub fn jurisdiction_id(node: &Node, problems: &mut Problems<'_>) -> Option<JurisdictionId> {
    parsed_node(node, "a jurisdiction", JurisdictionId::parse, problems)
}

/// A jurisdiction's id as a key.
pub fn jurisdiction_key(entry: &Entry, problems: &mut Problems<'_>) -> Option<JurisdictionId> {
    parsed(&entry.key, entry.key_span, entry.key_style, JurisdictionId::parse, problems)
}

/// A plugin's id.
pub fn plugin_id(node: &Node, problems: &mut Problems<'_>) -> Option<PluginId> {
    parsed_node(node, "a plugin", PluginId::parse, problems)
}

/// A plugin's id as a key.
pub fn plugin_key(entry: &Entry, problems: &mut Problems<'_>) -> Option<PluginId> {
    parsed(&entry.key, entry.key_span, entry.key_style, PluginId::parse, problems)
}

/// A `snake_case` name.
pub fn name(node: &Node, what: &str, problems: &mut Problems<'_>) -> Option<Name> {
    parsed_node(node, what, Name::parse, problems)
}

/// A `snake_case` name as a key.
pub fn name_key(entry: &Entry, problems: &mut Problems<'_>) -> Option<Name> {
    parsed(&entry.key, entry.key_span, entry.key_style, Name::parse, problems)
}

/// One of a few words, with a suggestion for any other.
pub fn word<T: Copy>(node: &Node, what: &str, words: &[(&str, T)], problems: &mut Problems<'_>) -> Option<T> {
    let text = yaml::text(node, what, problems)?;
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        let message = format!("{what} cannot be {}", node.describe());
        problems.error_help(node.span, message, did_you_mean(text, words.iter().map(|(word, _)| *word)));
    }
    found
}

/// `true` or `false`, unquoted.
pub fn flag(node: &Node, what: &str, problems: &mut Problems<'_>) -> Option<bool> {
    match node.scalar() {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => {
            let message = format!("{what} is `true` or `false`, not {}", node.describe());
            problems.error(node.span, message);
            None
        }
    }
}

/// A whole number, with `_` between groups of digits where wanted.
pub fn count(node: &Node, what: &str, problems: &mut Problems<'_>) -> Option<i64> {
    let text = scalar(node, what, "a whole number, as in `1_000_000`", problems)?;
    match Exact::parse(text, 0).map(Exact::to_integer) {
        Ok(Some(n)) => Some(n),
        _ => {
            problems.error_help(
                node.span,
                format!("{what} is a whole number, not {}", node.describe()),
                "write digits, with `_` between groups where wanted",
            );
            None
        }
    }
}

/// A decimal of at most `decimals` places.
pub fn decimal(node: &Node, what: &str, decimals: usize, problems: &mut Problems<'_>) -> Option<Exact> {
    let text = scalar(node, what, "a number, as in `2.5`", problems)?;
    Exact::parse(text, decimals).map_err(|error| problems.error(node.span, format!("{what}: {error}"))).ok()
}

/// A share or rate: `0.02` or `2%`.
pub fn ratio(node: &Node, what: &str, problems: &mut Problems<'_>) -> Option<Exact> {
    let text = scalar(node, what, "a ratio, as in `0.02` or `2%`", problems)?;
    parse_ratio(text).map_err(|error| problems.error(node.span, format!("{what}: {error}"))).ok()
}

/// A share or rate: `0.02` or `2%`.
///
/// # Errors
/// Not a number, or more than nine decimals.
pub fn parse_ratio(text: &str) -> Result<Exact, crate::money::InvalidQuantity> {
    match text.strip_suffix('%') {
        None => Exact::parse(text, RATIO_DECIMALS),
        Some(percent) => {
            let value = Exact::parse(percent.trim_end(), RATIO_DECIMALS - 2)?;
            value.div(Exact::whole(100)).map_err(|_| crate::money::InvalidQuantity::TooLarge(text.to_owned()))
        }
    }
}

/// An amount with its currency: `50_000_000 BRL`.
pub fn money(node: &Node, what: &str, problems: &mut Problems<'_>) -> Option<Money> {
    let text = scalar(node, what, "an amount with its currency, as in `100 EUR`", problems)?;
    Money::parse(text).map_err(|error| problems.error(node.span, format!("{what}: {error}"))).ok()
}

/// An ISO 4217 code.
pub fn currency(node: &Node, problems: &mut Problems<'_>) -> Option<Currency> {
    let text = scalar(node, "a currency", "an ISO 4217 code, as in `EUR`", problems)?;
    let found = Currency::parse(text).ok();
    if found.is_none() {
        let message = format!("{} is not a currency", node.describe());
        problems.error_help(node.span, message, "write an ISO 4217 code, as in `EUR`");
    }
    found
}

/// A calendar date: `2026-11-23`.
pub fn date(node: &Node, what: &str, problems: &mut Problems<'_>) -> Option<Date> {
    let text = scalar(node, what, "a date, as in `2026-11-23`", problems)?;
    let found = parse_date(text);
    if found.is_none() {
        let message = format!("{what} is a date, not {}", node.describe());
        problems.error_help(
            node.span,
            message,
            "write year-month-day of a day that exists, as in `2026-11-23`",
        );
    }
    found
}

/// A calendar date in the one form that is read: ten characters, `YYYY-MM-DD`.
#[must_use]
pub fn parse_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

fn scalar<'n>(node: &'n Node, what: &str, form: &str, problems: &mut Problems<'_>) -> Option<&'n str> {
    let found = node.scalar().filter(|_| !node.is_nothing());
    if found.is_none() {
        problems.error_help(
            node.span,
            format!("{what} cannot be {}", node.describe()),
            format!("write {form}"),
        );
    }
    found
}

/// A value of a declared type.
pub fn value(
    node: &Node,
    what: &str,
    value_type: ValueType,
    vocabulary: &Vocabulary,
    problems: &mut Problems<'_>,
) -> Option<Value> {
    Some(match value_type {
        ValueType::Flag => Value::Flag(flag(node, what, problems)?),
        ValueType::Count => Value::Count(count(node, what, problems)?),
        ValueType::Ratio => Value::Ratio(ratio(node, what, problems)?),
        ValueType::Money => Value::Money(money(node, what, problems)?),
        ValueType::Text => Value::Text(yaml::text(node, what, problems)?.into()),
        ValueType::OneOf => Value::Text(member(node, what, vocabulary, problems)?),
        ValueType::Set => {
            let items = yaml::sequence(node, what, problems)?;
            let members: Option<BTreeSet<_>> =
                items.iter().map(|item| member(item, what, vocabulary, problems)).collect();
            Value::Set(Arc::new(members?))
        }
        ValueType::Date => Value::Date(date(node, what, problems)?),
        ValueType::Period => Value::Period(period(node, what, problems)?),
    })
}

fn member(node: &Node, what: &str, vocabulary: &Vocabulary, problems: &mut Problems<'_>) -> Option<Arc<str>> {
    let text = yaml::text(node, what, problems)?;
    if !vocabulary.contains(text) {
        let message = format!("{what} cannot be {}", node.describe());
        problems.error_help(node.span, message, vocabulary.suggest(text));
        return None;
    }
    Some(text.into())
}

/// A length of time with its unit: `72 hours`.
pub fn period(node: &Node, what: &str, problems: &mut Problems<'_>) -> Option<Period> {
    let text = scalar(node, what, "a length of time, as in `72 hours`", problems)?;
    let found = Period::parse(text);
    if found.is_none() {
        problems.error_help(
            node.span,
            format!("{what} is a length of time, not {}", node.describe()),
            "write a number and hours, days, business_days, weeks, months or years, as in `72 hours`",
        );
    }
    found
}

/// One value, or `{low, likely, high}` in order.
pub fn spread<T: Copy + PartialOrd>(
    node: &Node,
    what: &str,
    problems: &mut Problems<'_>,
    mut read: impl FnMut(&Node, &mut Problems<'_>) -> Option<T>,
) -> Option<Spread<T>> {
    if !matches!(node.kind, NodeKind::Mapping(_)) {
        return read(node, problems).map(Spread::certain);
    }
    let fields = Fields::read(node, "a spread", &["low", "likely", "high"], problems)?;
    let mut member = |key: &str| fields.require(key, problems).and_then(|node| read(node, problems));
    let (low, likely, high) = (member("low"), member("likely"), member("high"));
    let spread = Spread { low: low?, likely: likely?, high: high? };
    if !spread.is_ordered() {
        problems.error_help(
            node.span,
            format!("{what} is out of order"),
            "low must be at most likely, and likely at most high",
        );
        return None;
    }
    Some(spread)
}

/// A spread of amounts in one currency, none negative.
pub fn money_spread(node: &Node, what: &str, problems: &mut Problems<'_>) -> Option<Spread<Money>> {
    let mut currency = None;
    let spread = spread(node, what, problems, |node, problems| {
        let money = money(node, what, problems)?;
        if money.currency != *currency.get_or_insert(money.currency) {
            problems.error_help(
                node.span,
                format!("{what} mixes currencies"),
                "write low, likely and high in one",
            );
            return None;
        }
        not_negative(money.value, node, what, problems).map(|_| OrderedMoney(money))
    })?;
    Some(spread.map(|ordered| ordered.0))
}

/// Money of one currency, ordered by its value.
#[derive(Clone, Copy, PartialEq)]
struct OrderedMoney(Money);

impl PartialOrd for OrderedMoney {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.0.value.cmp(&other.0.value))
    }
}

/// Refuses what is below nought.
pub fn not_negative(value: Exact, node: &Node, what: &str, problems: &mut Problems<'_>) -> Option<Exact> {
    if value.is_negative() {
        problems.error_help(node.span, format!("{what} is negative"), "write 0 or more");
        return None;
    }
    Some(value)
}

/// A title: text, or a mapping from language to text, of which English, else the first, is shown.
pub fn title(node: &Node, problems: &mut Problems<'_>) -> Option<Arc<str>> {
    if !matches!(node.kind, NodeKind::Mapping(_)) {
        return yaml::text(node, "a title", problems).map(Into::into);
    }
    let entries = yaml::mapping(node, "a title", problems)?;
    for entry in entries {
        if !Vocabulary::Bcp47.contains(&entry.key) {
            let message = format!("`{}` is not a language", yaml::shorten(&entry.key));
            problems.error_help(entry.key_span, message, "write a BCP 47 tag, as in `pt-BR`");
        }
        yaml::text(&entry.value, "a title", problems);
    }
    let english = entries.iter().find(|entry| entry.key == "en").or(entries.first())?;
    english.value.scalar().map(Into::into)
}

/// How sure the author is.
pub fn confidence(node: &Node, problems: &mut Problems<'_>) -> Option<Confidence> {
    let words = [("high", Confidence::High), ("medium", Confidence::Medium), ("low", Confidence::Low)];
    word(node, "confidence", &words, problems)
}
