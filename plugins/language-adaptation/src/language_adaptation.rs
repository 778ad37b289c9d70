//! Words, hours and prices of putting text into another language.

use std::collections::BTreeMap;

use landfall_plugin::{Count, Exact, Range, Ratio, settings};

settings! {
    /// What the rule file says.
    pub struct Settings {
        /// Languages the product is adapted to, by BCP 47 tag.
        pub languages: BTreeMap<String, Language> = "languages",
        /// Price of a language against the param; 100 % where left out.
        pub prices: Option<BTreeMap<String, Ratio>> = "prices",
        /// How far prices may be off.
        pub range: Range = "range",
    }
    schema = include_str!("../settings.json");
}

settings! {
    /// How one language is used.
    pub struct Language {
        /// Part of the product's text adapted to it.
        pub share: Ratio = "share",
    }
}

impl Settings {
    /// Price of a language against the param.
    #[must_use]
    pub fn price_level(&self, language: &str) -> Ratio {
        self.prices.as_ref().and_then(|prices| prices.get(language)).copied().unwrap_or(Ratio::ONE)
    }
}

/// Words as if all were new: each segment counts by the part of the price it costs.
#[must_use]
pub fn weighted(segments: [(Count, Ratio); 5]) -> Exact {
    segments.into_iter().fold(Exact::ZERO, |sum, (words, part)| sum + words * part)
}

/// Prices are per 1,000.
#[must_use]
pub fn thousands(words: Exact) -> Exact {
    words / 1_000
}

/// The price of a text with its quality assurance.
#[must_use]
pub fn with_quality(price: Exact, quality_share: Ratio) -> Exact {
    price * (Exact::ONE + quality_share)
}

/// Hours in which all raters judge all prompts.
#[must_use]
pub fn hours(prompts: Count, raters: Count, minutes: Count) -> Exact {
    prompts * raters * minutes / MINUTES_PER_HOUR
}

const MINUTES_PER_HOUR: i64 = 60;

#[cfg(test)]
mod tests {
    use landfall_plugin::{Amount, Count, Ratio, Set, TestCase, TestObligation};

    use crate::LanguageAdaptation;

    const PORTUGUESE: &str = r#"{"languages": {"pt-BR": {"share": "1000000000"}}}"#;

    /// domain.md 6.4: 100,000 words, 71,000 weighted, at USD 0.13 a word.
    fn case() -> TestCase<LanguageAdaptation> {
        TestCase::new()
            .settings(PORTUGUESE)
            .fact("product.words_new", Count(60_000))
            .fact("product.words_85_94", Count(10_000))
            .fact("product.words_95_99", Count(10_000))
            .fact("product.words_100", Count(15_000))
            .fact("product.words_ice", Count(5_000))
            .fact("product.text_update_share", Ratio::percent(20))
            .fact("product.evaluation_prompts", Count(500))
            .param("translation_per_1000_words", Amount::units(130))
            .param("tm_share_85_94", Ratio::percent(50))
            .param("tm_share_95_99", Ratio::percent(30))
            .param("tm_share_100", Ratio::percent(20))
            .param("tm_share_ice", Ratio::ZERO)
            .param("post_edit_share", Ratio::percent(60))
            .param("raw_share", Ratio::percent(2))
            .param("quality_share", Ratio::percent(10))
            .param("raters_per_prompt", Count(3))
            .param("minutes_per_rating", Count(4))
            .param("rater_hour", Amount::units(40))
    }

    #[test]
    fn a_translation_by_people_costs_9230() {
        assert_eq!(
            case().choice("translation", "human").rendered(),
            "once translation pt-BR: 9230.0000 = 71.0000 1,000 words × 130.0000\n\
             once quality pt-BR: 923.0000 = 71.0000 1,000 words × 13.0000\n\
             once evaluation pt-BR: 4000.0000 = 100.0000 hour × 40.0000\n\
             yearly updates pt-BR: 2860.0000 = 20.0000 1,000 words × 143.0000"
        );
    }

    #[test]
    fn light_post_editing_costs_5538() {
        let rendered = case().choice("translation", "post_edit").rendered();
        let first = rendered.lines().next();
        assert_eq!(first, Some("once translation pt-BR: 5538.0000 = 71.0000 1,000 words × 78.0000"));
    }

    #[test]
    fn every_language_pays_its_share_and_its_price() {
        let rendered = case()
            .settings(
                r#"{"languages": {"hi": {"share": "500000000"}, "en": {"share": "1000000000"}},
                    "prices": {"hi": "850000000"}}"#,
            )
            .rendered();
        let translations: Vec<_> = rendered.lines().filter(|line| line.contains("translation")).collect();
        assert_eq!(
            translations,
            [
                "once translation en: 9230.0000 = 71.0000 1,000 words × 130.0000",
                "once translation hi: 3922.7500 = 35.5000 1,000 words × 110.5000",
            ]
        );
    }

    #[test]
    fn a_text_the_law_requires_is_translated_by_people_and_of_its_obligation() {
        let notice =
            TestObligation::new().demand("languages", Set::of(["hi", "ta"])).demand("words", Count(2_000));
        let rendered = case().choice("translation", "raw").obligation(notice).rendered();
        let required: Vec<_> = rendered.lines().filter(|line| line.contains("required")).collect();
        assert_eq!(
            required,
            [
                "once required text hi (obligation 0): 286.0000 = 2.0000 1,000 words × 143.0000",
                "once required text ta (obligation 0): 286.0000 = 2.0000 1,000 words × 143.0000",
            ]
        );
    }

    #[test]
    fn what_is_too_large_is_a_failure() {
        assert_eq!(
            case().fact("product.words_new", Count(i64::MAX)).rendered(),
            "failure: the amount is too large to be held exactly"
        );
    }
}
