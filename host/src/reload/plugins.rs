//! The plugins on disk: each loaded, refused, or being compiled, by the id its file name gives.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Accepted, Folder, Item, ItemKind, ItemState, Loading, Loads, by_id, trusted::Permit, two_spellings,
};
use crate::{diagnostic::Diagnostic, id::PluginId, plugin::Plugin};

/// What there is to bind.
#[derive(Debug, Default)]
pub(super) struct Plugins {
    /// The best version of each.
    pub(super) accepted: BTreeMap<PluginId, Arc<Plugin>>,
    /// Those whose file on disk is being compiled, or may be half copied.
    pub(super) compiling: BTreeSet<PluginId>,
    /// Where each may be bound.
    pub(super) permits: BTreeMap<PluginId, Permit>,
}

/// Loads every plugin file; one that is refused or still compiling leaves its last good version.
pub(super) fn load(folder: &Folder, loads: &dyn Loads, before: &Accepted, items: &mut Vec<Item>) -> Plugins {
    let mut plugins = Plugins::default();
    for (id, files) in by_id(folder.files.keys(), ".wasm", PluginId::parse, items) {
        let old = before.plugins.get(&id).cloned();
        let loading = match files.as_slice() {
            [file] => match old.as_ref().filter(|old| is_on_disk(folder, file, old, before, loads)) {
                Some(old) => Loading::Ready(Arc::clone(old)),
                None => load_one(folder, loads, file, &id),
            },
            _ => Loading::Refused(two_spellings()),
        };
        let half_copied = |file: &&str| matches!(folder.files.get(*file), Some(Err(fault)) if fault.waits());
        let (plugin, state, problem) = match loading {
            Loading::Ready(plugin) => (Some(plugin), ItemState::Live, None),
            Loading::Pending => {
                plugins.compiling.insert(id.clone());
                (old, ItemState::Waiting, None)
            }
            Loading::Refused(why) if files.iter().any(half_copied) => {
                plugins.compiling.insert(id.clone());
                (old, ItemState::Waiting, Some(why))
            }
            Loading::Refused(why) => {
                let state = settled(old.is_some());
                (old, state, Some(why))
            }
        };
        let digest = plugin.as_ref().map(|plugin| plugin.digest);
        for file in &files {
            let problem = problem.iter().map(|problem| problem.clone().in_file(file)).collect();
            items.push(Item::new(file, ItemKind::Plugin, state, problem).of(digest));
        }
        let Some(plugin) = plugin else { continue };
        let permit = files.first().map(|file| folder.judged.permit(file, plugin.digest));
        plugins.permits.insert(id.clone(), permit.unwrap_or_default());
        plugins.accepted.insert(id, plugin);
    }
    plugins
}

/// The state of a plugin whose file on disk is not served.
pub(super) const fn settled(has_old: bool) -> ItemState {
    if has_old { ItemState::LastGood } else { ItemState::Refused }
}

/// Whether a file holds the plugin that is accepted, under the limits of now: bytes that are held once for both.
fn is_on_disk(folder: &Folder, file: &str, old: &Plugin, before: &Accepted, loads: &dyn Loads) -> bool {
    let accepted = before.wasm.get(&old.digest);
    let on_disk = folder.files.get(file).and_then(|read| read.as_ref().ok());
    let is_same = accepted.zip(on_disk).is_some_and(|(one, other)| Arc::ptr_eq(one, other));
    is_same && loads.is_loaded(old)
}

fn load_one(folder: &Folder, loads: &dyn Loads, file: &str, id: &PluginId) -> Loading {
    let refused = |why: String| Loading::Refused(Diagnostic::error(why));
    let loading = match folder.files.get(file) {
        Some(Ok(bytes)) => loads.load(file, bytes),
        Some(Err(fault)) => Loading::Refused(fault.diagnostic(file)),
        None => refused("there is no such file".to_owned()),
    };
    match loading {
        Loading::Ready(plugin) if plugin.description.id != *id => {
            Loading::Refused(other_id(file, &plugin.description.id, id))
        }
        loading => loading,
    }
}

fn other_id(file: &str, says: &PluginId, id: &PluginId) -> Diagnostic {
    Diagnostic::error(format!("plugin `{file}` says that its id is `{says}`"))
        .help(format!("rename the file to `{says}.wasm`, or give the plugin the id `{id}`"))
}
