//! A token session for single-page apps.
#![forbid(unsafe_code)]
#![warn(missing_docs)]
