//! What came of the tests in rule files, and what none of them touches: `landfall test` and
//! `landfall rules coverage`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Problem;

/// What came of all tests that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tested {
    /// Files with tests or with errors, by name.
    pub files: Vec<TestedFile>,
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Files with errors, whose tests were not run.
    pub refused: usize,
    /// Files of jurisdictions without a test, by name.
    pub without: Vec<String>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestedFile {
    /// Its name, without a folder.
    pub file: String,
    /// Why its tests were not run.
    pub problems: Vec<Problem>,
    /// In the order of the file.
    pub tests: Vec<Test>,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// Where it stands: `br.yaml:31:3`.
    pub at: String,
    /// Its line.
    pub line: u32,
    /// Whether everything came as expected.
    pub passed: bool,
    /// What did not.
    pub failures: Vec<Problem>,
}

/// How much there is and how much of it a test touches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Touched {
    /// Touched by a test.
    pub touched: usize,
    /// All there is.
    pub of: usize,
}

/// What tests touch of a rule book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Every file of a jurisdiction in which there is something to touch, by name.
    pub files: Vec<CoveredFile>,
    /// By kind, over all files: obligations, exceptions, options, penalties, blocks, segments.
    pub kinds: BTreeMap<String, Touched>,
    /// Over all.
    pub all: Touched,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoveredFile {
    /// Its name, without a folder.
    pub file: String,
    /// How much of it.
    pub all: Touched,
    /// What no test touches, in the order of the file.
    pub untouched: Vec<Untouched>,
}

/// Something that no test touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Untouched {
    /// Where it stands: `br.yaml:31:3`.
    pub at: String,
    /// The kind of thing: `obligations`, `segments`.
    pub kind: String,
    /// What it is called.
    pub id: String,
    /// What no test does, in words.
    pub what: String,
}
