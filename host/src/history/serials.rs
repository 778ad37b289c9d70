//! The last accepted version of each signed file, so that an older one is known to be older after a restart too.

use rusqlite::params;

use super::{History, HistoryError, database};
use crate::{audit::Entry, id::Digest};

/// A signed file as it was last accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serial {
    /// Its name.
    pub file: String,
    /// Its order among the versions of that file.
    pub serial: u64,
    /// What it held.
    pub digest: Digest,
    /// The public key that signed it.
    pub key: String,
    /// What its owner was called.
    pub signer: String,
}

impl History {
    /// What was last accepted of each signed file, by name.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub fn serials(&self) -> Result<Vec<Serial>, HistoryError> {
        let connection = self.connection();
        let list = || -> rusqlite::Result<Vec<_>> {
            let mut rows =
                connection.prepare("SELECT file, serial, digest, key, signer FROM serial ORDER BY file")?;
            let read = |row: &rusqlite::Row<'_>| {
                Ok(Serial {
                    file: row.get(0)?,
                    serial: row.get::<_, i64>(1)?.unsigned_abs(),
                    digest: database::digest(row.get(2)?),
                    key: row.get(3)?,
                    signer: row.get(4)?,
                })
            };
            rows.query_map([], read)?.collect()
        };
        list().map_err(|error| self.failed(error))
    }

    /// Keeps what is accepted of signed files, with what the log says of it.
    ///
    /// # Errors
    /// [`HistoryError`]: nothing was kept.
    pub fn accept_serials(&self, accepted: &[Serial], entries: &[Entry]) -> Result<(), HistoryError> {
        self.write(|writing| {
            let mut put =
                writing.prepare_cached("INSERT OR REPLACE INTO serial VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for Serial { file, serial, digest, key, signer } in accepted {
                // Read as a number of 63 bits.
                let serial = i64::try_from(*serial).unwrap_or(i64::MAX);
                put.execute(params![file, serial, digest.as_bytes(), key, signer])?;
            }
            super::log::append(writing, entries)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serial(file: &str, serial: u64) -> Serial {
        let digest = Digest::of(file.as_bytes());
        Serial { file: file.to_owned(), serial, digest, key: "RWQ".to_owned(), signer: "latam".to_owned() }
    }

    #[test]
    fn the_last_accepted_serial_outlives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(folder.path()).unwrap();
        history.accept_serials(&[serial("br.yaml", 7), serial("mx.yaml", 1)], &[]).unwrap();
        let row = Entry::new("accepted_serial", serde_json::json!({"file": "br.yaml", "serial": "6"}));
        history.accept_serials(&[serial("br.yaml", 6)], std::slice::from_ref(&row)).unwrap();
        let again = History::open(folder.path()).unwrap();
        assert_eq!(again.serials().unwrap(), [serial("br.yaml", 6), serial("mx.yaml", 1)]);
        assert_eq!(again.rows(1, 9).unwrap()[0].kind, "accepted_serial");
    }
}
