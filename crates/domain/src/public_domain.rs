//! Public names of a bucket: custom domains. Serving them is for others.

use std::fmt;

/// Most bytes of a domain name. Spec: RFC 1035, section 2.3.4.
const NAME_MAX_BYTES: usize = 253;
/// Most bytes of a label.
const LABEL_MAX_BYTES: usize = 63;

/// A domain name: lower case, of two labels or more, without a final dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

impl DomainName {
    /// Reads a name; capitals become small. `None` when it is none, an IP address for instance.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_label = |label: &str| {
            let bytes = label.as_bytes();
            let inner = bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
            let ends = !label.starts_with('-') && !label.ends_with('-');
            inner && ends && (1..=LABEL_MAX_BYTES).contains(&bytes.len())
        };
        let last = text.rsplit('.').next().unwrap_or_default();
        let is_name = text.len() <= NAME_MAX_BYTES
            && text.contains('.')
            && text.split('.').all(is_label)
            && last.bytes().any(|b| b.is_ascii_alphabetic());
        is_name.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The lowest version of TLS that a domain takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MinTls {
    /// 1.0.
    #[default]
    V1_0,
    /// 1.1.
    V1_1,
    /// 1.2.
    V1_2,
    /// 1.3.
    V1_3,
}

/// A custom domain of a bucket.
///
/// Spec: Cloudflare API, R2, custom domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomDomain {
    /// Its name, which no other bucket has.
    pub name: DomainName,
    /// Whether the bucket is to be reached there.
    pub enabled: bool,
    /// The zone that it is in, 32 hexadecimal characters; kept as it was given.
    pub zone_id: String,
    /// The lowest version of TLS.
    pub min_tls: MinTls,
    /// Names of ciphers; empty for any.
    pub ciphers: Vec<String>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_a_name_stays_one(text in "[a-zA-Z0-9.-]{0,40}|.{0,20}") {
            if let Some(name) = DomainName::parse(&text) {
                prop_assert_eq!(DomainName::parse(name.as_str()), Some(name.clone()));
                prop_assert!(name.as_str().eq_ignore_ascii_case(&text));
            }
        }
    }

    #[test]
    fn names_of_domains() {
        for good in ["a.bc", "files.example.com", "xn--bcher-kva.example", "1.a", "a-b.c-d.e1"] {
            assert_eq!(DomainName::parse(good).map(|name| name.to_string()).as_deref(), Some(good));
        }
        assert_eq!(DomainName::parse("Files.EXAMPLE.com").unwrap().as_str(), "files.example.com");
        let long = format!("{}.com", "a".repeat(64));
        let longer = format!("{}com", "a.".repeat(126));
        for bad in [
            "",
            ".",
            "a",
            "a.",
            ".a",
            "a..b",
            "-a.b",
            "a-.b",
            "a_b.c",
            "a b.c",
            "127.0.0.1",
            "a.1",
            "é.com",
            "*.a.b",
            "a.b/c",
            "a.b:80",
            &long,
            &longer,
        ] {
            assert_eq!(DomainName::parse(bad), None, "{bad}");
        }
    }
}
