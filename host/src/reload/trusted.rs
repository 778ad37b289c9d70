//! What signatures mean for a reload: which files on disk may be taken in at all, whose plugins may compute
//! where, and which of two signed versions is the later one.
//!
//! A file that may not is treated like one that cannot be read, so *last good* holds for it as for any other.
//! What was accepted once is not looked at again: who takes a key away keeps what it signed from being followed
//! by more, and takes nothing down. A pair of file and signature that do not fit may be half copied, and is
//! refused only if it is still there when the folders have settled once more.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Accepted, Item, ItemKind, ItemState, Taken, base,
    disk::{Disk, FileFault, Folder},
    walk::Served,
};
use crate::{
    diagnostic::{Diagnostic, Severity},
    generation::{BoundStage, Closure},
    history::Serial,
    id::{Digest, JurisdictionId, PluginId, Stage},
    plugin::id_of_file,
    trust::{self, Key, Policy, Problem, PublicKey, Signed},
};

/// Names a file and its signature together.
type Pair = Digest;

/// What the operator trusts, and what was accepted of that so far.
#[derive(Debug, Default)]
pub(super) struct Trust {
    policy: Arc<Policy>,
    /// What was last accepted of each signed file.
    accepted: BTreeMap<String, Serial>,
    /// What was verified of the files on disk, so that nothing is verified twice.
    verified: BTreeMap<String, (Pair, Result<Signed, Problem>)>,
    /// Pairs that do not fit, and whether the folders have settled since they were first seen.
    doubtful: BTreeMap<String, (Pair, bool)>,
    /// Pairs whose order somebody has overlooked.
    overlooked: BTreeMap<String, Pair>,
}

/// Why a file may not be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untrusted {
    /// What is wrong.
    pub problem: Diagnostic,
    /// Whether that is not the last word, because the pair may be half copied.
    pub waits: bool,
    /// The serial for which alone it is refused.
    stale: Option<u64>,
    /// What it holds.
    pub(super) digest: Digest,
}

/// A version of a file that is older than the accepted one, and otherwise good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stale {
    slot: String,
    pair: Pair,
    pub(super) serial: u64,
}

/// What is known of the signatures in one folder.
#[derive(Debug, Clone, Default)]
pub(super) struct Judged {
    require: bool,
    /// Of what is on disk.
    verdicts: BTreeMap<String, (Digest, Verdict)>,
    /// Who may bind the plugin version that was accepted last.
    accepted: BTreeMap<String, (Digest, Permit)>,
}

#[derive(Debug, Clone)]
enum Verdict {
    /// Nobody signed it, and nobody need.
    Unsigned,
    /// By somebody unknown, which is worth a word.
    Unknown(Diagnostic),
    Signed(Signed),
    /// It is only tried.
    Candidate,
}

/// Where a plugin may be bound.
#[derive(Debug, Clone, Default)]
pub(super) enum Permit {
    /// Anywhere.
    #[default]
    Any,
    /// Where this key may serve.
    Signed(Arc<Key>),
    /// Nowhere anew: who signed it is not trusted now, or nobody has.
    Nobody,
}

/// What a file is called in order: two spellings of one id are one file.
fn slot(file: &str) -> String {
    file.replace('_', "-")
}

impl Trust {
    /// Trusts according to this from now on.
    pub(super) fn follow(&mut self, policy: Arc<Policy>) {
        if self.policy != policy {
            self.policy = policy;
            self.verified.clear();
        }
    }

    /// Knows what was accepted before this process.
    pub(super) fn remember(&mut self, accepted: Vec<Serial>) {
        self.accepted = accepted.into_iter().map(|serial| (serial.file.clone(), serial)).collect();
    }

    /// The folders have settled once more.
    pub(super) fn settled(&mut self) {
        self.doubtful.values_mut().for_each(|(_, settled)| *settled = true);
    }

    /// Whether a pair waits for the folders to settle once more.
    pub(super) fn waits(&self) -> bool {
        self.doubtful.values().any(|(_, settled)| !settled)
    }

    /// Takes from the folders what may not be taken in, each with its reason.
    pub(super) fn judge(&mut self, disk: &mut Disk) {
        let on_disk = |name: &String| {
            disk.rules.files.contains_key(name)
                || disk.plugins.as_ref().is_some_and(|plugins| plugins.files.contains_key(name))
        };
        self.doubtful.retain(|name, _| on_disk(name));
        self.verified.retain(|name, _| on_disk(name));
        for folder in std::iter::once(&mut disk.rules).chain(&mut disk.plugins) {
            self.judge_folder(folder);
        }
    }

    fn judge_folder(&mut self, folder: &mut Folder) {
        if !self.policy.is_on() {
            folder.judged = Arc::default();
            return;
        }
        let mut judged = Judged { require: self.policy.require, ..Judged::default() };
        for (name, read) in &mut folder.files {
            if let Some(accepted) = self.accepted.get(&slot(name)) {
                judged.accepted.insert(name.clone(), (accepted.digest, self.permit_of(accepted)));
            }
            let Ok(bytes) = read else { continue };
            let digest = Digest::of(bytes);
            match self.judge_file(name, bytes, digest, folder.signatures.get(name)) {
                Ok(verdict) => drop(judged.verdicts.insert(name.clone(), (digest, verdict))),
                Err(untrusted) => *read = Err(FileFault::Untrusted(untrusted)),
            }
        }
        folder.judged = Arc::new(judged);
    }

    fn permit_of(&self, accepted: &Serial) -> Permit {
        let public = PublicKey::parse(&accepted.key).ok();
        match public.and_then(|public| self.policy.trusts(&public)) {
            Some(key) => Permit::Signed(Arc::clone(key)),
            None => Permit::Nobody,
        }
    }

    fn judge_file(
        &mut self,
        name: &str,
        bytes: &[u8],
        digest: Digest,
        signature: Option<&Result<Arc<[u8]>, FileFault>>,
    ) -> Result<Verdict, Box<Untrusted>> {
        let next = self.accepted.get(&slot(name)).map_or(1, |accepted| accepted.serial.saturating_add(1));
        let lasting = |problem| Untrusted::lasting(problem, digest);
        let signature = match signature {
            None if self.policy.require => return Err(lasting(unsigned(name, next))),
            None => return Ok(Verdict::Unsigned),
            Some(Err(fault)) => return Err(lasting(unreadable(name, fault))),
            Some(Ok(signature)) => signature,
        };
        let pair = Digest::of_parts([digest.as_bytes().as_slice(), signature]);
        let signed = match self.verify(name, bytes, signature, pair) {
            Ok(signed) => signed,
            Err(problem) => return self.not_signed(name, &problem, (digest, pair), next),
        };
        self.doubtful.remove(name);
        may_sign(name, &signed.key).map_err(lasting)?;
        self.in_order(name, &signed, digest, pair)?;
        Ok(Verdict::Signed(signed))
    }

    fn verify(&mut self, name: &str, bytes: &[u8], signature: &[u8], pair: Pair) -> Result<Signed, Problem> {
        if let Some((known, verified)) = self.verified.get(name)
            && *known == pair
        {
            return verified.clone();
        }
        let verified = trust::verify(&self.policy, name, bytes, signature);
        self.verified.insert(name.to_owned(), (pair, verified.clone()));
        verified
    }

    /// What follows from a signature that says nothing.
    fn not_signed(
        &mut self,
        name: &str,
        problem: &Problem,
        (digest, pair): (Digest, Pair),
        next: u64,
    ) -> Result<Verdict, Box<Untrusted>> {
        let mut said = problem.diagnostic(next);
        if !problem.may_pass() {
            self.doubtful.remove(name);
            if !self.policy.require && matches!(problem, Problem::UnknownKey { .. }) {
                said.severity = Severity::Warning;
                return Ok(Verdict::Unknown(said));
            }
            return Err(Untrusted::lasting(said, digest));
        }
        let known = self.doubtful.get(name).filter(|(known, _)| *known == pair);
        let settled = known.is_some_and(|(_, settled)| *settled);
        self.doubtful.insert(name.to_owned(), (pair, settled));
        Err(Box::new(Untrusted { problem: said, waits: !settled, stale: None, digest }))
    }

    /// An older version is refused, and another one of the same order.
    fn in_order(
        &self,
        name: &str,
        signed: &Signed,
        digest: Digest,
        pair: Pair,
    ) -> Result<(), Box<Untrusted>> {
        let Some(accepted) = self.accepted.get(&slot(name)) else { return Ok(()) };
        let in_order =
            signed.serial > accepted.serial || signed.serial == accepted.serial && digest == accepted.digest;
        if in_order || self.overlooked.get(&slot(name)) == Some(&pair) {
            return Ok(());
        }
        let message = if signed.serial < accepted.serial {
            format!("serial {} is older than the accepted {}", signed.serial, accepted.serial)
        } else {
            format!("serial {} was accepted with other contents", signed.serial)
        };
        let help = format!(
            "`landfall accept {name}` to take it, or sign it again: {}",
            trust::how_to_sign(name, accepted.serial.saturating_add(1))
        );
        let problem = Diagnostic::error(message).in_file(name).help(help);
        Err(Box::new(Untrusted { problem, waits: false, stale: Some(signed.serial), digest }))
    }

    /// A file as it is on disk, if nothing but its serial keeps it from being served.
    ///
    /// # Errors
    /// What does.
    pub(super) fn stale(&self, file: &str, judged: &Disk) -> Result<Stale, Diagnostic> {
        let in_folder = |folder: &Folder| folder.files.get(file).cloned();
        let found = in_folder(&judged.rules).or_else(|| judged.plugins.as_ref().and_then(in_folder));
        let why_not = |why: &str, help: &str| Err(Diagnostic::error(why).in_file(file).help(help));
        match (found, self.verified.get(file)) {
            (Some(Err(FileFault::Untrusted(untrusted))), Some((pair, _))) => match untrusted.stale {
                Some(serial) => Ok(Stale { slot: slot(file), pair: *pair, serial }),
                None => Err(untrusted.problem),
            },
            (Some(_), _) => why_not(
                "there is nothing to accept: the file is not refused for its serial",
                "`landfall status` says what becomes of it",
            ),
            (None, _) => {
                why_not("there is no such file on disk", "name it as in its folder: `br.yaml`, `lgpd.wasm`")
            }
        }
    }

    /// Takes that version although it is older, once.
    pub(super) fn overlook(&mut self, stale: Stale) {
        self.overlooked.insert(stale.slot, stale.pair);
    }

    /// Says of each item who signed what is served of it, and what its signer may not do; returns what has
    /// become the accepted version of a signed file.
    pub(super) fn settle(&mut self, disk: &Disk, taken: &mut Taken) -> Vec<Serial> {
        let Taken { accepted: Accepted { served, .. }, bound, items, .. } = taken;
        let mut accepted = Vec::new();
        for item in items.iter_mut().filter(|item| item.kind != ItemKind::Stray) {
            let folder = match item.kind {
                ItemKind::Plugin => disk.plugins.as_ref(),
                _ => Some(&disk.rules),
            };
            let Some(folder) = folder else { continue };
            let contested =
                item.kind == ItemKind::Plugin && refuse_bindings(item, &folder.judged, bound, served);
            accepted.extend(self.settle_item(item, &folder.judged, served, contested));
        }
        self.name_signers(items);
        accepted
    }

    fn settle_item(
        &mut self,
        item: &mut Item,
        judged: &Judged,
        served: &BTreeMap<JurisdictionId, Served>,
        contested: bool,
    ) -> Option<Serial> {
        let verdict = judged.verdicts.get(&item.file).filter(|(digest, _)| Some(*digest) == item.digest);
        let mut new = None;
        match verdict.map(|(_, verdict)| verdict) {
            Some(Verdict::Signed(signed)) if item.state == ItemState::Live => {
                item.signed_by = Some(signed.key.name.clone());
                let is_served = item.kind != ItemKind::Plugin || is_bound(item, served);
                if is_served && (!contested || self.is_last_signer(item, signed)) {
                    new = self.accept(item, signed);
                }
            }
            Some(Verdict::Unknown(said)) if item.state == ItemState::Live => item.problems.push(said.clone()),
            _ => {}
        }
        new
    }

    /// Says of each item who signed what is served of it, as far as that is what was last accepted.
    pub(super) fn name_signers(&self, items: &mut [Item]) {
        for item in items.iter_mut().filter(|item| item.signed_by.is_none()) {
            let accepted = self.accepted.get(&slot(&item.file));
            let serves = accepted.filter(|accepted| Some(accepted.digest) == item.digest);
            item.signed_by = serves.map(|accepted| accepted.signer.clone());
        }
    }

    /// Whoever signs a plugin that somebody else's file binds must not set its order: a high serial would keep
    /// those out who sign it rightly.
    fn is_last_signer(&self, item: &Item, signed: &Signed) -> bool {
        let accepted = self.accepted.get(&slot(&item.file));
        accepted.is_some_and(|accepted| accepted.key == signed.key.public.as_str())
    }

    fn accept(&mut self, item: &Item, signed: &Signed) -> Option<Serial> {
        let file = slot(&item.file);
        let new = Serial {
            file: file.clone(),
            serial: signed.serial,
            digest: item.digest?,
            key: signed.key.public.as_str().to_owned(),
            signer: signed.key.name.clone(),
        };
        self.overlooked.remove(&file);
        (self.accepted.insert(file, new.clone()).as_ref() != Some(&new)).then_some(new)
    }
}

impl Untrusted {
    fn lasting(problem: Diagnostic, digest: Digest) -> Box<Self> {
        Box::new(Self { problem, waits: false, stale: None, digest })
    }
}

impl Judged {
    /// The same with a file that is only tried, whoever signed what is there.
    pub(super) fn trying(&self, name: &str, bytes: &[u8]) -> Self {
        let mut judged = self.clone();
        judged.verdicts.insert(name.to_owned(), (Digest::of(bytes), Verdict::Candidate));
        judged
    }

    /// Where a version of a plugin may be bound.
    pub(super) fn permit(&self, file: &str, version: Digest) -> Permit {
        let of_disk = self.verdicts.get(file).filter(|(digest, _)| *digest == version);
        if let Some((_, verdict)) = of_disk {
            return match verdict {
                Verdict::Signed(signed) => Permit::Signed(Arc::clone(&signed.key)),
                Verdict::Unsigned | Verdict::Unknown(_) | Verdict::Candidate => Permit::Any,
            };
        }
        match self.accepted.get(file) {
            Some((digest, permit)) if *digest == version => permit.clone(),
            _ if self.require => Permit::Nobody,
            _ => Permit::Any,
        }
    }
}

impl Permit {
    /// Why a plugin may not be bound there, with what to do, if it may not.
    fn refuses(&self, plugin: &PluginId, by: &JurisdictionId, stage: Stage) -> Option<(String, String)> {
        match self {
            Self::Any => None,
            Self::Signed(key) if key.may_compute(by, stage) => None,
            Self::Signed(key) => Some((
                format!(
                    "the plugin `{plugin}` is signed by `{}`, which may not compute {stage} for `{by}`",
                    key.name
                ),
                format!(
                    "landfall.yaml trusts `{}` with jurisdictions: {}; stages: {}",
                    key.name, key.jurisdictions, key.stages
                ),
            )),
            Self::Nobody => Some((
                format!("who signed the plugin `{plugin}` is not trusted now"),
                format!("have somebody sign {plugin}.wasm who may compute {stage} for `{by}`"),
            )),
        }
    }
}

/// The bindings of a closure that its plugins' signers may not serve, each at its place.
pub(super) fn refused_bindings(closure: &Closure, permits: &BTreeMap<PluginId, Permit>) -> Vec<Diagnostic> {
    let mut refused = Vec::new();
    for (stage, bound) in &closure.stages {
        let BoundStage::Plugins(plugins) = bound else { continue };
        for binding in plugins.iter().map(|bound| &bound.binding) {
            let permit = permits.get(&binding.plugin);
            if let Some((message, help)) =
                permit.and_then(|p| p.refuses(&binding.plugin, &binding.by, *stage))
            {
                refused.push(Diagnostic::error(message).at(&binding.source, binding.span).help(help));
            }
        }
    }
    refused
}

/// Says at a plugin where its signer may not have it bound, and whether that is somewhere. It serves those that
/// may bind it; where nobody may, it is refused.
fn refuse_bindings(
    item: &mut Item,
    judged: &Judged,
    bound: &[(JurisdictionId, Stage, PluginId)],
    served: &BTreeMap<JurisdictionId, Served>,
) -> bool {
    let version = item.digest.filter(|_| item.state == ItemState::Live);
    let (Some(version), Some(id)) = (version, id_of_file(&item.file)) else { return false };
    let permit = judged.permit(&item.file, version);
    let of_it = bound.iter().filter(|(_, _, plugin)| plugin.as_str() == id);
    let refusals: Vec<Diagnostic> = of_it
        .filter_map(|(by, stage, plugin)| permit.refuses(plugin, by, *stage))
        .map(|(message, help)| Diagnostic::error(message).in_file(&item.file).help(help))
        .collect();
    if refusals.is_empty() {
        return false;
    }
    let in_use = is_bound(item, served);
    item.problems.extend(refusals.into_iter().map(|mut refusal| {
        if in_use {
            refusal.severity = Severity::Warning;
        }
        refusal
    }));
    if !in_use {
        let older = bound_versions(&id, served).next();
        item.state = if older.is_some() { ItemState::LastGood } else { ItemState::Refused };
        item.digest = older.or(item.digest);
    }
    true
}

/// Whether somebody is served with this version of a plugin.
fn is_bound(item: &Item, served: &BTreeMap<JurisdictionId, Served>) -> bool {
    let id = id_of_file(&item.file).unwrap_or_default();
    bound_versions(&id, served).any(|version| Some(version) == item.digest)
}

fn bound_versions<'s>(
    id: &str,
    served: &'s BTreeMap<JurisdictionId, Served>,
) -> impl Iterator<Item = Digest> + use<'s> {
    let id = PluginId::parse(id).ok();
    served.values().filter_map(move |served| Some(served.closure.plugins.get(id.as_ref()?)?.digest))
}

fn may_sign(name: &str, key: &Key) -> Result<(), Diagnostic> {
    let refused = |what: &str, help: String| {
        let message = format!("`{name}` is signed by `{}`, which may not {what}", key.name);
        Err(Diagnostic::error(message).in_file(name).help(help))
    };
    if base::NAMES.contains(&name) {
        if key.base.contains(name) {
            return Ok(());
        }
        let base: Vec<&str> = key.base.iter().map(String::as_str).collect();
        let base = if base.is_empty() { "none".to_owned() } else { base.join(", ") };
        return refused(
            "sign this base file",
            format!("landfall.yaml trusts `{}` with base: {base}", key.name),
        );
    }
    let Some(stem) = name.strip_suffix(".yaml") else { return Ok(()) };
    match JurisdictionId::parse(&stem.replace('_', "-")) {
        Ok(id) if !key.may_serve(&id) => refused(
            &format!("serve `{id}`"),
            format!("landfall.yaml trusts `{}` with jurisdictions: {}", key.name, key.jurisdictions),
        ),
        // Another name is refused as such.
        _ => Ok(()),
    }
}

fn unsigned(name: &str, next: u64) -> Diagnostic {
    let help = format!(
        "landfall.yaml says `require_signatures: true`: put {name}.minisig beside it, made with {}",
        trust::how_to_sign(name, next)
    );
    Diagnostic::error(format!("`{name}` is not signed")).in_file(name).help(help)
}

fn unreadable(name: &str, fault: &FileFault) -> Diagnostic {
    let message = format!("the signature of `{name}` cannot be used: {fault}");
    Diagnostic::error(message).in_file(name).help(format!("put another {name}.minisig there"))
}
