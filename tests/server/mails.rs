//! Mails that really leave, by a real mail server.

use serde_json::{Value, json};
use tokenkeep::dev::{Config, InvalidMail, MailRoute, Rotation, SecretUrl, StartError};

use crate::certificates::Certificates;
use crate::mail_server::MailServer;
use crate::support::{Api, Directory, config};

const EMAIL: &str = "susan@example.com";
const SENDER: &str = "Example <no-reply@example.com>";

/// A server that sends by `url`, and trusts the authority of that PEM beside the system's.
fn sending(directory: &Directory, url: &str, authority: &str) -> Config {
    let file = directory.file("authority.pem");
    std::fs::write(&file, authority).unwrap();
    let mut config = config(Rotation::Strict);
    config.mail = MailRoute::Smtp { url: SecretUrl(url.to_owned()), from: SENDER.to_owned() };
    config.page = Some("https://app.example/account".to_owned());
    config.ca_file = Some(file);
    config
}

async fn next(mails: MailServer) -> (MailServer, Value) {
    let take = move || {
        let mut mails = mails;
        let mail = mails.next();
        (mails, mail)
    };
    tokio::task::spawn_blocking(take).await.unwrap()
}

/// What follows the page's address in the link of a mail.
fn code(mail: &Value, fragment: &str) -> String {
    let start = format!("https://app.example/account#{fragment}=");
    let text = mail["text"].as_str().unwrap();
    let (_, rest) = text.split_once(&start).unwrap_or_else(|| panic!("no link in {text}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn mailed_codes_verify_an_address_and_reset_a_password() {
    let (directory, mails) = (Directory::new(), MailServer::start());
    let url = format!("smtp://127.0.0.1:{}", mails.port("open"));
    let api = Api::with(sending(&directory, &url, &Certificates::shared().authority)).await;
    let account = json!({ "username": "miguel", "password": "first password", "email": EMAIL });
    assert_eq!(api.post("/api/v1/register", account).await.status, 201);
    let (mails, mail) = next(mails).await;
    assert_eq!((&mail["from"], &mail["to"]), (&json!("no-reply@example.com"), &json!([EMAIL])));
    assert_eq!(mail["subject"], "Confirm your address");
    let verified = api.post("/api/v1/email/verify", json!({ "code": code(&mail, "verify") })).await;
    assert_eq!(verified.status, 200, "{verified:?}");
    assert_eq!(api.post("/api/v1/password/forgot", json!({ "email": EMAIL })).await.status, 202);
    let (_, mail) = next(mails).await;
    assert_eq!(mail["subject"], "Set a new password");
    let reset = json!({ "code": code(&mail, "reset"), "password": "another password" });
    assert_eq!(api.post("/api/v1/password/reset", reset).await.status, 204);
    let login = json!({ "username": "miguel", "password": "another password" });
    assert_eq!(api.post("/api/v1/login", login).await.status, 200);
    assert_eq!(api.get("/__outbox", None).await.status, 404, "what has left is not kept");
}

#[tokio::test]
async fn a_mail_that_is_not_taken_for_now_is_sent_again() {
    let (directory, mails) = (Directory::new(), MailServer::start());
    let url = format!("smtp://127.0.0.1:{}", mails.port("open"));
    let api = Api::with(sending(&directory, &url, &Certificates::shared().authority)).await;
    let account = json!({ "username": "miguel", "password": "first password", "email": "later@example.com" });
    assert_eq!(api.post("/api/v1/register", account).await.status, 201);
    let (_, mail) = next(mails).await;
    assert_eq!(mail["to"], json!(["later@example.com"]));
}

#[tokio::test]
async fn mail_goes_encrypted_by_starttls_and_from_the_first_byte_with_a_login() {
    for (way, scheme, query) in [("starttls", "smtp", "?tls=required"), ("tls", "smtps", "")] {
        let (directory, mails) = (Directory::new(), MailServer::start());
        let port = mails.port(way);
        let url = format!("{scheme}://post:the%20mail%20server's%20password@127.0.0.1:{port}{query}");
        let api = Api::with(sending(&directory, &url, &Certificates::shared().authority)).await;
        let account = json!({ "username": "miguel", "password": "first password", "email": EMAIL });
        assert_eq!(api.post("/api/v1/register", account).await.status, 201);
        let (_, mail) = next(mails).await;
        assert_eq!((&mail["encrypted"], &mail["login"]), (&json!(true), &json!("post")), "{way}");
    }
}

#[tokio::test]
async fn a_mail_server_that_nobody_trusted_vouches_for_is_refused_at_the_start() {
    let (directory, mails) = (Directory::new(), MailServer::start());
    let stranger = &Certificates::shared().stranger;
    for (way, scheme, query) in [("starttls", "smtp", "?tls=required"), ("tls", "smtps", "")] {
        let url = format!("{scheme}://127.0.0.1:{}{query}", mails.port(way));
        let error = tokenkeep::dev::Server::open(sending(&directory, &url, stranger)).await.unwrap_err();
        let StartError::Untrusted(untrusted) = &error else { panic!("{way}: {error}") };
        assert_eq!(untrusted.service(), "the mail server");
        assert!(error.to_string().contains("BadSignature"), "{error}");
    }
}

#[tokio::test]
async fn a_mail_server_that_is_away_keeps_nothing_from_starting() {
    let directory = Directory::new();
    let url = "smtp://127.0.0.1:1";
    let api = Api::with(sending(&directory, url, &Certificates::shared().authority)).await;
    let account = json!({ "username": "miguel", "password": "first password", "email": EMAIL });
    assert_eq!(api.post("/api/v1/register", account).await.status, 201);
}

#[tokio::test]
async fn a_mail_server_that_cannot_be_meant_is_named_without_its_password() {
    let directory = Directory::new();
    let open = async |url: &str| {
        let config = sending(&directory, url, &Certificates::shared().authority);
        let error = tokenkeep::dev::Server::open(config).await.unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let StartError::Mail(invalid) = error else { panic!("{url}: {error}") };
        invalid
    };
    for url in [
        "",
        "mail.example",
        "https://mail.example",
        "smtp://",
        "smtp://:hunter2@",
        "smtp://mail.example?tls=opportunistic",
        "smtp://mail.example?tls=required&tls=no",
        "smtps://mail.example?tls=required",
        "smtp://mail.example#tls",
    ] {
        assert_eq!(open(url).await, InvalidMail::Url, "{url}");
    }
    assert_eq!(open("smtp://post:hunter2@mail.example").await, InvalidMail::OpenPassword);
    let mut config = sending(&directory, "smtp://mail.example", &Certificates::shared().authority);
    config.mail = MailRoute::Smtp { url: SecretUrl("smtp://mail.example".to_owned()), from: "nobody".to_owned() };
    let error = tokenkeep::dev::Server::open(config).await.unwrap_err();
    assert!(matches!(error, StartError::Mail(InvalidMail::Sender)), "{error}");
}
