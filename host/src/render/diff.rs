//! What two answers differ in, for a terminal and as Markdown for a pull request.
//!
//! Renders what `diff` found; finds nothing out. Differences keep every digit.

use super::{
    count,
    escape::{markdown as safe, terminal},
    notes::with_cites,
    number::{NONE, Unit, full, sum},
    tree::Tree,
};
use crate::protocol::{
    Cause, CauseKind, Changed, Comparison, Delta, Diff, Event, FileDiff, LineDiff, MarketDiff, Matter,
    PenaltyDiff, Presence, SharedDiff, Side, Spread, StageDelta, Word,
};

/// Most words of one file shown to people; the rest is counted.
const MOST_WORDS: usize = 40;

/// For a terminal.
#[must_use]
pub fn diff(comparison: &Comparison) -> String {
    let rules = comparison.rules.iter().map(|file| file_tree(file).draw());
    let strategies = comparison.strategies.iter().map(strategy);
    rules.chain(strategies).collect::<Vec<_>>().join("\n")
}

/// What `dev` shows of one event.
#[must_use]
pub fn event(event: &Event) -> String {
    match event {
        Event::Answer { strategy, currency, status, objective, generation } => {
            let said = match objective {
                Some(objective) => Unit::named(None, currency).say(&objective.likely),
                None => format!("{NONE} ({})", status.as_str()),
            };
            let strategy = terminal(strategy);
            format!("{strategy}: J {said}, generation {}\n\n", super::short(generation))
        }
        Event::Problems { problems } => format!("{}\n", count(problems.len(), "problem")),
        Event::Built(plugin) => super::rebuilt(plugin),
        Event::BuildFailed(failed) => format!("{} cannot be built\n\n", terminal(&failed.folder)),
        Event::Diff { rules, diff } => {
            let files: Vec<String> = rules.iter().map(|file| file_tree(file).draw()).collect();
            format!("{}{}\n", files.concat(), strategy(diff))
        }
    }
}

/// For a comment in a review: what changed in money first, everything else folded.
#[must_use]
pub fn diff_markdown(comparison: &Comparison) -> String {
    let strategies: Vec<String> = comparison.strategies.iter().map(strategy_markdown).collect();
    let mut text = strategies.join("\n");
    if !comparison.rules.is_empty() {
        let lists: String = comparison.rules.iter().map(|file| file_tree(file).list(0)).collect();
        text.push_str(&folded(&count(comparison.rules.len(), "rule file"), "changed", &lists));
    }
    text
}

fn strategy(diff: &Diff) -> String {
    let title = terminal(diff.title.as_deref().unwrap_or(&diff.after.strategy));
    let mut text = format!("{}{title}{:#}\n", super::BOLD, super::BOLD);
    let heads = headline(diff).into_iter().map(|[name, said]| format!("  {name:<8} {}\n", terminal(&said)));
    text.extend(heads);
    text.push_str(&format!("  {:<8} {}\n", "before", terminal(&side(&diff.before))));
    text.push_str(&format!("  {:<8} {}\n", "after", terminal(&side(&diff.after))));
    for tree in trees(diff) {
        text.push('\n');
        text.push_str(&tree.draw());
    }
    if !diff.unchanged.is_empty() && diff.changed {
        text.push_str(&format!("\nunchanged: {}\n", terminal(&diff.unchanged.join(", "))));
    }
    text
}

/// What was asked otherwise, then what is shared, then each market.
fn trees(diff: &Diff) -> Vec<Tree> {
    let mut trees = Vec::new();
    if !diff.question.is_empty() {
        let mut asked = Tree::new("asked otherwise");
        asked.children.extend(diff.question.iter().map(word));
        trees.push(asked);
    }
    trees.extend(diff.shared.iter().map(|found| shared(found, diff)));
    trees.extend(diff.markets.iter().map(|found| market(found, diff)));
    trees
}

/// J, spend and whether they can be relied on, in rows of name and what is said.
fn headline(diff: &Diff) -> Vec<[String; 2]> {
    let unit = Unit::named(diff.report.as_ref(), &diff.currency);
    let mut rows = Vec::new();
    let mut row = |name: &str, said: String| rows.push([name.to_owned(), said]);
    if let Some(why) = &diff.incomparable {
        row("J", format!("no difference: {why}"));
    }
    if !diff.changed {
        row("J", format!("unchanged: {}", amount(diff.objective.after.as_ref(), &unit)));
        return rows;
    }
    if diff.incomparable.is_none() {
        row("ΔJ", money(&diff.objective, diff));
        rows.extend(ranges(&diff.objective, diff));
    }
    if let Some(partial) = &diff.partial {
        let counted = |names: &Option<Vec<String>>| match names.as_deref() {
            None | Some([]) => "no market".to_owned(),
            Some(names) => names.join(", "),
        };
        let of = format!("{} → {}", counted(&partial.markets.before), counted(&partial.markets.after));
        let said = format!("{} (not J: what could be computed, of {of})", money(&partial.weighted, diff));
        rows.push(["Δpartial".to_owned(), said]);
    } else if diff.incomparable.is_none() {
        rows.push(["Δspend".to_owned(), format!("{} (without weights)", money(&diff.spend, diff))]);
    }
    let status =
        |status: Option<crate::protocol::Status>| status.map_or(NONE, crate::protocol::Status::as_str);
    let (before, after) = (status(diff.status.before), status(diff.status.after));
    if before != after {
        rows.push(["status".to_owned(), format!("{before} → {after}")]);
    } else if after != "complete" {
        rows.push(["status".to_owned(), format!("{after}, before and after")]);
    }
    rows
}

fn amount(spread: Option<&Spread>, unit: &Unit) -> String {
    spread.map_or_else(|| NONE.to_owned(), |spread| unit.say(&spread.likely))
}

/// `+1,234.00 EUR (10,000.00 EUR → 11,234.00 EUR)`.
fn money(delta: &Delta, diff: &Diff) -> String {
    let unit = Unit::named(diff.report.as_ref(), &diff.currency);
    let sides = format!("{} → {}", amount(delta.before.as_ref(), &unit), amount(delta.after.as_ref(), &unit));
    match &delta.delta {
        Some(spread) => format!("{} ({sides})", signed(&spread.likely, |text| exactly(text, diff))),
        None => format!("not known ({sides})"),
    }
}

fn ranges(delta: &Delta, diff: &Diff) -> Option<[String; 2]> {
    let spread = delta.delta.as_ref()?;
    (spread.low != spread.high).then(|| {
        let say = |text: &str| signed(text, |text| exactly(text, diff));
        let said = format!("{} – {} (all low – all high)", say(&spread.low), say(&spread.high));
        [String::new(), said]
    })
}

/// In the unit asked for where that keeps every digit, else in the currency: a small difference is none that
/// may be rounded away.
fn exactly(amount: &str, diff: &Diff) -> String {
    let unit = Unit::named(diff.report.as_ref(), &diff.currency);
    let said = unit.say(amount);
    if unit.has_rounded() { format!("{} {}", full(amount), diff.currency) } else { said }
}

/// With a plus where it is one.
fn signed(amount: &str, say: impl Fn(&str) -> String) -> String {
    match amount.starts_with('-') || amount.trim_matches(['0', '.']).is_empty() {
        true => say(amount),
        false => format!("+{}", say(amount)),
    }
}

fn side(side: &Side) -> String {
    let number = match side.number {
        0 => "unpublished".to_owned(),
        number => format!("generation {number}"),
    };
    let asked = if side.name == side.strategy { String::new() } else { format!(", {}", side.strategy) };
    format!("{}{asked}, {number} ({})", side.name, super::short(&side.generation))
}

/// `+1,234.00 EUR`, or the two sides where there is no difference to say.
fn change(delta: &Delta, currency: &str) -> String {
    let one = |spread: Option<&Spread>| spread.map_or_else(|| NONE.to_owned(), |spread| full(&spread.likely));
    match &delta.delta {
        Some(spread) => {
            let range = if spread.low == spread.likely && spread.high == spread.likely {
                String::new()
            } else {
                format!(" ({} – {})", signed(&spread.low, full), signed(&spread.high, full))
            };
            format!("{} {currency}{range}", signed(&spread.likely, full))
        }
        None => {
            format!("not known ({} → {} {currency})", one(delta.before.as_ref()), one(delta.after.as_ref()))
        }
    }
}

fn market(market: &MarketDiff, diff: &Diff) -> Tree {
    let currency = &diff.currency;
    let mark = mark(market.presence);
    let mut tree =
        Tree::new(format!("{mark}{} {}: {}", market.id, market.title, change(&market.weighted, currency)));
    if market.total.delta != market.weighted.delta {
        tree.note("total", format!("{} without the weight", change(&market.total, currency)));
    }
    if let Some(weight) = flip(&market.weight).filter(|_| market.presence == Presence::Changed) {
        tree.note("weight", weight);
    }
    let status = Changed {
        before: market.status.before.map(|status| status.as_str().to_owned()),
        after: market.status.after.map(|status| status.as_str().to_owned()),
    };
    if let Some(status) = flip(&status).filter(|_| market.presence == Presence::Changed) {
        tree.note("status", status);
    }
    for found in &market.choices {
        let how = if found.open { "open" } else { "pinned" };
        let (before, after) = (found.before.as_deref(), found.after.as_deref());
        let said = format!("{} → {}", before.unwrap_or("undecided"), after.unwrap_or("undecided"));
        tree.note("choice", format!("{}: {said} ({how})", found.choice));
    }
    tree.children.extend(stages(market, currency));
    tree.children.extend(market.penalties.iter().map(|found| penalty(found, currency)));
    tree.children.extend(market.appeared.iter().map(|found| matter("now", found)));
    tree.children.extend(market.vanished.iter().map(|found| matter("no longer", found)));
    tree
}

fn stages(market: &MarketDiff, currency: &str) -> Vec<Tree> {
    let nothing = StageDelta::default();
    let names: std::collections::BTreeSet<_> =
        market.stages.keys().copied().chain(market.lines.iter().map(|line| line.stage)).collect();
    let stage = |name: crate::id::Stage| {
        let delta = market.stages.get(&name).unwrap_or(&nothing);
        let mut tree = Tree::new(format!("{name}: {}", change(&delta.weighted, currency)));
        let lines: Vec<&LineDiff> = market.lines.iter().filter(|line| line.stage == name).collect();
        tree.children.extend(line_trees(&lines, currency));
        tree
    };
    names.into_iter().map(stage).collect()
}

/// Each line by itself, but those that something about the whole market changed, and nothing else: they would
/// all say the same.
fn line_trees(lines: &[&LineDiff], currency: &str) -> Vec<Tree> {
    const FEWEST: usize = 3;
    let mut trees = Vec::new();
    let mut alike: Vec<(&[Cause], Vec<&LineDiff>)> = Vec::new();
    for found in lines {
        let causes = found.causes.as_slice();
        match alike.iter_mut().find(|(known, _)| *known == causes) {
            _ if causes.is_empty() || !causes.iter().all(is_of_the_market) => {
                trees.push(line(found, currency))
            }
            Some((_, same)) => same.push(found),
            None => alike.push((causes, vec![found])),
        }
    }
    for (causes, same) in alike {
        match same.len() {
            n if n < FEWEST => trees.extend(same.iter().map(|found| line(found, currency))),
            n => trees.push(summary(n, causes, &same, currency)),
        }
    }
    trees
}

const fn is_of_the_market(cause: &Cause) -> bool {
    matches!(cause.kind, CauseKind::Market | CauseKind::Weight | CauseKind::Fx | CauseKind::Horizon)
}

fn summary(many: usize, causes: &[Cause], lines: &[&LineDiff], currency: &str) -> Tree {
    let deltas = || lines.iter().map(|line| line.weighted.delta.as_ref());
    let total = deltas()
        .collect::<Option<Vec<_>>>()
        .and_then(|deltas| sum(deltas.into_iter().map(|delta| delta.likely.as_str())));
    let said = total.map_or_else(|| NONE.to_owned(), |total| format!("{} {currency}", signed(&total, full)));
    let mut tree = Tree::new(format!("{}: {said}", count(many, "line")));
    for cause in causes {
        tree.note("because", because(cause));
    }
    tree
}

fn shared(shared: &SharedDiff, diff: &Diff) -> Tree {
    let mark = mark(shared.presence);
    let delta = change(&shared.weighted, &diff.currency);
    let mut tree = Tree::new(format!("{mark}shared {} {}: {delta}", shared.obligation, shared.title));
    let members = Changed {
        before: shared.members.before.as_ref().map(|names| names.join(", ")),
        after: shared.members.after.as_ref().map(|names| names.join(", ")),
    };
    if let Some(members) = flip(&members) {
        tree.note("markets", members);
    }
    if let Some(weight) = flip(&shared.weight) {
        tree.note("weight", weight);
    }
    let lines: Vec<&LineDiff> = shared.lines.iter().collect();
    tree.children.extend(line_trees(&lines, &diff.currency));
    tree
}

const fn mark(presence: Presence) -> &'static str {
    match presence {
        Presence::Added => "+ ",
        Presence::Removed => "- ",
        Presence::Changed => "",
    }
}

fn flip(changed: &Changed<String>) -> Option<String> {
    let side = |value: &Option<String>| value.clone().unwrap_or_else(|| NONE.to_owned());
    (changed.before != changed.after).then(|| format!("{} → {}", side(&changed.before), side(&changed.after)))
}

fn line(line: &LineDiff, currency: &str) -> Tree {
    let name = line_name(line);
    let mut tree = Tree::new(format!("{}{name}: {}", mark(line.presence), change(&line.weighted, currency)));
    if line.presence == Presence::Changed {
        let one =
            |spread: &Option<Spread>| spread.as_ref().map_or_else(|| NONE.to_owned(), |s| full(&s.likely));
        let (before, after) = (one(&line.weighted.before), one(&line.weighted.after));
        tree.note("was", format!("{before} → {after} {currency}"));
    }
    if let (Some(before), Some(after)) = (line.undetermined.before, line.undetermined.after)
        && before != after
    {
        let said = if after { "undetermined now: in high alone" } else { "no longer undetermined" };
        tree.note("status", said);
    }
    tree.note("rule", with_cites(&line.at, &line.cites));
    for cause in &line.causes {
        // What stands where the line's rule stands has been said.
        let (at, cites) = match cause.at == Some(line.at.clone()) {
            true => (None, Vec::new()),
            false => (cause.at.clone(), cause.cites.clone()),
        };
        tree.note("because", because(&Cause { at, cites, ..cause.clone() }));
    }
    tree
}

fn line_name(line: &LineDiff) -> String {
    match (&line.obligation, &line.title) {
        (Some(id), Some(title)) => format!("{id} {title}: {}", line.label),
        (Some(id), None) => format!("{id}: {}", line.label),
        (None, _) => format!("{}: {}", line.plugin, line.label),
    }
}

/// `param.fine_rate: 2% → 4% (br.yaml:61:14) [lgpd#art-52-II]`.
fn because(cause: &Cause) -> String {
    let value = |value: &Option<String>| match value {
        Some(digest) if digest.starts_with("blake3:") => super::short(digest),
        Some(value) => value.clone(),
        None => NONE.to_owned(),
    };
    let (before, after) = (value(&cause.before), value(&cause.after));
    let said = match (cause.kind, &cause.before, &cause.after) {
        (CauseKind::Market, _, None) => "the market is not asked about any more".to_owned(),
        (CauseKind::Market, ..) => "the market was not asked about before".to_owned(),
        (CauseKind::Plugin, ..) => format!("plugin {}: {before} → {after}", cause.name),
        (_, None, None) => cause.name.clone(),
        _ => format!("{}: {before} → {after}", cause.name),
    };
    match &cause.at {
        Some(at) => with_cites(&format!("{said} ({at})"), &cause.cites),
        None => with_cites(&said, &cause.cites),
    }
}

fn penalty(penalty: &PenaltyDiff, currency: &str) -> Tree {
    let one = |maximum: &Option<String>| maximum.as_deref().map_or_else(|| NONE.to_owned(), full);
    let (before, after) = (one(&penalty.before), one(&penalty.after));
    let mark = mark(penalty.presence);
    let mut tree =
        Tree::new(format!("{mark}penalty {}: {before} → {after} {currency} (never in J)", penalty.id));
    tree.note("rule", with_cites(&penalty.at, &penalty.cites));
    tree
}

fn matter(when: &str, matter: &Matter) -> Tree {
    let kind = matter.kind.replace('_', " ");
    let mut tree = Tree::new(format!("{when} {kind} {}: {}", matter.id, matter.text).replace(" : ", ": "));
    if let Some(at) = &matter.at {
        tree.note("rule", with_cites(at, &matter.cites));
    }
    tree
}

fn word(word: &Word) -> Tree {
    let at = word.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| NONE.to_owned());
    Tree::new(format!("{}: {} → {}{at}", word.path, value(&word.before), value(&word.after)))
}

fn file_tree(file: &FileDiff) -> Tree {
    let said = match (file.presence, file.words.len()) {
        (Presence::Added, _) => "is new".to_owned(),
        (Presence::Removed, _) => "is gone".to_owned(),
        (Presence::Changed, 0) => "says the same in another layout".to_owned(),
        (Presence::Changed, n) => count(n, "change"),
    };
    let mut tree = Tree::new(format!("{}{}: {said}", mark(file.presence), file.file));
    tree.children.extend(file.words.iter().take(MOST_WORDS).map(word));
    if file.words.len() > MOST_WORDS {
        tree.children.push(Tree::new(format!("and {} more", file.words.len() - MOST_WORDS)));
    }
    tree
}

fn strategy_markdown(diff: &Diff) -> String {
    let title = safe(diff.title.as_deref().unwrap_or(&diff.after.strategy));
    let rows = headline(diff);
    let mut rows = rows.iter();
    let mut text = match rows.next() {
        Some([name, said]) => format!("### {} {} · {title}\n\n", safe(name), safe(said)),
        None => format!("### {title}\n\n"),
    };
    for [name, said] in rows {
        text.push_str(&format!("- {}\n", safe(format!("{name} {said}").trim())));
    }
    let table = table(diff);
    if !table.is_empty() {
        text.push_str(&format!("\n{table}"));
    }
    text.push_str(&details(diff));
    text.push_str(&format!("\n{}  \n{}\n", safe(&side(&diff.before)), safe(&side(&diff.after))));
    text
}

/// Differences by market and stage.
fn table(diff: &Diff) -> String {
    let one = |spread: &Option<Spread>| spread.as_ref().map_or_else(|| NONE.to_owned(), |s| full(&s.likely));
    let mut rows = String::new();
    let mut row = |name: &str, stage: &str, delta: &Delta, bold: &str| {
        let likely =
            delta.delta.as_ref().map_or_else(|| NONE.to_owned(), |spread| signed(&spread.likely, full));
        let (before, after) = (safe(&one(&delta.before)), safe(&one(&delta.after)));
        let (name, likely) = (safe(name), safe(&likely));
        rows.push_str(&format!(
            "| {bold}{name}{bold} | {stage} | {before} | {after} | {bold}{likely}{bold} |\n"
        ));
    };
    for shared in &diff.shared {
        row(&format!("shared {}", shared.obligation), "", &shared.weighted, "**");
    }
    for market in &diff.markets {
        row(&format!("{}{} {}", mark(market.presence), market.id, market.title), "", &market.weighted, "**");
        for (stage, delta) in &market.stages {
            row("", stage.as_str(), &delta.weighted, "");
        }
    }
    if rows.is_empty() {
        return rows;
    }
    let currency = safe(&diff.currency);
    format!(
        "| market | stage | before | after | Δ {currency}, weighted |\n| --- | --- | ---: | ---: | ---: |\n{rows}"
    )
}

/// What only who wants to know unfolds.
fn details(diff: &Diff) -> String {
    let mut text = String::new();
    let lines = diff.shared.iter().map(|shared| shared.lines.len()).sum::<usize>()
        + diff.markets.iter().map(|market| market.lines.len()).sum::<usize>();
    let lists: String = trees(diff).iter().map(|tree| tree.list(0)).collect();
    if !lists.is_empty() {
        text.push_str(&folded(&count(lines, "line"), "changed, and why", &lists));
    }
    text
}

fn folded(how_many: &str, what: &str, body: &str) -> String {
    format!("\n<details><summary>{how_many} {what}</summary>\n\n{body}\n</details>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diff::{Named, compare},
        fixture,
        id::Stage,
        protocol::{Ground, Origin, QueryResponse, Status},
    };

    fn compared(before: &QueryResponse, after: &QueryResponse) -> Comparison {
        let named = |name, response| Named { name, strategy: "s.yaml", response };
        let word = Word {
            path: "markets.br.us`er`s".into(),
            before: Some("2,500,000".into()),
            after: None,
            at: Some("s.yaml:9:3".into()),
        };
        let diff = compare(named("old", before), named("new", after), vec![word.clone()]).unwrap();
        let file = FileDiff { file: "br.yaml".into(), presence: Presence::Changed, words: vec![word] };
        Comparison { changed: diff.changed, rules: vec![file], strategies: vec![diff] }
    }

    /// Of the seed three markets with one stage each: China weighs more, India is gone, and a param made Britain
    /// dearer.
    fn other_seed() -> (QueryResponse, QueryResponse) {
        let (mut before, mut after) = (fixture::seed(), fixture::seed());
        let kept = [("cn", Stage::Culture), ("gb", Stage::Compliance), ("in", Stage::Output)];
        let weights = [("2", "1 GBP", "700000", "1250000.0000"), ("4", "2 GBP", "1400000", "1250000.5000")];
        for (answer, (weight, fee, cn, gb)) in
            [&mut before.answer, &mut after.answer].into_iter().zip(weights)
        {
            answer.markets.retain(|market| kept.iter().any(|(id, _)| *id == market.id));
            for (market, (_, stage)) in answer.markets.iter_mut().zip(kept) {
                market.stages.retain(|name, _| *name == stage);
                let stage = market.stages.get_mut(&stage).unwrap();
                let weighted = match market.id.as_str() {
                    "cn" => fixture::amount(cn),
                    "gb" => Spread { low: gb.into(), likely: gb.into(), high: gb.into() },
                    _ => stage.weighted.clone().unwrap(),
                };
                stage.lines[0].weighted = weighted.clone();
                stage.weighted = Some(weighted.clone());
                market.weighted = Some(weighted);
                market.total = stage.total.clone();
            }
            answer.markets[0].weight = weight.into();
            let cites = vec!["act#1".into()];
            let at = Some("gb.yaml:5:3".into());
            let ground = Ground { value: fee.into(), source: Origin::Rule, at, cites };
            let gb = &mut answer.markets[1];
            gb.grounds.insert("param.fee".into(), ground);
            gb.stages.get_mut(&Stage::Compliance).unwrap().lines[0].used.push("param.fee".into());
        }
        after.answer.markets.retain(|market| market.id != "in");
        before.answer.objective = Some(fixture::amount("4150000"));
        let sum = "2650000.5000".to_owned();
        after.answer.objective = Some(Spread { low: sum.clone(), likely: sum.clone(), high: sum });
        after.answer.spend = Some(fixture::amount("11100000"));
        (before, after)
    }

    #[test]
    fn a_change_on_a_terminal() {
        let (before, after) = other_seed();
        let text = diff(&compared(&before, &after));
        insta::assert_snapshot!(anstream::adapter::strip_str(&text), @r#"
br.yaml: 1 change
└─ markets.br.us`er`s: 2,500,000 → — (s.yaml:9:3)

The five markets of the article
  ΔJ       -1,499,999.50 CNY (415.00 万元 → 265.00 万元)
  Δspend   -55.00 万元 (1,165.00 万元 → 1,110.00 万元) (without weights)
  before   old, s.yaml, generation 7 (aaaaaaaaaaaa)
  after    new, s.yaml, generation 7 (aaaaaaaaaaaa)

asked otherwise
└─ markets.br.us`er`s: 2,500,000 → — (s.yaml:9:3)

cn China: +700,000.00 CNY
│  total     0.00 CNY without the weight
│  weight    2 → 4
└─ culture: +700,000.00 CNY
   └─ fixed-cost: fixed: +700,000.00 CNY
         was       700,000.00 → 1,400,000.00 CNY
         rule      seed.yaml:9:3
         because   markets.cn.weight: 2 → 4

gb United Kingdom: +0.50 CNY
│  total     0.00 CNY without the weight
└─ compliance: +0.50 CNY
   └─ fixed-cost: fixed: +0.50 CNY
         was       1,250,000.00 → 1,250,000.50 CNY
         rule      seed.yaml:9:3
         because   param.fee: 1 GBP → 2 GBP (gb.yaml:5:3) [act#1]

- in India: -2,200,000.00 CNY
│  total     -550,000.00 CNY without the weight
└─ output: -2,200,000.00 CNY
   └─ - fixed-cost: fixed: -2,200,000.00 CNY
         rule      seed.yaml:9:3
         because   the market is not asked about any more
"#);
    }

    #[test]
    fn a_change_in_a_review() {
        let (before, after) = other_seed();
        insta::assert_snapshot!(diff_markdown(&compared(&before, &after)), @r#"
### ΔJ -1,499,999.50 CNY (415.00 万元 → 265.00 万元) · The five markets of the article

- Δspend -55.00 万元 (1,165.00 万元 → 1,110.00 万元) (without weights)

| market | stage | before | after | Δ CNY, weighted |
| --- | --- | ---: | ---: | ---: |
| **cn China** |  | 700,000.00 | 1,400,000.00 | **+700,000.00** |
|  | culture | 700,000.00 | 1,400,000.00 | +700,000.00 |
| **gb United Kingdom** |  | 1,250,000.00 | 1,250,000.50 | **+0.50** |
|  | compliance | 1,250,000.00 | 1,250,000.50 | +0.50 |
| **- in India** |  | 2,200,000.00 | — | **-2,200,000.00** |
|  | output | 2,200,000.00 | — | -2,200,000.00 |

<details><summary>3 lines changed, and why</summary>

- asked otherwise
  - markets.br.us\`er\`s: 2,500,000 → — (s.yaml:9:3)
- cn China: +700,000.00 CNY
  - total: 0.00 CNY without the weight
  - weight: 2 → 4
  - culture: +700,000.00 CNY
    - fixed-cost: fixed: +700,000.00 CNY
      - was: 700,000.00 → 1,400,000.00 CNY
      - rule: seed.yaml:9:3
      - because: markets.cn.weight: 2 → 4
- gb United Kingdom: +0.50 CNY
  - total: 0.00 CNY without the weight
  - compliance: +0.50 CNY
    - fixed-cost: fixed: +0.50 CNY
      - was: 1,250,000.00 → 1,250,000.50 CNY
      - rule: seed.yaml:9:3
      - because: param.fee: 1 GBP → 2 GBP (gb.yaml:5:3) \[act\#1\]
- \- in India: -2,200,000.00 CNY
  - total: -550,000.00 CNY without the weight
  - output: -2,200,000.00 CNY
    - \- fixed-cost: fixed: -2,200,000.00 CNY
      - rule: seed.yaml:9:3
      - because: the market is not asked about any more

</details>

old, s.yaml, generation 7 (aaaaaaaaaaaa)  
new, s.yaml, generation 7 (aaaaaaaaaaaa)

<details><summary>1 rule file changed</summary>

- br.yaml: 1 change
  - markets.br.us\`er\`s: 2,500,000 → — (s.yaml:9:3)

</details>
"#);
    }

    #[test]
    fn what_cannot_be_compared_is_said_first() {
        let mut before = fixture::troubled();
        before.answer.markets[0].gaps.clear();
        before.answer.markets[0].status = Status::Blocked;
        let text = diff(&compared(&before, &fixture::troubled()));
        insta::assert_snapshot!(anstream::adapter::strip_str(&text), @r#"
br.yaml: 1 change
└─ markets.br.us`er`s: 2,500,000 → — (s.yaml:9:3)

Assistant for Brazil and Germany
  ΔJ       not known (— → —)
  Δpartial 0.00 EUR (72,000.00 EUR → 72,000.00 EUR) (not J: what could be computed, of br → br)
  status   incomplete, before and after
  before   old, s.yaml, generation 7 (aaaaaaaaaaaa)
  after    new, s.yaml, generation 7 (aaaaaaaaaaaa)

asked otherwise
└─ markets.br.us`er`s: 2,500,000 → — (s.yaml:9:3)

br Brazil: not known (— → — EUR)
│  status    blocked → incomplete
└─ now gap br.legitimate_interest: balancing test is case by case
      rule      br.yaml:70:3 [lgpd#art-10]

unchanged: de
"#);
        let text = diff(&compared(&fixture::seed(), &fixture::troubled()));
        assert!(
            text.contains("J        no difference: amounts are in CNY before and in EUR after"),
            "{text}"
        );
        let text = diff(&compared(&fixture::seed(), &fixture::seed()));
        assert!(text.contains("unchanged: 3,400.00 万元"), "{text}");
    }
}
