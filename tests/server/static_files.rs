use axum::body::Body;
use axum::http::Request;
use tokenkeep::dev::{Mount, Rotation};

use crate::support::{Api, Directory, config};

async fn serving(directory: &Directory) -> Api {
    for (name, text) in
        [("www/index.html", "<h1>"), ("pkg/a.js", "1"), ("pkg/a.wasm", "2"), ("pkg/sub/index.html", "3")]
    {
        let path = directory.file(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::fs::write(directory.file("secret"), "secret").unwrap();
    let mut config = config(Rotation::Strict);
    let mount = |prefix: &str, name: &str| format!("{prefix}={}", directory.file(name).display()).parse().unwrap();
    config.mounts = vec![mount("/", "www"), mount("/pkg/", "pkg")];
    Api::with(config).await
}

#[tokio::test]
async fn files_come_with_the_types_that_browsers_insist_on_and_are_never_cached() {
    let directory = Directory::new();
    let api = serving(&directory).await;
    for (path, content_type) in [
        ("/", "text/html"),
        ("/index.html", "text/html"),
        ("/pkg/a.js", "text/javascript"),
        ("/pkg/a.js?v=2", "text/javascript"),
        ("/pkg/a.wasm", "application/wasm"),
        ("/pkg/sub/", "text/html"),
    ] {
        let answer = api.get(path, None).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some(content_type), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[tokio::test]
async fn pages_may_run_wasm_and_scripts_of_their_own_origin_alone_unless_told_otherwise() {
    let directory = Directory::new();
    let api = serving(&directory).await;
    for path in ["/", "/pkg/a.js", "/pkg/a.wasm"] {
        let answer = api.get(path, None).await;
        let policy = answer.header("content-security-policy").unwrap();
        let script = policy.split("; ").find(|directive| directive.starts_with("script-src"));
        assert_eq!(script, Some("script-src 'self' 'wasm-unsafe-eval'"), "{path}");
        assert!(policy.starts_with("default-src 'self';") && policy.contains("object-src 'none'"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("x-frame-options"), Some("SAMEORIGIN"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
    }
    let mut config = config(Rotation::Strict);
    config.mounts = vec![format!("/={}", directory.file("www").display()).parse().unwrap()];
    config.page_policy = Some("default-src 'none'".parse().unwrap());
    let answer = Api::with(config).await.get("/", None).await;
    assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'"));
}

#[tokio::test]
async fn scripts_that_stand_in_a_page_go_by_their_hash() {
    let directory = Directory::new();
    let api = serving(&directory).await;
    let page = "<!doctype html><script type=\"importmap\">{ }</script>\r\n<SCRIPT>\r\nalert('ä')\r\n</SCRIPT>\
        <scripture>no</scripture><script src=\"a.js\"></script><script>";
    std::fs::write(directory.file("www/index.html"), page).unwrap();
    let answer = api.get("/", None).await;
    assert_eq!(answer.body, page.as_bytes());
    // printf '{ }' | openssl dgst -sha256 -binary | base64, and the same of "\nalert('ä')\n".
    let scripts = "script-src 'self' 'wasm-unsafe-eval' 'sha256-JXwb6Wrmn0sBwsab2214YF9ZF1gZ+wB9C/JFv0hETEo=' 'sha256-aWuwvkTCyT0x/QjcqfxH6rDWKUBb+kZLDz8N+8fdMAE=';";
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains(scripts), "{policy}");
}

#[tokio::test]
async fn a_directory_without_its_slash_is_redirected_below_its_prefix() {
    let directory = Directory::new();
    let api = serving(&directory).await;
    for (path, target) in [("/pkg", "/pkg/"), ("/pkg/sub", "/pkg/sub/")] {
        let answer = api.get(path, None).await;
        assert_eq!(answer.status, 307, "{path}");
        assert_eq!(answer.header("location"), Some(target));
    }
}

#[tokio::test]
async fn what_is_not_below_a_directory_is_not_served() {
    let directory = Directory::new();
    let api = serving(&directory).await;
    for path in [
        "/nothing.js",
        "/pkg/nothing.js",
        "/pkgs/a.js",
        "/a.js",
        "/../secret",
        "/pkg/../../secret",
        "/%2e%2e/secret",
        "/pkg/..%2f..%2fsecret",
        "//secret",
        "/pkg//..//..//secret",
        "/pkg/%00",
        "/pkg/%ff",
        "/index.html/x",
    ] {
        let answer = api.get(path, None).await;
        assert_eq!(answer.problem(), (404, "not_found".into()), "{path}");
    }
    let put = Request::put("/index.html").body(Body::from("x")).unwrap();
    assert_eq!(api.send(put).await.problem(), (405, "method_not_allowed".into()));
}

#[tokio::test]
async fn the_api_goes_before_the_files() {
    let directory = Directory::new();
    let api = serving(&directory).await;
    assert_eq!(api.get("/api/v1/healthz", None).await.json()["status"], "ok");
    assert_eq!(api.get("/api/v1/index.html", None).await.problem(), (404, "not_found".into()));
}

#[test]
fn a_mount_needs_a_prefix_and_a_directory() {
    for text in ["", "www", "/", "/=", "=www", "pkg=pkg", "/a?b=c"] {
        assert!(text.parse::<Mount>().is_err(), "{text}");
    }
    assert!("/=www".parse::<Mount>().is_ok());
}
