//! What is read of a folder on disk, and what is said of the rest.

use std::{fs, path::Path};

use super::*;

fn write(folder: &Path, files: &Files) {
    fs::create_dir_all(folder).unwrap();
    for (name, text) in &files.rules {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// Two folders on disk, and a reloader of them.
struct OnDisk {
    root: tempfile::TempDir,
    folders: Folders,
    reloader: Reloader,
}

impl OnDisk {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders { rules: root.path().join("rules"), plugins: root.path().join("plugins") };
        write(&folders.rules, &world());
        fs::create_dir_all(&folders.plugins).unwrap();
        for (name, bytes) in &world().plugins {
            fs::write(folders.plugins.join(name), bytes).unwrap();
        }
        Self { root, folders, reloader: reloader() }
    }

    fn reload(&mut self) -> Arc<Published> {
        self.reloader.reload(&read_folders(&self.folders))
    }

    fn stale(&mut self) -> String {
        problems(&self.reload())
    }
}

#[test]
fn strays_are_said_and_what_editors_leave_is_not() {
    let mut disk = OnDisk::new();
    assert_eq!(disk.stale(), "");
    for name in
        [".de.yaml.swp", "#de.yaml#", "de.yaml~", "4913", "de.yaml.bak", ".hidden", "README.md", "gb.tmp"]
    {
        fs::write(disk.folders.rules.join(name), "x").unwrap();
    }
    fs::write(disk.folders.plugins.join("fixed.wasm.minisig"), "x").unwrap();
    assert_eq!(disk.stale(), "");
    fs::write(disk.folders.rules.join("gb.yml"), "x").unwrap();
    fs::write(disk.folders.rules.join("notes.txt"), "x").unwrap();
    fs::create_dir(disk.folders.rules.join("drafts")).unwrap();
    fs::write(disk.folders.plugins.join("build.log"), "x").unwrap();
    assert_eq!(
        disk.stale(),
        "build.log refused: build.log: `build.log` does not belong here and is not read (help: only `*.wasm` files are read, and folders are read flat: move it elsewhere)
drafts refused: drafts: `drafts` does not belong here and is not read (help: only `*.yaml` files are read, and folders are read flat: move it elsewhere)
gb.yml refused: gb.yml: `gb.yml` does not belong here and is not read (help: rename it to `gb.yaml`)
notes.txt refused: notes.txt: `notes.txt` does not belong here and is not read (help: only `*.yaml` files are read, and folders are read flat: move it elsewhere)
"
    );
    assert_eq!(disk.reload().generation.as_ref().unwrap().number, 1);
}

#[test]
fn a_folder_that_is_gone_or_empty_is_a_fault_and_no_deletion() {
    let mut disk = OnDisk::new();
    let before = disk.reload();
    let same = |after: &Published| {
        Arc::ptr_eq(before.generation.as_ref().unwrap(), after.generation.as_ref().unwrap())
    };
    let away = disk.root.path().join("away");
    fs::rename(&disk.folders.rules, &away).unwrap();
    let gone = disk.reload();
    assert!(same(&gone));
    assert!(problems(&gone).contains("cannot be read"), "{}", problems(&gone));
    assert_eq!(gone.items.len(), before.items.len() + 1);
    fs::create_dir(&disk.folders.rules).unwrap();
    let empty = disk.reload();
    assert!(same(&empty));
    assert!(problems(&empty).contains("has no rule file"), "{}", problems(&empty));
    // The base alone is no rule: a checkout that is half done looks like this.
    fs::copy(away.join("facts.yaml"), disk.folders.rules.join("facts.yaml")).unwrap();
    let base_only = disk.reload();
    assert!(same(&base_only));
    fs::remove_dir_all(&disk.folders.rules).unwrap();
    fs::rename(&away, &disk.folders.rules).unwrap();
    let back = disk.reload();
    assert!(same(&back));
    assert_eq!(problems(&back), "");
    // Plugins that are all gone are deleted; what they served stays.
    fs::rename(&disk.folders.plugins, disk.root.path().join("plugins-away")).unwrap();
    assert!(same(&disk.reload()));
    fs::create_dir(&disk.folders.plugins).unwrap();
    assert!(same(&disk.reload()));
}

#[test]
fn links_are_followed_inside_the_folder_only() {
    let mut disk = OnDisk::new();
    let outside = disk.root.path().join("fr.yaml");
    let french = world().member("fr", &duty("own", 2)).rules["fr.yaml"].clone();
    fs::write(&outside, &french).unwrap();
    std::os::unix::fs::symlink(&outside, disk.folders.rules.join("fr.yaml")).unwrap();
    assert_eq!(
        disk.stale(),
        "fr.yaml unavailable: fr.yaml: the file is a link that leads out of the folder, and is not followed\n"
    );
    fs::remove_file(disk.folders.rules.join("fr.yaml")).unwrap();
    fs::write(disk.folders.rules.join(".fr-1"), &french).unwrap();
    std::os::unix::fs::symlink(".fr-1", disk.folders.rules.join("fr.yaml")).unwrap();
    assert_eq!(disk.stale(), "");
    fs::remove_file(disk.folders.rules.join(".fr-1")).unwrap();
    // A link to nothing is an error, and no deletion.
    assert!(
        disk.stale().starts_with("fr.yaml last_good: fr.yaml: the file cannot be read"),
        "{}",
        disk.stale()
    );
}
