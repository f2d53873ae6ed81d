//! What a bucket's CORS policy says to a browser: the answer to a preflight, and the headers on every other reply, errors
//! included, so that a page can read why its upload was refused.
//!
//! Nothing here depends on who asks or on what exists: a bucket that is missing and one without a policy get the same
//! answer. `Access-Control-Allow-Credentials` is never sent, although AWS sends it: signatures need no cookies, and an
//! echoed origin together with credentials is a known class of vulnerability. `Vary` is on every reply about a bucket,
//! policy or not, since a cache may outlive the absence of a policy.

use auth::Caller;
use domain::cors::{CORS_METHODS, CorsMatch};
use domain::{BucketName, CorsPolicy, CorsRule, Error};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use s3_wire::{HostMatch, S3Error, S3ErrorCode};

use crate::door::Door;
use crate::head::Head;
use crate::reply::Reply;

const VARY: HeaderValue =
    HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers");

/// Most header names of one preflight; no page sends so many, and each is held against each pattern of the policy.
const PREFLIGHT_HEADERS_MAX: usize = 100;

/// Longest piece of a client's text that a hint repeats, in characters.
const SHOWN_CHARS_MAX: usize = 120;

/// What the addressed bucket allows to the origin of a request.
#[derive(Default)]
pub(crate) struct CrossOrigin {
    /// Whether the reply depends on the origin at all.
    about_bucket: bool,
    origin: Option<HeaderValue>,
    policy: Option<CorsPolicy>,
    /// What goes on the reply.
    granted: HeaderMap,
}

impl Door {
    /// Looks up what the bucket allows, when a browser asks.
    ///
    /// # Errors
    /// Any error of the engine.
    pub(crate) async fn cross_origin(&self, head: &Head<'_>, host: &HostMatch) -> Result<CrossOrigin, Error> {
        let bucket = bucket_of(host, head.path);
        let origin = single(head.headers, &header::ORIGIN).cloned();
        let mut asked = CrossOrigin { about_bucket: bucket.is_some(), origin, ..CrossOrigin::default() };
        if let (Some(bucket), Some(_)) = (&bucket, &asked.origin) {
            asked.policy = self.store.evaluate_cors(&Caller::Anonymous, bucket).await?;
        }
        if *head.method != Method::OPTIONS {
            asked.grant_actual(head);
        }
        Ok(asked)
    }
}

impl CrossOrigin {
    /// Puts the headers on a reply.
    pub(crate) fn decorate(&self, reply: &mut HeaderMap) {
        if self.about_bucket {
            reply.insert(header::VARY, VARY);
        }
        reply.extend(self.granted.iter().map(|(name, value)| (name.clone(), value.clone())));
    }

    /// For a request that is not a preflight. One that names a method in `Access-Control-Request-Method` all the same is
    /// judged by it.
    ///
    /// Spec: ceph s3-tests, `test_cors_origin_response` (as facts).
    fn grant_actual(&mut self, head: &Head<'_>) {
        let method = head.header("access-control-request-method").unwrap_or(head.method.as_str());
        let (Some(policy), Some(origin)) = (&self.policy, &self.origin) else { return };
        let Ok(text) = origin.to_str() else { return };
        if let Some(found) = policy.match_request(text, method) {
            self.granted = granted(&found, origin);
        }
    }

    /// Answers a preflight; `strict_r2` gives R2's status in place of AWS's.
    ///
    /// # Errors
    /// 400 `BadRequest` for what is no preflight, 403 `AccessForbidden` when no rule allows it.
    ///
    /// Spec: Amazon S3 API, CORS. Observed: R2 answers 204.
    pub(crate) fn preflight(
        &mut self,
        head: &Head<'_>,
        has_key: bool,
        strict_r2: bool,
    ) -> Result<Reply, S3Error> {
        if !head.headers.contains_key(header::ORIGIN) {
            return Err(bad_request("Insufficient information. Origin request header needed."));
        }
        let method = head.header("access-control-request-method").unwrap_or("null");
        if !CORS_METHODS.contains(&method) {
            return Err(bad_request(format!("Invalid Access-Control-Request-Method: {}", shown(method))));
        }
        let origin = self.origin.as_ref().and_then(|origin| origin.to_str().ok()).unwrap_or_default();
        let headers = requested_headers(head.headers);
        let names = || headers.iter().flatten().map(HeaderName::as_str);
        let found = match (&self.policy, &headers) {
            (Some(policy), Some(_)) => policy.match_preflight(origin, method, names().collect::<Vec<_>>()),
            _ => None,
        };
        let (Some(found), Some(echo)) = (found, &self.origin) else {
            return Err(self.forbidden(origin, method, headers.as_deref(), has_key));
        };
        let mut grants = granted(&found, echo);
        let allowed = names().collect::<Vec<_>>().join(", ");
        if !allowed.is_empty() {
            s3_wire::headers::set(&mut grants, header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
        if let Some(age) = found.rule.max_age_seconds {
            grants.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(age));
        }
        self.granted = grants;
        Ok(Reply::empty(if strict_r2 { StatusCode::NO_CONTENT } else { StatusCode::OK }))
    }

    fn forbidden(
        &self,
        origin: &str,
        method: &str,
        headers: Option<&[HeaderName]>,
        has_key: bool,
    ) -> S3Error {
        let error = S3Error::new(S3ErrorCode::AccessForbidden);
        let (error, hint) = match &self.policy {
            None => (error, no_policy(origin)),
            // AWS's own spelling
            Some(policy) => (
                error.with_message(
                    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, \
                     request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted \
                     by the resource's CORS spec.",
                ),
                what_did_not_match(policy, origin, method, headers),
            ),
        };
        error
            .with_extra("Method", method)
            .with_extra("ResourceType", if has_key { "OBJECT" } else { "BUCKET" })
            .with_hint(hint)
    }
}

/// The bucket that host and path name, if the name can be one; keys play no part.
fn bucket_of(host: &HostMatch, path: &str) -> Option<BucketName> {
    let name = match host {
        HostMatch::Unknown => return None,
        HostMatch::Bucket(name) => name.as_str(),
        HostMatch::Base => path.strip_prefix('/').unwrap_or(path).split('/').next().unwrap_or_default(),
    };
    BucketName::parse(name).ok()
}

/// A header that is there once.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value),
        _ => None,
    }
}

/// The names in `Access-Control-Request-Headers`, lower case, each once; `None` when one of them is no header's name or
/// there are too many.
fn requested_headers(headers: &HeaderMap) -> Option<Vec<HeaderName>> {
    let mut names: Vec<HeaderName> = Vec::new();
    for value in headers.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        for token in value.to_str().ok()?.split(',').map(str::trim).filter(|token| !token.is_empty()) {
            let name = HeaderName::from_bytes(token.as_bytes()).ok()?;
            if !names.contains(&name) {
                names.push(name);
            }
            if names.len() > PREFLIGHT_HEADERS_MAX {
                return None;
            }
        }
    }
    Some(names)
}

/// What a matching rule grants to any request.
fn granted(found: &CorsMatch<'_>, origin: &HeaderValue) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let allowed = if found.any_origin { HeaderValue::from_static("*") } else { origin.clone() };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    let CorsRule { allowed_methods, expose_headers, .. } = found.rule;
    s3_wire::headers::set(&mut headers, header::ACCESS_CONTROL_ALLOW_METHODS, allowed_methods.join(", "));
    if !expose_headers.is_empty() {
        s3_wire::headers::set(&mut headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, expose_headers.join(", "));
    }
    headers
}

fn bad_request(message: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    S3Error::new(S3ErrorCode::BadRequest).with_message(message)
}

/// One text for a bucket without a policy and for one that is not there.
fn no_policy(origin: &str) -> String {
    format!(
        "No CORS policy was found under this bucket name. Check the name; if it is right, put a policy on the bucket that \
         allows the origin {}.",
        shown(origin)
    )
}

fn what_did_not_match(
    policy: &CorsPolicy,
    origin: &str,
    method: &str,
    headers: Option<&[HeaderName]>,
) -> String {
    let knows_origin = CORS_METHODS.iter().any(|method| policy.match_request(origin, method).is_some());
    let origin_shown = shown(origin);
    if !knows_origin {
        return format!(
            "The bucket's CORS policy does not allow the origin {origin_shown}. Add it to AllowedOrigins just as it stands here."
        );
    }
    if policy.match_request(origin, method).is_none() {
        return format!(
            "The bucket's CORS policy allows the origin {origin_shown}, but not the method {method}. Add {method} to its \
             AllowedMethods."
        );
    }
    let Some(headers) = headers else {
        return "Access-Control-Request-Headers is not a list of header names, or too long a one.".to_owned();
    };
    let refused = |name: &&HeaderName| policy.match_preflight(origin, method, [name.as_str()]).is_none();
    let refused: Vec<&str> = headers.iter().filter(refused).map(HeaderName::as_str).collect();
    if refused.is_empty() {
        return "No single rule of the bucket's CORS policy allows all of the requested headers. Put them into one rule."
            .to_owned();
    }
    let refused = shown(&refused.join(", "));
    format!(
        "The bucket's CORS policy allows {method} from the origin {origin_shown}, but not the request header {refused}. Add it \
         to AllowedHeaders."
    )
}

/// A client's text, cut.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}
