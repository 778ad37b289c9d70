//! `pyproject.toml`: the `[project]` of it.

use super::{
    cargo::{field, parse, section},
    manifest::Manifest,
};
use crate::{diagnostic::Diagnostic, source::SourceFile};

/// What the project says.
pub(super) fn read(source: &SourceFile) -> Result<Manifest, Vec<Diagnostic>> {
    let table = parse(source).map_err(|problem| vec![problem])?;
    let project = section(&table, "project").ok_or_else(|| {
        let problem = Diagnostic::error("there is no [project] in it").in_file(&source.name);
        vec![problem.help("write `[project]` with `name`, `version` and `description`")]
    })?;
    Ok(Manifest {
        name: field(source, project, "name"),
        version: field(source, project, "version"),
        description: field(source, project, "description"),
        written: |key| format!("`{key} = \"…\"` under [project]"),
    })
}
