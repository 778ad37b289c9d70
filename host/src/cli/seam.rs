//! What the commands need from the host's other half: a host, here.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::civil::Date;

use crate::{
    diagnostic::{Diagnostic, Severity},
    failure::Failure,
    generation::Generation,
    history::{History, HistoryError},
    host::{self, Answering, Measured, Memo, NoCase, WantedCase, problems, started, strategy_problems},
    id::QualifiedId,
    plugin::{self, Case, Compiler, Engine, Limits, Plugin},
    protocol::{QueryRequest, Refusal, RefusalKind, StrategyText, SweepRequest, SweepResponse},
    recorder::Recorder,
    reload::{
        self, Disk, Drafts, Folder, ItemKind, Loader, Past, Published, Reloader, Restorer, Terms,
        read_folders, read_plugins, read_rules,
    },
    server::Host,
    state,
    sweep::Doing,
    watch::{Beside, Pending, Waker, Watch},
};

/// The two folders a host reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folders {
    pub(super) rules: PathBuf,
    pub(super) plugins: PathBuf,
}

impl From<&Folders> for reload::Folders {
    fn from(folders: &Folders) -> Self {
        Self { rules: folders.rules.clone(), plugins: folders.plugins.clone() }
    }
}

/// Reads both folders once, and answers from them. Compiled plugins are kept in the cache folder.
pub(super) fn hostless(folders: &Folders) -> Result<Arc<dyn Host>, Refusal> {
    let (mut reloader, drafts) = once()?;
    reloader.reload(&read_folders(&folders.into()));
    Ok(Arc::new(Answering::once(reloader.current(), Some(drafts))))
}

/// One strategy asked at many values, from folders that are read once, in this process.
pub(super) fn swept(
    folders: &Folders,
    request: &SweepRequest,
    doing: Doing<'_>,
) -> Result<SweepResponse, Refusal> {
    let (mut reloader, _) = once()?;
    host::swept(&reloader.reload(&read_folders(&folders.into())), request, doing)
}

/// A reloader that compiles where it is called, with its artifacts in the cache folder.
fn once() -> Result<(Reloader, Drafts), Refusal> {
    let cache = state::cache_folder().map_err(|error| internal(&error))?;
    state::private_folder(&cache).map_err(|error| internal(&error))?;
    let engine = Arc::new(Engine::new(Limits::default()).map_err(|error| internal(&error))?);
    let loader = Loader::blocking(Arc::clone(&engine), compiler(&cache)?);
    let drafts = Drafts::new(Arc::clone(&engine), Box::new(loader.blocking_beside()));
    Ok((Reloader::new(engine, Box::new(loader)), drafts))
}

fn compiler(folder: &Path) -> Result<Compiler, Refusal> {
    let program = Compiler::this_program().map_err(|error| internal(&error))?;
    Compiler::new(program, &folder.join("compiled")).map_err(|error| internal(&error))
}

/// Reads both folders, publishes, and watches them and the configuration until it is dropped. `state` is ours
/// and locked.
pub(super) fn live(folders: &Folders, state: &Path, terms: Option<Terms>) -> Result<Arc<dyn Host>, Refusal> {
    let engine = Arc::new(Engine::new(Limits::default()).map_err(|error| internal(&error))?);
    let pending = Pending::default();
    let waker = pending.waker();
    let loader = Loader::background(Arc::clone(&engine), compiler(state)?, move || waker.loaded())
        .map_err(|error| internal(&error))?;
    let drafts = Drafts::new(Arc::clone(&engine), Box::new(loader.blocking_beside()));
    let restorer = || Restorer::new(Arc::clone(&engine), Box::new(loader.blocking_beside()));
    let (beginning, asking) = (restorer(), restorer());
    let measured = Measured { engine: Some(Arc::clone(&engine)), ..Measured::default() };
    let files = terms.iter().map(|terms| terms.path().to_owned()).collect();
    let queries = terms.as_ref().map(|terms| terms.in_force().now().limits.queries).unwrap_or_default();
    let memo = Arc::new(Memo::new(queries.remembered));
    let following = Arc::clone(&memo);
    let told = Box::new(move |published: &Arc<Published>| {
        if let Some(generation) = &published.generation {
            following.follow(generation.digest);
        }
    });
    let beside = Beside { files, told, ..Beside::default() };
    let reloader = Reloader::new(engine, Box::new(loader));
    let reloader = match terms {
        Some(terms) => reloader.on_terms(terms),
        None => reloader,
    };
    let (reloader, past, recorder) = match History::open(state).map(Arc::new) {
        Ok(history) => {
            // First: whatever is accepted stands after the row that says that the host began.
            let recorder =
                Recorder::start(Arc::clone(&history), started()).map_err(|error| internal(&error))?;
            let reloader =
                reloader.with_history(Arc::clone(&history), beginning).map_err(|error| unreadable(&error))?;
            (reloader, Some(Past::new(history, asking)), recorder)
        }
        // Nothing is lost that was there.
        Err(error) if !History::exists(state) => {
            tracing::warn!(%error, "nothing is kept: a restart begins anew");
            let why = error.to_string();
            (reloader.keeping_nothing(why.clone()), None, Recorder::nowhere(why))
        }
        Err(error) => return Err(unreadable(&error)),
    };
    let (current, changes) = (reloader.current(), reloader.changes());
    let measured = Measured { reloads: reloader.times(), ..measured };
    let watch = pending.start(folders.into(), beside, reloader).map_err(|error| internal(&error))?;
    let host = Answering::live(current, drafts, watch, past).telling(changes, measured);
    Ok(Arc::new(host.remembering(memo).recording(recorder)))
}

/// The audit log of a state folder, to read it, or to write to it where no host does.
pub(super) fn audit_log(state: &Path, writing: bool) -> Result<Past, Refusal> {
    let open = if writing { History::open } else { History::read };
    let history = open(state).map_err(|error| internal(&error))?;
    Ok(Past::new(Arc::new(history), restorer()?))
}

/// Makes generations of history again, with its artifacts in the cache folder.
pub(super) fn restorer() -> Result<Restorer, Refusal> {
    let cache = state::cache_folder().map_err(|error| internal(&error))?;
    state::private_folder(&cache).map_err(|error| internal(&error))?;
    let engine = Arc::new(Engine::new(Limits::default()).map_err(|error| internal(&error))?);
    let loader = Loader::blocking(Arc::clone(&engine), compiler(&cache)?);
    Ok(Restorer::new(engine, Box::new(loader)))
}

/// Going on without it would let go of what is held, and serve what was rolled back.
fn unreadable(error: &HistoryError) -> Refusal {
    Refusal::new(RefusalKind::Internal, error.to_string())
        .help("mend it, or move it out of the state folder: the host then begins anew, and nothing is held")
}

/// Watches both folders and what lies beside them until it is dropped, for one that follows on a terminal; the other
/// has them read again.
/// Compiled plugins are kept in the cache folder, as without a host.
pub(super) fn follow(folders: &Folders, beside: Beside) -> Result<(Watch, Waker), Refusal> {
    let cache = state::cache_folder().map_err(|error| internal(&error))?;
    state::private_folder(&cache).map_err(|error| internal(&error))?;
    let engine = Arc::new(Engine::new(Limits::default()).map_err(|error| internal(&error))?);
    let pending = Pending::default();
    let waker = pending.waker();
    let loaded = waker.clone();
    let loader = Loader::background(Arc::clone(&engine), compiler(&cache)?, move || loaded.loaded())
        .map_err(|error| internal(&error))?;
    let reloader = Reloader::new(engine, Box::new(loader));
    let watch = pending.start(folders.into(), beside, reloader).map_err(|error| internal(&error))?;
    Ok((watch, waker))
}

/// A folder of plugins for whoever names none: nothing is ever put there.
pub(super) fn no_plugins() -> Result<PathBuf, Refusal> {
    let cache = state::cache_folder().map_err(|error| internal(&error))?;
    let folder = cache.join("no-plugins");
    for folder in [&cache, &folder] {
        state::private_folder(folder).map_err(|error| internal(&error))?;
    }
    Ok(folder)
}

/// Every problem of what is given, under the limits of the configuration.
pub(super) fn check(
    rules: Option<&Path>,
    plugins: Option<&Path>,
    terms: Option<Terms>,
    strategies: &[StrategyText],
) -> Result<Vec<Diagnostic>, Refusal> {
    let (mut reloader, _) = once()?;
    if let Some(terms) = terms {
        reloader = reloader.on_terms(terms);
    }
    let disk =
        Disk { rules: rules.map_or_else(Folder::default, read_rules), plugins: plugins.map(read_plugins) };
    let published = reloader.reload(&disk);
    let mut found = match rules {
        Some(_) => problems(&published),
        None => problems_of_plugins(&published),
    };
    for strategy in strategies {
        let request = QueryRequest::new(strategy.clone());
        found.extend(strategy_problems(&published, &request));
    }
    Ok(found)
}

/// The rules of a folder, bound to no plugins. A file with an error is none to look into, and neither is what
/// rests on it: then there is no rule book but its problems.
pub(super) fn rule_book(rules: &Path) -> Result<Arc<Generation>, Failure> {
    let (mut reloader, _) = once().map_err(Failure::Refused)?;
    let published = reloader.reload(&Disk { rules: read_rules(rules), plugins: None });
    let problems = problems(&published);
    match &published.generation {
        Some(generation) if problems.iter().all(|problem| problem.severity != Severity::Error) => {
            Ok(Arc::clone(generation))
        }
        _ => Err(Failure::Input(problems)),
    }
}

/// What reads of a folder's rules, bound to no plugins, with the problems of what does not.
pub(super) fn what_reads(rules: &Path) -> Result<(Arc<Generation>, Vec<Diagnostic>), Failure> {
    let (mut reloader, _) = once().map_err(Failure::Refused)?;
    let published = reloader.reload(&Disk { rules: read_rules(rules), plugins: None });
    let problems = problems(&published);
    match &published.generation {
        Some(generation) => Ok((Arc::clone(generation), problems)),
        None => Err(Failure::Input(problems)),
    }
}

/// Both folders, read once, with every file taken in whose tests fail: for whoever runs them.
pub(super) fn ungated(rules: &Path, plugins: &Path) -> Result<Arc<Published>, Refusal> {
    let (reloader, _) = once()?;
    let disk = Disk { rules: read_rules(rules), plugins: Some(read_plugins(plugins)) };
    Ok(reloader.without_gate().reload(&disk))
}

fn problems_of_plugins(published: &Published) -> Vec<Diagnostic> {
    let items =
        published.items.iter().filter(|item| !matches!(item.kind, ItemKind::Base | ItemKind::Jurisdiction));
    items.flat_map(|item| item.problems.clone()).collect()
}

/// A case with who was given it, of the answer of two folders that are read once.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) plugin: Arc<Plugin>,
    pub(super) case: Case,
    pub(super) obligations: Vec<QualifiedId>,
    /// The first day of its period, and the day after the last.
    pub(super) period: (Date, Date),
}

/// What a plugin was given in the answer to a question.
pub(super) fn given(
    folders: &Folders,
    request: &QueryRequest,
    wanted: &WantedCase<'_>,
) -> Result<Given, Failure> {
    let (mut reloader, _) = once().map_err(Failure::Refused)?;
    let published = reloader.reload(&read_folders(&folders.into()));
    let kept = published.current().ok_or_else(|| Failure::Input(problems(&published)))?;
    let found = host::given(&kept, request, wanted).map_err(|why| match why {
        NoCase::Refused(refusal) => Failure::Refused(refusal),
        NoCase::Unknown(problem) => Failure::Usage { message: problem.message, help: problem.help },
    })?;
    // One that was not asked is an error already.
    let case = found.case.map_err(Failure::usage)?;
    let period = (found.period.from, found.period.to);
    Ok(Given { plugin: found.plugin, case, obligations: found.obligations, period })
}

/// The compile child: bytes in, verdict out.
pub(super) fn compile(input: impl io::Read, output: impl io::Write) -> io::Result<()> {
    plugin::compile::run_child(input, output)
}

fn internal(error: &dyn fmt::Display) -> Refusal {
    Refusal::new(RefusalKind::Internal, error.to_string())
}
