//! Which bucket, if any, a host name stands for. It answers only for names it was given: an unknown host is never
//! taken for a bucket.

use std::net::IpAddr;

use domain::AccountId;

/// What a request's host means to the S3 door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostMatch {
    /// One of the server's own names: the bucket is in the path.
    Base,
    /// Virtual-host style: the label that names the bucket, in lower case and not yet checked.
    Bucket(String),
    /// None of this door's names.
    Unknown,
}

/// The base domains that the server answers to.
#[derive(Clone, Debug)]
pub struct HostNames {
    account: String,
    // longest first, so that the most specific base decides
    bases: Vec<String>,
}

impl HostNames {
    /// From the account's id and the base domains (or IP addresses), in any case; a port on them is ignored.
    #[must_use]
    pub fn new(account: &AccountId, bases: &[String]) -> Self {
        let mut bases: Vec<String> = bases.iter().map(|b| normalize(b)).filter(|b| !b.is_empty()).collect();
        bases.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        bases.dedup();
        Self { account: account.as_str().to_owned(), bases }
    }

    /// What `host`, with or without a port and in any case, stands for.
    ///
    /// Spec: R2 docs, S3 API, endpoints (path style and virtual host).
    #[must_use]
    pub fn resolve(&self, host: &str) -> HostMatch {
        match self.labels(host).as_deref() {
            None => HostMatch::Unknown,
            Some("") => HostMatch::Base,
            Some(labels) => self.below_base(labels),
        }
    }

    /// What stands before the base domain of `host`: nothing for the base itself, `api` for `api.localhost`. `None` for a
    /// host that is none of ours.
    #[must_use]
    pub fn labels(&self, host: &str) -> Option<String> {
        let host = normalize(host);
        self.bases.iter().find_map(|base| match host.strip_suffix(base.as_str())? {
            "" => Some(String::new()),
            rest => {
                let labels = rest.strip_suffix('.').filter(|labels| !labels.is_empty() && !is_ip(base));
                labels.map(str::to_owned)
            }
        })
    }

    /// What the labels before a base domain stand for.
    fn below_base(&self, labels: &str) -> HostMatch {
        // a base that itself ends in `r2.…` leaves only the account before it
        let r2 = |rest: &str| rest.strip_suffix(".r2").unwrap_or(rest) == self.account;
        match labels.split_once('.') {
            None if labels == "s3" || r2(labels) => HostMatch::Base,
            None if is_ours(labels) => HostMatch::Unknown,
            None => bucket(labels),
            Some(_) if r2(labels) => HostMatch::Base,
            Some((label, rest)) if rest == "s3" || r2(rest) => bucket(label),
            Some(_) => HostMatch::Unknown,
        }
    }
}

fn bucket(label: &str) -> HostMatch {
    if label.is_empty() { HostMatch::Unknown } else { HostMatch::Bucket(label.to_owned()) }
}

/// Labels that belong to other doors: `api`, `console`, `r2` and the public `pub-<32 hex>`.
fn is_ours(label: &str) -> bool {
    let is_public = |id: &str| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
    matches!(label, "api" | "console" | "r2") || label.strip_prefix("pub-").is_some_and(is_public)
}

/// Lower case, without a port and without the brackets' trailing rest.
fn normalize(host: &str) -> String {
    let host = host.trim();
    let bare = match host.rsplit_once(':') {
        // the colons of a bare IPv6 address are not a port's
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !is_ip(host) => name,
        _ => host,
    };
    bare.to_ascii_lowercase()
}

fn is_ip(host: &str) -> bool {
    host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "123456789abcdef0123456789abcdef0";

    fn names(bases: &[&str]) -> HostNames {
        let bases: Vec<String> = bases.iter().map(|b| (*b).to_owned()).collect();
        HostNames::new(&AccountId::parse(ACCOUNT).unwrap(), &bases)
    }

    #[test]
    fn hosts_and_what_they_mean() {
        let names = names(&["localhost", "127.0.0.1", "[::1]", "Files.Example.com", "example.com:9000"]);
        let of = |label: &str| HostMatch::Bucket(label.to_owned());
        let pub_host = format!("pub-{ACCOUNT}.localhost");
        let table = [
            ("localhost", HostMatch::Base),
            ("LocalHost:9000", HostMatch::Base),
            ("127.0.0.1:9000", HostMatch::Base),
            ("127.0.0.1", HostMatch::Base),
            ("[::1]:9000", HostMatch::Base),
            ("[::1]", HostMatch::Base),
            ("b.127.0.0.1", HostMatch::Unknown),
            ("1127.0.0.1", HostMatch::Unknown),
            ("b.[::1]:9000", HostMatch::Unknown),
            ("s3.localhost", HostMatch::Base),
            ("my-bucket.localhost:9000", of("my-bucket")),
            ("My-Bucket.localhost:9000", of("my-bucket")),
            ("my-bucket.s3.localhost", of("my-bucket")),
            ("api.s3.localhost", of("api")),
            ("api.localhost", HostMatch::Unknown),
            ("console.localhost", HostMatch::Unknown),
            ("r2.localhost", HostMatch::Unknown),
            (pub_host.as_str(), HostMatch::Unknown),
            ("pub-files.localhost", of("pub-files")),
            ("a.b.localhost", HostMatch::Unknown),
            (".localhost", HostMatch::Unknown),
            (".s3.localhost", HostMatch::Unknown),
            ("notlocalhost", HostMatch::Unknown),
            ("files.example.com", HostMatch::Base),
            ("b.files.example.com", of("b")),
            ("other.example.com:443", of("other")),
            ("example.org", HostMatch::Unknown),
            ("", HostMatch::Unknown),
            (":9000", HostMatch::Unknown),
        ];
        for (host, expected) in table {
            assert_eq!(names.resolve(host), expected, "{host}");
        }
    }

    #[test]
    fn hosts_that_carry_the_account() {
        let names = names(&["localhost", "cloudflarestorage.com"]);
        let resolve = |prefix: &str| names.resolve(&format!("{prefix}.r2.cloudflarestorage.com"));
        assert_eq!(resolve(ACCOUNT), HostMatch::Base);
        assert_eq!(resolve(&format!("b.{ACCOUNT}")), HostMatch::Bucket("b".into()));
        assert_eq!(resolve(&format!("a.b.{ACCOUNT}")), HostMatch::Unknown);
        assert_eq!(resolve("00000000000000000000000000000000"), HostMatch::Unknown);
        assert_eq!(resolve("b"), HostMatch::Unknown);
        let names = self::names(&["r2.cloudflarestorage.com"]);
        let resolve = |prefix: &str| names.resolve(&format!("{prefix}.r2.cloudflarestorage.com"));
        assert_eq!(resolve(ACCOUNT), HostMatch::Base);
        assert_eq!(resolve(&format!("b.{ACCOUNT}")), HostMatch::Bucket("b".into()));
        assert_eq!(resolve("b"), HostMatch::Bucket("b".into()));
    }
}
