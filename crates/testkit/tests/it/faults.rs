//! Fault wrappers.

use std::pin::pin;
use std::sync::Arc;

use blob::{BlobError, BlobStore, MemoryBlobs};
use bytes::Bytes;
use meta::{Batch, Engine, EngineError, KeyRange, MemoryEngine, Scan, Version, Write, WriteId};
use testkit::{BlobCall, CommitFate, FaultyBlobs, FaultyEngine, SeededRandom};

fn engine() -> FaultyEngine {
    FaultyEngine::new(Arc::new(MemoryEngine::new()))
}

fn blobs() -> FaultyBlobs {
    FaultyBlobs::new(Arc::new(MemoryBlobs::new(Arc::new(SeededRandom::new(1)))))
}

#[tokio::test]
async fn without_a_plan_the_contracts_are_kept() {
    meta::contract::all(async || Arc::new(engine()) as Arc<dyn Engine>).await;
    blob::contract::all(async || Arc::new(blobs()) as Arc<dyn BlobStore>).await;
}

async fn put(engine: &FaultyEngine, key: &str) -> Result<Version, EngineError> {
    let put = Write::Put {
        key: key.as_bytes().to_vec(),
        value: Bytes::new(),
        body: None,
        external: false,
        displaced_to: None,
    };
    engine.commit(Batch { write_id: WriteId([0; 16]), checks: Vec::new(), writes: vec![put] }).await
}

async fn has(engine: &FaultyEngine, key: &str) -> bool {
    engine.get(key.as_bytes()).await.expect("reads").is_some()
}

#[tokio::test]
async fn fates_are_what_they_say() {
    let engine = engine();
    for (fate, answer, effect) in [
        (CommitFate::Passed, Ok(()), true),
        (CommitFate::Refused(EngineError::Full), Err(EngineError::Full), false),
        (CommitFate::AnswerLost(EngineError::Busy), Err(EngineError::Busy), true),
    ] {
        let key = format!("{fate:?}");
        engine.plan(move |batch| if batch.writes.is_empty() { CommitFate::Passed } else { fate.clone() });
        assert_eq!(put(&engine, &key).await.map(drop), answer, "{key}");
        assert_eq!(has(&engine, &key).await, effect, "{key}");
    }
    engine.fail_reads(Some(EngineError::Io("dead".into())));
    assert!(engine.get(b"k").await.is_err());
    let scan = Scan { range: KeyRange::prefix(b""), limit: 1, fold: None };
    assert!(engine.scan(scan).await.is_err());
}

#[tokio::test]
async fn held_commits_wait_for_their_release() {
    for (number, fate) in (1..).zip([CommitFate::Held, CommitFate::AnswerHeld]) {
        let engine = engine();
        let planned = fate.clone();
        engine.plan(move |_| planned.clone());
        let mut first = pin!(put(&engine, "first"));
        tokio::select! {
            _ = &mut first => panic!("it is held"),
            () = engine.wait_for_held(1) => {}
        }
        assert_eq!(has(&engine, "first").await, fate == CommitFate::AnswerHeld, "{number}");
        engine.release();
        first.await.expect("it is released");
        assert!(has(&engine, "first").await);
        // a release is for those who wait, not for those who come later
        let mut second = pin!(put(&engine, "second"));
        tokio::select! {
            _ = &mut second => panic!("it is held"),
            () = engine.wait_for_held(2) => {}
        }
    }
}

#[tokio::test]
async fn a_held_read_answers_what_was_there() {
    let engine = engine();
    put(&engine, "key").await.expect("commits");
    engine.hold_read(b"k");
    assert!(!has(&engine, "other").await, "another row is not held");
    let mut read = pin!(has(&engine, "key"));
    tokio::select! {
        _ = &mut read => panic!("it is held"),
        () = engine.wait_for_held(1) => {}
    }
    assert!(has(&engine, "key").await, "the next is not");
    let delete = Write::Delete { key: b"key".to_vec(), displaced_to: None };
    let batch = Batch { write_id: WriteId([1; 16]), checks: Vec::new(), writes: vec![delete] };
    engine.commit(batch).await.expect("commits");
    engine.release();
    assert!(read.await, "it was read before");
}

#[tokio::test]
async fn blob_calls_fail_as_planned() {
    let blobs = blobs();
    let id = blob::contract::store(&blobs, &Bytes::from_static(b"bytes"), None, 2).await;
    let reader = blobs.open(&id).await.expect("opens");
    let fail = |failing: BlobCall| blobs.plan(move |call| (call == failing).then_some(BlobError::Full));
    fail(BlobCall::Create);
    assert_eq!(blobs.create(None).await.err(), Some(BlobError::Full));
    fail(BlobCall::Write);
    let mut writer = blobs.create(None).await.expect("creates");
    assert_eq!(writer.write(Bytes::from_static(b"x")).await, Err(BlobError::Full));
    fail(BlobCall::Finish);
    assert_eq!(writer.finish().await, Err(BlobError::Full));
    fail(BlobCall::Open);
    assert_eq!(blobs.open(&id).await.err(), Some(BlobError::Full));
    fail(BlobCall::Read);
    assert_eq!(reader.read(0..1).await, Err(BlobError::Full));
    fail(BlobCall::Delete);
    assert_eq!(blobs.delete(&id).await, Err(BlobError::Full));
    fail(BlobCall::List);
    assert_eq!(blobs.list(None, 1).await, Err(BlobError::Full));
    blobs.clear_plan();
    assert_eq!(blob::contract::read_all(&blobs, id).await.as_deref(), Ok(b"bytes".as_slice()));
}
