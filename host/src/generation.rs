//! Where rules and plugins meet: an immutable snapshot of everything that can change an answer.
//!
//! A [`Closure`] is a jurisdiction bound to the plugins it names; a [`Generation`] is a base with all
//! closures over it. Nothing in a published generation changes (*frozen*); its digest names its
//! contents, so the same digest and the same strategy give the same answer (*replayable*).

mod bind;
mod rebuild;
mod scenario;
mod settings;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

pub use self::{
    bind::{BoundChoice, BoundObligation, BoundPlugin, BoundStage, Unbound, bind, problems_of},
    rebuild::{Lineage, Rebuilding},
    scenario::overlay,
    settings::{Settings, Written},
};
use crate::{
    id::{Digest, JurisdictionId, PluginId, Stage},
    plugin::{Engine, Plugin},
    rules::{
        book::{Base, Jurisdiction},
        schema::jurisdiction::Kind,
    },
};

/// Raised whenever the same rules, plugins and strategy would be evaluated differently.
pub const SEMANTICS: u32 = 2;

/// A jurisdiction with its ancestors and the plugins they bind: what serves it, and the unit of last good.
#[derive(Debug)]
pub struct Closure {
    /// The rules.
    pub jurisdiction: Arc<Jurisdiction>,
    /// The plugins bound here, by id.
    pub plugins: BTreeMap<PluginId, Arc<Plugin>>,
    /// What computes each stage; a stage nobody binds is missing.
    pub stages: BTreeMap<Stage, BoundStage>,
    digest: Digest,
}

impl Closure {
    /// Of these parts, which belong together.
    #[must_use]
    pub fn new(
        jurisdiction: Arc<Jurisdiction>,
        plugins: BTreeMap<PluginId, Arc<Plugin>>,
        stages: BTreeMap<Stage, BoundStage>,
    ) -> Self {
        let digest = Self::digest_of(&jurisdiction, &plugins);
        Self { jurisdiction, plugins, stages, digest }
    }

    /// A jurisdiction bound to nothing.
    #[must_use]
    pub fn unbound(jurisdiction: Arc<Jurisdiction>) -> Self {
        Self::new(jurisdiction, BTreeMap::new(), BTreeMap::new())
    }

    /// The digest of its files, by name, with the scenarios they are under, and plugins: an answer says in which
    /// file a rule stands.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    fn digest_of(jurisdiction: &Jurisdiction, plugins: &BTreeMap<PluginId, Arc<Plugin>>) -> Digest {
        let rules = jurisdiction.lineage.values().map(|own| (&*own.source.name, own.source.digest));
        let plugins = plugins.iter().map(|(id, plugin)| (id.as_str(), plugin.digest));
        let under = jurisdiction.lineage.values().flat_map(|own| {
            own.under.iter().map(|name| (own.id.as_str(), Digest::of(name.as_str().as_bytes())))
        });
        let rules = rules.chain(under);
        let parts: Vec<(&str, Digest)> =
            rules.chain(std::iter::once(("", Digest::of(b"plugins")))).chain(plugins).collect();
        Digest::of_parts(parts.iter().flat_map(|(id, digest)| [id.as_bytes(), digest.as_bytes().as_slice()]))
    }
}

/// A base and the closures over it.
#[derive(Debug)]
pub struct Generation {
    /// What names its contents.
    pub digest: Digest,
    /// Its number at this host; not part of the digest.
    pub number: u64,
    /// Facts, roles, rates, exchange rates.
    pub base: Arc<Base>,
    /// Every jurisdiction that can be served.
    pub closures: BTreeMap<JurisdictionId, Arc<Closure>>,
    /// Every jurisdiction that has a file but cannot be served, with the reason.
    pub unavailable: BTreeMap<JurisdictionId, Arc<str>>,
    /// What runs the plugins, and under which limits.
    pub engine: Arc<Engine>,
}

impl Generation {
    /// Names the contents. The order of files, folders and plugins has no part in it.
    #[must_use]
    pub fn new(
        number: u64,
        base: Arc<Base>,
        closures: BTreeMap<JurisdictionId, Arc<Closure>>,
        unavailable: BTreeMap<JurisdictionId, Arc<str>>,
        engine: Arc<Engine>,
    ) -> Self {
        let limits = engine.plugin_limits();
        let mut parts: Vec<Vec<u8>> = vec![
            b"landfall generation".to_vec(),
            SEMANTICS.to_le_bytes().to_vec(),
            limits.default.call.digest().as_bytes().to_vec(),
        ];
        let mut group = |name: &str, members: Vec<(&str, Vec<u8>)>| {
            parts.push(format!("{name} {}", members.len()).into_bytes());
            for (key, value) in members {
                parts.push(key.as_bytes().to_vec());
                parts.push(value);
            }
        };
        group("base", base.digests().map(|(name, digest)| (name, digest.as_bytes().to_vec())).collect());
        group(
            "closures",
            closures
                .iter()
                .map(|(id, closure)| (id.as_str(), closure.digest().as_bytes().to_vec()))
                .collect(),
        );
        group(
            "unavailable",
            unavailable.iter().map(|(id, why)| (id.as_str(), why.as_bytes().to_vec())).collect(),
        );
        // A plugin nobody binds answers nothing, whatever it may use.
        let bound = |id: &PluginId| closures.values().any(|closure| closure.plugins.contains_key(id));
        let own = limits.own_calls().filter(|(id, _)| bound(id));
        let own: Vec<_> = own.map(|(id, digest)| (id.as_str(), digest.as_bytes().to_vec())).collect();
        if !own.is_empty() {
            group("limits", own);
        }
        let digest = Digest::of_parts(parts.iter().map(Vec::as_slice));
        Self { digest, number, base, closures, unavailable, engine }
    }

    /// The ids a strategy may name: countries, and whatever is unavailable.
    #[must_use]
    pub fn market_ids(&self) -> Vec<&JurisdictionId> {
        let countries = self
            .closures
            .iter()
            .filter(|(_, closure)| closure.jurisdiction.own.kind == Kind::Country)
            .map(|(id, _)| id);
        countries.chain(self.unavailable.keys()).collect()
    }

    /// The regions of a country.
    #[must_use]
    pub fn regions(&self, country: &JurisdictionId) -> Vec<&JurisdictionId> {
        let within = |closure: &Closure| {
            let jurisdiction = &closure.jurisdiction;
            jurisdiction.own.kind == Kind::Region && jurisdiction.lineage.contains_key(country)
        };
        self.closures.iter().filter(|(_, closure)| within(closure)).map(|(id, _)| id).collect()
    }

    /// The country a region lies in.
    #[must_use]
    pub fn country_of<'j>(&self, region: &'j Jurisdiction) -> Option<&'j JurisdictionId> {
        region.lineage.values().find(|own| own.kind == Kind::Country).map(|own| &own.id)
    }

    /// The countries that inherit from a bloc.
    #[must_use]
    pub fn members(&self, bloc: &JurisdictionId) -> Vec<&JurisdictionId> {
        self.closures
            .iter()
            .filter(|(_, closure)| {
                closure.jurisdiction.own.kind == Kind::Country
                    && closure.jurisdiction.lineage.contains_key(bloc)
            })
            .map(|(id, _)| id)
            .collect()
    }
}
