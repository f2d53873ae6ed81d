//! Totals of groups, and the bounds that commits keep them in.

use domain::{ETag, ObjectInfo, ObjectKey, Timestamp};

use super::join::{Running, join_all};
use super::{commit, delete, put, write};
use crate::engine::{Check, Engine, EngineError, Version, Write};
use crate::tables::bucket::BucketId;
use crate::tables::object::{self, Content, ObjectRow};
use crate::tables::totals::{self, BucketTotals, OBJECTS};

fn key_of(name: &str) -> ObjectKey {
    ObjectKey::parse(name.to_owned()).expect("a key")
}

/// An object of this size in a bucket.
fn object_of(bucket: BucketId, name: &str, size: u64) -> Write {
    let info = ObjectInfo {
        size,
        etag: ETag::from_md5([7; 16]),
        last_modified: Timestamp::from_millis(1),
        ..ObjectInfo::unknown(&key_of(name))
    };
    let row = ObjectRow { info, content: Content::Inline, wrapped_key: None };
    put(&object::key(bucket, &key_of(name)), row.encode())
}

fn gone(bucket: BucketId, name: &str) -> Write {
    delete(&object::key(bucket, &key_of(name)))
}

async fn held(engine: &dyn Engine, bucket: BucketId) -> (u64, u64) {
    let totals = engine.totals(totals::group(bucket)).await.expect("totals answer");
    let totals = BucketTotals::of(&totals);
    (totals.objects(), totals.bytes())
}

/// They are what the rows come to after every commit, and a bucket has nothing of another's.
pub async fn totals_are_kept(engine: &dyn Engine) {
    let (one, other) = (BucketId(0x7401), BucketId(0x7402));
    assert_eq!((held(engine, one).await, held(engine, other).await), ((0, 0), (0, 0)));
    write(engine, [object_of(one, "a", 10), object_of(one, "b", 20), object_of(other, "a", 5)]).await;
    assert_eq!((held(engine, one).await, held(engine, other).await), ((2, 30), (1, 5)));
    write(engine, [object_of(one, "a", 1), gone(one, "c"), gone(other, "a")]).await;
    assert_eq!((held(engine, one).await, held(engine, other).await), ((2, 21), (0, 0)));
    let refused = commit(engine, [Check::Present(b"nowhere".to_vec())], [object_of(one, "d", 1)]).await;
    assert_eq!(refused, Err(EngineError::Conflict { check: 0 }));
    assert_eq!(held(engine, one).await, (2, 21), "a refused commit adds nothing");
    write(engine, [gone(one, "a"), gone(one, "b")]).await;
    assert_eq!(held(engine, one).await, (0, 0));
}

/// A bound refuses what grows beyond it and nothing else, whoever else writes at the same time.
pub async fn bounds_are_kept(engine: &dyn Engine) {
    const RACERS: usize = 64;
    let bucket = BucketId(0x7403);
    let at_most = |most| [Check::AtMost { group: totals::group(bucket), places: OBJECTS, most }];
    let racers = (0..RACERS).map(|n| {
        let batch = [object_of(bucket, &format!("{n}"), 1)];
        Box::pin(async move { commit(engine, at_most(5), batch).await })
            as Running<'_, Result<Version, EngineError>>
    });
    let results = join_all(racers.collect()).await;
    let over = Err(EngineError::OverLimit { places: OBJECTS, most: 5 });
    let won: Vec<usize> = (0..RACERS).filter(|n| results[*n].is_ok()).collect();
    assert_eq!(won.len(), 5, "as many as there is room for");
    assert_eq!(results.iter().filter(|result| **result == over).count(), RACERS - 5);
    assert_eq!(held(engine, bucket).await.0, 5);

    let (first, second) = (format!("{}", won[0]), format!("{}", won[1]));
    commit(engine, at_most(5), [object_of(bucket, &first, 9)]).await.expect("replacing adds none");
    let swap = [gone(bucket, &first), object_of(bucket, "new", 1)];
    commit(engine, at_most(5), swap).await.expect("one goes as one comes");
    commit(engine, at_most(1), [object_of(bucket, "new", 2)]).await.expect("it was over before");
    commit(engine, at_most(1), [gone(bucket, &second)]).await.expect("and becomes less");
    let refused = commit(engine, at_most(4), [object_of(bucket, &second, 1)]).await;
    assert_eq!(refused, Err(EngineError::OverLimit { places: OBJECTS, most: 4 }));
    let checks = [at_most(0)[0].clone(), Check::Present(b"nowhere".to_vec())];
    let refused = commit(engine, checks, [object_of(bucket, &second, 1)]).await;
    assert_eq!(refused, Err(EngineError::Conflict { check: 1 }), "other checks come first");
    let rest = won.iter().map(|n| gone(bucket, &format!("{n}"))).chain([gone(bucket, "new")]);
    write(engine, rest.collect::<Vec<_>>()).await;
    assert_eq!(held(engine, bucket).await, (0, 0));
}
