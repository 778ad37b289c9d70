//! The facts that are varied: what was asked for, and in a drawn sweep the ranges of the strategy too.

use super::{
    pert::{Shape, between},
    stream::Stream,
};
use crate::{
    diagnostic::Diagnostic,
    generation::Generation,
    protocol::{SweepInput, SweepMethod, SweepRequest},
    strategy::{FactPath, Measure, Over, Strategy, Varied, Vary},
    value::Value,
};

/// Most points of a grid: some minutes of work.
const MAX_GRID: u64 = 1_000_000;

/// One fact that is varied.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) path: FactPath,
    measure: Measure,
    low: i64,
    likely: i64,
    high: i64,
    /// Points of a grid; none where it is drawn.
    points: Option<Vec<i64>>,
    shape: &'static Shape,
    stream: Stream,
    from: &'static str,
}

/// What is asked, once it is understood.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) method: SweepMethod,
    /// By path, as it is written.
    pub(super) inputs: Vec<Input>,
    pub(super) samples: u64,
    /// The seed of lines; none where they are at what is likely.
    pub(super) seed: Option<u64>,
    pub(super) warnings: Vec<String>,
}

impl Input {
    fn new(varied: &Varied, likely: i64, points: Option<Vec<i64>>, seed: u64, from: &'static str) -> Self {
        let (low, high) = match (&varied.over, &points) {
            (Over::Range { low, high, .. }, _) => (*low, *high),
            (Over::Points(all), _) => {
                (all.first().copied().unwrap_or(likely), all.last().copied().unwrap_or(likely))
            }
        };
        let path = varied.path.clone();
        let stream = Stream::of(seed, &["fact", &path.to_string()]);
        let shape = Shape::of(low, likely.clamp(low, high), high);
        Self { path, measure: varied.measure, low, likely, high, points, shape, stream, from }
    }

    /// How many points it has in a grid.
    fn count(&self) -> u64 {
        self.points.as_ref().map_or(1, |points| points.len() as u64)
    }

    /// Both ends.
    pub(super) const fn ends(&self) -> [i64; 2] {
        [self.low, self.high]
    }

    pub(super) const fn likely_units(&self) -> i64 {
        self.likely
    }

    pub(super) fn value(&self, units: i64) -> Value {
        self.measure.value(units)
    }

    pub(super) fn text(&self, units: i64) -> String {
        self.measure.text(units)
    }

    pub(super) fn shown(&self) -> SweepInput {
        SweepInput {
            path: self.path.to_string(),
            low: self.text(self.low),
            likely: self.text(self.likely),
            high: self.text(self.high),
            points: self.points.as_ref().map(|points| points.len() as u64),
            from: self.from.to_owned(),
        }
    }
}

impl Plan {
    pub(super) fn read(
        request: &SweepRequest,
        strategy: &Strategy,
        generation: &Generation,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mut varied: Vec<Varied> = Vec::new();
        for text in &request.vary {
            match Vary::parse(text).and_then(|vary| vary.read(strategy, generation)) {
                Ok(one) if varied.iter().any(|known| known.path == one.path) => {
                    let problem = Diagnostic::error(format!("`{}` is varied twice", one.path));
                    problems.push(problem.help("leave one `--vary` out"));
                }
                Ok(one) => varied.push(one),
                Err(problem) => problems.push(problem),
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        // As rows have them.
        varied.sort_by_cached_key(|one| one.path.to_string());
        match request.samples {
            Some(samples) => drawn(samples, request.seed, &varied, strategy),
            None => grid(request.grid, &varied, strategy),
        }
    }

    /// The values of the inputs in a sample.
    pub(super) fn values(&self, sample: u64) -> Vec<i64> {
        if self.method == SweepMethod::MonteCarlo {
            let drawn = |input: &Input| {
                between(input.low, input.high, input.shape.place(input.stream.quantile(sample)))
            };
            return self.inputs.iter().map(drawn).collect();
        }
        // The last input changes from each point to the next.
        let mut rest = sample;
        let mut values: Vec<i64> = Vec::with_capacity(self.inputs.len());
        for input in self.inputs.iter().rev() {
            let place = usize::try_from(rest % input.count()).unwrap_or_default();
            rest /= input.count();
            let point = input.points.as_ref().and_then(|points| points.get(place));
            values.push(point.copied().unwrap_or(input.likely));
        }
        values.reverse();
        values
    }
}

fn drawn(samples: u64, seed: u64, varied: &[Varied], strategy: &Strategy) -> Result<Plan, Vec<Diagnostic>> {
    let mut inputs = Vec::new();
    let mut problems = Vec::new();
    for one in varied {
        match likely_of(one) {
            Ok(likely) => inputs.push(Input::new(one, likely, None, seed, "vary")),
            Err(problem) => problems.push(problem),
        }
    }
    for (path, range) in &strategy.ranges {
        if varied.iter().any(|one| one.path == *path) {
            continue;
        }
        let units = |value| Measure::of(value).map(|(_, units)| units);
        let ends = (units(&range.low), Measure::of(&range.likely), units(&range.high));
        let (Some(low), Some((measure, likely)), Some(high)) = ends else { continue };
        let over = Over::Range { low, likely: Some(likely), high };
        let one = Varied { path: path.clone(), measure, over };
        inputs.push(Input::new(&one, likely, None, seed, "strategy"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    inputs.sort_by_cached_key(|input: &Input| input.path.to_string());
    Ok(Plan { method: SweepMethod::MonteCarlo, inputs, samples, seed: Some(seed), warnings: Vec::new() })
}

/// What is likely of a range that is drawn from.
fn likely_of(varied: &Varied) -> Result<i64, Diagnostic> {
    let (path, text) = (&varied.path, |units| varied.measure.text(units));
    match &varied.over {
        Over::Points(_) => {
            let problem =
                Diagnostic::error(format!("`{path}` is given as points, and samples are drawn from a range"));
            Err(problem.help(format!("write `--vary {path}=lo..hi`, or leave `--samples` out for a grid")))
        }
        Over::Range { low, likely: Some(likely), high } if (low..=high).contains(&likely) => Ok(*likely),
        Over::Range { low, likely, high } => {
            let what = match likely {
                Some(likely) => format!(
                    "the strategy says {} of `{path}`, which is not between {} and {}",
                    text(*likely),
                    text(*low),
                    text(*high)
                ),
                None => format!("the strategy does not say what is likely of `{path}`"),
            };
            let help =
                format!("write it between the ends: `--vary {path}={}..LIKELY..{}`", text(*low), text(*high));
            Err(Diagnostic::error(what).help(help))
        }
    }
}

fn grid(each: Option<u64>, varied: &[Varied], strategy: &Strategy) -> Result<Plan, Vec<Diagnostic>> {
    let wrong = |message: String, help: &str| Err(vec![Diagnostic::error(message).help(help)]);
    if varied.is_empty() {
        let help = "name one as in `--vary markets.br.users=100000..5000000`";
        return wrong("a grid has no fact to vary".to_owned(), help);
    }
    let mut inputs = Vec::new();
    for one in varied {
        let (points, likely) = match (&one.over, each) {
            (Over::Points(points), _) => (points.clone(), strategy.fact(&one.path).and_then(Measure::of)),
            (Over::Range { low, likely, high }, Some(each)) => {
                (evenly(*low, *high, each), likely.map(|likely| (one.measure, likely)))
            }
            (Over::Range { .. }, None) => {
                let help = "add `--grid N` for N points of each range, or write `lo..hi:step`";
                return wrong(
                    format!("nothing says how many points of `{}` are asked about", one.path),
                    help,
                );
            }
        };
        let middle = points.get(points.len() / 2).copied().unwrap_or_default();
        let likely = likely.filter(|(of, _)| *of == one.measure).map_or(middle, |(_, likely)| likely);
        inputs.push(Input::new(one, likely, Some(points), 0, "vary"));
    }
    let samples = inputs.iter().fold(1_u64, |all, input| all.saturating_mul(input.count()));
    if samples > MAX_GRID {
        let message = format!("the grid has {samples} points: at most {MAX_GRID} are asked about");
        return wrong(message, "take fewer points of each, or draw with `--samples N`");
    }
    let stays = strategy.ranges.keys().filter(|path| !varied.iter().any(|one| one.path == **path));
    let warnings = stays.map(|path| format!("`{path}` stays at its likely value: --vary does not name it"));
    let warnings = warnings.collect();
    Ok(Plan { method: SweepMethod::Grid, inputs, samples, seed: None, warnings })
}

/// So many points from end to end, each once.
fn evenly(low: i64, high: i64, count: u64) -> Vec<i64> {
    let steps = i128::from(count.max(2) - 1);
    let width = i128::from(high) - i128::from(low);
    let point = |step: i128| {
        let (whole, rest) = ((width * step).div_euclid(steps), (width * step).rem_euclid(steps));
        i64::try_from(i128::from(low) + whole + i128::from(rest * 2 > steps)).unwrap_or(high)
    };
    let mut points: Vec<i64> = (0..=steps).map(point).collect();
    points.dedup();
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_evenly_and_hold_both_ends() {
        assert_eq!(evenly(0, 10, 3), [0, 5, 10]);
        assert_eq!(evenly(0, 10, 4), [0, 3, 7, 10]);
        assert_eq!(evenly(5, 5, 9), [5]);
        assert_eq!(evenly(0, 2, 9), [0, 1, 2]);
        assert_eq!(evenly(i64::MIN, i64::MAX, 2), [i64::MIN, i64::MAX]);
    }
}
