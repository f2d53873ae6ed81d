//! The URL of an S3 endpoint, and how a bucket and a key become a URL below it.

#[cfg(test)]
mod tests;

use domain::BucketName;
use sigv4::uri_encode;

/// `http` or `https`, and a host with its port. Nothing else: a path would not be signed as servers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Whether it is `https`.
    pub(crate) is_tls: bool,
    /// The host in lower case, with its port unless it is the scheme's own, as clients send it.
    pub(crate) host: String,
}

impl Endpoint {
    /// Reads a URL.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| {
            format!(
                "{url:?} is no endpoint; write a URL such as http://127.0.0.1:9000 or https://s3.example.com"
            )
        })?;
        let is_tls = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            other => return Err(format!("{other:?} is no scheme of an endpoint; it is http or https")),
        };
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if !path.is_empty() {
            return Err(format!(
                "the endpoint {url:?} has a path; leave it out, and name the bucket on its own"
            ));
        }
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix(if is_tls { ":443" } else { ":80" }).unwrap_or(&host);
        let is_plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
        if host.is_empty()
            || host.starts_with(':')
            || !is_plain
            || http::uri::Authority::try_from(host).is_err()
        {
            return Err(format!("{url:?} has no host name that can be sent"));
        }
        Ok(Self { is_tls, host: host.to_owned() })
    }

    /// `https://host`.
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme(), self.host)
    }

    /// `https` or `http`.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_tls { "https" } else { "http" }
    }

    /// The host to send, and the encoded path, for a bucket and a key (or `None` for the bucket itself).
    pub(crate) fn address(
        &self,
        bucket: &BucketName,
        key: Option<&str>,
        virtual_host: bool,
    ) -> (String, String) {
        let key = key.map(|key| uri_encode(key.as_bytes(), true));
        match (virtual_host, key) {
            (true, key) => (format!("{bucket}.{}", self.host), format!("/{}", key.unwrap_or_default())),
            (false, Some(key)) => (self.host.clone(), format!("/{bucket}/{key}")),
            (false, None) => (self.host.clone(), format!("/{bucket}")),
        }
    }
}
