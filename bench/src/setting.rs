//! Where things are, and how thoroughly they are measured.

use std::{fs, path::PathBuf, time::Duration};

use crate::failed::Failed;

/// What every scenario is given.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Whether it works, and not how fast it is.
    pub(crate) quick: bool,
    /// A release build from nothing is asked for.
    pub(crate) clean_build: bool,
    /// The repository.
    pub(crate) root: PathBuf,
    /// Its target folder.
    pub(crate) target: PathBuf,
}

impl Setting {
    /// `LANDFALL_TARGET` says where the repository's target folder is; without it, where cargo puts it.
    pub(crate) fn find() -> Result<Self, Failed> {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let root = here.parent().ok_or_else(|| Failed::new("the bench lies in no repository"))?.to_owned();
        let target = std::env::var_os("LANDFALL_TARGET").map_or_else(|| root.join("target"), PathBuf::from);
        Ok(Self { quick: false, clean_build: false, root, target })
    }

    /// Where the built plugins are.
    pub(crate) fn plugins(&self) -> PathBuf {
        self.target.join("plugins")
    }

    /// The program as it is shipped.
    pub(crate) fn program(&self) -> Result<PathBuf, Failed> {
        let program = self.target.join("release").join("landfall");
        match program.is_file() {
            true => Ok(program),
            false => Err(Failed(format!("{} is not built: `cargo xtask bench` does", program.display()))),
        }
    }

    /// An empty folder for a scenario.
    pub(crate) fn scratch(&self, scenario: &str) -> Result<PathBuf, Failed> {
        let folder = self.target.join("bench").join(scenario);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(Failed::io("empty", &folder))?;
        }
        fs::create_dir_all(&folder).map_err(Failed::io("make", &folder))?;
        Ok(folder)
    }

    /// How many rounds are taken: odd, so that there is a median that was measured.
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 5 } else { 21 }
    }

    /// How long one side's turn in a round should last.
    pub(crate) fn turn(&self) -> Duration {
        Duration::from_millis(if self.quick { 10 } else { 50 })
    }
}
