//! What changed: whoever asks waits here until something has.
//!
//! Waiting costs no thread, and the number of those who wait is bounded. A wait ends at once when the host is told to
//! stop.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use tokio::{
    sync::{Semaphore, watch},
    time::Instant,
};

use super::Host;
use crate::protocol::{EventsResponse, Refusal, RefusalKind};

/// Longest wait. What is between us closes what is silent for a minute; a client asks again.
const LONGEST: Duration = Duration::from_secs(30);

/// As many may wait. Arbitrary: each is a connection and a few hundred bytes.
const MOST_WAITING: usize = 64;

/// Where those wait who follow a host.
#[derive(Clone)]
pub(super) struct Followers {
    places: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
}

/// What `?after=CURSOR&wait=SECONDS` asks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    after: Option<String>,
    wait: Duration,
}

impl Asked {
    pub(super) fn read(query: Option<&str>) -> Result<Self, Refusal> {
        let mut asked = Self::default();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("after", cursor)) => asked.after = Some(cursor.to_owned()),
                Some(("wait", seconds)) => asked.wait = seconds_of(seconds)?,
                _ => return Err(wrong("events are asked for with `after` and `wait` alone")),
            }
        }
        Ok(asked)
    }
}

fn seconds_of(text: &str) -> Result<Duration, Refusal> {
    let seconds = text.parse().map_err(|_| wrong("`wait` is a whole number of seconds"))?;
    Ok(Duration::from_secs(seconds).min(LONGEST))
}

fn wrong(message: &str) -> Refusal {
    Refusal::new(RefusalKind::Request, message).help("write `/v1/events?after=CURSOR&wait=25`")
}

impl Followers {
    pub(super) fn new(stopping: watch::Receiver<bool>) -> Self {
        Self { places: Arc::new(Semaphore::new(MOST_WAITING)), stopping }
    }

    /// What changed after the cursor; where nothing has, what changes while this waits.
    pub(super) async fn follow(&self, host: &dyn Host, asked: &Asked) -> Result<EventsResponse, Refusal> {
        let _place = self.places.try_acquire().map_err(|_| Refusal::busy())?;
        let deadline = Instant::now() + asked.wait;
        let mut stopping = self.stopping.clone();
        // Before it is read: what changes meanwhile is heard.
        let mut newest = host.newest();
        loop {
            let found = host.events(asked.after.as_deref());
            if !found.events.is_empty() || found.restarted || Instant::now() >= deadline || *stopping.borrow()
            {
                return Ok(found);
            }
            let something = first(newest.changed(), stopping.changed());
            // Its end, in time or not, leads to another look.
            let _ = tokio::time::timeout_at(deadline, something).await;
        }
    }
}

/// Ends with the first of the two.
async fn first<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    poll_fn(|context| match (a.as_mut().poll(context), b.as_mut().poll(context)) {
        (Poll::Pending, Poll::Pending) => Poll::Pending,
        _ => Poll::Ready(()),
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_bounded_and_nothing_else_is_asked() {
        let read = |query: &str| Asked::read(Some(query)).map_err(|refusal| refusal.kind);
        assert_eq!(Asked::read(None), Ok(Asked::default()));
        let asked = read("after=a-7&wait=25").unwrap();
        assert_eq!((asked.after.as_deref(), asked.wait), (Some("a-7"), Duration::from_secs(25)));
        assert_eq!(read("wait=86400").unwrap().wait, LONGEST);
        assert_eq!(read("wait=-1"), Err(RefusalKind::Request));
        assert_eq!(read("since=7"), Err(RefusalKind::Request));
    }
}
