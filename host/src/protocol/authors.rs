//! What authors of plugins are told: `landfall plugin inspect`, `check` and `bench`.
//!
//! Names are stable. Durations are whole nanoseconds, and what is a part of something whole thousandths of it.

use serde::Serialize;
use serde_json::Value;

use super::Problem;

/// What a plugin file is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The file, as it was named.
    pub file: String,
    /// What its bytes are.
    pub kind: WasmKind,
    /// How many there are.
    pub size: usize,
    /// Of all of them.
    pub digest: String,
    /// The world it was built for: `landfall:stage/stage@1.0.0`, or without the world's own name where the file does not
    /// say it.
    pub world: Option<String>,
    /// What it takes from outside.
    pub imports: Vec<WasmInterface>,
    /// What it gives.
    pub exports: Vec<WasmInterface>,
    /// The language it is written in, where the tools that made it tell.
    pub language: Option<String>,
    /// What made it, as the file says.
    pub producers: Vec<WasmProducer>,
    /// Custom sections.
    pub sections: Vec<WasmSection>,
    /// Names that are not listed because there are too many.
    pub unlisted: usize,
    /// What it says of itself; null where a host would not get so far.
    pub plugin: Option<PluginDescription>,
    /// Who binds it in the rule folder; null where none was named.
    pub bound: Option<Vec<PluginBinding>>,
    /// What lies beside it as `FILE.minisig`.
    pub signature: Option<PluginSignature>,
    /// Why a host would not serve it.
    pub problems: Vec<Problem>,
}

/// What the bytes of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WasmKind {
    /// No WebAssembly.
    Other,
    /// A core module without the interface in it.
    Module,
    /// A core module with its interface, which the host makes a component.
    ModuleWithInterface,
    /// A component.
    Component,
}

/// What goes in or out under one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WasmInterface {
    /// An interface, a module or a single item.
    pub name: String,
    /// What there is of it, where the file says so by name.
    pub items: Vec<String>,
}

/// What had a part in making a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WasmProducer {
    /// `language`, `sdk` or `processed-by`.
    pub part: String,
    /// Its name.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
}

/// A custom section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WasmSection {
    /// Its name.
    pub name: String,
    /// Bytes in it.
    pub size: usize,
}

/// What a plugin says of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PluginDescription {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// What it computes.
    pub summary: String,
    /// The stages it can compute.
    pub stages: Vec<String>,
    /// Whether a line depends on no other obligation than its own.
    pub separable: bool,
    /// Facts, in its order.
    pub facts: Vec<PluginNeed>,
    /// Params, in its order.
    pub params: Vec<PluginNeed>,
    /// What obligations may feed it, in its order.
    pub demands: Vec<PluginNeed>,
    /// Choices, in its order.
    pub choices: Vec<PluginChoice>,
    /// Obligations it treats in its own way.
    pub knows: Vec<String>,
    /// The JSON Schema of its settings.
    pub settings: Option<Value>,
}

/// Something it must, or may, be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginNeed {
    /// `market.users`; the plain name of a param or demand.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub value_type: String,
    /// Whether it must be there.
    pub required: bool,
    /// What it means, where the rule folder says so.
    pub doc: Option<String>,
    /// Where the rule folder provides it, with this type; null where no folder was named.
    pub given: Option<Vec<String>>,
}

/// A choice it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginChoice {
    /// The choice.
    pub id: String,
    /// The options it knows.
    pub options: Vec<String>,
    /// Where the rule folder declares it; null where no folder was named.
    pub given: Option<Vec<String>>,
}

/// A place in a rule folder that binds a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginBinding {
    /// The stage.
    pub stage: String,
    /// `br.yaml:460:16`.
    pub at: String,
    /// The markets it computes for through this place, and their regions.
    pub markets: Vec<String>,
}

/// A signature beside a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginSignature {
    /// The file it is in.
    pub file: String,
    /// The key it says it was made with.
    pub key: Option<String>,
    /// Its trusted comment.
    pub comment: Option<String>,
    /// Which of several versions of the file it says this is.
    pub serial: Option<u64>,
    /// By which of the configuration's keys it holds.
    pub signed_by: Option<String>,
    /// Why it does not; with neither, nobody looked: no configuration was named.
    pub problem: Option<Problem>,
}

/// What is to be said of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The file, as it was named.
    pub file: String,
    /// Its id; null where a host does not get so far.
    pub id: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its stages.
    pub stages: Vec<String>,
    /// Bytes of the file.
    pub size: usize,
    /// Of all of them.
    pub digest: String,
    /// Errors: a host refuses it, or must not trust it.
    pub errors: usize,
    /// Warnings: somebody who reads its numbers, or binds it, will stumble.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
    /// All of them, the gravest first.
    pub findings: Vec<Problem>,
    /// Whether the cases are made up, because there are none.
    pub made_up: bool,
    /// The cases it was asked, and what each took.
    pub cases: Vec<CheckedCase>,
    /// Who binds it in the rule folder; null where none was named.
    pub bound: Option<Vec<PluginBinding>>,
    /// What a rule file would say to bind it, where nobody does.
    pub to_bind: Option<String>,
}

/// A case that a plugin was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckedCase {
    /// Its name.
    pub name: String,
    /// Its file; null where it is made up.
    pub file: Option<String>,
    /// The stage.
    pub stage: String,
    /// What came in place of lines.
    pub failure: Option<String>,
    /// What it took of each limit; empty where it failed.
    pub used: Vec<PluginUse>,
}

/// What a call took of one limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginUse {
    /// The limit, as landfall.yaml names it.
    pub limit: &'static str,
    /// `count`, `bytes` or `nanoseconds`.
    pub unit: &'static str,
    /// How much was used.
    pub used: u64,
    /// How much there is.
    pub of: u64,
    /// How much that is in thousandths, rounded up.
    pub per_mille: u64,
}

/// What a case takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Benched {
    /// The file, as it was named.
    pub file: String,
    /// The plugin.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Bytes of the file.
    pub size: usize,
    /// Of all of them.
    pub digest: String,
    /// The case.
    pub case: String,
    /// Its file; null where it is made up.
    pub case_file: Option<String>,
    /// The stage.
    pub stage: String,
    /// What a call takes of each limit; the same on every machine, but for the clock.
    pub used: Vec<PluginUse>,
    /// A call as a host makes it, with an instance of its own.
    pub fresh: Latency,
    /// A call on an instance that is there.
    pub warm: Latency,
    /// Compiling, in the child process of a host.
    pub compile_ns: u64,
    /// Loading what was compiled before.
    pub load: Latency,
    /// Bytes of what was compiled.
    pub artifact_size: usize,
}

/// How long something took, over many times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// How many times.
    pub samples: usize,
    /// The middle one.
    pub median_ns: u64,
    /// One in twenty was as quick as this, or quicker.
    pub p5_ns: u64,
    /// One in twenty took as long as this, or longer.
    pub p95_ns: u64,
}
