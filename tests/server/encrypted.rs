//! PostgreSQL and Redis over TLS.

use tokenkeep::dev::{Config, Database, Rotation, SecretUrl, Server, StartError};

use crate::certificates::Certificates;
use crate::services;
use crate::support::{Api, Directory, config};

/// A server on these two, which trusts the authority of that PEM beside the system's.
fn on(directory: &Directory, database: &str, redis: &str, authority: &str) -> Config {
    let file = directory.file("an authority.pem");
    std::fs::write(&file, authority).unwrap();
    let mut config = config(Rotation::Strict);
    config.database = Database::Postgres(SecretUrl(database.to_owned()));
    config.redis = Some(SecretUrl(redis.to_owned()));
    config.ca_file = Some(file);
    config
}

async fn refused(config: Config) -> (&'static str, String) {
    let error = Server::open(config).await.unwrap_err();
    let StartError::Untrusted(untrusted) = &error else { panic!("{error}") };
    (untrusted.service(), error.to_string())
}

#[tokio::test]
async fn a_session_is_kept_over_tls_in_postgresql_and_redis() {
    let directory = Directory::new();
    let (database, redis) = (services::postgres(), services::encrypted_redis());
    let api = Api::with(on(&directory, &database, &redis, &Certificates::shared().authority)).await;
    let login = api.login().await;
    let renewed = api.renew(&login["refreshToken"]).await.json();
    assert_eq!(api.logout(renewed["token"].as_str().unwrap()).await.status, 204);
    let ended = api.get("/api/v1/status", renewed["token"].as_str()).await;
    assert_eq!(ended.problem(), (401, "token_invalid".into()), "the deny-list is in Redis");
    let name = database.rsplit_once('/').unwrap().1;
    let encrypted = services::ask(
        "postgres",
        &format!("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = '{name}'"),
    );
    assert_eq!(encrypted.trim(), "t");
}

#[tokio::test]
async fn a_postgresql_that_nobody_trusted_vouches_for_is_refused() {
    let directory = Directory::new();
    let database = services::postgres();
    let stranger = &Certificates::shared().stranger;
    for mode in ["", "?sslmode=verify-full", "?sslmode=verify-ca"] {
        let config = on(&directory, &format!("{database}{mode}"), &services::redis(), stranger);
        let (service, message) = refused(config).await;
        assert_eq!(service, "PostgreSQL", "{mode}");
        assert!(message.contains("BadSignature") && message.contains("--ca-file"), "{message}");
    }
    let tables = services::ask(
        database.rsplit_once('/').unwrap().1,
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'public'",
    );
    assert_eq!(tables.trim(), "0", "nothing was said to it");
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let directory = Directory::new();
    let authority = &Certificates::shared().authority;
    let elsewhere = |url: String| url.replace("127.0.0.1", "localhost");
    let (database, redis) = (services::postgres(), services::encrypted_redis());
    let (service, message) = refused(on(&directory, &elsewhere(database.clone()), &redis, authority)).await;
    assert!(service == "PostgreSQL" && message.contains("not valid for"), "{message}");
    let (service, message) = refused(on(&directory, &database, &elsewhere(redis), authority)).await;
    assert!(service == "Redis" && message.contains("not valid for"), "{message}");
}

#[tokio::test]
async fn a_redis_that_nobody_trusted_vouches_for_is_refused() {
    let directory = Directory::new();
    let mut config = on(&directory, "", &services::encrypted_redis(), &Certificates::shared().stranger);
    config.database = Database::Memory;
    let (service, message) = refused(config.clone()).await;
    assert!(service == "Redis" && message.contains("BadSignature"), "{message}");
    config.ca_file = None;
    assert_eq!(refused(config).await.0, "Redis", "the system does not trust it either");
}

#[tokio::test]
async fn an_authority_that_is_none_is_named() {
    let directory = Directory::new();
    let file = directory.file("authority.pem");
    let mut config = config(Rotation::Strict);
    config.ca_file = Some(file.clone());
    for text in [None, Some(""), Some("-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n")] {
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let error = Server::open(config.clone()).await.unwrap_err();
        assert!(matches!(error, StartError::Authority(_)), "{error}");
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    }
}
