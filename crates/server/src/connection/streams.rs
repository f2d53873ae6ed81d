//! Whether anything still happens on an HTTP/2 connection and on each request of it. Over HTTP/1.1 the one request of a
//! connection is awaited by hyper, and a client that takes nothing is noticed by TCP; here a client may keep a connection
//! without a request for ever, or ask for much and open no window for it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until};

/// The requests of a connection that are not over.
pub(super) struct Streams(Mutex<Open>);

#[derive(Clone, Copy)]
struct Open {
    count: usize,
    /// When the last one came or was over.
    changed: Instant,
}

impl Streams {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Open { count: 0, changed: Instant::now() }))
    }

    /// Counts a request until what it returns is dropped.
    pub(super) fn open(self: Arc<Self>) -> OpenStream {
        self.change(|count| count + 1);
        OpenStream(self)
    }

    /// Ends when there has been no request for `max`, counted from now at the earliest.
    pub(super) async fn idle(&self, max: Duration) {
        let begun = Instant::now();
        loop {
            let open = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let end = match open.count {
                0 => open.changed.max(begun) + max,
                _ => Instant::now() + max,
            };
            if end <= Instant::now() {
                return;
            }
            sleep_until(end).await;
        }
    }

    fn change(&self, change: impl Fn(usize) -> usize) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *open = Open { count: change(open.count), changed: Instant::now() };
    }
}

/// A request that is not over.
pub(super) struct OpenStream(Arc<Streams>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.change(|count| count - 1);
    }
}

/// When a client last took something of a reply; nothing before there is one.
#[derive(Default)]
pub(super) struct Pace(Mutex<Option<Instant>>);

impl Pace {
    /// Ends when the client has taken nothing of the reply for `max`.
    pub(super) async fn stalled(&self, max: Duration) {
        loop {
            let taken = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let end = taken.unwrap_or_else(Instant::now) + max;
            if end <= Instant::now() {
                return;
            }
            sleep_until(end).await;
        }
    }

    fn taken(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// A reply's body, which holds its request's turn. That more of it is asked for shows that the client took what it had.
pub(super) struct Paced<B> {
    body: B,
    pace: Arc<Pace>,
    _turn: OwnedSemaphorePermit,
    _open: Option<OpenStream>,
}

impl<B> Paced<B> {
    pub(super) fn new(body: B, pace: Arc<Pace>, turn: OwnedSemaphorePermit) -> Self {
        pace.taken();
        Self { body, pace, _turn: turn, _open: None }
    }

    /// The same as the end of a request of a connection.
    pub(super) fn of(self, open: OpenStream) -> Self {
        Self { _open: Some(open), ..self }
    }
}

impl<B: Body + Unpin> Body for Paced<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.pace.taken();
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use hyper::body::Bytes;
    use tokio::sync::Semaphore;

    use super::*;

    const MAX: Duration = Duration::from_secs(75);
    const SHORT: Duration = Duration::from_secs(70);

    struct Endless;

    impl Body for Endless {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))))
        }
    }

    async fn ends_within(max: Duration, what: impl Future<Output = ()>) -> bool {
        tokio::time::timeout(max, what).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_when_its_last_request_is_long_over() {
        let streams = Arc::new(Streams::new());
        assert!(!ends_within(SHORT, streams.idle(MAX)).await);
        let (first, second) = (Arc::clone(&streams).open(), Arc::clone(&streams).open());
        assert!(!ends_within(MAX * 10, streams.idle(MAX)).await);
        drop(first);
        assert!(!ends_within(MAX * 10, streams.idle(MAX)).await);
        drop(second);
        assert!(!ends_within(SHORT, streams.idle(MAX)).await);
        assert!(ends_within(MAX * 2, streams.idle(MAX)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reply_that_nobody_takes_is_given_up() {
        let pace = Arc::new(Pace::default());
        // the server may take its time
        assert!(!ends_within(MAX * 10, pace.stalled(MAX)).await);
        let turn = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let mut reply = Paced::new(Endless, Arc::clone(&pace), turn);
        for _ in 0..10 {
            assert!(!ends_within(SHORT, pace.stalled(MAX)).await);
            let piece = std::future::poll_fn(|cx| Pin::new(&mut reply).poll_frame(cx)).await;
            assert!(piece.is_some());
        }
        assert!(ends_within(MAX * 2, pace.stalled(MAX)).await);
    }
}
