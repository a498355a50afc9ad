//! The Web APIs that a session stands on, one file each. No decisions are made here, every call out
//! is caught, and whatever is opened is closed when it is dropped.

pub mod channel;
pub mod clock;
pub mod fetch;
pub mod global;
pub mod lifecycle;
pub mod listener;
pub mod locks;
pub mod promise;
pub mod random;
pub mod storage;
pub mod timer;
pub mod transport;
