//! `serve`: questions over the unix socket by 64 connections at once, against the same server stack that returns a stored
//! body of the same size.
//!
//! Both are processes of their own, asked by the same client on the same connections' number; what is compared is how long
//! a question takes of all that are asked, so that a ratio of 1 is the stack itself. Remembered answers are the same
//! question again and again; computed ones are questions that differ in their names alone.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, http::header, routing::post};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
};

use crate::{
    failed::Failed,
    rounds::{Side, Turn, by_turns_of},
    row::{Goal, Row, time},
    setting::Setting,
    site::{Host, Site, head, question, strategy},
};

/// What this program is called with to be the bare server.
pub(crate) const BARE: &str = "bare-axum";
/// Clients at once.
const CONNECTIONS: usize = 64;
/// Of bare axum's throughput.
const LEAST: f64 = 0.6;

/// The scenario.
pub(crate) fn run(setting: &Setting) -> Result<Vec<Row>, Failed> {
    let folder = setting.scratch("serve")?;
    let site = Site::new(setting, folder.clone(), 0, 0)?;
    // Room for every client: none of them is told to come back.
    site.configure(&format!("limits: {{queries: {{waiting: {}}}}}", 2 * CONNECTIONS))?;
    let host = Host::start(setting, &site)?;
    host.settle()?;
    let mut rows = Vec::new();
    for (what, with_germany, horizon) in [
        ("two markets, three years", true, "horizon_years=3"),
        ("a market, a year", false, "horizon_years=1"),
    ] {
        let text = strategy(setting, with_germany)?;
        let asked = Question { text, set: horizon };
        rows.extend(compare(setting, &folder, &host, what, &asked)?);
    }
    Ok(rows)
}

/// A strategy to be asked under any name.
struct Question {
    text: String,
    set: &'static str,
}

impl Question {
    fn named(&self, name: &str) -> Result<String, Failed> {
        question(name, &self.text, &[self.set])
    }
}

fn compare(
    setting: &Setting,
    folder: &Path,
    host: &Host,
    what: &str,
    asked: &Question,
) -> Result<Vec<Row>, Failed> {
    let body = host.request("POST", "/v1/query", &asked.named("q")?)?;
    let stored = folder.join("body");
    fs::write(&stored, &body).map_err(Failed::io("write", &stored))?;
    let bare = Bare::start(&stored)?;
    let clients = Clients::new()?;
    let expected = Arc::new(body.into_bytes());
    let same = asked.named("q")?;
    let names = AtomicU64::new(0);
    // Names are of one length, so that requests are.
    let named = || asked.named(&format!("q-{:012}", names.fetch_add(1, Ordering::Relaxed)));
    let turns = vec![
        Turn::timed("bare axum", |count| clients.ask(&bare.socket, count, || Ok(same.clone()), &expected)),
        Turn::timed("remembered", |count| clients.ask(&host.socket, count, || Ok(same.clone()), &expected)),
        Turn::timed("computed", |count| clients.ask(&host.socket, count, named, &expected)),
    ];
    let (rounds, turn) = if setting.quick { (3, 200) } else { (11, 1000) };
    let sides = by_turns_of(rounds, Duration::from_millis(turn), turns)?;
    let [bare, remembered, computed] = sides.as_slice() else { return Err(Failed::new("a side is missing")) };
    // Throughput: the other way round than times.
    let row = |side: &Side, goal| {
        let name = format!("{} / bare axum, {what}", side.name);
        let ratios: Vec<f64> =
            bare.nanoseconds.iter().zip(&side.nanoseconds).map(|(bare, side)| bare / side).collect();
        let per_second = |side: &Side| format!("{:.0} a second", 1e9 / side.median());
        Row::of("serve", &name, crate::row::Unit::Ratio, goal, &ratios)
            .with("answer", format!("{} KiB", expected.len() / 1024))
            .with(&side.name, format!("{}, {} each", per_second(side), time(side.median())))
            .with("bare axum", per_second(bare))
    };
    Ok(vec![row(remembered, Goal::AtLeast(LEAST)), row(computed, Goal::ReportHigher)])
}

/// The bare server: a process of its own, ended when it is dropped.
struct Bare {
    child: Child,
    socket: PathBuf,
}

impl Bare {
    fn start(stored: &Path) -> Result<Self, Failed> {
        let socket = std::env::temp_dir().join(format!("landfall-bare-{}.sock", std::process::id()));
        let _ = fs::remove_file(&socket);
        let program = std::env::current_exe().map_err(Failed::new)?;
        let child = Command::new(program)
            .arg(BARE)
            .args([&socket, stored])
            .stdout(Stdio::null())
            .spawn()
            .map_err(Failed::when("cannot run the bare server"))?;
        let bare = Self { child, socket };
        let latest = Instant::now() + Duration::from_secs(30);
        while std::os::unix::net::UnixStream::connect(&bare.socket).is_err() {
            if Instant::now() > latest {
                return Err(Failed::new("the bare server does not listen"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(bare)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.socket);
    }
}

/// What `bare-axum SOCKET FILE` runs: axum's own server, whose handler reads the question and returns what is stored.
pub(crate) fn bare(arguments: &[String]) -> Result<(), Failed> {
    let [socket, stored] = arguments else { return Err(Failed::new("bare-axum SOCKET FILE")) };
    let body = Bytes::from(fs::read(stored).map_err(Failed::new)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failed::new)?;
    runtime.block_on(async {
        let answer = move |_: Bytes| {
            let body = body.clone();
            async move { ([(header::CONTENT_TYPE, "application/json")], body) }
        };
        let router = Router::new().route("/v1/query", post(answer));
        let listener = UnixListener::bind(socket).map_err(Failed::new)?;
        serve(listener, router).await
    })
}

/// One task for each connection, as `axum::serve` does, which this version has for TCP alone without more features.
async fn serve(listener: UnixListener, router: Router) -> Result<(), Failed> {
    use hyper_util::{rt::TokioIo, service::TowerToHyperService};
    loop {
        let (stream, _) = listener.accept().await.map_err(Failed::new)?;
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// Connections that stay open, and who asks over them: one thread, so that the other is the server's.
struct Clients {
    runtime: tokio::runtime::Runtime,
}

type Connections = Vec<Arc<tokio::sync::Mutex<Connection>>>;

/// A connection, and room for an answer.
struct Connection {
    stream: UnixStream,
    buffer: Vec<u8>,
}

impl Clients {
    fn new() -> Result<Self, Failed> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failed::new)?;
        Ok(Self { runtime })
    }

    fn connect(&self, socket: &Path) -> Result<Connections, Failed> {
        self.runtime.block_on(async {
            let mut all = Vec::new();
            for _ in 0..CONNECTIONS {
                let stream = UnixStream::connect(socket).await.map_err(Failed::io("connect to", socket))?;
                let connection = Connection { stream, buffer: vec![0; 64 << 10] };
                all.push(Arc::new(tokio::sync::Mutex::new(connection)));
            }
            Ok(all)
        })
    }

    /// Asks so often, over all connections at once; how long that took.
    fn ask(
        &self,
        socket: &Path,
        count: u64,
        question: impl Fn() -> Result<String, Failed>,
        expected: &Arc<Vec<u8>>,
    ) -> Result<Duration, Failed> {
        // Made before anything is timed, like the rest of the client's own work where that can be.
        let questions: Vec<Vec<u8>> = (0..count)
            .map(|_| {
                let body = question()?;
                Ok([head("POST", "/v1/query", body.len(), "keep-alive").into_bytes(), body.into_bytes()]
                    .concat())
            })
            .collect::<Result<_, Failed>>()?;
        let questions = Arc::new(questions);
        // Anew for each turn: a host hangs up on whoever says nothing for ten seconds.
        let connections = self.connect(socket)?;
        let next = Arc::new(AtomicU64::new(0));
        self.runtime.block_on(async {
            let begun = Instant::now();
            let asking: Vec<_> = connections
                .iter()
                .map(|connection| {
                    let (connection, expected) = (Arc::clone(connection), Arc::clone(expected));
                    let (questions, next) = (Arc::clone(&questions), Arc::clone(&next));
                    tokio::spawn(async move {
                        let mut connection = connection.lock().await;
                        while let Some(question) =
                            questions.get(next.fetch_add(1, Ordering::Relaxed) as usize)
                        {
                            connection.ask(question, &expected).await?;
                        }
                        Ok::<(), Failed>(())
                    })
                })
                .collect();
            for one in asking {
                one.await.map_err(Failed::new)??;
            }
            Ok(begun.elapsed())
        })
    }
}

impl Connection {
    /// A question and its answer, which must be what was expected.
    async fn ask(&mut self, question: &[u8], expected: &[u8]) -> Result<(), Failed> {
        self.stream.write_all(question).await.map_err(Failed::when("cannot ask"))?;
        let (mut filled, mut body_at) = (0, None);
        loop {
            if self.buffer.len() - filled < 16 << 10 {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            let room = self.buffer.get_mut(filled..).unwrap_or_default();
            let read = self.stream.read(room).await.map_err(Failed::when("no answer"))?;
            if read == 0 {
                return Err(Failed::new("the server hung up"));
            }
            filled += read;
            let so_far = self.buffer.get(..filled).unwrap_or_default();
            if body_at.is_none() {
                body_at = so_far.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
            }
            if body_at.is_some() && !so_far.starts_with(b"HTTP/1.1 200") {
                return Err(Failed(format!("no answer: {}", String::from_utf8_lossy(so_far))));
            }
            let Some(body) = body_at.and_then(|at| so_far.get(at..)) else { continue };
            if body.len() >= expected.len() {
                return match body == expected {
                    true => Ok(()),
                    false => Err(Failed(format!("an answer differs: {}", String::from_utf8_lossy(so_far)))),
                };
            }
        }
    }
}
