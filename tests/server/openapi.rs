//! The API's description, held against the API.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;
use tokenkeep::dev::Rotation;

use crate::support::{api, seconds};

const GRACE: Rotation = Rotation::Grace(seconds(10));

fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of = |(path, methods): (&String, &'_ Value)| -> Vec<(String, String)> {
        methods.as_object().unwrap().keys().map(|method| (path.clone(), method.to_uppercase())).collect()
    };
    paths
        .iter()
        .flat_map(of)
        .map(|(path, method)| {
            let operation = &document["paths"][&path][method.to_lowercase()];
            (path, method, operation)
        })
        .collect()
}

#[tokio::test]
async fn every_operation_that_is_described_is_there_and_refuses_as_described() {
    let api = api(GRACE).await;
    let document = api.get("/api/v1/openapi.json", None).await.json();
    assert_eq!(document, tokenkeep::dev::openapi());
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["servers"][0]["url"], "/api/v1");
    let operations = operations(&document);
    assert!(operations.len() >= 22, "{}", operations.len());
    for (path, method, operation) in operations {
        let uri = format!("/api/v1{}", path.replace("{id}", "x").replace("{session}", "y"));
        let request = Request::builder().method(method.as_str()).uri(uri).body(Body::empty()).unwrap();
        let answer = api.send(request).await;
        let status = answer.status.as_u16();
        assert!(status != 405 && !(status == 404 && operation.get("security").is_none()), "{method} {path}: {status}");
        let protected =
            operation["security"].as_array().is_some_and(|all| all.iter().all(|one| one.get("bearer").is_some()));
        assert_eq!(protected, status == 401 && path != "/socket", "{method} {path}: {status}");
        let described = operation["responses"].as_object().unwrap();
        assert!(described.contains_key(&status.to_string()), "{method} {path}: {status}");
        assert!(operation["summary"].is_string() && described.contains_key("503"), "{method} {path}");
    }
}

#[test]
fn every_refusal_is_described_with_what_comes_with_it() {
    let document = tokenkeep::dev::openapi();
    let refusal = |status: &str| match status {
        "401" => "Unauthorized",
        "403" => "Forbidden",
        "429" => "TooManyRequests",
        "503" => "Unavailable",
        _ => "ProblemBody",
    };
    for (path, method, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap();
        let reads = operation.get("requestBody").is_some();
        for (status, wanted) in
            [("408", true), ("500", true), ("503", true), ("413", reads), ("415", reads && path != "/echo")]
        {
            assert_eq!(responses.contains_key(status), wanted, "{method} {path}: {status}");
        }
        for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
            let wanted = format!("#/components/responses/{}", refusal(status));
            assert_eq!(response["$ref"], wanted, "{method} {path}: {status}");
        }
    }
    let responses = &document["components"]["responses"];
    for (name, header, always) in [
        ("Unauthorized", "WWW-Authenticate", true),
        ("Forbidden", "WWW-Authenticate", false),
        ("TooManyRequests", "Retry-After", true),
        ("Unavailable", "Retry-After", true),
    ] {
        assert_eq!(responses[name]["headers"][header]["required"], always, "{name}");
        assert_eq!(responses[name]["content"], responses["ProblemBody"]["content"], "{name}");
    }
}

/// What is served beside the description, and why it is not in it.
const BESIDE: [&str; 4] = ["openapi.json", "docs", "docs/", "docs/try.js"];

#[tokio::test]
async fn what_is_documented_in_words_is_described_too() {
    let api = api(GRACE).await;
    let document = tokenkeep::dev::openapi();
    let described: BTreeSet<String> =
        document["paths"].as_object().unwrap().keys().map(|path| path.trim_start_matches('/').to_owned()).collect();
    let text = include_str!("../../docs/SERVER.md");
    let documented = text.split('`').filter_map(|word| {
        let (method, path) = word.split_once(" /")?;
        ["GET", "POST", "PUT", "DELETE"].contains(&method).then(|| path.split(['?', ' ']).next().unwrap().to_owned())
    });
    let documented: BTreeSet<String> = documented.filter(|path| !path.starts_with("__")).collect();
    let beside: BTreeSet<String> = BESIDE.map(str::to_owned).into_iter().collect();
    let known: BTreeSet<String> = described.union(&beside).cloned().collect();
    assert_eq!(documented.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "not there");
    assert_eq!(described.difference(&documented).collect::<Vec<_>>(), Vec::<&String>::new(), "not in docs/SERVER.md");
    for path in BESIDE {
        let answer = api.get(&format!("/api/v1/{path}"), None).await;
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{path}");
    }
}

#[tokio::test]
async fn the_page_to_try_it_runs_nothing_that_comes_from_elsewhere() {
    let api = api(GRACE).await;
    for (path, media_type) in [
        ("", "text/html; charset=utf-8"),
        ("try.js", "text/javascript; charset=utf-8"),
        ("try.css", "text/css; charset=utf-8"),
    ] {
        let answer = api.get(&format!("/api/v1/docs/{path}"), None).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some(media_type)));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("http"));
        let text = String::from_utf8(answer.body).unwrap();
        assert!(!text.contains("//cdn") && !text.contains("https://") && !text.contains("onclick"), "{path}");
    }
}
