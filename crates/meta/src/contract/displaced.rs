//! What an overwrite or delete displaces is kept when it names bytes outside the engine.

use bytes::Bytes;

use super::{commit, key, put, read_version, value, write};
use crate::engine::{Body, Check, DISPLACED_MAX_BYTES, Engine, EngineError, VALUE_MAX_BYTES, Write};

fn external(key: &[u8], value: &'static str, displaced_to: Option<&[u8]>) -> Write {
    Write::Put {
        key: key.to_vec(),
        value: Bytes::from_static(value.as_bytes()),
        body: None,
        external: true,
        displaced_to: displaced_to.map(<[u8]>::to_vec),
    }
}

fn delete_to(key: &[u8], displaced_to: &[u8]) -> Write {
    Write::Delete { key: key.to_vec(), displaced_to: Some(displaced_to.to_vec()) }
}

/// `displaced_to` keeps the value of an external row, and only of such, in the same commit, as an external row.
pub async fn displaced_values_are_kept(engine: &dyn Engine) {
    let at = |rest: &str| key("displaced", rest);
    let (row, kept) = (at("row"), at("kept"));
    let text = async |key: &[u8]| value(engine, key).await.map(|v| String::from_utf8_lossy(&v).into_owned());

    write(engine, [external(&row, "missing before", Some(&kept))]).await;
    assert_eq!(text(&kept).await, None, "nothing was displaced");
    let version = write(engine, [external(&row, "second", Some(&kept))]).await;
    assert_eq!(text(&kept).await.as_deref(), Some("missing before"));
    assert_eq!(text(&row).await.as_deref(), Some("second"));
    assert_eq!(read_version(engine, &kept).await, Some(version), "the keeping commit wrote the kept row");

    write(engine, [delete_to(&row, &kept)]).await;
    assert_eq!(text(&row).await, None);
    assert_eq!(text(&kept).await.as_deref(), Some("second"), "what lay under the second key is replaced");
    write(engine, [delete_to(&row, &at("nothing"))]).await;
    assert_eq!(text(&at("nothing")).await, None, "a missing row displaces nothing");

    // the kept row is external itself: moving it on keeps it again
    write(engine, [delete_to(&kept, &at("kept again"))]).await;
    assert_eq!(text(&kept).await, None);
    assert_eq!(text(&at("kept again")).await.as_deref(), Some("second"));
    let on = Write::Put {
        key: at("kept again"),
        value: Bytes::from_static(b"over"),
        body: None,
        external: false,
        displaced_to: Some(kept.clone()),
    };
    write(engine, [on]).await;
    assert_eq!(text(&kept).await.as_deref(), Some("second"));

    // without the flag nothing is kept, whatever the new row is
    write(engine, [put(&row, "plain"), put(&kept, "as it was")]).await;
    write(engine, [external(&row, "outside", Some(&kept))]).await;
    assert_eq!(text(&kept).await.as_deref(), Some("as it was"));
    // nor without a second key
    write(engine, [put(&row, "plain")]).await;
    write(engine, [delete_to(&row, &kept)]).await;
    assert_eq!(text(&kept).await.as_deref(), Some("as it was"));

    // a refused batch displaces nothing
    write(engine, [external(&row, "outside", None)]).await;
    let refused = commit(engine, [Check::Absent(row.clone())], [delete_to(&row, &kept)]).await;
    assert!(refused.is_err());
    assert_eq!(text(&kept).await.as_deref(), Some("as it was"));

    // the body dies with its row; only the value is kept
    let with_body = Write::Put {
        key: row.clone(),
        value: Bytes::from_static(b"both"),
        body: Some(Body::Pieces(vec![Bytes::from_static(b"body")])),
        external: true,
        displaced_to: None,
    };
    write(engine, [with_body]).await;
    write(engine, [delete_to(&row, &kept)]).await;
    let kept = engine.get(&kept).await.expect("get answers").expect("the value is kept");
    assert_eq!(&kept.value[..], b"both");
    assert!(kept.body.is_none());
}

/// One commit keeps so much of what it displaces; one that would keep more has no effect, and can be made in parts.
pub async fn displacement_has_a_bound(engine: &dyn Engine) {
    const ROWS: usize = DISPLACED_MAX_BYTES / VALUE_MAX_BYTES + 1;
    let row = |n: usize| key("bound", format!("row/{n}"));
    for n in 0..ROWS {
        let value = Bytes::from(vec![n as u8; VALUE_MAX_BYTES]);
        let put = Write::Put { key: row(n), value, body: None, external: true, displaced_to: None };
        write(engine, [put]).await;
    }
    let displace = |n: usize| delete_to(&row(n), &key("bound", format!("kept/{n}")));
    let all = || (0..ROWS).map(displace);
    let refused = commit(engine, [Check::Absent(row(0))], all()).await;
    assert_eq!(refused, Err(EngineError::Conflict { check: 0 }), "checks come first");
    let refused = commit(engine, [], all()).await;
    assert!(matches!(refused, Err(EngineError::TooLarge(_))), "{refused:?}");
    assert!(value(engine, &row(0)).await.is_some(), "nothing happened");
    write(engine, all().skip(1)).await;
    write(engine, all().take(1)).await;
    for n in 0..ROWS {
        assert_eq!(value(engine, &row(n)).await, None);
        let kept = value(engine, &key("bound", format!("kept/{n}"))).await;
        assert!(kept.is_some_and(|kept| kept.len() == VALUE_MAX_BYTES && kept[0] == n as u8));
    }
    write(engine, (0..ROWS).map(|n| super::delete(&key("bound", format!("kept/{n}"))))).await;
}
