//! Headers that come twice, or hold what no header should. Over a real connection, where it is the connection's business.

use super::routes::named;
use super::world::World;
use super::{Bad, ROUTES, refuses};
use crate::live::Running;
use crate::support::{config, exchange_bytes, seconds};

const INVALID: (u16, &str) = (400, "invalid_request");

#[tokio::test]
async fn an_idempotency_key_that_could_be_read_in_two_ways_spends_nothing() {
    let world = World::new().await;
    refuses(&world, std::iter::once(named("POST /renew")), |_, good| {
        let keyed = |values: &[&[u8]]| good.with_header("idempotency-key", values);
        let long = "k".repeat(256);
        vec![
            Bad::new("empty", keyed(&[b""]), INVALID),
            Bad::new("too long", keyed(&[long.as_bytes()]), INVALID),
            Bad::new("in Latin-1", keyed(&[b"k\xe9y"]), INVALID),
            Bad::new("in UTF-8", keyed(&["ключ".as_bytes()]), INVALID),
            Bad::new("with a tab", keyed(&[b"a\tb"]), INVALID),
            Bad::new("twice", keyed(&[b"a", b"b"]), INVALID),
            Bad::new("twice the same", keyed(&[b"a", b"a"]), INVALID),
        ]
    })
    .await;
}

#[tokio::test]
async fn a_header_that_a_route_does_not_read_may_be_anything() {
    let world = World::new().await;
    for route in ROUTES {
        let mut call = world.good(route).await;
        for (name, value) in [
            ("user-agent", &b"'; DROP TABLE sessions; --"[..]),
            ("user-agent", b"\xff\xfe"),
            ("x-tab", b"\xff"),
            ("accept", b"nonsense"),
            ("accept", b"text/html;q=2"),
            ("cookie", b"=;=;"),
            ("x-forwarded-for", b"' OR 1=1"),
            ("origin", b"null"),
            ("x-http-method-override", b"DELETE"),
            ("content-encoding", b"gzip"),
        ] {
            call.headers.push((name, value.to_vec()));
        }
        assert_eq!(world.send(&call).await.status, route.success, "{}", route.operation);
    }
}

/// By name, what is sent, and the status that comes back; `None` where the connection just ends.
const ON_THE_WIRE: &[(&str, &[u8], u16)] = &[
    ("two lengths", b"POST /api/v1/login HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}", 400),
    ("no length", b"POST /api/v1/login HTTP/1.1\r\nhost: x\r\ncontent-length: two\r\n\r\n{}", 400),
    ("less than no length", b"POST /api/v1/login HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n{}", 400),
    ("chunks of no size", b"POST /api/v1/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", 400),
    ("chunks not last", b"POST /api/v1/login HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400),
    ("a header without a name", b"GET /api/v1/healthz HTTP/1.1\r\nhost: x\r\n: value\r\n\r\n", 400),
    ("a header with a blank in its name", b"GET /api/v1/healthz HTTP/1.1\r\nhost: x\r\na b: c\r\n\r\n", 400),
    ("NUL in a header", b"GET /api/v1/healthz HTTP/1.1\r\nhost: x\r\na: \0\r\n\r\n", 400),
    ("NUL in a path", b"GET /api/v1/\0 HTTP/1.1\r\nhost: x\r\n\r\n", 400),
    ("UTF-8 in a path", b"GET /api/v1/\xc3\xa9 HTTP/1.1\r\nhost: x\r\n\r\n", 404),
    ("another version", b"GET /api/v1/healthz HTTP/9.9\r\nhost: x\r\n\r\n", 400),
    ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ("a method of its own", b"FETCH /api/v1/healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", 405),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_as_http_is_400() {
    let server = Running::start(config(tokenkeep::dev::Rotation::Grace(seconds(10)))).await;
    let address = server.address;
    tokio::task::spawn_blocking(move || {
        let status = |bytes: &[u8]| {
            let answer = exchange_bytes(address, bytes).unwrap();
            let status = answer.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
            (status.unwrap_or_else(|| panic!("no answer: {answer}")), answer)
        };
        for (name, bytes, expected) in ON_THE_WIRE {
            let (status, answer) = status(bytes);
            assert_eq!(status, *expected, "{name}: {answer}");
        }
        let large = format!("GET /api/v1/healthz HTTP/1.1\r\nhost: x\r\na: {}\r\n\r\n", "x".repeat(300_000));
        assert_eq!(status(large.as_bytes()).0, 431, "a large head");
        let many = "a: b\r\n".repeat(200);
        assert_eq!(status(format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n").as_bytes()).0, 431, "many headers");
        let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(300_000));
        assert!([414, 431].contains(&status(long.as_bytes()).0), "a long path");
        assert_eq!(status(b"GET /api/v1/healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").0, 200);
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_length_and_chunks_nobody_gets_a_second_request_out() {
    let server = Running::start(config(tokenkeep::dev::Rotation::Grace(seconds(10)))).await;
    let address = server.address;
    tokio::task::spawn_blocking(move || {
        let smuggled = "GET /api/v1/healthz HTTP/1.1\r\nhost: x\r\n\r\n";
        let length = smuggled.len() + 5;
        let bytes = format!(
            "POST /api/v1/echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\
             transfer-encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"
        );
        let answers = exchange_bytes(address, bytes.as_bytes()).unwrap();
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
    })
    .await
    .unwrap();
}

#[test]
fn no_route_reads_more_of_a_query_or_a_header_than_is_tried() {
    let document = tokenkeep::dev::openapi();
    let mut read = Vec::new();
    for route in ROUTES {
        for parameter in route.described(&document)["parameters"].as_array().into_iter().flatten() {
            let (name, place) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
            match place {
                // Those are tried in `paths`, wherever they are.
                "path" => assert!(route.path().contains(&format!("{{{name}}}")), "{}: {name}", route.operation),
                _ => read.push((route.operation, place, name.to_owned())),
            }
        }
    }
    // Tickets are tried in `sockets`, by handshakes.
    assert_eq!(
        read,
        [("POST /renew", "header", "Idempotency-Key".to_owned()), ("GET /socket", "query", "ticket".to_owned())]
    );
}
