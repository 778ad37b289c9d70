//! A generation of history, made again: after a restart, for a rollback, and for whoever asks about the past.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Accepted, Disk, Folder, Kept, Loading, Loads, MadeOf,
    ahead::{Sheet, abreast, check_abreast},
    base,
    manifest::{File, Manifest, ServedBy, jurisdiction},
    walk::{Made, Served},
};
use crate::{
    diagnostic::Diagnostic,
    generation::{Closure, Generation, Lineage, Rebuilding},
    id::{Digest, JurisdictionId, PluginId},
    plugin::{Engine, Plugin},
    rules::{
        book::Base,
        schema::{jurisdiction as format, read_file},
    },
    source::SourceFile,
};

/// Why a generation cannot be made again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRestored {
    /// Its manifest is none.
    #[error("its manifest cannot be read: {0}")]
    Manifest(String),
    /// Something it names is not kept, or does not load any more.
    #[error("{0}")]
    Part(String),
    /// It was accepted by a host that computes otherwise.
    #[error("it was accepted under semantics {was}, and this host computes under {is}")]
    Semantics {
        /// Then.
        was: u32,
        /// Now.
        is: u32,
    },
    /// What comes of it is something else.
    #[error("what is kept makes {made}, and not {wanted}")]
    Differs {
        /// The digest of what comes of it.
        made: Digest,
        /// The one it had.
        wanted: Digest,
    },
}

/// Where contents are found by digest.
pub type Contents<'c> = &'c dyn Fn(Digest) -> Result<Vec<u8>, String>;

/// Makes generations of history again. Plugins are compiled where it is called.
pub struct Restorer {
    engine: Arc<Engine>,
    loader: Box<dyn Loads + Sync>,
}

impl std::fmt::Debug for Restorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Restorer").finish_non_exhaustive()
    }
}

/// What could be made again, and what could not.
pub(super) struct Restored {
    pub(super) accepted: Accepted,
    pub(super) generation: Generation,
    pub(super) semantics: u32,
    pub(super) missing: Vec<(JurisdictionId, String)>,
}

impl Restorer {
    /// For generations of this engine.
    #[must_use]
    pub fn new(engine: Arc<Engine>, loader: Box<dyn Loads + Sync>) -> Self {
        Self { engine, loader }
    }

    /// The generation that a manifest names, whole, as it was. `same_semantics`: or not at all.
    ///
    /// # Errors
    /// [`NotRestored`]. [`NotRestored::Differs`] is never one of a difference in semantics.
    pub fn whole(
        &self,
        (number, wanted): (u64, Digest),
        manifest: &[u8],
        contents: Contents<'_>,
        same_semantics: bool,
    ) -> Result<Kept, NotRestored> {
        let manifest = read(manifest, contents)?;
        let is = crate::generation::SEMANTICS;
        if same_semantics && manifest.semantics != is {
            return Err(NotRestored::Semantics { was: manifest.semantics, is });
        }
        let restored = self.best(number, &manifest, contents)?;
        if let Some((id, why)) = restored.missing.first() {
            return Err(NotRestored::Part(format!("`{id}` cannot be served as it was: {why}")));
        }
        let made = restored.generation.digest;
        if restored.semantics == is && made != wanted {
            return Err(NotRestored::Differs { made, wanted });
        }
        let disk = on_disk(&manifest, contents).map_err(NotRestored::Part)?;
        let made_of = MadeOf { disk, accepted: Arc::new(restored.accepted) };
        let generation = Arc::new(restored.generation);
        Ok(Kept { generation, items: Arc::default(), made_of: Arc::new(made_of) })
    }

    /// As much of a generation as can be made again: what cannot is unavailable.
    pub(super) fn best(
        &self,
        number: u64,
        manifest: &Manifest,
        contents: Contents<'_>,
    ) -> Result<Restored, NotRestored> {
        // Under the limits of then, whatever they are now.
        let engine = Arc::new(self.engine.under(manifest.limits.clone()));
        self.loader.configure(&engine);
        let source = |file: &File| source(file, contents);
        let base = Arc::new(restored_base(manifest, &source).map_err(NotRestored::Part)?);
        let wasm = self.wasm(manifest, contents);
        let named = |plugins: &BTreeMap<String, Digest>| named(plugins, &wasm);
        let mut rebuilding = Rebuilding::new(&base, as_it_reads);
        let mut texts = BTreeMap::new();
        let lineages =
            manifest.served.values().filter_map(|part| lineage(&part.by, &mut texts, &source).ok());
        let lineages: Vec<_> = lineages.collect();
        make_ahead(&mut rebuilding, &base, &lineages);
        let mut unavailable: BTreeMap<JurisdictionId, Arc<str>> = BTreeMap::new();
        let (mut served, mut missing) = (BTreeMap::new(), Vec::new());
        for (name, part) in &manifest.served {
            let by = &part.by;
            let Ok(id) = jurisdiction(name) else { continue };
            let made = text(&by.source, &mut texts, &source).and_then(|own| {
                let plugins = named(&by.plugins)?;
                let closure = closure(&id, by, &plugins, &mut texts, &mut rebuilding, &source)?;
                let is_its_own = Arc::ptr_eq(&closure.jurisdiction.own.source, &own.0);
                let made_of = rebuilding.made_of(&closure.jurisdiction).filter(|_| is_its_own);
                let made_of = made_of.map(|(file, parents)| Made::new(&base, parents.to_vec(), file));
                Ok(Served {
                    closure: Arc::new(closure),
                    source: Arc::clone(&own.0),
                    above: by.above,
                    made_of,
                    passed: by.passed.is_some(),
                    bytes: None,
                })
            });
            match made {
                Ok(made) => drop(served.insert(id, made)),
                Err(why) => {
                    unavailable.insert(id.clone(), why.as_str().into());
                    missing.push((id, why));
                }
            }
        }
        for (id, why) in &manifest.unavailable {
            if let Ok(id) = jurisdiction(id) {
                unavailable.insert(id, why.as_str().into());
            }
        }
        let plugins = manifest.plugins.iter().filter_map(|(id, digest)| {
            let (plugin, _) = wasm.get(digest)?.as_ref().ok()?;
            Some((PluginId::parse(id).ok()?, Arc::clone(plugin)))
        });
        let plugins = plugins.collect();
        let bytes = wasm.iter().filter_map(|(digest, loaded)| {
            let (_, bytes) = loaded.as_ref().ok()?;
            Some((*digest, Arc::clone(bytes)))
        });
        let accepted = Accepted { base, plugins, served, wasm: bytes.collect() };
        let generation = accepted.generation(number, unavailable, &engine);
        Ok(Restored { accepted, generation, semantics: manifest.semantics, missing })
    }

    /// Every plugin a manifest names: loaded with its bytes, or why not.
    fn wasm(&self, manifest: &Manifest, contents: Contents<'_>) -> BTreeMap<Digest, Loaded> {
        let named: Vec<Named> = manifest
            .wasm()
            .into_iter()
            .map(|(digest, id)| (digest, id, contents(digest).map(Into::into)))
            .collect();
        let load = |(digest, id, bytes): &Named| {
            let loaded =
                bytes.clone().and_then(|bytes| match self.loader.load(&format!("{id}.wasm"), &bytes) {
                    Loading::Ready(plugin) => Ok((plugin, bytes)),
                    Loading::Pending => Err(format!("plugin `{id}` is being compiled")),
                    Loading::Refused(why) => Err(why.to_string()),
                });
            (*digest, loaded)
        };
        let loaded = abreast(&named, load).into_iter().collect();
        self.loader.forget_others();
        loaded
    }
}

/// A plugin of a manifest, and its bytes, or why there are none.
type Named = (Digest, PluginId, Result<Arc<[u8]>, String>);

/// A plugin with its bytes, or why there is none.
type Loaded = Result<(Arc<Plugin>, Arc<[u8]>), String>;

/// A file of a lineage.
#[derive(Debug)]
struct Text(Arc<SourceFile>);

impl AsRef<Arc<SourceFile>> for Text {
    fn as_ref(&self) -> &Arc<SourceFile> {
        &self.0
    }
}

/// Reads and checks, on all processors, what closures will be made of. Of a file in several versions one is.
fn make_ahead<R>(rebuilding: &mut Rebuilding<'_, Text, R>, base: &Base, lineages: &[Lineage<Text>])
where
    R: FnMut(&Text) -> Result<format::JurisdictionFile, Vec<Diagnostic>>,
{
    let owns: Lineage<Text> =
        lineages.iter().flatten().map(|(id, own)| (id.clone(), Arc::clone(own))).collect();
    let owns: Vec<(JurisdictionId, Arc<Text>)> = owns.into_iter().collect();
    let files = abreast(&owns, |(id, own)| {
        let file = Arc::new(as_it_reads(own).ok()?);
        Some((Arc::clone(own), Sheet { id: id.clone(), file, source: Arc::clone(&own.0) }))
    });
    let (owns, sheets): (Vec<_>, Vec<Sheet>) = files.into_iter().flatten().unzip();
    let mut checked = check_abreast(base, &sheets);
    for (own, Sheet { id, file, .. }) in owns.into_iter().zip(sheets) {
        let checked = checked.remove(&id).map(|checked| (checked.parents, checked.jurisdiction));
        rebuilding.know(&own, file, checked);
    }
}

fn as_it_reads(file: &Text) -> Result<format::JurisdictionFile, Vec<Diagnostic>> {
    read_file(&file.0, format::read)
}

/// Every file that was read, once: what several closures have in common is checked once.
type Texts = BTreeMap<(String, Digest), Arc<Text>>;

pub(super) fn read(manifest: &[u8], contents: Contents<'_>) -> Result<Manifest, NotRestored> {
    Manifest::read(manifest, contents).map_err(NotRestored::Manifest)
}

fn source(file: &File, contents: Contents<'_>) -> Result<SourceFile, String> {
    SourceFile::new(&file.name, &contents(file.digest)?).map_err(|problem| problem.to_string())
}

fn text(
    file: &File,
    texts: &mut Texts,
    source: &impl Fn(&File) -> Result<SourceFile, String>,
) -> Result<Arc<Text>, String> {
    let key = (file.name.clone(), file.digest);
    if let Some(known) = texts.get(&key) {
        return Ok(Arc::clone(known));
    }
    let text = Arc::new(Text(Arc::new(source(file)?)));
    texts.insert(key, Arc::clone(&text));
    Ok(text)
}

fn closure<R>(
    id: &JurisdictionId,
    by: &ServedBy,
    plugins: &BTreeMap<PluginId, Arc<Plugin>>,
    texts: &mut Texts,
    rebuilding: &mut Rebuilding<'_, Text, R>,
    source: &impl Fn(&File) -> Result<SourceFile, String>,
) -> Result<Closure, String>
where
    R: FnMut(&Text) -> Result<format::JurisdictionFile, Vec<Diagnostic>>,
{
    let lineage = lineage(by, texts, source)?;
    rebuilding.closure(id, &lineage, plugins).map_err(|problems| first(&problems))
}

fn lineage(
    by: &ServedBy,
    texts: &mut Texts,
    source: &impl Fn(&File) -> Result<SourceFile, String>,
) -> Result<Lineage<Text>, String> {
    let mut lineage = Lineage::new();
    for (name, file) in &by.rules {
        let of = jurisdiction(name).map_err(|error| error.to_string())?;
        lineage.insert(of, text(file, texts, source)?);
    }
    Ok(lineage)
}

fn first(problems: &[Diagnostic]) -> String {
    problems.first().map_or_else(String::new, ToString::to_string)
}

fn named(
    plugins: &BTreeMap<String, Digest>,
    wasm: &BTreeMap<Digest, Loaded>,
) -> Result<BTreeMap<PluginId, Arc<Plugin>>, String> {
    let mut found = BTreeMap::new();
    for (id, digest) in plugins {
        let id = PluginId::parse(id).map_err(|error| error.to_string())?;
        match wasm.get(digest) {
            Some(Ok((plugin, _))) => drop(found.insert(id, Arc::clone(plugin))),
            Some(Err(why)) => return Err(why.clone()),
            None => return Err(format!("plugin `{id}` is not kept")),
        }
    }
    Ok(found)
}

fn restored_base(
    manifest: &Manifest,
    source: &impl Fn(&File) -> Result<SourceFile, String>,
) -> Result<Base, String> {
    let mut base = Base::default();
    for (name, digest) in &manifest.base {
        let source = source(&File { name: name.clone(), digest: *digest })?;
        base::take(&mut base, Arc::new(source)).map_err(|problems| first(&problems))?;
    }
    Ok(base)
}

/// The folders as they would be with nothing in them but what was good.
fn on_disk(manifest: &Manifest, contents: Contents<'_>) -> Result<Disk, String> {
    let (mut rules, mut plugins) = (Vec::new(), Vec::new());
    for (name, digest) in manifest.files() {
        let bytes: Arc<[u8]> = contents(digest)?.into();
        if name.ends_with(".wasm") { &mut plugins } else { &mut rules }.push((name, bytes));
    }
    Ok(Disk { rules: Folder::of(rules), plugins: Some(Folder::of(plugins)) })
}
