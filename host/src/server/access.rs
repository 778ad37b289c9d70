//! Who may do what: by the socket file, by a token, or by being on this machine.
//!
//! Tokens are known by their hash alone. What is presented is hashed and compared in constant time, and neither is
//! ever logged or shown. Which door asks for a token is decided when it is opened; which tokens open it may change at
//! any time.

use std::{fmt, sync::Arc};

use axum::http::{HeaderMap, header};

use crate::{
    config::{Config, May},
    protocol::{Refusal, RefusalKind},
};

/// The tokens that hold now: those of the configuration that is in force when a request comes.
#[derive(Clone)]
pub struct Access(Arc<dyn Fn() -> Arc<Config> + Send + Sync>);

impl Access {
    /// Those of the configuration that this gives. It is asked for every request.
    #[must_use]
    pub fn following(in_force: impl Fn() -> Arc<Config> + Send + Sync + 'static) -> Self {
        Self(Arc::new(in_force))
    }

    fn is_empty(&self) -> bool {
        self.0().tokens.is_empty()
    }

    /// Whose token it is, and what it may do. Equality of [`blake3::Hash`] takes the same time wherever two differ.
    fn find(&self, presented: &str) -> Option<(String, May)> {
        let hash = blake3::hash(presented.as_bytes());
        let config = self.0();
        let found = config.tokens.iter().find(|token| blake3::Hash::from(*token.hash.as_bytes()) == hash)?;
        Some((found.name.clone(), found.may))
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0().tokens.iter().map(|token| (&token.name, token.may))).finish()
    }
}

/// Without a configuration there is no token.
impl Default for Access {
    fn default() -> Self {
        Self::following(Arc::default)
    }
}

/// What a listener takes for granted about whoever comes in by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// The socket file let them in: they may do everything.
    Unix,
    /// They are on this machine: they may ask, and a web page that asks for them may not.
    Loopback,
    /// They may be anybody: only a token says who.
    Others,
}

/// Who asks, once that is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// `token ci`, `uid 1000` or `tcp`: for the audit log.
    pub who: Arc<str>,
    /// What they may do.
    pub may: May,
}

impl Caller {
    /// Whether they may do more than ask.
    pub(super) fn check_admin(&self) -> Result<(), Refusal> {
        if self.may >= May::Admin {
            return Ok(());
        }
        let message = match self.who.strip_prefix(TOKEN) {
            Some(name) => format!("the token `{name}` may only read"),
            None => "this address is read-only".to_owned(),
        };
        Err(Refusal::new(RefusalKind::Forbidden, message)
            .help("ask over the unix socket, or with a token that may `admin`"))
    }
}

/// Whoever comes in over TCP and does not say who it is.
pub(super) const TCP: &str = "tcp";

/// How a caller with a token is called.
const TOKEN: &str = "token ";

/// Who comes in by a door with these headers. A token that is presented and does not hold is refused at every door, so
/// that nobody takes a wrong token for a right one; where none is configured there is nothing to compare it with.
pub(super) fn caller(
    door: Door,
    access: &Access,
    peer: &Arc<str>,
    headers: &HeaderMap,
) -> Result<Caller, Refusal> {
    let by_door = match door {
        Door::Unix => Some(May::Admin),
        Door::Loopback => Some(May::Read),
        Door::Others => None,
    };
    let who = if door == Door::Loopback { TCP.into() } else { Arc::clone(peer) };
    let anonymous = by_door.map(|may| Caller { who, may });
    let presented = presented(headers)?;
    match (presented, anonymous) {
        (None, Some(caller)) => Ok(caller),
        (None, None) => Err(unauthorized("this address asks for a token")),
        (Some(_), Some(caller)) if access.is_empty() => Ok(caller),
        (Some(token), anonymous) => {
            let (name, may) =
                access.find(token).ok_or_else(|| unauthorized("the token is none of this host's"))?;
            let by_door = anonymous.map_or(may, |caller| caller.may);
            Ok(Caller { who: format!("{TOKEN}{name}").into(), may: may.max(by_door) })
        }
    }
}

fn unauthorized(message: &str) -> Refusal {
    Refusal::new(RefusalKind::Unauthorized, message)
        .help("name the file that holds one with `--token-file FILE`, or set LANDFALL_TOKEN")
}

/// The token of `Authorization: Bearer`.
fn presented(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (first, more) = (given.next(), given.next());
    let Some(value) = first else { return Ok(None) };
    let token = value.to_str().ok().and_then(|text| text.split_once(' '));
    match token {
        Some((scheme, token)) if more.is_none() && scheme.eq_ignore_ascii_case("bearer") => {
            Ok(Some(token.trim_matches(' ')))
        }
        _ => Err(unauthorized("the `Authorization` header is no `Bearer` and a token")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::RwLock;

    use super::*;
    use crate::{config::Token, id::Digest};

    fn access() -> Access {
        let token = |name: &str, may, text: &str| Token {
            name: name.to_owned(),
            may,
            hash: Digest::of(text.as_bytes()),
        };
        let tokens = vec![token("ci", May::Read, "lf_read"), token("ops", May::Admin, "lf_admin")];
        let config = Arc::new(Config { tokens, ..Config::default() });
        Access::following(move || Arc::clone(&config))
    }

    #[track_caller]
    fn check(door: Door, access: &Access, header: Option<&str>, expected: &str) {
        let mut headers = HeaderMap::new();
        if let Some(value) = header {
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        }
        let found = match caller(door, access, &"uid 7".into(), &headers) {
            Ok(caller) => format!("{} may {}", caller.who, caller.may.as_str()),
            Err(refusal) => refusal.diagnostics[0].message.clone(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn each_door_asks_for_what_it_must() {
        let access = access();
        check(Door::Unix, &access, None, "uid 7 may admin");
        check(Door::Loopback, &access, None, "tcp may read");
        check(Door::Others, &access, None, "this address asks for a token");
        for door in [Door::Unix, Door::Loopback, Door::Others] {
            check(door, &access, Some("Bearer lf_admin"), "token ops may admin");
            for wrong in
                ["Bearer lf_other", "Bearer ", "Bearer lf_admi", "Bearer lf_admin2", "bearer LF_ADMIN"]
            {
                check(door, &access, Some(wrong), "the token is none of this host's");
            }
            check(
                door,
                &access,
                Some("Basic lf_admin"),
                "the `Authorization` header is no `Bearer` and a token",
            );
        }
        check(Door::Loopback, &access, Some("bearer lf_read"), "token ci may read");
        // Whom the socket file lets in may do everything, whatever else they carry.
        check(Door::Unix, &access, Some("Bearer lf_read"), "token ci may admin");
    }

    #[test]
    fn where_none_is_configured_only_others_are_asked() {
        let nobody = Access::default();
        check(Door::Loopback, &nobody, Some("Bearer lf_x"), "tcp may read");
        check(Door::Others, &nobody, Some("Bearer lf_x"), "the token is none of this host's");
        check(Door::Others, &nobody, None, "this address asks for a token");
    }

    #[test]
    fn tokens_change_while_the_door_is_open() {
        let in_force = Arc::new(RwLock::new(access().0()));
        let asked = Arc::clone(&in_force);
        let access = Access::following(move || Arc::clone(&asked.read().unwrap()));
        check(Door::Others, &access, Some("Bearer lf_admin"), "token ops may admin");
        *in_force.write().unwrap() = Arc::default();
        check(Door::Others, &access, Some("Bearer lf_admin"), "the token is none of this host's");
    }

    #[test]
    fn neither_token_nor_hash_is_shown() {
        assert_eq!(format!("{:?}", access()), r#"[("ci", Read), ("ops", Admin)]"#);
    }
}
