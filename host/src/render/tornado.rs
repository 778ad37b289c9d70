//! What moves J most, as a picture: a bar for each input from J at its low end to J at its high one.
//!
//! Coordinates are whole pixels, computed from whole ten-thousandths. An input with an end at which J is not
//! known has no bar but says so.

use std::fmt::Write as _;

use super::{
    chart::{decimal, nice, short},
    escape::xml,
    number::Unit,
};
use crate::{
    money::{AMOUNT_SCALE, Exact},
    protocol::{SweepResponse, TornadoBar},
};

const WIDTH: i64 = 960;
const LEFT: i64 = 380;
const RIGHT: i64 = 900;
const TOP: i64 = 76;
const ROW: i64 = 26;
const BAR: i64 = 16;
const FOOT: i64 = 52;
/// Most characters of a name.
const NAME: usize = 56;

const STYLE: &str = "text{font-family:system-ui,sans-serif;font-size:11px;fill:#334155}\
                     .title{font-size:16px;font-weight:600;fill:#0f172a}.grid{stroke:#e2e8f0}\
                     .likely{stroke:#0f172a;stroke-width:1.5}.low{fill:#0e7490}.high{fill:#b45309}\
                     .unknown{fill:#b91c1c}";

/// How a bar's input is called: its path, or `br compliance br.dpo: label`.
pub(super) fn name(bar: &TornadoBar) -> String {
    let Some(rule) = &bar.rule else { return bar.input.clone() };
    let place = bar.market.as_deref().unwrap_or("shared");
    let stage = bar.stage.map(|stage| format!(" {stage}")).unwrap_or_default();
    format!("{place}{stage} {rule}: {}", bar.input)
}

/// The chart, 960 wide and as high as its bars.
#[must_use]
pub fn sweep_svg(response: &SweepResponse) -> String {
    let sweep = &response.sweep;
    let unit = Unit::named(sweep.report.as_ref(), &sweep.currency);
    let rows = i64::try_from(sweep.tornado.len()).unwrap_or(0);
    let (bottom, height) = (TOP + rows * ROW, TOP + rows * ROW + FOOT);
    let likely = sweep.likely.as_ref().and_then(|likely| amount(&likely.likely));
    let scale = Scale::of(&sweep.tornado, likely);
    let title = sweep.title.as_deref().unwrap_or("What moves J most");
    let about = format!("J ({}) with one input at its low and its high end, all else likely", unit.label);
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\">\n<title>{}</title>\n<desc>{}</desc>\n<style>{STYLE}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text class=\"title\" x=\"24\" y=\"30\">{}</text>\n<text x=\"24\" y=\"50\">{}</text>",
        xml(&format!("{title}: what moves J most")),
        xml(&about),
        xml(&short(title, 90)),
        xml(&about),
    );
    svg.push_str(&ticks(&scale, &unit, bottom));
    for (row, bar) in (0..).zip(&sweep.tornado) {
        svg.push_str(&drawn(bar, &scale, likely, &unit, TOP + row * ROW));
    }
    if let Some(likely) = likely {
        let x = scale.x(likely);
        let said = unit.cell(&decimal(likely));
        let _ = writeln!(
            svg,
            "<line class=\"likely\" x1=\"{x}\" y1=\"{}\" x2=\"{x}\" y2=\"{bottom}\"/>\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">likely {}</text>",
            TOP - 4,
            TOP - 8,
            xml(&said)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn amount(text: &str) -> Option<i128> {
    Exact::parse(text, 4).ok()?.round(AMOUNT_SCALE).ok().map(i128::from)
}

fn ends(bar: &TornadoBar) -> Option<(i128, i128)> {
    Some((amount(bar.j_at_low.as_ref()?)?, amount(bar.j_at_high.as_ref()?)?))
}

/// Where amounts lie.
struct Scale {
    low: i128,
    high: i128,
    tick: i128,
}

impl Scale {
    fn of(bars: &[TornadoBar], likely: Option<i128>) -> Self {
        let ends = bars.iter().filter_map(ends).flat_map(|(low, high)| [low, high]).chain(likely);
        let all: Vec<i128> = ends.collect();
        let least = all.iter().copied().min().unwrap_or(0);
        let most = all.iter().copied().max().unwrap_or(0);
        let tick = nice((most - least).max(i128::from(AMOUNT_SCALE)) / 5);
        Self { low: least.div_euclid(tick) * tick, high: (most.div_euclid(tick) + 1) * tick, tick }
    }

    fn x(&self, amount: i128) -> i64 {
        let along = (amount - self.low) * i128::from(RIGHT - LEFT) / (self.high - self.low).max(1);
        LEFT + i64::try_from(along).unwrap_or(0)
    }
}

fn ticks(scale: &Scale, unit: &Unit, bottom: i64) -> String {
    let mut text = String::new();
    let mut amount = scale.low;
    while amount <= scale.high {
        let (x, said) = (scale.x(amount), unit.cell(&decimal(amount)));
        let _ = writeln!(
            text,
            "<line class=\"grid\" x1=\"{x}\" y1=\"{TOP}\" x2=\"{x}\" y2=\"{bottom}\"/>\
             <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            bottom + 18,
            xml(&said)
        );
        amount += scale.tick;
    }
    let _ = writeln!(
        text,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">J ({})</text>",
        (LEFT + RIGHT) / 2,
        bottom + 38,
        xml(&unit.label)
    );
    text
}

fn drawn(bar: &TornadoBar, scale: &Scale, likely: Option<i128>, unit: &Unit, top: i64) -> String {
    let name = name(bar);
    let said = |end: &Option<String>| end.as_ref().map_or_else(|| "not complete".to_owned(), |j| unit.say(j));
    let told = format!(
        "{name}\nat {}: J {}\nat {}: J {}",
        bar.low,
        said(&bar.j_at_low),
        bar.high,
        said(&bar.j_at_high)
    );
    let mut text = format!(
        "<g class=\"bar\"><title>{}</title>\n<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
        xml(&told),
        LEFT - 10,
        top + BAR,
        xml(&short(&name, NAME))
    );
    match (ends(bar), likely) {
        (Some((low, high)), Some(likely)) => {
            for (class, end) in [("low", low), ("high", high)] {
                let (from, to) = (scale.x(end.min(likely)), scale.x(end.max(likely)));
                let _ = writeln!(
                    text,
                    "<rect class=\"{class}\" x=\"{from}\" y=\"{}\" width=\"{}\" height=\"{BAR}\"/>",
                    top + 4,
                    (to - from).max(i64::from(from != to))
                );
            }
        }
        _ => {
            let _ = writeln!(
                text,
                "<text class=\"unknown\" x=\"{}\" y=\"{}\">no J at one end</text>",
                LEFT + 4,
                top + BAR
            );
        }
    }
    text.push_str("</g>\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fixture, render::chart::tests::well_formed};

    #[test]
    fn a_bar_each_and_none_where_j_is_not_known() {
        let svg = sweep_svg(&fixture::sweep());
        well_formed(&svg);
        assert_eq!(svg.matches("<g class=\"bar\">").count(), 3);
        assert_eq!(svg.matches("<rect class=\"high\"").count(), 2);
        assert_eq!(svg.matches("no J at one end").count(), 1);
        assert!(svg.contains("de compliance eu.dpo: officer &lt;b&gt;"), "{svg}");
        assert!(!svg.contains("<b>") && !svg.contains("href"), "{svg}");
    }

    #[test]
    fn bars_lie_within_the_picture() {
        let response = fixture::sweep();
        let likely = Some(100_0000);
        let scale = Scale::of(&response.sweep.tornado, likely);
        for (low, high) in response.sweep.tornado.iter().filter_map(ends) {
            for end in [low, high] {
                assert!((LEFT..=RIGHT).contains(&scale.x(end)), "{end}");
            }
        }
    }
}
