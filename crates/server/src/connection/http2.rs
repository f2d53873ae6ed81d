//! HTTP/2 in the clear, for clients that know beforehand that it is spoken: reverse proxies, mostly. One connection carries
//! many requests, so each bound that HTTP/1.1 gets from its connection is set here for each request, or for all together.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use exchange::ReplyBody;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::streams::{Pace, Paced, Streams};
use super::{BUFFER_MAX_BYTES, Common, SEND_STALL, until_end, with_peer};

/// What a connection begins with, as far as it takes to tell it from every method of HTTP/1.1.
///
/// Spec: RFC 9113, section 3.4.
const PREFACE: &[u8] = b"PRI";
/// Most requests at a time on one connection. All connections together have as many as there may be connections.
const STREAMS_MAX: u32 = 64;
/// Most bytes of one upload that may wait to be read: with a millisecond to the client, a quarter of a gigabyte a second.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
/// Most bytes of all uploads of a connection that may wait to be read.
const CONNECTION_WINDOW_BYTES: u32 = 512 * 1024;
/// Bytes of a reply that may wait to be sent when a further piece is read for it.
const SEND_BUFFER_BYTES: usize = 64 * 1024;
/// How long a client may take to confirm that its connection ends.
pub(super) const FAREWELL_MAX: Duration = Duration::from_secs(2);

tokio::task_local! {
    /// The pace of the request that a task serves. hyper makes the task, so it cannot be an argument.
    static PACE: Arc<Pace>;
}

/// Whether a client begins with HTTP/2. The bytes are looked at and left there, so that HTTP/1.1 pays nothing for the
/// question; a preface comes in one piece.
pub(super) async fn begins(stream: &TcpStream) -> bool {
    let mut start = [0; PREFACE.len()];
    let read = stream.peek(&mut start).await.unwrap_or(0);
    start.get(..read) == Some(PREFACE)
}

/// Serves a connection to its end.
pub(super) async fn serve(stream: TcpStream, common: Common) {
    let streams = Arc::new(Streams::new());
    let ending = common.ending.clone();
    let tasks = Tasks { tasks: common.tasks.clone(), kill: ending.kill.clone() };
    let (opened, peer) = (Arc::clone(&streams), stream.peer_addr().ok());
    let service = service_fn(move |mut request| {
        with_peer(&mut request, peer);
        // counted when it comes, not when its task first runs
        let open = Arc::clone(&opened).open();
        let common = common.clone();
        Box::pin(async move {
            let reply = answer(request, common).await;
            Ok::<_, Infallible>(reply.map(|body| body.of(open)))
        })
    });
    let buffer_max_bytes = u32::try_from(BUFFER_MAX_BYTES).expect("kilobytes fit");
    let mut http = http2::Builder::new(tasks);
    http.timer(TokioTimer::new()).max_header_list_size(buffer_max_bytes).max_frame_size(buffer_max_bytes);
    http.max_concurrent_streams(STREAMS_MAX).max_send_buf_size(SEND_BUFFER_BYTES);
    http.initial_stream_window_size(STREAM_WINDOW_BYTES);
    http.initial_connection_window_size(CONNECTION_WINDOW_BYTES);
    let serving = http.serve_connection(TokioIo::new(stream), service);
    until_end(serving, &ending, |max| streams.idle(max)).await;
}

async fn answer(request: Request<Incoming>, common: Common) -> Response<Paced<ReplyBody>> {
    let turn = common.turns.acquire_owned().await.expect("nobody closes the semaphore");
    let reply = common.doors.handle(request).await;
    reply.map(|body| Paced::new(body, PACE.get(), turn))
}

/// Runs the requests of a connection: counted with all tasks, ended with them, and given up when a client does not take
/// its reply.
#[derive(Clone)]
struct Tasks {
    tasks: TaskTracker,
    kill: CancellationToken,
}

impl<F> Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, request: F) {
        let kill = self.kill.clone();
        self.tasks.spawn(async move {
            let pace = Arc::new(Pace::default());
            tokio::select! {
                () = kill.cancelled() => {}
                () = pace.stalled(SEND_STALL) => tracing::debug!("a client did not take its reply"),
                () = PACE.scope(Arc::clone(&pace), request) => {}
            }
        });
    }
}
