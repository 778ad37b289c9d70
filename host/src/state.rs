//! Folders that are ours alone: state, cache, and where sockets are.
//!
//! Whoever can write these folders *is* the host: compiled plugins are run from them without another
//! check. So each is created 0700, must belong to us, and must not be writable by anybody else.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};

/// Why a folder cannot be used; `Display` says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Neither the variable nor a home folder is set.
    #[error("neither {0} nor HOME names a folder")]
    NoHome(&'static str),
    /// The file system said no.
    #[error("cannot {what} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// It belongs to somebody else.
    #[error("{} belongs to user {owner}, not to us", .path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// Others can write in it.
    #[error("{} can be written by others (mode {mode:03o}); chmod 700 it, or name another folder", .path.display())]
    OpenToOthers {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Another host uses it.
    #[error("{} is in use by another host{}", .path.display(), .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Who it is, if it said so.
        pid: Option<u32>,
    },
}

impl StateError {
    fn io<'a>(what: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }
}

/// A folder of our own that no other host uses while this lives.
#[derive(Debug)]
pub struct StateFolder {
    path: PathBuf,
    // Closing the file lets go of the lock.
    _lock: File,
}

impl StateFolder {
    /// Creates, checks and locks it.
    ///
    /// # Errors
    /// [`StateError`]; [`StateError::InUse`] where another host holds it.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        private_folder(path)?;
        let lock = lock(&path.join("lock"), path)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// `$XDG_STATE_HOME/landfall/NAME`.
///
/// # Errors
/// [`StateError::NoHome`].
pub fn state_folder(name: &str) -> Result<PathBuf, StateError> {
    Ok(base("XDG_STATE_HOME", ".local/state")?.join("landfall").join(name))
}

/// `$XDG_CACHE_HOME/landfall`, where verbs without a host keep compiled plugins.
///
/// # Errors
/// [`StateError::NoHome`].
pub fn cache_folder() -> Result<PathBuf, StateError> {
    Ok(base("XDG_CACHE_HOME", ".cache")?.join("landfall"))
}

/// `$XDG_RUNTIME_DIR/landfall/NAME.sock`, else `NAME.sock` in the state folder.
///
/// # Errors
/// [`StateError::NoHome`].
pub fn default_socket(name: &str) -> Result<PathBuf, StateError> {
    let folder = match absolute("XDG_RUNTIME_DIR") {
        Some(runtime) => runtime.join("landfall"),
        None => state_folder(name)?,
    };
    Ok(folder.join(format!("{name}.sock")))
}

/// Creates a folder for us alone where it is missing, and checks that it is one.
///
/// # Errors
/// [`StateError`].
pub fn private_folder(path: &Path) -> Result<(), StateError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(StateError::io("create the folder", path))?;
    let found = path.metadata().map_err(StateError::io("read the folder", path))?;
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(StateError::NotOurs { path: path.to_owned(), owner: found.uid() });
    }
    let mode = found.mode() & 0o777;
    if mode & 0o022 != 0 {
        return Err(StateError::OpenToOthers { path: path.to_owned(), mode });
    }
    if mode & 0o055 != 0 {
        // Others could look, not touch: what is in it is ours, and from here on private.
        std::fs::set_permissions(path, Permissions::from_mode(0o700))
            .map_err(StateError::io("make private", path))?;
    }
    Ok(())
}

/// The folder an environment variable names, or one below the home folder.
fn base(variable: &'static str, below_home: &str) -> Result<PathBuf, StateError> {
    absolute(variable)
        .or_else(|| absolute("HOME").map(|home| home.join(below_home)))
        .ok_or(StateError::NoHome(variable))
}

/// The XDG specification: a relative path is invalid and ignored.
fn absolute(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

fn lock(path: &Path, folder: &Path) -> Result<File, StateError> {
    let writable =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    // On a file system that cannot be written a host goes on, and says what it cannot keep.
    let (mut file, is_read_only) = match writable {
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
            (File::open(path).map_err(StateError::io("open", path))?, true)
        }
        opened => (opened.map_err(StateError::io("open", path))?, false),
    };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let mut text = String::new();
            let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            return Err(StateError::InUse { path: folder.to_owned(), pid });
        }
        Err(error) => return Err(StateError::io("lock", path)(error.into())),
    }
    if is_read_only {
        return Ok(file);
    }
    let written = file.set_len(0).and_then(|()| file.rewind());
    written
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(StateError::io("write to", path))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o777
    }

    #[test]
    fn folders_are_made_private() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b");
        private_folder(&path).unwrap();
        assert_eq!((mode(&path), mode(&home.path().join("a"))), (0o700, 0o700));
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        private_folder(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
    }

    #[test]
    fn a_folder_others_can_write_is_refused() {
        let home = tempfile::tempdir().unwrap();
        std::fs::set_permissions(home.path(), Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(private_folder(home.path()), Err(StateError::OpenToOthers { mode: 0o777, .. })));
    }

    #[test]
    fn a_state_folder_has_one_host() {
        let home = tempfile::tempdir().unwrap();
        let held = StateFolder::open(home.path()).unwrap();
        let refused = StateFolder::open(home.path()).unwrap_err();
        let us = std::process::id();
        assert!(matches!(refused, StateError::InUse { pid: Some(pid), .. } if pid == us), "{refused}");
        drop(held);
        StateFolder::open(home.path()).unwrap();
    }
}
