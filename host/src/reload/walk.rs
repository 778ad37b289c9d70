//! Which version of each jurisdiction is served: parents first, the best that checks and binds.
//!
//! For each the first of these: the file on disk over the accepted parents and plugins; the file's last
//! good version over them; its last good closure whole. So nobody's error takes down anybody else.
//!
//! What was made of the same file, the same parents and the same base is what it was, and is not made again: the work
//! is that of what changed and what rests on it. Whatever was refused is tried again in full.

mod ahead;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Item, ItemKind, ItemState, ahead::abreast, base, by_id, disk::Folder, extends, gate::Gate,
    plugins::Plugins, trusted, two_spellings,
};
use crate::{
    diagnostic::{Diagnostic, Problems},
    generation::{Closure, Rebuilding, Unbound, bind},
    id::{JurisdictionId, PluginId, Stage},
    plugin::Plugin,
    rules::{
        book::{Base, Jurisdiction, Own},
        check::check,
        schema::{
            Spanned,
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
    /// What the closure was made of; none where it is older than the source.
    pub(super) made_of: Option<Arc<Made>>,
    /// Whether the tests in its file passed over this base.
    pub(super) passed: bool,
    /// The bytes that the source was read from, as long as they are on disk.
    pub(super) bytes: Option<Arc<[u8]>>,
}

impl Served {
    /// Whether history keeps the same of both.
    pub(super) fn is_kept_as(&self, other: &Self) -> bool {
        (self.above, self.passed) == (other.above, other.passed)
            && Arc::ptr_eq(&self.source, &other.source)
            && Arc::ptr_eq(&self.closure, &other.closure)
    }
}

/// What a closure was made of beside its file and its plugins. Checking is a pure function of this and the file.
#[derive(Debug)]
pub(super) struct Made {
    base: Arc<Base>,
    parents: Vec<Arc<Jurisdiction>>,
    head: Head,
}

impl Made {
    /// Of this file over these parents.
    pub(super) fn new(
        base: &Arc<Base>,
        parents: Vec<Arc<Jurisdiction>>,
        file: &JurisdictionFile,
    ) -> Arc<Self> {
        Arc::new(Self { base: Arc::clone(base), parents, head: Head::of(file) })
    }

    fn is_of(&self, base: &Arc<Base>, parents: &[Arc<Jurisdiction>]) -> bool {
        Arc::ptr_eq(&self.base, base)
            && self.parents.len() == parents.len()
            && self.parents.iter().zip(parents).all(|(one, other)| Arc::ptr_eq(one, other))
    }
}

/// What of a rule file is looked at before it is checked.
#[derive(Debug, Clone)]
struct Head {
    extends: Vec<Spanned<JurisdictionId>>,
    id: Span,
    binds: Vec<(Stage, PluginId)>,
}

impl Head {
    fn of(file: &JurisdictionFile) -> Self {
        let mut binds = Vec::new();
        for (stage, rule) in &file.stages {
            if let StageFile::Plugins(plugins) = rule {
                binds.extend(plugins.iter().map(|(plugin, _)| (stage.value, plugin.value.clone())));
            }
        }
        Self { extends: file.extends.clone(), id: file.id.span, binds }
    }
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
    head: Head,
    /// None where it was read before, and is not needed if nothing else changed.
    file: Option<Arc<JurisdictionFile>>,
    bytes: Option<Arc<[u8]>>,
}

impl Parsed {
    /// What reads as what is served, if that was made of its file.
    fn known(served: &Served) -> Option<Self> {
        let made = served.made_of.as_ref()?;
        let (source, bytes) = (Arc::clone(&served.source), served.bytes.clone());
        Some(Self { source, head: made.head.clone(), file: None, bytes })
    }

    /// The same bytes under the same name read the same. What did not change on disk is held once.
    fn known_as(name: &str, bytes: &Arc<[u8]>, served: &Served) -> Option<Self> {
        let SourceFile { name: known, text, .. } = &*served.source;
        let held_once = || served.bytes.as_ref().is_some_and(|known| Arc::ptr_eq(known, bytes));
        let is_same = **known == *name && (held_once() || text.as_bytes() == &**bytes);
        let parsed = is_same.then(|| Self::known(served))??;
        Some(Self { bytes: Some(Arc::clone(bytes)), ..parsed })
    }

    fn file(&self) -> Result<Arc<JurisdictionFile>, Vec<Diagnostic>> {
        match &self.file {
            Some(file) => Ok(Arc::clone(file)),
            None => read_file(&self.source, jurisdiction::read).map(Arc::new),
        }
    }

    fn extends_span(&self) -> Span {
        self.head.extends.first().map_or(self.head.id, |parent| parent.span)
    }
}

/// The rule files on disk by id.
#[derive(Debug, Default)]
pub(super) struct RuleFiles(BTreeMap<JurisdictionId, RuleFile>);

/// Reads the rule files of a folder, but for those that read as what is served.
pub(super) fn rule_files(
    folder: &Folder,
    before: &BTreeMap<JurisdictionId, Served>,
    items: &mut Vec<Item>,
) -> RuleFiles {
    let others = folder.files.keys().filter(|name| !base::NAMES.contains(&name.as_str()));
    let names: Vec<_> = by_id(others, ".yaml", JurisdictionId::parse, items).into_iter().collect();
    let read = |(id, names): &(JurisdictionId, Vec<&str>)| {
        let read = match names.as_slice() {
            [name] => match folder.files.get(*name)? {
                Ok(bytes) => {
                    let known = before.get(id).and_then(|served| Parsed::known_as(name, bytes, served));
                    known.map_or_else(|| read(name, bytes, id), Ok)
                }
                Err(fault) => Err(vec![fault.diagnostic(name)]),
            },
            _ => Err(names.iter().map(|name| two_spellings().in_file(name)).collect()),
        };
        let half_copied = |name: &&str| matches!(folder.files.get(*name), Some(Err(fault)) if fault.waits());
        let waits = matches!(names.as_slice(), [name] if half_copied(name));
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Some((id.clone(), RuleFile { names, read, waits }))
    };
    // Where nothing is known all of them are read.
    let files = match before.is_empty() {
        true => abreast(&names, read),
        false => names.iter().map(read).collect(),
    };
    RuleFiles(files.into_iter().flatten().collect())
}

fn read(name: &str, bytes: &Arc<[u8]>, id: &JurisdictionId) -> Result<Parsed, Vec<Diagnostic>> {
    let source = SourceFile::new(name, bytes).map_err(|problem| vec![problem])?;
    Ok(Parsed { bytes: Some(Arc::clone(bytes)), ..parse(&Arc::new(source), id)? })
}

fn parse(source: &Arc<SourceFile>, id: &JurisdictionId) -> Result<Parsed, Vec<Diagnostic>> {
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
    Ok(Parsed { source: Arc::clone(source), head: Head::of(&file), file: Some(Arc::new(file)), bytes: None })
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
    let ahead = ahead::work(base, files, plugins, gate, before);
    let mut walker = Walker { base, files, plugins, gate, before, ahead, circles, done, under_way };
    for id in &parents_first {
        walker.serve(id);
    }
    walker.finish()
}

impl RuleFiles {
    /// What the files on disk bind by themselves.
    pub(super) fn bindings(&self) -> Vec<(JurisdictionId, Stage, PluginId)> {
        let read = self.0.iter().filter_map(|(id, file)| Some((id, &file.read.as_ref().ok()?.head)));
        let binds = |(id, head): (&JurisdictionId, &'_ Head)| {
            let bind = |(stage, plugin): &(Stage, PluginId)| (id.clone(), *stage, plugin.clone());
            head.binds.iter().map(bind).collect::<Vec<_>>()
        };
        read.flat_map(binds).collect()
    }

    fn order(&self) -> extends::Order {
        extends::order(self.0.iter().map(|(id, file)| {
            let extends = file.read.iter().flat_map(|parsed| &parsed.head.extends);
            (id, extends.map(|parent| &parent.value).collect())
        }))
    }
}

/// What serves the files that a closure inherits: a shared obligation is computed where it is defined.
pub(super) fn above<'s>(
    closure: &Closure,
    served: impl Fn(&JurisdictionId) -> Option<&'s Served>,
) -> Vec<Arc<Closure>> {
    let lineage = closure.jurisdiction.lineage.keys().filter(|id| *id != closure.jurisdiction.id());
    lineage.filter_map(served).map(|served| Arc::clone(&served.closure)).collect()
}

struct Walker<'a> {
    base: &'a Arc<Base>,
    files: &'a RuleFiles,
    /// None where rules are checked by themselves, bound to nothing.
    plugins: Option<&'a Plugins>,
    gate: &'a Gate,
    before: &'a BTreeMap<JurisdictionId, Served>,
    /// What some files come to if their parents come to that too.
    ahead: BTreeMap<JurisdictionId, Served>,
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
        let parsed = Parsed::known(old).map_or_else(|| parse(&old.source, id), Ok);
        if let Ok(parsed) = parsed
            && let Ok(served) = self.attempt(id, &parsed)
        {
            return (Some(served), Rank::LastFile);
        }
        match self.rebuild(&old.closure) {
            Some(closure) => {
                (Some(Served { closure, made_of: None, passed: false, ..old.clone() }), Rank::LastClosure)
            }
            None => (None, Rank::Unavailable),
        }
    }

    /// A version of a file over the accepted parents and plugins.
    fn attempt(&mut self, id: &JurisdictionId, parsed: &Parsed) -> Result<Served, Refused> {
        let mut problems = Problems::new(&parsed.source);
        let mut parents = Vec::new();
        let (mut above, mut parent_waits) = (0, false);
        for parent in &parsed.head.extends {
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
            self.check_and_bind(id, parsed, parents)
        };
        match closure {
            Ok((closure, made)) => {
                let (source, bytes) = (Arc::clone(&parsed.source), parsed.bytes.clone());
                let passed = self.plugins.is_some() && self.gate.is_closed();
                Ok(Served { closure, source, above, made_of: Some(made), passed, bytes })
            }
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
        id: &JurisdictionId,
        parsed: &Parsed,
        parents: Vec<Arc<Jurisdiction>>,
    ) -> Result<(Arc<Closure>, Arc<Made>), Refused> {
        let known = self.made_of_the_same(id, parsed, &parents);
        let (jurisdiction, made) = match known {
            Some((served, made)) => (Arc::clone(&served.closure.jurisdiction), Arc::clone(made)),
            None => {
                let file = parsed.file()?;
                let jurisdiction = Arc::new(check(&file, &parsed.source, &parents, self.base)?);
                (jurisdiction, Made::new(self.base, parents, &file))
            }
        };
        // Bound or not: an author sees all problems at once. They were read where the rest was made.
        let tests = match known {
            Some(_) => Ok(None),
            None => self.gate.read(&jurisdiction, self.base).map(Some),
        };
        let Some(plugins) = self.plugins else {
            tests?;
            return Ok((Arc::new(Closure::unbound(jurisdiction)), made));
        };
        let bound = self.bind(&jurisdiction, known.map(|(served, _)| &served.closure), plugins);
        match (bound, tests) {
            (Ok(closure), Ok(tests)) => {
                self.gate.pass(tests.as_deref(), &closure, &self.above(&closure), self.base)?;
                Ok((closure, made))
            }
            (Ok(_), Err(problems)) => Err(problems.into()),
            (Err(refused), Ok(_)) => Err(refused),
            (Err(mut refused), Err(problems)) => {
                refused.problems.extend(problems);
                Err(Refused { waits: false, ..refused })
            }
        }
    }

    /// What serves this file already, or was made ahead, if that was made of the very same parents and base.
    fn made_of_the_same(
        &self,
        id: &JurisdictionId,
        parsed: &Parsed,
        parents: &[Arc<Jurisdiction>],
    ) -> Option<(&Served, &Arc<Made>)> {
        let both = [self.before, &self.ahead].into_iter().filter_map(|made| made.get(id));
        let made = both.filter_map(|served| Some((served, served.made_of.as_ref()?)));
        let is_same = |(served, made): &(&Served, &Arc<Made>)| {
            let is_source = Arc::ptr_eq(&served.source, &parsed.source) || served.source == parsed.source;
            is_source && made.is_of(self.base, parents)
        };
        made.into_iter().find(is_same)
    }

    /// Binds to the accepted plugins; what is bound to the very same is bound.
    fn bind(
        &self,
        jurisdiction: &Arc<Jurisdiction>,
        known: Option<&Arc<Closure>>,
        plugins: &Plugins,
    ) -> Result<Arc<Closure>, Refused> {
        let same = |(id, plugin): (&PluginId, &Arc<Plugin>)| {
            plugins.accepted.get(id).is_some_and(|accepted| Arc::ptr_eq(accepted, plugin))
        };
        let known = known.filter(|closure| closure.plugins.iter().all(same));
        let closure =
            match known {
                Some(known) => Arc::clone(known),
                None => Arc::new(bind(jurisdiction, &plugins.accepted, self.base).map_err(
                    |unbound: Unbound| Refused {
                        waits: unbound.problems.is_empty()
                            && unbound.missing.iter().all(|(id, _)| plugins.compiling.contains(id)),
                        problems: unbound.all(),
                    },
                )?),
            };
        match trusted::refused_bindings(&closure, &plugins.permits) {
            refused if refused.is_empty() => Ok(closure),
            refused => Err(refused.into()),
        }
    }

    fn above(&self, closure: &Closure) -> Vec<Arc<Closure>> {
        above(closure, |id| self.done.get(id)?.0.as_ref())
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
