//! A bucket's limits: in force with the next request. They are Larder's own, so a strict bucket has no such path.

use domain::BucketLimits;
use exchange::Incoming;

use crate::call::{Call, Reply};
use crate::document;
use crate::error::{Failure, R2Error};
use crate::error_code::R2ErrorCode as Code;
use crate::wire::limits::Limits;

/// Most bytes of a document.
const DOCUMENT_MAX_BYTES: usize = 16 * 1024;

pub(super) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    refuse_strict(call)?;
    Reply::result(Limits::from(call.store().bucket_limits(call.caller, call.bucket()?).await?))
}

pub(super) async fn put(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    refuse_strict(call)?;
    let limits = document::read::<Limits>(body, DOCUMENT_MAX_BYTES).await?;
    let limits = limits.check().map_err(|fault| R2Error::invalid_argument(fault.text).at("/requests"))?;
    call.store().put_bucket_limits(call.caller, call.bucket()?, &limits).await?;
    Reply::result(Limits::from(limits))
}

pub(super) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    refuse_strict(call)?;
    call.store().put_bucket_limits(call.caller, call.bucket()?, &BucketLimits::default()).await?;
    Reply::result(Limits::default())
}

fn refuse_strict(call: &Call<'_>) -> Result<(), R2Error> {
    let strict = call.door.settings.strict_r2.holds(Some(call.bucket()?.as_str()));
    if strict { Err(R2Error::new(Code::RouteNotFound)) } else { Ok(()) }
}
