//! Which operation a request names, and on what.

use domain::api_token::is_token_id;
use domain::{AccountId, BucketName, ObjectKey};
use http::Method;
use s3_wire::percent;

use crate::error::{R2Error, r2_error};
use crate::error_code::R2ErrorCode as Code;

/// What every path begins with.
pub(crate) const BASE: &str = "/client/v4/";
/// Segments that are looked at where there is no route.
const SEGMENTS_MAX: usize = 5;

macro_rules! operations {
    ($($name:ident)*) => {
        /// What is asked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Operation { $($name,)* }

        impl Operation {
            /// Every operation.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name, for the log.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

operations! {
    GetApiDocument GetUser VerifyToken ListTokens CreateToken GetToken UpdateToken DeleteToken RollToken ListPermissionGroups
    IssueTemporaryCredential ListAccounts GetAccount ListMemberships ListAuditLogs QueryStorage ListZones GetMetrics
    ListBuckets CreateBucket PutBucket GetBucket PatchBucket DeleteBucket
    GetCors PutCors DeleteCors GetLifecycle PutLifecycle GetLocks PutLocks GetLimits PutLimits DeleteLimits
    ListCustomDomains AddCustomDomain GetCustomDomain PutCustomDomain DeleteCustomDomain
    GetManagedDomain PutManagedDomain GetSippy PutSippy DeleteSippy GetLocalUploads PutLocalUploads
    GetNotifications GetQueueNotifications PutQueueNotifications DeleteQueueNotifications
    ListQueues CreateQueue GetQueue DeleteQueue
    CreateJob ListJobs GetJob
    ListObjects DeleteObjects GetObject PutObject DeleteObject
}

impl Operation {
    /// Whether tokens may call it that may not use this API otherwise.
    pub(crate) const fn is_for_any_token(self) -> bool {
        matches!(self, Self::VerifyToken)
    }
}

/// Every path there is, below [`BASE`]. A segment in braces stands for any text, `{key}` for all that is left; the first that
/// fits counts.
#[rustfmt::skip] // a row to a line
pub(crate) const ROUTES: &[(Operation, &str, &str)] = {
    use Operation::*;
    &[
        (GetApiDocument, "GET", "openapi.json"),
        (GetUser, "GET", "user"),
        (VerifyToken, "GET", "user/tokens/verify"),
        (ListPermissionGroups, "GET", "user/tokens/permission_groups"),
        (ListTokens, "GET", "user/tokens"),
        (CreateToken, "POST", "user/tokens"),
        (GetToken, "GET", "user/tokens/{token}"),
        (UpdateToken, "PUT", "user/tokens/{token}"),
        (DeleteToken, "DELETE", "user/tokens/{token}"),
        (RollToken, "PUT", "user/tokens/{token}/value"),
        (VerifyToken, "GET", "accounts/{account}/tokens/verify"),
        (ListPermissionGroups, "GET", "accounts/{account}/tokens/permission_groups"),
        (ListTokens, "GET", "accounts/{account}/tokens"),
        (CreateToken, "POST", "accounts/{account}/tokens"),
        (GetToken, "GET", "accounts/{account}/tokens/{token}"),
        (UpdateToken, "PUT", "accounts/{account}/tokens/{token}"),
        (DeleteToken, "DELETE", "accounts/{account}/tokens/{token}"),
        (RollToken, "PUT", "accounts/{account}/tokens/{token}/value"),
        (ListAccounts, "GET", "accounts"),
        (GetAccount, "GET", "accounts/{account}"),
        (ListMemberships, "GET", "memberships"),
        (QueryStorage, "POST", "graphql"),
        (ListZones, "GET", "zones"),
        (ListAuditLogs, "GET", "accounts/{account}/logs/audit"),
        (IssueTemporaryCredential, "POST", "accounts/{account}/r2/temp-access-credentials"),
        (GetMetrics, "GET", "accounts/{account}/r2/metrics"),
        (ListBuckets, "GET", "accounts/{account}/r2/buckets"),
        (CreateBucket, "POST", "accounts/{account}/r2/buckets"),
        (PutBucket, "PUT", "accounts/{account}/r2/buckets/{bucket}"),
        (GetBucket, "GET", "accounts/{account}/r2/buckets/{bucket}"),
        (PatchBucket, "PATCH", "accounts/{account}/r2/buckets/{bucket}"),
        (DeleteBucket, "DELETE", "accounts/{account}/r2/buckets/{bucket}"),
        (GetCors, "GET", "accounts/{account}/r2/buckets/{bucket}/cors"),
        (PutCors, "PUT", "accounts/{account}/r2/buckets/{bucket}/cors"),
        (DeleteCors, "DELETE", "accounts/{account}/r2/buckets/{bucket}/cors"),
        (GetLifecycle, "GET", "accounts/{account}/r2/buckets/{bucket}/lifecycle"),
        (PutLifecycle, "PUT", "accounts/{account}/r2/buckets/{bucket}/lifecycle"),
        (GetLocks, "GET", "accounts/{account}/r2/buckets/{bucket}/lock"),
        (PutLocks, "PUT", "accounts/{account}/r2/buckets/{bucket}/lock"),
        (GetLimits, "GET", "accounts/{account}/r2/buckets/{bucket}/limits"),
        (PutLimits, "PUT", "accounts/{account}/r2/buckets/{bucket}/limits"),
        (DeleteLimits, "DELETE", "accounts/{account}/r2/buckets/{bucket}/limits"),
        (ListCustomDomains, "GET", "accounts/{account}/r2/buckets/{bucket}/domains/custom"),
        (AddCustomDomain, "POST", "accounts/{account}/r2/buckets/{bucket}/domains/custom"),
        (GetCustomDomain, "GET", "accounts/{account}/r2/buckets/{bucket}/domains/custom/{domain}"),
        (PutCustomDomain, "PUT", "accounts/{account}/r2/buckets/{bucket}/domains/custom/{domain}"),
        (DeleteCustomDomain, "DELETE", "accounts/{account}/r2/buckets/{bucket}/domains/custom/{domain}"),
        (GetManagedDomain, "GET", "accounts/{account}/r2/buckets/{bucket}/domains/managed"),
        (PutManagedDomain, "PUT", "accounts/{account}/r2/buckets/{bucket}/domains/managed"),
        (GetSippy, "GET", "accounts/{account}/r2/buckets/{bucket}/sippy"),
        (PutSippy, "PUT", "accounts/{account}/r2/buckets/{bucket}/sippy"),
        (DeleteSippy, "DELETE", "accounts/{account}/r2/buckets/{bucket}/sippy"),
        (GetLocalUploads, "GET", "accounts/{account}/r2/buckets/{bucket}/local-uploads"),
        (PutLocalUploads, "PUT", "accounts/{account}/r2/buckets/{bucket}/local-uploads"),
        (CreateJob, "POST", "accounts/{account}/r2/buckets/{bucket}/jobs"),
        (ListJobs, "GET", "accounts/{account}/r2/buckets/{bucket}/jobs"),
        (GetJob, "GET", "accounts/{account}/r2/buckets/{bucket}/jobs/{job}"),
        (ListObjects, "GET", "accounts/{account}/r2/buckets/{bucket}/objects"),
        (DeleteObjects, "DELETE", "accounts/{account}/r2/buckets/{bucket}/objects"),
        (GetObject, "GET", "accounts/{account}/r2/buckets/{bucket}/objects/{key}"),
        (PutObject, "PUT", "accounts/{account}/r2/buckets/{bucket}/objects/{key}"),
        (DeleteObject, "DELETE", "accounts/{account}/r2/buckets/{bucket}/objects/{key}"),
        (GetNotifications, "GET", "accounts/{account}/event_notifications/r2/{bucket}/configuration"),
        (GetQueueNotifications, "GET", "accounts/{account}/event_notifications/r2/{bucket}/configuration/queues/{queue}"),
        (PutQueueNotifications, "PUT", "accounts/{account}/event_notifications/r2/{bucket}/configuration/queues/{queue}"),
        (DeleteQueueNotifications, "DELETE", "accounts/{account}/event_notifications/r2/{bucket}/configuration/queues/{queue}"),
        (ListQueues, "GET", "accounts/{account}/queues"),
        (CreateQueue, "POST", "accounts/{account}/queues"),
        (GetQueue, "GET", "accounts/{account}/queues/{queue}"),
        (DeleteQueue, "DELETE", "accounts/{account}/queues/{queue}"),
    ]
};

/// A request's operation and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) operation: Operation,
    /// The account that the path names.
    pub(crate) account: Option<AccountId>,
    pub(crate) bucket: Option<BucketName>,
    pub(crate) key: Option<ObjectKey>,
    /// The id of a token.
    pub(crate) token: Option<String>,
    /// The domain, queue or job that the path names, as it stands there.
    pub(crate) item: Option<String>,
}

/// Whether a request is for the API's own description, which has nothing to hide.
pub(crate) fn is_for_document(method: &Method, path: &str) -> bool {
    [Method::GET, Method::HEAD].contains(method) && path.strip_prefix(BASE) == Some("openapi.json")
}

/// Finds a request's operation. Nothing but a key is percent-decoded, once: no other part needs it.
///
/// # Errors
/// `NoRoute`, `NotRouted` for an account id that is none, `RouteNotFound` below `r2`; `NoCatalog` and `NotBuilt` for what R2 has
/// and Larder has not; `InvalidBucketName`, `InvalidObjectName`.
///
/// Spec: Cloudflare API, R2. Observed: wrangler 4.164 leaves `+`, `(`, `)` and `%` of a key as they are, the TypeScript SDK
/// writes `/` as `%2F`.
pub(crate) fn route(method: &Method, path: &str) -> Result<Route, R2Error> {
    let rest = path.strip_prefix(BASE).ok_or(R2Error::new(Code::NoRoute))?;
    let mut account = None;
    // an account's id first: what lies below is nobody's business otherwise
    if let Some(("accounts", below)) = rest.split_once('/') {
        account = Some(account_id(below.split('/').next().unwrap_or_default())?);
    }
    let found = ROUTES.iter().find(|(_, verb, template)| method == verb && fits(template, rest, |_, _| {}));
    let Some((operation, _, template)) = found else { return Err(absent(method, rest)) };
    let (mut bucket, mut key, mut token, mut item) = (None, None, None, None);
    fits(template, rest, |name, text| match name {
        "{account}" => {}
        "{bucket}" => bucket = Some(text),
        "{key}" => key = Some(text),
        "{token}" => token = Some(text),
        _ => item = Some(text.to_owned()),
    });
    let bucket = bucket.map(BucketName::parse).transpose().map_err(|error| r2_error(&error))?;
    let key = key.map(object_key).transpose()?;
    let token = token.map(token_id).transpose()?;
    Ok(Route { operation: *operation, account, bucket, key, token, item })
}

/// Whether a path is one of a template, and what stands for the names in it.
fn fits<'p>(template: &str, path: &'p str, mut take: impl FnMut(&str, &'p str)) -> bool {
    let mut rest = Some(path);
    for part in template.split('/') {
        let Some(here) = rest else { return false };
        let (segment, after) = match here.split_once('/') {
            Some((segment, after)) if part != "{key}" => (segment, Some(after)),
            _ => (here, None),
        };
        if part.starts_with('{') {
            take(part, segment);
        } else if part != segment {
            return false;
        }
        rest = after;
    }
    rest.is_none()
}

/// What is answered where there is no route.
///
/// Spec: Cloudflare API, R2 data catalog (40401), Super Slurper.
fn absent(method: &Method, rest: &str) -> R2Error {
    let segments: Vec<&str> = rest.splitn(SEGMENTS_MAX, '/').collect();
    let not_built = |what: &str| {
        R2Error::new(Code::NotBuilt).with_hint(format!("{what} is not built. docs/compat.md has what is."))
    };
    match segments.as_slice() {
        ["accounts", _, "r2-catalog", _] if method == Method::GET => {
            R2Error::new(Code::NoCatalog).with_hint("This server has no data catalog.")
        }
        ["accounts", _, "r2-catalog", ..] => not_built("The data catalog"),
        ["accounts", _, "slurper", ..] => not_built("Super Slurper"),
        ["accounts", _, "r2", ..] => R2Error::new(Code::RouteNotFound),
        _ => R2Error::new(Code::NoRoute),
    }
}

/// The id of a token, which no other name below `tokens` can be.
fn token_id(text: &str) -> Result<String, R2Error> {
    if is_token_id(text) {
        return Ok(text.to_owned());
    }
    let text = "A token's id is 32 lower-case hexadecimal characters.";
    Err(R2Error::new(Code::NotRouted).with_chain(Code::NoRoute, text))
}

fn account_id(text: &str) -> Result<AccountId, R2Error> {
    AccountId::parse(text).map_err(|_| {
        R2Error::new(Code::NotRouted)
            .with_chain(Code::NoRoute, "An account's id is 32 lower-case hexadecimal characters.")
    })
}

fn object_key(raw: &str) -> Result<ObjectKey, R2Error> {
    let bytes = percent::decode(raw, false).ok_or_else(|| {
        R2Error::new(Code::InvalidObjectName)
            .with_hint("The path has a malformed percent escape. Write % itself as %25.")
    })?;
    ObjectKey::from_bytes(bytes).map_err(|error| r2_error(&error))
}

#[cfg(test)]
mod tests;
