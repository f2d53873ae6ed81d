//! The limits that the signer of an upload's URL put into it, held against what the head of the request tells.

use auth::Action;
use domain::UploadRule;
use http::HeaderMap;
use s3_wire::headers::header_text;
use s3_wire::ops::put_object::content_length;
use s3_wire::{Query, Route, upload_limits};
use sigv4::Location;

use crate::authorise::action;
use crate::error::Failure;

/// Reads and checks the limits; what is returned is still to be held against the body. Only the signer can set them: the
/// whole query of a presigned URL is signed. Who signs in a header sends the request itself, and is not limited.
///
/// # Errors
/// Those of [`upload_limits::decode`] and [`UploadRule::check`].
pub(crate) fn of(
    location: Location,
    route: &Route,
    query: &Query,
    headers: &HeaderMap,
) -> Result<UploadRule, Failure> {
    if location == Location::Header || action(route.operation) != Action::WriteObject {
        return Ok(UploadRule::default());
    }
    let rule = upload_limits::decode(route.operation, query)?;
    let key = route.key.as_ref().map_or("", |key| key.as_str());
    // a length that cannot be read is the operation's to refuse
    let length = content_length(headers).ok();
    rule.check(key, header_text(headers, "content-type").as_deref(), length)?;
    Ok(rule)
}
