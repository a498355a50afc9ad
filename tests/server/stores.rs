//! Every store there is, so that one test holds for all of them.

use std::sync::Arc;

use tokenkeep::dev::store::{Brief, Store};
use tokenkeep::dev::{RedisBrief, SqlStore};

use crate::services;
use crate::support::Directory;

/// A store, its name for messages, and what must live as long.
pub struct Opened<T: ?Sized> {
    pub name: &'static str,
    pub store: Arc<T>,
    _directory: Option<Directory>,
}

pub async fn stores() -> Vec<Opened<dyn Store>> {
    let directory = Directory::new();
    let file = SqlStore::open(&directory.file("a name with spaces & 100%.db")).await.unwrap();
    vec![
        Opened { name: "SQLite in memory", store: Arc::new(SqlStore::in_memory().await.unwrap()), _directory: None },
        Opened { name: "an SQLite file", store: Arc::new(file), _directory: Some(directory) },
        Opened { name: "PostgreSQL", store: Arc::new(postgres().await), _directory: None },
    ]
}

pub async fn briefs() -> Vec<Opened<dyn Brief>> {
    let redis = RedisBrief::connect(&services::redis(), None).await.unwrap();
    let directory = Directory::new();
    let file = SqlStore::open(&directory.file("brief.db")).await.unwrap();
    vec![
        Opened { name: "SQLite in memory", store: Arc::new(SqlStore::in_memory().await.unwrap()), _directory: None },
        Opened { name: "an SQLite file", store: Arc::new(file), _directory: Some(directory) },
        Opened { name: "PostgreSQL", store: Arc::new(postgres().await), _directory: None },
        Opened { name: "Redis", store: Arc::new(redis), _directory: None },
    ]
}

pub async fn postgres() -> SqlStore {
    let url = tokio::task::spawn_blocking(services::postgres).await.unwrap();
    SqlStore::postgres(&url).await.unwrap()
}
