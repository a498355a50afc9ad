//! Users: how they come to be, show their address, and get a new password.

use std::time::Duration;

use super::{SCOPES, Sessions};
use crate::dev::failure::Failure;
use crate::dev::family::{Change, User};
use crate::dev::limiter::Draw;
use crate::dev::mail::Letter;
use crate::dev::mail_code::Purpose;
use crate::dev::secret::Fresh;
use crate::dev::store::Store;

/// How many mails an address gets: five at once, then one in two minutes.
const MAILS: Draw = Draw { burst: 5, refill: Duration::from_secs(120) };

/// How many a client may cause, to whomever. A whole office may share an address of this kind.
const MAILS_FROM: Draw = Draw { burst: 30, refill: Duration::from_secs(20) };

/// Passwords tried by somebody who is signed in already.
const CONFIRMATIONS: Draw = Draw { burst: 10, refill: Duration::from_secs(6) };

/// A user to be.
#[derive(Clone, Default)]
pub struct NewAccount {
    /// The name to sign in with.
    pub name: String,
    /// The password.
    pub password: String,
    /// A mail address, in lower case.
    pub email: Option<String>,
    /// A role; the least one when none is named.
    pub role: Option<String>,
}

impl Sessions {
    /// Adds a user and returns its id. Where there is an address, a code to verify it is mailed.
    ///
    /// # Errors
    /// [`Failure::UsernameTaken`], [`Failure::UnknownRole`], or a fault of the server.
    pub async fn register(&self, account: NewAccount) -> Result<String, Failure> {
        let NewAccount { name, password, email, role } = account;
        let role = role.unwrap_or_else(|| self.parts.roles.least().to_owned());
        if !self.parts.roles.know(&role) {
            return Err(Failure::UnknownRole);
        }
        // Cheap look first: a taken name need not cost a hash. The insert is what decides.
        if self.parts.store.user_named(&name).await?.is_some() {
            return Err(Failure::UsernameTaken);
        }
        // Or anybody's mailbox could be buried in mails to names that are registered for it. Who registers can ask again.
        let may_mail = match &email {
            Some(email) => match self.brake(&[(format!("mails:{email}"), MAILS)]).await {
                Ok(()) => true,
                Err(Failure::TooMany(_)) => false,
                Err(failure) => return Err(failure),
            },
            None => false,
        };
        let user = User {
            id: Fresh::draw()?.id("user"),
            name,
            password: self.parts.passwords.hash(password).await?,
            scopes: SCOPES.map(str::to_owned).to_vec(),
            role,
            email,
            verified: false,
            not_before: 0,
        };
        if !self.parts.store.create_user(user.clone(), self.now()).await? {
            return Err(Failure::UsernameTaken);
        }
        if let Some(email) = user.email.as_ref().filter(|_| may_mail) {
            self.mail(Purpose::VerifyEmail, &user, email)?;
        }
        Ok(user.id)
    }

    /// The user of that id.
    ///
    /// # Errors
    /// [`Failure::NotFound`], or a fault of the server.
    pub async fn user(&self, id: &str) -> Result<User, Failure> {
        self.parts.store.user(id).await?.ok_or(Failure::NotFound)
    }

    /// Gives a user another role.
    ///
    /// # Errors
    /// [`Failure::UnknownRole`], [`Failure::NotFound`], or a fault of the server.
    pub async fn set_role(&self, id: &str, role: String) -> Result<(), Failure> {
        if !self.parts.roles.know(&role) {
            return Err(Failure::UnknownRole);
        }
        let change = Change::SetRole { subject: id.to_owned(), role };
        if self.parts.store.apply(change).await? { Ok(()) } else { Err(Failure::NotFound) }
    }

    /// Mails a code to verify a user's address again; does nothing where there is nothing to verify.
    ///
    /// # Errors
    /// [`Failure::TooMany`], or a fault of the server.
    pub async fn send_verification(&self, user: &User) -> Result<(), Failure> {
        self.brake(&[(format!("mails:{}", user.id), MAILS)]).await?;
        match &user.email {
            Some(email) if !user.verified => self.mail(Purpose::VerifyEmail, user, email),
            _ => Ok(()),
        }
    }

    /// Notes that an address is the user's, on the strength of a mailed code. Gives the address.
    ///
    /// # Errors
    /// [`Failure::InvalidCode`], or a fault of the server.
    pub async fn verify_email(&self, code: &str) -> Result<String, Failure> {
        let code = self.parts.authority.read_code(Purpose::VerifyEmail, code, self.now());
        let code = code.ok_or(Failure::InvalidCode)?;
        let spend = code.spend();
        let change = Change::Verify { subject: code.sub, email: code.email.clone(), code: spend };
        if self.parts.store.apply(change).await? { Ok(code.email) } else { Err(Failure::InvalidCode) }
    }

    /// Gives a user who knows the old password a new one; every session but `family` ends.
    ///
    /// # Errors
    /// [`Failure::InvalidCredentials`], [`Failure::TooMany`], or a fault of the server.
    pub async fn change_password(&self, user: User, old: String, new: String, family: &str) -> Result<(), Failure> {
        let bucket = format!("confirm:{}", user.id);
        self.brake(&[(bucket.clone(), CONFIRMATIONS)]).await?;
        if !self.parts.passwords.check(old, Some(user.password.clone())).await? {
            return Err(Failure::InvalidCredentials);
        }
        self.parts.brief.put_back(&bucket, CONFIRMATIONS, self.now()).await?;
        let new = self.parts.passwords.hash(new).await?;
        let change = self.parts.authority.change_password(&user, new, family, self.now());
        // Not taken: another new password or a revocation came first, and what was checked here says nothing now.
        if self.revise(change, &user.id).await? { Ok(()) } else { Err(Failure::InvalidCredentials) }
    }

    /// Mails a code to set a new password, if a user owns that address. Takes as long and says the same if not.
    ///
    /// # Errors
    /// [`Failure::TooMany`], or a fault of the server.
    pub async fn forgot_password(&self, email: &str, address: &str) -> Result<(), Failure> {
        let mut buckets = vec![(format!("mails:{email}"), MAILS)];
        if !address.is_empty() {
            buckets.push((format!("mails-from:{address}"), MAILS_FROM));
        }
        self.brake(&buckets).await?;
        let fresh = Fresh::draw()?;
        let parts = &self.parts;
        let (store, authority) = (parts.store.clone(), parts.authority.clone());
        let (page, email, now) = (parts.page.clone(), email.to_owned(), self.now());
        // Looked up while the answer is on its way, so that the answer tells nothing by its time.
        parts.mailer.post(async move {
            let user = store.user_at(&email).await.unwrap_or_else(|error| {
                tracing::error!(%error, "a forgotten password could not be looked up");
                None
            })?;
            let code = authority.mail_code(Purpose::ResetPassword, &user, &email, now, &fresh);
            Some(Letter::with_code(Purpose::ResetPassword, &email, &user.name, code, page.as_deref()))
        });
        Ok(())
    }

    /// Sets a new password on the strength of a mailed code; every session ends.
    ///
    /// # Errors
    /// [`Failure::InvalidCode`], or a fault of the server.
    pub async fn reset_password(&self, code: &str, password: String) -> Result<(), Failure> {
        let code = self.parts.authority.read_code(Purpose::ResetPassword, code, self.now());
        let code = code.ok_or(Failure::InvalidCode)?;
        let user = Store::user(&*self.parts.store, &code.sub).await?.ok_or(Failure::InvalidCode)?;
        if user.not_before != code.nbu || !user.verified || user.email.as_ref() != Some(&code.email) {
            return Err(Failure::InvalidCode);
        }
        let password = self.parts.passwords.hash(password).await?;
        let change = self.parts.authority.reset_password(&user, password, &code, self.now());
        if self.revise(change, &user.id).await? { Ok(()) } else { Err(Failure::InvalidCode) }
    }

    /// Signs a code and sends it, without keeping anybody waiting.
    fn mail(&self, purpose: Purpose, user: &User, email: &str) -> Result<(), Failure> {
        let code = self.parts.authority.mail_code(purpose, user, email, self.now(), &Fresh::draw()?);
        let letter = Letter::with_code(purpose, email, &user.name, code, self.parts.page.as_deref());
        self.parts.mailer.post(async { Some(letter) });
        Ok(())
    }
}
