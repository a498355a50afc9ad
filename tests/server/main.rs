//! The reference server: its rules, its store, its routes and the running program.
// Helpers are not seen as tests by clippy.toml.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access_tokens;
mod accounts;
mod bad_input;
mod brief;
mod certificates;
mod command_line;
mod contract;
mod cross_origin;
mod departures;
mod devices;
mod discretion;
mod encrypted;
mod example;
mod faults;
mod instances;
mod live;
mod logs;
mod mail_server;
mod mails;
mod openapi;
mod passwords;
mod proxies;
mod rules;
mod rules_at_random;
mod services;
mod sessions;
mod sockets;
mod static_files;
mod store;
mod stores;
mod support;
mod watched;
