//! A URL at which clients reach the server, whatever stands between: the name that they sign.

use std::fmt;

use super::is_host;

/// `http://` or `https://`, a host, and a port where it is not the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    scheme: &'static str,
    host: String,
}

impl PublicUrl {
    /// Parses a URL; a final slash is as good as none.
    ///
    /// # Errors
    /// What it should have been.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            "is no public URL; it is a scheme, a host name and no path, such as https://files.example.com";
        let lower = text.trim().to_ascii_lowercase();
        let (scheme, own_port, rest) = [("https", ":443"), ("http", ":80")]
            .into_iter()
            .find_map(|(scheme, port)| Some((scheme, port, lower.strip_prefix(scheme)?.strip_prefix("://")?)))
            .ok_or(wrong)?;
        let host = rest.strip_suffix('/').unwrap_or(rest);
        let host = host.strip_suffix(own_port).unwrap_or(host);
        if host.is_empty() || host.starts_with(':') || !is_host(host) {
            return Err(wrong.to_owned());
        }
        Ok(Self { scheme, host: host.to_owned() })
    }

    /// The host as clients send and sign it: with its port, but not with the scheme's own.
    ///
    /// Spec: RFC 9110, section 7.2.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_the_hosts_that_clients_sign() {
        let table = [
            ("https://files.example.com", "https://files.example.com", "files.example.com"),
            ("HTTPS://Files.Example.com/", "https://files.example.com", "files.example.com"),
            ("https://files.example.com:443", "https://files.example.com", "files.example.com"),
            ("https://files.example.com:80", "https://files.example.com:80", "files.example.com:80"),
            ("https://files.example.com:4430", "https://files.example.com:4430", "files.example.com:4430"),
            ("http://files.example.com:80/", "http://files.example.com", "files.example.com"),
            (" http://10.0.0.5:8080", "http://10.0.0.5:8080", "10.0.0.5:8080"),
            ("http://[::1]:80", "http://[::1]", "[::1]"),
        ];
        for (text, url, host) in table {
            let parsed = PublicUrl::parse(text).unwrap();
            assert_eq!((parsed.to_string().as_str(), parsed.host()), (url, host), "{text}");
        }
        for wrong in [
            "",
            "files.example.com",
            "ftp://files.example.com",
            "https://",
            "https:///",
            "https://:443",
            "https://files.example.com/path",
            "https://files.example.com//",
            "https://files.example.com?x",
            "https://user@files.example.com",
            "https://*.example.com",
            "https://a b",
        ] {
            assert!(PublicUrl::parse(wrong).is_err(), "{wrong}");
        }
    }
}
