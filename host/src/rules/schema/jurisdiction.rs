//! A jurisdiction's file as it is written: names, dates and numbers parsed, expressions still text.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;

use super::{
    Spanned, base, scalar,
    scalar::Confidence,
    test::{self, TestFile},
};
use crate::{
    diagnostic::Problems,
    id::{JurisdictionId, Name, PluginId, Stage},
    money::{Currency, Exact, Money, Spread},
    rules::{
        vocabulary::Vocabulary,
        yaml::{self, Entry, Fields, Node},
    },
    source::Span,
    value::{Value, ValueType},
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

/// Whether something is law yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LawStatus {
    /// It is, or will be from a day that is known.
    #[default]
    Enacted,
    /// It may become law: it costs only under a scenario.
    Proposed,
}

/// When its owners looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The last time.
    pub done: Date,
    /// Who.
    pub by: Arc<str>,
    /// The next time.
    pub due: Date,
}

/// A law, decision or study that cites point into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name for people.
    pub title: Arc<str>,
    /// Where it is published.
    pub url: Option<Arc<str>>,
}

/// First and last day, half open; none where it has no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InForce {
    /// First day.
    pub from: Option<Date>,
    /// First day on which it no longer is.
    pub to: Option<Date>,
}

/// How well a legal fact is founded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// How sure the author is.
    pub confidence: Option<Confidence>,
    /// Whether somebody read the source.
    pub verified: bool,
    /// Whether the amounts are an estimate.
    pub assumption: bool,
    /// The author's remark.
    pub note: Option<Arc<str>>,
}

/// A dated value of a param, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedValue {
    /// First day.
    pub from: Date,
    /// First day on which it no longer holds; none where the next value or nothing follows.
    pub to: Option<Date>,
    /// The value, or why there is none.
    pub value: Result<Value, Arc<str>>,
    /// `<source>#<locator>`.
    pub cites: Vec<Spanned<Arc<str>>>,
    /// How well it is founded.
    pub standing: Standing,
    /// Where it stands.
    pub span: Span,
}

/// A param as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// Its type.
    pub value_type: ValueType,
    /// Its values, for `one_of` and `set`.
    pub vocabulary: Vocabulary,
    /// Oldest first, without overlaps or unexplained holes.
    pub values: Vec<DatedValue>,
}

/// Work by role and fixed money.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutlayFile {
    /// Days of work by role.
    pub days: Vec<(Spanned<Name>, Spread<Exact>)>,
    /// Money paid.
    pub fixed: Option<Spread<Money>>,
}

/// What meeting an obligation takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffortFile {
    /// At the start.
    pub once: Option<OutlayFile>,
    /// Every year.
    pub yearly: Option<OutlayFile>,
    /// How many times all of it.
    pub times: Option<Node>,
}

/// An obligation as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObligationFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// For people.
    pub title: Arc<str>,
    /// `<source>#<locator>`, at least one.
    pub cites: Vec<Spanned<Arc<str>>>,
    /// When it holds at all.
    pub in_force: InForce,
    /// The condition.
    pub when: Node,
    /// The plugin that turns it into line items; `statutory` where the file does not say.
    pub costed_by: Spanned<PluginId>,
    /// The choice whose options have each their effort.
    pub choice: Option<Spanned<Name>>,
    /// By option; or one effort under no option.
    pub efforts: Vec<(Option<Spanned<Name>>, EffortFile)>,
    /// What it feeds to plugins that declare these demands.
    pub requires: Vec<(Spanned<Name>, Node)>,
    /// How well it is founded.
    pub standing: Standing,
}

/// By what a penalty is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Each infringement.
    Infringement,
    /// Each violation, as by person or record.
    Violation,
    /// Each day.
    Day,
    /// Each year.
    Year,
}

impl Per {
    /// Its name in files and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Infringement => "infringement",
            Self::Violation => "violation",
            Self::Day => "day",
            Self::Year => "year",
        }
    }
}

/// Who pays a penalty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liable {
    /// The company.
    Company,
    /// The person responsible: listed, never summed.
    Individual,
}

impl Liable {
    /// Its name in files and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Individual => "individual",
        }
    }
}

/// A penalty as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PenaltyFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// For people.
    pub title: Option<Arc<str>>,
    /// `<source>#<locator>`, at least one.
    pub cites: Vec<Spanned<Arc<str>>>,
    /// When it holds at all.
    pub in_force: InForce,
    /// The condition.
    pub when: Node,
    /// The most the law can take.
    pub maximum: Node,
    /// How many times, where the law counts.
    pub times: Option<Node>,
    /// By what it is counted.
    pub per: Per,
    /// Who pays.
    pub liable: Liable,
    /// How well it is founded.
    pub standing: Standing,
}

/// An option of a choice as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// When the law allows it.
    pub allowed_when: Option<Node>,
    /// `<source>#<locator>`.
    pub cites: Vec<Spanned<Arc<str>>>,
}

/// A choice as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceFile {
    /// Its name, at its place.
    pub name: Spanned<Name>,
    /// For people.
    pub title: Option<Arc<str>>,
    /// At least one, in the written order, which decides between equals.
    pub options: Vec<OptionFile>,
}

/// What computes a stage here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageFile {
    /// These plugins with their settings; their lines add up.
    Plugins(Vec<(Spanned<PluginId>, Node)>),
    /// Nothing, for this reason.
    None {
        /// Why.
        reason: Arc<str>,
        /// Who says so.
        by: Arc<str>,
    },
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
    /// When its owners looked at it.
    pub review: Option<Review>,
    /// What cites point into.
    pub sources: BTreeMap<Name, Source>,
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
    /// Who computes which stage.
    pub stages: Vec<(Spanned<Stage>, StageFile)>,
    /// What must come of questions about this place.
    pub tests: Vec<TestFile>,
}

const KEYS: [&str; 15] = [
    "schema",
    "id",
    "kind",
    "title",
    "extends",
    "currency",
    "review",
    "sources",
    "facts",
    "params",
    "obligations",
    "penalties",
    "choices",
    "stages",
    "tests",
];

/// Reads a jurisdiction's file.
pub fn read(node: &Node, problems: &mut Problems<'_>) -> Option<JurisdictionFile> {
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
    let review = fields.get("review").and_then(|node| review(node, problems));
    let sources = fields.get("sources").map(|node| sources(node, problems)).unwrap_or_default();
    let facts = fields.get("facts").map(|node| base::declarations(node, true, problems)).unwrap_or_default();
    let params = each(&fields, "params", problems, param);
    let obligations = each(&fields, "obligations", problems, obligation);
    let penalties = each(&fields, "penalties", problems, penalty);
    let choices = each(&fields, "choices", problems, choice);
    let stages = each(&fields, "stages", problems, stage);
    let tests = fields.get("tests").map(|node| test::tests(node, problems)).unwrap_or_default();
    Some(JurisdictionFile {
        id: id?,
        kind: kind?,
        title: title?,
        extends,
        currency: currency?,
        review,
        sources,
        facts,
        params,
        obligations,
        penalties,
        choices,
        stages,
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

fn review(node: &Node, problems: &mut Problems<'_>) -> Option<Review> {
    let fields = Fields::read(node, "a review", &["done", "by", "due"], problems)?;
    let done = fields.require("done", problems).and_then(|node| scalar::date(node, "`done`", problems));
    let by = fields.require("by", problems).and_then(|node| yaml::text(node, "`by`", problems));
    let due = fields.require("due", problems).and_then(|node| scalar::date(node, "`due`", problems));
    Some(Review { done: done?, by: by?.into(), due: due? })
}

fn sources(node: &Node, problems: &mut Problems<'_>) -> BTreeMap<Name, Source> {
    const RANKS: [&str; 8] =
        ["treaty", "statute", "regulation", "decision", "guidance", "contract", "study", "data"];
    let mut sources = BTreeMap::new();
    for entry in yaml::mapping(node, "`sources`", problems).unwrap_or_default() {
        let name = scalar::name_key(entry, problems);
        let Some(fields) = Fields::read(&entry.value, "a source", &["title", "rank", "url"], problems) else {
            continue;
        };
        let title = fields.require("title", problems).and_then(|node| scalar::title(node, problems));
        if let Some(node) = fields.get("rank") {
            scalar::word(node, "a rank", &RANKS.map(|rank| (rank, ())), problems);
        }
        let url = fields.get("url").and_then(|node| yaml::text(node, "a url", problems)).map(Into::into);
        if let (Some(name), Some(title)) = (name, title) {
            sources.insert(name, Source { title, url });
        }
    }
    sources
}

/// `cite: "lgpd#art-41"` or a list of them.
fn cites(node: &Node, problems: &mut Problems<'_>) -> Vec<Spanned<Arc<str>>> {
    let one = std::slice::from_ref(node);
    let items = match &node.kind {
        yaml::NodeKind::Sequence(items) => items.as_slice(),
        _ => one,
    };
    let mut cites = Vec::new();
    for item in items {
        let Some(text) = yaml::text(item, "a cite", problems) else { continue };
        match text.split_once('#') {
            Some((source, locator)) if !source.is_empty() && !locator.trim().is_empty() => {
                cites.push(Spanned::new(text.into(), item.span));
            }
            _ => problems.error_help(
                item.span,
                format!("{} is not a cite", item.describe()),
                "write `<source>#<locator>`, as in `\"lgpd#art-41\"`",
            ),
        }
    }
    cites
}

/// The cites of something that the law says: at least one.
fn legal_cites(fields: &Fields<'_>, problems: &mut Problems<'_>) -> Vec<Spanned<Arc<str>>> {
    let Some(node) = fields.require("cite", problems) else { return Vec::new() };
    let before = problems.any_error();
    let cites = cites(node, problems);
    if cites.is_empty() && before == problems.any_error() {
        problems.error_help(node.span, "no cite", "write at least one, as in `[\"lgpd#art-41\"]`");
    }
    cites
}

fn in_force(fields: &Fields<'_>, problems: &mut Problems<'_>) -> InForce {
    let Some(node) = fields.get("in_force") else { return InForce::default() };
    let Some(fields) = Fields::read(node, "`in_force`", &["from", "to"], problems) else {
        return InForce::default();
    };
    let from = fields.get("from").and_then(|node| scalar::date(node, "`from`", problems));
    let to = fields.get("to").and_then(|node| scalar::date(node, "`to`", problems));
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        let message = format!("`to` {to} does not come after `from` {from}");
        problems.error_help(node.span, message, "`to` is the first day on which it no longer holds");
    }
    InForce { from, to }
}

fn standing(fields: &Fields<'_>, problems: &mut Problems<'_>) -> Standing {
    let mut flag =
        |key: &str| fields.get(key).and_then(|node| scalar::flag(node, &format!("`{key}`"), problems));
    let (verified, assumption) = (flag("verified"), flag("assumption"));
    Standing {
        confidence: fields.get("confidence").and_then(|node| scalar::confidence(node, problems)),
        // What nobody marked as unread was read.
        verified: verified.unwrap_or(true),
        assumption: assumption.unwrap_or(false),
        note: fields.get("note").and_then(|node| yaml::text(node, "`note`", problems)).map(Into::into),
    }
}

/// The standing of something that the law says: with a confidence.
fn legal_standing(fields: &Fields<'_>, what: &str, problems: &mut Problems<'_>) -> Standing {
    let standing = standing(fields, problems);
    if fields.get("confidence").is_none() {
        let help =
            "add `confidence: high`, `medium` or `low`, and `verified: false` if nobody read the source";
        problems.error_help(fields.span(), format!("{what} needs `confidence`"), help);
    }
    standing
}

fn param(entry: &Entry, problems: &mut Problems<'_>) -> Option<ParamFile> {
    let name = named(entry, problems);
    let known = ["type", "members", "vocabulary", "unit", "doc", "values"];
    let fields = Fields::read(&entry.value, "a param", &known, problems)?;
    let (value_type, vocabulary) = base::typed(&fields, "members", problems)?;
    let items =
        fields.require("values", problems).and_then(|node| yaml::sequence(node, "values", problems))?;
    let what = format!("`{}`", entry.key);
    let mut values: Vec<_> =
        items.iter().filter_map(|item| dated_value(item, &what, value_type, &vocabulary, problems)).collect();
    if items.is_empty() {
        problems.error_help(
            entry.key_span,
            format!("{what} has no value"),
            "write at least `{from, value, …}`",
        );
    }
    join(&mut values, problems);
    Some(ParamFile { name: name?, value_type, vocabulary, values })
}

fn dated_value(
    item: &Node,
    what: &str,
    value_type: ValueType,
    vocabulary: &Vocabulary,
    problems: &mut Problems<'_>,
) -> Option<DatedValue> {
    let known = ["from", "to", "value", "absent", "cite", "confidence", "verified", "assumption", "note"];
    let fields = Fields::read(item, "a dated value", &known, problems)?;
    let from = fields.require("from", problems).and_then(|node| scalar::date(node, "`from`", problems));
    let to = fields.get("to").and_then(|node| scalar::date(node, "`to`", problems));
    let value = match (fields.get("value"), fields.get("absent")) {
        (Some(node), None) => scalar::value(node, what, value_type, vocabulary, problems).map(Ok),
        (None, Some(node)) => yaml::text(node, "`absent`", problems).map(|why| Err(why.into())),
        (Some(_), Some(node)) => {
            problems.error(node.span, "a dated value is there or absent, not both");
            None
        }
        (None, None) => {
            problems.error_help(
                item.span,
                "a dated value needs `value`",
                "or say why there is none: `absent: …`",
            );
            None
        }
    };
    let cites = fields.get("cite").map(|node| cites(node, problems)).unwrap_or_default();
    let standing = standing(&fields, problems);
    let founded = standing.assumption || (!cites.is_empty() && standing.confidence.is_some());
    if !founded && matches!(value, Some(Ok(_))) && fields.get("cite").is_none_or(|_| !cites.is_empty()) {
        let help = "add `cite` and `confidence`, or `assumption: true` where it is an estimate";
        problems.error_help(item.span, format!("{what} has a value without a source"), help);
    }
    Some(DatedValue { from: from?, to, value: value?, cites, standing, span: item.span })
}

/// Requires values oldest first, without overlaps or holes nobody explained, and ends each where the
/// next begins.
fn join(values: &mut [DatedValue], problems: &mut Problems<'_>) {
    for index in 1..values.len() {
        let (before, after) = values.split_at_mut(index);
        let (Some(earlier), Some(later)) = (before.last_mut(), after.first()) else { continue };
        if later.from <= earlier.from {
            let message = format!("{} does not come after {}", later.from, earlier.from);
            problems.error_help(later.span, message, "write each date once, oldest first");
        }
        match earlier.to {
            Some(to) if to > later.from => {
                let message =
                    format!("values overlap: the one before holds until {to}, this one from {}", later.from);
                problems.error_help(
                    later.span,
                    message,
                    "dates are half open: `to` is the day the next value begins",
                );
            }
            Some(to) if to < later.from => {
                let help = format!("write `{{from: {to}, absent: why}}` between them");
                problems.error_help(later.span, format!("nothing is said from {to} to {}", later.from), help);
            }
            // Where they do not ascend there is no end to find.
            _ if later.from <= earlier.from => {}
            _ => earlier.to = Some(later.from),
        }
    }
    for value in values {
        if value.to.is_some_and(|to| to <= value.from) {
            let message =
                format!("`to` {} does not come after `from` {}", value.to.unwrap_or(value.from), value.from);
            problems.error_help(value.span, message, "`to` is the first day on which it no longer holds");
        }
    }
}

fn obligation(entry: &Entry, problems: &mut Problems<'_>) -> Option<ObligationFile> {
    const KNOWN: [&str; 14] = [
        "title",
        "cite",
        "in_force",
        "when",
        "costed_by",
        "choice",
        "options",
        "effort",
        "requires",
        "assumption",
        "confidence",
        "verified",
        "note",
        "doc",
    ];
    let name = named(entry, problems);
    let fields = Fields::read(&entry.value, "an obligation", &KNOWN, problems)?;
    let title = fields.require("title", problems).and_then(|node| scalar::title(node, problems));
    let cites = legal_cites(&fields, problems);
    let in_force = in_force(&fields, problems);
    let when = fields.require("when", problems).cloned();
    let costed_by = match fields.get("costed_by") {
        Some(node) => scalar::plugin_id(node, problems).map(|id| Spanned::new(id, node.span)),
        None => PluginId::parse("statutory").ok().map(|id| Spanned::new(id, entry.key_span)),
    };
    let choice = fields
        .get("choice")
        .and_then(|node| scalar::name(node, "a choice", problems).map(|name| Spanned::new(name, node.span)));
    let efforts = efforts(entry, &fields, problems);
    let requires = requires(&fields, problems);
    let standing = legal_standing(&fields, "an obligation", problems);
    Some(ObligationFile {
        name: name?,
        title: title?,
        cites,
        in_force,
        when: when?,
        costed_by: costed_by?,
        choice,
        efforts: efforts?,
        requires,
        standing,
    })
}

type Efforts = Vec<(Option<Spanned<Name>>, EffortFile)>;

fn efforts(entry: &Entry, fields: &Fields<'_>, problems: &mut Problems<'_>) -> Option<Efforts> {
    match (fields.get("choice"), fields.get("options"), fields.get("effort")) {
        (None, None, Some(node)) => effort(node, problems).map(|effort| vec![(None, effort)]),
        (Some(_), Some(node), None) => {
            let entries = yaml::mapping(node, "`options`", problems)?;
            let options = entries.iter().map(|entry| {
                let name = named(entry, problems);
                let effort = effort(&entry.value, problems);
                Some((Some(name?), effort?))
            });
            options.collect()
        }
        (Some(node), None, _) | (None, Some(node), _) => {
            let help = "write `choice: <name>` and `options: {<option>: <effort>}`, or `effort:` alone";
            problems.error_help(node.span, "`choice` and `options` come together", help);
            None
        }
        (Some(_), Some(_), Some(node)) => {
            problems.error_help(node.span, "both `effort` and `options`", "keep one of them");
            None
        }
        (None, None, None) => {
            let help = "add `effort: {once: …, yearly: …}`; `effort: {}` says that it costs nothing";
            problems.error_help(entry.key_span, "an obligation needs `effort` or `options`", help);
            None
        }
    }
}

fn effort(node: &Node, problems: &mut Problems<'_>) -> Option<EffortFile> {
    let fields = Fields::read(node, "an effort", &["once", "yearly", "times"], problems)?;
    let once = fields.get("once").map(|node| outlay(node, problems));
    let yearly = fields.get("yearly").map(|node| outlay(node, problems));
    let times = fields.get("times").cloned();
    Some(EffortFile { once: once.flatten(), yearly: yearly.flatten(), times })
}

fn outlay(node: &Node, problems: &mut Problems<'_>) -> Option<OutlayFile> {
    let fields = Fields::read(node, "an effort", &["days", "fixed"], problems)?;
    let mut outlay = OutlayFile::default();
    if let Some(node) = fields.get("days") {
        for entry in yaml::mapping(node, "`days`", problems)? {
            let role = named(entry, problems);
            let days = scalar::spread(&entry.value, "days of work", problems, |node, problems| {
                let days = scalar::decimal(node, "days of work", 4, problems)?;
                scalar::not_negative(days, node, "days of work", problems)
            });
            outlay.days.push((role?, days?));
        }
    }
    outlay.fixed = fields.get("fixed").and_then(|node| scalar::money_spread(node, "`fixed`", problems));
    Some(outlay)
}

fn requires(fields: &Fields<'_>, problems: &mut Problems<'_>) -> Vec<(Spanned<Name>, Node)> {
    let entries = fields.get("requires").and_then(|node| yaml::mapping(node, "`requires`", problems));
    entries
        .unwrap_or_default()
        .iter()
        .filter_map(|entry| Some((named(entry, problems)?, entry.value.clone())))
        .collect()
}

fn penalty(entry: &Entry, problems: &mut Problems<'_>) -> Option<PenaltyFile> {
    const KNOWN: [&str; 11] = [
        "title",
        "cite",
        "in_force",
        "when",
        "maximum",
        "times",
        "per",
        "liable",
        "confidence",
        "verified",
        "note",
    ];
    let name = named(entry, problems);
    let fields = Fields::read(&entry.value, "a penalty", &KNOWN, problems)?;
    let title = fields.get("title").and_then(|node| scalar::title(node, problems));
    let cites = legal_cites(&fields, problems);
    let in_force = in_force(&fields, problems);
    let when = fields.require("when", problems).cloned();
    let maximum = fields.require("maximum", problems).cloned();
    let times = fields.get("times").cloned();
    let pers = [Per::Infringement, Per::Violation, Per::Day, Per::Year].map(|per| (per.as_str(), per));
    let per = fields.require("per", problems).and_then(|node| scalar::word(node, "`per`", &pers, problems));
    let liables = [Liable::Company, Liable::Individual].map(|liable| (liable.as_str(), liable));
    let liable = fields
        .require("liable", problems)
        .and_then(|node| scalar::word(node, "`liable`", &liables, problems));
    let standing = legal_standing(&fields, "a penalty", problems);
    Some(PenaltyFile {
        name: name?,
        title,
        cites,
        in_force,
        when: when?,
        maximum: maximum?,
        times,
        per: per?,
        liable: liable?,
        standing,
    })
}

fn choice(entry: &Entry, problems: &mut Problems<'_>) -> Option<ChoiceFile> {
    let name = named(entry, problems);
    let fields = Fields::read(&entry.value, "a choice", &["title", "doc", "options"], problems)?;
    let title = fields.get("title").and_then(|node| scalar::title(node, problems));
    let entries =
        fields.require("options", problems).and_then(|node| yaml::mapping(node, "`options`", problems))?;
    if entries.is_empty() {
        problems.error(entry.key_span, "a choice needs at least one option");
    }
    let options = entries.iter().filter_map(|entry| option(entry, problems)).collect();
    Some(ChoiceFile { name: name?, title, options })
}

fn option(entry: &Entry, problems: &mut Problems<'_>) -> Option<OptionFile> {
    let name = named(entry, problems);
    let known = ["title", "allowed_when", "cite", "note"];
    let fields = Fields::read(&entry.value, "an option", &known, problems)?;
    if let Some(node) = fields.get("title") {
        scalar::title(node, problems);
    }
    let allowed_when = fields.get("allowed_when").cloned();
    let cites = match &allowed_when {
        Some(_) => legal_cites(&fields, problems),
        None => fields.get("cite").map(|node| cites(node, problems)).unwrap_or_default(),
    };
    Some(OptionFile { name: name?, allowed_when, cites })
}

fn stage(entry: &Entry, problems: &mut Problems<'_>) -> Option<(Spanned<Stage>, StageFile)> {
    let Some(stage) = Stage::parse(&entry.key) else {
        let message = format!("`{}` is not a stage", yaml::shorten(&entry.key));
        let known = Stage::ALL.map(Stage::as_str);
        problems.error_help(entry.key_span, message, crate::diagnostic::did_you_mean(&entry.key, known));
        return None;
    };
    let stage = Spanned::new(stage, entry.key_span);
    let entries = yaml::mapping(&entry.value, "a stage", problems)?;
    if entries.is_empty() {
        let help = "bind a plugin, or write `{none: why, by: who}`";
        problems.error_help(stage.span, format!("nothing computes {}", stage.value), help);
    }
    if entries.iter().any(|entry| entry.key == "none") {
        let fields = Fields::read(&entry.value, "a stage without plugins", &["none", "by"], problems)?;
        let reason = fields.require("none", problems).and_then(|node| yaml::text(node, "a reason", problems));
        let by = fields.require("by", problems).and_then(|node| yaml::text(node, "`by`", problems));
        return Some((stage, StageFile::None { reason: reason?.into(), by: by?.into() }));
    }
    let plugins = entries.iter().filter_map(|entry| {
        let id = scalar::plugin_key(entry, problems)?;
        Some((Spanned::new(id, entry.key_span), entry.value.clone()))
    });
    Some((stage, StageFile::Plugins(plugins.collect())))
}
