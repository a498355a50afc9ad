//! The limits that the app sets: a session ends when one is reached, over all tabs, and not before.

use tokenkeep::error::EndReason;

use crate::history::End;
use crate::invariants::{Verdict, violated};
use crate::world::World;

/// What one tab has seen, every other one knows after so long, whatever the storage.
const NEWS: u64 = 500;

/// Whether a session may have ended at a limit: this one, or a later one, which the tab that it ends in
/// had not taken up yet.
pub fn is_reached(world: &World, end: &End) -> bool {
    let logins = &world.history.logins;
    let arrived = logins.get(&end.family).copied().unwrap_or_default();
    let later = logins.iter().filter(|(_, at)| **at >= arrived).map(|(family, _)| family);
    later.chain([&end.family]).any(|family| is_reached_by(world, end.reason, family))
}

fn is_reached_by(world: &World, reason: EndReason, family: &String) -> bool {
    let history = &world.history;
    let began = history.began.get(family).copied().unwrap_or_default();
    // A clock that was set may bring a limit nearer, and a storage that takes nothing passes nothing on.
    let blurred = history.jumps.iter().any(|jump| jump.at >= began)
        || !history.full_storage.is_empty()
        || history.stuck.iter().any(|stuck| stuck.end >= began)
        || history.cleared
        || history.limited.contains(family);
    let since = |at: u64| world.time.saturating_sub(at);
    match reason {
        // Activity is written down only now and then.
        EndReason::Idle => world.climate.idle.is_some_and(|idle| {
            let unnoted = (idle / 20).max(5_000).min(idle / 4);
            let last = history.noted_activity.get(family).copied().unwrap_or_default().max(began);
            blurred || since(last) + unnoted + NEWS >= idle
        }),
        EndReason::Absolute => world.climate.absolute.is_some_and(|most| blurred || since(began) >= most),
        _ => false,
    }
}

/// A token of a session that is over its limit is not sent, whoever is to blame that it still is there.
pub fn when_a_token_is_handed_out(world: &World, family: &str) -> Verdict {
    let history = &world.history;
    let Some(began) = history.began.get(family).copied() else { return Ok(()) };
    if history.jumps.iter().any(|jump| jump.by < 0 && jump.at >= began) {
        return Ok(());
    }
    let arrived = history.logins.get(family).copied().unwrap_or(began);
    let last = history.activity.get(family).copied().unwrap_or_default().max(arrived);
    if world.climate.idle.is_some_and(|idle| world.time - last > idle) {
        return violated("no_token_is_handed_out_beyond_a_limit", (family, "idle since", last, world.time));
    }
    if world.climate.absolute.is_some_and(|most| world.time - arrived > most) {
        return violated("no_token_is_handed_out_beyond_a_limit", (family, "began", began, world.time));
    }
    Ok(())
}
