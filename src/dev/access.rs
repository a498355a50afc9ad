//! Access tokens: JWTs (RFC 7519) signed with HS256 (RFC 7518 §3.2). Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::keys::Keys;
use super::moment::Moment;

/// What an access token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who signed it.
    pub iss: String,
    /// Whose it is: the user's id.
    pub sub: String,
    /// Issued at, epoch seconds.
    pub iat: u64,
    /// The last epoch second of its life.
    pub exp: u64,
    /// This token's own id.
    pub jti: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// The refresh-token family it came from; logout ends that family.
    pub rfid: String,
}

/// Why an access token was not taken (RFC 6750 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessError {
    /// The request carries none.
    Missing,
    /// Malformed, not ours, or revoked.
    Invalid,
    /// Ours, but past its `exp`.
    Expired,
}

impl AccessError {
    /// The stable code in the answer.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Invalid => "token_invalid",
            Self::Expired => "token_expired",
        }
    }
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

#[derive(Deserialize)]
struct Header {
    alg: String,
    crit: Option<serde_json::Value>,
}

/// The compact serialisation of `claims`.
#[must_use]
pub fn sign(keys: &Keys, claims: &Claims) -> String {
    let payload = serde_json::json!(claims).to_string();
    let mut token = URL_SAFE_NO_PAD.encode(HEADER);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = keys.sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}

/// The claims of a token that we signed, expired or not.
///
/// # Errors
/// [`AccessError::Invalid`] for anything that is not a JWT signed by `keys` with HS256.
pub fn authentic(keys: &Keys, token: &str) -> Result<Claims, AccessError> {
    let (message, signature) = token.rsplit_once('.').ok_or(AccessError::Invalid)?;
    let (header, payload) = message.split_once('.').ok_or(AccessError::Invalid)?;
    let header: Header = decode(header)?;
    // The algorithm is ours to choose: "none" and key confusion end here (RFC 8725 §3.1).
    if header.alg != "HS256" || header.crit.is_some() {
        return Err(AccessError::Invalid);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| AccessError::Invalid)?;
    if !keys.verify(message.as_bytes(), &signature) {
        return Err(AccessError::Invalid);
    }
    decode(payload)
}

/// The claims of a token that we signed and that is alive at `now`.
///
/// `iat` and `exp` are cut to whole seconds, which would end a token up to a second before the
/// `expiresIn` that came with it. So the second that `exp` names still counts.
///
/// # Errors
/// [`AccessError::Invalid`] or [`AccessError::Expired`].
pub fn live(keys: &Keys, token: &str, now: Moment) -> Result<Claims, AccessError> {
    let claims = authentic(keys, token)?;
    if now.seconds() > claims.exp { Err(AccessError::Expired) } else { Ok(claims) }
}

fn decode<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, AccessError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| AccessError::Invalid)?;
    serde_json::from_slice(&bytes).map_err(|_| AccessError::Invalid)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Well signed, whatever the header says.
    fn signed(keys: &Keys, header: &serde_json::Value) -> String {
        let payload = json!({ "iss": "", "sub": "", "iat": 0, "exp": 0, "jti": "", "scopes": [], "rfid": "" });
        let message = [header, &payload].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature = URL_SAFE_NO_PAD.encode(keys.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    #[test]
    fn the_algorithm_is_ours_to_choose() {
        let keys = Keys::new(&[7; 32]).unwrap();
        assert!(authentic(&keys, &signed(&keys, &json!({ "alg": "HS256" }))).is_ok());
        for header in [
            json!({ "alg": "none" }),
            json!({ "alg": "hs256" }),
            json!({ "alg": "HS512" }),
            json!({ "alg": "RS256", "typ": "JWT" }),
            json!({ "alg": "HS256", "crit": ["x"] }),
            json!({}),
            json!([]),
        ] {
            assert_eq!(authentic(&keys, &signed(&keys, &header)), Err(AccessError::Invalid), "{header}");
        }
    }
}
