//! `strategy`: 14 markets, five stages, their periods, with what explains every line, against the calls of plugins that it
//! makes, made alone; and on two cores against one.
//!
//! The rule book is `rules/world` with its countries more than once, under other ids, since it has too few; without the United
//! States, where a declared gap makes every answer incomplete. So the rules, the law that changes inside the horizon and the plugins are real ones.
//! As many calls are made alone as the query made, plugin by plugin, with the cases that its answer rests on.

use std::{fs, hint::black_box, path::Path, time::Instant};

use landfall::{
    evaluate::{self, Calls, Evaluation, Status},
    protocol::Answer,
};

use crate::{
    book::Book,
    cores::Cores,
    counted::{Cases, Counted},
    failed::Failed,
    rounds::{Turn, by_turns_of},
    row::{Goal, Row},
    setting::Setting,
};

/// Countries of `rules/world`, each with how often it is there.
const COUNTRIES: [(&str, usize); 5] = [("br", 4), ("ch", 2), ("de", 3), ("fr", 2), ("in", 3)];

/// The scenario.
pub(crate) fn run(setting: &Setting) -> Result<Vec<Row>, Failed> {
    let folder = setting.scratch("strategy")?;
    write(setting, &folder)?;
    let book = Book::load(setting, &folder)?;
    let text = question();
    let strategy = book.strategy(&text)?;
    let kept = book.kept()?;
    let cores = Cores::find()?;

    let generation = &*book.generation;
    let engine = &generation.engine;
    let before = Counted::now(engine);
    // With threads of its own a query takes one of its asker's.
    let one = || {
        let mut calls = Calls::new(engine);
        evaluate::evaluate_within(generation, strategy.clone(), &mut calls).map_err(Failed::new)
    };
    let many = || evaluate::evaluate(generation, strategy.clone()).map_err(Failed::new);
    let evaluation = one()?;
    let calls = before.since(engine);
    complete(&evaluation)?;
    if said(&many()?)? != said(&evaluation)? {
        return Err(Failed::new("several threads answer otherwise than one"));
    }
    let before = Counted::now(engine);
    one()?;
    if before.since(engine) != calls {
        return Err(Failed::new(
            "the second query makes other calls than the first: something is remembered",
        ));
    }
    let mut cases = Cases::default();
    cases.of(generation, &evaluation)?;
    let alone = cases.calls(&calls, 1.0)?;

    let calls_alone = Turn::timed("its calls", |times| {
        cores.on(1, || {
            let begun = Instant::now();
            for _ in 0..times {
                alone.make()?;
            }
            Ok(begun.elapsed())
        })
    });
    let whole = Turn::timed("landfall, read and written", |times| {
        cores.on(1, || {
            let begun = Instant::now();
            for _ in 0..times {
                let response = book.answer(&kept, &text)?;
                black_box(serde_json::to_vec(&response).map_err(Failed::new)?);
            }
            Ok(begun.elapsed())
        })
    });
    let summed = Turn::timed("landfall, summed and not explained", |times| {
        cores.on(1, || {
            let begun = Instant::now();
            for _ in 0..times {
                let mut calls = Calls::new(engine);
                black_box(evaluate::sum_within(generation, &strategy, &mut calls).map_err(Failed::new)?);
            }
            Ok(begun.elapsed())
        })
    });
    let ours = Turn::timed("landfall", |times| {
        cores.on(1, || {
            let begun = Instant::now();
            for _ in 0..times {
                black_box(one()?);
            }
            Ok(begun.elapsed())
        })
    });
    let two = Turn::timed("landfall, two cores", |times| {
        cores.on(2, || {
            let begun = Instant::now();
            for _ in 0..times {
                black_box(many()?);
            }
            Ok(begun.elapsed())
        })
    });
    let mut turns = vec![ours, calls_alone, whole, summed];
    if cores.count() > 1 {
        turns.push(two);
    }
    let sides = by_turns_of(if setting.quick { 3 } else { 11 }, setting.turn() * 2, turns)?;
    let [ours, alone_side, whole, summed, rest @ ..] = sides.as_slice() else {
        return Err(Failed::new("a side is missing"));
    };
    let mut rows = vec![
        Row::ratio("strategy", ours, alone_side, Goal::AtMost(2.0)).with("calls", calls.total()),
        Row::ratio("strategy", summed, alone_side, Goal::ReportLower),
        Row::ratio("strategy", whole, alone_side, Goal::ReportLower),
    ];
    match rest {
        [two] => rows.push(Row::ratio("strategy", ours, two, Goal::AtLeast(1.8))),
        _ => eprintln!("   only one core may be used: nothing to compare two with"),
    }
    Ok(rows)
}

/// Nothing is compared that is not whole.
fn complete(evaluation: &Evaluation) -> Result<(), Failed> {
    for market in &evaluation.markets {
        if market.status != Status::Complete {
            let reasons: Vec<&str> = market.reasons.iter().map(|reason| reason.message.as_str()).collect();
            return Err(Failed(format!("{} is {:?}: {}", market.id, market.status, reasons.join("; "))));
        }
    }
    match evaluation.markets.len() {
        14 => Ok(()),
        other => Err(Failed(format!("{other} markets"))),
    }
}

fn said(evaluation: &Evaluation) -> Result<String, Failed> {
    serde_json::to_string(&Answer::of(evaluation)).map_err(Failed::new)
}

/// The files of `rules/world`, and its countries again under other ids.
fn write(setting: &Setting, folder: &Path) -> Result<(), Failed> {
    let world = setting.root.join("rules/world");
    for entry in fs::read_dir(&world).map_err(Failed::io("read", &world))? {
        let path = entry.map_err(Failed::new)?.path();
        if let (Some(name), Some("yaml")) =
            (path.file_name(), path.extension().and_then(|ending| ending.to_str()))
        {
            fs::copy(&path, folder.join(name)).map_err(Failed::io("copy", &path))?;
        }
    }
    for (country, count) in COUNTRIES {
        let path = world.join(format!("{country}.yaml"));
        let text = fs::read_to_string(&path).map_err(Failed::io("read", &path))?;
        for number in 2..=count {
            let id = format!("\nid: {country}-{number}\n");
            let copy = text.replacen(&format!("\nid: {country}\n"), &id, 1);
            let path = folder.join(format!("{country}-{number}.yaml"));
            fs::write(&path, copy).map_err(Failed::io("write", &path))?;
        }
    }
    Ok(())
}

/// The company and product of `strategies/brazil-germany.yaml`, and markets as the examples there have them.
fn question() -> String {
    let mut text = HEAD.to_owned();
    for (country, count) in COUNTRIES {
        let facts = FACTS.iter().find(|(id, _)| *id == country).map_or("", |(_, facts)| facts);
        for number in 1..=count {
            let id = if number == 1 { country.to_owned() } else { format!("{country}-{number}") };
            text.push_str(&format!("  {id}: {{weight: {number}, {}}}\n", facts.replace('\n', " ")));
        }
    }
    text
}

const HEAD: &str = "\
schema: landfall/strategy@1
title: Fourteen markets
as_of: 2026-11-23
currency: EUR
horizon_years: 3
discount: 8%
weight_means: priority
company: {home: cn, eu_establishment: false, staff: 800, turnover: 2_000_000_000 CNY, sme: false, privacy_maturity: 40%}
product:
  public_facing: true
  consumer: true
  children_audience: false
  minors_likely: false
  device_storage: true
  sectors: [finance, retail]
  personal_data: true
  high_risk_processings: 2
  processors: 6
  large_scale_monitoring: false
  large_scale_special_categories: false
  automated_decisions: false
  ai_system: true
  interacts_with_people: true
  synthetic_media_kinds: 1
  media_generation: false
  publishes_generated_content: false
  emotion_recognition: false
  eu_legacy_system: false
  high_risk_ai: false
  high_risk_systems: 0
  deploys_high_risk_ai: false
  annex_i_product: false
  gpai_provider: false
  gpai_legacy_model: false
  open_weights: false
  training_zettaflop: 0
  notice_words: 14_000
  words_new: 60_000
  words_85_94: 10_000
  words_95_99: 10_000
  words_100: 15_000
  words_ice: 5_000
  text_update_share: 20%
  evaluation_prompts: 2_000
  localisation_days: 25
choices: {translation: post_edit}
markets:
";

const FACTS: [(&str, &str); 5] = [
    (
        "br",
        "users: 2_500_000, revenue: 40_000_000 BRL, small_agent: false, transfer_destinations: [cn], familiarity: 20%,
legal_questions: 15, team_size: 12, cultural_distance: 70%, liaison_posts: 100%, trips: 6,
monthly_tokens: 9_000_000_000, monthly_tickets: 6_000",
    ),
    (
        "ch",
        "users: 90_000, revenue: 4_000_000 CHF, offers_or_monitors: true, large_scale: true, regular: true,
high_risk: false, safeguarded_destinations: 1, transfer_destinations: [cn], familiarity: 30%, legal_questions: 15,
team_size: 4, cultural_distance: 60%, liaison_posts: 50%, trips: 4, monthly_tokens: 500_000_000,
monthly_tickets: 300",
    ),
    (
        "de",
        "users: 900_000, revenue: 30_000_000 EUR, processing_staff: 24, transfer_destinations: [cn], familiarity: 40%,
legal_questions: 20, team_size: 10, cultural_distance: 60%, liaison_posts: 100%, trips: 8,
monthly_tokens: 5_000_000_000, monthly_tickets: 2_500",
    ),
    (
        "fr",
        "users: 150_000, revenue: 8_000_000 EUR, transfer_destinations: [cn], familiarity: 20%, legal_questions: 20,
team_size: 4, cultural_distance: 55%, liaison_posts: 50%, trips: 4, monthly_tokens: 600_000_000,
monthly_tickets: 400",
    ),
    (
        "in",
        "users: 6_000_000, revenue: 900_000_000 INR, significant_fiduciary: false, transfer_destinations: [cn],
familiarity: 10%, legal_questions: 20, team_size: 15, cultural_distance: 65%, liaison_posts: 100%, trips: 6,
monthly_tokens: 12_000_000_000, monthly_tickets: 9_000",
    ),
];
