//! A request's body as it is sent: frames with a limit on pauses, and what is left of them read to the end. It is not
//! generic over the server's body type: a door behind its first call is compiled once.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use domain::Error;
use http::{HeaderMap, header};
use http_body::Body;

/// Most bytes of an unread body that are read and thrown away before the reply.
const DRAIN_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Longest time for that: 64 MiB at 4.5 Mbit/s, a slow line at home.
const DRAIN_MAX_TIME: Duration = Duration::from_secs(120);

/// Data frames of a body whose type is forgotten.
pub trait Frames: Send {
    /// The next data frame; other frames are passed over.
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, String>>>;

    /// Most bytes still to come, when that is known.
    fn remaining_max(&self) -> Option<u64>;

    /// Whether nothing is to come, for certain.
    fn is_at_end(&self) -> bool;
}

impl<B> Frames for B
where
    B: Body<Data = Bytes> + Send + Unpin,
    B::Error: fmt::Display,
{
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, String>>> {
        loop {
            return match Pin::new(&mut *self).poll_frame(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.to_string()))),
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => Poll::Ready(Some(Ok(data))),
                    Err(_) => continue,
                },
            };
        }
    }

    fn remaining_max(&self) -> Option<u64> {
        self.size_hint().upper()
    }

    fn is_at_end(&self) -> bool {
        self.is_end_stream()
    }
}

/// The bytes that the client sends, and how far they have been read.
pub struct Incoming<'b> {
    frames: &'b mut dyn Frames,
    idle: Duration,
    /// The client waits for `100 Continue`, which the first read makes hyper send.
    awaited: bool,
    /// It waits, but sends nothing at all, and then hyper has nothing to tell it.
    untold: bool,
    state: Reading,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Unread,
    Begun,
    Ended,
    Broken,
}

impl<'b> Incoming<'b> {
    /// `awaited` says that the client sends nothing before it is told to.
    #[must_use]
    pub fn new(frames: &'b mut dyn Frames, idle: Duration, awaited: bool) -> Self {
        let untold = awaited && frames.is_at_end();
        Self { frames, idle, awaited, untold, state: Reading::Unread }
    }

    /// The next bytes of the body as it was sent; `None` at its end.
    ///
    /// # Errors
    /// [`Error::RequestTimeout`], [`Error::ClientDisconnect`].
    pub async fn receive(&mut self) -> Result<Option<Bytes>, Error> {
        self.state = Reading::Begun;
        let next = std::future::poll_fn(|cx| self.frames.poll_data(cx));
        let Ok(data) = tokio::time::timeout(self.idle, next).await else {
            self.state = Reading::Broken;
            return Err(Error::RequestTimeout { seconds: self.idle.as_secs() });
        };
        match data {
            Some(Ok(data)) => Ok(Some(data)),
            None => {
                self.state = Reading::Ended;
                Ok(None)
            }
            // hyper says so when the connection ends before Content-Length bytes
            Some(Err(error)) => {
                self.state = Reading::Broken;
                tracing::debug!(%error, "the body broke off");
                Err(Error::ClientDisconnect)
            }
        }
    }

    /// Reads and throws away what is left of the body, within bounds, and says whether the connection can be used again.
    ///
    /// A browser reads no reply while it uploads: if we answered and closed, the kernel would reset the connection over the
    /// bytes we had not read, and a page that sends 50 MiB with a bad signature would see a network error in place of
    /// the 403 that explains it. A client that waits for `100 Continue` is told by the reply itself, without reading. What
    /// is too long to read is not begun: the connection closes. It closes too when nobody was told to go on, since botocore
    /// (boto3, the aws command) then misreads the next reply on that connection and waits for its end for a minute.
    pub async fn drain(&mut self) -> bool {
        match self.state {
            _ if self.untold => return false,
            Reading::Ended => return true,
            Reading::Broken => return false,
            Reading::Unread | Reading::Begun if self.frames.is_at_end() => return true,
            Reading::Unread if self.awaited => return false,
            Reading::Unread | Reading::Begun => {}
        }
        if self.frames.remaining_max().is_some_and(|bytes| bytes > DRAIN_MAX_BYTES) {
            return false;
        }
        tokio::time::timeout(DRAIN_MAX_TIME, self.discard(DRAIN_MAX_BYTES)).await.unwrap_or(false)
    }

    async fn discard(&mut self, mut left: u64) -> bool {
        loop {
            match self.receive().await {
                Ok(None) => return true,
                Ok(Some(bytes)) if bytes.len() as u64 <= left => left -= bytes.len() as u64,
                Ok(Some(_)) | Err(_) => return false,
            }
        }
    }
}

/// Whether a client sends no body before it is told to.
#[must_use]
pub fn expects_continue(headers: &HeaderMap) -> bool {
    headers.get(header::EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// Whether a body is framed in a way that is taken off: plain, or chunked once.
///
/// Spec: RFC 9112, section 6.1.
#[must_use]
pub fn is_framing_known(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}
