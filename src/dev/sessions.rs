//! Everything a client can ask for, between the routes and the store. Carries out what the rules decide.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::access::{AccessError, Claims};
use super::authority::{Authority, Decision, Grant, Outcome, Presented, Refusal};
use super::family::User;
use super::limiter::{Limiter, LoginLimit};
use super::moment::{Clock, Moment};
use super::password::{PasswordError, Passwords};
use super::secret::{Fresh, RefreshSecret, TokenHash};
use super::store::{Store, StoreError};

/// What a new user may do.
pub const SCOPES: [&str; 2] = ["read", "write"];

/// Looking again after a lost race ends by itself: every loss means that a row has moved on for good.
/// This bound only guards against a store that breaks its contract.
const MAX_LOOKS: usize = 64;

/// Users and sessions on a store, under an authority's rules and a clock.
pub struct Sessions {
    authority: Authority,
    store: Arc<dyn Store>,
    passwords: Passwords,
    limiter: Mutex<Limiter>,
    clock: Arc<Clock>,
}

/// A renewal as it went, for the answer and for the log.
#[derive(Debug)]
pub struct Renewal {
    /// What the client is told.
    pub outcome: Outcome,
    /// The family of the token presented, if there is one.
    pub family: Option<String>,
    /// The token presented.
    pub parent: Option<TokenHash>,
}

/// Why a request that is in order could not be served.
#[derive(Debug)]
pub enum Failure {
    /// The name belongs to someone else.
    UsernameTaken,
    /// No such user, or not this password: the answer does not tell which.
    InvalidCredentials,
    /// The user does not have one of the scopes asked for.
    InvalidScope,
    /// Too many failed logins; wait this long.
    TooMany(Duration),
    /// The access token was not taken.
    Access(AccessError),
    /// The database failed.
    Store(StoreError),
    /// A password could not be hashed.
    Password(PasswordError),
    /// The system has no randomness.
    Random(getrandom::Error),
}

impl Sessions {
    /// Puts the parts together.
    pub fn new(
        authority: Authority,
        store: Arc<dyn Store>,
        passwords: Passwords,
        limit: LoginLimit,
        clock: Arc<Clock>,
    ) -> Self {
        Self { authority, store, passwords, limiter: Mutex::new(Limiter::new(limit)), clock }
    }

    /// The time that decisions are made on.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Adds a user and returns its id.
    ///
    /// # Errors
    /// [`Failure::UsernameTaken`], or a fault of the server.
    pub async fn register(&self, name: String, password: String) -> Result<String, Failure> {
        // Cheap look first: a taken name need not cost a hash. The insert is what decides.
        if self.store.user_named(&name).await?.is_some() {
            return Err(Failure::UsernameTaken);
        }
        let password = self.passwords.hash(password).await?;
        let user = User {
            id: Fresh::draw()?.id("user"),
            name,
            password,
            scopes: SCOPES.map(str::to_owned).to_vec(),
            not_before: 0,
        };
        let id = user.id.clone();
        if self.store.create_user(user, self.now()).await? { Ok(id) } else { Err(Failure::UsernameTaken) }
    }

    /// Checks a password and begins a family. `scopes` narrows what its access tokens may do.
    ///
    /// # Errors
    /// [`Failure::InvalidCredentials`], [`Failure::TooMany`], [`Failure::InvalidScope`], or a fault of the server.
    pub async fn login(
        &self,
        name: &str,
        password: String,
        scopes: Option<Vec<String>>,
        address: &str,
    ) -> Result<Grant, Failure> {
        self.limiter(|limiter, now| limiter.take(name, address, now)).map_err(Failure::TooMany)?;
        let user = self.store.user_named(name).await?;
        let stored = user.as_ref().map(|user| user.password.clone());
        let matches = self.passwords.check(password, stored).await?;
        let Some(user) = user.filter(|_| matches) else {
            return Err(Failure::InvalidCredentials);
        };
        self.limiter(|limiter, now| limiter.forgive(name, address, now));
        let scopes = narrow(&user, scopes)?;
        let (change, grant) = self.authority.open(&user, scopes, self.now(), &Fresh::draw()?);
        self.store.apply(change).await?;
        Ok(grant)
    }

    /// Presents a refresh token. Refusals are outcomes, not errors.
    ///
    /// # Errors
    /// Only faults of the server; the token is then as good as before, or spent with its child waiting
    /// for whoever presents it again in time.
    pub async fn renew(&self, token: &str, attempt: Option<String>) -> Result<Renewal, Failure> {
        let refused = |parent| Renewal { outcome: Outcome::Refused(Refusal::Unknown), family: None, parent };
        let Some(secret) = RefreshSecret::parse(token) else {
            return Ok(refused(None));
        };
        let parent = secret.hash();
        let original = Presented::new(secret, attempt);
        let mut presented = original.clone();
        for _ in 0..MAX_LOOKS {
            let Some((family, token)) = self.store.find(presented.secret().hash()).await? else {
                return Ok(refused(Some(parent)));
            };
            let settled = |outcome| Renewal { outcome, family: Some(family.id.clone()), parent: Some(parent) };
            let fresh = Fresh::draw()?;
            match self.authority.renew(presented, &family, &token, self.now(), &fresh) {
                Decision::Answer(outcome) => return Ok(settled(outcome)),
                Decision::Descend(child) => presented = child,
                Decision::Apply(change, outcome) => {
                    if self.store.apply(*change).await? {
                        return Ok(settled(outcome));
                    }
                    presented = original.clone();
                }
            }
        }
        Err(Failure::Store(StoreError::new("a renewal did not settle")))
    }

    /// Ends the family of an access token, which may have expired. Doing it twice is fine.
    ///
    /// # Errors
    /// [`Failure::Access`] when the token is not ours, or a fault of the server.
    pub async fn logout(&self, access: &str) -> Result<(), Failure> {
        let claims = self.authority.recognise(access)?;
        self.store.apply(self.authority.log_out(&claims, self.now())).await?;
        Ok(())
    }

    /// Ends everything a user holds; `false` when there is no such user.
    ///
    /// # Errors
    /// A fault of the server.
    pub async fn revoke(&self, name: &str) -> Result<bool, Failure> {
        let Some(user) = self.store.user_named(name).await? else {
            return Ok(false);
        };
        self.store.apply(self.authority.revoke(&user.id, user.not_before, self.now())).await?;
        Ok(true)
    }

    /// Takes an access token at the door of a protected resource.
    ///
    /// # Errors
    /// [`Failure::Access`], or a fault of the server.
    pub async fn authenticate(&self, access: &str) -> Result<(Claims, User), Failure> {
        let claims = self.authority.authenticate(access, self.now())?;
        let user = self.store.user(&claims.sub).await?.ok_or(AccessError::Invalid)?;
        self.authority.admit(&claims, user.not_before)?;
        Ok((claims, user))
    }

    /// Forgets families that have been over for a day by age alone. Returns how many.
    ///
    /// # Errors
    /// A fault of the server.
    pub async fn purge(&self) -> Result<u64, Failure> {
        let kept = self.authority.policy().refresh_absolute + Duration::from_secs(86_400);
        Ok(self.store.purge(self.now().before(kept)).await?)
    }

    /// Lets go of the database in good order.
    ///
    /// # Errors
    /// A fault of the server.
    pub async fn close(&self) -> Result<(), Failure> {
        Ok(self.store.close().await?)
    }

    fn limiter<T>(&self, with: impl FnOnce(&mut Limiter, Moment) -> T) -> T {
        let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
        with(&mut limiter, self.now())
    }
}

fn narrow(user: &User, wanted: Option<Vec<String>>) -> Result<Vec<String>, Failure> {
    let Some(wanted) = wanted else {
        return Ok(user.scopes.clone());
    };
    let wanted: BTreeSet<String> = wanted.into_iter().collect();
    if wanted.iter().all(|scope| user.scopes.contains(scope)) {
        Ok(wanted.into_iter().collect())
    } else {
        Err(Failure::InvalidScope)
    }
}

impl From<AccessError> for Failure {
    fn from(error: AccessError) -> Self {
        Self::Access(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<PasswordError> for Failure {
    fn from(error: PasswordError) -> Self {
        Self::Password(error)
    }
}

impl From<getrandom::Error> for Failure {
    fn from(error: getrandom::Error) -> Self {
        Self::Random(error)
    }
}
