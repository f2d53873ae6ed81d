//! Blobs in memory: what tests of higher layers run on. Durable in no way, without bound on its size.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::{Bytes, BytesMut};
use domain::Random;

use crate::port::{
    BlobError, BlobId, BlobInfo, BlobReader, BlobStore, BlobWriter, BoxFuture, READ_MAX_BYTES,
};

/// A [`BlobStore`] that forgets everything when it is dropped.
pub struct MemoryBlobs {
    blobs: Arc<Blobs>,
    random: Arc<dyn Random>,
}

#[derive(Default)]
struct Blobs(Mutex<BTreeMap<BlobId, Bytes>>);

impl Blobs {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<BlobId, Bytes>> {
        self.0.lock().expect("no operation panics")
    }
}

impl MemoryBlobs {
    /// A store without blobs, whose ids come from `random`.
    #[must_use]
    pub fn new(random: Arc<dyn Random>) -> Self {
        Self { blobs: Arc::default(), random }
    }
}

impl BlobStore for MemoryBlobs {
    fn create(&self, _size_bytes: Option<u64>) -> BoxFuture<'_, Result<Box<dyn BlobWriter>, BlobError>> {
        Box::pin(async move {
            let id = BlobId::random(&*self.random);
            let writer = MemoryWriter { id, blobs: Arc::clone(&self.blobs), written: BytesMut::new() };
            Ok(Box::new(writer) as Box<dyn BlobWriter>)
        })
    }

    fn open<'a>(&'a self, id: &'a BlobId) -> BoxFuture<'a, Result<Arc<dyn BlobReader>, BlobError>> {
        Box::pin(async move {
            let blob = self.blobs.lock().get(id).cloned().ok_or(BlobError::NotFound(*id))?;
            Ok(Arc::new(MemoryReader(blob)) as Arc<dyn BlobReader>)
        })
    }

    fn delete<'a>(&'a self, id: &'a BlobId) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move {
            self.blobs.lock().remove(id);
            Ok(())
        })
    }

    fn list(&self, after: Option<BlobId>, limit: u32) -> BoxFuture<'_, Result<Vec<BlobInfo>, BlobError>> {
        Box::pin(async move {
            let from = after.map_or(Bound::Unbounded, Bound::Excluded);
            let blobs = self.blobs.lock();
            let page = blobs.range((from, Bound::Unbounded)).take(limit as usize);
            Ok(page.map(|(id, blob)| BlobInfo { id: *id, size_bytes: blob.len() as u64 }).collect())
        })
    }
}

struct MemoryWriter {
    id: BlobId,
    blobs: Arc<Blobs>,
    written: BytesMut,
}

impl BlobWriter for MemoryWriter {
    fn id(&self) -> BlobId {
        self.id
    }

    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(async move {
            self.written.extend_from_slice(&bytes);
            Ok(())
        })
    }

    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<BlobId, BlobError>> {
        Box::pin(async move {
            self.blobs.lock().insert(self.id, self.written.freeze());
            Ok(self.id)
        })
    }
}

struct MemoryReader(Bytes);

impl BlobReader for MemoryReader {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn read(&self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, BlobError>> {
        Box::pin(async move {
            let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
            let start = at(range.start);
            let end = at(range.end).min(start.saturating_add(READ_MAX_BYTES)).max(start);
            Ok(self.0.slice(start..end))
        })
    }
}
