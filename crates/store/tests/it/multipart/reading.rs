//! Reading what was made of parts: over their boundaries, and while it is replaced.

use auth::Caller;
use domain::{ByteRange, Error, RangeRequest};
use store::{GetObject, ObjectBody, Settings};
use testkit::{SeededRandom, SimDisk};

use crate::world::{PART_MIN, World, bucket, named, now, object_key, pattern, read_all, small};

#[tokio::test]
async fn ranges_go_over_the_boundaries_of_parts() {
    let world = World::with(Settings { part_min_bytes: 0, ..small() }).await;
    let sizes = [10, 0, 300_000, 0, 0, 7, 70_000, 1, 0];
    let whole = world.put_parts("k", &sizes).await;
    let mut edges = vec![0];
    for size in sizes {
        edges.push(edges[edges.len() - 1] + size as u64);
    }
    let near: Vec<u64> = edges.iter().flat_map(|edge| edge.saturating_sub(1)..=edge + 1).collect();
    for from in &near {
        for to in &near {
            let Ok(ByteRange { start, end }) = RangeRequest::FromTo(*from, *to).resolve(whole.len() as u64)
            else {
                continue;
            };
            let expected =
                &whole[usize::try_from(start).expect("small")..usize::try_from(end).expect("small")];
            let read = world.get_range("k", RangeRequest::FromTo(*from, *to)).await.expect("reads");
            assert!(read == expected, "{from} to {to}");
        }
    }
    // nothing but empty parts
    world.put_parts("empty", &[0, 0]).await;
    assert_eq!(world.get("empty").await, Ok(Vec::new()));
    let refused = world.get_range("empty", RangeRequest::From(0)).await;
    assert_eq!(refused, Err(Error::InvalidRange { size: 0 }));
}

async fn open(world: &World, key: &str) -> ObjectBody {
    let get = GetObject::default();
    let object = world.store.get_object(&Caller::System, &bucket(), &object_key(key), &get).await;
    object.unwrap_or_else(|(error, _)| panic!("{error}")).body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_many_parts_is_not_disturbed() {
    let disk = SimDisk::new();
    let on_disk = World::on_disk(&disk, std::sync::Arc::new(SeededRandom::new(1))).await.expect("opens");
    on_disk.store.create_bucket(&Caller::System, &bucket(), None).await.expect("creates");
    for world in [World::new().await, on_disk] {
        for gone in ["replaced", "deleted", "completed", "copied over"] {
            let whole = world.put_parts("k", &[PART_MIN, 70_000, PART_MIN, 9]).await;
            world.put("other", "other").await.expect("stores");
            world.reclaim().await.expect("reclaims");
            let (mut first, second) = (open(&world, "k").await, open(&world, "k").await);
            let begun = first.next().await.expect("reads").expect("it has bytes");
            match gone {
                "replaced" => drop(world.put("k", "new").await.expect("stores")),
                "deleted" => world.delete("k").await.expect("deletes"),
                "completed" => drop(world.put_parts("k", &[10]).await),
                _ => drop(world.copy("other", "k").await.expect("copies")),
            }
            assert_eq!(world.reclaim().await, Ok(0), "{gone}: both still read");
            let rest = read_all(first).await.expect("reads");
            assert!([&begun[..], &rest[..]].concat() == whole, "{gone} while it was open");
            assert_eq!(world.reclaim().await, Ok(0), "{gone}: one still reads");
            assert!(read_all(second).await.expect("reads") == whole, "{gone} while it was open");
            assert_eq!(world.reclaim().await, Ok(4), "{gone}: nobody reads");
            world.delete("k").await.expect("deletes");
            world.delete("other").await.expect("deletes");
            world.reclaim().await.expect("reclaims");
            world.assert_bare(gone).await;
        }
    }
}

/// A reader that has seen the row of an object, and begins to read when reclaim has been there: what copies keep of the
/// object is not for it to rely on.
#[tokio::test]
async fn a_reader_that_comes_too_late_looks_again() {
    let world = World::new().await;
    world.put_parts("k", &[PART_MIN, 10]).await;
    world.copy("k", "copy").await.expect("copies");
    world.engine.hold_read(b"o");
    let get = GetObject::default();
    let (name, key) = (bucket(), object_key("k"));
    let late = world.store.get_object(&Caller::System, &name, &key, &get);
    let meanwhile = async {
        world.engine.wait_for_held(1).await;
        world.delete("k").await.expect("deletes");
        assert_eq!(world.reclaim().await, Ok(0), "the copy holds them");
        world.engine.release();
    };
    let (late, ()) = tokio::join!(late, meanwhile);
    assert_eq!(late.err().map(|(error, _)| error), Some(Error::NoSuchKey { key: key.clone() }));
}

#[tokio::test]
async fn damage_in_one_part_is_met_there() {
    let world = World::new().await;
    let id = world.begin("k").await;
    let (parts, whole) = world.parts("k", id, &[PART_MIN, PART_MIN]).await;
    let before = world.blob_ids().await;
    let info = world.part("k", (id, 3), pattern(10, 3)).await.expect("stores");
    let parts = [&parts[..], &[named(3, &info)]].concat();
    now(world.complete("k", id, &parts).await);
    let third = world.blob_ids().await.into_iter().find(|id| !before.contains(id)).expect("a blob");
    blob::BlobStore::delete(&*world.blobs, &third).await.expect("deletes");
    let sound = world.get_range("k", RangeRequest::FromTo(0, 2 * PART_MIN as u64 - 1)).await;
    assert!(sound.expect("reads") == whole);
    assert!(matches!(world.get("k").await, Err(Error::Corrupt { .. })));
}
