//! What the audit log says of an answer: written here, and read again here by whoever computes it again.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answering, memo::Remembered};
use crate::{
    audit::{ANSWERED, Entry, Row},
    generation::{Generation, SEMANTICS},
    history::Labelled,
    id::Digest,
    protocol::{CandidateFile, MAX_LABEL, QueryRequest, Refusal, RefusalKind, Served, StrategyText},
    recorder::{Answered, Recorded},
};

/// A question, as it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) verb: &'static str,
    pub(super) request: &'a QueryRequest,
    /// The first and the last day of a timeline.
    pub(super) days: Option<(&'a str, &'a str)>,
    pub(super) caller: &'a str,
}

/// What a row says of an answer.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    pub(super) verb: String,
    pub(super) request: Request,
    pub(super) semantics: u64,
    pub(super) number: u64,
    pub(super) generation: Digest,
    pub(super) receipt: String,
    pub(super) answer: Digest,
    pub(super) label: Option<String>,
    pub(super) candidates: Vec<Candidate>,
}

/// What was asked.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    pub(super) strategy: Digest,
    pub(super) name: String,
    as_of: Option<String>,
    set: Vec<String>,
    scenario: Vec<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

/// A file that was tried, and is kept nowhere.
#[derive(Debug, Deserialize)]
pub(super) struct Candidate {
    pub(super) file: String,
}

impl Said {
    /// Reads a row.
    pub(super) fn of(row: &Row) -> Result<Self, String> {
        if row.kind != ANSWERED {
            return Err(format!("row {} is of the kind `{}`, and no answer", row.seq, row.kind));
        }
        let said = serde_json::from_str(&row.body);
        said.map_err(|error| format!("row {} is not one this version can read: {error}", row.seq))
    }
}

impl Request {
    /// The question about a strategy with this text.
    pub(super) fn of(&self, text: String) -> QueryRequest {
        QueryRequest {
            as_of: self.as_of.clone(),
            set: self.set.clone(),
            scenario: self.scenario.clone(),
            ..QueryRequest::new(StrategyText { name: self.name.clone(), text })
        }
    }
}

/// The bytes of an answer that a receipt is over.
pub(super) fn canonical(answer: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(answer).map_err(|error| Refusal::new(RefusalKind::Internal, error.to_string()))
}

impl Answering {
    /// A label that cannot be honoured is refused before anything is computed.
    pub(super) fn check_label(&self, request: &QueryRequest) -> Result<(), Refusal> {
        let refused = |message: String| Err(Refusal::new(RefusalKind::Request, message));
        let Some(label) = &request.label else { return Ok(()) };
        if self.recorder.is_none() {
            let refused =
                Refusal::new(RefusalKind::Conflict, "nothing is recorded here, so nothing can be labelled");
            return Err(refused.help("ask a running host: it keeps an audit log"));
        }
        match label {
            label if label.trim().is_empty() => refused("the label is blank".to_owned()),
            label if label.len() > MAX_LABEL => {
                refused(format!("the label has {} bytes: at most {MAX_LABEL} are kept", label.len()))
            }
            label if label.chars().any(char::is_control) => {
                refused("the label has a control character".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Records an answer, of which these are the bytes; why not, where that is so.
    pub(super) fn record(
        &self,
        question: Question<'_>,
        canonical: &[u8],
        receipt: &str,
        served: &Served,
    ) -> Option<String> {
        let named = Named { receipt, number: served.number, generation: &served.generation };
        let recorder = self.recorder.as_ref()?;
        why_not(recorder.record(answered(question, Digest::of(canonical), canonical, named)))
    }

    /// The same of an answer that is remembered.
    pub(super) fn record_known(
        &self,
        question: Question<'_>,
        known: &Remembered,
        served: &Served,
    ) -> Option<String> {
        let named = Named { receipt: &known.receipt, number: served.number, generation: &served.generation };
        let recorder = self.recorder.as_ref()?;
        why_not(recorder.record(answered(question, known.digest, known.canonical(), named)))
    }

    /// The same where that needs no waiting; none where it does.
    #[expect(clippy::option_option, reason = "whether it was recorded now, and why not")]
    pub(super) fn record_at_once(
        &self,
        question: Question<'_>,
        known: &Remembered,
        generation: &Generation,
    ) -> Option<Option<String>> {
        let Some(recorder) = &self.recorder else { return Some(None) };
        let digest = generation.digest.to_string();
        let named = Named { receipt: &known.receipt, number: generation.number, generation: &digest };
        let row = || answered(question, known.digest, known.canonical(), named);
        recorder.record_at_once(key(question, named), row).map(why_not)
    }
}

/// What an answer is known by, and who gave it.
#[derive(Debug, Clone, Copy)]
struct Named<'a> {
    receipt: &'a str,
    number: u64,
    generation: &'a str,
}

fn why_not(recorded: Recorded) -> Option<String> {
    match recorded {
        Recorded::Kept => None,
        Recorded::NotKept(why) => Some(why),
    }
}

/// The same for two answers that need one row only.
fn key(question: Question<'_>, named: Named<'_>) -> Digest {
    let label = question.request.label.as_deref().unwrap_or_default();
    Digest::of_parts(
        [question.caller, named.receipt, question.verb, label, named.generation].map(str::as_bytes),
    )
}

fn answered(question: Question<'_>, answer: Digest, canonical: &[u8], named: Named<'_>) -> Answered {
    let Question { verb, request, days, caller } = question;
    let text = request.strategy.text.as_bytes();
    let strategy = Digest::of(text);
    let body = json!({
        "verb": verb,
        "request": {
            "strategy": strategy.to_string(),
            "name": request.strategy.name,
            "as_of": request.as_of,
            "set": request.set,
            "scenario": request.scenario,
            "from": days.map(|(from, _)| from),
            "to": days.map(|(_, to)| to),
        },
        "candidates": request.candidate.iter().map(candidate).collect::<Vec<_>>(),
        "caller": caller,
        "version": env!("CARGO_PKG_VERSION"),
        "semantics": SEMANTICS,
        "number": named.number,
        "generation": named.generation,
        "receipt": named.receipt,
        "answer": answer.to_string(),
        "label": request.label,
    });
    let contents = vec![(strategy, text.to_vec()), (answer, canonical.to_vec())];
    let label = request.label.clone().zip(Digest::parse(named.generation));
    let receipt = || named.receipt.to_owned();
    Answered {
        key: key(question, named),
        entry: Entry { contents, ..Entry::new(ANSWERED, body) },
        label: label.map(|(label, generation)| Labelled { receipt: receipt(), generation, label }),
    }
}

fn candidate(file: &CandidateFile) -> Value {
    json!({"file": file.name, "digest": Digest::of(&file.bytes).to_string()})
}

/// That a host began.
#[must_use]
pub fn started() -> Entry {
    let (version, pid) = (env!("CARGO_PKG_VERSION"), std::process::id());
    Entry::new("started", json!({"version": version, "pid": pid, "semantics": SEMANTICS}))
}
