//! What the headings of a table mean: the names people give the columns, in English and in Chinese.
//!
//! A heading that means nothing here is a problem and no column to pass over, unless the asker says so: what is
//! passed over in silence makes J smaller.

use super::{
    Options,
    cells::{Cell, Row},
    number::narrow,
};
use crate::{
    diagnostic::{Problems, did_you_mean},
    id::Stage,
    money::Currency,
    rules::yaml::shorten,
};

/// A column and its names, the first of which messages use. Compared without case, spaces, `-`, `_` and `/`.
const NAMES: [(What, &[&str]); 7] = [
    (
        What::Market,
        &["market", "country", "place", "code", "iso", "目标市场", "市场", "国家", "地区", "国家地区"],
    ),
    (What::Weight, &["w", "weight", "weighting", "priority", "权重", "权数", "比重"]),
    (
        What::Stage(Stage::MarketSelection),
        &["c", "market-selection", "selection", "market entry", "市场选择", "市场选择成本", "选择成本"],
    ),
    (
        What::Stage(Stage::DataAdaptation),
        &["d", "data-adaptation", "data", "adaptation", "数据适配", "数据适配成本", "数据成本", "数据"],
    ),
    (
        What::Stage(Stage::Compliance),
        &[
            "l",
            "compliance",
            "legal",
            "law",
            "合规",
            "合规成本",
            "法律合规",
            "法律合规成本",
            "法律",
            "法律成本",
        ],
    ),
    (
        What::Stage(Stage::Culture),
        &["f", "culture", "cultural integration", "文化", "文化融合", "文化融合成本", "文化成本"],
    ),
    (
        What::Stage(Stage::Output),
        &["o", "output", "technology output", "输出", "输出成本", "技术输出", "技术输出成本", "产出"],
    ),
];

/// What stands in brackets behind a heading, and what one in its column then stands for.
const UNITS: [(&str, u32); 10] = [
    ("元", 1),
    ("人民币", 1),
    ("千元", 1_000),
    ("千", 1_000),
    ("thousand", 1_000),
    ("万元", 10_000),
    ("万", 10_000),
    ("million", 1_000_000),
    ("百万", 1_000_000),
    ("亿元", 100_000_000),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Market,
    Weight,
    Stage(Stage),
}

/// Which column is what.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    pub(super) market: usize,
    pub(super) weight: usize,
    /// In the order of the stages.
    stages: [usize; 5],
    ignored: Vec<usize>,
    /// What one in the table stands for.
    pub(super) unit: u32,
}

impl Columns {
    /// Reads the headings.
    pub(super) fn read(heading: &Row, options: &Options, problems: &mut Problems<'_>) -> Option<Self> {
        let mut found = Found { columns: Vec::new(), ignored: Vec::new(), unit: None };
        for (index, cell) in heading.cells.iter().enumerate().filter(|(_, cell)| !cell.is_blank()) {
            found.take(index, cell, heading, options, problems);
        }
        found.nothing_to_ignore(heading, options, problems);
        let missing: Vec<&str> = NAMES
            .iter()
            .filter(|(what, _)| found.index(*what).is_none())
            .map(|(_, names)| first(names))
            .collect();
        if !missing.is_empty() {
            let message = format!("no column {}", quoted(&missing));
            let help = "the first line has the headings `market,w,c,d,l,f,o`, in any order; a stage that costs \
                        nothing has a column of 0";
            problems.error_help(heading.span(), message, help);
            return None;
        }
        let stages = Stage::ALL.map(|stage| found.index(What::Stage(stage)).unwrap_or_default());
        Some(Self {
            market: found.index(What::Market)?,
            weight: found.index(What::Weight)?,
            stages,
            unit: options.unit.or(found.unit.map(|(unit, _)| unit)).unwrap_or(1),
            ignored: found.ignored,
        })
    }

    /// Where a stage's cost stands.
    pub(super) fn stage(&self, stage: Stage) -> usize {
        let at = Stage::ALL.iter().position(|known| *known == stage).unwrap_or_default();
        self.stages.get(at).copied().unwrap_or_default()
    }

    pub(super) fn knows(&self, index: usize) -> bool {
        index == self.market || index == self.weight || self.stages.contains(&index)
    }

    pub(super) fn is_ignored(&self, index: usize) -> bool {
        self.ignored.contains(&index)
    }
}

fn first<'n>(names: &[&'n str]) -> &'n str {
    names.first().copied().unwrap_or_default()
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

struct Found {
    columns: Vec<(What, usize)>,
    ignored: Vec<usize>,
    /// As the first heading that names one says, with where it stands.
    unit: Option<(u32, String)>,
}

impl Found {
    fn index(&self, wanted: What) -> Option<usize> {
        self.columns.iter().find(|(what, _)| *what == wanted).map(|(_, index)| *index)
    }

    fn take(
        &mut self,
        index: usize,
        cell: &Cell,
        heading: &Row,
        options: &Options,
        problems: &mut Problems<'_>,
    ) {
        let text = narrow(cell.text.trim());
        if options.ignore.iter().any(|ignored| folded(&narrow(ignored)) == folded(&text)) {
            self.ignored.push(index);
            return;
        }
        let place = heading.place(index);
        let (name, unit) = in_brackets(&text);
        let Some(what) = meaning(name) else {
            let message = format!("{place}: {} is no heading that is known here", cell.describe());
            let known = NAMES.iter().flat_map(|(_, names)| names.iter().copied()).collect::<Vec<_>>();
            let nearest = match crate::id::nearest(name, known.iter().copied()) {
                Some(_) => did_you_mean(name, known),
                None => format!("known are {};", quoted(&NAMES.map(|(_, names)| first(names)))),
            };
            let help = format!("{nearest} `--ignore {}` leaves the column out", shorten(cell.text.trim()));
            problems.error_help(cell.span, message, help);
            // So that its cells are not problems too.
            self.ignored.push(index);
            return;
        };
        if let Some(earlier) = self.index(what) {
            let message = format!("{place}: {} means what {} means", cell.describe(), heading.place(earlier));
            problems.error_help(cell.span, message, "keep one of the two columns");
            self.ignored.push(index);
            return;
        }
        self.columns.push((what, index));
        if let Some(unit) = unit {
            self.unit(unit, &place, cell, options, problems);
        }
    }

    /// A column that was to be left out and is not there is a slip: the one that was meant is still read.
    fn nothing_to_ignore(&self, heading: &Row, options: &Options, problems: &mut Problems<'_>) {
        let texts: Vec<String> = heading.cells.iter().map(|cell| narrow(cell.text.trim())).collect();
        for ignored in &options.ignore {
            if !texts.iter().any(|text| folded(text) == folded(&narrow(ignored))) {
                let help = did_you_mean(ignored, texts.iter().map(String::as_str));
                problems.error_help(
                    heading.span(),
                    format!("no heading `{}` to leave out", shorten(ignored)),
                    help,
                );
            }
        }
    }

    /// What stands in brackets is the table's unit or currency, and must be what is said elsewhere.
    fn unit(&mut self, said: &str, place: &str, cell: &Cell, options: &Options, problems: &mut Problems<'_>) {
        if let Ok(currency) = Currency::parse(&said.to_uppercase()) {
            if currency != options.currency {
                let message =
                    format!("{place}: the heading says {currency}, and --currency {}", options.currency);
                problems.error_help(cell.span, message, "say the same in both; a table has one currency");
            }
            return;
        }
        let Some((_, unit)) = UNITS.iter().find(|(name, _)| *name == said.to_lowercase()) else {
            let message = format!("{place}: `{said}` is no unit that is known here");
            let help =
                "take it out of the heading, and say with `--unit 10000` what one in the table stands for";
            problems.error_help(cell.span, message, help);
            return;
        };
        let other = match (&self.unit, options.unit) {
            (_, Some(given)) if given != *unit => Some(format!("--unit {given}")),
            (Some((first, at)), _) if first != unit => Some(format!("{first} in {at}")),
            _ => None,
        };
        if let Some(other) = other {
            let message = format!("{place}: the heading says {unit}, and {other}");
            problems.error_help(cell.span, message, "a table has one unit: say the same everywhere");
        }
        self.unit.get_or_insert_with(|| (*unit, place.to_owned()));
    }
}

fn meaning(name: &str) -> Option<What> {
    let wanted = folded(name);
    let found = NAMES.iter().find(|(_, names)| names.iter().any(|known| folded(known) == wanted));
    found.map(|(what, _)| *what)
}

fn folded(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '-' | '_' | '/')).collect()
}

/// `合规(万元)` is `合规`, and `万元` in brackets.
fn in_brackets(text: &str) -> (&str, Option<&str>) {
    let inside = text.strip_suffix(')').and_then(|text| text.split_once('('));
    inside.map_or((text, None), |(name, unit)| (name.trim(), Some(unit.trim())))
}
