//! The audit log's rows: appended here and nowhere else, each with the hash of the one before. Taken out only
//! by [`History::prune`], from the beginning and with a row that says so.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction, params};
use serde_json::json;

use super::{History, HistoryError, database};
use crate::{
    audit::{self, ANCHOR, Entry, Head, Row},
    id::Digest,
};

/// An answer that somebody put a name on: the generation it came from is kept for as long as its row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// The receipt of the answer.
    pub receipt: String,
    /// The generation it came from.
    pub generation: Digest,
    /// What it is called.
    pub label: String,
}

/// Which rows are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted<'a> {
    /// From that number on.
    pub from: u64,
    /// Of that kind alone.
    pub kind: Option<&'a str>,
    /// Written on that day or at that time, or later: `2026-11-23`, `2026-11-23T08:00:00`.
    pub since: Option<&'a str>,
}

/// Rows that were taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// How many.
    pub rows: u64,
    /// Labelled answers among them.
    pub labelled: u64,
}

impl History {
    /// Appends to the log, in one transaction.
    ///
    /// # Errors
    /// [`HistoryError`]: nothing was appended.
    pub fn append(&self, entries: &[Entry]) -> Result<(), HistoryError> {
        self.write(|writing| append(writing, entries))
    }

    /// Appends answers to the log, and remembers which generations their labels keep, in one transaction.
    ///
    /// # Errors
    /// [`HistoryError`]: nothing was appended.
    pub fn record(&self, entries: &[Entry], labelled: &[Labelled]) -> Result<(), HistoryError> {
        self.write(|writing| {
            for one in labelled {
                writing
                    .prepare_cached("INSERT OR REPLACE INTO labelled VALUES (?1, ?2, ?3)")?
                    .execute(params![one.receipt, one.generation.as_bytes(), one.label])?;
            }
            append(writing, entries)
        })
    }

    /// Rows from that number on, at most so many, in order. What they say is not verified.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn rows(&self, from: u64, most: usize) -> Result<Vec<Row>, HistoryError> {
        self.wanted_rows(&Wanted { from, ..Wanted::default() }, most)
    }

    /// Rows that are wanted, at most so many, in order. What they say is not verified.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn wanted_rows(&self, wanted: &Wanted<'_>, most: usize) -> Result<Vec<Row>, HistoryError> {
        let connection = self.connection();
        let list = || -> rusqlite::Result<Vec<_>> {
            let mut rows = connection.prepare_cached(
                "SELECT seq, at, kind, body, prev, hash FROM audit
                  WHERE seq >= ?1 AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR at >= ?3)
                  ORDER BY seq LIMIT ?4",
            )?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            rows.query_map(params![number(wanted.from), wanted.kind, wanted.since, most], row)?.collect()
        };
        list().map_err(|error| self.failed(error))
    }

    /// The last row.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn last_row(&self) -> Result<Option<Row>, HistoryError> {
        let sql = "SELECT seq, at, kind, body, prev, hash FROM audit ORDER BY seq DESC LIMIT 1";
        self.connection().query_row(sql, [], row).optional().map_err(|error| self.failed(error))
    }

    /// The rows of answers whose receipt begins like that, the newest first; at most so many.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn answers(&self, receipt: &str, most: usize) -> Result<Vec<Row>, HistoryError> {
        let connection = self.connection();
        let list = || -> rusqlite::Result<Vec<_>> {
            let mut rows = connection.prepare_cached(
                "SELECT seq, at, kind, body, prev, hash FROM audit
                  WHERE kind = ?1 AND instr(body, ?2) > 0 ORDER BY seq DESC LIMIT ?3",
            )?;
            let named = format!("\"receipt\":\"{receipt}");
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            rows.query_map(params![audit::ANSWERED, named, most], row)?.collect()
        };
        list().map_err(|error| self.failed(error))
    }

    /// Everything that a generation is made of but its manifest; nothing where it is not kept.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn generation_contents(&self, generation: Digest) -> Result<Vec<Digest>, HistoryError> {
        let connection = self.connection();
        let list = || -> rusqlite::Result<Vec<_>> {
            let mut rows = connection.prepare_cached(
                "SELECT digest FROM named, (SELECT max(number) AS number FROM generation WHERE digest = ?1)
                  WHERE since <= number AND (until IS NULL OR until > number) ORDER BY digest",
            )?;
            rows.query_map([generation.as_bytes()], |row| Ok(database::digest(row.get(0)?)))?.collect()
        };
        list().map_err(|error| self.failed(error))
    }

    /// Takes out every row up to this one, with what only they name, and appends the row that says so.
    /// Nothing where the log has no such row: then whoever asks has exported another log.
    ///
    /// # Errors
    /// [`HistoryError`]: nothing changed.
    pub fn prune(&self, through: Head) -> Result<Option<Pruned>, HistoryError> {
        self.write(|writing| {
            let found = writing
                .prepare("SELECT 1 FROM audit WHERE seq = ?1 AND hash = ?2")?
                .exists(params![number(through.seq), through.hash.as_bytes()])?;
            if !found { Ok(None) } else { pruned(writing, through).map(Some) }
        })
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

fn pruned(writing: &Transaction<'_>, through: Head) -> rusqlite::Result<Pruned> {
    let last = number(through.seq);
    let rows: i64 =
        writing.query_row("SELECT count(*) FROM audit WHERE seq <= ?1", [last], |row| row.get(0))?;
    let rows = rows.unsigned_abs();
    let said = json!({"through": through.seq, "hash": through.hash.to_string(), "rows": rows});
    // First: the chain goes on from the last row, which may be one of those that go.
    append(writing, &[Entry::new(ANCHOR, said)])?;
    writing.execute("DELETE FROM audit WHERE seq <= ?1", [last])?;
    let labelled = writing.execute(
        "DELETE FROM labelled WHERE receipt NOT IN (
            SELECT json_extract(body, '$.receipt') FROM audit WHERE kind = ?1 AND json_valid(body))",
        [audit::ANSWERED],
    )?;
    database::forget_unnamed(writing)?;
    Ok(Pruned { rows, labelled: labelled as u64 })
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
