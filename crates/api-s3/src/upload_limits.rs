//! The limits of an upload through a URL or a form: those that its signer put into it and those of the bucket, held against
//! what the head of the request tells.

use auth::{Action, Caller};
use domain::{UploadRule, UploadRules};
use http::HeaderMap;
use s3_wire::headers::header_text;
use s3_wire::ops::put_object::content_length;
use s3_wire::{Operation, Query, Route, upload_limits};
use sigv4::Location;
use store::Store;

use crate::authorise::action;
use crate::error::Failure;

/// What a request is still to be held to after its head was.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// For its body.
    pub(crate) body: UploadRule,
    /// For the object that it makes of parts.
    pub(crate) whole: UploadRule,
    /// For a copy: its source's metadata tells its type.
    pub(crate) copy: UploadRules,
}

/// Reads and checks the limits; what is returned is still to be held against what comes. Only the signer can set those of the
/// URL: its whole query is signed. Who signs in a header sends the request itself, and is not limited.
///
/// # Errors
/// Those of [`upload_limits::decode`], [`UploadRule::check`] and [`Store::rules_for_upload`].
pub(crate) async fn of(
    store: &Store,
    caller: &Caller,
    location: Location,
    route: &Route,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Limits, Failure> {
    if location == Location::Header || !Action::WRITES.contains(&action(route.operation)) {
        return Ok(Limits::default());
    }
    let rule = upload_limits::decode(route.operation, query)?;
    let (Some(bucket), Some(key)) = (&route.bucket, &route.key) else { return Ok(Limits::default()) };
    // a length that cannot be read is the operation's to refuse
    let length = content_length(headers).ok();
    let content_type = header_text(headers, "content-type");
    rule.check(key.as_str(), content_type.as_deref(), length)?;
    let rules = store.rules_for_upload(caller, bucket).await?;
    let mut limits = Limits::default();
    match route.operation {
        Operation::PutObject => {
            rules.check(key, content_type.as_deref(), length)?;
            limits.body = rules.bounds_with(key, rule);
        }
        Operation::CreateMultipartUpload => rules.check(key, content_type.as_deref(), None)?,
        Operation::CopyObject => limits.copy = rules,
        // a part has no type, and the last may be short
        Operation::UploadPart => {
            let max_bytes = rules.bounds_with(key, rule.clone()).max_bytes;
            limits.body = UploadRule { max_bytes, ..rule };
            limits.body.check(key.as_str(), None, length)?;
        }
        Operation::CompleteMultipartUpload => limits.whole = rules.bounds(key),
        // what is written is no content
        _ => {}
    }
    Ok(limits)
}
