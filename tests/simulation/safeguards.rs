//! Proof that the proof can fail: each safeguard is left out in turn, and some world must miss it.

use tokenkeep::machine::Safeguard;

use crate::world::World;

/// So many worlds at most are looked at for one that misses a safeguard.
const WORLDS: u64 = 2_000;

macro_rules! missed {
    ($($name:ident: $safeguard:ident breaks $invariant:literal;)*) => {
        $(#[test] fn $name() { is_missed(Safeguard::$safeguard, $invariant); })*

        #[test]
        fn every_safeguard_is_left_out_in_turn() {
            let mut tried = vec![$(Safeguard::$safeguard),*];
            tried.dedup();
            assert_eq!(tried, Safeguard::ALL);
        }
    };
}

missed! {
    without_a_second_look_a_refresh_token_is_sent_twice:
        Reread breaks "a_refresh_token_is_sent_twice_only_after_a_lost_answer";
    without_the_fence_a_refresh_token_is_sent_twice:
        Fence breaks "a_refresh_token_is_sent_twice_only_after_a_lost_answer";
    without_compare_and_set_a_later_state_is_written_over:
        CompareAndSet breaks "no_state_is_written_over_by_an_earlier_one";
    without_the_journal_a_spent_token_is_taken_for_a_stolen_one:
        Journal breaks "the_server_sees_no_reuse_that_could_be_avoided";
    without_generations_a_late_401_costs_a_renewal:
        RejectionByGeneration breaks "every_renewal_has_a_cause";
    without_the_classifier_any_trouble_ends_the_session:
        RefusalClassifier breaks "no_live_session_ends_without_a_refusal_logout_or_limit";
    without_stored_pauses_the_server_is_not_left_in_peace:
        StoredPause breaks "no_renewal_is_sent_before_the_server_allows_it";
    without_stored_pauses_there_is_a_storm:
        StoredPause breaks "no_renewal_storm";
    without_the_second_clock_an_expired_token_is_handed_out:
        SecondClock breaks "no_token_is_handed_out_after_its_end";
    without_its_precedence_a_logout_is_undone:
        LogoutWins breaks "nothing_is_written_after_logout";
    without_the_lease_a_refresh_token_is_sent_twice:
        Lease breaks "a_refresh_token_is_sent_twice_only_after_a_lost_answer";
    without_the_subject_one_user_sends_another_s_work:
        SameSubject breaks "nobody_sends_the_work_of_another";
}

fn is_missed(safeguard: Safeguard, invariant: &str) {
    for seed in 0..WORLDS {
        let violation = World::new(seed, Some(safeguard), false).run().violation.unwrap_or_default();
        if violation.starts_with(invariant) {
            println!("without {safeguard:?}, world {seed} violates {violation}");
            assert_eq!(World::new(seed, None, false).run().violation, None, "with it, too, in world {seed}");
            return;
        }
    }
    panic!("none of {WORLDS} worlds misses {safeguard:?}: without it, {invariant} still holds");
}
