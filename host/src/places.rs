//! Countries by their code, and by the names people write for them in English and in Chinese.
//!
//! For people who name places in a table or on a command line. Which places have rules, and what they are
//! called there, is the rule book's business.

mod names;

use crate::diagnostic::did_you_mean;

/// A country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country {
    /// ISO 3166-1 alpha-2, in lower case as jurisdictions are.
    pub code: &'static str,
    /// In English.
    pub english: &'static str,
    /// In simplified Chinese.
    pub chinese: &'static str,
    /// Other names.
    also: &'static [&'static str],
}

impl Country {
    /// The country of that code, as jurisdictions are written: `br`.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        names::ALL.iter().find(|country| country.code == code).copied()
    }

    /// The country somebody means who writes a code of two or three letters, or a name.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let wanted = folded(text);
        let is_called = |country: &&Self| country.names().any(|name| folded(name) == wanted);
        by_code(text.trim()).or_else(|| names::ALL.iter().find(is_called).copied())
    }

    /// What to write instead of a name that is none.
    #[must_use]
    pub fn suggest(text: &str) -> String {
        let all = || names::ALL.iter().flat_map(|country| [country.english, country.chinese]);
        match crate::id::nearest(text, all()) {
            Some(_) => did_you_mean(text, all().collect::<Vec<_>>()),
            None => "write an ISO 3166-1 code such as `br`, or the country's name".to_owned(),
        }
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        let official = rust_iso3166::from_alpha2(&self.code.to_ascii_uppercase()).map(|known| known.name);
        [self.english, self.chinese].into_iter().chain(official).chain(self.also.iter().copied())
    }
}

fn by_code(text: &str) -> Option<Country> {
    let capitals = text.to_ascii_uppercase();
    let known = rust_iso3166::from_alpha2(&capitals).or_else(|| rust_iso3166::from_alpha3(&capitals))?;
    Country::of_code(&known.alpha2.to_ascii_lowercase())
}

/// A name without what people write differently: case, accents, spaces and points, `the`, `&` or `and`.
fn folded(name: &str) -> String {
    let lower = name.trim().to_lowercase().replace('&', "and");
    let plain = lower.strip_prefix("the ").unwrap_or(&lower);
    plain.chars().filter(|c| c.is_alphanumeric()).map(without_accent).collect()
}

/// The accents that occur in English names of countries.
const fn without_accent(character: char) -> char {
    match character {
        'á' | 'à' | 'â' | 'ã' | 'å' => 'a',
        'ç' => 'c',
        'é' | 'è' | 'ê' => 'e',
        'í' => 'i',
        'ó' | 'ô' => 'o',
        'ü' => 'u',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_country_and_none_is_there_twice() {
        assert!(names::ALL.is_sorted_by(|a, b| a.code < b.code));
        assert_eq!(names::ALL.len(), rust_iso3166::ALL.len());
        for country in names::ALL {
            assert_eq!(Country::named(country.code), Some(*country));
        }
    }

    #[test]
    fn no_name_means_two_countries() {
        for country in names::ALL {
            for name in country.names() {
                assert_eq!(Country::named(name).map(|found| found.code), Some(country.code), "{name}");
            }
        }
    }

    #[test]
    fn people_name_countries_in_many_ways() {
        let table = [
            ("BR", "br"),
            (" bra ", "br"),
            ("巴西", "br"),
            ("the United Kingdom", "gb"),
            ("UK", "gb"),
            ("英国", "gb"),
            ("United States of America", "us"),
            ("U.S.", "us"),
            ("Cote d'Ivoire", "ci"),
            ("Côte d’Ivoire", "ci"),
            ("香港", "hk"),
            ("台灣", "tw"),
            ("Bosnia and Herzegovina", "ba"),
            ("South Korea", "kr"),
            ("阿联酋", "ae"),
        ];
        for (text, code) in table {
            assert_eq!(Country::named(text).map(|country| country.code), Some(code), "{text}");
        }
    }

    #[test]
    fn a_slip_is_suggested_and_a_stranger_is_not() {
        assert_eq!(Country::named("Brasilia"), None);
        assert_eq!(Country::suggest("Brazl"), "did you mean `Brazil`?");
        assert_eq!(
            Country::suggest("德國人"),
            "write an ISO 3166-1 code such as `br`, or the country's name"
        );
    }
}
