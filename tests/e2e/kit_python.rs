//! Plugins in Python: what they may not do, the vectors, and the SDK's own tests. From an empty folder to a line in an answer goes
//! the session of `sdk/README.md`, which `docs` types.
//!
//! The compiler is installed once, in the target folder, by the program itself; every build takes it about ten seconds of
//! CPU, and a host about as long to compile the result, so there are few.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use crate::site::{ROOT, Ran, Site, built};

/// Where pip gets packages from is the affair of whoever runs the tests.
const OF_PIP: [&str; 8] = [
    "PIP_CERT",
    "PIP_CONFIG_FILE",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_INDEX_URL",
    "HTTPS_PROXY",
    "NO_PROXY",
];

/// The tools, installed.
pub(crate) static TOOLS: LazyLock<PathBuf> = LazyLock::new(|| {
    let tools = built("debug").parent().unwrap().join("tools");
    let site = with_pip(Site::empty()).with("LANDFALL_TOOLS", &tools);
    // A folder without sources: the tool is installed, and then there is nothing to build.
    fs::create_dir(site.path("empty")).unwrap();
    site.put("empty/pyproject.toml", "[project]\nname = \"x\"\nversion = \"1.0.0\"\ndescription = \"x\"\n");
    let ran = site.run(&["plugin", "build", "empty", "--install"]).exits(3);
    ran.says("--> empty/src/plugin.py");
    tools
});

fn with_pip(site: Site) -> Site {
    let set = OF_PIP.into_iter().filter_map(|name| Some((name, env::var_os(name)?)));
    set.fold(site.with("PATH", env::var_os("PATH").unwrap()), |site, (name, value)| site.with(name, value))
}

fn with_tools(site: Site) -> Site {
    site.with("PATH", env::var_os("PATH").unwrap()).with("LANDFALL_TOOLS", TOOLS.as_path())
}

fn new_plugin(site: &Site) {
    site.run(&["plugin", "new", "support", "--stage", "output", "--lang", "python"]).exits(0);
}

fn build(site: &Site) -> Ran {
    site.run(&["plugin", "build", "support"])
}

#[test]
fn the_sdk_for_python_passes_its_own_tests() {
    let ran = unittest(&ROOT.join("sdk/python"), &["discover", "-s", "tests"]);
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{said}");
    assert!(!said.contains("Ran 0 tests"), "{said}");
}

fn unittest(folder: &Path, arguments: &[&str]) -> Output {
    let mut python = Command::new("python3");
    python.args(["-B", "-W", "error", "-m", "unittest"]).args(arguments).current_dir(folder);
    python.env("PYTHONPATH", folder).output().expect("python3 is installed")
}

#[test]
fn the_vectors_are_answered_in_python() {
    let site = with_tools(Site::empty());
    let plugin = ROOT.join("plugins/examples/vectors-python").display().to_string();
    let cases = ROOT.join("sdk/vectors").display().to_string();
    let ran = site.run(&["plugin", "test", &plugin, "--cases", &cases]).exits(0);
    ran.shows(" passed");
    assert!(!ran.out.contains("failed"), "{}", ran.out);
}

/// Before anything is compiled, with its place, everything at once.
#[test]
fn what_reaches_out_is_not_built_in_python() {
    let site = with_tools(Site::empty());
    new_plugin(&site);
    let source = site.text("support/src/plugin.py");
    let head = "from typing import Annotated";
    let reaching = "import time\nfrom datetime import date\nimport random, urllib.request\nfrom os import environ\n\
                    import words\nTODAY = date.today()\nTEXT = open(\"words.txt\")\nSHARE = 0.25\n";
    site.put("support/src/plugin.py", source.replacen(head, &format!("{reaching}{head}"), 1));
    site.put("support/src/words.py", "import numpy\nfor word in {\"a\", \"b\"}:\n    eval(word)\n");
    let ran = build(&site).exits(3);
    for line in [
        "`import time`: a plugin has no clock",
        "--> support/src/plugin.py:7:1",
        "what changes by date is a param",
        "`import random`: a plugin has no randomness",
        "`import urllib.request`: a plugin has no network",
        "`from os import environ`: a plugin has no environment",
        "`date.today`: a plugin has no clock",
        "--> support/src/plugin.py:12:9",
        "`open`: a plugin has no files",
        "`0.25`: a float is not exact",
        "write `Decimal(\"0.25\")`",
        "`import numpy`: a plugin is pure Python",
        "--> support/src/words.py:1:1",
        "the order of a set differs from build to build",
        "`eval`: a plugin runs the code that was built and no other",
    ] {
        ran.says(line);
    }
    assert!(!site.path("support/target/support.wasm").exists());
    site.put("support/src/plugin.py", "def estimate(case:\n");
    build(&site).exits(3).says("this is not Python: '(' was never closed");
    site.remove("support/src/plugin.py");
    build(&site).exits(3).says("--> support/src/plugin.py");
    site.put("support/src/plugin.py", source);
    site.put("support/src/words.cpython-314-wasm32-wasi.so", "");
    build(&site).exits(3).says("a module in machine code is no part of a plugin");
}

/// What the scan cannot see is caught while the component is made, or says what it is when it is called.
#[test]
fn what_gets_past_the_scan_says_what_it_is() {
    let site = with_tools(Site::empty());
    new_plugin(&site);
    let source = site.text("support/src/plugin.py");
    let head = "from typing import Annotated";
    let with = |before: &str| {
        site.put("support/src/plugin.py", source.replacen(head, &format!("{before}{head}"), 1));
    };
    // While it is loaded: an error of its own, and something that is declared wrong.
    with(
        "import enum\nMODULES = getattr(getattr(enum, \"s\" + \"ys\"), \"mod\" + \"ules\")\nMODULES[\"time\"].time()\n",
    );
    let ran = build(&site).exits(3);
    ran.says("`time.time`: a plugin has no clock: what changes by date is a param");
    ran.says("--> support/src/plugin.py:9:1");
    site.put("support/src/plugin.py", source.replace("users: int =", "users: list ="));
    let ran = build(&site).exits(3);
    ran.says("TypeError: `Facts.users` is annotated with `list`: write `Set`");
    ran.says("--> support/src/plugin.py:12:1");

    // When it is called: a trick for each number of users.
    let tricks = "import enum\nfrom datetime import date\nfrom decimal import Decimal\n\
        MODULES = getattr(getattr(enum, \"s\" + \"ys\"), \"mod\" + \"ules\")\n\
        TRICKS = [\n    lambda: getattr(date, \"to\" + \"day\")(),\n    lambda: MODULES[\"random\"].random(),\n    \
        lambda: MODULES[\"builtins\"].open(\"x\"),\n    lambda: MODULES[\"os\"].environ[\"HOME\"],\n    \
        lambda: MODULES[\"importlib\"].import_module(\"socket\"),\n    lambda: Decimal(1) / 3,\n    \
        lambda: Line.once(\"x\", 1 / 3),\n    lambda: {}[\"price\"],\n]\n";
    with(tricks);
    site.edit(
        "support/src/plugin.py",
        "    price = case.settings.range",
        "    TRICKS[case.facts.users]()\n    price = case.settings.range",
    );
    build(&site).exits(0);
    for trick in 0..8 {
        let case = format!(
            "schema: landfall/case@1\nfacts: {{market.users: {trick}}}\nsettings: {{price_per_user: 1 EUR}}\nexpect: {{lines: []}}\n"
        );
        site.put(&format!("support/cases/trick-{trick}.yaml"), case);
    }
    let ran = site.run(&["plugin", "test", "support", "--filter", "trick-"]).exits(3);
    for message in [
        "src/plugin.py:12: `import time`: a plugin has no clock: what changes by date is a param",
        "src/plugin.py:13: `random.random`: a plugin has no randomness: the same case has the same lines",
        "src/plugin.py:14: `open`: a plugin has no files",
        "src/plugin.py:15: `os.environ`: a plugin has no environment",
        "src/plugin.py:16: `posix.stat`: a plugin has no files",
        "src/plugin.py:17: a decimal would lose digits: write `Fraction(a) / b`",
        "is a float, which is not exact: write `Decimal(",
        "src/plugin.py:19: KeyError: 'price'",
    ] {
        assert!(ran.out.contains(message), "{message}\n{}", ran.out);
    }
}

/// A component made by hand, with the interfaces of WASI that the kit leaves out.
#[test]
fn a_component_with_wasi_is_refused_by_name() {
    let site = with_tools(Site::seed());
    site.put(
        "app.py",
        "class Guest:\n    def describe(self):\n        raise NotImplementedError\n\n    def estimate(self, c):\n        return []\n",
    );
    let tools = fs::read_dir(&*TOOLS).unwrap().map(|entry| entry.unwrap().path());
    let python = tools.into_iter().find(|path| path.join("componentize-py").is_file()).unwrap();
    let made = Command::new(python.join("componentize-py"))
        .args(["-q", "-d"])
        .arg(ROOT.join("sdk/wit/stage.wit"))
        .args(["-w", "stage", "componentize", "-p", ".", "app", "-o", "wasi.wasm"])
        .current_dir(site.path(""))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut host = site.serve();
    site.put("plugins/wasi.wasm", fs::read(site.path("wasi.wasm")).unwrap());
    let item = host.wait_for_state("wasi.wasm", "refused");
    assert!(item.to_string().contains("it imports `wasi:"), "{item:#}");
}
