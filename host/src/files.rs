//! New files: each whole or not at all, and never in the place of another.
//!
//! A running host watches the folders that are written into, and must not see half of a file.

use std::{
    fs, io,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use crate::diagnostic::Diagnostic;

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// These are there already; nothing was written.
    #[error("{} of the files are there already, and nothing was written", .0.len())]
    Exist(Vec<PathBuf>),
    /// The folder holds something; nothing was written.
    #[error("the folder {} is not empty, and nothing was written", .0.display())]
    NotEmpty(PathBuf),
    /// The file system said no.
    #[error("cannot write {}: {why}", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// What it said.
        why: io::Error,
    },
}

impl FilesError {
    /// What to tell people.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let said = Diagnostic::error(self.to_string());
        match self {
            Self::Exist(paths) => paths
                .iter()
                .map(|path| {
                    Diagnostic::error("the file is there already, and nothing was written")
                        .in_file(&path.display().to_string())
                        .help("move it away, or name another")
                })
                .collect(),
            Self::NotEmpty(_) => vec![said.help("name a folder that does not exist yet, or an empty one")],
            Self::Io { .. } => vec![said],
        }
    }
}

/// Whether a folder is there and holds anything.
///
/// # Errors
/// [`FilesError::NotEmpty`] where it does; [`FilesError::Io`] where nobody can tell.
pub fn must_be_empty(folder: &Path) -> Result<(), FilesError> {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(FilesError::NotEmpty(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(why) => Err(FilesError::Io { path: folder.to_owned(), why }),
    }
}

/// Writes each file below `folder`, making the folders it needs.
///
/// # Errors
/// [`FilesError::Exist`] names every file that is there already, before any is written.
pub fn write_new(folder: &Path, files: &[(String, String)]) -> Result<(), FilesError> {
    let taken: Vec<PathBuf> = files
        .iter()
        .map(|(name, _)| folder.join(name))
        .filter(|path| fs::symlink_metadata(path).is_ok())
        .collect();
    if !taken.is_empty() {
        return Err(FilesError::Exist(taken));
    }
    files.iter().try_for_each(|(name, text)| write(&folder.join(name), text))
}

/// Writes a file in the place of what is there, all of it or nothing; who may read it stays as it was.
///
/// # Errors
/// [`FilesError::Io`].
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), FilesError> {
    let mut replacing = Replacing::begin(path)?;
    replacing.write_all(bytes).map_err(|why| FilesError::Io { path: path.to_owned(), why })?;
    replacing.end()
}

/// A file that is being written and will stand in the place of what is there, once all of it is.
#[derive(Debug)]
pub struct Replacing {
    /// As it was named.
    named: PathBuf,
    /// The file that a link names.
    path: PathBuf,
    old: Option<fs::Permissions>,
    file: tempfile::NamedTempFile,
}

impl Replacing {
    /// Begins it beside what is there; nobody sees it until it ends.
    ///
    /// # Errors
    /// [`FilesError::Io`].
    pub fn begin(named: &Path) -> Result<Self, FilesError> {
        let begin = || -> io::Result<Self> {
            // Through a link, into the file that it names.
            let path = fs::canonicalize(named).unwrap_or_else(|_| named.to_owned());
            if path.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            let parent = path.parent().filter(|of| !of.as_os_str().is_empty()).unwrap_or(Path::new("."));
            // Said of the folder, it names no file of ours.
            fs::metadata(parent)?;
            let old = fs::metadata(&path).ok().map(|old| old.permissions());
            let permissions = old.clone().unwrap_or_else(|| fs::Permissions::from_mode(0o666));
            let file =
                tempfile::Builder::new().prefix(".landfall-").permissions(permissions).tempfile_in(parent)?;
            Ok(Self { named: named.to_owned(), path, old, file })
        };
        begin().map_err(|why| FilesError::Io { path: named.to_owned(), why })
    }

    /// Puts it where it belongs.
    ///
    /// # Errors
    /// [`FilesError::Io`].
    pub fn end(self) -> Result<(), FilesError> {
        let Self { named, path, old, file } = self;
        let end = || -> io::Result<()> {
            if let Some(old) = old {
                file.as_file().set_permissions(old)?;
            }
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        end().map_err(|why| FilesError::Io { path: named, why })
    }
}

impl io::Write for Replacing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn write(path: &Path, text: &str) -> Result<(), FilesError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        fs::create_dir_all(parent)?;
        // As any new file, which the mask of the process then narrows.
        let permissions = fs::Permissions::from_mode(0o666);
        let mut file =
            tempfile::Builder::new().prefix(".landfall-").permissions(permissions).tempfile_in(parent)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|why| match why.kind() {
        io::ErrorKind::AlreadyExists => FilesError::Exist(vec![path.to_owned()]),
        _ => FilesError::Io { path: path.to_owned(), why },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> (String, String) {
        (name.to_owned(), text.to_owned())
    }

    #[test]
    fn files_are_new_or_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        write_new(folder.path(), &[file("a/b.yaml", "1"), file("c.yaml", "2")]).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("a/b.yaml")).unwrap(), "1");
        let again = write_new(folder.path(), &[file("new.yaml", "3"), file("c.yaml", "4")]);
        assert!(matches!(again, Err(FilesError::Exist(paths)) if paths == [folder.path().join("c.yaml")]));
        assert_eq!(fs::read_to_string(folder.path().join("c.yaml")).unwrap(), "2");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary is left");
    }

    #[test]
    fn a_link_to_nowhere_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("a.yaml")).unwrap();
        assert!(matches!(write_new(folder.path(), &[file("a.yaml", "1")]), Err(FilesError::Exist(_))));
    }

    #[test]
    fn a_folder_is_empty_or_not() {
        let folder = tempfile::tempdir().unwrap();
        assert!(must_be_empty(folder.path()).is_ok() && must_be_empty(&folder.path().join("x")).is_ok());
        fs::write(folder.path().join("x"), "").unwrap();
        assert!(matches!(must_be_empty(folder.path()), Err(FilesError::NotEmpty(_))));
        assert!(matches!(must_be_empty(&folder.path().join("x")), Err(FilesError::Io { .. })));
    }
}
