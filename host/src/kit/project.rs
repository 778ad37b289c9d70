//! The folder of a plugin: in which language, under which name.
//!
//! Reads the manifest that the language's own tools read, and none of the sources. What it promises: a [`Project`] has an
//! id that a host takes, and a version and a summary that a description may have.

mod cargo;
mod manifest;
mod package;
mod pyproject;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use self::manifest::Manifest;
use crate::{diagnostic::Diagnostic, source::SourceFile};

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

impl Language {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Rust, Self::Python, Self::JavaScript, Self::TypeScript];

    /// The language of that name, if it is one of them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.as_str() == text)
    }

    /// The file that says what the folder is.
    #[must_use]
    pub const fn manifest(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::Python => "pyproject.toml",
            Self::JavaScript | Self::TypeScript => "package.json",
        }
    }

    /// Its name on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
        }
    }
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

impl Project {
    /// What a folder says it is.
    ///
    /// # Errors
    /// No manifest or several, or everything that is wrong with the one there is.
    pub fn find(folder: &Path) -> Result<Self, Vec<Diagnostic>> {
        let language = language(folder).map_err(|problem| vec![problem])?;
        let path = folder.join(language.manifest());
        let shown = shown(&path);
        let bytes = fs::read(&path)
            .map_err(|error| vec![Diagnostic::error(format!("cannot be read: {error}")).in_file(&shown)])?;
        let source = SourceFile::new(&shown, &bytes).map_err(|problem| vec![problem])?;
        let manifest: Manifest = match language {
            Language::Rust => cargo::read(&source, folder)?,
            Language::Python => pyproject::read(&source)?,
            Language::JavaScript | Language::TypeScript => package::read(&source)?,
        };
        let (id, version, summary) = manifest.check(&source)?;
        Ok(Self { folder: folder.to_owned(), language, id, version, summary })
    }

    /// Where the plugin stands when it is built: `target/ID.wasm`.
    #[must_use]
    pub fn result(&self) -> PathBuf {
        self.folder.join("target").join(format!("{}.wasm", self.id))
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> PathBuf {
        self.folder.join(self.language.manifest())
    }
}

/// A path as people type it: without `./` in front.
fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

/// Of the one manifest that is there.
fn language(folder: &Path) -> Result<Language, Diagnostic> {
    let whole = |message: String, help: &str| Diagnostic::error(message).help(help);
    let name = folder.display();
    if !folder.is_dir() {
        return Err(whole(
            format!("`{name}` is no folder"),
            "name the folder of a plugin, or begin one with `landfall plugin new`",
        ));
    }
    let manifests = [Language::Rust, Language::Python, Language::JavaScript];
    let found: Vec<Language> =
        manifests.into_iter().filter(|language| folder.join(language.manifest()).is_file()).collect();
    match found.as_slice() {
        [Language::JavaScript] if folder.join("tsconfig.json").is_file() => Ok(Language::TypeScript),
        [language] => Ok(*language),
        [] => Err(whole(
            format!("there is no plugin in `{name}`: no Cargo.toml, pyproject.toml or package.json"),
            "name the folder of a plugin, or begin one with `landfall plugin new`",
        )),
        [first, second, ..] => Err(whole(
            format!("`{name}` holds both a {} and a {}", first.manifest(), second.manifest()),
            "keep the one that the plugin is built by: a folder holds one plugin in one language",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[track_caller]
    fn found(files: &[(&str, &str)], language: Language) {
        let folder = folder(files);
        let project = Project::find(folder.path()).unwrap();
        let expected = Project {
            folder: folder.path().to_owned(),
            language,
            id: "support".to_owned(),
            version: "1.2.0".to_owned(),
            summary: "Support".to_owned(),
        };
        assert_eq!(project, expected);
        assert_eq!(project.result(), folder.path().join("target/support.wasm"));
    }

    #[track_caller]
    fn refused(files: &[(&str, &str)], expected: &[&str]) {
        let folder = folder(files);
        let problems = Project::find(folder.path()).unwrap_err();
        let root = format!("{}/", folder.path().display());
        let said: Vec<String> = problems.iter().map(|p| p.to_string().replace(&root, "")).collect();
        let said: Vec<String> =
            said.iter().map(|p| p.replace(&*folder.path().to_string_lossy(), "DIR")).collect();
        assert_eq!(said, expected);
    }

    const CARGO: &str =
        "[package]\nname = \"support\"\nversion = \"1.2.0\"\nedition = \"2024\"\ndescription = \"Support\"\n";
    const PYTHON: &str = "[project]\nname = \"support\"\nversion = \"1.2.0\"\ndescription = \"Support\"\n";
    const NODE: &str = r#"{"name": "support", "version": "1.2.0", "description": "Support"}"#;

    #[test]
    fn a_manifest_says_what_a_folder_is() {
        found(&[("Cargo.toml", CARGO)], Language::Rust);
        found(&[("pyproject.toml", PYTHON)], Language::Python);
        found(&[("package.json", NODE)], Language::JavaScript);
        found(&[("package.json", NODE), ("tsconfig.json", "{}")], Language::TypeScript);
    }

    #[test]
    fn what_a_crate_has_of_its_workspace_is_found_there() {
        let root = folder(&[
            ("Cargo.toml", "[workspace.package]\nversion = \"1.2.0\"\ndescription = \"Support\"\n"),
            (
                "plugins/support/Cargo.toml",
                "[package]\nname = \"support\"\nversion.workspace = true\ndescription = {workspace = true}\n",
            ),
        ]);
        let project = Project::find(&root.path().join("plugins/support")).unwrap();
        assert_eq!((project.version.as_str(), project.summary.as_str()), ("1.2.0", "Support"));
        let alone = "[package]\nname = \"support\"\nversion.workspace = true\ndescription = \"Support\"\n";
        refused(
            &[("Cargo.toml", alone)],
            &["Cargo.toml:3:1: no workspace above says what `version` is (help: write it here, as text)"],
        );
    }

    #[test]
    fn none_or_two_are_told_apart() {
        refused(
            &[],
            &[
                "there is no plugin in `DIR`: no Cargo.toml, pyproject.toml or package.json (help: name the folder of a \
               plugin, or begin one with `landfall plugin new`)",
            ],
        );
        refused(
            &[("Cargo.toml", CARGO), ("package.json", NODE)],
            &[
                "`DIR` holds both a Cargo.toml and a package.json (help: keep the one that the plugin is built by: a \
               folder holds one plugin in one language)",
            ],
        );
        let nowhere = Project::find(Path::new("/nowhere/at-all")).unwrap_err();
        assert_eq!(nowhere[0].message, "`/nowhere/at-all` is no folder");
    }

    #[test]
    fn everything_a_plugin_lacks_is_said_at_once() {
        refused(
            &[("Cargo.toml", "[package]\nname = \"Support_desk\"\nversion = 3\n")],
            &[
                "Cargo.toml: `description` is missing (help: write `description = \"…\"` under [package]: the one \
                 sentence that people read about the plugin)",
                "Cargo.toml:2:8: the package's name is the plugin's id: `Support_desk` is not kebab-case: write \
                 lower-case letters and digits, in words joined by `-`, starting with a letter",
                "Cargo.toml:3:11: `version` is no text (help: write `version = \"…\"` under [package])",
            ],
        );
        refused(
            &[("pyproject.toml", "[tool.x]\na = 1\n")],
            &[
                "pyproject.toml: there is no [project] in it (help: write `[project]` with `name`, `version` and \
               `description`)",
            ],
        );
        refused(
            &[("package.json", r#"{"name": "@team/support", "version": "a b"}"#)],
            &[
                "package.json: the package's name is the plugin's id: `@team/support` is not kebab-case: write \
                 lower-case letters and digits, in words joined by `-`, starting with a letter",
                "package.json: the version `a b` is not one: write at most 32 letters, digits, `.`, `+` and `-` \
                 (help: such as `1.0.0`)",
                "package.json: `description` is missing (help: write `\"description\": \"…\"`: the one sentence that \
                 people read about the plugin)",
            ],
        );
    }

    #[test]
    fn what_does_not_parse_is_said_with_its_place() {
        refused(
            &[("Cargo.toml", "[package\n")],
            &["Cargo.toml:1:9: this is not TOML: unclosed table, expected `]`"],
        );
        refused(
            &[("package.json", "{\n  \"name\": }")],
            &["package.json:2:11: this is not JSON: expected value"],
        );
        refused(
            &[("package.json", "[]")],
            &[
                "package.json: this is no object (help: write `{\"name\": …, \"version\": …, \"description\": …}`)",
            ],
        );
    }
}
