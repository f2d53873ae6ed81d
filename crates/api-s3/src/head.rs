//! A request's head as it arrived: raw target, headers, host. Nothing is decoded here.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use http::request::Parts;
use http::{HeaderMap, Method, header};
use s3_wire::{S3Error, S3ErrorCode};

/// Most bytes of target and headers: 8 KiB of metadata, percent-encoded in a presigned URL, and room beside it. It bounds
/// what checking a signature, and explaining a wrong one, costs.
const HEAD_MAX_BYTES: usize = 32 * 1024;

/// Most header fields. The listener has the same bound for HTTP/1.1, and HTTP/2 has none of its own.
const FIELDS_MAX: usize = 256;

/// Most parameters of a query; each stands for at most one header, of which the listener lets in half as many. They are
/// sorted for each variation that explaining a wrong signature tries.
const PARAMETERS_MAX: usize = 512;

/// A borrowed view of a request's head.
pub(crate) struct Head<'a> {
    pub(crate) method: &'a Method,
    /// The raw path, before `?`.
    pub(crate) path: &'a str,
    /// The raw query, after `?`.
    pub(crate) query: Option<&'a str>,
    /// The host as the client named it, port included.
    pub(crate) host: Cow<'a, str>,
    pub(crate) headers: &'a HeaderMap,
    /// Who is at the other end of the connection: never what a header says of it.
    pub(crate) peer: Option<IpAddr>,
}

impl<'a> Head<'a> {
    /// # Errors
    /// `InvalidRequest` when the request names no host, or more than one.
    ///
    /// Spec: RFC 9112, section 3.2 (a target in absolute form names a host, too).
    pub(crate) fn of(parts: &'a Parts) -> Result<Self, S3Error> {
        let mut hosts = parts.headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next(), parts.uri.authority()) {
            (Some(host), None, Some(named))
                if !host.as_bytes().eq_ignore_ascii_case(named.as_str().as_bytes()) =>
            {
                return Err(S3Error::invalid_request(
                    "The request's target and its Host header name two hosts.",
                ));
            }
            (Some(host), None, _) => String::from_utf8_lossy(host.as_bytes()),
            (None, _, Some(authority)) => Cow::Borrowed(authority.as_str()),
            (None, _, None) => return Err(S3Error::invalid_request("The request names no host.")),
            (Some(_), Some(_), _) => {
                return Err(S3Error::invalid_request("The request names more than one host."));
            }
        };
        let path = match parts.uri.path() {
            "" => "/",
            path => path,
        };
        let peer = parts.extensions.get::<SocketAddr>().map(SocketAddr::ip);
        let (method, query, headers) = (&parts.method, parts.uri.query(), &parts.headers);
        Ok(Self { method, path, query, host, headers, peer })
    }

    /// The address that the request was sent to, without its query. A proxy's word that it was HTTPS is taken: it changes
    /// nothing but what the sender is told of where its own object is.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.header("x-forwarded-proto") == Some("https") { "https" } else { "http" };
        format!("{scheme}://{}{}", self.host, self.path)
    }

    /// Refuses what is out of all proportion, and framing that we would not take off.
    ///
    /// # Errors
    /// `RequestHeaderSectionTooLarge`; `InvalidArgument` for too many parameters; `NotImplemented` for a transfer coding
    /// other than `chunked`.
    ///
    /// Spec: RFC 9112, section 6.1.
    pub(crate) fn check(&self) -> Result<(), S3Error> {
        let headers: usize =
            self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let bytes = self.path.len() + self.query.map_or(0, str::len) + headers;
        if bytes > HEAD_MAX_BYTES {
            return Err(S3Error::new(S3ErrorCode::RequestHeaderSectionTooLarge)
                .with_extra("MaxSizeAllowed", HEAD_MAX_BYTES.to_string())
                .with_hint(format!("The request's URL and headers have {bytes} bytes together.")));
        }
        if self.headers.len() > FIELDS_MAX {
            return Err(S3Error::new(S3ErrorCode::RequestHeaderSectionTooLarge)
                .with_extra("MaxHeadersAllowed", FIELDS_MAX.to_string())
                .with_hint(format!("The request has {} header fields.", self.headers.len())));
        }
        let parameters = self.query.map_or(0, |query| query.split('&').count());
        if parameters > PARAMETERS_MAX {
            return Err(S3Error::invalid_argument(format!(
                "Too many search parameters: {parameters}; {PARAMETERS_MAX} are the most"
            )));
        }
        if !exchange::is_framing_known(self.headers) {
            return Err(S3Error::not_implemented_text("Transfer-Encoding other than chunked"));
        }
        Ok(())
    }

    /// The headers as a signature covers them.
    pub(crate) fn signable_headers(&'a self) -> Vec<(&'a str, &'a [u8])> {
        let mut list: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        if !self.headers.contains_key(header::HOST) {
            list.push(("host", self.host.as_bytes()));
        }
        list
    }

    /// A header's text, when it is there once and readable.
    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}
