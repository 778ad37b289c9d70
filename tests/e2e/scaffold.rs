//! Something to start from: a folder that answers at once, and a place about which nothing is claimed.

use std::{collections::BTreeMap, fs, path::Path};

use crate::{
    answer::Answer,
    site::{Ran, Site},
};

/// A new folder with the plugins it binds.
fn started() -> Site {
    let site = Site::empty();
    site.run(&["init", "new"]).exits(0).says("wrote 19 files to new\n");
    site.plugin("fixed-cost");
    site.plugin("statutory");
    site
}

fn hostless(site: &Site, rules: &str, arguments: &[&str]) -> Ran {
    site.run(&[arguments, &["--rules", rules, "--plugins", "plugins"]].concat())
}

/// Every file below a folder.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn a_new_folder_answers_at_once() {
    let site = started();
    let checked = hostless(&site, "new/rules", &["check", "new/strategies/first.yaml"]).exits(0);
    assert_eq!(checked.err, "no problems\n");
    let asked = hostless(&site, "new/rules", &["query", "new/strategies/first.yaml", "--format", "json"]);
    let answer = Answer::of(asked.exits(0));
    assert_eq!(answer.json["answer"]["status"], "complete");
    assert_eq!(answer.market("br")["choices"]["dpo"]["chosen"], "outsourced");
    let penalty = &answer.market("br")["penalties"][0];
    assert_eq!(penalty["native"]["amount"], "800000.0000", "{penalty}");
}

#[test]
fn a_new_folder_has_what_editors_and_reviewers_need() {
    let site = started();
    let files = tree(&site.path("new"));
    let settings: serde_json::Value = serde_json::from_slice(&files[".vscode/settings.json"]).unwrap();
    let schemas = settings["yaml.schemas"].as_object().unwrap();
    for (name, text) in &files {
        let text = std::str::from_utf8(text).unwrap();
        let first = text.lines().next().unwrap();
        if let Some((_, schema)) = first.split_once("# yaml-language-server: $schema=../") {
            assert!(schemas.contains_key(schema), "{name}: {schema}");
        } else {
            assert!(!name.starts_with("rules/") && !name.starts_with("strategies/"), "{name}: {first}");
        }
    }
    let recipe: serde_yaml::Value = serde_yaml::from_slice(&files[".github/workflows/landfall.yml"]).unwrap();
    let steps = recipe["jobs"]["rules"]["steps"].as_sequence().unwrap();
    let commands: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    // What the recipe runs is what the program understands.
    for command in commands.iter().filter(|command| command.starts_with("landfall ")) {
        let command =
            command.replace("strategies/*.yaml", "strategies/first.yaml").replace(" plugins", " ../plugins");
        let arguments: Vec<&str> = command.split_whitespace().skip(1).collect();
        let ran = site.command(&arguments).current_dir(site.path("new")).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!([Some(0), Some(6)].contains(&ran.status.code()), "{command}: {said}");
    }
}

#[test]
fn a_folder_is_not_written_over() {
    let site = Site::empty();
    fs::create_dir_all(site.path("new/rules")).unwrap();
    site.put("new/rules/br.yaml", "mine");
    site.put("new/notes.txt", "mine");
    let refused = site.run(&["init", "new"]).exits(1);
    refused.says("the file is there already, and nothing was written");
    refused.says("new/rules/br.yaml");
    assert_eq!(tree(&site.path("new")).len(), 2);
    site.remove("new/rules/br.yaml");
    site.run(&["init", "new"]).exits(0);
    assert_eq!(site.text("new/notes.txt"), "mine");
}

fn question(site: &Site, market: &str, facts: &str) {
    let text = format!(
        "schema: landfall/strategy@1\ntitle: x\nas_of: 2026-11-23\ncurrency: EUR\nhorizon_years: 1\ndiscount: 0%\n\
         fx: {{EUR/MXN: {{rate: \"20\", source: test}}, EUR/USD: {{rate: \"1.1\", source: test}}}}\n{facts}\n\
         markets:\n  {market}: {{weight: 1}}\n"
    );
    site.put("question.yaml", text);
}

#[test]
fn a_new_place_loads_and_is_not_believed() {
    let site = started();
    let new = ["rules", "new", "mx", "--like", "br", "--rules", "new/rules", "--as-of", "2026-11-23"];
    site.run(&new).exits(0).says("wrote new/rules/mx.yaml: Mexico in the shape of br.yaml");
    let text = site.text("new/rules/mx.yaml");
    let live = |line: &&str| !line.starts_with('#');
    let live: String = text.lines().filter(live).map(|line| format!("{line}\n")).collect();
    assert!(live.contains(
        "id: mx\nkind: country\ntitle: {en: Mexico, zh: 墨西哥}\nextends: [global]\ncurrency: MXN\n"
    ));
    for law in ["obligations:", "penalties:", "lgpd", "50_000_000", "value:"] {
        assert!(!live.contains(law), "{law} is live in\n{live}");
        assert!(text.contains(law), "{law} is not shown in\n{text}");
    }
    assert_eq!(hostless(&site, "new/rules", &["check"]).exits(0).err, "no problems\n");
    question(&site, "mx", "product: {personal_data: true}");
    let answer =
        Answer::of(hostless(&site, "new/rules", &["query", "question.yaml", "--format", "json"]).exits(4));
    assert!(answer.json["answer"]["objective"].is_null());
    let gap = &answer.market("mx")["gaps"][0];
    assert_eq!(gap["reason"], "the law of Mexico has not been written down yet");
    site.run(&["rules", "stale", "--rules", "new/rules", "--as-of", "2026-11-23", "--only", "open_gap"])
        .exits(6)
        .shows("gap mx.mx_unwritten");
    site.run(&new).exits(1).says("the file is there already");
    assert_eq!(site.text("new/rules/mx.yaml"), text);
}

#[test]
fn any_place_of_the_world_can_be_the_shape() {
    let site = Site::world();
    for (id, like) in [("mx", "br"), ("es", "de"), ("no", "de"), ("au", "us"), ("ci", "br")] {
        site.run(&["rules", "new", id, "--like", like]).exits(0);
    }
    let asean = ["rules", "new", "asean", "--like", "eu", "--title", "ASEAN: all", "--currency", "USD"];
    site.run(&asean).exits(0);
    site.run(&["rules", "new", "us-tx", "--like", "br", "--title", "Texas"]).exits(0);
    assert_eq!(hostless(&site, "rules", &["check"]).exits(0).err, "no problems\n");
    assert!(site.text("rules/es.yaml").contains("extends: [eu]\ncurrency: EUR\n"));
    assert!(site.text("rules/no.yaml").contains("id: \"no\"\n"));
}

#[test]
fn what_is_missing_for_a_new_place_is_said() {
    let site = started();
    let new = |arguments: &[&str]| site.run(&[&["rules", "new", "--rules", "new/rules"], arguments].concat());
    new(&["mx", "--like", "brr"]).exits(3).says("did you mean `br`?");
    new(&["xx", "--like", "br"]).exits(3).says("give it a name: `--title`");
    new(&["xx", "--like", "br", "--title", "X"]).exits(3).says("`--currency EUR`");
    new(&["facts", "--like", "br"]).exits(3).says("a file that every place rests on");
    new(&["Mx", "--like", "br"]).exits(2).says("is not kebab-case");
    site.run(&["rules", "new", "mx", "--like", "br", "--rules", "nowhere"]).exits(3).says("`--rules DIR`");
    site.put("new/rules/br.yaml", "a: [");
    new(&["mx", "--like", "br"]).exits(3).says("this is not YAML");
    assert!(!site.path("new/rules/mx.yaml").exists());
}

/// The tests in the files that are written are run, and can fail.
#[test]
fn what_is_written_holds_itself_to_tests() {
    let site = started();
    site.edit("new/rules/br.yaml", "value: 50_000_000 BRL", "value: 60_000_000 BRL");
    hostless(&site, "new/rules", &["check"]).exits(3).says("the cap binds");
}
