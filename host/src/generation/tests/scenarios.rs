//! A generation under scenarios: what changes, what stays, and what cannot be asked.

use super::*;
use crate::rules::schema::jurisdiction::LawStatus;

/// A union with a duty that is only proposed, a param and rival readings; two members, and a stranger.
fn world() -> Files {
    let eu = "params: {cap: {type: count, values: [{from: 2020-01-01, to: 2030-01-01, value: 5, assumption: true}, {from: 2030-01-01, absent: nobody knows}]}}
obligations:
  draft: {title: Draft, status: proposed, cite: \"law#1\", confidence: high, when: \"true\", effort: {}}
  officer: {title: Officer, cite: \"law#1\", confidence: high, when: \"true\", effort: {once: {fixed: 5 EUR}}, disputed: [{from: 2027-01-01, when: \"false\", cite: \"law#2\", note: they doubt it, confidence: low}]}
scenarios:
  cap_rises: {title: The cap rises, cite: \"law#3\", set: {params: {cap: {values: [{from: 2027-01-01, value: 9, assumption: true}]}}}}
  cap_falls: {title: The cap falls, set: {params: {cap: {values: [{from: 2028-01-01, value: 1, assumption: true}]}}}}
  later: {title: Later, set: {obligations: {officer: {in_force: {from: 2029-01-01}}}}}
";
    let union = format!(
        "schema: landfall/jurisdiction@1\nid: eu\nkind: bloc\ntitle: eu\nextends: [global]\ncurrency: EUR\n{eu}"
    );
    let inherits = "obligations: {own: {title: o, cite: \"law#1\", confidence: high, when: \"param.cap > 6\", effort: {}}}\n";
    Files::new()
        .rule("eu", union)
        .country("de", inherits)
        .replace("de", "extends: [global]", "extends: [eu]")
        .country("fr", "status: proposed\n")
        .replace("fr", "extends: [global]", "extends: [eu]")
        .country("br", "")
}

fn closure<'g>(generation: &'g Generation, id: &str) -> &'g Arc<Closure> {
    generation.closures.iter().find(|(known, _)| known.as_str() == id).unwrap().1
}

fn under(names: &[&str]) -> (Arc<Generation>, Generation) {
    let base = generation(&world());
    let laid = overlay(&base, names).unwrap();
    (base, laid)
}

/// Why these cannot be asked about.
#[track_caller]
fn refused(files: &Files, names: &[&str], expected: &str) {
    let problems = overlay(&generation(files), names).unwrap_err();
    assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), expected);
}

#[test]
fn a_scenario_rebuilds_what_rests_on_its_file_and_nothing_else() {
    let (base, laid) = under(&["eu.draft"]);
    assert!(Arc::ptr_eq(&base.base, &laid.base));
    assert!(Arc::ptr_eq(closure(&base, "br"), closure(&laid, "br")));
    assert!(Arc::ptr_eq(closure(&base, "global"), closure(&laid, "global")));
    for id in ["eu", "de", "fr"] {
        let status = |generation: &Generation| {
            let merged = &closure(generation, id).jurisdiction.merged;
            (merged.obligations["draft"].status, merged.obligations["draft"].at.to_string())
        };
        assert_eq!(status(&base), (LawStatus::Proposed, "eu.yaml:9:3".into()), "{id}");
        assert_eq!(status(&laid), (LawStatus::Enacted, "eu.yaml:9:3".into()), "{id}");
        assert_ne!(closure(&base, id).digest(), closure(&laid, id).digest());
    }
    assert_ne!(base.digest, laid.digest);
}

#[test]
fn dated_values_replace_from_their_first_day_on() {
    let values = |generation: &Generation| {
        let values = closure(generation, "de").jurisdiction.merged.params["cap"].values.clone();
        let line = |value: crate::rules::book::ParamValue| {
            let to = value.to.map_or_else(String::new, |to| to.to_string());
            format!("{}..{to} {:?} {}", value.from, value.value.ok(), value.at)
        };
        values.into_iter().map(line).collect::<Vec<_>>()
    };
    let (base, laid) = under(&["eu.cap_rises"]);
    assert_eq!(
        values(&base),
        ["2020-01-01..2030-01-01 Some(Count(5)) eu.yaml:7:38", "2030-01-01.. None eu.yaml:7:102"]
    );
    assert_eq!(
        values(&laid),
        ["2020-01-01..2027-01-01 Some(Count(5)) eu.yaml:7:38", "2027-01-01.. Some(Count(9)) eu.yaml:12:82"]
    );
}

#[test]
fn a_reading_and_a_whole_file_are_scenarios_too() {
    let (_, laid) = under(&["eu.officer_reading_1", "fr.enacted"]);
    let officer = &closure(&laid, "de").jurisdiction.merged.obligations["officer"];
    let from = officer.in_force.from.unwrap().to_string();
    assert_eq!(
        (officer.when.text(), from.as_str(), &*officer.cites[0].text, officer.standing.note.as_deref()),
        ("false", "2027-01-01", "law#2", Some("they doubt it"))
    );
    assert_eq!(closure(&laid, "fr").jurisdiction.own.status, LawStatus::Enacted);
    let base = generation(&world());
    let known = |id: &str| {
        let scenarios = &closure(&base, id).jurisdiction.own.scenarios;
        scenarios.iter().map(|(name, scenario)| format!("{name}: {}", scenario.title)).collect::<Vec<_>>()
    };
    assert_eq!(
        known("eu"),
        [
            "cap_falls: The cap falls",
            "cap_rises: The cap rises",
            "draft: Draft: enacted",
            "later: Later",
            "officer_reading_1: Officer: reading 1",
        ]
    );
    assert_eq!(known("fr"), ["enacted: fr is enacted"]);
}

#[test]
fn the_order_in_which_scenarios_are_named_means_nothing() {
    let (_, one) = under(&["eu.draft", "eu.later", "fr.enacted"]);
    let (_, other) = under(&["fr.enacted", "eu.later", "eu.draft", "eu.later"]);
    assert_eq!(one.digest, other.digest);
    let (base, none) = under(&[]);
    assert_eq!(base.digest, none.digest);
}

#[test]
fn what_cannot_be_asked_about_is_said() {
    refused(
        &world(),
        &["eu.cap_rise", "de.x"],
        "unknown scenario `de.x` (help: one of `eu.cap_falls`, `eu.cap_rises`, `eu.draft`, `eu.later`, `eu.officer_reading_1`, `fr.enacted`)
unknown scenario `eu.cap_rise` (help: did you mean `eu.cap_rises`?)",
    );
    refused(
        &world(),
        &["eu.cap_rises", "eu.draft", "eu.cap_falls"],
        "eu.yaml: the scenarios `eu.cap_falls` and `eu.cap_rises` both set `params.cap.values`, differently (help: ask about them one after the other)",
    );
    // Good by itself, and bad for a member.
    let money = "scenarios:\n  in_money: {title: t, set: {params: {cap: {type: money, values: [{from: 2010-01-01, value: 9 EUR, assumption: true}]}}}}\n";
    refused(
        &world().replace("eu", "scenarios:\n", money),
        &["eu.in_money"],
        "de.yaml:7:71: under the scenario `eu.in_money`, `param.cap` is money and `6` is a count: they cannot be compared (help: write amounts with their currency, as in `money('5 EUR')`)",
    );
}
