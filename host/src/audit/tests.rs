//! What is done to a log is found, and named.

use serde_json::json;

use super::*;

/// A log of so many rows that say their number.
fn log(rows: u64) -> Vec<Row> {
    let mut log = Vec::new();
    let mut prev = GENESIS;
    for seq in 1..=rows {
        let entry = Entry::new("answered", json!({"n": seq}));
        let row = Row::new(seq, format!("2026-11-23T00:00:{seq:02}Z"), &entry, prev);
        prev = row.hash;
        log.push(row);
    }
    log
}

fn verdict(rows: &[Row], head: Option<Head>) -> Verdict {
    let mut verifier = Verifier::new(head);
    rows.iter().for_each(|row| verifier.row(row));
    verifier.finish(true)
}

/// What is found in a log of nine rows to which this was done.
#[track_caller]
fn check(done: impl FnOnce(&mut Vec<Row>), expected: &[&str]) {
    let mut rows = log(9);
    done(&mut rows);
    let found: Vec<String> = verdict(&rows, None).faults.iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

/// Gives every row from `from` on (counted from nought) the number it has by its place, as whoever wants no hole would.
fn renumber(rows: &mut [Row]) {
    for (row, seq) in rows.iter_mut().zip(1..) {
        row.seq = seq;
    }
}

/// A row somebody made, with a hash that fits.
fn forged(seq: u64, prev: Digest) -> Row {
    Row::new(seq, "2026-11-23T12:00:00Z".into(), &Entry::new("answered", json!({"forged": true})), prev)
}

#[test]
fn a_log_nobody_touched_holds() {
    check(|_| (), &[]);
    let verdict = verdict(&log(9), None);
    assert_eq!((verdict.rows, verdict.begins, verdict.tail), (9, Begins::Genesis, Tail::Unproven));
    assert_eq!(verdict.head.unwrap().hash, log(9)[8].hash);
    assert!(self::verdict(&[], None).holds());
}

#[test]
fn a_changed_row_is_named() {
    check(|rows| rows[6].body = "{}".into(), &["row 7 of 2026-11-23T00:00:07Z was changed"]);
    check(|rows| rows[0].kind = "lost".into(), &["row 1 of 2026-11-23T00:00:01Z was changed"]);
    check(|rows| rows[8].body = "{}".into(), &["row 9 of 2026-11-23T00:00:09Z was changed"]);
    check(|rows| rows[3].at = "2025".into(), &["row 4 of 2025 was changed"]);
    check(
        |rows| {
            rows[3].body = "{}".into();
            rows[4].body = "{}".into();
        },
        &["row 4 of 2026-11-23T00:00:04Z was changed", "row 5 of 2026-11-23T00:00:05Z was changed"],
    );
}

#[test]
fn a_row_with_a_new_hash_is_named() {
    check(
        |rows| rows[6] = forged(7, rows[5].hash),
        &["row 7 of 2026-11-23T12:00:00Z was changed and given a new hash: the next row names another"],
    );
    check(
        |rows| rows[0] = forged(1, GENESIS),
        &["row 1 of 2026-11-23T12:00:00Z was changed and given a new hash: the next row names another"],
    );
}

#[test]
fn a_removed_row_is_named() {
    check(|rows| drop(rows.remove(6)), &["row 7 was removed"]);
    check(|rows| drop(rows.drain(3..6)), &["rows 4 to 6 were removed"]);
    check(|rows| drop(rows.drain(0..2)), &["rows 1 to 2 were removed"]);
    check(
        |rows| {
            rows.remove(6);
            rows.remove(2);
        },
        &["row 3 was removed", "row 7 was removed"],
    );
}

#[test]
fn a_removed_row_is_named_though_the_hole_was_closed() {
    check(
        |rows| {
            rows.remove(6);
            renumber(rows);
        },
        &["row 7 was removed"],
    );
    check(
        |rows| {
            rows.drain(0..2);
            renumber(rows);
        },
        &["rows 1 to 2 were removed"],
    );
}

#[test]
fn an_inserted_row_is_named() {
    let inserted = ["row 5 of 2026-11-23T12:00:00Z was inserted"];
    check(
        |rows| {
            rows.insert(4, forged(5, rows[3].hash));
            renumber(rows);
        },
        &inserted,
    );
    // Nobody gave it a hash that fits.
    check(
        |rows| {
            rows.insert(4, forged(5, GENESIS));
            rows[4].body = "{}".into();
            renumber(rows);
        },
        &inserted,
    );
    check(
        |rows| {
            let first = forged(5, rows[3].hash);
            rows.insert(5 - 1, first.clone());
            rows.insert(5, forged(6, first.hash));
            renumber(rows);
        },
        &["row 5 of 2026-11-23T12:00:00Z was inserted", "row 6 of 2026-11-23T12:00:00Z was inserted"],
    );
    check(
        |rows| {
            rows.insert(0, forged(1, GENESIS));
            renumber(rows);
        },
        &["row 1 of 2026-11-23T12:00:00Z was inserted"],
    );
    // Beside the row that has its number, as in a file.
    check(|rows| rows.insert(4, forged(5, rows[3].hash)), &inserted);
    check(|rows| rows.insert(5, forged(5, rows[3].hash)), &inserted);
    check(|rows| rows.push(rows[4].clone()), &["row 5 of 2026-11-23T00:00:05Z was inserted"]);
}

#[test]
fn a_moved_row_is_named() {
    // In a file, where rows keep their numbers.
    check(|rows| rows.swap(4, 5), &["row 5 of 2026-11-23T00:00:05Z stands out of its order"]);
    // In a database, where they stand by their numbers.
    check(
        |rows| {
            rows.swap(4, 5);
            renumber(rows);
        },
        &["row 6 of 2026-11-23T00:00:05Z was moved: it stood as row 5"],
    );
    check(
        |rows| {
            let row = rows.remove(2);
            rows.insert(7, row);
            renumber(rows);
        },
        &["row 8 of 2026-11-23T00:00:03Z was moved: it stood as row 3"],
    );
}

#[test]
fn a_cut_tail_is_found_by_a_head_and_by_nothing_else() {
    let rows = log(9);
    let head: Head = Head { seq: 9, hash: rows[8].hash }.to_string().parse().unwrap();
    assert_eq!(verdict(&rows, Some(head)).tail, Tail::Proven);
    assert_eq!((verdict(&rows[..6], None).tail, verdict(&rows[..6], None).holds()), (Tail::Unproven, true));
    let cut = verdict(&rows[..6], Some(head));
    assert_eq!(cut.tail, Tail::Broken);
    assert_eq!(cut.faults[0].to_string(), "rows 7 to 9 were cut off the end");
    // Cut and grown again.
    let mut grown = rows[..8].to_vec();
    grown.push(forged(9, rows[7].hash));
    assert!(verdict(&grown, None).holds());
    let found = verdict(&grown, Some(head));
    assert_eq!(
        found.faults[0].to_string(),
        "row 9 of 2026-11-23T12:00:00Z is another than the one whose hash was kept"
    );
    // An older head still proves what it proves.
    assert_eq!(verdict(&rows, Some(Head { seq: 4, hash: rows[3].hash })).tail, Tail::Proven);
}

#[test]
fn a_log_begins_after_its_anchor() {
    let mut rows = log(9);
    let through = Head { seq: 6, hash: rows[5].hash };
    let body = json!({"through": through.seq, "hash": through.hash.to_string(), "rows": 6});
    rows.push(Row::new(10, "2026-11-24T00:00:00Z".into(), &Entry::new(ANCHOR, body), rows[8].hash));
    let pruned = verdict(&rows[6..], None);
    assert_eq!((pruned.begins, pruned.holds()), (Begins::Anchored(through), true));
    assert_eq!(verdict(&rows[6..], Some(through)).tail, Tail::Proven);
    assert_eq!(verdict(&rows[6..], Some(Head { seq: 3, hash: rows[2].hash })).tail, Tail::Before);
    assert_eq!(verdict(&rows[6..], Some(Head { seq: 6, hash: GENESIS })).tail, Tail::Broken);
    // More is gone than the anchor says.
    let found = verdict(&rows[7..], None);
    assert_eq!(found.faults[0].to_string(), "rows 1 to 7 were removed");
}

#[test]
fn heads_are_read_as_they_are_written() {
    for bad in ["", "12", "12:", "12:blake3:00", "x:blake3:00", "-1:blake3:00"] {
        assert!(bad.parse::<Head>().is_err(), "{bad}");
    }
    let mut rows = log(3).into_iter();
    let first = rows.next().unwrap();
    let at = Head { seq: 1, hash: first.hash };
    let reached: Vec<Head> = climb(at, rows.map(|row| row.content())).collect();
    assert_eq!(reached[1], Head { seq: 3, hash: log(3)[2].hash });
}

#[test]
fn a_line_is_read_byte_for_byte() {
    let entry = Entry::new("answered", json!({"label": "board \"2026\" — 董事会\n", "n": 3}));
    let row = Row::new(1, "2026-11-23T00:00:00Z".into(), &entry, GENESIS);
    let line = row.line();
    assert_eq!(Row::of_line(&line), Ok(row));
    for (this, by) in
        [("\"n\":3", "\"n\": 3"), ("\"seq\":1", "\"seq\": 1"), ("},", "} ,"), ("\"n\":3", "\"n\":3}")]
    {
        assert!(!Row::of_line(&line.replace(this, by)).is_ok_and(|row| row.holds()), "{this}");
    }
    let twice = line.replace("\"kind\":\"answered\",", "\"kind\":\"answered\",\"kind\":\"lost\",");
    assert_eq!(Row::of_line(&twice), Err(NoRow::Rewritten(1)));
    assert!(matches!(Row::of_line("{}"), Err(NoRow::NotOne(_))));
}
