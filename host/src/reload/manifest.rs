//! A generation as digests: what history keeps of it, and what it takes to make it again.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Accepted, walk::Served};
use crate::{
    generation::{Generation, SEMANTICS},
    id::{Digest, InvalidName, JurisdictionId, PluginId},
    plugin::PluginLimits,
    source::SourceFile,
};

/// A file by its name and contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) digest: Digest,
}

/// What serves a jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServedBy {
    /// The last version of its file that was served over accepted parents.
    pub(super) source: File,
    /// How many files are on the longest way up from it.
    pub(super) above: usize,
    /// Its closure: every file of its lineage by id, and its plugins.
    pub(super) rules: BTreeMap<String, File>,
    pub(super) plugins: BTreeMap<String, Digest>,
}

/// A generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// Under which it was accepted.
    pub(super) semantics: u32,
    /// The limits under which it answered.
    pub(super) limits: PluginLimits,
    pub(super) base: BTreeMap<String, Digest>,
    /// The best version of each plugin, bound or not.
    pub(super) plugins: BTreeMap<String, Digest>,
    pub(super) served: BTreeMap<String, ServedBy>,
    pub(super) unavailable: BTreeMap<String, String>,
}

impl Manifest {
    pub(super) fn of(accepted: &Accepted, generation: &Generation) -> Self {
        let digests = |plugins: &BTreeMap<PluginId, Arc<crate::plugin::Plugin>>| {
            plugins.iter().map(|(id, plugin)| (id.to_string(), plugin.digest)).collect()
        };
        let served = |served: &Served| ServedBy {
            source: File::of(&served.source),
            above: served.above,
            rules: lineage(served).map(|(id, source)| (id.to_string(), File::of(source))).collect(),
            plugins: digests(&served.closure.plugins),
        };
        Self {
            semantics: SEMANTICS,
            limits: generation.engine.plugin_limits().clone(),
            base: accepted.base.digests().map(|(name, digest)| (name.to_owned(), digest)).collect(),
            plugins: digests(&accepted.plugins),
            served: accepted.served.iter().map(|(id, by)| (id.to_string(), served(by))).collect(),
            unavailable: generation
                .unavailable
                .iter()
                .map(|(id, why)| (id.to_string(), why.to_string()))
                .collect(),
        }
    }

    /// Every plugin it names, served or bound, by digest.
    pub(super) fn wasm(&self) -> BTreeMap<Digest, PluginId> {
        let bound = self.served.values().flat_map(|by| &by.plugins);
        let named = self.plugins.iter().chain(bound);
        named.filter_map(|(id, digest)| Some((*digest, PluginId::parse(id).ok()?))).collect()
    }

    /// Every file by its name as it is served, with its contents: what was on disk, as far as it was good.
    pub(super) fn files(&self) -> BTreeMap<String, Digest> {
        let base = self.base.iter().map(|(name, digest)| (name.clone(), *digest));
        let rules = self.served.values().map(|by| (by.source.name.clone(), by.source.digest));
        let plugins = self.plugins.iter().map(|(id, digest)| (format!("{id}.wasm"), *digest));
        base.chain(rules).chain(plugins).collect()
    }

    /// What is another than in an earlier one, by file name, in one line.
    pub(super) fn cause(&self, before: Option<&Self>) -> String {
        let Some(before) = before else { return "the first generation".to_owned() };
        let (old, new) = (before.files(), self.files());
        let changed = new.iter().filter_map(|(name, digest)| match old.get(name) {
            None => Some(format!("{name} is new")),
            Some(was) if was != digest => Some(format!("{name} changed")),
            Some(_) => None,
        });
        let gone = old.keys().filter(|name| !new.contains_key(*name)).map(|name| format!("{name} is gone"));
        let mut causes: Vec<String> = changed.chain(gone).collect();
        if self.limits != before.limits {
            causes.push("limits changed".to_owned());
        }
        if self.semantics != before.semantics {
            causes.push("this version of the host computes otherwise".to_owned());
        }
        match causes.len() {
            0 => "what serves a jurisdiction changed".to_owned(),
            1..=MOST_CAUSES => causes.join(", "),
            n => {
                causes.truncate(MOST_CAUSES);
                format!("{} and {} more", causes.join(", "), n - MOST_CAUSES)
            }
        }
    }
}

/// Files named as a cause, before the rest is counted.
const MOST_CAUSES: usize = 8;

impl File {
    fn of(source: &SourceFile) -> Self {
        Self { name: source.name.to_string(), digest: source.digest }
    }
}

/// Every file of the lineage of what serves a jurisdiction.
pub(super) fn lineage(served: &Served) -> impl Iterator<Item = (&JurisdictionId, &Arc<SourceFile>)> {
    served.closure.jurisdiction.lineage.iter().map(|(id, own)| (id, &own.source))
}

/// A jurisdiction of a manifest.
pub(super) fn jurisdiction(id: &str) -> Result<JurisdictionId, InvalidName> {
    JurisdictionId::parse(id)
}
