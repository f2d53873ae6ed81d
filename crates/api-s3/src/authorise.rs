//! Which permission an operation needs, and on what: tables without a `_` arm. The decision itself is `auth`'s.

use auth::{Action, Caller, Denial, Target};
use s3_wire::{Operation, Query, Route, S3Error, S3ErrorCode};

/// What a caller of `operation` must be allowed to do, built or not: an operation that is not built must not tell more to
/// those who may not use it.
#[rustfmt::skip] // a name to a line would hide the table
pub(crate) const fn action(operation: Operation) -> Action {
    use Operation::*;
    match operation {
        ListBuckets => Action::ListBuckets,
        CreateBucket => Action::CreateBucket,
        DeleteBucket => Action::DeleteBucket,
        HeadBucket => Action::HeadBucket,
        GetBucketLocation => Action::GetBucketLocation,
        GetBucketCors | GetBucketEncryption | GetBucketLifecycleConfiguration
        | GetBucketVersioning | GetBucketUploadRules | GetBucketTagging | GetObjectLockConfiguration | GetBucketReplication
        | GetBucketAcl | GetBucketPolicy | GetBucketPolicyStatus | GetBucketWebsite
        | GetBucketNotificationConfiguration | GetBucketRequestPayment | GetBucketLogging
        | GetBucketAccelerateConfiguration | GetPublicAccessBlock | GetBucketOwnershipControls
        | GetBucketIntelligentTieringConfiguration | GetBucketInventoryConfiguration
        | GetBucketMetricsConfiguration | GetBucketAnalyticsConfiguration => Action::ReadBucketSettings,
        PutBucketCors | DeleteBucketCors | PutBucketVersioning | PutBucketUploadRules | DeleteBucketUploadRules | PutBucketEncryption | DeleteBucketEncryption
        | PutBucketLifecycleConfiguration | DeleteBucketLifecycle | PutBucketTagging | DeleteBucketTagging
        | PutObjectLockConfiguration | PutBucketReplication | DeleteBucketReplication | PutBucketAcl
        | PutBucketPolicy | DeleteBucketPolicy | PutBucketWebsite | DeleteBucketWebsite
        | PutBucketNotificationConfiguration | PutBucketRequestPayment | PutBucketLogging
        | PutBucketAccelerateConfiguration | PutPublicAccessBlock | DeletePublicAccessBlock | PutBucketOwnershipControls
        | DeleteBucketOwnershipControls | PutBucketIntelligentTieringConfiguration
        | DeleteBucketIntelligentTieringConfiguration | PutBucketInventoryConfiguration
        | DeleteBucketInventoryConfiguration | PutBucketMetricsConfiguration
        | DeleteBucketMetricsConfiguration | PutBucketAnalyticsConfiguration
        | DeleteBucketAnalyticsConfiguration => Action::WriteBucketSettings,
        ListObjects => Action::ListObjectsV1,
        ListObjectsV2 => Action::ListObjectsV2,
        ListObjectVersions => Action::ListObjectVersions,
        ListMultipartUploads => Action::ListMultipartUploads,
        ListParts => Action::ListParts,
        GetObject => Action::GetObject,
        HeadObject => Action::HeadObject,
        GetObjectTagging | GetObjectAcl | GetObjectAttributes | GetObjectTorrent
        | GetObjectRetention | GetObjectLegalHold | SelectObjectContent => Action::ReadObject,
        PutObject | PostObject => Action::PutObject,
        CopyObject => Action::CopyObject,
        CreateMultipartUpload => Action::CreateMultipartUpload,
        UploadPart => Action::UploadPart,
        UploadPartCopy => Action::UploadPartCopy,
        CompleteMultipartUpload => Action::CompleteMultipartUpload,
        AbortMultipartUpload => Action::AbortMultipartUpload,
        PutObjectTagging | DeleteObjectTagging
        | PutObjectAcl | PutObjectRetention | PutObjectLegalHold | RenameObject
        | RestoreObject => Action::WriteObject,
        DeleteObject => Action::DeleteObject,
        DeleteObjects => Action::DeleteObjects,
    }
}

/// Allows or denies an operation, before anything is looked up.
///
/// # Errors
/// `AccessDenied`, with what of the credential forbids it.
pub(crate) fn authorise(caller: &Caller, route: &Route, query: &Query) -> Result<(), S3Error> {
    match caller.denial(action(route.operation), target(route, query)) {
        None => Ok(()),
        Some(denial) => Err(S3Error::new(S3ErrorCode::AccessDenied).with_hint(hint(denial, route))),
    }
}

/// What an operation is upon. The keys of DeleteObjects are in its body: the store asks about each.
pub(crate) fn target<'r>(route: &'r Route, query: &'r Query) -> Target<'r> {
    let Some(bucket) = &route.bucket else { return Target::Account };
    match (route.operation, &route.key) {
        (
            Operation::ListObjects
            | Operation::ListObjectsV2
            | Operation::ListObjectVersions
            | Operation::ListMultipartUploads,
            _,
        ) => Target::Prefix(bucket, query.get("prefix").unwrap_or_default()),
        (Operation::DeleteObjects, _) => Target::SomeKeys(bucket),
        (_, Some(key)) => Target::Key(bucket, key),
        (_, None) => Target::Bucket(bucket),
    }
}

/// What forbids it, and what would not. It tells nothing that the holder of the credential does not know of it.
fn hint(denial: Denial, route: &Route) -> String {
    let operation = route.operation;
    let name = action(operation).name();
    match denial {
        Denial::Permission => format!(
            "The permission of this access key does not include {operation}. Use one whose permission does."
        ),
        Denial::Bucket if route.bucket.is_none() => {
            "This access key is bound to buckets, and this concerns the whole account. Use one for all buckets.".to_owned()
        }
        Denial::Bucket => "This access key does not reach this bucket. Check the buckets that it is bound to.".to_owned(),
        Denial::SessionPermission => format!(
            "The permission of this temporary credential, its claim scope, does not include {operation}."
        ),
        Denial::SessionBucket => {
            "This temporary credential is for another bucket, or this concerns the whole account.".to_owned()
        }
        Denial::SessionActions => match name {
            Some(name) => format!("The actions of this temporary credential do not name {name}."),
            None => format!(
                "This temporary credential has a list of actions, and none that can be listed includes {operation}. Make one \
                 without a list."
            ),
        },
        Denial::SessionPaths if route.key.is_none() => {
            "This temporary credential is for some keys only. List with a prefix inside one of its prefixPaths.".to_owned()
        }
        Denial::SessionPaths => {
            "The key is in none of the prefixPaths and objectPaths of this temporary credential.".to_owned()
        }
        Denial::Anonymous => "The request is not signed.".to_owned(),
    }
}
