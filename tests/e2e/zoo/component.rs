//! A component written by hand: a tame `describe` beside whatever is put into it.

use super::layout::{BASE, Memory, Says};
use crate::module::escaped;

const TEXT: &str = include_str!("component.wat");

/// What `$wild` holds while nothing better is put in its place: the exports it needs.
pub(crate) const WILD_EXPORTS: &str = r#"
    (memory (export "memory") 2)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "estimate") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
      unreachable)"#;

/// The component of that id; `more` are further definitions.
pub(crate) fn component(id: &str, wild: &str, more: &str) -> Vec<u8> {
    let mut memory = Memory::default();
    let at = memory.description(&Says { id: id.to_owned(), ..Says::default() });
    assert!(memory.0.len() + BASE as usize <= 64 << 10);
    let text = TEXT
        .replace("{description}", &escaped(&memory.0))
        .replace("{describe_at}", &at.to_string())
        .replace("{wild}", wild)
        .replace("{more}", more);
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// The component with that core module in the place of the wild one.
pub(crate) fn around(id: &str, wild: &[u8]) -> Vec<u8> {
    const CORE_MODULE: u8 = 1;
    let component = component(id, WILD_EXPORTS, "");
    let sections = sections(&component);
    let mut bytes = component[..8].to_vec();
    let mut modules = 0;
    for section in sections {
        modules += u32::from(section.id == CORE_MODULE);
        if section.id == CORE_MODULE && modules == 2 {
            write_section(&mut bytes, CORE_MODULE, wild);
        } else {
            bytes.extend(section.whole);
        }
    }
    bytes
}

/// A section at the top of a module or a component.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Section<'a> {
    pub(crate) id: u8,
    /// With its id and length.
    pub(crate) whole: &'a [u8],
}

/// The sections of a well-formed binary.
pub(crate) fn sections(wasm: &[u8]) -> Vec<Section<'_>> {
    let mut sections = Vec::new();
    let mut at = 8;
    while at < wasm.len() {
        let start = at;
        let id = wasm[at];
        at += 1;
        let mut length = 0_usize;
        for shift in (0..).step_by(7) {
            let byte = wasm[at];
            at += 1;
            length |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        at += length;
        sections.push(Section { id, whole: &wasm[start..at] });
    }
    sections
}

/// Appends one.
pub(crate) fn write_section(bytes: &mut Vec<u8>, id: u8, content: &[u8]) {
    bytes.push(id);
    let mut length = content.len();
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(content);
}
