//! Sockets and the tickets that open them.

use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use tokenkeep::dev::{Config, Database, NewUser, Rotation};
use tungstenite::{Message, WebSocket};

use crate::live::Running;
use crate::support::{Directory, config, exchange, parse, post, seconds};

fn ticket(server: &Running, token: &Value) -> (u16, Value) {
    let head = format!("POST /api/v1/tickets HTTP/1.1\r\nauthorization: Bearer {}", token.as_str().unwrap());
    parse(&exchange(server.address, &head, "").unwrap()).unwrap()
}

/// The socket, or the status it was refused with.
fn connect(server: &Running, ticket: &str) -> Result<WebSocket<TcpStream>, u16> {
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(seconds(30))).unwrap();
    let url = format!("ws://{}/api/v1/socket?ticket={ticket}", server.address);
    match tungstenite::client(url, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer))) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// A server whose sockets look so rarely that what they hear, they have been told.
async fn with_server(test: impl FnOnce(&Running) + Send + 'static) {
    let directory = Directory::new();
    let server = Running::start(on(&directory, seconds(86_400))).await;
    tokio::task::spawn_blocking(move || test(&server)).await.unwrap();
    drop(directory);
}

fn on(directory: &Directory, look_every: Duration) -> Config {
    let mut config = config(Rotation::Strict);
    config.users.push("root:correct horse".parse::<NewUser>().unwrap().with_role("admin"));
    config.database = Database::File(directory.file("sessions.db"));
    config.look_every = look_every;
    config
}

fn sign_in(server: &Running, name: &str) -> Value {
    post(server.address, "/api/v1/login", &json!({ "username": name, "password": "correct horse" })).unwrap().1
}

fn login(server: &Running) -> Value {
    sign_in(server, "susan")
}

fn send(server: &Running, method: &str, path: &str, login: &Value, body: &Value) -> u16 {
    let token = login["token"].as_str().unwrap();
    let head =
        format!("{method} /api/v1{path} HTTP/1.1\r\nauthorization: Bearer {token}\r\ncontent-type: application/json");
    parse(&exchange(server.address, &head, &body.to_string()).unwrap()).unwrap().0
}

fn status(server: &Running, login: &Value) -> Value {
    let head = format!("GET /api/v1/status HTTP/1.1\r\nauthorization: Bearer {}", login["token"].as_str().unwrap());
    parse(&exchange(server.address, &head, "").unwrap()).unwrap().1
}

/// An open socket of that session, past its greeting and an echo.
fn opened(server: &Running, login: &Value) -> WebSocket<TcpStream> {
    let ticket = ticket(server, &login["token"]).1["ticket"].as_str().unwrap().to_owned();
    let mut socket = connect(server, &ticket).unwrap();
    socket.read().unwrap();
    socket.send(Message::text("here?")).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("here?"));
    socket
}

fn closed(mut socket: WebSocket<TcpStream>) -> (u16, String) {
    match socket.read().unwrap() {
        Message::Close(Some(frame)) => (frame.code.into(), frame.reason.as_str().to_owned()),
        other => panic!("not closed: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_opens_one_socket_in_the_users_name() {
    with_server(|server| {
        let login = login(server);
        let (status, body) = ticket(server, &login["token"]);
        assert_eq!((status, &body["expiresIn"]), (201, &json!(30)));
        let ticket = body["ticket"].as_str().unwrap();
        let mut socket = connect(server, ticket).unwrap();
        let hello: Value = serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap();
        assert_eq!((&hello["username"], &hello["subject"]), (&json!("susan"), &login["subject"]));
        socket.send(Message::text("привет 🔑")).unwrap();
        assert_eq!(socket.read().unwrap(), Message::text("привет 🔑"));
        socket.send(Message::binary(vec![0, 255])).unwrap();
        assert_eq!(socket.read().unwrap(), Message::binary(vec![0, 255]));
        assert_eq!(connect(server, ticket).err(), Some(401), "once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_ticket_opens_nothing() {
    with_server(|server| {
        let login = login(server);
        let token = login["token"].as_str().unwrap();
        let sql = "'%20OR%20'1'='1";
        let refresh = login["refreshToken"].as_str().unwrap();
        for no_ticket in ["", "x", token, refresh, &"A".repeat(43), sql, "%00", "%ff", "x&ticket=x", &"A".repeat(8000)]
        {
            assert_eq!(connect(server, no_ticket).err(), Some(401), "{no_ticket}");
        }
        let plain =
            |path: &str| parse(&exchange(server.address, &format!("GET {path} HTTP/1.1"), "").unwrap()).unwrap();
        assert_eq!(plain("/api/v1/socket").1["code"], "token_missing");
        let ticket = ticket(server, &login["token"]).1["ticket"].as_str().unwrap().to_owned();
        let (status, body) = plain(&format!("/api/v1/socket?ticket={ticket}"));
        assert_eq!((status, &body["code"]), (400, &json!("invalid_request")));
        assert!(connect(server, &ticket).is_ok(), "a request that is no handshake costs no ticket");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_ends_with_its_session() {
    with_server(|server| {
        let login = login(server);
        let unused = ticket(server, &login["token"]).1["ticket"].as_str().unwrap().to_owned();
        assert_eq!(send(server, "POST", "/logout", &login, &json!({})), 204);
        assert_eq!(connect(server, &unused).err(), Some(401));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_told_of_its_sessions_end_whichever_way_it_ends() {
    with_server(|server| {
        let root = sign_in(server, "root");
        let ways: [fn(&Running, &Value, &Value) -> u16; 6] = [
            |server, susan, _| send(server, "POST", "/logout", susan, &json!({})),
            |server, susan, _| send(server, "DELETE", "/sessions", susan, &json!({})),
            |server, susan, _| {
                let other = login(server);
                let susans = status(server, susan);
                send(
                    server,
                    "DELETE",
                    &format!("/sessions/{}", susans["session"].as_str().unwrap()),
                    &other,
                    &json!({}),
                )
            },
            |server, susan, root| {
                let subject = susan["subject"].as_str().unwrap();
                send(server, "DELETE", &format!("/users/{subject}/sessions"), root, &json!({}))
            },
            |server, susan, _| {
                let renew =
                    |token: &Value| post(server.address, "/api/v1/renew", &json!({ "refreshToken": token })).unwrap();
                renew(&susan["refreshToken"]);
                assert_eq!(renew(&susan["refreshToken"]).1["code"], "refresh_token_reused");
                204
            },
            |server, susan, _| {
                let change = json!({ "password": "correct horse", "newPassword": "battery staple" });
                send(server, "POST", "/password/change", susan, &change)
            },
        ];
        for (number, way) in ways.into_iter().enumerate() {
            let susan = login(server);
            let (socket, mut other) = (opened(server, &susan), opened(server, &root));
            assert_eq!(way(server, &susan, &root), 204, "{number}");
            assert_eq!(closed(socket), (4401, "token_invalid".to_owned()), "{number}");
            other.send(Message::text("still here")).unwrap();
            assert_eq!(other.read().unwrap(), Message::text("still here"), "{number}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_finds_out_what_ended_at_another_server() {
    let directory = Directory::new();
    let (here, there) = (
        Running::start(on(&directory, Duration::from_millis(20))).await,
        Running::start(on(&directory, seconds(86_400))).await,
    );
    tokio::task::spawn_blocking(move || {
        let login = login(&here);
        let socket = opened(&here, &login);
        assert_eq!(send(&there, "POST", "/logout", &login, &json!({})), 204);
        assert_eq!(closed(socket), (4401, "token_invalid".to_owned()));
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_told_when_its_server_goes_away() {
    let directory = Directory::new();
    let server = Running::start(on(&directory, seconds(86_400))).await;
    let (server, socket) = tokio::task::spawn_blocking(move || {
        let socket = opened(&server, &login(&server));
        (server, socket)
    })
    .await
    .unwrap();
    let closed = tokio::task::spawn_blocking(move || closed(socket));
    server.stop().await;
    assert_eq!(closed.await.unwrap(), (1001, "the server goes away".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_runs_out() {
    with_server(|server| {
        let login = login(server);
        let ticket = ticket(server, &login["token"]).1["ticket"].as_str().unwrap().to_owned();
        post(server.address, "/__faults/clock", &json!({ "shiftMs": 30_000 })).unwrap();
        assert_eq!(connect(server, &ticket).err(), Some(401));
    })
    .await;
}
