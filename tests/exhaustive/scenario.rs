//! What is explored: which tabs, which mishaps, and every step that can come next.

use stateright::{Model, Property};
use tokenkeep::machine::{Config, Content, Event, Live, Record, Relogin, Resend, Status};
use tokenkeep::time::{Millis, Wall};
use tokenkeep::token::{AccessToken, RefreshToken, SessionId, Stamp};

use crate::browser::stored_token;
use crate::ledger::Fault;
use crate::server::{Rotation, Token};
use crate::tab::{Storing, Tab};
use crate::world::{Budget, World};

/// A wait of so many milliseconds is a long one: nothing within the browser takes that long.
const LONG: u64 = 1_000;

#[derive(Clone)]
pub struct Scenario {
    pub config: Config,
    pub tabs: usize,
    /// What each page asks for, one caller after the other, at any time.
    pub asks: Vec<Ask>,
    pub budget: Budget,
    pub rotation: Rotation,
    pub locks: bool,
    pub storage: StorageKind,
    /// So many milliseconds after another tab has written something, it shows at the latest.
    pub lag: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    Token,
    Renewal,
    /// The app's API has rejected the token at hand.
    Replay,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StorageKind {
    /// As `localStorage`: for its own tab, it does everything at once.
    AtOnce,
    /// Other things may happen before it does.
    Later,
}

/// One step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Ask(usize),
    LogIn(usize),
    LogOut(usize),
    /// The page goes, and comes back.
    Crash(usize),
    /// The storage does what a tab has asked for.
    Store(usize),
    /// As `Store`, but what others have written by then comes after it.
    StoreFirst(usize),
    /// What others have written shows.
    Show(usize),
    Hear(usize),
    /// An announcement is lost.
    Miss(usize),
    Grant,
    Timer(usize),
    /// Time passes until the next timer is due.
    Wait,
    /// The same, and it takes long, although other things could happen.
    Delay,
    /// Time passes with nothing to do.
    Pause,
    Serve(usize),
    Answer(usize),
    Lose(usize),
}

impl Scenario {
    pub fn first_record(&self, now: Wall) -> Record {
        let obtained = Wall(now.0 - 600_000);
        let live = Live {
            access: Some(AccessToken::new(&Token::FIRST.access())),
            refresh: Some(RefreshToken::new(&Token::FIRST.refresh())),
            began: obtained,
            active: obtained,
            obtained,
            lifetime: Some(Millis(300_000)),
            refresh_obtained: obtained,
            subject: Some("susan".into()),
            ..Live::default()
        };
        Record {
            session: SessionId(1),
            stamp: Stamp { epoch: obtained.0, generation: 1 },
            content: Content::Live(Box::new(live)),
        }
    }

    /// How long an answer may take until it counts as lost: somewhat less than the machine waits,
    /// as it cannot know when a sibling's request has left.
    pub fn patience(&self) -> u64 {
        self.config.timeout.0 - 100
    }

    /// Whether the storage does the next thing for this tab before anything else happens. What
    /// comes first, where two write at the same time, is open.
    pub fn stores_at_once(&self, world: &World, at: usize) -> bool {
        let tab = &world.tabs[at];
        match tab.storing.front() {
            None => false,
            Some(_) if self.storage == StorageKind::Later => false,
            Some(Storing::Read(_)) => true,
            Some(Storing::CommitIf { .. }) => !self.can_be_overtaken(world, at),
        }
    }

    fn can_be_overtaken(&self, world: &World, at: usize) -> bool {
        world.tabs.len() == 2 && world.tabs[at].view.is_stale()
    }

    /// What happens by itself, sooner or later.
    fn inevitable(&self, world: &World, steps: &mut Vec<Step>) {
        for (at, tab) in world.tabs.iter().enumerate() {
            let Some(storing) = tab.storing.front() else { continue };
            steps.push(Step::Store(at));
            if matches!(storing, Storing::CommitIf { .. }) && self.can_be_overtaken(world, at) {
                steps.push(Step::StoreFirst(at));
            }
        }
        if self.storage == StorageKind::AtOnce && !steps.is_empty() {
            return;
        }
        let now = world.now();
        for (at, tab) in world.tabs.iter().enumerate() {
            if !tab.view.coming.is_empty() {
                steps.push(Step::Show(at));
            }
            if !tab.inbox.is_empty() {
                steps.extend([Step::Hear(at), Step::Miss(at)]);
            }
            if tab.is_due(now) {
                steps.push(Step::Timer(at));
            }
        }
        if world.lock.holder.is_none() && !world.lock.queue.is_empty() {
            steps.push(Step::Grant);
        }
        for (at, request) in world.requests.iter().enumerate() {
            steps.push(if request.answer.is_none() { Step::Serve(at) } else { Step::Answer(at) });
            if request.tab.is_none() {
                steps.push(Step::Lose(at));
            }
        }
        if self.next_time(world).is_some_and(|at| steps.is_empty() || at - world.time < LONG) {
            steps.push(Step::Wait);
        }
    }

    /// What need not happen.
    fn possible(&self, world: &World, steps: &mut Vec<Step>) {
        let Budget { crashes, losses, logouts, logins, delays, pauses } = world.left;
        if self.storage == StorageKind::AtOnce && world.tabs.iter().any(|tab| !tab.storing.is_empty()) {
            return;
        }
        if delays > 0 && !steps.contains(&Step::Wait) && self.next_time(world).is_some() {
            steps.push(Step::Delay);
        }
        for (at, tab) in world.tabs.iter().enumerate() {
            if crashes > 0 {
                steps.push(Step::Crash(at));
            }
            if usize::from(tab.asked) < self.asks.len() {
                steps.push(Step::Ask(at));
            }
            if logouts > 0 {
                steps.push(Step::LogOut(at));
            }
            if logins > 0 {
                steps.push(Step::LogIn(at));
            }
        }
        if losses > 0 {
            let lost = (0..world.requests.len()).filter(|at| world.requests[*at].tab.is_some());
            steps.extend(lost.map(Step::Lose));
        }
        if pauses > 0 && world.stored.contains("backoff") && self.is_quiet(world) {
            steps.push(Step::Pause);
        }
    }

    /// Not before all that is due is done, and everything shows that must show by then.
    fn next_time(&self, world: &World) -> Option<u64> {
        let now = world.now();
        if world.tabs.iter().any(|tab| tab.is_due(now)) {
            return None;
        }
        let at = world.tabs.iter().filter_map(|tab| tab.page.wakes_at()).min()? - (now.mono.0 - world.time);
        let shows_late = |tab: &Tab| tab.view.coming.iter().any(|write| write.at + self.lag <= at);
        (!world.tabs.iter().any(shows_late)).then_some(at)
    }

    pub fn is_quiet(&self, world: &World) -> bool {
        let mut steps = Vec::new();
        self.inevitable(world, &mut steps);
        steps.is_empty()
    }

    fn ask(&self, world: &mut World, at: usize) {
        let ask = self.asks[usize::from(world.tabs[at].asked)];
        world.tabs[at].asked += 1;
        let lease = world.tabs[at].page.machine().lease(world.now());
        let event = match (ask, lease) {
            (Ask::Token, Some(_)) => return,
            (Ask::Token, None) => Event::TokenWanted(world.tabs[at].next_ticket(), Relogin::Reject),
            (Ask::Replay, Some(lease)) => Event::TokenRejected {
                ticket: world.tabs[at].next_ticket(),
                session: lease.session,
                stamp: lease.stamp,
                replayed: false,
                resend: Resend::default(),
            },
            (Ask::Renewal | Ask::Replay, _) => Event::RenewalWanted(world.tabs[at].next_ticket()),
        };
        world.tell(at, self, event);
    }

    fn log_out(&self, world: &mut World, at: usize) {
        world.left.logouts -= 1;
        let ends = match world.tabs[at].page.machine().snapshot().status {
            Status::Starting => stored_token(world),
            _ => world.tabs[at].page.token(),
        };
        world.ledger.logged_out.extend(ends.map(|token| token.family));
        let ticket = world.tabs[at].next_ticket();
        world.tell(at, self, Event::LogoutWanted(ticket));
    }
}

impl Model for Scenario {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self)]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        self.inevitable(world, steps);
        self.possible(world, steps);
    }

    fn next_state(&self, before: &World, step: Step) -> Option<World> {
        let mut world = before.clone();
        match step {
            Step::Ask(at) => self.ask(&mut world, at),
            Step::LogIn(at) => {
                world.left.logins -= 1;
                let ticket = world.tabs[at].next_ticket();
                world.tell(at, self, Event::LoginWanted(ticket));
            }
            Step::LogOut(at) => self.log_out(&mut world, at),
            Step::Crash(at) => {
                world.left.crashes -= 1;
                world.crash(at, self);
            }
            Step::Store(at) => world.store(at, self, false),
            Step::StoreFirst(at) => world.store(at, self, true),
            Step::Show(at) => {
                world.tabs[at].view.catch_up();
                world.tell(at, self, Event::StorageChanged);
            }
            Step::Hear(at) => {
                let announcement = world.tabs[at].inbox.pop_front()?;
                world.tell(at, self, Event::Announced(announcement));
            }
            Step::Miss(at) => drop(world.tabs[at].inbox.pop_front()),
            Step::Grant => world.grant(self),
            Step::Timer(at) => world.drive(at, self, |machine, now| machine.handle_timeout(now)),
            Step::Wait => world.time = self.next_time(before)?,
            Step::Delay => {
                world.left.delays -= 1;
                world.time = self.next_time(before)?;
            }
            Step::Pause => {
                world.left.pauses -= 1;
                world.time += 61_000;
            }
            Step::Serve(at) => world.serve(at, self),
            Step::Answer(at) => world.answer(at, self),
            Step::Lose(at) => {
                if world.requests[at].tab.is_some() {
                    world.left.losses -= 1;
                }
                world.lose(at, self);
            }
        }
        if world.progress() <= before.progress() {
            world.ledger.blame(Fault::NoProgress);
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("every caller is answered once", |_, world| without(world, Fault::AnsweredTwice)),
            Property::always("a refresh token is sent twice only after a lost answer", |_, world| {
                without(world, Fault::SentTwice)
            }),
            Property::always("nothing is written after a logout", |_, world| without(world, Fault::WrittenAfterLogout)),
            Property::always("no session ends without a reason", |_, world| without(world, Fault::EndedWithoutReason)),
            Property::always("no expired token is handed out", |_, world| without(world, Fault::StaleToken)),
            Property::always("every run comes to an end", |_, world| without(world, Fault::NoProgress)),
            Property::always("in the end nobody waits", |scenario: &Self, world: &World| {
                !scenario.is_quiet(world) || world.tabs.iter().all(|tab| tab.waiting.is_empty())
            }),
            Property::always("in the end the lock is free", |scenario: &Self, world: &World| {
                !scenario.is_quiet(world) || world.lock.holder.is_none()
            }),
            Property::always("after a logout nothing live is kept", |scenario: &Self, world: &World| {
                // A page that went before anybody could see its mark, or before it put it back, tells nobody.
                let excused = world.ledger.logged_out.is_empty() || world.ledger.torn;
                excused || !scenario.is_quiet(world) || forgot_logged_out(world)
            }),
            Property::always(
                "in the end no session is lost that the server would renew",
                |scenario: &Self, world: &World| !scenario.is_quiet(world) || !lost_a_live_one(world),
            ),
            Property::always("in the end all tabs and the storage agree", |scenario: &Self, world: &World| {
                !scenario.is_quiet(world) || agree(world)
            }),
        ]
    }
}

fn without(world: &World, fault: Fault) -> bool {
    world.ledger.fault != Some(fault)
}

fn forgot_logged_out(world: &World) -> bool {
    let gone = |token: Option<Token>| token.is_some_and(|token| world.ledger.logged_out.contains(&token.family));
    !gone(stored_token(world)) && !world.tabs.iter().any(|tab| gone(tab.page.token()))
}

fn lost_a_live_one(world: &World) -> bool {
    let excused = !world.ledger.logged_out.is_empty() || (world.ledger.mishap && world.ledger.torn);
    !excused && stored_token(world).is_none() && world.ledger.saved.is_some_and(|saved| world.server.holds(saved))
}

fn agree(world: &World) -> bool {
    let stored = stored_token(world);
    let agrees = |tab: &Tab| tab.page.machine().snapshot().status != Status::Starting && tab.page.token() == stored;
    world.tabs.iter().all(agrees)
}
