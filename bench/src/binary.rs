//! `binary`: how large the program is as it is shipped, and with `--clean-build` how long a release build takes from nothing.

use std::{
    fs,
    process::{Command, Stdio},
    time::Instant,
};

use crate::{
    failed::Failed,
    row::{Goal, Row, Unit},
    setting::Setting,
};

/// The scenario.
pub(crate) fn run(setting: &Setting) -> Result<Vec<Row>, Failed> {
    let program = setting.program()?;
    let bytes = fs::metadata(&program).map_err(Failed::io("look at", &program))?.len();
    let mebibytes = bytes as f64 / 1024.0 / 1024.0;
    let mut rows =
        vec![Row::of("binary", "the release program", Unit::Mebibytes, Goal::ReportLower, &[mebibytes])];
    match setting.clean_build {
        true => rows.push(clean_build(setting)?),
        false => eprintln!("   not measured: a release build from nothing (`--clean-build`)"),
    }
    Ok(rows)
}

/// In a folder of its own, which is removed.
fn clean_build(setting: &Setting) -> Result<Row, Failed> {
    let folder = setting.scratch("clean-build")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(&setting.root).args(["build", "--release", "--package", "landfall"]);
    command.env("CARGO_TARGET_DIR", &folder).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let status = command.status().map_err(Failed::new)?;
    let took = begun.elapsed().as_secs_f64();
    fs::remove_dir_all(&folder).map_err(Failed::io("remove", &folder))?;
    match status.success() {
        true => {
            Ok(Row::of("binary", "a release build from nothing", Unit::Seconds, Goal::ReportLower, &[took]))
        }
        false => Err(Failed(format!("the release build failed: {status}"))),
    }
}
