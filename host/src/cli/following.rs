//! Following a host: its changes as they come, across its restarts, until this process is told to stop.
//!
//! The one who asks and the one who hears are two threads, so that a signal is heard while an answer is awaited.

use std::{
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use super::{Failure, stop};
use crate::{
    client::{self, ClientError, Target},
    protocol::EventsResponse,
};

/// How long a host is asked to wait for something to happen.
const WAIT_SECONDS: u32 = 25;

/// How long one that is gone is left alone.
const PAUSE: Duration = Duration::from_millis(500);

/// What is heard of a host.
#[derive(Debug)]
pub(super) enum Heard {
    /// What changed; perhaps nothing.
    Changes(EventsResponse),
    /// It does not answer; it is asked again.
    Gone(ClientError),
    /// We were told to stop.
    Stop,
}

/// Follows a host from a cursor on, or from the oldest change it keeps. It has answered before: where it does not
/// answer now, it will be back.
pub(super) fn follow(target: Target, after: Option<String>) -> Result<Receiver<Heard>, Failure> {
    let (tell, hear) = mpsc::channel();
    let told = tell.clone();
    stop::when_told(move || {
        let _ = told.send(Heard::Stop);
    })?;
    thread::Builder::new()
        .name("follow".to_owned())
        .spawn(move || ask_on(&target, after, &tell))
        .map_err(|error| Failure::system("follow the host", error))?;
    Ok(hear)
}

/// Ends when nobody hears any more.
fn ask_on(target: &Target, mut after: Option<String>, tell: &Sender<Heard>) {
    loop {
        let heard = match client::events(target, after.as_deref(), WAIT_SECONDS) {
            Ok(changes) => {
                after = Some(changes.next.clone());
                Heard::Changes(changes)
            }
            Err(error) => Heard::Gone(error),
        };
        let is_gone = matches!(heard, Heard::Gone(_));
        if tell.send(heard).is_err() {
            return;
        }
        if is_gone {
            thread::sleep(PAUSE);
        }
    }
}

/// Whether asking again may help: a host that is away, stopping, or busy.
pub(super) fn may_pass(error: &ClientError) -> bool {
    use crate::protocol::RefusalKind::{Busy, Unavailable};
    match error {
        ClientError::NoHost(..) | ClientError::Broken(..) => true,
        ClientError::Refused(refusal) => matches!(refusal.kind, Busy | Unavailable),
        _ => false,
    }
}
