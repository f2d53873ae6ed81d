//! A bucket's lifecycle policy. An empty list of rules is a policy too: one that does nothing.

use domain::error::Setting;
use domain::{Error, LifecyclePolicy};
use exchange::Incoming;

use super::refused_rule;
use crate::call::{Call, Reply};
use crate::document::{self, DOCUMENT_MAX_BYTES};
use crate::error::Failure;
use crate::wire::lifecycle::Lifecycle;

pub(super) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let policy = match call.store().bucket_lifecycle(call.caller, call.bucket()?).await {
        Err(Error::NoSuchSetting(Setting::Lifecycle)) => LifecyclePolicy::default(),
        other => other?,
    };
    Reply::result(Lifecycle::from(&policy))
}

pub(super) async fn put(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let document = document::read::<Lifecycle>(body, DOCUMENT_MAX_BYTES).await?;
    let policy = document.check().map_err(refused_rule)?;
    call.store().put_bucket_lifecycle(call.caller, call.bucket()?, &policy).await?;
    Reply::done()
}
