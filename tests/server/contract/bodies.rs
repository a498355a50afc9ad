//! Bodies that are not what the route reads, as a whole.

use super::routes::{Reads, Route};
use super::world::World;
use super::{Bad, ROUTES, refuses};
use crate::support::Answer;

const INVALID: (u16, &str) = (400, "invalid_request");
const UNSUPPORTED: (u16, &str) = (415, "unsupported_media_type");
const TOO_LARGE: (u16, &str) = (413, "payload_too_large");

const JSON_LIMIT: usize = 32 * 1024;
const ECHO_LIMIT: usize = 4 * 1024 * 1024;

fn reads_json(route: &&Route) -> bool {
    route.fields().is_some()
}

/// By name, bytes that are no JSON.
fn no_json() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("nothing", b"".to_vec()),
        ("blanks", b" \n".to_vec()),
        ("cut short", b"{\"username\": \"sus".to_vec()),
        ("without quotes", b"{username: susan}".to_vec()),
        ("in single quotes", b"{'username': 'susan'}".to_vec()),
        ("a comma too many", b"{\"username\": \"susan\",}".to_vec()),
        ("a comment", b"{} // hello".to_vec()),
        ("two objects", b"{}{}".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("a form", b"username=susan&password=hunter2".to_vec()),
        ("XML", b"<login><username>susan</username></login>".to_vec()),
        ("NaN", b"{\"username\": NaN}".to_vec()),
        ("very deep", "[".repeat(10_000).into_bytes()),
        ("a number without an end", format!("{{\"username\": {}", "9".repeat(10_000)).into_bytes()),
        ("half of a surrogate pair", br#"{"username": "\ud83d"}"#.to_vec()),
        ("a control character", b"{\"username\": \"a\nb\"}".to_vec()),
        ("Latin-1", b"{\"username\": \"sus\xe1n\"}".to_vec()),
        ("UTF-8 that breaks off", b"{\"username\": \"\xf0\x9f\x94\"}".to_vec()),
        ("UTF-8 that is longer than it must be", b"{\"username\": \"\xc0\xaf\"}".to_vec()),
        ("UTF-16", "{}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("gzip", vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
        ("NUL", vec![0; 100]),
    ]
}

#[tokio::test]
async fn what_is_no_json_is_pointed_at_without_being_repeated() {
    let world = World::new().await;
    refuses(&world, ROUTES.iter().filter(reads_json), |_, good| {
        no_json().into_iter().map(|(name, body)| Bad::new(name, good.with_body(body), INVALID)).collect()
    })
    .await;
    for route in ROUTES.iter().filter(reads_json) {
        let good = world.good(route).await;
        for (name, body) in no_json() {
            let detail = detail(&world.send(&good.with_body(body)).await);
            assert!(detail.starts_with("The body is not valid JSON (line "), "{}: {name}: {detail}", route.operation);
        }
    }
}

#[tokio::test]
async fn json_that_is_no_object_is_refused() {
    let world = World::new().await;
    refuses(&world, ROUTES.iter().filter(reads_json), |_, good| {
        let no_objects = ["null", "true", "0", "1e999999", "\"hunter2\"", "[]", "[{}]", "[[[]]]"];
        let bad = |body: &str| Bad::new(body, good.with_body(body), INVALID);
        let mut all: Vec<Bad> = no_objects.map(bad).into();
        for bad in &mut all {
            // A number that is out of range is no JSON to begin with.
            bad.detail = (bad.name != "1e999999").then(|| "The body is not a JSON object.".to_owned());
        }
        all
    })
    .await;
}

#[tokio::test]
async fn a_body_of_another_type_is_415() {
    let world = World::new().await;
    refuses(&world, ROUTES.iter().filter(reads_json), |route, good| {
        let mut types: Vec<&[u8]> = vec![
            b"",
            b"text/plain",
            b"text/json",
            b"multipart/form-data; boundary=x",
            b"application",
            b"application/",
            b"application/jsonp",
            b"json",
            b"\xe9",
            b"*/*",
        ];
        // A login may come as a form.
        if route.operation != "POST /login" {
            types.push(b"application/x-www-form-urlencoded");
        }
        let mut all: Vec<Bad> = types
            .into_iter()
            .map(|media_type| {
                let call = good.with_header("content-type", [media_type]);
                Bad::new(String::from_utf8_lossy(media_type), call, UNSUPPORTED)
            })
            .collect();
        all.push(Bad::new("no type", good.without_header("content-type"), UNSUPPORTED));
        let twice = good.with_header("content-type", ["application/json", "application/json"]);
        all.push(Bad::new("two types", twice, UNSUPPORTED));
        all
    })
    .await;
}

#[tokio::test]
async fn json_by_another_name_is_read() {
    let world = World::new().await;
    for route in ROUTES.iter().filter(reads_json) {
        for media_type in
            ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json", " application/json"]
        {
            let call = world.good(route).await.with_header("content-type", [media_type]);
            assert_eq!(world.send(&call).await.status, route.success, "{}: {media_type}", route.operation);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_and_the_largest_is_read() {
    let world = World::new().await;
    refuses(&world, ROUTES.iter().filter(|route| !matches!(route.reads, Reads::Nothing)), |route, good| {
        let limit = if reads_json(&route) { JSON_LIMIT } else { ECHO_LIMIT };
        let padded = |length: usize| {
            let mut body = good.body.clone();
            body.resize(length, b' ');
            good.with_body(body)
        };
        [limit + 1, 2 * limit].map(|length| Bad::new(format!("{length} bytes"), padded(length), TOO_LARGE)).into()
    })
    .await;
    for route in ROUTES.iter().filter(reads_json) {
        let mut call = world.good(route).await;
        call.body.resize(JSON_LIMIT, b' ');
        assert_eq!(world.send(&call).await.status, route.success, "{}", route.operation);
    }
}

#[tokio::test]
async fn a_route_that_reads_no_body_looks_at_none() {
    let world = World::new().await;
    for route in ROUTES.iter().filter(|route| matches!(route.reads, Reads::Nothing)) {
        for body in [b"{\"token\": ".to_vec(), b"\xff\xfe".to_vec(), vec![b'x'; ECHO_LIMIT + 1]] {
            let call = world.good(route).await.with_body(body).with_header("content-type", ["nonsense", "twice"]);
            assert_eq!(world.send(&call).await.status, route.success, "{}", route.operation);
        }
    }
}

fn detail(answer: &Answer) -> String {
    answer.json()["detail"].as_str().unwrap().to_owned()
}
