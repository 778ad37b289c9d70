//! From an empty folder to a plugin that a running host answers with: `plugin new`, `plugin build`, and everything that
//! they refuse, by the real cargo, outside of the repository.

use std::{env, fs, path::PathBuf};

use crate::{
    host::Host,
    site::{ROOT, Ran, Site},
};

/// A site whose commands find cargo as we do, and no registry.
fn site() -> Site {
    with_cargo(Site::empty())
}

/// Its commands find cargo as we do, and no registry.
pub(crate) fn with_cargo(site: Site) -> Site {
    let home = PathBuf::from(env::var_os("HOME").unwrap());
    let folder = |variable: &str, below: &str| env::var_os(variable).map_or(home.join(below), PathBuf::from);
    let site = site
        .with("PATH", env::var_os("PATH").unwrap())
        .with("CARGO_HOME", folder("CARGO_HOME", ".cargo"))
        .with("RUSTUP_HOME", folder("RUSTUP_HOME", ".rustup"))
        .with("CARGO_NET_OFFLINE", "true");
    match env::var_os("RUSTUP_TOOLCHAIN") {
        Some(toolchain) => site.with("RUSTUP_TOOLCHAIN", toolchain),
        None => site,
    }
}

fn new_plugin(site: &Site) {
    let new = ["plugin", "new", "support", "--stage", "output", "--lang", "rust"];
    site.run(&new)
        .exits(0)
        .says("next: cd support\n      landfall plugin build\n      landfall plugin test\n");
}

fn build(site: &Site) -> Ran {
    site.run(&["plugin", "build", "support"])
}

#[test]
fn a_new_plugin_is_built_dropped_in_and_seen() {
    let site = with_cargo(Site::world());
    // It lies in somebody's workspace, and has nothing to do with it.
    site.put("Cargo.toml", "[workspace]\nmembers = [\"nothing\"]\n");
    new_plugin(&site);
    let mut host = site.serve();
    let before = host.query("brazil-germany.yaml");
    let ran = site
        .run(&["plugin", "build", "support", "--out", "plugins/support.wasm", "--format", "json"])
        .exits(0);
    let built = ran.json();
    assert_eq!(
        (&built["id"], &built["fresh"], &built["file"]),
        (&"support".into(), &true.into(), &"plugins/support.wasm".into())
    );
    assert!(ran.err.contains("Compiling support v0.1.0"), "the compiler's own words: {}", ran.err);
    assert_eq!(
        fs::read(site.path("support/target/support.wasm")).unwrap(),
        fs::read(site.path("plugins/support.wasm")).unwrap()
    );
    site.run(&["plugin", "test", "support"]).exits(0);
    host.wait_for_state("support.wasm", "live");
    site.edit(
        "rules/de.yaml",
        "\nstages:\n",
        "\nstages:\n  output: {support: {price_per_user: 0.50 EUR, range: {low: 80%, high: 130%}}}\n",
    );
    host.wait("the plugin is bound", |status| status["number"].as_u64() > Some(before.number()));
    // 900 000 people at EUR 0.50.
    assert_eq!(amount(&host, "0.1.0"), "450000.0000");
    site.edit(
        "support/src/lib.rs",
        "Cost::count(users, \"user\", price)?",
        "Cost::count(users * 2, \"account\", price)?",
    );
    site.edit("support/Cargo.toml", "version = \"0.1.0\"", "version = \"0.2.0\"");
    build(&site).exits(0).shows("support/target/support.wasm");
    site.put("plugins/support.wasm", fs::read(site.path("support/target/support.wasm")).unwrap());
    let number = host.number();
    host.wait("the next version is live", |status| status["number"].as_u64() > Some(number));
    assert_eq!(amount(&host, "0.2.0"), "900000.0000");
    build(&site).exits(0).shows("up to date");
    site.run(&["plugin", "test", "support"]).exits(3);
}

/// What the plugin's line comes to in Germany, in a year.
#[track_caller]
fn amount(host: &Host<'_>, version: &str) -> String {
    let answer = host.query("brazil-germany.yaml");
    let lines = answer.lines("de");
    let line = lines.iter().find(|line| line["plugin"]["id"] == "support").expect("no line of the plugin");
    assert_eq!((&line["plugin"]["version"], &line["label"]), (&version.into(), &"users".into()));
    line["spans"][0]["native"]["amount"]["likely"].as_str().unwrap().to_owned()
}

/// The tests in a new folder are the author's first; they run without us.
#[test]
fn a_new_plugin_passes_its_own_tests() {
    let site = site();
    new_plugin(&site);
    let mut cargo = site.command(&[]);
    let environment: Vec<_> =
        cargo.get_envs().map(|(name, value)| (name.to_owned(), value.unwrap().to_owned())).collect();
    cargo = std::process::Command::new("cargo");
    let ran = cargo
        .args(["test", "--lib"])
        .current_dir(site.path("support"))
        .env_clear()
        .envs(environment)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(
        said.contains("test tests::users_cost_their_price ... ok"),
        "{said}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

#[test]
fn a_folder_that_is_taken_or_a_name_that_is_none_is_refused() {
    let site = site();
    new_plugin(&site);
    let new =
        |name: &str, lang: &str| site.run(&["plugin", "new", name, "--stage", "output", "--lang", lang]);
    new("support", "rust").exits(1).says("the folder ./support is not empty, and nothing was written");
    new("Support", "rust").exits(2).says("`Support` is not kebab-case");
    new("match", "rust").exits(2).says("such as `match-costs`");
    new("support", "cobol").exits(2).says("[possible values: rust, python, javascript, typescript]");
    let asked = site.run(&["plugin", "new", "other", "--lang", "rust"]).exits(2);
    asked.says("`--stage` is missing, and there is no terminal to ask on");
    asked.says("one of `market-selection`, `data-adaptation`, `compliance`, `culture`, `output`");
    assert!(!site.path("other").exists() && !site.path("match").exists());
    site.run(&["plugin", "new", "other", "--stage", "culture", "--lang", "rust", "--into", "team/plugins"])
        .exits(0);
    assert!(site.text("team/plugins/other/src/lib.rs").contains("about!(Culture; separable)"));
}

#[test]
fn what_is_no_plugins_folder_is_said() {
    let site = site();
    let said = |text: &str| site.run(&["plugin", "build", "x"]).exits(3).says(text);
    said("`x` is no folder");
    fs::create_dir(site.path("x")).unwrap();
    said("there is no plugin in `x`: no Cargo.toml, pyproject.toml or package.json");
    site.put("x/Cargo.toml", "[package]\nname = \"x_y\"\nversion = \"1.0.0\"\n");
    said("--> x/Cargo.toml:2:8");
    said("the package's name is the plugin's id: `x_y` is not kebab-case");
    said("`description` is missing");
    site.put("x/package.json", "{}");
    said("`x` holds both a Cargo.toml and a package.json");
}

/// A tool of the system is named with the command that installs it, and one of ours with the flag that does.
#[test]
fn what_is_missing_is_named_with_the_command_that_installs_it() {
    let site = site();
    new_plugin(&site);
    fs::create_dir(site.path("bin")).unwrap();
    let bin = site.path("bin");
    let site = site.with("PATH", bin);
    let said = |lines: [&str; 2]| {
        let ran = build(&site).exits(1);
        lines.into_iter().for_each(|line| ran.says(line));
    };
    said([
        "`cargo` is not installed, which builds plugins in Rust",
        "`apt-get install rustup && rustup default stable`",
    ]);
    // A compiler without the libraries of the target.
    script(&site, "rustc", "echo /nowhere/lib");
    said([
        "`wasm32-unknown-unknown` is not installed, which is what plugins in Rust are built for",
        "`rustup target add wasm32-unknown-unknown`",
    ]);
    site.remove("support/Cargo.toml");
    site.put(
        "support/pyproject.toml",
        "[project]\nname = \"support\"\nversion = \"1.0.0\"\ndescription = \"Support\"\n",
    );
    fs::create_dir_all(site.path("support/src")).unwrap();
    let install = site.run(&["plugin", "build", "support", "--install"]).exits(1);
    install.says("`python3` is not installed");
    install.says("`apt-get install python3 python3-venv`");
    script(&site, "python3", "exit 1");
    let install = site.run(&["plugin", "build", "support", "--install", "--tools", "tools"]).exits(1);
    install.says("`apt-get install python3-venv`");
    assert_eq!(fs::read_dir(site.path("tools")).unwrap().count(), 0, "half of a tool is left");
    site.remove("support/pyproject.toml");
    site.put("support/package.json", r#"{"name": "support", "version": "1.0.0", "description": "Support"}"#);
    let install = site.run(&["plugin", "build", "support", "--install"]).exits(1);
    install.says("`node` is not installed");
    install.says("`apt-get install nodejs npm`");

    // An installer that ends well leaves a folder that is whole, and is not run again.
    script(&site, "node", "exit 1");
    script(&site, "npm", "/bin/mkdir node_modules && echo installed >> \"$HOME/npm\"");
    for _ in 0..2 {
        site.run(&["plugin", "build", "support", "--install"]).exits(3);
    }
    assert_eq!(site.text("home/npm"), "installed\n");
    let tools = site.path("home/.cache/landfall/tools");
    let names: Vec<String> =
        fs::read_dir(tools).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(matches!(names.as_slice(), [one] if one.starts_with("javascript-")), "{names:?}");
}

/// A program of that name, in the one folder of programs that there is.
fn script(site: &Site, name: &str, does: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = site.path("bin").join(name);
    fs::write(&path, format!("#!/bin/sh\n{does}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

const HEAD: &str = "use landfall_plugin::{";

/// What a plugin may not do, each in the same folder: what was compiled for one is there for the next.
#[test]
fn what_reaches_out_is_not_built() {
    let site = site();
    new_plugin(&site);
    build(&site).exits(0);
    let good = fs::read(site.path("support/target/support.wasm")).unwrap();
    let source = site.text("support/src/lib.rs");
    let with = |items: &str, expression: &str| {
        let text = source.replacen(HEAD, &format!("{items}\n{HEAD}"), 1).replace(
            "let users = case.facts.users;",
            &format!("let users = case.facts.users;\n        let _ = std::hint::black_box({expression});"),
        );
        site.put("support/src/lib.rs", text);
        let ran = build(&site).exits(3);
        assert_eq!(
            fs::read(site.path("support/target/support.wasm")).unwrap(),
            good,
            "the last good one stays"
        );
        ran
    };

    // In the compiler's own words.
    with("", "nothing_of_that_name").says("cannot find value `nothing_of_that_name` in this scope");

    // In a function, in a method, in a module of its own, handed on, and through another crate.
    site.put(
        "support/src/clock.rs",
        "//! Time.\n\n/// How late it is.\npub fn late() -> bool {\n    std::time::SystemTime::now() > std::time::UNIX_EPOCH\n}\n",
    );
    site.put(
        "support/vendor/landfall-plugin/src/log.rs",
        format!(
            "{}\n/// Where it runs.\npub fn place() -> bool {{ std::env::var(\"HOME\").is_ok() }}\n",
            site.text("support/vendor/landfall-plugin/src/log.rs")
        ),
    );
    let ran = with(
        "mod clock;\nfn words() -> Option<String> { std::fs::read_to_string(\"words\").ok() }\n\
         fn lazy(it: Option<std::time::Instant>) -> std::time::Instant { it.unwrap_or_else(std::time::Instant::now) }\n\
         fn ask() -> bool { std::net::TcpStream::connect(\"a:1\").is_ok() }",
        "(clock::late(), words(), lazy(None), ask(), landfall_plugin::log::place(), std::thread::spawn(|| 1).join().is_ok(), \
         std::process::id(), std::io::stdin())",
    );
    for line in [
        "`support::clock::late` calls `std::time::SystemTime::now`: a plugin has no clock",
        "--> support/src/clock.rs:5:",
        "what changes by date is a param",
        "`support::words` calls `std::fs::read_to_string`: a plugin has no files",
        "`support::lazy` calls `std::time::Instant::now`: a plugin has no clock",
        "`support::ask` calls `std::net::TcpStream::connect`: a plugin has no network",
        "`support::PerUser::estimate` calls `landfall_plugin::log::place`, which calls `std::env::var`: a plugin has no \
         environment",
        "`support::PerUser::estimate` calls `std::thread::spawn`: a plugin has no threads",
        "`support::PerUser::estimate` calls `std::process::id`: a plugin has no process",
        "`support::PerUser::estimate` calls `std::io::stdin`: a plugin has no standard input",
        "--> support/src/lib.rs:",
    ] {
        ran.says(line);
    }
    ran.says("8 errors in 2 files");
    site.remove("support/src/clock.rs");

    // An import is refused by its name.
    let imports = "#[link(wasm_import_module = \"env\")]\nunsafe extern \"C\" { safe fn minutes() -> i64; }";
    let ran = with(imports, "minutes()");
    ran.says("it imports `env`: a plugin may import nothing but `landfall:stage/host@1.0.0`");

    // A crate for random numbers does not compile; why, it does not know.
    fs::create_dir_all(site.path("support/vendor/getrandom/src")).unwrap();
    site.put(
        "support/vendor/getrandom/Cargo.toml",
        "[package]\nname = \"getrandom\"\nversion = \"0.3.0\"\nedition = \"2024\"\n",
    );
    site.put(
        "support/vendor/getrandom/src/lib.rs",
        "#[cfg(target_arch = \"wasm32\")]\ncompile_error!(\"The wasm32-unknown-unknown targets are not supported by default\");\n",
    );
    site.edit(
        "support/Cargo.toml",
        "[dependencies]\n",
        "[dependencies]\ngetrandom = { path = \"vendor/getrandom\" }\n",
    );
    with("", "1").says("a plugin has no randomness: the same case must give the same lines");
    site.edit("support/Cargo.toml", "getrandom = { path = \"vendor/getrandom\" }\n", "");

    // What the standard library does by itself is let be.
    let text = source.replace(
        "let users = case.facts.users;",
        "let users = case.facts.users;\n        let mut seen = std::collections::HashMap::new();\n        seen.insert(1, \
         std::sync::Mutex::new(2));\n        thread_local!(static ONE: std::cell::Cell<u8> = const { std::cell::Cell::new(1) });\n        \
         assert!(*seen[&1].lock().unwrap() + i32::from(ONE.get()) == 3, \"{seen:?}\");",
    );
    site.put("support/src/lib.rs", text);
    build(&site).exits(0);
}

#[test]
fn a_crate_that_is_no_plugin_is_told_what_it_lacks() {
    let site = site();
    new_plugin(&site);
    site.edit(
        "support/src/lib.rs",
        "const ABOUT: About = about!(Output; separable);",
        "const ABOUT: About = About { id: \"other\", ..about!(Output; separable) };",
    );
    let ran = build(&site).exits(3);
    ran.says("the plugin says that its id is `other`, and Cargo.toml that it is `support`");
    site.edit("support/src/lib.rs", "export!(PerUser);", "");
    build(&site).exits(3).says("it does not export `landfall:stage/guest@1.0.0`");
    site.edit("support/Cargo.toml", "crate-type = [\"cdylib\", \"rlib\"]", "crate-type = [\"rlib\"]");
    build(&site).exits(3).says("write `crate-type = [\"cdylib\", \"rlib\"]` under [lib]");
}

/// A plugin that is a member of a workspace, as ours are: cargo puts its module elsewhere.
#[test]
fn a_member_of_a_workspace_is_built_too() {
    let site = site();
    new_plugin(&site);
    let manifest = site.text("support/Cargo.toml");
    let sdk = ROOT.join("sdk/rust").display().to_string();
    let (own, _) = manifest.split_once("[profile.release]").unwrap();
    let own = own.replace("vendor/landfall-plugin", &sdk);
    assert!(own.contains("version = \"0.1.0\""));
    site.put("support/Cargo.toml", own.replace("version = \"0.1.0\"", "version.workspace = true"));
    site.put(
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"support\"]\n[workspace.package]\nversion = \"7.0.0\"\n",
    );
    let built = site.run(&["plugin", "build", "support", "--format", "json"]).exits(0).json();
    assert_eq!((&built["version"], &built["file"]), (&"7.0.0".into(), &"support/target/support.wasm".into()));
    assert!(!site.path("support/target/wasm32-unknown-unknown").exists());
}
