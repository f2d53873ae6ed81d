//! The power goes at every operation of a multipart upload, its completion, a copy of the object, the end of each, and the
//! reclaim of what they leave.

use std::collections::BTreeSet;
use std::sync::Arc;

use auth::Caller;
use domain::UploadId;
use domain::{CompletedPart, ETag, Error};
use meta::{Engine, Entry, KeyRange, Scan};
use store::{Completed, CreateUpload, UploadEntry, UploadQuery};
use testkit::SimDisk;

use super::{Rows, cut_everywhere};
use crate::world::{World, bucket, etag, object_key, part_number, pattern};

/// How far a step came before the power went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fate {
    #[default]
    NotTried,
    Unknown,
    Done,
}

/// What was acknowledged, and what may have happened beside it.
#[derive(Debug, Default)]
struct Story {
    upload: Option<UploadId>,
    parts: Vec<(u16, ETag)>,
    /// A part whose fate is open.
    tried: Option<(u16, ETag)>,
    completed: Fate,
    copied: Fate,
    source_deleted: Fate,
    other_upload: Option<UploadId>,
    aborted: Fate,
    copy_deleted: Fate,
}

const SIZES: [usize; 2] = [70_000, 9_000];

fn whole() -> Vec<u8> {
    [pattern(SIZES[0], 1), pattern(SIZES[1], 2)].concat()
}

/// Notes how a step came out; `None` when it failed, and with it the story ends.
fn note<T>(fate: &mut Fate, result: Result<T, Error>) -> Option<T> {
    match result {
        Ok(value) => {
            *fate = Fate::Done;
            Some(value)
        }
        // these say for certain that nothing happened
        Err(Error::ReadOnly | Error::InsufficientStorage | Error::SlowDown) => None,
        Err(_) => {
            *fate = Fate::Unknown;
            None
        }
    }
}

async fn live(disk: &SimDisk, rows: &Rows) -> Story {
    let mut story = Story::default();
    tell(disk, rows, &mut story).await;
    story
}

/// `None` when the power went.
async fn tell(disk: &SimDisk, rows: &Rows, story: &mut Story) -> Option<()> {
    let world = rows.open(disk, 7).await?;
    world.store.create_bucket(&Caller::System, &bucket(), None).await.ok()?;
    let id = world.begin_with("k", &CreateUpload::default()).await.ok()?;
    story.upload = Some(id);
    // the second is replaced, the third is not used
    for (number, size) in [(1, SIZES[0]), (2, 66_000), (3, 5_000), (2, SIZES[1])] {
        let body = pattern(size, u64::from(number));
        story.tried = Some((number, etag(&body)));
        let info = world.part("k", (id, number), body).await.ok()?;
        story.parts.retain(|(earlier, _)| *earlier != number);
        story.parts.push((number, info.etag));
        story.tried = None;
    }
    let completed = world.complete("k", id, &chosen(story)).await;
    note(&mut story.completed, completed)?;
    let _ = world.reclaim().await;
    note(&mut story.copied, world.copy("k", "copy").await)?;
    note(&mut story.source_deleted, world.delete("k").await)?;
    let _ = world.reclaim().await;
    let other = world.begin_with("m", &CreateUpload::default()).await.ok()?;
    story.other_upload = Some(other);
    world.part_copy("m", (other, 1), "copy", Some((100, 75_000))).await.ok()?;
    world.part("m", (other, 2), pattern(6_000, 3)).await.ok()?;
    note(&mut story.aborted, world.abort("m", other).await)?;
    let _ = world.reclaim().await;
    note(&mut story.copy_deleted, world.delete("copy").await)?;
    let _ = world.reclaim().await;
    Some(())
}

fn chosen(story: &Story) -> Vec<CompletedPart> {
    let named = |(number, etag): &(u16, ETag)| CompletedPart {
        number: part_number(*number),
        etag: etag.clone(),
        checksum: None,
    };
    story.parts.iter().filter(|(number, _)| *number != 3).map(named).collect()
}

async fn check_after_cut(disk: &SimDisk, rows: &Rows, story: &Story) {
    let world = rows.open(disk, 8).await.expect("opens");
    if let Some(id) = story.upload {
        check_upload(&world, story, id).await;
    }
    let may_be = async |key: &str, made: Fate, deleted: Fate| match world.get(key).await {
        Ok(body) => {
            assert!(body == whole() && made != Fate::NotTried && deleted != Fate::Done, "{key}: {story:?}");
        }
        Err(Error::NoSuchKey { .. } | Error::NoSuchBucket { .. }) => {
            assert!(made != Fate::Done || deleted != Fate::NotTried, "{key}: {story:?}");
        }
        Err(error) => panic!("{key} is neither whole nor absent: {error}, {story:?}"),
    };
    if story.completed == Fate::Done {
        may_be("k", story.completed, story.source_deleted).await;
    }
    may_be("copy", story.copied, story.copy_deleted).await;
    if let Some(other) = story.other_upload.filter(|_| story.aborted == Fate::Done) {
        assert_eq!(world.abort("m", other).await, Err(Error::NoSuchUpload), "{story:?}");
    }
    world.reclaim().await.expect("reclaims");
    world.sweep().await.expect("sweeps");
    assert_eq!(held(&world).await, world.blob_ids().await.into_iter().map(|id| id.0).collect(), "{story:?}");
    clear_away(&world).await;
    world.assert_bare(&format!("{story:?}")).await;
}

/// The upload is as it was acknowledged, and comes to what it would have come to without the power cut.
async fn check_upload(world: &World, story: &Story, id: UploadId) {
    if story.completed == Fate::NotTried {
        let listed =
            world.store.list_parts(&Caller::System, &bucket(), &object_key("k"), id, (0, 10), None).await;
        let listed: Vec<_> =
            listed.expect("it is under way").parts.into_iter().map(|p| (p.number, p.info.etag)).collect();
        for part in &story.parts {
            let replaced = story.tried.as_ref().filter(|tried| tried.0 == part.0);
            let there = listed.contains(part) || replaced.is_some_and(|tried| listed.contains(tried));
            assert!(there, "{part:?} of {story:?}");
        }
        assert!(listed.iter().all(|part| story.parts.contains(part) || story.tried.as_ref() == Some(part)));
    }
    if story.parts.len() < 3 || story.tried.is_some() {
        return;
    }
    let completed = world.complete("k", id, &chosen(story)).await;
    match (story.completed, &completed) {
        (Fate::NotTried | Fate::Unknown, Ok(Completed::Now(_))) => {}
        (Fate::Unknown | Fate::Done, Ok(Completed::Before(_))) => {}
        _ => panic!("{completed:?}, {story:?}"),
    }
    if story.completed != Fate::Done {
        assert!(world.get("k").await.expect("it was completed") == whole(), "{story:?}");
    }
}

/// The blobs that somebody holds.
async fn held(world: &World) -> BTreeSet<[u8; 16]> {
    let scan = Scan { range: KeyRange::prefix(b"x"), limit: 10_000, fold: None };
    let page = world.engine.scan(scan).await.expect("scans");
    let blob = |entry: &Entry| match entry {
        Entry::Row { key, .. } => key[1..17].try_into().expect("sixteen bytes"),
        Entry::Prefix(_) => panic!("nothing is folded"),
    };
    page.entries.iter().map(blob).collect()
}

async fn clear_away(world: &World) {
    let query = UploadQuery { limit: 10, ..UploadQuery::default() };
    match world.store.list_uploads(&Caller::System, &bucket(), &query).await {
        Ok(page) => {
            for entry in page.entries {
                let UploadEntry::Upload(upload) = entry else { panic!("nothing is folded") };
                world.abort(upload.row.key.as_str(), upload.id).await.expect("aborts");
            }
            for key in ["k", "copy"] {
                world.delete(key).await.expect("deletes");
            }
        }
        Err(error) => assert_eq!(error, Error::NoSuchBucket { bucket: bucket() }),
    }
    world.reclaim().await.expect("reclaims");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_blobs_of_parts_lose_their_power() {
    let ops = cut_everywhere(|| Rows::Memory(Arc::default()), 3, live, check_after_cut).await;
    assert!(ops > 30, "{ops} operations were enough");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_and_parts_lose_their_power() {
    let ops = cut_everywhere(|| Rows::Log, 3, live, check_after_cut).await;
    assert!(ops > 60, "{ops} operations were enough");
}
