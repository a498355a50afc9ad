//! The claims of a JWT, read without checking its signature: hints for the client, never a decision
//! (RFC 8725, section 3.1).

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::json::parse_json;
use super::value::Value;
use crate::text::cut;
use crate::time::Millis;
use crate::token::AccessToken;

/// Some servers pad, though RFC 7515, section 2, says not to.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The payload of a token in JWS compact form (RFC 7515, section 7.1). `None` for anything opaque.
pub fn claims(token: &AccessToken) -> Option<Value> {
    parse_json(&claims_text(token)?).filter(|value| matches!(value, Value::Object(_)))
}

/// The same as text: JSON, if it is a JWT.
pub fn claims_text(token: &AccessToken) -> Option<String> {
    let (_, rest) = cut(token.expose(), b'.')?;
    let (payload, signature) = cut(rest, b'.')?;
    if cut(signature, b'.').is_some() { None } else { decode(payload) }
}

/// How long the token was made to live: `exp - iat`. Relative, so that no clock is compared with
/// another. `None` where either is missing or the result is not positive.
pub fn lifetime(claims: &Value) -> Option<Millis> {
    positive(epoch_millis(claims.member("exp")?)? - epoch_millis(claims.member("iat")?)?)
}

/// Nothing less than a millisecond, and nothing that JSON does not hold exactly.
pub(super) fn positive(millis: f64) -> Option<Millis> {
    (millis >= 1.0).then_some(Millis(millis.min(9_007_199_254_740_991.0) as u64))
}

/// Some issuers write milliseconds although RFC 7519, section 2, says seconds: no token of today
/// has an `exp` beyond the year 5138.
pub(super) fn epoch_millis(value: &Value) -> Option<f64> {
    let number = value.number()?;
    Some(if number > 1e11 { number } else { number * 1000.0 })
}

/// One quad at a time, filled up: all but the last few lines of the library's decoder is for speed,
/// and stays out of the wasm.
fn decode(payload: &str) -> Option<String> {
    let mut text = Vec::new();
    for characters in payload.as_bytes().chunks(4) {
        let mut quad = [b'='; 4];
        quad.get_mut(..characters.len())?.copy_from_slice(characters);
        let mut bytes = [0; 3];
        let length = BASE64URL.decode_slice(quad, &mut bytes).ok()?;
        text.extend_from_slice(bytes.get(..length)?);
    }
    String::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::jwt;

    fn life_of(payload: &str) -> Option<Millis> {
        lifetime(&claims(&jwt(payload))?)
    }

    #[test]
    fn the_lifetime_is_relative_whatever_the_numbers_look_like() {
        for (payload, expected) in [
            (r#"{"iat":1000,"exp":1300}"#, Some(300_000)),
            (r#"{"iat":1000.25,"exp":1005.75}"#, Some(5_500)),
            (r#"{"iat":"1000","exp":"1300"}"#, Some(300_000)),
            (r#"{"iat":1795329577867,"exp":1795329877867}"#, Some(300_000)),
            (r#"{"exp":1300}"#, None),
            (r#"{"iat":1000}"#, None),
            (r#"{"iat":1000,"exp":-5}"#, None),
            (r#"{"iat":1000,"exp":null}"#, None),
            (r#"[1]"#, None),
        ] {
            assert_eq!(life_of(payload), expected.map(Millis), "{payload}");
        }
    }

    #[test]
    fn opaque_and_misshapen_tokens_have_no_claims() {
        for text in ["opaque", "", "a.b", "a.b.c", "a.b.c.d.e", "..", "a.!!!.c", "a.e30.c.d"] {
            assert_eq!(claims(&AccessToken::new(text)), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_token_makes_it_panic(text in "\\PC{0,40}(\\.\\PC{0,40}){0,4}") {
            let _ = claims(&AccessToken::new(&text)).as_ref().map(lifetime);
        }
    }
}
