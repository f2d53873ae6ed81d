//! A listing equals the model's, whatever the keys, prefixes, delimiters and page sizes.

use auth::Caller;
use domain::listing::{ListEntry, ListPage, ListPosition, ListQuery};
use domain::versioning::Versioning;
use domain::{Conditions, Error, ObjectMetadata};
use proptest::prelude::*;
use store::PutObject;
use testkit::{Model, ModelObject};

use crate::source::Source;
use crate::world::{World, bucket, object_key};

/// Texts that are prefixes of each other, with everything that sorts or escapes oddly.
pub(crate) fn text(max_chars: usize) -> impl Strategy<Value = String> {
    let chars = prop_oneof![
        4 => Just('/'),
        3 => Just('a'),
        2 => Just('b'),
        2 => Just('\0'),
        1 => Just('\u{1}'),
        1 => Just('.'),
        1 => Just('0'),
        1 => Just('\u{7f}'),
        1 => Just('ü'),
        1 => Just('\u{ffff}'),
        1 => Just('\u{10ffff}'),
    ];
    proptest::collection::vec(chars, 0..=max_chars).prop_map(|chars| chars.into_iter().collect())
}

fn keys() -> impl Strategy<Value = Vec<String>> {
    let key = text(6).prop_filter("a key has a byte", |key| !key.is_empty());
    proptest::collection::btree_set(key, 0..40).prop_map(|keys| keys.into_iter().collect())
}

fn position() -> impl Strategy<Value = Option<ListPosition>> {
    prop_oneof![
        2 => Just(None),
        1 => text(4).prop_map(|text| Some(ListPosition::Key(text))),
        1 => text(3).prop_filter("a common prefix has a byte", |text| !text.is_empty())
            .prop_map(|text| Some(ListPosition::Prefix(text))),
    ]
}

pub(crate) fn delimiter() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        2 => Just(None),
        4 => Just(Some("/".to_owned())),
        2 => text(2).prop_map(Some),
    ]
}

/// A world and a model with the same objects.
async fn filled(keys: &[String]) -> (World, Model) {
    let (world, mut model) = (World::new().await, Model::default());
    model.create_bucket(&bucket(), domain::Timestamp::default(), None).expect("creates");
    for key in keys {
        let info = world.put(key, key.clone()).await.expect("stores");
        let object = ModelObject { info, body: key.clone().into(), content: None };
        model.put(&bucket(), &Conditions::default(), object).expect("stores");
    }
    (world, model)
}

async fn list(world: &World, query: &ListQuery) -> ListPage {
    world.store.list_objects(&Caller::System, &bucket(), query).await.expect("lists")
}

/// All pages, each compared with the model's.
async fn pages(world: &World, model: &Model, mut query: ListQuery) -> Vec<ListEntry> {
    let mut entries = Vec::new();
    for page_number in 0.. {
        assert!(page_number <= 100, "it comes to an end");
        let page = list(world, &query).await;
        assert_eq!(Ok(&page), model.list(&bucket(), &query).as_ref(), "{query:?}");
        assert!(page.entries.len() <= query.limit as usize);
        entries.extend(page.entries);
        match page.next {
            Some(next) => query.after = Some(next),
            None => break,
        }
    }
    entries
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn listings_are_the_models(
        keys in keys(),
        prefix in text(3),
        delimiter in delimiter(),
        after in position(),
        limit in 1_u32..8,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (world, model) = filled(&keys).await;
            let query = ListQuery { prefix, delimiter, after, limit };
            let paged = pages(&world, &model, query.clone()).await;
            let whole = list(&world, &ListQuery { limit: 1_000, ..query }).await;
            assert_eq!(paged, whole.entries, "pages and whole agree");
        });
    }
}

#[tokio::test]
async fn an_empty_page_says_whether_there_is_anything() {
    let (world, model) = filled(&["a".into(), "b/c".into()]).await;
    for prefix in ["", "b/", "c"] {
        let query = ListQuery { prefix: prefix.into(), ..ListQuery::default() };
        let page = list(&world, &query).await;
        assert_eq!(page.entries, []);
        assert_eq!(page.next.is_some(), prefix != "c");
        assert_eq!(Ok(page), model.list(&bucket(), &query));
    }
}

#[tokio::test]
async fn an_absurd_position_lists_nothing_and_harms_nothing() {
    let (world, _) = filled(&["a".into()]).await;
    let long = "z".repeat(100_000);
    for (prefix, after) in [
        ("", Some(ListPosition::Key(long.clone()))),
        ("a", Some(ListPosition::Key("b".into()))),
        ("a", Some(ListPosition::Prefix("b".into()))),
        (long.as_str(), None),
    ] {
        let query = ListQuery { prefix: prefix.into(), after, limit: 10, delimiter: Some(long.clone()) };
        assert_eq!(list(&world, &query).await, ListPage::default());
    }
}

#[tokio::test]
async fn buckets_do_not_see_each_other() {
    let (world, _) = filled(&["a".into(), "b".into()]).await;
    let other = domain::BucketName::parse("other").expect("valid");
    let query = ListQuery { limit: 10, ..ListQuery::default() };
    let missing = world.store.list_objects(&Caller::System, &other, &query).await;
    assert_eq!(missing, Err(Error::NoSuchBucket { bucket: other.clone() }));
    world.store.create_bucket(&Caller::System, &other, None).await.expect("creates");
    assert_eq!(world.store.list_objects(&Caller::System, &other, &query).await, Ok(ListPage::default()));
    assert_eq!(list(&world, &query).await.entries.len(), 2);
    assert!(
        world
            .store
            .head_object(&Caller::System, &other, &object_key("a"), &Default::default())
            .await
            .is_err()
    );
}

/// Two spellings of a name are one object; a listing shows the one that was stored last.
#[tokio::test]
async fn a_name_has_one_object_however_it_is_spelled() {
    // the second is too long for the part of a row that a listing reads
    for stem in ["caf", &"caf".repeat(200)] {
        let (world, _) = filled(&[]).await;
        let (composed, decomposed) = (format!("{stem}\u{e9}"), format!("{stem}e\u{301}"));
        for (stored, other) in [(&composed, &decomposed), (&decomposed, &composed)] {
            world.put(stored, stored.clone()).await.expect("stores");
            for spelling in [stored, other] {
                assert_eq!(world.get(spelling).await.as_deref(), Ok(stored.as_bytes()));
                let query = ListQuery { prefix: spelling.clone(), limit: 10, ..ListQuery::default() };
                let page = list(&world, &query).await;
                let [ListEntry::Object(info)] = page.entries.as_slice() else { panic!("{:?}", page.entries) };
                assert_eq!(info.key.as_str(), stored);
            }
        }
        world.delete(&composed).await.expect("deletes");
        assert_eq!(list(&world, &ListQuery { limit: 10, ..ListQuery::default() }).await, ListPage::default());
    }
}

#[tokio::test]
async fn a_described_list_has_the_metadata_that_a_plain_one_lacks() {
    let (world, _) = filled(&["plain".into(), "folder/x".into()]).await;
    let custom = vec![("color".to_owned(), "blue".to_owned())];
    let metadata = ObjectMetadata { custom, ..ObjectMetadata::default() };
    let put = PutObject { metadata: metadata.clone(), ..PutObject::default() };
    let (store, key) = (&world.store, object_key("described"));
    let mut body = Source::whole("x");
    store.put_object(&Caller::System, &bucket(), &key, put, &mut body).await.expect("stores");
    let query = ListQuery { delimiter: Some("/".into()), limit: 1_000, ..ListQuery::default() };
    for versioning in [Versioning::Off, Versioning::Enabled] {
        if versioning != Versioning::Off {
            store.put_versioning(&Caller::System, &bucket(), versioning).await.expect("is set");
        }
        let page = store.list_described(&Caller::System, &bucket(), &query).await.expect("lists");
        let plain = list(&world, &query).await;
        assert_eq!((page.entries.len(), &page.next), (plain.entries.len(), &plain.next));
        let described = page.entries.iter().find_map(|entry| match entry {
            ListEntry::Object(info) if info.key == key => Some(info.metadata.clone()),
            _ => None,
        });
        assert_eq!(described, Some(metadata.clone()), "{versioning:?}");
    }
}
