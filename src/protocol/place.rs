//! Where a token goes in a request, for a driver in Rust; that of the npm package has the same in
//! `pkg/browser/transport.js`.

use super::value::Value;
use super::{Call, Protocol, Request};
use crate::text::concat;
use crate::token::AccessToken;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Protocol {
    /// The name of the header that carries the access token.
    pub fn header(&self) -> &str {
        header(self.attach())
    }

    /// The value of that header.
    pub fn header_value(&self, token: &AccessToken) -> String {
        header_value(self.attach(), token.expose())
    }

    /// Puts a token where the endpoint wants it: never into the URL (RFC 6750, section 5.3).
    pub(super) fn put(&self, request: &mut Request, call: &Call, token: &str) {
        let endpoint = self.endpoint_of(call);
        let place = endpoint.at("token.sends").or_else(|| endpoint.member("sends"));
        let is_refresh =
            if call.endpoint == "renew" { !self.is_sliding() } else { endpoint.word("token") == "refresh" };
        let field = match place {
            None if is_refresh => "refreshToken",
            _ => place.map_or("", |place| place.word("field")),
        };
        if field.is_empty() {
            let place = place.unwrap_or_else(|| self.attach());
            request.headers.push((header(place).into(), header_value(place, token)));
        } else {
            request.fields.push((field.into(), token.into()));
        }
    }

    fn attach(&self) -> &Value {
        self.part("attach").unwrap_or(&Value::Null)
    }
}

fn header(place: &Value) -> &str {
    match place.word("header") {
        "" => "Authorization",
        name => name,
    }
}

/// The token after a scheme, bare, or as one half of HTTP Basic (RFC 7617).
fn header_value(place: &Value, token: &str) -> String {
    match (place.word("basic"), place.word("as"), place.word("scheme")) {
        ("password", ..) => basic("x", token),
        ("username", ..) | (_, "basic", _) => basic(token, "x"),
        (_, _, "") => token.to_owned(),
        (_, _, scheme) => concat(&[scheme, " ", token]),
    }
}

/// HTTP Basic, in UTF-8.
pub(crate) fn basic(user: &str, password: &str) -> String {
    let mut text = String::from("Basic ");
    for bytes in concat(&[user, ":", password]).as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = BASE64.get((bits >> (18 - 6 * at) & 63) as usize).copied().unwrap_or_default();
            text.push(if at > bytes.len() { '=' } else { digit.into() });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::protocol::parse_json;

    #[test]
    fn a_token_is_written_as_the_server_wants_it() {
        for (place, name, value) in [
            (r#"{"header":"Authorization","scheme":"Bearer"}"#, "Authorization", "Bearer a+/="),
            (r#"{"scheme":"Bearer"}"#, "Authorization", "Bearer a+/="),
            (r#"{"header":"X-Token"}"#, "X-Token", "a+/="),
            (r#"{"header":"X-Token","scheme":""}"#, "X-Token", "a+/="),
            (r#"{"basic":"username"}"#, "Authorization", "Basic YSsvPTp4"),
            (r#"{"basic":"password"}"#, "Authorization", "Basic eDphKy89"),
            (r#"{"header":"Authorization","scheme":"Bearer","as":"basic"}"#, "Authorization", "Basic YSsvPTp4"),
            (r#"{"scheme":"Bearer","as":"token"}"#, "Authorization", "Bearer a+/="),
        ] {
            let place = parse_json(place).unwrap();
            assert_eq!((header(&place), header_value(&place, "a+/=").as_str()), (name, value));
        }
    }

    proptest::proptest! {
        #[test]
        fn credentials_are_encoded_as_the_library_does(user in "\\PC{0,9}", password in "\\PC{0,9}") {
            let expected = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
            proptest::prop_assert_eq!(basic(&user, &password), expected);
        }
    }
}
