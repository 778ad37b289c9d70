//! What the walk will ask for, worked out ahead on all processors where there is much of it: at a start.
//!
//! Decides nothing. The walk takes of this what was made of the very same file, parents and base as it would make it of,
//! and makes the rest itself; the gate knows what came of tests, whoever ran them first.

use std::{collections::BTreeMap, sync::Arc};

use super::{Made, RuleFiles, Served};
use crate::{
    generation::{Closure, bind},
    id::JurisdictionId,
    reload::{
        ahead::{MANY, Sheet, abreast, check_abreast},
        gate::Gate,
        plugins::Plugins,
    },
    rules::book::Base,
};

/// What files come to that were not known, as far as they check and bind.
pub(super) fn work(
    base: &Arc<Base>,
    files: &RuleFiles,
    plugins: Option<&Plugins>,
    gate: &Gate,
    before: &BTreeMap<JurisdictionId, Served>,
) -> BTreeMap<JurisdictionId, Served> {
    let Some(plugins) = plugins else { return BTreeMap::new() };
    let ahead = new(base, files, plugins);
    // Then at most a few tests are new, and the walk comes to them.
    if ahead.is_empty() && !gate.knows_nothing() {
        return ahead;
    }
    let of = |id: &JurisdictionId| ahead.get(id).or_else(|| before.get(id));
    let with_tests = files.0.keys().filter_map(of).map(|served| &served.closure);
    let with_tests = with_tests.filter(|closure| !closure.jurisdiction.own.tests.is_empty());
    let with_above = with_tests.map(|closure| {
        let lineage = closure.jurisdiction.lineage.keys().filter(|id| *id != closure.jurisdiction.id());
        (closure, lineage.filter_map(of).map(|served| Arc::clone(&served.closure)).collect::<Vec<_>>())
    });
    let untested: Vec<_> = with_above.filter(|(closure, above)| !gate.knows(closure, above, base)).collect();
    if untested.len() >= MANY {
        // What comes of it is remembered there.
        abreast(&untested, |(closure, above)| gate.pass(None, closure, above, base).is_ok());
    }
    ahead
}

fn new(base: &Arc<Base>, files: &RuleFiles, plugins: &Plugins) -> BTreeMap<JurisdictionId, Served> {
    let sheet = |(id, parsed): (&JurisdictionId, &super::Parsed)| {
        Some(Sheet {
            id: id.clone(),
            file: Arc::clone(parsed.file.as_ref()?),
            source: Arc::clone(&parsed.source),
        })
    };
    let read = files.0.iter().filter_map(|(id, file)| Some((id, file.read.as_ref().ok()?)));
    let sheets: Vec<Sheet> = read.filter_map(sheet).collect();
    if sheets.len() < MANY {
        return BTreeMap::new();
    }
    let checked = check_abreast(base, &sheets);
    let made = abreast(&sheets, |Sheet { id, file, source }| {
        let checked = checked.get(id)?;
        let closure: Closure = bind(&checked.jurisdiction, &plugins.accepted, base).ok()?;
        let made_of = Some(Made::new(base, checked.parents.clone(), file));
        // How many are above it is counted by who takes it.
        let (closure, source) = (Arc::new(closure), Arc::clone(source));
        let served = Served { closure, source, above: 0, made_of, passed: false, bytes: None };
        Some((id.clone(), served))
    });
    made.into_iter().flatten().collect()
}
