//! A `landfall.yaml` that changes while the host runs.

use std::{fs, path::PathBuf};

use super::*;
use crate::{
    config::ConfigFile,
    reload::{Reloader, Terms},
    testing::{DE, Files, answer, reloader, summary},
};

/// A host over a book in which Germany pays something, with a configuration.
struct Stand {
    _folder: tempfile::TempDir,
    config: PathBuf,
    files: Files,
    reloader: Reloader,
}

impl Stand {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("landfall.yaml");
        fs::write(&config, "schema: landfall/config@1\n").unwrap();
        let file = ConfigFile::new(config.clone(), Vec::new());
        let read = file.read().unwrap();
        let reloader = reloader().on_terms(Terms::new(file, read, true));
        Self { _folder: folder, config, files: Files::effort("{once: {fixed: 1 EUR}}"), reloader }
    }

    fn says(&mut self, rest: &str) -> Arc<Published> {
        fs::write(&self.config, format!("schema: landfall/config@1\n{rest}\n")).unwrap();
        self.reloader.reload(&self.files.disk())
    }
}

fn item(published: &Published) -> &Item {
    published.items.iter().find(|item| item.kind == ItemKind::Config).unwrap()
}

fn said(published: &Published) -> Vec<String> {
    item(published).problems.iter().map(ToString::to_string).collect()
}

fn number(published: &Published) -> u64 {
    published.generation.as_ref().unwrap().number
}

#[test]
fn a_limit_that_can_change_an_answer_makes_a_generation_and_the_old_one_keeps_its_own() {
    let mut stand = Stand::new();
    let first = stand.says("");
    assert_eq!((number(&first), item(&first).state), (1, ItemState::Live));
    assert_eq!(summary(&answer(&first, DE)), "complete 1.0000");
    let starved = stand.says("limits: {plugins: {statutory: {fuel: 10}}}");
    assert_eq!(number(&starved), 2);
    assert_eq!(summary(&answer(&starved, DE)), "incomplete out_of_fuel null, so far 0.0000");
    // The earlier one is still there, and answers as it did.
    assert_eq!(summary(&answer(&first, DE)), "complete 1.0000");
    let kept = starved.find("1").unwrap();
    assert_eq!(kept.generation.engine.limits_of("statutory").call.fuel, 250_000_000);
    // One that cannot change an answer does not.
    let slow = stand.says("limits: {default: {wall_clock: 60 s}, plugins: {statutory: {fuel: 10}}}");
    assert_eq!(number(&slow), 2);
    let fed = stand.says("");
    assert_eq!(number(&fed), 3);
    assert_eq!(fed.generation.as_ref().unwrap().digest, first.generation.as_ref().unwrap().digest);
}

#[test]
fn a_broken_one_leaves_the_last_good_in_force_and_says_why() {
    let mut stand = Stand::new();
    let good = stand.says("limits: {default: {lines: 7}}");
    let broken = stand.says("limits: {default: {line: 8}}");
    assert_eq!(item(&broken).state, ItemState::LastGood);
    assert_eq!(
        said(&broken),
        ["landfall.yaml:2:20: unknown key `line` in the limits of a plugin (help: did you mean `lines`?)"]
    );
    assert_eq!(item(&broken).digest, item(&good).digest);
    assert_eq!(number(&broken), number(&good));
    assert_eq!(broken.generation.as_ref().unwrap().engine.limits().call.lines, 7);
    fs::remove_file(&stand.config).unwrap();
    let gone = stand.reloader.reload(&stand.files.disk());
    assert_eq!(item(&gone).state, ItemState::LastGood);
    assert!(said(&gone)[0].contains("cannot be read"), "{:?}", said(&gone));
    assert_eq!(item(&stand.says("")).state, ItemState::Live);
}

#[test]
fn what_takes_a_restart_is_said_as_long_as_it_does() {
    let mut stand = Stand::new();
    let changed = stand.says("listen: [{tcp: \"127.0.0.1:1\"}]\nlimits: {queries: {at_once: 1}}");
    assert_eq!(item(&changed).state, ItemState::Live);
    let expected = ["listen", "limits.queries"].map(|key| {
        format!("landfall.yaml: `{key}` was changed, and is read at start alone (help: it takes a restart of the host; everything else is in force)")
    });
    assert_eq!(said(&changed), expected);
    assert_eq!(said(&stand.says("")), [] as [&str; 0]);
}

#[test]
fn limits_for_a_plugin_that_is_not_there_are_told() {
    let mut stand = Stand::new();
    let odd = stand.says("limits: {plugins: {statutary: {fuel: 10}}}");
    assert_eq!(
        said(&odd),
        [
            "landfall.yaml: `limits.plugins` names `statutary`, and there is no such plugin (help: did you mean `statutory`?)"
        ]
    );
    assert_eq!(number(&odd), 1, "it is bound nowhere");
}

#[test]
fn it_is_read_while_a_folder_is_gone_too() {
    let mut stand = Stand::new();
    stand.says("");
    fs::write(&stand.config, "schema: landfall/config@2\n").unwrap();
    let nowhere = Folders { rules: "/nowhere".into(), plugins: "/nowhere".into() };
    let published = stand.reloader.reload(&read_folders(&nowhere));
    assert_eq!(item(&published).state, ItemState::LastGood);
    assert_eq!(published.items.iter().filter(|item| item.kind == ItemKind::Config).count(), 1);
}
