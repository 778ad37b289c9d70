//! What is held at a version until somebody lets go of it.

use rusqlite::params;

use super::{History, HistoryError, database};
use crate::{audit::Entry, id::Digest};

/// Everything that is held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// The generation that every file is held at.
    pub all: Option<u64>,
    /// Files held at these contents, by name.
    pub files: Vec<(String, Digest)>,
}

/// The row that holds every file: no file has this name.
const ALL: &str = "";

impl History {
    /// What is held.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn held(&self) -> Result<Held, HistoryError> {
        let connection = self.connection();
        let read = || {
            let mut held = Held::default();
            let mut rows = connection.prepare("SELECT file, digest, generation FROM held ORDER BY file")?;
            let mut rows = rows.query([])?;
            while let Some(row) = rows.next()? {
                let file: String = row.get(0)?;
                match row.get::<_, Option<[u8; 32]>>(1)? {
                    Some(digest) => held.files.push((file, database::digest(digest))),
                    None => held.all = row.get::<_, Option<i64>>(2)?.map(i64::unsigned_abs),
                }
            }
            Ok(held)
        };
        read().map_err(|error: rusqlite::Error| self.failed(error))
    }

    /// Holds just that, with what the log says of it. `contents` are the bytes that files are held at.
    ///
    /// # Errors
    /// [`HistoryError`]: nothing changed.
    pub fn hold(
        &self,
        held: &Held,
        contents: &[(Digest, &[u8])],
        entries: &[Entry],
    ) -> Result<(), HistoryError> {
        self.write(|writing| {
            for (digest, bytes) in contents {
                database::keep(writing, *digest, bytes)?;
            }
            writing.execute("DELETE FROM held", [])?;
            let now = super::log::now();
            let mut insert = writing.prepare("INSERT INTO held VALUES (?1, ?2, ?3, ?4)")?;
            if let Some(number) = held.all {
                insert.execute(params![ALL, None::<[u8; 32]>, i64::try_from(number).ok(), now])?;
            }
            for (file, digest) in &held.files {
                insert.execute(params![file, digest.as_bytes(), None::<i64>, now])?;
            }
            super::log::append(writing, entries)?;
            // What is let go of may be named by nothing else.
            database::forget_unnamed(writing).map(drop)
        })
    }
}
