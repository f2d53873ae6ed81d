//! Which bucket and which key a URL is about, by its host and its path.

use crate::connection::Endpoint;

/// Bucket and key as a server would read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// `None` at account level.
    pub(super) bucket: Option<&'a str>,
    /// The path behind the bucket, still encoded; empty at bucket level.
    pub(super) raw_key: &'a str,
    /// Whether the bucket stands before the host.
    pub(super) is_virtual_host: bool,
    /// Whether the host is one whose form is known; otherwise the style is a guess.
    pub(super) is_known: bool,
}

/// Reads host and path. The host is held against the endpoint, then against the forms of R2 and Amazon; any other is taken for
/// an endpoint with the bucket in the path.
///
/// Spec: R2 docs, S3 API, endpoints; Amazon S3, virtual hosting of buckets.
pub(super) fn address<'a>(host: &'a str, path: &'a str, endpoint: Option<&Endpoint>) -> Address<'a> {
    let before_endpoint = endpoint.and_then(|endpoint| labels_before(host, &endpoint.host));
    let labels = before_endpoint.or_else(|| cloud_labels(host));
    let path = path.strip_prefix('/').unwrap_or(path);
    match labels {
        Some(bucket) if !bucket.is_empty() => {
            Address { bucket: Some(bucket), raw_key: path, is_virtual_host: true, is_known: true }
        }
        _ => {
            let (bucket, raw_key) = path.split_once('/').unwrap_or((path, ""));
            let bucket = Some(bucket).filter(|bucket| !bucket.is_empty());
            Address { bucket, raw_key, is_virtual_host: false, is_known: labels.is_some() }
        }
    }
}

/// What stands before `base` in `host`; empty for the base itself, `None` for another host.
fn labels_before<'a>(host: &'a str, base: &str) -> Option<&'a str> {
    match host.strip_suffix(base)? {
        "" => Some(""),
        rest => rest.strip_suffix('.').filter(|labels| !labels.is_empty()),
    }
}

/// The bucket in a host of R2 or Amazon, empty if there is none.
fn cloud_labels(host: &str) -> Option<&str> {
    if let Some(labels) = labels_before(host, "r2.cloudflarestorage.com") {
        let labels = labels.strip_suffix(".eu").or_else(|| labels.strip_suffix(".fedramp")).unwrap_or(labels);
        let (bucket, account) = labels.rsplit_once('.').unwrap_or(("", labels));
        let is_account = account.len() == 32 && account.bytes().all(|b| b.is_ascii_hexdigit());
        return if is_account { Some(bucket) } else { Some(labels) };
    }
    let labels = labels_before(host, "amazonaws.com")?;
    if labels == "s3" || labels.starts_with("s3.") || labels.starts_with("s3-") {
        return Some("");
    }
    labels.find(".s3").and_then(|at| labels.get(..at))
}
