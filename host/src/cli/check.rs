//! `landfall check`: files as a host would load them, and every problem in them.

use std::path::PathBuf;

use clap::{ArgGroup, ValueEnum, ValueHint};

use super::{Failure, ask::read_strategy, put, put_json, seam};
use crate::{
    config::ConfigFile,
    diagnostic::{Diagnostic, Severity},
    exit_code::Outcome,
    logging,
    protocol::{Problem, Sarif},
    reload::Terms,
    render,
};

const AFTER_HELP: &str = "\
Examples:
  landfall check --rules rules/world --plugins target/plugins
  landfall check --rules rules/world --plugins target/plugins strategies/*.yaml
  landfall check --config landfall.yaml
  landfall check --rules rules/world --plugins target/plugins --format github
  landfall check --rules rules/world --plugins target/plugins --format sarif > landfall.sarif

Exits with 3 where there is an error.";

/// Check rules, plugins, strategies and the configuration as a host would load them, and show every problem
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
#[command(group(ArgGroup::new("what").args(["rules", "plugins", "config"]).required(true).multiple(true)))]
pub(super) struct Args {
    /// Folder of rules
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    rules: Option<PathBuf>,
    /// Folder of plugins; without it, rules are not bound to any
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    plugins: Option<PathBuf>,
    /// The operator's landfall.yaml; plugins are then checked under its limits
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// Strategy files, or - for stdin
    #[arg(value_name = "STRATEGY", value_hint = ValueHint::FilePath, requires = "rules")]
    strategies: Vec<PathBuf>,
    /// How to show the problems
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// For people, on stderr.
    #[default]
    Human,
    /// For programs, on stdout.
    Json,
    /// Annotations of a GitHub workflow, on stdout.
    Github,
    /// SARIF 2.1.0 for review tools, on stdout.
    Sarif,
}

pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    let (strategies, mut problems) = read_all(&args.strategies);
    let terms = args.terms().unwrap_or_else(|refused| {
        problems.extend(refused);
        None
    });
    if args.rules.is_some() || args.plugins.is_some() {
        let found = seam::check(args.rules.as_deref(), args.plugins.as_deref(), terms, &strategies);
        problems.extend(found.map_err(Failure::Refused)?);
    }
    let errors = problems.iter().any(|problem| problem.severity == Severity::Error);
    match args.format {
        Format::Human if problems.is_empty() => render::note("no problems\n"),
        Format::Human => render::note(&render::diagnostics(&problems)),
        Format::Json => put_json(&problems.into_iter().map(Problem::from).collect::<Vec<_>>())?,
        Format::Github => put(&render::github(&args.with_paths(problems)))?,
        Format::Sarif => put_json(&Sarif::of(&args.with_paths(problems)))?,
    }
    Ok(Outcome::Checked { errors })
}

impl Args {
    /// What the configuration says, where one is named.
    fn terms(&self) -> Result<Option<Terms>, Vec<Diagnostic>> {
        let Some(path) = &self.config else { return Ok(None) };
        let watched = [&self.rules, &self.plugins].into_iter().flatten().cloned().collect();
        let file = ConfigFile::new(path.clone(), watched);
        // The log is the verb's own.
        file.read().map(|config| Some(Terms::new(file, config, true)))
    }

    /// Problems name the files of a folder without it; review tools want paths.
    fn with_paths(&self, problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
        problems.into_iter().map(|problem| self.with_path(problem)).collect()
    }

    fn with_path(&self, mut problem: Diagnostic) -> Diagnostic {
        if let Some(place) = &mut problem.place {
            place.file = self.path(&place.file);
        }
        problem.file = problem.file.map(|file| self.path(&file));
        problem
    }

    /// A strategy is named by its path, and so is a folder that cannot be read.
    fn path(&self, name: &str) -> String {
        let is_path = name.contains('/') || self.strategies.iter().any(|path| path.as_os_str() == name);
        if let Some(config) = self.config.as_ref().filter(|config| config.ends_with(name)) {
            return config.display().to_string();
        }
        let folders = [&self.rules, &self.plugins].into_iter().flatten();
        let found = folders.map(|folder| folder.join(name)).find(|path| !is_path && path.exists());
        found.map_or_else(|| name.to_owned(), |path| path.display().to_string())
    }
}

/// A file that cannot be read is a problem among the others.
fn read_all(paths: &[PathBuf]) -> (Vec<crate::protocol::StrategyText>, Vec<Diagnostic>) {
    let mut read = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        match read_strategy(path) {
            Ok(strategy) => read.push(strategy),
            Err(failure) => problems.extend(failure.diagnostics()),
        }
    }
    (read, problems)
}
