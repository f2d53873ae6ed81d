//! A request's head as it arrived: raw target, headers, host. Nothing is decoded here.

use std::borrow::Cow;

use http::request::Parts;
use http::{HeaderMap, Method, header};
use s3_wire::S3Error;

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
}

impl<'a> Head<'a> {
    /// # Errors
    /// `InvalidRequest` when the request names no host, or more than one.
    pub(crate) fn of(parts: &'a Parts) -> Result<Self, S3Error> {
        let mut hosts = parts.headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next(), parts.uri.authority()) {
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
        Ok(Self { method: &parts.method, path, query: parts.uri.query(), host, headers: &parts.headers })
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
