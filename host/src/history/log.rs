//! The audit log's rows: appended here and nowhere else, each with the hash of the one before.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{History, HistoryError, database};
use crate::audit::{self, Entry, Row};

impl History {
    /// Appends to the log, in one transaction.
    ///
    /// # Errors
    /// [`HistoryError`]: nothing was appended.
    pub fn append(&self, entries: &[Entry]) -> Result<(), HistoryError> {
        self.write(|writing| append(writing, entries))
    }

    /// Rows from that number on, at most so many, in order. What they say is not verified.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn rows(&self, from: u64, most: usize) -> Result<Vec<Row>, HistoryError> {
        let connection = self.connection();
        let list = || -> rusqlite::Result<Vec<_>> {
            let mut rows = connection.prepare_cached(
                "SELECT seq, at, kind, body, prev, hash FROM audit WHERE seq >= ?1 ORDER BY seq LIMIT ?2",
            )?;
            let from = i64::try_from(from).unwrap_or(i64::MAX);
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            rows.query_map([from, most], row)?.collect()
        };
        list().map_err(|error| self.failed(error))
    }

    /// One transaction.
    pub(super) fn write<T>(
        &self,
        what: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, HistoryError> {
        let mut connection = self.connection();
        let write = || {
            let writing = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let done = what(&writing)?;
            writing.commit()?;
            Ok(done)
        };
        write().map_err(|error| self.failed(error))
    }
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        seq: row.get::<_, i64>(0)?.unsigned_abs(),
        at: row.get(1)?,
        kind: row.get(2)?,
        body: row.get(3)?,
        prev: database::digest(row.get(4)?),
        hash: database::digest(row.get(5)?),
    })
}

/// To the millisecond, in UTC.
pub(super) fn now() -> String {
    let now = Timestamp::now().as_millisecond();
    Timestamp::from_millisecond(now).unwrap_or_default().to_string()
}

/// Appends entries to the chain.
pub(super) fn append(writing: &Transaction<'_>, entries: &[Entry]) -> rusqlite::Result<()> {
    let last = writing
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), database::digest(row.get(1)?))))
        .optional()?;
    let (mut seq, mut prev) = last.unwrap_or((0, audit::GENESIS));
    for entry in entries {
        seq += 1;
        let row = Row::new(seq, now(), entry, prev);
        for (digest, bytes) in &entry.contents {
            database::keep(writing, *digest, bytes)?;
        }
        insert(writing, &row)?;
        for (digest, _) in &entry.contents {
            writing
                .prepare_cached("INSERT OR IGNORE INTO audit_content VALUES (?1, ?2)")?
                .execute(params![number(seq), digest.as_bytes()])?;
        }
        prev = row.hash;
    }
    Ok(())
}

fn insert(writing: &Transaction<'_>, row: &Row) -> rusqlite::Result<usize> {
    writing.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
        number(row.seq),
        row.at,
        row.kind,
        row.body,
        row.prev.as_bytes(),
        row.hash.as_bytes()
    ])
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}
