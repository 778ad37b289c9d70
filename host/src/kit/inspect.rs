//! What a plugin file is, for who looks at one: what its bytes say, what it says of itself, who binds it, who signed it.
//!
//! The bytes are read without compiling them, so that there is an answer for a file that a host refuses, too. What the
//! plugin says of itself is asked in the compile child of a host.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{loaded::Loading, provided::Provided};
use crate::{
    diagnostic::Diagnostic,
    generation::Generation,
    plugin::{self, ChoiceNeed, Description, FileKind, Inspected, Interface, Need, Plugin},
    protocol::{
        Inspection, PluginChoice, PluginDescription, PluginNeed, PluginSignature, WasmInterface, WasmKind,
        WasmProducer, WasmSection,
    },
    trust::{self, Policy},
};

/// Bytes of a signature; minisign's have three hundred.
const MOST_SIGNATURE: u64 = 16 << 10;

/// What a tool that had a part in making a plugin tells of its language.
const LANGUAGES: [(&str, &str); 8] = [
    ("componentize-py", "Python"),
    ("componentize-js", "JavaScript"),
    ("ComponentizeJS", "JavaScript"),
    ("wit-bindgen-rust", "Rust"),
    ("rustc", "Rust"),
    ("TinyGo", "Go"),
    ("wit-bindgen-go", "Go"),
    ("wit-bindgen-c", "C"),
];

/// What a file is.
///
/// # Errors
/// It cannot be read, or plugins cannot be run here.
pub fn inspect(
    wasm: &Path,
    rules: Option<&Generation>,
    policy: Option<&Policy>,
) -> Result<Inspection, Vec<Diagnostic>> {
    let loading = Loading::new()?;
    let bytes = loading.read(wasm)?;
    let (plugin, problems) = match loading.load(wasm) {
        Ok(loaded) => (Some(Arc::new(loaded.plugin)), Vec::new()),
        Err(problems) => (None, problems),
    };
    let rules = rules.map(Provided::of);
    let found = plugin::inspect(&bytes);
    let bound = rules.zip(plugin.as_ref()).map(|(rules, plugin)| rules.bound(&plugin.description.id));
    Ok(Inspection {
        plugin: plugin.as_deref().map(|plugin| description(plugin, rules)),
        bound,
        signature: signature(wasm, &bytes, policy),
        problems: problems.into_iter().map(Into::into).collect(),
        ..said(wasm, found)
    })
}

/// What the bytes say.
fn said(wasm: &Path, found: Inspected) -> Inspection {
    let interfaces = |all: Vec<Interface>| {
        let interface = |one: Interface| WasmInterface { name: one.name, items: one.items };
        all.into_iter().map(interface).collect()
    };
    Inspection {
        file: wasm.display().to_string(),
        kind: match found.kind {
            FileKind::Other => WasmKind::Other,
            FileKind::Module => WasmKind::Module,
            FileKind::ModuleWithInterface => WasmKind::ModuleWithInterface,
            FileKind::Component => WasmKind::Component,
        },
        size: found.size,
        digest: found.digest.to_string(),
        language: language(&found),
        world: found.world,
        imports: interfaces(found.imports),
        exports: interfaces(found.exports),
        producers: found
            .producers
            .into_iter()
            .map(|by| WasmProducer { part: by.part, name: by.name, version: by.version })
            .collect(),
        sections: found
            .sections
            .into_iter()
            .map(|section| WasmSection { name: section.name, size: section.size })
            .collect(),
        unlisted: found.unlisted,
        plugin: None,
        bound: None,
        signature: None,
        problems: Vec::new(),
    }
}

/// What the file names as its language, or else what its tools are for.
fn language(found: &Inspected) -> Option<String> {
    let tool = || {
        let by = |name: &str| found.producers.iter().any(|producer| producer.name == name);
        LANGUAGES.iter().find(|(tool, _)| by(tool)).map(|(_, language)| (*language).to_owned())
    };
    let named = found.producers.iter().find(|producer| producer.part == "language");
    tool().or_else(|| named.map(|language| language.name.clone()))
}

fn description(plugin: &Plugin, rules: Option<Provided<'_>>) -> PluginDescription {
    let Description { id, version, summary, stages, separable, .. } = &plugin.description;
    let Description { facts, params, demands, choices, knows, settings_schema, .. } = &plugin.description;
    let needs = |needs: &[Need], given: fn(Provided<'_>, &Need) -> Vec<String>| -> Vec<PluginNeed> {
        let need = |need: &Need| PluginNeed {
            name: need.name.clone(),
            value_type: need.value_type.to_string(),
            required: need.required,
            doc: rules.and_then(|rules| rules.doc(&need.name)),
            given: rules.map(|rules| given(rules, need)),
        };
        needs.iter().map(need).collect()
    };
    let choice = |choice: &ChoiceNeed| PluginChoice {
        id: choice.id.to_string(),
        options: choice.options.iter().map(ToString::to_string).collect(),
        given: rules.map(|rules| rules.choices(choice)),
    };
    PluginDescription {
        id: id.to_string(),
        version: version.clone(),
        summary: summary.clone(),
        stages: stages.iter().map(ToString::to_string).collect(),
        separable: *separable,
        facts: needs(facts, |rules, need| rules.facts(need)),
        params: needs(params, |rules, need| rules.params(need)),
        demands: needs(demands, |rules, need| rules.demands(need)),
        choices: choices.iter().map(choice).collect(),
        knows: knows.iter().map(ToString::to_string).collect(),
        settings: settings_schema.clone(),
    }
}

/// What lies beside the file as its signature, and whether it is one of a key that is trusted.
fn signature(wasm: &Path, bytes: &[u8], policy: Option<&Policy>) -> Option<PluginSignature> {
    let mut path = wasm.as_os_str().to_owned();
    path.push(".minisig");
    let path = PathBuf::from(path);
    let mut signature = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(MOST_SIGNATURE).read_to_end(&mut signature));
    let file = path.display().to_string();
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            let problem = Diagnostic::error(format!("it cannot be read: {error}")).in_file(&file);
            let (key, comment, serial, signed_by) = (None, None, None, None);
            let problem = Some(problem.into());
            return Some(PluginSignature { file, key, comment, serial, signed_by, problem });
        }
        Ok(_) => {}
    }
    let name = wasm.file_name().unwrap_or_default().to_string_lossy();
    let claimed = trust::claimed(&signature);
    let next = claimed.as_ref().and_then(|claimed| claimed.serial).unwrap_or(0).saturating_add(1);
    // Without keys, only whether it is a signature at all can be said.
    let nobody = Policy::default();
    let verdict = trust::verify(policy.unwrap_or(&nobody), &name, bytes, &signature);
    let (signed_by, problem) = match verdict {
        Ok(signed) => (Some(signed.key.name.clone()), None),
        Err(trust::Problem::UnknownKey { .. }) if policy.is_none() => (None, None),
        Err(problem) => (None, Some(problem.diagnostic(next).into())),
    };
    Some(PluginSignature {
        file,
        key: claimed.as_ref().map(|claimed| claimed.key.to_string()),
        serial: claimed.as_ref().and_then(|claimed| claimed.serial),
        comment: claimed.map(|claimed| claimed.comment),
        signed_by,
        problem,
    })
}
