//! Requests as bytes, presigned before the clock runs; and the floor's form of each.

use std::time::{SystemTime, UNIX_EPOCH};

use sigv4::sign::{PresignRequest, presign};

use crate::client::Request;
use crate::server::Server;

/// Longer than any run.
const EXPIRES_S: u32 = 6 * 3600;

/// Signs for one server as one user.
pub(crate) struct Signer {
    authority: String,
    access_key_id: String,
    secret: String,
    bucket: String,
    date_s: i64,
}

impl Signer {
    /// For a server, with the credentials it printed.
    pub(crate) fn new(server: &Server, credentials: crate::server::Credentials) -> Signer {
        Signer {
            authority: server.address.to_string(),
            access_key_id: credentials.access_key_id,
            secret: credentials.secret,
            bucket: credentials.bucket,
            date_s: now_s(),
        }
    }

    /// A presigned request for a key that needs no escaping, or for the bucket if it is empty.
    pub(crate) fn request(
        &self,
        method: &str,
        key: &str,
        query: &[(&str, &str)],
        body_bytes: usize,
    ) -> Request {
        let separator = if key.is_empty() { "" } else { "/" };
        let path = format!("/{}{separator}{key}", self.bucket);
        let signed = presign(&PresignRequest {
            method,
            host: &self.authority,
            path: &path,
            query,
            headers: &[],
            region: "auto",
            access_key_id: &self.access_key_id,
            secret: &self.secret,
            date_s: self.date_s,
            expires_s: EXPIRES_S,
            session_token: None,
        });
        let length = if method == "PUT" || body_bytes > 0 {
            format!("content-length: {body_bytes}\r\n")
        } else {
            String::new()
        };
        let head = format!("{method} {path}?{signed} HTTP/1.1\r\nhost: {}\r\n{length}\r\n", self.authority);
        Request { head: head.into_bytes(), body_bytes, is_head: method == "HEAD" }
    }
}

/// The same request for the floor, which is told in the path how much to answer.
pub(crate) fn for_floor(request: &Request, answer_bytes: u64) -> Request {
    let target = request.head.iter().position(|byte| *byte == b'/').expect("a request line has a path");
    let mut head = request.head.clone();
    head.splice(target..target, format!("/{answer_bytes}").into_bytes());
    Request { head, ..request.clone() }
}

/// The wall clock: signatures carry a date, and the report one too.
#[expect(clippy::disallowed_methods, reason = "a client's own clock; nothing is replayed here")]
pub(crate) fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(since.as_secs()).expect("seconds since 1970 fit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_asked_for_a_size_and_nothing_else_changes() {
        let request =
            Request { head: b"PUT /b/k?q=/1 HTTP/1.1\r\n\r\n".to_vec(), body_bytes: 7, is_head: false };
        let floor = for_floor(&request, 4096);
        assert_eq!(floor.head, b"PUT /4096/b/k?q=/1 HTTP/1.1\r\n\r\n");
        assert_eq!((floor.body_bytes, floor.is_head), (7, false));
    }
}
