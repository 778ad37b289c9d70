//! Problems as SARIF 2.1.0, the form in which review tools take findings. Only what they read of it.
//!
//! Names are the standard's. A file without a place is shown at its first line, because a result without a
//! region is not shown beside the code.

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Severity};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A file of findings.
#[derive(Debug, Clone, Serialize)]
pub struct Sarif {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Finding>,
}

#[derive(Debug, Clone, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: [Rule; 1],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Message,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: &'static str,
    rule_index: u32,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
}

#[derive(Debug, Clone, Serialize)]
struct Message {
    text: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Debug, Clone, Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_column: u32,
}

/// The one rule: what is checked has no codes, and what is wrong stands in the message.
const CHECK: &str = "check";

impl Sarif {
    /// These problems, whose files are paths.
    #[must_use]
    pub fn of(problems: &[Diagnostic]) -> Self {
        let description =
            Message { text: "what a host would refuse, or warn of, when it loads the file".into() };
        let driver = Driver {
            name: "landfall",
            semantic_version: env!("CARGO_PKG_VERSION"),
            rules: [Rule { id: CHECK, short_description: description }],
        };
        let results = problems.iter().map(finding).collect();
        let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
        Self { schema: SCHEMA, version: "2.1.0", runs: [run] }
    }
}

fn finding(problem: &Diagnostic) -> Finding {
    let help = problem.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let level = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    Finding {
        rule_id: CHECK,
        rule_index: 0,
        level,
        message: Message { text: format!("{}{help}", problem.message) },
        locations: location(problem).into_iter().collect(),
    }
}

fn location(problem: &Diagnostic) -> Option<Location> {
    let (file, region) = match (&problem.place, &problem.file) {
        (Some(place), _) => {
            let end_column = place.column.saturating_add(place.length);
            (&place.file, Region { start_line: place.line, start_column: place.column, end_column })
        }
        (None, Some(file)) => (file, Region { start_line: 1, start_column: 1, end_column: 1 }),
        (None, None) => return None,
    };
    let artifact_location = ArtifactLocation { uri: uri(file) };
    Some(Location { physical_location: PhysicalLocation { artifact_location, region } })
}

/// A path as a URI reference: relative as it is, absolute with its scheme.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let escaped = path.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    });
    std::iter::once(scheme.to_owned()).chain(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Span};

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("./rules/br.yaml"), "rules/br.yaml");
        assert_eq!(uri("my rules/50%:巴.yaml"), "my%20rules/50%25%3A%E5%B7%B4.yaml");
        assert_eq!(uri("/srv/br.yaml"), "file:///srv/br.yaml");
    }

    #[test]
    fn problems_have_the_shape_of_the_standard() {
        let source = SourceFile::new("rules/br.yaml", b"id: br\ntittle: x\n").unwrap();
        let problems = [
            Diagnostic::error("unknown key `tittle`")
                .at(&source, Span { line: 2, column: 1, length: 6 })
                .help("did you mean `title`?"),
            Diagnostic::warning("too large").in_file("rules/de.yaml"),
            Diagnostic::error("nowhere"),
        ];
        let sarif = serde_json::to_value(Sarif::of(&problems)).unwrap();
        assert_eq!(sarif["version"], "2.1.0");
        let run = &sarif["runs"][0];
        assert_eq!(run["tool"]["driver"]["name"], "landfall");
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        let [first, second, third] = run["results"].as_array().unwrap().as_slice() else { panic!() };
        assert_eq!(first["level"], "error");
        assert_eq!(first["message"]["text"], "unknown key `tittle`\nhelp: did you mean `title`?");
        let place = &first["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "rules/br.yaml");
        assert_eq!(place["region"], serde_json::json!({"startLine": 2, "startColumn": 1, "endColumn": 7}));
        assert_eq!(second["level"], "warning");
        assert_eq!(second["locations"][0]["physicalLocation"]["region"]["startLine"], 1);
        assert_eq!(third["locations"], serde_json::json!([]));
        for result in [first, second, third] {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(result["ruleId"], run["tool"]["driver"]["rules"][index]["id"]);
        }
    }
}
