//! Settings of buckets and what they do: lifecycle, tags of buckets and objects, public access, policies, encryption, and
//! buckets that an upload creates.

use std::time::Duration;

use crate::fixture::*;

const LIFECYCLE: &str = "<LifecycleConfiguration><Rule><ID>logs</ID><Filter><Prefix>logs/</Prefix></Filter>\
    <Status>Enabled</Status><Expiration><Days>3</Days></Expiration>\
    <AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation></AbortIncompleteMultipartUpload>\
    </Rule></LifecycleConfiguration>";

fn lifecycle_rule(inner: &str) -> String {
    format!("<LifecycleConfiguration><Rule><Status>Enabled</Status>{inner}</Rule></LifecycleConfiguration>")
}

fn tags(pairs: &[(&str, &str)]) -> String {
    let tags = pairs.iter().map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"));
    format!("<Tagging><TagSet>{}</TagSet></Tagging>", tags.collect::<String>())
}

/// Spec: R2 docs, object lifecycles (the default rule); Amazon S3 API.
#[tokio::test]
async fn a_lifecycle_policy_is_kept_and_shown() {
    for world in [World::new().await, World::strict().await] {
        let default = world.send(&get("/inside").query("lifecycle", "")).await;
        assert_eq!(
            (default.status, default.element("DaysAfterInitiation").as_str()),
            (200, "7"),
            "{}",
            default.text()
        );
        assert_eq!(world.send(&put("/inside", LIFECYCLE).query("lifecycle", "")).await.status, 200);
        let kept = world.send(&get("/inside").query("lifecycle", "")).await;
        let table = [
            ("ID", "logs"),
            ("Prefix", "logs/"),
            ("Status", "Enabled"),
            ("Days", "3"),
            ("DaysAfterInitiation", "2"),
        ];
        for (name, value) in table {
            assert_eq!(kept.element(name), value, "{name}");
        }
        let stored = world.send(&put("/inside/logs/a", "v")).await;
        assert_eq!(stored.status, 200);
        let read = world.send(&head("/inside/logs/a")).await;
        let expires = "expiry-date=\"Sun, 04 Jan 2026 00:00:00 GMT\", rule-id=\"logs\"";
        assert_eq!(read.header("x-amz-expiration").as_deref(), Some(expires));
        world.send(&put("/inside/other", "v")).await;
        assert_eq!(world.send(&head("/inside/other")).await.header("x-amz-expiration"), None);
        assert_eq!(world.send(&delete("/inside").query("lifecycle", "")).await.status, 204);
        let gone = world.send(&get("/inside").query("lifecycle", "")).await;
        assert_eq!(gone.verdict(), verdict(404, "NoSuchLifecycleConfiguration"));
    }
}

#[tokio::test]
async fn lifecycle_policies_that_are_refused() {
    let world = World::new().await;
    let all = "<Filter/>";
    let many = |count: usize| {
        let rules = (0..count).map(|n| {
            format!("<Rule><ID>{n}</ID><Filter/><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>")
        });
        format!("<LifecycleConfiguration>{}</LifecycleConfiguration>", rules.collect::<String>())
    };
    let table = [
        (many(1_000), 200, "", ""),
        (many(1_001), 400, "MalformedXML", "1000"),
        (many(0), 400, "MalformedXML", "at least one rule"),
        (lifecycle_rule(all), 400, "InvalidRequest", ""),
        (
            lifecycle_rule(&format!("{all}<Expiration><Days>0</Days></Expiration>")),
            400,
            "InvalidArgument",
            "",
        ),
        (
            lifecycle_rule(&format!("{all}<Expiration><Days>x</Days></Expiration>")),
            400,
            "MalformedXML",
            "whole number",
        ),
        (
            lifecycle_rule(&format!("{all}<Expiration><Date>2026-01-02T03:00:00Z</Date></Expiration>")),
            400,
            "InvalidArgument",
            "midnight",
        ),
        (
            lifecycle_rule(&format!(
                "{all}<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>"
            )),
            400,
            "InvalidStorageClass",
            "STANDARD_IA",
        ),
        (
            lifecycle_rule(
                "<Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter><Expiration><Days>1</Days></Expiration>",
            ),
            501,
            "NotImplemented",
            "Lifecycle filter Tag",
        ),
        (
            lifecycle_rule(&format!(
                "{all}<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"
            )),
            501,
            "NotImplemented",
            "NoncurrentVersionExpiration",
        ),
    ];
    for (document, status, code, words) in table {
        let answer = world.send(&put("/inside", document).query("lifecycle", "")).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{}", answer.text());
        assert!(answer.text().contains(words), "{words}: {}", answer.text());
    }
    let kept = world.send(&get("/inside").query("lifecycle", "")).await;
    assert_eq!(kept.text().matches("<Rule>").count(), 1_000, "what was refused changed nothing");
}

/// Object and bucket tags. Spec: Amazon S3 API, PutObjectTagging, PutBucketTagging.
#[tokio::test]
async fn tags_come_and_go() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    let etag = world.send(&head("/inside/k")).await.header("etag");
    world.clock.advance(Duration::from_secs(5));
    for (path, status) in [("/inside/k", 200), ("/inside", 204)] {
        let document = tags(&[("color", "blue"), ("größe", "5 + 5")]);
        let set = world.send(&put(path, document.clone()).query("tagging", "")).await;
        assert_eq!((set.status, set.text().as_str()), (status, ""), "{path}");
        let kept = world.send(&get(path).query("tagging", "")).await;
        assert!(
            kept.text().contains("<TagSet><Tag><Key>color</Key><Value>blue</Value></Tag>"),
            "{}",
            kept.text()
        );
        assert!(kept.text().contains("<Key>größe</Key><Value>5 + 5</Value>"), "{}", kept.text());
    }
    let read = world.send(&head("/inside/k")).await;
    assert_eq!(read.header("x-amz-tagging-count").as_deref(), Some("2"));
    assert_eq!(
        (read.header("etag"), read.header("last-modified").as_deref()),
        (etag, Some("Thu, 01 Jan 2026 00:00:00 GMT"))
    );
    assert_eq!(world.send(&delete("/inside/k").query("tagging", "")).await.status, 204);
    assert_eq!(world.stored("/inside/k").await, Some("v".into()), "the tags went, not the object");
    let none = world.send(&get("/inside/k").query("tagging", "")).await;
    assert_eq!((none.status, none.text().contains("<TagSet></TagSet>")), (200, true), "{}", none.text());
    assert_eq!(world.send(&delete("/inside").query("tagging", "")).await.status, 204);
    assert_eq!(
        world.send(&get("/inside").query("tagging", "")).await.verdict(),
        verdict(404, "NoSuchTagSet")
    );
    let named: Vec<(String, String)> = (0..51).map(|n| (format!("k{n}"), String::new())).collect();
    let first = |count: usize| {
        let pairs: Vec<_> = named.iter().take(count).map(|(k, v)| (k.as_str(), v.as_str())).collect();
        tags(&pairs)
    };
    let long = ("k".repeat(129), "v".repeat(257));
    let table = [
        ("/inside/k", first(10), 200, ""),
        ("/inside/k", first(11), 400, "BadRequest"),
        ("/inside", first(50), 204, ""),
        ("/inside", first(51), 400, "BadRequest"),
        ("/inside/k", tags(&[("a", "b"), ("a", "c")]), 400, "InvalidTag"),
        ("/inside/k", tags(&[("aws:a", "b")]), 400, "InvalidTag"),
        ("/inside/k", tags(&[("", "b")]), 400, "InvalidTag"),
        ("/inside/k", tags(&[(&long.0[1..], &long.1[1..])]), 200, ""),
        ("/inside/k", tags(&[(&long.0, "")]), 400, "InvalidTag"),
        ("/inside/k", tags(&[("a", &long.1)]), 400, "InvalidTag"),
        ("/inside/k", "<Tagging/>".to_owned(), 400, "MalformedXML"),
        ("/inside/none", first(1), 404, "NoSuchKey"),
        ("/missing/k", first(1), 404, "NoSuchBucket"),
    ];
    for (path, document, status, code) in table {
        let answer = world.send(&put(path, document.clone()).query("tagging", "")).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{path} {document}");
    }
    // who writes objects writes their tags, and no bucket's
    assert_eq!(world.send(&put("/inside/k", first(1)).query("tagging", "").by(BOUND)).await.status, 200);
    assert_eq!(world.send(&get("/inside/k").query("tagging", "").by(READER)).await.status, 200);
    for ask in [
        put("/inside/k", first(1)).query("tagging", "").by(READER),
        put("/inside", first(1)).query("tagging", "").by(BOUND),
        get("/inside").query("tagging", "").by(READER),
        get("/outside/k").query("tagging", "").by(BOUND),
    ] {
        assert_eq!(world.send(&ask).await.verdict(), verdict(403, "AccessDenied"), "{ask:?}");
    }
}

/// No bucket is public through the S3 API, and a block says so for good. Spec: Amazon S3 API, PutPublicAccessBlock.
#[tokio::test]
async fn public_access_is_blocked_and_no_policy_opens_it() {
    let world = World::new().await;
    let ask = || get("/inside").query("publicAccessBlock", "");
    assert_eq!(world.send(&ask()).await.verdict(), verdict(404, "NoSuchPublicAccessBlockConfiguration"));
    let document = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
        <RestrictPublicBuckets>TRUE</RestrictPublicBuckets></PublicAccessBlockConfiguration>";
    assert_eq!(world.send(&put("/inside", document).query("publicAccessBlock", "")).await.status, 200);
    let kept = world.send(&ask()).await;
    let table = [
        ("BlockPublicAcls", "true"),
        ("IgnorePublicAcls", "false"),
        ("BlockPublicPolicy", "false"),
        ("RestrictPublicBuckets", "true"),
    ];
    for (name, value) in table {
        assert_eq!(kept.element(name), value, "{name}");
    }
    assert_eq!(world.send(&delete("/inside").query("publicAccessBlock", "")).await.status, 204);
    assert_eq!(world.send(&ask()).await.status, 404);
    let bad = put("/inside", "<PublicAccessBlockConfiguration><A/></PublicAccessBlockConfiguration>");
    assert_eq!(world.send(&bad.query("publicAccessBlock", "")).await.verdict(), verdict(400, "MalformedXML"));
    let status = world.send(&get("/inside").query("policyStatus", "")).await;
    assert_eq!((status.status, status.element("IsPublic").as_str()), (200, "false"));
    let policy = world.send(&get("/inside").query("policy", "")).await;
    assert_eq!(policy.verdict(), verdict(404, "NoSuchBucketPolicy"));
    let missing = world.send(&get("/missing").query("policyStatus", "")).await;
    assert_eq!(missing.verdict(), verdict(404, "NoSuchBucket"));
}

/// What every bucket has may be asked for; nothing else. Spec: R2 release notes; Amazon S3 API, PutBucketEncryption.
#[tokio::test]
async fn encryption_of_a_bucket() {
    for world in [World::new().await, World::strict().await] {
        let document = |algorithm: &str| {
            format!(
                "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>{algorithm}\
                 </SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
            )
        };
        let ask = |algorithm| put("/inside", document(algorithm)).query("encryption", "");
        assert_eq!(world.send(&ask("AES256")).await.status, 200);
        let refused = world.send(&ask("aws:kms")).await;
        assert_eq!(refused.verdict(), verdict(400, "InvalidEncryptionAlgorithmError"));
        assert_eq!(world.send(&delete("/inside").query("encryption", "")).await.status, 204);
        let kept = world.send(&get("/inside").query("encryption", "")).await;
        assert_eq!(kept.element("SSEAlgorithm"), "AES256");
        assert_eq!(world.send(&ask("AES256").by(BOUND)).await.verdict(), verdict(403, "AccessDenied"));
        let missing = put("/missing", document("AES256")).query("encryption", "");
        assert_eq!(world.send(&missing).await.verdict(), verdict(404, "NoSuchBucket"));
    }
}

/// Spec: R2 docs, S3 API extensions, auto-creating buckets on upload.
#[tokio::test]
async fn an_upload_creates_its_bucket_if_it_asks_to() {
    for world in [World::new().await, World::strict().await] {
        let wanted = |ask: Ask| ask.header("cf-create-bucket-if-missing", "true");
        assert_eq!(world.send(&put("/nowhere/k", "v")).await.verdict(), verdict(404, "NoSuchBucket"));
        // a key that may not create buckets does not by this way either
        let bound = world.send(&wanted(put("/nowhere/k", "v")).by(BOUND)).await;
        assert_eq!(bound.verdict(), verdict(403, "AccessDenied"));
        assert_eq!(world.send(&wanted(put("/nowhere/k", "v"))).await.status, 200);
        assert_eq!(world.stored("/nowhere/k").await, Some("v".into()));
        assert_eq!(world.send(&wanted(put("/nowhere/k", "again"))).await.status, 200, "it is there already");
        let begun = world.send(&wanted(post("/elsewhere/k", "")).query("uploads", "")).await;
        assert_eq!((begun.status, begun.element("Bucket").as_str()), (200, "elsewhere"));
        assert_eq!(world.send(&head("/elsewhere")).await.status, 200);
        let refused = wanted(put("/another/k", "v")).presigned();
        assert_eq!(world.send(&refused).await.status, 200, "a signed header counts");
        let off = put("/third/k", "v").header("cf-create-bucket-if-missing", "false");
        assert_eq!(world.send(&off).await.verdict(), verdict(404, "NoSuchBucket"));
    }
}

/// Spec: R2 docs, S3 API extensions, unicode metadata; RFC 2047.
#[tokio::test]
async fn metadata_of_any_script_both_ways() {
    let world = World::new().await;
    let table = [
        ("plain", "plain"),
        ("=?UTF-8?B?w6ljbGFpcg==?=", "éclair"),
        ("=?utf-8?q?=C3=A9clair?=", "éclair"),
        ("éclair", "éclair"),
    ];
    for (sent, _) in table {
        let put = put("/inside/k", "v").header("x-amz-meta-name", sent);
        assert_eq!(world.send(&put).await.status, 200, "{sent}");
        let got = world.send(&head("/inside/k")).await.header("x-amz-meta-name").expect("it is kept");
        if sent == "plain" {
            assert_eq!(got, "plain");
        } else {
            assert!(got.is_ascii() && got.starts_with("=?"), "{got}");
            // what is read can be sent again, and is the same
            world.send(&put_again(&got)).await;
            assert_eq!(world.send(&head("/inside/k")).await.header("x-amz-meta-name"), Some(got));
        }
        assert_eq!(world.send(&head("/inside/k")).await.header("x-amz-missing-meta"), None);
    }
    // the decoded text counts, names and values together: 4 + 2 * 4,094 is the limit
    for (count, status) in [(4_094, 200), (4_095, 400)] {
        let put = put("/inside/k", "v").header("x-amz-meta-name", &"é".repeat(count));
        assert_eq!(world.send(&put).await.status, status, "{count}");
    }
}

fn put_again(value: &str) -> Ask {
    put("/inside/k", "v").header("x-amz-meta-name", value)
}
