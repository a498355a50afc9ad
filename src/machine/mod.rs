//! The core: every rule about a session, and nothing else. Pure and synchronous; no clock, no
//! randomness, no browser. Events in, effects out.

mod config;
mod credentials;
mod effect;
mod event;
mod random;
mod record;
mod snapshot;
mod timeline;
mod timer;
mod waiting;

pub use config::{Config, Sharing};
pub use effect::{Announcement, Delivery, Effect, Lease, Notice};
pub use event::{Commit, Event, Flight, Lock, StorageFault, StorageOp, Ticket};
pub use record::{Attempt, Backoff, Cause, Content, Live, Record, Unreadable};
pub use snapshot::{Snapshot, Status};
pub use timeline::Entry;
pub use timer::Timer;
