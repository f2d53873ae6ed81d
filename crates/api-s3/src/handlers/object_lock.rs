//! Object lock: a bucket's configuration, a version's retention and legal hold.

use domain::Error;
use domain::error::Setting;
use s3_wire::object_lock;
use store::VersionRef;

use super::DOCUMENT_MAX_BYTES;
use super::delete_object::bypass_governance;
use super::get_object::version;
use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

/// GetObjectLockConfiguration.
pub(crate) async fn get_config(call: &Call<'_>) -> Result<Reply, Failure> {
    let settings = call.store().bucket_settings(call.caller, call.bucket()?).await?;
    let config = settings.object_lock.ok_or(Error::NoSuchSetting(Setting::ObjectLock))?;
    Ok(Reply::xml(object_lock::encode_config(&config)))
}

/// PutObjectLockConfiguration.
pub(crate) async fn put_config(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, DOCUMENT_MAX_BYTES).await?;
    let config = object_lock::decode_config(&document)?;
    call.store().put_object_lock(call.caller, call.bucket()?, config).await?;
    Ok(Reply::done())
}

/// GetObjectRetention.
pub(crate) async fn get_retention(call: &Call<'_>) -> Result<Reply, Failure> {
    let object = VersionRef { key: call.key()?, version: version(call)? };
    let retention = call.store().object_retention(call.caller, call.bucket()?, object).await?;
    Ok(Reply::xml(object_lock::encode_retention(retention)))
}

/// PutObjectRetention.
pub(crate) async fn put_retention(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, DOCUMENT_MAX_BYTES).await?;
    let retention = object_lock::decode_retention(&document)?;
    let object = VersionRef { key: call.key()?, version: version(call)? };
    let bypass = bypass_governance(call);
    call.store().put_object_retention(call.caller, call.bucket()?, object, retention, bypass).await?;
    Ok(Reply::done())
}

/// GetObjectLegalHold.
pub(crate) async fn get_legal_hold(call: &Call<'_>) -> Result<Reply, Failure> {
    let object = VersionRef { key: call.key()?, version: version(call)? };
    let lock = call.store().object_lock(call.caller, call.bucket()?, object).await?;
    Ok(Reply::xml(object_lock::encode_legal_hold(lock.legal_hold)))
}

/// PutObjectLegalHold.
pub(crate) async fn put_legal_hold(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, DOCUMENT_MAX_BYTES).await?;
    let held = object_lock::decode_legal_hold(&document)?;
    let object = VersionRef { key: call.key()?, version: version(call)? };
    call.store().put_legal_hold(call.caller, call.bucket()?, object, held).await?;
    Ok(Reply::done())
}
