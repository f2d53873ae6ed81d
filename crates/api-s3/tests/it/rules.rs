//! A bucket's upload rules, which are Larder's own: what any URL of the bucket may upload, whoever signed it.

use crate::fixture::*;
use crate::multipart::{begin, complete, part};

const RULES: &str = r#"{"rules":[{"prefix":"avatars/","maxBytes":5,"minBytes":2,"contentTypes":["image/*"],"keyPattern":"avatars/*.png"}]}"#;

fn set(document: impl Into<bytes::Bytes>) -> Ask {
    put("/inside", document).query("larder-upload-rules", "")
}

pub(crate) async fn with_rules() -> World {
    let world = World::new().await;
    assert_eq!(world.send(&set(RULES)).await.status, 204);
    world
}

fn upload(path: &str, body: &'static str, content_type: &str) -> Ask {
    let ask = put(path, body).presigned();
    if content_type.is_empty() { ask } else { ask.unsigned("content-type", content_type) }
}

/// GetBucketUploadRules, PutBucketUploadRules, DeleteBucketUploadRules.
#[tokio::test]
async fn rules_are_kept_and_shown_as_json() {
    let world = World::new().await;
    let shown = get("/inside").query("larder-upload-rules", "");
    assert_eq!(world.send(&shown).await.verdict(), verdict(404, "NoSuchUploadRules"));
    assert_eq!(world.send(&set(RULES)).await.status, 204);
    let kept = world.send(&shown).await;
    assert_eq!((kept.status, kept.header("content-type").as_deref()), (200, Some("application/json")));
    assert!(
        kept.text().contains(r#""keyPattern":"avatars/*.png""#) && kept.text().contains(r#""maxBytes":5"#)
    );
    assert_eq!(world.send(&set(kept.body)).await.status, 204, "what is shown can be sent");
    let rules = |count: usize| format!("{{\"rules\":[{}]}}", vec!["{}"; count].join(","));
    let table = [
        (set(rules(100)), 204, "", ""),
        (set(rules(101)), 400, "InvalidArgument", "at most 100"),
        (set(rules(0)), 400, "InvalidRequest", "delete the rules"),
        (set("<rules/>"), 400, "InvalidRequest", "not JSON"),
        (set(r#"{"rules":[{"max":1}]}"#), 400, "InvalidRequest", "maxBytes"),
        (
            set(r#"{"rules":[{"maxBytes":1,"minBytes":2}]}"#),
            400,
            "InvalidArgument",
            "at least 2 and at most 1",
        ),
        (set(RULES).by(BOUND), 403, "AccessDenied", ""),
        (shown.clone().by(BOUND), 403, "AccessDenied", ""),
        (put("/missing", RULES).query("larder-upload-rules", ""), 404, "NoSuchBucket", ""),
    ];
    for (ask, status, code, words) in table {
        let answer = world.send(&ask).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{ask:?}: {}", answer.text());
        let told = format!("{} {}", answer.element("Message"), answer.hint());
        assert!(told.contains(words), "{code}: {told}");
    }
    assert_eq!(world.send(&delete("/inside").query("larder-upload-rules", "")).await.status, 204);
    assert_eq!(world.send(&shown).await.status, 404);
    assert_eq!(world.send(&upload("/inside/avatars/a", "anything", "")).await.status, 200);
}

#[tokio::test]
async fn an_upload_by_url_is_held_to_them() {
    let world = with_rules().await;
    let table = [
        (upload("/inside/avatars/a.png", "12345", "image/png"), 200, "", ""),
        (upload("/inside/avatars/a.png", "123456", "image/png"), 400, "EntityTooLarge", "At most 5 bytes"),
        (upload("/inside/avatars/a.png", "1", "image/png"), 400, "EntityTooSmall", ""),
        (upload("/inside/avatars/a.png", "123", "text/html"), 400, "InvalidRequest", "allowed Content-Type"),
        (upload("/inside/avatars/a.png", "123", ""), 400, "InvalidRequest", "allowed Content-Type"),
        (upload("/inside/avatars/a.gif", "123", "image/png"), 400, "InvalidRequest", "pattern"),
        (upload("/inside/other", "123456", "text/html"), 200, "", ""),
        // the narrower of the bucket's and the URL's counts
        (
            upload("/inside/avatars/a.png", "1234", "image/png").query("x-larder-max-bytes", "3"),
            400,
            "EntityTooLarge",
            "",
        ),
        (
            upload("/inside/avatars/a.png", "123456", "image/png").query("x-larder-max-bytes", "9"),
            400,
            "EntityTooLarge",
            "",
        ),
        // who signs in a header sends the request itself
        (put("/inside/avatars/a.gif", "123456"), 200, "", ""),
    ];
    for (ask, status, code, hint) in table {
        let answer = world.send(&ask).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{ask:?}: {}", answer.text());
        assert!(answer.hint().contains(hint), "{code}: {}", answer.hint());
    }
}

/// Parts are many small uploads: the whole counts, too.
#[tokio::test]
async fn an_upload_in_parts_by_url_is_held_to_them() {
    let world = with_rules().await;
    let path = "/inside/avatars/a.png";
    let create = post(path, "").presigned();
    let untyped = world.send(&create.clone().query("uploads", "")).await;
    assert_eq!(untyped.verdict(), verdict(400, "InvalidRequest"));
    let id = begin(&world, create.unsigned("content-type", "image/png")).await;
    let large = part(path, &id, "1", "123456").presigned();
    assert_eq!(world.send(&large).await.verdict(), verdict(400, "EntityTooLarge"));
    let answer = world.send(&part(path, &id, "1", "1").presigned()).await;
    assert_eq!(answer.status, 200, "a part may be small");
    let etag = answer.header("etag").expect("a part has one");
    let done = |etag: &str| {
        complete(path, &id, &[(1, etag)]).presigned().unsigned("content-type", "application/xml")
    };
    let small = world.send(&done(&etag)).await;
    assert_eq!(small.verdict(), verdict(400, "EntityTooSmall"), "the object may not");
    // parts that came by other ways count as well
    let other = world.send(&part(path, &id, "1", "123456")).await.header("etag").expect("a part has one");
    let whole = world.send(&done(&other)).await;
    assert_eq!(whole.verdict(), verdict(400, "EntityTooLarge"), "{}", whole.text());
    let fits =
        world.send(&part(path, &id, "1", "123").presigned()).await.header("etag").expect("a part has one");
    assert_eq!(world.send(&done(&fits)).await.status, 200);
    let id = begin(&world, post(path, "").presigned().unsigned("content-type", "image/png")).await;
    assert_eq!(world.send(&delete(path).query("uploadId", &id).presigned()).await.status, 204);
    // what is no content is no upload
    let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
    assert_eq!(world.send(&put(path, tags).query("tagging", "").presigned()).await.status, 200);
}

#[tokio::test]
async fn a_copy_by_url_is_held_to_them_by_the_type_that_it_gets() {
    let world = with_rules().await;
    for (path, kind) in [("/inside/image", "image/png"), ("/inside/page", "text/html")] {
        let stored = world.send(&put(path, "a long body").header("content-type", kind)).await;
        assert_eq!(stored.status, 200);
    }
    let copy = |to: &str, source: &str| put(to, "").header("x-amz-copy-source", source);
    let table = [
        (copy("/inside/avatars/a.png", "/inside/image"), 200, ""),
        (copy("/inside/avatars/a.gif", "/inside/image"), 400, "InvalidRequest"),
        (copy("/inside/avatars/a.png", "/inside/page"), 400, "InvalidRequest"),
        // a type that does not count
        (
            copy("/inside/avatars/a.png", "/inside/page").header("content-type", "image/png"),
            400,
            "InvalidRequest",
        ),
        (
            copy("/inside/avatars/a.png", "/inside/page")
                .header("content-type", "image/png")
                .header("x-amz-metadata-directive", "REPLACE"),
            200,
            "",
        ),
    ];
    for (ask, status, code) in table {
        let answer = world.send(&ask.clone().presigned()).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{ask:?}: {}", answer.text());
    }
    let create = post("/inside/avatars/b.png", "").presigned().unsigned("content-type", "image/png");
    let id = begin(&world, create).await;
    let part = part("/inside/avatars/b.png", &id, "1", "").header("x-amz-copy-source", "/inside/page");
    assert_eq!(world.send(&part.presigned()).await.status, 200, "a part has no type");
}
