//! The folder of a plugin: in which language, under which name.

use std::{fmt, path::PathBuf};

/// A language that the kit builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// By cargo, for wasm32-unknown-unknown.
    Rust,
    /// By componentize-py.
    Python,
    /// By componentize-js.
    JavaScript,
    /// By componentize-js, after its types were checked.
    TypeScript,
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::TypeScript => "TypeScript",
        })
    }
}

/// The folder of a plugin, as its manifest describes it: `Cargo.toml`, `pyproject.toml` or `package.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Where it is.
    pub folder: PathBuf,
    /// By its manifest; `package.json` beside a `tsconfig.json` is TypeScript.
    pub language: Language,
    /// The plugin's id: the package's name.
    pub id: String,
    /// The package's version.
    pub version: String,
    /// The package's description.
    pub summary: String,
}
