//! `scenarios:`: each is checked over the same parents as its file, as if it were the file.

use std::{collections::BTreeMap, sync::Arc};

use super::{Checker, check};
use crate::{
    diagnostic::{Diagnostic, Problems},
    id::Name,
    rules::{
        book::{Merged, Scenario},
        schema::{
            jurisdiction::{ScenarioFile, in_scenario, read_alone},
            overlay::lay,
        },
    },
};

impl Checker<'_> {
    /// The what-ifs of a file without an error: with one, each would only say it again.
    pub(super) fn scenarios(&mut self, merged: &Merged) -> BTreeMap<Name, Scenario> {
        let mut scenarios = BTreeMap::new();
        if self.problems.any_error() {
            return scenarios;
        }
        for file in &self.file.scenarios {
            let cites = self.cites(&file.cites, merged);
            let (name, at) = (&file.name.value, self.source.at(file.name.span));
            for problem in self.wrong_under(file) {
                self.problems.add(in_scenario(problem, &format!("{}.{name}", self.id)));
            }
            let (title, note, set) = (Arc::clone(&file.title), file.note.clone(), file.set.clone());
            scenarios.insert(name.clone(), Scenario { title, cites, note, set, at });
        }
        scenarios
    }

    /// What is wrong with the file under a scenario.
    fn wrong_under(&mut self, scenario: &ScenarioFile) -> Vec<Diagnostic> {
        let laid = self.file.whole.as_ref();
        let laid = laid.and_then(|whole| lay(whole, &scenario.set, &mut self.problems));
        let Some(laid) = laid else { return Vec::new() };
        let mut found = Problems::new(self.source);
        match read_alone(&laid, &mut found) {
            Some(file) if !found.any_error() => {
                check(&file, self.source, self.parents, self.base).err().unwrap_or_default()
            }
            _ => found.into_vec(),
        }
    }
}
