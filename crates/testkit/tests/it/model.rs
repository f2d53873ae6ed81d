//! The reference model, by examples that can be checked by eye.

use std::collections::BTreeMap;

use domain::UploadId;
use domain::error::PartsFault;
use domain::listing::{ListEntry, ListPosition, ListQuery};
use domain::{
    BucketName, ByteRange, Conditions, ETag, Error, ObjectInfo, ObjectKey, ObjectMetadata, RangeRequest,
    Timestamp,
};
use testkit::{Model, ModelCompleted, ModelCompletion, ModelObject, ModelUpload};

fn name() -> BucketName {
    BucketName::parse("bucket").expect("valid")
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).expect("valid")
}

fn object(text: &str) -> ModelObject {
    let info = ObjectInfo {
        key: key(text),
        size: 4,
        etag: ETag::from_text("e"),
        last_modified: Timestamp::default(),
        version: 0,
        version_id: None,
        metadata: ObjectMetadata::default(),
        checksums: Vec::new(),
        checksum_type: domain::ChecksumType::FullObject,
        parts: None,
        part_checksums: None,
        encryption: None,
    };
    ModelObject { info, body: "body".into(), content: None }
}

fn model(keys: &[&str]) -> Model {
    let mut model = Model::default();
    model.create_bucket(&name(), Timestamp::default(), None).expect("creates");
    for text in keys {
        model.put(&name(), &Conditions::default(), object(text)).expect("stores");
    }
    model
}

/// Keys and prefixes of one page, and whether there is more.
fn list(model: &Model, query: &ListQuery) -> (Vec<String>, bool) {
    let page = model.list(&name(), query).expect("lists");
    let shown = page.entries.iter().map(|entry| match entry {
        ListEntry::Object(info) => info.key.to_string(),
        ListEntry::Prefix(prefix) => format!("{prefix}*"),
    });
    (shown.collect(), page.next.is_some())
}

#[test]
fn listings() {
    let model = model(&["a", "a/1", "a/2", "b", "c/1"]);
    let query = |prefix: &str, delimiter: Option<&str>, after: Option<ListPosition>, limit| ListQuery {
        prefix: prefix.into(),
        delimiter: delimiter.map(str::to_owned),
        after,
        limit,
    };
    let key = |text: &str| Some(ListPosition::Key(text.into()));
    let prefix = |text: &str| Some(ListPosition::Prefix(text.into()));
    let table = [
        (query("", None, None, 9), vec!["a", "a/1", "a/2", "b", "c/1"], false),
        (query("", Some("/"), None, 9), vec!["a", "a/*", "b", "c/*"], false),
        (query("a/", Some("/"), None, 9), vec!["a/1", "a/2"], false),
        (query("", Some("/"), key("a/1"), 9), vec!["a/*", "b", "c/*"], false),
        (query("", Some("/"), prefix("a/"), 9), vec!["b", "c/*"], false),
        (query("", Some(""), None, 2), vec!["a", "a/1"], true),
        (query("x", None, None, 9), vec![], false),
        (query("", None, None, 0), vec![], true),
    ];
    for (query, expected, more) in table {
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(list(&model, &query), (expected, more), "{query:?}");
    }
}

#[test]
fn objects_and_buckets() {
    let mut model = model(&["k"]);
    let any = Conditions { if_match: Some(vec![domain::etag::ETagMatch::Any]), ..Conditions::default() };
    assert!(matches!(model.put(&name(), &any, object("new")), Err(Error::PreconditionFailed { .. })));
    assert_eq!(model.put(&name(), &any, object("k")), Ok(()));
    let (_, range) = model.get(&name(), &key("k"), &any, Some(RangeRequest::Suffix(3))).expect("reads");
    assert_eq!(range, Some(ByteRange { start: 1, end: 4 }));
    assert_eq!(model.delete_bucket(&name()), Err(Error::BucketNotEmpty { bucket: name() }));
    let created = model.create_bucket(&name(), Timestamp::default(), None);
    assert_eq!(created, Err(Error::BucketAlreadyOwnedByYou { bucket: name() }));
    model.delete(&name(), &[key("k"), key("missing")]).expect("deletes");
    let gone = model.get(&name(), &key("k"), &any, None).map(drop);
    assert_eq!(gone, Err(Error::NoSuchKey { key: key("k") }));
    assert_eq!(model.delete_bucket(&name()), Ok(()));
    let missing = Err(Error::NoSuchBucket { bucket: name() });
    assert_eq!(model.delete_bucket(&name()), missing);
    assert_eq!(model.set_cors(&name(), None), missing);
}

#[test]
fn bodies_are_stored_once_and_held_by_each() {
    let mut model = model(&[]);
    let key = key("k");
    let with = |content, object: ModelObject| ModelObject { content, ..object };
    let content = model.stored(4);
    model.put(&name(), &Conditions::default(), with(content, object("k"))).expect("stores");
    assert_eq!(model.held(), (1, 1));
    let source = model.get(&name(), &key, &Conditions::default(), None).expect("reads").0.clone();
    let copy = model.copied(&source);
    let copy = with(copy.content, object("copy"));
    model.put(&name(), &Conditions::default(), copy).expect("stores");
    assert_eq!(model.held(), (1, 2), "one body, two who hold it");

    let id = UploadId([1; 16]);
    let upload = ModelUpload {
        key: key.clone(),
        metadata: ObjectMetadata::default(),
        initiated: Timestamp::default(),
        parts: BTreeMap::new(),
    };
    model.create_upload(&name(), id, &Conditions::default(), upload).expect("begins");
    let shared = model.shared(&source, ByteRange { start: 1, end: 3 });
    assert_eq!((&shared.body[..], shared.info.size), (&b"od"[..], 2));
    model.put_part(&name(), &key, (id, 1), shared).expect("stores");
    let content = model.stored(4);
    model.put_part(&name(), &key, (id, 2), with(content, object("own"))).expect("stores");
    assert_eq!(model.held(), (2, 4));

    let completion = |parts: &[u16], part_min_bytes| ModelCompletion {
        parts: parts.iter().map(|number| (*number, ETag::from_text("e"))).collect(),
        conditions: Conditions::default(),
        part_min_bytes,
        now: Timestamp::default(),
        etag_of: |etags| ETag::from_text(&etags.len().to_string()),
    };
    let mut complete = |parts: &[u16], min| model.complete_upload(&name(), &key, id, &completion(parts, min));
    assert_eq!(complete(&[1, 2, 1], 0), Err(Error::PartsMismatch(PartsFault::Repeated(1))));
    assert_eq!(complete(&[3, 1], 0), Err(Error::InvalidPart { part: 3 }));
    assert_eq!(complete(&[2, 1], 3), Err(Error::EntityTooSmall { bytes: 2, min_bytes: 3 }));
    assert!(matches!(complete(&[2, 1], 2), Ok(ModelCompleted::Now(info)) if info.size == 6));
    assert_eq!(complete(&[], 0), Ok(ModelCompleted::Before(ETag::from_text("2"))));
    let (object, _) = model.get(&name(), &key, &Conditions::default(), None).expect("reads");
    assert_eq!(object.body, "odbody");
    assert_eq!(model.held(), (2, 3), "what was replaced holds nothing");
    assert_eq!(model.abort_upload(&name(), &key, id), Err(Error::NoSuchUpload));
}
