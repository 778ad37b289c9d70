//! What-ifs: the named ones under `scenarios:`, and those that are ready without being written, that what is
//! only proposed becomes law and that a rival reading prevails. `check` lays each over its file, so that one
//! that cannot be asked about is an error when the file is read.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    super::{Spanned, overlay, scalar},
    JurisdictionFile, LawStatus, Section,
    law::cites,
    named, read_alone,
    reading::{ReadingFile, mapping, under},
};
use crate::{
    diagnostic::{Diagnostic, Problems},
    id::Name,
    rules::yaml::{self, Entry, Fields, Node, NodeKind, Style},
    source::Span,
};

/// A what-if as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioFile {
    /// Its name within the file, at its place.
    pub name: Spanned<Name>,
    /// For people.
    pub title: Arc<str>,
    /// `<source>#<locator>`.
    pub cites: Vec<Spanned<Arc<str>>>,
    /// The author's remark.
    pub note: Option<Arc<str>>,
    /// What it lays over the file.
    pub set: Node,
}

/// Most what-ifs of one file: each is checked as if it were the file. Chosen: far more than anybody asks about.
const MOST: usize = 128;

/// Every scenario of a file that reads well by itself.
pub(super) fn scenarios(
    node: &Node,
    file: &JurisdictionFile,
    problems: &mut Problems<'_>,
) -> Vec<ScenarioFile> {
    let mut all = written(node, problems);
    all.extend(enacted(file));
    all.extend(readings(file));
    if let Some(beyond) = all.get(MOST) {
        let message = format!("a file with {} scenarios: at most {MOST} are read", all.len());
        let help = "what is proposed or disputed makes one each: give such law a file of its own";
        problems.error_help(beyond.name.span, message, help);
    }
    let mut names = BTreeMap::<Name, Span>::new();
    for scenario in &all {
        if let Some(first) = names.insert(scenario.name.value.clone(), scenario.name.span) {
            let message = format!("two scenarios of this file have the name `{}`", scenario.name.value);
            let help = format!(
                "the other stands on line {}; what is proposed or disputed makes a scenario of its name: give one of them another name",
                first.line
            );
            problems.error_help(scenario.name.span, message, help);
        }
    }
    all
}

fn written(node: &Node, problems: &mut Problems<'_>) -> Vec<ScenarioFile> {
    let NodeKind::Mapping(entries) = &node.kind else { return Vec::new() };
    let section = entries.iter().find(|entry| entry.key == "scenarios");
    let entries = section.and_then(|entry| yaml::mapping(&entry.value, "`scenarios`", problems));
    entries.unwrap_or_default().iter().filter_map(|entry| scenario(entry, problems)).collect()
}

fn scenario(entry: &Entry, problems: &mut Problems<'_>) -> Option<ScenarioFile> {
    let name = named(entry, problems);
    let fields = Fields::read(&entry.value, "a scenario", &["title", "note", "cite", "set"], problems)?;
    let title = fields.require("title", problems).and_then(|node| scalar::title(node, problems));
    let note = fields.get("note").and_then(|node| yaml::text(node, "`note`", problems)).map(Into::into);
    let cites = fields.get("cite").map(|node| cites(node, problems)).unwrap_or_default();
    let set = fields.require("set", problems).cloned();
    Some(ScenarioFile { name: name?, title: title?, cites, note, set: set? })
}

/// What is proposed becomes law: all that the file says of itself, and each by itself.
fn enacted(file: &JurisdictionFile) -> Vec<ScenarioFile> {
    let mut all = Vec::new();
    if file.status == LawStatus::Proposed
        && let Ok(name) = Name::parse("enacted")
    {
        let span = file.id.span;
        let set = mapping(span, vec![status(span)]);
        all.push(ready(Spanned::new(name, span), format!("{} is enacted", file.title), set));
    }
    let duties =
        file.obligations.iter().map(|one| (Section::Obligations, &one.name, one.status, Some(&one.title)));
    let penalties =
        file.penalties.iter().map(|one| (Section::Penalties, &one.name, one.status, one.title.as_ref()));
    let blocks = file.blocks.iter().map(|one| (Section::Blocks, &one.name, one.status, Some(&one.title)));
    for (section, name, _, title) in
        duties.chain(penalties).chain(blocks).filter(|(_, _, status, _)| *status == LawStatus::Proposed)
    {
        let title = title.map_or_else(|| name.value.to_string(), ToString::to_string);
        let set = mapping(name.span, vec![status(name.span)]);
        let set = mapping(name.span, vec![under(name.value.as_str(), set)]);
        let set = mapping(name.span, vec![under(section.as_str(), set)]);
        all.push(ready(name.clone(), format!("{title}: enacted"), set));
    }
    all
}

fn status(span: Span) -> Entry {
    let text = LawStatus::Enacted.as_str().to_owned();
    under("status", Node { span, kind: NodeKind::Scalar { text, style: Style::Plain } })
}

fn ready(name: Spanned<Name>, title: String, set: Node) -> ScenarioFile {
    ScenarioFile { name, title: title.into(), cites: Vec::new(), note: None, set }
}

/// A rival reading prevails.
fn readings(file: &JurisdictionFile) -> Vec<ScenarioFile> {
    let duties = file.obligations.iter().map(|one| (one.title.to_string(), &one.disputed));
    let penalties = file.penalties.iter().map(|one| {
        let title = one.title.as_ref().map_or_else(|| one.name.value.to_string(), ToString::to_string);
        (title, &one.disputed)
    });
    let blocks = file.blocks.iter().map(|one| (one.title.to_string(), &one.disputed));
    let all = duties.chain(penalties).chain(blocks);
    all.flat_map(|(title, readings)| {
        readings.iter().enumerate().map(move |(index, reading)| {
            let ReadingFile { scenario, cites, note, set, .. } = reading.clone();
            let title = format!("{title}: reading {}", index + 1).into();
            ScenarioFile { name: scenario, title, cites, note: Some(note), set }
        })
    })
    .collect()
}

/// What is wrong, and under which scenario.
#[must_use]
pub fn in_scenario(mut problem: Diagnostic, scenario: &str) -> Diagnostic {
    problem.message = format!("under the scenario `{scenario}`, {}", problem.message);
    problem
}

/// The file as it is under scenarios, which have these names.
pub fn read_under(
    node: &Node,
    set: &Node,
    names: BTreeSet<Name>,
    problems: &mut Problems<'_>,
) -> Option<JurisdictionFile> {
    let laid = overlay::lay(node, set, problems)?;
    let file = read_alone(&laid, problems)?;
    Some(JurisdictionFile { under: names, ..file })
}
