//! Two answers compared: exact sums, what is said loudly, and what is named as the cause.

use proptest::prelude::*;

use super::*;
use crate::{
    fixture,
    protocol::{CauseKind, Fx, Ground, Origin, Undetermined},
};

fn named(response: &QueryResponse) -> Named<'_> {
    Named { name: "x", strategy: "s.yaml", response }
}

#[track_caller]
fn compared(before: &QueryResponse, after: &QueryResponse) -> Diff {
    compare(named(before), named(after), Vec::new()).unwrap()
}

/// The seed, with something else in it.
fn seed(change: impl FnOnce(&mut Answer)) -> QueryResponse {
    let mut response = fixture::seed();
    change(&mut response.answer);
    response
}

fn line_of(answer: &mut Answer) -> &mut Line {
    &mut answer.markets[0].stages.get_mut(&Stage::Compliance).unwrap().lines[0]
}

fn tenths(spread: &Spread) -> [i64; 3] {
    [&spread.low, &spread.likely, &spread.high].map(|text| amount(text).unwrap().0)
}

/// Σ of the differences of lines; those that did not change have none.
fn sum<'a>(deltas: impl Iterator<Item = &'a Delta>) -> [i64; 3] {
    deltas
        .map(|delta| tenths(delta.delta.as_ref().unwrap()))
        .fold([0; 3], |total, delta| [total[0] + delta[0], total[1] + delta[1], total[2] + delta[2]])
}

#[test]
fn the_same_answer_is_no_change() {
    for response in [fixture::seed(), fixture::troubled()] {
        let diff = compared(&response, &response);
        assert!(!diff.changed && diff.markets.is_empty(), "{diff:?}");
        assert_eq!(diff.unchanged.len(), response.answer.markets.len());
    }
}

#[test]
fn a_market_in_one_answer_counts_as_nothing_in_the_other() {
    let without = seed(|answer| {
        answer.markets.remove(0);
        answer.objective = Some(fixture::amount("31200000"));
    });
    let diff = compared(&without, &fixture::seed());
    assert_eq!(diff.objective.delta.unwrap().likely, "2800000.0000");
    let [br] = &diff.markets[..] else { panic!("{:?}", diff.markets) };
    assert_eq!((br.presence, br.weight.before.as_deref()), (Presence::Added, None));
    assert_eq!(br.weighted.before, None);
    assert_eq!(br.weighted.delta.as_ref().unwrap().likely, "2800000.0000");
    assert!(br.lines.iter().all(|line| line.causes[0].kind == CauseKind::Market));
    let back = compared(&fixture::seed(), &without);
    assert_eq!(back.markets[0].presence, Presence::Removed);
    assert_eq!(back.markets[0].weighted.delta.as_ref().unwrap().likely, "-2800000.0000");
}

#[test]
fn an_incomplete_side_has_no_delta_and_says_what_could_be_computed() {
    let broken = seed(|answer| {
        answer.status = crate::protocol::Status::Incomplete;
        answer.objective = None;
        answer.spend = None;
        answer.partial = Some(crate::protocol::Partial {
            low: "31200000.0000".into(),
            likely: "31200000.0000".into(),
            high: "31200000.0000".into(),
            spend: fixture::amount("8850000"),
            markets: vec!["cn".into()],
        });
        let br = &mut answer.markets[0];
        (br.total, br.weighted) = (None, None);
        br.undetermined.push(Undetermined {
            obligation: "br.x".into(),
            title: None,
            needs: vec!["product.y".into()],
            if_applies: None,
            at: "br.yaml:1:1".into(),
            cites: vec!["law#1".into()],
        });
    });
    let diff = compared(&fixture::seed(), &broken);
    assert!(diff.changed);
    assert_eq!((&diff.objective.delta, &diff.markets[0].weighted.delta), (&None, &None));
    let partial = diff.partial.unwrap();
    assert_eq!(partial.weighted.delta.unwrap().likely, "-2800000.0000");
    assert_eq!(partial.markets.after, Some(vec!["cn".to_owned()]));
    let [appeared] = &diff.markets[0].appeared[..] else { panic!() };
    assert_eq!((appeared.kind.as_str(), appeared.id.as_str()), ("undetermined", "br.x"));
    let mended = compared(&broken, &fixture::seed());
    assert_eq!((mended.markets[0].appeared.len(), mended.markets[0].vanished.len()), (0, 1));
}

#[test]
fn what_is_shared_is_in_no_market_and_part_of_j() {
    let times = |weight: i64| fixture::amount(&(100 * weight).to_string());
    let shared = |weight: i64| Shared {
        obligation: "eu.representative".into(),
        title: "Representative".into(),
        at: "eu.yaml:9:3".into(),
        stage: Stage::Compliance,
        members: vec!["br".into(), "cn".into()],
        weight: weight.to_string(),
        total: Some(times(1)),
        weighted: Some(times(weight)),
        lines: vec![fixture::line("fee", times(1), times(weight))],
    };
    let with = |weight: i64| {
        seed(|answer| {
            answer.shared.push(shared(weight));
            answer.objective = Some(fixture::amount(&(34_000_000 + 100 * weight).to_string()));
        })
    };
    let diff = compared(&with(2), &with(5));
    let [row] = &diff.shared[..] else { panic!("{:?}", diff.shared) };
    assert_eq!(diff.markets, []);
    assert_eq!(row.weighted.delta, diff.objective.delta);
    assert_eq!(row.total.delta.as_ref().unwrap().likely, "0.0000");
    let [cause] = &row.lines[0].causes[..] else { panic!("{row:?}") };
    assert_eq!((cause.kind, cause.name.as_str()), (CauseKind::Weight, "largest weight of eu.representative"));
    // It begins to apply in markets that were there before: they are not the cause.
    let without = seed(|answer| {
        let plugin = line_of(answer).plugin.clone();
        answer.markets[0].closure.plugins.insert(plugin.id, plugin.digest);
    });
    let begun = compared(&without, &with(2));
    assert_eq!(begun.shared[0].presence, Presence::Added);
    assert_eq!(begun.shared[0].lines[0].causes, []);
    assert_eq!(begun.shared[0].weighted.delta, begun.objective.delta);
}

#[test]
fn two_currencies_are_not_subtracted() {
    let euros = seed(|answer| answer.currency = "EUR".into());
    let diff = compared(&fixture::seed(), &euros);
    assert!(diff.changed && diff.objective.delta.is_none());
    assert_eq!(diff.incomparable.as_deref(), Some("amounts are in CNY before and in EUR after"));
}

/// A line whose amount changed, with something else that changed beside it: what is named as the cause.
#[track_caller]
fn caused(before: impl FnOnce(&mut Answer), after: impl FnOnce(&mut Answer)) -> Vec<String> {
    let before = seed(before);
    let after = seed(|answer| {
        let line = line_of(answer);
        line.weighted = fixture::amount("300001");
        line.total = fixture::amount("300001");
        after(answer);
    });
    let diff = compared(&before, &after);
    let [line] = &diff.markets[0].lines[..] else { panic!("{:?}", diff.markets[0].lines) };
    let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "—".into());
    let say = |cause: &crate::protocol::Cause| {
        format!("{:?} {}: {} → {}", cause.kind, cause.name, side(&cause.before), side(&cause.after))
    };
    line.causes.iter().map(say).collect()
}

fn ground(value: &str) -> Ground {
    Ground { value: value.into(), source: Origin::Rule, at: Some("br.yaml:5:3".into()), cites: vec![] }
}

#[test]
fn a_cause_is_what_the_answers_show_and_nothing_else() {
    let with = |name: &'static str, value: &'static str| {
        move |answer: &mut Answer| {
            line_of(answer).used.push(name.into());
            answer.markets[0].grounds.insert(name.into(), ground(value));
        }
    };
    assert_eq!(caused(|_| (), |_| ()), Vec::<String>::new());
    assert_eq!(
        caused(with("param.price", "1 BRL"), with("param.price", "2 BRL")),
        ["Param param.price: 1 BRL → 2 BRL"]
    );
    assert_eq!(caused(with("market.users", "5"), with("market.users", "6")), ["Fact market.users: 5 → 6"]);
    assert_eq!(
        caused(|_| (), |answer| answer.markets[0].weight = "2".into()),
        ["Weight markets.br.weight: 1 → 2"]
    );
    assert_eq!(caused(|_| (), |answer| line_of(answer).plugin.digest = "blake3:other".into()).len(), 1);
    let fx = |rate: &'static str| {
        move |answer: &mut Answer| {
            let (date, source) = ("2026-10-30".into(), "ecb".into());
            line_of(answer).fx = Some(Fx { rate: rate.into(), date, source });
        }
    };
    assert_eq!(caused(fx("6"), fx("7")), ["Fx CNY/CNY: 6 of 2026-10-30 (ecb) → 7 of 2026-10-30 (ecb)"]);
    assert_eq!(caused(|_| (), |answer| answer.horizon_years = 2), ["Horizon horizon_years: 1 → 2"]);
    let rule = |digest: &'static str| {
        move |answer: &mut Answer| {
            answer.markets[0].closure.rules.insert("seed.yaml".into(), digest.into());
        }
    };
    assert_eq!(caused(rule("a"), rule("b")), ["Rule seed.yaml: a → b"]);
}

#[test]
fn what_the_file_says_takes_the_place_of_its_name() {
    let before = seed(|answer| {
        answer.markets[0].closure.rules.insert("seed.yaml".into(), "a".into());
    });
    let after = seed(|answer| {
        answer.markets[0].closure.rules.insert("seed.yaml".into(), "b".into());
        line_of(answer).weighted = fixture::amount("300001");
    });
    let mut diff = compared(&before, &after);
    let text = |amount: u32| format!("stages:\n  compliance: {{fixed-cost: {{amount: {amount} CNY}}}}\n");
    let of = |amount| [("seed.yaml".to_owned(), text(amount))].into();
    attribute(&mut diff, &files(&of(300_000), &of(300_001)));
    let [cause] = &diff.markets[0].lines[0].causes[..] else { panic!() };
    assert_eq!(cause.name, "stages.compliance.fixed-cost.amount");
    assert_eq!((cause.before.as_deref(), cause.after.as_deref()), (Some("300,000 CNY"), Some("300,001 CNY")));
    assert_eq!(cause.at.as_deref(), Some("seed.yaml:2:37"));
}

#[test]
fn an_amount_of_no_host_of_ours_is_refused() {
    let wrong = seed(|answer| answer.objective.as_mut().unwrap().likely = "much".into());
    let refused = compare(named(&fixture::seed()), named(&wrong), Vec::new()).unwrap_err();
    assert_eq!(refused.to_string(), "`much` is not an amount that can be held exactly");
}

/// A market whose totals are the sums of its lines, as every host's are.
fn market(lines: Vec<(usize, usize, [i64; 3], i64)>) -> Answer {
    let mut answer = fixture::seed().answer;
    answer.markets.truncate(1);
    let market = &mut answer.markets[0];
    market.stages.values_mut().for_each(|stage| stage.lines.clear());
    let spread =
        |of: [i64; 3]| Spread::from(money::Spread { low: of[0], likely: of[1], high: of[2] }.map(Amount));
    for (stage, label, mut amounts, weight) in lines {
        amounts.sort_unstable();
        let stage = market.stages.get_mut(&Stage::ALL[stage]).unwrap();
        // The same key twice happens too.
        let weighted = spread(amounts.map(|amount| amount * weight));
        stage.lines.push(fixture::line(["a", "b", "c", "d"][label], spread(amounts), weighted));
    }
    let add = |parts: Vec<[i64; 3]>| {
        spread(parts.into_iter().fold([0; 3], |t, p| [t[0] + p[0], t[1] + p[1], t[2] + p[2]]))
    };
    for stage in market.stages.values_mut() {
        stage.total = Some(add(stage.lines.iter().map(|line| tenths(&line.total)).collect()));
        stage.weighted = Some(add(stage.lines.iter().map(|line| tenths(&line.weighted)).collect()));
    }
    let stages = || market.stages.values();
    let total = add(stages().map(|stage| tenths(stage.total.as_ref().unwrap())).collect());
    let weighted = add(stages().map(|stage| tenths(stage.weighted.as_ref().unwrap())).collect());
    (market.total, market.weighted) = (Some(total.clone()), Some(weighted.clone()));
    (answer.spend, answer.objective) = (Some(total), Some(weighted));
    answer
}

fn answers() -> impl Strategy<Value = QueryResponse> {
    let amount = 0..1_000_000_000_i64;
    let line = (0..5_usize, 0..4_usize, [amount.clone(), amount.clone(), amount], 0..7_i64);
    proptest::collection::vec(line, 0..12)
        .prop_map(|lines| QueryResponse { answer: market(lines), ..fixture::seed() })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_lines_differ_in_adds_up_to_what_their_market_differs_in(before in answers(), after in answers()) {
        let diff = compared(&before, &after);
        let zero = money::Spread::ZERO.into();
        let delta = |delta: &Delta| tenths(delta.delta.as_ref().unwrap_or(&zero));
        prop_assert_eq!(diff.changed, diff.objective.before != diff.objective.after || !diff.markets.is_empty());
        for market in &diff.markets {
            prop_assert_eq!(sum(market.lines.iter().map(|line| &line.total)), delta(&market.total));
            prop_assert_eq!(sum(market.lines.iter().map(|line| &line.weighted)), delta(&market.weighted));
            prop_assert_eq!(sum(market.stages.values().map(|stage| &stage.weighted)), delta(&market.weighted));
            prop_assert_eq!(delta(&market.weighted), delta(&diff.objective));
        }
        let back = compared(&after, &before);
        prop_assert_eq!(delta(&back.objective), delta(&diff.objective).map(|amount| -amount));
    }
}
