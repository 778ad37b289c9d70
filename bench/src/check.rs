//! `--check`: no ratio may be much worse than the one that is checked in.
//!
//! Ratios alone: times and sizes are of a machine. What is better than it was fails nothing.

use serde_json::Value;

use crate::{
    failed::Failed,
    row::{Row, Unit, number},
    setting::Setting,
    table,
};

/// How much worse a ratio may be, in hundredths.
const SLACK: f64 = 25.0;

/// Names every row that is worse.
pub(crate) fn against(setting: &Setting, rows: &[Row]) -> Result<(), Failed> {
    let known = table::read(setting)?;
    let ratios = rows.iter().filter(|row| row.unit == Unit::Ratio);
    let worse: Vec<String> = ratios.filter_map(|row| worse(row, was(&known, row)?)).collect();
    match worse.is_empty() {
        true => Ok(()),
        false => Err(Failed(format!(
            "worse than bench/results.json by more than {SLACK} %:\n{}",
            worse.join("\n")
        ))),
    }
}

fn was(known: &[Value], row: &Row) -> Option<f64> {
    let same = |known: &&Value| {
        known.get("scenario").is_some_and(|scenario| scenario == row.scenario)
            && known.get("row").is_some_and(|name| name == row.name.as_str())
    };
    known.iter().find(same)?.get("median")?.as_f64()
}

fn worse(row: &Row, was: f64) -> Option<String> {
    let slack = 1.0 + SLACK / 100.0;
    let is_worse = match row.goal.lower_is_better() {
        true => row.median > was * slack,
        false => row.median < was / slack,
    };
    is_worse
        .then(|| format!("  {}: {}: {}, was {}", row.scenario, row.name, row.shown(row.median), number(was)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Goal;

    #[test]
    fn only_what_is_much_worse_is_named() {
        let row = |goal, median| Row::of("stage", "a / b", Unit::Ratio, goal, &[median]);
        assert_eq!(worse(&row(Goal::AtMost(1.6), 1.24), 1.0), None);
        assert_eq!(worse(&row(Goal::AtMost(1.6), 0.1), 1.0), None);
        assert_eq!(worse(&row(Goal::AtMost(1.6), 1.3), 1.0).as_deref(), Some("  stage: a / b: 1.3 ×, was 1"));
        assert_eq!(worse(&row(Goal::AtLeast(4.0), 4.1), 5.0), None);
        assert!(worse(&row(Goal::AtLeast(4.0), 3.9), 5.0).is_some());
    }

    #[test]
    fn a_row_is_known_by_scenario_and_name() {
        let known = [serde_json::json!({"scenario": "stage", "row": "a / b", "median": 2.5})];
        let row = |scenario, name| Row::of(scenario, name, Unit::Ratio, Goal::AtMost(1.0), &[1.0]);
        assert_eq!(was(&known, &row("stage", "a / b")), Some(2.5));
        assert_eq!(was(&known, &row("stage", "a / c")), None);
        assert_eq!(was(&known, &row("sweep", "a / b")), None);
    }
}
