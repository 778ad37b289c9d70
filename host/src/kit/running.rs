//! The programs that build, so that none of them outlives whoever waits for it.
//!
//! Who runs until told to stop says [`apart`]: each program then heads a group of its own, and [`end`] ends all of
//! them with what they started. For everybody else they stay in the group of the terminal, which ends them itself.

use std::{
    io,
    os::unix::process::CommandExt as _,
    process::{Child, ChildStderr, ChildStdout, Command, ExitStatus},
    sync::{Mutex, MutexGuard, PoisonError},
};

use rustix::process::{Pid, Signal, kill_process_group};

/// Of this process; a signal is one process's affair too.
static RUNNING: Mutex<Running> = Mutex::new(Running { apart: false, ended: false, groups: Vec::new() });

#[derive(Debug)]
struct Running {
    apart: bool,
    ended: bool,
    groups: Vec<Pid>,
}

fn running() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on each program heads a group of its own, so that it can be ended with all that it starts.
pub fn apart() {
    running().apart = true;
}

/// Ends every program that runs apart; from now on none can be started.
pub fn end() {
    let mut running = running();
    running.ended = true;
    for group in running.groups.drain(..) {
        // One that has ended by itself meanwhile is what is wanted.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// A program that runs.
#[derive(Debug)]
pub(super) struct Program {
    child: Child,
    group: Option<Pid>,
}

impl Program {
    /// Starts it, unless everything has ended.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        // Held until it is known, so that none is started behind the back of whoever ends them.
        let mut running = running();
        if running.ended {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "it was told to stop"));
        }
        if running.apart {
            command.process_group(0);
        }
        let child = command.spawn()?;
        let group = running.apart.then(|| Pid::from_child(&child));
        running.groups.extend(group);
        Ok(Self { child, group })
    }

    /// What it says, where that is listened to; once.
    pub(super) fn said(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout.take(), self.child.stderr.take())
    }

    /// Until it has ended.
    pub(super) fn wait(mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        running().groups.retain(|group| Some(*group) != self.group);
    }
}
