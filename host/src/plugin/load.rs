//! A compiled artifact becomes a callable plugin.

use std::{fmt, sync::Arc};

use wasmtime::component::Component;

use super::{
    bindings::StagePre,
    compile::Artifact,
    counts::CallCounts,
    description::Description,
    engine::Engine,
    error::Refusal,
    limits::Limits,
    settings::{Format, Settings, SettingsProblem},
    store::CallState,
};
use crate::id::Digest;

/// A plugin that can be called. Keeps its engine alive.
pub struct Plugin {
    /// What it says about itself, checked.
    pub description: Description,
    /// Of the bytes of the wasm file.
    pub digest: Digest,
    pub(super) engine: Engine,
    pub(super) component: StagePre<CallState>,
    pub(super) who: Arc<str>,
    pub(super) counts: Arc<CallCounts>,
    settings: Settings,
}

/// Loads what [`Compiler::compile`](super::Compiler::compile) made for the same engine.
///
/// # Errors
/// [`Refusal`]: the artifact does not fit the engine, or its description does not hold.
pub fn load(engine: &Engine, artifact: &Artifact) -> Result<Plugin, Refusal> {
    let limits = engine.limits_of(artifact.description.id());
    let (description, settings) =
        artifact.description.check(limits).map_err(|message| Refusal::Description { message })?;
    let refuse = |error: wasmtime::Error| Refusal::Artifact { message: format!("{error:#}") };
    let component = deserialize(engine, artifact.code()).map_err(refuse)?;
    let component = engine.linker().instantiate_pre(&component).and_then(StagePre::new).map_err(refuse)?;
    Ok(Plugin {
        who: description.id.as_str().into(),
        counts: engine.counts().of(&description.id),
        description,
        digest: artifact.digest,
        engine: engine.clone(),
        component,
        settings,
    })
}

#[expect(
    unsafe_code,
    reason = "the code comes from our own compile child, by a pipe or from a private folder and with its checksum"
)]
fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: an `Artifact` is made only of what the child wrote, and wasmtime checks that it was
    // compiled by this version with this configuration.
    unsafe { Component::deserialize(engine.wasmtime(), code) }
}

impl Plugin {
    /// The limits it was loaded under.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.engine.limits_of(self.description.id.as_str())
    }

    /// Whether it was loaded into this engine, under the limits that this is under.
    #[must_use]
    pub fn is_under(&self, engine: &Engine) -> bool {
        self.engine.is_like(engine)
    }

    /// Checks settings as the rule file has them: amounts are still strings such as `5 EUR`.
    ///
    /// # Errors
    /// Every problem found, up to a bound.
    pub fn check_settings(&self, settings: &serde_json::Value) -> Result<(), Vec<SettingsProblem>> {
        self.settings.check(settings)
    }

    /// What the string at that path in the settings holds, if it is an amount the host converts.
    #[must_use]
    pub fn format_at(&self, path: &[&str]) -> Option<Format> {
        self.settings.format_at(path)
    }
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("id", &self.description.id)
            .field("version", &self.description.version)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}
