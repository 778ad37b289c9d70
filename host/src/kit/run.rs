//! The cases beside a plugin, asked one by one, and what came compared with what they expect.
//!
//! A case is asked once, under the engine and the limits of a host: the same case has the same answer. Where the
//! answer is accepted, the file is replaced whole, and only what was read again and means the answer is written.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use similar::TextDiff;

use super::case::{self, CaseFile, Expect};
use crate::{
    diagnostic::Diagnostic,
    files::{self, FilesError},
    plugin::Plugin,
    protocol::{CaseState, PluginFile, TestedCase, TestedPlugin},
    source::{MAX_FILE_BYTES, SourceFile},
};

/// A byte order mark, which an editor may have written.
const MARK: &str = "\u{feff}";

/// Which cases, and what to do with them.
#[derive(Debug, Clone, Default)]
pub struct Trial {
    /// The files, in the order in which they are asked.
    pub files: Vec<PathBuf>,
    /// Only those with this in the name of the case or of its file.
    pub filter: Option<String>,
    /// Whether what comes is accepted.
    pub update: bool,
}

/// The case files in a folder, by name: every `.yaml` in it, and none below.
///
/// # Errors
/// The folder cannot be read, holds no case, or a file whose name says that it is meant to be one.
pub fn find(folder: &Path) -> Result<Vec<PathBuf>, Vec<Diagnostic>> {
    let shown = folder.display().to_string();
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(|error| {
        let problem =
            Diagnostic::error(format!("the folder of cases cannot be read: {error}")).in_file(&shown);
        vec![problem.help("write a case into it, or name another folder: `--cases DIR`")]
    })?;
    let mut found: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    found.retain(|path| !is_hidden(path));
    found.sort();
    let ends = |ending: &'static str| move |path: &&PathBuf| path.extension().is_some_and(|of| of == ending);
    let misnamed: Vec<Diagnostic> = found.iter().filter(ends("yml")).map(|path| misnamed(path)).collect();
    if !misnamed.is_empty() {
        return Err(misnamed);
    }
    let cases: Vec<PathBuf> = found.iter().filter(ends("yaml")).cloned().collect();
    if cases.is_empty() {
        let problem = Diagnostic::error("the folder holds no case").in_file(&shown);
        return Err(vec![problem.help(
            "write one, as `first.yaml`, or record one: `landfall explain STRATEGY --market M --stage S --record-case FILE`",
        )]);
    }
    Ok(cases)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn misnamed(path: &Path) -> Diagnostic {
    let problem = Diagnostic::error("a case file ends in `.yaml`").in_file(&path.display().to_string());
    problem.help(format!("call it `{}`", path.with_extension("yaml").display()))
}

/// Asks a plugin every case.
///
/// # Errors
/// An accepted answer cannot be written; what was written before stays.
pub fn run(plugin: &Plugin, wasm: &Path, trial: &Trial) -> Result<TestedPlugin, FilesError> {
    let mut cases = Vec::new();
    for file in &trial.files {
        cases.extend(tested(plugin, file, trial)?);
    }
    let of = |state| cases.iter().filter(|case| case.state == state).count();
    Ok(TestedPlugin {
        plugin: PluginFile {
            id: plugin.description.id.to_string(),
            version: plugin.description.version.clone(),
            digest: plugin.digest.to_string(),
            file: wasm.display().to_string(),
        },
        passed: of(CaseState::Passed),
        failed: of(CaseState::Failed),
        refused: of(CaseState::Refused),
        updated: of(CaseState::Updated),
        cases,
    })
}

/// One file; nothing where the filter leaves it out.
fn tested(plugin: &Plugin, file: &Path, trial: &Trial) -> Result<Option<TestedCase>, FilesError> {
    let wanted = |name: &str| trial.filter.as_ref().is_none_or(|filter| name.contains(filter));
    let shown = file.display().to_string();
    let read = source(file, &shown).and_then(|(source, text)| {
        let case = case::read(&source, plugin)?;
        Ok((source, text, case))
    });
    match read {
        Ok((_, _, case)) if !wanted(&case.name) && !wanted(&shown) => Ok(None),
        Ok((source, text, case)) => {
            Asking { plugin, file, source, text, case }.answer(trial.update).map(Some)
        }
        Err(_) if !wanted(&shown) => Ok(None),
        Err(problems) => Ok(Some(TestedCase {
            name: shown.clone(),
            file: shown,
            line: problems.iter().find_map(|problem| problem.place.as_ref()).map_or(1, |place| place.line),
            state: CaseState::Refused,
            fuel: None,
            came: None,
            diff: None,
            problems: problems.into_iter().map(Into::into).collect(),
        })),
    }
}

/// A file as it is read, and its text with what is not read of it.
fn source(file: &Path, shown: &str) -> Result<(SourceFile, String), Vec<Diagnostic>> {
    let mut bytes = Vec::new();
    let read = File::open(file).and_then(|file| file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| vec![Diagnostic::error(format!("it cannot be read: {error}")).in_file(shown)])?;
    let source = SourceFile::new(shown, &bytes).map_err(|problem| vec![problem])?;
    let text = String::from_utf8(bytes).unwrap_or_default();
    Ok((source, text))
}

/// A case of a file, and the plugin it is for.
struct Asking<'a> {
    plugin: &'a Plugin,
    file: &'a Path,
    source: SourceFile,
    text: String,
    case: CaseFile,
}

impl Asking<'_> {
    fn answer(self, update: bool) -> Result<TestedCase, FilesError> {
        let answer = self.plugin.estimate(&self.case.case);
        let mut tested = self.tested(CaseState::Failed);
        let answer = match answer {
            Err(error) if is_no_answer(&error) => {
                let help = "run it again; a machine that is busy or short of memory says nothing of a plugin";
                tested.problems.push(self.problem(&error.to_string()).help(help).into());
                return Ok(tested);
            }
            answer => answer,
        };
        tested.fuel = answer.as_ref().ok().map(|estimate| estimate.used.fuel);
        let came = Expect::of(&answer.map(|estimate| estimate.lines));
        let text = self.written(&came);
        tested.came = Some(text.clone());
        if self.case.expect.as_ref().is_some_and(|expect| expect.is_met_by(&came)) {
            tested.state = CaseState::Passed;
            return Ok(tested);
        }
        let expected = self.case.expect.as_ref().map(|expect| self.written(expect)).unwrap_or_default();
        tested.diff = Some(self.diff(&expected, &text));
        let why =
            match (update, &self.case.expect) {
                (true, _) => self.accept(&came, &text)?,
                (false, Some(_)) => Some(
                    self.problem("what came is not what the case expects")
                        .help("mend the plugin; where the answer is right, run again with `--update`"),
                ),
                (false, None) => Some(self.problem("the case does not say what it expects").help(
                    "run again with `--update`, which writes what came into it, and read what it wrote",
                )),
            };
        match why {
            Some(why) => tested.problems.push(why.into()),
            None => tested.state = CaseState::Updated,
        }
        Ok(tested)
    }

    fn tested(&self, state: CaseState) -> TestedCase {
        TestedCase {
            file: self.source.name.to_string(),
            name: self.case.name.to_string(),
            line: self.case.span.line,
            state,
            fuel: None,
            came: None,
            diff: None,
            problems: Vec::new(),
        }
    }

    fn written(&self, expect: &Expect) -> String {
        case::expectation(expect, &self.case.words(self.plugin))
    }

    fn problem(&self, message: &str) -> Diagnostic {
        Diagnostic::error(message).at(&self.source, self.case.span)
    }

    fn diff(&self, expected: &str, came: &str) -> String {
        let diff = TextDiff::from_lines(expected, came);
        let plugin = &self.plugin.description;
        let (from, to) = (self.source.name.to_string(), format!("{} {}", plugin.id, plugin.version));
        diff.unified_diff().header(&from, &to).to_string()
    }

    /// Writes what came into the file. The problem where it cannot be put there.
    fn accept(&self, came: &Expect, text: &str) -> Result<Option<Diagnostic>, FilesError> {
        let updated = match case::updated(&self.source, text) {
            Ok(updated) => updated,
            Err(problems) => return Ok(problems.into_iter().next()),
        };
        let reads = SourceFile::new(&self.source.name, updated.as_bytes()).ok();
        let reads = reads.and_then(|source| case::read(&source, self.plugin).ok());
        let means =
            reads.is_some_and(|read| read.expect.as_ref() == Some(came) && read.case == self.case.case);
        if !means {
            let problem = self.problem("what came cannot be put in the place of this expectation");
            return Ok(Some(problem.help("take `expect` out of the file, and run again with `--update`")));
        }
        let mark = if self.text.starts_with(MARK) { MARK } else { "" };
        files::replace(self.file, format!("{mark}{updated}").as_bytes())?;
        Ok(None)
    }
}

/// Whether another run may not have it, or it is a fault of ours: then it is nothing to expect.
fn is_no_answer(error: &crate::plugin::CallError) -> bool {
    error.is_retryable() || error.kind() == "host_panicked"
}
