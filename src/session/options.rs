//! How a session is set up.

use js_sys::Function;
use wasm_bindgen::JsValue;
use web_sys::{Headers, Url};

use crate::browser::fetch::Fetch;
use crate::browser::global::{global, property};
use crate::browser::storage::Item;
use crate::browser::transport::{self, Envelope};
use crate::error::{Code, SessionError};
use crate::machine::{Config, Hold, Limits, Relogin, Sharing};
use crate::protocol::Protocol;
use crate::text::{concat, decimal};
use crate::time::Millis;

/// How a session is set up.
///
/// ```text
/// let session = Session::new(Options::new("https://api.example.com"))?;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Where the server lives. Relative addresses are resolved against it, and it itself against
    /// the address of the page.
    pub base_url: String,
    /// How the server speaks.
    pub protocol: Protocol,
    /// Where the record is kept.
    pub storage: Storage,
    /// Tells several sessions on one origin apart.
    pub name: String,
    /// Further origins that may receive the access token, besides that of `base_url`.
    pub origins: Vec<String>,
    /// Renew when the access token has less than this left; never more than a tenth of its lifetime.
    pub margin: Millis,
    /// How long one renewal may take.
    pub timeout: Millis,
    /// Renew while the page is looked at, before anybody asks; otherwise only when a request needs it.
    pub ahead: bool,
    /// How long a session may last.
    pub limits: Limits,
    /// What becomes of a request that meets the end of the session: it fails, or it waits until the same user
    /// has logged in again. [`Session::fetch_with`](super::Session::fetch_with) says otherwise for one of them.
    pub relogin: Relogin,
    /// How many wait, and for how long.
    pub hold: Hold,
    /// Used instead of `globalThis.fetch`.
    pub fetch: Option<Function>,
    /// Sends the session's own requests instead of `fetch`, and gives what the protocol is to read: the way
    /// out where a backend cannot be described. Called with a `Request` and the operation's name: `login`,
    /// `renew`, `logout` or that of a further endpoint.
    pub send: Option<Function>,
}

/// Where the record is kept.
#[derive(Clone, Debug, Default)]
pub enum Storage {
    /// `localStorage`: shared by all tabs, outlives them.
    #[default]
    Local,
    /// `sessionStorage`: this tab alone, outlives a reload.
    Session,
    /// This page alone.
    Memory,
    /// An object with `getItem`, `setItem` and `removeItem`, which may return promises.
    Custom(JsValue),
}

/// What stays the same as long as the session object lives.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) base: String,
    pub(super) protocol: Protocol,
    pub(super) origins: Vec<String>,
    pub(super) fetch: Fetch,
    pub(super) send: Option<Function>,
    /// Whether it matters that the user does something.
    pub(super) idle: bool,
    pub(super) relogin: Relogin,
}

/// What is opened at the start.
pub(super) struct Opened {
    pub(super) config: Config,
    pub(super) key: String,
    pub(super) item: Item,
    /// Whether other tabs may use the same storage.
    pub(super) shared: bool,
    /// Whether the storage that was asked for is not to be had.
    pub(super) blocked: bool,
}

impl Options {
    /// The defaults, with the server at `base_url`.
    pub fn new(base_url: impl Into<String>) -> Self {
        let Config { protocol, margin, timeout, ahead, limits, hold, .. } = Config::default();
        Self {
            base_url: base_url.into(),
            protocol,
            storage: Storage::default(),
            name: "default".into(),
            origins: Vec::new(),
            margin,
            timeout,
            ahead,
            limits,
            relogin: Relogin::Reject,
            hold,
            fetch: None,
            send: None,
        }
    }
}

impl Settings {
    pub(super) fn new(options: Options) -> Result<(Self, Opened), SessionError> {
        let base = base(&options.base_url)?;
        check_protocol(&options.protocol, &base.href())?;
        let mut origins = vec![base.origin()];
        for (index, origin) in options.origins.iter().enumerate() {
            let url = web(Url::new(origin)).filter(|url| url.pathname() == "/");
            let Some(url) = url else {
                return Err(invalid(
                    &concat(&["origins[", &decimal(index as u64), "]"]),
                    "expected an origin such as https://api.example.com",
                ));
            };
            origins.push(url.origin());
        }
        if options.name.is_empty() {
            return Err(invalid("name", "expected a string that is not empty"));
        }
        let key = concat(&["tokenkeep:", &options.name]);
        let (item, shared) = match options.storage {
            Storage::Local => (Item::in_local_storage(key.clone()), true),
            Storage::Session => (Item::in_session_storage(key.clone()), false),
            Storage::Memory => (Some(Item::in_memory(key.clone())), false),
            Storage::Custom(storage) => (Some(Item::in_custom(key.clone(), storage)), true),
        };
        let (blocked, shared) = (item.is_none(), shared && item.is_some());
        let item = item.unwrap_or_else(|| Item::in_memory(key.clone()));
        let sharing = if shared { Config::default().sharing } else { Sharing::Alone };
        let protocol = options.protocol.clone();
        let Options { margin, timeout, ahead, limits, relogin, hold, .. } = options;
        let config = Config {
            protocol,
            margin,
            timeout,
            ahead,
            limits,
            hold,
            sharing,
            #[cfg(feature = "sabotage")]
            without: None,
        };
        let fetch = Fetch::new(options.fetch);
        let idle = limits.idle.is_some();
        let settings =
            Self { base: base.href(), protocol: options.protocol, origins, fetch, send: options.send, idle, relogin };
        Ok((settings, Opened { config, key, item, shared, blocked }))
    }

    /// Whether the access token may go there. `href` is a serialized URL, so that what follows the
    /// origin can only be its path.
    pub(super) fn allows(&self, href: &str) -> bool {
        self.origins.iter().any(|origin| href.strip_prefix(origin.as_str()).is_some_and(|rest| rest.starts_with('/')))
    }
}

pub(super) fn invalid(option: &str, expected: &str) -> SessionError {
    SessionError::new(Code::InvalidConfig, &concat(&[option, ": ", expected]))
}

fn base(text: &str) -> Result<Url, SessionError> {
    let url = match property(&global("location"), "href").as_string() {
        Some(page) => Url::new_with_base(text, &page),
        None => Url::new(text),
    };
    web(url).ok_or_else(|| invalid("baseUrl", "expected an http(s) URL"))
}

fn web(url: Result<Url, JsValue>) -> Option<Url> {
    url.ok().filter(|url| matches!(url.protocol().as_str(), "https:" | "http:"))
}

/// What a type cannot say: whether the requests that follow can be made at all.
fn check_protocol(protocol: &Protocol, base: &str) -> Result<(), SessionError> {
    if Headers::new().and_then(|headers| headers.set(protocol.header(), "x")).is_err() {
        return Err(invalid("protocol.attach.header", "expected the name of a header"));
    }
    if let Some(complaint) = protocol.complaint() {
        return Err(SessionError::new(Code::InvalidConfig, &complaint));
    }
    for (name, call) in protocol.samples() {
        if transport::build(&call, Envelope { base, ..Envelope::default() }).is_err() {
            return Err(invalid(
                &concat(&["protocol.", &name]),
                "expected a path, a method (GET, POST, PUT, PATCH or DELETE), a body that goes with it, and headers that a request can have",
            ));
        }
    }
    Ok(())
}
