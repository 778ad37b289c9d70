//! What a test expects, with every name and amount checked against the rules it is about.

use std::fmt;

use crate::{
    diagnostic::{Problems, did_you_mean},
    evaluate::Status,
    id::{Name, Stage},
    money::Money,
    rules::{
        book::{Jurisdiction, Param},
        schema::{Spanned, jurisdiction::Kind, scalar},
        yaml::{self, Entry, Fields, Node, NodeKind, Style},
    },
    value::Value,
};

const KEYS: [&str; 8] =
    ["obligations", "penalties", "blocks", "params", "choices", "costs", "total", "status"];

/// How a market can stand, with its word.
const STATUSES: [(&str, Status); 3] =
    [("complete", Status::Complete), ("blocked", Status::Blocked), ("incomplete", Status::Incomplete)];

/// The word for a status.
pub(super) fn word(status: Status) -> &'static str {
    STATUSES.iter().find(|(_, known)| *known == status).map_or("", |(word, _)| word)
}

/// Everything a test expects, each with its place.
#[derive(Debug, Default)]
pub(super) struct Expect {
    pub(super) obligations: Vec<(Spanned<Name>, Applies)>,
    pub(super) penalties: Vec<(Spanned<Name>, Spanned<ExpectedPenalty>)>,
    pub(super) blocks: Vec<(Spanned<Name>, Applies)>,
    pub(super) params: Vec<(Spanned<Name>, Spanned<ExpectedParam>)>,
    pub(super) choices: Vec<(Spanned<Name>, Spanned<Name>)>,
    pub(super) costs: Vec<(Spanned<CostOf>, Spanned<Money>)>,
    pub(super) total: Option<Spanned<Money>>,
    pub(super) status: Option<Spanned<Status>>,
}

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applies {
    Has,
    Lacks,
    Undetermined,
}

/// What a penalty comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExpectedPenalty {
    Of(Money),
    None,
    Undetermined,
}

impl fmt::Display for ExpectedPenalty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(money) => write!(f, "{money}"),
            Self::None => f.write_str("none"),
            Self::Undetermined => f.write_str("undetermined"),
        }
    }
}

/// What a param is on the day, or why it has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ExpectedParam {
    Value(Value),
    NotYet,
    Ended,
    Absent,
}

impl fmt::Display for ExpectedParam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::NotYet => f.write_str("not_yet"),
            Self::Ended => f.write_str("ended"),
            Self::Absent => f.write_str("absent"),
        }
    }
}

/// What a cost is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CostOf {
    Stage(Stage),
    Obligation(Name),
}

impl Expect {
    /// Reads `expect:`.
    pub(super) fn read(
        node: &Node,
        jurisdiction: &Jurisdiction,
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        let fields = Fields::read(node, "`expect`", &KEYS, problems)?;
        let mut reader = Reader { jurisdiction, problems, expect: Self::default(), asked: 0 };
        reader.read(&fields);
        let Reader { expect, asked, .. } = reader;
        // A slip that is already said may be what was meant to be expected.
        if asked == 0 && !problems.any_error() {
            let help = format!("write what must come: {}", did_you_mean("", KEYS));
            problems.error_help(node.span, "the test expects nothing, so it cannot fail", help);
        }
        Some(expect)
    }

    /// Whether it looks at the horizon and not at the first day alone.
    pub(super) const fn asks_for_costs(&self) -> bool {
        !self.costs.is_empty() || self.total.is_some()
    }
}

struct Reader<'a, 'p, 's> {
    jurisdiction: &'a Jurisdiction,
    problems: &'p mut Problems<'s>,
    expect: Expect,
    /// How much is expected, readable or not.
    asked: usize,
}

impl Reader<'_, '_, '_> {
    fn read(&mut self, fields: &Fields<'_>) {
        let merged = &self.jurisdiction.merged;
        let obligations: Vec<&Name> = merged.obligations.keys().collect();
        let blocks: Vec<&Name> = merged.blocks.keys().collect();
        if let Some(node) = fields.get("obligations") {
            let words =
                [("has", Applies::Has), ("lacks", Applies::Lacks), ("undetermined", Applies::Undetermined)];
            self.expect.obligations =
                self.lists(node, "expected `obligations`", "obligation", &words, &obligations);
        }
        if let Some(node) = fields.get("blocks") {
            let words = [("has", Applies::Has), ("lacks", Applies::Lacks)];
            self.expect.blocks = self.lists(node, "expected `blocks`", "block", &words, &blocks);
        }
        for entry in self.entries(fields, "penalties") {
            self.penalty(entry);
        }
        for entry in self.entries(fields, "params") {
            self.param(entry);
        }
        for entry in self.entries(fields, "choices") {
            if self.asks_a_market(entry) {
                self.choice(entry);
            }
        }
        for entry in self.entries(fields, "costs") {
            if self.asks_a_market(entry) {
                self.cost(entry);
            }
        }
        if let Some(entry) = self.of_market(fields, "total") {
            self.expect.total = self.amount(&entry.value, "the total");
        }
        if let Some(entry) = self.of_market(fields, "status") {
            let status = scalar::word(&entry.value, "the status", &STATUSES, self.problems);
            self.expect.status = status.map(|status| Spanned::new(status, entry.value.span));
        }
    }

    /// The entries of a mapping of expectations.
    fn entries<'n>(&mut self, fields: &Fields<'n>, key: &str) -> &'n [Entry] {
        let entries =
            fields.get(key).and_then(|node| yaml::mapping(node, &format!("expected `{key}`"), self.problems));
        let entries = entries.unwrap_or_default();
        self.asked += entries.len();
        entries
    }

    fn of_market<'n>(&mut self, fields: &Fields<'n>, key: &str) -> Option<&'n Entry> {
        let entry = fields.entry(key).filter(|entry| !entry.value.is_nothing())?;
        self.asked += 1;
        self.asks_a_market(entry).then_some(entry)
    }

    fn asks_a_market(&mut self, entry: &Entry) -> bool {
        let is_market = self.jurisdiction.own.kind != Kind::Bloc;
        if !is_market {
            let message =
                format!("`{}` is no market, and nobody asks it for a number", self.jurisdiction.id());
            let help = "expect obligations, penalties, blocks or params here, and costs in a member's file";
            self.problems.error_help(entry.key_span, message, help);
        }
        is_market
    }

    /// A name among those the rules have.
    fn known(
        &mut self,
        text: &str,
        span: crate::source::Span,
        what: &str,
        known: &[&Name],
    ) -> Option<Spanned<Name>> {
        if let Some(name) = known.iter().find(|name| name.as_str() == text) {
            return Some(Spanned::new(Name::clone(name), span));
        }
        let message = format!("`{}` has no {what} `{}`", self.jurisdiction.id(), yaml::shorten(text));
        let help = did_you_mean(text, known.iter().map(|name| name.as_str()));
        self.problems.error_help(span, message, help);
        None
    }

    /// `{has: […], lacks: […]}`.
    fn lists(
        &mut self,
        node: &Node,
        what: &'static str,
        one: &str,
        words: &[(&str, Applies)],
        known: &[&Name],
    ) -> Vec<(Spanned<Name>, Applies)> {
        let keys: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let Some(fields) = Fields::read(node, what, &keys, self.problems) else { return Vec::new() };
        let mut expected: Vec<(Spanned<Name>, Applies)> = Vec::new();
        for (word, applies) in words {
            let Some(node) = fields.get(word) else { continue };
            for item in yaml::sequence(node, &format!("`{word}`"), self.problems).unwrap_or_default() {
                self.asked += 1;
                let Some(text) = yaml::text(item, &format!("an {one}"), self.problems) else { continue };
                let Some(name) = self.known(text, item.span, one, known) else { continue };
                if expected.iter().any(|(before, _)| before.value == name.value) {
                    let message = format!("`{}` is expected twice", name.value);
                    self.problems.error_help(name.span, message, "keep one of them");
                }
                expected.push((name, *applies));
            }
        }
        expected
    }

    fn penalty(&mut self, entry: &Entry) {
        let names: Vec<&Name> = self.jurisdiction.merged.penalties.keys().collect();
        let name = self.known(&entry.key, entry.key_span, "penalty", &names);
        let expected = match entry.value.scalar() {
            Some("none") => Some(ExpectedPenalty::None),
            Some("undetermined") => Some(ExpectedPenalty::Undetermined),
            _ => {
                let what = format!("the penalty `{}`", yaml::shorten(&entry.key));
                scalar::money(&entry.value, &what, self.problems).map(ExpectedPenalty::Of)
            }
        };
        if let (Some(name), Some(expected)) = (name, expected) {
            self.expect.penalties.push((name, Spanned::new(expected, entry.value.span)));
        }
    }

    fn param(&mut self, entry: &Entry) {
        let params = &self.jurisdiction.merged.params;
        let names: Vec<&Name> = params.keys().collect();
        let Some(name) = self.known(&entry.key, entry.key_span, "param", &names) else { return };
        let Some(param) = params.get(&name.value) else { return };
        let expected = match &entry.value.kind {
            NodeKind::Scalar { text, style: Style::Plain } => absence(text),
            _ => None,
        };
        let expected = expected.or_else(|| self.value(&entry.value, param));
        if let Some(expected) = expected {
            self.expect.params.push((name, Spanned::new(expected, entry.value.span)));
        }
    }

    fn value(&mut self, node: &Node, param: &Param) -> Option<ExpectedParam> {
        let what = format!("`{}`", param.id.name);
        scalar::value(node, &what, param.value_type, &param.vocabulary, self.problems)
            .map(ExpectedParam::Value)
    }

    fn choice(&mut self, entry: &Entry) {
        let choices = &self.jurisdiction.merged.choices;
        let names: Vec<&Name> = choices.keys().collect();
        let Some(name) = self.known(&entry.key, entry.key_span, "choice", &names) else { return };
        let Some(choice) = choices.get(&name.value) else { return };
        let Some(text) = yaml::text(&entry.value, "an option", self.problems) else { return };
        match choice.options.iter().find(|option| option.name.as_str() == text) {
            Some(option) => {
                let option = Spanned::new(option.name.clone(), entry.value.span);
                self.expect.choices.push((name, option));
            }
            None => {
                let message = format!("`{}` is no option of `{}`", yaml::shorten(text), name.value);
                let known: Vec<&str> = choice.options.iter().map(|option| option.name.as_str()).collect();
                self.problems.error_help(entry.value.span, message, did_you_mean(text, known));
            }
        }
    }

    fn cost(&mut self, entry: &Entry) {
        let obligations = &self.jurisdiction.merged.obligations;
        let of = match (Stage::parse(&entry.key), obligations.get_key_value(entry.key.as_str())) {
            (Some(stage), _) => Some(CostOf::Stage(stage)),
            (None, Some((name, _))) => Some(CostOf::Obligation(name.clone())),
            (None, None) => {
                let message = format!(
                    "`{}` is neither a stage nor an obligation of `{}`",
                    yaml::shorten(&entry.key),
                    self.jurisdiction.id()
                );
                let known = Stage::ALL.map(Stage::as_str).into_iter();
                let known: Vec<&str> = known.chain(obligations.keys().map(AsRef::as_ref)).collect();
                self.problems.error_help(entry.key_span, message, did_you_mean(&entry.key, known));
                None
            }
        };
        let amount = self.amount(&entry.value, "a cost");
        if let (Some(of), Some(amount)) = (of, amount) {
            self.expect.costs.push((Spanned::new(of, entry.key_span), amount));
        }
    }

    /// An amount in the file's currency, in which tests are answered.
    fn amount(&mut self, node: &Node, what: &str) -> Option<Spanned<Money>> {
        let money = scalar::money(node, what, self.problems)?;
        let currency = self.jurisdiction.own.currency;
        if money.currency != currency {
            let message = format!("{what} is in {currency} here, not in {}", money.currency);
            let help = format!("write the amount in {currency}, the currency of this file");
            self.problems.error_help(node.span, message, help);
            return None;
        }
        Some(Spanned::new(money, node.span))
    }
}

/// The words for a param without a value; in quotes they are text.
fn absence(text: &str) -> Option<ExpectedParam> {
    match text {
        "not_yet" => Some(ExpectedParam::NotYet),
        "ended" => Some(ExpectedParam::Ended),
        "absent" => Some(ExpectedParam::Absent),
        _ => None,
    }
}
