//! An evaluation as it is written to clients: names and numbers become text, nothing is computed but shares.

use std::collections::BTreeMap;

use super::{
    Accepted, Answer, Basis, Because, Block, Cadence, Choice, Closure, Conversion, Defaulted, Driver, Fx,
    Gap, Ground, Line, Market, Minimum, Money, Native, NoStage, NotTriggered, Origin, Partial, Penalty,
    PluginRef, Quantity, Reason, Report, Shared, Source, Span, Spread, StageAnswer, Status, Struck,
    Undetermined, Upcoming,
};
use crate::{
    evaluate::{self, BlockedBy, Evaluation, MarketEvaluation, WhyNot, name_at},
    id::{QualifiedId, Stage as StageId},
    money::{AMOUNT_SCALE, Amount, Currency, Exact},
    objective::{Objective, objective},
    plugin,
    rules::{
        book::{Cite, Gap as BookGap, Merged, Obligation},
        expression::{Expression, Leaf, Root},
        fx::Quote,
        schema::{
            jurisdiction::{self as book, Standing},
            scalar::Confidence,
        },
    },
    value::Percent,
};

impl Answer {
    /// Writes an evaluation down.
    #[must_use]
    pub fn of(evaluation: &Evaluation) -> Self {
        let objective = objective(evaluation);
        let strategy = &evaluation.strategy;
        let complete = objective.status == evaluate::Status::Complete;
        let whole = |spread| complete.then(|| Spread::from(spread));
        let unknown = evaluation.markets.iter().any(|market| {
            market.choices.values().any(|choice| choice.chosen.is_none() && market.blocks.is_empty())
        });
        Self {
            title: strategy.title.as_deref().map(str::to_owned),
            as_of: strategy.as_of.to_string(),
            currency: strategy.currency.to_string(),
            horizon_years: strategy.horizon_years,
            discount: Percent(strategy.discount).to_string(),
            weight_means: strategy.weight_means.as_str().to_owned(),
            scenarios: Vec::new(),
            report: strategy
                .report
                .as_ref()
                .map(|report| Report { scale: report.scale, label: report.label.to_string() }),
            status: objective.status.into(),
            minimum: if unknown { Minimum::Unknown } else { Minimum::Exact },
            objective: whole(objective.weighted),
            partial: (!complete).then(|| partial(&objective)),
            spend: whole(objective.spend),
            shared: evaluation.shared.iter().map(|row| shared(row, evaluation)).collect(),
            markets: evaluation.markets.iter().map(market).collect(),
            drivers: drivers(&objective, complete),
            upcoming: upcoming(evaluation),
            warnings: evaluation.warnings.iter().cloned().chain(beyond(&objective)).collect(),
        }
    }
}

impl From<evaluate::Status> for Status {
    fn from(status: evaluate::Status) -> Self {
        match status {
            evaluate::Status::Complete => Self::Complete,
            evaluate::Status::Blocked => Self::Blocked,
            evaluate::Status::Incomplete => Self::Incomplete,
        }
    }
}

impl From<evaluate::Origin> for Origin {
    fn from(origin: evaluate::Origin) -> Self {
        match origin {
            evaluate::Origin::Strategy => Self::Strategy,
            evaluate::Origin::Default => Self::Default,
            evaluate::Origin::Rule => Self::Rule,
            evaluate::Origin::Missing => Self::Missing,
        }
    }
}

fn partial(objective: &Objective<'_>) -> Partial {
    let Spread { low, likely, high } = objective.weighted.into();
    let markets = objective.counted.iter().map(ToString::to_string).collect();
    Partial { low, likely, high, spend: objective.spend.into(), markets }
}

fn beyond<'o>(objective: &'o Objective<'_>) -> impl Iterator<Item = String> + 'o {
    let warning = |name| format!("`{name}` is not counted: with it the sum is too large to be held exactly");
    objective.beyond.iter().map(warning)
}

fn drivers(objective: &Objective<'_>, complete: bool) -> Vec<Driver> {
    let all = objective.weighted.likely;
    let share = |part: Amount| {
        let share = part.to_exact().div(all.to_exact()).and_then(|share| share.round(AMOUNT_SCALE)).ok()?;
        complete.then(|| Amount(share).to_string())
    };
    let driver = |driver: &crate::objective::Driver<'_>| Driver {
        market: driver.market.to_string(),
        stage: driver.stage,
        plugin: driver.line.plugin.description.id.to_string(),
        obligation: driver.line.decided.as_ref().map(|decided| decided.obligation.id.to_string()),
        label: driver.line.label.clone(),
        weighted: driver.line.weighted.into(),
        share: share(driver.line.weighted.likely),
    };
    objective.drivers.iter().map(driver).collect()
}

fn upcoming(evaluation: &Evaluation) -> Vec<Upcoming> {
    let changes: std::collections::BTreeSet<_> =
        evaluation.markets.iter().flat_map(|market| &market.changes).collect();
    let write = |change: &evaluate::Change| Upcoming {
        on: change.on.to_string(),
        id: change.id.to_string(),
        what: change.what.clone(),
        cites: change.cites.iter().map(ToString::to_string).collect(),
    };
    changes.into_iter().map(write).collect()
}

fn shared(row: &evaluate::SharedEvaluation, evaluation: &Evaluation) -> Shared {
    let lines = evaluation.markets.get(row.grounds_of).map(|market| {
        let lines = row.lines.iter().map(|of| line(of, market));
        lines.collect()
    });
    Shared {
        obligation: row.obligation.id.to_string(),
        title: row.obligation.title.to_string(),
        at: row.obligation.at.to_string(),
        stage: row.stage,
        members: row.members.iter().map(ToString::to_string).collect(),
        weight: row.weight.to_string(),
        total: row.total.map(Into::into),
        weighted: row.weighted.map(Into::into),
        lines: lines.unwrap_or_default(),
    }
}

fn cites<'a>(cites: impl IntoIterator<Item = &'a Cite>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for cite in cites {
        if !texts.iter().any(|known| **known == *cite.text) {
            texts.push(cite.text.to_string());
        }
    }
    texts
}

fn market(evaluated: &MarketEvaluation) -> Market {
    let jurisdiction = evaluated.closure.as_ref().map(|closure| &closure.jurisdiction);
    let reasons: Vec<Reason> = evaluated.reasons.iter().map(reason).collect();
    let lines: Vec<&str> = reasons.iter().map(|reason| reason.message.as_str()).collect();
    let blocked = evaluated.blocks.iter().map(|block| match &block.what {
        BlockedBy::Choice { choice, pinned: Some(pinned) } => {
            format!("the pinned option `{pinned}` of `{}` is not allowed", choice.id)
        }
        BlockedBy::Choice { choice, pinned: None } => format!("no option of `{}` is allowed", choice.id),
        BlockedBy::Rule(rule) => format!("`{}` forbids it: {}", rule.id, rule.title),
    });
    let one_line: Vec<String> = blocked.chain(lines.iter().map(ToString::to_string)).collect();
    Market {
        id: evaluated.id.to_string(),
        title: jurisdiction.map_or_else(|| evaluated.id.to_string(), |found| found.own.title.to_string()),
        currency: jurisdiction.map_or_else(String::new, |found| found.own.currency.to_string()),
        regions: evaluated.regions.iter().map(ToString::to_string).collect(),
        weight: evaluated.weight.to_string(),
        status: evaluated.status.into(),
        total: evaluated.total.map(Into::into),
        weighted: evaluated.weighted.map(Into::into),
        closure: closure(evaluated),
        // All five, so that a reader sees which one has nothing.
        stages: StageId::ALL
            .into_iter()
            .map(|name| {
                (
                    name,
                    evaluated.stages.get(&name).map_or_else(StageAnswer::default, |of| stage(of, evaluated)),
                )
            })
            .collect(),
        choices: evaluated.choices.values().map(|of| (choice_name(of, evaluated), choice(of))).collect(),
        penalties: evaluated.penalties.iter().map(|of| penalty(of, evaluated)).collect(),
        undetermined: evaluated.undetermined.iter().map(undetermined).collect(),
        not_triggered: evaluated.silent.iter().map(|of| not_triggered(of, evaluated)).collect(),
        gaps: evaluated.gaps.iter().map(|of| gap(of)).collect(),
        blocks: evaluated.blocks.iter().map(|of| block(of, evaluated)).collect(),
        sources: jurisdiction.map(|found| sources(&found.merged)).unwrap_or_default(),
        conversions: evaluated.conversions.iter().map(|(pair, quote)| conversion(*pair, quote)).collect(),
        defaulted: evaluated
            .defaulted
            .iter()
            .map(|(fact, value)| Defaulted { fact: fact.clone(), value: value.to_string() })
            .collect(),
        grounds: evaluated
            .grounds
            .iter()
            .map(|(name, ground)| (name.clone(), self::ground(ground)))
            .collect(),
        reason: (!one_line.is_empty()).then(|| one_line.join("; ")),
        reasons,
    }
}

fn sources(merged: &Merged) -> BTreeMap<String, Source> {
    let write = |source: &book::Source| Source {
        title: source.title.to_string(),
        url: source.url.as_deref().map(str::to_owned),
    };
    merged.sources.iter().map(|(name, (_, source))| (name.to_string(), write(source))).collect()
}

fn conversion((from, to): (Currency, Currency), quote: &Quote) -> Conversion {
    Conversion {
        from: from.to_string(),
        to: to.to_string(),
        rate: quote.rate.to_string(),
        date: quote.date.map_or_else(|| "undated".to_owned(), |date| date.to_string()),
        source: quote.source.to_string(),
    }
}

fn reason(reason: &evaluate::Reason) -> Reason {
    Reason {
        stage: reason.stage,
        kind: reason.kind.to_owned(),
        message: reason.message.clone(),
        at: reason.at.as_ref().map(ToString::to_string),
    }
}

fn ground(ground: &evaluate::Ground) -> Ground {
    Ground {
        value: ground.value.clone(),
        source: ground.origin.into(),
        at: ground.at.as_ref().map(ToString::to_string),
        cites: ground.cites.iter().map(ToString::to_string).collect(),
    }
}

fn closure(evaluated: &MarketEvaluation) -> Closure {
    let Some(closure) = &evaluated.closure else { return Closure::default() };
    let rules = closure.jurisdiction.lineage.values();
    Closure {
        rules: rules.map(|own| (own.source.name.to_string(), own.source.digest.to_string())).collect(),
        plugins: closure
            .plugins
            .iter()
            .map(|(id, plugin)| (id.to_string(), plugin.digest.to_string()))
            .collect(),
    }
}

fn stage(of: &evaluate::StageEvaluation, market: &MarketEvaluation) -> StageAnswer {
    StageAnswer {
        total: of.total.map(Into::into),
        weighted: of.weighted.map(Into::into),
        lines: of.lines.iter().map(|of| line(of, market)).collect(),
        none: of.none.as_ref().map(|(reason, by, at)| NoStage {
            reason: reason.to_string(),
            by: by.to_string(),
            at: at.to_string(),
        }),
    }
}

/// The articles of what fills the open terms in an obligation's conditions.
fn fills<'m>(obligation: &'m Obligation, market: &'m MarketEvaluation) -> impl Iterator<Item = &'m Cite> {
    let merged = market.closure.iter().map(|closure| &closure.jurisdiction.merged);
    merged.flat_map(|merged| {
        let references = obligation.conditions().flat_map(Expression::references);
        let terms = references.filter(|reference| reference.root == Root::Term);
        let filled = terms.filter_map(|term| merged.terms.get(&term.name)?.fill.as_ref());
        filled.flat_map(|fill| &fill.cites)
    })
}

fn line(of: &evaluate::Line, market: &MarketEvaluation) -> Line {
    let decided = of.decided.as_deref();
    let own = decided.into_iter().flat_map(|decided| decided.obligation.cites.iter());
    let own = own.chain(decided.into_iter().flat_map(|decided| fills(&decided.obligation, market)));
    let mut because: Vec<Because> =
        decided.map(|decided| self::because(&decided.leaves, decided.place, market)).unwrap_or_default();
    because.extend(decided.into_iter().flat_map(|decided| &decided.pricing).map(|step| Because {
        text: step.text.clone(),
        value: step.value.clone(),
        source: if step.from_strategy { Origin::Strategy } else { Origin::Rule },
    }));
    Line {
        plugin: PluginRef {
            id: of.plugin.description.id.to_string(),
            version: of.plugin.description.version.clone(),
            digest: of.plugin.digest.to_string(),
        },
        obligation: decided.map(|decided| decided.obligation.id.to_string()),
        title: decided.map(|decided| decided.obligation.title.to_string()),
        label: of.label.clone(),
        at: of.at.to_string(),
        cadence: match of.cadence {
            plugin::Cadence::Once => Cadence::Once,
            plugin::Cadence::Yearly => Cadence::Yearly,
        },
        undetermined: of.undetermined,
        spans: spans(of),
        fx: fx(of),
        total: of.total.into(),
        weighted: of.weighted.into(),
        confidence: decided.and_then(|decided| confidence(&decided.obligation.standing)),
        verified: decided.map(|decided| decided.obligation.standing.verified),
        note: decided.and_then(|decided| decided.obligation.standing.note.as_deref().map(str::to_owned)),
        basis: match of.basis() {
            evaluate::Basis::Statute => Basis::Statute,
            evaluate::Basis::Assumption => Basis::Assumption,
            evaluate::Basis::RateCard => Basis::RateCard,
            evaluate::Basis::Plugin => Basis::Plugin,
        },
        cites: cites(own.chain(&of.cites)),
        because,
        flips: decided.map(|decided| flips(&decided.obligation.id, market)).unwrap_or_default(),
        used: of.used.clone(),
    }
}

fn confidence(standing: &Standing) -> Option<String> {
    standing.confidence.map(|confidence| match confidence {
        Confidence::High => "high".to_owned(),
        Confidence::Medium => "medium".to_owned(),
        Confidence::Low => "low".to_owned(),
    })
}

fn spans(of: &evaluate::Line) -> Vec<Span> {
    let from = &of.conversion.from;
    let spans = of.spans.iter().map(|span| Span {
        from: span.period.from.to_string(),
        to: span.period.to.to_string(),
        native: Money { currency: from.to_string(), amount: span.native.into() },
        quantity: span.quantity.as_ref().map(|quantity| Quantity {
            count: Exact::scaled(quantity.count, AMOUNT_SCALE).to_string(),
            unit: quantity.unit.clone(),
            price: quantity.price.into(),
        }),
    });
    spans.collect()
}

fn fx(of: &evaluate::Line) -> Option<Fx> {
    let quote = &of.conversion.quote;
    (of.conversion.from != of.conversion.to).then(|| Fx {
        rate: quote.rate.to_string(),
        date: quote.date.map_or_else(|| "undated".to_owned(), |date| date.to_string()),
        source: quote.source.to_string(),
    })
}

/// The leaves of a condition as people read them.
///
/// `place` is whose facts they were read from: 0 for the country.
fn because(leaves: &[Leaf], place: usize, market: &MarketEvaluation) -> Vec<Because> {
    let region = place.checked_sub(1).and_then(|region| market.regions.get(region));
    let write = |leaf: &Leaf| {
        let names = leaf.references.iter().map(|name| name_at(region, name));
        let origins = names.filter_map(|name| market.grounds.get(&name));
        // What nobody gave decides, then what the strategy gave, then defaults; a leaf of params alone is the rule's.
        let order = [
            evaluate::Origin::Missing,
            evaluate::Origin::Strategy,
            evaluate::Origin::Default,
            evaluate::Origin::Rule,
        ];
        let origins: Vec<_> = origins.map(|ground| ground.origin).collect();
        let origin =
            order.into_iter().find(|origin| origins.contains(origin)).unwrap_or(evaluate::Origin::Rule);
        Because { text: leaf.text.clone(), value: leaf.value.clone(), source: origin.into() }
    };
    leaves.iter().map(write).collect()
}

/// A region's own choice is told apart from its country's by the region.
fn choice_name(of: &evaluate::ChoiceEvaluation, market: &MarketEvaluation) -> String {
    let id = &of.choice.id;
    if market.regions.contains(&id.jurisdiction) { id.to_string() } else { id.name.to_string() }
}

fn flips(obligation: &QualifiedId, market: &MarketEvaluation) -> Vec<String> {
    market.flips.get(obligation).cloned().unwrap_or_default()
}

fn not_triggered(of: &evaluate::Silent, market: &MarketEvaluation) -> NotTriggered {
    let (why, on, exception) = match &of.why {
        WhyNot::Proposed => ("proposed", None, None),
        WhyNot::NotYet(from) => ("not_yet", Some(*from), None),
        WhyNot::Ended(to) => ("ended", Some(*to), None),
        WhyNot::Condition => ("condition", None, None),
        WhyNot::Excepted(name) => ("excepted", None, of.obligation.exceptions.get(name)),
    };
    NotTriggered {
        obligation: of.obligation.id.to_string(),
        title: of.obligation.title.to_string(),
        why: why.to_owned(),
        on: on.map(|day| day.to_string()),
        exception: exception.map(|exception| exception.name.to_string()),
        because: because(&of.leaves, of.place, market),
        flips: flips(&of.obligation.id, market),
        cites: cites(exception.map_or(&of.obligation.cites, |exception| &exception.cites)),
        at: exception.map_or(&of.obligation.at, |exception| &exception.at).to_string(),
    }
}

fn gap(of: &BookGap) -> Gap {
    Gap {
        id: of.id.to_string(),
        stage: of.stage,
        cites: cites(&of.cites),
        at: of.at.to_string(),
        reason: of.reason.to_string(),
        accepted: of
            .accepted
            .as_ref()
            .map(|accepted| Accepted { by: accepted.by.to_string(), until: accepted.until.to_string() }),
    }
}

fn choice(of: &evaluate::ChoiceEvaluation) -> Choice {
    let struck = of.struck.iter().map(|struck| Struck {
        option: struck.option.to_string(),
        reason: struck.reason.clone(),
        cites: cites(&struck.cites),
    });
    Choice {
        chosen: of.chosen.as_ref().map(ToString::to_string),
        open: of.open,
        runner_up: of.runner_up.as_ref().map(|(option, _)| option.to_string()),
        gap: of.runner_up.as_ref().map(|(_, gap)| gap.to_string()),
        struck: struck.collect(),
    }
}

fn penalty(of: &evaluate::PenaltyEvaluation, market: &MarketEvaluation) -> Penalty {
    let penalty = &of.penalty;
    Penalty {
        id: penalty.id.to_string(),
        title: penalty.title.as_deref().map(str::to_owned),
        maximum: of.maximum.map(|amount| amount.to_string()),
        native: of.native.and_then(|money| {
            let amount = Amount(money.value.round(AMOUNT_SCALE).ok()?);
            Some(Native { currency: money.currency.to_string(), amount: amount.to_string() })
        }),
        per: penalty.per.as_str().to_owned(),
        liable: penalty.liable.as_str().to_owned(),
        cites: cites(&penalty.cites),
        confidence: confidence(&penalty.standing),
        verified: penalty.standing.verified,
        at: penalty.at.to_string(),
        because: because(&of.leaves, of.place, market),
        needs: of.needs.iter().cloned().collect(),
    }
}

fn undetermined(of: &evaluate::Undetermined) -> Undetermined {
    Undetermined {
        obligation: of.obligation.id.to_string(),
        title: Some(of.obligation.title.to_string()),
        needs: of.needs.iter().cloned().collect(),
        if_applies: of.if_applies.map(Into::into),
        at: of.obligation.at.to_string(),
        cites: cites(&of.obligation.cites),
    }
}

fn block(of: &evaluate::Block, market: &MarketEvaluation) -> Block {
    Block {
        id: of.what.id().to_string(),
        title: match &of.what {
            BlockedBy::Choice { choice, .. } => choice.title.as_deref().map(str::to_owned),
            BlockedBy::Rule(rule) => Some(rule.title.to_string()),
        },
        from: of.from.to_string(),
        cites: cites(&of.cites),
        at: of.what.at().to_string(),
        because: because(&of.leaves, of.place, market),
    }
}
