//! Being told to stop, for the verbs that run until they are.

use std::{future::poll_fn, io, task::Poll, thread};

use tokio::{
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};

use super::Failure;

/// Calls it with the first SIGINT or SIGTERM from now on, on a thread of its own.
pub(super) fn when_told(stop: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::system("start the runtime", error))?;
    let told = runtime
        .block_on(async { told_to_stop() })
        .map_err(|error| Failure::system("listen for signals", error))?;
    let wait = move || {
        runtime.block_on(told);
        stop();
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(wait)
        .map(drop)
        .map_err(|error| Failure::system("listen for signals", error))
}

/// Ends with the first SIGINT or SIGTERM from now on.
pub(super) fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(poll_fn(move |context| match (interrupt.poll_recv(context), terminate.poll_recv(context)) {
        (Poll::Pending, Poll::Pending) => Poll::Pending,
        _ => Poll::Ready(()),
    }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustix::process::{Signal, getpid, kill_process};
    use tokio::runtime::Runtime;

    use super::*;

    #[test]
    fn both_signals_stop_it() {
        let runtime = Runtime::new().unwrap();
        for told in [Signal::INT, Signal::TERM] {
            runtime.block_on(async {
                let stop = told_to_stop().unwrap();
                kill_process(getpid(), told).unwrap();
                tokio::time::timeout(Duration::from_secs(30), stop).await.unwrap();
            });
        }
    }
}
