//! Who may ask a host how: tokens, TLS, sockets for a group, and what a supervisor asks.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        net::UnixStream,
    },
    process::{Command, Stdio},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use crate::{
    host::Host,
    site::{ROOT, Ran, Site},
};

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Writes a landfall.yaml beside the folders. The default socket is always among the listeners.
fn configure(site: &Site, listen: &str, tokens: &str) {
    let socket = "{unix: run/landfall/default.sock}";
    let tokens = if tokens.is_empty() { String::new() } else { format!("tokens:\n{tokens}") };
    let text = format!("schema: landfall/config@1\nlisten: [{socket}{listen}]\n{tokens}");
    site.put("landfall.yaml", text);
    fs::set_permissions(site.path("landfall.yaml"), fs::Permissions::from_mode(0o600)).unwrap();
}

/// A new token in a file, and its line for landfall.yaml.
fn token(site: &Site, name: &str, may: &str) -> String {
    let made = site.run(&["token", "new", "--name", name, "--may", may]).exits(0);
    let token = made.out.strip_suffix('\n').unwrap();
    assert_eq!(token.len(), "lf_".len() + 43, "{token}");
    assert!(!made.err.contains(token), "the token is not repeated beside its line");
    site.put(&format!("{name}.token"), token);
    let line = made.err.lines().find(|line| line.starts_with("  - {name: ")).unwrap();
    format!("{line}\n")
}

/// Everything a socket file says to a GET.
pub(crate) fn get(host: &Host<'_>, path: &str) -> String {
    let mut stream = UnixStream::connect(host.socket()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn tokens_say_who_may_do_what_and_change_while_a_host_runs() {
    let site = Site::seed();
    let tcp = format!("127.0.0.1:{}", free_port());
    let listen = format!(", {{tcp: \"{tcp}\"}}");
    let ci = token(&site, "ci", "read");
    configure(&site, &listen, &ci);
    let mut host = Host::start(&site, &["--config", "landfall.yaml"]);
    let address = format!("tcp:{tcp}");
    let ask = |verb: &[&str], token: &str| -> Ran {
        site.run(&[verb, &["--host", &address, "--token-file", token]].concat())
    };
    ask(&["status"], "ci.token").exits(0);
    ask(&["query", "seed.yaml"], "ci.token").exits(0).shows("3,400.00");
    ask(&["reload", "--wait"], "ci.token").exits(1).says("the token `ci` may only read");
    site.run(&["reload", "--wait", "--host", &address]).exits(1).says("this address is read-only");
    site.put("wrong.token", "lf_wrong");
    ask(&["status"], "wrong.token").exits(1).says("the token is none of this host's");
    site.put("empty.token", "\n");
    ask(&["status"], "empty.token").exits(2).says("holds no token");

    // A second token holds from the next reload on; it administers.
    let ops = token(&site, "ops", "admin");
    configure(&site, &listen, &format!("{ci}{ops}"));
    host.reload();
    ask(&["reload", "--wait"], "ops.token").exits(0);
    let from_environment =
        site.command(&["reload", "--host", &address]).env("LANDFALL_TOKEN", site.text("ops.token")).output();
    assert!(from_environment.unwrap().status.success());
    // And one that is taken out holds no longer.
    configure(&site, &listen, &ops);
    host.reload();
    ask(&["status"], "ci.token").exits(1).says("the token is none of this host's");
    // A broken file lets nobody in and nobody out.
    site.put("landfall.yaml", "schema: landfall/config@1\ntokens: [oops\n");
    host.wait_for_state("landfall.yaml", "last_good");
    ask(&["reload"], "ops.token").exits(0);
    let log = host.log();
    for secret in ["ci.token", "ops.token", "wrong.token"] {
        assert!(!log.contains(&site.text(secret)), "{secret} is in the log");
    }
}

/// A certificate authority, and a certificate that it signed for this machine.
fn certify(site: &Site, name: &str) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    site.put(&format!("{name}.ca.pem"), authority.pem());
    site.put("key.pem", key.serialize_pem());
    site.put("cert.pem", certificate.pem());
}

#[test]
fn a_host_with_tls_is_asked_with_a_token_and_its_authority() {
    let site = Site::seed();
    certify(&site, "first");
    let port = free_port();
    let listen = format!(", {{tcp: \"127.0.0.1:{port}\", tls: {{certificate: cert.pem, key: key.pem}}}}");
    configure(&site, &listen, "");
    let serve = ["serve", "--rules", "rules", "--plugins", "plugins", "--config", "landfall.yaml"];
    let refused = site.run(&serve).exits(1);
    refused.says("no token is configured");
    refused.says("landfall token new");
    let ops = token(&site, "ops", "admin");
    configure(&site, &listen, &ops);
    let host = Host::start(&site, &["--config", "landfall.yaml"]);
    let address = format!("tls:localhost:{port}");
    let ask = |ca: &str| site.run(&["status", "--host", &address, "--ca", ca, "--token-file", "ops.token"]);
    ask("first.ca.pem").exits(0);
    let by_number = format!("tls:127.0.0.1:{port}");
    let reload =
        ["reload", "--wait", "--host", &by_number, "--token-file", "ops.token", "--ca", "first.ca.pem"];
    site.run(&reload).exits(0);
    let anonymous = site.run(&["status", "--host", &address, "--ca", "first.ca.pem"]).exits(1);
    anonymous.says("this address asks for a token");
    anonymous.says("--token-file");
    let trusting = site.run(&["status", "--host", &address]).exits(2);
    trusting.says("nothing says whose certificate to trust");
    trusting.says("--ca FILE");
    ask("key.pem").exits(1).says("key.pem holds no certificate in PEM");
    // Plain text at a door for TLS is let go of.
    let mut plain = TcpStream::connect(("127.0.0.1", port)).unwrap();
    plain.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");

    // A certificate that is renewed is served without a restart; one that is none is not.
    certify(&site, "second");
    ask("first.ca.pem").exits(5).says("no trust in the host");
    ask("second.ca.pem").exits(0);
    site.put("cert.pem", "nonsense");
    ask("second.ca.pem").exits(0);
    assert!(host.log().contains("cert.pem holds no certificate in PEM"), "{}", host.log());
    drop(host);
    site.run(&serve).exits(1).says("cert.pem holds no certificate in PEM");
}

#[test]
fn behind_a_proxy_every_request_needs_a_token_and_any_name_will_do() {
    let site = Site::seed();
    let port = free_port();
    let ci = token(&site, "ci", "read");
    configure(&site, &format!(", {{tcp: \"127.0.0.1:{port}\", behind_proxy: true}}"), &ci);
    let _host = Host::start(&site, &["--config", "landfall.yaml"]);
    let ask = |path: &str, more: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: landfall.example.org\r\nConnection: close\r\n{more}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(ask("/v1/status", "").starts_with("HTTP/1.1 401 "));
    assert!(ask("/metrics", "").starts_with("HTTP/1.1 401 "));
    let header = format!("Authorization: Bearer {}\r\n", site.text("ci.token"));
    assert!(ask("/v1/status", &header).starts_with("HTTP/1.1 200 "));
    assert!(ask("/metrics", &header).starts_with("HTTP/1.1 200 "));
    for open in ["/livez", "/readyz"] {
        assert!(ask(open, "").starts_with("HTTP/1.1 200 "), "{open}");
    }
}

#[test]
fn a_socket_may_be_shared_with_a_group() {
    let site = Site::seed();
    let ours = rustix::process::getegid().as_raw();
    let config = format!(
        "schema: landfall/config@1\nlisten: [{{unix: run/landfall/default.sock, group: \"{ours}\"}}]\n"
    );
    site.put("landfall.yaml", config);
    let host = Host::start(&site, &["--config", "landfall.yaml"]);
    assert_eq!(host.socket().metadata().unwrap().mode() & 0o777, 0o660);
    drop(host);
    site.edit("landfall.yaml", &format!("\"{ours}\""), "no-such-group");
    let serve = ["serve", "--rules", "rules", "--plugins", "plugins", "--config", "landfall.yaml"];
    site.run(&serve).exits(1).says("there is no group `no-such-group`");
}

#[test]
fn metrics_are_what_the_docs_say_and_prometheus_takes_them() {
    let site = Site::seed();
    let mut host = site.serve();
    host.query("seed.yaml").comes_to("34000000.0000");
    site.put("rules/gb.yaml", "schema: [");
    host.wait_for_state("gb.yaml", "last_good");
    let answer = get(&host, "/metrics");
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    let has = |line: &str| assert!(text.lines().any(|found| found.starts_with(line)), "{line} in:\n{text}");
    has("landfall_generation_number 1");
    has("landfall_items{kind=\"jurisdiction\",state=\"last_good\"} 1");
    has("landfall_item_since_timestamp_seconds{file=\"gb.yaml\",kind=\"jurisdiction\",state=\"last_good\"} ");
    has("landfall_requests_total{verb=\"query\",outcome=\"complete\"} 1");
    has("landfall_plugin_calls_total{plugin=\"fixed-cost\",outcome=\"answered\"} ");
    has("landfall_compilations_total{outcome=\"compiled\"} 1");
    has("landfall_query_duration_seconds_count 1");
    has("landfall_history_kept 1");
    has("landfall_connections{listener=\"unix\"} 1");
    assert!(!text.contains("fixed-cost\"} 0"), "no fuel was counted:\n{text}");
    let documented = fs::read_to_string(ROOT.join("docs/metrics.md")).unwrap();
    let mut names: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    names.iter_mut().for_each(|name| *name = name.split(' ').next().unwrap());
    for name in &names {
        assert!(documented.contains(&format!("| `{name}` |")), "docs/metrics.md does not have {name}");
        assert!(text.contains(&format!("# HELP {name} ")), "{name} has no help");
    }
    let rows = documented.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    for row in rows {
        assert!(names.contains(&row), "docs/metrics.md has {row}, which is not there");
    }
    promtool(&["check", "metrics"], text);
}

/// Where Prometheus is installed, it has the last word. Whoever names it by `LANDFALL_PROMTOOL` wants it to be there.
fn promtool(arguments: &[&str], text: &str) {
    let named = std::env::var_os("LANDFALL_PROMTOOL");
    let promtool = Command::new(named.clone().unwrap_or_else(|| "promtool".into()))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut promtool = match promtool {
        Err(_) if named.is_none() => return,
        started => started.unwrap(),
    };
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let ran = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned();
    assert!(ran.status.success() && !said.contains("FAILED"), "{said}\n{text}");
    assert!(arguments != ["check", "metrics"] || said.is_empty(), "{said}\n{text}");
}

#[test]
fn the_alerts_are_read_by_prometheus() {
    let alerts = ROOT.join("docs/alerts.yaml");
    promtool(&["check", "rules", alerts.to_str().unwrap()], "");
}

#[test]
fn a_supervisor_hears_that_it_lives_and_that_it_is_ready() {
    let site = Site::seed();
    for entry in fs::read_dir(site.path("rules")).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let mut host = Host::launch(&site, &[]);
    host.wait("it answers", |_| true);
    assert!(get(&host, "/livez").starts_with("HTTP/1.1 200 "));
    let unready = get(&host, "/readyz");
    assert!(unready.starts_with("HTTP/1.1 503 ") && unready.contains("retry-after"), "{unready}");
    site.take("rules/seed", "rules");
    host.wait("a generation is served", |status| status["number"] != 0);
    assert!(get(&host, "/readyz").ends_with("ready\n"));
}

#[test]
fn nothing_is_open_to_others_by_a_flag() {
    let site = Site::seed();
    let serve = ["serve", "--rules", "rules", "--plugins", "plugins", "--listen"];
    let refused = site.run(&[serve.as_slice(), &["tcp:0.0.0.0:7878"]].concat()).exits(2);
    refused.says("`0.0.0.0:7878` is not a loopback address");
    refused.says("landfall.yaml");
    site.run(&[serve.as_slice(), &["tls:localhost:7878"]].concat()).exits(1).says("landfall.yaml");
    configure(&site, ", {tcp: \"0.0.0.0:7878\"}", "");
    let serve = ["serve", "--rules", "rules", "--plugins", "plugins", "--config", "landfall.yaml"];
    let open = site.run(&serve).exits(3);
    open.says("nothing is encrypted");
    open.says("nobody is asked who they are");
}
