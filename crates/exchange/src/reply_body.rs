//! The body of a reply: a document, or an object. A small one leaves in one write with its head; a large one streams, one
//! piece ahead.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use domain::Error;
use http_body::{Body, Frame, SizeHint};
use store::ObjectBody;

/// The body of a reply.
pub struct ReplyBody(Kind);

enum Kind {
    Full(Option<Bytes>),
    Stream(Box<Stream>),
}

type NextPiece = Pin<Box<dyn Future<Output = (ObjectBody, Result<Option<Bytes>, Error>)> + Send>>;

struct Stream {
    first: Option<Bytes>,
    next: Option<NextPiece>,
    remaining: u64,
    request_id: String,
}

impl ReplyBody {
    /// No bytes.
    #[must_use]
    pub fn empty() -> Self {
        Self(Kind::Full(None))
    }

    /// Bytes that are all here.
    #[must_use]
    pub fn full(bytes: Bytes) -> Self {
        Self(Kind::Full(Some(bytes).filter(|b| !b.is_empty())))
    }

    /// An object: its first piece is read before the head is sent, so that a damaged or missing block there is an error
    /// reply and not a broken one, and a small object is one write. `request_id` is for the log.
    ///
    /// # Errors
    /// Those of reading it.
    pub async fn object(mut body: ObjectBody, request_id: &str) -> Result<Self, Error> {
        let remaining = body.remaining();
        let Some(first) = body.next().await? else { return Ok(Self::empty()) };
        if body.remaining() == 0 {
            return Ok(Self::full(first));
        }
        let stream = Stream {
            first: Some(first),
            next: Some(read_next(body)),
            remaining,
            request_id: request_id.to_owned(),
        };
        Ok(Self(Kind::Stream(Box::new(stream))))
    }
}

fn read_next(mut body: ObjectBody) -> NextPiece {
    Box::pin(async move {
        let piece = body.next().await;
        (body, piece)
    })
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.0 {
            Kind::Full(bytes) => Poll::Ready(bytes.take().map(|b| Ok(Frame::data(b)))),
            Kind::Stream(stream) => stream.poll_piece(cx).map(|piece| piece.map(|p| p.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Full(bytes) => bytes.is_none(),
            Kind::Stream(stream) => stream.remaining == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Full(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64)),
            Kind::Stream(stream) => SizeHint::with_exact(stream.remaining),
        }
    }
}

impl Stream {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if let Some(first) = self.first.take() {
            self.remaining = self.remaining.saturating_sub(first.len() as u64);
            return Poll::Ready(Some(Ok(first)));
        }
        let Some(next) = &mut self.next else { return Poll::Ready(None) };
        let (body, piece) = ready!(next.as_mut().poll(cx));
        self.next = None;
        match piece {
            Ok(Some(piece)) => {
                self.remaining = self.remaining.saturating_sub(piece.len() as u64);
                if body.remaining() > 0 {
                    self.next = Some(read_next(body));
                }
                Poll::Ready(Some(Ok(piece)))
            }
            Ok(None) => Poll::Ready(None),
            Err(error) => {
                tracing::error!(request_id = %self.request_id, %error, "an object's body broke off");
                Poll::Ready(Some(Err(error)))
            }
        }
    }
}
