//! The closed lists of texts that a `one_of` or a `set` can hold, so that a slip in a literal is an error
//! at load and not a condition that is never true. Depends on nothing of ours but the did-you-mean.

use std::{collections::BTreeSet, sync::Arc};

use language_tags::LanguageTag;

use crate::diagnostic::did_you_mean;

/// Which texts are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Vocabulary {
    /// Any text.
    None,
    /// These.
    Values(Arc<BTreeSet<Arc<str>>>),
    /// ISO 3166-1 alpha-2 country codes, in lower case as jurisdictions are: `br`.
    Iso3166,
    /// Registered BCP 47 language tags in their canonical form: `pt-BR`.
    Bcp47,
}

impl Vocabulary {
    /// The vocabulary a rule file names with `vocabulary:`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "iso-3166" => Some(Self::Iso3166),
            "bcp-47" => Some(Self::Bcp47),
            _ => None,
        }
    }

    /// The vocabulary of these values.
    pub fn of<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Values(Arc::new(values.into_iter().map(Arc::from).collect()))
    }

    /// Whether the text is allowed, exactly as it is written.
    #[must_use]
    pub fn contains(&self, text: &str) -> bool {
        match self {
            Self::None => true,
            Self::Values(values) => values.contains(text),
            Self::Iso3166 => is_country(text),
            Self::Bcp47 => canonical_tag(text).is_some_and(|canonical| canonical == text),
        }
    }

    /// Whether some text can be in both: a comparison across vocabularies that share nothing is never true.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, _) | (_, Self::None) => true,
            (Self::Values(values), other) | (other, Self::Values(values)) => {
                values.iter().any(|value| other.contains(value))
            }
            (Self::Iso3166, Self::Iso3166) | (Self::Bcp47, Self::Bcp47) => true,
            // `de` is a country and a language, but never the same thing.
            (Self::Iso3166, Self::Bcp47) | (Self::Bcp47, Self::Iso3166) => false,
        }
    }

    /// Whether whatever this allows is allowed by the other.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::None) => true,
            (Self::Values(values), other) => values.iter().all(|value| other.contains(value)),
            (one, other) => one == other,
        }
    }

    /// What to write instead of a text that is not allowed.
    #[must_use]
    pub fn suggest(&self, text: &str) -> String {
        match self {
            Self::None => "write any text".to_owned(),
            Self::Values(values) => did_you_mean(text, values.iter().map(AsRef::as_ref)),
            Self::Iso3166 => suggestion(
                nearest_country(text),
                "write an ISO 3166-1 country code in lower case, such as `de`",
            ),
            Self::Bcp47 => suggestion(
                canonical_tag(&text.trim().replace('_', "-")),
                "write a registered BCP 47 language tag, such as `pt-BR`",
            ),
        }
    }
}

fn suggestion(nearest: Option<String>, otherwise: &str) -> String {
    nearest.map_or_else(|| otherwise.to_owned(), |nearest| format!("did you mean `{nearest}`?"))
}

fn is_country(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase())
        && rust_iso3166::from_alpha2(&text.to_ascii_uppercase()).is_some()
}

/// The code somebody meant who wrote it in capitals, as three letters or as the country's name.
fn nearest_country(text: &str) -> Option<String> {
    let capitals = text.trim().to_uppercase();
    let country = match capitals.as_str() {
        // Reserved, not assigned, and what most people write.
        "UK" => rust_iso3166::from_alpha2("GB"),
        code => rust_iso3166::from_alpha2(code)
            .or_else(|| rust_iso3166::from_alpha3(code))
            .or_else(|| rust_iso3166::ALL.iter().find(|c| c.name.to_uppercase() == capitals).copied()),
    };
    country.map(|country| country.alpha2.to_lowercase())
}

/// The canonical form of a registered tag; none for what is no such tag.
fn canonical_tag(text: &str) -> Option<String> {
    let tag = LanguageTag::parse(text).ok()?;
    tag.validate().ok()?;
    tag.canonicalize().ok().map(LanguageTag::into_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(vocabulary: &Vocabulary, text: &str, help: &str) {
        assert!(!vocabulary.contains(text), "{text}");
        assert_eq!(vocabulary.suggest(text), help);
    }

    #[test]
    fn countries_are_lower_case_codes() {
        let iso = Vocabulary::Iso3166;
        assert!(iso.contains("br"));
        refused(&iso, "CN", "did you mean `cn`?");
        refused(&iso, "uk", "did you mean `gb`?");
        refused(&iso, "DEU", "did you mean `de`?");
        refused(&iso, "Germany", "did you mean `de`?");
        refused(&iso, "eu", "write an ISO 3166-1 country code in lower case, such as `de`");
        refused(&iso, "", "write an ISO 3166-1 country code in lower case, such as `de`");
    }

    #[test]
    fn languages_are_registered_and_canonical() {
        let bcp = Vocabulary::Bcp47;
        assert!(bcp.contains("pt-BR") && bcp.contains("de") && bcp.contains("zh-Hans"));
        refused(&bcp, "pt_br", "did you mean `pt-BR`?");
        refused(&bcp, "iw", "did you mean `he`?");
        refused(&bcp, "xx-YY", "write a registered BCP 47 language tag, such as `pt-BR`");
    }

    #[test]
    fn values_suggest_the_nearest_and_vocabularies_know_what_they_share() {
        let values = Vocabulary::of(["finance", "health"]);
        refused(&values, "finanse", "did you mean `finance`?");
        assert!(values.meets(&Vocabulary::None));
        assert!(!values.meets(&Vocabulary::of(["retail"])));
        assert!(Vocabulary::of(["br"]).meets(&Vocabulary::Iso3166));
        assert!(!Vocabulary::Iso3166.meets(&Vocabulary::Bcp47));
    }
}
