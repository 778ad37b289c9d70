//! Plugins in JavaScript and TypeScript, by the real node and the compilers that the kit installs: from an empty folder to
//! a running host's answer, what is refused on the way, and the vectors that every SDK answers alike.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use crate::{
    host::Host,
    site::{ROOT, Ran, Site},
};

/// Where the compilers are: beside what cargo built, so that they are installed once.
static TOOLS: LazyLock<PathBuf> =
    LazyLock::new(|| env::current_exe().unwrap().ancestors().nth(3).unwrap().join("kit-tools"));

/// A site whose commands find node, and npm's configuration where it installs the compilers.
fn with_node(site: Site) -> Site {
    let home = PathBuf::from(env::var_os("HOME").unwrap());
    let configured = env::var_os("NPM_CONFIG_USERCONFIG").map_or(home.join(".npmrc"), PathBuf::from);
    let site = site
        .with("PATH", env::var_os("PATH").unwrap())
        .with("LANDFALL_TOOLS", TOOLS.as_os_str())
        .with("npm_config_userconfig", configured)
        .with("npm_config_cache", home.join(".npm"));
    // How packages are had is the business of whoever runs the tests.
    const ASKED: [&str; 5] =
        ["npm_config_registry", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "NODE_EXTRA_CA_CERTS"];
    ASKED.into_iter().fold(site, |site, name| match env::var_os(name) {
        Some(value) => site.with(name, value),
        None => site,
    })
}

fn new_plugin(site: &Site, lang: &str) {
    site.run(&["plugin", "new", "support", "--stage", "output", "--lang", lang]).exits(0);
}

fn build(site: &Site) -> Ran {
    site.run(&["plugin", "build", "support", "--install"])
}

#[test]
fn a_new_plugin_in_javascript_is_built_tested_dropped_in_and_seen() {
    let site = with_node(Site::world());
    new_plugin(&site, "javascript");
    build(&site).exits(0).shows("support/target/support.wasm");
    build(&site).exits(0).shows("up to date");
    site.run(&["plugin", "test", "support"]).exits(0);
    let mut host = site.serve();
    let ship =
        || site.put("plugins/support.wasm", fs::read(site.path("support/target/support.wasm")).unwrap());
    ship();
    host.wait_for_state("support.wasm", "live");
    let number = host.number();
    site.edit(
        "rules/de.yaml",
        "\nstages:\n",
        "\nstages:\n  output: {support: {price_per_user: 0.50 EUR, range: {low: 80%, high: 130%}}}\n",
    );
    host.wait("the plugin is bound", |status| status["number"].as_u64() > Some(number));
    let line = |host: &Host<'_>, version: &str| {
        let answer = host.query("brazil-germany.yaml");
        let lines = answer.lines("de");
        let line = lines.iter().find(|line| line["plugin"]["id"] == "support").expect("no line");
        assert_eq!(line["plugin"]["version"], version);
        line["spans"][0]["native"]["amount"]["likely"].as_str().unwrap().to_owned()
    };
    // 900 000 people at EUR 0.50.
    assert_eq!(line(&host, "0.1.0"), "450000.0000");
    let explained = site.run(&["explain", "brazil-germany.yaml", "--market", "de"]).exits(0);
    explained.shows("support");

    // What stops a plugin is said with its place in the source, and not in what was made of it.
    site.edit("support/src/plugin.js", "given.facts.users, \"user\"", "given.facts.users * 2n, \"account\"");
    site.edit(
        "support/src/plugin.js",
        "    const price =",
        "    if (given.stage === \"x\") null.x;\n    const price =",
    );
    site.edit("support/package.json", "0.1.0", "0.2.0");
    build(&site).exits(0);
    let number = host.number();
    ship();
    host.wait("the next version is live", |status| status["number"].as_u64() > Some(number));
    assert_eq!(line(&host, "0.2.0"), "900000.0000");
}

#[test]
fn a_new_plugin_in_typescript_has_its_types_checked_and_says_where_it_stops() {
    let site = with_node(Site::empty());
    new_plugin(&site, "typescript");
    let refused = |this: &str, by: &str, says: &[&str]| {
        let before = site.text("support/src/plugin.ts");
        site.edit("support/src/plugin.ts", this, by);
        let ran = build(&site).exits(3);
        says.iter().for_each(|text| {
            ran.says(text);
        });
        site.put("support/src/plugin.ts", before);
    };
    refused(
        "given.facts.users, \"user\"",
        "given.facts.users / 2, \"user\"",
        &["--> support/src/plugin.ts:", "bigint", "(TS2365)"],
    );
    refused(
        "given.facts.users,",
        "given.facts.user,",
        &["property 'user' does not exist", "Did you mean 'users'?"],
    );
    refused("[yearly(", "[\"users\", yearly(", &["is not assignable to type"]);
    site.edit(
        "support/src/plugin.ts",
        "    const price =",
        "    if (given.facts.users === 7n) lost();\n    const price =",
    );
    site.edit(
        "support/src/plugin.ts",
        "export default",
        "function lost(): never {\n  throw new RangeError(\"seven\");\n}\n\nexport default",
    );
    build(&site).exits(0);
    site.run(&["plugin", "test", "support"]).exits(0);
    site.edit("support/cases/first.yaml", "market.users: 1000", "market.users: 7");
    let ran = site.run(&["plugin", "test", "support"]).exits(3);
    ran.shows("RangeError: seven, at src/plugin.ts:");
}

#[test]
fn what_reaches_out_is_not_built() {
    let site = with_node(Site::empty());
    new_plugin(&site, "javascript");
    let source = site.text("support/src/plugin.js");
    site.put(
        "support/src/helper.js",
        "export const late = () => new Date() > 1;\nexport const own = (Date) => Date.now();\n",
    );
    let with = |import: &str, statement: &str| {
        let text = format!("{import}\n{source}")
            .replace("    const price =", &format!("    {statement}\n    const price ="));
        site.put("support/src/plugin.js", text);
        build(&site).exits(3)
    };
    let ran = with(
        "import { late, own } from \"./helper.js\";",
        "late(own); Date.now(); Math.random(); crypto.randomUUID(); performance.now(); fetch(\"http://a\"); \
         setTimeout(late); process.env.A; require(\"fs\"); eval(\"1\"); new Function(\"\"); console.log(1); \
         import(given); import.meta.url; globalThis.Date;",
    );
    for line in [
        "--> support/src/helper.js:1:31",
        "`Date`: a plugin has no clock: what changes by date is a param",
        "--> support/src/plugin.js:",
        "`Date.now`: a plugin has no clock: what changes by date is a param",
        "`Math.random`: a plugin has no randomness: the same case must give the same lines",
        "`crypto.randomUUID`: a plugin has no randomness",
        "`performance.now`: a plugin has no clock",
        "`fetch`: a plugin has no network: what it needs is a fact, a param or a setting",
        "`setTimeout`: a plugin cannot wait: it has no clock, and answers at once",
        "`process.env`: a plugin has no environment",
        "`require`: a plugin is one module: write `import` at the head of the file",
        "`eval`: a plugin runs no code but what it was built from",
        "`Function`: a plugin runs no code but what it was built from",
        "`console.log`: a plugin has no console: write log.info(…) with the `log` of the SDK",
        "`import(…)`: a plugin is one module",
        "`import.meta`: a plugin is one module",
        // Of its own names nobody says anything.
        "15 errors in 2 files",
    ] {
        ran.says(line);
    }
    let ran = with(
        "import { readFileSync } from \"node:fs\";\nimport \"lodash\";\nimport \"../cases.js\";",
        "readFileSync();",
    );
    ran.says("`node:fs`: a plugin has no files: what it needs is a fact, a param or a setting");
    ran.says("could not resolve \"lodash\"");
    site.put("support/cases.js", "export default 1;\n");
    with("import \"../cases.js\";", "1;")
        .says("it lies outside src/ and vendor/, and a build reads nothing else");
    with("const users = ;", "1;").says("--> support/src/plugin.js:1:15");
    site.put("support/src/plugin.js", "export const plugin = 1;\n");
    build(&site).exits(3).says("write `export default plugin({…})`");
    // What cannot be seen in the source stops while the module is loaded.
    with("const late = globalThis[[\"Da\", \"te\"].join(\"\")].now();", "1;")
        .says("`Date`: a plugin has no clock: what changes by date is a param");
    site.remove("support/vendor/landfall-plugin/guest.js");
    build(&site).exits(3).says("`landfall plugin new` writes it into a new folder");
}

/// The rest of what cannot be seen in the source is met in a call: there is no answer then, even where what was thrown is
/// caught.
#[test]
fn what_is_hidden_is_refused_in_the_call() {
    let site = with_node(Site::empty());
    new_plugin(&site, "javascript");
    site.edit(
        "support/src/plugin.js",
        "    const price =",
        "    let late = 0;\n    try {\n      late = globalThis[given.currency === \"EUR\" ? \"Date\" : \"\"].now();\n    } catch {}\n    \
         const price =",
    );
    build(&site).exits(0);
    site.edit("support/cases/first.yaml", "expect:", "# expect:");
    let case = site.text("support/cases/first.yaml");
    let (given, _) = case.split_once("# expect:").unwrap();
    let refused = "`Date`: a plugin has no clock: what changes by date is a param";
    site.put("support/cases/first.yaml", format!("{given}expect:\n  failure: {{refused: \"{refused}\"}}\n"));
    site.run(&["plugin", "test", "support"]).exits(0);
}

#[test]
fn a_component_with_the_features_of_its_compiler_is_refused_by_what_it_imports() {
    let site = with_node(Site::book());
    new_plugin(&site, "javascript");
    site.put("support/src/plugin.js", "no plugin");
    // For the tools: nothing is built of it.
    build(&site).exits(3);
    let tools = fs::read_dir(&*TOOLS).unwrap().map(|entry| entry.unwrap().path());
    let tools = tools
        .filter(|path| path.join("node_modules").is_dir())
        .find(|path| path.to_string_lossy().contains("javascript-"));
    let script = format!(
        "import {{ componentize }} from '@bytecodealliance/componentize-js';\n\
         import {{ writeFileSync }} from 'node:fs';\n\
         const source = 'export const guest = {{ describe() {{}}, estimate() {{}} }};';\n\
         const {{ component }} = await componentize(source, {{ witPath: {:?}, worldName: 'stage' }});\n\
         writeFileSync({:?}, component);\n",
        ROOT.join("sdk/wit/stage.wit"),
        site.path("plugins/wild.wasm"),
    );
    let ran = Command::new("node")
        .args(["--input-type=module", "--eval", &script])
        .current_dir(tools.unwrap())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let mut host = site.serve();
    let item = host.wait_for_state("wild.wasm", "refused");
    let said = item["problems"].to_string();
    assert!(said.contains("it imports `wasi"), "{said}");
}

/// The tests of the SDK itself, which run in plain node.
#[test]
fn the_sdk_passes_its_own_tests() {
    let ran = Command::new("node")
        .args(["--test", "test/"])
        .current_dir(ROOT.join("sdk/javascript"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(
        ran.status.success() && said.contains("\n# fail 0\n") && !said.contains("\n# pass 0\n"),
        "{said}"
    );
}

/// One logic in two languages, each case answered as the others answer it.
#[track_caller]
fn answers_the_vectors(name: &str) {
    let site = with_node(Site::empty());
    copy(&ROOT.join("plugins/examples").join(name), &site.path(name));
    site.run(&["plugin", "build", name, "--install"]).exits(0);
    let vectors = ROOT.join("sdk/vectors").display().to_string();
    site.run(&["plugin", "test", name, "--cases", &vectors]).exits(0);
}

/// With what its links lead to: the SDK is another folder's.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() && !path.ends_with("target") {
            copy(&path, &to);
        } else if path.is_file() {
            fs::copy(&path, &to).unwrap();
        }
    }
}

#[test]
fn the_example_in_javascript_answers_the_vectors() {
    answers_the_vectors("vectors-javascript");
}

#[test]
fn the_example_in_typescript_answers_the_vectors() {
    answers_the_vectors("vectors-typescript");
}
