//! What the process says about how it went, for scripts.

use crate::{
    client::ClientError,
    failure::Failure,
    kit::build::BuildError,
    protocol::{RefusalKind, Status},
};

/// The codes, documented in `landfall --help`. They do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Answered; done.
    Answered = 0,
    /// It could not be done.
    Failure = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The rules, plugins or strategy have errors.
    InputErrors = 3,
    /// Answered, but incomplete or blocked.
    Incomplete = 4,
    /// No host answers.
    NoHost = 5,
    /// Differences or findings.
    Findings = 6,
}

/// How a command ended that did what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing more to say.
    Done,
    /// An answer of that status was shown.
    Answer(Status),
    /// Files were shown; whether all of them are live.
    Items {
        /// Whether what is served is what is on disk.
        all_live: bool,
    },
    /// Something was looked for.
    Found {
        /// Whether there is any of it.
        any: bool,
    },
    /// Files were checked.
    Checked {
        /// Whether one of them has an error.
        errors: bool,
    },
}

impl ExitCode {
    /// The one mapping.
    #[must_use]
    pub const fn of(outcome: &Result<Outcome, Failure>) -> Self {
        match outcome {
            Ok(Outcome::Done | Outcome::Answer(Status::Complete)) => Self::Answered,
            Ok(
                Outcome::Items { all_live: true }
                | Outcome::Checked { errors: false }
                | Outcome::Found { any: false },
            ) => Self::Answered,
            Ok(Outcome::Answer(Status::Incomplete | Status::Blocked)) => Self::Incomplete,
            Ok(Outcome::Items { all_live: false } | Outcome::Found { any: true }) => Self::Findings,
            Ok(Outcome::Checked { errors: true })
            | Err(Failure::Input(_) | Failure::Build(BuildError::Input(_) | BuildError::Failed { .. })) => {
                Self::InputErrors
            }
            Err(Failure::Usage { .. }) => Self::Usage,
            Err(Failure::Refused(refusal) | Failure::Client(ClientError::Refused(refusal))) => {
                Self::of_refusal(refusal.kind)
            }
            Err(Failure::Client(
                ClientError::NoHost(..) | ClientError::NotOurs { .. } | ClientError::NoTrust(..),
            )) => Self::NoHost,
            Err(Failure::Client(ClientError::NoCa(_))) => Self::Usage,
            Err(Failure::Client(ClientError::Ca { .. })) => Self::Failure,
            Err(Failure::Client(ClientError::Broken(..))) => Self::Failure,
            Err(
                Failure::State(_)
                | Failure::Files(_)
                | Failure::Build(_)
                | Failure::Bind(_)
                | Failure::System { .. },
            ) => Self::Failure,
        }
    }

    const fn of_refusal(kind: RefusalKind) -> Self {
        match kind {
            RefusalKind::Strategy | RefusalKind::Rules | RefusalKind::TooLarge => Self::InputErrors,
            RefusalKind::Request
            | RefusalKind::Unauthorized
            | RefusalKind::Forbidden
            | RefusalKind::NotFound
            | RefusalKind::Generation
            | RefusalKind::Conflict
            | RefusalKind::Busy
            | RefusalKind::Unavailable
            | RefusalKind::Internal => Self::Failure,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Refusal;

    #[test]
    fn every_end_has_its_code() {
        let refused = |kind| Err(Failure::Refused(Refusal::new(kind, "no")));
        let gone = ClientError::NoHost("unix:/x".parse().unwrap(), std::io::ErrorKind::NotFound.into());
        let table = [
            (Ok(Outcome::Answer(Status::Complete)), 0),
            (Ok(Outcome::Answer(Status::Incomplete)), 4),
            (Ok(Outcome::Answer(Status::Blocked)), 4),
            (Ok(Outcome::Items { all_live: false }), 6),
            (Ok(Outcome::Checked { errors: true }), 3),
            (Ok(Outcome::Found { any: true }), 6),
            (Ok(Outcome::Found { any: false }), 0),
            (refused(RefusalKind::Strategy), 3),
            (refused(RefusalKind::Busy), 1),
            (Err(Failure::usage("no")), 2),
            (Err(Failure::Client(gone)), 5),
        ];
        for (outcome, code) in table {
            assert_eq!(ExitCode::of(&outcome) as u8, code, "{outcome:?}");
        }
    }
}
