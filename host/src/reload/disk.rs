//! What is in the two folders at one moment, by content. No event detail is used. A file that cannot be another than the one
//! that was read before may be taken from there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Read as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rustix::fs::OFlags;

use super::{
    Accepted, Folders, base,
    trusted::{Judged, Untrusted},
};
use crate::{
    diagnostic::Diagnostic,
    id::{Digest, PluginId},
    plugin::id_of_file,
};

/// The largest file that is read, and how it is said.
type Most = (u64, &'static str);

/// Largest file read of a folder; a plugin may be that large and no larger (its own limit is checked where
/// it is compiled).
const MOST_OF_FILE: Most = (64 << 20, "64 MiB");

/// Largest signature read. Three hundred bytes are usual, and its trusted comment may say more.
const MOST_OF_SIGNATURE: Most = (16 << 10, "16 KiB");

/// What a signature's name ends with, after that of its file.
const SIGNATURE: &str = ".minisig";

/// How often file and signature are read again where one changed meanwhile. Beyond that they are taken as they
/// are: if they do not fit, that waits for the folders to settle.
const TRIES: usize = 3;

/// Most that is read of one folder, since all of it is held in memory. Chosen: a hundred large plugins, and
/// little enough that files alone do not exhaust a small machine.
const MOST_OF_FOLDER: Most = (512 << 20, "512 MiB");

/// Files that a folder may hold beside what is read, by how their names begin.
const IGNORED_PREFIXES: [&str; 2] = [".", "#"];
/// And by how they end: temporaries and backups of editors (the long ones are JetBrains', `.vsctmp` is VS Code's,
/// `.bck` Helix's), what is still being copied or fetched.
const IGNORED_SUFFIXES: [&str; 13] = [
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
];
/// And by their whole name: documentation, and the file vim writes to see whether it can.
const IGNORED_NAMES: [&str; 2] = ["README.md", "4913"];

/// How far apart changes must be to have times of their own: two seconds on the coarsest file systems, and one for clocks
/// that are read before.
const COARSEST: Duration = Duration::from_secs(3);

/// The link that Kubernetes swaps when it puts another version of all files in their place.
const SWAPPED: &str = "..data";
/// How often a folder is read at the most, when it is swapped meanwhile. Arbitrary: swaps are seconds apart.
const TRIES_OF_FOLDER: usize = 5;

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
    #[error("the file has more than {0}")]
    TooLarge(&'static str),
    /// One of the largest in a folder that holds more than is read of one.
    #[error(
        "the folder holds more than {}, so its largest files are not read: move what is not needed elsewhere",
        MOST_OF_FOLDER.1
    )]
    FolderTooLarge,
    /// It can be read, and must not be taken in.
    #[error("{}", .0.problem.message)]
    Untrusted(Box<Untrusted>),
}

impl FileFault {
    /// The same as a problem of that file.
    pub(super) fn diagnostic(&self, file: &str) -> Diagnostic {
        match self {
            Self::Untrusted(untrusted) => untrusted.problem.clone(),
            fault => Diagnostic::error(fault.to_string()).in_file(file),
        }
    }

    /// Of what could be read, and must not be taken in.
    pub(super) fn digest(&self) -> Option<Digest> {
        match self {
            Self::Untrusted(untrusted) => Some(untrusted.digest),
            _ => None,
        }
    }

    /// Whether the file may be whole when the folders have settled once more.
    pub(super) fn waits(&self) -> bool {
        matches!(self, Self::Untrusted(untrusted) if untrusted.waits)
    }
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

/// Plugins that are taken in the place of those in the folder, wherever they come from. Whoever holds it may put
/// others there; they are read with the next reload.
#[derive(Debug, Clone, Default)]
pub struct Instead(Arc<Mutex<BTreeMap<PluginId, Arc<[u8]>>>>);

impl Instead {
    /// From the next reload on.
    pub fn put(&self, id: PluginId, wasm: Arc<[u8]>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, wasm);
    }

    /// What is read, with these in it: neither spelling of such an id is taken from the folder.
    #[must_use]
    pub fn over(&self, mut disk: Disk) -> Disk {
        let instead = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(plugins) = disk.plugins.as_mut().filter(|_| !instead.is_empty()) else { return disk };
        let is_replaced = |name: &str| id_of_file(name).is_some_and(|id| instead.contains_key(id.as_str()));
        plugins.files.retain(|name, _| !is_replaced(name));
        plugins.signatures.retain(|name, _| !is_replaced(name));
        let files = instead.iter().map(|(id, wasm)| (format!("{id}.wasm"), Ok(Arc::clone(wasm))));
        plugins.files.extend(files);
        disk
    }
}

/// The files of one folder that may mean something, and the names of those that do not belong.
#[derive(Debug, Clone, Default)]
pub struct Folder {
    /// Contents by name.
    pub files: BTreeMap<String, Result<Arc<[u8]>, FileFault>>,
    /// Signatures by the name of what they sign.
    pub(super) signatures: BTreeMap<String, Result<Arc<[u8]>, FileFault>>,
    /// What they are worth.
    pub(super) judged: Arc<Judged>,
    /// What does not belong, with what to do about it.
    strays: BTreeMap<String, Diagnostic>,
    /// Which version of each file was read, of those that had not changed for a while then.
    versions: BTreeMap<String, Version>,
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
    pub(super) fn sharing(mut self, before: &Self) -> Self {
        self.rules.share(&before.rules);
        if let (Some(now), Some(before)) = (&mut self.plugins, &before.plugins) {
            now.share(before);
        }
        self
    }

    /// The same, with the bytes of accepted plugins held once too.
    pub(super) fn sharing_plugins(mut self, accepted: &Accepted) -> Self {
        for (name, read) in self.plugins.iter_mut().flat_map(|folder| &mut folder.files) {
            let id = id_of_file(name).and_then(|id| PluginId::parse(&id).ok());
            let plugin = id.and_then(|id| accepted.plugins.get(&id));
            let known = plugin.and_then(|plugin| accepted.wasm.get(&plugin.digest));
            if let (Ok(bytes), Some(known)) = (read, known)
                && !Arc::ptr_eq(bytes, known)
                && bytes == known
            {
                *bytes = Arc::clone(known);
            }
        }
        self
    }

    /// Whether every file was read as it is in the other, and is held once for both.
    #[must_use]
    pub fn is_held_by(&self, other: &Self) -> bool {
        let plugins = match (&self.plugins, &other.plugins) {
            (Some(one), Some(other)) => one.is_held_by(other),
            (one, other) => one.is_none() && other.is_none(),
        };
        plugins && self.rules.is_held_by(&other.rules)
    }

    /// A plugin file that could be read, or any file that may be half copied, with what is in it.
    pub(super) fn undecided(&self, name: &str) -> Option<(String, Digest)> {
        let is_plugin = name.ends_with(".wasm");
        let folder = if is_plugin { self.plugins.as_ref()? } else { &self.rules };
        let digest = match folder.files.get(name)? {
            Ok(bytes) => is_plugin.then(|| Digest::of(bytes))?,
            Err(fault) if fault.waits() => fault.digest()?,
            Err(_) => return None,
        };
        Some((name.to_owned(), digest))
    }

    /// What does not belong, by name.
    pub(super) fn strays(&self) -> impl Iterator<Item = (String, Diagnostic)> + '_ {
        let both = std::iter::once(&self.rules).chain(&self.plugins).flat_map(|folder| &folder.strays);
        both.map(|(name, problem)| (name.clone(), problem.clone()))
    }
}

impl Folder {
    fn is_held_by(&self, other: &Self) -> bool {
        self.files.len() == other.files.len()
            && self.files.iter().zip(&other.files).all(|((name, read), (other_name, other_read))| {
                let held = matches!((read, other_read), (Ok(one), Ok(other)) if Arc::ptr_eq(one, other));
                held && name == other_name
            })
    }

    fn share(&mut self, before: &Self) {
        for (name, read) in &mut self.files {
            if let (Ok(now), Some(Ok(old))) = (&mut *read, before.files.get(name))
                && !Arc::ptr_eq(now, old)
                && now == old
            {
                *now = Arc::clone(old);
            }
        }
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
    read_again(folders, &Disk::default())
}

/// The same, but for files that are, by inode, length and time of change, the version that was read before. What is
/// written through a mapping may not show in these: whoever is told of a change and finds none reads everything.
#[must_use]
pub fn read_changed(folders: &Folders, before: &Disk) -> Disk {
    read_again(folders, before)
}

/// Reads all of both folders, holding what is as it was once for both.
#[must_use]
pub fn read_all(folders: &Folders, before: &Disk) -> Disk {
    let unknown = |folder: &Folder| Folder { versions: BTreeMap::new(), ..folder.clone() };
    let before = Disk { rules: unknown(&before.rules), plugins: before.plugins.as_ref().map(unknown) };
    read_again(folders, &before)
}

fn read_again(folders: &Folders, before: &Disk) -> Disk {
    let nothing = Folder::default();
    let plugins = read(&folders.plugins, ".wasm", before.plugins.as_ref().unwrap_or(&nothing));
    Disk { rules: rules_over(&folders.rules, &before.rules), plugins: Some(plugins) }
}

/// Reads a folder of rules; one without a rule file is a fault, and no deletion of all. A base by itself
/// rules nothing.
#[must_use]
pub fn read_rules(path: &Path) -> Folder {
    rules_over(path, &Folder::default())
}

fn rules_over(path: &Path, before: &Folder) -> Folder {
    let mut rules = read(path, ".yaml", before);
    let rules_something = rules.files.keys().any(|name| !base::NAMES.contains(&name.as_str()));
    if rules.fault.is_none() && !rules_something {
        rules.fault = Some(FolderFault::Empty { path: path.display().to_string() });
    }
    rules
}

/// Reads a folder of plugins.
#[must_use]
pub fn read_plugins(path: &Path) -> Folder {
    read(path, ".wasm", &Folder::default())
}

/// Reads a folder; again where another is put in its place meanwhile, so that it is never half of one and
/// half of the other.
fn read(path: &Path, suffix: &str, known: &Folder) -> Folder {
    let leads_to = || (fs::canonicalize(path).ok(), fs::read_link(path.join(SWAPPED)).ok());
    let mut tries = TRIES_OF_FOLDER;
    loop {
        let before = leads_to();
        let folder = read_once(path, suffix, known);
        tries -= 1;
        if tries == 0 || leads_to() == before {
            return folder;
        }
    }
}

fn read_once(path: &Path, suffix: &str, known: &Folder) -> Folder {
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
    let (mut wanted, mut signed) = (Vec::new(), BTreeSet::new());
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
        if let Some(what) = name.strip_suffix(SIGNATURE).filter(|_| !is_folder) {
            if what.ends_with(suffix) && fs::symlink_metadata(root.join(what)).is_err() {
                folder.strays.insert(name.clone(), lone_signature(&name, what));
            }
            signed.insert(what.to_owned());
            continue;
        }
        if !name.ends_with(suffix) {
            folder.strays.insert(name.clone(), stray(&name, suffix));
            continue;
        }
        let path = entry.path();
        let found = entry.metadata();
        let is_file = found.as_ref().is_ok_and(fs::Metadata::is_file);
        let found = if is_file { found } else { fs::metadata(&path) };
        // The time of change of a link says nothing of that of what it leads to at another time.
        let version = found.as_ref().ok().filter(|_| is_file).map(Version::from);
        let length = found.map_or(0, |found| found.len());
        wanted.push(Wanted { length, name, path, root, is_file, is_signed: false, version });
    }
    for wanted in &mut wanted {
        wanted.is_signed = signed.contains(&wanted.name);
    }
    read_within(MOST_OF_FOLDER.0, wanted, known, &mut folder);
    folder
}

/// A file to be read.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    length: u64,
    name: String,
    path: PathBuf,
    root: PathBuf,
    /// Whether it was one itself, and no link to one.
    is_file: bool,
    /// Whether a signature lay beside it.
    is_signed: bool,
    /// Which one it was, if it was one itself.
    version: Option<Version>,
}

/// Reads so many bytes of files, the smallest first: whoever fills a folder loses their own files, and not
/// those of others.
fn read_within(most: u64, mut wanted: Vec<Wanted>, known: &Folder, folder: &mut Folder) {
    wanted.sort_unstable();
    let (mut left, mut room) = (most, Vec::new());
    let now = SystemTime::now();
    for wanted in wanted {
        // One that is too large by itself is told that, and costs nothing.
        let (read, signature) = if wanted.length > left && wanted.length <= MOST_OF_FILE.0 {
            (Some(Err(FileFault::FolderTooLarge)), None)
        } else {
            let bytes = known.files.get(&wanted.name).and_then(|read| read.as_ref().ok());
            let is_known =
                wanted.version.is_some() && known.versions.get(&wanted.name) == wanted.version.as_ref();
            match bytes.filter(|_| is_known && !wanted.is_signed) {
                Some(bytes) => (Some(Ok(Arc::clone(bytes))), None),
                None => read_pair(&wanted, bytes, &mut room),
            }
        };
        let settled = wanted.version.filter(|version| version.is_settled(now));
        folder.versions.extend(settled.map(|version| (wanted.name.clone(), version)));
        let name = wanted.name;
        let bytes = read.as_ref().and_then(|read| read.as_ref().ok());
        left = left.saturating_sub(bytes.map_or(0, |bytes| bytes.len() as u64));
        folder.signatures.extend(signature.map(|signature| (name.clone(), signature)));
        folder.files.extend(read.map(|read| (name, read)));
    }
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

/// Harmless: nothing is refused for it.
fn lone_signature(name: &str, signed: &str) -> Diagnostic {
    let message = format!("there is no `{}` that this would sign", crate::rules::yaml::shorten(signed));
    Diagnostic::warning(message).in_file(name).help("put the file there, or take the signature away")
}

/// What was read, if it was there.
type Read = Option<Result<Arc<[u8]>, FileFault>>;

/// A file and its signature as they were at one moment.
fn read_pair(
    Wanted { name, path, root, is_file, is_signed, .. }: &Wanted,
    known: Option<&Arc<[u8]>>,
    room: &mut Vec<u8>,
) -> (Read, Read) {
    let mut read = || read_file(root, path, *is_file, MOST_OF_FILE, known, room);
    // One that comes meanwhile comes with an event of its own.
    if !is_signed {
        return (read(), None);
    }
    let signature = path.with_file_name(format!("{name}{SIGNATURE}"));
    let seen = || (Version::of(path), Version::of(&signature));
    let mut before = seen();
    let mut tries = 1;
    loop {
        let signature = || {
            before
                .1
                .and_then(|_| read_file(root, &signature, false, MOST_OF_SIGNATURE, None, &mut Vec::new()))
        };
        let read = (read(), signature());
        let after = seen();
        // Where nobody signs, a file that changes is read again for the event of its change.
        if before == after || after.1.is_none() || tries == TRIES {
            return read;
        }
        before = after;
        tries += 1;
    }
}

/// Which version of a file a path leads to, by what changes with its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    device: u64,
    inode: u64,
    bytes: u64,
    changed: (i64, i64),
}

impl Version {
    fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().as_ref().map(Self::from)
    }

    /// Whether whatever is written from now on gives it another time of change, however coarse those are.
    fn is_settled(&self, now: SystemTime) -> bool {
        let changed = u64::try_from(self.changed.0).ok().map(Duration::from_secs);
        let age = changed.and_then(|changed| now.duration_since(UNIX_EPOCH).ok()?.checked_sub(changed));
        age.is_some_and(|age| age >= COARSEST)
    }
}

impl From<&fs::Metadata> for Version {
    fn from(found: &fs::Metadata) -> Self {
        let changed = (found.ctime(), found.ctime_nsec());
        Self { device: found.dev(), inode: found.ino(), bytes: found.len(), changed }
    }
}

/// The contents of a file; none where it vanished while the folder was read.
/// What reads as it was known is that, and takes no memory of its own: `room` is for all to be read into.
fn read_file(
    root: &Path,
    path: &Path,
    is_file: bool,
    (most, said): Most,
    known: Option<&Arc<[u8]>>,
    room: &mut Vec<u8>,
) -> Read {
    let mut read = || -> io::Result<Result<Arc<[u8]>, FileFault>> {
        let mut file = None;
        if is_file {
            // One that has become a link meanwhile does not open so.
            file = open(path, OFlags::NONBLOCK | OFlags::NOFOLLOW).ok();
        }
        let file = match file {
            Some(file) => file,
            None => {
                let real = fs::canonicalize(path)?;
                if !real.starts_with(root) {
                    return Ok(Err(FileFault::LeadsOut));
                }
                open(&real, OFlags::NONBLOCK)?
            }
        };
        // Asked of what is open, so that nothing can be put in its place in between.
        let found = file.metadata()?;
        if !found.is_file() {
            return Ok(Err(FileFault::NotAFile));
        }
        // Nobody reads so much at every reload to find that there is more.
        if found.len() > most {
            return Ok(Err(FileFault::TooLarge(said)));
        }
        room.clear();
        room.reserve(usize::try_from(found.len()).unwrap_or_default() + 1);
        file.take(most + 1).read_to_end(room)?;
        Ok(match known.filter(|known| ***known == **room) {
            _ if room.len() as u64 > most => Err(FileFault::TooLarge(said)),
            Some(known) => Ok(Arc::clone(known)),
            None => Ok(room.as_slice().into()),
        })
    };
    match read() {
        Ok(read) => Some(read),
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_err() => None,
        Err(error) => Some(Err(FileFault::Io(error.to_string()))),
    }
}

/// Opening a pipe without more would wait for somebody to write into it.
fn open(path: &Path, flags: OFlags) -> io::Result<fs::File> {
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    fs::OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_taken_in_the_place_of_either_spelling() {
        let bytes = |text: &str| Arc::<[u8]>::from(text.as_bytes());
        let folder = ["a_b.wasm", "a-b.wasm", "c.wasm"].map(|name| (name.to_owned(), bytes("folder")));
        let read = || Disk { plugins: Some(Folder::of(folder.clone())), ..Disk::default() };
        let instead = Instead::default();
        let files = |disk: Disk| {
            let files = disk.plugins.unwrap().files;
            files.into_iter().map(|(name, read)| (name, read.unwrap())).collect::<Vec<_>>()
        };
        assert_eq!(files(instead.over(read())).len(), 3);
        instead.put(PluginId::parse("a-b").unwrap(), bytes("mine"));
        let expected = [("a-b.wasm".to_owned(), bytes("mine")), ("c.wasm".to_owned(), bytes("folder"))];
        assert_eq!(files(instead.over(read())), expected);
        assert!(instead.over(Disk::default()).plugins.is_none());
    }

    #[test]
    fn a_version_that_was_read_is_not_opened_again_unless_everything_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("br.yaml");
        fs::write(&path, "on disk").unwrap();
        let folders = Folders { rules: folder.path().to_owned(), plugins: folder.path().to_owned() };
        let bytes = |disk: &Disk| disk.rules.files["br.yaml"].clone().unwrap();
        // It has just changed, and may change again at the same time.
        let mut known = read_folders(&folders);
        assert!(known.rules.versions.is_empty());
        assert!(read_changed(&folders, &known).is_held_by(&known));
        let version = Version::of(&path).unwrap();
        let now = SystemTime::now();
        assert!(!version.is_settled(now) && version.is_settled(now + 2 * COARSEST));
        let other: Arc<[u8]> = Arc::from(&b"as it was read"[..]);
        known.rules.files.insert("br.yaml".to_owned(), Ok(Arc::clone(&other)));
        known.rules.versions.insert("br.yaml".to_owned(), version);
        assert_eq!(bytes(&read_changed(&folders, &known)), other);
        assert_eq!(&*bytes(&read_all(&folders, &known)), b"on disk");
        fs::write(folder.path().join("new"), "changed").unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        assert_eq!(&*bytes(&read_changed(&folders, &known)), b"changed");
    }

    #[test]
    fn of_a_folder_that_holds_too_much_the_smallest_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let wanted = |name: &str, length: usize| {
            let path = root.join(name);
            fs::write(&path, vec![b'x'; length]).unwrap();
            let (name, root) = (name.to_owned(), root.clone());
            let (length, version) = (length as u64, None);
            Wanted { length, name, path, root, is_file: true, is_signed: false, version }
        };
        let all =
            vec![wanted("a.wasm", 60), wanted("b.wasm", 10), wanted("c.wasm", 50), wanted("d.wasm", 60)];
        let mut found = Folder::default();
        read_within(100, all, &Folder::default(), &mut found);
        let files = found.files;
        let read: Vec<&str> =
            files.iter().filter(|(_, read)| read.is_ok()).map(|(name, _)| name.as_str()).collect();
        assert_eq!(read, ["b.wasm", "c.wasm"]);
        assert_eq!(files["a.wasm"], Err(FileFault::FolderTooLarge));
        assert_eq!(files["d.wasm"], Err(FileFault::FolderTooLarge));
    }
}
