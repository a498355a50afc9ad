//! One machine in a world without manners: everything may happen at any time and come to anything,
//! as long as the driver's contract is kept.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tokenkeep::error::EndReason;
use tokenkeep::machine::{
    Announcement, Commit, Config, Content, Delivery, Effect, Event, Lease, Limits, Lock, Machine, Notice, Record,
    Relogin, Resend, Sharing, StorageFault, Ticket,
};
use tokenkeep::protocol::{Answer, Grant, Protocol, Reply, Silence};
use tokenkeep::time::{Millis, Mono, Now, Wall};
use tokenkeep::token::{AccessToken, RefreshToken, Secret, SessionId, Stamp};

use crate::world::EPOCH;

/// What every token begins with.
pub const TELL_NOBODY: &str = "tell-nobody";

/// Stands among the notices where the user would not log in.
pub const CANCELLED: &str = "cancelled";

/// What happens next: which kind of thing, and which one of that kind.
pub type Step = (u8, u16);

pub struct Wild {
    pub machine: Machine,
    /// Whether a token was ever printed.
    pub leaked: bool,
    pub answers: BTreeMap<Ticket, Vec<Delivery>>,
    pub asked: BTreeSet<Ticket>,
    pub aborted: BTreeSet<Ticket>,
    pub notices: Vec<Notice>,
    pub holds_lock: bool,
    storage: Option<String>,
    storing: VecDeque<Effect>,
    pending: Vec<Effect>,
    leases: Vec<Lease>,
    asks_lock: bool,
    tokens: u64,
    time: u64,
    skew: i64,
}

fn willing(arg: u16) -> Relogin {
    if arg.is_multiple_of(2) { Relogin::Hold } else { Relogin::Reject }
}

pub fn config(kind: u8) -> Config {
    let mut config = Config { ahead: kind & 1 != 0, ..Config::default() };
    if kind & 2 != 0 {
        config.sharing = Sharing::Alone;
    }
    if kind & 4 != 0 {
        config.limits = Limits { idle: Some(Millis(400_000)), absolute: Some(Millis(3_000_000)), ..config.limits };
    }
    if kind & 24 == 24 {
        config.protocol = Protocol::parse(r#"{"renew":false}"#).unwrap();
    }
    if kind & 56 == 32 {
        let sliding = r#"{"renew":{"token":"access"},"attach":{"as":"basic"}}"#;
        let twofold = r#"{"logout":[{"path":"/a","live":true},{"path":"/r","token":"refresh","body":"json"}]}"#;
        config.protocol = Protocol::parse(if kind & 64 == 0 { sliding } else { twofold }).unwrap();
    }
    config
}

impl Wild {
    pub fn new(config: Config) -> Self {
        let now = Now { mono: Mono(0), wall: Wall(EPOCH) };
        let mut wild = Self {
            machine: Machine::new(config, 7, now),
            leaked: false,
            answers: BTreeMap::new(),
            asked: BTreeSet::new(),
            aborted: BTreeSet::new(),
            notices: Vec::new(),
            holds_lock: false,
            storage: None,
            storing: VecDeque::new(),
            pending: Vec::new(),
            leases: Vec::new(),
            asks_lock: false,
            tokens: 0,
            time: 0,
            skew: 0,
        };
        wild.drain();
        wild
    }

    pub fn after(config: Config, steps: &[Step]) -> Self {
        let mut wild = Self::new(config);
        for step in steps {
            wild.step(*step);
        }
        wild
    }

    pub fn step(&mut self, (kind, arg): Step) {
        match kind % 24 {
            0..=2 => self.ask(|ticket| Event::TokenWanted(ticket, willing(arg))),
            3 => self.ask(Event::RenewalWanted),
            4 => self.ask(Event::LoginWanted),
            5 if arg % 4 == 0 => self.ask(Event::LogoutWanted),
            6 if arg % 4 == 0 => {
                let grant = self.grant(arg);
                self.ask(|ticket| Event::Adopted(ticket, grant));
            }
            7 | 8 => self.reject(arg),
            9 => self.abort(arg),
            10 => {
                let event = match arg % 5 {
                    0 => Event::StorageChanged,
                    1 => Event::PageResumed,
                    2 => Event::PageHidden,
                    3 => Event::UserActive,
                    _ => Event::NetworkBack,
                };
                self.tell(event);
            }
            11 => self.tell(Event::Announced(self.announcement(arg))),
            12 => self.write_as_another(arg),
            13 if arg % 8 == 0 => self.skew += (i64::from(arg) - 32_768) * 1000,
            14 | 15 => self.pass(u64::from(arg)),
            16 => self.pass(u64::from(arg) * 20),
            17 if arg % 64 == 0 => self.tell(Event::Disposed),
            18 if arg % 4 == 0 => self.cancel(),
            _ => self.settle(arg),
        }
    }

    /// Everything that is under way comes to an end, and all timers run out. Nobody looks any more: as long as
    /// somebody does, what only a live token can renew is renewed.
    pub fn finish(&mut self) {
        self.tell(Event::PageHidden);
        for _ in 0..20_000 {
            if !self.pending.is_empty() || !self.storing.is_empty() {
                self.settle(0);
            } else if let Some((at, _)) = self.machine.poll_timeout() {
                self.time = self.time.max(at.0);
                let now = self.now();
                self.machine.handle_timeout(now);
                self.drain();
            } else {
                return;
            }
        }
        panic!("it never comes to rest: {:?}", self.machine.poll_timeout());
    }

    pub fn pass(&mut self, millis: u64) {
        let until = self.time + millis;
        for _ in 0..5_000 {
            let Some((at, _)) = self.machine.poll_timeout().filter(|(at, _)| at.0 <= until) else {
                self.time = until;
                return;
            };
            self.time = self.time.max(at.0);
            let now = self.now();
            self.machine.handle_timeout(now);
            self.drain();
        }
        panic!("it wakes up without an end: {:?}", self.machine.poll_timeout());
    }

    pub fn now(&self) -> Now {
        Now { mono: Mono(self.time), wall: Wall((EPOCH + self.time).saturating_add_signed(self.skew)) }
    }

    fn tell(&mut self, event: Event) {
        self.see(&event);
        let now = self.now();
        self.machine.handle(now, event);
        self.drain();
    }

    fn ask(&mut self, event: impl FnOnce(Ticket) -> Event) {
        let ticket = Ticket(self.asked.len() as u64 + 1);
        self.asked.insert(ticket);
        self.tell(event(ticket));
    }

    fn reject(&mut self, arg: u16) {
        if let Some(lease) = self.leases.get(usize::from(arg / 2) % self.leases.len().max(1)).cloned() {
            let Lease { session, stamp, .. } = lease;
            let resend = Resend {
                relogin: willing(arg / 2),
                status: 401,
                repeatable: !arg.is_multiple_of(3),
                ..Resend::default()
            };
            self.ask(|ticket| Event::TokenRejected { ticket, session, stamp, replayed: arg.is_multiple_of(2), resend });
        }
    }

    fn cancel(&mut self) {
        self.notices.push(Notice::Diagnostic { code: CANCELLED, message: String::new() });
        self.tell(Event::LoginCancelled);
    }

    fn abort(&mut self, arg: u16) {
        let open: Vec<_> = self.asked.iter().filter(|ticket| !self.answers.contains_key(ticket)).copied().collect();
        if let Some(ticket) = open.get(usize::from(arg) % open.len().max(1)) {
            self.aborted.insert(*ticket);
            self.tell(Event::Aborted(*ticket));
        }
    }

    fn drain(&mut self) {
        while let Some(effect) = self.machine.poll_effect() {
            self.see(&effect);
            match effect {
                Effect::Read(_) | Effect::CommitIf { .. } => self.storing.push_back(effect),
                Effect::AcquireLock => self.asks_lock = true,
                Effect::ReleaseLock => (self.asks_lock, self.holds_lock) = (false, false),
                Effect::Renew(..) | Effect::SendLogin(..) | Effect::Revoke(..) => self.pending.push(effect),
                Effect::Deliver(ticket, delivery) => {
                    if let Delivery::Token(lease) = &delivery {
                        self.leases.push(lease.clone());
                    }
                    self.answers.entry(ticket).or_default().push(delivery);
                }
                Effect::Announce(announcement) => self.see(&announcement.encode()),
                Effect::Notify(notice) => self.notices.push(notice),
                Effect::RaiseFence(_) => {}
            }
        }
    }

    fn see(&mut self, what: &dyn std::fmt::Debug) {
        self.leaked |= format!("{what:?}").contains(TELL_NOBODY);
    }

    /// One of the things under way comes to something.
    fn settle(&mut self, arg: u16) {
        let choices = self.pending.len() + usize::from(!self.storing.is_empty()) + usize::from(self.asks_lock);
        if choices == 0 {
            return;
        }
        let (choice, outcome) = (usize::from(arg) % choices, arg / 16);
        if choice < self.pending.len() {
            let event = match self.pending.remove(choice) {
                Effect::Renew(flight, _) => Event::RenewalSettled(flight, self.reply(outcome)),
                Effect::SendLogin(ticket, _) => Event::LoginSettled(ticket, self.reply(outcome)),
                Effect::Revoke(ticket, _) => Event::RevocationSettled(ticket, self.reply(outcome)),
                other => panic!("{other:?} awaits nothing"),
            };
            self.tell(event);
        } else if choice == self.pending.len()
            && let Some(effect) = self.storing.pop_front()
        {
            self.store(effect, outcome);
        } else {
            self.asks_lock = false;
            self.holds_lock = outcome % 4 != 3;
            let fence = (outcome % 8 == 1).then(|| self.someones_stamp(outcome));
            self.tell(Event::LockSettled(if self.holds_lock { Lock::Granted { fence } } else { Lock::Unavailable }));
        }
    }

    fn store(&mut self, effect: Effect, outcome: u16) {
        let broken = outcome % 16 == 15;
        let held = self.storage.clone().map(Secret);
        let event = match effect {
            Effect::Read(op) if broken => Event::RecordRead(op, Err(StorageFault("broken".into()))),
            Effect::Read(op) => Event::RecordRead(op, Ok(held)),
            Effect::CommitIf { op, .. } if broken => Event::Committed(op, Commit::Failed(StorageFault("full".into()))),
            Effect::CommitIf { op, expected, .. } if expected != held => Event::Committed(op, Commit::Conflict(held)),
            Effect::CommitIf { op, text, .. } => {
                self.storage = Some(text.0);
                Event::Committed(op, Commit::Done)
            }
            other => panic!("{other:?} is no storage operation"),
        };
        self.tell(event);
    }

    fn reply(&mut self, outcome: u16) -> Reply {
        let answer = |status, retry_after: Option<&str>, body: String| {
            Ok(retry_after
                .iter()
                .fold(Answer::new(status, &body), |answer, wait| answer.with_header("Retry-After", wait)))
        };
        let (access, refresh) = self.fresh_tokens();
        let life = [1, 60, 300, 3600][usize::from(outcome / 16) % 4];
        match outcome % 16 {
            0 => Err(Silence::Network),
            1 => Err(Silence::Timeout),
            2 => answer(401, None, r#"{"code":"refresh_token_revoked"}"#.into()),
            3 => answer(503, Some("20"), String::new()),
            4 => answer(429, None, String::new()),
            5 => answer(200, None, format!("<html>{access}</html>")),
            6 => answer(200, None, format!(r#"{{"token":"{access}"#)),
            7 => answer(200, None, format!(r#"{{"token":"{access}"}}"#)),
            8 => answer(200, None, format!(r#"{{"token":"{access}","expiresIn":{life},"subject":"other"}}"#)),
            _ => answer(
                200,
                None,
                format!(r#"{{"token":"{access}","refreshToken":"{refresh}","expiresIn":{life},"subject":"susan"}}"#),
            ),
        }
    }

    fn grant(&mut self, arg: u16) -> Grant {
        let (access, refresh) = self.fresh_tokens();
        Grant {
            access: (!arg.is_multiple_of(3)).then(|| AccessToken::new(&access)),
            refresh: (!arg.is_multiple_of(5)).then(|| RefreshToken::new(&refresh)),
            lifetime: arg.is_multiple_of(2).then_some(Millis(u64::from(arg))),
            ..Grant::default()
        }
    }

    fn fresh_tokens(&mut self) -> (String, String) {
        self.tokens += 1;
        (format!("{TELL_NOBODY}-a{}", self.tokens), format!("{TELL_NOBODY}-r{}", self.tokens))
    }

    fn someones_stamp(&self, arg: u16) -> Stamp {
        let epoch = EPOCH + self.time * u64::from(arg % 3);
        Stamp { epoch, generation: u64::from(arg % 5) }
    }

    fn announcement(&self, arg: u16) -> Announcement {
        let stored = self.storage.as_ref().and_then(|text| Record::decode(text).ok());
        let session = stored.as_ref().map_or(SessionId(9), |record| record.session);
        let stamp = stored.map_or(self.someones_stamp(arg), |record| Stamp {
            generation: record.stamp.generation + u64::from(arg % 2),
            ..record.stamp
        });
        let ended = [None, None, Some(EndReason::Logout), Some(EndReason::Refused)][usize::from(arg / 4) % 4];
        Announcement { session, stamp, ended }
    }

    fn write_as_another(&mut self, arg: u16) {
        let stored = self.storage.as_ref().and_then(|text| Record::decode(text).ok());
        let (access, refresh) = self.fresh_tokens();
        let wall = self.now().wall;
        self.storage = match (arg % 8, stored) {
            (0, _) => None,
            (1, _) => Some(format!("{{\"token\":\"{access}\"}}")),
            (2, _) => Some(format!("{{\"v\":9,\"token\":\"{access}\"}}")),
            (3, Some(record)) => {
                let stamp = Stamp { epoch: record.stamp.epoch + 1, ..record.stamp };
                Some(Record { stamp, content: Content::Ended(EndReason::Logout), ..record }.encode())
            }
            (_, Some(Record { session, mut stamp, content: Content::Live(mut live) })) => {
                stamp.generation += u64::from(arg % 2);
                (live.access, live.refresh) = (Some(AccessToken::new(&access)), Some(RefreshToken::new(&refresh)));
                live.obtained = wall;
                Some(Record { session, stamp, content: Content::Live(live) }.encode())
            }
            (_, other) => other.map(|record| record.encode()),
        };
    }
}
