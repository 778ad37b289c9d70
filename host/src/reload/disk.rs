//! What is in the two folders at one moment, read by content. No event detail is used.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::fs::OFlags;

use super::{Folders, base};
use crate::{diagnostic::Diagnostic, id::Digest};

/// Largest file read of a folder; a plugin may be that large and no larger (its own limit is checked where
/// it is compiled).
const MAX_BYTES: u64 = 64 << 20;

/// Most that is read of one folder, since all of it is held in memory. Chosen: a hundred large plugins, and
/// little enough that files alone do not exhaust a small machine.
const MAX_FOLDER_BYTES: u64 = 512 << 20;

/// Files that a folder may hold beside what is read, by how their names begin.
const IGNORED_PREFIXES: [&str; 2] = [".", "#"];
/// And by how they end: temporaries and backups of editors (the long ones are JetBrains', `.vsctmp` is VS Code's,
/// `.bck` Helix's), what is still being copied or fetched, signatures.
const IGNORED_SUFFIXES: [&str; 14] = [
    "~",
    ".swp",
    ".swx",
    ".tmp",
    ".bak",
    ".orig",
    "___jb_tmp___",
    "___jb_old___",
    "___jb_bak___",
    ".vsctmp",
    ".bck",
    ".part",
    ".partial",
    ".minisig",
];
/// And by their whole name: documentation, and the file vim writes to see whether it can.
const IGNORED_NAMES: [&str; 2] = ["README.md", "4913"];

/// The link that Kubernetes swaps when it puts another version of all files in their place.
const SWAPPED: &str = "..data";
/// How often a folder is read at the most, when it is swapped meanwhile. Arbitrary: swaps are seconds apart.
const TRIES: usize = 5;

/// A file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// The file system said no.
    #[error("the file cannot be read: {0}")]
    Io(String),
    /// A link to a place outside the folder.
    #[error("the file is a link that leads out of the folder, and is not followed")]
    LeadsOut,
    /// A folder, a pipe, a device.
    #[error("this is not a file")]
    NotAFile,
    /// Larger than anything that is read.
    #[error("the file has more than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    /// One of the largest in a folder that holds more than is read of one.
    #[error(
        "the folder holds more than {} MiB, so its largest files are not read: move what is not needed elsewhere",
        MAX_FOLDER_BYTES >> 20
    )]
    FolderTooLarge,
}

/// Why a watched folder gives nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FolderFault {
    /// The file system said no.
    #[error("the folder {path} cannot be read: {why}")]
    Unreadable {
        /// Which.
        path: String,
        /// What it said.
        why: String,
    },
    /// There is no rule file in it.
    #[error("the folder {path} has no rule file")]
    Empty {
        /// Which.
        path: String,
    },
}

/// The files of one folder that may mean something, and the names of those that do not belong.
#[derive(Debug, Clone, Default)]
pub struct Folder {
    /// Contents by name.
    pub files: BTreeMap<String, Result<Arc<[u8]>, FileFault>>,
    /// What does not belong, with what to do about it.
    strays: BTreeMap<String, Diagnostic>,
    /// Why nothing could be read.
    fault: Option<FolderFault>,
}

/// Both folders at one moment.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    /// Rule files.
    pub rules: Folder,
    /// Plugins; none where rules are checked by themselves.
    pub plugins: Option<Folder>,
}

impl Disk {
    /// What keeps the folders from being read, if anything does.
    pub(super) fn faults(&self) -> Option<Vec<Diagnostic>> {
        let faults: Vec<Diagnostic> = std::iter::once(&self.rules)
            .chain(&self.plugins)
            .filter_map(|folder| folder.fault.as_ref())
            .map(|fault| {
                let (FolderFault::Unreadable { path, .. } | FolderFault::Empty { path }) = fault;
                Diagnostic::error(fault.to_string()).in_file(path).help("what was served before stays served")
            })
            .collect();
        (!faults.is_empty()).then_some(faults)
    }

    /// The same, with the bytes that did not change held once for both.
    pub(super) fn sharing(&self, before: &Self) -> Self {
        let plugins = match (&self.plugins, &before.plugins) {
            (Some(now), Some(before)) => Some(now.sharing(before)),
            (now, _) => now.clone(),
        };
        Self { rules: self.rules.sharing(&before.rules), plugins }
    }

    /// A plugin file that could be read, with what is in it.
    pub(super) fn plugin(&self, name: &str) -> Option<(String, Digest)> {
        let bytes = self.plugins.as_ref()?.files.get(name)?.as_ref().ok()?;
        Some((name.to_owned(), Digest::of(bytes)))
    }

    /// What does not belong, by name.
    pub(super) fn strays(&self) -> impl Iterator<Item = (String, Diagnostic)> + '_ {
        let both = std::iter::once(&self.rules).chain(&self.plugins).flat_map(|folder| &folder.strays);
        both.map(|(name, problem)| (name.clone(), problem.clone()))
    }
}

impl Folder {
    fn sharing(&self, before: &Self) -> Self {
        let mut shared = self.clone();
        for (name, read) in &mut shared.files {
            if let Some(old) = before.files.get(name)
                && old == read
            {
                *read = old.clone();
            }
        }
        shared
    }

    /// A folder of these files, as if they had been read; for whoever has them elsewhere than on disk.
    #[must_use]
    pub fn of(files: impl IntoIterator<Item = (String, Arc<[u8]>)>) -> Self {
        let files = files.into_iter().map(|(name, bytes)| (name, Ok(bytes))).collect();
        Self { files, ..Self::default() }
    }
}

/// Reads both folders.
#[must_use]
pub fn read_folders(folders: &Folders) -> Disk {
    Disk { rules: read_rules(&folders.rules), plugins: Some(read_plugins(&folders.plugins)) }
}

/// Reads a folder of rules; one without a rule file is a fault, and no deletion of all. A base by itself
/// rules nothing.
#[must_use]
pub fn read_rules(path: &Path) -> Folder {
    let mut rules = read(path, ".yaml");
    let rules_something = rules.files.keys().any(|name| !base::NAMES.contains(&name.as_str()));
    if rules.fault.is_none() && !rules_something {
        rules.fault = Some(FolderFault::Empty { path: path.display().to_string() });
    }
    rules
}

/// Reads a folder of plugins.
#[must_use]
pub fn read_plugins(path: &Path) -> Folder {
    read(path, ".wasm")
}

/// Reads a folder; again where another is put in its place meanwhile, so that it is never half of one and
/// half of the other.
fn read(path: &Path, suffix: &str) -> Folder {
    let leads_to = || (fs::canonicalize(path).ok(), fs::read_link(path.join(SWAPPED)).ok());
    let mut tries = TRIES;
    loop {
        let before = leads_to();
        let folder = read_once(path, suffix);
        tries -= 1;
        if tries == 0 || leads_to() == before {
            return folder;
        }
    }
}

fn read_once(path: &Path, suffix: &str) -> Folder {
    let mut folder = Folder::default();
    let unreadable = |error: io::Error| FolderFault::Unreadable {
        path: path.display().to_string(),
        why: error.to_string(),
    };
    let entries = match fs::canonicalize(path).and_then(|root| Ok((fs::read_dir(&root)?, root))) {
        Ok((entries, root)) => entries.map(move |entry| entry.map(|entry| (entry, root.clone()))),
        Err(error) => {
            folder.fault = Some(unreadable(error));
            return folder;
        }
    };
    let mut wanted = Vec::new();
    for entry in entries {
        let (entry, root) = match entry {
            Ok(found) => found,
            Err(error) => {
                folder.fault = Some(unreadable(error));
                return folder;
            }
        };
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_ignored(&name, is_folder) {
            continue;
        }
        if !name.ends_with(suffix) {
            folder.strays.insert(name.clone(), stray(&name, suffix));
            continue;
        }
        let path = entry.path();
        let length = fs::metadata(&path).map_or(0, |found| found.len());
        wanted.push(Wanted { length, name, path, root });
    }
    folder.files = read_within(MAX_FOLDER_BYTES, wanted);
    folder
}

/// A file to be read.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    length: u64,
    name: String,
    path: PathBuf,
    root: PathBuf,
}

/// Reads so many bytes of files, the smallest first: whoever fills a folder loses their own files, and not
/// those of others.
fn read_within(most: u64, mut wanted: Vec<Wanted>) -> BTreeMap<String, Result<Arc<[u8]>, FileFault>> {
    wanted.sort_unstable();
    let mut left = most;
    let mut files = BTreeMap::new();
    for Wanted { length, name, path, root } in wanted {
        // One that is too large by itself is told that, and costs nothing.
        let read = match length {
            _ if length > left && length <= MAX_BYTES => Some(Err(FileFault::FolderTooLarge)),
            _ => read_file(&root, &path),
        };
        if let Some(read) = read {
            left = left.saturating_sub(read.as_ref().map_or(0, |bytes| bytes.len() as u64));
            files.insert(name, read);
        }
    }
    files
}

/// A folder is no editor's temporary: only a hidden one is let be, and nobody believes that others are read.
fn is_ignored(name: &str, is_folder: bool) -> bool {
    let is_named_so =
        || IGNORED_NAMES.contains(&name) || IGNORED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix));
    IGNORED_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || (!is_folder && is_named_so())
}

fn stray(name: &str, suffix: &str) -> Diagnostic {
    let message = format!("`{}` does not belong here and is not read", crate::rules::yaml::shorten(name));
    let help = match name.rsplit_once('.') {
        Some((stem, "yml")) if suffix == ".yaml" => format!("rename it to `{stem}.yaml`"),
        _ => format!("only `*{suffix}` files are read, and folders are read flat: move it elsewhere"),
    };
    Diagnostic::error(message).in_file(name).help(help)
}

/// The contents of a file; none where it vanished while the folder was read.
fn read_file(root: &Path, path: &Path) -> Option<Result<Arc<[u8]>, FileFault>> {
    let read = || -> io::Result<Result<Arc<[u8]>, FileFault>> {
        let real = fs::canonicalize(path)?;
        if !real.starts_with(root) {
            return Ok(Err(FileFault::LeadsOut));
        }
        // Opening a pipe would wait for somebody to write into it.
        let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
        let file = fs::OpenOptions::new().read(true).custom_flags(nonblocking).open(&real)?;
        // Asked of what is open, so that nothing can be put in its place in between.
        let found = file.metadata()?;
        if !found.is_file() {
            return Ok(Err(FileFault::NotAFile));
        }
        // Nobody reads 64 MiB at every reload to find that there are more.
        if found.len() > MAX_BYTES {
            return Ok(Err(FileFault::TooLarge));
        }
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(if bytes.len() as u64 > MAX_BYTES { Err(FileFault::TooLarge) } else { Ok(bytes.into()) })
    };
    match read() {
        Ok(read) => Some(read),
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_err() => None,
        Err(error) => Some(Err(FileFault::Io(error.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_folder_that_holds_too_much_the_smallest_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let wanted = |name: &str, length: usize| {
            let path = root.join(name);
            fs::write(&path, vec![b'x'; length]).unwrap();
            Wanted { length: length as u64, name: name.to_owned(), path, root: root.clone() }
        };
        let all =
            vec![wanted("a.wasm", 60), wanted("b.wasm", 10), wanted("c.wasm", 50), wanted("d.wasm", 60)];
        let files = read_within(100, all);
        let read: Vec<&str> =
            files.iter().filter(|(_, read)| read.is_ok()).map(|(name, _)| name.as_str()).collect();
        assert_eq!(read, ["b.wasm", "c.wasm"]);
        assert_eq!(files["a.wasm"], Err(FileFault::FolderTooLarge));
        assert_eq!(files["d.wasm"], Err(FileFault::FolderTooLarge));
    }
}
