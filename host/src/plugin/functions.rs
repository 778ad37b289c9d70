//! What the functions of a plugin were compiled to, so that of an edited one only those that changed are compiled.
//!
//! A function is found by a digest of everything that decides its code (cranelift's key: its whole intermediate form, the
//! processor, every flag), so what comes out is the same bytes with and without this. It leads from one version of a
//! plugin to the next of the same file and nowhere else: what one plugin's child says is never given to another's. Lives
//! in memory: nothing of it is read from a disk.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use wasmtime::CacheStore;

/// Bytes of all functions of a plugin that are remembered; of one that has more none are. Chosen: a hundred times what
/// a plugin in Rust has.
pub(super) const MOST_BYTES: usize = 32 << 20;

/// The functions of a plugin: those of the version before, and which of them are in this one too, with what is new.
#[derive(Debug, Default)]
pub(super) struct Functions {
    before: BTreeMap<Vec<u8>, Vec<u8>>,
    now: Mutex<Now>,
}

#[derive(Debug, Default)]
struct Now {
    found: BTreeSet<Vec<u8>>,
    made: BTreeMap<Vec<u8>, Vec<u8>>,
    bytes: usize,
}

impl Functions {
    /// Those that a child said of the version before; what is cut is left out.
    pub(super) fn read(mut said: &[u8]) -> Self {
        let mut before = BTreeMap::new();
        while let Some((key, value)) = take(&mut said).and_then(|key| Some((key, take(&mut said)?))) {
            before.insert(key.to_vec(), value.to_vec());
        }
        Self { before, now: Mutex::default() }
    }

    /// Those of this version; nothing where they are too many.
    pub(super) fn write(&self) -> Vec<u8> {
        let now = self.now();
        let found = now.found.iter().filter_map(|key| Some((key, self.before.get(key)?)));
        let mut said = Vec::new();
        for (key, value) in found.chain(&now.made) {
            put(&mut said, key);
            put(&mut said, value);
            if said.len() > MOST_BYTES {
                return Vec::new();
            }
        }
        said
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheStore for Functions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        let (key, value) = self.before.get_key_value(key)?;
        self.now().found.insert(key.clone());
        Some(Cow::Borrowed(value))
    }

    fn insert(&self, key: &[u8], value: Vec<u8>) -> bool {
        let mut now = self.now();
        now.bytes = now.bytes.saturating_add(value.len());
        let fits = now.bytes <= MOST_BYTES;
        // What is not remembered anyway takes no memory from what is compiled.
        match fits {
            true => drop(now.made.insert(key.to_vec(), value)),
            false => now.made.clear(),
        }
        fits
    }
}

fn put(into: &mut Vec<u8>, part: &[u8]) {
    into.extend_from_slice(&(part.len() as u64).to_le_bytes());
    into.extend_from_slice(part);
}

fn take<'s>(from: &mut &'s [u8]) -> Option<&'s [u8]> {
    let (length, rest) = from.split_first_chunk()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (part, rest) = rest.split_at_checked(length)?;
    *from = rest;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_next_version_too_is_handed_on() {
        let first = Functions::default();
        assert!(first.get(b"a").is_none());
        assert!(first.insert(b"a", b"1".to_vec()) && first.insert(b"b", b"2".to_vec()));
        let said = first.write();
        let second = Functions::read(&said);
        assert_eq!(second.get(b"b").as_deref(), Some(&b"2"[..]));
        assert!(second.insert(b"c", b"3".to_vec()));
        let third = Functions::read(&second.write());
        assert_eq!(third.before.keys().collect::<Vec<_>>(), [b"b", b"c"]);
        // What is cut is not believed.
        assert_eq!(Functions::read(said.get(..said.len() - 1).unwrap()).before.len(), 1);
        assert!(Functions::read(&[0xff; 20]).before.is_empty());
    }

    #[test]
    fn too_many_are_not_remembered() {
        let all = Functions::default();
        assert!(all.insert(b"a", vec![0; MOST_BYTES]));
        assert!(!all.insert(b"b", vec![0; 1]));
        assert!(all.write().is_empty());
    }
}
