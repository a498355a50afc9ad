use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::json;
use tokenkeep::dev::access::{authentic, sign};
use tokenkeep::dev::{AccessError, Algorithm, Authority, Claims, Keys, Policy};

use crate::support::{START, seconds};

fn keys() -> Keys {
    Keys::new(b"a key of thirty-two bytes or so.").unwrap()
}

fn claims() -> Claims {
    Claims {
        iss: "tokenkeep".into(),
        aud: "everybody".into(),
        sub: "susan".into(),
        iat: START.seconds(),
        exp: START.seconds() + 60,
        jti: "1".into(),
        scopes: vec!["read".into()],
        role: "basic".into(),
        rfid: "2".into(),
    }
}

#[test]
fn an_access_token_is_a_jwt_that_reads_back() {
    let token = sign(&keys(), &claims());
    let parts: Vec<&str> = token.split('.').collect();
    let header: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
    assert_eq!((&header["alg"], &header["typ"]), (&json!("HS256"), &json!("JWT")));
    assert!(header["kid"].as_str().is_some_and(|id| !id.is_empty()));
    let payload: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let (iat, exp) = (START.seconds(), START.seconds() + 60);
    assert_eq!(
        payload,
        json!({
            "iss": "tokenkeep", "aud": "everybody", "sub": "susan", "iat": iat, "exp": exp, "jti": "1",
            "scopes": ["read"], "role": "basic", "rfid": "2",
        })
    );
    assert_eq!(authentic(&keys(), &token), Ok(claims()));
}

#[test]
fn a_token_without_a_signature_is_invalid() {
    let unsigned = format!("{}.", sign(&keys(), &claims()).rsplit_once('.').unwrap().0);
    assert_eq!(authentic(&keys(), &unsigned), Err(AccessError::Invalid));
}

#[test]
fn another_key_signs_nothing_of_ours() {
    let token = sign(&Keys::new(&[1; 32]).unwrap(), &claims());
    assert_eq!(authentic(&keys(), &token), Err(AccessError::Invalid));
}

#[test]
fn a_token_is_taken_by_its_own_issuer_and_audience_alone_and_as_long_as_it_lives() {
    let authority =
        |issuer: &str, audience: &str| Authority::new(Policy::default(), keys(), issuer).with_audience(audience);
    let ours = authority("tokenkeep", "everybody");
    let token = sign(&keys(), &claims());
    assert_eq!(ours.authenticate(&token, START), Ok(claims()));
    assert!(ours.authenticate(&token, START.after(seconds(60))).is_ok(), "the second that exp names still counts");
    assert_eq!(ours.authenticate(&token, START.after(seconds(61))), Err(AccessError::Expired));
    for (issuer, audience) in [("tokenkeep", "nobody"), ("somebody", "everybody"), ("", "")] {
        assert_eq!(authority(issuer, audience).authenticate(&token, START), Err(AccessError::Invalid));
    }
    let foreign = sign(&Keys::new(&[1; 32]).unwrap(), &claims());
    assert_eq!(ours.authenticate(&foreign, START.after(seconds(61))), Err(AccessError::Invalid));
}

#[test]
fn a_retired_key_checks_and_signs_nothing() {
    let new = Keys::new(b"another key of thirty-two bytes.").unwrap();
    for algorithm in [Algorithm::Hs256, Algorithm::EdDsa] {
        let old = keys().with_algorithm(algorithm);
        let token = sign(&old, &claims());
        let both = new.clone().with_algorithm(algorithm).with_retired(old.clone());
        assert_eq!(authentic(&both, &token), Ok(claims()));
        assert_eq!(authentic(&new, &token), Err(AccessError::Invalid));
        assert_eq!(authentic(&old, &sign(&both, &claims())), Err(AccessError::Invalid));
        let other_way = if algorithm == Algorithm::Hs256 { Algorithm::EdDsa } else { Algorithm::Hs256 };
        assert_eq!(authentic(&old.with_algorithm(other_way), &token), Ok(claims()), "a change logs nobody out");
    }
}

#[test]
fn the_public_keys_check_what_was_signed_and_tell_no_secret() {
    assert_eq!(keys().public(), json!({ "keys": [] }));
    let keys = keys().with_algorithm(Algorithm::EdDsa).with_retired(Keys::new(&[1; 32]).unwrap());
    let set = keys.public();
    let published = set["keys"].as_array().unwrap();
    assert_eq!(published.len(), 2, "the retired one as well, as long as its tokens live");
    let token = sign(&keys, &claims());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let header: serde_json::Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(message.split_once('.').unwrap().0).unwrap()).unwrap();
    let key = published.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA")));
    assert!(published.iter().all(|key| key.get("d").is_none()));
    let public: [u8; 32] = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap().try_into().unwrap();
    let public = ed25519_dalek::VerifyingKey::from_bytes(&public).unwrap();
    let signature = ed25519_dalek::Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    assert!(public.verify_strict(message.as_bytes(), &signature).is_ok());
}

proptest! {
    #[test]
    fn a_token_changed_anywhere_is_invalid(at in 0_usize..200, with in "[A-Za-z0-9_.-]") {
        let mut token = sign(&keys(), &claims());
        let at = at % token.len();
        prop_assume!(token[at..=at] != with);
        token.replace_range(at..=at, &with);
        prop_assert_eq!(authentic(&keys(), &token), Err(AccessError::Invalid));
    }

    #[test]
    fn any_text_at_all_is_invalid(token in any::<String>()) {
        prop_assert_eq!(authentic(&keys(), &token), Err(AccessError::Invalid));
    }
}
