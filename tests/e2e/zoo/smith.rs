//! Modules that nobody wrote: by wasm-smith, and real plugins with their bytes disturbed.
//!
//! The same seed and number give the same bytes.

use std::ops::Range;

use wasm_smith::{Component, Config, Module};
use wit_component::ComponentEncoder;

use super::{
    animal::Animal,
    component::{self, WILD_EXPORTS},
    random::Random,
};
use crate::{
    module::embed,
    site::{guest, plugin},
};

/// How long the ids are: as long as that of `fixed-cost`, in whose place they are put.
const ID: &str = "fixed-cost";

/// Random bytes of which wasm-smith makes a module.
const ENTROPY: usize = 6 << 10;

/// How a module came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A random core module with the exports of a plugin.
    Core,
    /// A random component.
    Component,
    /// A component that describes itself well, around a random core module.
    Around,
    /// A real plugin, disturbed.
    Disturbed,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Core, Self::Component, Self::Around, Self::Disturbed];

    pub(crate) const fn said(self) -> &'static str {
        match self {
            Self::Core => "random core modules with a plugin's exports",
            Self::Component => "random components",
            Self::Around => "random core modules in a plugin that describes itself",
            Self::Disturbed => "real plugins, disturbed",
        }
    }
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Generated {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) bytes: Vec<u8>,
    /// What a rule file gives it.
    pub(crate) settings: &'static str,
}

/// That of a number: a third core modules, a third components, a third real plugins.
pub(crate) fn generate(seed: u64, number: usize) -> Generated {
    let id = format!("wild{number:06}");
    assert_eq!(id.len(), ID.len());
    let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
    let kind = match number % 6 {
        0 | 3 => Kind::Core,
        1 => Kind::Component,
        4 => Kind::Around,
        _ => Kind::Disturbed,
    };
    let (bytes, settings) = match kind {
        Kind::Core => (embed(core(&mut random, &shape(CORE_SHAPE))), "{}"),
        Kind::Component => (random_component(&mut random), "{}"),
        Kind::Around => {
            let wild = core(&mut random, &shape(&format!("(module {WILD_EXPORTS})")));
            (component::around(&id, &wild), "{}")
        }
        Kind::Disturbed => disturbed(&mut random, &id),
    };
    Generated { id, kind, bytes, settings }
}

const CORE_SHAPE: &str = r#"(module
  (import "landfall:stage/host@1.0.0" "log" (func (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
  (func (export "landfall:stage/guest@1.0.0#describe") (result i32) unreachable)
  (func (export "landfall:stage/guest@1.0.0#estimate")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable))"#;

fn shape(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// Three in four use only what is switched on here, so that they come further.
fn config(random: &mut Random, shape: Option<&[u8]>) -> Config {
    let everything = random.below(4) == 0;
    Config {
        module_shape: shape.map(<[u8]>::to_vec),
        threads_enabled: everything,
        memory64_enabled: everything,
        gc_enabled: everything,
        // Of which `externref` is one.
        reference_types_enabled: everything,
        exceptions_enabled: everything,
        tail_call_enabled: everything,
        relaxed_simd_enabled: everything,
        wide_arithmetic_enabled: everything,
        extended_const_enabled: everything,
        compact_imports_enabled: everything,
        custom_page_sizes_enabled: everything,
        max_memories: if everything { 4 } else { 1 },
        allow_invalid_funcs: everything && random.below(2) == 0,
        max_instructions: 400,
        max_funcs: 30,
        ..Config::default()
    }
}

fn core(random: &mut Random, shape: &[u8]) -> Vec<u8> {
    let config = config(random, Some(shape));
    let entropy = random.bytes(ENTROPY);
    Module::new(config, &mut arbitrary::Unstructured::new(&entropy)).unwrap().to_bytes()
}

fn random_component(random: &mut Random) -> Vec<u8> {
    let config = config(random, None);
    loop {
        let entropy = random.bytes(ENTROPY);
        // Some bytes make none.
        if let Ok(component) = Component::new(config.clone(), &mut arbitrary::Unstructured::new(&entropy)) {
            return component.to_bytes();
        }
    }
}

/// What is disturbed, under an id of its own where that is as long as the old one.
fn disturbed(random: &mut Random, id: &str) -> (Vec<u8>, &'static str) {
    let (mut bytes, settings) = match random.below(8) {
        0..4 => (renamed(&plugin(ID), id), "{amount: 1000 CNY}"),
        4 => (Animal::tame(id).core(), "{}"),
        5 => (as_component(&Animal::tame(id).core()), "{}"),
        6 => (as_component(&renamed(&plugin(ID), id)), "{amount: 1000 CNY}"),
        _ => (other(random), "{}"),
    };
    match random.below(8) {
        0..2 => flip(random, &mut bytes),
        2..4 => {
            let data = data(&bytes);
            flip(random, &mut bytes[data]);
        }
        4 => bytes.truncate(random.below(bytes.len())),
        5 => overwrite(random, &mut bytes),
        6 => bytes = shuffled(random, &bytes),
        _ => bytes = spliced(random, &bytes),
    }
    (bytes, settings)
}

fn other(random: &mut Random) -> Vec<u8> {
    match *random.one_of(&["lgpd", "gdpr", "statutory", "guest-panic", "guest-many-lines"]) {
        id if id.starts_with("guest-") => guest(id),
        id => plugin(id),
    }
}

fn as_component(core: &[u8]) -> Vec<u8> {
    ComponentEncoder::default().module(core).unwrap().encode().unwrap()
}

fn renamed(wasm: &[u8], id: &str) -> Vec<u8> {
    let mut bytes = wasm.to_vec();
    for at in 0..bytes.len().saturating_sub(ID.len()) {
        if bytes[at..].starts_with(ID.as_bytes()) {
            bytes[at..at + ID.len()].copy_from_slice(id.as_bytes());
        }
    }
    bytes
}

fn flip(random: &mut Random, bytes: &mut [u8]) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
    }
}

/// Where the data lies in a core module: what is disturbed there stays valid. All of a component.
fn data(bytes: &[u8]) -> Range<usize> {
    const DATA: u8 = 11;
    let mut end = 8;
    for section in component::sections(bytes) {
        end += section.whole.len();
        if section.id == DATA {
            return end - section.whole.len()..end;
        }
    }
    0..bytes.len()
}

fn overwrite(random: &mut Random, bytes: &mut [u8]) {
    let noise_length = 1 + random.below(64);
    let noise = random.bytes(noise_length);
    let at = random.below(bytes.len());
    for (byte, noise) in bytes[at..].iter_mut().zip(noise) {
        *byte = noise;
    }
}

/// Two sections change places, or one is there twice, or not at all.
fn shuffled(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let mut sections = component::sections(bytes);
    let (a, b) = (random.below(sections.len()), random.below(sections.len()));
    match random.below(3) {
        0 => sections.swap(a, b),
        1 => sections.insert(a, sections[b]),
        _ => drop(sections.remove(a)),
    }
    let sections: Vec<u8> = sections.iter().flat_map(|section| section.whole).copied().collect();
    [&bytes[..8], &sections].concat()
}

/// The start of one and the end of another.
fn spliced(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let other = other(random);
    let (start, end) = (random.below(bytes.len()), random.below(other.len()));
    [&bytes[..start], &other[end..]].concat()
}
