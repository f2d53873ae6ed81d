//! A socket that ends without a reset. Closing one that has bytes unread makes the kernel reset the connection, and a client
//! that was still sending then loses the reply that would have told it why. So after the last byte out, what comes in is
//! read and thrown away for a while.

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How long a client may send nothing before it is taken to have seen the reply.
const QUIET_MAX: Duration = Duration::from_secs(1);
/// How long it may go on sending.
const LINGER_MAX: Duration = Duration::from_secs(10);

/// A stream with such an end.
pub(super) struct Linger<S> {
    stream: S,
    ending: Option<Ending>,
}

struct Ending {
    last: Instant,
    quiet: Pin<Box<Sleep>>,
}

impl<S> Linger<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, ending: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Linger<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Linger<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, ending } = &mut *self;
        let ending = match ending {
            Some(ending) => ending,
            None => {
                ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
                let last = Instant::now() + LINGER_MAX;
                ending.insert(Ending { last, quiet: Box::pin(sleep(QUIET_MAX)) })
            }
        };
        let mut unwanted = [0; 8 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut unwanted);
            match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() && Instant::now() < ending.last => {
                    ending.quiet.as_mut().reset(ending.last.min(Instant::now() + QUIET_MAX));
                }
                // the other side has ended, too, or will not
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => return ending.quiet.as_mut().poll(cx).map(Ok),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_still_sent_is_read_until_the_client_ends() {
        let (server, mut client) = duplex(64);
        let mut server = Linger::new(server);
        let started = Instant::now();
        let (ended, reply) = tokio::join!(
            async {
                server.write_all(b"reply").await.unwrap();
                server.shutdown().await
            },
            async {
                // more than the pipe holds: it must be read meanwhile
                client.write_all(&[7; 10_000]).await.unwrap();
                client.shutdown().await.unwrap();
                let mut reply = Vec::new();
                client.read_to_end(&mut reply).await.unwrap();
                reply
            }
        );
        assert!(ended.is_ok());
        assert_eq!(reply, b"reply");
        assert!(started.elapsed() < QUIET_MAX, "nobody is waited for");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_nothing_is_left_soon_and_one_that_goes_on_later() {
        let (server, mut client) = duplex(64);
        let started = Instant::now();
        Linger::new(server).shutdown().await.unwrap();
        assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
        assert!(started.elapsed() >= QUIET_MAX && started.elapsed() < LINGER_MAX);

        let (server, mut client) = duplex(64);
        let started = Instant::now();
        let mut server = Linger::new(server);
        let going_on = async {
            while client.write_all(b"x").await.is_ok() {
                sleep(QUIET_MAX / 2).await;
            }
        };
        tokio::select! {
            () = going_on => panic!("it is read"),
            ended = server.shutdown() => ended.unwrap(),
        }
        assert!(started.elapsed() >= LINGER_MAX && started.elapsed() < LINGER_MAX * 2);
    }
}
