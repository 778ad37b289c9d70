//! `stages:`: who computes what, and that every obligation is costed in one place.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use super::Checker;
use crate::{
    id::{PluginId, Stage},
    rules::{
        book::{Binding, Merged, Obligation, StageRule},
        schema::{
            Spanned,
            jurisdiction::{Section, StageFile},
        },
    },
};

type Bindings = BTreeMap<PluginId, Arc<Binding>>;

impl Checker<'_> {
    pub(super) fn stages(&mut self, merged: &mut Merged) {
        for (stage, rule) in &self.file.stages {
            if !self.may_bind(stage.value, rule) {
                // `place` says so.
                continue;
            }
            let own = self.stage_rule(stage, rule);
            match (merged.stages.get_mut(&stage.value), own) {
                (None, own) => drop(merged.stages.insert(stage.value, own)),
                (Some(StageRule::Plugins(inherited)), StageRule::Plugins(own)) => {
                    self.bind(stage.value, inherited, own);
                }
                (Some(_), _) => {
                    let message = format!("{} is both computed and declared to be nothing", stage.value);
                    let help = "an inherited `none:` or plugin stands against this";
                    self.problems.error_help(stage.span, message, help);
                }
            }
        }
    }

    fn bind(&mut self, stage: Stage, inherited: &mut Bindings, own: Bindings) {
        for (plugin, binding) in own {
            match inherited.entry(plugin) {
                Entry::Vacant(free) => drop(free.insert(binding)),
                Entry::Occupied(mut taken) => {
                    let name = format!("{stage}.{}", taken.key());
                    if self.may_define(Section::Stages, &name, binding.span) {
                        taken.insert(binding);
                    }
                }
            }
        }
    }

    fn stage_rule(&self, stage: &Spanned<Stage>, rule: &StageFile) -> StageRule {
        match rule {
            StageFile::None { reason, by } => StageRule::None {
                reason: Arc::clone(reason),
                by: Arc::clone(by),
                at: self.source.at(stage.span),
            },
            StageFile::Plugins(plugins) => {
                let bound = plugins.iter().map(|(plugin, settings)| {
                    let binding = Binding {
                        plugin: plugin.value.clone(),
                        by: self.id.clone(),
                        settings: settings.clone(),
                        currency: self.file.currency,
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
    pub(super) fn bound_once(&mut self, merged: &Merged) {
        for obligation in merged.obligations.values() {
            self.costed_once(obligation, merged);
        }
    }

    fn costed_once(&mut self, obligation: &Obligation, merged: &Merged) {
        let (id, plugin) = (&obligation.id, &obligation.costed_by);
        let own = id.jurisdiction == *self.id;
        let span = if own { obligation.costed_by_span } else { self.file.id.span };
        let bound =
            |rule: &StageRule| matches!(rule, StageRule::Plugins(bound) if bound.contains_key(plugin));
        let stages: Vec<&Stage> =
            merged.stages.iter().filter(|(_, rule)| bound(rule)).map(|(stage, _)| stage).collect();
        match stages.as_slice() {
            [_] => {}
            [] => {
                let message = format!("`{id}` is costed by `{plugin}`, which no stage binds");
                let help = format!(
                    "add `compliance: {{{plugin}: {{}}}}` under `stages:`, here or in a file this one extends"
                );
                self.problems.error_help(span, message, help);
            }
            [first, second, ..] => {
                let message =
                    format!("`{id}` is costed by `{plugin}`, which is bound to {first} and to {second}");
                let help = "bind a plugin that costs obligations to one stage";
                self.problems.error_help(span, message, help);
            }
        }
    }
}
