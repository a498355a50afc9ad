//! Word of what has ended, for whatever outlives a request in this process: open sockets.
//!
//! Ends at another server do not come by here; who listens looks for himself, now and then.

use tokio::sync::{broadcast, watch};

use crate::dev::access::Claims;

/// More than any burst of ends. Whoever falls behind by so many is told to look.
const BACKLOG: usize = 256;

/// What has ended.
#[derive(Clone, Debug)]
pub(super) enum Ended {
    Session(String),
    EverythingOf(String),
}

pub(super) struct News {
    ended: broadcast::Sender<Ended>,
    /// Each listener holds a receiver: the channel says that it is time to go, and is closed when the last has gone.
    going: watch::Sender<bool>,
}

/// What a listener is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Something has ended that may be one's own session.
    Look,
    /// The server goes away.
    Leave,
}

/// Hears of everything from now on.
pub struct Listener {
    ended: broadcast::Receiver<Ended>,
    going: watch::Receiver<bool>,
}

impl News {
    pub fn new() -> Self {
        Self { ended: broadcast::Sender::new(BACKLOG), going: watch::Sender::new(false) }
    }

    pub fn tell(&self, ended: Ended) {
        // Nobody listens, most of the time.
        let _ = self.ended.send(ended);
    }

    pub fn send_away(&self) {
        self.going.send_replace(true);
    }

    /// Done when nobody listens any more.
    pub async fn all_gone(&self) {
        self.going.closed().await;
    }

    pub fn listen(&self) -> Listener {
        Listener { ended: self.ended.subscribe(), going: self.going.subscribe() }
    }
}

impl Listener {
    /// The next word that concerns the session of these claims.
    pub async fn next(&mut self, claims: &Claims) -> Word {
        let Self { ended, going } = self;
        loop {
            tokio::select! {
                _ = going.wait_for(|going| *going) => return Word::Leave,
                word = ended.recv() => match word {
                    Ok(Ended::Session(session)) if session == claims.rfid => return Word::Look,
                    Ok(Ended::EverythingOf(subject)) if subject == claims.sub => return Word::Look,
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => return Word::Look,
                    Err(broadcast::error::RecvError::Closed) => return Word::Leave,
                },
            }
        }
    }
}
