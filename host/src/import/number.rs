//! A cell to an exact number, or what is wrong with it and what to write.
//!
//! Nothing is guessed: a comma counts only where it separates groups of three digits, and a cell that shows what
//! a spreadsheet made of a number, such as `1.2E+07`, is refused because digits may be missing.

use super::Field;
use crate::{
    diagnostic::Problems,
    money::{AMOUNT_SCALE, Exact},
};

/// Most decimals of a cell: enough for ten-thousandths of a unit in a table in hundreds of millions.
const MOST_DECIMALS: usize = 12;
/// Most decimals of a weight, as in a strategy.
const WEIGHT_DECIMALS: usize = 9;

/// A cost in units of the currency, with at most four decimals.
pub(super) fn amount(field: &Field<'_>, unit: u32, problems: &mut Problems<'_>) -> Option<Exact> {
    let value = number(field, MOST_DECIMALS, "0 where the stage costs nothing", problems)?;
    let units = value.mul(Exact::whole(i64::from(unit)));
    let Some(units) = units.ok().filter(|units| units.round(AMOUNT_SCALE).is_ok()) else {
        field.problem(problems, "is larger than what can be held exactly", "check the unit of the table");
        return None;
    };
    let scaled = units.mul(Exact::whole(AMOUNT_SCALE)).ok().and_then(Exact::to_integer);
    if scaled.is_none() {
        let what = format!("comes to {units} of the currency: at most 4 decimals are kept");
        field.problem(problems, what, "round it, so that nothing is rounded for you");
        return None;
    }
    Some(units)
}

/// How much a market counts.
pub(super) fn weight(field: &Field<'_>, problems: &mut Problems<'_>) -> Option<Exact> {
    number(field, WEIGHT_DECIMALS, "1 where markets count the same", problems)
}

fn number(field: &Field<'_>, most: usize, where_empty: &str, problems: &mut Problems<'_>) -> Option<Exact> {
    match parse(field.text(), most) {
        Ok(value) => Some(value),
        Err((what, help)) => {
            let help = if help.is_empty() { format!("write {where_empty}") } else { help };
            field.problem(problems, what, help);
            None
        }
    }
}

/// What is wrong, and what to write; nothing to write where the cell is empty.
type Wrong = (String, String);

fn parse(text: &str, most: usize) -> Result<Exact, Wrong> {
    let text = narrow(text);
    let text = text.trim();
    let wrong = |what: &str, help: &str| Err((what.to_owned(), help.to_owned()));
    if text.is_empty() {
        return wrong("is empty", "");
    }
    if ["-", "--", "—", "–", "/", "n/a", "na", "无"].contains(&text.to_lowercase().as_str()) {
        return wrong("is no number", "");
    }
    if text.starts_with('=') {
        return wrong("is a formula", "export the table with its values");
    }
    if text.starts_with('#') {
        return wrong("is an error of the spreadsheet", "mend it there and export again");
    }
    if text.starts_with('-') || (text.starts_with('(') && text.ends_with(')')) {
        return wrong("is negative", "write 0 or more: a cost does not pay");
    }
    if let Some(percent) = text.strip_suffix('%') {
        return wrong("is a percentage", &format!("write a plain number, as in `{}`", hundredth(percent)));
    }
    let Some(digits) = without_groups(text) else {
        return wrong("is no number", instead(text));
    };
    Exact::parse(&digits, most).map_err(|error| match error {
        crate::money::InvalidQuantity::TooManyDecimals { found, .. } => {
            (format!("has {found} decimals: at most {most} are kept"), "round it".to_owned())
        }
        crate::money::InvalidQuantity::TooLarge(_) => {
            ("is larger than what can be held exactly".to_owned(), "check the unit of the table".to_owned())
        }
        _ => ("is no number".to_owned(), instead(text).to_owned()),
    })
}

/// What to write instead of a text that is no number.
fn instead(text: &str) -> &'static str {
    let exponent = |c: char| matches!(c, 'e' | 'E');
    let is_scientific = text.split_once(exponent).is_some_and(|(before, after)| {
        before.chars().all(|c| c.is_ascii_digit() || c == '.')
            && after.trim_start_matches(['+', '-']).chars().all(|c| c.is_ascii_digit())
    });
    if is_scientific {
        "digits may be missing: give the cells the format of a number and export again"
    } else if text.contains(['万', '亿', '千']) {
        "write the number alone; what one stands for is said once, with `--unit 10000`"
    } else if text.contains(|c: char| c.is_ascii_digit())
        && text.contains(|c: char| c.is_alphabetic() || matches!(c, '¥' | '$' | '€' | '£'))
    {
        "write the number alone; the currency is said once, with `--currency`"
    } else {
        "write digits, with `.` before decimals, as in `1200.50`; a comma only between groups of three digits"
    }
}

/// The digits of `1,200.50`; none where commas stand elsewhere than between groups of three.
fn without_groups(text: &str) -> Option<String> {
    let (whole, decimals) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let is_grouped =
        rest.is_empty() || (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3);
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let all_digits =
        is_digits(first) && rest.iter().all(|group| is_digits(group)) && decimals.is_none_or(is_digits);
    let decimals = decimals.map_or_else(String::new, |decimals| format!(".{decimals}"));
    (is_grouped && all_digits).then(|| format!("{first}{}{decimals}", rest.concat()))
}

/// What a percentage is as a plain number, where it is one.
fn hundredth(percent: &str) -> String {
    let value = Exact::parse(percent.trim(), WEIGHT_DECIMALS - 2).and_then(|value| {
        value.div(Exact::whole(100)).map_err(|_| crate::money::InvalidQuantity::TooLarge(percent.to_owned()))
    });
    value.map_or_else(|_| "0.2".to_owned(), |value| value.to_string())
}

/// Full-width digits, letters and signs as ASCII has them, and spaces of any width as one.
pub(super) fn narrow(text: &str) -> String {
    let character = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' | '\u{202f}' => ' ',
        '。' => '.',
        other => other,
    };
    text.chars().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_spreadsheets_write_them() {
        let table = [
            ("0", "0"),
            ("12.50", "12.5"),
            ("1,200.50", "1200.5"),
            ("12,345,678", "12345678"),
            ("１，２００．５", "1200.5"),
            (" 7 ", "7"),
            ("007", "7"),
        ];
        for (text, value) in table {
            assert_eq!(parse(text, 4).map(|value| value.to_string()), Ok(value.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_says_what_to_write() {
        let table = [
            ("", "is empty", ""),
            ("-", "is no number", ""),
            ("-5", "is negative", "write 0 or more"),
            ("(5)", "is negative", "write 0 or more"),
            ("=SUM(A1:A3)", "is a formula", "export the table with its values"),
            ("#REF!", "is an error of the spreadsheet", "mend it there"),
            ("1.2E+07", "is no number", "digits may be missing"),
            ("20%", "is a percentage", "as in `0.2`"),
            ("100万", "is no number", "--unit 10000"),
            ("¥100", "is no number", "--currency"),
            ("100 CNY", "is no number", "--currency"),
            ("1,20", "is no number", "a comma only between groups"),
            ("1.200,50", "is no number", "a comma only between groups"),
            ("1 200", "is no number", "write digits"),
            ("1_200", "is no number", "write digits"),
            ("0.12345", "has 5 decimals: at most 4 are kept", "round it"),
            ("99999999999999999999", "is larger than what can be held exactly", "check the unit"),
        ];
        for (text, what, help) in table {
            let (said, helped) = parse(text, 4).unwrap_err();
            assert!(said == what && helped.contains(help), "{text}: {said}; {helped}");
        }
    }
}
