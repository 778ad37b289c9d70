//! Times by turns: landfall, peer, landfall, peer …, so that whatever else the machine does slows both.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use crate::{failed::Failed, setting::Setting};

/// One side of a comparison: what it is called and how long its operation took, round by round, in nanoseconds.
#[derive(Debug, Clone)]
pub(crate) struct Side {
    /// As rows call it.
    pub(crate) name: String,
    /// Of one operation, one for each round.
    pub(crate) nanoseconds: Vec<f64>,
}

impl Side {
    /// The median of its rounds.
    pub(crate) fn median(&self) -> f64 {
        spread(&self.nanoseconds).1
    }

    /// Per one of several that the operation did.
    pub(crate) fn per(mut self, count: f64) -> Self {
        self.nanoseconds.iter_mut().for_each(|time| *time /= count);
        self
    }
}

/// What does the operation of one side a number of times, and says how long that took.
pub(crate) struct Turn<'a> {
    name: String,
    go: Box<dyn FnMut(u64) -> Result<Duration, Failed> + 'a>,
}

impl std::fmt::Debug for Turn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Turn").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<'a> Turn<'a> {
    /// An operation that needs nothing made for it.
    pub(crate) fn new<T>(name: &str, mut operation: impl FnMut() -> Result<T, Failed> + 'a) -> Self {
        Self::timed(name, move |count| {
            let begun = Instant::now();
            for _ in 0..count {
                black_box(operation()?);
            }
            Ok(begun.elapsed())
        })
    }

    /// One that times itself: given how often, it says how long all of it took.
    pub(crate) fn timed(name: &str, go: impl FnMut(u64) -> Result<Duration, Failed> + 'a) -> Self {
        Self { name: name.to_owned(), go: Box::new(go) }
    }

    /// How many operations fill a turn. Warms up by the way.
    fn calibrate(&mut self, turn: Duration) -> Result<u64, Failed> {
        let mut count = 1_u64;
        loop {
            let took = (self.go)(count)?;
            if took * 2 >= turn || count >= 1 << 30 {
                let one = took.as_secs_f64() / count as f64;
                return Ok(((turn.as_secs_f64() / one.max(1e-10)).round() as u64).max(1));
            }
            count *= if took * 20 < turn { 8 } else { 2 };
        }
    }
}

/// Every side takes its turn in every round; which one begins goes round too. As many sides come back, in order.
pub(crate) fn by_turns(setting: &Setting, turns: Vec<Turn<'_>>) -> Result<Vec<Side>, Failed> {
    by_turns_of(setting.rounds(), setting.turn(), turns)
}

/// The same with rounds of one's own: for operations that last longer than a turn.
pub(crate) fn by_turns_of(
    rounds: usize,
    turn: Duration,
    mut turns: Vec<Turn<'_>>,
) -> Result<Vec<Side>, Failed> {
    let counts: Vec<u64> = turns.iter_mut().map(|side| side.calibrate(turn)).collect::<Result<_, _>>()?;
    let side = |turn: &Turn<'_>| Side { name: turn.name.clone(), nanoseconds: Vec::with_capacity(rounds) };
    let mut sides: Vec<Side> = turns.iter().map(side).collect();
    for round in 0..rounds {
        for place in 0..turns.len() {
            let at = (place + round) % turns.len();
            let (Some(turn), Some(side), Some(count)) =
                (turns.get_mut(at), sides.get_mut(at), counts.get(at))
            else {
                continue;
            };
            let took = (turn.go)(*count)?;
            side.nanoseconds.push(took.as_secs_f64() * 1e9 / *count as f64);
        }
    }
    Ok(sides)
}

/// The lowest, the median and the highest.
pub(crate) fn spread(values: &[f64]) -> (f64, f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |place: usize| sorted.get(place).copied().unwrap_or(f64::NAN);
    let last = sorted.len().saturating_sub(1);
    let median = f64::midpoint(at(last / 2), at(sorted.len() / 2));
    (at(0), median, at(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_an_even_number_lies_between_two() {
        assert_eq!(spread(&[4.0, 1.0, 3.0, 2.0]), (1.0, 2.5, 4.0));
        assert_eq!(spread(&[3.0, 1.0, 2.0]), (1.0, 2.0, 3.0));
    }

    #[test]
    fn every_side_has_every_round() {
        let turn = |name: &str, ns: u64| Turn::timed(name, move |count| Ok(Duration::from_nanos(ns * count)));
        let turns = vec![turn("a", 100), turn("b", 200)];
        let sides = by_turns_of(4, Duration::from_micros(10), turns).unwrap();
        for (side, expected) in sides.iter().zip([100.0, 200.0]) {
            assert_eq!(side.nanoseconds.len(), 4);
            assert!((side.median() - expected).abs() < 1.0, "{side:?}");
        }
    }
}
