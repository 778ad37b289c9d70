//! The JSON Schemas that the program prints and writes.

use std::fs;

use serde_json::Value;

use crate::site::{ROOT, Site};

const KINDS: [&str; 8] = ["jurisdiction", "facts", "fx", "rates", "roles", "strategy", "config", "case"];

#[test]
fn the_schemas_that_are_checked_in_are_those_it_writes() {
    let site = Site::book();
    site.run(&["rules", "schema", "--write", "schemas"]).exits(0).says("wrote schemas/jurisdiction.json\n");
    for kind in KINDS {
        let name = format!("{kind}.json");
        let written = site.text(&format!("schemas/{name}"));
        assert_eq!(written, site.run(&["rules", "schema", kind]).exits(0).out);
        let checked_in = fs::read_to_string(ROOT.join("rules/schema").join(&name)).unwrap();
        assert!(written == checked_in, "{name}: run `landfall rules schema --write rules/schema`");
    }
}

#[test]
fn a_folder_makes_its_own_and_a_bad_file_adds_nothing() {
    let site = Site::book();
    let ask = |site: &Site| {
        let ran = site.run(&["rules", "schema", "strategy", "--rules", "rules"]).exits(0);
        (serde_json::from_str::<Value>(&ran.out).unwrap()["$defs"].take(), ran.err)
    };
    let (defs, said) = ask(&site);
    assert_eq!(said, "");
    let home = &defs["CompanyFacts"]["properties"]["home"];
    assert_eq!(home["description"], "one_of: country of the main establishment");
    let sectors = &defs["ProductFacts"]["properties"]["sectors"]["items"]["enum"];
    assert_eq!(*sectors, serde_json::json!(["finance", "health", "retail"]));
    assert_eq!(defs["Markets"]["properties"]["br"]["description"], "Brazil");
    assert_eq!(defs["Pinned"]["properties"]["dpo"]["enum"], serde_json::json!(["inhouse", "outsourced"]));
    site.edit("rules/br.yaml", "title: Brazil\n", "titel: Brazil\n");
    let (defs, said) = ask(&site);
    assert!(said.contains("unknown key `titel`"), "{said}");
    assert_eq!(defs["Pinned"]["properties"], serde_json::json!({}));
    assert!(defs["Markets"]["properties"].get("br").is_some(), "it is there, though nobody can read it");
}

#[test]
fn it_wants_to_know_which() {
    Site::book().run(&["rules", "schema"]).exits(2);
    Site::book().run(&["rules", "schema", "law"]).exits(2).says("jurisdiction");
}
