//! Generations: numbered in the order in which they were served, each a manifest and the contents it names.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use super::{History, HistoryError, ItemRow, database};
use crate::{audit::Entry, id::Digest, source::SourceFile};

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
    pub contents: BTreeMap<Digest, Content<'a>>,
    /// How many are kept with it. Beyond that the oldest go, but for those that a labelled question names and
    /// those that files are held at.
    pub most: u64,
}

/// What a manifest names, as somebody has it. Of what the generation before named too it is not even looked at.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// A plugin.
    Bytes(&'a [u8]),
    /// A rule file.
    Text(&'a SourceFile),
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
            name_contents(writing, new)?;
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

/// Names what a generation is made of, and keeps what of that is new: what the generation before names too is not touched.
fn name_contents(writing: &Transaction<'_>, new: &NewGeneration<'_>) -> rusqlite::Result<()> {
    let known: BTreeSet<Digest> = writing
        .prepare_cached("SELECT digest FROM named WHERE until IS NULL")?
        .query_map([], |row| Ok(database::digest(row.get(0)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let number = number(new.number);
    for gone in known.iter().filter(|digest| !new.contents.contains_key(*digest)) {
        writing
            .prepare_cached("UPDATE named SET until = ?1 WHERE digest = ?2 AND until IS NULL")?
            .execute(params![number, gone.as_bytes()])?;
    }
    for (digest, content) in new.contents.iter().filter(|(digest, _)| !known.contains(*digest)) {
        match content {
            Content::Bytes(bytes) => database::keep(writing, *digest, bytes)?,
            Content::Text(source) => database::keep(writing, *digest, &source.bytes())?,
        }
        writing
            .prepare_cached("INSERT INTO named VALUES (?1, ?2, NULL)")?
            .execute(params![digest.as_bytes(), number])?;
    }
    Ok(())
}

/// The generations beyond the bound, but for those that are held or labelled.
const BEYOND: &str = "number < ?1
    AND number NOT IN (SELECT generation FROM held WHERE generation IS NOT NULL)
    AND digest NOT IN (SELECT generation FROM labelled)";

/// Forgets the oldest generations beyond the bound, and what nothing names any more without them.
fn prune(writing: &Transaction<'_>, new: &NewGeneration<'_>) -> rusqlite::Result<()> {
    let oldest_kept = number((new.number + 1).saturating_sub(new.most.max(1)));
    let beyond: Vec<i64> = writing
        .prepare_cached(&format!("SELECT number FROM generation WHERE {BEYOND} ORDER BY number"))?
        .query_map([oldest_kept], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    beyond.into_iter().try_for_each(|gone| forget(writing, gone))
}

/// Forgets a generation, which is not the last one, and what it alone named: that begins after the one before it, and ends
/// with the one after.
fn forget(writing: &Transaction<'_>, gone: i64) -> rusqlite::Result<()> {
    let manifest = writing
        .prepare_cached("DELETE FROM generation WHERE number = ?1 RETURNING manifest")?
        .query_row([gone], |row| Ok(database::digest(row.get(0)?)))?;
    let alone: Vec<(Digest, i64)> = writing
        .prepare_cached(
            "SELECT digest, since FROM named WHERE until > ?1
                AND until <= (SELECT min(number) FROM generation WHERE number > ?1)
                AND since > coalesce((SELECT max(number) FROM generation WHERE number < ?1), -1)",
        )?
        .query_map([gone], |row| Ok((database::digest(row.get(0)?), row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (digest, since) in &alone {
        writing
            .prepare_cached("DELETE FROM named WHERE digest = ?1 AND since = ?2")?
            .execute(params![digest.as_bytes(), since])?;
    }
    alone
        .iter()
        .map(|(digest, _)| digest)
        .chain([&manifest])
        .try_for_each(|digest| database::forget_if_unnamed(writing, *digest).map(drop))
}

/// Numbers count from one and never come near the end of 63 bits.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
