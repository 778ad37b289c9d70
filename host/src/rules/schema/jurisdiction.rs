//! A jurisdiction's file as it is written: names, dates and numbers parsed, expressions still text.
//!
//! A file for each construct; here what holds them together.

mod block;
mod choice;
mod effort;
mod law;
mod obligation;
mod param;
mod penalty;
mod reading;
mod replaces;
mod scenario;
mod source;
mod stage;
mod term;

use std::{collections::BTreeSet, sync::Arc};

pub use self::{
    block::{BlockFile, GapFile},
    choice::{ChoiceFile, OptionFile},
    effort::{EffortFile, OutlayFile},
    law::{InForce, LawStatus, Standing},
    obligation::{ExceptionFile, ObligationFile},
    param::{DatedValue, ParamFile},
    penalty::{Liable, PenaltyFile, Per},
    reading::ReadingFile,
    replaces::{ReplacesFile, Section},
    scenario::{ScenarioFile, in_scenario, read_under},
    source::{Review, Source},
    stage::StageFile,
    term::{FillFile, OpenTermFile},
};
use super::{
    Spanned, base, scalar,
    test::{self, TestFile},
};
use crate::{
    diagnostic::Problems,
    id::{JurisdictionId, Name, Stage},
    money::Currency,
    rules::yaml::{self, Entry, Fields, Node},
};

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Several countries, or what all inherit: never a market.
    Bloc,
    /// A market.
    Country,
    /// A part of a country.
    Region,
}

/// A whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JurisdictionFile {
    /// Which.
    pub id: Spanned<JurisdictionId>,
    /// What it is.
    pub kind: Kind,
    /// For people.
    pub title: Arc<str>,
    /// What it inherits.
    pub extends: Vec<Spanned<JurisdictionId>>,
    /// What its settings are written in, and its cases computed in.
    pub currency: Currency,
    /// Whether it is law yet: what its own obligations, penalties and blocks do not say themselves.
    pub status: LawStatus,
    /// When its owners looked at it.
    pub review: Option<Review>,
    /// What cites point into.
    pub sources: Vec<(Spanned<Name>, Source)>,
    /// Facts only this place needs.
    pub facts: Vec<(Name, base::FactDeclaration)>,
    /// Dated values.
    pub params: Vec<ParamFile>,
    /// What the law makes you do.
    pub obligations: Vec<ObligationFile>,
    /// What the law can take.
    pub penalties: Vec<PenaltyFile>,
    /// Decisions.
    pub choices: Vec<ChoiceFile>,
    /// What forbids the market.
    pub blocks: Vec<BlockFile>,
    /// Law that is not computed.
    pub gaps: Vec<GapFile>,
    /// What the law leaves to whoever extends this file.
    pub open_terms: Vec<OpenTermFile>,
    /// What fills inherited open terms.
    pub fills: Vec<FillFile>,
    /// What is inherited and does not hold here.
    pub replaces: Vec<ReplacesFile>,
    /// Who computes which stage.
    pub stages: Vec<(Spanned<Stage>, StageFile)>,
    /// What-ifs.
    pub scenarios: Vec<ScenarioFile>,
    /// What those are laid over, where there are any.
    pub whole: Option<Arc<Node>>,
    /// The scenarios that are laid over what this was read from.
    pub under: BTreeSet<Name>,
    /// What must come of questions about this place.
    pub tests: Vec<TestFile>,
}

const KEYS: [&str; 22] = [
    "schema",
    "id",
    "kind",
    "title",
    "extends",
    "currency",
    "status",
    "review",
    "sources",
    "facts",
    "params",
    "obligations",
    "penalties",
    "choices",
    "blocks",
    "gaps",
    "open_terms",
    "fills",
    "replaces",
    "stages",
    "scenarios",
    "tests",
];

/// Reads a jurisdiction's file, and where it reads well its scenarios.
pub fn read(node: &Node, problems: &mut Problems<'_>) -> Option<JurisdictionFile> {
    let file = read_alone(node, problems)?;
    if problems.any_error() {
        return Some(file);
    }
    let scenarios = scenario::scenarios(node, &file, problems);
    let whole = (!scenarios.is_empty()).then(|| Arc::new(node.clone()));
    Some(JurisdictionFile { scenarios, whole, ..file })
}

/// Reads a jurisdiction's file without its scenarios.
pub fn read_alone(node: &Node, problems: &mut Problems<'_>) -> Option<JurisdictionFile> {
    let fields = Fields::read(node, "a jurisdiction", &KEYS, problems)?;
    base::schema(&fields, "jurisdiction", problems);
    let id = fields
        .require("id", problems)
        .and_then(|node| scalar::jurisdiction_id(node, problems).map(|id| Spanned::new(id, node.span)));
    let kinds = [("bloc", Kind::Bloc), ("country", Kind::Country), ("region", Kind::Region)];
    let kind =
        fields.require("kind", problems).and_then(|node| scalar::word(node, "a kind", &kinds, problems));
    let title = fields.require("title", problems).and_then(|node| scalar::title(node, problems));
    let currency = fields.require("currency", problems).and_then(|node| scalar::currency(node, problems));
    let extends = fields.get("extends").map(|node| extends(node, problems)).unwrap_or_default();
    let status = law::status(&fields, LawStatus::Enacted, problems);
    let review = fields.get("review").and_then(|node| source::review(node, problems));
    let sources = fields.get("sources").map(|node| source::sources(node, problems)).unwrap_or_default();
    let facts = fields.get("facts").map(|node| base::declarations(node, true, problems)).unwrap_or_default();
    let params = each(&fields, "params", problems, param::param);
    let obligations = each(&fields, "obligations", problems, |entry, problems| {
        obligation::obligation(entry, status, problems)
    });
    let penalties =
        each(&fields, "penalties", problems, |entry, problems| penalty::penalty(entry, status, problems));
    let choices = each(&fields, "choices", problems, choice::choice);
    let blocks = each(&fields, "blocks", problems, |entry, problems| block::block(entry, status, problems));
    let gaps = each(&fields, "gaps", problems, block::gap);
    let open_terms = each(&fields, "open_terms", problems, term::open_term);
    let fills = each(&fields, "fills", problems, term::fill);
    let replaces = each(&fields, "replaces", problems, replaces::replaces);
    let stages = each(&fields, "stages", problems, stage::stage);
    let tests = fields.get("tests").map(|node| test::tests(node, problems)).unwrap_or_default();
    Some(JurisdictionFile {
        id: id?,
        kind: kind?,
        title: title?,
        extends,
        currency: currency?,
        status,
        review,
        sources,
        facts,
        params,
        obligations,
        penalties,
        choices,
        blocks,
        gaps,
        open_terms,
        fills,
        replaces,
        stages,
        scenarios: Vec::new(),
        whole: None,
        under: BTreeSet::new(),
        tests,
    })
}

/// Reads every entry under `key` that can be read.
fn each<T>(
    fields: &Fields<'_>,
    key: &str,
    problems: &mut Problems<'_>,
    read: impl Fn(&Entry, &mut Problems<'_>) -> Option<T>,
) -> Vec<T> {
    let entries = fields.get(key).and_then(|node| yaml::mapping(node, &format!("`{key}`"), problems));
    entries.unwrap_or_default().iter().filter_map(|entry| read(entry, problems)).collect()
}

fn named(entry: &Entry, problems: &mut Problems<'_>) -> Option<Spanned<Name>> {
    scalar::name_key(entry, problems).map(|name| Spanned::new(name, entry.key_span))
}

fn extends(node: &Node, problems: &mut Problems<'_>) -> Vec<Spanned<JurisdictionId>> {
    let items = yaml::sequence(node, "`extends`", problems).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| scalar::jurisdiction_id(item, problems).map(|id| Spanned::new(id, item.span)))
        .collect()
}
