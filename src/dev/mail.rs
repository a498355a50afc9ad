//! Mail to users: by SMTP, or into an outbox for development.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio::sync::watch;
use tracing::Instrument as _;

use super::mail_code::Purpose;
use super::secret_url::SecretUrl;
use super::smtp::{InvalidMail, Smtp};
use super::tls::{Trust, Untrusted};

/// How many mails the outbox keeps.
const KEPT: usize = 50;

/// Where mail goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MailRoute {
    /// Into memory, to be read at `/__outbox` by whoever is on the same machine. For development.
    #[default]
    Outbox,
    /// To a mail server.
    Smtp {
        /// `smtps://NAME:PASSWORD@HOST:PORT` is encrypted from the first byte (port 465 by default), and
        /// `smtp://NAME:PASSWORD@HOST:PORT?tls=required` by STARTTLS (port 587). `smtp://HOST:PORT` is not encrypted
        /// (port 25), and takes a password to the same machine alone.
        url: SecretUrl,
        /// The sender, for example `Example <no-reply@example.com>`.
        from: String,
    },
}

/// A mail as the outbox keeps it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The text, with the code in it.
    pub text: String,
    /// The code alone.
    pub code: String,
    /// What the code is good for.
    pub purpose: Purpose,
}

impl Letter {
    /// The mail that carries a code. `page` is where the user can use it; the code goes into the fragment, which
    /// browsers send to no server.
    #[must_use]
    pub fn with_code(purpose: Purpose, to: &str, name: &str, code: String, page: Option<&str>) -> Self {
        let (subject, what, fragment) = match purpose {
            Purpose::VerifyEmail => ("Confirm your address", "confirm that this address is yours", "verify"),
            Purpose::ResetPassword => ("Set a new password", "set a new password", "reset"),
        };
        let way = page.map_or_else(
            || format!("This code lets you {what}, once, within the hour:\n\n{code}"),
            |page| format!("Follow this link to {what}. It works once, within the hour:\n\n{page}#{fragment}={code}"),
        );
        let text = format!("Hello {name},\n\n{way}\n\nIf you did not ask for this, leave it alone.\n");
        Self { to: to.to_owned(), subject: subject.to_owned(), text, code, purpose }
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Sends mail. By default into an outbox.
pub struct Mailer {
    way: Way,
    /// Each mail under way holds a receiver: the channel is closed when the last has been sent.
    under_way: watch::Sender<()>,
}

impl Default for Mailer {
    fn default() -> Self {
        Self::by(Way::Outbox(Mutex::default()))
    }
}

enum Way {
    Outbox(Mutex<VecDeque<Letter>>),
    Smtp(Smtp),
}

impl Mailer {
    /// Sets up; connects to nothing yet.
    ///
    /// # Errors
    /// [`InvalidMail`] when the URL or the sender cannot be used.
    pub(super) fn new(route: &MailRoute, trust: &Trust) -> Result<Self, InvalidMail> {
        match route {
            MailRoute::Outbox => Ok(Self::default()),
            MailRoute::Smtp { url, from } => Ok(Self::by(Way::Smtp(Smtp::new(url, from, trust)?))),
        }
    }

    fn by(way: Way) -> Self {
        Self { way, under_way: watch::Sender::new(()) }
    }

    /// Sends a mail when it has been written, without keeping anybody waiting.
    pub(super) fn post(self: &Arc<Self>, writing: impl Future<Output = Option<Letter>> + Send + 'static) {
        let (mailer, under_way) = (Arc::clone(self), self.under_way.subscribe());
        let sending = async move {
            if let Some(letter) = writing.await {
                mailer.send(letter).await;
            }
            drop(under_way);
        };
        tokio::spawn(sending.in_current_span());
    }

    /// Done when nothing is under way.
    pub(super) async fn all_sent(&self) {
        self.under_way.closed().await;
    }

    /// Whether the mail server can be trusted. Whether it can be reached right now is no condition.
    pub(super) async fn look(&self) -> Result<(), Untrusted> {
        match &self.way {
            Way::Outbox(_) => Ok(()),
            Way::Smtp(smtp) => smtp.look().await,
        }
    }

    /// Sends, or keeps. What goes wrong is logged: nobody who asked for a mail is told how it went.
    pub async fn send(&self, letter: Letter) {
        match &self.way {
            Way::Outbox(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == KEPT {
                    kept.pop_front();
                }
                kept.push_back(letter);
            }
            Way::Smtp(smtp) => {
                if let Err(error) = smtp.send(letter).await {
                    tracing::error!(%error, "a mail could not be sent");
                }
            }
        }
    }

    /// What was sent lately, newest last; `None` where mail really leaves.
    #[must_use]
    pub fn outbox(&self) -> Option<Vec<Letter>> {
        match &self.way {
            Way::Outbox(kept) => Some(kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()),
            Way::Smtp(_) => None,
        }
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailer(…)")
    }
}

/// Whether a text can be a mail address.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.len() <= 254 && text.is_ascii() && text.parse::<lettre::Address>().is_ok()
}
