//! Serves HTTP on one connection: version 1.1, or version 2 to clients that begin with its preface. Both within bounds on
//! heads, on pauses, on what waits in memory, and on requests at a time. It knows no TLS and upgrades nothing.

mod http2;
mod linger;
mod streams;

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use self::linger::Linger;
use crate::doors::Doors;
use crate::listener::Ending;

/// How long a client may take for a request's head, and a connection may idle before it.
const HEAD_MAX: Duration = Duration::from_secs(75);
/// Most bytes of a request that are buffered at once: bounds its head, and is what one read of an upload may bring.
const BUFFER_MAX_BYTES: usize = 64 * 1024;
/// Most header fields of a request.
const HEADERS_MAX: usize = 256;
/// How long sent bytes may wait for the client to take them.
pub(crate) const SEND_STALL: Duration = Duration::from_secs(120);

/// What all connections share.
#[derive(Clone)]
pub(crate) struct Common {
    pub(crate) doors: Arc<Doors>,
    pub(crate) ending: Ending,
    pub(crate) tasks: TaskTracker,
    /// Requests over HTTP/2 at a time, of all connections.
    pub(crate) turns: Arc<Semaphore>,
}

/// Serves a connection to its end.
pub(crate) async fn serve_connection(stream: TcpStream, common: Common) {
    let is_http2 = tokio::select! {
        () = common.ending.stop.cancelled() => return,
        first = tokio::time::timeout(HEAD_MAX, http2::begins(&stream)) => match first {
            Ok(is_http2) => is_http2,
            Err(_) => return,
        },
    };
    if is_http2 {
        // boxed, so that the others do not hold the room that it needs
        Box::pin(http2::serve(stream, common)).await;
    } else {
        serve_http1(stream, common).await;
    }
}

async fn serve_http1(stream: TcpStream, common: Common) {
    let Common { doors, ending, .. } = common;
    let peer = stream.peer_addr().ok();
    let service = service_fn(move |mut request| {
        with_peer(&mut request, peer);
        let doors = Arc::clone(&doors);
        // boxed, so that an idle connection does not hold the room that a request in progress needs
        Box::pin(async move { Ok::<_, Infallible>(doors.handle(request).await) })
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
    http.max_buf_size(BUFFER_MAX_BYTES).max_headers(HEADERS_MAX);
    // hyper itself ends what idles
    let idle = |_| std::future::pending();
    let serving = http.serve_connection(TokioIo::new(Linger::new(stream)), service);
    until_end(serving, &ending, idle).await;
}

/// Tells the doors who is at the other end of the connection.
fn with_peer(request: &mut Request<Incoming>, peer: Option<SocketAddr>) {
    if let Some(peer) = peer {
        request.extensions_mut().insert(peer);
    }
}

/// Serves until the connection ends by itself, or until it should: then what runs is finished, and no more is taken.
///
/// `idle` ends when there has been no request for a time, or never for a protocol that sees to that itself.
async fn until_end<C, F>(serving: C, ending: &Ending, idle: impl Fn(Duration) -> F)
where
    C: GracefulConnection<Error = hyper::Error>,
    F: Future<Output = ()>,
{
    let mut serving = pin!(serving);
    tokio::select! {
        () = ending.kill.cancelled() => return,
        () = ending.stop.cancelled() => {}
        () = idle(HEAD_MAX) => {}
        result = serving.as_mut() => return log_end(result),
    }
    serving.as_mut().graceful_shutdown();
    tokio::select! {
        () = ending.kill.cancelled() => {}
        () = idle(http2::FAREWELL_MAX) => {}
        result = serving => log_end(result),
    }
}

/// Clients that go away are everyday life; what they left behind is cleaned up where it was made.
fn log_end(result: Result<(), hyper::Error>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early");
    }
}
