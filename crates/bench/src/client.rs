//! One keep-alive HTTP/1.1 connection that costs next to nothing: requests are bytes made beforehand, answers are counted.
//!
//! No chunked answers, no redirects, no TLS, no pipelining: what it does not expect is an error, never a wrong figure.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// As the answer's head may be that long and bodies come in pieces of that size.
const BUFFER_BYTES: usize = 256 << 10;

/// Bodies up to this size go with their head: one system call, one packet.
const SMALL_BODY_BYTES: usize = 16 << 10;

/// Large bodies are sent in pieces of this size, all of them the same memory.
pub(crate) const PIECE_BYTES: usize = 1 << 20;

/// One request as it goes over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Request line and headers with the empty line.
    pub(crate) head: Vec<u8>,
    /// Length of the body that follows, made of the connection's content, repeated.
    pub(crate) body_bytes: usize,
    /// An answer to it has no body, whatever its headers say.
    pub(crate) is_head: bool,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The status code.
    pub(crate) status: u16,
    /// Length of its body.
    pub(crate) body_bytes: u64,
}

/// A connection with its buffer.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// What request bodies consist of; [`PIECE_BYTES`] long.
    content: &'static [u8],
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// The server does not accept.
    pub(crate) async fn open(address: SocketAddr, content: &'static [u8]) -> Result<Connection> {
        let stream =
            TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: vec![0; BUFFER_BYTES], content })
    }

    /// Sends a request and reads its answer, whose body is appended to `keep` if given, else dropped.
    ///
    /// # Errors
    /// The connection breaks, or the answer is not plain HTTP/1.1 with a length.
    pub(crate) async fn exchange(&mut self, request: &Request, keep: Option<&mut Vec<u8>>) -> Result<Reply> {
        self.send(request).await.context("sending")?;
        self.receive(request.is_head, keep).await.context("receiving")
    }

    async fn send(&mut self, request: &Request) -> Result<()> {
        let first = request.body_bytes.min(PIECE_BYTES);
        let small = if first <= SMALL_BODY_BYTES { first } else { 0 };
        let end = request.head.len() + small;
        self.buffer[..request.head.len()].copy_from_slice(&request.head);
        self.buffer[request.head.len()..end].copy_from_slice(&self.content[..small]);
        self.stream.write_all(&self.buffer[..end]).await?;
        self.stream.write_all(&self.content[small..first]).await?;
        let mut left = request.body_bytes - first;
        while left > 0 {
            let piece = left.min(PIECE_BYTES);
            self.stream.write_all(&self.content[..piece]).await?;
            left -= piece;
        }
        Ok(())
    }

    async fn receive(&mut self, is_head: bool, mut keep: Option<&mut Vec<u8>>) -> Result<Reply> {
        let mut filled = 0;
        let (status, body_bytes, head_end) = loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            ensure!(read > 0, "the server closed the connection");
            filled += read;
            if let Some(end) = head_end(&self.buffer[..filled]) {
                let (status, length) = parse_head(&self.buffer[..end])?;
                break (status, if is_head || status == 204 { 0 } else { length }, end);
            }
            ensure!(filled < BUFFER_BYTES, "the answer's head does not end");
        };
        let mut received = u64::try_from(filled - head_end)?;
        keep_bytes(&mut keep, &self.buffer[head_end..filled]);
        while received < body_bytes {
            let read = self.stream.read(&mut self.buffer).await?;
            ensure!(read > 0, "the server closed the connection in the middle of a body");
            received += u64::try_from(read)?;
            keep_bytes(&mut keep, &self.buffer[..read]);
        }
        ensure!(received == body_bytes, "the body is longer than announced");
        Ok(Reply { status, body_bytes })
    }
}

fn keep_bytes(keep: &mut Option<&mut Vec<u8>>, bytes: &[u8]) {
    if let Some(kept) = keep {
        kept.extend_from_slice(bytes);
    }
}

/// Where the body begins.
fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

/// Status and body length of an answer's head.
fn parse_head(head: &[u8]) -> Result<(u16, u64)> {
    let text = str::from_utf8(head).context("the answer's head is not text")?;
    let mut lines = text.split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let status = status_line
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .and_then(|code| code.parse().ok());
    let status = status.with_context(|| format!("not an HTTP/1.1 answer: {status_line}"))?;
    let mut length = 0;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().context("content-length is no number")?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            bail!("the answer is chunked; this client needs a length");
        } else if name.eq_ignore_ascii_case("connection") && value.trim().eq_ignore_ascii_case("close") {
            bail!("the server closes after {status_line}");
        }
    }
    Ok((status, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read() {
        let table: [(&str, (u16, u64)); 3] = [
            ("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n", (200, 12)),
            ("HTTP/1.1 204 No Content\r\n\r\n", (204, 0)),
            ("HTTP/1.1 403 Forbidden\r\nContent-Length:7\r\nconnection: keep-alive\r\n\r\n", (403, 7)),
        ];
        for (head, expected) in table {
            assert_eq!(parse_head(head.as_bytes()).unwrap(), expected);
            assert_eq!(head_end(head.as_bytes()), Some(head.len()));
        }
    }

    #[test]
    fn what_would_give_wrong_figures_is_an_error() {
        for head in [
            "HTTP/1.0 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            "\r\n\r\n",
        ] {
            assert!(parse_head(head.as_bytes()).is_err(), "{head}");
        }
    }
}
