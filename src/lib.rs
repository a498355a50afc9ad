//! A token session for single-page apps.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

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
pub use session::{FetchError, Options, Session, Storage, Subscription};

#[cfg(test)]
mod testing;
