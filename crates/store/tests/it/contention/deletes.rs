//! Conditional deletes among conditional puts: whatever is acknowledged ended the version that it named, and no other did.

use std::collections::HashSet;

use auth::Caller;
use domain::etag::ETagMatch;
use domain::versioning::{VersionEntry, VersionQuery, Versioning};
use domain::{Conditions, DeleteConditions, ETag, Error, VersionId};
use store::{DeleteObject, PutObject};

use super::multipart::{delete_version, worlds};
use super::{if_none, race_of};
use crate::source::Source;
use crate::world::{INLINE_MAX, World, bucket, object_key, pattern};

const RACERS: u64 = 16;
/// Changes that each racer makes.
const CHANGES: usize = 4;

/// A change that was acknowledged.
struct Change {
    /// What it was to end; nothing was there when absent.
    ended: Option<ETag>,
    /// What it put there; it deleted when absent.
    made: Option<ETag>,
    /// The new version, or the marker.
    id: Option<VersionId>,
}

async fn delete(world: &World, etag: &ETag) -> Result<Change, Error> {
    let conditions = DeleteConditions {
        if_match: Some(vec![ETagMatch::Strong(etag.clone())]),
        ..DeleteConditions::default()
    };
    let object = DeleteObject { conditions, ..object_key("k").into() };
    let deleted = world.store.delete_object(&Caller::System, &bucket(), object, false).await?;
    Ok(Change { ended: Some(etag.clone()), made: None, id: deleted.version_id })
}

async fn put(world: &World, etag: Option<&ETag>, seed: u64) -> Result<Change, Error> {
    let size = if seed.is_multiple_of(2) { 100 } else { INLINE_MAX + 1 };
    let put = match etag {
        None => if_none(),
        Some(etag) => {
            let if_match = Some(vec![ETagMatch::Strong(etag.clone())]);
            PutObject { conditions: Conditions { if_match, ..Conditions::default() }, ..PutObject::default() }
        }
    };
    let body = [&pattern(size, seed)[..], &seed.to_be_bytes()].concat();
    let info = world.put_with("k", put, &mut Source::whole(body)).await?;
    Ok(Change { ended: etag.cloned(), made: Some(info.etag), id: info.version_id })
}

/// Ends what is there, by deletion or by replacement, or fills the gap, until it has won often enough.
async fn change(world: &World, n: u64) -> Vec<Change> {
    let (mut changes, mut tries) = (Vec::new(), 0);
    while changes.len() < CHANGES {
        tries += 1;
        assert!(tries < 100_000, "somebody wins each time");
        let current = match world.head("k").await {
            Ok(info) => Some(info.etag),
            Err(Error::NoSuchKey { .. } | Error::IsDeleteMarker { .. }) => None,
            Err(Error::SlowDown) => continue,
            Err(error) => panic!("{error}"),
        };
        let changed = match &current {
            Some(etag) if !n.is_multiple_of(3) => delete(world, etag).await,
            etag => put(world, etag.as_ref(), n * 1_000_000 + tries).await,
        };
        match changed {
            Ok(change) => changes.push(change),
            Err(Error::PreconditionFailed { .. } | Error::SlowDown) => {}
            Err(error) => panic!("{error}"),
        }
    }
    changes
}

/// Every version of the key, newest first; a marker has no ETag.
async fn versions(world: &World) -> Vec<(VersionId, Option<ETag>)> {
    let query = VersionQuery { limit: 1_000, ..VersionQuery::default() };
    let page = world.store.list_versions(&Caller::System, &bucket(), &query).await.expect("lists");
    let version = |entry| match entry {
        VersionEntry::Object { version, info, .. } => (version, Some(info.etag)),
        VersionEntry::DeleteMarker { version, .. } => (version, None),
        VersionEntry::Prefix(prefix) => panic!("{prefix} is folded"),
    };
    page.entries.into_iter().map(version).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_version_is_ended_once_by_who_named_it() {
    for world in worlds().await {
        for versioning in [Versioning::Off, Versioning::Enabled, Versioning::Suspended] {
            if versioning != Versioning::Off {
                world.store.put_versioning(&Caller::System, &bucket(), versioning).await.expect("turns");
            }
            let raced = race_of(RACERS, &world, |world, n| Box::pin(async move { change(&world, n).await }));
            let changes: Vec<_> = raced.await.into_iter().flat_map(|(_, changes)| changes).collect();
            let made = || changes.iter().filter_map(|change| change.made.as_ref());
            let mut left: HashSet<_> = made().collect();
            assert_eq!(left.len(), made().count(), "no two have the same bytes");
            for ended in changes.iter().filter_map(|change| change.ended.as_ref()) {
                assert!(left.remove(ended), "{ended:?} was there, and was ended once");
            }
            let current = world.head("k").await.ok().map(|info| info.etag);
            assert_eq!(left.into_iter().collect::<Vec<_>>(), current.iter().collect::<Vec<_>>());

            let stack = versions(&world).await;
            match versioning {
                Versioning::Off => assert_eq!(stack.len(), usize::from(current.is_some())),
                Versioning::Suspended => assert_eq!(stack.len(), 1, "one without a number, or a marker"),
                Versioning::Enabled => {
                    assert_eq!(stack.len(), changes.len(), "each left a version or a marker");
                    for change in &changes {
                        let at = stack.iter().position(|(id, _)| Some(*id) == change.id).expect("is there");
                        assert_eq!(stack[at].1, change.made);
                        let below = stack.get(at + 1).and_then(|(_, etag)| etag.clone());
                        assert_eq!(below, change.ended, "it lies on what it named");
                    }
                }
            }
            for (id, _) in stack {
                delete_version(&world, "k", id).await;
            }
            world.reclaim().await.expect("reclaims");
            world.assert_bare("after a round").await;
        }
    }
}
