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
    plugin::{Compiler, Engine, Plugin, load},
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
    known: Mutex<HashMap<Key, Loading>>,
}

impl Shared {
    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Loading>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Compiles, or takes the kept artifact; blocks.
    fn compile(&self, file: &str, bytes: &[u8]) -> (Loading, bool) {
        let loaded = self.compiler.compile(&self.engine, file, bytes).and_then(|artifact| load(&self.engine, &artifact));
        match loaded {
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
                let (loading, _) = worker.compile(&key.0, &bytes);
                worker.known().insert(key, loading);
                done();
            }
        })?;
        Ok(Self { shared, queue: Some(queue) })
    }
}

impl Loads for Loader {
    fn load(&self, file: &str, bytes: &Arc<[u8]>) -> Loading {
        let key = (file.to_owned(), Digest::of(bytes));
        if let Some(known) = self.shared.known().get(&key) {
            return known.clone();
        }
        match &self.queue {
            None => {
                let (loading, lasting) = self.shared.compile(file, bytes);
                if lasting {
                    self.shared.known().insert(key, loading.clone());
                }
                loading
            }
            Some(queue) => {
                self.shared.known().insert(key.clone(), Loading::Pending);
                match queue.send((key, Arc::clone(bytes))) {
                    Ok(()) => Loading::Pending,
                    Err(_) => Loading::Refused(Diagnostic::error("the host is stopping").in_file(file)),
                }
            }
        }
    }
}
