//! An answer as Markdown, for an issue or a page.

use super::{
    escape::markdown as safe,
    grid::grid,
    notes::{footer, headline, sections},
    number::Unit,
};
use crate::protocol::QueryResponse;

/// The same as the table, in Markdown.
#[must_use]
pub fn query_markdown(response: &QueryResponse) -> String {
    let answer = &response.answer;
    let unit = Unit::of(answer);
    let mut text = format!("## {}\n\n", safe(answer.title.as_deref().unwrap_or("Answer")));
    let years = super::count(answer.horizon_years as usize, "year");
    let what_if = super::what_if(answer);
    let when = format!("As of {}, {years}, discount {}{what_if}.", answer.as_of, answer.discount);
    text.push_str(&format!("{}\n\n", safe(&when)));
    for [name, amount, meaning] in headline(answer, &unit) {
        text.push_str(&format!("- **{}** ({})\n", safe(format!("{name} {amount}").trim()), safe(&meaning)));
    }
    let grid = grid(answer, &unit);
    text.push('\n');
    text.push_str(&table(&grid.header, &grid.rows));
    for section in sections(answer, &unit) {
        text.push_str(&format!("\n### {}\n\n", safe(section.title)));
        for row in section.rows {
            let cells: Vec<String> =
                row.iter().filter(|cell| !cell.is_empty()).map(|cell| safe(cell)).collect();
            text.push_str(&format!("- {}\n", cells.join(" · ")));
        }
    }
    let foot: Vec<String> = footer(response, &unit).iter().map(|line| safe(line)).collect();
    text.push_str(&format!("\n{}\n", foot.join("  \n")));
    text
}

fn table(header: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| safe(&cell.replace('\n', ""))).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule: Vec<&str> =
        header.iter().enumerate().map(|(i, _)| if i == 0 { "---" } else { "---:" }).collect();
    let mut text = line(header);
    text.push_str(&format!("| {} |\n", rule.join(" | ")));
    text.extend(rows.iter().map(|row| line(row)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_seed_in_markdown() {
        insta::assert_snapshot!(query_markdown(&fixture::seed()), @r#"
## The five markets of the article

As of 2026-11-23, 1 year, discount 0%.

- **J 3,400.00 万元** (weighted; a weight is a priority)
- **spend 1,165.00 万元** (without weights)

| market | weight | market-selection | data-adaptation | compliance | culture | output | total | weighted |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| br  Brazil | 1 | 100.00 | 50.00 | 30.00 | 40.00 | 60.00 | 280.00 | 280.00 |
| cn  China | 2 | 80.00 | 40.00 | 20.00 | 35.00 | 50.00 | 225.00 | 450.00 |
| gb  United Kingdom | 5 | 70.00 | 40.00 | 25.00 | 30.00 | 45.00 | 210.00 | 1,050.00 |
| in  India | 4 | 90.00 | 60.00 | 25.00 | 40.00 | 55.00 | 270.00 | 1,080.00 |
| us  United States | 3 | 60.00 | 30.00 | 15.00 | 30.00 | 45.00 | 180.00 | 540.00 |
| spend |  | 400.00 | 220.00 | 115.00 | 175.00 | 255.00 | 1,165.00 |  |
| J |  | 1,150.00 | 660.00 | 340.00 | 510.00 | 740.00 |  | 3,400.00 |

generation 7 (aaaaaaaaaaaa), receipt eeeeeeeeeeee
"#);
    }

    #[test]
    fn trouble_in_markdown_is_escaped() {
        insta::assert_snapshot!(query_markdown(&fixture::troubled()), @r#"
## Assistant for Brazil and Germany

As of 2026-11-23, 3 years, discount 8%.

- **J — (incomplete)** (something below could not be counted)
- **partial 72,000.00 EUR** (not J: what could be computed of br; weighted; a weight is a probability)
- **40,000.00 – 155,000.12 EUR** (all low – all high, not percentiles)
- **partial spend 36,000.00 EUR** (the same without weights)
- **20,000.00 – 77,500.00 EUR** (all low – all high, not percentiles)

| market | weight | market-selection | data-adaptation | compliance | culture | output | total | weighted |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| br  Brazil | 2 | 1,000 | — | 35,000 | 0 | — | — | — |
| de  Germany | 1 | — | — | — | — | — | — | — |

### incomplete or blocked

- br · data-adaptation · plugin \`language-adaptation\` used more than 1000000 fuel (br.yaml:78:3)
- br · output · nothing computes stage \`output\` here

### blocks

- de · de.banned · from 2026-12-02 · The practice is banned (eu.yaml:40:3) \[ai\_act\#art-5\]

### undetermined (a fact is missing; counted in high alone)

- br · br.impact\_assessment · needs product.high\_risk\_processings · 500.00 EUR if it applies · Data protection impact report (RIPD) (br.yaml:44:3)

### gaps (law that is known and not computed)

- br · br.legitimate\_interest · compliance · balancing test is case by case (br.yaml:70:3) \[lgpd\#art-10\]

### choices

- br · dpo · outsourced · open · then inhouse, 12,500.00 EUR more · not shared: not allowed for a large agent \[lgpd\#art-41\]
- br · translation · undecided · open

### penalties (the most the law can take; never in J)

- br · br.fine · 8,238,300.00 EUR · 50,000,000.00 BRL · per infringement · company liable · lgpd\#art-52-II
- br · br.eca · — needs market.minors · per violation · individual liable

### drivers (the largest lines of J)

- 97.2% · 70,000.00 EUR · br · compliance · br.dpo: officer, outsourced

### facts nobody gave, with their default

- br · company.sme · false

### upcoming

- 2027-05-14 · br.audit · comes into force \[anpd\_9\#art-2\]

### warnings

- EUR/BRL is 24 days old

generation 7 (aaaaaaaaaaaa), receipt eeeeeeeeeeee  
br.yaml is served from last good since 2026-11-23T08:00:00Z, because unknown key \`tittle\` at br.yaml:12:3  
rounded for reading; --format json has every digit
"#);
    }
}
