//! An answer as CSV: one row per line, and one for whatever has no line because it has no number.

use super::escape::csv as safe;
use crate::{
    id::Stage,
    protocol::{Line, Market, QueryResponse, Shared, Spread},
};

const HEADER: [&str; 24] = [
    "market",
    "weight",
    "stage",
    "status",
    "obligation",
    "title",
    "label",
    "cadence",
    "undetermined",
    "currency",
    "total_low",
    "total_likely",
    "total_high",
    "weighted_low",
    "weighted_likely",
    "weighted_high",
    "basis",
    "plugin",
    "plugin_version",
    "plugin_digest",
    "at",
    "cites",
    "reason",
    "generation",
];

/// All lines of an answer. Amounts are plain decimals, so that columns add up.
///
/// # Errors
/// None: it writes to memory.
pub fn query_csv(response: &QueryResponse) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER)?;
    let (answer, generation) = (&response.answer, &response.served.generation);
    for market in &answer.markets {
        for row in market_rows(market) {
            let cells = row.cells(&market.id, &market.weight, &answer.currency);
            writer.write_record(cells.into_iter().chain([row.reason, generation.clone()]))?;
        }
    }
    for shared in &answer.shared {
        for row in shared_rows(shared) {
            let cells = row.cells(&shared.members.join(" "), &shared.weight, &answer.currency);
            writer.write_record(cells.into_iter().chain([row.reason, generation.clone()]))?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// What a row is about; absent parts leave their cells empty.
#[derive(Debug, Default)]
struct Row<'a> {
    stage: Option<Stage>,
    status: &'static str,
    line: Option<&'a Line>,
    reason: String,
}

fn market_rows(market: &Market) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = market.stages.keys().flat_map(|stage| stage_rows(market, *stage)).collect();
    let blocked = market.blocks.iter().map(|block| Row {
        status: "blocked",
        reason: safe(&format!("{} from {}", block.id, block.from)),
        ..Row::default()
    });
    rows.extend(blocked);
    let elsewhere = market
        .reasons
        .iter()
        .filter(|reason| reason.stage.is_none_or(|stage| !market.stages.contains_key(&stage)));
    rows.extend(elsewhere.map(|reason| Row {
        stage: reason.stage,
        status: "incomplete",
        reason: safe(&reason.message),
        ..Row::default()
    }));
    rows
}

/// What several markets pay once: their ids stand where a market's would.
fn shared_rows(shared: &Shared) -> Vec<Row<'_>> {
    let stage = Some(shared.stage);
    let lines = shared.lines.iter().map(|line| {
        let status = if line.undetermined { "undetermined" } else { "shared" };
        Row { stage, status, line: Some(line), reason: String::new() }
    });
    let mut rows: Vec<Row<'_>> = lines.collect();
    if shared.total.is_none() {
        let reason = safe(&format!("{} could not be computed", shared.obligation));
        rows.push(Row { stage, status: "incomplete", line: None, reason });
    }
    rows
}

fn stage_rows(market: &Market, stage: Stage) -> Vec<Row<'_>> {
    let Some(answer) = market.stages.get(&stage) else { return Vec::new() };
    let lines = answer.lines.iter().map(|line| {
        let status = if line.undetermined { "undetermined" } else { "counted" };
        Row { stage: Some(stage), status, line: Some(line), reason: String::new() }
    });
    let mut rows: Vec<Row<'_>> = lines.collect();
    if let Some(none) = &answer.none {
        let reason = safe(&format!("{} ({})", none.reason, none.by));
        rows.push(Row { stage: Some(stage), status: "none", line: None, reason });
    }
    let why: Vec<&str> =
        market.reasons.iter().filter(|r| r.stage == Some(stage)).map(|r| r.message.as_str()).collect();
    if answer.total.is_none() || !why.is_empty() {
        rows.push(Row {
            stage: Some(stage),
            status: "incomplete",
            line: None,
            reason: safe(&why.join("; ")),
        });
    }
    rows
}

impl Row<'_> {
    fn cells(&self, market: &str, weight: &str, currency: &str) -> Vec<String> {
        let text = |pick: fn(&Line) -> &str| self.line.map(|line| safe(pick(line))).unwrap_or_default();
        let [low, likely, high] = self.line.map(|line| amounts(&line.total)).unwrap_or_default();
        let [weighted_low, weighted_likely, weighted_high] =
            self.line.map(|line| amounts(&line.weighted)).unwrap_or_default();
        vec![
            safe(market),
            weight.to_owned(),
            self.stage.map(|stage| stage.to_string()).unwrap_or_default(),
            self.status.to_owned(),
            text(|line| line.obligation.as_deref().unwrap_or_default()),
            text(|line| line.title.as_deref().unwrap_or_default()),
            text(|line| &line.label),
            text(|line| line.cadence.as_str()),
            self.line.map(|line| line.undetermined.to_string()).unwrap_or_default(),
            currency.to_owned(),
            low,
            likely,
            high,
            weighted_low,
            weighted_likely,
            weighted_high,
            text(|line| line.basis.as_str()),
            text(|line| &line.plugin.id),
            text(|line| &line.plugin.version),
            text(|line| &line.plugin.digest),
            text(|line| &line.at),
            self.line.map(|line| safe(&line.cites.join("; "))).unwrap_or_default(),
        ]
    }
}

fn amounts(spread: &Spread) -> [String; 3] {
    [spread.low.clone(), spread.likely.clone(), spread.high.clone()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn check(response: &QueryResponse) -> String {
        String::from_utf8(query_csv(response).unwrap()).unwrap()
    }

    #[test]
    fn every_line_is_a_row_and_what_has_no_number_says_why() {
        insta::assert_snapshot!(check(&fixture::troubled()), @r#"
market,weight,stage,status,obligation,title,label,cadence,undetermined,currency,total_low,total_likely,total_high,weighted_low,weighted_likely,weighted_high,basis,plugin,plugin_version,plugin_digest,at,cites,reason,generation
br,2,market-selection,counted,,,entry,once,false,EUR,1000.0000,1000.0000,1000.0000,2000.0000,2000.0000,2000.0000,assumption,fixed-cost,1.0.0,blake3:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff,seed.yaml:9:3,,,blake3:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
br,2,data-adaptation,incomplete,,,,,,EUR,,,,,,,,,,,,,plugin `language-adaptation` used more than 1000000 fuel,blake3:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
br,2,compliance,counted,br.dpo,Appoint a data protection officer,"officer, outsourced",yearly,false,EUR,19000.0000,35000.0000,76000.0000,38000.0000,70000.0000,152000.0000,assumption,lgpd,1.0.0,blake3:1111111111111111111111111111111111111111111111111111111111111111,br.yaml:31:3,lgpd#art-41,,blake3:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
br,2,compliance,undetermined,br.impact_assessment,,"'=HYPERLINK(""x"")|�[31m*red*�<b>",once,true,EUR,500.0000,500.0000,500.0000,1000.0000,1000.0000,1000.0000,assumption,fixed-cost,1.0.0,blake3:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff,seed.yaml:9:3,,,blake3:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
br,2,culture,none,,,,,,EUR,,,,,,,,,,,,,the team is local (latam),blake3:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
br,2,output,incomplete,,,,,,EUR,,,,,,,,,,,,,nothing computes stage `output` here,blake3:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
de,1,,blocked,,,,,,EUR,,,,,,,,,,,,,de.banned from 2026-12-02,blake3:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
"#);
    }

    #[test]
    fn the_rows_of_the_seed_add_up_to_j() {
        let text = check(&fixture::seed());
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let column = reader.headers().unwrap().iter().position(|name| name == "weighted_likely").unwrap();
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let total = super::super::number::sum(rows.iter().map(|row| &row[column]));
        assert_eq!((rows.len(), total.as_deref()), (25, Some("34000000")));
    }
}
