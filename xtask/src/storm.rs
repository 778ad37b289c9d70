//! `cargo xtask bench reload`: how long a query takes while rules and plugins change under it, in times of how
//! long it takes while nothing does.
//!
//! Both in one run and by turns, so that whatever else the machine does slows both; a ratio, never a time to
//! compare with another machine's. Nothing that is written changes an answer, and every answer is compared.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    plugins,
    project::{Failed, Project},
    say,
};

/// Quiet and storm by turns, so many times.
const ROUNDS: u32 = 4;
/// How long each lasts.
const PHASE: Duration = Duration::from_secs(15);
/// A rule file is written that often, every fifth time with an error, and a plugin.
const EDITS: Duration = Duration::from_millis(20);
const SWAPS: Duration = Duration::from_millis(250);
/// The most that 99 of 100 queries may take in a storm, in tenths of what they take in quiet.
const MOST_TENTHS: u128 = 20;
const PATIENCE: Duration = Duration::from_secs(120);

/// The verb.
pub(crate) fn run(project: &Project) -> Result<(), Failed> {
    project.run_cargo(&["build", "--package", "landfall"])?;
    plugins::run(project)?;
    let site = Site::new(project)?;
    let host = Host::start(project, &site)?;
    let question = question(project)?;
    let expected = host.ask(&question)?.answer;
    let (mut quiet, mut storm) = (Vec::new(), Vec::new());
    let written = Written::default();
    let first = host.ask(&question)?.number;
    for _ in 0..ROUNDS {
        quiet.extend(phase(&host, &question, &expected)?);
        storm.extend(under_storm(&site, &written, || phase(&host, &question, &expected))?);
        site.calm()?;
        host.settle()?;
    }
    let generations = host.ask(&question)?.number.saturating_sub(first);
    let (quiet, storm) = (Spread::of(quiet), Spread::of(storm));
    let ratio = |storm: Duration, quiet: Duration| storm.as_micros() * 10 / quiet.as_micros().max(1);
    let (median, tail) = (ratio(storm.p50, quiet.p50), ratio(storm.p99, quiet.p99));
    say::plain(&format!(
        "\nlandfall query, {} s of quiet and of storm by turns ({} rule edits, {} plugin swaps, {generations} generations):\n         queries        p50        p99\n  quiet  {quiet}\n  storm  {storm}\n  ratio           {:>5}.{}x    {:>5}.{}x (at most {}.{})\n",
        (PHASE * ROUNDS).as_secs(),
        written.edits.load(Ordering::Relaxed),
        written.swaps.load(Ordering::Relaxed),
        median / 10,
        median % 10,
        tail / 10,
        tail % 10,
        MOST_TENTHS / 10,
        MOST_TENTHS % 10,
    ));
    match tail <= MOST_TENTHS {
        true => Ok(()),
        false => Err(Failed::new("queries are slower in a storm than they may be")),
    }
}

/// How long queries took.
struct Spread {
    count: usize,
    p50: Duration,
    p99: Duration,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        Self { count: times.len(), p50: at(50), p99: at(99) }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |time: Duration| format!("{}.{:02}", time.as_millis(), time.as_micros() / 10 % 100);
        write!(f, "{:>7} {:>7} ms {:>7} ms", self.count, ms(self.p50), ms(self.p99))
    }
}

/// One client asks again as soon as it is answered.
fn phase(host: &Host, question: &str, expected: &str) -> Result<Vec<Duration>, Failed> {
    let (begun, mut times) = (Instant::now(), Vec::new());
    while begun.elapsed() < PHASE {
        let asked = Instant::now();
        let Answered { answer, .. } = host.ask(question)?;
        times.push(asked.elapsed());
        if answer != expected {
            return Err(Failed(format!("an answer differs from the first:\n{answer}\n{expected}")));
        }
    }
    Ok(times)
}

/// How much was written.
#[derive(Default)]
struct Written {
    edits: AtomicUsize,
    swaps: AtomicUsize,
}

fn under_storm<T>(
    site: &Site,
    written: &Written,
    work: impl FnOnce() -> Result<T, Failed>,
) -> Result<T, Failed> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let rules = scope.spawn(|| every(EDITS, &over, &written.edits, |count| site.edit(count)));
        let plugins = scope.spawn(|| every(SWAPS, &over, &written.swaps, |count| site.swap(count)));
        let done = work();
        over.store(true, Ordering::Relaxed);
        let ended = [rules.join(), plugins.join()];
        for ended in ended {
            ended.map_err(|_| Failed::new("whoever writes has failed"))??;
        }
        done
    })
}

fn every(
    pause: Duration,
    over: &AtomicBool,
    counted: &AtomicUsize,
    write: impl Fn(usize) -> Result<(), Failed>,
) -> Result<(), Failed> {
    while !over.load(Ordering::Relaxed) {
        write(counted.fetch_add(1, Ordering::Relaxed))?;
        thread::sleep(pause);
    }
    Ok(())
}

/// The folders of the host, and what is in them.
struct Site {
    folder: PathBuf,
    rules: Vec<(PathBuf, String)>,
    plugins: Vec<(PathBuf, Vec<u8>)>,
}

impl Site {
    fn new(project: &Project) -> Result<Self, Failed> {
        let folder = project.target.join("bench").join("reload");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(Failed::io("empty", &folder))?;
        }
        let mut site = Self { folder, rules: Vec::new(), plugins: Vec::new() };
        for (path, bytes) in site.take(&project.root.join("rules/world"), "rules", "yaml")? {
            let text = String::from_utf8(bytes).map_err(Failed::new)?;
            // A storm in the base would be another: it is refused whole when anything falls back.
            let is_base =
                ["facts.yaml", "roles.yaml", "rates.yaml", "fx.yaml"].iter().any(|base| path.ends_with(base));
            site.rules.extend((!is_base).then_some((path, text)));
        }
        site.plugins = site.take(&project.plugins(), "plugins", "wasm")?;
        match site.rules.is_empty() || site.plugins.is_empty() {
            true => Err(Failed::new("there is nothing to write")),
            false => Ok(site),
        }
    }

    /// Copies the files of one kind.
    fn take(&self, from: &Path, into: &str, kind: &str) -> Result<Vec<(PathBuf, Vec<u8>)>, Failed> {
        let into = self.folder.join(into);
        fs::create_dir_all(&into).map_err(Failed::io("make", &into))?;
        let mut taken = Vec::new();
        for entry in fs::read_dir(from).map_err(Failed::io("read", from))? {
            let path = entry.map_err(Failed::io("read", from))?.path();
            if let (Some(name), true) =
                (path.file_name(), path.extension().is_some_and(|found| found == kind))
            {
                let bytes = fs::read(&path).map_err(Failed::io("read", &path))?;
                write(&into.join(name), &bytes)?;
                taken.push((into.join(name), bytes));
            }
        }
        taken.sort();
        Ok(taken)
    }

    /// Another comment in a rule file, or an error.
    fn edit(&self, count: usize) -> Result<(), Failed> {
        let Some((path, text)) = self.rules.get(count % self.rules.len()) else { return Ok(()) };
        let more = if count.is_multiple_of(5) { "nonsense: [" } else { "#" };
        write(path, format!("{text}\n{more} {count}\n").as_bytes())
    }

    /// Another note in a plugin: other bytes that do the same, to be compiled.
    fn swap(&self, count: usize) -> Result<(), Failed> {
        let Some((path, wasm)) = self.plugins.get(count % self.plugins.len()) else { return Ok(()) };
        let note = format!("{count:08}");
        let section = [&[0, 13, 4][..], b"note", note.as_bytes()].concat();
        write(path, &[wasm.as_slice(), &section].concat())
    }

    /// Everything as it was.
    fn calm(&self) -> Result<(), Failed> {
        self.rules.iter().try_for_each(|(path, text)| write(path, text.as_bytes()))?;
        self.plugins.iter().try_for_each(|(path, wasm)| write(path, wasm))
    }
}

/// Whole or not at all, as editors do.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failed> {
    let new = path.with_extension("tmp");
    fs::write(&new, bytes).map_err(Failed::io("write", &new))?;
    fs::rename(&new, path).map_err(Failed::io("write", path))
}

/// A host, ended when it is dropped.
struct Host {
    child: Child,
    socket: PathBuf,
}

/// What answers, and with what.
struct Answered {
    answer: String,
    number: u64,
}

impl Host {
    fn start(project: &Project, site: &Site) -> Result<Self, Failed> {
        // A path to a socket is short.
        let socket = std::env::temp_dir().join(format!("landfall-bench-{}.sock", std::process::id()));
        let mut command = project.command(project.landfall());
        command.args(["serve", "--log-level", "error", "--rules"]).arg(site.folder.join("rules"));
        command.arg("--plugins").arg(site.folder.join("plugins"));
        command.arg("--state").arg(site.folder.join("state"));
        command.arg("--listen").arg(format!("unix:{}", socket.display()));
        let log = fs::File::create(site.folder.join("log")).map_err(Failed::io("write", &site.folder))?;
        let child = command.stdout(Stdio::null()).stderr(log).spawn();
        let child = child.map_err(|error| Failed(format!("cannot run landfall: {error}")))?;
        let host = Self { child, socket };
        let latest = Instant::now() + PATIENCE;
        while host.request("GET", "/readyz", "").is_err() {
            if Instant::now() > latest {
                return Err(Failed::new("the host is not ready"));
            }
            thread::sleep(Duration::from_millis(50));
        }
        host.settle()?;
        Ok(host)
    }

    /// Returns when everything on disk is served or refused.
    fn settle(&self) -> Result<(), Failed> {
        self.request("POST", "/v1/reload", "").map(drop)
    }

    fn ask(&self, question: &str) -> Result<Answered, Failed> {
        let said = self.request("POST", "/v1/query", question)?;
        let strange = || Failed(format!("this is no answer: {said}"));
        let totals = said.split_once("\"objective\":").ok_or_else(strange)?.1;
        let (answer, _) = totals.split_once("\"markets\":").ok_or_else(strange)?;
        let number = said.rsplit_once("\"number\":").ok_or_else(strange)?.1;
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        Ok(Answered { answer: answer.to_owned(), number: digits.parse().map_err(Failed::new)? })
    }

    /// The body of a good response.
    fn request(&self, method: &str, path: &str, body: &str) -> Result<String, Failed> {
        let mut stream = UnixStream::connect(&self.socket).map_err(Failed::io("connect to", &self.socket))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(Failed::new)?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: landfall\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .map_err(Failed::new)?;
        let mut said = String::new();
        stream.read_to_string(&mut said).map_err(Failed::new)?;
        match said.split_once("\r\n\r\n") {
            Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
            _ => Err(Failed(format!("{method} {path}: {said}"))),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.socket);
    }
}

/// Brazil for a year with everything that is known of it: quick enough to be asked a thousand times.
fn question(project: &Project) -> Result<String, Failed> {
    let path = project.root.join("strategies/brazil-germany.yaml");
    let text = fs::read_to_string(&path).map_err(Failed::io("read", &path))?;
    let mut escaped = String::new();
    let mut in_germany = false;
    for line in text.lines() {
        in_germany = line == "  de:" || in_germany && line.starts_with("    ");
        if !in_germany {
            escaped.push_str(&line.replace('\\', "\\\\").replace('"', "\\\""));
            escaped.push_str("\\n");
        }
    }
    Ok(format!(
        "{{\"strategy\":{{\"name\":\"brazil.yaml\",\"text\":\"{escaped}\"}},\"set\":[\"horizon_years=1\"]}}"
    ))
}
