//! What the user may do, as far as the client is told: hints for the UI, never a decision.

use super::Protocol;
use super::value::Value;

/// Between names. Stands in no scope, and in no sensible role.
const END: u8 = b'\n';

impl Protocol {
    /// Whether there is this role or a stronger one; or else, whether there is this scope. `held`: the names
    /// that an answer or a JWT has told, one a line. Scopes may stand in one text with spaces between
    /// (RFC 6749, section 3.3).
    pub fn has(&self, role: bool, held: &str, name: &str) -> bool {
        let steps = Value::items(self.part("roles").filter(|_| role));
        let rank = |name: &[u8]| steps.iter().position(|step| step.text().is_some_and(|step| step.as_bytes() == name));
        let wanted = rank(name.as_bytes());
        held.as_bytes()
            .split(|byte| *byte == END || (!role && *byte == b' '))
            .any(|one| !one.is_empty() && (one == name.as_bytes() || (wanted.is_some() && rank(one) > wanted)))
    }
}

/// The names in a list, one a line, or the text that stands for them.
pub(super) fn names(value: &Value) -> String {
    let mut text = String::new();
    for item in Value::items(Some(value)) {
        text.push_str(&item.name().unwrap_or_default());
        text.push(END.into());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Grant, parse_json};
    use crate::testing::jwt;
    use crate::time::Wall;

    fn protocol(options: &str) -> Protocol {
        Protocol::read(&parse_json(options).unwrap()).unwrap()
    }

    fn complete(options: &str, claims: &str) -> Grant {
        protocol(options).complete(Grant { access: Some(jwt(claims)), ..Grant::default() }, Wall(0))
    }

    #[test]
    fn scopes_stand_in_a_text_or_a_list() {
        for (claims, expected) in [
            (r#"{"scope":"read write"}"#, true),
            (r#"{"scopes":["read","write"]}"#, true),
            (r#"{"scp":"write"}"#, true),
            (r#"{"scope":"writer rewrite"}"#, false),
            (r#"{"scope":""}"#, false),
            (r#"{"scope":7}"#, false),
            ("{}", false),
        ] {
            let held = complete("{}", claims).scopes.unwrap_or_default();
            assert_eq!(protocol("{}").has(false, &held, "write"), expected, "{claims}");
            assert!(!protocol("{}").has(false, &held, ""), "{claims}");
        }
        let other = complete(r#"{"claims":{"scopes":"permissions"}}"#, r#"{"permissions":["write"],"scope":"read"}"#);
        assert_eq!(other.scopes.as_deref(), Some("write\n"));
    }

    #[test]
    fn what_an_answer_has_told_comes_before_the_token() {
        let grant = Grant {
            access: Some(jwt(r#"{"scope":"read","role":"admin"}"#)),
            scopes: Some("write".into()),
            roles: Some(String::new()),
            ..Grant::default()
        };
        let completed = protocol("{}").complete(grant.clone(), Wall(0));
        assert_eq!((completed.scopes, completed.roles), (grant.scopes, grant.roles));
    }

    #[test]
    fn a_stronger_role_will_do() {
        let options = r#"{"claims":{"role":"access_role"},"roles":["basic","editor","admin"]}"#;
        for (role, name, expected) in [
            ("admin", "basic", true),
            ("admin", "admin", true),
            ("basic", "admin", false),
            ("basic", "editor", false),
            ("odd", "basic", false),
            ("odd", "odd", true),
            ("admin", "odd", false),
        ] {
            let held = complete(options, &format!(r#"{{"access_role":"{role}"}}"#)).roles.unwrap();
            assert_eq!(protocol(options).has(true, &held, name), expected, "{role} {name}");
        }
        let held = complete("{}", r#"{"roles":["a","b c"]}"#).roles.unwrap();
        assert!(protocol("{}").has(true, &held, "b c") && !protocol("{}").has(true, &held, "b"));
    }

    proptest::proptest! {
        #[test]
        fn every_name_of_a_list_is_found(items in proptest::collection::vec("[^\n ]{1,5}", 0..5)) {
            let list = Value::List(items.iter().cloned().map(Value::Text).collect());
            let held = names(&list);
            for name in &items {
                let has = Protocol::default().has(false, &held, name);
                proptest::prop_assert!(has);
            }
        }
    }
}
