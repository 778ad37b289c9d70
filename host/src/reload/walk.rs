//! Which version of each jurisdiction is served: parents first, the best that checks and binds.
//!
//! For each the first of these: the file on disk over the accepted parents and plugins; the file's last
//! good version over them; its last good closure whole. So nobody's error takes down anybody else.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Item, ItemKind, ItemState, base, by_id, disk::Folder, extends, gate::Gate, plugins::Plugins, trusted,
    two_spellings,
};
use crate::{
    diagnostic::{Diagnostic, Problems},
    generation::{Closure, Rebuilding, Unbound, bind},
    id::{JurisdictionId, PluginId, Stage},
    rules::{
        book::{Base, Jurisdiction, Own},
        check::check,
        schema::{
            jurisdiction::{self, JurisdictionFile, StageFile},
            read_file,
        },
    },
    source::{SourceFile, Span},
};

/// Most files on the way from a file up to one that extends nothing. Chosen: far more than law has levels,
/// and few enough to go up recursively.
const MOST_ABOVE: usize = 32;

/// What serves a jurisdiction.
#[derive(Debug, Clone)]
pub(super) struct Served {
    pub(super) closure: Arc<Closure>,
    /// The last version of the file that was served over accepted parents.
    pub(super) source: Arc<SourceFile>,
    /// How many files are on the longest way up from it.
    pub(super) above: usize,
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
    /// Whether that is not the last word, because a plugin is being compiled.
    waits: bool,
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
    /// One, but for two spellings.
    names: Vec<String>,
    read: Result<Parsed, Vec<Diagnostic>>,
    /// Whether that is not the last word, because the file may be half copied.
    waits: bool,
}

#[derive(Debug, Clone)]
struct Parsed {
    source: Arc<SourceFile>,
    file: JurisdictionFile,
}

impl Parsed {
    fn extends_span(&self) -> Span {
        self.file.extends.first().map_or(self.file.id.span, |parent| parent.span)
    }
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
        let read = match names.as_slice() {
            [name] => match others.files.get(*name) {
                Some(Ok(bytes)) => SourceFile::new(name, bytes)
                    .map_err(|problem| vec![problem])
                    .and_then(|source| parse(&source, &id)),
                Some(Err(fault)) => Err(vec![fault.diagnostic(name)]),
                None => continue,
            },
            _ => Err(names.iter().map(|name| two_spellings().in_file(name)).collect()),
        };
        let half_copied = |name: &&str| matches!(others.files.get(*name), Some(Err(fault)) if fault.waits());
        let waits = matches!(names.as_slice(), [name] if half_copied(name));
        let names = names.into_iter().map(str::to_owned).collect();
        files.0.insert(id, RuleFile { names, read, waits });
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
    base: &Arc<Base>,
    files: &RuleFiles,
    plugins: Option<&Plugins>,
    gate: &Gate,
    before: &BTreeMap<JurisdictionId, Served>,
) -> Walk {
    let extends::Order { parents_first, circles } = files.order();
    let (done, under_way) = (BTreeMap::new(), BTreeSet::new());
    let mut walker = Walker { base, files, plugins, gate, before, circles, done, under_way };
    for id in &parents_first {
        walker.serve(id);
    }
    walker.finish()
}

impl RuleFiles {
    /// What the files on disk bind by themselves.
    pub(super) fn bindings(&self) -> Vec<(JurisdictionId, Stage, PluginId)> {
        let read = self.0.iter().filter_map(|(id, file)| Some((id, &file.read.as_ref().ok()?.file)));
        let stages =
            read.flat_map(|(id, file)| file.stages.iter().map(move |(stage, rule)| (id, stage, rule)));
        let mut bindings = Vec::new();
        for (id, stage, rule) in stages {
            if let StageFile::Plugins(plugins) = rule {
                bindings.extend(
                    plugins.iter().map(|(plugin, _)| (id.clone(), stage.value, plugin.value.clone())),
                );
            }
        }
        bindings
    }

    fn order(&self) -> extends::Order {
        extends::order(self.0.iter().map(|(id, file)| {
            let extends = file.read.iter().flat_map(|parsed| &parsed.file.extends);
            (id, extends.map(|parent| &parent.value).collect())
        }))
    }
}

struct Walker<'a> {
    base: &'a Arc<Base>,
    files: &'a RuleFiles,
    /// None where rules are checked by themselves, bound to nothing.
    plugins: Option<&'a Plugins>,
    gate: &'a Gate,
    before: &'a BTreeMap<JurisdictionId, Served>,
    circles: BTreeMap<JurisdictionId, Arc<str>>,
    done: BTreeMap<JurisdictionId, (Option<Served>, Standing)>,
    under_way: BTreeSet<JurisdictionId>,
}

/// Why a version of a file cannot be served.
struct Refused {
    problems: Vec<Diagnostic>,
    /// Whether that is not the last word, because a plugin is being compiled.
    waits: bool,
}

impl From<Vec<Diagnostic>> for Refused {
    fn from(problems: Vec<Diagnostic>) -> Self {
        Self { problems, waits: false }
    }
}

impl Walker<'_> {
    /// What serves a jurisdiction, worked out once.
    fn serve(&mut self, id: &JurisdictionId) -> Option<Served> {
        if let Some((served, _)) = self.done.get(id) {
            return served.clone();
        }
        let file = self.files.0.get(id)?;
        // Parents go first, so only older versions, which may extend others, lead on from here; together with
        // what is on disk they may lead in circles, and far.
        if self.under_way.len() > 2 * MOST_ABOVE || !self.under_way.insert(id.clone()) {
            return None;
        }
        let result = self.best(id, file);
        self.under_way.remove(id);
        let served = result.0.clone();
        self.done.insert(id.clone(), result);
        served
    }

    fn best(&mut self, id: &JurisdictionId, file: &RuleFile) -> (Option<Served>, Standing) {
        let fresh = match &file.read {
            Ok(parsed) => self.fresh(id, parsed),
            Err(problems) => Err(Refused { problems: problems.clone(), waits: file.waits }),
        };
        match fresh {
            Ok(served) => (Some(served), Standing { rank: Rank::Fresh, problems: Vec::new(), waits: false }),
            Err(Refused { problems, waits }) => {
                let (served, rank) = self.last_good(id);
                (served, Standing { rank, problems, waits })
            }
        }
    }

    /// The file on disk over the accepted parents and plugins.
    fn fresh(&mut self, id: &JurisdictionId, parsed: &Parsed) -> Result<Served, Refused> {
        let Some(circle) = self.circles.get(id) else { return self.attempt(id, parsed) };
        let mut problems = Problems::new(&parsed.source);
        let message = format!("`extends` goes in a circle: {circle}");
        problems.error_help(parsed.extends_span(), message, "take one of them out");
        Err(problems.into_vec().into())
    }

    /// The last good version of the file over the accepted parents and plugins, else its last good closure.
    fn last_good(&mut self, id: &JurisdictionId) -> (Option<Served>, Rank) {
        let Some(old) = self.before.get(id) else { return (None, Rank::Unavailable) };
        if let Ok(parsed) = parse(&old.source, id)
            && let Ok(served) = self.attempt(id, &parsed)
        {
            return (Some(served), Rank::LastFile);
        }
        match self.rebuild(&old.closure) {
            Some(closure) => (Some(Served { closure, ..old.clone() }), Rank::LastClosure),
            None => (None, Rank::Unavailable),
        }
    }

    /// A version of a file over the accepted parents and plugins.
    fn attempt(&mut self, id: &JurisdictionId, parsed: &Parsed) -> Result<Served, Refused> {
        let mut problems = Problems::new(&parsed.source);
        let mut parents = Vec::new();
        let (mut above, mut parent_waits) = (0, false);
        for parent in &parsed.file.extends {
            match self.parent(id, &parent.value) {
                Ok(served) => {
                    above = above.max(served.above + 1);
                    parents.push(Arc::clone(&served.closure.jurisdiction));
                }
                Err((message, help)) => problems.error_help(parent.span, message, help),
            }
            parent_waits |= self.done.get(&parent.value).is_some_and(|(_, standing)| standing.waits);
        }
        if above > MOST_ABOVE {
            let message = format!("more than {MOST_ABOVE} files are on the way up from this one");
            problems.error_help(parsed.extends_span(), message, "extend what stands higher");
        }
        let closure = if problems.any_error() {
            Err(problems.into_vec().into())
        } else {
            self.check_and_bind(parsed, &parents)
        };
        match closure {
            Ok(closure) => Ok(Served { closure, source: Arc::clone(&parsed.source), above }),
            // What is wrong over an older parent may be right over the one that waits.
            Err(Refused { problems, waits }) => Err(Refused { problems, waits: waits || parent_waits }),
        }
    }

    /// What serves a parent, or what is wrong with it and what to do.
    fn parent(&mut self, id: &JurisdictionId, parent: &JurisdictionId) -> Result<Served, (String, String)> {
        match self.serve(parent) {
            // Otherwise a file would inherit from its own past.
            Some(served) if served.closure.jurisdiction.lineage.contains_key(id) => Err((
                format!("`{parent}`, which this file extends, is served as it was when it extended `{id}`"),
                format!("mend {parent}.yaml"),
            )),
            Some(served) => Ok(served),
            None if self.files.0.contains_key(parent) => Err((
                format!("`{parent}`, which this file extends, is unavailable"),
                format!("mend {parent}.yaml"),
            )),
            None => {
                let known = self.files.0.keys().map(AsRef::as_ref);
                let help = crate::diagnostic::did_you_mean(parent.as_str(), known);
                Err((format!("there is no {parent}.yaml to extend"), help))
            }
        }
    }

    fn check_and_bind(
        &self,
        parsed: &Parsed,
        parents: &[Arc<Jurisdiction>],
    ) -> Result<Arc<Closure>, Refused> {
        let jurisdiction = Arc::new(check(&parsed.file, &parsed.source, parents, self.base)?);
        // Bound or not: an author sees all problems at once.
        let tests = self.gate.read(&jurisdiction, self.base);
        let Some(plugins) = self.plugins else {
            tests?;
            let closure = Closure { jurisdiction, plugins: BTreeMap::new(), stages: BTreeMap::new() };
            return Ok(Arc::new(closure));
        };
        let bound = bind(&jurisdiction, &plugins.accepted, self.base).map_err(|unbound: Unbound| Refused {
            waits: unbound.problems.is_empty()
                && unbound.missing.iter().all(|(id, _)| plugins.compiling.contains(id)),
            problems: unbound.all(),
        });
        let bound = bound.and_then(|closure| match trusted::refused_bindings(&closure, &plugins.permits) {
            refused if refused.is_empty() => Ok(closure),
            refused => Err(refused.into()),
        });
        match (bound, tests) {
            (Ok(closure), Ok(tests)) => {
                let closure = Arc::new(closure);
                self.gate.pass(&tests, &closure, &self.above(&closure), self.base)?;
                Ok(closure)
            }
            (Ok(_), Err(problems)) => Err(problems.into()),
            (Err(refused), Ok(_)) => Err(refused),
            (Err(mut refused), Err(problems)) => {
                refused.problems.extend(problems);
                Err(Refused { waits: false, ..refused })
            }
        }
    }

    /// What serves the files that a closure inherits: a shared obligation is computed where it is defined.
    fn above(&self, closure: &Closure) -> Vec<Arc<Closure>> {
        let lineage = closure.jurisdiction.lineage.keys().filter(|id| *id != closure.jurisdiction.id());
        let served = lineage.filter_map(|id| self.done.get(id)?.0.as_ref());
        served.map(|served| Arc::clone(&served.closure)).collect()
    }

    /// The last good closure whole, over this base: every file of its lineage as it was, with its plugins.
    fn rebuild(&self, closure: &Closure) -> Option<Arc<Closure>> {
        let as_it_was = |own: &Own| read_file(&own.source, jurisdiction::read);
        let Closure { jurisdiction, plugins, .. } = closure;
        let rebuilt =
            Rebuilding::new(self.base, as_it_was).closure(jurisdiction.id(), &jurisdiction.lineage, plugins);
        rebuilt.ok().map(Arc::new)
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
                _ if standing.waits => ItemState::Waiting,
                Rank::LastFile | Rank::LastClosure => ItemState::LastGood,
                Rank::Unavailable => ItemState::Unavailable,
            };
            let serving = served.as_ref().map(|served| served.closure.jurisdiction.own.source.digest);
            walk.items.extend(file.names.iter().map(|name| {
                // Of two spellings, each file has its own problem.
                let other = |problem: &&Diagnostic| problem.file.as_ref().is_some_and(|file| file != name);
                let problems = standing.problems.iter().filter(|problem| !other(problem)).cloned().collect();
                Item::new(name, ItemKind::Jurisdiction, state, problems).of(serving.or(on_disk))
            }));
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
