//! Stores that note what is asked of them, and can keep somebody waiting.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokenkeep::dev::family::{Change, Family, Token, User};
use tokenkeep::dev::sessions::{Parts, Sessions};
use tokenkeep::dev::store::{Brief, Issued, Reply, Store};
use tokenkeep::dev::{
    Authority, Claims, Clock, Draw, Keys, LoginLimit, Mailer, Moment, PasswordWork, Passwords, Roles, Rotation,
    SqlStore, TokenHash,
};
use tokio::sync::{Semaphore, mpsc};

use crate::support::policy;

/// Both stores in one, in memory.
#[derive(Clone)]
pub struct Watched {
    inner: SqlStore,
    asked: Arc<Mutex<Vec<&'static str>>>,
    gate: Arc<Mutex<Option<Gate>>>,
}

/// Whoever asks for `name` says so and waits.
#[derive(Clone)]
struct Gate {
    name: &'static str,
    arrived: mpsc::UnboundedSender<()>,
    open: Arc<Semaphore>,
}

/// Held shut until it is opened.
pub struct Closed {
    arrived: mpsc::UnboundedReceiver<()>,
    open: Arc<Semaphore>,
}

impl Closed {
    /// Done when somebody stands before it.
    pub async fn somebody(&mut self) {
        self.arrived.recv().await.unwrap();
    }

    pub fn open(self) {
        self.open.add_permits(1000);
    }
}

impl Watched {
    pub async fn new() -> Self {
        Self { inner: SqlStore::in_memory().await.unwrap(), asked: Arc::default(), gate: Arc::default() }
    }

    /// Sessions on it, and what hashes their passwords.
    pub fn sessions(&self) -> (Arc<Sessions>, Passwords) {
        let work = PasswordWork { memory_kib: 8, passes: 1, at_once: 2, waiting: 10 };
        let passwords = Passwords::new(work).unwrap();
        let sessions = Sessions::new(Parts {
            authority: Authority::new(policy(Rotation::Strict), Keys::new(&[7; 32]).unwrap(), "tokenkeep"),
            store: Arc::new(self.clone()),
            brief: Arc::new(self.clone()),
            passwords: passwords.clone(),
            limit: LoginLimit::default(),
            roles: Roles::default(),
            mailer: Arc::new(Mailer::default()),
            page: None,
            clock: Arc::new(Clock::new()),
            look_every: Duration::from_secs(2),
        });
        (Arc::new(sessions), passwords)
    }

    pub fn close(&self, name: &'static str) -> Closed {
        let (tell, arrived) = mpsc::unbounded_channel();
        let open = Arc::new(Semaphore::new(0));
        *self.gate.lock().unwrap() = Some(Gate { name, arrived: tell, open: Arc::clone(&open) });
        Closed { arrived, open }
    }

    /// What was asked since the last time.
    pub fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    async fn pass(&self, name: &'static str) {
        self.asked.lock().unwrap().push(name);
        let gate = self.gate.lock().unwrap().clone().filter(|gate| gate.name == name);
        if let Some(gate) = gate {
            gate.arrived.send(()).unwrap();
            drop(gate.open.acquire().await.unwrap());
        }
    }
}

macro_rules! hand_on {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $name<'a>(&'a self, $($argument: $type),*) -> Reply<'a, $answer> {
            Box::pin(async move {
                self.pass(stringify!($name)).await;
                self.inner.$name($($argument),*).await
            })
        })*
    };
}

impl Store for Watched {
    hand_on! {
        fn create_user(user: User, now: Moment) -> bool;
        fn user_named(name: &'a str) -> Option<User>;
        fn user(id: &'a str) -> Option<User>;
        fn user_at(email: &'a str) -> Option<User>;
        fn find(hash: TokenHash) -> Option<(Family, Token)>;
        fn family(id: &'a str) -> Option<Family>;
        fn families(subject: &'a str) -> Vec<(Family, Moment)>;
        fn grant(change: Change, issued: Option<Issued>) -> bool;
        fn keep_access(issued: Issued) -> ();
        fn access(hash: TokenHash) -> Option<Claims>;
        fn purge(start: Moment, now: Moment) -> u64;
        fn close() -> ();
    }
}

impl Brief for Watched {
    hand_on! {
        fn deny(name: &'a str, until: Moment, now: Moment) -> ();
        fn denied(names: [&'a str; 2], now: Moment) -> bool;
        fn draw(bucket: &'a str, draw: Draw, now: Moment) -> Result<(), Duration>;
        fn put_back(bucket: &'a str, draw: Draw, now: Moment) -> ();
        fn keep_ticket(hash: TokenHash, claims: Claims, until: Moment, now: Moment) -> ();
        fn take_ticket(hash: TokenHash, now: Moment) -> Option<Claims>;
        fn sweep(now: Moment) -> u64;
        fn ping() -> ();
    }
}
