//! The scenario on the official Rust SDK, which has no transfer manager: parts are sent and copied by hand.

use std::path::Path;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, Length};
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier};
use e2e::Larder;
use md5::{Digest, Md5};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::files::{Files, LARGE_BYTES, SMALL, tree_of};
use super::{LARGE, LARGE_COPY, SMALL_COPY, Step, Sync, play};

const PART_BYTES: u64 = 16 * 1024 * 1024;
const AT_ONCE: usize = 16;

/// The client and its bucket; cheap to clone into tasks.
#[derive(Clone)]
struct Bucket {
    client: Client,
    name: String,
}

#[test]
fn scenario_rust_sdk() {
    let (larder, files) = (Larder::dev(), Files::make());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bucket = Bucket { client: crate::rust_sdk::client(&larder), name: larder.bucket.clone() };
    play(&larder, &files, Sync::ByKey, |step| runtime.block_on(take(step, &bucket, &files)));
}

async fn take(step: Step, bucket: &Bucket, files: &Files) -> String {
    match step {
        Step::Upload => bucket.upload(&files.large()).await,
        Step::Sync => bucket.sync(&files.tree()).await,
        Step::List => return bucket.list("tree/").await.into_iter().map(|(key, _)| key + "\n").collect(),
        Step::Copy => bucket.copies().await,
        Step::Download => bucket.download(LARGE_COPY, &files.back(LARGE)).await,
        Step::Fetch => bucket.fetch(&files.back("tree")).await,
        Step::Delete => bucket.delete_all().await,
    }
    String::new()
}

impl Bucket {
    async fn upload(&self, file: &Path) {
        let created =
            self.client.create_multipart_upload().bucket(&self.name).key(LARGE).send().await.unwrap();
        let id = created.upload_id().unwrap();
        let mut parts = Vec::new();
        for (number, offset) in (1..).zip((0..LARGE_BYTES).step_by(PART_BYTES as usize)) {
            let length = PART_BYTES.min(LARGE_BYTES - offset);
            let body = ByteStream::read_from().path(file).offset(offset).length(Length::Exact(length));
            let body = body.build().await.unwrap();
            let part = self.client.upload_part().bucket(&self.name).key(LARGE).upload_id(id);
            let sent = part.part_number(number).body(body).send().await.unwrap();
            let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
            parts.push(part.set_checksum_crc32(sent.checksum_crc32).build());
        }
        self.complete(LARGE, id, parts).await;
    }

    async fn complete(&self, key: &str, id: &str, parts: Vec<CompletedPart>) {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let complete = self.client.complete_multipart_upload().bucket(&self.name).key(key).upload_id(id);
        complete.multipart_upload(parts).send().await.unwrap();
    }

    async fn copies(&self) {
        let source = |key: &str| format!("{}/{}", self.name, sigv4::uri_encode(key.as_bytes(), true));
        let small = self.client.copy_object().bucket(&self.name).key(SMALL_COPY);
        small.copy_source(source(&format!("tree/{SMALL}"))).send().await.unwrap();
        let created = self.client.create_multipart_upload().bucket(&self.name).key(LARGE_COPY);
        let created = created.send().await.unwrap();
        let id = created.upload_id().unwrap();
        let mut parts = Vec::new();
        for (number, offset) in (1..).zip((0..LARGE_BYTES).step_by(PART_BYTES as usize)) {
            let last = (offset + PART_BYTES).min(LARGE_BYTES) - 1;
            let part = self.client.upload_part_copy().bucket(&self.name).key(LARGE_COPY).upload_id(id);
            let part = part.copy_source(source(LARGE)).copy_source_range(format!("bytes={offset}-{last}"));
            let copied = part.part_number(number).send().await.unwrap();
            let etag = copied.copy_part_result().unwrap().e_tag().unwrap();
            parts.push(CompletedPart::builder().part_number(number).e_tag(etag).build());
        }
        self.complete(LARGE_COPY, id, parts).await;
    }

    async fn download(&self, key: &str, file: &Path) {
        let got = self.client.get_object().bucket(&self.name).key(key).send().await.unwrap();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let mut out = tokio::fs::File::create(file).await.unwrap();
        tokio::io::copy(&mut got.body.into_async_read(), &mut out).await.unwrap();
        tokio::io::AsyncWriteExt::flush(&mut out).await.unwrap();
    }

    async fn sync(&self, tree: &Path) {
        let there = self.list("tree/").await;
        let mut tasks = Tasks::new();
        for (name, content) in tree_of(tree) {
            let key = format!("tree/{name}");
            let md5: String = Md5::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
            if there.iter().any(|(known, known_etag)| *known == key && known_etag.trim_matches('"') == md5) {
                continue;
            }
            let bucket = self.clone();
            tasks.spawn(async move {
                let put = bucket.client.put_object().bucket(&bucket.name).key(key);
                put.body(ByteStream::from(content)).send().await.unwrap();
            });
        }
        tasks.join().await;
    }

    async fn fetch(&self, folder: &Path) {
        let mut tasks = Tasks::new();
        for (key, _) in self.list("tree/").await {
            let (bucket, file) = (self.clone(), folder.join(key.strip_prefix("tree/").unwrap()));
            tasks.spawn(async move { bucket.download(&key, &file).await });
        }
        tasks.join().await;
    }

    /// Keys and ETags, page by page.
    async fn list(&self, prefix: &str) -> Vec<(String, String)> {
        let listing = self.client.list_objects_v2().bucket(&self.name).prefix(prefix);
        let mut pages = listing.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for object in page.unwrap().contents() {
                found.push((object.key().unwrap().to_owned(), object.e_tag().unwrap().to_owned()));
            }
        }
        found
    }

    async fn delete_all(&self) {
        for keys in self.list("").await.chunks(1000) {
            let ids = keys.iter().map(|(key, _)| ObjectIdentifier::builder().key(key).build().unwrap());
            let delete = Delete::builder().set_objects(Some(ids.collect())).quiet(true).build().unwrap();
            let done = self.client.delete_objects().bucket(&self.name).delete(delete).send().await.unwrap();
            assert!(done.errors().is_empty(), "{:?}", done.errors());
        }
    }
}

/// Tasks of which a few run at a time; a panic in one is a panic of the join.
struct Tasks {
    running: JoinSet<()>,
    permits: Arc<Semaphore>,
}

impl Tasks {
    fn new() -> Self {
        Self { running: JoinSet::new(), permits: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    fn spawn(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        let permits = Arc::clone(&self.permits);
        self.running.spawn(async move {
            let _permit = permits.acquire().await.unwrap();
            work.await;
        });
    }

    async fn join(mut self) {
        while let Some(done) = self.running.join_next().await {
            done.unwrap();
        }
    }
}
