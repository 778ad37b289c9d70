//! `cargo xtask zoo`: hostile plugins and generated ones in the folder of a running host, for as many as are
//! asked for. What is run are end-to-end tests; this builds what they drive, and tells them how much.

use crate::{
    plugins,
    project::{Failed, Project, succeed},
    say,
};

/// What to run.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    modules: u64,
    seed: u64,
}

/// The verb.
pub(crate) fn run(project: &Project, arguments: &[&str]) -> Result<(), Failed> {
    let asked = read(arguments)?;
    plugins::build(project, &["plugins", "tests/guests"])?;
    project.run_cargo(&["build", "--package", "landfall"])?;
    // The selection of packages of `cargo xtask test`, so that nothing is built twice.
    let test = ["test", "--workspace", "--exclude", "guest-*", "--test", "e2e", "--"];
    let animals = ["zoo::every_animal_of_the_zoo_is_told_what_it_did_and_harms_nobody", "--exact"];
    let generated = ["zoo::generated::generated_modules_harm_nobody", "--exact", "--ignored", "--nocapture"];
    say::step("the zoo");
    project.run_cargo(&[&test[..], &animals].concat())?;
    say::step(&format!("{} generated modules of seed {}", asked.modules, asked.seed));
    let arguments = [&test[..], &generated].concat();
    say::command(&format!("cargo {}", arguments.join(" ")));
    let mut cargo = project.cargo(&arguments);
    cargo
        .env("LANDFALL_ZOO_MODULES", asked.modules.to_string())
        .env("LANDFALL_ZOO_SEED", asked.seed.to_string());
    succeed(&mut cargo)
}

fn read(arguments: &[&str]) -> Result<Asked, Failed> {
    let mut asked = Asked { modules: 10_000, seed: 1 };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let number = || Failed(format!("`{argument}` takes a number, as in `{argument} 1000`"));
        let mut next = || arguments.next()?.replace('_', "").parse().ok();
        match *argument {
            "--modules" => asked.modules = next().ok_or_else(number)?,
            "--seed" => asked.seed = next().ok_or_else(number)?,
            other => {
                return Err(Failed(format!("`cargo xtask zoo` has no `{other}`: write --modules or --seed")));
            }
        }
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_words_there_are_ten_thousand_of_seed_one() {
        assert_eq!(read(&[]).unwrap(), Asked { modules: 10_000, seed: 1 });
        let asked = read(&["--modules", "1_000", "--seed", "7"]).unwrap();
        assert_eq!(asked, Asked { modules: 1_000, seed: 7 });
        assert!(read(&["--modules"]).unwrap_err().0.contains("`--modules 1000`"));
        assert!(read(&["--many"]).unwrap_err().0.contains("--modules or --seed"));
    }
}
