//! Tests that stand in rule files: typed, run through the ordinary evaluation, and said what came instead.
//!
//! [`read`] types what is given and expected against a jurisdiction and the base, and finds every slip;
//! [`RuleTest::run`] asks the question with the engine and plugins that serve, and compares. Neither decides
//! what follows: that a file whose tests fail does not go live is `reload`'s business.

mod compare;
mod coverage;
mod expect;
mod given;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use self::coverage::{Coverable, Kind, Touch, coverable};
use self::expect::Expect;
use crate::{
    diagnostic::{Diagnostic, Problems},
    evaluate::{Calls, MarketEvaluation, OverBudget, evaluate_within, findings},
    generation::{Closure, Generation, overlay},
    id::{JurisdictionId, Name, QualifiedId},
    plugin::Engine,
    rules::{
        book::{Base, Jurisdiction},
        schema::{Spanned, jurisdiction::Kind as Place},
    },
    source::{At, SourceFile},
    strategy::Strategy,
};

/// A test of a rule file, typed.
#[derive(Debug)]
pub struct RuleTest {
    name: Spanned<Arc<str>>,
    id: JurisdictionId,
    source: Arc<SourceFile>,
    strategy: Strategy,
    scenario: Vec<Spanned<Arc<str>>>,
    expect: Expect,
}

/// What came of a test.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The test's name.
    pub name: Arc<str>,
    /// Where it stands.
    pub at: At,
    /// What was expected and did not come; empty where it passed.
    pub failures: Vec<Diagnostic>,
    /// What its evaluation touched.
    pub touched: BTreeSet<Touch>,
    /// Whether the same test may end otherwise another time, because a plugin ran out of time.
    pub retryable: bool,
}

impl Verdict {
    /// Whether everything came as expected.
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Types the tests of a jurisdiction's own file.
///
/// # Errors
/// Every slip in what they give or expect, at its place.
pub fn read(
    jurisdiction: &Arc<Jurisdiction>,
    base: &Arc<Base>,
    engine: &Arc<Engine>,
) -> Result<Vec<RuleTest>, Vec<Diagnostic>> {
    let own = &jurisdiction.own;
    if own.tests.is_empty() {
        return Ok(Vec::new());
    }
    // What a question may say stands in the rules; which plugins answer it does not matter yet.
    let unbound = Closure::unbound(Arc::clone(jurisdiction));
    let generation = generation(&Arc::new(unbound), &[], base, engine);
    let mut problems = Problems::new(&own.source);
    let mut tests = Vec::new();
    for test in &own.tests {
        let strategy = given::strategy(test, jurisdiction, &generation, &mut problems);
        let expect = Expect::read(&test.expect, jurisdiction, &mut problems);
        if let (Some(strategy), Some(expect)) = (strategy, expect) {
            let (name, source) = (test.name.clone(), Arc::clone(&own.source));
            let scenario = test.scenario.clone();
            tests.push(RuleTest { name, id: own.id.clone(), source, strategy, scenario, expect });
        }
    }
    if problems.any_error() { Err(problems.into_vec()) } else { Ok(tests) }
}

/// Runs tests that were typed against this closure's jurisdiction; `above` serves the files it inherits.
/// They share the budget of one query.
#[must_use]
pub fn run(
    tests: &[RuleTest],
    closure: &Arc<Closure>,
    above: &[Arc<Closure>],
    base: &Arc<Base>,
    engine: &Arc<Engine>,
) -> Vec<Verdict> {
    let generation = generation(closure, above, base, engine);
    let mut calls = Calls::new(engine);
    tests.iter().map(|test| test.run(&generation, &mut calls)).collect()
}

/// A generation of one jurisdiction and what it inherits: a test asks about nothing else.
fn generation(
    closure: &Arc<Closure>,
    above: &[Arc<Closure>],
    base: &Arc<Base>,
    engine: &Arc<Engine>,
) -> Generation {
    let closures = above.iter().chain([closure]);
    let closures = closures.map(|closure| (closure.jurisdiction.id().clone(), Arc::clone(closure)));
    Generation::new(0, Arc::clone(base), closures.collect(), BTreeMap::new(), Arc::clone(engine))
}

impl RuleTest {
    fn run(&self, generation: &Generation, calls: &mut Calls<'_>) -> Verdict {
        let mut verdict = Verdict {
            name: Arc::clone(&self.name.value),
            at: self.source.at(self.name.span),
            failures: Vec::new(),
            touched: BTreeSet::new(),
            retryable: false,
        };
        let laid = match self.under(generation) {
            Ok(laid) => laid,
            Err(problems) => {
                verdict.failures = problems;
                return verdict;
            }
        };
        let generation = laid.as_ref().unwrap_or(generation);
        let strategy = &self.strategy;
        // Most tests ask what the law says, and not what it costs: no plugin need be asked.
        let under_pins = findings(generation, strategy, &self.id, &BTreeMap::new());
        if let (Some(findings), Some(closure)) = (&under_pins, generation.closures.get(&self.id))
            // Nobody asks a bloc for a number.
            && (closure.jurisdiction.own.kind == Place::Bloc || !self.expect.rests_on_costs(findings))
        {
            let (jurisdiction, market) = (&closure.jurisdiction, &findings.market);
            let came = compare::Came { market, shared: &[], findings, jurisdiction, strategy };
            verdict.failures = came.failures(&self.expect, &self.name.value, &self.source);
            verdict.touched = coverage::touched(&came, &self.pinned(jurisdiction), false);
            return verdict;
        }
        let evaluation = match evaluate_within(generation, self.strategy.clone(), calls) {
            Ok(evaluation) => evaluation,
            Err(over) => {
                verdict.failures.push(self.over_budget(&over));
                return verdict;
            }
        };
        let served = evaluation.markets.first().and_then(|market| Some((market, market.closure.as_ref()?)));
        let looked_at = served.and_then(|(market, closure)| {
            let chosen = self.chosen(market, &closure.jurisdiction);
            let findings = findings(generation, strategy, &self.id, &chosen)?;
            Some((market, &closure.jurisdiction, chosen, findings))
        });
        let Some((market, jurisdiction, chosen, findings)) = looked_at else {
            verdict.failures.push(self.unanswered());
            return verdict;
        };
        let came =
            compare::Came { market, shared: &evaluation.shared, findings: &findings, jurisdiction, strategy };
        verdict.failures = came.failures(&self.expect, &self.name.value, &self.source);
        verdict.touched = coverage::touched(&came, &chosen, self.expect.asks_for_costs());
        verdict.retryable = market.reasons.iter().any(|reason| TRANSIENT.contains(&reason.kind));
        verdict
    }

    /// The options under which conditions are looked at. A bloc has no costs by which one could be chosen.
    fn chosen(&self, market: &MarketEvaluation, jurisdiction: &Jurisdiction) -> BTreeMap<QualifiedId, Name> {
        let of_costs = market.choices.iter().filter(|_| jurisdiction.own.kind != Place::Bloc);
        let of_costs = of_costs.filter_map(|(id, choice)| Some((id.clone(), choice.chosen.clone()?)));
        self.pinned(jurisdiction).into_iter().chain(of_costs).collect()
    }

    fn pinned(&self, jurisdiction: &Jurisdiction) -> BTreeMap<QualifiedId, Name> {
        let pinned = self.strategy.markets.get(&self.id).map(|market| &market.given.pinned);
        let choices = &jurisdiction.merged.choices;
        let pinned = pinned.into_iter().flatten();
        pinned.filter_map(|(name, option)| Some((choices.get(name)?.id.clone(), option.clone()))).collect()
    }

    /// The generation under the test's scenarios, if it names some.
    fn under(&self, generation: &Generation) -> Result<Option<Generation>, Vec<Diagnostic>> {
        let Some(first) = self.scenario.first() else { return Ok(None) };
        let names: Vec<&str> = self.scenario.iter().map(|name| &*name.value).collect();
        overlay(generation, &names).map(Some).map_err(|problems| {
            let said = |problem: Diagnostic| {
                let message = format!("the test `{}` was not answered: {}", self.name.value, problem.message);
                let said = Diagnostic::error(message).at(&self.source, first.span);
                match problem.help {
                    Some(help) => said.help(help),
                    None => said,
                }
            };
            problems.into_iter().map(said).collect()
        })
    }

    /// A test of which nothing was looked at has not passed.
    fn unanswered(&self) -> Diagnostic {
        let message = format!("the test `{}` was not answered: `{}` is not served", self.name.value, self.id);
        Diagnostic::error(message).at(&self.source, self.name.span)
    }

    fn over_budget(&self, over: &OverBudget) -> Diagnostic {
        let message = format!("the test `{}` was not answered: {over}", self.name.value);
        let help = match over {
            OverBudget::Combinations { pin, .. } if !pin.is_empty() => {
                let pin: Vec<_> = pin.iter().filter_map(|path| path.rsplit('.').next()).collect();
                format!("pin choices under `given.choices`: {}", pin.join(", "))
            }
            _ => "all tests of a file share the budget of one query: make fewer of them ask for costs".into(),
        };
        Diagnostic::error(message).at(&self.source, self.name.span).help(help)
    }
}

/// Kinds of reasons that may pass by themselves; see `CallError::is_retryable`.
const TRANSIENT: [&str; 2] = ["out_of_time", "host_out_of_memory"];
