//! Whom a verb asks: a running host, or the same code in this process.

use std::path::PathBuf;

use clap::ValueHint;

use super::{
    Failure,
    seam::{self, Folders},
};
use crate::{
    address::Address,
    client, logging,
    protocol::{QueryRequest, QueryResponse, StatusResponse},
    state,
};

/// The variable that names a host where no flag does.
const VARIABLE: &str = "LANDFALL_HOST";

/// The host a verb asks where nothing names another.
pub(super) const DEFAULT_NAME: &str = "default";

/// A running host, by address.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct HostArgs {
    /// Host to ask: unix:PATH or tcp:127.0.0.1:PORT [env: LANDFALL_HOST] [default: the socket of
    /// `landfall serve`, in $XDG_RUNTIME_DIR/landfall or its state folder]
    #[arg(long, value_name = "ADDRESS", value_hint = ValueHint::Other, help_heading = "Whom to ask")]
    pub(super) host: Option<Address>,
}

impl HostArgs {
    /// The flag, else the variable, else the default socket.
    pub(super) fn address(&self) -> Result<Address, Failure> {
        if let Some(address) = &self.host {
            return Ok(address.clone());
        }
        // Read here and not by clap: set in a profile, it must not exclude `--rules`.
        match std::env::var(VARIABLE) {
            Ok(text) if !text.is_empty() => {
                text.parse().map_err(|error| Failure::usage(format!("{VARIABLE}: {error}")))
            }
            _ => Ok(Address::Unix(state::default_socket(DEFAULT_NAME)?)),
        }
    }
}

/// A running host, or two folders.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Whom {
    #[command(flatten)]
    host: HostArgs,
    /// Answer without a host, from this folder of rules
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, requires = "plugins")]
    #[arg(conflicts_with = "host", help_heading = "Whom to ask")]
    rules: Option<PathBuf>,
    /// Answer without a host, with this folder of plugins
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, requires = "rules")]
    #[arg(conflicts_with = "host", help_heading = "Whom to ask")]
    plugins: Option<PathBuf>,
}

impl Whom {
    pub(super) fn query(&self, request: &QueryRequest) -> Result<QueryResponse, Failure> {
        match self.folders() {
            Some(folders) => here(&folders)?.query(request).map_err(Failure::Refused),
            None => Ok(client::query(&self.host.address()?, request)?),
        }
    }

    pub(super) fn status(&self) -> Result<StatusResponse, Failure> {
        match self.folders() {
            Some(folders) => Ok(here(&folders)?.status()),
            None => Ok(client::status(&self.host.address()?)?),
        }
    }

    fn folders(&self) -> Option<Folders> {
        Some(Folders { rules: self.rules.clone()?, plugins: self.plugins.clone()? })
    }
}

fn here(folders: &Folders) -> Result<std::sync::Arc<dyn crate::server::Host>, Failure> {
    logging::start_quietly().map_err(Failure::usage)?;
    seam::hostless(folders).map_err(Failure::Refused)
}
