//! *extism*: the method as an Extism plugin (`peers/extism-stage`), compiled once; a plugin made anew for each call, and one
//! that is kept. JSON in and out by the framework's own conversions.

use std::fs;

use extism::{CompiledPlugin, Plugin, PluginBuilder, convert::Json};

use super::given::{Given, Line};
use crate::{failed::Failed, setting::Setting};

const WASM: &str = "bench/target/wasm32-unknown-unknown/release/extism_stage.wasm";

/// What plugins are made from.
pub(super) struct Framework {
    compiled: CompiledPlugin,
}

/// A plugin that is kept.
pub(super) struct Kept {
    plugin: Plugin,
}

impl Framework {
    pub(super) fn compile(setting: &Setting) -> Result<Self, Failed> {
        let path = setting.root.join(WASM);
        let wasm = fs::read(&path).map_err(Failed::io("read", &path))?;
        let builder = PluginBuilder::new(wasm).with_wasi(false).with_cache_disabled();
        Ok(Self { compiled: builder.compile().map_err(Failed::new)? })
    }

    pub(super) fn ask_fresh(&self, given: &Given) -> Result<Vec<Line>, Failed> {
        self.keep()?.ask(given)
    }

    pub(super) fn keep(&self) -> Result<Kept, Failed> {
        Ok(Kept { plugin: Plugin::new_from_compiled(&self.compiled).map_err(Failed::new)? })
    }
}

impl Kept {
    pub(super) fn ask(&mut self, given: &Given) -> Result<Vec<Line>, Failed> {
        let Json(lines) = self.plugin.call("estimate", Json(given)).map_err(Failed::new)?;
        Ok(lines)
    }
}
