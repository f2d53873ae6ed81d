//! Which operation a request names, and on what.

use domain::api_token::is_token_id;
use domain::{AccountId, BucketName, ObjectKey};
use http::Method;
use s3_wire::percent;

use crate::error::{R2Error, r2_error};
use crate::error_code::R2ErrorCode as Code;

/// What every path begins with.
pub(crate) const BASE: &str = "/client/v4/";
/// `accounts/{account}/r2/buckets/{bucket}/objects/{key}`: the last holds the rest, slashes and all.
const SEGMENTS_MAX: usize = 7;

macro_rules! operations {
    ($($name:ident)*) => {
        /// What is asked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Operation { $($name,)* }

        impl Operation {
            /// The name, for the log.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

operations! {
    ListAuditLogs GetLimits PutLimits DeleteLimits
    GetUser VerifyToken ListTokens CreateToken GetToken UpdateToken DeleteToken RollToken ListPermissionGroups
    IssueTemporaryCredential ListAccounts GetAccount ListMemberships QueryStorage
    ListBuckets CreateBucket PutBucket GetBucket PatchBucket DeleteBucket
    GetCors PutCors DeleteCors GetLifecycle PutLifecycle GetLocks PutLocks
    ListObjects DeleteObjects GetObject PutObject DeleteObject
}

impl Operation {
    /// Whether tokens may call it that may not use this API otherwise.
    pub(crate) const fn is_for_any_token(self) -> bool {
        matches!(self, Self::VerifyToken)
    }

    /// Whether its path names a token.
    const fn is_about_a_token(self) -> bool {
        matches!(self, Self::GetToken | Self::UpdateToken | Self::DeleteToken | Self::RollToken)
    }
}

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
}

/// Finds a request's operation. Nothing but a key is percent-decoded, once: no other part needs it.
///
/// # Errors
/// `NoRoute`, `NotRouted` for an account id that is none, `RouteNotFound` below `r2`; `InvalidBucketName`,
/// `InvalidObjectName`.
///
/// Spec: Cloudflare API, R2. Observed: wrangler 4.164 leaves `+`, `(`, `)` and `%` of a key as they are, the TypeScript SDK
/// writes `/` as `%2F`.
pub(crate) fn route(method: &Method, path: &str) -> Result<Route, R2Error> {
    use Operation as O;
    let rest = path.strip_prefix(BASE).ok_or(R2Error::new(Code::NoRoute))?;
    let segments: Vec<&str> = rest.splitn(SEGMENTS_MAX, '/').collect();
    let (named, r2) = match segments.as_slice() {
        ["accounts", account, "r2", r2 @ ..] => (Some(*account), Some(r2)),
        ["accounts", account, ..] => (Some(*account), None),
        _ => (None, None),
    };
    let account = named.map(account_id).transpose()?;
    let mut route = Route { operation: O::GetUser, account, bucket: None, key: None, token: None };
    let method = method.as_str();
    if let ["user", "tokens", rest @ ..] | ["accounts", _, "tokens", rest @ ..] = segments.as_slice() {
        route.operation = token_operation(method, rest, &mut route)?;
        return Ok(route);
    }
    if let Some(r2) = r2 {
        route.operation = r2_operation(method, r2, &mut route)?;
        return Ok(route);
    }
    route.operation = match (method, segments.as_slice()) {
        ("GET", ["user"]) => O::GetUser,
        ("GET", ["accounts"]) => O::ListAccounts,
        ("GET", ["accounts", _]) => O::GetAccount,
        ("GET", ["accounts", _, "logs", "audit"]) => O::ListAuditLogs,
        ("GET", ["memberships"]) => O::ListMemberships,
        ("POST", ["graphql"]) => O::QueryStorage,
        _ => return Err(R2Error::new(Code::NoRoute)),
    };
    Ok(route)
}

/// What comes after `tokens`.
fn token_operation(method: &str, segments: &[&str], route: &mut Route) -> Result<Operation, R2Error> {
    use Operation as O;
    let operation = match (method, segments) {
        ("GET", []) => O::ListTokens,
        ("POST", []) => O::CreateToken,
        ("GET", ["verify"]) => O::VerifyToken,
        ("GET", ["permission_groups"]) => O::ListPermissionGroups,
        ("GET", [_]) => O::GetToken,
        ("PUT", [_]) => O::UpdateToken,
        ("DELETE", [_]) => O::DeleteToken,
        ("PUT", [_, "value"]) => O::RollToken,
        _ => return Err(R2Error::new(Code::NoRoute)),
    };
    if let ([id, ..], true) = (segments, operation.is_about_a_token()) {
        if !is_token_id(id) {
            return Err(R2Error::new(Code::NotRouted)
                .with_chain(Code::NoRoute, "A token's id is 32 lower-case hexadecimal characters."));
        }
        route.token = Some((*id).to_owned());
    }
    Ok(operation)
}

/// What comes after `r2/`.
fn r2_operation(method: &str, segments: &[&str], route: &mut Route) -> Result<Operation, R2Error> {
    use Operation as O;
    let operation = match (method, segments) {
        ("POST", ["temp-access-credentials"]) => O::IssueTemporaryCredential,
        ("GET", ["buckets"]) => O::ListBuckets,
        ("POST", ["buckets"]) => O::CreateBucket,
        ("PUT", ["buckets", _]) => O::PutBucket,
        ("GET", ["buckets", _]) => O::GetBucket,
        ("PATCH", ["buckets", _]) => O::PatchBucket,
        ("DELETE", ["buckets", _]) => O::DeleteBucket,
        ("GET", ["buckets", _, "cors"]) => O::GetCors,
        ("PUT", ["buckets", _, "cors"]) => O::PutCors,
        ("DELETE", ["buckets", _, "cors"]) => O::DeleteCors,
        ("GET", ["buckets", _, "lifecycle"]) => O::GetLifecycle,
        ("PUT", ["buckets", _, "lifecycle"]) => O::PutLifecycle,
        ("GET", ["buckets", _, "lock"]) => O::GetLocks,
        ("PUT", ["buckets", _, "lock"]) => O::PutLocks,
        ("GET", ["buckets", _, "limits"]) => O::GetLimits,
        ("PUT", ["buckets", _, "limits"]) => O::PutLimits,
        ("DELETE", ["buckets", _, "limits"]) => O::DeleteLimits,
        ("GET", ["buckets", _, "objects"]) => O::ListObjects,
        ("DELETE", ["buckets", _, "objects"]) => O::DeleteObjects,
        ("GET", ["buckets", _, "objects", _]) => O::GetObject,
        ("PUT", ["buckets", _, "objects", _]) => O::PutObject,
        ("DELETE", ["buckets", _, "objects", _]) => O::DeleteObject,
        _ => return Err(R2Error::new(Code::RouteNotFound)),
    };
    if let ["buckets", bucket, ..] = segments {
        route.bucket = Some(BucketName::parse(bucket).map_err(|error| r2_error(&error))?);
    }
    if let ["buckets", _, "objects", key] = segments {
        route.key = Some(object_key(key)?);
    }
    Ok(operation)
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
