//! `landfall sweep`: one strategy asked at many values, in this process.

use std::{
    io::{self, IsTerminal as _, Write as _},
    num::NonZero,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use clap::{ValueEnum, ValueHint, value_parser};

use super::{
    Failure,
    ask::{Instead, read_strategy},
    put, put_json, put_raw, seam,
    stop::when_told,
    whom::Whom,
};
use crate::{
    exit_code::Outcome,
    files::{FilesError, Replacing},
    logging,
    protocol::{RowFormat, SweepRequest, SweepResponse},
    render,
    sweep::{Doing, Rows},
};

const AFTER_HELP: &str = "\
What is drawn: every fact with a range, in the strategy as {low, likely, high, source} or with --vary, and
every line with a spread, each independently of all others, from PERT distributions (beta, lambda 4). A
sample is a query with those facts; which options are chosen follows from what is likely there, before
its lines are drawn. A line is one quantile for all its payments. The same seed draws the same on every
machine, whatever the number of threads, and another fact to vary leaves the draws of the others alone.

With --grid, or with points in --vary, nothing is drawn: every combination is asked about, each line at
its likely value.

--vary PATH=LOW..HIGH          a range; what the strategy says is likely
--vary PATH=LOW..LIKELY..HIGH  a range with what is likely in it
--vary PATH=LOW..HIGH:STEP     points of a grid
--vary PATH=A,B,C              points of a grid

Percentiles are exact, and samples of what was drawn. They need eight bytes of temporary disk ($TMPDIR)
for each sample and number that is shown; memory does not grow with the number of samples.

Examples:
  landfall sweep s.yaml --samples 100000 --rules rules/world --plugins plugins
  landfall sweep s.yaml --vary markets.br.users=100000..5000000 --samples 10000 --seed 7 --rules r --plugins p
  landfall sweep s.yaml --vary 'markets.br.revenue=20_000_000 BRL..60_000_000 BRL' --grid 9 --rules r --plugins p
  landfall sweep s.yaml --vary product.words_new=0,20000,60000 --out points.csv --rules r --plugins p
  landfall sweep s.yaml --samples 10000 --chart tornado.svg --out samples.jsonl --rules r --plugins p

Exits with 4 where a sample is incomplete or blocked, or it was ended early with Ctrl-C.";

/// Ask a strategy at many values, drawn or on a grid: percentiles of J, and what moves it most
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Args {
    /// Strategy file, or - for stdin
    #[arg(value_name = "STRATEGY", value_hint = ValueHint::FilePath)]
    strategy: PathBuf,
    #[command(flatten)]
    instead: Instead,
    /// A fact with what it is varied over, as in markets.br.users=100000..5000000; may be repeated
    #[arg(long, value_name = "PATH=RANGE")]
    vary: Vec<String>,
    /// How many samples are drawn
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=1_000_000_000))]
    samples: Option<u64>,
    /// Instead of drawing: how many points each range has, both ends among them
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(2..=1_000_000))]
    #[arg(conflicts_with_all = ["samples", "seed"])]
    grid: Option<u64>,
    /// What the draws follow from: the same draws for the same seed
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Write each sample to a file as it is computed: FILE.csv or FILE.jsonl
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = rows_file)]
    out: Option<PathBuf>,
    /// Write what moves J most as a picture: FILE.svg
    #[arg(long, value_name = "FILE.svg", value_hint = ValueHint::FilePath)]
    chart: Option<PathBuf>,
    /// How many threads compute [default: one for each core]
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// How to show it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    whom: Whom,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs; names are stable.
    Json,
    /// A row for each distribution and each bar.
    Csv,
    /// For a page or an issue.
    Markdown,
}

fn rows_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match format_of(&path) {
        Some(_) => Ok(path),
        None => Err("name a file that ends in .csv or .jsonl".to_owned()),
    }
}

fn format_of(path: &Path) -> Option<RowFormat> {
    match path.extension()?.to_str()? {
        "csv" => Some(render::SWEEP_CSV),
        "jsonl" => Some(render::SWEEP_JSON_LINES),
        _ => None,
    }
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let usage = |message: &str, help: &str| {
        Err(Failure::Usage { message: message.to_owned(), help: Some(help.to_owned()) })
    };
    let Some(folders) = args.whom.folders() else {
        return usage(
            "a sweep runs in this process, and asks no host",
            "add `--rules DIR --plugins DIR`: a host answers single questions",
        );
    };
    let names_points = |vary: &String| vary.contains([',', ':']) || !vary.contains("..");
    if args.samples.is_none() && args.grid.is_none() && !args.vary.iter().any(names_points) {
        return usage(
            "nothing says how many samples there are to be",
            "add `--samples N` to draw them, or `--grid N` for N points of each `--vary`",
        );
    }
    let request = SweepRequest {
        query: args.instead.of(read_strategy(&args.strategy)?),
        vary: args.vary.clone(),
        samples: args.samples,
        grid: args.grid,
        seed: args.seed,
    };
    logging::start_quietly().map_err(Failure::usage)?;
    // Before any work: what cannot be written is said at once.
    let mut out = args.out.as_deref().map(Replacing::begin).transpose()?.map(io::BufWriter::new);
    let chart = args.chart.as_deref().map(Replacing::begin).transpose()?;
    let response = swept(args, &folders, &request, out.as_mut())?;
    if let (Some(out), Some(path)) = (out, &args.out) {
        let out =
            out.into_inner().map_err(|why| FilesError::Io { path: path.clone(), why: why.into_error() })?;
        out.end()?;
    }
    if let (Some(mut chart), Some(path)) = (chart, &args.chart) {
        let written = chart.write_all(render::sweep_svg(&response).as_bytes());
        written.map_err(|why| FilesError::Io { path: path.clone(), why })?;
        chart.end()?;
    }
    match args.format {
        Format::Table => put(&render::sweep(&response))?,
        Format::Json => put_json(&response)?,
        Format::Csv => {
            put_raw(&render::sweep_csv(&response).map_err(|error| Failure::system("write CSV", error))?)?;
        }
        Format::Markdown => put_raw(render::sweep_markdown(&response).as_bytes())?,
    }
    Ok(Outcome::Answer(response.sweep.status))
}

fn swept(
    args: &Args,
    folders: &seam::Folders,
    request: &SweepRequest,
    out: Option<&mut io::BufWriter<Replacing>>,
) -> Result<SweepResponse, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    when_told(move || told.store(true, Ordering::Relaxed))?;
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let format = args.out.as_deref().and_then(format_of);
    let rows = format.zip(out).map(|(format, file)| Rows { format, file });
    let mut progress = Progress::new();
    let mut tell = |done, asked| progress.tell(done, asked);
    let threads = args.threads.map_or(cores, usize::from);
    let doing = Doing { threads, stop: &stop, rows, told: &mut tell };
    let response = seam::swept(folders, request, doing);
    progress.end();
    response.map_err(Failure::Refused)
}

/// A bar on a terminal; nothing anywhere else.
struct Progress {
    shown: bool,
    began: Instant,
    drawn: Option<Instant>,
}

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(200);

impl Progress {
    fn new() -> Self {
        Self { shown: io::stderr().is_terminal(), began: Instant::now(), drawn: None }
    }

    fn tell(&mut self, done: u64, asked: u64) {
        if !self.shown {
            return;
        }
        let time = Instant::now();
        // What is done at once needs no bar.
        if time.duration_since(self.drawn.unwrap_or(self.began)) < EVERY {
            return;
        }
        self.drawn = Some(time);
        let millis = time.duration_since(self.began).as_millis().max(1);
        let rate = u64::try_from(u128::from(done) * 1000 / millis).ok();
        render::note(&render::sweep_progress(done, asked, rate));
    }

    fn end(&self) {
        if self.drawn.is_some() {
            render::note(render::SWEEP_PROGRESS_END);
        }
    }
}
