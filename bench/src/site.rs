//! Folders of rules and plugins of any size, and the program that serves them, driven from outside as its users do.
//!
//! Jurisdictions beyond the world's own are the world's own files under other names, and so are plugins: as long, as deep
//! and as many-sided as what people write. Nothing here measures.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{failed::Failed, setting::Setting};

/// Files that are copied under other names: each stands for itself, but for what it inherits.
const COPIED: [&str; 5] = ["br", "ch", "in", "de", "fr"];
/// Base files: no jurisdictions.
const BASE: [&str; 4] = ["facts.yaml", "roles.yaml", "rates.yaml", "fx.yaml"];
const PATIENCE: Duration = Duration::from_secs(120);

/// Folders for a host.
#[derive(Debug)]
pub(crate) struct Site {
    /// Where they lie, and its state.
    pub(crate) folder: PathBuf,
}

impl Site {
    /// So many jurisdictions and plugins, at least the world's own.
    pub(crate) fn new(
        setting: &Setting,
        folder: PathBuf,
        jurisdictions: usize,
        plugins: usize,
    ) -> Result<Self, Failed> {
        let site = Self { folder };
        let own = copy(&setting.root.join("rules/world"), &site.rules(), "yaml")?;
        let world = own.iter().filter(|path| !BASE.iter().any(|base| path.ends_with(base))).count();
        for number in 0..jurisdictions.saturating_sub(world) {
            let original = COPIED.get(number % COPIED.len()).copied().unwrap_or_default();
            let from = site.rules().join(format!("{original}.yaml"));
            let text = fs::read_to_string(&from).map_err(Failed::io("read", &from))?;
            let id = format!("m-{number}");
            let text = text.replace(&format!("\nid: {original}\n"), &format!("\nid: {id}\n"));
            put(&site.rules().join(format!("{id}.yaml")), text.as_bytes())?;
        }
        let own = copy(&setting.plugins(), &site.plugins(), "wasm")?;
        let missing = plugins.saturating_sub(own.len());
        // A short id may stand in code instead of among the data, where it is not found.
        let long = own.iter().filter(|path| path.file_stem().is_some_and(|stem| stem.len() > 8));
        for (number, path) in long.cycle().take(missing).enumerate() {
            site.renamed(path, number)?;
        }
        Ok(site)
    }

    /// Rule files.
    pub(crate) fn rules(&self) -> PathBuf {
        self.folder.join("rules")
    }

    /// Plugins.
    pub(crate) fn plugins(&self) -> PathBuf {
        self.folder.join("plugins")
    }

    /// What its operator says: the lines of a `landfall.yaml`.
    pub(crate) fn configure(&self, lines: &str) -> Result<(), Failed> {
        put(&self.config(), format!("schema: landfall/config@1\n{lines}\n").as_bytes())
    }

    fn config(&self) -> PathBuf {
        self.folder.join("landfall.yaml")
    }

    /// The same plugin under another id of the same length, so that nothing in the file moves.
    fn renamed(&self, path: &Path, number: usize) -> Result<(), Failed> {
        let bytes = fs::read(path).map_err(Failed::io("read", path))?;
        let id = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let tail = format!("x{number}");
        let other = format!("{}{tail}", id.get(..id.len().saturating_sub(tail.len())).unwrap_or_default());
        let text: Vec<u8> = replaced(&bytes, id.as_bytes(), other.as_bytes());
        put(&self.plugins().join(format!("{other}.wasm")), &text)
    }
}

/// The bytes with each of one text taken for another of the same length.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut made = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, more)) = rest.split_first() {
        match rest.strip_prefix(from) {
            Some(after) if !from.is_empty() => {
                made.extend_from_slice(to);
                rest = after;
            }
            _ => {
                made.push(*first);
                rest = more;
            }
        }
    }
    made
}

/// Copies the files of one kind; where they are now.
fn copy(from: &Path, into: &Path, kind: &str) -> Result<Vec<PathBuf>, Failed> {
    fs::create_dir_all(into).map_err(Failed::io("make", into))?;
    let mut copied = Vec::new();
    for entry in fs::read_dir(from).map_err(Failed::io("read", from))? {
        let path = entry.map_err(Failed::io("read", from))?.path();
        if let (Some(name), true) = (path.file_name(), path.extension().is_some_and(|found| found == kind)) {
            let to = into.join(name);
            fs::copy(&path, &to).map_err(Failed::io("copy", &path))?;
            copied.push(to);
        }
    }
    copied.sort();
    match copied.is_empty() {
        true => Err(Failed(format!("there is no {kind} file in {}", from.display()))),
        false => Ok(copied),
    }
}

/// Whole or not at all, as editors do.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<(), Failed> {
    let new = path.with_extension("tmp");
    fs::write(&new, bytes).map_err(Failed::io("write", &new))?;
    fs::rename(&new, path).map_err(Failed::io("write", path))
}

/// A plugin with another note in it: other bytes that do the same, and are to be compiled.
pub(crate) fn noted(wasm: &[u8], note: usize) -> Vec<u8> {
    let section = [&[0, 13, 4][..], b"note", format!("{note:08}").as_bytes()].concat();
    [wasm, &section].concat()
}

/// A host, ended when it is dropped.
#[derive(Debug)]
pub(crate) struct Host {
    child: Child,
    /// Where it answers.
    pub(crate) socket: PathBuf,
}

/// An answer, as far as it says what was computed, and which generation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    /// Its totals.
    pub(crate) answer: String,
    /// The number of the generation.
    pub(crate) number: u64,
}

impl Host {
    /// Serves a site, and returns when it is ready.
    pub(crate) fn start(setting: &Setting, site: &Site) -> Result<Self, Failed> {
        let host = Self::spawn(setting, site)?;
        let latest = Instant::now() + PATIENCE;
        while host.request("GET", "/readyz", "").is_err() {
            if Instant::now() > latest {
                return Err(Failed::new("the host is not ready"));
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(host)
    }

    /// Begins to serve a site.
    pub(crate) fn spawn(setting: &Setting, site: &Site) -> Result<Self, Failed> {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        // A path to a socket is short, and no two hosts have the same.
        let name =
            format!("landfall-bench-{}-{}.sock", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let socket = std::env::temp_dir().join(name);
        let log = site.folder.join("log");
        let log = fs::File::create(&log).map_err(Failed::io("write", &log))?;
        let mut command = Command::new(setting.program()?);
        command.args(["serve", "--rules"]).arg(site.rules());
        command.arg("--plugins").arg(site.plugins()).arg("--state").arg(site.folder.join("state"));
        command.arg("--listen").arg(format!("unix:{}", socket.display()));
        if site.config().is_file() {
            command.arg("--config").arg(site.config());
        }
        let child = command.stdout(Stdio::null()).stderr(log).spawn();
        Ok(Self { child: child.map_err(Failed::when("cannot run landfall"))?, socket })
    }

    /// Returns when everything on disk is served or refused; fails where anything is refused.
    pub(crate) fn settle(&self) -> Result<(), Failed> {
        let said = self.request("POST", "/v1/reload", "")?;
        for bad in ["\"last_good\"", "\"refused\"", "\"unavailable\"", "\"waiting\""] {
            if let Some((before, after)) = said.split_once(bad) {
                let tail = before.get(before.len().saturating_sub(300)..).unwrap_or_default();
                let head = after.get(..after.len().min(600)).unwrap_or_default();
                return Err(Failed(format!("not everything is served: …{tail}{bad}{head}…")));
            }
        }
        Ok(())
    }

    /// Asks a question.
    pub(crate) fn ask(&self, question: &str) -> Result<Answered, Failed> {
        let said = self.request("POST", "/v1/query", question)?;
        let strange = || Failed(format!("this is no answer: {said}"));
        let totals = said.split_once("\"objective\":").ok_or_else(strange)?.1;
        let (answer, _) = totals.split_once("\"markets\":").ok_or_else(strange)?;
        let number = said.rsplit_once("\"number\":").ok_or_else(strange)?.1;
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        Ok(Answered { answer: answer.to_owned(), number: digits.parse().map_err(Failed::new)? })
    }

    /// The body of a good response.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> Result<String, Failed> {
        let mut stream = UnixStream::connect(&self.socket).map_err(Failed::io("connect to", &self.socket))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(Failed::new)?;
        let head = head(method, path, body.len(), "close");
        stream.write_all(head.as_bytes()).map_err(Failed::new)?;
        stream.write_all(body.as_bytes()).map_err(Failed::new)?;
        let mut said = String::new();
        stream.read_to_string(&mut said).map_err(Failed::new)?;
        match said.split_once("\r\n\r\n") {
            Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
            _ => Err(Failed(format!("{method} {path}: {said}"))),
        }
    }

    /// Memory that it has resident, in bytes: of the host itself.
    pub(crate) fn resident(&self) -> Result<f64, Failed> {
        let path = PathBuf::from(format!("/proc/{}/status", self.child.id()));
        let text = fs::read_to_string(&path).map_err(Failed::io("read", &path))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
        Ok(kibibytes.ok_or_else(|| Failed::new("the system does not say what is resident"))? * 1024.0)
    }

    /// Ends it as an operator does, and waits for that.
    pub(crate) fn stop(mut self) -> Result<(), Failed> {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        told.map_err(Failed::when("cannot tell the host to stop"))?;
        self.child.wait().map_err(Failed::when("the host does not stop")).map(drop)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.socket);
    }
}

/// The head of a request.
pub(crate) fn head(method: &str, path: &str, length: usize, connection: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: landfall\r\nconnection: {connection}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
}

/// A strategy of the repository as a question, under a name.
pub(crate) fn question(name: &str, text: &str, set: &[&str]) -> Result<String, Failed> {
    let asked = serde_json::json!({"strategy": {"name": name, "text": text}, "set": set});
    serde_json::to_string(&asked).map_err(Failed::new)
}

/// Brazil and Germany, or Brazil alone.
pub(crate) fn strategy(setting: &Setting, with_germany: bool) -> Result<String, Failed> {
    let path = setting.root.join("strategies/brazil-germany.yaml");
    let text = fs::read_to_string(&path).map_err(Failed::io("read", &path))?;
    let mut in_germany = false;
    let wanted = |line: &&str| {
        in_germany = *line == "  de:" || in_germany && line.starts_with("    ");
        with_germany || !in_germany
    };
    Ok(text.lines().filter(wanted).collect::<Vec<_>>().join("\n") + "\n")
}
