//! Text to rows of cells with their places: commas, semicolons or tabs, quotes as spreadsheets write them.
//!
//! Written for this and not taken from a crate, because a bad cell must be pointed at, and because a reader that
//! forgives a stray quote moves the cells after it under other headings.

use crate::{diagnostic::Problems, rules::yaml::shorten, source::Span};

/// What may stand between cells; the first that occurs most in the first line does.
const BETWEEN: [char; 4] = [',', ';', '\t', '，'];

/// A line of the table; the first is 1, and blank ones count, as a spreadsheet counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) number: usize,
    pub(super) cells: Vec<Cell>,
}

/// What stands between two commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    /// Without its quotes.
    pub(super) text: String,
    pub(super) span: Span,
}

impl Cell {
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    pub(super) fn describe(&self) -> String {
        format!("`{}`", shorten(self.text.trim()))
    }
}

impl Row {
    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(Cell::is_blank)
    }

    /// Its first cell.
    pub(super) fn span(&self) -> Span {
        self.cells.first().map_or(Span::START, |cell| cell.span)
    }

    /// Behind its last cell.
    pub(super) fn end(&self) -> Span {
        let last = self.cells.last().map_or(Span::START, |cell| cell.span);
        Span { column: last.column.saturating_add(last.length), length: 1, ..last }
    }

    /// `row 3, column D`, as a spreadsheet names them.
    pub(super) fn place(&self, index: usize) -> String {
        format!("row {}, column {}", self.number, letters(index))
    }
}

/// A, B, … Z, AA, AB …
pub(super) fn letters(index: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(index % 26).unwrap_or_default());
    match index / 26 {
        0 => letter.to_string(),
        more => format!("{}{letter}", letters(more - 1)),
    }
}

/// Every row, blank ones too.
pub(super) fn rows(text: &str, problems: &mut Problems<'_>) -> Vec<Row> {
    let mut scanner = Scanner { text: text.chars().peekable(), between: between(text), line: 1, column: 1 };
    let mut rows = Vec::new();
    while scanner.text.peek().is_some() {
        let number = rows.len() + 1;
        rows.push(Row { number, cells: scanner.row(problems) });
    }
    rows
}

fn between(text: &str) -> char {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let occurs = |wanted: char| first.chars().filter(|character| *character == wanted).count();
    // Of equals, the last is the greatest: so the order of preference is turned round.
    BETWEEN.into_iter().rev().max_by_key(|character| occurs(*character)).unwrap_or(',')
}

struct Scanner<'t> {
    text: std::iter::Peekable<std::str::Chars<'t>>,
    between: char,
    line: u32,
    column: u32,
}

impl Scanner<'_> {
    fn row(&mut self, problems: &mut Problems<'_>) -> Vec<Cell> {
        let mut cells = vec![self.cell(problems)];
        while self.text.peek() == Some(&self.between) {
            self.next();
            cells.push(self.cell(problems));
        }
        self.next();
        cells
    }

    /// Up to what ends it, which is left there.
    fn cell(&mut self, problems: &mut Problems<'_>) -> Cell {
        let (line, column) = (self.line, self.column);
        let text = match self.text.peek() {
            Some('"') => self.quoted(problems),
            _ => self.plain(),
        };
        let length = if self.line == line { self.column.saturating_sub(column) } else { 1 };
        Cell { text, span: Span { line, column, length: length.max(1) } }
    }

    fn plain(&mut self) -> String {
        let mut text = String::new();
        while let Some(character) = self.text.peek().copied()
            && character != '\n'
            && character != self.between
        {
            text.push(character);
            self.next();
        }
        text
    }

    fn quoted(&mut self, problems: &mut Problems<'_>) -> String {
        let opened = Span { line: self.line, column: self.column, length: 1 };
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') if self.text.peek() == Some(&'"') => {
                    self.next();
                    text.push('"');
                }
                Some('"') => break,
                Some(character) => text.push(character),
                None => {
                    let help = "close it; a quote that belongs to the text is written twice";
                    problems.error_help(opened, "a quote is opened here and never closed", help);
                    return text;
                }
            }
        }
        let after = Span { line: self.line, column: self.column, length: 1 };
        let rest = self.plain();
        if !rest.trim().is_empty() {
            let message = format!("`{}` stands behind the closing quote", shorten(rest.trim()));
            problems.error_help(after, message, "a quote that belongs to the text is written twice");
        }
        text
    }

    fn next(&mut self) -> Option<char> {
        let character = self.text.next()?;
        if character == '\n' {
            self.line = self.line.saturating_add(1);
            self.column = 1;
        } else {
            self.column = self.column.saturating_add(1);
        }
        Some(character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    #[track_caller]
    fn check(text: &str, expected: &[&[&str]]) {
        let source = SourceFile::new("t.csv", text.as_bytes()).unwrap();
        let mut problems = Problems::new(&source);
        let rows = rows(text, &mut problems);
        let texts: Vec<Vec<&str>> =
            rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect()).collect();
        assert_eq!(texts, expected);
        assert_eq!(problems.into_vec(), []);
    }

    #[test]
    fn spreadsheets_write_tables_in_many_ways() {
        check("a,b\n1,2", &[&["a", "b"], &["1", "2"]]);
        check("a;b;c\n\"1,5\";2;", &[&["a", "b", "c"], &["1,5", "2", ""]]);
        check("a\tb\n1\t2\n", &[&["a", "b"], &["1", "2"]]);
        check("市场，w\n巴西，2", &[&["市场", "w"], &["巴西", "2"]]);
        check("a,b\n\n\"x \"\"y\"\"\nz\" ,2", &[&["a", "b"], &[""], &["x \"y\"\nz", "2"]]);
    }

    #[test]
    fn cells_know_where_they_stand() {
        let text = "市场,w\n\"巴\n西\",1";
        let source = SourceFile::new("t.csv", text.as_bytes()).unwrap();
        let rows = rows(text, &mut Problems::new(&source));
        let spans: Vec<Span> = rows.iter().flat_map(|row| &row.cells).map(|cell| cell.span).collect();
        let span = |line, column, length| Span { line, column, length };
        assert_eq!(spans, [span(1, 1, 2), span(1, 4, 1), span(2, 1, 1), span(3, 4, 1)]);
        assert_eq!(["A", "Z", "AA", "AB"], [0, 25, 26, 27].map(letters).each_ref().map(String::as_str));
    }

    #[test]
    fn stray_quotes_are_not_forgiven() {
        for (text, message) in [
            ("a,b\n\"1,2", "a quote is opened here and never closed"),
            ("a,b\n\"1\"x,2", "`x` stands behind the closing quote"),
        ] {
            let source = SourceFile::new("t.csv", text.as_bytes()).unwrap();
            let mut problems = Problems::new(&source);
            rows(text, &mut problems);
            assert_eq!(problems.into_vec()[0].message, message);
        }
    }
}
