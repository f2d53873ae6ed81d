//! A form in a bucket with upload rules: it is held to them and to its policy, and the narrower counts.

use super::form::{Form, form};
use crate::fixture::*;
use crate::rules::with_rules;

fn picture(key: &str, content: &str) -> Form {
    form(key, content).field("Content-Type", "image/png")
}

fn sized(form: Form, min: usize, max: usize) -> Form {
    form.and(&format!("[\"content-length-range\",{min},{max}]"))
}

#[tokio::test]
async fn a_form_is_held_to_the_rules_of_its_bucket() {
    let world = with_rules().await;
    let key = "avatars/a.png";
    let typed = |content_type: &str| form(key, "123").field("Content-Type", content_type);
    let any = ["key", "Content-Type", "x-amz-algorithm", "x-amz-credential", "x-amz-date"];
    let any = any.map(|name| format!(",[\"starts-with\",\"${name}\",\"\"]")).concat();
    let conditions = format!("{{\"bucket\":\"inside\"}}{any}");
    let by_file = picture("avatars/${filename}", "123").conditions(&conditions);
    let table = [
        ("fewer bytes", picture(key, "1"), 400, "EntityTooSmall", ""),
        ("more bytes", picture(key, "123456"), 400, "EntityTooLarge", "At most 5 bytes"),
        ("another type", typed("text/html"), 400, "InvalidRequest", "allowed Content-Type"),
        ("two types", typed("image/png,text/html"), 400, "InvalidRequest", "allowed Content-Type"),
        ("no type", form(key, "123"), 400, "InvalidRequest", "allowed Content-Type"),
        ("another key", picture("avatars/a.gif", "123"), 400, "InvalidRequest", "pattern"),
        ("a key by its file", by_file, 400, "InvalidRequest", "pattern"),
        // the narrower of the bucket's and the policy's bounds counts
        ("wider policy, more", sized(picture(key, "123456"), 0, 9), 400, "EntityTooLarge", ""),
        ("wider policy, fewer", sized(picture(key, "1"), 0, 9), 400, "EntityTooSmall", ""),
        ("narrower policy, more", sized(picture(key, "12345"), 3, 4), 400, "EntityTooLarge", ""),
        ("narrower policy, fewer", sized(picture(key, "12"), 3, 4), 400, "EntityTooSmall", ""),
        ("who may not write", Form { key: READER, ..picture(key, "1") }, 403, "AccessDenied", ""),
    ];
    for (what, form, status, code, hint) in table {
        let answer = world.post(&form).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{what}: {}", answer.text());
        assert!(answer.hint().contains(hint), "{what}: {}", answer.hint());
        for path in ["/inside/avatars/a.png", "/inside/avatars/a.gif", "/inside/avatars/f.txt"] {
            assert_eq!(world.stored(path).await, None, "{what}");
        }
    }
    for (form, content) in [
        (picture(key, "12"), "12"),
        (picture(key, "12345"), "12345"),
        (typed("IMAGE/GIF; q=1"), "123"),
        (sized(picture(key, "1234"), 3, 4), "1234"),
    ] {
        let answer = world.post(&form).await;
        assert_eq!(answer.status, 204, "{content}: {}", answer.text());
        assert_eq!(world.stored("/inside/avatars/a.png").await, Some(content.into()));
    }
    // no rule is about this key
    assert_eq!(world.post(&form("other", "123456")).await.status, 204);
}

/// Every rule that applies to the key counts, and one without a prefix applies to all.
#[tokio::test]
async fn a_form_is_held_to_all_rules_for_its_key() {
    let world = World::new().await;
    let rules = r#"{"rules":[{"maxBytes":5},{"prefix":"a/","maxBytes":9,"contentTypes":["text/*"]},{"prefix":"a/b/","minBytes":3}]}"#;
    assert_eq!(world.send(&put("/inside", rules).query("larder-upload-rules", "")).await.status, 204);
    let text = |key: &str, content: &str| form(key, content).field("Content-Type", "text/css");
    let table = [
        (form("k", "12345"), (204, "")),
        (form("k", "123456"), (400, "EntityTooLarge")),
        (form("a/k", "1"), (400, "InvalidRequest")),
        (text("a/k", "1"), (204, "")),
        (text("a/k", "123456"), (400, "EntityTooLarge")),
        (text("a/b/k", "12"), (400, "EntityTooSmall")),
        (text("a/b/k", "123"), (204, "")),
    ];
    for (form, (status, code)) in table {
        let answer = world.post(&form).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{}", answer.text());
    }
    assert_eq!(world.send(&delete("/inside").query("larder-upload-rules", "")).await.status, 204);
    assert_eq!(world.post(&form("k", "123456")).await.status, 204, "without rules anything may come");
}
