//! Sessions in memory, without a server: the rules and their state, driven by an explicit `now`.
//!
//! Made for simulations and property tests. The same seed and the same calls give the same tokens.

use std::collections::{BTreeMap, BTreeSet};

use super::access::{AccessError, Claims};
use super::authority::Authority;
use super::decision::{Decision, Grant, Outcome, Presented, Refusal};
use super::family::{Change, Code, End, EndReason, Family, Revocation, Token, User};
use super::keys::{Keys, WeakKey};
use super::moment::Moment;
use super::policy::Policy;
use super::secret::{Fresh, RefreshSecret, TokenHash};

/// An authority with everything it has issued.
///
/// ```
/// use std::time::Duration;
/// use tokenkeep::dev::{Ledger, Moment, Outcome, Policy};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut ledger = Ledger::seeded(Policy::default(), 7)?;
/// let start = Moment::from_millis(1_800_000_000_000);
/// let first = ledger.login("susan", start);
/// let parent = first.refresh.ok_or("a login grants a refresh token")?.expose();
///
/// let later = start.after(Duration::from_secs(301));
/// let Outcome::Renewed(second) = ledger.renew(&parent, None, later) else { panic!() };
/// let Outcome::Repeated(again) = ledger.renew(&parent, None, later) else { panic!() };
/// assert_eq!(second.refresh, again.refresh);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Ledger {
    authority: Authority,
    seed: u64,
    turn: u64,
    users: BTreeMap<String, User>,
    families: BTreeMap<String, Family>,
    tokens: BTreeMap<TokenHash, Token>,
    spent_codes: BTreeSet<String>,
}

impl Ledger {
    /// An empty ledger whose keys and tokens all follow from `seed`.
    ///
    /// # Errors
    /// None in practice: a seeded key is long enough.
    pub fn seeded(policy: Policy, seed: u64) -> Result<Self, WeakKey> {
        let keys = Keys::new(&Fresh::seeded(seed, 0).bits("signing key"))?;
        Ok(Self {
            authority: Authority::new(policy, keys, "tokenkeep"),
            seed,
            turn: 0,
            users: BTreeMap::new(),
            families: BTreeMap::new(),
            tokens: BTreeMap::new(),
            spent_codes: BTreeSet::new(),
        })
    }

    /// Logs a user in, whoever it is: passwords are no matter of the rules.
    pub fn login(&mut self, subject: &str, now: Moment) -> Grant {
        let fresh = self.fresh();
        let user = self.user(subject).clone();
        let (change, grant) = self.authority.open(&user, user.scopes.clone(), "", now, &fresh);
        self.apply(change);
        grant
    }

    /// Presents a refresh token, with the `Idempotency-Key` of the request.
    pub fn renew(&mut self, refresh: &str, attempt: Option<&str>, now: Moment) -> Outcome {
        let Some(secret) = RefreshSecret::parse(refresh) else {
            return Outcome::Refused(Refusal::Unknown);
        };
        let fresh = self.fresh();
        let mut presented = Presented::new(secret, attempt.map(str::to_owned));
        loop {
            let Some((family, token)) = self.find(presented.secret().hash()) else {
                return Outcome::Refused(Refusal::Unknown);
            };
            match self.authority.renew(presented, family, token, now, &fresh) {
                Decision::Answer(outcome) => return outcome,
                Decision::Descend(child) => presented = child,
                Decision::Apply(change, outcome) => {
                    // Nothing happens between reading and applying here, so the change is taken.
                    self.apply(*change);
                    return outcome;
                }
            }
        }
    }

    /// Ends the family of an access token; an expired token serves as well.
    ///
    /// # Errors
    /// [`AccessError::Invalid`] when the token is not ours.
    pub fn logout(&mut self, access: &str, now: Moment) -> Result<(), AccessError> {
        let claims = self.authority.recognise(access)?;
        self.apply(self.authority.log_out(&claims, now));
        Ok(())
    }

    /// Ends everything a user holds.
    pub fn revoke(&mut self, subject: &str, now: Moment) {
        let not_before = self.user(subject).not_before;
        self.apply(self.authority.revoke(subject, not_before, now));
    }

    /// Takes a step, as [`Change`] describes it; `false` when the state it was decided on is gone.
    pub fn apply(&mut self, change: Change) -> bool {
        match change {
            Change::Open { mut family, token } => {
                let user = self.users.get(&family.subject).filter(|user| user.not_before == family.not_before);
                let Some(user) = user else {
                    return false;
                };
                family.role.clone_from(&user.role);
                self.tokens.insert(token.hash, token);
                self.families.insert(family.id.clone(), family);
            }
            Change::Rotate { parent, spent, child } => {
                let Some(row) = self.renewable(parent) else {
                    return false;
                };
                row.spent = Some(spent);
                self.tokens.insert(child.hash, child);
            }
            Change::Touch { token, at } => {
                let Some(row) = self.renewable(token) else {
                    return false;
                };
                row.active = row.active.max(at);
            }
            Change::End { family, end } => {
                if let Some(family) = self.families.get_mut(&family) {
                    family.ended.get_or_insert(end);
                }
            }
            Change::Revoke(revocation) => return self.revoke_all(*revocation),
            Change::Verify { subject, email, code } => return self.verify(&subject, &email, code),
            Change::SetRole { subject, role } => {
                let Some(user) = self.users.get_mut(&subject) else {
                    return false;
                };
                user.role.clone_from(&role);
                for family in self.families.values_mut().filter(|family| family.subject == subject) {
                    family.role.clone_from(&role);
                }
            }
        }
        true
    }

    /// Takes an access token at the door of a protected resource.
    ///
    /// # Errors
    /// [`AccessError::Invalid`] or [`AccessError::Expired`].
    pub fn authenticate(&self, access: &str, now: Moment) -> Result<Claims, AccessError> {
        let claims = self.authority.authenticate(access, now)?;
        let user = self.users.get(&claims.sub).ok_or(AccessError::Invalid)?;
        self.authority.admit(&claims, user.not_before)?;
        Ok(claims)
    }

    /// The rows behind a refresh token.
    #[must_use]
    pub fn find(&self, hash: TokenHash) -> Option<(&Family, &Token)> {
        let token = self.tokens.get(&hash)?;
        Some((self.families.get(&token.family)?, token))
    }

    /// All families, in the order of their ids.
    pub fn families(&self) -> impl Iterator<Item = &Family> {
        self.families.values()
    }

    /// All refresh tokens of a family, in the order of their hashes.
    pub fn tokens<'a>(&'a self, family: &'a str) -> impl Iterator<Item = &'a Token> {
        self.tokens.values().filter(move |token| token.family == family)
    }

    /// The rules in use.
    #[must_use]
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    fn fresh(&mut self) -> Fresh {
        self.turn += 1;
        Fresh::seeded(self.seed, self.turn)
    }

    fn user(&mut self, subject: &str) -> &mut User {
        self.users.entry(subject.to_owned()).or_insert_with(|| User {
            id: subject.to_owned(),
            name: subject.to_owned(),
            password: String::new(),
            scopes: vec!["read".to_owned(), "write".to_owned()],
            role: "basic".to_owned(),
            email: None,
            verified: false,
            not_before: 0,
        })
    }

    fn revoke_all(&mut self, revocation: Revocation) -> bool {
        let Revocation { subject, at, not_before, seen, keep, password, code } = revocation;
        let Some(user) = self.users.get_mut(&subject) else {
            return seen.is_none() && code.is_none();
        };
        if seen.is_some_and(|seen| seen != user.not_before) {
            return false;
        }
        if let Some(code) = code
            && !self.spent_codes.insert(code.id)
        {
            return false;
        }
        user.not_before = user.not_before.max(not_before);
        user.password = password.unwrap_or_else(|| std::mem::take(&mut user.password));
        let end = End { at, reason: EndReason::Revoked };
        for family in self.families.values_mut().filter(|family| family.subject == subject) {
            if keep.as_ref() == Some(&family.id) {
                family.not_before = family.not_before.max(not_before);
            } else {
                family.ended.get_or_insert(end);
            }
        }
        true
    }

    fn verify(&mut self, subject: &str, email: &str, code: Code) -> bool {
        let owned = |user: &User| user.verified && user.id != subject && user.email.as_deref() == Some(email);
        if self.users.values().any(owned) {
            return false;
        }
        let Some(user) = self.users.get_mut(subject).filter(|user| user.email.as_deref() == Some(email)) else {
            return false;
        };
        let fresh = self.spent_codes.insert(code.id);
        user.verified |= fresh;
        fresh
    }

    fn renewable(&mut self, hash: TokenHash) -> Option<&mut Token> {
        let token = self.tokens.get_mut(&hash)?;
        let alive = self.families.get(&token.family).is_some_and(|family| family.ended.is_none());
        (alive && token.spent.is_none()).then_some(token)
    }
}
