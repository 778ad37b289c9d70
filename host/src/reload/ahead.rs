//! Many files at once, on all processors: read and checked parents first. Decides nothing: what is made here is what would
//! be made of the same files one after the other, and what cannot be made is left out, to be found again by who asks.

use std::{
    collections::BTreeMap,
    num::NonZero,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    id::JurisdictionId,
    rules::{
        book::{Base, Jurisdiction},
        check::check,
        schema::jurisdiction::JurisdictionFile,
    },
    source::SourceFile,
};

/// A file that reads.
#[derive(Debug, Clone)]
pub(super) struct Sheet {
    /// Which place.
    pub(super) id: JurisdictionId,
    /// What it says.
    pub(super) file: Arc<JurisdictionFile>,
    /// The text.
    pub(super) source: Arc<SourceFile>,
}

/// A file that was checked, and over which parents.
#[derive(Debug, Clone)]
pub(super) struct CheckedAhead {
    /// In the order in which the file extends them.
    pub(super) parents: Vec<Arc<Jurisdiction>>,
    /// What came of it.
    pub(super) jurisdiction: Arc<Jurisdiction>,
}

/// Checks files over one another. What has an error is left out, and so is whatever extends it or a file that is not among
/// these.
pub(super) fn check_abreast(base: &Base, sheets: &[Sheet]) -> BTreeMap<JurisdictionId, CheckedAhead> {
    let mut done = BTreeMap::<JurisdictionId, CheckedAhead>::new();
    let mut left: Vec<&Sheet> = sheets.iter().collect();
    loop {
        let is_ready =
            |sheet: &&Sheet| sheet.file.extends.iter().all(|parent| done.contains_key(&parent.value));
        let (ready, others): (Vec<_>, Vec<_>) = left.into_iter().partition(is_ready);
        if ready.is_empty() {
            return done;
        }
        left = others;
        let checked = abreast(&ready, |sheet| {
            let parents = sheet.file.extends.iter().filter_map(|parent| done.get(&parent.value));
            let parents: Vec<_> = parents.map(|checked| Arc::clone(&checked.jurisdiction)).collect();
            let jurisdiction = check(&sheet.file, &sheet.source, &parents, base).ok()?;
            Some((sheet.id.clone(), CheckedAhead { parents, jurisdiction: Arc::new(jurisdiction) }))
        });
        done.extend(checked.into_iter().flatten());
    }
}

/// Fewer are worked out one after the other: threads cost more than they spare.
pub(super) const MANY: usize = 16;

/// Does the same with each of these, on all processors where there are many; what came of each, in order.
pub(super) fn abreast<T: Sync, U: Send>(all: &[T], work: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(all.len());
    if threads < 2 || all.len() < MANY {
        return all.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(all.len()));
    let take = || {
        let mut own = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = all.get(at) else { break };
            own.push((at, work(one)));
        }
        done.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Without a further thread there is this one.
            let _ = thread::Builder::new().name("read".to_owned()).spawn_scoped(scope, take);
        }
        take();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_abreast_comes_back_in_order() {
        let all: Vec<usize> = (0..1000).collect();
        assert_eq!(abreast(&all, |n| n * 2), all.iter().map(|n| n * 2).collect::<Vec<_>>());
        assert!(abreast(&[0_usize; 0], |n| *n).is_empty());
    }
}
