//! Opening a database: again, at once, and where there is none.

use tokenkeep::dev::SqlStore;
use tokenkeep::dev::store::Store;

use super::{hash, open, user};
use crate::services;
use crate::support::{Directory, START};

#[tokio::test]
async fn sessions_survive_a_restart_and_migrations_run_once() {
    let directory = Directory::new();
    let path = directory.file("sessions.db");
    let url = tokio::task::spawn_blocking(services::postgres).await.unwrap();
    for round in 0..3 {
        for store in [SqlStore::open(&path).await.unwrap(), SqlStore::postgres(&url).await.unwrap()] {
            if round == 0 {
                store.create_user(user(), START).await.unwrap();
                store.apply(open("f", 1)).await.unwrap();
            }
            assert!(store.find(hash(1)).await.unwrap().is_some(), "round {round}");
            store.close().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_migrate_once() {
    let url = tokio::task::spawn_blocking(services::postgres).await.unwrap();
    let starts: Vec<_> = (0..8)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { SqlStore::postgres(&url).await.map(drop) })
        })
        .collect();
    for start in starts {
        start.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_database_out_of_reach_is_named_without_its_password() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    drop(taken);
    let error = SqlStore::postgres(&format!("postgres://susan:hunter2@127.0.0.1:{port}/x")).await.unwrap_err();
    assert!(error.to_string().contains("PostgreSQL"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    let error = SqlStore::postgres("postgres://susan:hunter2@[/x").await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named_in_the_error() {
    let directory = Directory::new();
    let path = directory.file("notes.txt");
    std::fs::write(&path, "not a database, but long enough to be mistaken for the head of one".repeat(20)).unwrap();
    let error = SqlStore::open(&path).await.unwrap_err().to_string();
    assert!(error.contains("notes.txt"), "{error}");
    assert_eq!(error.matches("the database failed").count(), 1, "{error}");
}
