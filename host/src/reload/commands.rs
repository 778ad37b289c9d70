//! What history gives a reloader at its start, and what people ask of it: rollback, pin, unpin.

use std::sync::Arc;

use serde_json::json;

use super::{
    Accepted, Command, Holding, Keeping, Published, Reloader, Remembered, Restorer, What,
    disk::Disk,
    held::Pins,
    keep::{self, Keeper},
    manifest::{Manifest, VERSION},
    past::{contents, find, whole},
    restore,
    walk::above,
};
use crate::{
    audit::Entry,
    diagnostic::{Diagnostic, did_you_mean},
    generation::{Generation, SEMANTICS},
    history::{Held, History, HistoryError, StoredGeneration},
    id::Digest,
};

impl Reloader {
    /// The same, keeping what it accepts in this history and beginning where that ends.
    ///
    /// # Errors
    /// The history cannot be read. What it names and does not give, or what does not load any more, is no
    /// error: that jurisdiction is unavailable until its file is good.
    pub fn with_history(mut self, history: Arc<History>, restorer: Restorer) -> Result<Self, HistoryError> {
        let held = history.held()?;
        let items = keep::items(history.items()?);
        let mut pins = Pins::new();
        for (file, digest) in held.files {
            match history.content(digest)? {
                Some(bytes) => drop(pins.insert(file, bytes.into())),
                None => {
                    tracing::error!(file, %digest, "what the file is held at is not kept: it is let go of")
                }
            }
        }
        self.holding = Holding { all: held.all, pins };
        self.trust.remember(history.serials()?);
        let latest = history.latest()?;
        // A crash between two transactions: held, but not served yet.
        let wanted = match held.all {
            Some(number) => history.by_number(number)?.or_else(|| latest.clone()),
            None => latest.clone(),
        };
        if let (Some(wanted), Some(latest)) = (wanted, latest) {
            self.begin_with(&history, &restorer, &wanted, &latest, items);
        }
        self.keeping = Some(Keeping { keeper: Keeper::new(history, self.generations_kept()), restorer });
        Ok(self)
    }

    fn begin_with(
        &mut self,
        history: &History,
        restorer: &Restorer,
        wanted: &StoredGeneration,
        latest: &StoredGeneration,
        items: Vec<super::Item>,
    ) {
        let is_kept = wanted.digest == latest.digest;
        let number = if is_kept { latest.number } else { latest.number + 1 };
        let contents = |digest: Digest| contents(history, digest);
        let restored = contents(wanted.manifest)
            .and_then(|bytes| restore::read(&bytes, &contents).map_err(|error| error.to_string()))
            .and_then(|manifest| {
                let best = restorer.best(number, &manifest, &contents);
                best.map(|best| (manifest, best)).map_err(|error| error.to_string())
            });
        let (manifest, restored) = match restored {
            Ok(restored) => restored,
            Err(why) => {
                tracing::error!(number = wanted.number, why, "the last generation cannot be made again");
                return;
            }
        };
        for (id, why) in &restored.missing {
            tracing::error!(jurisdiction = %id, why, "what was served cannot be made again");
        }
        self.know_passed(&manifest, &restored.accepted);
        tracing::info!(number, generation = %restored.generation.digest, "the last generation is at hand again");
        // Whatever it came to now is served under a number of its own.
        let is_kept = is_kept && restored.generation.digest == latest.digest;
        let generation = match is_kept {
            true => restored.generation,
            false => Generation { number: latest.number + 1, ..restored.generation },
        };
        self.accepted = Arc::new(restored.accepted);
        let generation = Arc::new(generation);
        let before = latest.number;
        self.restored = Some(Remembered { generation, items, manifest: Some(manifest), before });
    }

    /// Tests that passed under the same limits, in a host of this version, do so again.
    fn know_passed(&self, manifest: &Manifest, accepted: &Accepted) {
        if manifest.semantics != SEMANTICS || manifest.limits != *self.engine.plugin_limits() {
            return;
        }
        let passed = |id: &str| manifest.served.get(id).and_then(|part| part.by.passed.as_deref());
        for (id, served) in &accepted.served {
            if passed(id.as_str()) == Some(VERSION) {
                let above = above(&served.closure, |id| accepted.served.get(id));
                self.gate.know_passed(&served.closure, &above, &accepted.base);
            }
        }
    }

    /// Does what somebody asks, then takes in what is on disk.
    ///
    /// # Errors
    /// Why it cannot be done; then nothing changed.
    pub fn command(&mut self, command: &Command, disk: &Disk) -> Result<Arc<Published>, Diagnostic> {
        match command {
            Command::Rollback(wanted) => self.roll_back(wanted)?,
            Command::Pin(file) => self.pin(file)?,
            Command::Unpin(file) => self.unpin(file.as_deref())?,
            Command::Accept(file) => self.accept(file, disk)?,
        }
        Ok(self.reload(disk))
    }

    fn roll_back(&mut self, wanted: &str) -> Result<(), Diagnostic> {
        let keeping = self.keeping.as_ref().ok_or_else(nothing_kept)?;
        let history = &keeping.keeper.history;
        let stored = find(history, wanted)?;
        let kept = whole(history, &keeping.restorer, &stored)?;
        let current = self.current.load_full();
        // What history gave and nobody published yet is what would be served now: a host is asked as soon as it
        // listens.
        let (latest, items, before) = match &self.restored {
            Some(it) => (Some(&it.generation), it.items.clone(), it.before),
            None => {
                let latest = current.generation.as_ref();
                (latest, current.items.to_vec(), latest.map_or(0, |latest| latest.number))
            }
        };
        let next = match latest {
            Some(latest) if latest.digest == stored.digest => latest.number,
            _ => before + 1,
        };
        let row = json!({
            "to": stored.number, "number": next, "generation": stored.digest.to_string()
        });
        let held = Held { all: Some(stored.number), files: Vec::new() };
        keeping
            .keeper
            .hold(&held, &[], &[Entry::new("rolled_back", row)])
            .map_err(|error| not_written(&error))?;
        self.holding = Holding { all: Some(stored.number), pins: Pins::new() };
        let generation = Generation {
            number: next,
            digest: kept.generation.digest,
            base: Arc::clone(&kept.generation.base),
            closures: kept.generation.closures.clone(),
            unavailable: kept.generation.unavailable.clone(),
            engine: Arc::clone(&kept.generation.engine),
        };
        self.accepted = Arc::clone(&kept.made_of.accepted);
        self.restored = Some(Remembered { generation: Arc::new(generation), items, manifest: None, before });
        self.changes.push([What::RolledBack { to: stored.number }]);
        Ok(())
    }

    fn pin(&mut self, file: &str) -> Result<(), Diagnostic> {
        if let Some(number) = self.holding.all {
            return Err(Diagnostic::error(format!("every file is held at generation {number} already"))
                .help("let go of them first: `landfall unpin`"));
        }
        let Some(bytes) = self.accepted.bytes_of(file) else {
            let known: Vec<String> = self.accepted.files().into_iter().map(|(file, ..)| file).collect();
            let message = format!("nothing is served of `{}`", crate::rules::yaml::shorten(file));
            return Err(Diagnostic::error(message).help(did_you_mean(file, known.iter().map(String::as_str))));
        };
        let digest = Digest::of(&bytes);
        let mut pins = self.holding.pins.clone();
        pins.insert(file.to_owned(), bytes);
        let row = json!({"file": file, "digest": digest.to_string()});
        self.hold(Holding { all: None, pins }, Entry::new("pinned", row))?;
        self.changes.push([What::Pinned { file: file.to_owned() }]);
        Ok(())
    }

    fn unpin(&mut self, file: Option<&str>) -> Result<(), Diagnostic> {
        let mut pins = self.holding.pins.clone();
        match (file, self.holding.all) {
            (Some(_), Some(number)) => {
                return Err(Diagnostic::error(format!("every file is held at generation {number}"))
                    .help("let go of all of them: `landfall unpin`"));
            }
            (Some(file), None) if pins.remove(file).is_none() => {
                let help = match pins.is_empty() {
                    true => "no file is held".to_owned(),
                    false => did_you_mean(file, pins.keys().map(String::as_str)),
                };
                let message = format!("`{}` is not held", crate::rules::yaml::shorten(file));
                return Err(Diagnostic::error(message).help(help));
            }
            (None, None) if pins.is_empty() => {
                return Err(Diagnostic::error("nothing is held").help("see `landfall status`"));
            }
            (None, _) => pins.clear(),
            (Some(_), None) => {}
        }
        self.hold(Holding { all: None, pins }, Entry::new("unpinned", json!({"file": file})))?;
        self.changes.push([What::Unpinned { file: file.map(str::to_owned) }]);
        Ok(())
    }

    /// Overlooks the order of a signed file as it is on disk, and of no other version of it.
    fn accept(&mut self, file: &str, disk: &Disk) -> Result<(), Diagnostic> {
        let mut disk = disk.clone();
        self.trust.judge(&mut disk);
        let stale = self.trust.stale(file, &disk)?;
        if let Some(Keeping { keeper, .. }) = &self.keeping {
            let row = json!({"file": file, "serial": stale.serial.to_string()});
            let row = Entry::new("accepted_serial", row);
            keeper.history.append(std::slice::from_ref(&row)).map_err(|error| not_written(&error))?;
        }
        self.trust.overlook(stale);
        Ok(())
    }

    /// Writes down what is held, then holds it.
    fn hold(&mut self, holding: Holding, row: Entry) -> Result<(), Diagnostic> {
        let Keeping { keeper, .. } = self.keeping.as_ref().ok_or_else(nothing_kept)?;
        let files: Vec<(String, Digest)> =
            holding.pins.iter().map(|(file, bytes)| (file.clone(), Digest::of(bytes))).collect();
        let contents: Vec<(Digest, &[u8])> =
            holding.pins.values().map(|bytes| (Digest::of(bytes), &**bytes)).collect();
        let held = Held { all: holding.all, files };
        keeper.hold(&held, &contents, &[row]).map_err(|error| not_written(&error))?;
        self.holding = holding;
        Ok(())
    }
}

fn nothing_kept() -> Diagnostic {
    Diagnostic::error("nothing is kept here, so nothing can be held")
}

fn not_written(error: &HistoryError) -> Diagnostic {
    Diagnostic::error(format!("it cannot be written down, so it is not done: {error}"))
        .help("a restart would forget it: free space for the state folder, then try again")
}
