//! Sends requests and reads replies, over http or https, within bounds. What they mean is said by `s3.rs` and `rest.rs`.

#[cfg(test)]
pub(crate) mod loopback;
pub(crate) mod rest;
pub(crate) mod s3;
#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body as _, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::{sleep, timeout};

use crate::failure::Failure;

/// How long a connection may take to come up.
const CONNECT_MAX: Duration = Duration::from_secs(15);
/// How long a server may think before it answers: putting many parts together takes a while.
const ANSWER_MAX: Duration = Duration::from_secs(300);
/// A body may take so much longer to be sent, at the least.
const SLOWEST_BYTES_PER_S: u64 = 16 * 1024;
/// Longest pause inside a reply.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Most bytes of a reply that is read whole.
const DOCUMENT_BYTES_MAX: usize = 32 * 1024 * 1024;
/// How often a request is sent that may be sent again.
const TRIES: u32 = 4;
/// The first pause between two tries; each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const USER_AGENT: &str = concat!("larder/", env!("CARGO_PKG_VERSION"));

/// A pool of connections.
#[derive(Clone)]
pub(crate) enum Http {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl Http {
    /// For `https` with the certificates that the machine trusts; for `http` without reading them.
    pub(crate) fn new(is_tls: bool) -> Result<Self, String> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT_MAX));
        connector.set_nodelay(true);
        let builder = Client::builder(TokioExecutor::new());
        if !is_tls {
            return Ok(Self::Plain(builder.build(connector)));
        }
        connector.enforce_http(false);
        let roots = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| format!("the machine's trusted certificates cannot be read: {error}"))?;
        Ok(Self::Tls(builder.build(roots.https_only().enable_http1().wrap_connector(connector))))
    }

    /// Sends a request, a few times while the server says "later" or does not answer. A POST, which may have had its effect
    /// unseen, is sent again only if it was not taken. `make` makes it for each try, with the time of then. The error is why
    /// nothing came back.
    pub(crate) async fn send(
        &self,
        make: impl Fn() -> Result<Request<Full<Bytes>>, String>,
    ) -> Result<Response<Incoming>, String> {
        let mut pause = FIRST_PAUSE;
        let mut tries_left = TRIES;
        loop {
            let request = make()?;
            let is_repeatable = request.method() != http::Method::POST;
            let outcome = self.send_once(request).await;
            let may_repeat = match &outcome {
                Ok(reply) => match reply.status().as_u16() {
                    429 => true,
                    500 | 502 | 503 | 504 => is_repeatable,
                    _ => false,
                },
                Err(unanswered) => is_repeatable || unanswered.is_unsent,
            };
            tries_left -= 1;
            if !may_repeat || tries_left == 0 {
                return outcome.map_err(|unanswered| unanswered.why);
            }
            sleep(pause).await;
            pause *= 2;
        }
    }

    async fn send_once(&self, mut request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Unanswered> {
        request.headers_mut().insert("user-agent", http::HeaderValue::from_static(USER_AGENT));
        let length = request.body().size_hint().exact().unwrap_or(0);
        if matches!(*request.method(), http::Method::PUT | http::Method::POST) {
            // hyper leaves it out of a body of no bytes, which servers ask for
            request.headers_mut().insert("content-length", length.into());
        }
        let patience = ANSWER_MAX + Duration::from_secs(length / SLOWEST_BYTES_PER_S);
        let answer = match self {
            Self::Plain(client) => client.request(request),
            Self::Tls(client) => client.request(request),
        };
        match timeout(patience, answer).await {
            Ok(answer) => {
                answer.map_err(|error| Unanswered { why: causes(&error), is_unsent: error.is_connect() })
            }
            Err(_) => {
                Err(Unanswered { why: format!("no answer for {} s", patience.as_secs()), is_unsent: false })
            }
        }
    }
}

/// Why there is no answer, and whether the server cannot have had the request.
struct Unanswered {
    why: String,
    is_unsent: bool,
}

/// The failure when there is no answer. `setting` is where the URL comes from.
pub(crate) fn unanswered(what: &str, url: &str, why: &str, setting: &str) -> Failure {
    let fix = if why.contains("certificate") {
        "this machine does not trust its certificate; name that of its authority in SSL_CERT_FILE".to_owned()
    } else {
        format!("check that the server runs, and {setting}")
    };
    Failure::refused(what, format!("{url} gives no answer: {why}")).fix(fix)
}

/// A reply's body whole.
pub(crate) async fn read_whole(body: Incoming) -> Result<Bytes, String> {
    match timeout(ANSWER_MAX, Limited::new(body, DOCUMENT_BYTES_MAX).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) => Err(format!("the answer breaks off: {error}")),
        Err(_) => Err("the answer does not end".to_owned()),
    }
}

/// The next piece of a reply's body; `None` at its end.
pub(crate) async fn next_piece(body: &mut Incoming) -> Result<Option<Bytes>, String> {
    loop {
        let frame = timeout(PAUSE_MAX, body.frame()).await;
        match frame.map_err(|_| format!("nothing came for {} s", PAUSE_MAX.as_secs()))? {
            None => return Ok(None),
            Some(Err(error)) => return Err(format!("the body breaks off: {}", causes(&error))),
            Some(Ok(frame)) => {
                // trailers are passed over
                if let Ok(piece) = frame.into_data() {
                    return Ok(Some(piece));
                }
            }
        }
    }
}

/// An error with its causes, each once.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
