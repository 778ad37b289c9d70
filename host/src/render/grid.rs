//! The table of a query: markets down, stages across.

use super::{
    escape::terminal,
    number::{NONE, Unit, sum},
};
use crate::{
    id::Stage,
    protocol::{Answer, Market, Shared, Spread, StageAnswer},
};

/// Cells as text, a header and rows of the same length; the first column is text, the rest numbers.
#[derive(Debug)]
pub(super) struct Grid {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// Markets, what several of them pay once, then the sums: without weights (spend) and with them (J).
pub(super) fn grid(answer: &Answer, unit: &Unit) -> Grid {
    let with_range = answer.markets.iter().any(|m| m.total.as_ref().is_some_and(|t| t.low != t.high));
    let mut rows: Vec<Vec<String>> =
        answer.markets.iter().map(|market| market_row(market, unit, with_range)).collect();
    rows.extend(answer.shared.iter().map(|row| shared_row(row, unit, with_range)));
    if answer.objective.is_some() {
        rows.push(sum_row(answer, unit, with_range, "spend", &answer.spend, Part::TOTAL));
        rows.push(sum_row(answer, unit, with_range, "J", &answer.objective, Part::WEIGHTED));
    }
    Grid { header: header(with_range), rows }
}

fn header(with_range: bool) -> Vec<String> {
    // In two lines, or the table is wider than a window.
    let stages = Stage::ALL.iter().map(|stage| stage.as_str().replace('-', "-\n"));
    let range = with_range.then_some("low – high");
    ["market", "weight"]
        .into_iter()
        .map(str::to_owned)
        .chain(stages)
        .chain(["total"].into_iter().chain(range).chain(["weighted"]).map(str::to_owned))
        .collect()
}

fn market_row(market: &Market, unit: &Unit, with_range: bool) -> Vec<String> {
    let name = format!("{}  {}", terminal(&market.id), terminal(&market.title));
    let stages = Stage::ALL
        .iter()
        .map(|stage| cell(market.stages.get(stage).and_then(|answer| answer.total.as_ref()), unit));
    [name, terminal(&market.weight)]
        .into_iter()
        .chain(stages)
        .chain([cell(market.total.as_ref(), unit)])
        .chain(with_range.then(|| range(market.total.as_ref(), unit)))
        .chain([cell(market.weighted.as_ref(), unit)])
        .collect()
}

/// What several markets pay once, in the column of its stage.
fn shared_row(row: &Shared, unit: &Unit, with_range: bool) -> Vec<String> {
    let name = format!("{}  shared by {}", terminal(&row.obligation), terminal(&row.members.join(", ")));
    let stages = Stage::ALL.iter().map(|stage| match *stage == row.stage {
        true => cell(row.total.as_ref(), unit),
        false => String::new(),
    });
    [name, terminal(&row.weight)]
        .into_iter()
        .chain(stages)
        .chain([cell(row.total.as_ref(), unit)])
        .chain(with_range.then(|| range(row.total.as_ref(), unit)))
        .chain([cell(row.weighted.as_ref(), unit)])
        .collect()
}

/// Which amount of a stage or shared row is summed.
struct Part {
    stage: fn(&StageAnswer) -> &Option<Spread>,
    shared: fn(&Shared) -> &Option<Spread>,
}

impl Part {
    const TOTAL: Self = Self { stage: |stage| &stage.total, shared: |row| &row.total };
    const WEIGHTED: Self = Self { stage: |stage| &stage.weighted, shared: |row| &row.weighted };
}

/// `J` has no total and `spend` no weighted sum: they are different questions.
fn sum_row(
    answer: &Answer,
    unit: &Unit,
    with_range: bool,
    name: &str,
    whole: &Option<Spread>,
    part: Part,
) -> Vec<String> {
    let stages = Stage::ALL.iter().map(|stage| {
        let markets = answer.markets.iter().filter_map(|market| market.stages.get(stage)).map(part.stage);
        let shared = answer.shared.iter().filter(|row| row.stage == *stage).map(part.shared);
        let of_stage =
            markets.chain(shared).map(|spread| spread.as_ref().map_or("", |spread| spread.likely.as_str()));
        sum(of_stage).map_or_else(|| NONE.to_owned(), |total| unit.cell(&total))
    });
    let (total, weighted) = match name {
        "J" => (String::new(), cell(whole.as_ref(), unit)),
        _ => (cell(whole.as_ref(), unit), String::new()),
    };
    [name.to_owned(), String::new()]
        .into_iter()
        .chain(stages)
        .chain([total])
        .chain(with_range.then(|| range(whole.as_ref(), unit)))
        .chain([weighted])
        .collect()
}

fn cell(spread: Option<&Spread>, unit: &Unit) -> String {
    spread.map_or_else(|| NONE.to_owned(), |spread| unit.cell(&spread.likely))
}

fn range(spread: Option<&Spread>, unit: &Unit) -> String {
    spread.map_or_else(
        || NONE.to_owned(),
        |spread| format!("{} – {}", unit.cell(&spread.low), unit.cell(&spread.high)),
    )
}
