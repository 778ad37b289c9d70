//! Where a host listens: `unix:PATH` or `tcp:127.0.0.1:PORT`.
//!
//! Only loopback: what goes over the wire is not encrypted, and nobody is asked who they are.

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
    /// A loopback address; read-only.
    Tcp(SocketAddr),
}

/// Why a text is not an address; `Display` says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// Neither `unix:` nor `tcp:`.
    #[error("`{0}` is not an address: write `unix:PATH` or `tcp:127.0.0.1:PORT`")]
    Scheme(String),
    /// `unix:` and nothing after it.
    #[error("`unix:` needs the path of a socket after it")]
    NoPath,
    /// Not an IP address and a port.
    #[error("`{0}` is not an IP address and a port: write `tcp:127.0.0.1:PORT`")]
    NotAnEndpoint(String),
    /// Reachable by others.
    #[error("`{0}` is not a loopback address: the host speaks to this machine only")]
    NotLoopback(SocketAddr),
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        match text.split_once(':') {
            Some(("unix", "")) => Err(InvalidAddress::NoPath),
            Some(("unix", path)) => Ok(Self::Unix(path.into())),
            Some(("tcp", endpoint)) => tcp(endpoint),
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

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
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
    fn addresses_are_sockets_or_loopback() {
        check("unix:/run/landfall.sock", "unix:/run/landfall.sock");
        check("tcp:127.0.0.1:7000", "tcp:127.0.0.1:7000");
        check("tcp:localhost:7000", "tcp:127.0.0.1:7000");
        check("tcp:[::1]:7000", "tcp:[::1]:7000");
        check("unix:", "error: `unix:` needs the path of a socket after it");
        check(
            "/run/x.sock",
            "error: `/run/x.sock` is not an address: write `unix:PATH` or `tcp:127.0.0.1:PORT`",
        );
        check("tcp:7000", "error: `7000` is not an IP address and a port: write `tcp:127.0.0.1:PORT`");
        check(
            "tcp:0.0.0.0:7000",
            "error: `0.0.0.0:7000` is not a loopback address: the host speaks to this machine only",
        );
    }
}
