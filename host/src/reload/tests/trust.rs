//! What signatures keep out, what they leave as it was, and when.

use std::collections::BTreeSet;

use minisign::KeyPair;

use super::*;
use crate::{
    testing::{Here, engine, plugins},
    trust::{Key, PublicKey, Reach},
};

/// Whoever owns the base and `global`, one for Brazil, one for Europe.
struct Teams {
    office: KeyPair,
    latam: KeyPair,
    eu: KeyPair,
}

impl Teams {
    fn new() -> Self {
        let pair = || KeyPair::generate_unencrypted_keypair().unwrap();
        Self { office: pair(), latam: pair(), eu: pair() }
    }

    fn policy(&self, require: bool) -> Policy {
        let base = base::NAMES.map(str::to_owned).into();
        let office = key("office", &self.office, Reach::All, base);
        let latam = key("latam", &self.latam, these(&["br"]), BTreeSet::new());
        let eu = key("eu", &self.eu, these(&["eu", "de"]), BTreeSet::new());
        Policy { require, keys: vec![Arc::new(office), Arc::new(latam), Arc::new(eu)] }
    }
}

fn these(ids: &[&str]) -> Reach<JurisdictionId> {
    Reach::These(ids.iter().map(|id| JurisdictionId::parse(id).unwrap()).collect())
}

fn key(name: &str, pair: &KeyPair, jurisdictions: Reach<JurisdictionId>, base: BTreeSet<String>) -> Key {
    let public = PublicKey::parse(&pair.pk.to_base64()).unwrap();
    Key { name: name.to_owned(), public, jurisdictions, stages: Reach::All, base }
}

fn sign(pair: &KeyPair, bytes: &[u8], serial: u64) -> Vec<u8> {
    let comment = format!("serial:{serial}");
    minisign::sign(None, &pair.sk, bytes, Some(&comment), None).unwrap().into_string().into_bytes()
}

/// Signed folders and what is served of them.
struct Signing {
    teams: Teams,
    files: Files,
    signatures: BTreeMap<String, Vec<u8>>,
    reloader: Reloader,
    published: Arc<Published>,
}

impl Signing {
    /// The world, signed by whoever may, under serial 1.
    fn world(require: bool) -> Self {
        let teams = Teams::new();
        let mut reloader = reloader();
        reloader.trust(Arc::new(teams.policy(require)));
        let published = reloader.current().load_full();
        let mut signing = Self { teams, files: world(), signatures: BTreeMap::new(), reloader, published };
        let names: Vec<String> =
            signing.files.rules.keys().chain(signing.files.plugins.keys()).cloned().collect();
        for name in names {
            match name.as_str() {
                "br.yaml" | "fixed.wasm" => signing.signed(&name, |teams| &teams.latam, 1),
                "de.yaml" | "eu.yaml" => signing.signed(&name, |teams| &teams.eu, 1),
                _ => signing.signed(&name, |teams| &teams.office, 1),
            };
        }
        signing.settle();
        assert_eq!(signing.said(), "");
        signing
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        match self.files.rules.get(name) {
            Some(text) => text.as_bytes().to_vec(),
            None => self.files.plugins[name].to_vec(),
        }
    }

    fn signed(&mut self, name: &str, by: impl Fn(&Teams) -> &KeyPair, serial: u64) -> &mut Self {
        let signature = sign(by(&self.teams), &self.bytes(name), serial);
        self.signatures.insert(name.to_owned(), signature);
        self
    }

    fn change(&mut self, change: impl FnOnce(Files) -> Files) -> &mut Self {
        self.files = change(std::mem::take(&mut self.files));
        self
    }

    fn disk(&self) -> Disk {
        let mut disk = self.files.disk();
        for (name, signature) in &self.signatures {
            let folder =
                if name.ends_with(".wasm") { disk.plugins.as_mut().unwrap() } else { &mut disk.rules };
            folder.signatures.insert(name.clone(), Ok(Arc::from(signature.as_slice())));
        }
        disk
    }

    /// The folders have settled.
    fn settle(&mut self) -> &mut Self {
        self.reloader.retry();
        self.loaded()
    }

    /// A plugin was loaded, and nothing else.
    fn loaded(&mut self) -> &mut Self {
        self.published = self.reloader.reload(&self.disk());
        self
    }

    /// What is not live, each with all that is said of it; and what is said of the rest.
    fn said(&self) -> String {
        let mut said = String::new();
        for item in self.published.items.iter() {
            for problem in &item.problems {
                said += &format!("{} {}: {}\n", item.file, item.state.as_str(), problem.message);
            }
            assert!(item.state == ItemState::Live || !item.problems.is_empty(), "{item:?}");
        }
        said
    }

    fn item(&self, file: &str) -> &Item {
        self.published.items.iter().find(|item| item.file == file).unwrap()
    }

    #[track_caller]
    fn says(&self, expected: &[&str]) {
        let said = self.said();
        assert_eq!(said.lines().collect::<Vec<_>>(), expected);
    }

    fn market(&self, id: &str) -> String {
        let answer = query(&self.published, &request(&format!("markets: {{{id}: {{weight: 1}}}}\n")));
        summary(&answer.unwrap().answer)
    }
}

fn latam(teams: &Teams) -> &KeyPair {
    &teams.latam
}

fn eu(teams: &Teams) -> &KeyPair {
    &teams.eu
}

#[test]
fn what_is_unsigned_or_signed_by_another_team_is_refused_by_name() {
    let mut host = Signing::world(true);
    assert_eq!(host.item("br.yaml").signed_by.as_deref(), Some("latam"));
    assert_eq!(host.item("fixed.wasm").signed_by.as_deref(), Some("latam"));
    host.change(|files| files.member("de", &duty("own", 2))).signed("de.yaml", latam, 2).settle();
    host.says(&["de.yaml last_good: `de.yaml` is signed by `latam`, which may not serve `de`"]);
    assert_eq!(host.item("de.yaml").signed_by.as_deref(), Some("eu"));
    assert_eq!(host.market("de"), "complete 11.0000");
    host.signatures.remove("de.yaml");
    host.settle();
    host.says(&["de.yaml last_good: `de.yaml` is not signed"]);
    host.signed("de.yaml", eu, 2).settle();
    host.says(&[]);
    assert_eq!(host.market("de"), "complete 12.0000");
    // Nothing of a new file is served.
    host.change(|files| files.country("fr", &duty("own", 3))).settle();
    host.says(&["fr.yaml unavailable: `fr.yaml` is not signed"]);
}

#[test]
fn a_base_file_is_for_whom_it_names() {
    let mut host = Signing::world(true);
    host.change(|files| files.replace("rates", "700 EUR", "900 EUR")).signed("rates.yaml", eu, 2).settle();
    host.says(&["rates.yaml last_good: `rates.yaml` is signed by `eu`, which may not sign this base file"]);
    host.signed("rates.yaml", |teams| &teams.office, 2).settle();
    host.says(&[]);
}

#[test]
fn a_plugin_computes_only_where_its_signer_may() {
    let mut host = Signing::world(true);
    let before = host.market("br");
    // Another team's version of it: Brazil keeps the one it had.
    host.change(|files| files.plugin("fixed", plugins::fixed("fixed", 0, 2))).signed("fixed.wasm", eu, 900);
    host.settle();
    let refused = "the plugin `fixed` is signed by `eu`, which may not compute culture for `br`";
    host.says(&[&format!("br.yaml last_good: {refused}"), &format!("fixed.wasm last_good: {refused}")]);
    assert_eq!(host.market("br"), before);
    assert_eq!(host.item("fixed.wasm").signed_by.as_deref(), Some("latam"));
    // What was refused has set no order.
    host.signed("fixed.wasm", latam, 2).settle();
    host.says(&[]);
    assert_ne!(host.market("br"), before);
    // Where it may not be bound it is not, and nobody else loses it.
    let germany = format!("{}{}", duty("own", 1), stages_with("fixed"));
    host.change(|files| files.member("de", &germany)).signed("de.yaml", eu, 2).settle();
    let refused = "the plugin `fixed` is signed by `latam`, which may not compute culture for `de`";
    host.says(&[&format!("de.yaml last_good: {refused}"), &format!("fixed.wasm live: {refused}")]);
    // And its own team's next version is in order.
    host.change(|files| files.plugin("fixed", plugins::fixed("fixed", 0, 3))).signed("fixed.wasm", latam, 3);
    host.settle();
    host.signed("fixed.wasm", latam, 2).settle();
    assert!(host.said().contains("fixed.wasm last_good: serial 2 is older than the accepted 3"));
}

fn stages_with(plugin: &str) -> String {
    let bound = format!("culture: {{{plugin}: {{amount: 2 EUR}}}}");
    crate::testing::OTHERS_NONE.replace("culture: {none: not needed, by: test}", &bound)
}

#[test]
fn an_older_serial_is_refused_until_somebody_accepts_it() {
    let mut host = Signing::world(true);
    let old = host.bytes("br.yaml");
    host.change(|files| files.replace("br", "5 EUR", "6 EUR")).signed("br.yaml", latam, 7).settle();
    assert_eq!(host.market("br"), "complete 8.0000");
    let six = String::from_utf8(old).unwrap();
    host.change(|files| files.rule("br", six.clone())).signed("br.yaml", latam, 6).settle();
    host.says(&["br.yaml last_good: serial 6 is older than the accepted 7"]);
    let help = host.item("br.yaml").problems[0].help.clone().unwrap();
    assert_eq!(
        help,
        "`landfall accept br.yaml` to take it, or sign it again: `minisign -S -m br.yaml -t \"serial:8\"`"
    );
    host.signed("br.yaml", latam, 7).settle();
    host.says(&["br.yaml last_good: serial 7 was accepted with other contents"]);
    let disk = host.disk();
    host.published = host.reloader.command(&Command::Accept("br.yaml".to_owned()), &disk).unwrap();
    host.says(&[]);
    assert_eq!(host.market("br"), "complete 7.0000");
    // Once: the next older one is refused again.
    host.change(|files| files.rule("br", six.replace("5 EUR", "4 EUR"))).signed("br.yaml", latam, 3).settle();
    host.says(&["br.yaml last_good: serial 3 is older than the accepted 7"]);
    let disk = host.disk();
    let mut refused =
        |file: &str| host.reloader.command(&Command::Accept(file.to_owned()), &disk).unwrap_err().message;
    assert_eq!(refused("de.yaml"), "there is nothing to accept: the file is not refused for its serial");
    assert_eq!(refused("x.yaml"), "there is no such file on disk");
}

#[test]
fn another_spelling_of_the_name_is_no_way_around_the_order() {
    let mut host = Signing::world(true);
    host.change(|files| files.country("br-south", &duty("own", 3)));
    host.signed("br-south.yaml", |teams| &teams.office, 5).settle();
    host.says(&[]);
    let older = host.files.rules["br-south.yaml"].replace("3 EUR", "2 EUR");
    host.signatures.remove("br-south.yaml");
    host.change(|files| files.without("br-south.yaml").rule("br_south", older));
    host.signed("br_south.yaml", |teams| &teams.office, 4).settle();
    host.says(&["br_south.yaml last_good: serial 4 is older than the accepted 5"]);
}

#[test]
fn signing_the_same_contents_again_is_no_change() {
    let mut host = Signing::world(true);
    host.signed("br.yaml", latam, 1).settle();
    host.signed("br.yaml", latam, 5).settle();
    host.says(&[]);
    assert_eq!(host.published.generation.as_ref().unwrap().number, 1);
    host.signed("br.yaml", latam, 4).settle();
    host.says(&["br.yaml last_good: serial 4 is older than the accepted 5"]);
}

#[test]
fn a_pair_that_does_not_fit_waits_until_the_folders_have_settled_again() {
    let mut host = Signing::world(true);
    host.change(|files| files.replace("br", "5 EUR", "6 EUR")).settle();
    let refused = "the signature in `br.yaml.minisig` is not that of `latam` over `br.yaml`";
    host.says(&[&format!("br.yaml waiting: {refused}")]);
    assert!(host.reloader.waits_to_settle());
    assert_eq!(host.market("br"), "complete 7.0000");
    // A plugin that was compiled meanwhile says nothing about the other half.
    host.loaded();
    host.says(&[&format!("br.yaml waiting: {refused}")]);
    host.settle();
    host.says(&[&format!("br.yaml last_good: {refused}")]);
    assert!(!host.reloader.waits_to_settle());
    // Half of the signature, and then the rest.
    let whole = sign(&host.teams.latam, &host.bytes("br.yaml"), 2);
    host.signatures.insert("br.yaml".to_owned(), whole[..100].to_vec());
    host.settle();
    assert_eq!(host.item("br.yaml").state, ItemState::Waiting);
    host.signatures.insert("br.yaml".to_owned(), whole);
    host.settle();
    host.says(&[]);
    assert_eq!(host.market("br"), "complete 8.0000");
    // The same of a plugin and of a base file.
    host.change(|files| files.plugin("fixed", plugins::fixed("fixed", 0, 2)));
    host.change(|files| files.replace("rates", "700 EUR", "900 EUR")).settle();
    let states = [host.item("fixed.wasm").state, host.item("rates.yaml").state, host.item("br.yaml").state];
    assert_eq!(states, [ItemState::Waiting, ItemState::Waiting, ItemState::Live]);
    host.signed("fixed.wasm", latam, 2).signed("rates.yaml", |teams| &teams.office, 2).settle();
    host.says(&[]);
}

#[test]
fn a_first_generation_waits_for_a_pair_that_may_be_half_copied() {
    let good = Signing::world(true);
    let mut reloader = Reloader::new(engine(), Box::new(Here));
    reloader.trust(Arc::new(good.teams.policy(true)));
    let mut disk = good.disk();
    let signature = disk.rules.signatures.insert("facts.yaml".to_owned(), Ok(Arc::from(b"".as_slice())));
    reloader.retry();
    assert!(reloader.reload(&disk).generation.is_none());
    disk.rules.signatures.insert("facts.yaml".to_owned(), signature.unwrap());
    reloader.retry();
    assert_eq!(problems(&reloader.reload(&disk)), "");
}

#[test]
fn a_key_that_is_taken_away_takes_nothing_down() {
    let mut host = Signing::world(true);
    let before = host.market("br");
    let mut policy = host.teams.policy(true);
    policy.keys.remove(1);
    host.reloader.trust(Arc::new(policy));
    host.settle();
    let said = host.said();
    assert!(said.contains("br.yaml last_good: `br.yaml` is signed with the key "), "{said}");
    assert!(said.contains("fixed.wasm last_good: `fixed.wasm` is signed with the key "), "{said}");
    assert_eq!((host.market("br"), host.published.generation.as_ref().unwrap().number), (before, 1));
    // What binds the plugin cannot follow it, whoever signs that.
    host.change(|files| files.replace("br", "5 EUR", "6 EUR"))
        .signed("br.yaml", |teams| &teams.office, 2)
        .settle();
    assert!(host.said().contains("br.yaml last_good: who signed the plugin `fixed` is not trusted now"));
    host.signed("fixed.wasm", |teams| &teams.office, 2).settle();
    host.says(&[]);
    assert_eq!(host.market("br"), "complete 8.0000");
}

#[test]
fn a_plugin_that_is_refused_leaves_its_rule_files_free_to_change() {
    let mut host = Signing::world(true);
    host.change(|files| files.plugin("fixed", plugins::fixed("fixed", 0, 2)));
    host.signatures.remove("fixed.wasm");
    host.change(|files| files.replace("br", "5 EUR", "6 EUR")).signed("br.yaml", latam, 2).settle();
    host.says(&["fixed.wasm last_good: `fixed.wasm` is not signed"]);
    assert_eq!(host.market("br"), "complete 8.0000");
}

#[test]
fn where_nothing_need_be_signed_what_is_must_hold() {
    let mut host = Signing::world(false);
    host.signatures.remove("de.yaml");
    host.change(|files| files.member("de", &duty("own", 2))).settle();
    host.says(&[]);
    assert_eq!(host.item("de.yaml").signed_by, None);
    let stranger = KeyPair::generate_unencrypted_keypair().unwrap();
    let signature = sign(&stranger, &host.bytes("de.yaml"), 2);
    host.signatures.insert("de.yaml".to_owned(), signature);
    host.settle();
    assert!(host.said().starts_with("de.yaml live: `de.yaml` is signed with the key "), "{}", host.said());
    host.signed("de.yaml", latam, 3).settle();
    host.says(&["de.yaml last_good: `de.yaml` is signed by `latam`, which may not serve `de`"]);
}

#[test]
fn without_a_policy_nobody_looks_at_signatures() {
    let mut host = Signing::world(true);
    host.reloader.trust(Arc::default());
    host.signatures.insert("br.yaml".to_owned(), b"nonsense".to_vec());
    host.settle();
    host.says(&[]);
}

#[test]
fn a_candidate_is_tried_whoever_signed_what_is_there() {
    let host = Signing::world(true);
    let served = host.published.current().unwrap();
    let drafts = Drafts::new(engine(), Box::new(Here));
    let changed = Signing::world(true).change(|files| files.replace("br", "5 EUR", "6 EUR")).bytes("br.yaml");
    let plugin = plugins::fixed("fixed", 0, 3);
    let candidates =
        [("br.yaml".to_owned(), Arc::from(changed)), ("fixed.wasm".to_owned(), Arc::from(plugin))].into();
    let draft = drafts.draft(&served, &candidates).unwrap();
    let answer = crate::host::answer(&draft, &request("markets: {br: {weight: 1}}\n")).unwrap().answer;
    assert_ne!(summary(&answer), host.market("br"));
}
