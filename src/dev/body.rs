//! Reading request bodies, so that every way to get one wrong has its answer.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use super::problem::Problem;

/// A JSON object from the request's body. Fields are asked for one by one, so that the answer can name
/// the one that is wrong without repeating what was in it.
#[derive(Debug)]
pub struct JsonObject(Map<String, Value>);

impl JsonObject {
    /// A text field that must be there and not be empty.
    ///
    /// # Errors
    /// 400 `invalid_request`, naming the field.
    pub fn text(&mut self, field: &str) -> Result<String, Problem> {
        match self.0.remove(field) {
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            Some(Value::String(_)) => Err(Problem::invalid(format!("`{field}` is empty."))),
            None | Some(Value::Null) => Err(Problem::invalid(format!("`{field}` is missing."))),
            Some(_) => Err(Problem::invalid(format!("`{field}` is not a string."))),
        }
    }

    /// A text field that may be left out, and is not empty.
    ///
    /// # Errors
    /// 400 `invalid_request`, naming the field.
    pub fn text_or_none(&mut self, field: &str) -> Result<Option<String>, Problem> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.text(field).map(Some),
        }
    }

    /// A list of texts that may be left out.
    ///
    /// # Errors
    /// 400 `invalid_request`, naming the field.
    pub fn texts(&mut self, field: &str) -> Result<Option<Vec<String>>, Problem> {
        match self.0.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value)
                .map(Some)
                .map_err(|_| Problem::invalid(format!("`{field}` is not a list of strings."))),
        }
    }

    /// All of it as a typed value.
    ///
    /// # Errors
    /// 400 `invalid_request`. Only for bodies without secrets: the detail may repeat a value.
    pub fn read<T: serde::de::DeserializeOwned>(self) -> Result<T, Problem> {
        serde_json::from_value(Value::Object(self.0))
            .map_err(|error| Problem::invalid(format!("The body does not fit: {error}.")))
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonObject {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Send JSON, with the content type application/json.",
            ));
        }
        let Whole(bytes) = Whole::from_request(request, state).await?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(Problem::invalid("The body is not a JSON object.")),
            Err(error) => Err(Problem::invalid(format!(
                "The body is not valid JSON (line {}, column {}).",
                error.line(),
                error.column()
            ))),
        }
    }
}

/// The same fields from JSON or from a form, as plain HTML sends it.
#[derive(Debug)]
pub struct JsonOrForm(pub JsonObject);

impl<S: Send + Sync> FromRequest<S> for JsonOrForm {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if essence(request.headers()).as_deref() != Some("application/x-www-form-urlencoded") {
            return JsonObject::from_request(request, state).await.map(Self);
        }
        let Whole(bytes) = Whole::from_request(request, state).await?;
        let mut fields = Map::new();
        for (name, value) in form_urlencoded::parse(&bytes) {
            // What is no UTF-8 has been replaced by this mark, and a password is not to be guessed at.
            if name.contains(char::REPLACEMENT_CHARACTER) || value.contains(char::REPLACEMENT_CHARACTER) {
                return Err(Problem::invalid("The form is not UTF-8."));
            }
            let value = match &*name {
                // RFC 6749 §3.3: a list is written with spaces.
                "scopes" => value.split_whitespace().map(str::to_owned).collect(),
                _ => Value::String(value.into_owned()),
            };
            // A field that comes twice is a list: not what anybody asks for, and of no matter where nobody does.
            let name = name.into_owned();
            match fields.remove(&name) {
                None => fields.insert(name, value),
                Some(first) => fields.insert(name, Value::Array(vec![first, value])),
            };
        }
        Ok(Self(JsonObject(fields)))
    }
}

/// The whole body, whatever it is, up to the limit of the route.
#[derive(Debug)]
pub struct Whole(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Bytes::from_request(request, state).await.map(Self).map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Problem::new(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "payload_too_large",
                    "The body is larger than this endpoint takes.",
                )
            } else {
                Problem::invalid("The body could not be read to its end.")
            }
        })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    essence(headers).is_some_and(|essence| {
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
    })
}

/// The media type without its parameters; `None` when there is not exactly one.
fn essence(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}
