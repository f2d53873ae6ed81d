//! The request as this crate sees it: borrowed text and bytes, before any decoding. It is deliberately not
//! an HTTP library's type, so that nothing can have been normalised on the way.

use std::borrow::Cow;
use std::fmt;

use crate::Rejection;

/// A request as it arrived: nothing decoded, nothing normalised.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method, in upper case as sent.
    pub method: &'a str,
    /// The raw request target before `?`.
    pub path: &'a str,
    /// The raw request target after `?`, if there is one.
    pub query: Option<&'a str>,
    /// Lower-case names with their raw values, in order of arrival, repeats kept. `host` is among them
    /// (over HTTP/2 it is `:authority`).
    pub headers: &'a [(&'a str, &'a [u8])],
}

impl<'a> Request<'a> {
    /// All values of a header, in order of arrival.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(header, _)| *header == name).map(|(_, value)| *value)
    }

    /// The only value of a header whose meaning must not be ambiguous.
    pub(crate) fn single(&self, name: &str) -> Result<Option<Cow<'a, str>>, Rejection> {
        let mut values = self.values(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Rejection::DuplicateHeader { name: name.to_owned() });
        }
        Ok(first.map(|value| String::from_utf8_lossy(value.trim_ascii())))
    }

    /// The first value of a header, for texts that only inform.
    pub(crate) fn first(&self, name: &str) -> Option<Cow<'a, str>> {
        self.values(name).next().map(|value| String::from_utf8_lossy(value.trim_ascii()))
    }
}

/// Leaves out the query and the headers: they hold signatures and session tokens.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
