//! What a caller is told when a call cannot succeed, sorted by what the app does next.

use std::fmt;

use crate::time::Millis;

/// Why a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EndReason {
    /// Nobody has signed in yet.
    None,
    /// Logout was called, in this tab or another.
    Logout,
    /// The server refused the refresh token.
    Refused,
    /// The access token has run out and there is nothing to renew it with.
    Expired,
    /// Nobody did anything for as long as the app allows.
    Idle,
    /// The session has lasted as long as the app allows.
    Absolute,
    /// The answer of a renewal was lost, and the server does not take the same refresh token twice.
    LostRenewal,
}

impl EndReason {
    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::Logout, Self::Refused, Self::Expired, Self::Idle, Self::Absolute, Self::LostRenewal]
            .into_iter()
            .find(|reason| reason.as_str() == text)
    }

    /// The stable name, as stored and as shown to JavaScript.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Logout => "logout",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Idle => "idle",
            Self::Absolute => "absolute",
            Self::LostRenewal => "lost_renewal",
        }
    }
}

/// What the app does next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Code {
    /// Send the user to the login form.
    LoginRequired,
    /// The server did not accept the credentials.
    LoginRefused,
    /// The server refused a call to one of the protocol's further endpoints.
    CallRefused,
    /// The request did not get through; try again later.
    Network,
    /// A renewal took too long.
    Timeout,
    /// The server is in trouble or asks to wait.
    Server,
    /// The answer is not what the protocol says. The session is kept.
    Protocol,
    /// The storage does not take or give the record.
    Storage,
    /// The token was rejected, and the request's body cannot be sent again.
    NotReplayable,
    /// Another user signed in while the request was waiting, or one of whom it is not known.
    SubjectChanged,
    /// The request waited for a login, and the user would not log in.
    LoginCancelled,
    /// The request waited for a login that did not come in time.
    LoginTimeout,
    /// A redirect would have carried a custom token header along.
    RedirectBlocked,
    /// The session object was disposed of.
    Disposed,
    /// An option is wrong.
    InvalidConfig,
}

impl Code {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoginRequired => "login_required",
            Self::LoginRefused => "login_refused",
            Self::CallRefused => "call_refused",
            Self::Network => "network",
            Self::Timeout => "timeout",
            Self::Server => "server",
            Self::Protocol => "protocol",
            Self::Storage => "storage",
            Self::NotReplayable => "not_replayable",
            Self::SubjectChanged => "subject_changed",
            Self::LoginCancelled => "login_cancelled",
            Self::LoginTimeout => "login_timeout",
            Self::RedirectBlocked => "redirect_blocked",
            Self::Disposed => "disposed",
            Self::InvalidConfig => "invalid_config",
        }
    }

    /// Whether the same call can succeed later without the user doing anything.
    pub fn retryable(self) -> bool {
        matches!(self, Self::Network | Self::Timeout | Self::Server | Self::Storage)
    }
}

/// Why a call failed. Holds no token.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SessionError {
    /// What the app does next.
    pub code: Code,
    /// For a developer to read.
    pub message: String,
    /// HTTP status, where an answer was the cause.
    pub status: Option<u16>,
    /// The server's own code, or the [`EndReason`] of a `login_required`.
    pub reason: Option<String>,
    /// How long to wait before trying again, where that is known.
    pub retry_after: Option<Millis>,
}

impl SessionError {
    /// An error with nothing but a code and a message.
    pub fn new(code: Code, message: &str) -> Self {
        Self { code, message: message.into(), status: None, reason: None, retry_after: None }
    }

    /// The session has ended.
    pub fn login_required(reason: EndReason) -> Self {
        let message = match reason {
            EndReason::None => "nobody is signed in",
            EndReason::Logout => "the session was ended by logout",
            EndReason::Refused => "the server has ended the session",
            EndReason::Expired => "the access token has expired and there is no refresh token",
            EndReason::Idle => "nobody has done anything for too long",
            EndReason::Absolute => "the session has reached the age that the app allows",
            EndReason::LostRenewal => "the answer of a renewal was lost and the server refuses a second try",
        };
        let mut error = Self::new(Code::LoginRequired, message);
        error.reason = Some(reason.as_str().into());
        error
    }

    /// Adds the HTTP status that was the cause.
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for SessionError {}
