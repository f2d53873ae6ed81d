//! The closed list of S3 operations that a request can name, built or not; a door matches on it without a `_` arm.
//! Which request means which operation is `route`'s.

macro_rules! operations {
    ($($name:ident $(= $text:literal)?),* $(,)?) => {
        /// An operation of the S3 API that R2's route table, or our caution, can tell apart.
        ///
        /// Spec: Amazon S3 API, operations. Observed: R2, 2026-06-11 (route table).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation {
            $(#[doc = concat!("`", stringify!($name), "`")] $name,)*
        }

        impl Operation {
            /// Every operation.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name in R2's messages: S3's spelling, but for one mistake of R2's own.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => operations!(@text $name $($text)?),)*
                }
            }
        }
    };
    (@text $name:ident) => { stringify!($name) };
    (@text $name:ident $text:literal) => { $text };
}

operations! {
    // account
    ListBuckets,
    // bucket
    CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation, ListObjects, ListObjectsV2, ListMultipartUploads,
    DeleteObjects, PostObject,
    // bucket settings
    GetBucketCors, PutBucketCors, DeleteBucketCors,
    GetBucketEncryption, PutBucketEncryption, DeleteBucketEncryption,
    GetBucketLifecycleConfiguration, PutBucketLifecycleConfiguration, DeleteBucketLifecycle,
    GetBucketVersioning, PutBucketVersioning,
    GetBucketTagging, PutBucketTagging, DeleteBucketTagging,
    GetObjectLockConfiguration, PutObjectLockConfiguration,
    GetBucketReplication, PutBucketReplication, DeleteBucketReplication,
    GetBucketAcl, PutBucketAcl,
    ListObjectVersions,
    GetBucketPolicy, PutBucketPolicy, DeleteBucketPolicy,
    GetBucketPolicyStatus = "GetGetBucketPolicyStatus",
    GetBucketWebsite, PutBucketWebsite, DeleteBucketWebsite,
    GetBucketNotificationConfiguration, PutBucketNotificationConfiguration,
    GetBucketRequestPayment, PutBucketRequestPayment,
    GetBucketLogging, PutBucketLogging,
    GetBucketAccelerateConfiguration, PutBucketAccelerateConfiguration,
    GetPublicAccessBlock, PutPublicAccessBlock, DeletePublicAccessBlock,
    GetBucketOwnershipControls, PutBucketOwnershipControls, DeleteBucketOwnershipControls,
    GetBucketIntelligentTieringConfiguration, PutBucketIntelligentTieringConfiguration,
    DeleteBucketIntelligentTieringConfiguration,
    GetBucketInventoryConfiguration, PutBucketInventoryConfiguration, DeleteBucketInventoryConfiguration,
    GetBucketMetricsConfiguration, PutBucketMetricsConfiguration, DeleteBucketMetricsConfiguration,
    GetBucketAnalyticsConfiguration, PutBucketAnalyticsConfiguration, DeleteBucketAnalyticsConfiguration,
    // Larder's own
    GetBucketUploadRules, PutBucketUploadRules, DeleteBucketUploadRules,
    // object
    PutObject, GetObject, HeadObject, DeleteObject, CopyObject,
    CreateMultipartUpload, UploadPart, UploadPartCopy, CompleteMultipartUpload, AbortMultipartUpload, ListParts,
    GetObjectTagging, PutObjectTagging, DeleteObjectTagging,
    GetObjectAcl, PutObjectAcl,
    GetObjectAttributes, GetObjectTorrent,
    GetObjectRetention, PutObjectRetention,
    GetObjectLegalHold, PutObjectLegalHold,
    RenameObject, RestoreObject, SelectObjectContent,
}

impl Operation {
    /// Whether its headers may set an object's or a bucket's properties: encryption, ACL, storage class.
    #[must_use]
    pub const fn sets_properties(self) -> bool {
        matches!(
            self,
            Self::CreateBucket
                | Self::PutObject
                | Self::PostObject
                | Self::CopyObject
                | Self::CreateMultipartUpload
                | Self::UploadPart
                | Self::UploadPartCopy
                | Self::CompleteMultipartUpload
        )
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_s3s_and_unique() {
        let mut names: Vec<_> = Operation::ALL.iter().map(|o| o.name()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert_eq!(Operation::ListObjectsV2.to_string(), "ListObjectsV2");
        assert_eq!(Operation::GetBucketPolicyStatus.name(), "GetGetBucketPolicyStatus");
        assert!(Operation::PutObject.sets_properties() && !Operation::GetObject.sets_properties());
    }
}
