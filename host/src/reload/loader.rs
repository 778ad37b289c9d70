//! Plugin bytes to plugins: at once where a compiled artifact is at hand, else by one compile child after
//! the other, off the reload path, so that a rule edit never waits for a compilation.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use crate::{
    diagnostic::Diagnostic,
    id::Digest,
    plugin::{Artifact, Compiler, Engine, Plugin, Refusal, load},
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
    /// The plugin in these bytes. The same bytes give the same answer, but for `Pending`.
    fn load(&self, file: &str, bytes: &Arc<[u8]>) -> Loading;
}

type Key = (String, Digest);

/// The plugins loaded so far, by file and contents.
#[derive(Debug)]
struct Shared {
    engine: Arc<Engine>,
    compiler: Compiler,
    /// With whether the same bytes would fare the same another time.
    known: Mutex<HashMap<Key, (Loading, bool)>>,
}

impl Shared {
    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Key, (Loading, bool)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recall(&self, key: &Key) -> Option<(Loading, bool)> {
        self.known().get(key).cloned()
    }

    fn remember(&self, key: Key, (loading, lasting): (Loading, bool)) -> Loading {
        if lasting {
            self.known().insert(key, (loading.clone(), lasting));
        }
        loading
    }

    /// Compiles, or takes the kept artifact; blocks.
    fn compile(&self, file: &str, bytes: &[u8]) -> (Loading, bool) {
        self.loaded(file, self.compiler.compile(&self.engine, file, bytes))
    }

    /// What an artifact gives, and whether the same bytes would give it again.
    fn loaded(&self, file: &str, artifact: Result<Artifact, Refusal>) -> (Loading, bool) {
        match artifact.and_then(|artifact| load(&self.engine, &artifact)) {
            Ok(plugin) => (Loading::Ready(Arc::new(plugin)), true),
            Err(refusal) => (Loading::Refused(refusal.diagnostic(file)), refusal.is_lasting()),
        }
    }
}

/// Loads plugins and remembers them.
#[derive(Debug)]
pub struct Loader {
    shared: Arc<Shared>,
    /// Where files wait to be compiled; none where loading blocks.
    queue: Option<mpsc::Sender<(Key, Arc<[u8]>)>>,
}

impl Loader {
    /// Compiles where it is called: for whoever has nothing else to do meanwhile.
    #[must_use]
    pub fn blocking(engine: Arc<Engine>, compiler: Compiler) -> Self {
        let shared = Shared { engine, compiler, known: Mutex::default() };
        Self { shared: Arc::new(shared), queue: None }
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
        let shared = Arc::new(Shared { engine, compiler, known: Mutex::default() });
        let (queue, files) = mpsc::channel::<(Key, Arc<[u8]>)>();
        let worker = Arc::clone(&shared);
        thread::Builder::new().name("compile".to_owned()).spawn(move || {
            for (key, bytes) in files {
                let (loading, lasting) = worker.compile(&key.0, &bytes);
                worker.known().insert(key, (loading, lasting));
                done();
            }
        })?;
        Ok(Self { shared, queue: Some(queue) })
    }
}

impl Loads for Loader {
    fn load(&self, file: &str, bytes: &Arc<[u8]>) -> Loading {
        let key = (file.to_owned(), Digest::of(bytes));
        if let Some((loading, lasting)) = self.shared.recall(&key) {
            if !lasting {
                // Told once, and tried again at the next reload.
                self.shared.known().remove(&key);
            }
            return loading;
        }
        if let Some(kept) = self.shared.compiler.kept(&self.shared.engine, bytes) {
            return self.shared.remember(key, self.shared.loaded(file, kept));
        }
        match &self.queue {
            None => {
                let loaded = self.shared.compile(file, bytes);
                self.shared.remember(key, loaded)
            }
            Some(queue) => {
                self.shared.known().insert(key.clone(), (Loading::Pending, true));
                match queue.send((key, Arc::clone(bytes))) {
                    Ok(()) => Loading::Pending,
                    Err(_) => Loading::Refused(Diagnostic::error("the host is stopping").in_file(file)),
                }
            }
        }
    }
}
