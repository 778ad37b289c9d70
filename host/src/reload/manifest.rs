//! A generation as digests: what history keeps of it, and what it takes to make it again.
//!
//! What serves a jurisdiction is kept by itself and named by its digest, so that a generation adds what it changes.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Accepted, Contents, walk::Served};
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
    /// The version of the host under which its tests passed over this base, if they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) passed: Option<String>,
}

/// The version of this host.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What serves a jurisdiction, as it is kept.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) by: ServedBy,
    pub(super) digest: Digest,
    pub(super) bytes: Vec<u8>,
}

/// A generation.
#[derive(Debug)]
pub(super) struct Manifest {
    /// Under which it was accepted.
    pub(super) semantics: u32,
    /// The limits under which it answered.
    pub(super) limits: PluginLimits,
    pub(super) base: BTreeMap<String, Digest>,
    /// The best version of each plugin, bound or not.
    pub(super) plugins: BTreeMap<String, Digest>,
    pub(super) served: BTreeMap<String, Arc<Part>>,
    pub(super) unavailable: BTreeMap<String, String>,
}

/// A manifest as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept<'m> {
    semantics: u32,
    limits: Cow<'m, PluginLimits>,
    base: Cow<'m, BTreeMap<String, Digest>>,
    plugins: Cow<'m, BTreeMap<String, Digest>>,
    /// Parts that stand in it: all of them before they were kept by themselves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    served: BTreeMap<String, ServedBy>,
    /// Parts that are kept by themselves.
    #[serde(default)]
    parts: BTreeMap<Cow<'m, str>, Digest>,
    unavailable: Cow<'m, BTreeMap<String, String>>,
}

impl Part {
    /// Names and digests always have a JSON form.
    fn new(by: ServedBy) -> Arc<Self> {
        let bytes = serde_json::to_vec(&by).unwrap_or_default();
        Arc::new(Self { digest: Digest::of(&bytes), by, bytes })
    }
}

impl Manifest {
    /// Of a generation that is made of this. What is the same in another is taken from there.
    pub(super) fn of(
        accepted: &Accepted,
        generation: &Generation,
        other: Option<(&Accepted, &Self)>,
    ) -> Self {
        let digests = |plugins: &BTreeMap<PluginId, Arc<crate::plugin::Plugin>>| {
            plugins.iter().map(|(id, plugin)| (id.to_string(), plugin.digest)).collect()
        };
        let served = |served: &Served| ServedBy {
            source: File::of(&served.source),
            above: served.above,
            rules: lineage(served).map(|(id, source)| (id.to_string(), File::of(source))).collect(),
            plugins: digests(&served.closure.plugins),
            passed: served.passed.then(|| VERSION.to_owned()),
        };
        let known = |id: &JurisdictionId, by: &Served| {
            let (accepted, manifest) = other?;
            let is_same = accepted.served.get(id).is_some_and(|other| other.is_kept_as(by));
            manifest.served.get(id.as_str()).filter(|_| is_same).map(Arc::clone)
        };
        let part = |(id, by): (&JurisdictionId, &Served)| {
            (id.to_string(), known(id, by).unwrap_or_else(|| Part::new(served(by))))
        };
        Self {
            semantics: SEMANTICS,
            limits: generation.engine.plugin_limits().clone(),
            base: accepted.base.digests().map(|(name, digest)| (name.to_owned(), digest)).collect(),
            plugins: digests(&accepted.plugins),
            served: accepted.served.iter().map(part).collect(),
            unavailable: generation
                .unavailable
                .iter()
                .map(|(id, why)| (id.to_string(), why.to_string()))
                .collect(),
        }
    }

    /// As it is kept, its parts beside it.
    ///
    /// # Errors
    /// It has no JSON form.
    pub(super) fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
        let Self { semantics, limits, base, plugins, served, unavailable } = self;
        serde_json::to_vec(&Kept {
            semantics: *semantics,
            limits: Cow::Borrowed(limits),
            base: Cow::Borrowed(base),
            plugins: Cow::Borrowed(plugins),
            served: BTreeMap::new(),
            parts: served.iter().map(|(id, part)| (Cow::Borrowed(id.as_str()), part.digest)).collect(),
            unavailable: Cow::Borrowed(unavailable),
        })
    }

    /// What was kept, with its parts from where they are.
    ///
    /// # Errors
    /// Why it is no manifest, or which part is not there.
    pub(super) fn read(bytes: &[u8], contents: Contents<'_>) -> Result<Self, String> {
        let said = |error: serde_json::Error| error.to_string();
        let kept: Kept<'_> = serde_json::from_slice(bytes).map_err(said)?;
        let mut served = BTreeMap::new();
        for (id, by) in kept.served {
            served.insert(id, Part::new(by));
        }
        for (id, digest) in kept.parts {
            let bytes = contents(digest)?;
            let by = serde_json::from_slice(&bytes).map_err(said)?;
            served.insert(id.into_owned(), Arc::new(Part { by, digest, bytes }));
        }
        Ok(Self {
            semantics: kept.semantics,
            limits: kept.limits.into_owned(),
            base: kept.base.into_owned(),
            plugins: kept.plugins.into_owned(),
            served,
            unavailable: kept.unavailable.into_owned(),
        })
    }

    /// Every plugin it names, served or bound, by digest.
    pub(super) fn wasm(&self) -> BTreeMap<Digest, PluginId> {
        let bound = self.served.values().flat_map(|part| &part.by.plugins);
        let named = self.plugins.iter().chain(bound);
        named.filter_map(|(id, digest)| Some((*digest, PluginId::parse(id).ok()?))).collect()
    }

    /// Every file by its name as it is served, with its contents: what was on disk, as far as it was good.
    pub(super) fn files(&self) -> BTreeMap<String, Digest> {
        self.files_where(|_, _| true)
    }

    fn files_where(&self, wanted: impl Fn(&str, &Arc<Part>) -> bool) -> BTreeMap<String, Digest> {
        let base = self.base.iter().map(|(name, digest)| (name.clone(), *digest));
        let rules = self.served.iter().filter(|(id, part)| wanted(id, part)).map(|(_, part)| &part.by.source);
        let rules = rules.map(|source| (source.name.clone(), source.digest));
        let plugins = self.plugins.iter().map(|(id, digest)| (format!("{id}.wasm"), *digest));
        base.chain(rules).chain(plugins).collect()
    }

    /// What is another than in an earlier one, by file name, in one line.
    pub(super) fn cause(&self, before: Option<&Self>) -> String {
        let Some(before) = before else { return "the first generation".to_owned() };
        // What is held once for both is the same.
        let differs = |other: &Self, id: &str, part: &Arc<Part>| {
            other.served.get(id).is_none_or(|other| !Arc::ptr_eq(other, part))
        };
        let old = before.files_where(|id, part| differs(self, id, part));
        let new = self.files_where(|id, part| differs(before, id, part));
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
