//! Parts of one query on the threads that nobody else needs. Which thread computes a part changes no answer.

use std::{
    num::NonZero,
    panic::resume_unwind,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// What a thread needs that calls plugins.
const STACK_BYTES: usize = 8 << 20;

/// Threads that compute queries, over all of them: a host that is busy computes each on one.
static BUSY: AtomicUsize = AtomicUsize::new(0);

/// The threads of one query, given back when dropped.
#[derive(Debug)]
pub(super) struct Threads {
    count: usize,
    /// Those among the busy ones.
    counted: usize,
}

impl Threads {
    /// The one that asks, for somebody who has threads of his own.
    pub(super) const ONE: Self = Self { count: 1, counted: 0 };

    /// The one that asks, and of those that are idle as many as there are further parts.
    pub(super) fn for_parts(parts: usize) -> Self {
        static CORES: OnceLock<usize> = OnceLock::new();
        let cores = *CORES.get_or_init(|| thread::available_parallelism().map_or(1, NonZero::get));
        let threads = |busy: usize| parts.min(cores.saturating_sub(busy)).max(1);
        let take = |busy| Some(busy + threads(busy));
        let before =
            BUSY.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).unwrap_or_else(|busy| busy);
        let count = threads(before);
        Self { count, counted: count }
    }

    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// Every part through `work`; the results are in the order of the parts.
    pub(super) fn each<T: Send, R: Send>(&self, parts: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
        let helpers = self.count.min(parts.len()).saturating_sub(1);
        if helpers == 0 {
            return parts.into_iter().map(work).collect();
        }
        let left = Mutex::new(parts.into_iter().enumerate());
        let take = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
        let share = || {
            let mut done = Vec::new();
            while let Some((number, part)) = take() {
                done.push((number, work(part)));
            }
            done
        };
        let mut done = thread::scope(|scope| {
            let spawn = |_| {
                let builder = thread::Builder::new().name("evaluate".to_owned()).stack_size(STACK_BYTES);
                // Without a further thread there is this one.
                builder.spawn_scoped(scope, share).ok()
            };
            let helpers: Vec<_> = (0..helpers).filter_map(spawn).collect();
            let mut done = share();
            for helper in helpers {
                done.extend(helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            done
        });
        done.sort_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, result)| result).collect()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if self.counted > 0 {
            BUSY.fetch_sub(self.counted, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_their_parts() {
        for count in 1..4 {
            let threads = Threads { count, counted: 0 };
            for parts in 0..20_u64 {
                let squares = threads.each((0..parts).collect(), |part| part * part);
                assert_eq!(squares, (0..parts).map(|part| part * part).collect::<Vec<_>>());
            }
        }
    }
}
