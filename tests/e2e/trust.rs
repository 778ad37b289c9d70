//! Who may put what into the folders of a host that requires signatures: real keys, made here, and minisign's
//! form of signing.

use std::fmt::Write as _;

use minisign::KeyPair;
use rustix::process::Signal;
use serde_json::Value;

use crate::{
    answer::item,
    host::Host,
    site::{self, Site},
};

const FACTS: &str = "schema: landfall/facts@1\ncompany:\n  sme: {type: flag, doc: small, default: false}\n";
const GB_C: &str = "market-selection: {fixed-cost: {amount: 700000 CNY}}";
const GB_C_71: &str = "market-selection: {fixed-cost: {amount: 710000 CNY}}";

/// The article's markets, signed by the teams they belong to.
struct Signed {
    site: Site,
    /// Owns the plugin, the base and whatever is nobody's.
    office: KeyPair,
    /// Owns Brazil.
    latam: KeyPair,
    /// Owns the United Kingdom.
    isles: KeyPair,
}

impl Signed {
    fn new() -> Self {
        let pair = || KeyPair::generate_unencrypted_keypair().unwrap();
        let signed = Self { site: Site::seed(), office: pair(), latam: pair(), isles: pair() };
        signed.site.put("rules/facts.yaml", FACTS);
        for (file, by) in [
            ("rules/br.yaml", &signed.latam),
            ("rules/gb.yaml", &signed.isles),
            ("rules/cn.yaml", &signed.office),
            ("rules/in.yaml", &signed.office),
            ("rules/us.yaml", &signed.office),
            ("rules/facts.yaml", &signed.office),
            ("plugins/fixed-cost.wasm", &signed.office),
        ] {
            signed.sign(file, by, 7);
        }
        signed.trust(&["office", "latam", "isles"]);
        signed
    }

    /// Writes a `landfall.yaml` that trusts these.
    fn trust(&self, teams: &[&str]) {
        let mut text = "schema: landfall/config@1\ntrust:\n  require_signatures: true\n  keys:\n".to_owned();
        for team in teams {
            let (key, rest) = match *team {
                "latam" => (&self.latam, "jurisdictions: [br, mx], stages: [compliance]"),
                "isles" => (&self.isles, "jurisdictions: [gb], stages: all"),
                _ => (&self.office, "jurisdictions: all, stages: all, base: all"),
            };
            writeln!(text, "    - {{name: {team}, key: {}, {rest}}}", key.pk.to_base64()).unwrap();
        }
        self.site.put("landfall.yaml", text);
    }

    /// Signs what stands in a file, and puts the signature beside it.
    fn sign(&self, file: &str, by: &KeyPair, serial: u64) {
        let bytes = std::fs::read(self.site.path(file)).unwrap();
        self.site.put(&format!("{file}.minisig"), signature(by, &bytes, serial));
    }

    /// As [`Site::serve`], with everything live.
    #[track_caller]
    fn serve(&self) -> Host<'_> {
        let host = self.start();
        self.site.run(&["status"]).exits(0);
        host
    }

    #[track_caller]
    fn start(&self) -> Host<'_> {
        Host::start(&self.site, &["--config", "landfall.yaml"])
    }

    /// Signs both again: a new state of gb.yaml.
    fn edit_gb(&self, this: &str, by: &str, serial: u64) {
        self.site.edit("rules/gb.yaml", this, by);
        self.sign("rules/gb.yaml", &self.isles, serial);
    }
}

fn signature(by: &KeyPair, bytes: &[u8], serial: u64) -> String {
    let comment = format!("serial:{serial}");
    minisign::sign(None, &by.sk, bytes, Some(&comment), None).unwrap().into_string()
}

fn message(item: &Value) -> &str {
    item["problems"][0]["message"].as_str().unwrap()
}

#[test]
fn what_is_unsigned_or_signed_by_another_team_is_refused_by_name() {
    let signed = Signed::new();
    let site = &signed.site;
    let mut host = signed.serve();
    let before = host.query("seed.yaml");
    let table = site.run(&["status"]).exits(0);
    table.shows("signed by");
    table.shows("latam");
    assert_eq!(item(&host.status(), "gb.yaml").unwrap()["signed_by"], "isles");

    let germany = site.text("rules/gb.yaml").replace("id: gb", "id: de").replace("United Kingdom", "Germany");
    site.put("rules/de.yaml", &germany);
    let unsigned = host.wait_for_state("de.yaml", "unavailable");
    assert_eq!(message(&unsigned), "`de.yaml` is not signed");
    signed.sign("rules/de.yaml", &signed.latam, 1);
    let refused = "`de.yaml` is signed by `latam`, which may not serve `de`";
    host.wait("the wrong team is named", |status| message(item(status, "de.yaml").unwrap()) == refused);
    let table = site.run(&["status"]).exits(6);
    table.shows("landfall.yaml trusts `latam` with jurisdictions: br, mx");
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
    signed.sign("rules/de.yaml", &signed.office, 1);
    host.wait_for_state("de.yaml", "live");

    // Nobody who may sign the base signed this.
    site.edit("rules/facts.yaml", "doc: small", "doc: a small one");
    signed.sign("rules/facts.yaml", &signed.isles, 8);
    let base = host.wait("the base is refused", |status| {
        let facts = item(status, "facts.yaml").unwrap();
        facts["state"] == "last_good" && message(facts).contains("`isles`")
    });
    let facts = item(&base, "facts.yaml").unwrap();
    assert_eq!(message(facts), "`facts.yaml` is signed by `isles`, which may not sign this base file");
    signed.sign("rules/facts.yaml", &signed.office, 8);
    host.wait_for_state("facts.yaml", "live");
}

#[test]
fn a_plugin_computes_only_where_its_signer_may() {
    let signed = Signed::new();
    let site = &signed.site;
    let mut host = signed.serve();
    let before = host.query("seed.yaml");
    // Good bytes of another version, by a team that has Brazil's compliance and nothing else.
    let mut other = site::plugin("fixed-cost");
    other.extend([0, 5, 4, b'n', b'o', b't', b'e']);
    site.put("plugins/fixed-cost.wasm", &other);
    signed.sign("plugins/fixed-cost.wasm", &signed.latam, 900);
    let refused = "the plugin `fixed-cost` is signed by `latam`, which may not compute";
    let gb = host.wait("the markets keep theirs", |status| {
        let gb = item(status, "gb.yaml").unwrap();
        gb["state"] == "last_good" && message(gb).starts_with(refused)
    });
    let said = message(item(&gb, "gb.yaml").unwrap());
    assert_eq!(said, format!("{refused} market-selection for `gb`"));
    let plugin = host.wait_for_state("fixed-cost.wasm", "last_good");
    assert!(message(&plugin).starts_with(refused), "{plugin}");
    assert_eq!(plugin["signed_by"], "office");
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
    // Its serial counts for nothing.
    signed.sign("plugins/fixed-cost.wasm", &signed.office, 8);
    host.wait_for_state("fixed-cost.wasm", "live");
    host.wait_for_state("gb.yaml", "live");
    assert_ne!(host.query("seed.yaml").lines("gb")[0]["plugin"], before.lines("gb")[0]["plugin"]);
}

#[test]
fn an_older_serial_is_refused_over_a_restart_until_somebody_accepts_it() {
    let signed = Signed::new();
    let site = &signed.site;
    let mut host = signed.serve();
    signed.edit_gb(GB_C, GB_C_71, 8);
    host.wait_for_number(2);
    signed.edit_gb(GB_C_71, GB_C, 7);
    let older = "serial 7 is older than the accepted 8";
    host.wait("the older one is refused", |status| {
        let gb = item(status, "gb.yaml").unwrap();
        gb["state"] == "last_good" && message(gb) == older
    });
    host.end(Signal::KILL);

    let mut host = signed.start();
    let gb = host.wait_for_state("gb.yaml", "last_good");
    assert_eq!(message(&gb), older);
    host.query("seed.yaml").comes_to("34050000.0000");
    let refused = site.run(&["accept", "br.yaml"]).exits(1);
    refused.says("there is nothing to accept: the file is not refused for its serial");
    site.run(&["accept", "gb.yaml"]).exits(0).shows("everything on disk is live");
    host.query("seed.yaml").comes_to("34000000.0000");
    // Once, and what was accepted is what counts now.
    signed.edit_gb(GB_C, GB_C_71, 6);
    host.wait("an older one yet is refused", |status| {
        let gb = item(status, "gb.yaml").unwrap();
        gb["state"] == "last_good" && message(gb) == "serial 6 is older than the accepted 7"
    });
    signed.sign("rules/gb.yaml", &signed.isles, 7);
    host.wait("other contents under one serial are refused", |status| {
        message_of(status, "gb.yaml") == Some("serial 7 was accepted with other contents")
    });
    signed.sign("rules/gb.yaml", &signed.isles, 9);
    host.wait_for_state("gb.yaml", "live");
    host.query("seed.yaml").comes_to("34050000.0000");
}

fn message_of<'s>(status: &'s Value, file: &str) -> Option<&'s str> {
    item(status, file)?["problems"][0]["message"].as_str()
}

#[test]
fn a_pair_that_does_not_fit_is_refused_when_the_folders_have_settled_again() {
    let signed = Signed::new();
    let site = &signed.site;
    let mut host = signed.serve();
    let before = host.query("seed.yaml");
    site.edit("rules/gb.yaml", GB_C, GB_C_71);
    // Whoever waits gets a verdict, and not the state in between.
    site.run(&["reload", "--wait"]).exits(6);
    let status = host.status();
    let gb = item(&status, "gb.yaml").unwrap();
    let refused = "the signature in `gb.yaml.minisig` is not that of `isles` over `gb.yaml`";
    assert_eq!((gb["state"].as_str().unwrap(), message(gb)), ("last_good", refused));
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
    signed.sign("rules/gb.yaml", &signed.isles, 8);
    host.wait_for_state("gb.yaml", "live");
    // A half that is followed by the other in time is never refused: the log tells every refusal.
    let refusals = host.log().matches(refused).count();
    for (this, by, serial) in [(GB_C_71, GB_C, 9), (GB_C, GB_C_71, 10)] {
        let number = host.number();
        let text = site.text("rules/gb.yaml").replace(this, by);
        let signature = signature(&signed.isles, text.as_bytes(), serial);
        site.put("rules/gb.yaml", text);
        site.put("rules/gb.yaml.minisig", signature);
        host.wait_for_number(number + 1);
        host.wait_for_state("gb.yaml", "live");
    }
    assert_eq!(host.log().matches(refused).count(), refusals);
    // A signature without its file harms nobody, and is said.
    site.put("rules/fr.yaml.minisig", "whatever");
    let stray = host.wait_for_state("fr.yaml.minisig", "live");
    assert_eq!(message(&stray), "there is no `fr.yaml` that this would sign");
    site.run(&["status"]).exits(0);
}

#[test]
fn a_key_that_is_taken_away_takes_nothing_down() {
    let signed = Signed::new();
    let site = &signed.site;
    let mut host = signed.serve();
    let before = host.query("seed.yaml");
    signed.trust(&["office", "isles"]);
    let br = host.wait_for_state("br.yaml", "last_good");
    let said = message(&br);
    assert!(said.starts_with("`br.yaml` is signed with the key ") && said.ends_with("no such key"), "{said}");
    assert_eq!(br["signed_by"], "latam");
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
    assert_eq!(host.number(), 1);
    site.run(&["status"]).exits(6).shows("trusted are `office`, `isles`");
    host.end(Signal::TERM);
    // Nor does a restart.
    let mut host = signed.start();
    host.wait_for_state("br.yaml", "last_good");
    assert_eq!(host.query("seed.yaml").bytes(), before.bytes());
    signed.trust(&["office", "isles", "latam"]);
    host.wait_for_state("br.yaml", "live");
    assert_eq!(host.number(), 1);
}
