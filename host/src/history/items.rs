//! What became of every file when that last changed, so that a restart does not forget since when.

use rusqlite::{Transaction, params};

use super::{History, HistoryError, database};
use crate::{audit::Entry, id::Digest};

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// Its name.
    pub file: String,
    /// What it holds.
    pub kind: String,
    /// What became of it.
    pub state: String,
    /// What is served of it.
    pub digest: Option<Digest>,
    /// Since when (RFC 3339).
    pub since: String,
}

impl History {
    /// Every file.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn items(&self) -> Result<Vec<ItemRow>, HistoryError> {
        let connection = self.connection();
        let list = || -> rusqlite::Result<Vec<_>> {
            let mut rows = connection.prepare("SELECT file, kind, state, digest, since FROM item")?;
            let row = |row: &rusqlite::Row<'_>| {
                Ok(ItemRow {
                    file: row.get(0)?,
                    kind: row.get(1)?,
                    state: row.get(2)?,
                    digest: row.get::<_, Option<[u8; 32]>>(3)?.map(database::digest),
                    since: row.get(4)?,
                })
            };
            rows.query_map([], row)?.collect()
        };
        list().map_err(|error| self.failed(error))
    }

    /// Writes what became of every file, with what the log says of it.
    ///
    /// # Errors
    /// [`HistoryError`]: nothing was written.
    pub fn note(&self, entries: &[Entry], items: &[ItemRow]) -> Result<(), HistoryError> {
        self.write(|writing| {
            super::log::append(writing, entries)?;
            write(writing, items)
        })
    }
}

pub(super) fn write(writing: &Transaction<'_>, items: &[ItemRow]) -> rusqlite::Result<()> {
    writing.execute("DELETE FROM item", [])?;
    let mut insert = writing.prepare_cached("INSERT OR REPLACE INTO item VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for item in items {
        let digest = item.digest.as_ref().map(Digest::as_bytes);
        insert.execute(params![item.file, item.kind, item.state, digest, item.since])?;
    }
    Ok(())
}
