//! What a test gives, as the strategy it stands for: one market of weight 1, in the file's currency.
//!
//! The nodes keep their places in the rule file, so that whatever `strategy` finds wrong points there.

use crate::{
    diagnostic::Problems,
    generation::Generation,
    rules::{
        book::Jurisdiction,
        schema::{base::RESERVED_MARKET_NAMES, test::TestFile},
        yaml::{self, Entry, Fields, Node, NodeKind, Style},
    },
    source::Span,
    strategy::{self, Strategy},
};

const KEYS: [&str; 6] = ["company", "product", "market", "choices", "rates", "fx"];

/// The question a test asks.
pub(super) fn strategy(
    test: &TestFile,
    jurisdiction: &Jurisdiction,
    generation: &Generation,
    problems: &mut Problems<'_>,
) -> Option<Strategy> {
    let nothing = mapping(test.span, Vec::new());
    let given = test.given.as_ref().unwrap_or(&nothing);
    let fields = Fields::read(given, "`given`", &KEYS, problems)?;
    let market = market(&fields, test.span, problems)?;
    let at = test.as_of.span;
    let mut entries = vec![
        entry("schema", text("landfall/strategy@1", at)),
        entry("as_of", test.as_of.clone()),
        entry("currency", text(jurisdiction.own.currency.code(), at)),
        entry("horizon_years", test.horizon_years.clone().unwrap_or_else(|| text("1", at))),
        entry("discount", test.discount.clone().unwrap_or_else(|| text("0", at))),
        entry("markets", mapping(at, vec![entry(jurisdiction.id().as_str(), market)])),
    ];
    let same = ["company", "product", "rates", "fx"];
    entries.extend(same.iter().filter_map(|key| fields.get(key).map(|node| entry(key, node.clone()))));
    strategy::read_test(&mapping(given.span, entries), generation, problems)
}

/// The facts of the market, and what stands beside them in a test.
fn market(fields: &Fields<'_>, span: Span, problems: &mut Problems<'_>) -> Option<Node> {
    let mut entries = match fields.get("market") {
        Some(node) => yaml::mapping(node, "`market`", problems)?.to_vec(),
        None => Vec::new(),
    };
    for reserved in entries.iter().filter(|entry| RESERVED_MARKET_NAMES.contains(&entry.key.as_str())) {
        let message = format!("`{}` does not stand under the market of a test", reserved.key);
        let help = match reserved.key.as_str() {
            "weight" => "take it out: the market of a test has the weight 1".to_owned(),
            key => format!("write it beside `market`: `given: {{market: …, {key}: …}}`"),
        };
        problems.error_help(reserved.key_span, message, help);
    }
    entries.retain(|entry| !RESERVED_MARKET_NAMES.contains(&entry.key.as_str()));
    entries.push(entry("weight", text("1", span)));
    entries.extend(fields.get("choices").map(|node| entry("choices", node.clone())));
    Some(mapping(fields.get("market").map_or(span, |node| node.span), entries))
}

fn mapping(span: Span, entries: Vec<Entry>) -> Node {
    Node { span, kind: NodeKind::Mapping(entries) }
}

fn text(text: &str, span: Span) -> Node {
    Node { span, kind: NodeKind::Scalar { text: text.to_owned(), style: Style::Quoted } }
}

fn entry(key: &str, value: Node) -> Entry {
    Entry { key: key.to_owned(), key_span: value.span, key_style: Style::Quoted, value }
}
