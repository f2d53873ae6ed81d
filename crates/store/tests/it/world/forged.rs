//! Rows as no client could write them, or not in so short a time.

use bytes::Bytes;
use domain::{ObjectInfo, UploadId};
use meta::tables::bucket::{self, BucketId, BucketRow};
use meta::tables::object::{self, Content, ObjectRow, Segment};
use meta::tables::upload;
use meta::{Batch, Engine, Write, WriteId};

use super::{World, bucket};

impl World {
    /// Makes an object of these stretches, in place of what has its key.
    pub(crate) async fn forge(&self, info: ObjectInfo, segments: Vec<Segment>) {
        let key = object::key(self.bucket_id().await, &info.key);
        self.forge_row(
            key,
            ObjectRow { info, content: Content::Manifest(segments), wrapped_key: None }.encode(),
            true,
        )
        .await;
    }

    /// Makes a part of these stretches.
    pub(crate) async fn forge_part(&self, at: (UploadId, u16), info: ObjectInfo, segments: Vec<Segment>) {
        let key = upload::part_key(self.bucket_id().await, at.0, at.1);
        self.forge_row(
            key,
            ObjectRow { info, content: Content::Manifest(segments), wrapped_key: None }.encode(),
            true,
        )
        .await;
    }

    pub(crate) async fn forge_row(&self, key: Vec<u8>, value: Bytes, external: bool) {
        let put = Write::Put { key, value, body: None, external, displaced_to: None };
        let batch = Batch { write_id: WriteId([9; 16]), checks: Vec::new(), writes: vec![put] };
        self.engine.commit(batch).await.expect("commits");
    }

    pub(crate) async fn bucket_id(&self) -> BucketId {
        let row = self.engine.get(&bucket::key(&bucket())).await.expect("reads").expect("a bucket");
        BucketRow::decode(&row.value).expect("sound").id
    }
}
