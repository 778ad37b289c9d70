//! A private folder of compiled plugins.
//!
//! What lies in it is loaded as machine code, so the folder must be ours and closed to others, and
//! every file carries a checksum of itself. A file that does not hold is removed and made anew;
//! nothing here ever fails a plugin.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::error::CacheError;
use crate::id::Digest;

/// Files kept; beyond that the least recently used go. Arbitrary.
const MOST_FILES: usize = 256;
const MAGIC: &[u8; 8] = b"landfal1";
const SUFFIX: &str = "artifact";

#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Makes the folder where it is missing, and refuses one that others could write.
    pub(super) fn open(folder: &Path) -> Result<Self, CacheError> {
        let name = folder.display().to_string();
        let io = |error| CacheError::Io { folder: name.clone(), error };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
        let found = fs::symlink_metadata(folder).map_err(io)?;
        let fault = if !found.is_dir() {
            Some("is not a folder".to_owned())
        } else if found.uid() != rustix::process::geteuid().as_raw() {
            Some(format!("belongs to user {}", found.uid()))
        } else if found.mode() & 0o077 != 0 {
            Some(format!("has mode {:o} (`chmod 700` it)", found.mode() & 0o777))
        } else {
            None
        };
        match fault {
            Some(fault) => Err(CacheError::NotPrivate { folder: name, fault }),
            None => Ok(Self { folder: folder.to_owned() }),
        }
    }

    fn path(&self, key: Digest) -> PathBuf {
        self.folder.join(format!("{}.{SUFFIX}", key.hex()))
    }

    /// What was kept under that key, if it still holds.
    pub(super) fn get(&self, key: Digest, most_bytes: u64) -> Option<Vec<u8>> {
        let path = self.path(key);
        match read(&path, most_bytes) {
            Ok(body) => Some(body),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "a compiled plugin is made anew");
                let _ = fs::remove_file(&path);
                None
            }
        }
    }

    /// Keeps it, whole or not at all.
    pub(super) fn put(&self, key: Digest, body: &[u8]) {
        let path = self.path(key);
        if let Err(error) = self.write(&path, body) {
            tracing::warn!(path = %path.display(), %error, "a compiled plugin could not be kept");
        }
        self.prune();
    }

    fn write(&self, path: &Path, body: &[u8]) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(MAGIC)?;
        file.write_all(Digest::of(body).as_bytes())?;
        file.write_all(body)?;
        file.persist(path)?;
        Ok(())
    }

    /// Drops the least recently used beyond the bound, and what an ended process left half written.
    fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let mut files: Vec<(SystemTime, PathBuf)> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
            })
            .collect();
        files.sort();
        let beyond = files.len().saturating_sub(MOST_FILES);
        for (_, path) in files.iter().take(beyond) {
            let _ = fs::remove_file(path);
        }
    }
}

fn read(path: &Path, most_bytes: u64) -> io::Result<Vec<u8>> {
    let invalid = |message| io::Error::new(io::ErrorKind::InvalidData, message);
    let no_follow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default();
    let mut file = OpenOptions::new().read(true).custom_flags(no_follow).open(path)?;
    let found = file.metadata()?;
    if found.uid() != rustix::process::geteuid().as_raw() || found.mode() & 0o022 != 0 {
        return Err(invalid("others can write it"));
    }
    let (mut magic, mut checksum) = ([0; 8], [0; 32]);
    file.read_exact(&mut magic)?;
    file.read_exact(&mut checksum)?;
    let mut body = Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default());
    (&file).take(most_bytes).read_to_end(&mut body)?;
    if magic != *MAGIC || Digest::of(&body).as_bytes() != &checksum {
        return Err(invalid("its checksum does not hold"));
    }
    touch(&file);
    Ok(body)
}

/// So that what is used is not the first to go; of no consequence where it fails.
fn touch(file: &File) {
    let _ = file.set_modified(SystemTime::now());
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_kept_is_found_until_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("deep/compiled")).unwrap();
        let key = Digest::of(b"key");
        assert_eq!(cache.get(key, 100), None);
        cache.put(key, b"code");
        assert_eq!(cache.get(key, 100).as_deref(), Some(&b"code"[..]));
        assert_eq!(cache.get(key, 3), None, "longer than it may be");

        cache.put(key, b"code");
        let path = cache.path(key);
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(cache.get(key, 100), None);
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_others_can_write_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("c")).unwrap();
        let key = Digest::of(b"key");
        cache.put(key, b"code");
        fs::set_permissions(cache.path(key), fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(cache.get(key, 100), None);
    }

    #[test]
    fn an_open_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let error = Cache::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("has mode 755 (`chmod 700` it)"), "{error}");
    }

    #[test]
    fn the_least_recently_used_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("c")).unwrap();
        let key = |i: usize| Digest::of(&i.to_le_bytes());
        for i in 0..MOST_FILES + 4 {
            cache.put(key(i), b"code");
        }
        assert_eq!(fs::read_dir(&cache.folder).unwrap().count(), MOST_FILES);
        assert_eq!(cache.get(key(0), 100), None);
        assert!(cache.get(key(MOST_FILES + 3), 100).is_some());
    }
}
