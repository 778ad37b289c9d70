//! A plugin's folder to the bytes of a plugin that imports nothing but `log`.
//!
//! Each language compiles in its own way, below; what comes out is loaded as a host would before it takes the place of
//! the last one. What it promises: `target/ID.wasm` is whole, and a plugin that a host takes; where a build fails, the
//! last good one stays. Where nothing changed that a build reads, nothing is built.

pub mod javascript;
pub mod python;
pub mod rust;

mod record;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use self::record::Record;
use super::{
    loaded::Loading,
    project::{Language, Project},
    tools::{MissingTool, Tools},
};
use crate::{
    diagnostic::Diagnostic,
    files,
    id::Digest,
    source::{SourceFile, Span},
};

/// What is said while a build runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// What is done now: progress, for a terminal.
    Step(String),
    /// The compiler's own words, as they come, with its colours.
    Words(String),
}

/// What a build left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// `target/ID.wasm`.
    pub wasm: PathBuf,
    /// Whether it was built just now; else it was up to date.
    pub fresh: bool,
    /// Of the bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub size: u64,
}

/// Why there is no new plugin. The last good one stays where it is.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// What the build needs is not there.
    #[error(transparent)]
    Missing(#[from] MissingTool),
    /// What the author can change.
    #[error("the plugin has errors")]
    Input(Vec<Diagnostic>),
    /// A compiler said no; its words went to whoever listens.
    #[error("{tool} failed")]
    Failed {
        /// Which.
        tool: &'static str,
        /// What to do about it, where that is known.
        help: Option<String>,
    },
    /// A tool could not be run.
    #[error("cannot run `{tool}`: {why}")]
    Run {
        /// Which.
        tool: String,
        /// What the system said.
        why: io::Error,
    },
    /// The file system said no.
    #[error("cannot {what} {}: {why}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What it said.
        why: io::Error,
    },
}

impl BuildError {
    /// What to tell people; at least one.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let said = Diagnostic::error(self.to_string());
        match self {
            Self::Input(problems) => problems.clone(),
            Self::Missing(missing) => vec![said.help(missing.help())],
            Self::Failed { help: Some(help), .. } => vec![said.help(help.clone())],
            _ => vec![said],
        }
    }

    /// One problem of a file, or of the whole folder.
    pub(super) fn input(problem: Diagnostic) -> Self {
        Self::Input(vec![problem])
    }

    /// What `map_err` needs where the file system says no.
    pub(super) fn io<'a>(what: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |why| Self::Io { what, path: path.to_owned(), why }
    }
}

/// Builds the plugin of a folder, where anything changed since the last time.
///
/// # Errors
/// [`BuildError`]; the last good result stays.
pub fn build(project: &Project, tools: &Tools, told: &mut dyn FnMut(Told)) -> Result<Built, BuildError> {
    let inputs = inputs(project)?;
    if let Some(inputs) = inputs
        && let Some(built) = Record::of(project).still_holds(inputs)
    {
        return Ok(built);
    }
    let wasm = compile(project, tools, told)?;
    let digest = Digest::of(&wasm);
    let built = Built {
        wasm: project.result(),
        fresh: true,
        digest,
        size: u64::try_from(wasm.len()).unwrap_or(u64::MAX),
    };
    // The compiler decided that nothing changed: what it made was judged before.
    let record = Record::of(project);
    if inputs.is_none() && record.still_holds(digest).is_some() {
        return Ok(Built { fresh: false, ..built });
    }
    told(Told::Step("load it as a host would".to_owned()));
    judge(project, &wasm)?;
    if project.language == Language::Rust {
        rust::look_outside(project, told)?;
    }
    place(project, &wasm)?;
    record.keep(inputs.unwrap_or(digest), digest)?;
    Ok(built)
}

fn compile(project: &Project, tools: &Tools, told: &mut dyn FnMut(Told)) -> Result<Vec<u8>, BuildError> {
    match project.language {
        Language::Rust => rust::build(project, told),
        Language::Python => python::build(project, tools, told),
        Language::JavaScript | Language::TypeScript => javascript::build(project, tools, told),
    }
}

/// The digest of everything that decides what is built; none where the compiler itself knows better.
fn inputs(project: &Project) -> Result<Option<Digest>, BuildError> {
    let with = match project.language {
        // Cargo also knows of path dependencies, its own configuration and the toolchain.
        Language::Rust => return Ok(None),
        Language::Python => python::MADE_WITH,
        Language::JavaScript | Language::TypeScript => javascript::MADE_WITH,
    };
    record::inputs(project, &sources(project)?, with).map(Some)
}

/// Every file that a build reads, the manifest first: what to watch.
///
/// # Errors
/// A folder cannot be read.
pub fn sources(project: &Project) -> Result<Vec<PathBuf>, BuildError> {
    let files = match project.language {
        Language::Rust => rust::inputs(project),
        Language::Python => python::inputs(project),
        Language::JavaScript | Language::TypeScript => javascript::inputs(project),
    };
    Ok(std::iter::once(project.manifest()).chain(files?).collect())
}

/// Every file below a folder of a project, sorted: what a language's `inputs` is made of. A folder that is not there has
/// none; caches and hidden files are none.
pub(super) fn below(folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    walk(folder).map(|(_, files)| files)
}

/// The folders that were looked into, and every file in them, sorted.
pub(super) fn walk(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), BuildError> {
    const LEFT_OUT: [&str; 3] = ["target", "node_modules", "__pycache__"];
    /// Links may lead in circles; no sources are nested this deep.
    const DEEPEST: usize = 32;
    let mut found = Vec::new();
    let mut looked = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((next, depth)) = folders.pop() {
        let entries = match fs::read_dir(&next) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(BuildError::io("read", &next))?,
        };
        for entry in entries {
            let path = entry.map_err(BuildError::io("read", &next))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') || LEFT_OUT.contains(&name.as_str()) {
                continue;
            }
            if path.is_file() {
                found.push(path);
            } else if path.is_dir() && depth < DEEPEST {
                folders.push((path, depth + 1));
            }
        }
        looked.push(next);
    }
    found.sort();
    Ok((looked, found))
}

/// A place in one of the project's files, with the line itself where it can be read.
pub(super) fn at(project: &Project, file: &str, line: u32, column: u32, message: String) -> Diagnostic {
    let problem = Diagnostic::error(message);
    let shown = shown(project, file);
    let source = fs::read(project.folder.join(file)).ok();
    match source.and_then(|bytes| SourceFile::new(&shown, &bytes).ok()) {
        Some(source) => problem.at(&source, Span { line, column, length: 1 }),
        None => problem.in_file(&shown),
    }
}

/// A file of the project as people type it.
pub(super) fn shown(project: &Project, file: &str) -> String {
    let path = project.folder.join(file);
    path.strip_prefix(".").unwrap_or(&path).display().to_string()
}

/// Loads it as a host would; a host takes it under the name of the project and no other.
fn judge(project: &Project, wasm: &[u8]) -> Result<(), BuildError> {
    let target = project.folder.join("target");
    fs::create_dir_all(&target).map_err(BuildError::io("make", &target))?;
    let folder = tempfile::Builder::new().prefix(".build-").tempdir_in(&target);
    let folder = folder.map_err(BuildError::io("write in", &target))?;
    let file = folder.path().join(format!("{}.wasm", project.id));
    fs::write(&file, wasm).map_err(BuildError::io("write", &file))?;
    let shown = project.result().display().to_string();
    let loaded = Loading::new().and_then(|loading| loading.load(&file)).map_err(|problems| {
        let named = |problem: Diagnostic| match problem.file {
            Some(_) => problem.in_file(&shown),
            None => problem,
        };
        BuildError::Input(problems.into_iter().map(named).collect())
    })?;
    let (found, expected) = (loaded.plugin.description.id.as_str(), project.id.as_str());
    if found == expected {
        return Ok(());
    }
    let manifest = project.language.manifest();
    Err(BuildError::input(
        Diagnostic::error(format!(
            "the plugin says that its id is `{found}`, and {manifest} that it is `{expected}`"
        ))
        .in_file(&shown)
        .help("leave the id to the SDK, which takes it from the manifest, or write the same in both"),
    ))
}

/// Whole, in the place of the last one.
fn place(project: &Project, wasm: &[u8]) -> Result<(), BuildError> {
    files::replace(&project.result(), wasm).map_err(|error| match error {
        files::FilesError::Io { path, why } => BuildError::Io { what: "write", path, why },
        other => BuildError::input(Diagnostic::error(other.to_string())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn python() -> (tempfile::TempDir, Project) {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            "pyproject.toml",
            "[project]\nname = \"a\"\nversion = \"1\"\ndescription = \"A\"\n",
        );
        write(folder.path(), "src/plugin.py", "1");
        write(folder.path(), "vendor/sdk.py", "2");
        let project = Project::find(folder.path()).unwrap();
        (folder, project)
    }

    #[test]
    fn sources_are_what_people_write_and_nothing_that_a_tool_leaves() {
        let (folder, project) = python();
        for left in ["target/a.wasm", "src/__pycache__/plugin.pyc", "src/.plugin.py.swp", "cases/first.yaml"]
        {
            write(folder.path(), left, "");
        }
        std::os::unix::fs::symlink("..", folder.path().join("src/round")).unwrap();
        let sources = sources(&project).unwrap();
        let names: Vec<_> = sources.iter().map(|path| path.strip_prefix(folder.path()).unwrap()).collect();
        let plain: Vec<_> = names.iter().filter(|name| !name.starts_with("src/round")).collect();
        assert_eq!(
            plain,
            [Path::new("pyproject.toml"), Path::new("src/plugin.py"), Path::new("vendor/sdk.py")]
                .each_ref()
                .to_vec()
        );
    }

    #[test]
    fn a_result_holds_until_a_source_or_the_result_changes() {
        let (folder, project) = python();
        let record = Record::of(&project);
        let of = || inputs(&project).unwrap().unwrap();
        assert_eq!(record.still_holds(of()), None);
        write(folder.path(), "target/a.wasm", "wasm");
        record.keep(of(), Digest::of(b"wasm")).unwrap();
        let built = record.still_holds(of()).unwrap();
        assert_eq!((built.fresh, built.size, built.digest), (false, 4, Digest::of(b"wasm")));
        write(folder.path(), "target/a.wasm", "else");
        assert_eq!(record.still_holds(of()), None, "somebody else's result");
        write(folder.path(), "target/a.wasm", "wasm");
        let before = of();
        write(folder.path(), "vendor/sdk.py", "3");
        assert_ne!(of(), before);
        assert_eq!(record.still_holds(of()), None, "another source");
    }
}
