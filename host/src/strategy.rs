//! The question: a strategy file, checked against the facts and choices of one generation.
//!
//! A [`Strategy`] holds only what was given, typed. Defaults, rates and conditions are `evaluate`'s
//! business. What its author got wrong against facts and schema is an error here; what the rules or
//! plugins lack is not: that makes the answer incomplete.

mod given;
mod overrides;
mod place;
#[cfg(test)]
mod tests;
mod vary;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;

pub use self::{
    overrides::Override,
    place::{FactPath, FactPlace, Measure},
    vary::{Over, Varied, Vary},
};
use crate::{
    diagnostic::{Diagnostic, Problems, did_you_mean},
    generation::Generation,
    id::{JurisdictionId, Name},
    money::{Currency, Exact, Money, Spread},
    rules::{
        book::Jurisdiction,
        fx,
        schema::{
            base::{self, RESERVED_MARKET_NAMES, Scope},
            jurisdiction::Kind,
            scalar,
        },
        yaml::{self, Entry, Fields, Node},
    },
    source::SourceFile,
    value::Value,
};

/// Longest horizon; also what a budget may rely on.
const MAX_YEARS: i64 = 30;
/// Most markets in one strategy.
const MAX_MARKETS: usize = 256;

/// What a weight says; printed with J.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightMeans {
    /// How much the market matters.
    Priority,
    /// How likely the market is entered.
    Probability,
}

impl WeightMeans {
    /// Its name in files and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Probability => "probability",
        }
    }
}

/// The unit to show people: amounts are divided by `scale` and followed by `label`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// At least 1.
    pub scale: u64,
    /// As in `万元`.
    pub label: Arc<str>,
}

/// What is given of one place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Facts of scope `market`.
    pub facts: BTreeMap<Name, Value>,
    /// Facts that its own rule files declare, read as `local.x`.
    pub local: BTreeMap<Name, Value>,
    /// Choices pinned for it, here or for all.
    pub pinned: BTreeMap<Name, Name>,
}

/// One market as asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Market {
    /// Its weight in J, at least 0.
    pub weight: Exact,
    /// What is given of the country.
    pub given: Given,
    /// What is given of regions within it; what is not falls back to the country's.
    pub within: BTreeMap<JurisdictionId, Given>,
}

/// The question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strategy {
    /// For people.
    pub title: Option<Arc<str>>,
    /// The first day of the horizon.
    pub as_of: Date,
    /// The day whose law holds over the whole horizon; none where each day has its own.
    pub law_of: Option<Date>,
    /// Of the answer.
    pub currency: Currency,
    /// 1 to 30.
    pub horizon_years: u32,
    /// A year, as a fraction: 8 % is 0.08.
    pub discount: Exact,
    /// What a weight says.
    pub weight_means: WeightMeans,
    /// The unit to show people.
    pub report: Option<Report>,
    /// Instead of `fx.yaml`.
    pub fx: fx::Overrides,
    /// Facts of scope `company` that were given.
    pub company: BTreeMap<Name, Value>,
    /// Facts of scope `product` that were given.
    pub product: BTreeMap<Name, Value>,
    /// Day rates instead of `rates.yaml`.
    pub rates: BTreeMap<(Name, JurisdictionId), Spread<Money>>,
    /// By id, so that their order in the file changes nothing.
    pub markets: BTreeMap<JurisdictionId, Market>,
    /// The facts that were given as a range. Single questions use `likely`, which stands above.
    pub ranges: BTreeMap<FactPath, Spread<Value>>,
}

const KEYS: [&str; 14] = [
    "schema",
    "title",
    "as_of",
    "currency",
    "horizon_years",
    "discount",
    "weight_means",
    "report",
    "fx",
    "company",
    "product",
    "rates",
    "markets",
    "choices",
];

/// Reads a strategy against a generation. `overrides` replace values in it before it is read.
///
/// # Errors
/// Everything its author can mend, all at once.
pub fn read(
    source: &SourceFile,
    overrides: &[Override],
    generation: &Generation,
) -> Result<Strategy, Vec<Diagnostic>> {
    let mut node = yaml::parse(source)?;
    for change in overrides {
        change.apply(&mut node).map_err(|diagnostic| vec![diagnostic])?;
    }
    let mut problems = Problems::new(source);
    let read = Reader { generation, problems: &mut problems, of_test: false, ranges: BTreeMap::new() }
        .strategy(&node);
    match read {
        Some(strategy) if !problems.any_error() => Ok(strategy),
        _ => Err(problems.into_vec()),
    }
}

/// Reads the question that a rule file asks about itself; of it, a bloc or a region may be the market.
pub fn read_test(node: &Node, generation: &Generation, problems: &mut Problems<'_>) -> Option<Strategy> {
    Reader { generation, problems, of_test: true, ranges: BTreeMap::new() }.strategy(node)
}

struct Reader<'g, 'p, 's> {
    generation: &'g Generation,
    problems: &'p mut Problems<'s>,
    /// Whether a rule file asks about itself.
    of_test: bool,
    /// The facts that were given as a range so far.
    ranges: BTreeMap<FactPath, Spread<Value>>,
}

impl Reader<'_, '_, '_> {
    fn strategy(mut self, node: &Node) -> Option<Strategy> {
        let fields = Fields::read(node, "a strategy", &KEYS, self.problems)?;
        base::schema(&fields, "strategy", self.problems);
        let problems = &mut *self.problems;
        let title = fields.get("title").and_then(|node| scalar::title(node, problems));
        let as_of =
            fields.require("as_of", problems).and_then(|node| scalar::date(node, "`as_of`", problems));
        let currency = fields.require("currency", problems).and_then(|node| scalar::currency(node, problems));
        let horizon_years = fields.require("horizon_years", problems).and_then(|node| years(node, problems));
        let discount = fields.require("discount", problems).and_then(|node| discount(node, problems));
        let weight_means = fields.get("weight_means").map_or(Some(WeightMeans::Priority), |node| {
            let words =
                [WeightMeans::Priority, WeightMeans::Probability].map(|means| (means.as_str(), means));
            scalar::word(node, "`weight_means`", &words, problems)
        });
        let report = fields.get("report").and_then(|node| report(node, problems));
        let fx = fields.get("fx").map(|node| fx_overrides(node, problems)).unwrap_or_default();
        let company = self.scope(&fields, Scope::Company);
        let product = self.scope(&fields, Scope::Product);
        let markets = self.markets(&fields, weight_means?);
        let places = markets.iter().flatten().flat_map(|(id, market)| market.within.keys().chain([id]));
        let asked = places.cloned().collect();
        let rates = fields.get("rates").map(|node| self.rates(node, &asked)).unwrap_or_default();
        Some(Strategy {
            title,
            as_of: as_of?,
            law_of: None,
            currency: currency?,
            horizon_years: horizon_years?,
            discount: discount?,
            weight_means: weight_means?,
            report,
            fx,
            company,
            product,
            rates,
            markets: markets?,
            ranges: self.ranges,
        })
    }

    fn scope(&mut self, fields: &Fields<'_>, scope: Scope) -> BTreeMap<Name, Value> {
        let what = format!("`{}`", scope.as_str());
        let entries = fields.get(scope.as_str()).and_then(|node| yaml::mapping(node, &what, self.problems));
        let declared = given::Declared::of_scope(&self.generation.base, scope);
        let place = if scope == Scope::Company { FactPlace::Company } else { FactPlace::Product };
        let mut facts = BTreeMap::new();
        for entry in entries.unwrap_or_default() {
            let Some(read) = declared.read(entry, self.problems) else { continue };
            self.ranged(&place, &read);
            facts.insert(read.name, read.value);
        }
        facts
    }

    /// Takes in that a fact was given as a range.
    fn ranged(&mut self, place: &FactPlace, read: &given::Read) {
        let Some(range) = &read.range else { return };
        let local = read.of == given::Of::Local;
        let path = FactPath { place: place.clone(), name: read.name.clone(), local };
        self.ranges.insert(path, range.clone());
    }

    /// Day rates for markets of this strategy: one for a bloc would be read by nobody.
    fn rates(
        &mut self,
        node: &Node,
        asked: &BTreeSet<JurisdictionId>,
    ) -> BTreeMap<(Name, JurisdictionId), Spread<Money>> {
        let mut rates = BTreeMap::new();
        for role in yaml::mapping(node, "`rates`", self.problems).unwrap_or_default() {
            let roles = &self.generation.base.roles;
            let Some((name, _)) = roles.get_key_value(role.key.as_str()) else {
                let help = did_you_mean(&role.key, roles.keys().map(AsRef::as_ref));
                let message = format!("unknown role `{}`", yaml::shorten(&role.key));
                self.problems.error_help(role.key_span, message, help);
                continue;
            };
            for entry in yaml::mapping(&role.value, "a role's rates", self.problems).unwrap_or_default() {
                let place = self.asked_place(entry, asked);
                let rate = scalar::money_spread(&entry.value, "a day rate", self.problems);
                if let (Some(place), Some(rate)) = (place, rate) {
                    rates.insert((name.clone(), place), rate);
                }
            }
        }
        rates
    }

    fn asked_place(&mut self, entry: &Entry, asked: &BTreeSet<JurisdictionId>) -> Option<JurisdictionId> {
        let id = scalar::jurisdiction_key(entry, self.problems)?;
        if asked.contains(&id) {
            return Some(id);
        }
        let help = did_you_mean(id.as_str(), asked.iter().map(AsRef::as_ref));
        self.problems.error_help(entry.key_span, format!("`{id}` is no market of this strategy"), help);
        None
    }

    /// A jurisdiction this generation has heard of.
    fn known_place(&mut self, entry: &Entry) -> Option<JurisdictionId> {
        let id = scalar::jurisdiction_key(entry, self.problems)?;
        if self.generation.closures.contains_key(&id) || self.generation.unavailable.contains_key(&id) {
            return Some(id);
        }
        let known = self.generation.market_ids();
        let help = did_you_mean(id.as_str(), known.iter().map(AsRef::as_ref));
        self.problems.error_help(entry.key_span, format!("unknown market `{id}`"), help);
        None
    }

    fn markets(
        &mut self,
        fields: &Fields<'_>,
        means: WeightMeans,
    ) -> Option<BTreeMap<JurisdictionId, Market>> {
        let node = fields.require("markets", self.problems)?;
        let entries = yaml::mapping(node, "`markets`", self.problems)?;
        if entries.is_empty() || entries.len() > MAX_MARKETS {
            let message =
                format!("a strategy has {} markets: from 1 to {MAX_MARKETS} are asked about", entries.len());
            self.problems.error(node.span, message);
        }
        let mut markets = BTreeMap::new();
        for entry in entries {
            let Some(id) = self.known_place(entry) else { continue };
            if let Some(market) = self.market(&id, entry, means) {
                markets.insert(id, market);
            }
        }
        if let Some(node) = fields.get("choices") {
            self.pin_everywhere(node, &mut markets);
        }
        Some(markets)
    }

    fn market(&mut self, id: &JurisdictionId, entry: &Entry, means: WeightMeans) -> Option<Market> {
        let generation = self.generation;
        let jurisdiction = generation.closures.get(id).map(|closure| &*closure.jurisdiction);
        if let Some(jurisdiction) = jurisdiction {
            self.is_market(jurisdiction, entry)?;
        }
        let what = format!("the market `{id}`");
        let entries = yaml::mapping(&entry.value, &what, self.problems)?;
        let declared = given::Declared::of_market(&generation.base, jurisdiction);
        let mut given = Given::default();
        let mut within = BTreeMap::new();
        let mut weight = None;
        for field in entries {
            match field.key.as_str() {
                "weight" => weight = self.weight(&field.value, means),
                "choices" => self.pin(&field.value, id, jurisdiction, &mut given.pinned),
                "within" => within = self.within(&field.value, id),
                _ => {
                    let place = FactPlace::Market(id.clone());
                    self.given(field, jurisdiction, &declared, &place, &mut given);
                }
            }
        }
        if !entries.iter().any(|field| field.key == "weight") {
            let help = "add `weight: 1`, or what this market counts beside the others";
            self.problems.error_help(entry.key_span, format!("{what} needs `weight`"), help);
        }
        Some(Market { weight: weight?, given, within })
    }

    /// One fact of a place; where its rule file is unavailable, nobody knows which facts it declares.
    fn given(
        &mut self,
        field: &Entry,
        jurisdiction: Option<&Jurisdiction>,
        declared: &given::Declared<'_>,
        place: &FactPlace,
        given: &mut Given,
    ) {
        if jurisdiction.is_none() {
            return;
        }
        let Some(read) = declared.read(field, self.problems) else { return };
        self.ranged(place, &read);
        let facts = match read.of {
            given::Of::Local => &mut given.local,
            given::Of::Scope => &mut given.facts,
        };
        facts.insert(read.name, read.value);
    }

    /// The regions within a country, each with the facts that are its own.
    fn within(&mut self, node: &Node, country: &JurisdictionId) -> BTreeMap<JurisdictionId, Given> {
        let mut within = BTreeMap::new();
        for entry in yaml::mapping(node, "`within`", self.problems).unwrap_or_default() {
            let Some(id) = self.region(entry, country) else { continue };
            let generation = self.generation;
            let jurisdiction = generation.closures.get(&id).map(|closure| &*closure.jurisdiction);
            let declared = given::Declared::of_market(&generation.base, jurisdiction);
            let mut given = Given::default();
            let what = format!("the region `{id}`");
            for field in yaml::mapping(&entry.value, &what, self.problems).unwrap_or_default() {
                match field.key.as_str() {
                    "choices" => {
                        self.pin(&field.value, &id, jurisdiction, &mut given.pinned);
                        self.only_of_region(&field.value, country, jurisdiction);
                    }
                    key if RESERVED_MARKET_NAMES.contains(&key) => {
                        let help = format!("`{country}` has it: a region counts as part of its country");
                        let message = format!("unknown key `{key}` under a region");
                        self.problems.error_help(field.key_span, message, help);
                    }
                    _ => {
                        let place = FactPlace::Region { market: country.clone(), region: id.clone() };
                        self.given(field, jurisdiction, &declared, &place, &mut given);
                    }
                }
            }
            within.insert(id, given);
        }
        within
    }

    /// What a region inherits is decided for its whole country.
    fn only_of_region(&mut self, node: &Node, country: &JurisdictionId, region: Option<&Jurisdiction>) {
        let generation = self.generation;
        let (Some(region), Some(closure)) = (region, generation.closures.get(country)) else { return };
        for entry in yaml::mapping(node, "`choices`", self.problems).unwrap_or_default() {
            let choice = region.merged.choices.get(entry.key.as_str());
            if choice.is_some_and(|choice| closure.jurisdiction.lineage.contains_key(&choice.id.jurisdiction))
            {
                let message = format!("`{}` is one decision for all of `{country}`", entry.key);
                let help = format!("pin it there: `markets.{country}.choices.{}`", entry.key);
                self.problems.error_help(entry.key_span, message, help);
            }
        }
    }

    /// A region of that country.
    fn region(&mut self, entry: &Entry, country: &JurisdictionId) -> Option<JurisdictionId> {
        let id = scalar::jurisdiction_key(entry, self.problems)?;
        let regions = self.generation.regions(country);
        // Nobody knows what a file says that is unavailable.
        if regions.contains(&&id) || self.generation.unavailable.contains_key(&id) {
            return Some(id);
        }
        let help = match regions.is_empty() {
            true => format!("`{country}` has no regions here: take `within` out"),
            false => did_you_mean(id.as_str(), regions.iter().map(AsRef::as_ref)),
        };
        self.problems.error_help(entry.key_span, format!("`{id}` is no region of `{country}`"), help);
        None
    }

    fn is_market(&mut self, jurisdiction: &Jurisdiction, entry: &Entry) -> Option<()> {
        let id = jurisdiction.id();
        match jurisdiction.own.kind {
            _ if self.of_test => Some(()),
            Kind::Country => Some(()),
            Kind::Bloc => {
                let members = self.generation.members(id);
                let message = format!("`{id}` is a bloc, not a market");
                let members: Vec<_> = members.iter().map(|member| format!("`{member}`")).collect();
                let help = format!("name its members instead: {}", members.join(", "));
                self.problems.error_help(entry.key_span, message, help);
                None
            }
            Kind::Region => {
                let message = format!("`{id}` is a region, not a market");
                let country = self.generation.country_of(jurisdiction);
                let country = country.map_or("its country", |country| country.as_str());
                let help =
                    format!("name it within {country}: `{country}: {{weight: 1, within: {{{id}: {{}}}}}}`");
                self.problems.error_help(entry.key_span, message, help);
                None
            }
        }
    }

    fn weight(&mut self, node: &Node, means: WeightMeans) -> Option<Exact> {
        let weight = scalar::decimal(node, "a weight", scalar::RATIO_DECIMALS, self.problems)?;
        if weight.is_negative() {
            let help = "write 0 or more: a negative weight would pay for costs";
            self.problems.error_help(node.span, "a weight is negative", help);
            return None;
        }
        if means == WeightMeans::Probability && weight > Exact::ONE {
            let help = "write 0 to 1, or `weight_means: priority`";
            self.problems.error_help(node.span, "a probability is above 1", help);
            return None;
        }
        Some(weight)
    }

    fn pin(
        &mut self,
        node: &Node,
        id: &JurisdictionId,
        jurisdiction: Option<&Jurisdiction>,
        pinned: &mut BTreeMap<Name, Name>,
    ) {
        let Some(jurisdiction) = jurisdiction else { return };
        for entry in yaml::mapping(node, "`choices`", self.problems).unwrap_or_default() {
            let choices = &jurisdiction.merged.choices;
            let Some((name, choice)) = choices.get_key_value(entry.key.as_str()) else {
                let help = did_you_mean(&entry.key, choices.keys().map(AsRef::as_ref));
                let message = format!("`{id}` has no choice `{}`", yaml::shorten(&entry.key));
                self.problems.error_help(entry.key_span, message, help);
                continue;
            };
            let options: Vec<&str> = choice.options.iter().map(|option| option.name.as_str()).collect();
            if let Some(option) = self.option(entry, &options) {
                pinned.insert(name.clone(), option);
            }
        }
    }

    fn option(&mut self, entry: &Entry, options: &[&str]) -> Option<Name> {
        let text = yaml::text(&entry.value, "an option", self.problems)?;
        if !options.contains(&text) {
            let message = format!("`{}` is no option of `{}`", yaml::shorten(text), entry.key);
            self.problems.error_help(entry.value.span, message, did_you_mean(text, options.iter().copied()));
            return None;
        }
        Name::parse(text).ok()
    }

    /// Pins choices in every market that has them and does not pin them itself.
    fn pin_everywhere(&mut self, node: &Node, markets: &mut BTreeMap<JurisdictionId, Market>) {
        let generation = self.generation;
        for entry in yaml::mapping(node, "`choices`", self.problems).unwrap_or_default() {
            let mut options = Vec::new();
            let mut holders = Vec::new();
            for id in markets.keys() {
                let Some(closure) = generation.closures.get(id) else { continue };
                if let Some(choice) = closure.jurisdiction.merged.choices.get(entry.key.as_str()) {
                    options.extend(choice.options.iter().map(|option| option.name.as_str()));
                    holders.push((id.clone(), choice));
                }
            }
            // Which choices a market has is not known while its rules are unavailable.
            if holders.is_empty() && markets.keys().any(|id| !generation.closures.contains_key(id)) {
                continue;
            }
            if holders.is_empty() {
                let known: Vec<_> = markets
                    .keys()
                    .filter_map(|id| generation.closures.get(id))
                    .flat_map(|closure| closure.jurisdiction.merged.choices.keys().map(AsRef::as_ref))
                    .collect();
                let message = format!("no market has a choice `{}`", yaml::shorten(&entry.key));
                self.problems.error_help(entry.key_span, message, did_you_mean(&entry.key, known));
                continue;
            }
            options.sort_unstable();
            options.dedup();
            let Some(option) = self.option(entry, &options) else { continue };
            for (id, choice) in holders {
                let Some(market) = markets.get_mut(&id) else { continue };
                let pinned = &mut market.given.pinned;
                if choice.position(option.as_str()).is_none() && !pinned.contains_key(&choice.id.name) {
                    let message = format!("`{option}` is no option of `{}` in `{id}`", entry.key);
                    let help = format!("pin it for `{id}` by itself, under `markets.{id}.choices`");
                    self.problems.error_help(entry.value.span, message, help);
                }
                pinned.entry(choice.id.name.clone()).or_insert_with(|| option.clone());
            }
        }
    }
}

fn years(node: &Node, problems: &mut Problems<'_>) -> Option<u32> {
    let years = scalar::count(node, "`horizon_years`", problems)?;
    if !(1..=MAX_YEARS).contains(&years) {
        problems.error(node.span, format!("`horizon_years` is from 1 to {MAX_YEARS}, not {years}"));
        return None;
    }
    u32::try_from(years).ok()
}

fn discount(node: &Node, problems: &mut Problems<'_>) -> Option<Exact> {
    let discount = scalar::ratio(node, "`discount`", problems)?;
    scalar::not_negative(discount, node, "`discount`", problems)
}

fn report(node: &Node, problems: &mut Problems<'_>) -> Option<Report> {
    let fields = Fields::read(node, "`report`", &["scale", "label"], problems)?;
    let scale = fields.require("scale", problems).and_then(|node| {
        let scale = scalar::count(node, "`scale`", problems)?;
        if scale < 1 {
            problems.error(node.span, "`scale` is at least 1");
        }
        u64::try_from(scale).ok()
    });
    let label = fields.require("label", problems).and_then(|node| yaml::text(node, "`label`", problems));
    Some(Report { scale: scale?, label: label?.into() })
}

fn fx_overrides(node: &Node, problems: &mut Problems<'_>) -> fx::Overrides {
    let mut overrides = fx::Overrides::new();
    for entry in yaml::mapping(node, "`fx`", problems).unwrap_or_default() {
        let pair = base::pair(entry, problems);
        let Some(fields) = Fields::read(&entry.value, "an exchange rate", &["rate", "source"], problems)
        else {
            continue;
        };
        let rate = fields.require("rate", problems).and_then(|node| base::exchange_rate(node, problems));
        let source =
            fields.require("source", problems).and_then(|node| yaml::text(node, "`source`", problems));
        if let (Some(pair), Some(rate), Some(source)) = (pair, rate, source) {
            if overrides.contains_key(&(pair.1, pair.0)) {
                let message = format!("`{}` is the inverse of a pair above", entry.key);
                problems.error_help(entry.key_span, message, "keep one of them: pairs invert by themselves");
            }
            overrides.insert(pair, (rate, source.into()));
        }
    }
    overrides
}
