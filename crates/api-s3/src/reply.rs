//! Replies on their way out. A small body leaves in one write with its head; a large one streams, one piece ahead.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use domain::Error;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use store::ObjectBody;

/// A reply before the pipeline decorates it.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ReplyBody,
}

impl Reply {
    /// No body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: ReplyBody::empty() }
    }

    /// 200 with headers and no body.
    pub(crate) fn ok(headers: HeaderMap) -> Self {
        Self { headers, ..Self::empty(StatusCode::OK) }
    }

    /// 200 and nothing more.
    pub(crate) fn done() -> Self {
        Self::empty(StatusCode::OK)
    }

    /// With further headers.
    pub(crate) fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    /// 200 and a document.
    pub(crate) fn xml(document: impl Into<Bytes>) -> Self {
        let mut reply = Self::empty(StatusCode::OK);
        reply.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        reply.body = ReplyBody::full(document.into());
        reply
    }
}

impl From<Reply> for Response<ReplyBody> {
    fn from(reply: Reply) -> Self {
        let mut response = Self::new(reply.body);
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        response
    }
}

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
    pub(crate) fn empty() -> Self {
        Self(Kind::Full(None))
    }

    /// Bytes that are all here.
    pub fn full(bytes: Bytes) -> Self {
        Self(Kind::Full(Some(bytes).filter(|b| !b.is_empty())))
    }

    /// An object: its first piece is read before the head is sent, so that a damaged or missing block there is an error
    /// reply and not a broken one, and a small object is one write.
    pub(crate) async fn object(mut body: ObjectBody, request_id: &str) -> Result<Self, Error> {
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
