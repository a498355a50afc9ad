//! What is over soon by itself, in every place it is kept.

use std::sync::Arc;
use std::time::Duration;

use tokenkeep::dev::store::Brief;
use tokenkeep::dev::{Claims, Draw, LoginLimit, Moment, RedisBrief, RefreshSecret, TokenHash};

use crate::services;
use crate::stores::briefs;
use crate::support::{START, seconds};

const DRAW: Draw = Draw { burst: 3, refill: Duration::from_secs(6) };
const MILLISECOND: Duration = Duration::from_millis(1);

fn hash(number: u8) -> TokenHash {
    RefreshSecret::from_bytes([number; 32]).hash()
}

fn claims() -> Claims {
    Claims {
        iss: "tokenkeep".into(),
        aud: "tokenkeep".into(),
        sub: "susan".into(),
        iat: 0,
        exp: 60,
        jti: "1".into(),
        scopes: vec!["read".into()],
        role: "basic".into(),
        rfid: "f".into(),
    }
}

#[tokio::test]
async fn a_name_is_denied_until_its_time_and_never_for_less() {
    for opened in briefs().await {
        let (name, brief) = (opened.name, &opened.store);
        assert!(!brief.denied(["a", "b"], START).await.unwrap(), "{name}");
        brief.deny("a", START.after(seconds(300)), START).await.unwrap();
        brief.deny("a", START.after(seconds(1)), START).await.unwrap();
        for names in [["a", "b"], ["b", "a"], ["a", "a"]] {
            assert!(brief.denied(names, START.after(seconds(299))).await.unwrap(), "{name}: {names:?}");
        }
        assert!(!brief.denied(["b", "c"], START).await.unwrap(), "{name}");
        assert!(!brief.denied(["A", "a "], START).await.unwrap(), "{name}");
    }
}

#[tokio::test]
async fn an_entry_lives_exactly_as_long_as_the_token() {
    let redis = RedisBrief::connect(&services::redis(), None).await.unwrap();
    let now = tokenkeep::dev::Clock::new().now();
    redis.deny("a", now.after(Duration::from_millis(80)), now).await.unwrap();
    assert!(redis.denied(["a", "b"], now).await.unwrap());
    while redis.denied(["a", "b"], now).await.unwrap() {
        tokio::task::yield_now().await;
    }
    for opened in briefs().await.into_iter().filter(|opened| opened.name != "Redis") {
        let (name, brief) = (opened.name, &opened.store);
        let until = START.after(seconds(300));
        brief.deny("a", until, START).await.unwrap();
        assert!(brief.denied(["a", "b"], until.before(MILLISECOND)).await.unwrap(), "{name}");
        assert!(!brief.denied(["a", "b"], until).await.unwrap(), "{name}");
        assert_eq!(brief.sweep(until).await.unwrap(), 0, "{name}");
        assert_eq!(brief.sweep(until.after(MILLISECOND)).await.unwrap(), 1, "{name}");
    }
}

#[tokio::test]
async fn waiting_as_told_is_enough_and_just_enough() {
    for opened in briefs().await {
        let (name, brief) = (opened.name, &opened.store);
        let mut now = START;
        for _ in 0..3 {
            assert_eq!(brief.draw("susan", DRAW, now).await.unwrap(), Ok(()), "{name}");
            now = now.after(Duration::from_millis(700));
        }
        let wait = brief.draw("susan", DRAW, now).await.unwrap().unwrap_err();
        let early = brief.draw("susan", DRAW, now.after(wait - MILLISECOND)).await.unwrap();
        assert_eq!(early, Err(MILLISECOND), "{name}");
        assert_eq!(brief.draw("susan", DRAW, now.after(wait)).await.unwrap(), Ok(()), "{name}");
        assert_eq!(brief.draw("miguel", DRAW, now).await.unwrap(), Ok(()), "{name}: another bucket");
    }
}

#[tokio::test]
async fn what_is_put_back_can_be_taken_again() {
    for opened in briefs().await {
        let (name, brief) = (opened.name, &opened.store);
        for _ in 0..20 {
            assert_eq!(brief.draw("susan", DRAW, START).await.unwrap(), Ok(()), "{name}");
            brief.put_back("susan", DRAW, START).await.unwrap();
        }
        brief.put_back("susan", DRAW, START).await.unwrap();
        for expected in [true, true, true, false] {
            let drawn = brief.draw("susan", DRAW, START).await.unwrap();
            assert_eq!(drawn.is_ok(), expected, "{name}: a bucket is at most full");
        }
    }
}

#[tokio::test]
async fn the_first_bucket_that_is_empty_says_how_long_to_wait() {
    for opened in briefs().await {
        let (name, brief) = (opened.name, &opened.store);
        let buckets =
            |account: &str| vec![(account.to_owned(), DRAW), ("address".to_owned(), Draw { burst: 2, ..DRAW })];
        for account in ["susan", "miguel"] {
            assert_eq!(brief.draw_each(&buckets(account), START).await.unwrap(), Ok(()), "{name}");
        }
        let drawn = brief.draw_each(&buckets("ada"), START).await.unwrap();
        assert_eq!(drawn, Err(DRAW.refill), "{name}: the address has none left");
        brief.put_back_each(&buckets("susan"), START).await.unwrap();
        assert_eq!(brief.draw_each(&buckets("susan"), START).await.unwrap(), Ok(()), "{name}");
        // Susan's own bucket was left as full as it was.
        for expected in [true, true, false] {
            assert_eq!(brief.draw("susan", DRAW, START).await.unwrap().is_ok(), expected, "{name}");
        }
    }
}

#[tokio::test]
async fn a_clock_set_back_locks_nobody_out_for_long() {
    for opened in briefs().await {
        let (name, brief) = (opened.name, &opened.store);
        for _ in 0..3 {
            brief.draw("susan", DRAW, START).await.unwrap().unwrap();
        }
        let earlier = START.before(seconds(7200));
        assert_eq!(brief.draw("susan", DRAW, earlier).await.unwrap(), Err(seconds(6)), "{name}");
        assert_eq!(brief.draw("susan", DRAW, earlier.after(seconds(6))).await.unwrap(), Ok(()), "{name}");
    }
}

#[tokio::test]
async fn a_clock_set_back_brakes_nobody_whose_attempts_were_all_put_back() {
    for opened in briefs().await {
        let (name, brief) = (opened.name, &opened.store);
        brief.draw("susan", DRAW, START).await.unwrap().unwrap();
        brief.put_back("susan", DRAW, START).await.unwrap();
        for _ in 0..3 {
            assert_eq!(brief.draw("susan", DRAW, START.before(seconds(7200))).await.unwrap(), Ok(()), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_attempts_at_once_a_bucket_lets_its_burst_through() {
    for opened in briefs().await {
        let draws: Vec<_> = (0..50)
            .map(|_| {
                let brief: Arc<dyn Brief> = Arc::clone(&opened.store);
                tokio::spawn(async move { brief.draw("susan", DRAW, START).await.unwrap().is_ok() })
            })
            .collect();
        let mut through = 0;
        for draw in draws {
            through += u32::from(draw.await.unwrap());
        }
        assert_eq!(through, DRAW.burst, "{}", opened.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_takers_of_a_ticket_one_gets_it() {
    for opened in briefs().await {
        let brief = Arc::clone(&opened.store);
        brief.keep_ticket(hash(1), claims(), START.after(seconds(30)), START).await.unwrap();
        assert_eq!(brief.take_ticket(hash(2), START).await.unwrap(), None, "{}", opened.name);
        let takers: Vec<_> = (0..50)
            .map(|_| {
                let brief = Arc::clone(&brief);
                tokio::spawn(async move { brief.take_ticket(hash(1), START).await.unwrap() })
            })
            .collect();
        let mut got = Vec::new();
        for taker in takers {
            got.extend(taker.await.unwrap());
        }
        assert_eq!(got, [claims()], "{}", opened.name);
    }
}

#[tokio::test]
async fn a_ticket_has_an_end() {
    for opened in briefs().await {
        let brief = &opened.store;
        let until = START.after(seconds(30));
        brief.keep_ticket(hash(1), claims(), until, START).await.unwrap();
        assert_eq!(brief.take_ticket(hash(1), until).await.unwrap(), None, "{}", opened.name);
    }
}

#[tokio::test]
async fn when_redis_is_gone_it_fails_and_says_nothing_of_its_password() {
    let server = tokio::task::spawn_blocking(|| services::Redis::start(None)).await.unwrap();
    let redis = RedisBrief::connect(&server.url(0), None).await.unwrap();
    assert!(!redis.denied(["a", "b"], START).await.unwrap());
    let port = tokio::task::spawn_blocking(|| server.stop()).await.unwrap();
    assert!(redis.denied(["a", "b"], START).await.is_err());
    let error = RedisBrief::connect(&format!("redis://:hunter2@127.0.0.1:{port}/0"), None).await.unwrap_err();
    assert!(error.to_string().contains("Redis") && !format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn each_pair_of_account_and_address_has_a_bucket_and_each_alone_a_wider_one() {
    let limit = LoginLimit::default();
    let buckets = limit.buckets("susan", "192.0.2.1");
    let bursts: Vec<_> = buckets.iter().map(|(_, draw)| draw.burst).collect();
    assert_eq!(bursts, [limit.burst, limit.account_burst, limit.address_burst]);
    assert_eq!(limit.buckets("susan", "").len(), 2, "no address is no address");
    assert_ne!(limit.buckets("a:b", "c")[0].0, limit.buckets("a", "b:c")[0].0);
}

#[test]
fn nobody_guesses_faster_than_the_limit() {
    let (mut full_at, mut now, mut taken) = (Moment::default(), START, 0_u64);
    for step in 0..2000_u64 {
        if let Ok(later) = DRAW.take(full_at, now) {
            full_at = later;
            taken += 1;
        }
        let refilled = now.since(START).as_millis() as u64 / 6000;
        assert!(taken <= 3 + refilled, "{taken} after {:?}", now.since(START));
        now = now.after(Duration::from_millis(step * 7919 % 9973));
    }
}
