//! Where a host is asked: `unix:PATH`, `tcp:127.0.0.1:PORT` or `tls:HOST:PORT`.
//!
//! Without TLS only loopback: what goes over the wire is not encrypted, and nobody need say who they are.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
};

/// Where a host listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A socket file.
    Unix(PathBuf),
    /// A loopback address; read-only without a token.
    Tcp(SocketAddr),
    /// Another machine, by a name or address that its certificate has.
    Tls {
        /// Which.
        host: String,
        /// At which port.
        port: u16,
    },
}

/// Why a text is not an address; `Display` says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// No scheme that is known.
    #[error("`{0}` is not an address: write `unix:PATH`, `tcp:127.0.0.1:PORT` or `tls:HOST:PORT`")]
    Scheme(String),
    /// `unix:` and nothing after it.
    #[error("`unix:` needs the path of a socket after it")]
    NoPath,
    /// Not an IP address and a port.
    #[error("`{0}` is not an IP address and a port: write `tcp:127.0.0.1:PORT`")]
    NotAnEndpoint(String),
    /// Reachable by others.
    #[error(
        "`{0}` is not a loopback address: ask another machine with `tls:HOST:PORT`, and let others in with `listen:` in \
         landfall.yaml"
    )]
    NotLoopback(SocketAddr),
    /// Not a name and a port.
    #[error("`{0}` is not a host and a port: write `tls:HOST:PORT`")]
    NotAHost(String),
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        match text.split_once(':') {
            Some(("unix", "")) => Err(InvalidAddress::NoPath),
            Some(("unix", path)) => Ok(Self::Unix(path.into())),
            Some(("tcp", endpoint)) => tcp(endpoint),
            Some(("tls", endpoint)) => tls(endpoint),
            _ => Err(InvalidAddress::Scheme(text.to_owned())),
        }
    }
}

fn tcp(endpoint: &str) -> Result<Address, InvalidAddress> {
    let invalid = || InvalidAddress::NotAnEndpoint(endpoint.to_owned());
    // Not resolved: a name server does not decide where we listen.
    let address = match endpoint.strip_prefix("localhost:") {
        Some(port) => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port.parse().map_err(|_| invalid())?),
        None => endpoint.parse().map_err(|_| invalid())?,
    };
    match address.ip().is_loopback() {
        true => Ok(Address::Tcp(address)),
        false => Err(InvalidAddress::NotLoopback(address)),
    }
}

fn tls(endpoint: &str) -> Result<Address, InvalidAddress> {
    let parts = endpoint.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    match parts {
        // An IPv6 address is written in brackets, as in a URL.
        Some((host, port)) if is_host(host) => {
            Ok(Address::Tls { host: host.trim_matches(['[', ']']).to_owned(), port })
        }
        _ => Err(InvalidAddress::NotAHost(endpoint.to_owned())),
    }
}

fn is_host(host: &str) -> bool {
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match inside {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b)),
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
            Self::Tls { host, port } if host.contains(':') => write!(f, "tls:[{host}]:{port}"),
            Self::Tls { host, port } => write!(f, "tls:{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = text.parse::<Address>().map_or_else(|e| format!("error: {e}"), |a| a.to_string());
        assert_eq!(found, expected);
    }

    #[test]
    fn another_machine_is_asked_with_tls() {
        check("tls:landfall.example.org:7878", "tls:landfall.example.org:7878");
        check("tls:10.0.0.5:7878", "tls:10.0.0.5:7878");
        check("tls:[2001:db8::1]:7878", "tls:[2001:db8::1]:7878");
        for wrong in ["landfall.example.org", "2001:db8::1:7878", ":7878", "a:99999", "a/b:1", "[x]:1"] {
            let message = format!("error: `{wrong}` is not a host and a port: write `tls:HOST:PORT`");
            check(&format!("tls:{wrong}"), &message);
        }
    }

    #[test]
    fn addresses_are_sockets_or_loopback() {
        check("unix:/run/landfall.sock", "unix:/run/landfall.sock");
        check("tcp:127.0.0.1:7000", "tcp:127.0.0.1:7000");
        check("tcp:localhost:7000", "tcp:127.0.0.1:7000");
        check("tcp:[::1]:7000", "tcp:[::1]:7000");
        check("unix:", "error: `unix:` needs the path of a socket after it");
        check(
            "/run/x.sock",
            "error: `/run/x.sock` is not an address: write `unix:PATH`, `tcp:127.0.0.1:PORT` or `tls:HOST:PORT`",
        );
        check("tcp:7000", "error: `7000` is not an IP address and a port: write `tcp:127.0.0.1:PORT`");
        check(
            "tcp:0.0.0.0:7000",
            "error: `0.0.0.0:7000` is not a loopback address: ask another machine with `tls:HOST:PORT`, and let \
             others in with `listen:` in landfall.yaml",
        );
    }
}
