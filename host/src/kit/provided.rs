//! What a folder of rules has for one plugin: who binds it, and where what it needs comes from.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    diagnostic::Diagnostic,
    generation::{self, Closure, Generation},
    id::{JurisdictionId, Name, PluginId, Stage},
    plugin::{ChoiceNeed, Need, Plugin},
    protocol::PluginBinding,
    rules::{
        book::{Jurisdiction, StageRule},
        schema::{
            base::{FactDeclaration, Scope},
            jurisdiction::Kind,
        },
    },
    source::{At, Span},
};

/// Markets named in one message; the others are counted.
const MOST_NAMED: usize = 3;

/// A folder of rules, bound to no plugins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Provided<'g> {
    generation: &'g Generation,
}

impl<'g> Provided<'g> {
    pub(super) const fn of(generation: &'g Generation) -> Self {
        Self { generation }
    }

    fn jurisdictions(self) -> impl Iterator<Item = &'g Arc<Jurisdiction>> {
        self.generation.closures.values().map(|closure: &Arc<Closure>| &closure.jurisdiction)
    }

    /// The declaration of a fact that is no `local` one.
    pub(super) fn fact(self, name: &str) -> Option<&'g FactDeclaration> {
        let (scope, name) = name.split_once('.')?;
        let scope = Scope::ALL.into_iter().find(|known| known.as_str() == scope)?;
        self.generation.base.facts.get(&(scope, Name::parse(name).ok()?)).map(AsRef::as_ref)
    }

    /// The names of the facts that are declared, with their scope.
    pub(super) fn fact_names(self) -> Vec<String> {
        self.generation.base.facts.keys().map(|(of, name)| format!("{}.{name}", of.as_str())).collect()
    }

    /// What a fact means.
    pub(super) fn doc(self, name: &str) -> Option<String> {
        if let Some(fact) = self.fact(name) {
            return Some(fact.doc.to_string());
        }
        let local = name.strip_prefix("local.")?;
        self.jurisdictions().find_map(|of| of.merged.facts.get(local).map(|(_, fact)| fact.doc.to_string()))
    }

    /// Where a fact is declared with the type that is needed.
    pub(super) fn facts(self, need: &Need) -> Vec<String> {
        if let Some(fact) = self.fact(&need.name) {
            let fits = fact.value_type == need.value_type;
            return fits.then(|| at("facts.yaml", fact.span)).into_iter().collect();
        }
        let Some(local) = need.name.strip_prefix("local.") else { return Vec::new() };
        let declared = self.jurisdictions().filter_map(|of| {
            let (by, fact) = of.merged.facts.get(local)?;
            (fact.value_type == need.value_type).then(|| at(&format!("{by}.yaml"), fact.span))
        });
        distinct(declared)
    }

    /// Where a param stands with the type that is needed.
    pub(super) fn params(self, need: &Need) -> Vec<String> {
        let found = self.jurisdictions().filter_map(|of| {
            let param = of.merged.params.get(need.name.as_str())?;
            let first = param.values.first()?;
            (param.value_type == need.value_type).then(|| first.at.to_string())
        });
        distinct(found)
    }

    /// Where obligations feed a demand.
    pub(super) fn demands(self, need: &Need) -> Vec<String> {
        let found = self.jurisdictions().flat_map(|of| of.merged.obligations.values()).filter_map(|duty| {
            let value = duty.requires.get(need.name.as_str())?;
            (value.value_type() == need.value_type).then(|| duty.at.to_string())
        });
        distinct(found)
    }

    /// Where a choice is declared.
    pub(super) fn choices(self, need: &ChoiceNeed) -> Vec<String> {
        let found = self.jurisdictions().filter_map(|of| of.merged.choices.get(need.id.as_str()));
        distinct(found.map(|choice| choice.at.to_string()))
    }

    /// Who binds it: each place once, with the markets it computes for through it.
    pub(super) fn bound(self, plugin: &PluginId) -> Vec<PluginBinding> {
        let mut places: BTreeMap<(Stage, String), Vec<String>> = BTreeMap::new();
        for jurisdiction in self.jurisdictions() {
            for (stage, rule) in &jurisdiction.merged.stages {
                let StageRule::Plugins(bindings) = rule else { continue };
                let Some(binding) = bindings.get(plugin) else { continue };
                let markets = places.entry((*stage, at(&binding.source.name, binding.span))).or_default();
                if jurisdiction.own.kind != Kind::Bloc {
                    markets.push(jurisdiction.id().to_string());
                }
            }
        }
        let binding = |((stage, at), markets): ((Stage, String), _)| PluginBinding {
            stage: stage.to_string(),
            at,
            markets,
        };
        places.into_iter().map(binding).collect()
    }

    /// What a host would refuse of the places that bind it. What is said of one place for several markets is said once.
    pub(super) fn problems(self, plugin: &Arc<Plugin>) -> Vec<Diagnostic> {
        let mut said: Vec<(Diagnostic, Vec<&JurisdictionId>)> = Vec::new();
        for jurisdiction in self.jurisdictions() {
            for problem in generation::problems_of(jurisdiction, plugin, &self.generation.base) {
                let same = |(known, _): &&mut (Diagnostic, Vec<_>)| {
                    known.message == problem.message && known.place == problem.place
                };
                match said.iter_mut().find(same) {
                    Some((_, markets)) => markets.push(jurisdiction.id()),
                    None => said.push((problem, vec![jurisdiction.id()])),
                }
            }
        }
        said.into_iter().map(|(problem, markets)| in_markets(problem, &markets)).collect()
    }
}

/// Says of a problem in which other markets it is the same.
fn in_markets(problem: Diagnostic, markets: &[&JurisdictionId]) -> Diagnostic {
    let Some((first, others)) = markets.split_first().filter(|(_, others)| !others.is_empty()) else {
        return problem;
    };
    let mut named: Vec<String> = others.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    if let Some(more) = others.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        named.push(format!("{more} more"));
    }
    let help = problem.help.clone().unwrap_or_default();
    problem.help(format!("{help} (so for {first}, and for {})", named.join(", ")))
}

fn at(file: &str, span: Span) -> String {
    At { file: file.into(), line: span.line, column: span.column }.to_string()
}

fn distinct(places: impl Iterator<Item = String>) -> Vec<String> {
    places.collect::<BTreeSet<_>>().into_iter().collect()
}
