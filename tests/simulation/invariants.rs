//! What must hold in every run, whatever the climate. One function for each.

use tokenkeep::dev::{Refusal, Rotation};
use tokenkeep::error::EndReason;
use tokenkeep::machine::{Content, Lease, Record, Ticket};

use crate::history::{End, Errand, Fate, Presentation};
use crate::world::{MARGIN, TIMEOUT, World};

type Verdict = Result<(), String>;

/// What one tab has written, every other one knows after so long.
const NEWS: u64 = 100;

pub fn when_a_renewal_is_sent(world: &World, sent: &Presentation) -> Verdict {
    a_refresh_token_is_sent_twice_only_after_a_lost_answer(world, sent)?;
    no_renewal_is_sent_before_the_server_allows_it(world, sent)?;
    every_renewal_has_a_cause(world, sent)?;
    no_renewal_storm(world, sent)
}

pub fn at_the_end(world: &World) -> Verdict {
    every_caller_is_answered(world)?;
    nothing_is_left_to_do(world)?;
    a_session_that_the_server_has_ended_ends_in_every_tab(world)?;
    all_tabs_agree(world)?;
    an_active_user_is_served(world)
}

fn a_refresh_token_is_sent_twice_only_after_a_lost_answer(world: &World, sent: &Presentation) -> Verdict {
    if world.climate.rotation == Rotation::Off || world.history.cleared {
        return Ok(());
    }
    for earlier in world.history.presentations.iter().filter(|earlier| earlier.token == sent.token) {
        let overdue = is_overdue(earlier, sent);
        let lost = match earlier.fate {
            Fate::Failed | Fate::Orphaned => true,
            // Without a lock and without room there is nothing by which tabs could know of each other.
            _ if !sent.locked && (earlier.unwritten || sent.unwritten) => true,
            Fate::Open => overdue,
            Fate::Renewed { at, in_force: false, .. } => {
                world.time - at >= TIMEOUT || overdue && world.time - at < NEWS
            }
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
    Ok(())
}

/// `refused` was sent, and the server says that it was spent before.
pub fn when_a_renewal_is_refused(world: &World, refused: usize, refusal: Refusal) -> Verdict {
    let presentation = &world.history.presentations[refused];
    let earlier = world.history.presentations[..refused].iter().filter(|it| it.token == presentation.token);
    let doubt = earlier.clone().any(|it| it.fate != Fate::Open || is_overdue(it, presentation));
    let unwritten = earlier.clone().any(|it| it.unwritten);
    let alone = !presentation.locked && (unwritten || presentation.unwritten);
    let excusable = (!world.climate.forgives() || unwritten) && doubt || alone || world.history.cleared;
    if refusal == Refusal::Reused && !excusable {
        let earlier: Vec<_> = earlier.collect();
        return violated("the_server_sees_no_reuse_that_could_be_avoided", (presentation, earlier));
    }
    Ok(())
}

/// Whether nobody waits for the answer to `earlier` any more when `later` is sent, by either clock.
fn is_overdue(earlier: &Presentation, later: &Presentation) -> bool {
    let by_wall = later.sent_wall.checked_sub(earlier.sent_wall);
    later.sent - earlier.sent >= TIMEOUT || by_wall.is_none_or(|age| age >= TIMEOUT)
}

pub fn no_live_session_ends_without_a_reason(world: &World, end: &End) -> Verdict {
    let history = &world.history;
    let began = history.logins.get(&end.family).copied().unwrap_or_default();
    let reasonable = match end.reason {
        EndReason::Logout => history.logouts.iter().any(|at| at + 1_000 >= began),
        // The session that has ended may be a later one, which this tab had not taken up yet.
        EndReason::Refused | EndReason::LostRenewal => {
            history.refusals.keys().any(|refused| history.logins.get(refused).is_some_and(|at| *at >= began))
        }
        _ => false,
    };
    if reasonable { Ok(()) } else { violated("no_live_session_ends_without_a_refusal_logout_or_limit", end) }
}

pub fn every_caller_is_answered_once(world: &World, ticket: Ticket) -> Verdict {
    match world.history.callers.get(&ticket) {
        Some(caller) if caller.answer.is_none() && !caller.aborted => Ok(()),
        Some(caller) => violated("every_caller_is_answered_exactly_once", (ticket, &caller.errand, &caller.answer)),
        None => violated("every_caller_is_answered_exactly_once", (ticket, "nobody asked")),
    }
}

fn every_caller_is_answered(world: &World) -> Verdict {
    let unanswered = world.history.callers.iter().find(|(_, it)| it.answer.is_none() && !it.aborted);
    match unanswered {
        Some((ticket, caller)) => {
            violated("every_caller_is_answered_exactly_once", (ticket, caller.tab, caller.asked, &caller.errand))
        }
        None => Ok(()),
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
    let lifetime = world.climate.lifetime * 1000;
    // One that was too old on arrival is tried once: the next would be no younger.
    let margin = MARGIN.min(lifetime / 10);
    let stillborn = issued.arrived.is_some_and(|arrived| arrived + margin >= issued.asked + lifetime);
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
    let Some(since) = world.history.live_after_logout else { return Ok(()) };
    let since = world.full_until.max(since);
    if world.history.broken_logout {
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

/// Whether the storage holds tokens although the last word of the user was a logout.
pub fn is_live_after_logout(world: &World) -> bool {
    let Some(logout) = world.history.logouts.last() else { return false };
    let record = world.central.as_ref().and_then(|text| decode(text));
    let Some(Content::Live(live)) = record.map(|record| record.content) else { return false };
    let family = live.access.and_then(|access| world.history.issued.get(access.expose()).cloned());
    let began = family.and_then(|issued| world.history.logins.get(&issued.family).copied());
    // A login that was under way at that moment is the later word.
    began.is_some_and(|began| began + 1_000 < *logout)
}

fn nothing_is_left_to_do(world: &World) -> Verdict {
    for (at, tab) in world.tabs.iter().enumerate() {
        if world.climate.ahead {
            continue;
        }
        let timer = tab.machine.as_ref().and_then(|machine| machine.poll_timeout());
        let renewing = tab.machine.as_ref().is_some_and(|machine| machine.snapshot().renewing);
        if timer.is_some() || renewing || !tab.inbox.is_empty() || !tab.storing.is_empty() {
            return violated("quiescence", (at, timer, renewing));
        }
    }
    match world.locks.holder.filter(|_| !world.climate.ahead) {
        None => Ok(()),
        left => violated("quiescence", left),
    }
}

fn a_session_that_the_server_has_ended_ends_in_every_tab(world: &World) -> Verdict {
    for (at, tab) in world.tabs.iter().enumerate() {
        if let Some(issued) = tab.access.as_ref().and_then(|access| world.history.issued.get(access))
            && !world.server.is_alive(&issued.family)
            && !world.history.cleared
        {
            return violated("a_revoked_session_ends_in_every_tab", (at, issued));
        }
    }
    Ok(())
}

fn all_tabs_agree(world: &World) -> Verdict {
    let families: Vec<_> = world
        .tabs
        .iter()
        .map(|tab| tab.access.as_ref().and_then(|access| world.history.issued.get(access)).map(|it| &it.family))
        .collect();
    let agreed = families.windows(2).all(|pair| pair[0] == pair[1]);
    // A login that could not be stored, and a clock that was set back, leave no order among sessions.
    let unordered = !world.history.full_storage.is_empty() && world.history.jumps.iter().any(|jump| jump.by < 0);
    if agreed || unordered || world.history.cleared { Ok(()) } else { violated("all_tabs_agree", families) }
}

fn an_active_user_is_served(world: &World) -> Verdict {
    let neglected = world.tabs.iter().position(|tab| tab.access.is_some() && !tab.served);
    match neglected {
        Some(tab) if !world.history.cleared => violated("an_active_user_is_served", tab),
        _ => Ok(()),
    }
}

fn decode(text: &str) -> Option<Record> {
    Record::decode(text).ok()
}

fn violated(invariant: &str, evidence: impl std::fmt::Debug) -> Verdict {
    Err(format!("{invariant}: {evidence:?}"))
}
