//! The files for operators are what they say they are: YAML that holds together, alerts on metrics that exist.

use std::{collections::BTreeSet, fs};

use serde::Deserialize as _;
use serde_yaml::Value;

use crate::{none, sources};

fn documents(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(sources::root().join(file)).unwrap();
    serde_yaml::Deserializer::from_str(&text).map(|document| Value::deserialize(document).unwrap()).collect()
}

fn names<'a>(list: &'a Value, key: &str) -> BTreeSet<&'a str> {
    list.as_sequence().into_iter().flatten().filter_map(|item| item[key].as_str()).collect()
}

#[test]
fn the_kubernetes_recipe_mounts_what_it_has() {
    let documents = documents("docs/kubernetes.yaml");
    let named = |kind: &str| documents.iter().find(|document| document["kind"] == kind).unwrap();
    let pod = &named("Deployment")["spec"]["template"]["spec"];
    let volumes = names(&pod["volumes"], "name");
    let containers: Vec<&Value> =
        ["initContainers", "containers"].iter().flat_map(|kind| pod[*kind].as_sequence().unwrap()).collect();
    assert_eq!(containers.len(), 5);
    let mut wrong = Vec::new();
    for container in &containers {
        let name = container["name"].as_str().unwrap();
        for volume in names(&container["volumeMounts"], "name").difference(&volumes) {
            wrong.push(format!("{name} mounts `{volume}`, which is no volume"));
        }
        if container["securityContext"]["readOnlyRootFilesystem"] != true {
            wrong.push(format!("{name} may write its own file system"));
        }
        if container["resources"]["limits"]["memory"].is_null() {
            wrong.push(format!("{name} has no limit of memory"));
        }
    }
    none("docs/kubernetes.yaml", &wrong);
    let host = containers.iter().find(|container| container["name"] == "landfall").unwrap();
    for (probe, path) in
        [("livenessProbe", "/livez"), ("readinessProbe", "/readyz"), ("startupProbe", "/readyz")]
    {
        assert_eq!(host[probe]["httpGet"]["path"], path);
    }
    assert_eq!(
        pod["volumes"][4]["persistentVolumeClaim"]["claimName"],
        named("PersistentVolumeClaim")["metadata"]["name"]
    );
    let config = named("ConfigMap")["data"]["landfall.yaml"].as_str().unwrap();
    let config: Value = serde_yaml::from_str(config).unwrap();
    assert_eq!(config["schema"], "landfall/config@1");
}

#[test]
fn alerts_are_on_metrics_that_are_documented() {
    let documented = fs::read_to_string(sources::root().join("docs/metrics.md")).unwrap();
    let text = fs::read_to_string(sources::root().join("docs/alerts.yaml")).unwrap();
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    let named: BTreeSet<&str> = text
        .match_indices("landfall_")
        .map(|(at, _)| &text[at..at + text[at..].find(|c| !is_name(c)).unwrap_or(0)])
        .collect();
    assert!(named.len() > 5, "{named:?}");
    let unknown: Vec<String> = named
        .into_iter()
        .filter(|name| !documented.contains(&format!("`{}`", name.trim_end_matches("_bucket"))))
        .map(str::to_owned)
        .collect();
    none("docs/alerts.yaml asks for what docs/metrics.md does not name", &unknown);
}

#[test]
fn every_alert_says_what_to_do() {
    let [document] = &documents("docs/alerts.yaml")[..] else { panic!("one document") };
    let rules = document["groups"][0]["rules"].as_sequence().unwrap();
    let operation = fs::read_to_string(sources::root().join("docs/operation.md")).unwrap();
    let findings: Vec<String> = rules
        .iter()
        .map(|rule| rule["alert"].as_str().unwrap())
        .filter(|alert| !operation.contains(&format!("`{alert}`")))
        .map(str::to_owned)
        .collect();
    none("docs/operation.md does not say what to do about", &findings);
}
