//! `landfall dev`: on every save, what is wrong, or what it changes in money.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, mpsc},
};

use super::{
    Failure,
    ask::read_strategy,
    diff::compared,
    seam::{self, Folders},
    stop::when_told,
};
use crate::{
    diagnostic::{Diagnostic, Severity},
    diff,
    exit_code::Outcome,
    host, logging,
    protocol::{Event, FileDiff, Problem, QueryRequest, QueryResponse, RulesResponse},
    reload::{Kept, Published},
    render,
    watch::Beside,
};
use clap::{ValueEnum, ValueHint};

const AFTER_HELP: &str = "\
Examples:
  landfall dev --rules rules/world --plugins target/plugins --strategy strategies/brazil-germany.yaml
  landfall dev --rules rules --plugins plugins --strategy a.yaml b.yaml --format json

Runs until it is interrupted. What a save changed is shown against the last good answer.";

/// Watch rules, plugins and strategies: on every save the errors, or what changed in money
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Folder of rules to watch
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    rules: PathBuf,
    /// Folder of plugins to watch
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    plugins: PathBuf,
    /// Strategy files to watch and to ask
    #[arg(long, value_name = "STRATEGY", value_hint = ValueHint::FilePath, num_args = 1.., required = true)]
    strategy: Vec<PathBuf>,
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
    /// Ctrl-C.
    Stop,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    let (tell, hear) = mpsc::channel();
    let stop = tell.clone();
    when_told(move || {
        let _ = stop.send(Heard::Stop);
    })?;
    let beside = Beside {
        files: args.strategy.clone(),
        told: Box::new(move |published| {
            // Nobody listens any more when the loop has ended.
            let _ = tell.send(Heard::Reloaded(Arc::clone(published)));
        }),
    };
    let folders = Folders { rules: args.rules.clone(), plugins: args.plugins.clone() };
    let watch = seam::follow(&folders, beside).map_err(Failure::Refused)?;
    let mut follower = Follower::new(&args.strategy, args.format);
    while let Ok(Heard::Reloaded(published)) = hear.recv() {
        match follower.take_in(&published) {
            Err(Ended::Unheard) => break,
            Err(Ended::Failed(failure)) => return Err(failure),
            Ok(()) => {}
        }
    }
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
struct Follower {
    strategies: Vec<(PathBuf, Option<Good>)>,
    problems: Vec<Diagnostic>,
    format: Format,
}

impl Follower {
    fn new(strategies: &[PathBuf], format: Format) -> Self {
        let strategies = strategies.iter().map(|path| (path.clone(), None)).collect();
        Self { strategies, problems: Vec::new(), format }
    }

    /// Shows what is new.
    fn take_in(&mut self, published: &Arc<Published>) -> Result<(), Ended> {
        // What is being compiled is neither good nor bad yet; its end is heard too.
        if published.is_waiting() {
            return Ok(());
        }
        let mut problems = host::problems(published);
        let mut events = Vec::new();
        for (path, good) in &mut self.strategies {
            match ask(path, published.current().as_ref(), good.as_ref()) {
                Ok(Some(new)) => {
                    events.push(event(good.as_ref(), &new)?);
                    *good = Some(new);
                }
                Ok(None) => {}
                Err(failure) => problems.extend(failure.diagnostics()),
            }
        }
        self.show_problems(problems)?;
        events.iter().try_for_each(|event| self.show(event))
    }

    fn show_problems(&mut self, problems: Vec<Diagnostic>) -> Result<(), Ended> {
        if problems == self.problems {
            return Ok(());
        }
        self.problems.clone_from(&problems);
        match self.format {
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
        match self.format {
            Format::Json => {
                let line = render::json_line(event).map_err(|error| Failure::system("write JSON", error))?;
                Ok(render::raw(line.as_bytes())?)
            }
            Format::Table => Ok(render::data(&render::event(event))?),
        }
    }
}

/// The answer of a strategy as it stands now; none where it is the one that was shown.
fn ask(path: &std::path::Path, kept: Option<&Kept>, good: Option<&Good>) -> Result<Option<Good>, Failure> {
    let request = QueryRequest::new(read_strategy(path)?);
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
