//! J by date of asking, for a terminal and as CSV.

use super::{
    BOLD, DIM,
    escape::{csv as safe, terminal},
    notes::with_cites,
    number::{NONE, Unit, full},
    rows::{Lean, rows},
};
use crate::protocol::{Cause, CauseKind, Presence, Step, StepLine, StepPenalty, Timeline, TimelineResponse};

/// Most rules of one step, and causes of one of them, shown to people; the rest is counted.
const MOST_LINES: usize = 12;
const MOST_CAUSES: usize = 2;
/// Most characters of a value shown: some are lists of countries.
const MOST_CHARACTERS: usize = 60;

const HEADER: [&str; 24] = [
    "on",
    "until",
    "status",
    "currency",
    "objective_low",
    "objective_likely",
    "objective_high",
    "delta_low",
    "delta_likely",
    "delta_high",
    "partial_likely",
    "market",
    "stage",
    "kind",
    "rule",
    "title",
    "what",
    "change_likely",
    "change_high",
    "maximum",
    "at",
    "cites",
    "reason",
    "generation",
];

/// For a terminal: a row for each rule of each step.
#[must_use]
pub fn timeline(response: &TimelineResponse) -> String {
    let timeline = &response.timeline;
    let unit = Unit::named(timeline.report.as_ref(), &timeline.currency);
    let mut table = Vec::new();
    for (number, step) in timeline.steps.iter().enumerate() {
        table.extend(step_rows(step, number == 0, timeline, &unit));
    }
    let header = [
        "date".to_owned(),
        format!("J ({})", unit.label),
        format!("Δ ({})", unit.label),
        "because".to_owned(),
    ];
    let mut text = head(timeline);
    text.push_str(&rows(&[Lean::Left, Lean::Right, Lean::Right], Some(header.to_vec()), table));
    text.push('\n');
    for line in foot(response, &unit) {
        text.push_str(&format!("{DIM}{}{DIM:#}\n", terminal(&line)));
    }
    text
}

fn head(timeline: &Timeline) -> String {
    let title = terminal(timeline.title.as_deref().unwrap_or("J by date of asking"));
    let years = super::count(timeline.horizon_years as usize, "year");
    let what_if = match timeline.scenarios.as_slice() {
        [] => String::new(),
        names => format!(", what if: {}", names.join(", ")),
    };
    let when = format!(
        "J by date of asking, {} to {}, over {years}, discount {}, rates of {}{what_if}",
        timeline.from, timeline.to, timeline.discount, timeline.as_of
    );
    format!("{BOLD}{title}{BOLD:#}\n{}\n{}\n\n", terminal(&when), terminal(&timeline.definition))
}

fn foot(response: &TimelineResponse, unit: &Unit) -> Vec<String> {
    let timeline = &response.timeline;
    let mut lines = Vec::new();
    lines.push(format!(
        "{} of {} on which something dated changes",
        super::count(timeline.steps.len(), "step"),
        super::count(usize::try_from(timeline.dates).unwrap_or(usize::MAX), "day"),
    ));
    if unit.has_rounded() {
        lines.push("amounts are rounded; --format json has every digit".to_owned());
    }
    lines.extend(timeline.warnings.iter().map(|warning| format!("warning: {warning}")));
    let served = &response.served;
    lines.push(format!("generation {} ({})", served.number, super::short(&served.generation)));
    lines
}

fn step_rows(step: &Step, is_first: bool, timeline: &Timeline, unit: &Unit) -> Vec<Vec<String>> {
    let number = match &step.objective {
        Some(objective) => unit.cell(&objective.likely),
        None => step.status.as_str().to_owned(),
    };
    let delta = match &step.delta {
        Some(delta) => signed(&delta.likely, unit),
        None if is_first => String::new(),
        None => NONE.to_owned(),
    };
    let mut because = range(step, unit);
    because.extend(partial(step, timeline, unit));
    because.extend(step.reasons.iter().cloned());
    because.extend(step.lines.iter().take(MOST_LINES).map(|line| line_text(line, unit)));
    if let Some(more) = step.lines.len().checked_sub(MOST_LINES).filter(|more| *more > 0) {
        because.push(format!("and {}: --format json has them", super::count(more, "more rule")));
    }
    because.extend(step.matters.iter().filter(|matter| matter.kind == "block" || !matter.begins).map(
        |matter| {
            let verb = if matter.begins { "begins" } else { "no longer" };
            with_cites(&format!("{}: {} {verb}: {}", matter.market, matter.id, matter.text), &matter.cites)
        },
    ));
    because.extend(step.penalties.iter().map(|of| penalty_text(of, &timeline.currency)));
    if because.is_empty() && is_first {
        because.push("the first day".to_owned());
    }
    let mut firsts = vec![step.on.clone(), number, delta];
    let blank = || vec![String::new(); 3];
    if because.is_empty() {
        because.push(String::new());
    }
    because
        .into_iter()
        .map(|said| {
            let mut row = std::mem::replace(&mut firsts, blank());
            row.push(said);
            row.iter().map(|cell| terminal(cell)).collect()
        })
        .collect()
}

fn range(step: &Step, unit: &Unit) -> Vec<String> {
    let range = step.objective.as_ref().and_then(|objective| unit.range(objective));
    range.map(|range| format!("all low – all high: {range}")).into_iter().collect()
}

fn partial(step: &Step, timeline: &Timeline, unit: &Unit) -> Option<String> {
    let partial = step.partial.as_ref()?;
    let markets = match partial.markets.as_slice() {
        [] => "no market".to_owned(),
        names => names.join(", "),
    };
    let all = timeline.weight_means.as_str();
    let amount = unit.say(&partial.likely);
    Some(format!("partial {amount}, of {markets}, by {all}: not J"))
}

/// `de: eu.risk_management begins, +12,000 EUR: Assess the risk [ai_act#art-9] eu.yaml:31:3`.
fn line_text(line: &StepLine, unit: &Unit) -> String {
    let place = match &line.market {
        Some(market) => format!("{market} {}", line.stage),
        None => "shared".to_owned(),
    };
    let mut text = format!("{place}: {} {}", line.rule, verb(line.presence));
    let said: Vec<String> = line.causes.iter().filter_map(cause).collect();
    if !said.is_empty() {
        let shown = said.iter().take(MOST_CAUSES).cloned().collect::<Vec<_>>().join("; ");
        let more = said.len().saturating_sub(MOST_CAUSES);
        let more = if more > 0 { format!("; {more} more") } else { String::new() };
        text.push_str(&format!(" ({shown}{more})"));
    }
    if let Some(delta) = &line.delta {
        text.push_str(&format!(", {}", signed(&delta.likely, unit)));
        if delta.likely != delta.high {
            text.push_str(&format!(" ({} all high)", signed(&delta.high, unit)));
        }
    }
    if let Some(title) = &line.title {
        text.push_str(&format!(": {title}"));
    }
    format!("{} {}", with_cites(&text, &line.cites), line.at)
}

/// What changed a line beside its own dates, which the step's says.
fn cause(cause: &Cause) -> Option<String> {
    let side = |side: &Option<String>| match side.as_deref() {
        None => NONE.to_owned(),
        Some(value) if value.chars().count() > MOST_CHARACTERS => {
            value.chars().take(MOST_CHARACTERS).chain(['…']).collect()
        }
        Some(value) => value.to_owned(),
    };
    match (cause.kind, cause.before.as_deref(), cause.after.as_deref()) {
        (CauseKind::Condition, Some(why), _) | (CauseKind::Condition, _, Some(why))
            if ["no: begins on", "no: ended"].iter().any(|dated| why.starts_with(dated)) =>
        {
            None
        }
        _ => Some(format!("{}: {} → {}", cause.name, side(&cause.before), side(&cause.after))),
    }
}

fn penalty_text(penalty: &StepPenalty, currency: &str) -> String {
    let amount = |amount: &Option<String>| {
        amount
            .as_ref()
            .map_or_else(|| "not known".to_owned(), |amount| format!("{} {currency}", full(amount)))
    };
    let most = match penalty.presence {
        Presence::Added => format!("at most {}", amount(&penalty.after)),
        Presence::Removed => format!("at most {} before", amount(&penalty.before)),
        Presence::Changed => format!("at most {} → {}", amount(&penalty.before), amount(&penalty.after)),
    };
    let whom = format!("per {}, liable: {}", penalty.per, penalty.liable);
    let text = format!(
        "beside J: penalty {} {} in {}, {most} {whom}",
        penalty.id,
        verb(penalty.presence),
        penalty.market
    );
    format!("{} {}", with_cites(&text, &penalty.cites), penalty.at)
}

pub(super) const fn verb(presence: Presence) -> &'static str {
    match presence {
        Presence::Added => "begins",
        Presence::Removed => "ends",
        Presence::Changed => "changes",
    }
}

pub(super) fn signed(amount: &str, unit: &Unit) -> String {
    let said = unit.cell(amount);
    let is_nothing = amount.trim_matches(['0', '.']).is_empty();
    if is_nothing || amount.starts_with('-') { said } else { format!("+{said}") }
}

/// All steps; a step of which no rule is known is one row too.
///
/// # Errors
/// None: it writes to memory.
pub fn timeline_csv(response: &TimelineResponse) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for step in &response.timeline.steps {
        let mut whys: Vec<Why> = step.lines.iter().map(Why::of_line).collect();
        whys.extend(step.penalties.iter().map(Why::of_penalty));
        if whys.is_empty() {
            whys.push(Why::default());
        }
        for why in whys {
            writer.write_record(cells(step, why, response))?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// What a row is about; absent parts leave their cells empty.
#[derive(Debug, Default)]
struct Why {
    market: String,
    stage: String,
    kind: &'static str,
    rule: String,
    title: String,
    what: &'static str,
    likely: String,
    high: String,
    maximum: String,
    at: String,
    cites: String,
}

impl Why {
    fn of_line(line: &StepLine) -> Self {
        let delta = |part: fn(&crate::protocol::Spread) -> &String| {
            line.delta.as_ref().map(|delta| part(delta).clone()).unwrap_or_default()
        };
        Self {
            market: line.market.clone().unwrap_or_default(),
            stage: line.stage.to_string(),
            kind: if line.market.is_some() { "line" } else { "shared" },
            rule: line.rule.clone(),
            title: line.title.clone().unwrap_or_default(),
            what: verb(line.presence),
            likely: delta(|delta| &delta.likely),
            high: delta(|delta| &delta.high),
            maximum: String::new(),
            at: line.at.clone(),
            cites: line.cites.join(" "),
        }
    }

    fn of_penalty(penalty: &StepPenalty) -> Self {
        Self {
            market: penalty.market.clone(),
            kind: "penalty",
            rule: penalty.id.clone(),
            title: penalty.title.clone().unwrap_or_default(),
            what: verb(penalty.presence),
            maximum: penalty.after.clone().unwrap_or_default(),
            at: penalty.at.clone(),
            cites: penalty.cites.join(" "),
            ..Self::default()
        }
    }
}

fn cells(step: &Step, why: Why, response: &TimelineResponse) -> Vec<String> {
    let three = |spread: Option<&crate::protocol::Spread>| match spread {
        Some(spread) => [spread.low.clone(), spread.likely.clone(), spread.high.clone()],
        None => Default::default(),
    };
    let partial = step.partial.as_ref().map(|partial| partial.likely.clone()).unwrap_or_default();
    let first = [
        step.on.clone(),
        step.until.clone(),
        step.status.as_str().to_owned(),
        response.timeline.currency.clone(),
    ];
    let last = [
        safe(&why.market),
        why.stage,
        why.kind.to_owned(),
        safe(&why.rule),
        safe(&why.title),
        why.what.to_owned(),
        why.likely,
        why.high,
        why.maximum,
        safe(&why.at),
        safe(&why.cites),
        safe(&step.reasons.join("; ")),
        response.served.generation.clone(),
    ];
    first
        .into_iter()
        .chain(three(step.objective.as_ref()))
        .chain(three(step.delta.as_ref()))
        .chain([partial])
        .chain(last)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_step_says_what_makes_it_and_no_number_where_there_is_none() {
        let text = timeline(&fixture::timeline());
        let text = super::super::plain(&text);
        for said in [
            "2026-08-02     150,000  +50,000  de compliance: eu.high_risk begins, +50,000: Assess",
            "beside J: penalty eu.fine begins in de, at most 15,000,000.00 EUR per infringement",
            "2027-01-01  incomplete        —  de: `compliance` cannot be computed",
        ] {
            assert!(text.contains(said), "{said}\n{text}");
        }
    }

    #[test]
    fn csv_has_a_row_for_each_rule() {
        let csv = String::from_utf8(timeline_csv(&fixture::timeline()).unwrap()).unwrap();
        let rows: Vec<&str> = csv.lines().collect();
        assert_eq!(rows.len(), 6, "{csv}");
        assert!(rows[3].starts_with("2026-08-02,2027-01-01,complete,EUR,150000.0000"), "{csv}");
        assert!(rows[3].contains(",penalty,eu.fine,"), "{csv}");
        assert!(rows[4].starts_with("2027-01-01,2027-06-01,incomplete,EUR,,,,,,,"), "{csv}");
    }
}
