//! Compiling: a child process that limits itself, a cache of what it made, a memory of what it refused.
//!
//! *Measured*: a module of 134 KB takes 110 s and 5.4 GB to compile, and under a memory limit the
//! process aborts, so no panic boundary helps. Therefore never in the serving process, one child at
//! a time, and a child that dies is a refusal.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use super::{
    cache::Cache,
    child::{self, Verdict},
    description::{RawDescription, id_of_file},
    engine::Engine,
    error::{CacheError, Refusal},
    functions,
    limits::{CompileLimits, Limits},
    text::tame,
};
use crate::id::Digest;

/// The hidden verb whose process is the child.
pub const VERB: &str = "compile";

/// Bytes of what a dying child says that are read.
const MOST_STDERR: u64 = 16 << 10;
/// Refusals remembered; beyond that all are forgotten, and found again.
const MOST_REFUSALS: usize = 1_024;
/// How often a child is looked at that has not said all it has to say.
const POLL: Duration = Duration::from_millis(2);
/// And one that has, at first: it is about to end.
const POLL_ENDING: Duration = Duration::from_micros(100);
/// Plugins whose functions are remembered: people edit one or two at a time.
const MOST_RECENT: usize = 4;

/// A compiled plugin and its description, for one engine's configuration.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// Of the bytes of the wasm file.
    pub digest: Digest,
    pub(super) description: RawDescription,
    body: Vec<u8>,
    code_at: usize,
}

impl Artifact {
    /// Reads what a child wrote; the error is a refusal it wrote instead.
    pub(super) fn read(digest: Digest, body: Vec<u8>) -> Result<Self, Refusal> {
        let mut rest = body.as_slice();
        match child::read_header(&mut rest) {
            Ok(Verdict::Accepted(description)) => {
                let code_at = body.len() - rest.len();
                Ok(Self { digest, description: *description, body, code_at })
            }
            Ok(Verdict::Refused(refusal)) => Err(refusal),
            Err(error) => Err(Refusal::Interrupted { message: format!("its answer is cut: {error}") }),
        }
    }

    /// Bytes that are kept of it.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.body.len()
    }

    pub(super) fn code(&self) -> &[u8] {
        self.body.get(self.code_at..).unwrap_or_default()
    }
}

/// Compiles plugins, one at a time.
#[derive(Debug)]
pub struct Compiler {
    program: PathBuf,
    cache: Cache,
    turn: Mutex<()>,
    refused: Mutex<HashMap<Digest, Refusal>>,
    recent: Mutex<Recent>,
}

impl Compiler {
    /// `program` is run with the one argument `compile` and must call [`run_child`]; `cache` is a
    /// folder nobody else can write, made where it is missing.
    ///
    /// # Errors
    /// [`CacheError`]: the folder cannot be used, or others can write it.
    pub fn new(program: PathBuf, cache: &Path) -> Result<Self, CacheError> {
        let cache = Cache::open(cache)?;
        Ok(Self { program, cache, turn: Mutex::new(()), refused: Mutex::default(), recent: Mutex::default() })
    }

    /// This very program, even where its file has been replaced since it started.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn this_program() -> io::Result<PathBuf> {
        if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
    }

    /// The artifact of a wasm file: kept from an earlier time, or compiled now. Blocks for as long as
    /// a compilation may take, and longer where others are before it.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn compile(&self, engine: &Engine, file_name: &str, wasm: &[u8]) -> Result<Artifact, Refusal> {
        self.compile_while(engine, file_name, wasm, &|| true)
    }

    /// The same, for as long as it is wanted: then the child is ended, so that the next file has its turn.
    ///
    /// # Errors
    /// [`Refusal`]; one that may pass where it is not wanted any more.
    pub fn compile_while(
        &self,
        engine: &Engine,
        file_name: &str,
        wasm: &[u8],
        wanted: &dyn Fn() -> bool,
    ) -> Result<Artifact, Refusal> {
        let limits = limits_of(engine, file_name);
        if wasm.len() as u64 > limits.compile.wasm_bytes {
            return Err(Refusal::TooLarge { limit: limits.compile.wasm_bytes });
        }
        let digest = Digest::of(wasm);
        let key = key(engine, limits, digest);
        if let Some(known) = self.known(key, digest, limits) {
            engine.counts().found(&known);
            return known;
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever was before us may have compiled the same.
        if let Some(known) = self.known(key, digest, limits) {
            engine.counts().found(&known);
            return known;
        }
        let made = self.compile_now(engine, key, digest, (file_name, wasm), wanted);
        // What was given up says nothing of the file.
        if wanted() {
            engine.counts().made(&made);
        }
        made
    }

    /// The artifact of a wasm file if it is at hand, or its refusal: never compiles, so it is quick.
    #[must_use]
    pub fn kept(&self, engine: &Engine, file_name: &str, wasm: &[u8]) -> Option<Result<Artifact, Refusal>> {
        let digest = Digest::of(wasm);
        let limits = limits_of(engine, file_name);
        let known = self.known(key(engine, limits, digest), digest, limits)?;
        engine.counts().found(&known);
        Some(known)
    }

    fn known(&self, key: Digest, digest: Digest, limits: &Limits) -> Option<Result<Artifact, Refusal>> {
        if let Some(refusal) = self.refused.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Some(Err(refusal.clone()));
        }
        let body = self.cache.get(key, limits.compile.artifact_bytes)?;
        Artifact::read(digest, body).ok().map(Ok)
    }

    fn compile_now(
        &self,
        engine: &Engine,
        key: Digest,
        digest: Digest,
        (file_name, wasm): (&str, &[u8]),
        wanted: &dyn Fn() -> bool,
    ) -> Result<Artifact, Refusal> {
        let started = Instant::now();
        let limits = limits_of(engine, file_name);
        // Of this file under these limits: nothing of one plugin is given to another.
        let compatibility = engine.compatibility(limits);
        let version = Digest::of_parts([file_name.as_bytes(), compatibility.as_bytes().as_slice()]);
        let before = self.recent.lock().unwrap_or_else(PoisonError::into_inner).of(version);
        let result = run(&self.program, limits, (&before, wasm), wanted).and_then(|(functions, body)| {
            let artifact = Artifact::read(digest, body)?;
            self.recent.lock().unwrap_or_else(PoisonError::into_inner).put(version, functions);
            Ok(artifact)
        });
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &result {
            Ok(artifact) => {
                tracing::info!(file = file_name, took_ms, bytes = artifact.code().len(), "compiled");
                self.cache.put(key, &artifact.body);
            }
            Err(refusal) => {
                tracing::info!(file = file_name, took_ms, %refusal, "refused");
                self.remember(key, refusal);
            }
        }
        result
    }

    /// A reload tries everything on disk again; what takes a minute to be refused must not take it
    /// every time.
    fn remember(&self, key: Digest, refusal: &Refusal) {
        if !refusal.is_lasting() {
            return;
        }
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() >= MOST_REFUSALS {
            refused.clear();
        }
        refused.insert(key, refusal.clone());
    }
}

/// Of the plugin that the file's name says it is: what it says itself is not known yet.
fn limits_of<'e>(engine: &'e Engine, file_name: &str) -> &'e Limits {
    engine.limits_of(id_of_file(file_name).as_deref().unwrap_or_default())
}

/// By which an artifact is kept and a refusal remembered.
fn key(engine: &Engine, limits: &Limits, wasm: Digest) -> Digest {
    Digest::of_parts([wasm.as_bytes().as_slice(), engine.compatibility(limits).as_bytes()])
}

/// What the hidden verb runs, on its standard streams: limits this process, reads one wasm file,
/// writes a verdict. Writes nothing else to `output`.
///
/// # Errors
/// The request is cut, this process cannot be limited, or nobody reads the answer.
pub fn run_child(input: impl Read, output: impl Write) -> io::Result<()> {
    child::run(input, output)
}

/// What the functions of the plugins that were compiled last were compiled to, the last first.
#[derive(Debug, Default)]
struct Recent(Vec<(Digest, Arc<[u8]>)>);

impl Recent {
    fn of(&self, version: Digest) -> Arc<[u8]> {
        let known = self.0.iter().find(|(known, _)| *known == version);
        known.map(|(_, functions)| Arc::clone(functions)).unwrap_or_default()
    }

    fn put(&mut self, version: Digest, functions: Vec<u8>) {
        self.0.retain(|(known, _)| *known != version);
        self.0.insert(0, (version, functions.into()));
        let mut bytes = 0_usize;
        self.0.retain(|(_, functions)| {
            bytes = bytes.saturating_add(functions.len());
            bytes <= functions::MOST_BYTES
        });
        self.0.truncate(MOST_RECENT);
    }
}

/// How a child ended and what it left.
struct Ended {
    status: ExitStatus,
    in_time: bool,
    functions: Vec<u8>,
    verdict: Vec<u8>,
    last_words: String,
}

/// What a file's functions were compiled to, and the verdict. `before`: what those of its version before were.
fn run(
    program: &Path,
    limits: &Limits,
    (before, wasm): (&[u8], &[u8]),
    wanted: &dyn Fn() -> bool,
) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
    let interrupted = |error: io::Error| Refusal::Interrupted { message: error.to_string() };
    // It gets no environment: nothing in it may decide what is compiled.
    let child = Command::new(program)
        .arg(VERB)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(interrupted)?;
    let ended = converse(child, limits, (before, wasm), wanted).map_err(interrupted)?;
    let most = limits.compile.artifact_bytes;
    if !ended.status.success() && !wanted() {
        return Err(Refusal::Interrupted { message: "the file was replaced meanwhile".to_owned() });
    }
    match cause_of_death(&ended, &limits.compile) {
        // Whatever it died of, that is why it was not read to its end.
        _ if ended.verdict.len() as u64 > most => Err(Refusal::ArtifactTooLarge { limit: most }),
        Some(refusal) => Err(refusal),
        None => Ok((ended.functions, ended.verdict)),
    }
}

/// What a child said: what functions were compiled to, and its verdict. Of what is cut there is no verdict.
pub(super) fn parts(mut output: Vec<u8>) -> (Vec<u8>, Vec<u8>) {
    let length = output.first_chunk().map(|length| u64::from_le_bytes(*length));
    let end = length.and_then(|length| usize::try_from(length).ok()?.checked_add(size_of::<u64>()));
    match end.filter(|end| *end <= output.len()) {
        Some(end) => {
            let verdict = output.split_off(end);
            (output.split_off(size_of::<u64>()), verdict)
        }
        None => Default::default(),
    }
}

/// Feeds the child and listens to it at once, so that neither waits for the other for ever.
fn converse(
    mut child: Child,
    limits: &Limits,
    (before, wasm): (&[u8], &[u8]),
    wanted: &dyn Fn() -> bool,
) -> io::Result<Ended> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let most = limits.compile.artifact_bytes.saturating_add(functions::MOST_BYTES as u64);
    let (saying, said) = mpsc::channel::<()>();
    thread::scope(|scope| {
        // A child that died before it read everything says so by how it ended.
        scope.spawn(move || {
            stdin.map(|mut stdin| {
                child::write_header(&mut stdin, limits)?;
                child::write_functions(&mut stdin, before)?;
                stdin.write_all(wasm)
            })
        });
        let output = scope.spawn(move || {
            let output = read_bounded(stdout, most.saturating_add(1 + size_of::<u64>() as u64));
            drop(saying);
            output
        });
        let last_words = scope.spawn(move || read_bounded(stderr, MOST_STDERR));
        let deadline = Instant::now() + Duration::from_secs(limits.compile.wall_seconds);
        let (status, in_time) = wait(&mut child, deadline, wanted, &said)?;
        let (functions, verdict) = parts(output.join().unwrap_or_default());
        let last_words = last_words.join().unwrap_or_default();
        let last_words = tame(String::from_utf8_lossy(&last_words).trim(), limits.call.text_chars);
        Ok(Ended { status, in_time, functions, verdict, last_words })
    })
}

/// Everything up to a bound; the rest stays in the pipe, and the child ends on a closed one.
fn read_bounded(pipe: Option<impl Read>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        let _ = pipe.take(most).read_to_end(&mut bytes);
    }
    bytes
}

/// Until it ends. `said` is hung up when it has said everything, and then it ends soon.
fn wait(
    child: &mut Child,
    deadline: Instant,
    wanted: &dyn Fn() -> bool,
    said: &Receiver<()>,
) -> io::Result<(ExitStatus, bool)> {
    let mut soon = POLL_ENDING;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, true));
        }
        let in_time = Instant::now() < deadline;
        if !in_time || !wanted() {
            child.kill()?;
            return Ok((child.wait()?, in_time));
        }
        if said.recv_timeout(POLL) == Err(RecvTimeoutError::Disconnected) {
            thread::sleep(soon);
            soon = POLL.min(soon * 2);
        }
    }
}

fn cause_of_death(ended: &Ended, limits: &CompileLimits) -> Option<Refusal> {
    if !ended.in_time {
        return Some(Refusal::CompileTime { limit_seconds: limits.wall_seconds });
    }
    let (status, said) = (ended.status, ended.last_words.as_str());
    let signal = |signal: Signal| status.signal() == Some(signal.as_raw());
    if status.success() {
        return None;
    }
    if signal(Signal::XCPU) {
        return Some(Refusal::CompileCpu { limit_seconds: limits.cpu_seconds });
    }
    // What Rust says before it aborts for want of memory.
    if said.contains("memory allocation of") || said.contains("Cannot allocate memory") {
        return Some(Refusal::CompileMemory { limit: limits.memory_bytes });
    }
    // What Rust says before it aborts for want of stack.
    if said.contains("has overflowed its stack") {
        return Some(Refusal::CompileStack);
    }
    if signal(Signal::KILL) || signal(Signal::TERM) || signal(Signal::INT) {
        return Some(Refusal::Interrupted { message: format!("the compiler was ended ({status})") });
    }
    let how = if said.is_empty() { status.to_string() } else { format!("{status}: {said}") };
    Some(Refusal::Crashed { how })
}
