//! Many samples of one strategy: for a terminal, as Markdown and CSV, and each sample as a row.

use super::{
    BOLD, DIM, count,
    escape::{csv as safe, markdown, terminal},
    number::{NONE, Unit, full},
    rows::{Lean, rows},
    tornado,
};
use crate::{
    id::Stage,
    money::group_thousands,
    protocol::{
        Distribution, RowFormat, Sweep, SweepMethod, SweepResponse, SweepRow, SweepRowMarket, TornadoBar,
    },
};

/// Rows of a grid's points shown to people.
const MOST_POINTS: usize = 25;
/// Bars and reasons shown to people.
const MOST_BARS: usize = 12;
const MOST_REASONS: usize = 8;

/// Samples as CSV.
pub const SWEEP_CSV: RowFormat = RowFormat { head: csv_head, row: csv_row };

/// Samples as JSON, a line each.
pub const SWEEP_JSON_LINES: RowFormat = RowFormat { head: |_, _| Vec::new(), row: json_row };

/// For a terminal.
#[must_use]
pub fn sweep(response: &SweepResponse) -> String {
    let sweep = &response.sweep;
    let unit = Unit::named(sweep.report.as_ref(), &sweep.currency);
    let mut text = String::new();
    if let Some(title) = &sweep.title {
        text.push_str(&format!("{BOLD}{}{BOLD:#}\n", terminal(title)));
    }
    for line in head(sweep) {
        text.push_str(&format!("{}\n", terminal(&line)));
    }
    let right = [Lean::Left, Lean::Right, Lean::Right, Lean::Right, Lean::Right, Lean::Right, Lean::Right];
    for (title, header, body) in tables(sweep, &unit) {
        text.push_str(&format!("\n{}\n", terminal(&title)));
        let cells = body.into_iter().map(|row| row.iter().map(|cell| terminal(cell)).collect()).collect();
        text.push_str(&rows(&right, Some(header), cells));
    }
    let troubles = troubles(sweep);
    if !troubles.is_empty() {
        text.push_str("\nsamples without a J\n");
        for line in troubles {
            text.push_str(&format!("  {}\n", terminal(&line)));
        }
    }
    text.push('\n');
    for line in foot(response, &unit) {
        text.push_str(&format!("{DIM}{}{DIM:#}\n", terminal(&line)));
    }
    text
}

/// For a page or an issue.
#[must_use]
pub fn sweep_markdown(response: &SweepResponse) -> String {
    let sweep = &response.sweep;
    let unit = Unit::named(sweep.report.as_ref(), &sweep.currency);
    let title = sweep.title.as_deref().unwrap_or("Many samples");
    let mut text = format!("## {}\n\n", markdown(title));
    for line in head(sweep) {
        text.push_str(&format!("{}  \n", markdown(&line)));
    }
    for (title, header, body) in tables(sweep, &unit) {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| markdown(cell.trim())).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let leans: Vec<&str> = (0..header.len()).map(|at| if at == 0 { "---" } else { "---:" }).collect();
        text.push_str(&format!("\n### {}\n\n{}| {} |\n", markdown(&title), line(&header), leans.join(" | ")));
        body.iter().for_each(|row| text.push_str(&line(row)));
    }
    let troubles = troubles(sweep);
    if !troubles.is_empty() {
        text.push_str("\n### samples without a J\n\n");
        troubles.iter().for_each(|of| text.push_str(&format!("- {}\n", markdown(of))));
    }
    text.push('\n');
    let foot: Vec<String> = foot(response, &unit).iter().map(|line| markdown(line)).collect();
    text + &foot.join("  \n") + "\n"
}

fn head(sweep: &Sweep) -> Vec<String> {
    let what_if = match sweep.scenarios.as_slice() {
        [] => String::new(),
        names => format!(", what if: {}", names.join(", ")),
    };
    let method = match (sweep.method, sweep.seed) {
        (SweepMethod::MonteCarlo, seed) => {
            format!("{} drawn with seed {}", thousands(sweep.samples, "sample"), seed.unwrap_or_default())
        }
        (SweepMethod::Grid, _) => format!("{} of a grid", thousands(sweep.samples, "point")),
    };
    let years = count(sweep.horizon_years as usize, "year");
    let mut lines = vec![
        format!("{method}, as of {}, over {years}, discount {}{what_if}", sweep.as_of, sweep.discount),
        sweep.definition.clone(),
    ];
    if sweep.interrupted {
        let (done, asked) = (thousands(sweep.samples, "sample"), thousands(sweep.asked, "sample"));
        lines.push(format!("PARTIAL: ended early, after {done} of {asked}"));
    }
    if sweep.complete < sweep.samples {
        let of = thousands(sweep.samples, "sample");
        lines.push(format!(
            "only {} of {of} complete: {} blocked, {} incomplete; percentiles leave those out",
            number(sweep.complete),
            number(sweep.blocked),
            number(sweep.incomplete)
        ));
    }
    lines
}

fn number(n: u64) -> String {
    group_thousands(&n.to_string())
}

fn thousands(n: u64, one: &str) -> String {
    format!("{} {one}{}", number(n), if n == 1 { "" } else { "s" })
}

/// A title, a header and rows.
type Titled = (String, Vec<String>, Vec<Vec<String>>);

fn tables(sweep: &Sweep, unit: &Unit) -> Vec<Titled> {
    let mut tables = Vec::new();
    if !sweep.inputs.is_empty() {
        tables.push(("what varies".to_owned(), strings(["fact", "low", "likely", "high"]), inputs(sweep)));
    }
    if sweep.results.is_some() {
        let title = format!("what it comes to ({}, without weights but for J)", unit.label);
        let header = strings(["", "P10", "P50", "P90", "mean", "min", "max"]);
        tables.push((title, header, results(sweep, unit)));
    }
    if !sweep.tornado.is_empty() {
        let title = format!("what moves J most, one at a time, all else likely ({})", unit.label);
        let header = strings(["input", "low", "high", "J at low", "J at high", "apart"]);
        tables.push((title, header, bars(sweep, unit)));
    }
    if !sweep.points.is_empty() {
        tables.push((format!("points ({})", unit.label), points_header(sweep), points(sweep, unit)));
    }
    tables
}

fn strings<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn inputs(sweep: &Sweep) -> Vec<Vec<String>> {
    let of = |text: &String| value(text);
    sweep
        .inputs
        .iter()
        .map(|input| vec![input.path.clone(), of(&input.low), of(&input.likely), of(&input.high)])
        .collect()
}

/// A fact's value for people: its digits grouped.
fn value(text: &str) -> String {
    match text.split_once(' ') {
        Some((amount, currency)) => format!("{} {currency}", full(amount)),
        None => group_thousands(text),
    }
}

fn results(sweep: &Sweep, unit: &Unit) -> Vec<Vec<String>> {
    let Some(results) = &sweep.results else { return Vec::new() };
    let row = |name: String, of: &Distribution| {
        let amounts = [&of.p10, &of.p50, &of.p90, &of.mean, &of.min, &of.max];
        std::iter::once(name).chain(amounts.map(|amount| unit.cell(amount))).collect::<Vec<String>>()
    };
    let mut table = vec![row("J".to_owned(), &results.objective), row("spend".to_owned(), &results.spend)];
    for (market, of) in &results.markets {
        table.push(row(market.clone(), &of.total));
        let paid = of.stages.iter().filter(|(_, of)| !is_nothing(&of.max));
        table.extend(paid.map(|(stage, of)| row(format!("  {stage}"), of)));
    }
    if results.markets.len() > 1 {
        let paid = results.stages.iter().filter(|(_, of)| !is_nothing(&of.max));
        table.extend(paid.map(|(stage, of)| row(format!("all {stage}"), of)));
    }
    table
}

fn is_nothing(amount: &str) -> bool {
    amount.trim_matches(['0', '.']).is_empty()
}

fn bars(sweep: &Sweep, unit: &Unit) -> Vec<Vec<String>> {
    let cell = |amount: &Option<String>| amount.as_ref().map_or_else(|| NONE.to_owned(), |of| unit.cell(of));
    let end = |bar: &TornadoBar, text: &String| {
        if bar.kind == "fact" { value(text) } else { unit.cell(text) }
    };
    let shown = sweep.tornado.iter().take(MOST_BARS);
    let mut table: Vec<Vec<String>> = shown
        .map(|bar| {
            vec![
                tornado::name(bar),
                end(bar, &bar.low),
                end(bar, &bar.high),
                cell(&bar.j_at_low),
                cell(&bar.j_at_high),
                cell(&bar.swing),
            ]
        })
        .collect();
    let more = sweep.tornado.len().saturating_sub(MOST_BARS) as u64 + sweep.tornado_more;
    if more > 0 {
        table.push(vec![format!("and {more} more that move it less")]);
    }
    table
}

fn points_header(sweep: &Sweep) -> Vec<String> {
    let names = sweep.inputs.iter().map(|input| input.path.clone());
    names.chain(["J".to_owned(), "spend".to_owned()]).collect()
}

fn points(sweep: &Sweep, unit: &Unit) -> Vec<Vec<String>> {
    let amount = |amount: &Option<String>, row: &SweepRow| {
        amount.as_ref().map_or_else(|| row.status.as_str().to_owned(), |amount| unit.cell(amount))
    };
    let shown = sweep.points.iter().take(MOST_POINTS);
    let mut table: Vec<Vec<String>> = shown
        .map(|row| {
            let values = row.inputs.values().map(|text| value(text));
            values.chain([amount(&row.objective, row), amount(&row.spend, row)]).collect()
        })
        .collect();
    let more = sweep.points.len().saturating_sub(MOST_POINTS);
    if more > 0 {
        table.push(vec![format!("and {more} more: --format json or --out FILE.csv has them")]);
    }
    table
}

fn troubles(sweep: &Sweep) -> Vec<String> {
    let shown = sweep.reasons.iter().take(MOST_REASONS);
    let mut lines: Vec<String> = shown
        .map(|reason| {
            let market = reason.market.as_ref().map(|market| format!("{market}: ")).unwrap_or_default();
            let samples = number(reason.samples);
            format!("{samples} {} · {market}{}", reason.status.as_str(), reason.message)
        })
        .collect();
    let more = sweep.reasons.len().saturating_sub(MOST_REASONS);
    if more > 0 {
        lines.push(format!("and {more} more reasons: --format json has them"));
    }
    lines
}

fn foot(response: &SweepResponse, unit: &Unit) -> Vec<String> {
    let sweep = &response.sweep;
    let mut lines = Vec::new();
    match &sweep.likely {
        Some(likely) => lines.push(format!(
            "J {} with everything likely; {} of that answer have a spread",
            unit.say(&likely.likely),
            thousands(sweep.lines_drawn, "line")
        )),
        None => lines.push(
            "the answer with everything likely is not complete, so nothing says what moves J".to_owned(),
        ),
    }
    if sweep.method == SweepMethod::Grid && sweep.points.is_empty() && sweep.samples > 0 {
        lines.push("the points are too many to be shown: --out FILE.csv has them".to_owned());
    }
    if unit.has_rounded() {
        lines.push("amounts are rounded; --format json has every digit".to_owned());
    }
    lines.extend(sweep.warnings.iter().map(|warning| format!("warning: {warning}")));
    let (served, receipt) = (&response.served, super::short(&response.receipt));
    lines.push(format!(
        "generation {} ({}), receipt {receipt}",
        served.number,
        super::short(&served.generation)
    ));
    lines
}

const HEADER: [&str; 19] = [
    "kind",
    "market",
    "stage",
    "name",
    "currency",
    "samples",
    "p10",
    "p50",
    "p90",
    "mean",
    "min",
    "max",
    "from",
    "to",
    "j_at_low",
    "j_at_high",
    "swing",
    "reason",
    "generation",
];

/// A row for each distribution, each bar of the tornado and each reason for which samples have no J.
///
/// # Errors
/// None: it writes to memory.
pub fn sweep_csv(response: &SweepResponse) -> Result<Vec<u8>, csv::Error> {
    let (sweep, generation) = (&response.sweep, &response.served.generation);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    let blank =
        || Cells { currency: sweep.currency.clone(), generation: generation.clone(), ..Cells::default() };
    let of = |kind, market: &str, stage: Option<Stage>, of: &Distribution| Cells {
        kind,
        market: safe(market),
        stage: stage.map(|stage| stage.to_string()).unwrap_or_default(),
        samples: sweep.complete.to_string(),
        amounts: [&of.p10, &of.p50, &of.p90, &of.mean, &of.min, &of.max].map(String::clone),
        ..blank()
    };
    let mut all = Vec::new();
    if let Some(results) = &sweep.results {
        all.push(of("objective", "", None, &results.objective));
        all.push(of("spend", "", None, &results.spend));
        for (id, market) in &results.markets {
            all.push(of("market", id, None, &market.total));
            all.extend(market.stages.iter().map(|(stage, amounts)| of("market", id, Some(*stage), amounts)));
        }
        all.extend(results.stages.iter().map(|(stage, amounts)| of("stage", "", Some(*stage), amounts)));
    }
    all.extend(sweep.tornado.iter().map(|bar| {
        Cells {
            kind: "tornado",
            market: safe(bar.market.as_deref().unwrap_or_default()),
            stage: bar.stage.map(|stage| stage.to_string()).unwrap_or_default(),
            name: safe(&tornado::name(bar)),
            bar: [
                Some(&bar.low),
                Some(&bar.high),
                bar.j_at_low.as_ref(),
                bar.j_at_high.as_ref(),
                bar.swing.as_ref(),
            ]
            .map(|text| text.cloned().unwrap_or_default()),
            ..blank()
        }
    }));
    all.extend(sweep.reasons.iter().map(|reason| Cells {
        kind: reason.status.as_str(),
        market: safe(reason.market.as_deref().unwrap_or_default()),
        name: safe(&reason.kind),
        samples: reason.samples.to_string(),
        reason: safe(&reason.message),
        ..blank()
    }));
    for cells in all {
        writer.write_record(cells.record())?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A row; absent parts leave their cells empty.
#[derive(Debug, Default)]
struct Cells {
    kind: &'static str,
    market: String,
    stage: String,
    name: String,
    currency: String,
    samples: String,
    amounts: [String; 6],
    bar: [String; 5],
    reason: String,
    generation: String,
}

impl Cells {
    fn record(self) -> Vec<String> {
        let first = [self.kind.to_owned(), self.market, self.stage, self.name, self.currency, self.samples];
        let last = [self.reason, self.generation];
        first.into_iter().chain(self.amounts).chain(self.bar).chain(last).collect()
    }
}

fn csv_head(inputs: &[String], markets: &[String]) -> Vec<u8> {
    let mut cells = vec!["sample".to_owned(), "status".to_owned()];
    cells.extend(inputs.iter().map(|path| safe(path)));
    cells.extend(["objective".to_owned(), "spend".to_owned()]);
    cells.extend(Stage::ALL.map(|stage| stage.to_string()));
    for market in markets {
        cells.push(safe(market));
        cells.extend(Stage::ALL.map(|stage| format!("{} {stage}", safe(market))));
    }
    cells.push("reason".to_owned());
    line(&cells)
}

fn csv_row(row: &SweepRow, markets: usize) -> Vec<u8> {
    let mut cells = vec![row.sample.to_string(), row.status.as_str().to_owned()];
    // Of money the number: a column is in one currency, which the strategy says.
    cells.extend(row.inputs.values().map(|text| text.split(' ').next().unwrap_or_default().to_owned()));
    let text = |amount: &Option<String>| amount.clone().unwrap_or_default();
    cells.extend([text(&row.objective), text(&row.spend)]);
    let stages = Stage::ALL.iter().map(|stage| row.stages.get(stage).cloned().unwrap_or_default());
    cells.extend(stages);
    let of_market = |market: &SweepRowMarket| {
        let total = std::iter::once(market.total.clone());
        total.chain(market.stages.values().cloned()).collect::<Vec<String>>()
    };
    let amounts: Vec<String> = row.markets.values().flat_map(of_market).collect();
    // What has no J has none of a market either.
    let blank = (markets * (1 + Stage::ALL.len())).saturating_sub(amounts.len());
    cells.extend(amounts.into_iter().chain(std::iter::repeat_n(String::new(), blank)));
    cells.push(safe(&row.reasons.join("; ")));
    line(&cells)
}

fn line(cells: &[String]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(cells);
    writer.into_inner().unwrap_or_default()
}

fn json_row(row: &SweepRow, _: usize) -> Vec<u8> {
    super::json_line(row).unwrap_or_default().into_bytes()
}

/// A bar that is drawn over itself while samples are computed, 30 wide.
#[must_use]
pub fn sweep_progress(done: u64, asked: u64, rate: Option<u64>) -> String {
    const WIDTH: u64 = 30;
    let part = u128::from(done) * u128::from(WIDTH) / u128::from(asked.max(1));
    let full = usize::try_from(part).unwrap_or_default();
    let rest = usize::try_from(WIDTH).unwrap_or_default().saturating_sub(full);
    let rate = rate.map(|rate| format!(", {} a second", number(rate))).unwrap_or_default();
    let (bar, rest) = ("█".repeat(full), "░".repeat(rest));
    format!("\r\u{1b}[K{bar}{rest} {} of {} samples{rate}", number(done), number(asked))
}

/// What takes the bar away again.
pub const SWEEP_PROGRESS_END: &str = "\r\u{1b}[K";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_table_says_what_is_not_counted() {
        let text = super::super::plain(&sweep(&fixture::sweep()));
        for said in [
            "10 samples drawn with seed 7, as of 2026-11-23, over 3 years, discount 8%",
            "PARTIAL: ended early, after 10 samples of 1,000 samples",
            "only 7 of 10 samples complete: 1 blocked, 2 incomplete; percentiles leave those out",
            "  J             100  110  120   110  100  120\n",
            "    compliance  100  110  120   110  100  120\n",
            "de compliance eu.dpo: officer <b>",
            "2 incomplete · de: `eu.dpo` is undetermined",
            "and 4 more that move it less",
        ] {
            assert!(text.contains(said), "{said}\n{text}");
        }
        // A stage that costs nothing has no row.
        assert!(!text.contains("culture"), "{text}");
    }

    #[test]
    fn markdown_and_csv_are_escaped() {
        let text = sweep_markdown(&fixture::sweep());
        assert!(text.contains("officer &lt;b&gt; | 1 | 5 | 90 | 110 | 20 |"), "{text}");
        let csv = String::from_utf8(sweep_csv(&fixture::sweep()).unwrap()).unwrap();
        assert!(csv.lines().all(|line| line.split(',').count() == HEADER.len()), "{csv}");
        assert!(csv.contains("tornado,de,compliance,de compliance eu.dpo: officer <b>,EUR,"), "{csv}");
    }

    #[test]
    fn a_row_has_as_many_cells_as_the_head() {
        let row = SweepRow {
            sample: 4,
            status: crate::protocol::Status::Incomplete,
            inputs: [("markets.de.revenue".to_owned(), "1.5000 EUR".to_owned())].into(),
            objective: None,
            spend: None,
            markets: std::collections::BTreeMap::new(),
            stages: std::collections::BTreeMap::new(),
            reasons: vec!["=cmd".to_owned()],
        };
        let head =
            String::from_utf8(csv_head(&["markets.de.revenue".to_owned()], &["de".to_owned()])).unwrap();
        let cells = |text: &str| text.trim_end().split(',').count();
        let line = String::from_utf8(csv_row(&row, 1)).unwrap();
        assert_eq!((cells(&line), line.as_str()), (cells(&head), "4,incomplete,1.5000,,,,,,,,,,,,,,'=cmd\n"));
    }

    #[test]
    fn the_bar_is_as_long_as_what_is_done() {
        let text = sweep_progress(500, 1_000, Some(1_234));
        assert_eq!((text.matches('█').count(), text.matches('░').count()), (15, 15));
        assert!(text.ends_with(" 500 of 1,000 samples, 1,234 a second"), "{text}");
        assert_eq!(sweep_progress(0, 0, None).matches('░').count(), 30);
    }
}
