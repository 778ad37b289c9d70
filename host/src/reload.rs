//! What is on disk to a generation, and only here to a *published* one.
//!
//! A reload reads everything, takes for each jurisdiction the best that checks and binds (*last good*),
//! and publishes if anything that can change an answer did. It never takes anything down but what has an
//! error and no earlier good version. [`Reloader::reload`] is the only writer of what [`Published`] holds.

mod base;
mod disk;
mod loader;
mod walk;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use arc_swap::ArcSwap;
use jiff::Timestamp;

use self::{
    base::{BaseFiles, Candidate},
    walk::{Served, Standing, Walk, walk},
};
pub use self::{
    disk::{Disk, Folder, FolderFault, read_folders, read_plugins, read_rules},
    loader::{Loader, Loading, Loads},
};
use crate::{
    diagnostic::Diagnostic,
    generation::Generation,
    id::{Digest, JurisdictionId, PluginId},
    plugin::{Engine, Plugin, id_of_file},
};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemKind {
    /// Facts, roles, rates or exchange rates.
    Base,
    /// A jurisdiction.
    Jurisdiction,
    /// A plugin.
    Plugin,
    /// Nothing that belongs here.
    Stray,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemState {
    /// Served as it stands on disk.
    Live,
    /// Something older is served.
    LastGood,
    /// A plugin that is being compiled, or what needs it.
    Waiting,
    /// Not served.
    Refused,
    /// A jurisdiction of which nothing can be served.
    Unavailable,
}

/// One file of the watched folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name, without a folder.
    pub file: String,
    /// What it holds.
    pub kind: ItemKind,
    /// What became of it.
    pub state: ItemState,
    /// Of what is served of it, else of what is on disk.
    pub digest: Option<Digest>,
    /// Since when it is in this state with these contents.
    pub since: Option<Timestamp>,
    /// Why it is not live.
    pub problems: Vec<Diagnostic>,
}

/// What is served, and what became of every file: published together.
#[derive(Debug)]
pub struct Published {
    /// None until the first reload ends.
    pub generation: Option<Arc<Generation>>,
    /// Every file of the watched folders, by name.
    pub items: Vec<Item>,
}

impl Published {
    /// Whether a plugin is still being compiled.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.items.iter().any(|item| item.state == ItemState::Waiting)
    }
}

/// Where readers find what is served.
pub type Current = Arc<ArcSwap<Published>>;

/// Where to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Rule files.
    pub rules: PathBuf,
    /// Plugins.
    pub plugins: PathBuf,
}

/// What earlier reloads accepted.
#[derive(Debug, Default)]
struct Accepted {
    base: BaseFiles,
    plugins: BTreeMap<PluginId, Arc<Plugin>>,
    served: BTreeMap<JurisdictionId, Served>,
}

/// Turns what is on disk into generations, one reload at a time.
pub struct Reloader {
    engine: Arc<Engine>,
    loads: Box<dyn Loads>,
    accepted: Accepted,
    current: Current,
}

impl std::fmt::Debug for Reloader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reloader").field("accepted", &self.accepted).finish_non_exhaustive()
    }
}

impl Reloader {
    /// Has read nothing yet.
    #[must_use]
    pub fn new(engine: Arc<Engine>, loads: Box<dyn Loads>) -> Self {
        let nothing = Published { generation: None, items: Vec::new() };
        let current = Arc::new(ArcSwap::from_pointee(nothing));
        Self { engine, loads, accepted: Accepted::default(), current }
    }

    /// Where what is published is found.
    #[must_use]
    pub fn current(&self) -> Current {
        Arc::clone(&self.current)
    }

    /// Takes in what is on disk. Publishes a new generation only if its contents differ.
    pub fn reload(&mut self, disk: &Disk) -> Arc<Published> {
        let mut items = Vec::new();
        if let Some(faults) = disk.faults() {
            return self.keep_all(faults);
        }
        let plugins = disk.plugins.as_ref().map(|folder| self.plugins(folder, &mut items));
        let candidate = base::candidate(&disk.rules, &self.accepted.base);
        let files = walk::rule_files(&disk.rules, &mut items);
        let (base, walked) = self.settle_base(candidate, &files, plugins.as_ref(), &mut items);
        for (name, problem) in disk.strays() {
            let problems = vec![problem];
            items.push(Item {
                file: name,
                kind: ItemKind::Stray,
                state: ItemState::Refused,
                digest: None,
                since: None,
                problems,
            });
        }
        self.publish(base, plugins.unwrap_or_default(), walked, items)
    }

    /// A watched folder is gone: that is a fault, not a deletion, and everything stays.
    fn keep_all(&self, faults: Vec<Diagnostic>) -> Arc<Published> {
        let before = self.current.load_full();
        let mut items: Vec<Item> =
            before.items.iter().filter(|item| item.kind != ItemKind::Stray).cloned().collect();
        for fault in faults {
            tracing::error!(problem = %fault, "a watched folder cannot be read; what was served stays");
            let file = fault.file.clone().unwrap_or_default();
            items.push(Item {
                file,
                kind: ItemKind::Stray,
                state: ItemState::Refused,
                digest: None,
                since: None,
                problems: vec![fault],
            });
        }
        date(&before.items, &mut items);
        let published = Arc::new(Published { generation: before.generation.clone(), items });
        self.current.store(Arc::clone(&published));
        published
    }

    /// Loads every plugin file; one that is refused or still compiling leaves its last good version.
    fn plugins(&self, folder: &Folder, items: &mut Vec<Item>) -> BTreeMap<PluginId, Arc<Plugin>> {
        let mut accepted = BTreeMap::new();
        for (id, files) in by_id(folder, ".wasm", PluginId::parse, items) {
            let old = self.accepted.plugins.get(&id);
            let [file] = files.as_slice() else {
                for file in &files {
                    items.push(two_spellings(file, ItemKind::Plugin, old.is_some()));
                }
                accepted.extend(old.map(|old| (id, Arc::clone(old))));
                continue;
            };
            let loading = match folder.files.get(*file) {
                Some(Ok(bytes)) => self.loads.load(file, bytes),
                Some(Err(fault)) => Loading::Refused(Diagnostic::error(fault.to_string()).in_file(file)),
                None => continue,
            };
            let loading = match loading {
                Loading::Ready(plugin) if plugin.description.id != id => {
                    Loading::Refused(other_id(file, &plugin, &id))
                }
                loading => loading,
            };
            let (state, problems) = match loading {
                Loading::Ready(plugin) => {
                    accepted.insert(id.clone(), plugin);
                    (ItemState::Live, Vec::new())
                }
                Loading::Pending => (ItemState::Waiting, Vec::new()),
                Loading::Refused(why) if old.is_some() => (ItemState::LastGood, vec![why]),
                Loading::Refused(why) => (ItemState::Refused, vec![why]),
            };
            if state != ItemState::Live {
                accepted.extend(old.map(|old| (id.clone(), Arc::clone(old))));
            }
            let digest = accepted.get(&id).map(|plugin| plugin.digest);
            items.push(Item {
                file: (*file).to_owned(),
                kind: ItemKind::Plugin,
                state,
                digest,
                since: None,
                problems,
            });
        }
        accepted
    }

    /// A new base that makes something served fall back or vanish is refused whole, naming it.
    fn settle_base(
        &self,
        candidate: Candidate,
        files: &walk::RuleFiles,
        plugins: Option<&BTreeMap<PluginId, Arc<Plugin>>>,
        items: &mut Vec<Item>,
    ) -> (BaseFiles, Walk) {
        let Candidate { files: new, items: base_items } = candidate;
        let walked = walk(&new.base, files, plugins, &self.accepted.served);
        let first = self.accepted.served.is_empty();
        if first || new.same_as(&self.accepted.base) {
            items.extend(base_items);
            return (new, walked);
        }
        let old = self.accepted.base.clone();
        let walked_over_old = walk(&old.base, files, plugins, &self.accepted.served);
        let worse: Vec<(&JurisdictionId, &Standing)> = walked
            .standings
            .iter()
            .filter(|(id, standing)| {
                self.accepted.served.contains_key(*id)
                    && walked_over_old
                        .standings
                        .get(*id)
                        .is_some_and(|over_old| over_old.rank < standing.rank)
            })
            .collect();
        if worse.is_empty() {
            items.extend(base_items);
            return (new, walked);
        }
        items.extend(base::refused(base_items, &old, &worse));
        (old, walked_over_old)
    }

    fn publish(
        &mut self,
        base: BaseFiles,
        plugins: BTreeMap<PluginId, Arc<Plugin>>,
        walked: Walk,
        mut items: Vec<Item>,
    ) -> Arc<Published> {
        let Walk { served, unavailable, items: rule_items, .. } = walked;
        items.extend(rule_items);
        mark_waiting(&mut items);
        items.sort_by(|a, b| (a.kind, &a.file).cmp(&(b.kind, &b.file)));
        let before = self.current.load_full();
        let number = before.generation.as_ref().map_or(1, |generation| generation.number + 1);
        let closures = served.iter().map(|(id, served)| (id.clone(), Arc::clone(&served.closure))).collect();
        let new =
            Generation::new(number, Arc::clone(&base.base), closures, unavailable, Arc::clone(&self.engine));
        self.accepted = Accepted { base, plugins, served };
        let generation = match &before.generation {
            Some(old) if old.digest == new.digest => Some(Arc::clone(old)),
            // A first generation without what is about to be compiled would answer for a moment that markets
            // are unavailable.
            None if items
                .iter()
                .any(|item| item.kind == ItemKind::Jurisdiction && item.state == ItemState::Waiting) =>
            {
                None
            }
            _ => {
                tracing::info!(generation = %new.digest, number, "a new generation is served");
                Some(Arc::new(new))
            }
        };
        log_changes(&before.items, &items);
        date(&before.items, &mut items);
        let published = Arc::new(Published { generation, items });
        self.current.store(Arc::clone(&published));
        published
    }
}

/// A rule file that is refused only because a plugin is still being compiled waits with it.
fn mark_waiting(items: &mut [Item]) {
    let compiling: BTreeSet<String> = items
        .iter()
        .filter(|item| item.kind == ItemKind::Plugin && item.state == ItemState::Waiting)
        .filter_map(|item| id_of_file(&item.file))
        .collect();
    for item in
        items.iter_mut().filter(|item| item.kind == ItemKind::Jurisdiction && item.state != ItemState::Live)
    {
        let waits = |problem: &Diagnostic| {
            compiling.iter().any(|id| problem.message == format!("the plugin `{id}` is not loaded"))
        };
        if !item.problems.is_empty() && item.problems.iter().all(waits) {
            item.state = ItemState::Waiting;
        }
    }
}

/// Dates each item: what has not changed keeps its date.
fn date(before: &[Item], items: &mut [Item]) {
    // To the second: it is read by people.
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    for item in items {
        let known = before.iter().find(|old| old.file == item.file && old.kind == item.kind);
        let same = known.filter(|old| old.state == item.state && old.digest == item.digest);
        item.since = same.and_then(|old| old.since).or(Some(now));
    }
}

/// The log says what `status` says, once, when it changes.
fn log_changes(before: &[Item], after: &[Item]) {
    for item in after {
        let known = before.iter().find(|old| old.file == item.file && old.kind == item.kind);
        if known.is_some_and(|old| old.state == item.state && old.problems == item.problems) {
            continue;
        }
        let state = item.state.as_str();
        for problem in item.problems.iter().filter(|_| item.state != ItemState::Waiting) {
            tracing::warn!(file = %item.file, state, %problem, "a file is not served as it stands");
        }
        if item.problems.is_empty() && known.is_some_and(|old| old.state != item.state) {
            tracing::info!(file = %item.file, state, "a file changed its state");
        }
    }
}

impl ItemState {
    /// Its name in JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::LastGood => "last_good",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}

/// The files of a folder by the id their name gives; a name that gives none is an item of its own.
fn by_id<'f, Id: Ord>(
    folder: &'f Folder,
    suffix: &str,
    parse: impl Fn(&str) -> Result<Id, crate::id::InvalidName>,
    items: &mut Vec<Item>,
) -> BTreeMap<Id, Vec<&'f str>> {
    let mut by_id = BTreeMap::<Id, Vec<&'f str>>::new();
    for name in folder.files.keys() {
        let Some(stem) = name.strip_suffix(suffix) else { continue };
        match parse(&stem.replace('_', "-")) {
            Ok(id) => by_id.entry(id).or_default().push(name),
            Err(error) => {
                let problem = Diagnostic::error(format!("the file name is no id: {error}")).in_file(name);
                items.push(Item {
                    file: name.clone(),
                    kind: ItemKind::Stray,
                    state: ItemState::Refused,
                    digest: None,
                    since: None,
                    problems: vec![problem],
                });
            }
        }
    }
    by_id
}

fn two_spellings(file: &str, kind: ItemKind, has_old: bool) -> Item {
    let problem = Diagnostic::error("two files spell the same id, one with `_` and one with `-`")
        .in_file(file)
        .help("keep one of them");
    let state = match (has_old, kind) {
        (true, _) => ItemState::LastGood,
        (false, ItemKind::Jurisdiction) => ItemState::Unavailable,
        (false, _) => ItemState::Refused,
    };
    Item { file: file.to_owned(), kind, state, digest: None, since: None, problems: vec![problem] }
}

fn other_id(file: &str, plugin: &Plugin, id: &PluginId) -> Diagnostic {
    Diagnostic::error(format!("plugin `{file}` says that its id is `{}`", plugin.description.id))
        .in_file(file)
        .help(format!(
            "rename the file to `{}.wasm`, or give the plugin the id `{id}`",
            plugin.description.id
        ))
}
