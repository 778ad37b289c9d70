//! `scenarios:`: each is checked over the same parents as its file, as if it were the file.

use std::{collections::BTreeMap, sync::Arc};

use super::{Checker, check};
use crate::{
    id::Name,
    rules::{
        book::{Merged, Scenario},
        schema::jurisdiction::in_scenario,
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
            let under = check(&file.file, self.source, self.parents, self.base);
            for problem in under.err().into_iter().flatten() {
                self.problems.add(in_scenario(problem, &format!("{}.{name}", self.id)));
            }
            let (title, note, set) = (Arc::clone(&file.title), file.note.clone(), file.set.clone());
            scenarios.insert(name.clone(), Scenario { title, cites, note, set, at });
        }
        scenarios
    }
}
