//! `cargo xtask demo`: the whole of it in one go, with every command shown as it is run.
//!
//! It works in a folder of its own below the temporary folder, with private sockets, and removes all of it,
//! also when something fails. It checks what it shows: a demo that shows a wrong number fails.

mod edited_plugin;
mod workplace;

use std::time::Instant;

use self::workplace::Workplace;
use crate::{
    plugins,
    project::{Failed, Project},
    say,
};

/// The verb.
pub(crate) fn run(project: &Project) -> Result<(), Failed> {
    let started = Instant::now();
    say::step("build the program and the plugins");
    project.run_cargo(&["build", "--package", "landfall"])?;
    plugins::build(project, &["plugins"])?;
    let built = started.elapsed().as_secs();
    show(project)?;
    let all = started.elapsed().as_secs();
    say::plain(&format!(
        "\nthe demo took {all} s, of which building took {built} s; nothing is left behind\n"
    ));
    Ok(())
}

fn show(project: &Project) -> Result<(), Failed> {
    let mut here = Workplace::new(project)?;
    say::step(&format!("a folder for this demo: {}", here.folder().display()));
    let root = project.root.display();
    here.shell(&format!("cp -R '{root}/rules/seed' '{root}/rules/world' '{root}/strategies' ."))?;
    here.shell(&format!("cp -R '{}' .", project.plugins().display()))?;

    say::step("two hosts: one on the article's five markets, one on the European Union, Germany and Brazil");
    here.serve("seed")?;
    here.serve("world")?;

    say::step("ask both");
    here.shell("landfall query strategies/seed.yaml --host unix:seed.sock")?.must_show("3,400.00 万元")?;
    here.shell("landfall query strategies/brazil-germany.yaml --host unix:world.sock")?.must_show("J ")?;

    say::step("explain one line, down to its article");
    let explain = "landfall explain strategies/brazil-germany.yaml --host unix:world.sock";
    let line = "sed -n '/br.impact_assessment.*: once/,/basis/p'";
    here.shell(&format!("{explain} --market br --stage compliance | {line}"))?.must_show("lgpd#art-38")?;

    edit_a_rule(&mut here)?;
    edit_a_plugin(project, &mut here)?;

    say::step("stop both");
    here.stop()
}

const TOTAL: &str = "landfall query strategies/seed.yaml --host unix:seed.sock | sed -n 1,5p";

fn edit_a_rule(here: &mut Workplace) -> Result<(), Failed> {
    say::step("edit a rule while the host runs: the United Kingdom's market selection, from 70 to 71");
    // With a suffix it means the same to every sed; a host passes `.bak` over.
    here.shell("sed -i.bak 's/amount: 700000 CNY/amount: 710000 CNY/' seed/gb.yaml")?;
    here.wait_for_generation("seed", 2)?;
    // Its weight is 5.
    here.shell(TOTAL)?.must_show("3,405.00 万元")
}

fn edit_a_plugin(project: &Project, here: &mut Workplace) -> Result<(), Failed> {
    say::step(
        "edit a plugin while the host runs: fixed-cost adds a contingency of 10,000 CNY to every stage",
    );
    let plugin = "landfall explain strategies/seed.yaml --host unix:seed.sock --market gb --stage culture";
    here.shell(plugin)?.must_show("fixed-cost@1.0.0")?;
    edited_plugin::build(project, here)?;
    here.wait_for_generation("seed", 3)?;
    // Five stages, and the weights sum to 15.
    here.shell(TOTAL)?.must_show("3,480.00 万元")?;
    here.shell(plugin)?.must_show("fixed-cost@1.1.0")
}
