//! The plugins that `landfall dev` builds from their folders: what is told of them, and where they are bound.

use std::{collections::BTreeSet, path::PathBuf, sync::mpsc::Sender};

use super::{Failure, Heard, ToolsArgs};
use crate::{
    diagnostic::Diagnostic,
    id::PluginId,
    kit::{
        follow::{self, Follow, Made, News},
        project::Project,
        running,
    },
    protocol::{BuildFailed, Event, Rebuilt},
    reload::{Instead, Published},
    render,
    watch::{Found, Waker},
};

/// Plugins that are built, and stand in the place of those in the plugins folder.
pub(super) struct Plugins {
    folders: Vec<PathBuf>,
    follows: Vec<Follow>,
    instead: Instead,
    /// Those of which nothing is known yet.
    unknown: BTreeSet<usize>,
    /// Those that were built, by the folder that they are of.
    built: Vec<Option<PluginId>>,
}

impl Plugins {
    /// Every folder must be of a plugin, and of one by itself.
    pub(super) fn new(folders: &[PathBuf]) -> Result<Self, Failure> {
        let mut ids = BTreeSet::new();
        let mut problems = Vec::new();
        for folder in folders {
            match Project::find(folder) {
                Ok(project) if ids.contains(&project.id) => problems.push(twice(&project)),
                Ok(project) => {
                    ids.insert(project.id);
                }
                Err(found) => problems.extend(found),
            }
        }
        if !problems.is_empty() {
            return Err(Failure::Input(problems));
        }
        Ok(Self {
            folders: folders.to_vec(),
            follows: Vec::new(),
            instead: Instead::default(),
            unknown: (0..folders.len()).collect(),
            built: vec![None; folders.len()],
        })
    }

    /// Where the results are put.
    pub(super) fn instead(&self) -> Instead {
        self.instead.clone()
    }

    /// What is watched of them.
    pub(super) fn found(&self) -> Found {
        let plugins = self.folders.clone();
        Box::new(move || plugins.iter().flat_map(|plugin| follow::folders(plugin)).collect())
    }

    /// Begins to build each on a thread of its own.
    pub(super) fn start(&mut self, tools: &ToolsArgs, tell: &Sender<Heard>) -> Result<(), Failure> {
        if self.folders.is_empty() {
            return Ok(());
        }
        running::apart();
        let tools = tools.tools()?;
        for (at, folder) in self.folders.iter().enumerate() {
            let tell = tell.clone();
            let told = move |news| {
                // Nobody listens any more when the loop has ended.
                let _ = tell.send(Heard::Plugin(at, news));
            };
            let follow = Follow::start(folder.clone(), tools.clone(), told)
                .map_err(|error| Failure::system("start a thread", error))?;
            self.follows.push(follow);
        }
        Ok(())
    }

    /// Something changed somewhere.
    pub(super) fn look(&self) {
        self.follows.iter().for_each(Follow::look);
    }

    /// Whether each was built, or could not be.
    pub(super) fn are_known(&self) -> bool {
        self.unknown.is_empty()
    }

    /// What the folder is called.
    pub(super) fn name(&self, at: usize) -> String {
        self.folders.get(at).map(|folder| folder.display().to_string()).unwrap_or_default()
    }

    /// Whether it was built once, so that something stays when it cannot be.
    pub(super) fn stays(&self, at: usize) -> bool {
        self.built.get(at).is_some_and(Option::is_some)
    }

    /// Takes in what became of a folder, and wakes whoever reads plugins; none where there is nothing to tell.
    pub(super) fn hear(&mut self, at: usize, news: News, waker: &Waker) -> Option<Event> {
        let event = match news {
            News::Step(_) => return None,
            News::Unchanged => None,
            News::Built(made) => Some(self.take(at, made)),
            News::Failed { problems, words } => Some(Event::BuildFailed(BuildFailed {
                folder: self.name(at),
                problems: problems.into_iter().map(Into::into).collect(),
                words: render::plain(&words),
                stays: self.stays(at),
            })),
        };
        self.unknown.remove(&at);
        waker.loaded();
        event
    }

    fn take(&mut self, at: usize, made: Made) -> Event {
        let Made { id, version, file, wasm, digest, took } = made;
        let size = wasm.len() as u64;
        if let Ok(id) = PluginId::parse(&id) {
            self.instead.put(id.clone(), wasm);
            if let Some(built) = self.built.get_mut(at) {
                *built = Some(id);
            }
        }
        Event::Built(Rebuilt {
            id,
            version,
            file: file.display().to_string(),
            size,
            digest: digest.to_string(),
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// Of each that no rule file binds: it costs nothing, which nobody means who writes it.
    pub(super) fn unbound(
        &self,
        published: &Published,
        market: Option<&str>,
        rules: &str,
    ) -> Vec<Diagnostic> {
        let Some(generation) = &published.generation else { return Vec::new() };
        let is_bound =
            |id: &PluginId| generation.closures.values().any(|closure| closure.plugins.contains_key(id));
        let first = generation.closures.keys().next();
        let file = market.or(first.map(AsRef::as_ref)).unwrap_or("br");
        let unbound = self.built.iter().flatten().filter(|id| !is_bound(id));
        unbound
            .filter_map(|id| {
                let stage = published.plugin(id.as_str())?.description.stages.first()?.as_str();
                let problem = Diagnostic::warning(format!("no rule file binds the plugin `{id}`: it costs nothing"))
                        .in_file(&format!("{file}.yaml"));
                Some(problem.help(format!(
                    "write `{stage}: {{{id}: {{}}}}` under `stages:` of {rules}/{file}.yaml, with its settings in the inner braces"
                )))
            })
            .collect()
    }
}

impl Drop for Plugins {
    fn drop(&mut self) {
        running::end();
    }
}

fn twice(project: &Project) -> Diagnostic {
    let folder = project.folder.display();
    Diagnostic::error(format!("`{folder}` holds the plugin `{}`, as another folder does", project.id))
        .help("name each plugin's folder once")
}
