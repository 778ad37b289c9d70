//! Sockets to listen on. A dead socket file is replaced; a live one is an error that says who.

use std::{
    io,
    net::TcpListener,
    os::unix::{
        fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

use crate::{
    address::Address,
    state::{StateError, private_folder},
};

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
    socket: Socket,
    address: Address,
    file: Kept,
}

/// What must live as long as a socket is listened on.
pub(super) type Kept = Option<SocketFile>;

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
            Address::Unix(path) => unix(path),
            Address::Tcp(endpoint) => tcp(*endpoint),
        }
    }

    /// Where it listens; a port of 0 has become the one the system chose.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn into_parts(self) -> (Socket, Kept) {
        (self.socket, self.file)
    }
}

fn tcp(endpoint: std::net::SocketAddr) -> Result<Listener, BindError> {
    let address = Address::Tcp(endpoint);
    let bound = TcpListener::bind(endpoint).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok((Address::Tcp(listener.local_addr()?), listener))
    });
    match bound {
        Ok((address, listener)) => Ok(Listener { socket: Socket::Tcp(listener), address, file: None }),
        Err(source) => Err(BindError::Io { address, source }),
    }
}

fn unix(path: &Path) -> Result<Listener, BindError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !folder.exists() {
        private_folder(folder)?;
    }
    refuse_live(path)?;
    let address = Address::Unix(path.to_owned());
    match bind_privately(folder, path) {
        Ok((listener, file)) => Ok(Listener { socket: Socket::Unix(listener), address, file: Some(file) }),
        Err(source) => Err(BindError::Io { address, source }),
    }
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

/// Binds inside a folder nobody else can enter, narrows the mode, then moves the socket into place:
/// at no time can others connect, and a dead socket is replaced in one step.
fn bind_privately(folder: &Path, path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    let closet = tempfile::Builder::new().prefix(".lf").tempdir_in(folder)?;
    let inside = closet.path().join("s");
    let listener = UnixListener::bind(&inside)?;
    listener.set_nonblocking(true)?;
    std::fs::set_permissions(&inside, std::fs::Permissions::from_mode(0o600))?;
    let inode = inside.metadata()?.ino();
    std::fs::rename(&inside, path)?;
    Ok((listener, SocketFile { path: path.to_owned(), inode }))
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
            let _ = std::fs::remove_file(&self.path);
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
