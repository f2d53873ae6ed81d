//! Pages of parts and of uploads: walked in small steps they come to what one large page shows.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use auth::Caller;
use domain::UploadId;
use domain::{Error, ObjectMetadata, StorageClass};
use proptest::prelude::*;
use store::{
    CreateUpload, Part, PartPage, Settings, Upload, UploadEntry, UploadPage, UploadPosition, UploadQuery,
};

use crate::listing::{delimiter, text};
use crate::world::{World, bucket, object_key, pattern, small};

async fn parts(world: &World, id: UploadId, after: u16, limit: u32) -> PartPage {
    let (name, key) = (bucket(), object_key("k"));
    world.store.list_parts(&Caller::System, &name, &key, id, (after, limit), None).await.expect("lists")
}

#[tokio::test]
async fn parts_are_listed_in_order_of_number() {
    const NUMBERS: [u16; 7] = [1, 2, 3, 9, 256, 257, 10_000];
    let world = World::with(Settings { part_min_bytes: 0, ..small() }).await;
    world.put_parts("many", &[10; 20]).await;
    let (other, id) = (world.begin("k").await, world.begin("k").await);
    world.part("k", (other, 4), "another upload's").await.expect("stores");
    let mut expected = Vec::new();
    for number in NUMBERS.into_iter().rev() {
        // one whose row is longer than what a page shows of it
        let info = match number {
            9 => world.part_copy("k", (id, number), "many", None).await.expect("copies"),
            _ => world.part("k", (id, number), pattern(100, u64::from(number))).await.expect("stores"),
        };
        expected.insert(0, Part { number, info });
        world.clock.advance(Duration::from_secs(1));
    }
    let whole = parts(&world, id, 0, 1_000).await;
    assert_eq!((&whole.parts, whole.more), (&expected, false));
    for limit in 1..=8 {
        let (mut walked, mut after) = (Vec::new(), 0);
        loop {
            let page = parts(&world, id, after, limit).await;
            assert!(page.parts.len() <= usize::try_from(limit).expect("small"));
            walked.extend(page.parts);
            let Some(last) = walked.last().filter(|_| page.more) else { break };
            after = last.number;
        }
        assert_eq!(walked, expected, "{limit} at a time");
    }
    assert_eq!(parts(&world, id, 9, 2).await.parts, expected[4..6]);
    for (after, limit, more) in [(0, 0, true), (9_999, 0, true), (10_000, 0, false), (u16::MAX, 10, false)] {
        let page = parts(&world, id, after, limit).await;
        assert_eq!((page.parts, page.more), (Vec::new(), more), "{limit} after {after}");
    }
}

/// A bucket's uploads under way, in order.
async fn begun(world: &World, keys: &[(String, u8)]) -> Vec<(String, UploadId)> {
    let mut uploads = Vec::new();
    for (key, count) in keys {
        for _ in 0..*count {
            uploads.push((key.clone(), world.begin(key).await));
        }
    }
    uploads.sort();
    uploads
}

/// What a page must show, by looking at every upload.
fn expected(uploads: &[(String, UploadId)], query: &UploadQuery) -> (Vec<(String, UploadId)>, Vec<String>) {
    let passed = |key: &str, id: UploadId| match &query.after {
        None => false,
        Some(UploadPosition::Key(after, None)) => key <= after.as_str(),
        Some(UploadPosition::Key(after, Some(last))) => (key, id) <= (after.as_str(), *last),
        Some(UploadPosition::Prefix(after)) => key <= after.as_str() || key.starts_with(after),
    };
    let (mut shown, mut prefixes) = (Vec::new(), BTreeSet::new());
    for (key, id) in uploads {
        let Some(rest) = key.strip_prefix(&query.prefix).filter(|_| !passed(key, *id)) else { continue };
        let delimiter = query.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
        match delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len())) {
            None => shown.push((key.clone(), *id)),
            Some(end) => drop(prefixes.insert(format!("{}{}", query.prefix, &rest[..end]))),
        }
    }
    (shown, prefixes.into_iter().collect())
}

async fn list(world: &World, query: &UploadQuery) -> UploadPage {
    world.store.list_uploads(&Caller::System, &bucket(), query).await.expect("lists")
}

fn shown(page: &UploadPage) -> (Vec<(String, UploadId)>, Vec<String>) {
    let mut prefixes = Vec::new();
    for entry in &page.entries {
        if let UploadEntry::Prefix(prefix) = entry {
            prefixes.push(prefix.clone());
        }
    }
    (uploads_of(page).map(|upload| (upload.row.key.to_string(), upload.id)).collect(), prefixes)
}

fn uploads_of(page: &UploadPage) -> impl Iterator<Item = &Upload> {
    page.entries.iter().filter_map(|entry| match entry {
        UploadEntry::Upload(upload) => Some(upload),
        UploadEntry::Prefix(_) => None,
    })
}

async fn walk(world: &World, mut query: UploadQuery) -> (Vec<(String, UploadId)>, Vec<String>) {
    let (mut uploads, mut prefixes) = (Vec::new(), Vec::new());
    for page_number in 0.. {
        assert!(page_number <= 200, "it comes to an end");
        let page = list(world, &query).await;
        let count = page.entries.len();
        assert!(count <= query.limit as usize && (count > 0 || !page.more), "{query:?}");
        let (more_uploads, more_prefixes) = shown(&page);
        uploads.extend(more_uploads);
        prefixes.extend(more_prefixes);
        let Some(last) = page.entries.last().filter(|_| page.more) else { break };
        query.after = Some(match last {
            UploadEntry::Upload(Upload { id, row }) => UploadPosition::Key(row.key.to_string(), Some(*id)),
            UploadEntry::Prefix(prefix) => UploadPosition::Prefix(prefix.clone()),
        });
    }
    (uploads, prefixes)
}

fn keys() -> impl Strategy<Value = Vec<(String, u8)>> {
    let key = text(6).prop_filter("a key has a byte", |key| !key.is_empty());
    let keys = proptest::collection::btree_map(key, 1_u8..4, 0..25);
    keys.prop_map(|keys: BTreeMap<String, u8>| keys.into_iter().collect())
}

/// A place by its text, or that of one of the uploads.
#[derive(Clone, Debug)]
enum After {
    Nothing,
    Key(String),
    Prefix(String),
    Upload(usize),
    AllOf(usize),
}

fn after() -> impl Strategy<Value = After> {
    prop_oneof![
        2 => Just(After::Nothing),
        1 => text(4).prop_map(After::Key),
        1 => text(3).prop_filter("a common prefix has a byte", |text| !text.is_empty())
            .prop_map(After::Prefix),
        2 => (0_usize..100).prop_map(After::Upload),
        1 => (0_usize..100).prop_map(After::AllOf),
    ]
}

fn position(after: After, uploads: &[(String, UploadId)]) -> Option<UploadPosition> {
    let of = |n: usize| uploads.get(n.checked_rem(uploads.len())?);
    match after {
        After::Nothing => None,
        After::Key(key) => Some(UploadPosition::Key(key, None)),
        After::Prefix(prefix) => Some(UploadPosition::Prefix(prefix)),
        After::Upload(n) => of(n).map(|(key, id)| UploadPosition::Key(key.clone(), Some(*id))),
        After::AllOf(n) => of(n).map(|(key, _)| UploadPosition::Key(key.clone(), None)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn uploads_are_listed_whatever_their_keys(
        keys in keys(),
        prefix in text(3),
        delimiter in delimiter(),
        after in after(),
        limit in 1_u32..8,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let world = World::new().await;
            let uploads = begun(&world, &keys).await;
            let after = position(after, &uploads);
            let query = UploadQuery { prefix, delimiter, after, limit };
            let whole = UploadQuery { limit: 1_000, ..query.clone() };
            let page = list(&world, &whole).await;
            assert!(!page.more);
            assert_eq!(shown(&page), expected(&uploads, &whole), "{whole:?}");
            assert_eq!(walk(&world, query.clone()).await, shown(&page), "{query:?}");
            let none = list(&world, &UploadQuery { limit: 0, ..query }).await;
            assert_eq!((shown(&none), none.more), (Default::default(), shown(&page) != Default::default()));
        });
    }
}

#[tokio::test]
async fn uploads_of_a_key_are_listed_by_age_and_ended_ones_not_at_all() {
    let world = World::new().await;
    let metadata = ObjectMetadata {
        storage_class: StorageClass::StandardIa,
        custom: vec![("long".into(), "x".repeat(1_000))],
        ..ObjectMetadata::default()
    };
    let create = CreateUpload { metadata, ..CreateUpload::default() };
    let (mut ids, mut times) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        ids.push(world.begin_with("k", &create).await.expect("begins"));
        times.push(domain::Clock::now(&*world.clock));
        world.clock.advance(Duration::from_millis(1));
    }
    let query = UploadQuery { limit: 100, ..UploadQuery::default() };
    let page = list(&world, &query).await;
    let listed: Vec<_> = uploads_of(&page).map(|upload| (upload.id, upload.row.initiated)).collect();
    assert_eq!(listed, ids.iter().copied().zip(times).collect::<Vec<_>>());
    assert!(uploads_of(&page).all(|upload| upload.row.metadata.storage_class == StorageClass::StandardIa));
    world.put("k", "body").await.expect("an object is no upload");
    world.abort("k", ids[0]).await.expect("aborts");
    assert_eq!(list(&world, &query).await.entries.len(), 9);
    let other = domain::BucketName::parse("other").expect("valid");
    let missing = world.store.list_uploads(&Caller::System, &other, &query).await;
    assert_eq!(missing, Err(Error::NoSuchBucket { bucket: other.clone() }));
    world.store.create_bucket(&Caller::System, &other, None).await.expect("creates");
    assert_eq!(world.store.list_uploads(&Caller::System, &other, &query).await, Ok(UploadPage::default()));
}
