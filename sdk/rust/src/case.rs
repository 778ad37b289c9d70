//! The case: everything a plugin is given, and the typed ways it can say no.

use std::fmt;

use crate::{
    Cadence, Choices, Exact, Given, Ground, Knows, Line, Needs, Overflow, Plugin, Ratio, Settings, Spread,
    Stage, Value,
};

/// What a plugin is asked about: one market, one period, one set of options.
#[derive(Debug)]
pub struct Case<P: Plugin> {
    /// The stage asked for; one of those the plugin declares.
    pub stage: Stage,
    /// ISO 4217 code that every amount here and in the answer is in.
    pub currency: String,
    /// What the strategy says.
    pub facts: P::Facts,
    /// What the rule files say, as in force in this period.
    pub params: P::Params,
    /// Which option is being tried.
    pub choices: P::Choices,
    /// Triggered obligations: those this plugin costs, priced, and those that demand something of it.
    pub obligations: Vec<Obligation<P::Demands, P::Knows>>,
    /// What the rule file sets for this plugin.
    pub settings: P::Settings,
}

/// A triggered obligation.
#[derive(Debug, Clone)]
pub struct Obligation<D, K> {
    pub(crate) index: u32,
    /// Which of the obligations the plugin knows this is.
    pub known: Option<K>,
    /// What its effort costs once, priced by the host.
    pub once: Option<Spread>,
    /// What its effort costs every year, priced by the host.
    pub yearly: Option<Spread>,
    /// What it demands of this plugin.
    pub demands: Option<D>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Position of an optional fact that turned out to be needed.
    NeedsFact(u32),
    /// Position of an optional param that turned out to be needed.
    NeedsParam(u32),
    /// Anything else: lower case, no full stop.
    Refused(String),
}

impl Failure {
    /// A refusal with its reason.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::Refused(reason.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeedsFact(at) => write!(f, "fact {at} is needed"),
            Self::NeedsParam(at) => write!(f, "param {at} is needed"),
            Self::Refused(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Overflow> for Failure {
    fn from(overflow: Overflow) -> Self {
        Self::Refused(overflow.to_string())
    }
}

impl<P: Plugin> Case<P> {
    /// The priced effort of every obligation, as lines `once` and `yearly`. A plugin that adds
    /// nothing of its own to an obligation must still pass its effort through, or it would be lost.
    #[must_use]
    pub fn priced_effort(&self) -> Vec<Line> {
        self.obligations.iter().flat_map(Obligation::priced_effort).collect()
    }
}

impl<D, K> Obligation<D, K> {
    /// The priced effort of this obligation, as lines `once` and `yearly`.
    pub fn priced_effort(&self) -> impl Iterator<Item = Line> + use<D, K> {
        let once = self.once.map(|amount| Line::once("once", amount).of(self));
        let yearly = self.yearly.map(|amount| Line::yearly("yearly", amount).of(self));
        once.into_iter().chain(yearly)
    }

    /// The priced effort less what something that exists already saves of it. Each line says that
    /// it rests on the parts and on the share of its cadence, in that order.
    ///
    /// ```
    /// use landfall_plugin::{Given, Ground, Obligation, Ratio, Saved, Spread};
    /// # fn estimate(obligation: &Obligation<(), ()>) -> Result<(), landfall_plugin::Failure> {
    /// // A programme that is half complete saves 1/2 × 80 % of effort once, and 1/2 × 40 % of it every year.
    /// let maturity = Given::new(Ratio::percent(50), Ground::Fact(0));
    /// let [once, yearly] = [80, 40].map(|percent| Given::new(Ratio::percent(percent), Ground::Param(0)));
    /// let lines = obligation.effort_less(&Saved { parts: &[maturity], once, yearly })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn effort_less(&self, saved: &Saved<'_>) -> Result<Vec<Line>, Overflow> {
        let less = |line: Line| {
            let share = saved.share(line.cadence);
            let cost = line.cost.amount.times(saved.left(*share))?.into();
            let line = saved.parts.iter().fold(Line { cost, ..line }, |line, part| line.used(&[part]));
            Ok(line.used(&[&share]))
        };
        self.priced_effort().map(less).collect()
    }
}

/// What something that exists already, such as a privacy programme, saves of effort: its parts (how
/// complete it is, how much of it serves here) times the share that the whole of it would save.
#[derive(Debug, Clone, Copy)]
pub struct Saved<'a> {
    /// What is multiplied with either share.
    pub parts: &'a [Given<Ratio>],
    /// The share of effort once.
    pub once: Given<Ratio>,
    /// The share of effort every year.
    pub yearly: Given<Ratio>,
}

impl Saved<'_> {
    const fn share(&self, cadence: Cadence) -> Given<Ratio> {
        match cadence {
            Cadence::Once => self.once,
            Cadence::Yearly => self.yearly,
        }
    }

    fn left(&self, share: Ratio) -> Exact {
        Exact::ONE - self.parts.iter().fold(share.into(), |saved: Exact, part| saved * *part)
    }
}

/// Refuses a ratio that is no share of a whole.
///
/// # Errors
/// Names `what` where it is below 0 % or above 100 %.
pub fn share(given: Given<Ratio>, what: &str) -> Result<Ratio, Failure> {
    if given.is_share() {
        Ok(*given)
    } else {
        Err(Failure::Refused(format!("`{what}` must be from 0 % to 100 %")))
    }
}

/// A case as it crosses the boundary: by position, untyped.
#[derive(Debug, Clone)]
pub(crate) struct RawCase {
    pub(crate) stage: Stage,
    pub(crate) currency: String,
    pub(crate) facts: Vec<Value>,
    pub(crate) params: Vec<Value>,
    pub(crate) choices: Vec<u32>,
    pub(crate) obligations: Vec<RawObligation>,
    pub(crate) settings: String,
}

#[derive(Debug, Clone)]
pub(crate) struct RawObligation {
    pub(crate) known: Option<u32>,
    pub(crate) once: Option<Spread>,
    pub(crate) yearly: Option<Spread>,
    pub(crate) demands: Vec<Value>,
}

/// Reads the case and asks the plugin: what the exported function does, on wasm and in tests alike.
pub(crate) fn answer<P: Plugin>(raw: RawCase) -> Result<Vec<Line>, Failure> {
    P::estimate(Case::read(raw)?)
}

impl<P: Plugin> Case<P> {
    fn read(raw: RawCase) -> Result<Self, Failure> {
        let obligations = (0..).zip(raw.obligations).map(|(index, raw)| Obligation::read(index, raw));
        Ok(Self {
            stage: raw.stage,
            currency: raw.currency,
            facts: P::Facts::read(raw.facts, Ground::Fact)?,
            params: P::Params::read(raw.params, Ground::Param)?,
            choices: P::Choices::read(&raw.choices)?,
            obligations: obligations.collect::<Result<_, _>>()?,
            settings: P::Settings::read(&raw.settings)
                .map_err(|reason| Failure::Refused(format!("the settings do not fit: {reason}")))?,
        })
    }
}

impl<D: Needs, K: Knows> Obligation<D, K> {
    fn read(index: u32, raw: RawObligation) -> Result<Self, Failure> {
        let known = raw.known.map(|at| {
            let unknown = || Failure::refused("the host named an obligation this plugin does not know");
            K::ALL.get(at as usize).copied().ok_or_else(unknown)
        });
        // An obligation that is here to be costed, and demands nothing, has only missing demands.
        let silent = raw.demands.iter().all(|value| *value == Value::Missing);
        let demands = if silent { None } else { Some(D::read(raw.demands, Ground::Demand)?) };
        Ok(Self { index, known: known.transpose()?, once: raw.once, yearly: raw.yearly, demands })
    }
}
