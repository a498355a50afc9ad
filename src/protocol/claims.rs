//! The claims of a JWT, read without checking its signature: hints for the client, never a decision
//! (RFC 8725, section 3.1).

use super::json::parse_json;
use super::value::Value;
use crate::text::cut;
use crate::time::Millis;
use crate::token::AccessToken;

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

/// Base64url (RFC 4648, section 5) of UTF-8. Some servers pad, though RFC 7515, section 2, says not to. Libraries have
/// tables and loops for speed, which weigh more than what a token gains by them.
fn decode(payload: &str) -> Option<String> {
    let payload = cut(payload, b'=').map_or(payload, |(unpadded, _)| unpadded);
    let mut text = String::new();
    let (mut bits, mut left) = (0_u32, 0);
    let (mut code, mut to_come) = (0, 0);
    for byte in payload.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        left += 6;
        if left < 8 {
            continue;
        }
        left -= 8;
        let byte = bits >> left & 0xff;
        // The ones that a byte begins with: none in ASCII, one in those that go on, else how many belong together.
        let ones = (byte << 24).leading_ones();
        if (to_come > 0) != (ones == 1) {
            return None;
        }
        if ones == 1 {
            to_come -= 1;
        } else {
            code = 0;
            to_come = ones.saturating_sub(1);
        }
        code = code << 6 | byte & 0x7f >> ones;
        if to_come == 0 {
            text.push(char::from_u32(code)?);
        }
    }
    // Six bits are no byte.
    if left < 6 && to_come == 0 { Some(text) } else { None }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use base64::{DecodeError, Engine};

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
        fn payloads_are_decoded_as_the_libraries_do(bytes: Vec<u8>, text in "\\PC{0,20}", padding in 0_usize..3) {
            for bytes in [bytes, text.into_bytes()] {
                let payload = URL_SAFE_NO_PAD.encode(&bytes) + &"=".repeat(padding);
                proptest::prop_assert_eq!(decode(&payload), String::from_utf8(bytes).ok());
            }
        }

        #[test]
        fn what_is_no_base64url_is_no_payload(payload in "[A-Za-z0-9_-]{0,9}[A-Za-z0-9_+/. ä-]{0,3}") {
            if URL_SAFE_NO_PAD.decode(&payload).is_err_and(|error| !matches!(error, DecodeError::InvalidLastSymbol { .. })) {
                proptest::prop_assert_eq!(decode(&payload), None);
            }
        }

        #[test]
        fn no_token_makes_it_panic(text in "\\PC{0,40}(\\.\\PC{0,40}){0,4}") {
            let _ = claims(&AccessToken::new(&text)).as_ref().map(lifetime);
        }
    }
}
