//! What changed a line, as far as the two answers show it, and what the rule files say otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::{Both, Place};
use crate::protocol::{
    Because, Cause, CauseKind, Changed, FileDiff, Ground, Line, LineDiff, Market, Presence, Word,
};

/// One line in both answers; at least in one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) before: Option<&'a Line>,
    pub(super) after: Option<&'a Line>,
    pub(super) place: Place<'a>,
    pub(super) both: Both<'a>,
}

impl<'a> Pair<'a> {
    pub(super) fn causes(self) -> Vec<Cause> {
        if let Some(cause) = self.market() {
            return vec![cause];
        }
        let mut causes = BTreeSet::new();
        causes.extend(self.condition());
        causes.extend(self.weight());
        causes.extend(self.names());
        // An option falls away with its obligation: what took the obligation away is the cause.
        if !causes.iter().any(says_what) {
            causes.extend(self.choices());
        }
        causes.extend(self.plugin());
        causes.extend(self.fx());
        causes.extend(self.horizon());
        if !causes.iter().any(|cause| cause.kind == CauseKind::Horizon) {
            causes.extend(self.period());
        }
        // Prices and work show what a name changed too: only what nothing else explains.
        if !causes.iter().any(says_what) {
            causes.extend(self.prices());
        }
        if !causes.iter().any(says_what) {
            causes.extend(self.rule());
        }
        causes.into_iter().collect()
    }

    fn lines(self) -> impl Iterator<Item = &'a Line> {
        self.before.into_iter().chain(self.after)
    }

    fn in_both(self) -> Option<(&'a Line, &'a Line)> {
        self.before.zip(self.after)
    }

    fn markets(self) -> Option<(&'a Market, &'a Market)> {
        self.place.before.zip(self.place.after)
    }

    /// The market is in one answer alone, and all of its lines with it.
    fn market(self) -> Option<Cause> {
        let (before, after) = match (self.place.before, self.place.after) {
            (Some(market), None) => (Some(market.id.clone()), None),
            (None, Some(market)) => (None, Some(market.id.clone())),
            _ => return None,
        };
        Some(Cause { before, after, ..cause(CauseKind::Market, "market") })
    }

    /// The obligation applies in one answer alone, and the other says why it does not.
    fn condition(self) -> Option<Cause> {
        let (before, after) = self.markets()?;
        let (line, market) = match (self.before, self.after) {
            (Some(line), None) => (line, after),
            (None, Some(line)) => (line, before),
            _ => return None,
        };
        let id = line.obligation.as_ref()?;
        let silent = market.not_triggered.iter().find(|silent| silent.obligation == *id)?;
        let mut why = silent.reason();
        let leaves: Vec<String> =
            silent.because.iter().map(|leaf| format!("{} is {}", leaf.text, leaf.value)).collect();
        if !leaves.is_empty() {
            why.push_str(&format!(" ({})", leaves.join(", ")));
        }
        let (why, applies) = (Some(format!("no: {why}")), Some("yes".to_owned()));
        let (was, is) = if self.after.is_some() { (why, applies) } else { (applies, why) };
        let name = format!("{id} applies");
        Some(Cause {
            before: was,
            after: is,
            at: Some(silent.at.clone()),
            cites: silent.cites.clone(),
            ..cause(CauseKind::Condition, &name)
        })
    }

    fn weight(self) -> Option<Cause> {
        let (before, after) = self.markets()?;
        (before.weight != after.weight).then(|| Cause {
            before: Some(before.weight.clone()),
            after: Some(after.weight.clone()),
            ..cause(CauseKind::Weight, &format!("markets.{}.weight", after.id))
        })
    }

    /// Facts, params and choices that the line rests on and that stood for something else.
    fn names(self) -> Vec<Cause> {
        let Some((before, after)) = self.markets() else { return Vec::new() };
        let known: BTreeSet<&str> =
            before.grounds.keys().chain(after.grounds.keys()).map(String::as_str).collect();
        let named: BTreeSet<&str> = self
            .lines()
            .flat_map(|line| {
                let because = line.because.iter().flat_map(|because| words(&because.text));
                line.used.iter().map(String::as_str).chain(because)
            })
            .filter(|name| known.contains(name))
            .collect();
        named
            .into_iter()
            .filter_map(|name| self.name(name, before.grounds.get(name), after.grounds.get(name)))
            .collect()
    }

    fn name(self, name: &str, before: Option<&Ground>, after: Option<&Ground>) -> Option<Cause> {
        // Where one answer says nothing of a name, nothing in it needed the name: of a line that is in one
        // answer alone, that is no news.
        if before.zip(after).is_none() && self.in_both().is_none() {
            return None;
        }
        let value = |ground: Option<&Ground>| ground.map(|ground| ground.value.clone());
        let kind = match name.split_once('.').map(|(scope, _)| scope) {
            Some("param" | "term") => CauseKind::Param,
            Some("choice") => CauseKind::Choice,
            _ => CauseKind::Fact,
        };
        let shown = after.or(before)?;
        (value(before) != value(after)).then(|| Cause {
            before: value(before),
            after: value(after),
            at: shown.at.clone(),
            cites: shown.cites.clone(),
            ..cause(kind, name)
        })
    }

    /// Of an obligation's line: the choices that bear on it and are decided otherwise.
    fn choices(self) -> Vec<Cause> {
        let Some((before, after)) = self.markets() else { return Vec::new() };
        let flips = super::choices(Some(before), Some(after));
        let bears = |name: &str| {
            let name = name.rsplit('.').next().unwrap_or(name);
            let names = |line: &Line| {
                line.used.iter().any(|used| *used == format!("choice.{name}"))
                    || line.because.iter().any(|because| words(&because.text).any(|word| word == name))
                    || line.obligation.as_deref().is_some_and(|id| id.ends_with(&format!(".{name}")))
            };
            self.lines().any(names)
        };
        let cause = |flip: crate::protocol::ChoiceDiff| Cause {
            before: flip.before,
            after: flip.after,
            ..cause(CauseKind::Choice, &format!("choice.{}", flip.choice))
        };
        flips.into_iter().filter(|flip| bears(&flip.choice)).map(cause).collect()
    }

    fn plugin(self) -> Option<Cause> {
        let id = &self.lines().next()?.plugin.id;
        let digest = |line: Option<&Line>, market: Option<&Market>| match line {
            Some(line) => Some(line.plugin.digest.clone()),
            None => market?.closure.plugins.get(id).cloned(),
        };
        let before = digest(self.before, self.place.before);
        let after = digest(self.after, self.place.after);
        (before != after).then(|| Cause { before, after, ..cause(CauseKind::Plugin, id) })
    }

    fn fx(self) -> Option<Cause> {
        let (before, after) = self.in_both()?;
        let native = |line: &Line| line.spans.first().map(|span| span.native.currency.clone());
        let rate =
            |line: &Line| line.fx.as_ref().map(|fx| format!("{} of {} ({})", fx.rate, fx.date, fx.source));
        (rate(before) != rate(after)).then(|| {
            let from = native(after).unwrap_or_default();
            let name = format!("{from}/{}", self.both.after.currency);
            Cause { before: rate(before), after: rate(after), ..cause(CauseKind::Fx, &name) }
        })
    }

    fn horizon(self) -> Vec<Cause> {
        let (before, after) = (self.both.before, self.both.after);
        let years = |answer: &crate::protocol::Answer| answer.horizon_years.to_string();
        let each = [
            ("as_of", before.as_of.clone(), after.as_of.clone()),
            ("horizon_years", years(before), years(after)),
            ("discount", before.discount.clone(), after.discount.clone()),
        ];
        each.into_iter()
            .filter(|(_, before, after)| before != after)
            .map(|(name, before, after)| Cause {
                before: Some(before),
                after: Some(after),
                ..cause(CauseKind::Horizon, name)
            })
            .collect()
    }

    /// It is paid from another day, or to another.
    fn period(self) -> Option<Cause> {
        let (before, after) = self.in_both()?;
        let days = |line: &Line| {
            let (first, last) = (line.spans.first()?, line.spans.last()?);
            Some(format!("{} to {}", first.from, last.to))
        };
        (days(before) != days(after)).then(|| Cause {
            before: days(before),
            after: days(after),
            ..cause(CauseKind::Period, "paid")
        })
    }

    /// The work, its price, and what the condition said otherwise.
    fn prices(self) -> Vec<Cause> {
        let Some((before, after)) = self.in_both() else { return Vec::new() };
        let is_new = |these: &'a [Because], those: &'a [Because]| -> Vec<&'a Because> {
            these.iter().filter(|because| !those.contains(because)).collect()
        };
        let (gone, come) = (is_new(&before.because, &after.because), is_new(&after.because, &before.because));
        let same: BTreeMap<&str, &Because> =
            gone.iter().map(|because| (because.text.as_str(), *because)).collect();
        let mut causes = Vec::new();
        for new in &come {
            let old = same.get(new.text.as_str());
            causes.push(Cause {
                before: old.map(|old| old.value.clone()),
                after: Some(new.value.clone()),
                ..cause(CauseKind::Price, &new.text)
            });
        }
        let unmatched = gone.iter().filter(|old| !come.iter().any(|new| new.text == old.text));
        causes.extend(
            unmatched
                .map(|old| Cause { before: Some(old.value.clone()), ..cause(CauseKind::Price, &old.text) }),
        );
        causes
    }

    /// The file that the rule stands in does not read the same.
    fn rule(self) -> Option<Cause> {
        let line = self.after.or(self.before)?;
        let file = line.at.split(':').next()?;
        let digest = |market: Option<&Market>| market?.closure.rules.get(file).cloned();
        let (before, after) = (digest(self.place.before), digest(self.place.after));
        (before != after).then(|| Cause {
            before,
            after,
            at: Some(line.at.clone()),
            cites: line.cites.clone(),
            ..cause(CauseKind::Rule, file)
        })
    }
}

/// A shared line has the largest weight among its markets, and not that of the one its names were looked up in.
pub(super) fn of_shared(line: &mut LineDiff, obligation: &str, weight: &Changed<String>) {
    line.causes.retain(|cause| cause.kind != CauseKind::Weight);
    if let (Some(before), Some(after)) = (&weight.before, &weight.after)
        && before != after
    {
        line.causes.push(Cause {
            before: Some(before.clone()),
            after: Some(after.clone()),
            ..cause(CauseKind::Weight, &format!("largest weight of {obligation}"))
        });
    }
}

/// Whether a cause says what changed the line before its weight.
fn says_what(cause: &Cause) -> bool {
    !matches!(cause.kind, CauseKind::Condition | CauseKind::Weight | CauseKind::Plugin)
}

fn cause(kind: CauseKind, name: &str) -> Cause {
    Cause { kind, name: name.to_owned(), before: None, after: None, at: None, cites: Vec::new() }
}

/// The names in a text: `market.users` of `market.users 2,500,000 ≥ 1,000,000`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).filter(|word| !word.is_empty())
}

/// Puts what the rule files say otherwise in the place of the mere name of the file.
pub(super) fn attribute(line: &mut LineDiff, rules: &[FileDiff]) {
    if line.causes.iter().any(|cause| cause.kind == CauseKind::Market) {
        return;
    }
    let file = line.at.split(':').next().unwrap_or_default();
    let Some(changed) = rules.iter().find(|found| found.file == file) else { return };
    let own = own_path(line);
    let said: Vec<Cause> = changed
        .words
        .iter()
        .filter(|word| word.path == own || is_below(&word.path, &own))
        .map(|word| of_word(word, line))
        .collect();
    if said.is_empty() {
        return;
    }
    let others = std::mem::take(&mut line.causes);
    line.causes = said;
    line.causes.extend(others.into_iter().filter(|cause| cause.kind != CauseKind::Rule));
}

/// Where the rule of a line stands in its file.
fn own_path(line: &LineDiff) -> String {
    match &line.obligation {
        Some(id) => format!("obligations.{}", id.rsplit('.').next().unwrap_or(id)),
        None => format!("stages.{}.{}", line.stage, line.plugin),
    }
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with(['.', '[']))
}

fn of_word(word: &Word, line: &LineDiff) -> Cause {
    Cause {
        before: word.before.clone(),
        after: word.after.clone(),
        at: word.at.clone(),
        cites: if line.presence == Presence::Removed { Vec::new() } else { line.cites.clone() },
        ..cause(CauseKind::Rule, &word.path)
    }
}
