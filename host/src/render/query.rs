//! An answer as a table for people.

use super::{
    BOLD, DIM,
    escape::terminal,
    grid::grid,
    notes::{Section, footer, headline, sections},
    number::Unit,
    rows::{Lean, rows},
};
use crate::protocol::{Answer, QueryResponse};

/// J, the table, and everything to know beside them.
#[must_use]
pub fn query(response: &QueryResponse) -> String {
    let answer = &response.answer;
    let unit = Unit::of(answer);
    let mut text = title(answer);
    let head = headline(answer, &unit).into_iter().map(|row| row.map(|cell| terminal(&cell)).to_vec());
    text.push_str(&embolden_first(&rows(&[Lean::Left, Lean::Right], None, head.collect())));
    text.push('\n');
    let grid = grid(answer, &unit);
    let leans: Vec<Lean> =
        grid.header.iter().enumerate().map(|(i, _)| if i == 0 { Lean::Left } else { Lean::Right }).collect();
    text.push_str(&rows(&leans, Some(grid.header), grid.rows));
    for section in sections(answer, &unit) {
        text.push_str(&shown(section));
    }
    let foot = footer(response, &unit);
    text.push('\n');
    text.extend(foot.iter().map(|line| format!("{DIM}{}{DIM:#}\n", terminal(line))));
    text
}

fn title(answer: &Answer) -> String {
    let name =
        answer.title.as_deref().map(|t| format!("{BOLD}{}{BOLD:#}\n", terminal(t))).unwrap_or_default();
    let years = super::count(answer.horizon_years as usize, "year");
    let what_if = super::what_if(answer);
    let when = format!("as of {}, {years}, discount {}{what_if}", answer.as_of, answer.discount);
    format!("{name}{}\n\n", terminal(&when))
}

/// The line with J is what most people came for.
fn embolden_first(text: &str) -> String {
    match text.split_once('\n') {
        Some((first, rest)) => format!("{BOLD}{first}{BOLD:#}\n{rest}"),
        None => text.to_owned(),
    }
}

fn shown(section: Section) -> String {
    let cells = section.rows.into_iter().map(|row| row.iter().map(|cell| terminal(cell)).collect());
    format!("\n{BOLD}{}{BOLD:#}\n{}", section.title, rows(&[], None, cells.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn plain(response: &QueryResponse) -> String {
        anstream::adapter::strip_str(&query(response)).to_string()
    }

    #[test]
    fn the_seed_reads_3400() {
        insta::assert_snapshot!(plain(&fixture::seed()), @r#"
The five markets of the article
as of 2026-11-23, 1 year, discount 0%

  J      3,400.00 万元  weighted; a weight is a priority
  spend  1,165.00 万元  without weights

  market              weight    market-       data-  compliance  culture  output     total  weighted
                              selection  adaptation
  br  Brazil               1     100.00       50.00       30.00    40.00   60.00    280.00    280.00
  cn  China                2      80.00       40.00       20.00    35.00   50.00    225.00    450.00
  gb  United Kingdom       5      70.00       40.00       25.00    30.00   45.00    210.00  1,050.00
  in  India                4      90.00       60.00       25.00    40.00   55.00    270.00  1,080.00
  us  United States        3      60.00       30.00       15.00    30.00   45.00    180.00    540.00
  spend                          400.00      220.00      115.00   175.00  255.00  1,165.00
  J                            1,150.00      660.00      340.00   510.00  740.00            3,400.00

generation 7 (aaaaaaaaaaaa), receipt eeeeeeeeeeee
"#);
    }

    #[test]
    fn whatever_is_not_complete_is_said() {
        insta::assert_snapshot!(plain(&fixture::troubled()), @r#"
Assistant for Brazil and Germany
as of 2026-11-23, 3 years, discount 8%

  J                          — (incomplete)  something below could not be counted
  partial                     72,000.00 EUR  not J: what could be computed of br; weighted; a weight is a probability
                 40,000.00 – 155,000.12 EUR  all low – all high, not percentiles
  partial spend               36,000.00 EUR  the same without weights
                  20,000.00 – 77,500.00 EUR  all low – all high, not percentiles

  market       weight    market-       data-  compliance  culture  output  total  weighted
                       selection  adaptation
  br  Brazil        2      1,000           —      35,000        0       —      —         —
  de  Germany       1          —           —           —        —       —      —         —

incomplete or blocked
  br  data-adaptation  plugin `language-adaptation` used more than 1000000 fuel (br.yaml:78:3)
  br  output           nothing computes stage `output` here

blocks
  de  de.banned  from 2026-12-02  The practice is banned (eu.yaml:40:3) [ai_act#art-5]

undetermined (a fact is missing; counted in high alone)
  br  br.impact_assessment  needs product.high_risk_processings  500.00 EUR if it applies  Data protection impact report (RIPD) (br.yaml:44:3)

gaps (law that is known and not computed)
  br  br.legitimate_interest  compliance  balancing test is case by case (br.yaml:70:3) [lgpd#art-10]

choices
  br  dpo          outsourced  open  then inhouse, 12,500.00 EUR more  not shared: not allowed for a large agent [lgpd#art-41]
  br  translation  undecided   open

penalties (the most the law can take; never in J)
  br  br.fine  8,238,300.00 EUR       50,000,000.00 BRL  per infringement  company liable     lgpd#art-52-II
  br  br.eca   — needs market.minors                     per violation     individual liable

drivers (the largest lines of J)
  97.2%  70,000.00 EUR  br  compliance  br.dpo: officer, outsourced

facts nobody gave, with their default
  br  company.sme  false

upcoming
  2027-05-14  br.audit  comes into force [anpd_9#art-2]

warnings
  EUR/BRL is 24 days old

generation 7 (aaaaaaaaaaaa), receipt eeeeeeeeeeee
br.yaml is served from last good since 2026-11-23T08:00:00Z, because unknown key `tittle` at br.yaml:12:3
rounded for reading; --format json has every digit
"#);
    }
}
