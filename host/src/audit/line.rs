//! A row as a line of an export. Read strictly: a line that says the same in other bytes is no line of ours,
//! so whatever somebody sees in a file is what the hashes are over.

use serde_json::Value;

use super::Row;
use crate::id::Digest;

/// Why a line is no row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRow {
    /// Not an object with the fields of a row.
    #[error("this is no row of an audit log: {0}")]
    NotOne(String),
    /// The same, but not byte for byte as it is written.
    #[error("row {0} is not written as it was exported")]
    Rewritten(u64),
}

impl Row {
    /// The row as a line of an export, without the line's end.
    #[must_use]
    pub fn line(&self) -> String {
        let (start, end) = self.around();
        format!("{start}{}{end}", self.body)
    }

    /// Reads a line of an export.
    ///
    /// # Errors
    /// [`NoRow`].
    pub fn of_line(line: &str) -> Result<Self, NoRow> {
        let read: Value = serde_json::from_str(line).map_err(|error| NoRow::NotOne(error.to_string()))?;
        let text = |key: &str| {
            let found = read.get(key).and_then(Value::as_str).map(str::to_owned);
            found.ok_or_else(|| NoRow::NotOne(format!("`{key}` is missing or no text")))
        };
        let digest = |key: &str| {
            Digest::parse(&text(key)?).ok_or_else(|| NoRow::NotOne(format!("`{key}` is no `blake3:` digest")))
        };
        let seq = read.get("seq").and_then(Value::as_u64);
        let seq = seq.ok_or_else(|| NoRow::NotOne("`seq` is missing or no whole number".to_owned()))?;
        let (at, kind) = (text("at")?, text("kind")?);
        let mut row =
            Self { seq, at, kind, body: String::new(), prev: digest("prev")?, hash: digest("hash")? };
        let (start, end) = row.around();
        let body = line.strip_prefix(&start).and_then(|rest| rest.strip_suffix(&end));
        let body = body.filter(|body| serde_json::from_str::<Value>(body).is_ok_and(|body| body.is_object()));
        row.body = body.ok_or(NoRow::Rewritten(seq))?.to_owned();
        Ok(row)
    }

    /// What stands before and after what it says.
    fn around(&self) -> (String, String) {
        let (at, kind) = (Value::from(self.at.as_str()), Value::from(self.kind.as_str()));
        let start = format!("{{\"seq\":{},\"at\":{at},\"kind\":{kind},\"body\":", self.seq);
        (start, format!(",\"prev\":\"{}\",\"hash\":\"{}\"}}", self.prev, self.hash))
    }
}
