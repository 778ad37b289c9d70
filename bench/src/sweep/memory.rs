//! The most memory that the program as it is shipped has resident while it sweeps.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use crate::{failed::Failed, setting::Setting};

/// How often the kernel is asked. It keeps the highest itself, so only the last moment can be missed.
const EVERY: Duration = Duration::from_millis(5);

/// In bytes.
pub(super) fn most(
    setting: &Setting,
    rules: &Path,
    strategy: &Path,
    varied: &[(&str, &str)],
    samples: u64,
) -> Result<f64, Failed> {
    let program = setting.program()?;
    let mut command = Command::new(&program);
    command.arg("sweep").arg(strategy).arg("--rules").arg(rules).arg("--plugins").arg(setting.plugins());
    command.args(["--format", "json", "--samples", &samples.to_string()]);
    for (path, range) in varied {
        command.arg("--vary").arg(format!("{path}={range}"));
    }
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = child.map_err(Failed::io("run", &program))?;
    let mut most = 0.0_f64;
    loop {
        most = most.max(highest(child.id()).unwrap_or_default());
        if let Some(status) = child.try_wait().map_err(Failed::new)? {
            return match status.success() && most > 0.0 {
                true => Ok(most),
                false => Err(Failed(format!("a sweep of {samples} samples ended with {status}"))),
            };
        }
        thread::sleep(EVERY);
    }
}

/// `VmHWM` of a process that still runs.
fn highest(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0)
}
