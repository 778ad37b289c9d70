//! What outlives the process: last good, generations, and what is held.

use super::*;
use crate::{
    history::History,
    testing::{Here, engine},
};

/// A host whose process can end.
struct Lasting {
    state: tempfile::TempDir,
    watched: Watched,
}

impl Lasting {
    fn new(files: Files) -> Self {
        let state = tempfile::tempdir().unwrap();
        let watched = Self::begin(&state, files);
        Self { state, watched }
    }

    fn begin(state: &tempfile::TempDir, files: Files) -> Watched {
        let history = Arc::new(History::open(state.path()).unwrap());
        let restorer = Restorer::new(engine(), Box::new(Here));
        let mut reloader = reloader().with_history(history, restorer).unwrap();
        let published = reloader.reload(&files.disk());
        Watched { files, reloader, published }
    }

    /// Ends without a word, and begins again with these files.
    fn again(mut self, change: impl FnOnce(Files) -> Files) -> Self {
        let files = change(std::mem::take(&mut self.watched.files));
        self.watched = Self::begin(&self.state, files);
        self
    }

    fn history(&self) -> History {
        History::read(self.state.path()).unwrap()
    }

    fn command(&mut self, command: &Command) -> Result<(), String> {
        let watched = &mut self.watched;
        let published = watched.reloader.command(command, &watched.files.disk());
        watched.published = published.map_err(|why| why.message)?;
        Ok(())
    }

    /// Every row of the log: what happened, and to what.
    fn log(&self) -> Vec<(String, serde_json::Value)> {
        let rows = self.history().rows(1, 1_000).unwrap();
        rows.into_iter().map(|row| (row.kind, serde_json::from_str(&row.body).unwrap())).collect()
    }

    fn is(&self, number: u64, de: &str, states: &str) {
        let watched = &self.watched;
        assert_eq!(
            (watched.number(), watched.market("de"), watched.states()),
            (number, de.into(), states.into())
        );
    }
}

#[test]
fn a_cold_start_with_a_broken_file_serves_its_last_good_closure() {
    let mut host = Lasting::new(world());
    host.watched.then(|files| files.member("de", &duty("own", 2)));
    host.is(2, "complete 12.0000", "");
    let host = host.again(|files| files.rule("de", NOT_YAML));
    host.is(2, "complete 12.0000", "de.yaml last_good");
    // With its parent gone from what is good too.
    let host = host.again(|files| files.rule("eu", NOT_YAML));
    host.is(2, "complete 12.0000", "de.yaml last_good, eu.yaml last_good");
    // And with the plugins that it binds: they are in history as well.
    let host = host.again(|files| files.plugin("fixed", b"no plugin".to_vec()));
    assert_eq!(host.watched.market("br"), "complete 7.0000");
}

#[test]
fn a_cold_start_without_an_earlier_version_serves_the_rest() {
    let host = Lasting::new(world().rule("de", NOT_YAML));
    host.is(1, "incomplete unavailable null, so far 0.0000", "de.yaml unavailable");
    assert_eq!(host.watched.market("br"), "complete 7.0000");
}

#[test]
fn since_when_is_not_forgotten() {
    let mut host = Lasting::new(world());
    host.watched.then(|files| files.rule("de", NOT_YAML));
    let since = |host: &Lasting| {
        host.watched.published.items.iter().find(|item| item.file == "de.yaml").unwrap().since.unwrap()
    };
    let before = since(&host);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let host = host.again(|files| files);
    assert_eq!(since(&host), before);
}

#[test]
fn a_missing_folder_at_a_cold_start_is_a_fault_and_no_deletion() {
    let host = Lasting::new(world());
    let mut host = host.again(|files| files);
    let history = Arc::new(host.history());
    let restorer = Restorer::new(engine(), Box::new(Here));
    let mut reloader = reloader().with_history(history, restorer).unwrap();
    let nowhere = host.state.path().join("gone");
    let disk = Disk { rules: read_rules(&nowhere), plugins: Some(read_plugins(&nowhere)) };
    host.watched.published = reloader.reload(&disk);
    assert_eq!((host.watched.number(), host.watched.market("de")), (1, "complete 11.0000".into()));
}

#[test]
fn numbers_go_on_over_restarts() {
    let host = Lasting::new(world()).again(|files| files).again(|files| files.member("de", &duty("own", 2)));
    host.is(2, "complete 12.0000", "");
    let generations = host.history().generations().unwrap();
    let causes: Vec<_> = generations.iter().map(|it| (it.number, it.cause.as_str())).collect();
    assert_eq!(causes, [(2, "de.yaml changed"), (1, "the first generation")]);
}

#[test]
fn everything_is_held_at_a_generation_until_it_is_let_go_of() {
    let mut host = Lasting::new(world());
    let first = host.watched.published.generation.as_ref().unwrap().digest;
    host.watched.then(|files| files.member("de", &duty("own", 2)));
    host.command(&Command::Rollback("1".to_owned())).unwrap();
    let all = "facts.yaml pinned, fx.yaml pinned, rates.yaml pinned, roles.yaml pinned, br.yaml pinned, \
               de.yaml pinned, eu.yaml pinned, global.yaml pinned, fixed.wasm pinned, statutory.wasm pinned";
    host.is(3, "complete 11.0000", all);
    assert_eq!(host.watched.published.generation.as_ref().unwrap().digest, first);
    // New files are looked at, and wait.
    host.watched.then(|files| files.member("de", &duty("own", 3)).rule("eu", NOT_YAML).member("fr", ""));
    let with_france = all.replace("eu.yaml pinned, ", "eu.yaml pinned, fr.yaml pinned, ");
    host.is(3, "complete 11.0000", &with_france);
    let stale = host.watched.stale();
    assert!(
        stale.contains("de.yaml pinned: de.yaml: another version is on disk, and waits for `landfall unpin`"),
        "{stale}"
    );
    let ahead = host.watched.published.items.iter().flat_map(|item| &item.problems);
    let ahead: Vec<String> = ahead.map(ToString::to_string).collect();
    assert!(ahead.iter().any(|problem| problem.starts_with("eu.yaml:2:1: this is not YAML")), "{ahead:?}");
    // Over a restart.
    let mut host = host.again(|files| files);
    assert_eq!((host.watched.number(), host.watched.market("de")), (3, "complete 11.0000".into()));
    assert_eq!(host.watched.published.rolled_back_to, Some(1));
    host.command(&Command::Unpin(None)).unwrap();
    host.is(4, "complete 13.0000", "eu.yaml last_good");
    let kinds: Vec<String> = host.log().into_iter().map(|(kind, _)| kind).collect();
    assert!(kinds.contains(&"rolled_back".to_owned()) && kinds.contains(&"unpinned".to_owned()), "{kinds:?}");
}

#[test]
fn a_file_is_held_until_it_is_let_go_of() {
    let mut host = Lasting::new(world());
    host.command(&Command::Pin("de.yaml".to_owned())).unwrap();
    host.watched
        .then(|files| files.member("de", &duty("own", 2)).rule("eu", bloc("eu", &duty("of_all", 20))));
    // Its own text stays; what it inherits does not.
    host.is(2, "complete 21.0000", "de.yaml pinned");
    let mut host = host.again(|files| files.without("de.yaml"));
    host.is(2, "complete 21.0000", "de.yaml pinned");
    assert!(host.watched.stale().contains("the file is no longer on disk"), "{}", host.watched.stale());
    host.command(&Command::Unpin(Some("de.yaml".to_owned()))).unwrap();
    assert!(
        host.watched.published.generation.as_ref().unwrap().closures.keys().all(|id| id.as_str() != "de")
    );
}

#[test]
fn a_plugin_is_held_until_it_is_let_go_of() {
    let mut host = Lasting::new(world());
    host.command(&Command::Pin("fixed.wasm".to_owned())).unwrap();
    let doubled = || crate::testing::plugins::fixed("fixed", 0, 2);
    host.watched.then(|files| files.plugin("fixed", doubled()));
    assert_eq!(
        (host.watched.market("br"), host.watched.states()),
        ("complete 7.0000".into(), "fixed.wasm pinned".into())
    );
    let mut host = host.again(|files| files);
    assert_eq!(host.watched.market("br"), "complete 7.0000");
    host.command(&Command::Unpin(Some("fixed.wasm".to_owned()))).unwrap();
    assert_eq!((host.watched.market("br"), host.watched.states()), ("complete 9.0000".into(), String::new()));
}

#[test]
fn what_cannot_be_held_is_said_and_changes_nothing() {
    let mut host = Lasting::new(world());
    let table = [
        (Command::Rollback("7".to_owned()), "no generation `7` is kept"),
        (Command::Rollback("blake3:00000000".to_owned()), "no generation `blake3:00000000` is kept"),
        (Command::Pin("fr.yaml".to_owned()), "nothing is served of `fr.yaml`"),
        (Command::Unpin(Some("de.yaml".to_owned())), "`de.yaml` is not held"),
        (Command::Unpin(None), "nothing is held"),
    ];
    for (command, why) in table {
        assert_eq!(host.command(&command), Err(why.to_owned()));
    }
    host.is(1, "complete 11.0000", "");
    let mut forgetful = reloader();
    forgetful.reload(&world().disk());
    let refused = forgetful.command(&Command::Pin("de.yaml".to_owned()), &world().disk()).unwrap_err();
    assert_eq!(refused.message, "nothing is kept here, so nothing can be held");
}

#[test]
fn the_log_says_what_was_accepted_and_refused() {
    let mut host = Lasting::new(world());
    host.watched.then(|files| files.rule("de", NOT_YAML));
    host.watched.then(|files| files);
    host.watched.then(|files| files.member("de", &duty("own", 2)));
    let log = host.log();
    let kinds: Vec<&str> = log.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["accepted", "refused", "accepted"]);
    assert_eq!(log[1].1["file"], "de.yaml");
    assert_eq!((&log[1].1["state"], &log[1].1["at"]), (&"last_good".into(), &"de.yaml:2:1".into()));
    assert_eq!((&log[2].1["number"], &log[2].1["cause"]), (&2.into(), &"de.yaml changed".into()));
}

#[test]
fn the_past_is_made_again_as_it_was() {
    let mut host = Lasting::new(world());
    let before = host.watched.published.current().unwrap().generation.digest;
    host.watched.then(|files| {
        files.member("de", &duty("own", 2)).plugin("fixed", crate::testing::plugins::fixed("fixed", 0, 2))
    });
    let past = Past::new(Arc::new(host.history()), Restorer::new(engine(), Box::new(Here)));
    let kept = past.find("1").unwrap();
    assert_eq!((kept.generation.digest, kept.generation.number), (before, 1));
    assert_eq!(past.find(&before.to_string()).unwrap().generation.number, 1);
    assert_eq!(past.find("3").unwrap_err().message, "no generation `3` is kept");
}

#[test]
fn what_cannot_be_written_is_said_and_written_later() {
    let mut host = Lasting::new(world());
    // As a full disk does: nothing more fits.
    let history = Arc::clone(&host.watched.reloader.keeping.as_ref().unwrap().keeper.history);
    history.fill();
    // Text that does not deflate.
    let noise: String = (0_u32..2_000).map(|n| Digest::of(&n.to_le_bytes()).hex()).collect();
    host.watched.then(|files| files.member("de", &format!("{}# {noise}\n", duty("own", 2))));
    host.is(2, "complete 12.0000", "");
    let why = host.watched.published.not_kept.clone().unwrap().why;
    assert!(why.contains("full"), "{why}");
    assert_eq!(
        host.command(&Command::Pin("de.yaml".to_owned())).unwrap_err().split(':').next(),
        Some("it cannot be written down, so it is not done")
    );
    history.unfill();
    host.watched.then(|files| files);
    assert_eq!(host.watched.published.not_kept, None);
    assert_eq!(host.history().latest().unwrap().unwrap().number, 2);
}

/// A host listens before its first reload has ended.
#[test]
fn rolling_back_before_anything_is_published_goes_on_counting() {
    let mut host = Lasting::new(world());
    host.watched.then(|files| files.member("de", &duty("own", 2)));
    host.watched.then(|files| files.member("de", &duty("own", 3)));
    let history = Arc::new(History::open(host.state.path()).unwrap());
    let mut reloader = reloader().with_history(history, Restorer::new(engine(), Box::new(Here))).unwrap();
    let disk = host.watched.files.disk();
    let published = reloader.command(&Command::Rollback("2".into()), &disk).unwrap();
    assert_eq!(published.generation.as_ref().map(|generation| generation.number), Some(4));
    let numbers: Vec<u64> = host.history().generations().unwrap().iter().map(|row| row.number).collect();
    assert_eq!(numbers, [4, 3, 2, 1]);
}

/// Remembers what it is asked for, as the real one does, and counts what it had to work on.
#[derive(Debug, Default)]
struct Counting {
    known: std::sync::Mutex<BTreeSet<Digest>>,
    asked: std::sync::Mutex<BTreeSet<Digest>>,
    worked: Arc<std::sync::atomic::AtomicUsize>,
}

impl Loads for Counting {
    fn load(&self, file: &str, bytes: &Arc<[u8]>) -> Loading {
        let digest = Digest::of(bytes);
        self.asked.lock().unwrap().insert(digest);
        if self.known.lock().unwrap().insert(digest) {
            self.worked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        Here.load(file, bytes)
    }

    fn forget_others(&self) {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        self.known.lock().unwrap().retain(|digest| asked.contains(digest));
    }
}

#[test]
fn what_waits_behind_a_pin_is_compiled_once() {
    let state = tempfile::tempdir().unwrap();
    let counting = Counting::default();
    let worked = Arc::clone(&counting.worked);
    let history = Arc::new(History::open(state.path()).unwrap());
    let restorer = Restorer::new(engine(), Box::new(Here));
    let mut reloader = Reloader::new(engine(), Box::new(counting)).with_history(history, restorer).unwrap();
    reloader.reload(&world().disk());
    reloader.command(&Command::Pin("fixed.wasm".to_owned()), &world().disk()).unwrap();
    let waiting = world().plugin("fixed", b"no plugin".to_vec()).disk();
    for _ in 0..3 {
        reloader.reload(&waiting);
    }
    // Two that are served, and the one that waits.
    assert_eq!(worked.load(std::sync::atomic::Ordering::Relaxed), 3);
}
