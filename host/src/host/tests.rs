//! What is recorded of an answer, and what comes of it when it is computed again.

use serde_json::{Value, json};

use super::*;
use crate::{
    audit::{ANSWERED, Entry, Row},
    history::History,
    protocol::AuditTail,
    reload::Restorer,
    testing::{self, DE, Files, Here, engine},
};

/// A host that records, over Germany.
struct Recording {
    _state: tempfile::TempDir,
    history: Arc<History>,
    host: Answering,
    past: Past,
}

impl Recording {
    fn new() -> Self {
        let state = tempfile::tempdir().unwrap();
        let history = Arc::new(History::open(state.path()).unwrap());
        let recorder = Recorder::start(Arc::clone(&history), started()).unwrap();
        let restorer = || Restorer::new(engine(), Box::new(Here));
        let mut reloader = testing::reloader().with_history(Arc::clone(&history), restorer()).unwrap();
        reloader.reload(&Files::effort("{once: {fixed: 100 EUR}}").disk());
        let host = Answering::once(reloader.current(), None).recording(recorder);
        let past = Past::new(Arc::clone(&history), restorer());
        Self { _state: state, history, host, past }
    }

    /// Asks with a label, so that its row is there; what the row says.
    fn ask(&self) -> (QueryResponse, Value) {
        let request = QueryRequest { label: Some("board".to_owned()), ..testing::request(DE) };
        let response = self.host.query(&request, "uid 7").unwrap();
        assert_eq!(response.served.not_recorded, None);
        (response, self.history.last_row().unwrap().unwrap().said())
    }

    /// Appends an answer as another host would have given it: with this done to its row and its text.
    fn answered(
        &self,
        mut said: Value,
        answer: &QueryResponse,
        change: impl FnOnce(&mut Value, &mut String),
    ) {
        let mut text = serde_json::to_string(&answer.answer).unwrap();
        change(&mut said, &mut text);
        let digest = Digest::of(text.as_bytes());
        said["answer"] = digest.to_string().into();
        let contents = vec![(digest, text.into_bytes())];
        self.history.append(&[Entry { contents, ..Entry::new(ANSWERED, said) }]).unwrap();
    }
}

#[track_caller]
fn message<T: std::fmt::Debug>(result: Result<T, Refusal>) -> String {
    result.unwrap_err().diagnostics[0].message.clone()
}

#[test]
fn a_row_says_who_asked_what_and_what_came_of_it() {
    let recording = Recording::new();
    let (response, said) = recording.ask();
    assert_eq!(
        said,
        json!({
            "verb": "query",
            "request": {
                "strategy": Digest::of(testing::strategy(DE).as_bytes()).to_string(),
                "name": "s.yaml", "as_of": null, "set": [], "scenario": [], "from": null, "to": null,
            },
            "candidates": [], "caller": "uid 7", "version": env!("CARGO_PKG_VERSION"),
            "semantics": crate::generation::SEMANTICS, "number": 1, "generation": response.served.generation,
            "receipt": response.receipt, "answer": said["answer"], "label": "board", "count": 1,
        })
    );
    let answer = Digest::parse(said["answer"].as_str().unwrap()).unwrap();
    let kept = recording.history.content(answer).unwrap().unwrap();
    assert_eq!(kept, serde_json::to_vec(&response.answer).unwrap());
    let replayed = recording.past.replay(&response.receipt).unwrap();
    assert!(replayed.same && replayed.differences.is_empty() && replayed.diff.is_none(), "{replayed:?}");
    let verified = recording.past.verify(None).unwrap();
    assert_eq!((verified.holds, verified.contents, verified.tail), (true, 2, AuditTail::Unproven));
}

#[test]
fn timelines_and_facts_are_replayed_too() {
    let recording = Recording::new();
    let query = QueryRequest { label: Some("x".to_owned()), ..testing::request(DE) };
    let facts = recording.host.facts(&query, "uid 7").unwrap();
    let request = TimelineRequest { query, from: "2026-01-01".to_owned(), to: "2027-01-01".to_owned() };
    let timeline = recording.host.timeline(&request, "uid 7").unwrap();
    for receipt in [facts.receipt, timeline.receipt] {
        assert!(recording.past.replay(&receipt).unwrap().same);
    }
}

#[test]
fn an_answer_under_other_semantics_is_no_replay_and_shows_what_differs() {
    let recording = Recording::new();
    let (response, said) = recording.ask();
    let likely = response.answer.objective.as_ref().unwrap().likely.clone();
    recording.answered(said, &response, |said, text| {
        said["semantics"] = 1.into();
        said["label"] = Value::Null;
        said["receipt"] = "blake3:0123456789".into();
        *text = text.replace(&likely, "1.0000");
    });
    let replayed = recording.past.replay("01234567").unwrap();
    assert!(!replayed.same);
    assert_eq!((replayed.semantics.was, replayed.semantics.is), (1, crate::generation::SEMANTICS.into()));
    let found = replayed.differences.iter().find(|found| found.path == "/objective/likely").unwrap();
    assert_eq!((found.was.as_deref(), found.is.as_deref()), (Some("1.0000"), Some(likely.as_str())));
    assert!(replayed.diff.unwrap().changed);
}

#[test]
fn an_answer_that_this_host_never_gave_is_not_the_same() {
    let recording = Recording::new();
    let (response, said) = recording.ask();
    recording.answered(said, &response, |said, text| {
        said["receipt"] = "blake3:0123456789".into();
        *text = text.replace("\"status\":\"complete\"", "\"status\":\"blocked\"");
    });
    let replayed = recording.past.replay("blake3:0123456789").unwrap();
    assert_eq!((replayed.same, replayed.differences[0].path.as_str()), (false, "/markets/0/status"));
}

#[test]
fn what_is_not_kept_any_more_is_said() {
    let recording = Recording::new();
    let (response, said) = recording.ask();
    let gone = Digest::of(b"gone").to_string();
    recording.answered(said.clone(), &response, |said, _| {
        said["receipt"] = "blake3:0123456789".into();
        said["generation"] = gone.as_str().into();
    });
    let refused = message(recording.past.replay("0123456789"));
    assert!(refused.ends_with("which gave that answer, is not kept any more"), "{refused}");
    assert!(message(recording.past.bundle("0123456789")).ends_with("is not kept any more"));
    recording.answered(said, &response, |said, _| {
        said["receipt"] = "blake3:1123456789".into();
        said["request"]["strategy"] = gone.as_str().into();
    });
    let refused = message(recording.past.replay("1123456789"));
    assert!(refused.starts_with("what the answer rests on is not kept: the strategy: "), "{refused}");
    let verified = recording.past.verify(None).unwrap();
    assert_eq!(
        verified.faults[0].message,
        format!("row 5 of {} names {gone}, which is not there", verified.faults[0].at.as_ref().unwrap())
    );
}

#[test]
fn a_kept_text_that_was_changed_is_found_by_the_row_that_names_it() {
    let recording = Recording::new();
    let (response, said) = recording.ask();
    let row = recording.history.last_row().unwrap().unwrap();
    recording
        .history
        .tamper("UPDATE content SET bytes = x'0300' WHERE digest IN (SELECT digest FROM audit_content)");
    let verified = recording.past.verify(None).unwrap();
    let damaged = |digest: &Value| {
        let digest = digest.as_str().unwrap();
        format!("row {} of {} names {digest}, and what is there has another digest", row.seq, row.at)
    };
    let found: Vec<String> = verified.faults.into_iter().map(|fault| fault.message).collect();
    assert_eq!(found, [damaged(&said["request"]["strategy"]), damaged(&said["answer"])]);
    assert!(message(recording.past.replay(&response.receipt)).contains("has other contents"));
}

#[test]
fn without_a_log_an_answer_says_so_and_a_label_is_refused() {
    let published = Files::effort("{once: {fixed: 100 EUR}}").published();
    let current: Current = Arc::new(arc_swap::ArcSwap::new(published));
    let plain = Answering::once(Arc::clone(&current), None);
    assert_eq!(plain.query(&testing::request(DE), "").unwrap().served.not_recorded, None);
    let labelled = QueryRequest { label: Some("board".to_owned()), ..testing::request(DE) };
    assert_eq!(message(plain.query(&labelled, "")), "nothing is recorded here, so nothing can be labelled");
    let nowhere = Answering::once(current, None).recording(Recorder::nowhere("read-only".to_owned()));
    let said = nowhere.query(&labelled, "uid 7").unwrap().served.not_recorded;
    assert_eq!(said.as_deref(), Some("read-only"));
    assert_eq!(nowhere.audit_health().unwrap().lost, 1);
}

/// A host that remembers and records, and what was recorded of answers.
struct Remembering {
    state: tempfile::TempDir,
    host: Option<Answering>,
    reloader: reload::Reloader,
    memo: Arc<Memo>,
}

impl Remembering {
    fn new(most_bytes: usize) -> Self {
        let state = tempfile::tempdir().unwrap();
        let history = Arc::new(History::open(state.path()).unwrap());
        let recorder = Recorder::start(history, started()).unwrap();
        let mut reloader = testing::reloader();
        reloader.reload(&Files::effort("{once: {fixed: 100 EUR}}").disk());
        let memo = Arc::new(Memo::new(most_bytes));
        let host = Answering::once(reloader.current(), None);
        let host = host.remembering(Arc::clone(&memo)).recording(recorder);
        Self { state, host: Some(host), reloader, memo }
    }

    fn host(&self) -> &Answering {
        self.host.as_ref().unwrap()
    }

    /// How many answers the log holds for each caller and generation, however many rows that took.
    fn recorded(mut self) -> BTreeMap<(String, u64), u64> {
        // Its end writes what is queued.
        drop(self.host.take());
        let rows = History::open(self.state.path()).unwrap().rows(1, 100).unwrap();
        let mut recorded = BTreeMap::new();
        for said in rows.iter().filter(|row| row.kind == ANSWERED).map(Row::said) {
            let caller = said["caller"].as_str().unwrap().to_owned();
            *recorded.entry((caller, said["number"].as_u64().unwrap())).or_default() +=
                said["count"].as_u64().unwrap();
        }
        recorded
    }

    fn counted(&self, name: &str) -> u64 {
        let text = crate::metrics::text(self.host().metrics());
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{text}"));
        line.rsplit_once(' ').unwrap().1.parse().unwrap()
    }
}

#[test]
fn what_is_remembered_has_the_bytes_of_what_is_computed_and_is_recorded_each_time() {
    let remembering = Remembering::new(1 << 20);
    let (host, request) = (remembering.host(), testing::request(DE));
    assert_eq!(host.at_hand(&request, "uid 7"), None);
    let computed = host.written(&request, "uid 7").unwrap();
    assert_eq!(&*computed.body, serde_json::to_vec(&host.query(&request, "uid 7").unwrap()).unwrap());
    assert_eq!(host.at_hand(&request, "uid 7").as_ref(), Some(&computed));
    assert_eq!(host.at_hand(&request, "uid 8").as_ref(), Some(&computed));
    assert_eq!(host.written(&request, "uid 8").unwrap(), computed);
    // Another question, although it has the same receipt.
    let mut renamed = request.clone();
    renamed.strategy.name = "t.yaml".to_owned();
    assert_eq!(host.at_hand(&renamed, "uid 7"), None);
    assert_eq!(host.at_hand(&QueryRequest { as_of: Some(String::new()), ..request.clone() }, "uid 7"), None);
    assert_eq!(remembering.counted("landfall_remembered_total{outcome=\"hit\"}"), 3);
    assert_eq!(remembering.counted("landfall_remembered_total{outcome=\"miss\"}"), 1);
    assert_eq!(remembering.counted("landfall_remembered_answers"), 1);
    let recorded = [(("uid 7".to_owned(), 1), 3), (("uid 8".to_owned(), 1), 2)];
    assert_eq!(remembering.recorded(), recorded.into());
}

#[test]
fn a_remembered_answer_gets_its_label_and_says_what_is_stale_now() {
    let mut remembering = Remembering::new(1 << 20);
    let request = testing::request(DE);
    let before = remembering.host().written(&request, "uid 7").unwrap();
    // Files that are not served change no generation, and are named beside the answer.
    let files = Files::effort("{once: {fixed: 100 EUR}}").rule("de", "nonsense: [");
    remembering.reloader.reload(&files.disk());
    let host = remembering.host();
    let after = host.at_hand(&request, "uid 7").unwrap();
    assert_eq!(&*after.body, serde_json::to_vec(&host.query(&request, "uid 7").unwrap()).unwrap());
    assert_ne!(after, before);
    let labelled = QueryRequest { label: Some("board".to_owned()), ..request };
    assert_eq!(host.at_hand(&labelled, "uid 7"), None, "it waits until it is in the log");
    assert_eq!(host.written(&labelled, "uid 7").unwrap(), after);
    assert_eq!(remembering.counted("landfall_remembered_total{outcome=\"miss\"}"), 1);
    assert_eq!(remembering.recorded(), [(("uid 7".to_owned(), 1), 4)].into());
}

#[test]
fn another_generation_answers_anew_and_an_older_one_is_not_remembered() {
    let mut remembering = Remembering::new(1 << 20);
    let request = testing::request(DE);
    let before = remembering.host().written(&request, "uid 7").unwrap();
    let published = remembering.reloader.reload(&Files::effort("{once: {fixed: 200 EUR}}").disk());
    remembering.memo.follow(published.generation.as_ref().unwrap().digest);
    assert_eq!(remembering.counted("landfall_remembered_bytes"), 0);
    let host = remembering.host();
    assert_eq!(host.at_hand(&request, "uid 7"), None);
    assert_ne!(host.written(&request, "uid 7").unwrap(), before);
    let of_the_first = QueryRequest { generation: Some("1".to_owned()), ..request.clone() };
    assert_eq!(host.written(&of_the_first, "uid 7").unwrap(), before);
    assert_eq!(host.at_hand(&of_the_first, "uid 7"), None);
    let of_the_second = QueryRequest { generation: Some("2".to_owned()), ..request.clone() };
    assert_eq!(host.at_hand(&of_the_second, "uid 7"), host.at_hand(&request, "uid 7"));
}

#[test]
fn a_question_that_is_refused_is_not_remembered() {
    let remembering = Remembering::new(1 << 20);
    let request = testing::request("markets: {xx: {weight: 1}}\n");
    for _ in 0..2 {
        assert!(remembering.host().written(&request, "uid 7").is_err());
        assert_eq!(remembering.host().at_hand(&request, "uid 7"), None);
    }
    let nothing = Remembering::new(0);
    let request = testing::request(DE);
    nothing.host().written(&request, "uid 7").unwrap();
    assert_eq!(nothing.host().at_hand(&request, "uid 7"), None);
}

#[test]
fn where_nothing_can_be_recorded_a_remembered_answer_says_so() {
    let published = Files::effort("{once: {fixed: 100 EUR}}").published();
    let current: Current = Arc::new(arc_swap::ArcSwap::new(published));
    let nowhere = Answering::once(current, None)
        .remembering(Arc::new(Memo::new(1 << 20)))
        .recording(Recorder::nowhere("read-only".to_owned()));
    let request = testing::request(DE);
    let computed = nowhere.written(&request, "uid 7").unwrap();
    let remembered = nowhere.at_hand(&request, "uid 7").unwrap();
    assert_eq!(remembered, computed);
    let response: QueryResponse = serde_json::from_slice(&remembered.body).unwrap();
    assert_eq!(response.served.not_recorded.as_deref(), Some("read-only"));
    assert_eq!(nowhere.audit_health().unwrap().lost, 2);
}
