//! Accepts connections within a bound on their number, and hands each on with its socket prepared.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::connection::{Common, SEND_STALL, serve_connection};

/// Pause after a failed accept: out of file descriptors is the usual cause, and passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// When to end: `stop` asks connections to finish what they do, `kill` drops them.
#[derive(Clone, Default)]
pub(crate) struct Ending {
    pub(crate) stop: CancellationToken,
    pub(crate) kill: CancellationToken,
}

/// Accepts until told to stop; connections go on as tasks.
pub(crate) async fn serve(listener: TcpListener, connections_max: usize, common: Common) {
    let slots = Arc::new(Semaphore::new(connections_max));
    loop {
        // a server that is full must still hear that it should end
        let next = async {
            let slot = Arc::clone(&slots).acquire_owned().await.expect("nobody closes the semaphore");
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            () = common.ending.stop.cancelled() => return,
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
        let own = common.clone();
        common.tasks.spawn(async move {
            serve_connection(stream, own).await;
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
