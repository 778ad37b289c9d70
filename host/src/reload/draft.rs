//! What files would do, before they are dropped in: the walk of a reload over what a generation was made of,
//! with some files replaced. Publishes nothing and changes no last good version.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Disk, Folder, Item, Kept, Loading, Loads, MadeOf, Published, Taken, gate::Gate};
use crate::{
    diagnostic::{Diagnostic, Severity},
    id::{Digest, PluginId},
    plugin::{Engine, Plugin},
};

/// The number of a generation that was never published.
const UNPUBLISHED: u64 = 0;

/// Makes generations that are never published.
pub struct Drafts {
    /// Compiles where it is called, and remembers what it was last asked about.
    loader: Box<dyn Loads + Sync>,
    gate: Gate,
}

impl std::fmt::Debug for Drafts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drafts").finish_non_exhaustive()
    }
}

impl Drafts {
    /// For generations of this engine, each under its own limits.
    #[must_use]
    pub fn new(engine: Arc<Engine>, loader: Box<dyn Loads + Sync>) -> Self {
        Self { loader, gate: Gate::new(engine) }
    }

    /// What would be served with these files dropped in.
    ///
    /// # Errors
    /// What is wrong with them, and what would go wrong because of them.
    pub fn draft(
        &self,
        over: &Kept,
        candidates: &BTreeMap<String, Arc<[u8]>>,
    ) -> Result<Kept, Vec<Diagnostic>> {
        let disk = with(&over.made_of.disk, candidates)?;
        let engine = &over.generation.engine;
        self.loader.configure(engine);
        self.gate.configure(engine);
        self.loader.retry();
        let loads = Trial { accepted: &over.made_of.accepted.plugins, loader: &*self.loader };
        let Taken { accepted, unavailable, mut items, .. } =
            over.made_of.accepted.take_in(&disk, &loads, &self.gate);
        loads.forget_others();
        self.gate.forget_others();
        items.sort_by(|a, b| (a.kind, &a.file).cmp(&(b.kind, &b.file)));
        let problems = caused(&items, &over.items, candidates);
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(problems);
        }
        let generation = accepted.generation(UNPUBLISHED, unavailable, engine);
        let made_of = MadeOf { disk, accepted: Arc::new(accepted) };
        Ok(Kept { generation: Arc::new(generation), items: items.into(), made_of: Arc::new(made_of) })
    }
}

impl Published {
    /// The generation of that number or digest, if it is still kept. A digest may be cut to eight digits.
    #[must_use]
    pub fn find(&self, wanted: &str) -> Option<Kept> {
        const FEWEST_DIGITS: usize = 8;
        let number: Option<u64> = wanted.parse().ok();
        let digits = wanted.strip_prefix("blake3:").filter(|digits| digits.len() >= FEWEST_DIGITS);
        let is_wanted = |kept: &Kept| match (number, digits) {
            (Some(number), _) => kept.generation.number == number,
            (None, Some(digits)) => kept.generation.digest.hex().starts_with(digits),
            (None, None) => false,
        };
        self.kept().into_iter().find(is_wanted)
    }
}

/// The folders with these files in them.
fn with(disk: &Disk, candidates: &BTreeMap<String, Arc<[u8]>>) -> Result<Disk, Vec<Diagnostic>> {
    let mut disk = disk.clone();
    let mut problems = Vec::new();
    for (name, bytes) in candidates {
        match folder_of(&mut disk, name) {
            Some(folder) => {
                folder.judged = Arc::new(folder.judged.trying(name, bytes));
                folder.files.insert(name.clone(), Ok(Arc::clone(bytes)));
            }
            None => problems.push(
                Diagnostic::error("this is neither a rule file nor a plugin")
                    .in_file(name)
                    .help("a candidate is named as in its folder: `br.yaml`, `lgpd.wasm`"),
            ),
        }
    }
    if problems.is_empty() { Ok(disk) } else { Err(problems) }
}

pub(super) fn folder_of<'d>(disk: &'d mut Disk, name: &str) -> Option<&'d mut Folder> {
    if name.contains('/') || name.starts_with('.') {
        return None;
    }
    match name.rsplit_once('.') {
        Some((_, "yaml")) => Some(&mut disk.rules),
        Some((_, "wasm")) => disk.plugins.as_mut(),
        _ => None,
    }
}

/// The problems of the candidates, and those nobody had without them.
fn caused(items: &[Item], before: &[Item], candidates: &BTreeMap<String, Arc<[u8]>>) -> Vec<Diagnostic> {
    let known: BTreeSet<String> =
        before.iter().flat_map(|item| &item.problems).map(ToString::to_string).collect();
    let is_caused = |item: &Item, problem: &Diagnostic| {
        candidates.contains_key(&item.file) || !known.contains(&problem.to_string())
    };
    let problems = items.iter().flat_map(|item| item.problems.iter().map(move |problem| (item, problem)));
    problems.filter(|(item, problem)| is_caused(item, problem)).map(|(_, problem)| problem.clone()).collect()
}

/// What is accepted is at hand; the rest is loaded beside it, so that the host's own loader knows nothing of it.
struct Trial<'a> {
    accepted: &'a BTreeMap<PluginId, Arc<Plugin>>,
    loader: &'a (dyn Loads + Sync),
}

impl Loads for Trial<'_> {
    fn load(&self, file: &str, bytes: &Arc<[u8]>) -> Loading {
        let digest = Digest::of(bytes);
        match self.accepted.values().find(|plugin| plugin.digest == digest) {
            Some(plugin) => Loading::Ready(Arc::clone(plugin)),
            None => self.loader.load(file, bytes),
        }
    }

    fn forget_others(&self) {
        self.loader.forget_others();
    }
}
