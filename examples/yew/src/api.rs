use serde::de::DeserializeOwned;
use tokenkeep::{FetchError, Session};
use wasm_bindgen_futures::JsFuture;
use web_sys::Request;

/// What your API answers, or what to tell the user.
pub async fn load<T: DeserializeOwned>(session: &Session, path: &str) -> Result<T, String> {
    let request = Request::new_with_str(path).map_err(|_| format!("no address: {path}"))?;
    let response = session.fetch(request).await.map_err(|error| match error {
        FetchError::Session { error, .. } => error.to_string(),
        FetchError::Native(_) => "the request did not get through".to_owned(),
    })?;
    if !response.ok() {
        return Err(format!("the server answered {}", response.status()));
    }
    let unexpected = |_| "the answer is no JSON".to_owned();
    let body = JsFuture::from(response.json().map_err(unexpected)?).await.map_err(unexpected)?;
    serde_wasm_bindgen::from_value(body).map_err(|error| error.to_string())
}
