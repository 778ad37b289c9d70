//! A sample is a query; what is drawn follows from the seed; what has no J is counted.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use proptest::prelude::*;

use super::{drawing::lines, *};
use crate::{
    host::swept,
    id::Stage,
    protocol::{self, SweepResponse, SweepRow},
    reload::Published,
    source::SourceFile,
    testing::{DE, Files, obligations, problems, query, request, strategy},
};

fn asked(text: &str, vary: &[&str], samples: Option<u64>) -> SweepRequest {
    let vary = vary.iter().map(|text| (*text).to_owned()).collect();
    SweepRequest { query: request(text), vary, samples, grid: None, seed: 7 }
}

fn with(
    published: &Arc<Published>,
    request: &SweepRequest,
    threads: usize,
) -> Result<SweepResponse, protocol::Refusal> {
    let stop = AtomicBool::new(false);
    swept(published, request, Doing { threads, stop: &stop, rows: None, told: &mut |_, _| () })
}

#[track_caller]
fn sweep_of(files: &Files, request: &SweepRequest) -> Sweep {
    let published = files.published();
    assert_eq!(problems(&published), "");
    with(&published, request, 2).unwrap_or_else(|refusal| panic!("{refusal:?}")).sweep
}

/// Every complaint, each with its help.
#[track_caller]
fn refused(text: &str, request: impl FnOnce(&mut SweepRequest)) -> String {
    let mut asked = asked(text, &[], None);
    request(&mut asked);
    let refusal = with(&Files::effort("{once: {fixed: 1 EUR}}").published(), &asked, 1).unwrap_err();
    let said = refusal.diagnostics.iter();
    said.map(|of| format!("{}: {}\n", of.message, of.help.as_deref().unwrap_or("—"))).collect()
}

const USERS: &str = "markets: {de: {weight: 1, users: 50}}\n";
const WIDE: &str = "{yearly: {fixed: {low: 10 EUR, likely: 20 EUR, high: 90 EUR}}}";

#[test]
fn what_cannot_be_varied_is_told() {
    let of = |vary: &str, samples: Option<u64>| {
        refused(USERS, |request| {
            request.vary = vary.split(' ').filter(|text| !text.is_empty()).map(str::to_owned).collect();
            request.samples = samples;
        })
    };
    let how = "write `path=lo..hi`, as in `--vary markets.br.users=100000..5000000`; `lo..likely..hi`, \
               `lo..hi:step` and `a,b,c` are taken too";
    for (vary, said) in [
        ("markets.de.users", format!("`--vary markets.de.users` has no `=`: {how}\n")),
        ("=1..2", format!("`--vary =1..2` has an empty name in its path: {how}\n")),
        ("markets.de.users=", format!("`--vary markets.de.users=` has no range after the `=`: {how}\n")),
        ("markets.de.users=1..", format!("`--vary markets.de.users=1..` has no range after the `=`: {how}\n")),
        ("markets.de.usres=1..99", "unknown fact `markets.de.usres`: did you mean `users`?\n".into()),
        (
            "markets.dd.users=1..99",
            "`--vary markets.dd.users=1..99` asks about `dd`, which is no market of the strategy: did you mean `de`?\n"
                .into(),
        ),
        (
            "de.users=1..99",
            "`--vary de.users=1..99` names no fact: `de.users`: name one as in `markets.br.users`, \
             `product.systems` or `company.staff`\n"
                .into(),
        ),
        (
            "markets.de.users=99..1",
            "`--vary markets.de.users=99..1` is backwards: write the lower end first: 1..99\n".into(),
        ),
        (
            "markets.de.users=1..0..99",
            "`--vary markets.de.users=1..0..99` says that 0 is likely, which is outside: write what is likely between \
             the ends: 1..LIKELY..99\n"
                .into(),
        ),
        (
            "product.personal_data=1..2",
            "`product.personal_data` is a flag, which has no range: only counts, ratios and amounts of money are varied\n"
                .into(),
        ),
        (
            "markets.de.users=1..2.5",
            "`--vary markets.de.users=1..2.5`: `markets.de.users` is a whole number, not `2.5`: write digits, with `_` \
             between groups where wanted\n"
                .into(),
        ),
        (
            "markets.de.users=1..2 markets.de.users=1..3",
            "`markets.de.users` is varied twice: leave one `--vary` out\n".into(),
        ),
        (
            "markets.de.users=60..99",
            "the strategy says 50 of `markets.de.users`, which is not between 60 and 99: write it between the ends: \
             `--vary markets.de.users=60..LIKELY..99`\n"
                .into(),
        ),
        (
            "product.systems=60..99",
            "the strategy does not say what is likely of `product.systems`: write it between the ends: \
             `--vary product.systems=60..LIKELY..99`\n"
                .into(),
        ),
        (
            "markets.de.users=1,2",
            "`markets.de.users` is given as points, and samples are drawn from a range: write \
             `--vary markets.de.users=lo..hi`, or leave `--samples` out for a grid\n"
                .into(),
        ),
    ] {
        assert_eq!(of(vary, Some(9)), said, "{vary}");
    }
    for (vary, said) in [
        ("", "a grid has no fact to vary: name one as in `--vary markets.br.users=100000..5000000`\n"),
        (
            "markets.de.users=1..99",
            "nothing says how many points of `markets.de.users` are asked about: add `--grid N` for N points of each \
             range, or write `lo..hi:step`\n",
        ),
        (
            "markets.de.users=1..99:0",
            "`--vary markets.de.users=1..99:0` has a step that leads nowhere: write a step above 0\n",
        ),
        (
            "markets.de.users=1..9999:1 product.systems=1..9999:1",
            "the grid has 99980001 points: at most 1000000 are asked about: take fewer points of each, or draw with \
             `--samples N`\n",
        ),
    ] {
        assert_eq!(of(vary, None), said, "{vary}");
    }
}

/// Read once for all tests.
fn world_published() -> Arc<Published> {
    static PUBLISHED: std::sync::OnceLock<Arc<Published>> = std::sync::OnceLock::new();
    Arc::clone(PUBLISHED.get_or_init(|| world().published()))
}

/// Two markets and a third that shares with one of them, in which the facts decide about nearly everything.
fn world() -> Files {
    let duties = |extra: &str| {
        let text = obligations(&[
            ("sure", "true", WIDE),
            (
                "many",
                "market.users > 60",
                "{once: {fixed: {low: 1 EUR, likely: 7.7777 EUR, high: 9 EUR}}, times: \"market.users\"}",
            ),
            ("rich", "market.revenue > money('500 EUR')", "{yearly: {fixed: 3 EUR}}"),
            (
                "systems",
                "product.systems > 3",
                "{once: {fixed: {low: 0 EUR, likely: 1 EUR, high: 2.3333 EUR}}, times: \"product.systems\"}",
            ),
            (
                "officer",
                "true",
                "choice: who, options: {own: {once: {fixed: {low: 30 EUR, likely: 44 EUR, high: 70 EUR}}}, hired: {once: {fixed: 1 EUR}, times: \"market.users\"}}",
            ),
        ]);
        format!("choices: {{who: {{options: {{own: {{}}, hired: {{}}}}}}}}\n{text}{extra}")
    };
    let wall =
        "blocks: {wall: {title: Wall, cite: \"law#w\", confidence: high, when: \"market.users > 95\"}}\n";
    let fine = "penalties: {fine: {cite: \"law#x\", confidence: high, when: \"market.users > 5\", maximum: \"company.turnover\", per: infringement, liable: company}}\n";
    let shared = "obligations:
  once: {title: Once, cite: \"law#o\", confidence: high, shared: true, when: \"product.systems > 2\", effort: {once: {fixed: {low: 5 EUR, likely: 7 EUR, high: 8 EUR}}, times: \"product.systems\"}}
";
    let files = Files::new()
        .country("de", &(duties("") + wall))
        .country("br", &duties(""))
        .country("us", &(duties("") + fine));
    let bloc = format!(
        "schema: landfall/jurisdiction@1\nid: club\nkind: bloc\ntitle: Club\nextends: [global]\ncurrency: EUR\n{shared}"
    );
    let joined = |files: Files, id: &str| files.replace(id, "extends: [global]", "extends: [club]");
    let files = joined(files.rule("club", bloc), "de");
    joined(files, "br")
}

const WORLD: &str = "company: {turnover: 9 EUR}
product: {systems: {low: 0, likely: 3, high: 9, source: me}}
markets:
  de: {weight: 2.5, users: {low: 10, likely: 50, high: 99, source: me}, revenue: 600 EUR}
  br: {weight: 0.3333, users: 61, revenue: {low: 1.5 EUR, likely: 400 EUR, high: 1_000 EUR, source: me}}
  us: {weight: 1, users: 70, revenue: 900 EUR}
";

/// Lines as a reader sees them: where, what, and both spreads.
type Seen = BTreeMap<(Option<String>, Stage, String, String), (protocol::Spread, protocol::Spread)>;

fn seen(summed: &crate::evaluate::Summed) -> Seen {
    let of = |found: drawing::Found<'_>| {
        let key =
            (found.market.map(ToString::to_string), found.stage, found.rule(), found.line.label.clone());
        (key, (found.line.total.into(), found.line.weighted.into()))
    };
    lines(&summed.markets, &summed.shared).map(of).collect()
}

fn seen_by_query(answer: &Answer) -> Seen {
    let line = |market: Option<String>, stage: Stage, line: &protocol::Line| {
        let rule = line.obligation.clone().unwrap_or_else(|| line.plugin.id.clone());
        ((market, stage, rule, line.label.clone()), (line.total.clone(), line.weighted.clone()))
    };
    let own = answer.markets.iter().filter(|market| market.total.is_some()).flat_map(|market| {
        market.stages.iter().flat_map(move |(stage, of)| {
            of.lines.iter().map(move |of| line(Some(market.id.clone()), *stage, of))
        })
    });
    let shared = answer.shared.iter().flat_map(|row| row.lines.iter().map(|of| line(None, row.stage, of)));
    own.chain(shared).collect()
}

/// What a sample shows, of a query with its facts.
#[track_caller]
fn agrees(published: &Arc<Published>, text: &str, vary: &[&str], samples: &[u64]) {
    let generation = published.generation.as_ref().unwrap();
    let source = SourceFile::new("s.yaml", strategy(text).as_bytes()).unwrap();
    let read = crate::strategy::read(&source, &[], generation).unwrap();
    let plan = Plan::read(&asked(text, vary, Some(1_000)), &read, generation).unwrap();
    let (_, sampler) = sampler(generation, &read, &plan).unwrap();
    let mut worker = Worker::new(&sampler);
    for sample in samples {
        let values = plan.values(*sample);
        let mut single = request(text);
        single.set = plan
            .inputs
            .iter()
            .zip(&values)
            .map(|(input, units)| format!("{}={}", input.path, input.text(*units)))
            .collect();
        let answer = query(published, &single).unwrap_or_else(|refusal| panic!("{refusal:?}")).answer;
        worker.sample(*sample, &values);
        assert_eq!(protocol::Status::from(worker.status()), answer.status, "{:?}", single.set);
        let whole = worker.query(&values).unwrap();
        assert_eq!(seen(&whole), seen_by_query(&answer), "{:?}", single.set);
        // What is put together of the part that moves and the part that does not is the same, and the sums are.
        let moving = worker.moving(&values).unwrap().unwrap();
        let of_whole = seen(&whole);
        for (key, line) in seen(&moving) {
            assert_eq!(of_whole.get(&key), Some(&line), "{key:?}");
        }
        let Some(objective) = &answer.objective else { continue };
        let spend = answer.spend.as_ref().unwrap();
        let drawing = Drawing::of(&moving, &sampler.columns, plan.seed, &mut Streams::default());
        for (high, j, all) in [(false, &objective.low, &spend.low), (true, &objective.high, &spend.high)] {
            let mut sums = vec![0; sampler.columns.count()];
            for part in [&sampler.still, &drawing] {
                part.settle(&mut sums).unwrap();
                part.at_ends(&mut sums, high);
            }
            assert_eq!([OBJECTIVE, SPEND].map(|at| Amount(sums[at]).to_string()), [j.clone(), all.clone()]);
        }
        let amount = |text: &str| crate::money::Exact::parse(text, 4).unwrap();
        let drawn = Amount(worker.sums[OBJECTIVE]).to_exact();
        assert!(amount(&objective.low) <= drawn && drawn <= amount(&objective.high));
    }
}

#[test]
fn a_sample_is_a_query_with_those_facts_line_for_line() {
    let published = world_published();
    assert_eq!(problems(&published), "");
    agrees(&published, WORLD, &[], &(0..30).collect::<Vec<_>>());
    agrees(
        &published,
        WORLD,
        &["company.turnover=1 EUR..20 EUR", "markets.us.users=1..70..90"],
        &[0, 1, 2, 999],
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 15, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_varied_a_sample_is_a_query(
        picked in proptest::sample::subsequence(vec![
            "markets.de.users=1..50..200", "markets.br.users=1..61..200", "markets.us.users=0..70..100",
            "markets.us.revenue=1 EUR..500 EUR..900.1234 EUR", "product.systems=0..3..6",
            "company.turnover=0 EUR..9 EUR..10 EUR", "markets.de.revenue=0.0001 BRL..700 BRL..1_000 BRL",
        ], 1..5),
        sample in 0..1_000_u64,
    ) {
        let published = world_published();
        agrees(&published, WORLD, &picked, &[sample]);
    }
}

#[test]
fn threads_change_nothing_and_neither_does_another_input() {
    let published = world_published();
    let request = asked(WORLD, &[], Some(150));
    let one = with(&published, &request, 1).unwrap();
    for threads in [2, 3] {
        assert_eq!(with(&published, &request, threads).unwrap(), one);
    }
    let other = with(&published, &SweepRequest { seed: 8, ..request.clone() }, 2).unwrap();
    assert_ne!(other.sweep.results, one.sweep.results);
    let generation = published.generation.as_ref().unwrap();
    let source = SourceFile::new("s.yaml", strategy(WORLD).as_bytes()).unwrap();
    let read = crate::strategy::read(&source, &[], generation).unwrap();
    let plan = |vary: &[&str]| Plan::read(&asked(WORLD, vary, Some(9)), &read, generation).unwrap();
    let (few, more) = (plan(&[]), plan(&["markets.us.users=1..70..90"]));
    for sample in 0..50 {
        let named = |plan: &Plan| -> BTreeMap<String, i64> {
            let paths = plan.inputs.iter().map(|input| input.path.to_string());
            paths.zip(plan.values(sample)).collect()
        };
        let (few, mut more) = (named(&few), named(&more));
        more.remove("markets.us.users");
        assert_eq!(few, more);
    }
}

#[test]
fn percentiles_are_samples_and_the_mean_is_theirs() {
    let files = Files::effort(WIDE);
    let sweep = sweep_of(&files, &asked(DE, &[], Some(4_001)));
    assert_eq!((sweep.complete, sweep.lines_drawn, sweep.status), (4_001, 1, protocol::Status::Complete));
    let results = sweep.results.unwrap();
    let j = &results.objective;
    let units = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    assert!(units(&j.min) >= 100_000 && units(&j.max) <= 900_000, "{j:?}");
    // PERT's mean is (10 + 4 × 20 + 90) / 6 = 30; of 4,001 draws it is within a third of a euro.
    assert!(units(&j.mean).abs_diff(300_000) < 7_000, "{j:?}");
    assert!(units(&j.p10) < units(&j.p50) && units(&j.p50) < units(&j.p90), "{j:?}");
    assert_eq!((&results.spend, &results.markets["de"].total), (j, j));
    assert_eq!(&results.markets["de"].stages[&Stage::Compliance], j);
    assert_eq!(&results.stages[&Stage::Compliance], j);
    // The same numbers by hand.
    let published = files.published();
    let generation = published.generation.as_ref().unwrap();
    let source = SourceFile::new("s.yaml", strategy(DE).as_bytes()).unwrap();
    let read = crate::strategy::read(&source, &[], generation).unwrap();
    let plan = Plan::read(&asked(DE, &[], Some(4_001)), &read, generation).unwrap();
    let (_, sampler) = sampler(generation, &read, &plan).unwrap();
    let mut worker = Worker::new(&sampler);
    let mut all: Vec<i64> = (0..4_001)
        .map(|sample| {
            worker.sample(sample, &[]);
            worker.sums[OBJECTIVE]
        })
        .collect();
    all.sort_unstable();
    let expected = [all[400], all[2_000], all[3_600]].map(|units| Amount(units).to_string());
    assert_eq!([&j.p10, &j.p50, &j.p90].map(String::clone), expected);
}

#[test]
fn what_has_no_j_is_counted_and_said() {
    let sweep = sweep_of(&world(), &asked(WORLD, &["markets.de.users=1..50..400"], Some(150)));
    assert_eq!(sweep.complete + sweep.blocked, 150);
    assert!(sweep.blocked > 30 && sweep.complete > 30, "{sweep:?}");
    assert_eq!(sweep.status, protocol::Status::Blocked);
    let [reason] = sweep.reasons.as_slice() else { panic!("{:?}", sweep.reasons) };
    assert_eq!((reason.samples, reason.kind.as_str()), (sweep.blocked, "block"));
    assert_eq!(reason.message, "`de.wall` forbids it from 2026-11-23");
    // Percentiles are over the others: nobody with more users is among them.
    assert!(sweep.results.is_some());
    let missing = WORLD.replace("company: {turnover: 9 EUR}\n", "");
    let sweep = sweep_of(&world(), &asked(&missing, &["markets.us.users=1..4..9"], Some(100)));
    assert_eq!(sweep.status, protocol::Status::Incomplete);
    assert!(sweep.incomplete > 0 && sweep.complete > 0, "{sweep:?}");
    assert_eq!(sweep.reasons[0].kind, "undetermined");
    let none = Files::new().country("de", &obligations(&[("x", "market.users > 5", WIDE)]));
    let sweep = sweep_of(&none, &asked(DE, &[], Some(10)));
    assert_eq!((sweep.complete, sweep.incomplete, sweep.results.is_none()), (0, 10, true));
    assert!(sweep.likely.is_none() && sweep.tornado.is_empty());
}

#[test]
fn what_moves_j_most_comes_first_and_is_a_query_at_each_end() {
    let files = world();
    let sweep = sweep_of(&files, &asked(WORLD, &[], Some(3)));
    let bars: Vec<(&str, &str)> =
        sweep.tornado.iter().map(|bar| (bar.kind.as_str(), bar.input.as_str())).collect();
    // At its high end Germany is forbidden, so nothing says how far J moves.
    assert_eq!(bars[0], ("fact", "markets.de.users"));
    assert_eq!((&sweep.tornado[0].j_at_high, &sweep.tornado[0].swing), (&None, &None));
    let swings: Vec<i64> = sweep.tornado[1..]
        .iter()
        .map(|bar| bar.swing.as_ref().unwrap().replace('.', "").parse().unwrap())
        .collect();
    assert!(swings.is_sorted_by(|a, b| a >= b), "{swings:?}");
    let published = world_published();
    for bar in sweep.tornado.iter().filter(|bar| bar.kind == "fact") {
        for (end, j) in [(&bar.low, &bar.j_at_low), (&bar.high, &bar.j_at_high)] {
            let mut single = request(WORLD);
            single.set = vec![format!("{}={end}", bar.input)];
            let objective = query(&published, &single).unwrap().answer.objective;
            assert_eq!(*j, objective.map(|spread| spread.likely));
        }
    }
}

#[test]
fn a_grid_asks_every_combination_and_draws_nothing() {
    let files = world();
    let mut request = asked(WORLD, &["markets.de.users=40,70", "product.systems=1..5"], None);
    request.grid = Some(3);
    let sweep = sweep_of(&files, &request);
    assert_eq!((sweep.samples, sweep.seed, sweep.points.len()), (6, None, 6));
    let inputs = |row: &SweepRow| row.inputs.values().cloned().collect::<Vec<_>>().join(" ");
    let shown: Vec<String> = sweep.points.iter().map(inputs).collect();
    assert_eq!(shown, ["40 1", "40 3", "40 5", "70 1", "70 3", "70 5"]);
    let published = world_published();
    for row in &sweep.points {
        let mut single = crate::testing::request(WORLD);
        single.set = row.inputs.iter().map(|(path, value)| format!("{path}={value}")).collect();
        let answer = query(&published, &single).unwrap().answer;
        assert_eq!(row.objective, answer.objective.map(|spread| spread.likely));
        assert_eq!(row.spend, answer.spend.map(|spread| spread.likely));
    }
    assert!(
        sweep.warnings.iter().any(|said| {
            said == "`markets.br.revenue` stays at its likely value: --vary does not name it"
        })
    );
}

#[test]
fn it_ends_where_it_is_told_to_and_says_so() {
    let published = world_published();
    let stop = AtomicBool::new(false);
    let mut seen = 0;
    let mut told = |done, asked| {
        assert!(done <= asked);
        seen = done;
        stop.store(true, Ordering::Relaxed);
    };
    let doing = Doing { threads: 2, stop: &stop, rows: None, told: &mut told };
    let sweep = swept(&published, &asked(WORLD, &[], Some(1_000_000)), doing).unwrap().sweep;
    assert!(sweep.interrupted && sweep.samples > 0 && sweep.samples == seen, "{}", sweep.samples);
    assert_eq!((sweep.asked, sweep.status), (1_000_000, protocol::Status::Incomplete));
}

#[test]
fn a_disk_that_is_full_ends_it() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let published = world_published();
    let stop = AtomicBool::new(false);
    let format = RowFormat { head: |_, _| Vec::new(), row: |_, _| b"row".to_vec() };
    let rows = Some(Rows { format, file: &mut Full });
    let doing = Doing { threads: 3, stop: &stop, rows, told: &mut |_, _| () };
    let refusal = swept(&published, &asked(WORLD, &[], Some(5_000)), doing).unwrap_err();
    assert!(refusal.diagnostics[0].message.contains("no storage space"), "{refusal:?}");
}

#[test]
fn facts_reach_the_markets_that_read_them_and_those_that_share_with_these() {
    let published = world_published();
    let generation = published.generation.as_ref().unwrap();
    let source = SourceFile::new("s.yaml", strategy(WORLD).as_bytes()).unwrap();
    let read = crate::strategy::read(&source, &[], generation).unwrap();
    for (vary, markets) in [
        ("markets.us.users=1..70..90", vec!["us"]),
        // Germany and Brazil pay for one thing together.
        ("markets.de.users=1..50..90", vec!["br", "de"]),
        ("company.turnover=1 EUR..9 EUR..20 EUR", vec!["us"]),
        ("product.systems=1..3..4", vec!["br", "de", "us"]),
    ] {
        let plan = Plan::read(&asked(WORLD, &[vary], Some(1)), &read, generation).unwrap();
        let path =
            plan.inputs.iter().map(|input| &input.path).find(|path| vary.starts_with(&path.to_string()));
        let reached = reach(generation, &read, path);
        let reached: Vec<String> = reached.values().flatten().map(ToString::to_string).collect();
        assert_eq!(reached, markets, "{vary}");
    }
    let unread = sweep_of(&Files::effort(WIDE), &asked(USERS, &["markets.de.users=1..50..90"], Some(2)));
    assert_eq!(
        unread.warnings,
        ["`markets.de.users` changes nothing: no rule and no plugin of these markets reads it"]
    );
}
