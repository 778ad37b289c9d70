//! A folder of rule files as a host takes it in: the same reading, checks and plugins, once, without watching.

use std::{path::Path, sync::Arc};

use landfall::{
    generation::Generation,
    host,
    plugin::{Compiler, Engine, Limits},
    protocol::{QueryRequest, StrategyText},
    reload::{Folders, Kept, Loader, Published, Reloader, read_folders},
    source::SourceFile,
    state,
    strategy::{self, Strategy},
};

use crate::{failed::Failed, setting::Setting};

/// What is served of a folder.
#[derive(Debug)]
pub(crate) struct Book {
    /// With what became of every file.
    pub(crate) published: Arc<Published>,
    /// What answers.
    pub(crate) generation: Arc<Generation>,
}

impl Book {
    /// Compiled code is kept between runs.
    pub(crate) fn load(setting: &Setting, rules: &Path) -> Result<Self, Failed> {
        let cache = setting.target.join("bench").join("compiled");
        state::private_folder(&cache).map_err(Failed::when("no folder for compiled code"))?;
        let engine = Arc::new(Engine::new(Limits::default()).map_err(Failed::new)?);
        let program = Compiler::this_program().map_err(Failed::new)?;
        let compiler = Compiler::new(program, &cache).map_err(Failed::new)?;
        let loader = Loader::blocking(Arc::clone(&engine), compiler);
        let folders = Folders { rules: rules.to_owned(), plugins: setting.plugins() };
        let published = Reloader::new(engine, Box::new(loader)).reload(&read_folders(&folders));
        let said: Vec<String> = published
            .items
            .iter()
            .filter(|item| item.state != landfall::reload::ItemState::Live)
            .flat_map(|item| item.problems.iter().map(|problem| format!("{}: {problem}", item.file)))
            .collect();
        match &published.generation {
            Some(generation) if said.is_empty() => {
                let generation = Arc::clone(generation);
                Ok(Self { published, generation })
            }
            _ => Err(Failed(format!("{} is not served as it stands:\n{}", rules.display(), said.join("\n")))),
        }
    }

    /// As a client is answered from it.
    pub(crate) fn kept(&self) -> Result<Kept, Failed> {
        self.published.current().ok_or_else(|| Failed::new("nothing is served"))
    }

    /// A strategy, read against it.
    pub(crate) fn strategy(&self, text: &str) -> Result<Strategy, Failed> {
        let source = SourceFile::new("bench.yaml", text.as_bytes()).map_err(Failed::new)?;
        strategy::read(&source, &[], &self.generation).map_err(|problems| {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Failed(problems.join("\n"))
        })
    }

    /// The answer that a client would get.
    pub(crate) fn answer(
        &self,
        kept: &Kept,
        text: &str,
    ) -> Result<landfall::protocol::QueryResponse, Failed> {
        host::answer(kept, &request(text)).map_err(|refusal| Failed(format!("{refusal:?}")))
    }
}

/// A question by its text.
pub(crate) fn request(text: &str) -> QueryRequest {
    QueryRequest::new(StrategyText { name: "bench.yaml".to_owned(), text: text.to_owned() })
}
