//! What is held at a version: a rollback holds everything, a pin one file. What is on disk is looked at
//! meanwhile, so that whoever lets go knows what will come.

use std::{collections::BTreeMap, sync::Arc};

use super::{Accepted, Disk, Folder, Item, ItemKind, ItemState, Taken, base, draft::folder_of};
use crate::{
    diagnostic::{Diagnostic, Severity},
    id::{Digest, JurisdictionId, PluginId},
    plugin::id_of_file,
};

/// What somebody wants done on the reloading thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Serve the contents of a generation again, by number or digest, and hold everything at them.
    Rollback(String),
    /// Hold a file at what is served of it.
    Pin(String),
    /// Let go of a file, or of everything.
    Unpin(Option<String>),
    /// Take a signed file as it is on disk, although its serial is older than the accepted one.
    Accept(String),
}

/// Files held at these bytes, by name.
pub(super) type Pins = BTreeMap<String, Arc<[u8]>>;

/// The folders as they would be with the pinned files at what they are held at.
pub(super) fn pinned(disk: &Disk, pins: &Pins) -> Disk {
    let mut pinned = disk.clone();
    for (name, bytes) in pins {
        if let Some(folder) = folder_of(&mut pinned, name) {
            folder.files.retain(|other, _| !is_same(other, name));
            folder.files.insert(name.clone(), Ok(Arc::clone(bytes)));
        }
    }
    pinned
}

/// Whether something else than what is held is on disk.
pub(super) fn differs(disk: &Disk, pins: &Pins) -> bool {
    pins.iter().any(|(name, bytes)| on_disk(disk, name) != Some(Digest::of(bytes)))
}

fn on_disk(disk: &Disk, name: &str) -> Option<Digest> {
    let folder: &Folder = if name.ends_with(".wasm") { disk.plugins.as_ref()? } else { &disk.rules };
    let (_, read) = folder.files.iter().find(|(other, _)| is_same(other, name))?;
    match read {
        Ok(bytes) => Some(Digest::of(bytes)),
        Err(fault) => fault.digest(),
    }
}

/// Whether two names of files are spellings of one id.
fn is_same(one: &str, other: &str) -> bool {
    one.replace('_', "-") == other.replace('_', "-")
}

/// Says of pinned files that they are, and what will come when they are let go of. `ahead` is what a reload of
/// what is on disk would come to, where that differs.
pub(super) fn mark_pins(items: &mut [Item], disk: &Disk, pins: &Pins, ahead: Option<&Taken>) {
    for item in items {
        let Some(bytes) = pins.get(&item.file) else { continue };
        if item.state == ItemState::Live {
            item.state = ItemState::Pinned;
        }
        if on_disk(disk, &item.file) != Some(Digest::of(bytes)) {
            let file = item.file.clone();
            let letting_go = format!("`landfall unpin {file}`");
            item.problems.extend(waiting(&file, on_disk(disk, &file), &letting_go, ahead));
        }
    }
}

/// Every file as it is held by a rollback, with what is on disk as what will come.
pub(super) fn all_held(accepted: &Accepted, taken: Taken, disk: &Disk) -> Vec<Item> {
    let mut items: Vec<Item> =
        taken.items.iter().filter(|item| item.kind == ItemKind::Stray).cloned().collect();
    for (file, kind, digest) in accepted.files() {
        let spelled = taken.items.iter().find(|item| item.kind == kind && is_same(&item.file, &file));
        let file = spelled.map_or(file, |item| item.file.clone());
        let mut item = Item::new(&file, kind, ItemState::Pinned, Vec::new()).of(Some(digest));
        let found = on_disk(disk, &file);
        if found != Some(digest) {
            item.problems = waiting(&file, found, "`landfall unpin`", Some(&taken));
        }
        items.push(item);
    }
    // What the generation has nothing of: not served until it is let go of.
    for item in taken.items {
        if !items.iter().any(|held| held.kind == item.kind && held.file == item.file) {
            let mut problems = item.problems;
            problems.push(news(&item.file, "it is new, and is taken in when everything is let go of"));
            // Whoever waits for what is on disk waits for its compilation, and for no more.
            let state = if item.state == ItemState::Waiting { item.state } else { ItemState::Pinned };
            items.push(Item { state, digest: None, problems, ..item });
        }
    }
    items
}

/// What will come of a file when it is let go of.
fn waiting(file: &str, found: Option<Digest>, letting_go: &str, ahead: Option<&Taken>) -> Vec<Diagnostic> {
    let ahead = ahead.and_then(|taken| taken.items.iter().find(|item| is_same(&item.file, file)));
    let errors: Vec<Diagnostic> = ahead
        .iter()
        .flat_map(|item| &item.problems)
        .filter(|problem| problem.severity == Severity::Error)
        .cloned()
        .collect();
    let what = match (found, errors.is_empty()) {
        (None, _) => format!("the file is no longer on disk, and goes with {letting_go}"),
        (Some(_), true) => format!("another version is on disk, and waits for {letting_go}"),
        (Some(_), false) => "another version is on disk, and would be refused".to_owned(),
    };
    std::iter::once(news(file, &what)).chain(errors).collect()
}

fn news(file: &str, what: &str) -> Diagnostic {
    Diagnostic::warning(what.to_owned()).in_file(file)
}

impl Accepted {
    /// Every file that is served, with what it holds.
    pub(super) fn files(&self) -> Vec<(String, ItemKind, Digest)> {
        let base = self.base.digests().map(|(name, digest)| (name.to_owned(), ItemKind::Base, digest));
        let rules = self
            .served
            .values()
            .map(|served| (served.source.name.to_string(), ItemKind::Jurisdiction, served.source.digest));
        let plugins =
            self.plugins.iter().map(|(id, plugin)| (format!("{id}.wasm"), ItemKind::Plugin, plugin.digest));
        base.chain(rules).chain(plugins).collect()
    }

    /// The bytes of what is served of a file, by the name it has on disk.
    pub(super) fn bytes_of(&self, file: &str) -> Option<Arc<[u8]>> {
        if base::NAMES.contains(&file) {
            return self.base.sources.get(file).map(|source| source.bytes().into());
        }
        if let Some(stem) = file.strip_suffix(".yaml") {
            let id = JurisdictionId::parse(&stem.replace('_', "-")).ok()?;
            return self.served.get(&id).map(|served| served.source.bytes().into());
        }
        let id = PluginId::parse(&id_of_file(file)?).ok()?;
        self.wasm.get(&self.plugins.get(&id)?.digest).cloned()
    }
}
