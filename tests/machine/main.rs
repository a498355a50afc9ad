//! The machine's rules, one by one: every test drives the machines of a few tabs by hand.
#![cfg(not(target_arch = "wasm32"))]
// A test harness fails by panicking, also in its helpers, where clippy does not recognise a test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod answers;
mod expiry;
mod explain;
mod holding;
mod lifecycle;
mod limits;
mod lock;
mod lost_answers;
mod pauses;
mod properties;
mod protocols;
mod rejections;
mod renewals;
mod storage;
mod tabs;
mod world;
