//! How many calls of each plugin something made, and as many calls made alone.

use std::{collections::BTreeMap, hint::black_box, sync::Arc};

use landfall::{
    evaluate::{self, Evaluation},
    generation::Generation,
    id::Stage,
    plugin::{Case, Engine, Plugin},
};

use crate::failed::Failed;

/// By plugin, how many calls were answered, or failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counted(BTreeMap<String, u64>);

impl Counted {
    /// So far.
    pub(crate) fn now(engine: &Engine) -> Self {
        let calls = engine.counts().calls().into_iter();
        Self(
            calls
                .map(|called| (called.plugin, called.outcomes.iter().map(|(_, count)| count).sum()))
                .collect(),
        )
    }

    /// Since then.
    pub(crate) fn since(&self, engine: &Engine) -> Self {
        let Self(mut calls) = Self::now(engine);
        calls
            .iter_mut()
            .for_each(|(plugin, count)| *count -= self.0.get(plugin).copied().unwrap_or_default());
        calls.retain(|_, count| *count > 0);
        Self(calls)
    }

    /// Of all plugins.
    pub(crate) fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// What each plugin was given in an answer.
#[derive(Debug, Default)]
pub(crate) struct Cases(BTreeMap<String, (Arc<Plugin>, Vec<Case>)>);

impl Cases {
    /// Adds those of an answer.
    pub(crate) fn of(&mut self, generation: &Generation, evaluation: &Evaluation) -> Result<(), Failed> {
        for market in &evaluation.markets {
            for stage in Stage::ALL {
                let cases =
                    evaluate::cases(generation, &evaluation.strategy, market, stage).map_err(Failed::new)?;
                for given in cases {
                    let id = given.plugin.description.id.to_string();
                    let (_, cases) =
                        self.0.entry(id).or_insert_with(|| (Arc::clone(&given.plugin), Vec::new()));
                    cases.push(given.case.map_err(Failed)?);
                }
            }
        }
        Ok(())
    }

    /// As many calls of each plugin as were counted, in so many times as many.
    pub(crate) fn calls(&self, counted: &Counted, times: f64) -> Result<Alone, Failed> {
        let mut calls = Vec::new();
        for (plugin, count) in &counted.0 {
            let unknown = || Failed(format!("{plugin} was called, and no case of its is known"));
            let (plugin, cases) = self.0.get(plugin).ok_or_else(unknown)?;
            let count = (*count as f64 * times).round() as usize;
            calls.extend(cases.iter().cycle().take(count).map(|case| (Arc::clone(plugin), case.clone())));
        }
        Ok(Alone(calls))
    }
}

/// Calls that are made one after the other, and nothing else.
#[derive(Debug)]
pub(crate) struct Alone(Vec<(Arc<Plugin>, Case)>);

impl Alone {
    /// All of them.
    pub(crate) fn make(&self) -> Result<(), Failed> {
        for (plugin, case) in &self.0 {
            black_box(plugin.estimate(case).map_err(Failed::new)?);
        }
        Ok(())
    }
}
