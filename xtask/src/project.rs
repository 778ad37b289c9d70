//! The repository, its target folder, and the commands run in it.

use std::{
    ffi::OsStr,
    fmt::Display,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::say;

/// Why a verb did not do what it was asked to, for people.
#[derive(Debug)]
pub(crate) struct Failed(pub(crate) String);

impl Failed {
    /// A file or folder that could not be used.
    pub(crate) fn io<'a>(what: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |error| Self(format!("cannot {what} {}: {error}", path.display()))
    }

    pub(crate) fn new(why: impl Display) -> Self {
        Self(why.to_string())
    }
}

/// Where things are.
#[derive(Debug)]
pub(crate) struct Project {
    /// The repository.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever the environment or a configuration has put it.
    pub(crate) target: PathBuf,
}

impl Project {
    pub(crate) fn find() -> Result<Self, Failed> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.parent().ok_or_else(|| Failed::new("xtask lies in no repository"))?.to_owned();
        // Cargo has just put us at TARGET/debug/xtask, so it need not be asked where TARGET is.
        let this = std::env::current_exe().map_err(|error| Failed(format!("cannot find xtask: {error}")))?;
        let target = this.ancestors().nth(2).ok_or_else(|| Failed::new("xtask lies in no target folder"))?;
        Ok(Self { root, target: target.to_owned() })
    }

    /// The built program.
    pub(crate) fn landfall(&self) -> PathBuf {
        self.target.join("debug").join("landfall")
    }

    /// Where built plugins are left.
    pub(crate) fn plugins(&self) -> PathBuf {
        self.target.join("plugins")
    }

    /// Where built guests are left: plugins that tests misuse.
    pub(crate) fn guests(&self) -> PathBuf {
        self.target.join("guests")
    }

    /// A command run in the repository, with its target folder.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// The cargo that runs xtask.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = self.command(cargo);
        command.args(arguments);
        command
    }

    /// Runs cargo, shown as one would type it.
    pub(crate) fn run_cargo(&self, arguments: &[&str]) -> Result<(), Failed> {
        say::command(&format!("cargo {}", arguments.join(" ")));
        succeed(&mut self.cargo(arguments))
    }

    /// The packages in the folders below one, by the names their manifests give.
    pub(crate) fn packages(&self, folder: &str) -> Result<Vec<String>, Failed> {
        let folder = self.root.join(folder);
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(Failed::io("read", &folder))? {
            let manifest = entry.map_err(Failed::io("read", &folder))?.path().join("Cargo.toml");
            if !manifest.exists() {
                continue;
            }
            let text = fs::read_to_string(&manifest).map_err(Failed::io("read", &manifest))?;
            let name = text.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
            names.push(name.ok_or_else(|| Failed(format!("no name in {}", manifest.display())))?.to_owned());
        }
        names.sort();
        Ok(names)
    }
}

/// Runs a command to its end; what it prints is seen.
pub(crate) fn succeed(command: &mut Command) -> Result<(), Failed> {
    let name = Path::new(command.get_program()).to_string_lossy().into_owned();
    let status = command.status().map_err(|error| Failed(format!("cannot run {name}: {error}")))?;
    match status.success() {
        true => Ok(()),
        false => Err(Failed(format!("{name} failed: {status}"))),
    }
}
