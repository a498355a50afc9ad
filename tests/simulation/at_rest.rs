//! What must hold once all is well again and everything has had time to settle.

use tokenkeep::machine::Timer;

use crate::invariants::{Verdict, violated};
use crate::world::World;

pub fn at_the_end(world: &World) -> Verdict {
    every_caller_is_answered(world)?;
    nothing_is_left_to_do(world)?;
    a_session_that_the_server_has_ended_ends_in_every_tab(world)?;
    all_tabs_agree(world)?;
    an_active_user_is_served(world)
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

fn nothing_is_left_to_do(world: &World) -> Verdict {
    for (at, tab) in world.tabs.iter().enumerate() {
        if world.climate.ahead {
            continue;
        }
        let timer = tab.machine.as_ref().and_then(|machine| machine.poll_timeout());
        let renewing = tab.machine.as_ref().is_some_and(|machine| machine.snapshot().renewing);
        let limited = world.climate.idle.or(world.climate.absolute).is_some();
        let timer = timer.filter(|(_, why)| !(limited && *why == Timer::Limit));
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
    // A login that could not be stored, and a storage that took nothing when a clock was set back, leave
    // no order among sessions: who never had one cannot know that its end is the later word.
    let unordered = !world.history.unstored_logins.is_empty()
        || !world.history.full_storage.is_empty() && world.history.jumps.iter().any(|jump| jump.by < 0);
    if agreed || unordered || world.history.cleared { Ok(()) } else { violated("all_tabs_agree", families) }
}

fn an_active_user_is_served(world: &World) -> Verdict {
    let neglected = world.tabs.iter().position(|tab| tab.access.is_some() && !tab.served);
    match neglected {
        Some(tab) if !world.history.cleared => violated("an_active_user_is_served", tab),
        _ => Ok(()),
    }
}
