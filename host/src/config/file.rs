//! The file on disk: read whole, and refused where somebody else could put another in its place.

use std::{
    fs,
    io::{self, Read as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

use super::{Config, read};
use crate::{diagnostic::Diagnostic, source::MAX_FILE_BYTES};

/// Where a `landfall.yaml` is, and which folders it must not be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFile {
    path: PathBuf,
    watched: Vec<PathBuf>,
}

impl ConfigFile {
    /// A file that is refused inside any of the folders: whoever may drop a rule file must not decide who is
    /// trusted.
    #[must_use]
    pub fn new(path: PathBuf, watched: Vec<PathBuf>) -> Self {
        Self { path, watched }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name without a folder, as problems name it.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Reads it as it stands now.
    ///
    /// # Errors
    /// Every problem of it, or why it cannot be read.
    pub fn read(&self) -> Result<Config, Vec<Diagnostic>> {
        let name = self.name();
        let refused = |problem: Diagnostic| vec![problem.in_file(&name)];
        let real = self.place().map_err(refused)?;
        let bytes = self.bytes(&real).map_err(refused)?;
        read(&name, &bytes, folder_of(&self.path))
    }

    /// Where it really is; an error where that, or a link to it, is in a watched folder.
    fn place(&self) -> Result<PathBuf, Diagnostic> {
        let unreadable =
            |error: io::Error| Diagnostic::error(format!("{} cannot be read: {error}", self.path.display()));
        let real = fs::canonicalize(&self.path).map_err(unreadable)?;
        let link = fs::canonicalize(folder_of(&self.path)).map_err(unreadable)?;
        for folder in &self.watched {
            let Ok(watched) = fs::canonicalize(folder) else { continue };
            if real.starts_with(&watched) || link.starts_with(&watched) {
                let message =
                    format!("{} lies in {}, which is watched", self.path.display(), folder.display());
                let help = "whoever drops files there could decide who is trusted: move it elsewhere";
                return Err(Diagnostic::error(message).help(help));
            }
        }
        Ok(real)
    }

    fn bytes(&self, real: &Path) -> Result<Vec<u8>, Diagnostic> {
        let unreadable =
            |error: io::Error| Diagnostic::error(format!("{} cannot be read: {error}", self.path.display()));
        // Opening a pipe would wait for somebody to write into it.
        let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
        let options = fs::OpenOptions::new().read(true).custom_flags(nonblocking).open(real);
        let file = options.map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(Diagnostic::error(format!("{} is not a file", self.path.display())));
        }
        if metadata.mode() & 0o002 != 0 {
            let message = format!("{} can be written by anybody", self.path.display());
            return Err(Diagnostic::error(message).help("take that away: `chmod o-w`"));
        }
        let mut bytes = Vec::new();
        // One more than is accepted, so that too large is seen.
        let most = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        file.take(most).read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(bytes)
    }
}

/// Where a file lies; a bare name lies here.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
