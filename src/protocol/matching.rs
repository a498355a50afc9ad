//! What an answer must look like to mean something: `{ status?, mediaType?, path?, codes?, begins?,
//! challenge? }`. Every member that is given must match; one that says nothing at all matches nothing.

use super::shown::Shown;
use super::value::Value;

/// Statuses of trouble, which say nothing about what was asked for.
pub(super) fn is_trouble(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..)
}

/// How well an answer fits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Fit {
    No,
    /// As far as one can tell without the body.
    Perhaps,
    Yes,
}

/// Whether one of the list fits, the body being known.
pub(super) fn any_fits(list: Option<&Value>, shown: &Shown<'_>) -> bool {
    best_fit(list, shown, true) == Fit::Yes
}

/// How well the best of the list fits.
pub(super) fn best_fit(list: Option<&Value>, shown: &Shown<'_>, has_body: bool) -> Fit {
    Value::items(list).iter().map(|each| fit(each, shown, has_body)).max().unwrap_or(Fit::No)
}

/// Trouble must be asked for by its number.
fn fit(wanted: &Value, shown: &Shown<'_>, has_body: bool) -> Fit {
    let status = shown.answer.status;
    let (media_type, challenge) = (wanted.word("mediaType"), wanted.word("challenge"));
    let [statuses, paths, codes, begins] =
        ["status", "path", "codes", "begins"].map(|name| Value::items(wanted.member(name)));
    let wants_body = !(paths.is_empty() && codes.is_empty() && begins.is_empty());
    let of_status = match statuses {
        [] => !is_trouble(status) && (wants_body || !media_type.is_empty() || !challenge.is_empty()),
        _ => statuses.iter().any(|one| one.whole() == Some(status.into())),
    };
    if !of_status || !header_has(shown, "Content-Type", media_type) || !header_has(shown, "WWW-Authenticate", challenge)
    {
        return Fit::No;
    }
    if wants_body && !has_body {
        return Fit::Perhaps;
    }
    let fits = |path: &str| {
        let Some(text) = shown.at(path).and_then(Value::code) else { return false };
        let begins_so = |begin: &Value| begin.text().is_some_and(|begin| text.starts_with(begin));
        (codes.is_empty() && begins.is_empty())
            || codes.iter().any(|code| code.text() == Some(&text))
            || begins.iter().any(begins_so)
    };
    let usual = || fits("code") || fits("error");
    let fits = !wants_body
        || if paths.is_empty() {
            usual()
        } else {
            paths.iter().any(|path| matches!(path, Value::Text(path) if fits(path)))
        };
    if fits { Fit::Yes } else { Fit::No }
}

/// In any case of the letters.
pub(super) fn header_has(shown: &Shown<'_>, name: &str, part: &str) -> bool {
    let value = shown.answer.header(name).unwrap_or_default().as_bytes();
    part.is_empty() || value.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::answer::Answer;
    use super::super::parse_json;
    use super::*;

    #[test]
    fn every_member_that_is_given_must_match() {
        let html = || Answer::new(401, "<html>").with_header("Content-Type", "Text/HTML; charset=utf-8");
        let json = |body: &str| Answer::new(401, body);
        let challenged = || Answer::new(401, "").with_header("www-authenticate", r#"Bearer error="Invalid_Token""#);
        for (says, answer, expected) in [
            (r#"{}"#, json("{}"), false),
            (r#"{"status":401}"#, json(""), true),
            (r#"{"status":[400,401]}"#, json(""), true),
            (r#"{"status":400}"#, json(""), false),
            (r#"{"status":401,"mediaType":"text/html"}"#, html(), true),
            (r#"{"mediaType":"text/html"}"#, html(), true),
            (r#"{"mediaType":"text/html"}"#, json(""), false),
            (r#"{"status":401,"codes":"gone"}"#, json(r#"{"code":"gone"}"#), true),
            (r#"{"status":401,"codes":["a","gone"]}"#, json(r#"{"error":"gone"}"#), true),
            (r#"{"codes":"gone"}"#, json(r#"{"code":"gone"}"#), true),
            (r#"{"codes":"gone"}"#, json(r#"{"code":"going"}"#), false),
            (r#"{"codes":"gone"}"#, json("gone"), false),
            (r#"{"begins":"Token error: "}"#, json(r#"{"error":"Token error: expired"}"#), true),
            (r#"{"begins":"Token error: ","codes":"x"}"#, json(r#"{"error":"x"}"#), true),
            (r#"{"begins":"Token error: "}"#, json(r#"{"error":"Request error: none"}"#), false),
            (
                r#"{"path":"errors.0.extensions.code","codes":"EXPIRED"}"#,
                json(r#"{"errors":[{"extensions":{"code":"EXPIRED"}}]}"#),
                true,
            ),
            (r#"{"path":["a","b"],"codes":"7"}"#, json(r#"{"b":7}"#), true),
            (r#"{"path":"ok","codes":"false"}"#, json(r#"{"ok":false}"#), true),
            (r#"{"path":"error"}"#, json(r#"{"error":"anything"}"#), true),
            (r#"{"path":"error"}"#, json(r#"{"error":null}"#), false),
            (r#"{"path":"","codes":"null"}"#, json(" null\n"), true),
            (r#"{"path":"","begins":"Unauthorized"}"#, json("Unauthorized Access"), true),
            (r#"{"path":"header:X-Error","codes":"gone"}"#, json("").with_header("x-error", "gone"), true),
            (r#"{"challenge":"invalid_token"}"#, challenged(), true),
            (r#"{"challenge":"Basic"}"#, challenged(), false),
            (r#"{"challenge":"Basic"}"#, json(""), false),
        ] {
            assert_eq!(any_fits(Some(&parse_json(says).unwrap()), &Shown::new(&answer)), expected, "{says} {answer:?}");
        }
    }

    #[test]
    fn trouble_is_nothing_else_unless_it_is_named() {
        for status in [408, 425, 429, 500, 502, 503, 599] {
            let page = Answer::new(status, "<html>").with_header("Content-Type", "text/html");
            let any = parse_json(r#"{"mediaType":"text/html"}"#).unwrap();
            assert!(!any_fits(Some(&any), &Shown::new(&page)), "{status}");
            let named = parse_json(&format!(r#"{{"mediaType":"text/html","status":{status}}}"#)).unwrap();
            assert!(any_fits(Some(&named), &Shown::new(&page)), "{status}");
        }
    }
}
