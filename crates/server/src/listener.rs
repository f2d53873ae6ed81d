//! Accepts connections and serves HTTP on them, within bounds on their number, their heads and their pauses.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use api_s3::Door;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a client may take for a request's head, and a connection may idle before it.
const HEAD_MAX: Duration = Duration::from_secs(75);
/// Most bytes of a request that are buffered at once: bounds its head, and is what one read of an upload may bring.
const BUFFER_MAX_BYTES: usize = 64 * 1024;
/// Most header fields of a request.
const HEADERS_MAX: usize = 256;
/// How long sent bytes may wait for the client to take them.
const SEND_STALL: Duration = Duration::from_secs(120);
/// Pause after a failed accept: out of file descriptors is the usual cause, and passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// When to end: `stop` asks connections to finish what they do, `kill` drops them.
#[derive(Clone, Default)]
pub(crate) struct Ending {
    pub(crate) stop: CancellationToken,
    pub(crate) kill: CancellationToken,
}

/// Accepts until told to stop; connections go on in `tasks`.
pub(crate) async fn serve(
    listener: TcpListener,
    door: Arc<Door>,
    connections_max: usize,
    ending: Ending,
    tasks: TaskTracker,
) {
    let slots = Arc::new(Semaphore::new(connections_max));
    loop {
        // a server that is full must still hear that it should end
        let next = async {
            let slot = Arc::clone(&slots).acquire_owned().await.expect("nobody closes the semaphore");
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            () = ending.stop.cancelled() => return,
            next = next => next,
        };
        let stream = match accepted.and_then(|(stream, _)| prepared(stream)) {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let (door, ending) = (Arc::clone(&door), ending.clone());
        tasks.spawn(async move {
            connection(stream, door, ending).await;
            drop(slot);
        });
    }
}

fn prepared(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    rustix::net::sockopt::set_socket_keepalive(&stream, true)?;
    #[cfg(target_os = "linux")]
    {
        let stall_ms = u32::try_from(SEND_STALL.as_millis()).expect("minutes fit");
        rustix::net::sockopt::set_tcp_user_timeout(&stream, stall_ms)?;
    }
    Ok(stream)
}

async fn connection(stream: TcpStream, door: Arc<Door>, ending: Ending) {
    let service = service_fn(move |request| {
        let door = Arc::clone(&door);
        // boxed, so that an idle connection does not hold the room that a request in progress needs
        Box::pin(async move { Ok::<_, Infallible>(door.handle(request).await) })
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
    http.max_buf_size(BUFFER_MAX_BYTES).max_headers(HEADERS_MAX);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        () = ending.kill.cancelled() => return,
        () = ending.stop.cancelled() => serving.as_mut().graceful_shutdown(),
        result = serving.as_mut() => return log_end(result),
    }
    tokio::select! {
        () = ending.kill.cancelled() => {}
        result = serving => log_end(result),
    }
}

/// Clients that go away are everyday life; what they left behind is cleaned up where it was made.
fn log_end(result: Result<(), hyper::Error>) {
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended early");
    }
}
