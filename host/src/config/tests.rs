//! What a `landfall.yaml` may say, and what it is told where it says something else.

use std::path::{Path, PathBuf};

use super::*;
use crate::{
    id::{JurisdictionId, PluginId, Stage},
    plugin::{COMPILE_SETTINGS, Limits, SETTINGS, Setting},
    trust::Reach,
};

const GOOD: &str = include_str!("../shape/example/landfall.yaml");

fn parse(text: &str) -> Result<Config, Vec<Diagnostic>> {
    read("landfall.yaml", text.as_bytes(), Path::new("/etc/landfall"))
}

/// The rest after the first line, and every problem it has, a line each.
#[track_caller]
fn check(rest: &str, expected: &str) {
    let said = match parse(&format!("schema: landfall/config@1\n{rest}\n")) {
        Ok(_) => "good".to_owned(),
        Err(problems) => {
            let lines = problems.iter().map(|problem| problem.to_string().replace("landfall.yaml:", ""));
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    assert_eq!(said, expected);
}

#[test]
fn everything_can_be_said() {
    let config = parse(GOOD).unwrap();
    assert_eq!(config.digest, Some(Digest::of(GOOD.as_bytes())));
    assert_eq!(config.log.as_ref().unwrap().value, "info,landfall::reload=debug");
    let [unix, local, tls, proxied] = config.listen.as_slice() else { panic!("{:?}", config.listen) };
    let Listen::Unix { path, group } = unix else { panic!("{unix:?}") };
    assert_eq!(path, Path::new("/run/landfall/default.sock"));
    assert_eq!(group.as_ref().unwrap().value, "landfall");
    let Listen::Tcp { address, tls: None, behind_proxy: false } = local else { panic!("{local:?}") };
    assert_eq!(address.to_string(), "127.0.0.1:7878");
    let Listen::Tcp { tls: Some(tls), .. } = tls else { panic!("{tls:?}") };
    assert_eq!(tls.certificate, PathBuf::from("/etc/landfall/cert.pem"));
    assert_eq!(tls.key, PathBuf::from("/secrets/key.pem"));
    assert!(matches!(proxied, Listen::Tcp { behind_proxy: true, .. }));
    let may: Vec<_> = config.tokens.iter().map(|token| (token.name.as_str(), token.may)).collect();
    assert_eq!(may, [("ci", May::Read), ("on-call", May::Admin)]);
    let Policy { require: true, keys } = &config.trust else { panic!("{:?}", config.trust) };
    let [latam, platform] = keys.as_slice() else { panic!("{keys:?}") };
    assert!(latam.jurisdictions.holds(&JurisdictionId::parse("br").unwrap()));
    assert!(!latam.jurisdictions.holds(&JurisdictionId::parse("de").unwrap()));
    assert!(latam.stages.holds(&Stage::Compliance) && !latam.stages.holds(&Stage::Output));
    assert_eq!(latam.base, ["facts.yaml".to_owned()].into());
    assert_eq!(platform.jurisdictions, Reach::All);
    assert_eq!(platform.base.len(), 4);
    assert_eq!(platform.public.as_str(), "RWTQFJoQ/8b0RgLf57X/Mti8awspGaOZWYdAAN+oLaMzkqk2G5QZPa7g");
    assert_eq!(config.history.generations, 500);
    assert_eq!(config.limits.queries, Queries { at_once: Some(4), waiting: Some(64), remembered: 8 << 20 });
}

#[test]
fn a_plugin_has_the_default_but_for_what_is_its_own() {
    let config = parse(GOOD).unwrap();
    let limits = config.limits.of_plugins();
    let all = &limits.default;
    assert_eq!((all.call.fuel, all.wall_clock_ms), (300_000_000, 20_000));
    assert_eq!((all.call.memory_bytes, all.log_bytes), (256 << 20, 32 << 10));
    assert_eq!(all.compile.cpu_seconds, 90);
    assert_eq!(all.compile.memory_bytes, 3 << 30);
    let lgpd = limits.of("lgpd");
    let mut expected = all.clone();
    expected.call.fuel = 500_000_000;
    expected.compile.wall_seconds = 300;
    assert_eq!(lgpd, &expected);
    assert_eq!(limits.of("gdpr"), all);
    assert_eq!(limits.plugins.keys().collect::<Vec<_>>(), [&PluginId::parse("lgpd").unwrap()]);
}

#[test]
fn nothing_but_the_first_line_says_nothing() {
    let config = parse("schema: landfall/config@1\n").unwrap();
    assert_eq!(Config { digest: None, ..config }, Config::default());
    assert_eq!(Config::default().limits.default, Limits::default());
    assert_eq!(Config::default().history.generations, 200);
    check("log: warn", "good");
}

#[test]
fn slips_are_told_all_at_once() {
    check(
        "logs: info\nlisten: {unix: x}\nlimits: {default: {fule: 3, memory: 1 TB}}\nhistory: {generations: 0}",
        "2:1: unknown key `logs` in landfall.yaml (help: did you mean `log`?)\n\
         3:9: `listen` is a list, not a mapping (help: write `[…]`, or a `-` before each item)\n\
         4:20: unknown key `fule` in the limits of a plugin (help: did you mean `fuel`?)\n\
         4:37: `memory` is a size, not `1 TB` (help: write a whole number and bytes, KiB, MiB or GiB, as in `128 MiB`)\n\
         5:24: `generations` is at least 1, not `0` (help: write `1` or more)",
    );
    check(
        "log: inof",
        "2:6: `inof` is not a log level: did you mean `info`? (help: write `error`, `warn`, `info`, `debug` or `trace`, or a filter such as `info,landfall::reload=debug`)",
    );
}

#[test]
fn a_limit_beyond_what_the_engine_is_built_for_is_refused() {
    check(
        "limits: {plugins: {lgpd: {memory: 1 GiB}}}",
        "2:35: `memory` is at most 512 MiB, not `1 GiB` (help: write `512 MiB` or less)",
    );
    check(
        "limits: {default: {wall_clock: 1 h, fuel: 0, lines: -1, compile: {cpu: 1500 ms, memory: 1 MiB}}}",
        "2:32: `wall_clock` is at most 5 min, not `1 h` (help: write `5 min` or less)\n\
         2:43: `fuel` is at least 1, not `0` (help: write `1` or more)\n\
         2:53: `lines` is negative (help: write a number above 0)\n\
         2:72: `cpu` is counted in whole seconds (help: write it in `s`)\n\
         2:89: `memory` is at least 256 MiB, not `1 MiB` (help: write `256 MiB` or more)",
    );
    check(
        "limits: {plugins: {LGPD: {}}, queries: {at_once: 33}}",
        "2:20: `LGPD` is not kebab-case: write lower-case letters and digits, in words joined by `-`, starting with a letter\n\
         2:50: `at_once` is at most 32, not `33` (help: write `32` or less)",
    );
}

#[test]
fn what_others_can_reach_asks_who_they_are_and_is_encrypted() {
    let token = format!("tokens: [{{name: ci, may: read, hash: \"{}\"}}]\n", Digest::of(b"x"));
    check(
        "listen: [{tcp: \"0.0.0.0:7878\"}]",
        "2:10: `0.0.0.0:7878` can be reached from other machines, and nothing is encrypted (help: add `tls: {certificate: FILE, key: FILE}` or, where a proxy ends TLS, `behind_proxy: true`)\n\
         2:10: `0.0.0.0:7878` can be reached from other machines, and nobody is asked who they are (help: add `tokens`; `landfall token new --name NAME --may read` prints one)",
    );
    check(&format!("{token}listen: [{{tcp: \"[::]:7878\", behind_proxy: true}}]"), "good");
    check(&format!("{token}listen: [{{tcp: \"[::]:1\", tls: {{certificate: c, key: k}}}}]"), "good");
    check("listen: [{tcp: \"localhost:7878\"}]", "good");
    check(
        "listen: [{tcp: \"localhost:1\", behind_proxy: true, tls: {certificate: c, key: k}}, {tcp: \"127.0.0.1:1\"}, {tcp: 7878}, {}, {unix: x, tls: {}}]",
        "2:10: TLS is ended here and by a proxy (help: take out the one that is not so)\n\
         2:83: `127.0.0.1:1` is listened on twice (help: the first one is on line 2: remove one of them)\n\
         2:111: `7878` is not an IP address and a port (help: write it in quotes, as in `tcp: \"127.0.0.1:7878\"`)\n\
         2:118: a listener needs an address (help: write `{unix: PATH}` or `{tcp: \"127.0.0.1:7878\"}`, one in each item)\n\
         2:132: unknown key `tls` in a unix socket (help: one of `unix`, `group`)",
    );
}

#[test]
fn a_token_that_stands_in_the_file_is_not_repeated() {
    let text = "schema: landfall/config@1\ntokens: [{name: ci, may: raed, hash: \"lf_s3cret-Word\"}]\nlog: lf_s3cret\n";
    let problems = parse(text).unwrap_err();
    let all = serde_json::to_string(&problems).unwrap();
    assert!(!all.contains("s3cret"), "{all}");
    let said: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "`may` cannot be `raed`",
            "this is a token itself and not its hash",
            "`lf_******` is not a log level: one of `error`, `warn`, `info`, `debug`, `trace`, `off`"
        ]
    );
}

#[test]
fn who_may_what_is_said_once() {
    let hash = Digest::of(b"x");
    check(
        &format!(
            "tokens:\n- {{name: ci, may: read, hash: \"{hash}\"}}\n- {{name: ci, may: admin, hash: \"{hash}\"}}\n- {{name: c_i, hash: blake3}}"
        ),
        "4:3: two tokens are called `ci` (help: the first one is on line 3: rename one)\n\
         4:3: `ci` and `ci` have one hash (help: give each a token of its own: `landfall token new`)\n\
         5:3: a token needs `may` (help: add `may: …`)\n\
         5:10: `c_i` is not kebab-case: write lower-case letters and digits, in words joined by `-`, starting with a letter\n\
         5:21: this is no hash of a token (help: write the line that `landfall token new` prints: `blake3:` and 64 hex digits)",
    );
    check(
        "trust:\n  require_signatures: true",
        "3:3: signatures are required, and nobody may sign (help: add `keys`, or everything would be refused)",
    );
    check(
        "trust:\n  keys:\n  - {name: a, key: K, jurisdictions: all, stages: [complience]}\n  - {name: b, key: K, jurisdictions: br, stages: all, base: [fact.yaml]}",
        "4:20: this is no minisign public key (help: write the second line of the minisign.pub that `minisign -G` made: 56 characters that begin with `RW`)\n\
         4:52: a stage cannot be `complience` (help: did you mean `compliance`?)\n\
         5:20: this is no minisign public key (help: write the second line of the minisign.pub that `minisign -G` made: 56 characters that begin with `RW`)\n\
         5:38: `jurisdictions` is a list or `all`, not `br` (help: write `[…]`, or the word `all`)\n\
         5:62: `fact.yaml` is not a base file (help: did you mean `facts.yaml`?)",
    );
    check(
        "trust:\n  keys:\n  - {name: a, key: KEY, jurisdictions: all, stages: all}\n  - {name: b, key: KEY, jurisdictions: all, stages: all}"
            .replace("KEY", "RWQD+BbkiFE3CftJfZhRzBsqA6uybEt2RRxWfmlGsFTOY77lsw7+H+lP")
            .as_str(),
        "5:5: `a` and `b` are one key (help: write it once, with everything it may sign)",
    );
}

/// The rows of the documentation, made of the table that is read by.
#[test]
fn the_documentation_lists_every_limit_with_its_default_and_bounds() {
    let documentation = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let documentation = std::fs::read_to_string(documentation).unwrap();
    let defaults = Limits::default();
    let rows = SETTINGS.iter().map(|setting| ("", setting));
    for (within, setting) in rows.chain(COMPILE_SETTINGS.iter().map(|setting| ("compile.", setting))) {
        let Setting { key, about, unit, least, most, .. } = setting;
        let (default, least, most) = (unit.show(setting.get(&defaults)), unit.show(*least), unit.show(*most));
        let row = format!("| `{within}{key}` | {about} | {default} | {least} | {most} |");
        assert!(documentation.contains(&row), "not in docs/configuration.md: {row}");
    }
}

#[test]
fn a_secret_key_is_not_repeated() {
    let secret = "RWQAAEIyAAAAAAAAAAAA".repeat(10);
    let text = format!(
        "schema: landfall/config@1\ntrust: {{keys: [{{name: a, key: {secret}, jurisdictions: br, stages: all}}]}}\n"
    );
    let problems = parse(&text).unwrap_err();
    assert_eq!(problems.len(), 2);
    for problem in problems {
        let all = format!("{problem:?}");
        assert!(!all.contains("AAAA") && all.contains("****"), "{all}");
    }
}

#[test]
fn a_file_in_a_watched_folder_is_refused_also_through_a_link() {
    let all = tempfile::tempdir().unwrap();
    let (rules, apart) = (all.path().join("rules"), all.path().join("apart"));
    std::fs::create_dir(&rules).unwrap();
    std::fs::create_dir(&apart).unwrap();
    let refused = |path: &Path| {
        let read = ConfigFile::new(path.to_owned(), vec![rules.clone()]).read();
        read.map_or_else(|problems| problems[0].message.clone(), |_| "good".to_owned())
    };
    let inside = rules.join("landfall.yaml");
    std::fs::write(&inside, "schema: landfall/config@1\n").unwrap();
    assert!(refused(&inside).ends_with("which is watched"));
    // A link that leads in, and one that stands there and leads out.
    let into = apart.join("into.yaml");
    std::os::unix::fs::symlink(&inside, &into).unwrap();
    assert!(refused(&into).ends_with("which is watched"));
    let good = apart.join("landfall.yaml");
    std::fs::write(&good, "schema: landfall/config@1\n").unwrap();
    assert_eq!(refused(&good), "good");
    let out = rules.join("out.yaml");
    std::os::unix::fs::symlink(&good, &out).unwrap();
    assert!(refused(&out).ends_with("which is watched"));
    assert!(refused(&apart.join("none.yaml")).contains("cannot be read"));
    assert!(refused(&apart).ends_with("is not a file"));
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    std::fs::set_permissions(&good, everybody).unwrap();
    assert!(refused(&good).ends_with("can be written by anybody"));
}
