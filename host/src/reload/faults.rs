//! Faults that reload had, each told as what must not happen again.

use std::{
    path::Path,
    process::Command,
    sync::{Arc, OnceLock, mpsc},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use super::{
    Disk, Folder, Folders, ItemState, Loading, Loads, Published, Reloader, read_folders, read_rules,
};
use crate::{id::JurisdictionId, plugin::Engine, plugin::Limits};

/// Says that every plugin is being compiled.
struct Compiling;

impl Loads for Compiling {
    fn load(&self, _: &str, _: &Arc<[u8]>) -> Loading {
        Loading::Pending
    }
}

fn reloader() -> Reloader {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    let engine = ENGINE
        .get_or_init(|| Arc::new(Engine::new(Limits { calls_at_once: 2, ..Limits::default() }).unwrap()));
    Reloader::new(Arc::clone(engine), Box::new(Compiling))
}

fn country(id: &str, extends: &[&str], rest: &str) -> String {
    format!(
        "schema: landfall/jurisdiction@1\nid: {id}\nkind: country\ntitle: {id}\nextends: [{}]\ncurrency: EUR\n{rest}",
        extends.join(", ")
    )
}

fn folder(files: &[(&str, &str)]) -> Folder {
    Folder::of(files.iter().map(|(name, text)| ((*name).to_owned(), Arc::from(text.as_bytes()))))
}

/// Rules by themselves, bound to nothing.
fn rules(files: &[(&str, &str)]) -> Disk {
    Disk { rules: folder(files), plugins: None }
}

#[track_caller]
fn state(published: &Published, file: &str) -> ItemState {
    published.items.iter().find(|item| item.file == file).unwrap().state
}

#[track_caller]
fn problems(published: &Published, file: &str) -> String {
    let item = published.items.iter().find(|item| item.file == file).unwrap();
    item.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The ids that serve a jurisdiction.
#[track_caller]
fn lineage(published: &Published, id: &str) -> Vec<String> {
    let closures = &published.generation.as_ref().unwrap().closures;
    let closure = &closures[&JurisdictionId::parse(id).unwrap()];
    closure.jurisdiction.lineage.keys().map(ToString::to_string).collect()
}

#[test]
fn no_file_rests_on_its_own_past() {
    for (upper, lower) in [("aa", "bb"), ("bb", "aa")] {
        let (upper_file, lower_file) = (format!("{upper}.yaml"), format!("{lower}.yaml"));
        let mut reloader = reloader();
        reloader.reload(&rules(&[
            (&upper_file, &country(upper, &[], "")),
            (&lower_file, &country(lower, &[upper], "")),
        ]));
        // The upper file now extends the lower one, which is broken and falls back to where it extended it.
        let published = reloader
            .reload(&rules(&[(&upper_file, &country(upper, &[lower], "")), (&lower_file, "nonsense")]));
        assert_eq!(state(&published, &upper_file), ItemState::LastGood, "{upper}");
        assert_eq!(state(&published, &lower_file), ItemState::LastGood, "{upper}");
        assert_eq!(lineage(&published, upper), [upper]);
        assert_eq!(lineage(&published, lower), ["aa", "bb"]);
    }
}

#[test]
fn two_files_may_change_places() {
    for (upper, lower) in [("aa", "bb"), ("bb", "aa")] {
        let (upper_file, lower_file) = (format!("{upper}.yaml"), format!("{lower}.yaml"));
        let disk = |upper_extends: &[&str], lower_extends: &[&str]| {
            rules(&[
                (&upper_file, &country(upper, upper_extends, "")),
                (&lower_file, &country(lower, lower_extends, "")),
            ])
        };
        let mut reloader = reloader();
        reloader.reload(&disk(&[], &[upper]));
        let published = reloader.reload(&disk(&[lower], &[]));
        assert!(published.items.iter().all(|item| item.state == ItemState::Live), "{published:?}");
        assert_eq!(lineage(&published, lower), [lower]);
    }
}

/// `count` files, each of which extends the one before it, the first the last if they go in a circle.
fn chain(count: usize, circle: bool) -> Disk {
    let id = |n: usize| format!("j{n:04}");
    let files = (0..count).map(|n| {
        let before = if circle { Some((n + count - 1) % count) } else { n.checked_sub(1) };
        let before: Vec<_> = before.map(id).into_iter().collect();
        let text = country(&id(n), &before.iter().map(String::as_str).collect::<Vec<_>>(), "");
        (format!("{}.yaml", id(n)), Arc::from(text.as_bytes()))
    });
    Disk { rules: Folder::of(files), plugins: None }
}

#[test]
fn a_chain_of_files_is_only_so_deep() {
    let published = reloader().reload(&chain(3_000, false));
    assert_eq!(state(&published, "j0032.yaml"), ItemState::Live);
    assert_eq!(state(&published, "j0033.yaml"), ItemState::Unavailable);
    assert!(problems(&published, "j0033.yaml").contains("32"), "{}", problems(&published, "j0033.yaml"));
    assert_eq!(state(&published, "j2999.yaml"), ItemState::Unavailable);
}

#[test]
fn a_great_circle_is_told_in_few_words() {
    let published = reloader().reload(&chain(3_000, true));
    for item in published.items.iter() {
        assert_eq!(item.state, ItemState::Unavailable);
        let text = problems(&published, &item.file);
        assert!(text.contains("goes in a circle") && text.len() < 400, "{text}");
    }
}

#[test]
fn a_circle_is_named_to_those_in_it_alone() {
    let published = reloader().reload(&rules(&[
        ("above.yaml", &country("above", &[], "")),
        ("aa.yaml", &country("aa", &["above", "bb"], "")),
        ("bb.yaml", &country("bb", &["cc"], "")),
        ("cc.yaml", &country("cc", &["aa"], "")),
        ("self.yaml", &country("self", &["self"], "")),
        ("below.yaml", &country("below", &["bb"], "")),
    ]));
    for file in ["aa.yaml", "bb.yaml", "cc.yaml"] {
        assert!(problems(&published, file).contains("aa → bb → cc → aa"), "{}", problems(&published, file));
    }
    assert!(problems(&published, "self.yaml").contains("self → self"));
    assert!(problems(&published, "below.yaml").contains("`bb`, which this file extends, is unavailable"));
    assert_eq!(state(&published, "above.yaml"), ItemState::Live);
}

#[test]
fn a_pipe_in_a_folder_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("mkfifo").arg(folder.path().join("de.yaml")).status().unwrap();
    assert!(made.success());
    let (done, read) = mpsc::channel();
    let path = folder.path().to_owned();
    thread::spawn(move || done.send(read_rules(&path)));
    let rules = read.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(rules.files["de.yaml"].as_ref().unwrap_err().to_string(), "this is not a file");
}

#[test]
fn a_folder_in_a_folder_is_not_overlooked() {
    let folder = tempfile::tempdir().unwrap();
    for name in [".git", "drafts", "old.bak", "de.yaml"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    let disk = Disk { rules: read_rules(folder.path()), plugins: None };
    assert_eq!(disk.strays().map(|(name, _)| name).collect::<Vec<_>>(), ["drafts", "old.bak"]);
    assert!(disk.rules.files["de.yaml"].is_err());
}

/// Binds a plugin that demands something, if one may believe the file.
const SPEECH: &str = r#"sources: {law: {title: Law}}
params: {words: {type: count, values: [{from: 2020-01-01, value: 5, assumption: true}]}}
obligations:
  notices: {title: Notices, cite: "law#1", confidence: high, when: "true", costed_by: speech, effort: {}, requires: {words: "param.words"}}
stages: {compliance: {speech: {}}}
"#;

#[test]
fn nobody_waits_for_a_compilation_when_a_folder_is_gone() {
    let mut reloader = reloader();
    let de = country("de", &[], SPEECH);
    let mut disk = Disk { rules: folder(&[("de.yaml", &de)]), plugins: Some(folder(&[("speech.wasm", "")])) };
    assert!(reloader.reload(&disk).is_waiting());
    disk.rules = read_rules(Path::new("/nowhere"));
    let published = reloader.reload(&disk);
    assert!(!published.is_waiting());
    assert_eq!(state(&published, "speech.wasm"), ItemState::Refused);
    assert_eq!(state(&published, "de.yaml"), ItemState::Unavailable);
}

#[test]
fn the_first_generation_waits_for_what_bound_plugins_demand() {
    let disk = |plugins: &[(&str, &str)]| Disk {
        rules: folder(&[
            ("de.yaml", &country("de", &[], SPEECH)),
            ("below.yaml", &country("below", &["de"], "")),
            ("other.yaml", &country("other", &[], "stages: {compliance: {speech: {}, nobody: {}}}")),
        ]),
        plugins: Some(folder(plugins)),
    };
    let published = reloader().reload(&disk(&[("speech.wasm", "")]));
    assert!(published.generation.is_none());
    assert_eq!(state(&published, "de.yaml"), ItemState::Waiting);
    assert_eq!(state(&published, "below.yaml"), ItemState::Waiting);
    assert_eq!(state(&published, "other.yaml"), ItemState::Unavailable);
    // Without the plugin there is nothing to wait for.
    let published = reloader().reload(&disk(&[]));
    assert!(published.generation.is_some());
    assert_eq!(state(&published, "de.yaml"), ItemState::Unavailable);
    assert_eq!(state(&published, "below.yaml"), ItemState::Unavailable);
}

#[test]
fn a_generation_is_named_by_its_file_names_too() {
    let text = country("x-y", &[], "");
    let named = |file: &str| reloader().reload(&rules(&[(file, &text)])).generation.clone().unwrap().digest;
    assert_ne!(named("x-y.yaml"), named("x_y.yaml"));
}

/// Two folders on disk, the rules as given.
fn folders(files: &[(&str, &str)]) -> (TempDir, Folders) {
    let both = tempfile::tempdir().unwrap();
    let folders = Folders { rules: both.path().join("rules"), plugins: both.path().join("plugins") };
    std::fs::create_dir(&folders.rules).unwrap();
    std::fs::create_dir(&folders.plugins).unwrap();
    for (name, text) in files {
        std::fs::write(folders.rules.join(name), text).unwrap();
    }
    (both, folders)
}

#[test]
fn a_folder_with_a_base_alone_is_a_fault_and_no_deletion() {
    let roles = "schema: landfall/roles@1\nroles: {counsel: {title: Counsel}}\n";
    let (_both, folders) = folders(&[("de.yaml", &country("de", &[], "")), ("roles.yaml", roles)]);
    let mut reloader = reloader();
    let before = reloader.reload(&read_folders(&folders)).generation.clone().unwrap();
    std::fs::remove_file(folders.rules.join("de.yaml")).unwrap();
    let published = reloader.reload(&read_folders(&folders));
    assert_eq!(published.generation.as_ref().unwrap().digest, before.digest);
    assert!(published.items.iter().any(|item| item.state == ItemState::Refused));
}
