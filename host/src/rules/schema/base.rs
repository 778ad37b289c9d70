//! The files every jurisdiction rests on: `facts.yaml`, `roles.yaml`, `rates.yaml`, `fx.yaml`.
//!
//! Together they are the base: one version per generation. Each may be missing, and is then empty.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::Date;

use super::{Spanned, scalar};
use crate::{
    diagnostic::Problems,
    id::{JurisdictionId, Name},
    money::{Currency, Exact, Money, Spread},
    rules::{
        vocabulary::Vocabulary,
        yaml::{self, Entry, Fields, Node},
    },
    source::Span,
    value::{Value, ValueType},
};

/// Names under a market in a strategy that mean something else, and so can be no fact's name.
pub const RESERVED_MARKET_NAMES: [&str; 3] = ["weight", "choices", "within"];

/// What a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The company, once in a strategy.
    Company,
    /// The product, once in a strategy.
    Product,
    /// One market.
    Market,
}

impl Scope {
    /// The three, in the order of the file.
    pub const ALL: [Self; 3] = [Self::Company, Self::Product, Self::Market];

    /// Its name in files and expressions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Product => "product",
            Self::Market => "market",
        }
    }
}

/// A typed input that a strategy gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactDeclaration {
    /// Its type.
    pub value_type: ValueType,
    /// Its values, for `one_of` and `set`.
    pub vocabulary: Vocabulary,
    /// In what it is counted, for people.
    pub unit: Option<Arc<str>>,
    /// What it means.
    pub doc: Arc<str>,
    /// What it is where a strategy does not say; shown as defaulted.
    pub default: Option<Value>,
    /// Where it is declared.
    pub span: Span,
}

/// `facts.yaml`.
pub type Facts = BTreeMap<(Scope, Name), Arc<FactDeclaration>>;

/// Who does the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// For people.
    pub title: Arc<str>,
}

/// `roles.yaml`.
pub type Roles = BTreeMap<Name, Role>;

/// A day rate from a date on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRate {
    /// First day.
    pub from: Date,
    /// Per day of work.
    pub value: Spread<Money>,
    /// Whether it is an estimate.
    pub assumption: bool,
    /// Where it stands.
    pub span: Span,
}

/// `rates.yaml`: the dated default card, by role and jurisdiction, oldest first.
pub type Rates = BTreeMap<(Name, JurisdictionId), Spanned<Vec<DayRate>>>;

/// `fx.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FxFile {
    /// Who published the rates.
    pub source: Arc<str>,
    /// By (base, quote): one unit of the base is `rate` of the quote, oldest first.
    pub rates: BTreeMap<(Currency, Currency), Vec<(Date, Exact)>>,
}

/// Checks the first line of a file of `kind`: `schema: landfall/<kind>@1`.
pub fn schema(fields: &Fields<'_>, kind: &str, problems: &mut Problems<'_>) {
    let expected = format!("landfall/{kind}@1");
    let Some(node) = fields.require("schema", problems) else { return };
    if node.scalar() != Some(expected.as_str()) {
        let message = format!("{} is not a schema this version reads", node.describe());
        problems.error_help(node.span, message, format!("write `schema: {expected}`"));
    }
}

/// Reads `facts.yaml`.
pub fn facts(node: &Node, problems: &mut Problems<'_>) -> Option<Facts> {
    let fields = Fields::read(node, "facts.yaml", &["schema", "company", "product", "market"], problems)?;
    schema(&fields, "facts", problems);
    let mut facts = Facts::new();
    for scope in Scope::ALL {
        let Some(node) = fields.get(scope.as_str()) else { continue };
        for (name, fact) in declarations(node, scope == Scope::Market, problems) {
            facts.insert((scope, name), Arc::new(fact));
        }
    }
    Some(facts)
}

/// The facts of one scope; those given under a market must leave its reserved names alone.
pub fn declarations(
    node: &Node,
    under_market: bool,
    problems: &mut Problems<'_>,
) -> Vec<(Name, FactDeclaration)> {
    let entries = yaml::mapping(node, "a group of facts", problems).unwrap_or_default();
    let mut declared = Vec::new();
    for entry in entries {
        let name = scalar::name_key(entry, problems);
        if under_market && RESERVED_MARKET_NAMES.contains(&entry.key.as_str()) {
            let message = format!("`{}` means something else under a market", entry.key);
            problems.error_help(entry.key_span, message, "give the fact another name");
        }
        if let (Some(name), Some(fact)) = (name, declaration(entry, problems)) {
            declared.push((name, fact));
        }
    }
    declared
}

fn declaration(entry: &Entry, problems: &mut Problems<'_>) -> Option<FactDeclaration> {
    let known = ["type", "values", "vocabulary", "unit", "doc", "default"];
    let fields = Fields::read(&entry.value, "a fact", &known, problems)?;
    let (value_type, vocabulary) = typed(&fields, "values", problems)?;
    let doc = fields.require("doc", problems).and_then(|node| yaml::text(node, "doc", problems));
    let unit = fields.get("unit").and_then(|node| yaml::text(node, "unit", problems)).map(Into::into);
    let default = fields
        .get("default")
        .and_then(|node| scalar::value(node, &format!("`{}`", entry.key), value_type, &vocabulary, problems));
    Some(FactDeclaration { value_type, vocabulary, unit, doc: doc?.into(), default, span: entry.key_span })
}

/// `type:` with the list that a `one_of` or `set` needs, under `list` or `vocabulary`.
pub fn typed(
    fields: &Fields<'_>,
    list: &str,
    problems: &mut Problems<'_>,
) -> Option<(ValueType, Vocabulary)> {
    let words = ValueType::ALL.map(|t| (t.as_str(), t));
    let node = fields.require("type", problems)?;
    let value_type = scalar::word(node, "a type", &words, problems)?;
    let listed = matches!(value_type, ValueType::OneOf | ValueType::Set);
    let vocabulary = match (fields.get(list), fields.get("vocabulary")) {
        (None, None) if listed => {
            let help = format!("add `{list}: […]`, or `vocabulary: iso-3166` or `bcp-47`");
            problems.error_help(node.span, format!("a {value_type} needs its values"), help);
            return None;
        }
        (None, None) => Vocabulary::None,
        (Some(node), _) | (None, Some(node)) if !listed => {
            problems.error(node.span, format!("a {value_type} has no list of values"));
            return None;
        }
        (Some(_), Some(node)) => {
            problems.error_help(node.span, format!("both `{list}` and `vocabulary`"), "keep one of them");
            return None;
        }
        (Some(node), None) => {
            let items = yaml::sequence(node, list, problems)?;
            let values = items.iter().map(|item| yaml::text(item, "a value", problems).map(Into::into));
            Vocabulary::Values(Arc::new(values.collect::<Option<_>>()?))
        }
        (None, Some(node)) => {
            let words = [("iso-3166", Vocabulary::Iso3166), ("bcp-47", Vocabulary::Bcp47)];
            let names = words.clone().map(|(name, _)| (name, name));
            let name = scalar::word(node, "a vocabulary", &names, problems)?;
            Vocabulary::parse(name)?
        }
    };
    Some((value_type, vocabulary))
}

/// Reads `roles.yaml`.
pub fn roles(node: &Node, problems: &mut Problems<'_>) -> Option<Roles> {
    let fields = Fields::read(node, "roles.yaml", &["schema", "roles"], problems)?;
    schema(&fields, "roles", problems);
    let mut roles = Roles::new();
    let entries = fields.require("roles", problems).and_then(|node| yaml::mapping(node, "roles", problems));
    for entry in entries.unwrap_or_default() {
        let name = scalar::name_key(entry, problems);
        let fields = Fields::read(&entry.value, "a role", &["title", "doc"], problems)?;
        let title = fields.require("title", problems).and_then(|node| scalar::title(node, problems));
        if let (Some(name), Some(title)) = (name, title) {
            roles.insert(name, Role { title });
        }
    }
    Some(roles)
}

/// Reads `rates.yaml`.
pub fn rates(node: &Node, problems: &mut Problems<'_>) -> Option<Rates> {
    let fields = Fields::read(node, "rates.yaml", &["schema", "rates"], problems)?;
    schema(&fields, "rates", problems);
    let mut rates = Rates::new();
    let by_role = fields.require("rates", problems).and_then(|node| yaml::mapping(node, "rates", problems));
    for role_entry in by_role.unwrap_or_default() {
        let role = scalar::name_key(role_entry, problems);
        for entry in yaml::mapping(&role_entry.value, "a role's rates", problems).unwrap_or_default() {
            let place = scalar::jurisdiction_key(entry, problems);
            let card = card(entry, problems);
            if let (Some(role), Some(place), Some(card)) = (role.clone(), place, card) {
                rates.insert((role, place), Spanned::new(card, entry.key_span));
            }
        }
    }
    Some(rates)
}

fn card(entry: &Entry, problems: &mut Problems<'_>) -> Option<Vec<DayRate>> {
    let fields = Fields::read(&entry.value, "a day rate", &["values"], problems)?;
    let items =
        fields.require("values", problems).and_then(|node| yaml::sequence(node, "values", problems))?;
    let mut card = Vec::new();
    for item in items {
        let known = ["from", "value", "assumption", "source", "note"];
        let fields = Fields::read(item, "a dated day rate", &known, problems)?;
        let from = fields.require("from", problems).and_then(|node| scalar::date(node, "`from`", problems));
        let value = fields
            .require("value", problems)
            .and_then(|node| scalar::money_spread(node, "a day rate", problems));
        let assumed = fields.get("assumption").and_then(|node| scalar::flag(node, "`assumption`", problems));
        if assumed != Some(true) && fields.get("source").is_none() {
            let help = "add `source: …`, or `assumption: true` where it is an estimate";
            problems.error_help(item.span, "a day rate without a source", help);
        }
        if let (Some(from), Some(value)) = (from, value) {
            card.push(DayRate { from, value, assumption: assumed == Some(true), span: item.span });
        }
    }
    ascending(&card, |rate| rate.from, |rate| rate.span, problems);
    Some(card)
}

/// Requires dates in ascending order, each once.
fn ascending<T>(
    items: &[T],
    date: impl Fn(&T) -> Date,
    span: impl Fn(&T) -> Span,
    problems: &mut Problems<'_>,
) {
    for pair in items.windows(2) {
        let [earlier, later] = pair else { continue };
        if date(later) <= date(earlier) {
            let message = format!("{} does not come after {}", date(later), date(earlier));
            problems.error_help(span(later), message, "write each date once, oldest first");
        }
    }
}

/// Reads `fx.yaml`.
pub fn fx(node: &Node, problems: &mut Problems<'_>) -> Option<FxFile> {
    let fields = Fields::read(node, "fx.yaml", &["schema", "source", "rates"], problems)?;
    schema(&fields, "fx", problems);
    let source = fields.require("source", problems).and_then(|node| {
        let fields = Fields::read(node, "a source", &["title", "url"], problems)?;
        fields.require("title", problems).and_then(|node| scalar::title(node, problems))
    });
    let mut rates = BTreeMap::new();
    let pairs = fields.require("rates", problems).and_then(|node| yaml::mapping(node, "rates", problems));
    for entry in pairs.unwrap_or_default() {
        let pair = pair(entry, problems);
        let dated: Vec<_> = yaml::sequence(&entry.value, "the rates of a pair", problems)?
            .iter()
            .filter_map(|item| dated_rate(item, problems))
            .collect();
        ascending(&dated, |(rate, _)| rate.0, |(_, span)| *span, problems);
        if let Some(pair) = pair {
            let inverse = (pair.1, pair.0);
            if rates.contains_key(&inverse) {
                let message = format!("`{}` is the inverse of a pair above", entry.key);
                problems.error_help(entry.key_span, message, "keep one of them: pairs invert by themselves");
            }
            rates.insert(pair, dated.into_iter().map(|(rate, _)| rate).collect());
        }
    }
    Some(FxFile { source: source?, rates })
}

/// Reads a key such as `EUR/CNY`: one EUR is so many CNY.
pub fn pair(entry: &Entry, problems: &mut Problems<'_>) -> Option<(Currency, Currency)> {
    let found = entry
        .key
        .split_once('/')
        .and_then(|(base, quote)| Some((Currency::parse(base).ok()?, Currency::parse(quote).ok()?)))
        .filter(|(base, quote)| base != quote);
    if found.is_none() {
        let message = format!("`{}` is not a pair of currencies", yaml::shorten(&entry.key));
        problems.error_help(entry.key_span, message, "write two ISO 4217 codes, as in `EUR/CNY`");
    }
    found
}

fn dated_rate(item: &Node, problems: &mut Problems<'_>) -> Option<((Date, Exact), Span)> {
    let fields = Fields::read(item, "a dated rate", &["date", "rate"], problems)?;
    let date = fields.require("date", problems).and_then(|node| scalar::date(node, "`date`", problems));
    let rate = fields.require("rate", problems).and_then(|node| exchange_rate(node, problems));
    Some(((date?, rate?), item.span))
}

/// A rate above nought with at most nine decimals.
pub fn exchange_rate(node: &Node, problems: &mut Problems<'_>) -> Option<Exact> {
    let rate = scalar::decimal(node, "a rate", scalar::RATIO_DECIMALS, problems)?;
    if rate.is_zero() || rate.is_negative() {
        problems.error(node.span, "a rate must be above 0");
        return None;
    }
    Some(rate)
}
