//! `cargo xtask soak`: the program under everything that can happen to it, for as long as one likes.
//!
//! The work is done by a test of its own, `tests/soak`; the plain test command runs a minute of it.

use crate::{
    plugins,
    project::{Failed, Project, succeed},
    say,
};

/// The verb.
pub(crate) fn run(project: &Project, arguments: &[&str]) -> Result<(), Failed> {
    let mut minutes = 1;
    let mut seed = None;
    let mut rest = arguments;
    while let [option, value, after @ ..] = rest {
        let number = value.parse::<u64>().map_err(|_| Failed(format!("`{value}` is no whole number")))?;
        match *option {
            "--minutes" => minutes = number.max(1),
            "--seed" => seed = Some(number),
            other => return Err(Failed(format!("`{other}` means nothing here: try --minutes or --seed"))),
        }
        rest = after;
    }
    if let [lonely] = rest {
        return Err(Failed(format!("`{lonely}` lacks its number")));
    }
    plugins::build(project, &["plugins", "tests/guests"])?;
    project.run_cargo(&["build", "--package", "landfall"])?;
    let test = [
        "test",
        "--workspace",
        "--exclude",
        "guest-*",
        "--test",
        "soak",
        "--",
        "--nocapture",
        "--test-threads=1",
    ];
    say::command(&format!("cargo {}   # {minutes} minutes", test.join(" ")));
    let mut command = project.cargo(&test);
    command.env("LANDFALL_SOAK_SECONDS", (minutes * 60).to_string());
    if let Some(seed) = seed {
        command.env("LANDFALL_SOAK_SEED", seed.to_string());
    }
    succeed(&mut command)
}
