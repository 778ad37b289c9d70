//! Who may put what into the watched folders: minisign signatures over files, and the keys that an operator
//! trusts with jurisdictions, stages and base files.
//!
//! Pure: bytes in, verdict out. What follows from a verdict is `reload`'s affair, and signing is minisign's own
//! tool. A signature says who wrote these bytes and, by the `serial:` in its trusted comment, which of two
//! versions is the later one; it says nothing of whether they are right. Only this module names
//! `minisign_verify`.

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fmt, sync::Arc};

use data_encoding::BASE64;
use minisign_verify::Signature;

use crate::{
    diagnostic::Diagnostic,
    id::{JurisdictionId, Stage},
    rules::yaml::shorten,
};

/// What is trusted. By default nobody, and nothing need be signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Whether a file that nobody has signed is refused.
    pub require: bool,
    /// Whose signatures count.
    pub keys: Vec<Arc<Key>>,
}

/// A team's key, and what it may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What the team is called in messages.
    pub name: String,
    /// With what its signatures are verified.
    pub public: PublicKey,
    /// Whose rule files it may sign, and for whom its plugins may compute.
    pub jurisdictions: Reach<JurisdictionId>,
    /// Which stages its plugins may compute.
    pub stages: Reach<Stage>,
    /// Which base files it may sign.
    pub base: BTreeSet<String>,
}

/// All of a kind, or some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach<T> {
    /// Every one, those not yet known included.
    All,
    /// These alone.
    These(BTreeSet<T>),
}

/// A minisign public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: KeyId,
    key: minisign_verify::PublicKey,
    text: String,
}

/// The eight bytes by which minisign tells keys apart: a hint of whose signature this is, and no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId([u8; 8]);

/// Why a text is no public key. What it says instead is not repeated: it may be a secret one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no minisign public key")]
pub struct NoPublicKey;

/// A file whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Whose.
    pub key: Arc<Key>,
    /// Which of several versions of the file this is: higher is later.
    pub serial: u64,
}

/// Why a signature says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It is not one.
    #[error("`{file}.minisig` is no minisign signature: {why}")]
    Malformed {
        /// What it is said to sign.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody trusts whoever made it.
    #[error("`{file}` is signed with the key {id}, and landfall.yaml trusts no such key")]
    UnknownKey {
        /// The file.
        file: String,
        /// What the signature says of its key.
        id: KeyId,
        /// The keys that are trusted.
        known: Vec<String>,
    },
    /// It was made over other bytes, or by somebody else.
    #[error("the signature in `{file}.minisig` is not that of {key} over `{file}`")]
    DoesNotHold {
        /// The file.
        file: String,
        /// Whose it would be.
        key: String,
    },
    /// Its trusted comment says no order.
    #[error("the signature of `{file}` by `{key}` has no `serial:` in its trusted comment")]
    NoSerial {
        /// The file.
        file: String,
        /// Whose.
        key: String,
    },
    /// Its trusted comment says something else than a number, or two.
    #[error(
        "`{found}` in the trusted comment of the signature of `{file}` by `{key}` is not one whole number"
    )]
    BadSerial {
        /// The file.
        file: String,
        /// Whose.
        key: String,
        /// What it says.
        found: String,
    },
}

/// Whose signature over these bytes this is.
///
/// # Errors
/// [`Problem`]: it is nobody's that is trusted.
pub fn verify(policy: &Policy, file: &str, bytes: &[u8], signature: &[u8]) -> Result<Signed, Problem> {
    let malformed = |why: &str| Problem::Malformed { file: file.to_owned(), why: why.to_owned() };
    let text = std::str::from_utf8(signature).map_err(|_| malformed("it is not text"))?;
    let id = KeyId::of_signature(text).ok_or_else(|| malformed("its second line holds no signature"))?;
    let signature = Signature::decode(text).map_err(|_| malformed("it is cut short, or was changed"))?;
    let named: Vec<&Arc<Key>> = policy.keys.iter().filter(|key| key.public.id == id).collect();
    if named.is_empty() {
        let known = policy.keys.iter().map(|key| key.name.clone()).collect();
        return Err(Problem::UnknownKey { file: file.to_owned(), id, known });
    }
    // An id is no proof, and two keys may have the same one: whose it is, the signature decides.
    let holds = |key: &&&Arc<Key>| key.public.key.verify(bytes, &signature, true).is_ok();
    match named.iter().find(holds) {
        Some(key) => Ok(Signed { key: Arc::clone(key), serial: serial(file, key, &signature)? }),
        None => {
            let names: Vec<String> = named.iter().map(|key| format!("`{}`", key.name)).collect();
            Err(Problem::DoesNotHold { file: file.to_owned(), key: names.join(" or ") })
        }
    }
}

/// What a signature says of itself, whoever made it: nothing of it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Of the key it was made with.
    pub key: KeyId,
    /// In one line.
    pub comment: String,
    /// The number after `serial:`, where there is one.
    pub serial: Option<u64>,
}

/// What a signature says of itself; nothing where it is none.
#[must_use]
pub fn claimed(signature: &[u8]) -> Option<Claimed> {
    let text = std::str::from_utf8(signature).ok()?;
    let key = KeyId::of_signature(text)?;
    let decoded = Signature::decode(text).ok()?;
    let comment = decoded.trusted_comment();
    let serial = comment.split_whitespace().find_map(|word| word.strip_prefix("serial:"));
    Some(Claimed { key, comment: shorten(comment), serial: serial.and_then(|digits| digits.parse().ok()) })
}

/// The one word `serial:7` of the trusted comment, which the signature covers.
fn serial(file: &str, key: &Key, signature: &Signature) -> Result<u64, Problem> {
    let words = signature.trusted_comment().split_whitespace();
    let mut serials = words.filter(|word| word.starts_with("serial:"));
    let (file, key) = (file.to_owned(), key.name.clone());
    let Some(word) = serials.next() else { return Err(Problem::NoSerial { file, key }) };
    if let Some(second) = serials.next() {
        let found = shorten(&format!("{word} {second}"));
        return Err(Problem::BadSerial { file, key, found });
    }
    let digits = word.strip_prefix("serial:").unwrap_or_default();
    let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<i64>().ok());
    match number.flatten() {
        Some(number) => Ok(number.unsigned_abs()),
        None => Err(Problem::BadSerial { file, key, found: shorten(word) }),
    }
}

impl Problem {
    /// Whether file and signature may be halves of two pairs, of which the rest is still being copied.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Malformed { .. } | Self::DoesNotHold { .. })
    }

    /// The same with what to do about it. `next` is a serial that would do.
    #[must_use]
    pub fn diagnostic(&self, next: u64) -> Diagnostic {
        let (Self::Malformed { file, .. }
        | Self::UnknownKey { file, .. }
        | Self::DoesNotHold { file, .. }
        | Self::NoSerial { file, .. }
        | Self::BadSerial { file, .. }) = self;
        let help = match self {
            Self::UnknownKey { known, .. } if known.is_empty() => {
                "add it under `trust: keys:` in landfall.yaml, or take the signature away".to_owned()
            }
            Self::UnknownKey { known, .. } => {
                let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
                format!("trusted are {}; add the key to them, or sign with one of theirs", known.join(", "))
            }
            Self::DoesNotHold { .. } => {
                format!(
                    "copy file and signature together, or sign what is there: {}",
                    how_to_sign(file, next)
                )
            }
            Self::Malformed { .. } | Self::NoSerial { .. } | Self::BadSerial { .. } => {
                format!("sign it again: {}", how_to_sign(file, next))
            }
        };
        Diagnostic::error(self.to_string()).in_file(file).help(help)
    }
}

/// The command that signs a file.
#[must_use]
pub fn how_to_sign(file: &str, serial: u64) -> String {
    format!("`minisign -S -m {file} -t \"serial:{serial}\"`")
}

impl Policy {
    /// Whether signatures are looked at at all.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.require || !self.keys.is_empty()
    }

    /// What is trusted of a key, if it is.
    #[must_use]
    pub fn trusts(&self, key: &PublicKey) -> Option<&Arc<Key>> {
        self.keys.iter().find(|known| known.public == *key)
    }
}

impl Key {
    /// Whether it may sign the rule file of a jurisdiction.
    #[must_use]
    pub fn may_serve(&self, id: &JurisdictionId) -> bool {
        self.jurisdictions.holds(id)
    }

    /// Whether its plugins may compute a stage where a jurisdiction binds them.
    #[must_use]
    pub fn may_compute(&self, id: &JurisdictionId, stage: Stage) -> bool {
        self.jurisdictions.holds(id) && self.stages.holds(&stage)
    }
}

impl<T: Ord> Reach<T> {
    /// Whether it is among them.
    #[must_use]
    pub fn holds(&self, one: &T) -> bool {
        match self {
            Self::All => true,
            Self::These(some) => some.contains(one),
        }
    }
}

impl<T: fmt::Display> fmt::Display for Reach<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::These(some) if some.is_empty() => f.write_str("none"),
            Self::These(some) => {
                f.write_str(&some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

impl PublicKey {
    /// Reads the second line of a `minisign.pub`.
    ///
    /// # Errors
    /// [`NoPublicKey`].
    pub fn parse(text: &str) -> Result<Self, NoPublicKey> {
        let bytes = BASE64.decode(text.as_bytes()).map_err(|_| NoPublicKey)?;
        let id = KeyId::after_algorithm(&bytes).ok_or(NoPublicKey)?;
        let key = minisign_verify::PublicKey::from_base64(text).map_err(|_| NoPublicKey)?;
        Ok(Self { id, key, text: text.to_owned() })
    }

    /// What it is as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey").field(&self.text).finish()
    }
}

impl KeyId {
    fn of_signature(text: &str) -> Option<Self> {
        Self::after_algorithm(&BASE64.decode(text.lines().nth(1)?.as_bytes()).ok()?)
    }

    /// Keys and signatures begin with two bytes that say the algorithm.
    fn after_algorithm(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.get(2..10)?.try_into().ok()?))
    }
}

/// As minisign shows it.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", u64::from_le_bytes(self.0))
    }
}
