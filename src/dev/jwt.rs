//! Signed JSON (RFC 7515, RFC 7519), written and read. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::keys::{Keys, Kind};

/// The compact serialisation of `claims`, signed with the current key of that kind.
#[must_use]
pub fn sign(keys: &Keys, kind: Kind, claims: &impl Serialize) -> String {
    let signer = keys.signer(kind);
    let header = json!({ "alg": signer.algorithm().name(), "kid": signer.id(), "typ": "JWT" });
    let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(json!(claims).to_string(), &mut token);
    let signature = signer.sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}

/// The claims of a token that we signed as one of that kind, with the current key or a retired one.
#[must_use]
pub fn authentic<T: DeserializeOwned>(keys: &Keys, kind: Kind, token: &str) -> Option<T> {
    let (message, signature) = token.rsplit_once('.')?;
    let (header, payload) = message.split_once('.')?;
    let header: Value = decode(header)?;
    let header = header.as_object()?;
    // What we do not understand we do not take (RFC 7515 §4.1.11).
    if header.contains_key("crit") {
        return None;
    }
    let id = match header.get("kid") {
        None => None,
        Some(id) => Some(id.as_str()?),
    };
    // The algorithm belongs to the key, and the key is ours to choose: "none" and key confusion end here
    // (RFC 8725 §3.1).
    let algorithm = header.get("alg")?.as_str()?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    if !keys.verifies(kind, algorithm, id, message.as_bytes(), &signature) {
        return None;
    }
    decode(payload)
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dev::keys::Algorithm;

    /// Well signed with the access key, whatever the header says.
    fn signed(keys: &Keys, header: &Value) -> String {
        let message = [header, &json!({ "a": 1 })].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature = URL_SAFE_NO_PAD.encode(keys.signer(Kind::Access).sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    #[test]
    fn the_algorithm_is_ours_to_choose() {
        let keys = Keys::new(&[7; 32]).unwrap();
        let read = |header: &Value| authentic::<Value>(&keys, Kind::Access, &signed(&keys, header));
        let id = keys.signer(Kind::Access).id().to_owned();
        assert!(read(&json!({ "alg": "HS256" })).is_some());
        assert!(read(&json!({ "alg": "HS256", "kid": id })).is_some());
        for header in [
            json!({ "alg": "none" }),
            json!({ "alg": "hs256" }),
            json!({ "alg": "HS512" }),
            json!({ "alg": "EdDSA" }),
            json!({ "alg": "EdDSA", "kid": id }),
            json!({ "alg": "RS256", "typ": "JWT" }),
            json!({ "alg": "HS256", "crit": ["x"] }),
            json!({ "alg": "HS256", "kid": "another" }),
            json!({ "alg": "HS256", "kid": null }),
            json!({ "alg": "HS256", "kid": 1 }),
            json!({ "alg": ["HS256"] }),
            json!({}),
            json!([]),
        ] {
            assert_eq!(read(&header), None, "{header}");
        }
    }

    #[test]
    fn no_kind_of_token_passes_for_another() {
        for algorithm in [Algorithm::Hs256, Algorithm::EdDsa] {
            let keys = Keys::new(&[7; 32]).unwrap().with_algorithm(algorithm);
            let kinds = [Kind::Access, Kind::EmailVerification, Kind::PasswordReset];
            for signed_as in kinds {
                let token = sign(&keys, signed_as, &json!({ "a": 1 }));
                for read_as in kinds {
                    let read = authentic::<Value>(&keys, read_as, &token);
                    assert_eq!(read.is_some(), read_as == signed_as, "{signed_as:?} as {read_as:?}");
                }
            }
        }
    }
}
