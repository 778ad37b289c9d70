//! Questions that are being answered: whoever asks the same meanwhile waits for the first, and asks again.
//!
//! Waits for no longer than the first is at work or waits for its turn, and holds no place in any queue. Whoever is first
//! and leaves before its turn has come makes room for the next; work that has begun goes on without its asker.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use crate::id::Digest;

/// By what names a question.
type UnderWay = HashMap<Digest, watch::Receiver<bool>>;

/// The questions that are being answered.
#[derive(Debug, Clone, Default)]
pub(super) struct Flights(Arc<Mutex<UnderWay>>);

/// Whether somebody asks already.
#[derive(Debug)]
pub(super) enum Turn {
    /// Nobody does: until what is here is dropped, others wait.
    First(First),
    /// Somebody does.
    After(After),
}

/// Whoever asks first.
#[derive(Debug)]
pub(super) struct First {
    question: Digest,
    flights: Flights,
    answered: watch::Sender<bool>,
}

/// Whoever asks while the first is answered.
#[derive(Debug)]
pub(super) struct After(watch::Receiver<bool>);

impl Flights {
    fn lock(&self) -> MutexGuard<'_, UnderWay> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks a question.
    pub(super) fn ask(&self, question: Digest) -> Turn {
        let mut under_way = self.lock();
        if let Some(first) = under_way.get(&question) {
            return Turn::After(After(first.clone()));
        }
        let (answered, others) = watch::channel(false);
        under_way.insert(question, others);
        Turn::First(First { question, flights: self.clone(), answered })
    }
}

impl First {
    /// It was answered or refused, and was not given up.
    pub(super) fn end(self) {
        self.answered.send_replace(true);
    }
}

impl Drop for First {
    fn drop(&mut self) {
        // Before the others hear of it: whoever asks from now on is first.
        self.flights.lock().remove(&self.question);
    }
}

impl After {
    /// Waits for the first; whether it was answered.
    pub(super) async fn answered(mut self) -> bool {
        self.0.wait_for(|answered| *answered).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(flights: &Flights, question: &str) -> First {
        match flights.ask(Digest::of(question.as_bytes())) {
            Turn::First(first) => first,
            Turn::After(_) => panic!("somebody asks `{question}` already"),
        }
    }

    fn after(flights: &Flights, question: &str) -> After {
        match flights.ask(Digest::of(question.as_bytes())) {
            Turn::After(after) => after,
            Turn::First(_) => panic!("nobody asks `{question}`"),
        }
    }

    fn wait(after: After) -> bool {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(after.answered())
    }

    #[test]
    fn others_wait_for_the_first_and_the_next_is_first_again() {
        let flights = Flights::default();
        let asking = first(&flights, "a");
        let (one, other) = (after(&flights, "a"), after(&flights, "a"));
        drop(first(&flights, "b"));
        asking.end();
        assert!(wait(one) && wait(other));
        drop(first(&flights, "a"));
        assert!(flights.lock().is_empty());
    }

    #[test]
    fn who_is_first_and_leaves_is_waited_for_by_nobody() {
        let flights = Flights::default();
        let asking = first(&flights, "a");
        let one = after(&flights, "a");
        drop(asking);
        assert!(!wait(one));
        drop(first(&flights, "a"));
    }
}
