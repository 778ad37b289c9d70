//! How things end: signals, sockets, and the exit code of every verb.

use std::time::Duration;

use rustix::process::Signal;

use crate::{host::Host, site::Site};

#[test]
fn a_host_told_to_stop_leaves_no_socket() {
    for signal in [Signal::TERM, Signal::INT] {
        let site = Site::seed();
        let mut host = site.serve();
        assert!(host.socket().exists());
        let status = host.end(signal);
        assert!(status.success(), "{status} after {signal:?}\n{}", host.log());
        assert!(!host.socket().exists());
        assert!(host.log().contains("stopped"));
        site.run(&["status"]).exits(5);
    }
}

#[test]
fn a_live_socket_is_an_error_and_a_dead_one_is_replaced() {
    let site = Site::seed();
    let mut first = site.serve();
    let serve = ["serve", "--rules", "rules", "--plugins", "plugins"];
    site.run(&serve).exits(1).says("in use by another host");
    let elsewhere = [serve.as_slice(), &["--state", "elsewhere"]].concat();
    site.run(&elsewhere).exits(1).says("default.sock");
    // Killed, it cannot clean up.
    first.end(Signal::KILL);
    assert!(first.socket().exists());
    drop(first);
    let second = site.serve();
    second.query("seed.yaml").comes_to("34000000.0000");
}

#[test]
fn a_host_can_be_told_to_stop_while_it_loads() {
    let site = Site::world();
    let mut host = Host::launch(&site, &[]);
    std::thread::sleep(Duration::from_millis(50));
    host.end(Signal::TERM);
    assert!(!host.socket().exists());
}

#[test]
fn every_exit_code_can_be_had() {
    let site = Site::seed();
    let none = site.run(&["query", "seed.yaml"]).exits(5);
    none.says("no host answers at unix:");
    none.says("landfall serve");
    site.run(&["query"]).exits(2);
    site.run(&["query", "seed.yaml", "--rules", "rules"]).exits(2);
    site.run(&["status", "--host", "ftp:x"]).exits(2);
    site.run(&["frobnicate"]).exits(2);
    site.hostless(&["query", "absent.yaml"]).exits(3).says("absent.yaml");
    site.hostless(&["query", "seed.yaml", "--set", "markets.zz.weight=1"]).exits(3);
    site.hostless(&["query", "seed.yaml"]).exits(0);
    site.hostless(&["status"]).exits(0);
    site.run(&["check", "--rules", "rules", "--plugins", "plugins", "seed.yaml"]).exits(0);
    site.run(&["serve", "--rules", "rules", "--plugins", "plugins", "--listen", "tcp:0.0.0.0:1"]).exits(2);
    site.put("plugins/x.wasm", b"noise");
    site.hostless(&["status"]).exits(6);
    site.run(&["check", "--rules", "rules", "--plugins", "plugins"]).exits(3).says("x.wasm");
    site.remove("plugins/x.wasm");
    // A market without one of its stages.
    site.edit("rules/gb.yaml", "  output:           {fixed-cost: {amount: 450000 CNY}}\n", "");
    let incomplete = site.hostless(&["query", "seed.yaml", "--format", "json"]).exits(4).json();
    assert_eq!(incomplete["answer"]["status"], "incomplete");
    assert!(incomplete["answer"]["objective"].is_null() && incomplete["answer"]["spend"].is_null());
    site.hostless(&["explain", "seed.yaml"]).exits(4);
}

#[test]
fn loopback_answers_and_does_not_administer() {
    let site = Site::seed();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let tcp = format!("tcp:127.0.0.1:{port}");
    let socket = format!("unix:{}", site.path("run/landfall/default.sock").display());
    std::fs::create_dir(site.path("run/landfall")).unwrap();
    let host = Host::start(&site, &["--listen", &tcp, "--listen", &socket]);
    site.run(&["query", "seed.yaml", "--host", &tcp]).exits(0).shows("3,400.00");
    site.run(&["reload", "--wait", "--host", &tcp]).exits(1);
    site.command(&["status"]).env("LANDFALL_HOST", &tcp).output().unwrap();
    drop(host);
}

#[test]
fn logs_are_json_where_asked_for() {
    let site = Site::seed();
    let host = Host::start(&site, &["--log-format", "json"]);
    site.put("rules/zz.yaml", "id: zz");
    host.reload();
    let log = host.log();
    assert!(!log.is_empty());
    for line in log.lines() {
        let line: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["level"].is_string() && line["timestamp"].is_string(), "{line}");
    }
    assert!(log.contains("zz.yaml"), "{log}");
}

#[test]
fn shells_complete_it() {
    let site = Site::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = site.run(&["completions", shell]).exits(0);
        for verb in ["serve", "query", "explain", "status", "check", "reload", "completions"] {
            script.shows(verb);
        }
        assert!(script.err.is_empty());
    }
    site.run(&["completions", "tcsh"]).exits(2);
}

#[test]
fn colours_and_progress_stay_off_a_pipe() {
    let site = Site::seed();
    for arguments in [["query", "seed.yaml"], ["explain", "seed.yaml"]] {
        let ran = site.hostless(&arguments).exits(0);
        assert!(!ran.out.contains('\x1b') && !ran.err.contains('\x1b'), "{ran:?}");
    }
}
