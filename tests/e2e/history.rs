//! What outlives the process: a host is killed and started again, rolled back and let go of.

use rustix::process::Signal;

use crate::site::Site;

const GB_C: &str = "market-selection: {fixed-cost: {amount: 700000 CNY}}";
const GB_C_71: &str = "market-selection: {fixed-cost: {amount: 710000 CNY}}";

#[test]
fn a_killed_host_begins_where_it_ended() {
    let site = Site::seed();
    let mut host = site.serve();
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    host.wait_for_number(2);
    let before = host.query("seed.yaml");
    host.end(Signal::KILL);
    // Broken while nobody looked: the file, a plugin, and what both need.
    site.put("rules/gb.yaml", "schema: [");
    site.put("plugins/fixed-cost.wasm", "no plugin");

    let host = site.serve();
    let answer = host.query("seed.yaml");
    assert_eq!(answer.bytes(), before.bytes());
    assert_eq!(answer.number(), 2);
    let stale = answer.json["served"]["stale_items"].as_array().unwrap();
    let files: Vec<_> = stale.iter().map(|item| (&item["file"], &item["state"])).collect();
    assert_eq!(
        files,
        [(&"gb.yaml".into(), &"last_good".into()), (&"fixed-cost.wasm".into(), &"last_good".into())]
    );
    assert!(stale[0]["at"] == "gb.yaml:2:1", "{stale:?}");
}

#[test]
fn a_rollback_holds_over_a_restart() {
    let site = Site::seed();
    let mut host = site.serve();
    let first = host.query("seed.yaml");
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    host.wait_for_number(2);
    let generations = site.run(&["generations"]).exits(0);
    generations.shows("gb.yaml changed");
    generations.shows("the first generation");

    site.run(&["rollback", "1"]).exits(0).shows("every file is held at generation 1, until `landfall unpin`");
    let back = host.query("seed.yaml");
    assert_eq!((back.bytes(), back.number()), (first.bytes(), 3));
    host.end(Signal::KILL);

    let host = site.serve();
    assert_eq!(host.query("seed.yaml").bytes(), first.bytes());
    assert_eq!(host.number(), 3);
    site.run(&["status"]).exits(6).shows("another version is on disk, and waits for `landfall unpin`");
    site.run(&["unpin"]).exits(0).shows("generation 4");
    host.query("seed.yaml").comes_to("34050000.0000");
    // The past can still be asked, by number and by digest.
    let past = site.run(&["query", "seed.yaml", "--generation", "1", "--format", "json"]).exits(0);
    assert_eq!(past.json()["served"]["number"], 1);
    assert_eq!(past.json()["answer"], first.json["answer"]);
}

#[test]
fn a_pinned_file_stays_as_it_was() {
    let site = Site::seed();
    let mut host = site.serve();
    site.run(&["pin", "gb.yaml"]).exits(0);
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    assert_eq!(host.reload(), 1);
    host.query("seed.yaml").comes_to("34000000.0000");
    host.end(Signal::TERM);
    let mut host = site.serve();
    host.wait_for_state("gb.yaml", "pinned");
    host.query("seed.yaml").comes_to("34000000.0000");
    site.run(&["unpin", "gb.yaml"]).exits(0);
    host.query("seed.yaml").comes_to("34050000.0000");
}

#[test]
fn what_cannot_be_done_is_said() {
    let site = Site::seed();
    let _host = site.serve();
    let table: [(&[&str], &str, &str); 4] = [
        (&["rollback", "9"], "no generation `9` is kept", "history has 1 to 1: see `landfall generations`"),
        (&["pin", "fr.yaml"], "nothing is served of `fr.yaml`", "did you mean `br.yaml`?"),
        (&["unpin", "br.yaml"], "`br.yaml` is not held", "no file is held"),
        (&["unpin"], "nothing is held", "see `landfall status`"),
    ];
    for (args, message, help) in table {
        let refused = site.run(args).exits(1);
        refused.says(message);
        refused.says(help);
    }
}
