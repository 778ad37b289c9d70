//! Generations that are no longer in memory: found in history and made again for whoever asks.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Kept, Restorer};
use crate::{
    diagnostic::Diagnostic,
    history::{History, StoredGeneration},
    id::Digest,
};

/// Fewest digits of a digest that name a generation.
const FEWEST_DIGITS: usize = 8;

/// Generations that were made again and are kept at hand. Arbitrary: somebody compares two.
const AT_HAND: usize = 4;

/// The past of a host.
#[derive(Debug)]
pub struct Past {
    history: Arc<History>,
    restorer: Restorer,
    at_hand: Mutex<Vec<Kept>>,
}

impl Past {
    /// Of this history.
    #[must_use]
    pub fn new(history: Arc<History>, restorer: Restorer) -> Self {
        Self { history, restorer, at_hand: Mutex::default() }
    }

    /// Where it is kept.
    #[must_use]
    pub const fn history(&self) -> &Arc<History> {
        &self.history
    }

    /// What makes generations again.
    #[must_use]
    pub const fn restorer(&self) -> &Restorer {
        &self.restorer
    }

    /// The generation with that number, or whose digest begins so. May compile its plugins.
    ///
    /// # Errors
    /// There is none; it cannot be made again.
    pub fn find(&self, wanted: &str) -> Result<Kept, Diagnostic> {
        let stored = find(&self.history, wanted)?;
        let mut at_hand = self.at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        let is_wanted = |kept: &Kept| kept.generation.number == stored.number;
        if let Some(known) = at_hand.iter().find(|kept| is_wanted(kept)) {
            return Ok(known.clone());
        }
        // Others wait meanwhile: two that ask for the same make it once.
        let kept = whole(&self.history, &self.restorer, &stored)?;
        at_hand.truncate(AT_HAND - 1);
        at_hand.insert(0, kept.clone());
        Ok(kept)
    }
}

/// The generation of history with that number, or whose digest begins so.
///
/// # Errors
/// There is none; the history cannot be read.
pub(super) fn find(history: &History, wanted: &str) -> Result<StoredGeneration, Diagnostic> {
    let all = history.generations().map_err(|error| Diagnostic::error(error.to_string()))?;
    let number: Option<u64> = wanted.parse().ok();
    let digits = wanted.strip_prefix("blake3:").filter(|digits| digits.len() >= FEWEST_DIGITS);
    let is_wanted = |stored: &&StoredGeneration| match (number, digits) {
        (Some(number), _) => stored.number == number,
        (None, Some(digits)) => stored.digest.hex().starts_with(digits),
        (None, None) => false,
    };
    all.iter().find(is_wanted).cloned().ok_or_else(|| {
        let wanted = crate::rules::yaml::shorten(wanted);
        let help = match (all.last(), all.first()) {
            (Some(oldest), Some(newest)) => {
                format!("history has {} to {}: see `landfall generations`", oldest.number, newest.number)
            }
            _ => "history is empty".to_owned(),
        };
        Diagnostic::error(format!("no generation `{wanted}` is kept")).help(help)
    })
}

/// A generation of history, whole, as it was.
///
/// # Errors
/// What of it cannot be made again.
pub(super) fn whole(
    history: &History,
    restorer: &Restorer,
    stored: &StoredGeneration,
) -> Result<Kept, Diagnostic> {
    let contents = |digest: Digest| contents(history, digest);
    let manifest = contents(stored.manifest).map_err(Diagnostic::error)?;
    restorer
        .whole((stored.number, stored.digest), &manifest, &contents, true)
        .map_err(|why| Diagnostic::error(format!("generation {} cannot be made again: {why}", stored.number)))
}

pub(super) fn contents(history: &History, digest: Digest) -> Result<Vec<u8>, String> {
    match history.content(digest) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(format!("{digest} is not kept")),
        Err(error) => Err(error.to_string()),
    }
}
