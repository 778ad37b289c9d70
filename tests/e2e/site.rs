//! A folder that is the whole world of one test: rules, plugins, home, and the commands run in it.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::LazyLock,
};

use serde_json::Value;

use crate::host::Host;

/// The repository.
pub(crate) static ROOT: LazyLock<PathBuf> =
    LazyLock::new(|| Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned());

/// What was built: cargo has put this test at TARGET/debug/deps/e2e-….
static TARGET: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned());

/// The plugins of the world, compiled once for all tests: empty when the tests begin.
pub(crate) static COMPILED: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = TARGET.join("tmp/e2e-cache");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    folder
});

/// A file that `cargo xtask test` has built.
#[track_caller]
pub(crate) fn built(path: &str) -> PathBuf {
    let path = TARGET.join(path);
    assert!(path.exists(), "{} is not built: run `cargo xtask test`", path.display());
    path
}

/// The folder of one test, with the program's environment cut off from ours.
#[derive(Debug)]
pub(crate) struct Site {
    folder: tempfile::TempDir,
    environment: BTreeMap<&'static str, OsString>,
}

impl Site {
    /// No rules, no plugins.
    pub(crate) fn empty() -> Self {
        let site = Self {
            folder: tempfile::Builder::new().prefix("landfall-").tempdir().unwrap(),
            environment: BTreeMap::new(),
        };
        for folder in ["rules", "plugins", "home", "run"] {
            fs::create_dir(site.path(folder)).unwrap();
        }
        site
    }

    /// The article's five markets and the one plugin they need.
    pub(crate) fn seed() -> Self {
        let site = Self::empty();
        site.take("rules/seed", "rules");
        site.plugin("fixed-cost");
        fs::copy(ROOT.join("strategies/seed.yaml"), site.path("seed.yaml")).unwrap();
        site
    }

    /// The real places and every plugin.
    pub(crate) fn world() -> Self {
        let site = Self::empty().with("XDG_CACHE_HOME", COMPILED.as_path());
        site.take("rules/world", "rules");
        for entry in fs::read_dir(built("plugins")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if let Some(id) = name.strip_suffix(".wasm") {
                site.plugin(id);
            }
        }
        let strategy = "brazil-germany.yaml";
        fs::copy(ROOT.join("strategies").join(strategy), site.path(strategy)).unwrap();
        site
    }

    /// Its commands see this variable.
    pub(crate) fn with(mut self, variable: &'static str, value: impl Into<OsString>) -> Self {
        self.environment.insert(variable, value.into());
        self
    }

    /// The small book of the cases, with a strategy.
    pub(crate) fn book() -> Self {
        let site = Self::empty();
        site.take("tests/cases/book/rules", "rules");
        fs::copy(ROOT.join("tests/cases/book/strategy.yaml"), site.path("strategy.yaml")).unwrap();
        site.plugin("fixed-cost");
        site.plugin("statutory");
        site
    }

    /// A place in the folder.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Copies the YAML files of a folder of the repository.
    pub(crate) fn take(&self, from: &str, into: &str) {
        for entry in fs::read_dir(ROOT.join(from)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                fs::copy(&path, self.path(into).join(path.file_name().unwrap())).unwrap();
            }
        }
    }

    /// Puts a built plugin where it belongs.
    #[track_caller]
    pub(crate) fn plugin(&self, id: &str) {
        self.put(&format!("plugins/{id}.wasm"), plugin(id));
    }

    /// The same for a guest that misbehaves.
    #[track_caller]
    pub(crate) fn guest(&self, id: &str) {
        self.put(&format!("plugins/{id}.wasm"), guest(id));
    }

    /// Puts a file there whole, as an editor does: whoever watches never sees half of it.
    pub(crate) fn put(&self, file: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(file);
        let name = path.file_name().unwrap().to_str().unwrap();
        let new = path.with_file_name(format!(".{name}.new"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&new, contents).unwrap();
        fs::rename(&new, &path).unwrap();
    }

    /// What a file says.
    pub(crate) fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    /// Writes something else in the only place where a file says this.
    #[track_caller]
    pub(crate) fn edit(&self, file: &str, this: &str, by: &str) {
        let text = self.text(file);
        assert_eq!(text.matches(this).count(), 1, "`{this}` in {file}");
        self.put(file, text.replace(this, by));
    }

    /// Removes a file.
    pub(crate) fn remove(&self, file: &str) {
        fs::remove_file(self.path(file)).unwrap();
    }

    /// The program, in this folder; its home, state, cache and sockets are here too.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(built("debug/landfall"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .envs(&self.environment)
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran::new(arguments, &output)
    }

    /// The same, without a host: on the folders themselves.
    #[track_caller]
    pub(crate) fn hostless(&self, arguments: &[&str]) -> Ran {
        self.run(&[arguments, &["--rules", "rules", "--plugins", "plugins"]].concat())
    }

    /// Runs a host until it is dropped; returns when everything has been loaded or refused.
    #[track_caller]
    pub(crate) fn serve(&self) -> Host<'_> {
        Host::start(self, &[])
    }
}

/// The bytes of a built plugin.
#[track_caller]
pub(crate) fn plugin(id: &str) -> Vec<u8> {
    fs::read(built(&format!("plugins/{id}.wasm"))).unwrap()
}

/// The bytes of a built guest.
#[track_caller]
pub(crate) fn guest(id: &str) -> Vec<u8> {
    fs::read(built(&format!("guests/{id}.wasm"))).unwrap()
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    command: String,
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    fn new(arguments: &[&str], output: &Output) -> Self {
        Self {
            command: format!("landfall {}", arguments.join(" ")),
            code: output.status.code(),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// It must have ended with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}{}", self.command, self.out, self.err);
        self
    }

    /// What it put out, as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let parsed = serde_json::from_str(&self.out);
        parsed.unwrap_or_else(|error| panic!("{}: {error}\n{}{}", self.command, self.out, self.err))
    }

    /// Its standard error must say this.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        assert!(self.err.contains(text), "`{text}` is not in what {} says:\n{}", self.command, self.err);
    }

    /// It must have ended well, and said nothing about it.
    #[track_caller]
    pub(crate) fn says_nothing_wrong(&self) {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.command);
    }

    /// Its output must show this.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        assert!(self.out.contains(text), "`{text}` is not in what {} shows:\n{}", self.command, self.out);
    }
}
