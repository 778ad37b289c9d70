//! The base files: each the newest that reads, all of them accepted or refused together.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Item, ItemKind, ItemState, disk::Folder, walk::Standing};
use crate::{
    diagnostic::{Diagnostic, Problems, did_you_mean},
    id::JurisdictionId,
    rules::{
        book::Base,
        schema::{base, read_file},
        yaml::Node,
    },
    source::SourceFile,
};

/// The files that are not jurisdictions.
pub(super) const NAMES: [&str; 4] = ["facts.yaml", "fx.yaml", "rates.yaml", "roles.yaml"];

/// A base that nothing has been checked over yet.
pub(super) struct Candidate {
    pub(super) base: Arc<Base>,
    pub(super) items: Vec<Item>,
}

/// Reads the base files; one with an error leaves its last good version.
pub(super) fn candidate(folder: &Folder, old: &Base) -> Candidate {
    let mut base = Base::default();
    let mut items = Vec::new();
    for name in NAMES {
        let Some(bytes) = folder.files.get(name) else { continue };
        let read = match bytes {
            Ok(bytes) if take_known(&mut base, old, name, bytes) => {
                let digest = base.sources.get(name).map(|source| source.digest);
                items.push(Item::new(name, ItemKind::Base, ItemState::Live, Vec::new()).of(digest));
                continue;
            }
            Ok(bytes) => SourceFile::new(name, bytes).map_err(|problem| vec![problem]),
            Err(fault) => Err(vec![fault.diagnostic(name)]),
        };
        let waits = matches!(bytes, Err(fault) if fault.waits());
        let (state, problems) = match read.and_then(|source| take(&mut base, Arc::new(source))) {
            Ok(()) => (ItemState::Live, Vec::new()),
            Err(problems) => match old.sources.get(name) {
                // It was accepted before, so it reads.
                Some(source) if take(&mut base, Arc::clone(source)).is_ok() => {
                    (ItemState::LastGood, problems)
                }
                _ => (ItemState::Refused, problems),
            },
        };
        let state = if waits { ItemState::Waiting } else { state };
        let digest = base.sources.get(name).map(|source| source.digest);
        items.push(Item::new(name, ItemKind::Base, state, problems).of(digest));
    }
    check_rates(&mut base, &mut items, folder, old);
    Candidate { base: Arc::new(base), items }
}

/// A misspelt role or place would price somebody's work at another rate, or at none: a role nobody knows
/// refuses the card, and a place without a rule file is said.
fn check_rates(base: &mut Base, items: &mut [Item], folder: &Folder, old: &Base) {
    let Some(source) = base.sources.get("rates.yaml").cloned() else { return };
    let Some(item) = items.iter_mut().find(|item| item.file == "rates.yaml") else { return };
    let places: BTreeSet<&str> = folder.files.keys().filter_map(|name| name.strip_suffix(".yaml")).collect();
    let kept = old.sources.get("rates.yaml");
    // A card that was accepted stays, whatever roles.yaml has become since.
    let is_new = kept.is_none_or(|kept| kept.digest != source.digest);
    let mut refused = false;
    for ((role, place), card) in &base.rates {
        if !base.roles.contains_key(role) {
            let help = did_you_mean(role.as_str(), base.roles.keys().map(AsRef::as_ref));
            let message = format!("unknown role `{role}`");
            let problem = if is_new { Diagnostic::error(message) } else { Diagnostic::warning(message) };
            item.problems
                .push(problem.at(&source, card.span).help(format!("{help}; roles stand in roles.yaml")));
            refused |= is_new;
        }
        if !places.contains(place.as_str()) {
            let message = format!("there is no {place}.yaml, so nobody is priced by these rates");
            let help = did_you_mean(place.as_str(), places.iter().copied());
            item.problems.push(Diagnostic::warning(message).at(&source, card.span).help(help));
        }
    }
    if !refused {
        return;
    }
    base.rates.clear();
    base.sources.remove("rates.yaml");
    item.state = match kept.map(|kept| take(base, Arc::clone(kept))) {
        Some(Ok(())) => ItemState::LastGood,
        _ => ItemState::Refused,
    };
    item.digest = base.sources.get("rates.yaml").map(|source| source.digest);
}

/// Takes what a file said before, where it says the same.
fn take_known(into: &mut Base, old: &Base, name: &str, bytes: &[u8]) -> bool {
    let Some(source) = old.sources.get(name).filter(|source| source.text.as_bytes() == bytes) else {
        return false;
    };
    match name {
        "facts.yaml" => into.facts.clone_from(&old.facts),
        "fx.yaml" => into.fx.clone_from(&old.fx),
        "rates.yaml" => into.rates.clone_from(&old.rates),
        _ => into.roles.clone_from(&old.roles),
    }
    into.sources.insert(Arc::clone(&source.name), Arc::clone(source));
    true
}

/// Reads one file into a base.
pub(super) fn take(into: &mut Base, source: Arc<SourceFile>) -> Result<(), Vec<Diagnostic>> {
    fn put<T>(
        slot: &mut T,
        source: &SourceFile,
        read: impl FnOnce(&Node, &mut Problems<'_>) -> Option<T>,
    ) -> Result<(), Vec<Diagnostic>> {
        *slot = read_file(source, read)?;
        Ok(())
    }
    match &*source.name {
        "facts.yaml" => put(&mut into.facts, &source, base::facts)?,
        "fx.yaml" => put(&mut into.fx, &source, base::fx)?,
        "rates.yaml" => put(&mut into.rates, &source, base::rates)?,
        _ => put(&mut into.roles, &source, base::roles)?,
    }
    into.sources.insert(Arc::clone(&source.name), source);
    Ok(())
}

/// The items of a base that is refused because of what it would do to what is served.
pub(super) fn refused(items: Vec<Item>, old: &Base, worse: &[(&JurisdictionId, &Standing)]) -> Vec<Item> {
    let names: Vec<String> = worse.iter().map(|(id, _)| format!("`{id}`")).collect();
    let first = worse.iter().find_map(|(_, standing)| standing.problems.first());
    let why = first.map_or_else(String::new, |problem| format!("; the first problem is {problem}"));
    let message = format!("the new base would take down or set back {}{why}", names.join(", "));
    let changed =
        |item: &Item| old.sources.get(item.file.as_str()).map(|source| source.digest) != item.digest;
    let mut kept: BTreeMap<String, Item> = items
        .into_iter()
        .map(|mut item| {
            if changed(&item) {
                let problem = Diagnostic::error(message.clone()).in_file(&item.file);
                item.problems
                    .push(problem.help("mend it, or mend the rule files first: the base before it stays"));
                item.digest = old.sources.get(item.file.as_str()).map(|source| source.digest);
                item.state = if item.digest.is_some() { ItemState::LastGood } else { ItemState::Refused };
            }
            (item.file.clone(), item)
        })
        .collect();
    for (name, source) in &old.sources {
        kept.entry(name.to_string()).or_insert_with(|| {
            let problem = Diagnostic::error(format!("the file was deleted, and {message}"))
                .in_file(name)
                .help("put it back, or mend the rule files first");
            Item::new(name, ItemKind::Base, ItemState::LastGood, vec![problem]).of(Some(source.digest))
        });
    }
    kept.into_values().collect()
}
