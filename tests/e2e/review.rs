//! Problems where reviewers see them: as annotations of a workflow, and as SARIF.

use serde_json::Value;

use crate::site::Site;

fn broken() -> Site {
    let site = Site::book();
    site.edit("rules/br.yaml", "title: Brazil", "tittle: \"50%: a, b\"");
    site.put("plugins/fixed-cost.wasm", "no module");
    site.edit("strategy.yaml", "weight: 1,", "weight: -1,");
    site
}

#[test]
fn annotations_hit_the_lines_of_the_right_files() {
    let site = broken();
    let checked = site.hostless(&["check", "strategy.yaml", "--format", "github"]).exits(3);
    let lines: Vec<&str> = checked.out.lines().collect();
    let wanted = "::error file=rules/br.yaml,line=4,endLine=4,col=1,endColumn=7,title=landfall check\
                  ::unknown key `tittle` in a jurisdiction%0Ahelp: did you mean `title`?";
    assert!(lines.contains(&wanted), "{}", checked.out);
    assert!(lines.iter().all(|line| line.starts_with("::error ")), "{}", checked.out);
    let hit = |file: &str| lines.iter().any(|line| line.contains(&format!("file={file}")));
    assert!(hit("plugins/fixed-cost.wasm") && hit("strategy.yaml"), "{}", checked.out);
    assert_eq!(checked.err, "");
    // As they are given, so that they are found from where the program runs.
    let rules = site.path("rules").display().to_string();
    let absolute = site.run(&["check", "--rules", &rules, "--format", "github"]).exits(3);
    absolute.shows(&format!("file={rules}/br.yaml,line=4,"));
}

#[test]
fn nothing_wrong_is_nothing_to_show() {
    let site = Site::book();
    assert_eq!(site.hostless(&["check", "--format", "github"]).exits(0).out, "");
    let sarif = site.hostless(&["check", "--format", "sarif"]).exits(0).json();
    assert_eq!(sarif["runs"][0]["results"], Value::Array(Vec::new()));
}

/// What the standard requires of what is written here.
#[test]
fn sarif_is_what_review_tools_take() {
    let site = broken();
    let sarif = site.hostless(&["check", "strategy.yaml", "--format", "sarif"]).exits(3).json();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(sarif["$schema"].as_str().unwrap().ends_with("sarif-schema-2.1.0.json"));
    let run = &sarif["runs"][0];
    assert!(run["tool"]["driver"]["name"].is_string());
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 3);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]["id"]);
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(site.path(uri).exists(), "{uri}");
        for key in ["startLine", "startColumn", "endColumn"] {
            assert!(place["region"][key].as_u64().unwrap() >= 1, "{key}");
        }
    }
    let uris: Vec<&Value> = results
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        .collect();
    assert!(uris.contains(&&Value::from("rules/br.yaml")) && uris.contains(&&Value::from("strategy.yaml")));
}
