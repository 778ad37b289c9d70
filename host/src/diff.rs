//! What two answers differ in: J, spend, markets, stages, lines, and what caused it.
//!
//! A pure function of two answers. Differences are exact: those of a market's lines add up to the market's. It
//! evaluates nothing again; a cause is named where the answers show one, and never guessed.

mod causes;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use self::causes::Pair;
pub use self::words::{files, question};
use crate::{
    id::Stage,
    money::{self, AMOUNT_SCALE, Amount, Exact},
    protocol::{
        Answer, Changed, ChoiceDiff, Delta, Diff, FileDiff, Line, LineDiff, Market, MarketDiff, Matter,
        PartialDelta, Penalty, PenaltyDiff, Presence, QueryResponse, Shared, SharedDiff, Side, Spread,
        StageAnswer, StageDelta, Word,
    },
};

/// Why two answers cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount that can be held exactly")]
pub struct NotAnAmount(String);

/// An answer with what it is called.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// A strategy file, a folder, a revision, a generation.
    pub name: &'a str,
    /// The strategy's file.
    pub strategy: &'a str,
    /// What was answered.
    pub response: &'a QueryResponse,
}

impl Named<'_> {
    fn side(&self) -> Side {
        let served = &self.response.served;
        Side {
            name: self.name.to_owned(),
            strategy: self.strategy.to_owned(),
            generation: served.generation.clone(),
            number: served.number,
            receipt: self.response.receipt.clone(),
        }
    }
}

/// Compares two answers. `question` is what was asked otherwise.
///
/// # Errors
/// [`NotAnAmount`]: an answer that no host of ours gave.
pub fn compare(before: Named<'_>, after: Named<'_>, question: Vec<Word>) -> Result<Diff, NotAnAmount> {
    let (old, new) = (&before.response.answer, &after.response.answer);
    let both = Both { before: old, after: new, comparable: old.currency == new.currency };
    let incomparable = (!both.comparable)
        .then(|| format!("amounts are in {} before and in {} after", old.currency, new.currency));
    let (markets, unchanged) = both.markets()?;
    let shared = both.shared()?;
    let status = Changed { before: Some(old.status), after: Some(new.status) };
    let objective = both.delta(old.objective.as_ref(), new.objective.as_ref())?;
    let spend = both.delta(old.spend.as_ref(), new.spend.as_ref())?;
    let changed = status.before != status.after
        || incomparable.is_some()
        || is_other(&objective)
        || is_other(&spend)
        || !markets.is_empty()
        || !shared.is_empty();
    Ok(Diff {
        title: new.title.clone().or_else(|| old.title.clone()),
        before: before.side(),
        after: after.side(),
        changed,
        currency: new.currency.clone(),
        report: new.report.clone(),
        incomparable,
        question,
        status,
        objective,
        partial: both.partial()?,
        spend,
        shared,
        markets,
        unchanged,
    })
}

/// Names what the files say otherwise as the cause of what it changed.
pub fn attribute(diff: &mut Diff, rules: &[FileDiff]) {
    let lines = diff.markets.iter_mut().flat_map(|market| &mut market.lines);
    for line in lines.chain(diff.shared.iter_mut().flat_map(|shared| &mut shared.lines)) {
        causes::attribute(line, rules);
    }
}

fn is_other(delta: &Delta) -> bool {
    delta.before != delta.after
}

/// Two answers beside each other.
#[derive(Debug, Clone, Copy)]
struct Both<'a> {
    before: &'a Answer,
    after: &'a Answer,
    comparable: bool,
}

impl<'a> Both<'a> {
    /// Without a difference where either is not known.
    fn delta(self, before: Option<&Spread>, after: Option<&Spread>) -> Result<Delta, NotAnAmount> {
        let delta = match (before, after) {
            (Some(before), Some(after)) if self.comparable => Some(less(after, before)?),
            _ => None,
        };
        Ok(Delta { before: before.cloned(), after: after.cloned(), delta })
    }

    /// The same of something that may be in one answer alone: in the other it is nothing. The outer option is
    /// whether it is there, the inner whether it is known.
    fn delta_of(
        self,
        before: Option<Option<&Spread>>,
        after: Option<Option<&Spread>>,
    ) -> Result<Delta, NotAnAmount> {
        let nothing = Spread::from(money::Spread::ZERO);
        let delta = self.delta(before.unwrap_or(Some(&nothing)), after.unwrap_or(Some(&nothing)))?;
        Ok(Delta { before: before.flatten().cloned(), after: after.flatten().cloned(), ..delta })
    }

    /// What could be computed of J, where either is not complete.
    fn partial(self) -> Result<Option<PartialDelta>, NotAnAmount> {
        if self.before.objective.is_some() && self.after.objective.is_some() {
            return Ok(None);
        }
        let ((before, of_before), (after, of_after)) = (computed(self.before), computed(self.after));
        let weighted = self.delta(before.as_ref(), after.as_ref())?;
        Ok(Some(PartialDelta { weighted, markets: Changed { before: of_before, after: of_after } }))
    }

    /// The markets in which anything changed, and the names of the others.
    fn markets(self) -> Result<(Vec<MarketDiff>, Vec<String>), NotAnAmount> {
        let by_id = |answer: &'a Answer| -> BTreeMap<&str, &Market> {
            answer.markets.iter().map(|market| (market.id.as_str(), market)).collect()
        };
        let (mut changed, mut unchanged) = (Vec::new(), Vec::new());
        for (id, before, after) in paired(by_id(self.before), by_id(self.after)) {
            match self.market(before, after)? {
                Some(diff) => changed.push(diff),
                None => unchanged.push(id.to_owned()),
            }
        }
        Ok((changed, unchanged))
    }

    fn market(
        self,
        before: Option<&'a Market>,
        after: Option<&'a Market>,
    ) -> Result<Option<MarketDiff>, NotAnAmount> {
        let Some((presence, shown)) = presence(before, after) else { return Ok(None) };
        let place = Place { before, after };
        let lines = |market: Option<&'a Market>| {
            let stages = market.into_iter().flat_map(|market| &market.stages);
            stages.flat_map(|(stage, answer)| answer.lines.iter().map(move |line| (*stage, line)))
        };
        let (appeared, vanished) = matters(before, after);
        let diff = MarketDiff {
            id: shown.id.clone(),
            title: shown.title.clone(),
            presence,
            weight: sides(place, |market| market.weight.clone()),
            status: sides(place, |market| market.status),
            total: self.delta_of(
                before.map(|market| market.total.as_ref()),
                after.map(|market| market.total.as_ref()),
            )?,
            weighted: self.delta_of(
                before.map(|market| market.weighted.as_ref()),
                after.map(|market| market.weighted.as_ref()),
            )?,
            stages: self.stages(before, after)?,
            lines: self.lines(place, lines(before), lines(after))?,
            choices: choices(before, after),
            penalties: self.penalties(before, after)?,
            appeared,
            vanished,
        };
        Ok(is_changed(&diff).then_some(diff))
    }

    fn stages(
        self,
        before: Option<&'a Market>,
        after: Option<&'a Market>,
    ) -> Result<BTreeMap<Stage, StageDelta>, NotAnAmount> {
        let mut stages = BTreeMap::new();
        let of = |market: Option<&'a Market>, stage| market.map(|market| market.stages.get(stage));
        for stage in &Stage::ALL {
            let part = |answer: Option<Option<&'a StageAnswer>>,
                        part: fn(&StageAnswer) -> Option<&Spread>| {
                answer.map(|answer| answer.and_then(part))
            };
            let (old, new) = (of(before, stage), of(after, stage));
            let delta = |of: fn(&StageAnswer) -> Option<&Spread>| self.delta_of(part(old, of), part(new, of));
            let total = delta(|answer| answer.total.as_ref())?;
            let weighted = delta(|answer| answer.weighted.as_ref())?;
            if is_other(&total) || is_other(&weighted) {
                stages.insert(*stage, StageDelta { total, weighted });
            }
        }
        Ok(stages)
    }

    /// The lines that changed, by stage, what changed most first.
    fn lines(
        self,
        place: Place<'a>,
        before: impl Iterator<Item = (Stage, &'a Line)>,
        after: impl Iterator<Item = (Stage, &'a Line)>,
    ) -> Result<Vec<LineDiff>, NotAnAmount> {
        let mut changed = Vec::new();
        for (key, before, after) in paired(by_key(before), by_key(after)) {
            let Some((presence, shown)) = presence(before, after) else { continue };
            let total = self.delta_of(before.map(|l| Some(&l.total)), after.map(|l| Some(&l.total)))?;
            let weighted =
                self.delta_of(before.map(|l| Some(&l.weighted)), after.map(|l| Some(&l.weighted)))?;
            let undetermined = Changed {
                before: before.map(|line| line.undetermined),
                after: after.map(|line| line.undetermined),
            };
            let is_same = !is_other(&total) && !is_other(&weighted);
            if is_same && undetermined.before == undetermined.after {
                continue;
            }
            let pair = Pair { before, after, place, both: self };
            let magnitude = magnitude(weighted.delta.as_ref())?;
            let diff = LineDiff {
                stage: key.stage,
                plugin: shown.plugin.id.clone(),
                obligation: shown.obligation.clone(),
                title: shown.title.clone(),
                label: shown.label.clone(),
                presence,
                at: shown.at.clone(),
                cites: shown.cites.clone(),
                undetermined,
                total,
                weighted,
                causes: pair.causes(),
            };
            changed.push((key.stage, std::cmp::Reverse(magnitude), key, diff));
        }
        changed.sort_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
        Ok(changed.into_iter().map(|(.., diff)| diff).collect())
    }

    fn penalties(
        self,
        before: Option<&'a Market>,
        after: Option<&'a Market>,
    ) -> Result<Vec<PenaltyDiff>, NotAnAmount> {
        let by_id = |market: Option<&'a Market>| -> BTreeMap<&str, &Penalty> {
            let penalties = market.into_iter().flat_map(|market| &market.penalties);
            penalties.map(|penalty| (penalty.id.as_str(), penalty)).collect()
        };
        let mut changed = Vec::new();
        for (_, before, after) in paired(by_id(before), by_id(after)) {
            let Some((presence, shown)) = presence(before, after) else { continue };
            if presence == Presence::Changed
                && before.map(|p| (&p.maximum, &p.per, &p.liable))
                    == after.map(|p| (&p.maximum, &p.per, &p.liable))
            {
                continue;
            }
            let (old, new) = (
                before.and_then(|penalty| penalty.maximum.clone()),
                after.and_then(|penalty| penalty.maximum.clone()),
            );
            changed.push(PenaltyDiff {
                id: shown.id.clone(),
                title: shown.title.clone(),
                presence,
                delta: self.difference(old.as_deref(), new.as_deref())?,
                before: old,
                after: new,
                per: shown.per.clone(),
                liable: shown.liable.clone(),
                at: shown.at.clone(),
                cites: shown.cites.clone(),
            });
        }
        Ok(changed)
    }

    fn difference(self, before: Option<&str>, after: Option<&str>) -> Result<Option<String>, NotAnAmount> {
        match (before, after) {
            (Some(before), Some(after)) if self.comparable => Ok(Some(subtract(after, before)?.to_string())),
            _ => Ok(None),
        }
    }

    fn shared(self) -> Result<Vec<SharedDiff>, NotAnAmount> {
        let by_id = |answer: &'a Answer| -> BTreeMap<&str, &Shared> {
            answer.shared.iter().map(|shared| (shared.obligation.as_str(), shared)).collect()
        };
        let mut changed = Vec::new();
        for (_, before, after) in paired(by_id(self.before), by_id(self.after)) {
            let Some((presence, shown)) = presence(before, after) else { continue };
            // What is shared may begin or end to apply in markets that both answers have.
            let either = [before, after].into_iter().flatten();
            let members: BTreeSet<&str> = either.flat_map(|s| &s.members).map(String::as_str).collect();
            let place = Place { before: member(&members, self.before), after: member(&members, self.after) };
            let lines = |shared: Option<&'a Shared>| {
                shared.into_iter().flat_map(|shared| shared.lines.iter().map(|line| (shared.stage, line)))
            };
            let weight = Changed {
                before: before.map(|shared| shared.weight.clone()),
                after: after.map(|shared| shared.weight.clone()),
            };
            let mut changed_lines = self.lines(place, lines(before), lines(after))?;
            changed_lines.iter_mut().for_each(|line| causes::of_shared(line, &shown.obligation, &weight));
            let diff = SharedDiff {
                obligation: shown.obligation.clone(),
                title: shown.title.clone(),
                presence,
                members: Changed {
                    before: before.map(|shared| shared.members.clone()),
                    after: after.map(|shared| shared.members.clone()),
                },
                weight,
                total: self.delta_of(
                    before.map(|shared| shared.total.as_ref()),
                    after.map(|shared| shared.total.as_ref()),
                )?,
                weighted: self.delta_of(
                    before.map(|shared| shared.weighted.as_ref()),
                    after.map(|shared| shared.weighted.as_ref()),
                )?,
                lines: changed_lines,
            };
            let is_same = diff.members.before == diff.members.after
                && diff.weight.before == diff.weight.after
                && !is_other(&diff.total)
                && !is_other(&diff.weighted)
                && diff.lines.is_empty();
            changed.extend((!is_same).then_some(diff));
        }
        Ok(changed)
    }
}

/// Where a line stands in both answers: what its names stand for is said there.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    before: Option<&'a Market>,
    after: Option<&'a Market>,
}

/// What makes two lines the same line. Labels carry no values; should one answer have a key twice, its lines
/// are paired in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct LineKey<'a> {
    stage: Stage,
    obligation: Option<&'a str>,
    plugin: &'a str,
    label: &'a str,
    nth: usize,
}

fn by_key<'a>(lines: impl Iterator<Item = (Stage, &'a Line)>) -> BTreeMap<LineKey<'a>, &'a Line> {
    let mut by_key = BTreeMap::new();
    for (stage, line) in lines {
        let mut key = LineKey {
            stage,
            obligation: line.obligation.as_deref(),
            plugin: &line.plugin.id,
            label: &line.label,
            nth: 0,
        };
        while by_key.contains_key(&key) {
            key.nth += 1;
        }
        by_key.insert(key, line);
    }
    by_key
}

/// Everything that is in either, in order.
fn paired<K: Ord + Clone, V: Copy>(
    before: BTreeMap<K, V>,
    after: BTreeMap<K, V>,
) -> Vec<(K, Option<V>, Option<V>)> {
    let keys: BTreeSet<K> = before.keys().chain(after.keys()).cloned().collect();
    keys.into_iter()
        .map(|key| {
            let (old, new) = (before.get(&key).copied(), after.get(&key).copied());
            (key, old, new)
        })
        .collect()
}

/// Whether something is in both, and the newest of it.
fn presence<T: Copy>(before: Option<T>, after: Option<T>) -> Option<(Presence, T)> {
    match (before, after) {
        (Some(_), Some(after)) => Some((Presence::Changed, after)),
        (None, Some(after)) => Some((Presence::Added, after)),
        (Some(before), None) => Some((Presence::Removed, before)),
        (None, None) => None,
    }
}

fn sides<T>(place: Place<'_>, of: impl Fn(&Market) -> T) -> Changed<T> {
    Changed { before: place.before.map(&of), after: place.after.map(&of) }
}

fn member<'a>(members: &BTreeSet<&str>, answer: &'a Answer) -> Option<&'a Market> {
    answer.markets.iter().find(|market| members.contains(market.id.as_str()))
}

/// J or what there is of it, and the markets counted.
fn computed(answer: &Answer) -> (Option<Spread>, Option<Vec<String>>) {
    let all = || answer.markets.iter().map(|market| market.id.clone()).collect();
    match (&answer.objective, &answer.partial) {
        (Some(objective), _) => (Some(objective.clone()), Some(all())),
        (None, Some(partial)) => {
            let spread = Spread {
                low: partial.low.clone(),
                likely: partial.likely.clone(),
                high: partial.high.clone(),
            };
            (Some(spread), Some(partial.markets.clone()))
        }
        (None, None) => (None, None),
    }
}

fn is_changed(diff: &MarketDiff) -> bool {
    diff.presence != Presence::Changed
        || diff.weight.before != diff.weight.after
        || diff.status.before != diff.status.after
        || is_other(&diff.total)
        || is_other(&diff.weighted)
        || !diff.stages.is_empty()
        || !diff.lines.is_empty()
        || !diff.choices.is_empty()
        || !diff.penalties.is_empty()
        || !diff.appeared.is_empty()
        || !diff.vanished.is_empty()
}

/// The choices decided otherwise in a market that both answers have.
fn choices(before: Option<&Market>, after: Option<&Market>) -> Vec<ChoiceDiff> {
    let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
    let names: BTreeSet<&String> = before.choices.keys().chain(after.choices.keys()).collect();
    let chosen =
        |market: &Market, name: &String| market.choices.get(name).and_then(|choice| choice.chosen.clone());
    let diff = |name: &String| ChoiceDiff {
        choice: name.clone(),
        before: chosen(before, name),
        after: chosen(after, name),
        open: after.choices.get(name).is_some_and(|choice| choice.open),
    };
    names.into_iter().map(diff).filter(|diff| diff.before != diff.after).collect()
}

/// What keeps a market from being complete now, and what did and does no more.
fn matters(before: Option<&Market>, after: Option<&Market>) -> (Vec<Matter>, Vec<Matter>) {
    // By what they are and not by where they stand: a line above them is no change.
    let of = |market: Option<&Market>| -> BTreeMap<(String, String, String), Matter> {
        let all = market.into_iter().flat_map(all_matters);
        all.map(|matter| ((matter.kind.clone(), matter.id.clone(), matter.text.clone()), matter)).collect()
    };
    let (old, new) = (of(before), of(after));
    let only = |these: &BTreeMap<_, Matter>, those: &BTreeMap<_, Matter>| -> Vec<Matter> {
        these.iter().filter(|(key, _)| !those.contains_key(*key)).map(|(_, matter)| matter.clone()).collect()
    };
    (only(&new, &old), only(&old, &new))
}

fn all_matters(market: &Market) -> Vec<Matter> {
    let undetermined = market.undetermined.iter().map(|duty| Matter {
        kind: "undetermined".to_owned(),
        id: duty.obligation.clone(),
        text: format!("needs {}", duty.needs.join(", ")),
        at: Some(duty.at.clone()),
        cites: duty.cites.clone(),
    });
    let blocks = market.blocks.iter().map(|block| Matter {
        kind: "block".to_owned(),
        id: block.id.clone(),
        text: format!("{} from {}", block.title.as_deref().unwrap_or("forbidden"), block.from),
        at: Some(block.at.clone()),
        cites: block.cites.clone(),
    });
    let gaps = market.gaps.iter().map(|gap| Matter {
        kind: if gap.accepted.is_some() { "accepted_gap" } else { "gap" }.to_owned(),
        id: gap.id.clone(),
        text: gap.reason.clone(),
        at: Some(gap.at.clone()),
        cites: gap.cites.clone(),
    });
    let reasons = market.reasons.iter().map(|reason| Matter {
        kind: reason.kind.clone(),
        id: reason.stage.map_or_else(String::new, |stage| stage.to_string()),
        text: reason.message.clone(),
        at: reason.at.clone(),
        cites: Vec::new(),
    });
    undetermined.chain(blocks).chain(gaps).chain(reasons).collect()
}

fn amount(text: &str) -> Result<Amount, NotAnAmount> {
    let exact = Exact::parse(text, 4).ok().and_then(|value| value.round(AMOUNT_SCALE).ok());
    exact.map(Amount).ok_or_else(|| NotAnAmount(text.to_owned()))
}

fn subtract(from: &str, less: &str) -> Result<Amount, NotAnAmount> {
    amount(from)?.sub(amount(less)?).map_err(|_| NotAnAmount(format!("{from} - {less}")))
}

fn less(from: &Spread, less: &Spread) -> Result<Spread, NotAnAmount> {
    Ok(Spread {
        low: subtract(&from.low, &less.low)?.to_string(),
        likely: subtract(&from.likely, &less.likely)?.to_string(),
        high: subtract(&from.high, &less.high)?.to_string(),
    })
}

/// The sum of two spreads, part by part.
///
/// # Errors
/// [`NotAnAmount`].
pub fn sum(one: &Spread, other: &Spread) -> Result<Spread, NotAnAmount> {
    let add = |one: &str, other: &str| {
        let sum = amount(one)?.add(amount(other)?);
        sum.map(|sum| sum.to_string()).map_err(|_| NotAnAmount(format!("{one} + {other}")))
    };
    Ok(Spread {
        low: add(&one.low, &other.low)?,
        likely: add(&one.likely, &other.likely)?,
        high: add(&one.high, &other.high)?,
    })
}

/// How much a line changed, to say the most first.
fn magnitude(delta: Option<&Spread>) -> Result<u64, NotAnAmount> {
    delta.map_or(Ok(0), |delta| Ok(amount(&delta.likely)?.0.unsigned_abs()))
}
