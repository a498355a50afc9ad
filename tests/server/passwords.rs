use tokenkeep::dev::{PasswordWork, Passwords};

const WORK: PasswordWork = PasswordWork { memory_kib: 8, passes: 1, at_once: 1 };

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
