//! Whom a verb asks: a running host, or the same code in this process.

use std::{path::PathBuf, sync::Arc};

use clap::ValueHint;

use super::{
    Failure,
    seam::{self, Folders},
};
use crate::{
    address::Address,
    client::{self, Secret, Target},
    logging,
    protocol::{
        FactsResponse, QueryRequest, QueryResponse, RulesResponse, Served, StatusResponse, TimelineRequest,
        TimelineResponse,
    },
    render,
    server::Host,
    state,
};

/// The variable that names a host where no flag does.
const VARIABLE: &str = "LANDFALL_HOST";

/// The variables that hold a token and name a file of certificates. There is no flag for a token: everybody on a
/// machine can read the command lines of all.
const TOKEN: &str = "LANDFALL_TOKEN";
const CA: &str = "LANDFALL_CA";

/// The host a verb asks where nothing names another.
pub(super) const DEFAULT_NAME: &str = "default";

/// Who asks where nothing is recorded.
const NOBODY: &str = "";

/// A running host, by address.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct HostArgs {
    /// Host to ask: unix:PATH, tcp:127.0.0.1:PORT or tls:HOST:PORT [env: LANDFALL_HOST] [default: the
    /// socket of `landfall serve`, in $XDG_RUNTIME_DIR/landfall or its state folder]
    #[arg(long, value_name = "ADDRESS", value_hint = ValueHint::Other, help_heading = "Whom to ask")]
    pub(super) host: Option<Address>,
    /// File that holds the token to present over tcp: or tls: [env: LANDFALL_TOKEN holds the token itself]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Whom to ask")]
    token_file: Option<PathBuf>,
    /// File of the certificates to trust over tls:, in PEM [env: LANDFALL_CA]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Whom to ask")]
    ca: Option<PathBuf>,
}

impl HostArgs {
    /// Whom to ask, and what to show them.
    pub(super) fn target(&self) -> Result<Target, Failure> {
        let ca = self.ca.clone().or_else(|| set(CA).map(PathBuf::from));
        Ok(Target { address: self.address()?, token: self.token()?, ca })
    }

    /// The file, else the variable.
    fn token(&self) -> Result<Option<Secret>, Failure> {
        let (text, what) = match &self.token_file {
            Some(path) => {
                let text = std::fs::read_to_string(path);
                (text.map_err(|error| Failure::system("read the token file", error))?, "the token file")
            }
            None => match set(TOKEN) {
                Some(text) => (text, TOKEN),
                None => return Ok(None),
            },
        };
        let invalid =
            || Failure::usage(format!("{what} holds no token: it is one word, `lf_` and 43 letters"));
        Secret::read(&text).map(Some).ok_or_else(invalid)
    }

    /// The flag, else the variable, else the default socket.
    fn address(&self) -> Result<Address, Failure> {
        if let Some(address) = &self.host {
            return Ok(address.clone());
        }
        // Read here and not by clap: set in a profile, it must not exclude `--rules`.
        match set(VARIABLE) {
            Some(text) => text.parse().map_err(|error| Failure::usage(format!("{VARIABLE}: {error}"))),
            None => Ok(Address::Unix(state::default_socket(DEFAULT_NAME)?)),
        }
    }
}

/// A variable that says something.
fn set(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|text| !text.is_empty())
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

/// Who answers, once it is decided.
pub(super) enum Answers {
    /// A running host.
    There(Target),
    /// The same code in this process, from folders that were read.
    Here(Arc<dyn Host>),
}

impl Answers {
    /// Reads both folders.
    pub(super) fn here(folders: &Folders) -> Result<Self, Failure> {
        logging::start_quietly().map_err(Failure::usage)?;
        Ok(Self::Here(seam::hostless(folders).map_err(Failure::Refused)?))
    }

    pub(super) fn query(&self, request: &QueryRequest) -> Result<QueryResponse, Failure> {
        match self {
            Self::Here(host) => host.query(request, NOBODY).map_err(Failure::Refused),
            Self::There(target) => {
                let response = client::query(target, request)?;
                say_if_unrecorded(&response.served);
                Ok(response)
            }
        }
    }

    pub(super) fn timeline(&self, request: &TimelineRequest) -> Result<TimelineResponse, Failure> {
        match self {
            Self::Here(host) => host.timeline(request, NOBODY).map_err(Failure::Refused),
            Self::There(target) => {
                let response = client::timeline(target, request)?;
                say_if_unrecorded(&response.served);
                Ok(response)
            }
        }
    }

    pub(super) fn facts(&self, request: &QueryRequest) -> Result<FactsResponse, Failure> {
        match self {
            Self::Here(host) => host.facts(request, NOBODY).map_err(Failure::Refused),
            Self::There(target) => {
                let response = client::facts(target, request)?;
                say_if_unrecorded(&response.served);
                Ok(response)
            }
        }
    }

    /// What the rule files of a generation say.
    pub(super) fn rules(&self, generation: Option<&str>) -> Result<RulesResponse, Failure> {
        match self {
            Self::Here(host) => host.rules(generation).map_err(Failure::Refused),
            Self::There(target) => Ok(client::rules(target, generation)?),
        }
    }

    pub(super) fn status(&self) -> Result<StatusResponse, Failure> {
        match self {
            Self::Here(host) => Ok(host.status()),
            Self::There(target) => Ok(client::status(target)?),
        }
    }
}

/// An answer that is in no log can be shown to nobody later.
fn say_if_unrecorded(served: &Served) {
    if let Some(why) = &served.not_recorded {
        render::note(&render::not_recorded(why));
    }
}

impl Whom {
    pub(super) fn query(&self, request: &QueryRequest) -> Result<QueryResponse, Failure> {
        self.open()?.query(request)
    }

    pub(super) fn status(&self) -> Result<StatusResponse, Failure> {
        self.open()?.status()
    }

    /// Decides who answers, for whoever asks more than once: folders are read here, and only here.
    pub(super) fn open(&self) -> Result<Answers, Failure> {
        match self.folders() {
            Some(folders) => Answers::here(&folders),
            None => Ok(Answers::There(self.host.target()?)),
        }
    }

    /// The running host, for whoever can ask no other.
    pub(super) fn host(&self) -> Result<Target, Failure> {
        self.host.target()
    }

    /// The two folders, where there is no host to ask.
    pub(super) fn folders(&self) -> Option<Folders> {
        Some(Folders { rules: self.rules.clone()?, plugins: self.plugins.clone()? })
    }
}
