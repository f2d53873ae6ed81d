//! CreateBucket.

use domain::object_lock::ObjectLockConfig;
use domain::versioning::Versioning;
use s3_wire::object_lock;
use s3_wire::ops::create_bucket;
use store::BucketSettings;

use super::DOCUMENT_MAX_BYTES;
use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let bucket = call.bucket()?;
    let document = call.document(&mut body, DOCUMENT_MAX_BYTES).await?;
    let request = create_bucket::decode(&document)?;
    let mut settings = BucketSettings::default();
    if object_lock::is_wanted(call.headers) {
        settings.versioning = Versioning::Enabled;
        settings.object_lock = Some(ObjectLockConfig::default());
    }
    call.store().create_bucket_with(call.caller, bucket, request.location, settings).await?;
    Ok(Reply::ok(create_bucket::encode(bucket)))
}
