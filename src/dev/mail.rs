//! Mail to users: by SMTP, or into an outbox for development.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use serde::Serialize;

use super::mail_code::Purpose;

/// How many mails the outbox keeps.
const KEPT: usize = 50;

/// Where mail goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MailRoute {
    /// Into memory, to be read at `/__outbox` by whoever is on the same machine. For development.
    #[default]
    Outbox,
    /// To a mail server, without encryption: a relay on the same machine or network.
    Smtp {
        /// For example `smtp://127.0.0.1:25`.
        url: String,
        /// The sender, for example `Example <no-reply@example.com>`.
        from: String,
    },
}

/// A URL that may hold a password. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl(pub String);

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretUrl(…)")
    }
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
        Self { to: to.to_owned(), subject: subject.to_owned(), text, code }
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Sends mail.
pub struct Mailer(Way);

enum Way {
    Outbox(Mutex<VecDeque<Letter>>),
    Smtp { transport: AsyncSmtpTransport<Tokio1Executor>, from: Mailbox },
}

impl Mailer {
    /// Sets up; connects to nothing yet.
    ///
    /// # Errors
    /// [`InvalidMail`] when the URL or the sender cannot be read.
    pub fn new(route: &MailRoute) -> Result<Self, InvalidMail> {
        Ok(Self(match route {
            MailRoute::Outbox => Way::Outbox(Mutex::default()),
            MailRoute::Smtp { url, from } => Way::Smtp {
                transport: transport(url).ok_or(InvalidMail)?,
                from: from.parse().map_err(|_| InvalidMail)?,
            },
        }))
    }

    /// Sends, or keeps. What goes wrong is logged: nobody who asked for a mail is told how it went.
    pub async fn send(&self, letter: Letter) {
        match &self.0 {
            Way::Outbox(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == KEPT {
                    kept.pop_front();
                }
                kept.push_back(letter);
            }
            Way::Smtp { transport, from } => {
                let message = letter.to.parse().map_err(|_| InvalidMail).and_then(|to| {
                    Message::builder()
                        .from(from.clone())
                        .to(Mailbox::new(None, to))
                        .subject(letter.subject)
                        .header(ContentType::TEXT_PLAIN)
                        .body(letter.text)
                        .map_err(|_| InvalidMail)
                });
                let sent = match message {
                    Ok(message) => transport.send(message).await.map(drop).map_err(|error| error.to_string()),
                    Err(error) => Err(error.to_string()),
                };
                if let Err(error) = sent {
                    tracing::error!(%error, "a mail could not be sent");
                }
            }
        }
    }

    /// What was sent lately, newest last; `None` where mail really leaves.
    #[must_use]
    pub fn outbox(&self) -> Option<Vec<Letter>> {
        match &self.0 {
            Way::Outbox(kept) => Some(kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()),
            Way::Smtp { .. } => None,
        }
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailer(…)")
    }
}

/// `smtp://HOST` or `smtp://HOST:PORT`, and nothing more.
fn transport(url: &str) -> Option<AsyncSmtpTransport<Tokio1Executor>> {
    let (host, port) = match url.strip_prefix("smtp://")?.trim_end_matches('/').rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (url.strip_prefix("smtp://")?.trim_end_matches('/'), 25),
    };
    if host.is_empty() || host.contains(['/', '@', '?', '#']) {
        return None;
    }
    Some(AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host).port(port).build())
}

/// Whether a text can be a mail address.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.len() <= 254 && text.is_ascii() && text.parse::<lettre::Address>().is_ok()
}

/// The mail server's URL or the sender cannot be read. Does not repeat them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidMail;

impl fmt::Display for InvalidMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the mail server's URL or the sender cannot be read: expected smtp://HOST:PORT and a mail address")
    }
}

impl std::error::Error for InvalidMail {}
