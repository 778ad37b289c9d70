//! JavaScript and TypeScript, by componentize-js.

use std::path::PathBuf;

use super::{BuildError, Told, below};
use crate::{
    diagnostic::Diagnostic,
    kit::{project::Project, tools::Tools},
};

/// What results are made with: another version makes other bytes.
pub(super) const MADE_WITH: &str = "componentize-js 0.23.0";

/// The component's bytes.
pub(super) fn build(
    _project: &Project,
    _tools: &Tools,
    _told: &mut dyn FnMut(Told),
) -> Result<Vec<u8>, BuildError> {
    Err(BuildError::input(Diagnostic::error("plugins in JavaScript and TypeScript are not built yet")))
}

/// Which files count, beside the manifest.
pub(super) fn inputs(project: &Project) -> Result<Vec<PathBuf>, BuildError> {
    let mut files = below(&project.folder.join("src"))?;
    files.extend(below(&project.folder.join("vendor"))?);
    Ok(files)
}
