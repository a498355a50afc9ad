//! Everything a client can ask for, between the routes and the stores. Carries out what the rules decide.

mod accounts;
mod devices;
mod guards;
mod news;
mod tickets;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tracing::Instrument as _;

use super::access::{AccessError, AccessForm};
use super::authority::Authority;
use super::decision::{Decision, Grant, Outcome, Presented, Refusal};
use super::failure::Failure;
use super::family::{Change, User};
use super::limiter::LoginLimit;
use super::mail::Mailer;
use super::moment::{Clock, Moment};
use super::password::Passwords;
use super::roles::Roles;
use super::secret::{Fresh, RefreshSecret, TokenHash};
use super::store::{Brief, Issued, Store, StoreError, session_name};
use news::{Ended, News};

pub use accounts::NewAccount;
pub use devices::OpenSession;
pub use news::{Listener, Word};
pub use tickets::TICKET_LIFETIME;

/// What a new user may do.
pub const SCOPES: [&str; 2] = ["read", "write"];

/// Looking again after a lost race ends by itself: every loss means that a row has moved on for good.
/// This bound only guards against a store that breaks its contract.
const MAX_LOOKS: usize = 64;

/// Users and sessions on a store, under an authority's rules and a clock.
pub struct Sessions {
    pub(super) parts: Parts,
    news: News,
}

/// What sessions are put together from.
pub struct Parts {
    /// The rules.
    pub authority: Authority,
    /// What lasts.
    pub store: Arc<dyn Store>,
    /// What is over soon.
    pub brief: Arc<dyn Brief>,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// The brake on guessing.
    pub limit: LoginLimit,
    /// Which roles there are.
    pub roles: Roles,
    /// Sends mail.
    pub mailer: Arc<Mailer>,
    /// The page that mailed links lead to.
    pub page: Option<String>,
    /// The time.
    pub clock: Arc<Clock>,
    /// How often an open socket looks whether its session has ended at another server.
    pub look_every: Duration,
}

/// A login as it is asked for.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The user's name.
    pub name: String,
    /// The password.
    pub password: String,
    /// Narrows what the access tokens may do.
    pub scopes: Option<Vec<String>>,
    /// Where the request comes from; empty when that is not known.
    pub address: String,
    /// What the client calls itself.
    pub agent: String,
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

impl Sessions {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts, news: News::new() }
    }

    /// The time that decisions are made on.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.parts.clock.now()
    }

    /// The rules.
    #[must_use]
    pub const fn authority(&self) -> &Authority {
        &self.parts.authority
    }

    /// Which roles there are.
    #[must_use]
    pub const fn roles(&self) -> &Roles {
        &self.parts.roles
    }

    /// Checks a password and begins a family.
    ///
    /// # Errors
    /// [`Failure::InvalidCredentials`], [`Failure::TooMany`], [`Failure::InvalidScope`], or a fault of the server.
    pub async fn login(&self, credentials: Credentials) -> Result<Grant, Failure> {
        let Credentials { name, password, scopes, address, agent } = credentials;
        let buckets = self.parts.limit.buckets(&name, &address);
        self.brake(&buckets).await?;
        // Again when a revocation or a new password has come between the check and the family.
        for _ in 0..MAX_LOOKS {
            let user = self.parts.store.user_named(&name).await?;
            let stored = user.as_ref().map(|user| user.password.clone());
            let matches = self.parts.passwords.check(password.clone(), stored).await?;
            let Some(user) = user.filter(|_| matches) else {
                return Err(Failure::InvalidCredentials);
            };
            let scopes = narrow(&user, scopes.clone())?;
            let (change, grant) = self.parts.authority.open(&user, scopes, agent.as_str(), self.now(), &Fresh::draw()?);
            if self.parts.store.grant(change, self.issued(&grant)?).await? {
                self.parts.brief.put_back_each(&buckets, self.now()).await?;
                return Ok(grant);
            }
        }
        Err(Failure::Store(StoreError::new("a login did not settle")))
    }

    /// Presents a refresh token. Refusals are outcomes, not errors.
    ///
    /// # Errors
    /// Only faults of the server; the token is then as good as before, or spent with its child waiting
    /// for whoever presents it again in time.
    pub async fn renew(self: &Arc<Self>, token: &str, attempt: Option<String>) -> Result<Renewal, Failure> {
        let refused = |parent| Renewal { outcome: Outcome::Refused(Refusal::Unknown), family: None, parent };
        let Some(secret) = RefreshSecret::parse(token) else {
            return Ok(refused(None));
        };
        let parent = secret.hash();
        let original = Presented::new(secret, attempt);
        let mut presented = original.clone();
        for _ in 0..MAX_LOOKS {
            let Some((family, token)) = self.parts.store.find(presented.secret().hash()).await? else {
                return Ok(refused(Some(parent)));
            };
            let settled = |outcome| Renewal { outcome, family: Some(family.id.clone()), parent: Some(parent) };
            let fresh = Fresh::draw()?;
            let outcome = match self.parts.authority.renew(presented, &family, &token, self.now(), &fresh) {
                Decision::Answer(outcome) => {
                    if let Some(issued) = outcome.grant().map(|grant| self.issued(grant)).transpose()?.flatten() {
                        self.parts.store.keep_access(issued).await?;
                    }
                    outcome
                }
                Decision::Descend(child) => {
                    presented = child;
                    continue;
                }
                Decision::Apply(change, outcome) => {
                    let taken = match *change {
                        change @ Change::End { .. } => self.end_denied(family.id.clone(), change).await?,
                        change => {
                            let issued = outcome.grant().map(|grant| self.issued(grant)).transpose()?.flatten();
                            self.parts.store.grant(change, issued).await?
                        }
                    };
                    if !taken {
                        presented = original.clone();
                        continue;
                    }
                    outcome
                }
            };
            return Ok(settled(outcome));
        }
        Err(Failure::Store(StoreError::new("a renewal did not settle")))
    }

    /// Ends the family of an access token, which may have expired, and its access tokens with it. Doing it twice
    /// is fine.
    ///
    /// # Errors
    /// [`Failure::Access`] when the token is not ours, or a fault of the server.
    pub async fn logout(self: &Arc<Self>, access: &str) -> Result<(), Failure> {
        let claims = self.recognise(access).await?;
        let change = self.parts.authority.log_out(&claims, self.now());
        // A server whose clock is ahead gives tokens that outlive those of this one.
        let until = self.tokens_end().max(claims.runs_out());
        self.end_session(claims.rfid, change, until).await
    }

    /// Ends everything a user holds; `false` when there is no such user.
    ///
    /// # Errors
    /// A fault of the server.
    pub async fn revoke(&self, name: &str) -> Result<bool, Failure> {
        let Some(user) = self.parts.store.user_named(name).await? else {
            return Ok(false);
        };
        self.revoke_user(&user).await?;
        Ok(true)
    }

    /// Forgets what is over: families a day after their age has ended them, opaque tokens, codes, denials, tickets.
    /// Returns how many rows.
    ///
    /// # Errors
    /// A fault of the server.
    pub async fn purge(&self) -> Result<u64, Failure> {
        let kept = self.parts.authority.policy().refresh_absolute + Duration::from_secs(86_400);
        let now = self.now();
        Ok(self.parts.store.purge(now.before(kept), now).await? + self.parts.brief.sweep(now).await?)
    }

    /// Whether both stores can be reached.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn ping(&self) -> Result<(), Failure> {
        self.parts.store.user("").await?;
        Ok(self.parts.brief.ping().await?)
    }

    /// Lets go of the database in good order.
    ///
    /// # Errors
    /// A fault of the server.
    pub async fn close(&self) -> Result<(), Failure> {
        Ok(self.parts.store.close().await?)
    }

    /// Hears of ends in this process, and of its own.
    pub(super) fn listen(&self) -> Listener {
        self.news.listen()
    }

    /// Tells every open socket that the server goes away.
    pub(super) fn send_away(&self) {
        self.news.send_away();
    }

    /// Done when every open socket has been closed.
    pub(super) async fn all_gone(&self) {
        self.news.all_gone().await;
    }

    async fn revoke_user(&self, user: &User) -> Result<(), Failure> {
        self.revise(self.parts.authority.revoke(&user.id, user.not_before, self.now()), &user.id).await?;
        Ok(())
    }

    /// Takes a step after which a user's access tokens are dead.
    async fn revise(&self, change: Change, subject: &str) -> Result<bool, Failure> {
        let taken = self.parts.store.apply(change).await?;
        self.news.tell(Ended::EverythingOf(subject.to_owned()));
        Ok(taken)
    }

    /// Ends a session and then denies its access tokens: should the server die between the two, what is left over
    /// lives for minutes, and not for as long as a refresh token. Both are tried, and both again by whoever asks again.
    async fn end_session(self: &Arc<Self>, family: String, change: Change, until: Moment) -> Result<(), Failure> {
        let this = Arc::clone(self);
        undisturbed(async move {
            let ended = this.parts.store.apply(change).await;
            let denied = this.deny_session(&family, until).await;
            this.news.tell(Ended::Session(family));
            ended?;
            denied
        })
        .await
    }

    /// The same the other way round, for an end that nobody asks for again once it is written.
    async fn end_denied(self: &Arc<Self>, family: String, change: Change) -> Result<bool, Failure> {
        let this = Arc::clone(self);
        undisturbed(async move {
            this.deny_session(&family, this.tokens_end()).await?;
            let ended = this.parts.store.apply(change).await?;
            this.news.tell(Ended::Session(family));
            Ok(ended)
        })
        .await
    }

    /// Kills the access tokens of a session that is over, as long as one of them could live.
    async fn deny_session(&self, family: &str, until: Moment) -> Result<(), Failure> {
        Ok(self.parts.brief.deny(&session_name(family), until, self.now()).await?)
    }

    /// Until when access tokens that were given by now could live.
    fn tokens_end(&self) -> Moment {
        self.parts.authority.tokens_end(self.now())
    }

    /// What the store must keep of a grant, so that an opaque token means something.
    fn issued(&self, grant: &Grant) -> Result<Option<Issued>, Failure> {
        match self.parts.authority.form() {
            AccessForm::Jwt => Ok(None),
            AccessForm::Opaque => {
                let secret = RefreshSecret::parse(&grant.access).ok_or(AccessError::Invalid)?;
                Ok(Some(Issued { hash: secret.hash(), claims: grant.claims.clone() }))
            }
        }
    }
}

/// On a task of its own: a client that leaves in the middle must not leave half of it undone.
async fn undisturbed<T: Send + 'static>(
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    let working = tokio::spawn(work.in_current_span());
    working.await.map_err(|error| Failure::Store(StoreError::new(error)))?
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
