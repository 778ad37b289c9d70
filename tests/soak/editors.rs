//! Those who write into the watched folders, all the time, in every way that files are written.

use std::{fs, path::PathBuf, sync::Mutex, thread::sleep, time::Duration};

use serde_json::json;

use crate::{
    ask,
    contents::{self, COUNTRIES, FLEETING, PARENT, Plugin},
    guest,
    life::built,
    random::Random,
    shared::Shared,
};

/// The amounts that builds of `steady` answer, in ten-thousandths.
const BUILDS: u64 = 12;

/// Everything that editors need ready, and what each file held last that was valid.
#[derive(Debug)]
pub(crate) struct Editors {
    fixed: Vec<Vec<u8>>,
    steady: Vec<Vec<u8>>,
    failing: Vec<Vec<u8>>,
    hostile: Vec<(Vec<u8>, &'static str)>,
    slow: bool,
    /// One at a time for the moments in which a whole folder is away.
    folders: Mutex<()>,
}

impl Editors {
    /// Builds the plugins and writes the first contents.
    pub(crate) fn new(shared: &Shared, slow: bool) -> Self {
        let fixed = fs::read(built("plugins/fixed-cost.wasm")).unwrap();
        let editors = Self {
            fixed: (0..4).map(|build| with_note(&fixed, build)).collect(),
            steady: (1..=BUILDS).map(|build| guest::answers("steady", amount(build))).collect(),
            failing: vec![guest::traps("steady", 1), guest::traps("steady", 2), guest::loops("steady", 1)],
            hostile: hostile(),
            slow,
            folders: Mutex::new(()),
        };
        editors.remember(shared);
        let mut random = Random::new(shared.seed, "first contents");
        for id in COUNTRIES.iter().chain([&PARENT]) {
            let (text, rules) = contents::valid(id, &mut random);
            shared.contents.valid_rules(&text, rules);
            fs::write(shared.world.path(&format!("rules/{id}.yaml")), text).unwrap();
        }
        fs::write(shared.world.path("plugins/fixed-cost.wasm"), &editors.fixed[0]).unwrap();
        fs::write(shared.world.path("plugins/steady.wasm"), &editors.steady[0]).unwrap();
        editors
    }

    fn remember(&self, shared: &Shared) {
        for build in &self.fixed {
            shared.contents.valid_plugin(build, Plugin::Fixed);
        }
        for (build, number) in self.steady.iter().zip(1..) {
            shared.contents.valid_plugin(build, Plugin::Adds(amount(number).into()));
        }
        for build in &self.failing {
            shared.contents.valid_plugin(build, Plugin::Fails);
        }
        for (build, why) in &self.hostile {
            shared.contents.invalid(build, why);
        }
    }

    /// Edits rules until it is over.
    pub(crate) fn rules(&self, shared: &Shared, name: usize) {
        let mut random = Random::new(shared.seed, &format!("editor {name}"));
        while !shared.is_over() {
            sleep(Duration::from_millis(20 + random.below(400)));
            let _quiet = shared.quiet.read().unwrap();
            let edited = match random.below(100) {
                0..=1 => self.folder_away(shared, &mut random),
                2..=7 => remove_and_put_back(shared, &mut random),
                8..=13 => {
                    let _ = ask::post(&shared.socket(), "/v1/reload", "");
                    shared.counts.reloads.add();
                    Ok(())
                }
                14..=15 => hold(shared, &mut random),
                _ => self.edit(shared, &mut random),
            };
            shared.must("an edit", edited.map_err(|error| error.to_string()));
        }
    }

    /// Swaps plugins until it is over.
    pub(crate) fn plugins(&self, shared: &Shared) {
        let mut random = Random::new(shared.seed, "plugins");
        while !shared.is_over() {
            sleep(Duration::from_millis(100 + random.below(1_500)));
            let _quiet = shared.quiet.read().unwrap();
            let swapped = self.swap(shared, &mut random);
            shared.must("a swap", swapped.map_err(|error| error.to_string()));
        }
    }

    /// One file of rules becomes another, valid or not.
    pub(crate) fn edit(&self, shared: &Shared, random: &mut Random) -> std::io::Result<()> {
        let _here = self.folders.lock().unwrap();
        let id = file(random);
        if random.percent(35) {
            let (bytes, why) = contents::invalid(id, random);
            shared.contents.invalid(&bytes, why);
            shared.counts.invalid.add();
            return put(shared, &format!("rules/{id}.yaml"), &bytes, random);
        }
        let (text, rules) = contents::valid(id, random);
        shared.contents.valid_rules(&text, rules);
        shared.counts.valid.add();
        put(shared, &format!("rules/{id}.yaml"), text.as_bytes(), random)
    }

    fn swap(&self, shared: &Shared, random: &mut Random) -> std::io::Result<()> {
        let _here = self.folders.lock().unwrap();
        let counts = &shared.counts;
        let steady = "plugins/steady.wasm";
        match random.below(100) {
            0..=44 => {
                counts.swaps.add();
                put(shared, steady, &random.one_of(&self.steady), random)
            }
            45..=59 => {
                counts.swaps.add();
                put(shared, "plugins/fixed-cost.wasm", &random.one_of(&self.fixed), random)
            }
            60..=67 => {
                counts.hostile.add();
                put(shared, steady, &random.one_of(&self.failing), random)
            }
            68..=84 => {
                counts.hostile.add();
                put(shared, steady, &random.one_of(&self.hostile).0, random)
            }
            85..=92 => {
                counts.garbage.add();
                let bytes: Vec<u8> = (0..random.below(2_000)).map(|_| random.below(256) as u8).collect();
                shared.contents.invalid(&bytes, "random bytes");
                put(
                    shared,
                    random.one_of(&[steady, "plugins/fixed-cost.wasm", "plugins/stray.wasm"]),
                    &bytes,
                    random,
                )
            }
            93..=96 if self.slow => {
                counts.hostile.add();
                let bytes = guest::slow("slow", 1_000, random.below(1 << 40));
                shared.contents.invalid(&bytes, "nobody asks for it");
                put(shared, "plugins/slow.wasm", &bytes, random)
            }
            _ => gone(fs::remove_file(shared.world.path("plugins/stray.wasm"))),
        }
    }

    /// The whole folder of rules is away for a moment.
    fn folder_away(&self, shared: &Shared, random: &mut Random) -> std::io::Result<()> {
        let (_away, _starting) = (self.folders.lock().unwrap(), shared.starting.lock().unwrap());
        let (here, away) = (shared.world.path("rules"), shared.world.path("away"));
        shared.counts.folders.add();
        fs::rename(&here, &away)?;
        sleep(Duration::from_millis(random.below(500)));
        fs::rename(&away, &here)
    }
}

/// Everything is held at an earlier generation, or a file at what it is, for a moment: over restarts, if one comes.
fn hold(shared: &Shared, random: &mut Random) -> std::io::Result<()> {
    let highest = shared.highest();
    let to = highest.saturating_sub(random.below(20)).max(1);
    let (path, body) = match random.percent(50) && highest > 0 {
        true => ("/v1/rollback", json!({"to": to.to_string()})),
        false => ("/v1/pin", json!({"file": format!("{}.yaml", random.one_of(&COUNTRIES))})),
    };
    if let Ok(response) = ask::post(&shared.socket(), path, &body.to_string()) {
        // A file that is not served cannot be held.
        if response.status != 200 && path == "/v1/rollback" {
            return Err(std::io::Error::other(format!("to generation {to}: {}", response.body)));
        }
        shared.counts.holds.add();
    }
    sleep(Duration::from_millis(random.below(1_000)));
    let let_go = || {
        let said = ask::post(&shared.socket(), "/v1/unpin", "{}");
        said.is_ok_and(|said| said.status == 200 || said.body.contains("nothing is held"))
    };
    while !let_go() && !shared.is_over() {
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// The parent seldom: it makes everything anew.
fn file(random: &mut Random) -> &'static str {
    if random.percent(15) { PARENT } else { random.one_of(&COUNTRIES) }
}

fn remove_and_put_back(shared: &Shared, random: &mut Random) -> std::io::Result<()> {
    let id = if random.percent(70) { FLEETING } else { PARENT };
    shared.counts.removals.add();
    gone(fs::remove_file(shared.world.path(&format!("rules/{id}.yaml"))))?;
    sleep(Duration::from_millis(random.below(600)));
    let (text, rules) = contents::valid(id, random);
    shared.contents.valid_rules(&text, rules);
    put(shared, &format!("rules/{id}.yaml"), text.as_bytes(), random)
}

/// Another editor may have been faster.
fn gone(done: std::io::Result<()>) -> std::io::Result<()> {
    match done {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// As one of many programs would write it.
fn put(shared: &Shared, file: &str, bytes: &[u8], random: &mut Random) -> std::io::Result<()> {
    let path = shared.world.path(file);
    match random.below(10) {
        0..=5 => renamed(&path, bytes, random),
        6..=7 => in_place(shared, &path, bytes),
        _ => in_halves(shared, &path, bytes, random),
    }
}

/// Written beside and renamed over.
fn renamed(path: &PathBuf, bytes: &[u8], random: &mut Random) -> std::io::Result<()> {
    let name = path.file_name().unwrap().to_str().unwrap();
    let new = path.with_file_name(format!(".{name}.{}.new", random.below(1 << 40)));
    // The folder may be away: as if the editor had been asked a moment too early.
    if fs::write(&new, bytes).is_ok() {
        gone(fs::rename(&new, path))?;
    }
    Ok(())
}

/// Cut to nothing, and written at once.
fn in_place(shared: &Shared, path: &PathBuf, bytes: &[u8]) -> std::io::Result<()> {
    shared.contents.invalid(b"", "an empty file");
    gone(fs::write(path, bytes))
}

/// Its beginning, a pause, and all of it.
fn in_halves(shared: &Shared, path: &PathBuf, bytes: &[u8], random: &mut Random) -> std::io::Result<()> {
    if bytes.len() > 1 {
        let half = &bytes[..usize::try_from(random.below(bytes.len() as u64 - 1)).unwrap()];
        shared.contents.invalid(half, "half of a file");
        shared.counts.halves.add();
        gone(fs::write(path, half))?;
        sleep(Duration::from_millis(random.below(400)));
    }
    gone(fs::write(path, bytes))
}

fn amount(build: u64) -> i64 {
    i64::try_from(build * 1_000_003 + 7).unwrap()
}

/// What must be refused under the name `steady`.
fn hostile() -> Vec<(Vec<u8>, &'static str)> {
    let good = guest::answers("steady", 5);
    vec![
        (good[..good.len() / 2].to_vec(), "half of a plugin"),
        (guest::answers("other", 5), "a plugin with another id"),
        (guest::loops_at_describe("steady", 1), "a plugin that never says what it is"),
        (flipped(&good), "a plugin with flipped bits"),
        (fs::read(built("guests/guest-other-world.wasm")).unwrap(), "a plugin for another world"),
        (fs::read(built("guests/guest-loop-forever.wasm")).unwrap(), "a plugin with another id"),
        (b"\0asm\x01\0\0\0".to_vec(), "a module without anything"),
    ]
}

/// Its header no longer holds.
fn flipped(wasm: &[u8]) -> Vec<u8> {
    let mut flipped = wasm.to_vec();
    flipped[1] ^= 0x40;
    flipped
}

/// The same plugin with a custom section: another file that does the same.
fn with_note(wasm: &[u8], build: u8) -> Vec<u8> {
    let mut noted = wasm.to_vec();
    noted.extend([0, 6, 4, b'n', b'o', b't', b'e', build]);
    noted
}
