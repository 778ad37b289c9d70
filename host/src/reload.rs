//! What is on disk to a generation, and only here to a *published* one.
//!
//! A reload reads everything, takes for each jurisdiction the best that checks and binds (*last good*),
//! and publishes if anything that can change an answer did. It never takes anything down but what has an
//! error and no earlier good version. [`Reloader::reload`] is the only writer of what [`Published`] holds.

mod base;
mod disk;
mod draft;
mod extends;
#[cfg(test)]
mod faults;
mod gate;
mod items;
mod loader;
mod plugins;
#[cfg(test)]
mod tests;
mod trusted;
mod walk;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use arc_swap::ArcSwap;

use self::{
    base::Candidate,
    gate::Gate,
    plugins::Plugins,
    trusted::Trust,
    walk::{Served, Standing, Walk, walk},
};
pub use self::{
    disk::{Disk, Folder, FolderFault, read_folders, read_plugins, read_rules},
    draft::Drafts,
    items::{Item, ItemKind, ItemState},
    loader::{Loader, Loading, Loads},
};
use crate::{
    diagnostic::Diagnostic,
    generation::Generation,
    history::Serial,
    id::{JurisdictionId, PluginId, Stage},
    plugin::{Engine, Plugin, id_of_file},
    rules::book::Base,
    trust::Policy,
};

/// Generations kept beside the current one, so that it can be compared with them. Chosen: a day's edits; what
/// they have in common is held once.
const EARLIER: usize = 15;

/// What is served, what became of every file, and what was served before: published together.
#[derive(Debug)]
pub struct Published {
    /// None until the first reload ends.
    pub generation: Option<Arc<Generation>>,
    /// Every file of the watched folders, by name.
    pub items: Arc<[Item]>,
    made_of: Arc<MadeOf>,
    /// The newest first.
    earlier: Vec<Kept>,
}

/// What a reload read, and what it accepted of that.
#[derive(Debug, Default)]
struct MadeOf {
    disk: Disk,
    accepted: Arc<Accepted>,
}

/// A generation with what it was made of: it can still be asked, and files can be tried over it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What answers.
    pub generation: Arc<Generation>,
    /// What became of every file when it was current.
    pub items: Arc<[Item]>,
    made_of: Arc<MadeOf>,
}

impl Published {
    /// The current generation; none until the first reload ends.
    #[must_use]
    pub fn current(&self) -> Option<Kept> {
        let generation = Arc::clone(self.generation.as_ref()?);
        Some(Kept { generation, items: Arc::clone(&self.items), made_of: Arc::clone(&self.made_of) })
    }

    /// Every generation that can still be asked, the current one first.
    #[must_use]
    pub fn kept(&self) -> Vec<Kept> {
        self.current().into_iter().chain(self.earlier.iter().cloned()).collect()
    }

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
    base: Arc<Base>,
    plugins: BTreeMap<PluginId, Arc<Plugin>>,
    served: BTreeMap<JurisdictionId, Served>,
}

/// Turns what is on disk into generations, one reload at a time.
pub struct Reloader {
    engine: Arc<Engine>,
    loads: Box<dyn Loads>,
    gate: Gate,
    trust: Trust,
    accepted: Arc<Accepted>,
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
        let nothing = Published {
            generation: None,
            items: Arc::default(),
            made_of: Arc::default(),
            earlier: Vec::new(),
        };
        let current = Arc::new(ArcSwap::from_pointee(nothing));
        let gate = Gate::new(Arc::clone(&engine));
        Self { engine, loads, gate, trust: Trust::default(), accepted: Arc::default(), current }
    }

    /// The same, taking in files whose tests fail too: for whoever runs them to see what comes of them.
    #[must_use]
    pub fn without_gate(mut self) -> Self {
        self.gate.open();
        self
    }

    /// Where what is published is found.
    #[must_use]
    pub fn current(&self) -> Current {
        Arc::clone(&self.current)
    }

    /// What was refused for a reason that may pass is tried again at the next reload. Not while anything is
    /// being compiled: each such refusal is published once before it is tried again, however often this is
    /// called, so that whoever waits for a verdict gets one.
    pub fn retry(&mut self) {
        self.trust.settled();
        if !self.current.load().is_waiting() {
            self.loads.retry();
        }
    }

    /// The same, knowing what was accepted of signed files before.
    #[must_use]
    pub fn with_serials(mut self, accepted: Vec<Serial>) -> Self {
        self.trust.remember(accepted);
        self
    }

    /// Trusts according to this from the next reload on.
    pub fn trust(&mut self, policy: Arc<Policy>) {
        self.trust.follow(policy);
    }

    /// Takes a file as it is on disk, although its serial is older than the one accepted, at the next reload;
    /// returns that serial.
    ///
    /// # Errors
    /// Its serial is not what keeps it from being served.
    pub fn overlook(&mut self, file: &str, disk: &Disk) -> Result<u64, Diagnostic> {
        let mut disk = disk.clone();
        self.trust.judge(&mut disk);
        self.trust.overlook(file, &disk)
    }

    /// Whether a file may be half copied, and is refused or taken when the folders have settled once more.
    #[must_use]
    pub fn waits_to_settle(&self) -> bool {
        self.trust.waits()
    }

    /// Takes in what is on disk. Publishes a new generation only if its contents differ.
    pub fn reload(&mut self, disk: &Disk) -> Arc<Published> {
        if let Some(faults) = disk.faults() {
            return self.keep_all(faults);
        }
        let before = self.current.load_full();
        let mut disk = disk.sharing(&before.made_of.disk);
        self.trust.judge(&mut disk);
        let mut taken = self.accepted.take_in(&disk, &*self.loads, &self.gate);
        self.gate.forget_others();
        let Taken { accepted, bound, items, .. } = &mut taken;
        self.trust.settle(&disk, bound, &accepted.served, items);
        self.publish(&before, disk, taken)
    }

    /// A watched folder is gone: that is a fault, not a deletion, and everything stays.
    fn keep_all(&self, faults: Vec<Diagnostic>) -> Arc<Published> {
        let before = self.current.load_full();
        let mut items: Vec<Item> =
            before.items.iter().filter(|item| item.kind != ItemKind::Stray).cloned().collect();
        // Nothing is waited for any more: what is compiled now may be gone.
        for item in items.iter_mut().filter(|item| item.state == ItemState::Waiting) {
            item.state = self.without_waiting(item);
        }
        for fault in faults {
            let path = fault.file.clone().unwrap_or_default();
            items.push(Item::stray(&path, fault));
        }
        items::compare(&before.items, &mut items);
        self.store(&before, before.generation.clone(), items, Arc::clone(&before.made_of))
    }

    fn without_waiting(&self, item: &Item) -> ItemState {
        let Accepted { plugins, served, .. } = &*self.accepted;
        if item.kind == ItemKind::Plugin {
            let id = id_of_file(&item.file);
            return plugins::settled(plugins.keys().any(|known| Some(known.as_str()) == id.as_deref()));
        }
        let is_served = |served: &Served| *served.source.name == *item.file;
        if served.values().any(is_served) { ItemState::LastGood } else { ItemState::Unavailable }
    }

    fn publish(&mut self, before: &Published, disk: Disk, taken: Taken) -> Arc<Published> {
        let Taken { accepted, unavailable, mut items, .. } = taken;
        items::compare(&before.items, &mut items);
        let number = before.generation.as_ref().map_or(1, |generation| generation.number + 1);
        let new = accepted.generation(number, unavailable, &self.engine);
        self.accepted = Arc::new(accepted);
        let is_waiting = |item: &Item| item.kind != ItemKind::Plugin && item.state == ItemState::Waiting;
        let generation = match &before.generation {
            Some(old) if old.digest == new.digest => Some(Arc::clone(old)),
            // A first generation without what is about to be compiled would answer for a moment that markets
            // are unavailable.
            None if items.iter().any(is_waiting) => None,
            _ => {
                tracing::info!(generation = %new.digest, number, "a new generation is served");
                Some(Arc::new(new))
            }
        };
        let made_of = MadeOf { disk, accepted: Arc::clone(&self.accepted) };
        self.store(before, generation, items, Arc::new(made_of))
    }

    fn store(
        &self,
        before: &Published,
        generation: Option<Arc<Generation>>,
        items: Vec<Item>,
        made_of: Arc<MadeOf>,
    ) -> Arc<Published> {
        let number = generation.as_ref().map(|generation| generation.number);
        let ends = before.current().filter(|kept| Some(kept.generation.number) != number);
        let earlier = ends.into_iter().chain(before.earlier.iter().cloned()).take(EARLIER).collect();
        let published = Arc::new(Published { generation, items: items.into(), made_of, earlier });
        self.current.store(Arc::clone(&published));
        published
    }
}

/// What a reload comes to, before anybody is told.
struct Taken {
    accepted: Accepted,
    unavailable: BTreeMap<JurisdictionId, Arc<str>>,
    items: Vec<Item>,
    /// What the files on disk bind by themselves.
    bound: Vec<(JurisdictionId, Stage, PluginId)>,
}

impl Accepted {
    /// Takes the best of everything on disk, over what was accepted before.
    fn take_in(&self, disk: &Disk, loads: &dyn Loads, gate: &Gate) -> Taken {
        let mut items: Vec<Item> = disk.strays().map(|(name, problem)| Item::stray(&name, problem)).collect();
        let plugins =
            disk.plugins.as_ref().map(|folder| plugins::load(folder, loads, &self.plugins, &mut items));
        loads.forget_others();
        let candidate = base::candidate(&disk.rules, &self.base);
        let files = walk::rule_files(&disk.rules, &mut items);
        let (base, walked) = self.settle_base(candidate, &files, plugins.as_ref(), gate, &mut items);
        let Walk { served, unavailable, items: rule_items, .. } = walked;
        items.extend(rule_items);
        let plugins = plugins.unwrap_or_default().accepted;
        let bound = files.bindings();
        Taken { accepted: Self { base, plugins, served }, unavailable, items, bound }
    }

    fn generation(
        &self,
        number: u64,
        unavailable: BTreeMap<JurisdictionId, Arc<str>>,
        engine: &Arc<Engine>,
    ) -> Generation {
        let closures =
            self.served.iter().map(|(id, served)| (id.clone(), Arc::clone(&served.closure))).collect();
        Generation::new(number, Arc::clone(&self.base), closures, unavailable, Arc::clone(engine))
    }

    /// A new base that makes something served fall back or vanish is refused whole, naming it.
    fn settle_base(
        &self,
        candidate: Candidate,
        files: &walk::RuleFiles,
        plugins: Option<&Plugins>,
        gate: &Gate,
        items: &mut Vec<Item>,
    ) -> (Arc<Base>, Walk) {
        let Candidate { base: new, items: base_items } = candidate;
        let walked = walk(&new, files, plugins, gate, &self.served);
        let first = self.served.is_empty();
        if first || new.digests().eq(self.base.digests()) {
            items.extend(base_items);
            return (new, walked);
        }
        let old = Arc::clone(&self.base);
        let walked_over_old = walk(&old, files, plugins, gate, &self.served);
        let worse: Vec<(&JurisdictionId, &Standing)> = walked
            .standings
            .iter()
            .filter(|(id, standing)| {
                self.served.contains_key(*id)
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
                items.push(Item::stray(name, problem));
            }
        }
    }
    by_id
}

fn two_spellings() -> Diagnostic {
    Diagnostic::error("two files spell the same id, one with `_` and one with `-`").help("keep one of them")
}
