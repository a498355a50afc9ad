//! Known backends by name: each a protocol as an app would write it, in `presets.json`. What one leaves out is
//! as `usual` there.
//!
//! - `reference`: tokenkeep's own reference server.
//! - `rest-auth`: Miguel Grinberg's REST-auth. A live token buys the next one.
//! - `flask-stateless-auth`: the example app of Flask-Stateless-Auth.
//! - `flask-jwt-auth`: Real Python's flask-jwt-auth. Nothing renews its tokens.
//! - `fathat`: the Fathat API, stage 4. Of its 401s, one is about the role.
//! - `twopi`: token_auth of twopi_flask_utils.
//! - `oauth2`: RFC 6749 without a password: tokens come by `adopt`. RFC 7009 at logout.
//! - `simplejwt`: djangorestframework-simplejwt with its blacklist app.
//! - `flask-jwt-extended`: Flask-JWT-Extended as its documentation has it. It revokes only the token that it
//!   is sent.

use super::{Value, parse_json};

/// The npm package's build takes the same file along (`xtask/src/package.rs`).
const PRESETS: &str = include_str!("presets.json");

/// The name that counts where none is given.
const DEFAULT: &str = "reference";

/// What no preset need say, and the preset of that name.
pub(super) fn find(name: &str) -> Option<(Value, Value)> {
    let all = parse_json(PRESETS)?;
    let preset = all.member("presets")?.member(if name.is_empty() { DEFAULT } else { name })?.clone();
    Some((all.member("usual")?.clone(), preset))
}

/// The known name that is most like this one.
pub(super) fn nearest(name: &str) -> String {
    nearest_of(name, names())
}

/// The one of these names that is most like this one.
pub(super) fn nearest_of(name: &str, names: impl IntoIterator<Item = String>) -> String {
    names.into_iter().min_by_key(|known| distance(known.as_bytes(), name.as_bytes())).unwrap_or_default()
}

fn names() -> Vec<String> {
    match parse_json(PRESETS).unwrap_or_default().member("presets") {
        Some(Value::Object(presets)) => presets.iter().map(|(name, _)| name.clone()).collect(),
        _ => Vec::new(),
    }
}

/// How many letters must be put in, taken out or replaced to make one of the other (Levenshtein).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, x) in a.iter().enumerate() {
        let mut left = at + 1;
        let mut next = vec![left];
        for (y, above) in b.iter().zip(row.windows(2)) {
            let [diagonal, up] = *above else { continue };
            left = (diagonal + usize::from(x != y)).min(up + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::Protocol;
    use super::*;

    #[test]
    fn every_preset_is_one_that_can_be_spoken() {
        assert_eq!(names().len(), 9);
        for name in names() {
            let protocol = Protocol::preset(&name).unwrap();
            assert_eq!(protocol.complaint(), None, "{name}");
            assert!(protocol.login_call().is_some() || name == "oauth2", "{name}");
            assert_eq!(protocol.part("renew").is_some(), protocol.part("refused").is_some(), "{name}");
        }
    }

    #[test]
    fn an_unknown_preset_is_told_the_nearest() {
        for (name, nearest) in [
            ("simple-jwt", "simplejwt"),
            ("oauth", "oauth2"),
            ("Reference", "reference"),
            ("restauth", "rest-auth"),
            ("flask_jwt_extended", "flask-jwt-extended"),
        ] {
            let message = Protocol::preset(name).unwrap_err().message;
            assert!(message.contains(&format!("did you mean `{nearest}`?")), "{message}");
        }
    }
}
