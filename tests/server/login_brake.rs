use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use tokenkeep::dev::{Limiter, LoginLimit};

use crate::support::{START, seconds};

const LIMIT: LoginLimit = LoginLimit { burst: 3, refill: Duration::from_secs(6) };

#[test]
fn each_account_and_address_has_attempts_of_its_own() {
    let mut limiter = Limiter::new(LIMIT);
    for _ in 0..3 {
        assert_eq!(limiter.take("susan", "a", START), Ok(()));
    }
    assert_eq!(limiter.take("susan", "a", START), Err(seconds(6)));
    assert_eq!(limiter.take("susan", "b", START), Ok(()));
    assert_eq!(limiter.take("miguel", "a", START), Ok(()));
}

#[test]
fn waiting_as_told_is_enough_and_just_enough() {
    let mut limiter = Limiter::new(LIMIT);
    let mut now = START;
    for _ in 0..3 {
        limiter.take("susan", "a", now).unwrap();
        now = now.after(Duration::from_millis(700));
    }
    let wait = limiter.take("susan", "a", now).unwrap_err();
    let millisecond = Duration::from_millis(1);
    assert_eq!(limiter.take("susan", "a", now.after(wait - millisecond)), Err(millisecond));
    assert_eq!(limiter.take("susan", "a", now.after(wait)), Ok(()));
}

#[test]
fn a_success_costs_nothing() {
    let mut limiter = Limiter::new(LIMIT);
    for _ in 0..100 {
        limiter.take("susan", "a", START).unwrap();
        limiter.forgive("susan", "a", START);
    }
}

#[test]
fn a_clock_set_back_locks_nobody_out_for_long() {
    let mut limiter = Limiter::new(LIMIT);
    for _ in 0..3 {
        limiter.take("susan", "a", START).unwrap();
    }
    let earlier = START.before(seconds(7200));
    let wait = limiter.take("susan", "a", earlier).unwrap_err();
    assert_eq!(wait, seconds(6));
    assert_eq!(limiter.take("susan", "a", earlier.after(wait)), Ok(()));
}

proptest! {
    #[test]
    fn nobody_guesses_faster_than_the_limit(waits in vec(0_u64..10_000, 1..200)) {
        let mut limiter = Limiter::new(LIMIT);
        let mut now = START;
        let mut taken: u64 = 0;
        for wait in waits {
            taken += u64::from(limiter.take("susan", "a", now).is_ok());
            let refilled = now.since(START).as_millis() as u64 / 6000;
            prop_assert!(taken <= 3 + refilled, "{} after {:?}", taken, now.since(START));
            now = now.after(Duration::from_millis(wait));
        }
    }
}
