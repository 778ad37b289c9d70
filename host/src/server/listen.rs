//! Sockets to listen on. A dead socket file is replaced; a live one is an error that says who.
//!
//! Decides by which door whoever connects comes in. What others can reach is open only with a token, and with TLS here
//! or at a proxy: `config` says so with the line of the file, and it is checked here once more.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener},
    os::unix::{
        fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

use super::{
    access::Door,
    counts::Kind,
    tls::{Tls, TlsError},
};
use crate::{
    address::Address,
    config::Listen,
    state::{StateError, private_folder},
};

/// Where groups have their numbers.
const GROUPS: &str = "/etc/group";

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// A host answers there already.
    #[error("a host{} already listens on unix:{}", .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(), .path.display())]
    Live {
        /// The socket.
        path: PathBuf,
        /// Who it is, where the system says so.
        pid: Option<u32>,
    },
    /// Something that is no socket is in the way.
    #[error("{} is not a socket: it is left alone; name another path", .0.display())]
    NotASocket(PathBuf),
    /// Its folder cannot be used.
    #[error(transparent)]
    Folder(#[from] StateError),
    /// Its certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Nobody says what others would have to present.
    #[error("`{0}` would be open to others, and no token is configured")]
    NoToken(SocketAddr),
    /// What goes over it could be read on its way.
    #[error("`{0}` can be reached from other machines, and nothing would be encrypted")]
    InTheClear(SocketAddr),
    /// It takes a certificate, which a flag cannot name.
    #[error("`{0}` is an address to ask: a host listens with TLS where its landfall.yaml says so")]
    TlsByFlag(Address),
    /// There is no such group.
    #[error("there is no group `{0}` on this machine")]
    NoGroup(String),
    /// We are not in that group.
    #[error("the socket cannot be given to group `{group}`: {source}")]
    NotInGroup {
        /// Which group.
        group: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system said no.
    #[error("cannot listen on {address}: {source}")]
    Io {
        /// Where.
        address: Address,
        /// What it said.
        source: io::Error,
    },
}

/// A bound socket. Its file is removed when nobody listens any more.
#[derive(Debug)]
pub struct Listener {
    pub(super) socket: Socket,
    address: Address,
    pub(super) door: Door,
    pub(super) tls: Option<Tls>,
    /// Must live as long as the socket is listened on.
    pub(super) file: Option<SocketFile>,
}

impl BindError {
    /// What to do about it, where that is not plain from the message.
    #[must_use]
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Live { .. } => Some("stop it first, or serve under another name: `--name NAME`"),
            Self::NoToken(_) => Some(
                "add one to `tokens:` in landfall.yaml; `landfall token new --name NAME --may read` prints it",
            ),
            Self::InTheClear(_) => Some(
                "add `tls: {certificate: FILE, key: FILE}` in landfall.yaml or, where a proxy ends TLS, \
                 `behind_proxy: true`",
            ),
            Self::TlsByFlag(_) => {
                Some("write `listen: [{tcp: \"HOST:PORT\", tls: {certificate: FILE, key: FILE}}]` there")
            }
            Self::NoGroup(_) => Some("name a group of /etc/group, or its number"),
            Self::NotInGroup { .. } => Some("add the user of the host to that group"),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(super) enum Socket {
    Unix(UnixListener),
    Tcp(TcpListener),
}

impl Listener {
    /// Listens. Works outside a runtime, so that a wrong address fails before anything is loaded.
    ///
    /// # Errors
    /// [`BindError`].
    pub fn bind(address: &Address) -> Result<Self, BindError> {
        match address {
            Address::Unix(path) => unix(path, None),
            Address::Tcp(endpoint) => tcp(*endpoint, Door::Loopback, None),
            Address::Tls { .. } => Err(BindError::TlsByFlag(address.clone())),
        }
    }

    /// The same where landfall.yaml says so. `has_tokens` is whether it names any.
    ///
    /// # Errors
    /// [`BindError`].
    pub fn configured(listen: &Listen, has_tokens: bool) -> Result<Self, BindError> {
        match listen {
            Listen::Unix { path, group } => unix(path, group.as_ref().map(|group| group.value.as_str())),
            Listen::Tcp { address, tls: None, behind_proxy: false } => match address.ip().is_loopback() {
                true => tcp(*address, Door::Loopback, None),
                false => Err(BindError::InTheClear(*address)),
            },
            Listen::Tcp { address, .. } if !has_tokens => Err(BindError::NoToken(*address)),
            Listen::Tcp { address, tls, .. } => {
                let tls = tls.as_ref().map(|tls| Tls::open(&tls.certificate, &tls.key)).transpose()?;
                tcp(*address, Door::Others, tls)
            }
        }
    }

    /// Where it listens; a port of 0 has become the one the system chose.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    pub(super) const fn kind(&self) -> Kind {
        match (&self.socket, &self.tls) {
            (Socket::Unix(_), _) => Kind::Unix,
            (Socket::Tcp(_), None) => Kind::Tcp,
            (Socket::Tcp(_), Some(_)) => Kind::Tls,
        }
    }
}

fn tcp(endpoint: SocketAddr, door: Door, tls: Option<Tls>) -> Result<Listener, BindError> {
    let address = Address::Tcp(endpoint);
    let bound = TcpListener::bind(endpoint).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok((Address::Tcp(listener.local_addr()?), listener))
    });
    match bound {
        Ok((address, listener)) => {
            Ok(Listener { socket: Socket::Tcp(listener), address, door, tls, file: None })
        }
        Err(source) => Err(BindError::Io { address, source }),
    }
}

fn unix(path: &Path, group: Option<&str>) -> Result<Listener, BindError> {
    let group = group.map(|name| number_of(name).map(|number| (name, number))).transpose()?;
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !folder.exists() {
        private_folder(folder)?;
        // Whoever may use the socket must get to it.
        group.map_or(Ok(()), |group| share(folder, group, 0o750))?;
    }
    refuse_live(path)?;
    let address = Address::Unix(path.to_owned());
    let failed = |source| BindError::Io { address: address.clone(), source };
    let closet = tempfile::Builder::new().prefix(".lf").tempdir_in(folder).map_err(failed)?;
    let inside = closet.path().join("s");
    let (listener, inode) = bind_privately(&inside).map_err(failed)?;
    group.map_or(Ok(()), |group| share(&inside, group, 0o660))?;
    fs::rename(&inside, path).map_err(failed)?;
    let file = Some(SocketFile { path: path.to_owned(), inode });
    Ok(Listener { socket: Socket::Unix(listener), address, door: Door::Unix, tls: None, file })
}

/// Gives a file to a group.
fn share(path: &Path, (name, number): (&str, u32), mode: u32) -> Result<(), BindError> {
    let shared = std::os::unix::fs::chown(path, None, Some(number))
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(mode)));
    shared.map_err(|source| BindError::NotInGroup { group: name.to_owned(), source })
}

/// The number of a group, by its name in `/etc/group`, or by itself.
fn number_of(name: &str) -> Result<u32, BindError> {
    let groups = fs::read_to_string(GROUPS).unwrap_or_default();
    find_group(&groups, name).ok_or_else(|| BindError::NoGroup(name.to_owned()))
}

fn find_group(groups: &str, name: &str) -> Option<u32> {
    let named = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let is_it = fields.next() == Some(name);
        fields.nth(1).filter(|_| is_it)?.parse().ok()
    });
    named.or_else(|| name.parse().ok())
}

fn refuse_live(path: &Path) -> Result<(), BindError> {
    match path.symlink_metadata() {
        Ok(found) if found.file_type().is_socket() => {}
        Ok(_) => return Err(BindError::NotASocket(path.to_owned())),
        Err(_) => return Ok(()),
    }
    match UnixStream::connect(path) {
        Ok(stream) => Err(BindError::Live { path: path.to_owned(), pid: peer(&stream) }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Its queue is full, or it is somebody else's: alive either way.
        Err(_) => Err(BindError::Live { path: path.to_owned(), pid: None }),
    }
}

#[cfg(target_os = "linux")]
fn peer(stream: &UnixStream) -> Option<u32> {
    let credentials = rustix::net::sockopt::socket_peercred(stream).ok()?;
    u32::try_from(credentials.pid.as_raw_nonzero().get()).ok()
}

#[cfg(not(target_os = "linux"))]
fn peer(_: &UnixStream) -> Option<u32> {
    None
}

/// Binds inside a folder nobody else can enter and narrows the mode, to be moved into place: at no time can others
/// connect, and a dead socket is replaced in one step.
fn bind_privately(inside: &Path) -> io::Result<(UnixListener, u64)> {
    let listener = UnixListener::bind(inside)?;
    listener.set_nonblocking(true)?;
    fs::set_permissions(inside, fs::Permissions::from_mode(0o600))?;
    Ok((listener, inside.metadata()?.ino()))
}

/// A socket file, removed when this is dropped, if it is still ours.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if self.path.symlink_metadata().is_ok_and(|found| found.ino() == self.inode) {
            // Nothing depends on it: a socket left behind is found dead and replaced.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_socket_is_replaced_and_a_live_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/h.sock");
        let address = Address::Unix(path.clone());
        let first = Listener::bind(&address).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(path.parent().unwrap().metadata().unwrap().mode() & 0o777, 0o700);
        let live = Listener::bind(&address).unwrap_err();
        let us = std::process::id();
        assert!(matches!(live, BindError::Live { pid, .. } if pid == Some(us) || !cfg!(target_os = "linux")));
        drop(first);
        assert!(!path.exists());

        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "std leaves the file behind");
        let replaced = Listener::bind(&address).unwrap();
        assert!(UnixStream::connect(&path).is_ok());
        drop(replaced);
        let left: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }

    fn configured(yaml: &str, folder: &Path) -> Result<Listener, BindError> {
        let text = format!("schema: landfall/config@1\nlisten: [{yaml}]\n");
        let config = crate::config::read("landfall.yaml", text.as_bytes(), folder).unwrap();
        Listener::configured(&config.listen[0], false)
    }

    #[test]
    fn a_socket_is_given_to_a_group() {
        let folder = tempfile::tempdir().unwrap();
        let ours = rustix::process::getegid().as_raw();
        let listener =
            configured(&format!("{{unix: sub/h.sock, group: \"{ours}\"}}"), folder.path()).unwrap();
        let mode = |path: &str| {
            let found = folder.path().join(path).metadata().unwrap();
            (found.mode() & 0o777, found.gid())
        };
        assert_eq!(mode("sub/h.sock"), (0o660, ours));
        assert_eq!(mode("sub"), (0o750, ours));
        drop(listener);
        let unknown = configured("{unix: sub/h.sock, group: no-such-group}", folder.path());
        let message = unknown.unwrap_err().to_string();
        assert_eq!(message, "there is no group `no-such-group` on this machine");
        assert!(!folder.path().join("sub/h.sock").exists());
    }

    #[test]
    fn groups_go_by_name_or_number() {
        let groups = "root:x:0:\nlandfall:x:998:alice,bob\n7:x:9:\nbroken\n";
        let found = |name: &str| find_group(groups, name);
        assert_eq!(
            [found("landfall"), found("root"), found("1000"), found("7")],
            [Some(998), Some(0), Some(1000), Some(9)]
        );
        assert_eq!([found("broken"), found("alice"), found("")], [None; 3]);
    }

    #[test]
    fn what_others_could_reach_is_not_opened_without_a_token() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |yaml: &str| configured(yaml, folder.path()).unwrap_err();
        let error = refused("{tcp: \"127.0.0.1:0\", behind_proxy: true}");
        assert!(
            matches!(error, BindError::NoToken(_)) && error.help().unwrap().contains("token new"),
            "{error}"
        );
        let others = "0.0.0.0:0".parse().unwrap();
        let clear = Listen::Tcp { address: others, tls: None, behind_proxy: false };
        assert!(matches!(Listener::configured(&clear, true), Err(BindError::InTheClear(_))));
        let by_flag = "tls:example.org:7878".parse().unwrap();
        assert!(matches!(Listener::bind(&by_flag), Err(BindError::TlsByFlag(_))));
    }

    #[test]
    fn a_wrong_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
            let tls = crate::config::Tls {
                certificate,
                key,
                span: crate::source::Span { line: 1, column: 1, length: 1 },
            };
            let listen =
                Listen::Tcp { address: "127.0.0.1:0".parse().unwrap(), tls: Some(tls), behind_proxy: false };
            Listener::configured(&listen, true).unwrap_err().to_string()
        };
        assert!(open().contains("cert.pem holds no certificate in PEM: "), "{}", open());
        fs::write(folder.path().join("cert.pem"), "nonsense").unwrap();
        assert!(open().ends_with("cert.pem holds no certificate in PEM"), "{}", open());
    }

    #[test]
    fn a_file_in_the_way_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "mine").unwrap();
        let refused = Listener::bind(&Address::Unix(path.clone()));
        assert!(matches!(refused, Err(BindError::NotASocket(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    }
}
