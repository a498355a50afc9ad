//! Fault control: makes the server misbehave on request, for tests. Off unless it is switched on.
//!
//! A layer around the API and a few routes under `/__faults`; the API itself knows nothing of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;

use super::body::JsonObject;
use super::moment::Clock;
use super::note::Note;
use super::problem::Problem;
use super::routes::{API, method_not_allowed, not_found};
use super::sessions::Sessions;
use super::traffic::{Arrival, Traffic};
use super::unmeasured::Unmeasured;

/// The longest delay that a rule may ask for, ms.
const MAX_DELAY_MS: u64 = 600_000;

/// Marks a response that must not be sent: the connection is cut instead. Understood by
/// [`serve`](super::serve::serve); any other server sends the empty 502 it is attached to.
#[derive(Clone, Copy, Debug)]
pub struct CutConnection;

#[derive(Debug)]
pub(super) struct Faults {
    rules: Mutex<Vec<Rule>>,
    traffic: Mutex<Traffic>,
    clock: Arc<Clock>,
    released: watch::Sender<()>,
}

#[derive(Clone, Debug)]
struct Rule {
    endpoint: Endpoint,
    left: u32,
    delay: Duration,
    effect: Effect,
}

#[derive(Clone, Debug)]
enum Effect {
    Process,
    ProcessThenCut,
    Answer(StatusCode, HeaderMap, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Endpoint {
    Login,
    Renew,
    Logout,
    Status,
    Resource,
    Echo,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RuleBody {
    endpoint: Endpoint,
    #[serde(default = "once")]
    times: u32,
    #[serde(default)]
    delay_ms: u64,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    #[serde(default)]
    drop: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ShiftBody {
    shift_ms: i64,
}

#[derive(Clone)]
struct Control {
    faults: Arc<Faults>,
    sessions: Arc<Sessions>,
}

pub(super) fn control(faults: Arc<Faults>, sessions: Arc<Sessions>) -> Router {
    Router::new()
        .route("/rules", post(add_rule).delete(clear_rules))
        .route("/release", post(release))
        .route("/revoke", post(revoke))
        .route("/clock", post(shift_clock))
        .route("/reset", post(reset))
        .route("/log", get(log))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(Control { faults, sessions })
}

/// The layer: notes each request of the API and bends the answer where a rule says so.
pub(super) async fn interfere(State(faults): State<Arc<Faults>>, request: Request, next: Next) -> Response {
    let rule = faults.next_rule(&request);
    // Before anything shows in the log: whoever waits for that may release at once.
    let mut released = faults.released.subscribe();
    let arrival = faults.traffic().arrive(Arrival {
        at: faults.clock.now(),
        method: request.method().to_string(),
        path: format!("{API}{}", request.uri().path()),
        endpoint: endpoint(&request).to_owned(),
        tab: tab(request.headers()),
        authorized: request.headers().contains_key(AUTHORIZATION),
    });
    let Some(rule) = rule else {
        let response = next.run(request).await;
        faults.settle(arrival, &response, Some(response.status()));
        return response;
    };
    match rule.effect {
        Effect::Answer(status, headers, body) => {
            hold(rule.delay, &mut released).await;
            let body = if headers.contains_key(CONTENT_LENGTH) {
                Body::new(Unmeasured::Text(body.into()))
            } else {
                body.into()
            };
            let response = (status, headers, body).into_response();
            faults.settle(arrival, &response, Some(status));
            response
        }
        Effect::Process => {
            let response = next.run(request).await;
            faults.settle(arrival, &response, Some(response.status()));
            hold(rule.delay, &mut released).await;
            response
        }
        Effect::ProcessThenCut => {
            let response = next.run(request).await;
            faults.settle(arrival, &response, None);
            hold(rule.delay, &mut released).await;
            let mut cut = StatusCode::BAD_GATEWAY.into_response();
            cut.extensions_mut().insert(CutConnection);
            cut
        }
    }
}

impl Faults {
    pub(super) fn new(clock: Arc<Clock>) -> Self {
        Self { rules: Mutex::default(), traffic: Mutex::default(), clock, released: watch::Sender::default() }
    }

    fn next_rule(&self, request: &Request) -> Option<Rule> {
        if request.method() == Method::OPTIONS {
            return None;
        }
        let wanted = Endpoint::of(endpoint(request))?;
        let mut rules = self.rules();
        let rule = rules.iter_mut().find(|rule| rule.endpoint == wanted)?;
        rule.left = rule.left.saturating_sub(1);
        let found = rule.clone();
        rules.retain(|rule| rule.left > 0);
        Some(found)
    }

    fn settle(&self, arrival: u64, response: &Response, status: Option<StatusCode>) {
        let note = response.extensions().get::<Note>();
        self.traffic().settle(arrival, self.clock.now(), status.map(|s| s.as_u16()), note);
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Endpoint {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "login" => Self::Login,
            "renew" => Self::Renew,
            "logout" => Self::Logout,
            "status" => Self::Status,
            "resource" => Self::Resource,
            "echo" => Self::Echo,
            _ => return None,
        })
    }
}

impl TryFrom<RuleBody> for Rule {
    type Error = Problem;

    fn try_from(body: RuleBody) -> Result<Self, Problem> {
        if body.times == 0 {
            return Err(Problem::invalid("`times` is not 1 or more."));
        }
        if body.delay_ms > MAX_DELAY_MS {
            return Err(Problem::invalid(format!("`delayMs` is more than {MAX_DELAY_MS}.")));
        }
        let effect = match (body.status, body.drop) {
            (Some(_), true) => {
                return Err(Problem::invalid("`status` and `drop` exclude each other."));
            }
            (None, _) if body.body.is_some() || !body.headers.is_empty() => {
                return Err(Problem::invalid("`headers` and `body` need a `status`."));
            }
            (None, true) => Effect::ProcessThenCut,
            (None, false) => Effect::Process,
            (Some(status), false) => {
                Effect::Answer(final_status(status)?, headers(body.headers)?, body.body.unwrap_or_default())
            }
        };
        let delay = Duration::from_millis(body.delay_ms);
        Ok(Self { endpoint: body.endpoint, left: body.times, delay, effect })
    }
}

async fn add_rule(State(control): State<Control>, body: JsonObject) -> Result<StatusCode, Problem> {
    let rule = Rule::try_from(body.read::<RuleBody>()?)?;
    control.faults.rules().push(rule);
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_rules(State(control): State<Control>) -> StatusCode {
    control.faults.rules().clear();
    StatusCode::NO_CONTENT
}

/// Sends the answers that are being delayed.
async fn release(State(control): State<Control>) -> StatusCode {
    control.faults.released.send_replace(());
    StatusCode::NO_CONTENT
}

async fn revoke(State(control): State<Control>, mut body: JsonObject) -> Result<StatusCode, Problem> {
    if control.sessions.revoke(&body.text("username")?).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(StatusCode::NOT_FOUND, "user_unknown", "There is no such user."))
    }
}

async fn shift_clock(State(control): State<Control>, body: JsonObject) -> Result<StatusCode, Problem> {
    control.faults.clock.shift(body.read::<ShiftBody>()?.shift_ms);
    Ok(StatusCode::NO_CONTENT)
}

async fn reset(State(control): State<Control>) -> StatusCode {
    control.faults.rules().clear();
    *control.faults.traffic() = Traffic::default();
    control.faults.clock.shift(0);
    StatusCode::NO_CONTENT
}

async fn log(State(control): State<Control>) -> Json<Value> {
    Json(control.faults.traffic().report())
}

async fn hold(delay: Duration, released: &mut watch::Receiver<()>) {
    let _ = tokio::time::timeout(delay, released.changed()).await;
}

const fn once() -> u32 {
    1
}

fn final_status(status: u16) -> Result<StatusCode, Problem> {
    match StatusCode::from_u16(status) {
        Ok(code) if (200..=599).contains(&status) => Ok(code),
        _ => Err(Problem::invalid("`status` is not between 200 and 599.")),
    }
}

fn headers(texts: BTreeMap<String, String>) -> Result<HeaderMap, Problem> {
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, plain)]);
    for (name, value) in texts {
        let (Ok(parsed), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value)) else {
            return Err(Problem::invalid(format!("`headers` has no valid header {name:?}.")));
        };
        if parsed == TRANSFER_ENCODING || parsed == CONNECTION {
            return Err(Problem::invalid(format!("`headers` may not set {name:?}: it belongs to the connection.")));
        }
        if parsed == CONTENT_LENGTH && !value.to_str().is_ok_and(|digits| digits.parse::<u32>().is_ok()) {
            return Err(Problem::invalid("`headers` has a Content-Length that is not a number."));
        }
        headers.insert(parsed, value);
    }
    Ok(headers)
}

fn tab(headers: &HeaderMap) -> Option<String> {
    let tab = headers.get("x-tab")?.to_str().ok()?;
    Some(tab.chars().take(64).collect())
}

/// Nesting has taken the API's prefix off the path.
fn endpoint(request: &Request) -> &str {
    request.uri().path().trim_start_matches('/')
}
