//! Whole numbers within bounds: pieces, sizes and times, each with its unit.

use crate::{
    diagnostic::Problems,
    money::Exact,
    plugin::Unit,
    rules::{schema::scalar, yaml::Node},
};

const SIZES: [(&str, u64); 5] =
    [("byte", 1), ("bytes", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
const TIMES: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000)];

/// A whole number of pieces.
pub(super) fn count(
    node: &Node,
    what: &str,
    least: u64,
    most: u64,
    problems: &mut Problems<'_>,
) -> Option<u64> {
    bounded(node, what, Unit::Count, least, most, problems)
}

/// A number of a unit within bounds.
pub(super) fn bounded(
    node: &Node,
    what: &str,
    unit: Unit,
    least: u64,
    most: u64,
    problems: &mut Problems<'_>,
) -> Option<u64> {
    let value = match unit {
        Unit::Count => whole(node, what, problems)?,
        Unit::Bytes => measured(node, what, &SIZES, "a size", "bytes, KiB, MiB or GiB", "128 MiB", problems)?,
        Unit::Milliseconds => measured(node, what, &TIMES, "a time", "ms, s, min or h", "10 s", problems)?,
        Unit::Seconds => seconds(node, what, problems)?,
    };
    let (bound, help) = match value {
        _ if value < least => ("least", least),
        _ if value > most => ("most", most),
        _ => return Some(value),
    };
    let or = if bound == "least" { "more" } else { "less" };
    let message = format!("{what} is at {bound} {}, not {}", unit.show(help), node.describe());
    problems.error_help(node.span, message, format!("write `{}` or {or}", unit.show(help)));
    None
}

fn whole(node: &Node, what: &str, problems: &mut Problems<'_>) -> Option<u64> {
    let value = u64::try_from(scalar::count(node, what, problems)?).ok();
    if value.is_none() {
        problems.error_help(node.span, format!("{what} is negative"), "write a number above 0");
    }
    value
}

fn seconds(node: &Node, what: &str, problems: &mut Problems<'_>) -> Option<u64> {
    let ms = measured(node, what, &TIMES, "a time", "s, min or h", "60 s", problems)?;
    if ms % 1_000 != 0 {
        problems.error_help(node.span, format!("{what} is counted in whole seconds"), "write it in `s`");
        return None;
    }
    Some(ms / 1_000)
}

fn measured(
    node: &Node,
    what: &str,
    units: &[(&str, u64)],
    kind: &str,
    names: &str,
    example: &str,
    problems: &mut Problems<'_>,
) -> Option<u64> {
    let found = node.scalar().and_then(|text| parse(text, units));
    if found.is_none() {
        let message = format!("{what} is {kind}, not {}", node.describe());
        let help = format!("write a whole number and {names}, as in `{example}`");
        problems.error_help(node.span, message, help);
    }
    found
}

fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '_')?;
    let (number, unit) = text.split_at_checked(at)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    let number = Exact::parse(number, 0).ok()?.to_integer()?;
    u64::try_from(number).ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_have_units() {
        assert_eq!(parse("128 MiB", &SIZES), Some(128 << 20));
        assert_eq!(parse("1_024bytes", &SIZES), Some(1_024));
        assert_eq!(parse("10 s", &TIMES), Some(10_000));
        assert_eq!(parse("2 min", &TIMES), Some(120_000));
        for bad in ["128", "MiB", "1.5 GiB", "128 MB", "-1 KiB", "99999999999 GiB", "_ KiB", ""] {
            assert_eq!(parse(bad, &SIZES), None, "{bad}");
        }
    }
}
