//! What is kept is there again, and nothing else.

use serde_json::json;

use super::*;
use crate::audit::{Entry, GENESIS};

impl History {
    /// Nothing more fits, as on a full disk.
    pub(crate) fn fill(&self) {
        let pages: i64 = self.connection().pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        self.connection().pragma_update(None, "max_page_count", pages).unwrap();
    }

    pub(crate) fn unfill(&self) {
        self.connection().pragma_update(None, "max_page_count", i64::from(u32::MAX - 1)).unwrap();
    }
}

fn generation<'a>(number: u64, manifest: &'a [u8], contents: &[&'a [u8]]) -> NewGeneration<'a> {
    let contents = contents.iter().map(|bytes| (Digest::of(bytes), *bytes)).collect();
    NewGeneration { number, digest: Digest::of(manifest), cause: "a test", manifest, contents }
}

#[test]
fn what_was_accepted_is_there_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path()).unwrap();
    assert_eq!(history.latest().unwrap(), None);
    history
        .accept(&generation(1, b"one", &[b"br", b"de"]), &[Entry::new("accepted", json!({}))], &[])
        .unwrap();
    history.accept(&generation(2, b"two", &[b"br"]), &[], &[]).unwrap();
    drop(history);

    let history = History::open(folder.path()).unwrap();
    let latest = history.latest().unwrap().unwrap();
    assert_eq!((latest.number, latest.digest, latest.cause.as_str()), (2, Digest::of(b"two"), "a test"));
    assert_eq!(history.content(latest.manifest).unwrap().as_deref(), Some(b"two".as_slice()));
    assert_eq!(history.content(Digest::of(b"de")).unwrap().as_deref(), Some(b"de".as_slice()));
    assert_eq!(history.by_digest(Digest::of(b"one")).unwrap().unwrap().number, 1);
    let rows = history.rows(1, 10).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].seq, rows[0].prev, rows[0].holds()), (1, GENESIS, true));
}

#[test]
fn a_generation_is_kept_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path()).unwrap();
    history.accept(&generation(1, b"one", &[]), &[], &[]).unwrap();
    // The number is taken: the last step fails, and nothing of it is left.
    let refused =
        history.accept(&generation(1, b"other", &[b"new"]), &[Entry::new("accepted", json!({}))], &[]);
    assert!(matches!(refused, Err(HistoryError::Database { .. })), "{refused:?}");
    assert_eq!(history.content(Digest::of(b"new")).unwrap(), None);
    assert_eq!(history.rows(1, 10).unwrap(), []);
}

#[test]
fn the_oldest_generations_go_with_what_only_they_had() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path()).unwrap();
    let contents: Vec<[u8; 8]> = (0..=202_u64).map(u64::to_le_bytes).collect();
    for number in 1..=202_usize {
        let own = contents[number].as_slice();
        let new = generation(number as u64, own, &[own, b"common"]);
        history.accept(&new, &[], &[]).unwrap();
    }
    let kept: Vec<u64> = history.generations().unwrap().iter().map(|kept| kept.number).collect();
    assert_eq!((kept.first(), kept.last(), kept.len()), (Some(&202), Some(&3), 200));
    assert_eq!(history.content(Digest::of(&contents[2])).unwrap(), None);
    assert!(history.content(Digest::of(&contents[3])).unwrap().is_some());
    assert!(history.content(Digest::of(b"common")).unwrap().is_some());
}

#[test]
fn what_is_held_is_held_until_it_is_let_go_of() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path()).unwrap();
    let held = Held { all: Some(3), files: vec![("br.yaml".to_owned(), Digest::of(b"br"))] };
    history.hold(&held, &[(Digest::of(b"br"), b"br")], &[]).unwrap();
    assert_eq!(History::open(folder.path()).unwrap().held().unwrap(), held);
    history.hold(&Held::default(), &[], &[]).unwrap();
    assert_eq!(history.held().unwrap(), Held::default());
}

#[test]
fn a_file_of_a_later_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path()).unwrap();
    history.connection().pragma_update(None, "user_version", 99).unwrap();
    drop(history);
    let refused = History::open(folder.path()).unwrap_err().to_string();
    assert!(refused.ends_with("was written by a later version of landfall (format 99, this one knows 1)"));
}

#[test]
fn contents_that_were_changed_are_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path()).unwrap();
    history.accept(&generation(1, b"one", &[b"br"]), &[], &[]).unwrap();
    history.connection().execute("UPDATE content SET bytes = x'0300'", []).unwrap();
    assert!(matches!(history.content(Digest::of(b"br")), Err(HistoryError::Damaged { .. })));
}
