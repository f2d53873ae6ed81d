//! The floor: the least an HTTP server on the same library can do, with no storage, no signatures and no checks.
//!
//! A path begins with the number of bytes to answer (`/4096/…`); the rest and the query are read and ignored, so that requests are
//! as long as the real ones. A request body is read to its end and dropped.

use std::convert::Infallible;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The largest answer asked for; smaller ones are slices of the same memory.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Serves until it is killed; prints `ready <address>` first.
///
/// # Errors
/// The loopback address cannot be listened on.
pub(crate) fn run() -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve())
}

async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ready {}", listener.local_addr()?);
    let answer = Bytes::from(vec![b'x'; ANSWER_BYTES_MAX]);
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        connections.spawn(connection(stream, answer.clone()));
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, answer: Bytes) {
    let service = service_fn(move |request| reply(request, answer.clone()));
    // A client that goes away ends its connection with an error, and nobody waits for that.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn reply(request: Request<Incoming>, answer: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    let first_segment = request.uri().path().split('/').nth(1);
    let answer_bytes = first_segment.and_then(|text| text.parse().ok()).unwrap_or(0).min(answer.len());
    let status = if request.method() == Method::DELETE { StatusCode::NO_CONTENT } else { StatusCode::OK };
    let mut body = request.into_body();
    while let Some(Ok(_)) = body.frame().await {}
    let mut response = Response::new(Full::new(answer.slice(..answer_bytes)));
    *response.status_mut() = status;
    Ok(response)
}
