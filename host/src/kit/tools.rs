//! The compilers of Python and JavaScript, in a folder of their own.
//!
//! Each is installed at the versions and with the hashes that this program was built with, and never found elsewhere: two
//! people who build the same sources get the same bytes. What it promises: a folder of tools is whole or not there, and
//! nothing but [`Tools::install`] reaches for the network.

mod javascript;
mod python;

use std::{
    fs,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use super::{
    build::{BuildError, Told},
    project::Language,
    running::Program,
};
use crate::{
    id::Digest,
    state::{self, StateError},
};

/// Where the tools are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    folder: PathBuf,
}

/// What runs componentize-js.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsTools {
    /// Node.
    pub node: PathBuf,
    /// The `node_modules` that it finds its packages in.
    pub modules: PathBuf,
}

/// A tool that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MissingTool {
    /// One that the kit installs in a folder of its own.
    #[error("{tool}, which builds plugins in {language}, is not installed in {}", folder.display())]
    Own {
        /// Such as `componentize-py 0.25.1`.
        tool: &'static str,
        /// For which language.
        language: Language,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// One of the system's.
    #[error("`{program}` is not installed, which {why}")]
    System {
        /// As it is called.
        program: &'static str,
        /// What it is for: `builds plugins in Rust`.
        why: &'static str,
        /// The command that installs it.
        install: &'static str,
    },
}

impl MissingTool {
    /// The command that installs it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Own { .. } => "install it there: `landfall plugin build --install`".to_owned(),
            Self::System { install, .. } => format!("install it: `{install}`"),
        }
    }
}

impl Tools {
    /// In this folder.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// `$XDG_CACHE_HOME/landfall/tools`.
    ///
    /// # Errors
    /// [`StateError::NoHome`].
    pub fn default_folder() -> Result<PathBuf, StateError> {
        Ok(state::cache_folder()?.join("tools"))
    }

    /// Where they are kept.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The program componentize-py.
    ///
    /// # Errors
    /// [`MissingTool::Own`].
    pub fn python(&self) -> Result<PathBuf, MissingTool> {
        let program = self.folder_of(Language::Python).join(python::PROGRAM);
        if program.exists() { Ok(program) } else { Err(self.missing(Language::Python)) }
    }

    /// Node, and the packages of componentize-js and of what checks types.
    ///
    /// # Errors
    /// [`MissingTool`]: node itself is one of the system's.
    pub fn javascript(&self) -> Result<JsTools, MissingTool> {
        let modules = self.folder_of(Language::JavaScript).join("node_modules");
        let node = on_path("node").ok_or(javascript::NODE)?;
        if modules.is_dir() { Ok(JsTools { node, modules }) } else { Err(self.missing(Language::JavaScript)) }
    }

    /// Installs what builds a language, unless it is there. Rust is rustup's business.
    ///
    /// # Errors
    /// Something of the system is missing, the installer failed, or the folder cannot be written.
    pub fn install(&self, language: Language, told: &mut dyn FnMut(Told)) -> Result<(), BuildError> {
        let whole = self.folder_of(language);
        if language == Language::Rust || whole.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(&self.folder).map_err(BuildError::io("make", &self.folder))?;
        let half = tempfile::Builder::new().prefix(".new-").tempdir_in(&self.folder);
        let half = half.map_err(BuildError::io("write in", &self.folder))?;
        told(Told::Step(format!("install {} in {}", tool(language), self.folder.display())));
        match language {
            Language::Rust => {}
            Language::Python => python::install(half.path(), told)?,
            Language::JavaScript | Language::TypeScript => javascript::install(half.path(), told)?,
        }
        match fs::rename(half.path(), &whole) {
            Ok(()) => {
                // It is no longer where it would be removed from.
                let _ = half.keep();
                Ok(())
            }
            // Somebody else was quicker, with the same.
            Err(_) if whole.is_dir() => Ok(()),
            Err(why) => Err(BuildError::Io { what: "write", path: whole, why }),
        }
    }

    /// Named by what is in it, so that another version is another folder.
    fn folder_of(&self, language: Language) -> PathBuf {
        let (name, of) = match language {
            Language::Rust => return self.folder.clone(),
            Language::Python => ("python", python::digest()),
            Language::JavaScript | Language::TypeScript => ("javascript", javascript::digest()),
        };
        self.folder.join(format!("{name}-{}", of.hex().get(..12).unwrap_or_default()))
    }

    fn missing(&self, language: Language) -> MissingTool {
        MissingTool::Own { tool: tool(language), language, folder: self.folder.clone() }
    }
}

/// What builds a language.
const fn tool(language: Language) -> &'static str {
    match language {
        Language::Rust => "cargo",
        Language::Python => python::TOOL,
        Language::JavaScript | Language::TypeScript => javascript::TOOL,
    }
}

/// A program of the system. As an absolute path: it may be run in another folder.
pub(super) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found =
        std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())?;
    std::path::absolute(found).ok()
}

/// Runs a program to its end. What it says on stderr is told line by line; what it says on stdout is returned.
///
/// # Errors
/// It could not be run. How it ended is for the caller to judge.
pub(super) fn run(command: &mut Command, told: &mut dyn FnMut(Told)) -> Result<Ran, BuildError> {
    let tool = command.get_program().to_string_lossy().into_owned();
    let failed = |why: io::Error| BuildError::Run { tool: tool.clone(), why };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = Program::start(command).map_err(failed)?;
    let (stdout, stderr) = program.said();
    let (said, heard) = thread::scope(|scope| {
        let said = scope.spawn(move || {
            let mut said = Vec::new();
            stdout.map(|mut stdout| stdout.read_to_end(&mut said)).transpose().map(|_| said)
        });
        let heard = listen(stderr, told);
        (said.join(), heard)
    });
    let status = program.wait().map_err(failed)?;
    let said = said.unwrap_or_else(|_| Ok(Vec::new())).map_err(failed)?;
    Ok(Ran { succeeded: status.success(), said, words: heard.map_err(failed)? })
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) succeeded: bool,
    /// On stdout.
    pub(super) said: Vec<u8>,
    /// On stderr; it has been told already.
    pub(super) words: String,
}

fn listen(stderr: Option<impl Read>, told: &mut dyn FnMut(Told)) -> io::Result<String> {
    let mut all = String::new();
    let Some(stderr) = stderr else { return Ok(all) };
    let mut lines = BufReader::new(stderr);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let words = String::from_utf8_lossy(&line).into_owned();
        all.push_str(&words);
        told(Told::Words(words));
        line.clear();
    }
    Ok(all)
}

/// Files that an installer reads, by name.
fn write_all(folder: &Path, files: &[(&str, &str)]) -> Result<(), BuildError> {
    files.iter().try_for_each(|(name, text)| {
        let path = folder.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(BuildError::io("make", folder))?;
        }
        fs::write(&path, text).map_err(BuildError::io("write", &path))
    })
}

/// Of what an installer reads.
fn digest_of(texts: &[&str]) -> Digest {
    Digest::of_parts(texts.iter().map(|text| text.as_bytes()))
}
