//! A URL at which clients reach the server, whatever stands between: the name that they sign.

use std::fmt;
use std::net::Ipv6Addr;

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
        Self::of_lower(&text.trim().to_ascii_lowercase()).ok_or_else(|| {
            "is no public URL; it is a scheme, a host name and no path, such as https://files.example.com"
                .to_owned()
        })
    }

    fn of_lower(text: &str) -> Option<Self> {
        let (scheme, own_port, rest) = match text.strip_prefix("https://") {
            Some(rest) => ("https", 443, rest),
            None => ("http", 80, text.strip_prefix("http://")?),
        };
        let host = rest.strip_suffix('/').unwrap_or(rest);
        let (name, port) = match host.rsplit_once(':') {
            // the colons of an IPv6 address are in its brackets
            Some((name, port)) if !port.ends_with(']') => {
                (name, port.parse::<u16>().ok().filter(|p| *p > 0)?)
            }
            _ => (host, own_port),
        };
        let host = if port == own_port { name.to_owned() } else { format!("{name}:{port}") };
        is_name(name).then_some(Self { scheme, host })
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

/// A host name, an IPv4 address, or an IPv6 address in brackets.
fn is_name(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::is_host;

    proptest! {
        #[test]
        fn what_is_taken_is_taken_again_as_it_is_shown(text in r"(https?://)?[a-z\[\]:/.@0-9]{0,24}|.*") {
            if let Ok(url) = PublicUrl::parse(&text) {
                prop_assert_eq!(PublicUrl::parse(&url.to_string()), Ok(url.clone()));
                prop_assert!(is_host(url.host()));
            }
        }
    }

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
            "https://a:443:443",
            "https://a:0",
            "https://a:65536",
            "https://a:",
            "https://[::1",
            "https://::1",
            "https://[a]",
        ] {
            assert!(PublicUrl::parse(wrong).is_err(), "{wrong}");
        }
    }
}
