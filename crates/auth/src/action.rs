//! What a caller can want to do. Those of a temporary credential's list have S3's names; the others have none there, so a
//! credential with a list cannot do them.

/// Something a caller wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// List the account's buckets.
    ListBuckets,
    /// Create a bucket.
    CreateBucket,
    /// Delete a bucket.
    DeleteBucket,
    /// Learn that a bucket exists.
    HeadBucket,
    /// Learn where a bucket is.
    GetBucketLocation,
    /// Read a bucket's settings.
    ReadBucketSettings,
    /// Change a bucket's settings.
    WriteBucketSettings,
    /// List a bucket's objects, version 1.
    ListObjectsV1,
    /// List a bucket's objects, version 2.
    ListObjectsV2,
    /// List the versions of a bucket's objects.
    ListObjectVersions,
    /// List uploads under way.
    ListMultipartUploads,
    /// List the parts of an upload.
    ListParts,
    /// Read an object.
    GetObject,
    /// Read an object's metadata.
    HeadObject,
    /// Read what else is kept of an object: tags, retention, sizes of its parts.
    ReadObject,
    /// Create or replace an object.
    PutObject,
    /// Create or replace an object by a copy; of its source, [`Action::GetObject`] is asked.
    CopyObject,
    /// Change what else is kept of an object.
    WriteObject,
    /// Begin a multipart upload.
    CreateMultipartUpload,
    /// Store a part.
    UploadPart,
    /// Make a part of another object; of that, [`Action::GetObject`] is asked.
    UploadPartCopy,
    /// Make an object of parts.
    CompleteMultipartUpload,
    /// Give an upload up.
    AbortMultipartUpload,
    /// Delete an object.
    DeleteObject,
    /// Delete many objects in one request.
    DeleteObjects,
    /// Make, change and end API tokens, and list them.
    ManageTokens,
    /// Ask what oneself is: for the token that calls, whatever else it may do.
    VerifyToken,
    /// Read the audit log.
    ReadAuditLog,
    /// Ask which cross-origin requests a bucket allows: open to all, it decides nothing else.
    EvaluateCors,
    /// Remove what nothing refers to.
    Reclaim,
}

impl Action {
    /// Every action, for tables.
    pub const ALL: [Self; 30] = [
        Self::ListBuckets,
        Self::CreateBucket,
        Self::DeleteBucket,
        Self::HeadBucket,
        Self::GetBucketLocation,
        Self::ReadBucketSettings,
        Self::WriteBucketSettings,
        Self::ListObjectsV1,
        Self::ListObjectsV2,
        Self::ListObjectVersions,
        Self::ListMultipartUploads,
        Self::ListParts,
        Self::GetObject,
        Self::HeadObject,
        Self::ReadObject,
        Self::PutObject,
        Self::CopyObject,
        Self::WriteObject,
        Self::CreateMultipartUpload,
        Self::UploadPart,
        Self::UploadPartCopy,
        Self::CompleteMultipartUpload,
        Self::AbortMultipartUpload,
        Self::DeleteObject,
        Self::DeleteObjects,
        Self::ManageTokens,
        Self::VerifyToken,
        Self::ReadAuditLog,
        Self::EvaluateCors,
        Self::Reclaim,
    ];

    /// Listing objects, whichever version of it: they show the same.
    pub const LISTS: [Self; 2] = [Self::ListObjectsV1, Self::ListObjectsV2];

    /// Deleting objects, one or many.
    pub const DELETES: [Self; 2] = [Self::DeleteObject, Self::DeleteObjects];

    /// Whatever writes an object or a step of it.
    pub const WRITES: [Self; 8] = [
        Self::PutObject,
        Self::CopyObject,
        Self::WriteObject,
        Self::CreateMultipartUpload,
        Self::UploadPart,
        Self::UploadPartCopy,
        Self::CompleteMultipartUpload,
        Self::AbortMultipartUpload,
    ];

    /// The names that a temporary credential's list may have.
    ///
    /// Spec: R2 docs, temporary credentials, `actions`.
    const NAMES: [(&str, Self); 16] = [
        ("HeadObject", Self::HeadObject),
        ("GetObject", Self::GetObject),
        ("GetBucketLocation", Self::GetBucketLocation),
        ("ListObjectsV1", Self::ListObjectsV1),
        ("ListObjectsV2", Self::ListObjectsV2),
        ("ListMultipartUploads", Self::ListMultipartUploads),
        ("ListParts", Self::ListParts),
        ("PutObject", Self::PutObject),
        ("DeleteObject", Self::DeleteObject),
        ("DeleteObjects", Self::DeleteObjects),
        ("CopyObject", Self::CopyObject),
        ("CreateMultipartUpload", Self::CreateMultipartUpload),
        ("UploadPart", Self::UploadPart),
        ("UploadPartCopy", Self::UploadPartCopy),
        ("AbortMultipartUpload", Self::AbortMultipartUpload),
        ("CompleteMultipartUpload", Self::CompleteMultipartUpload),
    ];

    /// The action of a name in a temporary credential's list.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, action)| *action)
    }

    /// Its name there, if it has one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.iter().find(|(_, action)| *action == self).map(|(name, _)| *name)
    }

    /// The names that there are.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(name, _)| *name)
    }

    /// Whether it changes what the audit log tells of.
    #[must_use]
    pub const fn is_audited(self) -> bool {
        matches!(
            self,
            Self::CreateBucket | Self::DeleteBucket | Self::WriteBucketSettings | Self::ManageTokens
        )
    }

    /// Whether it is about keys, and not about a bucket or the account as a whole.
    #[must_use]
    pub const fn concerns_keys(self) -> bool {
        match self {
            Self::ListBuckets
            | Self::CreateBucket
            | Self::DeleteBucket
            | Self::HeadBucket
            | Self::GetBucketLocation
            | Self::ReadBucketSettings
            | Self::WriteBucketSettings
            | Self::ManageTokens
            | Self::VerifyToken
            | Self::ReadAuditLog
            | Self::EvaluateCors
            | Self::Reclaim => false,
            Self::ListObjectsV1
            | Self::ListObjectsV2
            | Self::ListObjectVersions
            | Self::ListMultipartUploads
            | Self::ListParts
            | Self::GetObject
            | Self::HeadObject
            | Self::ReadObject
            | Self::PutObject
            | Self::CopyObject
            | Self::WriteObject
            | Self::CreateMultipartUpload
            | Self::UploadPart
            | Self::UploadPartCopy
            | Self::CompleteMultipartUpload
            | Self::AbortMultipartUpload
            | Self::DeleteObject
            | Self::DeleteObjects => true,
        }
    }
}
