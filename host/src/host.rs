//! A host as its clients see it: answers from what is published, live or read once.
//!
//! Both kinds answer with the same code, so a query with a host and one without give the same bytes.

mod bundle;
mod given;
mod log;
mod measure;
mod memo;
mod record;
mod replay;
#[cfg(test)]
mod tests;
mod told;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, civil::Date};
use tokio::sync::watch;

pub use self::{
    bundle::check as check_bundle,
    given::{NoCase, WantedCase, given},
    log::{content_line, verify_export},
    memo::Memo,
    record::started,
};
use self::{
    memo::Remembered,
    record::{Question, canonical},
    told::Told,
};
use crate::{
    diagnostic::Diagnostic,
    evaluate::{OverBudget, evaluate},
    facts::{NoFacts, facts},
    generation::{Generation, overlay},
    history::StoredGeneration,
    id::Digest,
    metrics::{Family, Times},
    plugin::Engine,
    protocol::{
        self, AcceptRequest, Answer, AuditHealth, EventsResponse, FactsResponse, GenerationRow,
        GenerationsResponse, NotKept, PinRequest, QueryRequest, QueryResponse, Refusal, RefusalKind,
        RollbackRequest, RulesResponse, Served, StaleItem, StatusResponse, SweepRequest, SweepResponse,
        TimelineRequest, TimelineResponse, UnpinRequest,
    },
    recorder::Recorder,
    reload::{self, Changes, Command, Current, Drafts, Item, ItemKind, ItemState, Kept, Past, Published},
    rules::yaml,
    server::{Auditing, Host, Written},
    source::SourceFile,
    strategy::{self, Override, Strategy},
    sweep::{Doing, NoSweep, sweep},
    timeline::{NoTimeline, timeline},
    watch::Watch,
};

/// Answers from what is published.
#[derive(Debug)]
pub struct Answering {
    current: Current,
    /// None where candidates are not taken.
    drafts: Option<Drafts>,
    /// None where the folders were read once.
    watch: Option<Watch>,
    /// None where nothing outlives the process.
    past: Option<Past>,
    told: Told,
    measured: Measured,
    started: Timestamp,
    memo: Arc<Memo>,
    /// None where nothing is recorded. The last to go: what others do before is recorded.
    recorder: Option<Recorder>,
}

/// What there is to measure beside answers.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Whose plugins are called; none where nobody asks.
    pub engine: Option<Arc<Engine>>,
    /// How long reloads took.
    pub reloads: Arc<Times>,
}

impl Answering {
    /// A host that watches its folders until it is dropped.
    #[must_use]
    pub fn live(current: Current, drafts: Drafts, watch: Watch, past: Option<Past>) -> Self {
        Self { watch: Some(watch), past, ..Self::once(current, Some(drafts)) }
    }

    /// A host whose folders were read once.
    #[must_use]
    pub fn once(current: Current, drafts: Option<Drafts>) -> Self {
        Self {
            current,
            drafts,
            watch: None,
            past: None,
            told: Told::new(Arc::default()),
            measured: Measured::default(),
            started: Timestamp::now(),
            memo: Arc::new(Memo::new(0)),
            recorder: None,
        }
    }

    /// The same, telling those who follow of these changes, and saying what was measured.
    #[must_use]
    pub fn telling(self, changes: Arc<Changes>, measured: Measured) -> Self {
        Self { told: Told::new(changes), measured, ..self }
    }

    /// The same, remembering what it answers.
    #[must_use]
    pub fn remembering(self, memo: Arc<Memo>) -> Self {
        Self { memo, ..self }
    }

    /// The same, recording what it answers.
    #[must_use]
    pub fn recording(self, recorder: Recorder) -> Self {
        Self { recorder: Some(recorder), ..self }
    }

    /// The current generation, or the one that is asked for.
    fn kept(&self, published: &Published, wanted: Option<&str>) -> Result<Kept, Refusal> {
        let current = published.current().ok_or_else(|| nothing_served(published))?;
        let Some(wanted) = wanted else { return Ok(current) };
        match (published.find(wanted), &self.past) {
            (Some(kept), _) => Ok(kept),
            (None, Some(past)) => past
                .find(wanted)
                .map_err(|why| Refusal { kind: RefusalKind::Generation, diagnostics: vec![why] }),
            (None, None) => Err(not_in_memory(published, wanted)),
        }
    }

    /// Whether that is what is served now: only of that answers are remembered.
    fn is_current(&self, kept: &Kept) -> bool {
        self.current
            .load()
            .generation
            .as_ref()
            .is_some_and(|current| current.digest == kept.generation.digest)
    }

    /// Computes an answer, and remembers it by the name of its question where it has one and would come out the same
    /// another time.
    fn remember(
        &self,
        kept: &Kept,
        name: Option<Digest>,
        request: &QueryRequest,
    ) -> Result<Remembered, Refusal> {
        let generation = &kept.generation;
        let passing = || generation.engine.counts().passing();
        let before = passing();
        self.memo.missed();
        let (answer, canonical, receipt) = computed(kept, request)?;
        let known = Remembered::new(&answer, &canonical, &receipt, kept)?;
        if let Some(name) = name.filter(|_| passing() == before) {
            self.memo.keep(generation.digest, name, known.clone());
        }
        Ok(known)
    }

    /// What is remembered, saying what is so now of the files on disk.
    fn as_served_by(
        &self,
        kept: &Kept,
        name: Option<Digest>,
        known: Remembered,
    ) -> Result<Remembered, Refusal> {
        if known.number == kept.generation.number && Arc::ptr_eq(&known.items, &kept.items) {
            return Ok(known);
        }
        let known = known.served_by(kept)?;
        if let Some(name) = name {
            self.memo.keep(kept.generation.digest, name, known.clone());
        }
        Ok(known)
    }

    /// The status, with what is not kept of answers too.
    fn told(&self, published: &Published) -> StatusResponse {
        let mut status = status(published);
        if let Some(recorder) = &self.recorder
            && let (Some(why), Some(since)) = (recorder.health().why, recorder.failing_since())
        {
            status.not_kept.push(NotKept { what: "the audit log".to_owned(), since: since.to_string(), why });
        }
        status
    }

    fn command(&self, command: Command) -> Result<StatusResponse, Refusal> {
        let Some(watch) = &self.watch else {
            return Err(Refusal::new(RefusalKind::Conflict, "folders that were read once are not held"));
        };
        match watch.command(command) {
            Some(Ok(published)) => Ok(self.told(&published)),
            Some(Err(why)) => Err(Refusal { kind: RefusalKind::Conflict, diagnostics: vec![why] }),
            None => Err(Refusal::new(RefusalKind::Unavailable, "the host is stopping")),
        }
    }

    /// The generation that is to answer: the current one or one that is kept, with candidates or without.
    fn asked(&self, request: &QueryRequest) -> Result<Kept, Refusal> {
        // One load: the whole answer comes from one generation (*one generation*).
        let published = self.current.load_full();
        let kept = self.kept(&published, request.generation.as_deref())?;
        match (request.candidate.is_empty(), &self.drafts) {
            (true, _) => Ok(kept),
            (false, Some(drafts)) => drafts
                .draft(&kept, &candidates(request)?)
                .map_err(|diagnostics| Refusal { kind: RefusalKind::Rules, diagnostics }),
            (false, None) => Err(Refusal::new(RefusalKind::Forbidden, "candidate files are not taken here")),
        }
    }
}

impl Host for Answering {
    fn query(&self, request: &QueryRequest, caller: &str) -> Result<QueryResponse, Refusal> {
        self.check_label(request)?;
        let kept = self.asked(request)?;
        let (answer, canonical, receipt) = computed(&kept, request)?;
        let mut served = served_by(&kept);
        let question = Question { verb: "query", request, days: None, caller };
        served.not_recorded = self.record(question, &canonical, &receipt, &served);
        Ok(QueryResponse { answer, receipt, served })
    }

    fn written(&self, request: &QueryRequest, caller: &str) -> Result<Written, Refusal> {
        self.check_label(request)?;
        let kept = self.asked(request)?;
        let name =
            self.is_current(&kept).then(|| request.identity()).filter(|_| request.candidate.is_empty());
        let known = name.and_then(|name| self.memo.find(kept.generation.digest, name));
        let known = match known {
            Some(known) => self.as_served_by(&kept, name, known)?,
            None => self.remember(&kept, name, request)?,
        };
        let mut served = served_by(&kept);
        let question = Question { verb: "query", request, days: None, caller };
        served.not_recorded = self.record_known(question, &known, &served);
        known.told(&served)
    }

    fn at_hand(&self, request: &QueryRequest, caller: &str) -> Option<Written> {
        // With a label it waits to be written down.
        if !request.candidate.is_empty() || request.label.is_some() {
            return None;
        }
        let published = self.current.load();
        let kept = match &request.generation {
            None => published.current()?,
            Some(wanted) => published.find(wanted).filter(|kept| self.is_current(kept))?,
        };
        let name = request.identity();
        let known = self.memo.find(kept.generation.digest, name)?;
        let known = self.as_served_by(&kept, Some(name), known).ok()?;
        let question = Question { verb: "query", request, days: None, caller };
        let not_recorded = self.record_at_once(question, &known, &kept.generation)?;
        match not_recorded {
            None => Some(Written { body: known.body, status: known.status }),
            Some(_) => known.told(&Served { not_recorded, ..served_by(&kept) }).ok(),
        }
    }

    fn timeline(&self, request: &TimelineRequest, caller: &str) -> Result<TimelineResponse, Refusal> {
        if !request.query.candidate.is_empty() {
            return Err(Refusal::new(RefusalKind::Request, "a timeline takes no candidate files")
                .help("drop them in, or compare one day with `landfall diff --candidate`"));
        }
        self.check_label(&request.query)?;
        let mut response = by_date(&self.asked(&request.query)?, request)?;
        let days = Some((request.from.as_str(), request.to.as_str()));
        let question = Question { verb: "timeline", request: &request.query, days, caller };
        let TimelineResponse { timeline, receipt, served } = &response;
        response.served.not_recorded = self.record(question, &canonical(timeline)?, receipt, served);
        Ok(response)
    }

    fn facts(&self, request: &QueryRequest, caller: &str) -> Result<FactsResponse, Refusal> {
        if !request.candidate.is_empty() {
            return Err(Refusal::new(RefusalKind::Request, "facts are listed without candidate files")
                .help("drop them in, or ask without them"));
        }
        self.check_label(request)?;
        let mut response = wanted(&self.asked(request)?, request)?;
        let question = Question { verb: "facts", request, days: None, caller };
        let FactsResponse { facts, receipt, served } = &response;
        response.served.not_recorded = self.record(question, &canonical(facts)?, receipt, served);
        Ok(response)
    }

    fn rules(&self, generation: Option<&str>) -> Result<RulesResponse, Refusal> {
        Ok(rules(&self.kept(&self.current.load_full(), generation)?.generation))
    }

    fn status(&self) -> StatusResponse {
        self.told(&self.current.load_full())
    }

    fn reload(&self) -> StatusResponse {
        let published = self.watch.as_ref().and_then(Watch::reload);
        self.told(&published.unwrap_or_else(|| self.current.load_full()))
    }

    fn generations(&self) -> Result<GenerationsResponse, Refusal> {
        let Some(past) = &self.past else {
            return Err(Refusal::new(RefusalKind::Conflict, "nothing is kept here"));
        };
        let served = self.current.load().generation.as_ref().map(|generation| generation.number);
        let stored = past
            .history()
            .generations()
            .map_err(|error| Refusal::new(RefusalKind::Internal, error.to_string()))?;
        let row = |stored: StoredGeneration| GenerationRow {
            number: stored.number,
            generation: stored.digest.to_string(),
            at: stored.at,
            cause: stored.cause,
            served: Some(stored.number) == served,
        };
        Ok(GenerationsResponse { generations: stored.into_iter().map(row).collect() })
    }

    fn rollback(&self, request: &RollbackRequest) -> Result<StatusResponse, Refusal> {
        self.command(Command::Rollback(request.to.clone()))
    }

    fn pin(&self, request: &PinRequest) -> Result<StatusResponse, Refusal> {
        self.command(Command::Pin(request.file.clone()))
    }

    fn unpin(&self, request: &UnpinRequest) -> Result<StatusResponse, Refusal> {
        self.command(Command::Unpin(request.file.clone()))
    }

    fn accept(&self, request: &AcceptRequest) -> Result<StatusResponse, Refusal> {
        self.command(Command::Accept(request.file.clone()))
    }

    fn events(&self, after: Option<&str>) -> EventsResponse {
        self.told.after(after)
    }

    fn newest(&self) -> watch::Receiver<u64> {
        self.told.newest()
    }

    fn metrics(&self) -> Vec<Family> {
        let mut families = measure::served(&self.status());
        families.push(measure::reloads(&self.measured.reloads));
        families.extend(self.measured.engine.iter().flat_map(|engine| measure::plugins(engine.counts())));
        families.extend(self.audit_health().iter().flat_map(measure::audit));
        families.extend(self.memo.families());
        families.extend(measure::process(self.started));
        families
    }

    fn auditing(&self) -> Option<&dyn Auditing> {
        // Whoever reads it sees what was answered before; where that cannot be written, `status` says so.
        let _ = self.recorder.as_ref().map(Recorder::flush);
        self.past.as_ref().map(|past| past as &dyn Auditing)
    }

    fn audit_health(&self) -> Option<AuditHealth> {
        let health = self.recorder.as_ref()?.health();
        Some(AuditHealth { queued: health.queued as u64, lost: health.lost, why: health.why })
    }
}

fn not_in_memory(published: &Published, wanted: &str) -> Refusal {
    let kept = published.kept();
    let name =
        |kept: &Kept| format!("{} ({:.15})", kept.generation.number, kept.generation.digest.to_string());
    let names: Vec<String> = kept.iter().map(name).collect();
    Refusal::new(RefusalKind::Generation, format!("no generation `{}` is kept", yaml::shorten(wanted)))
        .help(format!("by number or digest, the host still has {}", names.join(", ")))
}

fn nothing_served(published: &Published) -> Refusal {
    let fault = published.items.iter().flat_map(|item| &item.problems).next();
    let why =
        fault.map_or_else(|| "plugins are still being compiled".to_owned(), |fault| fault.message.clone());
    Refusal::new(RefusalKind::Unavailable, format!("no generation is served yet: {why}"))
}

/// The candidates by name.
fn candidates(request: &QueryRequest) -> Result<BTreeMap<String, Arc<[u8]>>, Refusal> {
    let mut files = BTreeMap::new();
    for file in &request.candidate {
        if files.insert(file.name.clone(), Arc::from(file.bytes.as_slice())).is_some() {
            let problem = Diagnostic::error("two candidates have this name").in_file(&file.name);
            return Err(Refusal {
                kind: RefusalKind::Rules,
                diagnostics: vec![problem.help("a folder holds it once: leave one out")],
            });
        }
    }
    Ok(files)
}

/// The rule files a generation serves, as they read.
#[must_use]
pub fn rules(generation: &Generation) -> RulesResponse {
    let own = generation.closures.values().map(|closure| &closure.jurisdiction.own.source);
    let base = generation.base.sources.values();
    RulesResponse {
        generation: generation.digest.to_string(),
        number: generation.number,
        files: own.chain(base).map(|source| (source.name.to_string(), source.text.to_string())).collect(),
    }
}

/// Answers a question from one generation.
///
/// # Errors
/// What is wrong with the strategy.
pub fn answer(kept: &Kept, request: &QueryRequest) -> Result<QueryResponse, Refusal> {
    let (answer, _, receipt) = computed(kept, request)?;
    Ok(QueryResponse { answer, receipt, served: served_by(kept) })
}

/// The answer to a question, the bytes that its receipt is over, and that.
fn computed(kept: &Kept, request: &QueryRequest) -> Result<(Answer, Vec<u8>, String), Refusal> {
    let served = &*kept.generation;
    let generation = &*under_scenarios(&kept.generation, &request.scenario)?;
    let strategy = strategy_of(generation, request)?;
    let evaluation =
        evaluate(generation, strategy).map_err(|over| Refusal::strategy(vec![over_budget(&over)]))?;
    let mut answer = Answer::of(&evaluation);
    answer.scenarios.clone_from(&request.scenario);
    let canonical = canonical(&answer)?;
    let receipt = protocol::receipt_over(served.digest, request.digest(), &canonical);
    Ok((answer, canonical, receipt))
}

impl Remembered {
    fn new(answer: &Answer, canonical: &[u8], receipt: &str, kept: &Kept) -> Result<Self, Refusal> {
        let (body, begins) = around(canonical, receipt, &served_by(kept))?;
        Ok(Self {
            body: body.into(),
            answer: begins..begins + canonical.len(),
            digest: Digest::of(canonical),
            receipt: receipt.into(),
            status: answer.status,
            number: kept.generation.number,
            items: Arc::clone(&kept.items),
        })
    }

    /// The same, with what is so now of the files on disk.
    fn served_by(self, kept: &Kept) -> Result<Self, Refusal> {
        let (body, _) = around(self.canonical(), &self.receipt, &served_by(kept))?;
        let (number, items) = (kept.generation.number, Arc::clone(&kept.items));
        Ok(Self { body: body.into(), number, items, ..self })
    }

    /// What goes over the wire, with what there is to say of its recording.
    fn told(self, served: &Served) -> Result<Written, Refusal> {
        let body = match served.not_recorded {
            None => Arc::clone(&self.body),
            Some(_) => around(self.canonical(), &self.receipt, served)?.0.into(),
        };
        Ok(Written { body, status: self.status })
    }
}

fn around(canonical: &[u8], receipt: &str, served: &Served) -> Result<(Vec<u8>, usize), Refusal> {
    protocol::response_around(canonical, receipt, served)
        .map_err(|error| Refusal::new(RefusalKind::Internal, error.to_string()))
}

/// The steps of J from one generation.
fn by_date(kept: &Kept, request: &TimelineRequest) -> Result<TimelineResponse, Refusal> {
    let query = &request.query;
    let generation = &*under_scenarios(&kept.generation, &query.scenario)?;
    let strategy = strategy_of(generation, query)?;
    let dates = (date(&request.from)?, date(&request.to)?);
    let mut timeline = timeline(generation, &strategy, dates).map_err(no_timeline)?;
    timeline.scenarios.clone_from(&query.scenario);
    let digest = query.digest();
    let asked = [digest.as_bytes().as_slice(), request.from.as_bytes(), request.to.as_bytes()];
    let receipt = protocol::receipt(kept.generation.digest, Digest::of_parts(asked), &timeline)
        .map_err(|error| Refusal::new(RefusalKind::Internal, error.to_string()))?;
    Ok(TimelineResponse { timeline, receipt, served: served_by(kept) })
}

/// One strategy asked at many values, from what is published.
///
/// # Errors
/// What is wrong with the strategy or with what is to be varied.
pub fn swept(
    published: &Published,
    request: &SweepRequest,
    doing: Doing<'_>,
) -> Result<SweepResponse, Refusal> {
    let kept = published.current().ok_or_else(|| nothing_served(published))?;
    let generation = &*under_scenarios(&kept.generation, &request.query.scenario)?;
    let strategy = strategy_of(generation, &request.query)?;
    let mut sweep = sweep(generation, &strategy, request, doing).map_err(|why| match why {
        NoSweep::Asked(problems) => Refusal::strategy(problems),
        NoSweep::Budget(over) => Refusal::strategy(vec![over_budget(&over)]),
        NoSweep::Io(_) => Refusal::new(RefusalKind::Internal, why.to_string()),
    })?;
    sweep.scenarios.clone_from(&request.query.scenario);
    let receipt = protocol::receipt(kept.generation.digest, request.digest(), &sweep)
        .map_err(|error| Refusal::new(RefusalKind::Internal, error.to_string()))?;
    Ok(SweepResponse { sweep, receipt, served: served_by(&kept) })
}

/// The facts a strategy lacks, from one generation.
fn wanted(kept: &Kept, request: &QueryRequest) -> Result<FactsResponse, Refusal> {
    let generation = &*under_scenarios(&kept.generation, &request.scenario)?;
    let strategy = strategy_of(generation, request)?;
    let mut facts = facts(generation, strategy).map_err(|why| match why {
        NoFacts::Budget(over) => Refusal::strategy(vec![over_budget(&over)]),
        NoFacts::Overflow(_) => Refusal::new(RefusalKind::Strategy, why.to_string()),
    })?;
    facts.scenarios.clone_from(&request.scenario);
    let receipt = protocol::receipt(kept.generation.digest, request.digest(), &facts)
        .map_err(|error| Refusal::new(RefusalKind::Internal, error.to_string()))?;
    Ok(FactsResponse { facts, receipt, served: served_by(kept) })
}

fn date(text: &str) -> Result<Date, Refusal> {
    text.parse().map_err(|_| {
        Refusal::new(RefusalKind::Request, format!("`{}` is no date", yaml::shorten(text)))
            .help("write year-month-day of a day that exists, as in `2026-11-23`")
    })
}

fn no_timeline(why: NoTimeline) -> Refusal {
    let said = why.to_string();
    match why {
        NoTimeline::Budget(over) => Refusal::strategy(vec![over_budget(&over)]),
        NoTimeline::Backwards { .. } => {
            Refusal::new(RefusalKind::Request, said).help("the first day must be before the last")
        }
        NoTimeline::Dates(_) | NoTimeline::Work(_) => Refusal::new(RefusalKind::Strategy, said)
            .help("ask for a shorter stretch, or about fewer markets"),
        NoTimeline::NotAnAmount(_) => Refusal::new(RefusalKind::Strategy, said),
    }
}

fn served_by(kept: &Kept) -> Served {
    Served {
        generation: kept.generation.digest.to_string(),
        number: kept.generation.number,
        stale_items: stale(&kept.items),
        not_recorded: None,
    }
}

/// The question as it is asked of a generation.
fn strategy_of(generation: &Generation, request: &QueryRequest) -> Result<Strategy, Refusal> {
    let source = SourceFile::new(&request.strategy.name, request.strategy.text.as_bytes())
        .map_err(|problem| Refusal::strategy(vec![problem]))?;
    let mut overrides = request.set.iter().map(|text| Override::parse(text)).collect::<Result<Vec<_>, _>>();
    if let (Ok(overrides), Some(date)) = (&mut overrides, &request.as_of) {
        overrides.push(Override::as_of(date));
    }
    let overrides = overrides.map_err(|problem| Refusal::strategy(vec![problem]))?;
    strategy::read(&source, &overrides, generation).map_err(Refusal::strategy)
}

/// The generation with what-if overlays laid over it; the one that is served stays as it is.
fn under_scenarios(generation: &Arc<Generation>, names: &[String]) -> Result<Arc<Generation>, Refusal> {
    if names.is_empty() {
        return Ok(Arc::clone(generation));
    }
    overlay(generation, names).map(Arc::new).map_err(Refusal::strategy)
}

fn over_budget(over: &OverBudget) -> Diagnostic {
    let diagnostic = Diagnostic::error(over.to_string());
    match over {
        OverBudget::Combinations { pin, .. } if !pin.is_empty() => {
            diagnostic.help(format!("pin some of them: {}", pin.join(", ")))
        }
        _ => diagnostic.help("ask about fewer markets, or pin choices"),
    }
}

fn stale(items: &[Item]) -> Vec<StaleItem> {
    // A file that is held at what is on disk is served as it stands.
    let is_as_it_stands = |item: &&Item| match item.state {
        ItemState::Live => true,
        ItemState::Pinned => item.problems.is_empty(),
        _ => false,
    };
    let stale = items.iter().filter(|item| !is_as_it_stands(item));
    stale
        .map(|item| StaleItem {
            file: item.file.clone(),
            state: item.state.into(),
            since: item.since.map(|since| since.to_string()),
            reason: item.problems.first().map(|problem| problem.message.clone()),
            at: item.problems.first().and_then(Diagnostic::location),
        })
        .collect()
}

fn status(published: &Published) -> StatusResponse {
    let generation = published.generation.as_ref();
    StatusResponse {
        generation: generation.map(|generation| generation.digest.to_string()),
        number: generation.map_or(0, |generation| generation.number),
        items: published.items.iter().map(item).collect(),
        rolled_back_to: published.rolled_back_to,
        not_kept: published.not_kept.iter().map(not_kept).collect(),
    }
}

fn not_kept(not_kept: &reload::NotKept) -> NotKept {
    NotKept { what: "history".to_owned(), since: not_kept.since.to_string(), why: not_kept.why.clone() }
}

fn item(item: &Item) -> protocol::Item {
    protocol::Item {
        file: item.file.clone(),
        kind: match item.kind {
            ItemKind::Config => protocol::ItemKind::Config,
            ItemKind::Base => protocol::ItemKind::Base,
            ItemKind::Jurisdiction => protocol::ItemKind::Jurisdiction,
            ItemKind::Plugin => protocol::ItemKind::Plugin,
            ItemKind::Stray => protocol::ItemKind::Stray,
        },
        state: item.state.into(),
        digest: item.digest.map(|digest| digest.to_string()),
        since: item.since.map(|since| since.to_string()),
        problems: item.problems.iter().cloned().map(Into::into).collect(),
        signed_by: item.signed_by.clone(),
    }
}

impl From<ItemState> for protocol::ItemState {
    fn from(state: ItemState) -> Self {
        match state {
            ItemState::Live => Self::Live,
            ItemState::LastGood => Self::LastGood,
            ItemState::Pinned => Self::Pinned,
            ItemState::Waiting => Self::Waiting,
            ItemState::Refused => Self::Refused,
            ItemState::Unavailable => Self::Unavailable,
        }
    }
}

/// The problems of every file.
#[must_use]
pub fn problems(published: &Published) -> Vec<Diagnostic> {
    published.items.iter().flat_map(|item| item.problems.iter().cloned()).collect()
}

/// Everything wrong with a strategy, or with its budget, without evaluating it.
#[must_use]
pub fn strategy_problems(published: &Arc<Published>, request: &QueryRequest) -> Vec<Diagnostic> {
    let Some(generation) = &published.generation else { return Vec::new() };
    match SourceFile::new(&request.strategy.name, request.strategy.text.as_bytes()) {
        Err(problem) => vec![problem],
        Ok(source) => strategy::read(&source, &[], generation).err().unwrap_or_default(),
    }
}
