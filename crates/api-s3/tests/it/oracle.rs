//! Nobody learns what they may not see: a forbidden thing answers the same whether it exists or not.

use crate::fixture::*;

/// A reply without what differs by nature: its id, and the path that was asked for.
fn faceless(answer: &Answer, path: &str) -> (u16, String, String) {
    let mut headers = answer.headers.clone();
    let id = headers.remove("x-amz-request-id").expect("every reply has one");
    let text = answer.text().replace(id.to_str().expect("text"), "id").replace(path, "path");
    (answer.status, format!("{headers:?}"), text)
}

async fn same(world: &World, there: Ask, missing: Ask, status: u16) {
    let what = format!("{} {}", there.method, there.path);
    let (a, b) = (world.send(&there).await, world.send(&missing).await);
    let (a, b) = (faceless(&a, &there.path), faceless(&b, &missing.path));
    assert_eq!(a.0, status, "{what}: {}", a.2);
    assert_eq!(a, b, "{what}");
}

const SETTINGS: &[&str] = &[
    "cors",
    "versioning",
    "policy",
    "lifecycle",
    "encryption",
    "tagging",
    "object-lock",
    "publicAccessBlock",
    "larder-upload-rules",
];

const PARTS_OF_OBJECTS: &[(&str, &str)] = &[
    ("GET", "tagging"),
    ("PUT", "tagging"),
    ("DELETE", "tagging"),
    ("GET", "retention"),
    ("PUT", "retention"),
    ("GET", "legal-hold"),
    ("PUT", "legal-hold"),
    ("GET", "attributes"),
    ("GET", "versionId"),
    ("DELETE", "versionId"),
    ("POST", "uploads"),
    ("POST", "uploadId"),
    ("GET", "uploadId"),
    ("DELETE", "uploadId"),
];

#[tokio::test]
async fn out_of_scope_and_missing_are_alike() {
    let world = World::new().await;
    world.send(&put("/outside/k", "v")).await;
    let document = "<Delete><Object><Key>k</Key></Object></Delete>";
    for presigned in [false, true] {
        let bound = |ask: Ask| if presigned { ask.by(BOUND).presigned() } else { ask.by(BOUND) };
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
            same(&world, bound(ask(method, "/outside/k")), bound(ask(method, "/missing/k")), 403).await;
            same(&world, bound(ask(method, "/outside/k")), bound(ask(method, "/outside/none")), 403).await;
            same(&world, bound(ask(method, "/outside")), bound(ask(method, "/missing")), 403).await;
        }
        for parameter in
            SETTINGS.iter().chain(&["location", "uploads", "versions", "policyStatus", "list-type"])
        {
            let list =
                |path| bound(get(path).query(parameter, if *parameter == "list-type" { "2" } else { "" }));
            same(&world, list("/outside"), list("/missing"), 403).await;
        }
        for parameter in SETTINGS {
            let set = |path| bound(put(path, "<a/>").query(parameter, ""));
            same(&world, set("/outside"), set("/missing"), 403).await;
        }
        for (method, parameter) in PARTS_OF_OBJECTS {
            let of = |path| bound(ask(method, path).query(parameter, "1"));
            same(&world, of("/outside/k"), of("/outside/none"), 403).await;
            same(&world, of("/outside/k"), of("/missing/k"), 403).await;
        }
        let copy = |source| bound(put("/inside/k", "").header("x-amz-copy-source", source));
        same(&world, copy("/outside/k"), copy("/missing/k"), 403).await;
        same(&world, copy("/outside/k"), copy("/outside/none"), 403).await;
        let many = |path| bound(post(path, document).query("delete", ""));
        same(&world, many("/outside"), many("/missing"), 403).await;
    }
    assert_eq!(world.send(&get("/outside/k")).await.text(), "v");
}

#[tokio::test]
async fn a_read_only_key_learns_nothing_by_writing() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    let pairs = [
        (put("/inside/k", "x"), put("/missing/k", "x")),
        (
            put("/inside/k", "x").unsigned("if-none-match", "*"),
            put("/inside/none", "x").unsigned("if-none-match", "*"),
        ),
        (put("/inside/k", "x").unsigned("if-match", "*"), put("/inside/none", "x").unsigned("if-match", "*")),
        (delete("/inside/k"), delete("/missing/k")),
        (put("/inside", ""), put("/fresh", "")),
        (delete("/inside"), delete("/missing")),
        (post("/inside/k", "").query("uploads", ""), post("/missing/k", "").query("uploads", "")),
    ];
    for (there, missing) in pairs {
        same(&world, there.by(READER), missing.by(READER), 403).await;
    }
    assert_eq!(world.send(&get("/inside/k")).await.text(), "v");
}

/// Without a valid signature the answer does not depend on what is there.
#[tokio::test]
async fn strangers_see_one_answer() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    let stranger = Key { id: "99999999999999999999999999999999", secret: "x" };
    for method in ["GET", "HEAD", "PUT", "DELETE"] {
        let (there, missing) = (ask(method, "/inside/k"), ask(method, "/missing/k"));
        same(&world, there.clone().anonymous(), missing.clone().anonymous(), 400).await;
        same(&world, there.clone().by(stranger), missing.clone().by(stranger), 401).await;
        let expired = |ask: Ask| ask.expires(1).signed_ago(9);
        same(&world, expired(there), expired(missing), 403).await;
    }
}

/// Authentication comes before existence, and authorisation before every other judgement of the request.
#[tokio::test]
async fn within_the_scope_the_truth_is_told() {
    let world = World::new().await;
    assert_eq!(world.send(&get("/nowhere/k").by(BOUND)).await.verdict(), verdict(404, "NoSuchBucket"));
    assert_eq!(world.send(&get("/inside/k").by(BOUND)).await.verdict(), verdict(404, "NoSuchKey"));
    let buckets = world.send(&get("/").by(BOUND)).await;
    assert_eq!(buckets.verdict(), verdict(403, "AccessDenied"));
    assert!(buckets.hint().contains("access key"), "{}", buckets.hint());
    let unbuilt = world.send(&get("/inside/k").query("acl", "").by(READER)).await;
    assert_eq!(unbuilt.verdict(), verdict(501, "NotImplemented"));
    let forbidden = world.send(&put("/inside/k", "x").header("x-amz-acl", "everybody").by(READER)).await;
    assert_eq!(forbidden.verdict(), verdict(403, "AccessDenied"));
}
