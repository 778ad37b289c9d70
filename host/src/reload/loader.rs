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
    /// They wait to be compiled, or are being compiled, under the limits of when they were asked for.
    Pending(Arc<Engine>, Arc<[u8]>),
    Ready(Arc<Plugin>),
    Refused {
        why: Diagnostic,
        /// Whether the same bytes would be refused another time.
        lasting: bool,
    },
}

impl Known {
    fn loading(&self) -> Loading {
        match self {
            Self::Pending(..) => Loading::Pending,
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

    /// Compiles what is still wanted. What was replaced while it waited is not, or somebody who writes faster
    /// than a compiler reads would keep everybody waiting. Returns whether it was.
    fn compile_wanted(&self, key: Key) -> bool {
        let (engine, bytes) = match self.memory().known.get(&key) {
            Some(Known::Pending(engine, bytes)) => (Arc::clone(engine), Arc::clone(bytes)),
            _ => return false,
        };
        let known = self.compile(&engine, &key.0, &bytes);
        self.remember(key, known);
        true
    }

    /// Compiles, or takes the kept artifact; blocks.
    fn compile(&self, engine: &Engine, file: &str, bytes: &[u8]) -> Known {
        let compile = || known(engine, file, self.compiler.compile(engine, file, bytes));
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
    /// Where files wait to be compiled; none where loading blocks.
    queue: Option<mpsc::Sender<Key>>,
}

impl Loader {
    /// Compiles where it is called: for whoever has nothing else to do meanwhile.
    #[must_use]
    pub fn blocking(engine: Arc<Engine>, compiler: Compiler) -> Self {
        Self { shared: Shared::new(engine, Arc::new(compiler)), queue: None }
    }

    /// Another that compiles where it is called, and remembers by itself. They have one compiler, so that one
    /// child is at work at a time, whoever asks.
    #[must_use]
    pub fn blocking_beside(&self) -> Self {
        let shared = Shared::new(self.shared.engine(), Arc::clone(&self.shared.compiler));
        Self { shared, queue: None }
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
        let (queue, files) = mpsc::channel::<Key>();
        let worker = Arc::clone(&shared);
        thread::Builder::new().name("compile".to_owned()).spawn(move || {
            for key in files {
                if worker.compile_wanted(key) {
                    done();
                }
            }
        })?;
        Ok(Self { shared, queue: Some(queue) })
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
        let Some(queue) = &self.queue else {
            return self.shared.remember(key, self.shared.compile(&engine, file, bytes));
        };
        // Before it is sent, so that nothing that is known of it later is overwritten.
        self.shared.remember(key.clone(), Known::Pending(engine, Arc::clone(bytes)));
        match queue.send(key) {
            Ok(()) => Loading::Pending,
            Err(_) => Loading::Refused(Diagnostic::error("the host is stopping").in_file(file)),
        }
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

    #[test]
    fn what_was_replaced_while_it_waited_is_not_compiled() {
        let folder = tempfile::tempdir().unwrap();
        let loader = loader(folder.path());
        let engine = loader.shared.engine();
        let key = |bytes: &[u8]| key(&engine, "a.wasm", bytes);
        for bytes in [b"1", b"2"] {
            let waiting = Known::Pending(Arc::clone(&engine), Arc::from(bytes.as_slice()));
            loader.shared.remember(key(bytes), waiting);
        }
        loader.load("a.wasm", &Arc::from(b"2".as_slice()));
        loader.forget_others();
        assert_eq!(remembered(&loader), 1);
        assert!(!loader.shared.compile_wanted(key(b"1")));
        assert!(loader.shared.compile_wanted(key(b"2")));
        assert!(matches!(loader.load("a.wasm", &Arc::from(b"2".as_slice())), Loading::Refused(_)));
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
