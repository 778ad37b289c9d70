//! Watching as it is in life: real folders, real events, the ways in which editors, git and Kubernetes write.
//!
//! Where events are what is tested, nothing is read without one for an hour; where there are none, often.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize},
    },
};

use notify::event::{DataChange, Flag, ModifyKind};
use tempfile::TempDir;

use super::*;
use crate::{
    plugin::{Compiler, Engine, Limits},
    reload::{Current, ItemKind, ItemState, Loader, Loading, Loads},
};

/// Longer than a busy machine needs, and shorter than anything is read without an event.
const DEADLINE: Duration = Duration::from_secs(60);
/// Reads without an event only when a path leads elsewhere.
const BY_EVENTS: Pace = Pace { rescan: Duration::from_hours(1), glance: Duration::from_millis(50), ..PACE };
/// Reads without an event alone.
const BY_RESCAN: Pace = Pace { rescan: Duration::from_millis(200), ..BY_EVENTS };

type Watcher = notify::Result<RecommendedWatcher>;

fn country(id: &str, title: &str) -> String {
    format!("schema: landfall/jurisdiction@1\nid: {id}\nkind: country\ntitle: {title}\ncurrency: EUR\n")
}

fn germany(title: &str) -> String {
    country("de", title)
}

/// What somebody who is told of every reload has noticed.
#[derive(Debug, Default)]
struct Noticed {
    reloads: AtomicUsize,
    /// What was called a stray, at any time.
    strays: Mutex<BTreeSet<String>>,
}

impl Noticed {
    fn reloads(&self) -> usize {
        self.reloads.load(Ordering::SeqCst)
    }

    fn strays(&self) -> Vec<String> {
        self.strays.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn told(self: &Arc<Self>) -> Told {
        let noticed = Arc::clone(self);
        Box::new(move |published| {
            noticed.reloads.fetch_add(1, Ordering::SeqCst);
            let strays = published.items.iter().filter(|item| item.kind == ItemKind::Stray);
            noticed.strays.lock().unwrap().extend(strays.map(|item| item.file.clone()));
        })
    }
}

/// A watched folder of rules, and one of plugins.
struct Site {
    all: TempDir,
    rules: PathBuf,
    plugins: PathBuf,
    watch: Arc<Watch>,
    current: Current,
    noticed: Arc<Noticed>,
}

fn compiler(all: &TempDir) -> Compiler {
    // There is none: whatever it is asked for is refused for a reason that may pass.
    Compiler::new(all.path().join("no-compiler"), &all.path().join("cache")).unwrap()
}

fn engine() -> Arc<Engine> {
    Arc::new(Engine::new(Limits { calls_at_once: 2, ..Limits::default() }).unwrap())
}

impl Site {
    /// With Germany and Austria.
    fn new() -> Self {
        Self::with(BY_EVENTS, notify::recommended_watcher)
    }

    /// Where no event comes.
    fn silent() -> Self {
        Self::with(BY_RESCAN, |_| Err(notify::Error::generic("no events here")))
    }

    fn with(pace: Pace, watcher: impl FnOnce(Dirty) -> Watcher) -> Self {
        let make = |rules: &Path, _: &Path| {
            fs::write(rules.join("de.yaml"), germany("Germany")).unwrap();
            // So that a folder from which Germany is gone for a moment is not empty.
            fs::write(rules.join("at.yaml"), country("at", "Austria")).unwrap();
        };
        Self::of(pace, watcher, make, |all, waker| {
            let wake = move || waker.loaded();
            Box::new(Loader::background(engine(), compiler(all), wake).unwrap())
        })
    }

    /// A folder made by `make`, with plugins loaded by `loads`.
    fn of(
        pace: Pace,
        watcher: impl FnOnce(Dirty) -> Watcher,
        make: impl FnOnce(&Path, &Path),
        loads: impl FnOnce(&TempDir, Waker) -> Box<dyn Loads>,
    ) -> Self {
        let all = tempfile::tempdir().unwrap();
        let (rules, plugins) = (all.path().join("above/rules"), all.path().join("plugins"));
        fs::create_dir_all(&rules).unwrap();
        fs::create_dir(&plugins).unwrap();
        make(&rules, &plugins);
        let pending = Pending::default();
        let loads = loads(&all, pending.waker());
        let reloader = Reloader::new(engine(), loads);
        let current = reloader.current();
        let noticed = Arc::new(Noticed::default());
        let beside = Beside { told: noticed.told(), ..Beside::default() };
        let folders = Folders { rules: rules.clone(), plugins: plugins.clone() };
        let watch = Arc::new(pending.start_with(pace, watcher, folders, beside, reloader).unwrap());
        Self { all, rules, plugins, watch, current, noticed }
    }

    /// Has begun, and has nothing left to do.
    fn settled(self) -> Self {
        self.reload();
        self
    }

    fn file(&self, name: &str) -> PathBuf {
        self.rules.join(name)
    }

    /// What is served when everything on disk is served or refused.
    #[track_caller]
    fn reload(&self) -> Arc<Published> {
        self.waiting().recv_timeout(DEADLINE).expect("nobody was answered")
    }

    /// Somebody who waits for what is on disk.
    fn waiting(&self) -> Receiver<Arc<Published>> {
        let (done, wait) = mpsc::channel();
        self.watch.signals.send(Signal::Wait(done)).unwrap();
        wait
    }

    /// What is served of a jurisdiction, as it reads.
    fn served(&self, id: &str) -> Option<String> {
        text(&self.current.load(), id)
    }

    fn number(&self) -> u64 {
        self.current.load().generation.as_ref().map_or(0, |generation| generation.number)
    }

    #[track_caller]
    fn until(&self, what: &str, is_so: impl Fn(&Published) -> bool) {
        let latest = Instant::now() + DEADLINE;
        while !is_so(&self.current.load()) {
            assert!(Instant::now() < latest, "waited in vain until {what}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Comes to serve this text, and calls nothing a stray on the way.
    #[track_caller]
    fn comes_to_serve(&self, id: &str, wanted: &str) {
        self.until(&format!("{id} is served as\n{wanted}"), |now| text(now, id).as_deref() == Some(wanted));
        assert_eq!(self.noticed.strays(), [""; 0]);
    }

    #[track_caller]
    fn comes_to_find_fault(&self) {
        self.until("the folder is a fault", |now| now.items.iter().any(|item| item.kind == ItemKind::Stray));
    }
}

fn text(published: &Published, id: &str) -> Option<String> {
    let closures = &published.generation.as_ref()?.closures;
    let closure = closures.values().find(|closure| closure.jurisdiction.id().as_str() == id)?;
    Some(closure.jurisdiction.own.source.text.to_string())
}

fn state(published: &Published, file: &str) -> ItemState {
    published.items.iter().find(|item| item.file == file).unwrap().state
}

// How files are written.

#[test]
fn a_file_is_written_in_place() {
    let site = Site::new().settled();
    fs::write(site.file("de.yaml"), germany("Deutschland")).unwrap();
    site.comes_to_serve("de", &germany("Deutschland"));
}

#[test]
fn a_file_is_written_in_several_steps() {
    let site = Site::new().settled();
    let (half, rest) = ("obligations:\n  dpo: {title: ", "An officer}\n");
    let mut file = File::create(site.file("de.yaml")).unwrap();
    write!(file, "{}{half}", germany("Deutschland")).unwrap();
    site.until("half of it is seen", |now| state(now, "de.yaml") == ItemState::LastGood);
    // Half of it is no rule file, so the last good one stands.
    assert_eq!(site.served("de"), Some(germany("Germany")));
    write!(file, "{rest}").unwrap();
    let published = site.reload();
    assert_eq!(state(&published, "de.yaml"), ItemState::LastGood, "an obligation needs more than a title");
    file.set_len(0).unwrap();
    drop(file);
    fs::write(site.file("de.yaml"), germany("Deutschland")).unwrap();
    site.comes_to_serve("de", &germany("Deutschland"));
}

#[test]
fn what_is_written_in_quick_steps_is_taken_in_once() {
    let site = Site::new().settled();
    let text = germany("Deutschland");
    let number = site.number();
    let mut file = File::create(site.file("de.yaml")).unwrap();
    let mut longest = Duration::ZERO;
    for line in text.lines() {
        let begun = Instant::now();
        writeln!(file, "{line}").unwrap();
        thread::sleep(PACE.quiet / 5);
        longest = longest.max(begun.elapsed());
    }
    drop(file);
    site.comes_to_serve("de", &text);
    // Unless this machine kept the writer from writing for so long that the folder was quiet.
    assert!(site.number() == number + 1 || longest >= PACE.quiet, "{} after {number}", site.number());
}

#[test]
fn a_file_is_renamed_over() {
    let site = Site::new().settled();
    fs::write(site.file(".new"), germany("Deutschland")).unwrap();
    fs::rename(site.file(".new"), site.file("de.yaml")).unwrap();
    site.comes_to_serve("de", &germany("Deutschland"));
}

#[test]
fn a_file_is_renamed_in_from_elsewhere() {
    let site = Site::new().settled();
    let new = site.all.path().join("new");
    fs::write(&new, germany("Deutschland")).unwrap();
    fs::rename(&new, site.file("de.yaml")).unwrap();
    site.comes_to_serve("de", &germany("Deutschland"));
}

#[test]
fn a_file_is_removed_and_written_again() {
    let site = Site::new().settled();
    fs::write(site.file("fr.yaml"), country("fr", "France")).unwrap();
    site.comes_to_serve("fr", &country("fr", "France"));
    fs::remove_file(site.file("fr.yaml")).unwrap();
    site.until("France is gone", |now| text(now, "fr").is_none());
    fs::write(site.file("fr.yaml"), country("fr", "République")).unwrap();
    site.comes_to_serve("fr", &country("fr", "République"));
}

/// The swap file, the probe whether the folder can be written, the backup, the file anew, the end of the
/// backup: `backupcopy=no`, vim's way on a file that nobody else has linked.
#[test]
fn vim_writes_another_file() {
    let site = Site::new().settled();
    fs::write(site.file(".de.yaml.swp"), "b0VIM").unwrap();
    fs::write(site.file("4913"), "").unwrap();
    site.reload();
    fs::remove_file(site.file("4913")).unwrap();
    fs::rename(site.file("de.yaml"), site.file("de.yaml~")).unwrap();
    fs::write(site.file("de.yaml"), germany("Deutschland")).unwrap();
    site.reload();
    fs::remove_file(site.file("de.yaml~")).unwrap();
    fs::remove_file(site.file(".de.yaml.swp")).unwrap();
    site.comes_to_serve("de", &germany("Deutschland"));
}

/// `backupcopy=yes`: the backup is a copy, and the file is written in place.
#[test]
fn vim_writes_the_same_file() {
    let site = Site::new().settled();
    fs::write(site.file(".de.yaml.swp"), "b0VIM").unwrap();
    fs::copy(site.file("de.yaml"), site.file("de.yaml~")).unwrap();
    fs::write(site.file("de.yaml"), germany("Deutschland")).unwrap();
    site.reload();
    fs::remove_file(site.file("de.yaml~")).unwrap();
    fs::remove_file(site.file(".de.yaml.swp")).unwrap();
    site.comes_to_serve("de", &germany("Deutschland"));
}

#[test]
fn emacs_locks_saves_by_itself_and_keeps_a_backup() {
    let site = Site::new().settled();
    symlink("somebody@somewhere.4711:1", site.file(".#de.yaml")).unwrap();
    fs::write(site.file("#de.yaml#"), germany("Deutschl")).unwrap();
    site.reload();
    assert_eq!(site.served("de"), Some(germany("Germany")));
    fs::rename(site.file("de.yaml"), site.file("de.yaml~")).unwrap();
    fs::write(site.file("de.yaml"), germany("Deutschland")).unwrap();
    fs::remove_file(site.file("#de.yaml#")).unwrap();
    fs::remove_file(site.file(".#de.yaml")).unwrap();
    site.comes_to_serve("de", &germany("Deutschland"));
}

#[test]
fn other_editors_leave_temporaries_beside_it() {
    let names = [
        "de.yaml___jb_tmp___",
        "de.yaml___jb_old___",
        "de.yaml.vsctmp",
        "de.yaml0aB1cD.bck",
        ".goutputstream-X1Y2Z3",
        ".de.yaml.kate-swp",
        "de.yaml.tmp",
        "de.yaml.part",
    ];
    let site = Site::new().settled();
    for (count, name) in names.iter().enumerate() {
        let new = germany(&format!("Deutschland {count}"));
        fs::write(site.file(name), &new).unwrap();
        site.reload();
        fs::rename(site.file(name), site.file("de.yaml")).unwrap();
        site.comes_to_serve("de", &new);
    }
}

#[test]
fn touching_a_file_changes_nothing() {
    let site = Site::new().settled();
    let (number, reloads) = (site.number(), site.noticed.reloads());
    File::options().write(true).open(site.file("de.yaml")).unwrap().set_modified(SystemTime::now()).unwrap();
    site.until("it was read", |_| site.noticed.reloads() > reloads);
    assert_eq!(site.number(), number);
}

#[test]
fn contents_change_and_the_time_does_not() {
    let site = Site::silent().settled();
    let time = fs::metadata(site.file("de.yaml")).unwrap().modified().unwrap();
    let (old, new) = (germany("Germany"), germany("Gxrmany"));
    assert_eq!(old.len(), new.len());
    fs::write(site.file("de.yaml"), &new).unwrap();
    File::options().write(true).open(site.file("de.yaml")).unwrap().set_modified(time).unwrap();
    site.comes_to_serve("de", &new);
}

#[test]
fn a_folder_sends_no_events() {
    let site = Site::silent().settled();
    let armed_anyway = site.noticed.reloads();
    fs::write(site.file("de.yaml"), germany("Deutschland")).unwrap();
    site.comes_to_serve("de", &germany("Deutschland"));
    assert!(site.noticed.reloads() > armed_anyway);
}

#[test]
fn git_checks_out_a_branch_that_changes_a_hundred_files() {
    let site = Site::new();
    let git = |arguments: &[&str]| {
        let run = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"])
            .args(arguments)
            .current_dir(&site.rules)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(run.status.success(), "{run:?}");
    };
    let ids: Vec<String> = (0..100).map(|number| format!("m-{number}")).collect();
    let write = |title: &str| {
        for id in &ids {
            fs::write(site.file(&format!("{id}.yaml")), country(id, title)).unwrap();
        }
    };
    git(&["init", "--quiet"]);
    write("One");
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    git(&["checkout", "--quiet", "-b", "two"]);
    write("Two");
    git(&["commit", "--quiet", "-a", "-m", "two"]);
    site.reload();
    for (branch, title) in [("main", "One"), ("two", "Two")] {
        let (number, begun) = (site.number(), Instant::now());
        git(&["checkout", "--quiet", branch]);
        let took = begun.elapsed();
        site.until("all are as on the branch", |now| {
            ids.iter().all(|id| text(now, id) == Some(country(id, title)))
        });
        // One, where it is as quick as it is.
        let most = 1 + took.as_millis() / PACE.quiet.as_millis();
        assert!(u128::from(site.number() - number) <= most, "{} after {number} in {took:?}", site.number());
    }
    assert_eq!(site.noticed.strays(), [""; 0]);
}

// Kubernetes.

/// A mounted ConfigMap: what is watched holds links through a hidden link, which is swapped.
struct Mounted<'a>(&'a Path);

impl Mounted<'_> {
    fn swap(&self, version: &str, files: &[(&str, String)]) {
        let old = fs::read_link(self.0.join("..data")).ok();
        let folder = format!("..2026_11_24_{version}");
        fs::create_dir(self.0.join(&folder)).unwrap();
        for (name, text) in files {
            fs::write(self.0.join(&folder).join(name), text).unwrap();
        }
        symlink(&folder, self.0.join("..data_tmp")).unwrap();
        fs::rename(self.0.join("..data_tmp"), self.0.join("..data")).unwrap();
        for (name, _) in files {
            // Those that were there stay as they are: nothing tells of the file itself.
            let _ = symlink(Path::new("..data").join(name), self.0.join(name));
        }
        if let Some(old) = old {
            fs::remove_dir_all(self.0.join(old)).unwrap();
        }
    }
}

#[test]
fn kubernetes_swaps_a_config_map() {
    let first = |rules: &Path, _: &Path| Mounted(rules).swap("1", &[("de.yaml", germany("Germany"))]);
    let site = Site::of(BY_EVENTS, notify::recommended_watcher, first, |all, _| {
        Box::new(Loader::blocking(engine(), compiler(all)))
    })
    .settled();
    site.comes_to_serve("de", &germany("Germany"));
    let both = [("de.yaml", germany("Deutschland")), ("fr.yaml", country("fr", "France"))];
    Mounted(&site.rules).swap("2", &both);
    site.comes_to_serve("de", &germany("Deutschland"));
    site.comes_to_serve("fr", &country("fr", "France"));
}

#[test]
fn a_config_map_is_read_whole() {
    let two = |title: &str| [("de.yaml", germany(title)), ("fr.yaml", country("fr", title))];
    let first = |rules: &Path, _: &Path| Mounted(rules).swap("first", &two("0"));
    let site = Site::of(BY_EVENTS, notify::recommended_watcher, first, |all, _| {
        Box::new(Loader::blocking(engine(), compiler(all)))
    });
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for version in 1..=100 {
                Mounted(&site.rules).swap(&version.to_string(), &two(&version.to_string()));
            }
            done.store(true, Ordering::SeqCst);
        });
        while !done.load(Ordering::SeqCst) {
            let now = site.reload();
            let title = |id: &str| {
                text(&now, id).unwrap().lines().find(|line| line.starts_with("title")).map(str::to_owned)
            };
            assert_eq!(title("de"), title("fr"));
        }
    });
    site.reload();
    assert_eq!(site.served("de"), Some(germany("100")));
}

/// What git-sync does: the folder is a link, and leads to another checkout.
#[test]
fn the_folder_is_a_link_that_is_swapped() {
    let link = |rules: &Path, _: &Path| {
        let above = rules.parent().unwrap();
        fs::create_dir(above.join("one")).unwrap();
        fs::write(above.join("one/de.yaml"), germany("Germany")).unwrap();
        fs::remove_dir(rules).unwrap();
        symlink("one", rules).unwrap();
    };
    let site = Site::of(BY_EVENTS, notify::recommended_watcher, link, |all, _| {
        Box::new(Loader::blocking(engine(), compiler(all)))
    })
    .settled();
    let above = site.rules.parent().unwrap();
    fs::create_dir(above.join("two")).unwrap();
    fs::write(above.join("two/de.yaml"), germany("Deutschland")).unwrap();
    symlink("two", above.join("new")).unwrap();
    fs::rename(above.join("new"), &site.rules).unwrap();
    site.comes_to_serve("de", &germany("Deutschland"));
    // And what it leads to now is watched.
    fs::write(site.file("de.yaml"), germany("Bundesrepublik")).unwrap();
    site.comes_to_serve("de", &germany("Bundesrepublik"));
}

// Folders that go and come.

/// The folder is gone, which is seen and takes nothing down; when it is there again its files are read, and
/// it is watched.
#[track_caller]
fn goes_and_comes(go: impl FnOnce(&Site), come: impl FnOnce(&Site)) {
    let site = Site::new().settled();
    let number = site.number();
    go(&site);
    site.comes_to_find_fault();
    assert_eq!(site.served("de"), Some(germany("Germany")));
    assert_eq!(site.number(), number);
    come(&site);
    site.until("it is served", |now| text(now, "de") == Some(germany("Deutschland")));
    site.until("nothing is a fault", |now| now.items.iter().all(|item| item.kind != ItemKind::Stray));
    fs::write(site.file("de.yaml"), germany("Bundesrepublik")).unwrap();
    site.until("it is watched", |now| text(now, "de") == Some(germany("Bundesrepublik")));
}

fn make_again(site: &Site) {
    fs::create_dir_all(&site.rules).unwrap();
    fs::write(site.file("de.yaml"), germany("Deutschland")).unwrap();
}

#[test]
fn the_folder_is_deleted_and_made_again() {
    goes_and_comes(|site| fs::remove_dir_all(&site.rules).unwrap(), make_again);
}

#[test]
fn the_folder_above_is_deleted_and_made_again() {
    goes_and_comes(|site| fs::remove_dir_all(site.rules.parent().unwrap()).unwrap(), make_again);
}

#[test]
fn the_folder_above_is_moved_away_and_made_again() {
    let away = |site: &Site| fs::rename(site.rules.parent().unwrap(), site.all.path().join("away")).unwrap();
    goes_and_comes(away, make_again);
}

#[test]
fn the_folder_is_replaced_by_a_link() {
    let link = |site: &Site| {
        let other = site.all.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("de.yaml"), germany("Deutschland")).unwrap();
        symlink(&other, &site.rules).unwrap();
    };
    goes_and_comes(|site| fs::rename(&site.rules, site.all.path().join("old")).unwrap(), link);
}

/// Whatever the reason, the system refuses: here a link that leads to itself.
#[test]
fn the_folder_cannot_be_read() {
    let circle = |site: &Site| {
        fs::rename(&site.rules, site.all.path().join("old")).unwrap();
        symlink(&site.rules, &site.rules).unwrap();
    };
    let back = |site: &Site| {
        fs::remove_file(&site.rules).unwrap();
        make_again(site);
    };
    goes_and_comes(circle, back);
}

/// What an unmounted file system leaves: another folder, with nothing in it.
#[test]
fn the_folder_is_unmounted() {
    let unmount = |site: &Site| {
        fs::rename(&site.rules, site.all.path().join("mounted")).unwrap();
        fs::create_dir(&site.rules).unwrap();
    };
    let mount = |site: &Site| {
        fs::write(site.all.path().join("mounted/de.yaml"), germany("Deutschland")).unwrap();
        fs::remove_dir(&site.rules).unwrap();
        fs::rename(site.all.path().join("mounted"), &site.rules).unwrap();
    };
    goes_and_comes(unmount, mount);
}

/// An unmount and a mount between two looks leave the same folder, and no watch.
#[test]
fn a_watch_that_ended_without_a_word_is_renewed() {
    let all = tempfile::tempdir().unwrap();
    let folders = Folders { rules: all.path().to_owned(), plugins: all.path().to_owned() };
    let Pending { signals, receiver } = Pending::default();
    let dirty = Dirty { signals, said: Arc::default() };
    let mut armed = Armed::new(notify::recommended_watcher(dirty.clone()), &folders, &[]);
    armed.arm(false);
    armed.watcher.as_mut().unwrap().unwatch(all.path()).unwrap();
    fs::write(all.path().join("a"), "").unwrap();
    assert!(receiver.recv_timeout(PACE.quiet).is_err(), "it is watched");
    armed.arm(true);
    fs::write(all.path().join("a"), "").unwrap();
    assert!(receiver.recv_timeout(DEADLINE).is_ok());
}

#[test]
fn a_folder_that_was_never_there_is_a_mistake() {
    let all = tempfile::tempdir().unwrap();
    let folders = Folders { rules: all.path().join("rulse"), plugins: all.path().to_owned() };
    let reloader = Reloader::new(engine(), Box::new(Loader::blocking(engine(), compiler(&all))));
    let refused = Pending::default().start(folders, Beside::default(), reloader).unwrap_err();
    assert!(refused.to_string().contains("rulse: No such file"), "{refused}");
}

// Many events.

fn event(kind: EventKind) -> Result<Event, notify::Error> {
    Ok(Event::new(kind))
}

#[test]
fn of_any_number_of_events_one_signal_waits() {
    let Pending { signals, receiver } = Pending::default();
    let mut dirty = Dirty { signals, said: Arc::default() };
    for _ in 0..10_000 {
        dirty.handle_event(event(EventKind::Modify(ModifyKind::Data(DataChange::Any))));
    }
    assert_eq!(receiver.try_iter().count(), 1);
    dirty.heard();
    dirty.handle_event(event(EventKind::Any));
    assert_eq!(receiver.try_iter().count(), 1);
}

#[test]
fn what_is_news() {
    let is_news = |event| {
        let Pending { signals, receiver } = Pending::default();
        Dirty { signals, said: Arc::default() }.handle_event(event);
        receiver.try_iter().count() == 1
    };
    // Our own reads.
    assert!(!is_news(event(EventKind::Access(AccessKind::Open(AccessMode::Any)))));
    assert!(!is_news(event(EventKind::Access(AccessKind::Close(AccessMode::Read)))));
    // What was written through a mapping.
    assert!(is_news(event(EventKind::Access(AccessKind::Close(AccessMode::Write)))));
    // More events than the system could keep; an error.
    assert!(is_news(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan))));
    assert!(is_news(Err(notify::Error::generic("no"))));
}

/// More happens than the system keeps events of, while nobody takes them.
#[test]
fn events_overflow() {
    let held = Arc::new(Mutex::new(()));
    let lost = Arc::new(AtomicBool::new(false));
    let (hold, is_lost) = (Arc::clone(&held), Arc::clone(&lost));
    let site = Site::with(BY_EVENTS, |mut dirty| {
        notify::recommended_watcher(move |event: Result<Event, notify::Error>| {
            drop(hold.lock());
            // Only what tells that events were lost is passed on.
            if event.as_ref().is_ok_and(Event::need_rescan) {
                is_lost.store(true, Ordering::SeqCst);
                dirty.handle_event(event);
            }
        })
    })
    .settled();
    let most: usize =
        fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap().trim().parse().unwrap();
    let keep = held.lock().unwrap();
    // Two by turns: the same event twice is one. Each is opened, written and closed.
    for count in 0..=most {
        fs::write(site.file([".a", ".b"][count % 2]), "").unwrap();
    }
    fs::write(site.file("de.yaml"), germany("Deutschland")).unwrap();
    drop(keep);
    site.comes_to_serve("de", &germany("Deutschland"));
    assert!(lost.load(Ordering::SeqCst));
}

#[test]
fn a_storm_settles_into_few_generations_and_the_last_content_wins() {
    let site = Site::new().settled();
    let number = site.number();
    let begun = Instant::now();
    // When the machine keeps us from writing, the folder is quiet, and that is taken in.
    let mut pauses = 0;
    for count in 0..10_000_u32 {
        let before = Instant::now();
        fs::write(site.file("de.yaml"), germany(&format!("Number {count}"))).unwrap();
        thread::sleep(Duration::from_micros(200));
        pauses += u64::from(before.elapsed() >= PACE.quiet / 2);
    }
    let took = begun.elapsed();
    site.comes_to_serve("de", &germany("Number 9999"));
    let most = 2 + u64::try_from(took.as_millis() / PACE.latest.as_millis()).unwrap() + pauses;
    let made = site.number() - number;
    assert!(made <= most, "{made} generations in {took:?}, with {pauses} pauses");
}

#[test]
fn nothing_happens_while_nothing_happens() {
    let site = Site::new().settled();
    // Whatever the start has stirred up.
    thread::sleep(2 * PACE.quiet);
    let reloads = site.noticed.reloads();
    thread::sleep(Duration::from_secs(1));
    assert_eq!(site.noticed.reloads(), reloads);
}

// Who waits.

/// Compiles nothing until it is let, and then refuses.
#[derive(Debug, Clone, Default)]
struct Slow(Arc<Mutex<BTreeSet<Vec<u8>>>>);

impl Slow {
    fn finish(&self, bytes: &str) {
        self.0.lock().unwrap().insert(bytes.as_bytes().to_vec());
    }
}

impl Loads for Slow {
    fn load(&self, file: &str, bytes: &Arc<[u8]>) -> Loading {
        assert_ne!(**bytes, *b"a fault of ours");
        match self.0.lock().unwrap().contains(&**bytes) {
            true => Loading::Refused(crate::diagnostic::Diagnostic::error("no plugin").in_file(file)),
            false => Loading::Pending,
        }
    }
}

fn compiling(plugin: &str) -> (Site, Slow, Waker) {
    let slow = Slow::default();
    let loads = slow.clone();
    let mut wakes = None;
    let site = Site::of(
        BY_EVENTS,
        notify::recommended_watcher,
        |rules, plugins| {
            fs::write(rules.join("de.yaml"), germany("Germany")).unwrap();
            fs::write(plugins.join("a.wasm"), plugin).unwrap();
        },
        |_, waker| {
            wakes = Some(waker);
            Box::new(loads)
        },
    );
    (site, slow, wakes.unwrap())
}

#[track_caller]
fn is_answered(wait: &Receiver<Arc<Published>>) -> Arc<Published> {
    wait.recv_timeout(DEADLINE).expect("nobody was answered")
}

#[test]
fn who_waits_waits_for_a_compilation() {
    let (site, slow, waker) = compiling("one");
    let waits: Vec<_> = (0..10).map(|_| site.waiting()).collect();
    site.until("it was read", |now| !now.items.is_empty());
    fs::write(site.file("de.yaml"), germany("Deutschland")).unwrap();
    // Rules go live meanwhile.
    site.comes_to_serve("de", &germany("Deutschland"));
    assert!(waits.iter().all(|wait| wait.try_recv().is_err()), "one is still being compiled");
    slow.finish("one");
    waker.loaded();
    for wait in &waits {
        let published = is_answered(wait);
        assert_eq!(state(&published, "a.wasm"), ItemState::Refused);
        assert_eq!(text(&published, "de"), Some(germany("Deutschland")));
    }
}

#[test]
fn who_waits_does_not_wait_for_what_came_later() {
    let (site, slow, waker) = compiling("one");
    let first = site.waiting();
    site.until("it was read", |now| !now.undecided().is_empty());
    fs::write(site.plugins.join("b.wasm"), "two").unwrap();
    site.until("the second was read", |now| now.undecided().len() == 2);
    let second = site.waiting();
    slow.finish("one");
    waker.loaded();
    is_answered(&first);
    assert!(second.recv_timeout(2 * PACE.quiet).is_err(), "the second is still being compiled");
    // What is replaced is nobody's question any more.
    fs::write(site.plugins.join("b.wasm"), "three").unwrap();
    is_answered(&second);
}

#[test]
fn many_who_wait_at_once_cost_few_reloads() {
    let site = Site::new().settled();
    let before = site.noticed.reloads();
    let waits: Vec<_> = (0..50).map(|_| site.waiting()).collect();
    for wait in &waits {
        is_answered(wait);
    }
    let reloads = site.noticed.reloads() - before;
    assert!(reloads < 25, "{reloads} reloads for 50 who waited");
}

#[test]
fn what_is_on_disk_at_the_call_is_served_when_it_returns() {
    let site = Site::new().settled();
    for count in 0..200 {
        let text = germany(&format!("Number {count}"));
        fs::write(site.file("de.yaml"), &text).unwrap();
        assert_eq!(self::text(&site.reload(), "de"), Some(text));
    }
}

#[test]
fn refusals_that_may_pass_do_not_keep_each_other_alive() {
    let make = |rules: &Path, plugins: &Path| {
        fs::write(rules.join("de.yaml"), germany("Germany")).unwrap();
        for name in ["a.wasm", "b.wasm"] {
            fs::write(plugins.join(name), name).unwrap();
        }
    };
    let site = Site::of(BY_EVENTS, notify::recommended_watcher, make, |all, waker| {
        let wake = move || waker.loaded();
        Box::new(Loader::background(engine(), compiler(all), wake).unwrap())
    });
    assert!(site.reload().generation.is_some());
}

/// Who asks for what cannot be done, again and again, keeps nobody's file from being read.
#[test]
fn commands_in_vain_hold_up_no_change() {
    let site = Site::new();
    let is_over = Arc::new(AtomicBool::new(false));
    let (watch, over) = (Arc::clone(&site.watch), Arc::clone(&is_over));
    let asking = thread::spawn(move || {
        while !over.load(Ordering::SeqCst) {
            // Faster than the folder is quiet.
            assert!(watch.command(super::Command::Unpin(None)).unwrap().is_err());
        }
    });
    fs::write(site.file("de.yaml"), germany("Deutschland")).unwrap();
    site.comes_to_serve("de", &germany("Deutschland"));
    is_over.store(true, Ordering::SeqCst);
    asking.join().unwrap();
}

/// *alive*: a fault of ours ends no watching.
#[test]
fn a_panic_takes_nothing_down() {
    let (site, slow, waker) = compiling("one");
    slow.finish("one");
    waker.loaded();
    site.until("it was read", |now| now.generation.is_some());
    fs::write(site.plugins.join("b.wasm"), "a fault of ours").unwrap();
    let published = site.reload();
    let said = |item: &crate::reload::Item| {
        item.problems.iter().any(|problem| problem.message.contains("host failed"))
    };
    assert!(published.items.iter().any(said));
    assert_eq!(site.served("de"), Some(germany("Germany")));
    fs::remove_file(site.plugins.join("b.wasm")).unwrap();
    fs::write(site.file("de.yaml"), germany("Deutschland")).unwrap();
    site.until("it is served", |now| text(now, "de") == Some(germany("Deutschland")));
}
