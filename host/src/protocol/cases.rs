//! What came of the cases of a plugin: `landfall plugin test`.

use serde::Serialize;

use super::Problem;

/// What came of all cases that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestedPlugin {
    /// Who was asked.
    pub plugin: PluginFile,
    /// By name of their files.
    pub cases: Vec<TestedCase>,
    /// Cases whose answer is the expected one.
    pub passed: usize,
    /// Cases whose answer is another, or that expect none.
    pub failed: usize,
    /// Files with errors, whose case was not asked.
    pub refused: usize,
    /// Cases whose expectation was replaced by the answer.
    pub updated: usize,
}

/// A plugin by the file it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginFile {
    /// What it calls itself.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Of the bytes of the file.
    pub digest: String,
    /// The file.
    pub file: String,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestedCase {
    /// The file it stands in.
    pub file: String,
    /// What it is called.
    pub name: String,
    /// Where its expectation stands, or the case.
    pub line: u32,
    /// What came of it.
    pub state: CaseState,
    /// What the answer took of the fuel a call may use, the same on every machine; none where there was no answer.
    pub fuel: Option<u64>,
    /// What came, as a case expects it; none where it was not asked, or failed in a way that is part of no answer.
    pub came: Option<String>,
    /// Where what came is not what was expected: both, as a unified diff.
    pub diff: Option<String>,
    /// Why it did not pass.
    pub problems: Vec<Problem>,
}

/// What came of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// The answer is the expected one.
    Passed,
    /// It is another, or nobody said what to expect.
    Failed,
    /// The file has errors: the plugin was not asked.
    Refused,
    /// The expectation was replaced by the answer.
    Updated,
}
