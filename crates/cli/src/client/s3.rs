//! Signed requests to an S3 endpoint, and what it answers.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::{BucketName, Clock as _};
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use s3_wire::xml::{self, Element};
use server::SystemClock;
use sigv4::sign::{HeaderRequest, payload_sha256, sign_header};
use sigv4::uri_encode;

use super::{Http, read_whole, unanswered};
use crate::connection::Signing;
use crate::failure::Failure;
use crate::terminal::plain;

/// What an answer may be at most: a page of a thousand objects is far below.
const LIMITS: xml::Limits = xml::Limits { bytes: 32 * 1024 * 1024, elements: 200_000 };
/// Most characters of a server's text that a failure repeats.
const SHOWN_CHARS_MAX: usize = 1_000;

/// A client of one endpoint with one key pair.
#[derive(Clone)]
pub(crate) struct S3 {
    http: Http,
    signing: Signing,
}

/// A request to be signed.
pub(crate) struct S3Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) bucket: &'a BucketName,
    pub(crate) key: Option<&'a str>,
    /// Decoded.
    pub(crate) query: &'a [(&'a str, &'a str)],
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: Bytes,
}

impl<'a> S3Request<'a> {
    /// Without query, headers and body.
    pub(crate) fn new(method: &'a str, bucket: &'a BucketName, key: Option<&'a str>) -> Self {
        Self { method, bucket, key, query: &[], headers: &[], body: Bytes::new() }
    }
}

impl S3 {
    pub(crate) fn new(signing: Signing) -> Result<Self, Failure> {
        let http = Http::new(signing.endpoint.is_tls)
            .map_err(|why| Failure::refused(format!("no connection to {}", signing.endpoint.url()), why))?;
        Ok(Self { http, signing })
    }

    /// Sends a request; an answer is a success. `what` names it in a failure.
    pub(crate) async fn send(
        &self,
        what: &str,
        request: &S3Request<'_>,
    ) -> Result<Response<Incoming>, Failure> {
        let payload = payload_sha256(&request.body);
        let sent = self.http.send(|| self.signed(request, &payload)).await;
        let url = self.signing.endpoint.url();
        let reply = sent.map_err(|why| unanswered(what, &url, &why, "the endpoint's URL"))?;
        if reply.status().is_success() { Ok(reply) } else { Err(refusal(what, reply).await) }
    }

    /// The same, for an answer that is a document with such a root.
    pub(crate) async fn document(
        &self,
        what: &str,
        request: &S3Request<'_>,
        root: &str,
    ) -> Result<Element, Failure> {
        let reply = self.send(what, request).await?;
        let body = read_whole(reply.into_body()).await.map_err(|why| Failure::refused(what, why))?;
        let document = xml::parse(&body, LIMITS).map_err(|error| malformed(what, &error))?;
        if document.name() == "Error" {
            return Err(error_document(what, "200", &document));
        }
        document.expect_root(root).map_err(|error| malformed(what, &error))
    }

    fn signed(&self, request: &S3Request<'_>, payload: &str) -> Result<Request<Full<Bytes>>, String> {
        let Signing { endpoint, credentials, region, virtual_host } = &self.signing;
        let (host, path) = endpoint.address(request.bucket, request.key, *virtual_host);
        let signed = sign_header(&HeaderRequest {
            method: request.method,
            host: &host,
            path: &path,
            query: request.query,
            headers: request.headers,
            region,
            access_key_id: &credentials.access_key_id,
            secret: credentials.secret.expose(),
            date_s: SystemClock.now().as_seconds(),
            payload,
            session_token: credentials.session_token.as_ref().map(auth::SecretAccessKey::expose),
        });
        let encoded = |text: &str| uri_encode(text.as_bytes(), false);
        let query: Vec<String> = request
            .query
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}://{host}{path}{mark}{}", endpoint.scheme(), query.join("&"));
        let mut builder = Request::builder().method(request.method).uri(url);
        for (name, value) in request.headers {
            builder = builder.header(*name, *value);
        }
        for (name, value) in &signed {
            builder = builder.header(name, value);
        }
        // the texts of http's errors do not repeat a value
        builder
            .body(Full::new(request.body.clone()))
            .map_err(|error| format!("the request cannot be sent: {error}"))
    }
}

/// What an answer says that is no success. A HEAD's has no body.
async fn refusal(what: &str, reply: Response<Incoming>) -> Failure {
    let status = reply.status();
    let body = read_whole(reply.into_body()).await.unwrap_or_default();
    match xml::parse(&body, LIMITS).and_then(|document| document.expect_root("Error")) {
        Ok(document) => error_document(what, status.as_str(), &document),
        Err(_) => Failure::refused(what, without_document(status)),
    }
}

fn without_document(status: http::StatusCode) -> String {
    match status.as_u16() {
        404 => "404: there is no such object or bucket".to_owned(),
        403 => "403: the key pair may not do that, or its signature does not hold".to_owned(),
        412 => "412: a condition does not hold".to_owned(),
        301 | 302 | 307 | 308 => {
            format!("{status}: the endpoint sends elsewhere, which larder does not follow")
        }
        _ => status.to_string(),
    }
}

/// A failure in the server's own words: code, message, and its hint if it gives one.
fn error_document(what: &str, status: &str, document: &Element) -> Failure {
    let message = leaf(document, "Message").unwrap_or_default();
    let code = leaf(document, "Code").unwrap_or_default();
    let shown = |text: &str| -> String { plain(text).chars().take(SHOWN_CHARS_MAX).collect() };
    let why = format!("{status} {}: {}", shown(code), shown(message));
    Failure::refused(what, why).hint(leaf(document, "Hint").map(shown))
}

fn malformed(what: &str, error: &s3_wire::S3Error) -> Failure {
    let hint = error.hint.clone().unwrap_or_else(|| error.message.to_string());
    Failure::refused(what, format!("the answer is not what S3 answers: {hint}"))
}

/// The text of an element's child.
pub(crate) fn leaf<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    children(element, name).next().and_then(|child| child.leaf_text().ok())
}

/// An element's children of a name.
pub(crate) fn children<'a>(element: &'a Element, name: &str) -> impl Iterator<Item = &'a Element> {
    let all = element.children().unwrap_or_default();
    all.iter().filter(move |child| child.name() == name)
}
