//! Of many who want the same, one gets it; and whoever leaves in the middle harms nobody.

use std::sync::Arc;
use std::time::Duration;

use tokenkeep::dev::family::{Change, Revocation};
use tokenkeep::dev::store::Store;

use super::{code, hash, memory, open, revocation, rotate, with_susan};

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_concurrent_rotations_one_is_taken() {
    for (name, store, _opened) in with_susan().await {
        store.apply(open("f", 0)).await.unwrap();
        let rotations: Vec<_> = (1..=100)
            .map(|child| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { store.apply(rotate("f", 0, child)).await.unwrap() })
            })
            .collect();
        let mut taken = 0;
        for rotation in rotations {
            taken += u32::from(rotation.await.unwrap());
        }
        assert_eq!(taken, 1, "{name}");
        let mut children = 0;
        for child in 1..=100 {
            children += u32::from(store.find(hash(child)).await.unwrap().is_some());
        }
        assert_eq!(children, 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_concurrent_resets_with_one_code_one_is_taken() {
    for (name, store, _opened) in with_susan().await {
        let resets: Vec<_> = (1..=100)
            .map(|number| {
                let store = Arc::clone(&store);
                let reset =
                    Revocation { code: Some(code("a")), password: Some(format!("$new {number}")), ..revocation(9) };
                tokio::spawn(async move { store.apply(Change::Revoke(Box::new(reset))).await.unwrap() })
            })
            .collect();
        let mut taken = 0;
        for reset in resets {
            taken += u32::from(reset.await.unwrap());
        }
        assert_eq!(taken, 1, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_leaves_in_the_middle_of_an_act_leaves_the_store_whole() {
    let store = memory().await;
    assert!(store.apply(open("family", 0)).await.unwrap());
    let mut parent = 0;
    for step in 1..=200_u64 {
        let patience = Duration::from_micros(step * 2);
        let _ = tokio::time::timeout(patience, store.apply(rotate("family", parent, step))).await;
        // Whatever became of it, it is done or undone, and the next one is served.
        let _ = store.apply(rotate("family", parent, step)).await.unwrap();
        let (_, spent) = store.find(hash(parent)).await.unwrap().unwrap();
        assert_eq!(spent.spent.unwrap().child, hash(step));
        let (_, child) = store.find(hash(step)).await.unwrap().unwrap();
        assert_eq!(child.spent, None);
        parent = step;
    }
}
