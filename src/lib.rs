//! A token session for single-page apps: it keeps a refresh token and a short-lived access token,
//! renews the access token when a request needs it, once across all tabs, and asks for a new login
//! only when the server has really ended the session.
//!
//! # Which part is for you
//! - A Rust SPA (wasm32): `Session` and `Options`. No feature is needed.
//!
//!   ```text
//!   let session = Session::new(Options::new("https://api.example.com"))?;
//!   session.login(&Credentials { username, password }).await?;
//!   let response = session.fetch(request).await?;
//!   ```
//! - A server for development, or routes to mount in an axum app: the module `dev`, behind the
//!   feature `dev` (native only).
//! - Another driver, or a test in virtual time: [`machine`], the rules alone; [`protocol`] is how a
//!   backend speaks.
//!
//! # Features
//! - `js`: the core behind the npm package's JavaScript driver. Leave it off in a Rust SPA: its exports
//!   would end up in your wasm.
//! - `dev`: the reference server and its command line. Ignored on wasm32.
//! - `sabotage`: for this project's own tests only; lets them take safeguards away.
// The unit tests are native. In a page only `tests/wasm*.rs` run, but wasm-pack builds this one's
// test harness all the same.
#![cfg(not(all(test, target_arch = "wasm32")))]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(all(feature = "sabotage", target_arch = "wasm32"))]
compile_error!("`sabotage` takes safeguards away; nothing for a page is built with it");

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod browser;
#[cfg(all(feature = "dev", not(target_arch = "wasm32")))]
pub mod dev;
pub mod error;
#[cfg(all(feature = "js", target_arch = "wasm32"))]
pub mod js;
pub mod machine;
pub mod protocol;
#[cfg(target_arch = "wasm32")]
pub mod session;
mod text;
pub mod time;
pub mod token;

#[cfg(target_arch = "wasm32")]
pub use session::{FetchError, Options, RequestOptions, Session, Storage, Subscription};

#[cfg(test)]
mod testing;
