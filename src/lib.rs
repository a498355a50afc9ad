//! A token session for single-page apps.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod browser;
#[cfg(all(feature = "dev", not(target_arch = "wasm32")))]
pub mod dev;
pub mod error;
pub mod machine;
pub mod protocol;
pub mod time;
pub mod token;

#[cfg(test)]
mod testing;
