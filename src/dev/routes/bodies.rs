//! What goes over the wire, as the code writes it and the OpenAPI document describes it.
//!
//! Answers are written from these types. Requests are read field by field, so that the answer to a bad one can name
//! what is wrong; their types here only describe.

use serde::Serialize;
use utoipa::{ToResponse, ToSchema};

use crate::dev::decision::Grant;
use crate::dev::family::User;
use crate::dev::secret::RefreshSecret;
use crate::dev::sessions::OpenSession;

/// What a login or a renewal gives.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    /// The access token, for `Authorization: Bearer`.
    token: String,
    /// The refresh token to use from now on; missing where it stays the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Life of the access token, seconds from now.
    expires_in: u64,
    /// Life of the refresh token if it is not used, seconds from now.
    refresh_expires_in: u64,
    /// The user's id.
    subject: String,
}

impl From<&Grant> for Tokens {
    fn from(grant: &Grant) -> Self {
        Self {
            token: grant.access.clone(),
            refresh_token: grant.refresh.as_ref().map(RefreshSecret::expose),
            token_type: "Bearer",
            expires_in: grant.expires_in,
            refresh_expires_in: grant.refresh_expires_in,
            subject: grant.claims.sub.clone(),
        }
    }
}

/// A new user.
#[derive(Serialize, ToSchema)]
pub struct Registered {
    /// The user's id.
    pub(super) subject: String,
    /// The name to sign in with.
    pub(super) username: String,
}

/// A user, as that user or an administrator sees it.
#[derive(Serialize, ToSchema)]
pub struct UserBody {
    /// The user's id.
    subject: String,
    /// The name to sign in with.
    username: String,
    /// The mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Whether the address has been shown to be the user's.
    #[serde(rename = "emailVerified")]
    email_verified: bool,
    /// One of the server's stepped roles.
    role: String,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        let User { id, name, email, verified, role, .. } = user;
        Self { subject: id, username: name, email, email_verified: verified, role }
    }
}

/// Who is calling, by which token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The user's id.
    pub(super) subject: String,
    /// The user's name.
    pub(super) username: String,
    /// What the access token may be used for.
    pub(super) scopes: Vec<String>,
    /// The user's role.
    pub(super) role: String,
    /// The session's id.
    pub(super) session: String,
    /// The last epoch second of the access token's life.
    pub(super) expires_at: u64,
}

/// A session that could still be renewed. Times are epoch seconds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionBody {
    /// Its id.
    id: String,
    /// What the client called itself at login.
    agent: String,
    /// What its access tokens may be used for.
    scopes: Vec<String>,
    /// When the login was.
    started_at: u64,
    /// When it was last renewed.
    active_at: u64,
    /// When it ends if nothing happens.
    ends_at: u64,
    /// Whether this request comes from it.
    current: bool,
}

impl SessionBody {
    pub(super) fn new(session: OpenSession, current: &str) -> Self {
        let OpenSession { family, active, ends } = session;
        Self {
            current: family.id == current,
            id: family.id,
            agent: family.agent,
            scopes: family.scopes,
            started_at: family.started.seconds(),
            active_at: active.seconds(),
            ends_at: ends.seconds(),
        }
    }
}

/// A user's sessions, newest first.
#[derive(Serialize, ToSchema)]
pub struct SessionList {
    pub(super) sessions: Vec<SessionBody>,
}

/// A greeting that takes the scope `read`.
#[derive(Serialize, ToSchema)]
pub struct Greeting {
    pub(super) message: String,
    pub(super) subject: String,
}

/// That the server is up, and so is what it stands on.
#[derive(Serialize, ToSchema)]
pub struct Health {
    pub(super) status: &'static str,
}

/// An address that has been verified.
#[derive(Serialize, ToSchema)]
pub struct Verified {
    pub(super) email: String,
}

/// What opens one socket.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TicketBody {
    /// For `GET /socket?ticket=…`, once.
    pub(super) ticket: String,
    /// Its life, seconds from now.
    pub(super) expires_in: u64,
}

/// A JWK set (RFC 7517); empty where access tokens are signed with a secret.
#[derive(Serialize, ToSchema)]
pub struct KeySet {
    pub(super) keys: Vec<serde_json::Value>,
}

/// A refusal (RFC 9457).
#[derive(Serialize, ToSchema, ToResponse)]
#[response(description = "Refused; `code` says why.", content_type = "application/problem+json")]
pub struct ProblemBody {
    /// Always `about:blank`: the code says more than a page could.
    r#type: String,
    /// The name of the status.
    title: String,
    /// The status.
    status: u16,
    /// The message, for people.
    detail: String,
    /// The stable code, for programs.
    code: String,
    /// `request`, `authentication`, `authorization`, `conflict`, `limit` or `server`.
    kind: String,
}

/// Who signs in.
#[derive(ToSchema)]
#[allow(dead_code)]
pub struct LoginBody {
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$",
        example = "susan"
    )]
    username: String,
    #[schema(min_length = 1, max_length = 1024, example = "correct horse")]
    password: String,
    /// To get less than the user has.
    #[schema(value_type = Option<Vec<Scope>>)]
    scopes: Option<Vec<String>>,
}

/// What an access token may be used for.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
pub enum Scope {
    Read,
    Write,
}

/// Who signs in, by a form.
#[derive(ToSchema)]
#[allow(dead_code)]
pub struct LoginForm {
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$",
        example = "susan"
    )]
    username: String,
    #[schema(min_length = 1, max_length = 1024, example = "correct horse")]
    password: String,
    /// To get less than the user has: a list with spaces, as in RFC 6749.
    #[schema(nullable = false, pattern = "^((read|write)( (read|write))*)?$", example = "read")]
    scopes: Option<String>,
}

/// Who wants to be a user.
#[derive(ToSchema)]
#[allow(dead_code)]
pub struct RegisterBody {
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\s\u0000-\u001f\u007f-\u009f]([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f])?$",
        example = "susan"
    )]
    username: String,
    #[schema(min_length = 8, max_length = 1024, example = "correct horse")]
    password: String,
    /// A code to verify it is mailed there.
    #[schema(format = "email", max_length = 254, pattern = "^[!-~]+@[!-~]+$", example = "susan@example.com")]
    email: Option<String>,
}

/// What buys the next access token.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
pub struct RenewBody {
    #[schema(min_length = 1)]
    refresh_token: String,
}

/// A code that was mailed.
#[derive(ToSchema)]
#[allow(dead_code)]
pub struct CodeBody {
    #[schema(min_length = 1)]
    code: String,
}

/// An address that a password was forgotten for.
#[derive(ToSchema)]
#[allow(dead_code)]
pub struct ForgotBody {
    #[schema(format = "email", max_length = 254, pattern = "^[!-~]+@[!-~]+$", example = "susan@example.com")]
    email: String,
}

/// A new password, on the strength of a code.
#[derive(ToSchema)]
#[allow(dead_code)]
pub struct ResetBody {
    #[schema(min_length = 1)]
    code: String,
    #[schema(min_length = 8, max_length = 1024)]
    password: String,
}

/// A new password, on the strength of the old one.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
pub struct ChangeBody {
    #[schema(min_length = 1, max_length = 1024)]
    password: String,
    #[schema(min_length = 8, max_length = 1024)]
    new_password: String,
}

/// A role to give.
#[derive(ToSchema)]
#[allow(dead_code)]
pub struct RoleBody {
    #[schema(min_length = 1, example = "admin")]
    role: String,
}
