//! Signatures made as minisign makes them, and what is said of each.

use minisign::KeyPair;

use super::*;

/// A key as landfall.yaml holds it.
fn key(name: &str, pair: &KeyPair) -> Arc<Key> {
    let these = |ids: &[&str]| ids.iter().map(|id| JurisdictionId::parse(id).unwrap()).collect();
    Arc::new(Key {
        name: name.to_owned(),
        public: PublicKey::parse(&pair.pk.to_base64()).unwrap(),
        jurisdictions: Reach::These(these(&["br", "mx"])),
        stages: Reach::These([Stage::Compliance].into()),
        base: ["facts.yaml".to_owned()].into(),
    })
}

fn pair() -> KeyPair {
    KeyPair::generate_unencrypted_keypair().unwrap()
}

fn sign(pair: &KeyPair, bytes: &[u8], comment: &str) -> String {
    minisign::sign(Some(&pair.pk), &pair.sk, bytes, Some(comment), None).unwrap().into_string()
}

fn policy(keys: &[Arc<Key>]) -> Policy {
    Policy { require: true, keys: keys.to_vec() }
}

#[track_caller]
fn refused(result: Result<Signed, Problem>) -> String {
    result.unwrap_err().diagnostic(8).to_string()
}

#[test]
fn a_signature_says_who_and_in_which_order() {
    let latam = pair();
    let policy = policy(&[key("eu", &pair()), key("latam", &latam)]);
    let signature = sign(&latam, b"id: br", "timestamp:1\tserial:7\tfile:br.yaml");
    let signed = verify(&policy, "br.yaml", b"id: br", signature.as_bytes()).unwrap();
    assert_eq!((signed.key.name.as_str(), signed.serial), ("latam", 7));
    assert!(verify(&policy, "br.yaml", b"id: br", signature.replace('\n', "\r\n").as_bytes()).is_ok());
}

#[test]
fn other_bytes_another_key_and_a_changed_comment_are_refused() {
    let latam = pair();
    let policy = policy(&[key("latam", &latam)]);
    let signature = sign(&latam, b"id: br", "serial:7");
    let check = |bytes: &[u8], signature: &str| verify(&policy, "br.yaml", bytes, signature.as_bytes());
    assert_eq!(
        refused(check(b"id: de", &signature)),
        "br.yaml: the signature in `br.yaml.minisig` is not that of `latam` over `br.yaml` (help: copy file and signature together, or sign what is there: `minisign -S -m br.yaml -t \"serial:8\"`)"
    );
    let later = signature.replace("serial:7", "serial:9");
    assert!(matches!(check(b"id: br", &later), Err(Problem::DoesNotHold { .. })));
    let other = pair();
    let unknown = check(b"id: br", &sign(&other, b"id: br", "serial:7"));
    let id = format!("{:016X}", u64::from_le_bytes(other.pk.keynum().try_into().unwrap()));
    assert_eq!(
        refused(unknown),
        format!(
            "br.yaml: `br.yaml` is signed with the key {id}, and landfall.yaml trusts no such key (help: trusted are `latam`; add the key to them, or sign with one of theirs)"
        )
    );
}

#[test]
fn of_two_keys_with_one_id_the_signature_decides() {
    let (latam, eu) = (pair(), pair());
    // The id is not part of what is proven: anybody can give a key another's.
    let mut bytes = BASE64.decode(eu.pk.to_base64().as_bytes()).unwrap();
    bytes[2..10].copy_from_slice(latam.pk.keynum());
    let twin = Key { public: PublicKey::parse(&BASE64.encode(&bytes)).unwrap(), ..(*key("eu", &eu)).clone() };
    let policy = policy(&[Arc::new(twin), key("latam", &latam)]);
    let signature = sign(&latam, b"id: br", "serial:7");
    assert_eq!(verify(&policy, "br.yaml", b"id: br", signature.as_bytes()).unwrap().key.name, "latam");
    let other = verify(&policy, "br.yaml", b"id: de", signature.as_bytes()).unwrap_err().to_string();
    assert_eq!(other, "the signature in `br.yaml.minisig` is not that of `eu` or `latam` over `br.yaml`");
}

#[test]
fn a_serial_is_one_whole_number() {
    let latam = pair();
    let policy = policy(&[key("latam", &latam)]);
    let check = |comment: &str| {
        verify(&policy, "br.yaml", b"x", sign(&latam, b"x", comment).as_bytes())
            .map(|signed| signed.serial)
            .map_err(|problem| problem.to_string())
    };
    assert_eq!(check("serial:0"), Ok(0));
    assert_eq!(check("the law of May, serial:0012 reviewed"), Ok(12));
    assert_eq!(check("serial:9223372036854775807"), Ok(i64::MAX.unsigned_abs()));
    let none = "the signature of `br.yaml` by `latam` has no `serial:` in its trusted comment";
    for comment in ["", "timestamp:1", "Serial:7", "xserial:7", "serial"] {
        assert_eq!(check(comment), Err(none.to_owned()), "{comment}");
    }
    for comment in
        ["serial:", "serial:+7", "serial:-7", "serial:7.0", "serial:x", "serial:9223372036854775808"]
    {
        let said = check(comment).unwrap_err();
        assert!(said.starts_with(&format!("`{comment}` in the trusted comment")), "{said}");
    }
    assert!(check("serial:7 serial:8").unwrap_err().contains("`serial:7 serial:8`"));
}

#[test]
fn what_is_no_signature_may_be_half_of_one() {
    let latam = pair();
    let policy = policy(&[key("latam", &latam)]);
    let whole = sign(&latam, b"x", "serial:7");
    for end in 0..whole.trim_end().len() {
        let half = verify(&policy, "br.yaml", b"x", &whole.as_bytes()[..end]).unwrap_err();
        // But for its comment, which may be cut and be one.
        assert!(half.may_pass(), "{half}");
    }
    for nonsense in ["", "a\nb\nc\nd", "\u{0}"] {
        let said = refused(verify(&policy, "br.yaml", b"x", nonsense.as_bytes()));
        assert!(said.starts_with("br.yaml: `br.yaml.minisig` is no minisign signature: "), "{said}");
    }
    assert!(verify(&policy, "br.yaml", b"x", &[0xff]).unwrap_err().may_pass());
}

/// What minisign 0.11 wrote: hashed first, and with `-l` as its first versions did.
#[test]
fn what_minisign_itself_signs_holds_in_both_forms() {
    let mut trusted = (*key("latam", &pair())).clone();
    trusted.public = PublicKey::parse("RWQUhhzREAI9wJrarnmwuHLcYg5TAcr81aUuxql3k2qOn0JZ+rmg8SmL").unwrap();
    assert_eq!(trusted.public.id.to_string(), "C03D0210D11C8614");
    let policy = policy(&[Arc::new(trusted)]);
    let legacy = "untrusted comment: signature from minisign secret key
RWQUhhzREAI9wFNk4Hj1EfVA9Fzr2oL9gFlOBI/h/PwsGGhKRN6weZMFwMn1CbueKssm1V6jUg5gcbX9xjmuDhuqGIwujyPB1AE=
trusted comment: serial:7
j8owPIhi3O/4YSWHq6/joaKpHLi+IqwdTfVryizVdESRRxzwzz1nrVEpOzqbIZtkhiGwfL0nHPrbLj5zOdCvAA==
";
    let hashed = "untrusted comment: signature from minisign secret key
RUQUhhzREAI9wL14+3OG71iCr4Pguz2UHkrhBR1dNruXZbNwdtjMVkOc4pJS1bLx1gG4UTtfQNSF+sMv0hMF0tXyplUybOGJFgw=
trusted comment: serial:8
W2bcCGDXpb8DGuLY0eTLmFyKfImUr1x6JVZ3/OVNECaFJ5S5aSoor1jAemidToBbLsssvWfE7ylSaMhKn+wJCQ==
";
    for (signature, serial) in [(legacy, 7), (hashed, 8)] {
        let signed = verify(&policy, "br.yaml", b"id: br", signature.as_bytes()).unwrap();
        assert_eq!(signed.serial, serial);
        assert!(verify(&policy, "br.yaml", b"id: de", signature.as_bytes()).is_err());
    }
}

#[test]
fn a_key_that_is_none_is_not_repeated() {
    let pair = pair();
    let public = pair.pk.to_base64();
    assert_eq!(PublicKey::parse(&public).unwrap().as_str(), public);
    let secret = pair.sk.to_box(None).unwrap().into_string();
    let secret = secret.lines().nth(1).unwrap();
    for text in ["", "RWQ", &public[..50], &format!("{public}\n"), secret] {
        assert_eq!(PublicKey::parse(text).unwrap_err().to_string(), "this is no minisign public key");
    }
}

#[test]
fn a_key_may_do_what_it_is_trusted_with() {
    let id = |id: &str| JurisdictionId::parse(id).unwrap();
    let key = key("latam", &pair());
    assert!(key.may_serve(&id("br")) && !key.may_serve(&id("de")));
    assert!(key.may_compute(&id("br"), Stage::Compliance) && !key.may_compute(&id("br"), Stage::Culture));
    assert!(!key.may_compute(&id("de"), Stage::Compliance));
    assert!(Reach::All.holds(&id("de")));
}

#[test]
fn what_a_signature_claims_is_told_of_any_key() {
    let pair = pair();
    let said = claimed(sign(&pair, b"bytes", "gdpr serial:7").as_bytes()).unwrap();
    assert_eq!((said.comment.as_str(), said.serial), ("gdpr serial:7", Some(7)));
    assert_eq!(said.key, PublicKey::parse(&pair.pk.to_base64()).unwrap().id);
    assert_eq!(claimed(sign(&pair, b"bytes", "serial:seven").as_bytes()).unwrap().serial, None);
    assert_eq!(claimed(b"untrusted comment: none"), None);
    assert_eq!(claimed(&[0xff; 90]), None);
}
