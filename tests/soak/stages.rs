//! The course of a run: lives that are killed, then one long life that is measured, then the sums.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{ask, counts::row, editors::Editors, life::Life, random::Random, shared::Shared};

/// Of each hundred seconds, those in which hosts are killed.
const KILLING: u32 = 55;

/// Beyond these a state folder grows without bound: 256 compiled plugins of about 100 KB, 200 generations, a log.
const MOST_STATE_BYTES: u64 = 256 << 20;
const MOST_STATE_FILES: usize = 300;

/// Generations that history keeps.
const KEPT: u64 = 200;

/// Images of plugins in memory: each of the generations at hand may have other builds of both.
const MOST_IMAGES: usize = 64;

/// What one looks at when nobody asks or edits.
#[derive(Debug)]
struct Measured {
    descriptors: Vec<String>,
    memory: u64,
}

/// The first life, before anybody edits: when everything is served, all of it has a last good version.
pub(crate) fn first(shared: &Shared) -> Life {
    let mut life = born(shared).unwrap();
    let all_live = || {
        let status = ask::get(&shared.socket(), "/v1/status").unwrap();
        let status: Value = serde_json::from_str(&status.body).unwrap();
        status["items"].as_array().unwrap().iter().all(|item| item["state"] == "live")
    };
    life.until("everything is served", all_live).unwrap();
    life
}

/// All the rest; returns what was measured, as lines of a table.
pub(crate) fn run(shared: &Shared, editors: &Editors, first: Life, length: Duration) -> String {
    let mut table = String::new();
    if let Err(why) = course(shared, editors, first, length, &mut table) {
        shared.wrong(why);
    }
    table
}

fn course(
    shared: &Shared,
    editors: &Editors,
    first: Life,
    length: Duration,
    table: &mut String,
) -> Result<(), String> {
    let started = Instant::now();
    let mut life = killing(shared, editors, first, started + length * KILLING / 100)?;
    let warm_up = Instant::now() + length.saturating_sub(started.elapsed()) / 3;
    lived_until(shared, &mut life, warm_up)?;
    let warm = measured(shared, &life)?;
    let head = said(shared, &["audit", "head"])?;
    lived_until(shared, &mut life, started + length)?;
    let end = measured(shared, &life)?;
    // From here on nobody need be answered.
    shared.end();
    table_of(shared, &warm, &end, table);
    held(&warm, &end)?;
    state(shared, table)?;
    row(table, "generations listed at the end", nothing_lost(shared)?);
    // The log of all lives is one chain, and goes on from where it was.
    said(shared, &["audit", "verify", "--head", head.trim()])?;
    stopped(shared, life)?;
    said(shared, &["audit", "verify", "--head", head.trim(), "--state", "state"]).map(drop)
}

/// What a verb puts out that must end well.
fn said(shared: &Shared, arguments: &[&str]) -> Result<String, String> {
    let ran = shared.world.command(arguments).output().map_err(|error| error.to_string())?;
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    match ran.status.success() {
        true => Ok(out.into_owned()),
        false => Err(format!("landfall {}: {}\n{out}{err}", arguments.join(" "), ran.status)),
    }
}

/// One life after another; returns the one that is left alive.
fn killing(shared: &Shared, editors: &Editors, first: Life, until: Instant) -> Result<Life, String> {
    let mut random = Random::new(shared.seed, "killer");
    let mut life = first;
    while Instant::now() < until && !shared.is_over() {
        let ends = Instant::now() + Duration::from_millis(200 + random.below(5_000));
        lived_until(shared, &mut life, ends)?;
        match random.percent(25) {
            true => stopped(shared, life)?,
            false => killed(shared, editors, life, &mut random)?,
        }
        life = born(shared)?;
    }
    Ok(life)
}

/// Half the time so soon after an edit that it is being taken in.
fn killed(shared: &Shared, editors: &Editors, life: Life, random: &mut Random) -> Result<(), String> {
    if random.percent(50) {
        editors.edit(shared, random).map_err(|error| error.to_string())?;
        sleep(Duration::from_millis(random.below(250)));
        shared.counts.during_reload.add();
    }
    shared.turn();
    life.end(Signal::KILL)?;
    shared.counts.kills.add();
    Ok(())
}

fn born(shared: &Shared) -> Result<Life, String> {
    let starting = shared.starting.lock().unwrap();
    let life = Life::start(&shared.world)?;
    drop(starting);
    shared.counts.lives.add();
    nothing_lost(shared)?;
    shared.turn();
    Ok(life)
}

/// Whatever answered was accepted, so it is in history, whatever ended since: unless it is too long ago. Returns how many
/// are listed.
fn nothing_lost(shared: &Shared) -> Result<usize, String> {
    let named = shared.seen.generations();
    let listed = ask::get(&shared.socket(), "/v1/generations").map_err(|error| error.to_string())?;
    let listed: Value = serde_json::from_str(&listed.body).map_err(|error| error.to_string())?;
    let listed: BTreeMap<u64, &str> = listed["generations"]
        .as_array()
        .ok_or("no generations")?
        .iter()
        .filter_map(|row| Some((row["number"].as_u64()?, row["generation"].as_str()?)))
        .collect();
    let newest = listed.keys().next_back().copied().unwrap_or_default();
    for (number, digest) in named.range((newest + 1).saturating_sub(KEPT)..) {
        match listed.get(number) {
            Some(found) if found == digest => {}
            other => return Err(format!("generation {number} was {digest}, and is listed as {other:?}")),
        }
    }
    Ok(listed.len())
}

fn stopped(shared: &Shared, life: Life) -> Result<(), String> {
    shared.turn();
    let status = life.end(Signal::TERM)?;
    shared.counts.stops.add();
    match status.success() {
        true => Ok(()),
        false => Err(format!("told to stop, the host ended with {status}")),
    }
}

/// Lets it live.
fn lived_until(shared: &Shared, life: &mut Life, when: Instant) -> Result<(), String> {
    while Instant::now() < when && !shared.is_over() {
        if let Some(status) = life.ended() {
            shared.turn();
            return Err(format!("the host ended by itself: {status}"));
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Has everybody be quiet, and counts when nothing comes and goes any more.
fn measured(shared: &Shared, life: &Life) -> Result<Measured, String> {
    let _quiet = shared.quiet.write().unwrap();
    ask::post(&shared.socket(), "/v1/reload", "").map_err(|error| error.to_string())?;
    let mut last = Vec::new();
    for _ in 0..600 {
        let now = (life.descriptors(), life.children().len());
        last.push(now.clone());
        if last.iter().rev().take_while(|before| **before == now).count() >= 10 && life.zombies() == 0 {
            return Ok(Measured { descriptors: now.0, memory: life.memory() });
        }
        sleep(Duration::from_millis(50));
    }
    Err(format!(
        "descriptors and children come and go while nobody asks or edits, or {} stay dead",
        life.zombies()
    ))
}

fn table_of(shared: &Shared, warm: &Measured, end: &Measured, table: &mut String) {
    let generations = shared.seen.generations();
    row(table, "generations answered from", generations.len());
    row(table, "of these with other contents", generations.values().collect::<BTreeSet<_>>().len());
    row(table, "descriptors, warmed up", warm.descriptors.len());
    row(table, "descriptors, at the end", end.descriptors.len());
    row(table, "memory, warmed up (MiB)", warm.memory >> 10);
    row(table, "memory, at the end (MiB)", end.memory >> 10);
}

/// Flat: what is compiled, kept or asked meanwhile may differ by some, and not by more and more.
fn held(warm: &Measured, end: &Measured) -> Result<(), String> {
    let (warm_images, warm_others) = split(&warm.descriptors);
    let (images, others) = split(&end.descriptors);
    if others.len() > warm_others.len() + 1 || images > warm_images.max(MOST_IMAGES) {
        return Err(format!("{:#?}\nbecame\n{:#?}", warm.descriptors, end.descriptors));
    }
    if end.memory > warm.memory * 5 / 4 + (32 << 10) {
        return Err(format!("{} KiB of memory became {}", warm.memory, end.memory));
    }
    Ok(())
}

/// How many images of plugins, and what else.
fn split(descriptors: &[String]) -> (usize, Vec<&String>) {
    let (images, others): (Vec<&String>, Vec<&String>) =
        descriptors.iter().partition(|lead| lead.starts_with("/memfd:"));
    (images.len(), others)
}

fn state(shared: &Shared, table: &mut String) -> Result<(), String> {
    let (bytes, files) = shared.world.state();
    row(table, "state folder (MiB)", bytes >> 20);
    row(table, "files in it", files);
    match bytes <= MOST_STATE_BYTES && files <= MOST_STATE_FILES {
        true => Ok(()),
        false => Err(format!("the state folder has grown to {bytes} bytes in {files} files")),
    }
}
