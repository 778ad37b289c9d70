//! What the files of an imported table say: a rule file for each market, and the strategy that asks for them.

use std::fmt::Write as _;

use super::{Import, Market, NewFile};
use crate::{
    id::Stage,
    money::{Currency, Exact},
    rules::yaml::{double_quoted, is_reserved_word},
};

/// Every market's rule file, in the order of the table, then the strategy.
pub(super) fn files(import: &Import) -> Vec<NewFile> {
    let mut files: Vec<NewFile> = import
        .markets
        .iter()
        .map(|market| (format!("rules/{}.yaml", market.country.code), rules(import, market)))
        .collect();
    files.push(("strategy.yaml".to_owned(), strategy(import)));
    files
}

fn rules(import: &Import, market: &Market) -> String {
    let Market { row, country, costs, .. } = market;
    let currency = import.options.currency;
    let mut text = format!(
        "# {}, as row {row} of {} gives it{}. Amounts of a table: no law says them, and nobody has reviewed\n\
         # them here. Who does writes `review: {{done: …, by: …, due: …}}`.\n\
         schema: landfall/jurisdiction@1\n\
         id: {}\n\
         kind: country\n\
         title: {{en: {}, zh: {}}}\n\
         currency: {currency}\n\
         \n\
         stages:\n",
        country.english,
        comment(&import.table),
        in_unit(import.unit, currency),
        id(country.code),
        double_quoted(country.english),
        country.chinese,
    );
    for (stage, cost) in Stage::ALL.into_iter().zip(costs) {
        let name = format!("{stage}:");
        let _ = writeln!(text, "  {name:<17} {{fixed-cost: {{amount: {} {currency}}}}}", plain(*cost));
    }
    text
}

fn strategy(import: &Import) -> String {
    let super::Options { currency, as_of, title, .. } = &import.options;
    let mut text = format!(
        "# The weights of {}. J is the sum of weight × (c + d + l + f + o) over its markets.\n\
         schema: landfall/strategy@1\n\
         title: {}\n\
         as_of: {as_of}\n\
         currency: {currency}\n\
         horizon_years: 1\n\
         discount: 0%\n\
         weight_means: priority           # or probability: what a weight says\n",
        comment(&import.table),
        double_quoted(title),
    );
    if import.unit > 1 {
        let label = double_quoted(&label(import.unit, *currency));
        let _ = writeln!(text, "report: {{scale: {}, label: {label}}}", import.unit);
    }
    text.push_str("\nmarkets:\n");
    for Market { country, weight, .. } in &import.markets {
        let _ = writeln!(text, "  {}: {{weight: {}}}", id(country.code), plain(*weight));
    }
    text
}

/// `no` is a country.
fn id(code: &str) -> String {
    if is_reserved_word(code) { double_quoted(code) } else { code.to_owned() }
}

/// A decimal of a cell ends, and so does its product with a unit.
fn plain(value: Exact) -> String {
    value.to_string()
}

/// The name of the table without its folder; a line end in it would end the comment.
fn comment(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).chars().map(crate::source::printable).collect()
}

fn in_unit(unit: u32, currency: Currency) -> String {
    if unit > 1 { format!(" in units of {}", label(unit, currency)) } else { String::new() }
}

/// What people call so many of a currency.
fn label(unit: u32, currency: Currency) -> String {
    match (unit, currency.code()) {
        (1_000, "CNY") => "千元".to_owned(),
        (10_000, "CNY") => "万元".to_owned(),
        (1_000_000, "CNY") => "百万元".to_owned(),
        (100_000_000, "CNY") => "亿元".to_owned(),
        (1_000, code) => format!("thousand {code}"),
        (1_000_000, code) => format!("million {code}"),
        (_, code) => format!("× {unit} {code}"),
    }
}
