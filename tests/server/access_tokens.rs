use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::json;
use tokenkeep::dev::access::{authentic, live, sign};
use tokenkeep::dev::{AccessError, Claims, Keys};

use crate::support::{START, seconds};

fn keys() -> Keys {
    Keys::new(b"a key of thirty-two bytes or so.").unwrap()
}

fn claims() -> Claims {
    Claims {
        iss: "tokenkeep".into(),
        sub: "susan".into(),
        iat: START.seconds(),
        exp: START.seconds() + 60,
        jti: "1".into(),
        scopes: vec!["read".into()],
        rfid: "2".into(),
    }
}

#[test]
fn an_access_token_is_a_jwt_that_reads_back() {
    let token = sign(&keys(), &claims());
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(URL_SAFE_NO_PAD.decode(parts[0]).unwrap(), br#"{"alg":"HS256","typ":"JWT"}"#);
    let payload: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let (iat, exp) = (START.seconds(), START.seconds() + 60);
    assert_eq!(
        payload,
        json!({ "iss": "tokenkeep", "sub": "susan", "iat": iat, "exp": exp, "jti": "1", "scopes": ["read"], "rfid": "2" })
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
fn an_expired_token_is_expired_only_if_it_is_ours() {
    let later = START.after(seconds(61));
    assert_eq!(live(&keys(), &sign(&keys(), &claims()), later), Err(AccessError::Expired));
    let foreign = sign(&Keys::new(&[1; 32]).unwrap(), &claims());
    assert_eq!(live(&keys(), &foreign, later), Err(AccessError::Invalid));
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
