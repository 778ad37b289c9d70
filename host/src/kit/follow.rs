//! The folder of a plugin, built again whenever something in it changes, on a thread of its own.
//!
//! Knows the folder by its contents and not by events: whoever hears of one says [`Follow::look`]. What it promises: one
//! build at a time, and after the last change one more of what is there then; the same contents are not tried twice.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use super::{
    build::{self, Told},
    project::Project,
    tools::Tools,
};
use crate::{diagnostic::Diagnostic, id::Digest};

/// What becomes of a folder.
#[derive(Debug, Clone)]
pub enum News {
    /// What is done now.
    Step(String),
    /// There is a plugin that is not the last one that was told of.
    Built(Made),
    /// The contents changed, and the plugin did not.
    Unchanged,
    /// There is none of the contents as they are; the last one stays.
    Failed {
        /// What to do about it.
        problems: Vec<Diagnostic>,
        /// Of the compiler.
        words: String,
    },
}

/// A plugin that was built.
#[derive(Debug, Clone)]
pub struct Made {
    /// By the manifest.
    pub id: String,
    /// By the manifest.
    pub version: String,
    /// Where it is.
    pub file: PathBuf,
    /// The plugin.
    pub wasm: Arc<[u8]>,
    /// Of the plugin.
    pub digest: Digest,
    /// How long that took.
    pub took: Duration,
}

/// Builds until it is dropped, and what it is at then to its end.
#[derive(Debug)]
pub struct Follow {
    looks: mpsc::SyncSender<()>,
}

impl Follow {
    /// Builds now, and whenever it is told to look and something changed.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(
        folder: PathBuf,
        tools: Tools,
        mut told: impl FnMut(News) + Send + 'static,
    ) -> io::Result<Self> {
        // However often it is told while it builds, it looks once more.
        let (looks, told_to_look) = mpsc::sync_channel(1);
        let follow = Self { looks };
        follow.look();
        thread::Builder::new().name("build".to_owned()).spawn(move || {
            let mut followed = Followed { folder, tools, tried: None, last: None };
            for () in told_to_look {
                followed.look(&mut told);
            }
        })?;
        Ok(follow)
    }

    /// Something in the folder may have changed.
    pub fn look(&self) {
        // It looks already, or has ended.
        let _ = self.looks.try_send(());
    }
}

/// Every folder that counts in the folder of a plugin, itself among them, as they are now.
#[must_use]
pub fn folders(folder: &Path) -> Vec<PathBuf> {
    // One that cannot be read now may be read the next time.
    build::walk(folder).map(|(folders, _)| folders).unwrap_or_default()
}

struct Followed {
    folder: PathBuf,
    tools: Tools,
    /// What was last built, or could not be.
    tried: Option<Contents>,
    /// The plugin that was last told of, unless its build failed since.
    last: Option<Digest>,
}

impl Followed {
    fn look(&mut self, told: &mut dyn FnMut(News)) {
        let before = Contents::of(&self.folder);
        // A file that goes while it is read is followed by an event.
        if before.is_none() || before == self.tried {
            return;
        }
        self.tried = before;
        let news = self.build(told);
        let after = Contents::of(&self.folder);
        // What the build itself wrote is no change to build again for.
        if after.map(|after| after.by_hand) == before.map(|before| before.by_hand) {
            self.tried = after;
        }
        self.last = match &news {
            News::Built(made) => Some(made.digest),
            News::Failed { .. } => None,
            _ => self.last,
        };
        told(news);
    }

    fn build(&self, told: &mut dyn FnMut(News)) -> News {
        let started = Instant::now();
        let project = match Project::find(&self.folder) {
            Ok(project) => project,
            Err(problems) => return News::Failed { problems, words: String::new() },
        };
        let mut words = String::new();
        let mut hear = |what| match what {
            Told::Step(step) => told(News::Step(step)),
            Told::Words(said) => words.push_str(&said),
        };
        let built = match build::build(&project, &self.tools, &mut hear) {
            Ok(built) => built,
            Err(error) => return News::Failed { problems: error.diagnostics(), words },
        };
        if self.last == Some(built.digest) {
            return News::Unchanged;
        }
        let Project { id, version, .. } = project;
        match fs::read(&built.wasm) {
            Ok(wasm) => {
                let digest = Digest::of(&wasm);
                News::Built(Made {
                    id,
                    version,
                    file: built.wasm,
                    wasm: wasm.into(),
                    digest,
                    took: started.elapsed(),
                })
            }
            Err(error) => {
                let shown = built.wasm.display().to_string();
                let problem = Diagnostic::error(format!("cannot be read: {error}")).in_file(&shown);
                News::Failed { problems: vec![problem], words }
            }
        }
    }
}

/// What compilers write beside the sources.
const LOCKS: [&str; 1] = ["Cargo.lock"];

/// Of the names and contents of files that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Contents {
    all: Digest,
    /// But for what compilers write.
    by_hand: Digest,
}

impl Contents {
    fn of(folder: &Path) -> Option<Self> {
        let (_, files) = build::walk(folder).ok()?;
        let (mut all, mut by_hand) = (Vec::new(), Vec::new());
        for file in files {
            let bytes = fs::read(&file).ok()?;
            let digest = Digest::of_parts([file.as_os_str().as_encoded_bytes(), bytes.as_slice()]);
            all.push(digest);
            if !file.file_name().is_some_and(|name| LOCKS.iter().any(|lock| name == *lock)) {
                by_hand.push(digest);
            }
        }
        let of =
            |digests: &[Digest]| Digest::of_parts(digests.iter().map(|digest| digest.as_bytes().as_slice()));
        Some(Self { all: of(&all), by_hand: of(&by_hand) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_leave_in_a_folder_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("Cargo.toml", "");
        write("src/lib.rs", "1");
        write("vendor/sdk/src/lib.rs", "1");
        let contents = || Contents::of(folder.path()).unwrap();
        let first = contents();
        for file in ["target/a", "vendor/node_modules/a", "src/__pycache__/a", ".git/a", "src/.lib.rs.swp"] {
            write(file, "1");
        }
        assert_eq!(contents(), first);
        let expected: Vec<PathBuf> =
            ["", "src", "vendor", "vendor/sdk", "vendor/sdk/src"].map(|path| folder.path().join(path)).into();
        let mut found = folders(folder.path());
        found.sort();
        assert_eq!(
            found,
            expected.iter().map(|path| path.components().collect::<PathBuf>()).collect::<Vec<_>>()
        );
        for (file, text) in [("vendor/sdk/src/lib.rs", "2"), ("src/more.rs", ""), ("settings.json", "{}")] {
            let before = contents();
            write(file, text);
            assert_ne!(contents().by_hand, before.by_hand, "{file}");
        }
        let before = contents();
        write("Cargo.lock", "");
        assert_eq!((contents().by_hand, contents() == before), (before.by_hand, false));
    }

    #[test]
    fn the_same_contents_are_not_tried_twice() {
        let folder = tempfile::tempdir().unwrap();
        let (tell, hear) = mpsc::channel();
        let tools = Tools::new(folder.path().join("target"));
        let follow = Follow::start(folder.path().to_owned(), tools, move |news| {
            let _ = tell.send(news);
        })
        .unwrap();
        let failed = || {
            let News::Failed { problems, .. } = hear.recv_timeout(Duration::from_secs(60)).unwrap() else {
                panic!("it was built")
            };
            problems[0].message.clone()
        };
        assert!(failed().contains("no Cargo.toml, pyproject.toml or package.json"));
        // Nothing is said of the first look, since there is nothing else to see.
        follow.look();
        fs::write(folder.path().join("Cargo.toml"), "[package").unwrap();
        follow.look();
        let second = failed();
        assert!(!second.contains("no Cargo.toml"), "{second}");
        drop(follow);
        assert!(hear.recv_timeout(Duration::from_secs(60)).is_err());
    }
}
