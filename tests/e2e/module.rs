//! Plugins written as text, for what no compiler of Rust would make: a module with the contract's exports,
//! and the interface embedded as cargo's output has it.

use std::fmt::Write as _;

use crate::site::ROOT;

/// Where the answer to `estimate` lies.
const RESULT: u32 = 512;
/// Where the description lies, and its texts.
const DESCRIPTION: u32 = 1_024;
const TEXTS: u32 = 2_048;
/// Where a line lies.
const LINE: u32 = 4_096;

/// A plugin of market selection that returns a million lines, as cheaply as that can be done: memory full of
/// zeros reads as lines without label and amount. So the limit on what is returned is met, and none of those
/// on work and memory.
pub(crate) fn million_lines(id: &str) -> Vec<u8> {
    const LINES: u32 = 1_000_000;
    const BYTES_EACH: u32 = 104;
    const PAGE: u32 = 64 << 10;
    let pages = (LINES * BYTES_EACH).div_ceil(PAGE);
    let (list, length) = (RESULT + 4, RESULT + 8);
    let estimate = format!(
        "(i32.store (i32.const {list}) (i32.mul (memory.grow (i32.const {pages})) (i32.const {PAGE})))
         (i32.store (i32.const {length}) (i32.const {LINES}))
         (i32.const {RESULT})"
    );
    embedded(&text(id, &estimate, ""))
}

/// About 134 KB that take a compiler minutes and gigabytes.
pub(crate) fn expensive(id: &str) -> Vec<u8> {
    embedded(&text(id, "unreachable", &tangled(10_000)))
}

/// A plugin of market selection that answers with one line of so many units, and takes a compiler the longer the
/// more loops there are in it: two thousand are seconds.
pub(crate) fn priced(id: &str, units: i64, loops: usize) -> Vec<u8> {
    let amount: Vec<u8> = [units * 10_000; 3].into_iter().flat_map(i64::to_le_bytes).collect();
    let words = |words: [u32; 2]| words.map(u32::to_le_bytes).concat();
    // No obligation; its label is the id; it is paid once, rests on nothing and counts nothing.
    let label = words([TEXTS, u32::try_from(id.len()).unwrap()]);
    let line = [words([0, 0]), label, words([0, 0]), amount, vec![0; 56]].concat();
    let data = |at: u32, bytes: &[u8]| format!(r#"(data (i32.const {at}) "{}")"#, escaped(bytes));
    let result = data(RESULT, &[0, LINE, 1].map(u32::to_le_bytes).concat());
    let more = [result, data(LINE, &line), tangled(loops)].concat();
    embedded(&text(id, &format!("(i32.const {RESULT})"), &more))
}

/// One function with as many loops as locals, each of which may change any of them.
fn tangled(size: usize) -> String {
    let mut function = format!("(func (local{})", " i32".repeat(size));
    for local in 0..size {
        let next = (local * 7 + 1) % size;
        let step = format!("(local.tee {local} (i32.add (local.get {next}) (i32.const 1)))");
        write!(function, "(loop (br_if 0 (i32.lt_s {step} (i32.const 9))))").unwrap();
    }
    function.push(')');
    function
}

/// The module: `describe` returns what lies in its memory, `estimate` runs these instructions.
fn text(id: &str, estimate: &str, more: &str) -> String {
    let texts = format!("{id}1.0.0a plugin as text\0");
    let mut at = TEXTS;
    let mut description = Vec::new();
    for length in [id.len(), "1.0.0".len(), "a plugin as text".len(), 1] {
        // Id, version, summary; then the list of stages, whose only member is 0.
        let length = u32::try_from(length).unwrap();
        description.extend([at, length]);
        at += length;
    }
    // Facts, params, demands, choices, known obligations; not separable; no settings.
    description.extend([0; 14]);
    let description: Vec<u8> = description.into_iter().flat_map(u32::to_le_bytes).collect();
    format!(
        r#"(module
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 65536))
  (data (i32.const {DESCRIPTION}) "{}")
  (data (i32.const {TEXTS}) "{}")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get 3))))
  (func (export "landfall:stage/guest@1.0.0#describe") (result i32) (i32.const {DESCRIPTION}))
  (func (export "landfall:stage/guest@1.0.0#estimate")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    {estimate})
  {more})"#,
        escaped(&description),
        escaped(texts.as_bytes()),
    )
}

/// Bytes as they stand in a text.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "\\{byte:02x}").unwrap();
        text
    })
}

/// The text of a core module as a plugin.
#[track_caller]
pub(crate) fn embedded(text: &str) -> Vec<u8> {
    embed(wat::parse_str(text).unwrap_or_else(|error| panic!("{error}")))
}

/// A core module with the contract's interface in a custom section.
pub(crate) fn embed(mut wasm: Vec<u8>) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    let wit = std::fs::read_to_string(ROOT.join("sdk/wit/stage.wit")).unwrap();
    let package = resolve.push_str("stage.wit", &wit).unwrap();
    let world = resolve.select_world(&[package], Some("stage")).unwrap();
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut wasm, &resolve, world, encoding, false).unwrap();
    wasm
}
