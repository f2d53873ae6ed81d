//! Buckets: list, create, show, change the storage class, delete.

mod page;

use domain::{BucketName, Error, StorageClass};
use exchange::Incoming;
use s3_wire::headers::header_text;
use s3_wire::ops::create_bucket::LOCATION_HINTS;
use store::BucketSettings;

use self::page::Question;
use super::per_page;
use crate::call::{Call, JURISDICTION, Reply};
use crate::document;
use crate::envelope::ResultInfo;
use crate::error::{Failure, R2Error, r2_error};
use crate::wire::StorageClassName;
use crate::wire::bucket::{Bucket, Buckets, CreateBucket};

/// Most bytes of the document of a bucket to be.
const DOCUMENT_MAX_BYTES: usize = 16 * 1024;

pub(super) async fn list(call: &Call<'_>) -> Result<Reply, Failure> {
    let question = Question::decode(call)?;
    let per_page = per_page(call)?;
    let (names, cursor) = match call.is_in_our_jurisdiction()? {
        true => question.answer(call, per_page).await?,
        false => (Vec::new(), None),
    };
    let mut buckets = Vec::with_capacity(names.len());
    for name in &names {
        match describe(call, name).await {
            Ok(bucket) => buckets.push(bucket),
            // deleted meanwhile
            Err(Error::NoSuchBucket { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Reply::page(Buckets { buckets }, ResultInfo { cursor, per_page, ..ResultInfo::default() })
}

pub(super) async fn create(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let wanted = document::read::<CreateBucket>(body, DOCUMENT_MAX_BYTES).await?;
    let name = BucketName::parse(&wanted.name).map_err(|error| r2_error(&error).at("/name"))?;
    let location = wanted.location_hint.as_deref().map(location).transpose()?;
    let class = wanted.storage_class.map(StorageClass::from).unwrap_or_default();
    make(call, &name, location, class).await
}

pub(super) async fn put(call: &Call<'_>) -> Result<Reply, Failure> {
    let class = storage_class(call)?.unwrap_or_default();
    make(call, call.bucket()?, None, class).await
}

async fn make(
    call: &Call<'_>,
    name: &BucketName,
    location: Option<String>,
    class: StorageClass,
) -> Result<Reply, Failure> {
    if !call.is_in_our_jurisdiction()? {
        let error = R2Error::invalid_argument("This server has no other jurisdiction than default.");
        return Err(error.with_hint("Leave cf-r2-jurisdiction out.").into());
    }
    let settings = BucketSettings { storage_class: class, ..BucketSettings::default() };
    call.store().create_bucket_with(call.caller, name, location, settings).await?;
    Reply::result(describe(call, name).await?)
}

pub(super) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    Reply::result(describe(call, call.bucket()?).await?)
}

pub(super) async fn patch(call: &Call<'_>) -> Result<Reply, Failure> {
    let class = storage_class(call)?.ok_or_else(|| {
        R2Error::invalid_argument("There is nothing to change.")
            .with_hint("Send cf-r2-storage-class: Standard or InfrequentAccess.")
    })?;
    call.store().put_default_storage_class(call.caller, call.bucket()?, class).await?;
    get(call).await
}

pub(super) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().delete_bucket(call.caller, call.bucket()?).await?;
    Reply::done()
}

async fn describe(call: &Call<'_>, name: &BucketName) -> Result<Bucket, Error> {
    let bucket = call.store().head_bucket(call.caller, name).await?;
    let settings = call.store().bucket_settings(call.caller, name).await?;
    Ok(Bucket {
        name: bucket.name.to_string(),
        creation_date: bucket.created.to_string(),
        location: bucket.location.map(|hint| hint.to_ascii_lowercase()),
        jurisdiction: JURISDICTION.to_owned(),
        storage_class: settings.storage_class.into(),
    })
}

/// The class that `cf-r2-storage-class` names.
///
/// # Errors
/// `InvalidArgument`.
pub(super) fn storage_class(call: &Call<'_>) -> Result<Option<StorageClass>, R2Error> {
    let Some(text) = header_text(call.headers, "cf-r2-storage-class") else { return Ok(None) };
    let class = StorageClassName::from_text(&text).ok_or_else(|| {
        R2Error::invalid_argument("The storage class specified is not valid.")
            .with_hint("cf-r2-storage-class is Standard or InfrequentAccess.")
    });
    class.map(|class| Some(class.into()))
}

/// A location hint as the store keeps it: as the S3 API shows it.
fn location(text: &str) -> Result<String, R2Error> {
    let hint = LOCATION_HINTS.iter().find(|hint| text.eq_ignore_ascii_case(hint));
    hint.map(|hint| (*hint).to_owned()).ok_or_else(|| {
        let hints = LOCATION_HINTS.map(str::to_ascii_lowercase).join(", ");
        R2Error::invalid_argument("The location hint is not valid.")
            .with_hint(format!("locationHint is one of {hints}."))
            .at("/locationHint")
    })
}
