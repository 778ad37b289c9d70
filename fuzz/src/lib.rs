//! What the fuzz targets ask about: one small generation, made by the real reloader from the files in
//! `world/`, without plugins. Fixed, so that what a target finds it finds again.

use std::sync::{Arc, LazyLock};

use landfall::{
    generation::Generation,
    plugin::{Engine, Limits},
    reload::{Current, Disk, Folder, Loading, Loads, Reloader},
};

const FILES: [(&str, &str); 8] = [
    ("facts.yaml", include_str!("../world/facts.yaml")),
    ("roles.yaml", include_str!("../world/roles.yaml")),
    ("rates.yaml", include_str!("../world/rates.yaml")),
    ("fx.yaml", include_str!("../world/fx.yaml")),
    ("global.yaml", include_str!("../world/global.yaml")),
    ("eu.yaml", include_str!("../world/eu.yaml")),
    ("de.yaml", include_str!("../world/de.yaml")),
    ("br.yaml", include_str!("../world/br.yaml")),
];

/// The small world, published.
static WORLD: LazyLock<Current> = LazyLock::new(|| {
    let engine = Engine::new(Limits::default()).expect("an engine starts");
    let mut reloader = Reloader::new(Arc::new(engine), Box::new(NoPlugins));
    let files = FILES.map(|(name, text)| (name.to_owned(), Arc::from(text.as_bytes())));
    let published = reloader.reload(&Disk { rules: Folder::of(files), plugins: Some(Folder::default()) });
    let problems: Vec<_> = published.items.iter().flat_map(|item| &item.problems).collect();
    assert!(problems.is_empty(), "the world of the fuzz targets has errors: {problems:#?}");
    reloader.current()
});

/// The generation of the small world.
pub fn generation() -> Arc<Generation> {
    WORLD.load().generation.clone().expect("the world is published")
}

/// The world has none.
struct NoPlugins;

impl Loads for NoPlugins {
    fn load(&self, _: &str, _: &Arc<[u8]>) -> Loading {
        Loading::Pending
    }
}
