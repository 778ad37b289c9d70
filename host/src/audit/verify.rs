//! Whether a log is what it was: rows in the order in which they stand, a verdict at the end.
//!
//! A row's hash is over its number, so a row that was moved, or behind which others were taken out or put in,
//! still says where it stood. That is how a fault is named and not only found: every row is asked first where
//! it stood, and what is missing, twice or in between comes of that. Holds a bounded part of the log.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
};

use super::{ANCHOR, GENESIS, Head, Row, chained};
use crate::id::Digest;

/// Faults named; beyond that they are counted.
const MOST_FAULTS: usize = 1_000;

/// How far from where it stands it is looked for where a row stood. Chosen: enough for whoever takes a day of
/// questions out of a log, and half a millisecond.
const FARTHEST: u64 = 1_000;

/// Rows remembered, to know which of two stood there.
const RECENT: usize = 1_024;

/// Something that was done to a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The row, by the number that it has now; of a missing one, the number that it had.
    pub seq: u64,
    /// When it was written, as it says; none of a row that is missing.
    pub at: Option<String>,
    /// What was done.
    pub what: What,
}

/// What was done to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It says something else than its hash.
    Changed,
    /// It was given a new hash, and the next row still names the old one.
    Replaced,
    /// Rows from this one up to that one are gone.
    Removed {
        /// The last of them.
        to: u64,
    },
    /// It was put there later.
    Inserted,
    /// It stood elsewhere.
    Moved {
        /// Where.
        stood: u64,
    },
    /// It is not the row of that number whose hash was kept elsewhere.
    NotTheHead,
    /// From this row up to that one everything is gone: the tail was cut off.
    Cut {
        /// The number of the head that was kept elsewhere.
        to: u64,
    },
    /// Something that it names by digest is not there.
    Missing(Digest),
    /// Something that it names by digest is there and says something else.
    Damaged(Digest),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seq = self.seq;
        match &self.what {
            What::Removed { to } if *to == seq => return write!(f, "row {seq} was removed"),
            What::Removed { to } => return write!(f, "rows {seq} to {to} were removed"),
            What::Cut { to } if *to == seq => return write!(f, "row {seq} was cut off the end"),
            What::Cut { to } => return write!(f, "rows {seq} to {to} were cut off the end"),
            _ => write!(f, "row {seq}")?,
        }
        if let Some(at) = &self.at {
            write!(f, " of {at}")?;
        }
        match &self.what {
            What::Changed => f.write_str(" was changed"),
            What::Replaced => f.write_str(" was changed and given a new hash: the next row names another"),
            What::Inserted => f.write_str(" was inserted"),
            What::Moved { stood } if *stood == seq => f.write_str(" stands out of its order"),
            What::Moved { stood } => write!(f, " was moved: it stood as row {stood}"),
            What::NotTheHead => f.write_str(" is another than the one whose hash was kept"),
            What::Missing(digest) => write!(f, " names {digest}, which is not there"),
            What::Damaged(digest) => write!(f, " names {digest}, and what is there has another digest"),
            What::Removed { .. } | What::Cut { .. } => Ok(()),
        }
    }
}

/// What stands before the first row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// Nothing: it is the whole log.
    Genesis,
    /// Rows up to this one were taken out, and a row of the log says so.
    Anchored(Head),
    /// Rows up to this one are not here, and no row here says that they were taken out.
    After(Head),
}

/// What is known of the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// No head was given: rows may have been cut off the end.
    Unproven,
    /// The row of the head is here, or it is what the log begins after.
    Proven,
    /// The row of the head was taken out before: its export says whether it holds.
    Before,
    /// The row of the head is not here, or is another; a fault says which.
    Broken,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Rows that were read.
    pub rows: u64,
    /// What stands before the first.
    pub begins: Begins,
    /// The last row.
    pub head: Option<Head>,
    /// What is known of the end.
    pub tail: Tail,
    /// What was done to it, by row.
    pub faults: Vec<Fault>,
    /// Faults beyond those that are named.
    pub more: u64,
}

impl Verdict {
    /// Whether nothing was done to it, as far as can be seen.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.faults.is_empty()
    }
}

/// A row as it is remembered.
#[derive(Debug, Clone)]
struct Place {
    /// Its number in its hash.
    stood: u64,
    /// Its number now.
    seq: u64,
    at: String,
    prev: Digest,
    hash: Digest,
}

/// Takes rows in the order in which they stand.
#[derive(Debug)]
pub struct Verifier {
    head: Option<Head>,
    head_is_met: bool,
    rows: u64,
    /// What stands before the first row.
    start: Option<Head>,
    anchors: Vec<Head>,
    recent: VecDeque<Place>,
    /// Rows set aside when another that stood at the same place came: one of both was put there.
    aside: Vec<Place>,
    /// Rows since the last of `recent` that say something else than their hash.
    unknown: Vec<(u64, String)>,
    /// Places that nobody has claimed yet, from one to another.
    removed: Vec<(u64, u64)>,
    /// How far rows stand from where they stood.
    offset: i128,
    /// Rows that will still be looked for elsewhere: each costs a thousand hashes.
    patience: u32,
    faults: Vec<Fault>,
    more: u64,
}

impl Verifier {
    /// Has seen nothing yet. `head` was kept elsewhere.
    #[must_use]
    pub const fn new(head: Option<Head>) -> Self {
        Self {
            head,
            head_is_met: false,
            rows: 0,
            start: None,
            anchors: Vec::new(),
            recent: VecDeque::new(),
            aside: Vec::new(),
            unknown: Vec::new(),
            removed: Vec::new(),
            offset: 0,
            patience: 1_000,
            faults: Vec::new(),
            more: 0,
        }
    }

    /// The next row.
    pub fn row(&mut self, row: &Row) {
        self.rows += 1;
        if self.start.is_none() {
            let before = row.seq.saturating_sub(1);
            self.start = Some(Head { seq: before, hash: if before == 0 { GENESIS } else { row.prev } });
        }
        let Some(stood) = self.where_it_stood(row) else {
            return self.unknown.push((row.seq, row.at.clone()));
        };
        let place = Place { stood, seq: row.seq, at: row.at.clone(), prev: row.prev, hash: row.hash };
        self.note_anchor(row);
        self.compare_with_head(&place);
        self.settle_rivals(Some(&place));
        match self.last() {
            last if stood > last.seq => self.forward(last, place),
            _ => self.backward(place),
        }
    }

    /// Something else that was found at a row.
    pub fn fault(&mut self, row: &Row, what: What) {
        self.found(row.seq, Some(row.at.clone()), what);
    }

    /// The verdict. `whole`: the log is all there is, and rows before the first must be accounted for.
    #[must_use]
    pub fn finish(mut self, whole: bool) -> Verdict {
        // Nothing follows either: the later one is the stranger.
        self.settle_rivals(None);
        for (seq, at) in std::mem::take(&mut self.unknown) {
            self.found(seq, Some(at), What::Changed);
        }
        for (from, to) in std::mem::take(&mut self.removed) {
            self.found(from, None, What::Removed { to });
        }
        let begins = self.begins();
        if let (Begins::After(before), true) = (begins, whole) {
            self.found(1, None, What::Removed { to: before.seq });
        }
        let tail = self.tail();
        let head = Some(self.last()).filter(|last| last.seq > 0);
        self.faults.sort_by_key(|fault| fault.seq);
        Verdict { rows: self.rows, begins, head, tail, faults: self.faults, more: self.more }
    }

    /// What stands before the first row.
    fn start(&self) -> Head {
        self.start.unwrap_or(Head { seq: 0, hash: GENESIS })
    }

    /// The last row that is known, or what stands before the first.
    fn last(&self) -> Head {
        self.recent.back().map_or(self.start(), |place| Head { seq: place.stood, hash: place.hash })
    }

    /// The number that is in its hash: the one it has, but for a log that was tampered with.
    fn where_it_stood(&mut self, row: &Row) -> Option<u64> {
        let content = row.content();
        let holds = |seq: &u64| row.hash == chained(*seq, content, row.prev);
        let moved_along = u64::try_from(i128::from(row.seq) - self.offset).ok();
        if let Some(stood) = moved_along.into_iter().chain([row.seq]).find(|seq| holds(seq)) {
            return Some(stood);
        }
        self.patience = self.patience.checked_sub(1)?;
        let near = row.seq.saturating_sub(FARTHEST)..=row.seq.saturating_add(FARTHEST);
        near.into_iter().find(holds)
    }

    fn forward(&mut self, last: Head, place: Place) {
        self.offset = i128::from(place.seq) - i128::from(place.stood);
        let open = last.seq + 1..place.stood;
        let unknown = std::mem::take(&mut self.unknown);
        let follows = open.is_empty() && unknown.is_empty();
        let mut changed = BTreeSet::new();
        for (seq, at) in unknown {
            let was_there = open.contains(&seq) && changed.insert(seq);
            self.found(seq, Some(at), if was_there { What::Changed } else { What::Inserted });
        }
        let mut from = open.start;
        for seq in changed.into_iter().chain([open.end]) {
            if from < seq {
                self.miss(from, seq - 1);
            }
            from = seq + 1;
        }
        if follows && place.prev != last.hash {
            match self.recent.back().map(|back| (back.seq, back.at.clone())) {
                Some((seq, at)) => self.found(seq, Some(at), What::Replaced),
                None => self.found(place.seq, Some(place.at.clone()), What::Changed),
            }
        }
        self.remember(place);
    }

    /// A row whose place, or a later one, was taken already.
    fn backward(&mut self, place: Place) {
        if self.fill(place.stood) {
            return self.found(place.seq, Some(place.at), What::Moved { stood: place.stood });
        }
        let is_twice = self.recent.iter().any(|known| known.hash == place.hash);
        let split = self.recent.iter().position(|known| known.stood >= place.stood).unwrap_or_default();
        let before = match split.checked_sub(1).and_then(|at| self.recent.get(at)) {
            Some(known) => Head { seq: known.stood, hash: known.hash },
            None => self.start(),
        };
        let may_stand_there = before.seq + 1 == place.stood && before.hash == place.prev;
        if is_twice || !may_stand_there {
            return self.found(place.seq, Some(place.at), What::Inserted);
        }
        // Two stood here: which of them did, the next row knows.
        self.offset = i128::from(place.seq) - i128::from(place.stood);
        self.aside = self.recent.split_off(split).into();
        self.remember(place);
    }

    /// Of two rows that stood at one place, the one that this one follows stays.
    fn settle_rivals(&mut self, next: Option<&Place>) {
        let Some(rival) = self.aside.last() else { return };
        let after = |hash: Digest, seq: u64| {
            next.is_some_and(|next| next.prev == hash && next.stood.checked_sub(1) == Some(seq))
        };
        let last = self.last();
        let inserted: Vec<Place> = if after(last.hash, last.seq) && !after(rival.hash, rival.stood) {
            std::mem::take(&mut self.aside)
        } else {
            let first = self.aside.first().map_or(0, |first| first.stood);
            let split = self.recent.iter().position(|known| known.stood >= first);
            let branch = self.recent.split_off(split.unwrap_or(self.recent.len()));
            self.recent.extend(std::mem::take(&mut self.aside));
            branch.into()
        };
        for place in inserted {
            self.found(place.seq, Some(place.at), What::Inserted);
        }
    }

    fn remember(&mut self, place: Place) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(place);
    }

    fn note_anchor(&mut self, row: &Row) {
        if row.kind != ANCHOR {
            return;
        }
        let said = row.said();
        let hash = said.get("hash").and_then(|hash| Digest::parse(hash.as_str()?));
        if let (Some(seq), Some(hash)) = (said.get("through").and_then(serde_json::Value::as_u64), hash) {
            self.anchors.push(Head { seq, hash });
        }
    }

    fn compare_with_head(&mut self, place: &Place) {
        let Some(head) = self.head.filter(|head| head.seq == place.stood) else { return };
        if head.hash == place.hash {
            self.head_is_met = true;
        } else {
            self.found(place.seq, Some(place.at.clone()), What::NotTheHead);
        }
    }

    fn begins(&self) -> Begins {
        let before = self.start();
        match before.seq {
            0 => Begins::Genesis,
            _ if self.anchors.contains(&before) => Begins::Anchored(before),
            _ => Begins::After(before),
        }
    }

    fn tail(&mut self) -> Tail {
        let Some(head) = self.head else { return Tail::Unproven };
        let (start, last) = (self.start(), self.last());
        if self.head_is_met || head == start || self.anchors.contains(&head) {
            return Tail::Proven;
        }
        if head.seq < start.seq {
            return Tail::Before;
        }
        if head.seq == start.seq {
            self.found(head.seq, None, What::NotTheHead);
        } else if head.seq > last.seq {
            self.found(last.seq + 1, None, What::Cut { to: head.seq });
        }
        Tail::Broken
    }

    /// Nobody claimed these places yet.
    fn miss(&mut self, from: u64, to: u64) {
        match self.removed.len() < MOST_FAULTS {
            true => self.removed.push((from, to)),
            false => self.more += 1,
        }
    }

    /// Somebody claims this one; whether it was missing.
    fn fill(&mut self, seq: u64) -> bool {
        let Some(at) = self.removed.iter().position(|(from, to)| (*from..=*to).contains(&seq)) else {
            return false;
        };
        let (from, to) = self.removed.swap_remove(at);
        let rest = [(from, seq.saturating_sub(1)), (seq + 1, to)];
        self.removed.extend(rest.into_iter().filter(|(from, to)| from <= to));
        true
    }

    fn found(&mut self, seq: u64, at: Option<String>, what: What) {
        match self.faults.len() < MOST_FAULTS {
            true => self.faults.push(Fault { seq, at, what }),
            false => self.more += 1,
        }
    }
}
