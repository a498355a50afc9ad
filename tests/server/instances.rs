//! Several servers on one PostgreSQL and one Redis.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Barrier, RwLock};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::command_line::{Running, program};
use crate::services;
use crate::support::{exchange, parse, post};

/// Where a cluster's servers meet.
struct Shared {
    database: String,
    redis: String,
}

impl Shared {
    fn new() -> Self {
        Self { database: services::postgres(), redis: services::redis() }
    }

    fn start(&self, options: &[&str]) -> Running {
        let mut program = program();
        program.env("TOKENKEEP_SIGNING_KEY", "one key for all of the servers in this test");
        program.env("TOKENKEEP_DATABASE", &self.database).env("TOKENKEEP_REDIS", &self.redis);
        program.args(["--user", "susan:correct horse", "--log", "warn"]).args(options);
        Running::start(&mut program)
    }
}

fn login(address: SocketAddr) -> Value {
    let (status, body) =
        post(address, "/api/v1/login", &json!({ "username": "susan", "password": "correct horse" })).unwrap();
    assert_eq!(status, 200, "{body}");
    body
}

fn get(address: SocketAddr, path: &str, token: &Value) -> (u16, Value) {
    let head = format!("GET {path} HTTP/1.1\r\nauthorization: Bearer {}", token.as_str().unwrap());
    parse(&exchange(address, &head, "").unwrap()).unwrap()
}

fn renew(address: SocketAddr, token: &Value, attempt: &str) -> std::io::Result<(u16, Value)> {
    let head = format!("POST /api/v1/renew HTTP/1.1\r\ncontent-type: application/json\r\nidempotency-key: {attempt}");
    parse(&exchange(address, &head, &json!({ "refreshToken": token }).to_string())?)
}

/// Five hundred renewals with one refresh token, through both servers, all begun together.
fn five_hundred(servers: [SocketAddr; 2], token: &Value) -> Vec<(u16, Value)> {
    let start = Barrier::new(500);
    let body = json!({ "refreshToken": token });
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..500)
            .map(|number| {
                let (start, body) = (&start, &body);
                let work = move || {
                    start.wait();
                    post(servers[number % 2], "/api/v1/renew", body).unwrap()
                };
                std::thread::Builder::new().stack_size(256 * 1024).spawn_scoped(scope, work).unwrap()
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn five_hundred_renewals_through_two_servers_get_one_child_in_grace() {
    let shared = Shared::new();
    let options = ["--rotation", "grace", "--grace", "120"];
    let (first, second) = (shared.start(&options), shared.start(&options));
    let session = login(first.address);
    let answers = five_hundred([first.address, second.address], &session["refreshToken"]);
    assert!(
        answers.iter().all(|(status, _)| *status == 200),
        "{:?}",
        answers.iter().find(|(status, _)| *status != 200)
    );
    let children: BTreeSet<_> = answers.iter().map(|(_, body)| body["refreshToken"].as_str().unwrap()).collect();
    assert_eq!(children.len(), 1);
    assert_eq!(renew(second.address, &answers[0].1["refreshToken"], "next").unwrap().0, 200);
    first.stop();
    second.stop();
}

#[test]
fn of_five_hundred_renewals_through_two_servers_one_wins_where_it_is_strict() {
    let shared = Shared::new();
    let options = ["--rotation", "strict"];
    let (first, second) = (shared.start(&options), shared.start(&options));
    let session = login(first.address);
    let answers = five_hundred([first.address, second.address], &session["refreshToken"]);
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(status, _)| *status == 200);
    assert_eq!(won.len(), 1);
    assert!(lost.iter().all(|(status, body)| *status == 401 && body["code"] == "refresh_token_reused"), "{lost:?}");
    first.stop();
    second.stop();
}

#[test]
fn what_ends_at_one_server_has_ended_at_the_other() {
    let shared = Shared::new();
    let (first, second) = (shared.start(&[]), shared.start(&[]));
    let session = login(first.address);
    assert_eq!(get(second.address, "/api/v1/status", &session["token"]).0, 200);
    let head = format!("POST /api/v1/logout HTTP/1.1\r\nauthorization: Bearer {}", session["token"].as_str().unwrap());
    assert_eq!(parse(&exchange(first.address, &head, "").unwrap()).unwrap().0, 204);
    let (status, body) = get(second.address, "/api/v1/status", &session["token"]);
    assert_eq!((status, &body["code"]), (401, &json!("token_invalid")));
    for server in [&first, &second] {
        for _ in 0..5 {
            let wrong = json!({ "username": "susan", "password": "wrong" });
            assert_eq!(post(server.address, "/api/v1/login", &wrong).unwrap().0, 401);
        }
    }
    let right = json!({ "username": "susan", "password": "correct horse" });
    assert_eq!(post(second.address, "/api/v1/login", &right).unwrap().0, 429, "both count together");
    first.stop();
    second.stop();
}

/// Clients that renew without a pause, at whichever server takes the request, each attempt under one id until it has
/// an answer. They end when told, with their last refresh token and how often they renewed.
struct Load {
    servers: Arc<RwLock<Vec<SocketAddr>>>,
    ending: Arc<AtomicBool>,
    renewed: Arc<AtomicU32>,
    clients: Vec<std::thread::JoinHandle<Value>>,
}

impl Load {
    fn begin(servers: Vec<SocketAddr>, clients: usize) -> Self {
        let sessions: Vec<Value> = (0..clients).map(|_| login(servers[0])).collect();
        let servers = Arc::new(RwLock::new(servers));
        let ending = Arc::new(AtomicBool::new(false));
        let renewed = Arc::new(AtomicU32::new(0));
        let clients = sessions.into_iter().enumerate().map(|(client, session)| {
            let (servers, ending, renewed) = (Arc::clone(&servers), Arc::clone(&ending), Arc::clone(&renewed));
            std::thread::spawn(move || {
                let mut token = session["refreshToken"].clone();
                let mut turn = client;
                for attempt in 0.. {
                    if ending.load(Ordering::Relaxed) {
                        break;
                    }
                    token = until_answered(&servers, &mut turn, &token, &format!("client {client} attempt {attempt}"));
                    renewed.fetch_add(1, Ordering::Relaxed);
                }
                token
            })
        });
        Self {
            servers: Arc::clone(&servers),
            ending: Arc::clone(&ending),
            renewed: Arc::clone(&renewed),
            clients: clients.collect(),
        }
    }

    /// Until the clients have renewed so many times more.
    fn go_on(&self, times: u32) {
        let goal = self.renewed.load(Ordering::Relaxed) + times;
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.renewed.load(Ordering::Relaxed) < goal {
            assert!(Instant::now() < deadline, "the clients are stuck");
            assert!(self.clients.iter().all(|client| !client.is_finished()), "a client has failed");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn end(self) -> Vec<Value> {
        self.ending.store(true, Ordering::Relaxed);
        self.clients.into_iter().map(|client| client.join().unwrap()).collect()
    }
}

fn until_answered(servers: &RwLock<Vec<SocketAddr>>, turn: &mut usize, token: &Value, attempt: &str) -> Value {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let server = {
            let servers = servers.read().unwrap();
            servers[*turn % servers.len()]
        };
        *turn += 1;
        match renew(server, token, attempt) {
            Ok((200, body)) => return body["refreshToken"].clone(),
            // The server, or what it stands on, is gone or going.
            Ok((503, _)) | Err(_) => assert!(Instant::now() < deadline, "{attempt} was never answered"),
            Ok((status, body)) => panic!("{attempt}: {status} {body}"),
        }
    }
}

/// One token of each session that has not been spent: neither lost nor double.
fn assert_one_live_token_each(shared: &Shared, sessions: usize) {
    let database = shared.database.rsplit_once('/').unwrap().1;
    let count = |query: &str| services::ask(database, query).trim().parse::<usize>().unwrap();
    let per_family = "SELECT family, COUNT(*) AS live FROM refresh_tokens WHERE spent_at IS NULL GROUP BY family";
    assert_eq!(count(&format!("SELECT COUNT(*) FROM ({per_family}) x WHERE live = 1")), sessions);
    assert_eq!(count(&format!("SELECT COUNT(*) FROM ({per_family}) x")), sessions);
    let children = "SELECT COUNT(*) - COUNT(DISTINCT child) FROM refresh_tokens WHERE spent_at IS NOT NULL";
    assert_eq!(count(children), 0, "each parent has a child of its own");
    assert_eq!(count("SELECT COUNT(*) FROM families WHERE ended_at IS NOT NULL"), 0);
}

#[test]
fn a_server_killed_under_load_loses_no_session_and_spends_no_token_twice() {
    let shared = Shared::new();
    // Strict: a token that came twice under two ids would end its session.
    let options = ["--rotation", "strict"];
    let (first, second) = (shared.start(&options), shared.start(&options));
    let load = Load::begin(vec![first.address, second.address], 8);
    load.go_on(100);
    first.kill();
    load.go_on(50);
    let again = shared.start(&options);
    load.servers.write().unwrap()[0] = again.address;
    load.go_on(50);
    second.kill();
    load.go_on(50);
    let tokens = load.end();
    assert_eq!(tokens.len(), 8);
    for token in &tokens {
        let (status, body) = renew(again.address, token, "the last one").unwrap();
        assert_eq!(status, 200, "{body}");
    }
    assert_one_live_token_each(&shared, 8);
    again.stop();
}

#[test]
fn a_rolling_restart_fails_no_request_of_a_client_that_tries_again() {
    let shared = Shared::new();
    let options = ["--rotation", "strict"];
    let mut servers = vec![shared.start(&options), shared.start(&options)];
    let addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
    let load = Load::begin(addresses.clone(), 6);
    for address in addresses {
        load.go_on(40);
        servers.remove(0).stop();
        let mut options = options.to_vec();
        let address = address.to_string();
        options.extend(["--addr", &address]);
        servers.push(shared.start(&options));
    }
    load.go_on(40);
    load.end();
    assert_one_live_token_each(&shared, 6);
    for server in servers {
        server.stop();
    }
}
