//! J by date of asking as a picture: a step chart in SVG that needs nothing beside itself.
//!
//! Coordinates are whole pixels, computed from whole days and whole ten-thousandths. Where J is not known there
//! is no line: the stretch is hatched.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::{
    escape::xml,
    number::Unit,
    timeline::{signed, verb},
};
use crate::{
    money::{AMOUNT_SCALE, Exact},
    protocol::{Step, Timeline, TimelineResponse},
};

const WIDTH: i64 = 960;
const HEIGHT: i64 = 420;
const LEFT: i64 = 120;
const RIGHT: i64 = 936;
const TOP: i64 = 132;
const BOTTOM: i64 = 366;
/// Rows for labels between the title and the plot.
const LANES: [i64; 4] = [72, 88, 104, 120];
/// What a character of a label takes at most, at 11 pixels.
const CHARACTER: i64 = 7;
/// Most characters of a label.
const LABEL: usize = 34;

const STYLE: &str = "text{font-family:system-ui,sans-serif;font-size:11px;fill:#334155}\
                     .title{font-size:16px;font-weight:600;fill:#0f172a}.grid{stroke:#e2e8f0}\
                     .axis{stroke:#64748b}.j{stroke:#1d4ed8;stroke-width:2.5;fill:none}\
                     .rise{stroke:#1d4ed8;stroke-width:1;stroke-dasharray:2 3}\
                     .mark{fill:#1d4ed8}.penalty{fill:#b45309}.lead{stroke:#94a3b8;stroke-dasharray:1 3}\
                     .unknown{fill:url(#hatch);stroke:#b91c1c;stroke-dasharray:5 4}.why{fill:#1e3a8a}";

/// The chart, 960 by 420.
#[must_use]
pub fn timeline_svg(response: &TimelineResponse) -> String {
    let timeline = &response.timeline;
    let unit = Unit::named(timeline.report.as_ref(), &timeline.currency);
    let scale = Scale::of(timeline);
    let mut svg = String::new();
    let title = timeline.title.as_deref().unwrap_or("J by date of asking");
    let about = format!("{title}: J by date of asking, {} to {}", timeline.from, timeline.to);
    // Writing to a string cannot fail.
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" role=\"img\">\n<title>{}</title>\n<desc>{}</desc>\n<style>{STYLE}</style>\n\
         <defs><pattern id=\"hatch\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><rect width=\"8\" height=\"8\" fill=\"#fef2f2\"/><line x1=\"0\" y1=\"0\" \
         x2=\"0\" y2=\"8\" stroke=\"#fca5a5\" stroke-width=\"3\"/></pattern></defs>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n\
         <text class=\"title\" x=\"24\" y=\"30\">{}</text>\n<text x=\"24\" y=\"50\">{}</text>",
        xml(&about),
        xml(&timeline.definition),
        xml(&short(title, 90)),
        xml(&short(&subtitle(timeline, &unit), 130)),
    );
    svg.push_str(&amounts(&scale, &unit));
    svg.push_str(&dates(&scale));
    svg.push_str(&steps(timeline, &scale, &unit));
    svg.push_str("</svg>\n");
    svg
}

fn subtitle(timeline: &Timeline, unit: &Unit) -> String {
    let what_if = match timeline.scenarios.as_slice() {
        [] => String::new(),
        names => format!(", what if: {}", names.join(", ")),
    };
    format!(
        "J ({}) over {} under the law of each day; rates of {}{what_if}",
        unit.label,
        super::count(timeline.horizon_years as usize, "year"),
        timeline.as_of
    )
}

/// Where days and amounts lie.
struct Scale {
    first: Option<Date>,
    days: i64,
    low: i128,
    high: i128,
    tick: i128,
}

impl Scale {
    fn of(timeline: &Timeline) -> Self {
        let first: Option<Date> = timeline.from.parse().ok();
        let last: Option<Date> = timeline.to.parse().ok();
        let days = first.zip(last).map_or(1, |(first, last)| between(first, last)).max(1);
        let amounts: Vec<i128> = timeline.steps.iter().filter_map(likely).collect();
        let least = amounts.iter().copied().min().unwrap_or(0);
        let most = amounts.iter().copied().max().unwrap_or(0);
        // From nothing, unless that would leave no room for the steps.
        let low = if (most - least) * 4 < most { least - (most - least) } else { least.min(0) };
        let tick = nice((most - low).max(i128::from(AMOUNT_SCALE)) / 4);
        let low = low.div_euclid(tick) * tick;
        let high = (most.div_euclid(tick) + 1) * tick;
        Self { first, days, low, high, tick }
    }

    fn x(&self, date: &str) -> i64 {
        let day: Option<Date> = date.parse().ok();
        let days = self.first.zip(day).map_or(0, |(first, day)| between(first, day));
        LEFT + days.clamp(0, self.days) * (RIGHT - LEFT) / self.days
    }

    fn y(&self, amount: i128) -> i64 {
        let span = (self.high - self.low).max(1);
        let up = (amount - self.low) * i128::from(BOTTOM - TOP) / span;
        BOTTOM - i64::try_from(up).unwrap_or(0)
    }
}

fn between(first: Date, last: Date) -> i64 {
    first.duration_until(last).as_hours() / 24
}

fn likely(step: &Step) -> Option<i128> {
    let objective = step.objective.as_ref()?;
    let amount = Exact::parse(&objective.likely, 4).ok()?.round(AMOUNT_SCALE).ok()?;
    Some(i128::from(amount))
}

/// The next of 1, 2, 5, 10, 20, 50… that is not below.
pub(super) fn nice(amount: i128) -> i128 {
    let mut power: i128 = 1;
    loop {
        for step in [1, 2, 5] {
            if step * power >= amount {
                return step * power;
            }
        }
        power *= 10;
    }
}

fn amounts(scale: &Scale, unit: &Unit) -> String {
    let mut text = String::new();
    let mut amount = scale.low;
    while amount <= scale.high {
        let (y, said) = (scale.y(amount), unit.cell(&decimal(amount)));
        let _ = writeln!(
            text,
            "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y}\" x2=\"{RIGHT}\" y2=\"{y}\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            LEFT - 8,
            y + 4,
            xml(&said)
        );
        amount += scale.tick;
    }
    text
}

/// Ten-thousandths as a decimal.
pub(super) fn decimal(amount: i128) -> String {
    let scale = u128::from(AMOUNT_SCALE.unsigned_abs());
    let sign = if amount < 0 { "-" } else { "" };
    let magnitude = amount.unsigned_abs();
    format!("{sign}{}.{:04}", magnitude / scale, magnitude % scale)
}

/// First days of months, as many as have room.
fn dates(scale: &Scale) -> String {
    const MOST: i64 = 10;
    let mut text = format!(
        "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{BOTTOM}\" x2=\"{RIGHT}\" y2=\"{BOTTOM}\"/>\n\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">date of asking</text>\n",
        (LEFT + RIGHT) / 2,
        HEIGHT - 16
    );
    let Some(first) = scale.first else { return text };
    let every = [1, 3, 6, 12, 24, 60, 120, 240].into_iter().find(|months| scale.days / (30 * months) <= MOST);
    let every = every.unwrap_or(1200);
    // Months since the year 0: as many everywhere, so that a January is among them.
    let months = i64::from(first.year()) * 12 + i64::from(first.month()) - 1;
    let mut month = months.div_euclid(every) * every;
    loop {
        let (year, of_year) = (month.div_euclid(12), month.rem_euclid(12) + 1);
        let date = format!("{year:04}-{of_year:02}-01");
        let Ok(day) = date.parse::<Date>() else { return text };
        if between(first, day) > scale.days {
            return text;
        }
        if day >= first {
            let x = scale.x(&date);
            let _ = writeln!(
                text,
                "<line class=\"axis\" x1=\"{x}\" y1=\"{BOTTOM}\" x2=\"{x}\" y2=\"{}\"/>\
                 <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{year:04}-{of_year:02}</text>",
                BOTTOM + 5,
                BOTTOM + 19
            );
        }
        month += every;
    }
}

fn steps(timeline: &Timeline, scale: &Scale, unit: &Unit) -> String {
    let mut text = String::new();
    let mut before: Option<i64> = None;
    let mut lanes = [i64::MIN; LANES.len()];
    for (number, step) in timeline.steps.iter().enumerate() {
        let (x, end) = (scale.x(&step.on), scale.x(&step.until));
        let _ = writeln!(text, "<g class=\"step\"><title>{}</title>", xml(&told(step, unit)));
        let y = likely(step).map(|amount| scale.y(amount));
        if number > 0 {
            text.push_str(&label(step, unit, x, y.unwrap_or(TOP), &mut lanes));
        }
        match y {
            Some(y) => {
                if let Some(before) = before {
                    let _ = writeln!(
                        text,
                        "<line class=\"rise\" x1=\"{x}\" y1=\"{before}\" x2=\"{x}\" y2=\"{y}\"/>"
                    );
                }
                let _ = writeln!(text, "<path class=\"j\" d=\"M{x} {y}H{end}\"/>");
                let mark = if number > 0 { "mark" } else { "j" };
                let _ = writeln!(text, "<circle class=\"{mark}\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>");
            }
            None => {
                let _ = writeln!(
                    text,
                    "<rect class=\"unknown\" x=\"{x}\" y=\"{TOP}\" width=\"{}\" height=\"{}\"/>",
                    (end - x).max(1),
                    BOTTOM - TOP
                );
            }
        }
        text.push_str("</g>\n");
        before = y;
    }
    text
}

/// Beside a line down to the step, in the first row with room; else the step has its tooltip alone.
fn label(step: &Step, unit: &Unit, x: i64, y: i64, lanes: &mut [i64]) -> String {
    let said = short(&label_text(step, unit), LABEL);
    let width = i64::try_from(said.chars().count()).unwrap_or(0) * CHARACTER;
    // Near the right edge it ends at the step instead of beginning there.
    let (from, anchor) = if x + width + 4 > RIGHT { (x - width - 4, "end") } else { (x + 4, "start") };
    let free = lanes.iter_mut().zip(LANES).find(|(taken, _)| **taken < from);
    let Some((taken, row)) = free else { return String::new() };
    *taken = (from + width + CHARACTER).max(x);
    let class = if is_beside(step) { "penalty" } else { "why" };
    let at = if anchor == "end" { x - 4 } else { x + 4 };
    format!(
        "<line class=\"lead\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{y}\"/>\
         <text class=\"{class}\" x=\"{at}\" y=\"{row}\" text-anchor=\"{anchor}\">{}</text>\n",
        row - 8,
        xml(&said)
    )
}

/// Whether only what is beside J changes.
fn is_beside(step: &Step) -> bool {
    step.lines.is_empty() && !step.penalties.is_empty()
}

fn label_text(step: &Step, unit: &Unit) -> String {
    let rule = match (step.lines.first(), step.penalties.first()) {
        (Some(line), _) => {
            let more = match step.lines.len() {
                0 | 1 => String::new(),
                many => format!(" +{}", many - 1),
            };
            format!("{}{more}", line.rule)
        }
        (None, Some(penalty)) => format!("{} {}", penalty.id, verb(penalty.presence)),
        (None, None) => step.status.as_str().to_owned(),
    };
    match &step.delta {
        Some(delta) if !step.lines.is_empty() => format!("{} {rule}", signed(&delta.likely, unit)),
        _ => rule,
    }
}

/// The tooltip: everything the table says.
fn told(step: &Step, unit: &Unit) -> String {
    let mut lines = vec![match &step.objective {
        Some(objective) => format!("from {}: J {}", step.on, unit.say(&objective.likely)),
        None => format!("from {}: {}", step.on, step.status.as_str()),
    }];
    if let Some(partial) = &step.partial {
        lines.push(format!("partial {}: not J", unit.say(&partial.likely)));
    }
    lines.extend(step.reasons.iter().cloned());
    for line in &step.lines {
        let delta = line.delta.as_ref().map(|delta| format!(" {}", signed(&delta.likely, unit)));
        let place = line.market.as_deref().unwrap_or("shared");
        let title = line.title.as_deref().unwrap_or_default();
        let text =
            format!("{place}: {} {}{} {title}", line.rule, verb(line.presence), delta.unwrap_or_default());
        lines.push(super::notes::with_cites(text.trim_end(), &line.cites));
    }
    for penalty in &step.penalties {
        let text =
            format!("beside J: penalty {} {} in {}", penalty.id, verb(penalty.presence), penalty.market);
        lines.push(super::notes::with_cites(&text, &penalty.cites));
    }
    lines.join("\n")
}

pub(super) fn short(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::fixture;

    /// Each element opened is closed in order, attributes are quoted, and no text opens one.
    #[track_caller]
    pub(in crate::render) fn well_formed(svg: &str) {
        let mut open = Vec::new();
        for part in svg.split('<').skip(1) {
            let (tag, text) = part.split_once('>').expect("a tag ends");
            assert!(!text.contains('>'), "{text}");
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name)),
                None if tag.ends_with('/') => {}
                None => open.push(tag.split(' ').next().unwrap()),
            }
            for entity in text.split('&').skip(1) {
                let (name, _) = entity.split_once(';').expect("an entity ends");
                assert!(["lt", "gt", "amp", "quot", "#10"].contains(&name), "{name}");
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }

    #[test]
    fn a_chart_is_xml_with_a_step_each_and_nothing_from_elsewhere() {
        let svg = timeline_svg(&fixture::timeline());
        well_formed(&svg);
        assert_eq!(svg.matches("<g class=\"step\">").count(), 4);
        assert_eq!(svg.matches("class=\"unknown\"").count(), 1);
        assert_eq!(svg.matches("class=\"j\" d=").count(), 3);
        assert!(svg.contains("Assess &lt;the&gt; &quot;risk&quot; &amp; more [ai_act#art-16]"), "{svg}");
        assert!(!svg.contains("<script") && !svg.contains("href") && !svg.contains("<b>"), "{svg}");
    }

    #[test]
    fn ticks_are_round() {
        for (amount, tick) in [(1, 1), (3, 5), (11, 20), (25_000, 50_000), (50_001, 100_000)] {
            assert_eq!(nice(amount), tick);
        }
        assert_eq!(decimal(-12_345_678), "-1234.5678");
    }

    #[test]
    fn labels_never_cover_each_other() {
        let step = fixture::timeline().timeline.steps[1].clone();
        let unit = Unit::named(None, "EUR");
        let mut lanes = [i64::MIN; LANES.len()];
        let shown: Vec<bool> =
            (0..6).map(|n| !label(&step, &unit, 200 + n, 300, &mut lanes).is_empty()).collect();
        assert_eq!(shown, [true, true, true, true, false, false]);
    }
}
