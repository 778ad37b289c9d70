//! What is on disk to a generation, and only here to a *published* one.
//!
//! A reload reads everything, takes for each jurisdiction the best that checks and binds (*last good*),
//! and publishes if anything that can change an answer did. It never takes anything down but what has an
//! error and no earlier good version. [`Reloader::reload`] is the only writer of what [`Published`] holds.

mod ahead;
mod base;
mod changes;
mod commands;
mod disk;
mod draft;
mod extends;
#[cfg(test)]
mod faults;
mod gate;
mod held;
mod items;
mod keep;
mod loader;
mod manifest;
mod past;
mod plugins;
mod restore;
mod terms;
#[cfg(test)]
mod tests;
mod trusted;
mod walk;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Instant,
};

use arc_swap::ArcSwap;

use self::{
    base::Candidate,
    gate::Gate,
    held::Pins,
    keep::Keeper,
    manifest::Manifest,
    plugins::Plugins,
    trusted::Trust,
    walk::{Served, Standing, Walk, walk},
};
pub use self::{
    changes::{Change, Changes, What},
    disk::{
        Disk, Folder, FolderFault, Instead, read_all, read_changed, read_folders, read_plugins, read_rules,
    },
    draft::Drafts,
    held::Command,
    items::{Item, ItemKind, ItemState},
    keep::NotKept,
    loader::{Loader, Loading, Loads},
    past::Past,
    restore::{Contents, NotRestored, Restorer},
    terms::{InForce, Terms},
};
use crate::{
    config::{Config, HistoryConfig},
    diagnostic::Diagnostic,
    generation::Generation,
    id::{Digest, JurisdictionId, PluginId, Stage},
    metrics::Times,
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
    /// The generation that everything is held at, by a rollback.
    pub rolled_back_to: Option<u64>,
    /// Why the current state is not in history; none where it is, or where none is kept.
    pub not_kept: Option<NotKept>,
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

    /// The best version of a plugin, bound or not.
    #[must_use]
    pub fn plugin(&self, id: &str) -> Option<&Arc<Plugin>> {
        self.made_of.accepted.plugins.get(id)
    }

    /// Whether a plugin is still being compiled.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.items.iter().any(|item| item.state == ItemState::Waiting)
    }

    /// What is still being compiled, or may be half copied, as it lies on disk.
    #[must_use]
    pub fn undecided(&self) -> BTreeSet<Undecided> {
        let waiting = self.items.iter().filter(|item| item.state == ItemState::Waiting);
        waiting.filter_map(|item| self.made_of.disk.undecided(&item.file)).collect()
    }
}

/// A file by its name and contents.
pub type Undecided = (String, Digest);

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
    /// The bytes of every plugin that is accepted or bound.
    wasm: BTreeMap<Digest, Arc<[u8]>>,
}

/// Turns what is on disk into generations, one reload at a time.
pub struct Reloader {
    engine: Arc<Engine>,
    loads: Box<dyn Loads>,
    gate: Gate,
    trust: Trust,
    accepted: Arc<Accepted>,
    current: Current,
    changes: Arc<Changes>,
    holding: Holding,
    /// None where nothing outlives the process.
    keeping: Option<Keeping>,
    /// Why nothing is kept, where something should be.
    keeps_nothing: Option<NotKept>,
    /// What was last kept.
    kept: Option<LastKept>,
    /// What history gave and nobody was told yet.
    restored: Option<Remembered>,
    times: Arc<Times>,
    /// None where nobody gave a configuration.
    terms: Option<Terms>,
}

/// What is held at a version.
#[derive(Debug, Default)]
struct Holding {
    /// The generation that everything is held at.
    all: Option<u64>,
    pins: Pins,
}

/// Where what is accepted is kept, and made again.
#[derive(Debug)]
struct Keeping {
    keeper: Keeper,
    restorer: Restorer,
}

/// A generation that was served, as digests.
#[derive(Debug)]
struct LastKept {
    number: u64,
    accepted: Arc<Accepted>,
    manifest: Manifest,
}

/// What history gave: the generation to serve, and what was known of every file.
#[derive(Debug)]
struct Remembered {
    generation: Arc<Generation>,
    items: Vec<Item>,
    /// What it is made of, for the cause of the next one.
    manifest: Option<Manifest>,
    /// The number of the one served before: another number is news.
    before: u64,
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
            rolled_back_to: None,
            not_kept: None,
            made_of: Arc::default(),
            earlier: Vec::new(),
        };
        let current = Arc::new(ArcSwap::from_pointee(nothing));
        let gate = Gate::new(Arc::clone(&engine));
        Self {
            engine,
            loads,
            gate,
            trust: Trust::default(),
            accepted: Arc::default(),
            current,
            changes: Arc::default(),
            holding: Holding::default(),
            keeping: None,
            keeps_nothing: None,
            kept: None,
            restored: None,
            times: Arc::default(),
            terms: None,
        }
    }

    /// The same, keeping nothing although it should, and saying so.
    #[must_use]
    pub fn keeping_nothing(mut self, why: String) -> Self {
        self.keeps_nothing = Some(NotKept { since: jiff::Timestamp::now(), why });
        self
    }

    /// How long reloads took.
    #[must_use]
    pub fn times(&self) -> Arc<Times> {
        Arc::clone(&self.times)
    }

    /// What changes, in order.
    #[must_use]
    pub fn changes(&self) -> Arc<Changes> {
        Arc::clone(&self.changes)
    }

    /// The same, following a configuration: it is read again at every reload.
    #[must_use]
    pub fn on_terms(mut self, terms: Terms) -> Self {
        self.configure(&terms.in_force().now());
        self.terms = Some(terms);
        self
    }

    /// Takes over what a configuration says of plugins and signatures. Whatever can change an answer does so with the next
    /// reload, in a generation of its own.
    fn configure(&mut self, config: &Config) {
        self.trust(Arc::new(config.trust.clone()));
        let limits = config.limits.of_plugins();
        if limits != *self.engine.plugin_limits() {
            self.engine = Arc::new(self.engine.under(limits));
            self.loads.configure(&self.engine);
            self.gate.configure(&self.engine);
        }
    }

    /// The same, taking in files whose tests fail too: for whoever runs them to see what comes of them.
    #[must_use]
    pub fn without_gate(mut self) -> Self {
        self.gate.open();
        self
    }

    /// The next reload spares nothing.
    #[cfg(test)]
    fn makes_everything_again(&mut self) {
        let Accepted { base, plugins, served, wasm } = &*self.accepted;
        let served = served.iter().map(|(id, by)| (id.clone(), Served { made_of: None, ..by.clone() }));
        let served = served.collect();
        let base = Arc::new(Base::clone(base));
        self.accepted = Arc::new(Accepted { base, plugins: plugins.clone(), served, wasm: wasm.clone() });
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

    /// Trusts according to this from the next reload on.
    pub fn trust(&mut self, policy: Arc<Policy>) {
        self.trust.follow(policy);
    }

    /// Whether a file may be half copied, and is refused or taken when the folders have settled once more.
    #[must_use]
    pub fn waits_to_settle(&self) -> bool {
        self.trust.waits()
    }

    /// Takes in what is on disk. Publishes a new generation only if its contents differ.
    pub fn reload(&mut self, disk: &Disk) -> Arc<Published> {
        let started = Instant::now();
        let published = self.settle(disk);
        self.times.add(started.elapsed());
        published
    }

    fn settle(&mut self, disk: &Disk) -> Arc<Published> {
        if let Some(config) = self.terms.as_mut().and_then(Terms::read_again) {
            self.configure(&config);
        }
        if let Some(faults) = disk.faults() {
            return self.keep_all(faults);
        }
        let before = self.current.load_full();
        let mut disk = disk.clone().sharing(&before.made_of.disk).sharing_plugins(&self.accepted);
        self.trust.judge(&mut disk);
        let published = match self.holding.all {
            Some(_) => self.look(&before, disk),
            None => self.take(&before, disk),
        };
        self.loads.forget_others();
        self.gate.forget_others();
        published
    }

    /// Takes in the best of what is on disk, and of what is pinned.
    fn take(&mut self, before: &Published, disk: Disk) -> Arc<Published> {
        let pins = &self.holding.pins;
        let held = held::pinned(&disk, pins);
        let mut taken = self.accepted.take_in(&held, &*self.loads, &self.gate);
        let new = self.trust.settle(&held, &mut taken);
        if let Some(keeping) = &mut self.keeping {
            keeping.keeper.accept_serials(new);
        }
        if !pins.is_empty() {
            let ahead =
                held::differs(&disk, pins).then(|| self.accepted.take_in(&disk, &*self.loads, &self.gate));
            held::mark_pins(&mut taken.items, &disk, pins, ahead.as_ref());
        }
        self.publish(before, held, taken)
    }

    /// Looks at what is on disk while everything is held.
    fn look(&mut self, before: &Published, disk: Disk) -> Arc<Published> {
        let taken = self.accepted.take_in(&disk, &*self.loads, &self.gate);
        let mut items = held::all_held(&self.accepted, taken, &disk);
        self.trust.name_signers(&mut items);
        let made_of = MadeOf { disk, accepted: Arc::clone(&self.accepted) };
        let remembered = self.restored.take();
        let generation = remembered.as_ref().map(|it| Arc::clone(&it.generation));
        let generation = generation.or_else(|| before.generation.clone());
        self.tell(before, remembered, generation, items, Arc::new(made_of))
    }

    /// Everything stays as it was, because a reload ended in a fault of ours; `status` says so.
    pub fn failed(&mut self) -> Arc<Published> {
        let fault = Diagnostic::error("the host failed on what is in the folders; its log says where")
            .in_file("landfall")
            .help("what was served before stays served; take back the last change, and report this");
        tracing::error!("a reload ended in a panic");
        self.keep_all(vec![fault])
    }

    /// A watched folder is gone: that is a fault, not a deletion, and everything stays.
    fn keep_all(&mut self, faults: Vec<Diagnostic>) -> Arc<Published> {
        let before = self.current.load_full();
        let remembered = self.restored.take();
        let known = remembered.as_ref().map_or(&*before.items, |it| &it.items);
        let mut items: Vec<Item> = known
            .iter()
            .filter(|item| !matches!(item.kind, ItemKind::Stray | ItemKind::Config))
            .cloned()
            .collect();
        // Nothing is waited for any more: what is compiled now may be gone.
        for item in items.iter_mut().filter(|item| item.state == ItemState::Waiting) {
            item.state = self.without_waiting(item);
        }
        for fault in faults {
            let path = fault.file.clone().unwrap_or_default();
            items.push(Item::stray(&path, fault));
        }
        let generation = remembered.as_ref().map(|it| Arc::clone(&it.generation));
        let generation = generation.or_else(|| before.generation.clone());
        let made_of = MadeOf { disk: before.made_of.disk.clone(), accepted: Arc::clone(&self.accepted) };
        self.tell(&before, remembered, generation, items, Arc::new(made_of))
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
        let Taken { accepted, unavailable, items, .. } = taken;
        let remembered = self.restored.take();
        let old = remembered.as_ref().map(|it| &it.generation).or(before.generation.as_ref());
        let number = old.map_or(1, |generation| generation.number + 1);
        let new = accepted.generation(number, unavailable, &self.engine);
        self.accepted = Arc::new(accepted);
        let is_waiting = |item: &Item| item.kind != ItemKind::Plugin && item.state == ItemState::Waiting;
        let generation = match old {
            Some(old) if old.digest == new.digest => Some(Arc::clone(old)),
            // A first generation without what is about to be compiled would answer for a moment that markets
            // are unavailable.
            None if items.iter().any(is_waiting) => None,
            _ => Some(Arc::new(new)),
        };
        let made_of = MadeOf { disk, accepted: Arc::clone(&self.accepted) };
        self.tell(before, remembered, generation, items, Arc::new(made_of))
    }

    /// Writes down what changed, then publishes it.
    fn tell(
        &mut self,
        before: &Published,
        remembered: Option<Remembered>,
        generation: Option<Arc<Generation>>,
        mut items: Vec<Item>,
        made_of: Arc<MadeOf>,
    ) -> Arc<Published> {
        let terms = self.terms.as_ref().map(|terms| terms.item(&items));
        items.extend(terms);
        let known: &[Item] = remembered.as_ref().map_or(&*before.items, |it| &it.items);
        items::compare(known, &mut items);
        let served = remembered.as_ref().map(|it| it.before);
        let served = served.or_else(|| before.generation.as_ref().map(|generation| generation.number));
        let is_new = generation.as_ref().is_some_and(|generation| Some(generation.number) != served);
        let mut changes = changes::of_files(known, &items);
        let old = remembered.and_then(|it| it.manifest);
        let cause = self.keep((before, old), generation.as_ref().filter(|_| is_new), &items, &changes);
        if let (Some(generation), Some(cause)) = (generation.as_ref().filter(|_| is_new), cause) {
            let Generation { number, digest, .. } = &**generation;
            tracing::info!(generation = %digest, number, cause, "a new generation is served");
            changes.push(What::Generation { number: *number, digest: *digest, cause });
        }
        let published = self.store(before, generation, items, made_of);
        self.changes.push(changes);
        published
    }

    /// How many generations history keeps.
    fn generations_kept(&self) -> u64 {
        let config = self.terms.as_ref().map(|terms| terms.in_force().now().history.generations);
        config.unwrap_or_else(|| HistoryConfig::default().generations) as u64
    }

    /// Why there is a new generation, in a line: what differs from the one before it.
    fn cause(&self, manifest: &Manifest, before: &Published, old: Option<&Manifest>) -> String {
        let served = before.generation.as_ref().filter(|_| old.is_none());
        let last =
            self.kept.as_ref().filter(|last| served.is_some_and(|served| served.number == last.number));
        match (last, served) {
            (Some(last), _) => manifest.cause(Some(&last.manifest)),
            (None, Some(served)) => {
                manifest.cause(Some(&Manifest::of(&before.made_of.accepted, served, None)))
            }
            (None, None) => manifest.cause(old),
        }
    }

    /// Writes a new generation and what became of files to history, where there is one; why there is a new one.
    fn keep(
        &mut self,
        (before, old): (&Published, Option<Manifest>),
        new: Option<&Arc<Generation>>,
        items: &[Item],
        changes: &[What],
    ) -> Option<String> {
        let last = || self.kept.as_ref().map(|last| (&*last.accepted, &last.manifest));
        let manifest = new.map(|new| Manifest::of(&self.accepted, new, last()));
        let cause = match (&manifest, self.holding.all) {
            (Some(_), Some(to)) if before.rolled_back_to != Some(to) => {
                Some(format!("rolled back to generation {to}"))
            }
            (Some(manifest), _) => Some(self.cause(manifest, before, old.as_ref())),
            (None, _) => None,
        };
        let most = self.generations_kept();
        let Some(Keeping { keeper, .. }) = &mut self.keeping else { return cause };
        keeper.most = most;
        let changed = keep::changed(items, changes);
        let mut rows = keep::refused_rows(&changed);
        rows.extend(keep::configured_row(&changed));
        // What could not be written when it was new is written as soon as it can be.
        let late = before.generation.as_ref().filter(|_| keeper.lacks_generation());
        match (new.or(late), &cause) {
            (Some(generation), cause) => {
                let accepted = &self.accepted;
                let last = self.kept.as_ref().map(|last| (&*last.accepted, &last.manifest));
                let manifest = manifest.unwrap_or_else(|| Manifest::of(accepted, generation, last));
                let cause = cause.as_deref().unwrap_or("it could not be kept before");
                rows.insert(0, keep::accepted_row(generation, cause, &changed));
                keeper.accept(generation, accepted, (&manifest, cause), rows, items);
                let (number, accepted) = (generation.number, Arc::clone(accepted));
                self.kept = Some(LastKept { number, accepted, manifest });
            }
            (None, _) if !changed.is_empty() || keeper.is_behind() => keeper.append(rows, items),
            (None, _) => {}
        }
        cause
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
        let published = Arc::new(Published {
            generation,
            items: items.into(),
            rolled_back_to: self.holding.all,
            not_kept: match &self.keeping {
                Some(keeping) => keeping.keeper.not_kept(),
                None => self.keeps_nothing.clone(),
            },
            made_of,
            earlier,
        });
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
        let plugins = disk.plugins.as_ref().map(|folder| plugins::load(folder, loads, self, &mut items));
        let candidate = base::candidate(&disk.rules, &self.base);
        let files = walk::rule_files(&disk.rules, &self.served, &mut items);
        let (base, walked) = self.settle_base(candidate, &files, plugins.as_ref(), gate, &mut items);
        let Walk { served, unavailable, items: rule_items, .. } = walked;
        items.extend(rule_items);
        let plugins = plugins.unwrap_or_default().accepted;
        let wasm = self.wasm_of(&plugins, &served, disk);
        let bound = files.bindings();
        Taken { accepted: Self { base, plugins, served, wasm }, unavailable, items, bound }
    }

    /// The bytes of what is accepted or bound: from before, else from disk.
    fn wasm_of(
        &self,
        plugins: &BTreeMap<PluginId, Arc<Plugin>>,
        served: &BTreeMap<JurisdictionId, Served>,
        disk: &Disk,
    ) -> BTreeMap<Digest, Arc<[u8]>> {
        let bound = served.values().flat_map(|served| served.closure.plugins.values());
        let wanted: BTreeSet<Digest> = plugins.values().chain(bound).map(|plugin| plugin.digest).collect();
        let mut wasm = self.wasm.clone();
        if wanted.iter().any(|digest| !wasm.contains_key(digest)) {
            let files = disk.plugins.iter().flat_map(|folder| folder.files.values());
            let read = files.filter_map(|bytes| bytes.as_ref().ok());
            wasm.extend(read.map(|bytes| (Digest::of(bytes), Arc::clone(bytes))));
        }
        wasm.retain(|digest, _| wanted.contains(digest));
        wasm
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
        // The same files say the same, and what was checked over them stands.
        let is_same = new.digests().eq(self.base.digests());
        let new = if is_same { Arc::clone(&self.base) } else { new };
        let walked = walk(&new, files, plugins, gate, &self.served);
        if is_same || self.served.is_empty() {
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

/// Files by the id their name gives; a name that gives none is an item of its own.
fn by_id<'f, Id: Ord>(
    files: impl Iterator<Item = &'f String>,
    suffix: &str,
    parse: impl Fn(&str) -> Result<Id, crate::id::InvalidName>,
    items: &mut Vec<Item>,
) -> BTreeMap<Id, Vec<&'f str>> {
    let mut by_id = BTreeMap::<Id, Vec<&'f str>>::new();
    for name in files {
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
