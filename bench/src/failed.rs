//! Why a scenario has no rows, for people.

use std::{fmt::Display, io, path::Path};

/// A reason.
#[derive(Debug)]
pub(crate) struct Failed(pub(crate) String);

impl Failed {
    /// Anything that says what it is.
    pub(crate) fn new(why: impl Display) -> Self {
        Self(why.to_string())
    }

    /// A file or folder that could not be used.
    pub(crate) fn io<'a>(what: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |error| Self(format!("cannot {what} {}: {error}", path.display()))
    }

    /// With what was being done.
    pub(crate) fn when<E: Display>(doing: &str) -> impl FnOnce(E) -> Self + use<'_, E> {
        move |error| Self(format!("{doing}: {error}"))
    }
}
