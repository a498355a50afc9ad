//! Mail that really leaves, by SMTP (RFC 5321).

use std::error::Error;
use std::fmt;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use url::{Host, Url};

use super::mail::Letter;
use super::secret_url::SecretUrl;
use super::tls::{Trust, Untrusted};

/// How long the look at the start waits for the mail server.
const PATIENCE: Duration = Duration::from_secs(5);

/// When a mail is tried again that the mail server has not refused for good (RFC 5321 §4.5.4.1).
const AGAIN_AFTER: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(10), Duration::from_secs(60)];

pub(super) struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// Sets up; connects to nothing yet.
    pub fn new(url: &SecretUrl, from: &str, trust: &Trust) -> Result<Self, InvalidMail> {
        let from = from.parse().map_err(|_| InvalidMail::Sender)?;
        Ok(Self { transport: transport(&url.0, trust)?, from })
    }

    /// Whether the mail server can be reached and trusted. One that cannot be reached may come yet.
    pub async fn look(&self) -> Result<(), Untrusted> {
        let trouble = match tokio::time::timeout(PATIENCE, self.transport.test_connection()).await {
            Ok(Ok(true)) => return Ok(()),
            Ok(Ok(false)) => "it is not ready".to_owned(),
            Ok(Err(error)) => match Untrusted::behind("the mail server", &error) {
                Some(untrusted) => return Err(untrusted),
                None => whole(&error),
            },
            Err(_) => "it does not answer".to_owned(),
        };
        tracing::warn!(trouble, "the mail server cannot be reached; mails will be lost until it can");
        Ok(())
    }

    pub async fn send(&self, letter: Letter) -> Result<(), Box<dyn Error + Send + Sync>> {
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, letter.to.parse()?))
            .subject(letter.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text)?;
        let mut waits = AGAIN_AFTER.into_iter();
        while let Err(error) = self.transport.send(message.clone()).await {
            match waits.next().filter(|_| !error.is_permanent()) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(whole(&error).into()),
            }
        }
        Ok(())
    }
}

/// `smtps://` encrypts from the first byte (RFC 8314), `?tls=required` by STARTTLS (RFC 3207), anything else not at all.
fn transport(text: &str, trust: &Trust) -> Result<AsyncSmtpTransport<Tokio1Executor>, InvalidMail> {
    let url = Url::parse(text).map_err(|_| InvalidMail::Url)?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(InvalidMail::Url)?;
    let query: Vec<_> = url.query_pairs().collect();
    let pairs: Vec<_> = query.iter().map(|(name, value)| (&**name, &**value)).collect();
    let tls = match (url.scheme(), &*pairs) {
        ("smtp", []) => Tls::None,
        ("smtp", [("tls", "required")]) => Tls::Required(parameters(host, trust)?),
        ("smtps", []) => Tls::Wrapper(parameters(host, trust)?),
        _ => return Err(InvalidMail::Url),
    };
    if url.fragment().is_some() {
        return Err(InvalidMail::Url);
    }
    if matches!(tls, Tls::None) && url.password().is_some() && !is_near(&url) {
        return Err(InvalidMail::OpenPassword);
    }
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(text).map_err(|_| InvalidMail::Url)?;
    Ok(builder.tls(tls).build())
}

fn parameters(host: &str, trust: &Trust) -> Result<TlsParameters, InvalidMail> {
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(certificate) = trust.own().map(Certificate::from_pem).transpose().map_err(|_| InvalidMail::Url)? {
        parameters = parameters.add_root_certificate(certificate);
    }
    parameters.build().map_err(|_| InvalidMail::Url)
}

/// `smtp` is no scheme that the URL standard knows, so an address is a name to it.
fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An error with what is behind it. Says what the mail server said, which knows the address but not the code.
fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

/// How mail is to be sent cannot be used. Does not repeat it: the URL may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidMail {
    /// The URL of the mail server.
    Url,
    /// The sender.
    Sender,
    /// A password would travel in the open.
    OpenPassword,
}

impl fmt::Display for InvalidMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => {
                "the mail server's URL cannot be read: expected smtp://HOST:PORT, smtp://HOST:PORT?tls=required or \
                 smtps://HOST:PORT, each perhaps with NAME:PASSWORD@"
            }
            Self::Sender => "the sender of mail is not a mail address",
            Self::OpenPassword => {
                "the mail server's password would travel in the open: use smtps://… or smtp://…?tls=required"
            }
        })
    }
}

impl Error for InvalidMail {}
