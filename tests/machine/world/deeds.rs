//! What tests do again and again.

use tokenkeep::machine::{Event, Ticket};

use super::{EXPIRY, PATIENCE, World, secs};
use crate::answers::granted;

impl World {
    /// The access token has run out, `tab` wants another one, and the renewal is on its way.
    pub fn begin_renewal(&mut self, tab: usize) -> Ticket {
        self.pass(EXPIRY);
        let ticket = self.want(tab);
        self.pass_the_turn();
        ticket
    }

    /// `tab` renews ahead of time, and gets the `n`th pair of tokens.
    pub fn renew(&mut self, tab: usize, n: u64) -> Ticket {
        let ticket = self.want_renewal(tab);
        self.pass_the_turn();
        self.answer_renewal(granted(n));
        ticket
    }

    /// `frozen` stops where it is, and `tab` wants a token until it waits no longer for the other.
    pub fn overtake(&mut self, frozen: usize, tab: usize) -> Ticket {
        self.sleep(frozen);
        let ticket = self.want(tab);
        self.pass(PATIENCE + secs(1));
        ticket
    }

    /// Something else writes to the storage, and `tab` hears of it.
    pub fn write_over(&mut self, tab: usize, text: Option<&str>) {
        self.storage.text = text.map(str::to_owned);
        self.tell(tab, Event::StorageChanged);
    }

    /// Whether what is stored says so.
    pub fn stores(&self, what: &str) -> bool {
        self.storage.text.as_ref().expect("nothing is stored").contains(what)
    }
}
