//! Replies on their way out.

use bytes::Bytes;
use exchange::ReplyBody;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

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
