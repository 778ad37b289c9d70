//! The process that serves `peers/sweep/openfisca.py`: lines of JSON both ways, and its own clock around its own work.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use super::{Sample, VARIED};
use crate::{failed::Failed, setting::Setting};

/// Ended when it is dropped.
pub(super) struct OpenFisca {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl OpenFisca {
    /// In an environment of its own, made where it is missing.
    pub(super) fn start(setting: &Setting) -> Result<Self, Failed> {
        let sources = setting.root.join("bench/peers/sweep");
        let python = environment(setting, &sources.join("requirements.txt"))?;
        let mut command = Command::new(&python);
        command.arg(sources.join("openfisca.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(Failed::io("run", &python))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok(Self { child, stdin, stdout: BufReader::new(stdout) }),
            _ => Err(Failed::new("OpenFisca has no pipes")),
        }
    }

    /// J of each sample, in ten-thousandths.
    pub(super) fn check(&mut self, folder: &Path, samples: &[Sample]) -> Result<Vec<f64>, Failed> {
        let mut text = VARIED.map(|(path, _)| path).join(",") + "\n";
        for sample in samples {
            let inputs = sample.inputs.map(|input| input.to_string()).join(",");
            let _ = writeln!(text, "{inputs}");
        }
        let path = folder.join("samples.csv");
        fs::write(&path, text).map_err(Failed::io("write", &path))?;
        let found = self.ask(&json!({ "check": path }))?;
        let found: Vec<f64> = serde_json::from_value(found).map_err(Failed::new)?;
        Ok(found.into_iter().map(|objective| objective * 10_000.0).collect())
    }

    /// Drawing, computing and percentiles of so many markets, so many times.
    pub(super) fn time(&mut self, times: u64, markets: u64) -> Result<Duration, Failed> {
        let mut took = 0.0;
        for _ in 0..times {
            took += self.ask(&json!({ "time": markets }))?.as_f64().unwrap_or_default();
        }
        Ok(Duration::from_secs_f64(took))
    }

    fn ask(&mut self, asked: &Value) -> Result<Value, Failed> {
        writeln!(self.stdin, "{asked}").map_err(Failed::new)?;
        let mut line = String::new();
        self.stdout.read_line(&mut line).map_err(Failed::new)?;
        serde_json::from_str(&line)
            .map_err(|_| Failed(format!("OpenFisca does not answer {asked}: `{line}`")))
    }
}

impl Drop for OpenFisca {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Python with what the requirements name, and nothing else. Made again where they have changed.
fn environment(setting: &Setting, requirements: &Path) -> Result<PathBuf, Failed> {
    let folder = setting.target.join("bench-python");
    let python = folder.join("bin/python");
    let wanted = fs::read(requirements).map_err(Failed::io("read", requirements))?;
    let made = folder.join("made-of");
    if fs::read(&made).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Failed::io("remove", &folder))?;
    }
    let mut venv = Command::new("python3");
    done(venv.args(["-m", "venv"]).arg(&folder))?;
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--requirement",
    ]);
    done(pip.arg(requirements))?;
    fs::write(&made, wanted).map_err(Failed::io("write", &made))?;
    Ok(python)
}

fn done(command: &mut Command) -> Result<(), Failed> {
    let said = format!("{command:?}");
    let status = command.stdout(Stdio::null()).status();
    match status.map_err(|error| Failed(format!("{said}: {error}")))?.success() {
        true => Ok(()),
        false => Err(Failed(format!("OpenFisca cannot be installed: {said} failed"))),
    }
}
