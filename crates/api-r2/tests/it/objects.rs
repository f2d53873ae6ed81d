//! Objects: stored, read, listed, deleted.

use serde_json::{Value, json};

use crate::fixture::{World, ask};

const MD5_OF_HELLO: &str = "5d41402abc4b2a76b9719d911017c592";

#[tokio::test]
async fn an_object_is_stored_read_and_deleted() {
    let world = World::new().await;
    let put = ask("PUT", "{b}/inside/objects/a%20folder/hello.txt")
        .body("hello")
        .header("content-type", "text/plain")
        .header("cache-control", "max-age=60")
        .header("content-disposition", "attachment")
        .header("content-language", "en")
        .header("content-encoding", "identity")
        .header("expires", "Fri, 02 Jan 2026 03:04:05 GMT")
        .header("cf-r2-storage-class", "InfrequentAccess")
        .header("cf-r2-data-catalog-check", "true")
        .header("x-amz-meta-color", "blue");
    let stored = world.send(put).await.result();
    let expected = json!({ "key": "a folder/hello.txt", "etag": MD5_OF_HELLO, "size": "5",
        "version": stored["version"], "uploaded": stored["uploaded"], "storage_class": "InfrequentAccess" });
    assert_eq!(stored, expected);
    let read = world.send(ask("GET", "{b}/inside/objects/a%20folder%2Fhello.txt")).await;
    assert_eq!((read.status.as_u16(), &read.body[..]), (200, &b"hello"[..]));
    for (name, value) in [
        ("etag", format!("\"{MD5_OF_HELLO}\"").as_str()),
        ("content-type", "text/plain"),
        ("content-length", "5"),
        ("cache-control", "max-age=60"),
        ("content-disposition", "attachment"),
        ("content-language", "en"),
        ("content-encoding", "identity"),
        ("expires", "Fri, 02 Jan 2026 03:04:05 GMT"),
        ("x-amz-meta-color", "blue"),
    ] {
        assert_eq!(read.header(name), value, "{name}");
    }
    let page = world.send(ask("GET", "{b}/inside/objects")).await.result();
    assert_eq!(
        page,
        json!([{ "key": "a folder/hello.txt", "size": 5, "etag": MD5_OF_HELLO, "last_modified": stored["uploaded"],
            "http_metadata": { "contentType": "text/plain", "contentLanguage": "en", "contentDisposition": "attachment",
                "contentEncoding": "identity", "cacheControl": "max-age=60", "cacheExpiry": "2026-01-02T03:04:05.000Z" },
            "custom_metadata": { "color": "blue" }, "storage_class": "InfrequentAccess", "ssec": false }])
    );
    for _ in 0..2 {
        let deleted = world
            .send(ask("DELETE", "{b}/inside/objects/a folder/hello.txt".replace(' ', "%20").as_str()))
            .await;
        assert_eq!(deleted.result(), json!({ "key": "a folder/hello.txt" }));
    }
    let missing = world.send(ask("GET", "{b}/inside/objects/a%20folder/hello.txt")).await;
    assert_eq!(missing.refusal(), (404, 10_007));
    assert_eq!(world.send(ask("GET", "{b}/nowhere/objects/a")).await.refusal(), (404, 10_006));
    assert_eq!(world.send(ask("PUT", "{b}/nowhere/objects/a").body("x")).await.refusal(), (404, 10_006));
}

#[tokio::test]
async fn conditions_and_ranges() {
    let world = World::new().await;
    let target = "{b}/inside/objects/a";
    world.send(ask("PUT", target).body("hello")).await.result();
    let etag = format!("\"{MD5_OF_HELLO}\"");
    let get = |name: &str, value: &str| ask("GET", target).header(name, value);
    let not_modified = world.send(get("if-none-match", &etag)).await;
    assert_eq!((not_modified.status.as_u16(), not_modified.body.len()), (304, 0));
    assert_eq!(not_modified.header("etag"), etag);
    assert_eq!(world.send(get("if-modified-since", "Fri, 31 Dec 9999 23:59:59 GMT")).await.status, 304);
    assert_eq!(world.send(get("if-match", "\"other\"")).await.refusal(), (412, 10_031));
    assert_eq!(world.send(get("if-match", &etag)).await.status, 200);
    let part = world.send(get("range", "bytes=1-2")).await;
    assert_eq!((part.status.as_u16(), &part.body[..]), (206, &b"el"[..]));
    assert_eq!(part.header("content-range"), "bytes 1-2/5");
    assert_eq!(world.send(get("range", "bytes=9-")).await.refusal(), (416, 10_039));
    assert_eq!(world.send(get("range", "lines=1")).await.refusal(), (400, 10_029));
    let put = |name: &str, value: &str| ask("PUT", target).body("other").header(name, value);
    assert_eq!(world.send(put("if-none-match", "*")).await.refusal(), (412, 10_031));
    assert_eq!(world.send(put("if-match", "\"other\"")).await.refusal(), (412, 10_031));
    assert_eq!(world.send(ask("GET", target)).await.body, "hello");
    world.send(put("if-match", &etag)).await.result();
    assert_eq!(world.send(ask("GET", target)).await.body, "other");
}

#[tokio::test]
async fn uploads_that_are_refused_leave_nothing() {
    let world = World::new().await;
    let target = "{b}/inside/objects/a";
    let put = || ask("PUT", target).body("hello");
    let cases = [
        (put().without("content-length"), (411, 10_033)),
        (put().without("content-length").header("content-length", "314572801"), (400, 100_100)),
        (put().without("content-length").header("content-length", "4"), (400, 10_013)),
        (put().without("content-length").header("content-length", "6"), (400, 10_013)),
        (put().header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="), (400, 10_037)),
        (put().header("content-md5", "short"), (400, 10_014)),
        (put().header("x-amz-checksum-crc32", "AAAAAA=="), (400, 10_037)),
        (put().header("cf-r2-storage-class", "GLACIER"), (400, 10_029)),
        (put().header("content-encoding", "aws-chunked"), (400, 10_029)),
        (put().header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), (400, 10_029)),
        (put().header("x-amz-copy-source", "/inside/b"), (400, 10_029)),
        (put().header("x-amz-server-side-encryption-customer-algorithm", "AES256"), (400, 10_029)),
        (put().header("x-amz-meta-a", &"x".repeat(8_192)), (400, 10_012)),
        (put().header("transfer-encoding", "gzip"), (400, 10_029)),
    ];
    for (request, refusal) in cases {
        let shown = format!("{:?}", request.headers);
        assert_eq!(world.send(request).await.refusal(), refusal, "{shown}");
        assert_eq!(world.send(ask("GET", target)).await.refusal(), (404, 10_007), "{shown}");
    }
    world.send(put().header("content-md5", "XUFAKrxLKna5cZ2REBfFkg==")).await.result();
}

#[tokio::test]
async fn objects_are_listed_in_pages() {
    let world = World::new().await;
    let keys = ["a", "b/1", "b/2", "c d", "e%f", "z", "ü/1"];
    for key in keys {
        let path: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
        world.send(ask("PUT", &format!("{{b}}/inside/objects/{path}")).body("x")).await.result();
    }
    for per_page in 1..=8 {
        let (mut got, mut cursor) = (Vec::new(), String::new());
        loop {
            let target = format!("{{b}}/inside/objects?per_page={per_page}&cursor={cursor}");
            let answer = world.send(ask("GET", &target)).await;
            let page = answer.result();
            got.extend(
                page.as_array().unwrap().iter().map(|object| object["key"].as_str().unwrap().to_owned()),
            );
            let info = answer.json()["result_info"].clone();
            assert_eq!(info["is_truncated"].as_bool(), Some(info.get("cursor").is_some()));
            assert_eq!(info["per_page"], per_page);
            let Some(next) = info["cursor"].as_str() else { break };
            cursor = next.to_owned();
        }
        assert_eq!(got, keys, "{per_page}");
    }
    let list = async |query: &str| {
        let answer = world.send(ask("GET", &format!("{{b}}/inside/objects?{query}"))).await;
        let keys: Vec<Value> =
            answer.result().as_array().unwrap().iter().map(|object| object["key"].clone()).collect();
        (keys, answer.json()["result_info"]["delimited"].clone())
    };
    assert_eq!(list("prefix=b/").await, (vec![json!("b/1"), json!("b/2")], json!([])));
    let folded = (["a", "c d", "e%f", "z"].map(|key| json!(key)).to_vec(), json!(["b/", "ü/"]));
    assert_eq!(list("delimiter=/").await, folded);
    assert_eq!(list("start_after=e%25f").await, (vec![json!("z"), json!("ü/1")], json!([])));
    for (query, code) in [("per_page=0", 10_022), ("per_page=1001", 10_022), ("cursor=abc", 10_029)] {
        let answer = world.send(ask("GET", &format!("{{b}}/inside/objects?{query}"))).await;
        assert_eq!(answer.refusal(), (400, code), "{query}");
    }
}

#[tokio::test]
async fn many_objects_are_deleted_at_once() {
    let world = World::new().await;
    for key in ["a", "b"] {
        world.send(ask("PUT", &format!("{{b}}/inside/objects/{key}")).body("x")).await.result();
    }
    let delete = |document: String| ask("DELETE", "{b}/inside/objects").body(document);
    let answer = world.send(delete(json!(["a", "missing", "b"]).to_string())).await;
    assert_eq!(answer.result(), json!([{ "key": "a" }, { "key": "missing" }, { "key": "b" }]));
    assert_eq!(world.send(ask("GET", "{b}/inside/objects")).await.result(), json!([]));
    let many = |count: usize| json!((0..count).map(|n| n.to_string()).collect::<Vec<_>>()).to_string();
    for count in [1, 999, 1_000] {
        world.send(delete(many(count))).await.result();
    }
    for (document, code) in [
        (many(1_001), 10_029),
        ("[]".to_owned(), 10_029),
        (r#"{"keys":["a"]}"#.to_owned(), 10_040),
        (r#"["a",1]"#.to_owned(), 10_040),
        (r#"["a",""]"#.to_owned(), 10_020),
        (json!(["x".repeat(1_025)]).to_string(), 10_020),
    ] {
        assert_eq!(world.send(delete(document.clone())).await.refusal(), (400, code), "{document:.80}");
    }
}
