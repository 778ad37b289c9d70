//! What became of every file when that last changed, so that a restart does not forget since when.

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction, params};

use super::{History, HistoryError, database};
use crate::{audit::Entry, id::Digest};

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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
        read(&connection).map_err(|error| self.failed(error))
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

/// Writes what is another than it was.
pub(super) fn write(writing: &Transaction<'_>, items: &[ItemRow]) -> rusqlite::Result<()> {
    let known = read(writing)?;
    let is_known: BTreeSet<&ItemRow> = known.iter().collect();
    let wanted: BTreeSet<(&str, &str)> =
        items.iter().map(|item| (item.kind.as_str(), item.file.as_str())).collect();
    for gone in known.iter().filter(|item| !wanted.contains(&(item.kind.as_str(), item.file.as_str()))) {
        writing
            .prepare_cached("DELETE FROM item WHERE kind = ?1 AND file = ?2")?
            .execute([&gone.kind, &gone.file])?;
    }
    let mut insert = writing.prepare_cached("INSERT OR REPLACE INTO item VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for item in items.iter().filter(|item| !is_known.contains(item)) {
        let digest = item.digest.as_ref().map(Digest::as_bytes);
        insert.execute(params![item.file, item.kind, item.state, digest, item.since])?;
    }
    Ok(())
}

fn read(connection: &Connection) -> rusqlite::Result<Vec<ItemRow>> {
    let mut rows = connection.prepare_cached("SELECT file, kind, state, digest, since FROM item")?;
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
}
