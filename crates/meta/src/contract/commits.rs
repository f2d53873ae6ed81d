//! Single commits: rows, atomicity, versions, checks, limits.

use bytes::Bytes;

use super::{commit, delete, key, put, read_version, scan, value, write};
use crate::engine::{
    BODY_MAX_BYTES, Body, Check, Engine, EngineError, KEY_MAX_BYTES, KeyRange, VALUE_MAX_BYTES, Write,
};

/// Rows are read as they were written, up to the longest key and value, until they are replaced or deleted.
pub async fn rows_round_trip(engine: &dyn Engine) {
    let at = |rest: &[u8]| key("rows", rest);
    assert!(engine.get(&at(b"missing")).await.expect("get answers").is_none());
    for size in [0, 1, 255, 256, 257, 2_048, 2_049, 65_535, 65_537, VALUE_MAX_BYTES] {
        let bytes: Bytes = (0..size).map(|n| (n % 251) as u8).collect();
        let version = write(engine, [put(&at(b"sizes"), bytes.clone())]).await;
        let row = engine.get(&at(b"sizes")).await.expect("get answers").expect("the row is there");
        assert!(row.value == bytes, "a value of {size} bytes comes back whole");
        assert_eq!(row.version, version);
        assert!(row.body.is_none(), "no body was written");
    }
    let mut longest = at(&[0xff, 0x00]);
    longest.resize(KEY_MAX_BYTES, 0x00);
    let neighbour = &longest[..KEY_MAX_BYTES - 1];
    write(engine, [put(&longest, "long")]).await;
    assert_eq!(value(engine, neighbour).await, None, "a zero more is another key");
    write(engine, [put(neighbour, "shorter")]).await;
    assert_eq!(value(engine, &longest).await.as_deref(), Some(&b"long"[..]));
    assert_eq!(value(engine, neighbour).await.as_deref(), Some(&b"shorter"[..]));

    write(engine, [put(&longest, "replaced"), delete(neighbour), delete(&at(b"missing"))]).await;
    assert_eq!(value(engine, &longest).await.as_deref(), Some(&b"replaced"[..]));
    assert_eq!(value(engine, neighbour).await, None);
}

/// A batch happens wholly, or not at all when one of its checks fails.
pub async fn batches_are_atomic(engine: &dyn Engine) {
    let at = |n: usize| key("atomic", format!("{n:04}"));
    let all = KeyRange::prefix(&key("atomic", ""));
    write(engine, (0..1_000).map(|n| put(&at(n), format!("{n}")))).await;
    assert_eq!(scan(engine, &all, 2_000, None).await.entries.len(), 1_000);

    let writes = || [put(&at(1), "new"), delete(&at(2)), put(&at(1_000), "new")];
    let checks =
        [Check::Present(at(0)), Check::Absent(at(5_000)), Check::Absent(at(3)), Check::Present(at(5_000))];
    let refused = commit(engine, checks, writes()).await;
    assert_eq!(refused, Err(EngineError::Conflict { check: 2 }), "the first check that fails is named");
    assert_eq!(value(engine, &at(1)).await.as_deref(), Some(&b"1"[..]));
    assert_eq!(value(engine, &at(2)).await.as_deref(), Some(&b"2"[..]));
    assert_eq!(value(engine, &at(1_000)).await, None);

    commit(engine, [Check::Present(at(0))], writes()).await.expect("the checks hold");
    assert_eq!(value(engine, &at(1)).await.as_deref(), Some(&b"new"[..]));
    assert_eq!(value(engine, &at(2)).await, None);
    assert_eq!(value(engine, &at(1_000)).await.as_deref(), Some(&b"new"[..]));
}

/// Every commit has a greater version than those before; its rows carry it, and other rows keep theirs.
pub async fn versions_grow(engine: &dyn Engine) {
    let (a, b) = (key("versions", "a"), key("versions", "b"));
    let first = write(engine, [put(&a, "1"), put(&b, "1")]).await;
    let second = write(engine, [put(&a, "1")]).await;
    assert!(second > first, "the same value again is a new version");
    let third = write(engine, [delete(&a)]).await;
    assert!(third > second);
    let fourth = write(engine, [put(&a, "1")]).await;
    assert!(fourth > third, "a row that comes back has no old version");
    assert_eq!(read_version(engine, &a).await, Some(fourth));
    assert_eq!(read_version(engine, &b).await, Some(first));

    for stale in [first, second, third] {
        let refused = commit(engine, [Check::VersionIs(a.clone(), stale)], [delete(&a)]).await;
        assert_eq!(refused, Err(EngineError::Conflict { check: 0 }));
    }
    commit(engine, [Check::VersionIs(a.clone(), fourth)], [delete(&a)]).await.expect("the version is right");
    let refused = commit(engine, [Check::VersionIs(a.clone(), fourth)], [put(&a, "2")]).await;
    assert_eq!(refused, Err(EngineError::Conflict { check: 0 }), "a missing row has no version");
    let checked =
        commit(engine, [Check::VersionIs(b.clone(), first)], []).await.expect("a batch may only check");
    assert!(checked >= fourth);
}

/// Absent, Present and Empty hold exactly when they say, as the rows stand before the batch.
pub async fn checks_decide(engine: &dyn Engine) {
    let at = |rest: &str| key("checks", rest);
    let holds = async |check: Check| match commit(engine, [check], []).await {
        Ok(_) => true,
        Err(EngineError::Conflict { check: 0 }) => false,
        other => panic!("{other:?}"),
    };
    assert!(holds(Check::Absent(at("a"))).await);
    assert!(!holds(Check::Present(at("a"))).await);
    write(engine, [put(&at("a"), ""), put(&at("c/1"), "")]).await;
    assert!(!holds(Check::Absent(at("a"))).await);
    assert!(holds(Check::Present(at("a"))).await);

    let range =
        |start: &str, end: Option<&str>| Check::Empty(KeyRange { start: at(start), end: end.map(&at) });
    assert!(!holds(range("a", Some("b"))).await, "the start belongs to the range");
    assert!(holds(range("b", Some("c/1"))).await, "the end does not");
    assert!(!holds(range("b", Some("c/10"))).await);
    assert!(!holds(Check::Empty(KeyRange::prefix(&at("c/")))).await);
    assert!(holds(Check::Empty(KeyRange::prefix(&at("d")))).await);
    assert!(holds(range("c/1", Some("c/1"))).await, "a range without room is empty");
    assert!(holds(range("c/1", Some("a"))).await, "as is one that ends before it starts");
    assert!(!holds(Check::Empty(KeyRange { start: at("a"), end: None })).await);

    // the batch's own writes do not count
    commit(engine, [Check::Absent(at("d"))], [put(&at("d"), "")]).await.expect("d was absent");
    let own = [Check::Present(at("d")), Check::Empty(KeyRange::prefix(&at("e")))];
    commit(engine, own, [delete(&at("d")), put(&at("e"), "")]).await.expect("as it stood before");
    write(engine, [delete(&at("a")), delete(&at("c/1")), delete(&at("e"))]).await;
    assert!(holds(Check::Empty(KeyRange::prefix(&at("")))).await, "deleted rows do not count");
}

/// What is too long is refused, and the engine goes on.
pub async fn limits_are_kept(engine: &dyn Engine) {
    let at = |rest: &str| key("limits", rest);
    let mut long_key = at("key");
    long_key.resize(KEY_MAX_BYTES + 1, b'k');
    let too_large = usize::try_from(BODY_MAX_BYTES).expect("bodies fit in memory") + 1;
    let with_body = |key: Vec<u8>, bytes: usize| Write::Put {
        key,
        value: Bytes::new(),
        body: Some(Body::Pieces(vec![Bytes::from(vec![0; bytes])])),
        external: false,
        displaced_to: None,
    };
    let refused = [
        put(&long_key, ""),
        delete(&long_key),
        Write::Delete { key: at("a"), displaced_to: Some(long_key.clone()) },
        put(&at("a"), vec![0; VALUE_MAX_BYTES + 1]),
        with_body(at("a"), too_large),
    ];
    for write in refused {
        let result = commit(engine, [], [put(&at("beside"), ""), write]).await;
        assert!(matches!(result, Err(EngineError::TooLarge(_))), "{result:?}");
    }
    assert_eq!(value(engine, &at("a")).await, None);
    assert_eq!(value(engine, &at("beside")).await, None, "nothing of the batch happened");
    write(engine, [put(&at("beside"), ""), with_body(at("a"), too_large - 1)]).await;
    let body = engine.get(&at("a")).await.expect("get answers").and_then(|row| row.body).expect("a body");
    assert_eq!(body.len(), BODY_MAX_BYTES);
}
