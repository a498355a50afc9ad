//! Ids in paths, and the ticket in a query.

use super::routes::{Door, named};
use super::world::World;
use super::{Bad, ROUTES, refuses};

const NOT_FOUND: (u16, &str) = (404, "not_found");

/// As they stand in a URL.
fn ids() -> Vec<(&'static str, String)> {
    vec![
        ("nobody's", "0123456789abcdef0123456789abcdef".to_owned()),
        ("a name", "susan".to_owned()),
        ("a number", "1".to_owned()),
        ("SQL", "'%20OR%20'1'='1".to_owned()),
        ("more SQL", "x';%20DROP%20TABLE%20users;%20--".to_owned()),
        ("a wildcard", "%25".to_owned()),
        ("NUL", "%00".to_owned()),
        ("no UTF-8", "%ff".to_owned()),
        ("a slash", "..%2f..%2fetc%2fpasswd".to_owned()),
        ("a key of another kind", "%F0%9F%94%91".to_owned()),
        ("a bad escape", "%zz".to_owned()),
        ("very long", "a".repeat(8000)),
        ("JSON", "%7B%22$ne%22:1%7D".to_owned()),
    ]
}

#[tokio::test]
async fn an_id_of_nobody_is_404_whatever_it_looks_like() {
    for world in World::on_every_store().await {
        let routes = ROUTES.iter().filter(|route| route.path().contains('{'));
        refuses(&world, routes, |route, good| {
            let parts: Vec<&str> = good.uri.split('/').collect();
            let places = route.path().split('/').enumerate().filter(|(_, part)| part.starts_with('{'));
            let mut all = Vec::new();
            for (place, name) in places {
                for (what, id) in ids() {
                    let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
                    // The API itself is two parts deep.
                    parts[place + 2] = id;
                    let mut call = good.clone();
                    call.uri = parts.join("/");
                    all.push(Bad::new(format!("{name}: {what}"), call, NOT_FOUND));
                }
            }
            all
        })
        .await;
    }
}

#[tokio::test]
async fn another_users_ids_are_nobodys() {
    for world in World::on_every_store().await {
        let routes = || ROUTES.iter().filter(|route| route.path().contains('{') && route.door == Door::User);
        let theirs = world.sign_in("root").await;
        let theirs = world.api.get("/api/v1/status", theirs["token"].as_str()).await.json();
        refuses(&world, routes(), |route, good| {
            let mut call = good.clone();
            let (before, _) = good.uri.rsplit_once('/').unwrap();
            let id = if route.path().ends_with("{id}") { &theirs["subject"] } else { &theirs["session"] };
            call.uri = format!("{before}/{}", id.as_str().unwrap());
            vec![Bad::new("root's", call, NOT_FOUND)]
        })
        .await;
        // Nor does a session end under the name of another user.
        let under = world.good(named("DELETE /users/{id}/sessions/{session}")).await;
        let mut parts: Vec<&str> = under.uri.split('/').collect();
        let subject = theirs["subject"].as_str().unwrap();
        parts[4] = subject;
        let mut call = under.clone();
        call.uri = parts.join("/");
        assert_eq!(world.send(&call).await.problem(), (404, "not_found".into()));
        assert_eq!(world.send(&under).await.status, 204);
    }
}

#[tokio::test]
async fn what_is_asked_beside_a_path_is_of_no_matter() {
    let world = World::new().await;
    for route in ROUTES {
        let mut call = world.good(route).await;
        let separator = if call.uri.contains('?') { '&' } else { '?' };
        call.uri += &format!("{separator}a=%ff&a=%00&'=--&b[]=1&__proto__=x&id=1&session=2");
        assert_eq!(world.send(&call).await.status, route.success, "{}", route.operation);
    }
}

#[tokio::test]
async fn a_path_with_more_to_it_is_another_path() {
    let world = World::new().await;
    for route in ROUTES.iter().filter(|route| !route.path().contains('{')) {
        for more in ["/", "/x/y/z", "%20", ";a=b", "%00"] {
            let mut call = world.good(route).await;
            call.uri = call.uri.replacen(route.path(), &format!("{}{more}", route.path()), 1);
            assert_eq!(world.send(&call).await.problem(), (404, "not_found".into()), "{}{more}", route.operation);
        }
    }
}
