//! Why a number is what it is: markets, stages, lines, and what each rests on.
//!
//! Renders what `evaluate` returned; finds nothing out. Amounts keep every digit here.

use super::{
    notes::{next_best, with_cites},
    number::{NONE, full, full_spread},
    tree::Tree,
};
use crate::{
    id::Stage,
    protocol::{
        Answer, Basis, Because, Block, Cadence, Choice, Fx, Gap, Ground, Line, Market, NotTriggered, Penalty,
        QueryResponse, Shared, Span, StageAnswer, Undetermined,
    },
};

/// The tree of reasons, for a terminal.
#[must_use]
pub fn explain(response: &QueryResponse) -> String {
    let trees: Vec<String> = trees(&response.answer).iter().map(Tree::draw).collect();
    format!("{}\n{}\n", trees.join("\n"), served(response))
}

/// The same as a Markdown list.
#[must_use]
pub fn explain_markdown(response: &QueryResponse) -> String {
    let lists: String = trees(&response.answer).iter().map(|tree| tree.list(0)).collect();
    format!("{lists}\n{}\n", served(response))
}

fn trees(answer: &Answer) -> Vec<Tree> {
    let markets = answer.markets.iter().map(|found| market(found, answer));
    markets.chain(answer.shared.iter().map(|row| shared(row, answer))).collect()
}

/// What several markets pay once, with the reasons of one of them.
fn shared(row: &Shared, answer: &Answer) -> Tree {
    let total = row.total.as_ref().map_or_else(|| NONE.to_owned(), |t| full_spread(t, &answer.currency));
    let mut tree = Tree::new(format!("shared {} {}: {total}", row.obligation, row.title));
    tree.note("members", row.members.join(", "));
    if let Some(weighted) = &row.weighted {
        tree.note("weighted", format!("× {} = {}", row.weight, full_spread(weighted, &answer.currency)));
    }
    tree.note("rule", &row.at);
    let member = answer.markets.iter().find(|market| row.members.contains(&market.id));
    let lines = member
        .into_iter()
        .flat_map(|member| row.lines.iter().map(|found| line(found, &row.weight, member, answer)));
    tree.children.extend(lines);
    tree
}

fn served(response: &QueryResponse) -> String {
    let what_if = super::what_if(&response.answer);
    let generation = super::short(&response.served.generation);
    format!("generation {} ({generation}){what_if}", response.served.number)
}

fn market(market: &Market, answer: &Answer) -> Tree {
    let total = market.total.as_ref().map_or_else(|| NONE.to_owned(), |t| full_spread(t, &answer.currency));
    let mut tree = Tree::new(format!("{} {}: {total}, {}", market.id, market.title, market.status.as_str()));
    if let Some(weighted) = &market.weighted {
        let weighted = full_spread(weighted, &answer.currency);
        tree.note("weighted", format!("× {} = {weighted}", market.weight));
    }
    if let Some(reason) = &market.reason {
        tree.note("reason", reason);
    }
    tree.children.extend(market.stages.iter().map(|(name, answered)| stage(*name, answered, market, answer)));
    tree.children.extend(market.choices.iter().map(|(name, decided)| choice(name, decided, answer)));
    tree.children.extend(market.blocks.iter().map(|found| block(found, market)));
    tree.children.extend(market.undetermined.iter().map(|duty| undetermined(duty, market)));
    tree.children.extend(market.gaps.iter().map(|found| gap(found, market)));
    tree.children.extend(market.not_triggered.iter().map(|duty| not_triggered(duty, market)));
    tree.children.extend(market.penalties.iter().map(|p| penalty(p, market, answer)));
    for used in &market.conversions {
        tree.note(
            "converted",
            format!("1 {} = {} {} on {} ({})", used.from, used.rate, used.to, used.date, used.source),
        );
    }
    tree
}

fn choice(name: &str, choice: &Choice, answer: &Answer) -> Tree {
    let how = if choice.open { "open" } else { "pinned" };
    let chosen = choice.chosen.as_deref().unwrap_or("undecided");
    let mut tree = Tree::new(format!("choice {name}: {chosen} ({how})"));
    if choice.runner_up.is_some() {
        tree.note("next", next_best(choice, |gap| format!("{} {}", full(gap), answer.currency)));
    }
    for struck in &choice.struck {
        tree.note("not", with_cites(&format!("{}: {}", struck.option, struck.reason), &struck.cites));
    }
    tree
}

fn block(block: &Block, market: &Market) -> Tree {
    let title = block.title.as_deref().map(|title| format!(": {title}")).unwrap_or_default();
    let mut tree = Tree::new(format!("blocked by {} from {}{title}", block.id, block.from));
    grounded(&mut tree, &block.at, &block.cites, &block.because, market);
    tree
}

fn undetermined(duty: &Undetermined, market: &Market) -> Tree {
    let title = duty.title.as_deref().unwrap_or_default();
    let mut tree = Tree::new(format!("undetermined: {} {title}", duty.obligation));
    tree.note("needs", duty.needs.join(", "));
    grounded(&mut tree, &duty.at, &duty.cites, &[], market);
    tree
}

/// An obligation that costs nothing here, and why.
fn not_triggered(duty: &NotTriggered, market: &Market) -> Tree {
    let mut tree = Tree::new(format!("does not apply: {} {}", duty.obligation, duty.title));
    tree.note("reason", duty.reason());
    grounded(&mut tree, &duty.at, &duty.cites, &duty.because, market);
    if !duty.flips.is_empty() {
        tree.note("flips", format!("it would apply with {}", duty.flips.join(" and ")));
    }
    tree
}

fn gap(gap: &Gap, market: &Market) -> Tree {
    let mut tree = Tree::new(format!("not computed: {} ({})", gap.id, gap.stage));
    tree.note("reason", &gap.reason);
    if let Some(accepted) = &gap.accepted {
        tree.note("accepted", format!("by {} until {}", accepted.by, accepted.until));
    }
    grounded(&mut tree, &gap.at, &gap.cites, &[], market);
    tree
}

fn stage(name: Stage, answered: &StageAnswer, market: &Market, answer: &Answer) -> Tree {
    let total = answered.total.as_ref().map_or_else(|| NONE.to_owned(), |t| full_spread(t, &answer.currency));
    let mut tree = Tree::new(format!("{name}: {total}"));
    if let Some(none) = &answered.none {
        tree.note("none", format!("{} ({}, {})", none.reason, none.by, none.at));
    }
    for reason in market.reasons.iter().filter(|reason| reason.stage == Some(name)) {
        let at = reason.at.as_ref().map(|at| format!(" ({at})")).unwrap_or_default();
        tree.note("reason", format!("{}{at}", reason.message));
    }
    tree.children.extend(answered.lines.iter().map(|l| line(l, &market.weight, market, answer)));
    tree
}

fn line(line: &Line, weight: &str, market: &Market, answer: &Answer) -> Tree {
    let obligation = match (&line.obligation, &line.title) {
        (Some(id), Some(title)) => format!("{id} {title}: "),
        (Some(id), None) => format!("{id}: "),
        (None, _) => String::new(),
    };
    let undetermined = if line.undetermined { ", undetermined: in high alone" } else { "" };
    let total = full_spread(&line.total, &answer.currency);
    let mut tree = Tree::new(format!("{obligation}{}: {total}{undetermined}", line.label));
    tree.note("weighted", format!("× {weight} = {}", full_spread(&line.weighted, &answer.currency)));
    let plugin = &line.plugin;
    tree.note("plugin", format!("{}@{} {}", plugin.id, plugin.version, super::short(&plugin.digest)));
    grounded(&mut tree, &line.at, &line.cites, &line.because, market);
    if !line.flips.is_empty() {
        tree.note("flips", format!("it would not apply with {}", line.flips.join(" and ")));
    }
    for name in &line.used {
        tree.note("used", used(name, market.grounds.get(name)));
    }
    for span in &line.spans {
        tree.note("amount", amount(span, line.cadence));
        if let Some(quantity) = &span.quantity {
            let price = full_spread(&quantity.price, &span.native.currency);
            tree.note("count", format!("{} {} × {price}", quantity.count, quantity.unit));
        }
    }
    if let Some(fx) = &line.fx {
        tree.note("rate", rate(fx, line, answer));
    }
    tree.note("basis", basis(line.basis));
    if let Some(standing) = standing(line.confidence.as_deref(), line.verified) {
        tree.note("standing", standing);
    }
    if let Some(note) = &line.note {
        tree.note("note", note);
    }
    tree
}

fn penalty(penalty: &Penalty, market: &Market, answer: &Answer) -> Tree {
    let maximum = match (&penalty.maximum, &penalty.native) {
        (Some(maximum), Some(native)) => {
            format!("{} {} ({} {})", full(maximum), answer.currency, full(&native.amount), native.currency)
        }
        (Some(maximum), None) => format!("{} {}", full(maximum), answer.currency),
        (None, _) => NONE.to_owned(),
    };
    let mut tree = Tree::new(format!(
        "penalty, never in J: {} at most {maximum} per {}, {} liable",
        penalty.id, penalty.per, penalty.liable
    ));
    if !penalty.needs.is_empty() {
        tree.note("needs", penalty.needs.join(", "));
    }
    grounded(&mut tree, &penalty.at, &penalty.cites, &penalty.because, market);
    tree
}

/// Where it is written, under which article, and why it applies.
fn grounded(tree: &mut Tree, at: &str, cites: &[String], because: &[Because], market: &Market) {
    tree.note("rule", at);
    for cite in cites {
        let source = cite.split_once('#').and_then(|(source, _)| market.sources.get(source));
        tree.note(
            "article",
            source.map_or_else(|| cite.clone(), |source| format!("{cite} — {}", source.title)),
        );
    }
    for leaf in because {
        tree.note("because", format!("{} is {} ({})", leaf.text, leaf.value, leaf.source.as_str()));
    }
}

fn used(name: &str, ground: Option<&Ground>) -> String {
    let Some(ground) = ground else { return name.to_owned() };
    let mut from = vec![ground.source.as_str().to_owned()];
    from.extend(ground.at.clone());
    from.extend(ground.cites.iter().cloned());
    format!("{name} {} ({})", ground.value, from.join(", "))
}

fn amount(span: &Span, cadence: Cadence) -> String {
    let how_often = match cadence {
        Cadence::Once => "once",
        Cadence::Yearly => "a year",
    };
    let native = full_spread(&span.native.amount, &span.native.currency);
    format!("{native} {how_often}, from {} until {}", span.from, span.to)
}

fn rate(fx: &Fx, line: &Line, answer: &Answer) -> String {
    let native = line.spans.first().map_or("", |span| span.native.currency.as_str());
    format!("1 {native} = {} {} on {} ({})", fx.rate, answer.currency, fx.date, fx.source)
}

/// How well the law behind a line is founded.
fn standing(confidence: Option<&str>, verified: Option<bool>) -> Option<String> {
    let read = if verified? { "its source was read" } else { "nobody has read its source yet" };
    Some(format!("the author's confidence is {}; {read}", confidence.unwrap_or("not said")))
}

const fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Statute => "the law says the amount",
        Basis::Assumption => "an assumption, not law",
        Basis::RateCard => "days at the rate card, an assumption",
        Basis::Plugin => "the plugin's method",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn every_line_has_its_reasons() {
        insta::assert_snapshot!(anstream::adapter::strip_str(&explain(&fixture::troubled())), @r#"
br Brazil: —, incomplete
│  reason    2 stages have no total
├─ market-selection: 1,000.00 EUR
│  └─ entry: 1,000.00 EUR
│        weighted  × 2 = 2,000.00 EUR
│        plugin    fixed-cost@1.0.0 ffffffffffff
│        rule      seed.yaml:9:3
│        amount    1,000.00 CNY once, from 2026-11-23 until 2029-11-23
│        basis     an assumption, not law
├─ data-adaptation: —
│     reason    plugin `language-adaptation` used more than 1000000 fuel (br.yaml:78:3)
├─ compliance: 35,000.00 EUR (19,000.00 – 76,500.00)
│  ├─ br.dpo Appoint a data protection officer: officer, outsourced: 35,000.00 EUR (19,000.00 – 76,000.00)
│  │     weighted  × 2 = 70,000.00 EUR (38,000.00 – 152,000.00)
│  │     plugin    lgpd@1.0.0 111111111111
│  │     rule      br.yaml:31:3
│  │     article   lgpd#art-41
│  │     because   product.personal_data is true (strategy)
│  │               market.users 2,500,000 ≥ 1,000,000 is true (strategy)
│  │     used      param.dpo_price 44,000 BRL (rule, br.yaml:21:3, study_7#p-12)
│  │               market.users 2,500,000 (strategy)
│  │     amount    110,000.00 BRL (60,000.00 – 240,000.00) a year, from 2026-11-23 until 2027-11-23
│  │               110,000.00 BRL (60,000.00 – 240,000.00) a year, from 2027-11-23 until 2028-11-23
│  │     count     2.5 request × 44,000.00 BRL (24,000.00 – 96,000.00)
│  │     rate      1 BRL = 0.164766 EUR on 2026-10-30 (ECB reference rates)
│  │     basis     an assumption, not law
│  └─ br.impact_assessment: =HYPERLINK("x")|�[31m*red*�<b>: 500.00 EUR, undetermined: in high alone
│        weighted  × 2 = 1,000.00 EUR
│        plugin    fixed-cost@1.0.0 ffffffffffff
│        rule      seed.yaml:9:3
│        amount    500.00 CNY once, from 2026-11-23 until 2029-11-23
│        basis     an assumption, not law
├─ culture: 0.00 EUR
│     none      the team is local (latam, br.yaml:80:3)
├─ output: —
│     reason    nothing computes stage `output` here
├─ choice dpo: outsourced (open)
│     next      then inhouse, 12,500.00 EUR more
│     not       shared: not allowed for a large agent [lgpd#art-41]
├─ choice translation: undecided (open)
├─ undetermined: br.impact_assessment Data protection impact report (RIPD)
│     needs     product.high_risk_processings
│     rule      br.yaml:44:3
│     article   lgpd#art-38
├─ not computed: br.legitimate_interest (compliance)
│     reason    balancing test is case by case
│     rule      br.yaml:70:3
│     article   lgpd#art-10
├─ penalty, never in J: br.fine at most 8,238,300.00 EUR (50,000,000.00 BRL) per infringement, company liable
│     rule      br.yaml:50:3
│     article   lgpd#art-52-II
└─ penalty, never in J: br.eca at most — per violation, individual liable
      needs     market.minors
      rule      br.yaml:57:3

de Germany: —, blocked
│  reason    blocked by `de.banned` from 2026-12-02
└─ blocked by de.banned from 2026-12-02: The practice is banned
      rule      eu.yaml:40:3
      article   ai_act#art-5

generation 7 (aaaaaaaaaaaa)
"#);
    }

    #[test]
    fn reasons_in_markdown_are_escaped() {
        let mut response = fixture::troubled();
        response.answer.markets[0].stages.retain(|stage, _| *stage == Stage::Compliance);
        response.answer.markets[0].penalties.clear();
        response.answer.markets.pop();
        insta::assert_snapshot!(explain_markdown(&response), @r#"
- br Brazil: —, incomplete
  - reason: 2 stages have no total
  - compliance: 35,000.00 EUR (19,000.00 – 76,500.00)
    - br.dpo Appoint a data protection officer: officer, outsourced: 35,000.00 EUR (19,000.00 – 76,000.00)
      - weighted: × 2 = 70,000.00 EUR (38,000.00 – 152,000.00)
      - plugin: lgpd@1.0.0 111111111111
      - rule: br.yaml:31:3
      - article: lgpd\#art-41
      - because: product.personal\_data is true (strategy)
      - because: market.users 2,500,000 ≥ 1,000,000 is true (strategy)
      - used: param.dpo\_price 44,000 BRL (rule, br.yaml:21:3, study\_7\#p-12)
      - used: market.users 2,500,000 (strategy)
      - amount: 110,000.00 BRL (60,000.00 – 240,000.00) a year, from 2026-11-23 until 2027-11-23
      - amount: 110,000.00 BRL (60,000.00 – 240,000.00) a year, from 2027-11-23 until 2028-11-23
      - count: 2.5 request × 44,000.00 BRL (24,000.00 – 96,000.00)
      - rate: 1 BRL = 0.164766 EUR on 2026-10-30 (ECB reference rates)
      - basis: an assumption, not law
    - br.impact\_assessment: =HYPERLINK("x")\|�\[31m\*red\*�&lt;b&gt;: 500.00 EUR, undetermined: in high alone
      - weighted: × 2 = 1,000.00 EUR
      - plugin: fixed-cost@1.0.0 ffffffffffff
      - rule: seed.yaml:9:3
      - amount: 500.00 CNY once, from 2026-11-23 until 2029-11-23
      - basis: an assumption, not law
  - choice dpo: outsourced (open)
    - next: then inhouse, 12,500.00 EUR more
    - not: shared: not allowed for a large agent \[lgpd\#art-41\]
  - choice translation: undecided (open)
  - undetermined: br.impact\_assessment Data protection impact report (RIPD)
    - needs: product.high\_risk\_processings
    - rule: br.yaml:44:3
    - article: lgpd\#art-38
  - not computed: br.legitimate\_interest (compliance)
    - reason: balancing test is case by case
    - rule: br.yaml:70:3
    - article: lgpd\#art-10

generation 7 (aaaaaaaaaaaa)
"#);
    }
}
