//! What the tests in a page share: a server that lives in a `fetch` function, and ways to wait.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use tokenkeep::{Options, Session, Storage};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Request, Response, ResponseInit};

pub const BASE: &str = "https://api.example.com";

/// One request that has arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub url: String,
    pub path: String,
    pub authorization: Option<String>,
    pub body: String,
    pub request: Request,
}

/// What a rule says.
pub enum Reply {
    Json(u16, String),
    /// Status, headers, body.
    Raw(u16, Vec<(&'static str, &'static str)>, String),
    Reject(JsValue),
    /// Something that need not be a `Response`.
    Value(JsValue),
}

type Callback = dyn FnMut(JsValue, JsValue) -> Result<Promise, JsValue>;
type Rule = Rc<dyn Fn(&Seen) -> Reply>;

/// A server with single-use refresh tokens. Its first tokens are `t1` and `r1`.
#[derive(Clone)]
pub struct Server(Rc<State>);

#[derive(Default)]
struct State {
    seen: RefCell<Vec<Seen>>,
    rules: RefCell<Vec<(String, Rule)>>,
    gates: RefCell<Vec<(String, Gate)>>,
    issued: Cell<u32>,
    /// Seconds that the next tokens live.
    lifetime: Cell<f64>,
    throws: RefCell<Option<JsValue>>,
    function: RefCell<Option<Function>>,
    callback: RefCell<Option<Closure<Callback>>>,
}

/// Holds answers back until opened.
#[derive(Clone)]
pub struct Gate {
    promise: Promise,
    open: Function,
}

impl Gate {
    pub fn open(&self) {
        let _ = self.open.call0(&JsValue::UNDEFINED);
    }
}

impl Server {
    pub fn new() -> Self {
        let server = Self(Rc::default());
        server.0.lifetime.set(300.0);
        let state = Rc::downgrade(&server.0);
        let callback = Closure::<Callback>::new(move |input, init| {
            let server = Self(state.upgrade().unwrap());
            if let Some(thrown) = server.0.throws.borrow().clone() {
                return Err(thrown);
            }
            Ok(future_to_promise(async move { server.serve(input, init).await }))
        });
        server.0.function.replace(Some(callback.as_ref().unchecked_ref::<Function>().clone()));
        server.0.callback.replace(Some(callback));
        server
    }

    pub fn fetch(&self) -> Function {
        self.0.function.borrow().clone().unwrap()
    }

    /// Tokens issued from now on live this many seconds.
    pub fn lifetime(&self, seconds: f64) -> &Self {
        self.0.lifetime.set(seconds);
        self
    }

    /// What is answered to paths that end like this, from now on. The latest rule counts.
    pub fn on(&self, path: &str, rule: impl Fn(&Seen) -> Reply + 'static) -> &Self {
        self.0.rules.borrow_mut().push((path.into(), Rc::new(rule)));
        self
    }

    /// Requests to paths that end like this arrive, but get no answer before the gate is opened.
    pub fn hold(&self, path: &str) -> Gate {
        let mut open = None;
        let promise = Promise::new(&mut |resolve, _| open = Some(resolve));
        let gate = Gate { promise, open: open.unwrap() };
        self.0.gates.borrow_mut().push((path.into(), gate.clone()));
        gate
    }

    /// From now on `fetch` itself throws.
    pub fn throw(&self, thrown: JsValue) {
        self.0.throws.replace(Some(thrown));
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.0.seen.borrow().clone()
    }

    /// The requests whose path ends like this.
    pub fn seen_at(&self, path: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.path.ends_with(path)).collect()
    }

    pub fn count(&self, path: &str) -> usize {
        self.seen_at(path).len()
    }

    /// Waits until so many requests have arrived at the path.
    pub async fn arrived(&self, path: &str, count: usize) {
        until(|| self.count(path) >= count).await;
    }

    /// The number of the newest token.
    pub fn newest(&self) -> u32 {
        self.0.issued.get()
    }

    /// A session against this server that nothing else shares.
    pub fn session(&self) -> Session {
        Session::new(self.options(Storage::Memory)).unwrap()
    }

    pub fn options(&self, storage: Storage) -> Options {
        let mut options = Options::new(BASE);
        options.name = unique_name();
        options.storage = storage;
        options.fetch = Some(self.fetch());
        options
    }

    /// A session that is signed in.
    pub async fn signed_in(&self) -> Session {
        let session = self.session();
        session.login(&credentials()).await.unwrap();
        session
    }

    /// A session whose access token has run out.
    pub async fn expired(&self) -> Session {
        let session = self.session();
        self.lifetime(0.001);
        session.login(&credentials()).await.unwrap();
        self.lifetime(300.0);
        sleep(5).await;
        session
    }

    fn issue(&self, with_subject: bool) -> Reply {
        let number = self.0.issued.get() + 1;
        self.0.issued.set(number);
        let subject = if with_subject { r#","subject":"u1""# } else { "" };
        let lifetime = self.0.lifetime.get();
        Reply::Json(
            200,
            format!(r#"{{"token":"t{number}","refreshToken":"r{number}","expiresIn":{lifetime}{subject}}}"#),
        )
    }

    fn reply(&self, seen: &Seen) -> Reply {
        let rule = self.0.rules.borrow().iter().rev().find(|(path, _)| seen.path.ends_with(path)).cloned();
        if let Some((_, rule)) = rule {
            return rule(seen);
        }
        let newest = format!("Bearer t{}", self.newest());
        match seen.path.as_str() {
            "/api/v1/login" => self.issue(true),
            "/api/v1/renew" if seen.body.contains(&format!("\"r{}\"", self.newest())) => self.issue(true),
            "/api/v1/renew" => Reply::Json(401, r#"{"code":"refresh_token_reused"}"#.into()),
            "/api/v1/logout" => Reply::Raw(204, vec![], String::new()),
            _ if seen.authorization.as_deref() == Some(&newest) => Reply::Json(200, r#"{"ok":true}"#.into()),
            _ => rejected(),
        }
    }

    async fn serve(self, input: JsValue, init: JsValue) -> Result<JsValue, JsValue> {
        let request = match input.dyn_into::<Request>() {
            Ok(request) if init.is_undefined() => request,
            Ok(request) => Request::new_with_request_and_init(&request, init.unchecked_ref())?,
            Err(url) => Request::new_with_str_and_init(&url.as_string().unwrap(), init.unchecked_ref())?,
        };
        let body = JsFuture::from(request.clone()?.text()?).await?.as_string().unwrap();
        let url = request.url();
        let path = web_sys::Url::new(&url)?.pathname();
        let authorization = request.headers().get("Authorization")?;
        let seen = Seen { method: request.method(), url, path, authorization, body, request };
        self.0.seen.borrow_mut().push(seen.clone());
        let gate = self.0.gates.borrow().iter().find(|(path, _)| seen.path.ends_with(path)).cloned();
        // Decided on arrival, told when the gate opens.
        let reply = self.reply(&seen);
        if let Some((_, gate)) = gate {
            JsFuture::from(gate.promise).await?;
        }
        match reply {
            Reply::Json(status, body) => response(status, &[("Content-Type", "application/json")], &body),
            Reply::Raw(status, headers, body) => response(status, &headers, &body),
            Reply::Reject(reason) => Err(reason),
            Reply::Value(value) => Ok(value),
        }
    }
}

/// The answer of a server that does not like the access token.
pub fn rejected() -> Reply {
    Reply::Raw(401, vec![("WWW-Authenticate", r#"Bearer realm="x", error="invalid_token""#)], String::new())
}

pub fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Result<JsValue, JsValue> {
    let init = ResponseInit::new();
    init.set_status(status);
    let list = web_sys::Headers::new()?;
    for (name, value) in headers {
        list.set(name, value)?;
    }
    init.set_headers(&list);
    let body = (status != 204).then_some(body);
    Response::new_with_opt_str_and_init(body, &init).map(JsValue::from)
}

pub fn credentials() -> std::collections::BTreeMap<&'static str, &'static str> {
    [("username", "ada"), ("password", "secret-pw")].into()
}

pub fn get(path: &str) -> Request {
    Request::new_with_str(&format!("{BASE}{path}")).unwrap()
}

/// `{ a: b, … }`
pub fn object(members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), value).unwrap();
    }
    object.into()
}

pub fn field(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap()
}

pub fn json(text: &str) -> JsValue {
    JSON::parse(text).unwrap()
}

pub fn list(items: &[&str]) -> JsValue {
    items.iter().copied().map(JsValue::from_str).collect::<Array>().into()
}

pub fn unique_name() -> String {
    thread_local!(static COUNT: Cell<u32> = const { Cell::new(0) });
    let count = COUNT.get() + 1;
    COUNT.set(count);
    format!("test-{}-{}", js_sys::Math::random().to_bits(), count)
}

pub fn local_storage() -> web_sys::Storage {
    web_sys::window().unwrap().local_storage().unwrap().unwrap()
}

/// One turn of the event loop.
pub async fn tick() {
    sleep(0).await;
}

pub async fn sleep(millis: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        web_sys::window().unwrap().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, millis).unwrap();
    });
    JsFuture::from(promise).await.unwrap();
}

/// Waits until something is so. Fails the test if it never is.
pub async fn until(so: impl Fn() -> bool) {
    for _ in 0..3_000 {
        if so() {
            return;
        }
        sleep(5).await;
    }
    panic!("what was waited for did not happen");
}

/// Begins at once; the cell holds what came of it.
pub fn spawned<T: 'static>(future: impl Future<Output = T> + 'static) -> Rc<RefCell<Option<T>>> {
    let result = Rc::new(RefCell::new(None));
    let slot = Rc::clone(&result);
    wasm_bindgen_futures::spawn_local(async move {
        let value = future.await;
        slot.replace(Some(value));
    });
    result
}

/// All of them side by side.
pub async fn join_all<T: 'static>(all: Vec<impl Future<Output = T> + 'static>) -> Vec<T> {
    let all: Vec<_> = all.into_iter().map(spawned).collect();
    until(|| all.iter().all(|one| one.borrow().is_some())).await;
    all.into_iter().map(|one| one.take().unwrap()).collect()
}
