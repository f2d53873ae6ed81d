//! A bucket's locks: in force with the next request.

use exchange::Incoming;

use super::refused_rule;
use crate::call::{Call, Reply};
use crate::document::{self, DOCUMENT_MAX_BYTES};
use crate::error::Failure;
use crate::wire::lock::Locks;

pub(super) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let settings = call.store().bucket_settings(call.caller, call.bucket()?).await?;
    Reply::result(Locks::from(&settings.locks))
}

pub(super) async fn put(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let locks = document::read::<Locks>(body, DOCUMENT_MAX_BYTES).await?.check().map_err(refused_rule)?;
    call.store().put_bucket_locks(call.caller, call.bucket()?, &locks).await?;
    Reply::done()
}
