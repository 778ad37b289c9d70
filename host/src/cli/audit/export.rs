//! `landfall audit export`: rows as JSON Lines, and out of the log.

use std::{
    collections::HashSet,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::ValueHint;

use super::{Log, Whose, parse_moment};
use crate::{
    audit::{Head, Row},
    cli::{Failure, put_raw},
    exit_code::Outcome,
    files::FilesError,
    host::content_line,
    id::Digest,
    protocol::{AuditPage, AuditWanted},
    render,
};

const AFTER_HELP: &str = "\
Examples:
  landfall audit export > audit.jsonl
  landfall audit export --before 2026-01-01 --contents -o 2025.jsonl
  landfall audit export --before 2026-01-01 --prune -o 2025.jsonl
  landfall audit verify 2025.jsonl

With --prune the strategies and answers are exported too; then the rows are taken out of the log, and a row
in their place says so. What a label kept of them goes as well: make a bundle of it first.";

/// Write rows as JSON Lines; with --prune, take them out of the log
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    /// Rows written before this day or time alone
    #[arg(long, value_name = "DATE", value_parser = parse_moment)]
    before: Option<String>,
    /// Strategies and answers too
    #[arg(long)]
    contents: bool,
    /// Take what was exported out of the log
    #[arg(long, requires = "before", requires = "output")]
    prune: bool,
    /// Where to write [default: stdout]
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,
    #[command(flatten)]
    whose: Whose,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let log = if args.prune { args.whose.open_to_write()? } else { args.whose.open()? };
    let Some(path) = &args.output else {
        export(&log, args, &mut |bytes| put_raw(bytes))?;
        return Ok(Outcome::Done);
    };
    let mut last = None;
    let rows = whole(path, |file| {
        let (rows, through) =
            export(&log, args, &mut |bytes| file.write_all(bytes).map_err(|error| not_written(path, error)))?;
        last = through;
        Ok(rows)
    })?;
    render::note(&render::exported(rows, &path.display().to_string()));
    if let (true, Some(through)) = (args.prune, last) {
        let pruned = log.prune(through.to_string())?;
        render::note(&render::pruned(&pruned));
    }
    Ok(Outcome::Done)
}

/// Puts out the rows; how many there are, and the last one.
fn export(
    log: &Log,
    args: &Args,
    put: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<(u64, Option<Head>), Failure> {
    let wanted = AuditWanted { contents: args.contents || args.prune, ..AuditWanted::default() };
    let (mut rows, mut last, mut known) = (0, None, HashSet::new());
    log.each(wanted, |page| {
        let (bytes, through, goes_on) = lines(page, args.before.as_deref(), &mut known, &mut rows);
        last = through.or(last);
        put(&bytes)?;
        Ok(goes_on)
    })?;
    Ok((rows, last))
}

/// A page as lines, each content before the first row that names it; the last row, and whether to go on.
fn lines(
    page: AuditPage,
    before: Option<&str>,
    known: &mut HashSet<Digest>,
    count: &mut u64,
) -> (Vec<u8>, Option<Head>, bool) {
    let (mut bytes, mut last) = (Vec::new(), None);
    for row in page.rows {
        if before.is_some_and(|before| row.at.as_str() >= before) {
            return (bytes, last, false);
        }
        let row = Row::from(row);
        for digest in row.named().into_iter().filter(|digest| known.insert(*digest)) {
            if let Some(content) = page.contents.iter().find(|content| content.digest == digest) {
                bytes.extend(content_line(content).into_bytes());
            }
        }
        bytes.extend(row.line().into_bytes());
        bytes.push(b'\n');
        *count += 1;
        last = Some(Head { seq: row.seq, hash: row.hash });
    }
    (bytes, last, true)
}

/// Writes a new file whole or not at all; it is on the disk when this returns.
pub(super) fn whole<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> Result<T, Failure>,
) -> Result<T, Failure> {
    if path.symlink_metadata().is_ok() {
        return Err(FilesError::Exist(vec![path.to_owned()]).into());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let failed = |error: io::Error| not_written(path, error);
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    let mut buffered = BufWriter::new(file.as_file_mut());
    let written = write(&mut buffered)?;
    buffered.flush().map_err(failed)?;
    drop(buffered);
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(path).map_err(|error| failed(error.error))?;
    Ok(written)
}

fn not_written(path: &Path, why: io::Error) -> Failure {
    FilesError::Io { path: path.to_owned(), why }.into()
}
