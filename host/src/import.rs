//! A table of stage costs to a rule book and a strategy, so that a spreadsheet is a start.
//!
//! Reads `market, w, c, d, l, f, o` in any order and under the names people give these columns. Amounts are
//! exact; every problem is found, with its row and column, and a table with one gives nothing. Writes no
//! file: [`Import::files`] says what stands in which.

mod book;
mod cells;
mod columns;
mod number;
mod text;

use jiff::civil::Date;

pub use self::text::{Encoding, Text, decode};
use self::{
    cells::{Cell, Row},
    columns::Columns,
};
use crate::{
    diagnostic::{Diagnostic, Problems},
    id::Stage,
    money::{Currency, Exact},
    places::Country,
    source::{SourceFile, Span},
};

/// What the table does not say.
#[derive(Debug, Clone)]
pub struct Options {
    /// Of its amounts.
    pub currency: Currency,
    /// What one in the table stands for; as its headings say where none is given, else 1.
    pub unit: Option<u32>,
    /// Headings of columns to leave out.
    pub ignore: Vec<String>,
    /// The first day of the strategy.
    pub as_of: Date,
    /// Of the strategy.
    pub title: String,
}

/// A table that has been read.
#[derive(Debug, Clone)]
pub struct Import {
    table: String,
    unit: u32,
    options: Options,
    markets: Vec<Market>,
}

/// A row of it.
#[derive(Debug, Clone)]
struct Market {
    row: usize,
    country: Country,
    weight: Exact,
    /// In the order of the stages.
    costs: [Exact; 5],
}

/// What a file of the new folder is called, from there, and what it says.
pub type NewFile = (String, String);

impl Import {
    /// Every market's rule file, and the strategy that asks for them.
    #[must_use]
    pub fn files(&self) -> Vec<NewFile> {
        book::files(self)
    }

    /// How many markets it has.
    #[must_use]
    pub const fn markets(&self) -> usize {
        self.markets.len()
    }

    /// What one in the table stands for.
    #[must_use]
    pub const fn unit(&self) -> u32 {
        self.unit
    }
}

/// Reads a table.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(source: &SourceFile, options: Options) -> Result<Import, Vec<Diagnostic>> {
    let mut problems = Problems::new(source);
    let rows = cells::rows(&source.text, &mut problems);
    // Where a quote is astray nobody knows which cell is which.
    if problems.any_error() {
        return Err(problems.into_vec());
    }
    let import = table(source, &rows, options, &mut problems);
    match import {
        Some(import) if !problems.any_error() => Ok(import),
        _ => Err(problems.into_vec()),
    }
}

fn table(source: &SourceFile, rows: &[Row], options: Options, problems: &mut Problems<'_>) -> Option<Import> {
    let mut rows = rows.iter().filter(|row| !row.is_blank());
    let Some(heading) = rows.next() else {
        let help = "write a line of headings, `market,w,c,d,l,f,o`, and a row for each market";
        problems.add(Diagnostic::error("the table is empty").in_file(&source.name).help(help));
        return None;
    };
    let columns = Columns::read(heading, &options, problems)?;
    let mut markets: Vec<Market> = Vec::new();
    let mut empty = true;
    for row in rows {
        empty = false;
        if let Some(market) = market(row, &columns, &markets, problems) {
            markets.push(market);
        }
    }
    if empty {
        problems.error_help(heading.span(), "no row follows the headings", "write a row for each market");
    }
    Some(Import { table: source.name.to_string(), unit: columns.unit, options, markets })
}

fn market(row: &Row, columns: &Columns, before: &[Market], problems: &mut Problems<'_>) -> Option<Market> {
    for (index, cell) in row.cells.iter().enumerate().filter(|(index, _)| !columns.knows(*index)) {
        if !cell.is_blank() && !columns.is_ignored(index) {
            let message = format!("{}: {} stands under no heading", row.place(index), cell.describe());
            problems.error_help(cell.span, message, "give the column a heading, or take the cell out");
        }
    }
    let country = country(row, columns, before, problems);
    let weight = number::weight(&Field::of(row, columns.weight, "weight"), problems);
    let costs = Stage::ALL.map(|stage| {
        let field = Field::of(row, columns.stage(stage), stage.as_str());
        number::amount(&field, columns.unit, problems)
    });
    let [Some(c), Some(d), Some(l), Some(f), Some(o)] = costs else { return None };
    Some(Market { row: row.number, country: country?, weight: weight?, costs: [c, d, l, f, o] })
}

fn country(row: &Row, columns: &Columns, before: &[Market], problems: &mut Problems<'_>) -> Option<Country> {
    let field = Field::of(row, columns.market, "market");
    let text = field.text();
    if text.is_empty() {
        field.problem(problems, "is empty", "write the market's code or name");
        return None;
    }
    let Some(country) = Country::named(text) else {
        let (message, help) = no_country(text);
        field.problem(problems, message, help);
        return None;
    };
    if let Some(first) = before.iter().find(|market| market.country == country) {
        let message = format!("means `{}`, which row {} has already", country.code, first.row);
        field.problem(problems, message, "write one row for a market: add the two up, or take one out");
        return None;
    }
    Some(country)
}

fn no_country(text: &str) -> (&'static str, String) {
    const SUMS: [&str; 7] = ["合计", "总计", "小计", "total", "sum", "σ", "all"];
    const BLOCS: [&str; 8] = ["eu", "欧盟", "european union", "europe", "欧洲", "asean", "东盟", "gcc"];
    let lower = text.to_lowercase();
    if SUMS.contains(&lower.as_str()) {
        ("is no market", "take the row out: sums are computed".to_owned())
    } else if BLOCS.contains(&lower.as_str()) {
        ("is several markets", "write a row for each country of it".to_owned())
    } else {
        ("is no country that is known here", Country::suggest(text))
    }
}

/// A cell under a heading, or its absence in a short row.
struct Field<'r> {
    row: &'r Row,
    index: usize,
    column: &'static str,
    cell: Option<&'r Cell>,
}

impl<'r> Field<'r> {
    fn of(row: &'r Row, index: usize, column: &'static str) -> Self {
        Self { row, index, column, cell: row.cells.get(index) }
    }

    fn text(&self) -> &'r str {
        self.cell.map_or("", |cell| cell.text.trim())
    }

    fn span(&self) -> Span {
        self.cell.map_or_else(|| self.row.end(), |cell| cell.span)
    }

    /// `row 3, column D (compliance): `12a` is not an amount`.
    fn problem(&self, problems: &mut Problems<'_>, what: impl std::fmt::Display, help: impl Into<String>) {
        let said = match self.cell.filter(|cell| !cell.is_blank()) {
            Some(cell) => format!("{} {what}", cell.describe()),
            None => format!("the cell {what}"),
        };
        let message = format!("{} ({}): {said}", self.row.place(self.index), self.column);
        problems.error_help(self.span(), message, help);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn options() -> Options {
        let currency = Currency::parse("CNY").unwrap();
        let as_of = "2026-11-23".parse().unwrap();
        Options { currency, unit: None, ignore: vec!["Remark".to_owned()], as_of, title: "t: x".to_owned() }
    }

    fn imported(text: &str) -> Result<Vec<NewFile>, Vec<Diagnostic>> {
        read(&SourceFile::new("a/t.csv", text.as_bytes()).unwrap(), options()).map(|import| import.files())
    }

    #[test]
    fn a_row_becomes_a_file_and_the_weights_a_strategy() {
        let files =
            imported("remark,w,market,c (万元),d,l,f,o\n\n\"a,b\",2.50,NO,\"1,000.5\",0,0,0.0001,3\n")
                .unwrap();
        let [(rules, text), (strategy, question)] = files.as_slice() else { panic!() };
        assert_eq!((rules.as_str(), strategy.as_str()), ("rules/no.yaml", "strategy.yaml"));
        assert_eq!(
            text.split_once("schema:").unwrap().1,
            " landfall/jurisdiction@1\nid: \"no\"\nkind: country\ntitle: {en: \"Norway\", zh: 挪威}\ncurrency: CNY\n\n\
             stages:\n  market-selection: {fixed-cost: {amount: 10005000 CNY}}\n  data-adaptation:  {fixed-cost: \
             {amount: 0 CNY}}\n  compliance:       {fixed-cost: {amount: 0 CNY}}\n  culture:          {fixed-cost: \
             {amount: 1 CNY}}\n  output:           {fixed-cost: {amount: 30000 CNY}}\n"
        );
        assert!(text.starts_with("# Norway, as row 3 of t.csv gives it in units of 万元."), "{text}");
        assert!(
            question
                .ends_with("report: {scale: 10000, label: \"万元\"}\n\nmarkets:\n  \"no\": {weight: 2.5}\n")
        );
        assert!(question.contains("title: \"t: x\"\nas_of: 2026-11-23\ncurrency: CNY\n"), "{question}");
    }

    proptest! {
        /// Whatever a table holds, it is read or refused with a reason.
        #[test]
        fn no_table_is_too_strange(rows in prop::collection::vec("[a-z巴西0-9,;\"\t\n=%.-]{0,40}|\\PC{0,20}", 0..6)) {
            let text = format!("market,w,c,d,l,f,o\n{}", rows.join("\n"));
            match imported(&text) {
                Ok(files) => prop_assert!(files.len() > 1),
                Err(problems) => prop_assert!(!problems.is_empty()),
            }
        }
    }
}
