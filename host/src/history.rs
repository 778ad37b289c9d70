//! What a host keeps across restarts, in one SQLite database in its state folder: generations with their
//! contents by digest, what is held at a version, and the audit log.
//!
//! Knows nothing of what the contents mean: a generation is a manifest and the bytes it names. Promises: what
//! is accepted is there after a crash, whole or not at all, in one transaction with the row of the audit log
//! that says so. Only this module names rusqlite.

mod database;
mod generations;
mod held;
mod items;
mod log;
mod serials;
#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::Connection;

pub use self::{
    generations::{Content, NewGeneration, StoredGeneration},
    held::Held,
    items::ItemRow,
    log::{Labelled, Pruned, Wanted},
    serials::Serial,
};
use crate::id::Digest;

/// Its name in the state folder.
const FILE: &str = "history.db";

/// Why something is not kept, or cannot be read again.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The database said no: the disk is full, the folder is read-only, the file is damaged.
    #[error("{}: {source}", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: rusqlite::Error,
    },
    /// It was written by a later version.
    #[error("{} was written by a later version of landfall (format {found}, this one knows {known})", .path.display())]
    Later {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: i64,
        /// What we know.
        known: i64,
    },
    /// What stands in it does not hold.
    #[error("{} is damaged: {what}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not hold.
        what: String,
    },
}

/// The database of one state folder.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl History {
    /// Opens the history of a state folder, which is locked by whoever writes to it, and makes it where it is
    /// missing. One that cannot be written is read as it lies there: whatever is to be kept says that it is not.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn open(state: &Path) -> Result<Self, HistoryError> {
        let path = state.join(FILE);
        let connection = match database::open(&path) {
            Err(HistoryError::Database { source, .. }) if path.exists() => {
                tracing::warn!(path = %path.display(), error = %source, "history cannot be written");
                database::open_as_it_lies(&path)?
            }
            opened => opened?,
        };
        Ok(Self { path, connection: Mutex::new(connection) })
    }

    /// Whether a state folder has one, readable or not.
    #[must_use]
    pub fn exists(state: &Path) -> bool {
        state.join(FILE).exists()
    }

    /// Opens the history of a state folder to read it, whether a host is writing to it or not.
    ///
    /// # Errors
    /// [`HistoryError`]; there is none.
    pub fn read(state: &Path) -> Result<Self, HistoryError> {
        let path = state.join(FILE);
        let connection = database::open_to_read(&path)?;
        Ok(Self { path, connection: Mutex::new(connection) })
    }

    /// Another connection that reads, so that long reading holds up no writing.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn reader(&self) -> Result<Self, HistoryError> {
        let connection = database::open_to_read(&self.path)?;
        Ok(Self { path: self.path.clone(), connection: Mutex::new(connection) })
    }

    /// The bytes of that digest, if they are kept.
    ///
    /// # Errors
    /// [`HistoryError::Damaged`] where they have another digest.
    pub fn content(&self, digest: Digest) -> Result<Option<Vec<u8>>, HistoryError> {
        let found = database::content(&self.connection(), digest).map_err(|error| self.failed(error))?;
        let Some(bytes) = found else { return Ok(None) };
        match database::inflate(&bytes) {
            Some(bytes) if Digest::of(&bytes) == digest => Ok(Some(bytes)),
            _ => Err(self.damaged(format!("what is kept under {digest} has other contents"))),
        }
    }

    /// What somebody does to the file who should not.
    #[cfg(test)]
    pub(crate) fn tamper(&self, sql: &str) {
        self.connection().execute_batch(sql).unwrap();
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic leaves no transaction open: dropping one rolls it back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, source: rusqlite::Error) -> HistoryError {
        HistoryError::Database { path: self.path.clone(), source }
    }

    fn damaged(&self, what: impl Into<String>) -> HistoryError {
        HistoryError::Damaged { path: self.path.clone(), what: what.into() }
    }
}
