//! What must hold in every run, whatever the climate. One function for each.

use tokenkeep::dev::{Refusal, Rotation};
use tokenkeep::error::{Code, EndReason, SessionError};
use tokenkeep::machine::{Content, Lease, Record, Ticket};

use crate::climate::Climate;
use crate::history::{End, Errand, Fate, Presentation};
use crate::limits;
use crate::world::{MARGIN, TIMEOUT, World};

pub type Verdict = Result<(), String>;

/// What one tab has written, every other one knows after so long.
const NEWS: u64 = 100;

/// Without a lock, an attempt is written down so long before it is sent.
const BEGUN: u64 = 500;

pub fn when_a_renewal_is_sent(world: &World, sent: &Presentation) -> Verdict {
    a_refresh_token_is_sent_twice_only_after_a_lost_answer(world, sent)?;
    no_renewal_is_sent_before_the_server_allows_it(world, sent)?;
    every_renewal_has_a_cause(world, sent)?;
    no_renewal_storm(world, sent)
}

fn a_refresh_token_is_sent_twice_only_after_a_lost_answer(world: &World, sent: &Presentation) -> Verdict {
    if world.climate.rotation == Rotation::Off || world.history.cleared {
        return Ok(());
    }
    for earlier in world.history.presentations.iter().filter(|earlier| earlier.token == sent.token) {
        let overdue = is_overdue(world, earlier, sent);
        let lost = match earlier.fate {
            Fate::Failed | Fate::Orphaned => true,
            // Where the storage does not take its mark, the end of a session travels by word of mouth. Nothing
            // is lost by a token of it.
            _ if sent.unwritten && world.history.refusals.contains_key(&sent.family) => true,
            _ if two_held_the_lock(world, earlier) => true,
            // Without a lock and without room there is nothing by which tabs could know of each other.
            _ if !sent.locked && (earlier.unwritten || sent.unwritten && !world.climate.locks) => true,
            Fate::Open => overdue,
            // Nobody else can know of an answer that is not written anywhere yet.
            Fate::Renewed { at, in_force: false, .. } => world.time - at >= TIMEOUT || overdue,
            Fate::Renewed { at, .. } => overdue && world.time - at < NEWS,
        };
        if !lost {
            return violated("a_refresh_token_is_sent_twice_only_after_a_lost_answer", (sent, earlier));
        }
    }
    Ok(())
}

fn no_renewal_is_sent_before_the_server_allows_it(world: &World, sent: &Presentation) -> Verdict {
    let told = world.history.pauses.iter().find(|pause| {
        pause.token == sent.token
            && (pause.from + NEWS..pause.until).contains(&world.time)
            && !world.history.clocks_changed_since(pause.from)
            && !world.history.cleared
            // Whom the storage does not answer, it does not tell of a pause.
            && !sent.blind
            // Of two that hold the lock, the second may fail for another reason, and pause for less.
            && !world.history.locks_lost.iter().any(|at| at + 2 * TIMEOUT >= pause.from)
    });
    match told {
        Some(pause) => violated("no_renewal_is_sent_before_the_server_allows_it", (sent, pause.from, pause.until)),
        None => Ok(()),
    }
}

fn every_renewal_has_a_cause(world: &World, sent: &Presentation) -> Verdict {
    let history = &world.history;
    let Some(issued) = sent.access.as_ref().and_then(|access| history.issued.get(access)) else { return Ok(()) };
    let lifetime = world.climate.lifetime * 1000;
    let margin = if world.climate.ahead { (2 * MARGIN).min(lifetime / 5) } else { MARGIN.min(lifetime / 10) };
    let stale = world.time - issued.asked + margin + NEWS >= lifetime;
    let wanted = || {
        history.callers.values().any(|caller| {
            caller.errand == Errand::Renewal
                && (caller.tab, caller.life) == (sent.tab, sent.life)
                && (caller.answer.is_none() || caller.aborted)
        })
    };
    let rejected = || sent.access.as_ref().is_some_and(|access| history.rejected.contains(access));
    let again = || history.presentations.iter().any(|earlier| earlier.token == sent.token);
    // Nobody looks at a hidden page, and without `ahead` nobody's needs are foreseen.
    let called_for = || {
        history.callers.values().any(|caller| {
            (caller.tab, caller.life) == (sent.tab, sent.life) && (caller.answer.is_none() || caller.aborted)
        })
    };
    // Who was waiting may have been served since, by a clock that was set back or before the page was hidden.
    // Of a hidden page every step takes until its next waking, and an attempt that has become old by that is
    // written down again.
    let lately = world.time.saturating_sub(3 * TIMEOUT + 5 * world.climate.throttle);
    let foreseen = world.climate.ahead && world.tabs[sent.tab].hidden_since.is_none_or(|since| since >= lately);
    if !foreseen && !called_for() && !history.clocks_changed_since(lately) {
        return violated("an_abandoned_tab_renews_nothing", (sent, issued));
    }
    if stale || history.clocks_changed_since(issued.asked) || rejected() || again() || wanted() {
        return Ok(());
    }
    violated("every_renewal_has_a_cause", (sent, issued))
}

fn no_renewal_storm(world: &World, sent: &Presentation) -> Verdict {
    let history = &world.history;
    let before = history.presentations.iter().filter(|earlier| earlier.family == sent.family);
    let within = |span: u64| before.clone().filter(|earlier| world.time - earlier.sent < span).count() as u64;
    let lately = |times: &[u64]| times.iter().filter(|at| world.time - **at < 60_000).count() as u64;
    let gone = history.counts.get("pages gone").copied().unwrap_or_default();
    let clocks = history.jumps.iter().filter(|jump| world.time - jump.at < 60_000).count() as u64;
    let wanted = history.callers.values().filter(|it| it.errand == Errand::Renewal && world.time - it.asked < 60_000);
    let reset = 2 * lately(&history.resumptions) + lately(&history.sleeps) + gone + clocks + wanted.count() as u64;
    let lives = 60 / world.climate.lifetime.min(60) * 2;
    // Pauses of 0.5, 1, 2 s and so on after failures, and one rejection that each tab may ask about.
    let bound = 8 + lives + world.climate.tabs + reset;
    // Pauses that cannot be stored hold in one tab alone.
    let bound = if history.full_storage.is_empty() { bound } else { bound * world.climate.tabs };
    if within(60_000) > bound {
        return violated("no_renewal_storm", (sent, within(60_000), bound));
    }
    // Of one generation, in an hour: pauses grow to half a minute at least, and what ends them early is rare.
    let resumed = history.resumptions.iter().filter(|at| world.time - **at < 3_600_000).count() as u64;
    let asked = history.callers.values().filter(|it| it.errand == Errand::Renewal).count() as u64;
    let hourly = before.filter(|it| it.token == sent.token && world.time - it.sent < 3_600_000).count() as u64;
    let bound = 20 + 3_600 / 15 + world.climate.tabs + 2 * resumed + gone + asked;
    let bound = if history.full_storage.is_empty() { bound } else { bound * world.climate.tabs };
    if world.climate.rotation != Rotation::Off && hourly > bound {
        return violated("no_renewal_storm", (sent, hourly, bound));
    }
    Ok(())
}

/// `refused` was sent, and the server says that it was spent before.
pub fn when_a_renewal_is_refused(world: &World, refused: usize, refusal: Refusal) -> Verdict {
    let presentation = &world.history.presentations[refused];
    let earlier = world.history.presentations[..refused].iter().filter(|it| it.token == presentation.token);
    // Which of two the server sees first is open, where the second was sent because the first was given up.
    let gone = matches!(presentation.fate, Fate::Failed | Fate::Orphaned);
    let mut later = world.history.presentations[refused + 1..].iter().filter(|it| it.token == presentation.token);
    let overtaken = later.any(|it| gone || is_overdue(world, presentation, it));
    let doubt = overtaken
        || earlier
            .clone()
            .any(|it| it.fate != Fate::Open || is_overdue(world, it, presentation) || two_held_the_lock(world, it));
    let unwritten = earlier.clone().any(|it| it.unwritten);
    let alone = !presentation.locked && (unwritten || presentation.unwritten && !world.climate.locks);
    // Each of two who hold the lock may begin an attempt of its own before the other's shows.
    // Which of the two the server sees first is open.
    let mut others = world
        .history
        .presentations
        .iter()
        .enumerate()
        .filter(|(at, it)| *at != refused && it.token == presentation.token);
    let lock_lost = others
        .any(|(_, it)| (it.attempt != presentation.attempt || it.attempt.is_empty()) && two_held_the_lock(world, it));
    // The server forgives the first sending again only until what it gave has been used.
    let spent_on = earlier.clone().any(|it| it.fate == Fate::Orphaned && was_spent_on(world, it, refused));
    let unforgiven = !world.climate.forgives() || unwritten || spent_on;
    let excusable = unforgiven && doubt || alone || lock_lost || world.history.cleared;
    if refusal == Refusal::Reused && !excusable {
        let earlier: Vec<_> = earlier.collect();
        return violated("the_server_sees_no_reuse_that_could_be_avoided", (presentation, earlier));
    }
    Ok(())
}

/// Whether the page that went had used what it had obtained, and what the storage had not taken.
fn was_spent_on(world: &World, it: &Presentation, before: usize) -> bool {
    let of_page = |later: &&Presentation| (later.tab, later.life, &later.family) == (it.tab, it.life, &it.family);
    let later = world.history.presentations[..before].iter().filter(of_page);
    later.into_iter().any(|later| later.sent > it.sent && later.token != it.token)
}

/// Whether the lock was given away while the page that then sent `earlier` may have held it: the next
/// one has the lock, and cannot know that the other one lives and still goes by it.
fn two_held_the_lock(world: &World, earlier: &Presentation) -> bool {
    world.history.locks_lost.iter().any(|at| at + 2 * TIMEOUT >= earlier.sent)
}

/// Whether nobody waits for the answer to `earlier` any more when `later` is sent, by either clock. What
/// was written down when `earlier` was begun, other pages hold against a clock that was set since.
fn is_overdue(world: &World, earlier: &Presentation, later: &Presentation) -> bool {
    let begun = earlier.sent.saturating_sub(BEGUN);
    let leapt = world.history.jumps.iter().any(|jump| jump.at >= begun && jump.by.unsigned_abs() >= TIMEOUT);
    let by_wall = later.sent_wall.checked_sub(earlier.sent_wall);
    later.sent - earlier.sent >= TIMEOUT || by_wall.is_none_or(|age| age >= TIMEOUT) || leapt
}

pub fn no_live_session_ends_without_a_reason(world: &World, end: &End) -> Verdict {
    let history = &world.history;
    let began = history.logins.get(&end.family).copied().unwrap_or_default();
    let reasonable = match end.reason {
        // The user's word comes after whatever is there, also when the storage has held it up.
        EndReason::Logout => {
            history.logouts.iter().any(|at| at + 1_000 >= began || history.stuck.iter().any(|stuck| stuck.end >= *at))
        }
        // The session that has ended may be a later one, which this tab had not taken up yet.
        EndReason::Refused | EndReason::LostRenewal => {
            history.refusals.keys().any(|refused| history.logins.get(refused).is_some_and(|at| *at >= began))
        }
        EndReason::Idle | EndReason::Absolute => limits::is_reached(world, end),
        _ => false,
    };
    // A login that nobody else can see, under a clock that was set back: its page cannot know what it would
    // have to come after, and is taken for one of before.
    let unordered = history.unstored_logins.contains(&end.family)
        && history.jumps.iter().any(|jump| jump.by < 0 && jump.at <= began);
    if reasonable || unordered {
        Ok(())
    } else {
        violated("no_live_session_ends_without_a_refusal_logout_or_limit", end)
    }
}

pub fn every_caller_is_answered_once(world: &World, ticket: Ticket) -> Verdict {
    match world.history.callers.get(&ticket) {
        Some(caller) if caller.answer.is_none() && !caller.aborted => Ok(()),
        Some(caller) => violated("every_caller_is_answered_exactly_once", (ticket, &caller.errand, &caller.answer)),
        None => violated("every_caller_is_answered_exactly_once", (ticket, "nobody asked")),
    }
}

/// Nobody is told of trouble that there is none of.
pub fn a_caller_fails_only_for_what_has_happened(world: &World, error: &SessionError) -> Verdict {
    let Climate { loss, trouble, slow, outages, full_storage, stuck_storage, freezes, throttle, hiding, .. } =
        world.climate;
    let history = &world.history;
    let silence = loss > 0 || slow > 0 || outages > 0 || !history.sleeps.is_empty();
    // One that is frozen cannot put back what a stale write has hidden.
    let storage = full_storage > 0 || stuck_storage > 0 || freezes > 0 || history.cleared;
    let explained = match error.code {
        Code::Storage => storage,
        Code::Network => silence,
        Code::Timeout => silence || storage || throttle > 0 && hiding > 0,
        Code::Server | Code::Protocol => trouble > 0,
        _ => true,
    };
    if explained { Ok(()) } else { violated("a_caller_fails_only_for_what_has_happened", error) }
}

/// A request goes out for the user whose page it was made on, or not at all.
pub fn nobody_sends_the_work_of_another(world: &World, ticket: Ticket, lease: &Lease) -> Verdict {
    let history = &world.history;
    let family = history.issued.get(lease.token.expose()).map(|issued| &issued.family);
    let sender = family.and_then(|family| history.subjects.get(family));
    match history.callers.get(&ticket).and_then(|caller| caller.owner) {
        Some(owner) if sender != Some(&owner) => violated("nobody_sends_the_work_of_another", (ticket, owner, sender)),
        _ => Ok(()),
    }
}

/// A token whose end has come, by a clock that nobody has touched, is not sent.
pub fn when_a_token_is_handed_out(world: &World, tab: usize, lease: &Lease, errand: &Errand) -> Verdict {
    let history = &world.history;
    let Some(issued) = history.issued.get(lease.token.expose()) else {
        return violated("only_tokens_of_the_server_are_handed_out", errand);
    };
    let page = &world.tabs[tab];
    if page.logged_out.contains(&issued.family) {
        return violated("no_token_is_handed_out_after_logout", (tab, issued));
    }
    limits::when_a_token_is_handed_out(world, &issued.family)?;
    let lifetime = world.climate.lifetime * 1000;
    // One that was too old on arrival is tried once: the next would be no younger.
    let margin = MARGIN.min(lifetime / 10);
    let used = (page.access.as_deref() == Some(lease.token.expose())).then_some(page.installed);
    let stillborn = issued.arrived.max(used).is_some_and(|arrived| arrived + margin >= issued.asked + lifetime);
    let expired = world.time - issued.asked >= lifetime && !stillborn;
    // One clock alone may be wrong: the wall clock of a page that was here all the time, or the
    // monotonic one of a device that slept.
    let no_witness = page.opened > issued.asked || page.slept > 0;
    let turned_back = history
        .jumps
        .iter()
        .any(|jump| jump.by < 0 && jump.at >= issued.asked && (no_witness || jump.at <= page.installed));
    if expired && !turned_back {
        return violated("no_token_is_handed_out_after_its_end", (tab, issued, world.time));
    }
    Ok(())
}

/// A page that knows of a logout brings nothing back, whatever answer comes after it.
pub fn when_a_record_is_written(world: &World, tab: usize, text: &str) -> Verdict {
    let Some(Record { content: Content::Live(live), .. }) = decode(text) else { return Ok(()) };
    let issued = live.access.as_ref().and_then(|access| world.history.issued.get(access.expose()));
    match issued.filter(|issued| world.tabs[tab].logged_out.contains(&issued.family)) {
        Some(issued) => violated("nothing_is_written_after_logout", (tab, issued)),
        None => Ok(()),
    }
}

/// Nobody writes an earlier state over a later one that is there to be seen.
pub fn when_a_record_is_replaced(held: Option<&String>, text: &str) -> Verdict {
    let (Some(held), Some(record)) = (held.and_then(|held| decode(held)), decode(text)) else { return Ok(()) };
    if held.supersedes(&record) {
        return violated("no_state_is_written_over_by_an_earlier_one", (held, record));
    }
    Ok(())
}

pub fn nothing_live_is_stored_after_logout(world: &World) -> Verdict {
    let Some(began) = world.history.live_after_logout else { return Ok(()) };
    let since = world.full_until.max(began);
    // What told of the logout was thrown away, and a page in the cache heard of it from nobody.
    let forgotten = world.history.cleared && world.history.logouts.iter().all(|at| *at <= world.history.cleared_at);
    // A session that a page held on to since before that, and before the clock was set back, is taken for the later one.
    let out_of_order = world.history.cleared
        && stands_after_logout(world).is_some_and(|login| {
            let turned_back = world.history.jumps.iter().any(|jump| jump.by < 0 && jump.at >= login);
            login <= world.history.cleared_at && turned_back
        });
    // A storage that does nothing for long does not take the mark that a logout leaves, either.
    let held_up = world.history.stuck.iter().any(|stuck| (stuck.start..stuck.end + 1_500).contains(&began));
    if world.history.broken_logout || forgotten || out_of_order || held_up {
        return Ok(());
    }
    let witness = world
        .tabs
        .iter()
        .any(|tab| tab.machine.is_some() && tab.frozen.is_none() && tab.opened.max(tab.thawed) + 1_500 < world.time);
    if witness && since + 1_500 < world.time && !world.storage_full {
        return violated("nothing_live_is_stored_after_logout", (since, world.time));
    }
    Ok(())
}

/// When the login arrived whose tokens the storage holds although the last word of the user was a logout.
pub fn stands_after_logout(world: &World) -> Option<u64> {
    let logout = world.history.logouts.last()?;
    let record = decode(world.central.as_ref()?)?;
    let Content::Live(live) = record.content else { return None };
    let issued = world.history.issued.get(live.access?.expose())?;
    // A login that was under way at that moment is the later word.
    world.history.logins.get(&issued.family).copied().filter(|login| login + 1_000 < *logout)
}

fn decode(text: &str) -> Option<Record> {
    Record::decode(text).ok()
}

pub fn violated(invariant: &str, evidence: impl std::fmt::Debug) -> Verdict {
    Err(format!("{invariant}: {evidence:?}"))
}
