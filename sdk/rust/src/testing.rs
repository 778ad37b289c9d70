//! Cases for tests: built by name, answered natively, checked as the host checks.

use std::collections::BTreeSet;

use crate::{
    Choices, Failure, Knows, Line, Need, Needs, Plugin, Spread, Stage, Value,
    case::{self, RawCase, RawObligation},
};

/// A case for one plugin, built by the names the plugin declares.
///
/// What is not given is missing, as it is when a strategy leaves it out; a choice starts at its
/// first option. Settings are JSON as the plugin sees it, with money in ten-thousandths.
///
/// ```
/// use landfall_plugin::{Amount, Case, Count, Failure, Line, Plugin, Ratio, Spread, TestCase, NoSettings, needs};
/// # use landfall_plugin::{About, Stage, about};
/// needs! { pub struct Facts { pub users: Count = "market.users" } }
/// needs! { pub struct Params { pub price: Amount = "seat_price" } }
/// # #[derive(Debug)]
/// struct Seats;
/// impl Plugin for Seats {
///     // …
/// #    const ABOUT: About = About { id: "seats", version: "1.0.0", summary: "seats", stages: &[Stage::Output], separable: true };
/// #    type Facts = Facts;
/// #    type Params = Params;
/// #    type Demands = ();
/// #    type Choices = ();
/// #    type Knows = ();
/// #    type Settings = NoSettings;
///     fn estimate(case: Case<Self>) -> Result<Vec<Line>, Failure> {
///         let (users, price) = (case.facts.users, case.params.price);
///         let amount = Spread::certain((users * price).amount()?);
///         Ok(vec![Line::yearly("seats", amount).used(&[&users, &price])])
///     }
/// }
/// let case = TestCase::<Seats>::new().fact("market.users", Count(3)).param("seat_price", Amount::units(10));
/// assert_eq!(case.rendered(), "yearly seats: 30.0000");
/// assert_eq!(TestCase::<Seats>::new().estimate(), Err(Failure::NeedsFact(0)));
/// ```
#[derive(Debug)]
pub struct TestCase<P> {
    raw: RawCase,
    plugin: std::marker::PhantomData<P>,
}

/// Whether or not the plugin itself can be cloned.
impl<P> Clone for TestCase<P> {
    fn clone(&self) -> Self {
        Self { raw: self.raw.clone(), plugin: self.plugin }
    }
}

/// An obligation of a [`TestCase`].
#[derive(Debug, Clone, Default)]
pub struct TestObligation {
    known: Option<&'static str>,
    once: Option<Spread>,
    yearly: Option<Spread>,
    demands: Vec<(&'static str, Value)>,
}

impl TestObligation {
    /// One that costs nothing and demands nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One of those the plugin knows.
    #[must_use]
    pub fn known(mut self, id: &'static str) -> Self {
        self.known = Some(id);
        self
    }

    /// With effort priced once.
    #[must_use]
    pub fn once(mut self, effort: Spread) -> Self {
        self.once = Some(effort);
        self
    }

    /// With effort priced every year.
    #[must_use]
    pub fn yearly(mut self, effort: Spread) -> Self {
        self.yearly = Some(effort);
        self
    }

    /// With something it demands.
    #[must_use]
    pub fn demand(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.demands.push((name, value.into()));
        self
    }
}

impl<P: Plugin> Default for TestCase<P> {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::panic, reason = "a test that names what is not declared is wrong, and says so at once")]
impl<P: Plugin> TestCase<P> {
    /// Nothing given, no obligation, in EUR, of the first stage the plugin declares.
    #[must_use]
    pub fn new() -> Self {
        let raw = RawCase {
            stage: P::ABOUT.stages.first().copied().unwrap_or(Stage::Compliance),
            currency: "EUR".to_owned(),
            facts: vec![Value::Missing; P::Facts::NEEDS.len()],
            params: vec![Value::Missing; P::Params::NEEDS.len()],
            choices: vec![0; P::Choices::CHOICES.len()],
            obligations: Vec::new(),
            settings: "{}".to_owned(),
        };
        Self { raw, plugin: std::marker::PhantomData }
    }

    /// Asks for another stage.
    #[must_use]
    pub fn stage(mut self, stage: Stage) -> Self {
        self.raw.stage = stage;
        self
    }

    /// Gives a fact.
    ///
    /// # Panics
    /// The plugin declares none of that name.
    #[must_use]
    #[track_caller]
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        put("fact", P::Facts::NEEDS, &mut self.raw.facts, name, value.into());
        self
    }

    /// Gives a param.
    ///
    /// # Panics
    /// The plugin declares none of that name.
    #[must_use]
    #[track_caller]
    pub fn param(mut self, name: &str, value: impl Into<Value>) -> Self {
        put("param", P::Params::NEEDS, &mut self.raw.params, name, value.into());
        self
    }

    /// Chooses an option.
    ///
    /// # Panics
    /// The plugin declares no such choice or option.
    #[must_use]
    #[track_caller]
    pub fn choice(mut self, id: &str, option: &str) -> Self {
        let at = P::Choices::CHOICES.iter().position(|(choice, _)| *choice == id);
        let options = at.and_then(|at| P::Choices::CHOICES.get(at));
        let chosen = options.and_then(|(_, options)| options.iter().position(|o| *o == option));
        match (at.and_then(|at| self.raw.choices.get_mut(at)), chosen.map(u32::try_from)) {
            (Some(place), Some(Ok(chosen))) => *place = chosen,
            _ => panic!("the plugin declares no option `{option}` of a choice `{id}`"),
        }
        self
    }

    /// Sets the settings, as the plugin sees them.
    #[must_use]
    pub fn settings(mut self, json: &str) -> Self {
        json.clone_into(&mut self.raw.settings);
        self
    }

    /// Adds a triggered obligation.
    ///
    /// # Panics
    /// It is known, or demands something, by a name the plugin does not declare.
    #[must_use]
    #[track_caller]
    pub fn obligation(mut self, obligation: TestObligation) -> Self {
        let TestObligation { known, once, yearly, demands: given } = obligation;
        let known =
            known.map(|id| match P::Knows::IDS.iter().position(|known| *known == id).map(u32::try_from) {
                Some(Ok(at)) => at,
                _ => panic!("the plugin knows no obligation `{id}`"),
            });
        let mut demands = vec![Value::Missing; P::Demands::NEEDS.len()];
        for (name, value) in given {
            put("demand", P::Demands::NEEDS, &mut demands, name, value);
        }
        self.raw.obligations.push(RawObligation { known, once, yearly, demands });
        self
    }

    /// The plugin's answer, whatever a host would make of it: to be timed, where the checks of
    /// [`Self::estimate`] would be timed too.
    ///
    /// # Errors
    /// The plugin's failure.
    pub fn answer(self) -> Result<Vec<Line>, Failure> {
        case::answer::<P>(self.raw)
    }

    /// The plugin's answer.
    ///
    /// # Errors
    /// The plugin's failure.
    ///
    /// # Panics
    /// The host would refuse the answer: a spread out of order, a count times a price that is not
    /// the amount, two lines of the same identity, an obligation that is not there.
    #[track_caller]
    pub fn estimate(&self) -> Result<Vec<Line>, Failure> {
        let lines = case::answer::<P>(self.raw.clone())?;
        let mut seen = BTreeSet::new();
        for line in &lines {
            if let Some(reason) = refusal(line, self.raw.obligations.len()) {
                panic!("the host would refuse `{line}`: {reason}");
            }
            assert!(
                seen.insert((line.obligation, &line.label)),
                "the host would refuse two lines like `{line}`"
            );
        }
        Ok(lines)
    }

    /// The answer as text, a line per line item; a failure as its message. For tests to compare.
    ///
    /// # Panics
    /// As [`estimate`](Self::estimate).
    #[must_use]
    #[track_caller]
    pub fn rendered(&self) -> String {
        match self.estimate() {
            Ok(lines) => lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
            Err(failure) => format!("failure: {failure}"),
        }
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "a test that names what is not declared is wrong, and says so at once")]
fn put(kind: &str, needs: &[Need], values: &mut [Value], name: &str, value: Value) {
    match needs.iter().position(|need| need.name == name).and_then(|at| values.get_mut(at)) {
        Some(place) => *place = value,
        None => panic!("the plugin declares no {kind} `{name}`"),
    }
}

fn refusal(line: &Line, obligations: usize) -> Option<&'static str> {
    if !line.cost.amount.is_ordered() {
        return Some("its spread is not in order");
    }
    if line.obligation.is_some_and(|at| at as usize >= obligations) {
        return Some("its obligation is not in the case");
    }
    let quantity = line.cost.quantity.as_ref()?;
    let product = quantity.price.times(quantity.count);
    (product != Ok(line.cost.amount)).then_some("its count times its price is not its amount")
}
