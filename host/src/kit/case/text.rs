//! Single values as a case file says them: short, exact, and read back as what they were.

use crate::{
    money::{Amount, Currency, Exact, RATIO_SCALE, Spread, group_thousands},
    plugin::CaseValue,
    rules::yaml,
    value::Percent,
};

/// Text: as it is where YAML reads it as that, and in double quotes elsewhere.
pub(super) fn text(text: &str) -> String {
    let plain = |c: char| {
        c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '(' | ')' | '%' | '+' | '×')
    };
    let simple = text.starts_with(char::is_alphabetic) && !text.ends_with(' ') && text.chars().all(plain);
    if simple && !yaml::is_reserved_word(text) { text.to_owned() } else { yaml::double_quoted(text) }
}

/// A number with `_` between groups of three digits.
pub(super) fn number(exact: Exact) -> String {
    group_thousands(&exact.to_string()).replace(',', "_")
}

/// A whole number in that unit: ten-thousandths, billionths.
pub(super) fn scaled(n: i64, scale: i64) -> String {
    number(Exact::scaled(n, scale))
}

/// `2%`.
pub(super) fn ratio(billionths: i64) -> String {
    Percent(Exact::scaled(billionths, RATIO_SCALE)).to_string()
}

/// `9_600 EUR`.
pub(super) fn money(amount: Amount, currency: Currency) -> String {
    format!("{} {currency}", number(amount.to_exact()))
}

/// One amount where all three are the same.
pub(super) fn spread(spread: Spread, currency: Currency) -> String {
    let Spread { low, likely, high } = spread.map(|amount| money(amount, currency));
    if low == high { likely } else { format!("{{low: {low}, likely: {likely}, high: {high}}}") }
}

/// A value of a need; nothing for what is missing, which is not named.
pub(super) fn value(value: &CaseValue, currency: Currency) -> Option<String> {
    Some(match value {
        CaseValue::Missing => return None,
        CaseValue::Flag(flag) => flag.to_string(),
        CaseValue::Count(n) => number(Exact::whole(*n)),
        CaseValue::Ratio(billionths) => ratio(*billionths),
        CaseValue::Money(amount) => money(*amount, currency),
        CaseValue::Text(said) => text(said),
        CaseValue::Set(members) => list(members.iter().map(|member| text(member))),
        CaseValue::Date(date) => date.to_string(),
        CaseValue::Period(period) => period.to_string(),
    })
}

/// `[a, b]`.
pub(super) fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// `{a: 1, b: 2}`.
pub(super) fn mapping(entries: &[(String, String)]) -> String {
    let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key}: {value}")).collect();
    format!("{{{}}}", entries.join(", "))
}
