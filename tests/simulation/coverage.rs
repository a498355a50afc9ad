//! What must happen at least once in a run over many worlds: an invariant that nothing puts to the test
//! holds for nothing.

use std::collections::BTreeMap;

/// Mishaps, and what comes of them.
const WORLD: &[&str] = &[
    "401s passed on",
    "answers lost",
    "answers to pages that are gone",
    "callers failed",
    "bodies gone",
    "callers gone",
    "clock jumps",
    "ended by a lost renewal",
    "ended by logout",
    "ended by refusal",
    "ended by the absolute limit",
    "ended by the idle limit",
    "locks lost",
    "logins",
    "logins awaited in vain",
    "logins cancelled",
    "logouts",
    "outages",
    "pages frozen",
    "pages gone",
    "pages hidden or shown",
    "reads in vain",
    "renewals refused",
    "replays served",
    "requests doubled",
    "requests lost",
    "requests rejected",
    "requests served",
    "revocations",
    "sleeps",
    "stale views met",
    "storage cleared",
    "storage garbled",
    "storage stuck",
    "subjects changed",
    "troubled answers",
    "writes in conflict",
    "writes without room",
];

/// What the machines' own timelines tell of.
const MACHINE: &[&str] = &[
    "announced",
    "ended",
    "expiring",
    "held",
    "login_cancelled",
    "login_failed",
    "promise_lost",
    "refusal_obsolete",
    "rejected",
    "rejected_again",
    "renewal_failed",
    "renewal_late",
    "renewal_refused",
    "renewed",
    "resumed",
    "revocation",
    "sibling_renews",
    "signed_in",
    "storage_cleared",
    "storage_newer",
    "storage overdue",
    "storage_relapsed",
    "storage_unavailable",
    "storage_unreadable",
    "storage_write_failed",
    "turn_overdue",
];

/// What has never happened.
pub fn missing(counts: &BTreeMap<&'static str, u64>) -> Vec<&'static str> {
    WORLD.iter().chain(MACHINE).copied().filter(|what| counts.get(what).is_none_or(|times| *times == 0)).collect()
}
