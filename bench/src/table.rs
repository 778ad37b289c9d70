//! What is printed and written: a table for people, and for programs a line of JSON for each row,
//!
//! `{"scenario":"stage","row":"landfall / bare","goal":"at most 1.6","better":"lower","met":true,"unit":"ratio",
//! "median":1.31,"low":1.28,"high":1.36,"context":{"landfall":"41 µs","bare":"31 µs"}}`
//!
//! where `met` is null for what is only reported. `bench/results.json` holds `{"machine":…,"rows":[…]}` of the same.

use std::{fmt::Write as _, fs};

use serde_json::{Map, Value, json};

use crate::{failed::Failed, machine, row::Row, setting::Setting};

/// Below `bench/`, without their endings.
const RESULTS: &str = "results";

/// A row as JSON in one line.
pub(crate) fn line(row: &Row) -> Value {
    let context: Map<String, Value> =
        row.context.iter().map(|(what, value)| (what.clone(), json!(value))).collect();
    let rounded = |value: f64| (value * 1e4).round() / 1e4;
    json!({
        "scenario": row.scenario,
        "row": row.name,
        "goal": row.goal.said(),
        "better": if row.goal.lower_is_better() { "lower" } else { "higher" },
        "met": row.met(),
        "unit": row.unit.as_str(),
        "median": rounded(row.median),
        "low": rounded(row.low),
        "high": rounded(row.high),
        "context": context,
    })
}

/// All rows as a table.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut text = String::from("| scenario | what | median | lowest … highest | goal | met | context |\n");
    text.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
    for row in rows {
        let met = match row.met() {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        let context: Vec<String> =
            row.context.iter().map(|(what, value)| format!("{what} {value}")).collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} … {} | {} | {met} | {} |",
            row.scenario,
            row.name,
            row.shown(row.median),
            row.shown(row.low),
            row.shown(row.high),
            row.goal.said(),
            context.join(", "),
        );
    }
    text
}

/// Leaves both files beside the sources.
pub(crate) fn write(setting: &Setting, rows: &[Row]) -> Result<(), Failed> {
    let machine = machine::said();
    let head = format!(
        "<!-- written by `cargo xtask bench` -->\nMeasured on {machine}. Ratios are taken in each of several rounds in which the sides take \
         turns; the median is of the rounds. Absolute times are context.\n\n"
    );
    let lines: Vec<Value> = rows.iter().map(line).collect();
    let json = serde_json::to_string_pretty(&json!({ "machine": machine, "rows": lines }));
    let json = json.map_err(Failed::new)?;
    for (ending, text) in [("md", head + &markdown(rows)), ("json", json + "\n")] {
        let path = setting.root.join("bench").join(RESULTS).with_extension(ending);
        fs::write(&path, text).map_err(Failed::io("write", &path))?;
    }
    Ok(())
}

/// What is checked in.
pub(crate) fn read(setting: &Setting) -> Result<Vec<Value>, Failed> {
    let path = setting.root.join("bench").join(RESULTS).with_extension("json");
    let text = fs::read_to_string(&path).map_err(Failed::io("read", &path))?;
    let whole: Value = serde_json::from_str(&text).map_err(Failed::new)?;
    let rows = whole.get("rows").and_then(Value::as_array).cloned();
    rows.ok_or_else(|| Failed(format!("{} has no rows", path.display())))
}
