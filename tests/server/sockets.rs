//! Sockets and the tickets that open them.

use std::net::TcpStream;

use serde_json::{Value, json};
use tokenkeep::dev::Rotation;
use tungstenite::{Message, WebSocket};

use crate::live::Running;
use crate::support::{Directory, config, exchange, parse, post, seconds};

const GRACE: Rotation = Rotation::Grace(seconds(10));

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

async fn with_server(test: impl FnOnce(&Running) + Send + 'static) {
    let directory = Directory::new();
    let mut config = config(GRACE);
    config.database = tokenkeep::dev::Database::File(directory.file("sessions.db"));
    let server = Running::start(config).await;
    tokio::task::spawn_blocking(move || test(&server)).await.unwrap();
    drop(directory);
}

fn login(server: &Running) -> Value {
    post(server.address, "/api/v1/login", &json!({ "username": "susan", "password": "correct horse" })).unwrap().1
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
        for no_ticket in ["", "x", token, login["refreshToken"].as_str().unwrap(), &"A".repeat(43)] {
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
async fn a_ticket_and_a_socket_end_with_the_session() {
    with_server(|server| {
        let login = login(server);
        let open = ticket(server, &login["token"]).1["ticket"].as_str().unwrap().to_owned();
        let unused = ticket(server, &login["token"]).1["ticket"].as_str().unwrap().to_owned();
        let mut socket = connect(server, &open).unwrap();
        socket.read().unwrap();
        let head =
            format!("POST /api/v1/logout HTTP/1.1\r\nauthorization: Bearer {}", login["token"].as_str().unwrap());
        exchange(server.address, &head, "").unwrap();
        assert_eq!(connect(server, &unused).err(), Some(401));
        let Message::Close(Some(frame)) = socket.read().unwrap() else { panic!("not closed") };
        assert_eq!((u16::from(frame.code), frame.reason.as_str()), (4401, "token_invalid"));
    })
    .await;
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
