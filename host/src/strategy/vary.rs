//! `--vary markets.br.users=100000..5000000`: a fact that a sweep asks about at many values.
//!
//! `lo..hi` and `lo..likely..hi` are ranges; `lo..hi:step` and `a,b,c` are the points of a grid. Values are
//! written as in a strategy, and read by the same declarations.

use super::{
    FactPath, FactPlace, Measure, Strategy,
    given::{Declared, Of},
    overrides::NOWHERE,
};
use crate::{
    diagnostic::{Diagnostic, Problems, did_you_mean},
    generation::Generation,
    id::JurisdictionId,
    rules::{
        schema::{
            base::{FactDeclaration, Scope},
            scalar,
        },
        yaml::{self, Node, NodeKind, Style},
    },
    source::SourceFile,
    value::ValueType,
};

/// Most points of one fact.
const MAX_POINTS: usize = 1_000_000;

const HOW: &str = "write `path=lo..hi`, as in `--vary markets.br.users=100000..5000000`; `lo..likely..hi`, \
                   `lo..hi:step` and `a,b,c` are taken too";

/// A fact to be varied, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vary {
    text: String,
    path: String,
    over: Written,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Written {
    Range { low: String, likely: Option<String>, high: String },
    Steps { low: String, high: String, step: String },
    List(Vec<String>),
}

/// A fact to be varied, read against a strategy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Varied {
    /// Which.
    pub path: FactPath,
    /// What it is counted in.
    pub measure: Measure,
    /// Over what.
    pub over: Over,
}

/// What a fact is varied over, in its measure's units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Over {
    /// Everything between.
    Range {
        /// The lower end.
        low: i64,
        /// What the strategy says or the fact's default, where nothing else was written; it may lie outside then.
        likely: Option<i64>,
        /// The upper end, not below.
        high: i64,
    },
    /// These, in rising order and each once; at least one.
    Points(Vec<i64>),
}

impl Vary {
    /// Reads `path=lo..hi` and its like.
    ///
    /// # Errors
    /// A diagnostic that says how to write it.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        let shown = yaml::shorten(text);
        let wrong = |message: &str| Err(Diagnostic::error(format!("`--vary {shown}` {message}")).help(HOW));
        let Some((path, over)) = text.split_once('=') else { return wrong("has no `=`") };
        if path.split('.').any(|part| part.trim().is_empty()) {
            return wrong("has an empty name in its path");
        }
        let Some(over) = written(over) else {
            return wrong("has no range after the `=`");
        };
        Ok(Self { text: shown, path: path.trim().to_owned(), over })
    }

    /// Reads it against the facts of a strategy.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self, strategy: &Strategy, generation: &Generation) -> Result<Varied, Diagnostic> {
        let (path, fact) = self.path(strategy, generation)?;
        if !matches!(fact.value_type, ValueType::Count | ValueType::Ratio | ValueType::Money) {
            let message = format!("`{path}` is a {}, which has no range", fact.value_type);
            return Err(
                Diagnostic::error(message).help("only counts, ratios and amounts of money are varied")
            );
        }
        let (over, measure) = match &self.over {
            Written::Range { low, likely, high } => {
                let (measure, low) = self.units(low, &path, &fact)?;
                let high = self.like(measure, high, &path, &fact)?;
                self.in_order(measure, low, high)?;
                let said = || strategy.fact(&path).or(fact.default.as_ref()).and_then(Measure::of);
                let likely = match likely {
                    Some(likely) => {
                        Some(self.between(measure, low, self.like(measure, likely, &path, &fact)?, high)?)
                    }
                    None => said().filter(|(of, _)| *of == measure).map(|(_, likely)| likely),
                };
                (Over::Range { low, likely, high }, measure)
            }
            Written::Steps { low, high, step } => {
                let (measure, low) = self.units(low, &path, &fact)?;
                let high = self.like(measure, high, &path, &fact)?;
                self.in_order(measure, low, high)?;
                let step = self.like(measure, step, &path, &fact)?;
                (Over::Points(self.steps(low, high, step)?), measure)
            }
            Written::List(all) => {
                let mut points = Vec::new();
                let mut measure = None;
                for text in all {
                    let (of, point) = self.units(text, &path, &fact)?;
                    if *measure.get_or_insert(of) != of {
                        return Err(self.wrong("names two currencies", "write all of them in one"));
                    }
                    points.push(point);
                }
                points.sort_unstable();
                points.dedup();
                let Some(measure) = measure else { return Err(self.wrong("has no points", HOW)) };
                (Over::Points(points), measure)
            }
        };
        Ok(Varied { path, measure, over })
    }

    fn wrong(&self, message: &str, help: impl Into<String>) -> Diagnostic {
        Diagnostic::error(format!("`--vary {}` {message}", self.text)).help(help)
    }

    /// The fact of that path, with its declaration.
    fn path(
        &self,
        strategy: &Strategy,
        generation: &Generation,
    ) -> Result<(FactPath, FactDeclaration), Diagnostic> {
        let parts: Vec<&str> = self.path.split('.').collect();
        let (place, scope, name) = match parts.as_slice() {
            ["company", name] => (FactPlace::Company, Scope::Company, *name),
            ["product", name] => (FactPlace::Product, Scope::Product, *name),
            ["markets", market, name] => {
                (FactPlace::Market(self.market(strategy, market)?), Scope::Market, *name)
            }
            ["markets", market, "within", region, name] => {
                let market = self.market(strategy, market)?;
                let regions = strategy.markets.get(&market).into_iter().flat_map(|of| of.within.keys());
                let regions: Vec<&JurisdictionId> = regions.collect();
                let Some(region) = regions.iter().find(|id| id.as_str() == *region) else {
                    let help = did_you_mean(region, regions.iter().map(|id| id.as_str()));
                    let message = format!("asks about a region `{region}` that the strategy does not");
                    return Err(self.wrong(&message, help));
                };
                (FactPlace::Region { market, region: JurisdictionId::clone(region) }, Scope::Market, *name)
            }
            _ => {
                let help = "name one as in `markets.br.users`, `product.systems` or `company.staff`";
                return Err(self.wrong(&format!("names no fact: `{}`", self.path), help));
            }
        };
        let jurisdiction = match &place {
            FactPlace::Company | FactPlace::Product => None,
            FactPlace::Market(id) | FactPlace::Region { region: id, .. } => generation.closures.get(id),
        };
        let declared = match scope {
            Scope::Market => {
                Declared::of_market(&generation.base, jurisdiction.map(|closure| &*closure.jurisdiction))
            }
            scope => Declared::of_scope(&generation.base, scope),
        };
        let Some((of, name, fact)) = declared.find(name) else {
            let help = did_you_mean(name, declared.names());
            return Err(Diagnostic::error(format!("unknown fact `{}`", self.path)).help(help));
        };
        Ok((FactPath { place, name: name.clone(), local: of == Of::Local }, fact.clone()))
    }

    fn market(&self, strategy: &Strategy, market: &str) -> Result<JurisdictionId, Diagnostic> {
        let known = || strategy.markets.keys();
        known().find(|id| id.as_str() == market).cloned().ok_or_else(|| {
            let help = did_you_mean(market, known().map(JurisdictionId::as_str));
            self.wrong(&format!("asks about `{market}`, which is no market of the strategy"), help)
        })
    }

    /// A value by its declaration.
    fn units(
        &self,
        text: &str,
        path: &FactPath,
        fact: &FactDeclaration,
    ) -> Result<(Measure, i64), Diagnostic> {
        let kind = NodeKind::Scalar { text: text.to_owned(), style: Style::Plain };
        let node = Node { span: NOWHERE, kind };
        let source = SourceFile::new("--vary", text.as_bytes())?;
        let mut problems = Problems::new(&source);
        let what = format!("`{path}`");
        let value = scalar::value(&node, &what, fact.value_type, &fact.vocabulary, &mut problems);
        if let Some(found) = value.as_ref().and_then(Measure::of) {
            return Ok(found);
        }
        let problem = problems.into_vec().into_iter().next();
        let problem = problem.unwrap_or_else(|| Diagnostic::error("it is too large to be held exactly"));
        let said = Diagnostic::error(format!("`--vary {}`: {}", self.text, problem.message));
        Err(match problem.help {
            Some(help) => said.help(help),
            None => said,
        })
    }

    /// The same in a measure that is known.
    fn like(
        &self,
        measure: Measure,
        text: &str,
        path: &FactPath,
        fact: &FactDeclaration,
    ) -> Result<i64, Diagnostic> {
        match self.units(text, path, fact)? {
            (of, units) if of == measure => Ok(units),
            _ => Err(self.wrong("names two currencies", "write all of them in one")),
        }
    }

    fn in_order(&self, measure: Measure, low: i64, high: i64) -> Result<(), Diagnostic> {
        if low <= high {
            return Ok(());
        }
        let help = format!("write the lower end first: {}..{}", measure.text(high), measure.text(low));
        Err(self.wrong("is backwards", help))
    }

    fn between(&self, measure: Measure, low: i64, likely: i64, high: i64) -> Result<i64, Diagnostic> {
        if (low..=high).contains(&likely) {
            return Ok(likely);
        }
        let (low, high) = (measure.text(low), measure.text(high));
        let help = format!("write what is likely between the ends: {low}..LIKELY..{high}");
        Err(self.wrong(&format!("says that {} is likely, which is outside", measure.text(likely)), help))
    }

    fn steps(&self, low: i64, high: i64, step: i64) -> Result<Vec<i64>, Diagnostic> {
        if step <= 0 {
            return Err(self.wrong("has a step that leads nowhere", "write a step above 0"));
        }
        let mut points = Vec::new();
        let mut at = Some(low);
        while let Some(point) = at.filter(|point| *point <= high) {
            if points.len() == MAX_POINTS {
                return Err(
                    self.wrong("has too many points", format!("at most {MAX_POINTS} are asked about"))
                );
            }
            points.push(point);
            at = point.checked_add(step);
        }
        Ok(points)
    }
}

/// `lo..hi`, `lo..likely..hi`, `lo..hi:step`, `a,b,c` or a single point.
fn written(text: &str) -> Option<Written> {
    let part = |text: &str| {
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    if text.contains("..") {
        let (ends, step) = match text.split_once(':') {
            Some((ends, step)) => (ends, Some(part(step)?)),
            None => (text, None),
        };
        let ends: Option<Vec<String>> = ends.split("..").map(part).collect();
        return match (ends?.as_slice(), step) {
            ([low, high], None) => {
                Some(Written::Range { low: low.clone(), likely: None, high: high.clone() })
            }
            ([low, likely, high], None) => {
                Some(Written::Range { low: low.clone(), likely: Some(likely.clone()), high: high.clone() })
            }
            ([low, high], Some(step)) => Some(Written::Steps { low: low.clone(), high: high.clone(), step }),
            _ => None,
        };
    }
    let all: Option<Vec<String>> = text.split(',').map(part).collect();
    all.map(Written::List)
}
