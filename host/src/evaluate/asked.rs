//! What one market is evaluated from: its country and the regions within, each with its rules and facts.
//!
//! A region adds obligations, penalties, blocks and gaps of its own. They reach the plugins bound in the
//! country in the same call, so nothing the country pays is paid again.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;

use super::{
    Conversion,
    horizon::{self, Horizon, Period},
};
use crate::{
    generation::{BoundObligation, BoundPlugin, BoundStage, Closure, Generation},
    id::{JurisdictionId, Name, PluginId, QualifiedId, Stage},
    money::{Currency, Exact, Money, Overflow},
    rules::{
        book::{Block, Choice, Gap, Merged, Obligation, Penalty},
        fx,
        schema::jurisdiction::{InForce, LawStatus},
    },
    source::At,
    strategy::{Given, Strategy},
};

/// Everything one market is evaluated from.
pub(crate) struct Asked<'a> {
    pub(super) generation: &'a Generation,
    pub(super) strategy: &'a Strategy,
    /// Its weight in J.
    pub(super) weight: Exact,
    /// The country, then its regions by id; never empty.
    places: Vec<Place<'a>>,
    /// What computes each stage; a stage nobody binds is missing.
    pub(super) stages: BTreeMap<Stage, CalledStage<'a>>,
    /// What its cases are computed in.
    pub(super) currency: Currency,
    rates: fx::Rates<'a>,
    /// How a native amount becomes one in the strategy's currency; or why it cannot.
    pub(super) conversion: Result<(Arc<Conversion>, Horizon), fx::NoRate>,
    /// The parts of the horizon, at least one.
    pub(super) periods: Vec<Period>,
    /// Whether the answer is to say why; what is only summed need not.
    pub(super) explained: bool,
    /// The rates used so far.
    used: RefCell<BTreeMap<(Currency, Currency), fx::Quote>>,
}

/// One place of a market.
pub(super) struct Place<'a> {
    pub(super) closure: &'a Arc<Closure>,
    pub(super) given: &'a Given,
}

impl<'a> Place<'a> {
    pub(super) fn merged(&self) -> &'a Merged {
        &self.closure.jurisdiction.merged
    }

    pub(super) fn id(&self) -> &'a JurisdictionId {
        self.closure.jurisdiction.id()
    }
}

/// What computes a stage here.
pub(super) enum CalledStage<'a> {
    Plugins(Vec<Called<'a>>),
    None { reason: &'a Arc<str>, by: &'a Arc<str>, at: &'a At },
}

/// A plugin with the obligations that it sees, by the place they come from.
pub(super) struct Called<'a> {
    /// The place whose facts and params it reads.
    pub(super) place: usize,
    pub(super) bound: &'a BoundPlugin,
    pub(super) obligations: BTreeMap<QualifiedId, (usize, &'a BoundObligation)>,
    /// Only what it says of obligations counts: the rest is paid by each market.
    pub(super) only_obligations: bool,
}

impl<'a> Asked<'a> {
    /// A country with the regions within that are served.
    pub(super) fn market(
        generation: &'a Generation,
        strategy: &'a Strategy,
        market: &'a crate::strategy::Market,
        closure: &'a Arc<Closure>,
    ) -> Self {
        let country = Place { closure, given: &market.given };
        let regions = market
            .within
            .iter()
            .filter_map(|(id, given)| Some(Place { closure: generation.closures.get(id)?, given }));
        let places: Vec<_> = std::iter::once(country).chain(regions).collect();
        let stages = market_stages(&places);
        Self::new(generation, strategy, market.weight, places, stages)
    }

    /// The file that defines shared obligations, with nothing but them.
    pub(super) fn shared(
        generation: &'a Generation,
        strategy: &'a Strategy,
        closure: &'a Arc<Closure>,
        given: &'a Given,
        weight: Exact,
        obligations: &BTreeSet<QualifiedId>,
    ) -> Self {
        let place = Place { closure, given };
        let stages = shared_stages(closure, obligations);
        Self::new(generation, strategy, weight, vec![place], stages)
    }

    fn new(
        generation: &'a Generation,
        strategy: &'a Strategy,
        weight: Exact,
        places: Vec<Place<'a>>,
        stages: BTreeMap<Stage, CalledStage<'a>>,
    ) -> Self {
        let currency =
            places.first().map_or(strategy.currency, |place| place.closure.jurisdiction.own.currency);
        let rates = fx::Rates { file: &generation.base.fx, overrides: &strategy.fx, as_of: strategy.as_of };
        let conversion = rates.quote(currency, strategy.currency).map(|quote| {
            let horizon = Horizon::new(strategy, &quote);
            (Arc::new(Conversion { from: currency, quote, to: strategy.currency }), horizon)
        });
        let periods = horizon::periods(strategy, &changes(&places));
        Self {
            generation,
            strategy,
            weight,
            places,
            stages,
            currency,
            rates,
            conversion,
            periods,
            explained: true,
            used: RefCell::default(),
        }
    }

    /// To be summed and nothing else.
    pub(super) fn unexplained(self) -> Self {
        Self { explained: false, ..self }
    }

    /// Split at these days too.
    pub(super) fn split(mut self, days: &BTreeSet<Date>) -> Self {
        let mut days = days.clone();
        days.extend(changes(&self.places));
        self.periods = horizon::periods(self.strategy, &days);
        self
    }

    /// The country's closure.
    pub(super) fn closure(&self) -> &'a Arc<Closure> {
        self.country().closure
    }

    #[expect(clippy::indexing_slicing, reason = "both constructors put the country first")]
    pub(super) fn country(&self) -> &Place<'a> {
        &self.places[0]
    }

    /// The place of that number; the country for one that there is not.
    pub(super) fn place(&self, place: usize) -> &Place<'a> {
        self.places.get(place).unwrap_or_else(|| self.country())
    }

    /// Every place with its number.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, &Place<'a>)> {
        self.places.iter().enumerate()
    }

    pub(super) fn id(&self) -> &'a JurisdictionId {
        self.country().id()
    }

    /// The first day of the law that is asked about.
    pub(super) fn first_law(&self) -> Date {
        self.strategy.law_of.unwrap_or(self.strategy.as_of)
    }

    /// Whether a definition of a file is evaluated at that place: a region's own only there.
    fn stands_at(&self, place: usize, file: &JurisdictionId) -> bool {
        place == 0 || !self.country().closure.jurisdiction.lineage.contains_key(file)
    }

    fn at_places<T: 'a>(
        &self,
        of: impl Fn(&'a Merged) -> &'a BTreeMap<Name, Arc<T>>,
        id: impl Fn(&T) -> &QualifiedId,
    ) -> Vec<(usize, &'a Arc<T>)> {
        let mut found: Vec<(usize, &'a Arc<T>)> = Vec::new();
        for (number, place) in self.places() {
            for thing in of(place.merged()).values() {
                let known = found.iter().any(|(_, other)| id(other) == id(thing));
                if self.stands_at(number, &id(thing).jurisdiction) && !known {
                    found.push((number, thing));
                }
            }
        }
        found
    }

    /// Every obligation with its place.
    pub(super) fn obligations(&self) -> Vec<(usize, &'a Arc<Obligation>)> {
        self.at_places(|merged| &merged.obligations, |of| &of.id)
    }

    /// Every penalty with its place.
    pub(super) fn penalties(&self) -> Vec<(usize, &'a Arc<Penalty>)> {
        self.at_places(|merged| &merged.penalties, |of| &of.id)
    }

    /// Every block with its place.
    pub(super) fn blocks(&self) -> Vec<(usize, &'a Arc<Block>)> {
        self.at_places(|merged| &merged.blocks, |of| &of.id)
    }

    /// Every gap with its place.
    pub(super) fn gaps(&self) -> Vec<(usize, &'a Arc<Gap>)> {
        self.at_places(|merged| &merged.gaps, |of| &of.id)
    }

    /// Every choice with its place, by qualified id.
    pub(super) fn choices(&self) -> BTreeMap<&'a QualifiedId, (usize, &'a Arc<Choice>)> {
        let choices = self.at_places(|merged| &merged.choices, |of| &of.id);
        choices.into_iter().map(|(place, choice)| (&choice.id, (place, choice))).collect()
    }

    /// The option the strategy pins of a choice.
    pub(super) fn pinned(&self, choice: &QualifiedId) -> Option<&'a Name> {
        self.places.iter().find_map(|place| {
            let named = place.merged().choices.get(&choice.name).filter(|known| known.id == *choice)?;
            place.given.pinned.get(&named.id.name)
        })
    }

    /// The plugins of every stage.
    pub(super) fn called(&self) -> impl Iterator<Item = &Called<'a>> {
        self.stages.values().flat_map(|stage| match stage {
            CalledStage::Plugins(called) => called.as_slice(),
            CalledStage::None { .. } => &[],
        })
    }

    /// A sum in the case's currency, exactly.
    pub(super) fn to_case(&self, money: Money) -> Result<Exact, ConvertError> {
        self.to(money, self.currency)
    }

    /// A sum in a currency, exactly.
    pub(super) fn to(&self, money: Money, currency: Currency) -> Result<Exact, ConvertError> {
        if money.currency == currency {
            return Ok(money.value);
        }
        let quote = self.rates.quote(money.currency, currency)?;
        let converted = money.value.mul(quote.rate)?;
        self.used.borrow_mut().insert((money.currency, currency), quote);
        Ok(converted)
    }

    /// The exchange rates used so far.
    pub(super) fn conversions(&self) -> BTreeMap<(Currency, Currency), fx::Quote> {
        self.used.borrow().clone()
    }
}

/// Whether something is law on a day; days are half open.
pub(super) fn in_force(dates: InForce, day: Date) -> bool {
    dates.from.is_none_or(|from| from <= day) && dates.to.is_none_or(|to| day < to)
}

/// Every day on which something dated changes in the markets and regions of a strategy: also what costs
/// nothing, as a penalty.
#[must_use]
pub fn dated_days(generation: &Generation, strategy: &Strategy) -> BTreeSet<Date> {
    let mut days = BTreeSet::new();
    for (id, market) in &strategy.markets {
        let Some(closure) = generation.closures.get(id) else { continue };
        let asked = Asked::market(generation, strategy, market, closure);
        days.extend(changes(&asked.places));
        let penalties = asked.places.iter().flat_map(|place| place.merged().penalties.values());
        days.extend(penalties.flat_map(|of| [of.in_force.from, of.in_force.to]).flatten());
    }
    days
}

/// Every day on which something dated changes.
fn changes(places: &[Place<'_>]) -> BTreeSet<Date> {
    let mut days = BTreeSet::new();
    let of = |dates: InForce| [dates.from, dates.to].into_iter().flatten();
    for merged in places.iter().map(Place::merged) {
        for obligation in merged.obligations.values() {
            days.extend(of(obligation.in_force));
            days.extend(obligation.exceptions.values().flat_map(|exception| of(exception.in_force)));
        }
        days.extend(merged.blocks.values().flat_map(|block| of(block.in_force)));
        days.extend(merged.params.values().flat_map(|param| param.changes().map(|(day, _)| day)));
    }
    days
}

fn seen(
    bound: &BoundPlugin,
    place: usize,
    counts: impl Fn(&Obligation) -> bool,
) -> impl Iterator<Item = (QualifiedId, (usize, &BoundObligation))> {
    let counted = bound.obligations.iter().filter(move |(_, seen)| counts(&seen.obligation));
    counted.map(move |(id, seen)| (id.clone(), (place, seen)))
}

/// Whether the law is in the books; a proposal costs only under a scenario.
pub(super) fn is_enacted(status: LawStatus) -> bool {
    status == LawStatus::Enacted
}

fn market_stages<'a>(places: &[Place<'a>]) -> BTreeMap<Stage, CalledStage<'a>> {
    let mut stages = BTreeMap::new();
    let Some(country) = places.first() else { return stages };
    let lineage = &country.closure.jurisdiction.lineage;
    for (number, place) in places.iter().enumerate() {
        let own = |obligation: &Obligation| {
            !obligation.shared && (number == 0 || !lineage.contains_key(&obligation.id.jurisdiction))
        };
        for (stage, bound) in &place.closure.stages {
            let plugins = match bound {
                BoundStage::None { reason, by, at } if number == 0 => {
                    stages.insert(*stage, CalledStage::None { reason, by, at });
                    continue;
                }
                BoundStage::None { .. } => continue,
                BoundStage::Plugins(plugins) => plugins,
            };
            let slot = stages.entry(*stage).or_insert_with(|| CalledStage::Plugins(Vec::new()));
            let CalledStage::Plugins(called) = slot else { continue };
            for bound in plugins {
                add(called, number, bound, seen(bound, number, own));
            }
        }
    }
    stages
}

/// A region's obligations join the call that the country makes; a plugin that only the region binds is
/// called by itself, where it has something to cost.
fn add<'a>(
    called: &mut Vec<Called<'a>>,
    place: usize,
    bound: &'a BoundPlugin,
    obligations: impl Iterator<Item = (QualifiedId, (usize, &'a BoundObligation))>,
) {
    let id = |bound: &BoundPlugin| -> PluginId { bound.binding.plugin.clone() };
    match called.iter_mut().find(|other| id(other.bound) == id(bound)) {
        Some(other) => other.obligations.extend(obligations),
        None => {
            called.push(Called { place, bound, obligations: obligations.collect(), only_obligations: false })
        }
    }
}

fn shared_stages<'a>(
    closure: &'a Arc<Closure>,
    obligations: &BTreeSet<QualifiedId>,
) -> BTreeMap<Stage, CalledStage<'a>> {
    let mut stages = BTreeMap::new();
    for (stage, bound) in &closure.stages {
        let BoundStage::Plugins(plugins) = bound else { continue };
        let called = plugins.iter().filter_map(|bound| {
            let seen = bound.obligations.iter().filter(|(id, seen)| seen.costed && obligations.contains(*id));
            let obligations: BTreeMap<_, _> = seen.map(|(id, seen)| (id.clone(), (0, seen))).collect();
            (!obligations.is_empty()).then_some(Called {
                place: 0,
                bound,
                obligations,
                only_obligations: true,
            })
        });
        let called: Vec<_> = called.collect();
        if !called.is_empty() {
            stages.insert(*stage, CalledStage::Plugins(called));
        }
    }
    stages
}

/// Why an amount could not be converted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConvertError {
    #[error(transparent)]
    NoRate(#[from] fx::NoRate),
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl ConvertError {
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::NoRate(_) => "missing_fx",
            Self::Overflow(_) => "overflow",
        }
    }
}
