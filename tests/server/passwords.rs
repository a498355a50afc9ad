use tokenkeep::dev::{PasswordError, PasswordWork, Passwords};

const WORK: PasswordWork = PasswordWork { memory_kib: 8, passes: 1, at_once: 1, waiting: 8 };

#[tokio::test]
async fn a_password_matches_its_own_hash_alone() {
    let passwords = Passwords::new(WORK).unwrap();
    let stored = passwords.hash("correct horse".into()).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{stored}");
    assert_ne!(stored, passwords.hash("correct horse".into()).await.unwrap(), "salted");
    for (password, matches) in
        [("correct horse", true), ("correct hors", false), ("correct horse ", false), ("", false)]
    {
        assert_eq!(passwords.check(password.into(), Some(stored.clone())).await.unwrap(), matches, "{password}");
    }
}

#[tokio::test]
async fn nobody_has_no_password() {
    let passwords = Passwords::new(WORK).unwrap();
    for password in ["", "anything", "nobody's password"] {
        assert!(!passwords.check(password.into(), None).await.unwrap(), "{password}");
    }
}

#[tokio::test]
async fn a_damaged_hash_is_an_error_and_no_match() {
    let passwords = Passwords::new(WORK).unwrap();
    assert!(passwords.check("x".into(), Some("x".into())).await.is_err());
}

#[test]
fn work_out_of_range_is_refused() {
    assert!(Passwords::new(PasswordWork { memory_kib: 7, ..WORK }).is_err());
    assert!(Passwords::new(PasswordWork { passes: 0, ..WORK }).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_after_a_full_queue_is_told_at_once() {
    let passwords = Passwords::new(PasswordWork { memory_kib: 19 * 1024, waiting: 1, ..WORK }).unwrap();
    let hashes: Vec<_> = (0..20)
        .map(|_| {
            tokio::spawn({
                let passwords = passwords.clone();
                async move { passwords.hash("x".into()).await }
            })
        })
        .collect();
    let mut busy = 0;
    for hash in hashes {
        busy += u32::from(hash.await.unwrap() == Err(PasswordError::Busy));
    }
    assert!(busy > 0 && busy < 20, "{busy} of 20 were sent away");
}
