//! `conditions`: 1,000 obligations over one case, each true or not: Landfall's compiled conditions as a query decides them
//! (status, dates and exceptions included, names looked up in facts, params and rules) against the interpreter of the `cel`
//! crate, with programs compiled once and one context made once. The texts are the same, and so are the verdicts.

use std::{collections::HashMap, fmt::Write as _, fs, path::Path};

use cel::{Context, Program, Value};
use landfall::{evaluate::Applying, id::JurisdictionId};

use crate::{
    book::Book,
    failed::Failed,
    rounds::{Turn, by_turns},
    row::{Goal, Row},
    setting::Setting,
};

const OBLIGATIONS: usize = 1_000;
const MARKET: &str = "m-1";
const FLOOR: i64 = 100_000;

/// The scenario.
pub(crate) fn run(setting: &Setting) -> Result<Vec<Row>, Failed> {
    let folder = setting.scratch("conditions")?;
    write(setting, &folder)?;
    let book = Book::load(setting, &folder)?;
    let strategy = book.strategy(STRATEGY)?;
    let market = JurisdictionId::parse(MARKET).map_err(Failed::new)?;
    let applying = Applying::of(&book.generation, &strategy, &market)
        .ok_or_else(|| Failed::new("the market is not served"))?;
    let programs = (0..OBLIGATIONS).map(|number| Program::compile(&condition(number)).map_err(Failed::new));
    let programs: Vec<Program> = programs.collect::<Result<_, _>>()?;
    let context = context()?;
    let holding = same(&applying, &programs, &context)?;

    let ours = || {
        let mut count = 0_usize;
        applying.each(|_, applies| count += usize::from(applies == Some(true)));
        expect(count, holding)
    };
    let theirs = || {
        let mut count = 0_usize;
        for program in &programs {
            count += usize::from(program.execute(&context).map_err(Failed::new)? == Value::Bool(true));
        }
        expect(count, holding)
    };
    let turns = vec![Turn::new("cel", theirs), Turn::new("landfall", ours)];
    match by_turns(setting, turns)?.as_slice() {
        [cel, landfall] => Ok(vec![
            Row::ratio("conditions", cel, landfall, Goal::AtLeast(10.0))
                .with("obligations", OBLIGATIONS)
                .with("of which apply", holding),
        ]),
        _ => Err(Failed::new("a side is missing")),
    }
}

fn expect(count: usize, holding: usize) -> Result<usize, Failed> {
    if count == holding { Ok(count) } else { Err(Failed(format!("{count} apply, and not {holding}"))) }
}

/// How many hold, once every verdict is known to be the same.
fn same(applying: &Applying<'_>, programs: &[Program], context: &Context<'_, '_>) -> Result<usize, Failed> {
    let mut ours = HashMap::new();
    applying.each(|id, applies| {
        ours.insert(id.name.to_string(), applies);
    });
    let mut holding = 0;
    for (number, program) in programs.iter().enumerate() {
        let theirs = match program.execute(context).map_err(Failed::new)? {
            Value::Bool(flag) => flag,
            other => return Err(Failed(format!("`{}` is {other:?}", condition(number)))),
        };
        if ours.get(&format!("duty_{number}")).copied().flatten() != Some(theirs) {
            return Err(Failed(format!("`{}`: cel says {theirs}", condition(number))));
        }
        holding += usize::from(theirs);
    }
    match ours.len() {
        OBLIGATIONS => Ok(holding),
        other => Err(Failed(format!("the market has {other} obligations"))),
    }
}

/// Ten forms, as rule files have them; a number in each makes them differ.
fn condition(number: usize) -> String {
    let n = number / 10;
    match number % 10 {
        0 => "product.personal_data".to_owned(),
        1 => format!("product.personal_data && product.high_risk_processings > {}", n % 5),
        2 => "product.consumer || product.public_facing".to_owned(),
        3 => "product.ai_system && product.synthetic_media_kinds > 0 && !product.eu_legacy_system".to_owned(),
        4 => format!("market.users >= param.floor && company.staff > {}", n * 10),
        5 => format!("product.consumer && !(company.staff < 10 && market.legal_questions <= {n})"),
        6 => "company.home in market.transfer_destinations && product.processors > 0".to_owned(),
        7 => format!("company.privacy_maturity >= 0.{:02} && market.users > {}", n, n * 1_000),
        8 => format!("product.high_risk_processings * 2 + product.processors > {}", n % 20),
        _ => format!(
            "(product.children_audience || product.minors_likely) && company.home != 'br' || market.team_size < {n}"
        ),
    }
}

/// What the names stand for, as maps of values: how the crate's own examples give structured variables.
fn context() -> Result<Context<'static, 'static>, Failed> {
    let flag = |value: bool| Value::Bool(value);
    let company =
        [("home", Value::from("cn")), ("staff", Value::Int(800)), ("privacy_maturity", Value::Float(0.4))];
    let product = [
        ("personal_data", flag(true)),
        ("high_risk_processings", Value::Int(2)),
        ("consumer", flag(true)),
        ("public_facing", flag(true)),
        ("ai_system", flag(true)),
        ("synthetic_media_kinds", Value::Int(1)),
        ("eu_legacy_system", flag(false)),
        ("processors", Value::Int(6)),
        ("children_audience", flag(false)),
        ("minors_likely", flag(false)),
    ];
    let market = [
        ("users", Value::Int(2_500_000)),
        ("legal_questions", Value::Int(15)),
        ("transfer_destinations", Value::from(vec![Value::from("cn"), Value::from("us")])),
        ("team_size", Value::Int(12)),
    ];
    let mut context = Context::default();
    let mut put = |name: &str, members: Vec<(&str, Value)>| {
        let members: HashMap<String, Value> =
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        context.add_variable_from_value(name, members);
    };
    put("company", company.to_vec());
    put("product", product.to_vec());
    put("market", market.to_vec());
    put("param", vec![("floor", Value::Int(FLOOR))]);
    Ok(context)
}

const STRATEGY: &str = "\
schema: landfall/strategy@1
title: Conditions
as_of: 2026-11-23
currency: EUR
horizon_years: 1
discount: 0%
company: {home: cn, staff: 800, privacy_maturity: 40%}
product:
  personal_data: true
  high_risk_processings: 2
  consumer: true
  public_facing: true
  ai_system: true
  synthetic_media_kinds: 1
  eu_legacy_system: false
  processors: 6
  children_audience: false
  minors_likely: false
markets:
  m-1: {weight: 1, users: 2_500_000, legal_questions: 15, transfer_destinations: [cn, us], team_size: 12}
";

/// The world's base, and one country with nothing but obligations.
fn write(setting: &Setting, folder: &Path) -> Result<(), Failed> {
    for base in ["facts.yaml", "roles.yaml"] {
        let from = setting.root.join("rules/world").join(base);
        fs::copy(&from, folder.join(base)).map_err(Failed::io("copy", &from))?;
    }
    let mut text = format!(
        "schema: landfall/jurisdiction@1\nid: {MARKET}\nkind: country\ntitle: Conditions\ncurrency: EUR\nsources: {{law: {{title: The law}}}}\nparams:\n  floor: {{type: count, values: [{{from: 2020-01-01, value: {FLOOR}, cite: \"law#1\", confidence: high}}]}}\nstages: {{compliance: {{statutory: {{}}}}}}\nobligations:\n"
    );
    for number in 0..OBLIGATIONS {
        let _ = write!(
            text,
            "  duty_{number}:\n    title: Duty {number}\n    cite: [\"law#{number}\"]\n    in_force: {{from: 2020-01-01}}\n    when: \"{}\"\n    effort: {{once: {{fixed: 1 EUR}}}}\n    confidence: high\n    assumption: true\n",
            condition(number)
        );
    }
    let path = folder.join(format!("{MARKET}.yaml"));
    fs::write(&path, text).map_err(Failed::io("write", &path))
}
