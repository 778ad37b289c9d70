//! What one market is evaluated from: its country and the regions within, each with its rules and facts.
//!
//! A region adds obligations, penalties, blocks and gaps of its own. They reach the plugins bound in the
//! country in the same call, so nothing the country pays is paid again.

use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;

use super::{
    Conversion, choosing,
    facts::Values,
    horizon::{self, Horizon, Period},
    linking,
    remembered::Remembered,
    varied::Varied,
};
use crate::{
    generation::{BoundObligation, BoundPlugin, BoundStage, Closure, Generation},
    id::{JurisdictionId, Name, PluginId, QualifiedId, Stage},
    money::{Currency, Exact, Money, Overflow},
    rules::{
        book::{Block, Choice, Exception, Gap, Merged, Obligation, Penalty},
        expression::{Reference, Root},
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
    /// What its places define, each once.
    defined: Defined<'a>,
    /// Whether the answer is to say why; what is only summed need not.
    pub(super) explained: bool,
    /// Which choices must be decided together, once somebody asks.
    groups: OnceCell<Vec<BTreeSet<QualifiedId>>>,
    /// The choices that each block reads, once somebody asks.
    read_by_blocks: OnceCell<Vec<BTreeSet<QualifiedId>>>,
    /// The open terms in its rules, once somebody asks.
    terms: OnceCell<Vec<(usize, Reference)>>,
    /// What names stand for at each place, once somebody asks.
    values: OnceCell<Vec<Values>>,
    /// Facts that are others than the strategy says.
    pub(super) varied: Varied,
    /// What was worked out of it so far.
    pub(super) remembered: Remembered,
    /// The rates asked for so far: few.
    quoted: RefCell<Vec<Quoted>>,
}

/// A rate that was asked for.
struct Quoted {
    from: Currency,
    to: Currency,
    quote: Result<fx::Quote, fx::NoRate>,
    /// Whether an amount was converted at it.
    used: bool,
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

impl<'a> CalledStage<'a> {
    /// Those that compute it.
    pub(super) fn plugins(&self) -> &[Called<'a>] {
        match self {
            Self::Plugins(called) => called,
            Self::None { .. } => &[],
        }
    }
}

/// A plugin with the obligations that it sees.
pub(super) struct Called<'a> {
    /// The place whose facts and params it reads.
    pub(super) place: usize,
    pub(super) bound: &'a BoundPlugin,
    /// By qualified id.
    pub(super) obligations: Vec<Seen<'a>>,
    /// Only what it says of obligations counts: the rest is paid by each market.
    pub(super) only_obligations: bool,
}

/// An obligation that a plugin sees.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    /// The place it comes from.
    pub(super) place: usize,
    pub(super) bound: &'a BoundObligation,
    /// Its number among the obligations of the market.
    pub(super) number: usize,
}

impl Called<'_> {
    pub(super) fn sees(&self, id: &QualifiedId) -> bool {
        self.obligations.binary_search_by(|seen| seen.id().cmp(id)).is_ok()
    }
}

impl<'a> Seen<'a> {
    pub(super) fn id(&self) -> &'a QualifiedId {
        &self.bound.obligation.id
    }
}

/// An obligation with an exception of its that triggers another instead.
type Excepting<'a> = (&'a Arc<Obligation>, &'a Exception);

/// A definition of each kind with its place, each once.
struct Defined<'a> {
    obligations: Vec<(usize, &'a Arc<Obligation>)>,
    penalties: Vec<(usize, &'a Arc<Penalty>)>,
    blocks: Vec<(usize, &'a Arc<Block>)>,
    gaps: Vec<(usize, &'a Arc<Gap>)>,
    choices: BTreeMap<&'a QualifiedId, (usize, &'a Arc<Choice>)>,
    /// By place, what is triggered instead of something.
    instead: Vec<BTreeMap<&'a Name, Vec<Excepting<'a>>>>,
}

impl<'a> Defined<'a> {
    fn of(places: &[Place<'a>]) -> Self {
        let choices = at_places(places, |merged| &merged.choices, |of| &of.id);
        Self {
            obligations: at_places(places, |merged| &merged.obligations, |of| &of.id),
            penalties: at_places(places, |merged| &merged.penalties, |of| &of.id),
            blocks: at_places(places, |merged| &merged.blocks, |of| &of.id),
            gaps: at_places(places, |merged| &merged.gaps, |of| &of.id),
            choices: choices.into_iter().map(|(place, choice)| (&choice.id, (place, choice))).collect(),
            instead: places.iter().map(instead).collect(),
        }
    }
}

fn instead<'a>(place: &Place<'a>) -> BTreeMap<&'a Name, Vec<Excepting<'a>>> {
    let mut triggered = BTreeMap::<_, Vec<_>>::new();
    for obligation in place.merged().obligations.values() {
        for exception in obligation.exceptions.values() {
            if let Some(name) = &exception.instead {
                triggered.entry(name).or_default().push((obligation, exception));
            }
        }
    }
    triggered
}

/// Whether a definition of a file is evaluated at that place: a region's own only there.
fn stands_at(places: &[Place<'_>], place: usize, file: &JurisdictionId) -> bool {
    let Some(country) = places.first().filter(|_| place > 0) else { return true };
    !country.closure.jurisdiction.lineage.contains_key(file)
}

fn at_places<'a, T>(
    places: &[Place<'a>],
    of: impl Fn(&'a Merged) -> &'a BTreeMap<Name, Arc<T>>,
    id: impl Fn(&'a T) -> &'a QualifiedId,
) -> Vec<(usize, &'a Arc<T>)> {
    let mut known = BTreeSet::new();
    let mut found = Vec::new();
    for (number, place) in places.iter().enumerate() {
        for thing in of(place.merged()).values() {
            let id = id(thing);
            // Within one place a name stands once.
            if stands_at(places, number, &id.jurisdiction) && (places.len() == 1 || known.insert(id)) {
                found.push((number, thing));
            }
        }
    }
    found
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
        Self::new(generation, strategy, market.weight, places, market_stages)
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
        Self::new(generation, strategy, weight, vec![place], |_, defined| {
            shared_stages(closure, obligations, defined)
        })
    }

    fn new(
        generation: &'a Generation,
        strategy: &'a Strategy,
        weight: Exact,
        places: Vec<Place<'a>>,
        stages: impl FnOnce(&[Place<'a>], &Defined<'a>) -> BTreeMap<Stage, CalledStage<'a>>,
    ) -> Self {
        let defined = Defined::of(&places);
        let stages = stages(&places, &defined);
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
            defined,
            explained: true,
            groups: OnceCell::new(),
            read_by_blocks: OnceCell::new(),
            terms: OnceCell::new(),
            values: OnceCell::new(),
            varied: Varied::default(),
            remembered: Remembered::default(),
            quoted: RefCell::default(),
        }
    }

    /// To be summed and nothing else.
    pub(super) fn unexplained(self) -> Self {
        Self { explained: false, ..self }
    }

    /// With these facts as they are varied.
    pub(super) fn with(self, varied: Varied) -> Self {
        Self { varied, ..self }
    }

    /// What names stand for at each place, where somebody asked; they are to be put back.
    pub(super) fn values_taken(&mut self) -> Option<Vec<Values>> {
        self.values.take()
    }

    pub(super) fn values_are(&mut self, values: Vec<Values>) {
        self.values = values.into();
    }

    /// Split at these days too.
    pub(super) fn split(mut self, days: &BTreeSet<Date>) -> Self {
        let mut days = days.clone();
        days.extend(changes(&self.places));
        self.periods = horizon::periods(self.strategy, &days);
        self.values = OnceCell::new();
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

    /// Every obligation with its place.
    pub(super) fn obligations(&self) -> &[(usize, &'a Arc<Obligation>)] {
        &self.defined.obligations
    }

    /// The obligations of a place with an exception that triggers `name` instead.
    pub(super) fn excepting(&self, place: usize, name: &Name) -> &[Excepting<'a>] {
        let at_place = self.defined.instead.get(place).or_else(|| self.defined.instead.first());
        at_place.and_then(|triggered| triggered.get(name)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every penalty with its place.
    pub(super) fn penalties(&self) -> &[(usize, &'a Arc<Penalty>)] {
        &self.defined.penalties
    }

    /// Every block with its place.
    pub(super) fn blocks(&self) -> &[(usize, &'a Arc<Block>)] {
        &self.defined.blocks
    }

    /// Every gap with its place.
    pub(super) fn gaps(&self) -> &[(usize, &'a Arc<Gap>)] {
        &self.defined.gaps
    }

    /// Every choice with its place, by qualified id.
    pub(super) const fn choices(&self) -> &BTreeMap<&'a QualifiedId, (usize, &'a Arc<Choice>)> {
        &self.defined.choices
    }

    /// The option the strategy pins of a choice.
    pub(super) fn pinned(&self, choice: &QualifiedId) -> Option<&'a Name> {
        self.places.iter().find_map(|place| {
            let named = place.merged().choices.get(&choice.name).filter(|known| known.id == *choice)?;
            place.given.pinned.get(&named.id.name)
        })
    }

    /// The choices that bear on an obligation, by their places among the choices.
    pub(super) fn bearing_on(&self, number: usize) -> &[usize] {
        self.remembered.bearing_on(self, number)
    }

    /// The choices that must be decided together, group by group.
    pub(super) fn groups(&self) -> &[BTreeSet<QualifiedId>] {
        self.groups.get_or_init(|| linking::groups(self))
    }

    /// The choices that each block reads.
    pub(super) fn read_by_blocks(&self) -> &[BTreeSet<QualifiedId>] {
        self.read_by_blocks.get_or_init(|| {
            let read =
                |(place, block): &(usize, &Arc<Block>)| linking::of_block(block, self.place(*place).merged());
            self.blocks().iter().map(read).collect()
        })
    }

    /// The open terms that an answer may rest on, each at its place.
    pub(super) fn terms(&self) -> &[(usize, Reference)] {
        self.terms.get_or_init(|| {
            let at = |(place, _): (usize, &_)| {
                let names = choosing::references(self, place).into_iter();
                names.filter(|name| name.root == Root::Term).map(move |name| (place, name))
            };
            self.places().flat_map(at).collect()
        })
    }

    /// What names stand for at a place.
    pub(super) fn values(&self, place: usize) -> Option<&Values> {
        self.values.get_or_init(|| Values::of(self)).get(place)
    }

    /// The plugins of every stage.
    pub(super) fn called(&self) -> impl Iterator<Item = &Called<'a>> {
        self.stages.values().flat_map(CalledStage::plugins)
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
        let mut quoted = self.quoted.borrow_mut();
        let known = quoted.iter().position(|of| (of.from, of.to) == (money.currency, currency));
        let place = known.unwrap_or_else(|| {
            let quote = self.rates.quote(money.currency, currency);
            quoted.push(Quoted { from: money.currency, to: currency, quote, used: false });
            quoted.len() - 1
        });
        let Some(quoted) = quoted.get_mut(place) else { return Err(Overflow.into()) };
        let rate = quoted.quote.as_ref().map_err(fx::NoRate::clone)?.rate;
        let converted = money.value.mul(rate)?;
        quoted.used = true;
        Ok(converted)
    }

    /// The exchange rates used so far.
    pub(super) fn conversions(&self) -> BTreeMap<(Currency, Currency), fx::Quote> {
        let quoted = self.quoted.borrow();
        let used = quoted.iter().filter(|quoted| quoted.used);
        used.filter_map(|of| Some(((of.from, of.to), of.quote.as_ref().ok()?.clone()))).collect()
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

/// The obligations of a plugin that count, by their ids.
fn seen<'a>(
    bound: &'a BoundPlugin,
    place: usize,
    numbers: &BTreeMap<&QualifiedId, usize>,
    counts: impl Fn(&Obligation) -> bool,
) -> Vec<Seen<'a>> {
    let counted = bound.obligations.iter().filter(|(_, seen)| counts(&seen.obligation));
    let seen = counted.filter_map(|(id, bound)| Some(Seen { place, bound, number: *numbers.get(id)? }));
    seen.collect()
}

fn numbers<'d>(defined: &Defined<'d>) -> BTreeMap<&'d QualifiedId, usize> {
    defined.obligations.iter().enumerate().map(|(number, (_, of))| (&of.id, number)).collect()
}

/// Whether the law is in the books; a proposal costs only under a scenario.
pub(super) fn is_enacted(status: LawStatus) -> bool {
    status == LawStatus::Enacted
}

fn market_stages<'a>(places: &[Place<'a>], defined: &Defined<'a>) -> BTreeMap<Stage, CalledStage<'a>> {
    let mut stages = BTreeMap::new();
    let numbers = numbers(defined);
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
                add(called, number, bound, seen(bound, number, &numbers, own));
            }
        }
    }
    stages
}

/// A region's obligations join the call that the country makes; a plugin that only the region binds is
/// called by itself, where it has something to cost.
fn add<'a>(called: &mut Vec<Called<'a>>, place: usize, bound: &'a BoundPlugin, obligations: Vec<Seen<'a>>) {
    let id = |bound: &'a BoundPlugin| -> &'a PluginId { &bound.binding.plugin };
    match called.iter_mut().find(|other| id(other.bound) == id(bound)) {
        Some(other) => {
            other.obligations.extend(obligations);
            other.obligations.sort_by_key(Seen::id);
            // Of two regions that inherit one definition the later says where it stands.
            other.obligations.dedup_by(|later, earlier| {
                let same = later.id() == earlier.id();
                if same {
                    *earlier = *later;
                }
                same
            });
        }
        None => called.push(Called { place, bound, obligations, only_obligations: false }),
    }
}

fn shared_stages<'a>(
    closure: &'a Arc<Closure>,
    obligations: &BTreeSet<QualifiedId>,
    defined: &Defined<'a>,
) -> BTreeMap<Stage, CalledStage<'a>> {
    let mut stages = BTreeMap::new();
    let numbers = numbers(defined);
    for (stage, bound) in &closure.stages {
        let BoundStage::Plugins(plugins) = bound else { continue };
        let called = plugins.iter().filter_map(|bound| {
            let mut seen = seen(bound, 0, &numbers, |of| obligations.contains(&of.id));
            seen.retain(|seen| seen.bound.costed);
            (!seen.is_empty()).then_some(Called {
                place: 0,
                bound,
                obligations: seen,
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
