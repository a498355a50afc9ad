//! Requests that wait for a login, after the session has ended.

mod owner;
mod resending;
mod waiting;

use tokenkeep::error::Code;
use tokenkeep::machine::{Config, Status, Ticket};

use crate::answers::refused;
use crate::world::World;

/// Susan was signed in, until the server ended the session.
fn ended(tabs: usize) -> World {
    ended_with(Config::default(), tabs)
}

fn ended_with(config: Config, tabs: usize) -> World {
    let mut world = World::signed_in_with(config, tabs);
    end(&mut world);
    world
}

fn end(world: &mut World) {
    world.want_renewal(0);
    world.pass_the_turn();
    world.answer_renewal(refused());
    world.pass_the_turn();
    assert_eq!(world.tab(0).machine.snapshot().status, Status::SignedOut);
}

fn held(world: &World) -> usize {
    world.tab(0).machine.snapshot().held
}

fn code(world: &World, ticket: Ticket) -> Option<Code> {
    world.error_of(ticket).map(|error| error.code)
}
