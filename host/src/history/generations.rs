//! Generations: numbered in the order in which they were served, each a manifest and the contents it names.

use rusqlite::{OptionalExtension as _, Row, params};

use super::{History, HistoryError, ItemRow, database};
use crate::{audit::Entry, id::Digest};

/// A generation that is about to be served.
#[derive(Debug)]
pub struct NewGeneration<'a> {
    /// Its number.
    pub number: u64,
    /// What names its contents.
    pub digest: Digest,
    /// Why there is a new one, in a line.
    pub cause: &'a str,
    /// What it is made of, by digest.
    pub manifest: &'a [u8],
    /// The contents that the manifest names.
    pub contents: Vec<(Digest, &'a [u8])>,
    /// How many are kept with it. Beyond that the oldest go, but for those that a labelled question names and
    /// those that files are held at.
    pub most: u64,
}

/// A generation that was served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGeneration {
    /// Its number.
    pub number: u64,
    /// What names its contents.
    pub digest: Digest,
    /// When it was accepted (RFC 3339).
    pub at: String,
    /// Why there was a new one.
    pub cause: String,
    /// The digest of its manifest.
    pub manifest: Digest,
}

const COLUMNS: &str = "SELECT number, digest, at, cause, manifest FROM generation";

impl History {
    /// Keeps a generation with what the log says of it, and forgets the oldest beyond the bound: all of it or
    /// nothing.
    ///
    /// # Errors
    /// [`HistoryError`]: nothing was kept.
    pub fn accept(
        &self,
        new: &NewGeneration<'_>,
        entries: &[Entry],
        items: &[ItemRow],
    ) -> Result<(), HistoryError> {
        self.write(|writing| {
            let manifest = Digest::of(new.manifest);
            database::keep(writing, manifest, new.manifest)?;
            writing.execute(
                "INSERT INTO generation (number, digest, at, cause, manifest) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    number(new.number),
                    new.digest.as_bytes(),
                    super::log::now(),
                    new.cause,
                    manifest.as_bytes()
                ],
            )?;
            for (digest, bytes) in &new.contents {
                database::keep(writing, *digest, bytes)?;
                writing
                    .prepare_cached("INSERT OR IGNORE INTO generation_content VALUES (?1, ?2)")?
                    .execute(params![number(new.number), digest.as_bytes()])?;
            }
            super::log::append(writing, entries)?;
            super::items::write(writing, items)?;
            prune(writing, new)
        })
    }

    /// The one served last.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn latest(&self) -> Result<Option<StoredGeneration>, HistoryError> {
        let sql = format!("{COLUMNS} ORDER BY number DESC LIMIT 1");
        let connection = self.connection();
        connection.query_row(&sql, [], stored).optional().map_err(|error| self.failed(error))
    }

    /// The one of that number.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn by_number(&self, wanted: u64) -> Result<Option<StoredGeneration>, HistoryError> {
        let sql = format!("{COLUMNS} WHERE number = ?1");
        let connection = self.connection();
        connection.query_row(&sql, [number(wanted)], stored).optional().map_err(|error| self.failed(error))
    }

    /// The newest with those contents.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn by_digest(&self, wanted: Digest) -> Result<Option<StoredGeneration>, HistoryError> {
        let sql = format!("{COLUMNS} WHERE digest = ?1 ORDER BY number DESC LIMIT 1");
        let connection = self.connection();
        connection.query_row(&sql, [wanted.as_bytes()], stored).optional().map_err(|error| self.failed(error))
    }

    /// All that are kept, the newest first.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn generations(&self) -> Result<Vec<StoredGeneration>, HistoryError> {
        let connection = self.connection();
        let list = || -> rusqlite::Result<Vec<_>> {
            let mut rows = connection.prepare(&format!("{COLUMNS} ORDER BY number DESC"))?;
            rows.query_map([], stored)?.collect()
        };
        list().map_err(|error| self.failed(error))
    }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredGeneration> {
    Ok(StoredGeneration {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        digest: database::digest(row.get(1)?),
        at: row.get(2)?,
        cause: row.get(3)?,
        manifest: database::digest(row.get(4)?),
    })
}

/// Forgets the oldest generations beyond the bound, and contents that nothing names any more.
fn prune(writing: &rusqlite::Transaction<'_>, new: &NewGeneration<'_>) -> rusqlite::Result<()> {
    let oldest_kept = number((new.number + 1).saturating_sub(new.most.max(1)));
    let gone = writing.execute(
        "DELETE FROM generation WHERE number < ?1
            AND number NOT IN (SELECT generation FROM held WHERE generation IS NOT NULL)
            AND digest NOT IN (SELECT generation FROM labelled)",
        [oldest_kept],
    )?;
    if gone > 0 {
        database::forget_unnamed(writing)?;
    }
    Ok(())
}

/// Numbers count from one and never come near the end of 63 bits.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
