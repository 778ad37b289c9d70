//! What it costs to put the product into the languages of a market.
//!
//! d = for every language: words, discounted by translation memory, × price × mode; quality
//! assurance on top; an evaluation bank judged by raters; what changes every year. An obligation that
//! demands a text in certain languages adds that text, translated by people whatever the mode.

pub mod language_adaptation;

use landfall_plugin::{
    About, Amount, Case, Cost, Count, Exact, Failure, Given, Grounded, Line, Obligation, Overflow, Plugin,
    Ratio, Set, about, choices, export, needs, share,
};

use language_adaptation::{Settings, hours, thousands, weighted, with_quality};

needs! {
    /// What the strategy says. Words are those of the product's own text.
    pub struct Facts {
        /// Words that are new, or match less than 85 %.
        pub words_new: Count = "product.words_new",
        /// Words that match 85 % to 94 % of a sentence translated before.
        pub words_85_94: Count = "product.words_85_94",
        /// Words that match 95 % to 99 %.
        pub words_95_99: Count = "product.words_95_99",
        /// Words that match in full.
        pub words_100: Count = "product.words_100",
        /// Words that match in full and in context.
        pub words_ice: Count = "product.words_ice",
        /// Part of all words that changes every year.
        pub update_share: Ratio = "product.text_update_share",
        /// Prompts in the evaluation bank of one language.
        pub prompts: Count = "product.evaluation_prompts",
    }
}

needs! {
    /// What the rule files say.
    pub struct Params {
        /// Price of 1,000 new words, translated by people.
        pub per_1000_words: Amount = "translation_per_1000_words",
        /// Part of the price paid for a word that matches 85 % to 94 %.
        pub tm_85_94: Ratio = "tm_share_85_94",
        /// Part of the price paid for a word that matches 95 % to 99 %.
        pub tm_95_99: Ratio = "tm_share_95_99",
        /// Part of the price paid for a word that matches in full.
        pub tm_100: Ratio = "tm_share_100",
        /// Part of the price paid for a word that matches in full and in context.
        pub tm_ice: Ratio = "tm_share_ice",
        /// Post-edited machine translation against the price of people.
        pub post_edit_share: Ratio = "post_edit_share",
        /// Raw machine translation against the price of people.
        pub raw_share: Ratio = "raw_share",
        /// Quality assurance as part of the price of the translation.
        pub quality_share: Ratio = "quality_share",
        /// People who judge one prompt.
        pub raters: Count = "raters_per_prompt",
        /// Minutes one of them takes.
        pub minutes: Count = "minutes_per_rating",
        /// Price of an hour of a rater who speaks the language.
        pub rater_hour: Amount = "rater_hour",
    }
}

needs! {
    /// What an obligation may demand.
    pub struct Demands {
        /// Languages the law requires a text in.
        pub languages: Set = "languages",
        /// Words of that text.
        pub words: Count = "words",
    }
}

choices! {
    /// What is open.
    pub struct Choices {
        /// How the product's text is put into another language.
        pub translation: Translation = "translation" {
            /// By people.
            Human = "human",
            /// By machine, corrected by people.
            PostEdit = "post_edit",
            /// By machine.
            Raw = "raw",
        },
    }
}

/// Putting the product into the languages of a market.
#[derive(Debug)]
pub struct LanguageAdaptation;

impl Plugin for LanguageAdaptation {
    const ABOUT: About = about!(DataAdaptation; separable);
    type Facts = Facts;
    type Params = Params;
    type Demands = Demands;
    type Choices = Choices;
    type Knows = ();
    type Settings = Settings;

    fn estimate(case: Case<Self>) -> Result<Vec<Line>, Failure> {
        let mut lines = case.priced_effort();
        for (language, part) in &case.settings.languages {
            lines.extend(product_text(&case, language, part.share)?);
        }
        for obligation in &case.obligations {
            if let Some(demands) = &obligation.demands {
                lines.extend(required_text(&case, obligation, demands)?);
            }
        }
        Ok(lines)
    }
}

export!(LanguageAdaptation);

/// The product's own text in one language: translation, quality, evaluation, updates.
fn product_text(case: &Case<LanguageAdaptation>, language: &str, part: Ratio) -> Result<[Line; 4], Failure> {
    let Case { facts, params, choices, settings, .. } = case;
    if !part.is_share() {
        return Err(Failure::refused(format!("the share of `{language}` must be from 0 % to 100 %")));
    }
    let mode = params.mode(*choices.translation);
    let price = params.per_1000_words * settings.price_level(language) * mode.map_or(Ratio::ONE, |m| *m);
    let priced = |words, price: Exact| Cost::count(thousands(words), UNIT, settings.range.around(price)?);

    let segments = facts.segments(params);
    let words = weighted(segments) * part;
    let all_words = weighted(segments.map(|(words, _)| (words, Ratio::ONE))) * part;
    let changed = all_words * share(facts.update_share, "product.text_update_share")?;
    let hours = hours(*facts.prompts, *params.raters, *params.minutes);
    let evaluation = Cost::count(hours, "hour", settings.range.around(params.rater_hour)?)?;

    let text = facts.text();
    let memory = params.memory();
    let basis: [&dyn Grounded; 3] = [&params.per_1000_words, &choices.translation, &mode];
    Ok([
        Line::once(format!("translation {language}"), priced(words, price)?).used(&[&text, &memory, &basis]),
        Line::once(format!("quality {language}"), priced(words, price * params.quality_share)?).used(&[
            &text,
            &memory,
            &basis,
            &params.quality_share,
        ]),
        Line::once(format!("evaluation {language}"), evaluation).used(&[
            &facts.prompts,
            &params.raters,
            &params.minutes,
            &params.rater_hour,
        ]),
        Line::yearly(
            format!("updates {language}"),
            priced(changed, with_quality(price, *params.quality_share))?,
        )
        .used(&[&text, &facts.update_share, &basis, &params.quality_share]),
    ])
}

/// A text that the law requires, in every language it requires it in.
fn required_text(
    case: &Case<LanguageAdaptation>,
    obligation: &Obligation<Demands, ()>,
    demands: &Demands,
) -> Result<Vec<Line>, Overflow> {
    let Case { params, settings, .. } = case;
    let line = |language: &String| {
        let price = params.per_1000_words * settings.price_level(language);
        let price = settings.range.around(with_quality(price, *params.quality_share))?;
        let cost = Cost::count(thousands((*demands.words).into()), UNIT, price)?;
        Ok(Line::once(format!("required text {language}"), cost).of(obligation).used(&[
            &demands.languages,
            &demands.words,
            &params.per_1000_words,
            &params.quality_share,
        ]))
    };
    demands.languages.0.iter().map(line).collect()
}

const UNIT: &str = "1,000 words";

impl Facts {
    /// Words by segment, each with the part of the price it costs.
    fn segments(&self, params: &Params) -> [(Count, Ratio); 5] {
        [
            (*self.words_new, Ratio::ONE),
            (*self.words_85_94, *params.tm_85_94),
            (*self.words_95_99, *params.tm_95_99),
            (*self.words_100, *params.tm_100),
            (*self.words_ice, *params.tm_ice),
        ]
    }

    fn text(&self) -> [&dyn Grounded; 5] {
        [&self.words_new, &self.words_85_94, &self.words_95_99, &self.words_100, &self.words_ice]
    }
}

impl Params {
    /// The mode's price against that of people, where it is not theirs.
    fn mode(&self, translation: Translation) -> Option<Given<Ratio>> {
        match translation {
            Translation::Human => None,
            Translation::PostEdit => Some(self.post_edit_share),
            Translation::Raw => Some(self.raw_share),
        }
    }

    fn memory(&self) -> [&dyn Grounded; 4] {
        [&self.tm_85_94, &self.tm_95_99, &self.tm_100, &self.tm_ice]
    }
}
