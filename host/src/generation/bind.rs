//! A jurisdiction bound to the plugins it names: needs resolved, settings checked, nothing left for
//! query time to discover.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Closure, Settings};
use crate::{
    diagnostic::{Diagnostic, did_you_mean},
    id::{Name, PluginId, QualifiedId, Stage},
    plugin::{Need, Plugin},
    rules::{
        book::{Base, Binding, Choice, Jurisdiction, Obligation, Param, StageRule},
        expression::{Reference, Root},
        schema::{base::Scope, jurisdiction::Kind},
    },
    source::{At, Span},
};

/// What computes a stage.
#[derive(Debug)]
pub enum BoundStage {
    /// These plugins, by id; their lines add up.
    Plugins(Vec<BoundPlugin>),
    /// Nothing, for this reason.
    None {
        /// Why.
        reason: Arc<str>,
        /// Who says so.
        by: Arc<str>,
        /// Where.
        at: At,
    },
}

/// A plugin with everything it needs found.
#[derive(Debug)]
pub struct BoundPlugin {
    /// The plugin.
    pub plugin: Arc<Plugin>,
    /// Where it is bound.
    pub binding: Arc<Binding>,
    /// Its facts, in its order.
    pub facts: Vec<Reference>,
    /// Its params, in its order.
    pub params: Vec<Arc<Param>>,
    /// Its choices, in its order.
    pub choices: Vec<BoundChoice>,
    /// Its settings.
    pub settings: Settings,
    /// The obligations it costs and those that feed it, by qualified id.
    pub obligations: BTreeMap<QualifiedId, BoundObligation>,
}

/// An obligation as one plugin sees it.
#[derive(Debug, Clone)]
pub struct BoundObligation {
    /// The obligation.
    pub obligation: Arc<Obligation>,
    /// Whether this plugin costs it; otherwise it only feeds a demand.
    pub costed: bool,
    /// Its place in the plugin's list of those it treats in its own way.
    pub known: Option<u32>,
}

/// A choice that a plugin reads.
#[derive(Debug)]
pub struct BoundChoice {
    /// The choice as the rules declare it.
    pub choice: Arc<Choice>,
    /// For each option in the rules' order, its place in the plugin's order.
    pub places: Vec<u32>,
}

/// Why a jurisdiction cannot be bound.
#[derive(Debug)]
pub struct Unbound {
    /// The plugins that are not loaded, with each place that binds them.
    pub missing: Vec<(PluginId, Diagnostic)>,
    /// What else is wrong.
    pub problems: Vec<Diagnostic>,
}

impl Unbound {
    /// Everything that is wrong.
    #[must_use]
    pub fn all(self) -> Vec<Diagnostic> {
        self.missing.into_iter().map(|(_, problem)| problem).chain(self.problems).collect()
    }
}

/// Binds a jurisdiction to plugins. Only a market needs all that its plugins need; a bloc may leave params
/// and choices to its members, and computes by itself only what its members share.
///
/// # Errors
/// Every need that nothing provides and every setting that is wrong, at the place of the binding.
pub fn bind(
    jurisdiction: &Arc<Jurisdiction>,
    plugins: &BTreeMap<PluginId, Arc<Plugin>>,
    base: &Base,
) -> Result<Closure, Unbound> {
    let unbound = Unbound { missing: Vec::new(), problems: Vec::new() };
    let mut binder = Binder { jurisdiction, base, unbound };
    let mut bound = BTreeMap::new();
    let mut stages = BTreeMap::new();
    for (stage, rule) in &jurisdiction.merged.stages {
        match rule {
            StageRule::None { reason, by, at } => {
                let none =
                    BoundStage::None { reason: Arc::clone(reason), by: Arc::clone(by), at: at.clone() };
                stages.insert(*stage, none);
            }
            StageRule::Plugins(bindings) => {
                let computed = bindings.values().filter_map(|binding| {
                    let plugin = binder.plugin(binding, plugins)?;
                    bound.insert(binding.plugin.clone(), Arc::clone(plugin));
                    binder.bind(*stage, binding, plugin)
                });
                let computed = computed.collect();
                stages.insert(*stage, BoundStage::Plugins(computed));
            }
        }
    }
    // Nobody knows what a plugin demands that is not loaded.
    if binder.unbound.missing.is_empty() {
        binder.demands_are_met(&bound);
        binder.shared_is_costed(&bound, &stages);
        binder.region_binds_for_itself(&bound);
    }
    if binder.unbound.missing.is_empty() && binder.unbound.problems.is_empty() {
        Ok(Closure::new(Arc::clone(jurisdiction), bound, stages))
    } else {
        Err(binder.unbound)
    }
}

/// What a host would say of the places where a jurisdiction binds one plugin, whatever becomes of the others.
#[must_use]
pub fn problems_of(jurisdiction: &Arc<Jurisdiction>, plugin: &Arc<Plugin>, base: &Base) -> Vec<Diagnostic> {
    let unbound = Unbound { missing: Vec::new(), problems: Vec::new() };
    let mut binder = Binder { jurisdiction, base, unbound };
    let id = &plugin.description.id;
    for (stage, rule) in &jurisdiction.merged.stages {
        let StageRule::Plugins(bindings) = rule else { continue };
        if let Some(binding) = bindings.get(id) {
            binder.bind(*stage, binding, plugin);
        }
    }
    if jurisdiction.own.kind != Kind::Bloc {
        for obligation in jurisdiction.merged.obligations.values() {
            binder.demands_are_given(obligation, id, &plugin.description.demands);
        }
    }
    binder.unbound.problems
}

fn problem(binding: &Binding, message: String, help: String) -> Diagnostic {
    Diagnostic::error(message).at(&binding.source, binding.span).help(help)
}

struct Binder<'a> {
    jurisdiction: &'a Arc<Jurisdiction>,
    base: &'a Base,
    unbound: Unbound,
}

impl<'a> Binder<'a> {
    fn error(&mut self, binding: &Binding, message: String, help: String) {
        self.unbound.problems.push(problem(binding, message, help));
    }

    fn plugin<'p>(
        &mut self,
        binding: &Binding,
        plugins: &'p BTreeMap<PluginId, Arc<Plugin>>,
    ) -> Option<&'p Arc<Plugin>> {
        let found = plugins.get(&binding.plugin);
        if found.is_none() {
            let help = did_you_mean(binding.plugin.as_str(), plugins.keys().map(AsRef::as_ref));
            let message = format!("the plugin `{}` is not loaded", binding.plugin);
            let help = format!("put `{}.wasm` into the plugins folder; {help}", binding.plugin);
            self.unbound.missing.push((binding.plugin.clone(), problem(binding, message, help)));
        }
        found
    }

    fn bind(&mut self, stage: Stage, binding: &Arc<Binding>, plugin: &Arc<Plugin>) -> Option<BoundPlugin> {
        let description = &plugin.description;
        if !description.stages.contains(&stage) {
            let stages: Vec<_> = description.stages.iter().map(|stage| stage.as_str()).collect();
            let message = format!("the plugin `{}` does not compute {stage}", binding.plugin);
            self.error(binding, message, format!("bind it to {}", stages.join(" or ")));
        }
        let settings = Settings::read((&**binding).into(), plugin)
            .map_err(|wrong| self.unbound.problems.extend(wrong))
            .ok();
        let facts: Vec<_> = description.facts.iter().map(|need| self.fact(binding, need)).collect();
        let params: Vec<_> = description.params.iter().map(|need| self.param(binding, need)).collect();
        let choices: Vec<_> = description
            .choices
            .iter()
            .map(|need| self.choice(binding, need.id.as_str(), &need.options))
            .collect();
        let obligations = self.obligations(binding, plugin);
        // In a bloc, params, choices and local facts may come from a member: then nobody asks it for a number.
        Some(BoundPlugin {
            plugin: Arc::clone(plugin),
            binding: Arc::clone(binding),
            facts: facts.into_iter().collect::<Option<_>>()?,
            params: params.into_iter().collect::<Option<_>>()?,
            choices: choices.into_iter().collect::<Option<_>>()?,
            settings: settings?,
            obligations,
        })
    }

    fn fact(&mut self, binding: &Binding, need: &Need) -> Option<Reference> {
        let message = format!("the plugin `{}` needs the fact `{}`", binding.plugin, need.name);
        let reference = need.name.split_once('.').and_then(|(root, name)| {
            Some(Reference { root: Root::parse(root)?, name: Name::parse(name).ok()? })
        });
        let declared = reference.as_ref().and_then(|reference| {
            let scope = match reference.root {
                Root::Company => Scope::Company,
                Root::Product => Scope::Product,
                Root::Market => Scope::Market,
                Root::Local => {
                    return self.jurisdiction.merged.facts.get(&reference.name).map(|(_, fact)| fact);
                }
                Root::Param | Root::Choice | Root::Term => return None,
            };
            self.base.facts.get(&(scope, reference.name.clone()))
        });
        match declared.map(|fact| fact.value_type) {
            // A local fact may be declared by a member.
            None if self.may_wait(reference.as_ref()) => None,
            None => {
                let help = format!("declare it in facts.yaml as a {}", need.value_type);
                self.error(binding, format!("{message}, which no file declares"), help);
                None
            }
            Some(found) if found != need.value_type => {
                let help = format!("declare it as a {}", need.value_type);
                self.error(binding, format!("{message} as a {}, and it is a {found}", need.value_type), help);
                None
            }
            Some(_) => reference,
        }
    }

    fn may_wait(&self, reference: Option<&Reference>) -> bool {
        self.jurisdiction.own.kind == Kind::Bloc
            && reference.is_some_and(|reference| reference.root == Root::Local)
    }

    fn param(&mut self, binding: &Binding, need: &Need) -> Option<Arc<Param>> {
        let message = format!("the plugin `{}` needs the param `{}`", binding.plugin, need.name);
        match self.jurisdiction.merged.params.get(need.name.as_str()) {
            Some(param) if param.value_type == need.value_type => Some(Arc::clone(param)),
            Some(param) => {
                let found = param.value_type;
                let help = format!("write `type: {}` in {}.yaml", need.value_type, param.id.jurisdiction);
                self.error(binding, format!("{message} as a {}, and it is a {found}", need.value_type), help);
                None
            }
            None if self.jurisdiction.own.kind == Kind::Bloc => None,
            None => {
                let help = format!(
                    "add `{}: {{type: {}, values: […]}}` under `params:` in {}.yaml or a file it extends",
                    need.name,
                    need.value_type,
                    self.jurisdiction.id()
                );
                self.error(binding, format!("{message}, which nothing provides"), help);
                None
            }
        }
    }

    fn choice(&mut self, binding: &Binding, id: &str, options: &[Name]) -> Option<BoundChoice> {
        let message = format!("the plugin `{}` reads the choice `{id}`", binding.plugin);
        let Some(choice) = self.jurisdiction.merged.choices.get(id) else {
            if self.jurisdiction.own.kind != Kind::Bloc {
                let known: Vec<_> = options.iter().map(|option| format!("{option}: {{}}")).collect();
                let help = format!("add `{id}: {{options: {{{}}}}}` under `choices:`", known.join(", "));
                self.error(binding, format!("{message}, which no file declares"), help);
            }
            return None;
        };
        let place = |option: &Name| options.iter().position(|known| known == option);
        let mut places = Vec::new();
        for option in &choice.options {
            match place(&option.name).and_then(|place| u32::try_from(place).ok()) {
                Some(place) => places.push(place),
                None => {
                    let help = did_you_mean(option.name.as_str(), options.iter().map(AsRef::as_ref));
                    let message = format!("{message}, and does not know its option `{}`", option.name);
                    self.error(binding, message, help);
                }
            }
        }
        Some(BoundChoice { choice: Arc::clone(choice), places })
    }

    fn obligations(&self, binding: &Binding, plugin: &Plugin) -> BTreeMap<QualifiedId, BoundObligation> {
        let description = &plugin.description;
        let mut bound = BTreeMap::new();
        for obligation in self.jurisdiction.merged.obligations.values() {
            let costed = obligation.costed_by == binding.plugin;
            let feeds =
                description.demands.iter().any(|need| obligation.requires.contains_key(need.name.as_str()));
            if costed || feeds {
                let known = description.knows.iter().position(|known| *known == obligation.id.name);
                let known = known.and_then(|place| u32::try_from(place).ok());
                let seen = BoundObligation { obligation: Arc::clone(obligation), costed, known };
                bound.insert(obligation.id.clone(), seen);
            }
        }
        bound
    }

    /// A `requires` that no plugin reads would be a cost dropped without a word, and one without all that
    /// a plugin demands a failure at every query.
    fn demands_are_met(&mut self, plugins: &BTreeMap<PluginId, Arc<Plugin>>) {
        if self.jurisdiction.own.kind == Kind::Bloc {
            return;
        }
        let jurisdiction = Arc::clone(self.jurisdiction);
        for obligation in jurisdiction.merged.obligations.values() {
            self.requires_are_read(obligation, plugins);
            for (id, plugin) in plugins {
                self.demands_are_given(obligation, id, &plugin.description.demands);
            }
        }
    }

    fn requires_are_read(&mut self, obligation: &Obligation, plugins: &BTreeMap<PluginId, Arc<Plugin>>) {
        let demands = || plugins.values().flat_map(|plugin| &plugin.description.demands);
        for (name, value) in &obligation.requires {
            if !demands().any(|need| need.name == name.as_str()) {
                let message =
                    format!("`{}` requires `{name}`, which no plugin bound here demands", obligation.id);
                let known: BTreeSet<&str> = demands().map(|need| need.name.as_str()).collect();
                self.at_obligation(obligation, value.span(), message, did_you_mean(name.as_str(), known));
            }
        }
    }

    fn demands_are_given(&mut self, obligation: &Obligation, plugin: &PluginId, demands: &[Need]) {
        let given = |need: &Need| obligation.requires.get(need.name.as_str());
        let Some(first) = demands.iter().find_map(given) else { return };
        for need in demands {
            let (id, name, wanted) = (&obligation.id, &need.name, need.value_type);
            match given(need) {
                None if need.required => {
                    let message = format!("`{id}` feeds the plugin `{plugin}`, which demands `{name}` too");
                    let help =
                        format!("add `{name}: …` under `requires:`, a fact or param that is a {wanted}");
                    self.at_obligation(obligation, first.span(), message, help);
                }
                Some(value) if value.value_type() != wanted => {
                    let found = value.value_type();
                    let message =
                        format!("`{id}` gives `{name}` as a {found}, and `{plugin}` demands a {wanted}");
                    let help = format!("name a fact or param that is a {wanted}");
                    self.at_obligation(obligation, value.span(), message, help);
                }
                _ => {}
            }
        }
    }

    /// What several markets pay once is costed where it is defined, by what reads nothing of one market.
    fn shared_is_costed(
        &mut self,
        plugins: &BTreeMap<PluginId, Arc<Plugin>>,
        stages: &BTreeMap<Stage, BoundStage>,
    ) {
        let jurisdiction = Arc::clone(self.jurisdiction);
        let own = |duty: &&Arc<Obligation>| duty.shared && duty.id.jurisdiction == *jurisdiction.id();
        for duty in jurisdiction.merged.obligations.values().filter(own) {
            let (id, plugin) = (&duty.id, &duty.costed_by);
            let Some(loaded) = plugins.get(plugin) else { continue };
            let of_market =
                |need: &&Need| need.name.starts_with("market.") || need.name.starts_with("local.");
            let bound = stages.values().any(
                |stage| matches!(stage, BoundStage::Plugins(all) if all.iter().any(|one| one.binding.plugin == *plugin)),
            );
            let why = match loaded.description.facts.iter().find(of_market) {
                Some(need) => format!("reads `{}`: which market's would count?", need.name),
                None if !bound && self.unbound.problems.is_empty() => {
                    format!("needs more than {} and the files it extends say", jurisdiction.own.source.name)
                }
                None => continue,
            };
            let message =
                format!("`{id}` is shared by several markets, and `{plugin}`, which costs it, {why}");
            let help = "let `statutory` cost it, or take out `shared: true`".to_owned();
            self.at_obligation(duty, duty.costed_by_span, message, help);
        }
    }

    /// A plugin that a region binds for nothing of its own would be paid a second time for its country's.
    fn region_binds_for_itself(&mut self, plugins: &BTreeMap<PluginId, Arc<Plugin>>) {
        let jurisdiction = Arc::clone(self.jurisdiction);
        if jurisdiction.own.kind != Kind::Region {
            return;
        }
        let rules = jurisdiction.merged.stages.values();
        let bindings = rules.filter_map(|rule| match rule {
            StageRule::Plugins(bindings) => Some(bindings.values()),
            StageRule::None { .. } => None,
        });
        let own = |duty: &&Arc<Obligation>| duty.id.jurisdiction == *jurisdiction.id();
        for binding in bindings.flatten().filter(|binding| binding.by == *jurisdiction.id()) {
            let demands = plugins.get(&binding.plugin).map(|plugin| &plugin.description.demands);
            let reaches = |duty: &Arc<Obligation>| {
                let mut demands = demands.into_iter().flatten();
                duty.costed_by == binding.plugin
                    || demands.any(|need| duty.requires.contains_key(need.name.as_str()))
            };
            if !jurisdiction.merged.obligations.values().filter(own).any(reaches) {
                let message =
                    format!("a region adds obligations, and none of its own reaches `{}`", binding.plugin);
                let help = "bind it in its country's file, or let an obligation here be costed by it";
                self.error(binding, message, help.to_owned());
            }
        }
    }

    fn at_obligation(&mut self, obligation: &Obligation, span: Span, message: String, help: String) {
        let Some(own) = self.jurisdiction.lineage.get(&obligation.id.jurisdiction) else { return };
        self.unbound.problems.push(Diagnostic::error(message).at(&own.source, span).help(help));
    }
}
