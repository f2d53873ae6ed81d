//! The doors, and which of them a request is for: by its host, and on the server's own names by its path.

use std::sync::Arc;

use bytes::Bytes;
use domain::IpRange;
use exchange::ReplyBody;
use http::request::Parts;
use http::uri::Authority;
use http::{Method, Request, Response, header};
use http_body::Body;
use s3_wire::HostNames;
use store::Store;

use crate::{Config, SystemClock, SystemRandom, client_address};

/// The path of the REST API on the server's own names.
const REST_PATH: &str = "/client/v4";
/// The label of the REST API's own host.
const REST_LABEL: &str = "api";

/// One of each.
pub(crate) struct Doors {
    names: HostNames,
    s3: api_s3::Door,
    rest: api_r2::Door,
    trusted_proxies: Vec<IpRange>,
}

impl Doors {
    /// Opens them onto a store, under the server's names.
    pub(crate) fn new(store: &Arc<Store>, hosts: Vec<String>, config: &Config) -> Self {
        let names = HostNames::new(store.account(), &hosts);
        let rest = api_r2::DoorSettings {
            strict_r2: config.strict_r2.clone(),
            host: hosts.first().cloned().unwrap_or_default(),
            body_idle: config.body_idle,
        };
        let s3 =
            api_s3::DoorSettings { hosts, strict_r2: config.strict_r2.clone(), body_idle: config.body_idle };
        let clock = Arc::new(SystemClock);
        Self {
            names,
            trusted_proxies: config.trusted_proxies.clone(),
            rest: api_r2::Door::new(Arc::clone(store), clock.clone(), &SystemRandom, rest),
            s3: api_s3::Door::new(Arc::clone(store), clock, &SystemRandom, s3),
        }
    }

    /// Answers a request.
    pub(crate) async fn handle<B>(&self, request: Request<B>) -> Response<ReplyBody>
    where
        B: Body<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display,
    {
        let (mut parts, body) = request.into_parts();
        client_address::resolve(&mut parts, &self.trusted_proxies);
        let is_rest = is_rest(&self.names, &parts);
        let request = Request::from_parts(parts, body);
        if is_rest { self.rest.handle(request).await } else { self.s3.handle(request).await }
    }
}

/// Whether a request is for the REST API. On a name of the server's own a bucket can be called `client`: what is signed for
/// S3 is for that bucket, and so is a browser's question before such a request.
fn is_rest(names: &HostNames, parts: &Parts) -> bool {
    let Some(labels) = host(parts).and_then(|host| names.labels(host)) else { return false };
    match labels.as_str() {
        REST_LABEL => true,
        "" => {
            let path = parts.uri.path().strip_prefix(REST_PATH);
            path.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                && parts.method != Method::OPTIONS
                && !is_for_s3(parts)
        }
        _ => false,
    }
}

/// The host that a request names; `None` when it names several, which the S3 door refuses.
fn host(parts: &Parts) -> Option<&str> {
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let authority = parts.uri.authority().map(Authority::as_str);
    match (hosts.next().map(|host| host.to_str()), hosts.next(), authority) {
        (Some(Ok(host)), None, None) => Some(host),
        (Some(Ok(host)), None, Some(named)) if host.eq_ignore_ascii_case(named) => Some(host),
        (None, _, authority) => authority,
        _ => None,
    }
}

/// Whether a request carries a signature of S3's, of any version: in its head, or in its query.
fn is_for_s3(parts: &Parts) -> bool {
    let mut given = parts.headers.get_all(header::AUTHORIZATION).iter();
    let in_head = given.any(|value| {
        let text = value.as_bytes().trim_ascii_start();
        text.get(..3).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"AWS"))
    });
    let names = ["X-Amz-Signature", "X-Amz-Algorithm", "X-Amz-Credential", "AWSAccessKeyId"];
    let pairs = parts.uri.query().unwrap_or_default().split('&');
    let mut asked = pairs.map(|pair| pair.split('=').next().unwrap_or(pair));
    in_head || asked.any(|name| names.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use domain::AccountId;

    use super::*;

    fn parts(method: &str, target: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn which_door_a_request_is_for() {
        let account = AccountId::parse("123456789abcdef0123456789abcdef0").unwrap();
        let hosts = ["localhost:9000".to_owned(), "127.0.0.1:9000".to_owned()];
        let names = HostNames::new(&account, &hosts);
        let path = "/client/v4/accounts";
        let is_rest_at = |host: &str, method: &str, target: &str, more: &[(&str, &str)]| {
            is_rest(&names, &parts(method, target, &[&[("host", host)], more].concat()))
        };
        let signed = ("authorization", "AWS4-HMAC-SHA256 Credential=a");
        for (host, expected) in [
            ("localhost:9000", true),
            ("LOCALHOST", true),
            ("127.0.0.1:9000", true),
            ("api.localhost:9000", true),
            ("client.localhost:9000", false),
            ("s3.localhost:9000", false),
            ("123456789abcdef0123456789abcdef0.r2.localhost", false),
            ("example.com", false),
        ] {
            assert_eq!(is_rest_at(host, "GET", path, &[]), expected, "{host}");
        }
        let base = "localhost:9000";
        for (method, target, more, expected) in [
            ("GET", path, &[("authorization", "Bearer x")][..], true),
            ("GET", "/client/v4", &[], true),
            ("GET", "/client/v4x", &[], false),
            ("GET", "/client/v5/a", &[], false),
            ("GET", "/client", &[], false),
            ("GET", path, &[signed], false),
            ("GET", path, &[("authorization", "AWS a:b")], false),
            ("GET", "/client/v4/a?x-id=GetObject&X-Amz-Signature=0", &[], false),
            ("PUT", "/client/v4/a?X-Amz-Algorithm=AWS4-HMAC-SHA256", &[], false),
            ("GET", "/client/v4/a?prefix=X-Amz-Signature", &[], true),
            ("OPTIONS", path, &[("origin", "http://a")], false),
        ] {
            assert_eq!(is_rest_at(base, method, target, more), expected, "{method} {target} {more:?}");
        }
        // whatever it is, on its own host it is the REST API's
        assert!(is_rest_at("api.localhost", "PUT", "/bucket/key", &[signed]));
        let named = |target: &str, hosts: &[(&str, &str)]| is_rest(&names, &parts("GET", target, hosts));
        let absolute = "http://localhost:9000/client/v4/user";
        assert!(named(absolute, &[]) && named(absolute, &[("host", base)]));
        assert!(!named(absolute, &[("host", "api.localhost")]), "two hosts");
        assert!(!named(path, &[("host", base), ("host", base)]), "two hosts");
    }
}
