//! *bare*: the floor for a sandbox. A component with the contract's own interface that takes the case and returns the lines
//! that lie in its memory already, without a look at what it was given; the product's engine and pool without fuel, without a
//! clock, without limits of its own; an instance from an `InstancePre` for each call. What comes back is lifted, and not checked.

use std::fmt::Write as _;

use landfall::{
    id::Stage,
    plugin::{Case, CaseValue},
};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
    component::{Component, Linker},
};

use self::wit::{exports::landfall::stage::guest, landfall::stage::types};
use super::given::{Cadence, Line, Quantity, Spread};
use crate::{failed::Failed, setting::Setting};

mod wit {
    //! The host's side of the contract, generated as the product's own is.
    wasmtime::component::bindgen!({
        path: "../sdk/wit",
        world: "landfall:stage/stage@1.0.0",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

/// Where the component's data starts.
const BASE: usize = 1_024;
/// Where the case is put: behind the data, whatever its size.
const FREE: usize = 65_536;
/// Kept of a slot between two instances, as the product does.
const KEEP_RESIDENT_BYTES: usize = 256 << 10;

/// The component, linked, and the case in the contract's types.
pub(super) struct Bare {
    engine: Engine,
    component: wit::StagePre<()>,
    case: Lowered,
    names: Vec<(String, [u32; 2])>,
}

impl Bare {
    pub(super) fn new(setting: &Setting, case: &Case, lines: &[Line]) -> Result<Self, Failed> {
        let names = names(lines);
        let component = component(setting, &lay_out(lines, &names)?)?;
        let engine = Engine::new(&config()).map_err(Failed::new)?;
        let component = Component::new(&engine, component).map_err(Failed::new)?;
        let mut linker = Linker::new(&engine);
        let mut host = linker.instance("landfall:stage/host@1.0.0").map_err(Failed::new)?;
        let log =
            |_: wasmtime::StoreContextMut<'_, ()>,
             _: (wit::landfall::stage::host::Level, wasmtime::component::WasmStr)| Ok(());
        host.func_wrap("log", log).map_err(Failed::new)?;
        let component =
            linker.instantiate_pre(&component).and_then(wit::StagePre::new).map_err(Failed::new)?;
        Ok(Self { engine, component, case: Lowered::of(case)?, names })
    }

    /// An instance, a call, the lines lifted.
    pub(super) fn call(&self) -> Result<Vec<guest::LineItem>, Failed> {
        let mut store = Store::new(&self.engine, ());
        let instance = self.component.instantiate(&mut store).map_err(Failed::new)?;
        let answer = self.case.with(|case| instance.landfall_stage_guest().call_estimate(&mut store, case));
        answer.map_err(Failed::new)?.map_err(|_| Failed::new("the bare component refuses"))
    }

    pub(super) fn ask(&self) -> Result<Vec<Line>, Failed> {
        self.call()?.into_iter().map(|item| self.line(item)).collect()
    }

    fn line(&self, item: guest::LineItem) -> Result<Line, Failed> {
        let spread =
            |spread: types::Spread| Spread { low: spread.low, likely: spread.likely, high: spread.high };
        let name = |ground: &types::Ground| {
            let wanted = match *ground {
                types::Ground::Fact(at) => [0, at],
                types::Ground::Param(at) => [1, at],
                types::Ground::Choice(at) => [2, at],
                types::Ground::Demand(at) => [3, at],
            };
            self.names.iter().find(|(_, ground)| *ground == wanted).map(|(name, _)| name.clone())
        };
        let used: Option<Vec<String>> = item.used.iter().map(name).collect();
        Ok(Line {
            obligation: item.obligation.ok_or_else(|| Failed::new("a line of no obligation"))?,
            label: item.label,
            cadence: match item.cadence {
                types::Cadence::Once => Cadence::Once,
                types::Cadence::Yearly => Cadence::Yearly,
            },
            amount: spread(item.amount),
            used: used.ok_or_else(|| Failed::new("a ground that nothing has"))?,
            quantity: item.quantity.map(|quantity| Quantity {
                count: quantity.count,
                unit: quantity.unit,
                price: spread(quantity.price),
            }),
        })
    }
}

fn config() -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.linear_memory_keep_resident(KEEP_RESIDENT_BYTES).table_keep_resident(KEEP_RESIDENT_BYTES);
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// Which pair stands for which name; the floor does not care which, so long as they are as many bytes.
fn names(lines: &[Line]) -> Vec<(String, [u32; 2])> {
    let mut names: Vec<(String, [u32; 2])> = Vec::new();
    for name in lines.iter().flat_map(|line| &line.used) {
        if names.iter().all(|(known, _)| known != name) {
            let kind = u32::from(name.starts_with("param."));
            let at = names.iter().filter(|(_, [of, _])| *of == kind).count();
            names.push((name.clone(), [kind, u32::try_from(at).unwrap_or_default()]));
        }
    }
    names
}

/// The component's memory as it will be, and where in it the answer lies.
struct Memory {
    bytes: Vec<u8>,
    answer: usize,
}

impl Memory {
    /// Places bytes, aligned to eight; pointer and length follow as the canonical ABI has them.
    fn place(&mut self, bytes: &[u8], length: usize) -> Vec<u8> {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let at = BASE + self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        words(&[at, length])
    }

    fn text(&mut self, text: &str) -> Vec<u8> {
        self.place(text.as_bytes(), text.len())
    }
}

fn words(words: &[usize]) -> Vec<u8> {
    words.iter().flat_map(|word| u32::try_from(*word).unwrap_or_default().to_le_bytes()).collect()
}

/// `result<list<line-item>, failure>`, as it crosses.
fn lay_out(lines: &[Line], names: &[(String, [u32; 2])]) -> Result<Memory, Failed> {
    let mut memory = Memory { bytes: Vec::new(), answer: 0 };
    let spread = |spread: &Spread| {
        [spread.low, spread.likely, spread.high].iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>()
    };
    let mut records = Vec::new();
    for line in lines {
        let ground = |name: &String| names.iter().find(|(known, _)| known == name).map(|(_, ground)| *ground);
        let grounds: Vec<[u32; 2]> = line.used.iter().filter_map(ground).collect();
        let grounds_bytes: Vec<u8> = grounds.iter().flatten().flat_map(|n| n.to_le_bytes()).collect();
        records.extend(words(&[1, line.obligation as usize]));
        records.extend(memory.text(&line.label));
        records.extend(words(&[usize::from(line.cadence == Cadence::Yearly), 0]));
        records.extend(spread(&line.amount));
        records.extend(memory.place(&grounds_bytes, grounds.len()));
        records.extend(words(&[usize::from(line.quantity.is_some()), 0]));
        let nothing = Spread { low: 0, likely: 0, high: 0 };
        let (count, unit, price) =
            line.quantity.as_ref().map_or((0, "", nothing), |of| (of.count, of.unit.as_str(), of.price));
        records.extend(count.to_le_bytes());
        records.extend(memory.text(unit));
        records.extend(spread(&price));
    }
    if records.len() != lines.len() * 104 {
        return Err(Failed::new("a line is not laid out as the canonical ABI has it"));
    }
    let list = memory.place(&records, lines.len());
    let answer = [words(&[0]), list, words(&[0])].concat();
    let placed = memory.place(&answer, 0);
    memory.answer = placed.first_chunk::<4>().map_or(0, |at| u32::from_le_bytes(*at) as usize);
    match BASE + memory.bytes.len() < FREE {
        true => Ok(memory),
        false => Err(Failed::new("the lines do not fit below the case")),
    }
}

/// A core module with its interface embedded, as a component.
fn component(setting: &Setting, memory: &Memory) -> Result<Vec<u8>, Failed> {
    let data = memory.bytes.iter().fold(String::new(), |mut data, byte| {
        let _ = write!(data, "\\{byte:02x}");
        data
    });
    let answer = memory.answer;
    let text = format!(
        r#"(module
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const {FREE}))
  (data (i32.const {BASE}) "{data}")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get 3))))
  (func (export "landfall:stage/guest@1.0.0#describe") (result i32) unreachable)
  (func (export "landfall:stage/guest@1.0.0#estimate")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    i32.const {answer}))"#
    );
    let mut module = wat::parse_str(&text).map_err(Failed::new)?;
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_dir(setting.root.join("sdk/wit")).map_err(Failed::new)?;
    let world = resolve.select_world(&[package], Some("stage")).map_err(Failed::new)?;
    let utf8 = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut module, &resolve, world, utf8, false)
        .map_err(Failed::new)?;
    let mut encoder = wit_component::ComponentEncoder::default();
    encoder.validate(true).module(&module).and_then(|encoder| encoder.encode()).map_err(Failed::new)
}

/// The case in types that the contract's borrow from, made once.
struct Lowered {
    currency: String,
    facts: Vec<Value>,
    params: Vec<Value>,
    obligations: Vec<types::Obligation<'static>>,
    settings: String,
}

enum Value {
    Count(i64),
    Ratio(i64),
    Money(i64),
    Set(Vec<String>),
}

impl Lowered {
    fn of(case: &Case) -> Result<Self, Failed> {
        let value = |value: &CaseValue| match value {
            CaseValue::Count(count) => Ok(Value::Count(*count)),
            CaseValue::Ratio(ratio) => Ok(Value::Ratio(*ratio)),
            CaseValue::Money(amount) => Ok(Value::Money(amount.0)),
            CaseValue::Set(members) => Ok(Value::Set(members.iter().map(ToString::to_string).collect())),
            other => Err(Failed(format!("the bare case has no {other:?}"))),
        };
        let spread = |spread: landfall::money::Spread| types::Spread {
            low: spread.low.0,
            likely: spread.likely.0,
            high: spread.high.0,
        };
        let obligations = case.obligations.iter().map(|obligation| types::Obligation {
            known: obligation.known,
            once: obligation.once.map(spread),
            yearly: obligation.yearly.map(spread),
            demands: &[],
        });
        match case.stage {
            Stage::Compliance => Ok(Self {
                currency: case.currency.code().to_owned(),
                facts: case.facts.iter().map(value).collect::<Result<_, _>>()?,
                params: case.params.iter().map(value).collect::<Result<_, _>>()?,
                obligations: obligations.collect(),
                settings: case.settings.to_string(),
            }),
            other => Err(Failed(format!("the bare case is of compliance, not of {other}"))),
        }
    }

    /// As a case is handed over: in references, made for the call.
    fn with<R>(&self, call: impl FnOnce(guest::Case<'_>) -> R) -> R {
        let (fact_sets, param_sets) = (sets(&self.facts), sets(&self.params));
        call(guest::Case {
            stage: types::Stage::Compliance,
            currency: &self.currency,
            facts: &values(&self.facts, &fact_sets),
            params: &values(&self.params, &param_sets),
            choices: &[],
            obligations: &self.obligations,
            settings: &self.settings,
        })
    }
}

fn sets(values: &[Value]) -> Vec<Vec<&str>> {
    fn members(value: &Value) -> Option<Vec<&str>> {
        match value {
            Value::Set(members) => Some(members.iter().map(String::as_str).collect()),
            _ => None,
        }
    }
    values.iter().filter_map(members).collect()
}

fn values<'a>(values: &'a [Value], sets: &'a [Vec<&'a str>]) -> Vec<types::Value<'a>> {
    let mut sets = sets.iter();
    let value = |value: &Value| match value {
        Value::Count(count) => types::Value::Count(*count),
        Value::Ratio(ratio) => types::Value::Ratio(*ratio),
        Value::Money(amount) => types::Value::Money(*amount),
        Value::Set(_) => types::Value::Set(sets.next().map_or(&[], Vec::as_slice)),
    };
    values.iter().map(value).collect()
}
