//! What must come back: lines, or a failure.

use super::read::Reader;
use crate::{
    diagnostic::did_you_mean,
    id::QualifiedId,
    money::AMOUNT_SCALE,
    plugin::{Cadence, CallError, Description, Failure, Ground, Line, Need, Quantity},
    rules::{
        schema::scalar,
        yaml::{self, Fields, Node},
    },
};

/// The failures that a case may expect by their kind. Those with a word of their own are not among them; neither are
/// those that another run may not have, which are part of no answer.
const KINDS: [&str; 15] = [
    "bad_index",
    "bad_spread",
    "bad_text",
    "duplicate_line",
    "malformed",
    "out_of_fuel",
    "out_of_memory",
    "quantity_mismatch",
    "stack_overflow",
    "table_too_large",
    "too_many_grounds",
    "too_many_lines",
    "too_many_parts",
    "too_much_data",
    "trapped",
];

/// What must come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Exactly these lines, in this order.
    Lines(Vec<Line>),
    /// No line but this failure.
    Failure(ExpectedFailure),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedFailure {
    /// It cannot do without a fact that it declares as optional.
    NeedsFact(String),
    /// The same of a param.
    NeedsParam(String),
    /// It says itself why not.
    Refused(String),
    /// A limit it ran into, a trap, an answer against the contract.
    Other {
        /// In one word.
        kind: String,
        /// What the host says of it; any where it is not said.
        message: Option<String>,
    },
}

impl Expect {
    /// What came, as it would be expected.
    #[must_use]
    pub fn of(answer: &Result<Vec<Line>, CallError>) -> Self {
        match answer {
            Ok(lines) => Self::Lines(lines.clone()),
            Err(error) => Self::Failure(ExpectedFailure::of(error)),
        }
    }

    /// Whether this is what came.
    #[must_use]
    pub fn is_met_by(&self, came: &Self) -> bool {
        let (Self::Failure(expected), Self::Failure(came)) = (self, came) else { return self == came };
        match (expected, came) {
            (ExpectedFailure::Other { kind, message: None }, ExpectedFailure::Other { kind: of, .. }) => {
                kind == of
            }
            _ => expected == came,
        }
    }
}

impl ExpectedFailure {
    fn of(error: &CallError) -> Self {
        match &error.failure {
            Failure::NeedsFact { name } => Self::NeedsFact(name.clone()),
            Failure::NeedsParam { name } => Self::NeedsParam(name.clone()),
            Failure::Refused { reason } => Self::Refused(reason.clone()),
            other => Self::Other { kind: error.kind().to_owned(), message: Some(other.to_string()) },
        }
    }
}

/// Reads `expect:`. Without the ids of the case, what lines are of is not looked at.
pub(super) fn read(node: &Node, ids: Option<&[QualifiedId]>, reader: &mut Reader<'_, '_>) -> Option<Expect> {
    let fields = Fields::read(node, "`expect`", &["lines", "failure"], reader.problems)?;
    match (fields.get("lines"), fields.get("failure")) {
        (Some(node), None) => lines(node, ids, reader).map(Expect::Lines),
        (None, Some(node)) => failure(node, reader).map(Expect::Failure),
        // A key that is there and holds nothing is told of already.
        (None, None) if fields.entry("lines").is_some() || fields.entry("failure").is_some() => None,
        (lines, _) => {
            let message = match lines {
                Some(_) => "a plugin answers with lines or fails, and not both",
                None => "`expect` needs `lines` or `failure`",
            };
            let help =
                "write `lines: […]`, `failure: {refused: …}`, or take `expect` out and run with `--update`";
            reader.problems.error_help(fields.span(), message, help);
            None
        }
    }
}

fn lines(node: &Node, ids: Option<&[QualifiedId]>, reader: &mut Reader<'_, '_>) -> Option<Vec<Line>> {
    let items = yaml::sequence(node, "`lines`", reader.problems)?;
    let lines: Vec<Option<Line>> = items.iter().map(|item| line(item, ids, reader)).collect();
    lines.into_iter().collect()
}

fn line(node: &Node, ids: Option<&[QualifiedId]>, reader: &mut Reader<'_, '_>) -> Option<Line> {
    const KNOWN: [&str; 6] = ["obligation", "label", "cadence", "amount", "quantity", "used"];
    let fields = Fields::read(node, "a line", &KNOWN, reader.problems)?;
    let obligation = match fields.get("obligation") {
        None => Some(None),
        Some(node) => obligation(node, ids, reader).map(Some),
    };
    let label = fields.require("label", reader.problems);
    let label = label.and_then(|node| yaml::text(node, "`label`", reader.problems));
    let cadence = fields.require("cadence", reader.problems);
    let words = [("once", Cadence::Once), ("yearly", Cadence::Yearly)];
    let cadence = cadence.and_then(|node| scalar::word(node, "`cadence`", &words, reader.problems));
    let amount = fields.require("amount", reader.problems);
    let amount = amount.and_then(|node| reader.spread(node, "`amount`"));
    let quantity = match fields.get("quantity") {
        None => Some(None),
        Some(node) => quantity(node, reader).map(Some),
    };
    let used = match fields.get("used") {
        None => Some(Vec::new()),
        Some(node) => used(node, reader),
    };
    Some(Line {
        obligation: obligation?,
        label: label?.to_owned(),
        cadence: cadence?,
        amount: amount?,
        used: used?,
        quantity: quantity?,
    })
}

fn obligation(node: &Node, ids: Option<&[QualifiedId]>, reader: &mut Reader<'_, '_>) -> Option<u32> {
    let text = yaml::text(node, "`obligation`", reader.problems)?;
    let ids: Vec<String> = ids?.iter().map(ToString::to_string).collect();
    let place = ids.iter().position(|id| id == text);
    if place.is_none() {
        let message = format!("the case has no obligation {}", node.describe());
        let help = match ids.as_slice() {
            [] => "it has none under `obligations:`".to_owned(),
            ids => did_you_mean(text, ids.iter().map(String::as_str)),
        };
        reader.problems.error_help(node.span, message, help);
    }
    place.and_then(|place| u32::try_from(place).ok())
}

fn quantity(node: &Node, reader: &mut Reader<'_, '_>) -> Option<Quantity> {
    let fields = Fields::read(node, "a quantity", &["count", "unit", "price"], reader.problems)?;
    let count = fields.require("count", reader.problems);
    let count = count.and_then(|node| {
        let exact = scalar::decimal(node, "`count`", 4, reader.problems)?;
        let units = exact.round(AMOUNT_SCALE);
        units.map_err(|error| reader.problems.error(node.span, format!("`count`: {error}"))).ok()
    });
    let unit = fields.require("unit", reader.problems);
    let unit = unit.and_then(|node| yaml::text(node, "`unit`", reader.problems));
    let price = fields.require("price", reader.problems).and_then(|node| reader.spread(node, "`price`"));
    Some(Quantity { count: count?, unit: unit?.to_owned(), price: price? })
}

fn used(node: &Node, reader: &mut Reader<'_, '_>) -> Option<Vec<Ground>> {
    let items = yaml::sequence(node, "`used`", reader.problems)?;
    let known = grounds(reader.description());
    let ground = |item: &Node| {
        let text = yaml::text(item, "a ground", reader.problems)?;
        let found = known.iter().find(|(name, _)| name == text).map(|(_, ground)| *ground);
        if found.is_none() {
            let id = &reader.description().id;
            let message = format!("the plugin `{id}` can use no {}", item.describe());
            let help = did_you_mean(text, known.iter().map(|(name, _)| name.as_str()));
            reader.problems.error_help(item.span, message, help);
        }
        found
    };
    let found: Vec<Option<Ground>> = items.iter().map(ground).collect();
    found.into_iter().collect()
}

/// Everything a line may rest on, by the name it has in a case.
pub(super) fn grounds(description: &Description) -> Vec<(String, Ground)> {
    fn all<'d, T>(
        of: &'d [T],
        name: impl Fn(&T) -> String + 'd,
        ground: impl Fn(u32) -> Ground + 'd,
    ) -> impl Iterator<Item = (String, Ground)> + 'd {
        (0..).zip(of).map(move |(place, need)| (name(need), ground(place)))
    }
    let facts = all(&description.facts, |need: &Need| need.name.clone(), Ground::Fact);
    let params = all(&description.params, |need: &Need| format!("param.{}", need.name), Ground::Param);
    let choices = all(&description.choices, |choice| format!("choice.{}", choice.id), Ground::Choice);
    let demands = all(&description.demands, |need: &Need| format!("demand.{}", need.name), Ground::Demand);
    facts.chain(params).chain(choices).chain(demands).collect()
}

fn failure(node: &Node, reader: &mut Reader<'_, '_>) -> Option<ExpectedFailure> {
    const KNOWN: [&str; 5] = ["needs_fact", "needs_param", "refused", "kind", "message"];
    const WHICH: [&str; 4] = ["needs_fact", "needs_param", "refused", "kind"];
    let fields = Fields::read(node, "`failure`", &KNOWN, reader.problems)?;
    let said: Vec<(&str, &Node)> = WHICH.iter().filter_map(|key| Some((*key, fields.get(key)?))).collect();
    let [(key, value)] = said.as_slice() else {
        let message = "a failure is one of `needs_fact`, `needs_param`, `refused` and `kind`";
        let help = "write `{needs_fact: NAME}`, `{needs_param: NAME}`, `{refused: WHY}` or `{kind: trapped}`";
        reader.problems.error_help(fields.span(), message, help);
        return None;
    };
    let message = fields.get("message").filter(|_| *key != "kind");
    if let Some(message) = message {
        reader.problems.error_help(
            message.span,
            "`message` goes with `kind`",
            "what a plugin refuses with is `refused`",
        );
    }
    match *key {
        "needs_fact" => {
            need(value, "fact", &reader.description().facts, reader).map(ExpectedFailure::NeedsFact)
        }
        "needs_param" => {
            need(value, "param", &reader.description().params, reader).map(ExpectedFailure::NeedsParam)
        }
        "refused" => {
            let text = yaml::text(value, "`refused`", reader.problems)?;
            Some(ExpectedFailure::Refused(text.to_owned()))
        }
        _ => other(value, &fields, reader),
    }
}

fn need(node: &Node, what: &str, needs: &[Need], reader: &mut Reader<'_, '_>) -> Option<String> {
    let text = yaml::text(node, &format!("`needs_{what}`"), reader.problems)?;
    if needs.iter().any(|need| need.name == text) {
        return Some(text.to_owned());
    }
    let message = format!("the plugin `{}` asks for no {what} {}", reader.description().id, node.describe());
    let help = did_you_mean(text, needs.iter().map(|need| need.name.as_str()));
    reader.problems.error_help(node.span, message, help);
    None
}

fn other(node: &Node, fields: &Fields<'_>, reader: &mut Reader<'_, '_>) -> Option<ExpectedFailure> {
    let kind = yaml::text(node, "`kind`", reader.problems)?;
    let message = match fields.get("message") {
        None => Some(None),
        Some(node) => yaml::text(node, "`message`", reader.problems).map(|text| Some(text.to_owned())),
    };
    if !KINDS.contains(&kind) {
        let (message, help) = match kind {
            "needs_fact" | "needs_param" | "refused" => {
                (format!("`{kind}` is a key of its own"), format!("write `failure: {{{kind}: …}}`"))
            }
            "out_of_time" | "host_out_of_memory" | "host_panicked" => (
                format!("`{kind}` is no answer of a plugin: another run may not have it"),
                "what it does may end in `out_of_fuel`, which is the same everywhere".to_owned(),
            ),
            _ => (format!("`kind` cannot be {}", node.describe()), did_you_mean(kind, KINDS)),
        };
        reader.problems.error_help(node.span, message, help);
        return None;
    }
    Some(ExpectedFailure::Other { kind: kind.to_owned(), message: message? })
}
