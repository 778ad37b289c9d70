//! What the compile child does: bytes of a wasm file to a verdict.
//!
//! Runs in a process that has limited itself, since compiling can take minutes and gigabytes and an
//! allocation that fails ends the process. Neither reads nor writes anything but its two streams.

use std::{
    io::{self, Read, Write},
    panic::catch_unwind,
    sync::Arc,
};

use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};
use serde::{Deserialize, Serialize};
use wasmtime::{Module, component::Component};

use super::{
    bindings::{self, StagePre},
    call::{failure, panic_message},
    contract::{self, Contract},
    description::RawDescription,
    engine::{ADDRESS_SPACE_OF_ONE, Engine},
    error::{Failure, Refusal},
    functions::{self, Functions},
    limits::{CompileLimits, Limits},
    text::tame,
};

/// Priority below everything the host does for queries.
const NICENESS: i32 = 10;
/// Seconds between the signal that says time is up and the one that cannot be refused.
const GRACE_SECONDS: u64 = 5;
/// Largest header in a frame, in bytes: limits or a description.
const MOST_HEADER: u64 = 8 << 20;

/// What the child found; compiled code follows an acceptance.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Accepted(Box<RawDescription>),
    Refused(Refusal),
}

/// Reads a request, limits this process, and answers.
pub(super) fn run(mut input: impl Read, output: impl Write) -> io::Result<()> {
    let limits: Limits = read_header(&mut input)?;
    restrict(&limits.compile)?;
    hear(&limits, input, output)
}

/// Reads the rest of a request, and answers.
pub(super) fn hear(limits: &Limits, mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let functions = Arc::new(Functions::read(&read_functions(&mut input)?));
    let verdict = judge(limits, &functions, read_wasm(limits, input)?);
    write_functions(&mut output, &functions.write())?;
    say(verdict, &mut output)
}

/// The verdict alone, without limiting this process or knowing any function.
#[cfg(test)]
pub(super) fn answer(limits: &Limits, input: impl Read, output: &mut impl Write) -> io::Result<()> {
    say(judge(limits, &Arc::default(), read_wasm(limits, input)?), output)
}

fn read_wasm(limits: &Limits, input: impl Read) -> io::Result<Vec<u8>> {
    let mut wasm = Vec::new();
    input.take(limits.compile.wasm_bytes.saturating_add(1)).read_to_end(&mut wasm)?;
    Ok(wasm)
}

/// What a plugin is, and its code.
type Judged = Result<(RawDescription, Vec<u8>), Refusal>;

fn say(judged: Judged, output: &mut impl Write) -> io::Result<()> {
    match judged {
        Ok((description, code)) => {
            write_header(output, &Verdict::Accepted(Box::new(description)))?;
            output.write_all(&code)?;
        }
        Err(refusal) => write_header(output, &Verdict::Refused(refusal))?,
    }
    output.flush()
}

/// Before a file and before a verdict stands what functions were compiled to: its length in eight bytes, and then that.
pub(super) fn write_functions(output: &mut impl Write, functions: &[u8]) -> io::Result<()> {
    output.write_all(&(functions.len() as u64).to_le_bytes())?;
    output.write_all(functions)
}

fn read_functions(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > functions::MOST_BYTES as u64 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "there are too many functions"));
    }
    let mut functions = Vec::new();
    input.take(length).read_to_end(&mut functions)?;
    Ok(functions)
}

/// A header is its length in eight bytes and then JSON; a body of bytes may follow.
pub(super) fn write_header(output: &mut impl Write, header: &impl Serialize) -> io::Result<()> {
    let json = serde_json::to_vec(header)?;
    output.write_all(&(json.len() as u64).to_le_bytes())?;
    output.write_all(&json)
}

pub(super) fn read_header<T: for<'de> Deserialize<'de>>(input: &mut impl Read) -> io::Result<T> {
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > MOST_HEADER {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the header is too long"));
    }
    let mut json = Vec::new();
    input.take(length).read_to_end(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}

/// From here on this process cannot take more than it may, whatever the bytes make it do.
fn restrict(limits: &CompileLimits) -> io::Result<()> {
    // Where the host was killed, nobody waits for this any more.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    let with_memories = limits.memory_bytes.saturating_add(ADDRESS_SPACE_OF_ONE);
    lower(Resource::As, limits.memory_bytes, with_memories)?;
    lower(Resource::Cpu, limits.cpu_seconds, limits.cpu_seconds.saturating_add(GRACE_SECONDS))?;
    lower(Resource::Core, 0, 0)?;
    nice(NICENESS)?;
    Ok(())
}

/// Lowers a limit; one that is lower already stays.
fn lower(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let now = getrlimit(resource);
    let least = |limit: u64, now: Option<u64>| Some(now.map_or(limit, |now| now.min(limit)));
    let (current, maximum) = (least(soft, now.current), least(hard, now.maximum));
    Ok(setrlimit(resource, Rlimit { current, maximum })?)
}

/// What is compiled may take the address space of its memories too, most of which it never touches. To be called
/// when nothing is left to compile.
fn allow_memories() -> io::Result<()> {
    let now = getrlimit(Resource::As);
    Ok(setrlimit(Resource::As, Rlimit { current: now.maximum, ..now })?)
}

/// Componentises, compiles, looks at imports and exports, asks for the description and checks it.
fn judge(limits: &Limits, functions: &Arc<Functions>, wasm: Vec<u8>) -> Judged {
    if wasm.len() as u64 > limits.compile.wasm_bytes {
        return Err(Refusal::TooLarge { limit: limits.compile.wasm_bytes });
    }
    let engine = Engine::knowing(limits.clone(), Arc::clone(functions))
        .map_err(|error| Refusal::Interrupted { message: error.to_string() })?;
    let wasm = componentize(wasm, &engine)?;
    let component = Component::new(engine.wasmtime(), &wasm).map_err(|error| {
        let message = said(&error, limits);
        out_of_memory(&message, limits).unwrap_or(Refusal::Invalid { message })
    })?;
    // Another version is described and called in its own way: a second variant does not compile here.
    let Contract::V1_0 = Contract::of(&engine, &component)?;
    allow_memories().map_err(|error| Refusal::Interrupted { message: error.to_string() })?;
    let description = describe(&engine, &component)?;
    description.check(limits).map_err(|message| Refusal::Description { message })?;
    let code = component.serialize().map_err(|e| Refusal::Artifact { message: said(&e, limits) })?;
    Ok((description, code))
}

fn said(error: &impl std::fmt::Display, limits: &Limits) -> String {
    tame(&format!("{error:#}"), limits.call.text_chars)
}

/// The kernel refuses a mapping with words; an allocation that fails ends the process instead.
fn out_of_memory(message: &str, limits: &Limits) -> Option<Refusal> {
    let refused = message.contains("Cannot allocate memory") || message.contains("os error 12");
    refused.then_some(Refusal::CompileMemory { limit: limits.compile.memory_bytes })
}

/// What cargo leaves behind is a core module that carries its interface in a custom section.
///
/// Validated before, under the features that are on here: wit-component takes for granted that a file is
/// whole, and panics on one that is cut off.
fn componentize(wasm: Vec<u8>, engine: &Engine) -> Result<Vec<u8>, Refusal> {
    const CORE: &[u8] = b"\0asm\x01\0\0\0";
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
    let limits = engine.limits();
    if wasm.starts_with(COMPONENT) {
        return Ok(wasm);
    }
    if !wasm.starts_with(CORE) {
        return Err(Refusal::NotWasm);
    }
    Module::validate(engine.wasmtime(), &wasm)
        .map_err(|error| Refusal::Invalid { message: said(&error, limits) })?;
    if !says_its_world(&wasm) {
        return Err(Refusal::NoWorld);
    }
    let encode = || {
        let mut encoder = wit_component::ComponentEncoder::default();
        encoder.validate(false).module(&wasm).and_then(wit_component::ComponentEncoder::encode)
    };
    // What it panics on is a fault of its, but the file is still the one that cannot be used.
    let encoded = catch_unwind(encode)
        .map_err(|panic| Refusal::NotComponentizable { message: panic_message(&*panic) })?;
    encoded.map_err(|error| {
        let message = said(&error, limits);
        foreign_import(&message).unwrap_or(Refusal::NotComponentizable { message })
    })
}

/// What a core module imports and the contract does not have is known by wit-component's words alone; a test
/// holds them.
fn foreign_import(message: &str) -> Option<Refusal> {
    let (_, rest) = message.split_once("failed to resolve import `")?;
    let (import, _) = rest.split_once("::")?;
    (import != bindings::HOST).then(|| contract::foreign_import(import))
}

/// Whether a core module carries its interface with it, as everything does that bindings were generated for.
fn says_its_world(module: &[u8]) -> bool {
    let sections = wasmparser::Parser::new(0).parse_all(module);
    sections.filter_map(Result::ok).any(|section| match section {
        wasmparser::Payload::CustomSection(custom) => custom.name().starts_with("component-type"),
        _ => false,
    })
}

/// Asks it what it is, under the limits of a call.
fn describe(engine: &Engine, component: &Component) -> Result<RawDescription, Refusal> {
    let limits = engine.limits();
    let shape = |error: wasmtime::Error| Refusal::OtherShape { message: said(&error, limits) };
    let component = engine.linker().instantiate_pre(component).and_then(StagePre::new).map_err(shape)?;
    let mut store = engine.store(limits, Arc::from("describe"), None).map_err(shape)?;
    let instance = match component.instance_pre().instantiate(&mut store) {
        Ok(instance) => instance,
        Err(error) => return Err(undescribed(&failure(&error, &store, limits))),
    };
    let bindings = bindings::Stage::new(&mut store, &instance).map_err(shape)?;
    match bindings.landfall_stage_guest().call_describe(&mut store) {
        Ok(description) => Ok(description.into()),
        Err(error) => Err(undescribed(&failure(&error, &store, limits))),
    }
}

/// A machine that is busy, or has no memory left, says nothing of the plugin for good.
fn undescribed(failure: &Failure) -> Refusal {
    match failure {
        Failure::OutOfTime { .. } | Failure::HostOutOfMemory => {
            Refusal::Interrupted { message: format!("`describe` {failure}") }
        }
        _ => Refusal::Describe { failure: failure.to_string() },
    }
}
