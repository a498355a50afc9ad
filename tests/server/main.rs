//! The reference server: its rules, its store, its routes and the running program.
// Helpers are not seen as tests by clippy.toml.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access_tokens;
mod bad_input;
mod command_line;
mod cross_origin;
mod faults;
mod live;
mod login_brake;
mod passwords;
mod rules;
mod rules_at_random;
mod sessions;
mod static_files;
mod store;
mod support;
