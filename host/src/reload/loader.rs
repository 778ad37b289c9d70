//! Plugin bytes to plugins: at once where a compiled artifact is at hand, else by one compile child after
//! the other, off the reload path, so that a rule edit never waits for a compilation.

use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
};

use crate::{
    diagnostic::Diagnostic,
    id::Digest,
    plugin::{Artifact, Compiler, Engine, Plugin, Refusal, id_of_file, load},
};

/// What became of a plugin file.
#[derive(Debug, Clone)]
pub enum Loading {
    /// It can be called.
    Ready(Arc<Plugin>),
    /// It is being compiled; ask again when told.
    Pending,
    /// It is no plugin, for this reason.
    Refused(Diagnostic),
}

/// Turns the bytes of a plugin file into a plugin.
pub trait Loads: Send {
    /// The plugin in these bytes. The same bytes give the same answer, but for `Pending` and until
    /// [`retry`](Self::retry).
    fn load(&self, file: &str, bytes: &Arc<[u8]>) -> Loading;

    /// Whether loading the bytes of this plugin now would give the same plugin.
    fn is_loaded(&self, _plugin: &Plugin) -> bool {
        false
    }

    /// What was refused for a reason that may pass is tried again when it is next asked for. Nobody calls
    /// this because a plugin was loaded: two such refusals would keep each other being tried for ever.
    fn retry(&self) {}

    /// What is asked for from now on is loaded under the limits of this engine.
    fn configure(&self, _engine: &Arc<Engine>) {}

    /// Everything on disk has been asked for: the rest can be forgotten.
    fn forget_others(&self) {}
}

/// A file, and what decides what becomes of it.
type Key = (String, Digest);

/// What is known of the bytes of a file.
#[derive(Debug)]
enum Known {
    /// They wait to be compiled, or are being compiled.
    Pending(Waiting),
    Ready(Arc<Plugin>),
    Refused {
        why: Diagnostic,
        /// Whether the same bytes would be refused another time.
        lasting: bool,
    },
}

/// What waits to be compiled.
#[derive(Debug, Clone)]
struct Waiting {
    /// Under the limits of when it was asked for.
    engine: Arc<Engine>,
    bytes: Arc<[u8]>,
    /// How many were asked for before it.
    place: u64,
}

impl Known {
    fn loading(&self) -> Loading {
        match self {
            Self::Pending(_) => Loading::Pending,
            Self::Ready(plugin) => Loading::Ready(Arc::clone(plugin)),
            Self::Refused { why, .. } => Loading::Refused(why.clone()),
        }
    }
}

#[derive(Debug, Default)]
struct Memory {
    known: HashMap<Key, Known>,
    /// Since others were last forgotten.
    asked: HashSet<Key>,
    /// How many ever waited.
    waited: u64,
    /// Whether the last one that was compiled went before others.
    jumped: bool,
}

impl Memory {
    fn wait(&mut self, key: Key, engine: Arc<Engine>, bytes: Arc<[u8]>) {
        let waiting = Waiting { engine, bytes, place: self.waited };
        self.waited = self.waited.saturating_add(1);
        self.known.insert(key, Known::Pending(waiting));
    }

    /// What is compiled next: the smallest, since most plugins compile in no time and none of them should wait
    /// behind one that takes a minute; but only every other one goes before whoever waits longest, so that
    /// nobody waits for ever. What was replaced while it waited is not here any more.
    fn next(&mut self) -> Option<(Key, Waiting)> {
        let waiting = || {
            self.known.iter().filter_map(|(key, known)| match known {
                Known::Pending(waiting) => Some((key, waiting)),
                _ => None,
            })
        };
        let (_, first) = waiting().min_by_key(|(_, waiting)| waiting.place)?;
        let place = first.place;
        let size = |waiting: &Waiting| if self.jumped { 0 } else { waiting.bytes.len() };
        let (key, next) = waiting().min_by_key(|(_, waiting)| (size(waiting), waiting.place))?;
        let (key, next) = (key.clone(), next.clone());
        self.jumped = next.place != place;
        Some((key, next))
    }
}

#[derive(Debug)]
struct Shared {
    /// Under the limits of now.
    engine: Mutex<Arc<Engine>>,
    compiler: Arc<Compiler>,
    memory: Mutex<Memory>,
}

impl Shared {
    fn new(engine: Arc<Engine>, compiler: Arc<Compiler>) -> Arc<Self> {
        Arc::new(Self { engine: Mutex::new(engine), compiler, memory: Mutex::default() })
    }

    fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.engine.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recall(&self, key: &Key) -> Option<Loading> {
        let mut memory = self.memory();
        memory.asked.insert(key.clone());
        memory.known.get(key).map(Known::loading)
    }

    fn remember(&self, key: Key, known: Known) -> Loading {
        let loading = known.loading();
        self.memory().known.insert(key, known);
        loading
    }

    /// Compiles what is next, if anything is, and only for as long as it is wanted: somebody who writes faster
    /// than a compiler reads would keep everybody waiting. Returns whether something was.
    fn compile_next(&self) -> bool {
        let Some((key, Waiting { engine, bytes, .. })) = self.memory().next() else { return false };
        let wanted = || self.memory().known.contains_key(&key);
        let made = self.compile(&engine, &key.0, &bytes, &wanted);
        if let Some(known) = self.memory().known.get_mut(&key) {
            *known = made;
        }
        true
    }

    /// Compiles, or takes the kept artifact; blocks.
    fn compile(&self, engine: &Engine, file: &str, bytes: &[u8], wanted: &dyn Fn() -> bool) -> Known {
        let compile = || known(engine, file, self.compiler.compile_while(engine, file, bytes, wanted));
        // A fault of ours is one file's and not the end of all compiling (*alive*).
        catch_unwind(AssertUnwindSafe(compile)).unwrap_or_else(|_| Known::Refused {
            why: Diagnostic::error("the host failed on this file; its log says where").in_file(file),
            lasting: true,
        })
    }
}

fn known(engine: &Engine, file: &str, artifact: Result<Artifact, Refusal>) -> Known {
    match artifact.and_then(|artifact| load(engine, &artifact)) {
        Ok(plugin) => Known::Ready(Arc::new(plugin)),
        Err(refusal) => Known::Refused { why: refusal.diagnostic(file), lasting: refusal.is_lasting() },
    }
}

/// By the limits too, under which a plugin is made and says what it is.
fn key(engine: &Engine, file: &str, bytes: &[u8]) -> Key {
    let limits = engine.limits_of(id_of_file(file).as_deref().unwrap_or_default());
    let parts = [Digest::of(bytes), engine.compatibility(limits)];
    (file.to_owned(), Digest::of_parts(parts.iter().map(|part| part.as_bytes().as_slice())))
}

/// Loads plugins and remembers them while they are on disk.
#[derive(Debug)]
pub struct Loader {
    shared: Arc<Shared>,
    /// Tells that something waits to be compiled; none where loading blocks.
    waits: Option<mpsc::SyncSender<()>>,
}

impl Loader {
    /// Compiles where it is called: for whoever has nothing else to do meanwhile.
    #[must_use]
    pub fn blocking(engine: Arc<Engine>, compiler: Compiler) -> Self {
        Self { shared: Shared::new(engine, Arc::new(compiler)), waits: None }
    }

    /// Another that compiles where it is called, and remembers by itself. They have one compiler, so that one
    /// child is at work at a time, whoever asks.
    #[must_use]
    pub fn blocking_beside(&self) -> Self {
        let shared = Shared::new(self.shared.engine(), Arc::clone(&self.shared.compiler));
        Self { shared, waits: None }
    }

    /// Compiles on a thread of its own and calls `done` after each file. The thread ends with the loader.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn background(
        engine: Arc<Engine>,
        compiler: Compiler,
        done: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared = Shared::new(engine, Arc::new(compiler));
        // However many wait, it is said once.
        let (waits, told) = mpsc::sync_channel(1);
        let worker = Arc::clone(&shared);
        thread::Builder::new().name("compile".to_owned()).spawn(move || {
            for () in told {
                while worker.compile_next() {
                    done();
                }
            }
        })?;
        Ok(Self { shared, waits: Some(waits) })
    }
}

impl Loads for Loader {
    fn load(&self, file: &str, bytes: &Arc<[u8]>) -> Loading {
        let engine = self.shared.engine();
        let key = key(&engine, file, bytes);
        if let Some(loading) = self.shared.recall(&key) {
            return loading;
        }
        if let Some(kept) = self.shared.compiler.kept(&engine, file, bytes) {
            return self.shared.remember(key, known(&engine, file, kept));
        }
        let Some(waits) = &self.waits else {
            return self.shared.remember(key, self.shared.compile(&engine, file, bytes, &|| true));
        };
        // Before it is said, so that it is there when it is heard.
        self.shared.memory().wait(key, engine, Arc::clone(bytes));
        match waits.try_send(()) {
            Ok(()) | Err(mpsc::TrySendError::Full(())) => Loading::Pending,
            Err(mpsc::TrySendError::Disconnected(())) => {
                Loading::Refused(Diagnostic::error("the host is stopping").in_file(file))
            }
        }
    }

    fn is_loaded(&self, plugin: &Plugin) -> bool {
        plugin.is_under(&self.shared.engine())
    }

    fn retry(&self) {
        self.shared.memory().known.retain(|_, known| !matches!(known, Known::Refused { lasting: false, .. }));
    }

    fn configure(&self, engine: &Arc<Engine>) {
        *self.shared.engine.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(engine);
    }

    fn forget_others(&self) {
        let mut memory = self.shared.memory();
        let asked = std::mem::take(&mut memory.asked);
        memory.known.retain(|key, _| asked.contains(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Limits;

    /// There is no compiler: whatever it is asked for is refused for a reason that may pass.
    fn loader(folder: &std::path::Path) -> Loader {
        let engine = Arc::new(Engine::new(Limits { calls_at_once: 2, ..Limits::default() }).unwrap());
        let compiler = Compiler::new(folder.join("no-compiler"), &folder.join("cache")).unwrap();
        Loader::blocking(engine, compiler)
    }

    fn remembered(loader: &Loader) -> usize {
        loader.shared.memory().known.len()
    }

    #[test]
    fn what_is_no_longer_on_disk_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let loader = loader(folder.path());
        for version in ["1", "2", "3"] {
            loader.load("a.wasm", &Arc::from(version.as_bytes()));
            loader.forget_others();
            assert_eq!(remembered(&loader), 1);
        }
        loader.forget_others();
        assert_eq!(remembered(&loader), 0);
    }

    fn waits(loader: &Loader, file: &str, bytes: &[u8]) {
        let engine = loader.shared.engine();
        let key = key(&engine, file, bytes);
        loader.shared.memory().wait(key, engine, Arc::from(bytes));
    }

    fn next(loader: &Loader) -> Option<String> {
        let (key, waiting) = loader.shared.memory().next()?;
        loader.shared.remember(key.clone(), known(&waiting.engine, &key.0, Err(Refusal::NotWasm)));
        Some(key.0)
    }

    #[test]
    fn what_was_replaced_while_it_waited_is_not_compiled() {
        let folder = tempfile::tempdir().unwrap();
        let loader = loader(folder.path());
        waits(&loader, "a.wasm", b"1");
        waits(&loader, "a.wasm", b"2");
        loader.load("a.wasm", &Arc::from(b"2".as_slice()));
        loader.forget_others();
        assert_eq!(remembered(&loader), 1);
        assert!(loader.shared.compile_next());
        assert!(!loader.shared.compile_next());
        assert!(matches!(loader.load("a.wasm", &Arc::from(b"2".as_slice())), Loading::Refused(_)));
    }

    #[test]
    fn a_small_file_goes_before_large_ones_and_nobody_waits_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let loader = loader(folder.path());
        for (file, length) in [("l1", 900), ("l2", 800), ("l3", 700), ("s1", 3), ("s2", 2), ("s3", 1)] {
            waits(&loader, file, &vec![b'x'; length]);
        }
        let order: Vec<String> = std::iter::from_fn(|| next(&loader)).collect();
        assert_eq!(order, ["s3", "l1", "s2", "l2", "s1", "l3"]);
    }

    /// A compiler that takes ten minutes for what says `slow`, and refuses everything else at once.
    fn slow_compiler(folder: &std::path::Path) -> Compiler {
        let program = folder.join("compiler");
        // Written by another process: whatever this one starts meanwhile cannot hold it open for writing.
        let write = r#"printf '#!/bin/sh\nif /usr/bin/env grep -q slow; then : > "$0.began"; exec sleep 600; fi\nexit 1\n' > "$0"; chmod 700 "$0""#;
        let written = std::process::Command::new("/bin/sh").args(["-c", write]).arg(&program).status();
        assert!(written.unwrap().success());
        Compiler::new(program, &folder.join("cache")).unwrap()
    }

    #[test]
    fn what_is_replaced_while_it_is_compiled_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let mut limits = Limits { calls_at_once: 2, ..Limits::default() };
        limits.compile.wall_seconds = 600;
        let engine = Arc::new(Engine::new(limits).unwrap());
        let (done, heard) = mpsc::channel();
        let loader = Loader::background(Arc::clone(&engine), slow_compiler(folder.path()), move || {
            let _ = done.send(());
        })
        .unwrap();
        let slow: Arc<[u8]> = Arc::from(b"slow".as_slice());
        assert!(matches!(loader.load("a.wasm", &slow), Loading::Pending));
        loader.forget_others();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(120);
        while !folder.path().join("compiler.began").exists() {
            assert!(std::time::Instant::now() < deadline, "nothing was begun");
            thread::sleep(std::time::Duration::from_millis(5));
        }
        // Another file waits behind it, and then it is replaced.
        let other: Arc<[u8]> = Arc::from(b"b".as_slice());
        assert!(matches!(loader.load("b.wasm", &other), Loading::Pending));
        loader.forget_others();
        for _ in 0..2 {
            heard.recv_timeout(std::time::Duration::from_secs(120)).unwrap();
        }
        assert!(matches!(loader.load("b.wasm", &other), Loading::Refused(_)));
        assert_eq!(remembered(&loader), 1);
        // What was given up is no refusal of anything.
        assert_eq!(engine.counts().compilations(), [("cached", 0), ("compiled", 0), ("refused", 1)]);
    }

    #[test]
    fn a_refusal_that_may_pass_stands_until_it_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let loader = loader(folder.path());
        loader.load("a.wasm", &Arc::from(b"a".as_slice()));
        assert_eq!(remembered(&loader), 1);
        loader.retry();
        assert_eq!(remembered(&loader), 0);
    }
}
