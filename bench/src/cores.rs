//! Holding this thread, and the threads it starts, to so many cores.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::failed::Failed;

/// The cores this process may use, as it was started.
#[derive(Debug)]
pub(crate) struct Cores {
    all: CpuSet,
    usable: Vec<usize>,
}

impl Cores {
    pub(crate) fn find() -> Result<Self, Failed> {
        let all = sched_getaffinity(None).map_err(Failed::new)?;
        let usable = (0..CpuSet::MAX_CPU).filter(|core| all.is_set(*core)).collect();
        Ok(Self { all, usable })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.usable.len()
    }

    /// Does something on the first so many of them.
    pub(crate) fn on<T>(&self, count: usize, work: impl FnOnce() -> Result<T, Failed>) -> Result<T, Failed> {
        let mut few = CpuSet::new();
        self.usable.iter().take(count).for_each(|core| few.set(*core));
        sched_setaffinity(None, &few).map_err(Failed::new)?;
        let done = work();
        sched_setaffinity(None, &self.all).map_err(Failed::new)?;
        done
    }
}
