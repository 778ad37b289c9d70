//! Calls to plugins within one query: counted, and each distinct case asked once.

use std::{collections::HashMap, sync::Arc};

use super::{Budget, OverBudget};
use crate::{
    id::Digest,
    plugin::{CallError, Case, Engine, Estimate, Plugin},
};

/// What one query has asked plugins so far.
#[derive(Debug)]
pub struct Calls<'g> {
    engine: &'g Engine,
    budget: Budget,
    /// A plugin is a pure function of its case, so the same case need not be asked twice. This is what
    /// makes enumerating options cheap: most plugins do not read most choices.
    answered: HashMap<(Digest, Case), Result<Arc<Estimate>, CallError>>,
    made: u64,
    /// Those that were answered from here among them.
    asked: u64,
    fuel: u64,
    lines: usize,
}

impl<'g> Calls<'g> {
    /// None yet.
    #[must_use]
    pub fn new(engine: &'g Engine) -> Self {
        Self::within(engine, Budget::default())
    }

    /// The same with less, or more, to spend.
    pub(super) fn within(engine: &'g Engine, budget: Budget) -> Self {
        Self { engine, budget, answered: HashMap::new(), made: 0, asked: 0, fuel: 0, lines: 0 }
    }

    /// How often anything was asked: a measure of the work, also where no plugin had to be called.
    #[must_use]
    pub const fn asked(&self) -> u64 {
        self.asked
    }

    /// A plugin's answer to a case.
    ///
    /// # Errors
    /// The outer one where the query's budget is used up; the inner one is the plugin's.
    pub(super) fn ask(
        &mut self,
        plugin: &Plugin,
        case: Case,
    ) -> Result<Result<Arc<Estimate>, CallError>, OverBudget> {
        let key = (plugin.digest, case);
        self.asked = self.asked.saturating_add(1);
        if let Some(answer) = self.answered.get(&key) {
            return Ok(answer.clone());
        }
        self.made += 1;
        if self.made > self.budget.calls {
            return Err(OverBudget::Calls);
        }
        let limits = self.engine.limits_of(plugin.description.id.as_str());
        let answer = plugin.estimate_under(limits, &key.1).map(Arc::new);
        self.lines += answer.as_ref().map_or(0, |estimate| estimate.lines.len());
        if self.lines > self.budget.lines {
            return Err(OverBudget::Lines);
        }
        // A call that failed may have burnt all it was allowed.
        let burnt = answer.as_ref().map_or(limits.call.fuel, |estimate| estimate.used.fuel);
        self.fuel = self.fuel.saturating_add(burnt);
        if self.fuel > self.budget.fuel {
            return Err(OverBudget::Fuel);
        }
        self.answered.insert(key, answer.clone());
        Ok(answer)
    }
}
