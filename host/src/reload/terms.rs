//! The `landfall.yaml` of a running host: read again at every reload, in force if it is good, else the last good
//! one stays and `status` says why.
//!
//! What it says of limits and signatures reaches the reloader, and what it says of the log the log; whoever
//! serves clients asks [`InForce`] each time. What is read at start alone is compared and said.

use std::{path::Path, sync::Arc};

use arc_swap::ArcSwap;

use super::{Item, ItemKind, ItemState};
use crate::{
    config::{Config, ConfigFile},
    diagnostic::{Diagnostic, did_you_mean},
    logging,
    plugin::id_of_file,
};

/// The configuration that is in force, for whoever must follow it. Clones see the same.
#[derive(Debug, Clone, Default)]
pub struct InForce(Arc<ArcSwap<Config>>);

impl InForce {
    /// This one, until another is read.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(config)))
    }

    /// What is in force now; not to be kept.
    #[must_use]
    pub fn now(&self) -> Arc<Config> {
        self.0.load_full()
    }
}

/// The file with what became of it.
#[derive(Debug)]
pub struct Terms {
    file: ConfigFile,
    in_force: InForce,
    /// As it was when the host started: what is read at start alone is still that.
    at_start: Config,
    /// Whether the log is what a flag says.
    log_is_fixed: bool,
    problems: Vec<Diagnostic>,
}

impl Terms {
    /// A file as it was read when the host started. A log that a flag or the environment decides stays.
    #[must_use]
    pub fn new(file: ConfigFile, config: Config, log_is_fixed: bool) -> Self {
        let in_force = InForce::new(config.clone());
        Self { file, in_force, at_start: config, log_is_fixed, problems: Vec::new() }
    }

    /// What is in force, for whoever must follow it.
    #[must_use]
    pub fn in_force(&self) -> InForce {
        self.in_force.clone()
    }

    /// Where the file is, for whoever watches it.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Reads the file again. Gives what is in force now, if that is something else than before.
    pub(super) fn read_again(&mut self) -> Option<Arc<Config>> {
        let new = match self.file.read() {
            Ok(new) => new,
            Err(problems) => {
                self.problems = problems;
                return None;
            }
        };
        self.problems = self.restarts(&new);
        let old = self.in_force.now();
        if new.digest == old.digest {
            return None;
        }
        self.follow_log(&old, &new);
        let new = Arc::new(new);
        self.in_force.0.store(Arc::clone(&new));
        tracing::info!(file = self.file.name(), digest = ?new.digest, "a new configuration is in force");
        Some(new)
    }

    /// The configuration as an item of `status` among those of the folders.
    pub(super) fn item(&self, others: &[Item]) -> Item {
        let refused = self.problems.iter().any(Diagnostic::is_error);
        let state = if refused { ItemState::LastGood } else { ItemState::Live };
        let in_force = self.in_force.now();
        let problems = self.problems.iter().cloned().chain(self.strangers(&in_force, others)).collect();
        Item::new(&self.file.name(), ItemKind::Config, state, problems).of(in_force.digest)
    }

    /// Limits for a plugin that is not there limit nothing, and are likely meant for another.
    fn strangers(&self, config: &Config, items: &[Item]) -> Vec<Diagnostic> {
        let plugins = items.iter().filter(|item| item.kind == ItemKind::Plugin);
        let known: Vec<String> = plugins.filter_map(|item| id_of_file(&item.file)).collect();
        let strangers =
            config.limits.plugins.keys().filter(|id| !known.iter().any(|known| known == id.as_str()));
        let said = strangers.map(|id| {
            Diagnostic::warning(format!("`limits.plugins` names `{id}`, and there is no such plugin"))
                .in_file(&self.file.name())
                .help(did_you_mean(id.as_str(), known.iter().map(String::as_str)))
        });
        said.collect()
    }

    /// What differs from what was read at start and is read then alone.
    fn restarts(&self, new: &Config) -> Vec<Diagnostic> {
        let differs = [
            ("listen", new.listen != self.at_start.listen),
            ("limits.queries", new.limits.queries != self.at_start.limits.queries),
        ];
        let said = differs.iter().filter(|(_, differs)| *differs).map(|(key, _)| {
            Diagnostic::warning(format!("`{key}` was changed, and is read at start alone"))
                .in_file(&self.file.name())
                .help("it takes a restart of the host; everything else is in force")
        });
        said.collect()
    }

    fn follow_log(&self, old: &Config, new: &Config) {
        let filter = |config: &Config| config.log.as_ref().map(|log| log.value.clone());
        if self.log_is_fixed || filter(old) == filter(new) {
            return;
        }
        // It was checked when it was read.
        if let Err(why) = logging::change(filter(new).as_deref().unwrap_or(logging::USUAL)) {
            tracing::warn!(why, "the log stays as it was");
        }
    }
}
