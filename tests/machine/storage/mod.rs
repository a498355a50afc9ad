//! A storage that fails, forgets, lies or takes its time.

mod foreign;
mod full;
mod slow;
mod stale;
