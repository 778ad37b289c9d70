//! What a result was built from, kept beside it: `target/.ID.built`. Without it, or where it does not fit, a plugin is
//! built again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{BuildError, Built};
use crate::{files, id::Digest, kit::project::Project};

/// Changes whenever a build would make something else of the same files.
const VERSION: &str = concat!("1 ", env!("CARGO_PKG_VERSION"));

/// The record beside a result.
pub(super) struct Record {
    path: PathBuf,
    wasm: PathBuf,
}

impl Record {
    pub(super) fn of(project: &Project) -> Self {
        let wasm = project.result();
        let path = wasm.with_file_name(format!(".{}.built", project.id));
        Self { path, wasm }
    }

    /// What stands there, if it was built from these inputs and is what was built.
    pub(super) fn still_holds(&self, inputs: Digest) -> Option<Built> {
        let wasm = fs::read(&self.wasm).ok()?;
        let digest = Digest::of(&wasm);
        let kept = fs::read_to_string(&self.path).ok()?;
        (kept == text(inputs, digest)).then(|| Built {
            wasm: self.wasm.clone(),
            fresh: false,
            digest,
            size: u64::try_from(wasm.len()).unwrap_or(u64::MAX),
        })
    }

    pub(super) fn keep(&self, inputs: Digest, wasm: Digest) -> Result<(), BuildError> {
        files::replace(&self.path, text(inputs, wasm).as_bytes()).map_err(|error| match error {
            files::FilesError::Io { path, why } => BuildError::Io { what: "write", path, why },
            other => BuildError::input(crate::diagnostic::Diagnostic::error(other.to_string())),
        })
    }
}

fn text(inputs: Digest, wasm: Digest) -> String {
    format!("{VERSION}\ninputs {inputs}\nwasm {wasm}\n")
}

/// Of the names and the bytes of files, and of what they are built with.
pub(super) fn inputs(project: &Project, files: &[PathBuf], with: &str) -> Result<Digest, BuildError> {
    let mut parts = vec![VERSION.as_bytes().to_vec(), with.as_bytes().to_vec()];
    for path in files {
        let name = path.strip_prefix(&project.folder).unwrap_or(path);
        parts.push(name.as_os_str().as_encoded_bytes().to_vec());
        parts.push(read(path)?);
    }
    Ok(Digest::of_parts(parts.iter().map(Vec::as_slice)))
}

fn read(path: &Path) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(BuildError::io("read", path))
}
