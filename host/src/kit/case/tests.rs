//! Cases in files: read, written, accepted and recorded, with a plugin that needs one of each type.

use std::{path::Path, sync::LazyLock};

use proptest::prelude::{prop_assert_eq, proptest};

use super::{
    super::run::{self, Trial},
    *,
};
use crate::{
    money::{Amount, Spread},
    plugin::{
        Cadence, CaseValue, Ground, Line, Plugin, Quantity,
        guests::{Guest, Says, TestLine},
        tests::load_here,
    },
    protocol::CaseState,
    source::SourceFile,
    testing::engine,
};

const SETTINGS: &str = r#"{"type": "object", "additionalProperties": false, "properties": {
    "fee": {"type": "string", "format": "money"}, "share": {"type": "string", "format": "ratio"},
    "hours": {"type": "string", "format": "decimal"}, "note": {"type": "string"}, "on": {"type": "boolean"},
    "places": {"type": "array", "items": {"type": "string"}}, "many": {"type": "integer"}}}"#;

/// Needs one of each type, most of them as it likes.
fn guest(lines: &[TestLine]) -> Guest {
    let says = Says {
        stages: vec![2, 4],
        facts: vec![
            ("company.sme", 0, true),
            ("market.users", 1, true),
            ("market.share", 2, false),
            ("company.turnover", 3, false),
            ("product.name", 4, false),
            ("company.home", 5, false),
            ("product.sectors", 6, false),
            ("market.start", 7, false),
            ("local.deadline", 8, false),
        ],
        params: vec![("fee", 3, false)],
        demands: vec![("languages", 6, true), ("words", 1, false)],
        choices: vec![("hosting", vec!["home", "cloud"])],
        knows: vec!["representative"],
        separable: true,
    };
    Guest { schema: Some(SETTINGS.to_owned()), says, ..Guest::answering(lines) }
}

/// Compiled once for all tests.
fn plugin() -> &'static Plugin {
    static PLUGIN: LazyLock<Plugin> = LazyLock::new(|| load_here(&engine(), &guest(&[]).core()).unwrap());
    &PLUGIN
}

fn source(text: &str) -> SourceFile {
    SourceFile::new("cases/first.yaml", text.as_bytes()).unwrap()
}

/// The least that this plugin must be given.
const LEAST: &str = "schema: landfall/case@1\nstage: output\nfacts: {company.sme: false, market.users: 7}\nchoices: {hosting: cloud}\n";

fn good(text: &str) -> CaseFile {
    read(&source(text), plugin()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// What is said of the least case with this after it, a line each.
#[track_caller]
fn said(rest: &str, expected: &[&str]) {
    let problems = read(&source(&format!("{LEAST}{rest}")), plugin()).map(|case| panic!("{case:?}"));
    let problems: Vec<String> = problems.unwrap_err().iter().map(ToString::to_string).collect();
    let found: Vec<&str> =
        problems.iter().map(|problem| problem.strip_prefix("cases/first.yaml:").unwrap()).collect();
    assert_eq!(found, expected, "{found:#?}");
}

#[test]
fn what_is_not_named_is_missing() {
    let case = good(LEAST);
    assert_eq!(&*case.name, "first");
    assert_eq!((case.case.stage.as_str(), case.case.currency.code()), ("output", "EUR"));
    let missing = std::iter::repeat_n(CaseValue::Missing, 7);
    let given = [CaseValue::Flag(false), CaseValue::Count(7)].into_iter();
    assert_eq!(case.case.facts, given.chain(missing).collect::<Vec<_>>());
    assert_eq!((case.case.params, case.case.choices), (vec![CaseValue::Missing], vec![1]));
    assert_eq!((&*case.case.settings, case.expect), ("{}", None));
}

#[test]
fn every_type_is_read_exactly() {
    let case = good(&format!(
        "{}params: {{fee: 0.0001 EUR}}\nsettings: {{fee: 1.5 EUR, share: 91%, hours: 2.5, note: \"no\", on: true, \
         many: 1_000, places: [de]}}\n",
        LEAST.replace(
            "market.users: 7",
            "market.users: -1_000, market.share: 33.3333333%, company.turnover: 2_000_000 EUR, product.name: no, \
             company.home: cn, product.sectors: [b, a], market.start: 2026-11-23, local.deadline: 72 hours"
        )
    ));
    let shown = case.case.facts.iter().map(|value| text::value(value, case.case.currency).unwrap());
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            "false",
            "-1_000",
            "33.3333333%",
            "2_000_000 EUR",
            "\"no\"",
            "cn",
            "[a, b]",
            "2026-11-23",
            "72 hours"
        ]
    );
    assert_eq!(case.case.params, [CaseValue::Money(Amount(1))]);
    assert_eq!(
        &*case.case.settings,
        r#"{"fee":"15000","hours":"25000","many":1000,"note":"no","on":true,"places":["de"],"share":"910000000"}"#
    );
}

#[test]
fn obligations_come_in_the_hosts_order_and_are_known_by_name() {
    let case = good(&format!(
        "{LEAST}obligations:\n  us-ca.notice: {{demands: {{languages: [en], words: 5}}}}\n  br.representative: {{once: 1 EUR, \
         yearly: {{low: 1 EUR, likely: 2 EUR, high: 3 EUR}}}}\n  br.dpo: {{}}\n"
    ));
    let ids: Vec<String> = case.obligations.iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["br.dpo", "br.representative", "us-ca.notice"]);
    let [_, representative, notice] = &case.case.obligations[..] else { panic!("{case:?}") };
    assert_eq!(representative.known, Some(0));
    assert_eq!(representative.once, Some(Spread::certain(Amount(10_000))));
    assert_eq!(representative.demands, [CaseValue::Missing, CaseValue::Missing]);
    assert_eq!(notice.demands, [CaseValue::Set(vec!["en".into()]), CaseValue::Count(5)]);
}

#[test]
fn what_a_plugin_is_given_is_what_a_host_would_give() {
    said(
        "params: {fee: 5 USD}\n",
        &[
            "5:15: `5 USD` is not in EUR, the currency of this case (help: add `currency: USD` above, or write the amount in EUR)",
        ],
    );
    said(
        "params: {fee: 922337203685478 EUR}\n",
        &["5:15: `fee`: `922337203685478` is larger than what can be held exactly"],
    );
    said(
        "params:\n  fee:\n",
        &["6:3: `fee` has no value (help: write one, or take the key out: what is not named is missing)"],
    );
    said(
        "obligations: {dpo: {}, br.dpo: {twice: 1 EUR}}\n",
        &[
            "5:15: `dpo` is not the id of an obligation (help: write its file and its name, as in `br.dpo`)",
            "5:33: unknown key `twice` in an obligation (help: one of `once`, `yearly`, `demands`)",
        ],
    );
    said(
        "obligations: {br.dpo: {demands: {words: 5}, once: -1 EUR}}\n",
        &[
            "5:24: the plugin `probe` needs the demand `languages` (help: add `languages: …` under `demands:`, a list: no host \
         asks the plugin without it)",
            "5:51: `once` is negative (help: write 0 or more)",
        ],
    );
    said(
        "settings: {fee: 5 USD, hours: 1.23456, many: 1.5, nte: x}\n",
        &[
            "5:17: `fee`: `5 USD` is not in EUR, the currency of this file",
            "5:31: `hours`: `1.23456` has 5 decimals: at most 4 are kept",
            "5:46: `many` cannot be a fraction: the plugin's schema reads `1.5` as a number",
        ],
    );
    said(
        "settings: {nte: x}\n",
        &["5:17: settings of `probe`: unknown setting `nte` (help: did you mean `note`?)"],
    );
}

#[test]
fn the_least_is_asked_for_by_name() {
    let problems = read(&source("schema: landfall/case@1\n"), plugin()).unwrap_err();
    let problems: Vec<String> = problems.iter().map(|problem| problem.message.clone()).collect();
    assert_eq!(
        problems,
        [
            "the plugin `probe` computes several stages, and the case does not say which",
            "the plugin `probe` needs the fact `company.sme`",
            "the plugin `probe` needs the fact `market.users`",
            "the plugin `probe` reads the choice `hosting`",
        ]
    );
}

#[test]
fn what_is_expected_must_be_possible() {
    said(
        "expect: {}\n",
        &[
            "5:9: `expect` needs `lines` or `failure` (help: write `lines: […]`, `failure: {refused: …}`, or take `expect` \
         out and run with `--update`)",
        ],
    );
    said(
        "expect: {failure: {kind: traped}}\n",
        &["5:26: `kind` cannot be `traped` (help: did you mean `trapped`?)"],
    );
    said(
        "expect: {failure: {kind: refused}}\n",
        &["5:26: `refused` is a key of its own (help: write `failure: {refused: …}`)"],
    );
    said(
        "expect: {failure: {kind: out_of_time}}\n",
        &[
            "5:26: `out_of_time` is no answer of a plugin: another run may not have it (help: what it does may end in \
         `out_of_fuel`, which is the same everywhere)",
        ],
    );
    said(
        "expect: {failure: {needs_fact: market.user}}\n",
        &["5:32: the plugin `probe` asks for no fact `market.user` (help: did you mean `market.users`?)"],
    );
    said(
        "expect: {failure: {refused: no, message: no}}\n",
        &["5:42: `message` goes with `kind` (help: what a plugin refuses with is `refused`)"],
    );
    said(
        "expect:\n  lines:\n    - {obligation: br.dpo, label: a, cadence: yearly, amount: {low: 3 EUR, likely: 2 EUR, high: 3 EUR}}\n    - \
         {label: a, cadence: once, amount: 1 USD, quantity: {count: 1, price: 1 EUR}, used: [market.user]}\n",
        &[
            "7:20: the case has no obligation `br.dpo` (help: it has none under `obligations:`)",
            "7:63: `amount` is out of order (help: low must be at most likely, and likely at most high)",
            "8:41: `1 USD` is not in EUR, the currency of this case (help: add `currency: USD` above, or write the amount in EUR)",
            "8:58: a quantity needs `unit` (help: add `unit: …`)",
            "8:91: the plugin `probe` can use no `market.user` (help: did you mean `market.users`?)",
        ],
    );
}

fn line(label: &str, amount: [i64; 3]) -> Line {
    let [low, likely, high] = amount.map(Amount);
    Line {
        obligation: Some(0),
        label: label.to_owned(),
        cadence: Cadence::Yearly,
        amount: Spread { low, likely, high },
        used: vec![Ground::Fact(1), Ground::Param(0), Ground::Choice(0), Ground::Demand(1)],
        quantity: Some(Quantity {
            count: 12_345_000,
            unit: "1,000 words".to_owned(),
            price: Spread::certain(Amount(5)),
        }),
    }
}

#[test]
fn an_answer_has_one_form() {
    let case = good(&format!("{LEAST}obligations: {{br.dpo: {{}}}}\n"));
    let lines = vec![
        line("fee: \"a\" # b", [96_000_000, 96_000_000, 96_000_001]),
        Line {
            obligation: None,
            used: Vec::new(),
            quantity: None,
            cadence: Cadence::Once,
            ..line("上市 set-up", [0; 3])
        },
    ];
    let text = expectation(&Expect::Lines(lines), &case.words(plugin()));
    assert_eq!(
        text,
        "expect:
  lines:
    - obligation: br.dpo
      label: \"fee: \\\"a\\\" # b\"
      cadence: yearly
      amount: {low: 9_600 EUR, likely: 9_600 EUR, high: 9_600.0001 EUR}
      quantity: {count: 1_234.5, unit: \"1,000 words\", price: 0.0005 EUR}
      used: [market.users, param.fee, choice.hosting, demand.words]
    - label: 上市 set-up
      cadence: once
      amount: 0 EUR
"
    );
    let failure = Expect::Failure(ExpectedFailure::Other {
        kind: "trapped".into(),
        message: Some("stopped: x".into()),
    });
    let text = expectation(&failure, &case.words(plugin()));
    assert_eq!(text, "expect:\n  failure: {kind: trapped, message: \"stopped: x\"}\n");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(label in "[^\\pC]{1,40}", amounts in proptest::array::uniform3(0..i64::MAX), count in -5_i64..i64::MAX) {
        let label = format!("{}!", label.trim());
        let mut amounts = amounts;
        amounts.sort_unstable();
        let mut line = line(&label, amounts);
        if let Some(quantity) = &mut line.quantity {
            quantity.count = count;
            quantity.unit.clone_from(&label);
        }
        let expect = Expect::Lines(vec![line]);
        let case = good(&format!("{LEAST}obligations: {{br.dpo: {{}}}}\n"));
        let text = expectation(&expect, &case.words(plugin()));
        let again = good(&format!("{LEAST}obligations: {{br.dpo: {{}}}}\n{text}"));
        prop_assert_eq!(again.expect, Some(expect));
    }
}

#[test]
fn a_case_that_was_asked_reads_as_it_was() {
    let written = good(&format!(
        "{}currency: CNY\nparams: {{fee: 12_345.6789 CNY}}\nobligations:\n  br.representative: {{once: 1 CNY, yearly: {{low: 1 CNY, \
         likely: 2 CNY, high: 3 CNY}}}}\n  br.notice: {{demands: {{languages: [pt-BR, \"no\"], words: 14_000}}}}\nsettings: {{fee: 5 CNY, \
         share: 0.5%, hours: 1.25, note: \"5 # no\", on: false, many: -3, places: [\"a, b\", null_island, \"1\"]}}\n",
        LEAST.replace(
            "market.users: 7",
            "market.users: 7, product.name: \"a \\\"b\\\"\", market.share: 0.0001%"
        )
    ));
    let expect = Expect::Failure(ExpectedFailure::Refused("`x` must be: y".to_owned()));
    let asked = Asked {
        plugin: plugin(),
        case: &written.case,
        obligations: &written.obligations,
        name: "br: first",
        from: "recorded from somewhere",
    };
    let text = recorded(&asked, &expect);
    let read = good(&text);
    assert_eq!(read.case, written.case, "{text}");
    assert_eq!((read.obligations, read.expect), (written.obligations, Some(expect)), "{text}");
    assert_eq!(&*read.name, "br: first");
}

#[test]
fn a_kind_alone_takes_any_message() {
    let other = |kind: &str, message: Option<&str>| {
        let message = message.map(str::to_owned);
        Expect::Failure(ExpectedFailure::Other { kind: kind.to_owned(), message })
    };
    assert!(other("trapped", None).is_met_by(&other("trapped", Some("stopped: a"))));
    assert!(!other("trapped", None).is_met_by(&other("out_of_fuel", Some("b"))));
    assert!(!other("trapped", Some("stopped: a")).is_met_by(&other("trapped", Some("stopped: b"))));
    assert!(!other("trapped", None).is_met_by(&Expect::Lines(Vec::new())));
}

#[track_caller]
fn replaced(before: &str, expectation: &str, after: &str) {
    assert_eq!(updated(&source(before), expectation).unwrap(), after);
}

const FRESH: &str = "expect:\n  lines:\n    - label: a\n      amount: 2 EUR\n";

#[test]
fn only_what_is_expected_is_replaced() {
    replaced("a: 1", FRESH, &format!("a: 1\n{FRESH}"));
    replaced("a: 1\n\n# end\n", FRESH, &format!("a: 1\n\n# end\n{FRESH}"));
    replaced(
        "# top\nexpect: {lines: []} # old\n\n# of b\nb:   1\n",
        FRESH,
        &format!(
            "# top\n{} # old\n  lines:\n    - label: a\n      amount: 2 EUR\n\n# of b\nb:   1\n",
            "expect:"
        ),
    );
    replaced(
        "expect:   # agreed\n  lines:\n    # the fee\n    - label: a   # stays\n      amount: 1 EUR # last year's\n# end",
        FRESH,
        "expect:   # agreed\n  lines:\n    # the fee\n    - label: a   # stays\n      amount: 2 EUR # last year's\n# end",
    );
    replaced(
        "a: 1\r\nexpect:\r\n  lines: []\r\nb: \"x # y\"\r\n",
        "expect:\n  failure: {refused: no}\n",
        "a: 1\r\nexpect:\r\n  failure: {refused: no}\r\nb: \"x # y\"\r\n",
    );
    replaced("expect:\n  lines:\n    - label: \"a # b\"\n      amount: 1 EUR", FRESH, FRESH);
    replaced("expect: {failure: {refused: no}}\n...\n", FRESH, &format!("{FRESH}...\n"));
    let refused = updated(&source("{a: 1, expect: {lines: []}}\n"), FRESH).unwrap_err();
    assert_eq!(
        refused[0].message,
        "the keys of this file do not stand at the beginning of lines of their own"
    );
}

/// What came of one case of a plugin that answers with a line.
fn tried(folder: &Path, update: bool) -> crate::protocol::TestedPlugin {
    let wasm = guest(&[TestLine::new("fee")]).core();
    let plugin = load_here(&engine(), &wasm).unwrap();
    let trial = Trial { files: run::find(folder).unwrap(), filter: None, update };
    run::run(&plugin, Path::new("probe.wasm"), &trial).unwrap()
}

#[test]
fn a_case_passes_fails_or_is_updated() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("first.yaml");
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write(&format!("\u{feff}{LEAST}"));
    let tested = tried(folder.path(), false);
    let case = &tested.cases[0];
    assert_eq!((case.state, case.line), (CaseState::Failed, 1));
    assert_eq!(case.problems[0].message, "the case does not say what it expects");
    assert!(case.fuel.is_some_and(|fuel| fuel > 0));

    let tested = tried(folder.path(), true);
    assert_eq!((tested.cases[0].state, tested.updated), (CaseState::Updated, 1));
    let accepted = format!(
        "\u{feff}{LEAST}expect:\n  lines:\n    - label: fee\n      cadence: yearly\n      amount: {{low: 1 EUR, likely: 2 EUR, high: 3 EUR}}\n"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), accepted);
    let tested = tried(folder.path(), true);
    assert_eq!((tested.cases[0].state, tested.passed), (CaseState::Passed, 1));

    write(&accepted.replace("likely: 2 EUR", "likely: 1 EUR"));
    let tested = tried(folder.path(), false);
    assert_eq!(tested.cases[0].problems[0].message, "what came is not what the case expects");
    let diff = tested.cases[0].diff.as_ref().unwrap();
    assert!(diff.contains("\n-      amount: {low: 1 EUR, likely: 1 EUR, high: 3 EUR}\n+      amount: {low: 1 EUR, likely: 2 EUR, high: 3 EUR}\n"), "{diff}");

    write(&accepted.replace("market.users", "market.user"));
    let tested = tried(folder.path(), true);
    assert_eq!((tested.cases[0].state, tested.refused), (CaseState::Refused, 1));
}

#[test]
fn a_folder_without_a_case_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let said = |folder: &Path| run::find(folder).unwrap_err()[0].message.clone();
    assert_eq!(said(folder.path()), "the folder holds no case");
    std::fs::write(folder.path().join("a.yml"), "").unwrap();
    assert_eq!(said(folder.path()), "a case file ends in `.yaml`");
    assert!(said(&folder.path().join("none")).starts_with("the folder of cases cannot be read"));
}
