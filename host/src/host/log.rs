//! The audit log as its readers see it, of a running host or of a folder: the same code, the same verdict.

use std::collections::{HashMap, HashSet};

use super::{
    bundle,
    record::Said,
    replay::{Rests, replay},
};
use crate::{
    audit::{ANSWERED, Head, Row, Verifier, What},
    diagnostic::Diagnostic,
    history::{History, HistoryError, Wanted},
    id::Digest,
    protocol::{
        AuditHead, AuditPage, AuditPruned, AuditRow, AuditVerified, AuditWanted, Bundle, Content, Refusal,
        RefusalKind, Replayed,
    },
    reload::Past,
    server::Auditing,
};

/// Rows read at a time, and of their contents about so many bytes.
const PAGE: usize = 500;
const PAGE_BYTES: usize = 16 << 20;

/// Fewest digits of a receipt that name it.
const FEWEST_DIGITS: usize = 8;

impl Auditing for Past {
    fn rows(&self, wanted: &AuditWanted) -> Result<AuditPage, Refusal> {
        let history = self.reading()?;
        let which =
            Wanted { from: wanted.from, kind: wanted.kind.as_deref(), since: wanted.since.as_deref() };
        let rows = history.wanted_rows(&which, PAGE).map_err(|error| internal(&error))?;
        let mut page = AuditPage { more: rows.len() == PAGE, ..AuditPage::default() };
        let (mut named, mut bytes) = (HashSet::new(), 0);
        for row in rows {
            if wanted.contents && bytes > PAGE_BYTES {
                page.more = true;
                break;
            }
            let digests = if wanted.contents { row.named() } else { Vec::new() };
            for digest in digests.into_iter().filter(|digest| named.insert(*digest)) {
                if let Ok(Some(content)) = history.content(digest) {
                    bytes += content.len();
                    page.contents.push(Content { digest, bytes: content });
                }
            }
            page.rows.push(row.into());
        }
        Ok(page)
    }

    fn head(&self) -> Result<AuditHead, Refusal> {
        let last = self.history().last_row().map_err(|error| internal(&error))?;
        Ok(AuditHead { head: last.map(|row| Head { seq: row.seq, hash: row.hash }.to_string()) })
    }

    fn verify(&self, head: Option<&str>) -> Result<AuditVerified, Refusal> {
        let history = self.reading()?;
        let mut verifier = Verifier::new(head.map(parse).transpose()?);
        let mut seen = HashSet::new();
        each(&history, 1, |row| {
            verifier.row(row);
            for digest in row.named().into_iter().filter(|digest| seen.insert(*digest)) {
                match history.content(digest) {
                    Ok(Some(_)) => {}
                    Ok(None) => verifier.fault(row, What::Missing(digest)),
                    Err(HistoryError::Damaged { .. }) => verifier.fault(row, What::Damaged(digest)),
                    Err(error) => return Err(internal(&error)),
                }
            }
            Ok(())
        })?;
        Ok(AuditVerified::of(verifier.finish(true), seen.len() as u64))
    }

    fn prune(&self, through: &str) -> Result<AuditPruned, Refusal> {
        let pruned = self.history().prune(parse(through)?).map_err(|error| internal(&error))?;
        let pruned = pruned.ok_or_else(|| {
            Refusal::new(
                RefusalKind::Conflict,
                format!("the log has no row `{through}`: nothing was taken out"),
            )
        })?;
        tracing::info!(rows = pruned.rows, through, "rows were taken out of the audit log");
        Ok(AuditPruned { rows: pruned.rows, labelled: pruned.labelled })
    }

    fn replay(&self, receipt: &str) -> Result<Replayed, Refusal> {
        let history = self.reading()?;
        let (row, said) = find(&history, receipt)?;
        let contents = |digest: Digest| kept(&history, digest);
        let manifest = manifest(&history, &said)?;
        let manifest = contents(manifest).map_err(|why| Refusal::new(RefusalKind::Generation, why))?;
        let rests = Rests { manifest: &manifest, contents: &contents, restorer: self.restorer() };
        replay(row, &said, &rests)
    }

    fn bundle(&self, receipt: &str) -> Result<Bundle, Refusal> {
        let history = self.reading()?;
        let (row, said) = find(&history, receipt)?;
        let (mut later, mut head) = (Vec::new(), Head { seq: row.seq, hash: row.hash });
        each(&history, row.seq + 1, |row| {
            later.push(row.content());
            head = Head { seq: row.seq, hash: row.hash };
            Ok(())
        })?;
        let manifest = manifest(&history, &said)?;
        let of_generation = history.generation_contents(said.generation).map_err(|error| internal(&error))?;
        let named = [said.request.strategy, said.answer, manifest];
        let contents = named.into_iter().chain(of_generation).map(|digest| {
            let bytes = kept(&history, digest).map_err(|why| Refusal::new(RefusalKind::Generation, why))?;
            Ok(Content { digest, bytes })
        });
        let contents = contents.collect::<Result<Vec<_>, Refusal>>()?;
        Ok(bundle::of(AuditRow::from(row), later, head, manifest, contents))
    }
}

impl Past {
    /// Another connection, so that long reading holds up no answer.
    fn reading(&self) -> Result<History, Refusal> {
        self.history().reader().map_err(|error| internal(&error))
    }
}

/// Every row from that number on.
fn each(
    history: &History,
    from: u64,
    mut what: impl FnMut(&Row) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let mut from = from;
    loop {
        let rows = history.rows(from, PAGE).map_err(|error| internal(&error))?;
        rows.iter().try_for_each(&mut what)?;
        match rows.last() {
            Some(last) if rows.len() == PAGE => from = last.seq + 1,
            _ => return Ok(()),
        }
    }
}

/// The row of an answer, by its receipt or how that begins.
fn find(history: &History, receipt: &str) -> Result<(Row, Said), Refusal> {
    let digits = receipt.strip_prefix("blake3:").unwrap_or(receipt);
    let is_one = digits.len() >= FEWEST_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_one {
        let message = format!("`{}` is no receipt", crate::rules::yaml::shorten(receipt));
        return Err(Refusal::new(RefusalKind::Request, message)
            .help("write it as an answer shows it, or at least its first eight digits: `blake3:1a2b3c4d`"));
    }
    let receipt = format!("blake3:{}", digits.to_ascii_lowercase());
    let rows = history.answers(&receipt, PAGE).map_err(|error| internal(&error))?;
    let mut found = Vec::new();
    for row in rows {
        let said = Said::of(&row).map_err(|why| Refusal::new(RefusalKind::Internal, why))?;
        found.push((row, said));
    }
    let mut receipts: Vec<&str> = found.iter().map(|(_, said)| said.receipt.as_str()).collect();
    receipts.sort_unstable();
    receipts.dedup();
    if receipts.len() > 1 {
        let message = format!("`{receipt}` begins {} receipts: {}", receipts.len(), receipts.join(", "));
        return Err(Refusal::new(RefusalKind::Request, message).help("write more of its digits"));
    }
    // One with a label names what is kept; among alike ones the newest.
    let at = found.iter().position(|(_, said)| said.label.is_some()).unwrap_or_default();
    if found.is_empty() {
        let message = format!("no answer with the receipt `{receipt}` is in the audit log");
        return Err(Refusal::new(RefusalKind::NotFound, message)
            .help(format!("`landfall audit list --kind {ANSWERED}` shows those that are; older ones may have been exported and taken out")));
    }
    Ok(found.swap_remove(at))
}

fn manifest(history: &History, said: &Said) -> Result<Digest, Refusal> {
    let stored = history.by_digest(said.generation).map_err(|error| internal(&error))?;
    stored.map(|stored| stored.manifest).ok_or_else(|| {
        let tried = if said.candidates.is_empty() {
            "is not kept any more"
        } else {
            "was a trial of candidate files and never kept"
        };
        let message = format!(
            "generation {} ({:.15}), which gave that answer, {tried}",
            said.number,
            said.generation.to_string()
        );
        Refusal::new(RefusalKind::Generation, message)
            .help("an answer with a label keeps what it rests on: `landfall query --label TEXT`")
    })
}

fn kept(history: &History, digest: Digest) -> Result<Vec<u8>, String> {
    match history.content(digest) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(format!("{digest} is not kept any more")),
        Err(error) => Err(error.to_string()),
    }
}

fn parse(head: &str) -> Result<Head, Refusal> {
    head.parse().map_err(|error: crate::audit::NoHead| Refusal::new(RefusalKind::Request, error.to_string()))
}

fn internal(error: &HistoryError) -> Refusal {
    Refusal::new(RefusalKind::Internal, error.to_string())
}

/// A strategy or an answer as a line of an export.
#[must_use]
pub fn content_line(content: &Content) -> String {
    // They are text always: a strategy is read as such, and an answer is JSON.
    let text = String::from_utf8_lossy(&content.bytes);
    format!("{}\n", serde_json::json!({"content": content.digest.to_string(), "text": text}))
}

/// What was done to an export, line by line. `head` was kept elsewhere.
///
/// # Errors
/// A line that is no row, with its number.
pub fn verify_export(
    lines: impl Iterator<Item = std::io::Result<String>>,
    head: Option<Head>,
) -> Result<AuditVerified, Diagnostic> {
    let mut verifier = Verifier::new(head);
    let mut contents = HashMap::new();
    let mut without = Vec::new();
    for (line, number) in lines.zip(1_u64..) {
        let wrong = |why: &dyn std::fmt::Display| {
            Diagnostic::error(format!("line {number}: {why}"))
                .help("give an export of `landfall audit export`, as it was written")
        };
        let line = line.map_err(|error| wrong(&error))?;
        if let Some((digest, holds)) = content_of(&line) {
            contents.insert(digest, holds);
            continue;
        }
        let row = Row::of_line(&line).map_err(|error| wrong(&error))?;
        verifier.row(&row);
        for digest in row.named() {
            match contents.get(&digest) {
                Some(true) => {}
                Some(false) => verifier.fault(&row, What::Damaged(digest)),
                None if without.len() < PAGE => without.push((row.clone(), digest)),
                None => {}
            }
        }
    }
    // Where none was exported none is missing.
    for (row, digest) in without.iter().filter(|_| !contents.is_empty()) {
        verifier.fault(row, What::Missing(*digest));
    }
    Ok(AuditVerified::of(verifier.finish(false), contents.len() as u64))
}

/// The digest of a line with a content, and whether it is that of its text.
fn content_of(line: &str) -> Option<(Digest, bool)> {
    if !line.starts_with("{\"content\":") {
        return None;
    }
    let read: serde_json::Value = serde_json::from_str(line).ok()?;
    let digest = Digest::parse(read.get("content")?.as_str()?)?;
    Some((digest, Digest::of(read.get("text")?.as_str()?.as_bytes()) == digest))
}
