//! A request that has passed every check before its operation, and a reply.

use auth::{AccessKey, Caller};
use bytes::Bytes;
use domain::{BucketName, ObjectKey};
use exchange::ReplyBody;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use s3_wire::Query;
use s3_wire::headers::header_text;
use schemars::JsonSchema;
use serde::Serialize;
use store::Store;

use crate::door::Door;
use crate::envelope::{Envelope, ResultInfo};
use crate::error::{Failure, R2Error};
use crate::error_code::R2ErrorCode as Code;
use crate::route::Route;

/// One request, authenticated and routed; its body comes beside it.
pub(crate) struct Call<'a> {
    pub(crate) door: &'a Door,
    pub(crate) caller: &'a Caller,
    /// The token that calls.
    pub(crate) token: &'a AccessKey,
    pub(crate) route: &'a Route,
    pub(crate) query: &'a Query,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) request_id: &'a str,
}

/// The jurisdiction of everything here.
pub(crate) const JURISDICTION: &str = "default";
/// Those that R2 has beside it, and this server has no buckets in.
const OTHER_JURISDICTIONS: [&str; 4] = ["eu", "us", "fedramp", "fedramp-high"];

impl<'a> Call<'a> {
    pub(crate) fn store(&self) -> &'a Store {
        &self.door.store
    }

    /// The bucket.
    ///
    /// # Errors
    /// `InvalidBucketName`; the route of an operation on a bucket always has one.
    pub(crate) fn bucket(&self) -> Result<&'a BucketName, R2Error> {
        self.route.bucket.as_ref().ok_or(R2Error::new(Code::InvalidBucketName))
    }

    /// The key.
    ///
    /// # Errors
    /// `InvalidObjectName`; the route of an operation on an object always has one.
    pub(crate) fn key(&self) -> Result<&'a ObjectKey, R2Error> {
        self.route.key.as_ref().ok_or(R2Error::new(Code::InvalidObjectName))
    }

    /// The id of the token that the request is about.
    ///
    /// # Errors
    /// `NotRouted`; the route of an operation on a token always has one.
    pub(crate) fn token_id(&self) -> Result<&'a str, R2Error> {
        self.route.token.as_deref().ok_or(R2Error::new(Code::NotRouted))
    }

    /// The domain, queue or job that the path names.
    pub(crate) fn item(&self) -> &'a str {
        self.route.item.as_deref().unwrap_or_default()
    }

    /// Whether the request is about the one jurisdiction that there is.
    ///
    /// # Errors
    /// `InvalidArgument` for what is none.
    pub(crate) fn is_in_our_jurisdiction(&self) -> Result<bool, R2Error> {
        match header_text(self.headers, "cf-r2-jurisdiction").as_deref() {
            None | Some("" | JURISDICTION) => Ok(true),
            Some(other) if OTHER_JURISDICTIONS.contains(&other) => Ok(false),
            Some(_) => Err(R2Error::invalid_argument("The jurisdiction is not valid.")
                .with_hint("cf-r2-jurisdiction is default, eu, us, fedramp or fedramp-high.")),
        }
    }

    /// Refuses a request about a bucket of another jurisdiction.
    ///
    /// # Errors
    /// `NoSuchBucket`.
    pub(crate) fn expect_our_jurisdiction(&self) -> Result<(), R2Error> {
        if self.is_in_our_jurisdiction()? { Ok(()) } else { Err(R2Error::new(Code::NoSuchBucket)) }
    }
}

/// A reply before the pipeline decorates it.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: ReplyBody,
}

impl Reply {
    /// A JSON document.
    pub(crate) fn document(status: StatusCode, document: &impl Serialize) -> Self {
        Self::written(status, written(document))
    }

    /// A JSON document that is written already.
    pub(crate) fn written(status: StatusCode, document: Bytes) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // what a token may see is not for others
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Self { status, headers, body: ReplyBody::full(document) }
    }

    /// 200 with a result.
    pub(crate) fn result(result: impl Serialize) -> Result<Self, Failure> {
        Ok(Self::document(StatusCode::OK, &Envelope::of(result)))
    }

    /// 200 with a page.
    pub(crate) fn page(result: impl Serialize, info: ResultInfo) -> Result<Self, Failure> {
        Ok(Self::document(StatusCode::OK, &Envelope::of(result).with_info(info)))
    }

    /// 200 with a result that has nothing to say.
    pub(crate) fn done() -> Result<Self, Failure> {
        Self::result(Nothing {})
    }

    /// 200 with `null` for a result.
    pub(crate) fn nothing() -> Result<Self, Failure> {
        Self::result(())
    }
}

/// A document's JSON: what is written here has texts for keys and fails at nothing.
pub(crate) fn written(document: &impl Serialize) -> Bytes {
    serde_json::to_vec(document).unwrap_or_default().into()
}

/// `{}`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Nothing {}
