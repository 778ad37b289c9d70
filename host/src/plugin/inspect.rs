//! What a file is, from its bytes alone: nothing is compiled and nothing is run, so that it also says what there is
//! in a file that a host refuses.
//!
//! The bytes are anybody's. Every list has a bound, every text is tamed, nesting ends at a depth, function bodies are
//! skipped, and types are not read at all: a reader of types recurses, and can be made to without end. A file that
//! ends early, or is none, is told as far as it goes.

use std::collections::BTreeSet;

use wasmparser::{
    Chunk, ComponentExportSectionReader, ComponentImportSectionReader, CustomSectionReader, Encoding,
    ExportSectionReader, ImportSectionReader, KnownCustom, Parser, Payload,
};

use super::text::tame;
use crate::id::Digest;

/// Modules and components in each other; the tools of today make two.
const MOST_DEPTH: usize = 16;
/// Interfaces, functions of one, producers, sections: each at most. Arbitrary; the largest plugin known has thirty.
const MOST_LISTED: usize = 500;
/// Names that are looked for among those that are listed; what comes after is counted and not looked at.
const MOST_SOUGHT: usize = 50_000;
/// Characters of a name.
const MOST_CHARS: usize = 200;

/// The package of the contract.
const PACKAGE: &str = "landfall:stage";
/// Begins the name of a section in which tools keep the interface of a core module.
const METADATA: &str = "component-type";
/// Ends the name of a world that wit-bindgen for Rust adds for a reason of its own.
const BY_PRODUCT: &str = "-with-all-of-its-exports-removed";

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// Of all its bytes.
    pub digest: Digest,
    /// How many there are.
    pub size: usize,
    /// What they are.
    pub kind: FileKind,
    /// The world it was built for, as far as it says: `landfall:stage/stage@1.0.0`, or without the world's own name.
    pub world: Option<String>,
    /// What it takes from outside.
    pub imports: Vec<Interface>,
    /// What it gives.
    pub exports: Vec<Interface>,
    /// What made it, as it says itself.
    pub producers: Vec<Producer>,
    /// Custom sections of its outermost level.
    pub sections: Vec<CustomSection>,
    /// Names that are not listed because there are too many.
    pub unlisted: usize,
    /// Why it was not read to its end.
    pub fault: Option<String>,
}

/// What the bytes of a file are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FileKind {
    /// No WebAssembly.
    #[default]
    Other,
    /// A core module that says no interface.
    Module,
    /// A core module with its interface in it, as cargo leaves one behind: the host makes it a component.
    ModuleWithInterface,
    /// A component.
    Component,
}

/// What goes in or out under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name, or that of a module or a single item.
    pub name: String,
    /// What there is of it, where the file says so by name.
    pub items: Vec<String>,
}

/// What had a part in making a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Producer {
    /// `language`, `sdk` or `processed-by`.
    pub part: String,
    /// Its name.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
}

/// A section with a name and no meaning to WebAssembly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomSection {
    /// Its name.
    pub name: String,
    /// Bytes in it.
    pub size: usize,
}

/// What the bytes are.
#[must_use]
pub fn inspect(bytes: &[u8]) -> Inspected {
    let mut reader = Reader::default();
    let fault = reader.read(bytes, Level::File).err();
    let package = reader.package();
    let Reader { kind, imports, exports, producers, sections, world, mut unlisted, .. } = reader;
    unlisted += producers.len().saturating_sub(MOST_LISTED);
    Inspected {
        digest: Digest::of(bytes),
        size: bytes.len(),
        kind,
        world: package.map(|(package, version)| match world {
            Some(world) => format!("{package}/{world}@{version}"),
            None => format!("{package}@{version}"),
        }),
        imports,
        exports,
        producers: producers.into_iter().take(MOST_LISTED).collect(),
        sections,
        unlisted,
        fault,
    }
}

/// Which bytes are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// The file's.
    File,
    /// Those of a section that keeps an interface, encoded as a component of its own.
    Metadata,
}

#[derive(Default)]
struct Reader {
    kind: FileKind,
    imports: Vec<Interface>,
    exports: Vec<Interface>,
    producers: BTreeSet<Producer>,
    sections: Vec<CustomSection>,
    world: Option<String>,
    sought: usize,
    unlisted: usize,
}

fn said(error: wasmparser::Error) -> String {
    tame(&error.to_string(), MOST_CHARS)
}

impl Reader {
    /// Section by section. The error says why it ends early.
    fn read(&mut self, bytes: &[u8], level: Level) -> Result<(), String> {
        const CUT: &str = "the file ends within a section";
        let (mut parser, mut within, mut rest) = (Parser::new(0), Vec::new(), bytes);
        loop {
            let Chunk::Parsed { consumed, payload } = parser.parse(rest, true).map_err(said)? else {
                return Err(CUT.to_owned());
            };
            rest = rest.get(consumed..).ok_or(CUT)?;
            match payload {
                Payload::ModuleSection { parser: inner, .. }
                | Payload::ComponentSection { parser: inner, .. } => {
                    if within.len() >= MOST_DEPTH {
                        return Err(format!("it is nested deeper than {MOST_DEPTH}"));
                    }
                    within.push(std::mem::replace(&mut parser, inner));
                }
                Payload::CodeSectionStart { size, .. } => {
                    let size = usize::try_from(size).map_err(|_| CUT)?;
                    rest = rest.get(size..).ok_or(CUT)?;
                    parser.skip_section();
                }
                Payload::End(_) => match within.pop() {
                    Some(outer) => parser = outer,
                    None => return Ok(()),
                },
                other => self.payload(other, level, within.is_empty())?,
            }
        }
    }

    fn payload(&mut self, payload: Payload<'_>, level: Level, outermost: bool) -> Result<(), String> {
        match payload {
            Payload::Version { encoding, .. } if outermost && level == Level::File => {
                self.kind = match encoding {
                    Encoding::Module => FileKind::Module,
                    Encoding::Component => FileKind::Component,
                };
                Ok(())
            }
            Payload::CustomSection(section) => self.custom(&section, level, outermost),
            Payload::ImportSection(section) if outermost => self.imports(section),
            Payload::ExportSection(section) if outermost => self.exports(section),
            Payload::ComponentImportSection(section) if outermost && level == Level::File => {
                self.component_imports(section)
            }
            Payload::ComponentExportSection(section) if outermost => self.component_exports(section, level),
            _ => Ok(()),
        }
    }

    fn custom(
        &mut self,
        section: &CustomSectionReader<'_>,
        level: Level,
        outermost: bool,
    ) -> Result<(), String> {
        if let KnownCustom::Producers(fields) = section.as_known() {
            self.producers(fields);
        }
        if level == Level::Metadata || !outermost {
            return Ok(());
        }
        if self.sections.len() < MOST_LISTED {
            let name = tame(section.name(), MOST_CHARS);
            self.sections.push(CustomSection { name, size: section.data().len() });
        } else {
            self.unlisted += 1;
        }
        if section.name().starts_with(METADATA) && self.kind != FileKind::Component {
            self.kind = FileKind::ModuleWithInterface;
            return self.read(section.data(), Level::Metadata);
        }
        Ok(())
    }

    /// One that is not what it should be says nothing; that is no fault of the file.
    fn producers(&mut self, fields: wasmparser::ProducersSectionReader<'_>) {
        for field in fields.into_iter().map_while(Result::ok) {
            for value in field.values.into_iter().map_while(Result::ok) {
                // One more than is listed, so that it shows that there are more.
                if self.producers.len() > MOST_LISTED {
                    return;
                }
                self.producers.insert(Producer {
                    part: field.name.to_owned(),
                    name: tame(value.name, MOST_CHARS),
                    version: tame(value.version, MOST_CHARS),
                });
            }
        }
    }

    fn imports(&mut self, section: ImportSectionReader<'_>) -> Result<(), String> {
        for import in section.into_imports() {
            let import = import.map_err(said)?;
            self.add(Way::In, import.module, Some(import.name));
        }
        Ok(())
    }

    /// A function of an interface is exported as `interface#function`.
    fn exports(&mut self, section: ExportSectionReader<'_>) -> Result<(), String> {
        for export in section {
            let name = export.map_err(said)?.name;
            let (interface, function) = match name.split_once('#') {
                Some((interface, function)) => (interface, Some(function)),
                None => (name, None),
            };
            self.add(Way::Out, interface, function);
        }
        Ok(())
    }

    fn component_imports(&mut self, section: ComponentImportSectionReader<'_>) -> Result<(), String> {
        for import in section {
            self.add(Way::In, import.map_err(said)?.name.name, None);
        }
        Ok(())
    }

    /// What metadata exports is the world.
    fn component_exports(
        &mut self,
        section: ComponentExportSectionReader<'_>,
        level: Level,
    ) -> Result<(), String> {
        for export in section {
            let name = export.map_err(said)?.name.name;
            match level {
                Level::File => self.add(Way::Out, name, None),
                Level::Metadata if name.ends_with(BY_PRODUCT) => {}
                Level::Metadata => self.world = Some(tame(name, MOST_CHARS)),
            }
        }
        Ok(())
    }

    /// Adds a name, and what there is of it; counts what finds no place.
    fn add(&mut self, way: Way, name: &str, item: Option<&str>) {
        self.sought += 1;
        let to = match way {
            Way::In => &mut self.imports,
            Way::Out => &mut self.exports,
        };
        if self.sought > MOST_SOUGHT || !place(to, name, item) {
            self.unlisted += 1;
        }
    }

    /// The package of the contract and its version, by the interfaces that have it; what it gives decides.
    fn package(&self) -> Option<(&'static str, String)> {
        let version = |interface: &Interface| {
            let rest = interface.name.strip_prefix(PACKAGE)?.strip_prefix('/')?;
            rest.split_once('@').map(|(_, version)| version.to_owned())
        };
        self.exports.iter().chain(&self.imports).find_map(version).map(|version| (PACKAGE, version))
    }
}

/// Into the file or out of it.
#[derive(Clone, Copy)]
enum Way {
    In,
    Out,
}

/// Whether there was a place for it.
fn place(to: &mut Vec<Interface>, name: &str, item: Option<&str>) -> bool {
    let name = tame(name, MOST_CHARS);
    let at = to.iter().position(|known| known.name == name);
    if at.is_none() && to.len() < MOST_LISTED {
        to.push(Interface { name, items: item.map(|item| tame(item, MOST_CHARS)).into_iter().collect() });
        return true;
    }
    match (at.and_then(|at| to.get_mut(at)), item) {
        (Some(known), Some(item)) if known.items.len() < MOST_LISTED => {
            known.items.push(tame(item, MOST_CHARS));
            true
        }
        (Some(_), None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::{
        super::guests::{Guest, WIT, expensive},
        *,
    };

    fn names(interfaces: &[Interface]) -> Vec<String> {
        interfaces.iter().map(|one| format!("{}: {}", one.name, one.items.join(" "))).collect()
    }

    #[test]
    fn a_core_module_says_its_world_and_its_functions() {
        let found = inspect(&Guest::new().core());
        assert_eq!(found.kind, FileKind::ModuleWithInterface);
        assert_eq!(found.world.as_deref(), Some("landfall:stage/stage@1.0.0"));
        assert_eq!(names(&found.imports), ["landfall:stage/host@1.0.0: log"]);
        assert_eq!(
            names(&found.exports),
            ["memory: ", "cabi_realloc: ", "landfall:stage/guest@1.0.0: describe estimate"]
        );
        assert!(found.producers.iter().any(|by| by.name == "wit-component"), "{found:?}");
        assert_eq!((found.unlisted, found.fault), (0, None));
    }

    #[test]
    fn a_component_says_its_interfaces() {
        let found = inspect(&Guest::new().component());
        assert_eq!(found.kind, FileKind::Component);
        assert_eq!(found.world.as_deref(), Some("landfall:stage@1.0.0"));
        assert_eq!(names(&found.imports), ["landfall:stage/host@1.0.0: ", "landfall:stage/types@1.0.0: "]);
        assert_eq!(names(&found.exports), ["landfall:stage/guest@1.0.0: "]);
        assert_eq!(found.fault, None);
    }

    #[test]
    fn another_version_of_the_world_is_told() {
        let guest = Guest { wit: WIT.replace("stage@1.0.0", "stage@2.1.0"), ..Guest::new() };
        assert_eq!(inspect(&guest.core()).world.as_deref(), Some("landfall:stage/stage@2.1.0"));
    }

    #[test]
    fn what_is_no_plugin_is_told_as_far_as_it_goes() {
        let other = inspect(b"name: yaml");
        assert_eq!(other.kind, FileKind::Other);
        assert!(other.fault.unwrap().contains("magic header not detected"));
        let module = inspect(&expensive(10));
        assert_eq!((module.kind, module.world, module.fault), (FileKind::Module, None, None));
        let whole = Guest::new().core();
        let cut = inspect(&whole[..whole.len() - 9]);
        assert_eq!(names(&cut.imports), ["landfall:stage/host@1.0.0: log"]);
        assert!(cut.fault.is_some());
    }

    #[test]
    fn names_without_end_are_counted() {
        let imports: String = (0..2_000).map(|i| format!("(import \"m{i}\" \"f\" (func))")).collect();
        let found = inspect(&wat::parse_str(format!("(module {imports})")).unwrap());
        assert_eq!((found.imports.len(), found.unlisted), (MOST_LISTED, 2_000 - MOST_LISTED));
    }

    #[test]
    fn nesting_ends() {
        let deep = "(component ".repeat(40) + &")".repeat(40);
        let found = inspect(&wat::parse_str(deep).unwrap());
        assert_eq!(found.fault.as_deref(), Some("it is nested deeper than 16"));
    }

    /// Types of components within each other: whoever reads them follows them to the end of the stack.
    #[test]
    fn types_without_end_are_not_read() {
        // A component type with one declaration, which is a type.
        let mut ty = [0x41, 1, 1].repeat(200_000);
        ty.extend([0x41, 0]);
        let mut wasm = b"\0asm\x0d\0\x01\0".to_vec();
        wasm.push(7);
        let mut size = ty.len() + 1;
        while size >= 0x80 {
            wasm.push((size & 0x7f) as u8 | 0x80);
            size >>= 7;
        }
        wasm.push(size as u8);
        wasm.push(1);
        wasm.extend(ty);
        let found = inspect(&wasm);
        assert_eq!((found.kind, found.fault), (FileKind::Component, None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        /// Whatever the bytes are, something is said, and it has a bound.
        #[test]
        fn any_bytes_are_told(
            bytes in prop::collection::vec(any::<u8>(), 0..600),
            head in 0..4_usize,
        ) {
            let heads: [&[u8]; 4] = [b"", b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0", b"\0asm\x0d\0\x01\0\x00\x20\x0ecomponent-type"];
            let bytes = [heads[head], &bytes].concat();
            let found = inspect(&bytes);
            prop_assert_eq!(found.size, bytes.len());
            prop_assert!(found.imports.len() <= MOST_LISTED && found.producers.len() <= MOST_LISTED);
        }

        /// A plugin that was cut, or in which a byte is another.
        #[test]
        fn a_damaged_plugin_is_told(cut in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>(), whole in any::<bool>()) {
            static PLUGINS: LazyLock<[Vec<u8>; 2]> =
                LazyLock::new(|| [Guest::new().core(), Guest::new().component()]);
            let mut bytes = PLUGINS[usize::from(whole)].clone();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(cut.index(bytes.len()) + 1);
            prop_assert_eq!(inspect(&bytes).size, bytes.len());
        }
    }
}
