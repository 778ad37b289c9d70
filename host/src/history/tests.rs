//! What is kept is there again, and nothing else.

use serde_json::json;

use super::*;
use crate::audit::{self, ANCHOR, ANSWERED, Begins, Entry, GENESIS, Head, Verdict, Verifier};

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
    let contents = contents.iter().map(|bytes| (Digest::of(bytes), Content::Bytes(bytes))).collect();
    NewGeneration { number, digest: Digest::of(manifest), cause: "a test", manifest, contents, most: 200 }
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
    for (number, own) in (0_u64..).zip(&contents).skip(1) {
        let new = generation(number, own, &[own, b"common"]);
        history.accept(&new, &[], &[]).unwrap();
    }
    let kept: Vec<u64> = history.generations().unwrap().iter().map(|kept| kept.number).collect();
    assert_eq!((kept.first(), kept.last(), kept.len()), (Some(&202), Some(&3), 200));
    assert_eq!(history.content(Digest::of(&contents[2])).unwrap(), None);
    assert!(history.content(Digest::of(&contents[3])).unwrap().is_some());
    assert!(history.content(Digest::of(b"common")).unwrap().is_some());
}

/// What each generation is made of, by its number: something comes, stays for a while, goes and comes back.
fn made_of(number: u64) -> Vec<Vec<u8>> {
    let part = |part: u64| !(number / (part + 1) + part).is_multiple_of(3);
    (0..8).filter(|one| part(*one)).map(|one| vec![u8::try_from(one).unwrap(); 4]).collect()
}

fn accept(history: &History, number: u64, most: u64) {
    let (manifest, contents) = (number.to_le_bytes(), made_of(number));
    let contents: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    history.accept(&NewGeneration { most, ..generation(number, &manifest, &contents) }, &[], &[]).unwrap();
}

/// What is kept is what the generations that are kept are made of, and nothing else.
#[track_caller]
fn holds(history: &History) {
    let mut named = std::collections::BTreeSet::new();
    for kept in history.generations().unwrap() {
        let mut parts: Vec<Digest> = made_of(kept.number).iter().map(|part| Digest::of(part)).collect();
        parts.sort();
        assert_eq!(history.generation_contents(kept.digest).unwrap(), parts, "{}", kept.number);
        named.extend(parts.into_iter().chain([kept.manifest]));
    }
    let all = history.connection().query_row("SELECT count(*) FROM content", [], |row| row.get(0));
    assert_eq!(all, Ok(i64::try_from(named.len()).unwrap()));
    assert!(named.iter().all(|digest| history.content(*digest).unwrap().is_some()));
}

#[test]
fn every_generation_that_is_kept_is_whole_whatever_goes_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path()).unwrap();
    for number in 1..80 {
        accept(&history, number, 5);
        holds(&history);
        // One is held meanwhile, and outlives its neighbours.
        let held = (number % 11 < 8).then(|| number - number % 11 + 1).filter(|held| *held <= number);
        history.hold(&Held { all: held, files: Vec::new() }, &[], &[]).unwrap();
    }
    assert!(history.generations().unwrap().len() <= 7);
}

#[test]
fn a_history_of_the_first_format_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path()).unwrap();
    (1..9).for_each(|number| accept(&history, number, 5));
    history.tamper(
        "CREATE TABLE generation_content (
            number INTEGER NOT NULL REFERENCES generation(number) ON DELETE CASCADE,
            digest BLOB NOT NULL REFERENCES content(digest),
            PRIMARY KEY (number, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX generation_content_by_digest ON generation_content (digest);
        INSERT INTO generation_content SELECT number, named.digest FROM generation, named
            WHERE since <= number AND (until IS NULL OR until > number);
        DROP TABLE named;
        PRAGMA user_version = 1;",
    );
    drop(history);
    let refused = History::read(folder.path()).unwrap_err().to_string();
    assert!(
        refused.ends_with("it is of an earlier format, which a host brings up to date that can write it")
    );
    let history = History::open(folder.path()).unwrap();
    holds(&history);
    for number in 9..20 {
        accept(&history, number, 5);
        holds(&history);
    }
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
    assert!(refused.ends_with("was written by a later version of landfall (format 99, this one knows 2)"));
}

#[test]
fn contents_that_were_changed_are_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path()).unwrap();
    history.accept(&generation(1, b"one", &[b"br"]), &[], &[]).unwrap();
    history.connection().execute("UPDATE content SET bytes = x'0300'", []).unwrap();
    assert!(matches!(history.content(Digest::of(b"br")), Err(HistoryError::Damaged { .. })));
}

/// An answer of that number: its strategy and its answer say it.
fn answered(number: u64) -> Entry {
    let (strategy, answer) = (format!("strategy {number}"), format!("answer {number}"));
    let contents = [strategy, answer].map(|text| (Digest::of(text.as_bytes()), text.into_bytes()));
    let body = json!({
        "request": {"strategy": contents[0].0.to_string()},
        "answer": contents[1].0.to_string(),
        "receipt": format!("blake3:{number:08}"),
    });
    Entry { contents: contents.into(), ..Entry::new(ANSWERED, body) }
}

fn log_of(history: &History, answers: u64) -> Vec<audit::Row> {
    let entries: Vec<Entry> = (1..=answers).map(answered).collect();
    history.append(&entries).unwrap();
    history.rows(1, 100).unwrap()
}

fn verdict(history: &History) -> Verdict {
    let mut verifier = Verifier::new(None);
    history.rows(1, 100).unwrap().iter().for_each(|row| verifier.row(row));
    verifier.finish(true)
}

#[test]
fn whatever_is_done_to_the_table_is_named() {
    let table = [
        ("UPDATE audit SET body = '{}' WHERE seq = 4", "row 4 was changed"),
        ("UPDATE audit SET at = '2020' WHERE seq = 4", "row 4 was changed"),
        ("DELETE FROM audit WHERE seq = 4", "row 4 was removed"),
        ("DELETE FROM audit WHERE seq < 4", "rows 1 to 3 were removed"),
        (
            "DELETE FROM audit WHERE seq = 4; UPDATE audit SET seq = -seq WHERE seq > 4;
             UPDATE audit SET seq = -seq - 1 WHERE seq < 0",
            "row 4 was removed",
        ),
        (
            "UPDATE audit SET seq = -5 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5;
             UPDATE audit SET seq = 5 WHERE seq = -5",
            "row 5 was moved: it stood as row 4",
        ),
        (
            "UPDATE audit SET seq = -seq WHERE seq > 4; UPDATE audit SET seq = 1 - seq WHERE seq < 0;
             INSERT INTO audit SELECT 5, at, kind, '{}', prev, hash FROM audit WHERE seq = 4",
            "row 5 was inserted",
        ),
    ];
    for (done, expected) in table {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(folder.path()).unwrap();
        log_of(&history, 9);
        history.connection().execute_batch(&format!("PRAGMA foreign_keys = false; {done}")).unwrap();
        let found: Vec<String> = verdict(&history)
            .faults
            .into_iter()
            .map(|fault| audit::Fault { at: None, ..fault }.to_string())
            .collect();
        assert_eq!(found, [expected], "{done}");
    }
}

#[test]
fn a_pruned_log_goes_on_from_its_anchor() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path()).unwrap();
    let rows = log_of(&history, 9);
    let label = |number: u64| Labelled {
        receipt: format!("blake3:{number:08}"),
        generation: Digest::of(b"one"),
        label: "board".into(),
    };
    history.record(&[], &[label(3), label(8)]).unwrap();
    let through = Head { seq: 6, hash: rows[5].hash };
    assert_eq!(history.prune(Head { hash: GENESIS, ..through }).unwrap(), None);
    assert_eq!(history.prune(through).unwrap(), Some(Pruned { rows: 6, labelled: 1 }));
    let left = history.rows(1, 100).unwrap();
    assert_eq!((left.len(), left[0].seq, left[3].kind.as_str()), (4, 7, ANCHOR));
    let verdict = verdict(&history);
    assert_eq!((verdict.begins, verdict.holds()), (Begins::Anchored(through), true));
    // What only they named is gone, and nothing else.
    assert_eq!(history.content(Digest::of(b"answer 6")).unwrap(), None);
    assert!(history.content(Digest::of(b"answer 7")).unwrap().is_some());
    // All of it, and once more.
    let last = history.last_row().unwrap().unwrap();
    history.prune(Head { seq: last.seq, hash: last.hash }).unwrap().unwrap();
    assert!(self::verdict(&history).holds());
    history.append(&[answered(10)]).unwrap();
    assert!(self::verdict(&history).holds());
}

#[test]
fn rows_are_found_by_what_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(folder.path()).unwrap();
    log_of(&history, 3);
    history.append(&[Entry::new("stopped", json!({}))]).unwrap();
    let count = |wanted: Wanted<'_>| history.wanted_rows(&wanted, 10).unwrap().len();
    assert_eq!(count(Wanted { kind: Some("stopped"), ..Wanted::default() }), 1);
    assert_eq!(count(Wanted { since: Some("2999-01-01"), ..Wanted::default() }), 0);
    assert_eq!(count(Wanted { since: Some("2020-01-01"), from: 2, ..Wanted::default() }), 3);
    assert_eq!(history.answers("blake3:00000002", 2).unwrap()[0].seq, 2);
    assert_eq!(history.answers("blake3:0000000", 2).unwrap().len(), 2);
    assert_eq!(history.answers("blake3:9", 2).unwrap(), []);
}
