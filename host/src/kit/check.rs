//! What is to be said of a plugin before it goes anywhere: what a host would refuse, and what whoever binds it or reads
//! its numbers would stumble over.
//!
//! Errors are what a host refuses, and what breaks the contract though no host can see it. Warnings are about people.
//! Every finding says what to change. Whether the answers are right is the business of cases (`kit::run`).

mod description;
mod labels;
mod probe;
mod schema;

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use self::probe::Asked;
use super::{
    case::{self, CaseFile},
    headroom,
    loaded::{Loaded, Loading},
    provided::Provided,
    sample,
};
use crate::{
    diagnostic::{Diagnostic, Severity, did_you_mean},
    generation::Generation,
    id::Digest,
    plugin::{CallError, Estimate, Failure, Ground, Need, Plugin},
    protocol::{Checked, CheckedCase, PluginUse},
    source::{MAX_FILE_BYTES, SourceFile},
};

/// Thousandths of a limit beyond which a call is told to be close to it.
const CLOSE: u64 = 500;

/// What is checked, and with what.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The file.
    pub wasm: &'a Path,
    /// Case files; without any, a case is made up.
    pub cases: &'a [PathBuf],
    /// A folder of rules, bound to no plugins, and what it is called.
    pub rules: Option<(&'a Generation, &'a Path)>,
}

/// Everything there is to say of a plugin.
///
/// # Errors
/// The file cannot be read, or plugins cannot be run here.
pub fn check(question: Question<'_>) -> Result<Checked, Vec<Diagnostic>> {
    let loading = Loading::new()?;
    let bytes = loading.read(question.wasm)?;
    let checked = Checked {
        file: question.wasm.display().to_string(),
        id: None,
        version: None,
        stages: Vec::new(),
        size: bytes.len(),
        digest: Digest::of(&bytes).to_string(),
        errors: 0,
        warnings: 0,
        notes: 0,
        findings: Vec::new(),
        made_up: false,
        cases: Vec::new(),
        bound: None,
        to_bind: None,
    };
    match loading.load(question.wasm) {
        Ok(Loaded { plugin, .. }) => Checking::new(question, Arc::new(plugin), checked).all(),
        Err(refused) => Ok(counted(checked, refused)),
    }
}

/// The gravest first.
fn counted(mut checked: Checked, mut findings: Vec<Diagnostic>) -> Checked {
    findings.sort_by_key(|finding| finding.severity);
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    (checked.errors, checked.warnings, checked.notes) =
        (of(Severity::Error), of(Severity::Warning), of(Severity::Note));
    checked.findings = findings.into_iter().map(Into::into).collect();
    checked
}

/// A case to ask, and where it comes from.
pub(in crate::kit) struct Case {
    pub(in crate::kit) file: CaseFile,
    /// None where it is made up.
    pub(in crate::kit) path: Option<String>,
}

/// Reads a case file.
///
/// # Errors
/// Every problem of it.
pub(in crate::kit) fn read_case(path: &Path, plugin: &Plugin) -> Result<Case, Vec<Diagnostic>> {
    let shown = path.display().to_string();
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| {
        let problem = Diagnostic::error(format!("the case cannot be read: {error}")).in_file(&shown);
        vec![problem.help("name a case file, as `cases/first.yaml`")]
    })?;
    let source = SourceFile::new(&shown, &bytes).map_err(|problem| vec![problem])?;
    Ok(Case { file: case::read(&source, plugin)?, path: Some(shown) })
}

/// Made-up cases: for each stage the first of those that the plugin answers, else the first.
pub(in crate::kit) fn made_up(
    plugin: &Plugin,
    rules: Option<Provided<'_>>,
) -> Result<Vec<Case>, Vec<Diagnostic>> {
    let mut cases = Vec::new();
    let mut unread = Vec::new();
    for stage in &plugin.description.stages {
        let mut read = Vec::new();
        for duties in [true, false] {
            let text = sample::case(plugin, *stage, duties, rules);
            let source =
                SourceFile::new("a made-up case", text.as_bytes()).map_err(|problem| vec![problem])?;
            match case::read(&source, plugin) {
                Ok(file) => read.push(Case { file, path: None }),
                Err(problems) => unread.extend(problems),
            }
        }
        let answers = |case: &Case| plugin.estimate(&case.file.case).is_ok();
        let best = read.iter().position(answers).unwrap_or(0);
        cases.extend(read.into_iter().nth(best));
    }
    if cases.is_empty() && !unread.is_empty() { Err(unread) } else { Ok(cases) }
}

struct Checking<'a> {
    question: Question<'a>,
    rules: Option<Provided<'a>>,
    plugin: Arc<Plugin>,
    checked: Checked,
    findings: Vec<Diagnostic>,
}

impl<'a> Checking<'a> {
    fn new(question: Question<'a>, plugin: Arc<Plugin>, mut checked: Checked) -> Self {
        let about = &plugin.description;
        checked.id = Some(about.id.to_string());
        checked.version = Some(about.version.clone());
        checked.stages = about.stages.iter().map(ToString::to_string).collect();
        let rules = question.rules.map(|(rules, _)| Provided::of(rules));
        Self { question, rules, plugin, checked, findings: Vec::new() }
    }

    fn all(mut self) -> Result<Checked, Vec<Diagnostic>> {
        let plugin = Arc::clone(&self.plugin);
        let file = self.question.wasm.file_name().unwrap_or_default().to_string_lossy();
        self.findings.extend(description::findings(&plugin.description, &file));
        if let Some(schema) = &plugin.description.settings_schema {
            self.findings.extend(schema::findings(schema));
        }
        if let Some((_, folder)) = self.question.rules {
            self.needs(folder);
        }
        let cases = self.cases();
        // A second engine, which shares nothing with the first.
        let other = Loading::new()?.load(self.question.wasm)?.plugin;
        let asked = probe::ask(&plugin, &other, &cases, &mut self.findings);
        self.answers(&asked);
        if !self.checked.made_up {
            self.unused(&asked);
            self.stages_without_case(&cases);
        }
        self.findings.extend(labels::findings(&asked));
        let whole = |finding: Diagnostic| match (&finding.place, &finding.file) {
            (None, None) => finding.in_file(&self.checked.file),
            _ => finding,
        };
        let findings = std::mem::take(&mut self.findings).into_iter().map(whole).collect();
        Ok(counted(self.checked, findings))
    }

    /// What the rule folder has for it, and who binds it.
    fn needs(&mut self, folder: &Path) {
        let Some(rules) = self.rules else { return };
        let plugin = Arc::clone(&self.plugin);
        let bound = rules.bound(&plugin.description.id);
        if bound.is_empty() {
            let message = format!("no file in {} binds `{}`", folder.display(), plugin.description.id);
            self.findings.push(Diagnostic::note(message).help("the lines that would are below"));
            self.checked.to_bind = Some(sample::to_bind(&plugin.description, rules));
            for need in &plugin.description.facts {
                self.findings.extend(fact(need, rules));
            }
        } else {
            self.findings.extend(rules.problems(&plugin));
            let fed = |need: &&Need| rules.demands(need).is_empty();
            for need in plugin.description.demands.iter().filter(fed) {
                let message =
                    format!("no obligation in {} feeds the demand `{}`", folder.display(), need.name);
                let help = format!(
                    "let one say `requires: {{{}: …}}`, a fact or param that is a {}; or take the demand out",
                    need.name, need.value_type
                );
                self.findings.push(Diagnostic::note(message).help(help));
            }
        }
        self.checked.bound = Some(bound);
    }

    /// Those there are, or made-up ones.
    fn cases(&mut self) -> Vec<Case> {
        let mut cases = Vec::new();
        for path in self.question.cases {
            match read_case(path, &self.plugin) {
                Ok(case) => cases.push(case),
                Err(problems) => self.findings.extend(problems),
            }
        }
        if !self.question.cases.is_empty() {
            return cases;
        }
        self.checked.made_up = true;
        let help = "write one, as `cases/first.yaml`, or record one: `landfall explain STRATEGY --market M --stage S --record-case FILE`";
        match made_up(&self.plugin, self.rules) {
            Ok(cases) => {
                let message = "it has no cases: it was asked a made-up one, which says little";
                self.findings.push(Diagnostic::note(message).help(help));
                cases
            }
            Err(problems) => {
                let why = problems.first().map(ToString::to_string).unwrap_or_default();
                let message = format!("it has no cases, and none could be made up: {why}");
                self.findings.push(Diagnostic::warning(message).help(help));
                Vec::new()
            }
        }
    }

    /// What a call took, and what it should not have done.
    fn answers(&mut self, asked: &[Asked<'_>]) {
        let limits = self.plugin.limits().clone();
        for asked in asked {
            let case = &asked.case.file;
            let used = asked.answer.as_ref().map(|estimate| headroom::of_call(&estimate.used, &limits));
            match &used {
                Ok(used) => self.close(&case.name, used),
                Err(error) if !asked.is_expected() => {
                    self.findings.extend(failed(&case.name, error, self.checked.made_up))
                }
                Err(_) => {}
            }
            self.checked.cases.push(CheckedCase {
                name: case.name.to_string(),
                file: asked.case.path.clone(),
                stage: case.case.stage.to_string(),
                failure: asked.answer.as_ref().err().map(|error| error.failure.to_string()),
                used: used.unwrap_or_default(),
            });
        }
    }

    fn close(&mut self, case: &str, used: &[PluginUse]) {
        for used in used.iter().filter(|used| used.per_mille > CLOSE) {
            let message = format!(
                "the case `{case}` takes {} % of the limit `{}`: {}",
                used.per_mille.div_ceil(10),
                used.limit,
                headroom::show(used)
            );
            self.findings.push(Diagnostic::warning(message).help(advice(used.limit)));
        }
    }

    /// Needs that no line of any case rests on.
    fn unused(&mut self, asked: &[Asked<'_>]) {
        let answers: Vec<&Estimate> = asked.iter().filter_map(|asked| asked.answer.as_ref().ok()).collect();
        type Kind = (&'static str, Vec<String>, fn(u32) -> Ground);
        if answers.iter().all(|answer| answer.lines.is_empty()) {
            return;
        }
        let used = |ground: Ground| {
            answers.iter().any(|answer| answer.lines.iter().any(|line| line.used.contains(&ground)))
        };
        let about = &self.plugin.description;
        let names = |needs: &[Need]| needs.iter().map(|need| need.name.clone()).collect::<Vec<_>>();
        let choices = about.choices.iter().map(|choice| choice.id.to_string()).collect();
        let kinds: [Kind; 4] = [
            ("fact", names(&about.facts), Ground::Fact),
            ("param", names(&about.params), Ground::Param),
            ("choice", choices, Ground::Choice),
            ("demand", names(&about.demands), Ground::Demand),
        ];
        for (kind, names, ground) in kinds {
            let unused = (0..).zip(names).filter(|(place, _)| !used(ground(*place)));
            for (_, name) in unused {
                let message = format!("no line of any case rests on the {kind} `{name}`");
                let help = "name it in `used` of the lines it decides, write a case in which it matters, or take the need out";
                self.findings.push(Diagnostic::note(message).help(help));
            }
        }
    }

    fn stages_without_case(&mut self, cases: &[Case]) {
        for stage in &self.plugin.description.stages {
            if !cases.iter().any(|case| case.file.case.stage == *stage) {
                let message = format!("no case asks it for {stage}");
                let help =
                    format!("write one with `stage: {stage}`, or take the stage out of its description");
                self.findings.push(Diagnostic::note(message).help(help));
            }
        }
    }
}

/// A fact that nobody binds the plugin for yet: what a host would say once somebody does.
fn fact(need: &Need, rules: Provided<'_>) -> Option<Diagnostic> {
    let wanted = need.value_type;
    match rules.fact(&need.name) {
        Some(fact) if fact.value_type == wanted => None,
        Some(fact) => {
            let found = fact.value_type;
            let message = format!("it needs the fact `{}` as a {wanted}, and it is a {found}", need.name);
            Some(
                Diagnostic::error(message).help(format!("read it as a {found}, or declare it as a {wanted}")),
            )
        }
        // A local fact is declared by whoever binds the plugin.
        None if need.name.starts_with("local.") => None,
        None => {
            let (scope, name) = need.name.split_once('.').unwrap_or(("market", &need.name));
            let names = rules.fact_names();
            let message = format!("it needs the fact `{}`, which facts.yaml does not declare", need.name);
            let mean = did_you_mean(&need.name, names.iter().map(String::as_str));
            let help =
                format!("add `{name}: {{type: {wanted}, doc: …}}` under `{scope}:` in facts.yaml; {mean}");
            Some(Diagnostic::error(message).help(help))
        }
    }
}

/// What to say of a case that was answered by a failure nobody expects.
fn failed(case: &str, error: &CallError, made_up: bool) -> Option<Diagnostic> {
    let message = format!("the case `{case}`: {error}");
    let help = match &error.failure {
        Failure::NeedsFact { .. } | Failure::NeedsParam { .. } | Failure::Refused { .. } => {
            let help = "write a case that it answers";
            return made_up.then(|| Diagnostic::note(message).help(help));
        }
        Failure::OutOfTime { .. } | Failure::HostOutOfMemory => {
            let help = "check again when the machine is less busy";
            return Some(Diagnostic::note(message).help(help));
        }
        Failure::OutOfFuel { .. } => advice("fuel"),
        Failure::OutOfMemory { .. } => advice("memory"),
        Failure::TooMuchData { .. } => advice("returned"),
        Failure::TooManyLines { .. } => advice("lines"),
        Failure::TableTooLarge { .. } => advice("table_elements"),
        Failure::StackOverflow { .. } => "use a loop where it calls itself, and no large values on the stack",
        Failure::Trapped { .. } => "answer with a typed failure: `refused`, and why",
        Failure::BadSpread { .. } => "put the three in order, from 0: low ≤ likely ≤ high",
        Failure::QuantityMismatch { .. } => {
            "multiply exactly and round once, half to even, as the SDK's `Cost::count` does"
        }
        Failure::DuplicateLine { .. } => {
            "give each line of one obligation a label of its own, or add them up"
        }
        Failure::BadIndex { .. } => "count from 0, in the order of the description and of the case",
        Failure::BadText { .. } => "write a short label of printable characters",
        Failure::TooManyGrounds { .. } => "name only what decides the line",
        Failure::TooManyParts { .. } => "link it into fewer modules",
        Failure::Malformed { .. } => "return what `stage.wit` says, as the SDK does",
        Failure::HostPanicked { .. } => "tell whoever makes landfall, with the file",
    };
    Some(Diagnostic::error(message).help(help))
}

/// What to do about a limit that is near.
fn advice(limit: &str) -> &'static str {
    match limit {
        "fuel" => "do less per call: no work that is the same for every case, no text where a number will do",
        "memory" => "hold less at once; an operator may allow more under `limits: plugins:` in landfall.yaml",
        "returned" | "lines" => "sum up: one line for what is decided and explained together",
        "table_elements" => "link fewer functions that are called by address",
        _ => "log less: a host keeps no more than this, and drops the rest",
    }
}
