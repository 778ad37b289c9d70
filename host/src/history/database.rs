//! The file itself: how it is opened, its tables, and contents by digest.

use std::{
    io::{Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    time::Duration,
};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Transaction, params};

use super::HistoryError;
use crate::id::Digest;

/// Raised when the tables change.
const FORMAT: i64 = 2;

/// How long to wait for another connection of ours: transactions are short.
const PATIENCE: Duration = Duration::from_secs(10);

/// Statements that stay prepared: more than there are.
const STATEMENTS: usize = 64;

const TABLES: &str = "
    -- Files, manifests, questions and answers, each once, deflated.
    CREATE TABLE content (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
    -- What was served, in order. The same contents may be served again under another number.
    CREATE TABLE generation (
        number INTEGER PRIMARY KEY, digest BLOB NOT NULL, at TEXT NOT NULL, cause TEXT NOT NULL,
        manifest BLOB NOT NULL REFERENCES content(digest)
    ) STRICT;
    CREATE INDEX generation_by_digest ON generation (digest);
    -- Generations that a labelled question was answered from, by digest: they are never forgotten.
    CREATE TABLE labelled (receipt TEXT PRIMARY KEY, generation BLOB NOT NULL, label TEXT NOT NULL) STRICT;
    -- Files held at a version; the one without a name is a generation that holds all of them.
    CREATE TABLE held (file TEXT PRIMARY KEY, digest BLOB, generation INTEGER, at TEXT NOT NULL) STRICT;
    -- The last accepted version of each signed file: its serial, contents, and whose key signed it.
    CREATE TABLE serial (
        file TEXT PRIMARY KEY, serial INTEGER NOT NULL, digest BLOB NOT NULL,
        key TEXT NOT NULL, signer TEXT NOT NULL
    ) STRICT;
    -- What became of every file when that last changed.
    CREATE TABLE item (
        file TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, digest BLOB, since TEXT NOT NULL,
        PRIMARY KEY (kind, file)
    ) STRICT, WITHOUT ROWID;
    -- Append-only; each row carries the hash of the one before.
    CREATE TABLE audit (
        seq INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
        prev BLOB NOT NULL, hash BLOB NOT NULL
    ) STRICT;
    CREATE TABLE audit_content (
        seq INTEGER NOT NULL REFERENCES audit(seq) ON DELETE CASCADE,
        digest BLOB NOT NULL REFERENCES content(digest),
        PRIMARY KEY (seq, digest)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX audit_content_by_digest ON audit_content (digest);
";

/// What generations are made of: contents by the generations that name them, from one and to before another, or to this
/// day. So a generation costs what it changes, and not what it is made of.
const NAMED: &str = "
    CREATE TABLE named (
        digest BLOB NOT NULL REFERENCES content(digest), since INTEGER NOT NULL, until INTEGER,
        PRIMARY KEY (digest, since)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX named_by_end ON named (until);
";

/// In the first format each generation named all it was made of.
const FROM_FIRST: &str = "
    INSERT INTO named SELECT digest, number,
        (SELECT min(number) FROM generation WHERE number > generation_content.number) FROM generation_content;
    DROP TABLE generation_content;
";

pub(super) fn open(path: &Path) -> Result<Connection, HistoryError> {
    let failed = |source| HistoryError::Database { path: path.to_owned(), source };
    keep_private(path);
    let mut connection = Connection::open(path).map_err(failed)?;
    settle(&mut connection).map_err(failed)?;
    match format(&connection).map_err(failed)? {
        0 => make(&mut connection, &[TABLES, NAMED]).map_err(failed)?,
        1 => make(&mut connection, &[NAMED, FROM_FIRST]).map_err(failed)?,
        FORMAT => {}
        found => return Err(other_format(path, found)),
    }
    Ok(connection)
}

fn other_format(path: &Path, found: i64) -> HistoryError {
    let path = path.to_owned();
    match found {
        0 => HistoryError::Damaged { path, what: "it has no tables".to_owned() },
        1..FORMAT => {
            let what = "it is of an earlier format, which a host brings up to date that can write it";
            HistoryError::Damaged { path, what: what.to_owned() }
        }
        _ => HistoryError::Later { path, found, known: FORMAT },
    }
}

/// The folder is private already; a copy of the file should be too. Where this fails opening does as well.
fn keep_private(path: &Path) {
    let _ = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path);
}

pub(super) fn open_to_read(path: &Path) -> Result<Connection, HistoryError> {
    let failed = |source| HistoryError::Database { path: path.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    match format(&connection).map_err(failed)? {
        FORMAT => Ok(connection),
        found => Err(other_format(path, found)),
    }
}

/// A database in a folder that nobody can write: it is read as it lies there.
pub(super) fn open_as_it_lies(path: &Path) -> Result<Connection, HistoryError> {
    let failed = |source| HistoryError::Database { path: path.to_owned(), source };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let connection =
        Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags).map_err(failed)?;
    match format(&connection).map_err(failed)? {
        FORMAT => Ok(connection),
        found => Err(other_format(path, found)),
    }
}

fn settle(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Readers are never held up, and a commit is on the disk when it returns.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)
}

fn format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Makes tables, and what was in others into them.
fn make(connection: &mut Connection, steps: &[&str]) -> rusqlite::Result<()> {
    let tables = connection.transaction()?;
    steps.iter().try_for_each(|step| tables.execute_batch(step))?;
    tables.pragma_update(None, "user_version", FORMAT)?;
    tables.commit()
}

/// Keeps bytes under their digest, once.
pub(super) fn keep(writing: &Transaction<'_>, digest: Digest, bytes: &[u8]) -> rusqlite::Result<()> {
    let known = writing
        .prepare_cached("SELECT 1 FROM content WHERE digest = ?1")?
        .exists(params![digest.as_bytes()])?;
    if !known {
        writing
            .prepare_cached("INSERT INTO content (digest, bytes) VALUES (?1, ?2)")?
            .execute(params![digest.as_bytes(), deflate(bytes)])?;
    }
    Ok(())
}

pub(super) fn content(reading: &Connection, digest: Digest) -> rusqlite::Result<Option<Vec<u8>>> {
    reading
        .prepare_cached("SELECT bytes FROM content WHERE digest = ?1")?
        .query_row(params![digest.as_bytes()], |row| row.get(0))
        .optional()
}

/// Forgets these contents, if nothing names them any more.
pub(super) fn forget_if_unnamed(writing: &Transaction<'_>, digest: Digest) -> rusqlite::Result<usize> {
    writing
        .prepare_cached(
            "DELETE FROM content WHERE digest = ?1
                AND NOT EXISTS (SELECT 1 FROM named WHERE named.digest = ?1)
                AND NOT EXISTS (SELECT 1 FROM generation WHERE manifest = ?1)
                AND NOT EXISTS (SELECT 1 FROM audit_content WHERE digest = ?1)
                AND NOT EXISTS (SELECT 1 FROM held WHERE held.digest = ?1)",
        )?
        .execute([digest.as_bytes()])
}

/// Forgets all contents that nothing names any more: reads everything.
pub(super) fn forget_unnamed(writing: &Transaction<'_>) -> rusqlite::Result<usize> {
    writing.execute(
        "DELETE FROM content WHERE digest NOT IN (SELECT digest FROM named)
            AND digest NOT IN (SELECT manifest FROM generation)
            AND digest NOT IN (SELECT digest FROM audit_content)
            AND digest NOT IN (SELECT digest FROM held WHERE digest IS NOT NULL)",
        [],
    )
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory cannot fail; and what is kept is checked when it is read.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

pub(super) fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut inflated = Vec::new();
    DeflateDecoder::new(bytes).read_to_end(&mut inflated).ok()?;
    Some(inflated)
}

/// A digest as it stands in a column.
pub(super) fn digest(bytes: [u8; 32]) -> Digest {
    Digest::from_bytes(bytes)
}
