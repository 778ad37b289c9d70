//! Names of the things Landfall talks about, parsed once at the boundary and trusted after it.
//!
//! Jurisdictions, stages and plugins are kebab-case; whatever an expression can say (facts, params,
//! choices, obligations, roles) is snake_case. Depends on nothing of ours.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// Longest name accepted, in bytes. Arbitrary, and generous: it bounds what a table must hold.
const MAX_LENGTH: usize = 64;

/// Why a text is not a name; `Display` says what to type instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Not `word(-word)*` in lower case.
    #[error(
        "`{0}` is not kebab-case: write lower-case letters and digits, in words joined by `-`, starting with a letter"
    )]
    NotKebab(String),
    /// Not `word(_word)*` in lower case.
    #[error(
        "`{0}` is not snake_case: write lower-case letters and digits, in words joined by `_`, starting with a letter"
    )]
    NotSnake(String),
    /// Longer than 64 bytes.
    #[error("a name of {0} bytes is too long: at most 64")]
    TooLong(usize),
}

fn is_joined_words(text: &str, joint: char) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.split(joint).all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        })
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $joint:literal, $error:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Reads a name.
            ///
            /// # Errors
            /// [`InvalidName`], whose message tells the author what to type.
            pub fn parse(text: &str) -> Result<Self, InvalidName> {
                if text.len() > MAX_LENGTH {
                    return Err(InvalidName::TooLong(text.len()));
                }
                if !is_joined_words(text, $joint) {
                    return Err(InvalidName::$error(text.to_owned()));
                }
                Ok(Self(text.into()))
            }

            /// The name as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// A place with a rule file: `br`, `eu`, `us-ca`.
    JurisdictionId, '-', NotKebab
}
name! {
    /// One WebAssembly component that computes one stage's cost: `language-adaptation`.
    PluginId, '-', NotKebab
}
name! {
    /// Whatever an expression can say: a fact, param, choice, option, obligation, penalty, role or source.
    Name, '_', NotSnake
}

/// One of the five stage costs, in the order of the objective: c, d, l, f, o.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// c: choosing and entering the market.
    MarketSelection,
    /// d: adapting data and language.
    DataAdaptation,
    /// l: meeting the law.
    Compliance,
    /// f: working across cultures.
    Culture,
    /// o: delivering the output.
    Output,
}

impl Stage {
    /// All five, in the order of the objective.
    pub const ALL: [Self; 5] =
        [Self::MarketSelection, Self::DataAdaptation, Self::Compliance, Self::Culture, Self::Output];

    /// The stage's name in files, JSON and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MarketSelection => "market-selection",
            Self::DataAdaptation => "data-adaptation",
            Self::Compliance => "compliance",
            Self::Culture => "culture",
            Self::Output => "output",
        }
    }

    /// The stage of that name, if there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An id with the jurisdiction whose file defines it: `br.dpo`. Ordered by its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QualifiedId {
    /// The file that defines it.
    pub jurisdiction: JurisdictionId,
    /// Its name there.
    pub name: Name,
}

impl fmt::Display for QualifiedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.jurisdiction, self.name)
    }
}

impl Serialize for QualifiedId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A blake3 digest, written `blake3:<64 hex digits>`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// A digest that was computed before.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads `blake3:` and 64 digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("blake3:")?;
        Some(Self(*blake3::Hash::from_hex(digits).ok()?.as_bytes()))
    }

    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The digest of a sequence of parts; each is length-prefixed, so that no two sequences collide
    /// by moving a boundary.
    #[must_use]
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Self(*hasher.finalize().as_bytes())
    }

    /// The raw 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 hex digits, without the `blake3:` in front; for file names.
    #[must_use]
    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "blake3:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("this is no `blake3:` digest"))
    }
}

/// The candidate most like `text`, for a "did you mean": at most a third of its letters differ.
#[must_use]
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = text.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_or_snake_and_nothing_else() {
        for good in ["br", "us-ca", "a1-b2"] {
            assert!(JurisdictionId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "Br", "us_ca", "-a", "a-", "a--b", "1a", "ü"] {
            assert!(JurisdictionId::parse(bad).is_err(), "{bad}");
        }
        assert!(Name::parse("small_agent").is_ok());
        assert!(Name::parse("small-agent").is_err());
        assert_eq!(Name::parse(&"a".repeat(65)), Err(InvalidName::TooLong(65)));
    }

    #[test]
    fn nearest_suggests_a_slip_and_not_a_stranger() {
        assert_eq!(nearest("tittle", ["title", "cite"]), Some("title"));
        assert_eq!(nearest("weather", ["title", "cite"]), None);
    }

    #[test]
    fn digest_parts_do_not_collide_by_moving_a_boundary() {
        let a: [&[u8]; 2] = [b"ab", b"c"];
        let b: [&[u8]; 2] = [b"a", b"bc"];
        assert_ne!(Digest::of_parts(a), Digest::of_parts(b));
    }
}
