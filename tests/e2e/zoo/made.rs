//! Plugins of the zoo that are no text: too large to write down, or no WebAssembly at all.

use std::fmt::Write as _;

use super::{
    animal::Animal,
    component::{WILD_EXPORTS, component, write_section},
    random::Random,
};
use crate::site::plugin;

const ANOTHER_LOG: &str = r#"(import "landfall:stage/host@1.0.0"
    (instance (export "log" (func (param "everything" (list string))))))"#;

const MIB: usize = 1 << 20;

/// The bytes that the table calls by this name.
#[track_caller]
pub(crate) fn bytes(how: &str, animal: &Animal) -> Vec<u8> {
    match how {
        "nothing" => Vec::new(),
        "prose" => b"this is a plugin, I promise\n".to_vec(),
        "noise" => Random::new(1).bytes(4 << 10),
        "noise after a core module's first bytes" => begun(b"\0asm\x01\0\0\0"),
        "noise after a component's first bytes" => begun(b"\0asm\x0d\0\x01\0"),
        "first bytes alone" => b"\0asm\x01\0\0\0".to_vec(),
        "half of a plugin" => {
            let whole = plugin("fixed-cost");
            whole[..whole.len() / 2].to_vec()
        }
        "a plugin with a bit flipped at its start" => flipped(0, 0x20),
        "a plugin of another version of WebAssembly" => flipped(4, 0x04),
        "a plugin and a half" => [plugin("fixed-cost"), plugin("fixed-cost")].concat(),
        "100 MiB" => vec![0; 100 * MIB],
        "ten MiB of custom section" => with_custom_section(animal.core(), 10 * MIB),
        "a thousand instances" => component(&animal.name, WILD_EXPORTS, &instances(1_000)),
        "nine hundred instances" => component(&animal.name, WILD_EXPORTS, &instances(900)),
        "a thousand modules" => component(&animal.name, WILD_EXPORTS, &"(core module)".repeat(1_000)),
        "components nested a hundred deep" => nested(component(&animal.name, WILD_EXPORTS, ""), 100),
        "a component with another log" => component(&animal.name, WILD_EXPORTS, ANOTHER_LOG),
        "types that double fifty times" => component(&animal.name, WILD_EXPORTS, &doubling(50)),
        "a table of 60,000 branches" => with_function(animal, &branches(60_000)),
        "20,000 blocks in each other" => with_function(animal, &blocks(20_000)),
        "a function of a MiB" => with_function(animal, &"(drop (i32.const 1000000))".repeat(MIB / 5)),
        "5,000 functions" => with_module(animal, &"(func)".repeat(5_000)),
        "50,001 locals" => with_function(animal, &format!("(local{})", " i64".repeat(50_001))),
        "1,001 parameters" => with_module(animal, &format!("(func (param{}))", " i32".repeat(1_001))),
        "ten thousand needs" => animal
            .with(|says, _| says.facts = (0..10_000).map(|i| (format!("market.f{i}"), 1, false)).collect())
            .core(),
        "300 options" => animal.with(|says, _| says.choices = vec![("dpo".into(), texts("o", 300))]).core(),
        "300 grounds" => animal.with(|_, lines| lines[0].used = vec![[0, 0]; 300]).core(),
        "10,001 lines" => animal
            .with(|_, lines| {
                *lines = (0..10_001).map(|i| labelled(&lines[0], &format!("line {i}"))).collect();
            })
            .core(),
        "a label of 201 characters" => animal.with(|_, lines| lines[0].label = "数".repeat(201)).core(),
        "an id of 100 characters" => animal.with(|says, _| says.id = "a".repeat(100)).core(),
        "a summary of 3,000 characters" => animal.with(|says, _| says.summary = "x".repeat(3_000)).core(),
        "a schema of 70 KiB" => with_schema(animal, format!(r#"{{"title":"{}"}}"#, "x".repeat(70 << 10))),
        "a schema that doubles thirty times" => with_schema(animal, doubling_schema(30)),
        "a schema nested 5,000 deep" => {
            with_schema(animal, format!("{}true{}", r#"{"not":"#.repeat(5_000), "}".repeat(5_000)))
        }
        other => panic!("nobody knows how to make {other}"),
    }
}

fn begun(bytes: &[u8]) -> Vec<u8> {
    [bytes, &Random::new(2).bytes(4 << 10)].concat()
}

fn flipped(at: usize, bits: u8) -> Vec<u8> {
    let mut bytes = plugin("fixed-cost");
    bytes[at] ^= bits;
    bytes
}

fn with_custom_section(mut module: Vec<u8>, length: usize) -> Vec<u8> {
    // Five bytes hold any length; the name is `x`.
    let length_of = |n: usize| {
        [0, 7, 14, 21].map(|shift| (n >> shift & 0x7f) as u8 | 0x80).into_iter().chain([(n >> 28) as u8])
    };
    module.push(0);
    module.extend(length_of(length + 2));
    module.extend([1, b'x']);
    module.resize(module.len() + length, 0);
    module
}

fn with_module(animal: &Animal, more: &str) -> Vec<u8> {
    animal.with_more(more).core()
}

fn with_function(animal: &Animal, body: &str) -> Vec<u8> {
    with_module(animal, &format!("(func {body})"))
}

fn with_schema(animal: &Animal, schema: String) -> Vec<u8> {
    animal.with(|says, _| says.schema = Some(schema)).core()
}

fn texts(prefix: &str, how_many: usize) -> Vec<String> {
    (0..how_many).map(|i| format!("{prefix}{i}")).collect()
}

fn labelled(line: &super::layout::Line, label: &str) -> super::layout::Line {
    super::layout::Line { label: label.to_owned(), ..line.clone() }
}

fn instances(how_many: usize) -> String {
    format!("(core module $empty) {}", "(core instance (instantiate $empty))".repeat(how_many))
}

fn nested(mut outermost: Vec<u8>, depth: usize) -> Vec<u8> {
    const COMPONENT: u8 = 4;
    let empty = &outermost[..8].to_vec();
    let inner = (1..depth).fold(empty.clone(), |inner, _| {
        let mut outer = empty.clone();
        write_section(&mut outer, COMPONENT, &inner);
        outer
    });
    write_section(&mut outermost, COMPONENT, &inner);
    outermost
}

fn doubling(times: usize) -> String {
    let mut text = "(type $t0 (tuple u8 u8))".to_owned();
    for i in 0..times {
        write!(text, "(type $t{} (tuple $t{i} $t{i}))", i + 1).unwrap();
    }
    text
}

fn doubling_schema(times: usize) -> String {
    let mut text = r##"{"$ref":"#/$defs/d0","$defs":{"##.to_owned();
    for i in 0..times {
        let next = i + 1;
        write!(text, r##""d{i}":{{"allOf":[{{"$ref":"#/$defs/d{next}"}},{{"$ref":"#/$defs/d{next}"}}]}},"##)
            .unwrap();
    }
    write!(text, r#""d{times}":{{}}}}}}"#).unwrap();
    text
}

fn branches(how_many: usize) -> String {
    format!("(block (br_table{} (i32.const 7)))", " 0".repeat(how_many))
}

fn blocks(depth: usize) -> String {
    format!("{}{}", "block ".repeat(depth), "end ".repeat(depth))
}
