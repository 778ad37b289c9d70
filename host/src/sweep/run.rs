//! Samples on all threads, gathered in their order.
//!
//! Threads take chunks of samples by number; nothing else is shared while they compute but what plugins answered.
//! No thread runs ahead of the slowest by more than a few chunks, so what waits to be gathered is bounded.

use std::{
    collections::BTreeMap,
    io,
    ops::Range,
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use super::{
    Doing,
    drawing::{Columns, Drawing, OBJECTIVE, SPEND, Streams, Trouble, overflow, stages, stages_of},
    inputs::Plan,
    spill::Spill,
};
use crate::{
    evaluate::{Again, Calls, Memo, OverBudget, Spent, Status, Summed, sum_within},
    generation::Generation,
    money::Amount,
    protocol::{SweepRow, SweepRowMarket},
    strategy::Strategy,
};

/// Most samples of a chunk: some milliseconds at the fastest.
const CHUNK: u64 = 256;
/// Chunks that may be ahead of what was gathered, for each thread.
const AHEAD: u64 = 4;
/// What a thread needs that calls plugins.
const STACK_BYTES: usize = 8 << 20;

/// What every sample is computed from.
#[derive(Debug)]
pub(super) struct Sampler<'g> {
    pub(super) generation: &'g Generation,
    pub(super) plan: &'g Plan,
    pub(super) columns: Columns,
    pub(super) memo: Memo,
    /// The strategy with every input at its likely value.
    pub(super) whole: Strategy,
    /// The markets that no input reaches, evaluated once, at that expense.
    pub(super) still: Drawing,
    pub(super) spent: Spent,
    /// The markets that inputs reach.
    pub(super) moving: Option<Strategy>,
}

/// One quantity over samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) sum: i128,
}

impl Moments {
    const NONE: Self = Self { min: i64::MAX, max: i64::MIN, sum: 0 };

    fn take(&mut self, amount: i64) {
        self.join(&Self { min: amount, max: amount, sum: i128::from(amount) });
    }

    fn join(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
    }
}

/// Whose fault it is that samples have no J.
pub(super) type ReasonKey = (Status, Option<String>, &'static str);

/// What samples come to together.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) samples: u64,
    pub(super) blocked: u64,
    pub(super) incomplete: u64,
    pub(super) moments: Vec<Moments>,
    /// With the words of the first, and how many.
    pub(super) reasons: BTreeMap<ReasonKey, (String, u64)>,
    pub(super) points: Vec<SweepRow>,
    pub(super) kept: Spill,
}

/// Part of the samples, one after the other.
struct Chunk {
    number: u64,
    samples: u64,
    blocked: u64,
    incomplete: u64,
    moments: Vec<Moments>,
    reasons: BTreeMap<ReasonKey, (String, u64)>,
    /// Columns of the complete ones.
    rows: Vec<i64>,
    points: Vec<SweepRow>,
    text: Vec<u8>,
}

/// What is kept of each sample beside its sums.
#[derive(Debug, Clone, Copy)]
struct Keeping {
    points: bool,
    row: Option<fn(&SweepRow, usize) -> Vec<u8>>,
}

impl Sampler<'_> {
    /// Takes every sample, or as many as there were when it was stopped.
    pub(super) fn run(&self, doing: &mut Doing<'_>, keep_points: bool) -> io::Result<Tally> {
        let samples = self.plan.samples;
        let threads = doing.threads.max(1) as u64;
        let size = (samples / (threads * 8)).clamp(1, CHUNK);
        let turns = Turns::new(samples.div_ceil(size), threads * AHEAD);
        let keeping = Keeping { points: keep_points, row: doing.rows.as_ref().map(|rows| rows.format.row) };
        let (send, gathered) = mpsc::channel();
        thread::scope(|scope| {
            // Whatever ends this early ends the threads.
            let _ends = Ends(&turns);
            for number in 0..threads {
                let (send, turns, stop) = (send.clone(), &turns, doing.stop);
                let work = move || {
                    let _ends = Ends(turns);
                    let mut worker = Worker::new(self);
                    while let Some(number) = turns.take(stop) {
                        let range = number * size..samples.min((number + 1) * size);
                        let Some(chunk) = worker.chunk(number, range, keeping, stop) else { break };
                        if send.send(chunk).is_err() {
                            break;
                        }
                    }
                };
                let builder = thread::Builder::new().name(format!("sweep {number}")).stack_size(STACK_BYTES);
                builder.spawn_scoped(scope, work)?;
            }
            drop(send);
            self.gather(&gathered, &turns, doing)
        })
    }

    fn gather(
        &self,
        chunks: &mpsc::Receiver<Chunk>,
        turns: &Turns,
        doing: &mut Doing<'_>,
    ) -> io::Result<Tally> {
        let columns = self.columns.count();
        let mut tally = Tally {
            samples: 0,
            blocked: 0,
            incomplete: 0,
            moments: vec![Moments::NONE; columns],
            reasons: BTreeMap::new(),
            points: Vec::new(),
            kept: Spill::new(columns),
        };
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        for chunk in chunks {
            waiting.insert(chunk.number, chunk);
            while let Some(chunk) = waiting.remove(&next) {
                if let Some(rows) = &mut doing.rows {
                    rows.file.write_all(&chunk.text)?;
                }
                tally.take(chunk)?;
                next += 1;
                turns.gathered();
                (doing.told)(tally.samples, self.plan.samples);
            }
        }
        Ok(tally)
    }
}

impl Tally {
    fn take(&mut self, chunk: Chunk) -> io::Result<()> {
        self.samples += chunk.samples;
        self.blocked += chunk.blocked;
        self.incomplete += chunk.incomplete;
        for (all, part) in self.moments.iter_mut().zip(&chunk.moments) {
            all.join(part);
        }
        for (key, (message, samples)) in chunk.reasons {
            self.reasons.entry(key).or_insert((message, 0)).1 += samples;
        }
        self.points.extend(chunk.points);
        self.kept.push(&chunk.rows)
    }
}

/// Which chunk is whose.
struct Turns {
    state: Mutex<Turn>,
    moved: Condvar,
    chunks: u64,
    ahead: u64,
}

struct Turn {
    next: u64,
    gathered: u64,
    ended: bool,
}

impl Turns {
    const fn new(chunks: u64, ahead: u64) -> Self {
        let state = Turn { next: 0, gathered: 0, ended: false };
        Self { state: Mutex::new(state), moved: Condvar::new(), chunks, ahead }
    }

    /// The next chunk, once it is not too far ahead; none at the end.
    fn take(&self, stop: &AtomicBool) -> Option<u64> {
        let turn = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let too_far = |turn: &mut Turn| !turn.ended && turn.next >= turn.gathered + self.ahead;
        let mut turn = self.moved.wait_while(turn, too_far).unwrap_or_else(PoisonError::into_inner);
        if turn.ended || turn.next == self.chunks || stop.load(Ordering::Relaxed) {
            return None;
        }
        let number = turn.next;
        turn.next += 1;
        Some(number)
    }

    fn gathered(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).gathered += 1;
        self.moved.notify_all();
    }
}

/// Ends every thread's turns when it is dropped, also by a panic: nobody waits for a chunk that never comes. At the
/// end there are none left to take.
struct Ends<'t>(&'t Turns);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.0.moved.notify_all();
    }
}

/// One thread's own.
pub(super) struct Worker<'s> {
    sampler: &'s Sampler<'s>,
    calls: Calls<'s>,
    moving: Option<Again<'s>>,
    streams: Streams,
    /// By column, of the last sample.
    pub(super) sums: Vec<i64>,
    /// Why the last sample has no J.
    pub(super) trouble: Vec<Trouble>,
}

impl<'s> Worker<'s> {
    pub(super) fn new(sampler: &'s Sampler<'s>) -> Self {
        let calls = Calls::new(&sampler.generation.engine).sharing(&sampler.memo);
        let facts = || sampler.plan.inputs.iter().map(|input| input.path.clone()).collect();
        let moving = sampler.moving.as_ref();
        let moving = moving.map(|strategy| Again::new(sampler.generation, strategy, facts()));
        let sums = vec![0; sampler.columns.count()];
        Self { sampler, calls, moving, streams: Streams::default(), sums, trouble: Vec::new() }
    }

    /// What is asked.
    pub(super) const fn plan(&self) -> &'s Plan {
        self.sampler.plan
    }

    /// Whether lines are drawn.
    pub(super) const fn draws(&self) -> bool {
        self.sampler.plan.seed.is_some()
    }

    /// Takes samples; none where it was told to stop.
    fn chunk(
        &mut self,
        number: u64,
        samples: Range<u64>,
        keeping: Keeping,
        stop: &AtomicBool,
    ) -> Option<Chunk> {
        let mut chunk = Chunk {
            number,
            samples: samples.end - samples.start,
            blocked: 0,
            incomplete: 0,
            moments: vec![Moments::NONE; self.sums.len()],
            reasons: BTreeMap::new(),
            rows: Vec::new(),
            points: Vec::new(),
            text: Vec::new(),
        };
        let markets = self.sampler.whole.markets.len();
        for sample in samples {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            let values = self.sampler.plan.values(sample);
            self.sample(sample, &values);
            self.count(&mut chunk);
            if keeping.points || keeping.row.is_some() {
                let row = self.row(sample, &values);
                chunk.text.extend(keeping.row.iter().flat_map(|write| write(&row, markets)));
                chunk.points.extend(keeping.points.then_some(row));
            }
        }
        Some(chunk)
    }

    /// Takes one sample in.
    fn count(&self, chunk: &mut Chunk) {
        match self.status() {
            Status::Complete => {
                for (moments, sum) in chunk.moments.iter_mut().zip(&self.sums) {
                    moments.take(*sum);
                }
                chunk.rows.extend_from_slice(&self.sums);
            }
            Status::Blocked => chunk.blocked += 1,
            Status::Incomplete => chunk.incomplete += 1,
        }
        let mut seen: Vec<ReasonKey> = Vec::new();
        for trouble in &self.trouble {
            let key = (trouble.status, trouble.market.as_ref().map(ToString::to_string), trouble.kind);
            if !seen.contains(&key) {
                chunk.reasons.entry(key.clone()).or_insert_with(|| (trouble.message.clone(), 0)).1 += 1;
                seen.push(key);
            }
        }
    }

    /// Of the last sample.
    pub(super) fn status(&self) -> Status {
        self.trouble.iter().map(|trouble| trouble.status).max().unwrap_or(Status::Complete)
    }

    /// Computes one sample: its facts as a query, its lines drawn.
    pub(super) fn sample(&mut self, sample: u64, values: &[i64]) {
        self.sums.fill(0);
        self.trouble.clear();
        let sampler = self.sampler;
        match self.moving(values) {
            Ok(None) => self.add(&sampler.still, sample),
            Ok(Some(summed)) => {
                self.add(&sampler.still, sample);
                self.draw(&summed, sample);
            }
            // A part may be over what the whole is not, which asks the same but once: a query decides.
            Err(_) => match self.query(values) {
                Ok(summed) => self.draw(&summed, sample),
                Err(over) => self.trouble.push(Trouble {
                    status: Status::Incomplete,
                    market: None,
                    kind: "budget",
                    message: over.to_string(),
                }),
            },
        }
    }

    /// The markets that inputs reach, with these values.
    pub(super) fn moving(&mut self, values: &[i64]) -> Result<Option<Summed>, OverBudget> {
        let Some(moving) = &mut self.moving else { return Ok(None) };
        let inputs = self.sampler.plan.inputs.iter();
        self.calls.begin(self.sampler.spent);
        moving.sum(inputs.zip(values).map(|(input, units)| input.value(*units)), &mut self.calls).map(Some)
    }

    /// The whole strategy with these values.
    pub(super) fn query(&mut self, values: &[i64]) -> Result<Summed, OverBudget> {
        let mut strategy = self.sampler.whole.clone();
        put(&mut strategy, self.sampler.plan, values);
        self.calls.begin(Spent::default());
        sum_within(self.sampler.generation, &strategy, &mut self.calls)
    }

    fn draw(&mut self, summed: &Summed, sample: u64) {
        let sampler = self.sampler;
        let drawing = Drawing::of(summed, &sampler.columns, sampler.plan.seed, &mut self.streams);
        self.add(&drawing, sample);
    }

    fn add(&mut self, drawing: &Drawing, sample: u64) {
        self.trouble.extend(drawing.trouble.iter().cloned());
        // What has no J need not be drawn.
        if !self.trouble.is_empty() {
            return;
        }
        if drawing.settle(&mut self.sums).and_then(|()| drawing.draw(sample, &mut self.sums)).is_err() {
            self.trouble.push(overflow());
        }
    }

    /// The last sample as it is written down.
    fn row(&self, sample: u64, values: &[i64]) -> SweepRow {
        let inputs = self.sampler.plan.inputs.iter().zip(values);
        let complete = self.status() == Status::Complete;
        let amount = |column: usize| Amount(self.sums.get(column).copied().unwrap_or_default()).to_string();
        let market = |column: usize| SweepRowMarket {
            total: amount(column),
            stages: stages_of(column).map(|(stage, column)| (stage, amount(column))).collect(),
        };
        let markets = self.sampler.columns.markets().filter(|_| complete);
        SweepRow {
            sample,
            status: self.status().into(),
            inputs: inputs.map(|(input, units)| (input.path.to_string(), input.text(*units))).collect(),
            objective: complete.then(|| amount(OBJECTIVE)),
            spend: complete.then(|| amount(SPEND)),
            markets: markets.map(|(id, column)| (id.to_string(), market(column))).collect(),
            stages: stages().filter(|_| complete).map(|(stage, column)| (stage, amount(column))).collect(),
            reasons: self.trouble.iter().map(reason).collect(),
        }
    }
}

fn put(strategy: &mut Strategy, plan: &Plan, values: &[i64]) {
    for (input, units) in plan.inputs.iter().zip(values) {
        strategy.put(&input.path, input.value(*units));
    }
}

fn reason(trouble: &Trouble) -> String {
    match &trouble.market {
        Some(market) => format!("{market}: {}", trouble.message),
        None => trouble.message.clone(),
    }
}
