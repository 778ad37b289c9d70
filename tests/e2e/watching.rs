//! `landfall reload --wait`: what is on disk at the call is served or refused when it returns, and it says why.
//!
//! How files are written in life is tried in `host/src/watch/tests.rs`, with the same watcher and no process.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use crate::{host::Host, site::Site};

const GB_C: &str = "{amount: 700000 CNY}";

#[test]
fn reload_says_of_each_item_why_it_is_not_live() {
    let site = Site::seed();
    let _host = site.serve();
    let fine = site.run(&["reload", "--wait"]).exits(0);
    assert!(fine.out.ends_with("; everything on disk is live\n"), "{}", fine.out);

    site.edit("rules/gb.yaml", GB_C, "{amount: 700000}");
    site.put("rules/br.yaml", "schema: [");
    site.put("rules/notes.txt", "");
    let ran = site.run(&["reload", "--wait"]).exits(6);
    ran.shows("; 3 items not live:\n");
    ran.shows("  gb.yaml last_good: gb.yaml:12:43: ");
    ran.shows("  br.yaml last_good: br.yaml:2:1: ");
    ran.shows("  notes.txt refused: `notes.txt` does not belong here and is not read\n");

    let json = site.run(&["reload", "--wait", "--format", "json"]).exits(6).json();
    assert_eq!(json, site.run(&["status", "--format", "json"]).json());
    site.run(&["reload", "--format", "json"]).exits(2).says("--wait");
}

#[test]
fn after_each_reload_of_two_hundred_in_a_storm_the_last_content_is_served() {
    let site = Site::seed();
    let mut host = site.serve();
    let over = AtomicBool::new(false);
    let texts =
        ["br", "cn", "in"].map(|id| (format!("rules/{id}.yaml"), site.text(&format!("rules/{id}.yaml"))));
    thread::scope(|scope| {
        // Others write meanwhile, well and badly, and never what changes an answer.
        scope.spawn(|| {
            for (count, (file, text)) in texts.iter().cycle().enumerate() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let more = if count % 7 == 0 { "nonsense: [" } else { "#" };
                fs::write(site.path(file), format!("{text}\n{more} {count}\n")).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
        });
        let whole = site.text("rules/gb.yaml");
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for count in 0..200 {
                let text = whole.replace(GB_C, &format!("{{amount: {} CNY}}", 700_000 + count));
                match count % 2 {
                    0 => fs::write(site.path("rules/gb.yaml"), text).unwrap(),
                    _ => site.put("rules/gb.yaml", text),
                }
                host.reload();
                host.query("seed.yaml").comes_to(&format!("{}.0000", 34_000_000 + 5 * count));
            }
        }));
        over.store(true, Ordering::SeqCst);
        ended.unwrap_or_else(|why| std::panic::resume_unwind(why));
    });
    for (file, text) in &texts {
        site.put(file, text);
    }
    host.wait("everything is live", |status| {
        status["items"].as_array().unwrap().iter().all(|item| item["state"] == "live")
    });
}

#[test]
fn several_wait_at_once_while_plugins_are_compiled() {
    let site = Site::world();
    let mut host = Host::launch(&site, &[]);
    host.wait("it answers", |_| true);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let status = site.run(&["reload", "--wait", "--format", "json"]).json();
                for item in status["items"].as_array().unwrap() {
                    assert_ne!(item["state"], "waiting", "{item}");
                }
                assert_eq!(status["number"], 1);
            });
        }
    });
}
