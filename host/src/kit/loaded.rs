//! A wasm file to a plugin that can be called, as a host would: the engine, the limits and the compile child of
//! production, and compiled code kept in the cache folder of verbs without a host.
//!
//! Judges nothing that a host judges elsewhere: by which name a file lies in a folder, who signed it, what rule files
//! provide. What it promises: every refusal names the file and says what to change.

use std::{
    fmt::Display,
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use crate::{
    diagnostic::Diagnostic,
    plugin::{self, Compiler, Engine, Limits, Plugin, Refusal},
    state,
};

/// What loads plugins: make one, and load as many as there are.
#[derive(Debug)]
pub struct Loading {
    engine: Engine,
    compiler: Compiler,
}

/// A file that was loaded.
#[derive(Debug)]
pub struct Loaded {
    /// What can be called.
    pub plugin: Plugin,
    /// The bytes of the file.
    pub wasm: Vec<u8>,
}

/// The plugin in a file, under the limits of a host that nobody configured.
///
/// # Errors
/// Why it cannot be called, naming the file.
pub fn load(wasm: &Path) -> Result<Plugin, Vec<Diagnostic>> {
    Ok(Loading::new()?.load(wasm)?.plugin)
}

impl Loading {
    /// Under the limits of a host that nobody configured.
    ///
    /// # Errors
    /// As for [`under`](Self::under).
    pub fn new() -> Result<Self, Vec<Diagnostic>> {
        Self::under(Limits::default())
    }

    /// Under limits of one's own.
    ///
    /// # Errors
    /// This machine cannot run plugins, or the cache folder cannot be used.
    pub fn under(limits: Limits) -> Result<Self, Vec<Diagnostic>> {
        Self::keeping(limits, &state::cache_folder().map_err(|error| here(&error))?)
    }

    /// Keeps what it compiles in a folder.
    fn keeping(limits: Limits, cache: &Path) -> Result<Self, Vec<Diagnostic>> {
        let engine = Engine::new(limits).map_err(|error| here(&error))?;
        state::private_folder(cache).map_err(|error| here(&error))?;
        let program = Compiler::this_program().map_err(|error| here(&error))?;
        let compiler = Compiler::new(program, &cache.join("compiled")).map_err(|error| here(&error))?;
        Ok(Self { engine, compiler })
    }

    /// What its plugins run on.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The plugin in a file. Compiles it where nobody did before, which takes seconds for a large one.
    ///
    /// # Errors
    /// Why it cannot be called, naming the file.
    pub fn load(&self, wasm: &Path) -> Result<Loaded, Vec<Diagnostic>> {
        let shown = wasm.display().to_string();
        let name = wasm.file_name().unwrap_or_default().to_string_lossy();
        let bytes = self.read(wasm)?;
        let refuse = |refusal: Refusal| vec![refusal.diagnostic(&shown)];
        let artifact = self.compiler.compile(&self.engine, &name, &bytes).map_err(refuse)?;
        let plugin = plugin::load(&self.engine, &artifact).map_err(refuse)?;
        Ok(Loaded { plugin, wasm: bytes })
    }

    /// At most one byte more than a wasm file may have, so that its size is refused and never held.
    pub(super) fn read(&self, wasm: &Path) -> Result<Vec<u8>, Vec<Diagnostic>> {
        let most = self.engine.limits().compile.wasm_bytes.saturating_add(1);
        let mut bytes = Vec::new();
        let read = File::open(wasm).and_then(|file| file.take(most).read_to_end(&mut bytes));
        read.map_err(|error| vec![unreadable(wasm, &error)])?;
        Ok(bytes)
    }
}

fn unreadable(wasm: &Path, error: &io::Error) -> Diagnostic {
    let problem = Diagnostic::error(format!("it cannot be read: {error}"));
    let problem = problem.in_file(&wasm.display().to_string());
    match error.kind() {
        io::ErrorKind::NotFound => {
            problem.help("build it first: `landfall plugin build`, or name another file")
        }
        io::ErrorKind::IsADirectory => problem.help("name the `.wasm` file in it"),
        _ => problem,
    }
}

fn here(error: &dyn Display) -> Vec<Diagnostic> {
    vec![Diagnostic::error(error.to_string())]
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[track_caller]
    fn refused(file: &Path, expected: &str) {
        let cache = tempfile::tempdir().unwrap();
        let loading = Loading::keeping(Limits::default(), cache.path()).unwrap();
        let problems = loading.load(file).map(|_| ()).unwrap_err();
        let [problem] = problems.as_slice() else { panic!("{problems:?}") };
        assert_eq!(problem.to_string().replace(&*file.to_string_lossy(), "FILE"), expected);
    }

    #[test]
    fn a_file_that_is_not_there_says_how_to_make_it() {
        let folder = tempfile::tempdir().unwrap();
        refused(
            &folder.path().join("support.wasm"),
            "FILE: it cannot be read: No such file or directory (os error 2) (help: build it first: \
             `landfall plugin build`, or name another file)",
        );
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        refused(
            folder.path(),
            "FILE: it cannot be read: Is a directory (os error 21) (help: name the `.wasm` file in it)",
        );
    }

    #[test]
    fn a_file_too_large_is_refused_by_its_size() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("large.wasm");
        fs::write(&file, [0; 9]).unwrap();
        let mut limits = Limits::default();
        limits.compile.wasm_bytes = 8;
        let problems = Loading::keeping(limits, folder.path()).unwrap().load(&file).map(|_| ()).unwrap_err();
        assert!(problems[0].message.contains("the file is larger than 8 bytes"), "{problems:?}");
    }
}
