//! Stepped roles: each may do what those before it may.

use std::fmt;
use std::str::FromStr;

/// The roles of a server, from the least to the most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(Vec<String>);

impl Default for Roles {
    /// `basic`, then `admin`.
    fn default() -> Self {
        Self(vec!["basic".to_owned(), ADMIN.to_owned()])
    }
}

/// The role that may look after other users' sessions. It is always the highest, so that nobody stands above it.
pub const ADMIN: &str = "admin";

impl Roles {
    /// What a new user is.
    #[must_use]
    pub fn least(&self) -> &str {
        self.0.first().map_or(ADMIN, String::as_str)
    }

    /// Whether there is such a role.
    #[must_use]
    pub fn know(&self, role: &str) -> bool {
        self.rank(role).is_some()
    }

    /// Whether `held` is at least `needed`. A role that is not known reaches nothing, and is reached by nobody.
    #[must_use]
    pub fn reach(&self, held: &str, needed: &str) -> bool {
        matches!((self.rank(held), self.rank(needed)), (Some(held), Some(needed)) if held >= needed)
    }

    fn rank(&self, role: &str) -> Option<usize> {
        self.0.iter().position(|known| known == role)
    }
}

impl FromStr for Roles {
    type Err = InvalidRoles;

    fn from_str(text: &str) -> Result<Self, InvalidRoles> {
        let roles: Vec<String> = text.split(',').map(|role| role.trim().to_owned()).collect();
        let plain = |role: &String| {
            !role.is_empty() && role.len() <= 32 && role.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        let mut distinct = roles.clone();
        distinct.sort();
        distinct.dedup();
        let last = roles.last().map(String::as_str);
        if roles.len() < 2 || distinct.len() < roles.len() || last != Some(ADMIN) || !roles.iter().all(plain) {
            return Err(InvalidRoles);
        }
        Ok(Self(roles))
    }
}

/// Not a list of roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidRoles;

impl fmt::Display for InvalidRoles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected different names from the least to the most, the last of them admin: basic,editor,admin")
    }
}

impl std::error::Error for InvalidRoles {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_reaches_itself_and_those_below() {
        let roles: Roles = "basic, editor, admin".parse().unwrap();
        for (held, needed, reaches) in [
            ("basic", "basic", true),
            ("basic", "editor", false),
            ("editor", "basic", true),
            ("editor", "admin", false),
            ("admin", "editor", true),
            ("admin", "owner", false),
            ("owner", "basic", false),
            ("owner", "owner", false),
            ("", "", false),
        ] {
            assert_eq!(roles.reach(held, needed), reaches, "{held} for {needed}");
        }
        assert_eq!(roles.least(), "basic");
    }

    #[test]
    fn a_list_without_an_order_is_refused() {
        for text in ["", "admin", "basic", "admin,basic", "basic,basic,admin", "basic,,admin", "ba sic,admin"] {
            assert!(text.parse::<Roles>().is_err(), "{text}");
        }
    }
}
