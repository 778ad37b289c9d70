//! `listen`: sockets, and under which conditions they may be open to others.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use crate::{
    diagnostic::Problems,
    rules::{
        schema::{Spanned, scalar},
        yaml::{self, Fields, Node},
    },
    source::Span,
};

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// A socket file.
    Unix {
        /// Which.
        path: PathBuf,
        /// The group that may ask too, by name; else the user alone.
        group: Option<Spanned<String>>,
    },
    /// An address.
    Tcp {
        /// Which.
        address: SocketAddr,
        /// What the host ends TLS with, if it does.
        tls: Option<Tls>,
        /// Whether a proxy that the operator vouches for ends TLS before it.
        behind_proxy: bool,
    },
}

/// What the host ends TLS with; both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The chain, its own first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
    /// Where it stands, for whoever reads the two.
    pub span: Span,
}

/// Reads the list.
pub(super) fn read(node: &Node, folder: &Path, problems: &mut Problems<'_>) -> Vec<Spanned<Listen>> {
    let Some(items) = yaml::sequence(node, "`listen`", problems) else { return Vec::new() };
    if items.is_empty() {
        let help = "take the key out to listen on the default socket";
        problems.error_help(node.span, "`listen` names no address", help);
    }
    let listen: Vec<_> = items.iter().filter_map(|item| one(item, folder, problems)).collect();
    no_address_twice(&listen, problems);
    listen
}

fn one(node: &Node, folder: &Path, problems: &mut Problems<'_>) -> Option<Spanned<Listen>> {
    let entries = yaml::mapping(node, "a listener", problems)?;
    let has = |key: &str| entries.iter().any(|entry| entry.key == key);
    let listen = match (has("unix"), has("tcp")) {
        (true, false) => unix(node, folder, problems),
        (false, true) => tcp(node, folder, problems),
        (both, _) => {
            let message =
                if both { "a listener has `unix` and `tcp`" } else { "a listener needs an address" };
            let help = "write `{unix: PATH}` or `{tcp: \"127.0.0.1:7878\"}`, one in each item";
            problems.error_help(node.span, message, help);
            None
        }
    };
    Some(Spanned::new(listen?, node.span))
}

fn unix(node: &Node, folder: &Path, problems: &mut Problems<'_>) -> Option<Listen> {
    let fields = Fields::read(node, "a unix socket", &["unix", "group"], problems)?;
    let path = path(fields.require("unix", problems)?, "the path of a socket", folder, problems)?;
    let group = fields.get("group").and_then(|node| {
        yaml::text(node, "a group", problems).map(|name| Spanned::new(name.to_owned(), node.span))
    });
    Some(Listen::Unix { path, group })
}

fn tcp(node: &Node, folder: &Path, problems: &mut Problems<'_>) -> Option<Listen> {
    let fields = Fields::read(node, "a TCP listener", &["tcp", "tls", "behind_proxy"], problems)?;
    let address = fields.require("tcp", problems).and_then(|node| address(node, problems));
    let tls = fields.get("tls").map(|node| tls(node, folder, problems));
    let proxy = fields.get("behind_proxy").map(|node| scalar::flag(node, "`behind_proxy`", problems));
    let behind_proxy = proxy.unwrap_or(Some(false))?;
    if tls.is_some() && behind_proxy {
        let help = "take out the one that is not so";
        problems.error_help(node.span, "TLS is ended here and by a proxy", help);
    }
    // What was wrong with a key that is there is said; a listener without it would be another one.
    let tls = match tls {
        Some(tls) => Some(tls?),
        None => None,
    };
    Some(Listen::Tcp { address: address?, tls, behind_proxy })
}

fn tls(node: &Node, folder: &Path, problems: &mut Problems<'_>) -> Option<Tls> {
    let fields = Fields::read(node, "`tls`", &["certificate", "key"], problems)?;
    let mut file = |key: &str| {
        let node = fields.require(key, problems)?;
        path(node, "the path of a PEM file", folder, problems)
    };
    let (certificate, key) = (file("certificate"), file("key"));
    Some(Tls { certificate: certificate?, key: key?, span: node.span })
}

fn path(node: &Node, what: &str, folder: &Path, problems: &mut Problems<'_>) -> Option<PathBuf> {
    yaml::text(node, what, problems).map(|path| folder.join(path))
}

/// Not resolved: a name server does not decide where we listen.
fn address(node: &Node, problems: &mut Problems<'_>) -> Option<SocketAddr> {
    let found = node.scalar().and_then(|text| match text.strip_prefix("localhost:") {
        Some(port) => Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port.parse().ok()?)),
        None => text.parse().ok(),
    });
    if found.is_none() {
        let message = format!("{} is not an IP address and a port", node.describe());
        problems.error_help(node.span, message, "write it in quotes, as in `tcp: \"127.0.0.1:7878\"`");
    }
    found
}

fn no_address_twice(listen: &[Spanned<Listen>], problems: &mut Problems<'_>) {
    let mut seen = BTreeMap::new();
    for one in listen {
        let address = match &one.value {
            Listen::Unix { path, .. } => path.display().to_string(),
            Listen::Tcp { address, .. } => address.to_string(),
        };
        if let Some(first) = seen.insert(address.clone(), one.span.line) {
            let help = format!("the first one is on line {first}: remove one of them");
            problems.error_help(one.span, format!("`{address}` is listened on twice"), help);
        }
    }
}

/// What others can reach asks who they are, and is encrypted.
pub(super) fn guarded(listen: &[Spanned<Listen>], no_token: bool, problems: &mut Problems<'_>) {
    for one in listen {
        let Listen::Tcp { address, tls, behind_proxy } = &one.value else { continue };
        if address.ip().is_loopback() {
            continue;
        }
        if tls.is_none() && !behind_proxy {
            let message = format!("`{address}` can be reached from other machines, and nothing is encrypted");
            let help =
                "add `tls: {certificate: FILE, key: FILE}` or, where a proxy ends TLS, `behind_proxy: true`";
            problems.error_help(one.span, message, help);
        }
        if no_token {
            let message =
                format!("`{address}` can be reached from other machines, and nobody is asked who they are");
            let help = "add `tokens`; `landfall token new --name NAME --may read` prints one";
            problems.error_help(one.span, message, help);
        }
    }
}
