//! Which version of each jurisdiction is served: parents first, the best that checks and binds.
//!
//! For each the first of these: the file on disk over the accepted parents and plugins; the file's last
//! good version over them; its last good closure whole. So nobody's error takes down anybody else.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Item, ItemKind, ItemState, base, by_id, disk::Folder, two_spellings};
use crate::{
    diagnostic::{Diagnostic, Problems},
    generation::{Closure, bind},
    id::{JurisdictionId, PluginId},
    plugin::Plugin,
    rules::{
        book::{Base, Jurisdiction},
        check::check,
        schema::{
            jurisdiction::{self, JurisdictionFile},
            read_file,
        },
    },
    source::SourceFile,
};

/// What serves a jurisdiction.
#[derive(Debug, Clone)]
pub(super) struct Served {
    pub(super) closure: Arc<Closure>,
    /// The last version of the file that was served over accepted parents.
    pub(super) source: Arc<SourceFile>,
}

/// How well a jurisdiction stands; lower is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// The file on disk.
    Fresh,
    /// Its last good version over accepted parents and plugins.
    LastFile,
    /// Its last good closure.
    LastClosure,
    /// Nothing.
    Unavailable,
}

/// What became of one jurisdiction.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) rank: Rank,
    /// Why it is not the file on disk.
    pub(super) problems: Vec<Diagnostic>,
}

/// What became of all.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) served: BTreeMap<JurisdictionId, Served>,
    pub(super) standings: BTreeMap<JurisdictionId, Standing>,
    pub(super) unavailable: BTreeMap<JurisdictionId, Arc<str>>,
    pub(super) items: Vec<Item>,
}

/// One rule file as it reads by itself.
#[derive(Debug)]
struct RuleFile {
    name: String,
    read: Result<Parsed, Vec<Diagnostic>>,
}

#[derive(Debug, Clone)]
struct Parsed {
    source: Arc<SourceFile>,
    file: JurisdictionFile,
}

/// The rule files on disk by id.
#[derive(Debug, Default)]
pub(super) struct RuleFiles(BTreeMap<JurisdictionId, RuleFile>);

/// Reads the rule files of a folder.
pub(super) fn rule_files(folder: &Folder, items: &mut Vec<Item>) -> RuleFiles {
    let mut files = RuleFiles::default();
    let mut others = folder.clone();
    others.files.retain(|name, _| !base::NAMES.contains(&name.as_str()));
    for (id, names) in by_id(&others, ".yaml", JurisdictionId::parse, items) {
        let name = names.first().copied().unwrap_or_default().to_owned();
        let read = match names.as_slice() {
            [_] => match others.files.get(&name) {
                Some(Ok(bytes)) => SourceFile::new(&name, bytes)
                    .map_err(|problem| vec![problem])
                    .and_then(|source| parse(&source, &id)),
                Some(Err(fault)) => Err(vec![Diagnostic::error(fault.to_string()).in_file(&name)]),
                None => continue,
            },
            _ => {
                let spelled = names.iter().map(|name| two_spellings(name, ItemKind::Jurisdiction, true));
                Err(spelled.flat_map(|item| item.problems).collect())
            }
        };
        files.0.insert(id, RuleFile { name, read });
    }
    files
}

fn parse(source: &SourceFile, id: &JurisdictionId) -> Result<Parsed, Vec<Diagnostic>> {
    let file = read_file(source, jurisdiction::read)?;
    if file.id.value != *id {
        let mut problems = Problems::new(source);
        let message = format!("`{}` holds the id `{}`", source.name, file.id.value);
        problems.error_help(
            file.id.span,
            message,
            format!("write `id: {id}`, or rename the file to `{}.yaml`", file.id.value),
        );
        return Err(problems.into_vec());
    }
    Ok(Parsed { source: Arc::new(source.clone()), file })
}

/// Takes the best of each jurisdiction that has a file on disk.
pub(super) fn walk(
    base: &Base,
    files: &RuleFiles,
    plugins: Option<&BTreeMap<PluginId, Arc<Plugin>>>,
    before: &BTreeMap<JurisdictionId, Served>,
) -> Walk {
    let cycles = cycles(files);
    let mut walker =
        Walker { base, files, plugins, before, cycles, done: BTreeMap::new(), under_way: BTreeSet::new() };
    for id in files.0.keys() {
        walker.serve(id);
    }
    walker.finish()
}

struct Walker<'a> {
    base: &'a Base,
    files: &'a RuleFiles,
    /// None where rules are checked by themselves, bound to nothing.
    plugins: Option<&'a BTreeMap<PluginId, Arc<Plugin>>>,
    before: &'a BTreeMap<JurisdictionId, Served>,
    cycles: BTreeMap<JurisdictionId, String>,
    done: BTreeMap<JurisdictionId, (Option<Served>, Standing)>,
    under_way: BTreeSet<JurisdictionId>,
}

type Attempt = Result<Closure, Vec<Diagnostic>>;

impl Walker<'_> {
    /// What serves a jurisdiction, worked out once.
    fn serve(&mut self, id: &JurisdictionId) -> Option<Served> {
        if let Some((served, _)) = self.done.get(id) {
            return served.clone();
        }
        let file = self.files.0.get(id)?;
        if !self.under_way.insert(id.clone()) {
            return None;
        }
        let result = self.best(id, file);
        self.under_way.remove(id);
        let served = result.0.clone();
        self.done.insert(id.clone(), result);
        served
    }

    fn best(&mut self, id: &JurisdictionId, file: &RuleFile) -> (Option<Served>, Standing) {
        let problems = match &file.read {
            Ok(parsed) => match self.attempt(id, parsed) {
                Ok(closure) => {
                    let served = Served { closure: Arc::new(closure), source: Arc::clone(&parsed.source) };
                    return (Some(served), Standing { rank: Rank::Fresh, problems: Vec::new() });
                }
                Err(problems) => problems,
            },
            Err(problems) => problems.clone(),
        };
        let Some(old) = self.before.get(id) else {
            return (None, Standing { rank: Rank::Unavailable, problems });
        };
        if let Ok(parsed) = parse(&old.source, id)
            && let Ok(closure) = self.attempt(id, &parsed)
        {
            let served = Served { closure: Arc::new(closure), source: Arc::clone(&old.source) };
            return (Some(served), Standing { rank: Rank::LastFile, problems });
        }
        match self.rebuild(&old.closure) {
            Ok(closure) => {
                let served = Served { closure, source: Arc::clone(&old.source) };
                (Some(served), Standing { rank: Rank::LastClosure, problems })
            }
            Err(_) => (None, Standing { rank: Rank::Unavailable, problems }),
        }
    }

    /// A file over the accepted parents and plugins.
    fn attempt(&mut self, id: &JurisdictionId, parsed: &Parsed) -> Attempt {
        let Parsed { source, file } = parsed;
        let mut problems = Problems::new(source);
        if let Some(cycle) = self.cycles.get(id) {
            let span = file.extends.first().map_or(file.id.span, |parent| parent.span);
            problems.error_help(span, format!("`extends` goes in a circle: {cycle}"), "take one of them out");
            return Err(problems.into_vec());
        }
        let mut parents = Vec::new();
        for parent in &file.extends {
            match self.serve(&parent.value) {
                Some(served) => parents.push(Arc::clone(&served.closure.jurisdiction)),
                None if self.files.0.contains_key(&parent.value) => {
                    let message = format!("`{}`, which this file extends, is unavailable", parent.value);
                    problems.error_help(parent.span, message, format!("mend {}.yaml", parent.value));
                }
                None => {
                    let known = self.files.0.keys().map(AsRef::as_ref);
                    let help = crate::diagnostic::did_you_mean(parent.value.as_str(), known);
                    problems.error_help(
                        parent.span,
                        format!("there is no {}.yaml to extend", parent.value),
                        help,
                    );
                }
            }
        }
        if problems.any_error() {
            return Err(problems.into_vec());
        }
        self.check_and_bind(file.clone(), source, &parents)
    }

    fn check_and_bind(
        &self,
        file: JurisdictionFile,
        source: &Arc<SourceFile>,
        parents: &[Arc<Jurisdiction>],
    ) -> Attempt {
        let jurisdiction = Arc::new(check(file, source, parents, self.base)?);
        match self.plugins {
            Some(plugins) => bind(&jurisdiction, plugins, self.base),
            None => Ok(Closure { jurisdiction, plugins: BTreeMap::new(), stages: BTreeMap::new() }),
        }
    }

    /// The last good closure whole, over this base: every file of its lineage as it was, with its plugins.
    fn rebuild(&self, closure: &Arc<Closure>) -> Result<Arc<Closure>, Vec<Diagnostic>> {
        let mut rebuilt = BTreeMap::new();
        let jurisdiction = self.rebuild_one(closure.jurisdiction.id(), closure, &mut rebuilt)?;
        bind(&jurisdiction, &closure.plugins, self.base).map(Arc::new)
    }

    fn rebuild_one(
        &self,
        id: &JurisdictionId,
        closure: &Closure,
        rebuilt: &mut BTreeMap<JurisdictionId, Arc<Jurisdiction>>,
    ) -> Result<Arc<Jurisdiction>, Vec<Diagnostic>> {
        if let Some(done) = rebuilt.get(id) {
            return Ok(Arc::clone(done));
        }
        let gone = || vec![Diagnostic::error(format!("`{id}` is not in the closure"))];
        let own = closure.jurisdiction.lineage.get(id).ok_or_else(gone)?;
        let parsed = parse(&own.source, id)?;
        let mut parents = Vec::new();
        for parent in &parsed.file.extends {
            parents.push(self.rebuild_one(&parent.value, closure, rebuilt)?);
        }
        let jurisdiction = Arc::new(check(parsed.file, &parsed.source, &parents, self.base)?);
        rebuilt.insert(id.clone(), Arc::clone(&jurisdiction));
        Ok(jurisdiction)
    }

    fn finish(self) -> Walk {
        let mut walk = Walk {
            served: BTreeMap::new(),
            standings: BTreeMap::new(),
            unavailable: BTreeMap::new(),
            items: Vec::new(),
        };
        for (id, (served, standing)) in self.done {
            let Some(file) = self.files.0.get(&id) else { continue };
            let on_disk = file.read.as_ref().ok().map(|parsed| parsed.source.digest);
            let state = match standing.rank {
                Rank::Fresh => ItemState::Live,
                Rank::LastFile | Rank::LastClosure => ItemState::LastGood,
                Rank::Unavailable => ItemState::Unavailable,
            };
            walk.items.push(Item {
                file: file.name.clone(),
                kind: ItemKind::Jurisdiction,
                state,
                digest: served
                    .as_ref()
                    .map(|served| served.closure.jurisdiction.own.source.digest)
                    .or(on_disk),
                since: None,
                problems: standing.problems.clone(),
            });
            match served {
                Some(served) => drop(walk.served.insert(id.clone(), served)),
                None => {
                    let why = standing.problems.first().map_or_else(String::new, ToString::to_string);
                    walk.unavailable.insert(id.clone(), why.into());
                }
            }
            walk.standings.insert(id, standing);
        }
        walk
    }
}

/// Every jurisdiction that extends itself over others, with the circle as it is written.
fn cycles(files: &RuleFiles) -> BTreeMap<JurisdictionId, String> {
    let parents = |id: &JurisdictionId| -> Vec<JurisdictionId> {
        let read = files.0.get(id).and_then(|file| file.read.as_ref().ok());
        read.into_iter()
            .flat_map(|parsed| parsed.file.extends.iter().map(|parent| parent.value.clone()))
            .collect()
    };
    let mut found = BTreeMap::new();
    for start in files.0.keys() {
        // Breadth first, each file once: the shortest way from a file back to itself.
        let mut came_from = BTreeMap::<JurisdictionId, JurisdictionId>::new();
        let mut queue = std::collections::VecDeque::from([start.clone()]);
        while let Some(id) = queue.pop_front() {
            for parent in parents(&id) {
                if parent == *start {
                    let mut way = vec![start.to_string()];
                    let mut step = &id;
                    while step != start {
                        way.push(step.to_string());
                        let Some(before) = came_from.get(step) else { break };
                        step = before;
                    }
                    way.push(start.to_string());
                    way.reverse();
                    found.insert(start.clone(), way.join(" → "));
                    queue.clear();
                    break;
                }
                if !came_from.contains_key(&parent) {
                    came_from.insert(parent.clone(), id.clone());
                    queue.push_back(parent);
                }
            }
        }
    }
    found
}
