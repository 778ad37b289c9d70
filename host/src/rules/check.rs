//! A file over its parents and the base: names resolved, types checked, expressions lowered.
//!
//! [`check`] is the only way to a [`Jurisdiction`], so whatever holds one knows that every cite has a
//! source, every role a title, every condition a type, and every obligation a plugin bound in exactly
//! one stage. Whether that plugin exists is `generation`'s business.

mod merge;
mod scope;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use self::scope::FileScope;
use super::{
    book::{
        Base, Binding, Choice, ChoiceOption, Cite, Effort, Efforts, Jurisdiction, Merged, Obligation, Outlay,
        Own, Param, ParamValue, Penalty, StageRule,
    },
    expression::{Expression, Use, lower},
    schema::{
        Spanned, base,
        jurisdiction::{
            ChoiceFile, EffortFile, JurisdictionFile, LawStatus, ObligationFile, OutlayFile, ParamFile,
            PenaltyFile, StageFile,
        },
    },
    yaml::Node,
};
use crate::{
    diagnostic::{Diagnostic, Problems, did_you_mean},
    id::{JurisdictionId, Name, QualifiedId},
    source::{SourceFile, Span},
};

/// Checks a file over its accepted parents and a base.
///
/// # Errors
/// Every problem in the file, and every clash with what it inherits.
pub fn check(
    file: JurisdictionFile,
    source: &Arc<SourceFile>,
    parents: &[Arc<Jurisdiction>],
    base: &Base,
) -> Result<Jurisdiction, Vec<Diagnostic>> {
    let mut problems = Problems::new(source);
    let extends_span = file.extends.first().map_or(file.id.span, |parent| parent.span);
    let (lineage, inherited) = merge::inherit(parents, extends_span, &mut problems);
    let checked =
        Checker { source, id: file.id.value.clone(), base, problems: &mut problems }.file(&file, inherited);
    match checked {
        Some((own, merged)) if !problems.any_error() => {
            let own = Arc::new(own);
            let nearest = merge::nearest(&own.id, parents);
            let mut lineage = lineage;
            lineage.insert(own.id.clone(), Arc::clone(&own));
            Ok(Jurisdiction { own, lineage, merged, nearest })
        }
        _ => Err(problems.into_vec()),
    }
}

struct Checker<'a, 'p> {
    source: &'a Arc<SourceFile>,
    id: JurisdictionId,
    base: &'a Base,
    problems: &'p mut Problems<'a>,
}

impl Checker<'_, '_> {
    fn file(mut self, file: &JurisdictionFile, inherited: Merged) -> Option<(Own, Merged)> {
        let mut merged = inherited;
        self.names(file, &mut merged);
        self.choice_names(&file.choices, &mut merged);
        let obligation_names: BTreeMap<Name, QualifiedId> = merged
            .obligations
            .values()
            .map(|inherited| (inherited.id.name.clone(), inherited.id.clone()))
            .chain(
                file.obligations.iter().map(|own| (own.name.value.clone(), self.qualified(&own.name.value))),
            )
            .collect();
        let scope = FileScope::new(self.base, &merged, obligation_names);
        let choices: Vec<_> = file.choices.iter().map(|choice| self.choice(choice, &scope)).collect();
        let obligations: Vec<_> =
            file.obligations.iter().map(|obligation| self.obligation(obligation, &scope)).collect();
        let penalties: Vec<_> = file.penalties.iter().map(|penalty| self.penalty(penalty, &scope)).collect();
        drop(scope);
        for choice in choices.into_iter().flatten() {
            merged.choices.insert(choice.id.name.clone(), Arc::new(choice));
        }
        for (file, obligation) in file.obligations.iter().zip(obligations) {
            if let Some(first) = merged.obligations.get(&file.name.value) {
                self.redefined("obligation", &file.name, &first.id.jurisdiction);
            } else if let Some(obligation) = obligation {
                merged.obligations.insert(file.name.value.clone(), Arc::new(obligation));
            }
        }
        for (file, penalty) in file.penalties.iter().zip(penalties) {
            if let Some(first) = merged.penalties.get(&file.name.value) {
                self.redefined("penalty", &file.name, &first.id.jurisdiction);
            } else if let Some(penalty) = penalty {
                merged.penalties.insert(file.name.value.clone(), Arc::new(penalty));
            }
        }
        self.stages(file, &mut merged);
        self.bound_once(file, &merged);
        let own = Own {
            id: self.id.clone(),
            kind: file.kind,
            title: Arc::clone(&file.title),
            currency: file.currency,
            review: file.review.clone(),
            tests: file.tests.clone(),
            source: Arc::clone(self.source),
        };
        Some((own, merged))
    }

    fn qualified(&self, name: &Name) -> QualifiedId {
        QualifiedId { jurisdiction: self.id.clone(), name: name.clone() }
    }

    fn redefined(&mut self, what: &str, name: &Spanned<Name>, first: &JurisdictionId) {
        self.problems.error_help(
            name.span,
            format!(
                "the {what} `{}` is already defined in {first}.yaml, which this file inherits",
                name.value
            ),
            "give this one another name",
        );
    }

    /// Takes in what expressions may name: sources, local facts and params.
    fn names(&mut self, file: &JurisdictionFile, merged: &mut Merged) {
        for (name, source) in &file.sources {
            if let Some((first, _)) = merged.sources.get(name).filter(|(_, inherited)| inherited != source) {
                let message = format!(
                    "the source `{name}` stands in {first}.yaml, which this file inherits, as something else"
                );
                self.problems.error_help(file.id.span, message, "give this one another name");
                continue;
            }
            merged.sources.insert(name.clone(), (self.id.clone(), source.clone()));
        }
        for (name, fact) in &file.facts {
            let spanned = Spanned::new(name.clone(), fact.span);
            if self.base.facts.contains_key(&(base::Scope::Market, name.clone())) {
                let message = format!("`{name}` is a fact of every market already, in facts.yaml");
                self.problems.error_help(
                    fact.span,
                    message,
                    format!("read it as `market.{name}`, or give this one another name"),
                );
                continue;
            }
            if let Some((first, _)) = merged.facts.get(name) {
                let first = first.clone();
                self.redefined("fact", &spanned, &first);
                continue;
            }
            merged.facts.insert(name.clone(), (self.id.clone(), Arc::new(fact.clone())));
        }
        for param in &file.params {
            if let Some(first) = merged.params.get(&param.name.value) {
                let first = first.id.jurisdiction.clone();
                self.redefined("param", &param.name, &first);
                continue;
            }
            let param = self.param(param, merged);
            merged.params.insert(param.id.name.clone(), Arc::new(param));
        }
    }

    fn param(&mut self, file: &ParamFile, merged: &Merged) -> Param {
        let values = file.values.iter().map(|value| ParamValue {
            from: value.from,
            to: value.to,
            value: value.value.clone(),
            cites: self.cites(&value.cites, merged),
            standing: value.standing.clone(),
            at: self.source.at(value.span),
        });
        let values = values.collect();
        Param {
            id: self.qualified(&file.name.value),
            value_type: file.value_type,
            vocabulary: file.vocabulary.clone(),
            values,
        }
    }

    fn cites(&mut self, cites: &[Spanned<Arc<str>>], merged: &Merged) -> Vec<Cite> {
        let mut resolved = Vec::new();
        for cite in cites {
            let source = cite.value.split_once('#').map_or("", |(source, _)| source);
            match merged.sources.get_key_value(source) {
                Some((name, _)) => {
                    resolved.push(Cite { text: Arc::clone(&cite.value), source: name.clone() })
                }
                None => {
                    let known = merged.sources.keys().map(AsRef::as_ref);
                    let help = format!("{}; sources stand under `sources:`", did_you_mean(source, known));
                    self.problems.error_help(cite.span, format!("unknown source `{source}`"), help);
                }
            }
        }
        resolved
    }

    /// Takes in the choices with their options but not their conditions, which may name choices.
    fn choice_names(&mut self, choices: &[ChoiceFile], merged: &mut Merged) {
        for choice in choices {
            if let Some(first) = merged.choices.get(&choice.name.value) {
                let first = first.id.jurisdiction.clone();
                self.redefined("choice", &choice.name, &first);
                continue;
            }
            let options = choice.options.iter().map(|option| ChoiceOption {
                name: option.name.value.clone(),
                allowed_when: None,
                cites: Vec::new(),
            });
            let bare = Choice {
                id: self.qualified(&choice.name.value),
                title: choice.title.clone(),
                options: options.collect(),
                at: self.source.at(choice.name.span),
            };
            merged.choices.insert(choice.name.value.clone(), Arc::new(bare));
        }
    }

    fn choice(&mut self, file: &ChoiceFile, scope: &FileScope<'_>) -> Option<Choice> {
        let bare = scope.merged().choices.get(&file.name.value)?;
        if bare.id.jurisdiction != self.id {
            return None;
        }
        let options = file.options.iter().map(|option| {
            let allowed_when = match &option.allowed_when {
                Some(node) => Some(self.lower(node, Use::AllowedWhen, scope)?),
                None => None,
            };
            let cites = self.cites(&option.cites, scope.merged());
            Some(ChoiceOption { name: option.name.value.clone(), allowed_when, cites })
        });
        let options = options.collect::<Option<_>>()?;
        Some(Choice { options, ..Choice::clone(bare) })
    }

    fn lower(&mut self, node: &Node, use_: Use, scope: &FileScope<'_>) -> Option<Expression> {
        lower(node, use_, scope, self.problems)
    }

    fn lower_optional(
        &mut self,
        node: Option<&Node>,
        use_: Use,
        scope: &FileScope<'_>,
    ) -> Option<Option<Expression>> {
        match node {
            Some(node) => self.lower(node, use_, scope).map(Some),
            None => Some(None),
        }
    }

    fn obligation(&mut self, file: &ObligationFile, scope: &FileScope<'_>) -> Option<Obligation> {
        let cites = self.cites(&file.cites, scope.merged());
        let when = self.lower(&file.when, Use::Condition, scope);
        let efforts = self.efforts(file, scope);
        let mut requires = BTreeMap::new();
        for (name, node) in &file.requires {
            if let Some(expression) = self.lower(node, Use::Reference, scope) {
                requires.insert(name.value.clone(), expression);
            }
        }
        Some(Obligation {
            id: self.qualified(&file.name.value),
            title: Arc::clone(&file.title),
            cites,
            status: LawStatus::default(),
            in_force: file.in_force,
            when: when?,
            exceptions: BTreeMap::new(),
            shared: false,
            replaces: None,
            disputed: Vec::new(),
            costed_by: file.costed_by.value.clone(),
            costed_by_span: file.costed_by.span,
            efforts: efforts?,
            requires,
            standing: file.standing.clone(),
            at: self.source.at(file.name.span),
        })
    }

    fn efforts(&mut self, file: &ObligationFile, scope: &FileScope<'_>) -> Option<Efforts> {
        let Some(choice) = &file.choice else {
            let (_, effort) = file.efforts.first()?;
            return self.effort(effort, scope).map(Efforts::Always);
        };
        let Some(declared) = scope.merged().choices.get(&choice.value) else {
            let known = scope.merged().choices.keys().map(AsRef::as_ref);
            let help = did_you_mean(choice.value.as_str(), known);
            self.problems.error_help(choice.span, format!("unknown choice `{}`", choice.value), help);
            return None;
        };
        let known: Vec<&str> = declared.options.iter().map(|option| option.name.as_str()).collect();
        let mut by_option = BTreeMap::new();
        for (option, effort) in &file.efforts {
            let Some(option) = option else { continue };
            if !known.contains(&option.value.as_str()) {
                let message = format!("`{}` is no option of `{}`", option.value, choice.value);
                let help = did_you_mean(option.value.as_str(), known.iter().copied());
                self.problems.error_help(option.span, message, help);
            }
            by_option.insert(option.value.clone(), self.effort(effort, scope)?);
        }
        for option in known.iter().filter(|option| !by_option.contains_key(**option)) {
            let message = format!("no effort for the option `{option}` of `{}`", choice.value);
            let help = format!("add `{option}: {{…}}`; `{option}: {{}}` says that it costs nothing");
            self.problems.error_help(choice.span, message, help);
        }
        Some(Efforts::ByOption(choice.value.clone(), by_option))
    }

    fn effort(&mut self, file: &EffortFile, scope: &FileScope<'_>) -> Option<Effort> {
        let once = file.once.as_ref().map(|outlay| self.outlay(outlay));
        let yearly = file.yearly.as_ref().map(|outlay| self.outlay(outlay));
        let times = self.lower_optional(file.times.as_ref(), Use::Quantity, scope)?;
        Some(Effort { once, yearly, times })
    }

    fn outlay(&mut self, file: &OutlayFile) -> Outlay {
        for (role, _) in &file.days {
            if !self.base.roles.contains_key(&role.value) {
                let known = self.base.roles.keys().map(AsRef::as_ref);
                let help = format!("{}; roles stand in roles.yaml", did_you_mean(role.value.as_str(), known));
                self.problems.error_help(role.span, format!("unknown role `{}`", role.value), help);
            }
        }
        let days = file.days.iter().map(|(role, days)| (role.value.clone(), *days)).collect();
        Outlay { days, fixed: file.fixed }
    }

    fn penalty(&mut self, file: &PenaltyFile, scope: &FileScope<'_>) -> Option<Penalty> {
        let cites = self.cites(&file.cites, scope.merged());
        let when = self.lower(&file.when, Use::Condition, scope);
        let maximum = self.lower(&file.maximum, Use::Amount, scope);
        let times = self.lower_optional(file.times.as_ref(), Use::Quantity, scope);
        Some(Penalty {
            id: self.qualified(&file.name.value),
            title: file.title.clone(),
            cites,
            status: LawStatus::default(),
            replaces: None,
            disputed: Vec::new(),
            in_force: file.in_force,
            when: when?,
            maximum: maximum?,
            times: times?,
            per: file.per,
            liable: file.liable,
            standing: file.standing.clone(),
            at: self.source.at(file.name.span),
        })
    }

    fn stages(&mut self, file: &JurisdictionFile, merged: &mut Merged) {
        for (stage, rule) in &file.stages {
            let own = self.stage_rule(rule, stage.span, file);
            match (merged.stages.get_mut(&stage.value), own) {
                (None, own) => {
                    merged.stages.insert(stage.value, own);
                }
                (Some(StageRule::Plugins(inherited)), StageRule::Plugins(own)) => {
                    for (plugin, binding) in own {
                        match inherited.entry(plugin) {
                            Entry::Vacant(free) => drop(free.insert(binding)),
                            Entry::Occupied(taken) => {
                                let what = format!("`{}` is already bound to {}", taken.key(), stage.value);
                                let message = format!("{what} by what this file inherits");
                                let help = "bind it in one of the two files";
                                self.problems.error_help(binding.span, message, help);
                            }
                        }
                    }
                }
                (Some(_), _) => {
                    let message = format!("{} is both computed and declared to be nothing", stage.value);
                    self.problems.error_help(
                        stage.span,
                        message,
                        "an inherited `none:` or plugin stands against this",
                    );
                }
            }
        }
    }

    fn stage_rule(&self, rule: &StageFile, span: Span, file: &JurisdictionFile) -> StageRule {
        match rule {
            StageFile::None { reason, by } => {
                StageRule::None { reason: Arc::clone(reason), by: Arc::clone(by), at: self.source.at(span) }
            }
            StageFile::Plugins(plugins) => {
                let bound = plugins.iter().map(|(plugin, settings)| {
                    let binding = Binding {
                        plugin: plugin.value.clone(),
                        settings: settings.clone(),
                        currency: file.currency,
                        source: Arc::clone(self.source),
                        span: plugin.span,
                    };
                    (plugin.value.clone(), Arc::new(binding))
                });
                StageRule::Plugins(bound.collect())
            }
        }
    }

    /// An obligation whose plugin no stage binds would cost nothing; one bound twice would cost twice.
    fn bound_once(&mut self, file: &JurisdictionFile, merged: &Merged) {
        let stages_of = |plugin: &crate::id::PluginId| -> Vec<crate::id::Stage> {
            let bound =
                |rule: &StageRule| matches!(rule, StageRule::Plugins(bound) if bound.contains_key(plugin));
            merged.stages.iter().filter(|(_, rule)| bound(rule)).map(|(stage, _)| *stage).collect()
        };
        for obligation in merged.obligations.values() {
            let plugin = &obligation.costed_by;
            let own = file.obligations.iter().any(|own| own.name.value == obligation.id.name);
            let span = if own { obligation.costed_by_span } else { file.id.span };
            match stages_of(plugin).as_slice() {
                [_] => {}
                [] => {
                    let message =
                        format!("`{}` is costed by `{plugin}`, which no stage binds", obligation.id);
                    let help = format!(
                        "add `compliance: {{{plugin}: {{}}}}` under `stages:`, here or in a file this one extends"
                    );
                    self.problems.error_help(span, message, help);
                }
                [first, second, ..] => {
                    let message = format!(
                        "`{}` is costed by `{plugin}`, which is bound to {first} and to {second}",
                        obligation.id
                    );
                    self.problems.error_help(
                        span,
                        message,
                        "bind a plugin that costs obligations to one stage",
                    );
                }
            }
        }
    }
}
