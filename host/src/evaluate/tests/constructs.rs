//! Exceptions, open terms, blocks, gaps and proposals, as rule files write them.

use super::*;
use crate::protocol::Answer;

/// Germany with these duties and whatever else.
fn germany(rest: &str) -> Files {
    Files::new().country("de", rest)
}

fn duty(name: &str, when: &str, amount: &str, rest: &str) -> String {
    format!(
        "  {name}: {{title: {name}, cite: \"law#{name}\", confidence: high, when: \"{when}\", effort: {{once: {{fixed: {amount} EUR}}}}{rest}}}\n"
    )
}

fn duties(all: &[String]) -> String {
    format!("obligations:\n{}", all.concat())
}

/// `why` of every obligation that applies on no day.
fn silent(answer: &Answer) -> Vec<String> {
    let silent = answer.markets[0].not_triggered.iter();
    silent
        .map(|of| {
            let on = of.on.as_ref().map(|on| format!(" {on}")).unwrap_or_default();
            let exception = of.exception.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
            format!("{} {}{on}{exception}", of.obligation, of.why)
        })
        .collect()
}

fn market(facts: &str) -> String {
    format!("{facts}markets: {{de: {{weight: 1}}}}\n")
}

#[test]
fn an_exception_lifts_a_duty_and_triggers_another() {
    let except = ", except: {small: {when: \"company.sme\", cite: \"law#small\", instead: channel}}";
    let files = germany(&duties(&[
        duty("officer", "product.personal_data", "100", except),
        duty("channel", "false", "7", ""),
    ]));
    let of = |facts: &str| files.ask(&market(facts));
    let large = of("company: {sme: false}\nproduct: {personal_data: true}\n");
    assert_eq!(summary(&large), "complete 100.0000");
    assert_eq!(silent(&large), ["de.channel condition"]);
    let small = of("company: {sme: true}\nproduct: {personal_data: true}\n");
    assert_eq!(summary(&small), "complete 7.0000");
    assert_eq!(silent(&small), ["de.officer excepted small"]);
    assert_eq!(small.markets[0].not_triggered[0].cites, ["law#small"]);
    let none = of("company: {sme: true}\nproduct: {personal_data: false}\n");
    assert_eq!(summary(&none), "complete 0.0000", "who has no duty is excepted from none");
    assert_eq!(silent(&none), ["de.channel condition", "de.officer condition"]);
    let unknown = of("company: {sme: true}\n");
    assert_eq!(summary(&unknown), "incomplete undetermined null, so far 0.0000 0.0000 7.0000");
}

#[test]
fn an_undetermined_exception_makes_both_undetermined() {
    let except = ", except: {small: {when: \"market.users < 100\", cite: \"law#small\", instead: channel}}";
    let files =
        germany(&duties(&[duty("officer", "true", "100", except), duty("channel", "false", "7", "")]));
    let answer = files.ask(&market(""));
    assert_eq!(summary(&answer), "incomplete undetermined null, so far 0.0000 0.0000 107.0000");
    let open: Vec<_> = answer.markets[0].undetermined.iter().map(|of| of.obligation.as_str()).collect();
    assert_eq!(open, ["de.channel", "de.officer"]);
}

#[test]
fn two_exceptions_that_say_different_things_are_a_reason_that_names_both() {
    let except = ", except: {small: {when: \"company.sme\", cite: \"law#s\", instead: channel}, free: {when: \"product.personal_data\", cite: \"law#f\"}}";
    let files =
        germany(&duties(&[duty("officer", "true", "100", except), duty("channel", "false", "7", "")]));
    let both = files.ask(&market("company: {sme: true}\nproduct: {personal_data: true}\n"));
    assert_eq!(summary(&both), "incomplete exceptions_conflict null, so far 7.0000");
    assert_eq!(
        both.markets[0].reasons[0].message,
        "the exceptions `free` and `small` of `de.officer` hold at once, and say different things: let one's condition exclude the other's"
    );
    let one = files.ask(&market("company: {sme: false}\nproduct: {personal_data: true}\n"));
    assert_eq!(summary(&one), "complete 0.0000");
    // Two that say the same agree.
    let agree = files.clone().replace("de", "cite: \"law#f\"}", "cite: \"law#f\", instead: channel}");
    let both = agree.ask(&market("company: {sme: true}\nproduct: {personal_data: true}\n"));
    assert_eq!(summary(&both), "complete 7.0000");
}

#[test]
fn an_exception_has_its_dates() {
    let except = ", except: {small: {when: \"true\", cite: \"law#s\", in_force: {from: 2027-05-23}}}";
    let files = germany(&duties(&[
        duty("officer", "true", "100", except).replace("once: {fixed: 100", "yearly: {fixed: 365")
    ]));
    assert_eq!(summary(&files.ask(DE)), "complete 181.0000");
}

#[test]
fn not_yet_ended_proposed_and_false_are_four_answers() {
    let files = germany(&duties(&[
        duty("late", "true", "1", ", in_force: {from: 2030-01-01}"),
        duty("early", "true", "2", ", in_force: {to: 2020-01-01}"),
        duty("bill", "true", "4", ", status: proposed"),
        duty("other", "company.sme", "8", ""),
    ]));
    let answer = files.ask(&market("company: {sme: false}\n"));
    assert_eq!(summary(&answer), "complete 0.0000");
    assert_eq!(
        silent(&answer),
        ["de.bill proposed", "de.early ended 2020-01-01", "de.late not_yet 2030-01-01", "de.other condition"]
    );
    let because = &answer.markets[0].not_triggered[3].because[0];
    assert_eq!((because.text.as_str(), because.value.as_str()), ("company.sme", "false"));
}

#[test]
fn a_member_state_fills_what_its_parent_leaves_open() {
    let eu = "schema: landfall/jurisdiction@1\nid: eu\nkind: bloc\ntitle: Union\nextends: [global]\ncurrency: EUR\nopen_terms: {more: {type: flag, doc: further cases, cite: \"law#37-4\", default: false}}\nobligations:\n";
    let eu = format!("{eu}{}", duty("officer", "product.personal_data && term.more", "100", ""));
    let member = |id: &str, fill: &str| {
        let text = crate::testing::country(id, "EUR", fill);
        text.replace("extends: [global]", "extends: [eu]")
    };
    let fill = "fills: {more: {value: \"market.users >= 20\", cite: \"law#38\", confidence: high}}\n";
    let files = Files::new().rule("eu", eu).rule("de", member("de", fill)).rule("fr", member("fr", ""));
    let of = |users: &str| {
        files.ask(&format!(
            "product: {{personal_data: true}}\nmarkets: {{de: {{weight: 1{users}}}, fr: {{weight: 1{users}}}}}\n"
        ))
    };
    let many = of(", users: 20");
    assert_eq!(summary(&many), "complete 100.0000");
    let line = &many.markets[0].stages[&crate::id::Stage::Compliance].lines[0];
    assert_eq!(line.obligation.as_deref(), Some("eu.officer"));
    let because: Vec<_> = line.because.iter().map(|of| format!("{} is {}", of.text, of.value)).collect();
    assert_eq!(
        because,
        [
            "product.personal_data is true",
            "term.more is true",
            "market.users >= 20 is 20 ≥ 20",
            "fixed, once is 100 EUR"
        ]
    );
    assert_eq!(many.markets[0].grounds["term.more"].cites, ["law#38"]);
    assert_eq!(many.markets[1].grounds["term.more"].cites, ["law#37-4"]);
    assert_eq!(summary(&of(", users: 19")), "complete 0.0000");
    assert_eq!(summary(&of("")), "incomplete undetermined null, so far 0.0000 0.0000 100.0000");
}

const BLOCK: &str = "blocks: {bulk: {title: Bulk data, cite: \"law#202\", confidence: high, when: ";

#[test]
fn a_block_forbids_a_market_unless_an_allowed_option_escapes_it() {
    let choice = "choices: {hosting: {options: {home: {}, local: {}}}}\n";
    let effort = "choice: hosting, options: {home: {once: {fixed: 1 EUR}}, local: {once: {fixed: 9 EUR}}}";
    let host = obligations(&[("host", "true", effort)]);
    let escaped = format!("{BLOCK}\"company.sme && choice.hosting == 'home'\"}}}}\n{choice}{host}");
    let files = germany(&escaped);
    let free = files.ask(&market("company: {sme: false}\n"));
    assert_eq!(summary(&free), "complete 1.0000");
    let local = files.ask(&market("company: {sme: true}\n"));
    assert_eq!(summary(&local), "complete 9.0000");
    let struck = &local.markets[0].choices["hosting"].struck;
    assert_eq!(
        (struck[0].option.as_str(), struck[0].reason.as_str(), struck[0].cites.as_slice()),
        (
            "home",
            "`de.bulk` forbids it: company.sme is true; choice.hosting == 'home' is home = home",
            ["law#202".to_owned()].as_slice()
        )
    );
    let pinned = files.ask("company: {sme: true}\nmarkets: {de: {weight: 1, choices: {hosting: home}}}\n");
    assert_eq!(summary(&pinned), "blocked null, so far 0.0000");
    let block = &pinned.markets[0].blocks[0];
    assert_eq!((block.id.as_str(), block.from.as_str()), ("de.bulk", "2026-11-23"));
    assert_eq!(block.cites, ["law#202"]);
    assert_eq!(pinned.markets[0].reason.as_deref(), Some("`de.bulk` forbids it: Bulk data"));
    let always = germany(&format!("{BLOCK}\"company.sme\"}}}}\n{host}{choice}"));
    assert_eq!(summary(&always.ask(&market("company: {sme: true}\n"))), "blocked null, so far 0.0000");
    assert_eq!(summary(&always.ask(&market("company: {sme: false}\n"))), "complete 1.0000");
    let unknown = always.clone().replace("de", "\"company.sme\"", "\"market.users > 5\"").ask(DE);
    assert_eq!(summary(&unknown), "incomplete undetermined null, so far 1.0000");
}

#[test]
fn a_block_that_begins_inside_the_horizon_blocks_from_that_day() {
    let files = germany(&format!("{BLOCK}\"true\", in_force: {{from: 2027-02-01}}}}}}\n"));
    let answer = files.ask(DE);
    assert_eq!(summary(&answer), "blocked null, so far 0.0000");
    assert_eq!(answer.markets[0].blocks[0].from, "2027-02-01");
    let before = files.ask("as_of: 2025-11-23\nmarkets: {de: {weight: 1}}\n");
    assert_eq!(summary(&before), "complete 0.0000");
}

#[test]
fn a_gap_taints_its_stage_until_accepted_and_acceptance_expires() {
    let gap = |rest: &str| {
        format!("gaps: {{balance: {{stage: compliance, cite: \"law#10\", reason: case by case{rest}}}}}\n")
    };
    let of = |rest: &str, strategy: &str| germany(&gap(rest)).ask(strategy);
    let open = of("", DE);
    assert_eq!(summary(&open), "incomplete gap null, so far 0.0000");
    let reason = &open.markets[0].reasons[0];
    assert_eq!(
        (reason.message.as_str(), reason.stage),
        ("`de.balance` is not computed: case by case", Some(crate::id::Stage::Compliance))
    );
    let accepted = ", accepted: {by: counsel, until: 2027-05-31}";
    let known = of(accepted, DE);
    assert_eq!(summary(&known), "complete 0.0000");
    assert_eq!(known.markets[0].gaps[0].accepted.as_ref().unwrap().until, "2027-05-31");
    let expired = of(accepted, "as_of: 2027-05-31\nmarkets: {de: {weight: 1}}\n");
    assert_eq!(summary(&expired), "incomplete gap null, so far 0.0000");
    assert_eq!(
        expired.markets[0].reasons[0].message,
        "`de.balance` is not computed: case by case; counsel accepted that until 2027-05-31"
    );
    let elsewhere = of(", when: \"company.sme\"", &market("company: {sme: false}\n"));
    assert_eq!((summary(&elsewhere).as_str(), elsewhere.markets[0].gaps.len()), ("complete 0.0000", 0));
}

#[test]
fn a_scenario_is_active_only_where_it_is_named() {
    let rest = "scenarios: {dearer: {title: Dearer, set: {obligations: {officer: {effort: {once: {fixed: 300 EUR}}}}}}}\n";
    let bill = duty("bill", "true", "4", ", status: proposed");
    let rival = duty(
        "rival",
        "true",
        "10",
        ", disputed: [{from: 2030-01-01, cite: \"law#r\", note: later, confidence: low}]",
    );
    let files = germany(&format!("{rest}{}", duties(&[duty("officer", "true", "100", ""), bill, rival])));
    let published = files.published();
    assert_eq!(crate::testing::problems(&published), "");
    let under = |names: &[&str]| {
        let scenario = names.iter().map(|name| (*name).to_owned()).collect();
        let request = crate::protocol::QueryRequest { scenario, ..crate::testing::request(DE) };
        crate::testing::query(&published, &request)
    };
    let of = |names: &[&str]| summary(&under(names).unwrap().answer);
    assert_eq!(of(&[]), "complete 110.0000");
    assert_eq!(of(&["de.dearer"]), "complete 310.0000");
    assert_eq!(of(&["de.bill"]), "complete 114.0000");
    assert_eq!(of(&["de.rival_reading_1"]), "complete 100.0000");
    assert_eq!(of(&["de.bill", "de.dearer", "de.rival_reading_1"]), "complete 304.0000");
    assert_eq!(of(&[]), "complete 110.0000", "what is served stays as it is");
    let answer = under(&["de.bill"]).unwrap();
    assert_eq!(answer.answer.scenarios, ["de.bill"]);
    assert_eq!(answer.served.generation, under(&[]).unwrap().served.generation);
    assert_ne!(answer.receipt, under(&[]).unwrap().receipt);
    let refused = under(&["de.deerer"]).unwrap_err().diagnostics[0].to_string();
    assert_eq!(refused, "unknown scenario `de.deerer` (help: did you mean `de.dearer`?)");
}

#[test]
fn what_would_change_an_answer_is_said_with_it() {
    let except = ", except: {small: {when: \"company.sme\", cite: \"law#small\"}}";
    let files = germany(&duties(&[
        duty("report", "market.users >= 1000000", "1", ""),
        duty("officer", "product.personal_data", "2", except),
        duty("records", "product.personal_data", "4", ""),
    ]));
    let answer = files.ask(
        "company: {sme: true}\nproduct: {personal_data: true}\nmarkets: {de: {weight: 1, users: 900_000}}\n",
    );
    let flips: Vec<_> = answer.markets[0]
        .not_triggered
        .iter()
        .map(|of| (of.obligation.as_str(), of.flips.join(" and ")))
        .collect();
    assert_eq!(
        flips,
        [
            ("de.officer", "company.sme from true to false".to_owned()),
            ("de.report", "market.users from 900,000 to 1,000,000".to_owned())
        ]
    );
    let line = &answer.markets[0].stages[&crate::id::Stage::Compliance].lines[0];
    assert_eq!(line.obligation.as_deref(), Some("de.records"));
    assert_eq!(line.flips, ["product.personal_data from true to false"]);
}
