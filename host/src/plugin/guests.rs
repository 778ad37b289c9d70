//! Guests for tests, written as text: every one a real component, most of them hostile.
//!
//! A guest is a core module with its interface embedded, as cargo leaves one behind. What it returns
//! is laid out in its memory beforehand, in the canonical ABI; how it behaves is a few instructions.

use std::fmt::Write;

/// Where the guest's data starts.
const BASE: u32 = 1_024;

/// A guest's memory as it will be.
pub(crate) struct Memory(Vec<u8>);

impl Memory {
    /// Places bytes, aligned to eight, and returns where.
    pub(crate) fn place(&mut self, bytes: &[u8]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        let at = BASE + u32::try_from(self.0.len()).unwrap();
        self.0.extend_from_slice(bytes);
        at
    }

    /// Overwrites bytes, for what no writer of text would place.
    pub(crate) fn replace(&mut self, found: &[u8], other: &[u8]) {
        let at = self.0.windows(found.len()).position(|window| window == found).unwrap();
        self.0[at..at + other.len()].copy_from_slice(other);
    }

    /// Pointer and length of a text.
    fn text(&mut self, text: &str) -> [u32; 2] {
        [self.place(text.as_bytes()), u32::try_from(text.len()).unwrap()]
    }

    /// Pointer and length of a list of records.
    fn list(&mut self, records: &[Vec<u8>]) -> [u32; 2] {
        [self.place(&records.concat()), u32::try_from(records.len()).unwrap()]
    }

    /// Where a result with these lines lies.
    pub(crate) fn lines(&mut self, lines: &[TestLine]) -> u32 {
        let records: Vec<Vec<u8>> = lines.iter().map(|line| line.record(self)).collect();
        let [at, length] = self.list(&records);
        self.place(&words(&[0, at, length, 0]))
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A line item, good until changed.
#[derive(Clone)]
pub(crate) struct TestLine {
    pub(crate) obligation: Option<u32>,
    pub(crate) label: String,
    pub(crate) amount: [i64; 3],
    pub(crate) used: Vec<[u32; 2]>,
    pub(crate) quantity: Option<(i64, String, [i64; 3])>,
}

impl TestLine {
    pub(crate) fn new(label: &str) -> Self {
        Self {
            obligation: None,
            label: label.into(),
            amount: [10_000, 20_000, 30_000],
            used: Vec::new(),
            quantity: None,
        }
    }

    fn record(&self, memory: &mut Memory) -> Vec<u8> {
        let grounds: Vec<Vec<u8>> = self.used.iter().map(|ground| words(ground)).collect();
        let spread = |spread: &[i64; 3]| spread.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
        let mut record = words(&[u32::from(self.obligation.is_some()), self.obligation.unwrap_or_default()]);
        record.extend(words(&memory.text(&self.label)));
        // The cadence: yearly.
        record.extend(words(&[1, 0]));
        record.extend(spread(&self.amount));
        record.extend(words(&memory.list(&grounds)));
        record.extend(words(&[u32::from(self.quantity.is_some()), 0]));
        let (count, unit, price) = self.quantity.clone().unwrap_or_default();
        record.extend(count.to_le_bytes());
        record.extend(words(&memory.text(&unit)));
        record.extend(spread(&price));
        assert_eq!(record.len(), 104);
        record
    }
}

/// What makes one guest differ from another.
pub(crate) struct Guest {
    pub(crate) id: &'static str,
    pub(crate) schema: Option<String>,
    /// Instructions of `describe` before it returns.
    pub(crate) describe: &'static str,
    /// Instructions of `estimate`; they leave a pointer to the result. `$describe` is in scope.
    pub(crate) estimate: String,
    /// More imports of the module.
    pub(crate) imports: &'static str,
    /// More of the module: globals, functions, tables.
    pub(crate) module: String,
    /// Pages of 64 KiB.
    pub(crate) pages: u32,
    pub(crate) wit: String,
    pub(crate) memory: Memory,
    pub(crate) says: Says,
}

/// What a guest says it computes and needs.
pub(crate) struct Says {
    /// By their place in the interface: 2 is compliance.
    pub(crate) stages: Vec<u8>,
    pub(crate) facts: Vec<TestNeed>,
    pub(crate) params: Vec<TestNeed>,
    pub(crate) demands: Vec<TestNeed>,
    pub(crate) choices: Vec<(&'static str, Vec<&'static str>)>,
    pub(crate) knows: Vec<&'static str>,
    pub(crate) separable: bool,
}

/// A name, a type (0 is flag, 1 is count, 3 is money) and whether it is required.
pub(crate) type TestNeed = (&'static str, u8, bool);

impl Says {
    /// Needs nothing, and computes any stage.
    pub(crate) fn nothing() -> Self {
        Self {
            stages: vec![0, 1, 2, 3, 4],
            facts: vec![],
            params: vec![],
            demands: vec![],
            choices: vec![],
            knows: vec![],
            separable: true,
        }
    }

    /// One need of each kind, one stage.
    fn one_of_each() -> Self {
        Self {
            stages: vec![2],
            facts: vec![("market.users", 1, false)],
            params: vec![("fee", 3, false)],
            demands: vec![("languages", 1, false)],
            choices: vec![("dpo", vec!["inhouse"])],
            knows: vec!["representative"],
            separable: true,
        }
    }
}

pub(crate) const WIT: &str = include_str!("../../../sdk/wit/stage.wit");

impl Guest {
    /// Answers with nothing.
    pub(crate) fn new() -> Self {
        let mut memory = Memory(Vec::new());
        let empty = memory.lines(&[]);
        Self {
            id: "probe",
            schema: None,
            describe: "",
            estimate: format!("i32.const {empty}"),
            imports: "",
            module: String::new(),
            pages: 2,
            wit: WIT.to_owned(),
            memory,
            says: Says::one_of_each(),
        }
    }

    /// Answers with these lines.
    pub(crate) fn answering(lines: &[TestLine]) -> Self {
        let mut guest = Self::new();
        let at = guest.memory.lines(lines);
        guest.estimate = format!("i32.const {at}");
        guest
    }

    /// Runs these instructions in `estimate`, which then traps if they come to an end.
    pub(crate) fn running(instructions: &str) -> Self {
        Self { estimate: format!("{instructions} unreachable"), ..Self::new() }
    }

    /// What `describe` returns.
    fn description(&mut self) -> u32 {
        let memory = &mut self.memory;
        let Says { stages, facts, params, demands, choices, knows, separable } = &self.says;
        let mut record = Vec::new();
        for text in [self.id, "1.0.0", "a guest for tests"] {
            record.extend(words(&memory.text(text)));
        }
        record.extend(words(&[memory.place(stages), u32::try_from(stages.len()).unwrap()]));
        for needs in [facts, params, demands] {
            let need = |(name, kind, required): &TestNeed| {
                [words(&memory.text(name)), vec![*kind, u8::from(*required), 0, 0]].concat()
            };
            let needs: Vec<_> = needs.iter().map(need).collect();
            record.extend(words(&memory.list(&needs)));
        }
        let texts = |texts: &[&str], memory: &mut Memory| {
            let texts: Vec<_> = texts.iter().map(|text| words(&memory.text(text))).collect();
            memory.list(&texts)
        };
        let mut declared = Vec::new();
        for (id, options) in choices {
            let id = words(&memory.text(id));
            declared.push([id, words(&texts(options, memory))].concat());
        }
        record.extend(words(&memory.list(&declared)));
        record.extend(words(&texts(knows, memory)));
        record.extend(words(&[u32::from(*separable)]));
        let schema = self.schema.clone();
        record.extend(words(&[u32::from(schema.is_some())]));
        record.extend(words(&memory.text(&schema.unwrap_or_default())));
        assert_eq!(record.len(), 88);
        memory.place(&record)
    }

    /// The core module, with its interface embedded.
    pub(crate) fn core(mut self) -> Vec<u8> {
        let description = self.description();
        let version = self.wit.split(['@', ';']).nth(1).unwrap().to_owned();
        let data = self.memory.0.iter().fold(String::new(), |mut data, byte| {
            write!(data, "\\{byte:02x}").unwrap();
            data
        });
        let (pages, imports, module) = (self.pages, self.imports, self.module);
        let (describe, estimate) = (self.describe, self.estimate);
        let text = format!(
            r#"(module
  (import "landfall:stage/host@{version}" "log" (func $log (param i32 i32 i32)))
  {imports}
  (memory (export "memory") {pages})
  (global $free (mut i32) (i32.const 65536))
  (data (i32.const {BASE}) "{data}")
  {module}
  (func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get 3))))
  (func $describe (export "landfall:stage/guest@{version}#describe") (result i32)
    {describe} i32.const {description})
  (func (export "landfall:stage/guest@{version}#estimate")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (local $i i32)
    {estimate}))"#
        );
        let mut wasm = wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let mut resolve = wit_parser::Resolve::default();
        let package = resolve.push_str("stage.wit", &self.wit).unwrap();
        let world = resolve.select_world(&[package], Some("stage")).unwrap();
        let utf8 = wit_component::StringEncoding::UTF8;
        wit_component::embed_component_metadata(&mut wasm, &resolve, world, utf8, false).unwrap();
        wasm
    }

    /// The same as a component.
    pub(crate) fn component(self) -> Vec<u8> {
        let core = self.core();
        wit_component::ComponentEncoder::default().module(&core).unwrap().encode().unwrap()
    }
}

/// A core module that takes a compiler minutes and gigabytes: one function with so many locals and as
/// many loops, every one of which may change any of them. Ten thousand are enough. Encoded by hand, so
/// that it can be copied to where there is no `wat`.
pub(crate) fn expensive(loops: u32) -> Vec<u8> {
    // One declaration of locals: that many i32.
    let mut body = [vec![1], leb(loops), vec![0x7f]].concat();
    for local in 0..loops {
        // loop; local = another + 1; branch back while local < 9; end
        let another = (local * 7 + 1) % loops;
        body.extend([0x03, 0x40, 0x20]);
        body.extend(leb(another));
        body.extend([0x41, 1, 0x6a, 0x22]);
        body.extend(leb(local));
        body.extend([0x41, 9, 0x48, 0x0d, 0, 0x0b]);
    }
    body.push(0x0b);
    let code = [vec![1], leb(u32::try_from(body.len()).unwrap()), body].concat();
    let sections = [section(1, &[1, 0x60, 0, 0]), section(3, &[1, 0]), section(10, &code)];
    [b"\0asm\x01\0\0\0".to_vec(), sections.concat()].concat()
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [vec![id], leb(u32::try_from(content.len()).unwrap()), content.to_vec()].concat()
}

/// An unsigned number, seven bits to the byte.
fn leb(mut n: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n >= 0x80 {
        bytes.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}
