//! Over real sockets.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::PathBuf,
    sync::{Arc, atomic::Ordering, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::oneshot;

use super::*;
use crate::{
    address::Address,
    client::{self, ClientError, Target},
    config,
    fixture::{self, FixtureHost},
    protocol::{CandidateFile, RefusalKind},
    source::MAX_FILE_BYTES,
};

struct Running {
    folder: tempfile::TempDir,
    tcp: std::net::SocketAddr,
    host: Arc<FixtureHost>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
    /// Hears when `run` has returned, though its runtime may still wait for a query.
    returned: mpsc::Receiver<()>,
}

impl Running {
    fn start() -> Self {
        Self::within(Limits::USUAL)
    }

    fn within(limits: Limits) -> Self {
        Self::set_up(limits, Setup::default())
    }

    fn set_up(limits: Limits, setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let unix = Listener::bind(&Address::Unix(folder.path().join("h.sock"))).unwrap();
        let tcp = Listener::bind(&"tcp:127.0.0.1:0".parse().unwrap()).unwrap();
        let Address::Tcp(endpoint) = *tcp.address() else { unreachable!() };
        let (stop, stopped) = oneshot::channel();
        let (returning, returned) = mpsc::channel();
        let host = fixture::host();
        let served: Arc<dyn Host> = Arc::clone(&host) as _;
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            let served = runtime.block_on(run_within(limits, vec![unix, tcp], served, setup, async {
                let _ = stopped.await;
            }));
            let _ = returning.send(());
            served
        });
        Self { folder, tcp: endpoint, host, stop: Some(stop), thread: Some(thread), returned }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("h.sock")
    }

    fn unix(&self) -> Target {
        Address::Unix(self.socket()).into()
    }

    fn tcp(&self) -> Target {
        Address::Tcp(self.tcp).into()
    }

    /// Everything the server says to these bytes until it closes.
    fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.tcp).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, ClientError>) -> Refusal {
    match result {
        Err(ClientError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_query_comes_back_byte_for_byte_over_both_sockets() {
    let running = Running::start();
    let expected = serde_json::to_string(&fixture::seed()).unwrap();
    for address in [running.unix(), running.tcp()] {
        let answer = client::query(&address, &fixture::ask("seed")).unwrap();
        assert_eq!(serde_json::to_string(&answer).unwrap(), expected);
    }
}

#[test]
fn a_refusal_arrives_with_its_source_line() {
    let running = Running::start();
    assert_eq!(refused(client::query(&running.unix(), &fixture::ask("wrong"))), fixture::refusal());
}

#[test]
fn a_panic_is_one_clients_problem() {
    let running = Running::start();
    let refusal = refused(client::query(&running.unix(), &fixture::ask("panic")));
    assert_eq!(refusal.kind, RefusalKind::Internal);
    assert!(client::query(&running.unix(), &fixture::ask("seed")).is_ok());
}

#[test]
fn too_large_a_strategy_is_refused_whether_announced_or_not() {
    let running = Running::start();
    let mut request = fixture::ask(&"a".repeat(MAX_FILE_BYTES + 1));
    assert_eq!(refused(client::query(&running.unix(), &request)).kind, RefusalKind::TooLarge);
    request.strategy.text.pop();
    assert!(client::query(&running.unix(), &request).is_ok());

    let head = "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n";
    let announced = running.raw(&format!("{head}Content-Length: 99999999999\r\n\r\n"));
    assert!(announced.starts_with("HTTP/1.1 413 "), "{announced}");
    let size = routes::MAX_BODY_BYTES + 1;
    let body = "a".repeat(size);
    let streamed = running.raw(&format!("{head}Transfer-Encoding: chunked\r\n\r\n{size:x}\r\n{body}"));
    assert!(streamed.starts_with("HTTP/1.1 413 "), "{streamed}");
}

#[test]
fn a_client_that_stalls_is_let_go() {
    let soon = Duration::from_millis(50);
    let running = Running::within(Limits { header: soon, ..Limits::USUAL });
    assert_eq!(running.raw("GET /livez HTTP/1.1\r\nHost: loc"), "");
    let running = Running::within(Limits { body: soon, ..Limits::USUAL });
    let head = "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let answer = running.raw(&format!("{head}Content-Length: 10\r\nConnection: close\r\n\r\n{{"));
    assert!(answer.contains("took too long"), "{answer}");
    let running = Running::within(Limits { life: soon, ..Limits::USUAL });
    assert_eq!(running.raw(""), "");
}

#[test]
fn clients_beyond_the_last_place_wait_for_one() {
    let running =
        Running::within(Limits { connections: 1, header: Duration::from_millis(50), ..Limits::USUAL });
    // It holds the only place and says nothing; its time runs out, and the next is served.
    let idle = TcpStream::connect(running.tcp).unwrap();
    assert!(
        running.raw("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ends_with("ok\n")
    );
    drop(idle);
}

#[test]
fn a_stop_does_not_wait_for_ever() {
    let mut running = Running::within(Limits { grace: Duration::from_millis(50), ..Limits::USUAL });
    let host = Arc::clone(&running.host);
    let held = host.held.lock().unwrap();
    let address = running.unix();
    let asking = std::thread::spawn(move || client::query(&address, &fixture::ask("wait")));
    while host.entered.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    running.stop.take().unwrap().send(()).unwrap();
    running.returned.recv_timeout(Duration::from_secs(30)).unwrap();
    drop(held);
    running.stop();
    drop(asking.join());
}

#[test]
fn tcp_is_read_only() {
    let running = Running::start();
    let tcp = running.tcp();
    assert_eq!(refused(client::reload(&tcp, true)).kind, RefusalKind::Forbidden);
    assert_eq!(client::status(&tcp).unwrap().number, 7);
    assert_eq!(client::reload(&running.unix(), true).unwrap().number, 8);
    assert_eq!(client::reload(&running.unix(), false).unwrap().number, 7);
}

#[test]
fn candidates_are_for_the_unix_socket_and_may_be_large() {
    let running = Running::start();
    let with = |size: usize| {
        let file = CandidateFile { name: "a.wasm".into(), bytes: vec![0; size] };
        QueryRequest { candidate: vec![file], ..fixture::ask("seed") }
    };
    let tcp = running.tcp();
    assert_eq!(refused(client::query(&tcp, &with(3))).kind, RefusalKind::Forbidden);
    assert!(client::query(&running.unix(), &with(routes::MAX_BODY_BYTES)).is_ok());
    let answer = running.raw(
        "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 91\r\n\r\n{\"strategy\":{\"name\":\"s\",\"text\":\"seed\"},\"candidate\":[{\"name\":\"a.wasm\",\"bytes\":\"no base64\"}]}",
    );
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("no base64"), "{answer}");
}

#[test]
fn what_rule_files_say_is_read_over_both_sockets() {
    let running = Running::start();
    for address in [running.unix(), running.tcp()] {
        assert_eq!(client::rules(&address, None).unwrap().files["br.yaml"], "id: br\n");
        assert_eq!(client::rules(&address, Some("7")).unwrap().number, 7);
        assert_eq!(refused(client::rules(&address, Some("8"))).kind, RefusalKind::Generation);
    }
}

#[test]
fn only_loopback_names_are_answered_over_tcp() {
    let running = Running::start();
    let get = |host: &str| running.raw(&format!("GET /livez HTTP/1.1\r\n{host}Connection: close\r\n\r\n"));
    for good in
        ["Host: localhost\r\n", "Host: LOCALHOST:80\r\n", "Host: 127.0.0.1:9\r\n", "Host: [::1]:9\r\n"]
    {
        assert!(get(good).starts_with("HTTP/1.1 200 "), "{good}");
    }
    for bad in ["Host: evil.example\r\n", "Host: 127.0.0.1.evil.example:80\r\n", "Host: 10.0.0.1\r\n", ""] {
        assert!(get(bad).starts_with("HTTP/1.1 403 "), "{bad}");
    }
    assert!(get("Host: localhost\r\nHost: evil.example\r\n").starts_with("HTTP/1.1 4"));
}

#[test]
fn a_web_page_cannot_post() {
    let running = Running::start();
    let answer = running.raw(
        "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}",
    );
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("application/json"), "{answer}");
}

#[test]
fn unknown_addresses_and_methods_get_our_json() {
    let running = Running::start();
    let ask =
        |line: &str| running.raw(&format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    let lost = ask("GET /v2/query");
    assert!(lost.starts_with("HTTP/1.1 404 ") && lost.contains("\"kind\":\"not_found\""), "{lost}");
    let wrong = ask("GET /v1/query");
    assert!(wrong.starts_with("HTTP/1.1 405 ") && wrong.contains("\"kind\":\"request\""), "{wrong}");
    assert!(ask("GET /readyz").ends_with("ready\n"));
}

#[test]
fn more_queries_than_are_admitted_get_busy_and_status_still_answers() {
    let running = Running::start();
    let held = running.host.held.lock().unwrap();
    let workers = std::thread::available_parallelism().unwrap().get();
    let admitted = workers * 17;
    let asking: Vec<_> = (0..=admitted)
        .map(|number| {
            let address = running.unix();
            // Each another question: who asks the same waits without a place.
            let mut question = fixture::ask("wait");
            question.strategy.name = number.to_string();
            std::thread::spawn(move || client::query(&address, &question))
        })
        .collect();
    // All but one can only end after `held` is let go of.
    while !asking.iter().any(JoinHandle::is_finished) {
        std::thread::yield_now();
    }
    assert_eq!(client::status(&running.unix()).unwrap().number, 7);
    drop(held);
    let (answered, refused): (Vec<_>, Vec<_>) =
        asking.into_iter().map(|thread| thread.join().unwrap()).partition(Result::is_ok);
    assert_eq!((answered.len(), refused.len()), (admitted, 1));
    assert!(
        matches!(&refused[0], Err(ClientError::Refused(r)) if r.kind == RefusalKind::Busy),
        "{refused:?}"
    );
}

#[test]
fn shutdown_finishes_what_is_under_way_and_removes_the_socket() {
    let mut running = Running::start();
    let held = running.host.held.lock().unwrap();
    // A client that says nothing, and one that is being answered.
    let idle = UnixStream::connect(running.socket()).unwrap();
    let address = running.unix();
    let asking = std::thread::spawn(move || client::query(&address, &fixture::ask("wait")));
    while running.host.entered.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    running.stop.take().unwrap().send(()).unwrap();
    while running.socket().exists() {
        std::thread::yield_now();
    }
    drop(held);
    assert!(asking.join().unwrap().is_ok());
    drop(idle);
    running.stop();
    let gone = client::status(&running.unix());
    assert!(matches!(gone, Err(ClientError::NoHost(..))), "{gone:?}");
}

#[test]
fn the_rest_of_a_refused_body_is_read_so_that_its_sender_hears_why() {
    let running = Running::start();
    // As many bytes as no buffer of a socket holds: the client is still writing when it is refused.
    let large = QueryRequest {
        candidate: vec![CandidateFile { name: "a.wasm".into(), bytes: vec![7; 24 << 20] }],
        ..fixture::ask("seed")
    };
    let refusal = refused(client::query(&running.tcp(), &large));
    assert_eq!(refusal.kind, RefusalKind::TooLarge);
    assert!(
        refusal.diagnostics[0].message.contains("unix socket or a token that may `admin`"),
        "{refusal:?}"
    );
    let wrong = Target { token: client::Secret::read("lf_wrong"), ..running.tcp() };
    let guarded = Running::set_up(Limits::USUAL, setup("lf_right"));
    let wrong = Target { address: Address::Tcp(guarded.tcp), ..wrong };
    assert_eq!(refused(client::query(&wrong, &large)).kind, RefusalKind::Unauthorized);
}

/// One token that may administer.
fn setup(token: &str) -> Setup {
    let token = config::Token {
        name: "ops".to_owned(),
        may: config::May::Admin,
        hash: crate::id::Digest::of(token.as_bytes()),
    };
    let config = Arc::new(config::Config { tokens: vec![token], ..config::Config::default() });
    Setup { access: Access::following(move || Arc::clone(&config)), ..Setup::default() }
}

#[test]
fn an_admin_token_opens_over_tcp_what_the_socket_file_opens() {
    let running = Running::set_up(Limits::USUAL, setup("lf_right"));
    let with = |token: &str| Target { token: client::Secret::read(token), ..running.tcp() };
    assert_eq!(refused(client::reload(&running.tcp(), true)).kind, RefusalKind::Forbidden);
    assert_eq!(client::reload(&with("lf_right"), true).unwrap().number, 8);
    assert_eq!(refused(client::status(&with("lf_wrong"))).kind, RefusalKind::Unauthorized);
    let candidate = CandidateFile { name: "a.wasm".into(), bytes: vec![7; 3 << 20] };
    let request = QueryRequest { candidate: vec![candidate], ..fixture::ask("seed") };
    assert!(client::query(&with("lf_right"), &request).is_ok());
    // A token over the socket file is neither needed nor sent.
    let unix = Target { token: client::Secret::read("lf_wrong"), ..running.unix() };
    assert_eq!(client::reload(&unix, true).unwrap().number, 8);
}

#[test]
fn what_kind_of_refusal_is_in_the_head() {
    let running = Running::set_up(Limits::USUAL, setup("lf_right"));
    let ask = |more: &str| {
        running.raw(&format!("GET /v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n"))
    };
    assert!(ask("").starts_with("HTTP/1.1 200 "));
    assert!(ask("Authorization: Bearer lf_right\r\n").starts_with("HTTP/1.1 200 "));
    let wrong = ask("Authorization: Bearer lf_wrong\r\n");
    assert!(wrong.starts_with("HTTP/1.1 401 ") && wrong.contains("www-authenticate: Bearer"), "{wrong}");
    assert!(!wrong.contains("lf_wrong"), "{wrong}");
    let twice = ask("Authorization: Bearer lf_right\r\nAuthorization: Bearer lf_right\r\n");
    assert!(twice.starts_with("HTTP/1.1 401 "), "{twice}");
}

#[test]
fn where_nobody_may_wait_the_next_is_told_when_to_come_back() {
    let queries = config::Queries { at_once: Some(1), waiting: Some(0), ..config::Queries::default() };
    let running = Running::set_up(Limits::USUAL, Setup { queries, ..Setup::default() });
    let held = running.host.held.lock().unwrap();
    let unix = running.unix();
    let asking = std::thread::spawn(move || client::query(&unix, &fixture::ask("wait")));
    while running.host.entered.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    let body = r#"{"strategy":{"name":"s","text":"seed"}}"#;
    let busy = running.raw(&format!(
        "POST /v1/query HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert!(busy.starts_with("HTTP/1.1 503 ") && busy.contains("retry-after: 2"), "{busy}");
    let refusal = refused(client::query(&running.tcp(), &fixture::ask("seed")));
    assert_eq!(refusal.diagnostics[0].message, "the host is busy: try again in 2 s");
    let metrics = running.raw("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    for line in [
        "content-type: text/plain; version=0.0.4; charset=utf-8\r",
        "landfall_queries_running 1",
        "landfall_queries_waiting 0",
        "landfall_queries_running_limit 1",
        "landfall_requests_total{verb=\"query\",outcome=\"busy\"} 2",
        "landfall_generation_number 7",
    ] {
        assert!(metrics.lines().any(|found| found == line.trim_end()), "{line} in:\n{metrics}");
    }
    drop(held);
    assert!(asking.join().unwrap().is_ok());
}

#[test]
fn who_asks_the_same_meanwhile_waits_without_a_place() {
    let queries = config::Queries { at_once: Some(1), waiting: Some(0), ..config::Queries::default() };
    let running = Running::set_up(Limits::USUAL, Setup { queries, ..Setup::default() });
    let held = running.host.held.lock().unwrap();
    let ask = || {
        let unix = running.unix();
        std::thread::spawn(move || client::query(&unix, &fixture::ask("wait")))
    };
    let first = ask();
    while running.host.entered.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    // Whether it has come yet or not: it is not told that the host is busy, as who asks something else is.
    let second = ask();
    assert_eq!(refused(client::query(&running.tcp(), &fixture::ask("seed"))).kind, RefusalKind::Busy);
    drop(held);
    assert!(first.join().unwrap().is_ok());
    assert!(second.join().unwrap().is_ok());
}

#[test]
fn a_client_that_does_not_read_is_cut() {
    let running = Running::within(Limits { write: Duration::from_millis(50), ..Limits::USUAL });
    let mut stream = TcpStream::connect(running.tcp).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // One connection after the other would do too; this one never reads what it asks for.
    let ask = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(200);
    stream.set_write_timeout(Some(Duration::from_secs(30))).unwrap();
    let cut = (0..10_000).any(|_| stream.write_all(ask.as_bytes()).is_err());
    assert!(cut, "two million questions, and no answer of them read");
    assert!(client::status(&running.unix()).is_ok());
}

#[test]
fn a_head_without_end_is_refused() {
    let running = Running::start();
    let mut stream = TcpStream::connect(running.tcp).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = format!("GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: {}", "a".repeat(MAX_HEAD_BYTES));
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    // Reset where not all of it was read: let go of either way.
    let read = stream.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 431 ") || (read.is_err() && answer.is_empty()), "{read:?} {answer}");
    assert!(client::status(&running.tcp()).is_ok());
}

#[test]
fn events_wait_until_something_happens_or_the_host_stops() {
    let mut running = Running::start();
    assert_eq!(client::events(&running.unix(), None, 30).unwrap(), fixture::events());
    assert!(client::events(&running.unix(), Some("seen"), 0).unwrap().events.is_empty());
    let unix = running.unix();
    let following = std::thread::spawn(move || client::events(&unix, Some("seen"), 30));
    // Heard whether it comes before the wait or within it.
    running.host.newest.send_replace(1);
    assert_eq!(following.join().unwrap().unwrap().events.len(), 2);
    running.host.newest.send_replace(0);
    let unix = running.unix();
    let started = std::time::Instant::now();
    let following = std::thread::spawn(move || client::events(&unix, Some("seen"), 30));
    // A request that comes after it is answered, so it was taken.
    assert!(client::status(&running.unix()).is_ok());
    running.stop();
    // Told nothing, or not even taken: but at once.
    let _ = following.join().unwrap();
    assert!(started.elapsed() < Duration::from_secs(9), "{:?}", started.elapsed());
}
