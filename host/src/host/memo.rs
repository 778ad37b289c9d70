//! Answers of the current generation as they went over the wire, for whoever asks the same again.
//!
//! What is remembered spares computing and writing JSON, and nothing else: who asks is recorded each time. Promises:
//! bounded in bytes, the least recently asked go first; what belongs to another generation than the one that is served
//! is gone with the first question after it, or before. Knows not what makes two questions the same.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    id::Digest,
    metrics::{Family, Series},
    protocol::Status,
    reload::Item,
};

/// What an entry takes beside its bytes: keys, and its places in two maps. Chosen: a little more than was counted.
const OVERHEAD: usize = 512;

/// An answer that was given.
#[derive(Debug, Clone)]
pub(super) struct Remembered {
    /// The whole body, with nothing to be said of its recording.
    pub(super) body: Arc<[u8]>,
    /// Where in it the answer stands, as a receipt is over it.
    pub(super) answer: Range<usize>,
    /// The digest of that.
    pub(super) digest: Digest,
    pub(super) receipt: Arc<str>,
    pub(super) status: Status,
    /// What the body says of the generation at this host: it is said anew where that changes.
    pub(super) number: u64,
    pub(super) items: Arc<[Item]>,
}

impl Remembered {
    /// The bytes of the answer alone.
    pub(super) fn canonical(&self) -> &[u8] {
        self.body.get(self.answer.clone()).unwrap_or_default()
    }

    fn size(&self) -> usize {
        self.body.len() + OVERHEAD
    }
}

/// What is remembered, of one generation at a time.
#[derive(Debug)]
pub struct Memo {
    most_bytes: usize,
    state: Mutex<State>,
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    generation: Option<Digest>,
    /// By the digest of the question, with when it was last asked.
    answers: HashMap<Digest, (Remembered, u64)>,
    /// The least recently asked first.
    order: BTreeMap<u64, Digest>,
    asked: u64,
    bytes: usize,
}

impl Memo {
    /// Of at most so many bytes.
    #[must_use]
    pub fn new(most_bytes: usize) -> Self {
        Self { most_bytes, state: Mutex::default(), hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer of the current generation to a question, if it is remembered.
    pub(super) fn find(&self, generation: Digest, question: Digest) -> Option<Remembered> {
        let mut state = self.lock();
        state.follow(generation);
        let found = state.touch(question);
        drop(state);
        if found.is_some() {
            self.hits.fetch_add(1, Ordering::Relaxed);
        }
        found
    }

    /// Counts a question whose answer is computed.
    pub(super) fn missed(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    /// Remembers an answer of the generation that was asked last, unless it is larger than everything may be together.
    pub(super) fn keep(&self, generation: Digest, question: Digest, answer: Remembered) {
        let size = answer.size();
        if size > self.most_bytes {
            return;
        }
        let mut state = self.lock();
        // Another was published while this was computed.
        if state.generation.is_some_and(|current| current != generation) {
            return;
        }
        state.follow(generation);
        state.forget(question);
        while state.bytes + size > self.most_bytes {
            let Some((_, oldest)) = state.order.first_key_value() else { break };
            let oldest = *oldest;
            state.forget(oldest);
        }
        state.put(question, answer, size);
    }

    /// Forgets what is not of this generation.
    pub fn follow(&self, generation: Digest) {
        self.lock().follow(generation);
    }

    /// What there is to measure.
    pub(super) fn families(&self) -> Vec<Family> {
        let (answers, bytes) = {
            let state = self.lock();
            (state.answers.len() as u64, state.bytes as u64)
        };
        let series =
            |outcome, count: &AtomicU64| Series::new(&[("outcome", outcome)], count.load(Ordering::Relaxed));
        let asked = vec![series("hit", &self.hits), series("miss", &self.misses)];
        vec![
            Family::counters(
                "landfall_remembered_total",
                "Questions by whether their answer was remembered",
                asked,
            ),
            Family::gauge("landfall_remembered_answers", "Answers that are remembered", answers),
            Family::gauge("landfall_remembered_bytes", "Memory that remembered answers take", bytes),
        ]
    }
}

impl State {
    fn follow(&mut self, generation: Digest) {
        if self.generation != Some(generation) {
            *self = Self { generation: Some(generation), ..Self::default() };
        }
    }

    fn touch(&mut self, question: Digest) -> Option<Remembered> {
        let (answer, last) = self.answers.get_mut(&question)?;
        self.order.remove(last);
        self.asked += 1;
        *last = self.asked;
        self.order.insert(self.asked, question);
        Some(answer.clone())
    }

    fn put(&mut self, question: Digest, answer: Remembered, size: usize) {
        self.asked += 1;
        self.bytes += size;
        self.order.insert(self.asked, question);
        self.answers.insert(question, (answer, self.asked));
    }

    fn forget(&mut self, question: Digest) {
        if let Some((answer, last)) = self.answers.remove(&question) {
            self.order.remove(&last);
            self.bytes -= answer.size();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Digest {
        Digest::of(text.as_bytes())
    }

    fn answer(bytes: usize) -> Remembered {
        Remembered {
            body: vec![b'x'; bytes].into(),
            answer: 0..bytes,
            digest: of("answer"),
            receipt: "blake3:1".into(),
            status: Status::Complete,
            number: 1,
            items: Arc::default(),
        }
    }

    #[test]
    fn the_least_recently_asked_goes_first_and_bytes_are_bounded() {
        let memo = Memo::new(3 * (100 + OVERHEAD));
        for name in ["a", "b", "c"] {
            memo.keep(of("g"), of(name), answer(100));
        }
        assert!(memo.find(of("g"), of("a")).is_some());
        memo.keep(of("g"), of("d"), answer(100));
        let found = ["a", "b", "c", "d"].map(|name| memo.find(of("g"), of(name)).is_some());
        assert_eq!(found, [true, false, true, true]);
        memo.keep(of("g"), of("e"), answer(3 * (100 + OVERHEAD)));
        assert!(memo.find(of("g"), of("e")).is_none(), "larger than everything may be");
        memo.keep(of("g"), of("a"), answer(200));
        assert_eq!(memo.lock().bytes, 200 + 100 + 2 * OVERHEAD);
        assert_eq!(memo.lock().order.len(), 2);
    }

    #[test]
    fn what_another_generation_answered_is_gone() {
        let memo = Memo::new(10_000);
        memo.keep(of("g"), of("a"), answer(100));
        memo.follow(of("h"));
        assert_eq!(memo.lock().bytes, 0);
        assert!(memo.find(of("h"), of("a")).is_none());
        memo.keep(of("g"), of("a"), answer(100));
        memo.keep(of("h"), of("b"), answer(100));
        assert!(memo.find(of("h"), of("b")).is_some());
        assert!(memo.find(of("h"), of("a")).is_none(), "it was computed while another was published");
        assert!(memo.find(of("g"), of("a")).is_none());
        assert!(memo.find(of("h"), of("b")).is_none());
    }

    #[test]
    fn nothing_is_remembered_where_nothing_may_be() {
        let memo = Memo::new(0);
        memo.keep(of("g"), of("a"), answer(0));
        assert!(memo.find(of("g"), of("a")).is_none());
    }
}
