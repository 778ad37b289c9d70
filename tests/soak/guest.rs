//! Plugins written as text: builds of `steady` that differ in what they answer, and some that misbehave.

use std::{fmt::Write as _, path::Path};

/// Where the answer to `estimate` lies; where its one line lies, and the line's label.
const RESULT: u32 = 512;
const LINE: u32 = 640;
/// Where the description lies, and its texts.
const DESCRIPTION: u32 = 1_024;
const TEXTS: u32 = 2_048;
const LABEL: &str = "steady";

/// Returns one line of so many ten-thousandths, once.
pub(crate) fn answers(id: &str, amount: i64) -> Vec<u8> {
    let mut line = vec![0; 104];
    let (label, length) = (TEXTS + 1_000, u32::try_from(LABEL.len()).unwrap());
    line[8..12].copy_from_slice(&label.to_le_bytes());
    line[12..16].copy_from_slice(&length.to_le_bytes());
    for member in 0..3 {
        let at = 24 + member * 8;
        line[at..at + 8].copy_from_slice(&amount.to_le_bytes());
    }
    let data =
        format!(r#"(data (i32.const {LINE}) "{}") (data (i32.const {label}) "{LABEL}")"#, escaped(&line));
    let estimate = format!(
        "(i32.store (i32.const {}) (i32.const {LINE}))
         (i32.store (i32.const {}) (i32.const 1))
         (i32.const {RESULT})",
        RESULT + 4,
        RESULT + 8
    );
    embedded(&text(id, "", &estimate, &data))
}

/// Stops when it is asked; the note makes it another file.
pub(crate) fn traps(id: &str, note: u64) -> Vec<u8> {
    embedded(&text(id, "", "unreachable", &noted(note)))
}

/// Never answers.
pub(crate) fn loops(id: &str, note: u64) -> Vec<u8> {
    embedded(&text(id, "", "(loop (br 0)) unreachable", &noted(note)))
}

/// Never says what it is: it must be refused.
pub(crate) fn loops_at_describe(id: &str, note: u64) -> Vec<u8> {
    embedded(&text(id, "(loop (br 0))", "unreachable", &noted(note)))
}

/// Takes seconds to compile: a function with as many loops as locals, each of which may change any.
pub(crate) fn slow(id: &str, size: usize, note: u64) -> Vec<u8> {
    let mut function = format!("(func (local{})", " i32".repeat(size));
    for local in 0..size {
        let next = (local * 7 + 1) % size;
        let step = format!("(local.tee {local} (i32.add (local.get {next}) (i32.const 1)))");
        write!(function, "(loop (br_if 0 (i32.lt_s {step} (i32.const 9))))").unwrap();
    }
    function.push(')');
    embedded(&text(id, "", "unreachable", &(function + &noted(note))))
}

/// Data nobody reads.
fn noted(note: u64) -> String {
    format!(r#"(data (i32.const 60000) "{note}")"#)
}

/// The module: `describe` returns what lies in its memory, `estimate` runs these instructions.
fn text(id: &str, at_describe: &str, estimate: &str, more: &str) -> String {
    // The last text is the list of stages: the fifth, output.
    let texts = format!("{id}1.0.0a plugin as text\u{4}");
    let mut at = TEXTS;
    let mut description = Vec::new();
    for length in [id.len(), "1.0.0".len(), "a plugin as text".len(), 1] {
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
  (func (export "landfall:stage/guest@1.0.0#describe") (result i32) {at_describe} (i32.const {DESCRIPTION}))
  (func (export "landfall:stage/guest@1.0.0#estimate")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    {estimate})
  {more})"#,
        escaped(&description),
        escaped(texts.as_bytes()),
    )
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "\\{byte:02x}").unwrap();
        text
    })
}

/// With the interface embedded, as cargo's output has it.
fn embedded(text: &str) -> Vec<u8> {
    let mut wasm = wat::parse_str(text).unwrap();
    let mut resolve = wit_parser::Resolve::default();
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/wit/stage.wit");
    let contract = std::fs::read_to_string(contract).unwrap();
    let package = resolve.push_str("stage.wit", &contract).unwrap();
    let world = resolve.select_world(&[package], Some("stage")).unwrap();
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut wasm, &resolve, world, encoding, false).unwrap();
    wasm
}
