//! A host as its clients see it: answers from what is published, live or read once.
//!
//! Both kinds answer with the same code, so a query with a host and one without give the same bytes.

use std::sync::Arc;

use crate::{
    diagnostic::Diagnostic,
    evaluate::{OverBudget, evaluate},
    protocol::{
        self, Answer, QueryRequest, QueryResponse, Refusal, RefusalKind, Served, StaleItem, StatusResponse,
    },
    reload::{Current, Item, ItemKind, ItemState, Published},
    rules::yaml,
    server::Host,
    source::SourceFile,
    strategy::{self, Override},
    watch::Watch,
};

/// Answers from what is published.
#[derive(Debug)]
pub struct Answering {
    current: Current,
    /// None where the folders were read once.
    watch: Option<Watch>,
}

impl Answering {
    /// A host that watches its folders until it is dropped.
    #[must_use]
    pub const fn live(current: Current, watch: Watch) -> Self {
        Self { current, watch: Some(watch) }
    }

    /// A host whose folders were read once.
    #[must_use]
    pub const fn once(current: Current) -> Self {
        Self { current, watch: None }
    }
}

impl Host for Answering {
    fn query(&self, request: &QueryRequest) -> Result<QueryResponse, Refusal> {
        // One load: the whole answer comes from one generation (*one generation*).
        answer(&self.current.load_full(), request)
    }

    fn status(&self) -> StatusResponse {
        status(&self.current.load_full())
    }

    fn reload(&self) -> StatusResponse {
        let published = self.watch.as_ref().and_then(Watch::reload);
        status(&published.unwrap_or_else(|| self.current.load_full()))
    }
}

/// Answers a question from one generation.
fn answer(published: &Published, request: &QueryRequest) -> Result<QueryResponse, Refusal> {
    let Some(generation) = &published.generation else {
        let fault = published.items.iter().flat_map(|item| &item.problems).next();
        let why = fault
            .map_or_else(|| "plugins are still being compiled".to_owned(), |fault| fault.message.clone());
        return Err(Refusal::new(RefusalKind::Unavailable, format!("no generation is served yet: {why}")));
    };
    without_scenarios(request)?;
    let source = SourceFile::new(&request.strategy.name, request.strategy.text.as_bytes())
        .map_err(|problem| Refusal::strategy(vec![problem]))?;
    let mut overrides = request.set.iter().map(|text| Override::parse(text)).collect::<Result<Vec<_>, _>>();
    if let (Ok(overrides), Some(date)) = (&mut overrides, &request.as_of) {
        overrides.push(Override::as_of(date));
    }
    let overrides = overrides.map_err(|problem| Refusal::strategy(vec![problem]))?;
    let strategy = strategy::read(&source, &overrides, generation).map_err(Refusal::strategy)?;
    let evaluation =
        evaluate(generation, strategy).map_err(|over| Refusal::strategy(vec![over_budget(&over)]))?;
    let answer = Answer::of(&evaluation)
        .map_err(|overflow| Refusal::new(RefusalKind::Strategy, overflow.to_string()))?;
    let receipt = protocol::receipt(generation.digest, request.digest(), &answer)
        .map_err(|error| Refusal::new(RefusalKind::Internal, error.to_string()))?;
    let served = Served {
        generation: generation.digest.to_string(),
        number: generation.number,
        stale_items: stale(&published.items),
    };
    Ok(QueryResponse { answer, receipt, served })
}

/// No rule file has scenarios yet, so whatever is named is unknown.
fn without_scenarios(request: &QueryRequest) -> Result<(), Refusal> {
    let Some(named) = request.scenario.first() else { return Ok(()) };
    let problem = Diagnostic::error(format!("there is no scenario `{}`", yaml::shorten(named)))
        .help("no rule file here has scenarios: ask without `--scenario`");
    Err(Refusal::strategy(vec![problem]))
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
    let stale = items.iter().filter(|item| item.state != ItemState::Live);
    stale
        .map(|item| StaleItem {
            file: item.file.clone(),
            state: item.state.into(),
            reason: item.problems.first().map(ToString::to_string),
        })
        .collect()
}

fn status(published: &Published) -> StatusResponse {
    let generation = published.generation.as_ref();
    StatusResponse {
        generation: generation.map(|generation| generation.digest.to_string()),
        number: generation.map_or(0, |generation| generation.number),
        items: published.items.iter().map(item).collect(),
    }
}

fn item(item: &Item) -> protocol::Item {
    protocol::Item {
        file: item.file.clone(),
        kind: match item.kind {
            ItemKind::Base => protocol::ItemKind::Base,
            ItemKind::Jurisdiction => protocol::ItemKind::Jurisdiction,
            ItemKind::Plugin => protocol::ItemKind::Plugin,
            ItemKind::Stray => protocol::ItemKind::Stray,
        },
        state: item.state.into(),
        digest: item.digest.map(|digest| digest.to_string()),
        since: item.since.map(|since| since.to_string()),
        problems: item.problems.iter().cloned().map(Into::into).collect(),
    }
}

impl From<ItemState> for protocol::ItemState {
    fn from(state: ItemState) -> Self {
        match state {
            ItemState::Live => Self::Live,
            ItemState::LastGood => Self::LastGood,
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
