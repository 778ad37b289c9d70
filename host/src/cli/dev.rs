//! `landfall dev`: on every save, what is wrong, or what it changes in money.

mod plugins;

use std::{
    io,
    path::PathBuf,
    sync::{Arc, mpsc},
};

use self::plugins::Plugins;
use super::{
    Failure,
    ask::{Instead, read_strategy},
    diff::compared,
    plugin::ToolsArgs,
    seam::{self, Folders},
    stop::when_told,
};
use crate::{
    diagnostic::{Diagnostic, Severity},
    diff,
    exit_code::Outcome,
    host,
    kit::follow::News,
    logging,
    plugin::id_of_file,
    protocol::{Event, FileDiff, Problem, QueryRequest, QueryResponse, RulesResponse},
    reload::{Item, ItemKind, ItemState, Kept, Published},
    render,
    watch::{Beside, Waker},
};
use clap::{ValueEnum, ValueHint};

const AFTER_HELP: &str = "\
Examples:
  landfall dev --rules rules/world --plugins target/plugins --strategy strategies/brazil-germany.yaml
  landfall dev --rules rules --plugins plugins --strategy a.yaml b.yaml --format json
  landfall dev --rules rules --plugins plugins --plugin support --strategy a.yaml
  landfall dev --rules rules --strategy a.yaml --scenario br.cap_doubles

Runs until it is interrupted. What a save changed is shown against the last good answer. The folder of a plugin is
built again after each save in it; the result stands in the place of a plugin of the same id, and is written nowhere but
to the folder's own `target/`.";

/// Watch rules, plugins, their sources and strategies: on every save the errors, or what changed in money
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Folder of rules to watch
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    rules: PathBuf,
    /// Folder of plugins to watch
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, required_unless_present = "plugin")]
    plugins: Option<PathBuf>,
    /// Folder of a plugin to watch and to build on every save; may be repeated
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    plugin: Vec<PathBuf>,
    #[command(flatten)]
    tools: ToolsArgs,
    /// Strategy files to watch and to ask
    #[arg(long, value_name = "STRATEGY", value_hint = ValueHint::FilePath, num_args = 1.., required = true)]
    strategy: Vec<PathBuf>,
    #[command(flatten)]
    instead: Instead,
    /// How to show what happens
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs: one object a line for each event.
    Json,
}

/// What the loop hears.
enum Heard {
    /// The folders were read again.
    Reloaded(Arc<Published>),
    /// What became of the folder of a plugin, by its place among them.
    Plugin(usize, News),
    /// Ctrl-C.
    Stop,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    let mut plugins = Plugins::new(&args.plugin)?;
    let (tell, hear) = mpsc::channel();
    let stop = tell.clone();
    when_told(move || {
        let _ = stop.send(Heard::Stop);
    })?;
    let reloaded = tell.clone();
    let beside = Beside {
        files: args.strategy.clone(),
        folders: plugins.found(),
        instead: plugins.instead(),
        told: Box::new(move |published| {
            // Nobody listens any more when the loop has ended.
            let _ = reloaded.send(Heard::Reloaded(Arc::clone(published)));
        }),
    };
    let in_place = match &args.plugins {
        Some(plugins) => plugins.clone(),
        None => seam::no_plugins().map_err(Failure::Refused)?,
    };
    let folders = Folders { rules: args.rules.clone(), plugins: in_place };
    let (watch, waker) = seam::follow(&folders, beside).map_err(Failure::Refused)?;
    plugins.start(&args.tools, &tell)?;
    let mut follower = Follower::new(args, plugins);
    while let Ok(heard) = hear.recv() {
        let shown = match heard {
            Heard::Reloaded(published) => follower.take_in(&published),
            Heard::Plugin(at, news) => follower.hear(at, news, &waker),
            Heard::Stop => break,
        };
        match shown {
            Err(Ended::Unheard) => break,
            Err(Ended::Failed(failure)) => return Err(failure),
            Ok(()) => {}
        }
    }
    drop(follower);
    drop(watch);
    Ok(Outcome::Done)
}

/// Why the loop ends before it is told to.
enum Ended {
    /// Nobody reads stdout any more.
    Unheard,
    Failed(Failure),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unheard,
            _ => Self::Failed(Failure::system("write to stdout", error)),
        }
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// The last good answer of a strategy, and what it was asked and answered from.
struct Good {
    request: QueryRequest,
    response: QueryResponse,
    rules: RulesResponse,
}

/// What was shown so far.
struct Follower<'a> {
    args: &'a Args,
    plugins: Plugins,
    strategies: Vec<(PathBuf, Option<Good>)>,
    problems: Vec<Diagnostic>,
}

impl<'a> Follower<'a> {
    fn new(args: &'a Args, plugins: Plugins) -> Self {
        let strategies = args.strategy.iter().map(|path| (path.clone(), None)).collect();
        Self { args, plugins, strategies, problems: Vec::new() }
    }

    /// Shows what became of the folder of a plugin.
    fn hear(&mut self, at: usize, news: News, waker: &Waker) -> Result<(), Ended> {
        if matches!(self.args.format, Format::Table) {
            let folder = self.plugins.name(at);
            match &news {
                News::Step(step) => render::note(&render::building(&folder, step)),
                News::Unchanged => render::note(&render::building(&folder, "nothing changed in the plugin")),
                News::Failed { problems, words } => {
                    render::note(&render::build_failed(&folder, words, problems, self.plugins.stays(at)));
                }
                News::Built(_) => {}
            }
        }
        match self.plugins.hear(at, news, waker) {
            Some(event) => self.show(&event),
            None => Ok(()),
        }
    }

    /// Shows what is new.
    fn take_in(&mut self, published: &Arc<Published>) -> Result<(), Ended> {
        self.plugins.look();
        // What is being built or compiled for the first time is neither good nor bad yet; its end is heard too.
        if !self.plugins.are_known() || is_undecided(published) {
            return Ok(());
        }
        let mut problems = host::problems(published);
        let mut events = Vec::new();
        for (path, good) in &mut self.strategies {
            match ask(path, &self.args.instead, published.current().as_ref(), good.as_ref()) {
                Ok(Some(new)) => {
                    events.push(event(good.as_ref(), &new)?);
                    *good = Some(new);
                }
                Ok(None) => {}
                Err(failure) => problems.extend(failure.diagnostics()),
            }
        }
        // Where something is wrong, what binds them may be what is not served.
        if problems.iter().all(|problem| problem.severity != Severity::Error) {
            problems.extend(self.unbound(published));
        }
        self.show_problems(problems)?;
        events.iter().try_for_each(|event| self.show(event))
    }

    /// The plugins that no rule file binds; a market of the question is where they are wanted.
    fn unbound(&self, published: &Published) -> Vec<Diagnostic> {
        let answers = self.strategies.iter().filter_map(|(_, good)| good.as_ref());
        let market =
            answers.flat_map(|good| &good.response.answer.markets).map(|market| market.id.as_str()).next();
        self.plugins.unbound(published, market, &self.args.rules.display().to_string())
    }

    fn show_problems(&mut self, problems: Vec<Diagnostic>) -> Result<(), Ended> {
        if problems == self.problems {
            return Ok(());
        }
        self.problems.clone_from(&problems);
        match self.args.format {
            Format::Json => {
                let problems = problems.into_iter().map(Problem::from).collect();
                self.show(&Event::Problems { problems })
            }
            Format::Table if problems.is_empty() => {
                render::note("no problems any more\n\n");
                Ok(())
            }
            Format::Table => {
                render::note(&format!("{}\n", render::diagnostics(&problems)));
                if problems.iter().any(|problem| problem.severity == Severity::Error) {
                    render::note("the last good version stays; waiting for the next save\n\n");
                }
                Ok(())
            }
        }
    }

    fn show(&self, event: &Event) -> Result<(), Ended> {
        match (self.args.format, event) {
            (Format::Json, _) => {
                let line = render::json_line(event).map_err(|error| Failure::system("write JSON", error))?;
                Ok(render::raw(line.as_bytes())?)
            }
            // With the excerpts that no event has.
            (Format::Table, Event::BuildFailed(_)) => Ok(()),
            (Format::Table, Event::Built(_)) => {
                render::note(&render::event(event));
                Ok(())
            }
            (Format::Table, _) => Ok(render::data(&render::event(event))?),
        }
    }
}

/// Whether something is neither served nor refused yet. Where a plugin has an earlier version, that one answers while
/// the new one is compiled.
fn is_undecided(published: &Published) -> bool {
    let is_served = |item: &Item| id_of_file(&item.file).is_some_and(|id| published.plugin(&id).is_some());
    published
        .items
        .iter()
        .any(|item| item.state == ItemState::Waiting && !(item.kind == ItemKind::Plugin && is_served(item)))
}

/// The answer of a strategy as it stands now; none where it is the one that was shown.
fn ask(
    path: &std::path::Path,
    instead: &Instead,
    kept: Option<&Kept>,
    good: Option<&Good>,
) -> Result<Option<Good>, Failure> {
    let request = instead.of(read_strategy(path)?);
    // Why nothing is served yet is among the problems of the files.
    let Some(kept) = kept else { return Ok(None) };
    let is_shown =
        |good: &Good| good.request == request && good.rules.generation == kept.generation.digest.to_string();
    if good.is_some_and(is_shown) {
        return Ok(None);
    }
    let response = host::answer(kept, &request).map_err(Failure::Refused)?;
    Ok(Some(Good { request, response, rules: host::rules(&kept.generation) }))
}

fn event(good: Option<&Good>, new: &Good) -> Result<Event, Failure> {
    let Some(old) = good else {
        let answer = &new.response.answer;
        return Ok(Event::Answer {
            strategy: new.request.strategy.name.clone(),
            currency: answer.currency.clone(),
            status: answer.status,
            objective: answer.objective.clone(),
            generation: new.response.served.generation.clone(),
        });
    };
    let rules: Vec<FileDiff> = diff::files(&old.rules.files, &new.rules.files);
    let name = &new.request.strategy.name;
    let diff = compared((name, &old.request, &old.response), (name, &new.request, &new.response), &rules)?;
    Ok(Event::Diff { rules, diff: Box::new(diff) })
}
