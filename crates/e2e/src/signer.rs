//! Signs requests for a server: presigned targets, and exchanges with signed headers.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use sigv4::sign::{HeaderRequest, PresignRequest, payload_sha256, presign, sign_header};

use crate::{Reply, exchange};

/// Seconds since 1970.
///
/// # Panics
/// On a clock before 1970.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a client's own clock")]
pub fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(since.as_secs()).expect("seconds fit")
}

/// One credential against one server.
#[derive(Clone)]
pub struct Signer {
    /// The host it signs for.
    pub host: String,
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret: String,
    /// Of a temporary credential.
    pub session_token: Option<String>,
    /// The region of the scope.
    pub region: String,
    /// When the signature is dated, Unix seconds.
    pub date_s: i64,
    /// Validity of presigned URLs, seconds.
    pub expires_s: u32,
    /// Headers that presigned URLs sign beside `host`.
    pub headers: Vec<(String, String)>,
}

impl Signer {
    /// Signs for a host, with its port.
    #[must_use]
    pub fn new(host: &str, access_key_id: &str, secret: &str) -> Self {
        Self {
            host: host.to_owned(),
            access_key_id: access_key_id.to_owned(),
            secret: secret.to_owned(),
            session_token: None,
            region: "auto".to_owned(),
            date_s: now_s(),
            expires_s: 900,
            headers: Vec::new(),
        }
    }

    /// With a header that presigned URLs sign.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A presigned target, path and query, for an encoded path.
    #[must_use]
    pub fn presign(&self, method: &str, path: &str, query: &[(&str, &str)]) -> String {
        let headers: Vec<_> = self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let signed = presign(&PresignRequest {
            method,
            host: &self.host,
            path,
            query,
            headers: &headers,
            region: &self.region,
            access_key_id: &self.access_key_id,
            secret: &self.secret,
            date_s: self.date_s,
            expires_s: self.expires_s,
            session_token: self.session_token.as_deref(),
        });
        format!("{path}?{signed}")
    }

    /// A request signed in its headers, the body's hash included: its target, and all headers that it needs.
    #[must_use]
    pub fn sign(
        &self,
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (String, Vec<(String, String)>) {
        let payload = payload_sha256(body);
        let signed = sign_header(&HeaderRequest {
            method,
            host: &self.host,
            path,
            query,
            headers,
            region: &self.region,
            access_key_id: &self.access_key_id,
            secret: &self.secret,
            date_s: self.date_s,
            payload: &payload,
            session_token: self.session_token.as_deref(),
        });
        let mut all = vec![("host", self.host.as_str())];
        all.extend(headers);
        all.extend(signed.iter().map(|(name, value)| (name.as_ref(), value.as_ref())));
        let pairs: Vec<String> =
            query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let target = if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) };
        (target, all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// Sends a request signed in its headers, the body's hash included.
    ///
    /// # Panics
    /// When no reply comes.
    #[must_use]
    pub fn send(
        &self,
        address: SocketAddr,
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let (target, signed) = self.sign(method, path, query, headers, body);
        let signed: Vec<_> = signed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        exchange(address, method, &target, &signed, body)
    }
}

fn encoded(text: &str) -> String {
    sigv4::uri_encode(text.as_bytes(), false)
}
