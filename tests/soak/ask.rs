//! Questions over the socket, by hand: one request, one connection.

use std::{
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

/// Longer than any question takes here.
const PATIENCE: Duration = Duration::from_secs(120);

/// What came back whole.
#[derive(Debug)]
pub(crate) struct Response {
    /// Of HTTP.
    pub(crate) status: u16,
    /// JSON, mostly.
    pub(crate) body: String,
}

pub(crate) fn get(socket: &Path, path: &str) -> io::Result<Response> {
    request(socket, &format!("GET {path} HTTP/1.1\r\n"), "")
}

pub(crate) fn post(socket: &Path, path: &str, body: &str) -> io::Result<Response> {
    request(socket, &format!("POST {path} HTTP/1.1\r\ncontent-type: application/json\r\n"), body)
}

fn request(socket: &Path, head: &str, body: &str) -> io::Result<Response> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let length = body.len();
    write!(stream, "{head}host: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parsed(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "an answer was cut off"))
}

/// None unless all of it is there.
fn parsed(bytes: &[u8]) -> Option<Response> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    (length.parse::<usize>().ok()? == body.len()).then(|| Response { status, body: body.to_owned() })
}
