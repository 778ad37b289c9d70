//! Files as a revision of a git repository has them. Asks git, which must be installed; changes nothing.

use std::{
    fs,
    io::{self, BufReader, Read as _},
    path::Path,
    process::{Command, Output, Stdio},
};

/// Largest file taken out of a repository; whoever reads the folder has limits of its own.
const MOST_BYTES: u64 = 64 << 20;

/// Why a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no git, or it cannot be run.
    #[error("git cannot be run: {0}")]
    NoGit(io::Error),
    /// The folder is in no repository.
    #[error("the folder {folder} is in no git repository")]
    NoRepository {
        /// Which.
        folder: String,
    },
    /// The repository has no such revision.
    #[error("the repository of {folder} has no revision `{revision}`")]
    NoRevision {
        /// Which folder.
        folder: String,
        /// Which revision.
        revision: String,
    },
    /// The revision has no file there.
    #[error("revision `{revision}` has no file in {folder}")]
    NoFolder {
        /// Which folder.
        folder: String,
        /// Which revision.
        revision: String,
    },
    /// A link, of which a revision holds only where it leads.
    #[error("`{name}` is a link in revision `{revision}`, and links are not read from a revision")]
    Link {
        /// Which file.
        name: String,
        /// Which revision.
        revision: String,
    },
    /// Git says something else.
    #[error("git failed: {0}")]
    Failed(String),
    /// A file cannot be written.
    #[error("cannot write what git gave: {0}")]
    Io(#[from] io::Error),
}

/// A file of a revision.
struct Blob {
    object: String,
    name: String,
}

/// Writes the files that `folder` holds in a revision into another folder. Flat, as folders of rules are.
///
/// # Errors
/// [`GitError`].
pub fn take_out(folder: &Path, revision: &str, into: &Path) -> Result<(), GitError> {
    let shown = || folder.display().to_string();
    let no_revision = || GitError::NoRevision { folder: shown(), revision: revision.to_owned() };
    if !git(folder, &["rev-parse", "--git-dir"])?.status.success() {
        return Err(GitError::NoRepository { folder: shown() });
    }
    // Taken for an option otherwise.
    if revision.starts_with('-') {
        return Err(no_revision());
    }
    let commit = git(folder, &["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])?;
    if !commit.status.success() {
        return Err(no_revision());
    }
    let commit = String::from_utf8_lossy(&commit.stdout).trim().to_owned();
    let listed = git(folder, &["ls-tree", "-z", &commit, "./"])?;
    if !listed.status.success() {
        return Err(failed(&listed));
    }
    let blobs = blobs(&listed.stdout, revision)?;
    if blobs.is_empty() {
        return Err(GitError::NoFolder { folder: shown(), revision: revision.to_owned() });
    }
    write_all(folder, &blobs, into)
}

fn git(folder: &Path, arguments: &[&str]) -> Result<Output, GitError> {
    command(folder, arguments).stdin(Stdio::null()).output().map_err(GitError::NoGit)
}

/// In that folder's repository, whatever a hook that runs us says of its own.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(variable);
    }
    command
}

fn failed(output: &Output) -> GitError {
    let said: String =
        String::from_utf8_lossy(&output.stderr).chars().map(crate::source::printable).take(400).collect();
    GitError::Failed(said.trim().to_owned())
}

/// `<mode> <type> <object>\t<name>`, each ended by a zero.
fn blobs(listed: &[u8], revision: &str) -> Result<Vec<Blob>, GitError> {
    let mut blobs = Vec::new();
    for entry in listed.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
        let text = String::from_utf8_lossy(entry);
        let Some((about, name)) = text.split_once('\t') else { continue };
        let mut about = about.split(' ');
        let (mode, kind, object) = (about.next(), about.next(), about.next());
        match (mode, kind, object) {
            (Some("120000"), ..) => {
                return Err(GitError::Link { name: name.to_owned(), revision: revision.to_owned() });
            }
            (_, Some("blob"), Some(object)) if !name.contains('/') => {
                blobs.push(Blob { object: object.to_owned(), name: name.to_owned() });
            }
            _ => {}
        }
    }
    Ok(blobs)
}

/// One git for all of them: it answers one question after the other.
fn write_all(folder: &Path, blobs: &[Blob], into: &Path) -> Result<(), GitError> {
    let mut child = command(folder, &["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(GitError::NoGit)?;
    let (asks, answers) = (child.stdin.take(), child.stdout.take());
    let written = match (asks, answers) {
        (Some(mut asks), Some(answers)) => {
            let mut answers = BufReader::new(answers);
            blobs.iter().try_for_each(|blob| write_one(&mut asks, &mut answers, blob, into))
        }
        _ => Ok(()),
    };
    child.wait()?;
    written
}

fn write_one(
    asks: &mut impl io::Write,
    answers: &mut impl io::BufRead,
    blob: &Blob,
    into: &Path,
) -> Result<(), GitError> {
    writeln!(asks, "{}", blob.object)?;
    asks.flush()?;
    // `<object> blob <size>`, the bytes, and a newline.
    let mut head = String::new();
    answers.read_line(&mut head)?;
    let size: Option<u64> = head.trim().rsplit(' ').next().and_then(|size| size.parse().ok());
    let size = size.filter(|size| *size <= MOST_BYTES);
    let Some(size) = size else {
        return Err(GitError::Failed(format!("`{}` cannot be read: {}", blob.name, head.trim())));
    };
    let mut bytes = Vec::new();
    answers.take(size).read_to_end(&mut bytes)?;
    answers.read_exact(&mut [0])?;
    fs::write(into.join(&blob.name), bytes)?;
    Ok(())
}
