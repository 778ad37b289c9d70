//! While a plugin is being compiled.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use super::*;
use crate::testing::{Here, plugins};

/// Says of these files that they are being compiled.
#[derive(Debug, Clone, Default)]
struct Slow(Arc<Mutex<BTreeSet<String>>>);

impl Slow {
    fn waits_for(&self, files: &[&str]) {
        let files = files.iter().map(ToString::to_string).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = files;
    }
}

impl Loads for Slow {
    fn load(&self, file: &str, bytes: &Arc<[u8]>) -> Loading {
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(file) {
            return Loading::Pending;
        }
        Here.load(file, bytes)
    }
}

fn slow() -> (Slow, Watched) {
    let slow = Slow::default();
    let reloader = Reloader::new(crate::testing::engine(), Box::new(slow.clone()));
    let nothing = reloader.current().load_full();
    (slow, Watched { files: Files::default(), reloader, published: nothing })
}

#[test]
fn nothing_is_served_until_the_first_plugins_are_compiled() {
    let (slow, mut host) = slow();
    slow.waits_for(&["fixed.wasm"]);
    host.then(|_| world());
    assert!(host.published.generation.is_none());
    assert!(host.published.is_waiting());
    assert_eq!(host.states(), "br.yaml waiting, fixed.wasm waiting");
    slow.waits_for(&[]);
    host.then(|files| files);
    assert_eq!(
        (host.states(), host.market("br"), host.number()),
        (String::new(), "complete 7.0000".into(), 1)
    );
}

#[test]
fn a_new_version_is_served_when_it_is_compiled_and_not_before() {
    let (slow, mut host) = slow();
    host.then(|_| world());
    slow.waits_for(&["fixed.wasm"]);
    host.then(|files| files.plugin("fixed", plugins::fixed("fixed", 0, 2)));
    assert_eq!(
        (host.states(), host.market("br"), host.number()),
        ("fixed.wasm waiting".into(), "complete 7.0000".into(), 1)
    );
    // Rules do not wait for it.
    host.then(|files| files.member("de", &duty("own", 2)));
    assert_eq!((host.market("de"), host.market("br")), ("complete 12.0000".into(), "complete 7.0000".into()));
    slow.waits_for(&[]);
    host.then(|files| files);
    assert_eq!((host.states(), host.market("br")), (String::new(), "complete 9.0000".into()));
}

#[test]
fn a_rule_waits_with_the_plugin_it_binds() {
    let (slow, mut host) = slow();
    host.then(|_| world());
    slow.waits_for(&["more.wasm"]);
    host.then(|files| {
        files.plugin("more", plugins::fixed("more", 0, 1)).replace(
            "br",
            "{fixed: {amount: 2 EUR}}",
            "{more: {amount: 3 EUR}}",
        )
    });
    assert_eq!(
        (host.states(), host.market("br")),
        ("br.yaml waiting, more.wasm waiting".into(), "complete 7.0000".into())
    );
    slow.waits_for(&[]);
    host.then(|files| files);
    assert_eq!((host.states(), host.market("br")), (String::new(), "complete 8.0000".into()));
}
