//! Which version of the contract a file is built for, and whether this host serves it.
//!
//! Host and guest are versioned interfaces, so a component says its version by the names it exports and imports.
//! This is the one place where a version is told from another; `docs/wit-versions.md` says what comes here, and
//! what beside it, when there is a second one. Looks at names alone: types are compared when it is linked.

use wasmtime::component::Component;

use super::{
    bindings::{self, PACKAGE},
    engine::Engine,
    error::Refusal,
    text::tame,
};

/// A version that this host serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Contract {
    /// `landfall:stage@1.0.0`.
    V1_0,
}

impl Contract {
    /// By what stands behind the `@` of the guest that a plugin exports.
    ///
    /// Exactly, and not by what semantic versions promise: 1.0.7 and 1.1 may say what this host would drop
    /// without a word (*no silent drop*).
    fn served(version: &str) -> Option<Self> {
        match version {
            "1.0.0" => Some(Self::V1_0),
            _ => None,
        }
    }

    /// What a plugin of this version may import.
    const fn imports(self) -> [&'static str; 2] {
        match self {
            Self::V1_0 => [bindings::HOST, bindings::TYPES],
        }
    }

    /// What a component speaks: the guest that it exports decides, and nothing may come in that does not belong
    /// to it.
    ///
    /// # Errors
    /// What it speaks instead, or what it imports.
    pub(super) fn of(engine: &Engine, component: &Component) -> Result<Self, Refusal> {
        let (ty, engine) = (component.component_type(), engine.wasmtime());
        let exports: Vec<&str> = ty.exports(engine).map(|(name, _)| name).collect();
        let contract = Self::exported(&exports)?;
        let allowed = contract.unwrap_or(Self::V1_0).imports();
        let foreign = ty.imports(engine).map(|(name, _)| name).find(|import| !allowed.contains(import));
        match (foreign, contract) {
            (Some(import), _) => Err(foreign_import(import)),
            (None, Some(contract)) => Ok(contract),
            (None, None) => Err(Refusal::NoGuest),
        }
    }

    /// By the names it exports; none where there are none.
    fn exported(exports: &[&str]) -> Result<Option<Self>, Refusal> {
        let versions = || exports.iter().filter_map(|name| version_of(name, "guest"));
        if let Some(contract) = versions().find_map(Self::served) {
            return Ok(Some(contract));
        }
        if let Some(version) = versions().next() {
            return Err(other_version(version));
        }
        match exports.first() {
            Some(export) => Err(Refusal::OtherWorld { export: tame(export, 200) }),
            None => Ok(None),
        }
    }
}

/// Why nothing of that name may be imported.
pub(super) fn foreign_import(import: &str) -> Refusal {
    let ours = ["host", "types"].iter().find_map(|interface| version_of(import, interface));
    match ours.filter(|version| Contract::served(version).is_none()) {
        Some(version) => other_version(version),
        None => Refusal::Import { import: tame(import, 200) },
    }
}

/// The version behind an interface of the contract; empty where it has none.
fn version_of<'n>(name: &'n str, interface: &str) -> Option<&'n str> {
    match name.strip_prefix(PACKAGE)?.strip_prefix('/')?.strip_prefix(interface)? {
        "" => Some(""),
        rest => rest.strip_prefix('@'),
    }
}

fn other_version(version: &str) -> Refusal {
    let at = if version.is_empty() { "" } else { "@" };
    Refusal::OtherVersion {
        found: tame(&format!("{PACKAGE}{at}{version}"), 200),
        newer: numbers(version) > numbers(bindings::VERSION),
    }
}

/// Major, minor, patch. What comes before a release counts as that release: it is not older than the last one.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let release = version.split(['-', '+']).next()?;
    let mut parts = release.split('.').map(|part| part.parse().ok());
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_newer_by_its_numbers() {
        for (version, newer) in [
            ("1.0.1", true),
            ("1.1.0", true),
            ("1.10.0", true),
            ("2.0.0-rc.1", true),
            ("10.0.0", true),
            ("1.0.0-draft", false),
            ("0.9.0", false),
            ("0.99.99", false),
            ("", false),
            ("one", false),
            ("1.1", false),
            ("2.0.0.0", false),
        ] {
            let found = format!("landfall:stage@{version}").trim_end_matches('@').to_owned();
            assert_eq!(other_version(version), Refusal::OtherVersion { found, newer }, "{version}");
        }
    }

    #[test]
    fn the_version_that_is_served_is_the_one_of_the_bindings() {
        assert_eq!(Contract::served(bindings::VERSION), Some(Contract::V1_0));
        assert_eq!(version_of(bindings::GUEST, "guest"), Some(bindings::VERSION));
        for import in Contract::V1_0.imports() {
            assert!(import.ends_with(&format!("@{}", bindings::VERSION)), "{import}");
        }
    }
}
