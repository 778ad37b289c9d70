//! *native*: the functions of the five plugins called as plain Rust, and each line's exact total over the horizon: what
//! `peers/sweep/m.yaml` and its strategy come to, with nobody in between.

use landfall_plugin::{Amount, Cadence, Count, Line, Plugin, Ratio, Set, Spread, TestCase, TestObligation};

use super::{Sample, VARIED};
use crate::failed::Failed;

/// What a euro a year is worth over three years at 8 %: 1 + 25/27 + (25/27)².
const ANNUITY: (i128, i128) = (2_029, 729);
/// From so many users on a platform is large.
const LARGE: i64 = 2_000_000;

/// Cases with everything that no sample changes.
pub(super) struct Native {
    entry: TestCase<market_entry::MarketEntry>,
    language: TestCase<language_adaptation::LanguageAdaptation>,
    small: TestCase<lgpd::Lgpd>,
    large: TestCase<lgpd::Lgpd>,
    culture: TestCase<culture_integration::CultureIntegration>,
    output: TestCase<technology_output::TechnologyOutput>,
}

impl Native {
    pub(super) fn new() -> Self {
        Self {
            entry: entry(),
            language: language(),
            small: privacy(false),
            large: privacy(true),
            culture: culture(),
            output: output(),
        }
    }

    /// J of each sample, in ten-thousandths.
    pub(super) fn all(&self, samples: &[Sample]) -> Result<Vec<f64>, Failed> {
        samples.iter().map(|sample| self.objective(&sample.inputs).map(|j| j as f64)).collect()
    }

    fn objective(&self, inputs: &[i64; VARIED.len()]) -> Result<i64, Failed> {
        let [users, questions, words, trips, tokens, tickets] = *inputs;
        let privacy = if users >= LARGE { &self.large } else { &self.small };
        Ok(total(self.entry.clone().fact("market.legal_questions", Count(questions)))?
            + total(self.language.clone().fact("product.words_new", Count(words)))?
            + total(privacy.clone().fact("market.users", Count(users)))?
            + total(self.culture.clone().fact("market.trips", Count(trips)))?
            + total(
                self.output
                    .clone()
                    .fact("market.monthly_tokens", Count(tokens))
                    .fact("market.monthly_tickets", Count(tickets)),
            )?)
    }
}

/// Each line rounded once, half to even; then a sum.
fn total<P: Plugin>(case: TestCase<P>) -> Result<i64, Failed> {
    let lines = case.answer().map_err(Failed::new)?;
    Ok(lines.iter().map(over_the_horizon).sum())
}

fn over_the_horizon(line: &Line) -> i64 {
    let amount = i128::from(line.cost.amount.likely.0);
    let (over, under) = match line.cadence {
        Cadence::Once => return line.cost.amount.likely.0,
        Cadence::Yearly => (amount * ANNUITY.0, ANNUITY.1),
    };
    let (floor, rest) = (over.div_euclid(under), over.rem_euclid(under));
    let up = rest * 2 > under || (rest * 2 == under && floor % 2 != 0);
    (floor + i128::from(up)) as i64
}

fn entry() -> TestCase<market_entry::MarketEntry> {
    TestCase::new()
        .fact("market.familiarity", Ratio::percent(20))
        .param("scan_days", Count(8))
        .param("analyst_day", Amount::units(400))
        .param("question_hours", Count(6))
        .param("counsel_hour", Amount::units(110))
        .param("registration_fees", Amount::units(750))
        .param("cross_border_set_up", Amount::units(8_000))
        .param("cross_border_yearly", Amount::units(6_000))
        .param("partner_set_up", Amount::units(25_000))
        .param("partner_yearly", Amount::units(30_000))
        .param("subsidiary_set_up", Amount::units(20_000))
        .param("subsidiary_yearly", Amount::units(45_000))
        .choice("entry_mode", "cross_border")
}

fn language() -> TestCase<language_adaptation::LanguageAdaptation> {
    TestCase::new()
        .settings(r#"{"languages": {"pt-BR": {"share": "1000000000"}}}"#)
        .fact("product.words_85_94", Count(10_000))
        .fact("product.words_95_99", Count(10_000))
        .fact("product.words_100", Count(15_000))
        .fact("product.words_ice", Count(5_000))
        .fact("product.text_update_share", Ratio::percent(20))
        .fact("product.evaluation_prompts", Count(2_000))
        .param("translation_per_1000_words", Amount::units(130))
        .param("tm_share_85_94", Ratio::percent(50))
        .param("tm_share_95_99", Ratio::percent(30))
        .param("tm_share_100", Ratio::percent(20))
        .param("tm_share_ice", Ratio::ZERO)
        .param("post_edit_share", Ratio::percent(60))
        .param("raw_share", Ratio::percent(2))
        .param("quality_share", Ratio::percent(20))
        .param("raters_per_prompt", Count(2))
        .param("minutes_per_rating", Count(4))
        .param("rater_hour", Amount::units(18))
        .choice("translation", "post_edit")
}

/// Obligations in the order of their ids, as a host gives them.
fn privacy(is_large: bool) -> TestCase<lgpd::Lgpd> {
    let certain = |units: i64| Spread::certain(Amount::units(units));
    let case = TestCase::new()
        .fact("company.privacy_maturity", Ratio::percent(40))
        .fact("market.transfer_destinations", Set::of([]))
        .param("programme_reuse", Ratio::percent(60))
        .param("programme_saves_once", Ratio::percent(70))
        .param("programme_saves_yearly", Ratio::percent(40))
        .param("requests_per_million", Count(266))
        .param("request_price_per_1000", Amount::units(1_300_000))
        .param("adequate_countries", Set::of(["de", "fr"]))
        .param("transfer_clauses", Amount::units(4_000))
        .param("transfer_publication", Amount::units(900));
    let large = TestObligation::new().once(certain(50_000)).yearly(certain(30_000));
    let case = if is_large { case.obligation(large) } else { case };
    case.obligation(TestObligation::new().once(certain(20_000)).yearly(certain(9_000)))
        .obligation(TestObligation::new().known("subject_requests").once(certain(6_000)))
}

fn culture() -> TestCase<culture_integration::CultureIntegration> {
    TestCase::new()
        .fact("market.team_size", Count(12))
        .fact("market.cultural_distance", Ratio::percent(70))
        .fact("market.liaison_posts", Ratio::percent(100))
        .param("loaded_hour", Amount::units(30))
        .param("salary_year", Amount::units(40_000))
        .param("liaison_salary_year", Amount::units(45_000))
        .param("trip_cost", Amount::units(3_800))
        .param("productivity_loss", Ratio::percent(2))
        .param("half_day_hours", Count(4))
        .param("half_day_fee", Amount::units(120))
        .param("half_day_effect", Ratio::percent(20))
        .param("two_days_hours", Count(16))
        .param("two_days_fee", Amount::units(550))
        .param("two_days_effect", Ratio::percent(50))
        .choice("training", "half_day")
}

fn output() -> TestCase<technology_output::TechnologyOutput> {
    TestCase::new()
        .fact("product.localisation_days", Count(25))
        .param("tokens_per_million", Amount(4_000))
        .param("node_year", Amount::units(14_000))
        .param("availability_uplift", Ratio::percent(20))
        .param("home_set_up", Amount::ZERO)
        .param("home_nodes", Count(0))
        .param("home_factor", Ratio::ONE)
        .param("regional_hub_set_up", Amount::units(15_000))
        .param("regional_hub_nodes", Count(1))
        .param("regional_hub_factor", Ratio::percent(125))
        .param("local_cloud_set_up", Amount::units(30_000))
        .param("local_cloud_nodes", Count(2))
        .param("local_cloud_factor", Ratio::percent(140))
        .param("ticket_minutes", Count(12))
        .param("agent_hour", Amount::units(21))
        .param("agent_utilisation", Ratio::percent(70))
        .param("engineer_day", Amount::units(380))
        .param("localisation_upkeep", Ratio::percent(20))
        .param("mark_per_medium", Amount::units(11_000))
        .param("mark_upkeep", Ratio::percent(25))
        .choice("hosting", "regional_hub")
}
