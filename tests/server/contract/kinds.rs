//! Tokens and codes in bodies: each kind is good for one thing, and passes for no other.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokenkeep::dev::Keys;
use tokenkeep::dev::access::authentic;
use tokenkeep::dev::mail_code::{MailCode, Purpose};

use super::routes::named;
use super::world::{World, text};
use super::{Bad, refuses};
use crate::support::seconds;

/// Where a kind is read, in which field, and what the others are answered with there.
const PLACES: [(&str, &str, (u16, &str)); 3] = [
    ("POST /renew", "refreshToken", (401, "refresh_token_unknown")),
    ("POST /email/verify", "code", (400, "invalid_code")),
    ("POST /password/reset", "code", (400, "invalid_code")),
];

fn code_in(body: &[u8]) -> MailCode {
    let body: Value = serde_json::from_slice(body).unwrap();
    let payload = text(&body["code"]).split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn no_kind_passes_for_another() {
    for world in World::on_every_store().await {
        let login = world.sign_in("susan").await;
        let ticket = world.send(&world.good(named("POST /tickets")).await).await.json();
        let mut kinds = vec![
            ("an access token", text(&login["token"]).to_owned()),
            ("a ticket", text(&ticket["ticket"]).to_owned()),
            (
                "a refresh token of another server",
                text(&World::new().await.sign_in("susan").await["refreshToken"]).to_owned(),
            ),
        ];
        for (operation, field, _) in PLACES {
            let good = world.good(named(operation)).await;
            kinds.push((operation, text(&good.json()[field]).to_owned()));
        }
        for (operation, field, expected) in PLACES {
            refuses(&world, std::iter::once(named(operation)), |_, good| {
                let others = kinds.iter().filter(|(name, _)| *name != operation);
                others.map(|(name, token)| Bad::new(*name, good.with_field(field, json!(token)), expected)).collect()
            })
            .await;
        }
        assert!(authentic(&Keys::new(&[7; 32]).unwrap(), text(&login["token"])).is_ok());
    }
}

#[tokio::test]
async fn a_code_that_is_not_quite_ours_is_good_for_nothing() {
    for world in World::on_every_store().await {
        let (ours, theirs) = (Keys::new(&[7; 32]).unwrap(), Keys::new(&[8; 32]).unwrap());
        for (operation, purpose) in
            [("POST /email/verify", Purpose::VerifyEmail), ("POST /password/reset", Purpose::ResetPassword)]
        {
            refuses(&world, std::iter::once(named(operation)), |_, good| {
                let code = code_in(&good.body);
                let changed = |change: &dyn Fn(&mut MailCode)| {
                    let mut code = code.clone();
                    change(&mut code);
                    code.sign(&ours, purpose)
                };
                let signed = code.sign(&ours, purpose);
                let (message, _) = signed.rsplit_once('.').unwrap();
                let payload = message.split_once('.').unwrap().1;
                let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
                let rows = [
                    ("foreign", code.sign(&theirs, purpose)),
                    ("expired", changed(&|code| code.exp = code.iat)),
                    ("of another issuer", changed(&|code| code.iss = "elsewhere".into())),
                    ("of another address", changed(&|code| code.email = "root@example.com".into())),
                    ("of nobody", changed(&|code| code.sub = "nobody".into())),
                    ("of nobody, in SQL", changed(&|code| code.sub = "' OR '1'='1".into())),
                    ("alg none", format!("{none}.{payload}.")),
                    ("without its signature", format!("{message}.")),
                    ("cut short", signed[..signed.len() - 4].to_owned()),
                    ("twice", format!("{signed},{signed}")),
                ];
                rows.into_iter()
                    .map(|(name, code)| Bad::new(name, good.with_field("code", json!(code)), (400, "invalid_code")))
                    .collect()
            })
            .await;
        }
    }
}

#[tokio::test]
async fn what_has_run_out_or_was_spent_is_good_for_nothing_more() {
    for (operation, spent, expired) in [
        ("POST /email/verify", (400, "invalid_code"), (400, "invalid_code")),
        ("POST /password/reset", (400, "invalid_code"), (400, "invalid_code")),
        ("POST /renew", (401, "refresh_token_reused"), (401, "refresh_token_expired")),
    ] {
        let world = World::strict().await;
        let (first, second) = (world.good(named(operation)).await, world.good(named(operation)).await);
        assert_eq!(world.send(&first).await.status, named(operation).success, "{operation}");
        let (status, code) = spent;
        assert_eq!(world.send(&first).await.problem(), (status, code.to_owned()), "{operation}, again");
        world.api.shift_clock(seconds(8_000_000)).await;
        let (status, code) = expired;
        assert_eq!(world.send(&second).await.problem(), (status, code.to_owned()), "{operation}, too late");
    }
}
