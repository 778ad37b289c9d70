//! *regorus*: the method as Rego, compiled once to bytecode; one machine that is kept and given another input for each call,
//! as its own benchmarks do. The case goes in as its values, without a detour by JSON text, and lines come out.

use std::sync::Arc;

use regorus::{Engine, Value, languages::rego::compiler::Compiler, rvm::vm::RegoVM};

use super::given::{Cadence, Given, Line, Quantity, Spread};
use crate::failed::Failed;

const POLICY: &str = include_str!("../../peers/stage.rego");
const RULE: &str = "data.landfall.compliance.lines";

/// The machine with its program, and the case.
pub(super) struct Rego {
    machine: RegoVM,
    given: Given,
}

impl Rego {
    pub(super) fn compile(given: &Given) -> Result<Self, Failed> {
        let mut engine = Engine::new();
        engine.add_policy("stage.rego".to_owned(), POLICY.to_owned()).map_err(Failed::new)?;
        let policy = engine.compile_with_entrypoint(&Arc::from(RULE)).map_err(Failed::new)?;
        let program = Compiler::compile_from_policy(&policy, &[RULE]).map_err(Failed::new)?;
        let mut machine = RegoVM::new();
        machine.load_program(program);
        Ok(Self { machine, given: given.clone() })
    }

    /// The case in, the lines out.
    pub(super) fn call(&mut self) -> Result<Vec<Line>, Failed> {
        self.machine.set_input(input(&self.given));
        let lines = self.machine.execute().map_err(Failed::new)?;
        lines.as_array().map_err(Failed::new)?.iter().map(line).collect()
    }

    pub(super) fn ask(&mut self) -> Result<Vec<Line>, Failed> {
        self.call()
    }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let mut made = Value::new_object();
    if let Ok(object) = made.as_object_mut() {
        for (name, value) in members {
            object.insert(Value::from(name), value);
        }
    }
    made
}

fn texts(texts: &[&str]) -> Value {
    Value::from(texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>())
}

fn input(given: &Given) -> Value {
    let spread = |spread: Spread| {
        object([
            ("low", Value::from(spread.low)),
            ("likely", Value::from(spread.likely)),
            ("high", Value::from(spread.high)),
        ])
    };
    let obligations = given.obligations.iter().map(|duty| {
        let mut made = Value::new_object();
        if let Ok(object) = made.as_object_mut() {
            let mut put = |name: &str, value: Option<Value>| {
                if let Some(value) = value {
                    object.insert(Value::from(name), value);
                }
            };
            put("known", duty.known.map(Value::from));
            put("once", duty.once.map(spread));
            put("yearly", duty.yearly.map(spread));
        }
        made
    });
    object([
        ("maturity", Value::from(given.maturity)),
        ("users", Value::from(given.users)),
        ("destinations", texts(&given.destinations)),
        ("reuse", Value::from(given.reuse)),
        ("saves_once", Value::from(given.saves_once)),
        ("saves_yearly", Value::from(given.saves_yearly)),
        ("per_million", Value::from(given.per_million)),
        ("request_price", Value::from(given.request_price)),
        ("adequate", texts(&given.adequate)),
        ("clauses", Value::from(given.clauses)),
        ("publication", Value::from(given.publication)),
        ("obligations", Value::from(obligations.collect::<Vec<_>>())),
    ])
}

fn line(value: &Value) -> Result<Line, Failed> {
    let text = |value: &Value| value.as_string().map(|text| text.to_string()).map_err(Failed::new);
    let mut line = Line {
        obligation: 0,
        label: String::new(),
        cadence: Cadence::Once,
        amount: Spread { low: 0, likely: 0, high: 0 },
        used: Vec::new(),
        quantity: None,
    };
    for (key, value) in value.as_object().map_err(Failed::new)?.iter() {
        match &**key.as_string().map_err(Failed::new)? {
            "obligation" => line.obligation = value.as_u32().map_err(Failed::new)?,
            "label" => line.label = text(value)?,
            "cadence" if text(value)? == "yearly" => line.cadence = Cadence::Yearly,
            "amount" => line.amount = spread(value)?,
            "used" => {
                line.used =
                    value.as_array().map_err(Failed::new)?.iter().map(text).collect::<Result<_, _>>()?
            }
            "quantity" => line.quantity = Some(quantity(value)?),
            _ => {}
        }
    }
    Ok(line)
}

fn spread(value: &Value) -> Result<Spread, Failed> {
    let mut spread = Spread { low: 0, likely: 0, high: 0 };
    for (key, value) in value.as_object().map_err(Failed::new)?.iter() {
        let amount = value.as_i64().map_err(Failed::new)?;
        match &**key.as_string().map_err(Failed::new)? {
            "low" => spread.low = amount,
            "likely" => spread.likely = amount,
            _ => spread.high = amount,
        }
    }
    Ok(spread)
}

fn quantity(value: &Value) -> Result<Quantity, Failed> {
    let mut quantity =
        Quantity { count: 0, unit: String::new(), price: Spread { low: 0, likely: 0, high: 0 } };
    for (key, value) in value.as_object().map_err(Failed::new)?.iter() {
        match &**key.as_string().map_err(Failed::new)? {
            "count" => quantity.count = value.as_i64().map_err(Failed::new)?,
            "unit" => quantity.unit = value.as_string().map_err(Failed::new)?.to_string(),
            _ => quantity.price = spread(value)?,
        }
    }
    Ok(quantity)
}
