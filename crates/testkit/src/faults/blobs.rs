//! A blob store whose calls fail as a test plans.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use blob::{BlobError, BlobId, BlobInfo, BlobReader, BlobStore, BlobWriter, BoxFuture};
use bytes::Bytes;

/// A call of the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobCall {
    /// Begins a blob.
    Create,
    /// Appends to one.
    Write,
    /// Makes one durable.
    Finish,
    /// Opens one.
    Open,
    /// Reads from one.
    Read,
    /// Deletes one.
    Delete,
    /// Lists them.
    List,
}

type Plan = Box<dyn FnMut(BlobCall) -> Option<BlobError> + Send>;

#[derive(Default)]
struct Faults(Mutex<Option<Plan>>);

impl Faults {
    fn check(&self, call: BlobCall) -> Result<(), BlobError> {
        let mut plan = self.0.lock().expect("no plan panics");
        plan.as_mut().and_then(|plan| plan(call)).map_or(Ok(()), Err)
    }
}

/// A [`BlobStore`] over another, with planned faults; a call that fails has no effect.
pub struct FaultyBlobs {
    inner: Arc<dyn BlobStore>,
    faults: Arc<Faults>,
}

impl FaultyBlobs {
    /// Wraps a store.
    #[must_use]
    pub fn new(inner: Arc<dyn BlobStore>) -> Self {
        Self { inner, faults: Arc::default() }
    }

    /// Decides from now on which calls fail; it sees every call, so it may also count them.
    pub fn plan(&self, plan: impl FnMut(BlobCall) -> Option<BlobError> + Send + 'static) {
        *self.faults.0.lock().expect("no plan panics") = Some(Box::new(plan));
    }

    /// Lets every call pass from now on.
    pub fn clear_plan(&self) {
        *self.faults.0.lock().expect("no plan panics") = None;
    }
}

impl BlobStore for FaultyBlobs {
    fn create(&self, size_bytes: Option<u64>) -> BoxFuture<'_, Result<Box<dyn BlobWriter>, BlobError>> {
        Box::pin(async move {
            self.faults.check(BlobCall::Create)?;
            let inner = self.inner.create(size_bytes).await?;
            Ok(Box::new(FaultyWriter { inner, faults: Arc::clone(&self.faults) }) as Box<dyn BlobWriter>)
        })
    }

    fn open<'a>(&'a self, id: &'a BlobId) -> BoxFuture<'a, Result<Arc<dyn BlobReader>, BlobError>> {
        Box::pin(async move {
            self.faults.check(BlobCall::Open)?;
            let inner = self.inner.open(id).await?;
            Ok(Arc::new(FaultyReader { inner, faults: Arc::clone(&self.faults) }) as Arc<dyn BlobReader>)
        })
    }

    fn delete<'a>(&'a self, id: &'a BlobId) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move {
            self.faults.check(BlobCall::Delete)?;
            self.inner.delete(id).await
        })
    }

    fn list(&self, after: Option<BlobId>, limit: u32) -> BoxFuture<'_, Result<Vec<BlobInfo>, BlobError>> {
        Box::pin(async move {
            self.faults.check(BlobCall::List)?;
            self.inner.list(after, limit).await
        })
    }
}

struct FaultyWriter {
    inner: Box<dyn BlobWriter>,
    faults: Arc<Faults>,
}

impl BlobWriter for FaultyWriter {
    fn id(&self) -> BlobId {
        self.inner.id()
    }

    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(async move {
            self.faults.check(BlobCall::Write)?;
            self.inner.write(bytes).await
        })
    }

    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<BlobId, BlobError>> {
        Box::pin(async move {
            self.faults.check(BlobCall::Finish)?;
            self.inner.finish().await
        })
    }
}

struct FaultyReader {
    inner: Arc<dyn BlobReader>,
    faults: Arc<Faults>,
}

impl BlobReader for FaultyReader {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    fn read(&self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, BlobError>> {
        Box::pin(async move {
            self.faults.check(BlobCall::Read)?;
            self.inner.read(range).await
        })
    }
}
