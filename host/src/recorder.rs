//! Writes what was answered to the audit log, on a thread of its own, many answers in one transaction.
//!
//! Answers do not wait for the disk: what is answered is queued, and a queue that is full holds an answer up
//! for at most [`PATIENCE`]; then it is counted as lost, and a row says how many were. Only an answer with a
//! label waits until its row is there. Promises: what is not kept is counted and said; memory is bounded; a
//! database that cannot be written costs no answer.

use std::{
    collections::{HashMap, VecDeque},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use serde_json::json;

use crate::{
    audit::{Entry, Row},
    history::{History, Labelled},
    id::Digest,
};

/// How long an answer waits for a place in the queue.
pub const PATIENCE: Duration = Duration::from_millis(50);

/// Identical answers within this become one row; so long an answer may wait to be written.
const TOGETHER: Duration = Duration::from_secs(1);

/// How long a labelled answer, or somebody who wants to read the log, waits for it to be written. Chosen:
/// longer than a slow disk, shorter than people give up.
const UNTIL_WRITTEN: Duration = Duration::from_secs(5);

/// How soon what could not be written is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Rows that wait, and their bytes. Chosen: some seconds of what two processors can answer.
const MOST_ROWS: usize = 4_096;
const MOST_BYTES: usize = 64 << 20;

/// An answer, as the log will say it.
#[derive(Debug)]
pub struct Answered {
    /// The same for two that need one row only, if they come within a second.
    pub key: Digest,
    /// Its row, without the count.
    pub entry: Entry,
    /// The name somebody put on it.
    pub label: Option<Labelled>,
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It is in the log, or will be.
    Kept,
    /// It is not, or not yet, for this reason.
    NotKept(String),
}

/// How the recorder is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Rows that wait to be written.
    pub queued: usize,
    /// Answers and events that no row says anything of, since the start.
    pub lost: u64,
    /// Why nothing is being written; none while it is.
    pub why: Option<String>,
}

/// Writes rows; a closure where a test wants a disk that is full.
type Write = Box<dyn FnMut(&[Entry], &[Labelled]) -> Result<(), String> + Send>;

/// Takes answers until it is dropped; then it writes what is left, and that it stopped.
#[derive(Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Something to write, or to stop for.
    work: Condvar,
    /// Something was written, or could not be.
    written: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// By ticket, without a hole.
    waiting: VecDeque<Waiting>,
    /// The ticket of the last of them with that key.
    newest: HashMap<Digest, u64>,
    /// Of everything that waits or is being written.
    rows: usize,
    bytes: usize,
    /// Tickets are given in the order in which rows are written.
    given: u64,
    done: u64,
    /// Since the last `lost` row, and since the start.
    lost: u64,
    lost_ever: u64,
    /// Why the last write failed; none since one succeeded.
    why: Option<String>,
    /// Since when it fails.
    since: Option<Timestamp>,
    /// Somebody waits for what is queued.
    urgent: bool,
    stopping: bool,
    /// Nothing will ever be written.
    closed: bool,
}

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    key: Option<Digest>,
    since: Instant,
    count: u64,
    entry: Entry,
    label: Option<Labelled>,
}

impl Recorder {
    /// Begins to record, with a row that says so; and with one before it where the last host that wrote to
    /// this log did not say that it stopped. Returns when both are written, or cannot be.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(history: Arc<History>, started: Entry) -> std::io::Result<Self> {
        let last = history.last_row().ok().flatten();
        let mut entries: Vec<Entry> = last.as_ref().and_then(gap).into_iter().collect();
        entries.push(started);
        let write = move |entries: &[Entry], labelled: &[Labelled]| {
            history.record(entries, labelled).map_err(|error| error.to_string())
        };
        let recorder = Self::writing(Box::new(write))?;
        for entry in entries {
            recorder.shared.lock().push(None, entry, None);
        }
        recorder.flush();
        Ok(recorder)
    }

    /// Where there is no log to write to: counts what is lost, and says why.
    #[must_use]
    pub fn nowhere(why: String) -> Self {
        let shared = Shared::default();
        {
            let mut state = shared.lock();
            state.why = Some(why);
            state.since = Some(Timestamp::now());
            state.closed = true;
        }
        Self { shared: Arc::new(shared), thread: None }
    }

    fn writing(write: Write) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let writer = Arc::clone(&shared);
        let thread = thread::Builder::new().name("audit".to_owned()).spawn(move || writer.run(write))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Takes an answer in. Waits at most [`PATIENCE`], and with a label until its row is written.
    #[must_use]
    pub fn record(&self, answered: Answered) -> Recorded {
        let mut state = self.shared.lock();
        if answered.label.is_none() && state.counts_again(answered.key) {
            return Recorded::Kept;
        }
        let size = bytes(&answered.entry);
        state = self.shared.wait(state, PATIENCE, |state| state.has_room(size) || state.why.is_some());
        self.take_in(state, answered, size)
    }

    /// Takes an answer without a label in, if that needs no waiting; `row` makes what is to be written, where it is not
    /// the same as what waits to be. None where the queue is full and being written.
    pub fn record_at_once(&self, key: Digest, row: impl FnOnce() -> Answered) -> Option<Recorded> {
        if self.shared.lock().counts_again(key) {
            return Some(Recorded::Kept);
        }
        // Made without the lock: it copies an answer.
        let answered = row();
        let size = bytes(&answered.entry);
        let mut state = self.shared.lock();
        if state.counts_again(key) {
            return Some(Recorded::Kept);
        }
        let waits = !state.has_room(size) && state.why.is_none();
        (!waits).then(|| self.take_in(state, answered, size))
    }

    fn take_in(&self, mut state: MutexGuard<'_, State>, answered: Answered, size: usize) -> Recorded {
        if !state.has_room(size) {
            state.lost += 1;
            state.lost_ever += 1;
            let why = state.why.clone();
            return Recorded::NotKept(why.unwrap_or_else(|| "the queue of the audit log is full".to_owned()));
        }
        let is_labelled = answered.label.is_some();
        let ticket = state.push(Some(answered.key), answered.entry, answered.label);
        if is_labelled {
            state.urgent = true;
        }
        self.shared.work.notify_all();
        if is_labelled { self.shared.until(state, ticket) } else { Recorded::Kept }
    }

    /// Has what is queued written now, so that whoever reads the log sees it.
    pub fn flush(&self) -> Recorded {
        let mut state = self.shared.lock();
        let last = state.given;
        state.urgent = true;
        self.shared.work.notify_all();
        self.shared.until(state, last)
    }

    /// How it is.
    #[must_use]
    pub fn health(&self) -> Health {
        let state = self.shared.lock();
        Health { queued: state.rows, lost: state.lost_ever, why: state.why.clone() }
    }

    /// Since when nothing is being written; none while it is.
    #[must_use]
    pub fn failing_since(&self) -> Option<Timestamp> {
        self.shared.lock().since
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.work.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// That a host ended without a word, where it did.
fn gap(last: &Row) -> Option<Entry> {
    (last.kind != "stopped").then(|| Entry::new("gap", json!({"last": last.seq})))
}

fn bytes(entry: &Entry) -> usize {
    entry.contents.iter().map(|(_, bytes)| bytes.len()).sum()
}

impl State {
    const fn has_room(&self, size: usize) -> bool {
        // One that is too large alone is taken when nothing else waits.
        !self.closed && self.rows < MOST_ROWS && (self.bytes + size <= MOST_BYTES || self.rows == 0)
    }

    /// Counts an answer with the same one, if that still waits and is not a second old.
    fn counts_again(&mut self, key: Digest) -> bool {
        let Some(ticket) = self.newest.get(&key) else { return false };
        let first = self.waiting.front().map_or(0, |first| first.ticket);
        let place = ticket.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        let same = place.and_then(|place| self.waiting.get_mut(place));
        let Some(same) = same.filter(|same| same.since.elapsed() < TOGETHER) else { return false };
        same.count += 1;
        true
    }

    fn push(&mut self, key: Option<Digest>, entry: Entry, label: Option<Labelled>) -> u64 {
        self.given += 1;
        self.rows += 1;
        self.bytes += bytes(&entry);
        let ticket = self.given;
        self.newest.extend(key.map(|key| (key, ticket)));
        self.waiting.push_back(Waiting { ticket, key, since: Instant::now(), count: 1, entry, label });
        ticket
    }

    /// How long nothing needs to be written; none where it does.
    fn idle(&self, retry: Option<Instant>) -> Option<Duration> {
        let until = |at: Instant| Some(at.saturating_duration_since(Instant::now())).filter(|d| !d.is_zero());
        if self.stopping {
            return None;
        }
        if let Some(retry) = retry {
            return until(retry);
        }
        let is_full = self.rows >= MOST_ROWS || self.bytes >= MOST_BYTES;
        if self.urgent || is_full || self.lost > 0 {
            return None;
        }
        match self.waiting.front() {
            Some(first) => until(first.since + TOGETHER),
            None => Some(Duration::MAX),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something is so, at most that long.
    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        most: Duration,
        is_so: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        if is_so(&state) {
            return state;
        }
        self.work.notify_all();
        let waited = self.written.wait_timeout_while(state, most, |state| !is_so(state));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits until what has this ticket is written, or cannot be.
    fn until(&self, state: MutexGuard<'_, State>, ticket: u64) -> Recorded {
        let state = self.wait(state, UNTIL_WRITTEN, |state| state.done >= ticket || state.why.is_some());
        match &state.why {
            _ if state.done >= ticket => Recorded::Kept,
            Some(why) => Recorded::NotKept(why.clone()),
            None => Recorded::NotKept("the audit log is slow to write: it may still come".to_owned()),
        }
    }

    fn run(&self, mut write: Write) {
        let mut retry = None;
        loop {
            let mut state = self.lock();
            while let Some(idle) = state.idle(retry) {
                state = self.work.wait_timeout(state, idle).unwrap_or_else(PoisonError::into_inner).0;
            }
            let stopping = state.stopping;
            let batch = mem::take(&mut state.waiting);
            state.newest.clear();
            let lost = state.lost;
            state.urgent = false;
            drop(state);
            let written = self.write(&mut write, batch, lost, stopping);
            retry = (!written).then(|| Instant::now() + RETRY);
            if stopping {
                return;
            }
        }
    }

    /// Writes a batch in one transaction; what cannot be written waits on.
    fn write(&self, write: &mut Write, batch: VecDeque<Waiting>, lost: u64, stopping: bool) -> bool {
        let mut entries: Vec<Entry> = Vec::with_capacity(batch.len() + 2);
        let mut labelled = Vec::new();
        let (mut batch, mut size) = (batch, 0);
        for waiting in &mut batch {
            size += bytes(&waiting.entry);
            entries.push(waiting.take());
            labelled.extend(waiting.label.clone());
        }
        if lost > 0 {
            entries.push(Entry::new("lost", json!({"n": lost})));
        }
        if stopping {
            entries.push(Entry::new("stopped", json!({})));
        }
        let written = if entries.is_empty() { Ok(()) } else { write(&entries, &labelled) };
        let mut state = self.lock();
        let done = match written {
            Ok(()) => {
                state.since = None;
                if state.why.take().is_some() {
                    tracing::info!("the audit log is written again");
                }
                state.done = batch.back().map_or(state.done, |last| last.ticket);
                state.rows -= batch.len();
                state.bytes -= size;
                state.lost -= lost;
                true
            }
            Err(why) => {
                if state.why.as_ref() != Some(&why) {
                    tracing::warn!(why, "the audit log cannot be written");
                }
                for (waiting, entry) in batch.iter_mut().zip(entries) {
                    waiting.entry = entry;
                }
                batch.append(&mut state.waiting);
                state.newest = batch.iter().filter_map(|row| Some((row.key?, row.ticket))).collect();
                state.waiting = batch;
                state.why = Some(why);
                state.since.get_or_insert_with(Timestamp::now);
                false
            }
        };
        self.written.notify_all();
        done
    }
}

impl Waiting {
    /// Its row, with the count; what is left needs it back where it is not written.
    fn take(&mut self) -> Entry {
        let mut entry = mem::replace(&mut self.entry, Entry::new("", serde_json::Value::Null));
        if let (Some(_), Some(said)) = (self.key, entry.body.as_object_mut()) {
            said.insert("count".to_owned(), self.count.into());
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::audit::{ANSWERED, GENESIS};

    fn answered(what: &str) -> Answered {
        let digest = Digest::of(what.as_bytes());
        let entry = Entry {
            contents: vec![(digest, what.into())],
            ..Entry::new(ANSWERED, json!({"answer": digest.to_string()}))
        };
        Answered { key: digest, entry, label: None }
    }

    fn labelled(what: &str) -> Answered {
        let label =
            Labelled { receipt: what.to_owned(), generation: GENESIS, label: "board 2026-12-04".to_owned() };
        Answered { label: Some(label), ..answered(what) }
    }

    fn start(folder: &tempfile::TempDir) -> (Recorder, Arc<History>) {
        let history = Arc::new(History::open(folder.path()).unwrap());
        let started = Entry::new("started", json!({"pid": 1}));
        (Recorder::start(Arc::clone(&history), started).unwrap(), history)
    }

    fn kinds(history: &History) -> Vec<String> {
        history.rows(1, 100).unwrap().into_iter().map(|row| row.kind).collect()
    }

    /// Writes nothing until it is let, and says what it was given.
    fn held() -> (Recorder, mpsc::SyncSender<Result<(), String>>, mpsc::Receiver<Vec<Entry>>) {
        let (let_it, may) = mpsc::sync_channel::<Result<(), String>>(0);
        let (wrote, written) = mpsc::channel();
        let write = move |entries: &[Entry], _: &[Labelled]| {
            let _ = wrote.send(entries.to_vec());
            may.recv().unwrap_or(Ok(()))
        };
        (Recorder::writing(Box::new(write)).unwrap(), let_it, written)
    }

    #[test]
    fn the_same_answer_within_a_second_is_one_row_with_a_count() {
        let folder = tempfile::tempdir().unwrap();
        let (recorder, history) = start(&folder);
        for what in ["a", "b", "a", "a"] {
            assert_eq!(recorder.record(answered(what)), Recorded::Kept);
        }
        assert_eq!(recorder.flush(), Recorded::Kept);
        let counts: Vec<_> =
            history.rows(2, 9).unwrap().iter().map(|row| row.said()["count"].clone()).collect();
        assert_eq!(counts, [3, 1]);
        drop(recorder);
        assert_eq!(kinds(&history), ["started", "answered", "answered", "stopped"]);
        assert_eq!(history.content(Digest::of(b"a")).unwrap().as_deref(), Some(b"a".as_slice()));
    }

    #[test]
    fn a_host_that_ended_without_a_word_leaves_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let (recorder, history) = start(&folder);
        drop(recorder);
        let (recorder, _) = start(&folder);
        // As if it had been killed: nothing more is written.
        mem::forget(recorder);
        drop(start(&folder));
        assert_eq!(kinds(&history), ["started", "stopped", "started", "gap", "started", "stopped"]);
        assert_eq!(history.rows(4, 1).unwrap()[0].body, r#"{"last":3}"#);
    }

    #[test]
    fn a_labelled_answer_waits_for_its_row() {
        let folder = tempfile::tempdir().unwrap();
        let (recorder, history) = start(&folder);
        assert_eq!(recorder.record(labelled("a")), Recorded::Kept);
        assert_eq!(kinds(&history), ["started", "answered"]);
    }

    #[test]
    fn a_full_queue_delays_an_answer_a_little_and_then_counts_it() {
        let (recorder, let_it, written) = held();
        let _ = recorder.record(answered("first"));
        recorder.shared.lock().urgent = true;
        recorder.shared.work.notify_all();
        assert_eq!(written.recv().unwrap().len(), 1);
        // It is being written, and what comes now waits: one place is taken already.
        for number in 1..MOST_ROWS {
            assert_eq!(recorder.record(answered(&number.to_string())), Recorded::Kept);
        }
        let started = Instant::now();
        let full = recorder.record(answered("one more"));
        assert!(started.elapsed() >= PATIENCE);
        assert_eq!(full, Recorded::NotKept("the queue of the audit log is full".to_owned()));
        assert_eq!(recorder.health(), Health { queued: MOST_ROWS, lost: 1, why: None });
        let_it.send(Ok(())).unwrap();
        let rest = written.recv().unwrap();
        assert_eq!(rest.len(), MOST_ROWS);
        assert_eq!((rest[MOST_ROWS - 1].kind, &rest[MOST_ROWS - 1].body), ("lost", &json!({"n": 1})));
        let_it.send(Ok(())).unwrap();
        drop(let_it);
        assert_eq!(recorder.flush(), Recorded::Kept);
        assert_eq!(recorder.health(), Health { queued: 0, lost: 1, why: None });
    }

    #[test]
    fn what_needs_no_waiting_is_recorded_at_once_and_counted_with_what_waits() {
        let (recorder, let_it, written) = held();
        let again =
            |what: &str, row: fn() -> Answered| recorder.record_at_once(Digest::of(what.as_bytes()), row);
        assert_eq!(again("a", || answered("a")), Some(Recorded::Kept));
        assert_eq!(again("a", || unreachable!("it waits to be written")), Some(Recorded::Kept));
        recorder.shared.lock().urgent = true;
        recorder.shared.work.notify_all();
        assert_eq!(written.recv().unwrap()[0].body["count"], 2);
        // While that is being written, the same is another row; and there is no room for more.
        assert_eq!(again("a", || answered("a")), Some(Recorded::Kept));
        recorder.shared.lock().rows = MOST_ROWS;
        assert_eq!(again("b", || answered("b")), None);
        assert_eq!(again("a", || unreachable!("it waits to be written")), Some(Recorded::Kept));
        recorder.shared.lock().rows = 2;
        // What could not be written waits on, and is still the same.
        let_it.send(Err("the disk is full".to_owned())).unwrap();
        while recorder.health().why.is_none() {
            thread::yield_now();
        }
        assert_eq!(again("a", || unreachable!("it waits to be written")), Some(Recorded::Kept));
        drop(let_it);
    }

    #[test]
    fn without_a_log_every_answer_is_counted() {
        let recorder = Recorder::nowhere("read-only".to_owned());
        assert_eq!(recorder.record(answered("a")), Recorded::NotKept("read-only".to_owned()));
        assert_eq!(recorder.health(), Health { queued: 0, lost: 1, why: Some("read-only".to_owned()) });
    }

    #[test]
    fn a_disk_that_is_full_costs_no_answer() {
        let (recorder, let_it, written) = held();
        let labelled = thread::scope(|scope| {
            let asked = scope.spawn(|| recorder.record(labelled("a")));
            written.recv().unwrap();
            let_it.send(Err("the disk is full".to_owned())).unwrap();
            asked.join().unwrap()
        });
        assert_eq!(labelled, Recorded::NotKept("the disk is full".to_owned()));
        assert_eq!(recorder.record(answered("b")), Recorded::Kept);
        assert_eq!(recorder.health().why.as_deref(), Some("the disk is full"));
        // It is tried again, with what came meanwhile, and nothing was lost.
        let again = written.recv().unwrap();
        assert_eq!(again[0].body["count"], 1);
        let_it.send(Ok(())).unwrap();
        drop(let_it);
        while recorder.health().queued > 0 {
            thread::yield_now();
        }
        assert_eq!(recorder.health(), Health::default());
    }
}
