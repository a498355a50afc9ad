//! The session rules. Pure: no clock, no randomness, no store; all of it is handed in.
//!
//! A rule looks at rows and answers with a [`Decision`]: what to tell the client, and the one
//! [`Change`] to make first. [`Ledger`](super::ledger::Ledger) carries decisions out in memory,
//! [`Sessions`](super::sessions::Sessions) on a database; neither has a rule of its own.
//!
//! # The same child again
//! Within the grace window a parent presented again gets the *same* child, yet only hashes are stored.
//! So the child is not drawn but derived: `HMAC-SHA256(key, parent ‖ salt)`, with a salt drawn anew at
//! each rotation and stored with the spent parent. The server can make the child again as long as the
//! client shows the parent; a stolen database, or a stolen key, cannot.
//!
//! If that child has been spent meanwhile (another tab was fast), the client would only have to renew
//! again with it. The rules take that step at once: they go down the chain to the newest token, each
//! link under its own grace window. Handing out a spent child instead would plant a logout: the client
//! would come back with it long after its window.

use super::access::{self, AccessError, AccessForm, Claims};
use super::decision::{Decision, Grant, Outcome, Presented, Refusal, apply, refuse};
use super::family::{Change, End, EndReason, Family, Revocation, Spent, Token, User};
use super::keys::Keys;
use super::mail_code::{MailCode, Purpose};
use super::moment::Moment;
use super::policy::{Policy, Rotation};
use super::secret::{Fresh, RefreshSecret};

/// The rules under one policy and one set of keys.
#[derive(Clone, Debug)]
pub struct Authority {
    policy: Policy,
    keys: Keys,
    issuer: String,
    audience: String,
    form: AccessForm,
}

impl Authority {
    /// `issuer` becomes the `iss` of access tokens, and their `aud`.
    #[must_use]
    pub fn new(policy: Policy, keys: Keys, issuer: impl Into<String>) -> Self {
        let issuer = issuer.into();
        Self { policy, keys, audience: issuer.clone(), issuer, form: AccessForm::Jwt }
    }

    /// The `aud` of access tokens.
    #[must_use]
    pub fn with_audience(self, audience: impl Into<String>) -> Self {
        Self { audience: audience.into(), ..self }
    }

    /// The form of access tokens.
    #[must_use]
    pub fn with_form(self, form: AccessForm) -> Self {
        Self { form, ..self }
    }

    /// The form of access tokens.
    #[must_use]
    pub const fn form(&self) -> AccessForm {
        self.form
    }

    /// The keys in use.
    #[must_use]
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The policy that the rules follow.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Begins a family for a user whose password has been checked.
    #[must_use]
    pub fn open(
        &self,
        user: &User,
        scopes: Vec<String>,
        agent: impl Into<String>,
        now: Moment,
        fresh: &Fresh,
    ) -> (Change, Grant) {
        let family = Family {
            id: fresh.id("family"),
            subject: user.id.clone(),
            scopes,
            role: user.role.clone(),
            agent: agent.into(),
            not_before: user.not_before,
            started: now,
            ended: None,
        };
        let secret = RefreshSecret::from_bytes(fresh.bits("refresh token"));
        let token = Token { hash: secret.hash(), family: family.id.clone(), active: now, spent: None };
        let grant = self.grant(&family, now, Some(secret), now, fresh);
        (Change::Open { family, token }, grant)
    }

    /// Decides on a renewal. `family` and `token` are the rows of `presented`.
    #[must_use]
    pub fn renew(&self, presented: Presented, family: &Family, token: &Token, now: Moment, fresh: &Fresh) -> Decision {
        if let Some(end) = family.ended {
            let spent_again = end.reason == EndReason::Reused && token.spent.is_some();
            return refuse(if spent_again { Refusal::Reused } else { Refusal::Revoked });
        }
        if now >= family.started.after(self.policy.refresh_absolute) {
            return refuse(Refusal::Expired);
        }
        if let Some(spent) = &token.spent {
            return self.present_again(presented, spent, family, now);
        }
        if now >= token.active.after(self.policy.refresh_idle) {
            return refuse(Refusal::Expired);
        }
        if presented.repeat {
            let grant = self.grant(family, token.active, Some(presented.secret), now, fresh);
            return Decision::Answer(Outcome::Repeated(grant));
        }
        match self.policy.rotation {
            Rotation::Off => apply(
                Change::Touch { token: token.hash, at: now },
                Outcome::Renewed(self.grant(family, now, None, now, fresh)),
            ),
            Rotation::Strict | Rotation::Grace(_) => self.rotate(presented, family, token, now, fresh),
        }
    }

    /// Takes an access token at the door of a protected resource. Whether its user still exists and
    /// has not been revoked is for [`Authority::admit`] to say.
    ///
    /// # Errors
    /// [`AccessError::Invalid`] or [`AccessError::Expired`].
    pub fn authenticate(&self, access: &str, now: Moment) -> Result<Claims, AccessError> {
        self.alive(self.recognise(access)?, now)
    }

    /// Takes an access token for logout, where an expired one serves as well: it still says which
    /// family to end. Opaque ones are for the store to recognise.
    ///
    /// # Errors
    /// [`AccessError::Invalid`].
    pub fn recognise(&self, access: &str) -> Result<Claims, AccessError> {
        let claims = access::authentic(&self.keys, access)?;
        if claims.iss == self.issuer && claims.aud == self.audience { Ok(claims) } else { Err(AccessError::Invalid) }
    }

    /// Checks that authentic claims have not run out.
    ///
    /// # Errors
    /// [`AccessError::Expired`].
    pub fn alive(&self, claims: Claims, now: Moment) -> Result<Claims, AccessError> {
        if claims.runs_out() <= now { Err(AccessError::Expired) } else { Ok(claims) }
    }

    /// Checks live claims against the user's row.
    ///
    /// # Errors
    /// [`AccessError::Invalid`] when the token was issued before the user was revoked.
    pub fn admit(&self, claims: &Claims, not_before: u64) -> Result<(), AccessError> {
        if claims.iat < not_before { Err(AccessError::Invalid) } else { Ok(()) }
    }

    /// Ends the family of an access token.
    #[must_use]
    pub fn log_out(&self, claims: &Claims, now: Moment) -> Change {
        Change::End { family: claims.rfid.clone(), end: End { at: now, reason: EndReason::LoggedOut } }
    }

    /// Ends a family from outside, by its user in another one or by an administrator.
    #[must_use]
    pub fn end(&self, family: &Family, now: Moment) -> Change {
        Change::End { family: family.id.clone(), end: End { at: now, reason: EndReason::Revoked } }
    }

    /// Until when access tokens of a family that ends now could still be alive: what must be denied, and no longer.
    #[must_use]
    pub fn tokens_end(&self, now: Moment) -> Moment {
        now.after(self.policy.access_lifetime + std::time::Duration::from_secs(2))
    }

    /// Ends everything a user holds: refresh tokens and access tokens.
    ///
    /// `iat` counts in seconds, so the line is drawn at the *next* second; access tokens issued in what
    /// is left of this one carry that second as their `iat` and live. `not_before` is the line of the
    /// last revocation: where the clock was set back since, the tokens issued after that carry it.
    #[must_use]
    pub fn revoke(&self, subject: &str, not_before: u64, now: Moment) -> Change {
        Change::Revoke(Box::new(self.revocation(subject, not_before, now)))
    }

    /// Gives a user who has shown the old password a new one, and ends every family but the one it was asked from.
    #[must_use]
    pub fn change_password(&self, user: &User, password: String, keep: &str, now: Moment) -> Change {
        Change::Revoke(Box::new(Revocation {
            seen: Some(user.not_before),
            keep: Some(keep.to_owned()),
            password: Some(password),
            ..self.revocation(&user.id, user.not_before, now)
        }))
    }

    /// Gives a user a new password on the strength of a mailed code, and ends every family: whoever knows the old
    /// password may have one.
    #[must_use]
    pub fn reset_password(&self, user: &User, password: String, code: &MailCode, now: Moment) -> Change {
        Change::Revoke(Box::new(Revocation {
            seen: Some(user.not_before),
            password: Some(password),
            code: Some(code.spend()),
            ..self.revocation(&user.id, user.not_before, now)
        }))
    }

    /// The code to mail to a user.
    #[must_use]
    pub fn mail_code(&self, purpose: Purpose, user: &User, email: &str, now: Moment, fresh: &Fresh) -> String {
        MailCode::new(&self.issuer, user, email, now, fresh).sign(&self.keys, purpose)
    }

    /// Reads a mailed code back. Whether it has been spent is for the store to say.
    #[must_use]
    pub fn read_code(&self, purpose: Purpose, text: &str, now: Moment) -> Option<MailCode> {
        MailCode::read(&self.keys, purpose, text).filter(|code| code.iss == self.issuer && code.until() > now)
    }

    fn revocation(&self, subject: &str, not_before: u64, now: Moment) -> Revocation {
        Revocation {
            subject: subject.to_owned(),
            at: now,
            not_before: now.seconds().max(not_before).saturating_add(1),
            seen: None,
            keep: None,
            password: None,
            code: None,
        }
    }

    fn present_again(&self, presented: Presented, spent: &Spent, family: &Family, now: Moment) -> Decision {
        let in_grace = match self.policy.rotation {
            Rotation::Grace(window) => now.since(spent.at) < window,
            Rotation::Off | Rotation::Strict => false,
        };
        let same_attempt = !presented.repeat && presented.attempt.is_some() && presented.attempt == spent.attempt;
        // Under a signing key that is not known any more the child cannot be made again, and the parent is plainly spent.
        if (in_grace || same_attempt)
            && let Some(child) = self.keys.child_again(&presented.secret, &spent.salt, spent.child)
        {
            return Decision::Descend(Presented { secret: child, repeat: true, ..presented });
        }
        let end = End { at: now, reason: EndReason::Reused };
        apply(Change::End { family: family.id.clone(), end }, Outcome::Refused(Refusal::Reused))
    }

    fn rotate(&self, presented: Presented, family: &Family, token: &Token, now: Moment, fresh: &Fresh) -> Decision {
        let salt = fresh.bits("salt");
        let secret = self.keys.child(&presented.secret, &salt);
        let child = Token { hash: secret.hash(), family: family.id.clone(), active: now, spent: None };
        let spent = Spent { at: now, child: child.hash, salt, attempt: presented.attempt };
        let grant = self.grant(family, now, Some(secret), now, fresh);
        apply(Change::Rotate { parent: token.hash, spent, child }, Outcome::Renewed(grant))
    }

    fn grant(
        &self,
        family: &Family,
        active: Moment,
        refresh: Option<RefreshSecret>,
        now: Moment,
        fresh: &Fresh,
    ) -> Grant {
        let expires_in = self.policy.access_lifetime.as_secs();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: family.subject.clone(),
            iat: now.seconds().max(family.not_before),
            exp: now.seconds().saturating_add(expires_in),
            jti: fresh.id("access token"),
            scopes: family.scopes.clone(),
            role: family.role.clone(),
            rfid: family.id.clone(),
        };
        let idle_until = active.after(self.policy.refresh_idle);
        let dead_from = family.started.after(self.policy.refresh_absolute).min(idle_until);
        let access = match self.form {
            AccessForm::Jwt => access::sign(&self.keys, &claims),
            AccessForm::Opaque => RefreshSecret::from_bytes(fresh.bits("opaque access token")).expose(),
        };
        Grant { access, claims, refresh, expires_in, refresh_expires_in: dead_from.since(now).as_secs() }
    }
}
