//! Which operation a request names, and on what. It looks at method, path, query and the one header that decides
//! (`x-amz-copy-source`); it must run only after the signature is verified, since headers change the meaning.
//!
//! Where R2 would act on an object although a parameter names a subresource it lacks, we refuse: a DELETE of an
//! object's tags must not delete the object.

mod strict;
mod table;
#[cfg(test)]
mod tests;

use domain::{BucketName, Error, ObjectKey, PartNumber};
use http::{HeaderMap, Method};

pub use strict::refuse_beyond_r2;

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::host::HostMatch;
use crate::operation::Operation;
use crate::percent;
use crate::query::Query;

/// What host and path name, before names are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// The bucket as it was written; percent-escapes are not decoded, since no valid name needs one.
    pub bucket: Option<&'a str>,
    /// The key, percent-decoded once; `None` at bucket level.
    pub key: Option<Vec<u8>>,
}

/// A request's operation and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The operation.
    pub operation: Operation,
    /// The bucket, for all but account-level operations.
    pub bucket: Option<BucketName>,
    /// The key, for object operations.
    pub key: Option<ObjectKey>,
}

/// Splits a raw path into bucket and key. `//`, `.`, `..` and a trailing `/` belong to the key; `/b` and `/b/` are
/// both the bucket. Under a base domain, paths that begin with `_` are the server's own.
///
/// # Errors
/// `RouteNotFound` for a host that is none of ours and for a path of the server's own, `InvalidURI` for a malformed escape.
pub fn address<'a>(host: &'a HostMatch, raw_path: &'a str) -> Result<Address<'a>, S3Error> {
    let path = raw_path.strip_prefix('/').unwrap_or(raw_path);
    let (bucket, raw_key) = match host {
        HostMatch::Unknown => {
            return Err(route_not_found().with_hint("The host name is none of the server's names."));
        }
        HostMatch::Bucket(bucket) => (bucket.as_str(), path),
        HostMatch::Base if path.is_empty() => return Ok(Address { bucket: None, key: None }),
        HostMatch::Base if path.starts_with('_') => {
            return Err(route_not_found().with_hint(
                "Paths that begin with _ are the server's own and never a bucket's, and there is nothing at this one.",
            ));
        }
        HostMatch::Base => path.split_once('/').unwrap_or((path, "")),
    };
    let key = percent::decode(raw_key, false).ok_or_else(|| {
        S3Error::new(S3ErrorCode::InvalidURI).with_hint("The path has a malformed percent escape.")
    })?;
    Ok(Address { bucket: Some(bucket), key: (!key.is_empty()).then_some(key) })
}

/// Finds a request's operation.
///
/// # Errors
/// `InvalidBucketName`, `InvalidObjectName`, `KeyTooLongError`; `RouteNotFound` when nothing fits; `InvalidArgument`
/// and `NotImplemented` for query parameters, in R2's words.
///
/// Observed: R2, 2026-06-11 (subresources, unknown parameters).
pub fn route(
    method: &Method,
    address: Address<'_>,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Route, S3Error> {
    let bucket = address.bucket.map(bucket_name).transpose()?;
    let key = address.key.map(object_key).transpose()?;
    let operation = match (&bucket, &key) {
        (None, _) => account_operation(method, query),
        (Some(_), None) => bucket_operation(method, query),
        (Some(_), Some(_)) => object_operation(method, query, headers),
    }?;
    Ok(Route { operation, bucket, key })
}

/// Checks a bucket's name.
///
/// # Errors
/// `InvalidBucketName`.
pub fn bucket_name(text: &str) -> Result<BucketName, S3Error> {
    BucketName::parse(text).map_err(|_| S3Error::new(S3ErrorCode::InvalidBucketName))
}

/// Checks a key.
///
/// # Errors
/// `InvalidObjectName` when it is empty or not UTF-8, `KeyTooLongError` past 1,024 bytes.
pub fn object_key(bytes: impl Into<Vec<u8>>) -> Result<ObjectKey, S3Error> {
    ObjectKey::from_bytes(bytes.into()).map_err(|error| match error {
        Error::KeyTooLong { bytes } => S3Error::new(S3ErrorCode::KeyTooLongError)
            .with_extra("Size", bytes.to_string())
            .with_extra("MaxSizeAllowed", domain::limits::KEY_MAX_BYTES.to_string()),
        Error::InvalidObjectName { reason } => {
            S3Error::new(S3ErrorCode::InvalidObjectName).with_hint(format!("{reason}."))
        }
        _ => S3Error::new(S3ErrorCode::InvalidObjectName),
    })
}

/// The `partNumber` parameter.
///
/// # Errors
/// `RouteNotFound` when it has anything but spaces, a minus and digits, `InvalidArgument` outside 1..=10000 and when there are
/// no digits.
///
/// Observed: R2, 2026-06-11.
pub fn part_number(query: &Query) -> Result<Option<PartNumber>, S3Error> {
    let Some(text) = query.get("partNumber") else { return Ok(None) };
    let trimmed = text.trim_start_matches(' ');
    let digits = trimmed.strip_prefix('-').unwrap_or(trimmed);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(S3Error::new(S3ErrorCode::RouteNotFound));
    }
    match trimmed.parse().ok().and_then(PartNumber::new) {
        Some(number) => Ok(Some(number)),
        None => {
            Err(S3Error::invalid_argument("Part number must be an integer between 1 and 10000, inclusive."))
        }
    }
}

fn route_not_found() -> S3Error {
    S3Error::new(S3ErrorCode::RouteNotFound)
}

/// Whether a parameter is never refused: those of signatures, hoisted headers, and two that clients add.
fn is_harmless(name: &str) -> bool {
    name.starts_with("X-Amz-") || name.starts_with("x-amz-") || name == "x-id" || name == "x-purpose"
}

/// The first parameter, in order, that is neither harmless nor one of `allowed`.
fn first_unknown<'q>(query: &'q Query, allowed: &[&str]) -> Option<&'q str> {
    query.iter().map(|(name, _)| name).find(|name| !is_harmless(name) && !allowed.contains(name))
}

/// The operation of the first row whose subresource the query names, wherever it stands in the query.
fn subresource(query: &Query, rows: &[(&str, Operation)]) -> Option<Operation> {
    rows.iter().find_map(|(name, operation)| query.has(name).then_some(*operation))
}

fn account_operation(method: &Method, query: &Query) -> Result<Operation, S3Error> {
    if method != Method::GET {
        return Err(route_not_found());
    }
    match first_unknown(query, table::LIST_BUCKETS) {
        Some(name) => Err(unknown_search_param("ListBuckets", name)),
        None => Ok(Operation::ListBuckets),
    }
}

fn unknown_search_param(operation: &str, name: &str) -> S3Error {
    S3Error::not_implemented_text(format_args!("{operation} search parameter {name}"))
}

fn bucket_operation(method: &Method, query: &Query) -> Result<Operation, S3Error> {
    match *method {
        Method::GET => bucket_get(query),
        Method::HEAD => Ok(Operation::HeadBucket),
        Method::PUT => match subresource(query, table::BUCKET_PUT) {
            Some(operation) => Ok(operation),
            None => bare_bucket(method, query, Operation::CreateBucket),
        },
        Method::DELETE => match subresource(query, table::BUCKET_DELETE) {
            Some(operation) => Ok(operation),
            None => bare_bucket(method, query, Operation::DeleteBucket),
        },
        Method::POST if query.has("delete") => Ok(Operation::DeleteObjects),
        Method::POST => Ok(Operation::PostObject),
        _ => Err(route_not_found()),
    }
}

/// Creating and deleting a bucket admit no parameter that is not understood.
fn bare_bucket(method: &Method, query: &Query, operation: Operation) -> Result<Operation, S3Error> {
    let unknown: Vec<String> =
        query.iter().filter(|(name, _)| !is_harmless(name)).map(|(name, _)| format!("\"{name}\"")).collect();
    if unknown.is_empty() {
        return Ok(operation);
    }
    let unknown = unknown.join(", ");
    Err(S3Error::invalid_argument(format!(
        "Unsupported search param(s) {unknown} on a {method} bucket route"
    )))
}

fn bucket_get(query: &Query) -> Result<Operation, S3Error> {
    match subresource(query, table::BUCKET_GET) {
        Some(Operation::GetBucketLocation) => match first_unknown(query, &["location"]) {
            Some(name) => Err(S3Error::invalid_argument(format!(
                "Search param {name} is unsupported for bucket location"
            ))),
            None => Ok(Operation::GetBucketLocation),
        },
        Some(operation) => Ok(operation),
        None => listing(query),
    }
}

fn listing(query: &Query) -> Result<Operation, S3Error> {
    let (operation, name, allowed) = match query.get("list-type") {
        Some("2") => (Operation::ListObjectsV2, "ListObjectsV2", table::LIST_OBJECTS_V2),
        Some(version) => {
            return Err(S3Error::not_implemented_text(format_args!("ListObjectsV{version}")));
        }
        None => (Operation::ListObjects, "ListObjectsV1", table::LIST_OBJECTS_V1),
    };
    match first_unknown(query, allowed) {
        Some("continuation-token") => {
            Err(S3Error::invalid_argument("continuation-token not supported in ListObjects"))
        }
        Some(param) => Err(unknown_search_param(name, param)),
        None => Ok(operation),
    }
}

fn object_operation(method: &Method, query: &Query, headers: &HeaderMap) -> Result<Operation, S3Error> {
    let copies = headers.contains_key("x-amz-copy-source");
    match *method {
        Method::GET => Ok(subresource(query, table::OBJECT_GET).unwrap_or(Operation::GetObject)),
        Method::HEAD => refuse_subresource(method, query, Operation::HeadObject),
        Method::DELETE if query.has("uploadId") => Ok(Operation::AbortMultipartUpload),
        Method::DELETE if query.has("tagging") => Ok(Operation::DeleteObjectTagging),
        Method::DELETE => refuse_subresource(method, query, Operation::DeleteObject),
        Method::POST => Ok(subresource(query, table::OBJECT_POST).unwrap_or(Operation::PutObject)),
        Method::PUT => {
            if let Some(operation) = subresource(query, table::OBJECT_PUT) {
                return Ok(operation);
            }
            let is_part = query.has("uploadId") && part_number(query)?.is_some();
            Ok(match (is_part, copies) {
                (true, false) => Operation::UploadPart,
                (true, true) => Operation::UploadPartCopy,
                (false, false) => Operation::PutObject,
                (false, true) => Operation::CopyObject,
            })
        }
        _ => Err(route_not_found()),
    }
}

/// HEAD and DELETE of a part of an object that we do not keep must not act on the object itself.
fn refuse_subresource(method: &Method, query: &Query, operation: Operation) -> Result<Operation, S3Error> {
    match table::OBJECT_SUBRESOURCES.iter().find(|name| query.has(name)) {
        Some(name) => {
            Err(S3Error::not_implemented_text(format_args!("Search param {name} on a {method} object route")))
        }
        None => Ok(operation),
    }
}
