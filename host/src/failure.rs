//! Why a command did not do what it was asked to, and how that is said.

use std::fmt::Display;

use crate::{
    client::ClientError, diagnostic::Diagnostic, files::FilesError, kit::build::BuildError,
    protocol::Refusal, server::BindError, state::StateError,
};

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Something on the command line or in the environment is wrong.
    #[error("{message}")]
    Usage {
        /// What.
        message: String,
        /// What to write instead.
        help: Option<String>,
    },
    /// The files have errors.
    #[error("the input has errors")]
    Input(Vec<Diagnostic>),
    /// A verb without a host got no answer.
    #[error("refused")]
    Refused(Refusal),
    /// A host gave no answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A folder of ours cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
    /// New files cannot be written.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A plugin was not built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// An address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The system said no.
    #[error("cannot {what}: {reason}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What it said.
        reason: String,
    },
}

impl Failure {
    /// Something on the command line is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), help: None }
    }

    /// The system said no.
    pub(crate) fn system(what: &'static str, reason: impl Display) -> Self {
        Self::System { what, reason: reason.to_string() }
    }

    /// What to tell people; at least one.
    pub(crate) fn diagnostics(&self) -> Vec<Diagnostic> {
        let said = Diagnostic::error(self.to_string());
        match self {
            Self::Input(diagnostics) => diagnostics.clone(),
            Self::Refused(refusal) | Self::Client(ClientError::Refused(refusal)) => {
                refusal.diagnostics.clone()
            }
            Self::Usage { help: Some(help), .. } => vec![said.help(help.clone())],
            Self::Client(ClientError::NoHost(..)) => vec![said.help(
                "start one with `landfall serve --rules DIR --plugins DIR`, or ask without one: add \
                 `--rules DIR --plugins DIR`",
            )],
            Self::Client(ClientError::NotOurs { .. }) => {
                vec![said.help("name the host to ask with `--host` or LANDFALL_HOST")]
            }
            Self::Client(ClientError::NoCa(_)) => vec![said.help(
                "name the file of the authority that signed it, or of itself, with `--ca FILE` or LANDFALL_CA: no \
                 certificate is trusted by default",
            )],
            Self::Client(ClientError::NoTrust(..)) => {
                vec![said.help("`--ca` names whose certificates are trusted; the host must be asked by a name of its certificate")]
            }
            Self::Bind(error) => vec![match error.help() {
                Some(help) => said.help(help),
                None => said,
            }],
            Self::State(StateError::InUse { .. }) => {
                vec![said.help("stop it first, or serve under another name: `--name NAME`")]
            }
            Self::Files(error) => error.diagnostics(),
            Self::Build(error) => error.diagnostics(),
            _ => vec![said],
        }
    }
}
