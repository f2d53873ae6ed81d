//! Fields of a form that say more of the object: tags, locks, encryption.

use super::*;

const TAGS: &str = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";

#[tokio::test]
async fn a_form_tags_what_it_stores() {
    let world = World::new().await;
    assert_eq!(world.post(&form("k", "x").field("tagging", TAGS)).await.status, 204);
    let tags = world.send(&get("/inside/k").query("tagging", "")).await;
    assert!(tags.text().contains("<Tag><Key>a</Key><Value>b</Value></Tag>"), "{}", tags.text());
    let header = world.post(&form("l", "x").field("x-amz-tagging", "a=b")).await;
    assert_eq!(header.verdict(), verdict(501, "NotImplemented"), "a form has it in `tagging`");
    assert_eq!(world.stored("/inside/l").await, None);
}

#[tokio::test]
async fn a_form_locks_what_it_stores() {
    let world = World::new().await;
    let held = form("k", "x").field("x-amz-object-lock-legal-hold", "ON");
    assert_eq!(world.post(&held).await.verdict(), verdict(400, "InvalidRequest"), "the bucket has no locks");
    let versions = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let locks =
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>";
    for (parameter, document) in [("versioning", versions), ("object-lock", locks)] {
        assert_eq!(world.send(&put("/inside", document).query(parameter, "")).await.status, 200);
    }
    assert_eq!(world.post(&held).await.status, 204);
    let shown = world.send(&head("/inside/k")).await;
    assert_eq!(shown.header("x-amz-object-lock-legal-hold").as_deref(), Some("ON"));
}

#[tokio::test]
async fn a_form_encrypts_with_the_callers_key() {
    const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const KEY_MD5: &str = "cLyPS3KoaSFGi/joRB3OUQ==";
    const PREFIX: &str = "x-amz-server-side-encryption-customer";
    let world = World::new().await;
    let parts = [("algorithm", "AES256"), ("key", KEY), ("key-md5", KEY_MD5)];
    let whole = parts
        .iter()
        .fold(form("k", "secret"), |form, (name, value)| form.field(&format!("{PREFIX}-{name}"), value));
    let stored = world.post(&whole).await;
    assert_eq!(stored.status, 204, "{}", stored.text());
    assert_eq!(stored.header(&format!("{PREFIX}-key-md5")).as_deref(), Some(KEY_MD5));
    assert_eq!(world.send(&get("/inside/k")).await.status, 400, "nobody reads it without the key");
    let read = parts
        .iter()
        .fold(get("/inside/k"), |ask, (name, value)| ask.header(&format!("{PREFIX}-{name}"), value));
    assert_eq!(world.send(&read).await.text(), "secret");
    let half = form("l", "x").field(&format!("{PREFIX}-algorithm"), "AES256");
    assert_eq!(world.post(&half).await.verdict(), verdict(400, "InvalidArgument"));
}

#[tokio::test]
async fn a_form_is_told_when_its_file_expires() {
    let world = World::new().await;
    let rule = "<LifecycleConfiguration><Rule><ID>short</ID><Status>Enabled</Status><Filter/>\
                <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>";
    assert_eq!(world.send(&put("/inside", rule).query("lifecycle", "")).await.status, 200);
    let expiration = world.post(&form("k", "x")).await.header("x-amz-expiration");
    assert!(expiration.as_deref().is_some_and(|text| text.contains("rule-id=\"short\"")), "{expiration:?}");
}

/// Who sends a guard counts on it, as a field or as a header of the request.
#[tokio::test]
async fn a_form_with_a_guard_is_refused() {
    let world = World::new().await;
    for name in [
        "x-amz-expected-bucket-owner",
        "x-amz-source-expected-bucket-owner",
        "x-amz-request-payer",
        "x-amz-mfa",
    ] {
        for form in [form("k", "x").field(name, ACCOUNT), form("k", "x").header(name, ACCOUNT)] {
            let answer = world.post(&form).await;
            assert_eq!(answer.verdict(), verdict(501, "NotImplemented"), "{name}: {}", answer.text());
            assert!(answer.element("Message").contains(name), "{}", answer.text());
        }
    }
    assert_eq!(world.stored("/inside/k").await, None);
    // a stranger is told nothing of it
    let guarded = form("k", "x").header("x-amz-expected-bucket-owner", ACCOUNT);
    let stranger = form::Form { key: READER, ..guarded };
    assert_eq!(world.post(&stranger).await.verdict(), verdict(403, "AccessDenied"));
}
